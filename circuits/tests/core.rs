//! The circuit of the core statement against the native pipeline, under the mock prover.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::block::{Block, Text, Transaction};
use foldproof_circuits::chips::{ChipSet, Gate};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::commit::texts::TextTable;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::Examiner;
use foldproof_circuits::testing::samples::{block, block_layout, codebook};
use halo2_proofs::dev::MockProver;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

const SMALL: Statement = Statement::core(Size::Small, Centroids::K64);

fn check(statement: Statement, block: &Block, codebook: &Codebook) {
    let (core, fingerprint) =
        Layout::of_block(&statement, block, codebook, &Salts::from_secret(Fr::from(5)), NONE).unwrap();
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

/// The size whose links and counts are wider than the others'. The mock prover would take minutes: here every constraint is asked
/// in every row all the same.
#[test]
fn the_largest_circuit_computes_what_the_pipeline_does() {
    let statement = Statement::core(Size::Huge, Centroids::K64);
    let block = block(7, 2300, 2000, 3);
    let (core, fingerprint) =
        Layout::of_block(&statement, &block, &codebook(2, 64), &Salts::from_secret(Fr::from(5)), NONE)
            .unwrap();
    assert_eq!(core.instance().block(), Some(&fingerprint.inputs));
    assert_eq!(fingerprint.core.size, Size::Huge);
    let texts = TextTable::new(Size::Huge, &block).unwrap();
    let last = block.transactions.last().unwrap();
    assert!(texts.index(&last.receiver) > 1 << 12, "a link beyond the bits of the other sizes");
    let examiner = Examiner::new(&core);
    assert_eq!(examiner.breaches(&core).into_iter().collect::<Vec<_>>(), []);
}

#[test]
fn capacities_have_the_bits_they_need() {
    for size in Size::ALL {
        let capacity = size.capacity();
        let usual = size != Size::Huge;
        assert_eq!(
            (capacity.link_bits(), capacity.count_bits()),
            if usual { (12, 12) } else { (14, 24) },
            "{size:?}"
        );
        assert!(
            capacity.slots() <= 1 << capacity.link_bits() && capacity.records() < 1 << capacity.count_bits()
        );
    }
}

#[test]
fn what_is_too_large_is_told_by_kind() {
    let told =
        |block: &Block| Size::for_block(block).map(Size::name).map_err(|oversize| oversize.to_string());
    let text = |text: String| Text::new(&text).unwrap();
    let transfers = |count: usize| Block {
        transactions: (0..count)
            .map(|i| Transaction {
                sender: text(format!("0x{i:040x}")),
                receiver: text(format!("0x1{i:039x}")),
                function_selector: text(format!("0x{i:08x}")),
                ..Transaction::default()
            })
            .collect(),
        ..Block::default()
    };
    assert_eq!(told(&transfers(3328)), Ok("huge"), "each with addresses and a selector of its own");
    let advice = "; no larger statement exists: leave out what need not be proved, or take the fingerprint without a proof";
    assert_eq!(
        told(&transfers(3329)),
        Err(format!("transactions: expected at most 3328 (size huge), found 3329{advice}"))
    );
    let long = |count: usize| Block {
        transactions: (0..count)
            .map(|i| Transaction { sender: text(format!("{i:044}")), ..Transaction::default() })
            .collect(),
        ..Block::default()
    };
    assert_eq!(told(&long(1280)), Ok("full"));
    let texts = "distinct texts (addresses, types, assets, selectors, labels): expected at most";
    assert_eq!(
        told(&long(1281)),
        Err(format!(
            "{texts} 6784 addresses, 3456 others of at most 16 bytes and 128 of any kind (size huge), found 0 addresses, 0 others \
             of at most 16 bytes and 1281 longer ones{advice}"
        ))
    );
    let mut both = long(1280);
    both.transactions.iter_mut().enumerate().for_each(|(i, t)| t.receiver = text(format!("~{i:043}")));
    assert_eq!(
        told(&both),
        Err(format!(
            "{texts} 2048 of any kind (size full), found 0 addresses, 0 others of at most 16 bytes and 2560 longer ones{advice}"
        ))
    );
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let blank = Layout::blank(&SMALL);
    let (core, _) = sample();
    let (a, b) = (blank.assignment(), core.assignment());
    assert!(a.fixed() == b.fixed(), "fixed cells");
    assert!(a.enabled() == b.enabled(), "selectors");
    assert!(a.copies() == b.copies(), "copies");
    assert!(a.instance() == b.instance(), "public inputs");
}

#[test]
fn every_statement_can_be_laid_out() {
    for statement in Statement::cores() {
        let core = Layout::blank(&statement);
        let last = core.stages().iter().map(|stage| stage.start + stage.rows).max();
        assert!(last < Some(core.assignment().rows()), "{statement}: {:?}", core.stages());
    }
}

/// A verifier may have the transcript absorb one more value: keys and gates know nothing of it.
#[test]
fn the_row_after_the_public_inputs_is_there_and_no_gate_reads_it() {
    let names = [
        "vector-1+tags-1-1",
        "vector-2+values-2-28",
        "core-huge-256+tags-96-1+tags-96-1+tags-96-1+tags-96-1",
    ];
    let others = names.map(|name| Statement::from_name(name).unwrap());
    for statement in Statement::cores().chain(others) {
        let layout = Layout::blank(&statement);
        let (assignment, row) = (layout.assignment(), statement.rows());
        assert!(row < assignment.rows(), "{statement}");
        assert!(
            assignment.is_enabled(Gate::Public, row - 1) && !assignment.is_enabled(Gate::Public, row),
            "{statement}"
        );
        // Only in its own row does a gate see a public input, and that gate is the one of public inputs.
        let mut meta = ConstraintSystem::default();
        ChipSet::configure(&mut meta, statement.bands());
        let rotations: Vec<Rotation> = meta.instance_queries().iter().map(|(_, at)| *at).collect();
        assert_eq!(rotations, [Rotation::cur()]);
        let reading = meta.gates().iter().filter(|gate| gate.polynomials().iter().any(reads_public)).count();
        assert_eq!(reading, 1);
    }
    let (core, instance) = sample();
    for value in [Fr::one(), -Fr::from(7)] {
        let column = [&instance[..], &[value]].concat();
        assert_eq!(MockProver::run(SMALL.k(), &core, vec![column]).unwrap().verify(), Ok(()));
    }
}

fn reads_public(expression: &Expression<Fr>) -> bool {
    expression.evaluate(
        &|_| false,
        &|_| false,
        &|_| false,
        &|_| false,
        &|_| true,
        &|_| false,
        &|a| a,
        &|a, b| a | b,
        &|a, b| a | b,
        &|a, _| a,
    )
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
