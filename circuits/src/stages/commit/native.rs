//! Commitments in native arithmetic.

use halo2curves::bn256::Fr;

use super::texts::TextTable;
use crate::block::{Block, Number};
use crate::codebook::{Codebook, SUBSPACE_DIM, SUBSPACES};
use crate::fingerprint::{Folded, PqIndices};
use crate::fixed::to_field;
use crate::packing::{
    CENTROID_BITS, COUNT_BITS, FIRST_NUMBERS, FOLDED_BITS, FOLDED_PER_ELEMENT, INTEGER_BITS, INVERSE_BITS,
    MEAN_BITS, NUMBER_BITS,
};
use crate::poseidon::{Domain, Packer, chain, initial_value, salted};
use crate::public::Root;
use crate::records::{CLASSES, Record, records};
use crate::size::{Oversize, Size};

/// Salts of a proof's commitments, one each: opening one of them gives away nothing about the others.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Salts {
    /// Of the block commitment.
    pub block: Fr,
    /// Of the fold commitment.
    pub fold: Fr,
    /// Of the PQ commitment.
    pub pq: Fr,
    /// Of the commitment to the hotzones, where there is one.
    pub zones: Fr,
    /// Of the commitment to the tag fields, where there is one.
    pub tags: Fr,
    /// Of the commitment to the graph of the hotzones, where there is one.
    pub zone_graph: Fr,
}

/// Without the salts, which must not end up in a log.
impl std::fmt::Debug for Salts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Salts").finish_non_exhaustive()
    }
}

impl Salts {
    /// No salt: anyone with the data can recompute the commitments.
    pub fn none() -> Self {
        Self::default()
    }

    /// Salts from one secret, each the hash of the secret under a domain of its own.
    pub fn from_secret(secret: Fr) -> Self {
        let salt = |domain| chain(initial_value(domain, SALT_SHAPE, 1), &[secret]);
        Self {
            block: salt(Domain::Block),
            fold: salt(Domain::Fold),
            pq: salt(Domain::Pq),
            zones: salt(Domain::Zones),
            tags: salt(Domain::TagFields),
            zone_graph: salt(Domain::Vector),
        }
    }

    /// Salts of one of several blocks from one secret, each block's from a secret of its own, so that what is known of one gives
    /// away nothing about another.
    pub fn of_place(secret: Fr, place: usize) -> Self {
        let initial = initial_value(Domain::Block, SALT_SHAPE, 2);
        Self::from_secret(chain(initial, &[secret, Fr::from(place as u64)]))
    }
}

/// Salt of the commitment to output `index` of a model, from one secret.
pub fn output_salt(secret: Fr, index: usize) -> Fr {
    let initial = initial_value(Domain::Vector, SALT_SHAPE, 2);
    chain(initial, &[secret, Fr::from(index as u64)])
}

/// Salt of the commitment at `place` of a decision, from one secret.
pub fn decision_salt(secret: Fr, place: usize) -> Fr {
    let initial = initial_value(Domain::Table, SALT_SHAPE, 2);
    chain(initial, &[secret, Fr::from(place as u64)])
}

/// Shape under which salts are derived; no commitment has it.
const SALT_SHAPE: u64 = u64::MAX;

/// Commitment to a block at a size of circuit.
///
/// # Errors
/// If the block does not fit the size.
pub fn block(size: Size, block: &Block, salt: Fr) -> Result<Fr, Oversize> {
    size.check_records(block)?;
    let capacity = size.capacity();
    let texts = TextTable::new(size, block)?;
    let mut elements = block_prefix(block);
    let places = [capacity.transactions, capacity.traces, capacity.bundles];
    for (spec, places) in CLASSES.iter().zip(places) {
        let mut records = records(block, spec.class);
        records.resize(places, Record::default());
        elements
            .extend(records.iter().flat_map(|record| record_elements(record, &texts, capacity.link_bits())));
    }
    elements.extend(texts.slots().flat_map(|slot| slot.elements()));
    Ok(salted(Domain::Block, u64::from(size.number()), salt, elements))
}

/// What stands before the records: counts, height and timestamp; root halves.
pub(crate) fn block_prefix(block: &Block) -> Vec<Fr> {
    let header = &block.header;
    let first = Packer::new()
        .put(block.transactions.len(), COUNT_BITS)
        .put(block.traces.len(), COUNT_BITS)
        .put(block.bundles.len(), COUNT_BITS)
        .put(header.height, INTEGER_BITS)
        .put(header.timestamp, INTEGER_BITS)
        .element();
    let roots = [header.prev_state_root, header.new_state_root, header.tx_root];
    let halves = roots.iter().flat_map(|bytes| {
        let root = Root::from_bytes(bytes);
        [root.high, root.low]
    });
    std::iter::once(first).chain(halves.map(|half| to_field(&half.into()))).collect()
}

fn record_elements(record: &Record, texts: &TextTable, link_bits: u32) -> [Fr; 2] {
    let (first, rest) = record.numbers.split_at(FIRST_NUMBERS);
    let number = |packer: Packer, number: &Number| packer.signed(number.units(), NUMBER_BITS);
    let links = record.texts.iter().map(|text| texts.index(text)).chain([record.tri_state.into()]);
    [
        first.iter().fold(Packer::new(), number).element(),
        links
            .fold(rest.iter().fold(Packer::new(), number), |packer, link| packer.put(link, link_bits))
            .element(),
    ]
}

pub(crate) fn folded_shape() -> u64 {
    6 << 16 | 16
}

/// Commitment to the folded values.
pub fn folded(folded: &Folded, salt: Fr) -> Fr {
    fingerprint(&folded.iter().flatten().copied().collect::<Vec<_>>(), salt)
}

/// [`folded`], from the values row by row: those of no fingerprint unless there are 96.
pub fn fingerprint(values: &[i64], salt: Fr) -> Fr {
    salted(Domain::Fold, folded_shape(), salt, values_packed(values))
}

pub(crate) fn vector_shape(length: usize) -> u64 {
    length as u64
}

/// Shape of a matrix: no vector has as many numbers as two positions count there.
pub(crate) fn matrix_shape(positions: u16, channels: u16) -> u64 {
    u64::from(positions) << 32 | u64::from(channels)
}

/// Commitment to a matrix of signed 36-bit integers, position by position.
pub fn matrix(values: &[i64], positions: u16, salt: Fr) -> Fr {
    // Within the limits of a statement.
    let channels = u16::try_from(values.len() / usize::from(positions.max(1))).unwrap_or(u16::MAX);
    salted(Domain::Vector, matrix_shape(positions, channels), salt, values_packed(values))
}

/// Commitment to a vector of signed 36-bit integers.
pub fn vector(values: &[i64], salt: Fr) -> Fr {
    salted(Domain::Vector, vector_shape(values.len()), salt, values_packed(values))
}

/// Signed 36-bit integers, seven to an element.
pub(crate) fn values_packed(values: &[i64]) -> impl Iterator<Item = Fr> {
    let element = |part: &[i64]| part.iter().fold(Packer::new(), |p, v| p.signed(*v, FOLDED_BITS)).element();
    values.chunks(FOLDED_PER_ELEMENT).map(element)
}

pub(crate) fn pq_shape() -> u64 {
    6 << 16 | SUBSPACES as u64
}

/// Commitment to the PQ indices.
pub fn pq(indices: &PqIndices, salt: Fr) -> Fr {
    let element = indices.iter().flatten().fold(Packer::new(), |p, index| p.put(*index, 8)).element();
    salted(Domain::Pq, pq_shape(), salt, [element])
}

pub(crate) fn codebook_shape(centroids: usize) -> u64 {
    (centroids as u64) << 32 | (SUBSPACES as u64) << 16 | SUBSPACE_DIM as u64
}

/// Centroids by subspace, two and two.
pub(crate) fn centroids_packed(codebook: &Codebook) -> impl Iterator<Item = Fr> {
    (0..SUBSPACES).flat_map(|s| {
        codebook.centroids().chunks(2).map(move |pair| {
            let coordinates = pair.iter().flat_map(|row| row[s]);
            coordinates.fold(Packer::new(), |p, c| p.signed(c.into(), CENTROID_BITS)).element()
        })
    })
}

/// Root of a codebook. Its salt is always 0: a codebook is public or a secret of its own, never hidden per proof.
pub fn codebook(codebook: &Codebook) -> Fr {
    let mut elements = vec![Fr::from(codebook.bound_squared())];
    let columns: Vec<_> = codebook.mean().iter().zip(codebook.inverse()).collect();
    elements.extend(columns.chunks(2).map(|pair| {
        pair.iter()
            .fold(Packer::new(), |p, (mean, inverse)| {
                p.signed(**mean, MEAN_BITS).signed(**inverse, INVERSE_BITS)
            })
            .element()
    }));
    elements.extend(centroids_packed(codebook));
    salted(Domain::Codebook, codebook_shape(codebook.len()), Fr::zero(), elements)
}
