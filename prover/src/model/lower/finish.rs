//! Layers rounded: sums of weights and inputs become integers, for the integers that the inputs really are.

use foldproof_circuits::graph::{Base, MAX_POWER, Operand, Requantise};

use super::build::RealTerm;
use super::lowering::Lowering;
use super::value::{Element, Sums};
use super::weights::Task;
use crate::input::InputError;
use crate::model::rounding::{Hessian, dot};

/// Added to the diagonal of the covariance, in mean variances.
pub(super) const DAMPING: f64 = 0.01;
/// Most rows that a covariance is made of.
const MAX_ROWS: usize = 1 << 13;

impl Lowering<'_> {
    /// An operand of a linear layer: its node, and of each input what an integer stands for and what 0 does.
    fn operand(
        &mut self,
        elements: &[Element],
        inputs: usize,
        path: &str,
    ) -> Result<(Operand, Vec<(f64, f64)>), InputError> {
        let near = |a: &Element, b: &Element| {
            (a.scale - b.scale).abs() <= 1e-6 * a.scale.abs()
                && (a.shift - b.shift).abs() <= 1e-6 * (a.scale.abs() + a.shift.abs())
        };
        let alike = elements.iter().zip(&elements[inputs.min(elements.len())..]).all(|(a, b)| near(a, b));
        let node = if alike { Some(self.node_of(elements)?) } else { None };
        if let Some(node) = node
            && self.b.tensor(node).base != Base::Mixed
            && !self.b.tensor(node).wide
        {
            let units = elements.iter().take(inputs).map(|e| (e.scale, e.shift)).collect();
            return Ok((node, units));
        }
        let (node, scale, shift) = self.same_unit(elements, path)?;
        if self.b.tensor(node).base != Base::Mixed && !self.b.tensor(node).wide {
            return Ok((node, vec![(scale, shift); inputs]));
        }
        // Cells of one low end.
        let then = self.b.signed();
        let node = self.b.combine(&[RealTerm { coefficient: 1.0, a: node, b: None }], 0.0, 1.0, then)?;
        Ok((node, vec![(scale, shift); inputs]))
    }

    /// Rounds a layer: integers in units of `unit` of its sums less `shifts`, one for each output or one for all. The elements are in
    /// the order of the float graph.
    pub fn finish(
        &mut self,
        sums: &Sums,
        unit: f64,
        shifts: &[f64],
        then: Requantise,
    ) -> Result<Vec<Element>, InputError> {
        let mut nodes = Vec::new();
        let mut units = Vec::new();
        for (elements, inputs) in &sums.operands {
            let (node, of) = self.operand(elements, *inputs, &sums.path)?;
            nodes.push(node);
            units.push(of);
        }
        let outputs = sums.bias.len();
        let shift = |output: usize| shifts[output % shifts.len()];
        let widths: Vec<usize> = sums.operands.iter().map(|(_, inputs)| *inputs).collect();
        let powers = powers(&sums.weights, &units);
        let (mut rows, mut reach) = (vec![Vec::new(); outputs], Vec::new());
        let mut bias: Vec<f64> = sums.bias.iter().enumerate().map(|(o, bias)| bias - shift(o)).collect();
        for (n, weights) in sums.weights.iter().enumerate() {
            let power = 2f64.powi(powers[n].into());
            for ((row, bias), weights) in rows.iter_mut().zip(&mut bias).zip(weights) {
                row.extend(weights.iter().zip(&units[n]).map(|(w, (scale, _))| w * scale / power));
                *bias += weights.iter().zip(&units[n]).map(|(w, (_, shift))| w * shift).sum::<f64>();
            }
            reach.extend(std::iter::repeat_n(power * 2f64.powi(self.b.limb as i32), widths[n]));
        }
        let total = self.samples.len() * sums.positions;
        let every = total.div_ceil(MAX_ROWS).max(1);
        let (mut x, mut targets) = (Vec::new(), Vec::new());
        for (index, (sample, position)) in
            (0..self.samples.len()).flat_map(|s| (0..sums.positions).map(move |p| (s, p))).enumerate()
        {
            if index % every != 0 {
                continue;
            }
            let mut row = Vec::with_capacity(widths.iter().sum());
            for ((node, inputs), power) in nodes.iter().zip(&widths).zip(&powers) {
                let kept = self.b.tensor(*node);
                let start = sample * kept.count + position * inputs;
                let power = 2f64.powi((*power).into());
                #[expect(clippy::cast_precision_loss, reason = "λ bits")]
                row.extend(kept.values[start..start + inputs].iter().map(|x| *x as f64 * power));
            }
            x.push(row);
            let floats = self.floats(sample, sums.place);
            let of = |o: usize| floats.get(sums.at(position * outputs + o)).map(|target| target - shift(o));
            targets.push((0..outputs).map(of).collect::<Option<Vec<f64>>>());
        }
        let hessian = Hessian::new(&x, widths.iter().sum(), DAMPING, true);
        let targets: Option<Vec<Vec<f64>>> = targets.into_iter().collect();
        let means: Vec<f64> = match &targets {
            Some(targets) => {
                refit(&mut rows, &bias, &x, targets, &hessian);
                (0..outputs).map(|o| mean(targets.iter().map(|t| t[o]))).collect()
            }
            None => rows.iter().zip(&bias).map(|(row, bias)| bias + dot(row, &hessian.mean)).collect(),
        };
        let task = Task {
            rows,
            means,
            hessian: &hessian,
            unit,
            limb: self.b.limb,
            range: then.range,
            reach: &reach,
            widths: &widths,
        };
        let (block, _) = task.round();
        let block = self.b.linear_block(&widths, &powers, block)?;
        let node = self.b.linear(block, nodes, then)?;
        let mut elements = match then.table {
            Some(table) => self.all(node, 2f64.powi(-i32::from(table.output)), 0.0),
            None => self.all(node, unit, 0.0),
        };
        if then.table.is_none() {
            let shifted = elements.iter_mut().enumerate();
            shifted.for_each(|(index, element)| element.shift = shift(index % outputs));
        }
        let Some(order) = &sums.order else { return Ok(elements) };
        let mut turned = elements.clone();
        order.iter().zip(elements).for_each(|(to, element)| turned[*to] = element);
        Ok(turned)
    }
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Powers of two of operands: those that make the largest weights of each alike.
pub(super) fn powers(weights: &[Vec<Vec<f64>>], units: &[Vec<(f64, f64)>]) -> Vec<u8> {
    let largest = |(weights, units): (&Vec<Vec<f64>>, &Vec<(f64, f64)>)| {
        let of_row = |row: &Vec<f64>| {
            row.iter().zip(units).fold(0.0, |most: f64, (w, (scale, _))| most.max((w * scale).abs()))
        };
        let rows: Vec<f64> = weights.iter().map(of_row).filter(|x| *x > 0.0).map(f64::log2).collect();
        (!rows.is_empty()).then(|| mean(rows.into_iter()))
    };
    let largest: Vec<Option<f64>> = weights.iter().zip(units).map(largest).collect();
    let least = largest.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let power = |x: &Option<f64>| x.map_or(0, |x| (x - least).round().clamp(0.0, MAX_POWER.into()) as u8);
    largest.iter().map(power).collect()
}

/// Fits rows to the integer inputs; later layers undo what rounding did in earlier ones. Not where samples are few.
pub(super) fn refit(
    rows: &mut [Vec<f64>],
    bias: &[f64],
    x: &[Vec<f64>],
    targets: &[Vec<f64>],
    hessian: &Hessian,
) {
    if x.len() < 2 * hessian.mean.len() {
        return;
    }
    for (o, (row, bias)) in rows.iter_mut().zip(bias).enumerate() {
        let mut correlation = vec![0.0; row.len()];
        for (x, target) in x.iter().zip(targets) {
            let residual = target[o] - bias - dot(row, x);
            let centred = x.iter().zip(&hessian.mean);
            correlation.iter_mut().zip(centred).for_each(|(c, (x, m))| *c += residual * (x - m));
        }
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        correlation.iter_mut().for_each(|c| *c /= x.len() as f64);
        row.iter_mut().zip(hessian.solve(&correlation)).for_each(|(w, change)| *w += change);
    }
}
