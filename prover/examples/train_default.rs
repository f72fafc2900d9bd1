//! Trains the default codebook: writes `prover/artifacts/codebook-256.json`, byte for byte.
//!
//! ```sh
//! cargo run --release -p foldproof-prover --example train_default -- fingerprints-train.jsonl prover/artifacts/codebook-256.json
//! ```

use std::error::Error;
use std::path::Path;

use foldproof_prover::codebook::train::{Dataset, Options, train};
use foldproof_prover::input::Mapping;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, target] = arguments.as_slice() else {
        return Err("two arguments were expected: the fingerprints to read and the codebook to write".into());
    };
    let name = Path::new(source).file_name().and_then(|name| name.to_str()).unwrap_or(source);
    let bytes = std::fs::read(source).map_err(|error| format!("{source}: {error}"))?;
    let dataset =
        Dataset::parse(name, &bytes, Some(Mapping::Indexer)).map_err(|error| format!("{source}: {error}"))?;
    let trained = train(&dataset, &Options::default())?;
    std::fs::write(target, trained.document.to_json()).map_err(|error| format!("{target}: {error}"))?;
    eprintln!("held out: {:?}", trained.held_out);
    eprintln!("trained on: {:?}", trained.training);
    Ok(())
}
