//! What a terminal may be sent: a file called `x.proof\nverified  true`, or a name with an escape sequence, must not forge a line.
//!
//! Everything the program prints goes through here, in [`output`](super::output), in [`spinner`](super::shared::spinner) and,
//! for errors of usage, in [`Cli::read`](super::Cli::read). Characters that are not seen as themselves are written as in JSON
//! (`\n`, `\u001b`), so that one form serves for people and for programs.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// A text in one line, without control, format, private or unassigned characters, and with no space but the usual one.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The same of a text that has lines of its own.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n')
}

/// A file's name in one line.
pub fn name(file: &Path) -> String {
    shown(&file.to_string_lossy()).into_owned()
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(|c| stays(c) || is_printable(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if stays(c) || is_printable(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _: std::fmt::Result = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.into()
}

/// Whether `Debug` would show the character as it is, quotes and backslashes apart.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    // Behind another character, since accents may stand there.
    let mut text = [b'-'; 5];
    let length = 1 + c.encode_utf8(&mut text[1..]).len();
    let text = std::str::from_utf8(&text[..length]).unwrap_or_default();
    text.escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_stays_and_the_rest_is_escaped() {
        for text in ["a.proof", "Blöcke/方块 1.json", "e\u{301}te\u{301}", "\"quoted\" \\ 'so'", "—…→", "🧱"]
        {
            assert_eq!(shown(text), text);
        }
        for (text, expected) in [
            ("x.proof\nverified  true", "x.proof\\nverified  true"),
            ("\u{1b}[2K\u{1b}[1A", "\\u001b[2K\\u001b[1A"),
            ("\r\t\u{7f}\u{9b}31m\u{85}", "\\r\\t\\u007f\\u009b31m\\u0085"),
            ("a\u{202e}foorp.\u{2066}b\u{200b}\u{feff}", "a\\u202efoorp.\\u2066b\\u200b\\ufeff"),
            ("\u{2028}\u{a0}\u{ad}\u{e0001}", "\\u2028\\u00a0\\u00ad\\udb40\\udc01"),
        ] {
            assert_eq!(shown(text), expected);
            assert_eq!(shown(expected), expected, "escaping once is enough");
        }
        assert_eq!(lines("a\nb\u{1b}\n"), "a\nb\\u001b\n");
    }

    #[test]
    fn json_stays_the_same_json() {
        let text: String = (0..0x3000).chain(0xd000..0x11_0000).filter_map(char::from_u32).collect();
        let json = serde_json::Value::from(text.as_str()).to_string();
        let safe = lines(&json);
        assert!(!safe.contains(|c: char| c.is_control() || c == '\u{202e}'));
        assert_eq!(serde_json::from_str::<String>(&safe).expect("JSON"), text);
    }
}
