//! What stands for a float tensor: integers with their scales, sums not rounded yet, or the input before its quantisers.

use std::rc::Rc;

use foldproof_circuits::graph::{MAX_DIMS, Operand, View};

use crate::model::graph::tensor::strides;

/// One number: `scale` times an integer, and `shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Element {
    pub tensor: Operand,
    pub place: u32,
    pub scale: f64,
    pub shift: f64,
}

impl Element {
    /// Times `scale`, plus `shift`.
    pub fn then(self, scale: f64, shift: f64) -> Self {
        Self { scale: self.scale * scale, shift: self.shift * scale + shift, ..self }
    }
}

/// The input before its quantisers: `scale`·x + `shift` of each of these places, clamped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raw {
    pub places: Vec<usize>,
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
    pub low: f64,
    pub high: f64,
}

impl Raw {
    pub fn is_clipped(&self) -> bool {
        self.low.is_finite() || self.high.is_finite()
    }
}

/// Sums of a linear layer, to be rounded to what follows.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// Of each operand the elements, position by position, and how many a position has.
    pub operands: Vec<(Vec<Element>, usize)>,
    /// Of each operand a row for each output, for real inputs.
    pub weights: Vec<Vec<Vec<f64>>>,
    pub bias: Vec<f64>,
    /// Added to the bias, position by position; nothing where all are alike.
    pub offsets: Vec<f64>,
    pub positions: usize,
    /// The place of the same numbers in the float graph.
    pub place: usize,
    /// Where each of them stands there, if not in this order.
    pub order: Option<Vec<usize>>,
    pub path: String,
    /// Whether the operands have been multiplied by the roots of their nodes' degrees, which a product with neighbours takes them for.
    pub scaled: bool,
    /// What each position's activations are to be multiplied by: its root, the last operand.
    pub roots: Option<Operand>,
}

impl Sums {
    /// Where a sum stands in the float graph.
    pub fn at(&self, index: usize) -> usize {
        self.order.as_ref().map_or(index, |order| order[index])
    }
}

/// A value with one number around.
#[derive(Clone, Debug)]
pub(super) struct Padded {
    /// The value inside.
    pub place: usize,
    /// Before and after each axis.
    pub around: Vec<(usize, usize)>,
    pub value: f64,
}

impl Padded {
    /// Of each element where it is inside, `dims` being those of the inside.
    pub fn places(&self, dims: &[usize]) -> Vec<Option<usize>> {
        let outer: Vec<usize> = dims.iter().zip(&self.around).map(|(n, (a, b))| n + a + b).collect();
        let (rows, own) = (strides(&outer), strides(dims));
        let inside = |place: usize| {
            (0..dims.len()).try_fold(0, |at, axis| {
                let index = (place / rows[axis] % outer[axis]).checked_sub(self.around[axis].0)?;
                (index < dims[axis]).then_some(at + index * own[axis])
            })
        };
        (0..outer.iter().product()).map(inside).collect()
    }
}

/// Products of two values, to be rounded to what follows.
#[derive(Clone, Debug)]
pub(super) struct Scores {
    /// Of each group the rows of both factors.
    pub groups: Vec<[Vec<Element>; 2]>,
    /// Elements of a row.
    pub inner: usize,
    /// What all products are multiplied by.
    pub scale: f64,
    /// Added to each; what is −∞, or as good as that, is left out of a softmax. Nothing where there is nothing to add.
    pub mask: Vec<f64>,
    /// The place of the same numbers in the float graph.
    pub place: usize,
    /// Where each of them stands there, if not in this order.
    pub order: Option<Vec<usize>>,
    pub path: String,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Raw(Raw),
    /// Not yet elements: a convolution has its own way with what stands around.
    Padded(Rc<Padded>),
    Known(Vec<Element>),
    Sums(Rc<Sums>),
    Scores(Rc<Scores>),
    /// Differences on their way to a comparison.
    Distances(Rc<super::distances::Distances>),
    /// Products of bits and powers of degrees, to be rounded once.
    Factors(Rc<super::factors::Factors>),
    /// Sums of a forest and what its classes are: heads alone know what to do with them.
    Forest(Rc<super::forest::Sums>),
}

/// A value of the float graph.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub dims: Vec<usize>,
    pub body: Body,
}

/// The unit of values up to `greatest` in so many bits.
pub(super) fn unit_of(greatest: f64, bits: u32) -> f64 {
    let greatest = if greatest > 0.0 && greatest.is_finite() { greatest } else { 1.0 };
    greatest / 2f64.powi(bits as i32)
}

/// Scale and shift that all elements have, if they do.
pub(super) fn uniform(elements: &[Element]) -> Option<(f64, f64)> {
    let greatest = elements.iter().map(|e| e.scale.abs()).fold(0.0, f64::max);
    let first = elements.iter().find(|e| e.scale.abs() == greatest)?;
    // Multipliers of quantisers are rounded, which is no difference of units.
    let near = |e: &Element| {
        (e.scale - first.scale).abs() <= 1e-4 * greatest && (e.shift - first.shift).abs() <= 1e-2 * greatest
    };
    elements.iter().all(near).then_some((first.scale, first.shift))
}

/// Views that give these elements in order: strided runs, and runs of like runs.
pub(super) fn views(elements: &[(Operand, u32)]) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    let mut start = 0;
    while let Some((of, offset)) = elements.get(start).copied() {
        let step = |a: usize| -> Option<i64> {
            let (first, second) = (elements.get(a)?, elements.get(a + 1)?);
            (first.0 == of && second.0 == of).then(|| i64::from(second.1) - i64::from(first.1))
        };
        let stride = step(start).unwrap_or(1);
        let mut count = 1;
        while step(start + count - 1) == Some(stride) {
            count += 1;
        }
        // A pair is no run of its own if the second begins a longer one.
        if count == 2 && stride != 1 && step(start + 1).is_some() {
            count = 1;
        }
        let stride = if count == 1 { 1 } else { i32::try_from(stride).unwrap_or(1) };
        views.push(View { of, offset, dims: vec![(u32::try_from(count).unwrap_or(1), stride)] });
        start += count;
    }
    for _ in 1..MAX_DIMS {
        let before = views.len();
        views = nested(&views);
        if views.len() == before {
            break;
        }
    }
    views
}

/// Like views at even distances made one, with a dimension more.
fn nested(views: &[View]) -> Vec<View> {
    let mut out: Vec<View> = Vec::new();
    let mut start = 0;
    while let Some(first) = views.get(start) {
        let step = |a: usize| -> Option<i64> {
            let (x, y) = (views.get(a)?, views.get(a + 1)?);
            let like = x.of == y.of && x.dims == y.dims && x.dims == first.dims;
            like.then(|| i64::from(y.offset) - i64::from(x.offset))
        };
        let mut count = 1;
        if first.dims.len() < MAX_DIMS
            && let Some(stride) = step(start)
        {
            while step(start + count - 1) == Some(stride) {
                count += 1;
            }
            if let (Ok(stride), true) = (i32::try_from(stride), count > 1) {
                let outer = (u32::try_from(count).unwrap_or(1), stride);
                let dims = std::iter::once(outer).chain(first.dims.iter().copied()).collect();
                out.push(View { dims, ..first.clone() });
                start += count;
                continue;
            }
        }
        out.push(first.clone());
        start += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_give_the_elements_back() {
        let transposed: Vec<(u16, u32)> =
            (0..96).flat_map(|j| (0..10).map(move |i| (0, i * 96 + j))).collect();
        let gates: Vec<(u16, u32)> = (0..10).flat_map(|t| (0..7).map(move |i| (t * 3, i))).collect();
        let odd = vec![(1, 5), (1, 4), (1, 9), (2, 0), (2, 2), (2, 3), (2, 4), (1, 1)];
        let single = vec![(1, 5)];
        for (elements, most) in [(transposed, 1), (gates, 10), (odd, 8), (single, 1)] {
            let found = views(&elements);
            let back: Vec<(u16, u32)> =
                found.iter().flat_map(|v| v.places().map(|place| (v.of, place as u32))).collect();
            assert_eq!(back, elements);
            assert!(found.len() <= most, "{found:?}");
        }
    }
}
