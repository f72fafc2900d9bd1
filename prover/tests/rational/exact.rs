//! Fractions, and the roundings by their definitions.

use num_bigint::BigInt;
use num_rational::BigRational;

/// An exact number.
pub type Q = BigRational;

/// An integer.
pub fn int(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

/// n/d.
pub fn ratio(n: impl Into<BigInt>, d: impl Into<BigInt>) -> Q {
    Q::new(n.into(), d.into())
}

/// 2^e.
pub fn power(e: u32) -> Q {
    int(BigInt::from(1) << e)
}

/// A finite double.
pub fn double(x: f64) -> Q {
    if x == 0.0 { int(0) } else { Q::from_float(x).unwrap() }
}

/// ⌊x + 1/2⌋.
pub fn half_up(x: &Q) -> BigInt {
    (x + ratio(1, 2)).floor().to_integer()
}

/// The nearest integer, the even one of two.
pub fn half_even(x: &Q) -> BigInt {
    let below = x.floor().to_integer();
    let rest = x - int(below.clone());
    let odd = &below % 2 != BigInt::from(0);
    if rest > ratio(1, 2) || (rest == ratio(1, 2) && odd) { below + 1 } else { below }
}

/// x, or the nearer of the ends.
pub fn clamp<T: PartialOrd>(x: T, low: T, high: T) -> T {
    if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}

/// ⌊√x⌋ for x ≥ 0, digit by digit.
pub fn floor_root(x: &Q) -> BigInt {
    let mut root = BigInt::from(0);
    let bits = x.floor().to_integer().bits() / 2 + 1;
    for bit in (0..=bits).rev() {
        let larger = &root + (BigInt::from(1) << bit);
        if int(&larger * &larger) <= *x {
            root = larger;
        }
    }
    root
}

/// Bits of the fixed-point numbers below.
const PRECISION: u32 = 200;

/// π at 2⁻²⁰⁰, by Machin's formula.
fn pi() -> BigInt {
    let arctangent_of_inverse = |n: u32| {
        let mut term = (BigInt::from(1) << PRECISION) / n;
        let mut sum = term.clone();
        for k in 1.. {
            term = -term / (n * n);
            if term == BigInt::from(0) || k > 300 {
                break;
            }
            sum += &term / (2 * k + 1);
        }
        sum
    };
    16 * arctangent_of_inverse(5) - 4 * arctangent_of_inverse(239)
}

/// cos x at 2⁻²⁰⁰, by its series.
fn cosine(x: &BigInt) -> BigInt {
    let square = (x * x) >> PRECISION;
    let mut term = BigInt::from(1) << PRECISION;
    let mut sum = term.clone();
    for n in 1..200_u32 {
        term = -((term * &square) >> PRECISION) / (2 * n * (2 * n - 1));
        sum += &term;
    }
    sum
}

/// ⌊2³²·√(a/16)·cos(π·n/32)⌉, with a in {1, 2}.
pub fn weight(a: u32, n: usize) -> BigInt {
    let amplitude = floor_root(&int((BigInt::from(a) << (2 * PRECISION)) / 16));
    let product = amplitude * cosine(&(pi() * n / 32));
    half_up(&(int(product << 32) / power(2 * PRECISION)))
}
