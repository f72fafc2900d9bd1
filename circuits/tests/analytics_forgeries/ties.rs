//! Decisions at their limits, with a case on either side: what is natively decided is what the circuit takes, and the other decision
//! is refused.

use foldproof_circuits::assignment::Cell;
use foldproof_circuits::stages::hypergraph::sets;
use foldproof_circuits::stages::zones::TAG_LIMITS;
use foldproof_circuits::zone_config::ZoneConfig;
use num_bigint::BigInt;

use crate::scene::{Case, Judge, Scene, config, one_centre, spread, tagged};

/// A centre with these coordinates, by number, and 0 elsewhere.
fn centre(coordinates: &[(usize, i32)]) -> [[i32; 4]; 4] {
    let mut centre = [[0; 4]; 4];
    coordinates.iter().for_each(|(t, y)| centre[t / 4][t % 4] = *y);
    centre
}

#[test]
fn zones_of_equal_sums_keep_their_rows() {
    let scene = Scene::named(one_centre(centre(&[])));
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    assert_eq!(case.native.zones.order, [0, 1, 2, 3, 4, 5]);
    let told = |order: [usize; 6]| scene.places.order.iter().copied().zip(order.map(BigInt::from));
    for place in 1..6 {
        let mut order = case.native.zones.order;
        order.swap(place - 1, place);
        case.refused("equal sums, the higher row first", true, told(order));
        order = case.native.zones.order;
        order[place] = order[place - 1];
        case.refused("equal sums, one row twice", true, told(order));
    }
    // Differences of keys are 1, less 1: 0 is in range and −1 is not.
    for step in &scene.places.steps {
        assert_eq!(case.read(*step), BigInt::from(0));
        case.refused("keys that do not fall", false, [(*step, BigInt::from(-1))]);
    }
    // On the other side, sums that differ.
    let scene = Scene::named(tagged());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let order = case.native.zones.order;
    let sums = order.map(|row| case.native.zones.sums[row]);
    let told = |order: [usize; 6]| scene.places.order.iter().copied().zip(order.map(BigInt::from));
    let mut differ = 0;
    for place in 1..6 {
        let mut swapped = order;
        swapped.swap(place - 1, place);
        case.refused("the lesser sum first", true, told(swapped));
        differ += usize::from(sums[place - 1] > sums[place]);
    }
    assert!(differ > 0);
}

#[test]
fn of_equal_residuals_the_lower_row_is_the_greatest() {
    let scene = Scene::named(one_centre(centre(&[(3, 1 << 20)])));
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    assert_eq!(case.native.residuals.order, [0, 1, 2, 3, 4, 5]);
    let [greatest, second] = &scene.places.greatest;
    let chosen = |bits: &[Cell], row: usize| -> Vec<(Cell, BigInt)> {
        let bits = bits.iter().enumerate();
        bits.map(|(i, bit)| (*bit, BigInt::from(u8::from(i == row)))).collect()
    };
    // Nothing public depends on which: the witness is one all the same.
    for row in 1..6 {
        case.refused("another of the greatest", false, chosen(greatest, row));
    }
    for row in (0..6).filter(|row| *row != 1) {
        case.refused("another of the second", false, chosen(second, row));
    }
    let both = [chosen(greatest, 1), chosen(second, 0)].concat();
    case.refused("the two exchanged", false, both);
    let mut two = chosen(greatest, 0);
    two[1].1 = BigInt::from(1);
    case.refused("two of the greatest", true, two);
    case.refused("none", true, greatest.iter().map(|bit| (*bit, BigInt::from(0))));
}

/// A tag from the first coordinate beyond its limit on, in every zone.
#[test]
fn tags_begin_beyond_their_limits() {
    for beyond in [false, true] {
        let coordinates = TAG_LIMITS.into_iter().enumerate().map(|(t, limit)| {
            let (bound, away) = ((limit.abs() << 24) / 100 + i64::from(beyond), limit.signum());
            (t, i32::try_from(bound * away).unwrap())
        });
        let coordinates: Vec<(usize, i32)> = coordinates.collect();
        let scene = Scene::named(one_centre(centre(&coordinates)));
        let judge = Judge::new(&scene);
        let case = judge.case(&config(&[]));
        assert_eq!(case.native.zones.masks, [if beyond { (1 << 10) - 1 } else { 1 << 10 }; 6]);
        for (bit, sign) in scene.places.tags.iter().flat_map(|signs| signs.iter().enumerate()) {
            case.refused(&format!("tag {bit}, beyond: {beyond}"), true, [case.flipped(sign.bit)]);
        }
    }
}

/// A hyperedge from its threshold on, of each size.
#[test]
fn hyperedges_begin_at_their_thresholds() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let sums = judge.case(&config(&[])).native.graph.sums;
    for (name, range) in [("edge2", 0..15), ("edge3", 15..35), ("edge4", 35..50)] {
        // The lightest of that size that weighs anything: others are beyond.
        let set = range.filter(|i| sums[*i] > 0).min_by_key(|i| sums[*i]).unwrap();
        for (threshold, edge) in [(sums[set], true), (sums[set] + 1, false), (sums[set] - 1, true)] {
            let case = judge.case(&config(&[(name, threshold)]));
            assert_eq!(case.native.graph.mask >> set & 1, u64::from(edge));
            let nodes = &sets()[set];
            let bit = scene.places.edges[set].bit;
            case.refused(&format!("{name} of {nodes:?} at {threshold}"), true, [case.flipped(bit)]);
        }
    }
}

/// A scene in which everything about the score is the configuration's: no tag but DEX, 6 sixtieths; all of the residual.
fn scored() -> Scene {
    Scene::committed(one_centre(centre(&[(2, 10_000_000)])))
}

fn score(case: &Case<'_>) -> (u64, u64, usize) {
    let verdict = case.native.findings.anomaly.unwrap().verdict;
    (verdict.raw, verdict.score, verdict.label)
}

fn based(baseline: u64) -> ZoneConfig {
    config(&[("scale", 2), ("baseline", baseline)])
}

/// Half a hundredth goes down, one unit more goes up.
#[test]
fn halves_of_a_hundredth_go_down() {
    let scene = scored();
    let judge = Judge::new(&scene);
    let place = scene.places.score.quotient;
    // 2³² is 6·b/2⁸ rounded from this b on, and one less just before.
    let whole = (1_u64 << 40) / 6 + 1;
    let case = judge.case(&based(whole));
    assert_eq!(score(&case), (146 << 32, 36, 0), "36.5");
    for wrong in [35, 37] {
        case.refused("36.5 to another", true, [(place, BigInt::from(wrong))]);
    }
    let first = (0..whole).rev().find(|b| scene.native(&based(*b)).anomaly.density.value > 0).unwrap();
    let case = judge.case(&based(first));
    assert_eq!(score(&case), ((146 << 32) + 200, 37, 0), "36.5 and a little");
    for wrong in [36, 38] {
        case.refused("a little more than 36.5 to another", true, [(place, BigInt::from(wrong))]);
    }
}

/// A label from its score on, and that of the score as it is rounded.
#[test]
fn labels_begin_at_their_scores() {
    let scene = scored();
    let judge = Judge::new(&scene);
    for (label, limit) in [(0, 45), (1, 75)] {
        // Scores fall as the baseline grows: the last that reaches the limit.
        let (mut reached, mut missed) = (1, 1 << 40);
        while reached + 1 < missed {
            let middle = u64::midpoint(reached, missed);
            let found = scene.native(&based(middle)).findings.anomaly.unwrap().verdict;
            if found.score >= limit { reached = middle } else { missed = middle }
        }
        for (baseline, expected) in [(reached, limit), (missed, limit - 1)] {
            let case = judge.case(&based(baseline));
            let (raw, score, found) = score(&case);
            assert_eq!((score, found), (expected, label + usize::from(expected == limit)));
            // Rounded up, and down: the label is not that of the unrounded score.
            assert_eq!(raw > (2 * limit - 1) << 33, expected == limit);
            assert!(raw < limit << 34);
            let bit = scene.places.labels[label].bit;
            case.refused(&format!("the label of {score}"), true, [case.flipped(bit)]);
            let other = if expected == limit { limit - 1 } else { limit };
            let lies = [(scene.places.score.quotient, BigInt::from(other))];
            case.refused("the score on the other side", true, lies);
        }
    }
}
