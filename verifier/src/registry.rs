//! Models the caller knows: which commitments count, under which names, and for which time.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use foldproof_circuits::graph::{Graph, HeadMeaning, graph_digest};
use foldproof_circuits::model::{Head, MAX_FRACTION_BITS, MAX_LABEL_BYTES, OUTPUT_BITS, Shape};
use foldproof_circuits::public::ModelInputs;
use foldproof_circuits::stages::graph::meanings_digest;
use foldproof_circuits::stages::model::{label_digest, value_digest};
use foldproof_circuits::statement::ModelShape;
use halo2curves::bn256::Fr;

use crate::error::Error;
use crate::heads::{self, HeadOpinion};
use crate::verified::{Hint, Opinion, integer};

/// Whether proofs with a model are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// They are.
    Active,
    /// No longer: the model was replaced.
    Retired,
    /// No longer: the model must not be believed.
    Revoked,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Retired, Self::Revoked];

    /// Name in registry files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What of a model its entry says to be proved about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisteredShape {
    /// Head and layers.
    Dense(Shape),
    /// A graph, by its digest: the graph itself comes with the proof.
    Graph(RegisteredGraph),
}

/// A graph that the caller knows, and what its heads mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredGraph {
    /// Its name, as statements have it.
    pub name: String,
    /// Its digest.
    pub digest: Fr,
    /// Labels, fraction bits and threshold of each head: checked against what the commitment binds and the proof opens.
    pub heads: Vec<HeadMeaning>,
}

impl RegisteredGraph {
    /// Of a graph whose heads mean that.
    pub fn new(graph: &Arc<Graph>, heads: Vec<HeadMeaning>) -> Self {
        Self { name: ModelShape::from(graph).to_string(), digest: graph_digest(graph), heads }
    }
}

impl From<Shape> for RegisteredShape {
    fn from(shape: Shape) -> Self {
        Self::Dense(shape)
    }
}

impl fmt::Display for RegisteredShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense(shape) => shape.fmt(f),
            Self::Graph(graph) => f.write_str(&graph.name),
        }
    }
}

impl RegisteredShape {
    /// The dense shape, if it is one.
    pub fn dense(&self) -> Option<Shape> {
        match self {
            Self::Dense(shape) => Some(*shape),
            Self::Graph(_) => None,
        }
    }

    /// The graph, if it is one.
    pub fn graph(&self) -> Option<&RegisteredGraph> {
        match self {
            Self::Dense(_) => None,
            Self::Graph(graph) => Some(graph),
        }
    }

    fn is(&self, shape: &ModelShape) -> bool {
        match (self, shape) {
            (Self::Dense(known), ModelShape::Dense(found)) => known == found,
            (Self::Graph(known), ModelShape::Graph(found)) => {
                known.digest == graph_digest(found) && known.name == shape.to_string()
            }
            (Self::Dense(_), ModelShape::Graph(_)) | (Self::Graph(_), ModelShape::Dense(_)) => false,
        }
    }
}

/// A model the caller knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its shape, head included: proofs of another shape are rejected before anything costly is done for them.
    pub shape: RegisteredShape,
    /// Commitment to shape, parameters and head.
    pub commitment: Fr,
    /// Names of its outputs, in order; checked against the digest in the commitment. None of a graph, whose heads have their own.
    pub labels: Vec<String>,
    /// None of a graph. Fraction bits of its outputs, by which a score has a unit: it counts 2^(-2·fraction_bits). Its registrar's word, for display.
    pub fraction_bits: Option<u8>,
    /// Whether proofs with it are taken.
    pub status: Status,
    /// First second at which it is valid: the timestamp of the block, or that of the policy for proofs without one.
    pub valid_from: Option<u64>,
    /// First second at which it is no longer valid.
    pub valid_until: Option<u64>,
}

impl RegisteredModel {
    /// Whether a model of that shape may speak at that time.
    fn check(&self, found: &ModelShape, time: Option<u64>) -> Result<(), Error> {
        let Self { shape: expected, status, valid_from, valid_until, .. } = self;
        if !expected.is(found) {
            let (expected, found) = (expected.to_string(), found.to_string());
            return Err(Error::ModelShape { model: self.title(), expected, found });
        }
        if *status != Status::Active {
            return Err(Error::ModelStatus { model: self.title(), found: *status });
        }
        let late_enough = valid_from.is_none_or(|from| time.is_some_and(|time| time >= from));
        let early_enough = valid_until.is_none_or(|until| time.is_some_and(|time| time < until));
        if late_enough && early_enough {
            return Ok(());
        }
        let (from, until) = (*valid_from, *valid_until);
        Err(Error::ModelValidity { model: self.title(), from, until, found: time })
    }

    /// What the model says, in the registry's words: a model of that shape, which is the entry's.
    fn hint(&self, shape: &ModelShape, inputs: &ModelInputs<Fr>) -> Result<Hint, Error> {
        let (fraction_bits, opinion) = match (&self.shape, shape) {
            (RegisteredShape::Dense(shape), _) => self.dense_opinion(*shape, inputs)?,
            (RegisteredShape::Graph(known), ModelShape::Graph(graph)) => {
                (None, Opinion::Graph(self.graph_opinion(known, graph, inputs)?))
            }
            (RegisteredShape::Graph(_), ModelShape::Dense(_)) => return Err(self.entry_fault("shape")),
        };
        let (name, version) = (self.name.clone(), self.version.clone());
        let (shape, commitment) = (shape.clone(), self.commitment);
        Ok(Hint { name, version, shape, commitment, fraction_bits, opinion })
    }

    fn entry_fault(&self, what: &'static str) -> Error {
        Error::ModelEntry { model: self.title(), what }
    }

    /// What the heads of a graph say. Their digest has labels and fraction bits; thresholds are public by themselves.
    fn graph_opinion(
        &self,
        known: &RegisteredGraph,
        graph: &Graph,
        inputs: &ModelInputs<Fr>,
    ) -> Result<Vec<HeadOpinion>, Error> {
        let RegisteredGraph { heads, .. } = known;
        if !heads::suit(graph, heads) || inputs.head != meanings_digest(heads) {
            return Err(self.entry_fault("labels or fraction bits of the heads"));
        }
        if !heads::same_thresholds(graph, heads, &inputs.outputs) {
            return Err(self.entry_fault("thresholds of the heads"));
        }
        heads::opinions(graph, heads, &inputs.outputs)
    }

    /// What a dense model says, and the fraction bits of its outputs.
    fn dense_opinion(&self, shape: Shape, inputs: &ModelInputs<Fr>) -> Result<(Option<u8>, Opinion), Error> {
        let fraction_bits = self.fraction_bits_of(shape, inputs).ok_or_else(|| self.entry_fault("labels"))?;
        // As many as the head has, since the instance is of this statement.
        let output = inputs.outputs.first().copied().unwrap_or_default();
        let opinion = match shape.head() {
            Head::Tags => {
                let bits = u32::try_from(shape.outputs()).unwrap_or(u32::MAX);
                let mask: u128 = integer("tags", &output, bits)?;
                let on = |index: u32| mask.checked_shr(index).is_some_and(|rest| rest & 1 == 1);
                let labels = (0..).zip(&self.labels).filter(|(index, _)| on(*index));
                Opinion::Tags(labels.map(|(_, label)| label.clone()).collect())
            }
            Head::Anomaly => Opinion::Anomaly {
                score: integer("score", &output, 64)?,
                threshold: integer("threshold", &inputs.head, 64)?,
            },
            Head::Class => {
                let index: usize = integer("class", &output, 8)?;
                let label = self.labels.get(index).cloned();
                let label = label.ok_or(Error::Class { classes: shape.outputs(), found: index })?;
                Opinion::Class { index, label }
            }
            Head::Values => {
                let value = |(label, element): (&String, &Fr)| {
                    let offset: u32 = integer("value", element, OUTPUT_BITS)?;
                    Ok((label.clone(), offset.cast_signed().saturating_sub(1 << (OUTPUT_BITS - 1))))
                };
                let values = self.labels.iter().zip(&inputs.outputs).map(value);
                Opinion::Values(values.collect::<Result<_, Error>>()?)
            }
        };
        Ok((fraction_bits, opinion))
    }

    /// Fraction bits of the outputs: those of the entry. Of values they are in the digest of the labels, which has to say the same;
    /// if the entry does not say, they are whichever of the few there are open it. Nothing if the labels are not those of the
    /// digest, or not such that no others have it: one for each output, none empty, none twice.
    fn fraction_bits_of(&self, shape: Shape, inputs: &ModelInputs<Fr>) -> Option<Option<u8>> {
        let head = shape.head();
        if head.has_labels() && !(self.labels.len() == shape.outputs() && are_labels(&self.labels)) {
            return None;
        }
        let said = |bits: &u8| self.fraction_bits.is_none_or(|known| known == *bits);
        let opens = |bits: &u8| inputs.head == value_digest(&self.labels, *bits);
        match head {
            Head::Anomaly => Some(self.fraction_bits),
            Head::Tags | Head::Class => {
                (inputs.head == label_digest(&self.labels)).then_some(self.fraction_bits)
            }
            Head::Values => (0..=MAX_FRACTION_BITS).find(|bits| said(bits) && opens(bits)).map(Some),
        }
    }

    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// Whether these can be labels of a model: each of its own, of 1 to [`MAX_LABEL_BYTES`] bytes.
pub(crate) fn are_labels(labels: &[String]) -> bool {
    let suits = |label: &String| (1..=MAX_LABEL_BYTES).contains(&label.len());
    labels.iter().all(suits) && labels.iter().collect::<BTreeSet<_>>().len() == labels.len()
}

/// What registered models say in a proof whose public inputs these are. If several entries have one commitment, each
/// must let it speak, whatever their order; the first gives the words.
pub(crate) fn hints<'s>(
    registry: &[RegisteredModel],
    shapes: impl Iterator<Item = &'s ModelShape>,
    models: &[ModelInputs<Fr>],
    time: Option<u64>,
) -> Result<Vec<Hint>, Error> {
    let hint = |(shape, inputs): (&ModelShape, &ModelInputs<Fr>)| {
        let found = inputs.commitment;
        let mut entries = registry.iter().filter(|entry| entry.commitment == found);
        let speak = |entry: &RegisteredModel| {
            entry.check(shape, time)?;
            entry.hint(shape, inputs)
        };
        let first = speak(entries.next().ok_or(Error::ModelNotRegistered { found })?)?;
        entries.try_for_each(|entry| speak(entry).map(drop))?;
        Ok(first)
    };
    shapes.zip(models).map(hint).collect()
}
