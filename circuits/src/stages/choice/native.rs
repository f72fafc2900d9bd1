//! Choices in native integers.

use std::cmp::Reverse;

use num_bigint::BigInt;

use super::table::{Kind, Table};
use crate::decision::{FEATURES, MAX_TOP};
use crate::fixed::{floor_sqrt, round_div};

/// The indices of the `count` greatest values, the lower index first among equals; at most [`MAX_TOP`].
pub fn top(values: &[i64], count: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..values.len()).collect();
    indices.sort_by_key(|index| (Reverse(values[*index]), *index));
    indices.truncate(count.min(MAX_TOP));
    indices
}

/// What is measured of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkState {
    /// Peers.
    pub size: u64,
    /// In microseconds.
    pub latency: u64,
    /// Whether it is split.
    pub partition: bool,
    /// Lost messages in a million.
    pub loss: u64,
}

impl NetworkState {
    /// The row of a Q table.
    pub fn row(&self) -> usize {
        let bucket = |value: u64, limits: [u64; 2]| limits.iter().filter(|limit| value >= **limit).count();
        let (size, latency) = (bucket(self.size, [50, 200]), bucket(self.latency, [100_000, 500_000]));
        ((size * 3 + latency) * 2 + usize::from(self.partition)) * 3 + bucket(self.loss, [50_000, 150_000])
    }
}

/// What a Q table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QChoice {
    /// Row.
    pub state: usize,
    /// Column.
    pub action: usize,
    /// To how many peers.
    pub fan_out: u32,
    /// Over how many hops.
    pub ttl: u32,
}

/// The action of a Q table in a state; none of other tables.
pub fn q_choice(table: &Table, network: &NetworkState) -> Option<QChoice> {
    let state = network.row();
    let row = table.rows().nth(state).filter(|_| table.kind() == Kind::Q)?;
    let action = *top(row, 1).first()?;
    let (fan_out, ttl) = meaning(action);
    Some(QChoice { state, action, fan_out, ttl })
}

/// Fan-out and time to live of an action; zeros of none.
pub fn meaning(action: usize) -> (u32, u32) {
    let at = |values: [u32; 3], place: usize| values.get(place).copied().unwrap_or_default();
    (at([4, 6, 8], action / 3), at([8, 10, 12], if action / 3 < 3 { action % 3 } else { 3 }))
}

/// The arm of the greatest mean; none of other tables.
pub fn bandit(table: &Table) -> Option<usize> {
    let arm = |row: &[i64]| [u128::from(row[0].unsigned_abs()), u128::from(row[1].unsigned_abs())];
    let arms: Vec<[u128; 2]> = table.rows().filter(|_| table.kind() == Kind::Bandit).map(arm).collect();
    let beats =
        |i: usize, j: usize| arms[i][0] * (arms[j][0] + arms[j][1]) > arms[j][0] * (arms[i][0] + arms[i][1]);
    (0..arms.len()).reduce(|best, arm| if beats(arm, best) { arm } else { best })
}

/// What is computed of an arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// ⌊w·x / 2²⁴⌉.
    pub mean: i128,
    /// xᵀCx.
    pub form: BigInt,
    /// ⌊√⌊max(0, xᵀCx) / 2²⁴⌋⌋.
    pub width: u64,
}

impl Arm {
    fn new(row: &[i64], x: &[i64; FEATURES]) -> Self {
        let (weights, matrix) = row.split_at(FEATURES);
        let product: i128 = weights.iter().zip(x).map(|(w, x)| i128::from(*w) * i128::from(*x)).sum();
        let entry = |(place, c): (usize, &i64)| BigInt::from(x[place / FEATURES]) * c * x[place % FEATURES];
        let form: BigInt = matrix.iter().enumerate().map(entry).sum();
        let width = floor_sqrt(&(form.clone().max(BigInt::from(0)) >> 24u32));
        let mean = round_div(&product.into(), &(1i64 << 24).into());
        // 75 bits of 98, 61 of 121.
        Self {
            mean: i128::try_from(mean).unwrap_or(i128::MAX),
            form,
            width: u64::try_from(width).unwrap_or(u64::MAX),
        }
    }

    /// The bound, at 2⁻²⁴.
    pub fn bound(&self) -> i128 {
        self.mean + i128::from(self.width)
    }
}

/// What a contextual bandit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// By arm.
    pub arms: Vec<Arm>,
    /// The arm of the greatest bound.
    pub choice: usize,
}

/// The arm of the greatest bound for features of 48 bits, at 2⁻²⁴; none of other tables, and of features beyond their bits.
pub fn contextual(table: &Table, x: &[i64; FEATURES]) -> Option<Bounds> {
    let in_range = x.iter().all(|x| (-(1 << 47)..1 << 47).contains(x));
    if table.kind() != Kind::Contextual || !in_range {
        return None;
    }
    let arms: Vec<Arm> = table.rows().map(|row| Arm::new(row, x)).collect();
    let choice = (0..arms.len()).min_by_key(|arm| (Reverse(arms[*arm].bound()), *arm))?;
    Some(Bounds { arms, choice })
}

/// The algorithm that compresses content of `size` bytes.
pub fn compression(size: u64) -> &'static str {
    ["none", "lz4", "zstd"][[1024, 102_400].iter().filter(|limit| size >= **limit).count()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{ACTIONS, STATES};

    #[test]
    fn the_lower_of_equals_comes_first() {
        assert_eq!(top(&[3, 7, -1, 7, 3], 4), [1, 3, 0, 4]);
        assert_eq!((top(&[1; 20], 20).len(), top(&[1], 5).len(), top(&[], 1).len()), (8, 1, 0));
        let equal = Table::new(Kind::Bandit, vec![1, 2, 2, 4, 3, 6]).unwrap();
        assert_eq!(bandit(&equal), Some(0));
        let most = (1 << 32) - 1;
        let near = Table::new(Kind::Bandit, vec![most - 1, most, most, most]).unwrap();
        assert_eq!(bandit(&near), Some(1), "which doubles cannot tell apart");
    }

    #[test]
    fn buckets_begin_at_their_limits() {
        let row = |size, latency, partition, loss| NetworkState { size, latency, partition, loss }.row();
        assert_eq!(
            (row(49, 99_999, false, 49_999), row(50, 0, false, 0), row(200, 0, false, 0)),
            (0, 18, 36)
        );
        assert_eq!(
            (row(0, 100_000, false, 0), row(0, 500_000, false, 0), row(0, 499_999, false, 0)),
            (6, 12, 6)
        );
        assert_eq!((row(0, 0, true, 0), row(0, 0, false, 50_000), row(0, 0, false, 150_000)), (3, 1, 2));
        assert_eq!(row(u64::MAX, u64::MAX, true, u64::MAX), STATES - 1);
        let mut values = vec![0; STATES * ACTIONS];
        values[(STATES - 1) * ACTIONS + 5..].fill(9);
        let table = Table::new(Kind::Q, values).unwrap();
        let network = NetworkState { size: 999, latency: 999_999, partition: true, loss: 999_999 };
        assert_eq!(q_choice(&table, &network), Some(QChoice { state: 53, action: 5, fan_out: 6, ttl: 12 }));
        assert_eq!(q_choice(&Table::new(Kind::Values, vec![1; 99]).unwrap(), &network), None);
        assert_eq!([1023, 1024, 102_399, 102_400].map(compression), ["none", "lz4", "lz4", "zstd"]);
    }

    #[test]
    fn bounds_hold_the_widest_numbers() {
        let limit = 1 << 47;
        let mut values = vec![-limit; 20];
        values.extend(vec![limit - 1; 20]);
        values.extend(vec![limit - 1; 20]);
        let table = Table::new(Kind::Contextual, values).unwrap();
        let found = contextual(&table, &[limit - 1; 4]).unwrap();
        assert!(found.arms.iter().all(|arm| arm.form.bits() <= 145 && arm.mean.unsigned_abs() >> 75 == 0));
        assert_eq!((found.arms[0].width, found.choice), (0, 1), "less than nothing has no root");
        assert_eq!(contextual(&table, &[limit, 0, 0, 0]), None);
    }
}
