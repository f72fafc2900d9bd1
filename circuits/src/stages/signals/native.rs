//! Signals in native integers.

use crate::fingerprint::FINGERPRINT;

/// 1 at 2⁻³².
pub(super) const ONE: u64 = 1 << 32;
/// Bits of a usual distance, and of its deviation.
pub const USUAL_BITS: u32 = 40;

/// ⌊√Σ (f_j − g_j)²⌋ of values of at most 48 bits.
pub fn distance(f: &[i64; FINGERPRINT], g: &[i64; FINGERPRINT]) -> u64 {
    let square = |(f, g): (&i64, &i64)| u128::from(f.abs_diff(*g)).pow(2);
    let sum: u128 = f.iter().zip(g).map(square).sum();
    u64::try_from(sum.isqrt()).unwrap_or(u64::MAX)
}

/// How fast fingerprints move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    /// At 2⁻³².
    pub velocity: u64,
    /// At 2⁻³²; 0 without an older one.
    pub acceleration: i64,
    /// Whether it is fast.
    pub accelerating: bool,
    /// At 2⁻³².
    pub confidence: u64,
}

impl Drift {
    /// From the one before, and perhaps the one before that.
    pub fn new(
        now: &[i64; FINGERPRINT],
        before: &[i64; FINGERPRINT],
        older: Option<&[i64; FINGERPRINT]>,
    ) -> Self {
        let velocity = distance(now, before);
        let change = |older| i128::from(velocity) - i128::from(distance(before, older));
        let acceleration = older.map_or(0, change);
        Self {
            velocity,
            // 39 bits.
            acceleration: i64::try_from(acceleration).unwrap_or(i64::MAX),
            accelerating: 10 * acceleration > i128::from(ONE),
            confidence: velocity.div_ceil(2).min(ONE),
        }
    }
}

/// How far a fingerprint is from centres.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// To each centre, at 2⁻³².
    pub distances: Vec<u64>,
    /// The nearest centre.
    pub nearest: usize,
    /// Its distance, at 2⁻³².
    pub distance: u64,
    /// Whether that is more than usual.
    pub outlier: bool,
}

impl Departure {
    /// The usual distance and its deviation where nothing else is known, at 2⁻³².
    pub const USUAL: [u64; 2] = [ONE, ONE / 2];

    /// From centres, with the usual distance and its deviation at 2⁻³²: none if there is no centre.
    pub fn new(
        f: &[i64; FINGERPRINT],
        centres: &[[i64; FINGERPRINT]],
        [typical, deviation]: [u64; 2],
    ) -> Option<Self> {
        let distances: Vec<u64> = centres.iter().map(|centre| distance(f, centre)).collect();
        let (nearest, distance) =
            distances.iter().copied().enumerate().min_by_key(|(i, distance)| (*distance, *i))?;
        let beyond = i128::from(distance) - i128::from(typical);
        Some(Self { nearest, distance, outlier: beyond > 2 * i128::from(deviation), distances })
    }
}

/// Where the count of a tag goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Up, and ever faster.
    Emerging,
    /// Neither.
    Steady,
    /// Down, and ever faster.
    Declining,
}

impl Trend {
    /// Of counts, oldest first: none of fewer than three.
    pub fn new(counts: &[u32]) -> Option<Self> {
        let ([first, second, ..], [.., last_but_one, last]) = (counts, counts) else { return None };
        if counts.len() < 3 {
            return None;
        }
        let difference = |a: &u32, b: &u32| i64::from(*a) - i64::from(*b);
        let v = difference(last, first);
        let a = difference(last, last_but_one) - difference(second, first);
        let limit = i64::try_from(counts.len() - 2).unwrap_or(i64::MAX);
        Some(if 2 * a > limit && v > 0 {
            Self::Emerging
        } else if 2 * a < -limit && v < 0 {
            Self::Declining
        } else {
            Self::Steady
        })
    }

    /// +1, 0 or −1.
    pub fn sign(self) -> i8 {
        match self {
            Self::Emerging => 1,
            Self::Steady => 0,
            Self::Declining => -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(place: i64) -> [i64; FINGERPRINT] {
        let mut values = [0; FINGERPRINT];
        values[40] = place;
        values
    }

    #[test]
    fn drift_has_its_limits() {
        let one = i64::try_from(ONE).unwrap();
        let accelerating =
            |acceleration: i64| Drift::new(&at(one + acceleration), &at(0), Some(&at(one))).accelerating;
        // A tenth of 2³² is no whole number.
        assert_eq!((accelerating(one / 10), accelerating(one / 10 + 1)), (false, true));
        let drift = Drift::new(&at(3), &at(0), None);
        assert_eq!((drift.velocity, drift.acceleration, drift.confidence), (3, 0, 2));
        assert_eq!(Drift::new(&at(2 * one), &at(0), None).confidence, ONE);
        assert_eq!(Drift::new(&at(2 * one + 9), &at(0), Some(&at(4 * one))).confidence, ONE);
        assert_eq!(Drift::new(&at(1), &at(0), Some(&at(-3))).acceleration, -2);
        let (least, most) = ([-(1 << 33); FINGERPRINT], [(1 << 33) - 1; FINGERPRINT]);
        assert!(distance(&least, &most) >> 38 == 0);
    }

    #[test]
    fn the_first_of_the_nearest_centres_counts() {
        let one = i64::try_from(ONE).unwrap();
        let found =
            |place: i64| Departure::new(&at(place), &[at(9), at(-1), at(1)], Departure::USUAL).unwrap();
        assert_eq!((found(0).nearest, found(0).distance, found(1).nearest), (1, 1, 2));
        assert_eq!((found(-1 - 2 * one).outlier, found(-2 - 2 * one).outlier), (false, true));
        assert_eq!(Departure::new(&at(0), &[], Departure::USUAL), None);
    }

    #[test]
    fn trends_need_speed_and_direction() {
        let sign = |counts: &[u32]| Trend::new(counts).map(Trend::sign);
        assert_eq!(sign(&[1, 2]), None);
        assert_eq!((sign(&[0, 0, 1]), sign(&[0, 1, 2])), (Some(1), Some(0)));
        assert_eq!((sign(&[9, 9, 8]), sign(&[9, 8, 8])), (Some(-1), Some(0)));
        assert_eq!((sign(&[0, 0, 0, 1]), sign(&[0, 0, 0, 2])), (Some(0), Some(1)), "2·1 is not above 2");
        assert_eq!((sign(&[5, 0, 5]), sign(&[0, 5, 0])), (Some(0), Some(0)), "without a direction");
        assert_eq!(sign(&[0, u32::MAX, 0, u32::MAX]), Some(0));
    }
}
