//! Choices from tables: what is chosen, in ties, at limits and from what is drawn.

use foldproof_circuits::decision::Decision;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::choice::{ACTIONS, FEATURES, Kind, STATES, Table};
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{Dice, seed};

use super::{holds, lay_out};

/// The least and the greatest value.
pub const LEAST: i64 = -(1 << 47);
pub const MOST: i64 = (1 << 47) - 1;

pub fn bandit(arms: &[[i64; 2]]) -> Evidence {
    Evidence::Bandit { table: Table::new(Kind::Bandit, arms.concat()).unwrap() }
}

pub fn top(values: &[i64], count: u8) -> Evidence {
    Evidence::Top { table: Table::new(Kind::Values, values.to_vec()).unwrap(), count }
}

pub fn q_table(values: Vec<i64>, state: usize) -> Evidence {
    Evidence::QTable { table: Table::new(Kind::Q, values).unwrap(), state }
}

pub fn contextual(arms: &[[i64; 20]], features: [i64; FEATURES]) -> Evidence {
    Evidence::Contextual { table: Table::new(Kind::Contextual, arms.concat()).unwrap(), features }
}

/// Any value of 48 bits, often an extreme one or a small one.
pub fn any(dice: &mut Dice) -> i64 {
    match dice.roll(8) {
        0 => LEAST + dice.roll(2) as i64,
        1 => MOST - dice.roll(2) as i64,
        2 => dice.roll(5) as i64 - 2,
        _ => dice.signed(40) << 8 | dice.roll(1 << 8) as i64,
    }
}

fn arm(ruling: Ruling) -> u64 {
    match ruling {
        Ruling::Bandit { arm } | Ruling::Contextual { arm, .. } => arm,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_arm_of_the_greatest_mean_is_chosen() {
    const MOST: i64 = (1 << 32) - 1;
    let chosen = |arms: &[[i64; 2]]| arm(holds(&bandit(arms)).1);
    assert_eq!(chosen(&[[1, 1]]), 0);
    assert_eq!(chosen(&[[1, 2], [2, 4], [3, 6]]), 0, "the lowest of equals");
    assert_eq!(chosen(&[[MOST - 1, MOST], [MOST, MOST]]), 1, "which doubles cannot tell apart");
    assert_eq!(chosen(&[[1, MOST], [MOST, 1], [MOST, 1]]), 1);
    let mut dice = Dice::new(3);
    let arms: Vec<[i64; 2]> = (0..256).map(|_| [(); 2].map(|()| 1 + dice.roll(9) as i64)).collect();
    chosen(&arms);
}

#[test]
fn the_greatest_of_a_list_are_told_in_order() {
    let told = |values: &[i64], count: u8| match holds(&top(values, count)).1 {
        Ruling::Top { indices } => indices,
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&[7], 1), [0]);
    assert_eq!(told(&[LEAST], 1), [0]);
    assert_eq!(told(&[3, 7, -1, 7, 3], 4), [1, 3, 0, 4], "the lower of equals first");
    assert_eq!(told(&[5; 9], 8), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(told(&[1, 2, 3, 4, 5, 6, 7, 8], 8), [7, 6, 5, 4, 3, 2, 1, 0], "all of them");
    assert_eq!(told(&[LEAST, MOST, LEAST + 1, MOST - 1, MOST], 3), [1, 4, 3]);
    assert_eq!(told(&[LEAST, LEAST, LEAST + 1], 2), [2, 0]);
    // By one, on both sides.
    assert_eq!(told(&[0, -1, 0, 1, 0], 2), [3, 0]);
    assert_eq!(told(&[0, -1, 1, 1, 0], 2), [2, 3]);
    assert_eq!(told(&[-1, -1, 0, 1, 0], 2), [3, 2]);
}

#[test]
fn drawn_lists_agree() {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    for count in 1..=8 {
        let length = count as usize + dice.roll(30) as usize;
        let few = dice.roll(2) == 0;
        let value = |dice: &mut Dice| if few { dice.roll(3) as i64 - 1 } else { any(dice) };
        let values: Vec<i64> = (0..length).map(|_| value(&mut dice)).collect();
        holds(&top(&values, count));
    }
}

#[test]
fn the_greatest_of_ten_thousand_are_told() {
    let mut dice = Dice::new(5);
    let values: Vec<i64> = (0..10_000).map(|_| any(&mut dice)).collect();
    let (layout, _) = holds(&top(&values, 5));
    assert_eq!(layout.statement().k(), 15);
}

#[test]
fn the_action_of_a_state_is_chosen() {
    let chosen = |values: &[i64], state: usize| match holds(&q_table(values.to_vec(), state)).1 {
        Ruling::QTable { state: told, action } => {
            assert_eq!(told, state as u64);
            action
        }
        other => panic!("{other:?}"),
    };
    // The state before and the state after have another greatest.
    let with = |state: usize, row: [i64; ACTIONS]| {
        let mut values = vec![0; STATES * ACTIONS];
        values.iter_mut().step_by(ACTIONS).for_each(|value| *value = MOST);
        values[ACTIONS * state..][..ACTIONS].copy_from_slice(&row);
        values
    };
    for state in [0, 1, 26, 52, 53] {
        assert_eq!(chosen(&with(state, [LEAST, 0, 0, 0, 1, 0, 1, 0, -1]), state), 4, "the lowest of equals");
        assert_eq!(chosen(&with(state, [0, 0, 0, 0, 0, 0, 0, 0, 1]), state), 8);
    }
    assert_eq!(chosen(&with(3, [LEAST; ACTIONS]), 3), 0);
    assert_eq!(chosen(&with(3, [LEAST, LEAST + 1, LEAST, LEAST, 0, MOST - 1, MOST, MOST, 0]), 3), 6);
    assert_eq!(chosen(&with(3, [MOST, 0, 0, 0, 0, 0, 0, 0, 0]), 30), 0);
    let mut dice = Dice::new(7);
    for state in 0..4 {
        let values: Vec<i64> = (0..STATES * ACTIONS).map(|_| any(&mut dice)).collect();
        chosen(&values, 11 * state);
    }
}

/// An arm of one weight and one entry of the matrix, with the feature 1: its bound is the weight and the entry's root.
fn simple(weight: i64, entry: i64) -> [i64; 20] {
    let mut arm = [0; 20];
    (arm[0], arm[FEATURES]) = (weight, entry);
    arm
}

#[test]
fn the_arm_of_the_greatest_bound_is_chosen() {
    const ONE: i64 = 1 << 24;
    let chosen = |arms: &[[i64; 20]], features| arm(holds(&contextual(arms, features)).1);
    let unit = [ONE, 0, 0, 0];
    assert_eq!(chosen(&[[0; 20]], [0; 4]), 0);
    assert_eq!(chosen(&[simple(5, 0), simple(5, 0)], unit), 0, "the lowest of equals");
    assert_eq!(chosen(&[simple(5, 0), simple(6, 0), simple(6, 0)], unit), 1);
    // With x = 1 the form is the entry at 2⁻⁷² as a product, its whole part at 2⁻⁴⁸ the entry times 2²⁴: 100 has the root 2¹²·10.
    assert_eq!(chosen(&[simple(40_959, 0), simple(0, 100)], unit), 1);
    assert_eq!(chosen(&[simple(40_960, 0), simple(0, 100)], unit), 0);
    // A root is rounded down: that of 2 is 5,792.6, that of 3 is 7,094.5.
    assert_eq!(chosen(&[simple(5792, 0), simple(0, 2)], unit), 0);
    assert_eq!(chosen(&[simple(5791, 0), simple(0, 2)], unit), 1);
    assert_eq!(chosen(&[simple(7094, 0), simple(0, 3)], unit), 0);
    // A mean is rounded, half up: 2.5 and −2.5 units are 3 and −2.
    let half = [ONE / 2, 0, 0, 0];
    assert_eq!(chosen(&[simple(5, 0), simple(6, 0)], half), 0);
    assert_eq!(chosen(&[simple(-5, 0), simple(-4, 0)], half), 0);
    assert_eq!(chosen(&[simple(-6, 0), simple(-5, 0)], half), 1);
    // What is less than nothing has no root, whatever it is.
    assert_eq!(chosen(&[simple(0, -1), simple(0, LEAST), simple(1, -1)], unit), 2);
    assert_eq!(chosen(&[simple(0, 0), simple(0, -1), simple(0, 1)], unit), 2);
}

#[test]
fn bounds_of_the_widest_numbers_agree() {
    let arms = [[LEAST; 20], [MOST; 20], [0; 20], {
        let mut arm = [MOST; 20];
        arm[..FEATURES].fill(LEAST);
        arm
    }];
    for feature in [LEAST, MOST, 1, -1, 0] {
        holds(&contextual(&arms, [feature; FEATURES]));
        holds(&contextual(&arms, [feature, MOST, LEAST, feature]));
    }
    let mut dice = Dice::new(11);
    for count in [2, 17] {
        let arms: Vec<[i64; 20]> = (0..count).map(|_| [(); 20].map(|()| any(&mut dice))).collect();
        holds(&contextual(&arms, [(); FEATURES].map(|()| any(&mut dice))));
    }
    let small: Vec<[i64; 20]> = (0..256).map(|_| [(); 20].map(|()| dice.signed(6))).collect();
    let (layout, _) = lay_out(&contextual(&small, [(); FEATURES].map(|()| dice.signed(30))));
    assert_eq!(layout.statement().k(), 14);
}

/// Keys are made from a blank layout: what is fixed does not depend on what is chosen.
#[test]
fn blank_layouts_have_the_same_shape() {
    let mut dice = Dice::new(13);
    for evidence in [
        top(&[3, 9, -4, 9, 0, 1], 3),
        top(&[4; 8], 8),
        q_table((0..STATES * ACTIONS).map(|_| any(&mut dice)).collect(), 40),
        bandit(&[[1, 2], [5, 1], [3, 3]]),
        contextual(&[[3; 20], [-4; 20]], [1, -2, 3, -4]),
    ] {
        let (layout, _) = lay_out(&evidence);
        assert_eq!(Layout::blank(layout.statement()).digest(), layout.digest(), "{}", layout.statement());
    }
}

#[test]
fn evidence_from_which_nothing_follows_is_refused() {
    let values = vec![1; STATES * ACTIONS];
    for (evidence, decision) in [
        (q_table(values.clone(), STATES), Decision::QTable),
        (Evidence::QTable { table: Table::new(Kind::Values, values).unwrap(), state: 0 }, Decision::QTable),
        (contextual(&[[1; 20]], [MOST + 1, 0, 0, 0]), Decision::Contextual(1)),
        (Evidence::Bandit { table: Table::new(Kind::Values, vec![1, 1]).unwrap() }, Decision::Bandit(2)),
    ] {
        let statement = Statement::of_decision(decision).unwrap();
        let refused = Layout::of_decision(&statement, &evidence, &[7.into()]);
        assert!(matches!(refused, Err(LayoutError::Subject { .. })), "{decision:?}");
    }
}

/// Rows of the arithmetic and of the sponge, which stand side by side.
#[test]
fn sizes_are_what_the_figures_say() {
    for (name, k, shared, sponge) in [
        ("top-5-10", 12, 101, 32),
        ("top-5-1000", 12, 2081, 928),
        ("top-5-10000", 15, 20_081, 9152),
        ("top-5-8138", 14, 16_357, 7456),
        ("top-5-8139", 15, 16_359, 7456),
        ("top-5-16330", 15, 32_741, 14_944),
        ("top-5-16331", 16, 32_743, 14_944),
        ("top-5-1994", 12, 4069, 1856),
        ("top-5-1995", 13, 4071, 1856),
        ("top-8-16000", 15, 32_184, 14_656),
        ("top-8-16384", 16, 32_952, 15_008),
        ("q-table", 12, 839, 480),
        ("bandit-8", 12, 85, 32),
        ("bandit-256", 12, 2515, 480),
        ("contextual-8", 12, 338, 160),
        ("contextual-256", 14, 10_258, 4704),
    ] {
        let statement = Statement::from_name(name).unwrap();
        let layout = Layout::blank(&statement);
        let rows: Vec<usize> = layout.stages().iter().map(|stage| stage.rows).collect();
        assert_eq!((statement.k(), &rows[..]), (k, &[shared, sponge][..]), "{name}");
    }
}
