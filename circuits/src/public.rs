//! Every public input, once.
//!
//! One struct, generic over what a row holds: field elements in the verifier, cells in the circuit. The order
//! exists in [`PublicInputs::rows`] and [`PublicInputs::from_rows`] only.
//! Several blocks have the statement and the codebook root first, then each in turn the other twelve of a block.

use halo2curves::bn256::Fr;

use crate::analytics::{Analytics, Part};
use crate::statement::{Statement, Subject};

pub use crate::columns::{
    BLOCK_ROWS, CORE_ROWS, MAX_ROWS, MAX_VALUE_ROWS, MODEL_HEAD_ROWS, MODEL_ROWS, SHARED_ROWS,
};

/// A 256-bit root as two 128-bit halves, high first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root<T> {
    /// Bytes 0 to 15, big-endian.
    pub high: T,
    /// Bytes 16 to 31, big-endian.
    pub low: T,
}

impl Root<u128> {
    /// Splits 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let half = |part: &[u8]| part.iter().fold(0, |sum, b| (sum << 8) | u128::from(*b));
        let (high, low) = bytes.split_at(16);
        Self { high: half(high), low: half(low) }
    }

    /// Joins the halves.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (high, low) = bytes.split_at_mut(16);
        high.copy_from_slice(&self.high.to_be_bytes());
        low.copy_from_slice(&self.low.to_be_bytes());
        bytes
    }
}

impl<T> Root<T> {
    /// Applies `f` to both halves.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Root<U> {
        Root { high: f(self.high), low: f(self.low) }
    }
}

/// What is public about a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockInputs<T> {
    /// Poseidon commitment to the canonical block: computed in the circuit.
    pub block_commitment: T,
    /// Poseidon commitment to the 96 folded values: computed in the circuit.
    pub fold_commitment: T,
    /// Poseidon commitment to the 24 PQ indices: computed in the circuit.
    pub pq_commitment: T,
    /// Poseidon root of the codebook: computed in the circuit.
    pub codebook_root: T,
    /// Block height: bound to the block commitment, and a feature.
    pub height: T,
    /// Block timestamp: bound to the block commitment, and a feature.
    pub timestamp: T,
    /// State root before: attested, bound to the block commitment.
    pub prev_state_root: Root<T>,
    /// State root after: attested, bound to the block commitment.
    pub new_state_root: Root<T>,
    /// Transactions root: attested, bound to the block commitment.
    pub tx_root: Root<T>,
    /// Bit i: whether vector i lies within the codebook's error bound. Computed in the circuit.
    pub within_bound: T,
}

/// What is public about analytics beside a block: of each part what its stage says, if the statement has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnalyticsInputs<T> {
    /// Poseidon commitment to the configuration, unless that has a name: computed in the circuit.
    pub configuration: Option<T>,
    /// 95th percentile, maximum and mean of the residuals, packed.
    pub residuals: Option<T>,
    /// Poseidon commitment to the list of zones, and the list, packed in two.
    pub zones: Option<[T; 3]>,
    /// The set of hyperedges, and the weights of pairs, packed in three.
    pub hypergraph: Option<[T; 4]>,
    /// Score, label, variant and unrounded score, packed.
    pub anomaly: Option<T>,
    /// Poseidon commitment to the tag fields; tags with the number of transactions; counts by category; gas with its shares; volumes.
    pub rules: Option<[T; 5]>,
    /// Poseidon commitment to the zones as a matrix: computed in the circuit.
    pub zone_graph: Option<T>,
    /// As `anomaly`, of the score that is blended with a forest.
    pub hybrid: Option<T>,
}

impl<T> AnalyticsInputs<T> {
    fn rows(&self) -> Vec<&T> {
        let Self { configuration, residuals, zones, hypergraph, anomaly, rules, zone_graph, hybrid } = self;
        let mut rows: Vec<&T> = configuration.iter().chain(residuals).collect();
        rows.extend(zones.iter().flatten());
        rows.extend(hypergraph.iter().flatten());
        rows.extend(anomaly);
        rows.extend(rules.iter().flatten());
        rows.extend(zone_graph);
        rows.extend(hybrid);
        rows
    }

    /// The inverse of `rows`.
    fn from_rows(analytics: Analytics, mut next: impl FnMut() -> Option<T>) -> Option<Self> {
        let has = |part: Part| analytics.has(part);
        let one = |rows: Option<[T; 1]>| rows.map(|[row]| row);
        Some(Self {
            configuration: one(take(analytics.commits_to_config(), &mut next)?),
            residuals: one(take(has(Part::Residuals), &mut next)?),
            zones: take(has(Part::Zones), &mut next)?,
            hypergraph: take(has(Part::Hypergraph), &mut next)?,
            anomaly: one(take(has(Part::Anomaly), &mut next)?),
            rules: take(has(Part::Rules), &mut next)?,
            zone_graph: one(take(has(Part::Graph), &mut next)?),
            hybrid: one(take(analytics.forest().is_some(), &mut next)?),
        })
    }
}

/// The next N rows, if they are there to be.
fn take<T, const N: usize>(present: bool, next: &mut impl FnMut() -> Option<T>) -> Option<Option<[T; N]>> {
    if !present {
        return Some(None);
    }
    let rows: Vec<T> = (0..N).map(|_| next()).collect::<Option<_>>()?;
    rows.try_into().ok().map(Some)
}

/// What is public about a model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelInputs<T> {
    /// Poseidon commitment to shape, parameters and head: computed in the circuit.
    pub commitment: T,
    /// Digest of the labels, with the unit of a values head, or the threshold of an anomaly head; of a graph, digest of what all
    /// heads mean. Bound to the commitment.
    pub head: T,
    /// Bits of the tags, the score, or the index of the class: one. Of a values head each output, with 2¹⁵ on top. Of a graph, head
    /// by head, as many as [`Head::published`](crate::graph::Head::published) says, a threshold before what it is for. Computed
    /// in the circuit, but for thresholds, which are bound to the commitment.
    pub outputs: Vec<T>,
}

/// What is public about a decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecisionInputs<T> {
    /// Poseidon commitments to what it is made from, in the order of
    /// [`Decision::commitments`](crate::decision::Decision::commitments): computed in the circuit.
    pub commitments: Vec<T>,
    /// What is decided, and what is told of that it is decided from: see `Ruling`.
    pub outputs: Vec<T>,
}

/// What is public about what a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectInputs<T> {
    /// A block.
    Block(BlockInputs<T>),
    /// Several blocks, in order. They share the codebook root, which has one row for all of them.
    Blocks(Vec<BlockInputs<T>>),
    /// Poseidon commitment to the values: computed in the circuit.
    Values(T),
    /// Poseidon commitment to each fingerprint of a sequence, oldest first: computed in the circuit.
    Sequence(Vec<T>),
    /// What is decided from committed values.
    Decision(DecisionInputs<T>),
}

/// The public inputs of a proof.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicInputs<T> {
    /// [`Statement::element`]: fixed by the circuit.
    pub statement: T,
    /// What the statement is about.
    pub subject: SubjectInputs<T>,
    /// What is computed by rule beside a block, if the statement has it.
    pub analytics: Option<AnalyticsInputs<T>>,
    /// What each model says.
    pub models: Vec<ModelInputs<T>>,
}

impl<T> BlockInputs<T> {
    /// Row by row, in three parts: before the root of the codebook, which several blocks share, that root, and the rest.
    fn parts(&self) -> [Vec<&T>; 3] {
        let Self {
            block_commitment,
            fold_commitment,
            pq_commitment,
            codebook_root,
            height,
            timestamp,
            prev_state_root,
            new_state_root,
            tx_root,
            within_bound,
        } = self;
        [
            vec![block_commitment, fold_commitment, pq_commitment],
            vec![codebook_root],
            vec![
                height,
                timestamp,
                &prev_state_root.high,
                &prev_state_root.low,
                &new_state_root.high,
                &new_state_root.low,
                &tx_root.high,
                &tx_root.low,
                within_bound,
            ],
        ]
    }

    /// The inverse of `parts`, with the codebook root that is shared, if one is.
    fn from_rows(shared: Option<T>, next: &mut impl FnMut() -> Option<T>) -> Option<Self> {
        Some(Self {
            block_commitment: next()?,
            fold_commitment: next()?,
            pq_commitment: next()?,
            codebook_root: shared.or_else(&mut *next)?,
            height: next()?,
            timestamp: next()?,
            prev_state_root: Root { high: next()?, low: next()? },
            new_state_root: Root { high: next()?, low: next()? },
            tx_root: Root { high: next()?, low: next()? },
            within_bound: next()?,
        })
    }
}

impl<T> PublicInputs<T> {
    /// Row by row, as the instance column holds them.
    pub fn rows(&self) -> Vec<&T> {
        let Self { statement, subject, analytics, models } = self;
        let mut rows = vec![statement];
        match subject {
            SubjectInputs::Values(commitment) => rows.push(commitment),
            SubjectInputs::Sequence(commitments) => rows.extend(commitments),
            SubjectInputs::Decision(DecisionInputs { commitments, outputs }) => {
                rows.extend(commitments.iter().chain(outputs));
            }
            SubjectInputs::Block(block) => {
                let [commitments, root, rest] = block.parts();
                rows.extend([commitments, root, rest].concat());
            }
            SubjectInputs::Blocks(blocks) => {
                rows.extend(blocks.first().map(|block| &block.codebook_root));
                for block in blocks {
                    let [commitments, _, rest] = block.parts();
                    rows.extend([commitments, rest].concat());
                }
            }
        }
        rows.extend(analytics.iter().flat_map(AnalyticsInputs::rows));
        for ModelInputs { commitment, head, outputs } in models {
            rows.extend([commitment, head]);
            rows.extend(outputs);
        }
        rows
    }

    /// The inverse of [`rows`](Self::rows): `None` unless there are as many rows as the statement has.
    pub fn from_rows(statement: &Statement, rows: impl IntoIterator<Item = T>) -> Option<Self>
    where
        T: Clone,
    {
        let mut rows = rows.into_iter();
        let mut next = || rows.next();
        let inputs = Self {
            statement: next()?,
            subject: match statement.subject() {
                Subject::Fingerprint | Subject::Vector(_) | Subject::Matrix { .. } => {
                    SubjectInputs::Values(next()?)
                }
                Subject::Sequence { positions } => {
                    SubjectInputs::Sequence((0..positions).map(|_| next()).collect::<Option<_>>()?)
                }
                Subject::Decision(decision) => {
                    let mut rows = |count: usize| (0..count).map(|_| next()).collect::<Option<_>>();
                    let commitments = rows(decision.commitments().len())?;
                    SubjectInputs::Decision(DecisionInputs {
                        commitments,
                        outputs: rows(decision.outputs())?,
                    })
                }
                Subject::Block(_) => SubjectInputs::Block(BlockInputs::from_rows(None, &mut next)?),
                Subject::Blocks { count, .. } => {
                    let root = next()?;
                    let block = |_| BlockInputs::from_rows(Some(root.clone()), &mut next);
                    SubjectInputs::Blocks((0..count).map(block).collect::<Option<_>>()?)
                }
            },
            analytics: match statement.analytics() {
                Some(analytics) => Some(AnalyticsInputs::from_rows(analytics, &mut next)?),
                None => None,
            },
            models: statement
                .models()
                .map(|shape| {
                    Some(ModelInputs {
                        commitment: next()?,
                        head: next()?,
                        outputs: (0..shape.published()).map(|_| next()).collect::<Option<_>>()?,
                    })
                })
                .collect::<Option<_>>()?,
        };
        rows.next().is_none().then_some(inputs)
    }

    /// What is public about the block, if the statement is about one and no more.
    pub fn block(&self) -> Option<&BlockInputs<T>> {
        match &self.subject {
            SubjectInputs::Block(block) => Some(block),
            SubjectInputs::Blocks(_)
            | SubjectInputs::Values(_)
            | SubjectInputs::Sequence(_)
            | SubjectInputs::Decision(_) => None,
        }
    }

    /// What is public about each block, in order, if the statement is about one or several.
    pub fn blocks(&self) -> &[BlockInputs<T>] {
        match &self.subject {
            SubjectInputs::Block(block) => std::slice::from_ref(block),
            SubjectInputs::Blocks(blocks) => blocks,
            SubjectInputs::Values(_) | SubjectInputs::Sequence(_) | SubjectInputs::Decision(_) => &[],
        }
    }
}

/// The public inputs as field elements.
pub type Instance = PublicInputs<Fr>;
