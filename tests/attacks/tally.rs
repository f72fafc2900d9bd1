//! Many cases at once: drawn by a seed, run on all cores, counted by how they are refused.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use foldproof_circuits::testing::samples::Dice;
use foldproof_verifier::{Bundle, Error, Policy, verify};

/// The seed of this process.
pub fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        std::env::var("FOLDPROOF_SEED").map_or(now, |seed| seed.parse().unwrap())
    })
}

/// So many of the cases, or all.
pub fn sample<C>(mut cases: Vec<C>, count: Option<usize>) -> Vec<C> {
    let mut dice = Dice::new(seed());
    let Some(count) = count.filter(|count| *count < cases.len()) else { return cases };
    (0..count).map(|_| cases.swap_remove(dice.roll(cases.len() as u64) as usize)).collect()
}

/// The error a case ends with, or what happens instead.
pub fn refused(verified: impl FnOnce() -> Result<(), Error>) -> Result<Error, String> {
    match catch_unwind(AssertUnwindSafe(verified)) {
        Ok(Err(error)) => Ok(error),
        Ok(Ok(())) => Err("accepted".to_owned()),
        Err(_) => Err("the verifier panicked".to_owned()),
    }
}

/// What becomes of these bytes under a policy.
pub fn refused_bytes(bytes: &[u8], policy: &Policy) -> Result<Error, String> {
    refused(|| verify(&Bundle::from_bytes(bytes)?, policy).map(drop))
}

/// The variant of an error.
pub fn kind(error: &Error) -> String {
    let debug = format!("{error:?}");
    assert!(!error.to_string().is_empty());
    debug.chars().take_while(|c| c.is_ascii_alphanumeric()).collect()
}

/// Runs every case. `run` gives the error it ends with; `suits` says whether that is the right one.
pub fn each<C: Sync + Debug>(
    title: &str,
    cases: &[C],
    run: impl Fn(&C) -> Result<Error, String> + Sync,
    suits: impl Fn(&C, &Error) -> bool + Sync,
) {
    if cases.is_empty() {
        return;
    }
    let started = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let one = |case: &C| match run(case) {
        Ok(error) if suits(case, &error) => Ok(kind(&error)),
        Ok(error) => Err(format!("{case:?}: {error}")),
        Err(what) => Err(format!("{case:?}: {what}")),
    };
    // Dealt out in turn: neighbours take about as long.
    let part = |thread: usize| cases.iter().skip(thread).step_by(threads).map(one).collect::<Vec<_>>();
    let results: Vec<Result<String, String>> = std::thread::scope(|scope| {
        let part = &part;
        let handles: Vec<_> = (0..threads).map(|thread| scope.spawn(move || part(thread))).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    let mut tally = BTreeMap::<&str, usize>::new();
    results.iter().flatten().for_each(|kind| *tally.entry(kind).or_default() += 1);
    let told: Vec<String> = tally.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let seconds = started.elapsed().as_secs_f64();
    println!("{title}: {} cases in {seconds:.1} s: {}", cases.len(), told.join(", "));
    let holes: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    holes.iter().take(20).for_each(|hole| println!("  HOLE {hole}"));
    assert!(holes.is_empty(), "{title}: {} of {} cases; FOLDPROOF_SEED={}", holes.len(), cases.len(), seed());
}
