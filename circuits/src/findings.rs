//! What analytics find in a block, and how public inputs hold it.
//!
//! Numbers are packed low bits first:
//!
//! | public input | bits |
//! |---|---|
//! | residuals | 95th percentile 36, maximum 34, mean 42 |
//! | list of zones | see [`zones`](crate::stages::zones) |
//! | hyperedges | one for each set, 50 |
//! | weights of pairs | 44 each, five to an element |
//! | anomaly | score 7, label 2, variant 3, unrounded score 41 |

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::analytics::{Analytics, Part};
use crate::codebook::Codebook;
use crate::fixed::to_integer;
use crate::poseidon::Packer;
use crate::public::AnalyticsInputs;
use crate::stages::anomaly::{Anomaly, Verdict};
use crate::stages::hypergraph::{Hypergraph, PAIRS, SETS, WEIGHT_BITS};
use crate::stages::pq::PqCode;
use crate::stages::residuals::{MAX_BITS, MEAN_BITS, P95_BITS, Residuals};
use crate::stages::zones::{Zone, Zones, unpack};
use crate::zone_config::ZoneConfig;

/// Weights of pairs in a public input.
const WEIGHTS_PER_ELEMENT: usize = 5;
/// Bits of score, label, variant and unrounded score.
pub const ANOMALY_BITS: [u32; 4] = [7, 2, 3, 41];

/// Statistics of residuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResidualFindings {
    /// The 95th percentile, at 2⁻²⁶.
    pub p95: u64,
    /// The maximum, at 2⁻²⁴.
    pub max: u64,
    /// The mean, at 2⁻³².
    pub mean: u64,
}

/// Hotzones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFindings {
    /// Poseidon commitment to their list.
    pub commitment: Fr,
    /// In their order.
    pub zones: Vec<Zone>,
}

/// Overlaps of hotzones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HypergraphFindings {
    /// Bit i: whether set i is a hyperedge, in the order of [`sets`](crate::stages::hypergraph::sets).
    pub mask: u64,
    /// Weights of pairs in lexicographic order, at 2⁻³².
    pub weights: [u64; PAIRS],
}

/// What an anomaly score counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Tags of zones.
    pub zone_tags: bool,
    /// Tags of the block.
    pub block_tags: bool,
}

impl Variant {
    /// 1 with tags of zones, and 4 without those of the block.
    pub fn number(self) -> u8 {
        u8::from(self.zone_tags) + if self.block_tags { 0 } else { 4 }
    }

    fn from_number(number: u64) -> Option<Self> {
        [false, true]
            .into_iter()
            .flat_map(|zone_tags| [false, true].map(|block_tags| Self { zone_tags, block_tags }))
            .find(|variant| u64::from(variant.number()) == number)
    }
}

/// An anomaly score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnomalyFindings {
    /// Score and label.
    pub verdict: Verdict,
    /// What the score counts.
    pub variant: Variant,
}

/// What the analytics of a statement find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// Commitment to the configuration, unless that has a name.
    pub configuration: Option<Fr>,
    /// Of the part of that name.
    pub residuals: Option<ResidualFindings>,
    /// Of the part of that name.
    pub zones: Option<ZoneFindings>,
    /// Of the part of that name.
    pub hypergraph: Option<HypergraphFindings>,
    /// Of the part of that name.
    pub anomaly: Option<AnomalyFindings>,
}

impl Findings {
    /// Of a PQ code under a configuration; `salt` hides the list of zones.
    pub fn new(
        analytics: Analytics,
        code: &PqCode,
        codebook: &Codebook,
        config: &ZoneConfig,
        salt: Fr,
    ) -> Self {
        let residuals = Residuals::new(&code.residual_squared);
        let zones = Zones::new(crate::stages::zones::centres(&code.indices, codebook), config);
        let graph = Hypergraph::new(&zones, config);
        // No part of a statement shows the tags of the block.
        let anomaly = Anomaly::new(&zones, &residuals, 0, config);
        let parts = if analytics.zone_tags() { anomaly.with_zones } else { anomaly.plain };
        let has = |part: Part| analytics.has(part);
        Self {
            configuration: analytics.commits_to_config().then(|| config.commitment()),
            residuals: has(Part::Residuals).then_some(ResidualFindings {
                p95: residuals.p95,
                max: residuals.max,
                mean: residuals.mean,
            }),
            hypergraph: has(Part::Hypergraph).then_some(HypergraphFindings {
                mask: graph.mask,
                weights: graph.pairs.map(|pair| pair.weight),
            }),
            anomaly: has(Part::Anomaly).then(|| AnomalyFindings {
                verdict: parts.verdict(),
                variant: Variant { zone_tags: analytics.zone_tags(), block_tags: false },
            }),
            zones: has(Part::Zones)
                .then(|| ZoneFindings { commitment: zones.commitment(salt), zones: zones.zones }),
        }
    }

    /// As public inputs.
    pub fn inputs(&self) -> AnalyticsInputs<Fr> {
        let residuals = |found: &ResidualFindings| {
            let packer = Packer::new().put(found.p95, P95_BITS).put(found.max, MAX_BITS);
            packer.put(found.mean, MEAN_BITS).element()
        };
        let zones = |found: &ZoneFindings| {
            let [first, second] = crate::stages::zones::packed(&found.zones);
            [found.commitment, first, second]
        };
        let hypergraph = |found: &HypergraphFindings| {
            let weights = |third: usize| {
                let weights =
                    found.weights.iter().skip(third * WEIGHTS_PER_ELEMENT).take(WEIGHTS_PER_ELEMENT);
                weights.fold(Packer::new(), |packer, weight| packer.put(*weight, WEIGHT_BITS)).element()
            };
            [Fr::from(found.mask), weights(0), weights(1), weights(2)]
        };
        let anomaly = |AnomalyFindings { verdict, variant }: &AnomalyFindings| {
            let [score, label, number, raw] = ANOMALY_BITS;
            let packer = Packer::new().put(verdict.score, score).put(verdict.label, label);
            packer.put(variant.number(), number).put(verdict.raw, raw).element()
        };
        AnalyticsInputs {
            configuration: self.configuration,
            residuals: self.residuals.as_ref().map(residuals),
            zones: self.zones.as_ref().map(zones),
            hypergraph: self.hypergraph.as_ref().map(hypergraph),
            anomaly: self.anomaly.as_ref().map(anomaly),
        }
    }

    /// The inverse of [`inputs`](Self::inputs): none of what has another reading, or no place. Whether a block can have what is
    /// read is for `plausible` to say.
    pub fn from_inputs(inputs: &AnalyticsInputs<Fr>) -> Option<Self> {
        let AnalyticsInputs { configuration, residuals, zones, hypergraph, anomaly } = inputs;
        let findings = Self {
            configuration: *configuration,
            residuals: match residuals {
                Some(packed) => {
                    let [p95, max, mean] = digits(*packed, [P95_BITS, MAX_BITS, MEAN_BITS])?;
                    Some(ResidualFindings { p95, max, mean })
                }
                None => None,
            },
            zones: match zones {
                Some([commitment, list @ ..]) => {
                    Some(ZoneFindings { commitment: *commitment, zones: unpack(list)? })
                }
                None => None,
            },
            hypergraph: match hypergraph {
                Some([mask, weights @ ..]) => {
                    let [mask] = digits(*mask, [SETS as u32])?;
                    let mut all = [0; PAIRS];
                    for (part, packed) in all.chunks_mut(WEIGHTS_PER_ELEMENT).zip(weights) {
                        part.copy_from_slice(&digits(*packed, [WEIGHT_BITS; WEIGHTS_PER_ELEMENT])?);
                    }
                    Some(HypergraphFindings { mask, weights: all })
                }
                None => None,
            },
            anomaly: match anomaly {
                Some(packed) => {
                    let [score, label, variant, raw] = digits(*packed, ANOMALY_BITS)?;
                    let label = usize::try_from(label).ok()?;
                    Some(AnomalyFindings {
                        verdict: Verdict { raw, score, label },
                        variant: Variant::from_number(variant)?,
                    })
                }
                None => None,
            },
        };
        // Whatever has a second reading is none.
        (findings.inputs() == *inputs).then_some(findings)
    }
}

/// Digits of so many bits each, low ones first, if there is nothing above them.
pub(crate) fn digits<const N: usize>(packed: Fr, bits: [u32; N]) -> Option<[u64; N]> {
    let mut rest = to_integer(packed);
    let mut digits = [0; N];
    for (digit, bits) in digits.iter_mut().zip(bits) {
        let low = &rest & BigInt::from((1u64 << bits) - 1);
        *digit = u64::try_from(low).ok()?;
        rest >>= bits;
    }
    (rest == BigInt::from(0)).then_some(digits)
}
