//! Mutation testing: would anybody notice if a part of a circuit were not there?
//!
//! [`mutants`] lists the parts: polynomials, selectors, copies, tags, terms of the look-ups, rows of the tables. They are read from
//! the constraint system and the assignment, so that a new gate has its mutants without a line here. A mutant is *killed* by
//!
//! * determination: without the part, some cell is determined by nothing ([`Analysis`](super::Analysis));
//! * an attack: a forged witness that the circuit without the part would accept. One evaluation of an attack gives everything
//!   that objects to it; a mutant whose part makes all these objections is killed by it;
//! * the honest witness, if the part is one that it needs: rows of tables.
//!
//! Attacks are looked for near a part, and named by the cells that are changed, so that they can be written down and tried again on a
//! circuit that has lost it.

mod attacks;
mod bench;
mod families;
mod hints;
mod kill;
mod mutant;
mod program;
mod search;
mod second;
mod steps;

pub use attacks::Attack;
pub use bench::{Bench, Forged};
pub use kill::{Killer, Matrix};
pub use mutant::{Mutant, Objection, Share, mutants};
