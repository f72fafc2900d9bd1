//! The policy of `foldproof verify`: from options and, if given, a JSON file.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foldproof_circuits::statement::Statement;
use foldproof_verifier::scalar::from_hex;
use foldproof_verifier::{Policy, Scheme};
use halo2curves::bn256::Fr;
use serde::Deserialize;

use super::{registry, shared};

/// A policy file. Every member is optional; unknown ones are errors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Names of accepted statements (all).
    pub statements: Option<Vec<String>>,
    /// Names of accepted schemes (all).
    pub schemes: Option<Vec<String>>,
    /// Accepted codebook roots, 0x hex (the codebook given, or the shipped one).
    pub codebook_roots: Option<Vec<String>>,
    /// Whether all six vectors must lie within the codebook's bound (no).
    pub require_within_bound: bool,
    /// SHA-256 identities of trusted setups, hex (the setup given).
    pub setups: Option<Vec<String>>,
    /// Whether setups made for tests are taken (no).
    pub allow_insecure_setup: bool,
    /// Expected height.
    pub height: Option<u64>,
    /// Registry of models, a path from the folder of this file (none: proofs with models are not taken).
    pub registry: Option<PathBuf>,
}

impl File {
    /// Reads a policy file.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let mut policy: Self = serde_json::from_slice(&shared::read(file)?)
            .with_context(|| format!("{}: not a policy", file.display()))?;
        if let (Some(registry), Some(folder)) = (&mut policy.registry, file.parent()) {
            *registry = folder.join(&registry);
        }
        Ok(policy)
    }

    /// The policy, for `roots` unless the file names others; without either, for any codebook.
    pub fn policy(&self, roots: Option<Vec<Fr>>) -> anyhow::Result<Policy> {
        let named = self.codebook_roots.as_ref().map(|roots| {
            let root = |text: &String| {
                from_hex(text).with_context(|| {
                    format!("codebook_roots: 0x and 64 digits were expected, found {text:?}")
                })
            };
            roots.iter().map(root).collect::<anyhow::Result<Vec<_>>>()
        });
        let roots = match named {
            Some(named) => Some(named?),
            None => roots,
        };
        let mut policy = roots.map_or_else(Policy::any_codebook, Policy::codebooks);
        if let Some(names) = &self.statements {
            let statement = |name: &String| {
                Statement::from_name(name).with_context(|| format!("statements: {name:?} is not a statement"))
            };
            policy = policy.statements(names.iter().map(statement).collect::<anyhow::Result<Vec<_>>>()?);
        }
        if let Some(names) = &self.schemes {
            let scheme = |name: &String| {
                Scheme::from_name(name).with_context(|| format!("schemes: {name:?} is not a scheme"))
            };
            policy = policy.schemes(names.iter().map(scheme).collect::<anyhow::Result<Vec<_>>>()?);
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
        if let Some(file) = &self.registry {
            policy = policy.models(registry::read(file)?);
        }
        Ok(policy)
    }

    /// Whether the file trusts the setup of that identity: if it names none, the caller's is trusted.
    pub fn check_setup(&self, id: [u8; 32]) -> anyhow::Result<()> {
        let Some(trusted) = &self.setups else { return Ok(()) };
        let found = hex::encode(id);
        if trusted.iter().any(|setup| setup.trim_start_matches("0x").eq_ignore_ascii_case(&found)) {
            return Ok(());
        }
        bail!("setups: the policy trusts {trusted:?}, the setup given is {found}")
    }
}
