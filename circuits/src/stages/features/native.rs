//! Features in native integers.

use crate::block::{Block, Number, Text};
use crate::records::{
    CLASSES, HEIGHT_SCALE, LINKS, NUMBERS, NumberFeature, TIME_PERIOD, TextFeature, records,
};

/// A sum of numerators and the sum of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Σ y, below 2⁵⁷ in magnitude.
    pub first: i128,
    /// Σ y², below 2¹⁰³.
    pub second: i128,
}

impl Sum {
    fn add(&mut self, y: i64) {
        let y = i128::from(y);
        self.first += y;
        self.second += y * y;
    }
}

/// Sums over the records of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassSums {
    /// Records.
    pub count: u64,
    /// Clamped numbers, in units of 1/(M·2¹⁶).
    pub numbers: [Sum; NUMBERS],
    /// Bucket residues in units of 1/(B − 1), then the tri-state in halves.
    pub links: [Sum; LINKS],
}

/// All the fold needs to know of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// By class.
    pub classes: [ClassSums; 3],
    /// Numerator of T, below 864,000.
    pub time: u64,
    /// Numerator of H, at most 10⁷.
    pub height: u64,
}

/// The numerator of `lin`: the number clamped to ±L.
pub fn clamp_number(number: Number, feature: NumberFeature) -> i64 {
    let limit = i64::try_from(feature.limit()).unwrap_or(i64::MAX);
    number.units().clamp(-limit, limit)
}

/// h(s) = Σ 31^(n−1−i)·byte_i mod 2³².
pub fn text_hash(text: &Text) -> u32 {
    byte_hash(text.bytes())
}

/// The same, of the bytes of a text.
pub fn byte_hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |h: u32, b| h.wrapping_mul(31).wrapping_add(u32::from(*b)))
}

/// The numerator of `bkt`: h(s) mod B, which is 0 for the empty text.
pub fn bucket_residue(text: &Text, feature: TextFeature) -> u32 {
    text_hash(text) % feature.buckets
}

/// Sums the features of a block.
pub fn sums(block: &Block) -> Sums {
    let classes = CLASSES.map(|spec| {
        let records = records(block, spec.class);
        let mut sums = ClassSums { count: records.len() as u64, ..ClassSums::default() };
        for record in &records {
            for ((feature, number), sum) in spec.numbers.iter().zip(record.numbers).zip(&mut sums.numbers) {
                sum.add(clamp_number(number, *feature));
            }
            for ((feature, text), sum) in spec.texts.iter().zip(&record.texts).zip(&mut sums.links) {
                sum.add(bucket_residue(text, *feature).into());
            }
            sums.links[LINKS - 1].add(record.tri_state.into());
        }
        sums
    });
    Sums {
        classes,
        time: block.header.timestamp % TIME_PERIOD,
        height: block.header.height.min(HEIGHT_SCALE),
    }
}
