//! Columns: their names, and values of fixed ones by runs.

use std::collections::HashMap;

use halo2_proofs::arithmetic::best_fft;
use halo2_proofs::plonk::{Any, Column};
use halo2_proofs::poly::EvaluationDomain;
use halo2curves::bn256::Fr;

use super::hexadecimal;

/// How the file names a column.
pub(super) fn name(column: Column<Any>) -> String {
    let letter = match column.column_type() {
        Any::Advice(_) => 'a',
        Any::Fixed => 'f',
        Any::Instance => 'i',
    };
    format!("{letter}{}", column.index())
}

/// Values of a polynomial in all rows. Proving keys in the cache have coefficients only.
pub(super) fn values(coefficients: &[Fr], domain: &EvaluationDomain<Fr>) -> Vec<Fr> {
    let mut values = coefficients.to_vec();
    let data = domain.get_fft_data(values.len());
    best_fft(&mut values, domain.get_omega(), domain.k(), data, false);
    values
}

/// Distinct values by the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    index: HashMap<[u8; 32], usize>,
    values: Vec<Fr>,
}

impl Dictionary {
    /// Runs of equal values: length, index.
    pub fn runs(&mut self, column: &[Fr]) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for value in column {
            let index = self.index(value);
            match runs.last_mut() {
                Some((length, last)) if *last == index => *length += 1,
                _ => runs.push((1, index)),
            }
        }
        runs
    }

    fn index(&mut self, value: &Fr) -> usize {
        *self.index.entry(value.to_bytes()).or_insert_with(|| {
            self.values.push(*value);
            self.values.len() - 1
        })
    }

    /// All of them.
    pub fn values(&self) -> Vec<String> {
        self.values.iter().map(|value| hexadecimal(value, false)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_to_the_column() {
        let column: Vec<Fr> = [7, 7, 0, 7, 1, 1, 1].map(Fr::from).to_vec();
        let mut dictionary = Dictionary::default();
        assert_eq!(dictionary.runs(&column), [(2, 0), (1, 1), (1, 0), (3, 2)]);
        assert_eq!(dictionary.runs(&column[2..]), [(1, 1), (1, 0), (3, 2)]);
        assert_eq!(dictionary.values(), ["7", "0", "1"]);
    }
}
