//! `foldproof prove-model`: what models say of a committed fingerprint or vector, without a block.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use ff::Field;
use foldproof_circuits::model::Model;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::model::samples::{Kind, read_one};
use foldproof_prover::prove::{Witness, prove};
use foldproof_verifier::Scheme;
use halo2curves::bn256::Fr;
use rand::rngs::OsRng;
use serde_json::{Value, json};

use super::prove::{opinions, write};
use super::shared::{self, Cache};
use super::{Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// JSON with `fingerprint` (96 numbers, as `foldproof fingerprint --json` prints them) or `input` (other numbers)
    input: PathBuf,
    /// Model, as `foldproof model import` writes it; may be given several times
    #[arg(long = "model", required = true, value_name = "MODEL.fpm")]
    models: Vec<PathBuf>,
    /// Proof system: transparent (no trusted setup) or kzg
    #[arg(long, default_value = "transparent", value_parser = shared::scheme)]
    scheme: Scheme,
    /// Setup file of the kzg scheme; may be larger than needed [default: the imported one]
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Salt the commitment to the values; the salt is kept beside the bundle as OUT.salt
    #[arg(long)]
    hide: bool,
    /// Bundle to write [default: INPUT.proof, in this folder]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let started = Instant::now();
    let name = || args.input.display().to_string();
    let sample = read_one(&shared::read(&args.input)?).with_context(name)?;
    let models = shared::models(&args.models)?;
    let models: Vec<&Model> = models.iter().collect();
    let subject = match sample.kind {
        Kind::Fingerprint => Subject::Fingerprint,
        Kind::Vector => Subject::Vector(u16::try_from(sample.integers.len())?),
    };
    let shapes: Vec<_> = models.iter().map(|model| model.shape()).collect();
    let statement = Statement::new(subject, &shapes).with_context(name)?;
    let out = match &args.out {
        Some(out) if out.is_dir() => bail!("{}: a file was expected, found a folder", out.display()),
        Some(out) => out.clone(),
        None => {
            PathBuf::from(args.input.file_stem().unwrap_or(args.input.as_os_str())).with_extension("proof")
        }
    };
    let mut workshop = cache.workshop(args.scheme, args.params.as_deref())?;
    workshop.keys(statement)?;
    let secret = args.hide.then(|| Fr::random(OsRng));
    let witness = Witness::Values { values: &sample.integers, salt: secret.unwrap_or(Fr::ZERO) };
    let spinner = shared::spinner(format!("proving {} ({statement})", name()));
    let proved = prove(&mut workshop, statement, &witness, &models).with_context(name)?;
    spinner.finish_and_clear();
    write(&out, &proved, secret)?;
    let members = output::object(json!({
        "input": name(),
        "bundle": out.display().to_string(),
        "statement": statement.name(),
        "scheme": proved.bundle.scheme().name(),
        "k": statement.k(),
        "models": opinions(&args.models, &proved),
        "prove_seconds": proved.prove_time.as_secs_f64(),
        "total_seconds": started.elapsed().as_secs_f64(),
        "proof_bytes": proved.bundle.proof().len(),
        "peak_memory_mib": shared::peak_memory_mib(),
    }));
    output::line(if args.json { Value::Object(members).to_string() } else { output::table(&members) })?;
    Ok(Verdict::Success)
}
