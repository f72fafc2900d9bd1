//! Products of vectors.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_srli_epi64,
};
use std::marker::PhantomData;

use super::super::words::{BITS, LIMBS};
use super::{Constants, Modulus, Wide};

/// A sum of products of two vectors, before it is reduced: limbs of 52 bits with what they carry, up to ten times 2^52 from each product.
/// The upper five, which may be negative as long as the sum is not, stand for a value once the lower ones are cleared.
///
/// Limbs are spelt out, here and elsewhere: in loops over arrays the compiler keeps them in memory, which takes more than twice
/// the time.
#[derive(Clone, Copy)]
pub struct Product(pub(super) [__m512i; 2 * LIMBS]);

impl Product {
    #[inline(always)]
    pub(super) fn zero() -> Self {
        // SAFETY: see `Wide::run`.
        Self([unsafe { _mm512_setzero_si512() }; 2 * LIMBS])
    }

    /// With `factor`·2^(52·I)·`other` on top.
    #[inline(always)]
    fn row<const I: usize>(&mut self, factor: __m512i, other: &[__m512i; LIMBS]) {
        let sum = &mut self.0;
        let [a, b, c, d, e] = *other;
        // SAFETY: see `Wide::run`.
        unsafe {
            sum[I] = _mm512_madd52lo_epu64(sum[I], factor, a);
            sum[I + 1] = _mm512_madd52lo_epu64(sum[I + 1], factor, b);
            sum[I + 2] = _mm512_madd52lo_epu64(sum[I + 2], factor, c);
            sum[I + 3] = _mm512_madd52lo_epu64(sum[I + 3], factor, d);
            sum[I + 4] = _mm512_madd52lo_epu64(sum[I + 4], factor, e);
            sum[I + 1] = _mm512_madd52hi_epu64(sum[I + 1], factor, a);
            sum[I + 2] = _mm512_madd52hi_epu64(sum[I + 2], factor, b);
            sum[I + 3] = _mm512_madd52hi_epu64(sum[I + 3], factor, c);
            sum[I + 4] = _mm512_madd52hi_epu64(sum[I + 4], factor, d);
            sum[I + 5] = _mm512_madd52hi_epu64(sum[I + 5], factor, e);
        }
    }

    /// With the product of two vectors on top.
    #[inline(always)]
    pub(super) fn added<F>(mut self, one: Wide<F>, other: Wide<F>) -> Self {
        let [a, b, c, d, e] = one.0;
        self.row::<0>(a, &other.0);
        self.row::<1>(b, &other.0);
        self.row::<2>(c, &other.0);
        self.row::<3>(d, &other.0);
        self.row::<4>(e, &other.0);
        self
    }

    /// With the multiple of p on top that clears limb I, and what limb I carries.
    #[inline(always)]
    fn cleared<const I: usize, F: Modulus>(&mut self, p: &[__m512i; LIMBS]) {
        // SAFETY: see `Wide::run`.
        unsafe {
            let inverse = _mm512_set1_epi64(F::INVERSE as i64);
            let multiple = _mm512_madd52lo_epu64(_mm512_setzero_si512(), self.0[I], inverse);
            self.row::<I>(multiple, p);
            self.0[I + 1] = _mm512_add_epi64(self.0[I + 1], _mm512_srli_epi64::<BITS>(self.0[I]));
        }
    }

    #[inline(always)]
    pub(super) fn with_value<F>(self, change: impl FnOnce(Wide<F>) -> Wide<F>) -> Self {
        let [a, b, c, d, e, rest @ ..] = self.0;
        let [v, w, x, y, z] = change(Wide(rest, PhantomData)).0;
        Self([a, b, c, d, e, v, w, x, y, z])
    }

    /// Over R: below (s + 1)·p if the products add up to s·R·p, and what values add.
    #[inline(always)]
    pub(super) fn reduced<F: Modulus>(mut self) -> Wide<F> {
        let p = Wide::<F>::broadcast(&F::P_LIMBS).0;
        self.cleared::<0, F>(&p);
        self.cleared::<1, F>(&p);
        self.cleared::<2, F>(&p);
        self.cleared::<3, F>(&p);
        self.cleared::<4, F>(&p);
        let [_, _, _, _, _, a, b, c, d, e] = self.0;
        Wide([a, b, c, d, e], PhantomData).carried()
    }
}
