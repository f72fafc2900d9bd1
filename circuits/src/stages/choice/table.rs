//! Committed tables.

use std::fmt;

use halo2curves::bn256::Fr;

use crate::decision::{ACTIONS, FEATURES, MAX_ARMS, MAX_VALUES, STATES};
use crate::fingerprint::FINGERPRINT;
use crate::packing::{NUMBER_BITS, TABLE_PER_ELEMENT};
use crate::poseidon::{Domain, Packer, salted};

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Values, one to a row.
    Values,
    /// Values of actions, a row for each state.
    Q,
    /// α and β, a row for each arm.
    Bandit,
    /// Weights, then the matrix row by row, a row for each arm.
    Contextual,
    /// Fingerprints, one to a row.
    Centres,
}

impl Kind {
    /// Every kind, by number.
    pub const ALL: [Self; 5] = [Self::Values, Self::Q, Self::Bandit, Self::Contextual, Self::Centres];

    /// Its place among the kinds.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Columns.
    pub fn columns(self) -> usize {
        match self {
            Self::Values => 1,
            Self::Q => ACTIONS,
            Self::Bandit => 2,
            Self::Contextual => FEATURES + FEATURES * FEATURES,
            Self::Centres => FINGERPRINT,
        }
    }

    /// Fewest and most rows.
    fn rows(self) -> [usize; 2] {
        match self {
            Self::Values => [1, MAX_VALUES],
            Self::Q => [STATES; 2],
            Self::Bandit | Self::Contextual | Self::Centres => [1, MAX_ARMS],
        }
    }

    /// Least and greatest value.
    fn range(self) -> [i64; 2] {
        match self {
            Self::Bandit => [1, (1 << 32) - 1],
            _ => [-(1 << (NUMBER_BITS - 1)), (1 << (NUMBER_BITS - 1)) - 1],
        }
    }
}

/// Values from which choices are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    kind: Kind,
    values: Vec<i64>,
}

/// Why values are no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableError {
    /// Too few or too many, or no whole number of rows.
    Count {
        /// Of what.
        kind: Kind,
        /// How many.
        found: usize,
    },
    /// A value out of its range.
    Value {
        /// Of what.
        kind: Kind,
        /// Which value.
        index: usize,
        /// The value.
        found: i64,
    },
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { kind, found } => {
                let ([fewest, most], columns) = (kind.rows(), kind.columns());
                write!(
                    f,
                    "values: {fewest} to {most} rows of {columns} were expected, found {found} values; give whole rows"
                )
            }
            Self::Value { kind, index, found } => {
                let [least, greatest] = kind.range();
                write!(
                    f,
                    "values[{index}]: a whole number from {least} to {greatest} was expected, found {found}; take a coarser scale"
                )
            }
        }
    }
}

impl std::error::Error for TableError {}

impl Table {
    /// Row by row.
    ///
    /// # Errors
    /// If there are not whole rows, too few or too many of them, or a value is out of its range.
    pub fn new(kind: Kind, values: Vec<i64>) -> Result<Self, TableError> {
        let [fewest, most] = kind.rows();
        let whole = values.len().is_multiple_of(kind.columns());
        if !whole || !(fewest..=most).contains(&(values.len() / kind.columns())) {
            return Err(TableError::Count { kind, found: values.len() });
        }
        let [least, greatest] = kind.range();
        match values.iter().position(|value| !(least..=greatest).contains(value)) {
            Some(index) => Err(TableError::Value { kind, index, found: values[index] }),
            None => Ok(Self { kind, values }),
        }
    }

    /// What it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// All values, row by row.
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// Rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[i64]> {
        self.values.chunks(self.kind.columns())
    }

    /// Shape of its commitment.
    pub(super) fn shape(&self) -> u64 {
        u64::from(self.kind.number()) << 48 | (self.rows().len() as u64) << 16 | self.kind.columns() as u64
    }

    /// Commitment to it.
    pub fn commitment(&self, salt: Fr) -> Fr {
        let put = |packer: Packer, value: &i64| packer.signed(*value, NUMBER_BITS);
        let element = |part: &[i64]| part.iter().fold(Packer::new(), put).element();
        salted(Domain::Table, self.shape(), salt, self.values.chunks(TABLE_PER_ELEMENT).map(element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_their_shapes() {
        for (kind, fewest, most) in [
            (Kind::Values, 1, 16_384),
            (Kind::Q, 486, 486),
            (Kind::Bandit, 2, 512),
            (Kind::Contextual, 20, 5_120),
            (Kind::Centres, 96, 24_576),
        ] {
            let table = |count: usize| Table::new(kind, vec![1; count]);
            assert!(table(fewest).is_ok() && table(most).is_ok(), "{kind:?}");
            for count in [fewest - 1, most + 1] {
                assert_eq!(table(count), Err(TableError::Count { kind, found: count }));
            }
            let [least, greatest] = kind.range();
            for (value, expected) in
                [(least, true), (greatest, true), (least - 1, false), (greatest + 1, false)]
            {
                let mut values = vec![1; fewest];
                values[fewest - 1] = value;
                assert_eq!(Table::new(kind, values).is_ok(), expected, "{kind:?} {value}");
            }
        }
        let error = TableError::Count { kind: Kind::Bandit, found: 3 };
        assert_eq!(
            error.to_string(),
            "values: 1 to 256 rows of 2 were expected, found 3 values; give whole rows"
        );
    }

    #[test]
    fn commitments_differ() {
        let commitment = |kind, values: &[i64]| {
            Table::new(kind, values.to_vec()).map(|table| table.commitment(Fr::zero()))
        };
        let all = [
            commitment(Kind::Values, &[1, 1]),
            commitment(Kind::Bandit, &[1, 1]),
            commitment(Kind::Values, &[1, 2]),
            commitment(Kind::Values, &[1, 1, -(1 << 47)]),
            commitment(Kind::Values, &[1; 6]),
            commitment(Kind::Values, &[1; 7]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(one.is_ok() && !all[..i].contains(one), "{i}");
        }
    }
}
