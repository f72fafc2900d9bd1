//! Scores of pending blocks.

use foldproof_circuits::assignment::Free;
use foldproof_circuits::block::{Block, Quantity, TagFields, Transaction};
use foldproof_circuits::evidence::{Evidence, Pending};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::statement::{Size, Statement};
use foldproof_circuits::testing::samples::Dice;
use foldproof_circuits::testing::{Examiner, Forger};
use halo2curves::bn256::Fr;

use super::scrutiny::{FEW, MANY, Share, is_refused, scrutinise, scrutinise_but_copies};
use super::{holds, lay_out};

const GWEI: u128 = 1_000_000_000;
const ETHER: u128 = GWEI * GWEI;
/// Selector of an exchange, and class of a bridge, which are tags.
const EXCHANGE: &str = "0x38ed1739";
const TEXTS: [(&str, &str); 4] = [("", ""), (EXCHANGE, ""), ("", "bridge"), ("", "nft")];

/// Price in wei and value of each transaction, with one of [`TEXTS`].
fn block(list: &[(u128, u128, usize)]) -> Block {
    let transaction = |(price, value, texts): &(u128, u128, usize)| {
        let [price, value] = [*price, *value].map(Quantity::saturating);
        Transaction {
            function_selector: foldproof_circuits::block::Text::new(TEXTS[*texts].0).unwrap(),
            contract_type: foldproof_circuits::block::Text::new(TEXTS[*texts].1).unwrap(),
            tag_fields: TagFields { price, value, ..TagFields::default() },
            ..Transaction::default()
        }
    };
    Block { transactions: list.iter().map(transaction).collect(), ..Block::default() }
}

type List = Vec<(u128, u128, usize)>;

fn evidence(size: Size, now: (List, u64), before: Option<(List, u64)>) -> Evidence {
    let pending = |(list, time): (List, u64)| Box::new(Pending { block: block(&list), time });
    Evidence::Mempool { size, now: pending(now), before: before.map(pending) }
}

fn small(now: (List, u64), before: Option<(List, u64)>) -> Evidence {
    evidence(Size::Small, now, before)
}

fn same(count: usize, price: u128, value: u128) -> List {
    vec![(price, value, 0); count]
}

/// Score, predicted tags, confidence and seconds.
fn told(evidence: &Evidence) -> (u64, u64, u64, u64) {
    match holds(evidence).1 {
        Ruling::Mempool { score, predicted, confidence, eta, .. } => (score, predicted, confidence, eta),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scores_are_those_of_native_arithmetic() {
    for seed in 0..12 {
        let mut dice = Dice::new(seed);
        let mut list = |count: u64, gwei: u64| -> List {
            let mut number = |below: u64| u128::from(dice.roll(below));
            let one = |_| (number(gwei) * GWEI / 7, number(9) * ETHER / 5, number(4) as usize);
            (0..count).map(one).collect()
        };
        let (now, before) = (list(40 + 17 * seed, 700), list(30 + 9 * seed, 600));
        lay_out(&small((now.clone(), 1_700_000_000 + seed), Some((before, 1_700_000_000))));
        lay_out(&small((now, 1_700_000_000), None));
    }
}

#[test]
fn every_part_has_its_limits() {
    let most = u128::MAX;
    // Nothing, as much as there is, and one below and one above each limit.
    assert_eq!(told(&small((Vec::new(), 0), None)), (0, 32, 20, 10));
    assert_eq!(told(&small((same(240, most, most), (1 << 53) - 1), None)).0, 100);
    for count in [1, 149, 150, 151, 240] {
        lay_out(&small((same(count, 0, 0), 1), None));
    }
    for gwei in [60, 61, 79, 80, 81] {
        // A floor: one wei less is one gwei less.
        for price in [gwei * GWEI - 1, gwei * GWEI] {
            lay_out(&small((same(3, price, 0), 1), None));
        }
    }
    for value in
        [1500 * ETHER - 1, 1500 * ETHER, 1500 * ETHER + 1, 37_499_999_999_999_999_999, ETHER * 75 / 2]
    {
        lay_out(&small((same(1, 0, value), 1), None));
    }
    // A sum above its limit.
    let full: List = vec![(most, most, 2); 240];
    let (found, _) = lay_out(&small((full, 9), Some((Vec::new(), 9))));
    drop(found);
}

#[test]
fn changes_have_their_limits() {
    let priced = |count: usize, gwei: u128| same(count, gwei * GWEI, 0);
    for (now, before) in [(9, 0), (8, 0), (4, 0), (5, 0), (0, 90), (90, 0), (20, 20)] {
        lay_out(&small((priced(5, now), 20), Some((priced(5, before), 8))));
    }
    let high = |now: u128, before: u128| {
        let (_, predicted, ..) = told(&small((priced(5, now), 20), Some((priced(5, before), 8))));
        predicted & 1 == 1
    };
    assert_eq!([high(8, 0), high(9, 0), high(60, 60), high(61, 61)], [false, true, false, true]);
    for (now, before) in [(7, 0), (8, 0), (9, 0), (0, 9), (240, 0), (0, 240)] {
        lay_out(&small((same(now, 1, 0), 20), Some((same(before, 1, 0), 8))));
    }
    for (now, before, eta) in [
        (5, 5, 10),
        (9, 5, 4),
        (6, 5, 3),
        (7, 5, 3),
        (24, 5, 19),
        (25, 5, 20),
        (99, 5, 20),
        (1, 5, 3),
        (0, (1 << 53) - 1, 3),
        ((1 << 53) - 1, 0, 20),
    ] {
        let found = told(&small((Vec::new(), now), Some((Vec::new(), before))));
        assert_eq!(found.3, eta, "from {before} to {now}");
    }
}

#[test]
fn larger_blocks_and_what_does_not_fit() {
    lay_out(&evidence(Size::Medium, (same(512, 70 * GWEI, ETHER), 3), Some((same(500, 1, 1), 2))));
    let lay_out = |evidence: &Evidence| {
        let statement = Statement::of_decision(evidence.decision()).unwrap();
        let salts = vec![Fr::one(); statement.subject().commitments()];
        Layout::of_decision(&statement, evidence, &salts).map(|_| ())
    };
    let late = small((Vec::new(), 1), Some((Vec::new(), 1 << 53)));
    assert_eq!(lay_out(&late), Err(LayoutError::Number { of: "time", bits: 53, found: 1 << 53 }));
    assert_eq!(Ruling::new(&late), None);
    let many = small((same(241, 0, 0), 1), None);
    assert!(matches!(lay_out(&many), Err(LayoutError::Evaluate(_))));
}

#[test]
fn mempool_lets_nothing_else_through() {
    mempool_is_scrutinised(FEW);
}

#[test]
#[ignore = "minutes: many cells and copies"]
fn mempool_lets_nothing_else_through_anywhere() {
    mempool_is_scrutinised(MANY);
}

fn mempool_is_scrutinised(share: Share) {
    let now = vec![(61 * GWEI + 5, 3 * ETHER, 1), (70 * GWEI, ETHER / 3, 2), (1, 1, 3), (90 * GWEI, 7, 0)];
    let before = vec![(3 * GWEI, 1, 0), (5 * GWEI + 1, 2, 0)];
    // Copies of places that are not taken are not needed: they hold 0.
    scrutinise_but_copies(share, evidence(Size::Toy, (now.clone(), 1005), Some((before.clone(), 1000))));
    scrutinise_but_copies(share, evidence(Size::Toy, (Vec::new(), 5), Some((Vec::new(), 5))));
    let full = |list: List| list.into_iter().cycle().take(6).collect::<List>();
    scrutinise(share, evidence(Size::Toy, (full(now.clone()), 1005), None));
    scrutinise(share, evidence(Size::Toy, (full(now), 1005), Some((full(before), 1000))));
}

/// A place is left out, or one is added, with and without what stands there; bits with gaps.
#[test]
fn no_transaction_is_left_out() {
    let list = vec![(5, 7, 0), (0, 0, 0), (9, 9, 0)];
    let forger = Forger::of_decision(evidence(Size::Toy, (list, 3), None));
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    // Bits of places are the first six that a gate makes bits; those behind are tags.
    let inputs = forger.free(Free::Input);
    let mut bits: Vec<_> =
        inputs.into_iter().filter(|cell| cell.column == foldproof_circuits::chips::at::A).collect();
    bits.sort_by_key(|cell| cell.row);
    let places = &bits[..6];
    assert_eq!(
        places.iter().map(|cell| to_integer(assignment.read(*cell))).sum::<num_bigint::BigInt>(),
        3.into()
    );
    for set in 0..64_u8 {
        let lies: Vec<_> =
            places.iter().enumerate().map(|(i, cell)| (*cell, (set >> i & 1).into())).collect();
        // Without gaps, and with a place at least for each that is not 0: other numbers, which are committed to.
        let other = [0b111, 0b1111, 0b1_1111, 0b11_1111].contains(&set);
        assert_eq!(is_refused(&forger, &examiner, &lies), !other, "{set:06b}");
    }
}

#[test]
fn sizes_are_pinned() {
    for (name, rows, k) in [
        ("mempool-small", 1420, 12),
        ("mempool-small-before", 2650, 12),
        ("mempool-medium", 2916, 12),
        ("mempool-large-before", 13_570, 14),
        ("mempool-huge", 18_404, 15),
        ("mempool-huge-before", 35_074, 16),
    ] {
        let statement = Statement::from_name(name).unwrap();
        let layout = Layout::blank(&statement);
        let taken = layout.stages().iter().find(|stage| stage.name == "decision").map(|stage| stage.rows);
        println!("{name}: {taken:?} rows, k = {}", statement.k());
        assert_eq!((taken, statement.k()), (Some(rows), k), "{name}");
    }
}
