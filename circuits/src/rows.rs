//! How many rows a circuit needs, and where what stands in it starts.
//!
//! Arithmetic on shapes, so that a statement can tell its size without a circuit; the layout asserts that it uses what is
//! counted here.

use crate::analytics::{Analytics, Part, ZONE_CHANNELS};
use crate::codebook::{DIM, SUBSPACES};
use crate::columns::{
    BLOCK_ROWS, Bands, CORE_ROWS, LIMBS, MODEL_HEAD_ROWS, MODEL_ROWS, RECORD_ROWS, RULE_RECORD_ROWS,
    RULE_TEXT_ROWS, SHARED_ROWS, SPONGE_ROWS, table,
};
use crate::decision::{ACTIONS, Decision, FEATURES, MAX_VALIDATORS, STATES};
use crate::fingerprint::{FINGERPRINT, VECTORS};
use crate::model::parameters::{run_count, weight_rows};
use crate::model::{Head, Shape};
use crate::packing::{FOLDED_PER_ELEMENT, TABLE_PER_ELEMENT};
use crate::poseidon::RATE;
use crate::records::CLASSES;
use crate::shapes::ModelShape;
use crate::size::{Capacity, Centroids};
use crate::slots::{LONG_SYMBOLS, ROW_SYMBOLS, SlotKind};
use crate::subject::{Core, MAX_MODELS, Subject};

/// Public inputs of a proof.
pub fn public_rows(subject: Subject, analytics: Option<Analytics>, models: &[ModelShape]) -> usize {
    let subject = match subject {
        Subject::Block(_) => CORE_ROWS,
        Subject::Blocks { count, .. } => SHARED_ROWS + BLOCK_ROWS * usize::from(count),
        Subject::Fingerprint | Subject::Vector(_) | Subject::Matrix { .. } | Subject::Sequence { .. } => {
            1 + subject.commitments()
        }
        Subject::Decision(decision) => 1 + subject.commitments() + decision.outputs(),
    };
    let analytics = analytics.map_or(0, |analytics| analytics.rows());
    subject + analytics + models.iter().map(|shape| MODEL_HEAD_ROWS + shape.published()).sum::<usize>()
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

/// Row of the first record, below the public inputs: of any statement about one block in the same row, whatever models say.
pub fn first_record(public_rows: usize) -> usize {
    public_rows.max(ONE_BLOCK_ROWS)
}

/// Most public inputs of a statement about one block: gates of records look up to seven rows back.
const ONE_BLOCK_ROWS: usize = CORE_ROWS + MODEL_ROWS * MAX_MODELS;
const _: () = assert!(ONE_BLOCK_ROWS >= RECORD_ROWS);

/// Which of the blocks of a statement: the first has the codebook that all are under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The first, or only one.
    First,
    /// A further one.
    Further,
}

/// Rows of the arithmetic of fold, code and packing: the same for all shapes.
fn arith_rows(turn: Turn) -> usize {
    match turn {
        Turn::First => 726,
        Turn::Further => 693,
    }
}

/// Rows that a block takes.
pub fn block_rows(core: Core, turn: Turn) -> usize {
    let capacity = core.size.capacity();
    record_rows(capacity) + text_rows(capacity) + search_rows(core.centroids) + arith_rows(turn)
}

/// Permutations of the commitments of a block, that of the codebook among those of the first.
pub fn block_permutations(core: Core, turn: Turn) -> usize {
    let Capacity { transactions, traces, bundles, addresses, short, long } = core.size.capacity();
    let records = 2 * (transactions + traces + bundles);
    let texts = addresses + short + long * LONG_SYMBOLS / (2 * ROW_SYMBOLS);
    // Salts; counts and six halves of roots.
    let block = 1 + 1 + 6 + records + texts;
    let folded = 1 + (VECTORS * DIM).div_ceil(FOLDED_PER_ELEMENT);
    let codebook = match turn {
        Turn::First => codebook_permutations(core.centroids),
        Turn::Further => 0,
    };
    codebook + [block, folded, 2].into_iter().map(|elements| elements.div_ceil(RATE)).sum::<usize>()
}

/// Permutations of the root of a codebook: of a salt, ε², columns and centroids, two and two.
fn codebook_permutations(centroids: Centroids) -> usize {
    (1 + 1 + DIM / 2 + SUBSPACES * centroids.count() / 2).div_ceil(RATE)
}

/// Rows in which sums of rules are taken apart; with fields of adapters, and those that each transaction has for them.
const RULE_SUMMARY: usize = 71;
/// Likewise.
const ADAPTER_SUMMARY: usize = 9;
/// Likewise.
const ADAPTER_ROWS: usize = 35;

/// Rows set aside for rules: of every text but the empty one, of every transaction, and for the sums over these.
pub fn rule_rows(capacity: Capacity) -> usize {
    let Capacity { addresses, short, long, transactions, .. } = capacity;
    addresses + RULE_TEXT_ROWS * (short + long) + RULE_RECORD_ROWS * (transactions + 1)
}

/// Rows that analytics take below their block: as many as they have multiply-adds, and those that zones and rules have for themselves; of
/// the graph of zones as many as it has range checks.
pub fn analytics_rows(analytics: Analytics, capacity: Capacity) -> usize {
    let committed = analytics.commits_to_config();
    let part = |part: Part| match (part, committed, analytics.zone_tags()) {
        (Part::Rules, ..) => {
            rule_rows(capacity)
                + RULE_SUMMARY
                + if analytics.adapter() { ADAPTER_SUMMARY + ADAPTER_ROWS * capacity.transactions } else { 0 }
        }
        (Part::Residuals, ..) => 95,
        (Part::Zones, false, _) => 465,
        (Part::Zones, true, _) => 505,
        (Part::Graph, ..) => 204,
        (Part::Hypergraph, false, _) => 281,
        (Part::Hypergraph, true, _) => 396,
        (Part::Anomaly, false, false) => 17,
        (Part::Anomaly, true, false) => 18,
        (Part::Anomaly, false, true) => 45,
        (Part::Anomaly, true, true) => 82,
    };
    // What the anomaly score takes more with the tags of the block.
    let tags = match (analytics.block_tags(), analytics.zone_tags(), analytics.adapter()) {
        (false, ..) => 0,
        (true, false, false) => 3,
        (true, false, true) => 4,
        (true, true, false) => 6,
        (true, true, true) => 8,
    };
    // A constant 0, for salts.
    1 + tags + analytics.parts().map(part).sum::<usize>()
}

/// Rows of an anomaly score with a forest, below the models.
pub const HYBRID_ROWS: usize = 22;

/// Permutations of their commitments: to the zones, to their graph, to the configuration, and to the tag fields, with a salt and a number in front.
pub fn analytics_permutations(analytics: Analytics, capacity: Capacity) -> usize {
    let fields = 2 + capacity.transactions * (1 + usize::from(analytics.adapter()));
    let fields = if analytics.has(Part::Rules) { fields.div_ceil(RATE) } else { 0 };
    let graph = (1 + (VECTORS * ZONE_CHANNELS).div_ceil(FOLDED_PER_ELEMENT)).div_ceil(RATE);
    let graph = if analytics.has(Part::Graph) { graph } else { 0 };
    usize::from(analytics.has(Part::Zones)) + usize::from(analytics.commits_to_config()) + graph + fields
}

/// Multiply-adds of a sum of so many terms.
const fn sum_rows(terms: usize) -> usize {
    1 + terms.saturating_sub(3).div_ceil(2)
}

/// Multiply-adds that say of so many terms that they sum to 0.
const fn zero_rows(terms: usize) -> usize {
    if terms > 4 { 1 + sum_rows(terms - 3) } else { 1 }
}

/// Bits of which one is 1.
const fn one_hot_rows(count: usize) -> usize {
    count + zero_rows(count)
}

/// One of so many values that none before it is as great as, and none after it greater than: two bounds; for each its bit, what is
/// before it, its index, a product and the comparison.
const fn greatest_rows(count: usize) -> usize {
    3 + 5 * count
}

/// Multiply-adds that pack the values of a table, and its salt.
fn table_rows(values: usize) -> usize {
    let (full, rest) = (values / TABLE_PER_ELEMENT, values % TABLE_PER_ELEMENT);
    1 + full * sum_rows(TABLE_PER_ELEMENT) + if rest > 0 { sum_rows(rest) } else { 0 }
}

/// Multiply-adds that pack a fingerprint, and its salt.
const FINGERPRINT_ROWS: usize = {
    let (full, rest) = (FINGERPRINT / FOLDED_PER_ELEMENT, FINGERPRINT % FOLDED_PER_ELEMENT);
    1 + full * sum_rows(FOLDED_PER_ELEMENT) + sum_rows(rest)
};
/// Multiply-adds of the square of a distance.
const SQUARE_ROWS: usize = 2 * FINGERPRINT;

/// Rows that a decision takes below its public inputs: as many as it has multiply-adds or range checks, whichever are more.
pub fn decision_rows(decision: Decision) -> usize {
    // The statement's number, and a 0.
    2 + match decision {
        Decision::Bandit(arms) => {
            // Of each: two bounds, its bit, what is before it, its index, two products, two of the comparison.
            table_rows(2 * usize::from(arms)) + 3 + 9 * usize::from(arms)
        }
        Decision::Consensus => CONSENSUS_ROWS,
        Decision::Criteria(criteria) => criteria_rows(criteria.into()),
        Decision::Top { count, values } => {
            let (count, values) = (usize::from(count), usize::from(values));
            // Keys, how they fall, the salt; which of those that are left each of them is; the indices.
            let found = one_hot_rows(count) + count + 1;
            entry_rows(values) + 2 * count + count * found + sum_rows(count)
        }
        Decision::QTable => {
            // Which state, and its values; the greatest; both packed.
            let state = one_hot_rows(STATES) + sum_rows(STATES - 1) + ACTIONS * STATES;
            table_rows(STATES * ACTIONS) + state + greatest_rows(ACTIONS) + 1
        }
        Decision::Contextual(arms) => {
            let arms = usize::from(arms);
            // Products of two features, and all four of them packed. Of each arm the mean, the form and its root, and the bound.
            let bound = FEATURES + FEATURES * FEATURES + 7;
            let table = table_rows(arms * FEATURES * (1 + FEATURES));
            table + FEATURES * (FEATURES + 1) / 2 + sum_rows(FEATURES) + arms * bound + greatest_rows(arms)
        }
        Decision::Drift { positions, distances } => {
            let positions = usize::from(positions);
            // A root takes two; acceleration and its bit take three.
            let velocities = (positions - 1) * (SQUARE_ROWS + 2);
            let acceleration = if positions > 2 { 3 } else { 0 };
            positions * FINGERPRINT_ROWS + velocities + acceleration + usize::from(distances)
        }
        Decision::Departure { centres, .. } => {
            let centres = usize::from(centres);
            // Of each: its bit, what is before it, its index, a product, two of the comparison. Three of the choice, three of the root,
            // four of what is public.
            let committed = FINGERPRINT_ROWS + table_rows(FINGERPRINT * centres);
            committed + (SQUARE_ROWS + 6) * centres + 3 + 3 + 4
        }
        Decision::Nearest { signatures, .. } => {
            let signatures = usize::from(signatures);
            let normalised = DIM + 6 * FINGERPRINT;
            // Sums of three in four ways, 64 of 32 such sums with their bits, and these packed.
            let signature = FINGERPRINT / 3 * 4 + 64 * (sum_rows(FINGERPRINT / 3) + 1) + sum_rows(64);
            // The key; of each signature an equation and, but for the first, a product; elements and their salt; what is found.
            let (full, rest) = (signatures / 3, usize::from(!signatures.is_multiple_of(3)));
            let index = 2 + 2 * signatures + full + rest + 1 + 1;
            let adds = FINGERPRINT_ROWS + DIM / 2 * sum_rows(4) + normalised + signature + index;
            // Ranges of values and codebook, six of each normalisation, two of each bit, two of the key; of each signature two rows beside
            // the query, and two.
            let ranges = FINGERPRINT + 2 * DIM + 6 * FINGERPRINT + 2 * 64 + 2 + 4 * signatures;
            adds.max(ranges - 2)
        }
        Decision::Mempool { size, before } => {
            let places = size.capacity().transactions;
            // Of each place: it is packed, its bit is one, no more than that in front of it, and without it there is 0. Number, prices and
            // values are summed; three of the mean; a salt.
            let block = |sums: usize| 4 * places - 1 + sums * sum_rows(places) + 3 + 1;
            // And so much from there to what is told.
            if before { block(3) + block(2) + 122 } else { block(3) + 95 }
        }
    }
}

/// Multiply-adds of a consensus, 41 for each place and some more.
const CONSENSUS_ROWS: usize = 2_729;

/// Multiply-adds of a score over criteria.
fn criteria_rows(count: usize) -> usize {
    // Of each: its element, its x, and its part in N.
    let each = 2 + 12 + 1;
    // The salt; method; divisions and what is chosen between.
    let rest = 1 + 2 + 13;
    let sums = 2 * sum_rows(count);
    let spread = if count == 1 {
        // Median and confidence are there without more ado.
        2
    } else {
        // Of each: its key, four of the middle ones, its square.
        let values = if count.is_multiple_of(2) { 3 } else { 2 };
        6 * count + 1 + zero_rows(count + 1) + 2 * zero_rows(count) + 1 + values + 4
    };
    each * count + rest + sums + spread
}

/// Rows of a list, two for each value, and two above the first.
fn entry_rows(values: usize) -> usize {
    2 * (1 + values)
}
/// Permutations of a fingerprint's commitment.
const FINGERPRINT_PERMUTATIONS: usize = (1 + FINGERPRINT.div_ceil(FOLDED_PER_ELEMENT)).div_ceil(RATE);

/// Permutations of its commitments.
pub fn decision_permutations(decision: Decision) -> usize {
    let table = |values: usize| (1 + values.div_ceil(TABLE_PER_ELEMENT)).div_ceil(RATE);
    match decision {
        Decision::Bandit(arms) => table(2 * usize::from(arms)),
        // A salt; n, and two places to an element.
        Decision::Consensus => (2 + MAX_VALIDATORS.div_ceil(2)).div_ceil(RATE),
        Decision::Criteria(criteria) => (1 + usize::from(criteria)).div_ceil(RATE),
        Decision::Top { values, .. } => table(values.into()),
        Decision::QTable => table(STATES * ACTIONS),
        Decision::Contextual(arms) => table(usize::from(arms) * FEATURES * (1 + FEATURES)),
        Decision::Drift { positions, .. } => usize::from(positions) * FINGERPRINT_PERMUTATIONS,
        Decision::Departure { centres, .. } => {
            FINGERPRINT_PERMUTATIONS + table(FINGERPRINT * usize::from(centres))
        }
        Decision::Nearest { signatures, centroids } => {
            let index = (1 + usize::from(signatures).div_ceil(3)).div_ceil(RATE);
            FINGERPRINT_PERMUTATIONS + codebook_permutations(centroids) + index
        }
        Decision::Mempool { size, before } => {
            (1 + usize::from(before)) * (2 + size.capacity().transactions).div_ceil(RATE)
        }
    }
}

/// What `of` counts of each of so many blocks, together.
fn of_blocks(count: usize, of: impl Fn(Turn) -> usize) -> usize {
    of(Turn::First) + count.saturating_sub(1) * of(Turn::Further)
}

/// First row below so many blocks.
pub fn below_blocks(core: Core, count: usize, public_rows: usize) -> usize {
    first_record(public_rows) + of_blocks(count, |turn| block_rows(core, turn))
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

/// Rows that the circuit of a statement needs.
pub fn circuit_rows(
    subject: Subject,
    analytics: Option<Analytics>,
    models: &[ModelShape],
    bands: Bands,
) -> usize {
    let (positions, channels) = subject.dimensions();
    // Commitments, and values behind each; of blocks and decisions their own rows commit to them.
    let own = subject.blocks().is_some() || subject.decision().is_some();
    let commitments = if own { 0 } else { subject.commitments() };
    let committed = positions * channels / subject.commitments();
    let table = table::rows(bands);
    let public = public_rows(subject, analytics, models);
    let (mut band, mut sponge) = match subject.blocks() {
        Some((core, count)) => {
            // Beside models the rows in front of values are counted, too: the size of a circuit is part of its key, and older than
            // an exact count.
            let spare = if models.is_empty() { 0 } else { first_row(public) };
            let sponge = of_blocks(count, |turn| block_permutations(core, turn));
            (spare + below_blocks(core, count, public), sponge)
        }
        None => (first_row(public) + commitments * committed, 0),
    };
    if let Some(decision) = subject.decision() {
        band += decision_rows(decision);
        sponge += decision_permutations(decision);
    }
    let permutations = |elements: usize| elements.div_ceil(RATE);
    if let (Some(analytics), Some((core, _))) = (analytics, subject.blocks()) {
        band += analytics_rows(analytics, core.size.capacity());
        band += if analytics.forest().is_some() { HYBRID_ROWS } else { 0 };
        sponge += analytics_permutations(analytics, core.size.capacity());
    }
    sponge += commitments * permutations(1 + committed.div_ceil(FOLDED_PER_ELEMENT));
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
