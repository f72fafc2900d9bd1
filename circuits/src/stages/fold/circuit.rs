//! The fold in the circuit.
//!
//! Every quotient and root is a hint with two range checks that leave one value:
//!
//! * ⌊n/d⌉ = q: 2n + d − 2d·q lies in [0, 2d)
//! * ⌊√(X/Y)⌋ = s: X − s²·Y lies in [0, (2s + 1)·Y); the bound excludes a negative s
//!
//! Bit budgets are asserted against the field in [`budget`].

use num_bigint::BigInt;

use super::columns::{Column, Source, columns};
use super::native::NORM_OFFSET;
use super::weights::WEIGHTS;
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::record::{ROWS, SUMS};
use crate::codebook::{DIM, FOLD_BITS};
use crate::fingerprint::{COMPONENTS, VECTORS};
use crate::fixed::{floor_div, floor_sqrt, round_div, to_field};
use crate::packing::FOLDED_BITS;
use crate::records::{CLASSES, LINKS};
use crate::size::Capacity;
use crate::stages::features::circuit::{HeaderWires, Records};

/// Bits that remainders of means fit.
const MEAN_BITS: u32 = 72;
/// Bits that remainders of deviations fit.
const DEVIATION_BITS: u32 = 180;
/// Bits that norms, and remainders of components, fit.
const NORM_BITS: u32 = 72;

/// Sums of one class on the assignment: number and link of each row, where there is one.
struct ClassWires {
    count: Wire,
    numbers: Vec<[Wire; 2]>,
    links: Vec<[Wire; 2]>,
}

/// The folded block on the assignment.
#[derive(Debug)]
pub struct FoldWires {
    /// 6 × 16 values.
    pub folded: Vec<Vec<Wire>>,
    /// Records of each class.
    pub counts: Vec<Wire>,
}

/// Folds the sums of the records.
pub fn fold(
    arith: &mut Arith<'_>,
    capacity: Capacity,
    records: &Records,
    sums: &[[BigInt; ROWS]],
    header: &HeaderWires,
) -> FoldWires {
    let columns = columns();
    columns.iter().for_each(|column| budget(column, capacity));
    sum_budget(capacity);
    let classes: Vec<ClassWires> = (0..CLASSES.len())
        .map(|class| split_sums(arith, class, &records.sums[class], &sums[class]))
        .collect();
    let counts: Vec<Wire> = classes.iter().map(|class| class.count.clone()).collect();
    let terms: Vec<_> = counts.iter().map(|count| (one(), count)).collect();
    let total = arith.linear(&terms, 0);
    // At least one record, or there is no mean.
    let bits = capacity.count_bits();
    arith.remainder(0, None, &[(one(), &total)], -1, bits);
    let (_, total_less_one) = less_one(arith, &total, bits);
    let class_less_one: Vec<_> = counts.iter().map(|count| less_one(arith, count, bits)).collect();
    let scale = arith.product(&total, &total_less_one);
    let context = Context { classes, total, scale, class_less_one, header };
    let moments: Vec<(Wire, Wire)> = columns.iter().map(|column| moments(arith, column, &context)).collect();
    let (mean, deviation): (Vec<Wire>, Vec<Wire>) = moments.into_iter().unzip();
    let squares: Vec<Wire> = mean.iter().map(|mean| arith.product(mean, mean)).collect();
    let components: Vec<_> = (0..COMPONENTS).map(|m| component(arith, m, &mean, &squares)).collect();
    let mut folded = vec![mean, deviation];
    folded.extend(components);
    debug_assert_eq!(folded.len(), VECTORS);
    FoldWires { folded, counts }
}

struct Context<'h> {
    classes: Vec<ClassWires>,
    total: Wire,
    /// N·max(N − 1, 1).
    scale: Wire,
    class_less_one: Vec<(Wire, Wire)>,
    header: &'h HeaderWires,
}

/// Takes the running sums of a class apart; every sum has its own bits, 252 in all, so there is one way to.
fn split_sums(
    arith: &mut Arith<'_>,
    class: usize,
    cells: &[Cell; ROWS],
    values: &[BigInt; ROWS],
) -> ClassWires {
    let spec = &CLASSES[class];
    let mut numbers = Vec::new();
    let mut links = Vec::new();
    let mut count = None;
    for (j, (cell, value)) in cells.iter().zip(values).enumerate() {
        let has_number = j < spec.numbers.len();
        let has_link = j < spec.texts.len() || j == LINKS - 1 && spec.tri_state.is_some() || j == ROWS - 1;
        let offset = BigInt::from(u8::from(has_number)) << (SUMS[0].bits - 1);
        let stored = value + &offset;
        let field = |i: usize| (&stored >> SUMS[i].low) & ((BigInt::from(1) << SUMS[i].bits) - 1);
        let sum = Wire::new(*cell, value.clone());
        debug_assert_eq!(arith.assignment.read(*cell), to_field(value));
        let mut parts = Vec::new();
        if has_number {
            let first = arith.range_new(field(0), SUMS[0].bits);
            parts.push(first.shifted(offset.clone()));
            parts.push(arith.range_new(field(1), SUMS[1].bits));
        }
        if has_link {
            parts.push(arith.range_new(field(2), SUMS[2].bits));
            parts.push(arith.range_new(field(3), SUMS[3].bits));
        }
        let fields = if has_number { &SUMS[..] } else { &SUMS[2..] };
        let mut terms: Vec<_> =
            parts.iter().zip(fields).map(|(part, field)| (-(BigInt::from(1) << field.low), part)).collect();
        terms.push((one(), &sum));
        arith.zero(&terms, 0);
        let mut parts = parts.into_iter();
        let mut pair = || Some([parts.next()?, parts.next()?]);
        if has_number {
            numbers.extend(pair());
        }
        if has_link {
            let pair = pair();
            if j == ROWS - 1 {
                count = pair.map(|[first, _]| first);
            } else {
                links.extend(pair);
            }
        }
    }
    ClassWires { count: count.expect("the last row of a record counts it"), numbers, links }
}

/// ([n ≥ 2], max(n − 1, 1)) for 0 ≤ n < 2^bits.
fn less_one(arith: &mut Arith<'_>, n: &Wire, bits: u32) -> (Wire, Wire) {
    // t = n − 2 ≥ 0 decides: exactly one value of the flag keeps its size in range.
    let t = arith.linear(&[(one(), n)], -2);
    let many = arith.not_negative(&t, bits);
    // max(n − 1, 1) = many·(n − 2) + 1.
    let less = arith.multiply_add(1, Some((&many, &t)), &[], 1);
    (many, less)
}

/// Σ and Σ² of a term, times its coefficients.
fn term_sums(arith: &mut Arith<'_>, context: &Context<'_>, class: usize, source: Source) -> [Wire; 2] {
    let sums = &context.classes[class];
    let mut constant = |value: &Wire| {
        let first = arith.product(value, &sums.count);
        let second = arith.product(value, &first);
        [first, second]
    };
    match source {
        Source::Number(slot) => sums.numbers[slot].clone(),
        // The tri-state is the last link whatever the number of texts.
        Source::Link(slot) => sums.links[slot.min(sums.links.len() - 1)].clone(),
        Source::Time => constant(&context.header.time),
        Source::Height => constant(&context.header.scaled_height),
    }
}

fn moments(arith: &mut Arith<'_>, column: &Column, context: &Context<'_>) -> (Wire, Wire) {
    let d = BigInt::from(column.denominator);
    let mut firsts = Vec::new();
    let mut seconds = Vec::new();
    for term in &column.terms {
        let coefficient = BigInt::from(column.denominator / term.denominator);
        let [first, second] = term_sums(arith, context, term.class, term.source);
        firsts.push((coefficient.clone(), first));
        seconds.push((&coefficient * &coefficient, second));
    }
    // Positions: P += D/2·n·[n ≥ 2], and λ collects 6·max(n − 1, 1).
    let mut lambda: Option<Wire> = None;
    for class in &column.positions {
        let (many, less) = &context.class_less_one[*class];
        let counted = arith.product(many, &context.classes[*class].count);
        firsts.push((&d / 2, counted));
        let factor = arith.linear(&[(BigInt::from(6), less)], 0);
        lambda = Some(match lambda {
            Some(lambda) => arith.product(&lambda, &factor),
            None => factor,
        });
    }
    fn refs(terms: &[(BigInt, Wire)]) -> Vec<(BigInt, &Wire)> {
        terms.iter().map(|(k, wire)| (k.clone(), wire)).collect()
    }
    let p = arith.linear(&refs(&firsts), 0);
    let mut q = arith.linear(&refs(&seconds), 0);
    if let Some(lambda) = &lambda {
        let scaled = arith.product(lambda, &q);
        let mut terms = vec![(one(), scaled)];
        for class in &column.positions {
            // n(2n − 1)·[n ≥ 2]·λ/(6·max(n − 1, 1)): λ over its own factor is the product of the others.
            let (many, _) = &context.class_less_one[*class];
            let count = &context.classes[*class].count;
            let squares = arith.multiply_add(2, Some((count, count)), &[(minus(1), count)], 0);
            let mut value = arith.product(&squares, many);
            for other in column.positions.iter().filter(|other| *other != class) {
                value = arith.multiply_add(6, Some((&value, &context.class_less_one[*other].1)), &[], 0);
            }
            terms.push((&d * &d, value));
        }
        q = arith.linear(&refs(&terms), 0);
    }
    let n = &context.total;
    let mean = mean(arith, &p, n, &d);
    let deviation = deviation(arith, &p, &q, lambda.as_ref(), context, &d);
    (mean, deviation)
}

fn mean(arith: &mut Arith<'_>, p: &Wire, n: &Wire, d: &BigInt) -> Wire {
    let value = round_div(&(&p.value << FOLD_BITS), &(&n.value * d).max(one()));
    let mean = arith.range_signed(Free::Mean, value, FOLDED_BITS);
    // r = 2·2³²·P + N·D − 2·N·D·mean in [0, 2·N·D).
    let scaled = BigInt::from(2) << FOLD_BITS;
    let terms = [(scaled, p), (d.clone(), n)];
    let remainder = arith.remainder(d * -2, Some((n, &mean)), &terms, 0, MEAN_BITS);
    arith.below(&remainder, &[(d * 2, n)], 0, MEAN_BITS);
    mean
}

fn deviation(
    arith: &mut Arith<'_>,
    p: &Wire,
    q: &Wire,
    lambda: Option<&Wire>,
    context: &Context<'_>,
    d: &BigInt,
) -> Wire {
    // X/2⁶⁴ = N·λQ − λ·P².
    let square = arith.product(p, p);
    let square = match lambda {
        Some(lambda) => arith.product(lambda, &square),
        None => square,
    };
    let x = arith.multiply_add(1, Some((&context.total, q)), &[(minus(1), &square)], 0);
    let scale = match lambda {
        Some(lambda) => arith.product(lambda, &context.scale),
        None => context.scale.clone(),
    };
    let y = arith.linear(&[(d * d, &scale)], 0);
    let full = &x.value << (2 * FOLD_BITS);
    let root = floor_sqrt(&floor_div(&full, &y.value.clone().max(one())).max(BigInt::from(0)));
    let deviation = arith.range_signed(Free::Deviation, root, FOLDED_BITS);
    let deviation_squared = arith.product(&deviation, &deviation);
    let x_scale = BigInt::from(1) << (2 * FOLD_BITS);
    let remainder = arith.remainder(-1, Some((&deviation_squared, &y)), &[(x_scale, &x)], 0, DEVIATION_BITS);
    let bound = arith.multiply_add(2, Some((&deviation, &y)), &[(one(), &y)], 0);
    arith.below(&remainder, &[(one(), &bound)], 0, DEVIATION_BITS);
    deviation
}

fn component(arith: &mut Arith<'_>, m: usize, mean: &[Wire], squares: &[Wire]) -> Vec<Wire> {
    let weights: Vec<BigInt> = WEIGHTS[m].iter().map(|w| BigInt::from(*w)).collect();
    let terms: Vec<_> = weights.iter().zip(squares).map(|(w, square)| (w * w, square)).collect();
    let square = arith.linear(&terms, 0);
    let root = arith.range_free(Free::Norm, floor_sqrt(&square.value), NORM_BITS);
    let remainder = arith.remainder(-1, Some((&root, &root)), &[(one(), &square)], 0, NORM_BITS);
    arith.below(&remainder, &[(BigInt::from(2), &root)], 1, NORM_BITS);
    let norm = arith.linear(&[(one(), &root)], NORM_OFFSET);
    (0..DIM)
        .map(|j| {
            let c = &mean[j].value * &weights[j];
            let rounded = round_div(&(c << FOLD_BITS), &norm.value);
            let value = arith.range_signed(Free::Component, rounded, FOLDED_BITS);
            // r = 2·2³²·c + n − 2·n·ĉ in [0, 2n).
            let terms = [(&weights[j] << (FOLD_BITS + 1), &mean[j]), (one(), &norm)];
            let remainder = arith.remainder(-2, Some((&norm, &value)), &terms, 0, NORM_BITS);
            arith.below(&remainder, &[(BigInt::from(2), &norm)], 0, NORM_BITS);
            value
        })
        .collect()
}

/// Asserts that no integer of a column reaches its range check's width, or a quarter of the field.
///
/// # Panics
/// If one could, when the circuit is laid out.
fn budget(column: &Column, capacity: Capacity) {
    let places = [capacity.transactions, capacity.traces, capacity.bundles];
    let records = BigInt::from(places.iter().sum::<usize>());
    let d = BigInt::from(column.denominator);
    let lambda: BigInt = column.positions.iter().map(|class| BigInt::from(6 * places[*class])).product();
    let y = &lambda * &d * &d * &records * &records;
    // A deviation's wire is below 2³⁵ in magnitude, so (2s + 1)·Y < 2³⁷·Y, and X and s²·Y stay below 2⁷⁰·Y.
    let bound: BigInt = &records * &d * 2;
    assert!(bound.bits() < u64::from(MEAN_BITS), "means");
    assert!(y.bits() + 37 < u64::from(DEVIATION_BITS), "deviations");
    assert!(y.bits() + 72 < 252, "squares");
}

/// Asserts that the sums of a class keep to their bits, and counts to what [`less_one`] takes.
fn sum_budget(capacity: Capacity) {
    let places = capacity.transactions.max(capacity.traces).max(capacity.bundles);
    let number = CLASSES.iter().flat_map(|spec| spec.numbers).map(|number| number.limit()).max();
    let bucket = CLASSES.iter().flat_map(|spec| spec.texts).map(|text| u64::from(text.buckets)).max();
    let (number, bucket) =
        (BigInt::from(number.unwrap_or_default()), BigInt::from(bucket.unwrap_or_default()));
    let fits = |value: BigInt, bits: u32| assert!((value * places).bits() <= u64::from(bits), "running sums");
    fits(number.clone(), SUMS[0].bits - 1);
    fits(&number * &number, SUMS[1].bits);
    fits(bucket.clone(), SUMS[2].bits);
    fits(&bucket * &bucket, SUMS[3].bits);
    assert!(capacity.records() < 1 << capacity.count_bits(), "records");
}
