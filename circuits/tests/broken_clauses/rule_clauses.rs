//! Section 5 of the definition of analytics, clause by clause: what a transaction's tags are, and those of a block, each computed without one clause
//! and claimed.

use foldproof_circuits::assignment::Lies;
use foldproof_circuits::block::{Text, Transaction};
use foldproof_circuits::findings::RuleFindings;
use foldproof_circuits::stages::tags::{
    BUSY, CATEGORIES, HIGH_PRICE, LARGE_VALUE, LIQUIDITY_LIMITS, RISK_LIMITS, RecordTags, SPREAD_LIMITS, Tag,
    Tags, address_tag, class_tag,
};

use crate::rules::{Judge, scenes};

/// What a transaction's tags are without a clause.
type Way = Box<dyn Fn(&Transaction, &mut RecordTags)>;

fn as_text(text: &Text) -> String {
    String::from_utf8(text.bytes().to_vec()).unwrap()
}

fn with(text: &Text, change: impl Fn(&str) -> String) -> Text {
    Text::new(&change(&as_text(text))).unwrap()
}

/// The tag of a level: of a spread the one between has none.
fn level(first: Tag, level: usize) -> Option<Tag> {
    match (first, level) {
        (Tag::SpreadTight, 1) => None,
        (Tag::SpreadTight, level) => Some(Tag::ALL[first as usize + level / 2]),
        (_, level) => Some(Tag::ALL[first as usize + level]),
    }
}

fn moved(tags: &mut RecordTags, old: Option<Tag>, new: Option<Tag>) {
    tags.adapter.retain(|tag| Some(*tag) != old);
    tags.adapter.extend(new);
}

/// Texts: which count, whole or in part, in which case, and for what.
fn of_texts() -> Vec<(String, Way)> {
    let mut all: Vec<(String, Way)> = Vec::new();
    let mut add = |clause: &str, way: Way| all.push((clause.to_owned(), way));
    add(
        "selectors are whole texts",
        Box::new(|t, tags| {
            if t.function_selector.bytes().len() != 10 {
                tags.categories[0] = None;
            }
        }),
    );
    add(
        "selectors are compared as they stand",
        Box::new(|t, tags| {
            if t.function_selector != with(&t.function_selector, str::to_lowercase) {
                tags.categories[0] = None;
            }
        }),
    );
    add(
        "selectors may be addresses",
        Box::new(|t, tags| {
            tags.categories[0] = tags.categories[0].or(address_tag(&t.function_selector));
        }),
    );
    add(
        "addresses may begin with 0X",
        Box::new(|t, tags| {
            tags.categories[1] = address_tag(&with(&t.receiver, str::to_lowercase));
            tags.categories[2] = address_tag(&with(&t.sender, str::to_lowercase));
        }),
    );
    add(
        "addresses are compared as they stand",
        Box::new(|t, tags| {
            for (place, text) in [(1, &t.receiver), (2, &t.sender)] {
                if *text != with(text, str::to_lowercase) {
                    tags.categories[place] = None;
                }
            }
        }),
    );
    add(
        "classes are compared as they stand",
        Box::new(|t, tags| {
            if t.contract_type != with(&t.contract_type, str::to_uppercase) {
                tags.class = Some(Tag::AssetOther);
            }
        }),
    );
    add(
        "classes are trimmed",
        Box::new(|t, tags| {
            tags.class = class_tag(&with(&t.contract_type, |text| text.trim().to_owned()));
        }),
    );
    add(
        "no class is another class",
        Box::new(|_, tags| {
            tags.class = tags.class.or(Some(Tag::AssetOther));
        }),
    );
    add(
        "other classes are none",
        Box::new(|_, tags| {
            tags.class = tags.class.filter(|tag| *tag != Tag::AssetOther);
        }),
    );
    for (source, name) in ["selectors", "receivers", "senders"].into_iter().enumerate() {
        let makes = if source == 0 { &CATEGORIES[..2] } else { &CATEGORIES[..4] };
        for tag in makes.iter().copied() {
            add(
                &format!("{name} do not make {}", tag.name()),
                Box::new(move |_, tags| {
                    tags.categories[source] = tags.categories[source].filter(|found| *found != tag);
                }),
            );
        }
    }
    for tag in Tag::ALL.into_iter().filter(|tag| *tag >= Tag::AssetLegacyFlow) {
        let next = Tag::ALL.get(tag as usize + 1).copied().unwrap_or(Tag::AssetLegacyFlow);
        add(
            &format!("the class {} is {}", tag.name(), next.name()),
            Box::new(move |_, tags| {
                if tags.class == Some(tag) {
                    tags.class = Some(next);
                }
            }),
        );
    }
    all
}

/// Prices, values and numbers of adapters: where their limits are, and what is above.
fn of_numbers() -> Vec<(String, Way)> {
    let mut all: Vec<(String, Way)> = Vec::new();
    let mut add = |clause: &str, way: Way| all.push((clause.to_owned(), way));
    let price = |t: &Transaction| t.tag_fields.price.get();
    let value = |t: &Transaction| t.tag_fields.value.get();
    add("a price at the limit is high", Box::new(move |t, tags| tags.high_fee = price(t) >= HIGH_PRICE));
    add(
        "a price is high beyond one more",
        Box::new(move |t, tags| tags.high_fee = price(t) > HIGH_PRICE + 1),
    );
    add("no price is high", Box::new(|_, tags| tags.high_fee = false));
    add("every price is high", Box::new(|_, tags| tags.high_fee = true));
    add("a value at the limit is large", Box::new(move |t, tags| tags.large_value = value(t) >= LARGE_VALUE));
    add(
        "a value is large beyond one more",
        Box::new(move |t, tags| tags.large_value = value(t) > LARGE_VALUE + 1),
    );
    add("no value is large", Box::new(|_, tags| tags.large_value = false));
    add(
        "both are needed",
        Box::new(|_, tags| {
            let both = tags.high_fee && tags.large_value;
            (tags.high_fee, tags.large_value) = (both, both);
        }),
    );
    add("a price is a value", Box::new(move |t, tags| tags.large_value = price(t) > LARGE_VALUE));
    let limits = [
        (Tag::RiskLow, &RISK_LIMITS[..]),
        (Tag::LiquidityThin, &LIQUIDITY_LIMITS[..]),
        (Tag::SpreadTight, &SPREAD_LIMITS[..]),
    ];
    for (first, limits) in limits {
        for (place, limit) in limits.iter().enumerate() {
            // From a limit on, or up to it.
            let on = first == Tag::RiskLow || place == 1;
            let [at, beside] = [*limit, if on { limit - 1 } else { limit + 1 }];
            for (units, up) in [(at, !on), (beside, on)] {
                let name = format!("{} of {units} is on the other side of {limit}", first.name());
                let way = move |t: &Transaction, tags: &mut RecordTags| {
                    let fields = &t.tag_fields.adapter;
                    let number = match first {
                        Tag::RiskLow => fields.risk,
                        Tag::LiquidityThin => fields.liquidity,
                        _ => fields.spread,
                    };
                    if number.is_some_and(|number| number.units() == units) {
                        let [old, new] = if up { [place, place + 1] } else { [place + 1, place] };
                        moved(tags, level(first, old), level(first, new));
                    }
                };
                add(&name, Box::new(way));
            }
        }
    }
    all
}

/// The tags of a block whose transactions have others.
fn tags(records: Vec<RecordTags>) -> Tags {
    let mut sources = [0; Tag::ALL.len()];
    records.iter().flat_map(RecordTags::sources).for_each(|tag| sources[tag as usize] += 1);
    let busy = u64::from(records.len() > BUSY) << Tag::HighThroughput.bit();
    let mask = records.iter().fold(busy, |mask, record| mask | record.mask());
    Tags { records, sources, mask }
}

/// Every clause about one transaction, on a block that shows it.
#[test]
fn clauses_of_transactions() {
    let scenes = scenes();
    let judges: Vec<Judge<'_>> = scenes.iter().map(Judge::new).collect();
    for (clause, way) in of_texts().into_iter().chain(of_numbers()) {
        let mut shown = 0;
        for judge in &judges {
            let scene = judge.scene;
            let honest = Tags::new(&scene.block);
            let mut broken = honest.records.clone();
            let mut lies = Lies::new();
            for (place, (transaction, record)) in scene.block.transactions.iter().zip(&mut broken).enumerate()
            {
                way(transaction, record);
                let cells = scene.told(place, &honest.records[place]);
                let told = scene.told(place, record);
                lies.extend(
                    told.into_iter().zip(cells).filter(|(told, honest)| told != honest).map(|(told, _)| told),
                );
            }
            let claimed = scene.expected(&tags(broken));
            if claimed == scene.expected(&honest) {
                continue;
            }
            judge.refused(&clause, lies, &claimed);
            shown += 1;
            break;
        }
        assert!(shown > 0, "no block shows: {clause}");
    }
}

/// Each tag of the block told the other way: there, because some transaction has it, or not there.
#[test]
fn clauses_of_tags() {
    let mut seen = [[false; 2]; Tag::ALL.len()];
    for scene in &scenes() {
        let judge = Judge::new(scene);
        let honest = scene.expected(&Tags::new(&scene.block));
        for (tag, bit) in Tag::ALL.into_iter().zip(&scene.tags) {
            let there = honest.mask >> tag.bit() & 1;
            if std::mem::replace(&mut seen[tag as usize][there as usize], true) {
                continue;
            }
            let claimed = RuleFindings { mask: honest.mask ^ (1 << tag.bit()), ..honest };
            let clause = format!("{}: {}", tag.name(), if there == 1 { "not said" } else { "said" });
            judge.refused(&clause, Lies::from([(*bit, (1 - there).into())]), &claimed);
        }
    }
    // A small block is never busy.
    let missed = Tag::ALL.into_iter().filter(|tag| seen[*tag as usize] != [true; 2]);
    assert_eq!(missed.collect::<Vec<_>>(), [Tag::HighThroughput]);
}
