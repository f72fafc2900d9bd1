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
//! | anomaly | score 7, label 2, variant 3, unrounded score 41; blended with a forest 43 |
//! | tags of the block | one for each, 34; number of transactions 16 |
//! | counts of categories | 16 each |
//! | gas | 60, shares of it 33 each |
//! | volumes | 108 each |

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::analytics::{Analytics, Part};
use crate::block::Block;
use crate::codebook::Codebook;
use crate::fixed::to_integer;
use crate::poseidon::Packer;
use crate::public::AnalyticsInputs;
use crate::size::{Oversize, Size};
use crate::stages::anomaly::{Anomaly, Isolation, Verdict};
use crate::stages::commit::Salts;
use crate::stages::hypergraph::{Hypergraph, PAIRS, SETS, WEIGHT_BITS};
use crate::stages::pq::PqCode;
use crate::stages::residuals::{MAX_BITS, MEAN_BITS, P95_BITS, Residuals};
use crate::stages::tags::{self, ADAPTER_TAGS, Behaviour, CATEGORIES, Tag, Tags, dominant};
use crate::stages::zone_graph;
use crate::stages::zones::{Zone, Zones, unpack};
use crate::zone_config::ZoneConfig;

/// Weights of pairs in a public input.
const WEIGHTS_PER_ELEMENT: usize = 5;
/// Bits of score, label, variant and unrounded score.
pub const ANOMALY_BITS: [u32; 4] = [7, 2, 3, 41];
/// Those of a score that is blended with a forest.
pub const HYBRID_BITS: [u32; 4] = [7, 2, 3, 43];

/// Bits of the tags of a block, of a number of transactions, of gas, of a share of it and of a volume.
pub const TAG_BITS: u32 = 34;
/// Likewise.
pub const RULE_COUNT_BITS: u32 = 16;
/// Likewise.
pub const GAS_BITS: u32 = 60;
/// Likewise.
pub const SHARE_BITS: u32 = 33;
/// Likewise.
pub const VOLUME_BITS: u32 = 108;

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

impl AnomalyFindings {
    fn read(packed: Fr, bits: [u32; 4]) -> Option<Self> {
        let [score, label, variant, raw] = digits(packed, bits)?;
        let verdict = Verdict { raw, score, label: usize::try_from(label).ok()? };
        Some(Self { verdict, variant: Variant::from_number(variant)? })
    }
}

/// Tags of a block by rule, and its behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleFindings {
    /// Poseidon commitment to the tag fields of its transactions.
    pub commitment: Fr,
    /// Tags by bit. Those that fields of adapters make are there only if the statement has these.
    pub mask: u64,
    /// Number of transactions.
    pub transactions: u64,
    /// Transactions of each of [`CATEGORIES`].
    pub counts: [u64; CATEGORIES.len()],
    /// G, in units of a canonical number.
    pub gas: u64,
    /// Shares of the first two categories, at 2⁻³².
    pub gas_shares: [u64; 2],
    /// Volumes of the next two.
    pub volumes: [u128; 2],
}

impl RuleFindings {
    /// The most frequent category: the first of several, none if no transaction has one.
    pub fn dominant(&self) -> Option<Tag> {
        dominant(&self.counts)
    }

    /// Names of the tags, by bit.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let mask = self.mask;
        Tag::ALL.into_iter().filter(move |tag| mask >> tag.bit() & 1 == 1).map(Tag::name)
    }
}

/// What analytics are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Analysed<'a> {
    /// Size of the circuit, which commitments depend on.
    pub size: Size,
    /// The block.
    pub block: &'a Block,
    /// Its code, and the codebook this is under.
    pub code: &'a PqCode,
    /// Likewise.
    pub codebook: &'a Codebook,
    /// The configuration of zones.
    pub config: &'a ZoneConfig,
    /// What hides the list of zones, their graph and the tag fields.
    pub salts: &'a Salts,
    /// What the first model says, if it is a forest that the anomaly score is blended with.
    pub forest: Option<&'a Isolation>,
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
    /// Of the part of that name.
    pub rules: Option<RuleFindings>,
    /// Poseidon commitment to the graph of the zones, of the part `graph`: that of a matrix which models are proved about, see
    /// [`zone_graph`].
    pub zone_graph: Option<Fr>,
    /// The anomaly score blended with a forest, if the statement has one.
    pub hybrid: Option<AnomalyFindings>,
}

impl Findings {
    /// Of a block and its code, under a configuration.
    ///
    /// # Errors
    /// If the block does not fit the size.
    pub fn new(analytics: Analytics, analysed: &Analysed<'_>) -> Result<Self, Oversize> {
        let Analysed { size, block, code, codebook, config, salts, forest } = *analysed;
        let residuals = Residuals::new(&code.residual_squared);
        let zones = Zones::new(crate::stages::zones::centres(&code.indices, codebook), config);
        let graph = Hypergraph::new(&zones, config);
        let tags = Tags::new(block);
        let mask = if analytics.adapter() { tags.mask } else { tags.mask & !ADAPTER_TAGS };
        let counted = if analytics.block_tags() { mask } else { 0 };
        let anomaly = Anomaly::new(&zones, &residuals, counted, config);
        let parts = if analytics.zone_tags() { anomaly.with_zones } else { anomaly.plain };
        let has = |part: Part| analytics.has(part);
        let rules = match has(Part::Rules) {
            true => {
                let Behaviour { counts, gas, gas_shares, volumes, .. } = Behaviour::new(block, &tags);
                let commitment = tags::commitment(size, block, analytics.adapter(), salts.tags)?;
                let transactions = block.transactions.len() as u64;
                Some(RuleFindings { commitment, mask, transactions, counts, gas, gas_shares, volumes })
            }
            false => None,
        };
        Ok(Self {
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
                variant: Variant { zone_tags: analytics.zone_tags(), block_tags: analytics.block_tags() },
            }),
            zone_graph: has(Part::Graph).then(|| zone_graph::commitment(&zones, salts.zone_graph)),
            zones: has(Part::Zones)
                .then(|| ZoneFindings { commitment: zones.commitment(salts.zones), zones: zones.zones }),
            rules,
            hybrid: forest.filter(|_| analytics.forest().is_some()).map(|forest| AnomalyFindings {
                verdict: parts.hybrid(forest.normalised),
                variant: Variant { zone_tags: analytics.zone_tags(), block_tags: analytics.block_tags() },
            }),
        })
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
        let anomaly = |bits: [u32; 4], AnomalyFindings { verdict, variant }: &AnomalyFindings| {
            let [score, label, number, raw] = bits;
            let packer = Packer::new().put(verdict.score, score).put(verdict.label, label);
            packer.put(variant.number(), number).put(verdict.raw, raw).element()
        };
        let rules = |found: &RuleFindings| {
            let tags = Packer::new().put(found.mask, TAG_BITS).put(found.transactions, RULE_COUNT_BITS);
            let counts = found.counts.iter().fold(Packer::new(), |packer, n| packer.put(*n, RULE_COUNT_BITS));
            let gas = Packer::new().put(found.gas, GAS_BITS);
            let gas = found.gas_shares.iter().fold(gas, |packer, share| packer.put(*share, SHARE_BITS));
            let volumes = found.volumes.iter().fold(Packer::new(), |packer, v| packer.put(*v, VOLUME_BITS));
            [found.commitment, tags.element(), counts.element(), gas.element(), volumes.element()]
        };
        AnalyticsInputs {
            configuration: self.configuration,
            residuals: self.residuals.as_ref().map(residuals),
            zones: self.zones.as_ref().map(zones),
            hypergraph: self.hypergraph.as_ref().map(hypergraph),
            anomaly: self.anomaly.as_ref().map(|found| anomaly(ANOMALY_BITS, found)),
            rules: self.rules.as_ref().map(rules),
            zone_graph: self.zone_graph,
            hybrid: self.hybrid.as_ref().map(|found| anomaly(HYBRID_BITS, found)),
        }
    }

    /// The inverse of [`inputs`](Self::inputs): none of what has another reading, or no place. Whether a block can have what is
    /// read is for `plausible` to say.
    pub fn from_inputs(inputs: &AnalyticsInputs<Fr>) -> Option<Self> {
        let AnalyticsInputs {
            configuration,
            residuals,
            zones,
            hypergraph,
            anomaly,
            rules,
            zone_graph,
            hybrid,
        } = inputs;
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
                Some(packed) => Some(AnomalyFindings::read(*packed, ANOMALY_BITS)?),
                None => None,
            },
            rules: match rules {
                Some([commitment, tags, counts, gas, volumes]) => {
                    let [mask, transactions] = digits(*tags, [TAG_BITS, RULE_COUNT_BITS])?;
                    let counts = digits(*counts, [RULE_COUNT_BITS; CATEGORIES.len()])?;
                    let [gas, gas_shares @ ..] = digits(*gas, [GAS_BITS, SHARE_BITS, SHARE_BITS])?;
                    let volumes = digits(*volumes, [VOLUME_BITS; 2])?;
                    let commitment = *commitment;
                    Some(RuleFindings { commitment, mask, transactions, counts, gas, gas_shares, volumes })
                }
                None => None,
            },
            zone_graph: *zone_graph,
            hybrid: match hybrid {
                Some(packed) => Some(AnomalyFindings::read(*packed, HYBRID_BITS)?),
                None => None,
            },
        };
        // Whatever has a second reading is none.
        (findings.inputs() == *inputs).then_some(findings)
    }
}

/// Digits of so many bits each, low ones first, if there is nothing above them.
pub(crate) fn digits<T, const N: usize>(packed: Fr, bits: [u32; N]) -> Option<[T; N]>
where
    T: Copy + Default + TryFrom<BigInt>,
{
    let mut rest = to_integer(packed);
    let mut digits = [T::default(); N];
    for (digit, bits) in digits.iter_mut().zip(bits) {
        let low = &rest & BigInt::from((1u128 << bits) - 1);
        *digit = T::try_from(low).ok()?;
        rest >>= bits;
    }
    (rest == BigInt::from(0)).then_some(digits)
}
