//! The second phase of graphs: W·x by random combination, and the product of the chosen.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::{CARRY, LAST};
use crate::chips::packing::{combine, powers, second};
use crate::chips::set::{ChipSet, Query, constant};
use crate::columns::{Gate, LIMBS, at, fixed_at, second_at};
use crate::sheet::Sheet;

/// Coefficients of a row of weights: whether it goes on from the row above, the offset of the weights, what the product of the
/// combinations counts, the offset of the wires, and of each wire whether it has a position.
pub const OFFSET: usize = 1;
pub const FACTOR: usize = 2;
pub const LOW: usize = 3;
pub const WIRES: usize = 4;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let [weights, sums, positions] =
        [second_at::WEIGHTS, second_at::NEURONS, second_at::POSITIONS].map(|column| second(chips, column));
    let [rho, sigma] = [chips.challenges[2], chips.challenges[4]];
    let here = Rotation::cur();
    meta.create_gate("GraphPositionsSum", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::GraphPositions));
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
        let wires = at::WIRE.iter().enumerate().map(|(i, column)| {
            let here = q.k(WIRES + i) * (q.advice(*column, 0) + low.clone());
            here * sigma[at::WIRE.len() - 1 - i].clone()
        });
        let values = wires.reduce(|sum, term| sum + term).unwrap_or(constant(0));
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
pub(in crate::chips) fn step(sheet: &Sheet, row: usize, rho: &Powers, sigma: &Powers, columns: Columns<'_>) {
    let (advice, fixed) = (sheet.advice(), sheet.fixed());
    let k = |i: usize| fixed[fixed_at::K + i][row];
    let Columns { weights, sums, positions } = columns;
    if sheet.is_enabled(Gate::GraphOne, row) {
        sums[row] = Fr::one();
    }
    if sheet.is_enabled(Gate::GraphChannel, row) {
        sums[row + 1] = sums[row];
    }
    if sheet.is_enabled(Gate::GraphPositions, row) {
        let [first, second] = at::ACC.map(|column| advice[column][row]);
        positions[row] = k(CARRY) * positions[row - 1] * sigma[2] + first * sigma[1] + second;
        sums[row + 1] = sums[row] + k(LAST) * (sums[row] * (rho[1] - Fr::one()) + positions[row]);
    }
    if sheet.is_enabled(Gate::GraphWeights, row) {
        let limbs: [Fr; LIMBS] = std::array::from_fn(|i| advice[at::LIMB + i][row] - k(OFFSET));
        let own = combine(limbs, rho).unwrap_or_default();
        weights[row] = k(CARRY) * weights[row - 1] * rho[LIMBS] + own;
        let wires = at::WIRE.iter().enumerate();
        let values: Fr = wires
            .map(|(i, column)| k(WIRES + i) * (advice[*column][row] + k(LOW)) * sigma[at::WIRE.len() - 1 - i])
            .sum();
        positions[row] = k(CARRY) * positions[row - 1] * sigma[at::WIRE.len()] + values;
        sums[row + 1] = sums[row] - k(FACTOR) * positions[row] * weights[row];
    }
    if sheet.is_enabled(Gate::GraphCandidate, row) {
        let [distance, bit, last] = [at::ACC[0], at::END[0], at::WIRE[1]].map(|column| advice[column][row]);
        sums[row + 1] = sums[row] * (bit * (rho[1] - distance - last - Fr::one()) + Fr::one());
    }
    if sheet.is_enabled(Gate::GraphChosen, row) {
        // A key that is ρ has a chance of 1/p; the product is 0 then, and the proof fails.
        let factor: Option<Fr> = (rho[1] - advice[at::WIRE[3]][row]).invert().into();
        sums[row + 1] = sums[row] * factor.unwrap_or_default();
    }
}
