//! Joint lies about the format of a block's witness: each is told consistently, as far as gates other than the one that forbids it
//! can see.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::{Assignment, Free, Lies};
use foldproof_circuits::chips::record::ROWS;
use foldproof_circuits::chips::table::{BYTE, HEX_PAIR, LIMB};
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at};
use foldproof_circuits::fixed::{to_field, to_integer, to_u64};
use foldproof_circuits::stages::commit::texts::SlotKind;
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::testing::slots::{Slot, put, used};
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::{altered, cell, of_block, texts};

/// Who notices a lie, which must change something.
fn killers(examiner: &Examiner<'_>, forger: &Forger, lies: Lies, what: &str) -> BTreeSet<String> {
    let verdict = examiner.judge(forger, lies);
    assert!(verdict.changed, "{what}: nothing changes");
    assert!(!verdict.killers.is_empty(), "{what}: nobody notices");
    verdict.killers.iter().map(Killer::to_string).collect()
}

fn only(killers: &BTreeSet<String>, expected: &str, what: &str) {
    assert!(killers.iter().eq([expected]), "{what}: {killers:?}");
}

/// First rows of the records of the first class.
fn records(assignment: &Assignment) -> Vec<usize> {
    let first = (0..assignment.rows()).find(|row| assignment.is_enabled(Gate::Record, *row)).unwrap();
    (first..).step_by(ROWS).take_while(|row| assignment.is_enabled(Gate::Record, *row)).collect()
}

/// The record in these rows holds what an absent one does, or is only said to be there to this degree.
fn presence(assignment: &Assignment, first: usize, there: &BigInt, emptied: bool) -> Lies {
    let mut lies: Lies = (first..first + ROWS).map(|row| (cell(at::D, row), there.clone())).collect();
    if emptied {
        for row in first..first + ROWS {
            if assignment.role(cell(at::NUMBER, row))
                == foldproof_circuits::assignment::Role::Free(Free::Input)
            {
                lies.insert(cell(at::NUMBER, row), BigInt::from(0));
            }
            let linked = assignment.fixed_at(fixed_at::K, row) == Fr::one();
            let columns: &[usize] = if linked { &[at::A, at::B, at::C] } else { &[] };
            lies.extend(columns.iter().map(|column| (cell(*column, row), BigInt::from(0))));
        }
    }
    lies
}

#[test]
fn gaps_among_records_and_halves_of_them_are_refused() {
    let forger = of_block(texts());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let records = records(assignment);
    let there = records.iter().filter(|row| assignment.read(cell(at::D, **row)) == Fr::one()).count();
    assert_eq!(there, 30);
    let gap = "gate NextRecord / d = 1 only if d' = 1";
    // Nothing else is wrong with a block that has a gap: records, sums and commitments are those of one with fewer of them.
    for record in [0, 7, there - 2] {
        let lies = presence(assignment, records[record], &BigInt::from(0), true);
        only(&killers(&examiner, &forger, lies, "a gap"), gap, "a gap");
    }
    let lies = presence(assignment, records[there + 1], &BigInt::from(1), false);
    only(&killers(&examiner, &forger, lies, "a gap before one more"), gap, "a gap before one more");
    // The last record left out, or one more, is no gap but another block.
    for (record, there) in [(there - 1, 0), (there, 1)] {
        let lies = presence(assignment, records[record], &BigInt::from(there), there == 0);
        let verdict = examiner.judge(&forger, lies);
        assert!(verdict.changed && verdict.public && verdict.killers.is_empty(), "{:?}", verdict.killers);
    }
    // Left out, but its numbers stay.
    let lies = presence(assignment, records[there - 1], &BigInt::from(0), false);
    let named = killers(&examiner, &forger, lies, "numbers of nothing");
    assert!(named.contains("gate Record / no number unless there"), "{named:?}");
    let modulus: BigInt = to_integer(-Fr::one()) + 1;
    for degree in [(&modulus + 1) / 2, BigInt::from(2), &modulus - 1] {
        for record in [there - 1, there] {
            let lies = presence(assignment, records[record], &degree, true);
            let named = killers(&examiner, &forger, lies, "neither there nor not");
            assert!(named.contains("gate Record / d is 0 or 1"), "{named:?}");
        }
    }
    // In one row of a record only.
    let lies = Lies::from([(cell(at::D, records[there] + 3), BigInt::from(1))]);
    let named = killers(&examiner, &forger, lies, "there in one row");
    assert!(named.contains("gate SameRecord / d = d'"), "{named:?}");
    // A tri-state that is none.
    let row = (0..assignment.rows()).find(|row| assignment.is_enabled(Gate::TriState, *row)).unwrap();
    for state in [BigInt::from(3), BigInt::from(-1), (&modulus + 1) / 2] {
        let named = killers(&examiner, &forger, Lies::from([(cell(at::A, row), state)]), "tri-state");
        assert!(named.contains("gate TriState / a is 0, 1 or 2"), "{named:?}");
    }
}

/// The slot that holds a text of so many bytes, all told apart by nothing else.
fn slot_of(assignment: &Assignment, kind: SlotKind, bytes: usize) -> Slot {
    let length =
        |slot: &Slot| slot.symbols().iter().filter(|symbol| assignment.read(**symbol) != Fr::zero()).count();
    used(assignment, kind, true).into_iter().find(|slot| length(slot) == bytes).unwrap()
}

#[test]
fn texts_that_are_none_are_refused() {
    let forger = of_block(texts());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    // In slots that nothing links to, so that no residues of a link change.
    let free = |kind: SlotKind| used(assignment, kind, false)[0];
    let (twelve, short) = (slot_of(assignment, SlotKind::Short, 12), free(SlotKind::Short));
    let with = |mut lies: Lies, others: Lies| {
        lies.extend(others);
        lies
    };
    let text = || put(assignment, twelve, short);
    let symbols = short.symbols();
    let byte = |place: usize, value: u64| (symbols[place], BigInt::from(value));
    // Twelve bytes at the end of sixteen places; tags count down from the pad.
    for (place, value) in [(8, 0), (11, 0), (15, 0), (9, 128), (9, 2047), (5, 0)] {
        let lies = with(text(), Lies::from([byte(place, value)]));
        let named = killers(&examiner, &forger, lies, "a byte");
        only(&named, &format!("look-up of a limb, tag {}", BYTE - place as u64 % 8), "a byte");
    }
    // Eight zeros behind four bytes, with the pad that they would need.
    let mut lies = with(text(), (8..16).map(|place| byte(place, 0)).collect());
    lies.insert(short.pads()[1], BigInt::from(8));
    let named = killers(&examiner, &forger, lies, "zeros behind");
    only(&named, "gate PadChain / empty places in front only", "zeros behind");
    // Some zeros in front of the second row only.
    let mut lies = with(text(), (8..11).map(|place| byte(place, 0)).collect());
    lies.insert(short.pads()[1], BigInt::from(3));
    let named = killers(&examiner, &forger, lies, "zeros inside");
    only(&named, "gate PadChain / empty places in front only", "zeros inside");
    // A byte more than there may be.
    let (whole, long) = (slot_of(assignment, SlotKind::Long, 62), free(SlotKind::Long));
    for (places, name) in [(&[1][..], "second place empty"), (&[0, 1][..], "first place empty")] {
        let more = places.iter().map(|place| (long.symbols()[*place], BigInt::from(97)));
        let mut lies = with(put(assignment, whole, long), more.collect());
        lies.insert(long.pads()[0], BigInt::from(2 - places.len()));
        let named = killers(&examiner, &forger, lies, "63 bytes");
        assert!(named.contains(&format!("gate LongFirst / {name}")), "{named:?}");
        assert!(named.iter().all(|name| name.starts_with("gate LongFirst")), "{named:?}");
    }
    // Pads that are none, with everything else as it was.
    for pad in [BigInt::from(9), BigInt::from(-1), BigInt::from(20)] {
        let lies = with(text(), Lies::from([(short.pads()[0], pad)]));
        assert!(!killers(&examiner, &forger, lies, "pad").is_empty());
    }
    // Two hex digits that are none.
    let address = free(SlotKind::Address);
    let lies = Lies::from([(address.symbols()[3], BigInt::from(1729))]);
    let named = killers(&examiner, &forger, lies, "no digits");
    only(&named, &format!("look-up of a limb, tag {HEX_PAIR}"), "no digits");
    // Symbols behind an address, and in the slot of the empty text.
    let lies = Lies::from([(address.symbols()[20], BigInt::from(5))]);
    let named = killers(&examiner, &forger, lies, "behind an address");
    only(&named, "look-up of a limb, tag 20", "behind an address");
}

/// A pad of 20 turns the tag of full limbs into that of zeros: in a row of zeros every look-up is content.
#[test]
fn pads_outside_of_texts_are_refused() {
    let forger = of_block(texts());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let mut dice = Dice::new(seed());
    let limbs = |row: usize| (0..LIMBS).map(move |i| (at::LIMB + i, row));
    let zeros = |row: &usize| {
        limbs(*row).all(|(column, row)| {
            assignment.read(cell(column, row)) == Fr::zero()
                && to_u64(assignment.fixed_at(fixed_at::TAG + column - at::LIMB, row)) == Some(LIMB)
        })
    };
    let rows: Vec<usize> = (0..assignment.rows() - 1).filter(zeros).collect();
    for _ in 0..25 {
        let row = rows[dice.roll(rows.len() as u64) as usize];
        let forged = altered(forger.honest(), |assignment| {
            assignment.write(at::PAD, row, Fr::from(20));
        });
        let refusals = examiner.refusals(&forged);
        assert!(
            refusals.iter().eq([&Killer::Gate("Pad / no bytes, no pad".into())]),
            "row {row}: {refusals:?}"
        );
    }
    for _ in 0..25 {
        let row = dice.roll(assignment.rows() as u64 - 1) as usize;
        if assignment.fixed_at(fixed_at::TAG, row) != Fr::from(BYTE) {
            let forged = altered(forger.honest(), |assignment| {
                assignment.write(at::PAD, row, Fr::one());
            });
            assert!(!examiner.refusals(&forged).is_empty(), "row {row}");
        }
    }
}

#[test]
fn headers_out_of_range_are_refused() {
    let forger = of_block(texts());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let fields: Vec<_> = forger.free(Free::Input).into_iter().filter(|cell| cell.column == at::E).collect();
    // Height, timestamp and three roots of two halves each.
    let bits = [53, 53, 128, 128, 128, 128, 128, 128];
    for (field, bits) in fields.into_iter().zip(bits) {
        let honest = to_integer(assignment.read(field));
        for value in [BigInt::from(1) << bits, &honest + (BigInt::from(1) << bits), BigInt::from(-1)] {
            let value = to_integer(to_field(&value));
            let named = killers(&examiner, &forger, Lies::from([(field, value)]), "header");
            let range = |name: &String| name.contains("Range") || name.contains("look-up of a limb");
            assert!(named.iter().any(range), "{field:?}: {named:?}");
        }
        // Another value in range is another block.
        let other = if honest == BigInt::from(0) { BigInt::from(1) } else { &honest - 1 };
        let verdict = examiner.judge(&forger, Lies::from([(field, other)]));
        assert!(verdict.public && verdict.killers.is_empty(), "{field:?}: {:?}", verdict.killers);
    }
}
