//! The text table: each distinct text of a block once, in slots that records link to by index.
//!
//! Index 0 is the empty text. Then come the slots for addresses, for short texts and for long ones. Texts take
//! slots in the order of their first appearance: an address (`0x` and 40 lower-case hex digits) takes an
//! address slot, any other text of at most 16 bytes a short slot, any other a long slot; when its slots are
//! full, a long one. Unused address slots hold the zero address, other unused slots the empty text; nothing
//! links to them.
//!
//! A slot is a row of *symbols* of 11 bits: an address has 20, one for two hex digits a, b:
//! 31·a + b − 1536 over their ASCII codes (injective, below 1729); other slots hold one byte each, after zeros
//! that fill the front. Symbols are packed little-endian: all 21 places of an address or short slot (the last
//! ones 0) go to one element; 16 symbols each of a long slot to one of four.

use std::collections::HashMap;

use halo2curves::bn256::Fr;

use crate::block::{Block, Text};
use crate::fixed::power_of_two;
use crate::packing::{FIRST_NUMBERS, NUMBER_BITS};
use crate::records::{CLASSES, LINKS, NUMBERS, records};
use crate::size::{Capacity, Excess, Oversize, Size};

pub use crate::slots::{
    ADDRESS_SYMBOLS, LONG_SYMBOLS, PAIR_OFFSET, ROW_SYMBOLS, SHORT_BYTES, SYMBOL_BITS, SlotKind, TAIL_SYMBOLS,
};

/// A slot of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What it can hold.
    pub kind: SlotKind,
    /// What it holds.
    pub text: Text,
}

impl Slot {
    /// Symbols, row by row: full rows of 8, then the 5 of the tail.
    pub fn rows(&self) -> Vec<Vec<u16>> {
        let mut symbols = self.symbols();
        let full = self.kind.full_rows() * ROW_SYMBOLS;
        symbols.resize(full + TAIL_SYMBOLS, 0);
        let (full, tail) = symbols.split_at(full);
        full.chunks(ROW_SYMBOLS).chain([tail]).map(<[u16]>::to_vec).collect()
    }

    fn symbols(&self) -> Vec<u16> {
        let bytes = self.text.bytes();
        let places = match self.kind {
            SlotKind::Address => {
                let pairs = bytes.get(2..).unwrap_or_default().chunks_exact(2);
                let pair = |p: &[u8]| 31 * u16::from(p[0]) + u16::from(p[1]) - PAIR_OFFSET;
                let mut symbols: Vec<u16> = pairs.map(pair).collect();
                symbols.resize(ADDRESS_SYMBOLS, 0);
                return symbols;
            }
            SlotKind::Empty | SlotKind::Short => SHORT_BYTES,
            SlotKind::Long => LONG_SYMBOLS,
        };
        let mut symbols = vec![0; places - bytes.len().min(places)];
        symbols.extend(bytes.iter().map(|b| u16::from(*b)));
        symbols
    }

    /// The elements the block commitment absorbs for this slot.
    pub fn elements(&self) -> Vec<Fr> {
        let row = |row: &Vec<u16>| {
            let symbol = power_of_two(SYMBOL_BITS);
            row.iter().rev().fold(Fr::zero(), |sum, s| sum * symbol + Fr::from(u64::from(*s)))
        };
        let shift = |symbols: usize| power_of_two(SYMBOL_BITS * symbols as u32);
        let rows: Vec<Fr> = self.rows().iter().map(row).collect();
        let pair = |rows: &[Fr]| rows.iter().fold(Fr::zero(), |sum, row| sum * shift(ROW_SYMBOLS) + row);
        match self.kind {
            SlotKind::Empty => Vec::new(),
            SlotKind::Address | SlotKind::Short => {
                vec![pair(&rows[..2]) * shift(TAIL_SYMBOLS) + rows[2]]
            }
            SlotKind::Long => rows[..LONG_SYMBOLS / ROW_SYMBOLS].chunks(2).map(pair).collect(),
        }
    }
}

/// The text table of a block at a size of circuit.
#[derive(Clone, Debug)]
pub struct TextTable {
    slots: Vec<Slot>,
    index: HashMap<Text, u16>,
}

impl TextTable {
    /// Places every text of `block`.
    ///
    /// # Errors
    /// If there are more distinct texts than slots for them.
    pub fn new(size: Size, block: &Block) -> Result<Self, Oversize> {
        let capacity = size.capacity();
        let Capacity { addresses, short, long, .. } = capacity;
        // The table is the only range of links, so their bits have to hold every index. The second element of a record packs
        // them behind two numbers.
        assert!(capacity.slots() <= 1 << capacity.link_bits(), "more slots than links can name");
        assert!(capacity.slots() <= 1 << 16, "an index has 16 bits");
        let numbers = (NUMBERS - FIRST_NUMBERS) as u32 * NUMBER_BITS;
        assert!(numbers + LINKS as u32 * capacity.link_bits() < 253, "an element holds numbers and links");
        let groups = [(SlotKind::Address, addresses), (SlotKind::Short, short), (SlotKind::Long, long)];
        let mut slots = vec![Slot { kind: SlotKind::Empty, text: Text::default() }];
        let mut free = [0; 3];
        for (group, (kind, count)) in groups.iter().enumerate() {
            free[group] = slots.len();
            slots.extend((0..*count).map(|_| Slot { kind: *kind, text: unused(*kind) }));
        }
        let end = [free[1], free[2], slots.len()];
        let mut index = HashMap::from([(Text::default(), 0)]);
        for spec in &CLASSES {
            for record in records(block, spec.class) {
                for text in record.texts {
                    if index.contains_key(&text) {
                        continue;
                    }
                    let wanted = group(&text);
                    let taken = if free[wanted] < end[wanted] { wanted } else { 2 };
                    let at = free[taken];
                    if at == end[taken] {
                        return Err(oversize(block, size));
                    }
                    free[taken] += 1;
                    index.insert(text.clone(), at as u16);
                    slots[at].text = text;
                }
            }
        }
        Ok(Self { slots, index })
    }

    /// All slots but the empty text's, in the order they are committed to.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().skip(1)
    }

    /// All slots by index.
    pub fn all(&self) -> &[Slot] {
        &self.slots
    }

    /// Index of a text of the block; 0 for the empty text and for any other.
    pub fn index(&self, text: &Text) -> u16 {
        self.index.get(text).copied().unwrap_or_default()
    }
}

fn unused(kind: SlotKind) -> Text {
    match kind {
        SlotKind::Address => Text::new("0x0000000000000000000000000000000000000000").unwrap_or_default(),
        SlotKind::Empty | SlotKind::Short | SlotKind::Long => Text::default(),
    }
}

fn oversize(block: &Block, size: Size) -> Oversize {
    let mut texts: Vec<Text> = CLASSES
        .iter()
        .flat_map(|spec| records(block, spec.class))
        .flat_map(|record| record.texts)
        .filter(|text| !text.is_empty())
        .collect();
    texts.sort_unstable();
    texts.dedup();
    let mut found = [0; 3];
    texts.iter().for_each(|text| found[group(text)] += 1);
    Oversize { size, excess: Excess::Texts { found }, no_larger: false }
}

/// Which slots a text takes first: of addresses, of short texts, or of any.
fn group(text: &Text) -> usize {
    if is_address(text) {
        0
    } else if text.bytes().len() <= SHORT_BYTES {
        1
    } else {
        2
    }
}

fn is_address(text: &Text) -> bool {
    match text.bytes() {
        [b'0', b'x', digits @ ..] => {
            digits.len() == 2 * ADDRESS_SYMBOLS
                && digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::features::text_hash;

    #[test]
    fn symbols_carry_the_hash() {
        let cases = [
            (SlotKind::Address, "0x00c1ccf9e4b8a7d60f1e2d3c4b5a69788796a5b4"),
            (SlotKind::Short, "folding-ingest"),
            (SlotKind::Short, ""),
            (SlotKind::Long, "2cvod1FRwhkHK3YbHvBGVUg79aXe5uoKd1WEt1dyGRc4"),
            (SlotKind::Long, "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"),
        ];
        for (kind, text) in cases {
            let slot = Slot { kind, text: Text::new(text).unwrap() };
            let rows = slot.rows();
            let hash = rows
                .iter()
                .flatten()
                .enumerate()
                .map(|(place, s)| kind.weight(place).wrapping_mul((*s).into()))
                .fold(kind.constant(), u32::wrapping_add);
            assert_eq!(hash, text_hash(&slot.text), "{text}");
            assert_eq!(rows.len(), kind.rows() - 1);
        }
    }
}
