//! Keys that are kept: files named by what the key is made from.

use std::path::PathBuf;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use foldproof_params::Digest;
use foldproof_verifier::Scheme;
use halo2_proofs::SerdeFormat;
use halo2_proofs::plonk::ProvingKey;
use halo2curves::bn256::G1Affine;

use super::{Event, KeyStore};

/// Version of the cached files of keys: another one whenever halo2, or how it makes or writes keys, changes, of which the digest
/// says nothing.
const CACHE_VERSION: u32 = 4;
/// Bytes of the digest that a cached key ends with.
const ORIGIN: usize = 32;

/// The folder that keys are kept in where none is given: that of the environment (`FOLDPROOF_CACHE`), or the user's. None is known
/// without a home.
pub fn default_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let user = || {
        variable("XDG_CACHE_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".cache")))
            .or_else(|| variable("LOCALAPPDATA"))
            .map(|folder| folder.join("foldproof"))
    };
    variable("FOLDPROOF_CACHE").or_else(user)
}

impl KeyStore<'_> {
    /// Digest of all that a key is made from: the circuit as halo2 sees it, the statement, scheme and setup, and the format.
    fn origin(&mut self, statement: &Statement) -> Digest {
        if let Some(origin) = self.origins.get(statement) {
            return *origin;
        }
        let setup = self.setup.as_ref().map_or([0; 32], |setup| setup.id().digest.0);
        let parts: [&[u8]; 5] = [
            &CACHE_VERSION.to_le_bytes(),
            &[self.proving_scheme().number()],
            &setup,
            &Layout::blank(statement).digest(),
            &statement.to_bytes(),
        ];
        let origin = Digest::of(&parts.concat());
        self.origins.insert(statement.clone(), origin);
        origin
    }

    fn key_file(&mut self, statement: &Statement, kind: &str) -> PathBuf {
        let origin = self.origin(statement).to_string();
        let subject = statement.name().split('+').next().unwrap_or_default().to_owned();
        let scheme = if kind == "pk" { self.proving_scheme() } else { self.scheme() };
        self.cache.join(format!("{subject}.{scheme}.{origin:.16}.{kind}"))
    }

    /// The scheme by which proving keys are named: evm has those of kzg.
    fn proving_scheme(&self) -> Scheme {
        if self.setup.is_some() { Scheme::Kzg } else { Scheme::Transparent }
    }

    pub(super) fn load(&mut self, statement: &Statement) -> Option<ProvingKey<G1Affine>> {
        let body = self.read(statement, "pk")?;
        self.say("reading the proving key");
        // The digests show that these are the bytes this program wrote, for this circuit.
        let read =
            ProvingKey::read::<_, Layout>(&mut &body[..], SerdeFormat::RawBytesUnchecked, statement.clone());
        read.inspect_err(|error| {
            let file = self.key_file(statement, "pk");
            (self.report)(Event::Warning(format!("{}: {error}; made again", file.display())));
        })
        .ok()
    }

    /// A key of the cache, if it is there, whole, and of this circuit.
    pub(super) fn read(&mut self, statement: &Statement, kind: &str) -> Option<Vec<u8>> {
        let file = self.key_file(statement, kind);
        let read = foldproof_params::read_sealed(&file);
        let mut body =
            read.inspect_err(|warning| (self.report)(Event::Warning(warning.to_string()))).ok()??;
        let origin = body.split_off(body.len().saturating_sub(ORIGIN));
        if origin == self.origin(statement).0 {
            return Some(body);
        }
        let warning = format!("{}: the key of another circuit; made again", file.display());
        (self.report)(Event::Warning(warning));
        None
    }

    pub(super) fn write(&mut self, statement: &Statement, kind: &str, key: &[u8]) {
        let file = self.key_file(statement, kind);
        let body = [key, &self.origin(statement).0].concat();
        if let Err(warning) = foldproof_params::write_sealed(&file, &body) {
            (self.report)(Event::Warning(warning.to_string()));
        }
    }
}
