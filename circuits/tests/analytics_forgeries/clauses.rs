//! Each clause of sections 2, 3, 4 and 6 broken alone: somebody computes everything by the definition but this clause, and writes that
//! into the circuit with all that follows.

use foldproof_circuits::assignment::Cell;
use foldproof_circuits::chips::at;
use foldproof_circuits::exponential::{Exponential, FINE_BITS, ONE};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::stages::anomaly::NO_ZONES;
use foldproof_circuits::stages::hypergraph::sets;
use num_bigint::BigInt;

use crate::places::Kernel;
use crate::scene::{Case, Judge, Scene, config, one_centre, spread, tagged};

fn one(cell: Cell, value: impl Into<BigInt>) -> [(Cell, BigInt); 1] {
    [(cell, value.into())]
}

/// Which of six is chosen.
fn chosen(bits: &[Cell], row: usize) -> impl Iterator<Item = (Cell, BigInt)> + '_ {
    bits.iter().enumerate().map(move |(i, bit)| (*bit, BigInt::from(u8::from(i == row))))
}

#[test]
fn clauses_of_residuals() {
    let scene = Scene::named(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let (places, found) = (&scene.places, &case.native.residuals);
    let s: Vec<u64> = found.order.iter().map(|row| found.roots[*row]).collect();
    assert!(s.windows(2).all(|pair| pair[0] > pair[1]), "six residuals that differ: {s:?}");
    for (row, root) in places.roots.iter().enumerate() {
        case.refused("a root rounded up", true, one(root.root, found.roots[row] + 1));
        case.refused("a root one less", true, one(root.root, found.roots[row] - 1));
        let square = scene.code.residual_squared[row];
        case.refused("half of a square", true, one(case.only(square), square / 2));
    }
    let exact = u128::from(found.sum) << 8;
    let ways = [exact / 6, exact.div_ceil(6), (exact + 2) / 5, exact / 12, exact >> 8];
    let wrong: Vec<u128> = ways.into_iter().filter(|mean| *mean != u128::from(found.mean)).collect();
    assert!(wrong.len() >= 3);
    for mean in wrong {
        case.refused("another mean", true, one(places.mean.quotient, mean));
    }
    let [first, second] = &places.greatest;
    let order = found.order;
    let lies = chosen(first, order[1]).chain(chosen(second, order[0]));
    case.refused("the maximum is the second", true, lies);
    case.refused("percentile from the third", true, chosen(second, order[2]));
    case.refused("percentile from the maximum alone", true, chosen(second, order[0]));
    case.refused("the maximum is the least", true, chosen(first, order[5]));
    for p95 in [s[1] + 2 * s[0], s[0] + 3 * s[1], 4 * s[0], s[1] + 3 * s[0] + 1] {
        case.refused("another interpolation", true, one(case.only(found.p95), p95));
    }
}

/// The digits of v.
fn exponent(kernel: &Kernel, v: u64) -> [(Cell, BigInt); 4] {
    let found = Exponential::new(v);
    let [a, b, c] = found.digits;
    let digits = [found.high, a, b, c].map(BigInt::from);
    std::array::from_fn(|i| (kernel.digits[i], digits[i].clone()))
}

/// Rows at the places of pair `i`.
fn rows_of(case: &Case<'_>, i: usize) -> [usize; 2] {
    let set = &sets()[i];
    [set[0], set[1]].map(|place| case.native.zones.order[place])
}

#[test]
fn clauses_of_kernels() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let zones = &case.native.zones;
    let (mut tried, mut public) = ([0; 2], 0);
    for (i, kernel) in scene.places.kernels.iter().enumerate() {
        let [a, b] = rows_of(&case, i);
        let (v, honest) = (zones.exponents[a][b], zones.kernels[a][b]);
        if honest.high > 0 {
            let lie = [case.flipped(kernel.within.bit)];
            case.noticed("a kernel beyond the limit", lie);
            tried[0] += 1;
            continue;
        }
        if v == 0 {
            case.refused("two at one place are apart", true, exponent(kernel, 1));
            continue;
        }
        // One of the first two is v rounded down, or up.
        for wrong in [v - 1, v + 1, 2 * v, v / 2, 0] {
            // Small kernels do not show it.
            let lies = exponent(kernel, wrong);
            let (shown, _) = case.noticed("another exponent", lies);
            public += usize::from(shown);
        }
        let distance = zones.distances[a][b];
        let last = i128::from(zones.centres[a][15] - zones.centres[b][15]);
        let cell = case.holders(distance)[0];
        if last != 0 {
            let less = BigInt::from(distance) - last * last;
            let lie = one(cell, less);
            case.noticed("a distance in fifteen coordinates", lie);
        }
        let lie = one(cell, distance + 1);
        case.noticed("a distance one unit off", lie);
        let entries = BigInt::from(honest.entries[0]) * honest.entries[1];
        let values = [
            honest.quotient.saturating_sub(1),
            honest.quotient + 1,
            u64::try_from((&entries + (1_u64 << (FINE_BITS - 1))) >> FINE_BITS).unwrap(),
            honest.entries[0],
        ];
        for value in values.into_iter().filter(|value| *value != honest.quotient) {
            let lie = one(kernel.value.quotient, value);
            case.noticed("another exponential", lie);
        }
        let lie = [case.flipped(kernel.within.bit)];
        case.noticed("no kernel within the limit", lie);
        tried[1] += 1;
    }
    assert!(tried[0] > 2 && tried[1] > 2 && public > 20, "{tried:?}, {public}");
    for row in 0..6 {
        let cell = case.holders(zones.sums[row])[0];
        for wrong in [zones.sums[row] - ONE, zones.sums[row] + ONE, zones.sums[row] + 1] {
            case.refused("another kernel sum", true, one(cell, wrong));
        }
    }
}

#[test]
fn clauses_of_zones() {
    let scene = Scene::committed(tagged());
    let judge = Judge::new(&scene);
    let places = &scene.places;
    let whole = judge.case(&config(&[]));
    let order = whole.native.zones.order;
    let told = |order: [usize; 6]| places.order.iter().copied().zip(order.map(BigInt::from));
    let mut upwards = order;
    upwards.reverse();
    whole.refused("sums upwards", true, told(upwards));
    if order != [0, 1, 2, 3, 4, 5] {
        whole.refused("as rows stand", true, told([0, 1, 2, 3, 4, 5]));
    }
    for (place, signs) in places.tags.iter().enumerate() {
        for (bit, sign) in signs.iter().enumerate() {
            whole.refused(&format!("tag {bit} of place {place}"), true, [whole.flipped(sign.bit)]);
        }
    }
    // Cut at four, and at a sum.
    let sums = order.map(|row| whole.native.zones.sums[row]);
    let case = judge.case(&config(&[("zones", 4)]));
    let counted = |count: usize| {
        let bits = places.counted.iter().enumerate();
        bits.map(move |(place, bit)| (*bit, BigInt::from(u8::from(place < count))))
    };
    for count in [0, 3, 5, 6] {
        case.refused("another limit", true, counted(count));
    }
    let hole = counted(5).filter(|(cell, _)| *cell != places.counted[1]);
    let hole = hole.chain(one(places.counted[1], 0));
    case.refused("four zones with one left out", true, hole);
    for place in [4, 5] {
        let row = order[place];
        let zone: BigInt = BigInt::from(row)
            + (BigInt::from(sums[place]) << 3)
            + (BigInt::from(case.native.zones.masks[row]) << 58);
        // Of a zone without its last tags the sum is the same before it is whole.
        let whole = case.holders(zone.clone());
        let listed = whole.into_iter().find_map(|cell| case.products(cell).first().copied()).unwrap();
        assert_eq!(case.read(listed), BigInt::from(0));
        case.refused("a zone beyond the limit is listed", true, one(listed, zone));
    }
    // After the configuration and the residuals, the commitment and the list.
    let [first, second] = [3, 4].map(|row| case.exposed(row));
    for (element, by) in [(first, -1_i64), (first, 1), (first, 1 << 3), (second, 1 << 3), (second, 1 << 58)] {
        case.refused("another list", true, one(element, case.read(element) + by));
    }
    for (min_sum, dense) in [(sums[2], true), (sums[2] + 1, false)] {
        let case = judge.case(&config(&[("min_sum", min_sum)]));
        assert_eq!(case.read(places.dense[2].bit), BigInt::from(u8::from(dense)));
        case.refused("dense by more, or by less", true, [case.flipped(places.dense[2].bit)]);
    }
}

/// What is committed to is the list that is public, and the configuration that everything is computed by.
#[test]
fn clauses_of_commitments() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let assignment = case.layout.assignment();
    let inputs = case.layout.instance().analytics.unwrap();
    let absorbed = |value: &BigInt| -> Vec<Cell> {
        let cells = (0..assignment.rows()).map(|row| Cell { column: at::MESSAGE, row });
        cells.filter(|cell| case.read(*cell) == *value).collect()
    };
    let [_, first, second] = inputs.zones.unwrap();
    for element in [first, second] {
        let element = to_integer(element);
        let [message] = absorbed(&element)[..] else { panic!("one message") };
        case.refused("a commitment to another list", true, one(message, element + 8));
    }
    let packed = |range: std::ops::Range<usize>| -> BigInt {
        let config = config(&[]);
        let fields =
            foldproof_circuits::zone_config::FIELDS[range.clone()].iter().zip(&config.integers()[range]);
        let mut low = 0;
        fields.fold(BigInt::from(0), |sum, (field, value)| {
            let sum = sum + (BigInt::from(*value) << low);
            low += field.bits;
            sum
        })
    };
    for element in [packed(0..6), packed(6..9)] {
        let [message] = absorbed(&element)[..] else { panic!("one message") };
        case.refused("a commitment to another configuration", true, one(message, element + 1));
    }
}

#[test]
fn clauses_of_hypergraphs() {
    let scene = Scene::committed(spread());
    let judge = Judge::new(&scene);
    let places = &scene.places;
    let case = judge.case(&config(&[]));
    let graph = &case.native.graph;
    let mut tried = [0; 3];
    for (pair, found) in places.pairs.iter().zip(&graph.pairs) {
        case.refused("a pair that touches, or not", true, [case.flipped(pair.touches.bit)]);
        if found.weight == 0 {
            tried[0] += 1;
            continue;
        }
        for distance in [found.distance + 1, found.distance + 1000] {
            case.noticed("another distance", one(pair.distance.root, distance));
        }
        let [a, b] = rows_of(
            &case,
            places.pairs.iter().position(|other| other.distance.root == pair.distance.root).unwrap(),
        );
        let sums = [a, b].map(|row| case.native.zones.sums[row]);
        for mean in [found.mean + 1, sums[0].midpoint(sums[1]), sums[0], sums[1], ONE] {
            if mean != found.mean {
                let lie = one(pair.mean.root, mean);
                case.noticed("another mean of sums", lie);
                tried[1] += 1;
            }
        }
        for weight in [found.weight - 1, found.weight + 1, 2 * found.weight, 0] {
            case.refused("another weight", true, one(pair.weight.quotient, weight));
            tried[2] += 1;
        }
    }
    assert!(tried.iter().all(|count| *count > 2), "{tried:?}");
    for edge in &places.edges {
        case.refused("a hyperedge, or not", true, [case.flipped(edge.bit)]);
    }
    // Of absent zones none, even with thresholds of 0.
    let case = judge.case(&config(&[("zones", 4), ("edge2", 0), ("edge3", 0), ("edge4", 0)]));
    for (set, edge) in sets().iter().zip(&places.edges) {
        if set.contains(&5) {
            let present =
                case.products(edge.bit).into_iter().find(|cell| case.read(*cell) == BigInt::from(0));
            case.refused("an edge of an absent zone", true, one(present.unwrap(), 1));
        }
    }
    for (set, pair) in sets().iter().zip(&places.pairs) {
        let weight = case.read(pair.weight.quotient);
        if set.contains(&5) && weight > BigInt::from(0) {
            let [present] = case.products(pair.weight.quotient)[..] else { panic!("one product") };
            case.refused("a weight of an absent zone", true, one(present, weight));
        }
    }
}

#[test]
fn clauses_of_anomalies() {
    // DEX and NFT: 13 sixtieths.
    let (mut centre, tenth) = ([[0; 4]; 4], (1 << 24) / 10);
    centre[0] = [tenth, 0, 6 * tenth, 6 * tenth];
    let scene = Scene::committed(one_centre(centre));
    let judge = Judge::new(&scene);
    let places = &scene.places;
    let case = judge.case(&config(&[("baseline", 10_000_000_003), ("scale", (1 << 27) - 5)]));
    let (density, residual) = (case.native.anomaly.density, case.native.anomaly.residual);
    assert!(density.value > 0 && residual.value < 1 << 32 && case.native.anomaly.with_zones.units == 13);
    for density in [density.quotient - 1, density.quotient + 1, 2 * density.quotient, 0] {
        case.refused("another density", true, one(places.density.quotient, density));
    }
    for residual in [residual.quotient - 1, residual.quotient + 1, 2 * residual.quotient, 0] {
        case.refused("another residual", true, one(places.residual.quotient, residual));
    }
    for (what, bit) in [
        ("density", places.density_cut.bit),
        ("residual", places.residual_cut.bit),
        ("priors", places.priors_cut.bit),
        ("Unusual", places.labels[0].bit),
        ("Rare", places.labels[1].bit),
    ] {
        case.refused(what, true, [case.flipped(bit)]);
    }
    for prior in &places.priors {
        case.refused("a tag that counts, or not", true, [case.flipped(prior.bit)]);
    }
    let score = case.native.anomaly.with_zones.verdict().score;
    for score in [score - 1, score + 1, 0, 100, 127] {
        case.refused("another score", true, one(places.score.quotient, score));
    }
    // The last of ten.
    let packed = case.exposed(9);
    for by in [1, 1 << 7, -(1 << 9), -(4 << 9), 1 << 12] {
        let lie = one(packed, case.read(packed) + by);
        case.refused("another score, label, variant or raw score", true, lie);
    }
    let raw = case.native.anomaly.with_zones.verdict().raw;
    for wrong in [raw - 140 * residual.value, raw + (1 << 32), raw - (13 << 32), raw + 1] {
        case.refused("another sum", true, one(case.only(raw), wrong));
    }
    // Cut at 1: nothing is left of the density, all of the residual.
    let case = judge.case(&config(&[("baseline", (1 << 48) - 1), ("scale", 2)]));
    assert_eq!((case.native.anomaly.density.value, case.native.anomaly.residual.value), (0, 1 << 32));
    for bit in [places.density_cut.bit, places.residual_cut.bit] {
        case.refused("not cut", true, [case.flipped(bit)]);
    }
    // Without zones .85, whatever the first place would have.
    let case = judge.case(&config(&[("zones", 0)]));
    assert_eq!(case.native.anomaly.density.value, NO_ZONES);
    let cell = case.only(NO_ZONES);
    for density in [3_435_973_836_u64, 0, 1 << 32] {
        case.refused("another density without zones", true, one(cell, density));
    }
    let tag = case.products(places.tags[0][2].bit);
    assert!(!tag.is_empty());
    case.refused("a tag of an absent zone", true, one(*tag.last().unwrap(), 1));
}
