//! Tags and behaviour by rule: blocks, where the circuit holds what a clause is about, and judges of who breaks one.

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::block::{
    AdapterFields, Block, Number, Quantity, Side, TagFields, Text, Transaction, WitnessBundle,
};
use foldproof_circuits::chips::rules::record::{ABOVE, ROWS};
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::findings::{Findings, RuleFindings};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::sets::places::{category_mask, class_mask};
use foldproof_circuits::stages::tags::{
    Behaviour, CATEGORIES, CLASSES, HIGH_PRICE, LARGE_VALUE, LIQUIDITY_LIMITS, RISK_LIMITS, RecordTags,
    SELECTORS, SPREAD_LIMITS, Tag, Tags,
};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::close_codebook;
use foldproof_circuits::testing::samples::tags::{address, tagged, upper};
use foldproof_circuits::testing::{Examiner, Forger, Killer, Subject};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::cell;

/// Levels of risk, liquidity and spread: a bit for each limit.
const LEVELS: usize = RISK_LIMITS.len() + LIQUIDITY_LIMITS.len() + SPREAD_LIMITS.len();
/// Digits of counts by text and of gas, in front of the bits of the block's tags.
const DIGITS: usize = CATEGORIES.len() - 1 + 3;
/// Tags of the block in the order of their bits on the assignment.
const ORDER: [std::ops::Range<usize>; 5] = [0..5, 5..6, 6..7, 20..34, 7..20];

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn with_bundle(transactions: Vec<Transaction>) -> Block {
    let bundles = vec![WitnessBundle { prover_label: text("fX"), ..WitnessBundle::default() }];
    Block { transactions, bundles, ..Block::default() }
}

/// Numbers of adapters at a limit each, or beside it on the other side.
fn near_limits(place: usize, beside: bool) -> AdapterFields {
    let by = i64::from(beside);
    let number = |limits: &[i64], by: [i64; 3]| {
        limits.get(place).map(|limit| Number::saturating((limit + by[place]).into()))
    };
    AdapterFields {
        risk: number(&RISK_LIMITS, [-by; 3]),
        liquidity: number(&LIQUIDITY_LIMITS, [by, -by, 0]),
        spread: number(&SPREAD_LIMITS, [by, -by, 0]),
        ..AdapterFields::default()
    }
}

/// Prices, values and numbers of adapters at their limits, and a price beyond its own by one; texts in other cases, and nearly in a set.
fn at_limits() -> Block {
    let of = |place: usize| {
        let side = [Side::None, Side::Buy, Side::Sell][place / 2];
        let adapter =
            AdapterFields { side, alert: place == 1, rule: place == 2, ..near_limits(place, false) };
        let price = Quantity::saturating(HIGH_PRICE + u128::from(place == 3));
        let value = Quantity::saturating(LARGE_VALUE);
        let fields = TagFields { price, value, adapter };
        Transaction {
            gas_used: Number::whole([7, 3, 0, 90, 5, 2][place]),
            tag_fields: fields,
            ..Transaction::default()
        }
    };
    let mut all: Vec<Transaction> = (0..6).map(of).collect();
    all[0].contract_type = text("dEx");
    all[1].contract_type = text("nft ");
    all[2].contract_type = text("nFt");
    all[0].function_selector = text(&address(3, 1));
    all[2].function_selector = text(&format!("{}{}", SELECTORS[0].1[0], "0".repeat(32)));
    all[3].receiver = text(&upper(&address(2, 1)));
    all[4].sender = text(&address(3, 0).to_uppercase());
    all[5].function_selector = text(&SELECTORS[1].1[3].to_uppercase());
    with_bundle(all)
}

/// One transaction for each source of each category: a selector, a receiver, a sender.
fn of_categories(first: usize) -> Block {
    let (to, from) = ([0, 1, 2, 3], [3, 2, 1, 0]);
    let of = |place: usize| Transaction {
        function_selector: text(if place < 2 && first == 0 { SELECTORS[place].1[0] } else { "" }),
        receiver: text(&if place < 4 && first == 1 { address(to[place], 2) } else { String::new() }),
        sender: text(&if place < 4 && first == 2 { address(from[place], 1) } else { String::new() }),
        gas_used: Number::saturating(1001 * place as i128 + 500 * first as i128 - 700),
        tag_fields: TagFields {
            value: Quantity::saturating(3 + place as u128),
            adapter: if first == 0 { near_limits(place, true) } else { AdapterFields::default() },
            ..TagFields::default()
        },
        ..Transaction::default()
    };
    let mut all: Vec<Transaction> = (0..6).map(of).collect();
    // Two sources of one category in one transaction.
    for (transaction, of) in all[4..].iter_mut().zip([address(0, 3), address(1 + first, 3)]) {
        (transaction.sender, transaction.receiver) = (text(&of), text(&of));
    }
    with_bundle(all)
}

/// As many classes as a block has transactions, from the given one on, and a value beyond its limit by one.
fn of_classes(first: usize) -> Block {
    let of = |place: usize| Transaction {
        contract_type: text(CLASSES[(first + place) % CLASSES.len()].1[0]),
        tag_fields: TagFields {
            value: Quantity::saturating(LARGE_VALUE + u128::from(place == 4)),
            ..TagFields::default()
        },
        ..Transaction::default()
    };
    with_bundle((0..6).map(of).collect())
}

/// A block by whose tags nothing is used up, with no gas.
fn idle() -> Block {
    with_bundle(vec![Transaction::default(); 2])
}

/// Cells that a clause is about.
pub struct Record {
    /// Mask of the class; of selector, receiver and sender.
    pub class: Cell,
    /// Likewise.
    pub categories: [Cell; 3],
    /// Gas.
    pub gas: Cell,
    /// Whether the price, and whether the value is above its limit.
    pub above: [Cell; 2],
    /// Levels: risk, liquidity, spread.
    pub levels: [Cell; LEVELS],
    /// Its elements of the commitment: price and value, and fields of adapters.
    pub elements: [Cell; 2],
    /// Volumes up to it.
    pub volumes: Cell,
}

/// A block, and where its rules stand on the assignment.
pub struct Scene {
    pub name: &'static str,
    pub block: Block,
    pub forger: Forger,
    pub records: Vec<Record>,
    /// Counts of categories by text; gas, and that of the first two.
    pub digits: [Cell; DIGITS],
    /// Of each tag.
    pub tags: Vec<Cell>,
    /// Of the first two categories.
    pub shares: [Cell; 2],
    /// Messages of the commitment: salt, number of transactions, elements of the first.
    pub messages: [Cell; 4],
}

/// Where a copy comes from.
fn source(layout: &Layout, column: usize, row: usize) -> Cell {
    let to = cell(column, row);
    layout.assignment().copies().iter().find(|copy| copy.1 == to).map(|copy| copy.0).unwrap()
}

impl Scene {
    fn new(name: &'static str, block: Block) -> Self {
        let rules = Analytics::new(&[Part::Rules], Configuration::Named(Preset::default()), false).unwrap();
        let core = Statement::core(Size::Toy, Centroids::K64);
        let statement = core.with_analytics(rules.with_adapter().unwrap()).unwrap();
        let subject = Subject::Block(Box::new(block.clone()), Box::new(close_codebook(1, 64)));
        let forger = Forger::new(statement, subject, Vec::new());
        let layout = forger.honest();
        let assignment = layout.assignment();
        let is_class = |row: &usize| assignment.is_enabled(Gate::RuleClass, *row);
        let firsts: Vec<usize> = (0..assignment.rows()).filter(is_class).collect();
        let mut bits = forger.free(Free::NotNegative);
        bits.retain(|bit| bit.column == at::E);
        bits.sort_by_key(|bit| bit.row);
        // The last is whether there is gas.
        let count = Tag::ALL.len();
        let (levels, of_block) = bits[..bits.len() - 1].split_at(bits.len() - 1 - count);
        let levels = &levels[levels.len() - LEVELS * firsts.len()..];
        let mut tags = vec![of_block[0]; count];
        for (bit, place) in of_block.iter().zip(ORDER.into_iter().flatten()) {
            tags[place] = *bit;
        }
        // Elements of adapters are products of whether the record is there, in the order of records.
        let record = |(place, first): (usize, &usize)| {
            let [category, value] = [first + 2, first + 3];
            let there = source(layout, at::D, value);
            Record {
                class: source(layout, at::A, *first),
                categories: [at::A, at::C, at::B].map(|column| source(layout, column, category)),
                gas: source(layout, at::D, category),
                above: [first + 1, first + 4].map(|row| cell(ABOVE, row)),
                levels: std::array::from_fn(|i| levels[LEVELS * place + i]),
                elements: [cell(at::B, value), product(layout, there)],
                volumes: cell(at::SUM, value),
            }
        };
        let records: Vec<Record> = firsts.iter().enumerate().map(record).collect();
        let means = forger.free(Free::Mean);
        let shares = [means.len() - 2, means.len() - 1].map(|place| means[place]);
        // Behind a salt: the number of transactions, and both elements of the first.
        let [quantities, adapter] = records[0].elements.map(|cell| assignment.read(cell));
        let absorbed = [Fr::from(block.transactions.len() as u64), quantities, adapter];
        let starts =
            |row: &usize| (0..3).all(|i| assignment.read(cell(at::MESSAGE, row + 1 + i)) == absorbed[i]);
        let salt = (0..assignment.rows() - 3).rev().find(starts).unwrap();
        let scene = Self {
            name,
            digits: std::array::from_fn(|i| cell(at::E, of_block[0].row - DIGITS + i)),
            messages: [0, 1, 2, 3].map(|i| cell(at::MESSAGE, salt + i)),
            records,
            tags,
            shares,
            block,
            forger,
        };
        scene.check(firsts.len());
        scene
    }

    /// That cells hold what native arithmetic says they do.
    fn check(&self, places: usize) {
        let (tags, found) = (Tags::new(&self.block), self.found(self.forger.honest()));
        assert_eq!(self.expected(&tags), found, "{}", self.name);
        assert_eq!((self.records.len(), ROWS), (places, 5));
        let own = Behaviour::new(&self.block, &tags);
        let counts = own.counts.iter().take(4).copied();
        let expected: Vec<u64> = counts.chain([own.gas]).chain(own.category_gas).collect();
        assert_eq!(
            self.digits.map(|digit| self.read(digit)).to_vec(),
            expected.iter().map(|n| BigInt::from(*n)).collect::<Vec<_>>()
        );
        for (bit, tag) in self.tags.iter().enumerate() {
            assert_eq!(self.read(*tag), BigInt::from(tags.mask >> bit & 1), "{} {bit}", self.name);
        }
        assert_eq!(self.shares.map(|share| self.read(share)), own.gas_shares.map(BigInt::from));
        for (place, (record, of)) in self.records.iter().zip(&tags.records).enumerate() {
            for (cell, value) in self.told(place, of) {
                assert_eq!(self.read(cell), value, "{}: {cell:?} of record {place}", self.name);
            }
            let gas = self.block.transactions[place].gas_used.units().max(0);
            assert_eq!(self.read(record.gas), BigInt::from(gas), "{}", self.name);
        }
    }

    /// What stands in a cell.
    pub fn read(&self, cell: Cell) -> BigInt {
        to_integer(self.forger.honest().assignment().read(cell))
    }

    /// What is public about rules.
    pub fn found(&self, layout: &Layout) -> RuleFindings {
        let inputs = layout.instance().analytics.unwrap();
        Findings::from_inputs(&inputs).unwrap_or_else(|| panic!("{}: no findings", self.name)).rules.unwrap()
    }

    /// What it would be, if the transactions had these tags.
    pub fn expected(&self, tags: &Tags) -> RuleFindings {
        let Behaviour { counts, gas, gas_shares, volumes, .. } = Behaviour::new(&self.block, tags);
        let commitment = self.found(self.forger.honest()).commitment;
        let transactions = self.block.transactions.len() as u64;
        RuleFindings { commitment, mask: tags.mask, transactions, counts, gas, gas_shares, volumes }
    }

    /// What a record's cells hold if it has these tags.
    pub fn told(&self, place: usize, tags: &RecordTags) -> Vec<(Cell, BigInt)> {
        let record = &self.records[place];
        let mask = |tag: Option<Tag>, mask: fn(Tag) -> BigInt| tag.map_or(BigInt::from(0), mask);
        let bit = |bit: bool| BigInt::from(u8::from(bit));
        let mut all = vec![(record.class, mask(tags.class, class_mask))];
        for (cell, tag) in record.categories.iter().zip(tags.categories) {
            all.push((*cell, mask(tag, category_mask)));
        }
        all.extend(record.above.iter().copied().zip([tags.high_fee, tags.large_value].map(bit)));
        // Of what is no number the levels are those of 0, and count nothing.
        let fields = &self.block.transactions[place].tag_fields.adapter;
        let level = |there: bool, first: Tag, last: Tag| {
            let found = tags.adapter.iter().find(|tag| (first..=last).contains(tag));
            there.then(|| found.map(|tag| *tag as usize - first as usize))
        };
        let risk = level(fields.risk.is_some(), Tag::RiskLow, Tag::RiskCritical).map(|level| level.unwrap());
        let liquidity = level(fields.liquidity.is_some(), Tag::LiquidityThin, Tag::LiquidityDeep);
        let spread = level(fields.spread.is_some(), Tag::SpreadTight, Tag::SpreadWide);
        // Between both there is no tag.
        let spread = spread.map(|level| level.map_or(1, |level| 2 * level));
        let levels = [
            (risk, RISK_LIMITS.len()),
            (liquidity.map(|level| level.unwrap()), LIQUIDITY_LIMITS.len()),
            (spread, SPREAD_LIMITS.len()),
        ];
        let levels =
            levels.into_iter().flat_map(|(level, limits)| (0..limits).map(move |i| level.unwrap_or(0) > i));
        all.extend(record.levels.iter().copied().zip(levels.map(bit)));
        all
    }
}

/// The product of whether a record is there and its fields of adapters: the last that is made of it.
fn product(layout: &Layout, there: Cell) -> Cell {
    let copies =
        layout.assignment().copies().iter().filter(|(from, to)| *from == there && to.column == at::A);
    cell(at::D, copies.map(|(_, to)| to.row).max().unwrap())
}

/// The first of [`scenes`], with two places for transactions that are not there.
pub fn usual() -> Scene {
    Scene::new("tags of most kinds", tagged())
}

/// Blocks on which clauses make a difference.
pub fn scenes() -> Vec<Scene> {
    let others = [
        ("limits", at_limits()),
        ("selectors", of_categories(0)),
        ("receivers", of_categories(1)),
        ("senders", of_categories(2)),
        ("classes", of_classes(0)),
        ("other classes", of_classes(7)),
        ("nothing", idle()),
    ];
    let others = others.into_iter().map(|(name, block)| Scene::new(name, block));
    std::iter::once(usual()).chain(others).collect()
}

/// A scene with an examiner of its honest layout.
pub struct Judge<'s> {
    pub scene: &'s Scene,
    examiner: Examiner<'s>,
}

impl<'s> Judge<'s> {
    pub fn new(scene: &'s Scene) -> Self {
        Self { scene, examiner: Examiner::new(scene.forger.honest()) }
    }

    /// Breaks a clause: what is claimed is what follows without it, which is something else than is right, and the circuit refuses.
    pub fn refused(&self, clause: &str, lies: Lies, claimed: &RuleFindings) -> BTreeSet<Killer> {
        let Scene { name, forger, .. } = self.scene;
        let lied = forger.lie(lies);
        assert_eq!(self.scene.found(&lied), *claimed, "{clause}: {name}");
        assert_ne!(lied.instance(), forger.honest().instance(), "{clause}: {name}");
        let killers = self.examiner.refusals(&lied);
        assert!(!killers.is_empty(), "{clause}: the circuit takes it of {name}");
        killers
    }
}
