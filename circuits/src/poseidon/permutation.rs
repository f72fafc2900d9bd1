//! Poseidon over BN254's scalar field, width 8, with circomlib's parameters (x⁵, 8 full and 64 partial rounds).
//!
//! Constants and matrix come from the Grain LFSR of the Poseidon paper (eprint 2019/458, appendix F), as the
//! reference script `generate_params_poseidon.sage` draws them.

use std::sync::OnceLock;

use ff::PrimeField;
use halo2curves::bn256::Fr;

/// Width of the state: one capacity element and seven inputs.
pub const WIDTH: usize = 8;
/// Elements absorbed by a permutation.
pub const RATE: usize = WIDTH - 1;
/// Full rounds, half of them before and half after the partial ones.
pub const FULL_ROUNDS: usize = 8;
/// Partial rounds.
pub const PARTIAL_ROUNDS: usize = 64;
/// Rounds.
pub const ROUNDS: usize = FULL_ROUNDS + PARTIAL_ROUNDS;

/// A state.
pub type State = [Fr; WIDTH];

/// Round constants and matrix.
#[derive(Clone, Debug)]
pub struct Constants {
    /// Added before the S-boxes, round by round.
    pub round: [State; ROUNDS],
    /// Applied after them: `new_i = Σ_j matrix[i][j]·old_j`.
    pub matrix: [State; WIDTH],
}

/// The constants, drawn once per process.
pub fn constants() -> &'static Constants {
    static CONSTANTS: OnceLock<Constants> = OnceLock::new();
    CONSTANTS.get_or_init(|| {
        let mut grain = Grain::new(WIDTH, PARTIAL_ROUNDS);
        let round = std::array::from_fn(|_| std::array::from_fn(|_| grain.element()));
        let x: State = std::array::from_fn(|_| grain.element_mod_p());
        let y: State = std::array::from_fn(|_| grain.element_mod_p());
        // A Cauchy matrix: x_i + y_j is never 0 for the drawn values, as the comparison with a second
        // implementation shows.
        let inverse = |value: Fr| Option::<Fr>::from(value.invert()).unwrap_or_default();
        let matrix = std::array::from_fn(|i| std::array::from_fn(|j| inverse(x[i] + y[j])));
        Constants { round, matrix }
    })
}

/// x⁵.
pub fn sbox(x: Fr) -> Fr {
    x.square().square() * x
}

/// The permutation.
pub fn permute(state: State) -> State {
    permute_with(state, sbox)
}

/// The permutation with another S-box, which gets every input in turn: rounds in order, a full one's from its first element on.
///
/// Between partial rounds only what reaches the first element is computed. The matrix is M'·M'' with M' = diag(1, M̂) and
///
/// ```text
/// M'' = a  vᵀ
///       w  1
/// ```
///
/// where M̂ is the matrix without its first row and column, v the rest of that row, and M̂·w the rest of that column. M' leaves
/// the first element alone, so it is put off and multiplied with the next round's matrix, which is taken apart again: eq. 10 of
/// appendix B of the Poseidon paper (eprint 2019/458).
pub fn permute_with(mut state: State, mut sbox: impl FnMut(Fr) -> Fr) -> State {
    let Constants { round, matrix } = constants();
    let (before, after) = (&round[..FULL_ROUNDS / 2], &round[FULL_ROUNDS / 2 + PARTIAL_ROUNDS..]);
    let full = |state: &mut State, constants: &State, sbox: &mut dyn FnMut(Fr) -> Fr| {
        state.iter_mut().zip(constants).for_each(|(s, c)| *s = sbox(*s + c));
        *state = matrix.map(|row| dot(&row, state));
    };
    before.iter().for_each(|constants| full(&mut state, constants, &mut sbox));
    let Sparse { rounds, last } = sparse();
    for PartialRound { constants, row, column } in rounds {
        state.iter_mut().zip(constants).for_each(|(s, c)| *s += c);
        let output = sbox(state[0]);
        state[0] = output;
        state[0] = dot(row, &state);
        state[1..].iter_mut().zip(&column[1..]).for_each(|(s, w)| *s += output * w);
    }
    state = last.map(|row| dot(&row, &state));
    after.iter().for_each(|constants| full(&mut state, constants, &mut sbox));
    state
}

/// Partial rounds, taken apart.
struct Sparse {
    rounds: Vec<PartialRound>,
    /// What is left to be applied to the state after them.
    last: [State; WIDTH],
}

/// The constants and M'' of a round.
struct PartialRound {
    constants: State,
    /// a and v.
    row: State,
    /// w, after an element that is not used.
    column: State,
}

fn sparse() -> &'static Sparse {
    static SPARSE: OnceLock<Sparse> = OnceLock::new();
    SPARSE.get_or_init(|| {
        let Constants { round, matrix } = constants();
        let partial = &round[FULL_ROUNDS / 2..][..PARTIAL_ROUNDS];
        let mut put_off: [State; WIDTH] = std::array::from_fn(unit);
        let rounds = partial.iter().map(|constants| {
            // The state is what was put off times the one that is kept.
            let constants = solve(&put_off, constants);
            let whole = matrix.map(|row| std::array::from_fn(|j| dot(&row, &column(&put_off, j))));
            put_off = std::array::from_fn(|i| if i == 0 { unit(0) } else { without_first(whole[i]) });
            let below = without_first(column(&whole, 0));
            PartialRound { constants, row: whole[0], column: solve(&put_off, &below) }
        });
        let rounds = rounds.collect();
        Sparse { rounds, last: put_off }
    })
}

fn unit(i: usize) -> State {
    std::array::from_fn(|j| Fr::from(u64::from(i == j)))
}

fn column(matrix: &[State; WIDTH], j: usize) -> State {
    matrix.map(|row| row[j])
}

fn without_first(mut state: State) -> State {
    state[0] = Fr::zero();
    state
}

/// x with matrix·x = b, by elimination; 0 where the matrix has no inverse, which those of the permutation have.
fn solve(matrix: &[State; WIDTH], b: &State) -> State {
    let (mut matrix, mut b) = (*matrix, *b);
    for pivot in 0..WIDTH {
        let at = (pivot..WIDTH).find(|row| matrix[*row][pivot] != Fr::zero()).unwrap_or(pivot);
        matrix.swap(pivot, at);
        b.swap(pivot, at);
        let inverse = Option::<Fr>::from(matrix[pivot][pivot].invert()).unwrap_or_default();
        matrix[pivot].iter_mut().chain([&mut b[pivot]]).for_each(|x| *x *= inverse);
        for row in (0..WIDTH).filter(|row| *row != pivot) {
            let factor = matrix[row][pivot];
            let (own, right) = (matrix[pivot], b[pivot]);
            matrix[row].iter_mut().zip(own).for_each(|(x, y)| *x -= factor * y);
            b[row] -= factor * right;
        }
    }
    b
}

/// Σ a_i·b_i.
pub fn dot(a: &State, b: &State) -> Fr {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Absorbs `elements` seven at a time, starting from h₀ = `initial`; the last chunk is filled with zeros.
pub fn chain(initial: Fr, elements: &[Fr]) -> Fr {
    elements.chunks(RATE).fold(initial, |h, chunk| {
        let mut state = [Fr::zero(); WIDTH];
        state[0] = h;
        state[1..=chunk.len()].copy_from_slice(chunk);
        permute(state)[0]
    })
}

/// The self-shrinking Grain generator of the Poseidon paper.
struct Grain {
    state: [bool; 80],
    next: usize,
}

impl Grain {
    fn new(width: usize, partial_rounds: usize) -> Self {
        let mut bits = Vec::with_capacity(80);
        let mut push =
            |value: usize, count: usize| bits.extend((0..count).rev().map(|i| value >> i & 1 == 1));
        push(1, 2); // a prime field
        push(0, 4); // S-box x^alpha
        push(Fr::NUM_BITS as usize, 12);
        push(width, 12);
        push(FULL_ROUNDS, 10);
        push(partial_rounds, 10);
        push((1 << 30) - 1, 30);
        let mut grain = Self { state: std::array::from_fn(|i| bits[i]), next: 0 };
        (0..160).for_each(|_| {
            grain.step();
        });
        grain
    }

    fn step(&mut self) -> bool {
        let at = |offset: usize| self.state[(self.next + offset) % 80];
        let bit = at(62) ^ at(51) ^ at(38) ^ at(23) ^ at(13) ^ at(0);
        self.state[self.next] = bit;
        self.next = (self.next + 1) % 80;
        bit
    }

    fn bit(&mut self) -> bool {
        loop {
            let (keep, bit) = (self.step(), self.step());
            if keep {
                return bit;
            }
        }
    }

    /// 254 bits, most significant first, as little-endian bytes.
    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for i in (0..Fr::NUM_BITS as usize).rev() {
            bytes[i / 8] |= u8::from(self.bit()) << (i % 8);
        }
        bytes
    }

    fn element(&mut self) -> Fr {
        loop {
            if let Some(element) = Fr::from_repr(self.bytes()).into() {
                return element;
            }
        }
    }

    fn element_mod_p(&mut self) -> Fr {
        self.bytes()
            .iter()
            .rev()
            .fold(Fr::zero(), |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests;
