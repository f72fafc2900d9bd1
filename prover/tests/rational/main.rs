//! The pipeline and the models a second time, in fractions of unbounded integers, written from the text of the
//! specification and of `docs/model.md`. Nothing of the code under test is used but its types; results must be equal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod edges;
mod exact;
mod fingerprints;
mod model;
mod models;
mod pipeline;

use proptest::test_runner::{Config, FileFailurePersistence};

/// So many cases; what failed once is tried first ever after.
fn cases(cases: u32) -> Config {
    let persistence = FileFailurePersistence::WithSource("regressions");
    Config { cases, failure_persistence: Some(Box::new(persistence)), ..Config::default() }
}
