//! The circuit is satisfied by what the model computes and by no other output, at and beyond every clamp.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, R1CS_PREDICATE_LABEL,
};

use crate::circuit::Claim;
use crate::model::{Layer, Model, Quantiser};

/// Two inputs and a hidden layer, with multipliers that let outputs reach the ends of their ranges.
fn model(relu: bool, multiplier: u32) -> Model {
    let quantiser = |mean| Quantiser { mean, multiplier: 1 << 26, unit: 0 };
    let layer = |relu, weights: Vec<Vec<i16>>| Layer {
        relu,
        multiplier: vec![multiplier; weights.len()],
        bias: (0..).map(|index| 1000 * index - 700).take(weights.len()).collect(),
        weights,
    };
    Model {
        format: 1,
        head: "class".to_owned(),
        activation_bits: 16,
        inputs: vec![quantiser(12_345), quantiser(-7)],
        layers: vec![
            layer(relu, vec![vec![100, -128], vec![-3, 0], vec![0, 0], vec![127, 127]]),
            layer(false, vec![vec![1, -2, 3, -4], vec![-128, 127, 5, 0], vec![50, 60, 70, 80]]),
        ],
    }
}

fn synthesised(model: &Model, input: &[i64]) -> ConstraintSystemRef<Fr> {
    let cs = ConstraintSystem::new_ref();
    Claim { model, input }.generate_constraints(cs.clone()).unwrap();
    cs
}

#[test]
fn outputs_are_those_of_the_arithmetic() {
    let ends = [-(1 << 35), -123_456_789, -1, 0, 1, 40_000, 3_000_000_000, (1 << 35) - 1];
    for (relu, multiplier) in
        [(true, 1 << 20), (false, 1 << 20), (true, (1 << 30) - 1), (false, (1 << 30) - 1), (true, 0)]
    {
        let model = model(relu, multiplier);
        let constraints = synthesised(&model, &[0, 0]).num_constraints();
        for input in ends.iter().flat_map(|a| ends.map(|b| [*a, b])) {
            let cs = synthesised(&model, &input);
            assert!(cs.is_satisfied().unwrap(), "{relu} {multiplier} {input:?}");
            // The constant, the inputs, the outputs.
            let public = cs.instance_assignment().unwrap();
            let outputs: Vec<Fr> = model.outputs(&input).into_iter().map(Fr::from).collect();
            assert_eq!(public[3..], outputs, "{relu} {multiplier} {input:?}");
            assert_eq!(cs.num_constraints(), constraints, "a circuit that depends on its input");
        }
    }
}

/// Every variable is changed, public ones included, one at a time. The inverse of a sum that is 0 may be anything.
#[test]
fn every_variable_matters() {
    let model = model(true, 1 << 28);
    let cs = synthesised(&model, &[2_000_000_000, -5_000_000]);
    cs.finalize();
    let matrices = cs.to_matrices().unwrap().remove(R1CS_PREDICATE_LABEL).unwrap();
    let [left, right, result] = &matrices[..] else { panic!("{} matrices", matrices.len()) };
    let mut values = [cs.instance_assignment().unwrap(), cs.witness_assignment().unwrap()].concat();
    let satisfied = |values: &[Fr]| {
        let sum = |row: &[(Fr, usize)]| row.iter().map(|(factor, at)| *factor * values[*at]).sum::<Fr>();
        left.iter().zip(right).zip(result).all(|((a, b), c)| sum(a) * sum(b) == sum(c))
    };
    assert!(satisfied(&values));
    let mut free = 0;
    for index in 1..values.len() {
        let honest = values[index];
        values[index] += Fr::from(1);
        if satisfied(&values) {
            assert_eq!(honest, Fr::from(0), "variable {index} of {}", values.len());
            free += 1;
        }
        values[index] = honest;
    }
    assert!((1..4).contains(&free), "{free} of {} are free", values.len());
}
