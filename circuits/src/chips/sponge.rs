//! Poseidon, one permutation in 32 rows of four S-boxes.
//!
//! | rows | S-boxes |
//! |---|---|
//! | 0–7 | full rounds 0–3, two rows each |
//! | 8–23 | partial rounds 0–63, four a row |
//! | 24–31 | full rounds 4–7, two rows each |
//!
//! An S-box takes two cells: its input x and z = x². Its output is z²·x, of degree 3, so every gate stays at degree 4
//! with its selector. Between S-boxes everything is linear, so partial rounds need no state: with x_r the input and
//! y_r = x_r⁵ the output of partial round r, the seven other elements follow from x_{r+1}…x_{r+7} and y_r…y_{r+6}
//! (`Linear` below), hence x_{r+8} = Σ_{j=1..7} a_j·x_{r+j} + Σ_{j=0..7} b_j·y_{r+j} + constant_r: one recurrence for all
//! rounds. Constants stand in fixed columns on the row of the x they belong to.
//!
//! Message elements stand in rows 0–6 of the message column, the digest in row 31; the next link of a chain starts
//! from it.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::sponge_forms::linear;
use super::{ChipSet, Gate, Query, at, fixed_at};
use crate::sheet::{Cell, Free, Sheet};
use crate::stages::commit::poseidon::{
    FULL_ROUNDS, PARTIAL_ROUNDS, RATE, State, WIDTH, constants, dot, is_full,
};

/// Rows of a permutation.
pub const ROWS: usize = 32;
/// S-boxes in a row.
pub const PER_ROW: usize = 4;
/// Row of the first partial rounds.
const PARTIAL_START: usize = FULL_ROUNDS / 2 * WIDTH / PER_ROW;
/// Row of the full rounds after the partial ones.
const EXIT_START: usize = PARTIAL_START + PARTIAL_ROUNDS / PER_ROW;
/// First row filled by the recurrence.
const RECURRENCE_START: usize = PARTIAL_START + WIDTH / PER_ROW;

/// The columns and gates of one sponge.
#[derive(Debug)]
pub struct SpongeBand {
    sbox: usize,
    square: usize,
    message: usize,
    round: usize,
    gates: Gates,
}

#[derive(Debug)]
struct Gates {
    square: Gate,
    start: Gate,
    chain: Gate,
    full: Gate,
    entry: Gate,
    partial: Gate,
    exit: Gate,
    end: Gate,
}

/// The sponge of the core band.
pub const CORE: SpongeBand = SpongeBand {
    sbox: at::SBOX,
    square: at::SQUARE,
    message: at::MESSAGE,
    round: fixed_at::ROUND,
    gates: Gates {
        square: Gate::Square,
        start: Gate::SpongeStart,
        chain: Gate::SpongeChain,
        full: Gate::SpongeFull,
        entry: Gate::SpongeEntry,
        partial: Gate::SpongePartial,
        exit: Gate::SpongeExit,
        end: Gate::SpongeEnd,
    },
};

/// The sponge of the model band.
pub const MODEL: SpongeBand = SpongeBand {
    sbox: at::MODEL_SBOX,
    square: at::MODEL_SQUARE,
    message: at::MODEL_MESSAGE,
    round: fixed_at::MODEL_ROUND,
    gates: Gates {
        square: Gate::ModelSquare,
        start: Gate::ModelSpongeStart,
        chain: Gate::ModelSpongeChain,
        full: Gate::ModelSpongeFull,
        entry: Gate::ModelSpongeEntry,
        partial: Gate::ModelSpongePartial,
        exit: Gate::ModelSpongeExit,
        end: Gate::ModelSpongeEnd,
    },
};

const _: () = assert!(EXIT_START + FULL_ROUNDS / 2 * WIDTH / PER_ROW == ROWS && RATE < ROWS - 1);

fn weigh(factors: &[Fr], values: &[Expression<Fr>]) -> Expression<Fr> {
    let terms = factors.iter().zip(values).filter(|(factor, _)| **factor != Fr::zero());
    terms
        .map(|(factor, value)| value.clone() * *factor)
        .reduce(|s, t| s + t)
        .unwrap_or(Expression::Constant(Fr::zero()))
}

/// Inputs and outputs of the S-boxes of the rows at `rotations`.
fn window(
    q: &mut Query<'_, '_>,
    band: &SpongeBand,
    rotations: &[i32],
) -> (Vec<Expression<Fr>>, Vec<Expression<Fr>>) {
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    for rotation in rotations {
        for i in 0..PER_ROW {
            let x = q.advice(band.sbox + i, *rotation);
            let z = q.advice(band.square + i, *rotation);
            outputs.push(z.clone() * z * x.clone());
            inputs.push(x);
        }
    }
    (inputs, outputs)
}

/// The S-box inputs of this row and the next, less their constants.
fn targets(q: &mut Query<'_, '_>, band: &SpongeBand) -> Vec<Expression<Fr>> {
    let mut targets = Vec::with_capacity(WIDTH);
    for rotation in [0, 1] {
        for i in 0..PER_ROW {
            targets.push(q.advice(band.sbox + i, rotation) - q.fixed(band.round + i, rotation));
        }
    }
    targets
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet, band: &SpongeBand) {
    let forms = linear();
    let gates = &band.gates;
    chips.gate(meta, gates.square, |q| {
        (0..PER_ROW)
            .map(|i| {
                let x = q.advice(band.sbox + i, 0);
                ("z = x^2", q.advice(band.square + i, 0) - x.clone() * x)
            })
            .collect()
    });
    for (gate, chained) in [(gates.start, false), (gates.chain, true)] {
        chips.gate(meta, gate, |q| {
            let targets = targets(q, band);
            let mut messages = Vec::with_capacity(WIDTH);
            messages.push(if chained {
                q.advice(band.message, -1)
            } else {
                Expression::Constant(Fr::zero())
            });
            messages.extend((0..RATE).map(|i| q.advice(band.message, i as i32)));
            targets.into_iter().zip(messages).map(|(x, m)| ("x = message + constant", x - m)).collect()
        });
    }
    chips.gate(meta, gates.full, |q| {
        let (_, outputs) = window(q, band, &[-2, -1]);
        let targets = targets(q, band).into_iter().zip(&constants().matrix);
        targets.map(|(x, row)| ("x = M y + constant", x - weigh(row, &outputs))).collect()
    });
    chips.gate(meta, gates.entry, |q| {
        let (_, full) = window(q, band, &[-2, -1]);
        let (_, partial) = window(q, band, &[0, 1]);
        let targets = targets(q, band).into_iter().zip(&forms.entry);
        targets
            .map(|(x, (form, earlier))| {
                ("x = first partial inputs", x - weigh(&form.outputs, &full) - weigh(earlier, &partial))
            })
            .collect()
    });
    chips.gate(meta, gates.partial, |q| {
        let (inputs, outputs) = window(q, band, &[-2, -1, 0]);
        let form = &forms.partial[0];
        (0..PER_ROW)
            .map(|i| {
                let x = inputs[WIDTH + i].clone() - q.fixed(band.round + i, 0);
                let (inputs, outputs) = (&inputs[i..i + WIDTH], &outputs[i..i + WIDTH]);
                ("x = recurrence", x - weigh(&form.inputs, inputs) - weigh(&form.outputs, outputs))
            })
            .collect()
    });
    chips.gate(meta, gates.exit, |q| {
        let (inputs, outputs) = window(q, band, &[-2, -1]);
        let targets = targets(q, band).into_iter().zip(&forms.exit);
        targets
            .map(|(x, form)| {
                ("x = back to full", x - weigh(&form.inputs, &inputs) - weigh(&form.outputs, &outputs))
            })
            .collect()
    });
    chips.gate(meta, gates.end, |q| {
        let (_, outputs) = window(q, band, &[-1, 0]);
        vec![("digest", q.advice(band.message, 0) - weigh(&constants().matrix[0], &outputs))]
    });
}

/// What is absorbed.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// A copy of a cell.
    Copy(Cell),
    /// A witness that nothing else constrains.
    Free(Fr),
    /// A packed element of the model band, constrained by the stream of them.
    Stream(Fr),
    /// Fills the last chunk, in the model band.
    Zero,
}

/// Deals out permutations, 32 rows each, from the top.
#[derive(Debug)]
pub struct Sponge {
    band: &'static SpongeBand,
    permutations: usize,
}

/// Where a chain has left its elements and its digest.
#[derive(Debug)]
pub struct Absorbed {
    /// Message cells, in order.
    pub messages: Vec<Cell>,
    /// The digest.
    pub digest: Cell,
}

impl Sponge {
    /// None so far.
    pub fn new(band: &'static SpongeBand) -> Self {
        Self { band, permutations: 0 }
    }

    /// Permutations so far.
    pub fn permutations(&self) -> usize {
        self.permutations
    }

    /// Absorbs `elements`, at least one, from the initial value `initial`; `fill` fills the last chunk.
    ///
    /// # Panics
    /// If the sheet has too few rows, which is a defect of the statement's size.
    pub fn chain(&mut self, sheet: &mut Sheet, initial: Fr, elements: &[Message], fill: Message) -> Absorbed {
        let mut messages = Vec::with_capacity(elements.len());
        let mut digest = Cell { column: self.band.message, row: 0 };
        for (link, chunk) in elements.chunks(RATE).enumerate() {
            let first = self.permutations * ROWS;
            self.permutations += 1;
            assert!(
                self.permutations * ROWS <= sheet.rows(),
                "the sponge needs more rows than {}",
                sheet.rows()
            );
            let mut state = [Fr::zero(); WIDTH];
            state[0] = if link == 0 { initial } else { sheet.read(digest) };
            for (i, s) in state[1..].iter_mut().enumerate() {
                let message = chunk.get(i).copied().unwrap_or(fill);
                let cell = self.message(sheet, message, first + i);
                *s = sheet.read(cell);
                if i < chunk.len() {
                    messages.push(cell);
                }
            }
            digest = permute(sheet, self.band, first, state, (link == 0).then_some(initial));
        }
        Absorbed { messages, digest }
    }

    fn message(&self, sheet: &mut Sheet, message: Message, row: usize) -> Cell {
        let column = self.band.message;
        let constrained = matches!(message, Message::Stream(_) | Message::Zero);
        assert!(!constrained || column == at::MODEL_MESSAGE, "{message:?} is for the model band");
        match message {
            Message::Copy(from) => sheet.copy_to(from, column, row),
            Message::Free(value) => sheet.write_free(Free::Input, column, row, value),
            Message::Stream(value) => {
                sheet.fix(fixed_at::STREAM, row, 1);
                sheet.write_free(Free::Packed, column, row, value)
            }
            Message::Zero => {
                sheet.enable(Gate::MessageZero, row);
                sheet.write(column, row, Fr::zero())
            }
        }
    }
}

/// Assigns the permutation of `state` to the 32 rows from `first`; `initial` is there if a chain starts here.
fn permute(
    sheet: &mut Sheet,
    band: &SpongeBand,
    first: usize,
    mut state: State,
    initial: Option<Fr>,
) -> Cell {
    let gates = &band.gates;
    let forms = linear();
    let matrix = &constants().matrix;
    let mut place = 0;
    for (r, round) in constants().round.iter().enumerate() {
        state.iter_mut().zip(round).for_each(|(s, c)| *s += c);
        let boxes = if is_full(r) { WIDTH } else { 1 };
        for (i, s) in state.iter_mut().enumerate().take(boxes) {
            let (row, column) = (first + place / PER_ROW, place % PER_ROW);
            let input = sheet.write(band.sbox + column, row, *s);
            let input = sheet.read(input);
            let square = sheet.write(band.square + column, row, input.square());
            *s = sheet.read(square).square() * input;
            let constant = if is_full(r) && r != FULL_ROUNDS / 2 + PARTIAL_ROUNDS {
                round[i]
            } else if is_full(r) {
                forms.exit[i].constant
            } else {
                let r = r - FULL_ROUNDS / 2;
                let form = if r < WIDTH { &forms.entry[r].0 } else { &forms.partial[r - WIDTH] };
                form.constant
            };
            let constant = if r == 0 && i == 0 { constant + initial.unwrap_or_default() } else { constant };
            sheet.fix_field(band.round + column, row, constant);
            place += 1;
        }
        state = matrix.map(|row| dot(&row, &state));
    }
    for row in 0..ROWS {
        sheet.enable(gates.square, first + row);
        let gate = match row {
            0 if initial.is_some() => Some(gates.start),
            0 => Some(gates.chain),
            PARTIAL_START => Some(gates.entry),
            EXIT_START => Some(gates.exit),
            row if (RECURRENCE_START..EXIT_START).contains(&row) => Some(gates.partial),
            row if row % 2 == 0 && !(PARTIAL_START..EXIT_START).contains(&row) => Some(gates.full),
            _ => None,
        };
        gate.into_iter().for_each(|gate| sheet.enable(gate, first + row));
    }
    let end = first + ROWS - 1;
    sheet.enable(gates.end, end);
    sheet.write(band.message, end, state[0])
}
