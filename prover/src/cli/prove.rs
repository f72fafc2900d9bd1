//! `foldproof prove`: one bundle per block, going on after a bad one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::model::Model;
use foldproof_circuits::stages::commit::Salts;
use foldproof_prover::keys::Workshop;
use foldproof_prover::prove::{Proved, Witness, prove, statement_for};
use foldproof_prover::secret::Secret;
use serde_json::{Map, Value, json};

use super::files::{self, Readers};
use super::shared::{self, Cache, Proving};
use super::{Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Blocks, or folders of *.json blocks
    #[arg(required = true, value_name = "BLOCK")]
    blocks: Vec<PathBuf>,
    /// Codebook [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Model that speaks about the fingerprint, as `foldproof model import` writes it; may be given several times
    #[arg(long = "model", value_name = "MODEL.fpm")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    proving: Proving,
    /// Bundle to write, or folder for several blocks [default: BLOCK.proof, in this folder]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let codebook = shared::codebook(args.codebook.as_deref())?;
    let models = shared::models(&args.models)?;
    let models: Vec<&Model> = models.iter().collect();
    let (blocks, many) = blocks(&args.blocks)?;
    if many && let Some(folder) = &args.out {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let outs: Vec<PathBuf> = blocks.iter().map(|block| out_file(block, args.out.as_deref(), many)).collect();
    if let Some(twice) = outs.iter().enumerate().find_map(|(i, out)| outs[..i].contains(out).then_some(out)) {
        bail!(
            "two blocks would be written to {}: rename one, or prove them into different folders",
            twice.display()
        );
    }
    let mut workshop = args.proving.workshop(cache)?;
    let mut failed = 0;
    for (block, out) in blocks.iter().zip(&outs) {
        match prove_one(args, &mut workshop, &codebook, &models, block, out) {
            Ok(result) if args.proving.json => output::line(Value::Object(result))?,
            Ok(result) => output::line(output::table(&result) + "\n")?,
            Err(error) if many => {
                failed += 1;
                output::say(format_args!("{error:#}"));
                if args.proving.json {
                    output::line(
                        json!({ "block": block.display().to_string(), "error": format!("{error:#}") }),
                    )?;
                }
            }
            Err(error) => return Err(error),
        }
    }
    if many {
        output::say(format_args!("{} of {} blocks proved", blocks.len() - failed, blocks.len()));
    }
    Ok(if failed == 0 { Verdict::Success } else { Verdict::Unknown })
}

/// Files in order; folders stand for the *.json files in them. Whether there may be several.
fn blocks(given: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, bool)> {
    let mut files = Vec::new();
    let mut many = given.len() > 1;
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        many = true;
        let name = || path.display().to_string();
        let entries =
            fs::read_dir(path).with_context(name)?.collect::<Result<Vec<_>, _>>().with_context(name)?;
        let mut found: Vec<PathBuf> = entries
            .into_iter()
            .map(|entry| entry.path())
            .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
            .collect();
        if found.is_empty() {
            bail!("{}: a folder with *.json blocks was expected, found none", name());
        }
        found.sort();
        files.extend(found);
    }
    Ok((files, many))
}

fn out_file(block: &Path, out: Option<&Path>, many: bool) -> PathBuf {
    let name = Path::new(block.file_stem().unwrap_or(block.as_os_str())).with_extension("proof");
    match out {
        Some(folder) if many || folder.is_dir() => folder.join(name),
        Some(file) => file.to_owned(),
        None => name,
    }
}

fn prove_one(
    args: &Args,
    workshop: &mut Workshop<'_>,
    codebook: &Codebook,
    models: &[&Model],
    file: &Path,
    out: &Path,
) -> anyhow::Result<Map<String, Value>> {
    let started = Instant::now();
    let name = || file.display().to_string();
    args.proving.check_out(out, file, &args.models)?;
    let block = shared::block(file)?;
    let secret = args.proving.hide.then(Secret::random);
    let salts = secret.map_or_else(Salts::none, Secret::salts);
    let statement = statement_for(&block, codebook, models).with_context(name)?;
    workshop.keys(statement)?;
    let spinner = shared::spinner(format!("proving {} ({statement})", file.display()));
    let witness = Witness::Block { block: &block, codebook, salts: &salts };
    let proved = prove(workshop, statement, &witness, models).with_context(name)?;
    spinner.finish_and_clear();
    write(out, &proved, secret)?;
    let mut members = output::object(json!({
        "block": file.display().to_string(),
        "bundle": out.display().to_string(),
        "statement": statement.name(),
        "scheme": proved.bundle.scheme().name(),
        "k": statement.k(),
        "total_seconds": started.elapsed().as_secs_f64(),
    }));
    args.proving.add_costs(&proved, &mut members);
    if !models.is_empty() {
        members.insert("models".to_owned(), opinions(&args.models, &proved));
    }
    Ok(members)
}

/// What each model said, under the name of its file.
pub fn opinions(files: &[PathBuf], proved: &Proved) -> Value {
    let mut opinions = output::hints(&proved.verified);
    for (file, opinion) in files.iter().zip(&mut opinions) {
        opinion.insert("model".to_owned(), json!(file.display().to_string()));
        opinion.remove("version");
    }
    opinions.into_iter().map(Value::Object).collect()
}

/// Writes a bundle, and the secret of its salts if there is one.
pub fn write(out: &Path, proved: &Proved, secret: Option<Secret>) -> anyhow::Result<()> {
    let bundle = proved.bundle.to_bytes();
    match secret {
        Some(secret) => files::write_with_secret(out, &bundle, secret.to_text().as_bytes()),
        None => files::write(out, &bundle, Readers::Usual),
    }
}
