//! E(v): 2⁻ˣ in integers, for the kernel of zones and the score of isolation forests.
//!
//! Two tables of [`ROWS`] rows, T1\[a\] = ⌊2⁵²·2^(−a/64)⌉ and T2\[b\] = ⌊2⁴⁰·2^(−b/2¹⁸)⌉, and λ = ⌊2¹⁶·ln 2⌉. For v ≥ 0 at 2⁻²⁴ with the
//! digits v = 2³⁰·h + 2¹⁸·a + 2⁶·b + c, of 12, 12 and 6 bits below h:
//!
//! E(v) = 0 if h > 0, else ⌊T1\[a\]·T2\[b\]·(2⁴⁰ − c·λ) / 2⁸⁰⌉, at 2⁻⁵².
//!
//! Entries come from integers alone: roots and powers at 2⁻¹⁹², each rounded down once, so that an entry is the rounded value of
//! the function unless that is within 2⁻¹²⁰ of a tie. The one tie, T1\[53·64\] = ⌊1/2⌉ = 1, is exact: whole powers of 2 are shifts.

use std::sync::LazyLock;

use num_bigint::BigInt;

use crate::fixed::{floor_sqrt, round_div};

/// Rows of each table.
pub const ROWS: usize = 1 << DIGIT_BITS;
/// Bits of the digits a and b.
pub const DIGIT_BITS: u32 = 12;
/// Bits of the digit c, which stands under no table.
pub const LAST_BITS: u32 = 6;
/// Fraction bits of v.
pub const INPUT_BITS: u32 = 24;
/// Fraction bits of E(v).
pub const OUTPUT_BITS: u32 = 52;
/// E(0), the greatest value.
pub const ONE: u64 = 1 << OUTPUT_BITS;
/// Fraction bits of T2 and of the last factor.
pub const FINE_BITS: u32 = 40;
/// λ = ⌊2¹⁶·ln 2⌉: the last factor is 2⁴⁰ − c·λ.
pub const SLOPE: u64 = 45_426;
/// From here on E is 0.
pub const LIMIT: u64 = 1 << (2 * DIGIT_BITS + LAST_BITS);
/// Bits of the remainder of the division.
pub const REMAINDER_BITS: u32 = 2 * FINE_BITS;

/// Fraction bits of intermediate values of the tables.
const PRECISION: u32 = 192;

/// T1 and T2.
#[derive(Debug)]
pub struct Tables {
    /// T1, at 2⁻⁵².
    pub coarse: Box<[u64; ROWS]>,
    /// T2, at 2⁻⁴⁰.
    pub fine: Box<[u64; ROWS]>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    coarse: entries(OUTPUT_BITS, LAST_BITS),
    fine: entries(FINE_BITS, INPUT_BITS - LAST_BITS),
});

/// The two tables.
pub fn tables() -> &'static Tables {
    &TABLES
}

/// ⌊2^fraction·2^(−n/2^step)⌉ for n = 0, 1, ….
fn entries(fraction: u32, step: u32) -> Box<[u64; ROWS]> {
    let one = BigInt::from(1) << PRECISION;
    let root = (0..step).fold(&one >> 1u32, |root, _| floor_sqrt(&(root << PRECISION)));
    let mut power = one.clone();
    let mut entries = Box::new([0; ROWS]);
    for (n, entry) in entries.iter_mut().enumerate() {
        let (whole, part) = (n >> step, n & ((1 << step) - 1));
        power = if part == 0 { one.clone() } else { (power * &root) >> PRECISION };
        // Doubled at most 64 times below the rounding, so nothing is lost of what decides it.
        let rounded = round_div(&(&power << fraction), &(&one << whole));
        *entry = u64::try_from(rounded).unwrap_or(u64::MAX);
    }
    entries
}

/// E(v) and what a circuit needs to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponential {
    /// h, the rest of v above its digits.
    pub high: u64,
    /// a, b and c.
    pub digits: [u64; 3],
    /// T1\[a\] and T2\[b\].
    pub entries: [u64; 2],
    /// q of T1\[a\]·T2\[b\]·(2⁴⁰ − c·λ) + 2⁷⁹ = 2⁸⁰·q + r: 53 bits.
    pub quotient: u64,
    /// r, of 80 bits.
    pub remainder: u128,
    /// E(v): q if h = 0, else 0.
    pub value: u64,
}

impl Exponential {
    /// Of v at 2⁻²⁴.
    pub fn new(v: u64) -> Self {
        let digit = |low: u32, bits: u32| v >> low & ((1 << bits) - 1);
        let digits =
            [digit(LAST_BITS + DIGIT_BITS, DIGIT_BITS), digit(LAST_BITS, DIGIT_BITS), digit(0, LAST_BITS)];
        let [a, b, c] = digits;
        let entries = [TABLES.coarse[a as usize], TABLES.fine[b as usize]];
        // The product has up to 132 bits. With P = T1·T2 = 2⁴⁰·p + p′ it is 2⁸⁰·p + 2⁴⁰·p′ − P·c·λ.
        let product = u128::from(entries[0]) * u128::from(entries[1]);
        let (p, rest) = (product >> FINE_BITS, product & ((1 << FINE_BITS) - 1));
        let low = i128::try_from((rest << FINE_BITS) + (1 << (REMAINDER_BITS - 1))).unwrap_or(i128::MAX)
            - i128::try_from(product * u128::from(c * SLOPE)).unwrap_or(i128::MAX);
        let quotient = i128::try_from(p).unwrap_or(i128::MAX) + (low >> REMAINDER_BITS);
        let quotient = u64::try_from(quotient).unwrap_or(u64::MAX);
        let high = v / LIMIT;
        Self {
            high,
            digits,
            entries,
            quotient,
            remainder: low.rem_euclid(1 << REMAINDER_BITS).unsigned_abs(),
            value: if high == 0 { quotient } else { 0 },
        }
    }
}

/// E(v) at 2⁻⁵², of v at 2⁻²⁴.
pub fn exponential(v: u64) -> u64 {
    Exponential::new(v).value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The entries, little-endian, T1 before T2. A second implementation, with decimals of 80 digits, has the same digest.
    #[test]
    fn the_tables_are_pinned() {
        let tables = tables();
        let bytes: Vec<u8> =
            tables.coarse.iter().chain(&tables.fine[..]).flat_map(|x| x.to_le_bytes()).collect();
        let digest = blake2b_simd::Params::new().hash_length(32).hash(&bytes).to_hex();
        assert_eq!(&digest[..], "6ef2315b26f792e5379fb6ab4bd1d46486ceadd10962ef5ef2cc2bb88a5c6a03");
        assert!(tables.coarse.is_sorted_by(|a, b| a >= b) && tables.fine.is_sorted_by(|a, b| a > b));
        assert_eq!((tables.coarse[0], tables.fine[0]), (ONE, 1 << FINE_BITS));
    }

    #[test]
    fn the_tie_rounds_up() {
        assert_eq!([3391, 3392, 3393].map(|a| tables().coarse[a]), [1, 1, 0]);
        assert_eq!(
            [(3392 << 18) - 1, 3392 << 18, (3393 << 18) - 1, 3393 << 18].map(exponential),
            [1, 1, 1, 0]
        );
    }

    #[test]
    fn ends_and_halvings() {
        for (v, expected) in [
            (0, ONE),
            (1 << 24, ONE / 2),
            (10 << 24, ONE >> 10),
            (52 << 24, 1),
            (LIMIT - 1, 0),
            (LIMIT, 0),
            (u64::MAX, 0),
        ] {
            assert_eq!(exponential(v), expected, "{v}");
        }
        // Without its top digit LIMIT is 0, whose E is the greatest.
        let beyond = Exponential::new(LIMIT);
        assert_eq!((beyond.high, beyond.quotient, beyond.value), (1, ONE, 0));
    }

    #[test]
    fn a_division_with_its_remainder() {
        for v in [
            0,
            1,
            63,
            64,
            65,
            (1 << 18) - 1,
            1 << 18,
            12_345_678,
            7_000_001,
            99_999_999,
            3392 << 18,
            LIMIT - 1,
        ] {
            let e = Exponential::new(v);
            let [a, b, c] = e.digits;
            assert_eq!(v, e.high << 30 | a << 18 | b << 6 | c);
            let last = (BigInt::from(1) << FINE_BITS) - c * SLOPE;
            let product = last * e.entries[0] * e.entries[1] + (BigInt::from(1) << (REMAINDER_BITS - 1));
            assert_eq!(product, (BigInt::from(e.quotient) << REMAINDER_BITS) + e.remainder, "{v}");
            assert!(
                e.remainder >> REMAINDER_BITS == 0 && e.quotient <= ONE && a < 4096 && b < 4096 && c < 64
            );
        }
    }

    /// What the specification promises of the error, and that E all but falls.
    #[test]
    fn it_is_the_exponential() {
        let mut before = ONE;
        for v in (0..LIMIT).step_by(9_973) {
            #[expect(clippy::cast_precision_loss, reason = "compared with what doubles hold")]
            let (exact, found) =
                ((-(v as f64) / 2f64.powi(24)).exp2(), exponential(v) as f64 / 2f64.powi(52));
            assert!((found - exact).abs() <= 2f64.powi(-52) + 2.8e-12 * exact, "{v}: {found}, {exact}");
            assert!(exponential(v) <= before + 1 && exponential(v + 1) <= exponential(v) + 1, "{v}");
            before = exponential(v);
        }
    }
}
