//! What is known of a float graph while it is lowered: values by place, floats of calibration, the integer graph so far.

use std::collections::HashMap;
use std::sync::Arc;

use foldproof_circuits::graph::{Base, Function, MAX_POWER, Operand, Requantise, Table};
use foldproof_circuits::model::{INPUT_SHIFT, InputQuantiser};

use super::build::{Builder, RealTerm};
use super::input::{count, quantise};
use super::value::{Body, Element, Raw, Sums, Value, uniform, views};
use super::weights::Task;
use crate::input::InputError;
use crate::model::graph::Graph;
use crate::model::graph::tensor::Tensor;
use crate::model::graph::trace::Trace;
use crate::model::rounding::{Hessian, dot};
use crate::model::samples::Sample;

/// Added to the diagonal of the covariance, in mean variances.
pub(super) const DAMPING: f64 = 0.01;
/// Most rows that a covariance is made of.
const MAX_ROWS: usize = 1 << 13;
/// Room above the greatest value of calibration.
pub(super) const HEADROOM: f64 = 1.25;

/// The input once it is quantised.
pub(super) struct Quantised {
    pub node: Operand,
    pub channels: usize,
    pub quantisers: Vec<InputQuantiser>,
    /// The normalisation that they contain, by channel, and what their integers stand for.
    raw: Vec<(f64, f64)>,
    real: Vec<(f64, f64)>,
    bounds: (f64, f64),
}

/// The work.
pub(super) struct Lowering<'a> {
    pub graph: &'a Graph,
    pub trace: &'a Trace,
    pub dims: Vec<usize>,
    pub samples: &'a [Sample],
    pub b: Builder,
    pub table_bits: u32,
    pub values: HashMap<usize, Value>,
    pub input: Option<Quantised>,
    pub notes: Vec<String>,
    /// Whether a head needs an activation, not a sum.
    pub activations: bool,
    floats: Vec<Vec<Option<Arc<Tensor>>>>,
}

impl<'a> Lowering<'a> {
    pub fn new(
        graph: &'a Graph,
        trace: &'a Trace,
        dims: Vec<usize>,
        samples: &'a [Sample],
        limb: u32,
        table_bits: u32,
    ) -> Self {
        let total: usize = dims.iter().product();
        let raw = Raw {
            places: (0..total).collect(),
            scale: vec![1.0; total],
            shift: vec![0.0; total],
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        };
        let values = HashMap::from([(trace.input, Value { dims: dims.clone(), body: Body::Raw(raw) })]);
        Self {
            graph,
            trace,
            dims,
            samples,
            b: Builder::new(limb, samples.len()),
            table_bits,
            values,
            input: None,
            notes: Vec::new(),
            activations: false,
            floats: Vec::new(),
        }
    }

    /// A table over ±8.
    pub fn table(&self, function: Function, output: u8) -> Table {
        let input = u8::try_from(self.table_bits.saturating_sub(4)).unwrap_or(0);
        Table { function, bits: self.table_bits, input, output }
    }

    /// A float value on a sample of calibration.
    pub fn floats(&self, sample: usize, place: usize) -> Vec<f64> {
        let tensor = self.floats.get(sample).and_then(|values| values.get(place)?.as_ref());
        tensor.and_then(|tensor| tensor.reals().ok()).map(|reals| reals.into_owned()).unwrap_or_default()
    }

    /// The greatest magnitude of a float value in calibration, less `shift`.
    pub fn greatest(&self, place: usize, shift: f64) -> f64 {
        let of = |s: usize| self.floats(s, place).iter().map(|x| (x - shift).abs()).fold(0.0, f64::max);
        (0..self.samples.len()).map(of).fold(0.0, f64::max)
    }

    /// The elements of a value, rounded if they are not yet.
    pub fn elements(&mut self, place: usize, path: &str) -> Result<Vec<Element>, InputError> {
        let unknown = || {
            InputError::new(
                path,
                "values that depend on the input by operators that are known",
                "another",
                super::ADVICE,
            )
        };
        let value = self.values.get(&place).cloned().ok_or_else(unknown)?;
        let elements = match value.body {
            Body::Known(elements) => return Ok(elements),
            Body::Raw(raw) => self.quantised(&raw)?,
            Body::Sums(sums) => {
                let greatest = self.greatest(sums.place, 0.0);
                let unit = unit_of(greatest * HEADROOM, self.b.limb - 1);
                self.finish(&sums, unit, &[0.0], self.b.signed())?
            }
            Body::Forest(_) => {
                let advice = "end the graph with the ensemble of trees";
                return Err(InputError::new(path, "no operator after trees", "one", advice));
            }
        };
        self.values.insert(place, Value { dims: value.dims, body: Body::Known(elements.clone()) });
        Ok(elements)
    }

    fn quantised(&mut self, raw: &Raw) -> Result<Vec<Element>, InputError> {
        if self.input.is_none() {
            self.quantise_input(raw)?;
        }
        let Some(input) = &self.input else { return Ok(Vec::new()) };
        let element = |((place, scale), shift): ((&usize, &f64), &f64)| {
            let channel = place % input.channels;
            let ((own_scale, own_shift), (unit, zero)) = (input.raw[channel], input.real[channel]);
            let element = Element {
                tensor: input.node,
                place: u32::try_from(*place).unwrap_or(0),
                scale: unit,
                shift: zero,
            };
            // From the normalisation of the quantisers to this one.
            if (own_scale, own_shift) == (*scale, *shift) || own_scale == 0.0 {
                return element;
            }
            element.then(scale / own_scale, shift - scale / own_scale * own_shift)
        };
        let elements: Vec<Element> = raw.places.iter().zip(&raw.scale).zip(&raw.shift).map(element).collect();
        if raw.is_clipped() && (raw.low, raw.high) != input.bounds {
            return self.clip(&elements, raw.low, raw.high, "the input");
        }
        Ok(elements)
    }

    fn quantise_input(&mut self, raw: &Raw) -> Result<(), InputError> {
        let total: usize = self.dims.iter().product();
        let channels = count(raw, &self.dims);
        let half = 2f64.powi(self.b.limb as i32 - 1);
        let made = quantise(raw, channels, total, self.samples, self.b.limb)?;
        let mut affine = vec![(1.0, 0.0); channels];
        for ((place, scale), shift) in raw.places.iter().zip(&raw.scale).zip(&raw.shift) {
            affine[place % channels] = (*scale, *shift);
        }
        let mut values = Vec::with_capacity(total * self.samples.len());
        for sample in self.samples {
            let mut clamped = sample.values.clone();
            for (place, (f, value)) in sample.integers.iter().zip(&mut clamped).enumerate() {
                let q = made.quantisers[place % channels];
                let product = (i128::from(*f) - i128::from(q.mean)) * i128::from(q.multiplier);
                let x = foldproof_circuits::fixed::round_shift(product, INPUT_SHIFT);
                #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "clamped")]
                let (exact, x) = (x as f64, (x as f64).clamp(-half, half - 1.0) as i64);
                values.push(x);
                // The float graph sees the inputs as they are after clamping: else samples far outside, which weigh most in
                // squares, would have the weights make up for their clamping, to the harm of all others.
                let (scale, shift) = affine[place % channels];
                if !(-half..half).contains(&exact) && scale != 0.0 {
                    #[expect(clippy::cast_precision_loss, reason = "λ bits")]
                    let real = made.scale[place % channels] * x as f64 + made.shift[place % channels];
                    *value = (real - shift) / scale;
                }
            }
            let input = self.graph.feed(self.dims.clone(), &clamped)?;
            self.floats.push(self.graph.values(input)?);
        }
        let node = self.b.input(total, values)?;
        self.notes.extend(made.notes);
        self.input = Some(Quantised {
            node,
            channels,
            quantisers: made.quantisers,
            raw: affine,
            real: made.scale.into_iter().zip(made.shift).collect(),
            bounds: (raw.low, raw.high),
        });
        Ok(())
    }

    /// The node that has these elements in this order.
    pub fn node_of(&mut self, elements: &[Element]) -> Result<Operand, InputError> {
        let places: Vec<(Operand, u32)> = elements.iter().map(|e| (e.tensor, e.place)).collect();
        self.b.index(views(&places))
    }

    /// The elements of a node, all of one unit.
    pub fn all(&self, node: Operand, scale: f64, shift: f64) -> Vec<Element> {
        let count = u32::try_from(self.b.tensor(node).count).unwrap_or(0);
        (0..count).map(|place| Element { tensor: node, place, scale, shift }).collect()
    }

    /// Elements as one node of one unit, whatever they were.
    pub fn same_unit(&mut self, elements: &[Element], path: &str) -> Result<(Operand, f64, f64), InputError> {
        if let Some((scale, shift)) = uniform(elements) {
            return Ok((self.node_of(elements)?, scale, shift));
        }
        // Stretches of one unit each, brought to the greatest of them.
        let unit = elements.iter().map(|e| e.scale.abs()).fold(f64::MIN_POSITIVE, f64::max);
        let like = |a: &Element, b: &Element| uniform(&[*a, *b]).is_some() && a.tensor == b.tensor;
        let mut all = Vec::new();
        let runs: Vec<Vec<Element>> = elements.chunk_by(like).map(<[Element]>::to_vec).collect();
        if runs.len() > 64 {
            let expected = "numbers of one unit, where they are added, multiplied or put into one tensor";
            let advice = "normalise the input in the graph, by one scale for all that meet";
            return Err(InputError::new(path, expected, format!("{} units", runs.len()), advice));
        }
        for run in runs {
            let (scale, shift) = uniform(&run).unwrap_or((unit, 0.0));
            let a = self.node_of(&run)?;
            let then = self.b.signed();
            let made = self.b.combine(&[RealTerm { coefficient: scale, a, b: None }], shift, unit, then)?;
            all.extend(self.all(made, unit, 0.0));
        }
        Ok((self.node_of(&all)?, unit, 0.0))
    }

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

    /// Rounds a layer: integers in units of `unit` of its sums less `shifts`, one for each output or one for all.
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
            let of = floats.get(position * outputs..(position + 1) * outputs);
            let less = |of: &[f64]| of.iter().enumerate().map(|(o, t)| t - shift(o)).collect::<Vec<f64>>();
            targets.push(of.map(less));
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
        if let Some(table) = then.table {
            return Ok(self.all(node, 2f64.powi(-i32::from(table.output)), 0.0));
        }
        let mut elements = self.all(node, unit, 0.0);
        elements.iter_mut().enumerate().for_each(|(index, element)| element.shift = shift(index % outputs));
        Ok(elements)
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

/// The unit of values up to `greatest` in so many bits.
pub(super) fn unit_of(greatest: f64, bits: u32) -> f64 {
    let greatest = if greatest > 0.0 && greatest.is_finite() { greatest } else { 1.0 };
    greatest / 2f64.powi(bits as i32)
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
