//! `spec/pipeline.md`, sections 1 to 3.

use std::sync::OnceLock;

use foldproof_circuits::block::{Block, Number, Text, TriState};
use foldproof_circuits::codebook::Codebook;
use num_bigint::BigInt;

use super::exact::{Q, clamp, floor_root, half_up, int, power, ratio, weight};

/// lin(x, M) of a canonical number.
pub fn lin(x: Number, scale: u64) -> Q {
    clamp(int(x.units()) / (int(scale) * power(16)), int(-1), int(1))
}

/// h(s).
pub fn hash(text: &Text) -> BigInt {
    let modulus = BigInt::from(1) << 32;
    text.bytes().iter().fold(BigInt::from(0), |h, byte| (31 * h + u32::from(*byte)) % &modulus)
}

/// bkt(s, B).
pub fn bucket(text: &Text, buckets: u64) -> Q {
    if text.bytes().is_empty() { int(0) } else { ratio(hash(text) % buckets, buckets - 1) }
}

fn position(i: usize, n: usize) -> Q {
    if n <= 1 { int(0) } else { ratio(i, n - 1) }
}

fn three(state: TriState) -> Q {
    match state {
        TriState::No => int(0),
        TriState::Unknown => ratio(1, 2),
        TriState::Yes => int(1),
    }
}

/// The vectors of a block.
pub fn features(block: &Block) -> Vec<Vec<Q>> {
    let time = ratio(block.header.timestamp % 864_000, 864_000);
    let height = clamp(ratio(block.header.height, 10_000_000), int(0), int(1));
    let mut vectors = Vec::new();
    for (i, t) in block.transactions.iter().enumerate() {
        vectors.push(vec![
            lin(t.amount, 1_000_000_000),
            lin(t.fee, 1_000_000),
            lin(t.gas_used, 50_000_000),
            position(i, block.transactions.len()),
            height.clone(),
            time.clone(),
            bucket(&t.contract_type, 64),
            bucket(&t.asset, 256),
            lin(t.nonce, 1_000_000),
            three(t.status),
            lin(t.slot, 100_000),
            lin(t.chain_id, 1000),
            lin(t.priority_fee, 1_000_000),
            bucket(&t.function_selector, 1024),
            bucket(&t.sender, 10_000),
            bucket(&t.receiver, 10_000),
        ]);
    }
    for (i, t) in block.traces.iter().enumerate() {
        vectors.push(vec![
            position(i, block.traces.len()),
            lin(t.balance_delta, 1_000_000_000),
            lin(t.storage_writes, 1024),
            lin(t.storage_reads, 1024),
            lin(t.log_events, 512),
            bucket(&t.contract, 50_000),
            bucket(&t.asset, 10_000),
            bucket(&t.trace_type, 128),
            lin(t.gas_consumed, 50_000_000),
            time.clone(),
            lin(t.slot_index, 100_000),
            three(t.reverted),
        ]);
    }
    for (i, b) in block.bundles.iter().enumerate() {
        vectors.push(vec![
            position(i, block.bundles.len()),
            lin(b.constraint_count, 1_000_000),
            lin(b.degree, 4096),
            lin(b.gate_count, 1_000_000),
            lin(b.quotient_degree, 8192),
            bucket(&b.prover_label, 256),
            bucket(&b.circuit_type, 128),
            time.clone(),
        ]);
    }
    vectors.iter_mut().for_each(|vector| vector.resize(16, int(0)));
    vectors
}

/// W, by its definition.
pub fn weights() -> &'static [Vec<BigInt>] {
    static WEIGHTS: OnceLock<Vec<Vec<BigInt>>> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let row = |m: usize| (0..16).map(|j| weight(if m == 0 { 1 } else { 2 }, (2 * j + 1) * m)).collect();
        (0..4).map(row).collect()
    })
}

/// The folded block: mean, deviation, four components.
pub fn fold(vectors: &[Vec<Q>]) -> Vec<Vec<BigInt>> {
    let n = vectors.len();
    let mut mean = Vec::new();
    let mut deviation = Vec::new();
    for j in 0..16 {
        let first: Q = vectors.iter().map(|vector| vector[j].clone()).sum();
        let second: Q = vectors.iter().map(|vector| &vector[j] * &vector[j]).sum();
        mean.push(half_up(&(power(32) * &first / int(n))));
        let variance = if n == 1 { int(0) } else { (second - &first * &first / int(n)) / int(n - 1) };
        deviation.push(floor_root(&(power(64) * variance)));
    }
    let offset = half_up(&(power(64) / int(1_000_000)));
    let components = weights().iter().map(|row| {
        let c: Vec<BigInt> = mean.iter().zip(row).map(|(mean, weight)| mean * weight).collect();
        let norm = floor_root(&int(c.iter().map(|c| c * c).sum::<BigInt>())) + &offset;
        c.into_iter().map(|c| half_up(&(power(32) * ratio(c, norm.clone())))).collect()
    });
    let components: Vec<Vec<BigInt>> = components.collect();
    [vec![mean, deviation], components].concat()
}

/// z of a folded value.
pub fn normalise(value: &BigInt, mean: i64, inverse: i64) -> BigInt {
    let limit: BigInt = (BigInt::from(1) << 30) - 1;
    clamp(half_up(&(int((value - mean) * inverse) / power(40))), -limit.clone(), limit)
}

/// Indices, r² and r² ≤ ε² of each vector.
pub fn encode(folded: &[Vec<BigInt>], codebook: &Codebook) -> Vec<(Vec<usize>, BigInt, bool)> {
    let encode = |vector: &Vec<BigInt>| {
        let z: Vec<BigInt> =
            (0..16).map(|j| normalise(&vector[j], codebook.mean()[j], codebook.inverse()[j])).collect();
        let mut indices = Vec::new();
        let mut residual = BigInt::from(0);
        for s in 0..4 {
            let distance = |k: usize| -> BigInt {
                let difference = |d: usize| &z[4 * s + d] - codebook.centroids()[k][s][d];
                (0..4).map(difference).map(|difference| &difference * &difference).sum()
            };
            let distances: Vec<BigInt> = (0..codebook.len()).map(distance).collect();
            let least = distances.iter().min().unwrap();
            indices.push(distances.iter().position(|distance| distance == least).unwrap());
            residual += least;
        }
        let within = residual <= codebook.bound_squared().into();
        (indices, residual, within)
    };
    folded.iter().map(encode).collect()
}
