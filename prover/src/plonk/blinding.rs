//! What hides a witness where commitments do not: random rows at the end of every column, and random coefficients that pieces
//! of the quotient take from each other. docs/zero-knowledge.md says why they are enough.

use ff::Field;
use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use rand_core::RngCore;

/// The rows of an advice column that are filled with randomness: from the first on that halo2 lets no circuit use.
pub(super) struct RandomRows {
    /// The first: no constraint reads an advice column there. Products of the permutation end in it, and are random below.
    pub start: usize,
    /// Behind the last one.
    end: usize,
}

impl RandomRows {
    /// Those of a circuit of `rows` rows.
    pub fn of(cs: &ConstraintSystem<Fr>, rows: usize) -> Self {
        Self { start: rows - cs.blinding_factors() - 1, end: rows }
    }

    /// A column as long as it has to be.
    pub fn fill(&self, mut column: Vec<Fr>, rng: &mut impl RngCore) -> Vec<Fr> {
        column.resize(self.start, Fr::ZERO);
        column.extend((self.start..self.end).map(|_| Fr::random(&mut *rng)));
        column
    }
}

/// Adds r·X^n to every piece but the last, for a random r of its own, and takes r from the piece after it: Σ X^{in}·piece_i, which
/// is what the verifier looks at, stays the same. Pieces grow by a coefficient.
pub(super) fn blind(pieces: &mut [Vec<Fr>], rng: &mut impl RngCore) {
    let mut taken = Fr::ZERO;
    let last = pieces.len().saturating_sub(1);
    for (i, piece) in pieces.iter_mut().enumerate() {
        let given = if i < last { Fr::random(&mut *rng) } else { Fr::ZERO };
        piece.iter_mut().take(1).for_each(|constant| *constant -= taken);
        piece.reserve_exact(1);
        piece.push(given);
        taken = given;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use foldproof_circuits::chips::UNUSABLE_ROWS;
    use foldproof_circuits::layout::{Layout, selectors};
    use foldproof_params::keys::PINNED;
    use halo2_proofs::plonk::Circuit;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::domain::evaluate;
    use super::*;
    use crate::pins;

    /// The sum stays what it was at every point, also over the last piece alone, which the one before it gave to.
    #[test]
    fn every_piece_is_another_and_their_sum_is_the_same() {
        const N: usize = 8;
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        for count in 1..=5 {
            let plain: Vec<Vec<Fr>> =
                (0..count).map(|_| (0..N).map(|_| Fr::random(&mut *rng)).collect()).collect();
            let sum = |pieces: &[Vec<Fr>], x: Fr| {
                pieces.iter().rev().fold(Fr::ZERO, |sum, piece| sum * x.pow([N as u64]) + evaluate(piece, x))
            };
            let mut blinded = plain.clone();
            blind(&mut blinded, rng);
            for _ in 0..10 {
                let (x, secret) = (Fr::random(&mut *rng), Fr::random(&mut *rng));
                assert_eq!(sum(&blinded, x), sum(&plain, x));
                let differ =
                    plain.iter().zip(&blinded).all(|(a, b)| evaluate(a, secret) != evaluate(b, secret));
                assert!(differ || count == 1);
            }
            assert!(blinded.iter().all(|piece| piece.len() == N + 1));
            assert_eq!(blinded[count - 1][N], Fr::ZERO);
            // Each of the others has a factor of its own.
            let given: BTreeSet<Fr> = blinded.iter().map(|piece| piece[N]).collect();
            assert_eq!(given.len(), count);
        }
    }

    /// The counts that docs/zero-knowledge.md argues with. A column that is opened at m points gives away m + 1 values, that
    /// at the setup's secret being one; a product of the permutation has to have another left for the quotient there.
    #[test]
    fn every_column_has_more_random_rows_than_it_gives_values_away() {
        let names = PINNED.iter().map(|key| key.statement);
        let more = [
            "core-small-64+tags-96-64-32-15+anomaly-96-64-32-16-32-64-96",
            "vector-2+tags-2-2",
            "vector-12+values-12-64-8",
        ];
        for name in names.chain(more) {
            let statement = pins::named(name).expect(name);
            let mut cs = ConstraintSystem::default();
            Layout::configure_with_params(&mut cs, statement.clone());
            let (cs, _) = cs.compress_selectors(selectors(&statement));
            let rows = 1 << statement.k();
            let random = RandomRows::of(&cs, rows);
            // What is overwritten is no row of ours.
            assert!(random.start >= rows - UNUSABLE_ROWS, "{name}");
            let random = rows - random.start;
            for column in 0..cs.num_advice_columns() {
                let queries = cs.advice_queries().iter().filter(|(query, _)| query.index() == column);
                let points: BTreeSet<i32> = queries.map(|(_, rotation)| rotation.0).collect();
                assert!(random > points.len(), "{name}: column {column}: {points:?}");
            }
            // x, the row after it, and for all but the last the row that products end in; the secret; the row after the secret.
            assert!(cs.permutation().get_columns().len() <= 8, "{name}: the page's bound");
            let products = cs.permutation().get_columns().len().div_ceil(cs.degree() - 2);
            assert!(products > 0 && random - 1 > 3, "{name}");
            assert!(cs.instance_queries().len() <= 1 && cs.lookups().is_empty(), "{name}");
        }
    }
}
