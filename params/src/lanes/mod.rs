//! Field elements side by side: what transforms, constraints and sums of points are computed on.
//!
//! One element to a vector everywhere (the field itself), eight where the processor multiplies 52-bit integers eight at a
//! time ([`Wide`]).

#[cfg(target_arch = "x86_64")]
mod wide;
#[cfg(target_arch = "x86_64")]
mod words;

use std::fmt::Debug;
use std::sync::OnceLock;

use ff::PrimeField;
use halo2curves::bn256::{Fq, Fr};
use halo2curves::serde::SerdeObject;

#[cfg(target_arch = "x86_64")]
pub use wide::{Wide, Words};

/// Switches [`vectors`] off if it is `off`: for who wants to know what other processors take.
const SWITCH: &str = "FOLDPROOF_VECTORS";

/// Whether provers compute on eight elements at a time: if this processor can, and nobody has switched it off.
pub fn vectors() -> bool {
    static VECTORS: OnceLock<bool> = OnceLock::new();
    #[cfg(target_arch = "x86_64")]
    let available = Wide::<Fr>::available();
    #[cfg(not(target_arch = "x86_64"))]
    let available = false;
    *VECTORS.get_or_init(|| available && std::env::var_os(SWITCH).is_none_or(|value| value != "off"))
}

/// A field of the curve.
pub trait Modulus: PrimeField + SerdeObject {
    /// Its characteristic p, as 64-bit words.
    const P: [u64; 4];

    /// The element times 2^256, below p: how it lies in memory.
    #[inline(always)]
    fn words(&self) -> [u64; 4] {
        let mut bytes = [0; 32];
        // Fails only if there is no room.
        drop(self.write_raw(&mut &mut bytes[..]));
        let (words, _) = bytes.as_chunks::<8>();
        [0, 1, 2, 3].map(
            #[inline(always)]
            |i: usize| u64::from_le_bytes(words[i]),
        )
    }

    /// The element whose product with 2^256 this is, below p.
    #[inline(always)]
    fn from_words(words: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        Self::read_raw_unchecked(&mut &bytes[..])
    }
}

impl Modulus for Fr {
    const P: [u64; 4] =
        [0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];
}

impl Modulus for Fq {
    const P: [u64; 4] =
        [0x3c20_8c16_d87c_fd47, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];
}

/// As many field elements as the processor handles at once.
///
/// Values need not be reduced. In multiples of the characteristic p, what is stored, packed or unpacked is below 4; numbers
/// below 84 can be held.
pub trait Lanes: Copy + Debug + Send + Sync + 'static {
    /// The elements.
    type Field: Modulus;
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
    fn pack(value: impl Fn(usize) -> Self::Field) -> Self;

    /// Hands out lane by lane.
    fn unpack(self, take: impl FnMut(usize, Self::Field));

    /// A constant.
    fn constant(value: Self::Field) -> Self::Constant;

    /// Below 1.2 if the product of both bounds is at most 16; below 2 if it is at most 84.
    fn times(self, other: Self) -> Self;

    /// As [`times`](Self::times), by less than 1.
    fn times_constant(self, constant: &Self::Constant) -> Self;

    /// Below the sum of the bounds.
    fn plus(self, other: Self) -> Self;

    /// The bound grows by 2; `other` is below 2.
    fn minus(self, other: Self) -> Self;

    /// one + other·factor and one − other·factor, *loose*: only for this, and for [`tight`](Self::tight). Bounds grow by 2.
    fn butterfly(one: Self, other: Self, factor: &Self::Constant) -> (Self, Self);

    /// A loose value as any other.
    fn tight(self) -> Self;

    /// Below 1.7.
    fn reduced(self) -> Self;

    /// The sum of lanes l and l xor `distance` in the one whose number has not the bit `distance`, and in the other one what it
    /// is less than that: bounds grow by 2. Below 2 before.
    fn across(self, distance: usize) -> Self;

    /// Lane l gets what lane l + `by` has, cyclically.
    fn turned(self, by: isize) -> Self;

    /// A sum of one constant.
    fn start(constant: &Self::Constant) -> Self::Sum;

    /// `term` is below 4. At most [`TERMS`] go on top of a start or a [`finish`](Self::finish), products included.
    fn add(sum: Self::Sum, term: Self) -> Self::Sum;

    /// As [`add`](Self::add).
    fn subtract(sum: Self::Sum, term: Self) -> Self::Sum;

    /// Both factors are below 4. Half of what [`times`](Self::times) takes: a sum is reduced once.
    fn add_product(sum: Self::Sum, one: Self, other: Self) -> Self::Sum;

    /// As [`add_product`](Self::add_product).
    fn subtract_product(sum: Self::Sum, one: Self, other: Self) -> Self::Sum;

    /// As [`add_product`](Self::add_product).
    fn add_scaled(sum: Self::Sum, term: Self, factor: &Self::Constant) -> Self::Sum;

    /// Below 1.7.
    fn finish(sum: Self::Sum) -> Self;

    /// What was finished, to be gone on with.
    fn resume(self) -> Self::Sum;
}

/// Terms that a sum takes before it must be finished.
pub const TERMS: usize = 16;

impl<F: Modulus> Lanes for F {
    type Field = F;
    const COUNT: usize = 1;
    const BLOCK: usize = 32;
    type Constant = F;
    type Sum = F;

    fn run<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline(always)]
    fn pack(value: impl Fn(usize) -> F) -> Self {
        value(0)
    }

    #[inline(always)]
    fn unpack(self, mut take: impl FnMut(usize, F)) {
        take(0, self);
    }

    #[inline(always)]
    fn constant(value: F) -> F {
        value
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn times_constant(self, constant: &F) -> Self {
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
    fn butterfly(one: Self, other: Self, factor: &F) -> (Self, Self) {
        let turned = other * factor;
        (one + turned, one - turned)
    }

    #[inline(always)]
    fn tight(self) -> Self {
        self
    }

    #[inline(always)]
    fn reduced(self) -> Self {
        self
    }

    /// # Panics
    /// There is no other lane.
    fn across(self, distance: usize) -> Self {
        assert_eq!(distance, 0, "lanes of one");
        self
    }

    #[inline(always)]
    fn turned(self, _: isize) -> Self {
        self
    }

    #[inline(always)]
    fn start(constant: &F) -> F {
        *constant
    }

    #[inline(always)]
    fn add(sum: F, term: Self) -> F {
        sum + term
    }

    #[inline(always)]
    fn subtract(sum: F, term: Self) -> F {
        sum - term
    }

    #[inline(always)]
    fn add_product(sum: F, one: Self, other: Self) -> F {
        sum + one * other
    }

    #[inline(always)]
    fn subtract_product(sum: F, one: Self, other: Self) -> F {
        sum - one * other
    }

    #[inline(always)]
    fn add_scaled(sum: F, term: Self, factor: &F) -> F {
        sum + term * factor
    }

    #[inline(always)]
    fn finish(sum: F) -> Self {
        sum
    }

    #[inline(always)]
    fn resume(self) -> F {
        self
    }
}
