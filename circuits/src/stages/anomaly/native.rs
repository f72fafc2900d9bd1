//! The heuristic anomaly in native integers.

use crate::fixed::{round_narrow, round_ratio};
use crate::stages::residuals::Residuals;
use crate::stages::tags::Tag;
use crate::stages::zones::Zones;
use crate::zone_config::ZoneConfig;

/// 1 at 2⁻³².
const ONE: u64 = 1 << 32;
/// D without zones: ⌊.85·2³²⌉.
pub const NO_ZONES: u64 = 3_650_722_202;
/// raw has so many units to a hundredth.
pub const DIVISOR: u64 = 1 << 34;
/// With a forest.
pub const HYBRID_DIVISOR: u64 = 12 << 32;
/// Most sixtieths of tags.
pub const UNITS: u64 = 60;
/// Names of labels, the least anomalous first.
pub const LABELS: [&str; 3] = ["Typical", "Unusual", "Rare"];
/// The scores, in hundredths, from which on the second and the third label stand.
pub const LIMITS: [u64; 2] = [45, 75];

/// Priors of a block's tags, in twentieths of the part, which are sixtieths of the score.
pub const PRIORS: [(Tag, u64); 7] = [
    (Tag::AmlAlert, 16),
    (Tag::AmlRule, 14),
    (Tag::HighFee, 12),
    (Tag::BridgeActivity, 9),
    (Tag::LendingActivity, 8),
    (Tag::NftActivity, 7),
    (Tag::DexActivity, 6),
];
/// Bits of a zone's tags with the tag of the block whose prior they have, unless the block has it.
pub const ZONE_PRIORS: [(u32, Tag); 5] = [
    (7, Tag::AmlAlert),
    (2, Tag::DexActivity),
    (3, Tag::NftActivity),
    (4, Tag::BridgeActivity),
    (6, Tag::LendingActivity),
];
/// A bit of a zone's tags that no block has, and its prior.
pub const ZONE_CRUSH: (u32, u64) = (9, 10);

/// D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Density {
    /// ⌊S·baseline / 2⁶⁰⌉ of the first zone, 43 bits; 0 without zones.
    pub quotient: u64,
    /// D.
    pub value: u64,
}

impl Density {
    /// Of the first zone.
    pub fn new(zones: &Zones, config: &ZoneConfig) -> Self {
        let Some(first) = zones.zones.first() else { return Self { quotient: 0, value: NO_ZONES } };
        let product = u128::from(first.sum) * u128::from(config.baseline());
        let quotient = round_narrow(product, 1 << 60);
        Self { quotient, value: ONE - quotient.min(ONE) }
    }
}

/// R.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residual {
    /// ⌊P·2³⁰ / scale⌉, 66 bits.
    pub quotient: u128,
    /// R.
    pub value: u64,
}

impl Residual {
    /// Of the 95th percentile.
    pub fn new(residuals: &Residuals, config: &ZoneConfig) -> Self {
        let scale = u128::from(config.scale());
        let quotient = round_ratio(u128::from(residuals.p95) << 30, scale);
        Self { quotient, value: u64::try_from(quotient).unwrap_or(ONE).min(ONE) }
    }
}

/// U of a block's tags and, in variant z, of the tags that some zone has.
pub fn tag_units(mask: u64, zones: Option<u16>) -> u64 {
    let has = |tag: Tag| mask >> tag.bit() & 1 == 1;
    let zone_has = |bit: u32| zones.is_some_and(|zones| zones >> bit & 1 == 1);
    let prior = |(tag, prior): (Tag, u64)| {
        let in_zone = ZONE_PRIORS.iter().any(|(bit, same)| *same == tag && zone_has(*bit));
        if has(tag) || in_zone { prior } else { 0 }
    };
    let (crush, crush_prior) = ZONE_CRUSH;
    let sum: u64 = PRIORS.into_iter().map(prior).sum();
    (sum + if zone_has(crush) { crush_prior } else { 0 }).min(UNITS)
}

/// A score and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the score is rounded from, in units of the divisor.
    pub raw: u64,
    /// In hundredths.
    pub score: u64,
    /// Which of [`LABELS`].
    pub label: usize,
}

impl Verdict {
    /// raw / divisor, half down.
    pub(crate) fn new(raw: u64, divisor: u64) -> Self {
        let score = (raw + divisor / 2 - 1) / divisor;
        Self { raw, score, label: LIMITS.iter().filter(|limit| score >= **limit).count() }
    }

    /// 100 − score.
    pub fn similarity(&self) -> u64 {
        100 - self.score
    }
}

/// What a verdict is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// D, at 2⁻³².
    pub density: u64,
    /// R, at 2⁻³².
    pub residual: u64,
    /// U, in sixtieths.
    pub units: u64,
}

impl Parts {
    /// Without a forest.
    pub fn verdict(&self) -> Verdict {
        Verdict::new(200 * self.density + 140 * self.residual + self.units * ONE, DIVISOR)
    }

    /// With a forest's F, at 2⁻³².
    pub fn hybrid(&self, forest: u64) -> Verdict {
        let raw = 600 * forest + 360 * self.density + 180 * self.residual + self.units * ONE;
        Verdict::new(raw, HYBRID_DIVISOR)
    }
}

/// A block's anomaly in both variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// D.
    pub density: Density,
    /// R.
    pub residual: Residual,
    /// With the tags of the block.
    pub plain: Parts,
    /// Variant z: with the tags of zones, too.
    pub with_zones: Parts,
}

impl Anomaly {
    /// Of zones, residuals and the tags of the block.
    pub fn new(zones: &Zones, residuals: &Residuals, mask: u64, config: &ZoneConfig) -> Self {
        let (density, residual) = (Density::new(zones, config), Residual::new(residuals, config));
        let parts = |units| Parts { density: density.value, residual: residual.value, units };
        let (plain, with_zones) = (tag_units(mask, None), tag_units(mask, Some(zones.union())));
        Self { density, residual, plain: parts(plain), with_zones: parts(with_zones) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With D = 0 and R = 1 the score is half a hundredth for U ≡ 2 mod 4, and goes down.
    #[test]
    fn halves_go_down() {
        let parts = |units| Parts { density: 0, residual: ONE, units };
        for (units, score) in [(0, 35), (2, 35), (3, 36), (4, 36), (6, 36), (7, 37), (60, 50)] {
            assert_eq!(parts(units).verdict().score, score, "{units}");
        }
        let hybrid = |units| Parts { density: 0, residual: 0, units }.hybrid(0).score;
        assert_eq!([0, 6, 7, 18, 19, 60].map(hybrid), [0, 0, 1, 1, 2, 5]);
    }

    #[test]
    fn labels_begin_at_their_scores() {
        let label = |hundredths: u64| Verdict::new(hundredths * DIVISOR, DIVISOR);
        for (score, expected) in [(0, 0), (44, 0), (45, 1), (74, 1), (75, 2), (100, 2)] {
            let verdict = label(score);
            assert_eq!((verdict.score, verdict.label, verdict.similarity()), (score, expected, 100 - score));
        }
        let most = Parts { density: ONE, residual: ONE, units: UNITS };
        assert_eq!((most.verdict().score, most.hybrid(ONE).score), (100, 100));
        assert!(most.verdict().raw >> 41 == 0 && most.hybrid(ONE).raw >> 43 == 0);
    }

    #[test]
    fn priors_add_up_to_the_limit() {
        let mask = |tags: &[Tag]| tags.iter().map(|tag| 1 << tag.bit()).sum();
        assert_eq!(tag_units(mask(&[Tag::DexActivity, Tag::LargeValue]), None), 6);
        assert_eq!(
            tag_units(mask(&[Tag::AmlAlert, Tag::AmlRule, Tag::HighFee, Tag::BridgeActivity]), None),
            51
        );
        assert_eq!(tag_units(mask(&PRIORS.map(|(tag, _)| tag)), None), 60, "of 72");
        // A tag counts once, whoever has it.
        assert_eq!(tag_units(mask(&[Tag::DexActivity]), Some(1 << 2)), 6);
        assert_eq!(tag_units(0, Some(1 << 2)), 6);
        assert_eq!(tag_units(0, Some(1 << 2 | 1 << 9 | 1 << 10 | 1 << 0)), 16);
        assert_eq!(tag_units(0, Some((1 << 11) - 1)), 16 + 6 + 7 + 9 + 8 + 10);
    }

    #[test]
    fn parts_end_at_one() {
        let config = |baseline: u64, scale: u64| {
            ZoneConfig::preset("default").map(|preset| {
                let mut integers = *preset.integers();
                integers[7..].copy_from_slice(&[baseline, scale]);
                ZoneConfig::new(integers)
            })
        };
        let zones = |config: &ZoneConfig| Zones::new([[0; 16]; 6], config);
        for (baseline, expected) in [(1, ONE), (1 << 39, 0), ((1 << 48) - 1, 0), (1 << 37, ONE / 4)] {
            let Some(Ok(config)) = config(baseline, 2) else { panic!("it is a configuration") };
            assert_eq!(Density::new(&zones(&config), &config).value, expected, "{baseline}");
        }
        let residuals = |p95: u64| Residuals { p95, ..Residuals::new(&[0; 6]) };
        // P·2³⁰/scale is a half with scale 2³¹.
        for (p95, scale, expected) in [
            (0, 2, 0),
            (1, 1 << 31, 1),
            (2, 3 << 30, 1),
            (1 << 25, 1 << 23, ONE),
            ((1 << 25) - 1, 1 << 23, ONE - 128),
        ] {
            let Some(Ok(config)) = config(1, scale) else { panic!("it is a configuration") };
            assert_eq!(Residual::new(&residuals(p95), &config).value, expected, "{p95}/{scale}");
        }
    }
}
