//! What a proof is made for: one more public input, which no gate reads.

use std::fmt;

use halo2curves::bn256::Fr;

use crate::scalar;

/// Any number but 0 below the modulus, such as a challenge, or a hash of who may use a proof. It stands in the row after those
/// of the statement, so that the transcript absorbs it and a proof holds for one context only. Keys do not depend on it.
///
/// 0 is none: the transparent scheme commits to the column of public inputs as a polynomial, and a column that ends is the same
/// polynomial as one that goes on with zeros. A proof for the context 0 would be one for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Context(Fr);

impl Context {
    /// What a text must be to be one, for messages.
    pub const EXPECTED: &str =
        "0x and 64 digits, not 0 and below the modulus of BN254's scalars (31 bytes always are)";

    /// The context of that number, if it is not 0.
    pub fn new(number: Fr) -> Option<Self> {
        (number != Fr::zero()).then_some(Self(number))
    }

    /// That of 64 hexadecimal digits, big-endian; `0x` may stand before them.
    pub fn from_hex(text: &str) -> Option<Self> {
        scalar::from_hex(text).and_then(Self::new)
    }

    /// The number.
    pub fn number(self) -> Fr {
        self.0
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", scalar::to_hex(&self.0))
    }
}
