//! Records: what each adds to the sums.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::sources::{Sources, small};
use super::texts::{Entries, Tables, limb, no_limbs};
use crate::assignment::{Assignment, Cell, Free};
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
pub fn records(
    assignment: &mut Assignment,
    sources: &Sources<'_>,
    entries: &Entries,
    first: usize,
) -> RecordSums {
    assert!(sources.capacity.transactions <= MOST, "sums of {} transactions", sources.capacity.transactions);
    link_masks(assignment, sources, entries);
    let tables = Tables::new();
    let mut elements = Vec::new();
    let mut before = [Fr::zero(); ROWS];
    for place in 0..sources.capacity.transactions {
        let row = first + ROWS * place;
        for i in 0..ROWS {
            assignment.fix(fixed_at::K + GOES_ON, row + i, u8::from(place > 0));
        }
        elements.push(record(assignment, sources, &tables, place, row, &mut before));
    }
    let end = first + ROWS * sources.capacity.transactions;
    let sums = std::array::from_fn(|i| {
        assignment.enable(Gate::RuleTake, end + i);
        let cell = assignment.write(at::A, end + i, before[i]);
        Wire::new(cell, to_integer(assignment.read(cell)))
    });
    RecordSums { elements, sums }
}

/// The masks of the texts that links of records name.
fn link_masks(assignment: &mut Assignment, sources: &Sources<'_>, entries: &Entries) {
    for row in sources.records..sources.texts {
        if assignment.fixed_at(fixed_at::LINKS, row) != Fr::from(fixed_at::LINK) {
            continue;
        }
        let index =
            usize::try_from(small(assignment.read(Cell { column: at::A, row }))).unwrap_or(usize::MAX);
        let kind = usize::try_from(small(assignment.fixed_at(fixed_at::KIND, row))).unwrap_or(usize::MAX);
        let entry = entries.get(index).and_then(|kinds| kinds.get(kind));
        let mask = entry.map_or(Fr::zero(), |cell| assignment.read(*cell));
        assignment.write(at::MASK, row, mask);
    }
}

/// A quantity or a gap of as many bits, in all limbs of a row.
fn range(assignment: &mut Assignment, row: usize, value: &BigInt) -> Cell {
    const { assert!(QUANTITY_BITS == LIMB_BITS * LIMBS as u32) };
    assignment.enable(Gate::Range, row);
    let full = BigInt::from((1 << LIMB_BITS) - 1);
    for i in 0..LIMBS {
        limb(assignment, row, i, (value >> (LIMB_BITS * i as u32)) & &full, LIMB_BITS);
    }
    assignment.write_int(at::E, row, value.clone())
}

/// A free quantity.
fn quantity(assignment: &mut Assignment, row: usize, value: u128) -> Cell {
    let value = assignment.free(Free::Input, at::E, row, value);
    range(assignment, row, &value)
}

/// Writes into the row below a quantity whether it is above a limit; returns the bit.
fn above(assignment: &mut Assignment, row: usize, quantity: Cell, limit: u128) -> Fr {
    assignment.enable(Gate::RuleAbove, row);
    assignment.fix(fixed_at::K + LIMIT, row, limit);
    let over = to_integer(assignment.read(quantity)) - limit;
    let bit = assignment.free(Free::NotNegative, ABOVE, row, u8::from(over > BigInt::from(0)));
    let gap = &bit * (&over - 1) - (BigInt::from(1) - &bit) * &over;
    let gap = assignment.told(at::E, row, gap);
    range(assignment, row, &gap);
    let cell = assignment.write_int(ABOVE, row, bit);
    assignment.read(cell)
}

/// A record; returns its element of the commitment.
fn record(
    assignment: &mut Assignment,
    sources: &Sources<'_>,
    tables: &Tables,
    place: usize,
    first: usize,
    before: &mut [Fr; ROWS],
) -> Cell {
    let own = sources.records + RECORD_ROWS * place;
    let fields = sources.block.transactions.get(place).map(|transaction| &transaction.tag_fields);
    let [price, value] = [0, 1].map(|i| fields.map_or(0, |fields| [fields.price, fields.value][i].get()));
    let gas = gas(assignment, own);
    let masks = TEXT_ROWS.map(|j| Cell { column: at::MASK, row: own + j });
    let [class_row, price_row, category_row, value_row, above_row] = std::array::from_fn(|i| first + i);
    let mut sum = |assignment: &mut Assignment, row: usize, added: Fr| {
        let before = &mut before[row - first];
        let cell = assignment.write(at::SUM, row, *before + added);
        *before = assignment.read(cell);
    };

    let class = assignment.copy_to(masks[0], at::A, class_row);
    assignment.enable(Gate::RuleClass, class_row);
    let added = assignment.read(class);
    sum(assignment, class_row, added);
    let price = quantity(assignment, class_row, price);
    let high = above(assignment, price_row, price, HIGH_PRICE);
    sum(assignment, price_row, high);

    let value = quantity(assignment, value_row, value);
    let large = above(assignment, above_row, value, LARGE_VALUE);
    sum(assignment, above_row, large);
    let value = assignment.copy_to(value, at::E, category_row);

    let bits = categories(assignment, tables, category_row, [masks[1], masks[2], masks[3]]);
    let gas = assignment.copy_to(gas, at::D, category_row);
    let gas = assignment.read(gas);
    let [all, dex, nft] = GAS_LOW.map(power_of_two);
    let counts: Fr = (0..).zip(bits).map(|(i, bit)| bit * power_of_two(COUNT_BITS * i)).sum();
    sum(assignment, category_row, counts + gas * (all + bits[0] * dex + bits[1] * nft));

    assignment.enable(Gate::RuleValue, value_row);
    let price = assignment.copy_to(price, at::A, value_row);
    let (price, value) = (assignment.read(price), assignment.read(value));
    assignment.copy_to(Cell { column: at::D, row: own }, at::D, value_row);
    sum(assignment, value_row, value * (bits[2] + bits[3] * power_of_two(VOLUME_BITS)));
    assignment.write(at::B, value_row, price + value * power_of_two(QUANTITY_BITS))
}

/// Gas of a record, in a cell of its own.
fn gas(assignment: &mut Assignment, own: usize) -> Cell {
    let row = own + GAS_GATE_ROW;
    assignment.enable(Gate::RuleGas, row);
    let [sign, number] = [at::SIGN, at::NUMBER].map(|column| assignment.read(Cell { column, row: row - 1 }));
    assignment.write(at::MASK, row + GAS_ROTATION, (Fr::one() - sign) * number)
}

/// Categories of a record, a bit each.
fn categories(
    assignment: &mut Assignment,
    tables: &Tables,
    row: usize,
    masks: [Cell; 3],
) -> [Fr; CATEGORY_COLUMNS.len()] {
    assignment.enable(Gate::RuleCategory, row);
    let wires = masks.into_iter().zip([at::A, at::B, at::C]);
    let copies: Vec<Cell> = wires.map(|(mask, column)| assignment.copy_to(mask, column, row)).collect();
    let sum: Fr = copies.into_iter().map(|cell| assignment.read(cell)).sum();
    let found = small(tables.look_up(assignment, row, 0, Lookup::Categories, small(sum)));
    no_limbs(assignment, row, 1..LIMBS);
    let mut bit = 0;
    CATEGORY_COLUMNS.map(|column| {
        let value = assignment.told(column, row, BigInt::from(found >> bit & 1));
        bit += 1;
        let cell = assignment.write(column, row, to_field(&value));
        assignment.read(cell)
    })
}
