use foldproof_circuits::sheet::{Free, Lies};
use foldproof_circuits::testing::{Examiner, Forger};
use std::time::Instant;
#[test]
fn t() {
    let t = Instant::now();
    let forger = Forger::of_sample_block("core-small-64", Vec::new());
    println!("forger {:?}", t.elapsed());
    let t = Instant::now();
    let examiner = Examiner::new(forger.honest());
    println!("examiner {:?}", t.elapsed());
    let cell = forger.free(Free::Mean)[3];
    let lies = Lies::from([(cell, 5.into())]);
    for _ in 0..3 {
    let t = Instant::now();
    let forged = forger.lie(lies.clone());
    println!("lie {:?}", t.elapsed());
    let t = Instant::now();
    println!("{:?}", examiner.refusals(&forged).len());
    println!("refusals {:?}", t.elapsed());
    }
}
