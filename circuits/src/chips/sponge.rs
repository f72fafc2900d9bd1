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

use super::set::{ChipSet, Query};
use super::sponge_forms::{EXIT_START, PARTIAL_START, RECURRENCE_START, WINDOW, forms};
use crate::assignment::{Assignment, Cell, Free};
use crate::columns::{Gate, at, fixed_at};
use crate::poseidon::{FULL_ROUNDS, RATE, State, WIDTH, constants, permute_with};

pub use crate::columns::{SPONGE_PER_ROW as PER_ROW, SPONGE_ROWS as ROWS};

/// Row in which the second half of the state is loaded: with it there, no message is read further than three rows away.
const LOAD_ROW: usize = 3;

const _: () = assert!(EXIT_START + FULL_ROUNDS / 2 * WIDTH / PER_ROW == ROWS && RATE < ROWS - 1);

/// Rotation and column of a place of the window.
const fn place(place: usize) -> (i32, usize) {
    ((place / PER_ROW) as i32 - 2, place % PER_ROW)
}

/// Input and output of an S-box of the window.
fn sbox(q: &mut Query<'_, '_>, at: usize) -> (Expression<Fr>, Expression<Fr>) {
    let (rotation, column) = place(at);
    let x = q.advice(at::SBOX + column, rotation);
    let z = q.advice(at::SQUARE + column, rotation);
    (x.clone(), z.clone() * z * x)
}

/// The inputs of this row as the forms of row `row` of a permutation have them.
fn follow(q: &mut Query<'_, '_>, row: usize) -> Vec<Expression<Fr>> {
    let targets = forms()[row].iter().enumerate();
    targets
        .map(|(i, form)| {
            let mut rest = q.advice(at::SBOX + i, 0) - q.fixed(fixed_at::ROUND + i, 0);
            for at in 0..WINDOW {
                let (a, b) = (form.inputs[at], form.outputs[at]);
                if a == Fr::zero() && b == Fr::zero() {
                    continue;
                }
                let (x, y) = sbox(q, at);
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

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    // In every row, so that it needs no selector of its own: where no permutation stands, both are 0.
    meta.create_gate("Square", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupActive));
        let mut q = Query { chips, cells };
        let square = |i| {
            let x = q.advice(at::SBOX + i, 0);
            ("z = x^2", selector.clone() * (q.advice(at::SQUARE + i, 0) - x.clone() * x))
        };
        (0..PER_ROW).map(square).collect::<Vec<_>>()
    });
    for (gate, chained) in [(Gate::SpongeStart, false), (Gate::SpongeChain, true)] {
        chips.gate(meta, gate, |q| {
            let initial = if chained { q.advice(at::MESSAGE, -1) } else { Expression::Constant(Fr::zero()) };
            let messages = (0..PER_ROW as i32 - 1).map(|i| q.advice(at::MESSAGE, i));
            let state: Vec<_> = std::iter::once(initial).chain(messages).collect();
            (state.into_iter().enumerate())
                .map(|(i, m)| q.advice(at::SBOX + i, 0) - q.fixed(fixed_at::ROUND + i, 0) - m)
                .map(|rest| ("x = message + constant", rest))
                .collect()
        });
    }
    chips.gate(meta, Gate::SpongeLoad, |q| {
        (0..PER_ROW)
            .map(|i| {
                let rest = q.advice(at::SBOX + i, 1 - LOAD_ROW as i32) - q.advice(at::MESSAGE, i as i32);
                ("x = message + constant", rest - Expression::Constant(constants().round[0][PER_ROW + i]))
            })
            .collect()
    });
    for (gate, name, row) in [
        (Gate::SpongeFullFirst, "x = M y + constant", 2),
        (Gate::SpongeFullSecond, "x = M y + constant", 3),
        (Gate::SpongeEntryFirst, "x = first partial inputs", PARTIAL_START),
        (Gate::SpongeEntrySecond, "x = first partial inputs", PARTIAL_START + 1),
        (Gate::SpongePartial, "x = recurrence", RECURRENCE_START),
        (Gate::SpongeExitFirst, "x = back to full", EXIT_START),
        (Gate::SpongeExitSecond, "x = back to full", EXIT_START + 1),
    ] {
        chips.gate(meta, gate, |q| follow(q, row).into_iter().map(|rest| (name, rest)).collect());
    }
    chips.gate(meta, Gate::SpongeEnd, |q| {
        let first = WINDOW - WIDTH;
        let digest = (constants().matrix[0].iter().enumerate())
            .map(|(i, factor)| sbox(q, first + i).1 * *factor)
            .reduce(|sum, term| sum + term)
            .unwrap_or(Expression::Constant(Fr::zero()));
        vec![("digest", q.advice(at::MESSAGE, 0) - digest)]
    });
}

/// What is absorbed.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// A copy of a cell.
    Copy(Cell),
    /// A witness that nothing else constrains.
    Free(Fr),
    /// A packed element of models or values, constrained by the stream of them.
    Stream(Fr),
    /// Fills the last chunk of what models and values are committed to.
    Zero,
}

/// Deals out permutations, 32 rows each, from the top.
#[derive(Debug, Default)]
pub struct Sponge {
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
    /// Permutations so far.
    pub fn permutations(&self) -> usize {
        self.permutations
    }

    /// Absorbs `elements`, at least one, from the initial value `initial`; `fill` fills the last chunk.
    ///
    /// # Panics
    /// If the assignment has too few rows, which is a defect of the statement's size.
    pub fn chain(
        &mut self,
        assignment: &mut Assignment,
        initial: Fr,
        elements: &[Message],
        fill: Message,
    ) -> Absorbed {
        let mut messages = Vec::with_capacity(elements.len());
        let mut digest = Cell { column: at::MESSAGE, row: 0 };
        for (link, chunk) in elements.chunks(RATE).enumerate() {
            let first = self.permutations * ROWS;
            self.permutations += 1;
            assert!(
                self.permutations * ROWS <= assignment.rows(),
                "the sponge needs more rows than {}",
                assignment.rows()
            );
            let mut state = [Fr::zero(); WIDTH];
            state[0] = if link == 0 { initial } else { assignment.read(digest) };
            for (i, s) in state[1..].iter_mut().enumerate() {
                let message = chunk.get(i).copied().unwrap_or(fill);
                let cell = self.message(assignment, message, first + i);
                *s = assignment.read(cell);
                if i < chunk.len() {
                    messages.push(cell);
                }
            }
            digest = permute(assignment, first, state, (link == 0).then_some(initial));
        }
        Absorbed { messages, digest }
    }

    fn message(&self, assignment: &mut Assignment, message: Message, row: usize) -> Cell {
        let column = at::MESSAGE;
        match message {
            Message::Copy(from) => assignment.copy_to(from, column, row),
            Message::Free(value) => assignment.write_free(Free::Input, column, row, value),
            Message::Stream(value) => {
                assignment.fix(fixed_at::STREAM, row, 1);
                assignment.write_free(Free::Packed, column, row, value)
            }
            Message::Zero => {
                assignment.enable(Gate::MessageZero, row);
                assignment.write(column, row, Fr::zero())
            }
        }
    }
}

/// Assigns the permutation of `state` to the 32 rows from `first`; `initial` is there if a chain starts here.
fn permute(assignment: &mut Assignment, first: usize, state: State, initial: Option<Fr>) -> Cell {
    let mut place = 0;
    let state = permute_with(state, |input| {
        let (row, column) = (first + place / PER_ROW, place % PER_ROW);
        place += 1;
        // What is read back may be a lie, in tests.
        let input = assignment.write(at::SBOX + column, row, input);
        let input = assignment.read(input);
        let square = assignment.write(at::SQUARE + column, row, input.square());
        assignment.read(square).square() * input
    });
    for row in 0..ROWS {
        for (i, form) in forms()[row].iter().enumerate() {
            let constant = match (row, i) {
                (0, 0) => constants().round[0][0] + initial.unwrap_or_default(),
                (0, i) => constants().round[0][i],
                _ => form.constant,
            };
            assignment.fix_field(fixed_at::ROUND + i, first + row, constant);
        }
        let gate = match row {
            0 if initial.is_some() => Some(Gate::SpongeStart),
            0 => Some(Gate::SpongeChain),
            1 => None,
            row if row < PARTIAL_START => Some([Gate::SpongeFullFirst, Gate::SpongeFullSecond][row % 2]),
            row if row < RECURRENCE_START => Some([Gate::SpongeEntryFirst, Gate::SpongeEntrySecond][row % 2]),
            row if row < EXIT_START => Some(Gate::SpongePartial),
            row if row < EXIT_START + 2 => Some([Gate::SpongeExitFirst, Gate::SpongeExitSecond][row % 2]),
            row => Some([Gate::SpongeFullFirst, Gate::SpongeFullSecond][row % 2]),
        };
        gate.into_iter().for_each(|gate| assignment.enable(gate, first + row));
    }
    assignment.enable(Gate::SpongeLoad, first + LOAD_ROW);
    let end = first + ROWS - 1;
    assignment.enable(Gate::SpongeEnd, end);
    assignment.write(at::MESSAGE, end, state[0])
}
