//! Proving as a program of one's own does it, without the command line: a block read, a model read, keys opened, a proof made with its
//! progress told, verified, and one that is cancelled.
//!
//! ```sh
//! cargo run --release -p foldproof-prover --no-default-features --features asm --example service [block.json [model.fpm]]
//! ```
//!
//! Built like this it reads raw blocks and model files; the features `ethereum` and `onnx` add blocks of nodes and the import of models.

use std::error::Error;
use std::fs;

use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_prover::cancel::Cancel;
use foldproof_prover::codebook::default_codebook;
use foldproof_prover::input::read_block;
use foldproof_prover::keys::{Event, KeyStore};
use foldproof_prover::model;
use foldproof_prover::model::graph_file::read_any;
use foldproof_prover::prove::{Binding, ProveError, Prover, Witness, entry, statement_for};
use foldproof_prover::sample;
use foldproof_verifier::{Policy, verify};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let document = match arguments.next() {
        Some(file) => fs::read(file)?,
        None => sample::block(&sample::Options::default()).into_bytes(),
    };
    let model = match arguments.next() {
        Some(file) => fs::read(file)?,
        None => model::DEMO_FILE.as_bytes().to_vec(),
    };
    let (block, _) = read_block(&document)?;
    let (model, _) = read_any(&model)?;
    let codebook = default_codebook();
    let models = [model.with_salts(&[])];
    let statement = statement_for(&block, codebook, &models)?;

    // Keys of one scheme, kept in a folder. Without a setup the scheme is transparent.
    let cancel = Cancel::new();
    let cache = std::env::temp_dir().join("foldproof-service-example");
    let report = |event| match event {
        Event::Progress(progress) => println!("keys: {}", progress.stage),
        Event::Warning(warning) => println!("keys: warning: {warning}"),
        Event::Done => {}
    };
    let mut key_store = KeyStore::new(&cache, None, report).cancelled_by(&cancel);

    // A prover of one statement, which any number of threads may use.
    let prover =
        Prover::new(&mut key_store, &statement)?.on_phase(|phase| println!("proof: {}", phase.name()));
    let salts = Salts::none();
    let witness = Witness::Block { block: &block, codebook, config: None, salts: &salts };
    let proved = prover.prove(&witness, &models, &Binding::default())?;
    println!("{}: {} bytes in {:.2?}", statement.name(), proved.bundle.proof().len(), proved.profile.total());

    // Whoever gets the bundle verifies it against what they believe: a codebook, models, a key of the statement.
    let policy = Policy::codebooks([commit::codebook(codebook)])
        .models([entry(models[0], "example", "1")])
        .trust_key(key_store.verifying_key(&statement)?.clone());
    let verified = verify(&proved.bundle, &policy)?;
    let height = verified.block().map(|block| block.height());
    println!("verified: block {height:?}, {} hint(s)", verified.hints().len());

    // Another thread may stop a proof at any time.
    cancel.cancel();
    match prover.prove(&witness, &models, &Binding::default()) {
        Err(ProveError::Cancelled) => println!("cancelled"),
        other => return Err(format!("a cancelled proof ended with {:?}", other.map(|_| ())).into()),
    }
    Ok(())
}
