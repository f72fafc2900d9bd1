//! Analytics on the command line: which of them to prove, and how their configuration is read.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::zone_config::ZoneConfig;
use foldproof_prover::analytics::IsolationForest;
use foldproof_prover::zone_config;

use super::files;

/// All parts.
const ALL: &str = "all";
/// Those that are computed from the PQ code: what `--analytics` stands for without parts.
const CODE: &str = "code";

/// Which analytics to prove beside a block.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Prove what is found in the block by rule, too: residuals, zones, hypergraph and anomaly of its code, with =all also rules (tags
    /// and behaviour), or only these of them, e.g. --analytics=residuals,rules
    #[arg(long, value_name = "PARTS", num_args = 0..=1, require_equals = true, default_missing_value = CODE)]
    analytics: Option<String>,
    /// Configuration of zones, by its name [default: default]
    #[arg(long, value_name = "NAME", requires = "analytics", value_parser = preset)]
    preset: Option<Preset>,
    /// Configuration of zones, from a file: the proof commits to it
    #[arg(long, value_name = "FILE", requires = "analytics", conflicts_with = "preset")]
    zone_config: Option<PathBuf>,
    /// Count what is seen at the zones in the anomaly score
    #[arg(long, requires = "analytics")]
    zone_tags: bool,
    /// Take tags that fields of adapters make into the part rules, and commit to these fields
    #[arg(long, requires = "analytics")]
    adapter_fields: bool,
    /// Blend the anomaly score with what the first --model says, an isolation forest over fingerprints: a second score
    #[arg(long, requires = "analytics")]
    blend: bool,
}

/// Analytics, and the configuration that they commit to, if to one.
pub type Asked = (Option<Analytics>, Option<ZoneConfig>);

impl Options {
    /// What is asked for, beside these models.
    pub fn read(&self, models: &[QuantisedModel]) -> anyhow::Result<Asked> {
        let Some(parts) = &self.analytics else { return Ok((None, None)) };
        let config = self.zone_config.as_deref().map(config).transpose()?;
        let configuration = match config {
            Some(_) => Configuration::Committed,
            None => Configuration::Named(self.preset.unwrap_or_default()),
        };
        let parts = match &parts[..] {
            ALL => Part::ALL.to_vec(),
            CODE => Part::OF_CODE.to_vec(),
            parts => parts.split(',').map(part).collect::<Result<_, _>>()?,
        };
        let mut analytics = Analytics::new(&parts, configuration, self.zone_tags).context("--analytics")?;
        if self.adapter_fields {
            analytics = analytics.with_adapter().context("--adapter-fields")?;
        }
        if self.blend {
            let first = models
                .first()
                .context("--blend: an isolation forest was expected as the first --model, found none")?;
            let (_, samples) =
                IsolationForest::of_model(first).context("--blend: the first --model")?.shape();
            analytics = analytics.with_forest(samples).context("--blend")?;
        }
        // Without zones a configuration says nothing.
        if !analytics.has(Part::Zones) && (config.is_some() || self.preset.is_some()) {
            bail!(
                "--analytics: no configuration was expected without the part zones; leave it out, or add zones"
            );
        }
        Ok((Some(analytics), config))
    }
}

/// Reads a configuration.
pub fn config(file: &Path) -> anyhow::Result<ZoneConfig> {
    let bytes = files::read(file, zone_config::MAX_BYTES)?;
    zone_config::read(&bytes).with_context(|| file.display().to_string())
}

fn part(name: &str) -> anyhow::Result<Part> {
    let known = Part::ALL.into_iter().find(|part| part.name() == name);
    known.with_context(|| {
        let names = Part::ALL.map(Part::name).join(", ");
        format!(
            "--analytics: {ALL}, or some of {names} with commas between them were expected, or {CODE} for all of the PQ code but rules, found {name:?}"
        )
    })
}

fn preset(name: &str) -> Result<Preset, String> {
    Preset::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Preset::all().map(Preset::name).collect();
        format!(
            "one of {} was expected; another configuration comes from a file with --zone-config",
            names.join(", ")
        )
    })
}
