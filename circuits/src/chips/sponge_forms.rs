//! What is linear between the S-boxes of a permutation: see [`sponge`](super::sponge).

use std::sync::OnceLock;

use halo2curves::bn256::Fr;

use crate::stages::commit::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, RATE, State, WIDTH, constants};

/// Coefficients of a value on a window of S-boxes: inputs, outputs, constant.
#[derive(Clone, Debug)]
pub struct Form {
    pub inputs: [Fr; WIDTH],
    pub outputs: [Fr; WIDTH],
    pub constant: Fr,
}

impl Form {
    fn zero() -> Self {
        Self { inputs: [Fr::zero(); WIDTH], outputs: [Fr::zero(); WIDTH], constant: Fr::zero() }
    }

    fn output(i: usize) -> Self {
        let mut form = Self::zero();
        form.outputs[i] = Fr::one();
        form
    }

    fn input(i: usize) -> Self {
        let mut form = Self::zero();
        form.inputs[i] = Fr::one();
        form
    }

    fn add_scaled(&mut self, other: &Self, factor: Fr) {
        self.inputs.iter_mut().zip(other.inputs).for_each(|(a, b)| *a += factor * b);
        self.outputs.iter_mut().zip(other.outputs).for_each(|(a, b)| *a += factor * b);
        self.constant += factor * other.constant;
    }

    fn combine(factors: &[Fr], forms: &[Self]) -> Self {
        let mut sum = Self::zero();
        factors.iter().zip(forms).for_each(|(factor, form)| sum.add_scaled(form, *factor));
        sum
    }

    fn plus(mut self, constant: Fr) -> Self {
        self.constant += constant;
        self
    }
}

/// A permutation as linear forms over windows of S-boxes.
#[derive(Debug)]
pub struct Linear {
    /// Inputs of partial rounds 0–7: `inputs` are unused, `outputs[i]` is the output of S-box i of full round 3,
    /// and outputs of earlier partial rounds stand in the second array.
    pub entry: [(Form, [Fr; WIDTH]); WIDTH],
    /// Input of partial round 8 and later, over the eight rounds before; only constants differ.
    pub partial: Vec<Form>,
    /// Inputs of full round 4, over the last eight partial rounds.
    pub exit: [Form; WIDTH],
}

pub fn linear() -> &'static Linear {
    static LINEAR: OnceLock<Linear> = OnceLock::new();
    LINEAR.get_or_init(|| Linear {
        entry: entry_forms(),
        partial: (0..PARTIAL_ROUNDS - WIDTH).map(|r| window_forms(r).0).collect(),
        exit: window_forms(PARTIAL_ROUNDS - WIDTH).1,
    })
}

/// Round constants of partial round `r`, or of full round 4 for `r` = 64.
fn partial_constants(r: usize) -> &'static State {
    &constants().round[FULL_ROUNDS / 2 + r]
}

fn entry_forms() -> [(Form, [Fr; WIDTH]); WIDTH] {
    let matrix = &constants().matrix;
    // `inputs` of these forms count outputs of partial rounds, `outputs` those of full round 3.
    let full: [Form; WIDTH] = std::array::from_fn(Form::output);
    let mut state: [Form; WIDTH] = std::array::from_fn(|i| Form::combine(&matrix[i], &full));
    std::array::from_fn(|r| {
        state.iter_mut().zip(partial_constants(r)).for_each(|(form, c)| form.constant += c);
        let input = state[0].clone();
        state[0] = Form::input(r);
        state = std::array::from_fn(|i| Form::combine(&matrix[i], &state));
        let earlier = input.inputs;
        (Form { inputs: [Fr::zero(); WIDTH], ..input }, earlier)
    })
}

/// The input of partial round `r` + 8 and the inputs of the round after it as a full one, over the rounds
/// r … r + 7: `inputs[j]` of x_{r+j}, `outputs[j]` of y_{r+j}.
fn window_forms(r: usize) -> (Form, [Form; WIDTH]) {
    let matrix = &constants().matrix;
    // First over unknowns: the seven elements beside x_r (as `inputs`, 1 to 7) and the outputs y.
    let mut state: [Form; WIDTH] = std::array::from_fn(Form::input);
    let mut seen = Vec::with_capacity(WIDTH);
    for j in 0..WIDTH {
        state[0] = Form::output(j);
        state =
            std::array::from_fn(|i| Form::combine(&matrix[i], &state).plus(partial_constants(r + j + 1)[i]));
        seen.push(state[0].clone());
    }
    // Then x_{r+1} … x_{r+7} give the unknowns: solve seen_j = x_{r+1+j} for them by elimination.
    let mut rows: Vec<(Vec<Fr>, Form)> = seen[..RATE]
        .iter()
        .enumerate()
        .map(|(j, form)| {
            let mut right = Form::input(j + 1);
            right.add_scaled(&Form { inputs: [Fr::zero(); WIDTH], ..form.clone() }, -Fr::one());
            (form.inputs[1..].to_vec(), right)
        })
        .collect();
    for pivot in 0..RATE {
        let at = (pivot..RATE).find(|row| rows[*row].0[pivot] != Fr::zero()).unwrap_or(pivot);
        rows.swap(pivot, at);
        let inverse = Option::<Fr>::from(rows[pivot].0[pivot].invert()).unwrap_or_default();
        rows[pivot].0.iter_mut().for_each(|x| *x *= inverse);
        let mut scaled = Form::zero();
        scaled.add_scaled(&rows[pivot].1, inverse);
        rows[pivot].1 = scaled;
        for row in (0..RATE).filter(|row| *row != pivot) {
            let factor = rows[row].0[pivot];
            let (left, right) = rows[pivot].clone();
            rows[row].0.iter_mut().zip(left).for_each(|(a, b)| *a -= factor * b);
            rows[row].1.add_scaled(&right, -factor);
        }
    }
    let unknowns: Vec<Form> = rows.into_iter().map(|(_, form)| form).collect();
    let solved = |form: &Form| {
        let mut sum = Form { inputs: [Fr::zero(); WIDTH], ..form.clone() };
        form.inputs[1..].iter().zip(&unknowns).for_each(|(factor, unknown)| sum.add_scaled(unknown, *factor));
        sum
    };
    (solved(&seen[RATE]), std::array::from_fn(|i| solved(&state[i])))
}
