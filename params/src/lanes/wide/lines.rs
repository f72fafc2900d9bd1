//! Pairs of field elements in memory: eight words, which are a line of a cache, and eight of them at a time in vectors.

use std::arch::x86_64::{
    __m256i, __m512i, _MM_HINT_T0, _mm_prefetch, _mm256_loadu_si256, _mm512_and_si512,
    _mm512_castsi256_si512, _mm512_inserti64x4, _mm512_loadu_si512, _mm512_or_si512, _mm512_set1_epi64,
    _mm512_shuffle_i64x2, _mm512_slli_epi64, _mm512_srli_epi64, _mm512_storeu_si512, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi64,
};
use std::marker::PhantomData;

use super::super::words::{LIMBS, MASK, subtract};
use super::{Constants, Modulus, Wide};

/// Two field elements in the form of [`Wide`], below 4p, four words each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub struct Words([u64; 8]);

impl Words {
    /// With the second element, which is below p and not 0, negated.
    pub fn with_second_negated<F: Modulus>(self) -> Self {
        let [a, b, c, d, second @ ..] = self.0;
        let [e, f, g, h] = subtract(F::P, second);
        Self([a, b, c, d, e, f, g, h])
    }

    /// Has the line fetched.
    #[inline(always)]
    pub fn prefetch(&self) {
        // SAFETY: every x86-64 processor has the instruction; it changes nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(self.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn row(&self) -> __m512i {
        // SAFETY: see `Wide::run`; a line is 64 bytes.
        unsafe { _mm512_loadu_si512(self.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn first(&self) -> __m256i {
        // SAFETY: see `Wide::run`; half a line is 32 bytes.
        unsafe { _mm256_loadu_si256(self.0.as_ptr().cast()) }
    }
}

#[inline(always)]
fn firsts([one, other]: [&Words; 2]) -> __m512i {
    // SAFETY: see `Wide::run`.
    unsafe { _mm512_inserti64x4::<1>(_mm512_castsi256_si512(one.first()), other.first()) }
}

/// Row i, column j becomes row j, column i.
#[inline(always)]
fn transposed(rows: [__m512i; 8]) -> [__m512i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    // SAFETY: see `Wide::run`.
    unsafe {
        // Of pairs of rows the even columns, and the odd ones.
        let even = [
            _mm512_unpacklo_epi64(a, b),
            _mm512_unpacklo_epi64(c, d),
            _mm512_unpacklo_epi64(e, f),
            _mm512_unpacklo_epi64(g, h),
        ];
        let odd = [
            _mm512_unpackhi_epi64(a, b),
            _mm512_unpackhi_epi64(c, d),
            _mm512_unpackhi_epi64(e, f),
            _mm512_unpackhi_epi64(g, h),
        ];
        let [c0, c2, c4, c6] = pairs_transposed(even);
        let [c1, c3, c5, c7] = pairs_transposed(odd);
        [c0, c1, c2, c3, c4, c5, c6, c7]
    }
}

/// The same of four rows of pairs.
#[inline(always)]
fn pairs_transposed([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // Takes pairs 0 and 2 of each of two rows; 1 and 3.
    const EVEN: i32 = 0b10_00_10_00;
    const ODD: i32 = 0b11_01_11_01;
    // SAFETY: see `Wide::run`.
    unsafe {
        let [ab_even, cd_even] = [_mm512_shuffle_i64x2::<EVEN>(a, b), _mm512_shuffle_i64x2::<EVEN>(c, d)];
        let [ab_odd, cd_odd] = [_mm512_shuffle_i64x2::<ODD>(a, b), _mm512_shuffle_i64x2::<ODD>(c, d)];
        [
            _mm512_shuffle_i64x2::<EVEN>(ab_even, cd_even),
            _mm512_shuffle_i64x2::<EVEN>(ab_odd, cd_odd),
            _mm512_shuffle_i64x2::<ODD>(ab_even, cd_even),
            _mm512_shuffle_i64x2::<ODD>(ab_odd, cd_odd),
        ]
    }
}

impl<F: Modulus> Wide<F> {
    /// Both elements of eight pairs.
    #[inline(always)]
    pub fn from_words<'w>(mut at: impl FnMut(usize) -> &'w Words) -> (Self, Self) {
        let [a, b, c, d] = [at(0).row(), at(1).row(), at(2).row(), at(3).row()];
        let [e, f, g, h] = [at(4).row(), at(5).row(), at(6).row(), at(7).row()];
        Self::of_columns(transposed([a, b, c, d, e, f, g, h]))
    }

    /// The first elements of two times eight pairs.
    #[inline(always)]
    pub fn firsts_of_words<'w>(mut at: impl FnMut(usize) -> [&'w Words; 2]) -> (Self, Self) {
        let [a, b, c, d] = [firsts(at(0)), firsts(at(1)), firsts(at(2)), firsts(at(3))];
        let [e, f, g, h] = [firsts(at(4)), firsts(at(5)), firsts(at(6)), firsts(at(7))];
        Self::of_columns(transposed([a, b, c, d, e, f, g, h]))
    }

    /// Eight pairs of elements, which are below 4.
    #[inline(always)]
    pub fn to_words(first: Self, second: Self) -> [Words; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (first.words(), second.words());
        let rows = transposed([a, b, c, d, e, f, g, h]);
        let mut lines = [Words::default(); 8];
        for (line, row) in lines.iter_mut().zip(rows) {
            // SAFETY: see `Wide::run`; a line is 64 bytes.
            unsafe { _mm512_storeu_si512(line.0.as_mut_ptr().cast(), row) };
        }
        lines
    }

    #[inline(always)]
    fn of_columns([a, b, c, d, e, f, g, h]: [__m512i; 8]) -> (Self, Self) {
        (Self::of_words([a, b, c, d]), Self::of_words([e, f, g, h]))
    }

    #[inline(always)]
    fn of_words([a, b, c, d]: [__m512i; 4]) -> Self {
        // SAFETY: see `Wide::run`.
        unsafe {
            let mask = _mm512_set1_epi64(MASK as i64);
            let second = _mm512_or_si512(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b));
            let third = _mm512_or_si512(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c));
            let fourth = _mm512_or_si512(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d));
            let limbs = [
                _mm512_and_si512(a, mask),
                _mm512_and_si512(second, mask),
                _mm512_and_si512(third, mask),
                _mm512_and_si512(fourth, mask),
                _mm512_srli_epi64::<16>(d),
            ];
            Self(limbs, PhantomData)
        }
    }

    #[inline(always)]
    fn words(self) -> [__m512i; 4] {
        let [a, b, c, d, e] = self.0;
        // SAFETY: see `Wide::run`.
        unsafe {
            [
                _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
                _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
                _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
                _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
            ]
        }
    }

    /// The negatives, in some lanes, of values below p other than 0.
    #[inline(always)]
    pub fn negated_where(self, lanes: u8) -> Self {
        let zero = Self::broadcast(&[0; LIMBS]);
        self.blended(zero.subtracted(self, &F::P_LIMBS).carried(), lanes)
    }
}
