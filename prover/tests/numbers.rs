//! Doubles become integers exactly: against fractions of unbounded integers.

use foldproof_circuits::block::NUMBER_LIMIT;
use foldproof_prover::input::number::{bound_squared, canonical, inverse_deviation, scale_half_up};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Every finite double, and more often those near the sizes that matter.
fn doubles() -> impl Strategy<Value = f64> {
    let ties = (-(1i64 << 40)..1 << 40).prop_map(|n| (2 * n + 1) as f64 / 131_072.0);
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite()),
        -5e9..5e9f64,
        -1.0..1.0f64,
        -1e-4..1e-4f64,
        -2e-9..2e-9f64,
        ties.clone(),
        ties.clone().prop_map(f64::next_up),
        ties.prop_map(f64::next_down),
    ]
}

fn exact(x: f64) -> BigRational {
    let fraction = if x == 0.0 { None } else { BigRational::from_float(x) };
    fraction.unwrap_or_else(|| BigRational::from_integer(0.into()))
}

fn half_up(x: &BigRational) -> BigInt {
    (x + BigRational::new(1.into(), 2.into())).floor().to_integer()
}

fn half_even(x: &BigRational) -> BigInt {
    let up = half_up(x);
    let tie = x - x.floor() == BigRational::new(1.into(), 2.into());
    if tie && &up % 2 != 0.into() { up - 1 } else { up }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4096,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn canonical_rounds_half_to_even(x in doubles()) {
        let limit = BigInt::from(NUMBER_LIMIT);
        let expected = half_even(&(exact(x) * BigInt::from(65536))).clamp(-limit.clone(), limit);
        prop_assert_eq!(BigInt::from(canonical(x).units()), expected);
    }

    #[test]
    fn scaling_rounds_half_up(x in doubles(), bits in 0u32..48) {
        let limit = BigInt::from(1i128 << 126);
        let expected = half_up(&(exact(x) * (BigInt::from(1) << bits))).clamp(-limit.clone(), limit);
        prop_assert_eq!(BigInt::from(scale_half_up(x, bits)), expected);
    }

    #[test]
    fn bounds_are_squared_before_they_are_rounded(x in doubles()) {
        let limit = BigInt::from(1i128 << 126);
        let expected = half_up(&(exact(x) * exact(x) * (BigInt::from(1) << 48))).min(limit);
        prop_assert_eq!(BigInt::from(bound_squared(x)), expected);
    }

    #[test]
    fn deviations_are_inverted_exactly(x in doubles()) {
        let sigma = if x.abs() > 1e-9 { exact(x) } else { exact(1.0) };
        let expected = half_up(&(BigRational::from_integer(BigInt::from(1) << 32) / sigma));
        prop_assert_eq!(BigInt::from(inverse_deviation(x)), expected);
    }
}
