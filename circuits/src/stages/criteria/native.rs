//! Scores over criteria in native integers.

use std::fmt;

use halo2curves::bn256::Fr;

use crate::decision::MAX_CRITERIA;
use crate::fixed::round_narrow;
use crate::packing::NUMBER_BITS;
use crate::poseidon::{Domain, Packer, salted};

/// 1 at 2⁻³².
pub(super) const ONE: u64 = 1 << 32;
/// ⌊.8·2³²⌉: confidence in a single criterion.
pub(super) const SINGLE: u64 = 3_435_973_837;

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// What is scored.
    pub raw: i64,
    /// What scores 0.
    pub min: i64,
    /// What scores 1.
    pub max: i64,
    /// Weight.
    pub weight: u32,
}

/// How a score is made of criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The mean.
    Simple,
    /// The weighted mean.
    Weighted,
    /// Seven parts of the weighted mean, three of the median.
    Ensemble,
}

impl Method {
    /// Every method, by number.
    pub const ALL: [Self; 3] = [Self::Simple, Self::Weighted, Self::Ensemble];

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Weighted => "weighted",
            Self::Ensemble => "ensemble",
        }
    }

    /// Its place among the methods.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The method of that number.
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CriteriaError {
    /// More than [`MAX_CRITERIA`].
    TooMany {
        /// How many.
        found: usize,
    },
    /// A number beyond 48 bits.
    Range {
        /// Which criterion.
        index: usize,
        /// Which of its numbers.
        field: &'static str,
        /// The number.
        found: i64,
    },
    /// min > max.
    Order {
        /// Which criterion.
        index: usize,
        /// Its min and max.
        found: (i64, i64),
    },
}

impl fmt::Display for CriteriaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { found } => {
                write!(f, "criteria: at most {MAX_CRITERIA} were expected, found {found}; leave some out")
            }
            Self::Range { index, field, found } => write!(
                f,
                "criteria[{index}].{field}: a whole number from -2^47 to 2^47 - 1 was expected, found {found}; take a coarser scale"
            ),
            Self::Order { index, found: (min, max) } => write!(
                f,
                "criteria[{index}].min: at most max was expected, found {min} above {max}; exchange the two"
            ),
        }
    }
}

impl std::error::Error for CriteriaError {}

/// Criteria whose numbers are in their bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criteria(Vec<Criterion>);

impl Criteria {
    /// Checks them.
    ///
    /// # Errors
    /// If they are too many, a number has more than 48 bits, or min > max.
    pub fn new(criteria: Vec<Criterion>) -> Result<Self, CriteriaError> {
        if criteria.len() > MAX_CRITERIA {
            return Err(CriteriaError::TooMany { found: criteria.len() });
        }
        let range = -(1 << (NUMBER_BITS - 1))..1 << (NUMBER_BITS - 1);
        for (index, Criterion { raw, min, max, .. }) in criteria.iter().enumerate() {
            for (field, number) in [("raw", raw), ("min", min), ("max", max)] {
                if !range.contains(number) {
                    return Err(CriteriaError::Range { index, field, found: *number });
                }
            }
            if min > max {
                return Err(CriteriaError::Order { index, found: (*min, *max) });
            }
        }
        Ok(Self(criteria))
    }

    /// In order.
    pub fn list(&self) -> &[Criterion] {
        &self.0
    }

    /// Commitment to them.
    pub fn commitment(&self, salt: Fr) -> Fr {
        let element = |criterion: &Criterion| {
            let numbers = [criterion.raw, criterion.min, criterion.max];
            let packer =
                numbers.iter().fold(Packer::new(), |packer, number| packer.signed(*number, NUMBER_BITS));
            packer.put(criterion.weight, 32).element()
        };
        salted(Domain::Criteria, self.0.len() as u64, salt, self.0.iter().map(element))
    }
}

/// A score, and what it is computed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// x_i, at 2⁻³².
    pub normalised: Vec<u64>,
    /// Criteria by rising keys 64·x_i + i.
    pub order: Vec<usize>,
    /// m₂.
    pub middle: u64,
    /// N.
    pub weighted: u128,
    /// W.
    pub weights: u64,
    /// V.
    pub variance: u128,
    /// At 2⁻³².
    pub value: u64,
    /// At 2⁻³².
    pub confidence: u64,
}

impl Score {
    /// Of criteria.
    pub fn new(criteria: &Criteria, method: Method) -> Self {
        let normalised: Vec<u64> = criteria.0.iter().map(normalise).collect();
        let mut order: Vec<usize> = (0..normalised.len()).collect();
        order.sort_by_key(|index| (normalised[*index], *index));
        let k = normalised.len() as u128;
        let place = |place: usize| order.get(place).map_or(0, |index| normalised[*index]);
        let middle = place(normalised.len().saturating_sub(1) / 2) + place(normalised.len() / 2);
        let weighted =
            normalised.iter().zip(&criteria.0).map(|(x, c)| u128::from(*x) * u128::from(c.weight)).sum();
        let weights = criteria.0.iter().map(|criterion| u64::from(criterion.weight)).sum();
        let sum: u128 = normalised.iter().map(|x| u128::from(*x)).sum();
        let squares: u128 = normalised.iter().map(|x| u128::from(*x).pow(2)).sum();
        let variance = k * squares - sum * sum;
        let (value, confidence) = if k == 0 {
            (ONE / 2, ONE / 2)
        } else {
            let (m, w) = (u128::from(middle), u128::from(weights));
            let value = match (method, w) {
                (Method::Simple, _) => round_narrow(sum, k),
                (Method::Weighted, 0) => 0,
                (Method::Weighted, _) => round_narrow(weighted, w),
                (Method::Ensemble, 0) => round_narrow(3 * m, 20),
                (Method::Ensemble, _) => round_narrow(14 * weighted + 3 * m * w, 20 * w),
            };
            let spread = round_narrow(2 * variance, k * k * u128::from(ONE));
            (value, if k == 1 { SINGLE } else { ONE - spread.min(ONE / 2) })
        };
        Self { normalised, order, middle, weighted, weights, variance, value, confidence }
    }
}

/// x.
fn normalise(criterion: &Criterion) -> u64 {
    let Criterion { raw, min, max, .. } = *criterion;
    if min == max {
        return ONE / 2;
    }
    round_narrow(u128::from(raw.clamp(min, max).abs_diff(min)) << 32, max.abs_diff(min).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criteria(rows: &[(i64, i64, i64, u32)]) -> Criteria {
        let rows = rows.iter().map(|(raw, min, max, weight)| Criterion {
            raw: *raw,
            min: *min,
            max: *max,
            weight: *weight,
        });
        Criteria::new(rows.collect()).unwrap()
    }

    #[test]
    fn ends_middles_and_no_weights() {
        let found = |rows: &[(i64, i64, i64, u32)], method| {
            let score = Score::new(&criteria(rows), method);
            (score.value, score.confidence)
        };
        let rows = [(-5, 0, 4, 0), (9, 0, 4, 0), (1, 0, 4, 0), (7, 7, 7, 0)];
        let score = Score::new(&criteria(&rows), Method::Simple);
        assert_eq!(score.normalised, [0, ONE, ONE / 4, ONE / 2]);
        assert_eq!((&score.order[..], score.middle), (&[0, 2, 3, 1][..], 3 * ONE / 4), "of an even number");
        assert_eq!(Score::new(&criteria(&rows[..3]), Method::Simple).middle, ONE / 2, "twice the middle one");
        assert_eq!(found(&rows, Method::Simple).0, 7 * ONE / 16);
        assert_eq!((found(&rows, Method::Weighted).0, found(&rows, Method::Ensemble).0), (0, 483_183_821));
        assert_eq!(found(&rows[..1], Method::Weighted).1, SINGLE);
        assert_eq!(found(&[], Method::Weighted), (ONE / 2, ONE / 2));
        // Equal ones are in the order of their places.
        assert_eq!(
            Score::new(&criteria(&[(1, 0, 1, 1), (0, 0, 1, 1), (1, 0, 1, 1)]), Method::Simple).order,
            [1, 0, 2]
        );
        assert_eq!(found(&[(0, 0, 1, 1), (1, 0, 1, 1)], Method::Simple).1, ONE / 2, "as far apart as can be");
    }

    #[test]
    fn widths_hold() {
        let limit = 1 << 47;
        let rows: Vec<_> =
            (0..64).map(|i| ([-limit, limit - 1][i % 2], -limit, limit - 1, u32::MAX)).collect();
        let score = Score::new(&criteria(&rows), Method::Ensemble);
        assert!(score.weighted >> 71 == 0 && score.variance >> 78 == 0);
        assert_eq!(score.confidence, ONE / 2);
        let refused = |row: (i64, i64, i64)| {
            Criteria::new(vec![Criterion { raw: row.0, min: row.1, max: row.2, weight: 0 }])
                .unwrap_err()
                .to_string()
        };
        assert!(refused((limit, 0, 1)).starts_with("criteria[0].raw: a whole number from -2^47"));
        assert!(refused((0, -limit - 1, 1)).starts_with("criteria[0].min: a whole number"));
        assert!(refused((0, 2, 1)).starts_with("criteria[0].min: at most max was expected, found 2 above 1"));
        let one = Criterion { raw: 0, min: 0, max: 0, weight: 0 };
        assert!(Criteria::new(vec![one; 64]).is_ok());
        assert_eq!(Criteria::new(vec![one; 65]), Err(CriteriaError::TooMany { found: 65 }));
    }

    #[test]
    fn commitments_differ() {
        let commitment = |row| criteria(&[row]).commitment(Fr::zero());
        let all = [(0, 0, 0, 0), (-1, 0, 0, 0), (0, -1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)].map(commitment);
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{i}");
        }
    }
}
