//! Chips: the only place that allocates columns and writes gates.
//!
//! Every row may do one thing of its own in the columns that stages share, and one step of the sponge beside it:
//!
//! ```text
//! first phase:  limbs 8 | signed numbers and running values 6 | wires a–e, pad 6 | sponge 8 + message 1 | counts 1
//! second phase: look-ups: helpers 2 or 3, running sum 1 | models: weights, neurons, packing, messages 4
//! ```
//!
//! Rows of models use eight limbs and three of the other columns; a circuit about no block has only these. [`crate::layout`]
//! deals the rows out.
//! All gates have degree at most 5 with their selector, which is what the configured degree is set to.

pub mod arith;
mod columns;
pub mod dense;
pub mod lookup;
pub mod number;
mod order;
pub mod record;
pub mod search;
pub mod sponge;
mod sponge_forms;
pub mod table;
pub mod text;

use halo2_proofs::plonk::{
    Advice, Challenge, Column, ConstraintSystem, Expression, FirstPhase, Fixed, Instance, SecondPhase,
    Selector, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use crate::fixed::power_of_two;

pub use columns::{
    ADVICE_COLUMNS, Area, Bands, FIXED_COLUMNS, MODEL_SECOND_COLUMNS, at, fixed_at, second_at,
};
pub use order::ORDER;

/// Rows at the end of every column that are not ours: at least as many as halo2 fills with randomness.
pub const UNUSABLE_ROWS: usize = 11;
/// Degree of the constraint system. Set explicitly, because halo2 would cap it by an environment variable.
pub const DEGREE: usize = 5;
/// Bits of a full limb.
pub const LIMB_BITS: u32 = 12;
/// Limbs in a row.
pub const LIMBS: usize = 8;

macro_rules! gates {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Gates that are switched on row by row, each with a selector of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Gate { $($(#[$doc])* $name),* }

        impl Gate {
            /// Every gate.
            pub const ALL: &'static [Gate] = &[$(Gate::$name),*];
        }
    };
}

gates! {
    /// A signed number, its magnitude in limbs, and its clamp.
    Number,
    /// A row of a record: presence and running sums.
    Record,
    /// The row above belongs to the same record.
    SameRecord,
    /// The row above belongs to the record before.
    NextRecord,
    /// The link is a tri-state.
    TriState,
    /// A number is packed in front of those below.
    Element,
    /// The last number of a record's first packed element.
    ElementNumber,
    /// The last number of a record's second packed element, and the links.
    ElementLinks,
    /// Takes the running sums over from the last record.
    Take,
    /// Text hash: first row.
    HashFirst,
    /// Text hash: further rows.
    HashNext,
    /// Packed symbols: first row.
    PackFirst,
    /// Packed symbols: second row.
    PackNext,
    /// Last symbols of a text.
    Tail,
    /// Hash and residues of a text.
    Residues,
    /// Row of bytes followed by another one.
    PadChain,
    /// First row of a long text.
    LongFirst,
    /// First row of a search.
    SearchStart,
    /// Distance to a centroid.
    Distance,
    /// A coordinate of centroid 0 is in range.
    CentroidRange,
    /// Two coordinates of the centroid two rows above are in range.
    CentroidRangeFirst,
    /// Two coordinates of the centroid above are in range.
    CentroidRangeSecond,
    /// Two coordinates of this centroid are in range.
    CentroidRangeThird,
    /// Two centroids packed.
    CentroidElement,
    /// End of a search.
    SearchEnd,
    /// Multiply-add over the wires.
    Arith,
    /// The wire e is its limbs.
    Range,
    /// The wire e is its limbs and, above them, the wire e of the next row.
    RangeWide,
    /// Normalisation of a folded value.
    Normalise,
    /// First row of a chain.
    SpongeStart,
    /// First row of a further link of a chain.
    SpongeChain,
    /// The second half of a state is loaded.
    SpongeLoad,
    /// From a full round to the first row of the next.
    SpongeFullFirst,
    /// From a full round to the second row of the next.
    SpongeFullSecond,
    /// From the full rounds into the first row of the partial ones.
    SpongeEntryFirst,
    /// From the full rounds into the second row of the partial ones.
    SpongeEntrySecond,
    /// Partial rounds.
    SpongePartial,
    /// From the partial rounds into the first row of the full ones.
    SpongeExitFirst,
    /// From the partial rounds into the second row of the full ones.
    SpongeExitSecond,
    /// The digest.
    SpongeEnd,
    /// Look-ups are counted.
    LookupActive,
    /// Ends of the running sum of the look-ups; models: all that is packed has been absorbed.
    LookupEdge,
    /// A cell is the public input of its row.
    Public,
    /// Models: a value is its limbs.
    Value,
    /// Models: a value is a constant.
    Constant,
    /// Models: the excess of an input.
    Excess,
    /// Models: an input after its quantiser.
    Input,
    /// Models: an accumulator is added to the sum of its layer.
    Accumulator,
    /// Models: a neuron after requantisation.
    Neuron,
    /// Models: an output is its limbs.
    Plain,
    /// Models: an output is its limbs and the bit of a tag.
    Tag,
    /// Models: squared error so far.
    Error,
    /// Models: weights, or a row that takes the sums over.
    Weights,
    /// Models: ends of a layer.
    LayerEdge,
    /// Models: what the head made of all outputs.
    Output,
    /// Models: the greatest logit.
    ClassFirst,
    /// Models: a logit and its distance to the greatest.
    ClassRow,
    /// Models: the greatest logit has been met.
    ClassLast,
    /// Models: a message is 0.
    MessageZero,
}

/// Columns, selectors and challenges of a circuit.
#[derive(Clone, Debug)]
pub struct ChipSet {
    /// What rows there are.
    pub bands: Bands,
    advice: Vec<Option<Column<Advice>>>,
    /// Second phase: helpers of the look-ups, their running sum; then the columns of models.
    pub second: Vec<Column<Advice>>,
    fixed: Vec<Option<Column<Fixed>>>,
    /// Public inputs.
    pub instance: Column<Instance>,
    selectors: Vec<Option<Selector>>,
    /// α and β of the look-ups; with models ρ of the layers and τ of the packing.
    pub challenges: Vec<Challenge>,
}

impl ChipSet {
    /// Allocates the columns and creates the gates.
    ///
    /// # Side effects
    /// Enables equality on the columns of [`Bands::copied`]; sets the minimum degree to [`DEGREE`].
    ///
    /// # Panics
    /// If a gate has a higher degree, at configuration.
    pub fn configure(meta: &mut ConstraintSystem<Fr>, bands: Bands) -> Self {
        let advice: Vec<_> = (0..ADVICE_COLUMNS)
            .map(|column| bands.advice(column).then(|| meta.advice_column_in(FirstPhase)))
            .collect();
        let challenges = if bands.model { 4 } else { 2 };
        let challenges = (0..challenges).map(|_| meta.challenge_usable_after(FirstPhase)).collect();
        let second = lookup::columns(bands) + if bands.model { MODEL_SECOND_COLUMNS } else { 0 };
        let second = (0..second).map(|_| meta.advice_column_in(SecondPhase)).collect();
        let fixed =
            (0..FIXED_COLUMNS).map(|column| bands.fixed(column).then(|| meta.fixed_column())).collect();
        let instance = meta.instance_column();
        let mut selectors = vec![None; Gate::ALL.len()];
        ORDER
            .iter()
            .filter(|gate| bands.gate(**gate))
            .for_each(|gate| selectors[*gate as usize] = Some(meta.selector()));
        let chips = Self { bands, advice, second, fixed, instance, selectors, challenges };
        let copied = (0..ADVICE_COLUMNS).filter(|column| bands.copied(*column));
        copied.for_each(|column| meta.enable_equality(chips.advice(column)));
        if bands.core {
            number::configure(meta, &chips);
            record::configure(meta, &chips);
            text::configure(meta, &chips);
            search::configure(meta, &chips);
            arith::configure(meta, &chips);
        }
        sponge::configure(meta, &chips);
        if bands.model {
            dense::configure(meta, &chips);
        }
        // The instance column is not in the copy constraints: a column there is a commitment's evaluation, and each
        // three of them a product.
        chips.gate(meta, Gate::Public, |q| {
            let public = q.cells.query_instance(instance, Rotation::cur());
            vec![("e = public input", q.advice(at::PUBLIC, 0) - public)]
        });
        lookup::configure(meta, &chips);
        let highest = meta.gates().iter().flat_map(|gate| gate.polynomials()).map(Expression::degree).max();
        assert!(highest <= Some(DEGREE), "a gate has degree {highest:?}, above {DEGREE}");
        meta.set_minimum_degree(DEGREE);
        assert!(meta.blinding_factors() < UNUSABLE_ROWS, "rows halo2 keeps for itself");
        chips
    }

    /// First-phase column `column`.
    ///
    /// # Panics
    /// If the rows it is for are not there, which is a defect of the layout.
    pub fn advice(&self, column: usize) -> Column<Advice> {
        self.advice[column].unwrap_or_else(|| panic!("column {column} belongs to rows that are not there"))
    }

    /// First-phase columns that are there, with their indices.
    pub fn advice_columns(&self) -> impl Iterator<Item = (usize, Column<Advice>)> {
        self.advice.iter().enumerate().filter_map(|(index, column)| column.map(|column| (index, column)))
    }

    /// Fixed columns that are there, with their indices.
    pub fn fixed_columns(&self) -> impl Iterator<Item = (usize, Column<Fixed>)> {
        self.fixed.iter().enumerate().filter_map(|(index, column)| column.map(|column| (index, column)))
    }

    /// Selectors that are there, with their gates.
    pub fn selectors(&self) -> impl Iterator<Item = (Gate, Selector)> {
        Gate::ALL.iter().zip(&self.selectors).filter_map(|(gate, selector)| selector.map(|s| (*gate, s)))
    }

    fn fixed(&self, column: usize) -> Column<Fixed> {
        self.fixed[column].unwrap_or_else(|| panic!("column {column} belongs to rows that are not there"))
    }

    fn selector(&self, gate: Gate) -> Selector {
        self.selectors[gate as usize].unwrap_or_else(|| panic!("{gate:?} belongs to rows that are not there"))
    }

    /// Second-phase column `column` of models.
    fn model_second(&self, column: usize) -> Column<Advice> {
        self.second[lookup::columns(self.bands) + column]
    }

    /// Creates the gate `gate`, if it is one of the circuit's: each named expression is 0 wherever its selector is on.
    fn gate(
        &self,
        meta: &mut ConstraintSystem<Fr>,
        gate: Gate,
        constraints: impl FnOnce(&mut Query<'_, '_>) -> Vec<(&'static str, Expression<Fr>)>,
    ) {
        if !self.bands.gate(gate) {
            return;
        }
        meta.create_gate(format!("{gate:?}"), |cells| {
            let selector = cells.query_selector(self.selector(gate));
            let constraints = constraints(&mut Query { chips: self, cells });
            constraints
                .into_iter()
                .map(|(name, expression)| (name, selector.clone() * expression))
                .collect::<Vec<_>>()
        });
    }
}

/// Reads cells relative to the row of a gate.
struct Query<'q, 'm> {
    chips: &'q ChipSet,
    cells: &'q mut VirtualCells<'m, Fr>,
}

impl Query<'_, '_> {
    fn advice(&mut self, column: usize, rotation: i32) -> Expression<Fr> {
        self.cells.query_advice(self.chips.advice(column), Rotation(rotation))
    }

    fn fixed(&mut self, column: usize, rotation: i32) -> Expression<Fr> {
        self.cells.query_fixed(self.chips.fixed(column), Rotation(rotation))
    }

    /// The eight limbs of a row.
    fn limbs(&mut self) -> [Expression<Fr>; LIMBS] {
        std::array::from_fn(|i| self.advice(at::LIMB + i, 0))
    }

    /// Coefficient `i` of the row.
    fn k(&mut self, i: usize) -> Expression<Fr> {
        self.fixed(fixed_at::K + i, 0)
    }
}

/// A constant expression.
fn constant(value: impl Into<num_bigint::BigInt>) -> Expression<Fr> {
    Expression::Constant(crate::fixed::to_field(&value.into()))
}

/// Σ 2^(bits·i)·terms_i: `terms` are digits, least significant first.
fn digits(terms: impl IntoIterator<Item = Expression<Fr>>, bits: u32) -> Expression<Fr> {
    terms
        .into_iter()
        .zip(0..)
        .map(|(term, i)| if i == 0 { term } else { term * power_of_two(bits * i) })
        .reduce(|sum, term| sum + term)
        .unwrap_or(Expression::Constant(Fr::zero()))
}

/// 0 exactly for 0 and 1.
fn boolean(x: Expression<Fr>) -> Expression<Fr> {
    x.clone() * (constant(1) - x)
}
