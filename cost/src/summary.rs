//! The readable summary of a verifying key: what a reviewer of a change looks at.

use std::fmt::Write;

use foldproof_params::Digest;
use foldproof_params::keys::KEY_DIGEST;
use foldproof_verifier::VerifierKey;

use crate::Cost;

/// About fifty lines: rows, columns, gates by name and degree, copies, proof bytes, digests.
pub fn summary(cost: &Cost, verifying: &VerifierKey, digest: Digest) -> String {
    let mut text = String::new();
    let mut put = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:24}{value}");
    };
    put("statement", cost.statement.clone());
    put("file SHA-256", digest.to_string());
    put(KEY_DIGEST, hex::encode(verifying.digest()));
    put("rows", format!("{} usable of 2^{}", cost.usable_rows, cost.k));
    for stage in &cost.stages {
        put("", format!("{}: {} rows from {}", stage.stage, stage.rows, stage.start));
    }
    put("advice columns", cost.advice.iter().sum::<usize>().to_string());
    put("fixed columns", format!("{} with combined selectors", cost.fixed + cost.selector_columns));
    put("permuted columns", cost.permuted.to_string());
    put("built-in look-ups", cost.built_in_lookups.to_string());
    put("degree", cost.degree.to_string());
    put("copies", cost.copies.to_string());
    put("public inputs", cost.public_inputs.to_string());
    put("transparent proof", format!("{} bytes", verifying.proof_length()));
    for gate in &cost.gates {
        put("gate", format!("{}: {} constraints, degree {}", gate.gate, gate.constraints, gate.degree));
    }
    text
}
