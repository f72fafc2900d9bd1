//! Scores, consensus, signatures, choices, mempool and signals: what is computed of committed values.

use foldproof_circuits::stages::choice::{self, Kind, NetworkState, Table};
use foldproof_circuits::stages::consensus::{self, Consensus, Threshold, Validator, Validators};
use foldproof_circuits::stages::criteria::{self, Criteria, Criterion, Score};
use foldproof_circuits::stages::mempool::{Prediction, Snapshot};
use foldproof_circuits::stages::signals::{Departure, Drift, Trend};
use foldproof_circuits::stages::simhash::{Nearest, Signature};
use serde_json::{Value, json};

use super::{cases, fingerprint, to, wide};

#[test]
fn scores() {
    for case in cases("criteria", 120) {
        let row = |row: &Value| Criterion {
            raw: to(&row["raw"]),
            min: to(&row["min"]),
            max: to(&row["max"]),
            weight: to(&row["weight"]),
        };
        let rows = case["criteria"].as_array().unwrap().iter().map(row).collect();
        let method = criteria::Method::from_name(case["method"].as_str().unwrap()).unwrap();
        let score = Score::new(&Criteria::new(rows).unwrap(), method);
        let found =
            json!({ "normalised": score.normalised, "value": score.value, "confidence": score.confidence });
        assert_eq!(found, case["expected"], "{method:?}");
    }
}

#[test]
fn consensuses() {
    let mut outliers = 0;
    for case in cases("consensus", 240) {
        let row = |row: &Value| Validator {
            score: to(&row["score"]),
            confidence: to(&row["confidence"]),
            stake: to(&row["stake"]),
        };
        let validators =
            Validators::new(case["validators"].as_array().unwrap().iter().map(row).collect()).unwrap();
        let method = consensus::Method::from_name(case["method"].as_str().unwrap()).unwrap();
        let [num, den] = to(&case["threshold"]);
        let found = Consensus::new(&validators, method, Threshold::new(num, den).unwrap());
        let count = found.outliers.iter().filter(|outlier| **outlier).count();
        let mut members = json!({
            "insufficient": found.insufficient,
            "value": found.value,
            "confidence": found.confidence,
            "outliers": count,
            "mask": found.mask(),
        });
        if !found.insufficient {
            members["median2"] = json!(found.median);
            members["mad4"] = json!(found.mad);
            members["deviation"] = json!(found.deviation);
        }
        assert_eq!(members, case["expected"], "{method:?}");
        outliers += count;
    }
    assert!(outliers > 100, "the vectors have outliers");
}

#[test]
fn signatures() {
    let case = cases("signatures", 1).remove(0);
    let list = |name: &str, count: usize| {
        let list = case[name].as_array().unwrap();
        assert_eq!(list.len(), count);
        list
    };
    for pair in list("vectors", 21) {
        assert_eq!(json!(Signature::of_values(&fingerprint(&pair[0])).bits.to_string()), pair[1]);
    }
    for pair in list("contents", 6) {
        let content = pair[0].as_str().unwrap();
        assert_eq!(json!(Signature::of_bytes(content.as_bytes()).bits.to_string()), pair[1], "{content}");
    }
    let mut matches = 0;
    for search in list("searches", 60) {
        let query: u64 = search["query"].as_str().unwrap().parse().unwrap();
        let found = Nearest::new(query, &wide(&search["index"])).unwrap();
        assert_eq!(json!(found.distances), search["distances"]);
        let matched = found.nearest.filter(|_| found.matched);
        let members =
            matched.map(|(position, distance)| json!({ "position": position, "distance": distance }));
        assert_eq!(json!(members), search["match"]);
        matches += usize::from(found.matched);
    }
    assert!((10..50).contains(&matches), "both are tried");
}

#[test]
fn choices() {
    for case in cases("tables", 138) {
        let list = |name: &str| case[name].as_array().unwrap().iter();
        let found = match case["kind"].as_str().unwrap() {
            "top" => {
                let table = Table::new(Kind::Values, to(&case["values"])).unwrap();
                json!({ "indices": choice::top(table.values(), to(&case["k"])) })
            }
            "q" => {
                let table = Table::new(Kind::Q, to(&case["table"])).unwrap();
                let [size, latency, partition, loss]: [u64; 4] = to(&case["state"]);
                let network = NetworkState { size, latency, partition: partition == 1, loss };
                let found = choice::q_choice(&table, &network).unwrap();
                json!({ "state": found.state, "action": found.action, "fanout": found.fan_out, "ttl": found.ttl })
            }
            "bandit" => {
                let values = list("arms").flat_map(to::<[i64; 2]>).collect();
                json!({ "choice": choice::bandit(&Table::new(Kind::Bandit, values).unwrap()) })
            }
            "contextual" => {
                let arm = |arm: &Value| {
                    let matrix: [[i64; 4]; 4] = to(&arm["C"]);
                    [&to::<[i64; 4]>(&arm["w"])[..], matrix.as_flattened()].concat()
                };
                let table = Table::new(Kind::Contextual, list("arms").flat_map(arm).collect()).unwrap();
                let found = choice::contextual(&table, &to(&case["x"])).unwrap();
                let bounds: Vec<String> = found.arms.iter().map(|arm| arm.bound().to_string()).collect();
                json!({ "bounds": bounds, "choice": found.choice })
            }
            _ => json!({ "algorithm": choice::compression(to(&case["size"])) }),
        };
        assert_eq!(found, case["expected"], "{}", case["kind"]);
    }
}

#[test]
fn mempools() {
    for case in cases("mempools", 200) {
        let snapshot = |case: &Value| Snapshot {
            transactions: to(&case["tx"]),
            gwei: to::<u64>(&case["gwei"]).into(),
            value: case["value"].as_str().unwrap().parse().unwrap(),
            mask: to(&case["mask"]),
            time: to(&case["time"]),
        };
        let before = (!case["before"].is_null()).then(|| snapshot(&case["before"]));
        let found = Prediction::new(&snapshot(&case["now"]), before.as_ref());
        let members = json!({
            "raw": found.raw,
            "score": found.score,
            "tags": found.names().collect::<Vec<_>>(),
            "confidence": found.confidence,
            "eta": found.eta,
        });
        assert_eq!(members, case["expected"], "{case}");
    }
}

#[test]
fn signals() {
    let mut signs = [0; 3];
    for case in cases("signals", 60) {
        let vectors = |name: &str| case[name].as_array().unwrap().iter().map(fingerprint).collect::<Vec<_>>();
        let fingerprints = vectors("fingerprints");
        let older = (case["older"] == true).then_some(&fingerprints[2]);
        let drift = Drift::new(&fingerprints[0], &fingerprints[1], older);
        let members = json!({
            "velocity": drift.velocity,
            "acceleration": drift.acceleration,
            "accelerating": drift.accelerating,
            "confidence": drift.confidence,
        });
        assert_eq!(members, case["drift"]);
        let departure = Departure::new(&fingerprints[0], &vectors("centres"), Departure::USUAL).unwrap();
        let members = json!({
            "nearest": departure.nearest,
            "distance": departure.distance,
            "outlier": departure.outlier,
        });
        assert_eq!(members, case["departure"]);
        let trend = Trend::new(&to::<Vec<u32>>(&case["counts"])).unwrap();
        assert_eq!(json!(trend.sign()), case["trend"], "{}", case["counts"]);
        signs[usize::try_from(trend.sign() + 1).unwrap()] += 1;
    }
    assert!(signs.iter().all(|count| *count > 2), "every trend is tried: {signs:?}");
}
