//! Pieces of the prover's work to measure.

#[cfg(target_arch = "x86_64")]
use foldproof_params::lanes::Wide;
use foldproof_params::lanes::{self, Lanes};
use halo2curves::bn256::Fr;

use super::domain::{Domain, multiply};

/// A column to work on, as this processor's prover has it.
pub(crate) enum Sample {
    #[cfg(target_arch = "x86_64")]
    Wide(Column<Wide<Fr>>),
    Scalar(Column<Fr>),
}

pub(crate) struct Column<V: Lanes<Field = Fr>> {
    domain: Domain<V>,
    values: Vec<V>,
}

impl Sample {
    /// `values` are 2^k.
    pub(crate) fn new(k: u32, values: &[Fr]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if lanes::vectors() {
            return Self::Wide(Column::new(k, values));
        }
        Self::Scalar(Column::new(k, values))
    }

    /// A column's way to a coset.
    pub(crate) fn transform(&self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(column) => column.transform(),
            Self::Scalar(column) => column.transform(),
        }
    }

    /// At least so many multiplications of values in memory.
    pub(crate) fn multiply(&self, count: usize) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(column) => column.multiply(count),
            Self::Scalar(column) => column.multiply(count),
        }
    }
}

impl<V: Lanes<Field = Fr>> Column<V> {
    fn new(k: u32, values: &[Fr]) -> Self {
        let domain = Domain::new(k);
        let values = domain.coefficients(values);
        Self { domain, values }
    }

    fn transform(&self) -> usize {
        let mut values = self.values.clone();
        multiply(&mut values, &self.values);
        self.domain.evaluate(&mut values);
        std::hint::black_box(values).len()
    }

    fn multiply(&self, count: usize) -> usize {
        let mut values = self.values.clone();
        for _ in 0..count.div_ceil(self.domain.size()) {
            multiply(&mut values, &self.values);
        }
        std::hint::black_box(values).len()
    }
}
