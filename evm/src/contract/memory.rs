//! Where what lies in the contract's memory. All places are known when the code is written.

/// Bytes of a word.
pub const WORD: usize = 32;
/// Bytes of a point: two words.
pub const POINT: usize = 64;

/// r, the number of elements of the field: the cheapest place to read, for the number that is read most.
pub const MODULUS: usize = 0;
/// 2 r.
pub const TWICE_MODULUS: usize = 0x20;
/// The challenge that constraints are combined with, and later the one that members of a set of points are.
pub const COMBINER: usize = 0x40;
/// How much this proof weighs in a batch.
pub const WEIGHT: usize = 0x60;
/// The sum of commitments, to which the term behind it is added.
pub const SUM: usize = 0x80;
/// A point and its factor, which the product takes the place of.
pub const TERM: usize = 0xc0;
/// The sum of the proofs' last points.
pub const WITNESSES: usize = 0x120;
/// Twelve words for arguments of precompiles, among them the pairing.
pub const ARGUMENTS: usize = 0x160;
/// What comes behind.
pub const FREE: usize = 0x2e0;

/// Deals out memory.
#[derive(Debug)]
pub struct Memory {
    next: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self { next: FREE }
    }
}

impl Memory {
    /// So many bytes.
    pub fn take(&mut self, bytes: usize) -> usize {
        let place = self.next;
        self.next = place.saturating_add(bytes);
        place
    }

    /// So many words.
    pub fn words(&mut self, count: usize) -> usize {
        self.take(count.saturating_mul(WORD))
    }
}

/// Where the data of the key's contract comes to lie, in its order, and what is free behind it.
#[derive(Debug)]
pub struct KeyPlaces {
    /// Points of the key, the generator last.
    pub points: usize,
    /// Two points of the second group.
    pub pairing: usize,
    pub constants: usize,
    pub free: usize,
}

impl KeyPlaces {
    /// For so many points and constants.
    pub fn new(memory: &mut Memory, points: usize, constants: usize) -> Self {
        Self {
            points: memory.take(points.saturating_mul(POINT)),
            pairing: memory.words(8),
            constants: memory.words(constants),
            free: memory.take(0),
        }
    }
}
