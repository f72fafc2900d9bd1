//! What the system says of files, for people: without numbers of errors, and without files that are ours alone.

use std::io::{self, ErrorKind};

/// What went wrong, in words. The system's text comes with a number (`os error 21`), and that of a file which is written aside and
/// renamed with a path that nobody gave.
pub fn in_words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "No such file or folder".to_owned(),
        ErrorKind::IsADirectory => "a file was expected, found a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is a file and no folder".to_owned(),
        ErrorKind::PermissionDenied => "Permission denied".to_owned(),
        ErrorKind::StorageFull => "No space left".to_owned(),
        _ => {
            let text = error.to_string();
            text.split_once(" (os error ").map_or(text.as_str(), |(words, _)| words).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_numbers_nor_temporary_files_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let errors = [
            std::fs::read(&missing).unwrap_err(),
            std::fs::read(folder.path()).unwrap_err(),
            tempfile::NamedTempFile::new_in(&missing).unwrap_err(),
            io::Error::from_raw_os_error(27),
            io::Error::other("a reason of our own"),
        ];
        for error in &errors {
            let words = in_words(error);
            assert!(!words.contains("os error") && !words.contains(" at path "), "{words}");
        }
        assert_eq!(in_words(&errors[0]), in_words(&errors[2]));
        assert_eq!(in_words(&errors[1]), "a file was expected, found a folder");
        assert_eq!(in_words(&errors[4]), "a reason of our own");
    }
}
