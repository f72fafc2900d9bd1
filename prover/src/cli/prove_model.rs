//! `foldproof prove-model`: what models say of a committed fingerprint or vector, without a block.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use foldproof_circuits::model::Model;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::input::mapping;
use foldproof_prover::model::samples::{Kind, Units, read_one_in};
use foldproof_prover::prove::{Tools, Witness};
use foldproof_prover::secret::Secret;
use halo2curves::bn256::Fr;
use serde_json::{Value, json};

use super::blocks::MadeFor;
use super::prove::{opinions, write};
use super::shared::{self, Cache, Proving};
use super::{Verdict, blocks, files, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// JSON with `fingerprint` (96 numbers, as `foldproof fingerprint --json` prints them) or `input` (other numbers)
    input: PathBuf,
    /// Model, as `foldproof model import` writes it; may be given several times
    #[arg(long = "model", required = true, value_name = "MODEL.fpm")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    proving: Proving,
    /// Bundle to write [default: INPUT.proof, in this folder]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let started = Instant::now();
    let name = || args.input.display().to_string();
    let bytes = files::read(&args.input, files::VALUES)?;
    let (mut models, mut units, mut used) = (Vec::new(), Vec::new(), Vec::new());
    for file in &args.models {
        let (model, meaning) = shared::model_and_meaning(file)?;
        models.push(model);
        used.push(MadeFor::model(file, &meaning));
        units.push(meaning.units);
    }
    let first = units.first().cloned().unwrap_or_default();
    if let Some((file, other)) = args.models.iter().zip(&units).find(|(_, units)| **units != first) {
        bail!(
            "{}: expected the units of the first model, {first}, found {other}; prove models of other units one by one",
            file.display()
        );
    }
    let sample = read_one_in(&bytes, &first).with_context(name)?;
    let models: Vec<&Model> = models.iter().collect();
    let subject = match sample.kind {
        Kind::Fingerprint => Subject::Fingerprint,
        Kind::Vector => Subject::Vector(u16::try_from(sample.integers.len())?),
    };
    let shapes: Vec<_> = models.iter().map(|model| model.shape()).collect();
    let statement = Statement::new(subject, shapes).with_context(name)?;
    let out = args.out.clone().unwrap_or_else(|| {
        PathBuf::from(args.input.file_stem().unwrap_or(args.input.as_os_str())).with_extension("proof")
    });
    args.proving.check_out(&out, &args.input, &args.models)?;
    let mut workshop = args.proving.workshop(cache)?;
    let tools = Tools::new(&mut workshop, &statement)?;
    let secret = args.proving.hide.then(Secret::random);
    let salt = secret.map_or(Fr::zero(), Secret::salt);
    let witness = Witness::Values { values: &sample.integers, salt };
    let spinner = shared::spinner(format!("proving {} ({statement})", name()));
    let proved = tools.prove(&witness, &models).with_context(name)?;
    spinner.finish_and_clear();
    write(&out, &proved, secret)?;
    let mut members = output::object(json!({
        "input": name(),
        "bundle": out.display().to_string(),
        "statement": statement.name(),
        "scheme": proved.bundle.scheme().name(),
        "k": statement.k(),
        "models": opinions(&args.models, &proved),
        "total_seconds": started.elapsed().as_secs_f64(),
    }));
    let mapping = mapping::of_samples(&bytes, None).with_context(name)?;
    let mut warnings = mapping.map_or_else(Vec::new, |mapping| blocks::made_for_another(&used, mapping));
    warnings.extend(blocks::unlike_calibration(&args.models, &models, &sample.integers));
    warnings.iter().for_each(|warning| output::say(format_args!("{}: warning: {warning}", name())));
    if !warnings.is_empty() && args.proving.json {
        members.insert("warnings".into(), json!(warnings));
    }
    if first != Units::default() {
        members.insert("units".into(), json!(first.exponents()));
    }
    args.proving.add_costs(&proved, &mut members);
    output::line(if args.proving.json {
        Value::Object(members).to_string()
    } else {
        output::table(&members)
    })?;
    Ok(Verdict::Success)
}
