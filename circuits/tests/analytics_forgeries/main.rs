//! Forgeries of what analytics say of a block: each clause of the definition broken alone, ties decided the other way, quotients and
//! roots that wrap around the field, links that take what is another's, configurations that are none, public inputs that no block has.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clauses;
mod configurations;
mod hints;
mod inputs;
mod links;
mod places;
mod scene;
mod ties;
