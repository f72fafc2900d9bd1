//! How costs grow: with the transactions of a block, and with the weights of a model.

mod svg;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use foldproof_circuits::block::Block;
use foldproof_circuits::layout::LayoutError;
use foldproof_circuits::model::Shape;
use foldproof_circuits::statement::{Centroids, FINGERPRINT, Size, Statement, Subject};
use foldproof_verifier::Scheme;
use serde::Serialize;

use super::markdown::{row, thousands};
use super::{Cost, Estimate, Primitives};
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::input::read_block;
use foldproof_prover::many::memory::Need;
use foldproof_prover::sample::{self, Options};

pub use svg::svg;

/// Transactions of the blocks.
const TRANSACTIONS: [usize; 12] = [0, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 2500, 3000];
/// Neurons of both hidden layers of the models: 1,080 weights to 250,432.
const HIDDEN: [usize; 11] = [9, 16, 32, 64, 96, 128, 192, 256, 320, 384, 448];
/// Tags of the models.
const OUTPUTS: usize = 15;
/// Of blocks and of models' weights.
const SEED: u64 = 1;

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// A block, by its transactions.
    Transactions,
    /// A model over a committed fingerprint, by its weights.
    Weights,
}

impl Of {
    /// Word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Weights => "weights",
        }
    }
}

/// A statement that one step of the growth is proved by, and what is proved.
#[derive(Clone, Debug)]
struct Step {
    size: usize,
    statement: Statement,
    block: Option<Block>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Transactions or weights.
    pub size: usize,
    /// The smallest statement that holds it.
    pub statement: String,
    /// log₂ of its rows.
    pub k: u32,
    /// Rows in use.
    pub rows: usize,
    /// Bytes of a proof under kzg.
    pub kzg_bytes: usize,
    /// Bytes of a proof under the transparent scheme.
    pub transparent_bytes: usize,
    /// The most memory a proof takes, as `prove` counts it; beside the file of the setup where there is one.
    pub memory_bytes: u64,
    /// Estimated seconds of a proof; None where none was asked for.
    pub seconds: Option<f64>,
}

/// The steps of something that grows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// What grows.
    pub of: Of,
    /// What is proved, in words.
    pub name: String,
    /// Steps, smallest first.
    pub points: Vec<Point>,
}

/// Estimates for one scheme, with primitives measured once for each size of circuit.
#[derive(Clone, Debug)]
pub struct Estimator {
    scheme: Scheme,
    primitives: BTreeMap<u32, Primitives>,
}

impl Estimator {
    /// For proofs of that scheme.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, primitives: BTreeMap::new() }
    }

    fn seconds(&mut self, step: &Step, cost: &Cost) -> Result<f64, LayoutError> {
        let primitives = self.primitives.entry(cost.k).or_insert_with(|| Primitives::measure(cost.k));
        let dummy = DummyWitness::about(&step.statement, step.block.clone().into_iter().collect(), SEED);
        Estimate::of(&dummy, cost, self.scheme, primitives).map(|estimate| estimate.seconds)
    }
}

/// Blocks under either number of centroids, and models: what can be counted, and estimates if there is an estimator.
/// `progress` is told what is being looked at.
///
/// # Errors
/// If a synthetic witness does not fit its statement, which is a defect.
pub fn growth(
    mut estimator: Option<&mut Estimator>,
    mut progress: impl FnMut(&str),
) -> Result<Vec<Series>, LayoutError> {
    // Several steps have the same statement.
    let mut known: BTreeMap<String, (Cost, Need)> = BTreeMap::new();
    let kinds = Centroids::ALL.map(|centroids| {
        (Of::Transactions, format!("block, {} centroids", centroids.count()), blocks(centroids))
    });
    let kinds = kinds.into_iter().chain([(Of::Weights, format!("model of {OUTPUTS} tags alone"), models())]);
    let mut series = Vec::new();
    for (of, name, steps) in kinds {
        let mut points = Vec::new();
        for step in &steps {
            progress(&format!("{name}: {} {}", thousands(step.size), of.name()));
            let (cost, need) = known
                .entry(step.statement.name())
                .or_insert_with(|| (Cost::of(&step.statement), Need::of(&step.statement)));
            points.push(Point {
                size: step.size,
                statement: cost.statement.clone(),
                k: cost.k,
                rows: cost.rows(),
                kzg_bytes: cost.kzg.bytes,
                transparent_bytes: cost.transparent.bytes,
                memory_bytes: need.of_many(1).0,
                seconds: estimator.as_mut().map(|estimator| estimator.seconds(step, cost)).transpose()?,
            });
        }
        series.push(Series { of, name, points });
    }
    Ok(series)
}

/// Sampled blocks, with the smallest statement that holds each. One that none holds is left out.
fn blocks(centroids: Centroids) -> Vec<Step> {
    let step = |size: usize| {
        let options = Options { transactions: size, seed: SEED, ..Options::default() };
        let (block, _) = read_block(sample::block(&options).as_bytes()).ok()?;
        let held_by = Size::for_block(&block).ok()?;
        Some(Step { size, statement: Statement::core(held_by, centroids), block: Some(block) })
    };
    TRANSACTIONS.into_iter().filter_map(step).collect()
}

fn models() -> Vec<Step> {
    let step = |hidden: usize| {
        let shape = Shape::from_name(&format!("tags-{FINGERPRINT}-{hidden}-{hidden}-{OUTPUTS}"))?;
        let statement = Statement::new(Subject::Fingerprint, [shape]).ok()?;
        let size = FINGERPRINT * hidden + hidden * hidden + hidden * OUTPUTS;
        Some(Step { size, statement, block: None })
    };
    HIDDEN.into_iter().filter_map(step).collect()
}

/// Headings of the columns after the first.
const COLUMNS: [&str; 7] =
    ["statement", "k", "rows", "kzg proof", "transparent proof", "memory, at most", "prove, estimated"];

/// A table for each series. Times are the last column, so that all before it can be compared.
pub fn to_markdown(series: &[Series]) -> String {
    let mut text = String::new();
    for one in series {
        let _ = writeln!(text, "{}:\n", uppercase(&one.name));
        row(&mut text, &headings(one.of));
        let _ = writeln!(text, "|{}", "---|".repeat(COLUMNS.len() + 1));
        one.points.iter().for_each(|point| row(&mut text, &cells(point)));
        text.push('\n');
    }
    text
}

/// What tables show of a step.
pub fn cells(point: &Point) -> Vec<String> {
    vec![
        thousands(point.size),
        point.statement.clone(),
        point.k.to_string(),
        thousands(point.rows),
        format!("{} B", thousands(point.kzg_bytes)),
        format!("{} B", thousands(point.transparent_bytes)),
        format!("{} MiB", thousands(mebibytes(point))),
        point.seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.2} s")),
    ]
}

/// Headings of [`cells`].
pub fn headings(of: Of) -> Vec<String> {
    std::iter::once(of.name()).chain(COLUMNS).map(str::to_owned).collect()
}

fn mebibytes(point: &Point) -> usize {
    usize::try_from(point.memory_bytes.div_ceil(1 << 20)).unwrap_or(usize::MAX)
}

fn uppercase(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
