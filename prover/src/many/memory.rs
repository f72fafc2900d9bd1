//! What proofs take of memory, and what there is.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use foldproof_circuits::layout::{self, Layout};
use foldproof_circuits::statement::Statement;
use foldproof_params::msm::Bases;
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::Fr;

const MIB: u64 = 1 << 20;

/// An amount of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// What is no amount of memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number and a unit were expected, such as 2GiB, 1.5GB or 900MiB, found {found:?}")]
pub struct NoAmount {
    found: String,
}

/// Units, longest first where one ends in another. A bare number is of bytes, as Kubernetes writes limits.
const UNITS: [(&str, u64); 14] = [
    ("KiB", 1 << 10),
    ("MiB", MIB),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("Ki", 1 << 10),
    ("Mi", MIB),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

impl FromStr for Bytes {
    type Err = NoAmount;

    fn from_str(text: &str) -> Result<Self, NoAmount> {
        let none = || NoAmount { found: text.chars().take(64).collect() };
        let trimmed = text.trim();
        let unit = UNITS.iter().find_map(|(name, size)| Some((trimmed.strip_suffix(name)?, *size)));
        let (number, size) = unit.unwrap_or((trimmed, 1));
        let number = number.trim_end();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        // Digits only, few enough to be exact.
        let digits = |text: &str| {
            let fine = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            fine.then(|| text.parse::<u64>().ok()).flatten()
        };
        let whole = digits(whole).and_then(|whole| whole.checked_mul(size)).ok_or_else(none)?;
        let part =
            u128::from(digits(part).ok_or_else(none)?) * u128::from(size) / 10u128.pow(part.len() as u32);
        let sum = u64::try_from(part).ok().and_then(|part| whole.checked_add(part));
        sum.filter(|sum| *sum > 0).map(Self).ok_or_else(none)
    }
}

impl fmt::Display for Bytes {
    /// In MiB, or in GiB with two places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            small if small < 1024 * MIB => write!(f, "{} MiB", small.div_ceil(MIB)),
            large => write!(f, "{:.2} GiB", large as f64 / (1024.0 * MIB as f64)),
        }
    }
}

impl Bytes {
    /// In MiB, a part of one for a whole.
    pub fn mib(self) -> u64 {
        self.0.div_ceil(MIB)
    }
}

/// What proofs of a statement take, from the columns of its circuit: an upper bound for either scheme, which a test holds
/// against the peak of a run. What was measured is in `benches/COST.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Program, parameters and keys, which all proofs share.
    pub shared: Bytes,
    /// A proof in the making.
    pub each: Bytes,
    /// Making the keys, when nothing is proved.
    pub making: Bytes,
}

impl Need {
    /// The program with its codebook, the blocks that are read, and what allocators keep.
    const PROGRAM: u64 = 24 * MIB;
    /// Columns' worth of points in halo2's own parameters: two bases of two coordinates.
    const POINTS: u64 = 4;
    /// Columns' worth of memory that a proof takes for an advice column: the assignment, values, coefficients, values on a coset, what
    /// quotient and opening make of them, and what an allocator does not give back between two proofs.
    const PER_ADVICE: u64 = 14;
    /// Of a proof, beside its columns.
    const PROOF: u64 = 16 * MIB;

    /// Of a statement. Its circuit is laid out on the way: a second or two for the largest.
    pub fn of(statement: &Statement) -> Self {
        let mut own = ConstraintSystem::<Fr>::default();
        Layout::configure_with_params(&mut own, statement.clone());
        let (cs, _) = own.compress_selectors(layout::selectors(statement));
        let column = 32u64 << statement.k();
        let count = |columns: usize| columns as u64;
        // Fixed columns by coefficients, those of the permutation by values too, and three of Lagrange's polynomials.
        let key = count(cs.num_fixed_columns()) + 2 * count(cs.permutation().get_columns().len()) + 3;
        let multiples = 2 * Bases::bytes(1 << statement.k()) as u64;
        let shared = Self::PROGRAM + (key + Self::POINTS) * column + multiples;
        Self {
            shared: Bytes(shared),
            each: Bytes(Self::PROOF + Self::PER_ADVICE * count(cs.num_advice_columns()) * column),
            // The key in its file's form, and again while it is made, with the values of fixed columns.
            making: Bytes(shared + (2 * key + count(cs.num_fixed_columns())) * column),
        }
    }

    /// With a trusted setup, which is read whole from a file of that length and kept.
    #[must_use]
    pub fn with_setup(self, length: u64) -> Self {
        let reading = Self::PROGRAM.saturating_add(length.saturating_mul(2));
        let add = |bytes: Bytes| Bytes(bytes.0.saturating_add(length));
        Self { shared: add(self.shared), each: self.each, making: add(self.making).max(Bytes(reading)) }
    }

    /// Of so many proofs at once.
    pub fn of_many(self, proofs: usize) -> Bytes {
        let each = self.each.0.saturating_mul(proofs as u64);
        Bytes(self.shared.0.saturating_add(each)).max(self.making)
    }
}

/// What this process may take before the system begins to suffer or kills it: what is free, or what its control groups let it
/// have if that is less. None where the system does not tell.
pub fn available() -> Option<Bytes> {
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| free(&text));
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = group_files(&own).into_iter().filter_map(|file| limit(&fs::read_to_string(file).ok()?));
    free.into_iter().chain(limits).min()
}

/// The share of [`available`] memory that is used unless the user says how much: other programs go on living.
pub fn share(available: Bytes) -> Bytes {
    Bytes(available.0 / 5 * 4)
}

fn free(meminfo: &str) -> Option<Bytes> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024).map(Bytes)
}

/// Files that limit memory of the control groups this process is in, from its own group up: of version 2, and of version 1. In a
/// container the path may be that of the host, of which only the root is mounted: it is among them.
fn group_files(own: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (root, name) = if controllers.is_empty() {
            (Path::new("/sys/fs/cgroup"), "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (Path::new("/sys/fs/cgroup/memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        let group = Path::new(group.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| root.join(group).join(name)));
    }
    files
}

/// "max", or in version 1 a number near 2^63, is no limit.
fn limit(text: &str) -> Option<Bytes> {
    text.trim().parse().ok().filter(|bytes| *bytes < 1 << 60).map(Bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        for (text, bytes) in [
            ("2GiB", 2 << 30),
            ("2 GiB", 2 << 30),
            ("1.5GB", 1_500_000_000),
            ("900MiB", 900 << 20),
            ("512Mi", 512 << 20),
            ("64MB", 64_000_000),
            ("1.25KiB", 1280),
            ("3kB", 3000),
            ("1073741824", 1 << 30),
            ("7B", 7),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for bad in [
            "",
            "GiB",
            "2Gib",
            "-1GiB",
            "+1GiB",
            "1e9",
            "0",
            "0.0GiB",
            ".5GiB",
            "5.GiB",
            "1.2.3GB",
            "2 2GB",
            "99999999TiB",
            "half",
        ] {
            let error = bad.parse::<Bytes>().unwrap_err();
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
        assert_eq!(Bytes(MIB + 1).to_string(), "2 MiB");
        assert_eq!(Bytes(1536 * MIB).to_string(), "1.50 GiB");
    }

    #[test]
    fn what_there_is_is_read_from_the_system() {
        let meminfo = "MemTotal:  24686000 kB\nMemFree:  1 kB\nMemAvailable:   20480 kB\n";
        assert_eq!(free(meminfo), Some(Bytes(20 * MIB)));
        assert_eq!(free("MemTotal: 1 kB\n"), None);
        assert_eq!(limit("2147483648\n"), Some(Bytes(2 << 30)));
        assert_eq!((limit("max\n"), limit("9223372036854771712\n")), (None, None));
        let files = |own| -> Vec<String> {
            group_files(own).iter().map(|file| file.to_string_lossy().into_owned()).collect()
        };
        assert_eq!(
            files("0::/a.slice/b.scope\n"),
            [
                "/sys/fs/cgroup/a.slice/b.scope/memory.max",
                "/sys/fs/cgroup/a.slice/memory.max",
                "/sys/fs/cgroup/memory.max"
            ]
        );
        assert_eq!(
            files("5:cpu,cpuacct:/x\n4:memory:/job\nnonsense\n"),
            [
                "/sys/fs/cgroup/memory/job/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes"
            ]
        );
    }

    #[test]
    fn larger_statements_need_more() {
        let need = |name| Need::of(&Statement::from_name(name).unwrap());
        let (small, medium) = (need("core-small-64"), need("core-medium-64"));
        assert!(small.shared < medium.shared && small.each < medium.each && small.making < medium.making);
        assert!(need("core-small-64+tags-96-16-4").each > small.each);
        assert_eq!(small.of_many(2).0, small.shared.0 + 2 * small.each.0);
        let setup = small.with_setup(4096 * MIB);
        assert_eq!(setup.of_many(1).mib(), 2 * 4096 + 24, "the file and its points");
        assert_eq!(setup.shared.0, small.shared.0 + 4096 * MIB);
    }
}
