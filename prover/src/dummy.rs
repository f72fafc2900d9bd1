//! Something to prove for every statement: a synthetic block that fills it, the default codebook, models of random weights.
//! It is what costs are estimated on, and what the benches prove.

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::graph::{Graph, GraphModel, HeadMeaning, ParameterBlock};
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::model::{Head, HeadParameters, InputQuantiser, Layer, Model, Shape};
use foldproof_circuits::models::{ModelRef, QuantisedModel, with_salts};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Centroids, ModelShape, Size, Statement, Subject};
use foldproof_circuits::zone_config::ZoneConfig;
use std::sync::Arc;

use halo2curves::bn256::Fr;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::codebook::default_codebook;
use crate::input::read_block;
use crate::prove::{Witness, lay_out};
use crate::sample::{self, Options};

/// A witness of a statement.
#[derive(Clone, Debug)]
pub struct DummyWitness {
    /// What it is a witness of.
    pub statement: Statement,
    /// As many blocks as the statement is about.
    pub blocks: Vec<Block>,
    /// A codebook of the statement's shape.
    pub codebook: Codebook,
    /// A configuration of the analytics, for a statement that commits to one.
    pub config: Option<ZoneConfig>,
    /// Values, for a statement about some.
    pub values: Vec<i64>,
    /// What a decision is made from, for a statement about one.
    pub evidence: Option<Evidence>,
    /// Models of the statement's shapes.
    pub models: Vec<QuantisedModel>,
    /// Salts of the commitments of each block, or of values: none, unless another claim of the same cost is wanted.
    pub salts: Vec<Salts>,
    /// Salts of the commitments to fingerprints of a sequence, or of a decision: none.
    pub sequence_salts: Vec<Fr>,
    /// Of each model, salts of the commitments to its outputs: none.
    pub output_salts: Vec<Vec<Fr>>,
}

impl DummyWitness {
    /// Of a statement; the seed decides.
    pub fn new(statement: &Statement, seed: u64) -> Self {
        let blocks = statement.blocks().map_or_else(Vec::new, |(core, count)| {
            (seed..).map(|seed| largest_block(core.size, seed)).take(count).collect()
        });
        Self::about(statement, blocks, seed)
    }

    /// Of a statement that may be about these blocks; the seed decides all else.
    pub fn about(statement: &Statement, blocks: Vec<Block>, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let of = |shape: &ModelShape| match shape {
            ModelShape::Dense(shape) => QuantisedModel::Dense(model(*shape, &mut rng)),
            ModelShape::Graph(graph) => QuantisedModel::Graph(graph_model(graph, &mut rng)),
        };
        let models = statement.models().map(of).collect();
        Self::with_models(statement, blocks, models, &mut rng)
    }

    /// Of a statement about no block and these models, in its order.
    pub fn of_models(statement: &Statement, models: Vec<QuantisedModel>, seed: u64) -> Self {
        Self::with_models(statement, Vec::new(), models, &mut ChaCha20Rng::seed_from_u64(seed))
    }

    fn with_models(
        statement: &Statement,
        blocks: Vec<Block>,
        models: Vec<QuantisedModel>,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let length = models.first().map_or(0, |model| model.shape().inputs());
        let output_salts = models.iter().map(|model| vec![Fr::zero(); model.commitments()]).collect();
        let salts = vec![Salts::none(); blocks.len().max(1)];
        let centroids = statement.blocks().map_or(Centroids::K64, |(core, _)| core.centroids);
        Self {
            statement: statement.clone(),
            blocks,
            codebook: codebook(centroids),
            config: statement.analytics().and_then(|analytics| analytics.any_config()),
            evidence: statement.subject().decision().map(Evidence::blank),
            values: (0..length).map(|_| rng.gen_range(-(1 << 33)..1 << 33)).collect(),
            models,
            salts,
            sequence_salts: vec![Fr::zero(); statement.subject().commitments()],
            output_salts,
        }
    }

    /// The same with salts from this secret: another claim of the same cost.
    #[must_use]
    pub fn salted(&self, secret: Fr) -> Self {
        let salts = (0..self.salts.len()).map(|place| Salts::of_place(secret, place)).collect();
        Self { salts, ..self.clone() }
    }

    /// The models, as a proof takes them.
    pub fn models(&self) -> Vec<ModelRef<'_>> {
        with_salts(&self.models, &self.output_salts)
    }

    /// Laid out.
    ///
    /// # Errors
    /// None that a trial of [`DummyWitness::new`] could cause.
    pub fn layout(&self) -> Result<Layout, LayoutError> {
        lay_out(&self.statement, &self.witness(), &self.models()).map(|(layout, _)| layout)
    }

    /// What a proof takes.
    pub fn witness(&self) -> Witness<'_> {
        let Self { blocks, codebook, config, salts, values, .. } = self;
        if let Some(evidence) = &self.evidence {
            return Witness::Decision { evidence, salts: &self.sequence_salts };
        }
        match (self.statement.subject(), &blocks[..], &salts[..]) {
            (Subject::Sequence { .. }, ..) => Witness::Sequence { values, salts: &self.sequence_salts },
            (_, [block], [salts]) => Witness::Block { block, codebook, config: config.as_ref(), salts },
            (_, [], [salts, ..]) => Witness::Values { values, salt: salts.fold },
            _ => Witness::Blocks { blocks, codebook, salts },
        }
    }
}

/// A graph with random weights that keep its sums to their bounds; one with a forest has zeros, since no trees are drawn.
fn graph_model(graph: &Arc<Graph>, rng: &mut ChaCha20Rng) -> GraphModel {
    let blank = GraphModel::blank(Arc::clone(graph));
    let mut blocks = blank.blocks().to_vec();
    for block in &mut blocks {
        let ParameterBlock::Linear(block) = block else { return blank };
        block.channels.iter_mut().for_each(|channel| channel.multiplier = 1);
        let weights = block.weights.iter_mut().flatten().flatten();
        weights.for_each(|weight| *weight = rng.gen_range(i8::MIN..=i8::MAX));
    }
    let inputs = blank.inputs().iter();
    let inputs = inputs
        .map(|_| InputQuantiser {
            mean: rng.gen_range(-(1 << 33)..1 << 33),
            multiplier: rng.gen_range(0..1 << 20),
        })
        .collect();
    let heads = graph.outputs().map(|(head, tensor)| HeadMeaning {
        labels: (0..if head.has_labels() { tensor.count } else { 0 }).map(|i| format!("label {i}")).collect(),
        ..HeadMeaning::default()
    });
    let heads = heads.collect();
    GraphModel::new(Arc::clone(graph), inputs, blocks, heads, Fr::zero()).unwrap_or(blank)
}

/// A sample of as many transactions as fit, with their texts.
fn largest_block(size: Size, seed: u64) -> Block {
    let most = size.capacity().transactions;
    let blocks = (1..=16).rev().filter_map(|sixteenths| {
        let options = Options { transactions: most * sixteenths / 16, seed, ..Options::default() };
        read_block(sample::block(&options).as_bytes()).ok().map(|(block, _)| block)
    });
    blocks.into_iter().find(|block| size.check(block).is_ok()).unwrap_or_default()
}

/// The default codebook, or its first centroids.
fn codebook(centroids: Centroids) -> Codebook {
    let full = default_codebook();
    let first = full.centroids()[..centroids.count().min(full.len())].to_vec();
    Codebook::new(*full.mean(), *full.inverse(), first, full.bound_squared()).unwrap_or_else(|_| full.clone())
}

/// Random weights, and multipliers that keep accumulators to the circuit's bounds.
fn model(shape: Shape, rng: &mut ChaCha20Rng) -> Model {
    let (least, greatest) = shape.weights().range();
    let inputs = (0..shape.inputs())
        .map(|_| InputQuantiser {
            mean: rng.gen_range(-(1 << 33)..1 << 33),
            multiplier: rng.gen_range(0..1 << 20),
        })
        .collect();
    let layers = (0..shape.layers().len())
        .map(|layer| {
            let (inputs, outputs) = (shape.layer_inputs(layer), shape.layer_outputs(layer));
            let mut neuron = || (0..inputs).map(|_| rng.gen_range(least..=greatest)).collect::<Vec<i16>>();
            let largest = i64::from(least).abs() * 65_535 * inputs as i64 + (1 << 31);
            let multiplier =
                u32::try_from((1_i64 << 46) / largest * 8).unwrap_or(u32::MAX).min((1 << 30) - 1);
            Layer {
                weights: (0..outputs).map(|_| neuron()).collect(),
                bias: vec![0; outputs],
                multiplier: vec![multiplier; outputs],
            }
        })
        .collect();
    let labels = if shape.head().has_labels() { shape.outputs() } else { 0 };
    let head = HeadParameters {
        labels: (0..labels).map(|index| format!("label {index}")).collect(),
        offsets: if shape.head() == Head::Tags { vec![0; shape.outputs()] } else { Vec::new() },
        ..HeadParameters::default()
    };
    Model::new(shape, inputs, layers, head, Fr::zero()).unwrap_or_else(|_| Model::blank(shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_statement_has_a_witness() {
        for name in [
            "core-small-64",
            "core-small-64x2",
            "core-small-256+tags-96-64-32-15",
            "fingerprint+anomaly-96-64-32-16-32-64-96",
            "vector-12+class-12-128-64-32-4",
        ] {
            let statement = Statement::from_name(name).expect("a statement");
            let dummy = DummyWitness::new(&statement, 1);
            let blank = |model: &QuantisedModel| match model {
                QuantisedModel::Dense(model) => *model == Model::blank(model.shape()),
                QuantisedModel::Graph(_) => false,
            };
            assert!(!dummy.models.iter().any(blank), "{name}");
            assert_eq!(dummy.layout().expect("a layout").statement(), &statement);
        }
    }

    #[test]
    fn blocks_fill_their_statement() {
        for (size, least) in [(Size::Small, 200), (Size::Large, 800)] {
            let block = largest_block(size, 1);
            assert!(
                size.check(&block).is_ok() && block.transactions.len() >= least,
                "{}",
                block.transactions.len()
            );
        }
    }
}
