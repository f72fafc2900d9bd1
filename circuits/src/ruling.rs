//! What is decided, and how public inputs hold it.
//!
//! Numbers are packed low bits first; a signed number has half its range on top.
//!
//! | decision | public inputs beside commitments |
//! |---|---|
//! | consensus | method 3, threshold 16 + 16 · value, at 2⁻³² · confidence, at 2⁻³²; 0 of too few validators · outliers 64 |
//! | criteria | method 2 · value, at 2⁻³² · confidence, at 2⁻³² |
//! | nearest | distance 7, position 10 |
//! | top | 14 for each index, in order |
//! | Q table | state 6, action 4 |
//! | bandit | arm 8 |
//! | contextual | four features 48 · arm 8 |
//! | mempool | tags of the block 34, time 53, time before 53 · score 7, predicted tags 6, confidence 7, eta 5 |
//! | drift | whether it accelerates 1 · if told, velocity 40, acceleration 41 |
//! | departure | usual distance 40, deviation 40 · nearest 8, whether it is far 1 · if told, distance 51 |

use halo2curves::bn256::Fr;

use crate::decision::{Decision, MAX_TOP};
use crate::evidence::{Evidence, Pending};
use crate::findings::digits;
use crate::fixed::to_u64;
use crate::poseidon::Packer;
use crate::stages::choice::{self, FEATURES, Kind};
use crate::stages::consensus::{self, Consensus, Threshold};
use crate::stages::criteria::{self, Score};
use crate::stages::mempool::{Prediction, Snapshot, TIME_BITS};
use crate::stages::signals::{self, Departure, Drift};
use crate::stages::simhash::{Nearest, Signature, normalised};
use crate::stages::tags::{Behaviour, Tags};

/// Bits of method, and of both parts of the threshold.
pub const CONSENSUS_BITS: [u32; 3] = [3, 16, 16];
/// Bits of distance and position.
pub const NEAREST_BITS: [u32; 2] = [7, 10];
/// Bits of an index.
pub const INDEX_BITS: u32 = 14;
/// Bits of state and action.
pub const Q_BITS: [u32; 2] = [6, 4];
/// Bits of a feature.
pub const FEATURE_BITS: u32 = 48;
/// Bits of the tags of a pending block, of its time, and of the time before.
pub const PENDING_BITS: [u32; 3] = [34, TIME_BITS, TIME_BITS];
/// Bits of score, predicted tags, confidence and seconds.
pub const PREDICTION_BITS: [u32; 4] = [7, 6, 7, 5];
/// Bits of velocity and acceleration.
pub const DRIFT_BITS: [u32; 2] = [40, 41];
/// Bits of the usual distance and its deviation.
pub const USUAL_BITS: [u32; 2] = [signals::USUAL_BITS; 2];
/// Bits of the nearest centre, and of whether it is far.
pub const DEPARTURE_BITS: [u32; 2] = [8, 1];

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in the stages that decide")]
pub enum Ruling {
    /// Value and confidence at 2⁻³²; bit i of `outliers` is validator i. Of too few validators all three are 0.
    Consensus { method: consensus::Method, threshold: Threshold, value: u64, confidence: u64, outliers: u64 },
    /// At 2⁻³².
    Criteria { method: criteria::Method, value: u64, confidence: u64 },
    /// Position in the index.
    Nearest { position: u64, distance: u64 },
    /// In order.
    Top { indices: Vec<u64> },
    /// Row and column.
    QTable { state: u64, action: u64 },
    /// The arm.
    Bandit { arm: u64 },
    /// The arm in a context, at 2⁻²⁴.
    Contextual { features: [i64; FEATURES], arm: u64 },
    /// What is predicted from a block with these tags at a time; the time before is 0 without a snapshot before.
    Mempool { tags: u64, time: u64, before: u64, score: u64, predicted: u64, confidence: u64, eta: u64 },
    /// Velocity and acceleration at 2⁻³², if they are told.
    Drift { accelerating: bool, distances: Option<(u64, i64)> },
    /// The nearest centre and whether it is far, under a usual distance and its deviation; the distance, if it is told. At 2⁻³².
    Departure { usual: [u64; 2], nearest: u64, outlier: bool, distance: Option<u64> },
}

fn snapshot(pending: &Pending) -> (Snapshot, u64) {
    let tags = Tags::new(&pending.block);
    let behaviour = Behaviour::new(&pending.block, &tags);
    let transactions = pending.block.transactions.len() as u64;
    (Snapshot::new(transactions, &behaviour, pending.tags(), pending.time), pending.tags())
}

impl Ruling {
    /// From evidence: none where a table is of another kind or a number out of its range.
    pub fn new(evidence: &Evidence) -> Option<Self> {
        Some(match evidence {
            Evidence::Consensus { validators, method, threshold } => {
                let found = Consensus::new(validators, *method, *threshold);
                Self::Consensus {
                    method: *method,
                    threshold: *threshold,
                    value: found.value,
                    confidence: found.confidence,
                    outliers: found.mask(),
                }
            }
            Evidence::Criteria { criteria, method } => {
                let Score { value, confidence, .. } = Score::new(criteria, *method);
                Self::Criteria { method: *method, value, confidence }
            }
            Evidence::Nearest { values, codebook, index } => {
                let signature = Signature::of_values(&normalised(values, codebook)).bits;
                let (position, distance) = Nearest::new(signature, index).ok()?.nearest?;
                Self::Nearest { position: position as u64, distance: distance.into() }
            }
            Evidence::Top { table, count } => {
                let top = choice::top(table.values(), usize::from(*count));
                let indices = (table.kind() == Kind::Values).then_some(top)?;
                Self::Top { indices: indices.into_iter().map(|index| index as u64).collect() }
            }
            Evidence::QTable { table, state } => {
                let row = table.rows().nth(*state).filter(|_| table.kind() == Kind::Q)?;
                Self::QTable { state: *state as u64, action: *choice::top(row, 1).first()? as u64 }
            }
            Evidence::Bandit { table } => Self::Bandit { arm: choice::bandit(table)? as u64 },
            Evidence::Contextual { table, features } => {
                let arm = choice::contextual(table, features)?.choice as u64;
                Self::Contextual { features: *features, arm }
            }
            Evidence::Mempool { now, before, .. } => {
                let mut times = std::iter::once(now).chain(before).map(|pending| pending.time);
                times.all(|time| time >> TIME_BITS == 0).then_some(())?;
                let (present, tags) = snapshot(now);
                let past = before.as_ref().map(|before| snapshot(before).0);
                let Prediction { score, tags: predicted, confidence, eta, .. } =
                    Prediction::new(&present, past.as_ref());
                let before = before.as_ref().map_or(0, |before| before.time);
                Self::Mempool {
                    tags,
                    time: now.time,
                    before,
                    score,
                    predicted: predicted.into(),
                    confidence,
                    eta,
                }
            }
            Evidence::Drift { fingerprints, distances } => {
                let (older, before, now) = match &fingerprints[..] {
                    [before, now] => (None, before, now),
                    [older, before, now] => (Some(older), before, now),
                    _ => return None,
                };
                let drift = Drift::new(now, before, older);
                let told = distances.then_some((drift.velocity, drift.acceleration));
                Self::Drift { accelerating: drift.accelerating, distances: told }
            }
            Evidence::Departure { values, centres, usual, distances } => {
                usual.iter().zip(USUAL_BITS).all(|(part, bits)| part >> bits == 0).then_some(())?;
                let rows = centres.rows().map(|row| row.try_into().ok()).collect::<Option<Vec<_>>>()?;
                let found = Departure::new(values, &rows, *usual)?;
                Self::Departure {
                    usual: *usual,
                    nearest: found.nearest as u64,
                    outlier: found.outlier,
                    distance: distances.then_some(found.distance),
                }
            }
        })
    }

    /// As public inputs, without commitments.
    pub fn outputs(&self) -> Vec<Fr> {
        let pack = |parts: &[u64], bits: &[u32]| {
            let parts = parts.iter().zip(bits);
            parts.fold(Packer::new(), |packer, (part, bits)| packer.put(*part, *bits)).element()
        };
        match self {
            Self::Consensus { method, threshold, value, confidence, outliers } => {
                let (num, den) = threshold.parts();
                let settings = [u64::from(method.number()), num.into(), den.into()];
                let rest = [*value, *confidence, *outliers].map(Fr::from);
                std::iter::once(pack(&settings, &CONSENSUS_BITS)).chain(rest).collect()
            }
            Self::Criteria { method, value, confidence } => {
                [u64::from(method.number()), *value, *confidence].map(Fr::from).to_vec()
            }
            Self::Nearest { position, distance } => vec![pack(&[*distance, *position], &NEAREST_BITS)],
            Self::Top { indices } => vec![pack(indices, &[INDEX_BITS; MAX_TOP])],
            Self::QTable { state, action } => vec![pack(&[*state, *action], &Q_BITS)],
            Self::Bandit { arm } => vec![Fr::from(*arm)],
            Self::Contextual { features, arm } => {
                let put = |packer: Packer, feature: &i64| packer.signed(*feature, FEATURE_BITS);
                vec![features.iter().fold(Packer::new(), put).element(), Fr::from(*arm)]
            }
            Self::Mempool { tags, time, before, score, predicted, confidence, eta } => vec![
                pack(&[*tags, *time, *before], &PENDING_BITS),
                pack(&[*score, *predicted, *confidence, *eta], &PREDICTION_BITS),
            ],
            Self::Drift { accelerating, distances } => {
                let [velocity, acceleration] = DRIFT_BITS;
                let told =
                    distances.map(|(v, a)| Packer::new().put(v, velocity).signed(a, acceleration).element());
                std::iter::once(Fr::from(u64::from(*accelerating))).chain(told).collect()
            }
            Self::Departure { usual, nearest, outlier, distance } => {
                let found = pack(&[*nearest, u64::from(*outlier)], &DEPARTURE_BITS);
                [pack(usual, &USUAL_BITS), found].into_iter().chain(distance.map(Fr::from)).collect()
            }
        }
    }

    /// The inverse of [`outputs`](Self::outputs): none of what no such decision makes public.
    pub fn from_outputs(decision: Decision, outputs: &[Fr]) -> Option<Self> {
        let ruling = Self::read(decision, outputs)?;
        // Whatever has a second reading is none.
        (ruling.outputs() == outputs).then_some(ruling)
    }

    fn read(decision: Decision, outputs: &[Fr]) -> Option<Self> {
        let number = |place: usize| outputs.get(place).copied().and_then(to_u64);
        let output = |place: usize| outputs.get(place).copied();
        Some(match decision {
            Decision::Consensus => {
                let [method, num, den] = digits(output(0)?, CONSENSUS_BITS)?;
                Self::Consensus {
                    method: consensus::Method::from_number(method)?,
                    threshold: Threshold::new(num.try_into().ok()?, den.try_into().ok()?).ok()?,
                    value: number(1)?,
                    confidence: number(2)?,
                    outliers: number(3)?,
                }
            }
            Decision::Criteria(_) => Self::Criteria {
                method: criteria::Method::from_number(number(0)?)?,
                value: number(1)?,
                confidence: number(2)?,
            },
            Decision::Nearest { .. } => {
                let [distance, position] = digits(output(0)?, NEAREST_BITS)?;
                Self::Nearest { position, distance }
            }
            Decision::Top { count, .. } => {
                let indices = digits(output(0)?, [INDEX_BITS; MAX_TOP])?;
                Self::Top { indices: indices.into_iter().take(count.into()).collect() }
            }
            Decision::QTable => {
                let [state, action] = digits(output(0)?, Q_BITS)?;
                Self::QTable { state, action }
            }
            Decision::Bandit(_) => Self::Bandit { arm: number(0)? },
            Decision::Contextual(_) => {
                let features: [u64; FEATURES] = digits(output(0)?, [FEATURE_BITS; FEATURES])?;
                let half = 1 << (FEATURE_BITS - 1);
                let features = features.map(|feature| feature.cast_signed() - half);
                Self::Contextual { features, arm: number(1)? }
            }
            Decision::Mempool { .. } => {
                let [tags, time, before] = digits(output(0)?, PENDING_BITS)?;
                let [score, predicted, confidence, eta] = digits(output(1)?, PREDICTION_BITS)?;
                Self::Mempool { tags, time, before, score, predicted, confidence, eta }
            }
            Decision::Drift { distances, .. } => Self::Drift {
                accelerating: number(0)? == 1,
                distances: if distances {
                    let [velocity, acceleration] = digits(output(1)?, DRIFT_BITS)?;
                    Some((velocity, acceleration.cast_signed() - (1 << (DRIFT_BITS[1] - 1))))
                } else {
                    None
                },
            },
            Decision::Departure { distances, .. } => {
                let [nearest, outlier] = digits(output(1)?, DEPARTURE_BITS)?;
                Self::Departure {
                    usual: digits(output(0)?, USUAL_BITS)?,
                    nearest,
                    outlier: outlier == 1,
                    distance: if distances { Some(number(2)?) } else { None },
                }
            }
        })
    }
}
