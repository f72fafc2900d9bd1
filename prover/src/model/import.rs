//! The import: graph, network, integers, agreement.

use foldproof_circuits::model::{ActivationBits, Head, Model, WeightBits};
use halo2curves::bn256::Fr;

use super::agreement::{Agreement, Expected};
use super::network::{Network, Tail};
use super::onnx::Graph;
use super::quantise::{self, Method, percentile};
use super::samples::{Sample, split};
use crate::input::InputError;

/// Fewest samples: one has to be held out.
const MIN_SAMPLES: usize = 5;

/// What to import, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the outputs are taken for.
    pub head: Head,
    /// Bits of weights.
    pub weights: WeightBits,
    /// Bits of activations.
    pub activations: ActivationBits,
    /// Names of the outputs; `tag-0`, `class-0`, … without.
    pub labels: Option<Vec<String>>,
    /// `NAME=LOGIT` for tags (`NAME=PROBABILITY` if the graph ends with Sigmoid), one score for an anomaly head.
    pub thresholds: Vec<String>,
    /// What blinds the commitment, 0 for nothing.
    pub salt: Fr,
    /// How weights are chosen.
    pub method: Method,
}

/// An imported model and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model.
    pub model: Model,
    /// With the float model, on samples that were held out.
    pub agreement: Agreement,
    /// Samples it was calibrated on.
    pub calibration: usize,
    /// What was assumed or dropped.
    pub notes: Vec<String>,
    /// Where it falls short of what a model should reach.
    pub warnings: Vec<String>,
}

/// Imports a float ONNX model, calibrated on four fifths of `samples` and measured on the rest.
///
/// # Errors
/// See [`Graph::read`], [`Network::from_graph`] and [`quantise::quantise`]; labels and thresholds that do not suit.
pub fn import(onnx: &[u8], samples: Vec<Sample>, request: &Request) -> Result<Imported, InputError> {
    let graph = Graph::read(onnx)?;
    if samples.len() < MIN_SAMPLES {
        let expected = format!("at least {MIN_SAMPLES}, of which every fifth is held out");
        let advice = "calibrate on a few hundred";
        return Err(InputError::new("samples", expected, samples.len().to_string(), advice));
    }
    let width = samples.first().map_or(0, |sample| sample.values.len());
    let network = Network::from_graph(&graph, width)?;
    let mut notes = notes(&network, request)?;
    let outputs = network.layers.last().map_or(0, |layer| layer.bias.len());
    let labels = labels(request, outputs, &mut notes)?;
    let (logits, score) = thresholds(request, &labels, network.tail)?;
    let (calibration, held_out) = split(samples);
    let reference = |samples: &[Sample]| -> Result<Vec<Vec<f64>>, InputError> {
        samples.iter().map(|sample| float_outputs(&graph, &network, request.head, sample)).collect()
    };
    let options = quantise::Options {
        head: request.head,
        weights: request.weights,
        activations: request.activations,
        labels,
        logits: logits.clone(),
        score,
        salt: request.salt,
        method: request.method,
    };
    let model = quantise::quantise(&network, &calibration, &options)?;
    let score = match (request.head, score) {
        (Head::Anomaly, None) => {
            let scores: Vec<f64> = reference(&calibration)?.into_iter().flatten().collect();
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
    let expected: Vec<Expected> = reference(&held_out)?
        .into_iter()
        .map(|outputs| Expected { decisions: decide(request.head, &outputs, &logits, score), outputs })
        .collect();
    let agreement = Agreement::measure(&model, &held_out, &expected);
    if agreement.clipped > 0 {
        notes.push(format!(
            "{} held-out samples have an input beyond its quantiser's range",
            agreement.clipped
        ));
    }
    let warnings = agreement.shortcomings(request.head, request.weights);
    Ok(Imported { model, agreement, calibration: calibration.len(), notes, warnings })
}

/// The threshold of an anomaly head as a mean squared error.
pub fn model_threshold(model: &Model) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    let sum = model.head().threshold as f64;
    sum / quantise::scores_per_unit(&model.shape(), model.head().fraction_bits)
}

/// Logits, or the score, of the graph as it is written.
///
/// # Errors
/// Shapes in the graph that do not go together.
pub fn float_outputs(
    graph: &Graph,
    network: &Network,
    head: Head,
    sample: &Sample,
) -> Result<Vec<f64>, InputError> {
    let outputs = graph.evaluate(&sample.values, &network.target)?;
    if head != Head::Anomaly || network.tail == Tail::MeanSquare {
        return Ok(outputs);
    }
    let input = network.input.evaluate(&sample.values);
    #[expect(clippy::cast_precision_loss, reason = "a width")]
    let count = input.len().max(1) as f64;
    Ok(vec![input.iter().zip(outputs).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / count])
}

fn decide(head: Head, outputs: &[f64], logits: &[f64], score: f64) -> Vec<bool> {
    match head {
        Head::Tags => outputs.iter().zip(logits).map(|(x, threshold)| x >= threshold).collect(),
        Head::Anomaly => outputs.iter().map(|x| *x >= score).collect(),
        Head::Class => {
            let greatest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let first = outputs.iter().position(|x| *x == greatest);
            (0..outputs.len()).map(|i| Some(i) == first).collect()
        }
    }
}

/// What the head makes of the end of the graph.
fn notes(network: &Network, request: &Request) -> Result<Vec<String>, InputError> {
    let wrong = |expected: &str, found: &str| {
        let found = format!("{found} with --head {}", request.head.name());
        Err(InputError::new("output", expected, found, "use the head the model was trained for"))
    };
    let mut notes = Vec::new();
    if !network.is_normalised() {
        notes.push(match request.head {
            Head::Anomaly => {
                "the graph does not normalise its input: scores are in the input's own units".into()
            }
            Head::Tags | Head::Class => {
                "the graph does not normalise its input: mean and deviation of the calibration data are used"
                    .into()
            }
        });
    }
    match (network.tail, request.head) {
        (Tail::None, Head::Tags | Head::Class) | (Tail::MeanSquare, Head::Anomaly) => {}
        (Tail::None, Head::Anomaly) => {
            notes.push("the graph ends with the reconstruction: its mean squared error is the score".into());
        }
        (Tail::Sigmoid, Head::Tags) => {
            notes.push(
                "the final Sigmoid is dropped: a threshold p becomes ln(p/(1−p)) on the logit, 0 for 1/2"
                    .into(),
            );
        }
        (Tail::Sigmoid | Tail::Softmax, Head::Class) => {
            notes.push(
                "the final Sigmoid or Softmax is dropped: it does not change which output is greatest".into(),
            );
        }
        (Tail::Softmax, Head::Tags) => return wrong("logits or Sigmoid", "Softmax"),
        (Tail::MeanSquare, Head::Tags | Head::Class) => return wrong("logits", "a mean squared error"),
        (Tail::Sigmoid | Tail::Softmax, Head::Anomaly) => {
            return wrong("a reconstruction or its error", "probabilities");
        }
    }
    Ok(notes)
}

fn labels(request: &Request, outputs: usize, notes: &mut Vec<String>) -> Result<Vec<String>, InputError> {
    let stem = match request.head {
        Head::Tags => "tag",
        Head::Class => "class",
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
    match &request.labels {
        Some(labels) if labels.len() == outputs => Ok(labels.clone()),
        Some(labels) => {
            let (expected, found) = (format!("{outputs}, one per output"), labels.len().to_string());
            Err(InputError::new("labels", expected, found, "give the labels the model was trained with"))
        }
        None => {
            notes.push(format!("no labels given: {stem}-0 to {stem}-{}", outputs.saturating_sub(1)));
            Ok((0..outputs).map(|i| format!("{stem}-{i}")).collect())
        }
    }
}

/// A logit per tag, or a score.
fn thresholds(
    request: &Request,
    labels: &[String],
    tail: Tail,
) -> Result<(Vec<f64>, Option<f64>), InputError> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let wrong = |expected: String, found: &str| {
        InputError::new("--threshold", expected, format!("{found:?}"), "correct it, or leave it out")
    };
    match request.head {
        Head::Class => match request.thresholds.first() {
            Some(found) => Err(wrong("none: the greatest logit decides".into(), found)),
            None => Ok((Vec::new(), None)),
        },
        Head::Anomaly => match &request.thresholds[..] {
            [] => Ok((Vec::new(), None)),
            [one] => match number(one).filter(|score| *score >= 0.0) {
                Some(score) => Ok((Vec::new(), Some(score))),
                None => Err(wrong("a mean squared error of 0 or more".into(), one)),
            },
            [_, second, ..] => Err(wrong("one score".into(), second)),
        },
        Head::Tags => {
            let mut logits = vec![0.0; labels.len()];
            for text in &request.thresholds {
                // A label may contain "="; a number does not.
                let pair = text.rsplit_once('=');
                let (name, value) = pair.ok_or_else(|| wrong("NAME=NUMBER".into(), text))?;
                let place = labels.iter().position(|label| label == name);
                let slot = place.and_then(|place| logits.get_mut(place));
                let slot = slot.ok_or_else(|| wrong(format!("a label of {labels:?}"), name))?;
                *slot = match (tail, number(value)) {
                    (Tail::Sigmoid, Some(p)) if p > 0.0 && p < 1.0 => (p / (1.0 - p)).ln(),
                    (Tail::Sigmoid, _) => return Err(wrong("a probability between 0 and 1".into(), text)),
                    (_, Some(logit)) => logit,
                    (_, None) => return Err(wrong("a logit".into(), text)),
                };
            }
            Ok((logits, None))
        }
    }
}
