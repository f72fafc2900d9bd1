//! Polynomials by coefficients, by values on the 2^k-th roots of unity, and by values on cosets of them.
//!
//! A column of n rows is n/COUNT vectors ([`Lanes`]), lane l of vector j being row l·n/COUNT + j: a rotation then moves from
//! vector to vector, and most layers of a transform never look across lanes.
//!
//! A transform runs on one core; columns are many, so cores take a column each. Coefficients in vectors stand in bit-reversed
//! order: vector j, lane l has coefficient rev(j)·COUNT + rev(l). Then each lane transforms a residue class of the
//! coefficients by itself, and lanes are put together at the end; inverse transforms do the same backwards.

use ff::{Field, PrimeField};
use foldproof_params::lanes::Lanes;
use halo2curves::bn256::Fr;

/// So many vectors are transformed layer by layer; more of them half by half, so that they stay in the cache.
const LEAF: usize = 256;

/// The 2^k-th roots of unity.
pub(super) struct Domain<V: Lanes<Field = Fr>> {
    k: u32,
    omega: Fr,
    size_inverse: V::Constant,
    forward: Roots<V>,
    backward: Roots<V>,
}

/// What a transform multiplies by.
struct Roots<V: Lanes<Field = Fr>> {
    /// In lanes: 2^i powers of the 2^(i+1)-th root in layer i.
    layers: Vec<Vec<V::Constant>>,
    /// Between lanes and their union: powers of the 2^k-th root, by vector and lane.
    twists: Vec<V>,
    /// Across lanes, by distance 2, 4…: powers of the root whose order is twice the distance, in lanes with that bit.
    across: Vec<V>,
}

impl<V: Lanes<Field = Fr>> Roots<V> {
    fn new(k: u32, root: Fr) -> Self {
        let lane_bits = V::COUNT.ilog2();
        let own = k - lane_bits;
        let of_order = |bits: u32| root.pow_vartime([1 << (k - bits)]);
        let layers = (0..own).map(|layer| {
            let constants = powers(of_order(layer + 1)).map(V::constant);
            constants.take(1 << layer).collect()
        });
        let class = |lane: usize| reversed(lane, lane_bits) as u64;
        let steps = Scale::new(|lane| root.pow_vartime([class(lane)]));
        let across = (1..lane_bits).map(|bit| {
            let (distance, root) = (1 << bit, of_order(bit + 1));
            let power = |lane: usize| if lane & distance == 0 { 0 } else { lane as u64 % distance as u64 };
            packed(|lane| root.pow_vartime([power(lane)]))
        });
        Self { layers: layers.collect(), twists: steps.powers(1 << own), across: across.collect() }
    }
}

/// A factor for each lane.
struct Scale<V>(V);

impl<V: Lanes<Field = Fr>> Scale<V> {
    fn new(factor: impl Fn(usize) -> Fr) -> Self {
        Self(packed(factor))
    }

    /// Powers from 0 on.
    fn powers(self, count: usize) -> Vec<V> {
        let mut powers: Vec<V> = vec![packed(|_| Fr::ONE); count];
        V::run(
            #[inline(always)]
            || {
                for i in 1..count {
                    powers[i] = powers[i - 1].times(self.0);
                }
            },
        );
        powers
    }
}

/// A vector of what each lane holds.
pub(super) fn packed<V: Lanes<Field = Fr>>(value: impl Fn(usize) -> Fr) -> V {
    V::run(
        #[inline(always)]
        || V::pack(value),
    )
}

fn reversed(index: usize, bits: u32) -> usize {
    if bits == 0 { 0 } else { index.reverse_bits() >> (usize::BITS - bits) }
}

impl<V: Lanes<Field = Fr>> Domain<V> {
    /// # Panics
    /// If k is not between 5 and 20: bounds of [`Lanes`] hold for as many layers, and a vector should be full.
    pub(super) fn new(k: u32) -> Self {
        assert!((5..=20).contains(&k), "transforms of 2^{k} values");
        let omega = root_of_unity(k);
        let inverse = Fr::ROOT_OF_UNITY_INV.pow_vartime([1 << (Fr::S - k)]);
        let size_inverse = V::constant(Fr::TWO_INV.pow_vartime([u64::from(k)]));
        Self { k, omega, size_inverse, forward: Roots::new(k, omega), backward: Roots::new(k, inverse) }
    }

    /// Rows.
    pub(super) fn size(&self) -> usize {
        1 << self.k
    }

    /// The 2^k-th root of unity that rows are powers of.
    pub(super) fn omega(&self) -> Fr {
        self.omega
    }

    /// `point`, `rotation` rows further on.
    pub(super) fn rotate(&self, point: Fr, rotation: i32) -> Fr {
        let steps = rotation.rem_euclid(1 << self.k);
        point * self.omega.pow_vartime([u64::from(steps.unsigned_abs())])
    }

    /// Vectors of a column.
    pub(super) fn vectors(&self) -> usize {
        self.size() / V::COUNT
    }

    /// Where a coefficient stands.
    fn coefficient(&self, vector: usize, lane: usize) -> usize {
        let lane_bits = V::COUNT.ilog2();
        reversed(vector, self.k - lane_bits) << lane_bits | reversed(lane, lane_bits)
    }

    #[inline(always)]
    fn vector_by_vector(&self, packed: &mut [V], value: impl Fn(usize, usize) -> Fr) {
        V::run(
            #[inline(always)]
            || {
                // A loop: what iterators call would not be compiled for the processor's instructions.
                for (vector, packed) in packed.iter_mut().enumerate() {
                    *packed = V::pack(
                        #[inline(always)]
                        |lane| value(vector, lane),
                    );
                }
            },
        );
    }

    /// Coefficients in vectors.
    pub(super) fn pack_into(&self, coefficients: &[Fr], packed: &mut [V]) {
        self.vector_by_vector(
            packed,
            #[inline(always)]
            |vector, lane| coefficients[self.coefficient(vector, lane)],
        );
    }

    /// Coefficients in order.
    pub(super) fn unpack(&self, packed: &[V]) -> Vec<Fr> {
        let mut coefficients = vec![Fr::ZERO; self.size()];
        V::run(
            #[inline(always)]
            || {
                for (j, vector) in packed.iter().enumerate() {
                    vector.unpack(
                        #[inline(always)]
                        |lane, value| coefficients[self.coefficient(j, lane)] = value,
                    );
                }
            },
        );
        coefficients
    }

    /// Coefficients of the polynomial with these values at the roots.
    pub(super) fn coefficients(&self, values: &[Fr]) -> Vec<V> {
        let mut packed = vec![packed(|_| Fr::ZERO); self.vectors()];
        self.vector_by_vector(
            &mut packed,
            #[inline(always)]
            |vector, lane| values[lane * self.vectors() + vector],
        );
        self.interpolate(&mut packed);
        packed
    }

    /// From values at the roots to coefficients.
    pub(super) fn interpolate(&self, values: &mut [V]) {
        let Roots { layers, twists, across } = &self.backward;
        V::run(
            #[inline(always)]
            || {
                for (value, twist) in values.iter_mut().zip(twists) {
                    let mut lanes = value.reduced();
                    for (bit, root) in across.iter().enumerate().rev() {
                        lanes = lanes.across(2 << bit).times(*root);
                    }
                    if V::COUNT > 1 {
                        lanes = lanes.across(1).times(*twist);
                    }
                    *value = lanes;
                }
            },
        );
        split::<V>(values, layers);
        scale(values, &self.size_inverse);
    }

    /// From coefficients, each of them times the shift to its power, to values at the roots: to values at the roots times
    /// the shift.
    pub(super) fn evaluate(&self, coefficients: &mut [V]) {
        let Roots { layers, twists, across } = &self.forward;
        join::<V>(coefficients, layers);
        V::run(
            #[inline(always)]
            || {
                for (value, twist) in coefficients.iter_mut().zip(twists) {
                    let mut lanes = value.tight();
                    if V::COUNT > 1 {
                        lanes = lanes.times(*twist).across(1);
                    }
                    for (bit, root) in across.iter().enumerate() {
                        lanes = lanes.times(*root).across(2 << bit);
                    }
                    *value = lanes;
                }
            },
        );
    }

    /// Powers of a shift, where the coefficients stand that they are for.
    pub(super) fn shifts(&self, shift: Fr) -> Vec<V> {
        let lane_bits = V::COUNT.ilog2();
        let mut shifts = Vec::with_capacity(self.vectors());
        shifts.push(packed(|lane| shift.pow_vartime([reversed(lane, lane_bits) as u64])));
        // Bit i of a vector's number has the weight 2^(k−1−i) in the power.
        for bit in 0..self.k - lane_bits {
            let factor = V::constant(shift.pow_vartime([1 << (self.k - 1 - bit)]));
            V::run(
                #[inline(always)]
                || {
                    for i in 0..shifts.len() {
                        let next: V = shifts[i];
                        shifts.push(next.times_constant(&factor));
                    }
                },
            );
        }
        shifts
    }

    /// The roots times a shift, as values.
    pub(super) fn points(&self, shift: Fr) -> Vec<V> {
        let step = V::constant(self.omega);
        let lane_step = self.omega.pow_vartime([self.vectors() as u64]);
        let first = packed(|lane| shift * lane_step.pow_vartime([lane as u64]));
        let mut points: Vec<V> = vec![first; self.vectors()];
        V::run(
            #[inline(always)]
            || {
                for i in 1..points.len() {
                    points[i] = points[i - 1].times_constant(&step);
                }
            },
        );
        points
    }
}

/// Layers of a transform in lanes, of coefficients in bit-reversed order.
fn join<V: Lanes<Field = Fr>>(values: &mut [V], layers: &[Vec<V::Constant>]) {
    let len = values.len();
    if len <= LEAF {
        V::run(
            #[inline(always)]
            || {
                for layer in &layers[..len.ilog2() as usize] {
                    for pair in values.chunks_exact_mut(2 * layer.len()) {
                        join_halves(pair, layer);
                    }
                }
            },
        );
        return;
    }
    let (low, high) = values.split_at_mut(len / 2);
    join::<V>(low, layers);
    join::<V>(high, layers);
    V::run(
        #[inline(always)]
        || join_halves(values, &layers[len.ilog2() as usize - 1]),
    );
}

/// Bounds grow by 2 from the 1.2 they start with: below 40 after the last layer.
#[inline(always)]
fn join_halves<V: Lanes<Field = Fr>>(pair: &mut [V], roots: &[V::Constant]) {
    let (low, high) = pair.split_at_mut(roots.len());
    if roots.len() == 1 {
        // The first layer's only root is 1.
        (low[0], high[0]) = (low[0].plus(high[0]), low[0].minus(high[0]));
        return;
    }
    for ((a, b), root) in low.iter_mut().zip(high).zip(roots) {
        (*a, *b) = V::butterfly(*a, *b, root);
    }
}

/// The same backwards.
fn split<V: Lanes<Field = Fr>>(values: &mut [V], layers: &[Vec<V::Constant>]) {
    let len = values.len();
    if len <= LEAF {
        V::run(
            #[inline(always)]
            || {
                for layer in layers[..len.ilog2() as usize].iter().rev() {
                    for pair in values.chunks_exact_mut(2 * layer.len()) {
                        split_halves(pair, layer);
                    }
                }
            },
        );
        return;
    }
    V::run(
        #[inline(always)]
        || split_halves(values, &layers[len.ilog2() as usize - 1]),
    );
    let (low, high) = values.split_at_mut(len / 2);
    split::<V>(low, layers);
    split::<V>(high, layers);
}

/// Below 1.7 before and after.
#[inline(always)]
fn split_halves<V: Lanes<Field = Fr>>(pair: &mut [V], roots: &[V::Constant]) {
    let (low, high) = pair.split_at_mut(roots.len());
    for ((a, b), root) in low.iter_mut().zip(high).zip(roots) {
        let difference = a.minus(*b);
        *a = a.plus(*b).reduced();
        *b = difference.times_constant(root);
    }
}

/// Times a constant.
pub(super) fn scale<V: Lanes<Field = Fr>>(values: &mut [V], factor: &V::Constant) {
    V::run(
        #[inline(always)]
        || {
            for value in values.iter_mut() {
                *value = value.times_constant(factor);
            }
        },
    );
}

/// Product by product.
pub(super) fn multiply<V: Lanes<Field = Fr>>(values: &mut [V], factors: &[V]) {
    V::run(
        #[inline(always)]
        || {
            for (value, factor) in values.iter_mut().zip(factors) {
                *value = value.times(*factor);
            }
        },
    );
}

/// A primitive 2^k-th root of unity: the one halo2 takes.
pub(super) fn root_of_unity(k: u32) -> Fr {
    Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - k)])
}

/// `1, base, base², …`
pub(super) fn powers(base: Fr) -> impl Iterator<Item = Fr> {
    std::iter::successors(Some(Fr::ONE), move |power| Some(*power * base))
}

/// The polynomial's value.
pub(super) fn evaluate(coefficients: &[Fr], at: Fr) -> Fr {
    coefficients.iter().rev().fold(Fr::ZERO, |sum, coefficient| sum * at + coefficient)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn check<V: Lanes<Field = Fr>>() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for k in 5..=12 {
            let domain = Domain::<V>::new(k);
            let values: Vec<Fr> = (0..1 << k)
                .map(|i| match i % 7 {
                    0 => Fr::ZERO,
                    1 => -Fr::ONE,
                    _ => Fr::random(&mut rng),
                })
                .collect();
            let packed = domain.coefficients(&values);
            let coefficients = domain.unpack(&packed);
            let mut again = packed.clone();
            domain.pack_into(&coefficients, &mut again);
            assert_eq!(domain.unpack(&again), coefficients);
            let shift = Fr::random(&mut rng);
            let mut coset = packed.clone();
            multiply(&mut coset, &domain.shifts(shift));
            domain.evaluate(&mut coset);
            let points = domain.points(shift);
            let rows = [0, 1, 2, 5, (1 << k) / 8 - 1, (1 << k) / 8, (1 << k) / 3, (1 << k) - 1];
            for row in rows {
                let point = domain.rotate(Fr::ONE, row as i32);
                assert_eq!(evaluate(&coefficients, point), values[row], "k = {k}");
                let (vector, lane) = (row % domain.vectors(), row / domain.vectors());
                let read = |values: &[V]| {
                    let mut found = None;
                    let read = |l, value| {
                        if l == lane {
                            found = Some(value);
                        }
                    };
                    V::run(|| values[vector].unpack(read));
                    found
                };
                assert_eq!(read(&points), Some(point * shift));
                assert_eq!(read(&coset), Some(evaluate(&coefficients, point * shift)), "k = {k}, row {row}");
            }
            domain.interpolate(&mut coset);
            multiply(&mut coset, &domain.shifts(shift.invert().unwrap()));
            assert_eq!(domain.unpack(&coset), coefficients);
            assert_eq!(domain.rotate(domain.rotate(shift, -3), 3), shift);
        }
    }

    #[test]
    fn transforms_are_evaluation_and_interpolation() {
        check::<Fr>();
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn so_are_those_in_vectors() {
        use foldproof_params::lanes::Wide;
        if Wide::<Fr>::available() {
            check::<Wide<Fr>>();
        } else {
            eprintln!("skipped: this processor has no AVX-512 IFMA");
        }
    }
}
