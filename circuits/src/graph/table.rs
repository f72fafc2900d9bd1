//! Tables of functions, made by integer arithmetic.
//!
//! The algorithm is normative (`docs/graph.md`, *Tables*): q = 2¹⁹²·e^(−2^−u) by its series, powers of q by truncated
//! multiplication, one division where the function has one, one rounding. Every intermediate error is below 2⁻¹⁶⁰, so that an
//! entry is the rounded value of the function unless that is within 2⁻¹⁶⁰ of a tie.

use num_bigint::BigInt;

use crate::fixed::{floor_div, round_div};
use crate::model::Range;

/// Fraction bits of intermediate values.
const PRECISION: u32 = 192;
/// Fewest and most bits of the input of a table.
const INPUT_BITS: std::ops::RangeInclusive<u32> = 4..=14;
/// Most fraction bits of the input.
const INPUT_FRACTION: u8 = 14;
/// Fewest and most fraction bits of the output.
const OUTPUT_FRACTION: std::ops::RangeInclusive<u8> = 1..=14;

/// A function of one activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// 1 / (1 + e^−x), over a signed activation.
    Sigmoid,
    /// (1 − e^−2x) / (1 + e^−2x), over a signed activation.
    Tanh,
    /// e^−x, over an unsigned activation.
    Decay,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 3] = [Self::Sigmoid, Self::Tanh, Self::Decay];

    /// Number in encodings.
    pub fn number(self) -> u8 {
        match self {
            Self::Sigmoid => 1,
            Self::Tanh => 2,
            Self::Decay => 3,
        }
    }

    /// Name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Decay => "decay",
        }
    }

    /// Where the input of `bits` bits lies.
    pub fn range(self, bits: u32) -> Range {
        match self {
            Self::Sigmoid | Self::Tanh => Range::signed(bits),
            Self::Decay => Range::unsigned(bits),
        }
    }
}

/// T\[y\] = ⌊2^output·f(y·2^−input)⌉ for the y of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table {
    /// f.
    pub function: Function,
    /// Bits of y.
    pub bits: u32,
    /// Fraction bits of y.
    pub input: u8,
    /// Fraction bits of the entries.
    pub output: u8,
}

impl Table {
    /// Whether there is such a table.
    pub fn exists(&self) -> bool {
        INPUT_BITS.contains(&self.bits)
            && self.input <= INPUT_FRACTION
            && OUTPUT_FRACTION.contains(&self.output)
    }

    /// Where y lies.
    pub fn range(&self) -> Range {
        self.function.range(self.bits)
    }

    /// Least and greatest entry.
    pub fn bounds(&self) -> (i64, i64) {
        let one = 1 << self.output;
        match self.function {
            Function::Sigmoid | Function::Decay => (0, one),
            Function::Tanh => (-one, one),
        }
    }

    /// The entries, from that of the least y on.
    pub fn entries(&self) -> Vec<i32> {
        let one = BigInt::from(1) << PRECISION;
        let decays = self.decays(&one);
        let low = i64::from(self.range().low);
        let entry = |y: i64| {
            let at = |factor: u64| &decays[usize::try_from(y.unsigned_abs() * factor).unwrap_or(0)];
            let value = match self.function {
                Function::Decay => at(1).clone(),
                Function::Sigmoid => {
                    let decay = at(1);
                    let over = if y < 0 { decay } else { &one };
                    floor_div(&(over << PRECISION), &(&one + decay))
                }
                Function::Tanh => {
                    let decay = at(2);
                    let magnitude = floor_div(&((&one - decay) << PRECISION), &(&one + decay));
                    if y < 0 { -magnitude } else { magnitude }
                }
            };
            i32::try_from(round_div(&(value << self.output), &one)).unwrap_or(0)
        };
        (0..1_i64 << self.bits).map(|index| entry(low + index)).collect()
    }

    /// 2¹⁹²·e^(−n·2^−input) for every n that is needed.
    fn decays(&self, one: &BigInt) -> Vec<BigInt> {
        // The series of e^−z for z = 2^−input ≤ 1: alternating, so that its error is below the first term left out.
        let (mut step, mut term) = (BigInt::from(0), one.clone());
        let mut index = 0_u32;
        while term != BigInt::from(0) {
            if index % 2 == 0 {
                step += &term
            } else {
                step -= &term
            }
            index += 1;
            term = (term >> self.input) / index;
        }
        let most = match self.function {
            Function::Decay => (1_usize << self.bits) - 1,
            Function::Sigmoid => 1 << (self.bits - 1),
            Function::Tanh => 1 << self.bits,
        };
        let mut decays = Vec::with_capacity(most + 1);
        decays.push(one.clone());
        for n in 0..most {
            decays.push((&decays[n] * &step) >> PRECISION);
        }
        decays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_those_of_the_functions() {
        for function in Function::ALL {
            for (bits, input, output) in [(11, 7, 13), (12, 8, 14), (8, 4, 8), (14, 10, 14), (4, 0, 1)] {
                let table = Table { function, bits, input, output };
                assert!(table.exists());
                let entries = table.entries();
                assert_eq!(entries.len(), 1 << bits);
                let (low, high) = table.bounds();
                for (index, entry) in entries.iter().enumerate() {
                    let y = f64::from(table.range().low) + index as f64;
                    let x = y / f64::from(1 << input);
                    let exact = match function {
                        Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
                        Function::Tanh => x.tanh(),
                        Function::Decay => (-x).exp(),
                    } * f64::from(1 << output);
                    assert!(
                        (f64::from(*entry) - exact).abs() < 0.5 + 1e-6,
                        "{table:?} at {y}: {entry}, {exact}"
                    );
                    assert!((low..=high).contains(&(*entry).into()));
                }
            }
        }
    }
}
