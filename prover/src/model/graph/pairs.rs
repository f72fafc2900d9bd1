//! What graph networks spell out in many ways: distances between the rows of a matrix, and powers of degrees.
//!
//! As in `fuse`, spellings are told by what they compute. Distances may come as norms of differences, with a little added to those, or as
//! |a|² + |b|² − 2·a·b. A power of a degree may be guarded against nodes without neighbours by a bound, an epsilon, a Where, or a mask
//! on what is infinite.

use std::collections::HashMap;

use super::fuse::{Part, grouped, piecewise};
use super::kernel::{self, Inputs};
use super::op::{Compare, Nary, Op, Reduce, Unary};
use super::tensor::Tensor;
use super::trace::Trace;

/// What is added to differences lest a root be taken of 0 is less.
const NEAR: f64 = 1e-4;
/// Part of a power by which an epsilon may change it.
const LIKE: f64 = 1e-5;
/// Most neighbours that a power is tried on.
const MOST: usize = 4096;
/// Most rows between which distances are tried.
const MAX_ROWS: usize = 256;

fn spreading(op: &Op) -> bool {
    grouped(op)
        || matches!(
            op,
            Op::MatMul
                | Op::Gemm { .. }
                | Op::Einsum(_)
                | Op::Transpose { .. }
                | Op::Slice { .. }
                | Op::Gather { .. }
                | Op::Split { .. }
                | Op::Concat { .. }
                | Op::Tile
        )
}

impl Trace {
    /// Puts operators in the place of what is found.
    pub(super) fn paired(&mut self, makers: &HashMap<usize, usize>) {
        for index in 0..self.nodes.len() {
            if let Some((maker, op, root)) = self.distance_before(index, makers) {
                (self.nodes[maker].op, self.nodes[maker].inputs) = (op, vec![Some(root)]);
            }
        }
        for index in (0..self.nodes.len()).rev() {
            if let Some((op, root)) = self.power_of_degree(index, makers) {
                (self.nodes[index].op, self.nodes[index].inputs) = (op, vec![Some(root)]);
            }
        }
    }

    /// The distance that a comparison takes, where it is no plain norm of differences.
    fn distance_before(&self, index: usize, makers: &HashMap<usize, usize>) -> Option<(usize, Op, usize)> {
        let node = &self.nodes[index];
        let Op::Compare(Compare::Less | Compare::LessOrEqual | Compare::Greater | Compare::GreaterOrEqual) =
            node.op
        else {
            return None;
        };
        let mut varying = node.inputs.iter().flatten().filter(|place| self.constant(**place).is_none());
        let (Some(place), None) = (varying.next().copied(), varying.next()) else { return None };
        let maker = *makers.get(&place)?;
        let part = Part { trace: self, makers, allowed: spreading, single: false };
        let (values, nodes) = part.behind(place);
        let other = |op: &Op| {
            matches!(
                op,
                Op::MatMul
                    | Op::Gemm { .. }
                    | Op::Einsum(_)
                    | Op::Clip { .. }
                    | Op::Nary(Nary::Add | Nary::Max)
            )
        };
        if !nodes.iter().any(|node| other(&self.nodes[*node].op)) {
            return None;
        }
        let dims = part.dims(place).to_vec();
        let [.., rows, columns] = dims[..] else { return None };
        for root in values.into_iter().skip(1) {
            let own = part.dims(root).to_vec();
            let [.., count, _] = own[..] else { continue };
            let fits = own.len() >= 2 && (count, count) == (rows, columns) && count <= MAX_ROWS;
            let batch = own[..own.len() - 2].iter().product::<usize>();
            if !fits || batch * rows * columns != dims.iter().product::<usize>() {
                continue;
            }
            let drawn =
                |at: usize| (f64::from(u32::try_from(at * 7919 % 997).unwrap_or(0)) / 499.0 - 1.0).powi(3);
            let x = Tensor::real(own.clone(), (0..own.iter().product()).map(drawn).collect()).ok()?;
            let Some(found) = part.of(place, root, &x) else { continue };
            let Ok(found) = found.reals() else { continue };
            for root_taken in [true, false] {
                let op = Op::PairDistances { root: root_taken };
                let wanted = kernel::evaluate(&op, &Inputs(&[Some(&x)]), 1).ok()?;
                let wanted = wanted.first()?.reals().ok()?;
                // On the diagonal a root of what is added is as great as that.
                let near = |(a, b): (&f64, &f64)| (a - b).abs() < NEAR * (1.0 + b.abs());
                if found.len() == wanted.len() && found.iter().zip(wanted.iter()).all(near) {
                    return Some((maker, op, root));
                }
            }
        }
        None
    }

    /// The power of a sum of comparisons that a node gives, guarded against 0.
    fn power_of_degree(&self, index: usize, makers: &HashMap<usize, usize>) -> Option<(Op, usize)> {
        let node = &self.nodes[index];
        let ends = matches!(
            node.op,
            Op::Where
                | Op::Clip { .. }
                | Op::Nary(Nary::Pow | Nary::Max | Nary::Div | Nary::Mul | Nary::Add)
                | Op::Unary(Unary::Sqrt | Unary::Reciprocal)
        );
        let place = node.outputs.first().copied().flatten().filter(|_| ends)?;
        let part = Part { trace: self, makers, allowed: piecewise, single: true };
        let (values, _) = part.behind(place);
        for root in values.into_iter().skip(1).filter(|root| part.dims(*root) == part.dims(place)) {
            let Some(most) = self.neighbours(root, makers) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let counts: Vec<f64> = (0..=most).map(|k| k as f64).collect();
            let Some(found) = part.of(place, root, &Tensor::vector(counts.clone())) else { continue };
            let Ok(found) = found.reals() else { continue };
            if found.len() != counts.len() || !found[0].is_finite() {
                continue;
            }
            for halves in [-1, -2, 2] {
                let is = |(k, y): (&f64, &f64)| {
                    let wanted = k.powf(f64::from(halves) / 2.0);
                    (y - wanted).abs() <= LIKE * wanted
                };
                if counts.iter().zip(found.iter()).skip(1).all(is) {
                    // A degree as it is needs no guard.
                    if halves == 2 && found[0] == 0.0 {
                        return None;
                    }
                    // What an epsilon makes of 0 is multiplied by no edges: it may be anything.
                    let zero = halves < 0 && found[0].abs() < LIKE;
                    return Some((Op::DegreePower { halves, zero }, root));
                }
            }
        }
        None
    }

    /// How many bits a value is the sum of, if it is made of comparisons.
    fn neighbours(&self, place: usize, makers: &HashMap<usize, usize>) -> Option<usize> {
        let maker = &self.nodes[*makers.get(&place)?];
        let Op::Reduce { kind: Reduce::Sum, .. } = maker.op else { return None };
        let input = maker.inputs.first().copied().flatten()?;
        let all = |op: &Op| spreading(op) || piecewise(op) || matches!(op, Op::Cast(_));
        let part = Part { trace: self, makers, allowed: all, single: false };
        let (_, nodes) = part.behind(input);
        let compared = nodes.iter().any(|node| matches!(self.nodes[*node].op, Op::Compare(_)));
        let (from, to) =
            (part.dims(input).iter().product::<usize>(), part.dims(place).iter().product::<usize>());
        let most = from / to.max(1);
        (compared && (1..=MOST).contains(&most)).then_some(most)
    }
}
