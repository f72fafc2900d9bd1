//! Mutation testing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Instant;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{InputQuantiser, Layer, MAX_WIDTH, Model, Shape};
use foldproof_circuits::sheet::{Cell, Free, Role};
use foldproof_circuits::testing::mutation::{Bench, Matrix, Share, mutants};
use foldproof_circuits::testing::samples::{Dice, block_layout, head, model_layout, seed, shape};
use foldproof_circuits::testing::{Analysis, Interval};
use halo2curves::bn256::Fr;

/// Biases and multipliers of a neuron in range, one too small and one too large.
const NEURONS: [(i32, u32); 3] = [(1 << 20, 1 << 20), (-(1 << 30), 1 << 29), (1 << 30, 1 << 29)];
/// Values of which one is in range, one too small and one too large for the inputs' quantisers.
const VALUES: [i64; 3] = [40_005, -(1 << 34), 1 << 34];

/// A model with neurons and inputs of every kind.
fn varied(shape: Shape) -> Model {
    let (least, greatest) = shape.weights().range();
    let span = i64::from(greatest) - i64::from(least) + 1;
    let weight = |i: usize, j: usize| (i64::from(least) + (7 * i as i64 + 3 * j as i64 + 1) % span) as i16;
    let layer = |l: usize| Layer {
        weights: (0..shape.layer_outputs(l))
            .map(|i| (0..shape.layer_inputs(l)).map(|j| weight(i, j)).collect())
            .collect(),
        bias: (0..shape.layer_outputs(l)).map(|i| NEURONS[i % 3].0).collect(),
        multiplier: (0..shape.layer_outputs(l)).map(|i| NEURONS[i % 3].1).collect(),
    };
    let inputs = (0..shape.inputs()).map(|_| InputQuantiser { mean: 5, multiplier: 1 << 36 }).collect();
    let layers = (0..shape.layers().len()).map(layer).collect();
    Model::new(shape, inputs, layers, head(shape), Fr::from(3)).unwrap()
}

fn alone(name: &str) -> Layout {
    let model = varied(shape(name));
    let values: Vec<i64> = VALUES.iter().copied().cycle().take(model.shape().inputs()).collect();
    model_layout(&[model], &values)
}

fn accumulators(layout: &Layout) -> Vec<(Cell, Interval)> {
    let bound = (MAX_WIDTH as i64) << (15 + 16);
    let interval = Interval::new(-bound, bound);
    let sheet = layout.sheet();
    let cells = sheet.assigned().into_iter().filter(|cell| sheet.role(*cell) == Role::Free(Free::Accumulator));
    cells.map(|cell| (cell, interval.clone())).collect()
}

fn run(layouts: &[Layout], share: Share, patience: usize, start: std::time::Instant) {
    let given: Vec<_> = layouts.iter().map(accumulators).collect();
    let analyses: Vec<Analysis<'_>> =
        layouts.iter().zip(&given).map(|(layout, given)| Analysis::new(layout, given)).collect();
    let benches: Vec<Bench<'_, '_>> =
        layouts.iter().zip(&analyses).map(|(layout, analysis)| Bench::new(layout, analysis)).collect();
    println!("{}: bench {:?}", layouts[0].statement(), start.elapsed());
    let mut dice = Dice::new(seed());
    let mut matrices: Vec<_> =
        benches.iter().zip(&given).map(|(bench, given)| Matrix::new(bench, given, patience)).collect();
    println!("matrix {:?}", start.elapsed());
    for mutant in mutants(&benches[0], share, &mut dice) {
        let before = Instant::now();
        let killer =
            matrices.iter_mut().enumerate().find_map(|(i, matrix)| Some((i, matrix.killer(&mutant, &mut dice)?)));
        let killer_name = killer.map_or("ALIVE".to_owned(), |(i, k)| format!("{i} {k}"));
        println!("{} | {} | {:?}", mutant.name(&benches[0]), killer_name, before.elapsed());
    }
    println!("all {:?}", start.elapsed());
    matrices[0].accepted().for_each(|attack| println!("accepted {attack}"));
}

#[test]
fn models() {
    for name in ["tags-3-2-3", "anomaly-3-4-3-w12", "class-3-4l-3-a8"] {
        run(&[alone(name)], Share { rows: 2, copies: 2, tags: 6 }, 400, Instant::now());
    }
}

/// A block of thirty transactions, and one of a single one.
fn blocks() -> Vec<Layout> {
    use foldproof_circuits::statement::Statement;
    use foldproof_circuits::testing::samples::{block, codebook};
    use foldproof_circuits::stages::commit::Salts;
    let statement = Statement::from_name("core-small-64").unwrap();
    let salts = Salts::from_secret(Fr::from(5));
    let small = Layout::of_block(statement, &block(4, 1, 0, 0), &codebook(2, 64), &salts, &[]).unwrap().0;
    vec![block_layout("core-small-64", &[]), small]
}

#[test]
fn block() {
    run(&blocks(), Share { rows: 1, copies: 0, tags: 6 }, 60, Instant::now());
}

#[test]
fn probe() {
    let Ok(list) = std::env::var("PROBE") else { return };
    let layout = if std::env::var("PROBE_BLOCK").is_ok() { block_layout("core-small-64", &[]) } else { alone("tags-3-2-3") };
    let given = accumulators(&layout);
    let analysis = Analysis::new(&layout, &given);
    let bench = Bench::new(&layout, &analysis);
    for name in list.split(',') {
        let attack = foldproof_circuits::testing::mutation::Attack::from_name(name).unwrap();
        let forged = attack.forge(&bench).unwrap();
        let objections = bench.objections(&forged, 100_000).unwrap();
        println!("{name}: {}", objections.len());
        for o in objections.iter().take(12) {
            match o {
                foldproof_circuits::testing::mutation::Objection::Gate { constraint, row } => println!("   {} @{row}", bench.name(*constraint)),
                o => println!("   {o:?}"),
            }
        }
    }
}
