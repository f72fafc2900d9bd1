//! A graph under construction, with what each of its tensors is on the calibration samples.
//!
//! What is appended is computed at once, in the arithmetic of `stages::graph`, so that later layers are rounded for the
//! integers that they will really get.

use std::collections::HashMap;

use foldproof_circuits::graph::{
    Base, Block, LinearBlock, MAX_TERMS, Node, Operand, ParameterBlock, Requantise, Table, Term, View,
};
use foldproof_circuits::model::Range;

use super::value::views;
use crate::input::InputError;

/// Most elements of all tensors on all samples.
const MAX_KEPT: usize = 1 << 28;
/// Greatest coefficient of a term.
const MAX_COEFFICIENT: f64 = 1_073_741_824.0;
/// Part of a coefficient that its rounding may be, unless that changes results by less than half a unit.
const COARSE: f64 = 1.0 / 32.0;

/// A tensor of the graph.
pub(super) struct Kept {
    /// Elements.
    pub count: usize,
    /// Sample by sample.
    pub values: Vec<i64>,
    /// What its cells lack.
    pub base: Base,
    /// Whether it is no activation.
    pub wide: bool,
}

/// Nodes and parameters so far.
pub(super) struct Builder {
    pub limb: u32,
    pub samples: usize,
    pub nodes: Vec<Node>,
    pub kept: Vec<Kept>,
    pub blocks: Vec<Block>,
    pub parameters: Vec<ParameterBlock>,
    tables: HashMap<Table, Vec<i32>>,
    pub(super) known: HashMap<Node, Operand>,
    total: usize,
}

/// A term with a real coefficient, in units of the elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct RealTerm {
    pub coefficient: f64,
    pub a: Operand,
    pub b: Option<Operand>,
}

/// An error of what the graph may be.
pub(super) fn limits(what: &str, expected: String, found: String) -> InputError {
    InputError::new(what, expected, found, "make the model smaller: docs/graph.md has the limits")
}

impl Builder {
    pub fn new(limb: u32, samples: usize) -> Self {
        Self {
            limb,
            samples,
            nodes: Vec::new(),
            kept: Vec::new(),
            blocks: Vec::new(),
            parameters: Vec::new(),
            tables: HashMap::new(),
            known: HashMap::new(),
            total: 0,
        }
    }

    /// A signed activation of all bits.
    pub fn signed(&self) -> Requantise {
        Requantise { range: Range::signed(self.limb), table: None }
    }

    /// An unsigned one.
    pub fn unsigned(&self) -> Requantise {
        Requantise { range: Range::unsigned(self.limb), table: None }
    }

    pub fn tensor(&self, operand: Operand) -> &Kept {
        &self.kept[usize::from(operand)]
    }

    pub(super) fn push(&mut self, node: Node, kept: Kept) -> Result<Operand, InputError> {
        self.total += kept.values.len();
        if self.total > MAX_KEPT {
            let found = format!("more than {MAX_KEPT} integers in calibration");
            return Err(limits("samples", "fewer samples, or a smaller model".into(), found));
        }
        let place = u16::try_from(self.nodes.len());
        let place = place.ok().filter(|place| usize::from(*place) < foldproof_circuits::graph::MAX_NODES);
        let expected = format!("at most {} nodes", foldproof_circuits::graph::MAX_NODES);
        let place = place.ok_or_else(|| limits("the graph", expected, "more".into()))?;
        self.known.insert(node.clone(), place);
        self.nodes.push(node);
        self.kept.push(kept);
        Ok(place)
    }

    /// The input, after its quantisers.
    pub fn input(&mut self, count: usize, values: Vec<i64>) -> Result<Operand, InputError> {
        let base = Base::Of(-(1 << (self.limb - 1)));
        self.push(Node::Input, Kept { count, values, base, wide: false })
    }

    /// Zeros.
    pub fn zeros(&mut self, count: usize) -> Result<Operand, InputError> {
        let node = Node::Constant { count: u32::try_from(count).unwrap_or(u32::MAX), value: 0 };
        if let Some(known) = self.known.get(&node) {
            return Ok(*known);
        }
        let values = vec![0; count * self.samples];
        self.push(node, Kept { count, values, base: Base::Zeros, wide: false })
    }

    /// These integers: a constant for each that differs, and an order.
    pub fn constants(&mut self, values: &[i64]) -> Result<Operand, InputError> {
        // What repeats itself, channel by channel, is one row many times.
        let repeats = |period: &usize| values.iter().zip(&values[*period..]).all(|(a, b)| a == b);
        let mut periods = (1..values.len()).filter(|period| values.len().is_multiple_of(*period));
        if let Some(period) = periods.find(repeats).filter(|period| *period > 1) {
            let of = self.constants(&values[..period])?;
            let size = |x: usize| u32::try_from(x).unwrap_or(u32::MAX);
            let dims = vec![(size(values.len() / period), 0), (size(period), 1)];
            return self.index(vec![View { of, offset: 0, dims }]);
        }
        let mut places = Vec::with_capacity(values.len());
        for value in values {
            let value = i32::try_from(*value)
                .map_err(|_| limits("a constant", "an integer of 32 bits".into(), value.to_string()))?;
            let node = Node::Constant { count: 1, value };
            places.push(match self.known.get(&node) {
                Some(known) => (*known, 0),
                None => {
                    let base = if value == 0 { Base::Zeros } else { Base::Mixed };
                    let values = vec![value.into(); self.samples];
                    let wide = i64::from(value).abs() > 1 << self.limb;
                    (self.push(node, Kept { count: 1, values, base, wide })?, 0)
                }
            });
        }
        self.index(views(&places))
    }

    /// The greatest magnitude of a tensor in calibration.
    pub fn reach(&self, operand: Operand) -> f64 {
        let most = self.tensor(operand).values.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let most = most as f64;
        most
    }

    /// Between which integers a tensor's elements lie, whatever the input.
    pub fn ends(&self, operand: Operand) -> (i64, i64) {
        let of = |then: &Requantise| match then.table {
            Some(table) => table.bounds(),
            None => (then.range.low.into(), then.range.high().into()),
        };
        match &self.nodes[usize::from(operand)] {
            Node::Input => of(&self.signed()),
            Node::Constant { value, .. } => ((*value).into(), (*value).into()),
            Node::Linear { then, .. } | Node::Combine { then: Some((_, then)), .. } => of(then),
            Node::Index { views } => {
                let each = views.iter().map(|view| self.ends(view.of));
                each.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0))
            }
            Node::Product { then, .. } | Node::Aggregate { then, .. } => of(then),
            Node::Maximum { of, .. } => self.ends(*of),
            Node::Softmax { power, .. } => (0, 1 << power),
            Node::Norm { .. } => of(&self.signed()),
            Node::Combine { then: None, .. } | Node::Forest { .. } => (i64::MIN, i64::MAX),
        }
    }

    /// Sums of tensors, element by element, exactly: as many to a node as it may have.
    pub fn total(&mut self, tensors: &[Operand]) -> Result<Vec<Operand>, InputError> {
        if tensors.len() <= MAX_TERMS {
            return Ok(tensors.to_vec());
        }
        let term = |a: &Operand| Term { coefficient: 1, a: *a, b: None };
        let parts = tensors.chunks(MAX_TERMS).map(|part| part.iter().map(term).collect());
        parts.map(|terms| self.exact(terms, 0, None)).collect()
    }

    /// Sums over the trees of a forest.
    pub fn forest(&mut self, block: u16, targets: usize, values: Vec<i64>) -> Result<Operand, InputError> {
        self.push(Node::Forest { block }, Kept { count: targets, values, base: Base::Mixed, wide: true })
    }

    /// Elements of tensors, in this order.
    pub fn index(&mut self, views: Vec<View>) -> Result<Operand, InputError> {
        if let [View { of, offset: 0, dims }] = &views[..]
            && let [(count, 1)] = dims[..]
            && count as usize == self.tensor(*of).count
        {
            return Ok(*of);
        }
        let node = Node::Index { views };
        if let Some(known) = self.known.get(&node) {
            return Ok(*known);
        }
        let Node::Index { views } = &node else { return Ok(0) };
        let places: Vec<(Operand, usize)> =
            views.iter().flat_map(|view| view.places().map(|place| (view.of, place))).collect();
        let mut values = Vec::with_capacity(places.len() * self.samples);
        for sample in 0..self.samples {
            values.extend(places.iter().map(|(of, place)| {
                let kept = self.tensor(*of);
                kept.values[sample * kept.count + place]
            }));
        }
        let base = views.iter().map(|view| self.tensor(view.of).base).reduce(Base::and);
        let wide = views.iter().any(|view| self.tensor(view.of).wide);
        let kept = Kept { count: places.len(), values, base: base.unwrap_or(Base::Zeros), wide };
        self.push(node, kept)
    }

    pub(super) fn entries(&mut self, table: Option<Table>) -> Vec<i32> {
        table.map_or_else(Vec::new, |table| {
            self.tables.entry(table).or_insert_with(|| table.entries().to_vec()).clone()
        })
    }

    /// A linear node over a block that is there.
    pub fn linear(
        &mut self,
        block: u16,
        operands: Vec<Operand>,
        then: Requantise,
    ) -> Result<Operand, InputError> {
        let entries = self.entries(then.table);
        let (Some(Block::Linear { outputs, operands: shapes }), Some(ParameterBlock::Linear(parameters))) =
            (self.blocks.get(usize::from(block)), self.parameters.get(usize::from(block)))
        else {
            return Err(limits("blocks", "a linear block".into(), "another".into()));
        };
        let positions = self.tensor(operands[0]).count / usize::from(shapes[0].0);
        let outputs = usize::from(*outputs);
        let mut values = Vec::with_capacity(self.samples * positions * outputs);
        for sample in 0..self.samples {
            for position in 0..positions {
                for output in 0..outputs {
                    let channel = parameters.channels[output];
                    let mut sum = i64::from(channel.bias);
                    for ((weights, x), (inputs, power)) in
                        parameters.weights.iter().zip(&operands).zip(shapes)
                    {
                        let x = &self.kept[usize::from(*x)];
                        let inputs = usize::from(*inputs);
                        let start = sample * x.count + position * inputs;
                        let x = &x.values[start..start + inputs];
                        let products = weights[output].iter().zip(x).map(|(w, x)| i64::from(*w) * x);
                        sum += products.sum::<i64>() << power;
                    }
                    let product = i128::from(sum) * i128::from(channel.multiplier);
                    values.push(finish(
                        foldproof_circuits::fixed::round_shift(product, self.limb),
                        &then,
                        &entries,
                    ));
                }
            }
        }
        let base = Base::Of(if then.table.is_some() { 0 } else { then.range.low.into() });
        let kept = Kept { count: positions * outputs, values, base, wide: false };
        self.push(Node::Linear { block, operands, then }, kept)
    }

    /// A block with its parameters.
    pub fn block(&mut self, block: Block, parameters: ParameterBlock) -> Result<u16, InputError> {
        let place = u16::try_from(self.blocks.len()).unwrap_or(u16::MAX);
        self.blocks.push(block);
        self.parameters.push(parameters);
        Ok(place)
    }

    /// A linear block.
    pub fn linear_block(
        &mut self,
        widths: &[usize],
        powers: &[u8],
        parameters: LinearBlock,
    ) -> Result<u16, InputError> {
        let operands = widths.iter().zip(powers);
        let operands = operands.map(|(width, power)| (u16::try_from(*width).unwrap_or(u16::MAX), *power));
        let operands = operands.collect();
        let outputs = u16::try_from(parameters.channels.len()).unwrap_or(u16::MAX);
        self.block(Block::Linear { outputs, operands }, ParameterBlock::Linear(parameters))
    }

    /// Σ of terms and a constant, with coefficients as they are.
    pub fn exact(
        &mut self,
        terms: Vec<Term>,
        constant: i64,
        then: Option<(u16, Requantise)>,
    ) -> Result<Operand, InputError> {
        let node = Node::Combine { terms, constant, then };
        if let Some(known) = self.known.get(&node) {
            return Ok(*known);
        }
        let Node::Combine { terms, constant, then } = &node else { return Ok(0) };
        let entries = self.entries(then.and_then(|(_, then)| then.table));
        let count = self.tensor(terms[0].a).count;
        let mut values = Vec::with_capacity(count * self.samples);
        for place in 0..count * self.samples {
            let term = |term: &Term| {
                let a = i128::from(self.tensor(term.a).values[place]);
                let b = term.b.map_or(1, |b| i128::from(self.tensor(b).values[place]));
                i128::from(term.coefficient) * a * b
            };
            let sum = terms.iter().map(term).sum::<i128>() + i128::from(*constant);
            values.push(match then {
                None => i64::try_from(sum).unwrap_or_default(),
                Some((divisor, then)) => {
                    let divisor = i128::from(*divisor);
                    finish((sum + divisor / 2).div_euclid(divisor), then, &entries)
                }
            });
        }
        let base = match then {
            Some((_, then)) if then.table.is_none() => Base::Of(then.range.low.into()),
            _ => Base::Of(0),
        };
        let wide = then.is_none();
        self.push(node, Kept { count, values, base, wide })
    }

    /// The greatest magnitude of a term without its coefficient, in calibration.
    fn greatest(&self, term: &RealTerm) -> f64 {
        self.reach(term.a) * term.b.map_or(1.0, |b| self.reach(b))
    }

    /// The same with real coefficients, for results in units of `unit`: the least power of two divides for which they are
    /// integers, or 2^λ.
    pub fn combine(
        &mut self,
        terms: &[RealTerm],
        constant: f64,
        unit: f64,
        then: Requantise,
    ) -> Result<Operand, InputError> {
        let is_whole = |x: f64| (x - x.round()).abs() <= 1e-9 * x.abs();
        let bits = (1..=self.limb).find(|bits| {
            let divisor = 2f64.powi(*bits as i32);
            terms.iter().all(|term| is_whole(term.coefficient / unit * divisor))
        });
        let divisor = 2f64.powi(bits.unwrap_or(self.limb) as i32);
        let integer = |term: &RealTerm| {
            let exact = term.coefficient / unit * divisor;
            let coefficient = exact.round();
            // A term that is rounded by much and is no trifle beside half a unit.
            let off = (exact - coefficient).abs() * self.greatest(term);
            if (exact - coefficient).abs() > COARSE * exact.abs() && off > divisor / 2.0 {
                let found = format!("a factor of {}", term.coefficient / unit);
                return Err(limits("the graph", "values of like size in one sum or product".into(), found));
            }
            if coefficient.abs() > MAX_COEFFICIENT {
                let found = format!("a factor of {}", term.coefficient / unit);
                return Err(limits("the graph", "values of like size in one sum".into(), found));
            }
            #[expect(clippy::cast_possible_truncation, reason = "checked")]
            Ok(Term { coefficient: coefficient as i32, a: term.a, b: term.b })
        };
        let terms: Vec<Term> = terms.iter().map(integer).collect::<Result<_, _>>()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and λ bits")]
        let (constant, divisor) = ((constant / unit * divisor).round() as i64, divisor as u16);
        self.exact(terms, constant, Some((divisor, then)))
    }
}

/// What becomes of a quotient.
pub(super) fn finish(quotient: i128, then: &Requantise, entries: &[i32]) -> i64 {
    let y = then.range.clamp(quotient);
    match then.table {
        Some(_) => entries.get(y.abs_diff(then.range.low) as usize).copied().unwrap_or(0).into(),
        None => y.into(),
    }
}
