//! From bundle and policy to verified claims.

use std::collections::BTreeMap;

use foldproof_circuits::block::{Block, Header};
use foldproof_circuits::findings::Findings;
use foldproof_circuits::model::INPUT_BITS;
use foldproof_circuits::public::{AnalyticsInputs, BlockInputs, SubjectInputs};
use foldproof_circuits::stages::commit;
use foldproof_circuits::statement::{Core, Statement, Subject};
use foldproof_params::transparent;
use halo2curves::bn256::Fr;

use crate::backend::{self, Claim, KzgParams, TransparentParams};
use crate::bundle::Bundle;
use crate::context::Context;
use crate::core::Pinned;
use crate::error::Error;
use crate::header::BlockHeader;
use crate::key::VerifierKey;
use crate::policy::{Codebooks, Expected, KzgSetup, Policy};
use crate::registry;
use crate::verified::{BlockFacts, Facts, Hint, SequenceFacts, ValuesFacts, Verified};

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
            check_subject(bundle.statement(), &mut facts, expected)?;
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

/// Public inputs about the subject, as far as that is cheap.
fn check_facts(bundle: &Bundle, policy: &Policy) -> Result<Facts, Error> {
    let instance = bundle.unverified_instance();
    let expected = bundle.statement().element();
    if instance.statement != expected {
        return Err(Error::StatementRow { expected, found: instance.statement });
    }
    let blocks = match &instance.subject {
        SubjectInputs::Values(commitment) => {
            check_no_block(bundle, policy)?;
            return Ok(Facts::Values(ValuesFacts { commitment: *commitment, matched: false }));
        }
        SubjectInputs::Sequence(commitments) => {
            check_no_block(bundle, policy)?;
            return Ok(Facts::Sequence(SequenceFacts { commitments: commitments.clone(), matched: false }));
        }
        SubjectInputs::Block(inputs) => {
            let mut facts = check_block(inputs, policy)?;
            facts.findings = check_analytics(instance.analytics.as_ref(), policy)?;
            check_block_hash(bundle, policy, &mut facts)?;
            check_expected(bundle, std::slice::from_ref(&facts), policy)?;
            return Ok(Facts::Block(facts));
        }
        SubjectInputs::Blocks(blocks) => blocks,
    };
    // A bundle carries one header at most, and none of a block among several.
    if let Some(expected) = policy.block_hash {
        return Err(Error::HeaderMissing { expected });
    }
    let mut facts = Vec::with_capacity(blocks.len());
    let mut seen = BTreeMap::new();
    for (place, inputs) in blocks.iter().enumerate() {
        facts.push(check_block(inputs, policy).map_err(in_block(place))?);
        if let Some(first) = seen.insert(inputs.block_commitment, place) {
            return Err(Error::BlockRepeated { first, second: place });
        }
    }
    check_expected(bundle, &facts, policy)?;
    Ok(Facts::Blocks(facts))
}

/// Says of several blocks which one is at fault.
fn in_block(place: usize) -> impl FnOnce(Error) -> Error {
    move |error| Error::InBlock { place, error: Box::new(error) }
}

/// What every block has to meet.
fn check_block(inputs: &BlockInputs<Fr>, policy: &Policy) -> Result<BlockFacts, Error> {
    let facts = BlockFacts::new(inputs)?;
    match &policy.codebooks {
        Codebooks::Any => {}
        Codebooks::Roots(roots) if roots.contains(&inputs.codebook_root) => {}
        Codebooks::Roots(roots) => {
            let (accepted, found) = (roots.clone(), inputs.codebook_root);
            return Err(Error::CodebookRoot { accepted, found });
        }
    }
    if policy.require_within_bound && facts.within_bound.contains(&false) {
        return Err(Error::OutsideBound { within: facts.within_bound });
    }
    Ok(facts)
}

/// What analytics found, under a configuration that the policy takes.
fn check_analytics(inputs: Option<&AnalyticsInputs<Fr>>, policy: &Policy) -> Result<Option<Findings>, Error> {
    let Some(inputs) = inputs else { return Ok(None) };
    let findings = Findings::from_inputs(inputs).ok_or(Error::Findings)?;
    match findings.configuration {
        Some(found) if !policy.zone_configs.contains(&found) => {
            Err(Error::ZoneConfig { accepted: policy.zone_configs.clone(), found })
        }
        Some(_) | None => Ok(Some(findings)),
    }
}

/// Whether these are the blocks that are expected, by what is cheap: all of them, in order, and no others.
fn check_expected(bundle: &Bundle, facts: &[BlockFacts], policy: &Policy) -> Result<(), Error> {
    let one = facts.len() == 1;
    let at = |place| move |error| if one { error } else { in_block(place)(error) };
    if let Some(heights) = &policy.heights {
        check_count(heights.len(), facts.len())?;
        for (place, (facts, expected)) in facts.iter().zip(heights).enumerate() {
            if *expected != facts.height {
                return Err(at(place)(Error::Height { expected: *expected, found: facts.height }));
            }
        }
    }
    match &policy.expected {
        Some(Expected::Blocks(blocks)) => {
            check_count(blocks.len(), facts.len())?;
            for (place, (facts, (block, _))) in facts.iter().zip(blocks).enumerate() {
                check_header(facts, &block.header).map_err(at(place))?;
            }
            Ok(())
        }
        Some(Expected::Values(..) | Expected::Commitment(_) | Expected::Commitments(_)) => {
            Err(Error::Subject { expected: "values", found: bundle.statement().clone() })
        }
        None => Ok(()),
    }
}

fn check_count(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::BlockCount { expected, found }) }
}

/// Whether the policy takes a proof about no block.
fn check_no_block(bundle: &Bundle, policy: &Policy) -> Result<(), Error> {
    // Whoever asks for anything of a block wants one.
    let block = matches!(policy.expected, Some(Expected::Blocks(..)));
    let block = block || policy.heights.is_some() || policy.block_hash.is_some();
    if block || !policy.values || policy.require_within_bound {
        return Err(Error::Subject { expected: "a block", found: bundle.statement().clone() });
    }
    Ok(())
}

/// Whether the proof is for what the policy expects.
fn check_context(found: Option<Context>, expected: Option<Context>) -> Result<(), Error> {
    match expected {
        Some(expected) if found != Some(expected) => Err(Error::Context { expected, found }),
        Some(_) | None => Ok(()),
    }
}

/// Holds the public inputs against the header, if there is one, and its hash against the one the policy expects.
fn check_block_hash(bundle: &Bundle, policy: &Policy, facts: &mut BlockFacts) -> Result<(), Error> {
    let header = bundle.unverified_header();
    if let Some(header) = header {
        header.check(facts)?;
    }
    facts.block_hash = header.map(BlockHeader::hash);
    let Some(expected) = policy.block_hash else { return Ok(()) };
    match facts.block_hash {
        None => Err(Error::HeaderMissing { expected }),
        Some(found) if found != expected => Err(Error::BlockHash { expected, found }),
        Some(_) => {
            facts.hash_matched = true;
            Ok(())
        }
    }
}

/// What the models say, if the policy knows them all. They are valid at the time of the block, or of the policy where there is
/// no block, or one whose timestamp is only its prover's word and the policy wants more. It is not if the policy names the block's
/// hash. That an expected block is the one in the proof, timestamp included, is checked beside this.
fn check_models(bundle: &Bundle, policy: &Policy, facts: &Facts) -> Result<Vec<Hint>, Error> {
    let expected = policy.block_hash.is_some() || matches!(policy.expected, Some(Expected::Blocks(..)));
    let time = match facts {
        Facts::Block(block) if expected || !policy.known_time => Some(block.timestamp),
        // No model speaks about several blocks.
        Facts::Block(_) | Facts::Blocks(_) | Facts::Values(_) | Facts::Sequence(_) => policy.time,
    };
    let models = &bundle.unverified_instance().models;
    registry::hints(&policy.models, bundle.statement().models(), models, time)
}

fn check_header(facts: &BlockFacts, header: &Header) -> Result<(), Error> {
    let Header { height, timestamp, prev_state_root, new_state_root, tx_root } = header;
    let [prev, new, tx] = &facts.roots;
    let fields = [
        ("height", height.to_string(), facts.height.to_string()),
        ("timestamp", timestamp.to_string(), facts.timestamp.to_string()),
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

/// Whether the commitments are those of what is expected, which takes some milliseconds of hashing for a block.
fn check_subject(statement: &Statement, facts: &mut Facts, expected: &Expected) -> Result<(), Error> {
    match (facts, expected, statement.subject()) {
        (Facts::Block(facts), Expected::Blocks(blocks), Subject::Block(core)) => {
            // As many as there are, as has been checked.
            blocks.iter().try_for_each(|(block, salt)| check_commitment_to(facts, core, block, *salt))?;
        }
        (Facts::Blocks(facts), Expected::Blocks(blocks), Subject::Blocks { core, .. }) => {
            for (place, (facts, (block, salt))) in facts.iter_mut().zip(blocks).enumerate() {
                check_commitment_to(facts, core, block, *salt).map_err(in_block(place))?;
            }
        }
        (Facts::Values(facts), Expected::Values(values, salt), subject) => {
            let expected = values_commitment(subject, values, *salt)?;
            check_commitment(facts, expected)?;
        }
        (Facts::Values(facts), Expected::Commitment(expected), _) => check_commitment(facts, *expected)?,
        (Facts::Sequence(facts), Expected::Commitments(expected), _) => {
            if *expected != facts.commitments {
                let (expected, found) = (expected.clone(), facts.commitments.clone());
                return Err(Error::SequenceCommitments { expected, found });
            }
            facts.matched = true;
        }
        (_, Expected::Blocks(..), _) => {
            return Err(Error::Subject { expected: "a block", found: statement.clone() });
        }
        (_, Expected::Values(..) | Expected::Commitment(_), _) => {
            return Err(Error::Subject { expected: "values", found: statement.clone() });
        }
        (_, Expected::Commitments(_), _) => {
            return Err(Error::Subject { expected: "a sequence of fingerprints", found: statement.clone() });
        }
    }
    Ok(())
}

fn check_commitment_to(facts: &mut BlockFacts, core: Core, block: &Block, salt: Fr) -> Result<(), Error> {
    let found = facts.inputs.block_commitment;
    core.size.check(block).map_err(Error::BlockSize)?;
    let expected = commit::block(core.size, block, salt).map_err(Error::BlockSize)?;
    if expected != found {
        return Err(Error::BlockCommitment { expected, found });
    }
    facts.matched = true;
    Ok(())
}

fn check_commitment(facts: &mut ValuesFacts, expected: Fr) -> Result<(), Error> {
    let found = facts.commitment;
    if expected != found {
        return Err(Error::ValuesCommitment { expected, found });
    }
    facts.matched = true;
    Ok(())
}

/// The commitment to values, of which there are as many as the subject has and each in its range: no others have it.
fn values_commitment(subject: Subject, values: &[i64], salt: Fr) -> Result<Fr, Error> {
    let (positions, channels) = subject.dimensions();
    let length = positions.saturating_mul(channels);
    // Of a sequence, each fingerprint has a commitment of its own.
    if values.len() != length || subject.commitments() != 1 {
        return Err(Error::ValuesLength { expected: values.len(), found: length });
    }
    let half = 1_i64 << INPUT_BITS.saturating_sub(1);
    let range = half.saturating_neg()..half;
    if let Some((index, found)) = values.iter().enumerate().find(|(_, value)| !range.contains(value)) {
        return Err(Error::ValueRange { index, bits: INPUT_BITS, found: *found });
    }
    Ok(match subject {
        Subject::Vector(_) => commit::vector(values, salt),
        Subject::Matrix { positions, .. } => commit::matrix(values, positions, salt),
        Subject::Fingerprint | Subject::Block(_) | Subject::Blocks { .. } | Subject::Sequence { .. } => {
            commit::fingerprint(values, salt)
        }
    })
}
