//! Edges of many nodes: bits of all pairs by products of halves of the nodes with each other, two to a row.
//!
//! A pair takes two rows by itself, and one half as a sum of a product, which reads each node once for all nodes of the other half.
//! [Σ(x − y)² ≤ t] is [2·Σx·y + e(x) + e(y) + K ≥ 2^(λ−1)], the bit that a product by 1/2^λ is clamped to, with e(x) = c − Σx² and
//! K = t + 2^(λ−1) − 2c. Factors have λ bits: e is R·h + l with R = 2·(2^(λ−1) − 1), exactly, whatever the input is, which wants
//! three dimensions at most; R, 1 and what K takes are constants with cells of their own.

use std::collections::{BTreeSet, HashMap};

use foldproof_circuits::graph::size::{End, product_rows, sum_rows};
use foldproof_circuits::graph::{Base, Operand, Requantise, Term};
use foldproof_circuits::model::Range;

use super::distances::Side;
use super::lowering::Lowering;
use super::neighbours::MANY;
use super::value::{Element, views};
use crate::input::InputError;

/// Columns of h: what R is of, in units of the greatest constant.
const HIGHS: usize = 2;

/// The products that pairs of the nodes from `start` to `end` are taken by, each of the nodes from its first number to its second with
/// those from there to its third, and the rows of all pairs: `inner` elements a node in products, `alone` rows for a pair by itself.
fn products(start: usize, end: usize, inner: usize, alone: usize) -> (Vec<[usize; 3]>, usize) {
    let count = end - start;
    let each = count * (count - 1) / 2 * alone;
    if count < 4 {
        return (Vec::new(), each);
    }
    let middle = start + count / 2;
    let halves = [products(start, middle, inner, alone), products(middle, end, inner, alone)];
    let rows = product_rows(middle - start, end - middle, inner) + halves[0].1 + halves[1].1;
    if rows >= each {
        return (Vec::new(), each);
    }
    let mut all = vec![[start, middle, end]];
    all.extend(halves.into_iter().flat_map(|(products, _)| products));
    (all, rows)
}

impl Lowering<'_> {
    /// Of pairs of these sides whether their distance is at most `most`, as far as products say it in fewer rows.
    pub(super) fn bits_by_products<'k>(
        &mut self,
        unique: &BTreeSet<&'k [Side; 2]>,
        most: i64,
        bits: &mut HashMap<&'k [Side; 2], Element>,
    ) -> Result<(), InputError> {
        let sides: BTreeSet<&Side> = unique.iter().flat_map(|key| key.iter()).collect();
        let sides: Vec<&Side> = sides.into_iter().collect();
        let count = sides.len();
        let keys: HashMap<[&Side; 2], &'k [Side; 2]> =
            unique.iter().map(|key| ([&key[0], &key[1]], *key)).collect();
        let all = |a: usize| (a + 1..count).all(|b| keys.contains_key(&[sides[a], sides[b]]));
        if count <= MANY || keys.len() != count * (count - 1) / 2 || !(0..count).all(all) {
            return Ok(());
        }
        let width = sides[0].len();
        let half = 1_i64 << (self.b.limb - 1);
        let signed =
            |of: &(Operand, u32)| self.b.tensor(of.0).base == Base::Of(-half) && self.b.ends(of.0).0 >= -half;
        if !sides.iter().all(|side| side.iter().all(signed)) {
            return Ok(());
        }
        let Some((constants, middle)) = centre(half, width, most) else { return Ok(()) };
        let greatest = half - 1;
        let mut columns = Vec::new();
        for dimension in 0..width {
            let of: Vec<_> = sides.iter().map(|side| side[dimension]).collect();
            columns.push(self.b.index(views(&of))?);
        }
        let squares = columns.iter().map(|a| Term { coefficient: 1, a: *a, b: Some(*a) }).collect();
        let norms = self.b.exact(squares, 0, None)?;
        let then = self.b.signed();
        let radix = i32::try_from(2 * greatest).unwrap_or(i32::MAX);
        let divisor = u16::try_from(radix).unwrap_or(u16::MAX);
        let norm = |coefficient| Term { coefficient, a: norms, b: None };
        let high = self.b.exact(vec![norm(-1)], middle, Some((divisor, then)))?;
        let rest = vec![norm(-2), Term { coefficient: -2 * radix, a: high, b: None }];
        let low = self.b.exact(rest, 2 * middle, Some((2, then)))?;
        let mut cell = |value: i64| Ok::<_, InputError>((self.cell(value, then.range.low)?, 0));
        let [one, most_cell, least_cell] = [cell(1)?, cell(greatest)?, cell(-greatest)?];
        let others = constants.iter().map(|constant| cell(*constant)).collect::<Result<Vec<_>, _>>()?;
        let own = |at: usize| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let highs = std::iter::repeat_n((high, at), HIGHS);
            highs.chain([(low, at)]).collect::<Vec<_>>()
        };
        let units: Vec<_> = std::iter::repeat_n(most_cell, HIGHS).chain([one]).collect();
        let line = |at: usize, first: bool| -> Vec<(Operand, u32)> {
            // Twice Σx·y.
            let mut line = [&sides[at][..], sides[at]].concat();
            let parts = if first { [own(at), units.clone()] } else { [units.clone(), own(at)] };
            line.extend(parts.concat());
            if first {
                line.extend(vec![least_cell; others.len()]);
            } else {
                line.extend(&others);
            }
            line
        };
        let inner = 2 * width + 2 * (HIGHS + 1) + others.len();
        let bit = Requantise { range: Range { low: 0, bits: 1 }, table: None };
        for [start, middle, end] in products(0, count, inner, sum_rows(width, 2, End::Plain)).0 {
            let lines = |from: usize, to: usize, first: bool| {
                (from..to).flat_map(|at| line(at, first)).collect::<Vec<_>>()
            };
            let a = self.b.index(views(&lines(start, middle, true)))?;
            let b = self.b.index(views(&lines(middle, end, false)))?;
            let made = self.b.product([a, b], inner, 1, bit)?;
            self.bits.insert(made);
            let pairs = (start..middle).flat_map(|a| (middle..end).map(move |b| [a, b]));
            for ([a, b], place) in pairs.zip(0..) {
                bits.insert(
                    keys[&[sides[a], sides[b]]],
                    Element { tensor: made, place, scale: 1.0, shift: 0.0 },
                );
            }
        }
        Ok(())
    }
}

/// Constants whose products with −(half − 1) are what is to be added to twice the middle for all to be t + half, and the middle c; nothing
/// where c − Σx² has more than two limbs.
fn centre(half: i64, width: usize, most: i64) -> Option<(Vec<i64>, i64)> {
    let greatest = half - 1;
    let norm = half.checked_mul(half)?.checked_mul(i64::try_from(width).ok()?)?;
    (0..8).find_map(|count: usize| {
        let mut constants = vec![greatest; count];
        let sum = |constants: &[i64]| most + half + greatest * constants.iter().sum::<i64>();
        // The greatest constant is odd.
        if sum(&constants) % 2 != 0 {
            *constants.last_mut()? -= 1;
        }
        let middle = sum(&constants) / 2;
        // h and l within ±greatest.
        let room = 2 * greatest * greatest;
        (middle <= room && norm - middle <= room).then_some((constants, middle))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pair_is_taken_twice() {
        for count in [5, 33, 64, 100] {
            let (products, rows) = products(0, count, 14, 2);
            let (mut seen, mut taken) = (vec![0; count * count], 0);
            for [start, middle, end] in products {
                taken += product_rows(middle - start, end - middle, 14);
                let pairs = (start..middle).flat_map(|a| (middle..end).map(move |b| (a, b)));
                pairs.for_each(|(a, b)| seen[a * count + b] += 1);
            }
            assert!((0..count * count).all(|at| seen[at] <= usize::from(at / count < at % count)));
            let rest = count * (count - 1) / 2 - seen.iter().sum::<usize>();
            assert_eq!(rows, taken + 2 * rest);
            assert!(count < 33 || rows < count * (count - 1) * 2 / 3, "{count}: {rows}");
        }
    }

    #[test]
    fn sums_come_out_even() {
        for (half, width, most) in [(2048, 3, 1_780_001), (2048, 3, 1_780_002), (2048, 2, 7), (8192, 1, 99)] {
            let (constants, middle) = centre(half, width, most).unwrap_or_default();
            let taken: i64 = constants.iter().map(|constant| constant * (half - 1)).sum();
            assert_eq!(2 * middle - taken, most + half);
        }
        assert_eq!(centre(2048, 8, 1000), None);
    }
}
