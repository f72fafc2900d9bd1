//! Sums of columns of every kind.

use ff::{Field, PrimeField, WithSmallOrderMulGroup};
use group::Group;
use halo2_proofs::arithmetic::best_multiexp;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;

fn bases(count: usize) -> Bases {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    Bases::new((0..count).map(|_| G1Affine::from(G1::random(&mut rng))).collect())
}

fn check(bases: &Bases, scalars: &[Fr]) {
    let expected = best_multiexp(scalars, &bases.points[..scalars.len()]);
    assert_eq!(bases.sum(scalars), expected);
    assert_eq!(Bases::scalar(bases.points.clone()).sum(scalars), expected);
}

#[test]
fn equals_the_curve_crate_on_columns_of_every_kind() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let bases = bases(600);
    let mut column = |value: &dyn Fn(u64) -> Fr| {
        let mut scalars: Vec<Fr> = (0..594).map(|_| value(rng.next_u64())).collect();
        scalars.extend((0..6).map(|_| Fr::random(&mut rng)));
        check(&bases, &scalars);
        check(&bases, &scalars[..100]);
    };
    column(&|_| Fr::ZERO);
    column(&|_| Fr::ONE);
    column(&|_| -Fr::ONE);
    column(&|n| Fr::from(n % 2));
    column(&|n| Fr::from(n >> 52));
    column(&|n| -Fr::from(n >> 52));
    column(&|n| Fr::from(n >> 16) * if n % 2 == 0 { Fr::ONE } else { -Fr::ONE });
    column(&|n| Fr::from(n).square());
    column(&|n| Fr::from(n).square().square());
    column(&|n| Fr::from(n % 3) * Fr::ZETA);
    column(&|n| Fr::from_u128(u128::MAX >> (n % 128)));
}

#[test]
fn equal_and_opposite_points_are_added() {
    let generator = G1Affine::generator();
    let points: Vec<G1Affine> = (0..400).map(|i| if i % 3 == 0 { -generator } else { generator }).collect();
    let mut points = points;
    points[7] = G1Affine::identity();
    let bases = Bases::new(points);
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    check(&bases, &vec![Fr::ONE; 400]);
    check(&bases, &(0..400).map(|i| Fr::from(i % 5)).collect::<Vec<_>>());
    check(&bases, &(0..400).map(|_| Fr::random(&mut rng)).collect::<Vec<_>>());
    check(&bases, &[]);
}
