//! Sums of points whose discrete logarithms are known: equal, opposite, turned by the endomorphism, and none.

use ff::{Field, WithSmallOrderMulGroup};
use group::Curve;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::Bases;

/// Around where pairs become few for one processor or the other, and where eight at a time are full.
const COUNTS: [usize; 17] = [0, 1, 2, 3, 8, 24, 47, 48, 49, 64, 127, 128, 129, 136, 200, 257, 400];

/// Logarithms that meet: d, −d, λd, λ²d, and their negatives, 0, and some that stand alone.
fn logarithms(count: usize, rng: &mut ChaCha20Rng) -> Vec<Fr> {
    let few: Vec<Fr> = (0..3).map(|_| Fr::random(&mut *rng)).collect();
    let turns = [Fr::ONE, Fr::ZETA, Fr::ZETA.square()];
    let one = |rng: &mut ChaCha20Rng| {
        let word = rng.next_u32() as usize;
        let known = few[word % few.len()] * turns[word / 4 % turns.len()];
        match word / 16 % 12 {
            0 => Fr::ZERO,
            1 => Fr::random(&mut *rng),
            i if i % 2 == 0 => known,
            _ => -known,
        }
    };
    (0..count).map(|_| one(rng)).collect()
}

#[test]
fn sums_are_those_of_the_logarithms() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let units = [Fr::ONE, -Fr::ONE, Fr::ZETA, -Fr::ZETA, Fr::ZETA.square(), -Fr::ZETA.square()];
    let two = Fr::from(2);
    let kinds: [&dyn Fn(u32) -> Fr; 6] = [
        &|_| Fr::ONE,
        // Bases and scalars turn points into each other.
        &|word| units[word as usize % units.len()],
        &|word| Fr::from(u64::from(word % 4)) * units[word as usize / 4 % units.len()],
        // Digits at both ends, carries all the way up.
        &|word| {
            (two.pow_vartime([u64::from(word % 127)]) - Fr::ONE) * units[word as usize / 128 % units.len()]
        },
        &|word| two.pow_vartime([u64::from(word % 254)]),
        &|word| Fr::from(u64::from(word)).square().square().square() * Fr::from(u64::from(word % 3)),
    ];
    let generator = G1::generator();
    for count in COUNTS {
        let logarithms = logarithms(count, &mut rng);
        let points: Vec<G1Affine> = logarithms.iter().map(|d| (generator * d).to_affine()).collect();
        let (any, scalar) = (Bases::new(points.clone()), Bases::scalar(points));
        for (kind, scalar_of) in kinds.iter().enumerate() {
            let scalars: Vec<Fr> = (0..count).map(|_| scalar_of(rng.next_u32())).collect();
            let expected: Fr = scalars.iter().zip(&logarithms).map(|(s, d)| *s * d).sum();
            let expected = generator * expected;
            assert_eq!(any.sum(&scalars), expected, "{count} points, scalars {kind}");
            assert_eq!(scalar.sum(&scalars), expected, "{count} points, scalars {kind}");
        }
    }
}

/// All of it cancels, in every order of the pairs.
#[test]
fn sums_that_cancel_are_zero() {
    let point = G1::generator() * Fr::from(1234);
    for count in COUNTS {
        let both = [point, -point].map(|point| point.to_affine());
        let points: Vec<G1Affine> = (0..2 * count).map(|i| both[i * 7 / 3 % 2]).collect();
        let balance: i64 = points.iter().map(|point| if *point == both[0] { 1 } else { -1 }).sum();
        let expected =
            point * if balance < 0 { -Fr::from(balance.unsigned_abs()) } else { Fr::from(balance as u64) };
        for bases in [Bases::new(points.clone()), Bases::scalar(points.clone())] {
            let scalars = vec![Fr::from(3); points.len()];
            assert_eq!(bases.sum(&scalars), expected * Fr::from(3), "{count}");
        }
    }
}
