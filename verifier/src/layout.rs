//! How long a proof is: halo2's verifier stops reading when it has enough, so the length is ours to insist on.
//!
//! In the order of the transcript, everything 32 bytes, but points of the evm scheme 64:
//!
//! | part | points | field elements |
//! |---|---|---|
//! | advice columns | one each | |
//! | lookups, permuted input and table | two each | |
//! | permutation products | one per chunk of degree − 2 columns | |
//! | lookup products | one each | |
//! | random polynomial | 1 | |
//! | quotient | degree − 1 | |
//! | instance queries | | one each, transparent only |
//! | advice queries, fixed queries | | one each |
//! | random polynomial | | 1 |
//! | permuted columns | | one each |
//! | permutation products | | three each, two of the last |
//! | lookups | | five each |
//! | opening, kzg and evm | 2 | |
//! | opening, transparent | 1 + 1 + 2 k | one per set of points, and 2 |

use std::collections::{BTreeMap, BTreeSet};

use halo2_proofs::plonk::{Column, ColumnType, ConstraintSystem, VerifyingKey};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::{Fr, G1Affine};

use crate::scheme::Scheme;

/// Bytes of a compressed point and of a field element.
const ELEMENT: usize = 32;
/// Bytes of a point with both coordinates.
const UNCOMPRESSED: usize = 64;

/// What a proof consists of. Its length follows, and nothing else about it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofShape {
    /// Commitments to advice columns.
    pub advice: usize,
    /// Commitments of built-in lookups: permuted input, permuted table and product of each.
    pub lookups: usize,
    /// Commitments to products of the permutation.
    pub permutation: usize,
    /// Commitments to the random polynomial and the pieces of the quotient.
    pub quotient: usize,
    /// Evaluations.
    pub evaluations: usize,
    /// Sets of points that polynomials are opened at.
    pub point_sets: usize,
    /// Elements of the opening, after the evaluations: points only, under the schemes whose points are of two sizes.
    pub opening: usize,
    /// Bytes of a point.
    pub point_bytes: usize,
}

impl ProofShape {
    /// That of proofs for a constraint system whose selectors are compressed, with 2^`k` rows and so many pieces of the
    /// quotient.
    #[expect(clippy::arithmetic_side_effects, reason = "counts of columns and queries of our own circuits")]
    pub fn new(cs: &ConstraintSystem<Fr>, k: u32, pieces: usize, scheme: Scheme) -> Self {
        let lookups = cs.lookups().len();
        let permuted = cs.permutation().get_columns().len();
        let products = permuted.div_ceil(pieces.saturating_sub(1).max(1));
        let point_sets = point_sets(cs, k, products);
        let queries = cs.advice_queries().len() + cs.fixed_queries().len();
        let (instance, opening) = match scheme {
            Scheme::Kzg | Scheme::Evm => (0, 2),
            Scheme::Transparent => {
                let rounds = usize::try_from(k).unwrap_or(usize::MAX);
                (cs.instance_queries().len(), 1 + point_sets + 1 + 2 * rounds + 2)
            }
        };
        Self {
            advice: cs.num_advice_columns(),
            lookups: 3 * lookups,
            permutation: products,
            quotient: 1 + pieces,
            evaluations: instance + queries + 1 + permuted + (3 * products).saturating_sub(1) + 5 * lookups,
            point_sets,
            opening,
            point_bytes: if scheme == Scheme::Evm { UNCOMPRESSED } else { ELEMENT },
        }
    }

    /// Points that are committed to before the opening.
    #[expect(clippy::arithmetic_side_effects, reason = "counts of columns of our own circuits")]
    pub fn commitments(&self) -> usize {
        self.advice + self.lookups + self.permutation + self.quotient
    }

    /// Length of the proof.
    #[expect(clippy::arithmetic_side_effects, reason = "counts of columns and queries of our own circuits")]
    pub fn bytes(&self) -> usize {
        (self.commitments() + self.opening) * self.point_bytes + self.evaluations * ELEMENT
    }
}

/// How many bytes a proof for `key` has.
pub fn proof_length(key: &VerifyingKey<G1Affine>, scheme: Scheme) -> usize {
    let domain = key.get_domain();
    ProofShape::new(key.cs(), domain.k, domain.get_quotient_poly_degree(), scheme).bytes()
}

/// Rotations at which one polynomial is opened, modulo the number of rows.
type PointSet = BTreeSet<i64>;

/// How many different sets of points polynomials are opened at.
fn point_sets(cs: &ConstraintSystem<Fr>, k: u32, products: usize) -> usize {
    let rows = 1_i64.checked_shl(k).unwrap_or(i64::MAX);
    let set = |rotations: &[i64]| -> PointSet {
        rotations.iter().map(|rotation| rotation.checked_rem_euclid(rows).unwrap_or(0)).collect()
    };
    let columns =
        [by_column(cs.instance_queries()), by_column(cs.advice_queries()), by_column(cs.fixed_queries())];
    let mut sets: BTreeSet<PointSet> = columns.iter().flatten().map(|rotations| set(rotations)).collect();
    // Quotient, random polynomial and the fixed polynomials of the permutation.
    sets.insert(set(&[0]));
    if products > 0 {
        sets.insert(set(&[0, 1]));
    }
    if products > 1 {
        let last = i64::try_from(cs.blinding_factors()).unwrap_or(i64::MAX).saturating_add(1);
        sets.insert(set(&[0, 1, last.saturating_neg()]));
    }
    if !cs.lookups().is_empty() {
        // Products and permuted inputs; permuted tables are opened at 0 alone.
        sets.insert(set(&[0, 1]));
        sets.insert(set(&[0, -1]));
    }
    sets.len()
}

/// The rotations of each column that is queried.
fn by_column<T: ColumnType>(queries: &[(Column<T>, Rotation)]) -> Vec<Vec<i64>> {
    let mut columns: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for (column, rotation) in queries {
        columns.entry(column.index()).or_default().push(rotation.0.into());
    }
    columns.into_values().collect()
}
