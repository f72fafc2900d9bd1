//! Every cell matters: each assigned cell of the first phase and each cell of the second is changed alone, and somebody must
//! notice.
//!
//! The normal run draws cells by a seed, which a failure names (`FOLDPROOF_SEED`). The whole census takes minutes:
//! `cargo test --release -p foldproof-circuits --test cells -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use foldproof_circuits::analytics::{Configuration, Preset};
use foldproof_circuits::assignment::Cell;
use foldproof_circuits::chips::{Gate, fixed_at, lookup, second_at};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::samples::{
    Dice, Numbers, block_layout, graphs, model, model_layout, scores, seed, shape, values,
};
use foldproof_circuits::testing::{Examiner, Forger, Place};
use halo2curves::bn256::Fr;

/// What a cell is changed to: +1, −1, negated, a random element, its neighbour's value.
fn changes(examiner: &Examiner<'_>, place: Place, dice: &mut Dice) -> Vec<Fr> {
    let honest = examiner.read(place);
    let neighbour = match place {
        Place::First(Cell { column, row }) => Place::First(Cell { column, row: row ^ 1 }),
        Place::Second(Cell { column, row }) => Place::Second(Cell { column, row: row ^ 1 }),
    };
    let random = Fr::from(dice.roll(1 << 31)) * Fr::from(dice.roll(1 << 31)).square().square();
    let mut all =
        vec![honest + Fr::one(), honest - Fr::one(), -honest, random, examiner.read_or(neighbour, honest)];
    all.retain(|value| *value != honest);
    all
}

/// Cells by who noticed first; changes that nobody noticed.
type Census = (BTreeMap<String, usize>, Vec<(Place, Fr)>);

fn change_all(examiner: &Examiner<'_>, places: &[Place], seed: u64) -> Census {
    let mut dice = Dice::new(seed);
    let (mut killers, mut survivors) = (BTreeMap::<String, usize>::new(), Vec::new());
    for place in places {
        for (round, value) in changes(examiner, *place, &mut dice).into_iter().enumerate() {
            match examiner.killer(*place, value) {
                None => survivors.push((*place, value)),
                Some(killer) if round == 0 => *killers.entry(killer.to_string()).or_default() += 1,
                Some(_) => {}
            }
        }
    }
    (killers, survivors)
}

/// Changes `places`, on all cores; counts cells by who noticed first, and lists changes that nobody did.
fn census(
    examiner: &Examiner<'_>,
    places: &[Place],
    seed: u64,
) -> (BTreeMap<String, usize>, Vec<(Place, Fr)>) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = places.len().div_ceil(threads).max(1);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let chunks = places.chunks(part).zip(seed..);
        let handles: Vec<_> =
            chunks.map(|(part, seed)| scope.spawn(move || change_all(examiner, part, seed))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let (mut killers, mut survivors) = (BTreeMap::new(), Vec::new());
    for (some, left) in parts {
        some.into_iter().for_each(|(killer, count)| *killers.entry(killer).or_default() += count);
        survivors.extend(left);
    }
    (killers, survivors)
}

/// A change that nobody notices is a hole, unless its cell cannot matter; those are listed here with the reason.
fn excused(layout: &Layout, examiner: &Examiner<'_>, place: Place) -> Option<&'static str> {
    if !examiner.is_read(place) {
        return Some("no gate that is on reads the cell");
    }
    let assignment = layout.assignment();
    let Place::Second(Cell { column, row }) = place else { return None };
    let starts = row + 1 < assignment.rows() && assignment.fixed_at(fixed_at::K, row + 1) == Fr::zero();
    let summed: &[Gate] = match column.checked_sub(lookup::columns(assignment.bands())) {
        Some(second_at::WEIGHTS) => &[Gate::Weights, Gate::GraphWeights],
        Some(second_at::POSITIONS) => &[Gate::GraphPositions, Gate::GraphWeights],
        _ => return None,
    };
    let outside = !summed.iter().any(|gate| assignment.is_enabled(*gate, row));
    (outside && starts).then_some("above the first row of a sum, which starts at 0 times it")
}

fn check(layout: &Layout, sample: Option<usize>) {
    let seed = seed();
    let examiner = Examiner::new(layout);
    let mut places = examiner.places();
    if let Some(count) = sample {
        let mut dice = Dice::new(seed);
        places = (0..count).map(|_| places[dice.roll(places.len() as u64) as usize]).collect();
    }
    let (killers, survivors) = census(&examiner, &places, seed);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut holes = Vec::new();
    for (place, value) in survivors {
        match excused(layout, &examiner, place) {
            Some(reason) => *reasons.entry(reason).or_default() += 1,
            None => holes.push((place, value)),
        }
    }
    println!("{}: {} cells changed", layout.statement(), places.len());
    killers.iter().for_each(|(killer, count)| println!("  {count:7} {killer}"));
    reasons.iter().for_each(|(reason, count)| println!("  {count:7} changes unnoticed: {reason}"));
    holes.iter().take(20).for_each(|(place, value)| println!("  HOLE {place:?} may become {value:?}"));
    assert!(holes.is_empty(), "{} changes go unnoticed; FOLDPROOF_SEED={seed}", holes.len());
}

fn alone(name: &str, seed: u64) -> Layout {
    let model = model(shape(name), seed, Numbers::Random);
    let values = values(model.shape().inputs(), seed + 1, Numbers::Random);
    model_layout(&[model], &values)
}

/// Columns without a cell and gates that are on nowhere. A model needs the gates of its own head only.
#[test]
fn nothing_is_idle() {
    let block = block_layout("core-small-64", &[]);
    assert_eq!(Examiner::new(&block).idle(), (Vec::new(), Vec::new()));
    assert_eq!(Examiner::new(Forger::of_two_blocks().honest()).idle(), (Vec::new(), Vec::new()));
    let mut unused: Option<Vec<Gate>> = None;
    for name in ["tags-3-2", "anomaly-2-2", "class-3-2", "values-3-2"] {
        let layout = alone(name, 1);
        let (gates, columns) = Examiner::new(&layout).idle();
        assert!(columns.is_empty(), "{name}: {columns:?}");
        unused = Some(match unused {
            None => gates,
            Some(before) => before.into_iter().filter(|gate| gates.contains(gate)).collect(),
        });
    }
    assert_eq!(unused, Some(Vec::new()));
    // Of graphs too, every gate is on somewhere, and every column is used.
    let mut unused: Option<Vec<Gate>> = None;
    for forger in graphs::all() {
        let (gates, columns) = Examiner::new(forger.honest()).idle();
        assert!(columns.is_empty(), "{}: {columns:?}", forger.honest().statement());
        let graph = gates.into_iter().filter(|gate| *gate >= Gate::GraphQuantiser);
        unused = Some(match unused {
            None => graph.collect(),
            Some(before) => graph.filter(|gate| before.contains(gate) || *gate >= Gate::GraphSplit).collect(),
        });
    }
    assert_eq!(unused, Some(Vec::new()));
}

#[test]
fn sampled_cells_of_a_block_matter() {
    check(&block_layout("core-small-64", &[]), Some(1500));
}

#[test]
fn sampled_cells_of_two_blocks_matter() {
    check(Forger::of_two_blocks().honest(), Some(1500));
}

#[test]
fn sampled_cells_of_analytics_matter() {
    for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
        let forger = Forger::of_analytics(configuration);
        assert_eq!(Examiner::new(forger.honest()).idle(), (Vec::new(), Vec::new()));
        check(forger.honest(), Some(1500));
    }
}

#[test]
fn sampled_cells_of_zone_graphs_matter() {
    for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
        let forger = Forger::of_zone_graph(configuration);
        assert_eq!(Examiner::new(forger.honest()).idle(), (Vec::new(), Vec::new()));
        check(forger.honest(), Some(1500));
    }
}

#[test]
fn sampled_cells_of_scores_matter() {
    for forger in scores::all() {
        assert_eq!(Examiner::new(forger.honest()).idle().1, [0; 0]);
        check(forger.honest(), Some(1000));
    }
}

#[test]
fn sampled_cells_of_rules_matter() {
    for (all, adapter) in [(false, false), (true, true)] {
        let forger = Forger::of_rules(all, adapter);
        assert_eq!(Examiner::new(forger.honest()).idle(), (Vec::new(), Vec::new()));
        check(forger.honest(), Some(2500));
    }
}

#[test]
fn sampled_cells_of_a_block_with_a_model_matter() {
    let model = model(shape("tags-96-5-3-a8"), 5, Numbers::Random);
    check(&block_layout("core-small-64+tags-96-5-3-a8", &[model]), Some(500));
}

#[test]
fn cells_of_models_matter() {
    for (seed, name) in (1..).zip(["tags-3-2", "anomaly-2-3-2-w12", "class-3-4l-3-a8", "values-2-3-2"]) {
        check(&alone(name, seed), Some(1500));
    }
}

#[test]
fn cells_of_graphs_matter() {
    for forger in graphs::all() {
        check(forger.honest(), Some(1500));
    }
    check(graphs::of_sequence().honest(), Some(400));
}

#[test]
fn sampled_cells_of_a_block_with_a_graph_matter() {
    check(graphs::of_block().honest(), Some(400));
}

#[test]
#[ignore = "minutes: every cell of each kind of graph"]
fn every_cell_of_graphs_matters() {
    for forger in graphs::all() {
        check(forger.honest(), None);
    }
    check(graphs::of_sequence().honest(), None);
    check(graphs::of_block().honest(), Some(20_000));
}

#[test]
#[ignore = "minutes: every cell of each kind of statement"]
fn every_cell_matters() {
    for (seed, name) in
        (1..).zip(["tags-3-2", "tags-2-9l-3-w16", "anomaly-2-3-2-w12", "class-3-4l-3-a8", "values-3-4-2-w12"])
    {
        check(&alone(name, seed), None);
    }
    let model = model(shape("tags-96-5-3-a8"), 5, Numbers::Random);
    check(&block_layout("core-small-64+tags-96-5-3-a8", &[model]), None);
    check(&block_layout("core-small-64", &[]), None);
    check(Forger::of_two_blocks().honest(), None);
    check(Forger::of_analytics(Configuration::Committed).honest(), None);
    check(Forger::of_zone_graph(Configuration::Committed).honest(), None);
    check(Forger::of_rules(true, true).honest(), None);
}
