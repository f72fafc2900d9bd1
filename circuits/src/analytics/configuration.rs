//! The numbers that hotzones, their overlaps and the anomaly score are computed with.
//!
//! For a bandwidth h, a density threshold τ, an overlap threshold θ and κ = 1/(6·(2π)⁸·h¹⁶), the density per unit of kernel sum,
//! they are integers:
//!
//! | number | formula | bits |
//! |---|---|---|
//! | kernel | ⌊2³²·log₂e/(2h²)⌉ | 48 |
//! | reach | ⌊2²⁴·4h⌉ | 32 |
//! | least sum | ⌈2⁵²·τ/κ⌉ | 56 |
//! | zones | at most 6 | 3 |
//! | edges of 2, 3 and 4 zones | ⌈2³²·θ/κ⌉, ⌈4.5·2³²·θ/κ⌉, ⌈12·2³²·θ/κ⌉ | 48 |
//! | baseline | 2⁴⁰ times what a density of κ is of the one that counts as ordinary | 48 |
//! | scale | the residual, at 2⁻²⁴, that counts as the greatest | 32 |

use std::fmt;

use crate::fingerprint::VECTORS;

/// Bits of a kernel.
pub const KERNEL_BITS: u32 = 48;
/// Bits of a reach.
pub const REACH_BITS: u32 = 32;
/// Bits of a least kernel sum.
pub const LEAST_SUM_BITS: u32 = 56;
/// Bits of a number of zones.
pub const ZONES_BITS: u32 = 3;
/// Bits of a threshold of hyperedges.
pub const EDGE_BITS: u32 = 48;
/// Bits of a baseline.
pub const BASELINE_BITS: u32 = 48;
/// Bits of a scale.
pub const SCALE_BITS: u32 = 32;

/// A configuration, each number within its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotConfig {
    /// Exponent of the kernel per squared distance.
    pub kernel: u64,
    /// Distance at 2⁻²⁴ at which two zones touch.
    pub reach: u64,
    /// Least kernel sum of a zone, at 2⁻⁵².
    pub least_sum: u64,
    /// Most zones, 1 to 6.
    pub zones: u64,
    /// Least weights of hyperedges of two, three and four zones, at 2⁻³².
    pub edges: [u64; 3],
    /// What a kernel sum of 1 is of the ordinary density, at 2⁻⁴⁰.
    pub baseline: u64,
    /// The greatest residual, at 2⁻²⁴.
    pub scale: u64,
}

/// Why a configuration is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Which number.
    pub field: &'static str,
    /// The least it may be.
    pub least: u64,
    /// The most it may be.
    pub most: u64,
    /// What it is.
    pub found: u64,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, least, most, found } = self;
        write!(f, "{field}: expected {least} to {most}, found {found}")
    }
}

impl std::error::Error for ConfigError {}

impl HotConfig {
    /// Itself, if every number is within its bits, and none is 0 that others are divided by or multiplied with.
    ///
    /// # Errors
    /// With the first that is not.
    pub fn checked(self) -> Result<Self, ConfigError> {
        let Self { kernel, reach, least_sum, zones, edges: [two, three, four], baseline, scale } = self;
        for (field, found, least, most) in [
            ("kernel", kernel, 1, (1 << KERNEL_BITS) - 1),
            ("reach", reach, 1, (1 << REACH_BITS) - 1),
            ("min_sum", least_sum, 0, (1 << LEAST_SUM_BITS) - 1),
            ("zones", zones, 1, VECTORS as u64),
            ("edge2", two, 0, (1 << EDGE_BITS) - 1),
            ("edge3", three, 0, (1 << EDGE_BITS) - 1),
            ("edge4", four, 0, (1 << EDGE_BITS) - 1),
            ("baseline", baseline, 1, (1 << BASELINE_BITS) - 1),
            ("scale", scale, 2, (1 << SCALE_BITS) - 1),
        ] {
            if !(least..=most).contains(&found) {
                return Err(ConfigError { field, least, most, found });
            }
        }
        Ok(self)
    }
}

/// A configuration with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// h = .15, τ = .02.
    Default,
    /// h = .12, τ = .015.
    Eth,
    /// h = .18, τ = .02.
    Avax,
}

impl Preset {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Default, Self::Eth, Self::Avax];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Eth => "eth",
            Self::Avax => "avax",
        }
    }

    /// The preset of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Its number in encodings, from 1.
    pub(crate) fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The preset of that number.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.number() == number)
    }

    /// Its configuration. More zones than there are vectors are as many.
    pub fn config(self) -> HotConfig {
        let zones = VECTORS as u64;
        match self {
            Self::Default => HotConfig {
                kernel: 137_696_178_194,
                reach: 10_066_330,
                least_sum: 86_226_372,
                zones,
                edges: [1, 1, 3],
                baseline: 1_044_135_349_709,
                scale: 1 << 23,
            },
            Self::Eth => HotConfig {
                kernel: 215_150_278_428,
                reach: 8_053_064,
                least_sum: 1_820_293,
                zones,
                edges: [1, 1, 1],
                baseline: 37_095_139_394_288,
                scale: 1 << 23,
            },
            Self::Avax => HotConfig {
                kernel: 95_622_345_968,
                reach: 12_079_596,
                least_sum: 1_594_189_885,
                zones,
                edges: [4, 18, 46],
                baseline: 56_475_081_002,
                scale: 1 << 23,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_configurations_with_names_and_numbers() {
        for preset in Preset::ALL {
            assert_eq!(preset.config().checked(), Ok(preset.config()));
            assert_eq!(Preset::from_name(preset.name()), Some(preset));
            assert_eq!(Preset::from_number(preset.number()), Some(preset));
        }
        assert_eq!((Preset::from_number(0), Preset::from_name("")), (None, None));
    }

    #[test]
    fn numbers_have_their_bits() {
        let config = Preset::Default.config();
        let broken = HotConfig { scale: 1, ..config };
        assert_eq!(
            broken.checked(),
            Err(ConfigError { field: "scale", least: 2, most: (1 << 32) - 1, found: 1 })
        );
        for broken in [
            HotConfig { kernel: 0, ..config },
            HotConfig { kernel: 1 << 48, ..config },
            HotConfig { reach: 0, ..config },
            HotConfig { zones: 7, ..config },
            HotConfig { edges: [0, 0, 1 << 48], ..config },
            HotConfig { baseline: 0, ..config },
            HotConfig { least_sum: 1 << 56, ..config },
        ] {
            assert!(broken.checked().is_err(), "{broken:?}");
        }
    }
}
