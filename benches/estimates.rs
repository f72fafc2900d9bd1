//! What `foldproof cost` estimates beside what a proof takes, on this machine: for every statement with pinned costs, unless
//! `FOLDPROOF_BENCH` names others. The witness is the one that is estimated on; a proof is the first of its process's keys, as that of
//! `foldproof prove` is. Outside ±25 % is a defect of the estimate.
//!
//! `cargo bench -p foldproof-cost --bench estimates [-- kzg|transparent]`

mod common;

use std::env;

use foldproof_circuits::statement::Statement;
use foldproof_cost::{Cost, Estimate, Primitives};
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::prove::prove;
use foldproof_verifier::Scheme;

/// Proofs of each; the median counts.
const RUNS: usize = 3;
/// How far an estimate may be off.
const TOLERANCE: f64 = 0.25;

fn main() {
    let named = env::var("FOLDPROOF_BENCH").unwrap_or_else(|_| "all".to_owned());
    let asked: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("| statement | scheme | estimate | measured | measured / estimate |");
    println!("|---|---|---|---|---|");
    for statement in common::statements_of(&named) {
        for scheme in [Scheme::Kzg, Scheme::Transparent] {
            if asked.is_empty() || asked.iter().any(|name| name == scheme.name()) {
                row(&statement, scheme);
            }
        }
    }
}

fn row(statement: &Statement, scheme: Scheme) {
    let dummy = DummyWitness::new(statement, 1);
    let models = dummy.models();
    let primitives = Primitives::measure(statement.k());
    let estimate = Estimate::new(statement, &Cost::of(statement), scheme, &primitives).expect("it fits");
    // Made once; then each proof reads its keys anew.
    common::key_store(scheme, statement.k()).keys(statement).expect("keys");
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let mut key_store = common::key_store(scheme, statement.k());
            let proved = prove(&mut key_store, statement, &dummy.witness(), &models).expect("a proof");
            proved.profile.total().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let measured = seconds[RUNS / 2];
    let ratio = measured / estimate.seconds;
    let mark = if (1.0 / (1.0 + TOLERANCE)..=1.0 + TOLERANCE).contains(&ratio) { "" } else { " **outside**" };
    println!(
        "| {statement} | {} | {:.2} s | {measured:.2} s | {ratio:.2}{mark} |",
        scheme.name(),
        estimate.seconds
    );
}
