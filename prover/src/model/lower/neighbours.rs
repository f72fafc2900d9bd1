//! Networks of many nodes: products with normalised neighbours, with the adjacency read once.
//!
//! D^(−1/2)·A·D^(−1/2)·(x·W) is r·(A·(r·x))·W with the roots r of the degrees. Aggregates are r·(A·b) for any b, and all of them read A once, also
//! that which sums its rows; so no entry of the normalised adjacency is ever made. What follows a layer is multiplied by r once more, for the next
//! one: r·ReLU(y + β) is ReLU(r·y + r·β), so that an aggregate takes r² and the layer has r as an input, whose weights are the biases. Then no
//! element is multiplied by itself but those of the input.

use std::collections::BTreeMap;
use std::rc::Rc;

use foldproof_circuits::graph::{Function, Operand, Requantise, Table, Term, View};
use foldproof_circuits::stages::graph::activations;

use super::build::RealTerm;
use super::factors::Product;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Sums, unit_of, views};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::op::{Nary, Op, Unary};

/// Nodes beyond which a network is laid out so: fewer fit the rows that tables need anyway.
pub(super) const MANY: usize = 32;
/// Most nodes between two products with neighbours.
const MAX_STEPS: usize = 8;
/// Most halvings of the roots, for results that are greater than what they are made of.
const MAX_SHIFTS: u32 = 6;

impl Lowering<'_> {
    /// An unsigned integer with a cell, so many times.
    fn repeated_cell(&mut self, value: i64, count: usize) -> Result<Operand, InputError> {
        let of = self.cell(value, 0)?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.b.index(vec![View { of, offset: 0, dims: vec![(count, 0)] }])
    }

    /// An adjacency of bits, ones and zeros as one tensor; nothing where others are among them.
    fn matrix<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Element>,
    ) -> Result<Option<Operand>, InputError> {
        let (zero, one) = (self.b.zeros(1)?, self.cell(1, 0)?);
        let of = |e: &Element| match (e.scale, e.shift) {
            (1.0, 0.0) if self.bits.contains(&e.tensor) => Some((e.tensor, e.place)),
            (0.0, 0.0) => Some((zero, 0)),
            (0.0, 1.0) => Some((one, 0)),
            _ => None,
        };
        let Some(places) = elements.map(of).collect::<Option<Vec<_>>>() else { return Ok(None) };
        self.b.index(views(&places)).map(Some)
    }

    /// Degrees as an aggregate; nothing of small networks, and of what is no square of bits.
    pub(super) fn summed_once(
        &mut self,
        elements: &[Element],
        groups: &[Vec<usize>],
    ) -> Result<Option<Vec<Element>>, InputError> {
        let count = groups.len();
        if count <= MANY || groups.iter().any(|group| group.len() != count) {
            return Ok(None);
        }
        let Some(matrix) = self.matrix(groups.iter().flatten().map(|at| &elements[*at]))? else {
            return Ok(None);
        };
        let unsigned = self.b.unsigned();
        let twos = self.repeated_cell(2, count)?;
        let halves = self.repeated_cell(1 << (self.b.limb - 1), count)?;
        let made = self.b.aggregate([matrix, twos], count, halves, unsigned)?;
        let ends = |group: &Vec<usize>| {
            let own = || group.iter().map(|at| &elements[*at]);
            let ones = own().filter(|e| e.shift != 0.0).count();
            let bits = own().filter(|e| e.scale != 0.0).count();
            (i64::try_from(ones).unwrap_or(0), i64::try_from(ones + bits).unwrap_or(i64::MAX))
        };
        let ends: Vec<(i64, i64)> = groups.iter().map(ends).collect();
        let least = ends.iter().map(|ends| ends.0).min().unwrap_or(0);
        let most = ends.iter().map(|ends| ends.1).max().unwrap_or(0);
        self.counts.insert(made, (least, most));
        Ok(Some(self.all(made, 1.0, 0.0)))
    }

    /// The adjacency of products D^(−1/2)·A·D^(−1/2), and the tensor of its degrees, node by node.
    fn adjacency(&self, products: &[Product], count: usize) -> Option<(Vec<Element>, Operand)> {
        let degree = |at: usize| match &products.get(at * (count + 1))?.factors[..] {
            [first, rest @ ..] => {
                let of = (first.element.tensor, first.element.place);
                rest.iter().all(|f| (f.element.tensor, f.element.place) == of).then_some(of)
            }
            [] => None,
        };
        let degrees: Vec<(Operand, u32)> = (0..count).map(degree).collect::<Option<_>>()?;
        let (of, _) = *degrees.first()?;
        let in_order = degrees.iter().copied().eq((0..u32::try_from(count).ok()?).map(|place| (of, place)));
        if !in_order || self.b.tensor(of).count != count || !self.counts.contains_key(&of) {
            return None;
        }
        let entry = |(index, product): (usize, &Product)| {
            let constant = |shift| Element { tensor: of, place: 0, scale: 0.0, shift };
            if product.scale == 0.0 {
                return Some(constant(0.0));
            }
            let (mut bit, mut powers) = (None, BTreeMap::new());
            for factor in &product.factors {
                if self.bits.contains(&factor.element.tensor) {
                    let same = bit.is_none_or(|bit| bit == factor.element);
                    bit = Some(factor.element).filter(|_| same && factor.halves > 0);
                    bit?;
                } else {
                    *powers.entry((factor.element.tensor, factor.element.place)).or_insert(0) +=
                        factor.halves;
                }
            }
            let mut expected = BTreeMap::new();
            for node in [index / count, index % count] {
                *expected.entry(degrees[node]).or_insert(0) -= 1;
            }
            let fits = product.scale == 1.0 && powers == expected;
            fits.then(|| bit.map_or(constant(1.0), |bit| Element { scale: 1.0, shift: 0.0, ..bit }))
        };
        let entries: Vec<Element> = products.iter().enumerate().map(entry).collect::<Option<_>>()?;
        Some((entries, of))
    }

    /// Roots of degrees in units of 2^(1−λ), so that twice an aggregate's results are in reach.
    fn roots_of(&mut self, degrees: Operand) -> Result<Option<(Operand, f64)>, InputError> {
        let (least, most) = self.counts.get(&degrees).copied().unwrap_or((0, 0));
        let bits = (u64::BITS - most.unsigned_abs().leading_zeros()).max(4);
        if least < 1 || bits > self.b.limb {
            return Ok(None);
        }
        let output = u8::try_from(self.b.limb - 1).unwrap_or(11);
        let table = Table { function: Function::InverseRoot, bits, input: 0, output };
        let then = Requantise { range: table.range(), table: Some(table) };
        let made = self.b.exact(vec![Term { coefficient: 2, a: degrees, b: None }], 0, Some((2, then)))?;
        Ok(Some((made, 2f64.powi(-i32::from(output)))))
    }

    /// Whether what follows, up to the next product with the same neighbours, is one layer with a bias and a ReLU before it.
    fn feeds_neighbours(&self, output: usize, neighbours: usize) -> bool {
        let (mut place, mut step) = (output, 0);
        for _ in 0..MAX_STEPS {
            let mut takers = self.takers(place);
            let (Some(node), None) = (takers.next(), takers.next()) else { return false };
            if self.trace.outputs.contains(&place) {
                return false;
            }
            let only = self.only(node).map(|(index, _)| index);
            let small = |index: usize, most: usize| {
                self.trace.given(node, index).is_some_and(|given| given.len() <= most)
            };
            let width = self.dims(place).last().copied().unwrap_or(0);
            step = match (&node.op, only, step) {
                (Op::Nary(Nary::Add), Some(index), 0) if small(1 - index.min(1), width) => 0,
                (Op::Unary(Unary::Relu), Some(0), 0) => 1,
                (Op::MatMul | Op::Gemm { trans_a: false, .. }, Some(0), 1) if self.has_no_bias(node) => 2,
                (Op::MatMul | Op::Gemm { .. }, None, 2) => {
                    let inputs = [Some(neighbours), Some(place)];
                    return node.inputs.iter().take(2).copied().eq(inputs) && self.is_plain(node);
                }
                _ => return false,
            };
            let Some(next) = node.outputs.first().copied().flatten() else { return false };
            place = next;
        }
        false
    }

    fn has_no_bias(&self, node: &Node) -> bool {
        self.trace.given(node, 2).is_none_or(|c| c.reals().is_ok_and(|c| c.iter().all(|x| *x == 0.0)))
    }

    /// Whether a product of two values is that of matrices as they stand.
    fn is_plain(&self, node: &Node) -> bool {
        match &node.op {
            Op::MatMul => true,
            Op::Gemm { alpha, trans_a: false, trans_b: false, .. } => *alpha == 1.0 && self.has_no_bias(node),
            _ => false,
        }
    }

    /// A product of neighbours and a layer, as a layer over an aggregate; nothing where it is another one.
    pub(super) fn neighboured(
        &mut self,
        node: &Node,
        [a, b]: [usize; 2],
        output: usize,
    ) -> Result<Option<Sums>, InputError> {
        let Some(Body::Sums(sums)) = self.values.get(&b).map(|value| value.body.clone()) else {
            return Ok(None);
        };
        let made = self.aggregated(node, a, &sums, output)?;
        if made.is_none() && sums.scaled {
            return self.refuse(node, "a product with other neighbours than those its layer was made for");
        }
        Ok(made)
    }

    fn aggregated(
        &mut self,
        node: &Node,
        a: usize,
        sums: &Rc<Sums>,
        output: usize,
    ) -> Result<Option<Sums>, InputError> {
        let Some(Body::Factors(factors)) = self.values.get(&a).map(|value| value.body.clone()) else {
            return Ok(None);
        };
        let (dims, count, outputs) = (self.dims(a), sums.positions, sums.bias.len());
        let [(x, inputs)] = &sums.operands[..] else { return Ok(None) };
        let inputs = *inputs;
        let plain = self.is_plain(node)
            && count > MANY
            && dims == [count, count]
            && self.dims(output) == [count, outputs]
            && inputs <= outputs
            && sums.order.is_none()
            && sums.offsets.is_empty()
            && sums.bias.iter().all(|bias| *bias == 0.0);
        if !plain {
            return Ok(None);
        }
        let Some((entries, degrees)) = self.adjacency(&factors.products, count) else { return Ok(None) };
        let Some((roots, of_root)) = self.roots_of(degrees)? else { return Ok(None) };
        let Some(matrix) = self.matrix(entries.iter())? else { return Ok(None) };
        let columns: Vec<Vec<Element>> =
            (0..inputs).map(|i| x.iter().skip(i).step_by(inputs).copied().collect()).collect();
        let (mut rows, mut units) = (Vec::new(), Vec::new());
        for column in &columns {
            let first = column[0];
            let alike = column.iter().all(|e| (e.scale, e.shift) == (first.scale, first.shift));
            if !alike {
                return Ok(None);
            }
            if sums.scaled {
                rows.extend_from_slice(column);
                units.push(first.scale);
                continue;
            }
            let (made, unit) = self.multiplied_by_roots(column, (roots, of_root))?;
            rows.extend(self.all(made, unit, 0.0));
            units.push(unit);
        }
        let b = self.node_of(&rows)?;
        let hidden = self.feeds_neighbours(output, a);
        let then = if self.b.ends(b).0 < 0 { self.b.signed() } else { self.b.unsigned() };
        let (scale, of_scale) = if hidden {
            let unit = 2f64.powi(-(self.b.limb as i32));
            let square = RealTerm { coefficient: of_root * of_root, a: roots, b: Some(roots) };
            (self.b.combine(&[square], 0.0, unit, self.b.unsigned())?, 1.0)
        } else {
            self.halved(roots, [matrix, b], count, then)?
        };
        let made = self.b.aggregate([matrix, b], count, scale, then)?;
        let of = |(index, e): (usize, Element)| e.then(units[index % inputs] * of_scale, 0.0);
        let made = self.all(made, 1.0, 0.0).into_iter().enumerate().map(of).collect();
        let (mut operands, mut weights) = (vec![(made, inputs)], sums.weights.clone());
        if hidden {
            operands.push((self.all(roots, of_root, 0.0), 1));
            weights.push(vec![vec![0.0]; outputs]);
        }
        let roots = hidden.then_some(roots);
        let path = node.path.clone();
        Ok(Some(Sums { operands, weights, place: output, path, scaled: false, roots, ..(**sums).clone() }))
    }

    /// A channel of the input times the roots of its nodes, in a unit of its own.
    fn multiplied_by_roots(
        &mut self,
        column: &[Element],
        (roots, of_root): (Operand, f64),
    ) -> Result<(Operand, f64), InputError> {
        let a = self.node_of(column)?;
        let Element { scale, shift, .. } = column[0];
        let values = self.b.tensor(a).values.iter().zip(&self.b.tensor(roots).values);
        #[expect(clippy::cast_precision_loss, reason = "λ bits")]
        let real = |(x, root): (&i64, &i64)| ((*x as f64 * scale + shift) * *root as f64 * of_root).abs();
        let unit = unit_of(values.map(real).fold(0.0, f64::max) * HEADROOM, self.b.limb - 1);
        // A product is divided by 2^λ at most, which leaves it few multipliers: one that is whole.
        let power = 2f64.powi(self.b.limb as i32);
        let greatest = scale.abs() * of_root * power;
        let unit = if greatest > 0.0 { greatest / (greatest / unit).floor().max(1.0) } else { unit };
        let mut terms = vec![RealTerm { coefficient: scale * of_root, a, b: Some(roots) }];
        if shift != 0.0 {
            terms.push(RealTerm { coefficient: shift * of_root, a: roots, b: None });
        }
        Ok((self.b.combine(&terms, 0.0, unit, self.b.signed())?, unit))
    }

    /// The roots as scales of the last aggregate, halved until its results fit, and what the results are to be multiplied by.
    fn halved(
        &mut self,
        roots: Operand,
        [a, b]: [Operand; 2],
        inner: usize,
        then: Requantise,
    ) -> Result<(Operand, f64), InputError> {
        let of = |operand: Operand, sample: usize| {
            let kept = self.b.tensor(operand);
            &kept.values[sample * kept.count..(sample + 1) * kept.count]
        };
        let most = (0..self.samples.len())
            .flat_map(|s| activations::aggregate(of(a, s), of(b, s), inner, of(roots, s), self.b.limb));
        #[expect(clippy::cast_precision_loss, reason = "few bits")]
        let most = most.map(|y| y.abs() as f64).fold(0.0, f64::max) * HEADROOM;
        let room = f64::from(then.range.high());
        let shifts =
            (0..MAX_SHIFTS).find(|shifts| most <= room * f64::from(1_u32 << shifts)).unwrap_or(MAX_SHIFTS);
        // Roots are in units of 2^(1−λ), and sums are divided by 2^λ.
        let times = 2.0 * f64::from(1_u32 << shifts);
        if shifts == 0 {
            return Ok((roots, times));
        }
        let term = Term { coefficient: 1, a: roots, b: None };
        let made = self.b.exact(vec![term], 0, Some((1 << shifts, self.b.unsigned())))?;
        Ok((made, times))
    }

    /// Rounds a layer before the next product with neighbours, with its ReLU: activations times the roots of their nodes.
    pub(super) fn hidden(&mut self, node: &Node, sums: &Sums) -> Result<(), InputError> {
        let Some(roots) = sums.roots.filter(|_| sums.offsets.is_empty()) else {
            return self.refuse(node, "a bias that differs between nodes");
        };
        let outputs = sums.bias.len().max(1);
        let of_root = 2f64.powi(1 - self.b.limb as i32);
        let mut greatest = 0.0_f64;
        for sample in 0..self.samples.len() {
            let kept = self.b.tensor(roots);
            let own = &kept.values[sample * kept.count..(sample + 1) * kept.count];
            let floats = self.floats(sample, sums.place);
            for (x, root) in floats.chunks(outputs).zip(own) {
                #[expect(clippy::cast_precision_loss, reason = "λ bits")]
                let root = *root as f64 * of_root;
                greatest = x.iter().map(|x| x * root).fold(greatest, f64::max);
            }
        }
        let mut sums = sums.clone();
        if let Some(weights) = sums.weights.last_mut() {
            *weights = sums.bias.iter().map(|bias| vec![*bias]).collect();
        }
        sums.bias.fill(0.0);
        // The float graph has no such numbers.
        sums.place = usize::MAX;
        let unit = unit_of(greatest * HEADROOM, self.b.limb);
        let made = self.finish(&sums, unit, &[0.0], self.b.unsigned())?;
        self.scaled.extend(node.outputs.first().copied().flatten());
        self.set(node, Body::Known(made));
        Ok(())
    }
}
