//! The readable summary of a verifying key: what a reviewer of a change looks at.

use std::fmt::Write;

use foldproof_circuits::layout::Layout;
use foldproof_params::Digest;
use foldproof_verifier::VerifierKey;
use halo2_proofs::plonk::{Expression, VerifyingKey};
use halo2curves::bn256::G1Affine;

/// About fifty lines: rows, columns, gates by name and degree, copies, proof bytes, digests.
pub fn summary(
    layout: &Layout,
    key: &VerifyingKey<G1Affine>,
    verifying: &VerifierKey,
    digest: Digest,
) -> String {
    let cs = key.cs();
    let sheet = layout.sheet();
    let mut text = String::new();
    let mut put = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:24}{value}");
    };
    put("statement", layout.statement().name());
    put("key SHA-256", digest.to_string());
    put("key identity", hex::encode(verifying.digest()));
    put("rows", format!("{} usable of 2^{}", sheet.rows(), layout.statement().k()));
    for stage in layout.stages() {
        put("", format!("{}: {} rows from {}", stage.name, stage.rows, stage.start));
    }
    put("advice columns", cs.num_advice_columns().to_string());
    put("fixed columns", format!("{} with combined selectors", cs.num_fixed_columns()));
    put("permuted columns", cs.permutation().get_columns().len().to_string());
    put("built-in look-ups", cs.lookups().len().to_string());
    put("degree", cs.degree().to_string());
    put("copies", (sheet.copies().len() + sheet.instance().len()).to_string());
    put("public inputs", sheet.instance().len().to_string());
    put("transparent proof", format!("{} bytes", verifying.proof_length()));
    for gate in cs.gates() {
        let degree = gate.polynomials().iter().map(Expression::degree).max().unwrap_or_default();
        put("gate", format!("{}: {} constraints, degree {degree}", gate.name(), gate.polynomials().len()));
    }
    text
}
