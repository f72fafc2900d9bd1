//! What models of all kinds have in the second phase.

use halo2curves::bn256::Fr;

use super::combination::powers;
use super::{dense, graph, packing};
use crate::assignment::Assignment;
use crate::columns::{Bands, MODEL_SECOND_COLUMNS};

/// How many columns of the second phase models have.
pub fn columns(bands: Bands) -> usize {
    match (bands.model, bands.graph) {
        (false, _) => 0,
        (true, None) => MODEL_SECOND_COLUMNS,
        (true, Some(_)) => MODEL_SECOND_COLUMNS + 1,
    }
}

/// The columns of models of the second phase, in the order of `columns::second_at`. Challenges: ρ and τ, and with graphs σ.
pub fn second_phase(assignment: &Assignment, challenges: &[Fr]) -> Vec<Vec<Fr>> {
    let [rho, tau, sigma @ ..] = challenges else { return Vec::new() };
    let rows = assignment.rows();
    let [rho_powers, tau_powers] = [rho, tau].map(|challenge| powers(challenge, &Fr::one()));
    let sigma_powers = sigma.first().map(|sigma| powers(sigma, &Fr::one()));
    let mut weights = vec![Fr::zero(); rows];
    let [mut sums, mut packed, mut messages, mut positions] = std::array::from_fn(|_| weights.clone());
    for row in 0..rows - 1 {
        dense::step(assignment, row, &rho_powers, &mut weights, &mut sums);
        if let Some(sigma) = &sigma_powers {
            let columns =
                graph::Columns { weights: &mut weights, sums: &mut sums, positions: &mut positions };
            graph::step(assignment, row, &rho_powers, sigma, columns);
        }
        packing::step(assignment, row, &tau_powers, &mut packed, &mut messages);
    }
    let graph = sigma_powers.map(|_| positions);
    [weights, sums, packed, messages].into_iter().chain(graph).collect()
}
