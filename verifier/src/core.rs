//! The circuits and keys this verifier is for: the only file that knows their names.

use std::sync::OnceLock;

pub use foldproof_circuits::circuit::Core;
use foldproof_circuits::circuit::selectors;
use foldproof_circuits::statement::Statement;

use crate::error::Error;
use crate::key::{KeyError, Shape, VerifierKey};
use crate::scheme::Scheme;
use crate::verify::Keys;

impl Shape for Core {
    fn k(statement: Statement) -> u32 {
        statement.k()
    }

    fn parameters(statement: Statement) -> Statement {
        statement
    }

    fn selectors(statement: Statement) -> Vec<Vec<bool>> {
        selectors(statement)
    }
}

/// The keys pinned in this repository.
pub struct Pinned;

impl Keys for Pinned {
    fn key(&self, statement: Statement) -> Result<&VerifierKey, Error> {
        Err(Error::NoKey {
            statement,
            scheme: Scheme::Transparent,
        })
    }
}
