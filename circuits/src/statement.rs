//! Statements: what a proof can say, as values.
//!
//! A statement fixes the shape of its circuit and nothing else does: keys made from an empty block are the keys
//! of every block.

use std::fmt;
use std::sync::Arc;

use halo2curves::bn256::Fr;

use crate::analytics::{Analytics, AnalyticsError, Part};
use crate::columns::{
    Bands, CORE_ROWS, GraphBands, Groups, MAX_ROWS, MAX_VALUE_ROWS, MODEL_ROWS, UNUSABLE_ROWS,
};
use crate::decision::{Decision, DecisionError};
use crate::graph::{Graph, MAX_INPUTS, MAX_TABLES, Node, Table};
use crate::model::{Head, Shape};
use crate::poseidon::{Domain, bytes as digest};
use crate::rows;

pub use crate::columns::MAX_BLOCKS;
pub use crate::fingerprint::FINGERPRINT;
pub use crate::shapes::ModelShape;
pub use crate::size::{Capacity, Centroids, Excess, Oversize, Size};
pub use crate::subject::{Core, MAX_MODELS, MAX_SEQUENCE, Subject};

/// What is proved: about what, and which shapes of models say something about it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    subject: Subject,
    analytics: Option<Analytics>,
    models: Vec<ModelShape>,
}

/// Why there is no such statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are what was expected and found")]
pub enum StatementError {
    /// Too many models, or none where the statement is about models only.
    Models { found: usize },
    /// Another number of blocks than there are statements about several of.
    Blocks { found: u8 },
    /// Analytics beside something else than one block.
    AnalyticsWithoutBlock,
    /// There are no such analytics.
    Analytics(AnalyticsError),
    /// A score that is blended with a forest, and no forest that tells its sum as the first model.
    Forest,
    /// Such a forest, of so many trees that the paths of usual fingerprints are longer than the circuit has room for.
    Trees { found: usize },
    /// Models beside several blocks.
    ModelsBesideBlocks { found: usize },
    /// There is no such decision.
    Decision(DecisionError),
    /// Models beside a decision.
    ModelsBesideDecision { found: usize },
    /// A vector as long as a fingerprint: its numbers would have another unit than the models expect.
    Vector,
    /// A sequence of too few or too many fingerprints.
    Sequence { found: u16 },
    /// A matrix that is a vector, too large, or of positions as long as fingerprints.
    Matrix { positions: u16, channels: u16 },
    /// A model for inputs of another length.
    Inputs { model: usize, expected: usize, found: usize },
    /// A model for another number of positions, or other values at each.
    Positions { model: usize, expected: (usize, usize), found: (usize, usize) },
    /// Graphs with limbs of different lengths: one circuit has limbs of one.
    LimbBits { model: usize, expected: u32, found: u32 },
    /// More different tables than one circuit has, in all graphs together.
    Tables { most: usize, found: usize },
    /// More public inputs than there is room for.
    Public { most: usize, found: usize },
    /// No circuit has so many rows.
    Rows { k: u32, most: u32 },
}

/// Most trees of a forest that a score is blended with: so many, each of at most 256 samples, have usual paths of less than 2³⁶ at 2⁻²⁴ together.
pub const MAX_BLENDED_TREES: usize = 399;
/// log₂ of the rows of the largest circuit.
pub const MAX_K: u32 = 18;
/// log₂ of the rows of the largest circuit about several blocks: that of the largest block, and the largest for which the transparent
/// scheme has generators pinned for [`MAX_ROWS`] public inputs.
pub const MAX_BLOCKS_K: u32 = 17;

/// First byte of the encoding of analytics: of no subject.
const ANALYTICS: u8 = 7;

/// What messages say about names that are none of a statement.
pub const NAMES: &str = "e.g. core-small-64, core-small-64x8, core-small-64+analytics, core-small-64+tags-96-64-32-15 or vector-12+class-12-4; no name gives a graph back: a \
                         statement with one is named by its model file or its key";

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Models { found } => {
                write!(f, "models: 1 to {MAX_MODELS} were expected (none only beside a block), found {found}")
            }
            Self::Blocks { found } => {
                write!(
                    f,
                    "blocks of one proof: 2 to {MAX_BLOCKS} were expected, found {found}; a single block has a statement of its own"
                )
            }
            Self::ModelsBesideBlocks { found } => {
                write!(
                    f,
                    "models: none were expected beside several blocks, found {found}; prove the blocks one by one, or the models about \
                     the committed fingerprints"
                )
            }
            Self::Decision(error) => error.fmt(f),
            Self::ModelsBesideDecision { found } => {
                write!(f, "models: none were expected beside a decision, found {found}; prove them about their own values")
            }
            Self::AnalyticsWithoutBlock => f.write_str(
                "analytics: they stand beside one block, and none or several were found; prove the blocks one by one",
            ),
            Self::Forest => f.write_str(
                "models: an isolation forest over fingerprints, whose first head is its score, was expected as the first; import it with --head anomaly",
            ),
            Self::Trees { found } => write!(
                f,
                "models: a forest of at most {MAX_BLENDED_TREES} trees was expected to be blended with, found {found}; grow fewer, or leave out \
                 --blend"
            ),
            Self::Analytics(error) => write!(f, "analytics: {error}"),
            Self::Vector => {
                write!(f, "a vector of {FINGERPRINT} numbers would pass for a fingerprint; give it as one")
            }
            Self::Sequence { found } => {
                write!(f, "a sequence has 2 to {MAX_SEQUENCE} fingerprints, found {found}")
            }
            Self::Matrix { positions, channels } => {
                write!(
                    f,
                    "a matrix has 2 positions or more, of any number of channels but {FINGERPRINT}, which would pass for fingerprints \
                     (give them as a sequence), and at most {MAX_INPUTS} numbers; found {positions} positions of {channels}"
                )
            }
            Self::Inputs { model, expected, found } => {
                write!(f, "model {model}: it takes {found} inputs, the statement is about {expected} values")
            }
            Self::Positions { model, expected, found } => {
                let [expected, found] = [expected, found].map(|(p, c)| format!("{p} x {c} values"));
                write!(
                    f,
                    "model {model}: it takes {found} (positions x channels), the statement is about {expected}"
                )
            }
            Self::LimbBits { model, expected, found } => {
                write!(
                    f,
                    "model {model}: its limbs have {found} bits, those of a graph before it {expected}; prove them one by one, or \
                     import them with the same"
                )
            }
            Self::Tables { most, found } => {
                write!(
                    f,
                    "graphs of one statement share at most {most} different tables, found {found}; prove them one by one"
                )
            }
            Self::Public { most, found } => {
                write!(
                    f,
                    "at most {most} public inputs were expected, found {found}; of a values head each output is one: prove models \
                     one by one, without a block, or with fewer outputs"
                )
            }
            Self::Rows { k, most } => {
                write!(f, "the circuit would have 2^{k} rows, at most 2^{most} are supported")
            }
        }
    }
}

impl std::error::Error for StatementError {}

impl Default for Statement {
    fn default() -> Self {
        Self::core(Size::Small, Centroids::K64)
    }
}

impl Statement {
    /// The statements about a block alone, in the order of their numbers.
    pub fn cores() -> impl Iterator<Item = Self> {
        Core::all().map(|core| Self::core(core.size, core.centroids))
    }

    /// About a block alone.
    pub const fn core(size: Size, centroids: Centroids) -> Self {
        Self { subject: Subject::Block(Core { size, centroids }), analytics: None, models: Vec::new() }
    }

    /// About several blocks of one shape, under one codebook.
    ///
    /// # Errors
    /// If it is not about 2 to [`MAX_BLOCKS`], or no circuit has so many rows.
    pub fn of_blocks(core: Core, count: usize) -> Result<Self, StatementError> {
        let count = u8::try_from(count).unwrap_or(u8::MAX);
        Self::new(Subject::Blocks { core, count }, std::iter::empty::<Shape>())
    }

    /// A decision from committed values.
    ///
    /// # Errors
    /// If it is from too little or too much.
    pub fn of_decision(decision: Decision) -> Result<Self, StatementError> {
        Self::new(Subject::Decision(decision), std::iter::empty::<Shape>())
    }

    /// About `subject`, and what models of these shapes say about it.
    ///
    /// # Errors
    /// If there are too many or too few models, one takes other inputs, or they do not go together.
    pub fn new(
        subject: Subject,
        models: impl IntoIterator<Item: Into<ModelShape>>,
    ) -> Result<Self, StatementError> {
        Self::analysed(subject, None, models.into_iter().map(Into::into).collect())
    }

    /// Of a statement about one block: with analytics beside it.
    ///
    /// # Errors
    /// If it is about something else, or no circuit has so many rows.
    pub fn with_analytics(self, analytics: Analytics) -> Result<Self, StatementError> {
        Self::analysed(self.subject, Some(analytics), self.models)
    }

    fn analysed(
        subject: Subject,
        analytics: Option<Analytics>,
        models: Vec<ModelShape>,
    ) -> Result<Self, StatementError> {
        check_subject(subject)?;
        if analytics.is_some() && !matches!(subject, Subject::Block(_)) {
            return Err(StatementError::AnalyticsWithoutBlock);
        }
        if matches!(subject, Subject::Blocks { .. }) && !models.is_empty() {
            return Err(StatementError::ModelsBesideBlocks { found: models.len() });
        }
        if subject.decision().is_some() && !models.is_empty() {
            return Err(StatementError::ModelsBesideDecision { found: models.len() });
        }
        let needed = usize::from(subject.blocks().is_none() && subject.decision().is_none());
        if !(needed..=MAX_MODELS).contains(&models.len()) {
            return Err(StatementError::Models { found: models.len() });
        }
        let expected = subject.dimensions();
        for (model, shape) in models.iter().enumerate() {
            let found = shape.dimensions();
            match (expected, found) {
                ((1, expected), (1, found)) if expected != found => {
                    return Err(StatementError::Inputs { model, expected, found });
                }
                _ if expected != found => return Err(StatementError::Positions { model, expected, found }),
                _ => {}
            }
        }
        if analytics.is_some_and(|analytics| analytics.forest().is_some()) {
            let first = models.first().and_then(ModelShape::graph);
            let (_, found) =
                first.and_then(|graph| graph.isolation_forest()).ok_or(StatementError::Forest)?;
            if found > MAX_BLENDED_TREES {
                return Err(StatementError::Trees { found });
            }
        }
        check_graphs(&models)?;
        let statement = Self { subject, analytics, models };
        // Above a block there is room for those of four models of one output each; with analytics it starts further down.
        let most = match subject {
            Subject::Block(_) if analytics.is_none() => CORE_ROWS + MODEL_ROWS * MAX_MODELS,
            Subject::Block(_) => MAX_ROWS,
            Subject::Blocks { .. } => MAX_ROWS,
            Subject::Fingerprint
            | Subject::Vector(_)
            | Subject::Sequence { .. }
            | Subject::Matrix { .. }
            | Subject::Decision(_) => MAX_VALUE_ROWS,
        };
        if statement.rows() > most {
            return Err(StatementError::Public { most, found: statement.rows() });
        }
        let most = if matches!(subject, Subject::Blocks { .. }) { MAX_BLOCKS_K } else { MAX_K };
        match statement.k() {
            k if k > most => Err(StatementError::Rows { k, most }),
            _ => Ok(statement),
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The shape of the proof about a block, if it is about one and no more.
    pub fn block(&self) -> Option<Core> {
        self.blocks().filter(|(_, count)| *count == 1).map(|(core, _)| core)
    }

    /// Shape and number of the blocks, if it is about one or several.
    pub fn blocks(&self) -> Option<(Core, usize)> {
        self.subject.blocks()
    }

    /// The analytics beside the block, if there are any.
    pub fn analytics(&self) -> Option<Analytics> {
        self.analytics
    }

    /// Shapes of the models, in order.
    pub fn models(&self) -> std::slice::Iter<'_, ModelShape> {
        self.models.iter()
    }

    /// Shapes of the models that are dense, in order.
    pub fn dense(&self) -> impl Iterator<Item = Shape> + Clone {
        self.models.iter().filter_map(ModelShape::dense)
    }

    /// The models that are graphs, in order.
    pub fn graphs(&self) -> impl Iterator<Item = &Arc<Graph>> + Clone {
        self.models.iter().filter_map(ModelShape::graph)
    }

    /// Which columns its circuit has.
    pub fn bands(&self) -> Bands {
        let heads = Head::ALL.map(|head| self.dense().any(|shape| shape.head() == head));
        let links = self.blocks().map_or(0, |(core, _)| core.size.capacity().link_bits());
        Bands {
            core: self.blocks().is_some(),
            links,
            model: !self.models.is_empty(),
            dense: self.dense().next().is_some(),
            heads,
            graph: self.graph_bands(),
            analytics: self
                .analytics
                .is_some_and(|analytics| Part::OF_CODE.iter().any(|part| analytics.has(*part))),
            decision: self.subject.decision().is_some(),
            top: self.subject.decision().map_or(0, Decision::told),
            rules: self.analytics.is_some_and(|analytics| analytics.has(Part::Rules)),
            signatures: matches!(self.subject, Subject::Decision(Decision::Nearest { .. })),
        }
    }

    fn graph_bands(&self) -> Option<GraphBands> {
        let limb_bits = self.graphs().next()?.limb_bits();
        let mut tables = [None; MAX_TABLES];
        // No more than there are places, as has been checked.
        tables.iter_mut().zip(distinct_tables(&self.models)).for_each(|(place, table)| *place = Some(table));
        let forest = self.graphs().any(|graph| graph.has_forest());
        let twelve = self.graphs().any(|graph| graph.has_width(12));
        let has = |is: fn(&Node) -> bool| self.graphs().any(|graph| graph.nodes().iter().any(is));
        let groups = Groups {
            products: has(|node| matches!(node, Node::Product { .. } | Node::Aggregate { .. })),
            maxima: has(|node| matches!(node, Node::Maximum { .. })),
            softmax: has(|node| matches!(node, Node::Softmax { .. })),
            norms: has(|node| matches!(node, Node::Norm { .. })),
        };
        Some(GraphBands { limb_bits, tables, forest, twelve, groups })
    }

    /// Name, e.g. `core-small-64+tags-96-64-32-15`, `fingerprint+…` or `vector-12+…`. It tells statements with graphs apart, but
    /// does not hold them.
    pub fn name(&self) -> String {
        let beside = self.analytics.iter().map(Analytics::name).chain(self.models().map(ToString::to_string));
        beside.fold(self.subject.name(), |name, part| format!("{name}+{part}"))
    }

    /// The statement of that name. There is none for the name of one with a graph: see [`NAMES`].
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('+').peekable();
        let subject = Subject::from_name(parts.next()?)?;
        let analytics = parts.peek().and_then(|part| Analytics::from_name(part));
        let shapes = parts.skip(usize::from(analytics.is_some()));
        let shapes = shapes.map(|part| Shape::from_name(part).map(Into::into)).collect::<Option<_>>()?;
        let statement = Self::analysed(subject, analytics, shapes).ok()?;
        (statement.name() == name).then_some(statement)
    }

    /// The encoding: of analytics the byte 7 and their encoding; the subject's; how many models; their shapes, a graph's after the byte 0x80.
    pub fn to_bytes(&self) -> Vec<u8> {
        let analytics = self.analytics.map(|analytics| [&[ANALYTICS][..], &analytics.to_bytes()].concat());
        let mut out = analytics.unwrap_or_default();
        out.extend(self.subject.to_bytes());
        // At most four.
        out.push(u8::try_from(self.models.len()).unwrap_or(u8::MAX));
        out.extend(self.models().flat_map(ModelShape::to_bytes));
        out
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let analytics = match bytes {
            [ANALYTICS, rest @ ..] => {
                bytes = rest;
                Some(Analytics::take(&mut bytes)?)
            }
            _ => None,
        };
        let subject = Subject::take(&mut bytes)?;
        let (count, mut rest) = bytes.split_first()?;
        // Graphs are costly to read: no more than a statement has.
        let count = usize::from(*count);
        if count > MAX_MODELS {
            return None;
        }
        let shapes: Vec<ModelShape> =
            (0..count).map(|_| ModelShape::take(&mut rest)).collect::<Option<_>>()?;
        if rest.is_empty() { Self::analysed(subject, analytics, shapes).ok() } else { None }
    }

    /// The first public input: a number for a block alone, else the digest of the encoding.
    pub fn element(&self) -> Fr {
        match self.subject {
            Subject::Block(core) if self.models().next().is_none() && self.analytics.is_none() => {
                Fr::from(u64::from(core.number()))
            }
            _ => digest(Domain::Statement, 0, &self.to_bytes()),
        }
    }

    /// How many public inputs a proof has.
    pub fn rows(&self) -> usize {
        rows::public_rows(self.subject, self.analytics, &self.models)
    }

    /// log₂ of the rows of its circuit.
    pub fn k(&self) -> u32 {
        let rows =
            rows::circuit_rows(self.subject, self.analytics, &self.models, self.bands()) + UNUSABLE_ROWS;
        rows.next_power_of_two().ilog2()
    }
}

fn check_subject(subject: Subject) -> Result<(), StatementError> {
    match subject {
        Subject::Vector(length) if usize::from(length) == FINGERPRINT => Err(StatementError::Vector),
        Subject::Sequence { positions } if !(2..=MAX_SEQUENCE).contains(&positions) => {
            Err(StatementError::Sequence { found: positions })
        }
        Subject::Matrix { positions, channels } => {
            let numbers = usize::from(positions) * usize::from(channels);
            let suits = positions >= 2 && usize::from(channels) != FINGERPRINT;
            if suits && (1..=MAX_INPUTS).contains(&numbers) {
                return Ok(());
            }
            Err(StatementError::Matrix { positions, channels })
        }
        Subject::Blocks { count, .. } if !(2..=MAX_BLOCKS).contains(&count.into()) => {
            Err(StatementError::Blocks { found: count })
        }
        Subject::Decision(decision) => decision.check().map_err(StatementError::Decision),
        Subject::Block(_)
        | Subject::Blocks { .. }
        | Subject::Fingerprint
        | Subject::Vector(_)
        | Subject::Sequence { .. } => Ok(()),
    }
}

/// The tables of all graphs, each once.
fn distinct_tables(models: &[ModelShape]) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for table in models.iter().filter_map(ModelShape::graph).flat_map(|graph| graph.tables()) {
        if !tables.contains(table) {
            tables.push(*table);
        }
    }
    tables
}

/// Whether one circuit has limbs and tables for all of them.
fn check_graphs(models: &[ModelShape]) -> Result<(), StatementError> {
    let mut limb_bits = None;
    for (model, shape) in models.iter().enumerate() {
        let Some(graph) = shape.graph() else { continue };
        let (expected, found) = (*limb_bits.get_or_insert(graph.limb_bits()), graph.limb_bits());
        if expected != found {
            return Err(StatementError::LimbBits { model, expected, found });
        }
    }
    match distinct_tables(models).len() {
        found if found > MAX_TABLES => Err(StatementError::Tables { most: MAX_TABLES, found }),
        _ => Ok(()),
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests;
