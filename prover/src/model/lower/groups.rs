//! Operators over groups of activations, with what they give on the calibration samples.

use foldproof_circuits::graph::{Base, Node, Operand, Requantise, Table, Term};
use foldproof_circuits::model::Range;
use foldproof_circuits::stages::graph::activations;

use super::build::{Builder, Kept, finish, limits};
use crate::input::InputError;

fn small(what: &str, x: usize) -> Result<u16, InputError> {
    u16::try_from(x).map_err(|_| limits(what, "at most 65535 elements".into(), x.to_string()))
}

impl Builder {
    /// Values of each sample, made of those of some tensors.
    fn each<T: IntoIterator<Item = i64>>(&self, of: &[Operand], make: impl Fn(&[&[i64]]) -> T) -> Vec<i64> {
        let sample = |sample: usize| {
            let own = |operand: &Operand| {
                let kept = self.tensor(*operand);
                &kept.values[sample * kept.count..(sample + 1) * kept.count]
            };
            make(&of.iter().map(own).collect::<Vec<_>>())
        };
        (0..self.samples).flat_map(sample).collect()
    }

    /// Rows of one tensor times rows of another.
    pub fn product(
        &mut self,
        [a, b]: [Operand; 2],
        inner: usize,
        multiplier: u16,
        then: Requantise,
    ) -> Result<Operand, InputError> {
        let node = Node::Product { a, b, inner: small("a product", inner)?, multiplier, then };
        let limb = self.limb;
        let values = self.each(&[a, b], |x| {
            let quotients = activations::product(x[0], x[1], inner, multiplier, limb);
            quotients.into_iter().map(move |quotient| finish(quotient, &then, &[])).collect::<Vec<_>>()
        });
        let count = self.tensor(a).count / inner.max(1) * (self.tensor(b).count / inner.max(1));
        self.push(node, Kept { count, values, base: Base::Of(then.range.low.into()), wide: false })
    }

    /// Rows of one tensor times rows of another, and times a scale for each row of the first.
    pub fn aggregate(
        &mut self,
        [a, b]: [Operand; 2],
        inner: usize,
        scale: Operand,
        then: Requantise,
    ) -> Result<Operand, InputError> {
        let node = Node::Aggregate { a, b, inner: small("an aggregate", inner)?, scale, then };
        if let Some(known) = self.known.get(&node) {
            return Ok(*known);
        }
        let limb = self.limb;
        let values = self.each(&[a, b, scale], |x| {
            let quotients = activations::aggregate(x[0], x[1], inner, x[2], limb);
            quotients.into_iter().map(move |quotient| finish(quotient, &then, &[])).collect::<Vec<_>>()
        });
        let count = self.tensor(a).count / inner.max(1) * (self.tensor(b).count / inner.max(1));
        self.push(node, Kept { count, values, base: Base::Of(then.range.low.into()), wide: false })
    }

    /// Whether zeros of constants are among a tensor's elements, or may be: groups have none.
    fn has_zeros(&self, of: Operand) -> bool {
        // Node by node: views of views are many.
        let mut zeros: Vec<bool> = Vec::with_capacity(usize::from(of) + 1);
        for node in &self.nodes[..=usize::from(of)] {
            zeros.push(match node {
                Node::Constant { value, .. } => *value == 0,
                Node::Index { views } => views.iter().any(|view| zeros[usize::from(view.of)]),
                _ => false,
            });
        }
        zeros.last() == Some(&true)
    }

    /// The same elements, each with a cell of its own.
    fn with_cells(&mut self, of: Operand) -> Result<Operand, InputError> {
        if !self.has_zeros(of) {
            return Ok(of);
        }
        self.exact(vec![Term { coefficient: 1, a: of, b: None }], 0, None)
    }

    /// The greatest of each group, if its elements are in limbs of one range.
    pub fn maximum(&mut self, of: Operand, width: usize) -> Result<Option<Operand>, InputError> {
        if self.has_zeros(of) {
            return Ok(None);
        }
        let kept = self.tensor(of);
        let (count, base, (low, high)) = (kept.count / width.max(1), kept.base, self.ends(of));
        if !matches!(base, Base::Of(base) if base <= low && high - base < 1 << self.limb) {
            return Ok(None);
        }
        let node = Node::Maximum { of, width: small("a maximum", width)? };
        let values = self.each(&[of], |x| activations::maximum(x[0], width));
        self.push(node, Kept { count, values, base, wide: false }).map(Some)
    }

    /// Shares of the exponentials of each group.
    pub fn softmax(
        &mut self,
        of: Operand,
        width: usize,
        table: Table,
        power: u8,
    ) -> Result<Operand, InputError> {
        let of = self.with_cells(of)?;
        let node = Node::Softmax { of, width: small("a softmax", width)?, table, power };
        let entries = self.entries(Some(table));
        let values = self.each(&[of], |x| activations::softmax(x[0], width, &entries, power));
        let count = self.tensor(of).count;
        self.push(node, Kept { count, values, base: Base::Of(0), wide: false })
    }

    /// Deviations of each group's elements.
    pub fn norm(
        &mut self,
        of: Operand,
        width: usize,
        epsilon: u64,
        power: u8,
    ) -> Result<Operand, InputError> {
        let of = self.with_cells(of)?;
        let node = Node::Norm { of, width: small("a normalisation", width)?, epsilon, power };
        let range = Range::signed(self.limb);
        let values = self.each(&[of], |x| {
            let quotients = activations::norm(x[0], width, epsilon, power);
            quotients.into_iter().map(move |quotient| i64::from(range.clamp(quotient))).collect::<Vec<_>>()
        });
        let count = self.tensor(of).count;
        self.push(node, Kept { count, values, base: Base::Of(range.low.into()), wide: false })
    }
}
