//! Poseidon, one permutation in 32 rows of four S-boxes.
//!
//! | rows | S-boxes |
//! |---|---|
//! | 0–7 | full rounds 0–3, two rows each |
//! | 8–23 | partial rounds 0–63, four a row |
//! | 24–31 | full rounds 4–7, two rows each |
//!
//! An S-box takes two cells: its input x and z = x². Its output is z²·x, of degree 3, so every gate stays at degree 4
//! with its selector. Between S-boxes everything is linear, so no state has cells: a gate constrains the four inputs of its
//! own row, by the inputs and outputs of that row and the two above.
//!
//! * *Partial rounds.* With x_r the input and y_r = x_r⁵ the output of partial round r, the seven other elements follow from
//!   x_{r+1}…x_{r+7} and y_r…y_{r+6}, hence x_{r+8} = Σ_{j=1..7} a_j·x_{r+j} + Σ_{j=0..7} b_j·y_{r+j} + constant_r: one
//!   recurrence for all rounds.
//! * *Second rows.* The second four inputs of a full round depend on outputs three rows above. The first four inputs, in the
//!   row above, are an invertible function of exactly those (`eliminate` in `sponge_forms` panics if it were not), and stand for
//!   them: given the equations of the first row, those of the second hold over the outputs if and only if they hold in
//!   this form. Likewise the second row of the first partial inputs. Behind the partial rounds the last three inputs of
//!   the recurrence and the first four of the full round determine the seven elements without a cell.
//! * Constants stand in fixed columns on the row whose inputs they belong to, those of the row above folded in.
//!
//! Message elements stand in rows 0–6 of the message column, the digest in row 31; the next link of a chain starts
//! from it. The first three elements are loaded by a gate in row 0, the others by one in row 3, so that
//! neither reads far.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::sponge_forms::{WINDOW, forms};
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
pub(super) const PARTIAL_START: usize = FULL_ROUNDS / 2 * WIDTH / PER_ROW;
/// Row of the full rounds after the partial ones.
pub(super) const EXIT_START: usize = PARTIAL_START + PARTIAL_ROUNDS / PER_ROW;
/// First row filled by the recurrence.
pub(super) const RECURRENCE_START: usize = PARTIAL_START + WIDTH / PER_ROW;

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
    load: Gate,
    full: [Gate; 2],
    entry: [Gate; 2],
    partial: Gate,
    exit: [Gate; 2],
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
        load: Gate::SpongeLoad,
        full: [Gate::SpongeFullFirst, Gate::SpongeFullSecond],
        entry: [Gate::SpongeEntryFirst, Gate::SpongeEntrySecond],
        partial: Gate::SpongePartial,
        exit: [Gate::SpongeExitFirst, Gate::SpongeExitSecond],
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
        load: Gate::ModelSpongeLoad,
        full: [Gate::ModelSpongeFullFirst, Gate::ModelSpongeFullSecond],
        entry: [Gate::ModelSpongeEntryFirst, Gate::ModelSpongeEntrySecond],
        partial: Gate::ModelSpongePartial,
        exit: [Gate::ModelSpongeExitFirst, Gate::ModelSpongeExitSecond],
        end: Gate::ModelSpongeEnd,
    },
};

/// Row in which the second half of the state is loaded: with it there, no message is read further than three rows away.
const LOAD_ROW: usize = 3;

const _: () = assert!(EXIT_START + FULL_ROUNDS / 2 * WIDTH / PER_ROW == ROWS && RATE < ROWS - 1);

/// Rotation and column of a place of the window.
const fn place(place: usize) -> (i32, usize) {
    ((place / PER_ROW) as i32 - 2, place % PER_ROW)
}

/// Input and output of an S-box of the window.
fn sbox(q: &mut Query<'_, '_>, band: &SpongeBand, at: usize) -> (Expression<Fr>, Expression<Fr>) {
    let (rotation, column) = place(at);
    let x = q.advice(band.sbox + column, rotation);
    let z = q.advice(band.square + column, rotation);
    (x.clone(), z.clone() * z * x)
}

/// The inputs of this row as the forms of row `row` of a permutation have them.
fn follow(q: &mut Query<'_, '_>, band: &SpongeBand, row: usize) -> Vec<Expression<Fr>> {
    let targets = forms()[row].iter().enumerate();
    targets
        .map(|(i, form)| {
            let mut rest = q.advice(band.sbox + i, 0) - q.fixed(band.round + i, 0);
            for at in 0..WINDOW {
                let (a, b) = (form.inputs[at], form.outputs[at]);
                if a == Fr::zero() && b == Fr::zero() {
                    continue;
                }
                let (x, y) = sbox(q, band, at);
                for (factor, value) in [(a, x), (b, y)] {
                    if factor != Fr::zero() {
                        rest = rest - value * factor;
                    }
                }
            }
            rest
        })
        .collect()
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet, band: &SpongeBand) {
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
            let initial = if chained { q.advice(band.message, -1) } else { Expression::Constant(Fr::zero()) };
            let messages = (0..PER_ROW as i32 - 1).map(|i| q.advice(band.message, i));
            let state: Vec<_> = std::iter::once(initial).chain(messages).collect();
            (state.into_iter().enumerate())
                .map(|(i, m)| q.advice(band.sbox + i, 0) - q.fixed(band.round + i, 0) - m)
                .map(|rest| ("x = message + constant", rest))
                .collect()
        });
    }
    chips.gate(meta, gates.load, |q| {
        (0..PER_ROW)
            .map(|i| {
                let rest = q.advice(band.sbox + i, 1 - LOAD_ROW as i32) - q.advice(band.message, i as i32);
                ("x = message + constant", rest - Expression::Constant(constants().round[0][PER_ROW + i]))
            })
            .collect()
    });
    for (gate, name, row) in [
        (gates.full[0], "x = M y + constant", 2),
        (gates.full[1], "x = M y + constant", 3),
        (gates.entry[0], "x = first partial inputs", PARTIAL_START),
        (gates.entry[1], "x = first partial inputs", PARTIAL_START + 1),
        (gates.partial, "x = recurrence", RECURRENCE_START),
        (gates.exit[0], "x = back to full", EXIT_START),
        (gates.exit[1], "x = back to full", EXIT_START + 1),
    ] {
        chips.gate(meta, gate, |q| follow(q, band, row).into_iter().map(|rest| (name, rest)).collect());
    }
    chips.gate(meta, gates.end, |q| {
        let first = WINDOW - WIDTH;
        let digest = (constants().matrix[0].iter().enumerate())
            .map(|(i, factor)| sbox(q, band, first + i).1 * *factor)
            .reduce(|sum, term| sum + term)
            .unwrap_or(Expression::Constant(Fr::zero()));
        vec![("digest", q.advice(band.message, 0) - digest)]
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
    let matrix = &constants().matrix;
    let mut place = 0;
    for (r, round) in constants().round.iter().enumerate() {
        state.iter_mut().zip(round).for_each(|(s, c)| *s += c);
        let boxes = if is_full(r) { WIDTH } else { 1 };
        for s in state.iter_mut().take(boxes) {
            let (row, column) = (first + place / PER_ROW, place % PER_ROW);
            let input = sheet.write(band.sbox + column, row, *s);
            let input = sheet.read(input);
            let square = sheet.write(band.square + column, row, input.square());
            *s = sheet.read(square).square() * input;
            place += 1;
        }
        state = matrix.map(|row| dot(&row, &state));
    }
    for row in 0..ROWS {
        for (i, form) in forms()[row].iter().enumerate() {
            let constant = match (row, i) {
                (0, 0) => constants().round[0][0] + initial.unwrap_or_default(),
                (0, i) => constants().round[0][i],
                _ => form.constant,
            };
            sheet.fix_field(band.round + i, first + row, constant);
        }
        sheet.enable(gates.square, first + row);
        let gate = match row {
            0 if initial.is_some() => Some(gates.start),
            0 => Some(gates.chain),
            1 => None,
            row if row < PARTIAL_START => Some(gates.full[row % 2]),
            row if row < RECURRENCE_START => Some(gates.entry[row % 2]),
            row if row < EXIT_START => Some(gates.partial),
            row if row < EXIT_START + 2 => Some(gates.exit[row % 2]),
            row => Some(gates.full[row % 2]),
        };
        gate.into_iter().for_each(|gate| sheet.enable(gate, first + row));
    }
    sheet.enable(gates.load, first + LOAD_ROW);
    let end = first + ROWS - 1;
    sheet.enable(gates.end, end);
    sheet.write(band.message, end, state[0])
}
