//! Proving.

use std::path::PathBuf;
use std::time::Instant;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::codebook::Codebook as Centroids;
use foldproof_circuits::models::{QuantisedModel, with_salts};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Size, Statement};
use foldproof_params::kzg::{Setup, insecure_test_setup};
use foldproof_prover::cancel::Cancel;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::model::beyond_calibration;
use foldproof_prover::model::file::Meaning;
use foldproof_prover::prove::{
    Binding, ProveError, Proved, Prover, Witness, statement_for, statement_together,
};
use foldproof_prover::secret::Secret;
use foldproof_prover::values::Values;
use foldproof_verifier::json::report;
use foldproof_verifier::{BlockHeader, Context, Scheme};
use halo2curves::bn256::Fr;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use serde_json::{Map, Value, json};

use crate::block::{Block, Codebook};
use crate::errors::{Failure, chain};
use crate::model::Model;
use crate::work::{Teller, run};

/// How to prove.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    scheme: String,
    params: Option<PathBuf>,
    hide: bool,
    context: Option<String>,
    cache: PathBuf,
    analytics: Option<String>,
}

/// What is proved.
enum Subject {
    Blocks {
        blocks: Vec<foldproof_circuits::block::Block>,
        headers: Vec<BlockHeader>,
        codebook: Box<Centroids>,
    },
    Values(Vec<(String, Vec<u8>)>),
}

/// What comes of it: the bundle, the secret of its salts, and a report as JSON.
type Made = (Vec<u8>, Option<String>, String);

/// Proves what models say of blocks or of documents with values.
#[pyfunction]
#[pyo3(signature = (blocks, documents, codebook, models, options, progress))]
pub fn prove(
    py: Python<'_>,
    blocks: Vec<Py<Block>>,
    documents: Vec<(String, PyBackedBytes)>,
    codebook: &Codebook,
    models: Vec<Py<Model>>,
    options: &Bound<'_, PyAny>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Py<PyAny>, Option<String>, String)> {
    let options: Options = options.extract()?;
    let mut warnings = Vec::new();
    let mut of_models = Vec::new();
    for (place, model) in models.iter().enumerate() {
        let model = model.get();
        of_models.push((model.inner.clone(), model.meaning.clone()));
        for block in &blocks {
            let of_block = block.get().source.mapping();
            if let (Some(read), Some(made)) = (of_block, model.meaning.mapping)
                && read != made
            {
                warnings.push(format!(
                    "models[{place}] was made for blocks read by the mapping {made}, and this one is read by {read}: what it says means \
                     nothing here"
                ));
            }
        }
    }
    let subject = if blocks.is_empty() {
        Subject::Values(documents.into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect())
    } else {
        let headers: Option<Vec<BlockHeader>> =
            blocks.iter().map(|block| block.get().source.header().cloned()).collect();
        Subject::Blocks {
            blocks: blocks.iter().map(|block| block.get().records.clone()).collect(),
            headers: headers.unwrap_or_default(),
            codebook: Box::new(codebook.inner.clone()),
        }
    };
    let (bundle, secret, report) = run(py, progress, move |cancel, teller| {
        make(&subject, &of_models, &options, warnings, cancel, &teller)
    })?;
    Ok((pyo3::types::PyBytes::new(py, &bundle).into_any().unbind(), secret, report))
}

/// Keys of a scheme.
pub fn key_store<'p>(
    scheme: &str,
    params: Option<&PathBuf>,
    cache: &PathBuf,
    cancel: &Cancel,
    teller: Teller,
) -> Result<KeyStore<'p>, Failure> {
    let expected = "transparent, kzg or evm";
    let scheme = Scheme::from_name(scheme)
        .ok_or_else(|| Failure::argument("scheme", expected, format!("{scheme:?}"), "leave it out"))?;
    let setup = match (scheme, params) {
        (Scheme::Transparent, None) => None,
        (Scheme::Transparent, Some(file)) => {
            let found = file.display().to_string();
            return Err(Failure::argument(
                "params",
                "none with the transparent scheme, which has no setup",
                found,
                "leave it out, or choose the scheme kzg",
            ));
        }
        (Scheme::Kzg | Scheme::Evm, params) => {
            let file = params.cloned().unwrap_or_else(|| cache.join("setup.kzg"));
            Some(Setup::read(&file).map_err(|error| Failure::Other(chain(&error)))?)
        }
    };
    let report = move |event| teller.event(event);
    let key_store = match (scheme, setup) {
        (Scheme::Evm, Some(setup)) => KeyStore::evm(cache, setup, report),
        (_, setup) => KeyStore::new(cache, setup, report),
    };
    Ok(key_store.cancelled_by(cancel))
}

fn make(
    subject: &Subject,
    models: &[(QuantisedModel, Meaning)],
    options: &Options,
    mut warnings: Vec<String>,
    cancel: &Cancel,
    teller: &Teller,
) -> Result<Made, Failure> {
    let started = Instant::now();
    let (models, meanings): (Vec<QuantisedModel>, Vec<Meaning>) = models.iter().cloned().unzip();
    let context = options.context.as_deref().map(context).transpose()?;
    let secret = options.hide.then(Secret::random);
    let values = values(subject, &models, &meanings)?;
    let statement = statement(subject, values.as_ref(), &models, options.analytics.as_deref())?;
    let mut key_store =
        key_store(&options.scheme, options.params.as_ref(), &options.cache, cancel, teller.clone())?;
    let prover = Prover::new(&mut key_store, &statement).map_err(ProveError::from)?;
    let keys_seconds = started.elapsed().as_secs_f64();
    let phases = teller.clone();
    let prover = prover.on_phase(move |phase| phases.phase(phase));
    let output_salts = Secret::output_salts(secret, &models);
    let with = with_salts(&models, &output_salts);
    let proved = match (subject, &values) {
        (Subject::Blocks { blocks, headers, codebook }, _) => {
            let salts = salts(secret, blocks.len());
            let witness = match (&blocks[..], &salts[..]) {
                ([block], [salts]) => Witness::Block { block, codebook, config: None, salts },
                _ => Witness::Blocks { blocks, codebook, salts: &salts },
            };
            prover.prove(&witness, &with, &Binding { context, headers: headers.clone() })?
        }
        (Subject::Values(_), Some(values)) => {
            let salts = vec![secret.map_or(Fr::zero(), Secret::salt); values.commitments()];
            prover.prove(&values.witness(&salts), &with, &Binding { context, headers: Vec::new() })?
        }
        (Subject::Values(_), None) => return Err(nothing()),
    };
    let seen = match &values {
        Some(values) => vec![&values.integers[..]],
        None => proved.fingerprints.iter().map(|found| found.folded.as_flattened()).collect(),
    };
    for (place, model) in models.iter().enumerate() {
        for values in &seen {
            warnings.extend(unlike_calibration(place, model, values));
        }
    }
    let report = report(&proved, &statement, &warnings, keys_seconds, started);
    let secret = secret.map(Secret::to_text);
    Ok((proved.bundle.to_bytes(), secret, Value::Object(report).to_string()))
}

fn nothing() -> Failure {
    let expected = "a block, or values and models that speak of them";
    Failure::argument("subject", expected, "neither", "give models, or a block")
}

/// What models look at, if not at a block.
fn values(
    subject: &Subject,
    models: &[QuantisedModel],
    meanings: &[Meaning],
) -> Result<Option<Values>, Failure> {
    let Subject::Values(documents) = subject else { return Ok(None) };
    let (Some(model), Some(meaning)) = (models.first(), meanings.first()) else { return Err(nothing()) };
    if let Some((place, other)) = meanings.iter().enumerate().find(|(_, other)| other.units != meaning.units)
    {
        return Err(Failure::argument(
            &format!("models[{place}]"),
            &format!("the units of the first model, {}", meaning.units),
            other.units.to_string(),
            "prove models of other units one by one",
        ));
    }
    Ok(Some(Values::read(documents, &model.shape(), &meaning.units)?))
}

fn statement(
    subject: &Subject,
    values: Option<&Values>,
    models: &[QuantisedModel],
    analytics: Option<&str>,
) -> Result<Statement, Failure> {
    let statement = match (subject, values) {
        (Subject::Blocks { blocks, codebook, .. }, _) => match &blocks[..] {
            [block] => {
                let models: Vec<_> = models.iter().map(|model| model.with_salts(&[])).collect();
                statement_for(block, codebook, &models)?
            }
            blocks => {
                if !models.is_empty() {
                    let found = models.len().to_string();
                    let expected = "none: no model speaks about several blocks in one proof";
                    return Err(Failure::argument("models", expected, found, "prove the blocks one by one"));
                }
                if let Some(place) =
                    (1..blocks.len()).find(|place| blocks[..*place].contains(&blocks[*place]))
                {
                    let (name, expected) = (format!("blocks[{place}]"), "another block than those before");
                    return Err(Failure::argument(&name, expected, "one of them again", "leave it out"));
                }
                let sizes: Vec<_> = blocks.iter().map(Size::all_for).collect();
                statement_together(&sizes, codebook)?
            }
        },
        (Subject::Values(_), Some(values)) => {
            let advice = "give each model what it takes: see its dimensions";
            let wrong = |error| Failure::argument("subject", "what the models take", chain(&error), advice);
            values.statement(models).map_err(wrong)?
        }
        (Subject::Values(_), None) => return Err(nothing()),
    };
    let Some(parts) = analytics else { return Ok(statement) };
    let wrong = |error: &dyn std::error::Error| {
        let expected = "\"all\", \"code\", or parts with commas between them, of one block";
        Failure::argument("analytics", expected, chain(error), "see docs/analytics.md")
    };
    let parts = match parts {
        "all" => Part::ALL.to_vec(),
        "code" => Part::OF_CODE.to_vec(),
        named => {
            let names: Vec<&str> = named.split(',').collect();
            let known = |name: &str| Part::ALL.into_iter().find(|part| part.name() == name);
            names.iter().map(|name| known(name)).collect::<Option<_>>().ok_or_else(|| {
                let expected = format!("all, code, or some of {}", Part::ALL.map(Part::name).join(", "));
                Failure::argument("analytics", &expected, format!("{named:?}"), "see docs/analytics.md")
            })?
        }
    };
    let analytics = Analytics::new(&parts, Configuration::Named(Preset::default()), false);
    let analytics = analytics.map_err(|error| wrong(&error))?;
    statement.with_analytics(analytics).map_err(|error| wrong(&error))
}

fn salts(secret: Option<Secret>, count: usize) -> Vec<Salts> {
    match (secret, count) {
        (None, count) => vec![Salts::none(); count],
        (Some(secret), 1) => vec![secret.salts()],
        (Some(secret), count) => secret.salts_of_blocks(count),
    }
}

/// Reads a context.
pub fn context(text: &str) -> Result<Context, Failure> {
    Context::from_hex(text).ok_or_else(|| {
        Failure::argument("context", Context::EXPECTED, format!("{text:?}"), "take a hash's first 31 bytes")
    })
}

fn unlike_calibration(place: usize, model: &QuantisedModel, values: &[i64]) -> Option<String> {
    let beyond = beyond_calibration(model, values);
    let all = model.shape().inputs();
    (beyond > 0).then(|| {
        format!(
            "models[{place}]: {beyond} of {all} inputs lie beyond its quantisers' range, far outside what it was calibrated on: what it \
             says of them was never measured"
        )
    })
}

fn report(
    proved: &Proved,
    statement: &Statement,
    warnings: &[String],
    keys_seconds: f64,
    started: Instant,
) -> Map<String, Value> {
    let profile = &proved.profile;
    let phases: Vec<Value> =
        profile.phases().map(|(phase, time)| json!([phase.name(), time.as_secs_f64()])).collect();
    let mut members = report::object(json!({
        "statement": statement.name(),
        "scheme": proved.bundle.scheme().name(),
        "k": statement.k(),
        "proof_bytes": proved.bundle.proof().len(),
        "keys_seconds": keys_seconds,
        "prove_seconds": profile.total().as_secs_f64(),
        "total_seconds": started.elapsed().as_secs_f64(),
        "phases": phases,
        "warnings": warnings,
    }));
    members.insert("claims".to_owned(), Value::Object(report::claims(&proved.verified)));
    members
}

/// Makes the keys of what a model says alone, and gives the verifying key.
#[pyfunction]
#[pyo3(signature = (model, options, progress))]
pub fn make_keys(
    py: Python<'_>,
    model: &Model,
    options: &Bound<'_, PyAny>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<(String, Py<PyAny>)> {
    let options: Options = options.extract()?;
    let shape = model.inner.shape();
    let (name, key) = run(py, progress, move |cancel, teller| {
        let statement = Statement::new(shape.subject(), [shape]);
        let statement = statement.map_err(|error| Failure::Other(chain(&error)))?;
        let params = options.params.as_ref();
        let mut key_store = key_store(&options.scheme, params, &options.cache, cancel, teller)?;
        let keys = key_store.keys(&statement).map_err(ProveError::from)?;
        Ok((statement.name(), keys.verifying_bytes.clone()))
    })?;
    Ok((name, pyo3::types::PyBytes::new(py, &key).into_any().unbind()))
}

/// Makes a setup for tests, and writes it.
#[pyfunction]
pub fn insecure_setup(py: Python<'_>, k: u32, file: PathBuf) -> PyResult<()> {
    run(py, None, move |_, _| {
        let setup = insecure_test_setup(k, rand::rngs::OsRng).and_then(|setup| setup.write(&file));
        setup.map_err(|error| Failure::Other(chain(&error)))
    })
}

/// Folder of keys where none is given.
#[pyfunction]
pub fn default_cache() -> Option<PathBuf> {
    foldproof_prover::keys::default_folder()
}
