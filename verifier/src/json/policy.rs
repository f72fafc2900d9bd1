//! Policy files: what `foldproof verify --policy` asks of a proof. The README lists their members.

use std::collections::BTreeMap;
use std::path::PathBuf;

use foldproof_circuits::statement::{NAMES, Statement};
use serde::Deserialize;

use super::{InputError, shorten, typed};
use crate::context::Context;
use crate::policy::Policy;
use crate::scalar::from_hex;
use crate::scheme::Scheme;

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
const ADVICE: &str = "the README lists the members of a policy";

/// A policy file. Every member is optional; unknown ones are errors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyFile {
    /// Names of accepted statements (all).
    pub statements: Option<Vec<String>>,
    /// Names of accepted schemes (all).
    pub schemes: Option<Vec<String>>,
    /// Accepted codebook roots, 0x hex (the codebook given, or the shipped one).
    pub codebook_roots: Option<Vec<String>>,
    /// Commitments to accepted configurations of analytics that have no name, 0x hex (none).
    pub zone_configs: Option<Vec<String>>,
    /// Commitments that a decision must be made from, 0x hex, by their names (any).
    pub evidence: BTreeMap<String, String>,
    /// Whether all six vectors must lie within the codebook's bound (no).
    pub require_within_bound: bool,
    /// SHA-256 identities of trusted setups, hex (the setup given).
    pub setups: Option<Vec<String>>,
    /// Whether setups made for tests are taken (no).
    pub allow_insecure_setup: bool,
    /// Expected height, of a proof about one block.
    pub height: Option<u64>,
    /// Expected hash of the block, 0x hex, of a proof about one block.
    pub block_hash: Option<String>,
    /// Expected hashes of the blocks, 0x hex, of a proof about as many in this order; not beside `block_hash`.
    pub block_hashes: Option<Vec<String>>,
    /// Expected context, 0x hex.
    pub context: Option<String>,
    /// Whether proofs about no block are taken (no).
    pub values: bool,
    /// Whether the timestamp of a block that the verifier does not have is too little to tell which models are valid (no).
    pub require_known_time: bool,
    /// Whether blocks that a sequence is held against may have gaps between their heights (no).
    pub allow_gaps: bool,
    /// Registry of models, a path from the folder of this file (none: proofs with models are not taken).
    pub registry: Option<PathBuf>,
}

impl PolicyFile {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Whatever is no policy, with the path of the member.
    pub fn parse(bytes: &[u8]) -> Result<Self, InputError> {
        typed(bytes, MAX_BYTES, "a policy", ADVICE)
    }

    /// The policy, for the codebooks of the file, or if it names none, those of `otherwise`: roots, or
    /// [`Policy::any_codebook`]. The registry is for the caller to add, and so are setups, of which only those count that the
    /// file names, if it names any.
    ///
    /// # Errors
    /// Roots, statements, schemes and setups that are none.
    pub fn policy(&self, otherwise: Policy) -> Result<Policy, InputError> {
        let mut policy = match &self.codebook_roots {
            Some(named) => Policy::codebooks(each("codebook_roots", "0x and 64 digits", named, from_hex)?),
            None => otherwise,
        };
        if let Some(named) = &self.zone_configs {
            policy = policy.zone_configs(each("zone_configs", "0x and 64 digits", named, from_hex)?);
        }
        for (name, text) in &self.evidence {
            let commitment = one(&format!("evidence.{name}"), "0x and 64 digits", text, from_hex)?;
            policy = policy.expect_evidence(name, commitment);
        }
        if let Some(ids) = self.setups()? {
            policy = policy.setups(ids);
        }
        if let Some(names) = &self.statements {
            policy = policy.statements(each(
                "statements",
                &format!("the name of a statement, {NAMES}"),
                names,
                Statement::from_name,
            )?);
        }
        if let Some(names) = &self.schemes {
            policy = policy.schemes(each("schemes", "transparent, kzg or evm", names, Scheme::from_name)?);
        }
        if self.require_within_bound {
            policy = policy.require_within_bound();
        }
        if self.allow_insecure_setup {
            policy = policy.allow_insecure_setup();
        }
        if let Some(height) = self.height {
            policy = policy.expect_height(height);
        }
        if let Some(text) = &self.block_hash {
            policy = policy.expect_block_hash(one("block_hash", "0x and 64 digits", text, identity)?);
        }
        if let Some(texts) = &self.block_hashes {
            policy = policy.expect_block_hashes(each("block_hashes", "0x and 64 digits", texts, identity)?);
        }
        if let Some(text) = &self.context {
            policy = policy.expect_context(one("context", Context::EXPECTED, text, Context::from_hex)?);
        }
        if self.values {
            policy = policy.and_values();
        }
        if self.require_known_time {
            policy = policy.require_known_time();
        }
        Ok(policy)
    }

    /// Identities of the setups it trusts; without them, whichever the caller gives.
    ///
    /// # Errors
    /// What is no identity.
    pub fn setups(&self) -> Result<Option<Vec<[u8; 32]>>, InputError> {
        let named = self.setups.as_ref();
        named.map(|named| each("setups", "64 hexadecimal digits", named, identity)).transpose()
    }
}

fn identity(text: &str) -> Option<[u8; 32]> {
    let mut id = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut id).ok()?;
    Some(id)
}

fn one<T>(
    member: &str,
    expected: &str,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, InputError> {
    read(text).ok_or_else(|| InputError::new(member, expected, format!("{:?}", shorten(text)), ADVICE))
}

fn each<T>(
    member: &str,
    expected: &str,
    texts: &[String],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, InputError> {
    let texts = texts.iter().enumerate();
    texts.map(|(index, text)| one(&format!("{member}[{index}]"), expected, text, &read)).collect()
}
