//! What is known of a float graph while it is lowered: values by place, floats of calibration, the integer graph so far.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use foldproof_circuits::graph::{Function, Operand, Table};
use foldproof_circuits::model::{INPUT_SHIFT, InputQuantiser};

use super::attention::Plan;
use super::build::{Builder, RealTerm};
use super::input::{Units, count, quantise};
use super::value::{Body, Element, Raw, Value, uniform, unit_of, views};
use crate::input::InputError;
use crate::model::graph::Graph;
use crate::model::graph::tensor::Tensor;
use crate::model::graph::trace::Trace;
use crate::model::samples::Sample;

/// Most stretches of one unit that are brought to another one by one.
const MAX_RUNS: usize = 64;
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
    /// Products of two values that depend on the data, by their places, and tables that all such nodes share.
    pub plans: HashMap<usize, Plan>,
    pub shared: HashMap<Function, Table>,
    /// Tensors of single bits, and sums of bits with their least and greatest.
    pub bits: HashSet<Operand>,
    pub counts: HashMap<Operand, (i64, i64)>,
    /// Values whose elements are multiplied by the roots of their nodes' degrees: one product with neighbours takes each.
    pub scaled: HashSet<usize>,
    /// Numbers of the input that distances are between: they have one unit.
    pub level: BTreeSet<usize>,
    /// Numbers of the input that are tokens: their unit is 1.
    pub whole: BTreeSet<usize>,
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
            plans: HashMap::new(),
            shared: HashMap::new(),
            bits: HashSet::new(),
            counts: HashMap::new(),
            scaled: HashSet::new(),
            level: BTreeSet::new(),
            whole: BTreeSet::new(),
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
                "values computed from the input by known operators",
                "another",
                super::ADVICE,
            )
        };
        let value = self.values.get(&place).cloned().ok_or_else(unknown)?;
        let elements = match value.body {
            Body::Known(elements) => return Ok(elements),
            Body::Raw(raw) => self.quantised(&raw)?,
            Body::Padded(padded) => self.surrounded(&padded, path)?,
            Body::Sums(sums) => {
                let units = self.units(&sums);
                self.finish_each(&sums, &units, &[0.0], self.b.signed())?
            }
            Body::Scores(scores) => self.finish_scores(&scores)?,
            Body::Factors(factors) => self.finish_factors(&factors, path)?,
            Body::Distances(_) => {
                let expected = "a comparison of a distance";
                return Err(InputError::new(path, expected, "another use of it", super::ADVICE));
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
            self.quantise_input(raw, true)?;
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

    /// `own`: whether channels may have units of their own.
    pub fn quantise_input(&mut self, raw: &Raw, own: bool) -> Result<(), InputError> {
        let total: usize = self.dims.iter().product();
        let channels = count(raw, &self.dims);
        let half = 2f64.powi(self.b.limb as i32 - 1);
        let of = |places: &BTreeSet<usize>| places.iter().map(|place| place % channels).collect();
        let units = Units { own, level: of(&self.level), whole: of(&self.whole) };
        if (0..total).any(|place| units.whole.contains(&(place % channels)) && !self.whole.contains(&place)) {
            let expected = "columns with tokens only, or without tokens";
            let advice = "give tokens a column of their own: the input's last dimension counts columns";
            return Err(InputError::new("the input", expected, "tokens and other numbers in one", advice));
        }
        let made = quantise(raw, channels, total, self.samples, self.b.limb, &units)?;
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
        // Signed, they have a bit less than an unsigned one.
        let reach = |e: &Element| e.scale.abs() * self.b.reach(e.tensor) + e.shift.abs();
        let reach = elements.iter().map(reach).fold(0.0, f64::max);
        let unit = if reach > unit * 2f64.powi(self.b.limb as i32 - 1) { 2.0 * unit } else { unit };
        if runs.len() > MAX_RUNS {
            return self.rescaled(elements, unit, path);
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

    /// Elements of many units, each multiplied by its own: a product with constants.
    fn rescaled(
        &mut self,
        elements: &[Element],
        unit: f64,
        path: &str,
    ) -> Result<(Operand, f64, f64), InputError> {
        let a = self.node_of(elements)?;
        if self.b.tensor(a).wide {
            let expected = "numbers of one unit, where sums of trees or of many numbers meet";
            let advice = "normalise the input in the graph, by one scale for all that meet";
            return Err(InputError::new(path, expected, "several", advice));
        }
        let scales: Vec<f64> = elements.iter().map(|e| e.scale).collect();
        let shifts: Vec<f64> = elements.iter().map(|e| e.shift).collect();
        let first = scales.first().copied().unwrap_or(1.0);
        let alike = scales.iter().all(|scale| (scale - first).abs() <= 1e-6 * first.abs());
        let mut terms = if alike {
            vec![RealTerm { coefficient: first, a, b: None }]
        } else {
            let (scales, coefficient) = self.constants(&scales)?;
            vec![RealTerm { coefficient, a, b: Some(scales) }]
        };
        if shifts.iter().any(|shift| *shift != 0.0) {
            let (a, coefficient) = self.constants(&shifts)?;
            terms.push(RealTerm { coefficient, a, b: None });
        }
        let then = self.b.signed();
        Ok((self.b.combine(&terms, 0.0, unit, then)?, unit, 0.0))
    }

    /// Constants as a tensor, and its unit: the greatest of them has all bits.
    pub(super) fn constants(&mut self, values: &[f64]) -> Result<(Operand, f64), InputError> {
        let greatest = values.iter().map(|x| x.abs()).fold(0.0, f64::max);
        let unit = unit_of(greatest, self.b.limb - 1);
        #[expect(clippy::cast_possible_truncation, reason = "of λ bits")]
        let integers: Vec<i64> = values.iter().map(|x| (x / unit).round() as i64).collect();
        Ok((self.b.constants(&integers)?, unit))
    }
}
