//! The pipeline against the specification's plain reference, bit for bit, and against the floating-point one.
//!
//! Blocks come from the data folder beside the workspace, where there is one, and otherwise from the three copies
//! under `vectors/blocks`. `scripts/reference-vectors.sh` makes the vectors.

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::pipeline::{Fingerprint, evaluate};
use foldproof_circuits::stages::commit::Salts;
use foldproof_prover::codebook::Document;
use foldproof_prover::input::read_block;
use serde_json::Value;

/// 2⁻³².
const UNIT: f64 = 1.0 / 4_294_967_296.0;
/// How far real blocks may be from the floating-point reference; made ones have fractional amounts.
const TOLERANCE: f64 = 3.0 * UNIT;
const TOLERANCE_MADE: f64 = 5e-9;
/// How far residuals may be: normalised values are rounded to 2⁻²⁴, after being divided by deviations down to 10⁻³.
const TOLERANCE_RESIDUAL: f64 = 1e-6;
/// Squared distances closer than this are a tie.
const TIE: f64 = 1e-6;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// The data folder, if it is there.
fn shared() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    data.join("blocks").is_dir().then_some(data)
}

fn document() -> Document {
    let bytes = fs::read(vectors().join("learned-64.json")).expect("the codebook is committed");
    Document::parse(&bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn fingerprint(path: &Path, codebook: &Codebook) -> Fingerprint {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (block, _) = read_block(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    evaluate(&block, codebook, &Salts::none()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[test]
fn every_integer_is_the_references() {
    let codebook = document().quantise().unwrap_or_else(|error| panic!("{error}"));
    let reference = json(&vectors().join("reference.json"));
    let reference = reference.as_object().expect("an object");
    assert_eq!(reference.len(), 48);
    let folders = [shared().map(|shared| shared.join("blocks")), Some(vectors().join("blocks"))];
    let find = |name: &str| {
        folders.iter().flatten().map(|folder| folder.join(format!("{name}.json"))).find(|path| path.exists())
    };
    let mut compared = 0;
    for (name, expected) in reference {
        let Some(path) = find(name) else { continue };
        let found = fingerprint(&path, &codebook);
        let residuals = found.code.residual_squared.map(|r| r.to_string());
        assert_eq!(serde_json::json!(found.folded), expected["folded"], "{name}: folded");
        assert_eq!(serde_json::json!(found.code.indices), expected["pq"], "{name}: pq");
        assert_eq!(serde_json::json!(residuals), expected["residual2"], "{name}: residuals");
        assert_eq!(serde_json::json!(found.code.within_bound), expected["within_bound"], "{name}: bound");
        compared += 1;
    }
    println!("{compared} of {} blocks are the reference's, bit for bit", reference.len());
    assert!(compared >= 3);
}

#[test]
fn floating_point_agrees_within_its_accuracy() {
    let Some(shared) = shared() else {
        println!("skipped: there is no ../shared/data beside the workspace");
        return;
    };
    let document = document();
    let codebook = document.quantise().unwrap_or_else(|error| panic!("{error}"));
    let (mut worst, mut worst_residual) = ([0f64; 2], 0f64);
    let (mut indices, mut ties, mut blocks, mut compared) = (0, 0, 0, 0);
    for entry in fs::read_dir(shared.join("expected")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let expected = json(&path);
        let found = fingerprint(&shared.join("blocks").join(&name), &codebook);
        let made = usize::from(name.starts_with("mock") || name.starts_with("solana"));
        let residuals = floats(&expected["residuals"]);
        assert_eq!(residuals.len(), 6, "{name}");
        for i in 0..6 {
            assert_eq!(floats(&expected["folded"][i]).len(), 16, "{name}");
            for (ours, theirs) in found.folded[i].iter().zip(floats(&expected["folded"][i])) {
                #[expect(clippy::cast_precision_loss, reason = "folded values are below 2^35")]
                let error = (*ours as f64 * UNIT - theirs).abs();
                worst[made] = worst[made].max(error);
                assert!(error <= [TOLERANCE, TOLERANCE_MADE][made], "{name}: vector {i} is off by {error:e}");
            }
            #[expect(clippy::cast_precision_loss, reason = "far more digits than are compared")]
            let residual = (found.code.residual_squared[i] as f64).sqrt() / 16_777_216.0;
            let normalized = floats(&expected["normalized"][i]);
            // Integers are saturated there, the floats are not.
            if normalized.iter().all(|z| z.abs() < 64.0) {
                worst_residual = worst_residual.max((residual - residuals[i]).abs());
                compared += 1;
            }
            for s in 0..4 {
                indices += 1;
                let theirs = expected["pqIndices"][i][s].as_u64().expect("an index");
                if u64::from(found.code.indices[i][s]) != theirs {
                    let gap = gap(&document, s, &normalized[4 * s..4 * s + 4]);
                    assert!(gap < TIE, "{name}: vector {i}, subspace {s}: {gap:e} is no tie");
                    ties += 1;
                }
            }
        }
        blocks += 1;
    }
    assert_eq!(blocks, 48);
    println!(
        "{blocks} blocks: off by at most {:.2} of 2^-32 (real), {:.1e} (made)",
        worst[0] / UNIT,
        worst[1]
    );
    assert!(worst_residual < TOLERANCE_RESIDUAL, "residuals are off by {worst_residual:e}");
    assert_eq!(indices, 48 * 24);
    println!("{compared} residuals are off by at most {worst_residual:.1e}");
    println!("{ties} of {indices} indices differ, all of them ties");
}

/// How much farther the second nearest centroid is, in squared distance.
fn gap(document: &Document, subspace: usize, part: &[f64]) -> f64 {
    let distance =
        |row: &[[f64; 4]; 4]| -> f64 { row[subspace].iter().zip(part).map(|(c, z)| (c - z) * (c - z)).sum() };
    let mut distances: Vec<f64> = document.centroids.iter().map(distance).collect();
    distances.sort_by(f64::total_cmp);
    distances[1] - distances[0]
}
