//! Scalar multiplication on G1 by a public scalar, three times faster than the curve crate's.
//!
//! The curve has an endomorphism φ with φ(P) = λP that costs one multiplication of coordinates. A scalar is split as
//! k = a + bλ with a and b of half the length, and both halves are walked together in signed digits (wNAF).

use std::sync::OnceLock;

use ff::{Field, PrimeField, WithSmallOrderMulGroup};
use group::Group;
use halo2curves::CurveExt;
use halo2curves::bn256::{Fr, G1};
use num_bigint::{BigInt, Sign};

use crate::lanes::Modulus as _;

/// Width of the signed digits: odd, below 2^(WINDOW-1) in size.
const WINDOW: u32 = 5;
/// Odd multiples 1, 3, …, 15 of a point.
const MULTIPLES: usize = 1 << (WINDOW - 2);
/// Digits of a 128-bit half, with room for the last carry.
const DIGITS: usize = 129;

/// A scalar as `a + bλ`, each half a sign and a magnitude below 2^127.5.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    halves: [Signed; 2],
}

impl Split {
    /// Splits a scalar.
    pub(crate) fn new(scalar: &Fr) -> Self {
        Self { halves: Splitter::get().split(scalar) }
    }
}

/// A sign (true: negative) and a magnitude.
type Signed = (bool, u128);

/// Splits scalars in machine words.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// b2 and −b1 over the determinant, times 2^256.
    factors: [(bool, [u64; 3]); 2],
    /// (a1, b1) and (a2, b2).
    vectors: [[Signed; 2]; 2],
}

impl Splitter {
    /// The only one there is.
    pub(crate) fn get() -> &'static Self {
        static SPLITTER: OnceLock<Splitter> = OnceLock::new();
        SPLITTER.get_or_init(|| {
            let Lattice { a1, b1, a2, b2, determinant } = lattice();
            let factor = |b: BigInt| {
                let (sign, digits) = round(b << 256, determinant).to_u64_digits();
                let mut limbs = [0; 3];
                limbs.iter_mut().zip(digits).for_each(|(limb, digit)| *limb = digit);
                (sign == Sign::Minus, limbs)
            };
            Self {
                factors: [factor(b2.clone()), factor(-b1)],
                vectors: [[half(a1), half(b1)], [half(a2), half(b2)]],
            }
        })
    }

    /// (k, 0) less the lattice point nearest to it, up to rounding: what is left over is short.
    pub(crate) fn split(&self, scalar: &Fr) -> [Signed; 2] {
        let mut k = [0; 4];
        for (limb, bytes) in k.iter_mut().zip(scalar.to_repr().chunks_exact(8)) {
            *limb = bytes.iter().rev().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
        }
        // Most scalars are short as they are, or their negatives are.
        if let Some(size) = short(&k) {
            return [(false, size), (false, 0)];
        }
        if k[3] == Fr::P[3]
            && let Some(size) = short(&minus(&Fr::P, &k))
        {
            return [(true, size), (false, 0)];
        }
        let mut left = [k, [0; 4]];
        for ((negative, factor), vector) in self.factors.iter().zip(&self.vectors) {
            let c = nearest(&k, factor);
            for (left, (sign, size)) in left.iter_mut().zip(vector) {
                let product = times(c, *size);
                // Modulo 2^256; what is left in the end fits 128 bits and a sign.
                *left = if negative ^ sign { plus(left, &product) } else { minus(left, &product) };
            }
        }
        left.map(|value| {
            let negative = value[3] >> 63 == 1;
            let [low, high, ..] = if negative { minus(&[0; 4], &value) } else { value };
            (negative, u128::from(high) << 64 | u128::from(low))
        })
    }
}

/// A number below 2^126.
fn short(k: &[u64; 4]) -> Option<u128> {
    (k[3] | k[2] | k[1] >> 62 == 0).then_some(u128::from(k[1]) << 64 | u128::from(k[0]))
}

/// ⌊k·factor / 2^256⌉, which fits 128 bits.
fn nearest(k: &[u64; 4], factor: &[u64; 3]) -> u128 {
    let mut product = [0_u64; 7];
    for (i, a) in k.iter().enumerate() {
        let mut carry = 0;
        for (j, b) in factor.iter().enumerate() {
            let sum = u128::from(*a) * u128::from(*b) + u128::from(product[i + j]) + carry;
            product[i + j] = sum as u64;
            carry = sum >> 64;
        }
        product[i + 3] = carry as u64;
    }
    (u128::from(product[5]) << 64 | u128::from(product[4])) + u128::from(product[3] >> 63)
}

fn times(a: u128, b: u128) -> [u64; 4] {
    let limbs = |x: u128| [x as u64, (x >> 64) as u64];
    let mut product = [0_u64; 4];
    for (i, a) in limbs(a).into_iter().enumerate() {
        let mut carry = 0;
        for (j, b) in limbs(b).into_iter().enumerate() {
            let sum = u128::from(a) * u128::from(b) + u128::from(product[i + j]) + carry;
            product[i + j] = sum as u64;
            carry = sum >> 64;
        }
        product[i + 2] = carry as u64;
    }
    product
}

fn plus(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut carry = 0;
    std::array::from_fn(|i| {
        let sum = u128::from(a[i]) + u128::from(b[i]) + carry;
        carry = sum >> 64;
        sum as u64
    })
}

fn minus(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut borrow = false;
    std::array::from_fn(|i| {
        let (less, first) = a[i].overflowing_sub(b[i]);
        let (less, second) = less.overflowing_sub(u64::from(borrow));
        borrow = first || second;
        less
    })
}

/// `point` times the scalar that was split.
pub(crate) fn mul(point: &G1, scalar: &Split) -> G1 {
    let double = point.double();
    let mut odd = [*point; MULTIPLES];
    for i in 1..MULTIPLES {
        odd[i] = odd[i - 1] + double;
    }
    let [(sign_a, a), (sign_b, b)] = scalar.halves;
    let (a, b) = (digits(a), digits(b));
    let signed = |table: &[G1; MULTIPLES], digit: i8, negative: bool| {
        let multiple = table[usize::from(digit.unsigned_abs() / 2)];
        if (digit < 0) ^ negative { -multiple } else { multiple }
    };
    let turned = odd.map(|multiple| multiple.endo());
    let mut sum = G1::identity();
    for (a, b) in a.iter().zip(&b).rev().skip_while(|(a, b)| **a == 0 && **b == 0) {
        sum = sum.double();
        if *a != 0 {
            sum += signed(&odd, *a, sign_a);
        }
        if *b != 0 {
            sum += signed(&turned, *b, sign_b);
        }
    }
    sum
}

/// Signed digits, least significant first; those that are not zero are odd and at least `WINDOW` apart.
fn digits(mut value: u128) -> [i8; DIGITS] {
    let mut digits = [0; DIGITS];
    let mut at = 0;
    while value != 0 {
        let zeros = value.trailing_zeros();
        value >>= zeros;
        at += zeros as usize;
        let low = (value & ((1 << WINDOW) - 1)) as i8;
        if low < 1 << (WINDOW - 1) {
            digits[at] = low;
            value -= u128::from(low.unsigned_abs());
        } else {
            digits[at] = low - (1 << WINDOW);
            value += u128::from(digits[at].unsigned_abs());
        }
    }
    digits
}

/// Two short vectors (a, b) with a + bλ = 0 modulo the group's order.
struct Lattice {
    a1: BigInt,
    b1: BigInt,
    a2: BigInt,
    b2: BigInt,
    /// a1·b2 − a2·b1: the order or its negative.
    determinant: BigInt,
}

/// The lattice of λ, by the extended Euclidean algorithm on the order and λ, stopped half-way.
fn lattice() -> &'static Lattice {
    static LATTICE: OnceLock<Lattice> = OnceLock::new();
    LATTICE.get_or_init(|| {
        let order = integer(&-Fr::ONE) + 1u8;
        // Invariant: row.0 = t·λ modulo the order, with t = row.1.
        let mut row = (order.clone(), BigInt::ZERO);
        let mut next = (integer(&Fr::ZETA), BigInt::from(1));
        let step = |row: &(BigInt, BigInt), next: &(BigInt, BigInt)| {
            let quotient = &row.0 / &next.0;
            (&row.0 - &quotient * &next.0, &row.1 - &quotient * &next.1)
        };
        while &next.0 * &next.0 > order {
            let after = step(&row, &next);
            row = std::mem::replace(&mut next, after);
        }
        // The first row below the root is one vector; the shorter of its neighbours is the other.
        let after = step(&row, &next);
        let length = |row: &(BigInt, BigInt)| row.0.magnitude().max(row.1.magnitude()).clone();
        let other = if length(&row) < length(&after) { row } else { after };
        let (a1, b1) = (next.0, -next.1);
        let (a2, b2) = (other.0, -other.1);
        let determinant = &a1 * &b2 - &a2 * &b1;
        Lattice { a1, b1, a2, b2, determinant }
    })
}

fn integer(scalar: &Fr) -> BigInt {
    BigInt::from_bytes_le(Sign::Plus, &scalar.to_repr())
}

/// The integer nearest to the fraction.
fn round(numerator: BigInt, denominator: &BigInt) -> BigInt {
    let (numerator, denominator) = if denominator.sign() == Sign::Minus {
        (-numerator, -denominator)
    } else {
        (numerator, denominator.clone())
    };
    let doubled = numerator * 2u8 + &denominator;
    let denominator = denominator * 2u8;
    let quotient = &doubled / &denominator;
    // BigInt division rounds towards zero; rounding to nearest needs the floor.
    if (&doubled % &denominator).sign() == Sign::Minus { quotient - 1u8 } else { quotient }
}

fn half(value: &BigInt) -> Signed {
    let mut bytes = [0; 16];
    let (sign, magnitude) = value.to_bytes_le();
    debug_assert!(value.bits() <= 128, "halves are short: see the tests");
    for (to, from) in bytes.iter_mut().zip(magnitude) {
        *to = from;
    }
    (sign == Sign::Minus, u128::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    /// Scalars at the edges and at random.
    fn scalars() -> Vec<Fr> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut scalars =
            vec![Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::ZETA, -Fr::ZETA, Fr::ZETA.square(), Fr::TWO_INV];
        scalars.extend((0..40).map(|bit| Fr::from(2).pow_vartime([6 * bit])));
        scalars.extend((0..40).map(|bit| -Fr::from(2).pow_vartime([6 * bit])));
        scalars.extend((0..400).map(|_| Fr::random(&mut rng)));
        scalars.push(Fr::from(rng.next_u64()));
        scalars
    }

    #[test]
    fn halves_are_short_and_add_up() {
        for scalar in scalars() {
            let [a, b] = Split::new(&scalar).halves.map(|(negative, magnitude)| {
                assert!(magnitude < 1 << 127, "{magnitude:x}");
                let value = Fr::from_u128(magnitude);
                if negative { -value } else { value }
            });
            assert_eq!(a + b * Fr::ZETA, scalar);
        }
    }

    /// Scalars whose halves are chosen: equal, opposite, one of them 0, full of ones, at the corners of the lattice's cell, where
    /// rounding one way or the other is as good.
    #[test]
    fn chosen_halves_give_multiples_of_the_generator() {
        let Lattice { a1, b1, a2, b2, .. } = lattice();
        let field = |value: &BigInt| {
            let size = value.magnitude().to_u64_digits();
            let size = size
                .iter()
                .rev()
                .fold(Fr::ZERO, |sum, digit| sum * Fr::from_u128(1 << 64) + Fr::from(*digit));
            if value.sign() == Sign::Minus { -size } else { size }
        };
        let mut pairs: Vec<(BigInt, BigInt)> = Vec::new();
        for bits in [0_u32, 1, 4, 5, 63, 64, 65, 120, 124] {
            let value = BigInt::from(1) << bits;
            for value in [value.clone(), &value - 1, value + 1] {
                let zero = BigInt::ZERO;
                pairs.extend([
                    (value.clone(), value.clone()),
                    (value.clone(), -&value),
                    (value.clone(), zero.clone()),
                    (zero, -value),
                ]);
            }
        }
        for (s, t) in [(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (0, 1)] {
            let corner = |one: &BigInt, other: &BigInt| (one * s + other * t) / 2;
            for by in -2..=2 {
                pairs.push((corner(a1, a2) + by, corner(b1, b2) - by));
            }
        }
        let generator = G1::generator();
        for (a, b) in pairs {
            let scalar = field(&a) + field(&b) * Fr::ZETA;
            let halves = Split::new(&scalar).halves.map(|(negative, magnitude)| {
                assert!(magnitude < 1 << 127, "{a} {b}: {magnitude:x}");
                let value = Fr::from_u128(magnitude);
                if negative { -value } else { value }
            });
            assert_eq!(halves[0] + halves[1] * Fr::ZETA, scalar, "{a} {b}");
            for point in [generator, -generator, generator.endo(), generator.double()] {
                assert_eq!(mul(&point, &Split::new(&scalar)), point * scalar, "{a} {b}");
            }
        }
    }

    #[test]
    fn digits_add_up() {
        for value in [0, 1, 15, 16, 17, 31, (1 << 127) - 1, 1 << 127, u128::MAX / 3] {
            let sum = digits(value).iter().rev().fold(BigInt::ZERO, |sum, digit| sum * 2 + *digit);
            assert_eq!(sum, BigInt::from(value));
        }
    }

    #[test]
    fn equals_the_curve_crate() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        for scalar in scalars() {
            let point = G1::random(&mut rng);
            assert_eq!(mul(&point, &Split::new(&scalar)), point * scalar);
            assert_eq!(mul(&G1::identity(), &Split::new(&scalar)), G1::identity());
        }
    }
}
