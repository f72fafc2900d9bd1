//! From bundle and policy to verified claims.

use foldproof_circuits::block::Header;
use foldproof_circuits::public::CORE_ROWS;
use foldproof_circuits::stages::commit;
use foldproof_circuits::statement::Statement;
use foldproof_params::transparent;
use halo2curves::bn256::Fr;

use crate::backend::{self, Claim, KzgParams, TransparentParams};
use crate::bundle::Bundle;
use crate::core::Pinned;
use crate::error::Error;
use crate::key::VerifierKey;
use crate::policy::{Codebooks, ExpectedBlock, KzgSetup, Policy};
use crate::verified::{Claims, Verified};

/// Where the keys of the transparent scheme come from.
pub trait Keys {
    /// The key of a statement.
    fn key(&self, statement: Statement) -> Result<&VerifierKey, Error>;
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
    Ok(candidate.verified())
}

/// A bundle that meets the policy, its proof unchecked.
pub struct Candidate<'a> {
    bundle: &'a Bundle,
    setup: Option<&'a KzgSetup>,
    key: &'a VerifierKey,
    rows: Vec<Fr>,
    block_matched: bool,
    claims: Claims,
}

impl<'a> Candidate<'a> {
    /// Checks everything but the proof.
    pub fn new(bundle: &'a Bundle, policy: &'a Policy, keys: &'a impl Keys) -> Result<Self, Error> {
        let setup = check_origin(bundle, policy)?;
        let claims = check_claims(bundle, policy)?;
        let key = check_key(bundle, setup, keys)?;
        if let Some(expected) = &policy.block {
            check_block(bundle.statement(), &claims, expected)?;
        }
        let rows = bundle.unverified_instance().rows().into_iter().copied().collect();
        Ok(Self { bundle, setup, key, rows, block_matched: policy.block.is_some(), claims })
    }

    /// Checks the proof.
    pub fn check_proof(&self) -> Result<(), Error> {
        match self.setup {
            None => backend::transparent(transparent_params(self.k())?, self.claim()),
            Some(trusted) => backend::kzg(&kzg_params(trusted, self.k())?, self.claim()),
        }
    }

    /// What halo2 is asked.
    pub fn claim(&self) -> Claim<'_> {
        Claim { key: self.key, rows: &self.rows, proof: self.bundle.proof() }
    }

    /// log₂ of the rows of its circuit.
    pub fn k(&self) -> u32 {
        self.key.k()
    }

    /// The setup it is checked under, if any.
    pub fn setup(&self) -> Option<&'a KzgSetup> {
        self.setup
    }

    /// The claims, once the proof holds.
    pub fn verified(self) -> Verified {
        Verified {
            statement: self.bundle.statement(),
            scheme: self.bundle.scheme(),
            insecure_setup: self.bundle.setup().is_some_and(|setup| setup.insecure),
            block_matched: self.block_matched,
            claims: self.claims,
        }
    }
}

/// Parameters of the transparent scheme, derived once in a process.
pub fn transparent_params(k: u32) -> Result<&'static TransparentParams, Error> {
    transparent::verifier_params(k, CORE_ROWS).map_err(|error| Error::Params(error.to_string()))
}

/// Parameters under a trusted setup.
pub fn kzg_params(trusted: &KzgSetup, k: u32) -> Result<KzgParams, Error> {
    trusted.verifier.verifier_params(k).map_err(|error| Error::Params(error.to_string()))
}

/// Statement, scheme and setup. Gives the setup the policy trusts, for kzg.
fn check_origin<'a>(bundle: &Bundle, policy: &'a Policy) -> Result<Option<&'a KzgSetup>, Error> {
    let found = bundle.statement();
    if !policy.statements.contains(&found) {
        return Err(Error::StatementNotAccepted { accepted: policy.statements.clone(), found });
    }
    let found = bundle.scheme();
    if !policy.schemes.contains(&found) {
        return Err(Error::SchemeNotAccepted { accepted: policy.schemes.clone(), found });
    }
    let Some(claim) = bundle.setup() else {
        return Ok(None);
    };
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

/// Public inputs, as far as that is cheap.
fn check_claims(bundle: &Bundle, policy: &Policy) -> Result<Claims, Error> {
    let instance = bundle.unverified_instance();
    let expected = bundle.statement().number();
    if instance.statement != Fr::from(u64::from(expected)) {
        return Err(Error::StatementRow { expected, found: instance.statement });
    }
    let claims = Claims::new(instance)?;
    match &policy.codebooks {
        Codebooks::Any => {}
        Codebooks::Roots(roots) if roots.contains(&instance.codebook_root) => {}
        Codebooks::Roots(roots) => {
            let (accepted, found) = (roots.clone(), instance.codebook_root);
            return Err(Error::CodebookRoot { accepted, found });
        }
    }
    if policy.require_within_bound && claims.within_bound.contains(&false) {
        return Err(Error::OutsideBound { within: claims.within_bound });
    }
    if let Some(expected) = policy.height.filter(|expected| *expected != claims.height) {
        return Err(Error::Height { expected, found: claims.height });
    }
    if let Some(expected) = &policy.block {
        check_header(&claims, &expected.block.header)?;
    }
    Ok(claims)
}

fn check_header(claims: &Claims, header: &Header) -> Result<(), Error> {
    let Header { height, timestamp, prev_state_root, new_state_root, tx_root } = header;
    let [prev, new, tx] = &claims.roots;
    let fields = [
        ("height", height.to_string(), claims.height.to_string()),
        ("timestamp", timestamp.to_string(), claims.timestamp.to_string()),
        ("previous state root", hex::encode(prev_state_root), hex::encode(prev)),
        ("new state root", hex::encode(new_state_root), hex::encode(new)),
        ("transactions root", hex::encode(tx_root), hex::encode(tx)),
    ];
    match fields.into_iter().find(|(_, expected, found)| expected != found) {
        Some((field, expected, found)) => Err(Error::BlockHeader { field, expected, found }),
        None => Ok(()),
    }
}

/// The key to check the proof with, and whether the bundle is made for it.
fn check_key<'a>(
    bundle: &Bundle,
    trusted: Option<&'a KzgSetup>,
    keys: &'a impl Keys,
) -> Result<&'a VerifierKey, Error> {
    let (statement, scheme) = (bundle.statement(), bundle.scheme());
    let key = match trusted {
        None => keys.key(statement)?,
        Some(trusted) => trusted.key(statement).ok_or(Error::NoKey { statement, scheme })?,
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

/// Whether the block commitment is that of the expected block, which takes some milliseconds of hashing.
fn check_block(statement: Statement, claims: &Claims, expected: &ExpectedBlock) -> Result<(), Error> {
    let ExpectedBlock { block, salt } = expected;
    let found = claims.instance.block_commitment;
    statement.size.check(block).map_err(Error::BlockSize)?;
    let expected = commit::block(statement.size, block, *salt).map_err(Error::BlockSize)?;
    if expected == found { Ok(()) } else { Err(Error::BlockCommitment { expected, found }) }
}
