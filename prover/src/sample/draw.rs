//! What both kinds of chain draw from a seed, with integers only.

use rand::{Rng, RngCore};
use rand_chacha::ChaCha20Rng;

use crate::input::json::Json;

/// Draws the r-th value in proportion to 1/r.
pub(super) struct Zipf {
    values: Vec<String>,
    cumulated: Vec<u64>,
}

impl Zipf {
    pub fn new(values: Vec<String>) -> Self {
        let weights = (1..).take(values.len()).map(|rank: u64| (1 << 32) / rank);
        let cumulated = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { cumulated: cumulated.collect(), values }
    }

    pub fn draw(&self, draw: &mut Draw) -> &str {
        let Some(total) = self.cumulated.last() else {
            return "";
        };
        let drawn = draw.0.gen_range(0..*total);
        let rank = self.cumulated.partition_point(|sum| *sum <= drawn);
        self.values.get(rank).map_or("", String::as_str)
    }
}

/// A source of values.
pub(super) struct Draw(pub ChaCha20Rng);

impl Draw {
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub fn hex<const N: usize>(&mut self) -> String {
        format!("0x{}", hex::encode(self.bytes::<N>()))
    }

    pub fn base58(&mut self) -> String {
        bs58::encode(self.bytes::<32>()).into_string()
    }

    pub fn below(&mut self, most: u32) -> u32 {
        self.0.gen_range(0..most)
    }

    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub fn one_of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.0.gen_range(0..values.len())]
    }

    /// A sender: one that sent before, so often, or a new one.
    pub fn sender(&mut self, before: &mut Vec<String>, again: u8, new: fn(&mut Self) -> String) -> String {
        let again = !before.is_empty() && self.percent(again.into());
        let sender = if again { self.one_of(before).clone() } else { new(self) };
        before.push(sender.clone());
        sender
    }

    pub fn whole(&mut self, below: u32) -> Json {
        Json::Number(self.below(below).into())
    }
}
