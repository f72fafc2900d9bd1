//! `foldproof prove`: one bundle per block, or per group of blocks; of many blocks several at once, going on after a bad one.

mod board;
mod many;
mod task;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use foldproof_circuits::analytics::Analytics;
use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::models::{QuantisedModel, with_salts};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Size, Statement};
use foldproof_circuits::zone_config::ZoneConfig;
use foldproof_prover::many::memory::{self, Bytes, Need};
use foldproof_prover::many::plan;
use foldproof_prover::many::shard::Shard;
use foldproof_prover::prove::{Binding, Proved, Prover, Witness, statement_for, statement_together};
use foldproof_prover::secret::Secret;
use serde_json::{Map, Value, json};

use super::analytics;
use super::blocks::{self, Known, MadeFor};
use super::files::{self, Readers};
use super::shared::{self, Cache, Proving};
use super::why::why;
use super::{Verdict, interrupt, output};
use task::{Task, tasks};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Of several blocks, or a folder, as many are proved at once as there are cores and memory. Bundles that are there already are \
verified, and skipped if they prove what would be proved, so that a run that was interrupted is resumed by starting it again. \
Results are printed as they come, in no order, each with its block; with --json, blocks that cannot be proved have a line too.

With --together N, each N blocks in the order given (of a folder, that of names) have one proof, FIRST-to-LAST.proof: it is as long as \
that of one block. Blocks that are left over, or whose group cannot be proved together, are proved one by one.

Exit status: 0 all proved, 2 a block could not be.")]
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
    analytics: analytics::Options,
    #[command(flatten)]
    reading: blocks::Options,
    #[command(flatten)]
    proving: Proving,
    /// Bundle to write, or folder for several blocks [default: BLOCK.proof, in this folder]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// Prove so many blocks in one proof, 2 to 16, in the order given
    #[arg(long, value_name = "N", value_parser = task::together)]
    together: Option<usize>,
    /// Most memory to use, such as 2GiB [default: of several blocks, 80 % of what is free or of the control group's limit]
    #[arg(long, value_name = "AMOUNT")]
    memory: Option<Bytes>,
    /// Most proofs at once [default: one per core]
    #[arg(long, value_name = "N", value_parser = workers)]
    workers: Option<NonZeroUsize>,
    /// Prove the I-th of N parts of the blocks only, counted from 0
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Of several blocks, prove those again whose bundles are there
    #[arg(long)]
    force: bool,
}

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| {
        format!("a whole number of proofs at once was expected, 1 or more, found {text:?}; leave it out for one per core")
    })
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let (codebook, mapping) = shared::codebook_and_mapping(args.codebook.as_deref())?;
    let mut used = vec![MadeFor { name: "the codebook".to_owned(), mapping }];
    let mut models = Vec::new();
    for file in &args.models {
        let (model, meaning) = shared::model_and_meaning(file)?;
        used.push(MadeFor::model(file, &meaning));
        models.push(model);
    }
    if args.together.is_some() && !models.is_empty() {
        bail!(
            "--together: no model was expected, found {}: no model speaks about several blocks in one proof; leave out --model, or \
             --together",
            models.len()
        );
    }
    let (analytics, config) = args.analytics.read(&models)?;
    if args.together.is_some() && analytics.is_some() {
        bail!(
            "--together: no analytics were expected, found --analytics: they stand beside one block; leave one of the two out"
        );
    }
    let (blocks, several) = blocks::files(&args.blocks)?;
    let many = several || args.shard.is_some();
    if several && let Some(folder) = &args.out {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let tasks = tasks(blocks, args.out.as_deref(), several, args.together)?;
    let work = Work { args, analytics, config, codebook: &codebook, models: &models, used: &used };
    if many {
        return many::run(&work, cache, args.shard.map_or(tasks.clone(), |shard| shard.of(tasks)));
    }
    tasks.iter().try_for_each(|task| work.single(cache, task).map_err(|error| work.failed(task, error)))?;
    Ok(Verdict::Success)
}

/// From this size on, what a proof takes of memory is told unasked.
const LARGE_K: u32 = 17;

/// What is the same for all blocks.
struct Work<'a> {
    args: &'a Args,
    /// What is proved beside each block.
    analytics: Option<Analytics>,
    /// The configuration that it commits to.
    config: Option<ZoneConfig>,
    codebook: &'a Codebook,
    models: &'a [QuantisedModel],
    /// Codebook and models, and what blocks they were made for.
    used: &'a [MadeFor],
}

impl Work<'_> {
    /// Of blocks that are read, and have a statement that proves them together if they are several.
    fn statement(&self, known: &[Known], task: &Task) -> anyhow::Result<Statement> {
        let models: Vec<_> = self.models.iter().map(|model| model.with_salts(&[])).collect();
        let statement = match known {
            [known] => statement_for(&known.block, self.codebook, &models),
            several => {
                // Verifiers take no proof in which a block is there twice.
                for (place, Known { block, .. }) in several.iter().enumerate() {
                    if let Some(first) = several[..place].iter().position(|other| other.block == *block) {
                        let [first, second] = [first, place].map(|place| task.blocks[place].display());
                        bail!("{second}: another block was expected, found that of {first}");
                    }
                }
                let sizes: Vec<_> = several.iter().map(|known| Size::all_for(&known.block)).collect();
                statement_together(&sizes, self.codebook)
            }
        };
        let statement = statement.and_then(|statement| match self.analytics {
            Some(analytics) => Ok(statement.with_analytics(analytics)?),
            None => Ok(statement),
        });
        statement.with_context(|| task.to_string())
    }

    fn read(&self, task: &Task) -> anyhow::Result<Vec<Known>> {
        task.blocks.iter().map(|block| self.args.reading.read(block)).collect()
    }

    /// Finds out whether the bundle can be written, before a proof is made in vain.
    fn check_out(&self, task: &Task) -> anyhow::Result<()> {
        task.blocks
            .iter()
            .try_for_each(|block| self.args.proving.check_out(&task.out, block, &self.args.models))
    }

    fn salts(&self, secret: Option<Secret>, task: &Task) -> Vec<Salts> {
        match (secret, task.blocks.len()) {
            (None, count) => vec![Salts::none(); count],
            (Some(secret), 1) => vec![secret.salts()],
            (Some(secret), count) => secret.salts_of_blocks(count),
        }
    }

    fn witness<'w>(&'w self, blocks: &'w [Block], salts: &'w [Salts]) -> Witness<'w> {
        let codebook = self.codebook;
        match (blocks, salts) {
            ([block], [salts]) => Witness::Block { block, codebook, config: self.config.as_ref(), salts },
            _ => Witness::Blocks { blocks, codebook, salts },
        }
    }

    fn single(&self, cache: &Cache, task: &Task) -> anyhow::Result<()> {
        let started = Instant::now();
        let proving = &self.args.proving;
        interrupt::advise(
            "start the same command again: keys that were made are kept, a proof begins anew".to_owned(),
        );
        if let Some(together) = self.args.together {
            output::say(format_args!("{task}: one block, not {together}: proved by itself"));
        }
        self.check_out(task)?;
        let known = self.read(task)?;
        let notes = known.iter().flat_map(Known::notes);
        notes.for_each(|note| output::say(format_args!("{note}")));
        let statement = self.statement(&known, task)?;
        match self.args.memory {
            Some(memory) => drop(self.fit(cache, &statement, memory, task)?),
            None => self.tell_memory(cache, &statement, task),
        }
        let mut key_store = proving.key_store(cache)?;
        let prover = Prover::new(&mut key_store, &statement)?;
        let spinner = shared::spinner(format!("proving {task} ({statement})"));
        let result = self.prove(&prover, &statement, task, &known, started);
        spinner.finish_and_clear();
        let (members, warnings) = result?;
        warnings.iter().for_each(|warning| output::say(format_args!("{warning}")));
        self.show(members)
    }

    /// Tells programs why a block is not proved, as among many; the error goes to the user.
    fn failed(&self, task: &Task, error: anyhow::Error) -> anyhow::Error {
        let line = || output::line(Value::Object(failure(task, &error)));
        match self.args.proving.json.then(line) {
            Some(Err(unheard)) => error.context(unheard),
            _ => error,
        }
    }

    /// Says what a large proof takes before it starts: it may be more than there is.
    fn tell_memory(&self, cache: &Cache, statement: &Statement, task: &Task) {
        if statement.k() < LARGE_K {
            return;
        }
        let need = Need::of(statement).with_setup(self.args.proving.setup_length(cache)).of_many(1);
        match memory::available().filter(|free| *free < need) {
            None => output::say(format_args!("{task}: a proof of {statement} takes up to {need} of memory")),
            Some(free) => output::say(format_args!(
                "{task}: warning: a proof of {statement} takes up to {need} of memory, and {free} is free: the system may end it"
            )),
        }
    }

    /// How many proofs of a statement fit into memory; that one does not is an error, named after the block.
    fn fit(&self, cache: &Cache, statement: &Statement, memory: Bytes, task: &Task) -> anyhow::Result<usize> {
        let need = Need::of(statement).with_setup(self.args.proving.setup_length(cache));
        plan::fit(need, memory).or_else(|need| {
            bail!(
                "{task}: a proof of {statement} takes up to {need} of memory, and the limit is {memory}: raise it with --memory, \
                 {}or prove on a larger machine",
                if task.blocks.len() > 1 { "prove fewer blocks together, " } else { "" }
            )
        })
    }

    /// Proves, and writes the bundle. What there is to warn of comes after the result, in lines that name the file.
    fn prove(
        &self,
        prover: &Prover,
        statement: &Statement,
        task: &Task,
        known: &[Known],
        started: Instant,
    ) -> anyhow::Result<(Map<String, Value>, Vec<String>)> {
        let secret = self.args.proving.hide.then(Secret::random);
        let salts = self.salts(secret, task);
        let blocks: Vec<Block> = known.iter().map(|known| known.block.clone()).collect();
        let output_salts = Secret::output_salts(secret, self.models);
        let models = with_salts(self.models, &output_salts);
        let binding = self.binding(known);
        let witness = self.witness(&blocks, &salts);
        let proved = prover.prove(&witness, &models, &binding).with_context(|| task.to_string())?;
        write(&task.out, &proved, secret)?;
        let mut members = self.members(task, statement);
        if let Some(block) = proved.verified.block() {
            members.append(&mut output::header_of(block));
        }
        members.append(&mut output::made_for(&proved.verified));
        members.insert("total_seconds".to_owned(), json!(started.elapsed().as_secs_f64()));
        self.args.proving.add_costs(&proved, &mut members);
        members.append(&mut output::analytics(&proved.verified));
        if !self.models.is_empty() {
            members.insert("models".to_owned(), opinions(&self.args.models, &proved));
        }
        let (mut told, mut of_each) = (Vec::new(), Vec::new());
        for (known, found) in known.iter().zip(&proved.fingerprints) {
            let mut warnings = known.warnings(self.used);
            warnings.extend(blocks::outside(&found.code, self.codebook));
            let values = found.folded.as_flattened();
            warnings.extend(blocks::unlike_calibration(&self.args.models, self.models, values));
            told.extend(known.told(&warnings));
            of_each.push(known.members(&warnings));
        }
        match &mut of_each[..] {
            [only] => members.append(only),
            several => {
                // Beside the name of each.
                let names = task.blocks.iter().map(|block| block.display().to_string());
                let facts = proved.verified.blocks();
                let each = names.zip(several).zip(facts).map(|((name, members), facts)| {
                    let mut named = output::object(json!({ "block": name }));
                    named.append(&mut output::header_of(facts));
                    named.append(members);
                    Value::Object(named)
                });
                members.insert("blocks".to_owned(), each.collect());
            }
        }
        Ok((members, told))
    }

    /// The context that is asked for, and the headers of the blocks, if all of them are known.
    fn binding(&self, known: &[Known]) -> Binding {
        let headers: Option<Vec<_>> = known.iter().map(|known| known.header().cloned()).collect();
        Binding { context: self.args.proving.context, headers: headers.unwrap_or_default() }
    }

    /// What is told of every block, proved now or before.
    fn members(&self, task: &Task, statement: &Statement) -> Map<String, Value> {
        let mut members = task.members();
        members.append(&mut output::object(json!({
            "bundle": task.out.display().to_string(),
            "statement": statement.name(),
            "scheme": self.args.proving.scheme().name(),
            "k": statement.k(),
        })));
        members
    }

    fn show(&self, result: Map<String, Value>) -> anyhow::Result<()> {
        match self.args.proving.json {
            true => output::line(Value::Object(result)),
            false => {
                // People have been told these already.
                let shown = result.into_iter().filter(|(name, _)| name != "unchecked" && name != "warnings");
                output::line(output::table(&shown.map(names_of_blocks).collect()) + "\n")
            }
        }
    }
}

/// What is told of a block that is not proved.
fn failure(task: &Task, error: &anyhow::Error) -> Map<String, Value> {
    let mut members = task.members();
    members.insert("error".to_owned(), json!(why(error)));
    members
}

/// Of several blocks people are shown the names only.
fn names_of_blocks((name, value): (String, Value)) -> (String, Value) {
    let Value::Array(blocks) = &value else { return (name, value) };
    let names: Vec<&str> = blocks.iter().filter_map(|block| block.get("block")?.as_str()).collect();
    let told = names.join(", ");
    if names.is_empty() { (name, value) } else { (name, json!(told)) }
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
