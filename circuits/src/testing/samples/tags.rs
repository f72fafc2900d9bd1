//! Blocks with tags, and texts that nearly make one.

use super::Dice;
use crate::block::{
    AdapterFields, Block, Number, Quantity, Side, TagFields, Text, Trace, Transaction, TriState,
    WitnessBundle,
};
use crate::sets::{ADDRESSES, CLASSES, SELECTORS};
use crate::stages::tags::{HIGH_PRICE, LARGE_VALUE};

fn text(text: &str) -> Text {
    Text::new(text).expect("made in range")
}

/// The address of a set, from its place.
pub fn address(set: usize, place: usize) -> String {
    ADDRESSES[set].1[place].to_owned()
}

/// With its digits in upper case, so that it is in no slot of addresses.
pub fn upper(address: &str) -> String {
    format!("0x{}", address[2..].to_uppercase())
}

/// A small block with tags of most kinds, for the size for tests: texts of every kind of slot, in the sets and not; of short slots one of more
/// than eight bytes that is no selector, of long slots one that starts with the last byte of a row.
pub fn tagged() -> Block {
    let transaction = |fields: [&str; 4], gas: i64, price: u128, value: u128| Transaction {
        contract_type: text(fields[0]),
        function_selector: text(fields[1]),
        sender: text(fields[2]),
        receiver: text(fields[3]),
        gas_used: Number::saturating(gas.into()),
        status: TriState::Yes,
        tag_fields: TagFields {
            price: Quantity::saturating(price),
            value: Quantity::saturating(value),
            adapter: AdapterFields {
                risk: (gas > 0).then(|| Number::whole(gas.unsigned_abs() >> 16)),
                liquidity: (gas > 5).then(|| Number::saturating(30_000)),
                spread: Some(Number::whole(7)),
                side: if gas > 0 { Side::Buy } else { Side::Sell },
                alert: gas < 0,
                rule: false,
            },
        },
        ..Transaction::default()
    };
    let (dex, lender, bridge) = (address(0, 0), address(2, 3), address(3, 1));
    let selector = SELECTORS[1].1[2].to_uppercase();
    Block {
        transactions: vec![
            transaction(["fX", SELECTORS[0].1[0], &dex, &bridge], 60 << 16, HIGH_PRICE + 1, LARGE_VALUE),
            transaction(["", &selector, &upper(&lender), &dex], 5, HIGH_PRICE, LARGE_VALUE + 1),
            transaction([CLASSES[9].1[0], &address(0, 2), "", &address(0, 1)], -3, 7, u128::MAX),
            transaction(["seventeen letters", SELECTORS[0].1[0], &bridge, ""], 1 << 40, u128::MAX, 9),
        ],
        traces: vec![Trace { contract: text(&dex), ..Trace::default() }],
        bundles: vec![WitnessBundle { prover_label: text("fX"), ..WitnessBundle::default() }],
        ..Block::default()
    }
}

/// A text like one of the sets: as it stands, in another case, with a byte changed, more or fewer.
pub fn near(dice: &mut Dice, of: &str) -> Text {
    let mut bytes = of.as_bytes().to_vec();
    let place = dice.roll(bytes.len() as u64) as usize;
    match dice.roll(6) {
        0 => {}
        1 => bytes.make_ascii_uppercase(),
        2 => bytes[place..].make_ascii_uppercase(),
        3 => bytes[place] = 1 + dice.roll(127) as u8,
        4 => bytes.truncate(place),
        _ => bytes.insert(place, b'0'),
    }
    text(std::str::from_utf8(&bytes).unwrap_or_default())
}

/// As many transactions, whose texts are near the sets; prices and values around their limits.
pub fn near_block(seed: u64, transactions: usize) -> Block {
    let mut dice = Dice::new(seed);
    let all = |sets: &[(crate::sets::Tag, &'static [&'static str])]| -> Vec<&'static str> {
        sets.iter().flat_map(|(_, texts)| texts.iter().copied()).collect()
    };
    let pools = [all(&CLASSES), all(&SELECTORS), all(&ADDRESSES)];
    // Few of each, so that all have slots.
    let mut drawn: Vec<Vec<Text>> = Vec::new();
    for (pool, count) in pools.iter().zip([45, 25, 14]) {
        let texts = (0..count).map(|_| {
            let of = pool[dice.roll(pool.len() as u64) as usize];
            near(&mut dice, of)
        });
        drawn.push(texts.collect());
    }
    let addresses: Vec<Text> = pools[2].iter().filter(|of| of.len() == 42).map(|of| text(of)).collect();
    let pick = |from: &[Text], dice: &mut Dice| from[dice.roll(from.len() as u64) as usize].clone();
    let transactions = (0..transactions).map(|_| {
        let dice = &mut dice;
        let around = |dice: &mut Dice, limit: u128| limit + u128::from(dice.roll(3)) - 1;
        let address = |dice: &mut Dice| match dice.roll(3) {
            0 => pick(&addresses, dice),
            1 => pick(&drawn[2], dice),
            _ => dice.address(),
        };
        let (sender, receiver) = (address(dice), address(dice));
        Transaction {
            sender,
            receiver,
            contract_type: pick(&drawn[0], dice),
            function_selector: if dice.roll(4) == 0 { pick(&addresses, dice) } else { pick(&drawn[1], dice) },
            gas_used: dice.number(),
            tag_fields: TagFields {
                price: Quantity::saturating(around(dice, HIGH_PRICE)),
                value: Quantity::saturating(around(dice, LARGE_VALUE) << dice.roll(2)),
                adapter: AdapterFields {
                    risk: (dice.roll(2) == 0).then(|| Number::saturating(i128::from(dice.roll(100 << 16)))),
                    liquidity: (dice.roll(2) == 0)
                        .then(|| Number::saturating(i128::from(dice.roll(1 << 16)))),
                    spread: (dice.roll(2) == 0).then(|| Number::saturating(i128::from(dice.roll(6 << 16)))),
                    side: [Side::None, Side::Buy, Side::Sell][dice.roll(3) as usize],
                    alert: dice.roll(2) == 0,
                    rule: dice.roll(2) == 0,
                },
            },
            ..Transaction::default()
        }
    });
    Block { transactions: transactions.collect(), ..Block::default() }
}
