//! Witnesses that are laid out with lies in them.

use halo2curves::bn256::Fr;

use super::samples::{block, codebook, statement, values};
use super::{Examiner, Killer};
use crate::block::Block;
use crate::codebook::Codebook;
use crate::layout::Layout;
use crate::model::Model;
use crate::sheet::{Cell, Free, Lies, Role};
use crate::stages::commit::Salts;
use crate::statement::Statement;

/// What a statement is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A block under a codebook.
    Block(Box<Block>, Box<Codebook>),
    /// Values.
    Values(Vec<i64>),
}

/// A witness of a statement, and the honest layout.
#[derive(Clone, Debug)]
pub struct Forger {
    statement: Statement,
    subject: Subject,
    models: Vec<Model>,
    honest: Layout,
}

impl Forger {
    /// Of a subject and models.
    ///
    /// # Panics
    /// If they do not fit the statement.
    pub fn new(statement: Statement, subject: Subject, models: Vec<Model>) -> Self {
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

    /// Of one model on random values.
    pub fn of_model(model: Model, seed: u64) -> Self {
        let subject = Subject::Values(values(model.shape().inputs(), seed, super::samples::Numbers::Random));
        let models = vec![model];
        Self::new(statement(&models), subject, models)
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
        let sheet = self.honest.sheet();
        let cells = sheet.assigned().into_iter();
        cells.filter(|cell| sheet.role(*cell) == Role::Free(kind)).collect()
    }
}

fn lay_out(statement: &Statement, subject: &Subject, models: &[Model], lies: Lies) -> Layout {
    let models: Vec<&Model> = models.iter().collect();
    match subject {
        Subject::Block(block, codebook) => {
            let salts = Salts::from_secret(Fr::from(5));
            Layout::of_block_with(lies, statement, block, codebook, &salts, &models)
        }
        Subject::Values(values) => Layout::of_values_with(lies, statement, values, Fr::from(9), &models),
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
            changed: forged.sheet().advice() != forger.honest().sheet().advice(),
            public: forged.instance() != forger.honest().instance(),
            killers: self.refusals(&forged).into_iter().collect(),
        }
    }
}
