//! A block of a chain like Solana: base58 addresses, no traces, witness data without bundles.

use crate::input::json::{Json, Object};

use super::Options;
use super::draw::{Draw, Zipf};

/// Receivers per hundred transactions.
const RECEIVERS_PERCENT: usize = 40;
/// Share of transactions that fail, in percent, beside those asked for.
const FAILED_PERCENT: u32 = 30;

pub(super) fn block(draw: &mut Draw, options: &Options) -> Object {
    let receivers = (options.transactions * RECEIVERS_PERCENT).div_ceil(100);
    let receivers = Zipf::new((0..receivers).map(|_| draw.base58()).collect());
    let mut senders = Vec::new();
    let transactions = (0..options.transactions).map(|_| {
        let sender = draw.sender(&mut senders, options.repeated_percent, Draw::base58);
        let receiver = receivers.draw(draw).to_owned();
        transaction(draw, options, sender, receiver)
    });
    let transactions = Json::Array(transactions.collect());
    let header = Object::default()
        .with("height", Json::Number(f64::from(383_000_000 + draw.below(2_000_000))))
        .with("parentHash", Json::text(draw.base58()))
        .with("timestamp", Json::Number(f64::from(1_760_000_000 + draw.below(10_000_000))));
    Object::default()
        .with("header", Json::Object(header))
        .with("transactions", transactions)
        .with("executionTraces", Json::Array(Vec::new()))
        .with("witnessData", Json::Object(Object::default().with("chain", Json::text("sol"))))
}

fn transaction(draw: &mut Draw, options: &Options, sender: String, receiver: String) -> Json {
    let failed = draw.percent(FAILED_PERCENT + u32::from(options.failed_percent));
    let transaction = Object::default()
        .with("amountWei", draw.whole(u32::MAX))
        .with("fee", draw.whole(100_000))
        .with("gasUsed", draw.whole(1_400_000))
        .with("gasPrice", Json::Number(0.0))
        .with("nonce", Json::Number(0.0))
        .with("status", Json::text(if failed { "failed" } else { "success" }))
        .with("sender", Json::text(sender))
        .with("functionSelector", Json::text(&receiver))
        .with("receiver", Json::text(receiver))
        .with("chainId", Json::Number(101.0))
        .with("contractType", Json::text("SOLANA_PROGRAM"));
    Json::Object(transaction)
}
