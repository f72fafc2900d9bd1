//! What is told of many proofs while they are made: results, a progress bar, and a summary.

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use foldproof_prover::many::pace::Pace;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::task::Task;
use super::{Work, failure};
use crate::why::why;
use crate::{interrupt, output};

/// Told by several threads at once.
pub struct Board<'a> {
    work: &'a Work<'a>,
    blocks: usize,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    bar: ProgressBar,
    pace: Pace,
    /// Time spent on rounds that are over.
    spent: Duration,
    /// When this round began.
    round: Option<Instant>,
    proved: usize,
    skipped: usize,
    failed: usize,
    /// Most proofs that were made at once.
    workers: usize,
    /// Why results cannot be printed any more.
    broken: Option<anyhow::Error>,
}

/// What became of a block.
pub enum Outcome {
    /// Proved, or skipped: what is told of it.
    Proved(Map<String, Value>),
    /// There was such a proof already.
    Skipped(Map<String, Value>),
    /// Not proved.
    Failed(anyhow::Error),
}

impl<'a> Board<'a> {
    pub fn new(work: &'a Work<'a>, blocks: usize) -> Self {
        let state = State {
            bar: bar(blocks, ProgressDrawTarget::hidden()),
            pace: Pace::default(),
            spent: Duration::ZERO,
            round: None,
            proved: 0,
            skipped: 0,
            failed: 0,
            workers: 0,
            broken: None,
        };
        state.advise(work, blocks);
        Self { work, blocks, started: Instant::now(), state: Mutex::new(state) }
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// A thread that panicked leaves counts that are right.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A proof is waited for.
    pub fn expect(&self, k: u32) {
        self.state().pace.expect(k);
    }

    /// Shows the bar, for work whose end a block at a time is told of. It makes room for that of the keys in between.
    pub fn reveal(&self) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let mut state = self.state();
        let bar = bar(self.blocks, ProgressDrawTarget::stderr());
        bar.set_position((state.proved + state.skipped + state.failed) as u64);
        bar.set_message(state.message());
        bar.enable_steady_tick(Duration::from_millis(500));
        state.bar = bar;
    }

    /// Takes the bar away.
    pub fn conceal(&self) {
        let mut state = self.state();
        state.bar.finish_and_clear();
        state.bar = bar(self.blocks, ProgressDrawTarget::hidden());
    }

    /// A round of so many proofs at once begins.
    pub fn begin(&self, workers: usize) {
        let mut state = self.state();
        state.workers = state.workers.max(workers);
        state.round = Some(Instant::now());
    }

    /// It ends.
    pub fn end(&self) {
        let mut state = self.state();
        state.spent = state.proving();
        state.round = None;
    }

    /// Says something beside the results.
    pub fn say(&self, text: &str) {
        self.state().bar.suspend(|| output::say(format_args!("{text}")));
    }

    /// Tells what became of the block or blocks of a task, of which `k` is known if it waited. Whether work goes on: results that nobody receives are
    /// not worth it.
    pub fn tell(&self, task: &Task, k: Option<u32>, outcome: Outcome) -> bool {
        let blocks = task.blocks.len();
        let mut state = self.state();
        match (&outcome, k) {
            (Outcome::Proved(_), Some(k)) => state.pace.proved(k, blocks),
            (_, Some(k)) => state.pace.drop(k),
            (_, None) => {}
        }
        let json = self.work.args.proving.json;
        let (count, line) = match outcome {
            Outcome::Proved(members) => (&mut state.proved, Some(members)),
            Outcome::Skipped(mut members) => {
                members.insert("skipped".to_owned(), json!("already proved"));
                (&mut state.skipped, Some(members))
            }
            Outcome::Failed(error) => {
                state.bar.suspend(|| output::complain(format_args!("{}", why(&error))));
                (&mut state.failed, json.then(|| failure(task, &error)))
            }
        };
        *count += blocks;
        state.advise(self.work, self.blocks);
        let printed = line.map_or(Ok(()), |members| state.bar.suspend(|| self.work.show(members)));
        if let Err(error) = printed {
            state.broken.get_or_insert(error);
        }
        state.bar.set_message(state.message());
        state.bar.inc(blocks as u64);
        state.broken.is_none()
    }

    /// Whether results can still be printed.
    pub fn goes_on(&self) -> bool {
        self.state().broken.is_none()
    }

    /// Says how it went; how many blocks are not proved.
    pub fn close(self, threads: usize) -> anyhow::Result<usize> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let State { proved, skipped, failed, workers, spent, pace, broken, .. } = state;
        if let Some(error) = broken {
            return Err(error);
        }
        let blocks = proved + skipped + failed;
        let rate = pace.per_hour(spent);
        let pace = rate.map_or(String::new(), |rate| {
            format!("; {} blocks per hour, {workers} at once on {threads} threads", rate.round())
        });
        output::say(format_args!(
            "{} of {blocks} blocks proved, {skipped} of them before this run, in {:.1} s{pace}",
            proved + skipped,
            self.started.elapsed().as_secs_f64()
        ));
        if self.work.args.proving.json {
            output::line(json!({ "summary": {
                "blocks": blocks,
                "proved": proved,
                "skipped": skipped,
                "failed": failed,
                "seconds": self.started.elapsed().as_secs_f64(),
                "proving_seconds": spent.as_secs_f64(),
                "blocks_per_hour": rate,
                "workers": workers,
                "threads": threads,
                "shard": self.work.args.shard.map(|shard| shard.to_string()),
            }}))?;
        }
        Ok(failed)
    }
}

fn bar(blocks: usize, target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(blocks as u64), target);
    // A line of 80 characters holds it.
    let style = ProgressStyle::with_template("{spinner} {bar:20} {pos}/{len} blocks{msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl State {
    /// Lets whoever interrupts know how to go on.
    fn advise(&self, work: &Work<'_>, blocks: usize) {
        // By force, all of them would be proved again.
        let how = if work.args.force { "the same command without --force" } else { "the same command again" };
        interrupt::advise(format!(
            "{} of {blocks} blocks are proved: start {how}, and it goes on with the others",
            self.proved + self.skipped
        ));
    }

    fn message(&self) -> String {
        let spent = self.proving();
        let pace = self.pace.per_hour(spent).zip(self.pace.time_left(spent));
        let told =
            |(rate, left): (f64, _)| format!(", {} blocks/hour, {} left", rate.round(), HumanDuration(left));
        pace.map(told).unwrap_or_default()
    }

    fn proving(&self) -> Duration {
        self.spent + self.round.map_or(Duration::ZERO, |round| round.elapsed())
    }
}
