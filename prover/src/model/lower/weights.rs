//! Rows of weights rounded to eight bits, with multipliers chosen first so that steps are exact.

use foldproof_circuits::graph::{Channel, LinearBlock};
use foldproof_circuits::model::Range;

use crate::model::rounding::{Hessian, Rounding, dot};

/// Steps tried for a row, as parts of the one that reaches its largest weight.
const STEPS: [f64; 14] = [1.0, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82, 0.78, 0.74, 0.7, 0.65, 0.6, 0.55, 0.5];
/// Largest weight.
const HIGH: f64 = 127.0;

/// Rows to be rounded.
pub(super) struct Task<'a> {
    /// For integer inputs times the powers of two of their operands.
    pub rows: Vec<Vec<f64>>,
    /// Of each row the mean of its real sums in calibration.
    pub means: Vec<f64>,
    pub hessian: &'a Hessian,
    /// What an integer result stands for.
    pub unit: f64,
    pub limb: u32,
    /// Where results lie before they are clamped.
    pub range: Range,
    /// Greatest magnitude of an input times its power of two.
    pub reach: &'a [f64],
    /// Inputs of each operand.
    pub widths: &'a [usize],
    /// What an integer result stands for, output by output, where they differ.
    pub units: &'a [f64],
    /// Positions with a bias of their own.
    pub classes: &'a [Class],
}

/// Positions that have one bias.
pub(super) struct Class {
    /// Their mean inputs.
    pub inputs: Vec<f64>,
    /// Of each row the mean of their sums.
    pub means: Vec<f64>,
}

impl Task<'_> {
    /// The parameters of a block, and of each row what is added to its bias in each class but the first.
    pub fn round(&self) -> (LinearBlock, Vec<Vec<f64>>) {
        let mut block = LinearBlock {
            channels: Vec::with_capacity(self.rows.len()),
            weights: vec![Vec::with_capacity(self.rows.len()); self.widths.len()],
        };
        let mut offsets = Vec::with_capacity(self.rows.len());
        for (output, (row, mean)) in self.rows.iter().zip(&self.means).enumerate() {
            let (weights, channel, own) = self.row(output, row, *mean);
            let mut rest = &weights[..];
            for (operand, width) in block.weights.iter_mut().zip(self.widths) {
                let (own, others) = rest.split_at((*width).min(rest.len()));
                operand.push(own.to_vec());
                rest = others;
            }
            block.channels.push(channel);
            offsets.push(own);
        }
        (block, offsets)
    }

    fn row(&self, output: usize, row: &[f64], mean: f64) -> (Vec<i8>, Channel, Vec<f64>) {
        let largest = row.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        // A step is a multiplier: step = multiplier·unit/2^λ, exactly.
        let quantum = self.units.get(output).unwrap_or(&self.unit) / 2f64.powi(self.limb as i32);
        let most = 2f64.powi(self.limb as i32) - 1.0;
        let holds = f64::from(i32::MAX);
        let bias_of = |weights: &[f64], step: f64| mean - step * dot(weights, &self.hessian.mean);
        // A bias that 32 bits hold needs a step of some size.
        let mut least = mean.abs() * 1.01 / holds / quantum;
        loop {
            let multiplier =
                |share: &f64| (largest * share / HIGH / quantum).max(least).ceil().clamp(1.0, most);
            let mut tried: Vec<f64> = STEPS.iter().map(multiplier).collect();
            tried.dedup();
            let rounded = tried.into_iter().map(|multiplier| {
                let step = multiplier * quantum;
                let (q, cost) = self.hessian.round(row, step, (-HIGH, HIGH), Rounding::Descent);
                (q, cost, multiplier)
            });
            let Some((q, _, multiplier)) = rounded.min_by(|a, b| a.1.total_cmp(&b.1)) else {
                return (
                    vec![0; row.len()],
                    Channel::default(),
                    vec![0.0; self.classes.len().saturating_sub(1)],
                );
            };
            let step = multiplier * quantum;
            let bias = (bias_of(&q, step) / step).round();
            let offset = |class: &Class| (class.means[output] / step - dot(&q, &class.inputs) - bias).round();
            let offsets: Vec<f64> = self.classes.iter().map(offset).collect();
            // The first class has no offset: the bias is its own.
            let first = offsets.first().copied().unwrap_or(0.0);
            let (bias, offsets): (f64, Vec<f64>) =
                (bias + first, offsets.into_iter().skip(1).map(|offset| offset - first).collect());
            let most_added = offsets.iter().map(|offset| offset.abs()).fold(0.0, f64::max);
            let next = (bias.abs() * 1.01 / holds * multiplier).max(multiplier + 1.0);
            if (bias.abs() > holds || !self.fits(&q, bias.abs() + 2.0 * most_added, multiplier))
                && next <= most
                && bias.is_finite()
            {
                least = next;
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in range, or refused"
            )]
            let channel = Channel { bias: bias.clamp(-holds, holds) as i32, multiplier: multiplier as u16 };
            #[expect(clippy::cast_possible_truncation, reason = "within ±127")]
            return (q.iter().map(|q| *q as i8).collect(), channel, offsets);
        }
    }

    /// Whether no quotient passes the room beyond its range.
    fn fits(&self, q: &[f64], bias: f64, multiplier: f64) -> bool {
        let sums: f64 = q.iter().zip(self.reach).map(|(q, reach)| q.abs() * reach).sum::<f64>() + bias;
        let room =
            2f64.powi(2 * self.limb as i32) + f64::from(self.range.high()).min(-f64::from(self.range.low));
        sums * multiplier / 2f64.powi(self.limb as i32) + 1.0 < room
    }
}
