//! Which tag a text makes, by tables of the sets.

use std::sync::LazyLock;

use crate::block::Text;
use crate::sets::places::SELECTOR_BYTES;
use crate::sets::{ADDRESSES, CLASSES, SELECTORS, Tag};
use crate::stages::features::byte_hash;

/// Rows of the table of a set.
pub const TABLE_ROWS: usize = 1 << TABLE_BITS;
/// Bits that choose a row.
const TABLE_BITS: u32 = 10;

/// What stands in a row of a table: the one text of a set that would be looked for there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The text, in lower case for selectors and addresses, in upper case for classes.
    pub text: &'static str,
    /// The tag it makes.
    pub tag: Tag,
}

/// A set, each text in the row that its hash names: no two are in one.
#[derive(Debug)]
pub struct SetTable(Box<[Option<Entry>; TABLE_ROWS]>);

impl SetTable {
    fn new(set: &[(Tag, &'static [&'static str])], row: impl Fn(&[u8]) -> Option<usize>) -> Self {
        let mut rows = Box::new([None; TABLE_ROWS]);
        for (tag, texts) in set {
            for text in *texts {
                // Every text of these sets has a row.
                let row = row(text.as_bytes()).unwrap_or_default();
                rows[row] = Some(Entry { text, tag: *tag });
            }
        }
        Self(rows)
    }

    /// The rows.
    pub fn rows(&self) -> &[Option<Entry>; TABLE_ROWS] {
        &self.0
    }

    fn tag(&self, row: Option<usize>, text: &[u8]) -> Option<Tag> {
        let entry = self.0[row?]?;
        (entry.text.as_bytes() == text).then_some(entry.tag)
    }
}

static SELECTOR_TABLE: LazyLock<SetTable> = LazyLock::new(|| SetTable::new(&SELECTORS, hex_row));
static ADDRESS_TABLE: LazyLock<SetTable> = LazyLock::new(|| SetTable::new(&ADDRESSES, hex_row));
static CLASS_TABLE: LazyLock<SetTable> =
    LazyLock::new(|| SetTable::new(&CLASSES, |text| Some(class_row(text))));

/// The table of selectors, by [`hex_row`].
pub fn selector_table() -> &'static SetTable {
    &SELECTOR_TABLE
}

/// The table of addresses, by [`hex_row`].
pub fn address_table() -> &'static SetTable {
    &ADDRESS_TABLE
}

/// The table of classes, by [`class_row`].
pub fn class_table() -> &'static SetTable {
    &CLASS_TABLE
}

/// The row of a selector or an address: the last 10 bits of its digits. None if the last three bytes are no digits, which no text of the sets has.
pub fn hex_row(text: &[u8]) -> Option<usize> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| usize::try_from(digit).ok());
    let [.., a, b, c] = text else { return None };
    Some((digit(a)? << 8 | digit(b)? << 4 | digit(c)?) % TABLE_ROWS)
}

/// The row of a class: the last 10 bits of its text hash.
pub fn class_row(text: &[u8]) -> usize {
    byte_hash(text) as usize % TABLE_ROWS
}

/// The category of a selector: of the first ten bytes of a text, in any case.
pub fn selector_tag(text: &Text) -> Option<Tag> {
    let selector = text.bytes().get(..SELECTOR_BYTES)?.to_ascii_lowercase();
    SELECTOR_TABLE.tag(hex_row(&selector), &selector)
}

/// The category of an address, whose digits may be of any case, but not its `x`.
pub fn address_tag(text: &Text) -> Option<Tag> {
    let address = text.bytes().to_ascii_lowercase();
    text.bytes().starts_with(b"0x").then(|| ADDRESS_TABLE.tag(hex_row(&address), &address)).flatten()
}

/// The tag of a class in any case: none of the empty text, [`Tag::AssetOther`] of unknown ones.
pub fn class_tag(text: &Text) -> Option<Tag> {
    let class = text.bytes().to_ascii_uppercase();
    let known = || CLASS_TABLE.tag(Some(class_row(&class)), &class).unwrap_or(Tag::AssetOther);
    (!text.is_empty()).then(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text::new(text).unwrap()
    }

    #[test]
    fn tags_have_their_bits() {
        for (bit, tag) in (0..).zip(Tag::ALL) {
            assert_eq!(tag.bit(), bit);
        }
        assert_eq!((Tag::ALL.len(), Tag::AssetOther.bit(), Tag::AssetOther.name()), (34, 33, "ASSET_OTHER"));
    }

    /// No two texts of a set are in one row, and none is in two sets: as many entries as texts.
    #[test]
    fn every_text_has_a_row_of_its_own() {
        for (table, set, count) in [
            (selector_table(), &SELECTORS[..], 18),
            (address_table(), &ADDRESSES[..], 39),
            (class_table(), &CLASSES[..], 23),
        ] {
            assert_eq!(set.iter().map(|(_, texts)| texts.len()).sum::<usize>(), count);
            assert_eq!(table.rows().iter().flatten().count(), count);
        }
        let all = [&SELECTORS[..], &ADDRESSES, &CLASSES].into_iter().flatten();
        for (tag, texts) in all {
            for one in *texts {
                let found = [selector_tag(&text(one)), address_tag(&text(one)), class_tag(&text(one))];
                let found: Vec<Tag> =
                    found.into_iter().flatten().filter(|found| *found != Tag::AssetOther).collect();
                assert_eq!(found, [*tag], "{one}");
            }
        }
    }

    #[test]
    fn case_counts_only_in_the_x_of_addresses() {
        assert_eq!(selector_tag(&text("0X23B872dd0000")), Some(Tag::NftActivity), "the first ten bytes");
        assert_eq!(selector_tag(&text("0x23b872d")), None);
        assert_eq!(selector_tag(&text("0x23b872de")), None, "another row");
        assert_eq!(selector_tag(&text("1x23b872dd")), None, "the same row");
        let address = ADDRESSES[0].1[0];
        let upper = format!("0x{}", address[2..].to_uppercase());
        assert_eq!(address_tag(&text(&upper)), Some(Tag::DexActivity));
        assert_eq!(address_tag(&text(&address.to_uppercase())), None);
        assert_eq!(address_tag(&text(&format!("{address}0"))), None);
        assert_eq!(address_tag(&text("")), None);
        for (class, tag) in [
            ("", None),
            ("dex", Some(Tag::AssetDex)),
            ("0x2", Some(Tag::AssetEip1559Flow)),
            ("dex ", Some(Tag::AssetOther)),
        ] {
            assert_eq!(class_tag(&text(class)), tag, "{class}");
        }
    }
}
