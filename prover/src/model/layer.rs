//! One layer: fitted, scaled and rounded, neuron by neuron.

use foldproof_circuits::model::{
    Head, HeadParameters, Layer, MAX_FRACTION_BITS, MULTIPLIER_BITS, OUTPUT_BITS, Range, SHIFT, Shape,
};

use super::quantise::{Method, Options, real};
use super::rounding::{Hessian, dot};
use crate::input::InputError;

/// Room above the greatest output: less, because beyond it no tag changes.
const OUTPUT_HEADROOM: f64 = 2.0;
/// Steps tried for a neuron's weights, as parts of the one that reaches the largest.
const STEPS: [f64; 14] = [1.0, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82, 0.78, 0.74, 0.7, 0.65, 0.6, 0.55, 0.5];

/// A layer to be rounded. Rows are in values per unit of input.
pub(super) struct Task<'a> {
    pub rows: Vec<Vec<f64>>,
    pub bias: Vec<f64>,
    pub targets: Vec<Vec<f64>>,
    pub x: &'a [Vec<f64>],
    pub shape: &'a Shape,
    pub layer: usize,
    pub method: Method,
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
    pub fn hidden(&mut self, mut units: Vec<f64>) -> (Layer, Vec<f64>) {
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

    /// The last layer. Sets exponent and offsets; the exponent of an anomaly head is that of its inputs.
    pub fn last(
        &mut self,
        options: &Options,
        input_bits: u32,
        head: &mut HeadParameters,
    ) -> Result<Layer, InputError> {
        let hessian = self.hessian();
        self.refit(&hessian);
        let thresholds: Vec<f64> = match options.head {
            Head::Tags => options.logits.clone(),
            Head::Anomaly | Head::Class | Head::Values => vec![0.0; self.bias.len()],
        };
        let greatest = self.targets.iter().flat_map(|t| t.iter().zip(&thresholds));
        let greatest = greatest.map(|(t, threshold)| (t - threshold).abs()).fold(f64::MIN_POSITIVE, f64::max);
        let reach = f64::from(Range::signed(OUTPUT_BITS).high());
        if options.head == Head::Values && greatest > reach {
            let expected = format!("values of calibration within ±{reach}, which 16 bits hold");
            let advice =
                "train on a scaled target, or end the graph with a Mul, and scale what is proved back";
            return Err(InputError::new("output", expected, format!("{greatest:.6}"), advice));
        }
        let most = if options.head == Head::Anomaly {
            f64::from(input_bits)
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
