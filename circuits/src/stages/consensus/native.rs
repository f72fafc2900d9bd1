//! Consensus in native integers.

use std::fmt;

use halo2curves::bn256::Fr;

use crate::decision::MAX_VALIDATORS;
use crate::fixed::{narrow, round_narrow};
use crate::poseidon::{Domain, Packer, salted};

/// Fewest that make a consensus.
pub const MIN_VALIDATORS: usize = 3;
/// 1 at 2⁻²⁴: the greatest score and confidence.
pub const SCORE_ONE: u32 = 1 << 24;
/// Bits of a score and of a confidence.
pub(super) const SCORE_BITS: u32 = 25;
/// Bits of a stake.
pub(super) const STAKE_BITS: u32 = 64;
/// 1 at 2⁻³².
pub(super) const ONE: u64 = 1 << 32;

/// What a validator says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validator {
    /// At 2⁻²⁴.
    pub score: u32,
    /// At 2⁻²⁴.
    pub confidence: u32,
    /// In whatever unit.
    pub stake: u64,
}

/// How a value is made of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The median.
    Median,
    /// The median by confidence.
    WeightedMedian,
    /// The mean without outliers.
    TrimmedMean,
    /// The mean by stake.
    StakeWeighted,
    /// The mean by confidence.
    ConfidenceWeighted,
    /// The mean without outliers, by confidence and the root of the stake.
    Robust,
}

/// Methods with their names, by number.
pub const METHODS: [(Method, &str); 6] = [
    (Method::Median, "median"),
    (Method::WeightedMedian, "weighted_median"),
    (Method::TrimmedMean, "trimmed_mean"),
    (Method::StakeWeighted, "stake_weighted"),
    (Method::ConfidenceWeighted, "confidence_weighted"),
    (Method::Robust, "robust"),
];

impl Method {
    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        METHODS.iter().find(|(_, known)| *known == name).map(|(method, _)| *method)
    }

    /// Its place among the methods.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The method of that number.
    pub fn from_number(number: u64) -> Option<Self> {
        METHODS.get(usize::try_from(number).ok()?).map(|(method, _)| *method)
    }

    /// Name in files.
    pub fn name(self) -> &'static str {
        METHODS[usize::from(self.number())].1
    }
}

/// How many deviations from the median make an outlier, as a fraction: neither part is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    num: u16,
    den: u16,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { num: 2, den: 1 }
    }
}

impl Threshold {
    /// num/den.
    ///
    /// # Errors
    /// If one of them is 0.
    pub fn new(num: u16, den: u16) -> Result<Self, ConsensusError> {
        if num == 0 || den == 0 {
            return Err(ConsensusError::Threshold { found: (num, den) });
        }
        Ok(Self { num, den })
    }

    /// num and den.
    pub fn parts(self) -> (u16, u16) {
        (self.num, self.den)
    }
}

/// Why there is nothing to agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsensusError {
    /// More than [`MAX_VALIDATORS`].
    TooMany {
        /// How many.
        found: usize,
    },
    /// A score or confidence above 1.
    Range {
        /// Which validator.
        index: usize,
        /// Which of its numbers.
        field: &'static str,
        /// The number.
        found: u32,
    },
    /// A threshold with a part that is 0.
    Threshold {
        /// num and den.
        found: (u16, u16),
    },
}

impl fmt::Display for ConsensusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { found } => {
                write!(f, "validators: at most {MAX_VALIDATORS} were expected, found {found}; leave some out")
            }
            Self::Range { index, field, found } => write!(
                f,
                "validators[{index}].{field}: a whole number from 0 to {SCORE_ONE} was expected, found {found}; it stands for 0 to 1"
            ),
            Self::Threshold { found: (num, den) } => {
                write!(
                    f,
                    "threshold: two numbers from 1 to 65535 were expected, found {num} and {den}; 2 and 1 are usual"
                )
            }
        }
    }
}

impl std::error::Error for ConsensusError {}

/// Validators whose numbers are in their bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators(Vec<Validator>);

impl Validators {
    /// Checks them.
    ///
    /// # Errors
    /// If they are too many, or a score or confidence is above 1.
    pub fn new(validators: Vec<Validator>) -> Result<Self, ConsensusError> {
        if validators.len() > MAX_VALIDATORS {
            return Err(ConsensusError::TooMany { found: validators.len() });
        }
        for (index, validator) in validators.iter().enumerate() {
            for (field, found) in [("score", validator.score), ("confidence", validator.confidence)] {
                if found > SCORE_ONE {
                    return Err(ConsensusError::Range { index, field, found });
                }
            }
        }
        Ok(Self(validators))
    }

    /// In order.
    pub fn list(&self) -> &[Validator] {
        &self.0
    }

    /// Commitment to them.
    pub fn commitment(&self, salt: Fr) -> Fr {
        let mut places = self.0.clone();
        places.resize(MAX_VALIDATORS, Validator::default());
        let put = |packer: Packer, validator: &Validator| {
            let packer = packer.put(validator.score, SCORE_BITS).put(validator.confidence, SCORE_BITS);
            packer.put(validator.stake, STAKE_BITS)
        };
        let pairs = places.chunks(2).map(|pair| pair.iter().fold(Packer::new(), put).element());
        let elements = std::iter::once(Fr::from(self.0.len() as u64)).chain(pairs);
        salted(Domain::Scores, MAX_VALIDATORS as u64, salt, elements)
    }
}

/// A consensus, and what it is computed through. All but `insufficient` is 0 or empty of too few validators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consensus {
    /// Fewer than [`MIN_VALIDATORS`].
    pub insufficient: bool,
    /// Validators by rising keys 64·v + i.
    pub order: Vec<usize>,
    /// median₂.
    pub median: u64,
    /// a_i.
    pub deviations: Vec<u64>,
    /// Validators by rising keys 64·a + i.
    pub deviation_order: Vec<usize>,
    /// mad₄.
    pub mad: u64,
    /// By validator.
    pub outliers: Vec<bool>,
    /// V.
    pub variance: u128,
    /// σ, at 2⁻³².
    pub deviation: u64,
    /// At 2⁻³².
    pub value: u64,
    /// At 2⁻³².
    pub confidence: u64,
}

impl Consensus {
    /// Of validators.
    pub fn new(validators: &Validators, method: Method, threshold: Threshold) -> Self {
        let list = &validators.0;
        if list.len() < MIN_VALIDATORS {
            return Self { insufficient: true, ..Self::default() };
        }
        let scores: Vec<u64> = list.iter().map(|validator| validator.score.into()).collect();
        let (order, median) = sorted(&scores);
        let deviations: Vec<u64> = scores.iter().map(|score| (2 * score).abs_diff(median)).collect();
        let (deviation_order, mad) = sorted(&deviations);
        let [num, den] = [threshold.num, threshold.den].map(u128::from);
        let far = |a: &u64| mad > 0 && 13_490 * den * u128::from(*a) > 10_000 * num * u128::from(mad);
        let outliers: Vec<bool> = deviations.iter().map(far).collect();

        let n = list.len() as u128;
        let sum: u128 = scores.iter().map(|score| u128::from(*score)).sum();
        let squares: u128 = scores.iter().map(|score| u128::from(*score).pow(2)).sum();
        let variance = n * squares - sum * sum;
        let deviation = narrow(((variance << 16) / (n * n)).isqrt());
        let agreement = u128::from(ONE - (2 * deviation).min(ONE / 2));
        let certain: u128 = list.iter().map(|validator| u128::from(validator.confidence)).sum();
        let count = outliers.iter().filter(|outlier| **outlier).count() as u128;
        let one = u128::from(ONE);
        let parts = 40 * n * agreement + 10_240 * certain + 20 * n * one - 6 * count * one;
        let confidence = round_narrow(parts, 100 * n).clamp(ONE / 2, ONE);

        let value = value(list, method, &order, median, &outliers);
        Self {
            insufficient: false,
            order,
            median,
            deviations,
            deviation_order,
            mad,
            outliers,
            variance,
            deviation,
            value,
            confidence,
        }
    }

    /// The outliers: bit i is validator i.
    pub fn mask(&self) -> u64 {
        self.outliers.iter().rev().fold(0, |mask, outlier| mask << 1 | u64::from(*outlier))
    }
}

fn value(list: &[Validator], method: Method, order: &[usize], median: u64, outliers: &[bool]) -> u64 {
    // M, unless the weights sum to 0.
    let mean = |weights: &dyn Fn(usize) -> u128| {
        let weights: Vec<u128> = (0..list.len()).map(weights).collect();
        let sum: u128 = weights.iter().sum();
        let products =
            weights.iter().zip(list).map(|(weight, validator)| weight * u128::from(validator.score));
        (sum > 0).then(|| round_narrow(256 * products.sum::<u128>(), sum))
    };
    let clean = |i: usize| u128::from(!outliers[i]);
    let confidence = |i: usize| u128::from(list[i].confidence);
    let root = |i: usize| (u128::from(list[i].stake) << 48).isqrt();
    let found = match method {
        Method::Median => Some(128 * median),
        Method::WeightedMedian => Some(weighted_median(list, order).unwrap_or(128 * median)),
        Method::TrimmedMean => mean(&clean),
        Method::StakeWeighted => mean(&|i| list[i].stake.into()),
        Method::ConfidenceWeighted => mean(&confidence),
        Method::Robust => mean(&|i| clean(i) * confidence(i) * root(i)).or_else(|| mean(&clean)),
    };
    found.or_else(|| mean(&|_| 1)).unwrap_or_default()
}

/// Of the first in order at which at least half of the confidence is reached; none if there is no confidence.
fn weighted_median(list: &[Validator], order: &[usize]) -> Option<u64> {
    let confidence = |i: &usize| u64::from(list[*i].confidence);
    let whole: u64 = order.iter().map(confidence).sum();
    let mut so_far = 0;
    let reached = order.iter().find(|i| {
        so_far += confidence(i);
        2 * so_far >= whole
    });
    reached.filter(|_| whole > 0).map(|i| 256 * u64::from(list[*i].score))
}

/// Places by (value, place), and the sum of the two middle values.
fn sorted(values: &[u64]) -> (Vec<usize>, u64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|i| (values[*i], *i));
    let n = values.len();
    let middle = values[order[(n - 1) / 2]] + values[order[n / 2]];
    (order, middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validators(rows: &[(u32, u32, u64)]) -> Validators {
        let rows = rows.iter().map(|(score, confidence, stake)| Validator {
            score: *score,
            confidence: *confidence,
            stake: *stake,
        });
        Validators::new(rows.collect()).unwrap()
    }

    fn of(rows: &[(u32, u32, u64)], method: Method) -> Consensus {
        Consensus::new(&validators(rows), method, Threshold::default())
    }

    #[test]
    fn middles_and_halves() {
        let rows = [(4, 1, 1), (1, 1, 1), (8, 2, 1), (4, 0, 1)];
        let found = of(&rows, Method::WeightedMedian);
        assert_eq!((&found.order[..], found.median), (&[1, 0, 3, 2][..], 8));
        assert_eq!(found.value, 4 * 256, "the first at which exactly a half is reached");
        assert_eq!(of(&[(4, 1, 1), (1, 1, 1), (8, 3, 1), (4, 0, 1)], Method::WeightedMedian).value, 8 * 256);
        assert_eq!(of(&rows[..3], Method::Median).value, 4 * 256);
        assert_eq!(
            of(&[(4, 0, 1), (1, 0, 1), (9, 0, 1)], Method::WeightedMedian).value,
            4 * 256,
            "no confidence"
        );
    }

    /// 13490·den·a > 10000·num·mad with a = 40, mad = 20 and num/den = 1349/500 is an equality.
    #[test]
    fn outliers_are_beyond_the_threshold() {
        let rows = [(100, 0, 0), (95, 0, 0), (105, 0, 0), (95, 0, 0), (80, 0, 0)];
        let with = |num, den| {
            Consensus::new(&validators(&rows), Method::TrimmedMean, Threshold::new(num, den).unwrap())
        };
        let found = with(2, 1);
        assert_eq!((found.median, &found.deviations[..], found.mad), (190, &[10, 0, 20, 0, 30][..], 20));
        assert_eq!((with(1349, 1000).mask(), with(1348, 1000).mask()), (1 << 4, 1 << 4 | 1 << 2));
        assert_eq!(with(2, 1).mask(), 1 << 4);
        assert_eq!(with(20235, 10000).mask(), 0, "at the threshold");
        assert_eq!(with(20234, 10000).mask(), 1 << 4);
    }

    #[test]
    fn half_that_agree_leave_no_outliers() {
        let found = of(&[(5, 1, 1), (5, 1, 1), (SCORE_ONE, 1, 1)], Method::TrimmedMean);
        assert_eq!((found.mad, found.mask()), (0, 0));
    }

    #[test]
    fn weights_that_sum_to_nothing() {
        let rows = [(3, 0, 0), (6, 0, 0), (12, 0, 0)];
        for method in [Method::TrimmedMean, Method::StakeWeighted, Method::ConfidenceWeighted, Method::Robust]
        {
            assert_eq!(of(&rows, method).value, 7 * 256, "{method:?}");
        }
        // All are outliers if half are further than a tiny threshold, and the median is none of them.
        let all = Consensus::new(
            &validators(&[(0, 1, 1), (0, 1, 1), (10, 1, 1), (10, 1, 1)]),
            Method::Robust,
            Threshold::new(1, 65535).unwrap(),
        );
        assert_eq!((all.mask(), all.value), (15, 5 * 256));
    }

    #[test]
    fn few_are_not_enough() {
        let found = of(&[(1, 1, 1), (2, 2, 2)], Method::Median);
        assert!(found.insufficient && found.value == 0 && found.confidence == 0 && found.mask() == 0);
        assert!(!of(&[(1, 1, 1), (2, 2, 2), (3, 3, 3)], Method::Median).insufficient);
    }

    #[test]
    fn widths_hold() {
        let rows = [(SCORE_ONE, SCORE_ONE, u64::MAX); 64];
        for (method, _) in METHODS {
            let found = of(&rows, method);
            assert_eq!((found.value, found.confidence), (ONE, ONE), "{method:?}");
        }
        let mut rows = rows;
        rows[..32].fill((0, SCORE_ONE, u64::MAX));
        let found = of(&rows, Method::Robust);
        assert!(found.variance >> 60 == 0 && found.value == ONE / 2);
        let one = Validator::default();
        assert_eq!(Validators::new(vec![one; 65]), Err(ConsensusError::TooMany { found: 65 }));
        let above = Validator { confidence: SCORE_ONE + 1, ..one };
        assert_eq!(
            Validators::new(vec![one, above]).unwrap_err().to_string(),
            "validators[1].confidence: a whole number from 0 to 16777216 was expected, found 16777217; it stands for 0 to 1"
        );
        assert!(Threshold::new(0, 1).is_err() && Threshold::new(1, 0).is_err());
    }

    #[test]
    fn commitments_differ() {
        let commitment = |rows: &[(u32, u32, u64)]| validators(rows).commitment(Fr::zero());
        let all: [Fr; 6] = [
            commitment(&[(0, 0, 0)]),
            commitment(&[(0, 0, 0), (0, 0, 0)]),
            commitment(&[(1, 0, 0)]),
            commitment(&[(0, 1, 0)]),
            commitment(&[(0, 0, 1)]),
            commitment(&[]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{i}");
        }
    }
}
