//! The pipeline in exact fractions, one record after the other, written from its definition; and the same with one clause of
//! the definition broken.

use foldproof_circuits::block::{Block, Number, Text, TriState};
use foldproof_circuits::stages::fold::Folded;
use num_bigint::BigInt;
use num_rational::BigRational as Rational;

/// 6 × 16 values.
pub type Values = Vec<Vec<BigInt>>;

/// Which clause is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    Nothing,
    /// h = 33·h + b.
    HashMultiplier,
    /// h not modulo 2³².
    HashModulus,
    /// Divided by B.
    BucketDenominator,
    /// The empty text is 1.
    EmptyBucket,
    /// Not clamped above.
    ClampAbove,
    /// Not clamped below.
    ClampBelow,
    /// i/n.
    PositionDenominator,
    /// Counted from 1.
    PositionStart,
    /// 1 for the only record.
    PositionAlone,
    /// Of the period.
    Time,
    /// Not clamped.
    HeightClamp,
    /// The scale.
    Height,
    /// M or B of this feature, class and column.
    Scale(usize, usize),
    /// "Success" or "true" counts 1/2 too.
    TriState(usize),
    /// Columns beyond a class's own hold 1.
    Padding(usize),
    /// Of class 2: T left out.
    BundleTime,
    /// Bundles are not counted.
    Bundles,
    /// Traces are not counted.
    Traces,
    /// ⌊x⌋.
    MeanFloor,
    /// Halves to even.
    MeanHalves,
    /// ⌈x⌉.
    MeanCeiling,
    /// Divided by N.
    Population,
    /// ⌈√x⌉.
    DeviationCeiling,
    /// V without the square of the mean.
    DeviationMoment,
    /// 1 for the only record.
    DeviationAlone,
    /// One weight of component m more by one unit.
    Weight(usize),
    /// a₀ as the others.
    FirstWeight,
    /// Without E.
    NormOffset,
    /// ⌊x⌋.
    ComponentFloor,
    /// In another order.
    Order(usize, usize),
}

/// Name, scale or buckets of each feature, as the table of the definition has them.
const NUMBERS: [&[(usize, u64)]; 3] = [
    &[
        (0, 1_000_000_000),
        (1, 1_000_000),
        (2, 50_000_000),
        (8, 1_000_000),
        (10, 100_000),
        (11, 1000),
        (12, 1_000_000),
    ],
    &[(1, 1_000_000_000), (2, 1024), (3, 1024), (4, 512), (8, 50_000_000), (10, 100_000)],
    &[(1, 1_000_000), (2, 4096), (3, 1_000_000), (4, 8192)],
];
const TEXTS: [&[(usize, u64)]; 3] = [
    &[(6, 64), (7, 256), (13, 1024), (14, 10_000), (15, 10_000)],
    &[(5, 50_000), (6, 10_000), (7, 128)],
    &[(5, 256), (6, 128)],
];

/// Every clause there is to break.
pub fn all() -> Vec<Break> {
    let scales = |table: [&'static [(usize, u64)]; 3]| {
        let classes = table.into_iter().enumerate();
        classes
            .flat_map(|(class, columns)| columns.iter().map(move |(column, _)| Break::Scale(class, *column)))
    };
    let mut all = vec![
        Break::HashMultiplier,
        Break::HashModulus,
        Break::BucketDenominator,
        Break::EmptyBucket,
        Break::ClampAbove,
        Break::ClampBelow,
        Break::PositionDenominator,
        Break::PositionStart,
        Break::PositionAlone,
        Break::Time,
        Break::HeightClamp,
        Break::Height,
        Break::BundleTime,
        Break::Bundles,
        Break::Traces,
        Break::MeanFloor,
        Break::MeanHalves,
        Break::MeanCeiling,
        Break::Population,
        Break::DeviationCeiling,
        Break::DeviationMoment,
        Break::DeviationAlone,
        Break::FirstWeight,
        Break::NormOffset,
        Break::ComponentFloor,
    ];
    all.extend(scales(NUMBERS).chain(scales(TEXTS)));
    all.extend([Break::TriState(0), Break::TriState(1), Break::Padding(1), Break::Padding(2)]);
    all.extend((0..4).map(Break::Weight));
    all.extend([Break::Order(0, 1), Break::Order(1, 2), Break::Order(2, 3), Break::Order(4, 5)]);
    all
}

fn ratio(n: impl Into<BigInt>, d: impl Into<BigInt>) -> Rational {
    Rational::new(n.into(), d.into())
}

fn half_up(x: &Rational) -> BigInt {
    (x + ratio(1, 2)).floor().to_integer()
}

fn power(bits: u32) -> BigInt {
    BigInt::from(1) << bits
}

struct Features {
    broken: Break,
    rows: Vec<[Rational; 16]>,
}

impl Features {
    fn is(&self, clause: Break) -> bool {
        self.broken == clause
    }

    fn lin(&self, x: Number, scale: u64) -> Rational {
        let value = ratio(x.units(), BigInt::from(scale) << 16);
        let (low, high) = (ratio(-1, 1), ratio(1, 1));
        if value > high && !self.is(Break::ClampAbove) {
            high
        } else if value < low && !self.is(Break::ClampBelow) {
            low
        } else {
            value
        }
    }

    fn bucket(&self, text: &Text, buckets: u64) -> Rational {
        let multiplier = if self.is(Break::HashMultiplier) { 33 } else { 31 };
        let mut hash = BigInt::from(0);
        for byte in text.bytes() {
            hash = hash * multiplier + byte;
            if !self.is(Break::HashModulus) {
                hash %= power(32);
            }
        }
        let denominator = if self.is(Break::BucketDenominator) { buckets } else { buckets - 1 };
        if text.is_empty() && self.is(Break::EmptyBucket) {
            return ratio(1, 1);
        }
        ratio(hash % buckets, denominator)
    }

    fn tri(&self, state: TriState, class: usize) -> Rational {
        let halves = if self.is(Break::TriState(class)) { state.halves().min(1) } else { state.halves() };
        ratio(halves, 2)
    }

    fn position(&self, i: usize, n: usize) -> Rational {
        let start = usize::from(self.is(Break::PositionStart));
        match n {
            1 if self.is(Break::PositionAlone) => ratio(1, 1),
            0 | 1 => ratio(0, 1),
            n if self.is(Break::PositionDenominator) => ratio(i, n),
            n => ratio(i + start, n - 1),
        }
    }

    /// Numbers, texts and other columns of a record.
    fn record(&mut self, class: usize, numbers: &[Number], texts: &[&Text], others: &[(usize, Rational)]) {
        let mut row: [Rational; 16] = std::array::from_fn(|_| ratio(0, 1));
        let scale = |column: usize, scale: u64| {
            if self.is(Break::Scale(class, column)) { scale + scale / 8 } else { scale }
        };
        assert_eq!((numbers.len(), texts.len()), (NUMBERS[class].len(), TEXTS[class].len()));
        for (number, (column, m)) in numbers.iter().zip(NUMBERS[class]) {
            row[*column] = self.lin(*number, scale(*column, *m));
        }
        for (text, (column, buckets)) in texts.iter().zip(TEXTS[class]) {
            row[*column] = self.bucket(text, scale(*column, *buckets));
        }
        for (column, value) in others {
            row[*column] = value.clone();
        }
        if self.is(Break::Padding(class)) {
            let last = if class == 1 { 12 } else { 8 };
            row[last..].iter_mut().for_each(|x| *x = ratio(1, 1));
        }
        self.rows.push(row);
    }
}

fn features(block: &Block, broken: Break) -> Features {
    let mut out = Features { broken, rows: Vec::new() };
    let period = if out.is(Break::Time) { 86_400 } else { 864_000 };
    let time = ratio(block.header.timestamp % period, period);
    let scale = if out.is(Break::Height) { 9_000_000 } else { 10_000_000 };
    let mut height = ratio(block.header.height, scale);
    if height > ratio(1, 1) && !out.is(Break::HeightClamp) {
        height = ratio(1, 1);
    }
    for (i, t) in block.transactions.iter().enumerate() {
        let numbers = [t.amount, t.fee, t.gas_used, t.nonce, t.slot, t.chain_id, t.priority_fee];
        let texts = [&t.contract_type, &t.asset, &t.function_selector, &t.sender, &t.receiver];
        let position = out.position(i, block.transactions.len());
        let others = [(3, position), (4, height.clone()), (5, time.clone()), (9, out.tri(t.status, 0))];
        out.record(0, &numbers, &texts, &others);
    }
    for (i, t) in block.traces.iter().enumerate() {
        let numbers =
            [t.balance_delta, t.storage_writes, t.storage_reads, t.log_events, t.gas_consumed, t.slot_index];
        let texts = [&t.contract, &t.asset, &t.trace_type];
        let position = out.position(i, block.traces.len());
        let others = [(0, position), (9, time.clone()), (11, out.tri(t.reverted, 1))];
        out.record(1, &numbers, &texts, &others);
    }
    for (i, b) in block.bundles.iter().enumerate() {
        let numbers = [b.constraint_count, b.degree, b.gate_count, b.quotient_degree];
        let texts = [&b.prover_label, &b.circuit_type];
        let time = if out.is(Break::BundleTime) { ratio(0, 1) } else { time.clone() };
        let others = [(0, out.position(i, block.bundles.len())), (7, time)];
        out.record(2, &numbers, &texts, &others);
    }
    out
}

fn mean(x: &Rational, broken: Break) -> BigInt {
    let x = x * power(32);
    match broken {
        Break::MeanFloor => x.floor().to_integer(),
        Break::MeanCeiling => x.ceil().to_integer(),
        Break::MeanHalves => {
            let up = half_up(&x);
            let tie = &x - x.floor() == ratio(1, 2);
            if tie && &up % 2 != BigInt::from(0) { up - 1 } else { up }
        }
        _ => half_up(&x),
    }
}

fn ceil_sqrt(x: &BigInt) -> BigInt {
    let root = x.sqrt();
    if &root * &root < *x { root + 1 } else { root }
}

fn deviation(values: &[&Rational], n: &BigInt, broken: Break) -> BigInt {
    let zero = ratio(0, 1);
    let s1: Rational = values.iter().fold(zero.clone(), |sum, x| sum + *x);
    let s2: Rational = values.iter().fold(zero.clone(), |sum, x| sum + *x * *x);
    let less = if broken == Break::Population { n.clone() } else { n - 1 };
    if less == BigInt::from(0) {
        return if broken == Break::DeviationAlone { power(32) } else { BigInt::from(0) };
    }
    let moment = if broken == Break::DeviationMoment { zero } else { &s1 * &s1 / n };
    let scaled = ((s2 - moment) / less * power(64)).floor().to_integer().max(BigInt::from(0));
    if broken == Break::DeviationCeiling { ceil_sqrt(&scaled) } else { scaled.sqrt() }
}

/// ⌊2³²·a_m·cos(π(2j + 1)m/32)⌉.
fn weight(m: usize, j: usize, broken: Break) -> BigInt {
    let a: f64 = if m == 0 && broken != Break::FirstWeight { 1.0 / 16.0 } else { 2.0 / 16.0 };
    let angle = std::f64::consts::PI * (2 * j + 1) as f64 * m as f64 / 32.0;
    let value = (4_294_967_296.0 * a.sqrt() * angle.cos() + 0.5).floor();
    BigInt::from(value as i64) + u8::from(broken == Break::Weight(m) && j == 3)
}

fn component(m: usize, mean: &[BigInt], broken: Break) -> Vec<BigInt> {
    let c: Vec<BigInt> = mean.iter().enumerate().map(|(j, mean)| mean * weight(m, j, broken)).collect();
    let square: BigInt = c.iter().map(|c| c * c).sum();
    let root = square.sqrt();
    let offset = half_up(&ratio(power(64), 1_000_000));
    let offset = if broken == Break::NormOffset { BigInt::from(0) } else { offset };
    let norm = (root + offset).max(BigInt::from(1));
    let scaled = c.iter().map(|c| ratio(c * power(32), norm.clone()));
    let round = |x: Rational| {
        if broken == Break::ComponentFloor { x.floor().to_integer() } else { half_up(&x) }
    };
    scaled.map(round).collect()
}

/// Means, deviations, components.
pub fn fold(block: &Block, broken: Break) -> Values {
    let rows = features(block, broken).rows;
    let counted = match broken {
        Break::Bundles => block.transactions.len() + block.traces.len(),
        Break::Traces => block.transactions.len() + block.bundles.len(),
        _ => rows.len(),
    };
    let n = BigInt::from(counted);
    let column = |j: usize| rows.iter().map(|row| &row[j]).collect::<Vec<_>>();
    let average = |j: usize| column(j).into_iter().fold(ratio(0, 1), |sum, x| sum + x) / &n;
    let means: Vec<BigInt> = (0..16).map(|j| mean(&average(j), broken)).collect();
    let deviations = (0..16).map(|j| deviation(&column(j), &n, broken)).collect();
    let mut folded = vec![means.clone(), deviations];
    folded.extend((0..4).map(|m| component(m, &means, broken)));
    if let Break::Order(one, other) = broken {
        folded.swap(one, other);
    }
    folded
}

/// The native fold in the same form.
pub fn integers(folded: &Folded) -> Values {
    folded.iter().map(|row| row.iter().map(|x| BigInt::from(*x)).collect()).collect()
}
