//! The configuration of zones: eight integers, and the scale of residuals.
//!
//! With the bandwidth h, the density threshold τ, the zone limit M, the least edge weight θ, and κ = 1/(6·(2π)⁸·h¹⁶), the density that a
//! kernel sum of 1 stands for:
//!
//! | integer | formula | bits |
//! |---|---|---|
//! | kernel | ⌊2³²·log₂e/(2h²)⌉ | 48 |
//! | reach | ⌊2²⁴·4h⌉ | 32 |
//! | min_sum | ⌈2⁵²·τ/κ⌉ | 56 |
//! | zones | min(M, 6) | 3 |
//! | edge2, edge3, edge4 | ⌈2³²·θ/κ⌉, ⌈4.5·2³²·θ/κ⌉, ⌈12·2³²·θ/κ⌉ | 48 each |
//! | baseline | ⌊2⁴⁰·κ/density that counts as usual⌉ | 48 |
//! | scale | ⌊2²⁴·residual that counts as far⌉, at least 2 | 32 |

use std::fmt;

use halo2curves::bn256::Fr;

use crate::fingerprint::VECTORS;
use crate::poseidon::{Domain, Packer, salted};

/// An integer of a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in messages and files.
    pub name: &'static str,
    /// Bits.
    pub bits: u32,
    /// Least value.
    pub least: u64,
    /// Greatest value.
    pub most: u64,
}

const fn field(name: &'static str, bits: u32, least: u64) -> Field {
    Field { name, bits, least, most: (1 << bits) - 1 }
}

/// Integers of a configuration, in order.
pub const FIELDS: [Field; 9] = [
    field("kernel", 48, 1),
    field("reach", 32, 1),
    field("min_sum", 56, 0),
    // As many as there are rows: more are never found.
    Field { name: "zones", bits: 3, least: 0, most: VECTORS as u64 },
    field("edge2", 48, 0),
    field("edge3", 48, 0),
    field("edge4", 48, 0),
    field("baseline", 48, 1),
    field("scale", 32, 2),
];
/// Fields in the first of the two elements that a configuration is packed into.
pub const FIRST_FIELDS: usize = 6;

/// What zones, hypergraph and anomaly are computed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneConfig([u64; FIELDS.len()]);

/// An integer that no configuration has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneConfigError {
    /// Its place in [`FIELDS`].
    pub field: usize,
    /// Its value.
    pub found: u64,
}

impl fmt::Display for ZoneConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Field { name, least, most, .. } = FIELDS[self.field];
        write!(
            f,
            "{name}: a whole number from {least} to {most} was expected, found {}; take a preset, or compute it again",
            self.found
        )
    }
}

impl std::error::Error for ZoneConfigError {}

/// The configurations that have a name. `normalised` is for codebooks that are trained and searched in normalised space, as `foldproof codebook train`
/// makes them; the others are for the published one, which is trained on raw values.
/// Statements are encoded by their places: a new one comes last.
pub const PRESETS: [(&str, ZoneConfig); 4] = [
    ("default", ZoneConfig([137_696_178_194, 10_066_330, 86_226_372, 6, 1, 1, 3, 1_044_135_349_709, HALF])),
    ("eth", ZoneConfig([215_150_278_428, 8_053_064, 1_820_293, 6, 1, 1, 1, 37_095_139_394_288, HALF])),
    ("avax", ZoneConfig([95_622_345_968, 12_079_596, 1_594_189_885, 6, 4, 18, 46, 56_475_081_002, HALF])),
    // h = 1, τ = κ, M = 6, θ = κ/2, a usual density of 2κ: docs/analytics.md derives them.
    (
        "normalised",
        ZoneConfig([3_098_164_009, 4 << 24, 1 << 52, 6, 1 << 31, 9 << 30, 6 << 32, 1 << 39, HALF]),
    ),
];
/// 1/2 at 2⁻²⁴: twice the usual bound of a codebook, 1/4.
const HALF: u64 = 1 << 23;

impl ZoneConfig {
    /// The integers in the order of [`FIELDS`].
    ///
    /// # Errors
    /// If one is beyond its bits or below its least value.
    pub fn new(integers: [u64; FIELDS.len()]) -> Result<Self, ZoneConfigError> {
        let outside = |(field, value): (&Field, &u64)| !(field.least..=field.most).contains(value);
        match FIELDS.iter().zip(&integers).position(outside) {
            Some(field) => Err(ZoneConfigError { field, found: integers[field] }),
            None => Ok(Self(integers)),
        }
    }

    /// The preset of that name.
    pub fn preset(name: &str) -> Option<Self> {
        PRESETS.iter().find(|(known, _)| *known == name).map(|(_, config)| *config)
    }

    /// The integers in the order of [`FIELDS`].
    pub fn integers(&self) -> &[u64; FIELDS.len()] {
        &self.0
    }

    /// Factor of squared distances in the kernel's exponent, at 2⁻³².
    pub fn kernel(&self) -> u64 {
        self.0[0]
    }

    /// Distance at which two zones no longer overlap, at 2⁻²⁴.
    pub fn reach(&self) -> u64 {
        self.0[1]
    }

    /// Least kernel sum of a zone, at 2⁻⁵².
    pub fn min_sum(&self) -> u64 {
        self.0[2]
    }

    /// Most zones.
    pub fn zones(&self) -> usize {
        usize::try_from(self.0[3]).unwrap_or(usize::MAX)
    }

    /// Least weights of hyperedges of 2, 3 and 4 zones, at 2⁻³².
    pub fn edges(&self) -> [u64; 3] {
        [self.0[4], self.0[5], self.0[6]]
    }

    /// κ in units of the usual density, at 2⁻⁴⁰.
    pub fn baseline(&self) -> u64 {
        self.0[7]
    }

    /// Residual whose part of an anomaly is 1, at 2⁻²⁴.
    pub fn scale(&self) -> u64 {
        self.0[8]
    }

    /// The commitment. Its salt is always 0: a configuration is public.
    pub fn commitment(&self) -> Fr {
        let packed = |fields: &[Field], integers: &[u64]| {
            let put = |packer: Packer, (field, value): (&Field, &u64)| packer.put(*value, field.bits);
            fields.iter().zip(integers).fold(Packer::new(), put).element()
        };
        let (first, second) = FIELDS.split_at(FIRST_FIELDS);
        let elements = [packed(first, &self.0), packed(second, &self.0[FIRST_FIELDS..])];
        salted(Domain::ZoneConfig, FIELDS.len() as u64, Fr::zero(), elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_configurations() {
        for (name, config) in PRESETS {
            assert_eq!(ZoneConfig::new(*config.integers()), Ok(config), "{name}");
            assert_eq!(ZoneConfig::preset(name), Some(config));
        }
        assert_eq!(ZoneConfig::preset("Default"), None);
    }

    #[test]
    fn each_integer_has_its_bounds() {
        let valid = *PRESETS[0].1.integers();
        for (field, Field { least, most, .. }) in FIELDS.into_iter().enumerate() {
            let with = |value: u64| {
                let mut integers = valid;
                integers[field] = value;
                ZoneConfig::new(integers)
            };
            assert!(with(least).is_ok() && with(most).is_ok());
            assert_eq!(with(most + 1), Err(ZoneConfigError { field, found: most + 1 }));
            if least > 0 {
                assert_eq!(with(least - 1), Err(ZoneConfigError { field, found: least - 1 }));
            }
        }
        let error = ZoneConfigError { field: 8, found: 1 };
        assert_eq!(
            error.to_string(),
            "scale: a whole number from 2 to 4294967295 was expected, found 1; take a preset, or compute it again"
        );
    }

    /// Every integer is committed to.
    #[test]
    fn commitments_differ() {
        let valid = PRESETS[0].1;
        for field in 0..FIELDS.len() {
            let mut integers = *valid.integers();
            integers[field] -= 1;
            assert!(ZoneConfig(integers).commitment() != valid.commitment(), "{}", FIELDS[field].name);
        }
    }
}
