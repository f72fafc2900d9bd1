//! Long work: on a thread of its own, without Python's lock, with its progress told and signals heard.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use foldproof_prover::cancel::Cancel;
use foldproof_prover::keys::Event;
use foldproof_prover::plonk::Phase;
use pyo3::prelude::*;

use crate::errors::Failure;

/// How often signals are looked for.
const TICK: Duration = Duration::from_millis(100);
/// How long work that was cancelled is waited for. What takes longer ends by itself at its next step, and its result is dropped.
const GRACE: Duration = Duration::from_secs(5);

/// A stage, and how far it is of how much: of 0 where that is not known.
type Stage = (String, u64, u64);

/// Tells progress, from any thread. When the last is dropped, the work is over.
#[derive(Clone, Debug)]
pub struct Teller(Sender<Stage>);

impl Teller {
    /// Of keys and parameters.
    pub fn event(&self, event: Event) {
        let stage = match event {
            Event::Progress(progress) => (progress.stage.to_owned(), progress.done, progress.total),
            Event::Warning(warning) => (format!("warning: {warning}"), 0, 0),
            Event::Done => return,
        };
        drop(self.0.send(stage));
    }

    /// Of a proof: a phase has ended.
    pub fn phase(&self, phase: Phase) {
        let ended = (1..).zip(Phase::ALL).find(|(_, other)| *other == phase).map_or(0, |(place, _)| place);
        drop(self.0.send((format!("proving: {}", phase.name()), ended, Phase::ALL.len() as u64)));
    }
}

/// Does `work` on a thread and waits for it without Python's lock. Python's signal handlers run meanwhile: if one raises, or `progress`
/// does, the work is cancelled, and that is the error.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Cancel, Teller) -> Result<T, Failure> + Send + 'static,
) -> PyResult<T> {
    foldproof_prover::processor::check().map_err(Failure::Other)?;
    let cancel = Cancel::new();
    let (tell, told) = mpsc::channel();
    let own = cancel.clone();
    let thread = thread::Builder::new().name("foldproof".to_owned());
    let thread = thread
        .spawn(move || work(&own, Teller(tell)))
        .map_err(|error| Failure::Other(format!("starting a thread: {error}")))?;
    wait(py, progress, &cancel, &Mutex::new(told))?;
    match py.detach(|| thread.join()) {
        Ok(result) => Ok(result?),
        Err(_) => Err(Failure::Other("this is a defect: please report what was done".to_owned()).into()),
    }
}

/// Waits until nobody tells anything any more.
fn wait(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    cancel: &Cancel,
    told: &Mutex<Receiver<Stage>>,
) -> PyResult<()> {
    let mut stopped: Option<(PyErr, Instant)> = None;
    loop {
        let next = py.detach(|| told.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(TICK));
        let wrong = match (next, &stopped) {
            (Err(RecvTimeoutError::Disconnected), None) => return Ok(()),
            (Err(RecvTimeoutError::Disconnected), Some((error, _))) => return Err(error.clone_ref(py)),
            (_, Some((error, since))) if since.elapsed() > GRACE => return Err(error.clone_ref(py)),
            (Ok(stage), None) => progress.and_then(|progress| progress.call1(stage).err()),
            (Ok(_), Some(_)) | (Err(RecvTimeoutError::Timeout), _) => None,
        };
        let wrong = wrong.or_else(|| py.check_signals().err());
        if let (Some(error), None) = (wrong, &stopped) {
            cancel.cancel();
            stopped = Some((error, Instant::now()));
        }
    }
}
