//! Floats enter here and nowhere else: from IEEE doubles to exact integers.
//!
//! A finite double is m·2^e with integers |m| < 2⁵³ and e. All below computes with m and e and never rounds on
//! the way.

use foldproof_circuits::block::{NUMBER_FRACTION_BITS, Number, Quantity};
use foldproof_circuits::codebook::{FOLD_BITS, PQ_BITS};
use foldproof_circuits::fixed::{round_div, round_shift};
use num_bigint::BigInt;

use super::json::{INTEGER_LIMIT, Json};

/// Deviations of at most this magnitude count as 1.
pub const DEVIATION_FLOOR: f64 = 1e-9;
/// Bits of a mantissa.
const MANTISSA_BITS: u32 = 53;
/// A left shift that takes any mantissa but 0 beyond every limit, yet not out of an `i128`.
const SHIFT_LIMIT: i32 = 70;

/// Mantissa and exponent: x = m·2^e. `None` for infinities and NaN.
fn parts(x: f64) -> Option<(i128, i32)> {
    if !x.is_finite() {
        return None;
    }
    let bits = x.to_bits();
    let fraction = i128::from(bits & ((1 << (MANTISSA_BITS - 1)) - 1));
    // Eleven bits, so this fits.
    let exponent = i32::try_from((bits >> (MANTISSA_BITS - 1)) & 0x7ff).unwrap_or(0);
    let (magnitude, e) = match exponent {
        0 => (fraction, -1074),
        _ => (fraction | (1 << (MANTISSA_BITS - 1)), exponent - 1075),
    };
    Some((if x.is_sign_negative() { -magnitude } else { magnitude }, e))
}

/// The canonical number of a double: x·2¹⁶ rounded to nearest, ties to even, saturated to ±(2⁴⁷ − 1). What is not
/// finite gives 0.
pub fn canonical(x: f64) -> Number {
    let Some((m, e)) = parts(x) else {
        return Number::default();
    };
    let shift = e + NUMBER_FRACTION_BITS.cast_signed();
    if shift >= 0 {
        // m has at most 53 bits: a longer shift would saturate anyway, unless m is 0.
        return Number::saturating(m << shift.min(SHIFT_LIMIT));
    }
    let bits = shift.unsigned_abs();
    if bits > MANTISSA_BITS + 1 {
        return Number::default(); // |x·2¹⁶| < 1/2
    }
    let floor = m >> bits;
    let twice_rest = (m - (floor << bits)) << 1;
    let up = twice_rest > 1 << bits || (twice_rest == 1 << bits && floor & 1 == 1);
    Number::saturating(floor + i128::from(up))
}

/// Most digits of a quantity in a text, decimal and hexadecimal.
const DECIMAL_DIGITS: usize = 78;
const HEX_DIGITS: usize = 64;

/// The quantity of a JSON number, or of a text of digits or of `0x` and hex digits: the nearest double, rounded up and saturated. 0 for what is
/// less than nothing, and for anything else.
pub fn quantity(value: &Json) -> Quantity {
    match value {
        Json::Number(x) => rounded_up(*x),
        // A text of digits is a decimal number that a double is nearest to.
        Json::Text(text) => {
            digits(text).and_then(|digits| digits.parse().ok()).map_or(Quantity::default(), rounded_up)
        }
        _ => Quantity::default(),
    }
}

/// The digits of a text that is a quantity, in decimal.
fn digits(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("0x") {
        let counts =
            (1..=HEX_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return counts
            .then(|| BigInt::parse_bytes(digits.as_bytes(), 16))
            .flatten()
            .map(|number| number.to_string());
    }
    let counts = (1..=DECIMAL_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    counts.then(|| text.to_owned())
}

/// The quantity of a whole number: the nearest double.
pub fn whole_quantity(value: u128) -> Quantity {
    #[expect(clippy::cast_precision_loss, reason = "which is what is asked for: ties go to even")]
    rounded_up(value as f64)
}

/// ⌈x⌉, saturated; 0 below 0.
fn rounded_up(x: f64) -> Quantity {
    let Some((m, e)) = parts(x) else {
        return if x > 0.0 { Quantity::MAX } else { Quantity::default() };
    };
    let m = m.max(0).unsigned_abs();
    let rounded = match e {
        // Any mantissa but 0 is beyond the limit there.
        0.. => m << e.unsigned_abs().min(SHIFT_LIMIT.unsigned_abs()),
        -127..0 => m.div_ceil(1 << e.unsigned_abs()),
        _ => u128::from(m > 0),
    };
    Quantity::saturating(rounded)
}

/// The integer a JSON number is, if it is one of magnitude below 2⁵³.
pub fn integer(value: &Json) -> Option<i64> {
    match value {
        Json::Number(x) if x.fract() == 0.0 && x.abs() < INTEGER_LIMIT =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^53")]
            Some(*x as i64)
        }
        _ => None,
    }
}

/// ⌊m·2^shift⌉ for |m| < 2¹⁰⁶, saturated to ±2¹²⁶.
fn scale(m: i128, shift: i32) -> i128 {
    let extremes = (m.signum()) << 126;
    match shift {
        0.. if m.unsigned_abs().leading_zeros() > shift.unsigned_abs() + 1 => m << shift,
        0.. => extremes,
        // Beyond 110 bits |m·2^shift| < 1/2: 0, also for negative m, because ⌊−y + 1/2⌋ = 0 for 0 < y ≤ 1/2.
        ..-110 => 0,
        _ => round_shift(m, shift.unsigned_abs()),
    }
}

/// ⌊x·2^bits⌉, round half up, exactly; saturated at ±2¹²⁶. What is not finite gives 0.
pub fn scale_half_up(x: f64, bits: u32) -> i128 {
    parts(x).map_or(0, |(m, e)| scale(m, e.saturating_add_unsigned(bits)))
}

/// ε² at 2⁻⁴⁸: ⌊ε²·2⁴⁸⌉ of the exact square of the double, saturated at 2¹²⁶.
pub fn bound_squared(epsilon: f64) -> i128 {
    parts(epsilon).map_or(0, |(m, e)| scale(m * m, 2 * e + 2 * PQ_BITS.cast_signed()))
}

/// 1/σ at 2⁻³²: ⌊2³²/σ⌉, with σ taken as 1 when |σ| ≤ 10⁻⁹ or not finite. Below 2⁶² in magnitude.
pub fn inverse_deviation(sigma: f64) -> i64 {
    let sigma = if sigma.abs() > DEVIATION_FLOOR { sigma } else { 1.0 };
    let (m, e) = parts(sigma).unwrap_or((1, 0));
    // 2³²/(m·2^e) = 2^(32−e)/m, the sign moved to the numerator.
    let exponent = FOLD_BITS.cast_signed() - e;
    let left = |shift: i32| BigInt::from(1) << shift.max(0).unsigned_abs();
    let quotient = round_div(&(left(exponent) * m.signum()), &(left(-exponent) * m.abs()));
    // |σ| > 10⁻⁹ > 2⁻³⁰.
    i64::try_from(quotient).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use foldproof_circuits::block::NUMBER_LIMIT;

    const UNIT: f64 = 1.0 / 65536.0;

    #[test]
    fn ties_go_to_the_even_unit() {
        let halves = [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (-2.5, -2), (3.5, 4), (-3.5, -4)];
        for (units, expected) in halves {
            assert_eq!(canonical(units * UNIT).units(), expected, "{units}");
        }
        // One step of the double off the tie decides it.
        assert_eq!(canonical((0.5 * UNIT).next_up()).units(), 1);
        assert_eq!(canonical((1.5 * UNIT).next_down()).units(), 1);
        assert_eq!(canonical((-0.5 * UNIT).next_down()).units(), -1);
    }

    #[test]
    fn numbers_saturate() {
        let largest = 2f64.powi(31);
        for (x, expected) in [
            (largest, NUMBER_LIMIT),
            (-largest, -NUMBER_LIMIT),
            (largest - UNIT, NUMBER_LIMIT),
            (largest - 2.0 * UNIT, NUMBER_LIMIT - 1),
            (f64::MAX, NUMBER_LIMIT),
            (f64::MIN, -NUMBER_LIMIT),
            (f64::MIN_POSITIVE, 0),
            (-5e-324, 0),
            (-0.0, 0),
        ] {
            assert_eq!(canonical(x).units(), expected, "{x}");
        }
    }

    #[test]
    fn what_is_not_finite_is_zero() {
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(canonical(x), Number::default());
            assert_eq!((scale_half_up(x, 32), bound_squared(x)), (0, 0));
        }
        assert_eq!(inverse_deviation(f64::INFINITY), 1 << 32);
    }

    #[test]
    fn quantities_round_up() {
        let text = |text: &str| quantity(&Json::text(text)).get();
        let number = |x: f64| quantity(&Json::Number(x)).get();
        let greatest = Quantity::MAX.get();
        for (x, expected) in [
            (0.0, 0),
            (-1.0, 0),
            (5e-324, 1),
            (2f64.powi(-127), 1),
            (0.5, 1),
            (1.0, 1),
            (1.0f64.next_up(), 2),
            (1e21, 1_000_000_000_000_000_000_000),
            (1e21f64.next_up(), 1_000_000_000_000_000_131_072),
            (2f64.powi(96).next_down(), (1 << 96) - (1 << 43)),
            (2f64.powi(96), greatest),
            (f64::MAX, greatest),
            (f64::INFINITY, greatest),
            (f64::NEG_INFINITY, 0),
        ] {
            assert_eq!(number(x), expected, "{x}");
        }
        for (digits, expected) in [
            ("", 0),
            ("0x", 0),
            ("0X1", 0),
            ("0xg", 0),
            ("-1", 0),
            ("+1", 0),
            (" 1", 0),
            ("1.5", 0),
            ("1e3", 0),
            ("007", 7),
            ("0x0a", 10),
            // Halfway between two doubles: to the even one.
            ("9007199254740993", 9_007_199_254_740_992),
            ("0x20000000000003", 9_007_199_254_740_996),
        ] {
            assert_eq!(text(digits), expected, "{digits}");
        }
        assert_eq!((text(&"9".repeat(78)), text(&"0".repeat(79))), (greatest, 0));
        assert_eq!(
            (text(&format!("0x{}", "f".repeat(64))), text(&format!("0x{}", "0".repeat(65)))),
            (greatest, 0)
        );
        assert_eq!(quantity(&Json::Bool(true)).get(), 0);
        assert_eq!(
            (whole_quantity(9_007_199_254_740_993).get(), whole_quantity(u128::MAX).get()),
            (1 << 53, greatest)
        );
    }

    #[test]
    fn halves_go_up() {
        for (x, expected) in [(0.5, 1), (-0.5, 0), (1.5, 2), (-1.5, -1), (2.5, 3), (0.49, 0), (-0.51, -1)] {
            assert_eq!(scale_half_up(x, 0), expected, "{x}");
            assert_eq!(scale_half_up(x / 16_777_216.0, 24), expected, "{x}");
        }
        assert_eq!(scale_half_up(f64::MAX, 32), 1 << 126);
        assert_eq!(scale_half_up(f64::MIN, 32), -(1 << 126));
        assert_eq!(scale_half_up(-f64::MIN_POSITIVE, 32), 0);
    }

    #[test]
    fn deviations_and_bounds() {
        assert_eq!(inverse_deviation(2.0), 1 << 31);
        assert_eq!(inverse_deviation(-2.0), -(1 << 31));
        assert_eq!(inverse_deviation(3.0), 1_431_655_765);
        assert_eq!(inverse_deviation(1e-9), 1 << 32, "at the floor: 1");
        assert_eq!(inverse_deviation(1e-9f64.next_up()), 4_294_967_295_999_998_844, "just above it");
        assert_eq!(inverse_deviation(f64::MAX), 0);
        assert_eq!(bound_squared(0.25), 1 << 44);
        assert_eq!([1.0, 1.5, 0.5].map(|x| bound_squared(x * 2f64.powi(-24))), [1, 2, 0]);
    }
}
