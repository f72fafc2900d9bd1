//! The anomaly score in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | ⌊S·baseline / 2⁶⁰⌉ | 44 bits | 2⁶⁰·q + r, with r of 60 bits |
//! | ⌊P·2³⁰ / scale⌉ | 66 bits | 2³¹·P + scale = 2·scale·q + r, with r below 2·scale; both sides below 2¹⁰⁰ |
//! | minima | | a bit by the difference or its complement |
//! | score | 7 bits | raw + 2³³ − 1 = 2³⁴·score + r, with r of 34 bits |
//! | label | two bits | score less limit, or its complement, in 7 bits |
//!
//! With a forest, whose sum of paths is E:
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | e | 60 bits | 2²⁵·E + n·C = 2·n·C·e + r, with r below 2·n·C, which is a constant of 36 bits; E is below 2⁶⁰ in magnitude, and no e has a negative one |
//! | s | 34 bits | E(e) + 2¹⁹ = 2²⁰·s + r, with r of 20 bits |
//! | F | | a bit by 2s − 2³² or its complement; s ≤ 2³² |
//! | score | 7 bits | raw + 6·2³² − 1 = 12·2³²·score + r, with r below 12·2³² |

use num_bigint::BigInt;

use super::native::{HYBRID_DIVISOR, LIMITS, NO_ZONES, PRIORS, UNITS, ZONE_CRUSH, ZONE_PRIORS};
use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::exponential::Exponent;
use crate::exponential::{INPUT_BITS as EXPONENT_BITS, OUTPUT_BITS};
use crate::findings::{ANOMALY_BITS, Variant};
use crate::fixed::{floor_div, round_div};
use crate::stages::residuals::circuit::ResidualWires;
use crate::stages::tags::Tag;
use crate::stages::zones::circuit::{ConfigWires, ZoneWires};

/// The greatest part, at 2⁻³².
const ONE_BITS: u32 = 32;
/// Bits of the density in units of the baseline, and bits rounded away from it.
const DENSITY_BITS: u32 = 44;
const DENSITY_SHIFT: u32 = 60;
/// Bits of a residual in units of the scale, before it is cut, and of its difference to the greatest.
const RESIDUAL_BITS: u32 = 66;
const RESIDUAL_SPARE_BITS: u32 = 68;
/// Bits of a remainder by twice the scale.
const SCALE_SPARE_BITS: u32 = 36;
/// Bits of the score, and those rounded away from it.
const SCORE_BITS: u32 = 7;
const SCORE_SHIFT: u32 = 34;

/// Bits of s, with a place to spare.
const FOREST_BITS: u32 = 34;
/// Bits rounded away from E(e).
const FOREST_SHIFT: u32 = OUTPUT_BITS - ONE_BITS;
/// Bits of a remainder by twice the usual sum of paths.
const USUAL_BITS: u32 = 38;
/// Bits of a remainder by the divisor of a score with a forest.
const HYBRID_SPARE_BITS: u32 = 36;

/// An anomaly score on the assignment.
pub struct AnomalyWires {
    /// Score, label, variant and unrounded score, packed.
    pub packed: Wire,
    density: Wire,
    residual: Wire,
    priors: Wire,
    variant: u8,
}

/// The score without a forest. `block_tags` are those of the block by bit, if it is proved which it has.
pub fn anomaly(
    arith: &mut Arith<'_>,
    config: &ConfigWires,
    residuals: &ResidualWires,
    zones: &ZoneWires,
    zone_tags: bool,
    block_tags: Option<&[Option<Wire>]>,
) -> AnomalyWires {
    let density = density(arith, config, zones);
    let residual = residual(arith, config, &residuals.percentile);
    let priors = priors(arith, zone_tags.then_some(zones), block_tags);
    let terms = [(200.into(), &density), (140.into(), &residual), (one() << ONE_BITS, &priors)];
    let raw = arith.linear(&terms, 0);
    let half_down = (one() << (SCORE_SHIFT - 1)) - 1;
    let score = arith.range_new((&raw.value + &half_down) >> SCORE_SHIFT, SCORE_BITS);
    arith.remainder(0, None, &[(one(), &raw), (minus(one() << SCORE_SHIFT), &score)], half_down, SCORE_SHIFT);
    let variant = Variant { zone_tags, block_tags: block_tags.is_some() }.number();
    let packed = pack(arith, &score, variant, &raw);
    AnomalyWires { packed, density, residual, priors, variant }
}

/// The score with a forest, whose paths sum up to `sum` where those of usual fingerprints do to `usual`, at 2⁻²⁴.
pub fn hybrid(arith: &mut Arith<'_>, parts: &AnomalyWires, sum: &Wire, usual: u64) -> Wire {
    assert!(usual > 0 && usual >> (USUAL_BITS - 2) == 0, "trees with long paths, at most 256 of 256 samples");
    let twice = one() << (EXPONENT_BITS + 1);
    let divisor = BigInt::from(usual) * 2;
    let exponent = Exponent::new(arith, &floor_div(&(&sum.value * &twice + usual), &divisor));
    let terms = [(twice, sum), (-&divisor, &exponent.v)];
    let rest = arith.remainder(0, None, &terms, usual, USUAL_BITS);
    arith.below(&rest, &[], divisor, USUAL_BITS);
    let power = exponent.power(arith);
    let half = one() << (FOREST_SHIFT - 1);
    let score = arith.range_new((&power.value + &half) >> FOREST_SHIFT, FOREST_BITS);
    arith.remainder(0, None, &[(one(), &power), (minus(one() << FOREST_SHIFT), &score)], half, FOREST_SHIFT);
    let above = arith.linear(&[(2.into(), &score)], minus(one() << ONE_BITS));
    let positive = arith.not_negative(&above, FOREST_BITS);
    let forest = arith.product(&positive, &above);

    let AnomalyWires { density, residual, priors, variant, .. } = parts;
    let terms =
        [(600.into(), &forest), (360.into(), density), (180.into(), residual), (one() << ONE_BITS, priors)];
    let raw = arith.linear(&terms, 0);
    let divisor = BigInt::from(HYBRID_DIVISOR);
    let half_down = BigInt::from(HYBRID_DIVISOR / 2 - 1);
    let score = arith.range_new(floor_div(&(&raw.value + &half_down), &divisor), SCORE_BITS);
    let terms = [(one(), &raw), (-&divisor, &score)];
    let rest = arith.remainder(0, None, &terms, half_down, HYBRID_SPARE_BITS);
    arith.below(&rest, &[], divisor, HYBRID_SPARE_BITS);
    pack(arith, &score, *variant, &raw)
}

/// Score, label, variant and unrounded score.
fn pack(arith: &mut Arith<'_>, score: &Wire, variant: u8, raw: &Wire) -> Wire {
    let labels = LIMITS.map(|limit| arith.not_negative(&score.clone().less(limit), SCORE_BITS));
    let [score_bits, label_bits, variant_bits, _] = ANOMALY_BITS;
    let (label_at, variant_at) = (score_bits, score_bits + label_bits);
    let terms = [
        (one(), score),
        (one() << label_at, &labels[0]),
        (one() << label_at, &labels[1]),
        (one() << (variant_at + variant_bits), raw),
    ];
    arith.linear(&terms, BigInt::from(variant) << variant_at)
}

/// max(0, 2³² − x) for |2³² − x| < 2^bits.
fn lack(arith: &mut Arith<'_>, x: &Wire, bits: u32) -> Wire {
    let rest = arith.linear(&[(minus(1), x)], one() << ONE_BITS);
    let below = arith.not_negative(&rest, bits);
    arith.product(&below, &rest)
}

fn density(arith: &mut Arith<'_>, config: &ConfigWires, zones: &ZoneWires) -> Wire {
    let in_units = arith.rounded_product(&zones.sums[0], &config.baseline, DENSITY_SHIFT, DENSITY_BITS);
    let density = lack(arith, &in_units, DENSITY_BITS);
    let Some(present) = &zones.present else { return density };
    // The first zone, or what counts without one.
    let first = &present[0];
    let terms = [(minus(NO_ZONES), first)];
    arith.multiply_add(1, Some((first, &density)), &terms, NO_ZONES)
}

fn residual(arith: &mut Arith<'_>, config: &ConfigWires, percentile: &Wire) -> Wire {
    let scale = &config.scale;
    let quotient = round_div(&(&percentile.value << 30), &scale.value.clone().max(one()));
    let quotient = arith.range_free(Free::Mean, quotient, RESIDUAL_BITS);
    let terms = [(one() << 31, percentile), (one(), scale)];
    let remainder = arith.remainder(-2, Some((scale, &quotient)), &terms, 0, SCALE_SPARE_BITS);
    arith.below(&remainder, &[(2.into(), scale)], 0, SCALE_SPARE_BITS);
    let lack = lack(arith, &quotient, RESIDUAL_SPARE_BITS);
    arith.linear(&[(minus(1), &lack)], one() << ONE_BITS)
}

/// min(60, Σ priors) of the tags of all zones together, and of the block.
fn priors(arith: &mut Arith<'_>, zones: Option<&ZoneWires>, block_tags: Option<&[Option<Wire>]>) -> Wire {
    let mut found: Vec<(BigInt, Wire)> = Vec::new();
    let of_block = |tag: Tag| block_tags.and_then(|tags| tags.get(tag as usize)?.as_ref());
    for (tag, prior) in PRIORS {
        found.extend(of_block(tag).map(|bit| (prior.into(), bit.clone())));
    }
    if let Some(zones) = zones {
        let prior = |tag| PRIORS.iter().find(|(known, _)| *known == tag).map_or(0, |(_, prior)| *prior);
        for (bit, tag) in ZONE_PRIORS {
            let seen = seen(arith, zones, bit);
            // Only where the block does not have it.
            let counted = match of_block(tag) {
                Some(own) => arith.multiply_add(-1, Some((own, &seen)), &[(one(), &seen)], 0),
                None => seen,
            };
            found.push((prior(tag).into(), counted));
        }
        let (bit, prior) = ZONE_CRUSH;
        found.push((prior.into(), seen(arith, zones, bit)));
    }
    if found.is_empty() {
        return arith.constant(0);
    }
    let terms: Vec<_> = found.iter().map(|(prior, bit)| (minus(prior.clone()), bit)).collect();
    let rest = arith.linear(&terms, UNITS);
    let within = arith.not_negative(&rest, SCORE_BITS);
    // 60 − max(0, 60 − Σ).
    arith.multiply_add(-1, Some((&within, &rest)), &[], UNITS)
}

/// Whether some zone has a bit.
fn seen(arith: &mut Arith<'_>, zones: &ZoneWires, bit: u32) -> Wire {
    let bits: Vec<Wire> = (0..zones.tags.len())
        .map(|place| {
            let bit = zones.tags[place][bit as usize].clone();
            zones.present.as_ref().map_or_else(|| bit.clone(), |present| arith.product(&present[place], &bit))
        })
        .collect();
    // Their number less 1 is not negative.
    let terms: Vec<_> = bits.iter().map(|bit| (one(), bit)).collect();
    let less = arith.linear(&terms, -1);
    arith.not_negative(&less, 4)
}
