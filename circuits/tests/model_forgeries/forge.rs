//! A circuit whose assignment is tampered with.

use foldproof_circuits::assignment::{Assignment, Cell};
use foldproof_circuits::chips::sponge::{PER_ROW, ROWS};
use foldproof_circuits::chips::{Gate, at, fixed_at, lookup};
use foldproof_circuits::fixed::to_u64;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{InputQuantiser, Layer, Model, Shape};
use foldproof_circuits::poseidon::{RATE, WIDTH, constants, permute_with, sbox};
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::samples::head;
use foldproof_circuits::testing::{Case, Recorder};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

/// Least and greatest value after requantisation, and something between.
const BIASES: [(i32, u32); 3] = [(1 << 20, 1 << 20), (-(1 << 30), 1 << 29), (1 << 30, 1 << 29)];

/// A model whose neurons are in range, too small and too large in turn, with weights as told.
pub fn model(name: &str, weight: impl Fn(usize, usize, usize) -> i16) -> Model {
    let shape = Shape::from_name(name).unwrap();
    let quantiser = |_| InputQuantiser { mean: 5, multiplier: 1 << 36 };
    let layer = |l| {
        let neurons = 0..shape.layer_outputs(l);
        let row = |i| (0..shape.layer_inputs(l)).map(|j| weight(l, i, j)).collect();
        Layer {
            weights: neurons.clone().map(row).collect(),
            bias: neurons.clone().map(|i| BIASES[i % 3].0).collect(),
            multiplier: neurons.map(|i| BIASES[i % 3].1).collect(),
        }
    };
    let head = head(shape);
    let inputs = (0..shape.inputs()).map(quantiser).collect();
    Model::new(shape, inputs, (0..shape.layers().len()).map(layer).collect(), head, Fr::from(3)).unwrap()
}

/// A circuit with an assignment that can be tampered with.
pub struct Forge {
    /// The honest circuit.
    pub layout: Layout,
    /// Its cells, tampered with.
    pub assignment: Assignment,
}

impl Forge {
    pub fn new(models: &[Model], values: &[i64]) -> Self {
        let shapes: Vec<Shape> = models.iter().map(Model::shape).collect();
        let statement = Statement::new(Subject::Vector(values.len() as u16), shapes).unwrap();
        let models: Vec<&Model> = models.iter().collect();
        let layout = Layout::of_values(&statement, values, Fr::from(9), &models).unwrap();
        Self { assignment: layout.assignment().clone(), layout }
    }

    /// The circuit that keys of a statement are made from: zeros, so that nothing a model sees changes what it says.
    pub fn blank(statement: &str) -> Self {
        let layout = Layout::blank(&Statement::from_name(statement).unwrap());
        Self { assignment: layout.assignment().clone(), layout }
    }

    /// Rows in which a gate is on.
    pub fn rows(&self, gate: Gate) -> Vec<usize> {
        (0..self.assignment.rows()).filter(|row| self.assignment.is_enabled(gate, *row)).collect()
    }

    /// Rows of weights.
    pub fn weights(&self) -> Vec<usize> {
        let packed = |row: &usize| self.fixed(fixed_at::INDEX, *row) != Fr::zero();
        self.rows(Gate::Weights).into_iter().filter(packed).collect()
    }

    pub fn get(&self, column: usize, row: usize) -> Fr {
        self.assignment.read(Cell { column, row })
    }

    pub fn fixed(&self, column: usize, row: usize) -> Fr {
        self.assignment.fixed_at(column, row)
    }

    /// Writes a cell and nothing that is copied from it.
    pub fn alone(&mut self, column: usize, row: usize, value: Fr) {
        self.assignment.write(column, row, value);
    }

    /// Writes a cell and everything that is copied from it.
    pub fn set(&mut self, column: usize, row: usize, value: Fr) {
        self.alone(column, row, value);
        let from = Cell { column, row };
        let copies: Vec<Cell> =
            self.assignment.copies().iter().filter(|c| c.0 == from).map(|c| c.1).collect();
        copies.into_iter().for_each(|to| self.set(to.column, to.row, value));
    }

    pub fn add(&mut self, column: usize, row: usize, value: Fr) {
        self.set(column, row, self.get(column, row) + value);
    }

    /// Σ 1024^i·limb.
    pub fn join(&self, row: usize, limbs: std::ops::Range<usize>) -> Fr {
        let limbs = limbs.rev().map(|i| self.get(at::LIMB + i, row));
        limbs.fold(Fr::zero(), |sum, limb| sum * Fr::from(1024) + limb)
    }

    /// Limbs whose join is `value`: its digits, or all of it in the first limb.
    pub fn split(&mut self, row: usize, limbs: std::ops::Range<usize>, value: Fr) {
        let digits = to_u64(value).filter(|v| *v < 1 << (10 * limbs.len()));
        for (i, limb) in limbs.enumerate() {
            let huge = if i == 0 { value } else { Fr::zero() };
            let limb_value = digits.map_or(huge, |value| Fr::from(value >> (10 * i) & 1023));
            self.alone(at::LIMB + limb, row, limb_value);
        }
    }

    /// Recomputes the sponge from its messages, chain by chain.
    pub fn rehash(&mut self) {
        let starts = self.rows(Gate::SpongeStart);
        let links = self.rows(Gate::SpongeChain);
        let round = &constants().round;
        for first in (0..).step_by(ROWS).take(starts.len() + links.len()) {
            let mut state = [Fr::zero(); WIDTH];
            state[0] = if starts.contains(&first) {
                self.fixed(fixed_at::ROUND, first) - round[0][0]
            } else {
                self.get(at::MESSAGE, first - 1)
            };
            (0..RATE).for_each(|i| state[i + 1] = self.get(at::MESSAGE, first + i));
            let mut place = 0;
            let state = permute_with(state, |input| {
                let (row, column) = (first + place / PER_ROW, place % PER_ROW);
                self.alone(at::SBOX + column, row, input);
                self.alone(at::SQUARE + column, row, input.square());
                place += 1;
                sbox(input)
            });
            self.set(at::MESSAGE, first + ROWS - 1, state[0]);
        }
    }

    /// Rows of the messages that must be packed elements.
    pub fn stream(&self) -> Vec<usize> {
        (0..self.assignment.rows()).filter(|row| self.fixed(fixed_at::STREAM, *row) == Fr::one()).collect()
    }

    /// Whether the assignment passes, with what it exposes as public inputs.
    pub fn accepted(&self) -> bool {
        let public = self.assignment.instance().iter().map(|cell| self.assignment.read(*cell));
        self.accepted_as(public.collect())
    }

    pub fn accepted_as(&self, public: Vec<Fr>) -> bool {
        let mut assignment = self.assignment.clone();
        lookup::count(&mut assignment);
        let k = self.layout.statement().k();
        let forged = self.layout.forged(assignment);
        let accepted = MockProver::run(k, &forged, vec![public.clone()]).unwrap().verify().is_ok();
        if let Some(recorder) = Recorder::of_environment() {
            // A circuit writes what it exposes beside its public inputs when it is made.
            let mut assignment = forged.assignment().clone();
            for (cell, copy) in forged.assignment().public() {
                assignment.write(copy.column, copy.row, assignment.read(cell));
            }
            let killers = if accepted { Vec::new() } else { vec!["MockProver".to_owned()] };
            let case = Case { assignment: &assignment, second: None, public: &public, killers: &killers };
            recorder.keep(&self.layout, &case);
        }
        accepted
    }

    pub fn restart(&mut self) {
        self.assignment = self.layout.assignment().clone();
    }
}
