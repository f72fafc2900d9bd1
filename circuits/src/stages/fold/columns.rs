//! What is summed in each column of the fold, and over which denominator.

use crate::codebook::DIM;
use crate::records::{CLASSES, HEIGHT_SCALE, LINKS, TIME_PERIOD};

/// Where a term's numerators are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Number `slot` of a class.
    Number(usize),
    /// Link `slot` of a class.
    Link(usize),
    /// T, the same for every record of the class.
    Time,
    /// H, the same for every record of the class.
    Height,
}

/// One class's contribution to a column.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Index into the classes.
    pub class: usize,
    /// What is summed.
    pub source: Source,
    /// Denominator of the feature.
    pub denominator: u64,
}

/// A column of the fold.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Terms with a constant denominator.
    pub terms: Vec<Term>,
    /// Classes whose position is in this column.
    pub positions: Vec<usize>,
    /// D: common denominator, below 2⁴⁸; even where there are positions.
    pub denominator: u64,
}

/// The 16 columns.
pub fn columns() -> [Column; DIM] {
    let mut columns: [Column; DIM] = std::array::from_fn(|_| Column { denominator: 1, ..Column::default() });
    let mut add = |feature: usize, class, source, denominator| {
        let column = &mut columns[feature];
        column.terms.push(Term { class, source, denominator });
        column.denominator = lcm(column.denominator, denominator);
    };
    for (class, spec) in CLASSES.iter().enumerate() {
        for (slot, number) in spec.numbers.iter().enumerate() {
            add(number.feature, class, Source::Number(slot), number.limit());
        }
        for (slot, text) in spec.texts.iter().enumerate() {
            add(text.feature, class, Source::Link(slot), u64::from(text.buckets - 1));
        }
        if let Some(feature) = spec.tri_state {
            add(feature, class, Source::Link(LINKS - 1), 2);
        }
        add(spec.time, class, Source::Time, TIME_PERIOD);
        if let Some(feature) = spec.height {
            add(feature, class, Source::Height, HEIGHT_SCALE);
        }
    }
    for (class, spec) in CLASSES.iter().enumerate() {
        let column = &mut columns[spec.position];
        column.positions.push(class);
        column.denominator = lcm(column.denominator, 2);
    }
    columns
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn lcm(a: u64, b: u64) -> u64 {
    a / gcd(a, b) * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_fills_its_columns_once() {
        let columns = columns();
        let width = |class: usize| -> usize {
            columns
                .iter()
                .map(|c| {
                    c.terms.iter().filter(|t| t.class == class).count()
                        + c.positions.iter().filter(|p| **p == class).count()
                })
                .sum()
        };
        assert_eq!([width(0), width(1), width(2)], [16, 12, 8]);
        assert!(columns.iter().all(|c| c.denominator < 1 << 48));
    }
}
