//! What is public about how a consensus is reached.

use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire};
use crate::chips::middles::one_of;
use crate::ruling::CONSENSUS_BITS;
use crate::stages::consensus::native::{METHODS, Method, Threshold};

/// The method on the assignment.
#[derive(Debug)]
pub(super) struct MethodWires {
    /// Of each whether it is the one, by number.
    pub bits: Vec<Wire>,
    /// Its number.
    pub number: Wire,
}

impl MethodWires {
    /// Whether it is this one.
    pub fn is(&self, method: Method) -> &Wire {
        &self.bits[usize::from(method.number())]
    }
}

/// One of the methods.
pub(super) fn methods(arith: &mut Arith<'_>, method: Method) -> MethodWires {
    let bits = one_of(arith, Free::Input, METHODS.len(), method.number().into());
    let terms: Vec<_> = (0..).zip(&bits).map(|(number, bit)| (number.into(), bit)).skip(1).collect();
    let number = arith.linear(&terms, 0);
    MethodWires { bits, number }
}

const _: () = assert!(METHODS.len() <= 1 << CONSENSUS_BITS[0]);

/// Both parts of a threshold.
pub(super) fn threshold(arith: &mut Arith<'_>, threshold: Threshold) -> [Wire; 2] {
    let (num, den) = threshold.parts();
    let [_, num_bits, den_bits] = CONSENSUS_BITS;
    [(num, num_bits), (den, den_bits)].map(|(part, bits)| arith.range_free(Free::Input, part, bits))
}
