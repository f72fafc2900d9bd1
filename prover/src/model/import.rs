//! The import: graph, network, integers, agreement.

use std::path::Path;

use foldproof_circuits::model::{ActivationBits, Head, Model, WeightBits};
use halo2curves::bn256::Fr;

use super::agreement::Agreement;
use super::network::{Affine, Network, Tail};
use super::onnx::File;
use super::quantise::{self, Method, percentile};
use super::reference::{Reference, Thresholds};
use super::samples::{Kind, Sample, Units, check_enough, cut, split};
use super::select::{Selected, select};
use crate::codebook::train::FINGERPRINT;
use crate::input::InputError;

/// What to import, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the outputs are taken for.
    pub head: Head,
    /// Bits of weights.
    pub weights: WeightBits,
    /// Bits of activations.
    pub activations: ActivationBits,
    /// The output to take, by name; without it the one that suits the head.
    pub output: Option<String>,
    /// Names of the outputs; `tag-0`, `class-0`, … without.
    pub labels: Option<Vec<String>>,
    /// `NAME=LOGIT` for tags (`NAME=PROBABILITY` if the graph ends with Sigmoid), one score for an anomaly head.
    pub thresholds: Vec<String>,
    /// What blinds the commitment, 0 for nothing.
    pub salt: Fr,
    /// How weights are chosen.
    pub method: Method,
}

impl Request {
    /// As `foldproof model import --head` without further options.
    pub fn of(head: Head) -> Self {
        Self {
            head,
            weights: WeightBits::W8,
            activations: ActivationBits::A16,
            output: None,
            labels: None,
            thresholds: Vec::new(),
            salt: Fr::zero(),
            method: Method::default(),
        }
    }
}

/// An imported model and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model.
    pub model: Model,
    /// Units of the vectors it takes.
    pub units: Units,
    /// With the float model, on samples that were held out.
    pub agreement: Agreement,
    /// Samples it was calibrated on.
    pub calibration: usize,
    /// What was assumed or dropped.
    pub notes: Vec<String>,
    /// Where it falls short of what a model should reach.
    pub warnings: Vec<String>,
}

/// Imports a float ONNX model, calibrated on four fifths of `samples` and measured on the rest. `folder` is where weights in
/// files beside the model are looked for.
///
/// # Errors
/// See [`select()`] and [`quantise::quantise`]; heads, labels and thresholds that do not suit.
pub fn import(
    onnx: &[u8],
    folder: Option<&Path>,
    samples: Vec<Sample>,
    request: &Request,
) -> Result<Imported, InputError> {
    let file = File::read(onnx, folder)?;
    let samples = match file.input_width() {
        Some(width) => cut(samples, width),
        None => samples,
    };
    let width = samples.first().map_or(0, |sample| sample.values.len());
    if let Some(sample) = samples.first().filter(|s| s.kind == Kind::Fingerprint && width != FINGERPRINT) {
        let found = format!("sequences of {}", sample.values.len() / FINGERPRINT);
        let advice = "a dense network takes one fingerprint: import sequences as a graph";
        return Err(InputError::new("samples", "fingerprints or vectors", found, advice));
    }
    check_enough(&samples)?;
    let Selected { graph, network, note } = select(&file, request.output.as_deref(), request.head, width)?;
    let mut notes: Vec<String> = note.into_iter().collect();
    let reference = Reference::new(graph, &network, request.head, width)?;
    reference.check_batch(&samples)?;
    let (network, reference) = check_head(network, reference, request, &mut notes)?;
    let labels = labels(request, &network, &mut notes)?;
    let Wanted { logits, stated, score } = thresholds(request, &labels, network.tail)?;
    let (calibration, held_out) = split(samples);
    let options = quantise::Options {
        head: request.head,
        weights: request.weights,
        activations: request.activations,
        labels,
        logits,
        score,
        salt: request.salt,
        method: request.method,
    };
    let (network, reference) = match (request.head, network.tail) {
        (Head::Anomaly, Tail::None) => compare(network, reference, &calibration, &mut notes)?,
        _ => (network, reference),
    };
    let (model, remarks) = quantise::quantise(&network, &calibration, &options)?;
    notes.extend(remarks.notes);
    let score = match (request.head, score) {
        (Head::Anomaly, None) => {
            let outputs = calibration.iter().map(|sample| reference.outputs(sample));
            let scores: Vec<f64> = outputs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
            let threshold = percentile(&scores, 0.95);
            notes.push(format!(
                "threshold: the 95th percentile of the calibration scores, {:.6} of the integer model ({threshold:.6} \
                 of the float model)",
                model_threshold(&model)
            ));
            threshold
        }
        (_, score) => score.unwrap_or(0.0),
    };
    let expected = reference.expected(&held_out, &Thresholds { tags: stated, score })?;
    let agreement = Agreement::measure(&model, network.tail, &held_out, &expected);
    if agreement.clipped > 0 {
        notes.push(format!(
            "{} held-out samples have an input beyond its quantiser's range",
            agreement.clipped
        ));
    }
    let mut warnings = remarks.warnings;
    warnings.extend(agreement.shortcomings(request.head, request.weights));
    let units = held_out.first().map_or_else(Units::default, |sample| sample.units.clone());
    for (i, exponent) in units.exponents().iter().enumerate().filter(|(_, exponent)| **exponent != 0) {
        notes.push(format!(
            "input {i} is counted in units of 2^{exponent}·2^-20: that of its samples does not suit it"
        ));
    }
    Ok(Imported { model, units, agreement, calibration: calibration.len(), notes, warnings })
}

/// The threshold of an anomaly head as a mean squared error.
pub fn model_threshold(model: &Model) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    let sum = model.head().threshold as f64;
    sum / quantise::scores_per_unit(&model.shape(), model.head().fraction_bits)
}

/// Which of the input's units a reconstruction has: those in which it leaves less of the samples' own variance.
fn compare(
    network: Network,
    reference: Reference,
    samples: &[Sample],
    notes: &mut Vec<String>,
) -> Result<(Network, Reference), InputError> {
    let plain = Affine::identity(network.input.scale.len());
    let mut best: Option<(f64, Affine)> = None;
    for compared in [network.input.clone(), plain.clone()] {
        let share = reference.clone().compared_with(compared.clone()).unexplained(samples)?;
        if best.as_ref().is_none_or(|(least, _)| share < *least) {
            best = Some((share, compared));
        }
    }
    let Some((share, compared)) = best else { return Ok((network, reference)) };
    if network.is_normalised() {
        let what = if compared == plain { "the input in its own units" } else { "the normalised input" };
        notes.push(format!("the reconstruction is compared with {what}: that is what it is near"));
    }
    if share > 1.0 {
        notes.push(format!(
            "the reconstruction is further from the input than the samples' mean is ({share:.2} of their variance): is it \
             one?"
        ));
    }
    let reference = reference.compared_with(compared.clone());
    Ok((Network { compared, ..network }, reference))
}

/// What the head makes of the end of the graph.
fn check_head(
    network: Network,
    reference: Reference,
    request: &Request,
    notes: &mut Vec<String>,
) -> Result<(Network, Reference), InputError> {
    let wrong = |expected: &str, found: &str, advice: &str| {
        let found = format!("{found} with --head {}", request.head.name());
        Err(InputError::new("output", expected, found, advice))
    };
    let other = "use the head the model was trained for, or choose another output with --output";
    if !network.is_normalised() {
        notes.push(match request.head {
            Head::Anomaly => {
                "the graph does not normalise its input: scores are in the input's own units".into()
            }
            Head::Tags | Head::Class | Head::Values => {
                "the graph does not normalise its input: mean and deviation of the calibration data are used"
                    .into()
            }
        });
    }
    match (network.tail, request.head) {
        (Tail::None, Head::Tags | Head::Values) | (Tail::MeanSquare, Head::Anomaly) => {}
        (Tail::None, Head::Class) if network.outputs() > 1 => {}
        (Tail::None, Head::Anomaly) => {
            notes.push("the graph ends with the reconstruction: its mean squared error is the score".into());
        }
        (Tail::Sigmoid, Head::Tags) => {
            notes.push(
                "the final Sigmoid is dropped: a threshold p becomes ln(p/(1−p)) on the logit, 0 for 1/2"
                    .into(),
            );
        }
        (Tail::Sigmoid, Head::Class) if network.outputs() == 1 => {
            notes.push(
                "the one probability is that of the second of two classes; --head tags takes it for a tag"
                    .into(),
            );
            return Ok((network.of_two_classes(), reference.of_two_classes()));
        }
        (Tail::Sigmoid | Tail::Share | Tail::Softmax | Tail::LogSoftmax, Head::Class)
            if network.outputs() > 1 =>
        {
            notes.push(format!(
                "the final {} is dropped: it does not change which output is greatest",
                network.tail.name()
            ));
        }
        (tail, Head::Values) => {
            let advice = "choose the value before it with --output, or use another head";
            return wrong("values that are an affine function of the last layer", tail.name(), advice);
        }
        (tail, Head::Class) if tail != Tail::MeanSquare => {
            let advice = "use --head tags with --threshold NAME=LOGIT, or end the graph with Sigmoid, or with an output per \
                          class";
            return wrong("an output per class, since one output has no greatest", "one output", advice);
        }
        (Tail::Softmax | Tail::LogSoftmax | Tail::Share, Head::Tags) => {
            return wrong("logits or Sigmoid", network.tail.name(), other);
        }
        (_, Head::Tags | Head::Class) => return wrong("logits", "a mean squared error", other),
        (_, Head::Anomaly) => return wrong("a reconstruction or its error", "probabilities", other),
    }
    Ok((network, reference))
}

fn labels(request: &Request, network: &Network, notes: &mut Vec<String>) -> Result<Vec<String>, InputError> {
    let outputs = network.outputs();
    let stem = match request.head {
        Head::Tags => "tag",
        Head::Class => "class",
        Head::Values => "value",
        Head::Anomaly if request.labels.is_some() => {
            return Err(InputError::new(
                "labels",
                "none for an anomaly head",
                "labels",
                "leave out --labels",
            ));
        }
        Head::Anomaly => return Ok(Vec::new()),
    };
    match (&request.labels, &network.labels) {
        (Some(labels), _) if labels.len() == outputs => Ok(labels.clone()),
        (Some(labels), _) => {
            let (expected, found) = (format!("{outputs}, one per output"), labels.len().to_string());
            Err(InputError::new("labels", expected, found, "give the labels the model was trained with"))
        }
        (None, Some(labels)) if labels.len() == outputs => {
            notes.push(format!("labels of the graph: {}", labels.join(", ")));
            Ok(labels.clone())
        }
        (None, _) => {
            notes.push(format!("no labels given: {stem}-0 to {stem}-{}", outputs.saturating_sub(1)));
            Ok((0..outputs).map(|i| format!("{stem}-{i}")).collect())
        }
    }
}

/// What decides.
struct Wanted {
    /// Of each tag, a logit.
    logits: Vec<f64>,
    /// The same in the graph's own unit.
    stated: Vec<f64>,
    /// Of an anomaly head, if one was given.
    score: Option<f64>,
}

fn thresholds(request: &Request, labels: &[String], tail: Tail) -> Result<Wanted, InputError> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let wrong = |expected: String, found: &str| {
        InputError::new("--threshold", expected, format!("{found:?}"), "correct it, or leave it out")
    };
    let none = |score| Ok(Wanted { logits: Vec::new(), stated: Vec::new(), score });
    match request.head {
        Head::Class | Head::Values => match request.thresholds.first() {
            Some(found) if request.head == Head::Values => {
                Err(wrong("none: values are public".into(), found))
            }
            Some(found) => Err(wrong("none: the greatest logit decides".into(), found)),
            None => none(None),
        },
        Head::Anomaly => match &request.thresholds[..] {
            [] => none(None),
            [one] => match number(one).filter(|score| *score >= 0.0) {
                Some(score) => none(Some(score)),
                None => Err(wrong("a mean squared error of 0 or more".into(), one)),
            },
            [_, second, ..] => Err(wrong("one score".into(), second)),
        },
        Head::Tags => {
            let usual = if tail == Tail::Sigmoid { 0.5 } else { 0.0 };
            let mut wanted =
                Wanted { logits: vec![0.0; labels.len()], stated: vec![usual; labels.len()], score: None };
            for text in &request.thresholds {
                // A label may contain "="; a number does not.
                let pair = text.rsplit_once('=');
                let (name, value) = pair.ok_or_else(|| wrong("NAME=NUMBER".into(), text))?;
                let place = labels.iter().position(|label| label == name);
                let place = place.ok_or_else(|| wrong(format!("a label of {labels:?}"), name))?;
                (wanted.logits[place], wanted.stated[place]) = match (tail, number(value)) {
                    (Tail::Sigmoid, Some(p)) if p > 0.0 && p < 1.0 => ((p / (1.0 - p)).ln(), p),
                    (Tail::Sigmoid, _) => return Err(wrong("a probability between 0 and 1".into(), text)),
                    (_, Some(logit)) => (logit, logit),
                    (_, None) => return Err(wrong("a logit".into(), text)),
                };
            }
            Ok(wanted)
        }
    }
}
