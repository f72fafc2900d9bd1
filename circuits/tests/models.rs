//! The circuits of models against native arithmetic, under the mock prover.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{HeadParameters, InputQuantiser, Layer, Model};
use foldproof_circuits::stages::model::{commitment, evaluate, head_element};
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{Numbers, model, model_layout, shape, values};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

fn rows(layout: &Layout) -> Vec<Fr> {
    layout.instance().rows().into_iter().copied().collect()
}

fn check(models: &[Model], values: &[i64]) {
    let layout = model_layout(models, values);
    let statement = layout.statement();
    let instance = layout.instance();
    assert_eq!(instance.statement, statement.element());
    for (model, inputs) in models.iter().zip(&instance.models) {
        assert_eq!(inputs.commitment, commitment(model), "{statement}");
        assert_eq!(inputs.head, head_element(model), "{statement}");
        assert_eq!(inputs.outputs, evaluate(model, values).output.elements(), "{statement}");
    }
    let prover = MockProver::run(statement.k(), &layout, vec![rows(&layout)]).unwrap();
    if let Err(failures) = prover.verify() {
        for failure in failures.iter().take(20) {
            println!("{failure}");
        }
        panic!("{statement}: {} failures", failures.len());
    }
}

#[test]
fn the_circuit_computes_what_the_model_does() {
    let names = [
        "tags-5-3",
        "tags-12-7-9",
        "class-12-8-4",
        "class-3-1",
        "anomaly-10-4l-10",
        "anomaly-9-8-9-w12",
        "tags-20-16-8-w16",
        "class-7-6-5-a8",
        "anomaly-8-3-8-w12-a8",
        "values-6-5-4",
        "values-2-28-w12-a8",
    ];
    for (seed, name) in (1..).zip(names) {
        let shape = shape(name);
        for numbers in [Numbers::Random, Numbers::Least, Numbers::Greatest] {
            let model = model(shape, seed, numbers);
            check(std::slice::from_ref(&model), &values(shape.inputs(), seed, Numbers::Random));
            for extreme in [Numbers::Least, Numbers::Greatest] {
                check(std::slice::from_ref(&model), &values(shape.inputs(), seed, extreme));
            }
        }
    }
}

#[test]
fn reference_shapes_and_several_models() {
    for name in ["tags-96-64-32-15", "class-12-128-64-32-4"] {
        let model = model(shape(name), 7, Numbers::Random);
        check(std::slice::from_ref(&model), &values(model.shape().inputs(), 8, Numbers::Random));
    }
    let models =
        ["anomaly-96-64-32-16-32-64-96", "tags-96-6-5"].map(|name| model(shape(name), 3, Numbers::Random));
    check(&models, &values(96, 4, Numbers::Random));
}

#[test]
fn sizes_of_the_reference_shapes() {
    for (name, k) in [
        ("fingerprint+tags-96-64-32-15", 11),
        ("fingerprint+anomaly-96-64-32-16-32-64-96", 12),
        ("vector-12+class-12-128-64-32-4", 12),
        ("core-small-64+tags-96-64-32-15", 14),
        ("core-small-64+tags-96-64-32-15+anomaly-96-64-32-16-32-64-96", 14),
    ] {
        assert_eq!(Statement::from_name(name).unwrap().k(), k, "{name}");
    }
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let model = model(shape("tags-12-7-9"), 5, Numbers::Random);
    let layout = model_layout(std::slice::from_ref(&model), &values(12, 6, Numbers::Random));
    let blank = Layout::blank(layout.statement());
    let (a, b) = (blank.assignment(), layout.assignment());
    assert!(a.fixed() == b.fixed(), "fixed cells");
    assert!(a.enabled() == b.enabled(), "selectors");
    assert!(a.copies() == b.copies(), "copies");
    assert!(a.instance() == b.instance(), "public inputs");
}

fn accepts(layout: &Layout, instance: &[Fr]) -> bool {
    let k = layout.statement().k();
    MockProver::run(k, layout, vec![instance.to_vec()]).unwrap().verify().is_ok()
}

#[test]
fn every_public_input_is_constrained() {
    let models = ["tags-12-7-9", "class-12-4"].map(|name| model(shape(name), 5, Numbers::Random));
    let layout = model_layout(&models, &values(12, 6, Numbers::Random));
    let honest = rows(&layout);
    assert!(accepts(&layout, &honest));
    for row in 0..honest.len() {
        let mut other = honest.clone();
        other[row] += Fr::one();
        assert!(!accepts(&layout, &other), "public input {row}");
    }
}

/// A change of a model's parts.
type Change = dyn Fn(&mut Vec<InputQuantiser>, &mut Vec<Layer>, &mut HeadParameters);

/// Everything of a model that may differ, with the public inputs of the model it differs from.
#[test]
fn another_model_or_input_does_not_prove_what_this_one_says() {
    let shape = shape("anomaly-9-8-9");
    let honest = model(shape, 5, Numbers::Random);
    let input = values(9, 6, Numbers::Random);
    let instance = rows(&model_layout(std::slice::from_ref(&honest), &input));
    let changed = |change: &Change| {
        let mut parts = (honest.inputs().to_vec(), honest.layers().to_vec(), honest.head().clone());
        change(&mut parts.0, &mut parts.1, &mut parts.2);
        Model::new(shape, parts.0, parts.1, parts.2, honest.salt()).unwrap()
    };
    let others = [
        ("weight", changed(&|_, layers, _| layers[0].weights[3][2] ^= 1)),
        ("swapped rows", changed(&|_, layers, _| layers[1].weights.swap(0, 1))),
        (
            "swapped columns",
            changed(&|_, layers, _| layers[0].weights.iter_mut().for_each(|row| row.swap(4, 5))),
        ),
        ("bias", changed(&|_, layers, _| layers[0].bias[7] += 1)),
        ("scale", changed(&|_, layers, _| layers[1].multiplier[8] += 1)),
        ("mean", changed(&|inputs, _, _| inputs[0].mean += 1)),
        ("input scale", changed(&|inputs, _, _| inputs[8].multiplier += 1)),
        ("threshold", changed(&|_, _, head| head.threshold += 1)),
        ("unit", changed(&|_, _, head| head.fraction_bits += 1)),
        ("salt", {
            let (inputs, layers) = (honest.inputs().to_vec(), honest.layers().to_vec());
            Model::new(shape, inputs, layers, honest.head().clone(), Fr::from(77)).unwrap()
        }),
    ];
    for (what, other) in &others {
        assert_ne!(commitment(other), commitment(&honest), "{what}");
        let layout = model_layout(std::slice::from_ref(other), &input);
        assert!(!accepts(&layout, &instance), "{what}");
    }
    let mut other = input.clone();
    other[3] += 1;
    let layout = model_layout(std::slice::from_ref(&honest), &other);
    assert!(!accepts(&layout, &instance), "other input");
}

#[test]
fn shapes_and_zero_padding_change_the_commitment() {
    // The same weights with a neuron, an input or a layer of zeros more, and under other heads and widths.
    let names =
        ["class-3-4", "class-3-5", "class-4-4", "class-3-4-4", "class-3-4l-4", "tags-3-4", "class-3-4-w12"];
    let mut seen: Vec<Fr> = names.map(|name| commitment(&Model::blank(shape(name)))).to_vec();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), names.len());
}
