//! Records: five rows for each place of a transaction.
//!
//! | row | wires | e | sum, over all records so far |
//! |---|---|---|---|
//! | 0 | a: mask of the class | price | of the masks: transactions of each class, 12 bits each |
//! | 1 | | what it lacks to its limit, or is beyond it | of the bits "above" |
//! | 2 | a, b, c: masks of selector, sender, receiver; d: gas | value | transactions of categories 0 to 3, 16 bits each; gas, 60 bits; gas of categories 0 and 1 |
//! | 3 | a: price; b: price + 2⁹⁶·value; d: whether the record is there | value | of category 2, 108 bits; of category 3 |
//! | 4 | | as row 1, of the value | as row 1 |
//!
//! * *above* is the bit z with z·(q − limit − 1) + (1 − z)·(limit − q) in 96 bits, as q is: with the other bit it is negative
//! * *categories*: the three masks, at most three sources a category in two bits, are looked up; the table has the bits of their sum beside it
//! * *gas*: (1 − σ)·number, in a cell of the record's own
//! * fewer than 2¹² transactions keep all sums apart

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;

use super::super::set::{ChipSet, Query, boolean, constant, digits};
use super::zero::beside;
use crate::block::QUANTITY_BITS;
use crate::columns::{Gate, RULE_RECORD_ROWS, at};
use crate::fixed::power_of_two;
use crate::sets::places::TEXT_CATEGORIES;

/// Rows of a record.
pub const ROWS: usize = RULE_RECORD_ROWS;
/// Row of a record that the gate of its gas is in, below that of its number.
pub const GAS_GATE_ROW: usize = 3;
/// Rows from there to the cell that holds it.
pub const GAS_ROTATION: usize = 2;
/// Columns of the categories' bits.
pub const CATEGORY_COLUMNS: [usize; TEXT_CATEGORIES] = [at::SIGN, at::OVER, at::INVERSE, at::NUMBER];
/// Column of the bit "above".
pub const ABOVE: usize = at::SIGN;
/// Coefficient of the limit, and whether sums go on.
pub const LIMIT: usize = 0;
/// Likewise.
pub const GOES_ON: usize = 7;
/// Bits of a count, of gas and of a volume, over all records.
pub const COUNT_BITS: u32 = 16;
/// Likewise.
pub const GAS_BITS: u32 = 60;
/// Likewise.
pub const VOLUME_BITS: u32 = 108;
/// Lowest bits of the sums of gas: all, of category 0, of category 1.
pub const GAS_LOW: [u32; 3] = [
    COUNT_BITS * TEXT_CATEGORIES as u32,
    COUNT_BITS * TEXT_CATEGORIES as u32 + GAS_BITS,
    COUNT_BITS * TEXT_CATEGORIES as u32 + 2 * GAS_BITS,
];
/// Transactions, at most.
pub const MOST: usize = (1 << 12) - 1;

const _: () = assert!(GAS_LOW[2] + GAS_BITS <= 252 && 2 * VOLUME_BITS <= 252);

/// What a sum grows by in the row.
fn grows(q: &mut Query<'_, '_>) -> halo2_proofs::plonk::Expression<Fr> {
    q.advice(at::SUM, 0) - q.k(GOES_ON) * q.advice(at::SUM, -(ROWS as i32))
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::RuleGas, |q| {
        let gas = (constant(1) - q.advice(at::SIGN, -1)) * q.advice(at::NUMBER, -1);
        vec![("gas = number, if not negative", q.advice(at::MASK, GAS_ROTATION as i32) - gas)]
    });
    chips.gate(meta, Gate::RuleClass, |q| vec![("classes so far", grows(q) - q.advice(at::A, 0))]);
    chips.gate(meta, Gate::RuleAbove, |q| {
        let (above, limit) = (q.advice(ABOVE, 0), q.k(LIMIT));
        let over = q.advice(at::E, -1) - limit;
        let gap = above.clone() * (over.clone() - constant(1)) - (constant(1) - above.clone()) * over;
        vec![
            ("above is 0 or 1", boolean(above.clone())),
            ("e = above ? q - limit - 1 : limit - q", q.advice(at::E, 0) - gap),
            ("above so far", grows(q) - above),
        ]
    });
    chips.gate(meta, Gate::RuleCategory, |q| {
        let [a, b, c, gas] = [at::A, at::B, at::C, at::D].map(|column| q.advice(column, 0));
        let [sum, ..] = q.limbs();
        let bits = CATEGORY_COLUMNS.map(|column| q.advice(column, 0));
        let counts = digits(bits.iter().cloned(), COUNT_BITS);
        let [all, first, second] = GAS_LOW.map(power_of_two);
        let of = constant(0) + bits[0].clone() * first + bits[1].clone() * second;
        let added = counts + gas.clone() * all + gas * of;
        let mut constraints: Vec<_> =
            bits.iter().map(|bit| ("category is 0 or 1", boolean(bit.clone()))).collect();
        constraints.push(("limb = three masks", sum - a - b - c));
        constraints.push(("its categories", beside(q, 0) - digits(bits, 1)));
        constraints.push(("counts and gas so far", grows(q) - added));
        constraints
    });
    chips.gate(meta, Gate::RuleValue, |q| {
        let [price, element, there, value] = [at::A, at::B, at::D, at::E].map(|column| q.advice(column, 0));
        let of = [2, 3].map(|category| q.advice(CATEGORY_COLUMNS[category], -1));
        let packed = price + value.clone() * power_of_two(QUANTITY_BITS);
        vec![
            ("b = price + 2^96 value", element.clone() - packed),
            ("neither unless there", (constant(1) - there) * element),
            ("volumes so far", grows(q) - value * digits(of, VOLUME_BITS)),
        ]
    });
    chips.gate(meta, Gate::RuleTake, |q| {
        vec![("a = sum of the last record", q.advice(at::A, 0) - q.advice(at::SUM, -(ROWS as i32)))]
    });
}
