//! Weights in files beside the model, as PyTorch writes them. Only files inside the model's own folder are read.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::schema::TensorProto;
use super::short;
use crate::model::graph::Wrong;

const ADVICE: &str =
    "keep the files of weights in the model's folder, under the names that the exporter gave them";

/// Where files of weights are looked for, and how many bytes may still be read.
#[derive(Debug)]
pub struct External<'a> {
    folder: Option<&'a Path>,
    left: Cell<usize>,
}

impl<'a> External<'a> {
    /// Files in `folder`, `most` bytes of them altogether.
    pub fn new(folder: Option<&'a Path>, most: usize) -> Self {
        Self { folder, left: Cell::new(most) }
    }

    /// The bytes of a tensor. `length` is how many its dimensions and type ask for.
    pub fn read(&self, proto: &TensorProto, length: usize) -> Result<Vec<u8>, Wrong> {
        let entry = |key: &str| proto.external_data.iter().find(|entry| entry.key == key);
        let location = entry("location").map_or("", |entry| entry.value.as_str());
        let shown = format!("weights in {:?}", short(location));
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(entry) => entry.value.parse::<u64>().map(Some).map_err(|_| {
                Wrong::with(format!("{key} as a number"), format!("{:?}", short(&entry.value)), ADVICE)
            }),
        };
        let (offset, said) = (number("offset")?.unwrap_or(0), number("length")?);
        if said.is_some_and(|said| said != length as u64) {
            let found = format!("{} bytes of {shown}", said.unwrap_or_default());
            return Err(Wrong::with(format!("{length} bytes, as dimensions and type say"), found, ADVICE));
        }
        let Some(folder) = self.folder else {
            return Err(Wrong::with("weights inside the model file", shown, ADVICE));
        };
        let left = self.left.get().checked_sub(length);
        self.left.set(left.ok_or_else(|| {
            Wrong::with(format!("at most {} bytes with the model file", super::MAX_BYTES), "more", ADVICE)
        })?);
        let file = inside(folder, location).map_err(|why| {
            Wrong::with("weights in a file of the model's folder", format!("{shown}, {why}"), ADVICE)
        })?;
        let wrong = |error: std::io::Error| {
            Wrong::with("weights that can be read", format!("{shown}: {error}"), ADVICE)
        };
        let mut file = File::open(file).map_err(wrong)?;
        let available = file.metadata().map_err(wrong)?.len().saturating_sub(offset);
        if available < length as u64 {
            let found = format!("{available} from there to the end of {:?}", short(location));
            return Err(Wrong::with(format!("{length} bytes from offset {offset}"), found, ADVICE));
        }
        file.seek(SeekFrom::Start(offset)).map_err(wrong)?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).map_err(wrong)?;
        Ok(bytes)
    }
}

/// The file that a location names, if it is one inside the folder, links followed.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let path = Path::new(location);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if location.is_empty() || !plain || location.contains('\\') {
        return Err("which is no path inside it".into());
    }
    let missing = |error: std::io::Error| error.to_string();
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = folder.canonicalize().map_err(missing)?;
    let file = folder.join(path).canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "which is not there".to_owned(),
        _ => error.to_string(),
    })?;
    if !file.starts_with(&folder) {
        return Err("a link that leads out of it".into());
    }
    if !file.is_file() {
        return Err("which is no file".into());
    }
    Ok(file)
}
