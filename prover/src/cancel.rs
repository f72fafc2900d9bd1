//! Stopping work that takes long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks for work to stop. Clones are one and the same; any thread may ask.
///
/// Making keys stops between its steps (parameters, verifying key, proving key), a proof after the phase it is in
/// ([`Phase`](crate::plonk::Phase)): of a circuit of 2^17 rows that is a few seconds.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether anybody has asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
