//! Vectors against big integers: lanes hold what their bounds just allow, and results are asked for their bounds as well.

use halo2curves::bn256::{Fq, Fr};
use num_bigint::BigUint;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::super::TERMS;
use super::*;

fn modulus<F: Modulus>() -> BigUint {
    F::P.iter().rev().fold(BigUint::from(0_u8), |value, word| (value << 64) + *word)
}

fn held(value: &BigUint) -> [u64; LIMBS] {
    let limb = |i: usize| {
        let limb: BigUint = value >> (BITS as usize * i);
        if i + 1 < LIMBS { limb & BigUint::from(MASK) } else { limb }
    };
    std::array::from_fn(|i| limb(i).try_into().expect("below 2^260"))
}

/// Eight integers that stand in a vector as they are, not in Montgomery's form.
fn vector<F: Modulus>(values: &[BigUint]) -> Wide<F> {
    let limbs: Vec<[u64; LIMBS]> = values.iter().map(held).collect();
    Wide::from_limbs(std::array::from_fn(|i| std::array::from_fn(|lane| limbs[lane][i])))
}

fn integers<F: Modulus>(vector: Wide<F>) -> Vec<BigUint> {
    let packed = vector.into_limbs();
    let limbs: [[u64; LIMBS]; 8] = std::array::from_fn(|lane| packed.map(|limb| limb[lane]));
    let integer = |limbs: &[u64; LIMBS]| {
        assert!(limbs[..LIMBS - 1].iter().all(|limb| *limb <= MASK), "{limbs:?}");
        limbs.iter().rev().fold(BigUint::from(0_u8), |value, limb| (value << BITS) + *limb)
    };
    limbs.iter().map(integer).collect()
}

/// Below `bound`·p: the ends, what is near a multiple of p, limbs that are full or empty, and anything.
fn extremes<F: Modulus>(bound: u32, rng: &mut ChaCha20Rng) -> Vec<BigUint> {
    let p = modulus::<F>();
    let end = &p * bound;
    let one = BigUint::from(1_u8);
    let mut all =
        vec![BigUint::from(0_u8), one.clone(), &p - 1_u8, p.clone(), &p + 1_u8, &end - 1_u8, &end - &p];
    for bits in [52, 104, 156, 208, 256, 259] {
        all.extend([(&one << bits) - 1_u8, &one << bits, &end - (&one << (bits % 250))]);
    }
    all.extend((0..40).map(|_| {
        let words: Vec<u32> = (0..10).map(|_| rng.next_u32()).collect();
        BigUint::new(words)
    }));
    all.into_iter().map(|value| value % &end).collect()
}

/// Both operands in every combination of lanes.
fn pairs<F: Modulus>(bounds: (u32, u32), mut check: impl FnMut(&[BigUint], &[BigUint])) {
    let mut rng = ChaCha20Rng::seed_from_u64(u64::from(bounds.0 * 100 + bounds.1));
    let (a, b) = (extremes::<F>(bounds.0, &mut rng), extremes::<F>(bounds.1, &mut rng));
    for turn in 0..b.len() {
        for start in (0..a.len()).step_by(8) {
            let lane = |values: &[BigUint], by: usize| -> Vec<BigUint> {
                (0..8).map(|lane| values[(start + lane + by) % values.len()].clone()).collect()
            };
            check(&lane(&a, 0), &lane(&b, turn));
        }
    }
}

/// Whether all products are right and below `tenths`/10 of p.
fn products<F: Modulus>(bounds: (u32, u32), tenths: u32) -> bool {
    let p = modulus::<F>();
    let radix = BigUint::from(1_u8) << (BITS as usize * LIMBS);
    let mut fine = true;
    pairs::<F>(bounds, |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let found = integers(Wide::<F>::run(|| wide_a.times(wide_b)));
        for ((a, b), found) in a.iter().zip(b).zip(found) {
            fine &= &found * &radix % &p == a * b % &p && &found * 10_u8 < &p * tenths;
        }
    });
    fine
}

fn stress<F: Modulus>() {
    if !Wide::<F>::available() {
        eprintln!("skipped: this processor has no AVX-512 IFMA");
        return;
    }
    let p = modulus::<F>();
    let within = |found: &BigUint, tenths: u32| found * 10_u8 < &p * tenths;
    for bounds in [(4, 4), (1, 16), (16, 1), (2, 8)] {
        assert!(products::<F>(bounds, 12), "{bounds:?}");
    }
    for bounds in [(84, 1), (1, 84), (42, 2), (21, 4)] {
        assert!(products::<F>(bounds, 20), "{bounds:?}");
    }
    // The check sees a bound that is passed.
    assert!(!products::<F>((42, 84), 20));
    pairs::<F>((42, 42), |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let sums = integers(Wide::<F>::run(|| wide_a.plus(wide_b)));
        assert!(a.iter().zip(b).map(|(a, b)| a + b).eq(sums));
    });
    pairs::<F>((82, 2), |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let differences = integers(Wide::<F>::run(|| wide_a.minus(wide_b)));
        assert!(a.iter().zip(b).map(|(a, b)| a + &p * 2_u8 - b).eq(differences));
    });
    pairs::<F>((84, 2), |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let reduced = integers(Wide::<F>::run(|| wide_a.reduced()));
        assert!(a.iter().zip(&reduced).all(|(a, found)| a % &p == found % &p && within(found, 17)));
        let canonical = integers(Wide::<F>::run(|| wide_a.canonical()));
        assert!(a.iter().map(|a| a % &p).eq(canonical));
        for distance in [1, 2, 4] {
            let across = integers(Wide::<F>::run(|| wide_b.across(distance)));
            for (lane, found) in across.iter().enumerate() {
                let (own, other) = (&b[lane], &b[lane ^ distance]);
                let expected = if lane & distance == 0 { own + other } else { other + &p * 2_u8 - own };
                assert!(expected % &p == found % &p && within(found, 40));
            }
        }
        for by in [-3_isize, 1, 7] {
            let turned = integers(Wide::<F>::run(|| wide_a.turned(by)));
            let expected = (0..8).map(|lane| a[(lane as isize + by).rem_euclid(8) as usize].clone());
            assert!(expected.eq(turned));
        }
    });
    // As many terms as there may be, added and taken off in every order; then every other one a product.
    let radix = BigUint::from(1_u8) << (BITS as usize * LIMBS);
    pairs::<F>((4, 4), |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let constant: [u64; LIMBS] = held(&(&p - 1_u8));
        for (pattern, products) in [0_u32, 0xffff, 0xaaaa, 0xff00, 0x1248]
            .into_iter()
            .flat_map(|pattern| [0, 0xcccc, 0x5555, 0xffff].map(|products: u32| (pattern, products)))
        {
            let is_added = |i: usize| pattern >> i & 1 == 1;
            let is_product = |i: usize| products >> i & 1 == 1;
            let step = |sum, i| match (is_product(i), is_added(i)) {
                (false, true) => Wide::add(sum, wide_a),
                (false, false) => Wide::<F>::subtract(sum, wide_a),
                (true, true) if i.is_multiple_of(3) => Wide::add_scaled(sum, wide_a, &constant),
                (true, true) => Wide::add_product(sum, wide_a, wide_b),
                (true, false) => Wide::subtract_product(sum, wide_a, wide_b),
            };
            let found = integers::<F>(Wide::<F>::run(|| {
                let sum = wide_b.reduced().resume();
                Wide::finish((0..TERMS).fold(sum, step))
            }));
            for ((a, b), found) in a.iter().zip(b).zip(found) {
                // Times R: what stands for a value is R times it.
                let term = |i: usize| match (is_product(i), is_added(i)) {
                    (false, true) => a * &radix,
                    (false, false) => (&p * 4_u8 - a) * &radix,
                    (true, true) if i.is_multiple_of(3) => a * (&p - 1_u8),
                    (true, true) => a * b,
                    (true, false) => (&p * 4_u8 - a) * b,
                };
                let expected = b * &radix + (0..TERMS).map(term).sum::<BigUint>();
                assert!(
                    expected % &p == &found * &radix % &p && within(&found, 17),
                    "{pattern:x} {products:x}"
                );
            }
        }
    });
    // Twenty layers of butterflies, of which each makes limbs and bounds wider.
    pairs::<F>((2, 1), |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let constant: [u64; LIMBS] = held(&(&p - 1_u8));
        let (sums, differences) = Wide::<F>::run(|| {
            let step = |(one, other), _| Wide::<F>::butterfly(one, other, &constant);
            let (sum, difference) = (0..20).fold((wide_a, wide_b), step);
            (sum.tight(), difference.tight())
        });
        // p − 1 over R, in Montgomery's form of a factor: what the other is turned by.
        let inverse = radix.modpow(&(&p - 2_u8), &p);
        let factor = (&p - 1_u8) * inverse % &p;
        let (sums, differences) = (integers(sums), integers(differences));
        for (lane, (a, b)) in a.iter().zip(b).enumerate() {
            let step = |(one, other): (BigUint, BigUint), _| {
                let turned = other * &factor % &p;
                (&one + &turned, one + &p - turned)
            };
            let (sum, difference) = (0..20).fold((a.clone(), b.clone()), step);
            assert!(sum % &p == &sums[lane] % &p && within(&sums[lane], 440));
            assert!(difference % &p == &differences[lane] % &p && within(&differences[lane], 440));
        }
    });
    pairs::<F>((2, 2), |a, b| {
        let (wide_a, wide_b) = (vector::<F>(a), vector::<F>(b));
        let both = integers::<F>(Wide::<F>::run(|| wide_a.minus_both(wide_b, wide_a)));
        let less = integers::<F>(Wide::<F>::run(|| wide_a.minus_reduced(wide_b)));
        let lines = Wide::<F>::run(|| Wide::to_words(wide_a, wide_b.canonical()));
        let (first, second) = Wide::<F>::run(|| Wide::from_words(|lane| &lines[lane]));
        assert!(
            integers::<F>(first).iter().eq(a)
                && integers::<F>(second).into_iter().eq(b.iter().map(|b| b % &p))
        );
        let (one, other) = Wide::<F>::run(|| Wide::firsts_of_words(|lane| [&lines[lane], &lines[7 - lane]]));
        assert!(integers::<F>(one).iter().eq(a) && integers::<F>(other).iter().eq(a.iter().rev()));
        let negated = integers::<F>(Wide::<F>::run(|| second.negated_where(0b1010_0110)));
        for (lane, (a, b)) in a.iter().zip(b).enumerate() {
            assert!(&both[lane] % &p == (&p * 2_u8 - b) % &p && within(&both[lane], 17));
            assert!(&less[lane] % &p == (a + &p * 2_u8 - b) % &p && within(&less[lane], 17));
            let (b, is_negative) = (b % &p, 0b1010_0110 >> lane & 1 == 1);
            assert_eq!(negated[lane], if is_negative { &p - &b } else { b.clone() });
            // Zero, which is no ordinate, would come out as p.
            let line = [lines[lane].with_second_negated::<F>(); 8];
            let (_, line) = Wide::<F>::run(|| Wide::<F>::from_words(|lane| &line[lane]));
            assert_eq!(integers::<F>(line)[0], &p - b);
        }
    });
}

#[test]
fn scalars_at_their_bounds_are_right() {
    stress::<Fr>();
}

#[test]
fn coordinates_at_their_bounds_are_right() {
    stress::<Fq>();
}
