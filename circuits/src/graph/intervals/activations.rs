//! What operators over groups of activations must satisfy: products, maxima, softmax, norms.
//!
//! All of them compare or add elements of a group, so that these must lie within one limb of each other, over one base.

use super::{Checker, MAX_SUM, base, error, reached};
use crate::graph::error::{GraphError, within};
use crate::graph::limits::{MAX_WIDTH, SUM_BITS};
use crate::graph::model::room;
use crate::graph::node::{Base, Node, Operand, Requantise, Tensor};
use crate::graph::table::{Function, Table};
use crate::model::Range;

/// Fewest elements of a norm: one has no deviation.
const MIN_NORM: u64 = 2;

impl Checker<'_> {
    /// An activation whose elements lie within one limb of each other, over one base, and how many groups of `width` there are.
    fn groups(&self, place: &str, of: Operand, width: u16) -> Result<(&Tensor, usize), GraphError> {
        within(place, "elements of a group", 1..=MAX_WIDTH.into(), width.into())?;
        let tensor = self.activation(place, of)?;
        let width = usize::from(width);
        if tensor.count % width != 0 {
            return Err(error(place, format!("groups of {width}"), format!("{} elements", tensor.count)));
        }
        if tensor.high - tensor.low >= 1 << self.limb_bits {
            let expected = format!("elements within 2^{} of each other", self.limb_bits);
            return Err(error(place, expected, format!("node {of}, {} to {}", tensor.low, tensor.high)));
        }
        if tensor.zeros || !matches!(tensor.base, Base::Of(_)) {
            let expected =
                "elements with one low end and no constants: combine those of others by themselves first";
            return Err(error(place, expected, format!("node {of}")));
        }
        Ok((tensor, tensor.count / width))
    }

    /// Rows of `inner` elements of one base.
    fn factor(&self, place: &str, of: Operand, inner: u16) -> Result<(&Tensor, usize), GraphError> {
        within(place, "elements of a row", 1..=MAX_WIDTH.into(), inner.into())?;
        let tensor = self.activation(place, of)?;
        let inner = usize::from(inner);
        if tensor.count % inner != 0 || tensor.base == Base::Mixed {
            let expected = format!("rows of {inner} elements with one low end, and no constants but 0");
            return Err(error(place, expected, format!("node {of} of {} elements", tensor.count)));
        }
        Ok((tensor, tensor.count / inner))
    }

    pub(super) fn product(&mut self, place: &str, node: &Node) -> Result<Tensor, GraphError> {
        let Node::Product { a, b, inner, multiplier, then } = node else {
            return Err(error(place, "a product", "another node"));
        };
        within(place, "as the multiplier", 1..=(1 << self.limb_bits) - 1, (*multiplier).into())?;
        let (_, outputs) = self.factor(place, *b, *inner)?;
        within(place, "rows of the second factor", 1..=MAX_WIDTH.into(), outputs as u64)?;
        self.sums(place, [*a, *b], *inner, [*multiplier; 2].map(i128::from), then)
    }

    pub(super) fn aggregate(&mut self, place: &str, node: &Node) -> Result<Tensor, GraphError> {
        let Node::Aggregate { a, b, inner, scale, then } = node else {
            return Err(error(place, "an aggregate", "another node"));
        };
        let (_, rows) = self.factor(place, *a, *inner)?;
        let (_, channels) = self.factor(place, *b, *inner)?;
        within(place, "rows of a factor", 1..=MAX_WIDTH.into(), rows.max(channels) as u64)?;
        let scales = self.activation(place, *scale)?;
        if scales.count != rows || scales.low < 0 || scales.zeros || scales.base != Base::Of(0) {
            let expected =
                format!("{rows} multipliers that are not negative and stand in their cells as they are");
            let found =
                format!("node {scale} of {} elements, {} to {}", scales.count, scales.low, scales.high);
            return Err(error(place, expected, found));
        }
        let ends = [scales.low, scales.high].map(i128::from);
        self.sums(place, [*a, *b], *inner, ends, then)
    }

    /// Sums of products of rows, times what lies between two multipliers.
    fn sums(
        &mut self,
        place: &str,
        [a, b]: [Operand; 2],
        inner: u16,
        multipliers: [i128; 2],
        then: &Requantise,
    ) -> Result<Tensor, GraphError> {
        let (x, positions) = self.factor(place, a, inner)?;
        let (y, outputs) = self.factor(place, b, inner)?;
        let ends = [x.low, x.high].map(|x| [y.low, y.high].map(|y| i128::from(x) * i128::from(y)));
        let sums = || ends.iter().flatten().map(|end| end * i128::from(inner));
        let (low, high) = (sums().min().unwrap_or(0), sums().max().unwrap_or(0));
        let greatest = low.abs().max(high.abs());
        if greatest >= MAX_SUM {
            return Err(error(place, format!("sums below 2^{SUM_BITS}"), format!("sums up to {greatest}")));
        }
        let count = positions * outputs;
        self.work(place, count as u64 * u64::from(inner))?;
        let bounds = self.requantised(place, then)?;
        let quotients = [low, high].map(|sum| {
            multipliers.map(|multiplier| (sum * multiplier + (1 << (self.limb_bits - 1))) >> self.limb_bits)
        });
        let all = || quotients.iter().flatten().copied();
        let (least, most) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        if least.abs().max(most.abs()) > room(then.range, self.limb_bits) {
            let expected = format!("quotients within 2^{} of the range", 2 * self.limb_bits);
            return Err(error(place, expected, format!("quotients from {least} to {most}")));
        }
        let (low, high) = match then.table {
            Some(_) => bounds,
            None => reached(least, most, bounds),
        };
        Ok(Tensor { count, low, high, base: base(then), zeros: false })
    }

    pub(super) fn maximum(&mut self, place: &str, of: Operand, width: u16) -> Result<Tensor, GraphError> {
        let (tensor, groups) = self.groups(place, of, width)?;
        let tensor = Tensor { count: groups, ..tensor.clone() };
        // The greatest stands in a limb of its own, as its group does.
        if let Base::Of(base) = tensor.base
            && (tensor.low < base || tensor.high - base >= 1 << self.limb_bits)
        {
            let expected = format!("elements from {base} on, and less than 2^{} above it", self.limb_bits);
            return Err(error(place, expected, format!("node {of}, {} to {}", tensor.low, tensor.high)));
        }
        self.work(place, groups as u64 * u64::from(width))?;
        Ok(tensor)
    }

    pub(super) fn softmax(
        &mut self,
        place: &str,
        of: Operand,
        width: u16,
        table: Table,
        power: u8,
    ) -> Result<Tensor, GraphError> {
        let (tensor, _) = self.groups(place, of, width)?;
        let count = tensor.count;
        if table.function != Function::Decay {
            return Err(error(place, "a table of decays", table.function.name()));
        }
        // Before its range is asked for, which no number of bits but these has.
        if !table.exists() {
            return Err(error(
                place,
                format!("a table of 4 to {} bits", self.limb_bits),
                format!("{table:?}"),
            ));
        }
        self.requantised(place, &Requantise { range: table.range(), table: Some(table) })?;
        within(place, "fraction bits", 1..=u64::from(self.limb_bits) - 1, power.into())?;
        // Twice the sum of a group is what remainders of two limbs are held to.
        let twice = u64::from(width) << (table.output + 1);
        within(place, "as twice the sum of a group", 2..=(1 << (2 * self.limb_bits)) - 1, twice)?;
        self.work(place, count as u64)?;
        Ok(Tensor { count, low: 0, high: 1 << power, base: Base::Of(0), zeros: false })
    }

    pub(super) fn norm(
        &mut self,
        place: &str,
        of: Operand,
        width: u16,
        epsilon: u64,
        power: u8,
    ) -> Result<Tensor, GraphError> {
        let (tensor, _) = self.groups(place, of, width)?;
        let (count, span) = (tensor.count, i128::from(tensor.high - tensor.low));
        within(place, "elements of a norm", MIN_NORM..=MAX_WIDTH.into(), width.into())?;
        within(place, "fraction bits", 1..=self.limb_bits.into(), power.into())?;
        within(place, "as what is added to the radicand", 1..=u64::MAX, epsilon)?;
        // n·Σx² − (Σx)² ≤ n²·span²/4. The root is below 2^(2λ − 1), so that twice it, and what is less, are two limbs.
        let most = (i128::from(width) * span).pow(2) / 4 + i128::from(epsilon);
        if most >= 1 << (4 * self.limb_bits - 2) {
            let expected = format!("radicands below 2^{}", 4 * self.limb_bits - 2);
            return Err(error(place, expected, format!("radicands up to {most}")));
        }
        self.work(place, 2 * count as u64)?;
        // Of x with n·Σx² − (Σx)² = v, |n·x − Σx| ≤ √(n·v), and the root is at least half of √(v + epsilon): so quotients are at most
        // 2^(power + 1)·√n ≤ 2^21, and their excess is two limbs.
        let range = Range::signed(self.limb_bits);
        Ok(Tensor {
            count,
            low: range.low.into(),
            high: range.high().into(),
            base: Base::Of(range.low.into()),
            zeros: false,
        })
    }
}
