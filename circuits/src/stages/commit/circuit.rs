//! Commitments in the circuit: packing, then the sponge. Same order as in `native.rs`.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::native::{centroids_packed, codebook_shape, folded_shape, pq_shape};
use crate::assignment::{Assignment, Cell, Free};
use crate::chips::arith::{Arith, Wire};
use crate::chips::sponge::{Message, Sponge};
use crate::codebook::Codebook;
use crate::fingerprint::FINGERPRINT;
use crate::fixed::to_integer;
use crate::packing::{COUNT_BITS, FOLDED_BITS, FOLDED_PER_ELEMENT, INTEGER_BITS, INVERSE_BITS, MEAN_BITS};
use crate::poseidon::{Domain, initial_value};
use crate::stages::features::circuit::HeaderWires;
use crate::stages::pq::circuit::CodebookWires;
use crate::statement::{Centroids, Size};

/// Commits on an assignment.
#[derive(Debug)]
pub struct Committer {
    sponge: Sponge,
    salts: [Wire; 3],
    zero: Wire,
}

impl Committer {
    /// With salts for block, fold and PQ commitment: free witnesses, each used once. The sponge may have been used above.
    pub fn new(arith: &mut Arith<'_>, sponge: Sponge, salts: [BigInt; 3]) -> Self {
        let salts = salts.map(|salt| arith.witness(salt));
        Self { sponge, salts, zero: arith.constant(0) }
    }

    /// The sponge, for whoever commits next.
    pub fn into_sponge(self) -> Sponge {
        self.sponge
    }

    fn commit(
        &mut self,
        arith: &mut Arith<'_>,
        domain: Domain,
        shape: u64,
        salt: Cell,
        elements: &[Cell],
    ) -> Cell {
        let zero = self.zero.cell;
        salted(arith.assignment, &mut self.sponge, zero, (domain, shape), salt, elements)
    }

    /// Commitment to the block, from the elements of its records and texts.
    pub fn block(
        &mut self,
        arith: &mut Arith<'_>,
        size: Size,
        header: &HeaderWires,
        counts: &[Wire],
        records: &[Cell],
        texts: &[Cell],
    ) -> Cell {
        // Counts are sums of fewer than 2¹⁶ bits, so they fit their 16 bits.
        assert!(size.capacity().records() < 1 << COUNT_BITS, "counts");
        let widths = counts.iter().map(|count| (count, COUNT_BITS));
        let widths = widths.chain([&header.height, &header.timestamp].map(|wire| (wire, INTEGER_BITS)));
        let mut elements = vec![pack(arith, widths)];
        elements.extend(header.roots.iter().flat_map(|root| [root.high.cell, root.low.cell]));
        elements.extend(records);
        elements.extend(texts);
        let salt = self.salts[0].cell;
        self.commit(arith, Domain::Block, u64::from(size.number()), salt, &elements)
    }

    /// Commitment to the folded values.
    pub fn folded(&mut self, arith: &mut Arith<'_>, folded: &[Vec<Wire>]) -> Cell {
        let values: Vec<&Wire> = folded.iter().flatten().collect();
        let elements: Vec<Cell> = values
            .chunks(FOLDED_PER_ELEMENT)
            .map(|part| pack(arith, part.iter().map(|wire| (*wire, FOLDED_BITS))))
            .collect();
        let salt = self.salts[1].cell;
        self.commit(arith, Domain::Fold, folded_shape(), salt, &elements)
    }

    /// Commitment to the indices.
    pub fn pq(&mut self, arith: &mut Arith<'_>, indices: &[Wire]) -> Cell {
        let element = pack(arith, indices.iter().map(|wire| (wire, 8)));
        let salt = self.salts[2].cell;
        self.commit(arith, Domain::Pq, pq_shape(), salt, &[element])
    }

    /// Root of the codebook.
    pub fn codebook(
        &mut self,
        arith: &mut Arith<'_>,
        centroids: Centroids,
        codebook: &CodebookWires,
        packed: &[Cell],
    ) -> Cell {
        let mut elements = vec![codebook.bound.cell];
        let columns: Vec<_> = codebook.mean.iter().zip(&codebook.inverse).collect();
        for pair in columns.chunks(2) {
            let wires =
                pair.iter().flat_map(|(mean, inverse)| [(*mean, MEAN_BITS), (*inverse, INVERSE_BITS)]);
            elements.push(pack(arith, wires));
        }
        elements.extend(packed);
        let salt = self.zero.cell;
        self.commit(arith, Domain::Codebook, codebook_shape(centroids.count()), salt, &elements)
    }
}

/// Chain of a salt and `elements`, with copies of a cell that is 0 where it is filled up.
fn salted(
    assignment: &mut Assignment,
    sponge: &mut Sponge,
    zero: Cell,
    (domain, shape): (Domain, u64),
    salt: Cell,
    elements: &[Cell],
) -> Cell {
    let elements = std::iter::once(salt).chain(elements.iter().copied());
    let elements: Vec<Message> = elements.map(Message::Copy).collect();
    let initial: Fr = initial_value(domain, shape, elements.len());
    sponge.chain(assignment, initial, &elements, Message::Copy(zero)).digest
}

/// Normalisation under a codebook.
#[derive(Debug)]
pub struct CodebookColumns {
    /// μ.
    pub mean: Vec<Wire>,
    /// inv.
    pub inverse: Vec<Wire>,
}

/// Commits to what decisions are made from.
#[derive(Debug)]
pub struct Chains {
    sponge: Sponge,
    zero: Wire,
}

impl Chains {
    /// With a sponge of their own.
    pub fn new(arith: &mut Arith<'_>) -> Self {
        Self { sponge: Sponge::default(), zero: arith.constant(0) }
    }

    /// A constant 0.
    pub fn zero(&self) -> &Wire {
        &self.zero
    }

    /// Commitment to `elements` with a salt, a free witness.
    pub fn salted(
        &mut self,
        arith: &mut Arith<'_>,
        domain: Domain,
        shape: u64,
        salt: Fr,
        elements: &[Cell],
    ) -> Cell {
        let salt = arith.witness(to_integer(salt)).cell;
        salted(arith.assignment, &mut self.sponge, self.zero.cell, (domain, shape), salt, elements)
    }

    /// Fold commitment to a fingerprint, and its values: free witnesses in their 36 bits, seven to an element.
    pub fn fingerprint(
        &mut self,
        arith: &mut Arith<'_>,
        values: &[i64; FINGERPRINT],
        salt: Fr,
    ) -> (Cell, Vec<Wire>) {
        let values = values.iter();
        let wires: Vec<Wire> =
            values.map(|value| arith.range_signed(Free::Input, *value, FOLDED_BITS)).collect();
        let elements: Vec<Cell> = wires
            .chunks(FOLDED_PER_ELEMENT)
            .map(|part| pack(arith, part.iter().map(|wire| (wire, FOLDED_BITS))))
            .collect();
        (self.salted(arith, Domain::Fold, folded_shape(), salt, &elements), wires)
    }

    /// Root of a codebook, and its normalisation, in range. Bound and centroids are free: nothing else reads them.
    pub fn codebook(&mut self, arith: &mut Arith<'_>, codebook: &Codebook) -> (Cell, CodebookColumns) {
        let (mean, inverse) = (codebook.mean().iter(), codebook.inverse().iter());
        let mean: Vec<Wire> = mean.map(|m| arith.range_signed(Free::Input, *m, MEAN_BITS)).collect();
        let inverse: Vec<Wire> = inverse.map(|i| arith.range_signed(Free::Input, *i, INVERSE_BITS)).collect();
        let columns: Vec<_> = mean.iter().zip(&inverse).collect();
        let zero = Message::Copy(self.zero.cell);
        let mut elements = vec![zero, Message::Free(codebook.bound_squared().into())];
        for pair in columns.chunks(2) {
            let wires =
                pair.iter().flat_map(|(mean, inverse)| [(*mean, MEAN_BITS), (*inverse, INVERSE_BITS)]);
            elements.push(Message::Copy(pack(arith, wires)));
        }
        elements.extend(centroids_packed(codebook).map(Message::Free));
        let initial: Fr = initial_value(Domain::Codebook, codebook_shape(codebook.len()), elements.len());
        let root = self.sponge.chain(arith.assignment, initial, &elements, zero).digest;
        (root, CodebookColumns { mean, inverse })
    }

    /// Permutations so far.
    pub fn permutations(&self) -> usize {
        self.sponge.permutations()
    }
}

/// Packs what stands in the cells of `wires`, offsets included, least significant first.
pub fn pack<'w>(arith: &mut Arith<'_>, wires: impl Iterator<Item = (&'w Wire, u32)>) -> Cell {
    let mut low = 0;
    let mut constant = BigInt::from(0);
    let mut terms = Vec::new();
    for (wire, bits) in wires {
        terms.push((BigInt::from(1) << low, wire));
        constant += &wire.offset << low;
        low += bits;
    }
    assert!(low <= 253, "a packed element has {low} bits");
    arith.linear(&terms, constant).cell
}
