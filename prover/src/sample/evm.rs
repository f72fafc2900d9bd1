//! A block like those of Ethereum's main network in the published data, as its indexer wrote them: what it left at 0 is 0
//! here, and shares of values, types and receivers are those of its blocks.

use crate::input::json::{Json, Object};

use super::Options;
use super::draw::{Draw, Zipf};

/// Heights of the published data, and the time of the first. A fingerprint has the time within ten days in it: blocks
/// of other days look unlike these.
const HEIGHTS: [u32; 2] = [23_850_314, 23_855_819];
const FIRST_TIMESTAMP: u32 = 1_763_763_755;
/// Seconds between blocks, and blocks to a slot that was missed.
const SLOT: u32 = 12;
const MISSED: u32 = 77;

/// Stablecoins, which take a fifth of all transactions, or what their share is in percent at the edges.
const STABLECOINS: [&str; 2] =
    ["0xdac17f958d2ee523a2206206994597c13d831ec7", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"];
const STABLECOINS_PERCENT: [[u32; 2]; 2] = [[19, 20], [8, 30]];
/// Of these, the first takes so many percent.
const FIRST_COIN_PERCENT: u32 = 63;
/// Exchanges, routers, lenders and rollups that many send to, and their share together.
const CONTRACTS: [&str; 12] = [
    "0x51c72848c68a965f66fa7a88855f9f7784502a7f",
    "0x7a250d5630b4cf539739df2c5dacb4c659f2488d",
    "0x66a9893cc07d91d95644aedd05d03f95e1dba8af",
    "0xff00000000000000000000000000000000008453",
    "0x0000000000001ff3684f28c67538d4d072c22734",
    "0x881d40237659c251811cec9c364ef91dc08d300c",
    "0x1f2f10d1c40777ae1da742455c65828ff36df387",
    "0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2",
    "0x111111125421ca6dc452d289314280a0f8842a65",
    "0x1231deb6f5749ef6ce6943a275a1d3e7486f4eae",
    "0x3a09c40f8f7b93c8c7e09a5422e56dfe7c7d2794",
    "0x0000000000000068f116a894984e2db1123eb395",
];
const CONTRACTS_PERCENT: u32 = 10;
/// Share of the other transactions that go to a few addresses of this block.
const POPULAR_PERCENT: u32 = 15;
/// Transactions that create a contract, in a thousand.
const CREATIONS: u32 = 2;
/// Share of legacy transactions, in percent, from block to block, usually and at the edges; of rare types, in a thousand. The rest are of type 0x2.
const LEGACY_PERCENT: [[u32; 2]; 2] = [[7, 20], [4, 40]];
const RARE_TYPES: [(&str, u32); 3] = [("0x3", 10), ("0x4", 4), ("0x1", 2)];
/// Share of transactions that move ether, in percent, from block to block: usually, and at the edges.
const MOVES_PERCENT: [[u32; 2]; 2] = [[30, 58], [15, 80]];

/// A block of the usual kind, or one as unusual as real ones are at times.
pub(super) fn block(draw: &mut Draw, options: &Options, unusual: bool) -> Object {
    let range = usize::from(unusual);
    let count = options.transactions;
    let popular = Zipf::new((0..count.div_ceil(20)).map(|_| draw.hex::<20>()).collect());
    let known = Zipf::new(CONTRACTS.map(str::to_owned).to_vec());
    let legacy = between(draw, LEGACY_PERCENT[range]);
    let moves = between(draw, MOVES_PERCENT[range]);
    let coins = between(draw, STABLECOINS_PERCENT[range]);
    let mut senders = Vec::new();
    let mut transactions = Vec::new();
    let mut traces = Vec::new();
    for position in 0..count {
        let sender = draw.sender(&mut senders, options.repeated_percent, Draw::hex::<20>);
        let receiver = receiver(draw, coins, &known, &popular);
        let kind = kind(draw, legacy);
        let amount = if draw.percent(moves) { amount(draw) } else { 0.0 };
        let failed = draw.percent(options.failed_percent.into());
        let transaction = Object::default()
            .with("hash", Json::text(draw.hex::<32>()))
            .with("amount", Json::Number(amount))
            .with("fee", Json::Number(0.0))
            .with("gasUsed", Json::Number(0.0))
            .with("status", Json::text(if failed { "reverted" } else { "success" }))
            .with("chainId", Json::Number(1.0))
            .with("sender", Json::text(sender))
            .with("receiver", Json::text(&receiver))
            .with("contractType", Json::text(kind));
        transactions.push(Json::Object(transaction));
        traces.push(trace(position, amount, receiver, kind, failed));
    }
    let witness = Object::default().with("bundles", Json::Array(vec![bundle(count)]));
    Object::default()
        .with("header", header(draw))
        .with("transactions", Json::Array(transactions))
        .with("executionTraces", Json::Array(traces))
        .with("witnessData", Json::Object(witness))
}

fn between(draw: &mut Draw, [least, most]: [u32; 2]) -> u32 {
    least + draw.below(most - least)
}

fn header(draw: &mut Draw) -> Json {
    let later = between(draw, HEIGHTS) - HEIGHTS[0];
    let timestamp = FIRST_TIMESTAMP + SLOT * (later + later / MISSED);
    let header = Object::default()
        .with("height", Json::Number(f64::from(HEIGHTS[0] + later)))
        .with("parentHash", Json::text(draw.hex::<32>()))
        .with("stateRoot", Json::text(draw.hex::<32>()))
        .with("txRoot", Json::text(draw.hex::<32>()))
        .with("timestamp", Json::Number(f64::from(timestamp)));
    Json::Object(header)
}

fn receiver(draw: &mut Draw, coins: u32, known: &Zipf, popular: &Zipf) -> String {
    if draw.below(1000) < CREATIONS {
        return String::new();
    }
    let share = draw.below(100);
    if share < coins {
        STABLECOINS[usize::from(!draw.percent(FIRST_COIN_PERCENT))].to_owned()
    } else if share < coins + CONTRACTS_PERCENT {
        known.draw(draw).to_owned()
    } else if draw.percent(POPULAR_PERCENT) {
        popular.draw(draw).to_owned()
    } else {
        draw.hex::<20>()
    }
}

fn kind(draw: &mut Draw, legacy: u32) -> &'static str {
    let mut share = draw.below(1000);
    for (kind, part) in RARE_TYPES {
        if share < part {
            return kind;
        }
        share -= part;
    }
    if draw.percent(legacy) { "0x0" } else { "0x2" }
}

/// In wei: most transfers move far more than the 2 gwei from which amounts count alike.
fn amount(draw: &mut Draw) -> f64 {
    let wei = match draw.below(100) {
        0..80 => u64::from(draw.below(u32::MAX)) << (1 + draw.below(21)),
        80..90 => u64::from(draw.below(1_000_000_000)),
        _ => 1_000_000_000 + u64::from(draw.below(1_147_483_648)),
    };
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    let wei = wei as f64;
    wei
}

/// What the indexer wrote of every transaction, for it saw no trace.
fn trace(position: usize, amount: f64, contract: String, kind: &str, failed: bool) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "positions are below 2^53")]
    let slot = Json::Number(position as f64);
    let reads = if contract.is_empty() { 1.0 } else { 2.0 };
    let trace = Object::default()
        .with("balanceDelta", Json::Number(amount))
        .with("storageWrites", Json::Number(0.0))
        .with("storageReads", Json::Number(reads))
        .with("logEvents", Json::Number(1.0))
        .with("contract", Json::text(contract))
        .with("asset", Json::text("ETH"))
        .with("traceType", Json::text(kind))
        .with("gasConsumed", Json::Number(0.0))
        .with("slotIndex", slot)
        .with("reverted", Json::Bool(failed));
    Json::Object(trace)
}

fn bundle(transactions: usize) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    let count = transactions as f64;
    let bundle = Object::default()
        .with("constraintCount", Json::Number(1000.0 * count))
        .with("degree", Json::Number(2048.0))
        .with("gateCount", Json::Number(500.0 * count))
        .with("quotientDegree", Json::Number(4096.0))
        .with("proverLabel", Json::text("folding-ingest"))
        .with("circuitType", Json::text("AGGREGATION"));
    Json::Object(bundle)
}
