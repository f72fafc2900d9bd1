//! Mempool scores in native integers.

use crate::fixed::{narrow, round_narrow};
use crate::stages::tags::{Behaviour, Tag};

/// K.
pub(super) const UNIT: u64 = 1 << 16;
/// Greatest raw, in units.
pub(super) const MOST: u64 = 60_000;
/// Bits of a time.
pub const TIME_BITS: u32 = 53;
/// Wei of an ether.
pub(super) const ETHER: u128 = 1_000_000_000_000_000_000;
/// Wei of a gwei.
pub(super) const GWEI: u128 = 1_000_000_000;
/// Seconds between blocks where nothing says otherwise.
pub(super) const CADENCE: u64 = 10;

/// The tags that raise a score.
pub const HIGH_TAGS: [Tag; 5] =
    [Tag::BridgeActivity, Tag::HighFee, Tag::HighThroughput, Tag::RiskHigh, Tag::AssetBridge];
/// The tags of a prediction, by bit, with the tags of a block that make them. The first has reasons of its own, the last stands where there is no
/// other.
pub const PREDICTED_TAGS: [(&str, &[Tag]); 6] = [
    ("HIGH_FEE", &[]),
    ("DEX_ACTIVITY", &[Tag::DexActivity, Tag::AssetDex]),
    ("LENDING_ACTIVITY", &[Tag::LendingActivity, Tag::AssetLending]),
    ("BRIDGE_ACTIVITY", &[Tag::BridgeActivity, Tag::AssetBridge]),
    ("NFT_ACTIVITY", &[Tag::NftActivity, Tag::AssetNft]),
    ("MIXED_ACTIVITY", &[]),
];

/// Bits of the tags that are there if one of two tags of the block is.
pub(super) const ACTIVITY: std::ops::Range<usize> = 1..5;

/// A pending block at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// n.
    pub transactions: u64,
    /// Mean price of gas.
    pub gwei: u128,
    /// Value, in wei.
    pub value: u128,
    /// Tags of the block.
    pub mask: u64,
    /// In seconds.
    pub time: u64,
}

impl Snapshot {
    /// Of a block's transactions with their behaviour and tags.
    pub fn new(transactions: u64, behaviour: &Behaviour, mask: u64, time: u64) -> Self {
        let gwei = behaviour.price_sum / (GWEI * u128::from(transactions.max(1)));
        Self { transactions, gwei, value: behaviour.value_sum, mask, time }
    }
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// dt.
    pub more_transactions: i128,
    /// dg.
    pub more_gwei: i128,
    /// ⌊8·K·min(value, 1500·10¹⁸) / 10¹⁸⌉.
    pub value_part: u64,
    /// In units of 2⁻¹⁶, at most 60000·2¹⁶.
    pub raw: u64,
    /// In hundredths.
    pub score: u64,
    /// Tags, by bit of [`PREDICTED_TAGS`].
    pub tags: u8,
    /// In hundredths.
    pub confidence: u64,
    /// Seconds.
    pub eta: u64,
}

impl Prediction {
    /// From a snapshot and perhaps the one before.
    pub fn new(now: &Snapshot, before: Option<&Snapshot>) -> Self {
        let signed = |value: u128| i128::try_from(value).unwrap_or(i128::MAX);
        let (more_transactions, more_gwei) = before.map_or((0, 0), |before| {
            let transactions = i128::from(now.transactions) - i128::from(before.transactions);
            (transactions, signed(now.gwei) - signed(before.gwei))
        });
        // What is beyond the limits counts like the limits.
        let steady = 120 * now.transactions.min(150) + 225 * at_most(now.gwei, 80);
        let value = 8 * u128::from(UNIT) * now.value.min(1500 * ETHER);
        let value_part = round_narrow(value, ETHER);
        let rise = |rate: u64, by: i128| (rate * at_most(by.max(0).unsigned_abs(), 9000)).min(9000);
        let high = HIGH_TAGS.iter().any(|tag| now.mask >> tag.bit() & 1 == 1);
        let sudden = 12_000 * u64::from(high) + rise(2000, more_gwei) + rise(1200, more_transactions);
        let raw = (UNIT * steady + value_part + UNIT * sudden).min(MOST * UNIT);
        let score = round(raw, 600 * UNIT);

        let confidence = 200 + 6 * score + 10 * at_most(more_gwei.max(0).unsigned_abs(), 1000);
        let passed = before.map(|before| i128::from(now.time) - i128::from(before.time));
        let cadence = passed
            .filter(|passed| *passed != 0)
            .map_or(CADENCE, |passed| at_most(passed.clamp(2, 20).unsigned_abs(), 20));
        Self {
            more_transactions,
            more_gwei,
            value_part,
            raw,
            score,
            tags: tags(now, more_gwei),
            confidence: round(confidence.min(1000), 10),
            eta: round(cadence * (200 - score), 200).max(3),
        }
    }

    /// The names of its tags.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let tags = PREDICTED_TAGS.into_iter().enumerate();
        tags.filter(|(bit, _)| self.tags >> bit & 1 == 1).map(|(_, (name, _))| name)
    }
}

fn tags(now: &Snapshot, more_gwei: i128) -> u8 {
    let made = |of: &[Tag]| of.iter().any(|tag| now.mask >> tag.bit() & 1 == 1);
    let bits = PREDICTED_TAGS.into_iter().enumerate().map(|(bit, (_, of))| u8::from(made(of)) << bit);
    let tags = bits.sum::<u8>() | u8::from(now.gwei > 60 || more_gwei > 8);
    if tags == 0 { 1 << (PREDICTED_TAGS.len() - 1) } else { tags }
}

/// ⌊n / d⌉.
fn round(n: u64, d: u64) -> u64 {
    round_narrow(n.into(), d.into())
}

fn at_most(value: u128, limit: u64) -> u64 {
    narrow(value).min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(transactions: u64, gwei: u128, value: u128, mask: u64, time: u64) -> Snapshot {
        Snapshot { transactions, gwei, value, mask, time }
    }

    #[test]
    fn every_part_has_its_limit() {
        let raw = |now: Snapshot| Prediction::new(&now, None).raw;
        assert_eq!(raw(snapshot(150, 0, 0, 0, 0)), 18_000 * UNIT);
        assert_eq!(raw(snapshot(u64::MAX, 0, 0, 0, 0)), 18_000 * UNIT);
        assert_eq!(raw(snapshot(0, u128::MAX, 0, 0, 0)), 18_000 * UNIT);
        assert_eq!(raw(snapshot(0, 0, u128::MAX, 0, 0)), 12_000 * UNIT);
        assert_eq!(raw(snapshot(0, 0, 0, u64::MAX, 0)), 12_000 * UNIT);
        assert_eq!(raw(snapshot(150, 80, u128::MAX, u64::MAX, 0)), MOST * UNIT);
        let after =
            Prediction::new(&snapshot(u64::MAX, u128::MAX >> 1, 0, 0, 0), Some(&snapshot(0, 0, 0, 0, 0)));
        assert_eq!((after.raw, after.score, after.confidence), (54_000 * UNIT, 90, 100));
        let fallen = Prediction::new(&snapshot(0, 0, 0, 0, 0), Some(&snapshot(u64::MAX, 9, 0, 0, 0)));
        assert_eq!((fallen.raw, fallen.more_gwei, fallen.confidence), (0, -9, 20));
        for tag in Tag::ALL {
            let counts = raw(snapshot(0, 0, 0, 1 << tag.bit(), 0)) > 0;
            assert_eq!(counts, HIGH_TAGS.contains(&tag), "{}", tag.name());
        }
    }

    #[test]
    fn scores_round_half_up() {
        // 300 units are half a hundredth: 2.5 of them.
        let score = |now: Snapshot| Prediction::new(&now, None).score;
        assert_eq!(score(snapshot(0, 0, 37_500_000_000_000_000_000, 0, 0)), 1);
        assert_eq!(score(snapshot(0, 0, 37_499_000_000_000_000_000, 0, 0)), 0);
        assert_eq!((score(snapshot(5, 0, 0, 0, 0)), score(snapshot(2, 0, 0, 0, 0))), (1, 0));
    }

    #[test]
    fn times_and_tags() {
        let eta = |time: u64, before: u64| {
            Prediction::new(&snapshot(0, 0, 0, 0, time), Some(&snapshot(0, 0, 0, 0, before))).eta
        };
        assert_eq!([eta(5, 5), eta(9, 5), eta(6, 5), eta(99, 5), eta(1, 5)], [10, 4, 3, 20, 3]);
        assert_eq!(Prediction::new(&snapshot(0, 0, 0, 0, 7), None).eta, 10);
        let names = |gwei: u128, before: u128, mask: u64| {
            let found = Prediction::new(&snapshot(0, gwei, 0, mask, 0), Some(&snapshot(0, before, 0, 0, 0)));
            found.names().collect::<Vec<_>>()
        };
        assert_eq!(names(60, 60, 0), ["MIXED_ACTIVITY"]);
        assert_eq!(
            (names(61, 61, 0), names(9, 0, 0), names(8, 0, 0)),
            (vec!["HIGH_FEE"], vec!["HIGH_FEE"], vec!["MIXED_ACTIVITY"])
        );
        let all = |tags: &[Tag]| tags.iter().map(|tag| 1 << tag.bit()).sum();
        let mask = all(&[Tag::AssetNft, Tag::LendingActivity, Tag::HighFee]);
        assert_eq!(names(0, 0, mask), ["LENDING_ACTIVITY", "NFT_ACTIVITY"]);
    }
}
