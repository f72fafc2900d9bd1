//! What analytics found.

use foldproof_circuits::analytics::{Analytics, Configuration, Part};
use foldproof_circuits::findings::{AnomalyFindings, Findings};
use foldproof_circuits::stages::anomaly::LABELS;
use foldproof_circuits::stages::hypergraph::{set_weight, sets};
use foldproof_circuits::stages::tags::Tag;
use foldproof_circuits::stages::zones::{TAG_NAMES, Zone, regime, tag_names};
use serde_json::{Map, Value, json};

use super::{bit, field};

/// What was found, under the names that `fingerprint --analytics` has.
pub fn members(analytics: Analytics, findings: &Findings) -> Map<String, Value> {
    let Findings { configuration, residuals, zones, hypergraph, anomaly, rules, hybrid } = findings;
    let mut members = Map::new();
    let mut add = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    match (configuration, analytics.configuration()) {
        (Some(commitment), _) => add("zone_config", json!(field(commitment))),
        (None, Configuration::Named(preset)) if analytics.has(Part::Zones) => {
            add("preset", json!(preset.name()))
        }
        (None, _) => {}
    }
    if let Some(found) = residuals {
        add("residuals", json!({ "mean": found.mean, "max": found.max, "p95": found.p95 }));
    }
    if let Some(found) = zones {
        let zone = |zone: &Zone| json!({ "row": zone.row, "sum": zone.sum, "mask": zone.mask, "tags": tag_names(zone.mask).collect::<Vec<_>>() });
        add("hotzones", found.zones.iter().map(zone).collect());
        add(
            "regime",
            regime(&found.zones).into_iter().filter_map(|tag| TAG_NAMES.get(tag).copied()).collect(),
        );
        add("zones_commitment", json!(field(&found.commitment)));
    }
    if let Some(found) = hypergraph {
        let edge = |nodes: Vec<usize>| json!({ "nodes": nodes, "sum": set_weight(&found.weights, &nodes) });
        let present = sets().into_iter().zip(0..).filter(|(_, place)| bit(found.mask, *place));
        add("hyperedges", present.map(|(nodes, _)| edge(nodes)).collect());
    }
    for (name, found) in [("anomaly", anomaly), ("hybrid", hybrid)] {
        if let Some(AnomalyFindings { verdict, variant }) = found {
            let members = json!({
                "raw": verdict.raw,
                "score": verdict.score,
                "similarity": verdict.similarity(),
                "label": LABELS.get(verdict.label),
                "counts_zone_tags": variant.zone_tags,
                "counts_block_tags": variant.block_tags,
            });
            add(name, members);
        }
    }
    if let Some(samples) = analytics.forest() {
        add("forest_samples", json!(samples));
    }
    if let Some(found) = rules {
        let [dex, nft, lending, bridge, high_fee] = found.counts;
        add("tag_mask", json!(found.mask));
        add("tags", found.names().collect());
        // Volumes may be beyond what a number of 64 bits holds.
        add(
            "behaviour",
            json!({
                "transactions": found.transactions,
                "gas": found.gas,
                "dex_gas_share": found.gas_shares[0],
                "nft_gas_share": found.gas_shares[1],
                "lending_wei": found.volumes[0].to_string(),
                "bridge_wei": found.volumes[1].to_string(),
                "counts": { "dex": dex, "nft": nft, "lending": lending, "bridge": bridge, "high_fee": high_fee },
                "dominant": found.dominant().map(Tag::name),
            }),
        );
        add("tags_with_adapter_fields", json!(analytics.adapter()));
        add("tags_commitment", json!(field(&found.commitment)));
    }
    members
}
