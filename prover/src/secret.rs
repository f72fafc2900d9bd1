//! The secret that salts come from, and its file.

use std::fmt;

use ff::{Field, PrimeField};
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::stages::commit::{Salts, decision_salt, output_salt};
use foldproof_verifier::scalar::{from_hex, to_hex};
use halo2curves::bn256::Fr;
use rand::rngs::OsRng;

use crate::input::InputError;

/// Largest file of a secret, in bytes.
pub const MAX_BYTES: usize = 1 << 10;

/// What `--hide` draws and keeps beside the bundle. Whoever has it can open the commitments; it never prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(Fr);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl Secret {
    /// A new one, from the system's generator.
    pub fn random() -> Self {
        Self(Fr::random(OsRng))
    }

    /// Reads the file of a secret: 64 hexadecimal digits, `0x` before them, white space around them.
    ///
    /// # Errors
    /// If it is anything else. The message tells nothing of what was found.
    pub fn parse(bytes: &[u8]) -> Result<Self, InputError> {
        let secret = std::str::from_utf8(bytes).ok().filter(|_| bytes.len() <= MAX_BYTES);
        secret.and_then(|text| from_hex(text.trim())).map(Self).ok_or_else(|| {
            InputError::new(
                "the file",
                format!("0x and 64 hexadecimal digits below the modulus {}", Fr::MODULUS),
                format!("{} bytes of another kind", bytes.len()),
                "use the file that --hide wrote beside the bundle",
            )
        })
    }

    /// The file.
    pub fn to_text(self) -> String {
        format!("0x{}\n", to_hex(&self.0))
    }

    /// Salt of a commitment to a fingerprint or vector.
    pub fn salt(self) -> Fr {
        self.0
    }

    /// Salts of the commitments to outputs of models, as many as each has.
    pub fn output_salts(secret: Option<Self>, models: &[QuantisedModel]) -> Vec<Vec<Fr>> {
        let salt = |index| secret.map_or(Fr::zero(), |secret| output_salt(secret.0, index));
        let mut next = 0;
        let mut of = |model: &QuantisedModel| {
            let first = next;
            next += model.commitments();
            (first..next).map(salt).collect()
        };
        models.iter().map(&mut of).collect()
    }

    /// Salts of the commitments of a decision.
    pub fn decision_salts(self, count: usize) -> Vec<Fr> {
        (0..count).map(|place| decision_salt(self.0, place)).collect()
    }

    /// Salts of the commitments of a proof about a block.
    pub fn salts(self) -> Salts {
        Salts::from_secret(self.0)
    }

    /// Salts of the commitments of each of several blocks of a proof.
    pub fn salts_of_blocks(self, count: usize) -> Vec<Salts> {
        (0..count).map(|place| Salts::of_place(self.0, place)).collect()
    }
}
