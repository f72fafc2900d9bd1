//! Operators over groups of activations.

use num_bigint::BigInt;

use crate::fixed::{floor_sqrt, round_shift};

/// ⌊Σ_i a·b·multiplier / 2^λ⌉ of every row of `inner` elements of the first with every row of the second.
pub fn product(a: &[i64], b: &[i64], inner: usize, multiplier: u16, limb_bits: u32) -> Vec<i128> {
    let row = |a: &[i64], b: &[i64]| {
        // Below 2⁶⁰, as the graph has been checked for.
        let sum: i64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        round_shift(i128::from(sum) * i128::from(multiplier), limb_bits)
    };
    a.chunks(inner).flat_map(|a| b.chunks(inner).map(move |b| row(a, b))).collect()
}

/// ⌊Σ_i a·b·scale / 2^λ⌉ of every row of `inner` elements of the first, which has a scale, with every row of the second.
pub fn aggregate(a: &[i64], b: &[i64], inner: usize, scale: &[i64], limb_bits: u32) -> Vec<i128> {
    let row = |a: &[i64], b: &[i64], scale: i64| {
        // As of products.
        let sum: i64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        round_shift(i128::from(sum) * i128::from(scale), limb_bits)
    };
    let rows = a.chunks(inner).zip(scale);
    rows.flat_map(|(a, scale)| b.chunks(inner).map(move |b| row(a, b, *scale))).collect()
}

/// The greatest of each group.
pub fn maximum(x: &[i64], width: usize) -> Vec<i64> {
    x.chunks(width).map(|group| group.iter().copied().max().unwrap_or_default()).collect()
}

/// ⌊2^power·E_i / Σ E⌉ of each group, with E_i the entry of max − x_i, or the last one.
pub fn softmax(x: &[i64], width: usize, entries: &[i32], power: u8) -> Vec<i64> {
    let group = |group: &[i64]| {
        let greatest = group.iter().copied().max().unwrap_or_default();
        let entry = |x: &i64| {
            let distance = usize::try_from(greatest - x).unwrap_or(usize::MAX).min(entries.len() - 1);
            i64::from(entries[distance])
        };
        let exponentials: Vec<i64> = group.iter().map(entry).collect();
        let sum: i64 = exponentials.iter().sum();
        // The entry of 0 is in the sum, and is not 0.
        exponentials
            .into_iter()
            .map(move |e| ((e << (power + 1)) + sum).div_euclid(2 * sum))
            .collect::<Vec<_>>()
    };
    x.chunks(width).flat_map(group).collect()
}

/// ⌊2^power·(n·x_i − Σx) / ⌊√(n·Σx² − (Σx)² + epsilon)⌋⌉ of each group of n elements.
pub fn norm(x: &[i64], width: usize, epsilon: u64, power: u8) -> Vec<i128> {
    let n = width as i128;
    let group = |group: &[i64]| {
        let sum: i128 = group.iter().map(|x| i128::from(*x)).sum();
        let squares: i128 = group.iter().map(|x| i128::from(*x).pow(2)).sum();
        let radicand = n * squares - sum * sum + i128::from(epsilon);
        // At least 1, since epsilon is; below 2²⁷, as the graph has been checked for.
        let root = i128::try_from(floor_sqrt(&BigInt::from(radicand))).unwrap_or(1);
        let element =
            move |x: &i64| (((n * i128::from(*x) - sum) << (power + 1)) + root).div_euclid(2 * root);
        group.iter().map(element).collect::<Vec<_>>()
    };
    x.chunks(width).flat_map(group).collect()
}
