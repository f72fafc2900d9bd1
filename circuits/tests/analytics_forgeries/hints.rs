//! Quotients, roots and bits that satisfy their equation modulo the field and no range.

use std::collections::BTreeSet;

use ff::Field;
use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::chips::at;
use foldproof_circuits::exponential::tables;
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::testing::Killer;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::places::{Division, Root, Sign};
use crate::scene::{Case, Judge, Scene, config, spread};

/// Range checks, and nothing else, refuse a value that has limbs only as an integer beyond them.
fn by_a_range(killers: &BTreeSet<Killer>) -> bool {
    let range = |killer: &Killer| match killer {
        Killer::Gate(name) => name.contains("e = limbs"),
        killer => matches!(killer, Killer::Limb(_)),
    };
    killers.iter().any(range)
}

/// n = d·q + r with another remainder r': q' = (n − r')/d in the field, and everything else as it is.
fn wrap_division(case: &Case<'_>, what: &str, division: &Division, divisor: &BigInt) {
    let (quotient, remainder) = (case.read(division.quotient), case.read(division.remainder));
    let n = divisor * &quotient + &remainder;
    for other in [BigInt::from(0), &remainder + 1, divisor - 1, divisor.clone()] {
        if other == remainder {
            continue;
        }
        let wrapped = to_field(&(&n - &other)) * to_field(divisor).invert().unwrap();
        let lies = [(division.quotient, to_integer(wrapped)), (division.remainder, other)];
        let killers = case.refused(what, true, lies);
        assert!(by_a_range(&killers), "{what}: {killers:?}");
    }
}

#[test]
fn quotients_do_not_wrap() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[("scale", 3_000_000_000), ("baseline", 1_000_003)]));
    let places = &scene.places;
    let power = |bits: u32| BigInt::from(1) << bits;
    wrap_division(&case, "mean", &places.mean, &12.into());
    wrap_division(&case, "density", &places.density, &power(60));
    wrap_division(&case, "residual", &places.residual, &6_000_000_000_u64.into());
    wrap_division(&case, "score", &places.score, &power(34));
    for i in case.overlapping() {
        wrap_division(&case, "weight", &places.pairs[i].weight, &power(44));
    }
    for i in case.within() {
        wrap_division(&case, "kernel", &places.kernels[i].value, &power(80));
    }
}

/// The exponent has no cell of its own before its digits: the highest of them takes what wraps.
#[test]
fn digits_of_an_exponent_do_not_wrap() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let two = |bits: u32| to_field(&(BigInt::from(1) << bits));
    for kernel in [scene.places.kernels[0], scene.places.kernels[14]] {
        let [high, ..] = kernel.digits;
        let remainder = case.read(kernel.remainder);
        for other in [BigInt::from(0), &remainder + 1] {
            // 2⁵⁶·v + r stays what it is: v is less by (r' − r)/2⁵⁶, and so is its highest digit by that over 2³⁰.
            let by = to_field(&(&other - &remainder)) * two(56).invert().unwrap() * two(30).invert().unwrap();
            let wrapped = to_integer(to_field(&case.read(high)) - by);
            let lies = Lies::from([(high, wrapped), (kernel.remainder, other)]);
            let killers = refused_somehow(&case, "digits", lies);
            assert!(by_a_range(&killers), "{killers:?}");
        }
    }
}

/// x = r² + s with another s from 0 to 2·r': of its roots in the field none is below 2⁵⁵.
fn wrap_root(case: &Case<'_>, what: &str, root: &Root) {
    let (own, rest) = (case.read(root.root), case.read(root.remainder));
    let radicand = &own * &own + &rest;
    let mut told = 0;
    for other in 0..12_u32 {
        let other = BigInt::from(other);
        let square = to_field(&(&radicand - &other));
        let Some(wrapped) = Option::<Fr>::from(square.sqrt()).filter(|_| other != rest) else { continue };
        for wrapped in [wrapped, -wrapped] {
            let lies = [(root.root, to_integer(wrapped)), (root.remainder, other.clone())];
            let killers = case.refused(what, true, lies);
            assert!(by_a_range(&killers), "{what}: {killers:?}");
            told += 1;
        }
    }
    assert!(told > 1, "{what}: a half of all elements are squares");
    // −r has the same square, and 2·(−r) is no bound of a remainder.
    let lies = [(root.root, to_integer(-to_field(&own)))];
    assert!(own == BigInt::from(0) || by_a_range(&case.refused(what, true, lies)));
}

#[test]
fn roots_do_not_wrap() {
    let scene = Scene::named(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    for root in scene.places.roots.iter().take(2) {
        wrap_root(&case, "residual", root);
    }
    for i in case.overlapping() {
        wrap_root(&case, "mean of two sums", &scene.places.pairs[i].mean);
        wrap_root(&case, "distance", &scene.places.pairs[i].distance);
    }
}

/// 2·b·w − w − 1 + b = r for another r: b' = (r' + w + 1)/(2·w + 1), which is neither 0 nor 1.
#[test]
fn signs_are_bits() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[("min_sum", 2 << 52), ("zones", 4), ("scale", 3)]));
    let places = &scene.places;
    let signs: Vec<(&str, Sign)> = vec![
        ("within", places.kernels[3].within),
        ("tag", places.tags[0][2]),
        ("no tag", places.tags[5][10]),
        ("dense", places.dense[1]),
        ("touches", places.pairs[0].touches),
        ("edge", places.edges[7]),
        ("density", places.density_cut),
        ("residual", places.residual_cut),
        ("prior", places.priors[1]),
        ("priors", places.priors_cut),
        ("Unusual", places.labels[0]),
    ];
    for (what, sign) in signs {
        let (bit, rest) = (case.read(sign.bit), case.read(sign.remainder));
        let yes = bit == BigInt::from(1);
        let wire: BigInt = if yes { rest.clone() } else { -&rest - 1 };
        let (low, divisor) = (to_field(&(&wire + 1)), to_field(&(&wire * 2 + 1)));
        for other in [BigInt::from(0), BigInt::from(1), &rest + 1, &rest * 2 + 5] {
            let told = to_integer((to_field(&other) + low) * divisor.invert().unwrap());
            if told == bit {
                continue;
            }
            let lies = Lies::from([(sign.bit, told.clone()), (sign.remainder, other)]);
            let killers = refused_somehow(&case, what, lies);
            assert!(told < 2.into() || by_a_range(&killers), "{what}: {killers:?}");
        }
        // The other bit, with what it makes of the remainder modulo the field.
        let other = to_integer(to_field(&(if yes { -&wire - 1 } else { wire })));
        let lies = Lies::from([case.flipped(sign.bit), (sign.remainder, other)]);
        assert!(by_a_range(&refused_somehow(&case, what, lies)), "{what}");
    }
}

/// Refused, whatever becomes of the public inputs.
fn refused_somehow(case: &Case<'_>, what: &str, lies: Lies) -> BTreeSet<Killer> {
    case.noticed(what, lies).1
}

/// A digit told larger than it is, with the one above it smaller: limbs of their own widths.
#[test]
fn digits_keep_to_their_widths() {
    let scene = Scene::named(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let mut told = 0;
    for kernel in &scene.places.kernels {
        let [high, coarse, fine, last] = kernel.digits;
        for (above, below, bits) in [(high, coarse, 12), (coarse, fine, 12), (fine, last, 6)] {
            let (a, b) = (case.read(above), case.read(below));
            if a == BigInt::from(0) {
                continue;
            }
            let lies: [(Cell, BigInt); 2] = [(above, a - 1), (below, b + (1 << bits))];
            refused_somehow(&case, "a digit beyond its width", Lies::from(lies));
            told += 1;
        }
    }
    assert!(told > 20, "{told} digits");
}

/// Beside a digit stands the entry of its own table: not that of the other, nor of a neighbour, nor what stands beside a plain limb.
#[test]
fn entries_are_of_their_own_table() {
    let scene = Scene::named(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let tables = tables();
    for kernel in &scene.places.kernels {
        let [_, coarse, fine, _] = kernel.digits;
        for (digit, own, other) in
            [(coarse, &tables.coarse, &tables.fine), (fine, &tables.fine, &tables.coarse)]
        {
            let place = Cell { column: at::OUT[0], row: digit.row };
            let index = usize::try_from(case.read(digit)).unwrap();
            assert_eq!(case.read(place), BigInt::from(own[index]));
            for wrong in
                [other[index], own[(index + 1) % own.len()], index as u64, own[index].saturating_sub(1)]
            {
                if wrong != own[index] {
                    refused_somehow(&case, "an entry", Lies::from([(place, BigInt::from(wrong))]));
                }
            }
        }
    }
}
