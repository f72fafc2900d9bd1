//! Whether findings are some that a block can have: what follows from their definition without the block. Circuits prove as much and
//! more; who reads public inputs before their proof is checked has no nonsense in hand.

use crate::exponential::ONE;
use crate::findings::{AnomalyFindings, Findings, HypergraphFindings, ResidualFindings, RuleFindings};
use crate::fingerprint::VECTORS;
use crate::fixed::round_narrow;
use crate::stages::anomaly::{DIVISOR, HYBRID_DIVISOR, Verdict};
use crate::stages::hypergraph::{PAIRS, sets};
use crate::stages::zones::{MASK_BITS, Zone};

/// The greatest weight of a pair: all of the greatest reach, and sums of six.
const MOST_WEIGHT: u64 = 6 << 40;

/// Whether some block, under some codebook and configuration, could have these findings.
pub fn plausible(findings: &Findings) -> bool {
    let zones = findings.zones.as_ref().map(|found| &found.zones[..]);
    // At its greatest every part is 1, and the score 100.
    let verdict = |AnomalyFindings { verdict, .. }: &AnomalyFindings, divisor: u64| {
        verdict.raw <= 100 * divisor && *verdict == Verdict::new(verdict.raw, divisor)
    };
    findings.residuals.iter().all(residuals)
        && zones.into_iter().all(list)
        && findings.hypergraph.iter().all(|found| hypergraph(found, zones.unwrap_or_default().len()))
        && findings.anomaly.iter().all(|found| verdict(found, DIVISOR))
        && findings.hybrid.iter().all(|found| verdict(found, HYBRID_DIVISOR))
        && findings.rules.iter().all(rules)
}

/// Four residuals are between 0 and the second, which is p95 − 3·max.
fn residuals(found: &ResidualFindings) -> bool {
    let ResidualFindings { p95, max, mean } = *found;
    let Some(second) = p95.checked_sub(3 * max).filter(|second| *second <= max) else { return false };
    let mean_of = |sum: u64| round_narrow(u128::from(sum) << 8, VECTORS as u128);
    (mean_of(max + second)..=mean_of(max + 5 * second)).contains(&mean)
}

/// Categories are of transactions, shares of the whole.
fn rules(found: &RuleFindings) -> bool {
    found.counts.iter().all(|count| *count <= found.transactions)
        && found.gas_shares.iter().all(|share| *share <= 1 << 32)
}

/// Rows by falling keys, hence each once; sums between those of a row alone and of six at one place; some tag, or that there is none.
fn list(zones: &[Zone]) -> bool {
    let one = |zone: &Zone| {
        let none = 1 << (MASK_BITS - 1);
        let sums = ONE..=6 * ONE;
        zone.row < VECTORS
            && sums.contains(&zone.sum)
            && (zone.mask & none != 0) == (zone.mask & (none - 1) == 0)
    };
    let key = |zone: &Zone| (zone.sum, VECTORS - zone.row);
    let twice = |(i, zone): (usize, &Zone)| zones[..i].iter().any(|other| other.row == zone.row);
    zones.iter().all(one)
        && zones.windows(2).all(|pair| key(&pair[0]) > key(&pair[1]))
        && !zones.iter().enumerate().any(twice)
}

/// Absent zones have no edges and weigh nothing.
fn hypergraph(found: &HypergraphFindings, zones: usize) -> bool {
    let absent = |(_, set): &(usize, Vec<usize>)| set.iter().any(|place| *place >= zones);
    let mut absent = sets().into_iter().enumerate().filter(absent);
    let nothing = |i: usize| found.mask >> i & 1 == 0 && (i >= PAIRS || found.weights[i] == 0);
    found.weights.iter().all(|weight| *weight <= MOST_WEIGHT) && absent.all(|(i, _)| nothing(i))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Variant, ZoneFindings};
    use halo2curves::bn256::Fr;

    fn findings() -> Findings {
        let zone = |row: usize, sum: u64, mask: u16| Zone { row, sum, mask };
        let zones = vec![zone(2, 3 * ONE, 1 << 10), zone(0, 2 * ONE, 5), zone(4, 2 * ONE, 1)];
        let mut weights = [0; PAIRS];
        weights[0] = MOST_WEIGHT;
        Findings {
            configuration: None,
            residuals: Some(ResidualFindings { p95: 31, max: 9, mean: 684 }),
            zones: Some(ZoneFindings { commitment: Fr::zero(), zones }),
            hypergraph: Some(HypergraphFindings { mask: 1 | 1 << 15, weights }),
            anomaly: Some(AnomalyFindings {
                verdict: Verdict::new(45 * DIVISOR, DIVISOR),
                variant: Variant { zone_tags: true, block_tags: false },
            }),
            rules: None,
            zone_graph: None,
            hybrid: None,
        }
    }

    type Change = fn(&mut Findings);

    fn residuals_of(findings: &mut Findings) -> &mut ResidualFindings {
        findings.residuals.as_mut().expect("residuals")
    }

    fn zone(findings: &mut Findings, place: usize) -> &mut Zone {
        &mut findings.zones.as_mut().expect("zones").zones[place]
    }

    fn graph(findings: &mut Findings) -> &mut HypergraphFindings {
        findings.hypergraph.as_mut().expect("a hypergraph")
    }

    fn verdict(findings: &mut Findings) -> &mut Verdict {
        &mut findings.anomaly.as_mut().expect("a score").verdict
    }

    #[test]
    fn what_no_block_has_is_refused() {
        assert!(plausible(&findings()));
        // The second is 4: means of 9 + 4 and of 9 + 5·4.
        let good: [Change; 5] = [
            |found| residuals_of(found).mean = 555,
            |found| residuals_of(found).mean = 1237,
            |found| *residuals_of(found) = ResidualFindings { p95: 0, max: 0, mean: 0 },
            |found| graph(found).mask = 0,
            |found| found.hypergraph = None,
        ];
        let bad: [Change; 21] = [
            |found| residuals_of(found).mean = 554,
            |found| residuals_of(found).mean = 1238,
            |found| residuals_of(found).p95 = 26,
            |found| residuals_of(found).p95 = 37,
            |found| zone(found, 0).row = 6,
            |found| zone(found, 2).row = 2,
            |found| zone(found, 1).row = 5,
            |found| zone(found, 0).sum = 2 * ONE - 1,
            |found| zone(found, 0).sum = 6 * ONE + 1,
            |found| zone(found, 2).sum = ONE - 1,
            |found| zone(found, 0).mask = 0,
            |found| zone(found, 0).mask = 1 << 10 | 1,
            |found| graph(found).mask |= 1 << 2,
            |found| graph(found).mask |= 1 << 49,
            |found| graph(found).weights[2] = 1,
            |found| graph(found).weights[0] += 1,
            |found| verdict(found).score = 127,
            |found| verdict(found).label = 3,
            |found| verdict(found).label = 0,
            |found| verdict(found).raw += DIVISOR,
            |found| *verdict(found) = Verdict::new(100 * DIVISOR + 1, DIVISOR),
        ];
        for (changes, expected) in [(&good[..], true), (&bad[..], false)] {
            for (i, change) in changes.iter().enumerate() {
                let mut changed = findings();
                change(&mut changed);
                assert_eq!(plausible(&changed), expected, "{i}");
            }
        }
    }
}
