//! Whole fingerprints of random blocks.

use foldproof_circuits::block::{Block, Number, Trace};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::pipeline::evaluate;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::fold::WEIGHTS;
use foldproof_circuits::stages::pq;
use foldproof_circuits::testing::samples;
use num_bigint::BigInt;
use proptest::prelude::*;

use super::cases;
use super::pipeline::{encode, features, fold, normalise, weights};

/// Both ways to the fingerprint of a block; the folded values.
#[track_caller]
fn compare(block: &Block, codebook: &Codebook) -> [[i64; 16]; 6] {
    let found = evaluate(block, codebook, &Salts::none()).unwrap();
    let folded = fold(&features(block));
    for (i, (found, expected)) in found.folded.iter().zip(&folded).enumerate() {
        assert_eq!(found.map(BigInt::from).to_vec(), *expected, "vector {i}");
    }
    compare_codes(&found.code, &folded, codebook);
    found.folded
}

#[track_caller]
fn compare_codes(found: &pq::PqCode, folded: &[Vec<BigInt>], codebook: &Codebook) {
    let expected = encode(folded, codebook);
    assert_eq!(expected.len(), 6);
    for (i, (indices, residual, within)) in expected.into_iter().enumerate() {
        assert_eq!(found.indices[i].map(usize::from).to_vec(), indices, "vector {i}: indices");
        assert_eq!(BigInt::from(found.residual_squared[i]), residual, "vector {i}: residual");
        assert_eq!(found.within_bound[i], within, "vector {i}: bound");
    }
}

#[test]
fn weights_are_their_definition() {
    for (row, expected) in WEIGHTS.iter().zip(weights()) {
        assert_eq!(row.map(BigInt::from).to_vec(), *expected);
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn blocks_have_equal_fingerprints(
        seed in any::<u64>(),
        transactions in 0..40_usize,
        traces in 0..40_usize,
        bundles in 0..8_usize,
        large in any::<bool>(),
    ) {
        prop_assume!(transactions + traces + bundles > 0);
        let block = samples::block(seed, transactions, traces, bundles);
        compare(&block, &samples::codebook(seed, if large { 256 } else { 64 }));
    }
}

/// No record of a class, one, two; headers at their limits.
#[test]
fn small_counts_and_limits_of_the_header() {
    let codebook = samples::codebook(1, 64);
    for counts in 1..27 {
        let [transactions, traces, bundles] = [counts % 3, counts / 3 % 3, counts / 9];
        compare(&samples::block(counts as u64, transactions, traces, bundles), &codebook);
    }
    let limit = (1 << 53) - 1;
    for height in [0, 1, 9_999_999, 10_000_000, 10_000_001, limit] {
        for timestamp in [0, 1, 863_999, 864_000, 864_001, limit] {
            let mut block = samples::block(7, 2, 1, 1);
            (block.header.height, block.header.timestamp) = (height, timestamp);
            compare(&block, &codebook);
        }
    }
}

/// Traces that write storage `units`·2⁻¹⁶ each: a 64th of a unit of the mean for 128 of them.
fn writers(units: &[i128]) -> Block {
    let trace = |units: &i128| Trace { storage_writes: Number::saturating(*units), ..Trace::default() };
    Block { traces: units.iter().map(trace).collect(), ..Block::default() }
}

/// Means that end in a half, and just beside it.
#[test]
fn means_on_a_tie_go_up() {
    let codebook = samples::codebook(2, 64);
    for (sum, mean) in [(1, 1), (-1, 0), (3, 2), (-3, -1), (2, 1), (-2, -1), (0, 0), (255, 128), (-255, -127)]
    {
        let mut units = vec![0; 128];
        (units[5], units[77]) = (sum - 4, 4);
        assert_eq!(compare(&writers(&units), &codebook)[0][2], mean, "64·{sum}/128");
    }
    // 129 records: a little to either side of a half.
    for sum in [-130, -129, -65, -64, 64, 65, 129, 130] {
        let mut units = vec![0; 129];
        units[0] = sum;
        compare(&writers(&units), &codebook);
    }
}

/// Deviations whose square is a square, and just below and above one.
#[test]
fn deviations_are_floors_of_roots() {
    let codebook = samples::codebook(3, 64);
    for x in [0, 1, 2, 3, 1000, 65_537, (1 << 26) - 1, 1 << 26, (1 << 26) + 1, 1 << 47] {
        let deviation = compare(&writers(&[x, 0, -x]), &codebook)[1][2];
        assert_eq!(i128::from(deviation), 64 * x.min(1 << 26));
        compare(&writers(&[x, 0, 1 - x]), &codebook);
        compare(&writers(&[x, 1, -x]), &codebook);
        compare(&writers(&[x, x, x]), &codebook);
    }
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn folded_values_are_normalised_alike(value in any::<i64>(), mean in any::<i64>(), inverse in any::<i64>(), bits in 1..53_u32) {
        let (value, mean, inverse) = (value >> 29, mean >> 30, inverse >> (63 - bits));
        prop_assert_eq!(
            BigInt::from(pq::normalise(value, mean, inverse)),
            normalise(&value.into(), mean, inverse)
        );
    }

    /// Coordinates so small that many centroids are equally far.
    #[test]
    fn ties_go_to_the_lowest_index(
        folded in prop::collection::vec(-40..40_i64, 96),
        centroids in prop::collection::vec(-3..4_i32, 64 * 16),
        means in prop::collection::vec(-8..8_i64, 16),
        bound in 0..400_u64,
        shift in 39..42_u32,
    ) {
        let codebook = Codebook::new(
            std::array::from_fn(|j| means[j]),
            [(1 << shift) / 8; 16],
            centroids.as_chunks::<16>().0.iter().map(|c| std::array::from_fn(|s| std::array::from_fn(|d| c[4 * s + d]))).collect(),
            bound,
        ).unwrap();
        let rows: [[i64; 16]; 6] = std::array::from_fn(|i| std::array::from_fn(|j| folded[16 * i + j]));
        let big: Vec<Vec<BigInt>> = rows.iter().map(|row| row.map(BigInt::from).to_vec()).collect();
        compare_codes(&pq::encode(&rows, &codebook), &big, &codebook);
    }
}

/// Halves of either sign, the ends of the range, and one unit to either side of both.
#[test]
fn normalised_values_round_and_saturate_at_their_edges() {
    let limit = (1_i64 << 30) - 1;
    for (inverse, scale) in [(1_i64 << 39, 2), (-(1 << 39), -2), (1 << 40, 1), (-(1 << 40), -1)] {
        for z in [0, 1, 2, 1000, limit - 1, limit, limit + 1, 2 * limit] {
            for value in [z * scale, -z * scale].into_iter().flat_map(|v| [v - 1, v, v + 1]) {
                let found = pq::normalise(value, 0, inverse);
                assert_eq!(BigInt::from(found), normalise(&value.into(), 0, inverse), "{value}·{inverse}");
                assert!(found.abs() <= limit);
            }
        }
    }
    assert_eq!([1, -1, 3, -3].map(|value| pq::normalise(value, 0, 1 << 39)), [1, 0, 2, -1]);
    // The largest products that a codebook and a fold can make.
    for value in [-(1 << 34), 1 << 34] {
        for (mean, inverse) in [((1 << 33) - 1, (1 << 53) - 1), (1 - (1 << 33), 1 - (1 << 53))] {
            let found = BigInt::from(pq::normalise(value, mean, inverse));
            assert_eq!(found, normalise(&value.into(), mean, inverse));
        }
    }
}

/// r² on the bound, one below it and one above.
#[test]
fn the_bound_includes_itself() {
    let plain = samples::codebook(4, 64);
    let folded = evaluate(&samples::block(4, 5, 5, 2), &plain, &Salts::none()).unwrap().folded;
    let big: Vec<Vec<BigInt>> = folded.iter().map(|row| row.map(BigInt::from).to_vec()).collect();
    let residuals = pq::encode(&folded, &plain).residual_squared;
    let mut flags = 0;
    for residual in residuals {
        for bound in [residual.saturating_sub(1), residual, residual + 1] {
            let bound = u64::try_from(bound).unwrap();
            let codebook =
                Codebook::new(*plain.mean(), *plain.inverse(), plain.centroids().to_vec(), bound).unwrap();
            let code = pq::encode(&folded, &codebook);
            compare_codes(&code, &big, &codebook);
            flags += code.within_bound.iter().filter(|within| **within).count();
        }
    }
    assert!(flags > 0 && flags < 6 * 18, "{flags}");
}
