//! The second phase of graphs: W·x by random combination, and the product of the chosen.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::coefficients::{CARRY, FACTOR, LAST, LOW, OFFSET, WIRES};
use crate::assignment::Assignment;
use crate::chips::combination::{combine, powers, second};
use crate::chips::set::{ChipSet, Query, constant};
use crate::columns::{Gate, LIMBS, at, fixed_at, second_at};

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let [weights, sums, positions] =
        [second_at::WEIGHTS, second_at::NEURONS, second_at::POSITIONS].map(|column| second(chips, column));
    let [rho, sigma] = [chips.challenges[2], chips.challenges[4]];
    let here = Rotation::cur();
    // Sums of blocks, and of products of activations.
    for (name, gate) in [("GraphPositionsSum", Gate::GraphPositions), ("GraphProductSum", Gate::GraphProduct)]
    {
        if !chips.bands.gate(gate) {
            continue;
        }
        meta.create_gate(name, |cells| {
            let selector = cells.query_selector(chips.selector(gate));
            let [rho, sigma] = [rho, sigma].map(|challenge| cells.query_challenge(challenge));
            let [before, after] = [here, Rotation::next()].map(|r| cells.query_advice(sums, r));
            let [above, sum] = [Rotation::prev(), here].map(|r| cells.query_advice(positions, r));
            let mut q = Query { chips, cells };
            let accumulators = at::ACC.map(|column| q.advice(column, 0));
            let [carry, last] = [CARRY, LAST].map(|i| q.k(i));
            let own = accumulators[0].clone() * sigma.clone() + accumulators[1].clone();
            let channel = before.clone() * (rho - constant(1)) + sum.clone();
            vec![
                (
                    "A = A sigma^2 + s0 sigma + s1",
                    selector.clone() * (sum - carry * above * sigma.clone() * sigma - own),
                ),
                ("D = D rho + A at the end", selector * (after - before - last * channel)),
            ]
        });
    }
    meta.create_gate("GraphChannelSum", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::GraphChannel));
        let [before, after] = [here, Rotation::next()].map(|r| cells.query_advice(sums, r));
        vec![("D goes on", selector * (after - before))]
    });
    meta.create_gate("GraphWeights", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::GraphWeights));
        let [rho, sigma] =
            [rho, sigma].map(|challenge| powers(&cells.query_challenge(challenge), &constant(1)));
        let mut q = Query { chips, cells };
        let [carried, offset, factor, low] = [CARRY, OFFSET, FACTOR, LOW].map(|i| q.k(i));
        let limbs = q.limbs().map(|limb| limb - offset.clone());
        let own = combine(limbs, &rho).unwrap_or(constant(0));
        let values = wires_by(&mut q, &low, &sigma);
        let [u_above, u] = [Rotation::prev(), here].map(|r| q.cells.query_advice(weights, r));
        let [x_above, x] = [Rotation::prev(), here].map(|r| q.cells.query_advice(positions, r));
        let [before, after] = [here, Rotation::next()].map(|r| q.cells.query_advice(sums, r));
        let carry = |above: Expression<Fr>, power: Expression<Fr>| carried.clone() * above * power;
        vec![
            (
                "u = u rho^8 + weights",
                selector.clone() * (u.clone() - carry(u_above, rho[LIMBS].clone()) - own),
            ),
            (
                "x = x sigma^4 + wires",
                selector.clone() * (x.clone() - carry(x_above, sigma[at::WIRE.len()].clone()) - values),
            ),
            ("D = D - x u", selector * (after - before + factor * x * u)),
        ]
    });
    for (name, gate) in [("GraphLeftSum", Gate::GraphLeft), ("GraphRightSum", Gate::GraphRight)] {
        if !chips.bands.gate(gate) {
            continue;
        }
        meta.create_gate(name, |cells| {
            let selector = cells.query_selector(chips.selector(gate));
            let right = gate == Gate::GraphRight;
            let challenge = cells.query_challenge(if right { sigma } else { rho });
            let powers = powers(&challenge, &constant(1));
            let mut q = Query { chips, cells };
            let [carried, factor, low] = [CARRY, FACTOR, LOW].map(|i| q.k(i));
            let own = wires_by(&mut q, &low, &powers);
            let [u_above, u] = [Rotation::prev(), here].map(|r| q.cells.query_advice(weights, r));
            let [x_above, x] = [Rotation::prev(), here].map(|r| q.cells.query_advice(positions, r));
            let [before, after] = [here, Rotation::next()].map(|r| q.cells.query_advice(sums, r));
            let combined = |above: Expression<Fr>, here: Expression<Fr>| {
                here - carried * above * powers[at::WIRE.len()].clone() - own
            };
            if right {
                vec![
                    ("u stays", selector.clone() * (u.clone() - u_above)),
                    ("x = x sigma^4 + wires", selector.clone() * combined(x_above, x.clone())),
                    ("D = D - x u", selector * (after - before + factor * x * u)),
                ]
            } else {
                vec![
                    ("u = u rho^4 + wires", selector.clone() * combined(u_above, u)),
                    ("D goes on", selector * (after - before)),
                ]
            }
        });
    }
    // The product over the candidates with bit 1, from above; over the chosen, from below.
    meta.create_gate("GraphCandidate", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::GraphCandidate));
        let rho = cells.query_challenge(rho);
        let [before, after] = [here, Rotation::next()].map(|r| cells.query_advice(sums, r));
        let mut q = Query { chips, cells };
        let [distance, bit, last] = [at::ACC[0], at::END[0], at::WIRE[1]].map(|column| q.advice(column, 0));
        let factor = bit * (rho - distance - last - constant(1)) + constant(1);
        vec![("P = P (rho - key) if its bit is 1", selector * (after - before * factor))]
    });
    meta.create_gate("GraphChosenProduct", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::GraphChosen));
        let rho = cells.query_challenge(rho);
        let [before, after] = [here, Rotation::next()].map(|r| cells.query_advice(sums, r));
        let key = cells.query_advice(chips.advice(at::WIRE[3]), here);
        vec![("P = P' (rho - key)", selector * (before - after * (rho - key)))]
    });
    meta.create_gate("GraphOne", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::GraphOne));
        vec![("P = 1", selector * (cells.query_advice(sums, here) - constant(1)))]
    });
}

/// The elements on the wires of a row, combined: the last counts once.
fn wires_by(
    q: &mut Query<'_, '_>,
    low: &Expression<Fr>,
    powers: &[Expression<Fr>; LIMBS + 1],
) -> Expression<Fr> {
    let wires = at::WIRE.iter().enumerate().map(|(i, column)| {
        let here = q.k(WIRES + i) * (q.advice(*column, 0) + low.clone());
        here * powers[at::WIRE.len() - 1 - i].clone()
    });
    wires.reduce(|sum, term| sum + term).unwrap_or(constant(0))
}

/// The columns of the second phase of models, as far as they are filled.
pub struct Columns<'c> {
    /// Combinations of weights.
    pub weights: &'c mut [Fr],
    /// Sums of blocks, and products of the chosen.
    pub sums: &'c mut [Fr],
    /// Combinations of positions.
    pub positions: &'c mut [Fr],
}

/// Powers of a challenge.
type Powers = [Fr; LIMBS + 1];

/// Fills what row `row` of a graph says of its own row and of the next.
pub fn step(assignment: &Assignment, row: usize, rho: &Powers, sigma: &Powers, columns: Columns<'_>) {
    let (advice, fixed) = (assignment.advice(), assignment.fixed());
    let k = |i: usize| fixed[fixed_at::K + i][row];
    let Columns { weights, sums, positions } = columns;
    let wires = |powers: &Powers| -> Fr {
        let wire = |(i, column): (usize, &usize)| {
            k(WIRES + i) * (advice[*column][row] + k(LOW)) * powers[at::WIRE.len() - 1 - i]
        };
        at::WIRE.iter().enumerate().map(wire).sum()
    };
    // Where a product starts; where it ends it is what it is, for the gate to see.
    if assignment.is_enabled(Gate::GraphOne, row) && assignment.is_enabled(Gate::GraphCandidate, row) {
        sums[row] = Fr::one();
    }
    if assignment.is_enabled(Gate::GraphChannel, row) {
        sums[row + 1] = sums[row];
    }
    if assignment.is_enabled(Gate::GraphPositions, row) || assignment.is_enabled(Gate::GraphProduct, row) {
        let [first, second] = at::ACC.map(|column| advice[column][row]);
        positions[row] = k(CARRY) * positions[row - 1] * sigma[2] + first * sigma[1] + second;
        sums[row + 1] = sums[row] + k(LAST) * (sums[row] * (rho[1] - Fr::one()) + positions[row]);
    }
    if assignment.is_enabled(Gate::GraphWeights, row) {
        let limbs: [Fr; LIMBS] = std::array::from_fn(|i| advice[at::LIMB + i][row] - k(OFFSET));
        let own = combine(limbs, rho).unwrap_or_default();
        weights[row] = k(CARRY) * weights[row - 1] * rho[LIMBS] + own;
        positions[row] = k(CARRY) * positions[row - 1] * sigma[at::WIRE.len()] + wires(sigma);
        sums[row + 1] = sums[row] - k(FACTOR) * positions[row] * weights[row];
    }
    if assignment.is_enabled(Gate::GraphLeft, row) {
        weights[row] = k(CARRY) * weights[row - 1] * rho[at::WIRE.len()] + wires(rho);
        sums[row + 1] = sums[row];
    }
    if assignment.is_enabled(Gate::GraphRight, row) {
        weights[row] = weights[row - 1];
        positions[row] = k(CARRY) * positions[row - 1] * sigma[at::WIRE.len()] + wires(sigma);
        sums[row + 1] = sums[row] - k(FACTOR) * positions[row] * weights[row];
    }
    if assignment.is_enabled(Gate::GraphCandidate, row) {
        let [distance, bit, last] = [at::ACC[0], at::END[0], at::WIRE[1]].map(|column| advice[column][row]);
        sums[row + 1] = sums[row] * (bit * (rho[1] - distance - last - Fr::one()) + Fr::one());
    }
    if assignment.is_enabled(Gate::GraphChosen, row) {
        // A key that is ρ has a chance of 1/p; the product is 0 then, and the proof fails.
        let factor: Option<Fr> = (rho[1] - advice[at::WIRE[3]][row]).invert().into();
        sums[row + 1] = sums[row] * factor.unwrap_or_default();
    }
}
