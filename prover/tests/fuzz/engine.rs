//! Cases and how they are tried: seeds, the committed cases, large and deep documents, mutations.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use peak_alloc::PeakAlloc;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Most memory the process may have had in the end, all parsers together.
const PROCESS: u64 = 1 << 30;
/// Bytes of a large case.
const LARGE: usize = 2 << 20;
/// Cases at least this long are on the disk before they are tried: they may end the process.
const LONG: usize = 1 << 16;

/// Fragments that parsers of text and of numbers stumble over.
const DICTIONARY: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"-1e999",
    b"1e-999",
    b"0.1",
    b"18446744073709551616",
    b"-0",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\xff\xff",
    b"0x",
    b"NaN",
    b"{\"a\":1,\"a\":2}",
    b"\xf0\x9f",
];

fn mutate(rng: &mut ChaCha20Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[rng.gen_range(0..seeds.len())].clone();
    for _ in 0..rng.gen_range(1..6) {
        let at = rng.gen_range(0..=bytes.len());
        let to = rng.gen_range(at..=bytes.len().min(at + 64));
        match rng.gen_range(0..9) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << rng.gen_range(0..8),
            2 if at < bytes.len() => bytes[at] = rng.gen_range(0..=255),
            3 => drop(bytes.drain(at..to)),
            4 => {
                let again = bytes[at..to].to_vec();
                bytes.splice(at..at, again);
            }
            5 => {
                let word = DICTIONARY[rng.gen_range(0..DICTIONARY.len())];
                bytes.splice(at..to, word.iter().copied());
            }
            6 => {
                let other = &seeds[rng.gen_range(0..seeds.len())];
                let from = rng.gen_range(0..=other.len());
                bytes.splice(at.., other[from..].iter().copied());
            }
            7 => {
                // Deep nesting, and long runs of anything.
                let depth = [3, 200, 100_000][rng.gen_range(0..3)];
                let word = DICTIONARY[rng.gen_range(0..DICTIONARY.len())];
                bytes.splice(at..at, word.repeat(depth));
            }
            _ => bytes.splice(at..to, (at..to).map(|_| 0xff)).for_each(drop),
        }
    }
    bytes
}

/// Most live heap that parsing `n` bytes may add: `fixed` + `per_byte`·n.
#[derive(Clone, Copy)]
pub struct Bound {
    pub fixed: usize,
    pub per_byte: usize,
}

/// What a parser is fed with.
pub struct Food {
    pub seeds: Vec<Vec<u8>>,
    /// Large documents it takes, or nearly: a beginning, what is repeated, an end.
    pub wide: &'static [[&'static str; 3]],
    /// Large documents of no such form.
    pub large: Vec<Vec<u8>>,
}

impl Food {
    pub fn new(seeds: Vec<Vec<u8>>) -> Self {
        Self { seeds, wide: &[], large: Vec::new() }
    }
}

/// One parser at a time: the heap is counted for the whole process. A test makes this first, before anything large.
pub struct Fuzzer {
    seed: u64,
    seconds: f64,
    _alone: MutexGuard<'static, ()>,
}

impl Fuzzer {
    pub fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let number = |name: &str| std::env::var(name).ok();
        Self {
            seed: number("FOLDPROOF_SEED").map_or_else(now, |seed| seed.parse().unwrap()),
            seconds: number("FOLDPROOF_FUZZ_SECONDS").map_or(0.5, |seconds| seconds.parse().unwrap()),
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Runs `parse` on everything; tells how much that was.
    pub fn run(&self, name: &str, bound: Bound, food: &Food, parse: impl Fn(&[u8])) {
        let mut dummy =
            DummyWitness { name, seed: self.seed, bound, parse, cases: 0, worst: 0, per_byte: 0.0 };
        // What is made once per process is made here.
        food.seeds.iter().for_each(|seed| (dummy.parse)(seed));
        for (file, bytes) in committed(name) {
            dummy.case(&bytes, Some(&file));
        }
        food.seeds.iter().for_each(|seed| dummy.case(seed, None));
        let wide = food.wide.iter().map(|[start, item, end]| {
            [start.as_bytes(), &item.as_bytes().repeat(LARGE / item.len()), end.as_bytes()].concat()
        });
        large().chain(wide).for_each(|bytes| dummy.case(&bytes, None));
        food.large.iter().for_each(|bytes| dummy.case(bytes, None));
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs_f64(self.seconds) {
            dummy.case(&mutate(&mut rng, &food.seeds), None);
        }
        let DummyWitness { cases, worst, per_byte, .. } = dummy;
        println!(
            "{name}: {cases} cases, at most {worst} bytes of heap, {per_byte:.1} per byte of a large case"
        );
        assert!(peak_memory() < PROCESS, "{name}: {} bytes of memory", peak_memory());
    }
}

struct DummyWitness<'a, P> {
    name: &'a str,
    seed: u64,
    bound: Bound,
    parse: P,
    cases: u64,
    worst: usize,
    per_byte: f64,
}

impl<P: Fn(&[u8])> DummyWitness<'_, P> {
    fn case(&mut self, bytes: &[u8], committed: Option<&Path>) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.case", self.name));
        let long = committed.is_none() && bytes.len() >= LONG;
        if long {
            std::fs::write(&kept, bytes).unwrap();
        }
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        let panicked = catch_unwind(AssertUnwindSafe(|| (self.parse)(bytes))).is_err();
        let taken = HEAP.peak_usage().saturating_sub(before);
        let most = self.bound.fixed + self.bound.per_byte * bytes.len();
        self.cases += 1;
        self.worst = self.worst.max(taken);
        if bytes.len() >= LARGE / 2 {
            self.per_byte = self.per_byte.max(taken as f64 / bytes.len() as f64);
        }
        if !panicked && taken <= most {
            return if long {
                std::fs::remove_file(&kept).unwrap()
            };
        }
        let what = if panicked { "it panicked".into() } else { format!("{taken} bytes of heap, not {most}") };
        let (name, seed, len) = (self.name, self.seed, bytes.len());
        if let Some(file) = committed {
            panic!("{name}: {}: {what}", file.display());
        }
        std::fs::write(&kept, bytes).unwrap();
        let (kept, folder) = (kept.display(), folder(name));
        panic!(
            "{name}: {what} on {len} bytes (FOLDPROOF_SEED={seed}). Mend it, and keep the case, made smaller, as a test: \
             mv {kept} {}/NAME",
            folder.display()
        );
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

/// The committed cases of a parser: hand-made ones, and whatever was once found.
fn committed(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut cases: Vec<_> = std::fs::read_dir(folder(name))
        .unwrap_or_else(|error| panic!("{}: {error}", folder(name).display()))
        .map(|entry| entry.unwrap().path())
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{name} has no committed case");
    cases
}

/// Deep and long documents, for every parser.
fn large() -> impl Iterator<Item = Vec<u8>> {
    let repeated: [[&str; 3]; 14] = [
        ["", "[", ""],
        ["", "{\"a\":", ""],
        ["", "[{\"a\":", ""],
        ["[", "[],", "[]]"],
        ["[", "{},", "{}]"],
        ["[", "0,", "0]"],
        ["[", "\"\",", "0]"],
        ["{\"a\":[", "null,", "0]}"],
        ["\"", "a", "\""],
        ["\"", "\\u0001", "\""],
        ["", "9", ""],
        ["-0.", "0", "1e-9"],
        ["", "\n", ""],
        ["", "\u{0}", ""],
    ];
    let keys: String = (0..LARGE / 10).map(|key| format!("\"{key:x}\":0,")).collect();
    repeated
        .into_iter()
        .map(|[start, item, end]| format!("{start}{}{end}", item.repeat(LARGE / item.len())).into_bytes())
        .chain([format!("{{{keys}\"\":0}}").into_bytes(), vec![0xff; LARGE]])
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib << 10)
}
