//! Units of a vector's numbers, where 2⁻²⁰ does not suit them.

use std::fmt;

use foldproof_circuits::model::{INPUT_BITS, VECTOR_FRACTION_BITS};

use super::Kind;

/// Largest magnitude of an exponent.
pub const MAX_EXPONENT: i32 = 100;

/// Of each number of a vector an exponent u: it is counted in units of 2^u·2⁻²⁰. None at all is 0 for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units(Vec<i32>);

impl Units {
    /// Units with these exponents; none if one is beyond `MAX_EXPONENT`.
    pub fn new(exponents: Vec<i32>) -> Option<Self> {
        let known = exponents.iter().all(|exponent| (-MAX_EXPONENT..=MAX_EXPONENT).contains(exponent));
        let plain = exponents.iter().all(|exponent| *exponent == 0);
        known.then(|| Self(if plain { Vec::new() } else { exponents }))
    }

    /// The exponent of number `i`.
    pub fn exponent(&self, i: usize) -> i32 {
        self.0.get(i).copied().unwrap_or(0)
    }

    /// The exponents; none if all are 0.
    pub fn exponents(&self) -> &[i32] {
        &self.0
    }

    /// Units for samples. 0 wherever that will do: a coarser one only for a number that does not fit, with room for four times
    /// the greatest, and a finer one only for a number that varies by less than 2⁸ of the usual units.
    pub fn of<'a>(samples: impl Iterator<Item = (Kind, &'a [f64])> + Clone) -> Self {
        let width = match samples.clone().next() {
            Some((Kind::Vector, values)) => values.len(),
            Some((Kind::Fingerprint, _)) | None => return Self::default(),
        };
        let limit = 2f64.powi(INPUT_BITS as i32 - 1 - VECTOR_FRACTION_BITS as i32);
        let unit = 2f64.powi(-(VECTOR_FRACTION_BITS as i32));
        let exponent = |j: usize| {
            let column = samples.clone().filter_map(|(_, values)| values.get(j).copied());
            let greatest = column.clone().map(f64::abs).fold(0.0, f64::max);
            let (least, most) = column
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), x| (least.min(x), most.max(x)));
            let spread = most - least;
            let to_fit = (4.0 * greatest / limit).log2().ceil();
            #[expect(clippy::cast_possible_truncation, reason = "casts saturate, and are clamped")]
            let bounded = |x: f64| (x as i32).clamp(-MAX_EXPONENT, MAX_EXPONENT);
            if greatest >= limit {
                return bounded(to_fit);
            }
            // What differs in the last bits of a float32 only is no variation.
            if spread > greatest * 2f64.powi(-22) && spread < unit * 2f64.powi(8) {
                return bounded((spread / unit / 2f64.powi(16)).log2().floor().max(to_fit));
            }
            0
        };
        Self::new((0..width).map(exponent).collect()).unwrap_or_default()
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
