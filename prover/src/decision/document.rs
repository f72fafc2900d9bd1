//! The members of documents, as serde reads them. Unknown members are errors.

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

fn sixteen() -> u32 {
    16
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    pub validators: Vec<Scored>,
    pub method: Option<String>,
    pub threshold: Option<[u16; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scored {
    pub score: f64,
    pub confidence: f64,
    pub stake: Stake,
}

/// A whole number, or one in a text.
pub struct Stake(pub u64);

impl<'de> Deserialize<'de> for Stake {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;

        impl Visitor<'_> for Whole {
            type Value = Stake;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number below 2^64, or one in a text")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Stake, E> {
                Ok(Stake(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Stake, E> {
                text.parse().map(Stake).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Whole)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriteriaOfScore {
    pub criteria: Vec<OneCriterion>,
    pub method: Option<String>,
    #[serde(default = "sixteen")]
    pub fraction_bits: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneCriterion {
    pub raw: f64,
    pub min: f64,
    pub max: f64,
    pub weight: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    pub fingerprint: Vec<f64>,
    pub index: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub values: Vec<f64>,
    pub count: u8,
    #[serde(default = "sixteen")]
    pub fraction_bits: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QTable {
    pub table: Vec<Vec<f64>>,
    pub state: State,
    #[serde(default = "sixteen")]
    pub fraction_bits: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub size: u64,
    pub latency_us: u64,
    pub partition: bool,
    pub loss_ppm: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bandit {
    pub arms: Vec<Arm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    pub alpha: u32,
    pub beta: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contextual {
    pub arms: Vec<LinearArm>,
    pub features: [f64; 4],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearArm {
    pub weights: [f64; 4],
    pub matrix: [[f64; 4]; 4],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mempool {
    pub now: Snapshot,
    pub before: Option<Snapshot>,
    pub size: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    pub block: String,
    pub time: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    pub fingerprints: Vec<Vec<f64>>,
    #[serde(default)]
    pub distances: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Departed {
    pub fingerprint: Vec<f64>,
    pub centres: Vec<Vec<f64>>,
    pub usual: Option<[f64; 2]>,
    #[serde(default)]
    pub distances: bool,
}
