//! Tables of functions, made by integer arithmetic.
//!
//! The algorithm is normative (`docs/graph.md`, *Tables*): q = 2¹⁹²·e^(−2^−u) by its series, powers of q by truncated
//! multiplication, one division where the function has one, one rounding. Every intermediate error is below 2⁻¹⁶⁰, so that an
//! entry is the rounded value of the function unless that is within 2⁻¹⁶⁰ of a tie.

mod shares;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use num_bigint::BigInt;

use self::shares::PRECISION;
use crate::fixed::{floor_div, floor_sqrt, round_div};
use crate::model::kinds::Range;

/// Fewest and most bits of the input of a table.
const INPUT_BITS: std::ops::RangeInclusive<u32> = 4..=14;
/// Most fraction bits of the input.
const INPUT_FRACTION: u8 = 14;
/// Fewest and most fraction bits of the output.
const OUTPUT_FRACTION: std::ops::RangeInclusive<u8> = 1..=14;

/// Most tables that are kept.
const KEPT: usize = 16;

/// A function of one activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// 1 / (1 + e^−x), over a signed activation.
    Sigmoid,
    /// (1 − e^−2x) / (1 + e^−2x), over a signed activation.
    Tanh,
    /// e^−x, over an unsigned activation.
    Decay,
    /// x·Φ(x) with the normal distribution Φ, over a signed activation.
    Gelu,
    /// x / (1 + e^−w) with w = √(8/π)·(x + 0.044715·x³), its approximation, over a signed activation.
    GeluTanh,
    /// x / (1 + e^−x), over a signed activation.
    Silu,
    /// 1/√x, and 0 for 0, over an unsigned activation.
    InverseRoot,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 7] =
        [Self::Sigmoid, Self::Tanh, Self::Decay, Self::Gelu, Self::GeluTanh, Self::Silu, Self::InverseRoot];

    /// Number in encodings.
    pub fn number(self) -> u8 {
        match self {
            Self::Sigmoid => 1,
            Self::Tanh => 2,
            Self::Decay => 3,
            Self::Gelu => 4,
            Self::GeluTanh => 5,
            Self::Silu => 6,
            Self::InverseRoot => 7,
        }
    }

    /// Name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Decay => "decay",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu-tanh",
            Self::Silu => "silu",
            Self::InverseRoot => "inverse-root",
        }
    }

    /// Where the input of `bits` bits lies.
    pub fn range(self, bits: u32) -> Range {
        match self {
            Self::Sigmoid | Self::Tanh | Self::Gelu | Self::GeluTanh | Self::Silu => Range::signed(bits),
            Self::Decay | Self::InverseRoot => Range::unsigned(bits),
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

    /// No entry is less than the first, or greater than the second.
    pub fn bounds(&self) -> (i64, i64) {
        let one = 1 << self.output;
        match self.function {
            Function::Sigmoid | Function::Decay => (0, one),
            Function::Tanh => (-one, one),
            Function::Gelu | Function::GeluTanh | Function::Silu => {
                // Above −0.2785, and below x.
                let greatest = i64::from(self.range().high()) << self.output;
                (-((9 * one) >> 5) - 1, ((greatest - 1) >> self.input) + 1)
            }
            Function::InverseRoot => (0, self.inverse_root(1)),
        }
    }

    /// ⌊2^output / √(y·2^−input)⌉ of y > 0, exactly.
    fn inverse_root(&self, y: i64) -> i64 {
        let square = BigInt::from(4) << (2 * u32::from(self.output) + u32::from(self.input));
        let twice = floor_sqrt(&floor_div(&square, &y.into()));
        i64::try_from((twice + 1_u32) >> 1).unwrap_or(i64::MAX)
    }

    /// The entries, from that of the least y on. The last ones asked for are kept.
    pub fn entries(&self) -> Arc<[i32]> {
        static KNOWN: LazyLock<Mutex<HashMap<Table, Arc<[i32]>>>> = LazyLock::new(Mutex::default);
        // What a panicking thread leaves behind is a map of whole tables all the same.
        let known = || KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(entries) = known().get(self) {
            return Arc::clone(entries);
        }
        let entries: Arc<[i32]> = self.computed().into();
        let mut known = known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(*self, Arc::clone(&entries));
        entries
    }

    fn computed(&self) -> Vec<i32> {
        match self.function {
            Function::Sigmoid | Function::Tanh | Function::Decay => self.of_decays(),
            Function::Gelu | Function::GeluTanh | Function::Silu => self.gated(),
            Function::InverseRoot => {
                let root = |y: i64| if y == 0 { 0 } else { self.inverse_root(y) };
                (0..1_i64 << self.bits).map(|y| i32::try_from(root(y)).unwrap_or(0)).collect()
            }
        }
    }

    /// x times a share of it: ⌊y·v·2^output / 2^(192 + input)⌉, where v is 2¹⁹² times the share, and less than 2¹⁹² by that of −y for y < 0.
    fn gated(&self) -> Vec<i32> {
        let one = BigInt::from(1) << PRECISION;
        let half = 1_u64 << (self.bits - 1);
        let shares = match self.function {
            Function::Gelu => shares::normal(self.input, half),
            Function::GeluTanh => shares::logistic(self.input, half),
            _ => {
                let share = |decay: &BigInt| floor_div(&(&one << PRECISION), &(&one + decay));
                self.decays(&one).iter().map(share).collect()
            }
        };
        let unit = &one << self.input;
        let entry = |y: i64| {
            let share = &shares[usize::try_from(y.unsigned_abs()).unwrap_or(0)];
            let share = if y < 0 { &one - share } else { share.clone() };
            i32::try_from(round_div(&((share * y) << self.output), &unit)).unwrap_or(0)
        };
        let half = i64::try_from(half).unwrap_or(0);
        (-half..half).map(entry).collect()
    }

    fn of_decays(&self) -> Vec<i32> {
        let one = BigInt::from(1) << PRECISION;
        let decays = self.decays(&one);
        let low = i64::from(self.range().low);
        let entry = |y: i64| {
            let at = |factor: u64| &decays[usize::try_from(y.unsigned_abs() * factor).unwrap_or(0)];
            let value = match self.function {
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
                _ => at(1).clone(),
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
            if index.is_multiple_of(2) {
                step += &term
            } else {
                step -= &term
            }
            index += 1;
            term = (term >> self.input) / index;
        }
        let most = match self.function {
            Function::Sigmoid | Function::Silu => 1 << (self.bits - 1),
            Function::Tanh => 1 << self.bits,
            _ => (1_usize << self.bits) - 1,
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
                        // What an own series is held against is in the tests of shares.
                        Function::Gelu => f64::from(*entry) / f64::from(1 << output),
                        Function::GeluTanh => {
                            let w = (8.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
                            x / (1.0 + (-w).exp())
                        }
                        Function::Silu => x / (1.0 + (-x).exp()),
                        Function::InverseRoot if y == 0.0 => 0.0,
                        Function::InverseRoot => 1.0 / x.sqrt(),
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
