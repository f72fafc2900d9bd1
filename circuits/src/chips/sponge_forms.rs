//! What is linear between the S-boxes of a permutation: see `sponge`.
//!
//! Every form gives the four inputs of a row over the S-boxes of that row and the two above. Where a value further up
//! would be needed, it is an unknown here, and eliminated with what inputs of the rows in reach say of it.

use std::sync::OnceLock;

use halo2curves::bn256::Fr;

use crate::columns::{SPONGE_PER_ROW as PER_ROW, SPONGE_ROWS as ROWS};
use crate::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, State, WIDTH, constants};

/// Row of the first partial rounds.
pub(super) const PARTIAL_START: usize = FULL_ROUNDS / 2 * WIDTH / PER_ROW;
/// Row of the full rounds after the partial ones.
pub(super) const EXIT_START: usize = PARTIAL_START + PARTIAL_ROUNDS / PER_ROW;
/// First row filled by the recurrence.
pub(super) const RECURRENCE_START: usize = PARTIAL_START + WIDTH / PER_ROW;

/// S-boxes in reach of a row: two rows above, one above, its own.
pub const WINDOW: usize = 3 * PER_ROW;
/// First S-box of the row above, and of the row itself.
const ABOVE: usize = PER_ROW;
const HERE: usize = 2 * PER_ROW;

/// A value over a window of S-boxes: coefficients of inputs and outputs, and a constant.
#[derive(Clone, Debug)]
pub struct Form {
    pub inputs: [Fr; WINDOW],
    pub outputs: [Fr; WINDOW],
    pub constant: Fr,
    unknown: [Fr; WIDTH],
}

impl Form {
    const ZERO: Self = Self {
        inputs: [Fr::zero(); WINDOW],
        outputs: [Fr::zero(); WINDOW],
        constant: Fr::zero(),
        unknown: [Fr::zero(); WIDTH],
    };

    fn output(i: usize) -> Self {
        let mut form = Self::ZERO;
        form.outputs[i] = Fr::one();
        form
    }

    fn input(i: usize) -> Self {
        let mut form = Self::ZERO;
        form.inputs[i] = Fr::one();
        form
    }

    fn unknown(i: usize) -> Self {
        let mut form = Self::ZERO;
        form.unknown[i] = Fr::one();
        form
    }

    fn add_scaled(&mut self, other: &Self, factor: Fr) {
        let add = |to: &mut [Fr], from: &[Fr]| to.iter_mut().zip(from).for_each(|(a, b)| *a += factor * b);
        add(&mut self.inputs, &other.inputs);
        add(&mut self.outputs, &other.outputs);
        add(&mut self.unknown, &other.unknown);
        self.constant += factor * other.constant;
    }

    fn less(mut self, other: &Self) -> Self {
        self.add_scaled(other, -Fr::one());
        self
    }
}

/// The next state: the matrix, then a round's constants.
fn mix(state: &[Form; WIDTH], round: &State) -> [Form; WIDTH] {
    std::array::from_fn(|i| {
        let mut sum = Form { constant: round[i], ..Form::ZERO };
        constants().matrix[i].iter().zip(state).for_each(|(factor, form)| sum.add_scaled(form, *factor));
        sum
    })
}

/// `forms` without unknowns, by equations `zero` = 0 that determine all of them.
///
/// # Panics
/// If they do not: elimination would not be reversible, and a gate made of the forms would say less.
fn eliminate<const N: usize>(mut forms: [Form; N], mut zero: Vec<Form>) -> [Form; N] {
    for unknown in 0..zero.len() {
        let found = (unknown..zero.len()).find(|row| zero[*row].unknown[unknown] != Fr::zero());
        zero.swap(unknown, found.expect("what is in reach determines what is not"));
        let pivot = zero[unknown].clone();
        let inverse = pivot.unknown[unknown].invert().expect("a pivot is not 0");
        let others = zero.iter_mut().enumerate().filter(|(row, _)| *row != unknown).map(|(_, form)| form);
        for form in others.chain(&mut forms) {
            let factor = form.unknown[unknown] * inverse;
            form.add_scaled(&pivot, -factor);
        }
    }
    assert!(forms.iter().all(|form| form.unknown == [Fr::zero(); WIDTH]), "an unknown is left");
    forms
}

fn four(forms: &[Form]) -> [Form; PER_ROW] {
    std::array::from_fn(|i| forms[i].clone())
}

/// `x` = `form` for the inputs in a row of the window.
fn known(row: usize, forms: &[Form]) -> Vec<Form> {
    forms.iter().enumerate().map(|(i, form)| Form::input(row + i).less(form)).collect()
}

/// Outputs of a full round: of its second row at `second`, of the first in front of it, or unknown if that is out of reach.
fn full_outputs(second: usize) -> [Form; WIDTH] {
    std::array::from_fn(|i| match (second + i).checked_sub(PER_ROW) {
        Some(place) => Form::output(place),
        None => Form::unknown(i),
    })
}

/// Inputs of a full round from the outputs of the one before, by row.
fn full(round: &State, row: Half) -> [Form; PER_ROW] {
    match row {
        Half::First => four(&mix(&full_outputs(ABOVE), round)),
        Half::Second => {
            let next = mix(&full_outputs(0), round);
            eliminate(four(&next[PER_ROW..]), known(ABOVE, &next[..PER_ROW]))
        }
    }
}

/// Inputs of partial rounds 0–7, from the outputs of full round 3 and of the partial rounds before.
fn entry(row: Half) -> [Form; PER_ROW] {
    let (second, first_input) = match row {
        Half::First => (ABOVE, HERE),
        Half::Second => (0, ABOVE),
    };
    let mut state = full_outputs(second);
    let mut inputs = Vec::with_capacity(WIDTH);
    for r in 0..WINDOW - first_input {
        state = mix(&state, partial_constants(r));
        inputs.push(state[0].clone());
        state[0] = Form::output(first_input + r);
    }
    match row {
        Half::First => four(&inputs),
        Half::Second => eliminate(four(&inputs[PER_ROW..]), known(ABOVE, &inputs[..PER_ROW])),
    }
}

/// The state after `count` partial rounds from round `r` on, whose S-boxes start at `place`, and the inputs of all rounds
/// after the first one, as they follow. Of the state at the start, all but the first element is unknown.
fn walk(r: usize, count: usize, place: usize) -> ([Form; WIDTH], Vec<Form>) {
    let mut state: [Form; WIDTH] =
        std::array::from_fn(|i| if i == 0 { Form::ZERO } else { Form::unknown(i - 1) });
    let mut seen = Vec::with_capacity(count);
    for j in 0..count {
        state[0] = Form::output(place + j);
        state = mix(&state, partial_constants(r + j + 1));
        seen.push(state[0].clone());
    }
    (state, seen)
}

/// Inputs of the four partial rounds from round `r` on, each from the eight rounds before it.
fn partial(r: usize) -> [Form; PER_ROW] {
    std::array::from_fn(|i| {
        let (_, seen) = walk(r + i - WIDTH, WIDTH, i);
        let [form] = eliminate([seen[WIDTH - 1].clone()], known(i + 1, &seen[..WIDTH - 1]));
        form
    })
}

/// Inputs of full round 4.
fn exit(row: Half) -> [Form; PER_ROW] {
    match row {
        Half::First => {
            let (state, seen) = walk(PARTIAL_ROUNDS - WIDTH, WIDTH, 0);
            eliminate(four(&state), known(1, &seen[..WIDTH - 1]))
        }
        // Three inputs of the last four rounds and four of the row above determine the state before those rounds.
        Half::Second => {
            let (state, seen) = walk(PARTIAL_ROUNDS - PER_ROW, PER_ROW, 0);
            let mut zero = known(1, &seen[..PER_ROW - 1]);
            zero.extend(known(ABOVE, &state[..PER_ROW]));
            eliminate(four(&state[PER_ROW..]), zero)
        }
    }
}

/// Which of the two rows of eight S-boxes.
#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
}

/// Round constants of partial round `r`, or of full round 4 for `r` = 64.
fn partial_constants(r: usize) -> &'static State {
    &constants().round[FULL_ROUNDS / 2 + r]
}

/// The inputs of each row but the first two; those of gates of one kind differ in their constants only.
pub fn forms() -> &'static [[Form; PER_ROW]] {
    static FORMS: OnceLock<Vec<[Form; PER_ROW]>> = OnceLock::new();
    FORMS.get_or_init(|| {
        let of = |row: usize| {
            let half = if row.is_multiple_of(2) { Half::First } else { Half::Second };
            match row {
                row if row < 2 => [const { Form::ZERO }; PER_ROW],
                row if row < PARTIAL_START => full(&constants().round[row / 2], half),
                row if row < RECURRENCE_START => entry(half),
                row if row < EXIT_START => partial((row - PARTIAL_START) * PER_ROW),
                row if row < EXIT_START + 2 => exit(half),
                row => {
                    let round = FULL_ROUNDS / 2 + PARTIAL_ROUNDS + (row - EXIT_START) / 2;
                    full(&constants().round[round], half)
                }
            }
        };
        (0..ROWS).map(of).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a gate says must not depend on the row it is on in.
    #[test]
    fn forms_of_one_kind_differ_in_their_constants() {
        let same = |a: usize, b: usize| {
            forms()[a].iter().zip(&forms()[b]).all(|(a, b)| a.inputs == b.inputs && a.outputs == b.outputs)
        };
        for row in RECURRENCE_START..EXIT_START {
            assert!(same(row, RECURRENCE_START), "row {row}");
        }
        for row in (2..PARTIAL_START).chain(EXIT_START + 2..ROWS) {
            assert!(same(row, 2 + row % 2), "row {row}");
        }
    }
}
