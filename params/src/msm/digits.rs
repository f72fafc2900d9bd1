//! Numbers taken apart into signed digits, and digits put in order.

use super::Entry;

/// A sign (true: negative) and a magnitude below 2^[`BITS`].
type Half = (bool, u128);

/// No half at all.
pub(super) const HALF: Half = (false, 0);
/// Halves of scalars are shorter.
const BITS: u32 = 128;

/// Digits of a number of [`BITS`] bits: signed ones reach a bit higher.
pub(super) const fn places(width: u32) -> usize {
    (BITS + 1).div_ceil(width) as usize
}

/// What is multiplied by the same digit stands together: digits 1, 2, … up to 2^(width−1).
pub(super) struct Digits {
    pub entries: Vec<Entry>,
    /// By digit, of which the first is 0.
    pub counts: Vec<u32>,
    pub width: u32,
}

impl Digits {
    /// Of a number for each of the first points; place j of its digits stands for multiple j of the point.
    ///
    /// # Panics
    /// If there are 2^31 multiples of points, or more.
    pub fn new(halves: impl Iterator<Item = Half> + Clone, width: u32, points: usize) -> Self {
        assert!(places(width) * points < 1 << 31, "{points} points with multiples");
        let mut counts = vec![0; (1 << (width - 1)) + 1];
        for (_, size) in halves.clone() {
            each(size, width, |_, digit| counts[digit.unsigned_abs() as usize] += 1);
        }
        let mut next: Vec<u32> = counts
            .iter()
            .scan(0, |start, count| {
                *start += count;
                Some(*start - count)
            })
            .collect();
        let mut entries = vec![Entry::default(); counts.iter().sum::<u32>() as usize];
        for (point, (negative, size)) in halves.enumerate() {
            each(size, width, |place, digit| {
                let next = &mut next[digit.unsigned_abs() as usize];
                entries[*next as usize] =
                    Entry::new((place * points + point) as u32, negative != (digit < 0));
                *next += 1;
            });
        }
        Self { entries, counts, width }
    }
}

/// Digits other than 0 of a number, with their places: from −2^(width−1) + 1 to 2^(width−1). Which of them carry is anybody's guess,
/// the processor's too: there is no branch for it.
#[inline(always)]
fn each(size: u128, width: u32, mut take: impl FnMut(usize, i32)) {
    let half = 1 << (width - 1);
    let mut rest = size;
    let mut place = 0;
    while rest != 0 {
        let low = (rest & ((1 << width) - 1)) as i32;
        let carry = i32::from(low > half);
        // Does not overflow: bits were shifted out.
        rest = (rest >> width) + carry as u128;
        let digit = low - (carry << width);
        if digit != 0 {
            take(place, digit);
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    #[test]
    fn digits_add_up() {
        for size in [0_u128, 1, 5, 255, 256, u128::MAX >> 1, u128::MAX, 1 << 127, 0x8080_8080] {
            for width in 2..=16 {
                let mut sum = BigInt::ZERO;
                each(size, width, |place, digit| {
                    assert!(place < places(width) && digit.unsigned_abs() <= 1 << (width - 1));
                    sum += BigInt::from(digit) << (place as u32 * width);
                });
                assert_eq!(sum, size.into(), "{size} {width}");
            }
        }
    }

    #[test]
    fn digits_stand_in_order() {
        let halves = [(false, 5), (true, 1 << 10), (false, 0), (true, 7)];
        let Digits { entries, counts, .. } = Digits::new(halves.into_iter(), 4, 10);
        assert_eq!(counts, [0, 0, 0, 0, 1, 1, 0, 1, 0]);
        let entries: Vec<(u32, bool)> =
            entries.iter().map(|entry| (entry.0 >> 1, entry.0 & 1 == 1)).collect();
        // 4·16² of the second point; 5 and 7 are themselves.
        assert_eq!(entries, [(21, true), (0, false), (3, true)]);
    }
}
