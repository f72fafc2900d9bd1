//! Fields of adapters.
//!
//! Of each place three numbers of 48 bits with a bit each that they are there, which are 0 unless they are; side, alert and rule, a bit each.
//! None is unless the record is. Levels are bits "from this limit on", which fall with the limit: a number has the tag between two of them.

use num_bigint::BigInt;

use super::sources::Sources;
use crate::assignment::{Cell, Free};
use crate::block::{AdapterFields, Number, Side};
use crate::chips::arith::{Arith, Wire, one};
use crate::chips::at;
use crate::columns::RECORD_ROWS;
use crate::packing::NUMBER_BITS;
use crate::sets::Tag;
use crate::sets::places::CLASS_BITS;
use crate::stages::tags::{LIQUIDITY_LIMITS, RISK_LIMITS, SPREAD_LIMITS};

/// Fields of adapters on the assignment.
pub struct AdapterWires {
    /// Elements of the commitment, by place.
    pub elements: Vec<Cell>,
    /// Transactions of each tag from [`Tag::AmlAlert`] on, 12 bits each.
    pub sum: Wire,
}

/// Lays them out.
pub fn adapter(arith: &mut Arith<'_>, sources: &Sources<'_>) -> AdapterWires {
    let none = AdapterFields::default();
    let (mut elements, mut sum) = (Vec::new(), arith.constant(0));
    for place in 0..sources.capacity.transactions {
        let transaction = sources.block.transactions.get(place);
        let fields = transaction.map_or(&none, |transaction| &transaction.tag_fields.adapter);
        let cell = Cell { column: at::D, row: sources.records + RECORD_ROWS * place };
        let there = Wire::new(cell, crate::fixed::to_integer(arith.assignment.read(cell)));
        let (element, tags) = record(arith, fields, &there);
        elements.push(element);
        let terms: Vec<_> = tags.iter().map(|(k, wire)| (k.clone(), wire)).chain([(one(), &sum)]).collect();
        sum = arith.linear(&terms, 0);
    }
    AdapterWires { elements, sum }
}

/// One transaction of a tag.
fn unit(tag: Tag) -> BigInt {
    one() << (CLASS_BITS * (tag.bit() - Tag::AmlAlert.bit()))
}

/// A number, and whether it is there.
fn number(arith: &mut Arith<'_>, number: Option<Number>) -> (Wire, Wire) {
    let value = arith.range_signed(Free::Input, number.unwrap_or_default().units(), NUMBER_BITS);
    let there = arith.bit_free(Free::Input, number.is_some());
    // number − there·number.
    arith.multiply_zero(-1, Some((&there, &value)), &[(one(), &value)], 0);
    (value, there)
}

/// Bits [number ≥ limit].
fn levels<const N: usize>(arith: &mut Arith<'_>, number: &Wire, limits: [i64; N]) -> [Wire; N] {
    limits.map(|limit| arith.not_negative(&number.clone().less(limit), NUMBER_BITS))
}

/// The element of a record, and what its tags add to the sum: factors of wires.
fn record(arith: &mut Arith<'_>, fields: &AdapterFields, there: &Wire) -> (Cell, Vec<(BigInt, Wire)>) {
    let (risk, has_risk) = number(arith, fields.risk);
    let (liquidity, has_liquidity) = number(arith, fields.liquidity);
    let (spread, has_spread) = number(arith, fields.spread);
    let mut flag = |on: bool| arith.bit_free(Free::Input, on);
    let [buy, sell] = [Side::Buy, Side::Sell].map(|side| flag(fields.side == side));
    let [alert, rule] = [fields.alert, fields.rule].map(flag);
    arith.multiply_zero(1, Some((&buy, &sell)), &[], 0);
    // All of them together are 0 unless the record is there.
    let flags = [&has_risk, &has_liquidity, &has_spread, &buy, &sell, &alert, &rule];
    let terms: Vec<_> = flags.iter().map(|flag| (one(), *flag)).collect();
    let flags = arith.linear(&terms, 0);
    arith.multiply_zero(-1, Some((there, &flags)), &[(one(), &flags)], 0);
    let mut tags: Vec<(BigInt, Wire)> = vec![
        (unit(Tag::AmlAlert), alert.clone()),
        (unit(Tag::AmlRule), rule.clone()),
        (unit(Tag::SideBuy), buy.clone()),
        (unit(Tag::SideSell), sell.clone()),
    ];
    // Between two levels a number has what is called after the first: the bit of this less that of the other.
    let mut between = |there: &Wire, levels: &[Wire], names: &[Option<Tag>]| {
        let units: Vec<BigInt> = names.iter().map(|name| name.map_or(BigInt::from(0), unit)).collect();
        for (i, bit) in std::iter::once(there).chain(levels).enumerate() {
            let below = if i > 0 { units[i - 1].clone() } else { BigInt::from(0) };
            tags.push((&units[i] - below, bit.clone()));
        }
    };
    let found = levels(arith, &risk, RISK_LIMITS);
    let names = [Tag::RiskLow, Tag::RiskMedium, Tag::RiskHigh, Tag::RiskCritical].map(Some);
    between(&has_risk, &found, &names);
    // Up to the first limit, and from the second on.
    let [thin, deep] = LIQUIDITY_LIMITS;
    let found = levels(arith, &liquidity, [thin + 1, deep]);
    let names = [Tag::LiquidityThin, Tag::LiquidityBalanced, Tag::LiquidityDeep].map(Some);
    between(&has_liquidity, &found, &names);
    let [tight, wide] = SPREAD_LIMITS;
    let found = levels(arith, &spread, [tight + 1, wide]);
    between(&has_spread, &found, &[Some(Tag::SpreadTight), None, Some(Tag::SpreadWide)]);

    let mut low = 0;
    let (mut terms, mut offset) = (Vec::new(), BigInt::from(0));
    for (number, there) in [(&risk, &has_risk), (&liquidity, &has_liquidity), (&spread, &has_spread)] {
        terms.push((one() << low, number));
        terms.push((one() << (low + NUMBER_BITS), there));
        offset += &number.offset << low;
        low += NUMBER_BITS + 1;
    }
    terms.extend([
        (one() << low, &buy),
        (one() << (low + 1), &sell),
        (one() << (low + 2), &alert),
        (one() << (low + 3), &rule),
    ]);
    let packed = arith.linear(&terms, offset);
    let element = arith.product(there, &packed);
    (element.cell, tags)
}
