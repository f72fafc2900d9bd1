//! Limbs, requantised integers and parameters, written into rows.

use super::rows::{Holds, Place, limbs, places, runs};
use crate::chips::dense::MODEL_LIMB_BITS;
use crate::chips::{LIMBS, at, fixed_at, table};
use crate::fixed::power_of_two;
use crate::model::{Model, Range};
use crate::sheet::Sheet;

/// Widths of the two limbs of an activation.
pub fn activation_limbs(bits: u32) -> [u32; 2] {
    if bits > MODEL_LIMB_BITS { [MODEL_LIMB_BITS, bits - MODEL_LIMB_BITS] } else { [bits, 0] }
}

/// An integer before and after requantisation.
pub struct Rescaled {
    pub activation: u64,
    pub remainder: u64,
    pub excess: u64,
    pub under: bool,
    pub over: bool,
}

pub fn rescale(value: i128, multiplier: u64, shift: u32, range: Range) -> Rescaled {
    let rounded = value * i128::from(multiplier) + (1 << (shift - 1));
    let quotient = rounded >> shift;
    let (low, high) = (i128::from(range.low), i128::from(range.high()));
    let excess = (low - quotient).max(quotient - high) - 1;
    let unsigned = |value: i128| u64::try_from(value).unwrap_or(0);
    Rescaled {
        activation: unsigned(i128::from(range.clamp(quotient)) - low),
        remainder: unsigned(rounded - (quotient << shift)),
        excess: unsigned(excess),
        under: quotient < low,
        over: quotient > high,
    }
}

/// A row of limbs with their widths, filled from the left.
#[derive(Default)]
pub struct LimbRow {
    values: Vec<u64>,
    holds: Vec<Holds>,
}

impl LimbRow {
    /// Splits `value` into limbs of these widths.
    pub fn put(mut self, mut value: u64, widths: &[u32]) -> Self {
        for width in widths {
            self.values.push(value & ((1 << width) - 1));
            self.holds.push(Holds::Bits(*width));
            value >>= width;
        }
        self
    }

    /// One limb of any kind.
    fn limb(mut self, value: u64, holds: Holds) -> Self {
        self.values.push(value);
        self.holds.push(holds);
        self
    }

    pub fn write(self, sheet: &mut Sheet, row: usize) {
        let values = self.values.into_iter().chain(std::iter::repeat(0));
        let holds = self.holds.into_iter().chain(std::iter::repeat(Holds::Only(0)));
        for (i, (value, holds)) in values.zip(holds).take(LIMBS).enumerate() {
            let tag = match holds {
                Holds::Bits(bits) => table::width(bits),
                Holds::Only(value) => table::only(value),
            };
            let tag = tag.unwrap_or_else(|| panic!("no tag for {holds:?} exists"));
            sheet.fix(fixed_at::MODEL_TAG + i, row, tag);
            sheet.write_int(at::MODEL_LIMB + i, row, value);
        }
    }
}

/// Writes rows of parameters in the order in which they are committed to.
pub struct Parameters<'m> {
    pub model: &'m Model,
    /// Each place with its position in its run.
    order: std::vec::IntoIter<(Place, u32)>,
}

impl<'m> Parameters<'m> {
    pub fn new(model: &'m Model) -> Self {
        let places = places(&model.shape());
        let positions = runs(&places).into_iter().flat_map(|length| 0..length as u32);
        let order: Vec<_> = places.iter().copied().zip(positions).collect();
        Self { model, order: order.into_iter() }
    }

    pub fn write(&mut self, sheet: &mut Sheet, row: usize, place: Place) {
        let (expected, position) = self.order.next().unwrap_or((place, 0));
        assert_eq!(place, expected, "parameters are laid out in the order of their commitment");
        let holds = place.holds(&self.model.shape());
        let limbs = limbs(self.model, place).into_iter().zip(holds);
        limbs.fold(LimbRow::default(), |row, (value, holds)| row.limb(value.into(), holds)).write(sheet, row);
        sheet.fix_field(fixed_at::LIMB_WEIGHT, row, power_of_two(place.radix() * position));
        if position == 0 {
            sheet.fix(fixed_at::RUN, row, 1);
        }
    }
}

pub fn flags(sheet: &mut Sheet, above: usize, rescaled: &Rescaled) {
    sheet.write_int(at::MODEL_FLAG, above, u8::from(rescaled.under));
    sheet.write_int(at::MODEL_FLAG, above + 1, u8::from(rescaled.over));
}

pub fn fix_range(sheet: &mut Sheet, row: usize, range: Range) {
    sheet.fix(fixed_at::MODEL_K, row, range.low);
    sheet.fix(fixed_at::MODEL_K + 1, row, (1_u32 << range.bits) - 1);
}
