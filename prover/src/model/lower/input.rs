//! Quantisers of the input, from the graph's own normalisation or the calibration samples.

use std::collections::BTreeSet;

use foldproof_circuits::model::{INPUT_BITS, INPUT_MULTIPLIER_BITS, INPUT_SHIFT, InputQuantiser};

use super::value::Raw;
use crate::input::InputError;
use crate::model::samples::Sample;

/// Most deviations of a normalised input that are told apart.
const MOST: f64 = 16.0;
/// Room beyond the greatest value of an input that the graph does not normalise.
const HEADROOM: f64 = 1.25;
/// Units of channels may differ by so much before each gets its own.
const LIKE: f64 = 8.0;
/// Part of a normalised unit that a sample's own rounding may be, before a value that never varies is left out.
const COARSE: f64 = 1.0 / 64.0;

/// Quantisers of the channels, and of each the normalised value of 1 and of 0.
pub(super) struct Quantised {
    pub quantisers: Vec<InputQuantiser>,
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
    /// What there is to say.
    pub notes: Vec<String>,
}

/// Which units channels may have.
pub(super) struct Units {
    /// Whether channels of other sizes may have units of their own.
    pub own: bool,
    /// These always have the same, which is as fine as their numbers allow.
    pub level: BTreeSet<usize>,
    /// These have the unit 1.
    pub whole: BTreeSet<usize>,
}

/// One channel in calibration.
struct Column {
    least: f64,
    greatest: f64,
    /// Fraction bits of its integers.
    bits: i32,
    constant: bool,
    value: f64,
}

impl Column {
    fn of(samples: &[Sample], places: &[usize]) -> Self {
        let first = samples.first();
        let exponent = |s: &Sample| places.first().map_or(0, |place| s.units.exponent(*place));
        let bits = first.map_or(0, |s| s.kind.fraction_bits() as i32 - exponent(s));
        let all = || samples.iter().flat_map(|s| places.iter().filter_map(|place| s.values.get(*place)));
        let integers =
            || samples.iter().flat_map(|s| places.iter().filter_map(|place| s.integers.get(*place)));
        let first = integers().next();
        Self {
            least: all().copied().fold(f64::INFINITY, f64::min),
            greatest: all().copied().fold(f64::NEG_INFINITY, f64::max),
            bits,
            constant: integers().all(|x| Some(x) == first),
            value: all().next().copied().unwrap_or(0.0),
        }
    }

    /// How far a sample's number may be from what it stands for.
    fn resolution(&self) -> f64 {
        (2f64.powi(-self.bits) / 2.0).max(self.least.abs().max(self.greatest.abs()) * 2f64.powi(-25))
    }
}

/// The normalisation of each channel: `scale`, `shift`; none if positions differ.
fn channels(raw: &Raw, channels: usize) -> Option<Vec<(f64, f64)>> {
    let mut known: Vec<Option<(f64, f64)>> = vec![None; channels];
    for ((place, scale), shift) in raw.places.iter().zip(&raw.scale).zip(&raw.shift) {
        match &mut known[place % channels] {
            Some(known) if *known != (*scale, *shift) => return None,
            known => *known = Some((*scale, *shift)),
        }
    }
    // What is never used counts as anything.
    Some(known.into_iter().map(|known| known.unwrap_or((1.0, 0.0))).collect())
}

/// How many channels the input has for this normalisation: one for each number of a position, or of the whole input.
pub(super) fn count(raw: &Raw, dims: &[usize]) -> usize {
    let all: usize = dims.iter().product();
    let last = dims.last().copied().unwrap_or(1).max(1);
    if channels(raw, last).is_some() { last } else { all }
}

/// Chooses quantisers for activations of `limb` bits.
///
/// # Errors
/// A channel that no quantiser holds.
pub(super) fn quantise(
    raw: &Raw,
    width: usize,
    total: usize,
    samples: &[Sample],
    limb: u32,
    Units { own, level, whole }: &Units,
) -> Result<Quantised, InputError> {
    let affine = channels(raw, width).unwrap_or_else(|| vec![(1.0, 0.0); width]);
    let columns: Vec<Column> =
        (0..width).map(|j| Column::of(samples, &(j..total).step_by(width).collect::<Vec<_>>())).collect();
    let half = 2f64.powi(limb as i32 - 1);
    let reach = |column: &Column, (scale, shift): (f64, f64)| {
        (scale * column.least + shift).abs().max((scale * column.greatest + shift).abs())
    };
    let normalised = raw.is_clipped() || affine.iter().any(|pair| *pair != (1.0, 0.0));
    let greatest = columns.iter().zip(&affine).map(|(column, pair)| reach(column, *pair)).fold(0.0, f64::max);
    let mut out =
        Quantised { quantisers: Vec::new(), scale: Vec::new(), shift: Vec::new(), notes: Vec::new() };
    let power = |x: f64| if x > 0.0 { 2f64.powf(x.log2().ceil()) } else { 1.0 };
    // The real unit and what is 0.
    let (unit, middle) = if raw.low.is_finite() && raw.high.is_finite() && raw.high > raw.low {
        ((raw.high - raw.low) / (2.0 * half), (raw.high + raw.low) / 2.0)
    } else if normalised {
        (power(greatest.clamp(4.0, MOST)) / half, 0.0)
    } else {
        (power(greatest * HEADROOM) / half, 0.0)
    };
    let varying: Vec<f64> = columns.iter().filter(|c| !c.constant).map(|c| reach(c, (1.0, 0.0))).collect();
    let least = varying.iter().copied().fold(f64::INFINITY, f64::min);
    let spread = |c: &Column| (c.greatest - c.least) / 2.0;
    let narrow = |c: &Column| !c.constant && spread(c) * LIKE * LIKE < greatest;
    let own =
        *own && !normalised && (columns.iter().any(narrow) || least * LIKE < greatest || !level.is_empty());
    let widest = level.iter().filter_map(|j| columns.get(*j)).map(spread).fold(0.0, f64::max);
    if !normalised && whole.len() < width {
        out.notes.push(if own {
            "the graph does not normalise its input: each channel gets a unit and a zero by calibration"
                .into()
        } else {
            "the graph does not normalise its input: its unit is chosen by calibration".into()
        });
    }
    for (j, (column, (scale, shift))) in columns.iter().zip(affine).enumerate() {
        if whole.contains(&j) {
            // 2⁴⁰ times what an integer of the sample stands for.
            let one = 2f64.powi(INPUT_SHIFT as i32 - column.bits);
            if scale != 1.0 || shift != 0.0 || !(1.0..2f64.powi(INPUT_MULTIPLIER_BITS as i32)).contains(&one)
            {
                let advice = "give integers that index a table as they are, within ±32,768";
                let found = format!("{scale}·x + {shift}, in units of 2^{}", -column.bits);
                return Err(InputError::new(format!("input {j}"), "tokens as they are", found, advice));
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a power of two")]
            out.quantisers.push(InputQuantiser { mean: 0, multiplier: one as u64 });
            out.scale.push(1.0);
            out.shift.push(0.0);
            continue;
        }
        let steepness = if normalised { scale.abs() } else { 0.0 };
        let fixed = |x: f64| (scale * x + shift).clamp(raw.low, raw.high);
        if scale == 0.0 || (column.constant && steepness * column.resolution() > COARSE) {
            // As a graph of float32 gets it, which is what its own mean was computed from.
            #[expect(clippy::cast_possible_truncation, reason = "this is the rounding")]
            let value = f64::from(column.value as f32);
            if scale != 0.0 {
                out.notes.push(format!(
                    "input {j} is {value} in all of calibration, and its divisor {:e} is below what samples resolve: it \
                     is left out, and no other value of it changes the output",
                    1.0 / scale.abs()
                ));
            }
            out.quantisers.push(InputQuantiser { mean: 0, multiplier: 0 });
            out.scale.push(0.0);
            out.shift.push(fixed(value));
            continue;
        }
        let (unit, zero) = if own && !column.constant {
            (
                if level.contains(&j) { widest } else { spread(column) } * HEADROOM / half,
                (column.least + column.greatest) / 2.0,
            )
        } else {
            (unit, (middle - shift) / scale)
        };
        let limit = 2f64.powi(INPUT_BITS as i32 - 1);
        let mean = (zero * 2f64.powi(column.bits)).round();
        if !(-limit..limit).contains(&mean) {
            let most = limit / 2f64.powi(column.bits);
            let advice =
                "check the graph's normalisation against the samples: their numbers are of another size";
            let expected = format!("a mean within ±{most}");
            return Err(InputError::new(format!("input {j}"), expected, zero.to_string(), advice));
        }
        let per_unit = 2f64.powi(INPUT_SHIFT as i32 - column.bits);
        let multiplier = (scale.abs() / unit * per_unit).round();
        let multiplier = multiplier.clamp(0.0, 2f64.powi(INPUT_MULTIPLIER_BITS as i32) - 1.0);
        let value = if multiplier > 0.0 { scale * per_unit / multiplier } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        out.quantisers.push(InputQuantiser { mean: mean as i64, multiplier: multiplier as u64 });
        out.scale.push(value);
        out.shift.push(scale * (mean / 2f64.powi(column.bits)) + shift);
    }
    Ok(out)
}
