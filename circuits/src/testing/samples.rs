//! Blocks, codebooks, models and values drawn from a seed: shapes and extremes, nothing realistic.

pub mod graphs;
pub mod scores;
pub mod tags;

use std::time::{SystemTime, UNIX_EPOCH};

use halo2curves::bn256::Fr;

use crate::block::{Block, Header, Number, TagFields, Text, Trace, Transaction, TriState, WitnessBundle};
use crate::codebook::Codebook;
use crate::layout::Layout;
use crate::model::{Head, HeadParameters, InputQuantiser, Layer, Model, Shape};
use crate::stages::commit::Salts;
use crate::statement::{Centroids, Core, FINGERPRINT, Size, Statement, Subject};

/// What a run draws its cases by: `FOLDPROOF_SEED`, or the time.
///
/// # Panics
/// If the variable is no number.
pub fn seed() -> u64 {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    std::env::var("FOLDPROOF_SEED")
        .map_or_else(|_| now(), |seed| seed.parse().expect("FOLDPROOF_SEED is a number"))
}

/// A small deterministic generator, enough for shapes and extremes.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Equal numbers for equal seeds.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `below`.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// In [−2^(bits−1), 2^(bits−1)), for up to 40 bits.
    pub fn signed(&mut self, bits: u32) -> i64 {
        let high = (self.roll(1 << 20) << 20) | self.roll(1 << 20);
        (high & ((1 << bits) - 1)) as i64 - (1 << (bits - 1))
    }

    fn number(&mut self) -> Number {
        let limits = [1i128 << 47, 1_000_000_000 << 16, 1024 << 16, 1 << 12, 2];
        let around = limits[self.roll(5) as usize] + i128::from(self.roll(5)) - 2;
        Number::saturating(if self.roll(2) == 0 { around } else { -around })
    }

    fn address(&mut self) -> Text {
        let digits: String =
            (0..40).map(|_| char::from(b"0123456789abcdef"[self.roll(16) as usize])).collect();
        Text::new(&format!("0x{digits}")).expect("made in range")
    }

    fn text(&mut self) -> Text {
        let length = self.roll(63) as usize;
        let bytes: String = (0..length).map(|_| char::from(1 + self.roll(127) as u8)).collect();
        Text::new(&bytes).expect("made in range")
    }

    fn tri(&mut self) -> TriState {
        [TriState::No, TriState::Unknown, TriState::Yes][self.roll(3) as usize]
    }
}

/// A block with some of everything, around limits and beyond them.
pub fn block(seed: u64, transactions: usize, traces: usize, bundles: usize) -> Block {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let text = |dice: &mut Dice| {
        if dice.roll(100) == 0 { dice.text() } else { Text::new("ETH").expect("made in range") }
    };
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
                tag_fields: TagFields::default(),
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

/// The statement about two blocks of the size for tests.
///
/// # Panics
/// Never.
pub fn two_blocks() -> Statement {
    Statement::of_blocks(Core { size: Size::Toy, centroids: Centroids::K64 }, 2).expect("a statement")
}

/// So many blocks of the size for tests, each with texts that no other has.
pub fn toys(seed: u64, count: u64) -> Vec<Block> {
    let with_text = |place: u64| {
        let mut block = block(seed + place, 3, 2, 1);
        block.transactions[0].asset = Text::new(&format!("only in {place}")).expect("made in range");
        block.traces[0].contract =
            Text::new(&format!("a text of block {place} of many words")).expect("made in range");
        block
    };
    (0..count).map(with_text).collect()
}

/// A codebook of so many centroids.
pub fn codebook(seed: u64, centroids: usize) -> Codebook {
    let mut dice = Dice::new(seed);
    let mut signed = |bits: u32| dice.roll(1 << bits) as i64 - (1 << (bits - 1));
    let mean = std::array::from_fn(|_| signed(31));
    let inverse = std::array::from_fn(|_| signed(31) * 64);
    let centroids =
        (0..centroids).map(|_| std::array::from_fn(|_| std::array::from_fn(|_| signed(26) as i32))).collect();
    Codebook::new(mean, inverse, centroids, 1 << 50).expect("made in range")
}

/// A codebook whose centroids lie close together, some on the same place, and look like tags: hotzones overlap.
///
/// # Panics
/// If there are no such many centroids in a codebook.
pub fn close_codebook(seed: u64, centroids: usize) -> Codebook {
    let far = codebook(seed, centroids);
    let mut dice = Dice::new(seed + 100);
    // Six places a coordinate, about .1 apart, on both sides of what tags compare with.
    let mut coordinate =
        || (dice.roll(6) as i32 + 5) * 1_600_000 * if dice.roll(4) == 0 { -1 } else { 1 } / 2;
    let kinds: Vec<_> =
        (0..3).map(|_| std::array::from_fn(|_| std::array::from_fn(|_| coordinate()))).collect();
    let mut dice = Dice::new(seed + 200);
    let near = |kind: &[[i32; 4]; 4], by: i32| kind.map(|part: [i32; 4]| part.map(|c| c + by));
    let rows =
        (0..centroids).map(|_| near(&kinds[dice.roll(3) as usize], dice.roll(3) as i32 * 400_000)).collect();
    Codebook::new(*far.mean(), *far.inverse(), rows, 1 << 50).expect("made in range")
}

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numbers {
    /// At random, most outputs in range.
    Random,
    /// The least there are.
    Least,
    /// The greatest there are.
    Greatest,
}

/// The shape of that name.
///
/// # Panics
/// If there is none.
pub fn shape(name: &str) -> Shape {
    Shape::from_name(name).expect("a shape")
}

/// A model of that shape.
pub fn model(shape: Shape, seed: u64, numbers: Numbers) -> Model {
    let mut dice = Dice::new(seed);
    let (least, greatest) = shape.weights().range();
    let inputs = (0..shape.inputs())
        .map(|_| match numbers {
            Numbers::Random => InputQuantiser { mean: dice.signed(34), multiplier: dice.roll(1 << 20) },
            Numbers::Least => InputQuantiser { mean: -(1 << 35), multiplier: (1 << 40) - 1 },
            Numbers::Greatest => InputQuantiser { mean: (1 << 35) - 1, multiplier: (1 << 40) - 1 },
        })
        .collect();
    let layers = (0..shape.layers().len())
        .map(|layer| {
            let (inputs, outputs) = (shape.layer_inputs(layer), shape.layer_outputs(layer));
            let mut weight = || match numbers {
                Numbers::Random => dice.signed(shape.weights().count()) as i16,
                Numbers::Least => least,
                Numbers::Greatest => greatest,
            };
            let weights = (0..outputs).map(|_| (0..inputs).map(|_| weight()).collect()).collect();
            // As large as the bound on a neuron's values allows, or such that most outputs are not clamped.
            let extreme = i64::from(least) * -65535 * inputs as i64;
            let bound = ((1_i64 << 60) / (extreme + (1 << 31)) / 2).min((1 << 30) - 1) as u32;
            let usual = ((1_i64 << 46) / (extreme + (1 << 31))) as u32 * 8;
            Layer {
                weights,
                bias: (0..outputs)
                    .map(|_| match numbers {
                        Numbers::Random => dice.signed(31) as i32,
                        Numbers::Least => i32::MIN,
                        Numbers::Greatest => i32::MAX,
                    })
                    .collect(),
                multiplier: vec![if numbers == Numbers::Random { usual } else { bound }; outputs],
            }
        })
        .collect();
    Model::new(shape, inputs, layers, head(shape), Fr::from(seed)).expect("made in range")
}

/// What a head of that shape is made of.
pub fn head(shape: Shape) -> HeadParameters {
    let labels = if shape.head().has_labels() { shape.outputs() } else { 0 };
    HeadParameters {
        labels: (0..labels).map(|i| format!("label {i}")).collect(),
        threshold: if shape.head() == Head::Anomaly { 12345 } else { 0 },
        fraction_bits: 11,
        offsets: if shape.head() == Head::Tags { vec![-3; shape.outputs()] } else { Vec::new() },
    }
}

/// Values for a model.
pub fn values(length: usize, seed: u64, numbers: Numbers) -> Vec<i64> {
    let mut dice = Dice::new(seed);
    let value = |_| match numbers {
        Numbers::Random => dice.signed(36),
        Numbers::Least => -(1 << 35),
        Numbers::Greatest => (1 << 35) - 1,
    };
    (0..length).map(value).collect()
}

/// The statement about what these models say of a fingerprint or vector.
///
/// # Panics
/// If there is none.
pub fn statement(models: &[Model]) -> Statement {
    let shapes: Vec<Shape> = models.iter().map(Model::shape).collect();
    let inputs = shapes.first().map_or(0, Shape::inputs);
    let subject = if inputs == FINGERPRINT { Subject::Fingerprint } else { Subject::Vector(inputs as u16) };
    Statement::new(subject, shapes).expect("a statement")
}

/// What these models say of values, laid out.
pub fn model_layout(models: &[Model], values: &[i64]) -> Layout {
    let borrowed: Vec<&Model> = models.iter().collect();
    Layout::of_values(&statement(models), values, Fr::from(9), &borrowed).expect("made to fit")
}

/// A block of thirty transactions and what these models say of it, laid out.
///
/// # Panics
/// If the statement is not about a block, or about other models.
pub fn block_layout(statement: &str, models: &[Model]) -> Layout {
    let statement = Statement::from_name(statement).expect("a statement");
    let centroids = statement.block().map_or(0, |core| core.centroids.count());
    let borrowed: Vec<&Model> = models.iter().collect();
    let salts = Salts::from_secret(Fr::from(5));
    let (block, codebook) = (block(1, 30, 20, 3), codebook(2, centroids));
    Layout::of_block(&statement, &block, &codebook, &salts, &borrowed).expect("made to fit").0
}
