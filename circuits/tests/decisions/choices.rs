//! Choices from tables.

use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::choice::{Kind, Table};
use foldproof_circuits::testing::samples::Dice;

use super::holds;

fn bandit(arms: &[[i64; 2]]) -> Evidence {
    Evidence::Bandit { table: Table::new(Kind::Bandit, arms.concat()).unwrap() }
}

#[test]
fn the_arm_of_the_greatest_mean_is_chosen() {
    const MOST: i64 = (1 << 32) - 1;
    let chosen = |arms: &[[i64; 2]]| match holds(&bandit(arms)).1 {
        Ruling::Bandit { arm } => arm,
        other => panic!("{other:?}"),
    };
    assert_eq!(chosen(&[[1, 1]]), 0);
    assert_eq!(chosen(&[[1, 2], [2, 4], [3, 6]]), 0, "the lowest of equals");
    assert_eq!(chosen(&[[MOST - 1, MOST], [MOST, MOST]]), 1, "which doubles cannot tell apart");
    assert_eq!(chosen(&[[1, MOST], [MOST, 1], [MOST, 1]]), 1);
    let mut dice = Dice::new(3);
    let arms: Vec<[i64; 2]> = (0..256).map(|_| [(); 2].map(|()| 1 + dice.roll(9) as i64)).collect();
    chosen(&arms);
}
