//! Where a circuit looks for a text: in the one place that a form of it names, modulo a small number.
//!
//! Forms are sums of small multiples of what a circuit has of a text anyway. Their coefficients and moduli were found by search, so that
//! no two texts of a set are in one place and every set has few places. A place holds its text, packed as the circuit has it, and its
//! mask; where it holds none, the text is −1, which no packed text is. So a text has the mask of its place exactly if the two are equal.
//!
//! * *Addresses* of slots of their own: symbols 8 to 15, packed as commitments have them. One address lacks a digit and is in no such slot.
//! * *Selectors* of such slots: symbols 0 to 3, eight hex digits.
//! * *Selectors* of other slots: the first ten bytes, folded, as digits in base 2⁷; the form is over their limbs of 12 bits.
//! * *Classes* and *addresses* of other slots: all 64 bytes of a long slot, folded, as digits in base 2⁷ in two halves; a short slot has 0
//!   for the first one. The form is over the sums of the bytes of each column of eight.
//!
//! *Folded* is a byte in lower case, but for `X`, which stays: an address has to have `0x` as it stands, other texts `0x` or `0X`.

use num_bigint::BigInt;

use super::{ADDRESSES, CLASSES, SELECTORS, Tag};
use crate::slots::{ADDRESS_SYMBOLS, LONG_SYMBOLS, PAIR_OFFSET, ROW_SYMBOLS, SYMBOL_BITS, TAIL_SYMBOLS};

/// Bits of a folded byte.
pub const FOLDED_BYTE_BITS: u32 = 7;
/// Bytes of a selector: `0x` and four bytes in hex.
pub const SELECTOR_BYTES: usize = 10;
/// Symbols of a selector.
pub const SELECTOR_SYMBOLS: usize = 4;
/// Limbs of a folded selector: five of 12 bits and one of 10.
pub const SELECTOR_LIMBS: usize = 6;
/// First of the symbols that the form of an address is over.
const ADDRESS_FIRST: usize = ROW_SYMBOLS;
/// Bits of a category in the mask of a text: three sources of one transaction add up in it.
pub const CATEGORY_BITS: u32 = 2;
/// Categories that texts make.
pub const TEXT_CATEGORIES: usize = 4;
/// Bits of a class in the mask of a text: all transactions of a block add up in it.
pub const CLASS_BITS: u32 = 12;
/// Bit of the first class among tags.
pub const FIRST_CLASS: u32 = Tag::AssetLegacyFlow as u32;
/// Classes.
pub const CLASS_TAGS: usize = (Tag::AssetOther as u32 - FIRST_CLASS + 1) as usize;

/// A form and its modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form<const N: usize> {
    /// A coefficient for each value.
    pub coefficients: [u32; N],
    /// How many places there are.
    pub places: u32,
}

impl<const N: usize> Form<N> {
    /// Σ coefficient·value.
    pub fn sum(&self, values: &[u64]) -> u64 {
        self.coefficients.iter().zip(values).map(|(k, value)| u64::from(*k) * value).sum()
    }

    fn place(&self, values: &[u64]) -> u64 {
        self.sum(values) % u64::from(self.places)
    }
}

/// Of symbols 8 to 15 of an address.
pub const ADDRESS_FORM: Form<8> = Form { coefficients: [2, 6, 2, 4, 7, 7, 7, 4], places: 51 };
/// Of symbols 0 to 3 of an address.
pub const SYMBOLS_FORM: Form<SELECTOR_SYMBOLS> = Form { coefficients: [5, 10, 5, 14], places: 24 };
/// Of the limbs of the first ten bytes.
pub const PREFIX_FORM: Form<SELECTOR_LIMBS> = Form { coefficients: [1, 6, 5, 2, 7, 7], places: 52 };
/// Of sums of bytes in columns, for classes.
pub const CLASS_FORM: Form<8> = Form { coefficients: BYTE_COEFFICIENTS, places: 55 };
/// The same, for addresses.
pub const LONG_FORM: Form<8> = Form { coefficients: BYTE_COEFFICIENTS, places: 70 };
const BYTE_COEFFICIENTS: [u32; 8] = [31, 16, 27, 9, 7, 7, 17, 21];

/// A byte in lower case, but for `X`.
pub fn fold(byte: u8) -> u8 {
    if byte == b'X' { byte } else { byte.to_ascii_lowercase() }
}

/// What is looked up by rules: each a function of a small number, a place or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// Address of a place, packed symbols.
    AddressText,
    /// Its mask.
    AddressMask,
    /// Selector of a place, packed symbols.
    SymbolsText,
    /// Its mask.
    SymbolsMask,
    /// Selector of a place, packed bytes.
    PrefixText,
    /// Its mask.
    PrefixMask,
    /// Class of a place, packed bytes of its second half; its first is 0. The empty text is one.
    ClassText,
    /// Its mask: none, of the empty text.
    ClassMask,
    /// Address of a place, packed bytes of its first half.
    LongHigh,
    /// Of its second.
    LongLow,
    /// Its mask.
    LongMask,
    /// 128ᵖ for p below 8.
    Shift,
    /// Bits of the categories that sums of three masks have.
    Categories,
}

impl Lookup {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::AddressText,
        Self::AddressMask,
        Self::SymbolsText,
        Self::SymbolsMask,
        Self::PrefixText,
        Self::PrefixMask,
        Self::ClassText,
        Self::ClassMask,
        Self::LongHigh,
        Self::LongLow,
        Self::LongMask,
        Self::Shift,
        Self::Categories,
    ];

    /// Numbers, with what stands beside each.
    pub fn entries(self) -> Vec<(u64, BigInt)> {
        match self {
            Self::AddressText => texts(ADDRESS_FORM.places, &addresses(), |found| found.packed.clone()),
            Self::AddressMask => masks(ADDRESS_FORM.places, &addresses()),
            Self::SymbolsText => texts(SYMBOLS_FORM.places, &symbols(), |found| found.packed.clone()),
            Self::SymbolsMask => masks(SYMBOLS_FORM.places, &symbols()),
            Self::PrefixText => texts(PREFIX_FORM.places, &prefixes(), |found| found.packed.clone()),
            Self::PrefixMask => masks(PREFIX_FORM.places, &prefixes()),
            Self::ClassText => texts(CLASS_FORM.places, &classes(), |found| found.packed.clone()),
            Self::ClassMask => masks(CLASS_FORM.places, &classes()),
            Self::LongHigh => texts(LONG_FORM.places, &long(), |found| found.high.clone()),
            Self::LongLow => texts(LONG_FORM.places, &long(), |found| found.packed.clone()),
            Self::LongMask => masks(LONG_FORM.places, &long()),
            Self::Shift => (0..ROW_SYMBOLS as u64)
                .map(|p| (p, BigInt::from(1) << (u64::from(FOLDED_BYTE_BITS) * p)))
                .collect(),
            Self::Categories => category_sums(),
        }
    }
}

/// A text of a set as a circuit has it.
struct Found {
    place: u64,
    high: BigInt,
    packed: BigInt,
    mask: BigInt,
}

fn texts(places: u32, found: &[Found], text: impl Fn(&Found) -> BigInt) -> Vec<(u64, BigInt)> {
    by_place(places, found, BigInt::from(-1), text)
}

fn masks(places: u32, found: &[Found]) -> Vec<(u64, BigInt)> {
    by_place(places, found, BigInt::from(0), |found| found.mask.clone())
}

fn by_place(
    places: u32,
    found: &[Found],
    none: BigInt,
    value: impl Fn(&Found) -> BigInt,
) -> Vec<(u64, BigInt)> {
    let at = |place: u64| found.iter().find(|found| found.place == place);
    (0..places.into()).map(|place| (place, at(place).map_or_else(|| none.clone(), &value))).collect()
}

/// The mask of a category: one source of it.
pub fn category_mask(tag: Tag) -> BigInt {
    BigInt::from(1) << (CATEGORY_BITS * tag.bit())
}

/// The mask of a class: one transaction of it.
pub fn class_mask(tag: Tag) -> BigInt {
    BigInt::from(1) << (CLASS_BITS * (tag.bit() - FIRST_CLASS))
}

fn of_sets(sets: &[(Tag, &'static [&'static str])]) -> Vec<(Tag, &'static str)> {
    sets.iter().flat_map(|(tag, texts)| texts.iter().map(|text| (*tag, *text))).collect()
}

/// Symbols of the hex digits behind `0x`, two each.
fn hex_symbols(text: &str) -> Vec<u64> {
    let pairs = text.as_bytes().get(2..).unwrap_or_default().chunks_exact(2);
    pairs.map(|pair| 31 * u64::from(pair[0]) + u64::from(pair[1]) - u64::from(PAIR_OFFSET)).collect()
}

fn pack(digits: impl DoubleEndedIterator<Item = u64>, bits: u32) -> BigInt {
    digits.rev().fold(BigInt::from(0), |sum, digit| (sum << bits) + digit)
}

/// Addresses of 40 digits.
fn addresses() -> Vec<Found> {
    let all = of_sets(&ADDRESSES).into_iter().map(|(tag, text)| (tag, hex_symbols(text), text.len()));
    let whole = all.filter(|(.., bytes)| *bytes == 2 + 2 * ADDRESS_SYMBOLS);
    let found = whole.map(|(tag, symbols, _)| Found {
        place: ADDRESS_FORM.place(&symbols[ADDRESS_FIRST..]),
        high: BigInt::from(0),
        packed: pack_slot(&symbols),
        mask: category_mask(tag),
    });
    found.collect()
}

/// The symbols of a slot of addresses as its commitment has them: row by row, those of a row low ones first, the last row of fewer.
fn pack_slot(symbols: &[u64]) -> BigInt {
    let rows = symbols.chunks(ROW_SYMBOLS);
    rows.fold(BigInt::from(0), |sum, row| {
        let places = if row.len() < ROW_SYMBOLS { TAIL_SYMBOLS } else { ROW_SYMBOLS };
        (sum << (SYMBOL_BITS * places as u32)) + pack(row.iter().copied(), SYMBOL_BITS)
    })
}

fn symbols() -> Vec<Found> {
    let found = of_sets(&SELECTORS).into_iter().map(|(tag, text)| {
        let symbols = hex_symbols(text);
        Found {
            place: SYMBOLS_FORM.place(&symbols),
            high: BigInt::from(0),
            packed: pack(symbols.into_iter(), SYMBOL_BITS),
            mask: category_mask(tag),
        }
    });
    found.collect()
}

/// As texts may have it once they are folded: with each `x` in either case.
fn cases(text: &str) -> Vec<Vec<u8>> {
    text.bytes().fold(vec![Vec::new()], |all, byte| {
        let both: &[u8] = if byte.eq_ignore_ascii_case(&b'x') { b"xX" } else { &[byte.to_ascii_lowercase()] };
        all.iter().flat_map(|front| both.iter().map(|byte| [&front[..], &[*byte]].concat())).collect()
    })
}

fn prefixes() -> Vec<Found> {
    let found = of_sets(&SELECTORS).into_iter().flat_map(|(tag, text)| {
        cases(text).into_iter().map(move |bytes| {
            let packed = pack(bytes.into_iter().rev().map(u64::from), FOLDED_BYTE_BITS);
            Found {
                place: PREFIX_FORM.place(&prefix_limbs(&packed)),
                high: BigInt::from(0),
                mask: category_mask(tag),
                packed,
            }
        })
    });
    found.collect()
}

/// The limbs of a folded selector, 12 bits each.
pub fn prefix_limbs(packed: &BigInt) -> Vec<u64> {
    let limb = |i: usize| (packed >> (12 * i)) & BigInt::from(4095);
    (0..SELECTOR_LIMBS).map(|i| u64::try_from(limb(i)).unwrap_or_default()).collect()
}

fn classes() -> Vec<Found> {
    let texts = of_sets(&CLASSES)
        .into_iter()
        .flat_map(|(tag, text)| cases(text).into_iter().map(move |bytes| (bytes, class_mask(tag))));
    let empty = (Vec::new(), BigInt::from(0));
    texts.chain([empty]).map(|(bytes, mask)| of_bytes(&bytes, mask, CLASS_FORM)).collect()
}

fn long() -> Vec<Found> {
    let texts = of_sets(&ADDRESSES).into_iter();
    texts.map(|(tag, text)| of_bytes(text.as_bytes(), category_mask(tag), LONG_FORM)).collect()
}

/// A folded text at the end of a long slot.
fn of_bytes(bytes: &[u8], mask: BigInt, form: Form<8>) -> Found {
    let mut places = vec![0; LONG_SYMBOLS - bytes.len()];
    places.extend(bytes.iter().map(|byte| u64::from(*byte)));
    let mut columns = [0; ROW_SYMBOLS];
    places.iter().zip((0..ROW_SYMBOLS).cycle()).for_each(|(byte, column)| columns[column] += byte);
    let (high, low) = places.split_at(LONG_SYMBOLS / 2);
    let packed = |half: &[u64]| pack(half.iter().rev().copied(), FOLDED_BYTE_BITS);
    Found { place: form.place(&columns), high: packed(high), packed: packed(low), mask }
}

/// Every sum of the masks of a selector, a receiver and a sender, with the categories it has, a bit each.
fn category_sums() -> Vec<(u64, BigInt)> {
    let mask = |category: usize| 1_u64 << (CATEGORY_BITS as usize * category);
    let selectors = [0, mask(0), mask(1)];
    let addresses: Vec<u64> = std::iter::once(0).chain((0..TEXT_CATEGORIES).map(mask)).collect();
    let mut sums: Vec<u64> = Vec::new();
    for selector in selectors {
        for receiver in &addresses {
            sums.extend(addresses.iter().map(|sender| selector + receiver + sender));
        }
    }
    sums.sort_unstable();
    sums.dedup();
    let has = |sum: u64, category: usize| sum >> (CATEGORY_BITS as usize * category) & 3 > 0;
    let bits = |sum: u64| {
        (0..TEXT_CATEGORIES).map(|category| u64::from(has(sum, category)) << category).sum::<u64>()
    };
    sums.into_iter().map(|sum| (sum, bits(sum).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No two texts of a set are in one place: each place holds one text, and there are as many as texts.
    #[test]
    fn hashes_are_perfect() {
        for (found, places, texts) in [
            (addresses(), ADDRESS_FORM.places, 38),
            (symbols(), SYMBOLS_FORM.places, 18),
            (prefixes(), PREFIX_FORM.places, 36),
            (classes(), CLASS_FORM.places, 31),
            (long(), LONG_FORM.places, 39),
        ] {
            let mut taken: Vec<u64> = found.iter().map(|found| found.place).collect();
            taken.sort_unstable();
            taken.dedup();
            assert_eq!((taken.len(), found.len()), (texts, texts));
            assert!(taken.iter().all(|place| *place < places.into()));
            let mut packed: Vec<_> = found.iter().map(|found| (&found.high, &found.packed)).collect();
            packed.sort_unstable();
            packed.dedup();
            assert_eq!(packed.len(), texts, "texts are told apart");
        }
    }

    #[test]
    fn quotients_of_forms_are_limbs() {
        let most = |coefficients: &[u32], greatest: u64, places: u32| {
            coefficients.iter().map(|k| u64::from(*k) * greatest).sum::<u64>() / u64::from(places)
        };
        let symbol = u64::from(31 * u16::from(b'f') + u16::from(b'f') - PAIR_OFFSET);
        let column = 127 * (LONG_SYMBOLS / ROW_SYMBOLS) as u64;
        for quotient in [
            most(&ADDRESS_FORM.coefficients, symbol, ADDRESS_FORM.places),
            most(&SYMBOLS_FORM.coefficients, symbol, SYMBOLS_FORM.places),
            most(&PREFIX_FORM.coefficients, 4095, PREFIX_FORM.places),
            most(&CLASS_FORM.coefficients, column, CLASS_FORM.places),
            most(&LONG_FORM.coefficients, column, LONG_FORM.places),
        ] {
            assert!(quotient < 4096, "{quotient}");
        }
    }

    #[test]
    fn folding_leaves_the_x() {
        assert_eq!([b'A', b'Z', b'X', b'x', b'@', b'[', b'0'].map(fold), *b"azXx@[0");
        assert_eq!(cases("0X1x").len(), 4);
    }

    /// Numbers are distinct in each table; together they leave room beside a block's range table.
    #[test]
    fn tables_are_small() {
        let mut rows = 0;
        for lookup in Lookup::ALL {
            let mut numbers: Vec<u64> = lookup.entries().into_iter().map(|(number, _)| number).collect();
            let count = numbers.len();
            numbers.dedup();
            assert_eq!(numbers.len(), count, "{lookup:?}");
            rows += count;
        }
        assert!(rows < 1_100, "{rows}");
    }
}
