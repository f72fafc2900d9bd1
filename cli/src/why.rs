//! Errors as people read them.

use std::io;

use foldproof_params::in_words;

/// An error and what it comes from, in one line. What the system says is told in words, and once: errors of libraries quote it.
pub fn why(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let part = cause.downcast_ref::<io::Error>().map_or_else(|| cause.to_string(), in_words);
        if line.is_empty() {
            line = part;
        } else if !line.contains(&part) {
            line = format!("{line}: {part}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn causes_are_told_once_and_in_words() {
        let missing = || io::Error::from_raw_os_error(2);
        let error = anyhow::Error::new(missing()).context("a.json");
        assert_eq!(why(&error), "a.json: No such file or folder");
        let quoted = format!("setup.kzg: found {}; look for it", in_words(&missing()));
        let error = Err::<(), _>(missing()).context(quoted.clone());
        assert_eq!(error.map_err(|error| why(&error)), Err(quoted));
        assert_eq!(why(&anyhow!("no").context("b.json")), "b.json: no");
    }
}
