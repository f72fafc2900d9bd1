//! Keys and parameters: made once per statement, size and scheme, cached, and never believed without their digest.
//!
//! A cached key belongs to a circuit: its file is named by the digest of all that the key is made from, and ends with it. A
//! build with another circuit, be it a copy constraint more, neither finds nor believes it.

mod cache;
mod error;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use foldproof_params::keys::PinnedKey;
use foldproof_params::kzg::Setup;
use foldproof_params::tuned::Tuned;
use foldproof_params::{Digest, Progress, transparent};
use foldproof_verifier::{KzgSetup, Scheme, SchemeClaim, SetupClaim, VerifierKey, pinned_key};
use halo2_proofs::SerdeFormat;
use halo2_proofs::plonk::{ProvingKey, VerifyingKey, keygen_pk, keygen_vk_custom};
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G1Affine};
use tempfile::TempDir;

pub use cache::default_folder;
pub use error::KeyError;

use crate::cancel::Cancel;

/// Keys for circuits up to this size are made without being asked: those of every block size but the largest, with its usual models,
/// in less than a minute.
pub const MAX_K: u32 = 16;
/// What the prover commits with.
#[derive(Debug)]
pub enum Parameters {
    /// Both bases of the inner-product argument.
    Transparent(Tuned<ParamsIPA<G1Affine>>),
    /// Powers of a setup's secret.
    Kzg(Tuned<ParamsKZG<Bn256>>),
}

impl Parameters {
    /// Makes what commitments are computed from.
    pub(crate) fn prepare(&self) {
        match self {
            Self::Transparent(params) => params.prepare(),
            Self::Kzg(params) => params.prepare(),
        }
    }
}

/// Everything needed to prove one statement.
#[derive(Debug)]
pub struct Keys {
    /// The statement.
    pub statement: Statement,
    /// Parameters of its size.
    pub parameters: Parameters,
    /// Proving key.
    pub proving: ProvingKey<G1Affine>,
    /// Verifying key, as verifiers hold it.
    pub verifying: VerifierKey,
    /// The verifying key's bytes.
    pub verifying_bytes: Vec<u8>,
}

/// Makes and keeps keys of one scheme.
pub struct KeyStore<'p> {
    cache: PathBuf,
    setup: Option<Setup>,
    /// Whether proofs under the setup are for contracts.
    evm: bool,
    keys: HashMap<Statement, Arc<Keys>>,
    verifying: HashMap<Statement, VerifierKey>,
    origins: HashMap<Statement, Digest>,
    /// Bytes of keys that were made for verifying: they are not kept before somebody says so.
    unkept: HashMap<Statement, Vec<u8>>,
    /// Where the parameters for them are made.
    scratch: Option<TempDir>,
    max_k: u32,
    cancel: Cancel,
    report: Box<dyn FnMut(Event) + 'p>,
}

/// What a key store tells its user.
#[derive(Clone, Debug)]
pub enum Event {
    /// Work goes on.
    Progress(Progress),
    /// A cache file was of no use.
    Warning(String),
    /// The keys are there: no more is heard of them.
    Done,
}

impl<'p> KeyStore<'p> {
    /// With a setup the scheme is kzg, without it is transparent; [`evm`](Self::evm) makes the third. `report` hears of progress and warnings.
    pub fn new(cache: impl Into<PathBuf>, setup: Option<Setup>, report: impl FnMut(Event) + 'p) -> Self {
        Self {
            cache: cache.into(),
            setup,
            evm: false,
            keys: HashMap::new(),
            verifying: HashMap::new(),
            origins: HashMap::new(),
            unkept: HashMap::new(),
            scratch: None,
            max_k: MAX_K,
            cancel: Cancel::new(),
            report: Box::new(report),
        }
    }

    /// Of the evm scheme: its circuits, setup and proving keys are those of kzg.
    pub fn evm(cache: impl Into<PathBuf>, setup: Setup, report: impl FnMut(Event) + 'p) -> Self {
        Self { evm: true, ..Self::new(cache, Some(setup), report) }
    }

    /// With another limit than [`MAX_K`] on the circuits that [`verifying_key`](Self::verifying_key) makes keys for.
    #[must_use]
    pub fn unasked_up_to(self, max_k: u32) -> Self {
        Self { max_k, ..self }
    }

    /// Stops, as do provers of it, when somebody asks for it.
    #[must_use]
    pub fn cancelled_by(self, cancel: &Cancel) -> Self {
        Self { cancel: cancel.clone(), ..self }
    }

    /// What stops it.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme_claim().scheme()
    }

    /// The scheme, and the setup it has, as bundles say it.
    pub fn scheme_claim(&self) -> SchemeClaim {
        let setup = self.setup.as_ref();
        let setup = setup.map(|setup| SetupClaim { id: setup.id().digest.0, insecure: setup.is_insecure() });
        match setup {
            Some(setup) if self.evm => SchemeClaim::Evm(setup),
            setup => setup.into(),
        }
    }

    /// The setup, if the scheme has one.
    pub fn setup(&self) -> Option<&Setup> {
        self.setup.as_ref()
    }

    /// The setup with the keys made so far, for a verifier's policy.
    pub fn trusted(&self) -> Option<KzgSetup> {
        self.setup.as_ref().map(|setup| KzgSetup {
            verifier: setup.verifier(),
            insecure: setup.is_insecure(),
            keys: self.verifying.values().cloned().collect(),
        })
    }

    /// The keys of a statement: kept, cached, or made.
    ///
    /// # Errors
    /// If parameters cannot be had, or the transparent key is not the pinned one.
    pub fn keys(&mut self, statement: &Statement) -> Result<&Arc<Keys>, KeyError> {
        if !self.keys.contains_key(statement) {
            let keys = self.make(statement);
            (self.report)(Event::Done);
            let keys = keys?;
            self.verifying.insert(statement.clone(), keys.verifying.clone());
            self.keys.insert(statement.clone(), Arc::new(keys));
        }
        Ok(&self.keys[statement])
    }

    /// The verifying key of a statement: kept, cached, or made, without its proving key. It may be a bundle that asks for it, of a
    /// circuit that somebody chose for its cost: there is a limit on its size, and what has to be made is not written to the
    /// cache before [`keep`](Self::keep).
    ///
    /// # Errors
    /// As [`keys`](Self::keys), and if the circuit is too large.
    pub fn verifying_key(&mut self, statement: &Statement) -> Result<&VerifierKey, KeyError> {
        if !self.verifying.contains_key(statement) {
            if statement.k() > self.max_k {
                return Err(KeyError::Unasked { statement: statement.clone(), most: self.max_k });
            }
            let key = self.make_verifying(statement);
            (self.report)(Event::Done);
            self.verifying.insert(statement.clone(), key?);
        }
        Ok(&self.verifying[statement])
    }

    /// Writes to the cache what [`verifying_key`](Self::verifying_key) made for a statement: its bundle was accepted.
    pub fn keep(&mut self, statement: &Statement) {
        let Some(bytes) = self.unkept.remove(statement) else { return };
        let made = self.scratch.as_ref().and_then(|made| self.parameters_file(statement.k(), made.path()));
        let to = self.parameters_file(statement.k(), &self.cache);
        if let Some((made, to)) = made.zip(to).filter(|(made, _)| made.exists())
            && let Err(warning) = foldproof_params::move_file(&made, &to)
        {
            (self.report)(Event::Warning(warning.to_string()));
        }
        self.write(statement, "vk", &bytes);
    }

    /// Lets go of all proving keys, for their memory: the next who asks has them from the cache again.
    pub fn forget(&mut self) {
        self.keys.clear();
    }

    /// The verifying key of a statement as it comes out of this build, pinned or not.
    ///
    /// # Errors
    /// If parameters cannot be had.
    pub fn verifying_bytes(&mut self, statement: &Statement) -> Result<Vec<u8>, KeyError> {
        let cache = self.cache.clone();
        self.verifying_bytes_from(statement, &cache)
    }

    fn verifying_bytes_from(&mut self, statement: &Statement, cache: &Path) -> Result<Vec<u8>, KeyError> {
        let parameters = self.parameters(statement.k(), cache)?;
        let key = self.generate(statement, &parameters)?;
        self.encode(statement, &key)
    }

    /// Where parameters of a size are kept; none if the setup has no such size.
    fn parameters_file(&self, k: u32, cache: &Path) -> Option<PathBuf> {
        match &self.setup {
            None => Some(transparent::cache_file(k, cache)),
            Some(setup) => setup.cache_file(k, cache).ok(),
        }
    }

    fn parameters(&mut self, k: u32, cache: &Path) -> Result<Parameters, KeyError> {
        self.go_on()?;
        check_environment()?;
        let report = &mut self.report;
        let mut progress = |progress| report(Event::Progress(progress));
        let (parameters, warnings) = match &self.setup {
            None => {
                let loaded = transparent::prover_params(k, cache, &mut progress)?;
                hand_to_verifier(k, cache);
                (Parameters::Transparent(loaded.params), loaded.warnings)
            }
            Some(setup) => {
                let loaded = setup.prover_params(k, cache, &mut progress)?;
                (Parameters::Kzg(loaded.params), loaded.warnings)
            }
        };
        warnings.iter().for_each(|warning| (self.report)(Event::Warning(warning.to_string())));
        Ok(parameters)
    }

    fn make(&mut self, statement: &Statement) -> Result<Keys, KeyError> {
        let cache = self.cache.clone();
        let parameters = self.parameters(statement.k(), &cache)?;
        if let Some(proving) = self.load(statement) {
            let verifying_bytes = self.encode(statement, proving.get_vk())?;
            if self.check_pin(statement, &verifying_bytes).is_ok() {
                let verifying = self.decode(statement, &verifying_bytes)?;
                return Ok(Keys {
                    statement: statement.clone(),
                    parameters,
                    proving,
                    verifying,
                    verifying_bytes,
                });
            }
        }
        let key = self.generate(statement, &parameters)?;
        let verifying_bytes = self.encode(statement, &key)?;
        self.check_pin(statement, &verifying_bytes)?;
        self.go_on()?;
        self.say("making the proving key");
        let blank = Layout::blank(statement);
        let proving = match &parameters {
            Parameters::Transparent(params) => keygen_pk(params, key, &blank),
            Parameters::Kzg(params) => keygen_pk(params, key, &blank),
        };
        let proving =
            proving.map_err(|e| KeyError::Keygen { statement: statement.clone(), message: e.to_string() })?;
        let proving = without_values(proving);
        self.say("keeping the proving key");
        self.write(statement, "pk", &proving.to_bytes(SerdeFormat::RawBytesUnchecked));
        self.write(statement, "vk", &verifying_bytes);
        let verifying = self.decode(statement, &verifying_bytes)?;
        Ok(Keys { statement: statement.clone(), parameters, proving, verifying, verifying_bytes })
    }

    fn make_verifying(&mut self, statement: &Statement) -> Result<VerifierKey, KeyError> {
        if let Some(bytes) = self.read(statement, "vk")
            && self.check_pin(statement, &bytes).is_ok()
            && let Ok(key) = self.decode(statement, &bytes)
        {
            return Ok(key);
        }
        // Parameters that are there are read where they are.
        let kept = self.parameters_file(statement.k(), &self.cache).is_some_and(|file| file.exists());
        let folder = if kept { self.cache.clone() } else { self.scratch()? };
        let bytes = self.verifying_bytes_from(statement, &folder)?;
        self.check_pin(statement, &bytes)?;
        let key = self.decode(statement, &bytes)?;
        self.unkept.insert(statement.clone(), bytes);
        Ok(key)
    }

    fn scratch(&mut self) -> Result<PathBuf, KeyError> {
        let folder = match self.scratch.take() {
            Some(folder) => folder,
            None => tempfile::tempdir().map_err(KeyError::Scratch)?,
        };
        Ok(self.scratch.insert(folder).path().to_owned())
    }

    fn generate(
        &mut self,
        statement: &Statement,
        parameters: &Parameters,
    ) -> Result<VerifyingKey<G1Affine>, KeyError> {
        self.go_on()?;
        self.say("making the verifying key");
        let blank = Layout::blank(statement);
        match parameters {
            Parameters::Transparent(params) => keygen_vk_custom(params, &blank, true),
            Parameters::Kzg(params) => keygen_vk_custom(params, &blank, true),
        }
        .map_err(|e| KeyError::Keygen { statement: statement.clone(), message: e.to_string() })
    }

    fn encode(&self, statement: &Statement, key: &VerifyingKey<G1Affine>) -> Result<Vec<u8>, KeyError> {
        VerifierKey::to_bytes(statement, self.scheme(), key)
            .map_err(|e| KeyError::Key { statement: statement.clone(), message: e.to_string() })
    }

    fn decode(&self, statement: &Statement, bytes: &[u8]) -> Result<VerifierKey, KeyError> {
        VerifierKey::from_bytes(statement, self.scheme(), bytes)
            .map_err(|e| KeyError::Key { statement: statement.clone(), message: e.to_string() })
    }

    fn check_pin(&self, statement: &Statement, bytes: &[u8]) -> Result<(), KeyError> {
        if self.setup.is_some() {
            return Ok(());
        }
        let found = Digest::of(bytes);
        match pinned_key(statement).map(PinnedKey::file_digest) {
            Some(expected) if expected != found => {
                Err(KeyError::NotPinned { statement: statement.clone(), expected, found })
            }
            _ => Ok(()),
        }
    }

    fn go_on(&self) -> Result<(), KeyError> {
        if self.cancel.is_cancelled() { Err(KeyError::Cancelled) } else { Ok(()) }
    }

    fn say(&mut self, stage: &'static str) {
        (self.report)(Event::Progress(Progress { stage, done: 0, total: 0 }));
    }
}

/// Without the values of fixed columns, which the prover has no use for: it has their coefficients.
fn without_values(key: ProvingKey<G1Affine>) -> ProvingKey<G1Affine> {
    let vk = key.get_vk().clone();
    let [l0, l_last, l_active_row] = [key.l0(), key.l_last(), key.l_active_row()].map(Clone::clone);
    let (fixed, permutation) = (key.fixed_polys().to_vec(), key.permutation().clone());
    drop(key);
    ProvingKey::from_parts(vk, l0, l_last, l_active_row, Vec::new(), fixed, permutation)
}

fn check_environment() -> Result<(), KeyError> {
    match std::env::var_os("MAX_DEGREE") {
        Some(found) if found.to_str().is_none_or(|text| text.parse::<usize>().is_err()) => {
            Err(KeyError::Environment { found: found.to_string_lossy().into_owned() })
        }
        _ => Ok(()),
    }
}

/// The verifier of this process need not derive generators that lie in the cache; their digest is checked there.
fn hand_to_verifier(k: u32, cache: &Path) {
    let rows = transparent::PUBLIC_ROWS;
    let mut bytes = vec![0; 4 + (32 << k)];
    let read = File::open(transparent::cache_file(k, cache)).and_then(|mut file| file.read_exact(&mut bytes));
    if read.is_ok() {
        // If they are not the pinned ones, the verifier derives its own.
        drop(transparent::verifier_params_from(k, rows, &bytes[4..]));
    }
}
