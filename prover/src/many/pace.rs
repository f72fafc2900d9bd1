//! How fast blocks are proved, and how long the rest will take.

use std::time::Duration;

/// Counts what is done. Proofs weigh as many rows as their circuit has: time grows a little faster than that, so that a rest of
/// large blocks takes a little longer than it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    proved: usize,
    weight: u64,
    left: u64,
}

impl Pace {
    /// A proof is waited for: of `2^k` rows.
    pub fn expect(&mut self, k: u32) {
        self.left += 1 << k;
    }

    /// It need not be any more: its blocks are proved already, or cannot be.
    pub fn drop(&mut self, k: u32) {
        self.left = self.left.saturating_sub(1 << k);
    }

    /// A proof that was waited for is made, of so many blocks.
    pub fn proved(&mut self, k: u32, blocks: usize) {
        self.drop(k);
        self.proved += blocks;
        self.weight += 1 << k;
    }

    /// Blocks proved in an hour, at the pace so far. None where nothing is proved.
    pub fn per_hour(&self, spent: Duration) -> Option<f64> {
        (self.proved > 0 && !spent.is_zero()).then(|| self.proved as f64 * 3600.0 / spent.as_secs_f64())
    }

    /// Time that the blocks that wait will take.
    pub fn time_left(&self, spent: Duration) -> Option<Duration> {
        (self.weight > 0).then(|| {
            let seconds = spent.as_secs_f64() * self.left as f64 / self.weight as f64;
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_blocks_weigh_more() {
        let mut pace = Pace::default();
        [13, 13, 15, 13].into_iter().for_each(|k| pace.expect(k));
        let minute = Duration::from_secs(60);
        assert_eq!((pace.per_hour(minute), pace.time_left(minute)), (None, None));
        pace.proved(13, 1);
        assert_eq!(pace.per_hour(minute), Some(60.0));
        assert_eq!(pace.time_left(minute), Some(6 * minute));
        pace.drop(13);
        pace.proved(15, 1);
        assert_eq!(pace.per_hour(5 * minute), Some(24.0));
        assert_eq!(pace.time_left(5 * minute), Some(minute));
        pace.proved(13, 1);
        assert_eq!(pace.time_left(6 * minute), Some(Duration::ZERO));
        assert_eq!(pace.per_hour(Duration::ZERO), None);
        // Eight in one proof, of eight times the rows.
        let mut together = Pace::default();
        together.expect(16);
        together.proved(16, 8);
        assert_eq!(together.per_hour(minute), Some(480.0));
    }
}
