//! Field elements side by side: what transforms and constraints are computed on.
//!
//! One element to a lane everywhere ([`Fr`] itself), eight where the processor multiplies 52-bit integers eight at a time
//! (`Wide`). A column of n rows is n/COUNT vectors, lane l of vector j being row l·n/COUNT + j: a rotation then moves from
//! vector to vector, and most layers of a transform never look across lanes.

#[cfg(target_arch = "x86_64")]
mod wide;

use halo2curves::bn256::Fr;

#[cfg(target_arch = "x86_64")]
pub(super) use wide::Wide;

/// As many field elements as the processor handles at once.
///
/// Values need not be reduced. In multiples of the characteristic p, what is stored, packed or unpacked is below 4; numbers
/// below 84 can be held.
pub(super) trait Lanes: Copy + Send + Sync + 'static {
    /// Elements in a vector, a power of two.
    const COUNT: usize;
    /// Vectors in a block: so many that reading a step of a program costs little, and so few that its registers stay in
    /// the cache.
    const BLOCK: usize;
    /// The same element in all lanes.
    type Constant: Copy + Send + Sync;
    /// A sum that is reduced in the end.
    type Sum: Copy;

    /// Runs `work` with what the processor needs switched on. Everything `work` calls must be inlined into it.
    fn run<R>(work: impl FnOnce() -> R) -> R;

    /// Lane l holds `value(l)`.
    fn pack(value: impl Fn(usize) -> Fr) -> Self;

    /// Hands out lane by lane.
    fn unpack(self, take: impl FnMut(usize, Fr));

    fn constant(value: Fr) -> Self::Constant;

    /// Below 1.2 if the product of both bounds is at most 16; below 2 if it is at most 84.
    fn times(self, other: Self) -> Self;

    /// As [`times`](Self::times), by less than 1.
    fn times_constant(self, constant: &Self::Constant) -> Self;

    /// Below the sum of the bounds.
    fn plus(self, other: Self) -> Self;

    /// The bound grows by 2; `other` is below 2.
    fn minus(self, other: Self) -> Self;

    /// Below 1.7.
    fn reduced(self) -> Self;

    /// The sum of lanes l and l xor `distance` in the one whose number has not the bit `distance`, and in the other one what it
    /// is less than that: bounds grow by 2. Below 2 before.
    fn across(self, distance: usize) -> Self;

    /// Lane l gets what lane l + `by` has, cyclically.
    fn turned(self, by: isize) -> Self;

    fn start(constant: &Self::Constant) -> Self::Sum;

    /// `term` is below 4. At most [`TERMS`] go on top of a start or a [`finish`](Self::finish).
    fn add(sum: Self::Sum, term: Self) -> Self::Sum;

    /// As [`add`](Self::add).
    fn subtract(sum: Self::Sum, term: Self) -> Self::Sum;

    /// Below 1.7.
    fn finish(sum: Self::Sum) -> Self;

    /// What was finished, to be gone on with.
    fn resume(self) -> Self::Sum;
}

/// Terms that a sum takes before it must be finished.
pub(super) const TERMS: usize = 16;

impl Lanes for Fr {
    const COUNT: usize = 1;
    const BLOCK: usize = 32;
    type Constant = Fr;
    type Sum = Fr;

    fn run<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline(always)]
    fn pack(value: impl Fn(usize) -> Fr) -> Self {
        value(0)
    }

    #[inline(always)]
    fn unpack(self, mut take: impl FnMut(usize, Fr)) {
        take(0, self);
    }

    #[inline(always)]
    fn constant(value: Fr) -> Fr {
        value
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn times_constant(self, constant: &Fr) -> Self {
        self * constant
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn reduced(self) -> Self {
        self
    }

    /// # Panics
    /// There is no other lane.
    fn across(self, distance: usize) -> Self {
        unreachable!("lane {distance} of one")
    }

    #[inline(always)]
    fn turned(self, _: isize) -> Self {
        self
    }

    #[inline(always)]
    fn start(constant: &Fr) -> Fr {
        *constant
    }

    #[inline(always)]
    fn add(sum: Fr, term: Self) -> Fr {
        sum + term
    }

    #[inline(always)]
    fn subtract(sum: Fr, term: Self) -> Fr {
        sum - term
    }

    #[inline(always)]
    fn finish(sum: Fr) -> Self {
        sum
    }

    #[inline(always)]
    fn resume(self) -> Fr {
        self
    }
}
