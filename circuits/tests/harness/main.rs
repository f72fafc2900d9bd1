//! Whether the harness can fail, and what it has to let through: other valid witnesses are accepted by examiner and mock prover;
//! both say the same of lies, row by row; lies about the format of a witness; sums of the second phase.
//!
//! More lies and every row take minutes: `cargo test --release -p foldproof-circuits --test harness -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod blank;
mod controls;
mod format;
mod sums;

use foldproof_circuits::assignment::{Assignment, Cell};
use foldproof_circuits::block::{Block, Text};
use foldproof_circuits::chips::lookup;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{Numbers, block, codebook, model, shape};
use foldproof_circuits::testing::{Forger, Subject};
use halo2curves::bn256::Fr;

const CORE: Statement = Statement::core(Size::Small, Centroids::K64);

fn cell(column: usize, row: usize) -> Cell {
    Cell { column, row }
}

/// A block with texts that take a slot up: more than a row of bytes, and all there may be.
fn texts() -> Block {
    let mut block = block(1, 30, 20, 3);
    block.transactions[0].asset = Text::new("twelve bytes").unwrap();
    block.transactions[2].asset = Text::default();
    block.transactions[1].asset = Text::new(&"y".repeat(62)).unwrap();
    block
}

fn of_block(block: Block) -> Forger {
    Forger::new(CORE, Subject::Block(Box::new(block), Box::new(codebook(2, 64))), Vec::new())
}

/// Small models, of every head.
fn models() -> Vec<Forger> {
    let names = (1..).zip([
        "tags-3-2",
        "tags-2-9l-3-w16",
        "anomaly-2-3-2-w12",
        "class-3-4l-3-a8",
        "values-3-4-2-w12",
    ]);
    names.map(|(seed, name)| Forger::of_model(model(shape(name), seed, Numbers::Random), seed + 1)).collect()
}

/// The layout of somebody who changes cells and counts look-ups anew.
fn altered(layout: &Layout, alter: impl FnOnce(&mut Assignment)) -> Layout {
    let mut assignment = layout.assignment().clone();
    alter(&mut assignment);
    lookup::count(&mut assignment);
    layout.forged(assignment)
}

/// Something that is no small integer.
fn large(of: u64) -> Fr {
    -Fr::from(of * of + 7).square().square().square()
}
