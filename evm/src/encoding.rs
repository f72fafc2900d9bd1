//! Calls of contracts: the standard encoding of the kinds of arguments that ours have.

use foldproof_verifier::keccak256;

/// What a word of the EVM holds, big-endian.
pub type Word = [u8; 32];
/// An account.
pub type Address = [u8; 20];

/// Bytes of a word.
const WORD: usize = 32;

/// An argument.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A number, an address, a hash, a truth value.
    Word(Word),
    /// `bytes`.
    Bytes(&'a [u8]),
    /// An array of numbers.
    Words(&'a [Word]),
    /// An array of `bytes` or of arrays.
    Array(&'a [Self]),
}

/// A number as a word.
pub fn number(number: u64) -> Word {
    let mut word = [0; WORD];
    word.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    word
}

/// An address as a word.
pub fn address(address: Address) -> Word {
    let mut word = [0; WORD];
    word.iter_mut().rev().zip(address.into_iter().rev()).for_each(|(to, from)| *to = from);
    word
}

/// The first four bytes of a signature's hash.
pub fn selector(signature: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = keccak256(&[signature.as_bytes()]);
    [a, b, c, d]
}

/// The calldata of a function, named with the types of its arguments: `enact(bytes)`.
pub fn call(signature: &str, values: &[Value<'_>]) -> Vec<u8> {
    [&selector(signature)[..], &arguments(values)].concat()
}

/// Arguments, as constructors find them behind their code, and the elements of arrays of arrays.
pub fn arguments(values: &[Value<'_>]) -> Vec<u8> {
    let (mut heads, mut tails) = (Vec::new(), Vec::new());
    for value in values {
        // Where the value stands: behind all heads, and the tails before it.
        let place = length(values.len().saturating_mul(WORD).saturating_add(tails.len()));
        match value {
            Value::Word(word) => heads.extend(word),
            Value::Bytes(bytes) => {
                heads.extend(place);
                tails.extend(length(bytes.len()));
                tails.extend(*bytes);
                tails.resize(tails.len().next_multiple_of(WORD), 0);
            }
            Value::Words(words) => {
                heads.extend(place);
                tails.extend(length(words.len()));
                tails.extend(words.as_flattened());
            }
            Value::Array(values) => {
                heads.extend(place);
                tails.extend(length(values.len()));
                tails.extend(arguments(values));
            }
        }
    }
    heads.extend(tails);
    heads
}

fn length(length: usize) -> Word {
    number(u64::try_from(length).unwrap_or(u64::MAX))
}

/// What a call gave back: words, some of which say where others are.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    bytes: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A word, counted from 0.
    pub fn word(self, index: usize) -> Option<Word> {
        self.bytes.as_chunks().0.get(index).copied()
    }

    /// A word that is a number below 2⁶⁴.
    pub fn number(self, index: usize) -> Option<u64> {
        let word = self.word(index)?;
        let (high, low) = word.split_last_chunk::<8>()?;
        high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
    }

    /// What stands where a word says.
    pub fn at(self, index: usize) -> Option<Self> {
        let place = usize::try_from(self.number(index)?).ok()?;
        self.bytes.get(place..).map(Self::new)
    }

    /// What stands behind the first word, which is a length, and that length: an array that ends before the bytes do.
    pub fn array(self) -> Option<(usize, Self)> {
        let length = usize::try_from(self.number(0)?).ok()?;
        let rest = Self::new(self.bytes.get(WORD..)?);
        (length <= rest.bytes.len()).then_some((length, rest))
    }

    /// `bytes`.
    pub fn bytes(self) -> Option<&'a [u8]> {
        let (length, rest) = self.array()?;
        rest.bytes.get(..length)
    }

    /// An array of words.
    pub fn words(self) -> Option<Vec<Word>> {
        let (length, rest) = self.array()?;
        (0..length).map(|index| rest.word(index)).collect()
    }
}
