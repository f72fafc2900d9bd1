//! What analytics found, for people: a row for each zone, and decimals where the members that programs read have integers.

use serde_json::{Map, Value};

use super::{output, printable};

/// What stands above the rows: whose word this is.
const HEADING: &str =
    "analytics: facts, as those above; computed by rule from this block, and proved. No model says any of it";
/// Fraction bits of residuals: mean, maximum, percentile.
const RESIDUALS: [(&str, &str, u32); 3] =
    [("mean", "mean", 32), ("max", "maximum", 24), ("p95", "95th percentile", 26)];
/// Fraction bits of kernel sums, and of weights.
const SUM_BITS: u32 = 52;
const WEIGHT_BITS: u32 = 32;

/// Name and text of a row.
type Row = (String, String);

/// Rows under their heading.
pub fn table(mut members: Map<String, Value>) -> String {
    let mut rows: Vec<Row> = Vec::new();
    let mut take = |name: &str| members.remove(name);
    let configuration = [("preset", take("preset")), ("zone_config", take("zone_config"))];
    rows.extend(configuration.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(&value?)))));
    rows.extend(take("residuals").iter().flat_map(residuals));
    let list = take("hotzones");
    let zones = array(list.as_ref());
    if list.is_some() {
        rows.push(("zones".to_owned(), zones.len().to_string()));
        rows.extend(zones.iter().enumerate().map(zone));
    }
    rows.extend(take("regime").iter().map(|regime| ("regime".to_owned(), names(regime))));
    rows.extend(take("zones_commitment").iter().map(|found| ("zones_commitment".to_owned(), text(found))));
    if let Some(found) = take("hyperedges") {
        rows.extend(hyperedges(array(Some(&found))));
    }
    for (member, name) in [("anomaly", "anomaly"), ("hybrid", "anomaly with forest")] {
        rows.extend(take(member).iter().map(|found| anomaly(name, found)));
    }
    // What has no form of its own yet.
    rows.extend(members.iter().map(|(name, value)| (name.clone(), text(value))));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = rows.iter().map(|(name, text)| format!("{name:width$}  {}", printable::shown(text)));
    format!("{HEADING}\n\n{}", lines.collect::<Vec<_>>().join("\n"))
}

fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An integer at 2^−bits, four decimals.
fn real(value: &Value, bits: u32) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let real = value.as_u64().map(|integer| integer as f64 / 2f64.powi(bits.cast_signed()));
    real.map_or_else(|| text(value), |real| format!("{real:.4}"))
}

/// A text, names with commas between them, or whatever it is.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => names(value),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name} {}", text(value)));
            members.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// Names with commas between them.
fn names(list: &Value) -> String {
    let names: Vec<&str> = array(Some(list)).iter().filter_map(Value::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn residuals(found: &Value) -> impl Iterator<Item = Row> {
    RESIDUALS
        .into_iter()
        .map(|(member, name, bits)| (format!("residuals: {name}"), real(&found[member], bits)))
}

/// Its vector by name, how many rows' worth of kernels lie there, and its tags.
fn zone((place, zone): (usize, &Value)) -> Row {
    let row = zone["row"].as_u64().and_then(|row| usize::try_from(row).ok());
    let vector = row.and_then(|row| output::VECTORS.get(row)).copied().unwrap_or("no vector");
    let told = format!("{vector}: {} (density {})", names(&zone["tags"]), real(&zone["sum"], SUM_BITS));
    (format!("zone {place}"), told)
}

/// How many there are, and those of each size with their weights: sums over their pairs.
fn hyperedges(edges: &[Value]) -> Vec<Row> {
    let mut rows = vec![("hyperedges".to_owned(), edges.len().to_string())];
    for size in 2..=4 {
        let of_size = edges.iter().filter(|edge| array(edge.get("nodes")).len() == size);
        let told = of_size.map(|edge| {
            let nodes: Vec<String> = array(edge.get("nodes")).iter().map(Value::to_string).collect();
            format!("{} (weight {})", nodes.join("-"), real(&edge["sum"], WEIGHT_BITS))
        });
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            rows.push((format!("of {size} zones"), told.join(", ")));
        }
    }
    rows
}

fn anomaly(name: &str, found: &Value) -> Row {
    let counted = [("counts_zone_tags", "tags of zones"), ("counts_block_tags", "tags of the block")];
    let counted = counted.into_iter().filter(|(member, _)| found[*member] == true).map(|(_, name)| name);
    let counted: Vec<&str> = counted.collect();
    let tags = if counted.is_empty() { "no tags".to_owned() } else { counted.join(" and ") };
    let told = format!("{} of 100, {}; counts {tags}", found["score"], text(&found["label"]));
    (name.to_owned(), told)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(members: Value) -> Vec<String> {
        table(output::object(members)).lines().map(str::to_owned).collect()
    }

    #[test]
    fn people_read_names_and_decimals() {
        let lines = shown(json!({
            "preset": "eth",
            "residuals": { "mean": 1_u64 << 31, "max": 3 << 24, "p95": 1 << 26 },
            "hotzones": [
                { "row": 2, "sum": 3_u64 << 51, "mask": 5, "tags": ["HIGH_VALUE", "DEX_ACTIVITY"] },
                { "row": 0, "sum": 1_u64 << 52, "mask": 1024, "tags": ["MIXED_ACTIVITY"] },
            ],
            "regime": [],
            "zones_commitment": "0x12",
            "hyperedges": [{ "nodes": [0, 1], "sum": 1_u64 << 30 }, { "nodes": [0, 1, 2], "sum": 3_u64 << 32 }],
            "anomaly": {
                "raw": 1, "score": 37, "similarity": 63, "label": "Typical", "counts_zone_tags": true, "counts_block_tags": false,
            },
        }));
        assert_eq!(
            lines,
            [
                HEADING,
                "",
                "preset                      eth",
                "residuals: mean             0.5000",
                "residuals: maximum          3.0000",
                "residuals: 95th percentile  1.0000",
                "zones                       2",
                "zone 0                      component 0: HIGH_VALUE, DEX_ACTIVITY (density 1.5000)",
                "zone 1                      mean: MIXED_ACTIVITY (density 1.0000)",
                "regime                      none",
                "zones_commitment            0x12",
                "hyperedges                  2",
                "of 2 zones                  0-1 (weight 0.2500)",
                "of 3 zones                  0-1-2 (weight 3.0000)",
                "anomaly                     37 of 100, Typical; counts tags of zones",
            ]
        );
    }

    #[test]
    fn parts_that_are_not_there_have_no_rows() {
        let lines = shown(json!({ "hotzones": [], "regime": [], "zone_config": "0x34" }));
        assert_eq!(lines[2..], ["zone_config  0x34", "zones        0", "regime       none"]);
        let lines =
            shown(json!({ "hyperedges": [], "tags": ["A", "B"], "behaviour": { "transactions": 3 } }));
        assert_eq!(lines[2..], ["hyperedges  0", "behaviour   transactions 3", "tags        A, B"]);
    }
}
