//! `foldproof fingerprint`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::pipeline::{EvaluateError, evaluate, fold_and_encode};
use foldproof_circuits::stages::anomaly::{LABELS, Verdict as Anomaly};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::zones::{PRESETS, TAG_NAMES, Zone, ZoneConfig, tag_names};
use foldproof_circuits::statement::Statement;
use foldproof_prover::analytics::{Analytics, IsolationForest, Report};
use foldproof_prover::input::Mapping;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::analytics::config;
use super::blocks::{self, MadeFor};
use super::why::why;
use super::{Verdict, files, output, shared};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Blocks: raw-block JSON, or an answer of eth_getBlockByNumber with full transactions; a folder stands for the *.json files in it
    #[arg(required = true, value_name = "BLOCK")]
    blocks: Vec<PathBuf>,
    /// Codebook [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    #[command(flatten)]
    reading: blocks::Options,
    /// Analytics, too: zones, hyperedges, tags, behaviour, anomaly; see docs/analytics.md
    #[arg(long)]
    analytics: bool,
    /// Configuration of zones: default, eth, avax or normalised
    #[arg(long, value_name = "NAME", default_value = PRESETS[0].0, value_parser = preset, requires = "analytics")]
    preset: ZoneConfig,
    /// Configuration of zones, from a file, as `prove --zone-config` takes it
    #[arg(long, value_name = "FILE", requires = "analytics", conflicts_with = "preset")]
    zone_config: Option<PathBuf>,
    /// Print the zones as a graph and nothing else: a line {"input": [...], ...} per block, 6 positions of 18 numbers, that `model import
    /// --calibrate` and `prove-model` read; see docs/analytics.md
    #[arg(long, requires = "analytics", conflicts_with_all = ["json", "forest"])]
    zone_graph: bool,
    /// Isolation forest for the analytics
    #[arg(long, value_name = "FILE", requires = "analytics")]
    forest: Option<PathBuf>,
    /// Print JSON, a line per block
    #[arg(long)]
    json: bool,
}

/// Parses `--preset`.
fn preset(name: &str) -> Result<ZoneConfig, String> {
    ZoneConfig::preset(name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
        format!("one of {} was expected", names.join(", "))
    })
}

/// A line of results. Analytics have integers beyond 2⁶⁴, which only a writer holds.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analytics: Option<Report>,
}

/// What blocks are looked at with.
struct Looking {
    codebook: Codebook,
    mapping: Option<Mapping>,
    config: ZoneConfig,
    forest: Option<IsolationForest>,
    several: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let (codebook, mapping) = shared::codebook_and_mapping(args.codebook.as_deref())?;
    let read_forest = |file: &PathBuf| {
        let bytes = files::read(file, files::FOREST)?;
        IsolationForest::parse(&bytes).with_context(|| file.display().to_string())
    };
    let forest = args.forest.as_ref().map(read_forest).transpose()?;
    let (blocks, several) = blocks::files(&args.blocks)?;
    let config = args.zone_config.as_deref().map_or(Ok(args.preset), config)?;
    let looking = Looking { codebook, mapping, config, forest, several };
    let mut verdict = Verdict::Success;
    for block in &blocks {
        let Err(error) = one(args, block, &looking) else { continue };
        if !several {
            return Err(error);
        }
        // The others are not to wait for one that is none.
        verdict = Verdict::Unknown;
        if args.json {
            output::line(json!({ "block": block.display().to_string(), "error": why(&error) }))?;
        }
        output::complain(format_args!("{}", why(&error)));
    }
    Ok(verdict)
}

fn one(args: &Args, file: &Path, looking: &Looking) -> anyhow::Result<()> {
    let Looking { codebook, mapping, config, forest, several } = looking;
    let known = args.reading.read(file)?;
    let name = || file.display().to_string();
    let (folded, code, statement, commitment, no_size) =
        match evaluate(&known.block, codebook, &Salts::none()) {
            Ok(found) => {
                let statement = Statement::core(found.core.size, found.core.centroids).name();
                let commitment = output::field(&found.inputs.block_commitment);
                (found.folded, found.code, json!(statement), json!(commitment), None)
            }
            // Commitments to blocks are of a size of circuit: without one there is none.
            Err(EvaluateError::Oversize(oversize)) => {
                let (folded, code) = fold_and_encode(&known.block, codebook).with_context(name)?;
                let no_size = format!("no statement holds the block, so it cannot be proved: {oversize}");
                (folded, code, Value::Null, Value::Null, Some(no_size))
            }
            Err(error) => return Err(error).with_context(name),
        };
    let mut members = output::vectors(&folded, &code, codebook);
    let mut warnings = known.warnings(&[MadeFor { name: "the codebook".to_owned(), mapping: *mapping }]);
    warnings.extend(blocks::outside(&code, codebook));
    warnings.extend(no_size);
    members.insert("statement".to_owned(), statement);
    members.insert("block_commitment".to_owned(), commitment);
    let told = [known.notes(), known.told(&warnings)].concat();
    told.iter().for_each(|line| output::say(format_args!("{line}")));
    members.append(&mut known.members(&warnings));
    if *several {
        members.insert("block".to_owned(), json!(name()));
    }
    let analytics = args
        .analytics
        .then(|| Analytics::new(&known.block, (&folded, &code), codebook, config, forest.as_ref()));
    if let Some(analytics) = analytics.as_ref().filter(|_| args.zone_graph) {
        return output::line(analytics.zone_graph_sample());
    }
    if args.json {
        let line = Line { members, analytics: analytics.as_ref().map(Report::from) };
        return output::line(serde_json::to_string(&line)?);
    }
    members.extend(analytics.iter().flat_map(shown_analytics));
    output::line(output::fold_table(&folded, &code))?;
    let shown = ["folded", "folded_int", "fingerprint", "pq", "residuals", "within_bound"];
    shown.iter().chain(&["unchecked", "warnings"]).for_each(|name| {
        members.remove(*name);
    });
    let table = output::table(&members);
    output::line(if *several { table + "\n" } else { table })
}

/// The analytics in a few rows, for people.
fn shown_analytics(analytics: &Analytics) -> Map<String, Value> {
    let zone = |zone: &Zone| {
        let tags: Vec<&str> = tag_names(zone.mask).collect();
        format!("row {} {}", zone.row, tags.join("+"))
    };
    let zones: Vec<String> = analytics.zones.zones.iter().map(zone).collect();
    let edges: Vec<String> =
        analytics.hypergraph.edges.iter().map(|edge| format!("{:?}", edge.nodes)).collect();
    let regime: Vec<&str> = analytics.zones.regime.iter().map(|tag| TAG_NAMES[*tag]).collect();
    let or_none = |list: Vec<String>, between: &str| {
        if list.is_empty() { "none".to_owned() } else { list.join(between) }
    };
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    let anomaly = |anomaly: Anomaly| format!("{} of 100, {}", anomaly.score, LABELS[anomaly.label]);
    let mut rows = output::object(json!({
        "zones": or_none(zones, ", "),
        "hyperedges": or_none(edges, " "),
        "regime": or_none(owned(regime), ", "),
        "tags": or_none(owned(analytics.tags.names().collect()), ", "),
        "anomaly": anomaly(analytics.anomaly.plain.verdict()),
        "anomaly_with_zone_tags": anomaly(analytics.anomaly.with_zones.verdict()),
    }));
    rows.extend(analytics.hybrid.map(|hybrid| ("hybrid".to_owned(), json!(anomaly(hybrid.verdict)))));
    rows
}
