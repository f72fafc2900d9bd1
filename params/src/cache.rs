//! Files that only save time: written whole or not at all, and never believed without their digest.
//!
//! A cache file is a body followed by the SHA-256 of the body, so that one rename puts both in place. Whoever cannot
//! read or write it computes again: that is a [`Warning`], not an error.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind::AlreadyExists, ErrorKind::NotFound, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Digest;

/// Parameters, and what the user should hear about the cache.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The parameters.
    pub params: T,
    /// Whether they came out of the cache.
    pub from_cache: bool,
    /// What went wrong with the cache; the parameters are right in any case.
    pub warnings: Vec<Warning>,
}

/// A cache that costs time. Prints as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The cached file was damaged or unreadable; its content has been made again.
    Remade {
        /// The cached file.
        file: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// The parameters could not be kept; the next run makes them again.
    NotKept {
        /// The file that could not be written.
        file: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remade { file, reason } => write!(f, "{}: {reason}; made again", file.display()),
            Self::NotKept { file, reason } => {
                write!(f, "{}: cannot be kept ({reason}); the next run will make it again", file.display())
            }
        }
    }
}

/// What a cache file turned out to be.
pub(crate) enum Cached {
    Missing,
    Damaged(String),
    Body(Vec<u8>),
}

/// The body of the cache file, if it has `len` bytes and the digest behind it, which must be `pin` if that is given.
pub(crate) fn load(file: &Path, len: usize, pin: Option<Digest>) -> Cached {
    let mut bytes = match read_at_most(file, len + 32) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == NotFound => return Cached::Missing,
        Err(error) => return Cached::Damaged(format!("cannot be read ({error})")),
    };
    if bytes.len() != len + 32 {
        return Cached::Damaged(format!("not the {} bytes it was written with", len + 32));
    }
    let sealed = bytes.split_off(len);
    let found = Digest::of(&bytes);
    if found.0[..] != sealed[..] || pin.is_some_and(|pin| pin != found) {
        return Cached::Damaged(format!("content with the unexpected SHA-256 {found}"));
    }
    Cached::Body(bytes)
}

/// Writes `body` and its digest to `file`, making its folder if need be.
pub(crate) fn store(file: &Path, body: &[u8], warnings: &mut Vec<Warning>) {
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    sweep(file);
    if let Err(error) = folder.and_then(|()| write_atomically(file, &[body, &Digest::of(body).0])) {
        warnings.push(Warning::NotKept { file: file.to_owned(), reason: error.to_string() });
    }
}

/// Reads a file, but at most one byte more than `most`, so that length checks see an excess without reading it.
pub(crate) fn read_at_most(file: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file under a name of its own and renames it: readers see the old file or the new one, never half of it,
/// and processes that race for the same file each leave a complete one.
pub(crate) fn write_atomically(file: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let (mut out, temporary) = create_beside(file)?;
    let written = parts
        .iter()
        .try_for_each(|part| out.write_all(part))
        .and_then(|()| out.sync_all())
        .and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        // The first error is the one to report; a leftover file is only untidy.
        drop(fs::remove_file(&temporary));
    }
    written
}

/// Removes what writers of `file` left behind when they were killed: temporary files that nobody holds the lock of.
fn sweep(file: &Path) {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return };
    let prefix = format!(".{}.", name.to_string_lossy());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let ours = found.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(".tmp"));
        // Without write access there is nothing to remove, and a lock that is held is a writer at work.
        if ours
            && let Ok(left) = OpenOptions::new().write(true).open(entry.path())
            && left.try_lock().is_ok()
        {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// A new file in the same folder, which nobody else has; locked for as long as it is open, where the system can.
fn create_beside(file: &Path) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = file.file_name().ok_or_else(|| io::Error::other("not a file name"))?.to_string_lossy();
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = file.with_file_name(format!(".{name}.{}-{count}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(out) => {
                // A sweeper may have been faster than the lock; then the file is gone.
                let locked = out.lock();
                if locked.is_err() || temporary.exists() {
                    return Ok((out, temporary));
                }
            }
            // Left by a process of the same number that was stopped.
            Err(error) if error.kind() == AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Longest file [`read_sealed`] reads.
const MAX_SEALED: u64 = 4 << 30;

/// The body of a file written by [`write_sealed`], if there is one and it is whole.
///
/// # Errors
/// If it is there but damaged or unreadable.
pub fn read_sealed(file: &Path) -> Result<Option<Vec<u8>>, Warning> {
    let damaged = |reason| Warning::Remade { file: file.to_owned(), reason };
    let len = match fs::metadata(file) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == NotFound => return Ok(None),
        Err(error) => return Err(damaged(format!("cannot be read ({error})"))),
    };
    if !(32..=MAX_SEALED).contains(&len) {
        return Err(damaged(format!("{len} bytes long")));
    }
    let len = usize::try_from(len).map_err(|_| damaged(format!("{len} bytes long")))?;
    match load(file, len - 32, None) {
        Cached::Missing => Ok(None),
        Cached::Damaged(reason) => Err(damaged(reason)),
        Cached::Body(body) => Ok(Some(body)),
    }
}

/// Writes `body` and its digest to `file`, whole or not at all, making its folder if need be.
///
/// # Errors
/// If it cannot be written.
pub fn write_sealed(file: &Path, body: &[u8]) -> Result<(), Warning> {
    let mut warnings = Vec::new();
    store(file, body, &mut warnings);
    warnings.pop().map_or(Ok(()), Err)
}

/// Moves a file to where nobody sees half of it, from another file system too; what is there already is as good.
///
/// # Errors
/// If it cannot be moved.
pub fn move_file(from: &Path, to: &Path) -> Result<(), Warning> {
    if to.exists() {
        return Ok(());
    }
    let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
    let moved =
        folder.and_then(|()| fs::rename(from, to).or_else(|_| write_atomically(to, &[&fs::read(from)?])));
    moved.map_err(|error| Warning::NotKept { file: to.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(cached: Cached) -> Option<Vec<u8>> {
        match cached {
            Cached::Body(body) => Some(body),
            Cached::Missing | Cached::Damaged(_) => None,
        }
    }

    #[test]
    fn keeps_and_notices_every_damage() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/cache.bin");
        assert!(matches!(load(&file, 5, None), Cached::Missing));
        let mut warnings = Vec::new();
        store(&file, b"12345", &mut warnings);
        assert_eq!(warnings, []);
        assert_eq!(body(load(&file, 5, None)).as_deref(), Some(&b"12345"[..]));
        assert_eq!(body(load(&file, 5, Some(Digest::of(b"12345")))).as_deref(), Some(&b"12345"[..]));
        assert!(body(load(&file, 5, Some(Digest::of(b"1234")))).is_none());
        assert!(body(load(&file, 4, None)).is_none());

        let good = fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&file, &bad).unwrap();
            assert!(matches!(load(&file, 5, None), Cached::Damaged(_)), "byte {at}");
            fs::write(&file, &good[..at]).unwrap();
            assert!(matches!(load(&file, 5, None), Cached::Damaged(_)), "cut to {at}");
        }
        assert!(matches!(load(folder.path(), 5, None), Cached::Damaged(_)), "a folder");
    }

    #[test]
    fn leaves_no_temporary_files_and_survives_a_race() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache.bin");
        let bodies: Vec<Vec<u8>> = (0..8).map(|i| vec![i; 100_000]).collect();
        std::thread::scope(|scope| {
            for body in &bodies {
                scope.spawn(|| {
                    let mut warnings = Vec::new();
                    for _ in 0..10 {
                        store(&file, body, &mut warnings);
                        assert!(matches!(load(&file, body.len(), None), Cached::Body(_)));
                    }
                    assert_eq!(warnings, []);
                });
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_writer_left_is_swept_and_a_writer_at_work_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache.bin");
        let left = folder.path().join(".cache.bin.1-0.tmp");
        let other = folder.path().join(".other.bin.1-0.tmp");
        fs::write(&left, b"half").unwrap();
        fs::write(&other, b"half").unwrap();
        let (working, temporary) = create_beside(&file).unwrap();
        store(&file, b"1", &mut Vec::new());
        assert!(!left.exists() && other.exists() && temporary.exists() && file.exists());
        drop(working);
        store(&file, b"1", &mut Vec::new());
        assert!(!temporary.exists());
    }

    #[test]
    fn an_unwritable_place_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("file");
        fs::write(&in_the_way, b"").unwrap();
        let mut warnings = Vec::new();
        store(&in_the_way.join("cache.bin"), b"1", &mut warnings);
        assert!(matches!(warnings[..], [Warning::NotKept { .. }]), "{warnings:?}");
        // A folder of that name: the rename fails, and the temporary file goes.
        fs::create_dir(folder.path().join("taken")).unwrap();
        store(&folder.path().join("taken"), b"1", &mut warnings);
        assert_eq!(warnings.len(), 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
