//! What several commands need: inputs, cache, progress, setups.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::models::QuantisedModel;
use foldproof_params::Progress;
use foldproof_params::kzg::Setup;
use foldproof_prover::codebook::{Document, default_codebook, default_mapping};
use foldproof_prover::input::Mapping;
use foldproof_prover::keys::{Event, KeyStore, default_folder};
use foldproof_prover::model::file::Meaning;
use foldproof_prover::prove::Proved;
use foldproof_prover::secret::Secret;
use foldproof_verifier::json::registry;
use foldproof_verifier::{Bundle, Context as ProofContext, RegisteredModel, Scheme};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::output::Verbosity;
use super::{files, output, printable};

/// The cache folder.
#[derive(Clone, Debug)]
pub struct Cache(PathBuf);

impl Cache {
    /// The folder given, that of the environment, or the user's.
    pub fn new(given: Option<PathBuf>) -> anyhow::Result<Self> {
        let folder = given.or_else(default_folder);
        folder.map(Self).context("no cache folder is known: give one with --cache DIR or $FOLDPROOF_CACHE")
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where `params import` puts a setup unless told otherwise.
    pub fn setup_file(&self) -> PathBuf {
        self.0.join("setup.kzg")
    }

    /// A key store that reports on stderr. Where there is a setup, it is `params` or the imported one.
    pub fn key_store(&self, scheme: Scheme, params: Option<&Path>) -> anyhow::Result<KeyStore<'static>> {
        let setup = match (scheme, params) {
            (Scheme::Transparent, None) => None,
            (Scheme::Transparent, Some(_)) => {
                bail!("--params is for --scheme kzg and evm; the transparent scheme has no setup")
            }
            (Scheme::Kzg | Scheme::Evm, params) => Some(self.setup(params)?),
        };
        Ok(self.reporting(scheme, setup))
    }

    /// A key store that reports on stderr: of that scheme with a setup, without it of the transparent one.
    pub fn reporting(&self, scheme: Scheme, setup: Option<Setup>) -> KeyStore<'static> {
        let mut bar = Bar::default();
        let report = move |event| bar.show(&event);
        match (scheme, setup) {
            (Scheme::Evm, Some(setup)) => KeyStore::evm(&self.0, setup, report),
            (_, setup) => KeyStore::new(&self.0, setup, report),
        }
    }

    /// The setup in `params`, or the imported one.
    pub fn setup(&self, params: Option<&Path>) -> anyhow::Result<Setup> {
        let file = params.map_or_else(|| self.setup_file(), Path::to_owned);
        if params.is_none() && !file.exists() {
            bail!(
                "the schemes kzg and evm need a trusted setup and none is imported. Import a ceremony file \
                 (`foldproof params import powersOfTau28_hez_final_16.ptau -k 16`), or name a setup file with --params"
            );
        }
        files::check_in(&file)?;
        Ok(Setup::read(&file)?)
    }
}

/// How proofs are made: the options of every command that makes them.
#[derive(Debug, clap::Args)]
pub struct Proving {
    /// Proof system: transparent (no trusted setup), kzg, or evm (kzg for contracts)
    #[arg(long, default_value = "transparent", value_parser = scheme)]
    scheme: Scheme,
    /// Setup file of the schemes kzg and evm; may be larger than needed [default: the imported one]
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Make the proof for a context, which `verify --context` insists on: 32 bytes in hex, e.g. a challenge of the verifier
    #[arg(long, value_name = "0xHEX", value_parser = context)]
    pub context: Option<ProofContext>,
    /// Salt the commitments; the secret the salts come from is kept beside the bundle as OUT.salt
    #[arg(long)]
    pub hide: bool,
    /// Print JSON, a line per proof
    #[arg(long)]
    pub json: bool,
    /// Say how long each phase of a proof took
    #[arg(long)]
    profile: bool,
}

impl Proving {
    /// A key store of the scheme.
    pub fn key_store(&self, cache: &Cache) -> anyhow::Result<KeyStore<'static>> {
        cache.key_store(self.scheme, self.params.as_deref())
    }

    /// What a proof took, for its report.
    pub fn add_costs(&self, proved: &Proved, members: &mut Map<String, Value>) {
        let profile = &proved.profile;
        members.insert("prove_seconds".to_owned(), json!(profile.total().as_secs_f64()));
        if self.profile {
            let phases =
                profile.phases().map(|(phase, time)| (phase.name().to_owned(), json!(time.as_secs_f64())));
            members.insert("phase_seconds".to_owned(), Value::Object(phases.collect()));
        }
        members.insert("proof_bytes".to_owned(), json!(proved.bundle.proof().len()));
        members.insert("peak_memory_mib".to_owned(), json!(peak_memory_mib()));
    }

    /// Finds out whether a bundle can be written, and the secret of its salts, before a proof is made in vain.
    pub fn check_out(&self, out: &Path, input: &Path, models: &[PathBuf]) -> anyhow::Result<()> {
        self.check_file(out, input, models)?;
        if self.hide { files::check_secret_beside(out) } else { Ok(()) }
    }

    /// Finds out whether a bundle can be written.
    pub fn check_file(&self, out: &Path, input: &Path, models: &[PathBuf]) -> anyhow::Result<()> {
        let models = models.iter().map(PathBuf::as_path);
        let inputs: Vec<&Path> = models.chain(self.params.as_deref()).chain([input]).collect();
        files::check_out(out, &inputs)
    }

    /// Length of the file of the setup, if there is one: nothing where the scheme has none.
    pub fn setup_length(&self, cache: &Cache) -> u64 {
        let file = self.params.clone().unwrap_or_else(|| cache.setup_file());
        let length = || fs::metadata(file).map_or(0, |found| found.len());
        if self.scheme.has_setup() { length() } else { 0 }
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }
}

/// A progress bar that names the stage; silent when stderr is not a terminal.
#[derive(Debug, Default)]
pub struct Bar {
    stage: &'static str,
    since: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Shows an event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Progress(progress) => self.progress(*progress),
            Event::Warning(warning) => output::say(format_args!("warning: {warning}")),
            Event::Done => self.finish(),
        }
    }

    /// Shows progress: with the time left where the total is known.
    pub fn progress(&mut self, progress: Progress) {
        if self.stage != progress.stage {
            self.finish();
            self.stage = progress.stage;
            self.since = Some(Instant::now());
            let (bar, template) = match progress.total {
                0 => (ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}"),
                total => (ProgressBar::new(total), "{msg} {wide_bar} {percent}% {eta} left"),
            };
            if output::verbosity() == Verbosity::Quiet {
                bar.set_draw_target(ProgressDrawTarget::hidden());
            }
            bar.set_style(
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.set_message(progress.stage);
            bar.enable_steady_tick(Duration::from_millis(200));
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done);
        }
        if progress.total > 0 && progress.done >= progress.total {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(since) = self.since.take() {
            output::detail(format_args!("{}: {:.2} s", self.stage, since.elapsed().as_secs_f64()));
        }
        self.stage = "";
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A spinner for one thing of unknown length.
pub fn spinner(message: String) -> ProgressBar {
    let shown = std::io::stderr().is_terminal() && output::verbosity() > Verbosity::Quiet;
    let spinner = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    spinner.set_message(printable::shown(&message).into_owned());
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}

/// Reads a codebook, or takes the one that ships with the program.
pub fn codebook(file: Option<&Path>) -> anyhow::Result<Codebook> {
    Ok(codebook_and_mapping(file)?.0)
}

/// Reads a codebook, with the mapping of the blocks it was trained on, if it tells.
pub fn codebook_and_mapping(file: Option<&Path>) -> anyhow::Result<(Codebook, Option<Mapping>)> {
    let Some(file) = file else { return Ok((default_codebook().clone(), default_mapping())) };
    let document =
        Document::parse(&files::read(file, files::CODEBOOK)?).with_context(|| file.display().to_string())?;
    Ok((document.quantise().with_context(|| file.display().to_string())?, document.mapping()))
}

/// Reads a model.
pub fn model(file: &Path) -> anyhow::Result<QuantisedModel> {
    Ok(model_and_meaning(file)?.0)
}

/// Reads a model, with what the numbers that it takes mean.
pub fn model_and_meaning(file: &Path) -> anyhow::Result<(QuantisedModel, Meaning)> {
    let bytes = files::read(file, files::MODEL)?;
    foldproof_prover::model::graph_file::read_any(&bytes).with_context(|| file.display().to_string())
}

/// Reads a registry of models.
pub fn registry(file: &Path) -> anyhow::Result<Vec<RegisteredModel>> {
    registry::parse(&files::read(file, files::REGISTRY)?).with_context(|| file.display().to_string())
}

/// Reads the secret written by `--hide`, from which the salts come.
pub fn secret(file: &Path) -> anyhow::Result<Secret> {
    Secret::parse(&files::read(file, files::SECRET)?).with_context(|| file.display().to_string())
}

/// Reads a bundle.
pub fn bundle(file: &Path) -> anyhow::Result<Result<Bundle, foldproof_verifier::Error>> {
    Ok(Bundle::from_bytes(&files::read(file, files::BUNDLE)?))
}

/// Most memory this process has had, in MiB, where the system tells.
pub fn peak_memory_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.div_ceil(1024))
}

/// Parses a context.
pub fn context(text: &str) -> Result<ProofContext, String> {
    ProofContext::from_hex(text)
        .ok_or_else(|| format!("{} was expected; take a hash's first 31 bytes", ProofContext::EXPECTED))
}

/// Parses a scheme's name.
pub fn scheme(name: &str) -> Result<Scheme, String> {
    Scheme::from_name(name).ok_or_else(|| "transparent, kzg or evm was expected".to_owned())
}
