//! Eight field elements in five vectors of 52-bit limbs, for processors with AVX-512 IFMA.
//!
//! Multiplication is Montgomery's with R = 2^260, which leaves six bits above the field: sums and differences are reduced
//! only where the bounds of [`Lanes`] would be passed. The algorithm is that of Gueron and Krasnov, "Accelerating big
//! integer arithmetic using Intel IFMA extensions" (ARITH 2016), one operand's limb at a time.

#![expect(unsafe_code, reason = "vector instructions; `available` is asked before any of them is reached")]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_blend_epi64, _mm512_movepi64_mask, _mm512_permutexvar_epi64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_srai_epi64, _mm512_sub_epi64,
};
use std::marker::PhantomData;
use std::mem::transmute;

pub use lines::Words;
pub use product::Product;

use super::words::{BITS, LIMBS, MASK, less, limbs, negated_inverse, power_of_two, subtract, twice, words};
use super::{Lanes, Modulus};

/// What follows from the characteristic.
trait Constants: Modulus {
    const P_LIMBS: [u64; LIMBS] = limbs(Self::P);
    const TWO_P: [u64; LIMBS] = twice(Self::P_LIMBS);
    const FOUR_P: [u64; LIMBS] = twice(Self::TWO_P);
    /// −1/p modulo 2^52.
    const INVERSE: u64 = negated_inverse(Self::P[0]) & MASK;
    /// From the form that the curve crate has elements in, with R = 2^256, to the one here, and back.
    const INTO: [u64; LIMBS] = limbs(power_of_two(2 * LIMBS as u32 * BITS - 256, Self::P));
    const BACK: [u64; LIMBS] = limbs(power_of_two(256, Self::P));
    /// ⌊2^52/(⌊p/2^208⌋ + 1)⌋: times the top limb, over 2^52, it is the multiple of p to take off.
    const BARRETT: u64 = (1 << BITS) / (Self::P_LIMBS[4] + 1);
}

impl<F: Modulus> Constants for F {}

/// Eight field elements: lane l of vector i is limb i of element l.
#[derive(Clone, Copy, Debug)]
pub struct Wide<F>([__m512i; LIMBS], PhantomData<F>);

impl<F: Modulus> Wide<F> {
    /// Whether this processor has the instructions.
    pub fn available() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma")
    }

    #[inline(always)]
    fn from_limbs(limbs: [[u64; 8]; LIMBS]) -> Self {
        // SAFETY: both are 320 bytes of integers, for which every pattern is a value.
        Self(unsafe { transmute::<[[u64; 8]; LIMBS], [__m512i; LIMBS]>(limbs) }, PhantomData)
    }

    #[inline(always)]
    fn into_limbs(self) -> [[u64; 8]; LIMBS] {
        // SAFETY: as above.
        unsafe { transmute::<[__m512i; LIMBS], [[u64; 8]; LIMBS]>(self.0) }
    }

    /// Less two others, which are below 2: below 1.7.
    #[inline(always)]
    pub fn minus_both(self, one: Self, other: Self) -> Self {
        self.subtracted(one.added(other), &F::FOUR_P).reduced()
    }

    /// Less another, which is below 2: below 1.7.
    #[inline(always)]
    pub fn minus_reduced(self, other: Self) -> Self {
        self.subtracted(other, &F::TWO_P).reduced()
    }

    /// The representatives below p of what is below 84.
    #[inline(always)]
    pub fn canonical(self) -> Self {
        let reduced = self.reduced();
        // The top limb is negative where p was more.
        let less = reduced.less_other(Self::broadcast(&F::P_LIMBS)).carried();
        // SAFETY: see `run`.
        let negative = unsafe { _mm512_movepi64_mask(less.0[LIMBS - 1]) };
        less.blended(reduced, negative)
    }

    /// Less another, limb by limb, with what limbs borrow.
    #[inline(always)]
    fn less_other(self, other: Self) -> Self {
        let ([a, b, c, d, e], [v, w, x, y, z]) = (self.0, other.0);
        // SAFETY: see `run`.
        unsafe {
            let [a, b, c] = [_mm512_sub_epi64(a, v), _mm512_sub_epi64(b, w), _mm512_sub_epi64(c, x)];
            Self([a, b, c, _mm512_sub_epi64(d, y), _mm512_sub_epi64(e, z)], PhantomData)
        }
    }

    /// A constant in all lanes.
    #[inline(always)]
    fn broadcast(constant: &[u64; LIMBS]) -> Self {
        let [a, b, c, d, e] = constant.map(|limb| limb as i64);
        // SAFETY: see `run`.
        unsafe {
            let limbs = [
                _mm512_set1_epi64(a),
                _mm512_set1_epi64(b),
                _mm512_set1_epi64(c),
                _mm512_set1_epi64(d),
                _mm512_set1_epi64(e),
            ];
            Self(limbs, PhantomData)
        }
    }

    /// Lane l gets what lane `lanes[l]` has.
    #[inline(always)]
    fn permuted(self, lanes: __m512i) -> Self {
        let [a, b, c, d, e] = self.0;
        // SAFETY: see `run`.
        unsafe {
            let [a, b] = [_mm512_permutexvar_epi64(lanes, a), _mm512_permutexvar_epi64(lanes, b)];
            let [c, d] = [_mm512_permutexvar_epi64(lanes, c), _mm512_permutexvar_epi64(lanes, d)];
            Self([a, b, c, d, _mm512_permutexvar_epi64(lanes, e)], PhantomData)
        }
    }

    /// With what another vector has in some lanes.
    #[inline(always)]
    fn blended(self, other: Self, lanes: u8) -> Self {
        let ([a, b, c, d, e], [v, w, x, y, z]) = (self.0, other.0);
        // SAFETY: see `run`.
        unsafe {
            let [a, b] = [_mm512_mask_blend_epi64(lanes, a, v), _mm512_mask_blend_epi64(lanes, b, w)];
            let [c, d] = [_mm512_mask_blend_epi64(lanes, c, x), _mm512_mask_blend_epi64(lanes, d, y)];
            Self([a, b, c, d, _mm512_mask_blend_epi64(lanes, e, z)], PhantomData)
        }
    }

    /// Limbs below 2^52 again, but for the top one; limbs may be negative, their sum is not.
    #[inline(always)]
    fn carried(self) -> Self {
        let [a, b, c, d, e] = self.0;
        // SAFETY: see `run`.
        unsafe {
            let mask = _mm512_set1_epi64(MASK as i64);
            let b = _mm512_add_epi64(b, _mm512_srai_epi64::<BITS>(a));
            let c = _mm512_add_epi64(c, _mm512_srai_epi64::<BITS>(b));
            let d = _mm512_add_epi64(d, _mm512_srai_epi64::<BITS>(c));
            let e = _mm512_add_epi64(e, _mm512_srai_epi64::<BITS>(d));
            let [a, b] = [_mm512_and_si512(a, mask), _mm512_and_si512(b, mask)];
            let [c, d] = [_mm512_and_si512(c, mask), _mm512_and_si512(d, mask)];
            Self([a, b, c, d, e], PhantomData)
        }
    }

    #[inline(always)]
    fn added(self, other: Self) -> Self {
        let ([a, b, c, d, e], [v, w, x, y, z]) = (self.0, other.0);
        // SAFETY: see `run`.
        unsafe {
            let [a, b, c] = [_mm512_add_epi64(a, v), _mm512_add_epi64(b, w), _mm512_add_epi64(c, x)];
            Self([a, b, c, _mm512_add_epi64(d, y), _mm512_add_epi64(e, z)], PhantomData)
        }
    }

    /// With `offset` on top.
    #[inline(always)]
    fn subtracted(self, other: Self, offset: &[u64; LIMBS]) -> Self {
        self.added(Self::broadcast(offset)).less_other(other)
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn with_instructions<R>(work: impl FnOnce() -> R) -> R {
    work()
}

impl<F: Modulus> Lanes for Wide<F> {
    type Field = F;
    const COUNT: usize = 8;
    const BLOCK: usize = 8;
    type Constant = [u64; LIMBS];
    type Sum = Product;

    /// # Panics
    /// If the processor does not have the instructions.
    fn run<R>(work: impl FnOnce() -> R) -> R {
        assert!(Self::available(), "AVX-512 IFMA on a processor without it");
        // SAFETY: it has what the function enables, and what uses it is inlined into it.
        unsafe { with_instructions(work) }
    }

    #[inline(always)]
    fn pack(value: impl Fn(usize) -> F) -> Self {
        let mut packed = [[0; 8]; LIMBS];
        for lane in 0..8 {
            for (packed, limb) in packed.iter_mut().zip(limbs(value(lane).words())) {
                packed[lane] = limb;
            }
        }
        Self::from_limbs(packed).times_constant(&F::INTO)
    }

    #[inline(always)]
    fn unpack(self, mut take: impl FnMut(usize, F)) {
        let [a, b, c, d, e] = self.times_constant(&F::BACK).canonical().into_limbs();
        for lane in 0..8 {
            take(lane, F::from_words(words([a[lane], b[lane], c[lane], d[lane], e[lane]])));
        }
    }

    fn constant(value: F) -> [u64; LIMBS] {
        Self::run(
            #[inline(always)]
            || Self::pack(|_| value).reduced_fully(),
        )
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Product::zero().added(self, other).reduced::<F>()
    }

    #[inline(always)]
    fn times_constant(self, constant: &[u64; LIMBS]) -> Self {
        self.times(Self::broadcast(constant))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.added(other).carried()
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.subtracted(other, &F::TWO_P).carried()
    }

    /// What limbs carry stays in them: each of 20 layers adds less than two bits' worth of 2^52.
    #[inline(always)]
    fn butterfly(one: Self, other: Self, factor: &[u64; LIMBS]) -> (Self, Self) {
        let turned = other.carried().times_constant(factor);
        (one.added(turned), one.subtracted(turned, &F::TWO_P))
    }

    #[inline(always)]
    fn tight(self) -> Self {
        self.carried()
    }

    #[inline(always)]
    fn reduced(self) -> Self {
        let [p0, p1, p2, p3, p4] = Self::broadcast(&F::P_LIMBS).0;
        let [a, b, c, d, e] = self.0;
        // SAFETY: see `run`.
        unsafe {
            let zero = _mm512_setzero_si512();
            let multiple = _mm512_madd52hi_epu64(zero, e, _mm512_set1_epi64(F::BARRETT as i64));
            // What is taken off each limb: a low half, and the high half of the limb below.
            let first = _mm512_madd52lo_epu64(zero, multiple, p0);
            let second = _mm512_madd52lo_epu64(_mm512_madd52hi_epu64(zero, multiple, p0), multiple, p1);
            let third = _mm512_madd52lo_epu64(_mm512_madd52hi_epu64(zero, multiple, p1), multiple, p2);
            let fourth = _mm512_madd52lo_epu64(_mm512_madd52hi_epu64(zero, multiple, p2), multiple, p3);
            let fifth = _mm512_madd52lo_epu64(_mm512_madd52hi_epu64(zero, multiple, p3), multiple, p4);
            let [a, b] = [_mm512_sub_epi64(a, first), _mm512_sub_epi64(b, second)];
            let [c, d] = [_mm512_sub_epi64(c, third), _mm512_sub_epi64(d, fourth)];
            Self([a, b, c, d, _mm512_sub_epi64(e, fifth)], PhantomData).carried()
        }
    }

    #[inline(always)]
    fn across(self, distance: usize) -> Self {
        let (mut lanes, mut odd) = ([0; 8], 0);
        for (lane, from) in lanes.iter_mut().enumerate() {
            *from = (lane ^ distance) as u64;
            odd |= u8::from(lane & distance != 0) << lane;
        }
        // SAFETY: see `run`; the lanes are as in `from_limbs`.
        let lanes = unsafe { transmute::<[u64; 8], __m512i>(lanes) };
        let zero = Self::broadcast(&[0; LIMBS]);
        self.blended(zero.subtracted(self, &F::TWO_P), odd).added(self.permuted(lanes)).carried()
    }

    #[inline(always)]
    fn turned(self, by: isize) -> Self {
        let mut lanes = [0; 8];
        for (lane, from) in lanes.iter_mut().enumerate() {
            *from = (lane as isize + by).rem_euclid(8) as u64;
        }
        // SAFETY: see `run`; the lanes are as in `from_limbs`.
        self.permuted(unsafe { transmute::<[u64; 8], __m512i>(lanes) })
    }

    #[inline(always)]
    fn start(constant: &[u64; LIMBS]) -> Product {
        Self::broadcast(constant).resume()
    }

    #[inline(always)]
    fn add(sum: Product, term: Self) -> Product {
        sum.with_value(|value: Self| value.added(term))
    }

    #[inline(always)]
    fn subtract(sum: Product, term: Self) -> Product {
        sum.with_value(|value: Self| value.subtracted(term, &F::FOUR_P))
    }

    #[inline(always)]
    fn add_product(sum: Product, one: Self, other: Self) -> Product {
        sum.added(one, other)
    }

    #[inline(always)]
    fn subtract_product(sum: Product, one: Self, other: Self) -> Product {
        sum.added(Self::broadcast(&F::FOUR_P).less_other(one).carried(), other)
    }

    #[inline(always)]
    fn add_scaled(sum: Product, term: Self, factor: &[u64; LIMBS]) -> Product {
        sum.added(Self::broadcast(factor), term)
    }

    #[inline(always)]
    fn finish(sum: Product) -> Self {
        sum.reduced::<F>().reduced()
    }

    /// A sum is of multiples of R: the value's limbs are the upper ones.
    #[inline(always)]
    fn resume(self) -> Product {
        let [a, b, c, d, e] = self.0;
        // SAFETY: see `run`.
        let zero = unsafe { _mm512_setzero_si512() };
        Product([zero, zero, zero, zero, zero, a, b, c, d, e])
    }
}

impl<F: Modulus> Wide<F> {
    /// Limbs of lane 0 after full reduction.
    #[inline(always)]
    fn reduced_fully(self) -> [u64; LIMBS] {
        let [a, b, c, d, e] = self.into_limbs();
        let mut words = words([a[0], b[0], c[0], d[0], e[0]]);
        while !less(words, F::P) {
            words = subtract(words, F::P);
        }
        limbs(words)
    }
}

mod lines;
mod product;
#[cfg(test)]
mod stress;
#[cfg(test)]
mod tests;
