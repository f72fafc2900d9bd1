//! Decisions from committed values: circuits against native arithmetic, and whether they let anything else through.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod choices;
mod choices_lists;
mod choices_mutants;
mod choices_sound;
mod consensus;
mod criteria;
mod forged_scores;
mod limbs;
mod mempool;
mod nearest;
mod scrutiny;
mod signals;

use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::public::SubjectInputs;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::Examiner;
use halo2curves::bn256::Fr;

/// Salts of a decision, one for each commitment.
fn salts(statement: &Statement) -> Vec<Fr> {
    (7..).map(Fr::from).take(statement.subject().commitments()).collect()
}

/// Lays a decision out and compares what is public with native arithmetic.
fn lay_out(evidence: &Evidence) -> (Layout, Ruling) {
    let decision = evidence.decision();
    let statement = Statement::of_decision(decision).unwrap();
    assert_eq!(Statement::from_name(&statement.name()).as_ref(), Some(&statement));
    assert_eq!(Statement::from_bytes(&statement.to_bytes()).as_ref(), Some(&statement));
    let salts = salts(&statement);
    let layout = Layout::of_decision(&statement, evidence, &salts).unwrap();
    let SubjectInputs::Decision(inputs) = layout.instance().subject else { panic!("a decision") };
    let ruling = Ruling::new(evidence).unwrap();
    assert_eq!(inputs.commitments, evidence.commitments(&salts).unwrap(), "{}", statement.name());
    assert_eq!(inputs.outputs, ruling.outputs(), "{} {ruling:?}", statement.name());
    assert_eq!(Ruling::from_outputs(decision, &inputs.outputs).as_ref(), Some(&ruling));
    (layout, ruling)
}

/// Lays it out, and has every constraint checked.
fn holds(evidence: &Evidence) -> (Layout, Ruling) {
    let (layout, ruling) = lay_out(evidence);
    // A new examiner asks every constraint in every row; what is left are copies.
    let refusals = Examiner::new(&layout).refusals(&layout);
    assert_eq!(refusals.into_iter().collect::<Vec<_>>(), [], "{}", layout.statement());
    (layout, ruling)
}
