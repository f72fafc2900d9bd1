//! From parts to an answer: the same steps as on the command line, cheapest first.

use std::collections::BTreeMap;
use std::sync::Mutex;

use foldproof_params::transparent;
use foldproof_verifier::json::report::{self, Time};
use foldproof_verifier::json::{PolicyFile, registry};
use foldproof_verifier::{Bundle, Error, KeyError, KzgSetup, Policy, VerifierKey, scalar, verify};
use serde_json::{Map, Value, json};

use crate::advice::advice;
use crate::parts::{Kind, Parts};
use crate::setup;

/// Root of the codebook that ships with Foldproof: a golden bundle is under it, and is verified without naming one.
const SHIPPED_CODEBOOK: &str = "123044d63913b1f4795f54b7f5f98346b41ac93c54cd0ef7fe0564cbf63599b0";

/// Keys that were rebuilt, by their bytes: that takes longer than verifying under them.
static REBUILT: Mutex<BTreeMap<Vec<u8>, VerifierKey>> = Mutex::new(BTreeMap::new());
/// Most keys that are kept.
const KEPT: usize = 16;

/// What is asked beside the policy, which only gets more from it.
#[derive(Debug, Default)]
struct Request {
    /// Seconds since 1970, at which models must be valid where no block has a time.
    time: u64,
    any_codebook: bool,
    values: bool,
    insecure_setup: bool,
    require_within_bound: bool,
}

impl Request {
    fn read(bytes: Option<&[u8]>) -> Result<Self, String> {
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        let members: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|error| format!("request: {error}"))?;
        let mut request = Self::default();
        for (name, value) in members {
            let (flag, time) = (value.as_bool(), value.as_u64());
            match (&name[..], flag, time) {
                ("time", _, Some(time)) => request.time = time,
                ("any_codebook", Some(flag), _) => request.any_codebook = flag,
                ("values", Some(flag), _) => request.values = flag,
                ("insecure_setup", Some(flag), _) => request.insecure_setup = flag,
                ("require_within_bound", Some(flag), _) => request.require_within_bound = flag,
                _ => {
                    return Err(format!(
                        "request: expected time (seconds), any_codebook, values, insecure_setup and require_within_bound (true or \
                         false), found {name:?} with {value}"
                    ));
                }
            }
        }
        Ok(request)
    }
}

/// Why there is no verdict: what the caller gave is at fault, and not the bundle.
fn unknown(error: &str) -> Value {
    json!({ "verdict": report::UNKNOWN, "verified": false, "error": error })
}

/// The verdict on the bundle.
pub fn verdict(parts: &Parts) -> Value {
    judged(parts).unwrap_or_else(|error| unknown(&error))
}

fn judged(parts: &Parts) -> Result<Value, String> {
    let request = Request::read(parts.get(Kind::Request))?;
    let (policy, provers_word) = policy(parts, &request)?;
    let told = match Bundle::from_bytes(bundle_bytes(parts)?) {
        Ok(bundle) => judge(parts, &bundle, policy, &request)?,
        Err(error) => Err(error),
    };
    let mut members = report::verdict(&told, |verified| Time::of(verified, request.time, provers_word));
    if let Err(error) = &told {
        members.extend(advice(error).map(|advice| ("advice".to_owned(), json!(advice))));
    }
    Ok(Value::Object(members))
}

fn bundle_bytes(parts: &Parts) -> Result<&[u8], String> {
    parts.get(Kind::Bundle).ok_or_else(|| "bundle: expected one, found none".to_owned())
}

/// The policy without setup and keys, and whether a prover's word on time counts.
fn policy(parts: &Parts, request: &Request) -> Result<(Policy, bool), String> {
    let mut file = match parts.get(Kind::Policy) {
        Some(bytes) => PolicyFile::parse(bytes).map_err(|error| format!("policy: {error}"))?,
        None => PolicyFile::default(),
    };
    file.values |= request.values;
    file.allow_insecure_setup |= request.insecure_setup;
    file.require_within_bound |= request.require_within_bound;
    let registry = parts.get(Kind::Registry);
    if let (Some(named), None) = (&file.registry, registry) {
        let named = named.display();
        return Err(format!(
            "policy: registry: expected the registry {named} beside the policy, found none; give it, too"
        ));
    }
    let shipped = scalar::from_hex(SHIPPED_CODEBOOK);
    let otherwise = if request.any_codebook { Policy::any_codebook() } else { Policy::codebooks(shipped) };
    let mut policy =
        file.policy(otherwise).map_err(|error| format!("policy: {error}"))?.at_time(request.time);
    if let Some(bytes) = registry {
        policy = policy.models(registry::parse(bytes).map_err(|error| format!("registry: {error}"))?);
    }
    Ok((policy, !file.require_known_time))
}

/// What the verifier says. Keys are rebuilt for a bundle that lacks nothing else.
fn judge(
    parts: &Parts,
    bundle: &Bundle,
    policy: Policy,
    request: &Request,
) -> Result<Result<foldproof_verifier::Verified, Error>, String> {
    let setup = parts.get(Kind::Setup).map(setup::read).transpose()?;
    let setup = setup.map(|(verifier, says)| KzgSetup {
        verifier,
        insecure: says.unwrap_or(request.insecure_setup),
        keys: Vec::new(),
    });
    let asked = setup.clone().into_iter().fold(policy.clone(), Policy::trust_setup);
    let told = verify(bundle, &asked);
    if !matches!(told, Err(Error::NoKey { .. })) {
        return Ok(told);
    }
    let mut keys = Vec::new();
    let mut fault = None;
    for bytes in parts.all(Kind::Key) {
        match key(bundle, bytes) {
            Ok(key) => keys.push(key),
            Err(error) => fault = fault.or(Some(format!("key: {error}"))),
        }
    }
    if let (true, Some(fault)) = (keys.is_empty(), fault) {
        return Err(fault);
    }
    let with_keys = match setup {
        // The bundle names the one it was made with, which is no more than a choice among keys that the caller gave.
        Some(setup) => {
            keys.sort_by_key(|key| key.digest() != bundle.key_digest());
            policy.trust_setup(KzgSetup { keys, ..setup })
        }
        None => keys.into_iter().fold(policy, Policy::trust_key),
    };
    Ok(verify(bundle, &with_keys))
}

/// A key of the bundle's statement and scheme, rebuilt once.
fn key(bundle: &Bundle, bytes: &[u8]) -> Result<VerifierKey, KeyError> {
    let mut rebuilt = crate::locked(&REBUILT);
    if let Some(key) = rebuilt.get(bytes)
        && (key.statement(), key.scheme()) == (bundle.statement(), bundle.scheme())
    {
        return Ok(key.clone());
    }
    let key = VerifierKey::from_bytes(bundle.statement(), bundle.scheme(), bytes)?;
    if rebuilt.len() >= KEPT {
        rebuilt.clear();
    }
    rebuilt.insert(bytes.to_vec(), key.clone());
    Ok(key)
}

/// What the bundle says of itself, as far as a caller needs it to find what it takes to verify it. What models say is not told.
pub fn inspect(parts: &Parts) -> Value {
    let bundle =
        bundle_bytes(parts).and_then(|bytes| Bundle::from_bytes(bytes).map_err(|error| error.to_string()));
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(error) => return json!({ "error": error }),
    };
    json!({
        "verified": false,
        "statement": bundle.statement().name(),
        "scheme": bundle.scheme().name(),
        "k": bundle.statement().k(),
        "setup": bundle.setup().map(|setup| json!({ "id": hex::encode(setup.id), "insecure": setup.insecure })),
        "key_digest": hex::encode(bundle.key_digest()),
        "key_pinned": !bundle.scheme().has_setup() && foldproof_verifier::pinned_key(bundle.statement()).is_some(),
        "generators_pinned": transparent::pinned_digest(bundle.statement().k()).is_some(),
        "models": bundle.statement().models().count(),
        "proof_bytes": bundle.proof().len(),
    })
}

/// Takes generators, which are checked against what is pinned.
pub fn use_generators(parts: &Parts) -> Value {
    let taken = bundle_bytes(parts).and_then(|bytes| {
        let bundle = Bundle::from_bytes(bytes).map_err(|error| error.to_string())?;
        let generators = parts.get(Kind::Generators).ok_or("generators: expected some, found none")?;
        let rows = bundle.unverified_rows().len();
        transparent::verifier_params_from(bundle.statement().k(), rows, generators)
            .map(|_| ())
            .map_err(|error| error.to_string())
    });
    match taken {
        Ok(()) => json!({}),
        Err(error) => json!({ "error": error }),
    }
}
