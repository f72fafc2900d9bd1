//! False witnesses about tags by rule, each of which nothing but one part of the circuit notices; and texts that stand where canonical
//! layouts have none, which change nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::assignment::{Assignment, Cell, Free, Lies};
use foldproof_circuits::block::{Block, Number, Quantity, TagFields, Text, Transaction, WitnessBundle};
use foldproof_circuits::chips::rules::text::{CLASS_LIMBS, REST_LIMBS};
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at, table};
use foldproof_circuits::findings::{Findings, RuleFindings};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::sets::places::{CLASS_FORM, Lookup, class_mask};
use foldproof_circuits::stages::commit::texts::SlotKind;
use foldproof_circuits::stages::tags::{ADDRESSES, LARGE_VALUE, SELECTORS, Tag};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::close_codebook;
use foldproof_circuits::testing::slots::{Slot, links_to, relink, slots, used};
use foldproof_circuits::testing::{Examiner, Forger, Killer, Subject};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

/// What sums and products say.
const ARITH: &str = "Arith / K0 ab + K1 a + K2 b + K3 c + K4 d + K7";

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn cell(column: usize, row: usize) -> Cell {
    Cell { column, row }
}

fn read(assignment: &Assignment, cell: Cell) -> BigInt {
    to_integer(assignment.read(cell))
}

/// Of rules about a block of these transactions.
fn forger(transactions: Vec<Transaction>) -> Forger {
    let rules = Analytics::new(&[Part::Rules], Configuration::Named(Preset::default()), false).unwrap();
    let statement = Statement::core(Size::Toy, Centroids::K64).with_analytics(rules).unwrap();
    let bundles = vec![WitnessBundle { prover_label: text("halo2"), ..WitnessBundle::default() }];
    let block = Block { transactions, bundles, ..Block::default() };
    let subject = Subject::Block(Box::new(block), Box::new(close_codebook(1, 64)));
    Forger::new(statement, subject, Vec::new())
}

fn selector(of: &str) -> Transaction {
    Transaction { function_selector: text(of), ..Transaction::default() }
}

fn receiver(of: &str) -> Transaction {
    Transaction { receiver: text(of), ..Transaction::default() }
}

/// What a layout says.
fn found(layout: &Layout) -> RuleFindings {
    Findings::from_inputs(&layout.instance().analytics.unwrap()).unwrap().rules.unwrap()
}

/// Who notices lies, and what they say.
fn told(forger: &Forger, examiner: &Examiner<'_>, lies: Lies) -> (BTreeSet<Killer>, RuleFindings) {
    let forged = forger.lie(lies);
    (examiner.refusals(&forged), found(&forged))
}

fn only(killer: Killer) -> BTreeSet<Killer> {
    BTreeSet::from([killer])
}

/// A text that starts by 1 − t in its first row and by t in the empty one above, with t such that Σ f·p is a pad: −1 of pads 8 and 6.
/// Its first ten bytes are then others, so that a selector would be none.
#[test]
fn a_text_starts_in_one_row() {
    for (length, gate) in [(18, "FoldAgain"), (26, "FoldNext"), (42, "FoldNext"), (50, "FoldFirst")] {
        let of = SELECTORS[0].1[0];
        let forger = forger(vec![selector(&format!("{of}{}", "z".repeat(length - of.len())))]);
        let (honest, examiner) = (forger.honest(), Examiner::new(forger.honest()));
        assert_eq!(found(honest).counts, [1, 0, 0, 0, 0]);
        let slot = used(honest.assignment(), SlotKind::Long, true)[0];
        let start = slot.first + (slot.kind.full_rows() * LIMBS - length) / LIMBS;
        let (killers, found) =
            told(&forger, &examiner, Lies::from([(cell(at::SIGN, start - 1), (-1).into())]));
        assert_eq!(killers, only(Killer::Gate(format!("{gate} / m is 0 or 1"))), "{length}");
        assert_eq!(found.counts, [0; 5], "{length}");
    }
}

/// A text that starts where it does not: below its first row, so that a selector in the middle is one; in an empty row above; and in one
/// of these for a while.
#[test]
fn a_text_starts_in_its_first_row() {
    let of = SELECTORS[0].1[0];
    let gate = |name: &str| only(Killer::Gate(name.to_owned()));
    let lie = |text: &str, counts: u64, lies: &[(usize, u8)]| {
        let forger = forger(vec![selector(text)]);
        let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
        assert_eq!(found(forger.honest()).counts[0], counts);
        let slot = used(assignment, SlotKind::Long, true)[0];
        let lies = lies.iter().map(|(row, bit)| (cell(at::SIGN, slot.first + row), (*bit).into()));
        let (killers, found) = told(&forger, &examiner, lies.collect());
        assert_eq!(found.counts[0], 1 - counts, "{text}");
        killers
    };
    let middle = format!("{}{of}{}", "z".repeat(3), "z".repeat(6));
    assert_eq!(lie(&middle, 0, &[(5, 0)]), gate("FoldNext / empty before the start"));
    let front = format!("{of}{}", "z".repeat(32));
    assert_eq!(lie(&front, 1, &[(1, 1)]), only(Killer::Limb(table::rule(Lookup::Shift))));
    assert_eq!(lie(&front, 1, &[(0, 1), (1, 0)]), gate("FoldNext / m stays"));
}

/// Rows that say which masks the only text of short slots has.
fn text_rows(assignment: &Assignment) -> [usize; 3] {
    let short: Vec<Slot> =
        slots(assignment).into_iter().filter(|slot| slot.kind == SlotKind::Short).collect();
    let linked = |slot: &Slot| {
        links_to(assignment, *slot).iter().any(|row| read(assignment, cell(at::D, *row)) == 1.into())
    };
    let place = short.iter().position(linked).unwrap();
    let last: Vec<usize> =
        (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::RuleText, *row)).collect();
    [last[place] - 2, last[place] - 1, last[place]]
}

/// The first ten bytes one less, with a rest of one bit more.
#[test]
fn the_rest_behind_a_selector_has_its_bits() {
    let forger = forger(vec![selector(SELECTORS[0].1[0])]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let [front, second, _] = text_rows(assignment);
    let (limb, first) = (cell(at::LIMB + REST_LIMBS - 1, front), cell(at::C, second));
    let lies = [(limb, read(assignment, limb) + 2), (first, read(assignment, first) - 1)];
    let (killers, found) = told(&forger, &examiner, Lies::from(lies));
    assert_eq!(killers, only(Killer::Limb(table::width(1).unwrap())));
    assert_eq!(found.counts, [0; 5]);
}

/// A class whose form has another place, by a quotient that is no integer, is another's; with its text in its place and its mask in
/// another one it would be that other.
#[test]
fn places_follow_from_forms() {
    let forger = forger(vec![Transaction { contract_type: text("DEX"), ..Transaction::default() }]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    assert_eq!(found(forger.honest()).mask, 1 << Tag::AssetDex.bit());
    let [_, _, row] = text_rows(assignment);
    let [own, mask, quotient] = CLASS_LIMBS.map(|limb| cell(at::LIMB + limb, row));
    let nft = class_mask(Tag::AssetNft);
    let masks = Lookup::ClassMask.entries();
    let (place, _) = masks.into_iter().find(|(_, mask)| *mask == nft).unwrap();
    let places = u64::from(CLASS_FORM.places);
    let less = assignment.read(own) - Fr::from(place);
    let other = assignment.read(quotient) + less * Fr::from(places).invert().unwrap();
    let lies = [(own, place.into()), (mask, place.into()), (quotient, to_integer(other))];
    let (killers, others) = told(&forger, &examiner, Lies::from(lies));
    assert_eq!(killers, only(Killer::Limb(table::LIMB)));
    assert_eq!(others.mask, 1 << Tag::AssetOther.bit());
    let (killers, another) = told(&forger, &examiner, Lies::from([(mask, place.into())]));
    assert_eq!(killers, only(Killer::Gate("RuleText / form = places * quotient + place".to_owned())));
    assert_eq!(another.mask, 1 << Tag::AssetNft.bit());
}

/// A price of 97 bits and a value of one less are the same element of the commitment, without the tag of the value.
#[test]
fn elements_have_one_reading() {
    let [price, value] = [1, LARGE_VALUE + 1].map(Quantity::saturating);
    let tag_fields = TagFields { price, value, ..TagFields::default() };
    let forger = forger(vec![Transaction { tag_fields, ..Transaction::default() }]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let honest = found(forger.honest());
    assert_eq!(honest.mask, 1 << Tag::LargeValue.bit());
    let row = (0..assignment.rows()).find(|row| assignment.is_enabled(Gate::RuleClass, *row)).unwrap();
    let by = |cell: Cell, by: BigInt| (cell, read(assignment, cell) + by);
    // What the price is beyond its limit has 96 bits again.
    let lies = [
        by(cell(at::E, row), BigInt::from(1) << 96),
        by(cell(at::LIMB + LIMBS - 1, row), (1 << 12).into()),
        by(cell(at::E, row + 3), (-1).into()),
    ];
    let (killers, found) = told(&forger, &examiner, Lies::from(lies));
    assert_eq!(killers, only(Killer::Limb(table::LIMB)));
    assert_eq!(found, RuleFindings { mask: 1 << Tag::HighFee.bit(), counts: [0, 0, 0, 0, 1], ..honest });
}

/// Rows in which the digits of the sum of counts and gas are: four of 16 bits, three of 60.
fn digits(assignment: &Assignment) -> [usize; 7] {
    let tags = |row: usize| (0..LIMBS).map(move |limb| assignment.fixed_at(fixed_at::TAG + limb, row));
    let of = |bits: u32, row: usize| {
        let width = |limb: usize| bits.saturating_sub(12 * limb as u32).min(12);
        let expected = (0..LIMBS).map(|limb| Fr::from(table::width(width(limb)).unwrap()));
        assignment.is_enabled(Gate::Range, row) && tags(row).eq(expected)
    };
    let bits = [16, 16, 16, 16, 60, 60, 60];
    let is_first = |row: &usize| (*row..).zip(bits).all(|(row, bits)| of(bits, row));
    let first: Vec<usize> = (0..assignment.rows() - bits.len()).filter(is_first).collect();
    assert_eq!(first.len(), 1, "{first:?}");
    std::array::from_fn(|i| first[0] + i)
}

/// A digit of the sum of counts and gas that is past its bits, and others that make up for it.
#[test]
fn digits_of_sums_have_their_bits() {
    let with_gas = |transaction: Transaction| Transaction { gas_used: Number::whole(1 << 20), ..transaction };
    let forger = forger(vec![with_gas(selector(SELECTORS[0].1[0])), with_gas(receiver(ADDRESSES[3].1[0]))]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let honest = found(forger.honest());
    assert_eq!(honest.counts, [1, 0, 0, 1, 0]);
    let rows = digits(assignment);
    let more = |digits: &[(usize, BigInt)]| -> Lies {
        let more = |(digit, by): &(usize, BigInt)| {
            let cell = cell(at::E, rows[*digit]);
            (cell, read(assignment, cell) + by)
        };
        digits.iter().map(more).collect()
    };
    let power = |bits: u32| BigInt::from(1) << bits;
    // In a limb that is only 0: of category 0 as many more as the one of category 3 counts for. Counts are packed as they are summed, so
    // that the tag alone is another.
    let (killers, found) = told(&forger, &examiner, more(&[(0, power(48)), (3, (-1).into())]));
    assert_eq!(killers, only(Killer::Limb(table::ZERO)));
    assert_eq!(found, RuleFindings { mask: honest.mask & !(1 << Tag::BridgeActivity.bit()), ..honest });
    // In a limb of 4 bits: of gas one less, which one of a high price makes up for.
    let (killers, found) = told(&forger, &examiner, more(&[(3, power(16)), (4, (-1).into())]));
    assert_eq!(killers, only(Killer::Limb(table::width(4).unwrap())));
    assert_eq!((found.counts, found.gas), ([1, 0, 0, 1, 1], honest.gas - 1));
}

/// Bits of categories that are not those beside the sum of masks: the sum itself would be those of others.
#[test]
fn categories_are_those_of_the_table() {
    let forger = forger(vec![selector(SELECTORS[1].1[0])]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let row = (0..assignment.rows()).find(|row| assignment.is_enabled(Gate::RuleCategory, *row)).unwrap();
    assert_eq!(assignment.fixed_at(fixed_at::TAG, row), Fr::from(table::rule(Lookup::Categories)));
    let sum = read(assignment, cell(at::LIMB, row));
    assert_eq!((sum.clone(), found(forger.honest()).counts), (4.into(), [0, 1, 0, 0, 0]));
    let (killers, found) = told(&forger, &examiner, Lies::from([(cell(at::OUT[0], row), sum)]));
    let tag = table::rule(Lookup::Categories);
    assert_eq!((killers, found.counts), (only(Killer::Limb(tag)), [0, 0, 1, 0, 0]));
}

/// A link takes the mask of its text for its own kind: that of an address, as a class, would be another class.
#[test]
fn links_take_masks_of_their_kind() {
    let address = ADDRESSES[0].1[0];
    let forger = forger(vec![Transaction { contract_type: text(address), ..receiver(address) }]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let slot = used(assignment, SlotKind::Address, true)[0];
    let links = links_to(assignment, slot);
    let masks: Vec<BigInt> = links.iter().map(|row| read(assignment, cell(at::MASK, *row))).collect();
    assert_eq!(masks, [BigInt::from(1) << 156, 1.into()]);
    let (killers, found) = told(&forger, &examiner, Lies::from([(cell(at::MASK, links[0]), 1.into())]));
    assert_eq!(killers, only(Killer::Link));
    assert_eq!(found.mask, 1 << Tag::AssetLegacyFlow.bit() | 1);
}

/// A transaction that buys and sells, one with two alerts, and a number that is not there and not 0.
#[test]
fn fields_of_adapters_are_bits_and_numbers() {
    let forger = Forger::of_rules(false, true);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let below = (0..assignment.rows()).rfind(|row| assignment.is_enabled(Gate::RuleTake, *row)).unwrap();
    let mut own = forger.free(Free::Input);
    own.retain(|cell| cell.row > below);
    own.sort_by_key(|cell| cell.row);
    let of = |column: usize| own.iter().copied().filter(move |cell| cell.column == column);
    // Of the first transaction: three numbers, whether each is there, buy, sell, alert, rule.
    let numbers: Vec<Cell> = of(at::E).take(3).collect();
    let bits: Vec<Cell> = of(at::A).take(7).collect();
    let read = |cells: &[Cell]| cells.iter().map(|cell| read(assignment, *cell)).collect::<Vec<_>>();
    assert_eq!(read(&bits), [1, 1, 1, 1, 0, 0, 0].map(BigInt::from));
    assert_eq!(read(&numbers)[0], (BigInt::from(1) << 47) + (60 << 16));
    let refused = |lies: &[(Cell, BigInt)]| {
        let (killers, found) = told(&forger, &examiner, lies.iter().cloned().collect());
        assert_eq!(killers, only(Killer::Gate(ARITH.to_owned())), "{lies:?}");
        assert_ne!(found.commitment, self::found(forger.honest()).commitment);
    };
    refused(&[(bits[4], 1.into())]);
    refused(&[(bits[5], 2.into())]);
    // Side and alert of half a transaction each.
    let half = to_integer(Fr::from(2).invert().unwrap());
    refused(&[(bits[5], half.clone()), (bits[6], half)]);
    refused(&[(bits[1], 0.into()), (numbers[1], (BigInt::from(1) << 47) - 1)]);
}

/// A slot holds a text of bytes.
fn bytes(slot: Slot, text: &str) -> Lies {
    let places = slot.kind.full_rows() * LIMBS;
    let empty = places - text.len();
    let all = std::iter::repeat_n(0, empty).chain(text.bytes());
    let symbols = slot.symbols().into_iter().zip(all).map(|(cell, byte)| (cell, byte.into()));
    let pad = |row: usize| empty.saturating_sub(row * LIMBS).min(LIMBS);
    symbols.chain((0..).zip(slot.pads()).map(|(row, cell)| (cell, pad(row).into()))).collect()
}

/// The same text in another slot is in the same sets: short ones and addresses in a long slot, and the empty text in any.
#[test]
fn tags_do_not_depend_on_the_slot() {
    let transaction = Transaction {
        contract_type: text("deX"),
        function_selector: text(SELECTORS[1].1[0]),
        sender: text(ADDRESSES[2].1[0]),
        ..Transaction::default()
    };
    let forger = forger(vec![transaction.clone()]);
    let (assignment, examiner) = (forger.honest().assignment(), Examiner::new(forger.honest()));
    let honest = found(forger.honest());
    assert_eq!(honest.counts, [0, 1, 1, 0, 0]);
    let to_long = used(assignment, SlotKind::Long, false)[0];
    let to_short = used(assignment, SlotKind::Short, false)[0];
    let of = |slot: &Slot| -> Vec<u8> {
        let symbols = slot.symbols().into_iter().map(|cell| read(assignment, cell));
        symbols.filter_map(|symbol| u8::try_from(symbol).ok()).filter(|byte| *byte > 0).collect()
    };
    let all = slots(assignment);
    let mut moved = 0;
    for from in all.iter().filter(|slot| !links_to(assignment, **slot).is_empty()) {
        let (held, to): (String, &[Slot]) = match from.kind {
            SlotKind::Empty => (String::new(), &[to_long, to_short]),
            SlotKind::Address => (ADDRESSES[2].1[0].to_owned(), &[to_long]),
            _ => (String::from_utf8(of(from)).unwrap(), &[to_long]),
        };
        for to in to {
            let mut lies = bytes(*to, &held);
            lies.extend(relink(assignment, *from, *to, |_| true));
            let (killers, found) = told(&forger, &examiner, lies);
            assert_eq!(killers, BTreeSet::new(), "{held}");
            assert_eq!(found, RuleFindings { commitment: found.commitment, ..honest }, "{held}");
            moved += 1;
        }
    }
    assert!(moved >= 5, "{moved} texts moved");
}
