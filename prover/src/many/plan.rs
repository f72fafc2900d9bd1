//! How many proofs at once, and with how many threads each.
//!
//! A proof on one thread wastes none of it: several proofs at once, a core each, give more blocks an hour than one after the
//! other on all cores (`benches/COST.md` has the measurement). So there are as many at once as there are cores and
//! memory, and what is left of the cores goes to some of them as a second thread, a third and so on.

use super::memory::{Bytes, Need};

/// A round: blocks of one statement, proved by so many workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// How many blocks.
    pub blocks: usize,
    /// Threads of each worker.
    pub threads: Vec<usize>,
}

/// How many proofs at once fit into memory.
///
/// # Errors
/// What a single proof needs, if it needs more than there is.
pub fn fit(need: Need, memory: Bytes) -> Result<usize, Bytes> {
    let single = need.of_many(1);
    if single > memory {
        return Err(single);
    }
    let rest = memory.0.saturating_sub(need.shared.0);
    Ok(usize::try_from(rest / need.each.0.max(1)).unwrap_or(usize::MAX).max(1))
}

/// Rounds for so many blocks of a statement: at most `most` at once on `cores` threads. Blocks of a statement take about the
/// same time, so those that are left when the last workers could not all have one are a round of their own, in which
/// there are threads for all of the cores.
pub fn rounds(blocks: usize, most: usize, cores: usize) -> Vec<Round> {
    let cores = cores.max(1);
    let workers = most.clamp(1, cores);
    let last = blocks % workers;
    let rounds = [(blocks - last, workers), (last, last)];
    rounds
        .into_iter()
        .filter(|(blocks, _)| *blocks > 0)
        .map(|(blocks, workers)| Round { blocks, threads: shares(cores, workers) })
        .collect()
}

fn shares(cores: usize, workers: usize) -> Vec<usize> {
    (0..workers).map(|worker| cores / workers + usize::from(worker < cores % workers)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn as_many_as_memory_holds() {
        let need = Need { shared: Bytes(50 * MIB), each: Bytes(100 * MIB), making: Bytes(0) };
        assert_eq!(fit(need, Bytes(149 * MIB)), Err(Bytes(150 * MIB)));
        assert_eq!(fit(need, Bytes(150 * MIB)), Ok(1));
        assert_eq!(fit(need, Bytes(249 * MIB)), Ok(1));
        assert_eq!(fit(need, Bytes(250 * MIB)), Ok(2));
        // Keys that take more to make than a proof leave room for more proofs.
        let making = Need { making: Bytes(300 * MIB), ..need };
        assert_eq!(fit(making, Bytes(299 * MIB)), Err(Bytes(300 * MIB)));
        assert_eq!(making.of_many(2), Bytes(300 * MIB));
        assert_eq!(fit(making, Bytes(300 * MIB)), Ok(2));
        assert_eq!(fit(making, Bytes(349 * MIB)), Ok(2));
    }

    #[test]
    fn every_block_has_its_turn_and_every_core_its_share() {
        for blocks in 0..20 {
            for most in [1, 2, 3, 8, 100] {
                for cores in [1, 2, 3, 8] {
                    let rounds = rounds(blocks, most, cores);
                    assert_eq!(rounds.iter().map(|round| round.blocks).sum::<usize>(), blocks);
                    for round in rounds {
                        assert_eq!(round.threads.iter().sum::<usize>(), cores);
                        assert!(round.threads.len() <= most && round.threads.len() <= round.blocks);
                        assert!(round.threads.iter().all(|threads| *threads > 0));
                    }
                }
            }
        }
    }

    #[test]
    fn the_rest_shares_all_cores() {
        let round = |blocks, threads: &[usize]| Round { blocks, threads: threads.to_vec() };
        assert_eq!(rounds(5, 2, 2), [round(4, &[1, 1]), round(1, &[2])]);
        assert_eq!(rounds(1, 2, 2), [round(1, &[2])]);
        assert_eq!(rounds(7, 3, 8), [round(6, &[3, 3, 2]), round(1, &[8])]);
        assert_eq!(rounds(4, 0, 0), [round(4, &[1])]);
    }
}
