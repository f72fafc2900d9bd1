//! Wrong winners on ties, and what is bound by which challenge.

use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::chips::{Gate, at, lookup, second_at};
use foldproof_circuits::fixed::{to_integer, to_u64};
use foldproof_circuits::graph::ParameterBlock;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Subject;
use foldproof_circuits::testing::samples::graphs::{forger, of_operators, operators};
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;

use crate::{MATRIX, cell, one, rows};

/// All multipliers 0: every result of a block is its rounding constant, and every head has ties. That is a legal model.
fn tied() -> Forger {
    let model = operators(12).unchecked(|_, blocks| {
        for block in blocks {
            let ParameterBlock::Linear(block) = block else { continue };
            block.channels.iter_mut().for_each(|channel| channel.multiplier = 0);
        }
    });
    forger(Subject::Matrix { positions: 2, channels: 2 }, vec![model.into()], &MATRIX)
}

#[test]
fn of_equal_ones_the_first_comes_first() {
    let forger = tied();
    let examiner = Examiner::new(forger.honest());
    let chosen = rows(forger.honest(), Gate::GraphChosen);
    let read = |cell: Cell| forger.honest().assignment().read(cell);
    // The class; then three of nine.
    let indices: Vec<Fr> = chosen.iter().map(|row| read(cell(at::LIMB, *row))).collect();
    assert_eq!(indices, [0, 0, 1, 2].map(Fr::from));
    let tell = |told: &[(usize, i64)]| {
        let lies = told.iter().map(|(place, index)| (cell(at::LIMB, chosen[*place]), (*index).into()));
        examiner.judge(&forger, lies.collect()).killers
    };
    assert!(tell(&[(0, 0)]).is_empty(), "a control");
    for told in [
        &[(0, 1)][..],
        &[(0, 2)],
        &[(3, 3)],
        &[(1, 1), (2, 0)],
        &[(2, 2), (3, 1)],
        &[(2, 1), (3, 1)],
        &[(1, 6), (2, 7), (3, 8)],
    ] {
        assert!(!tell(told).is_empty(), "{told:?}");
    }
    // With the bit of every candidate that would make it so.
    let candidates = rows(forger.honest(), Gate::GraphCandidate);
    let wrong = Lies::from([
        (cell(at::LIMB, chosen[0]), 1.into()),
        (cell(at::END[0], candidates[0]), 0.into()),
        (cell(at::END[0], candidates[1]), 1.into()),
    ]);
    assert!(!examiner.judge(&forger, wrong).killers.is_empty());
}

/// Where the sums of the blocks end, with challenges of somebody's choice.
pub fn ends(layout: &Layout, challenges: [Fr; 5]) -> Vec<Fr> {
    let columns = layout.second_phase(&challenges);
    let sums = &columns[lookup::columns(layout.statement().bands()) + second_at::NEURONS];
    rows(layout, Gate::LayerEdge).into_iter().map(|row| sums[row]).collect()
}

/// α, β, ρ, τ and σ; with one challenge for both axes, σ is ρ.
pub fn challenges(two: bool) -> [Fr; 5] {
    let [alpha, beta, rho, tau, sigma] = [11, 12, 1 << 40, 14, 1 << 50].map(|n| Fr::from(n).square());
    [alpha, beta, rho, tau, if two { sigma } else { rho }]
}

pub fn zeros(ends: &[Fr]) -> bool {
    ends.iter().all(|end| *end == Fr::zero())
}

/// Two sums of one block, at (output, position) (0, 1) and (1, 0), are exchanged in part: with one challenge for both axes their powers
/// are the same, and everybody is content. (The second output has a multiplier of 0, so that nothing follows from its sum.)
#[test]
fn one_challenge_for_both_axes_binds_sums_of_equal_degree_only() {
    let forger = of_operators(12, &MATRIX);
    let examiner = Examiner::new(forger.honest());
    let sums = rows(forger.honest(), Gate::GraphPositions);
    let (first, second) = (cell(at::ACC[1], sums[0]), cell(at::ACC[0], sums[1]));
    let read = |cell: Cell| {
        let value = forger.honest().assignment().read(cell);
        if to_u64(value).is_some() { to_integer(value) } else { -to_integer(-value) }
    };
    // The result of the first goes to the other end of its range.
    let by = -read(first) * 2;
    let forged = |over: i64| {
        let lies = Lies::from([(first, read(first) + &by), (second, read(second) - &by + over)]);
        let verdict = examiner.judge(&forger, lies.clone());
        (verdict, forger.lie(lies))
    };
    let (verdict, layout) = forged(0);
    assert!(verdict.public, "another result follows");
    assert_eq!(verdict.killers, [Killer::Sum("neurons")], "and only the sum of the block can tell");
    let [single, two] = [challenges(false), challenges(true)];
    assert!(zeros(&ends(forger.honest(), single)) && zeros(&ends(forger.honest(), two)));
    assert!(zeros(&ends(&layout, single)), "one challenge: it passes");
    assert!(!zeros(&ends(&layout, two)), "two: it does not");
    let [alpha, beta, rho, tau, sigma] = single;
    assert!(!zeros(&ends(&layout, [alpha, beta, rho, tau, sigma + one()])));
    let (_, layout) = forged(1);
    assert!(!zeros(&ends(&layout, single)), "a control");
}
