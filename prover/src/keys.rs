//! Keys and parameters: made once per statement, size and scheme, cached, and never believed without their digest.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::Setup;
use foldproof_params::tuned::Tuned;
use foldproof_params::{Digest, Progress, keys, transparent};
use foldproof_verifier::{KzgSetup, Scheme, VerifierKey};
use halo2_proofs::SerdeFormat;
use halo2_proofs::plonk::{ProvingKey, VerifyingKey, keygen_pk, keygen_vk_custom};
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G1Affine};

/// Version of the cached files of proving keys.
const CACHE_VERSION: u32 = 3;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Parameters or setup.
    #[error(transparent)]
    Params(#[from] foldproof_params::Error),
    /// The proof system refused to make keys.
    #[error("making the keys of {statement}: {message}")]
    Keygen {
        /// Which statement.
        statement: Statement,
        /// What halo2 said.
        message: String,
    },
    /// A key that the verifier cannot read.
    #[error("the key of {statement}: {message}")]
    Key {
        /// Which statement.
        statement: Statement,
        /// What the verifier said.
        message: String,
    },
    /// halo2 reads `MAX_DEGREE` and panics if it is no number. Any number will do: circuits state their degree.
    #[error("MAX_DEGREE in the environment is {found:?}, which is no number: unset it")]
    Environment {
        /// What it is.
        found: String,
    },
    /// The circuit of this build is not the pinned one.
    #[error(
        "the verifying key of {statement} that this build makes (SHA-256 {found}) is not the pinned one ({expected}): \
         build an unmodified release, or pin the new key with scripts/bless.sh"
    )]
    NotPinned {
        /// Which statement.
        statement: Statement,
        /// Digest of the pinned key.
        expected: Digest,
        /// Digest of the key made.
        found: Digest,
    },
}

/// What the prover commits with.
#[derive(Debug)]
pub enum Parameters {
    /// Both bases of the inner-product argument.
    Transparent(Tuned<ParamsIPA<G1Affine>>),
    /// Powers of a setup's secret.
    Kzg(Tuned<ParamsKZG<Bn256>>),
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
pub struct Workshop<'p> {
    cache: PathBuf,
    setup: Option<Setup>,
    keys: HashMap<Statement, Arc<Keys>>,
    verifying: HashMap<Statement, VerifierKey>,
    report: Box<dyn FnMut(Event) + 'p>,
}

/// What a workshop tells its user.
#[derive(Clone, Debug)]
pub enum Event {
    /// Work goes on.
    Progress(Progress),
    /// A cache file was of no use.
    Warning(String),
    /// The keys are there: no more is heard of them.
    Done,
}

impl<'p> Workshop<'p> {
    /// With a setup the scheme is kzg, without it is transparent. `report` hears of progress and warnings.
    pub fn new(cache: impl Into<PathBuf>, setup: Option<Setup>, report: impl FnMut(Event) + 'p) -> Self {
        let (keys, verifying) = Default::default();
        Self { cache: cache.into(), setup, keys, verifying, report: Box::new(report) }
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        if self.setup.is_some() { Scheme::Kzg } else { Scheme::Transparent }
    }

    /// The setup of the kzg scheme.
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
    pub fn keys(&mut self, statement: Statement) -> Result<&Arc<Keys>, KeyError> {
        if !self.keys.contains_key(&statement) {
            let keys = self.make(statement);
            (self.report)(Event::Done);
            let keys = keys?;
            self.verifying.insert(statement, keys.verifying.clone());
            self.keys.insert(statement, Arc::new(keys));
        }
        Ok(&self.keys[&statement])
    }

    /// The verifying key of a statement: kept, cached, or made, without its proving key.
    ///
    /// # Errors
    /// As [`keys`](Self::keys).
    pub fn verifying_key(&mut self, statement: Statement) -> Result<&VerifierKey, KeyError> {
        if !self.verifying.contains_key(&statement) {
            let key = self.make_verifying(statement);
            (self.report)(Event::Done);
            self.verifying.insert(statement, key?);
        }
        Ok(&self.verifying[&statement])
    }

    /// Lets go of all proving keys, for their memory: the next who asks has them from the cache again.
    pub fn forget(&mut self) {
        self.keys.clear();
    }

    /// The verifying key of a statement as it comes out of this build, pinned or not.
    ///
    /// # Errors
    /// If parameters cannot be had.
    pub fn verifying_bytes(&mut self, statement: Statement) -> Result<Vec<u8>, KeyError> {
        let parameters = self.parameters(statement.k())?;
        let key = self.generate(statement, &parameters)?;
        self.encode(statement, &key)
    }

    fn parameters(&mut self, k: u32) -> Result<Parameters, KeyError> {
        check_environment()?;
        let report = &mut self.report;
        let mut progress = |progress| report(Event::Progress(progress));
        let (parameters, warnings) = match &self.setup {
            None => {
                let loaded = transparent::prover_params(k, &self.cache, &mut progress)?;
                hand_to_verifier(k, &self.cache);
                (Parameters::Transparent(loaded.params), loaded.warnings)
            }
            Some(setup) => {
                let loaded = setup.prover_params(k, &self.cache, &mut progress)?;
                (Parameters::Kzg(loaded.params), loaded.warnings)
            }
        };
        warnings.iter().for_each(|warning| (self.report)(Event::Warning(warning.to_string())));
        Ok(parameters)
    }

    fn make(&mut self, statement: Statement) -> Result<Keys, KeyError> {
        let parameters = self.parameters(statement.k())?;
        let file = self.key_file(statement, "pk");
        if let Some(proving) = self.load(statement, &file) {
            let verifying_bytes = self.encode(statement, proving.get_vk())?;
            if self.check_pin(statement, &verifying_bytes).is_ok() {
                let verifying = self.decode(statement, &verifying_bytes)?;
                return Ok(Keys { statement, parameters, proving, verifying, verifying_bytes });
            }
        }
        let key = self.generate(statement, &parameters)?;
        let verifying_bytes = self.encode(statement, &key)?;
        self.check_pin(statement, &verifying_bytes)?;
        self.say("making the proving key");
        let blank = Layout::blank(statement);
        let proving = match &parameters {
            Parameters::Transparent(params) => keygen_pk(params, key, &blank),
            Parameters::Kzg(params) => keygen_pk(params, key, &blank),
        };
        let proving = proving.map_err(|e| KeyError::Keygen { statement, message: e.to_string() })?;
        let proving = without_values(proving);
        self.say("keeping the proving key");
        self.write(&file, &proving.to_bytes(SerdeFormat::RawBytesUnchecked));
        let file = self.key_file(statement, "vk");
        self.write(&file, &verifying_bytes);
        let verifying = self.decode(statement, &verifying_bytes)?;
        Ok(Keys { statement, parameters, proving, verifying, verifying_bytes })
    }

    fn make_verifying(&mut self, statement: Statement) -> Result<VerifierKey, KeyError> {
        let file = self.key_file(statement, "vk");
        if let Some(bytes) = self.read(&file)
            && self.check_pin(statement, &bytes).is_ok()
            && let Ok(key) = self.decode(statement, &bytes)
        {
            return Ok(key);
        }
        let bytes = self.verifying_bytes(statement)?;
        self.check_pin(statement, &bytes)?;
        self.write(&file, &bytes);
        self.decode(statement, &bytes)
    }

    fn generate(
        &mut self,
        statement: Statement,
        parameters: &Parameters,
    ) -> Result<VerifyingKey<G1Affine>, KeyError> {
        self.say("making the verifying key");
        let blank = Layout::blank(statement);
        match parameters {
            Parameters::Transparent(params) => keygen_vk_custom(params, &blank, true),
            Parameters::Kzg(params) => keygen_vk_custom(params, &blank, true),
        }
        .map_err(|e| KeyError::Keygen { statement, message: e.to_string() })
    }

    fn encode(&self, statement: Statement, key: &VerifyingKey<G1Affine>) -> Result<Vec<u8>, KeyError> {
        VerifierKey::to_bytes(statement, self.scheme(), key)
            .map_err(|e| KeyError::Key { statement, message: e.to_string() })
    }

    fn decode(&self, statement: Statement, bytes: &[u8]) -> Result<VerifierKey, KeyError> {
        VerifierKey::from_bytes(statement, self.scheme(), bytes)
            .map_err(|e| KeyError::Key { statement, message: e.to_string() })
    }

    fn check_pin(&self, statement: Statement, bytes: &[u8]) -> Result<(), KeyError> {
        if self.setup.is_some() {
            return Ok(());
        }
        let found = Digest::of(bytes);
        match keys::transparent(&statement.name()).map(keys::PinnedKey::digest) {
            Some(expected) if expected != found => Err(KeyError::NotPinned { statement, expected, found }),
            _ => Ok(()),
        }
    }

    /// Named by what the key depends on: the circuits, of which all pinned keys together are a digest, the statement, the
    /// setup, and the format.
    fn key_file(&self, statement: Statement, kind: &str) -> PathBuf {
        let circuits: Vec<u8> = keys::PINNED.iter().flat_map(|key| key.digest().0).collect();
        let bytes = statement.to_bytes();
        let setup = self.setup.as_ref().map_or([0; 32], |setup| setup.id().digest.0);
        let name = Digest::of(&[&CACHE_VERSION.to_le_bytes()[..], &circuits, &setup, &bytes].concat());
        let subject = statement.name().split('+').next().unwrap_or_default().to_owned();
        self.cache.join(format!("{subject}.{}.{:.16}.{kind}", self.scheme(), name.to_string()))
    }

    fn load(&mut self, statement: Statement, file: &Path) -> Option<ProvingKey<G1Affine>> {
        let body = self.read(file)?;
        self.say("reading the proving key");
        // The digest shows that these are the bytes this program wrote.
        let read = ProvingKey::read::<_, Layout>(&mut &body[..], SerdeFormat::RawBytesUnchecked, statement);
        read.inspect_err(|error| {
            (self.report)(Event::Warning(format!("{}: {error}; made again", file.display())));
        })
        .ok()
    }

    /// A file of the cache, if it is there and whole.
    fn read(&mut self, file: &Path) -> Option<Vec<u8>> {
        let body = foldproof_params::read_sealed(file);
        body.inspect_err(|warning| (self.report)(Event::Warning(warning.to_string()))).ok()?
    }

    fn write(&mut self, file: &Path, body: &[u8]) {
        if let Err(warning) = foldproof_params::write_sealed(file, body) {
            (self.report)(Event::Warning(warning.to_string()));
        }
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
