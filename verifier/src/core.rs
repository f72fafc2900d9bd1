//! The circuits and keys this verifier is for: the only file that knows their names.

use std::sync::OnceLock;

pub use foldproof_circuits::circuit::Core;
use foldproof_circuits::circuit::selectors;
use foldproof_circuits::statement::Statement;
use foldproof_params::keys;

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

/// The keys pinned in this repository, each rebuilt when it is first asked for.
pub struct Pinned;

impl Keys for Pinned {
    fn key(&self, statement: Statement) -> Result<&VerifierKey, Error> {
        const COUNT: usize = Statement::ALL.len();
        static REBUILT: [OnceLock<Result<VerifierKey, KeyError>>; COUNT] = [const { OnceLock::new() }; COUNT];
        let scheme = Scheme::Transparent;
        let place = Statement::ALL.iter().position(|known| *known == statement);
        let slot = place.and_then(|place| REBUILT.get(place));
        let pinned = keys::transparent(&statement.name()).filter(|pinned| !pinned.bytes.is_empty());
        let (slot, pinned) = slot.zip(pinned).ok_or(Error::NoKey { statement, scheme })?;
        let rebuild = || VerifierKey::from_bytes(statement, scheme, pinned.bytes);
        slot.get_or_init(rebuild).as_ref().map_err(|error| Error::Key(error.clone()))
    }
}
