//! Fingerprints as JSON, under the names that the command line prints them by.

use foldproof_circuits::codebook::{Codebook, FOLD_BITS, PQ_BITS};
use foldproof_circuits::stages::commit;
use foldproof_circuits::stages::fold::Folded;
use foldproof_circuits::stages::pq::PqCode;
use foldproof_verifier::json::report::{field, object};
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

/// Names of the six vectors.
pub const VECTORS: [&str; 6] =
    ["mean", "deviation", "component 0", "component 1", "component 2", "component 3"];

/// A value at 2^-bits as the nearest double.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn real(value: i64, bits: u32) -> f64 {
    value as f64 / 2f64.powi(bits as i32)
}

/// How far each vector lies from its code, in normalised units.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub fn residuals(code: &PqCode) -> [f64; 6] {
    code.residual_squared.map(|r| (r as f64).sqrt() / 2f64.powi(PQ_BITS as i32))
}

/// Folded values and their code, with the commitments that depend on no size of circuit: `folded` (6 × 16), `folded_int` (the same at
/// 2⁻³²), `fingerprint` (the 96 values in order), `pq` (6 × 4 indices), `residuals`, `within_bound` and commitments without salts.
pub fn vectors(folded: &Folded, code: &PqCode, codebook: &Codebook) -> Map<String, Value> {
    let rows: Vec<Vec<f64>> =
        folded.iter().map(|row| row.iter().map(|v| real(*v, FOLD_BITS)).collect()).collect();
    object(json!({
        "folded": rows,
        "folded_int": folded,
        "fingerprint": rows.concat(),
        "pq": code.indices,
        "residuals": residuals(code),
        "within_bound": code.within_bound,
        "fold_commitment": field(&commit::folded(folded, Fr::zero())),
        "pq_commitment": field(&commit::pq(&code.indices, Fr::zero())),
        "codebook_root": field(&commit::codebook(codebook)),
    }))
}
