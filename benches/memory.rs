//! The most memory a proof takes: for every statement and scheme a process of its own, which proves once and says how far it
//! went (`VmHWM`, on Linux).
//!
//! `cargo bench -p foldproof-prover --bench memory`; statements as for `--bench proofs`.

mod common;

use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use foldproof_circuits::statement::Statement;
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::prove::prove;
use foldproof_verifier::Scheme;

/// What the process that proves is called with.
const CHILD: &str = "--one-proof";

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, first, statement, scheme] = &arguments[..]
        && first == CHILD
    {
        child(statement, scheme);
        return;
    }
    println!("{:44} {:12} {:>12} {:>9}", "statement", "scheme", "peak memory", "prove");
    for statement in common::statements() {
        for scheme in Scheme::ALL {
            // The first makes keys, where there are none; that takes memory of its own.
            measure(&statement, scheme);
            println!("{:44} {:12} {}", statement.name(), scheme.name(), measure(&statement, scheme));
        }
    }
}

fn measure(statement: &Statement, scheme: Scheme) -> String {
    let this = env::current_exe().expect("a path");
    let run = Command::new(this).args([CHILD, &statement.name(), scheme.name()]).output().expect("a process");
    assert!(run.status.success(), "{statement}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).trim_end().to_owned()
}

fn child(statement: &str, scheme: &str) {
    let statement = Statement::from_name(statement).expect("a statement");
    let scheme = Scheme::from_name(scheme).expect("a scheme");
    let dummy = DummyWitness::new(&statement, 1);
    let models = dummy.models();
    let mut key_store = common::key_store(scheme, statement.k());
    key_store.keys(&statement).expect("keys");
    let started = Instant::now();
    prove(&mut key_store, &statement, &dummy.witness(), &models).expect("a proof");
    let seconds = started.elapsed().as_secs_f64();
    let peak = peak_mib().map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
    println!("{peak:>12} {seconds:>7.2} s");
}

fn peak_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.div_ceil(1024))
}
