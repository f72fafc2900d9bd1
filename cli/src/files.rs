//! Files in and out: read up to a bound, written whole or not at all, and never in place of an input or of a secret.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foldproof_prover::{model, secret};
use foldproof_verifier::json::{policy, registry};
use tempfile::NamedTempFile;

use super::{interrupt, output};

/// Largest block, in bytes; those of Ethereum have less than a tenth of it.
pub const BLOCK: usize = 64 << 20;
/// Largest bundle: many times the longest proof.
pub const BUNDLE: usize = 1 << 20;
/// Largest codebook.
pub const CODEBOOK: usize = 4 << 20;
/// Largest isolation forest.
pub const FOREST: usize = 16 << 20;
/// Largest file of labels.
pub const LABELS: usize = 1 << 20;
/// Largest model, and largest ONNX file.
pub const MODEL: usize = model::file::MAX_BYTES;
/// Largest policy.
pub const POLICY: usize = policy::MAX_BYTES;
/// Largest registry.
pub const REGISTRY: usize = registry::MAX_BYTES;
/// Largest file of many samples.
pub const SAMPLES: usize = 256 << 20;
/// Largest file of one fingerprint or vector.
pub const VALUES: usize = model::samples::MAX_BYTES;
/// Largest file of a salt's secret.
pub const SECRET: usize = secret::MAX_BYTES;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whom the user's umask lets.
    Usual,
    /// Its owner; systems other than Unix go by the folder.
    Owner,
}

/// Refuses what is no file before it is opened: a named pipe would wait for a writer, for ever if there is none, and a device
/// may never end. What the shell hands over, `/dev/stdin` or `<(…)`, is the user's own and may be a pipe.
pub fn check_in(file: &Path) -> anyhow::Result<()> {
    let name = || file.display().to_string();
    let found = fs::metadata(file).with_context(name)?.file_type();
    if found.is_file() || !found.is_dir() && is_own_stream(file) {
        return Ok(());
    }
    bail!("{}: a file was expected, found {}", name(), kind(found))
}

/// Reads a file of at most `most` bytes. What has no length of its own, such as a pipe, is read up to there.
pub fn read(file: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let name = || file.display().to_string();
    check_in(file)?;
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(most as u64 + 1).read_to_end(&mut bytes))
        .with_context(name)?;
    if bytes.len() > most {
        bail!("{}: at most {most} bytes were expected, found more", name());
    }
    output::detail(format_args!("read {}: {} bytes", name(), bytes.len()));
    Ok(bytes)
}

/// The files of a folder whose names end in `.extension`, sorted.
pub fn in_folder(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let name = || folder.display().to_string();
    let entries =
        fs::read_dir(folder).with_context(name)?.collect::<Result<Vec<_>, _>>().with_context(name)?;
    let files = entries.into_iter().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|found| found == extension)).collect();
    if found.is_empty() {
        bail!("{}: a folder with *.{extension} files was expected, found none", name());
    }
    found.sort();
    Ok(found)
}

/// Finds out whether `out` can be written before work goes into it.
pub fn check_out(out: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    let name = || out.display().to_string();
    if out.is_dir() {
        bail!("{}: a file was expected, found a folder", name());
    }
    if let Some(input) = inputs.iter().find(|input| same(out, input)) {
        bail!("{}: this would be written over the input {}; give another --out", name(), input.display());
    }
    if !is_device(out) {
        let _whole = interrupt::writing();
        beside(&target(out), Readers::Owner).with_context(|| format!("writing {}", name()))?;
    }
    Ok(())
}

/// The file of the secret beside a bundle.
pub fn secret_beside(out: &Path) -> PathBuf {
    let mut file = out.as_os_str().to_owned();
    file.push(".salt");
    file.into()
}

/// Refuses to go on if there is a secret already: it may be all that opens a proof made earlier.
pub fn check_secret_beside(out: &Path) -> anyhow::Result<()> {
    let file = secret_beside(out);
    if is_device(out) {
        bail!("{}: --hide keeps a secret beside the bundle; give a file", out.display());
    }
    if file.symlink_metadata().is_ok() {
        bail!(
            "{}: this may be all that opens a proof made earlier; move it away, or give another --out",
            file.display()
        );
    }
    Ok(())
}

/// Writes a file whole or not at all; what was there before stays until the new one is complete.
pub fn write(file: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<()> {
    if is_device(file) {
        // A device or a pipe has no half and cannot be replaced.
        let written = OpenOptions::new().write(true).open(file).and_then(|mut out| out.write_all(bytes));
        return written.with_context(|| format!("writing {}", file.display()));
    }
    let _whole = interrupt::writing();
    Staged::new(file, bytes, readers)?.put()
}

/// Writes a bundle and the secret of its salts beside it: both or none.
pub fn write_with_secret(out: &Path, bundle: &[u8], secret: &[u8]) -> anyhow::Result<()> {
    let secret_file = secret_beside(out);
    let _whole = interrupt::writing();
    let bundle = Staged::new(out, bundle, Readers::Usual)?;
    let secret = Staged::new(&secret_file, secret, Readers::Owner)?;
    // The secret first: a bundle without it could never be opened by its maker.
    secret.put_new()?;
    // Of a bundle that nobody has, the secret is worth nothing, and would be in the way of the next try.
    bundle.put().inspect_err(|_| drop(fs::remove_file(&secret_file)))
}

/// A file that is complete on the disk, but not yet in its place.
struct Staged {
    target: PathBuf,
    complete: NamedTempFile,
}

impl Staged {
    fn new(file: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<Self> {
        let target = target(file);
        let write = || {
            let mut out = beside(&target, readers)?;
            out.write_all(bytes)?;
            out.as_file().sync_all()?;
            anyhow::Ok(out)
        };
        let complete = write().with_context(|| format!("writing {}", file.display()))?;
        Ok(Self { target, complete })
    }

    fn put(self) -> anyhow::Result<()> {
        let Self { target, complete } = self;
        complete
            .persist(&target)
            .map_err(|failed| failed.error)
            .with_context(|| format!("writing {}", target.display()))?;
        Ok(())
    }

    fn put_new(self) -> anyhow::Result<()> {
        let Self { target, complete } = self;
        complete
            .persist_noclobber(&target)
            .map_err(|failed| failed.error)
            .with_context(|| format!("writing {}", target.display()))?;
        Ok(())
    }
}

/// An empty file in the folder of another. Only the folder is told of: nobody has heard of the new file.
fn beside(target: &Path, readers: Readers) -> anyhow::Result<NamedTempFile> {
    let folder = folder(target);
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => bail!("{}: a folder was expected, found a file", folder.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("the folder {} does not exist; make it first, or write elsewhere", folder.display())
        }
        // That it may not be looked at says little of what may be written.
        Err(_) => {}
    }
    Ok(builder(readers).tempfile_in(folder)?)
}

/// A name by which a leftover of a run that was killed is known; the next run does not mind it.
fn builder(readers: Readers) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".foldproof-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(match readers {
        Readers::Usual => 0o666,
        Readers::Owner => 0o600,
    }));
    #[cfg(not(unix))]
    let _ = readers;
    builder
}

/// Where a file really is: a link is followed, so that the file behind it is replaced and not the link.
fn target(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What is there instead of a file.
fn kind(found: fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return "a named pipe";
        }
        if found.is_socket() {
            return "a socket";
        }
    }
    if found.is_dir() { "a folder" } else { "a device" }
}

fn is_own_stream(file: &Path) -> bool {
    let folders = ["/dev/fd", "/proc/self/fd"].map(Path::new);
    file == Path::new("/dev/stdin") || file.parent().is_some_and(|folder| folders.contains(&folder))
}

fn is_device(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn same(out: &Path, input: &Path) -> bool {
    matches!((fs::canonicalize(out), fs::canonicalize(input)), (Ok(out), Ok(input)) if out == input)
        && !is_device(out)
}
