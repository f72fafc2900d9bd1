//! What the transactions of a block do, in numbers.

use num_bigint::BigInt;

use super::native::{RecordTags, Tags};
use crate::block::{Block, Transaction};
use crate::fixed::round_div;
use crate::sets::Tag;

/// The categories that are counted.
pub const CATEGORIES: [Tag; 5] =
    [Tag::DexActivity, Tag::NftActivity, Tag::LendingActivity, Tag::BridgeActivity, Tag::HighFee];

/// The behaviour of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Transactions of each category.
    pub counts: [u64; CATEGORIES.len()],
    /// G, in units of a canonical number.
    pub gas: u64,
    /// Gas of the transactions with an exchange, and with tokens that are no money.
    pub category_gas: [u64; 2],
    /// Their shares of G, at 2⁻³².
    pub gas_shares: [u64; 2],
    /// Value of the transactions with a lender, and with a bridge.
    pub volumes: [u128; 2],
    /// Price of gas, summed.
    pub price_sum: u128,
    /// Value, summed.
    pub value_sum: u128,
    /// The most frequent category.
    pub dominant: Option<Tag>,
}

impl Behaviour {
    /// Of a block with its tags.
    pub fn new(block: &Block, tags: &Tags) -> Self {
        let masks: Vec<u64> = tags.records.iter().map(RecordTags::mask).collect();
        let of = |tag: Tag| {
            let pairs = block.transactions.iter().zip(&masks);
            pairs.filter(move |(_, mask)| **mask >> tag.bit() & 1 == 1).map(|(transaction, _)| transaction)
        };
        let gas_of = |transaction: &Transaction| transaction.gas_used.units().max(0).unsigned_abs();
        let value_of = |transaction: &Transaction| transaction.tag_fields.value.get();
        let gas = block.transactions.iter().map(gas_of).sum();
        let counts = CATEGORIES.map(|tag| of(tag).count() as u64);
        let category_gas = [CATEGORIES[0], CATEGORIES[1]].map(|tag| of(tag).map(gas_of).sum());
        Self {
            counts,
            gas,
            category_gas,
            gas_shares: category_gas.map(|part| share(part, gas)),
            volumes: [CATEGORIES[2], CATEGORIES[3]].map(|tag| of(tag).map(value_of).sum()),
            price_sum: block.transactions.iter().map(|transaction| transaction.tag_fields.price.get()).sum(),
            value_sum: block.transactions.iter().map(value_of).sum(),
            dominant: dominant(&counts),
        }
    }
}

/// The most frequent category: the first of several, none if all counts are 0.
pub fn dominant(counts: &[u64; CATEGORIES.len()]) -> Option<Tag> {
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    counts.iter().position(|count| *count == most).map(|category| CATEGORIES[category])
}

/// ⌊2³²·part / whole⌉.
fn share(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    u64::try_from(round_div(&(BigInt::from(part) << 32), &whole.into())).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Number, Quantity, TagFields, Text};

    fn transaction(selector: &str, gas: i64, value: u128) -> Transaction {
        Transaction {
            function_selector: Text::new(selector).unwrap(),
            gas_used: Number::saturating(gas.into()),
            tag_fields: TagFields { value: Quantity::saturating(value), ..TagFields::default() },
            ..Transaction::default()
        }
    }

    fn behaviour(transactions: Vec<Transaction>) -> Behaviour {
        let block = Block { transactions, ..Block::default() };
        Behaviour::new(&block, &Tags::new(&block))
    }

    const DEX: &str = "0x38ed1739";
    const NFT: &str = "0x23b872dd";

    #[test]
    fn the_first_of_the_most_frequent_is_dominant() {
        let found = behaviour(vec![transaction(NFT, 1, 0), transaction(DEX, 2, 5), transaction("", -7, 6)]);
        assert_eq!((found.counts, found.dominant), ([1, 1, 0, 0, 0], Some(Tag::DexActivity)));
        assert_eq!((found.gas, found.category_gas), (3, [2, 1]), "less than nothing counts as nothing");
        assert_eq!(found.gas_shares, [2_863_311_531, 1_431_655_765]);
        assert_eq!((found.value_sum, found.volumes), (11, [0, 0]));
        let more = behaviour(vec![transaction(NFT, 0, 0), transaction(NFT, 0, 0), transaction(DEX, 0, 0)]);
        assert_eq!((more.dominant, more.gas_shares), (Some(Tag::NftActivity), [0, 0]));
        assert_eq!(behaviour(vec![transaction("", 1, 1)]).dominant, None);
    }

    #[test]
    fn volumes_are_of_lenders_and_bridges() {
        let to = |receiver: &str, value: u128| Transaction {
            receiver: Text::new(receiver).unwrap(),
            ..transaction("", 0, value)
        };
        let lender = "0x7d2768de32b0b80b7a3454c06bdac94a69ddc7a9";
        let bridge = "0x4c6f947ae67f572afa4ae0730947de7c874f95ef";
        let most = u128::MAX;
        let found = behaviour(vec![to(lender, 3), to(lender, most), to(bridge, most), to("", 9)]);
        let greatest = Quantity::MAX.get();
        assert_eq!((found.volumes, found.value_sum), ([3 + greatest, greatest], 12 + 2 * greatest));
    }
}
