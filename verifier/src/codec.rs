//! Reading strict little-endian formats: every byte is asked for by name, and none may be left over.

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

    /// How many bytes nobody asked for.
    pub fn left(&self) -> usize {
        self.rest.len()
    }
}
