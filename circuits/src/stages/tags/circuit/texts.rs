//! Masks of texts.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::sources::{Sources, small};
use crate::assignment::{Assignment, Cell, Free};
use crate::chips::rules::text::{
    ADDRESS_LIMBS, CLASS_LIMBS, FORM, FRONT, LONG_LIMBS, MASK_LIMB, NO_SQUARE, PAD_LOW, REST_BITS,
    REST_LIMBS, ROW_BITS, SELECTOR_LIMB, SHIFT_LIMB, STARTED, TESTS, VALUE,
};
use crate::chips::{Gate, LIMB_BITS, LIMBS, at, fixed_at, lookup, table};
use crate::columns::RULE_TEXT_ROWS;
use crate::fixed::{power_of_two, to_field, to_integer};
use crate::sets::Tag;
use crate::sets::places::{
    ADDRESS_FORM, CLASS_FORM, FOLDED_BYTE_BITS, Form, LONG_FORM, Lookup, PREFIX_FORM, SELECTOR_BYTES,
    SELECTOR_SYMBOLS, SYMBOLS_FORM, class_mask, fold, prefix_limbs,
};
use crate::slots::{LONG_SYMBOLS, ROW_SYMBOLS, SYMBOL_BITS, SlotKind};

/// Row of a long slot with which the second half of its text starts.
const SECOND_HALF: usize = LONG_SYMBOLS / ROW_SYMBOLS / 2;

/// Bits of the first ten bytes, folded.
const SELECTOR_BITS: u32 = FOLDED_BYTE_BITS * SELECTOR_BYTES as u32;

/// Rows of a slot that links read, by kind: its mask as a class, as a selector, as an address.
pub type Entries = Vec<[Cell; 3]>;

/// What stands beside the numbers of every look-up, read once.
pub struct Tables(Vec<Vec<(u64, BigInt)>>);

impl Tables {
    /// All of them.
    pub fn new() -> Self {
        Self(Lookup::ALL.map(Lookup::entries).into())
    }

    /// Writes a number that is looked up into a limb, and beside it what the table has there; returns that.
    pub fn look_up(
        &self,
        assignment: &mut Assignment,
        row: usize,
        limb: usize,
        lookup: Lookup,
        number: u64,
    ) -> Fr {
        assignment.fix(fixed_at::TAG + limb, row, table::rule(lookup));
        let cell = assignment.write_int(at::LIMB + limb, row, number);
        let number = small(assignment.read(cell));
        let entries = &self.0[lookup as usize];
        let found = entries.binary_search_by_key(&number, |(number, _)| *number);
        let beside = found.map_or(Fr::zero(), |place| to_field(&entries[place].1));
        let cell = assignment.write(lookup::beside(limb), row, beside);
        assignment.read(cell)
    }
}

/// Writes a limb of so many bits.
pub fn limb(assignment: &mut Assignment, row: usize, limb: usize, value: impl Into<BigInt>, bits: u32) {
    let tag = table::width(bits).unwrap_or_else(|| panic!("no limb of {bits} bits exists"));
    assignment.fix(fixed_at::TAG + limb, row, tag);
    assignment.write_int(at::LIMB + limb, row, value);
}

/// Forbids all but 0 in limbs that a row leaves over.
pub fn no_limbs(assignment: &mut Assignment, row: usize, limbs: impl IntoIterator<Item = usize>) {
    limbs.into_iter().for_each(|i| limb(assignment, row, i, 0, 0));
}

/// Writes the masks of all slots, with what shows them from row `first` on; `zero` and `other` are masks that slots have whatever
/// they hold.
pub fn texts(
    assignment: &mut Assignment,
    sources: &Sources<'_>,
    first: usize,
    [zero, other]: [Cell; 2],
) -> Entries {
    let tables = Tables::new();
    let capacity = sources.capacity;
    let slots = [
        (SlotKind::Empty, 1),
        (SlotKind::Address, capacity.addresses),
        (SlotKind::Short, capacity.short),
        (SlotKind::Long, capacity.long),
    ];
    let slots = slots.into_iter().flat_map(|(kind, count)| std::iter::repeat_n(kind, count));
    let (mut slot, mut row) = (sources.texts, first);
    let mut entries = Entries::new();
    for kind in slots {
        let full = slot + kind.full_rows();
        let masks = match kind {
            SlotKind::Empty => [zero; 3],
            SlotKind::Address => {
                let [selector, address] = address(assignment, &tables, slot, row);
                [other, selector, address]
            }
            SlotKind::Short | SlotKind::Long => text(assignment, &tables, kind, slot, row, zero),
        };
        let kinds = [full + 1, full, full - 1];
        let copy = |(row, mask): (usize, Cell)| assignment.copy_to(mask, at::MASK, row);
        let copies: Vec<Cell> = kinds.into_iter().zip(masks).map(copy).collect();
        entries.push([copies[0], copies[1], copies[2]]);
        row += match kind {
            SlotKind::Empty => 0,
            SlotKind::Address => 1,
            SlotKind::Short | SlotKind::Long => RULE_TEXT_ROWS,
        };
        slot += kind.rows();
    }
    entries
}

/// Values of limbs.
fn limbs(assignment: &Assignment, row: usize) -> [u64; LIMBS] {
    std::array::from_fn(|i| small(assignment.read(Cell { column: at::LIMB + i, row })))
}

/// Whether a difference is 0, with what shows it.
fn is_zero(assignment: &mut Assignment, row: usize, [inverse, bit]: [usize; 2], difference: Fr) -> Fr {
    let equal = assignment.free(Free::Equal, bit, row, u8::from(difference == Fr::zero()));
    let cell = assignment.write_int(bit, row, equal);
    let equal = assignment.read(cell);
    let value = difference.invert().map(|inverse| inverse * (Fr::one() - equal));
    assignment.write(inverse, row, value.unwrap_or(Fr::zero()));
    equal
}

/// Writes places and quotient of a form, the first of which is looked up as a text and the last as its mask; returns what stands beside the
/// places.
fn look_up_form<const N: usize, const P: usize>(
    assignment: &mut Assignment,
    tables: &Tables,
    row: usize,
    (form, value): (Form<N>, u64),
    places: [(usize, Lookup); P],
    quotient: usize,
) -> [Fr; P] {
    let (place, rest) = (value % u64::from(form.places), value / u64::from(form.places));
    limb(assignment, row, quotient, rest, LIMB_BITS);
    places.map(|(limb, lookup)| tables.look_up(assignment, row, limb, lookup, place))
}

/// Masks of an address of a slot of its own: as a selector, as an address.
fn address(assignment: &mut Assignment, tables: &Tables, slot: usize, row: usize) -> [Cell; 2] {
    let symbols = limbs(assignment, slot);
    let packed =
        symbols[..SELECTOR_SYMBOLS].iter().rev().fold(0, |sum, symbol| (sum << SYMBOL_BITS) + symbol);
    assignment.enable(Gate::SymbolsFirst, slot);
    assignment.enable(Gate::SymbolsNext, slot + 1);
    let wires = [
        Cell { column: at::E, row: slot + SlotKind::Address.full_rows() },
        assignment.write_int(at::B, slot, packed),
        assignment.write_int(at::C, slot, SYMBOLS_FORM.sum(&symbols)),
        assignment.write_int(at::D, slot + 1, ADDRESS_FORM.sum(&limbs(assignment, slot + 1))),
    ];
    assignment.enable(Gate::RuleAddress, row);
    let columns = [at::A, at::B, at::C, at::D];
    let mut copies =
        wires.into_iter().zip(columns).map(|(wire, column)| assignment.copy_to(wire, column, row));
    let copies: [Cell; 4] = std::array::from_fn(|_| copies.next().expect("four wires"));
    let [text, selector, selector_form, form] = copies.map(|cell| assignment.read(cell));
    let [[own, own_mask, own_quotient], [other, other_mask, other_quotient]] = ADDRESS_LIMBS;
    let [found, mask] = look_up_form(
        assignment,
        tables,
        row,
        (ADDRESS_FORM, small(form)),
        [(own, Lookup::AddressText), (own_mask, Lookup::AddressMask)],
        own_quotient,
    );
    let equal = is_zero(assignment, row, TESTS[0], text - found);
    let own = assignment.write(at::MASK, row, equal * mask);
    let [found, mask] = look_up_form(
        assignment,
        tables,
        row,
        (SYMBOLS_FORM, small(selector_form)),
        [(other, Lookup::SymbolsText), (other_mask, Lookup::SymbolsMask)],
        other_quotient,
    );
    let equal = is_zero(assignment, row, TESTS[1], selector - found);
    let other = assignment.write(at::E, row, equal * mask);
    no_limbs(assignment, row, 6..LIMBS);
    [other, own]
}

/// Folds the rows of bytes of a slot.
fn fold_rows(assignment: &mut Assignment, kind: SlotKind, slot: usize) {
    let mut above = [Fr::zero(); STARTED.len()];
    let [mut front, mut form, mut value] = [Fr::zero(); 3];
    for r in 0..kind.full_rows() {
        let row = slot + r;
        let again = r == SECOND_HALF;
        let gate = match r {
            0 => Gate::FoldFirst,
            _ if again => Gate::FoldAgain,
            _ => Gate::FoldNext,
        };
        assignment.enable(gate, row);
        let bytes: Vec<Fr> = limbs(assignment, row)
            .into_iter()
            .enumerate()
            .map(|(i, byte)| {
                let folded = u8::try_from(byte).map_or(byte, |byte| fold(byte).into());
                let cell = assignment.write_int(lookup::beside(i), row, folded);
                assignment.read(cell)
            })
            .collect();
        let radix = power_of_two(FOLDED_BYTE_BITS);
        let packed = bytes.iter().fold(Fr::zero(), |sum, byte| sum * radix + byte);
        let weighted: Fr =
            CLASS_FORM.coefficients.iter().zip(&bytes).map(|(k, b)| Fr::from(u64::from(*k)) * b).sum();
        let pad = assignment.read(Cell { column: at::PAD, row });
        let honest = above[0] == Fr::one() || pad != Fr::from(ROW_SYMBOLS as u64);
        let started = assignment.free(Free::Started, STARTED[0], row, u8::from(honest));
        let mut here = [to_field(&started), above[0], above[1]];
        for (column, value) in STARTED.into_iter().zip(&mut here) {
            let cell = assignment.write(column, row, *value);
            *value = assignment.read(cell);
        }
        let [starts, next, after] = [0, 1, 2].map(|i| here[i] - above[i]);
        front += starts * packed * power_of_two(ROW_BITS + FOLDED_BYTE_BITS)
            + next * packed * radix
            + after * bytes[0];
        form += weighted + starts * pad * power_of_two(PAD_LOW);
        value = if again { packed } else { value * power_of_two(ROW_BITS) + packed };
        for (column, value) in [(FRONT, &mut front), (FORM, &mut form), (VALUE, &mut value)] {
            let cell = assignment.write(column, row, *value);
            *value = assignment.read(cell);
        }
        above = here;
    }
    let tail = slot + kind.full_rows();
    assignment.enable(Gate::FoldFront, tail);
    assignment.write(VALUE, tail, front);
    let form = assignment.write(FORM, tail, form);
    assignment.enable(Gate::FoldForm, tail + 1);
    assignment.write(VALUE, tail + 1, assignment.read(form));
}

/// Masks of a short or long slot: as a class, as a selector, as an address. The first half of a short one is `zero`.
fn text(
    assignment: &mut Assignment,
    tables: &Tables,
    kind: SlotKind,
    slot: usize,
    first: usize,
    zero: Cell,
) -> [Cell; 3] {
    fold_rows(assignment, kind, slot);
    let tail = slot + kind.full_rows();
    let high = match kind {
        SlotKind::Long => Cell { column: VALUE, row: slot + SECOND_HALF - 1 },
        SlotKind::Empty | SlotKind::Address | SlotKind::Short => zero,
    };
    let [front_row, selector_row, last_row] = [first, first + 1, first + 2];
    let (shift, [class, address]) = whole(
        assignment,
        tables,
        last_row,
        [(tail - 1), (tail + 1)].map(|row| Cell { column: VALUE, row }),
        high,
    );
    assignment.enable(Gate::RuleFront, front_row);
    let front = assignment.copy_to(Cell { column: VALUE, row: tail }, at::A, front_row);
    let shift = assignment.copy_to(shift, at::B, front_row);
    let shifted = to_integer(assignment.read(front) * assignment.read(shift));
    let selector = assignment.told(at::C, selector_row, &shifted >> REST_BITS);
    let (place, equal) = self::selector(assignment, tables, selector_row, selector);
    assignment.copy_to(Cell { column: at::C, row: selector_row }, at::C, front_row);
    let place = assignment.copy_to(place, at::D, front_row);
    let equal = assignment.copy_to(equal, at::E, front_row);
    let rest = shifted & ((BigInt::from(1) << REST_BITS) - 1);
    write_limbs(assignment, front_row, &rest, REST_BITS);
    no_limbs(assignment, front_row, (REST_LIMBS..LIMBS).filter(|i| *i != MASK_LIMB));
    let mask =
        tables.look_up(assignment, front_row, MASK_LIMB, Lookup::PrefixMask, small(assignment.read(place)));
    let selector = assignment.write(at::MASK, front_row, assignment.read(equal) * mask);
    [class, selector, address]
}

/// Limbs of a value of so many bits, from the first on.
fn write_limbs(assignment: &mut Assignment, row: usize, value: &BigInt, bits: u32) {
    let full = BigInt::from((1 << LIMB_BITS) - 1);
    for (i, low) in (0..bits).step_by(LIMB_BITS as usize).enumerate() {
        limb(assignment, row, i, (value >> low) & &full, LIMB_BITS.min(bits - low));
    }
}

/// The first ten bytes of a text, in limbs: their place, and whether they are the selector there.
fn selector(assignment: &mut Assignment, tables: &Tables, row: usize, value: BigInt) -> (Cell, Cell) {
    assignment.enable(Gate::RuleSelector, row);
    write_limbs(assignment, row, &value, SELECTOR_BITS);
    let sum = PREFIX_FORM.sum(&prefix_limbs(&value));
    let cell = assignment.write_int(at::C, row, value);
    let value = assignment.read(cell);
    let [place, quotient] = SELECTOR_LIMB;
    let [found] =
        look_up_form(assignment, tables, row, (PREFIX_FORM, sum), [(place, Lookup::PrefixText)], quotient);
    let number = assignment.read(Cell { column: at::LIMB + place, row });
    is_zero(assignment, row, [TESTS[0][0], at::E], value - found);
    (assignment.write(at::D, row, number), Cell { column: at::E, row })
}

/// A text as a class and as an address: 128ᵖ, and the two masks. `low` is its second half and its form, `high` its first half.
fn whole(
    assignment: &mut Assignment,
    tables: &Tables,
    row: usize,
    [low, form]: [Cell; 2],
    high: Cell,
) -> (Cell, [Cell; 2]) {
    assignment.enable(Gate::RuleText, row);
    let copies = [(low, at::A), (form, at::B), (high, at::C)]
        .map(|(from, column)| assignment.copy_to(from, column, row));
    let [low, form, high] = copies.map(|cell| assignment.read(cell));
    let form = small(form);
    let (pad, sum) = (form >> PAD_LOW, form & ((1 << PAD_LOW) - 1));
    let shift = tables.look_up(assignment, row, SHIFT_LIMB, Lookup::Shift, pad);
    let shift = assignment.write(at::E, row, shift);
    let [text, mask, quotient] = CLASS_LIMBS;
    let places = [(text, Lookup::ClassText), (mask, Lookup::ClassMask)];
    let [text, mask] = look_up_form(assignment, tables, row, (CLASS_FORM, sum), places, quotient);
    let both = |one: Fr, other: Fr| one.square() - other.square() * Fr::from(NO_SQUARE);
    let equal = is_zero(assignment, row, TESTS[0], both(low - text, high));
    let other = to_field(&class_mask(Tag::AssetOther));
    let class = assignment.write(at::MASK, row, equal * mask + (Fr::one() - equal) * other);
    let [first, second, mask, quotient] = LONG_LIMBS;
    let places = [(first, Lookup::LongHigh), (second, Lookup::LongLow), (mask, Lookup::LongMask)];
    let [first, second, mask] = look_up_form(assignment, tables, row, (LONG_FORM, sum), places, quotient);
    let equal = is_zero(assignment, row, TESTS[1], both(high - first, low - second));
    (shift, [class, assignment.write(at::D, row, equal * mask)])
}
