//! Reading strict little-endian formats: every byte is asked for by name, and none may be left over.

use foldproof_circuits::statement::Statement;

/// Input that ended inside a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// The field being read.
    pub field: &'static str,
    /// Bytes it takes.
    pub expected: usize,
    /// Bytes that were left.
    pub found: usize,
}

/// Instead of a length in two bytes: it follows in four.
const LONG: u16 = u16::MAX;

/// Length and bytes of a statement. Only graphs make one so long that two bytes do not hold its length.
pub fn encode_statement(statement: &Statement) -> Vec<u8> {
    let bytes = statement.to_bytes();
    let mut out = match u16::try_from(bytes.len()) {
        Ok(length) if length < LONG => length.to_le_bytes().to_vec(),
        Ok(_) | Err(_) => {
            // Four graphs have less than a megabyte.
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            [&LONG.to_le_bytes()[..], &length.to_le_bytes()].concat()
        }
    };
    out.extend(bytes);
    out
}

/// Why there are no bytes of a statement.
pub enum StatementBytes {
    /// The input ends.
    Truncated(Truncated),
    /// A length in four bytes that two hold.
    Length {
        /// Which.
        found: u32,
    },
}

/// What is left of an input.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes. Nothing is allocated, so `count` may come from the input.
    pub fn bytes(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], Truncated> {
        let (part, rest) = self.rest.split_at_checked(count).ok_or(Truncated {
            field,
            expected: count,
            found: self.rest.len(),
        })?;
        self.rest = rest;
        Ok(part)
    }

    /// The next N bytes.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Truncated> {
        let (part, rest) = self.rest.split_first_chunk::<N>().ok_or(Truncated {
            field,
            expected: N,
            found: self.rest.len(),
        })?;
        self.rest = rest;
        Ok(*part)
    }

    pub fn u8(&mut self, field: &'static str) -> Result<u8, Truncated> {
        self.array(field).map(u8::from_le_bytes)
    }

    pub fn u16(&mut self, field: &'static str) -> Result<u16, Truncated> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub fn u32(&mut self, field: &'static str) -> Result<u32, Truncated> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// The bytes of a statement, after their number: see [`encode_statement`].
    pub fn statement(&mut self) -> Result<&'a [u8], StatementBytes> {
        let length = match self.u16("statement").map_err(StatementBytes::Truncated)? {
            LONG => {
                let length = self.u32("statement").map_err(StatementBytes::Truncated)?;
                // Each has one encoding.
                if length < u32::from(LONG) {
                    return Err(StatementBytes::Length { found: length });
                }
                length
            }
            length => length.into(),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.bytes("statement", length).map_err(StatementBytes::Truncated)
    }

    /// How many bytes nobody asked for.
    pub fn left(&self) -> usize {
        self.rest.len()
    }
}
