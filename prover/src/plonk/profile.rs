//! Where the time of a proof goes.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cancel::Cancel;

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Laying the witness out.
    Layout,
    /// Commitments to the columns of the first phase.
    Advice,
    /// Fractions and sums of look-ups, and what models have after the first challenges, with commitments.
    Lookups,
    /// Products of the permutation, with commitments.
    Permutation,
    /// The quotient: transforms of columns, to coefficients and to cosets.
    Transforms,
    /// The quotient: constraints at each point.
    Constraints,
    /// The quotient: commitments to its pieces, and to the random polynomial it is blinded with.
    Commitments,
    /// Values of all polynomials at the last challenge.
    Evaluations,
    /// The argument that these values are right.
    Opening,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 9] = [
        Self::Layout,
        Self::Advice,
        Self::Lookups,
        Self::Permutation,
        Self::Transforms,
        Self::Constraints,
        Self::Commitments,
        Self::Evaluations,
        Self::Opening,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::Advice => "advice commitments",
            Self::Lookups => "look-ups",
            Self::Permutation => "permutation",
            Self::Transforms => "quotient transforms",
            Self::Constraints => "quotient constraints",
            Self::Commitments => "quotient commitments",
            Self::Evaluations => "evaluations",
            Self::Opening => "opening",
        }
    }
}

/// Hears of phases as they end; a phase of the quotient ends several times.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(Phase) + Send + Sync>);

impl Watch {
    /// Calls `heard`, from the thread that proves.
    pub fn new(heard: impl Fn(Phase) + Send + Sync + 'static) -> Self {
        Self(Arc::new(heard))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// How long each phase of a proof took.
#[derive(Clone, Debug)]
pub struct Profile {
    times: [Duration; Phase::ALL.len()],
    since: Instant,
    watch: Option<Watch>,
    cancel: Cancel,
}

impl Profile {
    /// Starts the clock.
    pub fn start() -> Self {
        Self::watched(None, Cancel::new())
    }

    /// Starts the clock of a proof that somebody watches and may stop.
    pub fn watched(watch: Option<Watch>, cancel: Cancel) -> Self {
        Self { times: Default::default(), since: Instant::now(), watch, cancel }
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// If the proof was cancelled.
    pub fn go_on(&self) -> io::Result<()> {
        match self.cancel.is_cancelled() {
            true => Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled")),
            false => Ok(()),
        }
    }

    /// What has passed since the last phase ended, or since the start, was for this one.
    pub fn end(&mut self, phase: Phase) {
        let now = Instant::now();
        self.times[phase as usize] += now - self.since;
        self.since = now;
        if let Some(Watch(heard)) = &self.watch {
            heard(phase);
        }
    }

    /// Time of all phases.
    pub fn total(&self) -> Duration {
        self.times.iter().sum()
    }

    /// Phases in order, with the time they took.
    pub fn phases(&self) -> impl Iterator<Item = (Phase, Duration)> {
        Phase::ALL.into_iter().zip(self.times)
    }
}
