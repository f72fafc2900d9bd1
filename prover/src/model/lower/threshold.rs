//! Thresholds of trees over floats as thresholds over integers.

use foldproof_circuits::model::INPUT_BITS;

use crate::model::graph::trees::Precision;

/// Which side of a threshold goes first: `at most` it, or beyond it.
pub(super) enum Side {
    Always,
    Never,
    AtMost(i64),
    Above(i64),
}

/// The float32 numbers on either side of a threshold meet here: up to it, and including it or not, values are rounded to what is at most t.
fn boundary(t: f64) -> (f64, bool) {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to float32 is the point")]
    let mut y = t as f32;
    if f64::from(y) > t {
        y = y.next_down();
    }
    if !y.is_finite() {
        return (f64::from(y), true);
    }
    let next = y.next_up();
    if !next.is_finite() {
        return (f64::INFINITY, true);
    }
    // Ties go to the even one.
    (f64::midpoint(f64::from(y), f64::from(next)), y.to_bits() & 1 == 0)
}

/// Values x·2^−bits, scaled and shifted, that are at most `t` (less than `t` if `strict`) after rounding to the ensemble's precision.
pub(super) fn at_most(
    t: f64,
    strict: bool,
    precision: Precision,
    (scale, shift): (f64, f64),
    (low, high): (f64, f64),
    bits: i32,
) -> Side {
    let (bound, inclusive) = match (precision, strict) {
        (Precision::Single, false) => boundary(t),
        (Precision::Single, true) => {
            #[expect(clippy::cast_possible_truncation, reason = "rounding to float32 is the point")]
            let below = (t as f32).next_down();
            let below = if f64::from(t as f32) < t { f64::from(t as f32) } else { f64::from(below) };
            boundary(below)
        }
        (Precision::Double, strict) => (t, !strict),
    };
    let plain = (scale, shift) == (1.0, 0.0);
    if bound >= high && (high < bound || inclusive) {
        return Side::Always;
    }
    if bound < low || scale == 0.0 {
        let holds = scale == 0.0 && shift <= bound;
        return if holds { Side::Always } else { Side::Never };
    }
    let real = if plain { bound } else { (bound - shift) / scale };
    let scaled = real * 2f64.powi(bits);
    let limit = 2f64.powi(INPUT_BITS as i32 - 1);
    #[expect(clippy::cast_possible_truncation, reason = "checked to be of 36 bits")]
    if scale > 0.0 {
        let exact = scaled.floor() == scaled && !inclusive;
        let threshold = scaled.floor() - if exact { 1.0 } else { 0.0 };
        match threshold {
            threshold if threshold >= limit - 1.0 => Side::Always,
            threshold if threshold < -limit => Side::Never,
            threshold => Side::AtMost(threshold as i64),
        }
    } else {
        // From the bound upwards.
        let exact = scaled.ceil() == scaled && !inclusive;
        let least = scaled.ceil() + if exact { 1.0 } else { 0.0 };
        match least {
            least if least <= -limit => Side::Always,
            least if least > limit - 1.0 => Side::Never,
            least => Side::Above(least as i64 - 1),
        }
    }
}

/// What an isolation forest compares: float32 with a threshold of float32.
pub(super) fn single(threshold: f32, bits: i32) -> Option<i64> {
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    match at_most(threshold.into(), false, Precision::Single, (1.0, 0.0), all, bits) {
        Side::AtMost(threshold) => Some(threshold),
        Side::Always => Some((1 << (INPUT_BITS - 1)) - 1),
        Side::Never | Side::Above(_) => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// Integers around a threshold go where their float32 goes.
    #[test]
    fn thresholds_are_those_of_float32() {
        for t in [0.1_f32, 0.500_000_06, 1.0, -0.75, 3.402_823e-5, -1e-7, 0.0] {
            for bits in [20, 32] {
                let threshold = single(t, bits).unwrap();
                for x in threshold - 300..threshold + 300 {
                    let real = (x as f64 * 2f64.powi(-bits)) as f32;
                    assert_eq!(real <= t, x <= threshold, "{t} {x}");
                }
            }
        }
    }
}
