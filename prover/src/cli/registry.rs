//! Registry files: the models a verifier knows.

use std::path::Path;

use anyhow::{Context, bail};
use foldproof_circuits::model::Head;
use foldproof_verifier::scalar::from_hex;
use foldproof_verifier::{RegisteredModel, Status};
use serde::Deserialize;

use super::shared;

/// A registry file. Unknown members are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    models: Vec<Entry>,
}

/// An entry of a registry file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    version: String,
    /// tags, anomaly or class.
    head: String,
    /// 0x hex, as `foldproof model commit` prints it.
    commitment: String,
    #[serde(default)]
    labels: Vec<String>,
    /// active, retired or revoked.
    status: String,
    /// Seconds since 1970.
    valid_from: Option<u64>,
    valid_until: Option<u64>,
}

/// Reads a registry file.
pub fn read(file: &Path) -> anyhow::Result<Vec<RegisteredModel>> {
    let name = || file.display().to_string();
    let parsed: File = serde_json::from_slice(&shared::read(file)?)
        .with_context(|| format!("{}: not a registry of models", name()))?;
    let mut models: Vec<RegisteredModel> = Vec::new();
    for (index, entry) in parsed.models.into_iter().enumerate() {
        let place = || format!("{}: models[{index}]", name());
        let model = entry.model().with_context(place)?;
        if models.iter().any(|other| other.commitment == model.commitment) {
            bail!("{}.commitment: one entry per commitment was expected, found a second one", place());
        }
        if models.iter().any(|other| (&other.name, &other.version) == (&model.name, &model.version)) {
            let (name, version) = (model.name, model.version);
            bail!("{}: one entry per name and version was expected, found {name} {version} again", place());
        }
        models.push(model);
    }
    Ok(models)
}

impl Entry {
    fn model(self) -> anyhow::Result<RegisteredModel> {
        let head = Head::from_name(&self.head)
            .with_context(|| format!("head: tags, anomaly or class was expected, found {:?}", self.head))?;
        let commitment = from_hex(&self.commitment).with_context(|| {
            format!("commitment: 0x and 64 digits were expected, found {:?}", self.commitment)
        })?;
        let status = Status::from_name(&self.status).with_context(|| {
            format!("status: active, retired or revoked was expected, found {:?}", self.status)
        })?;
        if head.has_labels() == self.labels.is_empty() {
            bail!("labels: tags and classes have them, anomalies do not; found {}", self.labels.len());
        }
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && from >= until
        {
            bail!("valid_until: more than valid_from = {from} was expected, found {until}");
        }
        Ok(RegisteredModel {
            name: self.name,
            version: self.version,
            head,
            commitment,
            labels: self.labels,
            status,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        })
    }
}
