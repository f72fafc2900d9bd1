//! Tags and behaviour by rule: the circuit against native arithmetic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::block::{Block, Number, Quantity, TagFields, Text, Transaction, WitnessBundle};
use foldproof_circuits::chips::{Gate, at, fixed_at};
use foldproof_circuits::findings::{Analysed, Findings, RuleFindings};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::tags::{
    ADDRESSES, BUSY, Behaviour, CLASSES, HIGH_PRICE, LARGE_VALUE, SELECTORS, Tag, Tags,
};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::tags::{near_block, tagged, upper};
use foldproof_circuits::testing::samples::{block, close_codebook};
use foldproof_circuits::testing::{Examiner, Forger};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

fn salts() -> Salts {
    Salts::from_secret(Fr::from(5))
}

fn of_rules(size: Size, adapter: bool) -> Statement {
    let analytics = Analytics::new(&[Part::Rules], Configuration::Named(Preset::default()), false).unwrap();
    let analytics = if adapter { analytics.with_adapter().unwrap() } else { analytics };
    Statement::core(size, Centroids::K64).with_analytics(analytics).unwrap()
}

/// Lays a block out and compares what is public with native arithmetic.
fn lay_out(statement: &Statement, block: &Block) -> (Layout, Findings) {
    let (codebook, salts) = (close_codebook(1, 64), salts());
    let (layout, fingerprint) = Layout::of_block(statement, block, &codebook, &salts, NONE).unwrap();
    let size = statement.block().unwrap().size;
    let Configuration::Named(preset) = statement.analytics().unwrap().configuration() else {
        panic!("a configuration with a name")
    };
    let config = preset.config();
    let analysed = Analysed {
        size,
        block,
        code: &fingerprint.code,
        codebook: &codebook,
        config: &config,
        salts: &salts,
        forest: None,
    };
    let findings = Findings::new(statement.analytics().unwrap(), &analysed).unwrap();
    let inputs = layout.instance().analytics.unwrap();
    assert_eq!(Findings::from_inputs(&inputs).as_ref(), Some(&findings), "{statement}");
    assert_eq!(inputs, findings.inputs(), "{statement}");
    (layout, findings)
}

fn holds(layout: &Layout) {
    let examiner = Examiner::new(layout);
    assert_eq!(examiner.refusals(layout).into_iter().collect::<Vec<_>>(), []);
}

fn found(statement: &Statement, block: &Block) -> RuleFindings {
    let (layout, findings) = lay_out(statement, block);
    holds(&layout);
    findings.rules.unwrap()
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn of(transactions: Vec<Transaction>) -> Block {
    // A block has a record.
    let bundles = vec![WitnessBundle { prover_label: text("halo2"), ..WitnessBundle::default() }];
    Block { transactions, bundles, ..Block::default() }
}

fn tag(mask: u64, tag: Tag) -> bool {
    mask >> tag.bit() & 1 == 1
}

/// As many blocks as hold these transactions, each by a circuit that has room for few; the sum of their counts by category.
fn counts_of(transactions: impl IntoIterator<Item = Transaction>) -> [u64; 5] {
    let all: Vec<Transaction> = transactions.into_iter().collect();
    let mut counts = [0; 5];
    // Each has one text, and there are places for three long ones.
    for (place, some) in all.chunks(3).enumerate() {
        let (layout, findings) = lay_out(&of_rules(Size::Toy, false), &of(some.to_vec()));
        let found = findings.rules.unwrap();
        if place % 16 == 0 {
            holds(&layout);
        }
        counts.iter_mut().zip(found.counts).for_each(|(sum, count)| *sum += count);
    }
    counts
}

fn receiver(of: &str) -> Transaction {
    Transaction { receiver: text(of), ..Transaction::default() }
}

fn sender(of: &str) -> Transaction {
    Transaction { sender: text(of), ..Transaction::default() }
}

fn class(of: &str) -> Transaction {
    Transaction { contract_type: text(of), ..Transaction::default() }
}

fn selector(of: &str) -> Transaction {
    Transaction { function_selector: text(of), ..Transaction::default() }
}

fn priced(price: u128, value: u128, gas: i64) -> Transaction {
    let [price, value] = [price, value].map(Quantity::saturating);
    let tag_fields = TagFields { price, value, ..TagFields::default() };
    Transaction { gas_used: Number::saturating(gas.into()), tag_fields, ..Transaction::default() }
}

#[test]
fn blocks_of_every_kind_agree() {
    for seed in 0..2 {
        found(&of_rules(Size::Small, false), &block(seed, 30, 20, 3));
        found(&of_rules(Size::Toy, false), &block(seed, 3, 2, 1));
    }
    let empty = found(&of_rules(Size::Small, false), &of(Vec::new()));
    assert_eq!((empty.mask, empty.transactions, empty.counts, empty.gas), (0, 0, [0; 5], 0));
    assert_eq!((empty.gas_shares, empty.volumes), ([0; 2], [0; 2]));
    for adapter in [false, true] {
        let found = found(&of_rules(Size::Toy, adapter), &tagged());
        assert!(found.counts.iter().all(|count| *count > 0), "{found:?}");
        let native = Tags::new(&tagged()).mask;
        assert_eq!(found.mask == native, adapter, "adapters make tags of their own");
    }
}

#[test]
fn full_blocks_near_the_sets_agree() {
    for seed in 0..3 {
        let block = near_block(seed, 240);
        let found = found(&of_rules(Size::Small, seed == 2), &block);
        assert_eq!(found.transactions, 240);
        let tags = Tags::new(&block);
        assert_eq!(found.counts, Behaviour::new(&block, &tags).counts);
        assert!(found.counts.iter().all(|count| *count > 0), "{found:?}");
    }
}

#[test]
fn the_mock_prover_agrees() {
    let (layout, _) = lay_out(&of_rules(Size::Toy, true), &tagged());
    let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    assert_eq!(MockProver::run(layout.statement().k(), &layout, vec![rows]).unwrap().verify(), Ok(()));
}

/// In lower case, in upper case, with either `x`, and with more behind.
#[test]
fn selectors_are_the_first_ten_bytes_in_any_case() {
    let mut expected = [0; 5];
    let mut all = Vec::new();
    for (tag, texts) in SELECTORS {
        for of in texts {
            let upper_digits = upper(of);
            let forms = [
                (*of).to_owned(),
                upper_digits.clone(),
                of.to_uppercase(),
                format!("{upper_digits}!"),
                format!("{of}-fifte"),
                format!("{of}{}", "0".repeat(32)),
                format!("{of}{}", "z".repeat(52)),
                format!("{}{}", of.to_uppercase(), "Z".repeat(20)),
            ];
            expected[tag as usize] += forms.len() as u64;
            all.extend(forms.iter().map(|form| selector(form)));
        }
    }
    assert_eq!(counts_of(all), expected);
}

#[test]
fn texts_near_a_selector_are_none() {
    let of = SELECTORS[0].1[3];
    let mut all: Vec<Transaction> = Vec::new();
    for place in 0..of.len() {
        for byte in [of.as_bytes()[place] ^ 1, of.as_bytes()[place] ^ 0x40, b'x'] {
            let mut bytes = of.as_bytes().to_vec();
            bytes[place] = byte;
            let text = String::from_utf8(bytes).unwrap();
            if byte > 0 && !text.eq_ignore_ascii_case(of) {
                all.extend([selector(&text), selector(&format!("{text}{}", "0".repeat(32)))]);
            }
        }
        all.push(selector(&of[..place]));
        all.push(selector(&of[place + 1..]));
    }
    all.push(selector(&format!("0{of}")));
    assert_eq!(counts_of(all), [0; 5]);
}

/// Of slots of their own, of others because they are in upper case, and of others because there are too many.
#[test]
fn addresses_count_in_any_case_but_for_their_x() {
    let mut expected = [0; 5];
    let (mut all, mut none) = (Vec::new(), Vec::new());
    for (tag, texts) in ADDRESSES {
        for of in texts {
            all.extend([receiver(of), sender(of), sender(&upper(of))]);
            let half = of.len() / 2;
            all.push(receiver(&format!("{}{}", &of[..half], of[half..].to_uppercase())));
            expected[tag as usize] += 4;
            none.extend([receiver(&of.to_uppercase()), class(of), selector(&of[..9]), sender(&of[2..])]);
        }
    }
    // Selectors of addresses have no address's first digits, and classes are no addresses.
    assert_eq!(counts_of(all), expected);
    assert_eq!(counts_of(none), [0; 5]);
    let plain = |i: usize| format!("0x{i:040x}");
    let mut many: Vec<Transaction> = (0..3)
        .map(|i| Transaction {
            asset: text(&plain(5 * i)),
            contract_type: text(&plain(5 * i + 1)),
            sender: text(&plain(5 * i + 2)),
            receiver: text(&plain(5 * i + 3)),
            ..Transaction::default()
        })
        .collect();
    many.extend([receiver(ADDRESSES[2].1[5]), sender(ADDRESSES[3].1[0]), selector(&plain(77))]);
    assert_eq!(found(&of_rules(Size::Toy, false), &of(many)).counts, [0, 0, 1, 1, 0]);
}

#[test]
fn texts_near_an_address_are_none() {
    let mut all = Vec::new();
    for of in [ADDRESSES[2].1[0], ADDRESSES[0].1[1]] {
        for place in 0..of.len() {
            let mut bytes = of.as_bytes().to_vec();
            bytes[place] = if bytes[place] == b'3' { b'4' } else { b'3' };
            let lower = String::from_utf8(bytes.clone()).unwrap();
            bytes[place] = b'g';
            let other = String::from_utf8(bytes).unwrap();
            all.extend([receiver(&lower), receiver(&other)]);
            // Whatever stands in front of it, `upper` puts 0x there.
            all.extend((place > 1).then(|| sender(&upper(&lower))));
            all.push(receiver(&format!("{}{}", &of[..place], &of[place + 1..])));
        }
        all.extend([receiver(&format!("0{of}")), receiver(&format!("{of}0")), receiver(&format!("{of} "))]);
    }
    // Of three digits less, and of ten bytes, which could be selectors.
    all.extend([receiver(SELECTORS[0].1[0]), sender("0x"), receiver("")]);
    assert_eq!(counts_of(all), [0; 5]);
}

#[test]
fn classes_count_whole_in_any_case() {
    for (tag, texts) in CLASSES {
        for of in texts {
            let half = of.len() / 2;
            let mixed = format!("{}{}", &of[..half], of[half..].to_lowercase());
            for form in [(*of).to_owned(), of.to_lowercase(), mixed] {
                let mask = found(&of_rules(Size::Toy, false), &of_one(class(&form))).mask;
                assert_eq!(mask, 1 << tag.bit(), "{form}");
            }
        }
    }
    for form in
        ["dex ", " dex", "de", "dexx", "0x5", "00", "\u{1}", &"0".repeat(62), ADDRESSES[0].1[0], "FXFX"]
    {
        let mask = found(&of_rules(Size::Toy, false), &of_one(class(form))).mask;
        assert_eq!(mask, 1 << Tag::AssetOther.bit(), "{form}");
    }
    assert_eq!(found(&of_rules(Size::Toy, false), &of_one(class(""))).mask, 0);
    // In short slots, in long ones, and empty.
    let many = ["dEx", "nFT", "SYSTEM", "fX", "solana_PROGRAM", "0X4"].map(class);
    let tags =
        [Tag::AssetDex, Tag::AssetNft, Tag::AssetSystemMessageFlow, Tag::AssetFx, Tag::AssetSolanaProgram];
    let expected: u64 = tags.iter().map(|tag| 1 << tag.bit()).sum();
    assert_eq!(found(&of_rules(Size::Toy, false), &of(many.to_vec())).mask, expected);
}

fn of_one(transaction: Transaction) -> Block {
    of(vec![transaction])
}

#[test]
fn limits_are_not_above_themselves() {
    let most = Quantity::MAX.get();
    for (price, value, mask) in [
        (HIGH_PRICE, LARGE_VALUE, 0),
        (HIGH_PRICE + 1, LARGE_VALUE, 1 << 4),
        (HIGH_PRICE, LARGE_VALUE + 1, 1 << 5),
        (0, most, 1 << 5),
        (most, 0, 1 << 4),
        (most, most, 3 << 4),
    ] {
        let found = found(&of_rules(Size::Toy, false), &of_one(priced(price, value, -5)));
        assert_eq!((found.mask, found.gas, found.gas_shares), (mask, 0, [0, 0]), "{price} {value}");
    }
}

#[test]
fn behaviour_adds_up() {
    let most = 1_i64 << 50;
    let with = |transaction: Transaction, of: Transaction| Transaction {
        function_selector: of.function_selector,
        receiver: of.receiver,
        ..transaction
    };
    let dex = selector(SELECTORS[0].1[0]);
    let lender = receiver(ADDRESSES[2].1[2]);
    let bridge = receiver(ADDRESSES[3].1[2]);
    let all = vec![
        with(priced(1, u128::MAX, most), dex.clone()),
        with(priced(2, u128::MAX, most), lender.clone()),
        with(priced(3, u128::MAX, 7), lender),
        with(priced(4, 5, -most), bridge),
        with(priced(u128::MAX, 6, 1), dex),
        priced(0, u128::MAX, most),
    ];
    let found = found(&of_rules(Size::Toy, false), &of(all));
    assert_eq!((found.counts, found.dominant()), ([2, 0, 2, 1, 1], Some(Tag::DexActivity)));
    assert_eq!(found.volumes, [2 * Quantity::MAX.get(), 5]);
    assert!(found.gas > 3 * ((1 << 47) - 1) && found.gas_shares[1] == 0);
}

/// Prices, values and fields of adapters of records that are not there, and masks of links to no text.
#[test]
fn what_is_not_there_counts_nothing() {
    let forger = Forger::of_rules(false, true);
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let refused = |lies: Lies| {
        let verdict = examiner.judge(&forger, lies.clone());
        assert!(verdict.changed && !verdict.killers.is_empty(), "{lies:?}");
    };
    let rows: Vec<usize> =
        (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::RuleValue, *row)).collect();
    assert_eq!(rows.len(), Size::Toy.capacity().transactions);
    let cell = |column: usize, row: usize| Cell { column, row };
    for row in &rows[forger_transactions()..] {
        assert_eq!(assignment.read(cell(at::D, *row)), Fr::zero());
        for value in [1, HIGH_PRICE + 1, LARGE_VALUE + 1] {
            refused(Lies::from([(cell(at::E, *row), value.into())]));
            refused(Lies::from([(cell(at::E, *row - 3), value.into())]));
            refused(Lies::from([(cell(at::E, *row), value.into()), (cell(at::D, *row), 1.into())]));
        }
    }
    // Bits and numbers of adapters: of the last records, which are not there, the free cells come last.
    let free = forger.free(Free::Input);
    let mut own: Vec<Cell> = free.into_iter().filter(|cell| cell.row > rows[rows.len() - 1] + 6).collect();
    own.sort_by_key(|cell| cell.row);
    assert!(own.len() >= 10 * rows.len(), "{} cells", own.len());
    for cell in own.iter().rev().skip(1).take(14) {
        refused(Lies::from([(*cell, to_integer(assignment.read(*cell)) + 1)]));
    }
    // Links: masks follow from texts, and a link to no text has none.
    let links = (0..assignment.rows())
        .filter(|row| assignment.fixed_at(fixed_at::LINKS, *row) == Fr::from(fixed_at::LINK));
    for row in links {
        let mask = to_integer(assignment.read(cell(at::MASK, row)));
        refused(Lies::from([(cell(at::MASK, row), mask + 1)]));
    }
}

/// A bit "equal" of 1 + δ² with the inverse −δ meets all of a zero test but that the bit is one.
#[test]
fn bits_of_zero_tests_are_bits() {
    let forger = Forger::of_rules(false, false);
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let mut told = 0;
    for cell in forger.free(Free::Equal) {
        let inverse = match cell.column {
            at::NUMBER => at::INVERSE,
            at::OVER | at::E => at::SIGN,
            column => panic!("no zero test has its bit in column {column}"),
        };
        let inverse = assignment.read(Cell { column: inverse, row: cell.row });
        if inverse == Fr::zero() {
            continue;
        }
        let difference = inverse.invert().unwrap();
        let bit = to_integer(Fr::one() + difference.square());
        let verdict = examiner.judge(&forger, Lies::from([(cell, bit)]));
        assert!(
            verdict.killers.iter().any(|killer| killer.to_string().contains("equal is 0 or 1")),
            "{cell:?}"
        );
        told += 1;
    }
    assert!(told > 20, "{told} zero tests");
}

fn forger_transactions() -> usize {
    tagged().transactions.len()
}

#[test]
fn the_number_of_transactions_makes_a_tag() {
    for count in [BUSY, BUSY + 1] {
        let all = (0..count).map(|_| Transaction::default()).collect();
        let found = found(&of_rules(Size::Medium, false), &of(all));
        assert_eq!((found.transactions, tag(found.mask, Tag::HighThroughput)), (count as u64, count > BUSY));
    }
}

#[test]
fn anomaly_scores_count_tags_of_the_block() {
    let of = |name: &str, block: &Block| {
        let statement = Statement::from_name(name).unwrap();
        assert_eq!(Statement::from_bytes(&statement.to_bytes()).as_ref(), Some(&statement));
        let (layout, findings) = lay_out(&statement, block);
        holds(&layout);
        (findings.anomaly.unwrap(), findings.rules)
    };
    let (without, none) = of("core-small-64+analytics", &tagged());
    assert!(none.is_none() && !without.variant.block_tags && without.variant.number() == 4);
    for name in [
        "core-small-64+analytics-all",
        "core-small-64+analytics-all.zonetags",
        "core-small-64+analytics-all.adapter",
        "core-small-64+analytics-all.zonetags.adapter",
        "core-small-64+analytics-residuals-zones-anomaly-rules.eth.zonetags",
    ] {
        let (with, rules) = of(name, &tagged());
        assert!(rules.is_some() && with.variant.block_tags, "{name}");
        assert!(with.verdict.raw > without.verdict.raw, "{name}");
        of(name, &block(3, 4, 2, 1));
        of(name, &self::of(Vec::new()));
    }
}

/// Names and encodings that stood before rules did, and those with them.
#[test]
fn statements_have_names_and_encodings() {
    for (name, bytes) in [
        ("core-small-64+analytics", Some([7, 15, 1, 0])),
        ("core-small-64+analytics.committed.zonetags", Some([7, 15, 0, 1])),
        ("core-small-64+analytics-residuals-zones.eth", Some([7, 3, 2, 0])),
        ("core-small-64+analytics-all", Some([7, 31, 1, 0])),
        ("core-small-64+analytics-all.eth.zonetags.adapter", Some([7, 31, 2, 3])),
        ("core-small-64+analytics-rules", Some([7, 16, 1, 0])),
        ("core-small-64+analytics-rules.adapter", Some([7, 16, 1, 2])),
        ("core-small-64+analytics-residuals-rules", Some([7, 17, 1, 0])),
        ("core-small-64+analytics.adapter", None),
        ("core-small-64+analytics-residuals-zones-hypergraph-anomaly-rules", None),
        ("core-small-64+analytics-rules-all", None),
        ("core-small-64x2+analytics-rules", None),
    ] {
        let statement = Statement::from_name(name);
        let front = statement.as_ref().map(|statement| statement.to_bytes()[..4].to_vec());
        assert_eq!(front, bytes.map(|bytes| bytes.to_vec()), "{name}");
        if let Some(statement) = statement {
            assert_eq!(
                (statement.name(), Statement::from_bytes(&statement.to_bytes())),
                (name.to_owned(), Some(statement.clone()))
            );
        }
    }
    // A bit that says nothing.
    let mut bytes = Statement::from_name("core-small-64+analytics-rules").unwrap().to_bytes();
    bytes[3] = 4;
    assert_eq!(Statement::from_bytes(&bytes), None);
    (bytes[1], bytes[3]) = (15, 2);
    assert_eq!(Statement::from_bytes(&bytes), None, "fields of adapters without rules");
}

#[test]
fn sizes_are_what_the_figures_say() {
    for (name, k) in [
        ("core-small-64+analytics-rules", 14),
        ("core-small-64+analytics-all", 14),
        ("core-small-256+analytics-all", 14),
        ("core-small-256+analytics-all.zonetags", 14),
        ("core-small-64+analytics-all.adapter", 15),
    ] {
        assert_eq!(Statement::from_name(name).unwrap().k(), k, "{name}");
    }
    let (layout, _) = lay_out(&of_rules(Size::Small, false), &of(Vec::new()));
    let rows: Vec<usize> =
        layout.stages().iter().filter(|stage| stage.name == "analytics").map(|stage| stage.rows).collect();
    assert_eq!(rows, [2_061], "of 240 transactions and 560 texts");
}
