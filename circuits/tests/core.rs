//! The circuit of the core statement against the native pipeline, under the mock prover.

use foldproof_circuits::block::{Block, Header, Number, Text, Trace, Transaction, TriState, WitnessBundle};
use foldproof_circuits::circuit::Core;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

const SMALL: Statement = Statement { size: Size::Small, centroids: Centroids::K64 };

/// A small deterministic generator, enough for shapes and extremes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn number(&mut self) -> Number {
        let limits = [1i128 << 47, 1_000_000_000 << 16, 1024 << 16, 1 << 12, 2];
        let around = limits[self.roll(5) as usize] + i128::from(self.roll(5)) - 2;
        Number::saturating(if self.roll(2) == 0 { around } else { -around })
    }

    fn address(&mut self) -> Text {
        let digits: String = (0..40).map(|_| char::from(b"0123456789abcdef"[self.roll(16) as usize])).collect();
        Text::new(&format!("0x{digits}")).unwrap()
    }

    fn text(&mut self) -> Text {
        let length = self.roll(63) as usize;
        let bytes: String = (0..length).map(|_| char::from(1 + self.roll(127) as u8)).collect();
        Text::new(&bytes).unwrap()
    }

    fn tri(&mut self) -> TriState {
        [TriState::No, TriState::Unknown, TriState::Yes][self.roll(3) as usize]
    }
}

fn block(seed: u64, transactions: usize, traces: usize, bundles: usize) -> Block {
    let mut dice = Dice(seed);
    let dice = &mut dice;
    let text = |dice: &mut Dice| if dice.roll(20) == 0 { dice.text() } else { Text::new("ETH").unwrap() };
    Block {
        header: Header {
            height: dice.roll(1 << 30) * 7,
            timestamp: 1_700_000_000 + dice.roll(1 << 30),
            prev_state_root: [0xff; 32],
            new_state_root: std::array::from_fn(|i| i as u8),
            tx_root: [7; 32],
        },
        transactions: (0..transactions)
            .map(|_| Transaction {
                amount: dice.number(),
                fee: dice.number(),
                gas_used: dice.number(),
                nonce: dice.number(),
                slot: dice.number(),
                chain_id: dice.number(),
                priority_fee: dice.number(),
                contract_type: text(dice),
                asset: text(dice),
                function_selector: text(dice),
                sender: dice.address(),
                receiver: dice.address(),
                status: dice.tri(),
            })
            .collect(),
        traces: (0..traces)
            .map(|_| Trace {
                balance_delta: dice.number(),
                storage_writes: dice.number(),
                storage_reads: dice.number(),
                log_events: dice.number(),
                gas_consumed: dice.number(),
                slot_index: dice.number(),
                contract: text(dice),
                asset: text(dice),
                trace_type: text(dice),
                reverted: dice.tri(),
            })
            .collect(),
        bundles: (0..bundles)
            .map(|_| WitnessBundle {
                constraint_count: dice.number(),
                degree: dice.number(),
                gate_count: dice.number(),
                quotient_degree: dice.number(),
                prover_label: text(dice),
                circuit_type: text(dice),
            })
            .collect(),
    }
}

fn codebook(seed: u64, centroids: usize) -> Codebook {
    let mut dice = Dice(seed);
    let mut signed = |bits: u32| dice.roll(1 << bits) as i64 - (1 << (bits - 1));
    let mean = std::array::from_fn(|_| signed(31));
    let inverse = std::array::from_fn(|_| signed(31) * 64);
    let centroids =
        (0..centroids).map(|_| std::array::from_fn(|_| std::array::from_fn(|_| signed(26) as i32))).collect();
    Codebook::new(mean, inverse, centroids, 1 << 50).unwrap()
}

fn check(statement: Statement, block: &Block, codebook: &Codebook) {
    let (core, fingerprint) = Core::new(statement, block, codebook, Fr::from(5)).unwrap();
    let instance = fingerprint.instance.rows().map(|row| *row).to_vec();
    let prover = MockProver::run(statement.k(), &core, vec![instance]).unwrap();
    if let Err(failures) = prover.verify() {
        for failure in failures.iter().take(20) {
            println!("{failure}");
        }
        panic!("{} failures", failures.len());
    }
}

#[test]
fn the_circuit_computes_what_the_pipeline_does() {
    check(SMALL, &block(1, 30, 20, 3), &codebook(2, 64));
}

#[test]
fn layouts_print() {
    for statement in [SMALL] {
        println!("{statement} {:?}", Core::blank(statement).stages());
    }
}
