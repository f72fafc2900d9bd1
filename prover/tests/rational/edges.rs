//! Numbers, texts and codebooks on their way in.

use foldproof_circuits::block::{NUMBER_LIMIT, Number, Text};
use foldproof_circuits::stages::features::{
    CLASSES, NumberFeature, TextFeature, bucket_residue, clamp_number, text_hash,
};
use foldproof_prover::codebook::{Document, Normalization};
use foldproof_prover::input::number::canonical;
use num_bigint::BigInt;
use proptest::prelude::*;

use super::cases;
use super::exact::{Q, clamp, double, half_even, half_up, int, power, ratio};
use super::pipeline::{bucket, hash, lin};

/// num(x), in units of 2⁻¹⁶.
fn num(x: f64) -> BigInt {
    let limit: BigInt = (BigInt::from(1) << 47) - 1;
    clamp(half_even(&(double(x) * power(16))), -limit.clone(), limit)
}

#[test]
fn numbers_round_and_saturate_at_their_edges() {
    let limit = (1_i64 << 47) - 1;
    let units = [0, 1, 2, 3, 4, 5, 1 << 20, limit - 2, limit - 1, limit, limit + 1, limit + 2, 1 << 52];
    let mut ties = 0;
    for x in units.into_iter().flat_map(|unit| [2 * unit - 1, 2 * unit, 2 * unit + 1]) {
        #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
        let x = x as f64 / 131_072.0;
        ties += i32::from((x * 131_072.0).rem_euclid(2.0) == 1.0);
        for x in [x, x.next_up(), x.next_down()].into_iter().flat_map(|x| [x, -x]) {
            assert_eq!(BigInt::from(canonical(x).units()), num(x), "{x:e}");
        }
    }
    assert!(ties > 20, "{ties}");
    for x in [f64::MIN_POSITIVE, 5e-324, f64::MAX, 2f64.powi(31), 2f64.powi(37), 2f64.powi(53), 1e300] {
        for x in [x, -x, x.next_down(), -x.next_down()] {
            assert_eq!(BigInt::from(canonical(x).units()), num(x), "{x:e}");
        }
    }
}

/// The numerator over the denominator is lin, at both clamps and beside them.
#[test]
fn numbers_are_clamped_at_their_scale() {
    for feature in CLASSES.iter().flat_map(|class| class.numbers) {
        let NumberFeature { scale, .. } = *feature;
        let end = i64::try_from(scale).unwrap() << 16;
        let units = [0, 1, end / 2, end - 1, end, end + 1, NUMBER_LIMIT - 1, NUMBER_LIMIT];
        for units in units.into_iter().flat_map(|units| [units, -units]) {
            let number = Number::saturating(units.into());
            let found = ratio(clamp_number(number, *feature), feature.limit());
            assert_eq!(found, lin(number, scale), "{units} of {scale}");
        }
    }
}

fn text() -> impl Strategy<Value = Text> {
    prop::collection::vec(1..128_u8, 0..=62)
        .prop_map(|bytes| Text::new(&String::from_utf8(bytes).unwrap()).unwrap())
}

/// The table of the specification, numbers and buckets apart.
const BUCKETS: [u32; 7] = [64, 128, 256, 1024, 10_000, 50_000, 2];

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn texts_fall_into_their_buckets(text in text()) {
        prop_assert_eq!(BigInt::from(text_hash(&text)), hash(&text));
        for buckets in BUCKETS {
            let found = bucket_residue(&text, TextFeature { feature: 0, buckets });
            prop_assert_eq!(ratio(found, buckets - 1), bucket(&text, buckets.into()));
        }
    }

    /// Doubles of every size that a codebook may hold, ties of each rounding among them.
    #[test]
    fn codebooks_become_their_nearest_integers(
        mean in coordinates(1.99, 33),
        std_dev in prop::array::uniform16(deviation()),
        centroids in prop::collection::vec(coordinates(63.99, 25), 64),
        bound in prop_oneof![0.0..256.0_f64, 0.0..1e-6_f64, (0..4096_u32).prop_map(|n| f64::from(n) / 16_777_216.0)],
        plain in any::<bool>(),
    ) {
        let normalization = (!plain).then_some(Normalization { mean, std_dev });
        let centroids: Vec<[[f64; 4]; 4]> = centroids
            .iter()
            .map(|c| std::array::from_fn(|s| std::array::from_fn(|d| c[4 * s + d])))
            .collect();
        let document = Document {
            metadata: None,
            centroids: centroids.clone(),
            normalization,
            error_bound: Some(bound),
        };
        let codebook = document.quantise().unwrap();
        for j in 0..16 {
            let (mu, sigma) = if plain { (0.0, 1.0) } else { (mean[j], std_dev[j]) };
            prop_assert_eq!(BigInt::from(codebook.mean()[j]), half_up(&(double(mu) * power(32))));
            // 10⁻⁹ is the double of that name, as in the code of whoever writes codebooks.
            let sigma = double(if sigma.abs() <= 1e-9 { 1.0 } else { sigma });
            prop_assert_eq!(BigInt::from(codebook.inverse()[j]), half_up(&(power(32) / sigma)));
        }
        for (found, expected) in codebook.centroids().iter().flatten().flatten().zip(centroids.iter().flatten().flatten()) {
            prop_assert_eq!(BigInt::from(*found), half_up(&(double(*expected) * power(24))));
        }
        let expected: Q = double(bound) * double(bound) * power(48);
        prop_assert_eq!(BigInt::from(codebook.bound_squared()), half_up(&expected));
    }
}

/// Numbers within ±`most`; of every other one the last bit is 2^−`bits`, which is half a unit.
fn coordinates(most: f64, bits: i32) -> impl Strategy<Value = [f64; 16]> {
    let coarse = (-most..most).prop_map(move |x| {
        let tie = (x * 2f64.powi(bits)).round() / 2f64.powi(bits);
        if tie.abs() < most { tie } else { 0.0 }
    });
    prop::array::uniform16(prop_oneof![
        -most..most,
        -1e-6..1e-6_f64,
        coarse.clone(),
        coarse.prop_map(f64::next_up)
    ])
}

/// Deviations that circuits hold: above 2⁻²¹, or at most 10⁻⁹, which counts as 1.
fn deviation() -> impl Strategy<Value = f64> {
    prop_oneof![
        5e-7..10.0_f64,
        1.0..1e12_f64,
        -10.0..-5e-7_f64,
        -1e-9..1e-9_f64,
        Just(1e-9),
        Just(0.0),
        (0..40_i32).prop_map(|e| 2f64.powi(33 - e)),
        (1..1000_u32).prop_map(f64::from),
    ]
}

/// What the roundings themselves do, so that both sides cannot be wrong alike.
#[test]
fn roundings_are_what_they_are_called() {
    let halves = |f: fn(&Q) -> BigInt| [-5, -3, -1, 1, 3, 5].map(|n| i64::try_from(f(&ratio(n, 2))).unwrap());
    assert_eq!(halves(half_up), [-2, -1, 0, 1, 2, 3]);
    assert_eq!(halves(half_even), [-2, -2, 0, 0, 2, 2]);
    assert_eq!(half_even(&ratio(7, 3)), 2.into());
    for (x, root) in [(0, 0), (1, 1), (3, 1), (4, 2), (15, 3), (16, 4)] {
        assert_eq!(super::exact::floor_root(&int(x)), root.into());
    }
    assert_eq!(super::exact::floor_root(&ratio(399, 100)), 1.into());
}
