use halo2curves::bn256::{Fq, Fr};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::TERMS;
use super::*;

fn values<F: Modulus>(vector: Wide<F>) -> Vec<F> {
    let mut values = Vec::new();
    Wide::<F>::run(|| vector.unpack(|_, value| values.push(value)));
    values
}

/// Eight of 0, 1, −1 and random elements.
fn elements<F: Modulus>(rng: &mut ChaCha20Rng, turn: usize) -> Vec<F> {
    let special = [F::ZERO, F::ONE, -F::ONE];
    (0..8)
        .map(|lane| special.get((lane + turn) % 9).copied().unwrap_or_else(|| F::random(&mut *rng)))
        .collect()
}

fn check<F: Modulus>() {
    let modulus = words_of(F::MODULUS);
    assert_eq!(F::P, modulus, "{}", F::MODULUS);
    if !Wide::<F>::available() {
        eprintln!("skipped: this processor has no AVX-512 IFMA");
        return;
    }
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for turn in 0..20 {
        let (a, b) = (elements::<F>(&mut rng, turn), elements::<F>(&mut rng, 3 * turn + 1));
        let (wide_a, wide_b) = Wide::<F>::run(|| (Wide::pack(|lane| a[lane]), Wide::pack(|lane| b[lane])));
        let both = |f: &dyn Fn(F, F) -> F| -> Vec<F> { a.iter().zip(&b).map(|(a, b)| f(*a, *b)).collect() };
        let of = |f: &dyn Fn(Wide<F>, Wide<F>) -> Wide<F>| values(Wide::<F>::run(|| f(wide_a, wide_b)));
        assert_eq!(values(wide_a), a);
        assert_eq!(of(&|a, b| a.times(b)), both(&|a, b| a * b));
        assert_eq!(of(&|a, b| a.plus(b)), both(&|a, b| a + b));
        assert_eq!(of(&|a, b| a.minus(b)), both(&|a, b| a - b));
        assert_eq!(of(&|a, b| Wide::finish(Wide::subtract(a.resume(), b))), both(&|a, b| a - b));
        assert_eq!(of(&|a, b| a.plus(b).canonical()), both(&|a, b| a + b));
        // Sums of as many terms as there may be, of the greatest size, and what is near the end of the limbs.
        let many = |a: Wide<F>, b: Wide<F>| {
            let term = a.plus(b).plus(a);
            Wide::finish((0..TERMS).fold(a.resume(), |sum, _| Wide::add(sum, term)))
        };
        let terms = F::from(TERMS as u64);
        assert_eq!(of(&many), both(&|a, b| a + terms * (a + b + a)));
        let large = |a: Wide<F>, _| (0..34).fold(a, |sum, _| sum.plus(a).plus(a));
        assert_eq!(of(&|a, b| large(a, b).reduced()), both(&|a, _| a * F::from(69)));
        assert_eq!(of(&|a, b| large(a, b).canonical().times(b)), both(&|a, b| a * b * F::from(69)));
        for distance in [1, 2, 4] {
            let expected: Vec<F> = (0..8)
                .map(|lane| match lane & distance {
                    0 => a[lane] + a[lane ^ distance],
                    _ => a[lane ^ distance] - a[lane],
                })
                .collect();
            assert_eq!(of(&|a, _| a.across(distance)), expected);
        }
        for by in [-1_isize, 1, 3] {
            let expected: Vec<F> = (0..8).map(|lane| a[(lane + by as i32).rem_euclid(8) as usize]).collect();
            assert_eq!(of(&|a, _| a.turned(by)), expected);
        }
    }
}

fn words_of(modulus: &str) -> [u64; 4] {
    let digits = modulus.trim_start_matches("0x");
    std::array::from_fn(|i| u64::from_str_radix(&digits[48 - 16 * i..64 - 16 * i], 16).unwrap())
}

#[test]
fn scalars_are_those_of_the_curve_crate() {
    check::<Fr>();
}

#[test]
fn coordinates_are_those_of_the_curve_crate() {
    check::<Fq>();
}
