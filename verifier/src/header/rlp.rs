//! RLP as headers use it: one list of byte strings. Every value has one encoding, and nothing else is read.

/// Why bytes are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They end before the item does.
    Truncated,
    /// More bytes of length than it takes, or a byte below 0x80 with a length.
    Length,
    /// A list where a string should be, or the other way round.
    Kind,
    /// Bytes after the list.
    Trailing,
}

impl Fault {
    /// What was expected, and what was found.
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Self::Truncated => ["as many bytes as its length says", "fewer"],
            Self::Length => ["the shortest encoding of its length", "a longer one"],
            Self::Kind => ["one list of byte strings", "a list for a string, or a string for the list"],
            Self::Trailing => ["nothing after the list", "more bytes"],
        }
    }
}

/// Items of a list, one after another.
pub struct Items<'a> {
    rest: &'a [u8],
}

/// The list that these bytes are.
pub fn list(bytes: &[u8]) -> Result<Items<'_>, Fault> {
    match split(bytes)? {
        (true, payload, []) => Ok(Items { rest: payload }),
        (true, ..) => Err(Fault::Trailing),
        (false, ..) => Err(Fault::Kind),
    }
}

impl<'a> Items<'a> {
    /// The next string, if there is another item.
    pub fn next(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        match split(self.rest)? {
            (false, payload, rest) => {
                self.rest = rest;
                Ok(Some(payload))
            }
            (true, ..) => Err(Fault::Kind),
        }
    }
}

/// Lengths up to here stand in the first byte; of longer ones, the length of the length does.
const SHORT: u8 = 55;
/// First bytes: from the second on strings, from the third on lists.
const STRING: u8 = 0x80;
const LIST: u8 = 0xc0;

/// Whether the first item is a list, its payload, and what comes after it.
fn split(bytes: &[u8]) -> Result<(bool, &[u8], &[u8]), Fault> {
    let (first, rest) = bytes.split_first().ok_or(Fault::Truncated)?;
    let (is_list, length) = match first.checked_sub(LIST) {
        Some(length) => (true, length),
        None => match first.checked_sub(STRING) {
            Some(length) => (false, length),
            // A byte that is its own encoding.
            None => return take(bytes, 1).map(|(payload, rest)| (false, payload, rest)),
        },
    };
    let (payload, rest) = match length.checked_sub(SHORT) {
        None | Some(0) => take(rest, length.into())?,
        Some(bytes_of_length) => {
            let (length, rest) = take(rest, bytes_of_length.into())?;
            take(rest, long(length)?)?
        }
    };
    match payload {
        [byte] if !is_list && *byte < STRING => Err(Fault::Length),
        _ => Ok((is_list, payload, rest)),
    }
}

/// A length that does not fit into a first byte.
fn long(bytes: &[u8]) -> Result<usize, Fault> {
    if bytes.first() == Some(&0) {
        return Err(Fault::Length);
    }
    let length = bytes.iter().try_fold(0_usize, |length, byte| {
        length.checked_mul(256).and_then(|length| length.checked_add((*byte).into()))
    });
    // There are not so many bytes.
    let length = length.ok_or(Fault::Truncated)?;
    if length <= SHORT.into() { Err(Fault::Length) } else { Ok(length) }
}

fn take(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8]), Fault> {
    bytes.split_at_checked(count).ok_or(Fault::Truncated)
}
