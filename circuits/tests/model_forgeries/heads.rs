//! Heads: what is published is what the outputs say.

use foldproof_circuits::chips::{Gate, at, fixed_at};
use foldproof_circuits::fixed::{power_of_two, to_u64};
use halo2curves::bn256::Fr;

use crate::forge::{Forge, model};

const VALUES: [i64; 3] = [1000, -(1 << 35), (1 << 35) - 1];

#[test]
fn tags_are_the_signs_of_logits() {
    let mut f = Forge::new(&[model("tags-3-3", |_, _, _| 0)], &VALUES);
    let neurons = f.rows(Gate::Neuron);
    assert!(f.accepted());
    let flip = |f: &mut Forge, bit: Fr, row: usize| {
        let (y, old) = (f.get(at::MODEL_X, row - 1), f.get(at::MODEL_X, row));
        f.split(row - 1, 0..2, y - bit * power_of_two(15));
        f.set(at::MODEL_X, row, bit);
        let change = (bit - old) * f.fixed(fixed_at::K + 2, row);
        neurons.iter().filter(|here| **here >= row).for_each(|here| f.add(at::MODEL_SUM, *here, change));
        f.add(at::MODEL_X, neurons[2] + 1, change);
    };
    for (tag, row) in neurons.iter().enumerate() {
        let bit = f.get(at::MODEL_X, *row);
        for other in [Fr::one() - bit, Fr::from(2), -Fr::one()] {
            flip(&mut f, other, *row);
            assert!(!f.accepted(), "tag {tag} becomes {other:?}");
            f.restart();
        }
    }
    // The mask, from some neuron on and to the end.
    for first in 0..=3 {
        neurons[first..].iter().for_each(|row| f.add(at::MODEL_SUM, *row, Fr::from(8)));
        f.add(at::MODEL_X, neurons[2] + 1, Fr::from(8));
        assert!(!f.accepted(), "mask from neuron {first} on");
        f.restart();
    }
}

/// Writes the rows of a class head for an index and a best logit, distances included.
fn classify(f: &mut Forge, index: Fr, best: Fr, met: impl Fn(usize) -> bool) {
    let first = f.rows(Gate::ClassFirst)[0];
    let rows = f.rows(Gate::ClassRow);
    let key = |logit: Fr, index: Fr| logit * Fr::from(256) + Fr::from(255) - index;
    f.set(at::MODEL_X, first, index);
    f.alone(at::LIMB, first, index);
    f.split(first, 1..3, best);
    f.alone(at::MODEL_SUM, first, key(best, index));
    for (i, row) in rows.into_iter().enumerate() {
        let own = key(f.get(at::MODEL_X, row), Fr::from(i as u64));
        f.split(row, 0..3, key(best, index) - own);
        f.alone(at::MODEL_SUM, row, key(best, index));
        f.alone(at::MODEL_FLAG, row, Fr::from(u64::from(met(i))));
    }
}

#[test]
fn a_class_is_the_first_greatest_logit() {
    // Logits in range, least, greatest, in range, least, greatest: 2 and 5 tie.
    let mut f = Forge::new(&[model("class-3-6", |_, _, _| 0)], &VALUES);
    let logits: Vec<Fr> = f.rows(Gate::ClassRow).iter().map(|row| f.get(at::MODEL_X, *row)).collect();
    let best = logits[2];
    assert_eq!((best, to_u64(best)), (logits[5], Some(65535)));
    let number = |i: u64| Fr::from(i);
    classify(&mut f, number(2), best, |i| i >= 2);
    assert!(f.assignment == *f.layout.assignment() && f.accepted());
    for other in [0, 1, 3, 4, 5_usize] {
        classify(&mut f, number(other as u64), logits[other], |i| i >= other);
        assert!(!f.accepted(), "class {other} with its own logit");
        classify(&mut f, number(other as u64), best, |i| i >= other);
        assert!(!f.accepted(), "class {other} with the greatest logit");
    }
    // The same key, written with an index of more than 8 bits.
    let more = Fr::from(256);
    classify(&mut f, number(2) + more, best + Fr::one(), |i| i >= 2);
    assert!(!f.accepted(), "an index of 9 bits");
    classify(&mut f, number(2) - more, best - Fr::one(), |i| i >= 2);
    assert!(!f.accepted(), "a negative index");
    // A key above all others, which belongs to no class.
    for index in [0, 6, 255] {
        classify(&mut f, number(index), best + Fr::from(u64::from(index > 2)), |_| false);
        assert!(!f.accepted(), "class {index} is never met");
        classify(&mut f, number(index), best, |_| true);
        assert!(!f.accepted(), "class {index} is met at a distance");
    }
    let first = f.rows(Gate::ClassFirst)[0];
    classify(&mut f, number(0), best, |_| true);
    f.alone(at::MODEL_FLAG, first, Fr::one());
    assert!(!f.accepted(), "met before the first class");
}

#[test]
fn a_best_key_cannot_change_on_the_way() {
    let mut f = Forge::new(&[model("class-3-3", |_, _, _| 0)], &VALUES);
    // Class 0 at first; from class 1 on the true best, so that no distance is negative.
    let (first, rows) = (f.rows(Gate::ClassFirst)[0], f.rows(Gate::ClassRow));
    let own = f.get(at::MODEL_X, rows[0]);
    f.set(at::MODEL_X, first, Fr::zero());
    f.alone(at::LIMB, first, Fr::zero());
    f.split(first, 1..3, own);
    let key = own * Fr::from(256) + Fr::from(255);
    f.alone(at::MODEL_SUM, first, key);
    f.alone(at::MODEL_SUM, rows[0], key);
    f.split(rows[0], 0..3, Fr::zero());
    f.alone(at::MODEL_FLAG, rows[0], Fr::one());
    f.alone(at::MODEL_FLAG, rows[1], Fr::one());
    assert!(!f.accepted());
}

/// A value is public as it stands in the cell of its neuron; another needs another neuron.
#[test]
fn values_are_the_outputs() {
    let mut f = Forge::new(&[model("values-3-2", |_, i, j| i as i16 - j as i16)], &VALUES);
    assert!(f.accepted());
    for row in f.rows(Gate::Neuron) {
        for by in [Fr::one(), -Fr::one(), Fr::from(1 << 16), -Fr::from(1 << 16)] {
            f.add(at::MODEL_X, row - 1, by);
            assert!(!f.accepted(), "row {row}");
            f.restart();
        }
        // With limbs to match, it is no longer the quotient.
        let other = f.get(at::MODEL_X, row - 1) + Fr::one();
        f.set(at::MODEL_X, row - 1, other);
        f.split(row - 1, 0..2, other);
        assert!(!f.accepted(), "row {row}, with limbs");
        f.restart();
    }
}

#[test]
fn a_score_is_the_sum_of_all_errors() {
    let mut f = Forge::new(&[model("anomaly-3-3-a8", |_, _, _| 0)], &VALUES);
    assert!(f.accepted());
    let neurons = f.rows(Gate::Neuron);
    let output = neurons[2] + 1;
    // From some neuron on and to the end; the first one starts from nothing.
    for first in 0..=3 {
        neurons[first..].iter().for_each(|row| f.add(at::MODEL_SUM, *row, -Fr::one()));
        f.add(at::MODEL_X, output, -Fr::one());
        assert!(!f.accepted(), "less from neuron {first} on");
        f.restart();
    }
    // Inputs that are what was reconstructed: errors of 0, were inputs not copied.
    for row in &neurons {
        let y = f.get(at::MODEL_X, row - 1);
        let x = y * f.fixed(fixed_at::K + 2, *row).invert().unwrap();
        f.alone(at::MODEL_X, *row, x);
        f.alone(at::MODEL_SUM, *row, Fr::zero());
    }
    f.set(at::MODEL_X, output, Fr::zero());
    assert!(!f.accepted(), "inputs that are not those that were proved");
}
