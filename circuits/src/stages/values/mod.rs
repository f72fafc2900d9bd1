//! Values that models look at, committed to, and the rows that models of all kinds are laid out in. The native commitments are in
//! [`commit`](super::commit).

pub(crate) mod assign;
pub(crate) mod circuit;
