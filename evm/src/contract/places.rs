//! Where the numbers of a verification lie.

use std::collections::BTreeMap;

use foldproof_verifier::plonk::Challenge;

use super::memory::WORD;
#[cfg(test)]
use super::protocol::Protocol;

/// What is inverted before the rows: xⁿ − 1, x, and what the first set of points lacks.
pub const VANISHING: usize = 0;
pub const X: usize = 1;
pub const FIRST_SET: usize = 2;
pub const ROWS: usize = 3;

/// Where numbers lie that depend on the key.
#[derive(Debug)]
pub struct Places {
    pub challenges: BTreeMap<Challenge, usize>,
    /// Numbers to invert, then as many products of those before.
    pub inverses: usize,
    pub inverted: usize,
    /// xⁿ.
    pub power: usize,
    /// At x: the public inputs' polynomial, those that are 1 in the first row, in the last one, and in the random ones, and the
    /// quotient.
    pub instance: usize,
    pub first_row: usize,
    pub last_row: usize,
    pub random_rows: usize,
    pub quotient: usize,
    /// How often the sum has each point of the key, the generator last.
    pub factors: usize,
}

impl Places {
    /// Of what is inverted, counted from 0.
    pub fn inverse(&self, index: usize) -> usize {
        self.inverses.saturating_add(index.saturating_mul(WORD))
    }
}

#[cfg(test)]
impl Places {
    /// All, with their names and the bytes that are written there.
    pub fn all(&self, protocol: &Protocol<'_>) -> Vec<(String, std::ops::Range<usize>)> {
        let points = protocol.key_points() + 1;
        let words = |name: &str, place: usize, count: usize| (name.to_owned(), place..place + WORD * count);
        let challenges = self.challenges.iter().filter(|(challenge, _)| **challenge != Challenge::Y);
        let mut all: Vec<_> =
            challenges.map(|(challenge, place)| words(&format!("{challenge:?}"), *place, 1)).collect();
        all.extend([
            words("inverses", self.inverses, 2 * self.inverted),
            words("power", self.power, 1),
            words("instance", self.instance, 1),
            words("first row", self.first_row, 1),
            words("last row", self.last_row, 1),
            words("random rows", self.random_rows, 1),
            words("quotient", self.quotient, 1),
            words("factors", self.factors, points),
        ]);
        all
    }
}
