//! From a float network to integers, layer by layer, on calibration data.
//!
//! Each layer is rounded for the inputs it will really get: those that the layers before it, already integer, give out.

use foldproof_circuits::model::{
    ActivationBits, Head, HeadParameters, INPUT_BITS, INPUT_MULTIPLIER_BITS, INPUT_SHIFT, InputQuantiser,
    Layer, MAX_FRACTION_BITS, MULTIPLIER_BITS, Model, OUTPUT_BITS, Range, SHIFT, Shape, WeightBits,
};
use foldproof_circuits::stages::model::{HeadOutput, evaluate};
use halo2curves::bn256::Fr;

use super::network::Network;
use super::rounding::{Hessian, Rounding, dot};
use super::samples::{Kind, Sample};
use crate::input::InputError;

/// Deviations on either side that a normalised input of 16 bits reaches: 2⁴, so a deviation is 2¹¹ units.
const DEVIATION_BITS: u32 = 11;
/// Room above the greatest value seen in calibration, where 16 bits leave some.
const HEADROOM: f64 = 4.0;
/// Room above the greatest output: less, because beyond it no tag changes.
const OUTPUT_HEADROOM: f64 = 2.0;
/// Most that equalisation may take from an activation's resolution.
const COARSEST: f64 = 256.0;
/// Steps tried for a neuron's weights, as parts of the one that reaches the largest.
const STEPS: [f64; 14] = [1.0, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82, 0.78, 0.74, 0.7, 0.65, 0.6, 0.55, 0.5];

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

/// Inputs of the first layer: quantisers, the value of a unit, and the value of 0.
struct Inputs {
    quantisers: Vec<InputQuantiser>,
    unit: Vec<f64>,
    zero: Vec<f64>,
}

/// Makes a model of `network`.
///
/// # Errors
/// A network that no shape allows, an input that no quantiser holds, no samples.
pub fn quantise(network: &Network, samples: &[Sample], options: &Options) -> Result<Model, InputError> {
    let Some(first) = samples.first() else {
        return Err(InputError::new("samples", "at least one", "none", "calibrate on a few hundred"));
    };
    let layers: Vec<(usize, bool)> =
        network.layers.iter().map(|layer| (layer.bias.len(), layer.relu)).collect();
    let shape =
        Shape::new(options.head, options.weights, options.activations, network.input.scale.len(), &layers)
            .map_err(|error| unsuitable("network", &error))?;
    let inputs = inputs(network, samples, first.kind, options)?;
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
    for (index, dense) in network.layers.iter().enumerate() {
        let targets: Vec<Vec<f64>> = floats.iter().map(|x| dense.linear(x)).collect();
        floats = floats.iter().map(|x| dense.evaluate(x)).collect();
        let rows =
            dense.weights.iter().map(|row| row.iter().zip(&unit).map(|(w, u)| w * u).collect()).collect();
        let bias = dense.weights.iter().zip(&dense.bias).map(|(row, b)| b + dot(row, &zero)).collect();
        let mut task =
            Task { rows, bias, targets, x: &x, shape: &shape, layer: index, method: options.method };
        let integer = match network.layers.get(index + 1) {
            Some(next) => {
                let columns = next.weights.as_slice();
                let units = hidden_units(&floats, columns, shape.output_range(index), options);
                let (integer, units) = task.hidden(units);
                unit = units;
                integer
            }
            None => task.last(options, &mut head)?,
        };
        zero = vec![0.0; integer.bias.len()];
        let range = shape.output_range(index);
        x = x.iter().map(|x| run(&integer, x, range)).collect();
        layers.push(integer);
    }
    let model = |head: &HeadParameters| {
        Model::new(shape, inputs.quantisers.clone(), layers.clone(), head.clone(), options.salt)
            .map_err(|error| unsuitable("network", &error))
    };
    if options.head == Head::Anomaly {
        let sums = match options.score {
            Some(score) => score * scores_per_unit(&shape, head.fraction_bits),
            None => {
                let model = model(&head)?;
                let score = |sample: &Sample| match evaluate(&model, &sample.integers).output {
                    HeadOutput::Anomaly(sum) => real(sum),
                    HeadOutput::Tags(_) | HeadOutput::Class(_) => 0.0,
                };
                percentile(&samples.iter().map(score).collect::<Vec<f64>>(), 0.95)
            }
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
        let threshold = sums.ceil() as u64;
        head.threshold = threshold;
    }
    model(&head)
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
fn real(x: u64) -> f64 {
    x as f64
}

fn unsuitable(path: &str, error: &dyn std::fmt::Display) -> InputError {
    InputError::new(path, "a model that docs/model.md allows", error.to_string(), "change the network")
}

fn inputs(
    network: &Network,
    samples: &[Sample],
    kind: Kind,
    options: &Options,
) -> Result<Inputs, InputError> {
    let width = network.input.scale.len();
    let anomaly = options.head == Head::Anomaly;
    let bits = DEVIATION_BITS + options.activations.count() - 16;
    let mut inputs = Inputs { quantisers: Vec::new(), unit: Vec::new(), zero: Vec::new() };
    for j in 0..width {
        let (scale, shift) = (network.input.scale[j], network.input.shift[j]);
        let column: Vec<f64> = samples.iter().filter_map(|s| s.values.get(j).copied()).collect();
        // Without a normalisation of its own, a network gets that of the calibration data; an autoencoder's score is
        // over its own units, which have to stay.
        let (mean, mut gain) = if network.is_normalised() || anomaly {
            (if scale == 0.0 { 0.0 } else { -shift / scale }, scale.abs())
        } else {
            let mean = column.iter().sum::<f64>() / real(column.len() as u64);
            let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / real(column.len() as u64);
            (mean, if variance > 0.0 { 1.0 / variance.sqrt() } else { 1.0 })
        };
        if options.activations == ActivationBits::A8 && !anomaly {
            // Eight bits over ±16 deviations are too coarse for values that never get so far.
            let greatest = column.iter().map(|x| ((x - mean) * gain).abs()).fold(0.0, f64::max);
            gain *= 16.0 / (greatest * 1.25).clamp(2.0, 16.0);
        }
        let path = format!("input {j}");
        let advice = "scale this feature before the model, or leave it out";
        let wrong = |expected: String, found: String| InputError::new(&path, expected, found, advice);
        if anomaly && (scale < 0.0 || (scale == 0.0 && shift != 0.0)) {
            return Err(wrong("a normalisation that increases".into(), format!("{scale}·x + {shift}")));
        }
        let limit = 2f64.powi(INPUT_BITS as i32 - 1);
        let mean = (mean * 2f64.powi(kind.fraction_bits() as i32)).round();
        if !(-limit..limit).contains(&mean) {
            let most = limit / 2f64.powi(kind.fraction_bits() as i32);
            return Err(wrong(format!("a mean within ±{most}"), format!("{}", -shift / scale)));
        }
        let per_unit = 2f64.powi((INPUT_SHIFT - kind.fraction_bits()) as i32);
        let multiplier = (gain * 2f64.powi(bits as i32) * per_unit).round();
        let most = 2f64.powi(INPUT_MULTIPLIER_BITS as i32);
        if anomaly && multiplier >= most {
            let least = 2f64.powi(bits as i32) * per_unit / most;
            return Err(wrong(format!("a deviation above {least:e}"), format!("{:e}", 1.0 / gain)));
        }
        let multiplier = multiplier.min(most - 1.0);
        let per_integer = if multiplier > 0.0 { scale * per_unit / multiplier } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        inputs.quantisers.push(InputQuantiser { mean: mean as i64, multiplier: multiplier as u64 });
        inputs.unit.push(per_integer);
        inputs.zero.push(scale * mean / 2f64.powi(kind.fraction_bits() as i32) + shift);
    }
    Ok(inputs)
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

/// A layer to be rounded. Rows are in values per unit of input.
struct Task<'a> {
    rows: Vec<Vec<f64>>,
    bias: Vec<f64>,
    targets: Vec<Vec<f64>>,
    x: &'a [Vec<f64>],
    shape: &'a Shape,
    layer: usize,
    method: Method,
}

/// A neuron's integers.
struct Neuron {
    weights: Vec<f64>,
    bias: f64,
    multiplier: f64,
}

impl Task<'_> {
    fn hessian(&self) -> Hessian {
        let width = self.shape.layer_inputs(self.layer);
        Hessian::new(self.x, width, self.method.damping, self.method.bias_correction)
    }

    /// Fits rows to the integer inputs; the mean goes to the bias later.
    fn refit(&mut self, hessian: &Hessian) {
        if !self.method.refit {
            return;
        }
        for (i, (row, bias)) in self.rows.iter_mut().zip(&self.bias).enumerate() {
            let mut correlation = vec![0.0; row.len()];
            let residuals: Vec<f64> =
                self.x.iter().zip(&self.targets).map(|(x, t)| t[i] - bias - dot(row, x)).collect();
            for (x, residual) in self.x.iter().zip(residuals) {
                let centred = x.iter().zip(&hessian.mean);
                correlation.iter_mut().zip(centred).for_each(|(c, (x, m))| *c += residual * (x - m));
            }
            let count = real(self.x.len() as u64);
            correlation.iter_mut().for_each(|c| *c /= count);
            row.iter_mut().zip(hessian.solve(&correlation)).for_each(|(w, change)| *w += change);
        }
    }

    /// A hidden layer, and the units its outputs got: `units` unless a neuron needed a coarser one.
    fn hidden(&mut self, mut units: Vec<f64>) -> (Layer, Vec<f64>) {
        let hessian = self.hessian();
        self.refit(&hessian);
        let mut layer = Layer { weights: Vec::new(), bias: Vec::new(), multiplier: Vec::new() };
        for (i, unit) in units.iter_mut().enumerate() {
            loop {
                let neuron = self.neuron(i, *unit, 0.0, &hessian);
                // What does not fit is shown by `Model::new`, once coarser units do not help.
                if self.fits(&neuron) || !unit.is_finite() || *unit > f64::MAX / 4.0 {
                    push(&mut layer, &neuron);
                    break;
                }
                *unit *= 2.0;
            }
        }
        (layer, units)
    }

    /// The last layer. Sets exponent and offsets.
    fn last(&mut self, options: &Options, head: &mut HeadParameters) -> Result<Layer, InputError> {
        let hessian = self.hessian();
        self.refit(&hessian);
        let thresholds: Vec<f64> = match options.head {
            Head::Tags => options.logits.clone(),
            Head::Anomaly | Head::Class => vec![0.0; self.bias.len()],
        };
        let greatest = self.targets.iter().flat_map(|t| t.iter().zip(&thresholds));
        let greatest = greatest.map(|(t, threshold)| (t - threshold).abs()).fold(f64::MIN_POSITIVE, f64::max);
        let most = if options.head == Head::Anomaly {
            f64::from(DEVIATION_BITS)
        } else {
            (2f64.powi(OUTPUT_BITS as i32 - 1) / (greatest * OUTPUT_HEADROOM)).log2().floor()
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let mut bits = most.clamp(0.0, MAX_FRACTION_BITS.into()) as u8;
        loop {
            let unit = 2f64.powi(-i32::from(bits));
            let offsets: Vec<f64> = thresholds.iter().map(|threshold| (threshold / unit).round()).collect();
            let mut layer = Layer { weights: Vec::new(), bias: Vec::new(), multiplier: Vec::new() };
            let mut fits = true;
            for (i, offset) in offsets.iter().enumerate() {
                // Outputs are rounded to nearest, and those from −1/2 up count as reached: half a unit less.
                let half = if options.head == Head::Tags { 0.5 } else { 0.0 };
                let neuron = self.neuron(i, unit, (offset + half) * unit, &hessian);
                fits &= self.fits(&neuron);
                push(&mut layer, &neuron);
            }
            if !fits && bits > 0 && options.head != Head::Anomaly {
                bits -= 1;
                continue;
            }
            head.fraction_bits = bits;
            if options.head == Head::Tags {
                for (label, offset) in options.labels.iter().zip(offsets) {
                    if offset.abs() > f64::from(i32::MAX) {
                        let (expected, found) = ("a smaller logit", format!("{}", offset * unit));
                        return Err(InputError::new(
                            format!("threshold of {label}"),
                            expected,
                            found,
                            "choose another",
                        ));
                    }
                    #[expect(clippy::cast_possible_truncation, reason = "checked")]
                    head.offsets.push(offset as i32);
                }
            }
            return Ok(layer);
        }
    }

    /// Rounds neuron `i` with outputs in units of `unit`, less `offset`.
    fn neuron(&self, i: usize, unit: f64, offset: f64, hessian: &Hessian) -> Neuron {
        let row = &self.rows[i];
        let (low, high) = self.shape.weights().range();
        let (low, high) = (f64::from(low), f64::from(high));
        let largest = row.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        // A step is a multiplier: step = multiplier·unit/2³⁰, exactly.
        let quantum = unit / 2f64.powi(SHIFT as i32);
        let most = 2f64.powi(MULTIPLIER_BITS as i32) - 1.0;
        let bias = self.bias[i] - offset;
        let holds = f64::from(i32::MAX);
        let mut least = bias.abs() * 1.01 / holds / quantum;
        loop {
            let candidates = if self.method.step_search { &STEPS[..] } else { &STEPS[..1] };
            let multiplier =
                |share: &f64| (largest * share / high / quantum).max(least).ceil().clamp(1.0, most);
            let mut tried: Vec<f64> = candidates.iter().map(multiplier).collect();
            tried.dedup();
            let rounded = tried.iter().map(|multiplier| {
                let step = multiplier * quantum;
                let (q, cost) = hessian.round(row, step, (low, high), self.method.rounding);
                (q, cost, *multiplier)
            });
            let Some((weights, _, multiplier)) = rounded.min_by(|a, b| a.1.total_cmp(&b.1)) else {
                return Neuron { weights: vec![0.0; row.len()], bias: 0.0, multiplier: 0.0 };
            };
            let step = multiplier * quantum;
            let bias = if self.method.bias_correction {
                let count = real(self.x.len() as u64);
                let target = self.targets.iter().map(|t| t[i]).sum::<f64>() / count;
                target - step * dot(&weights, &hessian.mean) - offset
            } else {
                bias
            };
            let integer = (bias / step).round();
            if integer.abs() <= holds || multiplier >= most {
                return Neuron { weights, bias: integer.clamp(-holds, holds), multiplier };
            }
            least = (bias.abs() * 1.01 / holds / quantum).max(multiplier + 1.0);
        }
    }

    /// Whether a neuron's step could be as fine as its weights need, and its sums stay within the circuit's bounds
    /// with half to spare.
    fn fits(&self, neuron: &Neuron) -> bool {
        let range = self.shape.input_range(self.layer);
        let largest = f64::from(range.low.unsigned_abs().max(range.high().unsigned_abs()));
        let sum = neuron.weights.iter().map(|w| w.abs()).sum::<f64>() * largest + neuron.bias.abs();
        let excess = sum * neuron.multiplier / 2f64.powi(SHIFT as i32);
        neuron.multiplier < 2f64.powi(MULTIPLIER_BITS as i32) - 1.0 && excess < 2f64.powi(SHIFT as i32 - 1)
    }
}

fn push(layer: &mut Layer, neuron: &Neuron) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by `neuron`")]
    {
        layer.weights.push(neuron.weights.iter().map(|w| *w as i16).collect());
        layer.bias.push(neuron.bias as i32);
        layer.multiplier.push(neuron.multiplier as u32);
    }
}
