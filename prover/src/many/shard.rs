//! A part of the work, for schedulers that start the same command N times.

use std::fmt;
use std::str::FromStr;

/// One of N parts, counted from 0 as Kubernetes and Slurm count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

/// What is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("I/N with 0 <= I < N was expected, such as 0/4 for the first of four parts, found {found:?}")]
pub struct NoShard {
    found: String,
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        // `usize` would take "+1".
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let parts = text.split_once('/').and_then(|(index, count)| Some((number(index)?, number(count)?)));
        match parts {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err(NoShard { found: text.chars().take(64).collect() }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Shard {
    /// The part of a list that every machine sorts alike: each N-th, so that neighbours, which often are of a size, go to
    /// different machines. All parts together are the list, and no two share anything.
    pub fn of<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.index).step_by(self.count).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_and_everything() {
        for length in [0, 1, 2, 7, 48] {
            for count in [1, 2, 3, 7, 50] {
                let mut all: Vec<usize> =
                    (0..count).flat_map(|index| Shard { index, count }.of((0..length).collect())).collect();
                all.sort_unstable();
                assert_eq!(all, (0..length).collect::<Vec<_>>(), "{count} parts of {length}");
            }
        }
        assert_eq!(Shard { index: 1, count: 3 }.of((0..7).collect()), [1, 4]);
    }

    #[test]
    fn shards_are_read_strictly() {
        assert_eq!("0/1".parse(), Ok(Shard { index: 0, count: 1 }));
        assert_eq!("11/12".parse::<Shard>().unwrap().to_string(), "11/12");
        for bad in [
            "",
            "/",
            "1",
            "1/1",
            "2/1",
            "0/0",
            "-1/2",
            "+1/2",
            "1/2/3",
            " 0/1",
            "a/b",
            "0/99999999999999999999",
        ] {
            let error = bad.parse::<Shard>().unwrap_err();
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }
}
