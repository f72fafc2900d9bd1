//! Whose rules a block follows, as far as it tells itself.
//!
//! Many chains answer `eth_getBlockByNumber` and compute block hashes and roots in their own way. A block that differs
//! from Ethereum's rules there is not one that somebody tampered with, and every node of its chain answers alike. What is
//! recognised here excuses header and root only: transactions are signed by Ethereum's rules nearly everywhere, and the
//! exceptions ([`super::transaction`]) show in the transactions themselves.
//!
//! None of this lets through what was refused otherwise: whoever can change a document can leave out the fields that a
//! check needs. It decides what a user is told.

use super::super::json::Json;
use super::super::record::Record;
use super::quantity;

/// Rules other than Ethereum's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// What shows them, and whose they may be.
    pub evidence: String,
    /// Whether the root of transactions follows them too.
    pub root: bool,
}

/// `mixHash` of blocks of Istanbul consensus and its successors: "ctical byzantine fault tolerance".
const ISTANBUL: &str = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";

/// Chains whose blocks follow Ethereum's rules, as far as they have no fields of their own: Ethereum and its test networks,
/// usual networks of developers, and public chains whose nodes derive from Ethereum's.
const ETHEREUM: [u128; 19] = [
    1, 5, 10, 56, 97, 100, 137, 1101, 1337, 8453, 17_000, 31_337, 59_144, 80_002, 534_352, 560_048,
    11_155_111, 11_155_420, 84_532,
];

/// Chains whose rules are known to differ.
const OTHER: [(&str, &[u128]); 6] = [
    (
        "Cosmos EVM (hash and root are those of CometBFT)",
        &[25, 338, 777, 1_329, 2_221, 2_222, 7_700, 9_000, 9_001, 80_087, 80_094],
    ),
    ("Filecoin (the hash is that of a tipset)", &[314, 3_141, 314_159]),
    ("Oasis (hash and root are those of its own rounds)", &[23_294, 23_295, 42_261, 42_262]),
    ("zkSync (hash and root are those of its own batches)", &[270, 300, 324, 280, 388, 50_104]),
    ("Celo", &[42_220, 44_787, 62_320, 11_142_220]),
    ("Hedera (the hash is that of its record stream)", &[295, 296, 297, 298]),
];

/// Fields that Ethereum's headers have since the forks that brought them, by the first timestamp on its main network; test
/// networks had them earlier.
const SINCE: [(&str, u128, &str); 3] = [
    ("withdrawalsRoot", 1_681_338_455, "April 2023"),
    ("blobGasUsed", 1_710_338_135, "March 2024"),
    ("requestsHash", 1_746_612_311, "May 2025"),
];

/// What in `block` shows that its header follows other rules than Ethereum's.
pub(super) fn foreign(block: &Record<'_>) -> Option<Foreign> {
    let text = |key: &'static str| match block.get(key) {
        Some(Json::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let other = |evidence: String| Some(Foreign { evidence, root: true });
    if text("mixHash").is_some_and(|mix| mix.eq_ignore_ascii_case(ISTANBUL)) {
        let evidence = "mixHash is that of QBFT and IBFT, whose block hash leaves out the seals".to_owned();
        return Some(Foreign { evidence, root: false });
    }
    let transactions = match block.get("transactions") {
        Some(Json::Array(items)) => items.as_slice(),
        _ => &[],
    };
    let chain = chain(transactions);
    if let Some((name, id)) = chain.and_then(other_chain) {
        return other(format!("chain {id} is {name}"));
    }
    if !transactions.is_empty() {
        let zero = |key: &&'static str| text(key).is_some_and(|root| root.bytes().skip(2).all(|b| b == b'0'));
        if let Some(key) = ["transactionsRoot", "stateRoot", "receiptsRoot"].iter().find(|key| zero(key)) {
            return other(format!("{key} is zero although there are transactions, as in zkSync"));
        }
    }
    if let Some(id) = chain.filter(|id| !ETHEREUM.contains(id)) {
        return other(format!("chain {id} is none of those known to follow them"));
    }
    let time = number(block.get("timestamp"))?;
    let missing = SINCE.into_iter().find(|(key, since, _)| time >= *since && block.get(key).is_none());
    missing.and_then(|(key, _, since)| {
        other(format!(
            "its header has no {key}, which Ethereum's have since {since}, as in Cosmos EVM and Filecoin"
        ))
    })
}

fn number(value: Option<&Json>) -> Option<u128> {
    let digits = quantity::standard(value?)?;
    u128::from_str_radix(digits.get(2..)?, 16).ok()
}

/// The chain that transactions name. Those of one block name the same, and old ones none.
fn chain(transactions: &[Json]) -> Option<u128> {
    transactions.iter().find_map(|transaction| number(transaction.get("chainId")))
}

fn other_chain(id: u128) -> Option<(&'static str, u128)> {
    OTHER.into_iter().find(|(_, ids)| ids.contains(&id)).map(|(name, _)| (name, id))
}
