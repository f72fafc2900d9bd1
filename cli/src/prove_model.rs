//! `foldproof prove-model`: what models say of a committed fingerprint or vector, without a block.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use foldproof_circuits::models::with_salts;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::Subject;
use foldproof_prover::input::mapping;
use foldproof_prover::model::samples::Units;
use foldproof_prover::prove::{Binding, Prover};
use foldproof_prover::secret::Secret;
use foldproof_prover::values::Values;
use halo2curves::bn256::Fr;
use serde_json::json;

use super::blocks::MadeFor;
use super::prove::{opinions, write};
use super::shared::{self, Cache, Proving};
use super::{Verdict, blocks, files, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// JSON with `fingerprint` (96 numbers, as `foldproof fingerprint --json` prints them) or `input` (other numbers); for models
    /// over several positions a line or file for each, oldest first, or an object with `fingerprints`
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Model, as `foldproof model import` writes it; may be given several times
    #[arg(long = "model", required = true, value_name = "MODEL.fpm")]
    models: Vec<PathBuf>,
    /// Secret that --hide wrote beside the proof of a block: the fingerprint's commitment gets the same salt, or that of the graph of
    /// the block's zones; of a sequence one for each position
    #[arg(long = "salt-of", value_name = "FILE.salt")]
    salts_of: Vec<PathBuf>,
    #[command(flatten)]
    proving: Proving,
    /// Bundle to write [default: INPUT.proof, in this folder]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

impl Args {
    /// A salt for each commitment: those of proofs about blocks, where they are given. A matrix has one, that of a graph of zones.
    fn salts(&self, subject: Subject, own: Fr) -> anyhow::Result<Vec<Fr>> {
        let count = subject.commitments();
        if self.salts_of.is_empty() {
            return Ok(vec![own; count]);
        }
        if self.salts_of.len() != count {
            bail!(
                "--salt-of: as many secrets as commitments were expected, {count} (of a sequence each position has one), found {}",
                self.salts_of.len()
            );
        }
        let matrix = matches!(subject, Subject::Matrix { .. });
        let salt = |salts: Salts| if matrix { salts.zone_graph } else { salts.fold };
        self.salts_of.iter().map(|file| Ok(salt(shared::secret(file)?.salts()))).collect()
    }
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let started = Instant::now();
    let name = || args.inputs[0].display().to_string();
    let mut inputs = Vec::with_capacity(args.inputs.len());
    for file in &args.inputs {
        inputs.push((file.display().to_string(), files::read(file, files::VALUES)?));
    }
    let (mut models, mut units, mut used) = (Vec::new(), Vec::new(), Vec::new());
    for file in &args.models {
        let (model, meaning) = shared::model_and_meaning(file)?;
        models.push(model);
        used.push(MadeFor::model(file, &meaning));
        units.push(meaning.units);
    }
    let first = units[0].clone();
    if let Some((file, other)) = args.models.iter().zip(&units).find(|(_, units)| **units != first) {
        bail!(
            "{}: expected the units of the first model, {first}, found {other}; prove models of other units one by one",
            file.display()
        );
    }
    let values = Values::read(&inputs, &models[0].shape(), &first)?;
    let statement = values.statement(&models).with_context(name)?;
    let out = args.out.clone().unwrap_or_else(|| {
        PathBuf::from(args.inputs[0].file_stem().unwrap_or(args.inputs[0].as_os_str()))
            .with_extension("proof")
    });
    args.inputs.iter().try_for_each(|input| args.proving.check_out(&out, input, &args.models))?;
    let mut key_store = args.proving.key_store(cache)?;
    let prover = Prover::new(&mut key_store, &statement)?;
    let secret = args.proving.hide.then(Secret::random);
    let salts = args.salts(values.subject, secret.map_or(Fr::zero(), Secret::salt))?;
    let witness = values.witness(&salts);
    let output_salts = Secret::output_salts(secret, &models);
    let spinner = shared::spinner(format!("proving {} ({statement})", name()));
    let binding = Binding { context: args.proving.context, headers: Vec::new() };
    let proved = prover.prove(&witness, &with_salts(&models, &output_salts), &binding).with_context(name)?;
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
    members.append(&mut output::made_for(&proved.verified));
    let mapping = mapping::of_samples(&inputs[0].1, None).with_context(name)?;
    let mut warnings = mapping.map_or_else(Vec::new, |mapping| blocks::made_for_another(&used, mapping));
    warnings.extend(blocks::unlike_calibration(&args.models, &models, &values.integers));
    warnings.iter().for_each(|warning| output::say(format_args!("{}: warning: {warning}", name())));
    if !warnings.is_empty() && args.proving.json {
        members.insert("warnings".into(), json!(warnings));
    }
    if first != Units::default() {
        members.insert("units".into(), json!(first.exponents()));
    }
    args.proving.add_costs(&proved, &mut members);
    output::members(members, args.proving.json)?;
    Ok(Verdict::Success)
}
