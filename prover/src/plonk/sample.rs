//! Pieces of the prover's work to measure.

#[cfg(target_arch = "x86_64")]
use foldproof_params::lanes::Wide;
use foldproof_params::lanes::{self, Lanes};
use halo2curves::bn256::Fr;
use rayon::prelude::*;

use super::domain::{Domain, evaluate, multiply};

/// Columns to work on, as this processor's prover has them: what estimates of a proof's time are measured on.
pub struct Sample(Kind);

enum Kind {
    #[cfg(target_arch = "x86_64")]
    Wide(Columns<Wide<Fr>>),
    Scalar(Columns<Fr>),
}

struct Columns<V: Lanes<Field = Fr>> {
    domain: Domain<V>,
    coefficients: Vec<Fr>,
    shifts: Vec<V>,
    columns: Vec<Vec<V>>,
}

impl Sample {
    /// So many columns, each of the 2^`k` values given.
    pub fn new(k: u32, values: &[Fr], columns: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        if lanes::vectors() {
            return Self(Kind::Wide(Columns::new(k, values, columns)));
        }
        Self(Kind::Scalar(Columns::new(k, values, columns)))
    }

    /// Coefficients of the key to values on a coset, in every column.
    pub fn transform(&mut self) {
        match &mut self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Wide(columns) => columns.transform(),
            Kind::Scalar(columns) => columns.transform(),
        }
    }

    /// At least so many multiplications of values in memory.
    pub fn multiply(&self, count: usize) -> usize {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Wide(columns) => columns.multiply(count),
            Kind::Scalar(columns) => columns.multiply(count),
        }
    }

    /// The value of a polynomial: a multiplication for each coefficient, of which each waits for the one before.
    pub fn evaluate(&self) -> Fr {
        let coefficients = match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Wide(columns) => &columns.coefficients,
            Kind::Scalar(columns) => &columns.coefficients,
        };
        evaluate(coefficients, coefficients[0])
    }
}

impl<V: Lanes<Field = Fr>> Columns<V> {
    fn new(k: u32, values: &[Fr], columns: usize) -> Self {
        let domain = Domain::new(k);
        let shifts = domain.shifts(values[0]);
        let columns = vec![shifts.clone(); columns];
        Self { domain, coefficients: values.to_vec(), shifts, columns }
    }

    fn transform(&mut self) {
        self.columns.par_iter_mut().for_each(|column| {
            self.domain.pack_into(&self.coefficients, column);
            multiply(column, &self.shifts);
            self.domain.evaluate(column);
        });
    }

    fn multiply(&self, count: usize) -> usize {
        let mut values = self.shifts.clone();
        for _ in 0..count.div_ceil(self.domain.size()) {
            multiply(&mut values, &self.shifts);
        }
        std::hint::black_box(values).len()
    }
}
