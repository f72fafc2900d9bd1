//! For each clause of the definition, somebody who computes everything by it but this clause, and writes that into the circuit with
//! all that follows. Who recomputes natively sees another result, and the circuit refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod code;
mod commitments;
mod fold;
mod models;
mod plain;
mod rule_clauses;
mod rule_sums;
mod rules;

use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::testing::{Examiner, Forger, Verdict};

/// Judges a lie that breaks `clause`: it must change something, what is public if `public`, and be refused.
fn refused(examiner: &Examiner<'_>, forger: &Forger, lies: Lies, clause: &str, public: bool) -> Verdict {
    let verdict = examiner.judge(forger, lies);
    assert!(verdict.changed, "{clause}: the witness does not show the difference");
    assert!(!public || verdict.public, "{clause}: nothing public changes, so recomputing shows nothing");
    assert!(!verdict.killers.is_empty(), "{clause}: the circuit takes it");
    verdict
}

fn cell(column: usize, row: usize) -> Cell {
    Cell { column, row }
}
