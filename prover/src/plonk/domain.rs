//! Polynomials by coefficients, by values on the 2^k-th roots of unity, and by values on cosets of them.
//!
//! A transform runs on one core; columns are many, so cores take a column each.

use ff::{Field, PrimeField};
use halo2curves::bn256::Fr;

/// The 2^k-th roots of unity.
pub(super) struct Domain {
    k: u32,
    omega: Fr,
    size_inverse: Fr,
    roots: Roots,
    inverse_roots: Roots,
}

/// Roots by layer of a transform: 2^i powers of the 2^(i+1)-th root in layer i.
struct Roots(Vec<Vec<Fr>>);

impl Roots {
    fn new(k: u32, omega: Fr) -> Self {
        let layers = (0..k).map(|layer| {
            let root = omega.pow_vartime([1 << (k - 1 - layer)]);
            powers(root).take(1 << layer).collect()
        });
        Self(layers.collect())
    }

    /// Values at the roots of the polynomial with these coefficients, which are in bit-reversed order.
    fn transform(&self, values: &mut [Fr]) {
        match values {
            [] | [_] => {}
            [a, b] => (*a, *b) = (*a + *b, *a - *b),
            [a, b, c, d] => {
                let (even, odd) = ((*a + *b, *a - *b), (*c + *d, *c - *d));
                let turned = odd.1 * self.0[1][1];
                (*a, *c) = (even.0 + odd.0, even.0 - odd.0);
                (*b, *d) = (even.1 + turned, even.1 - turned);
            }
            _ => {
                let half = values.len() / 2;
                let (low, high) = values.split_at_mut(half);
                // Halves first: they stay in the cache down to the smallest.
                self.transform(low);
                self.transform(high);
                for ((a, b), root) in low.iter_mut().zip(high).zip(&self.0[half.ilog2() as usize]) {
                    let turned = *b * root;
                    *b = *a - turned;
                    *a += turned;
                }
            }
        }
    }
}

impl Domain {
    /// # Panics
    /// If the field has no 2^k-th root of unity.
    pub(super) fn new(k: u32) -> Self {
        assert!((1..=Fr::S).contains(&k), "roots of unity of order 2^{k}");
        let omega = Self::root(k);
        let inverse = Fr::ROOT_OF_UNITY_INV.pow_vartime([1 << (Fr::S - k)]);
        let size_inverse = Fr::TWO_INV.pow_vartime([u64::from(k)]);
        Self { k, omega, size_inverse, roots: Roots::new(k, omega), inverse_roots: Roots::new(k, inverse) }
    }

    /// A primitive 2^k-th root of unity: the one halo2 takes.
    pub(super) fn root(k: u32) -> Fr {
        Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - k)])
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

    fn reversed(&self, index: usize) -> usize {
        index.reverse_bits() >> (usize::BITS - self.k)
    }

    /// Coefficients of the polynomial with these values at the roots.
    pub(super) fn coefficients(&self, values: &[Fr]) -> Vec<Fr> {
        let mut out: Vec<Fr> = (0..self.size()).map(|i| values[self.reversed(i)]).collect();
        self.inverse_roots.transform(&mut out);
        out.iter_mut().for_each(|coefficient| *coefficient *= self.size_inverse);
        out
    }

    /// Values of the polynomial with these coefficients at the roots times a shift; `shifts` are the powers of it.
    pub(super) fn on_coset(&self, coefficients: &[Fr], shifts: &[Fr]) -> Vec<Fr> {
        let mut out: Vec<Fr> = (0..self.size())
            .map(|i| {
                let from = self.reversed(i);
                coefficients[from] * shifts[from]
            })
            .collect();
        self.roots.transform(&mut out);
        out
    }

    /// Coefficients of the polynomial with these values at the roots times a shift; `inverse_shifts` are the powers of its
    /// inverse.
    pub(super) fn from_coset(&self, values: &[Fr], inverse_shifts: &[Fr]) -> Vec<Fr> {
        let mut out = self.coefficients(values);
        out.iter_mut().zip(inverse_shifts).for_each(|(coefficient, shift)| *coefficient *= shift);
        out
    }
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

    #[test]
    fn values_are_values_of_the_polynomial() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for k in 1..=7 {
            let domain = Domain::new(k);
            let values: Vec<Fr> = (0..1 << k).map(|_| Fr::random(&mut rng)).collect();
            let coefficients = domain.coefficients(&values);
            let shift = Fr::random(&mut rng);
            let shifts: Vec<Fr> = powers(shift).take(1 << k).collect();
            let coset = domain.on_coset(&coefficients, &shifts);
            for (row, (value, shifted)) in values.iter().zip(&coset).enumerate() {
                let point = domain.rotate(Fr::ONE, row as i32);
                assert_eq!(evaluate(&coefficients, point), *value, "k = {k}");
                assert_eq!(evaluate(&coefficients, point * shift), *shifted, "k = {k}");
            }
            let inverse = shift.invert().unwrap();
            let inverse_shifts: Vec<Fr> = powers(inverse).take(1 << k).collect();
            assert_eq!(domain.from_coset(&coset, &inverse_shifts), coefficients);
            assert_eq!(domain.rotate(domain.rotate(shift, -3), 3), shift);
        }
    }
}
