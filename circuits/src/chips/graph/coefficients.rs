//! What the coefficients of a row mean, and where they stand.

use crate::columns::fixed_at;

/// Bits of what is chosen by its key, in units of the number of candidates.
pub const CHOSEN_LIMBS: usize = 4;
/// Coefficient of a row of positions: whether it goes on from the row above.
pub const CARRY: usize = 0;
/// Coefficient: what is added to a sum before it is divided.
pub const ADDED: usize = 1;
/// Coefficient: whether the channel ends in this row.
pub const LAST: usize = 2;
/// Coefficient: the greatest y.
pub const GREATEST: usize = 3;
/// Coefficient of a sum of products: the divisor of its quotient.
pub const DIVISOR: usize = 7;
/// Fixed column of the greatest y of a quotient. It is the factor of packed limbs in other rows; those of sums are not packed.
pub const QUOTIENT_GREATEST: usize = fixed_at::INDEX;
/// Coefficient of a row of weights, beside whether it goes on from the row above: the offset of the weights.
pub const OFFSET: usize = 1;
/// What the product of the two combinations counts: 0 but in the last row of an input.
pub const FACTOR: usize = 2;
/// The base of the wires.
pub const LOW: usize = 3;
/// Of each wire, whether it has a position.
pub const WIRES: usize = 4;
/// Coefficient of a row of products: the multiplier of their sums.
pub const MULTIPLIER: usize = 4;
/// Coefficient of a row of softmax: what an exponential counts in its numerator.
pub const NUMERATOR: usize = 1;
/// Coefficient of a row of a norm: how many elements there are.
pub const COUNT: usize = 1;
/// What is added to the radicand.
pub const EPSILON: usize = 2;
/// What n·x − Σx counts in its numerator.
pub const SCALE: usize = 2;
/// What the root counts in it.
pub const SHIFT: usize = 3;
