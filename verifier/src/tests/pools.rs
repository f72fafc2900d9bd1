//! Keys that many workers of a small thread pool, or two threads, ask for at once. Each pool has a process of its own, since a process rebuilds a key
//! once, and since one that hangs can be ended.

use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rayon::prelude::*;

use super::*;
use crate::core::{Pinned, REBUILT_KEYS};

/// Set in the processes that are watched: threads of the pool.
const THREADS: &str = "FOLDPROOF_TEST_POOL";
/// How often a process is looked after, and how many times before it hangs.
const PAUSE: Duration = Duration::from_millis(50);
const LOOKS: usize = 6000;
const JOBS: usize = 64;

fn ask_for_keys(threads: usize) {
    let names = ["vector-12+class-12-128-64-32-4", "fingerprint+tags-96-64-32-15", "core-small-64"];
    let statements = names.map(statement);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let digests: Vec<[u8; 32]> = pool.install(|| {
        (0..JOBS)
            .into_par_iter()
            .map(|job| {
                // Other work in the pool, for workers to be taken away by.
                let sum: u64 = (0..10_000_u64).into_par_iter().map(|i| i ^ job as u64).sum();
                assert!(sum > 0);
                Pinned.key(statements[job % statements.len()]).unwrap().digest()
            })
            .collect()
    });
    for (job, digest) in digests.iter().enumerate() {
        assert_eq!(*digest, digests[job % statements.len()]);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it tells a watched process that it is one")]
fn workers_of_small_pools_do_not_wait_for_each_other() {
    if let Ok(threads) = std::env::var(THREADS) {
        return ask_for_keys(threads.parse().unwrap());
    }
    for threads in [3, 4, 8] {
        let name = "tests::pools::workers_of_small_pools_do_not_wait_for_each_other";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(THREADS, threads.to_string())
            .spawn()
            .unwrap();
        let ended = (0..LOOKS).find_map(|_| {
            std::thread::sleep(PAUSE);
            child.try_wait().unwrap()
        });
        let Some(status) = ended else {
            child.kill().unwrap();
            panic!("{threads} threads: no end in sight");
        };
        assert!(status.success(), "{threads} threads");
    }
}

/// Set in the process that counts.
const COUNTS: &str = "FOLDPROOF_TEST_REBUILT";

/// Nobody waits for somebody who rebuilds a key, which is how a pool came to wait for itself: two threads that ask at once rebuild it twice.
/// One of them may be held up for longer than that takes, but not at every key.
#[test]
#[expect(clippy::disallowed_methods, reason = "it tells a process of its own that it is one")]
fn who_rebuilds_a_key_keeps_nobody_waiting() {
    if std::env::var(COUNTS).is_err() {
        let name = "tests::pools::who_rebuilds_a_key_keeps_nobody_waiting";
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let status = alone.args(["--exact", name]).env(COUNTS, "").status().unwrap();
        assert!(status.success());
        return;
    }
    let names =
        ["vector-12+class-12-128-64-32-4", "fingerprint+tags-96-64-32-15", "core-small-64", "core-small-256"];
    for name in names {
        let (statement, both) = (statement(name), Barrier::new(2));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    both.wait();
                    Pinned.key(statement).unwrap();
                });
            }
        });
    }
    assert!(REBUILT_KEYS.load(Ordering::Relaxed) > names.len());
}
