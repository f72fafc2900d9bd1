//! What models speak about without a block: a fingerprint or vector, or several positions of them, as proofs take them.

use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::statement::{ModelShape, Statement, StatementError, Subject};
use halo2curves::bn256::Fr;

use crate::input::InputError;
use crate::model::samples::{Kind, Units, read_one_in};
use crate::model::series::{Series, read_series};
use crate::prove::Witness;

/// Integers, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// What a statement is about.
    pub subject: Subject,
    /// A fingerprint's at 2⁻³², others at 2⁻²⁰ or in the units of the models.
    pub integers: Vec<i64>,
}

impl Values {
    /// Reads what a model of this shape takes, from documents with their names: one of a sample, or of a model over several positions one
    /// or more, oldest first.
    ///
    /// # Errors
    /// What is no such document, with its name, and another number of positions or values than the model takes.
    pub fn read(
        documents: &[(String, Vec<u8>)],
        shape: &ModelShape,
        units: &Units,
    ) -> Result<Self, InputError> {
        let (positions, channels) = shape.dimensions();
        let Series { kind, values } = match (positions, documents) {
            (1, [(name, bytes)]) => {
                let within =
                    |error: InputError| InputError { path: format!("{name}: {}", error.path), ..error };
                let sample = read_one_in(bytes, units).map_err(within)?;
                Series { kind: sample.kind, values: sample.integers }
            }
            _ => read_series(documents, positions, channels, units)?,
        };
        let narrow = |count: usize| {
            let advice = "use a smaller model";
            u16::try_from(count)
                .map_err(|_| InputError::new("the model", "at most 65535 inputs", count.to_string(), advice))
        };
        let subject = match (kind, positions) {
            (Kind::Fingerprint, 1) => Subject::Fingerprint,
            (Kind::Vector, 1) => Subject::Vector(narrow(values.len())?),
            (Kind::Fingerprint, positions) => Subject::Sequence { positions: narrow(positions)? },
            (Kind::Vector, positions) => {
                Subject::Matrix { positions: narrow(positions)?, channels: narrow(channels)? }
            }
        };
        Ok(Self { subject, integers: values })
    }

    /// The statement of what these models say of it.
    ///
    /// # Errors
    /// If one takes something else.
    pub fn statement(&self, models: &[QuantisedModel]) -> Result<Statement, StatementError> {
        Statement::new(self.subject, models.iter().map(QuantisedModel::shape))
    }

    /// How many commitments stand for it, each with a salt.
    pub fn commitments(&self) -> usize {
        self.subject.commitments().max(1)
    }

    /// What a proof takes, with as many salts as there are [`commitments`](Self::commitments); 0 for those that lack.
    pub fn witness<'w>(&'w self, salts: &'w [Fr]) -> Witness<'w> {
        let values = &self.integers;
        match self.subject {
            Subject::Sequence { .. } => Witness::Sequence { values, salts },
            _ => Witness::Values { values, salt: salts.first().copied().unwrap_or(Fr::zero()) },
        }
    }
}
