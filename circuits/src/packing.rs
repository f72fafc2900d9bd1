//! Widths of what commitments pack into field elements.

/// Bits of a packed number, offset by 2⁴⁷.
pub const NUMBER_BITS: u32 = 48;
/// Numbers in the first of a record's two elements; the rest goes before the links in the second.
pub const FIRST_NUMBERS: usize = 5;
/// Bits of a packed folded value, offset by half its range.
pub const FOLDED_BITS: u32 = 36;
/// Folded values in an element.
pub const FOLDED_PER_ELEMENT: usize = 7;
/// Bits of a packed mean, offset by half its range.
pub const MEAN_BITS: u32 = 36;
/// Bits of a packed inverse deviation, offset by half its range.
pub const INVERSE_BITS: u32 = 60;
/// Bits of a packed centroid coordinate, offset by half its range.
pub const CENTROID_BITS: u32 = 31;
/// Values of a table in an element, in [`NUMBER_BITS`] each.
pub const TABLE_PER_ELEMENT: usize = 5;
/// Bits of each count, before height and timestamp of [`INTEGER_BITS`] bits.
pub const COUNT_BITS: u32 = 16;
/// Bits of height and timestamp.
pub const INTEGER_BITS: u32 = 53;
