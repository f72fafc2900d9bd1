//! Models on random and extreme inputs, and single neurons at the edges of their roundings and clamps.

use foldproof_circuits::model::{Head, HeadParameters, InputQuantiser, Layer, Model, ModelError};
use foldproof_circuits::stages::model::{HeadOutput, evaluate};
use foldproof_circuits::testing::samples::{self, Numbers};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;
use proptest::prelude::*;

use super::cases;
use super::model::{self, within_bounds};

const SHAPES: [&str; 13] = [
    "values-5-4-3",
    "tags-96-16-4",
    "tags-5-9-3",
    "tags-4-7l-3-w12",
    "tags-6-3-w16-a8",
    "class-12-8-6-4",
    "class-3-9l-5-a8",
    "class-7-200-w12-a8",
    "anomaly-9-5-9",
    "anomaly-8-2l-8-w16",
    "anomaly-4-3-4-a8",
    "anomaly-3-3-w12-a8",
    "class-2-3-3l-4-3l-2",
];

/// Both ways to what a model says.
#[track_caller]
fn compare(model: &Model, values: &[i64]) -> HeadOutput {
    let found = evaluate(model, values);
    let (inputs, layers, output) = model::evaluate(model, values);
    let big = |values: &[i32]| values.iter().map(|value| BigInt::from(*value)).collect::<Vec<_>>();
    assert_eq!(big(&found.normalised), inputs);
    assert_eq!(found.layers.iter().map(|layer| big(layer)).collect::<Vec<_>>(), layers);
    assert_eq!(found.output, output);
    output
}

fn numbers() -> impl Strategy<Value = Numbers> {
    prop_oneof![4 => Just(Numbers::Random), 1 => Just(Numbers::Least), 1 => Just(Numbers::Greatest)]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn models_say_the_same(
        shape in prop::sample::select(&SHAPES),
        seeds in any::<(u64, u64)>(),
        numbers in (numbers(), numbers()),
    ) {
        let shape = samples::shape(shape);
        let model = samples::model(shape, seeds.0, numbers.0);
        compare(&model, &samples::values(shape.inputs(), seeds.1, numbers.1));
    }

    /// Two inputs, one hidden neuron, two outputs, everything free: what the bounds refuse here they refuse there.
    #[test]
    fn free_models_say_the_same_or_are_refused_alike(
        shape in prop::sample::select(&["tags-2-1-2", "tags-2-1l-2-w16", "class-2-1-2-a8", "anomaly-2-1l-2-w12-a8"][..]),
        inputs in prop::array::uniform2((any::<i64>(), any::<u64>())),
        values in prop::array::uniform2(any::<i64>()),
        weights in prop::array::uniform4(any::<i16>()),
        biases in prop::array::uniform3((any::<i32>(), 0..32_u32)),
        multipliers in prop::array::uniform3((any::<u32>(), 2..30_u32)),
    ) {
        let shape = samples::shape(shape);
        let weights = weights.map(|weight| weight >> (16 - shape.weights().count()));
        let bias = biases.map(|(bias, shift)| bias >> shift);
        let multiplier = multipliers.map(|(multiplier, shift)| multiplier >> shift);
        let layers = vec![
            Layer { weights: vec![weights[..2].to_vec()], bias: bias[..1].to_vec(), multiplier: multiplier[..1].to_vec() },
            Layer {
                weights: weights[2..].iter().map(|weight| vec![*weight]).collect(),
                bias: bias[1..].to_vec(),
                multiplier: multiplier[1..].to_vec(),
            },
        ];
        let neurons = layers.iter().enumerate().flat_map(|(index, layer)| {
            layer.weights.iter().zip(&layer.bias).zip(&layer.multiplier).map(move |((w, b), m)| (index, w, b, m))
        });
        let provable = neurons.into_iter().all(|(index, w, b, m)| within_bounds(&shape, index, w, *b, *m));
        let inputs = inputs.map(|(mean, multiplier)| InputQuantiser { mean: mean >> 28, multiplier: multiplier >> 24 });
        match build(shape.to_string().as_str(), inputs.to_vec(), layers) {
            Ok(model) => {
                prop_assert!(provable);
                compare(&model, &values.map(|value| value >> 28));
            }
            Err(ModelError::Overflow { .. }) => prop_assert!(!provable),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

fn build(shape: &str, inputs: Vec<InputQuantiser>, layers: Vec<Layer>) -> Result<Model, ModelError> {
    let shape = samples::shape(shape);
    let labels = if shape.head().has_labels() { shape.outputs() } else { 0 };
    let offsets = if shape.head() == Head::Tags { shape.outputs() } else { 0 };
    let head = HeadParameters {
        labels: (0..labels).map(|label| label.to_string()).collect(),
        offsets: vec![0; offsets],
        ..HeadParameters::default()
    };
    Model::new(shape, inputs, layers, head, Fr::zero())
}

/// One neuron of one input, which passes the input on.
fn one_neuron(shape: &str, input: u64, weight: i16, bias: i32, multiplier: u32) -> Model {
    let layers = vec![Layer { weights: vec![vec![weight]], bias: vec![bias], multiplier: vec![multiplier] }];
    build(shape, vec![InputQuantiser { mean: 0, multiplier: input }], layers).unwrap()
}

/// Inputs that end in a half, and the ends of both widths.
#[test]
fn inputs_round_and_clamp_at_their_edges() {
    for (shape, end) in [("tags-1-1", 1_i64 << 15), ("tags-1-1-a8", 1 << 7)] {
        let model = one_neuron(shape, 1 << 39, 1, 0, 1 << 29);
        for x in [0, 1, 2, 17, end - 2, end - 1, end, end + 1, 3 * end] {
            for value in [2 * x, -2 * x].into_iter().flat_map(|value| [value - 1, value, value + 1]) {
                compare(&model, &[value]);
                // The layer halves once more: ⌊⌊−3/2⌉/2⌉ = 0.
                assert_eq!(compare(&model, &[value]), HeadOutput::Tags(vec![value >= -3]), "{value}");
            }
        }
        let strongest = one_neuron(shape, (1 << 40) - 1, 1, 0, 1 << 29);
        for value in [-(1 << 35), (1 << 35) - 1] {
            for model in [&model, &strongest] {
                compare(model, &[value]);
            }
        }
    }
}

/// A neuron whose accumulator runs over both ends of its range, with halves at every other step.
#[test]
fn neurons_round_and_clamp_at_their_edges() {
    for (hidden, low, high) in [
        ("tags-1-1-1", 0, (1_i64 << 16) - 1),
        ("tags-1-1l-1", -(1 << 15), (1 << 15) - 1),
        ("tags-1-1-1-a8", 0, (1 << 8) - 1),
        ("tags-1-1l-1-a8", -(1 << 7), (1 << 7) - 1),
    ] {
        for end in [low, high, 0] {
            for accumulator in 2 * end - 6..=2 * end + 6 {
                let bias = i32::try_from(accumulator).unwrap();
                let layer = |weight, bias, multiplier| Layer {
                    weights: vec![vec![weight]],
                    bias: vec![bias],
                    multiplier: vec![multiplier],
                };
                let layers = vec![layer(0, bias, 1 << 29), layer(1, 0, 1 << 29)];
                let model = build(hidden, vec![InputQuantiser { mean: 0, multiplier: 0 }], layers).unwrap();
                compare(&model, &[5]);
                let rounded = (accumulator + 1).div_euclid(2).clamp(low, high);
                assert_eq!(
                    i64::from(evaluate(&model, &[5]).layers[0][0]),
                    rounded,
                    "{hidden}: {accumulator}/2"
                );
            }
        }
    }
    for accumulator in [-65_538, -65_537, -65_536, -65_535, -2, -1, 0, 1, 65_533, 65_534, 65_535, 65_536] {
        compare(&one_neuron("tags-1-1", 0, 1, accumulator, 1 << 29), &[9]);
    }
}

/// The sign of a tag turns between −1 and 0; classes that are equal; anomalies of 8 and 16 bits.
#[test]
fn heads_decide_at_their_edges() {
    for (bias, tag) in [(-3, false), (-2, false), (-1, true), (0, true), (1, true)] {
        let model = one_neuron("tags-1-1", 0, 1, bias, 1 << 29);
        assert_eq!(compare(&model, &[0]), HeadOutput::Tags(vec![tag]), "{bias}/2");
    }
    for (biases, class) in [
        ([4, 4, 4], 0),
        ([-9, 4, 4], 1),
        ([3, 4, 4], 0),
        ([4, 3, 5], 2),
        ([-4, -4, -9], 0),
        ([90_000, 80_000, 99_999], 0),
        ([-90_000, -80_000, -99_999], 0),
    ] {
        let layers =
            vec![Layer { weights: vec![vec![0]; 3], bias: biases.to_vec(), multiplier: vec![1 << 29; 3] }];
        let model = build("class-1-3", vec![InputQuantiser { mean: 0, multiplier: 0 }], layers).unwrap();
        assert_eq!(compare(&model, &[0]), HeadOutput::Class(class), "{biases:?}");
    }
    for (shape, unit) in [("anomaly-1-1", 1), ("anomaly-1-1-a8", 256)] {
        // x is 100, y a number from the bias.
        for y in [-40_000, -1, 0, 99, 100, 101, 25_600, 40_000_i64] {
            let bias = i32::try_from(2 * y).unwrap();
            let model = one_neuron(shape, 1 << 39, 0, bias, 1 << 29);
            let difference = 100 * unit - y.clamp(-32_768, 32_767);
            let expected = HeadOutput::Anomaly(difference.pow(2).try_into().unwrap());
            assert_eq!(compare(&model, &[200]), expected, "{shape}: {y}");
        }
    }
}
