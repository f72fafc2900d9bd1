//! Section 5 of the definition of analytics: counts, gas, shares and volumes of a block, what is public of them, and the tag commitment.

use std::collections::BTreeMap;

use foldproof_circuits::assignment::Lies;
use foldproof_circuits::block::Number;
use foldproof_circuits::findings::RuleFindings;
use foldproof_circuits::stages::tags::{Behaviour, CATEGORIES, Tags};
use foldproof_circuits::testing::Killer;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::rules::{Judge, Scene, scenes, usual};

/// Blocks that a clause of behaviour is broken on.
const ENOUGH: usize = 1;

/// What is claimed of behaviour, and how. Clauses of one name are shown by some blocks.
struct Claim {
    clause: String,
    lies: Lies,
    claimed: RuleFindings,
}

/// Counts, gas, shares and volumes of a scene, each computed otherwise.
fn of_behaviour(scene: &Scene) -> Vec<Claim> {
    let honest_tags = Tags::new(&scene.block);
    let (honest, own) = (scene.expected(&honest_tags), Behaviour::new(&scene.block, &honest_tags));
    let mut all = Vec::new();
    let mut add = |clause: String, lies: Lies, change: &dyn Fn(&mut RuleFindings)| {
        let mut claimed = honest;
        change(&mut claimed);
        all.push(Claim { clause, lies, claimed });
    };
    // Counts of sources, of one more and of one fewer; tags of the block follow from them.
    for (category, tag) in CATEGORIES.into_iter().enumerate().take(4) {
        let count = honest.counts[category];
        let ways = [
            ("sources", honest_tags.sources[category]),
            ("one more", count + 1),
            ("one less", count.saturating_sub(1)),
        ];
        for (way, other) in ways {
            let lies = Lies::from([(scene.digits[category], other.into())]);
            add(format!("{} counts {way}", tag.name()), lies, &move |claimed| {
                claimed.counts[category] = other;
                claimed.mask = claimed.mask & !(1 << category) | u64::from(other > 0) << category;
            });
        }
    }
    // What is less than nothing counts as much, more than nothing, by its size.
    for (record, transaction) in scene.records.iter().zip(&scene.block.transactions) {
        if transaction.gas_used.units() < 0 {
            let mut block = scene.block.clone();
            let size = i128::from(transaction.gas_used.units().abs());
            let place = scene.records.iter().position(|other| other.gas == record.gas).unwrap();
            block.transactions[place].gas_used = Number::saturating(size);
            let found = Behaviour::new(&block, &honest_tags);
            let lies = Lies::from([(record.gas, size.into())]);
            add("gas less than nothing counts by its size".to_owned(), lies, &move |claimed| {
                (claimed.gas, claimed.gas_shares) = (found.gas, found.gas_shares);
            });
        }
    }
    for category in 0..2 {
        let (share, part) = (honest.gas_shares[category], u128::from(own.category_gas[category]));
        let exact = (part << 32) / u128::from(own.gas.max(1));
        let floor = u64::try_from(exact).unwrap();
        let other = honest.gas_shares[1 - category];
        let ways = [
            ("rounded down", floor),
            ("rounded up", floor + 1),
            ("that of the other", other),
            ("a half of it", share / 2),
            ("one more", share + 1),
            ("one without gas", u64::from(own.gas == 0) << 32),
        ];
        for (way, wrong) in ways {
            let lies = Lies::from([(scene.shares[category], wrong.into())]);
            add(format!("the share {category} is {way}"), lies, &move |claimed| {
                claimed.gas_shares[category] = wrong;
            });
        }
    }
    // What a record adds to the volumes: its value for both, its price, twice its value.
    for (place, transaction) in scene.block.transactions.iter().enumerate() {
        let (price, value) = (transaction.tag_fields.price.get(), transaction.tag_fields.value.get());
        let mask = honest_tags.records[place].mask();
        for (way, counts) in [("its value", value), ("its price", price), ("twice its value", 2 * value)] {
            let added = [2, 3].map(|bit: u32| {
                if way == "its value" { value } else { u128::from(mask >> bit & 1 == 1) * counts }
            });
            let before = [2, 3].map(|bit: u32| if mask >> bit & 1 == 1 { value } else { 0 });
            if way != "its value" && mask >> 2 & 3 == 0 {
                continue;
            }
            let wide = |pair: [u128; 2]| BigInt::from(pair[0]) + (BigInt::from(pair[1]) << 108);
            let sum = scene.read(scene.records[place].volumes) - wide(before) + wide(added);
            let lies = Lies::from([(scene.records[place].volumes, sum)]);
            add(format!("volumes count {way}"), lies, &move |claimed| {
                for i in 0..2 {
                    claimed.volumes[i] = claimed.volumes[i] - before[i] + added[i];
                }
            });
        }
    }
    all
}

#[test]
fn clauses_of_behaviour() {
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for scene in &scenes() {
        let judge = Judge::new(scene);
        let honest = scene.expected(&Tags::new(&scene.block));
        for Claim { clause, lies, claimed } in of_behaviour(scene) {
            let times = shown.entry(clause.clone()).or_default();
            if claimed != honest && *times < ENOUGH {
                judge.refused(&clause, lies, &claimed);
                *times += 1;
            }
        }
    }
    let missed: Vec<_> = shown.iter().filter(|(_, times)| **times == 0).collect();
    assert_eq!(missed, []);
}

/// Whatever a public input holds about rules, told alone.
#[test]
fn clauses_of_public_inputs() {
    let scene = usual();
    let judge = Judge::new(&scene);
    let honest = scene.expected(&Tags::new(&scene.block));
    let layout = scene.forger.honest();
    let exposed = layout.assignment().instance();
    let [commitment, tags, counts, gas, volumes] = std::array::from_fn(|i| exposed[exposed.len() - 5 + i]);
    type Change = Box<dyn Fn(&mut RuleFindings)>;
    let mut all: Vec<(String, _, u32, Change)> = vec![
        ("the commitment".to_owned(), commitment, 0, Box::new(|found| found.commitment += Fr::one())),
        ("transactions".to_owned(), tags, 34, Box::new(|found| found.transactions += 1)),
        ("gas".to_owned(), gas, 0, Box::new(|found| found.gas += 1)),
    ];
    for i in 0..5_usize {
        all.push((format!("count {i}"), counts, 16 * i as u32, Box::new(move |found| found.counts[i] += 1)));
    }
    for i in 0..2_usize {
        all.push((
            format!("share {i}"),
            gas,
            60 + 33 * i as u32,
            Box::new(move |found| found.gas_shares[i] += 1),
        ));
        all.push((
            format!("volume {i}"),
            volumes,
            108 * i as u32,
            Box::new(move |found| found.volumes[i] += 1),
        ));
    }
    for (clause, cell, low, change) in all {
        let mut claimed = honest;
        change(&mut claimed);
        let lies = Lies::from([(cell, scene.read(cell) + (BigInt::from(1) << low))]);
        judge.refused(&clause, lies, &claimed);
    }
}

/// The tag commitment is to the number of transactions and to prices, values and fields of adapters of all places, in their order.
#[test]
fn clauses_of_the_tag_commitment() {
    let scene = usual();
    let judge = Judge::new(&scene);
    let honest = scene.expected(&Tags::new(&scene.block));
    let (first, next) = (&scene.records[0], &scene.records[1]);
    let fields = &scene.block.transactions[0].tag_fields;
    let [price, value] = [fields.price.get(), fields.value.get()].map(BigInt::from);
    let [quantities, adapter] = first.elements.map(|cell| scene.read(cell));
    let [salt, count, of_price, of_adapter] = scene.messages;
    let last = scene.records.len() - 1;
    // There are fewer transactions than places.
    let absent = &scene.records[last];
    let (numbers, flags): (u32, u32) = (49, 147);
    let less = |low: u32| Lies::from([(first.elements[1], &adapter ^ (BigInt::from(1) << low))]);
    let all: Vec<(&str, Lies)> = vec![
        ("a price is left out", [(first.elements[0], &value << 96)].into()),
        ("a value is left out", [(first.elements[0], price.clone())].into()),
        ("price and value are exchanged", [(first.elements[0], &value + (&price << 96))].into()),
        ("values have 95 bits", [(first.elements[0], &price + (&value << 95))].into()),
        ("fields of adapters are left out", [(first.elements[1], 0.into())].into()),
        (
            "elements are exchanged",
            [(first.elements[0], adapter.clone()), (first.elements[1], quantities.clone())].into(),
        ),
        (
            "records are exchanged",
            (0..2)
                .flat_map(|i| {
                    let [one, other] = [first.elements[i], next.elements[i]];
                    [(one, scene.read(other)), (other, scene.read(one))]
                })
                .collect(),
        ),
        ("the first record is left out", (0..2).map(|i| (first.elements[i], 0.into())).collect()),
        ("another salt is absorbed", [(salt, scene.read(salt) + 1)].into()),
        ("one transaction more", [(count, scene.read(count) + 1)].into()),
        ("the number of transactions is left out", [(count, 0.into())].into()),
        ("another price is absorbed", [(of_price, quantities + 1)].into()),
        ("other fields are absorbed", [(of_adapter, &adapter + 1)].into()),
        ("a risk is another", less(0)),
        ("whether there is a risk", less(numbers - 1)),
        ("a liquidity is another", less(numbers)),
        ("whether there is a liquidity", less(2 * numbers - 1)),
        ("a spread is another", less(2 * numbers)),
        ("whether there is a spread", less(3 * numbers - 1)),
        ("who buys", less(flags)),
        ("who sells", less(flags + 1)),
        ("an alert", less(flags + 2)),
        ("a rule", less(flags + 3)),
        ("a price of no transaction", [(absent.elements[0], 1.into())].into()),
        ("fields of no transaction", [(absent.elements[1], 1.into())].into()),
    ];
    for (clause, lies) in all {
        let lied = scene.forger.lie(lies.clone());
        let commitment = scene.found(&lied).commitment;
        assert_ne!(commitment, honest.commitment, "{clause}");
        let killers = judge.refused(clause, lies.clone(), &RuleFindings { commitment, ..honest });
        // What is absorbed instead of what stands in its cell is refused by the copy alone.
        let absorbed = scene.messages.iter().any(|message| lies.contains_key(message));
        assert!(!absorbed || killers.iter().eq([&Killer::Copy]), "{clause}: {killers:?}");
    }
}
