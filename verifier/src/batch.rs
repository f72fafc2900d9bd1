//! Many bundles at once.
//!
//! Proofs under the same parameters are added up with random weights and checked by one sum or one pairing: those of the
//! transparent scheme by halo2's verifier, those under a setup by [`plonk`], which counts points of keys once. A
//! batch that fails, for whatever reason, is checked proof by proof by halo2's verifier, and only that verdict counts. A batch
//! holds although one of its proofs does not with probability about 2⁻²⁵⁰ over weights drawn from the operating system.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::backend::{self, Claim, KzgParams};
use crate::bundle::Bundle;
use crate::core::Pinned;
use crate::error::Error;
use crate::plonk;
use crate::policy::Policy;
use crate::verified::Verified;
use crate::verify::{Candidate, Keys, kzg_params, transparent_params};

/// Why a batch is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// There is no bundle in it, so that its verification would say nothing.
    Empty,
    /// Two bundles claim the same: one claim is not two, however many proofs it has.
    Repeated {
        /// Where in the batch the first is.
        first: usize,
        /// Where the second is.
        second: usize,
    },
    /// The first bundle found to be at fault.
    Bundle {
        /// Where in the batch it is.
        index: usize,
        /// Its fault.
        error: Error,
    },
}

impl BatchError {
    fn bundle(index: usize) -> impl FnOnce(Error) -> Self {
        move |error| Self::Bundle { index, error }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("batch: expected one bundle or more, found none"),
            Self::Repeated { first, second } => {
                write!(f, "bundle {second}: expected other claims than before, found those of bundle {first}")
            }
            Self::Bundle { index, error } => write!(f, "bundle {index}: {error}"),
        }
    }
}

impl std::error::Error for BatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bundle { error, .. } => Some(error),
            Self::Empty | Self::Repeated { .. } => None,
        }
    }
}

/// Like [`verify`](crate::verify()) for each bundle, in less time than that for more than one. All claims of a batch differ: bundles
/// with equal statements and public inputs are told apart by nothing that is proved.
///
/// # Errors
/// If there is no bundle, if two claim the same, or if one does not meet the policy or its proof is none.
pub fn verify_batch(bundles: &[Bundle], policy: &Policy) -> Result<Vec<Verified>, BatchError> {
    verify_batch_with(bundles, policy, &Pinned)
}

pub(crate) fn verify_batch_with(
    bundles: &[Bundle],
    policy: &Policy,
    keys: &impl Keys,
) -> Result<Vec<Verified>, BatchError> {
    if bundles.is_empty() {
        return Err(BatchError::Empty);
    }
    let mut candidates = Vec::new();
    for (index, bundle) in bundles.iter().enumerate() {
        candidates.push(Candidate::new(bundle, policy, keys).map_err(BatchError::bundle(index))?);
    }
    if !all_hold(&candidates) {
        for (index, candidate) in candidates.iter().enumerate() {
            candidate.check_proof().map_err(BatchError::bundle(index))?;
        }
    }
    // Last: a claim that somebody copied without a proof of it keeps nobody else's away.
    let mut claimed = BTreeMap::new();
    for (second, bundle) in bundles.iter().enumerate() {
        if let Some(first) = claimed.insert(bundle.unverified_instance(), second) {
            return Err(BatchError::Repeated { first, second });
        }
    }
    let verified = candidates.into_iter().map(Candidate::verified).enumerate();
    verified.map(|(index, verified)| verified.map_err(BatchError::bundle(index))).collect()
}

/// Whether the proofs hold together. If not, or if that cannot be told, each has to be asked.
fn all_hold(candidates: &[Candidate]) -> bool {
    let mut transparent: BTreeMap<u32, (usize, Vec<Claim>)> = BTreeMap::new();
    let mut kzg: BTreeMap<[u8; 32], (KzgParams, Vec<Claim>)> = BTreeMap::new();
    for candidate in candidates {
        let (k, claim) = (candidate.k(), candidate.claim());
        let Some(trusted) = candidate.setup() else {
            let (rows, claims) = transparent.entry(k).or_default();
            *rows = candidate.public_rows().max(*rows);
            claims.push(claim);
            continue;
        };
        let (_, claims) = match kzg.entry(trusted.id()) {
            Entry::Occupied(entry) => entry.into_mut(),
            // What a setup has for verifiers is the same for circuits of all sizes.
            Entry::Vacant(entry) => match kzg_params(trusted, k) {
                Ok(params) => entry.insert((params, Vec::new())),
                Err(_) => return false,
            },
        };
        claims.push(claim);
    }
    let transparent = transparent.iter().all(|(k, (rows, claims))| {
        transparent_params(*k, *rows).is_ok_and(|params| backend::all_transparent(params, claims))
    });
    transparent && kzg.values().all(|(params, claims)| plonk::all_hold(params, claims, plonk::random_weight))
}
