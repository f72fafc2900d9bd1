//! From the exponential to the forest: what is computed of one block.

use foldproof_circuits::exponential::exponential;
use foldproof_circuits::stages::anomaly::{Density, LABELS, Parts, Verdict, tag_units};
use foldproof_circuits::stages::hypergraph::Hypergraph;
use foldproof_circuits::stages::residuals::Residuals;
use foldproof_circuits::stages::zones::{Zone, ZoneConfig, Zones};
use foldproof_prover::analytics::IsolationForest;
use foldproof_prover::model::graph_file::to_json;
use serde_json::{Value, json};

use super::{cases, fingerprint, to, wide};

#[test]
fn exponentials() {
    for case in cases("exponentials", 248) {
        let [v, expected]: [u64; 2] = to(&case);
        assert_eq!(exponential(v), expected, "{v}");
    }
}

#[test]
fn residuals() {
    for case in cases("residuals", 100) {
        let squares: Vec<u128> = wide(&case["squares"]);
        let found = Residuals::new(&squares.try_into().unwrap());
        let members = json!([found.roots, found.sum, found.mean, found.max, found.p95]);
        assert_eq!(
            members,
            json!([case["r"], case["sum"], case["mean"], case["max"], case["p95"]]),
            "{case}"
        );
    }
}

#[test]
fn zones_and_hyperedges() {
    let (mut edges, mut with_edges, mut equal) = (0, 0, 0);
    for case in cases("zones", 120) {
        let config = ZoneConfig::new(to(&case["config"])).unwrap();
        let zones = Zones::new(to(&case["centres"]), &config);
        let members = |zone: &Zone| json!({ "row": zone.row, "sum": zone.sum, "mask": zone.mask });
        let list: Vec<Value> = zones.zones.iter().map(members).collect();
        assert_eq!(Value::Array(list), case["zones"]);
        assert_eq!(
            (json!(zones.regime), json!(zones.scores)),
            (case["regime"].clone(), case["scores"].clone())
        );
        let graph = Hypergraph::new(&zones, &config);
        let list: Vec<Value> =
            graph.edges.iter().map(|edge| json!({ "nodes": edge.nodes, "sum": edge.sum })).collect();
        assert_eq!(Value::Array(list), case["hyperedges"]);
        assert_eq!(json!(Density::new(&zones, &config).value), case["density"]);
        edges += graph.edges.len();
        with_edges += usize::from(!graph.edges.is_empty());
        equal += zones.order.windows(2).filter(|pair| zones.sums[pair[0]] == zones.sums[pair[1]]).count();
    }
    // The vectors have what they are to try.
    println!("{edges} hyperedges in {with_edges} cases, {equal} pairs of equal sums");
    assert!(with_edges > 20 && equal > 50);
}

fn verdict(verdict: &Verdict) -> [Value; 4] {
    [json!(verdict.raw), json!(verdict.score), json!(verdict.similarity()), json!(LABELS[verdict.label])]
}

#[test]
fn verdicts() {
    let case = cases("verdicts", 1).remove(0);
    let expected = |case: &Value| ["raw", "score", "similarity", "label"].map(|name| case[name].clone());
    let verdicts = case["verdicts"].as_array().unwrap();
    assert_eq!(verdicts.len(), 150);
    for case in verdicts {
        let [forest, density, residual, units]: [u64; 4] = to(&case["parts"]);
        let parts = Parts { density, residual, units };
        assert_eq!(verdict(&parts.verdict()), expected(&case["plain"]), "{case}");
        assert_eq!(verdict(&parts.hybrid(forest)), expected(&case["hybrid"]), "{case}");
    }
    let units = case["units"].as_array().unwrap();
    assert_eq!(units.len(), 150);
    for case in units {
        let [mask, zones, plain, with_zones]: [u64; 4] = to(case);
        let zones = u16::try_from(zones).unwrap();
        assert_eq!([tag_units(mask, None), tag_units(mask, Some(zones))], [plain, with_zones], "{case}");
    }
}

#[test]
fn forests() {
    for case in cases("forests", 4) {
        let forest = IsolationForest::parse(case["forest"].to_string().as_bytes()).unwrap();
        let vectors = case["vectors"].as_array().unwrap().iter().map(fingerprint);
        let scores = vectors.map(|values| {
            let (rows, _) = values.as_chunks::<16>();
            let found = forest.evaluate(&rows.try_into().unwrap());
            json!({
                "path_sum": found.path_sum,
                "exponent": found.exponent,
                "score": found.score,
                "normalised": found.normalised,
                "anomalous": found.anomalous,
            })
        });
        assert_eq!(Value::Array(scores.collect()), case["scores"]);
    }
}

/// Whatever is no forest is refused with its place.
#[test]
fn what_is_no_forest() {
    let refused = |trees: Value, message: &str| {
        let forest = json!({ "psi": 256, "threshold": 0, "trees": trees });
        let error = IsolationForest::parse(forest.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}\n{message}");
    };
    let deep = |splits: usize| {
        let mut tree = vec![json!([0, 0, 0, 1]); splits - 1];
        tree.push(json!([0, 0, 1, 1]));
        json!([tree])
    };
    let accepted = json!({ "psi": 256, "threshold": 0, "trees": deep(8) });
    assert!(IsolationForest::parse(accepted.to_string().as_bytes()).is_ok());
    refused(deep(9), "trees[0][8]");
    refused(json!([]), "an array of 1 to 256");
    refused(json!([[]]), "trees[0]");
    refused(json!([[[96, 0, 1, 1]]]), "trees[0][0][0]");
    refused(json!([[[0, 8_589_934_592u64, 1, 1]]]), "trees[0][0][1]");
    refused(json!([[[0, 0, 256, 1]]]), "trees[0][0][2]");
    refused(json!([[[0, 0, 1, 0]]]), "trees[0][0][3]");
    refused(json!([[[0, 0, 1, 384]]]), "trees[0][0][3]");
    refused(json!([[[0, 0, 0, 1]]]), "splits that are in the tree");
    refused(json!([[[0, 0, 1, 300], [0, 0, 1, 1]]]), "splits that are in the tree");
    refused(json!([[[0, 0, 1, 1], [0, 0, 1, 1]]]), "a split that a path reaches");
    refused(json!([[[0, 0, 0, 257], [0, 0, 0, 1], [0, 0, 1, 1]]]), "splits with one path to them");
    for (key, value) in [("psi", 2), ("psi", 257), ("threshold", (1u64 << 32) + 1)] {
        let mut forest = json!({ "psi": 256, "threshold": 0, "trees": [[[0, 0, 1, 1]]] });
        assert!(IsolationForest::parse(forest.to_string().as_bytes()).is_ok());
        forest[key] = json!(value);
        let error = IsolationForest::parse(forest.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}

/// A forest as a model file is the same forest: its samples are those of its leaves.
#[test]
fn a_model_file_is_a_forest_too() {
    // Three trees of 9 samples.
    let trees = json!([
        [[3, -5, 0, 257], [95, 0, 1, 3], [0, 7, 2, 3]],
        [[17, 1_000_000, 4, 5]],
        [[17, -1_000_000, 0, 1], [1, 2, 7, 1]],
    ]);
    let listed = json!({ "psi": 9, "threshold": 2_800_000_000u64, "trees": trees });
    let listed = IsolationForest::parse(listed.to_string().as_bytes()).unwrap();
    let file = |forest: &IsolationForest| to_json(forest.model());
    let imported = IsolationForest::parse(file(&listed).as_bytes()).unwrap();
    assert_eq!(imported.shape(), (3, 9));
    let mut anomalous = [0; 2];
    for seed in 0..40i64 {
        let value = |i: i64| (seed * 7_919 + i * 104_729) % 4_000_003 - 2_000_000;
        let folded = std::array::from_fn(|row| std::array::from_fn(|j| value(row as i64 * 16 + j as i64)));
        let found = listed.evaluate(&folded);
        assert_eq!(imported.evaluate(&folded), found);
        anomalous[usize::from(found.anomalous)] += 1;
    }
    assert!(anomalous.iter().all(|count| *count > 0), "both are there: {anomalous:?}");
    // Trees of different numbers of samples are of no isolation forest.
    let other = json!({ "psi": 9, "threshold": 0, "trees": [[[0, 0, 4, 5]], [[0, 0, 4, 4]]] });
    let other = IsolationForest::parse(other.to_string().as_bytes()).unwrap();
    let error = IsolationForest::parse(file(&other).as_bytes()).unwrap_err().to_string();
    assert!(error.contains("parameters: expected leaves of an isolation forest"), "{error}");
}
