//! Integers of 256 bits as four words of 64 bits or five limbs of 52, at compile time.

/// Limbs of an integer.
pub(super) const LIMBS: usize = 5;
/// Bits of a limb.
pub(super) const BITS: u32 = 52;
/// The greatest limb.
pub(super) const MASK: u64 = (1 << BITS) - 1;

pub(super) const fn limbs(words: [u64; 4]) -> [u64; LIMBS] {
    [
        words[0] & MASK,
        (words[0] >> 52 | words[1] << 12) & MASK,
        (words[1] >> 40 | words[2] << 24) & MASK,
        (words[2] >> 28 | words[3] << 36) & MASK,
        words[3] >> 16,
    ]
}

pub(super) const fn words(limbs: [u64; LIMBS]) -> [u64; 4] {
    [
        limbs[0] | limbs[1] << 52,
        limbs[1] >> 12 | limbs[2] << 40,
        limbs[2] >> 24 | limbs[3] << 28,
        limbs[3] >> 36 | limbs[4] << 16,
    ]
}

/// By Newton's iteration, which doubles the bits that are right.
pub(super) const fn negated_inverse(odd: u64) -> u64 {
    let mut inverse = 1_u64;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg()
}

/// 2^exponent modulo p, by doubling.
pub(super) const fn power_of_two(exponent: u32, p: [u64; 4]) -> [u64; 4] {
    let mut value = [1, 0, 0, 0];
    let mut round = 0;
    while round < exponent {
        value = add(value, value);
        if !less(value, p) {
            value = subtract(value, p);
        }
        round += 1;
    }
    value
}

pub(super) const fn add(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut sum = [0; 4];
    let (mut carry, mut i) = (0, 0);
    while i < 4 {
        let word = a[i] as u128 + b[i] as u128 + carry;
        (sum[i], carry) = (word as u64, word >> 64);
        i += 1;
    }
    sum
}

pub(super) const fn subtract(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut difference = [0; 4];
    let (mut borrow, mut i) = (false, 0);
    while i < 4 {
        let (word, under) = a[i].overflowing_sub(b[i]);
        let (word, again) = word.overflowing_sub(borrow as u64);
        (difference[i], borrow) = (word, under || again);
        i += 1;
    }
    difference
}

pub(super) const fn less(a: [u64; 4], b: [u64; 4]) -> bool {
    let mut i = 4;
    while i > 0 {
        i -= 1;
        if a[i] != b[i] {
            return a[i] < b[i];
        }
    }
    false
}

pub(super) const fn twice(limbs: [u64; LIMBS]) -> [u64; LIMBS] {
    let [a, b, c, d, e] = limbs;
    [
        a << 1 & MASK,
        (b << 1 | a >> 51) & MASK,
        (c << 1 | b >> 51) & MASK,
        (d << 1 | c >> 51) & MASK,
        e << 1 | d >> 51,
    ]
}
