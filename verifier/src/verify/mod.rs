//! From bundle and policy to verified claims.

mod facts;
mod subject;

use foldproof_circuits::statement::Statement;
use foldproof_params::transparent;
use halo2curves::bn256::Fr;

use crate::backend::{self, Claim, KzgParams, TransparentParams};
use crate::bundle::Bundle;
use crate::context::Context;
use crate::core::Pinned;
use crate::error::Error;
use crate::key::VerifierKey;
use crate::policy::{Expected, KzgSetup, Policy};
use crate::registry;
use crate::verified::{Facts, Hint, Verified};

use facts::check_facts;
use subject::check_subject;

/// Where the keys of the transparent scheme come from.
pub trait Keys {
    /// The key of a statement.
    fn key(&self, statement: &Statement) -> Result<&VerifierKey, Error>;
}

/// Checks a bundle against a policy, cheapest checks first, the proof last.
///
/// The first proof of a statement in a process also rebuilds its key and, under the transparent scheme, derives
/// its generators: seconds for the large statements.
///
/// # Errors
/// If the bundle does not meet the policy or its proof is none.
pub fn verify(bundle: &Bundle, policy: &Policy) -> Result<Verified, Error> {
    verify_with(bundle, policy, &Pinned)
}

pub(crate) fn verify_with(bundle: &Bundle, policy: &Policy, keys: &impl Keys) -> Result<Verified, Error> {
    let candidate = Candidate::new(bundle, policy, keys)?;
    candidate.check_proof()?;
    candidate.verified()
}

/// A bundle that meets the policy, its proof unchecked.
pub struct Candidate<'a> {
    bundle: &'a Bundle,
    setup: Option<&'a KzgSetup>,
    key: &'a VerifierKey,
    rows: Vec<Fr>,
    facts: Facts,
    /// What the models say, unless an entry of the registry does not suit its model. That is the policy's fault only if
    /// the public inputs are proved, so it is not told before.
    hints: Result<Vec<Hint>, Error>,
}

impl<'a> Candidate<'a> {
    /// Checks everything but the proof.
    pub fn new(bundle: &'a Bundle, policy: &'a Policy, keys: &'a impl Keys) -> Result<Self, Error> {
        if let Some(fault) = &policy.fault {
            return Err(Error::Policy(fault.clone()));
        }
        let setup = check_origin(bundle, policy)?;
        check_context(bundle.unverified_context(), policy.context)?;
        let mut facts = check_facts(bundle, policy)?;
        let hints = match check_models(bundle, policy, &facts) {
            Err(error) if error.is_rejection() => return Err(error),
            hints => hints,
        };
        // Before the key is asked for: a caller makes one for whatever lacks nothing else.
        if let Some(expected) = &policy.expected {
            check_subject(bundle.statement(), &mut facts, expected, policy)?;
        }
        let key = check_key(bundle, policy, setup, keys)?;
        Ok(Self { bundle, setup, key, rows: bundle.unverified_rows(), facts, hints })
    }

    /// Checks the proof.
    pub fn check_proof(&self) -> Result<(), Error> {
        // Inside the thread pool: halo2 hands it dozens of small jobs, for each of which a thread from outside would wait.
        rayon::scope(|_| match self.setup {
            None => backend::transparent(transparent_params(self.k(), self.rows.len())?, self.claim()),
            Some(trusted) => backend::kzg(&kzg_params(trusted, self.k())?, self.claim()),
        })
    }

    /// What halo2 is asked.
    pub fn claim(&self) -> Claim<'_> {
        Claim { key: self.key, rows: &self.rows, proof: self.bundle.proof() }
    }

    /// log₂ of the rows of its circuit.
    pub fn k(&self) -> u32 {
        self.key.k()
    }

    /// How many public inputs it has, a context among them.
    pub fn public_rows(&self) -> usize {
        self.rows.len()
    }

    /// The setup it is checked under, if any.
    pub fn setup(&self) -> Option<&'a KzgSetup> {
        self.setup
    }

    /// The claims, once the proof holds.
    pub fn verified(self) -> Result<Verified, Error> {
        Ok(Verified {
            statement: self.bundle.statement().clone(),
            scheme: self.bundle.scheme(),
            setup: self.setup.map(KzgSetup::id),
            key_digest: self.key.digest(),
            insecure_setup: self.bundle.setup().is_some_and(|setup| setup.insecure),
            instance: self.bundle.unverified_instance().clone(),
            context: self.bundle.unverified_context(),
            facts: self.facts,
            hints: self.hints?,
        })
    }
}

/// Parameters of the transparent scheme, derived once in a process.
pub fn transparent_params(k: u32, rows: usize) -> Result<&'static TransparentParams, Error> {
    transparent::verifier_params(k, rows).map_err(|error| Error::Params(error.to_string()))
}

/// Parameters under a trusted setup.
pub fn kzg_params(trusted: &KzgSetup, k: u32) -> Result<KzgParams, Error> {
    trusted.verifier.verifier_params(k).map_err(|error| Error::Params(error.to_string()))
}

/// Statement, scheme and setup. Gives the setup the policy trusts, where the scheme has one.
fn check_origin<'a>(bundle: &Bundle, policy: &'a Policy) -> Result<Option<&'a KzgSetup>, Error> {
    let found = bundle.statement();
    if let Some(accepted) = policy.statements.clone().filter(|accepted| !accepted.contains(found)) {
        return Err(Error::StatementNotAccepted { accepted, found: found.clone() });
    }
    let found = bundle.scheme();
    if let Some(accepted) = policy.schemes.clone().filter(|accepted| !accepted.contains(&found)) {
        return Err(Error::SchemeNotAccepted { accepted, found });
    }
    let Some(claim) = bundle.setup() else {
        return Ok(None);
    };
    if let Some(trusted) = policy.setup_ids.clone().filter(|ids| !ids.contains(&claim.id)) {
        return Err(Error::SetupNotTrusted { trusted, found: claim.id });
    }
    let Some(trusted) = policy.setups.iter().find(|trusted| trusted.id() == claim.id) else {
        let trusted = policy.setups.iter().map(KzgSetup::id).collect();
        return Err(Error::SetupNotTrusted { trusted, found: claim.id });
    };
    if trusted.insecure != claim.insecure {
        return Err(Error::SetupFlag { expected: trusted.insecure, found: claim.insecure });
    }
    if trusted.insecure && !policy.allow_insecure_setup {
        return Err(Error::SetupInsecure { id: claim.id });
    }
    Ok(Some(trusted))
}

/// Whether the proof is for what the policy expects.
fn check_context(found: Option<Context>, expected: Option<Context>) -> Result<(), Error> {
    match expected {
        Some(expected) if found != Some(expected) => Err(Error::Context { expected, found }),
        Some(_) | None => Ok(()),
    }
}

/// What the models say, if the policy knows them all. They are valid at the time of the block, or of the policy where there is
/// no block, or one whose timestamp is only its prover's word and the policy wants more. It is not if the policy names the block's
/// hash. That an expected block is the one in the proof, timestamp included, is checked beside this.
fn check_models(bundle: &Bundle, policy: &Policy, facts: &Facts) -> Result<Vec<Hint>, Error> {
    let expected = policy.block_hashes.is_some() || matches!(policy.expected, Some(Expected::Blocks(..)));
    let time = match facts {
        Facts::Block(block) if expected || !policy.known_time => Some(block.timestamp),
        // No model speaks about several blocks.
        Facts::Block(_) | Facts::Blocks(_) | Facts::Values(_) | Facts::Sequence(_) | Facts::Decision(_) => {
            policy.time
        }
    };
    let models = &bundle.unverified_instance().models;
    registry::hints(&policy.models, bundle.statement().models(), models, time)
}

/// The key to check the proof with, and whether the bundle is made for it.
fn check_key<'a>(
    bundle: &Bundle,
    policy: &'a Policy,
    trusted: Option<&'a KzgSetup>,
    keys: &'a impl Keys,
) -> Result<&'a VerifierKey, Error> {
    let (statement, scheme) = (bundle.statement(), bundle.scheme());
    let key = match trusted {
        None => {
            // Nothing takes the place of a pinned key.
            let mut trusted = policy.keys.iter().filter(|key| key.statement() == statement);
            // Of several that the policy trusts, the one the bundle was made for.
            let first = trusted.clone().next();
            let trusted = trusted.find(|key| key.digest() == bundle.key_digest()).or(first);
            match (keys.key(statement), trusted) {
                (Err(Error::NoKey { .. }), Some(trusted)) => trusted,
                (pinned, _) => pinned?,
            }
        }
        Some(trusted) => trusted
            .key(statement, scheme)
            .ok_or_else(|| Error::NoKey { statement: statement.clone(), scheme })?,
    };
    let (expected, found) = (key.digest(), bundle.key_digest());
    if expected != found {
        return Err(Error::KeyDigest { expected, found });
    }
    let (expected, found) = (key.proof_length(), bundle.proof().len());
    if expected != found {
        return Err(Error::ProofLength { expected, found });
    }
    Ok(key)
}
