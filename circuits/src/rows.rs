//! How many rows a circuit needs, and where what stands in it starts.
//!
//! Arithmetic on shapes, so that a statement can tell its size without a circuit; the layout asserts that it uses what is
//! counted here.

use crate::codebook::{DIM, SUBSPACES};
use crate::columns::{Bands, CORE_ROWS, LIMBS, MODEL_HEAD_ROWS, MODEL_ROWS, RECORD_ROWS, SPONGE_ROWS, table};
use crate::fingerprint::VECTORS;
use crate::model::parameters::{run_count, weight_rows};
use crate::model::{Head, Shape};
use crate::packing::FOLDED_PER_ELEMENT;
use crate::poseidon::RATE;
use crate::records::CLASSES;
use crate::shapes::ModelShape;
use crate::size::Capacity;
use crate::slots::{LONG_SYMBOLS, ROW_SYMBOLS, SlotKind};
use crate::subject::{Centroids, Core, MAX_MODELS, Subject};

/// Public inputs of a proof.
pub fn public_rows(subject: Subject, models: &[ModelShape]) -> usize {
    let subject = match subject {
        Subject::Block(_) => CORE_ROWS,
        Subject::Fingerprint | Subject::Vector(_) | Subject::Matrix { .. } | Subject::Sequence { .. } => {
            1 + subject.commitments()
        }
    };
    subject + models.iter().map(|shape| MODEL_HEAD_ROWS + shape.published()).sum::<usize>()
}

/// Rows that the records of all classes take.
pub fn record_rows(capacity: Capacity) -> usize {
    let places = capacity.transactions + capacity.traces + capacity.bundles;
    (places + CLASSES.len()) * RECORD_ROWS
}

/// Rows of the text table.
pub fn text_rows(capacity: Capacity) -> usize {
    SlotKind::Empty.rows()
        + capacity.addresses * SlotKind::Address.rows()
        + capacity.short * SlotKind::Short.rows()
        + capacity.long * SlotKind::Long.rows()
}

/// Rows that the searches take.
pub fn search_rows(centroids: Centroids) -> usize {
    SUBSPACES * VECTORS * (1 + centroids.count())
}

/// Row of the first record, below the public inputs of any statement: gates look up to seven rows back.
pub const FIRST_RECORD: usize = CORE_ROWS + MODEL_ROWS * MAX_MODELS;
const _: () = assert!(FIRST_RECORD >= RECORD_ROWS);

/// Rows of the arithmetic of fold, code and packing: the same for all shapes.
const ARITH_ROWS: usize = 726;

/// Rows that a block takes, from the top.
pub fn block_rows(core: Core) -> usize {
    let capacity = core.size.capacity();
    FIRST_RECORD + record_rows(capacity) + text_rows(capacity) + search_rows(core.centroids) + ARITH_ROWS
}

/// Permutations of the four commitments.
pub fn block_permutations(core: Core) -> usize {
    let Capacity { transactions, traces, bundles, addresses, short, long } = core.size.capacity();
    let records = 2 * (transactions + traces + bundles);
    let texts = addresses + short + long * LONG_SYMBOLS / (2 * ROW_SYMBOLS);
    // Salts; counts and six halves of roots; ε², columns and centroids, two and two.
    let block = 1 + 1 + 6 + records + texts;
    let folded = 1 + (VECTORS * DIM).div_ceil(FOLDED_PER_ELEMENT);
    let codebook = 1 + 1 + DIM / 2 + SUBSPACES * core.centroids.count() / 2;
    [block, folded, 2, codebook].into_iter().map(|elements| elements.div_ceil(RATE)).sum()
}

/// Row of the constant that says which statement it is, if that is about no block: below its public inputs, and below those of
/// four models of one output each.
pub fn statement_row(public_rows: usize) -> usize {
    public_rows.max(2 + MODEL_ROWS * MAX_MODELS)
}

/// First row that is dealt out then: gates look up to two rows back.
pub fn first_row(public_rows: usize) -> usize {
    statement_row(public_rows) + 1
}

/// Rows that a statement with models needs, with what it is about.
pub fn model_rows(subject: Subject, models: &[ModelShape], bands: Bands) -> usize {
    let (positions, channels) = subject.dimensions();
    // Commitments, and values behind each; of a block its own rows commit to them.
    let (core, commitments) = match subject {
        Subject::Block(core) => (Some(core), 0),
        _ => (None, subject.commitments()),
    };
    let committed = positions * channels / subject.commitments();
    let table = table::rows(bands);
    let mut band = first_row(public_rows(subject, models)) + commitments * committed;
    let permutations = |elements: usize| elements.div_ceil(RATE);
    let mut sponge = commitments * permutations(1 + committed.div_ceil(FOLDED_PER_ELEMENT));
    for shape in models {
        match shape {
            ModelShape::Dense(shape) => {
                band += band_rows(shape);
                sponge += permutations(3 + LIMBS * run_count(shape));
            }
            ModelShape::Graph(graph) => {
                band += graph.rows();
                sponge += graph.chains().into_iter().map(permutations).sum::<usize>();
            }
        }
    }
    if let Some(core) = core {
        band += block_rows(core);
        sponge += block_permutations(core);
    }
    // Sums end one row below what they are of.
    table.max(band).max(sponge * SPONGE_ROWS) + 1
}

fn band_rows(shape: &Shape) -> usize {
    let layers =
        (0..shape.layers().len()).map(|layer| 2 * shape.layer_outputs(layer) + weight_rows(shape, layer));
    let head = match shape.head() {
        Head::Tags | Head::Anomaly => 1,
        Head::Class => 1 + shape.outputs(),
        Head::Values => 0,
    };
    3 * shape.inputs() + layers.sum::<usize>() + head
}
