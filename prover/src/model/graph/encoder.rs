//! LabelEncoder of ai.onnx.ml: a table from keys to values.

use std::collections::HashMap;

use super::Wrong;
use super::attributes::Attributes;
use super::tensor::{Data, Kind, Tensor};

/// A key. Floats are compared as the bits of float32, zeros and what is no number as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Whole(i64),
    Real(u32),
}

impl Key {
    fn real(x: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "keys are float32")]
        let x = x as f32;
        Self::Real(if x == 0.0 {
            0
        } else if x.is_nan() {
            f32::NAN.to_bits()
        } else {
            x.to_bits()
        })
    }

    fn all(data: &Data) -> Vec<Self> {
        match data {
            Data::Text(texts) => texts.iter().cloned().map(Self::Text).collect(),
            Data::Whole(values) => values.iter().copied().map(Self::Whole).collect(),
            Data::Bool(values) => values.iter().map(|x| Self::Whole(i64::from(*x))).collect(),
            Data::Real(values) => values.iter().copied().map(Self::real).collect(),
        }
    }
}

/// A LabelEncoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    kind: Kind,
    places: HashMap<Key, usize>,
    /// A value for each key, and last that of all others.
    values: Tensor,
}

fn list(a: &Attributes<'_>, stem: &str) -> Result<Option<Data>, Wrong> {
    if let Some(tensor) = a.tensor(&format!("{stem}_tensor")) {
        return tensor.map(|tensor| Some(tensor.data().clone()));
    }
    let texts = a.texts(&format!("{stem}_strings"));
    if !texts.is_empty() {
        return Ok(Some(Data::Text(texts)));
    }
    if let Some(values) = a.integers(&format!("{stem}_int64s")).filter(|values| !values.is_empty()) {
        return Ok(Some(Data::Whole(values)));
    }
    let values = a.reals(&format!("{stem}_floats"));
    Ok((!values.is_empty()).then_some(Data::Real(values)))
}

/// `values` and one more.
fn with_default(values: Data, a: &Attributes<'_>) -> Result<Data, Wrong> {
    let default = a.tensor("default_tensor").transpose()?;
    let other = || Wrong::new("a default of the type of the values", "another type");
    Ok(match values {
        Data::Text(mut texts) => {
            texts.push(match default.as_ref().map(Tensor::data) {
                Some(Data::Text(texts)) => texts.first().cloned().ok_or_else(other)?,
                Some(_) => return Err(other()),
                None => a.text("default_string", "_Unused"),
            });
            Data::Text(texts)
        }
        Data::Whole(mut values) => {
            values.push(match default {
                Some(tensor) => tensor.integers()?.first().copied().ok_or_else(other)?,
                None => a.integer("default_int64", -1),
            });
            Data::Whole(values)
        }
        Data::Real(mut values) => {
            values.push(match default {
                Some(tensor) => tensor.single()?,
                None => a.real("default_float", -0.0),
            });
            Data::Real(values)
        }
        Data::Bool(_) => return Err(Wrong::new("values that are texts, integers or floats", "bools")),
    })
}

impl Encoder {
    /// The attributes of a node.
    pub(super) fn read(a: &Attributes<'_>) -> Result<Self, Wrong> {
        // Version 1 has names of classes, and encodes or decodes as its input is.
        let classes = a.texts("classes_strings");
        if !classes.is_empty() {
            let advice = "export with version 2 or later of ai.onnx.ml";
            return Err(Wrong::with("keys and values", "classes_strings, which is version 1", advice));
        }
        let (Some(keys), Some(values)) = (list(a, "keys")?, list(a, "values")?) else {
            return Err(Wrong::new("keys and values", "one of them alone, or none"));
        };
        let kind = match &keys {
            Data::Text(_) => Kind::Text,
            Data::Whole(_) | Data::Bool(_) => Kind::Whole,
            Data::Real(_) => Kind::Real,
        };
        let mut places = HashMap::new();
        for (place, key) in Key::all(&keys).into_iter().enumerate() {
            // As onnxruntime: of a key that is there twice the first counts.
            places.entry(key).or_insert(place);
        }
        let keys = Tensor::new(vec![keys.len()], keys)?.len();
        let (count, values) = (values.len(), with_default(values, a)?);
        if count != keys {
            return Err(Wrong::new(format!("{keys} values, one for each key"), count.to_string()));
        }
        Ok(Self { kind, places, values: Tensor::new(vec![keys + 1], values)? })
    }

    /// The values of keys.
    pub(super) fn encode(&self, x: &Tensor) -> Result<Tensor, Wrong> {
        if x.kind() != self.kind {
            return Err(Wrong::new(self.kind.name(), x.kind().name()));
        }
        let other = self.values.len() - 1;
        let place = |key: &Key| self.places.get(key).copied().unwrap_or(other);
        let places: Vec<usize> = Key::all(x.data()).iter().map(place).collect();
        self.values.pick(x.dims().to_vec(), &places)
    }
}
