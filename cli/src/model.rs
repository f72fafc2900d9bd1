//! `foldproof model`.

mod shown;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use ff::Field;
use foldproof_circuits::model::WeightBits;
use foldproof_circuits::models::QuantisedModel;
use foldproof_prover::input::{InputError, Mapping, mapping};
use foldproof_prover::model;
use foldproof_prover::model::any::{AnyImported, AnyRequest, HeadOf, Made, Plan};
use foldproof_prover::model::report;
use foldproof_prover::model::samples::Sample;
use foldproof_prover::prove;
use foldproof_verifier::json::registry;
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use self::shown::{readable, table};
use super::files::{self, Readers};
use super::{Verdict, blocks, output, printable, shared};

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Quantise a float ONNX model, and show how the two agree
    Import(Import),
    /// Run a model on samples
    Eval {
        /// Model
        model: PathBuf,
        /// Samples: a line of JSON each, with "fingerprint" (96 numbers) or "input"
        samples: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show shape, labels, threshold, bounds and commitment of a model
    Inspect {
        /// Model
        model: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the commitment to a model
    Commit {
        /// Model
        model: PathBuf,
        /// Print an entry for a registry instead, under this name and version
        #[arg(long, num_args = 2, value_names = ["NAME", "VERSION"])]
        entry: Option<Vec<String>>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// ONNX file of a dense network, of recurrent layers, or of trees
    onnx: PathBuf,
    /// Samples, a line of JSON each, with "fingerprint" (96 numbers) or "input", or CSV, or EZKL's input.json; every fifth is
    /// held out. Of a model over several positions with "fingerprints", or fingerprints in order
    #[arg(long, value_name = "FILE")]
    calibrate: PathBuf,
    /// What the outputs are taken for: tags, anomaly, class, or values, which are public themselves; of recurrent layers and trees also
    /// top (or top-K), score, flag, commitment, and several outputs as OUTPUT=HEAD, one by one
    #[arg(long = "head", value_name = "[OUTPUT=]HEAD", required = true, value_parser = output)]
    heads: Vec<HeadOf>,
    /// Output of the graph to take; without it the one that suits the head
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// Names of the outputs: a JSON array, or an object that has one as "classes"
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Bits of weights: 8, 12 or 16
    #[arg(long, default_value = "8", value_parser = weights)]
    weights: WeightBits,
    /// Bits of activations: 8 or 16; of recurrent layers and trees 12 to 14, which are λ, the bits of a limb: more are finer and take
    /// circuits of 2^λ rows or more [default: 16, or by the size of the model]
    #[arg(long)]
    activations: Option<u32>,
    /// NAME=LOGIT for a tag (NAME=PROBABILITY if the graph ends with Sigmoid), repeatable; SCORE for an anomaly head
    #[arg(long, value_name = "THRESHOLD", allow_hyphen_values = true)]
    threshold: Vec<String>,
    /// By which mapping the blocks of the fingerprints were read, indexer or full [default: as the samples say]
    #[arg(long, value_parser = blocks::mapping)]
    mapping: Option<Mapping>,
    /// Blind the commitment with a random salt, which is kept in the model file
    #[arg(long)]
    hide: bool,
    /// Model to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn output(text: &str) -> Result<HeadOf, String> {
    HeadOf::parse(text).map_err(|error| format!("{} was expected", error.expected))
}

fn weights(text: &str) -> Result<WeightBits, String> {
    let bits = text.parse().ok().and_then(WeightBits::from_count);
    bits.ok_or_else(|| "8, 12 or 16 was expected".to_owned())
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Import(args) => import(args)?,
        Command::Eval { model, samples, json } => eval(model, samples, *json)?,
        Command::Inspect { model, json } => {
            let (model, meaning) = shared::model_and_meaning(model)?;
            let members = report::inspect(&model, &meaning);
            output::members(members, *json)?;
        }
        Command::Commit { model, entry, json: as_json } => {
            let model = shared::model(model)?;
            let model = model.with_salts(&[]);
            let commitment = output::field(&model.commitment());
            if let Some([name, version]) = entry.as_deref() {
                output::line(registry::entry_to_json(&prove::entry(model, name, version))?)?
            } else if *as_json {
                output::line(json!({ "commitment": commitment }))?
            } else {
                output::line(commitment)?
            }
        }
    }
    Ok(Verdict::Success)
}

fn labels(file: &Path) -> anyhow::Result<Vec<String>> {
    model::labels(&files::read(file, files::LABELS)?).with_context(|| file.display().to_string())
}

/// Finds out whether the model can be written, and not over one whose salt would be lost.
fn check_out(args: &Import) -> anyhow::Result<()> {
    let inputs = [Some(&args.onnx), Some(&args.calibrate), args.labels.as_ref()];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().map(PathBuf::as_path).collect();
    files::check_out(&args.out, &inputs)?;
    if args.out.is_file() && shared::model(&args.out).is_ok_and(|model| model.is_salted()) {
        bail!(
            "{}: the salt of this model would be lost; move it away, or give another --out",
            args.out.display()
        );
    }
    Ok(())
}

fn import(args: &Import) -> anyhow::Result<()> {
    check_out(args)?;
    let onnx = files::read(&args.onnx, files::MODEL)?;
    let folder = args.onnx.parent().unwrap_or(Path::new(""));
    let request = AnyRequest {
        heads: args.heads.clone(),
        weights: args.weights,
        activations: args.activations,
        output: args.output.clone(),
        labels: args.labels.as_deref().map(labels).transpose()?,
        thresholds: args.threshold.clone(),
        salt: salt(args),
    };
    let plan = request.plan(&onnx, Some(folder)).with_context(|| args.onnx.display().to_string())?;
    let (samples, mapping) = calibration(args, &plan, &onnx)?;
    let imported = calibrating(args, || plan.import(&onnx, Some(folder), samples, mapping))?;
    let mut members = write_model(args, &imported)?;
    members.append(&mut report::inspect(&imported.model(), &imported.meaning));
    let told = report::agreement(&imported);
    match &imported.made {
        Made::Dense(dense) if !args.json => {
            output::line(output::table(&members))?;
            output::line(table(dense))
        }
        _ => {
            members.insert("agreement".into(), told);
            output::members(members, args.json)
        }
    }
}

fn salt(args: &Import) -> Fr {
    if args.hide { Fr::random(rand::rngs::OsRng) } else { Fr::zero() }
}

/// The samples, and by which mapping their blocks were read.
fn calibration(args: &Import, plan: &Plan, onnx: &[u8]) -> anyhow::Result<(Vec<Sample>, Option<Mapping>)> {
    let name = || args.calibrate.display().to_string();
    let bytes = files::read(&args.calibrate, files::SAMPLES)?;
    let samples = plan.read_samples(onnx, args.onnx.parent(), &bytes).with_context(name)?;
    let mapping = mapping::of_samples(&bytes, args.mapping).with_context(name)?;
    Ok((samples, mapping))
}

/// Imports while a spinner turns; errors name both files.
fn calibrating<T>(args: &Import, import: impl FnOnce() -> Result<T, InputError>) -> anyhow::Result<T> {
    let spinner = shared::spinner("calibrating".to_owned());
    let imported =
        import().with_context(|| format!("{} with {}", args.onnx.display(), args.calibrate.display()))?;
    spinner.finish_and_clear();
    Ok(imported)
}

/// Writes the file, says what there is to say, and starts what is printed of it.
fn write_model(args: &Import, imported: &AnyImported) -> anyhow::Result<Map<String, Value>> {
    // A salt is worth nothing once others can read it.
    let readers = if args.hide { Readers::Owner } else { Readers::Usual };
    files::write(&args.out, imported.to_json().as_bytes(), readers)?;
    imported.notes().iter().for_each(|note| output::say(format_args!("{note}")));
    imported.warnings().iter().for_each(|warning| output::say(format_args!("warning: {warning}")));
    Ok(output::object(json!({ "model": args.out.display().to_string() })))
}

fn eval(file: &Path, samples: &Path, as_json: bool) -> anyhow::Result<()> {
    let (model, meaning) = shared::model_and_meaning(file)?;
    let bytes = files::read(samples, files::SAMPLES)?;
    let said = report::evaluations(&model, &meaning, &bytes);
    for said in said.with_context(|| samples.display().to_string())? {
        match &model {
            _ if as_json => output::line(said)?,
            QuantisedModel::Dense(model) => {
                let outputs = said["outputs"].as_array().into_iter().flatten();
                let outputs: Vec<f64> = outputs.filter_map(Value::as_f64).collect();
                output::line(printable::shown(&readable(model, &said["decision"], &outputs)).into_owned())?;
            }
            QuantisedModel::Graph(_) => output::line(&said["heads"])?,
        }
    }
    Ok(())
}
