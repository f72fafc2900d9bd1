//! The arithmetic of models: inputs, layers, heads and commitment.

use foldproof_circuits::assignment::{Assignment, Cell, Free, Lies};
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::model::{InputQuantiser, Layer, Model, Shape};
use foldproof_circuits::stages::model::{HeadOutput, evaluate};
use foldproof_circuits::testing::samples::{head, shape, statement};
use foldproof_circuits::testing::{Examiner, Forger, Subject};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::{cell, refused};

/// Four inputs, half a unit, in range and beyond either end; two layers with biases and clamps of every kind.
fn model(name: &str) -> Model {
    let shape: Shape = shape(name);
    let quantiser =
        |j: usize| InputQuantiser { mean: [0, 7, -9, 100][j], multiplier: 1 << [39, 38, 37, 36][j] };
    let layer = |l: usize| {
        let weight = |i: usize, j: usize| [3, -5, 7, 1, -2][(i + 2 * j + l) % 5];
        let neurons = 0..shape.layer_outputs(l);
        let row = |i: usize| (0..shape.layer_inputs(l)).map(|j| weight(i, j)).collect();
        Layer {
            weights: neurons.clone().map(row).collect(),
            bias: neurons.clone().map(|i| [0, 1 << 18, -(1 << 18), 3][i % 4]).collect(),
            multiplier: neurons.map(|i| [1 << 29, 1 << 28, 1 << 29, 12_345_679][i % 4]).collect(),
        }
    };
    let head = head(shape);
    let inputs = (0..shape.inputs()).map(quantiser).collect();
    Model::new(shape, inputs, (0..shape.layers().len()).map(layer).collect(), head, Fr::from(3)).unwrap()
}

const VALUES: [i64; 4] = [1, 1000, -(1 << 35), (1 << 35) - 1];

fn forger(name: &str) -> Forger {
    let models = vec![model(name)];
    Forger::new(statement(&models), Subject::Values(VALUES.to_vec()), models)
}

fn read(assignment: &Assignment, cell: Cell) -> BigInt {
    to_integer(assignment.read(cell))
}

/// Cells in the order in which they were computed.
fn down(mut cells: Vec<Cell>) -> Vec<Cell> {
    cells.sort_by_key(|cell| cell.row);
    cells
}

/// Activations of inputs and of all neurons, flags of each.
fn activations(forger: &Forger) -> Vec<[Cell; 3]> {
    let assignment = forger.honest().assignment();
    let cells = |row: usize| {
        let flags = [cell(at::MODEL_FLAG, row - 1), cell(at::MODEL_FLAG, row)];
        [cell(at::MODEL_X, row - 1), flags[0], flags[1]]
    };
    let on =
        |row: &usize| assignment.is_enabled(Gate::Input, *row) || assignment.is_enabled(Gate::Neuron, *row);
    (0..assignment.rows()).filter(on).map(cells).collect()
}

fn names() -> [&'static str; 6] {
    [
        "tags-4-5-3",
        "tags-4-5l-3-a8",
        "anomaly-4-5-4",
        "anomaly-4-5-4-w16-a8",
        "class-4-5-6-w12",
        "values-4-5-3",
    ]
}

/// ⌊x⌋ instead of ⌊x⌉, or any other integer, in every rescaling; clamps left out, told where there are none, or to the other end.
#[test]
fn another_rescaling_is_refused() {
    let mut clamped = [0; 3];
    for name in names() {
        let forger = forger(name);
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        for [activation, under, over] in activations(&forger) {
            let honest = read(assignment, activation);
            let flags = [under, over].map(|flag| read(assignment, flag) == BigInt::from(1));
            clamped[usize::from(flags[0]) + 2 * usize::from(flags[1])] += 1;
            let put = |value: BigInt, flags: [u8; 2]| {
                Lies::from([(activation, value), (under, flags[0].into()), (over, flags[1].into())])
            };
            let set = flags.map(u8::from);
            let mut tries = vec![
                ("one less", put(&honest - 1, set)),
                ("one more", put(&honest + 1, set)),
                ("both ends", put(honest.clone(), [1, 1])),
            ];
            if flags != [false, false] {
                tries.push(("not clamped", put(&honest + 12_345, [0, 0])));
                tries.push(("the other end", put(honest.clone(), [set[1], set[0]])));
            } else {
                tries.push(("clamped below", put(BigInt::from(0), [1, 0])));
                tries.push(("clamped above", put(BigInt::from(65_535), [0, 1])));
            }
            for (clause, lies) in tries {
                // The least there is, told to be the least, is no lie.
                if examiner.judge(&forger, lies.clone()).changed {
                    refused(&examiner, &forger, lies, &format!("{name}, {activation:?}: {clause}"), false);
                }
            }
        }
    }
    assert!(clamped.iter().all(|count| *count > 0), "in range, below, above: {clamped:?}");
}

/// A term left out, a bias in place of another, any other sum.
#[test]
fn another_accumulator_is_refused() {
    for name in names() {
        let forger = forger(name);
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        for accumulator in down(forger.free(Free::Accumulator)) {
            for by in [1_i64, -1, 3, 1 << 18, 1 << 41] {
                let lies = Lies::from([(accumulator, read(assignment, accumulator) + by)]);
                refused(&examiner, &forger, lies, &format!("{name}: accumulator {by:+}"), false);
            }
        }
    }
}

#[test]
fn another_tag_is_refused() {
    for name in &names()[..2] {
        let forger = forger(name);
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        let rows = (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::Tag, *row));
        for (i, row) in rows.enumerate() {
            let (bit, mask) = (cell(at::MODEL_X, row), cell(at::MODEL_SUM, row));
            let other = 1 - read(assignment, bit);
            let lies = Lies::from([(bit, other)]);
            refused(&examiner, &forger, lies, &format!("{name}: tag {i}"), true);
            // Another bit of the mask, another place for the bit.
            for by in [BigInt::from(1) << i, BigInt::from(1) << (i + 1)] {
                let lies = Lies::from([(mask, read(assignment, mask) + by)]);
                refused(&examiner, &forger, lies, &format!("{name}: mask from {i} on"), true);
            }
        }
    }
}

#[test]
fn another_score_is_refused() {
    for name in &names()[2..4] {
        let forger = forger(name);
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        for row in (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::Error, *row)) {
            let (x, sum) = (cell(at::MODEL_X, row), cell(at::MODEL_SUM, row));
            for (clause, lies) in [
                ("a square left out", Lies::from([(sum, BigInt::from(0))])),
                ("one less", Lies::from([(sum, read(assignment, sum) - 1)])),
                ("against another input", Lies::from([(x, read(assignment, x) + 1)])),
            ] {
                if examiner.judge(&forger, lies.clone()).changed {
                    refused(&examiner, &forger, lies, &format!("{name}: {clause}"), true);
                }
            }
        }
    }
}

/// The cell of the class.
fn class(forger: &Forger) -> Cell {
    forger.free(Free::Class).into_iter().find(|cell| cell.column == at::MODEL_X).unwrap()
}

#[test]
fn another_class_is_refused() {
    let forger = forger("class-4-5-6-w12");
    let examiner = Examiner::new(forger.honest());
    let index = class(&forger);
    let honest = read(forger.honest().assignment(), index);
    for other in 0..6 {
        if honest != other.into() {
            let lies = Lies::from([(index, other.into())]);
            refused(&examiner, &forger, lies, &format!("class {other}"), true);
        }
    }
}

/// All logits equal: the first one is meant.
#[test]
fn a_later_class_of_a_tie_is_refused() {
    let usual = model("class-4-5-6");
    let mut layers = usual.layers().to_vec();
    let last = &mut layers[1];
    last.weights.iter_mut().flatten().for_each(|w| *w = 0);
    last.bias.fill(5);
    last.multiplier.fill(1 << 29);
    let model = Model::new(usual.shape(), usual.inputs().to_vec(), layers, usual.head().clone(), Fr::from(3));
    let model = model.unwrap();
    assert_eq!(evaluate(&model, &VALUES).output, HeadOutput::Class(0));
    let models = vec![model];
    let forger = Forger::new(statement(&models), Subject::Values(VALUES.to_vec()), models);
    let examiner = Examiner::new(forger.honest());
    let index = class(&forger);
    for other in 1..6 {
        refused(&examiner, &forger, Lies::from([(index, other.into())]), "a later class", true);
    }
}

/// Another order, length, domain, salt, label, threshold or parameter than what the rows hold: the messages are packed from the rows,
/// but for the first three, which are free and public through the commitment.
#[test]
fn another_model_is_refused() {
    for name in names() {
        let forger = forger(name);
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        let packed = down(forger.free(Free::Packed));
        let (one, other) = (packed[1], packed[packed.len() - 1]);
        for (clause, lies) in [
            ("an element", Lies::from([(one, read(assignment, one) + 1)])),
            ("the order", Lies::from([(one, read(assignment, other)), (other, read(assignment, one))])),
            ("left out", Lies::from([(other, BigInt::from(0))])),
        ] {
            refused(&examiner, &forger, lies, &format!("{name}: {clause}"), true);
        }
        // A parameter's limb, with the message left: every row of parameters in turn.
        let limbs = forger.free(Free::Input).into_iter();
        let limbs: Vec<Cell> = limbs.filter(|cell| cell.column == at::LIMB).collect();
        for limb in limbs.into_iter().step_by(3) {
            let lies = Lies::from([(limb, read(assignment, limb) + 1)]);
            refused(&examiner, &forger, lies, &format!("{name}: a parameter"), false);
        }
    }
}
