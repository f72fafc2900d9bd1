//! The circuit of the core statement against the native pipeline, under the mock prover.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{block, block_layout, codebook};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

const SMALL: Statement = Statement::core(Size::Small, Centroids::K64);

fn check(statement: Statement, block: &Block, codebook: &Codebook) {
    let (core, fingerprint) =
        Layout::of_block(statement, block, codebook, &Salts::from_secret(Fr::from(5)), &[]).unwrap();
    assert_eq!(core.instance().block(), Some(&fingerprint.inputs));
    let instance = rows(&core);
    let prover = MockProver::run(statement.k(), &core, vec![instance]).unwrap();
    if let Err(failures) = prover.verify() {
        for failure in failures.iter().take(20) {
            println!("{failure}");
        }
        panic!("{} failures", failures.len());
    }
}

fn rows(layout: &Layout) -> Vec<Fr> {
    layout.instance().rows().into_iter().copied().collect()
}

/// The circuit on a block that has some of everything, and its public inputs.
fn sample() -> (Layout, Vec<Fr>) {
    let core = block_layout("core-small-64", &[]);
    let instance = rows(&core);
    (core, instance)
}

#[test]
fn the_circuit_computes_what_the_pipeline_does() {
    check(SMALL, &block(1, 30, 20, 3), &codebook(2, 64));
}

#[test]
fn blocks_of_every_shape_are_provable() {
    for (seed, transactions, traces, bundles) in [(3, 0, 0, 1), (4, 1, 0, 0), (5, 0, 2, 0), (6, 200, 240, 16)]
    {
        check(SMALL, &block(seed, transactions, traces, bundles), &codebook(seed, 64));
    }
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let blank = Layout::blank(SMALL);
    let (core, _) = sample();
    let (a, b) = (blank.sheet(), core.sheet());
    assert!(a.fixed() == b.fixed(), "fixed cells");
    assert!(a.enabled() == b.enabled(), "selectors");
    assert!(a.copies() == b.copies(), "copies");
    assert!(a.instance() == b.instance(), "public inputs");
}

#[test]
fn every_statement_can_be_laid_out() {
    for statement in Statement::CORES {
        let core = Layout::blank(statement);
        let last = core.stages().iter().map(|stage| stage.start + stage.rows).max();
        assert!(last < Some(core.sheet().rows()), "{statement}: {:?}", core.stages());
    }
}

#[test]
fn every_public_input_is_constrained() {
    let (core, instance) = sample();
    for row in 0..instance.len() {
        let mut other = instance.clone();
        other[row] += Fr::one();
        let prover = MockProver::run(SMALL.k(), &core, vec![other]).unwrap();
        // The first rows hold the public inputs.
        let rows = 0..instance.len();
        assert!(prover.verify_at_rows(rows.clone(), rows).is_err(), "public input {row}");
    }
}
