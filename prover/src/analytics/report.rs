//! The analytics as JSON: names and integers, and nothing rounded.

use foldproof_circuits::pipeline::PqIndices;
use foldproof_circuits::stages::anomaly::{Isolation, LABELS, Parts, Verdict};
use foldproof_circuits::stages::fold::VECTORS;
use foldproof_circuits::stages::tags::{Behaviour, Tag};
use foldproof_circuits::stages::zones::{TAG_NAMES, Zone, tag_names};
use serde::Serialize;

use super::Analytics;

/// The members of the analytics, in order. Integers may be beyond 2⁶⁴: wei.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pq: PqIndices,
    residuals: ResidualMembers,
    hotzones: Vec<ZoneMembers>,
    hyperedges: Vec<EdgeMembers>,
    regime: Vec<&'static str>,
    tag_mask: u64,
    tags: Vec<&'static str>,
    behaviour: BehaviourMembers,
    anomaly: AnomalyMembers,
    anomaly_with_zone_tags: AnomalyMembers,
    #[serde(skip_serializing_if = "Option::is_none")]
    forest: Option<ForestMembers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hybrid: Option<HybridMembers>,
}

#[derive(Clone, Debug, Serialize)]
struct ResidualMembers {
    r: [u64; VECTORS],
    sum: u64,
    mean: u64,
    max: u64,
    p95: u64,
}

#[derive(Clone, Debug, Serialize)]
struct ZoneMembers {
    row: usize,
    sum: u64,
    mask: u16,
    tags: Vec<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
struct EdgeMembers {
    nodes: Vec<usize>,
    sum: u64,
}

#[derive(Clone, Debug, Serialize)]
struct BehaviourMembers {
    transactions: usize,
    gas: u64,
    dex_gas_share: u64,
    nft_gas_share: u64,
    lending_wei: u128,
    bridge_wei: u128,
    counts: CountMembers,
    dominant: Option<&'static str>,
    price_sum: u128,
    value_sum: u128,
}

#[derive(Clone, Debug, Serialize)]
struct CountMembers {
    dex: u64,
    nft: u64,
    lending: u64,
    bridge: u64,
    high_fee: u64,
}

#[derive(Clone, Debug, Serialize)]
struct AnomalyMembers {
    density: u64,
    residual: u64,
    tag_units: u64,
    #[serde(flatten)]
    verdict: VerdictMembers,
}

#[derive(Clone, Debug, Serialize)]
struct HybridMembers {
    forest: u64,
    #[serde(flatten)]
    verdict: VerdictMembers,
}

#[derive(Clone, Debug, Serialize)]
struct VerdictMembers {
    raw: u64,
    score: u64,
    similarity: u64,
    label: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct ForestMembers {
    path_sum: u64,
    exponent: u64,
    score: u64,
    normalised: u64,
    anomalous: bool,
}

impl BehaviourMembers {
    fn new(transactions: usize, behaviour: &Behaviour) -> Self {
        let [dex, nft, lending, bridge, high_fee] = behaviour.counts;
        Self {
            transactions,
            gas: behaviour.gas,
            dex_gas_share: behaviour.gas_shares[0],
            nft_gas_share: behaviour.gas_shares[1],
            lending_wei: behaviour.volumes[0],
            bridge_wei: behaviour.volumes[1],
            counts: CountMembers { dex, nft, lending, bridge, high_fee },
            dominant: behaviour.dominant.map(Tag::name),
            price_sum: behaviour.price_sum,
            value_sum: behaviour.value_sum,
        }
    }
}

impl From<&Verdict> for VerdictMembers {
    fn from(verdict: &Verdict) -> Self {
        let Verdict { raw, score, label } = *verdict;
        Self { raw, score, similarity: verdict.similarity(), label: LABELS[label] }
    }
}

impl From<&Parts> for AnomalyMembers {
    fn from(parts: &Parts) -> Self {
        let Parts { density, residual, units } = *parts;
        Self { density, residual, tag_units: units, verdict: (&parts.verdict()).into() }
    }
}

impl From<&Isolation> for ForestMembers {
    fn from(forest: &Isolation) -> Self {
        let Isolation { path_sum, exponent, score, normalised, anomalous, .. } = *forest;
        Self { path_sum, exponent, score, normalised, anomalous }
    }
}

impl Report {
    /// The member `behaviour` of so many transactions, as text.
    pub fn behaviour(transactions: usize, behaviour: &Behaviour) -> String {
        // Writing integers and names to a text does not fail.
        serde_json::to_string(&BehaviourMembers::new(transactions, behaviour)).unwrap_or_default()
    }
}

impl From<&Analytics> for Report {
    fn from(analytics: &Analytics) -> Self {
        let Analytics { code, residuals, zones, hypergraph, tags, behaviour, anomaly, hybrid, .. } =
            analytics;
        let zone = |zone: &Zone| ZoneMembers {
            row: zone.row,
            sum: zone.sum,
            mask: zone.mask,
            tags: tag_names(zone.mask).collect(),
        };
        let edges =
            hypergraph.edges.iter().map(|edge| EdgeMembers { nodes: edge.nodes.clone(), sum: edge.sum });
        Self {
            pq: code.indices,
            residuals: ResidualMembers {
                r: residuals.roots,
                sum: residuals.sum,
                mean: residuals.mean,
                max: residuals.max,
                p95: residuals.p95,
            },
            hotzones: zones.zones.iter().map(zone).collect(),
            hyperedges: edges.collect(),
            regime: zones.regime.iter().map(|tag| TAG_NAMES[*tag]).collect(),
            tag_mask: tags.mask,
            tags: tags.names().collect(),
            behaviour: BehaviourMembers::new(analytics.transactions, behaviour),
            anomaly: (&anomaly.plain).into(),
            anomaly_with_zone_tags: (&anomaly.with_zones).into(),
            forest: hybrid.as_ref().map(|hybrid| (&hybrid.forest).into()),
            hybrid: hybrid.as_ref().map(|hybrid| HybridMembers {
                forest: hybrid.forest.normalised,
                verdict: (&hybrid.verdict).into(),
            }),
        }
    }
}
