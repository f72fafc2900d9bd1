//! The circuit of the core statement against the native pipeline, under the mock prover.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::block::{Block, Header, Number, Text, Trace, Transaction, TriState, WitnessBundle};
use foldproof_circuits::chips::{ADVICE_COLUMNS, at, lookup};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::sheet::Cell;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

const SMALL: Statement = Statement::core(Size::Small, Centroids::K64);

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
        let digits: String =
            (0..40).map(|_| char::from(b"0123456789abcdef"[self.roll(16) as usize])).collect();
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
    let text = |dice: &mut Dice| if dice.roll(100) == 0 { dice.text() } else { Text::new("ETH").unwrap() };
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
    let (core, fingerprint) =
        Layout::of_block(statement, block, codebook, &Salts::from_secret(Fr::from(5)), &[]).unwrap();
    assert_eq!(core.instance().block(), Some(&fingerprint.inputs));
    let instance = rows(&core);
    let prover = MockProver::run(statement.k(), &core, vec![instance]).unwrap();
    if let Err(failures) = prover.verify() {
        for failure in failures.iter().take(20) {
            println!("{failure}");
        }
        panic!("{} failures", failures.len());
    }
}

fn rows(layout: &Layout) -> Vec<Fr> {
    layout.instance().rows().into_iter().copied().collect()
}

/// The circuit on a block that has some of everything, and its public inputs.
fn sample() -> (Layout, Vec<Fr>) {
    let salts = Salts::from_secret(Fr::from(5));
    let (core, _) = Layout::of_block(SMALL, &block(1, 30, 20, 3), &codebook(2, 64), &salts, &[]).unwrap();
    let instance = rows(&core);
    (core, instance)
}

#[test]
fn the_circuit_computes_what_the_pipeline_does() {
    check(SMALL, &block(1, 30, 20, 3), &codebook(2, 64));
}

#[test]
fn blocks_of_every_shape_are_provable() {
    for (seed, transactions, traces, bundles) in [(3, 0, 0, 1), (4, 1, 0, 0), (5, 0, 2, 0), (6, 200, 240, 16)]
    {
        check(SMALL, &block(seed, transactions, traces, bundles), &codebook(seed, 64));
    }
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let blank = Layout::blank(SMALL);
    let (core, _) = sample();
    let (a, b) = (blank.sheet(), core.sheet());
    assert!(a.fixed() == b.fixed(), "fixed cells");
    assert!(a.enabled() == b.enabled(), "selectors");
    assert!(a.copies() == b.copies(), "copies");
    assert!(a.instance() == b.instance(), "public inputs");
}

#[test]
fn every_statement_can_be_laid_out() {
    for statement in Statement::CORES {
        let core = Layout::blank(statement);
        let last = core.stages().iter().map(|stage| stage.start + stage.rows).max();
        assert!(last < Some(core.sheet().rows()), "{statement}: {:?}", core.stages());
    }
}

#[test]
fn every_public_input_is_constrained() {
    let (core, instance) = sample();
    for row in 0..instance.len() {
        let mut other = instance.clone();
        other[row] += Fr::one();
        let prover = MockProver::run(SMALL.k(), &core, vec![other]).unwrap();
        assert!(prover.verify_at_rows(std::iter::empty(), std::iter::empty()).is_err(), "public input {row}");
    }
}

/// Cells are drawn by a seed, so that different runs look at different cells; a failure names it.
#[test]
fn no_sampled_cell_can_change_alone() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let seed = std::env::var("FOLDPROOF_SEED").map_or(seed, |seed| seed.parse().unwrap());
    let (core, instance) = sample();
    let mut dice = Dice(seed);
    let cells = core.sheet().assigned();
    let per_column = 3;
    for column in (0..ADVICE_COLUMNS).filter(|column| SMALL.bands().advice(*column)) {
        let cells: Vec<Cell> = cells.iter().copied().filter(|cell| cell.column == column).collect();
        for round in 0..per_column {
            let cell = cells[dice.roll(cells.len() as u64) as usize];
            let mut sheet = core.sheet().clone();
            let honest = sheet.read(cell);
            let forged = [honest + Fr::one(), honest - Fr::one(), Fr::from(dice.roll(1 << 30))][round];
            if forged == honest {
                continue;
            }
            sheet.write(cell.column, cell.row, forged);
            if ![at::COUNT, at::A].contains(&column) {
                lookup::count(&mut sheet);
            }
            let prover = MockProver::run(SMALL.k(), &core.forged(sheet), vec![instance.clone()]).unwrap();
            let last = core.sheet().rows() - 1;
            let near = cell.row.saturating_sub(10)..(cell.row + 10).min(last);
            let rows: Vec<usize> = near.chain([0, last - 1, last]).collect();
            let verdict = prover.verify_at_rows(rows.into_iter(), Vec::new().into_iter());
            assert!(verdict.is_err(), "{cell:?} may become {forged:?}; FOLDPROOF_SEED={seed}");
        }
    }
}
