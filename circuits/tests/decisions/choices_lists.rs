//! Lists walked otherwise: other entries, other readings of a key or of an element, more or less than are told. Whatever a part of the circuit is there
//! for is tried with everything else in order, so that this part alone objects.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::{Gate, at, table};
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use num_bigint::BigInt;

use super::choices::{LEAST, top};

/// Free cells of the order in rows outside of the walk, and its bits.
fn hints_of_top(forger: &Forger) -> (Vec<Cell>, Vec<Cell>) {
    let assignment = forger.honest().assignment();
    let mut order = forger.free(Free::Order);
    order.sort_by_key(|cell| cell.row);
    order
        .into_iter()
        .filter(|cell| cell.column != at::A)
        .partition(|cell| !assignment.is_enabled(Gate::Entry, cell.row))
}

/// Values, indices and bits of a list go together: whoever tells other entries, with their values and with any bits beside them, is
/// refused.
#[test]
fn other_entries_are_refused_whatever_goes_together() {
    let values = [4, 7, -2, 7, 6];
    let forger = Forger::of_decision(top(&values, 2));
    let examiner = Examiner::new(forger.honest());
    let (told, bits) = hints_of_top(&forger);
    assert_eq!((told.len(), bits.len()), (4, 5));
    let refused = |pairs: [(usize, i64); 2], set: Option<usize>| {
        let numbers =
            pairs.iter().flat_map(|(index, value)| [BigInt::from(*value) + (1i64 << 47), (*index).into()]);
        let mut lies: Lies = told.iter().copied().zip(numbers).collect();
        if let Some(set) = set {
            lies.extend(bits.iter().enumerate().map(|(i, cell)| (*cell, (set >> i & 1).into())));
        }
        let verdict = examiner.judge(&forger, lies);
        assert_eq!(verdict.killers.is_empty(), !verdict.changed, "{pairs:?} {set:?}");
        verdict
    };
    assert!(!refused([(1, 7), (3, 7)], None).changed && !refused([(1, 7), (3, 7)], Some(0b01010)).changed);
    for a in 0..values.len() {
        for b in 0..values.len() {
            let pairs = [(a, values[a]), (b, values[b])];
            // Bits as they follow, those of the two, those above the second but for one, none.
            for set in [None, Some(1 << a | 1 << b), Some(0b01010), Some(0)] {
                refused(pairs, set);
            }
        }
    }
    // Another value under an index, or another index of a value; one that the list does not have.
    for pairs in [
        [(1, 8), (3, 7)],
        [(1, 7), (3, 6)],
        [(1, 7), (4, 7)],
        [(0, 7), (1, 7)],
        [(1, 7), (5, 7)],
        [(1, 7), (1, 7)],
    ] {
        for set in [None, Some(0b01010), Some(0b00010), Some(0b11010)] {
            refused(pairs, set);
        }
    }
    for set in 0..1 << values.len() {
        refused([(1, 7), (3, 7)], Some(set));
    }
}

/// A list, and what is told of it.
struct Walk {
    forger: Forger,
    /// Value and index of each that is told.
    told: Vec<Cell>,
    /// The bit of each entry.
    bits: Vec<Cell>,
    /// Of each that is told a bit for each that the walk leaves.
    which: Vec<Cell>,
}

impl Walk {
    fn new(values: &[i64], count: u8) -> Self {
        let forger = Forger::of_decision(top(values, count));
        let (told, bits) = hints_of_top(&forger);
        let mut which = forger.free(Free::Order);
        which.retain(|cell| cell.column == at::A);
        which.sort_by_key(|cell| cell.row);
        Self { forger, told, bits, which }
    }

    /// Lies that tell these entries, value and index.
    fn tell(&self, pairs: &[(i64, i64)]) -> Lies {
        let numbers = pairs.iter().flat_map(|(value, index)| [value + (1 << 47), *index]);
        self.told.iter().copied().zip(numbers.map(BigInt::from)).collect()
    }

    /// The limb of an entry's value, with so much more in it.
    fn value(&self, entry: usize, limb: usize, more: i64) -> (Cell, BigInt) {
        let cell = Cell { column: at::LIMB + limb, row: self.bits[entry].row + 1 };
        (cell, to_integer(self.forger.honest().assignment().read(cell)) + more)
    }

    /// Who objects to lies that tell something else.
    fn objections(&self, lies: Lies) -> Vec<Killer> {
        let verdict = Examiner::new(self.forger.honest()).judge(&self.forger, lies);
        assert!(verdict.changed, "something else is told");
        verdict.killers
    }
}

/// That a limb is not of so many bits.
fn limb(bits: u32) -> Killer {
    Killer::Limb(table::width(bits).unwrap())
}

/// A key as value and index has no second reading: the value one more, the index 2¹⁴ more.
#[test]
fn indices_have_fourteen_bits() {
    let walk = Walk::new(&[4, 7, -2], 1);
    assert_eq!(walk.objections(walk.tell(&[(8, 1 + (1 << 14))])), [limb(4)]);
    assert_eq!(walk.objections(walk.tell(&[(7 + 1024, 1 + (1 << 24))])), [limb(0)]);
    assert!(!walk.objections(walk.tell(&[(6, 1 - (1 << 14))])).is_empty());
}

/// Nor has an element: a value 2⁴⁸ more, the next one less. The commitment is the same, and the first is the greatest.
#[test]
fn values_have_forty_eight_bits() {
    let walk = Walk::new(&[4, 6, 7], 1);
    let mut lies = walk.tell(&[(4 + (1 << 48), 0)]);
    lies.extend([walk.value(0, 4, 1 << 8), walk.value(1, 0, -1)]);
    assert_eq!(walk.objections(lies), [limb(8)]);
}

/// Three are as great as the second of two that are told: the first of them in the list is carried out of the walk.
#[test]
fn no_more_are_chosen_than_are_told() {
    let walk = Walk::new(&[50, 9, 7], 2);
    assert_eq!(walk.objections(walk.tell(&[(9, 1), (7, 2)])), [limb(0)], "the last has less than none left");
    let walk = Walk::new(&[50, 9, 7, -5], 2);
    let objections = walk.objections(walk.tell(&[(9, 1), (7, 2)]));
    assert_eq!(BTreeSet::from_iter(objections), BTreeSet::from([limb(0), limb(4)]));
    // Fewer: nothing is as great as what is told, and a 0 that the walk began with is left.
    let walk = Walk::new(&[50, 9, 7], 1);
    let objections = walk.objections(walk.tell(&[(60, 5)]));
    assert!(objections.contains(&limb(0)), "{objections:?}");
}

/// A bit of −1, at an entry far below the others, makes room for one more.
#[test]
fn bits_are_bits() {
    let walk = Walk::new(&[-100, 50, 9, 7], 2);
    let mut lies = walk.tell(&[(9, 2), (7, 3)]);
    lies.insert(walk.bits[0], (-1).into());
    assert_eq!(walk.objections(lies), [limb(1)]);
}

/// What is told and is none of the list, between two that are or below all.
#[test]
fn what_is_told_is_in_the_list() {
    let sums = |killers: Vec<Killer>| {
        let arith = |killer: &Killer| matches!(killer, Killer::Gate(name) if name.starts_with("Arith"));
        assert!(killers.len() == 1 && killers.iter().all(arith), "{killers:?}");
    };
    let walk = Walk::new(&[9, 5, 1], 3);
    sums(walk.objections(walk.tell(&[(9, 0), (6, 1), (1, 2)])));
    sums(walk.objections(walk.tell(&[(9, 0), (5, 7), (1, 2)])));
    // The third is no sum of one of those that are left, but of none.
    let mut lies = walk.tell(&[(9, 0), (5, 1), (LEAST, (1 << 14) - 1)]);
    lies.extend(walk.which[6..9].iter().map(|cell| (*cell, 0.into())));
    sums(walk.objections(lies));
    // Or of two: keys of the least values are small.
    let walk = Walk::new(&[LEAST + 9, LEAST + 5, LEAST + 1], 1);
    let high = (1 << 14) - 1;
    let key = |value: i64, index: i64| (value << 14) + high - index;
    let sum = 2 * key(9, 0);
    let mut lies = walk.tell(&[(LEAST + (sum >> 14), high - (sum & high))]);
    lies.insert(walk.bits[0], 1.into());
    lies.insert(walk.which[0], 2.into());
    assert!(!walk.objections(lies).is_empty());
}

/// Those that are told fall: the same two in another order, and one twice.
#[test]
fn what_is_told_falls() {
    let walk = Walk::new(&[9, 5, 1], 2);
    for pairs in [[(5, 1), (9, 0)], [(9, 0), (9, 0)], [(5, 1), (5, 1)]] {
        assert!(!walk.objections(walk.tell(&pairs)).is_empty(), "{pairs:?}");
    }
    // Twice the second of two: as many as are told are as great, and only the range of the difference objects.
    let objections = walk.objections(walk.tell(&[(5, 1), (5, 1)]));
    let range = |killer: &Killer| matches!(killer, Killer::Gate(name) if name.starts_with("Range"));
    assert!(
        objections.iter().all(|killer| range(killer) || [limb(0), limb(2)].contains(killer)),
        "{objections:?}"
    );
}

/// A walk that carries another least key from some entry on, keeps a key or forgets one, or whose count jumps: each is what one gate is for.
#[test]
fn walks_that_jump_are_refused() {
    let forger = Forger::of_decision(top(&[4, 7, -2, 7, 6, 5, 5, 1, 2, 3], 6));
    let layout = forger.honest();
    let rows: Vec<usize> = (0..layout.assignment().rows())
        .filter(|row| layout.assignment().is_enabled(Gate::Entry, *row))
        .collect();
    let examiner = Examiner::new(layout);
    let jump = |column: usize, below: usize, by: i64| {
        for start in 1..rows.len() {
            let mut assignment = layout.assignment().clone();
            for row in &rows[start..] {
                let value = assignment.read(Cell { column, row: row + below }) + to_field(&by.into());
                assignment.write(column, row + below, value);
            }
            assert!(
                !examiner.refusals(&layout.forged(assignment)).is_empty(),
                "column {column} from entry {start}"
            );
        }
    };
    for by in [1, -1, 1 << 14] {
        jump(at::E, 0, by);
        jump(at::LIMB + 5, 1, by);
        (at::A..=at::D).for_each(|column| jump(column, 0, by));
        (at::A..=at::B).for_each(|column| jump(column, 1, by));
        jump(at::E, 1, by);
    }
}
