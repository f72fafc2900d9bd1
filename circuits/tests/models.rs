//! The circuits of models against native arithmetic, under the mock prover.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::chips::{ADVICE_COLUMNS, at, lookup};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{Head, HeadParameters, InputQuantiser, Layer, Model, Shape};
use foldproof_circuits::sheet::Cell;
use foldproof_circuits::stages::model::{commitment, evaluate, head_element};
use foldproof_circuits::statement::{FINGERPRINT, Statement, Subject};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

/// A small deterministic generator, enough for shapes and extremes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// In [−2^(bits−1), 2^(bits−1)).
    fn signed(&mut self, bits: u32) -> i64 {
        let high = self.roll(1 << 20) << 20 | self.roll(1 << 20);
        (high & ((1 << bits) - 1)) as i64 - (1 << (bits - 1))
    }
}

/// How a test's numbers are drawn.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    Random,
    Least,
    Greatest,
}

fn shape(name: &str) -> Shape {
    Shape::from_name(name).unwrap()
}

fn model(shape: Shape, seed: u64, numbers: Numbers) -> Model {
    let mut dice = Dice(seed);
    let (least, greatest) = shape.weights().range();
    let inputs = (0..shape.inputs())
        .map(|_| match numbers {
            Numbers::Random => InputQuantiser { mean: dice.signed(34), multiplier: dice.roll(1 << 20) },
            Numbers::Least => InputQuantiser { mean: -(1 << 35), multiplier: (1 << 40) - 1 },
            Numbers::Greatest => InputQuantiser { mean: (1 << 35) - 1, multiplier: (1 << 40) - 1 },
        })
        .collect();
    let layers = (0..shape.layers().len())
        .map(|layer| {
            let (inputs, outputs) = (shape.layer_inputs(layer), shape.layer_outputs(layer));
            let mut weight = || match numbers {
                Numbers::Random => dice.signed(shape.weights().count()) as i16,
                Numbers::Least => least,
                Numbers::Greatest => greatest,
            };
            let weights = (0..outputs).map(|_| (0..inputs).map(|_| weight()).collect()).collect();
            // As large as the bound on a neuron's values allows, or such that most outputs are not clamped.
            let extreme = i64::from(least) * -65535 * inputs as i64;
            let bound = ((1_i64 << 60) / (extreme + (1 << 31)) / 2).min((1 << 30) - 1) as u32;
            let usual = ((1_i64 << 46) / (extreme + (1 << 31))) as u32 * 8;
            Layer {
                weights,
                bias: (0..outputs)
                    .map(|_| match numbers {
                        Numbers::Random => dice.signed(31) as i32,
                        Numbers::Least => i32::MIN,
                        Numbers::Greatest => i32::MAX,
                    })
                    .collect(),
                multiplier: vec![if numbers == Numbers::Random { usual } else { bound }; outputs],
            }
        })
        .collect();
    let labels = if shape.head().has_labels() { shape.outputs() } else { 0 };
    let head = HeadParameters {
        labels: (0..labels).map(|i| format!("label {i}")).collect(),
        threshold: if shape.head() == Head::Anomaly { 12345 } else { 0 },
        fraction_bits: 11,
        offsets: if shape.head() == Head::Tags { vec![-3; shape.outputs()] } else { Vec::new() },
    };
    Model::new(shape, inputs, layers, head, Fr::from(seed)).unwrap()
}

fn values(length: usize, seed: u64, numbers: Numbers) -> Vec<i64> {
    let mut dice = Dice(seed);
    let value = |_| match numbers {
        Numbers::Random => dice.signed(36),
        Numbers::Least => -(1 << 35),
        Numbers::Greatest => (1 << 35) - 1,
    };
    (0..length).map(value).collect()
}

fn statement(models: &[Model]) -> Statement {
    let shapes: Vec<Shape> = models.iter().map(Model::shape).collect();
    let inputs = shapes[0].inputs();
    let subject = if inputs == FINGERPRINT { Subject::Fingerprint } else { Subject::Vector(inputs as u16) };
    Statement::new(subject, &shapes).unwrap()
}

fn lay_out(models: &[Model], values: &[i64]) -> Layout {
    let models: Vec<Model> = models.to_vec();
    let layout =
        Layout::of_values(statement(&models), values, Fr::from(9), &models.iter().collect::<Vec<_>>());
    layout.unwrap()
}

fn rows(layout: &Layout) -> Vec<Fr> {
    layout.instance().rows().into_iter().copied().collect()
}

fn check(models: &[Model], values: &[i64]) {
    let layout = lay_out(models, values);
    let statement = layout.statement();
    let instance = layout.instance();
    assert_eq!(instance.statement, statement.element());
    for (model, inputs) in models.iter().zip(&instance.models) {
        assert_eq!(inputs.commitment, commitment(model), "{statement}");
        assert_eq!(inputs.head, head_element(model), "{statement}");
        assert_eq!(inputs.output, evaluate(model, values).output.element(), "{statement}");
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
        ("core-small-64+tags-96-64-32-15", 13),
        ("core-small-64+tags-96-64-32-15+anomaly-96-64-32-16-32-64-96", 13),
    ] {
        assert_eq!(Statement::from_name(name).unwrap().k(), k, "{name}");
    }
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let model = model(shape("tags-12-7-9"), 5, Numbers::Random);
    let layout = lay_out(std::slice::from_ref(&model), &values(12, 6, Numbers::Random));
    let blank = Layout::blank(layout.statement());
    let (a, b) = (blank.sheet(), layout.sheet());
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
    let layout = lay_out(&models, &values(12, 6, Numbers::Random));
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
    let instance = rows(&lay_out(std::slice::from_ref(&honest), &input));
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
        let layout = lay_out(std::slice::from_ref(other), &input);
        assert!(!accepts(&layout, &instance), "{what}");
    }
    let mut other = input.clone();
    other[3] += 1;
    let layout = lay_out(std::slice::from_ref(&honest), &other);
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

/// Cells are drawn by a seed, so that different runs look at different cells; a failure names it.
#[test]
fn no_sampled_cell_can_change_alone() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let seed = std::env::var("FOLDPROOF_SEED").map_or(seed, |seed| seed.parse().unwrap());
    let mut dice = Dice(seed);
    for name in ["tags-12-7-9", "anomaly-9-8-9-w12", "class-7-6-5-a8"] {
        let model = model(shape(name), 5, Numbers::Random);
        let layout =
            lay_out(std::slice::from_ref(&model), &values(model.shape().inputs(), 6, Numbers::Random));
        let instance = rows(&layout);
        let assigned = layout.sheet().assigned();
        for column in 0..ADVICE_COLUMNS {
            let cells: Vec<Cell> = assigned.iter().copied().filter(|cell| cell.column == column).collect();
            if cells.is_empty() {
                continue;
            }
            for round in 0..3 {
                let cell = cells[dice.roll(cells.len() as u64) as usize];
                let mut sheet = layout.sheet().clone();
                let honest = sheet.read(cell);
                let forged = [honest + Fr::one(), honest - Fr::one(), Fr::from(dice.roll(1 << 30))][round];
                if forged == honest {
                    continue;
                }
                sheet.write(cell.column, cell.row, forged);
                if column != at::COUNT {
                    lookup::count(&mut sheet);
                }
                let refused = !accepts(&layout.forged(sheet), &instance);
                assert!(refused, "{name}: {cell:?} may become {forged:?}; FOLDPROOF_SEED={seed}");
            }
        }
    }
}
