//! Samples: what models are calibrated and evaluated on.

use foldproof_circuits::model::{INPUT_BITS, MAX_WIDTH, VECTOR_FRACTION_BITS};

use crate::codebook::train::FINGERPRINT;
use crate::input::InputError;
use crate::input::json::{Json, parse};
use crate::input::number::scale_half_up;
use crate::input::record::{Path, Record};

/// Fraction bits of a fingerprint's values.
pub const FINGERPRINT_FRACTION_BITS: u32 = foldproof_circuits::codebook::FOLD_BITS;
/// Longest sample, in bytes: many times what its numbers take, since other keys may stand beside them.
pub const MAX_BYTES: usize = 1 << 20;
/// Every fifth sample is held out.
const HELD_OUT: usize = 5;

/// What a sample is of, which decides its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The 96 values of a fingerprint, at 2⁻³².
    Fingerprint,
    /// Anything else, at 2⁻²⁰.
    Vector,
}

impl Kind {
    /// Fraction bits of the integers.
    pub fn fraction_bits(self) -> u32 {
        match self {
            Self::Fingerprint => FINGERPRINT_FRACTION_BITS,
            Self::Vector => VECTOR_FRACTION_BITS,
        }
    }

    /// The key in a sample.
    pub fn key(self) -> &'static str {
        match self {
            Self::Fingerprint => "fingerprint",
            Self::Vector => "input",
        }
    }
}

/// A sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What it is of.
    pub kind: Kind,
    /// The numbers as written.
    pub values: Vec<f64>,
    /// Rounded half up to the unit of `kind`.
    pub integers: Vec<i64>,
}

/// Reads lines of `{"fingerprint": [96 numbers]}` or `{"input": [n numbers]}`, all alike; other keys are ignored,
/// empty lines skipped.
///
/// # Errors
/// Lines of any other kind, with the number of the line in the path.
pub fn read(bytes: &[u8]) -> Result<Vec<Sample>, InputError> {
    let mut samples: Vec<Sample> = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let located =
            |error: InputError| InputError { path: format!("line {number}: {}", error.path), ..error };
        let sample = read_one(line).map_err(located)?;
        if let Some(first) = samples.first()
            && (first.kind, first.values.len()) != (sample.kind, sample.values.len())
        {
            let show = |s: &Sample| format!("{} of {}", s.kind.key(), s.values.len());
            let error =
                InputError::new(Path::Root, show(first), show(&sample), "use samples of one kind in a file");
            return Err(located(error));
        }
        samples.push(sample);
    }
    Ok(samples)
}

/// Reads one sample, over as many lines as it likes.
///
/// # Errors
/// Anything that is not such an object.
pub fn read_one(bytes: &[u8]) -> Result<Sample, InputError> {
    check_length(bytes)?;
    let json = parse(bytes)?;
    let record = Record::new(&json, Path::Root)?;
    let advice = "write a line per sample, {\"fingerprint\": [96 numbers]} or {\"input\": [numbers]}";
    let (kind, value) = match (record.get("fingerprint"), record.get("input")) {
        (Some(value), None) => (Kind::Fingerprint, value),
        (None, Some(value)) => (Kind::Vector, value),
        (first, _) => {
            let found = if first.is_some() { "both" } else { "neither" };
            return Err(InputError::new(Path::Root, "fingerprint or input", found, advice));
        }
    };
    let path = Path::Key(&Path::Root, kind.key());
    let expected = match kind {
        Kind::Fingerprint => format!("an array of {FINGERPRINT} numbers"),
        Kind::Vector => {
            format!("an array of 1 to {MAX_WIDTH} numbers (not {FINGERPRINT}: those are a fingerprint)")
        }
    };
    let items = match value {
        Json::Array(items) => match kind {
            Kind::Fingerprint if items.len() == FINGERPRINT => items,
            Kind::Vector
                if items.len() != FINGERPRINT && (1..=usize::from(MAX_WIDTH)).contains(&items.len()) =>
            {
                items
            }
            _ => return Err(InputError::new(path, expected, value.describe(), advice)),
        },
        other => return Err(InputError::new(path, expected, other.describe(), advice)),
    };
    let limit = 1_i64 << (INPUT_BITS - 1);
    let mut sample = Sample { kind, values: Vec::new(), integers: Vec::new() };
    for (i, item) in items.iter().enumerate() {
        let number = match item {
            Json::Number(x) if x.is_finite() => Some(*x),
            _ => None,
        };
        let integer = number.and_then(|x| i64::try_from(scale_half_up(x, kind.fraction_bits())).ok());
        let (Some(number), Some(integer)) = (number, integer.filter(|x| (-limit..limit).contains(x))) else {
            let expected = format!("a number within ±{}", limit >> kind.fraction_bits());
            return Err(InputError::new(Path::Index(&path, i), expected, item.describe(), advice));
        };
        sample.values.push(number);
        sample.integers.push(integer);
    }
    Ok(sample)
}

/// Whether a sample is no longer than one may be.
pub(crate) fn check_length(bytes: &[u8]) -> Result<(), InputError> {
    if bytes.len() <= MAX_BYTES {
        return Ok(());
    }
    let (expected, found) = (format!("at most {MAX_BYTES} bytes"), bytes.len().to_string());
    Err(InputError::new(Path::Root, expected, found, "write a line per sample"))
}

/// Calibration samples and held-out ones: every fifth is held out.
pub fn split(samples: Vec<Sample>) -> (Vec<Sample>, Vec<Sample>) {
    let (mut calibration, mut held_out) = (Vec::new(), Vec::new());
    for (index, sample) in samples.into_iter().enumerate() {
        if index % HELD_OUT == HELD_OUT - 1 { held_out.push(sample) } else { calibration.push(sample) }
    }
    (calibration, held_out)
}
