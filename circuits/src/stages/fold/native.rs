//! The fold in native integers.

use num_bigint::BigInt;

use super::columns::{Column, Source, columns};
use super::weights::WEIGHTS;
use crate::codebook::{DIM, FOLD_BITS};
use crate::fingerprint::{COMPONENTS, Folded, VECTORS};
use crate::fixed::{floor_div, floor_sqrt, round_div};
use crate::stages::features::{Sum, Sums};

/// E = ⌊2⁶⁴·10⁻⁶⌉: keeps the norm of a component above 0.
pub const NORM_OFFSET: u64 = 18_446_744_073_710;

/// Folds the summed features of a block with at least one record.
pub fn fold(sums: &Sums) -> Folded {
    let columns = columns();
    let moments: [(BigInt, BigInt); DIM] = std::array::from_fn(|j| mean_and_deviation(&columns[j], sums));
    let mean: [BigInt; DIM] = std::array::from_fn(|j| moments[j].0.clone());
    let mut folded = [[0; DIM]; VECTORS];
    folded[0] = std::array::from_fn(|j| narrow(&mean[j]));
    folded[1] = std::array::from_fn(|j| narrow(&moments[j].1));
    for m in 0..COMPONENTS {
        folded[2 + m] = component(m, &mean);
    }
    folded
}

fn mean_and_deviation(column: &Column, sums: &Sums) -> (BigInt, BigInt) {
    let records: u64 = sums.classes.iter().map(|c| c.count).sum();
    let (n, d) = (BigInt::from(records), BigInt::from(column.denominator));
    let mut p = BigInt::from(0);
    let mut q = BigInt::from(0);
    for term in &column.terms {
        let coefficient = BigInt::from(column.denominator / term.denominator);
        let sum = term_sum(term.class, term.source, sums);
        p += &coefficient * sum.first;
        q += &coefficient * &coefficient * sum.second;
    }
    let factor = |class: &usize| BigInt::from(6 * sums.classes[*class].count.saturating_sub(1).max(1));
    let lambda: BigInt = column.positions.iter().map(factor).product();
    let mut lambda_q = q * &lambda;
    for class in &column.positions {
        let count = sums.classes[*class].count;
        if count >= 2 {
            p += &d / 2 * count;
            lambda_q += &d * &d * (count * (2 * count - 1)) * &lambda / factor(class);
        }
    }
    let mean = round_div(&(&p << FOLD_BITS), &(&n * &d));
    let x: BigInt = (&n * lambda_q - &lambda * &p * &p) << (2 * FOLD_BITS);
    let y = lambda * &d * &d * &n * records.saturating_sub(1).max(1);
    (mean, floor_sqrt(&floor_div(&x, &y)))
}

fn term_sum(class: usize, source: Source, sums: &Sums) -> Sum {
    let class = &sums.classes[class];
    let constant = |value: u64| {
        let (value, count) = (i128::from(value), i128::from(class.count));
        Sum { first: count * value, second: count * value * value }
    };
    match source {
        Source::Number(slot) => class.numbers[slot],
        Source::Link(slot) => class.links[slot],
        Source::Time => constant(sums.time),
        Source::Height => constant(sums.height),
    }
}

fn component(m: usize, mean: &[BigInt; DIM]) -> [i64; DIM] {
    let c: [BigInt; DIM] = std::array::from_fn(|j| &mean[j] * WEIGHTS[m][j]);
    let square: BigInt = c.iter().map(|c| c * c).sum();
    let norm = floor_sqrt(&square) + NORM_OFFSET;
    std::array::from_fn(|j| narrow(&round_div(&(&c[j] << FOLD_BITS), &norm)))
}

/// Folded values stay below 2³⁴ because features lie in [−1, 1].
fn narrow(value: &BigInt) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
