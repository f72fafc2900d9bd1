//! The nearest to a fingerprint's signature in an index.

use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::{at, fixed_at, table};
use foldproof_circuits::codebook::{Codebook, DIM, INVERSE_LIMIT, MEAN_LIMIT};
use foldproof_circuits::evidence::{Evidence, Values};
use foldproof_circuits::fixed::to_u64;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::simhash::{Signature, normalised};
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{Dice, codebook};
use foldproof_circuits::testing::{Breach, Examiner, Forger};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::scrutiny::{FEW, MANY, Share, is_refused, scrutinise};
use super::{holds, lay_out};

fn drawn(seed: u64, bits: u32) -> Values {
    let mut dice = Dice::new(seed);
    [(); 96].map(|()| dice.signed(bits))
}

fn signature(values: &Values, codebook: &Codebook) -> u64 {
    Signature::of_values(&normalised(values, codebook)).bits
}

/// With an index made from the signature.
fn evidence(values: Values, codebook: Codebook, index: impl Fn(u64) -> Vec<u64>) -> Evidence {
    let index = index(signature(&values, &codebook));
    Evidence::Nearest { values: Box::new(values), codebook: Box::new(codebook), index }
}

fn drawn_bits(dice: &mut Dice) -> u64 {
    (0..4).fold(0, |bits, _| bits << 16 | dice.roll(1 << 16))
}

/// What differs from `bits` in so many bits.
fn off(bits: u64, distance: u32) -> u64 {
    bits ^ if distance == 64 { u64::MAX } else { (1 << distance) - 1 }
}

#[test]
fn the_first_of_the_nearest_is_told() {
    let found = |distances: &[u32]| {
        let index = |bits: u64| distances.iter().map(|distance| off(bits, *distance)).collect();
        match holds(&evidence(drawn(1, 34), codebook(1, 64), index)).1 {
            Ruling::Nearest { position, distance } => (position, distance),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found(&[9, 12, 9]), (0, 9));
    assert_eq!(found(&[12, 10, 64, 10]), (1, 10));
    assert_eq!(found(&[64]), (0, 64));
    assert_eq!(found(&[64, 64, 63, 64, 63]), (2, 63));
    assert_eq!(found(&[3, 2, 1, 0]), (3, 0));
    assert_eq!(found(&[0, 0]), (0, 0));
}

#[test]
fn whole_indices_are_searched() {
    for (seed, count) in [(1, 100), (2, 1023), (3, 1024)] {
        let mut dice = Dice::new(seed);
        let index: Vec<u64> = (0..count).map(|_| drawn_bits(&mut dice)).collect();
        lay_out(&evidence(drawn(seed, 33), codebook(seed, 256), |_| index.clone()));
        // The last of all is the nearest; all are as far as any.
        lay_out(&evidence(drawn(seed, 33), codebook(seed, 64), |bits| {
            let mut index = vec![!bits; count];
            index[count - 1] = bits;
            index
        }));
        lay_out(&evidence(drawn(seed, 33), codebook(seed, 64), |bits| vec![!bits; count]));
    }
}

/// Values beyond both limits of normalisation, at them and beside; sums that are 0.
#[test]
fn normalisation_has_its_limits() {
    let ends = [-(1 << 35), (1 << 35) - 1];
    let centroids = codebook(1, 64).centroids().to_vec();
    let with =
        |mean: i64, inverse: i64| Codebook::new([mean; DIM], [inverse; DIM], centroids.clone(), 1).unwrap();
    let half: Values = std::array::from_fn(|i| ends[i % 2]);
    for inverse in [INVERSE_LIMIT - 1, 1 - INVERSE_LIMIT, 1 << 32, 1 << 40, 1, 0] {
        for mean in [MEAN_LIMIT - 1, 1 - MEAN_LIMIT, 0] {
            for values in [[ends[0]; 96], [ends[1]; 96], half, [0; 96]] {
                lay_out(&evidence(values, with(mean, inverse), |bits| vec![off(bits, 5), !bits]));
            }
        }
    }
    // z is 2³⁰ − 1, one less, and one more, at either sign, in one place; elsewhere it is 0.
    for z in [(1 << 30) - 2, (1 << 30) - 1, 1 << 30, 1] {
        for sign in [1, -1] {
            let mut values = [0; 96];
            (values[5], values[17]) = (sign * z, -sign * z + 1);
            holds(&evidence(values, with(0, 1 << 40), |bits| vec![off(bits, 5), bits]));
        }
    }
    // A half is rounded up.
    let mut values = [0; 96];
    (values[0], values[1], values[2]) = (1, -1, 3);
    holds(&evidence(values, with(0, 1 << 39), |bits| vec![off(bits, 5), bits]));
}

#[test]
fn nearest_lets_nothing_else_through() {
    nearest_is_scrutinised(FEW);
}

#[test]
#[ignore = "minutes: many cells and copies"]
fn nearest_lets_nothing_else_through_anywhere() {
    nearest_is_scrutinised(MANY);
}

fn nearest_is_scrutinised(share: Share) {
    let mut dice = Dice::new(8);
    let index = (0..4).map(|_| drawn_bits(&mut dice)).collect::<Vec<_>>();
    scrutinise(
        share,
        evidence(drawn(4, 34), codebook(4, 64), |bits| {
            [vec![off(bits, 9), off(bits, 7)], index.clone()].concat()
        }),
    );
}

#[test]
fn the_mock_prover_agrees() {
    let (layout, _) = lay_out(&evidence(drawn(2, 34), codebook(5, 64), |bits| vec![!bits, off(bits, 3)]));
    let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    assert_eq!(MockProver::run(layout.statement().k(), &layout, vec![rows]).unwrap().verify(), Ok(()));
}

/// Limbs of signatures beside the query, by signature and place.
pub fn limbs(layout: &Layout) -> Vec<Vec<Cell>> {
    let assignment = layout.assignment();
    let cells = |place: usize| {
        let column = at::LIMB + place % 8;
        let tag = Fr::from(table::distance(place));
        let rows = (0..assignment.rows())
            .filter(move |row| assignment.fixed_at(fixed_at::TAG + place % 8, *row) == tag);
        rows.map(|row| Cell { column, row }).collect::<Vec<_>>()
    };
    let places: Vec<Vec<Cell>> = (0..16).map(cells).collect();
    (0..places[0].len()).map(|one| places.iter().map(|cells| cells[one]).collect()).collect()
}

/// Another nibble of an entry is another index; another nibble of the query is refused, and so is another distance, alone, with
/// another nibble of the entry, or in two places that make up for each other.
#[test]
fn limbs_are_those_of_both_signatures() {
    let forger =
        Forger::of_decision(evidence(drawn(4, 34), codebook(4, 64), |bits| vec![off(bits, 9), off(bits, 7)]));
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let range = table::RangeTable::new(assignment.bands());
    let honest = |place: usize, cell: Cell| {
        let row = range.find_limb(table::distance(place), assignment.read(cell)).unwrap();
        let value = range.rows()[row].1;
        (value & 15, value >> 4)
    };
    let element = |place: usize, s: u64, q: u64| table::element(table::distance(place), table::pair(s, q));
    let all = limbs(forger.honest());
    assert_eq!(all.len(), 2);
    for (place, cell) in all[0].iter().enumerate() {
        let (s, q) = honest(place, *cell);
        for (other, asked) in [(s ^ 1, q), (s ^ 15, q), (s, q ^ 1), (s ^ 4, q ^ 4), (q, s), (s ^ 8, q)] {
            // The first of the nearest, 7 bits away, is the second: it stays so as long as the first is further.
            let distance = 9 - (s ^ q).count_ones() + (other ^ q).count_ones();
            let verdict = examiner.judge(&forger, Lies::from([(*cell, element(place, other, asked))]));
            assert_eq!(
                verdict.killers.is_empty(),
                asked == q && distance > 7,
                "{place}: {other} beside {asked}"
            );
            assert!(verdict.public || !verdict.killers.is_empty() || (other, asked) == (s, q));
        }
        let told = element(place, s, q);
        let [one, low] = [table::DISTANCE_AT, 64].map(|bits| BigInt::from(1) << bits);
        let next = all[0][(place + 1) % 16];
        let (s, q) = honest((place + 1) % 16, next);
        for by in [one.clone(), -one, low.clone(), -low] {
            assert!(is_refused(&forger, &examiner, &[(*cell, &told + &by)]));
            let makes_up = element((place + 1) % 16, s, q) - &by;
            assert!(is_refused(&forger, &examiner, &[(*cell, &told + &by), (next, makes_up)]));
        }
    }
}

/// Every key there is, and others.
#[test]
fn no_other_key_is_told() {
    let distances = [9, 7, 30, 7, 64];
    let forger = Forger::of_decision(evidence(drawn(4, 34), codebook(4, 64), |bits| {
        distances.iter().map(|distance| off(bits, *distance)).collect()
    }));
    let examiner = Examiner::new(forger.honest());
    let [distance, position] = forger.free(Free::Least)[..] else { panic!("a key") };
    let honest = [distance, position].map(|cell| to_u64(forger.honest().assignment().read(cell)).unwrap());
    assert_eq!(honest, [7, 1]);
    for found in [0, 6, 7, 8, 9, 30, 64, 127] {
        for place in 0..6 {
            let lies = [(distance, found.into()), (position, place.into())];
            assert_eq!(is_refused(&forger, &examiner, &lies), (found, place) != (7, 1), "{found} {place}");
        }
    }
}

#[test]
fn sizes_are_pinned() {
    for (name, rows, k) in [
        ("nearest-1-64", 1907, 13),
        ("nearest-256-64", 2502, 13),
        ("nearest-1024-64", 4930, 13),
        ("nearest-1024-256", 4930, 13),
    ] {
        let statement = Statement::from_name(name).unwrap();
        let layout = Layout::blank(&statement);
        let taken = layout.stages().iter().map(|stage| stage.rows).collect::<Vec<_>>();
        println!("{name}: {taken:?} rows, k = {}", statement.k());
        assert_eq!((taken[0], statement.k()), (rows, k), "{name}");
    }
}

/// A key below all of the index is refused by the product of the differences alone, and by that only because it is copied to where it is
/// checked.
#[test]
fn the_least_key_is_one_of_the_index() {
    let index = |bits: u64| vec![off(bits, 9), off(bits, 12), off(bits, 10)];
    let forger = Forger::of_decision(evidence(drawn(1, 34), codebook(1, 64), index));
    let assignment = forger.honest().assignment();
    let distance =
        forger.free(Free::Least).into_iter().find(|cell| assignment.read(*cell) == Fr::from(9)).unwrap();
    let lied = forger.lie(Lies::from([(distance, BigInt::from(8))]));
    assert!(lied.instance() != forger.honest().instance());
    let breaches: Vec<Breach> = Examiner::new(forger.honest()).breaches(&lied).into_iter().collect();
    let [Breach::Constraint { name, row, .. }] = &breaches[..] else { panic!("{breaches:?}") };
    assert!(name.starts_with("Arith"), "{name}");
    let (place, (_, to)) = assignment
        .copies()
        .iter()
        .enumerate()
        .find(|(_, (_, to))| to.row == *row)
        .map(|(i, copy)| (i, *copy))
        .unwrap();
    let mut freed = lied.assignment().clone().without_copy(place);
    freed.write(to.column, to.row, Fr::zero());
    let freed = lied.forged(freed);
    assert_eq!(Examiner::new(&freed).breaches(&freed).into_iter().collect::<Vec<_>>(), []);
}
