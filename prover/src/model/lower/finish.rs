//! Layers rounded: sums of weights and inputs become integers, for the integers that the inputs really are.

use foldproof_circuits::graph::{Base, LinearBlock, MAX_POWER, Operand, Requantise};

use super::build::RealTerm;
use super::lowering::Lowering;
use super::value::{Element, Sums};
use super::weights::{Class, Task};
use crate::input::InputError;
use crate::model::rounding::{Hessian, dot};

/// Added to the diagonal of the covariance, in mean variances.
pub(super) const DAMPING: f64 = 0.01;
/// Largest weight.
const HIGH: f64 = 127.0;
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
        self.finish_each(sums, &[unit], shifts, then)
    }

    /// The same with a unit for each output, or one for all.
    pub fn finish_each(
        &mut self,
        sums: &Sums,
        units_of: &[f64],
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
        // All positions of a sample, where each has means of its own.
        let whole = if sums.offsets.is_empty() { 1 } else { sums.positions.max(1) };
        let taken = |index: usize| (index / whole).is_multiple_of(every);
        let (mut x, mut targets) = (Vec::new(), Vec::new());
        for (index, (sample, position)) in
            (0..self.samples.len()).flat_map(|s| (0..sums.positions).map(move |p| (s, p))).enumerate()
        {
            if !taken(index) {
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
        let targets: Option<Vec<Vec<f64>>> = targets.into_iter().collect();
        let (of_position, kinds) = kinds(sums, outputs);
        let own = (0..total).filter(|index| taken(*index));
        let own: Vec<usize> = own.map(|index| of_position[index % sums.positions]).collect();
        let offset = |kind: usize, o: usize| kinds[kind].get(o).copied().unwrap_or(0.0);
        let known = targets.is_some();
        let mut targets = targets.unwrap_or_else(|| {
            let sums = |(x, kind): (&Vec<f64>, &usize)| {
                rows.iter()
                    .zip(&bias)
                    .enumerate()
                    .map(|(o, (row, b))| b + offset(*kind, o) + dot(row, x))
                    .collect()
            };
            x.iter().zip(&own).map(sums).collect()
        });
        let classes =
            if kinds.len() > 1 { centred(&mut x, &mut targets, &own, kinds.len()) } else { Vec::new() };
        let hessian = Hessian::new(&x, widths.iter().sum(), DAMPING, true);
        if known {
            refit(&mut rows, &bias, &x, &targets, &hessian);
        }
        let task = Task {
            rows,
            means: (0..outputs).map(|o| mean(targets.iter().map(|t| t[o]))).collect(),
            hessian: &hessian,
            unit: units_of[0],
            limb: self.b.limb,
            range: then.range,
            reach: &reach,
            widths: &widths,
            units: if units_of.len() == outputs { units_of } else { &[] },
            classes: &classes,
        };
        let (mut block, offsets) = task.round();
        let (mut widths, mut powers) = (widths.clone(), powers);
        if !classes.is_empty() {
            let (node, power) = self.positional(&mut block, &offsets, &of_position)?;
            nodes.push(node);
            widths.push(2 * (classes.len() - 1));
            powers.push(power);
        }
        let block = self.b.linear_block(&widths, &powers, block)?;
        let node = self.b.linear(block, nodes, then)?;
        let mut elements = match then.table {
            Some(table) => self.all(node, 2f64.powi(-i32::from(table.output)), 0.0),
            None => self.all(node, 1.0, 0.0),
        };
        if then.table.is_none() {
            for (index, element) in elements.iter_mut().enumerate() {
                element.shift = shift(index % outputs);
                element.scale = units_of[index % outputs % units_of.len()];
            }
        }
        let Some(order) = &sums.order else { return Ok(elements) };
        let mut turned = elements.clone();
        order.iter().zip(elements).for_each(|(to, element)| turned[*to] = element);
        Ok(turned)
    }

    /// Biases that differ between positions: an operand with two ones for each kind of position but the first, in parts of two sizes, and its
    /// weights.
    fn positional(
        &mut self,
        block: &mut LinearBlock,
        offsets: &[Vec<f64>],
        of_position: &[usize],
    ) -> Result<(Operand, u8), InputError> {
        let kinds = offsets.first().map_or(0, Vec::len);
        let sizes = [self.b.limb - 2, self.b.limb - 9].map(|bits| 1_i64 << bits);
        let one = |kind: usize| sizes.map(|size| (1..=kinds).map(move |k| if k == kind { size } else { 0 }));
        let ones: Vec<i64> = of_position.iter().flat_map(|kind| one(*kind).into_iter().flatten()).collect();
        let most = offsets.iter().flatten().map(|offset| offset.abs()).fold(0.0, f64::max);
        #[expect(clippy::cast_precision_loss, reason = "a power of two")]
        let sizes = sizes.map(|size| size as f64);
        let reach = |power: u8| sizes[0] * HIGH * 2f64.powi(power.into());
        let power = (0..MAX_POWER).find(|power| reach(*power) >= most).unwrap_or(MAX_POWER);
        let part = |x: f64, size: f64| (x / (size * 2f64.powi(power.into()))).round().clamp(-HIGH, HIGH);
        let row = |offsets: &Vec<f64>| -> Vec<i8> {
            let coarse: Vec<f64> = offsets.iter().map(|x| part(*x, sizes[0])).collect();
            let rest = |(x, coarse): (&f64, &f64)| x - coarse * sizes[0] * 2f64.powi(power.into());
            let fine: Vec<f64> = offsets.iter().zip(&coarse).map(|x| part(rest(x), sizes[1])).collect();
            #[expect(clippy::cast_possible_truncation, reason = "within ±127")]
            coarse.into_iter().chain(fine).map(|w| w as i8).collect()
        };
        block.weights.push(offsets.iter().map(row).collect());
        let (a, signed) = (self.b.constants(&ones)?, self.b.signed());
        let node = self.b.combine(&[RealTerm { coefficient: 1.0, a, b: None }], 0.0, 1.0, signed)?;
        Ok((node, power))
    }
}

/// Kinds of positions: of each position its kind, of each kind what is added to the bias.
fn kinds(sums: &Sums, outputs: usize) -> (Vec<usize>, Vec<Vec<f64>>) {
    let mut kinds: Vec<Vec<f64>> = Vec::new();
    let mut of = |offsets: &[f64]| {
        let known = kinds.iter().position(|known| known == offsets);
        known.unwrap_or_else(|| {
            kinds.push(offsets.to_vec());
            kinds.len() - 1
        })
    };
    let row = |position: usize| sums.offsets.get(position * outputs..(position + 1) * outputs);
    let of_position = (0..sums.positions).map(|position| of(row(position).unwrap_or_default())).collect();
    (of_position, kinds)
}

/// Takes from inputs and sums what their kind of position has on average, less what all have; gives the averages of each kind.
fn centred(x: &mut [Vec<f64>], targets: &mut [Vec<f64>], own: &[usize], kinds: usize) -> Vec<Class> {
    let averages = |rows: &[Vec<f64>]| -> (Vec<Vec<f64>>, Vec<f64>) {
        let of = |kind: Option<usize>| -> Vec<f64> {
            let chosen = || rows.iter().zip(own).filter(|(_, own)| kind.is_none_or(|kind| kind == **own));
            let width = rows.first().map_or(0, Vec::len);
            let mut sums = vec![0.0; width];
            for (row, _) in chosen() {
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            let count = chosen().count().max(1) as f64;
            sums.iter().map(|sum| sum / count).collect()
        };
        ((0..kinds).map(|kind| of(Some(kind))).collect(), of(None))
    };
    let centre = |rows: &mut [Vec<f64>], (each, all): &(Vec<Vec<f64>>, Vec<f64>)| {
        for (row, kind) in rows.iter_mut().zip(own) {
            row.iter_mut().zip(&each[*kind]).zip(all).for_each(|((x, own), all)| *x += all - own);
        }
    };
    let (of_x, of_targets) = (averages(x), averages(targets));
    centre(x, &of_x);
    centre(targets, &of_targets);
    let both = of_x.0.into_iter().zip(of_targets.0);
    both.map(|(inputs, means)| Class { inputs, means }).collect()
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
