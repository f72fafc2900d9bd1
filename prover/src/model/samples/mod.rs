//! Samples: what models are calibrated and evaluated on.
//!
//! `text` reads them in the formats that people have; here their numbers become integers, in units that a file, a model or
//! [`Units::of`] says.

mod text;
mod units;

use foldproof_circuits::model::{INPUT_BITS, VECTOR_FRACTION_BITS};

use crate::input::InputError;
use crate::input::number::scale_half_up;
use crate::input::record::Path;
pub use text::MAX_BYTES;
pub(crate) use text::check_length;
pub use units::Units;

/// Fraction bits of a fingerprint's values.
pub const FINGERPRINT_FRACTION_BITS: u32 = foldproof_circuits::codebook::FOLD_BITS;
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
    /// Rounded half up to the unit of `kind`, or to that of `units` for its place.
    pub integers: Vec<i64>,
    /// The unit of each integer.
    pub units: Units,
}

/// A sample before its numbers are integers.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    /// `line 3`, if there are several.
    place: Option<String>,
    /// The path of its numbers.
    path: String,
    kind: Kind,
    /// Whether a key says that it is a fingerprint, not its 96 numbers alone.
    said: bool,
    values: Vec<f64>,
    units: Option<Units>,
}

impl Row {
    fn error(&self, error: InputError) -> InputError {
        match &self.place {
            Some(place) => InputError { path: format!("{place}: {}", error.path), ..error },
            None => error,
        }
    }

    /// The same as numbers, not as a fingerprint, unless its key says that it is one.
    fn plain(self) -> Self {
        if self.said { self } else { Self { kind: Kind::Vector, ..self } }
    }

    /// The sample in these units; its own come first, and have to be the same.
    fn sample(self, wanted: Option<&Units>) -> Result<Sample, InputError> {
        let units = match (&self.units, wanted) {
            (Some(own), Some(wanted)) if own != wanted => {
                let advice =
                    "leave them out, or use those that `foldproof model inspect` prints of the model";
                let error =
                    InputError::new("units", format!("{wanted}, as the model has"), own.to_string(), advice);
                return Err(self.error(error));
            }
            (Some(units), _) | (None, Some(units)) => units.clone(),
            (None, None) => Units::default(),
        };
        let limit = 1_i64 << (INPUT_BITS - 1);
        let mut integers = Vec::with_capacity(self.values.len());
        for (i, value) in self.values.iter().enumerate() {
            let scaled = scale_half_up(value * 2f64.powi(-units.exponent(i)), self.kind.fraction_bits());
            match i64::try_from(scaled).ok().filter(|x| (-limit..limit).contains(x)) {
                Some(integer) => integers.push(integer),
                None => {
                    let most = 2f64.powi(units.exponent(i)) * (limit >> self.kind.fraction_bits()) as f64;
                    let advice = match self.kind {
                        Kind::Fingerprint => "use what `foldproof fingerprint --json` prints",
                        Kind::Vector => {
                            "give this feature a coarser unit: `foldproof model import` chooses units by its samples, \
                             and \"units\" beside \"input\" says them (docs/model-import.md)"
                        }
                    };
                    let found = format!("the number {value}");
                    let path = format!("{}[{i}]", self.path);
                    let error = InputError::new(path, format!("a number within ±{most}"), found, advice);
                    return Err(self.error(error));
                }
            }
        }
        Ok(Sample { kind: self.kind, values: self.values, integers, units })
    }
}

/// Reads samples: lines of JSON, indented JSON, an array, EZKL's `input_data`, or CSV, all of one kind and length.
///
/// # Errors
/// Anything else, and numbers beyond the range of their unit, with the place.
pub fn read(bytes: &[u8]) -> Result<Vec<Sample>, InputError> {
    text::rows(bytes)?.into_iter().map(|row| row.sample(None)).collect()
}

/// The same in the units of a model.
///
/// # Errors
/// As [`read`].
pub fn read_in(bytes: &[u8], units: &Units) -> Result<Vec<Sample>, InputError> {
    text::rows(bytes)?.into_iter().map(|row| row.sample(Some(units))).collect()
}

/// The same in units that suit the samples themselves: those of a calibration.
///
/// # Errors
/// As [`read`].
pub fn read_scaled(bytes: &[u8]) -> Result<Vec<Sample>, InputError> {
    scaled(text::rows(bytes)?)
}

/// The same for a model over numbers that are no fingerprints, though they may be 96.
///
/// # Errors
/// As [`read`].
pub fn read_scaled_vectors(bytes: &[u8]) -> Result<Vec<Sample>, InputError> {
    scaled(text::rows(bytes)?.into_iter().map(Row::plain).collect())
}

fn scaled(rows: Vec<Row>) -> Result<Vec<Sample>, InputError> {
    let own = rows.first().and_then(|row| row.units.clone());
    let units = own.unwrap_or_else(|| Units::of(rows.iter().map(|row| (row.kind, &row.values[..]))));
    rows.into_iter().map(|row| row.sample(Some(&units))).collect()
}

/// Reads one sample, over as many lines as it likes.
///
/// # Errors
/// Anything that is not one.
pub fn read_one(bytes: &[u8]) -> Result<Sample, InputError> {
    text::one(bytes)?.sample(None)
}

/// The same in the units of a model.
///
/// # Errors
/// As [`read_one`].
pub fn read_one_in(bytes: &[u8], units: &Units) -> Result<Sample, InputError> {
    text::one(bytes)?.sample(Some(units))
}

/// The same for a model over numbers that are no fingerprints, though they may be 96.
///
/// # Errors
/// As [`read_one`].
pub fn read_one_vector_in(bytes: &[u8], units: &Units) -> Result<Sample, InputError> {
    text::one(bytes)?.plain().sample(Some(units))
}

/// Samples cut into some of `width` numbers, if there is one of many times as many: EZKL writes a whole batch as one.
pub fn cut(samples: Vec<Sample>, width: usize) -> Vec<Sample> {
    match &samples[..] {
        [batch] if width > 0 && batch.values.len() > width && batch.values.len().is_multiple_of(width) => {
            let parts = batch.values.chunks(width).zip(batch.integers.chunks(width));
            let part = |(values, integers): (&[f64], &[i64])| Sample {
                kind: batch.kind,
                values: values.to_vec(),
                integers: integers.to_vec(),
                units: Units::default(),
            };
            if batch.units == Units::default() { parts.map(part).collect() } else { samples }
        }
        _ => samples,
    }
}

/// Whether there are enough to calibrate on and to hold one out.
///
/// # Errors
/// If not.
#[cfg(feature = "onnx")]
pub(crate) fn check_enough(samples: &[Sample]) -> Result<(), InputError> {
    if samples.len() >= HELD_OUT {
        return Ok(());
    }
    let expected = format!("at least {HELD_OUT}, of which every fifth is held out");
    Err(InputError::new("samples", expected, samples.len().to_string(), "calibrate on a few hundred"))
}

/// Calibration samples and held-out ones: every fifth is held out.
pub fn split(samples: Vec<Sample>) -> (Vec<Sample>, Vec<Sample>) {
    let (mut calibration, mut held_out) = (Vec::new(), Vec::new());
    for (index, sample) in samples.into_iter().enumerate() {
        if index % HELD_OUT == HELD_OUT - 1 { held_out.push(sample) } else { calibration.push(sample) }
    }
    (calibration, held_out)
}

/// Every run of `positions` samples, one after the other: the windows of a sequence.
pub fn windows(samples: &[Sample], positions: usize) -> Vec<Sample> {
    let joined = |window: &[Sample]| {
        let first = window.first()?;
        let exponents: Vec<i32> = window
            .iter()
            .flat_map(|sample| (0..sample.values.len()).map(|i| sample.units.exponent(i)))
            .collect();
        Some(Sample {
            kind: first.kind,
            values: window.iter().flat_map(|sample| &sample.values).copied().collect(),
            integers: window.iter().flat_map(|sample| &sample.integers).copied().collect(),
            units: Units::new(exponents).unwrap_or_default(),
        })
    };
    samples.windows(positions.max(1)).filter_map(joined).collect()
}

/// Calibration windows and held-out ones: every fifth stretch of them is held out, without those that share samples with
/// calibration where there are enough.
pub fn split_windows(samples: Vec<Sample>, positions: usize) -> (Vec<Sample>, Vec<Sample>) {
    let stretch = positions.max(1) * HELD_OUT;
    if samples.len() < stretch * HELD_OUT {
        return split(samples);
    }
    let (mut calibration, mut held_out) = (Vec::new(), Vec::new());
    for (index, sample) in samples.into_iter().enumerate() {
        if index / stretch % HELD_OUT != HELD_OUT - 1 {
            calibration.push(sample);
        } else if (positions - 1..=stretch - positions).contains(&(index % stretch)) {
            held_out.push(sample);
        }
    }
    (calibration, held_out)
}

/// The path of the numbers in a document.
fn path(kind: Kind) -> String {
    Path::Key(&Path::Root, kind.key()).to_string()
}
