//! Proves a sample block and prints what it took.
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_params::kzg::insecure_test_setup;
use foldproof_prover::keys::{Event, Workshop};
use halo2curves::bn256::Fr;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kzg = args.get(1).is_some_and(|a| a == "kzg");
    let tx: usize = args.get(2).and_then(|a| a.parse().ok()).unwrap_or(150);
    let _ = (Centroids::K64, Size::Small, Statement::default());
    let json = std::fs::read("/work/shared/data/codebook/learned-64.json").unwrap();
    let codebook = foldproof_prover::codebook::Document::parse(&json).unwrap().quantise().unwrap();
    let sample = foldproof_prover::sample::block(&foldproof_prover::sample::Options { transactions: tx, ..Default::default() });
    let (block, _) = foldproof_prover::input::read_block(sample.as_bytes()).unwrap();
    let statement = foldproof_prover::prove::statement_for(&block, &codebook).unwrap();
    let setup = kzg.then(|| insecure_test_setup(statement.k(), rand::rngs::OsRng).unwrap());
    let started = std::time::Instant::now();
    let mut workshop = Workshop::new("/tmp/w/cache", setup, |e| if let Event::Warning(w) = e { eprintln!("{w}") } else if let Event::Progress(p) = e { if p.done == p.total { eprintln!("{p:?}") } });
    let keys = workshop.keys(statement).unwrap();
    println!("{statement} keys {:?} proof length {}", started.elapsed(), keys.verifying.proof_length());
    for _ in 0..3 {
        let started = std::time::Instant::now();
        let proved = foldproof_prover::prove::prove(&mut workshop, statement, &block, &codebook, Fr::zero()).unwrap();
        println!("prove {:?} total {:?} bytes {}", proved.prove_time, started.elapsed(), proved.bundle.proof().len());
    }
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmHWM")).unwrap());
}
