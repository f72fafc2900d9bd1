//! Witnesses that are laid out with lies in them.

use halo2curves::bn256::Fr;

use super::samples::tags::tagged;
use super::samples::{block, close_codebook, codebook, statement, toys, two_blocks, values};
use super::{Examiner, Killer};
use crate::analytics::{Analytics, Configuration, Part, Preset};
use crate::assignment::{Cell, Free, Lies, Role};
use crate::block::Block;
use crate::codebook::Codebook;
use crate::evidence::Evidence;
use crate::graph::GraphModel;
use crate::layout::Layout;
use crate::model::Model;
use crate::models::ModelRef;
use crate::stages::commit::Salts;
use crate::statement::{Centroids, Size, Statement, Subject as About};

/// What a statement is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A block under a codebook.
    Block(Box<Block>, Box<Codebook>),
    /// Several.
    Blocks(Vec<Block>, Box<Codebook>),
    /// Values.
    Values(Vec<i64>),
    /// What a decision is made from.
    Decision(Box<Evidence>),
}

/// A witness of a statement, and the honest layout.
#[derive(Clone, Debug)]
pub struct Forger {
    statement: Statement,
    subject: Subject,
    models: Vec<Owned>,
    honest: Layout,
}

/// A model of either kind.
#[derive(Clone, Debug)]
pub enum Owned {
    /// Dense layers.
    Dense(Box<Model>),
    /// A graph, with a salt for each commitment among its heads.
    Graph(Box<GraphModel>, Vec<Fr>),
}

impl From<Model> for Owned {
    fn from(model: Model) -> Self {
        Self::Dense(Box::new(model))
    }
}

impl From<GraphModel> for Owned {
    fn from(model: GraphModel) -> Self {
        let (salts, _) = ModelRef::from(&model).salts();
        Self::Graph(Box::new(model), (5..).map(Fr::from).take(salts).collect())
    }
}

impl Owned {
    /// As proofs take it.
    pub fn as_ref(&self) -> ModelRef<'_> {
        match self {
            Self::Dense(model) => ModelRef::Dense(model),
            Self::Graph(model, salts) => ModelRef::Graph(model, salts),
        }
    }
}

impl Forger {
    /// Of a subject and models.
    ///
    /// # Panics
    /// If they do not fit the statement.
    pub fn new(statement: Statement, subject: Subject, models: Vec<Model>) -> Self {
        Self::of_any(statement, subject, models.into_iter().map(Owned::from).collect())
    }

    /// Of a subject and models of any kind.
    ///
    /// # Panics
    /// If they do not fit the statement.
    pub fn of_any(statement: Statement, subject: Subject, models: Vec<Owned>) -> Self {
        let honest = lay_out(&statement, &subject, &models, Lies::new());
        Self { statement, subject, models, honest }
    }

    /// Of the sample block of [`block_layout`](super::samples::block_layout).
    ///
    /// # Panics
    /// If the statement is not about a block, or about other models.
    pub fn of_sample_block(name: &str, models: Vec<Model>) -> Self {
        let statement = Statement::from_name(name).expect("a statement");
        let centroids = statement.block().map_or(0, |core| core.centroids.count());
        let subject = Subject::Block(Box::new(block(1, 30, 20, 3)), Box::new(codebook(2, centroids)));
        Self::new(statement, subject, models)
    }

    /// Of two small blocks that differ, at the size for tests.
    ///
    /// # Panics
    /// Never.
    pub fn of_two_blocks() -> Self {
        Self::new(two_blocks(), Subject::Blocks(toys(1, 2), Box::new(codebook(2, 64))), Vec::new())
    }

    /// Of a small block at the size for tests, whose zones overlap: analytics under a preset, or under a configuration that is
    /// committed to.
    ///
    /// # Panics
    /// Never.
    pub fn of_analytics(configuration: Configuration) -> Self {
        let core = Statement::core(Size::Toy, Centroids::K64);
        let analytics = Analytics::new(&Part::OF_CODE, configuration, true).expect("all parts");
        let statement = core.with_analytics(analytics).expect("a statement");
        let block = toys(1, 1).remove(0);
        Self::new(statement, Subject::Block(Box::new(block), Box::new(close_codebook(1, 64))), Vec::new())
    }

    /// As [`of_analytics`](Self::of_analytics), of zones and their graph.
    ///
    /// # Panics
    /// Never.
    pub fn of_zone_graph(configuration: Configuration) -> Self {
        let core = Statement::core(Size::Toy, Centroids::K64);
        let analytics = Analytics::new(&[Part::Zones, Part::Graph], configuration, false).expect("two parts");
        let statement = core.with_analytics(analytics).expect("a statement");
        let subject = Subject::Block(Box::new(toys(1, 1).remove(0)), Box::new(close_codebook(5, 64)));
        Self::new(statement, subject, Vec::new())
    }

    /// Of a small block with tags of most kinds: all analytics, or rules alone, with fields of adapters or without.
    ///
    /// # Panics
    /// Never.
    pub fn of_rules(all: bool, adapter: bool) -> Self {
        let parts = if all { &Part::OF_BLOCK[..] } else { &[Part::Rules] };
        let analytics = Analytics::new(parts, Configuration::Named(Preset::default()), all).expect("parts");
        let analytics = if adapter { analytics.with_adapter().expect("rules") } else { analytics };
        let statement = Statement::core(Size::Toy, Centroids::K64).with_analytics(analytics);
        let subject = Subject::Block(Box::new(tagged()), Box::new(close_codebook(1, 64)));
        Self::new(statement.expect("a statement"), subject, Vec::new())
    }

    /// Of one model on random values.
    pub fn of_model(model: Model, seed: u64) -> Self {
        let subject = Subject::Values(values(model.shape().inputs(), seed, super::samples::Numbers::Random));
        let models = vec![model];
        Self::new(statement(&models), subject, models)
    }

    /// Of a decision, with salts from 7 on.
    ///
    /// # Panics
    /// If it is made from too little or too much.
    pub fn of_decision(evidence: Evidence) -> Self {
        let statement = Statement::of_decision(evidence.decision()).expect("a statement");
        Self::new(statement, Subject::Decision(Box::new(evidence)), Vec::new())
    }

    /// The honest layout.
    pub fn honest(&self) -> &Layout {
        &self.honest
    }

    /// The layout of somebody who writes `lies` and computes all that follows from them.
    pub fn lie(&self, lies: Lies) -> Layout {
        lay_out(&self.statement, &self.subject, &self.models, lies)
    }

    /// Cells that were declared free, of one kind.
    pub fn free(&self, kind: Free) -> Vec<Cell> {
        let assignment = self.honest.assignment();
        let cells = assignment.assigned().into_iter();
        cells.filter(|cell| assignment.role(*cell) == Role::Free(kind)).collect()
    }
}

fn lay_out(statement: &Statement, subject: &Subject, models: &[Owned], lies: Lies) -> Layout {
    let models: Vec<ModelRef<'_>> = models.iter().map(Owned::as_ref).collect();
    match subject {
        Subject::Block(block, codebook) => {
            let salts = Salts::from_secret(Fr::from(5));
            Layout::of_block_with(lies, statement, block, codebook, &salts, &models)
        }
        Subject::Blocks(blocks, codebook) => {
            let salts: Vec<Salts> = (5..).map(Fr::from).map(Salts::from_secret).take(blocks.len()).collect();
            let blocks: Vec<_> = blocks.iter().zip(&salts).collect();
            Layout::of_blocks_with(lies, statement, &blocks, codebook)
        }
        Subject::Values(values) => {
            let salts = match statement.subject() {
                About::Sequence { positions } => (9..).map(Fr::from).take(positions.into()).collect(),
                _ => vec![Fr::from(9)],
            };
            Layout::of_sequence_with(lies, statement, values, &salts, &models)
        }
        Subject::Decision(evidence) => {
            let salts: Vec<Fr> = (7..).map(Fr::from).take(statement.subject().commitments()).collect();
            Layout::of_decision_with(lies, statement, evidence, &salts)
        }
    }
    .expect("made to fit")
}

/// What somebody claims who lies, and who objects.
#[derive(Debug)]
pub struct Verdict {
    /// Whether any cell is not what it honestly is.
    pub changed: bool,
    /// Whether the public inputs are others.
    pub public: bool,
    /// Who notices.
    pub killers: Vec<Killer>,
}

impl Examiner<'_> {
    /// Judges lies told by the forger whose honest layout this examiner has.
    pub fn judge(&self, forger: &Forger, lies: Lies) -> Verdict {
        let forged = forger.lie(lies);
        Verdict {
            changed: forged.assignment().advice() != forger.honest().assignment().advice(),
            public: forged.instance() != forger.honest().instance(),
            killers: self.refusals(&forged).into_iter().collect(),
        }
    }
}
