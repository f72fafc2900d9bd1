//! `foldproof params`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use foldproof_params::kzg::{PtauImport, Setup, import_ptau, insecure_test_setup};
use foldproof_params::transparent;
use rand::rngs::OsRng;
use serde_json::{Value, json};

use super::files::{self, Readers};
use super::shared::{Bar, Cache};
use super::{Verdict, output};

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a setup from a powers-of-tau file (.ptau) and check it
    Import {
        /// Ceremony file
        ptau: PathBuf,
        /// log2 of the powers to keep: 16 is enough for every statement but core-huge, which takes 17
        #[arg(short)]
        k: u32,
        /// BLAKE2b-512 hash under which the file was published: 128 hex digits
        #[arg(long, value_name = "HEX")]
        blake2b: Option<String>,
        /// Where the file comes from, kept in the setup
        #[arg(long, default_value = "")]
        note: String,
        /// Mark the setup as insecure: for ceremonies made for tests
        #[arg(long)]
        insecure: bool,
        /// Setup to write [default: in the cache folder, where prove and verify find it]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a setup
    Info {
        /// Setup [default: the imported one]
        setup: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a setup whose secret this machine could have kept: for tests only, and marked so
    InsecureTestSetup {
        /// log2 of the powers
        #[arg(short)]
        k: u32,
        /// Setup to write
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the generators of the transparent scheme ahead of time
    Transparent {
        /// log2 of the rows: 11 to 17
        #[arg(short)]
        k: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(command: &Command, cache: &Cache) -> anyhow::Result<Verdict> {
    let mut bar = Bar::default();
    let (members, as_json) = match command {
        Command::Import { ptau, k, blake2b, note, insecure, out, json } => {
            let blake2b = blake2b.as_ref().map(|text| published(text)).transpose()?;
            let options = PtauImport { k: *k, note, insecure: *insecure, blake2b };
            let file = out.clone().unwrap_or_else(|| cache.setup_file());
            files::check_in(ptau)?;
            prepare(&file, &[ptau])?;
            let setup = import_ptau(ptau, options, &mut |progress| bar.progress(progress))?;
            (keep(&setup, &file)?, *json)
        }
        Command::Info { setup, json } => (info(&cache.setup(setup.as_deref())?), *json),
        Command::InsecureTestSetup { k, out, json } => {
            prepare(out, &[])?;
            let setup = insecure_test_setup(*k, OsRng)?;
            let file = out.display();
            output::say(format_args!("warning: {file}: whoever made this setup can forge proofs under it"));
            (keep(&setup, out)?, *json)
        }
        Command::Transparent { k, json } => {
            let loaded =
                transparent::prover_params(*k, cache.folder(), &mut |progress| bar.progress(progress))?;
            loaded.warnings.iter().for_each(|warning| output::say(format_args!("warning: {warning}")));
            let file = transparent::cache_file(*k, cache.folder()).display().to_string();
            (json!({ "file": file, "k": k, "from_cache": loaded.from_cache }), *json)
        }
    };
    drop(bar);
    output::members(output::object(members), as_json)?;
    Ok(Verdict::Success)
}

fn published(text: &str) -> anyhow::Result<[u8; 64]> {
    let mut bytes = [0; 64];
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut bytes)
        .with_context(|| format!("--blake2b: 128 hexadecimal digits were expected, found {text:?}"))?;
    Ok(bytes)
}

fn info(setup: &Setup) -> Value {
    json!({
        "k": setup.k(),
        "proves_up_to": setup.proves_up_to(),
        "insecure": setup.is_insecure(),
        "setup_id": setup.id().digest.to_string(),
        "digest": setup.digest().to_string(),
        "provenance": setup.provenance(),
    })
}

/// Sees to it that a setup can be written before work goes into it.
fn prepare(file: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    files::check_out(file, inputs)
}

fn keep(setup: &Setup, file: &Path) -> anyhow::Result<Value> {
    files::write(file, &setup.to_bytes(), Readers::Usual)?;
    let mut members = output::object(json!({ "file": file.display().to_string() }));
    members.append(&mut output::object(info(setup)));
    Ok(Value::Object(members))
}
