//! `foldproof prove-decision` and `prove-consensus`: what follows by rule from committed values, without a block.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::models::NONE;
use foldproof_circuits::statement::Statement;
use foldproof_prover::decision::{self, Beside, Kind};
use foldproof_prover::prove::{Binding, Prover, Witness};
use foldproof_prover::secret::Secret;
use halo2curves::bn256::Fr;
use serde_json::json;

use super::prove::write;
use super::shared::{self, Cache, Proving};
use super::{Verdict, blocks, files, output};

/// Arguments of `prove-decision`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to decide: consensus, criteria, nearest, top, q-table, bandit, contextual, mempool, drift or departure
    #[arg(value_name = "KIND", value_parser = kind)]
    kind: Kind,
    #[command(flatten)]
    rest: Rest,
}

/// Arguments of `prove-consensus`.
#[derive(Debug, clap::Args)]
pub struct Rest {
    /// JSON with what is decided from; docs/decisions.md has an example of each kind
    #[arg(value_name = "DOCUMENT")]
    document: PathBuf,
    /// The codebook that normalises a fingerprint for its signature [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    #[command(flatten)]
    reading: blocks::Options,
    /// Secret that --hide wrote beside the proof of a block: the commitment to its fingerprint or tag fields gets the same salt; one
    /// for each, oldest first
    #[arg(long = "salt-of", value_name = "FILE.salt")]
    salts_of: Vec<PathBuf>,
    #[command(flatten)]
    proving: Proving,
    /// Bundle to write [default: DOCUMENT.proof, in this folder]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

fn kind(name: &str) -> Result<Kind, String> {
    Kind::from_name(name)
        .ok_or_else(|| format!("one of {} was expected", Kind::ALL.map(|(_, name)| name).join(", ")))
}

/// What a document is read beside.
struct Files<'a> {
    codebook: Codebook,
    folder: &'a Path,
    reading: blocks::Options,
}

impl Beside for Files<'_> {
    fn codebook(&self) -> &Codebook {
        &self.codebook
    }

    fn block(&self, file: &str) -> Result<Block, Box<dyn std::error::Error + Send + Sync>> {
        let known = self.reading.read(&self.folder.join(file))?;
        known.notes().iter().for_each(|note| output::say(format_args!("{note}")));
        Ok(known.block)
    }
}

impl Rest {
    /// A salt for each commitment: those of proofs about blocks, where they are given.
    fn salts(&self, evidence: &Evidence, own: Option<Secret>) -> anyhow::Result<Vec<Fr>> {
        let names = evidence.decision().commitments();
        let mut salts =
            own.map_or_else(|| vec![Fr::zero(); names.len()], |own| own.decision_salts(names.len()));
        if self.salts_of.is_empty() {
            return Ok(salts);
        }
        let of_blocks = |name: &str| name.starts_with("fold") || name.starts_with("tag_fields");
        let mut places: Vec<usize> = (0..names.len()).filter(|place| of_blocks(names[*place])).collect();
        if matches!(evidence, Evidence::Mempool { .. }) {
            // The pending block stands in front of the one before.
            places.reverse();
        }
        if self.salts_of.len() != places.len() {
            let (expected, found) = (places.len(), self.salts_of.len());
            bail!(
                "--salt-of: {expected} secrets were expected, one for each block, oldest first, found {found}"
            );
        }
        for (place, file) in places.into_iter().zip(&self.salts_of) {
            let block = shared::secret(file)?.salts();
            salts[place] = if names[place].starts_with("fold") { block.fold } else { block.tags };
        }
        Ok(salts)
    }
}

/// Runs `prove-decision`.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    prove(args.kind, &args.rest, cache)
}

/// Runs `prove-consensus`.
pub fn consensus(args: &Rest, cache: &Cache) -> anyhow::Result<Verdict> {
    prove(Kind::Consensus, args, cache)
}

fn prove(kind: Kind, args: &Rest, cache: &Cache) -> anyhow::Result<Verdict> {
    let started = Instant::now();
    let name = || args.document.display().to_string();
    let beside = Files {
        codebook: shared::codebook(args.codebook.as_deref())?,
        folder: args.document.parent().unwrap_or(Path::new("")),
        reading: args.reading,
    };
    let bytes = files::read(&args.document, decision::MAX_BYTES)?;
    let evidence = decision::read(kind, &bytes, &beside).with_context(name)?;
    let statement = Statement::of_decision(evidence.decision()).with_context(name)?;
    let out = args.out.clone().unwrap_or_else(|| {
        PathBuf::from(args.document.file_stem().unwrap_or(args.document.as_os_str())).with_extension("proof")
    });
    args.proving.check_out(&out, &args.document, &[])?;
    let mut key_store = args.proving.key_store(cache)?;
    let prover = Prover::new(&mut key_store, &statement)?;
    let secret = args.proving.hide.then(Secret::random);
    let salts = args.salts(&evidence, secret)?;
    let witness = Witness::Decision { evidence: &evidence, salts: &salts };
    let spinner = shared::spinner(format!("proving {} ({statement})", name()));
    let binding = Binding { context: args.proving.context, headers: Vec::new() };
    let proved = prover.prove(&witness, NONE, &binding).with_context(name)?;
    spinner.finish_and_clear();
    write(&out, &proved, secret)?;
    let mut members = output::object(json!({
        "input": name(),
        "bundle": out.display().to_string(),
        "statement": statement.name(),
        "scheme": proved.bundle.scheme().name(),
        "k": statement.k(),
    }));
    members.append(&mut output::facts(&proved.verified));
    members.insert("total_seconds".to_owned(), json!(started.elapsed().as_secs_f64()));
    members.append(&mut output::made_for(&proved.verified));
    args.proving.add_costs(&proved, &mut members);
    output::members(members, args.proving.json)?;
    Ok(Verdict::Success)
}
