//! Witnesses that mutants are tried with: several of a statement, since what a part forbids may not be possible in one of them.

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::assignment::{Assignment, Lies};
use foldproof_circuits::block::{Block, Number, TEXT_BYTES, Text, TriState};
use foldproof_circuits::chips::LIMBS;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{InputQuantiser, Layer, Model, Shape};
use foldproof_circuits::models::{ModelRef, NONE};
use foldproof_circuits::stages::choice::{Kind, Table};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::commit::texts::SlotKind;
use foldproof_circuits::stages::consensus;
use foldproof_circuits::stages::criteria::Method;
use foldproof_circuits::stages::tags::SELECTORS;
use foldproof_circuits::statement::{Capacity, Centroids, Core, Size, Statement, Subject};
use foldproof_circuits::testing::samples::tags::{address, tagged};
use foldproof_circuits::testing::samples::{
    Dice, block, close_codebook, codebook, graphs as samples, head, model_layout, scores as scored, shape,
    toys, two_blocks as statement_of_two,
};
use foldproof_circuits::testing::slots::{Slot, used};
use foldproof_circuits::testing::{Forger, Owned, Subject as About};
use foldproof_circuits::zone_config::{FIELDS, ZoneConfig};
use halo2curves::bn256::Fr;

/// Biases and multipliers of a neuron in range, one too small and one too large.
const NEURONS: [(i32, u32); 3] = [(1 << 24, 1 << 18), (-(1 << 30), 1 << 29), (1 << 30, 1 << 29)];
/// Mean of an input.
const MEAN: i64 = 5;
/// Values of which one is in range, one too small, one too large for the inputs' quantisers, and one that stands for 0.
const VALUES: [i64; 4] = [1605, -(1 << 34), 1 << 34, MEAN];

/// A model with neurons of every kind, or one that says 0 everywhere.
fn made(shape: Shape, quiet: bool) -> Model {
    let weight = |i: usize, j: usize| if quiet { 0 } else { (7 * i as i16 + 3 * j as i16 + 1) % 13 - 6 };
    let neuron = |i: usize| if quiet { (0, 1) } else { NEURONS[i % 3] };
    let layer = |l: usize| Layer {
        weights: (0..shape.layer_outputs(l))
            .map(|i| (0..shape.layer_inputs(l)).map(|j| weight(i, j)).collect())
            .collect(),
        bias: (0..shape.layer_outputs(l)).map(|i| neuron(i).0).collect(),
        multiplier: (0..shape.layer_outputs(l)).map(|i| neuron(i).1).collect(),
    };
    let inputs = (0..shape.inputs()).map(|_| InputQuantiser { mean: MEAN, multiplier: 1 << 36 }).collect();
    let layers = (0..shape.layers().len()).map(layer).collect();
    Model::new(shape, inputs, layers, head(shape), Fr::from(3)).unwrap()
}

/// Two witnesses of a statement about a model: one of every kind, and zeros.
pub fn alone(name: &str) -> Vec<Layout> {
    let shape = shape(name);
    let varied: Vec<i64> = VALUES.iter().copied().cycle().take(shape.inputs()).collect();
    let quiet = vec![MEAN; shape.inputs()];
    vec![model_layout(&[made(shape, false)], &varied), model_layout(&[made(shape, true)], &quiet)]
}

/// Witnesses of operators over groups: ordinary values, values that are all alike, and values far from each other.
pub fn groups() -> Vec<Layout> {
    (0..5).map(|sample| samples::of_groups(12, sample).honest().clone()).collect()
}

/// Witnesses of aggregates of two tensors, three of them of one: the first three of the same values.
pub fn aggregates() -> Vec<Layout> {
    (0..3).map(|sample| samples::of_aggregates(12, sample).honest().clone()).collect()
}

/// Witnesses of statements about graphs: every operator and head, with values beyond either end, in range, and ties; forests of one
/// target and of three, with paths to either side.
pub fn graphs() -> Vec<Vec<Layout>> {
    let operators = [[100, -300, 2000, 44], [-(1 << 34), 1 << 34, 0, 0]];
    let forests = [[10, 1, -4], [11, 0, 0]];
    let of = |values: &[i64; 3]| {
        let models = vec![samples::forest(1).into(), samples::forest(3).into()];
        samples::forger(Subject::Vector(3), models, values)
    };
    vec![
        operators.iter().map(|values| samples::of_operators(12, values).honest().clone()).collect(),
        forests.iter().map(|values| of(values).honest().clone()).collect(),
    ]
}

/// A codebook under which values of every other feature are as great as normalised values may be, and more.
fn steep() -> Codebook {
    let usual = codebook(2, 64);
    let steep = |(feature, inverse)| if feature % 2 == 0 { 1 << 46 } else { inverse };
    let inverse: Vec<i64> = usual.inverse().iter().copied().enumerate().map(steep).collect();
    let centroids = usual.centroids().to_vec();
    Codebook::new(*usual.mean(), inverse.try_into().unwrap(), centroids, usual.bound_squared()).unwrap()
}

/// A slot holds so many letters, at its end, or as many as it has room for.
fn letters(slot: &Slot, length: usize) -> Lies {
    let places = slot.kind.full_rows() * LIMBS;
    let empty = places - length.min(places);
    let byte = |place: usize| if place < empty { 0 } else { b'z' };
    let pad = |row: usize| empty.saturating_sub(row * LIMBS).min(LIMBS);
    let symbols = slot.symbols().into_iter().take(places).enumerate();
    let symbols = symbols.map(|(place, cell)| (cell, byte(place).into()));
    symbols.chain((0..).zip(slot.pads()).map(|(row, cell)| (cell, pad(row).into()))).collect()
}

/// Every other short slot that nothing links to, filled with a text whose hash has a quotient.
fn idle_texts(assignment: &Assignment) -> Lies {
    let idle = used(assignment, SlotKind::Short, false).into_iter().step_by(2);
    idle.flat_map(|slot| letters(&slot, TEXT_BYTES)).collect()
}

/// Three witnesses of a statement about two blocks: some of everything; as many records as there is room for; and a single record each,
/// values that are clamped, and texts that nothing links to.
pub fn two_blocks() -> Vec<Layout> {
    let statement = statement_of_two();
    let (core, _) = statement.blocks().unwrap();
    let Capacity { transactions, traces, bundles, .. } = core.size.capacity();
    let full = |mut block: Block| {
        block.transactions = block.transactions.iter().cloned().cycle().take(transactions).collect();
        block.traces = block.traces.iter().cloned().cycle().take(traces).collect();
        block.bundles = block.bundles.iter().cloned().cycle().take(bundles).collect();
        block
    };
    // Both texts of the only record are addresses, so that every other slot is free.
    let single = |mut block: Block| {
        (block.transactions, block.traces) = (Vec::new(), Vec::new());
        for bundle in &mut block.bundles {
            bundle.prover_label = Text::new(&format!("0x{}", "1".repeat(40))).unwrap();
            bundle.circuit_type = Text::new(&format!("0x{}", "2".repeat(40))).unwrap();
        }
        block
    };
    let told = |lies: Lies, blocks: &[Block], codebook: &Codebook| {
        let salts = [5, 6].map(|secret| Salts::from_secret(Fr::from(secret)));
        let blocks: Vec<_> = blocks.iter().zip(&salts).collect();
        let layout = Layout::of_blocks_with(lies, &statement, &blocks, codebook).unwrap();
        layout.forged(layout.assignment().clone().with_lies(Lies::new()))
    };
    let laid_out = |blocks: &[Block]| told(Lies::new(), blocks, &codebook(2, 64));
    let full: Vec<Block> = toys(7, 2).into_iter().map(full).collect();
    let singles: Vec<Block> = toys(4, 2).into_iter().map(single).collect();
    let lies = idle_texts(told(Lies::new(), &singles, &steep()).assignment());
    vec![laid_out(&toys(1, 2)), laid_out(&full), told(lies, &singles, &steep())]
}

/// Witnesses of analytics under a committed configuration: zones that overlap, all of them or some, and zones far apart of which none is
/// one, or the first few.
pub fn analytics() -> Vec<Layout> {
    of_zones(&Part::OF_CODE, true)
}

/// The same blocks and configurations, of zones and their graph.
pub fn zone_graphs() -> Vec<Layout> {
    of_zones(&[Part::Zones, Part::Graph], false)
}

fn of_zones(parts: &[Part], zone_tags: bool) -> Vec<Layout> {
    let all = Analytics::new(parts, Configuration::Committed, zone_tags).unwrap();
    let statement = Statement::core(Size::Toy, Centroids::K64).with_analytics(all).unwrap();
    let Capacity { transactions, traces, bundles, .. } = Size::Toy.capacity();
    let laid_out = |seed: u64, close: bool, change: &dyn Fn(&mut [u64; FIELDS.len()])| {
        let mut integers = *Preset::default().config().integers();
        change(&mut integers);
        let (config, salts) = (ZoneConfig::new(integers).unwrap(), Salts::from_secret(Fr::from(seed)));
        let codebook = if close { close_codebook(seed, 64) } else { codebook(seed, 64) };
        let mut block = toys(seed, 1).remove(0);
        // As many records as there is room for in every second one.
        if seed.is_multiple_of(2) {
            block.transactions = block.transactions.iter().cloned().cycle().take(transactions).collect();
            block.traces = block.traces.iter().cloned().cycle().take(traces).collect();
            block.bundles = block.bundles.iter().cloned().cycle().take(bundles).collect();
        }
        Layout::of_block_under(&statement, &block, &codebook, Some(&config), &salts, NONE).unwrap().0
    };
    // Least sum, most zones, baseline and scale.
    vec![
        laid_out(1, true, &|_| ()),
        laid_out(2, true, &|integers| (integers[2], integers[3], integers[8]) = (3 << 51, 4, 1 << 28)),
        laid_out(3, false, &|integers| integers[2] = 1 << 54),
        laid_out(4, false, &|integers| (integers[3], integers[7], integers[8]) = (2, 1 << 36, 1 << 31)),
    ]
}

/// Witnesses of rules with fields of adapters: tags of most kinds; as many records as there is room for, few of which have tags; no
/// transaction, and every slot filled whose text nothing links to; and transactions that have categories alone, so that one may change places
/// with one that is not there, with texts that start in either row of two.
pub fn rules() -> Vec<Layout> {
    let rules = Analytics::new(&[Part::Rules], Configuration::Named(Preset::default()), false).unwrap();
    let statement = Statement::core(Size::Toy, Centroids::K64).with_analytics(rules.with_adapter().unwrap());
    let statement = statement.unwrap();
    let told = |lies: Lies, block: &Block| {
        let (codebook, salts) = (close_codebook(1, 64), Salts::from_secret(Fr::from(5)));
        let layout = Layout::of_block_with(lies, &statement, block, &codebook, &salts, NONE).unwrap();
        layout.forged(layout.assignment().clone().with_lies(Lies::new()))
    };
    let laid_out = |block: &Block| told(Lies::new(), block);
    let Capacity { transactions, traces, bundles, .. } = Size::Toy.capacity();
    let mut full = toys(3, 1).remove(0);
    full.transactions.splice(..2, tagged().transactions.into_iter().take(1));
    full.transactions = full.transactions.iter().cloned().cycle().take(transactions).collect();
    full.traces = full.traces.iter().cloned().cycle().take(traces).collect();
    full.bundles = full.bundles.iter().cloned().cycle().take(bundles).collect();
    let mut single = toys(4, 1).remove(0);
    (single.transactions, single.traces) = (Vec::new(), Vec::new());
    for bundle in &mut single.bundles {
        bundle.prover_label = Text::new(&address(1, 0)).unwrap();
        bundle.circuit_type = Text::new(&address(2, 0)).unwrap();
    }
    let filled = laid_out(&single);
    let idle = [SlotKind::Short, SlotKind::Long].map(|kind| used(filled.assignment(), kind, false));
    let filled = idle.iter().flatten().flat_map(|slot| letters(slot, TEXT_BYTES)).collect();
    // Two sources of one category, and no gas that would count for it.
    let mut plain = toys(1, 1).remove(0);
    for (transaction, set) in plain.transactions.iter_mut().zip([0, 0, 1]) {
        transaction.function_selector = Text::new(SELECTORS[set].1[0]).unwrap();
        if set == 0 {
            transaction.receiver = Text::new(&address(0, 0)).unwrap();
        }
        transaction.gas_used = Number::saturating(-1);
        transaction.status = TriState::No;
    }
    let idle = used(laid_out(&plain).assignment(), SlotKind::Long, false);
    let starts = idle.iter().zip([50, 10]).flat_map(|(slot, length)| letters(slot, length)).collect();
    vec![laid_out(&tagged()), laid_out(&full), told(filled, &single), told(starts, &plain)]
}

/// Witnesses of scores over three criteria: below, between and above the ends of their ranges; a range of one value and no weight; all
/// alike.
pub fn scores() -> Vec<Layout> {
    let laid_out = |rows: &[scored::Measured; 3], method: Method| {
        Forger::of_decision(scored::criteria(rows, method)).honest().clone()
    };
    vec![
        laid_out(&[(-5, 0, 40, 7), (13, -3, 40, 2), (90, 50, 70, 5)], Method::Ensemble),
        laid_out(&[(7, 7, 7, 0), (1, 0, 3, 0), (2, 0, 3, 0)], Method::Weighted),
        laid_out(&[(1, 0, 1, 1), (1, 0, 1, u32::MAX), (1, 0, 1, 3)], Method::Simple),
    ]
}

/// Three witnesses of the statement about a block: some of everything; a single record, values that are clamped, and texts that
/// nothing links to; and as many records as there is room for, with texts of many lengths.
pub fn blocks() -> Vec<Layout> {
    let (statement, salts) = (Statement::default(), Salts::from_secret(Fr::from(5)));
    let told = |lies: Lies, block: &Block, codebook: &Codebook| {
        let layout = Layout::of_block_with(lies, &statement, block, codebook, &salts, NONE).unwrap();
        // Once told, a lie is what stands there, and attacks write over it.
        layout.forged(layout.assignment().clone().with_lies(Lies::new()))
    };
    let laid_out = |block: &Block| told(Lies::new(), block, &codebook(2, 64));
    let mut full = block(1, 30, 20, 16);
    let Capacity { transactions, traces, .. } = Size::Small.capacity();
    full.transactions = full.transactions.iter().cloned().cycle().take(transactions).collect();
    full.traces = full.traces.iter().cloned().cycle().take(traces).collect();
    let lengths = (1..=16).chain((17..=62).step_by(4));
    for (trace, length) in full.traces.iter_mut().zip(lengths) {
        trace.contract = Text::new(&"z".repeat(length)).unwrap();
    }
    // Neither text of the only record is short, so that every short one is free.
    let mut single = block(4, 0, 0, 1);
    for bundle in &mut single.bundles {
        bundle.prover_label = Text::new(&"p".repeat(40)).unwrap();
        bundle.circuit_type = Text::new(&"c".repeat(41)).unwrap();
    }
    let lies = idle_texts(told(Lies::new(), &single, &steep()).assignment());
    vec![laid_out(&block(1, 30, 20, 3)), told(lies, &single, &steep()), laid_out(&full)]
}

/// Witnesses of decisions from fingerprints: drawn, the ends of their range, and zeros; near centres and far from them; signatures in an
/// index of two, the nearer of which comes first or last.
pub fn signals() -> Vec<Vec<Layout>> {
    let drawn = |seed: u64, bits: u32| {
        let mut dice = Dice::new(seed);
        [(); 96].map(|()| dice.signed(bits))
    };
    let drift = |seed: u64, bits: [u32; 3]| Evidence::Drift {
        fingerprints: (seed..).zip(bits).map(|(seed, bits)| drawn(seed, bits)).collect(),
        distances: true,
    };
    let departure = |seed: u64, bits: u32, usual: [u64; 2]| Evidence::Departure {
        values: Box::new(drawn(seed, bits)),
        centres: Table::new(Kind::Centres, [drawn(2, 33), drawn(3, 33), drawn(2, 33)].concat()).unwrap(),
        usual,
        distances: true,
    };
    let nearest = |codebook: Codebook, index: [u64; 2]| Evidence::Nearest {
        values: Box::new(drawn(4, 34)),
        codebook: Box::new(codebook),
        index: index.to_vec(),
    };
    let laid_out = |evidence: Evidence| Forger::of_decision(evidence).honest().clone();
    let all = [
        vec![drift(1, [36, 36, 36]), drift(1, [33, 30, 33]), drift(1, [1, 1, 1])],
        vec![departure(2, 33, [1 << 32, 1 << 31]), departure(3, 36, [0, 0]), departure(9, 20, [1 << 39; 2])],
        vec![nearest(codebook(4, 64), [5, u64::MAX]), nearest(steep(), [u64::MAX << 20, 77])],
    ];
    all.into_iter().map(|list| list.into_iter().map(laid_out).collect()).collect()
}

/// Witnesses of a consensus: each method, with an outlier, with scores that are equal, with no confidence and with no stake; and too few.
pub fn consensus() -> Vec<Layout> {
    let laid_out = |rows: &[scored::Said], method: consensus::Method, threshold: (u16, u16)| {
        Forger::of_decision(scored::consensus(rows, method, threshold)).honest().clone()
    };
    let far = [(100, 7, 1 << 40), (95, 1 << 20, 3), (105, 5, u64::MAX), (95, 9, 77), (1 << 24, 1 << 24, 5)];
    let quiet = far.map(|(score, _, stake)| (score, 0, stake));
    let poor = far.map(|(score, confidence, _)| (score, confidence, 0));
    let apart = [(0, 9, 1), (0, 3, 2), (1 << 24, 5, 3), (1 << 24, 1, 4)];
    vec![
        laid_out(&far, consensus::Method::Robust, (2, 1)),
        laid_out(&far, consensus::Method::WeightedMedian, (2, 1)),
        laid_out(&far, consensus::Method::StakeWeighted, (1, u16::MAX)),
        laid_out(&apart, consensus::Method::ConfidenceWeighted, (u16::MAX, 1)),
        laid_out(&poor, consensus::Method::Robust, (2, 1)),
        laid_out(&quiet, consensus::Method::WeightedMedian, (1, 2)),
        laid_out(&apart, consensus::Method::TrimmedMean, (1, u16::MAX)),
        laid_out(&far[..2], consensus::Method::Median, (2, 1)),
        laid_out(&[], consensus::Method::Median, (2, 1)),
    ]
}

/// Witnesses of an anomaly score blended with a forest of a tree with one split: paths shorter and longer than usual, and of no length.
pub fn hybrid() -> Vec<Layout> {
    let laid_out = |seed: u64, leaves: [i64; 2]| {
        let model = samples::isolation(&[(3, 0, leaves)]);
        let named = Statement::from_name("core-small-64+analytics").unwrap();
        let blended = named.analytics().unwrap().with_forest(256).unwrap();
        let shape = ModelRef::Graph(&model, &[]).shape();
        let core = Subject::Block(Core { size: Size::Toy, centroids: Centroids::K64 });
        let statement = Statement::new(core, [shape]).unwrap().with_analytics(blended).unwrap();
        let block = toys(seed, 1).remove(0);
        let codebook = if seed.is_multiple_of(2) { codebook(seed, 64) } else { close_codebook(seed, 64) };
        let model = Owned::Graph(Box::new(model), Vec::new());
        let subject = About::Block(Box::new(block), Box::new(codebook));
        Forger::of_any(statement, subject, vec![model]).honest().clone()
    };
    vec![laid_out(1, [5 << 24, 9 << 24]), laid_out(2, [0, 1]), laid_out(3, [20 << 24, (1 << 35) - 1])]
}
