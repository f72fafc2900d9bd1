//! Documents that decisions are made from: docs/decisions.md has an example of each.
//!
//! Numbers are decimals, rounded once to the unit of their place, half up; what is beyond its range is an error that names the member.

mod document;
mod kind;

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::evidence::{Evidence, Pending, Values};
use foldproof_circuits::ruling::{FEATURE_BITS, USUAL_BITS};
use foldproof_circuits::stages::choice::{FEATURES, Kind as TableKind, NetworkState, Table, TableError};
use foldproof_circuits::stages::consensus::{
    self, ConsensusError, METHODS, SCORE_ONE, Threshold, Validator, Validators,
};
use foldproof_circuits::stages::criteria::{self, Criteria, CriteriaError, Criterion};
use foldproof_circuits::stages::signals::Departure;
use foldproof_circuits::statement::{Oversize, Size};
use foldproof_verifier::json::{InputError, shorten, typed};
use serde::de::DeserializeOwned;

use crate::input::number::scale_half_up;
pub use kind::Kind;

/// Largest document, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
const ADVICE: &str = "docs/decisions.md has an example of each document";

/// Why a document is none to decide from.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A member.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Validators.
    #[error(transparent)]
    Consensus(#[from] ConsensusError),
    /// Criteria.
    #[error(transparent)]
    Criteria(#[from] CriteriaError),
    /// A table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A pending block that no circuit holds.
    #[error("{0}")]
    Oversize(Oversize),
    /// A file that a document names.
    #[error("{member}: {source}")]
    Block {
        /// Where.
        member: &'static str,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a document does not hold itself.
pub trait Beside {
    /// The codebook that normalises fingerprints.
    fn codebook(&self) -> &Codebook;

    /// The block in a file that a document names.
    ///
    /// # Errors
    /// If it cannot be read.
    fn block(&self, file: &str) -> Result<Block, Box<dyn std::error::Error + Send + Sync>>;
}

/// Reads a document.
///
/// # Errors
/// What is none, with the member, what was expected and what was found.
pub fn read(kind: Kind, bytes: &[u8], beside: &impl Beside) -> Result<Evidence, ReadError> {
    match kind {
        Kind::Consensus => consensus(parse(bytes, "scores of validators")?),
        Kind::Criteria => criteria(&parse(bytes, "criteria of a score")?),
        Kind::Nearest => nearest(&parse(bytes, "a fingerprint and an index")?, beside.codebook()),
        Kind::Top => {
            let document::List { values, count, fraction_bits } = parse(bytes, "a list of values")?;
            Ok(Evidence::Top { table: table(TableKind::Values, "values", &[values], fraction_bits)?, count })
        }
        Kind::QTable => {
            let document::QTable { table: rows, state, fraction_bits } =
                parse(bytes, "a Q table and a state")?;
            let document::State { size, latency_us: latency, partition, loss_ppm: loss } = state;
            let state = NetworkState { size, latency, partition, loss }.row();
            Ok(Evidence::QTable { table: table(TableKind::Q, "table", &rows, fraction_bits)?, state })
        }
        Kind::Bandit => {
            let document::Bandit { arms } = parse(bytes, "arms")?;
            let values = arms.iter().flat_map(|arm| [arm.alpha, arm.beta].map(i64::from)).collect();
            Ok(Evidence::Bandit { table: Table::new(TableKind::Bandit, values)? })
        }
        Kind::Contextual => contextual(&parse(bytes, "arms and features")?),
        Kind::Mempool => mempool(&parse(bytes, "a pending block at a time")?, beside),
        Kind::Drift => {
            let document::Drift { fingerprints, distances } = parse(bytes, "fingerprints")?;
            if !(2..=3).contains(&fingerprints.len()) {
                return Err(wrong("fingerprints", "two or three, oldest first", fingerprints.len()));
            }
            let each = fingerprints.iter().enumerate();
            let fingerprints = each.map(|(i, values)| fingerprint(&format!("fingerprints[{i}]"), values));
            Ok(Evidence::Drift { fingerprints: fingerprints.collect::<Result<_, _>>()?, distances })
        }
        Kind::Departure => departure(&parse(bytes, "a fingerprint and centres")?),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], expected: &str) -> Result<T, InputError> {
    typed(bytes, MAX_BYTES, expected, ADVICE)
}

fn wrong(path: impl ToString, expected: impl Into<String>, found: impl ToString) -> ReadError {
    InputError::new(path, expected, found.to_string(), ADVICE).into()
}

/// ⌊x·2^fraction⌉, from `least` to `greatest`.
fn scaled(path: impl ToString, x: f64, fraction: u32, [least, greatest]: [i64; 2]) -> Result<i64, ReadError> {
    let units = scale_half_up(x, fraction);
    match i64::try_from(units) {
        Ok(units) if (least..=greatest).contains(&units) => Ok(units),
        _ => {
            let [least, greatest] = [least, greatest].map(|end| decimal(end, fraction));
            Err(wrong(path, format!("a number from {least} to {greatest}"), x))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn decimal(units: i64, fraction: u32) -> f64 {
    units as f64 * 2f64.powi(-fraction.cast_signed())
}

/// Ends of a signed number of so many bits.
const fn signed(bits: u32) -> [i64; 2] {
    [-(1 << (bits - 1)), (1 << (bits - 1)) - 1]
}

fn fraction_bits(bits: u32) -> Result<u32, ReadError> {
    if bits <= 40 { Ok(bits) } else { Err(wrong("fraction_bits", "0 to 40", bits)) }
}

fn named<T>(
    text: Option<&String>,
    first: T,
    names: &str,
    find: impl Fn(&str) -> Option<T>,
) -> Result<T, ReadError> {
    let Some(text) = text else { return Ok(first) };
    find(text).ok_or_else(|| wrong("method", format!("one of {names}"), format!("{:?}", shorten(text))))
}

fn consensus(document: document::Scores) -> Result<Evidence, ReadError> {
    let document::Scores { validators, method, threshold } = document;
    let names = METHODS.map(|(_, name)| name).join(", ");
    let method = named(method.as_ref(), consensus::Method::Median, &names, consensus::Method::from_name)?;
    let threshold = match threshold {
        Some([num, den]) => Threshold::new(num, den)?,
        None => Threshold::default(),
    };
    let whole = [0, SCORE_ONE.into()];
    let one = |(i, scored): (usize, &document::Scored)| {
        let part = |name: &str, x: f64| scaled(format!("validators[{i}].{name}"), x, 24, whole);
        Ok(Validator {
            // From 0 to 2²⁴, as has been checked.
            score: u32::try_from(part("score", scored.score)?).unwrap_or_default(),
            confidence: u32::try_from(part("confidence", scored.confidence)?).unwrap_or_default(),
            stake: scored.stake.0,
        })
    };
    let list = validators.iter().enumerate().map(one).collect::<Result<_, ReadError>>()?;
    Ok(Evidence::Consensus { validators: Validators::new(list)?, method, threshold })
}

fn criteria(document: &document::CriteriaOfScore) -> Result<Evidence, ReadError> {
    let names = criteria::Method::ALL.map(criteria::Method::name).join(", ");
    let simple = criteria::Method::Simple;
    let method = named(document.method.as_ref(), simple, &names, criteria::Method::from_name)?;
    let bits = fraction_bits(document.fraction_bits)?;
    let one = |(i, criterion): (usize, &document::OneCriterion)| {
        let part = |name: &str, x: f64| scaled(format!("criteria[{i}].{name}"), x, bits, signed(48));
        let weight = scaled(format!("criteria[{i}].weight"), criterion.weight, bits, [0, u32::MAX.into()])?;
        Ok(Criterion {
            raw: part("raw", criterion.raw)?,
            min: part("min", criterion.min)?,
            max: part("max", criterion.max)?,
            weight: u32::try_from(weight).unwrap_or_default(),
        })
    };
    let list = document.criteria.iter().enumerate().map(one).collect::<Result<_, ReadError>>()?;
    Ok(Evidence::Criteria { criteria: Criteria::new(list)?, method })
}

/// A fingerprint, as `foldproof fingerprint --json` prints it.
fn fingerprint(path: &str, values: &[f64]) -> Result<Values, ReadError> {
    let each = values.iter().enumerate();
    let units = each.map(|(i, value)| scaled(format!("{path}[{i}]"), *value, 32, signed(36)));
    let units: Vec<i64> = units.collect::<Result<_, _>>()?;
    units.try_into().map_err(|other: Vec<i64>| wrong(path, "96 numbers", other.len()))
}

fn nearest(document: &document::Index, codebook: &Codebook) -> Result<Evidence, ReadError> {
    let signature = |(i, text): (usize, &String)| {
        let digits = text.strip_prefix("0x").filter(|digits| (1..=16).contains(&digits.len()));
        digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).ok_or_else(|| {
            wrong(format!("index[{i}]"), "0x and up to 16 digits", format!("{:?}", shorten(text)))
        })
    };
    Ok(Evidence::Nearest {
        values: Box::new(fingerprint("fingerprint", &document.fingerprint)?),
        codebook: Box::new(codebook.clone()),
        index: document.index.iter().enumerate().map(signature).collect::<Result<_, _>>()?,
    })
}

/// Rows of a table at 2^−fraction.
fn table(kind: TableKind, name: &str, rows: &[Vec<f64>], fraction: u32) -> Result<Table, ReadError> {
    let fraction = fraction_bits(fraction)?;
    let mut values = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        // A list has its values in one row here.
        let columns = if kind == TableKind::Values { row.len() } else { kind.columns() };
        if row.len() != columns {
            return Err(wrong(format!("{name}[{i}]"), format!("{columns} numbers"), row.len()));
        }
        let path = |j: usize| match kind {
            TableKind::Values => format!("{name}[{j}]"),
            _ => format!("{name}[{i}][{j}]"),
        };
        for (j, value) in row.iter().enumerate() {
            values.push(scaled(path(j), *value, fraction, signed(48))?);
        }
    }
    Ok(Table::new(kind, values)?)
}

fn contextual(document: &document::Contextual) -> Result<Evidence, ReadError> {
    let rows = document.arms.iter().map(|arm| [&arm.weights[..], arm.matrix.as_flattened()].concat());
    let rows: Vec<Vec<f64>> = rows.collect();
    let mut features = [0; FEATURES];
    for (i, (units, x)) in features.iter_mut().zip(document.features).enumerate() {
        *units = scaled(format!("features[{i}]"), x, 24, signed(FEATURE_BITS))?;
    }
    Ok(Evidence::Contextual { table: table(TableKind::Contextual, "arms", &rows, 24)?, features })
}

fn mempool(document: &document::Mempool, beside: &impl Beside) -> Result<Evidence, ReadError> {
    let pending = |member: &'static str, snapshot: &document::Snapshot| {
        let block = beside.block(&snapshot.block).map_err(|source| ReadError::Block { member, source })?;
        if snapshot.time >> 53 != 0 {
            return Err(wrong(format!("{member}.time"), "seconds below 2^53", snapshot.time));
        }
        Ok(Box::new(Pending { block, time: snapshot.time }))
    };
    let now = pending("now", &document.now)?;
    let before = document.before.as_ref().map(|before| pending("before", before)).transpose()?;
    let size = match &document.size {
        Some(name) => Size::ALL.into_iter().find(|size| size.name() == name).ok_or_else(|| {
            let names = Size::ALL.map(Size::name).join(", ");
            wrong("size", format!("one of {names}"), format!("{:?}", shorten(name)))
        })?,
        None => Size::for_block(&now.block).map_err(ReadError::Oversize)?,
    };
    Ok(Evidence::Mempool { size, now, before })
}

fn departure(document: &document::Departed) -> Result<Evidence, ReadError> {
    let usual = match document.usual {
        Some(usual) => {
            let mut units = Departure::USUAL;
            for (i, (units, x)) in units.iter_mut().zip(usual).enumerate() {
                let found = scaled(format!("usual[{i}]"), x, 32, [0, (1 << USUAL_BITS[i]) - 1])?;
                *units = found.unsigned_abs();
            }
            units
        }
        None => Departure::USUAL,
    };
    Ok(Evidence::Departure {
        values: Box::new(fingerprint("fingerprint", &document.fingerprint)?),
        centres: table(TableKind::Centres, "centres", &document.centres, 32)?,
        usual,
        distances: document.distances,
    })
}
