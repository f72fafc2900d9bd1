//! The two ways from a block of Ethereum's JSON-RPC to a raw block, by name.

use std::fmt;

use super::InputError;
use super::json::{Json, parse};

/// What a block of Ethereum's JSON-RPC is made into: `docs/input.md` has the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// As the indexer did whose data the default codebook and the published fingerprints come from.
    #[default]
    Indexer,
    /// All that the block says, and nothing that it does not: for codebooks and models of one's own.
    Full,
}

impl Mapping {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Indexer, Self::Full];

    /// Name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Indexer => "indexer",
            Self::Full => "full",
        }
    }

    /// The mapping of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mapping| mapping.name() == name)
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The mapping that lines of JSON name as their `mapping`: those of `foldproof fingerprint --json` do. Lines without one, and
/// those of raw blocks, say nothing.
///
/// # Errors
///
/// Lines of both.
pub fn of_lines(bytes: &[u8]) -> Result<Option<Mapping>, InputError> {
    let mut found: Option<(usize, Mapping)> = None;
    for (number, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        // Most lines have none: they are read elsewhere, and this would be a second time.
        if !line.windows(KEY.len()).any(|part| part == KEY) {
            continue;
        }
        let Ok(json) = parse(line) else { continue };
        let Some(Json::Text(name)) = json.get("mapping") else { continue };
        let Some(mapping) = Mapping::from_name(name) else { continue };
        match found {
            Some((first, other)) if other != mapping => {
                return Err(InputError::new(
                    format!("line {number}: mapping"),
                    format!("{other}, as in line {first}"),
                    mapping.name(),
                    "use fingerprints of blocks that were read alike",
                ));
            }
            Some(_) => {}
            None => found = Some((number, mapping)),
        }
    }
    Ok(found.map(|(_, mapping)| mapping))
}

const KEY: &[u8] = b"\"mapping\"";

/// The mapping of samples: what the user says, or what they say themselves.
///
/// # Errors
///
/// If the two differ.
pub fn of_samples(bytes: &[u8], told: Option<Mapping>) -> Result<Option<Mapping>, InputError> {
    let found = of_lines(bytes)?;
    match (told, found) {
        (Some(told), Some(found)) if told != found => Err(InputError::new(
            "mapping",
            format!("{told}, as --mapping says"),
            found.name(),
            "leave --mapping out, or give fingerprints of blocks read by it",
        )),
        _ => Ok(told.or(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_their_mapping() {
        let lines = |names: &[&str]| -> String {
            names.iter().map(|name| format!("{{\"mapping\":\"{name}\",\"fingerprint\":[]}}\n")).collect()
        };
        let of = |names: &[&str]| of_lines(lines(names).as_bytes());
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["raw", "full", "full"]), Ok(Some(Mapping::Full)));
        assert_eq!(of_lines(b"{\"fingerprint\":[\"mapping\"]}\n{\"mapping\":"), Ok(None));
        let error = of(&["indexer", "raw", "full"]).expect_err("two mappings");
        assert_eq!(
            (error.path.as_str(), error.expected.as_str()),
            ("line 3: mapping", "indexer, as in line 1")
        );
        let full = lines(&["full"]);
        assert_eq!(of_samples(full.as_bytes(), None), Ok(Some(Mapping::Full)));
        assert_eq!(of_samples(b"", Some(Mapping::Full)), Ok(Some(Mapping::Full)));
        assert!(of_samples(full.as_bytes(), Some(Mapping::Indexer)).is_err());
    }
}
