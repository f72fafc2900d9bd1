//! Blocks that look like real ones, from a seed.
//!
//! They come as the JSON of a raw block, so whoever uses them exercises the parser too. Everything is drawn with
//! integers, so a seed gives the same text everywhere.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::input::json::{Json, Object};

/// Kind of chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Hex addresses, one trace per transaction, two bundles, fractional amounts.
    #[default]
    Evm,
    /// Base58 addresses, no traces, witness data without bundles.
    Solana,
}

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Transactions.
    pub transactions: usize,
    /// Decides everything else.
    pub seed: u64,
    /// Share of senders, in percent, that sent before. More than 100 counts as 100.
    pub repeated_percent: u8,
    /// Kind of chain.
    pub style: Style,
}

impl Default for Options {
    fn default() -> Self {
        Self { transactions: 150, seed: 1, repeated_percent: 30, style: Style::Evm }
    }
}

/// Receivers per hundred transactions.
const RECEIVERS_PERCENT: usize = 40;
/// Kinds of transaction of an EVM chain.
const KINDS: [&str; 6] = ["DEX", "LENDING", "NFT", "BRIDGE", "TRANSFER", "STAKING"];
/// Assets.
const ASSETS: [&str; 8] = ["ETH", "USDC", "USDT", "DAI", "WBTC", "ARB", "OP", "LINK"];
/// Operations traced.
const OPERATIONS: [&str; 5] = ["CALL", "SLOAD", "SSTORE", "DELEGATECALL", "STATICCALL"];
/// Circuits of bundles.
const CIRCUITS: [&str; 3] = ["TX", "STATE", "AGGREGATION"];

/// The JSON of a raw block.
pub fn block(options: &Options) -> String {
    let mut maker = Maker { rng: ChaCha20Rng::seed_from_u64(options.seed), style: options.style };
    let receivers: Vec<String> =
        (0..(options.transactions * RECEIVERS_PERCENT).div_ceil(100)).map(|_| maker.address()).collect();
    let receivers = Zipf::new(receivers);
    let mut senders: Vec<String> = Vec::new();
    let mut transactions = Vec::new();
    let mut traces = Vec::new();
    for i in 0..options.transactions {
        let again = !senders.is_empty() && maker.percent(options.repeated_percent);
        let sender = if again { maker.one_of(&senders).clone() } else { maker.address() };
        senders.push(sender.clone());
        let receiver = receivers.draw(&mut maker.rng).to_owned();
        match options.style {
            Style::Evm => {
                traces.push(maker.trace(i, &receiver));
                transactions.push(maker.evm_transaction(sender, receiver));
            }
            Style::Solana => transactions.push(maker.solana_transaction(sender, receiver)),
        }
    }
    let block = Object::default()
        .with("header", maker.header())
        .with("transactions", Json::Array(transactions))
        .with("executionTraces", Json::Array(traces))
        .with("witnessData", maker.witness(options.transactions));
    Json::Object(block).to_string()
}

/// Draws the r-th value in proportion to 1/r.
struct Zipf {
    values: Vec<String>,
    cumulated: Vec<u64>,
}

impl Zipf {
    fn new(values: Vec<String>) -> Self {
        let weights = (1..).take(values.len()).map(|rank: u64| (1 << 32) / rank);
        let cumulated = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { cumulated: cumulated.collect(), values }
    }

    fn draw(&self, rng: &mut impl Rng) -> &str {
        let Some(total) = self.cumulated.last() else {
            return "";
        };
        let drawn = rng.gen_range(0..*total);
        let rank = self.cumulated.partition_point(|sum| *sum <= drawn);
        self.values.get(rank).map_or("", String::as_str)
    }
}

struct Maker {
    rng: ChaCha20Rng,
    style: Style,
}

impl Maker {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    fn hex<const N: usize>(&mut self) -> String {
        format!("0x{}", hex::encode(self.bytes::<N>()))
    }

    fn address(&mut self) -> String {
        match self.style {
            Style::Evm => self.hex::<20>(),
            Style::Solana => bs58::encode(self.bytes::<32>()).into_string(),
        }
    }

    fn percent(&mut self, percent: u8) -> bool {
        self.rng.gen_range(0..100) < percent
    }

    fn one_of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.rng.gen_range(0..values.len())]
    }

    fn label(&mut self, labels: &[&str]) -> Json {
        Json::text(*self.one_of(labels))
    }

    fn whole(&mut self, below: u32) -> Json {
        Json::Number(self.rng.gen_range(0..below).into())
    }

    /// A fraction with the binary digits of a measurement.
    fn fraction(&mut self, below: u32) -> Json {
        let thousandths = self.rng.gen_range(0..u64::from(below) * 1000);
        #[expect(clippy::cast_precision_loss, reason = "below 2^42")]
        Json::Number(thousandths as f64 / 1000.0)
    }

    fn header(&mut self) -> Json {
        let (height, time) = (self.rng.gen_range(0..2_000_000), self.rng.gen_range(0..10_000_000));
        let header = match self.style {
            Style::Evm => Object::default()
                .with("height", Json::Number(f64::from(22_000_000 + height)))
                .with("parentHash", Json::text(self.hex::<32>()))
                .with("stateRoot", Json::text(self.hex::<32>()))
                .with("txRoot", Json::text(self.hex::<32>())),
            Style::Solana => Object::default()
                .with("height", Json::Number(f64::from(383_000_000 + height)))
                .with("parentHash", Json::text(bs58::encode(self.bytes::<32>()).into_string())),
        };
        Json::Object(header.with("timestamp", Json::Number(f64::from(1_760_000_000 + time))))
    }

    fn evm_transaction(&mut self, sender: String, receiver: String) -> Json {
        let status = if self.percent(96) { "success" } else { "reverted" };
        let transaction = Object::default()
            .with("hash", Json::text(self.hex::<32>()))
            .with("amount", self.fraction(400_000_000))
            .with("fee", self.fraction(600_000))
            .with("gasUsed", self.whole(2_500_000))
            .with("nonce", self.whole(10_000))
            .with("status", Json::text(status))
            .with("slot", self.fraction(10_000))
            .with("chainId", Json::Number(1.0))
            .with("priorityFee", self.fraction(500))
            .with("contractType", self.label(&KINDS))
            .with("asset", self.label(&ASSETS))
            .with(
                "functionSelector",
                Json::text(format!("0x{:08x}", self.rng.gen_range(0..40u32) * 0x0101_2345)),
            )
            .with("sender", Json::text(sender))
            .with("receiver", Json::text(receiver));
        Json::Object(transaction)
    }

    fn solana_transaction(&mut self, sender: String, receiver: String) -> Json {
        let status = if self.percent(70) { "success" } else { "failed" };
        let transaction = Object::default()
            .with("amountWei", self.whole(u32::MAX))
            .with("fee", self.whole(100_000))
            .with("gasUsed", self.whole(1_400_000))
            .with("gasPrice", Json::Number(0.0))
            .with("nonce", Json::Number(0.0))
            .with("status", Json::text(status))
            .with("sender", Json::text(sender))
            .with("functionSelector", Json::text(&receiver))
            .with("receiver", Json::text(receiver))
            .with("chainId", Json::Number(101.0))
            .with("contractType", Json::text("SOLANA_PROGRAM"));
        Json::Object(transaction)
    }

    fn trace(&mut self, position: usize, contract: &str) -> Json {
        let reverted = self.percent(4);
        #[expect(clippy::cast_precision_loss, reason = "positions are below 2^53")]
        let slot = Json::Number(position as f64);
        let trace = Object::default()
            .with("balanceDelta", self.fraction(400_000_000))
            .with("storageWrites", self.whole(48))
            .with("storageReads", self.whole(96))
            .with("logEvents", self.whole(12))
            .with("contract", Json::text(contract))
            .with("asset", self.label(&ASSETS))
            .with("traceType", self.label(&OPERATIONS))
            .with("gasConsumed", self.whole(2_000_000))
            .with("slotIndex", slot)
            .with("reverted", Json::Bool(reverted));
        Json::Object(trace)
    }

    fn witness(&mut self, transactions: usize) -> Json {
        if self.style == Style::Solana {
            return Json::Object(Object::default().with("chain", Json::text("sol")));
        }
        #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
        let count = transactions as f64;
        let mut bundle = |i: u32| {
            let bundle = Object::default()
                .with("constraintCount", Json::Number(1000.0 * count))
                .with("degree", Json::Number(2048.0))
                .with("gateCount", Json::Number(500.0 * count))
                .with("quotientDegree", self.whole(8192))
                .with("proverLabel", Json::text(format!("bundle-{i}")))
                .with("circuitType", self.label(&CIRCUITS));
            Json::Object(bundle)
        };
        Json::Object(Object::default().with("bundles", Json::Array(vec![bundle(0), bundle(1)])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::read_block;

    fn options() -> impl Iterator<Item = Options> {
        let styles = [Style::Evm, Style::Solana];
        let sizes = [0, 1, 240];
        styles.into_iter().flat_map(move |style| {
            sizes.into_iter().map(move |transactions| Options { transactions, style, ..Options::default() })
        })
    }

    #[test]
    fn samples_are_blocks() {
        for options in options() {
            let (block, _) = read_block(block(&options).as_bytes()).expect("a sample is a block");
            assert_eq!(block.transactions.len(), options.transactions);
            assert!(block.records() > options.transactions);
        }
    }

    #[test]
    fn the_seed_decides() {
        for options in options() {
            assert_eq!(block(&options), block(&options));
            assert_ne!(block(&options), block(&Options { seed: 2, ..options }));
        }
    }

    #[test]
    fn senders_repeat_as_asked() {
        let distinct = |repeated_percent| {
            let options = Options { repeated_percent, ..Options::default() };
            let (block, _) = read_block(block(&options).as_bytes()).expect("a sample is a block");
            block.transactions.into_iter().map(|t| t.sender).collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!([distinct(0), distinct(100)], [150, 1]);
        assert!((80..130).contains(&distinct(30)));
    }

    #[test]
    fn a_few_receivers_take_most() {
        let options = Options { transactions: 1000, ..Options::default() };
        let (block, _) = read_block(block(&options).as_bytes()).expect("a sample is a block");
        let mut counts = std::collections::BTreeMap::new();
        block.transactions.iter().for_each(|t| *counts.entry(&t.receiver).or_insert(0) += 1);
        assert!(counts.values().max() > Some(&100));
    }
}
