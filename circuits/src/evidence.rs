//! What decisions are made from.

use halo2curves::bn256::Fr;

use crate::block::Block;
use crate::codebook::{Codebook, SUBSPACE_DIM, SUBSPACES};
use crate::decision::Decision;
use crate::fingerprint::FINGERPRINT;
use crate::size::{Centroids, Oversize, Size};
use crate::stages::choice::{ACTIONS, FEATURES, Kind, STATES, Table};
use crate::stages::commit;
use crate::stages::consensus::{self, Threshold, Validators};
use crate::stages::criteria::{self, Criteria, Criterion};
use crate::stages::signals::Departure;
use crate::stages::simhash;
use crate::stages::tags::{self, ADAPTER_TAGS, Tags};

/// Folded values of a fingerprint at 2⁻³², 36 bits each.
pub type Values = [i64; FINGERPRINT];

/// A pending block at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its transactions count, with their tag fields.
    pub block: Block,
    /// In seconds, 53 bits.
    pub time: u64,
}

impl Pending {
    /// Its tags by bit, without those that fields of adapters make, which the commitment does not have.
    pub fn tags(&self) -> u64 {
        Tags::new(&self.block).mask & !ADAPTER_TAGS
    }
}

/// What a decision is made from. Numbers are in their ranges where their types say so; [`decision`](Self::decision) counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named as in the stages that decide")]
pub enum Evidence {
    /// Scores of validators.
    Consensus { validators: Validators, method: consensus::Method, threshold: Threshold },
    /// Criteria of a score.
    Criteria { criteria: Criteria, method: criteria::Method },
    /// A fingerprint, the codebook that normalises it, and an index of signatures.
    Nearest { values: Box<Values>, codebook: Box<Codebook>, index: Vec<u64> },
    /// A list, of which so many indices are told.
    Top { table: Table, count: u8 },
    /// A Q table and a state.
    QTable { table: Table, state: usize },
    /// Arms.
    Bandit { table: Table },
    /// Arms and a context, at 2⁻²⁴ in 48 bits.
    Contextual { table: Table, features: [i64; FEATURES] },
    /// A pending block at a size of circuit, and perhaps the one before.
    Mempool { size: Size, now: Box<Pending>, before: Option<Box<Pending>> },
    /// The last fingerprints, oldest first.
    Drift { fingerprints: Vec<Values>, distances: bool },
    /// A fingerprint, centres, and the usual distance and its deviation at 2⁻³², 40 bits each.
    Departure { values: Box<Values>, centres: Table, usual: [u64; 2], distances: bool },
}

fn narrow(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn byte(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

impl Evidence {
    /// The decision that is made from it. What is too much for any is so there, too.
    pub fn decision(&self) -> Decision {
        match self {
            Self::Consensus { .. } => Decision::Consensus,
            Self::Criteria { criteria, .. } => Decision::Criteria(byte(criteria.list().len())),
            Self::Nearest { codebook, index, .. } => Decision::Nearest {
                signatures: narrow(index.len()),
                // A codebook has no other number.
                centroids: Centroids::from_count(codebook.len()).unwrap_or(Centroids::K64),
            },
            Self::Top { table, count } => Decision::Top { count: *count, values: narrow(table.rows().len()) },
            Self::QTable { .. } => Decision::QTable,
            Self::Bandit { table } => Decision::Bandit(narrow(table.rows().len())),
            Self::Contextual { table, .. } => Decision::Contextual(narrow(table.rows().len())),
            Self::Mempool { size, before, .. } => Decision::Mempool { size: *size, before: before.is_some() },
            Self::Drift { fingerprints, distances } => {
                Decision::Drift { positions: byte(fingerprints.len()), distances: *distances }
            }
            Self::Departure { centres, distances, .. } => {
                Decision::Departure { centres: narrow(centres.rows().len()), distances: *distances }
            }
        }
    }

    /// Commitments, in the order of [`Decision::commitments`], each with its salt; that to a codebook has none.
    ///
    /// # Errors
    /// If a pending block does not fit the size.
    pub fn commitments(&self, salts: &[Fr]) -> Result<Vec<Fr>, Oversize> {
        let salt = |place: usize| salts.get(place).copied().unwrap_or_default();
        Ok(match self {
            Self::Consensus { validators, .. } => vec![validators.commitment(salt(0))],
            Self::Criteria { criteria, .. } => vec![criteria.commitment(salt(0))],
            Self::Nearest { values, codebook, index } => vec![
                commit::fingerprint(&values[..], salt(0)),
                commit::codebook(codebook),
                simhash::commitment(index, salt(2)).unwrap_or_default(),
            ],
            Self::Top { table, .. }
            | Self::QTable { table, .. }
            | Self::Bandit { table }
            | Self::Contextual { table, .. } => vec![table.commitment(salt(0))],
            Self::Mempool { size, now, before } => {
                let blocks = std::iter::once(now).chain(before).enumerate();
                blocks
                    .map(|(place, pending)| tags::commitment(*size, &pending.block, false, salt(place)))
                    .collect::<Result<_, _>>()?
            }
            Self::Drift { fingerprints, .. } => {
                let all = fingerprints.iter().enumerate();
                all.map(|(place, values)| commit::fingerprint(values, salt(place))).collect()
            }
            Self::Departure { values, centres, .. } => {
                vec![commit::fingerprint(&values[..], salt(0)), centres.commitment(salt(1))]
            }
        })
    }

    /// Something that a decision can be made from: what keys are made from.
    pub fn blank(decision: Decision) -> Self {
        let table = |kind, rows: usize, columns: usize| {
            Table::new(kind, vec![1; rows * columns]).expect("ones are in every range")
        };
        let values = || Box::new([0; FINGERPRINT]);
        match decision {
            Decision::Consensus => Self::Consensus {
                validators: Validators::new(Vec::new()).expect("none are few enough"),
                method: consensus::Method::Median,
                threshold: Threshold::default(),
            },
            Decision::Criteria(count) => {
                let criterion = Criterion { raw: 0, min: 0, max: 0, weight: 0 };
                let criteria = Criteria::new(vec![criterion; count.into()]).expect("zeros are in range");
                Self::Criteria { criteria, method: criteria::Method::Simple }
            }
            Decision::Nearest { signatures, centroids } => {
                let centroids = vec![[[0; SUBSPACE_DIM]; SUBSPACES]; centroids.count()];
                let codebook = Codebook::new([0; 16], [0; 16], centroids, 0).expect("zeros are a codebook");
                Self::Nearest {
                    values: values(),
                    codebook: Box::new(codebook),
                    index: vec![0; signatures.into()],
                }
            }
            Decision::Top { count, values } => {
                Self::Top { table: table(Kind::Values, values.into(), 1), count }
            }
            Decision::QTable => Self::QTable { table: table(Kind::Q, STATES, ACTIONS), state: 0 },
            Decision::Bandit(arms) => Self::Bandit { table: table(Kind::Bandit, arms.into(), 2) },
            Decision::Contextual(arms) => Self::Contextual {
                table: table(Kind::Contextual, arms.into(), FEATURES + FEATURES * FEATURES),
                features: [0; FEATURES],
            },
            Decision::Mempool { size, before } => {
                let pending = || Box::new(Pending { block: Block::default(), time: 0 });
                Self::Mempool { size, now: pending(), before: before.then(pending) }
            }
            Decision::Drift { positions, distances } => {
                Self::Drift { fingerprints: vec![[0; FINGERPRINT]; positions.into()], distances }
            }
            Decision::Departure { centres, distances } => Self::Departure {
                values: values(),
                centres: table(Kind::Centres, centres.into(), FINGERPRINT),
                usual: Departure::USUAL,
                distances,
            },
        }
    }
}
