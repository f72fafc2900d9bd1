//! The range table: one pair (tag, value) for each thing a limb may be.
//!
//! A tag names a set of values. Tags other than those of bytes stand further apart than eight, so that no pad
//! (see `chips::text`) turns the tags of a row of bytes into others: eight neighbouring tags exist among the
//! bytes' only.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::bands::Bands;
use super::index::DECISION_LIMB_BITS;
use crate::exponential::{self, Tables};
use crate::fixed::{to_integer, to_u64};
use crate::graph::limits::MAX_TABLES;
use crate::graph::table::Table;
use crate::sets::places::{Lookup, fold};
use crate::slots::PAIR_OFFSET;

/// Full limbs: 0 to 4095. Also the tag of rows that nothing else uses.
pub const LIMB: u64 = 0;
/// Only 0.
pub const ZERO: u64 = 20;
/// Below 5.
pub const FIVE: u64 = 40;
/// Below 100.
pub const HUNDRED: u64 = 60;
/// 31·a + b − 1536 for lower-case hex digits a, b.
pub const HEX_PAIR: u64 = 80;
/// Tag of limbs of fewer bits than 12: 100 + 20·bits, for the widths in [`WIDTHS`].
pub const NARROW: u64 = 100;
/// Widths of limbs that exist beside full ones.
pub const WIDTHS: [u32; 8] = [1, 2, 4, 5, 6, 7, 8, 10];
/// Those that decisions have: every one.
const DECISION_WIDTHS: [u32; DECISION_LIMB_BITS as usize] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// Those of them that models use.
const MODEL_WIDTHS: [u32; 6] = [2, 4, 5, 6, 8, 10];
/// Only 8, and only 128: what padding holds in limbs that stand for 0 with that offset.
const ONLY_EIGHT: u64 = 400;
const ONLY_128: u64 = 420;
/// Analytics: the upper and the lower digit of an exponent, with their entries of [`exponential::tables`] beside them.
pub const EXPONENT: [u64; 2] = [440, 460];
/// Rules: tag of a look-up, so much and 20 for each before it.
const RULE: u64 = 700;
/// Tags of functions: so much, and 20 for each before it.
const FUNCTION: u64 = 500;
/// Tag of byte j of a row with `pad` zeros in front is `BYTE` + pad − j: above `BYTE` only 0, else 1 to 127.
pub const BYTE: u64 = 1000;
/// Tag of the text table, which shares the look-up argument.
pub const TEXT: u64 = 2000;

/// Tags of signatures: so much, and 20 for each place of a nibble before it.
const DISTANCE: u64 = 3000;
/// Nibbles of a signature.
pub const PLACES: usize = 16;
/// Where distances stand in limbs.
pub const DISTANCE_AT: u32 = 74;
/// Where the other signature does.
pub const OTHER_AT: u32 = 84;

/// Tag of a nibble of a signature beside that of another one, in this place.
pub fn distance(place: usize) -> u64 {
    DISTANCE + 20 * place as u64
}

/// The value of a table's row for a nibble and that of the other signature.
pub fn pair(nibble: u64, other: u64) -> u64 {
    nibble + 16 * other
}

/// Place of a nibble, if a tag is one of signatures.
fn place(tag: u64) -> Option<u32> {
    let place = u32::try_from(tag.checked_sub(DISTANCE)? / 20).ok()?;
    (place < PLACES as u32 && distance(place as usize) == tag).then_some(place)
}

/// What a limb holds that is in the row of a tag and a value: the value, but for nibbles s and q of signatures, which are told apart, and
/// beside which the number of bits stands in which they differ.
pub fn element(tag: u64, value: u64) -> BigInt {
    let Some(place) = place(tag) else { return value.into() };
    let (s, q) = (value & 15, value >> 4);
    let [s, d, q] = [s, u64::from((s ^ q).count_ones()), q].map(BigInt::from);
    (s << (4 * place)) + (d << DISTANCE_AT) + (q << (OTHER_AT + 4 * place))
}

/// The value of the row of a tag that a limb is in, if it is in one.
fn value(tag: u64, limb: Fr) -> Option<u64> {
    let Some(place) = place(tag) else { return to_u64(limb) };
    let limb = to_integer(limb);
    let nibble = |low: u32| u64::try_from((&limb >> low) & BigInt::from(15)).ok();
    let value = pair(nibble(4 * place)?, nibble(OTHER_AT + 4 * place)?);
    (element(tag, value) == limb).then_some(value)
}

/// Tag of a limb of `bits` bits, if there is one.
pub fn width(bits: u32) -> Option<u64> {
    match bits {
        0 => Some(ZERO),
        12 => Some(LIMB),
        13 | 14 => Some(NARROW + 20 * u64::from(bits)),
        bits if WIDTHS.contains(&bits) || DECISION_WIDTHS.contains(&bits) => {
            Some(NARROW + 20 * u64::from(bits))
        }
        _ => None,
    }
}

/// Tag of limbs that may hold one value only, if there is one.
pub fn only(value: u32) -> Option<u64> {
    match value {
        0 => Some(ZERO),
        8 => Some(ONLY_EIGHT),
        128 => Some(ONLY_128),
        _ => None,
    }
}

/// Tag of a limb that is the input of a function, if the circuit has it.
pub fn function(bands: Bands, table: Table) -> Option<u64> {
    let tables = bands.graph?.tables;
    let place = tables.iter().position(|known| *known == Some(table))?;
    Some(FUNCTION + 20 * place as u64)
}

/// Tag of a limb that is looked up by rules.
pub fn rule(lookup: Lookup) -> u64 {
    RULE + 20 * lookup as u64
}

/// Whether a tag is one of a function's inputs. (A byte is none, although rules have it folded beside it.)
pub fn is_function(tag: u64) -> bool {
    (FUNCTION..FUNCTION + 20 * MAX_TABLES as u64).contains(&tag)
        || EXPONENT.contains(&tag)
        || (RULE..RULE + 20 * Lookup::ALL.len() as u64).contains(&tag)
}

/// Whether a tag is that of a byte which is there.
fn is_byte(tag: u64) -> bool {
    (BYTE - 7..=BYTE).contains(&tag)
}

/// Rows of the table of dense models alone.
pub const MODEL_TABLE_ROWS: usize = {
    let mut rows = 4;
    let mut i = 0;
    while i < MODEL_WIDTHS.len() {
        rows += 1 << MODEL_WIDTHS[i];
        i += 1;
    }
    rows
};

/// Rows of the table of a circuit, without the entries of its functions.
pub fn rows(bands: Bands) -> usize {
    let tables = bands.graph.iter().flat_map(|graph| graph.tables.iter().flatten());
    let functions: usize = tables.map(|table| 1 << table.bits).sum();
    let plain = if bands.core || bands.graph.is_some() || bands.decision {
        plain(bands).len()
    } else {
        MODEL_TABLE_ROWS
    };
    let exponents = if bands.analytics { EXPONENT.len() * exponential::ROWS } else { 0 };
    let rules = if bands.rules { Lookup::ALL.map(|lookup| lookup.entries().len()).iter().sum() } else { 0 };
    plain + functions + exponents + rules
}

/// The pairs that are no function's. Dense models alone do without full limbs, so that their table is short.
fn plain(bands: Bands) -> Vec<(u64, u64)> {
    let mut rows = Vec::new();
    let mut add = |tag: u64, values: &mut dyn Iterator<Item = u64>| rows.extend(values.map(|v| (tag, v)));
    let limb_bits = bands.graph.map(|graph| graph.limb_bits);
    // A limb of 12 bits ends the multiplier of a quantiser if full limbs have 14, is half a target of a forest, or an activation.
    let twelve = bands.has_forest() || bands.graph.is_some_and(|graph| graph.twelve);
    if bands.core || limb_bits.is_some_and(|bits| bits != 13) || twelve {
        add(LIMB, &mut (0..1 << 12));
    } else {
        // What unused limbs hold.
        add(LIMB, &mut std::iter::once(0));
    }
    add(ZERO, &mut std::iter::once(0));
    if bands.core {
        add(FIVE, &mut (0..5));
        add(HUNDRED, &mut (0..100));
        let digits = b"0123456789abcdef";
        let pairs = digits.iter().flat_map(|a| digits.iter().map(|b| 31 * u64::from(*a) + u64::from(*b)));
        add(HEX_PAIR, &mut pairs.map(|pair| pair - u64::from(PAIR_OFFSET)));
    }
    let widths = match bands {
        Bands { core: true, .. } => &WIDTHS[..],
        Bands { decision: true, .. } => &DECISION_WIDTHS,
        _ => &MODEL_WIDTHS,
    };
    let bit = (!bands.core && bands.graph.is_some()).then_some(1);
    let wide = limb_bits.filter(|bits| *bits > 12);
    for bits in widths.iter().copied().chain(bit).chain(wide) {
        add(NARROW + 20 * u64::from(bits), &mut (0..1 << bits));
    }
    if bands.model {
        add(ONLY_EIGHT, &mut std::iter::once(8));
        add(ONLY_128, &mut std::iter::once(128));
    }
    if bands.signatures {
        for place in 0..PLACES {
            add(distance(place), &mut (0..1 << 8));
        }
    }
    if bands.core {
        for before in 1..=8 {
            add(BYTE + before, &mut std::iter::once(0));
        }
        for after in 0..8 {
            add(BYTE - after, &mut (1..128));
        }
    }
    rows
}

/// The table and where each pair stands in it.
#[derive(Clone, Debug)]
pub struct RangeTable {
    rows: Vec<(u64, u64)>,
    /// What stands beside each value, where some limb has a cell for that.
    outs: Vec<BigInt>,
    index: Index,
}

/// Where pairs stand, by tag and value: both are small.
#[derive(Clone, Debug)]
struct Index(Vec<Vec<u32>>);

impl Index {
    /// Where no pair stands.
    const NONE: u32 = u32::MAX;

    fn new(rows: &[(u64, u64)]) -> Self {
        let mut all: Vec<Vec<u32>> = Vec::new();
        for ((tag, value), row) in rows.iter().zip(0..) {
            let [tag, value] = [tag, value].map(|number| usize::try_from(*number).unwrap_or_default());
            if all.len() <= tag {
                all.resize_with(tag + 1, Vec::new);
            }
            let of_tag = &mut all[tag];
            if of_tag.len() <= value {
                of_tag.resize(value + 1, Self::NONE);
            }
            of_tag[value] = row;
        }
        Self(all)
    }

    fn get(&self, tag: u64, value: u64) -> Option<usize> {
        let of_tag = self.0.get(usize::try_from(tag).ok()?)?;
        let row = of_tag.get(usize::try_from(value).ok()?)?;
        (*row != Self::NONE).then_some(*row as usize)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.iter().flatten().filter(|row| **row != Self::NONE).count()
    }
}

impl RangeTable {
    /// What the rows of a circuit look up.
    pub fn new(bands: Bands) -> Self {
        let mut rows = plain(bands);
        let mut outs: Vec<BigInt> = Vec::new();
        if bands.outs() > 0 {
            // A limb that is no function's input stands beside itself; under rules a byte beside itself folded.
            outs.extend(rows.iter().map(|(tag, value)| match u8::try_from(*value) {
                Ok(byte) if bands.rules && is_byte(*tag) => fold(byte).into(),
                _ => (*value).into(),
            }));
        }
        if let Some(graph) = bands.graph {
            for table in graph.tables.into_iter().flatten() {
                let tag = function(bands, table).unwrap_or(FUNCTION);
                for (value, entry) in (0..).zip(table.entries().iter()) {
                    rows.push((tag, value));
                    outs.push((*entry).into());
                }
            }
        }
        if bands.analytics {
            let Tables { coarse, fine } = exponential::tables();
            for (tag, entries) in EXPONENT.into_iter().zip([coarse, fine]) {
                rows.extend((0..).map(|digit| (tag, digit)).take(entries.len()));
                outs.extend(entries.iter().map(|entry| BigInt::from(*entry)));
            }
        }
        if bands.rules {
            for lookup in Lookup::ALL {
                for (value, entry) in lookup.entries() {
                    rows.push((rule(lookup), value));
                    outs.push(entry);
                }
            }
        }
        let index = Index::new(&rows);
        Self { rows, outs, index }
    }

    /// Pairs (tag, value) by row; limbs hold [`element`] of them. Rows below the last repeat (0, 0).
    pub fn rows(&self) -> &[(u64, u64)] {
        &self.rows
    }

    /// What stands beside the value of a row; 0 below the last.
    pub fn out(&self, row: usize) -> BigInt {
        self.outs.get(row).cloned().unwrap_or_default()
    }

    /// Row that a limb of a tag is in.
    pub fn find_limb(&self, tag: u64, limb: Fr) -> Option<usize> {
        self.find(tag, value(tag, limb)?)
    }

    /// Row of a pair.
    pub fn find(&self, tag: u64, value: u64) -> Option<usize> {
        self.index.get(tag, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{MAX_BLOCKS, UNUSABLE_ROWS};
    use crate::slots::TEXT_KINDS;

    const CORE: Bands = Bands::BLOCK;

    #[test]
    fn rules_fit_beside_exponents() {
        let bands = Bands { analytics: true, rules: true, ..CORE };
        let table = RangeTable::new(bands);
        assert_eq!((table.rows.len(), table.index.len()), (rows(bands), rows(bands)));
        assert_eq!(table.outs.len(), table.rows.len());
        assert!(table.rows.len() < (1 << 14) - UNUSABLE_ROWS, "{}", table.rows.len());
        let folded = |tag, byte: u8| table.find(tag, byte.into()).map(|row| table.out(row));
        assert_eq!(
            [BYTE, BYTE - 7].map(|tag| folded(tag, b'Q')),
            [Some(BigInt::from(b'q')), Some(BigInt::from(b'q'))]
        );
        assert_eq!(
            [LIMB, NARROW + 140].map(|tag| folded(tag, b'Q')),
            [Some(BigInt::from(b'Q')), Some(BigInt::from(b'Q'))]
        );
    }

    fn bands(core: bool, model: bool) -> Bands {
        Bands { core, model, ..CORE }
    }

    #[test]
    fn pairs_are_distinct_and_fit_the_smallest_circuit() {
        for (core, k) in [(true, 13), (false, 11)] {
            let table = RangeTable::new(bands(core, !core));
            assert_eq!(table.rows.len(), table.index.len());
            assert!(table.rows.len() < (1 << k) - 16, "{}", table.rows.len());
            assert!(core || table.rows.len() == MODEL_TABLE_ROWS);
        }
    }

    #[test]
    fn models_look_up_a_part_of_what_blocks_do() {
        let full = RangeTable::new(bands(true, true));
        let short = RangeTable::new(bands(false, true));
        assert!(short.rows.iter().all(|(tag, value)| full.find(*tag, *value).is_some()));
    }

    #[test]
    fn a_pad_cannot_leave_the_bytes() {
        for bands in [CORE, bands(true, true), Bands { analytics: true, rules: true, ..CORE }] {
            let table = RangeTable::new(bands);
            let mut tags: Vec<u64> = table.rows.iter().map(|(tag, _)| *tag).collect();
            // Of every block, those of three rows.
            let kinds =
                (0..MAX_BLOCKS as u64).flat_map(|block| (0..3).map(move |kind| TEXT_KINDS * block + kind));
            tags.extend(kinds.map(|kind| TEXT + kind));
            tags.dedup();
            let runs = tags.iter().filter(|tag| (0..8).all(|j| tags.contains(&(*tag + j))));
            assert_eq!(runs.count(), 9, "runs of eight tags: one for each pad from 0 to 8");
        }
    }
}
