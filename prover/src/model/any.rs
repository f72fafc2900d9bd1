//! The import of a model, whichever way it is proved: dense networks of one head by [`import`](super::import()), everything else as a
//! graph by [`lower`].

use std::path::Path;

use foldproof_circuits::model::{ActivationBits, Head, WeightBits};
use foldproof_circuits::models::QuantisedModel;
use halo2curves::bn256::Fr;

use super::file::Meaning;
use super::lower::{self, HeadKind, Output};
use super::quantise::Method;
use super::samples::{self, Sample};
use super::{Imported, Request, graph_file, import, to_json_with_meaning};
use crate::input::{InputError, Mapping};

/// What to do about options that do not suit.
const ADVICE: &str = "docs/model-import.md says which options suit which models";

/// An output, if it is named, and what it is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadOf {
    /// Name of the output; without it, the one that suits.
    pub output: Option<String>,
    /// What it is taken for.
    pub kind: HeadKind,
}

impl HeadOf {
    /// Reads `HEAD` or `OUTPUT=HEAD`.
    ///
    /// # Errors
    /// Heads of other names, with those that there are.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        let (output, head) = match text.rsplit_once('=') {
            Some((output, head)) => (Some(output.to_owned()), head),
            None => (None, text),
        };
        let kind = HeadKind::from_name(head).ok_or_else(|| {
            let expected =
                "tags, anomaly, class, values, top, top-K, score, flag or commitment, alone or after OUTPUT=";
            InputError::new("--head", expected, format!("{text:?}"), ADVICE)
        })?;
        Ok(Self { output, kind })
    }

    /// The head of dense networks with this name.
    fn dense(&self) -> Option<Head> {
        Head::from_name(self.kind.name())
    }
}

/// What to import, and how, before it is known which way the model is proved.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyRequest {
    /// Heads, at least one.
    pub heads: Vec<HeadOf>,
    /// Bits of weights; graphs have 8.
    pub weights: WeightBits,
    /// Bits of activations: 8 or 16 of dense networks, 12 to 14 of graphs; without, 16, or by the size of the model.
    pub activations: Option<u32>,
    /// The output to take, by name, if the head names none.
    pub output: Option<String>,
    /// Names of the outputs of the only head.
    pub labels: Option<Vec<String>>,
    /// Thresholds of the only head, as [`Request::thresholds`].
    pub thresholds: Vec<String>,
    /// What blinds the commitment, 0 for nothing.
    pub salt: Fr,
}

impl AnyRequest {
    /// One head for the output that suits it.
    pub fn of(kind: HeadKind) -> Self {
        Self {
            heads: vec![HeadOf { output: None, kind }],
            weights: WeightBits::W8,
            activations: None,
            output: None,
            labels: None,
            thresholds: Vec::new(),
            salt: Fr::zero(),
        }
    }

    /// Which way a file is imported. `folder` is where weights in files beside it are looked for.
    ///
    /// # Errors
    /// Files that cannot be read, and options that do not suit that way.
    pub fn plan(self, onnx: &[u8], folder: Option<&Path>) -> Result<Plan, InputError> {
        let named = self.heads.iter().filter_map(|head| head.output.clone());
        let outputs: Vec<String> = named.chain(self.output.clone()).collect();
        let head = match &self.heads[..] {
            [head] => head.dense(),
            _ => None,
        };
        let special = lower::applies(onnx, folder, &outputs)?;
        match head.filter(|_| !special) {
            Some(head) => self.dense(head, outputs.into_iter().next()),
            None => self.graph(),
        }
    }

    fn dense(self, head: Head, output: Option<String>) -> Result<Plan, InputError> {
        let bits = self.activations.unwrap_or(ActivationBits::default().count());
        let activations = ActivationBits::from_count(bits).ok_or_else(|| {
            InputError::new("--activations", "8 or 16 for a dense network", bits.to_string(), ADVICE)
        })?;
        Ok(Plan::Dense(Request {
            head,
            weights: self.weights,
            activations,
            output,
            labels: self.labels,
            thresholds: self.thresholds,
            salt: self.salt,
            method: Method::default(),
        }))
    }

    fn graph(self) -> Result<Plan, InputError> {
        if self.weights != WeightBits::W8 {
            let found = self.weights.count().to_string();
            return Err(InputError::new("--weights", "8 bits, as graphs have", found, ADVICE));
        }
        let several = self.heads.len() > 1;
        if several && (self.labels.is_some() || !self.thresholds.is_empty() || self.output.is_some()) {
            let found = format!("{} heads", self.heads.len());
            let of_one = "--labels, --threshold and --output";
            return Err(InputError::new(of_one, "a single head", found, ADVICE));
        }
        let outputs = self.heads.into_iter().map(|head| Output {
            name: head.output.or_else(|| self.output.clone()),
            head: head.kind,
            labels: self.labels.clone(),
            thresholds: self.thresholds.clone(),
        });
        Ok(Plan::Graph(lower::Request {
            limb_bits: self.activations,
            salt: self.salt,
            ..lower::Request::for_outputs(outputs.collect())
        }))
    }
}

/// Which way a model is imported.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// As a dense network.
    Dense(Request),
    /// As a graph.
    Graph(lower::Request),
}

impl Plan {
    /// Reads samples for it: 96 numbers are a fingerprint, unless the model takes a matrix of other rows.
    ///
    /// # Errors
    /// As [`read_scaled`](samples::read_scaled).
    pub fn read_samples(
        &self,
        onnx: &[u8],
        folder: Option<&Path>,
        bytes: &[u8],
    ) -> Result<Vec<Sample>, InputError> {
        let vectors = match self {
            Self::Dense(_) => false,
            Self::Graph(request) => {
                let names = request.outputs.iter().filter_map(|output| output.name.clone());
                lower::takes_vectors(onnx, folder, &names.collect::<Vec<_>>())
            }
        };
        if vectors { samples::read_scaled_vectors(bytes) } else { samples::read_scaled(bytes) }
    }

    /// Imports, calibrated on four fifths of `samples` and measured on the rest. `mapping` is that of the blocks behind fingerprints.
    ///
    /// # Errors
    /// As the import of either kind.
    pub fn import(
        &self,
        onnx: &[u8],
        folder: Option<&Path>,
        samples: Vec<Sample>,
        mapping: Option<Mapping>,
    ) -> Result<AnyImported, InputError> {
        let made = match self {
            Self::Dense(request) => Made::Dense(import(onnx, folder, samples, request)?),
            Self::Graph(request) => Made::Graph(lower::import(onnx, folder, samples, request)?),
        };
        let units = match &made {
            Made::Dense(imported) => imported.units.clone(),
            Made::Graph(imported) => imported.units.clone(),
        };
        Ok(AnyImported { made, meaning: Meaning { mapping, units } })
    }
}

/// A model of either kind, and what there is to say about it.
#[derive(Clone, Debug)]
pub enum Made {
    /// A dense network.
    Dense(Imported),
    /// A graph.
    Graph(lower::Imported),
}

/// An imported model.
#[derive(Clone, Debug)]
pub struct AnyImported {
    /// What was made.
    pub made: Made,
    /// What the numbers that it takes mean.
    pub meaning: Meaning,
}

impl AnyImported {
    /// The model.
    pub fn model(&self) -> QuantisedModel {
        match &self.made {
            Made::Dense(imported) => QuantisedModel::Dense(imported.model.clone()),
            Made::Graph(imported) => QuantisedModel::Graph(imported.model.clone()),
        }
    }

    /// What was assumed or dropped.
    pub fn notes(&self) -> &[String] {
        match &self.made {
            Made::Dense(imported) => &imported.notes,
            Made::Graph(imported) => &imported.notes,
        }
    }

    /// Where it falls short of what a model should reach.
    pub fn warnings(&self) -> &[String] {
        match &self.made {
            Made::Dense(imported) => &imported.warnings,
            Made::Graph(imported) => &imported.warnings,
        }
    }

    /// The file of the model.
    pub fn to_json(&self) -> String {
        to_json(&self.model(), &self.meaning)
    }
}

/// The file of a model of either kind: the inverse of [`graph_file::read_any`].
pub fn to_json(model: &QuantisedModel, meaning: &Meaning) -> String {
    match model {
        QuantisedModel::Dense(model) => to_json_with_meaning(model, meaning),
        QuantisedModel::Graph(model) => graph_file::to_json_with_meaning(model, meaning),
    }
}
