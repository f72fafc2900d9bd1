//! Many blocks: looked through, put in order by statement, and proved in rounds of several at once.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail};
use foldproof_circuits::block::Block;
use foldproof_circuits::models::with_salts;
use foldproof_circuits::statement::Statement;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::many::memory::{self, Bytes};
use foldproof_prover::many::plan::{self, Round};
use foldproof_prover::prove::Prover;
use foldproof_prover::secret::Secret;
use foldproof_verifier::Bundle;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::Work;
use super::board::{Board, Outcome};
use super::task::Task;
use crate::blocks::Known;
use crate::shared::{self, Cache};
use crate::why::why;
use crate::{Verdict, files, output};

/// Stack of a thread that proves: what the main thread of a program has, which proves a single block.
const STACK: usize = 8 << 20;

/// Blocks of one statement, and how many proofs of it fit into memory.
struct Group {
    statement: Statement,
    tasks: Vec<Task>,
    fits: usize,
}

/// Proves blocks, or finds them proved.
pub fn run(work: &Work<'_>, cache: &Cache, tasks: Vec<Task>) -> anyhow::Result<Verdict> {
    let board = Board::new(work, tasks.iter().map(|task| task.blocks.len()).sum());
    let threads = rayon::current_num_threads();
    let groups = match tasks.is_empty() {
        true => Vec::new(),
        false => groups(work, cache, &board, tasks)?,
    };
    if !groups.is_empty() {
        let mut key_store = work.args.proving.key_store(cache)?;
        for group in &groups {
            prove_group(work, &board, &mut key_store, group, threads)?;
            if !board.goes_on() {
                break;
            }
            key_store.forget();
        }
    }
    Ok(if board.close(threads)? == 0 { Verdict::Success } else { Verdict::Unknown })
}

/// Looks at every block once, so that bad ones are told at once, and keys are had once. Blocks are not kept: there may be more
/// than fit into memory. Large statements come first: what does not fit, or fails, is told early.
fn groups(work: &Work<'_>, cache: &Cache, board: &Board<'_>, tasks: Vec<Task>) -> anyhow::Result<Vec<Group>> {
    let spinner = shared::spinner(format!("looking at {} blocks", board.blocks()));
    let surveyed: Vec<Vec<(Task, anyhow::Result<Statement>)>> =
        tasks.into_par_iter().map(|task| survey_together(work, board, task)).collect();
    spinner.finish_and_clear();
    let mut by_statement: BTreeMap<_, Vec<Task>> = BTreeMap::new();
    for (task, statement) in surveyed.into_iter().flatten() {
        match statement {
            Ok(statement) => {
                board.expect(statement.k());
                by_statement.entry((Reverse(statement.k()), statement)).or_default().push(task);
            }
            Err(error) => drop(board.tell(&task, None, Outcome::Failed(error))),
        }
    }
    let (memory, most) = limits(work);
    let groups = by_statement.into_iter().map(|((_, statement), tasks)| {
        let fits = match memory {
            Some(memory) => work.fit(cache, &statement, memory, &tasks[0])?,
            None => 1,
        };
        Ok(Group { statement, tasks, fits: fits.min(most) })
    });
    groups.collect()
}

/// Memory, and proofs at once.
fn limits(work: &Work<'_>) -> (Option<Bytes>, usize) {
    let most = work.args.workers.map_or(usize::MAX, usize::from);
    let memory = work.args.memory.or_else(|| memory::available().map(memory::share));
    if memory.is_none() && most > 1 {
        output::say(format_args!(
            "this system does not report free memory: one proof at a time; --memory allows several at once"
        ));
    }
    (memory, most)
}

/// The statement of a task. Blocks that cannot be proved together are tasks of their own: a bad one keeps no other back.
fn survey_together(work: &Work<'_>, board: &Board<'_>, task: Task) -> Vec<(Task, anyhow::Result<Statement>)> {
    let Some(together) = work.args.together else {
        let statement = survey(work, &task);
        return vec![(task, statement)];
    };
    let statement = match task.blocks.len() {
        whole if whole == together => survey(work, &task),
        over => Err(anyhow::anyhow!("{over} left over from groups of {together}")),
    };
    let error = match statement {
        Ok(statement) => return vec![(task, Ok(statement))],
        Err(error) => why(&error),
    };
    board.say(&format!("{task}: proved one by one: {error}"));
    let survey_one = |task: Task| {
        let statement = survey(work, &task);
        (task, statement)
    };
    task.apart(work.args.out.as_deref()).into_iter().map(survey_one).collect()
}

fn survey(work: &Work<'_>, task: &Task) -> anyhow::Result<Statement> {
    for block in &task.blocks {
        work.args.proving.check_file(&task.out, block, &work.args.models)?;
    }
    work.statement(&work.read(task)?, task)
}

fn prove_group(
    work: &Work<'_>,
    board: &Board<'_>,
    key_store: &mut KeyStore<'_>,
    group: &Group,
    threads: usize,
) -> anyhow::Result<()> {
    let k = group.statement.k();
    let prover = match Prover::new(key_store, &group.statement) {
        Ok(prover) => prover,
        Err(error) => {
            let error = why(&anyhow::Error::new(error));
            for task in &group.tasks {
                let why = anyhow::anyhow!("{task}: {error}");
                if !board.tell(task, Some(k), Outcome::Failed(why)) {
                    break;
                }
            }
            return Ok(());
        }
    };
    board.reveal();
    let done = prove_open(work, board, &prover, group, threads);
    board.conceal();
    done
}

/// Skips what is proved, and proves the rest.
fn prove_open(
    work: &Work<'_>,
    board: &Board<'_>,
    prover: &Prover,
    group: &Group,
    threads: usize,
) -> anyhow::Result<()> {
    let k = group.statement.k();
    let open: Vec<&Task> = group
        .tasks
        .par_iter()
        .filter(|task| match already(work, prover, task) {
            Ok(false) => true,
            Ok(true) => !board.tell(task, Some(k), Outcome::Skipped(work.members(task, &group.statement))),
            Err(error) => {
                board.tell(task, Some(k), Outcome::Failed(error));
                false
            }
        })
        .collect();
    let mut rest = &open[..];
    for round in plan::rounds(open.len(), group.fits, threads) {
        let (now, later) = rest.split_at(round.blocks);
        board.begin(round.threads.len());
        let done = prove_round(work, board, prover, &group.statement, &round, now);
        board.end();
        done?;
        rest = later;
    }
    Ok(())
}

/// Whether the bundle is there already. It is not believed by its name: it has to prove just what would be proved.
fn already(work: &Work<'_>, prover: &Prover, task: &Task) -> anyhow::Result<bool> {
    if work.args.force || !task.out.exists() {
        return Ok(false);
    }
    let another = || {
        format!(
            "{}: the proof of {task} was expected, or nothing; move it away, give another --out, or write over it with --force",
            task.out.display()
        )
    };
    let bundle = Bundle::from_bytes(&files::read(&task.out, files::BUNDLE)?).with_context(another)?;
    let secret = match work.args.proving.hide {
        true => Some(shared::secret(&files::secret_beside(&task.out)).with_context(another)?),
        false => None,
    };
    let known = work.read(task)?;
    let binding = work.binding(&known);
    let blocks: Vec<Block> = known.into_iter().map(|known| known.block).collect();
    let salts = work.salts(secret, task);
    let witness = work.witness(&blocks, &salts);
    let output_salts = Secret::output_salts(secret, work.models);
    let models = with_salts(work.models, &output_salts);
    prover.verify_existing(&bundle, &witness, &models, &binding).with_context(another)?;
    Ok(true)
}

/// Each worker takes the next block when it is done with one.
fn prove_round(
    work: &Work<'_>,
    board: &Board<'_>,
    prover: &Prover,
    statement: &Statement,
    round: &Round,
    tasks: &[&Task],
) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let worker = |threads: usize| -> anyhow::Result<()> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build()?;
        while board.goes_on()
            && let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let outcome = match pool.install(|| prove_one(work, board, prover, statement, task)) {
                Ok(members) => Outcome::Proved(members),
                Err(error) => Outcome::Failed(error),
            };
            board.tell(task, Some(statement.k()), outcome);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = round.threads.iter().map(|threads| scope.spawn(|| worker(*threads))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => done.context("starting threads"),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

fn prove_one(
    work: &Work<'_>,
    board: &Board<'_>,
    prover: &Prover,
    statement: &Statement,
    task: &Task,
) -> anyhow::Result<serde_json::Map<String, serde_json::Value>> {
    let started = Instant::now();
    work.check_out(task)?;
    let known = work.read(task)?;
    known.iter().flat_map(Known::notes).for_each(|note| board.say(&note));
    // It may have been written to since it was looked at.
    let found = work.statement(&known, task)?;
    if found != *statement {
        bail!("{task}: the file changed while others were proved; start again");
    }
    let (members, warnings) = work.prove(prover, statement, task, &known, started)?;
    warnings.iter().for_each(|warning| board.say(warning));
    Ok(members)
}
