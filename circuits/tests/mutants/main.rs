//! Mutation testing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Instant;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::MAX_WIDTH;
use foldproof_circuits::sheet::{Cell, Free, Role};
use foldproof_circuits::testing::mutation::{Bench, Matrix, Share, mutants};
use foldproof_circuits::testing::samples::{Dice, Numbers, block_layout, model, model_layout, seed, shape, values};
use foldproof_circuits::testing::{Analysis, Interval};

fn alone(name: &str, seed: u64) -> Layout {
    let model = model(shape(name), seed, Numbers::Random);
    let values = values(model.shape().inputs(), seed + 1, Numbers::Random);
    model_layout(&[model], &values)
}

fn accumulators(layout: &Layout) -> Vec<(Cell, Interval)> {
    let bound = (MAX_WIDTH as i64) << (15 + 16);
    let interval = Interval::new(-bound, bound);
    let sheet = layout.sheet();
    let cells = sheet.assigned().into_iter().filter(|cell| sheet.role(*cell) == Role::Free(Free::Accumulator));
    cells.map(|cell| (cell, interval.clone())).collect()
}

fn run(layout: &Layout, share: Share, patience: usize) {
    let start = Instant::now();
    let given = accumulators(layout);
    let analysis = Analysis::new(layout, &given);
    println!("{}: analysis {:?}", layout.statement(), start.elapsed());
    let bench = Bench::new(layout, &analysis);
    println!("bench {:?}", start.elapsed());
    let mut dice = Dice::new(seed());
    let mut matrix = Matrix::new(&bench, &given, patience);
    println!("matrix {:?}", start.elapsed());
    for mutant in mutants(&bench, share, &mut dice) {
        let before = Instant::now();
        let killer = matrix.killer(&mutant, &mut dice);
        let killer_name = killer.map_or("ALIVE".to_owned(), |k| k.to_string());
        println!("{} | {} | {:?}", mutant.name(&bench), killer_name, before.elapsed());
    }
    println!("all {:?}", start.elapsed());
    matrix.accepted().for_each(|attack| println!("accepted {attack}"));
}

#[test]
fn models() {
    for (seed, name) in (1..).zip(["tags-3-2", "anomaly-2-3-2-w12", "class-3-4l-3-a8"]) {
        run(&alone(name, seed), Share { rows: 2, copies: 2, tags: 6 }, 200);
    }
}

#[test]
fn block() {
    run(&block_layout("core-small-64", &[]), Share { rows: 1, copies: 0, tags: 6 }, 60);
}
