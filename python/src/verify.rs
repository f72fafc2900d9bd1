//! Verification: a policy of the caller's parts, cheapest questions first, as `foldproof verify` asks them.

use std::path::PathBuf;
use std::time::SystemTime;

use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_params::kzg::Setup;
use foldproof_prover::cancel::Cancel;
use foldproof_prover::keys::{KeyError, KeyStore};
use foldproof_prover::model::samples::read_one;
use foldproof_prover::secret::Secret;
use foldproof_verifier::json::report::{self, Time};
use foldproof_verifier::json::{PolicyFile, registry};
use foldproof_verifier::{
    Bundle, Error, KzgSetup, Policy, Scheme, Verified, VerifierKey, VerifierSetup, scalar, verify as judge,
};
use halo2curves::bn256::Fr;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use serde_json::Value;

use crate::block::{Block, Codebook};
use crate::errors::{Failure, chain};
use crate::work::{Teller, run};

/// Bytes of a setup as verifiers have it: three points.
const VERIFIER_SETUP: usize = VerifierSetup::BYTES;

/// A policy, part by part: `policy` is a document of `docs/verifying.md`, the rest is what no document has.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Parts {
    policy: PyBackedBytes,
    any_codebook: bool,
    codebooks: Vec<Py<Codebook>>,
    registries: Vec<(String, PyBackedBytes)>,
    blocks: Vec<Py<Block>>,
    secret: Option<String>,
    values: Option<PyBackedBytes>,
    values_commitments: Vec<String>,
    at: Option<u64>,
    params: Option<PathBuf>,
    setup: Option<PyBackedBytes>,
    keys: Vec<PyBackedBytes>,
    max_k: u32,
    cache: Option<PathBuf>,
}

/// Everything that is asked, but for setup and keys.
struct Asked {
    policy: Policy,
    setups: Option<Vec<[u8; 32]>>,
    insecure: bool,
    provers_word: bool,
    time: u64,
}

/// Verifies a bundle: the verdict as `foldproof verify --json` prints it, but for the name of the file.
#[pyfunction]
#[pyo3(signature = (bundle, parts, progress))]
pub fn verify(
    py: Python<'_>,
    bundle: PyBackedBytes,
    parts: &Bound<'_, PyAny>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let parts: Parts = parts.extract()?;
    let asked = asked(&parts)?;
    let setup = Given { params: parts.params, setup: parts.setup, keys: parts.keys };
    let (max_k, cache) = (parts.max_k, parts.cache);
    run(py, progress, move |cancel, teller| {
        let bundle = Bundle::from_bytes(&bundle).map_err(|error| Failure::verdict(&error))?;
        let verified = verdict(&bundle, &asked, &setup, &Making { max_k, cache, cancel, teller })?;
        let time = Time::of(&verified, asked.time, asked.provers_word);
        Ok(Value::Object(report::verdict(&Ok(verified), |_| time)).to_string())
    })
}

/// Setup and keys that the caller has.
struct Given {
    params: Option<PathBuf>,
    setup: Option<PyBackedBytes>,
    keys: Vec<PyBackedBytes>,
}

/// How keys that lack are made.
struct Making<'a> {
    max_k: u32,
    cache: Option<PathBuf>,
    cancel: &'a Cancel,
    teller: Teller,
}

fn hex_of(name: &str, text: &str) -> Result<Fr, Failure> {
    scalar::from_hex(text)
        .ok_or_else(|| Failure::argument(name, "0x and 64 digits", format!("{text:?}"), "use a commitment"))
}

fn asked(parts: &Parts) -> Result<Asked, Failure> {
    let file = PolicyFile::parse(&parts.policy).map_err(Failure::within("policy"))?;
    let otherwise = match parts.any_codebook {
        true => Policy::any_codebook(),
        false => Policy::codebooks(parts.codebooks.iter().map(|known| commit::codebook(&known.get().inner))),
    };
    let mut policy = file.policy(otherwise).map_err(Failure::within("policy"))?;
    let secret = parts.secret.as_deref().map(|text| Secret::parse(text.as_bytes())).transpose();
    let secret = secret.map_err(Failure::within("secret"))?;
    if !parts.blocks.is_empty() {
        let salts = match (secret, parts.blocks.len()) {
            (None, count) => vec![Salts::none(); count],
            (Some(secret), 1) => vec![secret.salts()],
            (Some(secret), count) => secret.salts_of_blocks(count),
        };
        policy = policy.tags_salt(salts.first().map_or(Fr::zero(), |salts| salts.tags));
        let blocks = parts.blocks.iter().map(|block| block.get().records.clone());
        policy = policy.expect_salted_blocks(blocks.zip(salts.iter().map(|salts| salts.block)));
    }
    if let Some(document) = &parts.values {
        let sample = read_one(document).map_err(Failure::within("values"))?;
        policy = policy.expect_values(sample.integers, secret.map_or(Fr::zero(), Secret::salt));
    }
    let name = "values_commitments";
    let commitments =
        parts.values_commitments.iter().map(|text| hex_of(name, text)).collect::<Result<Vec<_>, _>>()?;
    policy = match commitments[..] {
        [] => policy,
        [only] => policy.expect_commitment(only),
        _ => policy.expect_commitments(commitments),
    };
    for (name, document) in &parts.registries {
        policy = policy.models(registry::parse(document).map_err(Failure::within(name))?);
    }
    // A clock before 1970 is wrong, and nothing is valid then.
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let time = parts.at.unwrap_or_else(now);
    Ok(Asked {
        policy: policy.at_time(time),
        setups: file.setups().map_err(Failure::within("policy"))?,
        insecure: file.allow_insecure_setup,
        provers_word: !file.require_known_time,
        time,
    })
}

/// A setup, whole or as verifiers have it.
enum Known {
    Whole(Box<Setup>),
    Points(Box<VerifierSetup>, bool),
}

impl Known {
    fn trusted(&self, keys: Vec<VerifierKey>) -> KzgSetup {
        match self {
            Self::Whole(setup) => {
                KzgSetup { verifier: setup.verifier(), insecure: setup.is_insecure(), keys }
            }
            Self::Points(verifier, insecure) => KzgSetup { verifier: **verifier, insecure: *insecure, keys },
        }
    }
}

/// The setup that the caller has, or that is imported.
fn known(given: &Given, asked: &Asked, cache: Option<&PathBuf>) -> Result<Known, Failure> {
    if let Some(bytes) = &given.setup {
        if bytes.len() == VERIFIER_SETUP {
            let verifier =
                VerifierSetup::from_bytes(bytes).map_err(|error| Failure::undecided(chain(&error)))?;
            // These bytes do not say whether it is one for tests: the caller who takes such may have one.
            return Ok(Known::Points(Box::new(verifier), asked.insecure));
        }
        let setup = Setup::from_bytes(bytes).map_err(|error| Failure::undecided(chain(&error)))?;
        return Ok(Known::Whole(Box::new(setup)));
    }
    let file = given.params.clone().or_else(|| cache.map(|cache| cache.join("setup.kzg")));
    let lacking = "the schemes kzg and evm need a trusted setup and none is there: name its file with params";
    let file = file.filter(|file| given.params.is_some() || file.exists());
    let file = file.ok_or_else(|| Failure::undecided(lacking))?;
    let setup = Setup::read(&file).map_err(|error| Failure::undecided(chain(&error)))?;
    Ok(Known::Whole(Box::new(setup)))
}

/// The verdict. What needs neither setup nor key is asked first: a bundle chooses how much work its key is.
fn verdict(bundle: &Bundle, asked: &Asked, given: &Given, making: &Making<'_>) -> Result<Verified, Failure> {
    let mut setup = None;
    let told = if bundle.scheme().has_setup() {
        match judge(bundle, &asked.policy) {
            Err(Error::SetupNotTrusted { found, .. }) => {
                let trusted = asked.setups.clone();
                if let Some(trusted) = trusted.clone().filter(|trusted| !trusted.contains(&found)) {
                    return Err(Failure::verdict(&Error::SetupNotTrusted { trusted, found }));
                }
                let at_hand = known(given, asked, making.cache.as_ref())?;
                let id = at_hand.trusted(Vec::new()).id();
                if trusted.is_some() && id != found {
                    let [claimed, id] = [found, id].map(hex::encode);
                    let lacking = format!(
                        "setup: the policy trusts {claimed}, the one at hand is {id}: name the file of the bundle's with params"
                    );
                    return Err(Failure::undecided(lacking));
                }
                let told = judge(bundle, &asked.policy.clone().trust_setup(at_hand.trusted(Vec::new())));
                setup = Some(at_hand);
                told
            }
            told => told,
        }
    } else {
        judge(bundle, &asked.policy)
    };
    match told {
        Err(Error::NoKey { .. }) => with_key(bundle, asked, given, setup.as_ref(), making),
        told => told.map_err(|error| Failure::verdict(&error)),
    }
}

/// The verdict under a key that the caller has, or that is made.
fn with_key(
    bundle: &Bundle,
    asked: &Asked,
    given: &Given,
    setup: Option<&Known>,
    making: &Making<'_>,
) -> Result<Verified, Failure> {
    let under = |keys: Vec<VerifierKey>| {
        let policy = asked.policy.clone();
        let policy = match setup {
            Some(setup) => policy.trust_setup(setup.trusted(keys)),
            None => keys.into_iter().fold(policy, Policy::trust_key),
        };
        judge(bundle, &policy).map_err(|error| Failure::verdict(&error))
    };
    let mut keys = Vec::new();
    let mut fault = None;
    for bytes in &given.keys {
        match VerifierKey::from_bytes(bundle.statement(), bundle.scheme(), bytes) {
            Ok(key) => keys.push(key),
            Err(error) => fault = Some(format!("keys: {error}")),
        }
    }
    if !keys.is_empty() {
        // The bundle names the one it was made with, which is no more than a choice among keys that the caller gave.
        keys.sort_by_key(|key| key.digest() != bundle.key_digest());
        return under(keys);
    }
    let (Some(cache), None | Some(Known::Whole(_))) = (&making.cache, setup) else {
        let lacking =
            format!("there is no {} key for {}: give it with keys", bundle.scheme(), bundle.statement());
        return Err(Failure::undecided(fault.unwrap_or(lacking)));
    };
    let setup = setup.and_then(|setup| match setup {
        Known::Whole(setup) => Some((**setup).clone()),
        Known::Points(..) => None,
    });
    let teller = making.teller.clone();
    let report = move |event| teller.event(event);
    let key_store = match (bundle.scheme(), setup) {
        (Scheme::Evm, Some(setup)) => KeyStore::evm(cache, setup, report),
        (_, setup) => KeyStore::new(cache, setup, report),
    };
    let mut key_store = key_store.unasked_up_to(making.max_k).cancelled_by(making.cancel);
    let key = match key_store.verifying_key(bundle.statement()) {
        Ok(key) => key.clone(),
        Err(KeyError::Cancelled) => return Err(Failure::Cancelled),
        Err(error @ KeyError::Unasked { .. }) => {
            let k = bundle.statement().k();
            return Err(Failure::undecided(format!(
                "{error}; if you trust the statement, max_k={k} makes its key"
            )));
        }
        Err(error) => return Err(Failure::undecided(chain(&error))),
    };
    let verified = under(vec![key])?;
    key_store.keep(bundle.statement());
    Ok(verified)
}

/// What a bundle says of itself, unverified, as JSON.
#[pyfunction]
pub fn inspect(bundle: &[u8]) -> PyResult<String> {
    let bundle = Bundle::from_bytes(bundle).map_err(|error| Failure::verdict(&error))?;
    let setup = bundle.setup();
    Ok(serde_json::json!({
        "verified": false,
        "statement": bundle.statement().name(),
        "scheme": bundle.scheme().name(),
        "k": bundle.statement().k(),
        "setup": setup.map(|setup| serde_json::json!({ "id": hex::encode(setup.id), "insecure": setup.insecure })),
        "key_digest": hex::encode(bundle.key_digest()),
        "context": bundle.unverified_context().map(|context| context.to_string()),
        "public_inputs": bundle.unverified_rows().iter().map(report::field).collect::<Vec<_>>(),
        "proof": format!("0x{}", hex::encode(bundle.proof())),
        "proof_bytes": bundle.proof().len(),
    })
    .to_string())
}
