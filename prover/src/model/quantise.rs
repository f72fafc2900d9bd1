//! From a float network to integers, layer by layer, on calibration data.
//!
//! Each layer is rounded for the inputs it will really get: those that the layers before it, already integer, give out.

use foldproof_circuits::model::{
    ActivationBits, Head, HeadParameters, INPUT_SHIFT, InputQuantiser, Layer, Model, ModelError, Range,
    SHIFT, Shape, WeightBits,
};
use foldproof_circuits::stages::model::{HeadOutput, evaluate};
use halo2curves::bn256::Fr;

use super::inputs::{Remarks, inputs};
use super::layer::Task;
use super::network::Network;
use super::rounding::{Rounding, dot};
use super::samples::Sample;
use crate::input::InputError;

/// Room above the greatest value seen in calibration, where 16 bits leave some.
const HEADROOM: f64 = 4.0;
/// Most that equalisation may take from an activation's resolution.
const COARSEST: f64 = 256.0;
/// How weights are chosen. [`Method::default`] is what import uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Method {
    /// How they are rounded.
    pub rounding: Rounding,
    /// Whether several steps are tried for each neuron.
    pub step_search: bool,
    /// Whether biases take up the mean error.
    pub bias_correction: bool,
    /// Whether weights are first fitted to the integer inputs.
    pub refit: bool,
    /// Units of hidden activations grow as (greatest value)^range / (greatest outgoing weight)^weight.
    pub equalisation: (f64, f64),
    /// Added to the diagonal of the covariance, in mean variances.
    pub damping: f64,
}

impl Default for Method {
    fn default() -> Self {
        Self {
            rounding: Rounding::Descent,
            step_search: true,
            bias_correction: true,
            refit: true,
            equalisation: (0.0, 1.0),
            damping: 0.01,
        }
    }
}

/// What to make of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What the outputs are taken for.
    pub head: Head,
    /// Bits of weights.
    pub weights: WeightBits,
    /// Bits of activations.
    pub activations: ActivationBits,
    /// Names of the outputs; none for an anomaly head.
    pub labels: Vec<String>,
    /// Least logit that sets a tag, of each label; empty for other heads.
    pub logits: Vec<f64>,
    /// Least score that is flagged; without it, the 95th percentile of calibration.
    pub score: Option<f64>,
    /// What blinds the commitment, 0 for nothing.
    pub salt: Fr,
    /// How weights are chosen.
    pub method: Method,
}

/// Makes a model of `network`; what there is to say of its inputs comes with it.
///
/// # Errors
/// A network that no shape allows, an input that no quantiser holds, no samples.
pub fn quantise(
    network: &Network,
    samples: &[Sample],
    options: &Options,
) -> Result<(Model, Remarks), InputError> {
    if samples.is_empty() {
        return Err(InputError::new("samples", "at least one", "none", "calibrate on a few hundred"));
    }
    let layers: Vec<(usize, bool)> =
        network.layers.iter().map(|layer| (layer.bias.len(), layer.relu)).collect();
    let shape =
        Shape::new(options.head, options.weights, options.activations, network.input.scale.len(), &layers)
            .map_err(|error| unsuitable(&error, "change the network"))?;
    let inputs = inputs(network, samples, options)?;
    let range = shape.input_range(0);
    let mut x: Vec<Vec<f64>> =
        samples.iter().map(|sample| normalise(sample, &inputs.quantisers, range)).collect();
    // What the float network makes of the inputs as they are after clamping: else a few samples far outside, which weigh
    // most in squares, would have the weights make up for their clamping, to the harm of all others.
    let real_inputs =
        |x: &Vec<f64>| x.iter().zip(&inputs.unit).zip(&inputs.zero).map(|((x, u), z)| x * u + z).collect();
    let mut floats: Vec<Vec<f64>> = x.iter().map(real_inputs).collect();
    let (mut unit, mut zero) = (inputs.unit.clone(), inputs.zero.clone());
    let mut layers = Vec::new();
    let mut head = HeadParameters {
        labels: options.labels.clone(),
        threshold: 0,
        fraction_bits: 0,
        offsets: Vec::new(),
    };
    let mut float_layers = network.layers.clone();
    if let Some(last) = float_layers.last_mut().filter(|_| options.head == Head::Anomaly) {
        // Reconstruction and input have one 0: that of the quantised input.
        last.bias.iter_mut().zip(&inputs.compared).for_each(|(bias, zero)| *bias -= zero);
    }
    for (index, dense) in float_layers.iter().enumerate() {
        let targets: Vec<Vec<f64>> = floats.iter().map(|x| dense.linear(x)).collect();
        floats = floats.iter().map(|x| dense.evaluate(x)).collect();
        let rows =
            dense.weights.iter().map(|row| row.iter().zip(&unit).map(|(w, u)| w * u).collect()).collect();
        let bias = dense.weights.iter().zip(&dense.bias).map(|(row, b)| b + dot(row, &zero)).collect();
        let mut task =
            Task { rows, bias, targets, x: &x, shape: &shape, layer: index, method: options.method };
        let integer = match float_layers.get(index + 1) {
            Some(next) => {
                let columns = next.weights.as_slice();
                let units = hidden_units(&floats, columns, shape.output_range(index), options);
                let (integer, units) = task.hidden(units);
                unit = units;
                integer
            }
            None => task.last(options, inputs.bits, &mut head)?,
        };
        zero = vec![0.0; integer.bias.len()];
        let range = shape.output_range(index);
        x = x.iter().map(|x| run(&integer, x, range)).collect();
        layers.push(integer);
    }
    let model = |head: &HeadParameters| {
        Model::new(shape, inputs.quantisers.clone(), layers.clone(), head.clone(), options.salt).map_err(
            |error| {
                let labels = matches!(error, ModelError::Label { .. });
                unsuitable(&error, if labels { "give others with --labels" } else { "change the network" })
            },
        )
    };
    if options.head == Head::Anomaly {
        let sums = match options.score {
            Some(score) => score * scores_per_unit(&shape, head.fraction_bits),
            None => {
                let model = model(&head)?;
                let score = |sample: &Sample| match evaluate(&model, &sample.integers).output {
                    HeadOutput::Anomaly(sum) => real(sum),
                    HeadOutput::Tags(_) | HeadOutput::Class(_) | HeadOutput::Values(_) => 0.0,
                };
                percentile(&samples.iter().map(score).collect::<Vec<f64>>(), 0.95)
            }
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
        let threshold = sums.ceil() as u64;
        head.threshold = threshold;
    }
    Ok((model(&head)?, inputs.remarks))
}

/// Units of the integer score in a mean squared error of 1: n·2^(2e).
pub fn scores_per_unit(shape: &Shape, fraction_bits: u8) -> f64 {
    real(shape.inputs() as u64) * 4f64.powi(fraction_bits.into())
}

/// The value below which `share` of `values` lie; 0 if there are none.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = (share * real(sorted.len() as u64)) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
pub(super) fn real(x: u64) -> f64 {
    x as f64
}

fn unsuitable(error: &dyn std::fmt::Display, advice: &str) -> InputError {
    InputError::new("network", "a model that docs/model.md allows", error.to_string(), advice)
}

/// As `evaluate` normalises, in doubles, which are exact enough for statistics.
fn normalise(sample: &Sample, quantisers: &[InputQuantiser], range: Range) -> Vec<f64> {
    let scale = 2f64.powi(-(INPUT_SHIFT as i32));
    #[expect(clippy::cast_precision_loss, reason = "36 and 40 bits")]
    let one =
        |(f, q): (&i64, &InputQuantiser)| clamp((f - q.mean) as f64 * q.multiplier as f64 * scale, range);
    sample.integers.iter().zip(quantisers).map(one).collect()
}

fn clamp(value: f64, range: Range) -> f64 {
    (value + 0.5).floor().clamp(range.low.into(), range.high().into())
}

/// A layer's integer outputs.
fn run(layer: &Layer, x: &[f64], range: Range) -> Vec<f64> {
    let scale = 2f64.powi(-(SHIFT as i32));
    let neurons = layer.weights.iter().zip(&layer.bias).zip(&layer.multiplier);
    let one = |((row, bias), multiplier): ((&Vec<i16>, &i32), &u32)| {
        let sum: f64 = row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum();
        clamp((sum + f64::from(*bias)) * f64::from(*multiplier) * scale, range)
    };
    neurons.map(one).collect()
}

/// The value of a unit of each hidden activation.
fn hidden_units(floats: &[Vec<f64>], next: &[Vec<f64>], range: Range, options: &Options) -> Vec<f64> {
    let width = floats.first().map_or(0, Vec::len);
    let column = |i: usize| floats.iter().filter_map(move |x| x.get(i).copied());
    let steps = f64::from(range.high());
    let finest: Vec<f64> = (0..width)
        .map(|i| {
            let greatest = column(i).map(f64::abs).fold(0.0, f64::max);
            let greatest = if greatest > 0.0 { greatest } else { 1.0 };
            match options.activations {
                ActivationBits::A16 => greatest * HEADROOM / steps,
                ActivationBits::A8 => best_clip(&column(i).collect::<Vec<f64>>(), greatest, range),
            }
        })
        .collect();
    if options.activations == ActivationBits::A8 {
        return finest;
    }
    let outgoing: Vec<f64> = (0..width)
        .map(|i| {
            let of_row = |row: &Vec<f64>| {
                let largest = row.iter().fold(f64::MIN_POSITIVE, |most, w| most.max(w.abs()));
                row.get(i).map_or(0.0, |w| w.abs() / largest)
            };
            next.iter().map(of_row).fold(1e-3, f64::max)
        })
        .collect();
    let (by_range, by_weight) = options.method.equalisation;
    let wanted: Vec<f64> =
        finest.iter().zip(&outgoing).map(|(u, w)| power(*u, by_range) / power(*w, by_weight)).collect();
    // No unit is finer than its range allows.
    let factor = finest.iter().zip(&wanted).map(|(finest, wanted)| finest / wanted).fold(0.0, f64::max);
    finest
        .iter()
        .zip(&wanted)
        .map(|(finest, wanted)| (wanted * factor).clamp(*finest, finest * COARSEST))
        .collect()
}

/// x^exponent. Roots are exact to the last bit everywhere, general powers depend on the system's library.
fn power(x: f64, exponent: f64) -> f64 {
    if exponent == 0.5 { x.sqrt() } else { x.powf(exponent) }
}

/// The unit that loses least, between clipping and rounding.
fn best_clip(values: &[f64], greatest: f64, range: Range) -> f64 {
    let unit = |share: f64| greatest * share / f64::from(range.high());
    let loss = |unit: f64| values.iter().map(|x| (clamp(x / unit, range) * unit - x).powi(2)).sum::<f64>();
    let shares = (8..=20).rev().map(|twentieths| unit(f64::from(twentieths) / 20.0));
    shares.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or_else(|| unit(1.0))
}
