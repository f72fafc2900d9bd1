//! Quantisers of the first layer's inputs, chosen by the graph's normalisation and by what the samples resolve.

use foldproof_circuits::model::{
    ActivationBits, Head, INPUT_BITS, INPUT_MULTIPLIER_BITS, INPUT_SHIFT, InputQuantiser,
};

use super::network::{Affine, Network};
use super::quantise::{Options, real};
use super::samples::Sample;
use crate::input::InputError;

/// Deviations on either side that a normalised input of 16 bits reaches: 2⁴, so a deviation is 2¹¹ units.
const DEVIATION_BITS: u32 = 11;
/// Most of those deviations that calibration may use before units are chosen by range instead.
const REACH: f64 = 12.8;
/// Least deviation that keeps those units.
const LEAST_DEVIATION: f64 = 1.0 / 32.0;
/// Part of a normalised unit that a sample's own rounding may be, before a feature that never varies is left out, and before
/// one that varies is warned of.
const COARSE: f64 = 1.0 / 64.0;
const TOO_COARSE: f64 = 1.0 / 4.0;

/// Inputs of the first layer.
pub(super) struct Inputs {
    pub quantisers: Vec<InputQuantiser>,
    /// The normalised value of a unit of each.
    pub unit: Vec<f64>,
    /// The normalised value of 0.
    pub zero: Vec<f64>,
    /// What a reconstruction is compared with, where the input is 0; of an anomaly head.
    pub compared: Vec<f64>,
    /// Fraction bits of what is compared; of an anomaly head.
    pub bits: u32,
    /// What there is to say of them.
    pub remarks: Remarks,
}

/// What there is to say of a model's inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// What was left out.
    pub notes: Vec<String>,
    /// What is doubtful.
    pub warnings: Vec<String>,
}

/// One feature in calibration.
struct Column {
    values: Vec<f64>,
    /// Fraction bits of its integers.
    bits: i32,
    /// Whether all integers are the same.
    constant: bool,
}

impl Column {
    fn of(samples: &[Sample], j: usize) -> Self {
        let first = samples.first();
        let bits = first.map_or(0, |s| s.kind.fraction_bits() as i32 - s.units.exponent(j));
        let integer = |s: &Sample| s.integers.get(j).copied();
        let values = samples.iter().filter_map(|s| s.values.get(j).copied()).collect();
        Self { values, bits, constant: samples.iter().all(|s| integer(s) == first.and_then(integer)) }
    }

    fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / real(self.values.len() as u64)
    }

    fn deviation(&self) -> f64 {
        let mean = self.mean();
        let variance = self.values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        (variance / real(self.values.len() as u64)).sqrt()
    }

    fn greatest(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.values.iter().map(|x| of(*x).abs()).fold(0.0, f64::max)
    }

    /// How far a sample's number may be from what it stands for: half a unit, or half the last bit of a float32.
    fn resolution(&self) -> f64 {
        (2f64.powi(-self.bits) / 2.0).max(self.greatest(|x| x) * 2f64.powi(-25))
    }
}

/// Chooses quantisers.
///
/// # Errors
/// A feature that no quantiser holds, by its number.
pub(super) fn inputs(network: &Network, samples: &[Sample], options: &Options) -> Result<Inputs, InputError> {
    let width = network.input.scale.len();
    let anomaly = options.head == Head::Anomaly;
    let columns: Vec<Column> = (0..width).map(|j| Column::of(samples, j)).collect();
    let quantised = if anomaly { &network.compared } else { &network.input };
    let centres = centres(network, quantised, &columns, anomaly);
    let bits = if anomaly { score_bits(network, quantised, &centres, &columns)? } else { DEVIATION_BITS };
    let mut inputs = Inputs {
        quantisers: Vec::new(),
        unit: Vec::new(),
        zero: Vec::new(),
        compared: Vec::new(),
        bits,
        remarks: Remarks::default(),
    };
    let unit_bits = bits as i32 + options.activations.count() as i32 - 16;
    for (j, column) in columns.iter().enumerate() {
        let (scale, shift) = (network.input.scale[j], network.input.shift[j]);
        let path = format!("input {j}");
        let wrong =
            |expected: String, found: String, advice: &str| InputError::new(&path, expected, found, advice);
        let scaling = "scale this feature before the model, or leave it out";
        // A normalisation that calibration makes is as fine as the samples are.
        let steepest = if network.is_normalised() { scale.abs().max(quantised.scale[j].abs()) } else { 0.0 };
        let coarseness = steepest * column.resolution();
        if column.constant && coarseness > COARSE {
            // As a graph of float32 gets it, which is what its own mean was computed from.
            #[expect(clippy::cast_possible_truncation, reason = "this is the rounding")]
            let value = column.values.first().map_or(0.0, |x| f64::from(*x as f32));
            inputs.remarks.notes.push(format!(
                "input {j} is {value} in all of calibration, and its divisor {:e} is below what samples resolve: it is \
                 left out, and no other value of it changes the output",
                1.0 / steepest
            ));
            inputs.quantisers.push(InputQuantiser { mean: 0, multiplier: 0 });
            inputs.unit.push(0.0);
            inputs.zero.push(scale * value + shift);
            inputs.compared.push(quantised.scale[j] * value + quantised.shift[j]);
            continue;
        }
        if coarseness > TOO_COARSE {
            inputs.remarks.warnings.push(format!(
                "input {j} is normalised by a divisor of {:e}, below what samples resolve ({:e}): guard the \
                 divisor in training, or leave the feature out",
                1.0 / steepest,
                column.resolution()
            ));
        }
        let normalised = network.is_normalised() || anomaly;
        let mut gain = if normalised {
            quantised.scale[j].abs()
        } else if column.constant {
            1.0
        } else {
            1.0 / column.deviation()
        };
        let mean = centres[j];
        if options.activations == ActivationBits::A8 && !anomaly {
            // Eight bits over ±16 deviations are too coarse for values that never get so far.
            let greatest = column.greatest(|x| (x - mean) * gain);
            gain *= 16.0 / (greatest * 1.25).clamp(2.0, 16.0);
        }
        if anomaly && (quantised.scale[j] < 0.0 || (quantised.scale[j] == 0.0 && scale != 0.0)) {
            let found = format!("{}·x + {}", quantised.scale[j], quantised.shift[j]);
            return Err(wrong("a normalisation that increases".into(), found, scaling));
        }
        let limit = 2f64.powi(INPUT_BITS as i32 - 1);
        let integer = (mean * 2f64.powi(column.bits)).round();
        if !(-limit..limit).contains(&integer) {
            let most = limit / 2f64.powi(column.bits);
            let advice =
                "check the graph's normalisation against the samples: their numbers are of another size";
            return Err(wrong(format!("a mean within ±{most}"), mean.to_string(), advice));
        }
        let per_unit = 2f64.powi(INPUT_SHIFT as i32 - column.bits);
        let multiplier = (gain * 2f64.powi(unit_bits) * per_unit).round();
        let most = 2f64.powi(INPUT_MULTIPLIER_BITS as i32);
        if anomaly && multiplier >= most {
            let least = 2f64.powi(unit_bits) * per_unit / most;
            return Err(wrong(format!("a deviation above {least:e}"), format!("{:e}", 1.0 / gain), scaling));
        }
        let multiplier = multiplier.clamp(0.0, most - 1.0);
        let per_integer = if multiplier > 0.0 { scale * per_unit / multiplier } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        inputs.quantisers.push(InputQuantiser { mean: integer as i64, multiplier: multiplier as u64 });
        let mean = integer / 2f64.powi(column.bits);
        inputs.unit.push(per_integer);
        inputs.zero.push(scale * mean + shift);
        inputs.compared.push(quantised.scale[j] * mean + quantised.shift[j]);
    }
    Ok(inputs)
}

/// The value of each feature that becomes 0. A graph without a normalisation gets that of the calibration data; what a
/// reconstruction is compared with has units of its own, which have to stay, but no 0.
fn centres(network: &Network, quantised: &Affine, columns: &[Column], anomaly: bool) -> Vec<f64> {
    let own = |j: usize, scale: f64| if scale == 0.0 { 0.0 } else { -quantised.shift[j] / scale };
    let by_graph: Vec<f64> = quantised.scale.iter().enumerate().map(|(j, scale)| own(j, *scale)).collect();
    if anomaly {
        let reach = |j: usize| columns[j].greatest(|x| quantised.scale[j] * (x - by_graph[j]));
        let fits = (0..columns.len())
            .all(|j| reach(j) <= REACH || columns[j].constant || is_normal(quantised, network));
        return if fits { by_graph } else { columns.iter().map(Column::mean).collect() };
    }
    if network.is_normalised() { by_graph } else { columns.iter().map(Column::mean).collect() }
}

/// Whether what is compared has been normalised, so that its size is known.
fn is_normal(quantised: &Affine, network: &Network) -> bool {
    *quantised == network.input && network.is_normalised()
}

/// Fraction bits of what a reconstruction is compared with: those of normalised features, unless its units are others and do
/// not suit them.
fn score_bits(
    network: &Network,
    compared: &Affine,
    centres: &[f64],
    columns: &[Column],
) -> Result<u32, InputError> {
    if is_normal(compared, network) {
        return Ok(DEVIATION_BITS);
    }
    let scaled = |j: usize, x: f64| compared.scale[j].abs() * x;
    let varying = || (0..columns.len()).filter(|j| !columns[*j].constant);
    let reach = varying().map(|j| scaled(j, columns[j].greatest(|x| x - centres[j]))).fold(0.0, f64::max);
    let widest = varying().map(|j| scaled(j, columns[j].deviation())).fold(0.0, f64::max);
    // Deviations of about 1, with outliers that may be clamped.
    if (LEAST_DEVIATION..=2.0).contains(&widest) || widest == 0.0 {
        return Ok(DEVIATION_BITS);
    }
    let bits = (2f64.powi(14) / reach).log2().floor();
    if bits < 0.0 {
        let advice = "scale the samples down before the model, or normalise them in the graph";
        let found = format!("{reach}");
        return Err(InputError::new("samples", "values within ±16384 of their mean", found, advice));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    Ok(bits.clamp(0.0, 24.0) as u32)
}
