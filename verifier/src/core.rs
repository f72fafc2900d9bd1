//! The circuits and keys this verifier is for: the only file that knows their names.

use std::sync::OnceLock;

pub use foldproof_circuits::layout::Layout;
use foldproof_circuits::layout::selectors;
use foldproof_circuits::public::{MAX_ROWS, MAX_VALUE_ROWS};
use foldproof_circuits::statement::Statement;
use foldproof_params::keys::{self, PinnedKey};
use foldproof_params::transparent::{PUBLIC_ROWS, UNPINNED_ROWS};

use crate::error::Error;
use crate::key::{KeyError, Shape, VerifierKey, is_of};
use crate::scheme::Scheme;
use crate::verify::Keys;

const _: () =
    assert!(MAX_ROWS < PUBLIC_ROWS, "every public input has its generator, and so has a context after them");
// Statements about several blocks, which have more, are of sizes that are pinned.
const _: () = assert!(MAX_VALUE_ROWS < UNPINNED_ROWS, "and so at sizes that are not pinned");

impl Shape for Layout {
    fn k(statement: &Statement) -> u32 {
        statement.k()
    }

    fn parameters(statement: &Statement) -> Statement {
        statement.clone()
    }

    fn selectors(statement: &Statement) -> Vec<Vec<bool>> {
        selectors(statement)
    }
}

/// The key pinned for a statement. The name of a graph has 32 bits of its digest, which other graphs can be given too: then the
/// key's own bytes say of which it is.
pub fn pinned_key(statement: &Statement) -> Option<&'static PinnedKey> {
    place(statement).map(|(_, pinned)| pinned)
}

fn place(statement: &Statement) -> Option<(usize, &'static PinnedKey)> {
    let name = statement.name();
    let named = |pinned: &PinnedKey| pinned.statement == name && !pinned.bytes.is_empty();
    let exact = |pinned: &PinnedKey| statement.graphs().next().is_none() || is_of(pinned.bytes, statement);
    keys::PINNED.iter().enumerate().find(|(_, pinned)| named(pinned) && exact(pinned))
}

/// The keys pinned in this repository, each rebuilt when it is first asked for.
pub struct Pinned;

/// How often a pinned key was rebuilt.
#[cfg(test)]
pub(crate) static REBUILT_KEYS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Keys for Pinned {
    fn key(&self, statement: &Statement) -> Result<&VerifierKey, Error> {
        const COUNT: usize = keys::PINNED.len();
        static REBUILT: [OnceLock<Result<VerifierKey, KeyError>>; COUNT] = [const { OnceLock::new() }; COUNT];
        let scheme = Scheme::Transparent;
        let pinned = place(statement).and_then(|(place, pinned)| REBUILT.get(place).zip(Some(pinned)));
        let (slot, pinned) = pinned.ok_or_else(|| Error::NoKey { statement: statement.clone(), scheme })?;
        // Rebuilt before the slot is locked: rebuilding waits for the thread pool, whose workers may come for the same key, and would
        // wait for the lock. Two who come at once rebuild it twice.
        let rebuilt = match slot.get() {
            Some(rebuilt) => rebuilt,
            None => {
                let rebuilt = VerifierKey::from_bytes(statement, scheme, pinned.bytes);
                #[cfg(test)]
                REBUILT_KEYS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                slot.get_or_init(|| rebuilt)
            }
        };
        rebuilt.as_ref().map_err(|error| Error::Key(error.clone()))
    }
}
