//! Records: what each adds to the sums.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::sources::{Sources, small};
use super::texts::{Entries, Tables, limb, no_limbs};
use crate::block::QUANTITY_BITS;
use crate::chips::arith::Wire;
use crate::chips::rules::record::{
    ABOVE, CATEGORY_COLUMNS, COUNT_BITS, GAS_GATE_ROW, GAS_LOW, GAS_ROTATION, GOES_ON, LIMIT, MOST, ROWS,
    VOLUME_BITS,
};
use crate::chips::{Gate, LIMB_BITS, LIMBS, at, fixed_at};
use crate::columns::RECORD_ROWS;
use crate::fixed::{power_of_two, to_field, to_integer};
use crate::sets::places::Lookup;
use crate::sheet::{Cell, Free, Sheet};
use crate::stages::tags::{HIGH_PRICE, LARGE_VALUE};

/// Links of a transaction, by their place among its texts: class, selector, sender, receiver.
const TEXT_ROWS: [usize; 4] = [0, 2, 3, 4];

/// What all records add up to.
pub struct RecordSums {
    /// Elements of the commitment, by place.
    pub elements: Vec<Cell>,
    /// The sums, by row of a record.
    pub sums: [Wire; ROWS],
}

/// Writes the masks of all links, and what each record adds to the sums, from row `first` on.
pub fn records(sheet: &mut Sheet, sources: &Sources<'_>, entries: &Entries, first: usize) -> RecordSums {
    assert!(sources.capacity.transactions <= MOST, "sums of {} transactions", sources.capacity.transactions);
    link_masks(sheet, sources, entries);
    let tables = Tables::new();
    let mut elements = Vec::new();
    let mut before = [Fr::zero(); ROWS];
    for place in 0..sources.capacity.transactions {
        let row = first + ROWS * place;
        for i in 0..ROWS {
            sheet.fix(fixed_at::K + GOES_ON, row + i, u8::from(place > 0));
        }
        elements.push(record(sheet, sources, &tables, place, row, &mut before));
    }
    let end = first + ROWS * sources.capacity.transactions;
    let sums = std::array::from_fn(|i| {
        sheet.enable(Gate::RuleTake, end + i);
        let cell = sheet.write(at::A, end + i, before[i]);
        Wire::new(cell, to_integer(sheet.read(cell)))
    });
    RecordSums { elements, sums }
}

/// The masks of the texts that links of records name.
fn link_masks(sheet: &mut Sheet, sources: &Sources<'_>, entries: &Entries) {
    for row in sources.records..sources.texts {
        if sheet.fixed_at(fixed_at::LINKS, row) != Fr::from(fixed_at::LINK) {
            continue;
        }
        let index = usize::try_from(small(sheet.read(Cell { column: at::A, row }))).unwrap_or(usize::MAX);
        let kind = usize::try_from(small(sheet.fixed_at(fixed_at::KIND, row))).unwrap_or(usize::MAX);
        let entry = entries.get(index).and_then(|kinds| kinds.get(kind));
        let mask = entry.map_or(Fr::zero(), |cell| sheet.read(*cell));
        sheet.write(at::MASK, row, mask);
    }
}

/// A quantity or a gap of as many bits, in all limbs of a row.
fn range(sheet: &mut Sheet, row: usize, value: &BigInt) -> Cell {
    const { assert!(QUANTITY_BITS == LIMB_BITS * LIMBS as u32) };
    sheet.enable(Gate::Range, row);
    let full = BigInt::from((1 << LIMB_BITS) - 1);
    for i in 0..LIMBS {
        limb(sheet, row, i, (value >> (LIMB_BITS * i as u32)) & &full, LIMB_BITS);
    }
    sheet.write_int(at::E, row, value.clone())
}

/// A free quantity.
fn quantity(sheet: &mut Sheet, row: usize, value: u128) -> Cell {
    let value = sheet.free(Free::Input, at::E, row, value);
    range(sheet, row, &value)
}

/// Writes into the row below a quantity whether it is above a limit; returns the bit.
fn above(sheet: &mut Sheet, row: usize, quantity: Cell, limit: u128) -> Fr {
    sheet.enable(Gate::RuleAbove, row);
    sheet.fix(fixed_at::K + LIMIT, row, limit);
    let over = to_integer(sheet.read(quantity)) - limit;
    let bit = sheet.free(Free::NotNegative, ABOVE, row, u8::from(over > BigInt::from(0)));
    let gap = &bit * (&over - 1) - (BigInt::from(1) - &bit) * &over;
    let gap = sheet.told(at::E, row, gap);
    range(sheet, row, &gap);
    let cell = sheet.write_int(ABOVE, row, bit);
    sheet.read(cell)
}

/// A record; returns its element of the commitment.
fn record(
    sheet: &mut Sheet,
    sources: &Sources<'_>,
    tables: &Tables,
    place: usize,
    first: usize,
    before: &mut [Fr; ROWS],
) -> Cell {
    let own = sources.records + RECORD_ROWS * place;
    let fields = sources.block.transactions.get(place).map(|transaction| &transaction.tag_fields);
    let [price, value] = [0, 1].map(|i| fields.map_or(0, |fields| [fields.price, fields.value][i].get()));
    let gas = gas(sheet, own);
    let masks = TEXT_ROWS.map(|j| Cell { column: at::MASK, row: own + j });
    let [class_row, price_row, category_row, value_row, above_row] = std::array::from_fn(|i| first + i);
    let mut sum = |sheet: &mut Sheet, row: usize, added: Fr| {
        let before = &mut before[row - first];
        let cell = sheet.write(at::SUM, row, *before + added);
        *before = sheet.read(cell);
    };

    let class = sheet.copy_to(masks[0], at::A, class_row);
    sheet.enable(Gate::RuleClass, class_row);
    let added = sheet.read(class);
    sum(sheet, class_row, added);
    let price = quantity(sheet, class_row, price);
    let high = above(sheet, price_row, price, HIGH_PRICE);
    sum(sheet, price_row, high);

    let value = quantity(sheet, value_row, value);
    let large = above(sheet, above_row, value, LARGE_VALUE);
    sum(sheet, above_row, large);
    let value = sheet.copy_to(value, at::E, category_row);

    let bits = categories(sheet, tables, category_row, [masks[1], masks[2], masks[3]]);
    let gas = sheet.copy_to(gas, at::D, category_row);
    let gas = sheet.read(gas);
    let [all, dex, nft] = GAS_LOW.map(power_of_two);
    let counts: Fr = (0..).zip(bits).map(|(i, bit)| bit * power_of_two(COUNT_BITS * i)).sum();
    sum(sheet, category_row, counts + gas * (all + bits[0] * dex + bits[1] * nft));

    sheet.enable(Gate::RuleValue, value_row);
    let price = sheet.copy_to(price, at::A, value_row);
    let (price, value) = (sheet.read(price), sheet.read(value));
    sheet.copy_to(Cell { column: at::D, row: own }, at::D, value_row);
    sum(sheet, value_row, value * (bits[2] + bits[3] * power_of_two(VOLUME_BITS)));
    sheet.write(at::B, value_row, price + value * power_of_two(QUANTITY_BITS))
}

/// Gas of a record, in a cell of its own.
fn gas(sheet: &mut Sheet, own: usize) -> Cell {
    let row = own + GAS_GATE_ROW;
    sheet.enable(Gate::RuleGas, row);
    let [sign, number] = [at::SIGN, at::NUMBER].map(|column| sheet.read(Cell { column, row: row - 1 }));
    sheet.write(at::MASK, row + GAS_ROTATION, (Fr::one() - sign) * number)
}

/// Categories of a record, a bit each.
fn categories(
    sheet: &mut Sheet,
    tables: &Tables,
    row: usize,
    masks: [Cell; 3],
) -> [Fr; CATEGORY_COLUMNS.len()] {
    sheet.enable(Gate::RuleCategory, row);
    let wires = masks.into_iter().zip([at::A, at::B, at::C]);
    let copies: Vec<Cell> = wires.map(|(mask, column)| sheet.copy_to(mask, column, row)).collect();
    let sum: Fr = copies.into_iter().map(|cell| sheet.read(cell)).sum();
    let found = small(tables.look_up(sheet, row, 0, Lookup::Categories, small(sum)));
    no_limbs(sheet, row, 1..LIMBS);
    let mut bit = 0;
    CATEGORY_COLUMNS.map(|column| {
        let value = sheet.told(column, row, BigInt::from(found >> bit & 1));
        bit += 1;
        let cell = sheet.write(column, row, to_field(&value));
        sheet.read(cell)
    })
}
