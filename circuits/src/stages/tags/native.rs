//! Tags in native integers.

use halo2curves::bn256::Fr;

use super::sets::{address_tag, class_tag, selector_tag};
use crate::block::{
    AdapterFields, Block, NUMBER_FRACTION_BITS, Number, QUANTITY_BITS, Quantity, Side, Transaction,
};
use crate::packing::NUMBER_BITS;
use crate::poseidon::{Domain, Packer, salted};
use crate::sets::Tag;
use crate::size::{Oversize, Size};

/// A block with more transactions has [`Tag::HighThroughput`].
pub const BUSY: usize = 400;
/// A transaction with a higher price has [`Tag::HighFee`].
pub const HIGH_PRICE: u128 = 50_000_000_000;
/// A transaction with a larger value has [`Tag::LargeValue`].
pub const LARGE_VALUE: u128 = 1_000_000_000_000_000_000_000;
/// Risks from which on the second, third and fourth tag of risk stand, in units of a canonical number.
pub const RISK_LIMITS: [i64; 3] =
    [20 << NUMBER_FRACTION_BITS, 50 << NUMBER_FRACTION_BITS, 80 << NUMBER_FRACTION_BITS];
/// Liquidity up to the first limit is thin, from the second on deep: .3 and .7.
pub const LIQUIDITY_LIMITS: [i64; 2] = [19_661, 45_875];
/// A spread up to the first limit is tight, from the second on wide.
pub const SPREAD_LIMITS: [i64; 2] = [1 << NUMBER_FRACTION_BITS, 5 << NUMBER_FRACTION_BITS];

/// Tags that fields of adapters make, by bit.
pub const ADAPTER_TAGS: u64 = (1 << Tag::AssetLegacyFlow as u64) - (1 << Tag::AmlAlert as u64);

/// The tags of one transaction, by source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordTags {
    /// Of the selector, the receiver and the sender.
    pub categories: [Option<Tag>; 3],
    /// Price above [`HIGH_PRICE`].
    pub high_fee: bool,
    /// Value above [`LARGE_VALUE`].
    pub large_value: bool,
    /// Of the class.
    pub class: Option<Tag>,
    /// Of fields of adapters.
    pub adapter: Vec<Tag>,
}

impl RecordTags {
    /// Of a transaction.
    pub fn new(transaction: &Transaction) -> Self {
        let fields = &transaction.tag_fields;
        Self {
            categories: [
                selector_tag(&transaction.function_selector),
                address_tag(&transaction.receiver),
                address_tag(&transaction.sender),
            ],
            high_fee: fields.price.get() > HIGH_PRICE,
            large_value: fields.value.get() > LARGE_VALUE,
            class: class_tag(&transaction.contract_type),
            adapter: adapter_tags(&fields.adapter),
        }
    }

    /// Its tags, one for each source.
    pub fn sources(&self) -> impl Iterator<Item = Tag> {
        let single =
            [self.high_fee.then_some(Tag::HighFee), self.large_value.then_some(Tag::LargeValue), self.class];
        let all = self.categories.into_iter().chain(single).flatten();
        all.chain(self.adapter.iter().copied())
    }

    /// By bit.
    pub fn mask(&self) -> u64 {
        self.sources().fold(0, |mask, tag| mask | 1 << tag.bit())
    }
}

fn adapter_tags(fields: &AdapterFields) -> Vec<Tag> {
    let risk = |risk: Number| {
        let level = RISK_LIMITS.iter().filter(|limit| risk.units() >= **limit).count();
        [Tag::RiskLow, Tag::RiskMedium, Tag::RiskHigh, Tag::RiskCritical][level]
    };
    let liquidity = |liquidity: Number| match liquidity.units() {
        units if units <= LIQUIDITY_LIMITS[0] => Tag::LiquidityThin,
        units if units >= LIQUIDITY_LIMITS[1] => Tag::LiquidityDeep,
        _ => Tag::LiquidityBalanced,
    };
    let spread = |spread: Number| match spread.units() {
        units if units <= SPREAD_LIMITS[0] => Some(Tag::SpreadTight),
        units if units >= SPREAD_LIMITS[1] => Some(Tag::SpreadWide),
        _ => None,
    };
    let side = match fields.side {
        Side::None => None,
        Side::Buy => Some(Tag::SideBuy),
        Side::Sell => Some(Tag::SideSell),
    };
    let tags = [
        fields.alert.then_some(Tag::AmlAlert),
        fields.rule.then_some(Tag::AmlRule),
        side,
        fields.risk.map(risk),
        fields.liquidity.map(liquidity),
        fields.spread.and_then(spread),
    ];
    tags.into_iter().flatten().collect()
}

/// The tags of a block, and what they are computed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// Of each transaction.
    pub records: Vec<RecordTags>,
    /// How many sources there are for each tag, by bit.
    pub sources: [u64; Tag::ALL.len()],
    /// By bit, 34 of them.
    pub mask: u64,
}

impl Tags {
    /// Of a block.
    pub fn new(block: &Block) -> Self {
        let records: Vec<RecordTags> = block.transactions.iter().map(RecordTags::new).collect();
        let mut sources = [0; Tag::ALL.len()];
        for tag in records.iter().flat_map(RecordTags::sources) {
            sources[tag as usize] += 1;
        }
        let busy = u64::from(records.len() > BUSY) << Tag::HighThroughput.bit();
        let bits = sources.iter().zip(Tag::ALL).map(|(count, tag)| u64::from(*count > 0) << tag.bit());
        Self { mask: bits.sum::<u64>() | busy, records, sources }
    }

    /// The names of its tags, by bit.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        Tag::ALL.into_iter().filter(|tag| self.mask >> tag.bit() & 1 == 1).map(Tag::name)
    }
}

/// Commitment to the tag fields of a block at a size of circuit, those of adapters too if `adapter`.
///
/// # Errors
/// If the block does not fit the size.
pub fn commitment(size: Size, block: &Block, adapter: bool, salt: Fr) -> Result<Fr, Oversize> {
    size.check_records(block)?;
    let per_place = 1 + usize::from(adapter);
    let mut elements = vec![Fr::from(block.transactions.len() as u64)];
    for Transaction { tag_fields: fields, .. } in &block.transactions {
        let quantities = [fields.price, fields.value];
        let put = |packer: Packer, quantity: Quantity| packer.put(quantity.get(), QUANTITY_BITS);
        elements.push(quantities.into_iter().fold(Packer::new(), put).element());
        if adapter {
            elements.push(adapter_element(&fields.adapter));
        }
    }
    elements.resize(1 + per_place * size.capacity().transactions, Fr::zero());
    Ok(salted(Domain::TagFields, commitment_shape(size, adapter), salt, elements))
}

/// Shape of that commitment.
pub(crate) fn commitment_shape(size: Size, adapter: bool) -> u64 {
    u64::from(adapter) << 8 | u64::from(size.number())
}

fn adapter_element(fields: &AdapterFields) -> Fr {
    let number = |packer: Packer, number: Option<Number>| {
        packer.signed(number.unwrap_or_default().units(), NUMBER_BITS).put(u8::from(number.is_some()), 1)
    };
    let numbers = [fields.risk, fields.liquidity, fields.spread].into_iter().fold(Packer::new(), number);
    let packer = numbers.put(fields.side.number(), 2);
    packer.put(u8::from(fields.alert), 1).put(u8::from(fields.rule), 1).element()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{TagFields, Text};

    fn with(fields: TagFields) -> Transaction {
        Transaction { tag_fields: fields, ..Transaction::default() }
    }

    fn block(transactions: Vec<Transaction>) -> Block {
        Block { transactions, ..Block::default() }
    }

    #[test]
    fn limits_are_not_above_themselves() {
        let tags = |price: u128, value: u128| {
            let [price, value] = [price, value].map(Quantity::saturating);
            let transaction = with(TagFields { price, value, ..TagFields::default() });
            Tags::new(&block(vec![transaction])).names().collect::<Vec<_>>()
        };
        assert!(tags(HIGH_PRICE, LARGE_VALUE).is_empty());
        assert_eq!(tags(HIGH_PRICE + 1, LARGE_VALUE), ["HIGH_FEE"]);
        assert_eq!(tags(HIGH_PRICE, LARGE_VALUE + 1), ["LARGE_VALUE"]);
        assert_eq!(tags(u128::MAX, u128::MAX), ["HIGH_FEE", "LARGE_VALUE"]);
        let busy = |count: usize| Tags::new(&block(vec![Transaction::default(); count])).mask;
        assert_eq!((busy(BUSY), busy(BUSY + 1)), (0, 1 << 6));
    }

    #[test]
    fn numbers_of_adapters_have_their_levels() {
        let tags = |fields: AdapterFields| adapter_tags(&fields);
        let units = |units: i64| Some(Number::saturating(units.into()));
        for (risk, tag) in [
            (RISK_LIMITS[0] - 1, Tag::RiskLow),
            (RISK_LIMITS[0], Tag::RiskMedium),
            (RISK_LIMITS[1] - 1, Tag::RiskMedium),
            (RISK_LIMITS[1], Tag::RiskHigh),
            (RISK_LIMITS[2] - 1, Tag::RiskHigh),
            (RISK_LIMITS[2], Tag::RiskCritical),
        ] {
            assert_eq!(tags(AdapterFields { risk: units(risk), ..AdapterFields::default() }), [tag]);
        }
        for (liquidity, tag) in [
            (19_661, Tag::LiquidityThin),
            (19_662, Tag::LiquidityBalanced),
            (45_874, Tag::LiquidityBalanced),
            (45_875, Tag::LiquidityDeep),
        ] {
            assert_eq!(
                tags(AdapterFields { liquidity: units(liquidity), ..AdapterFields::default() }),
                [tag]
            );
        }
        for (spread, expected) in [
            (65_536, Some(Tag::SpreadTight)),
            (65_537, None),
            (5 * 65_536 - 1, None),
            (5 * 65_536, Some(Tag::SpreadWide)),
        ] {
            let found = tags(AdapterFields { spread: units(spread), ..AdapterFields::default() });
            assert_eq!(found, Vec::from_iter(expected), "{spread}");
        }
        assert!(tags(AdapterFields::default()).is_empty(), "no number is no level");
        let flags = AdapterFields { side: Side::Sell, alert: true, rule: true, ..AdapterFields::default() };
        assert_eq!(tags(flags), [Tag::AmlAlert, Tag::AmlRule, Tag::SideSell]);
    }

    /// Selector, receiver and sender are three sources of one bit.
    #[test]
    fn sources_add_up() {
        let text = |text: &str| Text::new(text).unwrap();
        let transaction = Transaction {
            function_selector: text("0x38ed1739"),
            receiver: text("0x7a250d5630b4cf539739df2c5dacab8edb538fda"),
            sender: text("0x881d40237659c251811cec9c364ef91dc08d300c"),
            contract_type: text("dex"),
            ..Transaction::default()
        };
        let tags = Tags::new(&block(vec![transaction.clone(), transaction, Transaction::default()]));
        assert_eq!((tags.sources[0], tags.sources[25], tags.sources.iter().sum::<u64>()), (6, 2, 8));
        assert_eq!(tags.mask, 1 | 1 << 25);
        assert_eq!(tags.records[0].mask(), tags.mask);
    }

    #[test]
    fn commitments_differ() {
        let base = || TagFields {
            adapter: AdapterFields { risk: Some(Number::default()), ..AdapterFields::default() },
            ..TagFields::default()
        };
        let commitment = |transactions: Vec<TagFields>, adapter: bool| {
            let block = block(transactions.into_iter().map(with).collect());
            commitment(Size::Small, &block, adapter, Fr::zero()).unwrap()
        };
        let change = |change: &dyn Fn(&mut TagFields)| {
            let mut fields = base();
            change(&mut fields);
            commitment(vec![fields], true)
        };
        let all = [
            commitment(vec![base()], true),
            commitment(vec![base()], false),
            commitment(vec![base(), TagFields::default()], false),
            commitment(vec![base(), base()], true),
            change(&|fields| fields.price = Quantity::saturating(1)),
            change(&|fields| fields.value = Quantity::saturating(1)),
            change(&|fields| fields.adapter.risk = None),
            change(&|fields| fields.adapter.liquidity = Some(Number::default())),
            change(&|fields| fields.adapter.spread = Some(Number::default())),
            change(&|fields| fields.adapter.side = Side::Buy),
            change(&|fields| fields.adapter.side = Side::Sell),
            change(&|fields| fields.adapter.alert = true),
            change(&|fields| fields.adapter.rule = true),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{i}");
        }
        let many = block(vec![Transaction::default(); 241]);
        assert!(super::commitment(Size::Small, &many, false, Fr::zero()).is_err());
    }
}
