//! How far a long task is.

/// How far a long task is, for a bar and the time left. Work within one stage is even: `done / total` is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done; stages follow one another.
    pub stage: &'static str,
    /// Units finished in this stage.
    pub done: u64,
    /// Units of this stage.
    pub total: u64,
}
