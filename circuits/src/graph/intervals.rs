//! What nodes and heads must satisfy, and the intervals of tensors.
//!
//! Intervals hold for every input and every parameter that a proof can commit to, so that soundness never depends on a model:
//! sums stay below 2^[`SUM_BITS`], and no equation of the circuit wraps around the field. That combinations find room for
//! what lies beyond their range is checked here too; of linear blocks it depends on the weights, and `GraphModel` does.

mod activations;

use std::collections::HashMap;

use super::error::{GraphError, within};
use super::limits::{
    BIAS_BITS, KEY_LIMBS, LEAF_BITS, MAX_DIMS, MAX_ELEMENTS, MAX_TABLES, MAX_TERMS, MAX_TOP, MAX_VIEWS,
    MAX_WIDTH, MAX_WORK, SUM_BITS, WEIGHT_BITS,
};
use super::node::{Base, Block, Head, Node, Operand, Requantise, Tensor, Term, View};
use super::table::Table;
use crate::model::{MAX_CLASSES, MAX_TAGS};

/// Widths of activations below λ: those of limbs that have a range of their own.
const WIDTHS: [u32; 8] = [1, 2, 4, 5, 6, 8, 10, 12];
/// Greatest magnitude of the low end of a range.
const MAX_LOW: u32 = 1 << 24;
/// Greatest magnitude of a sum.
const MAX_SUM: i128 = 1 << SUM_BITS;

fn error(place: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> GraphError {
    GraphError::new(place, expected, found)
}

/// What the cells of results lack: entries of tables stand as they are.
fn base(then: &Requantise) -> Base {
    Base::Of(if then.table.is_some() { 0 } else { then.range.low.into() })
}

/// The part of an interval that quotients reach.
fn reached(least: i128, most: i128, (low, high): (i64, i64)) -> (i64, i64) {
    let end = |quotient: i128| i64::try_from(quotient.clamp(low.into(), high.into())).unwrap_or(low);
    (end(least), end(most))
}

/// Goes through the nodes.
pub(super) struct Checker<'b> {
    limb_bits: u32,
    inputs: usize,
    blocks: &'b [Block],
    pub tensors: Vec<Tensor>,
    pub tables: Vec<Table>,
    work: u64,
    /// What becomes of the sums of each block.
    finishes: HashMap<u16, Requantise>,
    /// Bases of the operands of each block.
    bases: HashMap<u16, Vec<Base>>,
}

impl<'b> Checker<'b> {
    /// Before the first node.
    pub fn new(limb_bits: u32, inputs: usize, blocks: &'b [Block]) -> Self {
        Self {
            limb_bits,
            inputs,
            blocks,
            tensors: Vec::new(),
            tables: Vec::new(),
            work: 0,
            finishes: HashMap::new(),
            bases: HashMap::new(),
        }
    }

    fn tensor(&self, place: &str, operand: Operand) -> Result<&Tensor, GraphError> {
        let known = self.tensors.get(usize::from(operand));
        known.ok_or_else(|| error(place, "operands that are computed before", format!("node {operand}")))
    }

    /// A tensor whose elements a limb holds.
    fn activation(&self, place: &str, operand: Operand) -> Result<&Tensor, GraphError> {
        let tensor = self.tensor(place, operand)?;
        if tensor.magnitude() > 1 << self.limb_bits {
            let expected = format!("an activation of at most {} bits", self.limb_bits);
            return Err(error(place, expected, format!("node {operand}, up to {}", tensor.magnitude())));
        }
        Ok(tensor)
    }

    fn block(&self, place: &str, block: u16) -> Result<&Block, GraphError> {
        self.blocks.get(usize::from(block)).ok_or_else(|| error(place, "a block that is there", block))
    }

    fn work(&mut self, place: &str, products: u64) -> Result<(), GraphError> {
        self.work = self.work.saturating_add(products);
        within(place, "products of all nodes so far", 0..=MAX_WORK, self.work)
    }

    /// What a node computes, if it suits those before it.
    pub fn node(&mut self, place: &str, node: &Node) -> Result<Tensor, GraphError> {
        match node {
            Node::Input => {
                let half = 1 << (self.limb_bits - 1);
                Ok(Tensor {
                    count: self.inputs,
                    low: -half,
                    high: half - 1,
                    base: Base::Of(-half),
                    zeros: false,
                })
            }
            Node::Constant { count, value } => {
                let value = (*value).into();
                let base = if value == 0 { Base::Zeros } else { Base::Mixed };
                Ok(Tensor { count: *count as usize, low: value, high: value, base, zeros: value == 0 })
            }
            Node::Linear { block, operands, then } => self.linear(place, *block, operands, then),
            Node::Combine { terms, constant, then } => self.combine(place, terms, *constant, then.as_ref()),
            Node::Index { views } => self.index(place, views),
            Node::Forest { block } => self.forest(place, *block),
            Node::Product { .. } => self.product(place, node),
            Node::Aggregate { .. } => self.aggregate(place, node),
            Node::Maximum { of, width } => self.maximum(place, *of, *width),
            Node::Softmax { of, width, table, power } => self.softmax(place, *of, *width, *table, *power),
            Node::Norm { of, width, epsilon, power } => self.norm(place, *of, *width, *epsilon, *power),
        }
    }

    /// What an activation holds after requantisation.
    fn requantised(&mut self, place: &str, then: &Requantise) -> Result<(i64, i64), GraphError> {
        let Requantise { range, table } = then;
        if let Some(table) = table {
            if !table.exists() || table.bits.max(table.output.into()) > self.limb_bits {
                let expected = format!("a table of 4 to {} bits", self.limb_bits);
                return Err(error(place, expected, format!("{table:?}")));
            }
            if table.range() != *range {
                return Err(error(
                    place,
                    format!("the table's range, {:?}", table.range()),
                    format!("{range:?}"),
                ));
            }
            if !self.tables.contains(table) {
                self.tables.push(*table);
                within(place, "different tables", 0..=MAX_TABLES as u64, self.tables.len() as u64)?;
            }
            let bounds = table.bounds();
            if bounds.1 > 1 << self.limb_bits {
                return Err(error(place, format!("entries up to 2^{}", self.limb_bits), bounds.1));
            }
            return Ok(bounds);
        }
        if range.bits != self.limb_bits && (range.bits > self.limb_bits || !WIDTHS.contains(&range.bits)) {
            let expected = format!("an activation of {} bits, or of one of {WIDTHS:?}", self.limb_bits);
            return Err(error(place, expected, range.bits));
        }
        if range.low.unsigned_abs() > MAX_LOW {
            return Err(error(place, format!("a range from ±{MAX_LOW} on"), range.low));
        }
        Ok((range.low.into(), range.high().into()))
    }

    fn linear(
        &mut self,
        place: &str,
        block: u16,
        operands: &[Operand],
        then: &Requantise,
    ) -> Result<Tensor, GraphError> {
        let Block::Linear { outputs, operands: shapes } = self.block(place, block)?.clone() else {
            return Err(error(place, "a linear block", format!("block {block}, a forest")));
        };
        if shapes.len() != operands.len() {
            return Err(error(place, format!("{} operands", shapes.len()), operands.len()));
        }
        let mut positions = None;
        let mut greatest = 0_i128;
        let mut inputs_of_all = 0;
        for ((inputs, power), operand) in shapes.iter().zip(operands) {
            let tensor = self.activation(place, *operand)?;
            let inputs = usize::from(*inputs);
            let found = tensor.count / inputs;
            if found * inputs != tensor.count || positions.is_some_and(|known| known != found) {
                let expected = format!("as many positions of {inputs} inputs as in the other operands");
                return Err(error(place, expected, format!("node {operand} of {} elements", tensor.count)));
            }
            positions = Some(found);
            inputs_of_all += inputs;
            greatest +=
                (i128::from(tensor.magnitude()) * inputs as i128) << (u32::from(*power) + WEIGHT_BITS - 1);
        }
        if greatest + (1 << (BIAS_BITS - 1)) >= MAX_SUM {
            return Err(error(place, format!("sums below 2^{SUM_BITS}"), format!("sums up to {greatest}")));
        }
        let bases: Vec<Base> =
            operands.iter().map(|operand| self.tensors[usize::from(*operand)].base).collect();
        let known = self.bases.entry(block).or_insert_with(|| vec![Base::Zeros; bases.len()]);
        for ((known, base), operand) in known.iter_mut().zip(bases).zip(operands) {
            *known = known.and(base);
            if *known == Base::Mixed {
                let expected = "operands whose elements have one low end, at all positions of their block, and no constants \
                                but 0: combine those of others by themselves first";
                return Err(error(place, expected, format!("node {operand}")));
            }
        }
        // Sums of a block stand two to a row, whichever node they are of.
        match self.finishes.get(&block) {
            Some(known) if known != then => {
                return Err(error(
                    place,
                    format!("{known:?}, as the other nodes of block {block}"),
                    format!("{then:?}"),
                ));
            }
            _ => self.finishes.insert(block, *then),
        };
        let count = usize::from(outputs) * positions.unwrap_or(0);
        self.work(place, count as u64 * inputs_of_all as u64)?;
        let (low, high) = self.requantised(place, then)?;
        Ok(Tensor { count, low, high, base: base(then), zeros: false })
    }

    fn combine(
        &mut self,
        place: &str,
        terms: &[Term],
        constant: i64,
        then: Option<&(u16, Requantise)>,
    ) -> Result<Tensor, GraphError> {
        within(place, "terms", 1..=MAX_TERMS as u64, terms.len() as u64)?;
        let (mut low, mut high) = (i128::from(constant), i128::from(constant));
        let mut greatest = low.abs();
        let mut count = None;
        for Term { coefficient, a, b } in terms {
            let ends = match b {
                None => {
                    let a = self.tensor(place, *a)?;
                    self.same_length(place, &mut count, a.count)?;
                    vec![i128::from(a.low), i128::from(a.high)]
                }
                Some(b) => {
                    let [x, y] = [self.activation(place, *a)?, self.activation(place, *b)?];
                    self.same_length(place, &mut count, x.count)?;
                    self.same_length(place, &mut count, y.count)?;
                    if a == b {
                        // A square.
                        let least = if x.low <= 0 && x.high >= 0 { 0 } else { x.low.abs().min(x.high.abs()) };
                        vec![i128::from(least).pow(2), i128::from(x.magnitude()).pow(2)]
                    } else {
                        let ends =
                            [x.low, x.high].map(|x| [y.low, y.high].map(|y| i128::from(x) * i128::from(y)));
                        ends.concat()
                    }
                }
            };
            let ends: Vec<i128> = ends.into_iter().map(|end| end * i128::from(*coefficient)).collect();
            low += ends.iter().min().copied().unwrap_or(0);
            high += ends.iter().max().copied().unwrap_or(0);
            greatest += ends.iter().map(|end| end.abs()).max().unwrap_or(0);
        }
        if greatest >= MAX_SUM {
            return Err(error(place, format!("sums below 2^{SUM_BITS}"), format!("sums up to {greatest}")));
        }
        let count = count.unwrap_or(0);
        self.work(place, count as u64 * terms.len() as u64)?;
        let small = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        let Some((divisor, then)) = then else {
            return Ok(Tensor { count, low: small(low), high: small(high), base: Base::Of(0), zeros: false });
        };
        if *divisor < 2 || *divisor % 2 == 1 || u32::from(*divisor) > 1 << self.limb_bits {
            let expected = format!("an even divisor of at most {}", 1_u32 << self.limb_bits);
            return Err(error(place, expected, divisor));
        }
        let bounds = self.requantised(place, then)?;
        let half = i128::from(*divisor) / 2;
        let [least, most] = [low, high].map(|sum| (sum + half).div_euclid(i128::from(*divisor)));
        let room = 1_i128 << (2 * self.limb_bits);
        if least < i128::from(then.range.low) - room || most > i128::from(then.range.high()) + room {
            let expected = format!("quotients within {room} of the range");
            return Err(error(place, expected, format!("quotients from {least} to {most}")));
        }
        // Without a table, what the sum cannot reach is not reached.
        let (low, high) = match then.table {
            Some(_) => bounds,
            None => reached(least, most, bounds),
        };
        Ok(Tensor { count, low, high, base: base(then), zeros: false })
    }

    fn same_length(&self, place: &str, count: &mut Option<usize>, found: usize) -> Result<(), GraphError> {
        match count {
            Some(expected) if *expected != found => {
                Err(error(place, format!("terms of {expected} elements, as the first"), found))
            }
            _ => {
                *count = Some(found);
                Ok(())
            }
        }
    }

    fn index(&self, place: &str, views: &[View]) -> Result<Tensor, GraphError> {
        within(place, "views", 1..=MAX_VIEWS as u64, views.len() as u64)?;
        let mut all: Option<Tensor> = None;
        for view in views {
            let tensor = self.tensor(place, view.of)?;
            within(place, "dimensions of a view", 1..=MAX_DIMS as u64, view.dims.len() as u64)?;
            let before = all.as_ref().map_or(0, |tensor| tensor.count as u64);
            within(place, "elements", 1..=MAX_ELEMENTS as u64, before.saturating_add(view.count()))?;
            within(place, "elements of a view", 1..=MAX_ELEMENTS as u64, view.count())?;
            let reach = |take: fn(i64) -> bool| {
                let strides =
                    view.dims.iter().map(|(count, stride)| (i64::from(*count) - 1) * i64::from(*stride));
                i64::from(view.offset) + strides.filter(|step| take(*step)).sum::<i64>()
            };
            let (first, last) = (reach(|step| step < 0), reach(|step| step > 0));
            if first < 0 || last >= tensor.count as i64 {
                let expected = format!("places below {} of node {}", tensor.count, view.of);
                return Err(error(place, expected, format!("{first} to {last}")));
            }
            let count = usize::try_from(view.count()).unwrap_or(0);
            all = Some(match all {
                None => Tensor { count, ..tensor.clone() },
                Some(before) => Tensor {
                    count: before.count + count,
                    low: before.low.min(tensor.low),
                    high: before.high.max(tensor.high),
                    base: before.base.and(tensor.base),
                    zeros: before.zeros || tensor.zeros,
                },
            });
        }
        all.ok_or_else(|| error(place, "a view", "none"))
    }

    fn forest(&mut self, place: &str, block: u16) -> Result<Tensor, GraphError> {
        let Block::Forest { trees, depth, targets, .. } = *self.block(place, block)? else {
            return Err(error(place, "a forest", format!("block {block}, which is linear")));
        };
        self.work(place, u64::from(trees) * u64::from(depth))?;
        let half = i64::from(trees) << (LEAF_BITS[usize::from(targets > 1)] - 1);
        Ok(Tensor { count: targets.into(), low: -half, high: half, base: Base::Mixed, zeros: false })
    }

    /// `forest`: whether it is of a forest, whose leaves the model is checked for.
    pub fn head(&self, place: &str, head: &Head, forest: bool) -> Result<(), GraphError> {
        let tensor = match head {
            Head::Tags { of } | Head::Values { of } | Head::Commitment { of } => {
                self.activation(place, *of)?
            }
            head => self.tensor(place, head.of())?,
        };
        let count = tensor.count as u64;
        match head {
            Head::Tags { .. } => within(place, "tags", 1..=MAX_TAGS.into(), count),
            Head::Class { .. } => within(place, "classes", 1..=MAX_CLASSES.into(), count)
                .and_then(|()| self.keys(place, tensor)),
            Head::Top { count: top, .. } => {
                within(place, "candidates", 1..=MAX_WIDTH.into(), count)?;
                within(
                    place,
                    "indices, no more than candidates",
                    1..=count.min(MAX_TOP.into()),
                    (*top).into(),
                )?;
                self.keys(place, tensor)
            }
            Head::Score { .. } | Head::Flag { .. } => {
                within(place, "elements of a score", 1..=1, count)?;
                if tensor.low < 0 && !forest {
                    return Err(error(
                        place,
                        "a score that is never negative",
                        format!("one from {}", tensor.low),
                    ));
                }
                self.keys(place, tensor)
            }
            Head::Values { .. } | Head::Commitment { .. } => {
                within(place, "values", 1..=MAX_WIDTH.into(), count)
            }
        }
    }

    /// Whether what is compared has distances of at most four limbs, with its place below it.
    fn keys(&self, place: &str, tensor: &Tensor) -> Result<(), GraphError> {
        let width = i128::from(tensor.high) - i128::from(tensor.low) + 1;
        if width * tensor.count as i128 > 1 << (KEY_LIMBS * self.limb_bits) {
            let expected =
                format!("elements within 2^{} / {} of each other", KEY_LIMBS * self.limb_bits, tensor.count);
            return Err(error(place, expected, format!("{} to {}", tensor.low, tensor.high)));
        }
        Ok(())
    }
}
