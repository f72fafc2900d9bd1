//! Weights, accumulators and what is committed to.

use foldproof_circuits::chips::sponge::ROWS;
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at};
use foldproof_circuits::fixed::to_u64;
use foldproof_circuits::model::Model;
use foldproof_circuits::stages::model::commitment;
use halo2curves::bn256::Fr;

use crate::forge::{Forge, model};

/// Normalised inputs 0 and 5 of 16 bits: a multiplier of 2³⁶ counts sixteenths.
const VALUES: [i64; 2] = [5, 85];

/// A model of two inputs and three tags, with five weights of padding for each input.
fn padded() -> (Model, Forge) {
    let model = model("tags-2-3", |_, i, j| [[3, 4], [5, 6], [-7, 2]][i][j]);
    let forge = Forge::new(std::slice::from_ref(&model), &VALUES);
    (model, forge)
}

/// Adds to a limb of a row of weights and to the packed element it is in, the rows being of one run.
fn reweigh(f: &mut Forge, row: usize, limb: usize, by: Fr) {
    f.add(at::LIMB + limb, row, by);
    let position = f.fixed(fixed_at::INDEX, row);
    let stream = f.stream();
    f.add(at::MESSAGE, stream[stream.len() - LIMBS + limb], by * position);
    f.rehash();
}

#[test]
fn what_the_helpers_do_is_honest() {
    let (model, mut f) = padded();
    f.rehash();
    assert!(f.assignment == *f.layout.assignment() && f.accepted());
    assert_eq!(f.layout.instance().models[0].commitment, commitment(&model));
}

#[test]
fn weights_are_those_that_are_committed_to() {
    let (_, mut f) = padded();
    let rows = f.weights();
    // Of the input that is 0: accumulators do not see them.
    f.add(at::LIMB + 6, rows[0], Fr::one());
    assert!(!f.accepted(), "a weight that multiplies 0");
    f.restart();
    let (a, b) = (f.get(at::LIMB + 5, rows[0]), f.get(at::LIMB + 6, rows[0]));
    f.alone(at::LIMB + 5, rows[0], b);
    f.alone(at::LIMB + 6, rows[0], a);
    assert!(!f.accepted(), "two weights in each other's place");
    // With packing and sponge to match: another model, hence another commitment.
    let honest = f.layout.instance();
    f.restart();
    reweigh(&mut f, rows[0], 6, Fr::one());
    assert!(f.accepted(), "this is the witness of another model");
    let public = honest.rows().into_iter().copied().collect();
    assert!(!f.accepted_as(public), "under the honest commitment");
}

#[test]
fn accumulators_are_products() {
    let (_, mut f) = padded();
    let neurons = f.rows(Gate::Neuron);
    // The middle neuron is clamped far below: its accumulator can move and nothing else does, but the excess.
    let above = neurons[1] - 1;
    for by in [Fr::one(), -Fr::one(), Fr::from(2)] {
        f.add(at::MODEL_SUM, above, by);
        // Multiplier 2²⁹: two units of the accumulator are one of the quotient, which the excess counts downwards.
        let remainder = to_u64(f.join(above, 2..5) + by * Fr::from(1 << 29)).unwrap();
        let excess = f.join(above, 5..8) - Fr::from(remainder >> 30);
        f.split(above, 2..5, Fr::from(remainder & ((1 << 30) - 1)));
        f.split(above, 5..8, excess);
        assert!(!f.accepted(), "accumulator + {by:?}");
        f.restart();
    }
    // Weights and accumulators together, but not what is committed to.
    let rows = f.weights();
    f.add(at::LIMB + 6, rows[1], Fr::from(2));
    f.add(at::MODEL_SUM, above, Fr::from(10));
    let excess = f.join(above, 5..8) - Fr::from(5);
    f.split(above, 5..8, excess);
    assert!(!f.accepted(), "a weight and its accumulator");
    reweigh(&mut f, rows[1], 6, Fr::zero());
    assert!(!f.accepted(), "with a sponge that has not seen it");
}

#[test]
fn inputs_of_layers_are_outputs_of_those_before() {
    let mut f = Forge::new(&[model("tags-2-2-1", |_, _, _| 0)], &VALUES);
    assert!(f.accepted());
    for row in f.weights() {
        f.alone(at::MODEL_X, row, f.get(at::MODEL_X, row) + Fr::one());
        assert!(!f.accepted(), "activation beside the weights of row {row}, which are 0");
        f.restart();
    }
    // A second model looks at the same values.
    let mut f = Forge::new(&["tags-2-1", "class-2-1"].map(|name| model(name, |_, _, _| 0)), &VALUES);
    let here = f.rows(Gate::Input)[2];
    // Sixteen units of the value make one of the activation: one more stays in the remainder.
    f.alone(at::MODEL_X, here, f.get(at::MODEL_X, here) + Fr::one());
    let remainder = f.join(here - 1, 0..4) + Fr::from(1 << 36);
    f.split(here - 1, 0..4, remainder);
    assert!(!f.accepted(), "another value for the second model");
}

#[test]
fn beside_a_block_models_see_the_values_that_were_folded() {
    let mut f = Forge::blank("core-small-64+tags-96-1");
    assert!(f.accepted());
    let here = f.rows(Gate::Input)[95];
    f.add(at::MODEL_X, here, Fr::one());
    assert!(!f.accepted(), "another value, which the multiplier 0 hides");
    f.restart();
    // The range table of blocks has more in it: limbs that a gate reads have their own ranges all the same.
    f.add(at::LIMB, here - 2, Fr::one());
    assert!(!f.accepted(), "a limb beside an excess");
    f.restart();
    f.add(at::LIMB, f.assignment.rows() - 2, Fr::from(4095));
    assert!(f.accepted(), "a limb that nothing reads");
}

/// Also where it multiplies 0, so that a model has one commitment.
#[test]
fn padding_is_zero() {
    let (_, mut f) = padded();
    let rows = f.weights();
    for (row, by) in [(rows[1], 5), (rows[0], 0)] {
        reweigh(&mut f, row, 4, Fr::one());
        assert!(!f.accepted(), "padding that multiplies {by}");
        f.restart();
    }
}

#[test]
fn elements_are_absorbed_once_and_in_order() {
    let (_, mut f) = padded();
    let stream = f.stream();
    let message = |f: &Forge, place: usize| f.get(at::MESSAGE, stream[place]);
    let last = stream.len() - 1;
    for (a, b) in [(0, 1), (1, last), (last - 1, last)] {
        let (first, second) = (message(&f, a), message(&f, b));
        assert_ne!(first, second);
        f.set(at::MESSAGE, stream[a], second);
        f.set(at::MESSAGE, stream[b], first);
        f.rehash();
        assert!(!f.accepted(), "elements {a} and {b} in each other's place");
        f.set(at::MESSAGE, stream[b], second);
        f.rehash();
        assert!(!f.accepted(), "element {b} twice, element {a} not at all");
        f.restart();
    }
    // Carried from one element to the next as if limbs had more bits: the same sum at no point but the right one.
    let (first, second) = (message(&f, 1), message(&f, 2));
    f.set(at::MESSAGE, stream[1], first + Fr::from(1024));
    f.set(at::MESSAGE, stream[2], second - Fr::one());
    f.rehash();
    assert!(!f.accepted());
}

#[test]
fn free_messages_are_bound_to_the_commitment() {
    let (_, mut f) = padded();
    let honest: Vec<Fr> = f.layout.instance().rows().into_iter().copied().collect();
    // The values' chain takes one permutation; then salt, head and display.
    for message in 0..3 {
        f.add(at::MESSAGE, ROWS + message, Fr::one());
        assert!(!f.accepted(), "message {message} alone");
        f.rehash();
        assert!(f.accepted(), "message {message} of another model");
        assert!(!f.accepted_as(honest.clone()));
        let mut public = honest.clone();
        public[3] = f.assignment.read(f.assignment.instance()[3]);
        assert!(!f.accepted_as(public), "its head under the honest commitment");
        f.restart();
    }
    for row in f.rows(Gate::MessageZero) {
        f.add(at::MESSAGE, row, Fr::one());
        f.rehash();
        assert!(!f.accepted(), "what fills the last chunk, row {row}");
        f.restart();
    }
}
