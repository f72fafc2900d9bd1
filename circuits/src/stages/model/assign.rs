//! Limbs, requantised integers and parameters, written into rows.

use num_bigint::BigInt;

use crate::assignment::{Assignment, Cell, Free};
use crate::chips::dense::MODEL_LIMB_BITS;
use crate::columns::{at, fixed_at};
use crate::fixed::power_of_two;
use crate::model::parameters::{Place, limbs, places, runs};
use crate::model::{Model, Range};
use crate::stages::values::assign::LimbRow;

/// Widths of the two limbs of an activation.
pub fn activation_limbs(bits: u32) -> [u32; 2] {
    if bits > MODEL_LIMB_BITS { [MODEL_LIMB_BITS, bits - MODEL_LIMB_BITS] } else { [bits, 0] }
}

/// An integer before and after requantisation.
pub struct Rescaled {
    pub activation: i128,
    pub remainder: i128,
    pub excess: i128,
}

/// What is rescaled, by what, and into which range.
pub struct Rescaling {
    pub value: i128,
    pub multiplier: u64,
    pub shift: u32,
    pub range: Range,
}

impl Rescaling {
    /// Writes activation and flags: one flag into the row of the activation and one below it.
    pub fn write(self, assignment: &mut Assignment, row: usize) -> (Cell, Rescaled) {
        let Self { value, multiplier, shift, range } = self;
        let rounded = value * i128::from(multiplier) + (1 << (shift - 1));
        let quotient = rounded >> shift;
        let (low, high) = (i128::from(range.low), i128::from(range.high()));
        let small = |value: BigInt| i128::try_from(value).unwrap_or_default();
        let honest = i128::from(range.clamp(quotient)) - low;
        let activation = small(assignment.told(at::MODEL_X, row, honest.into()));
        let [under, over] = [(row, quotient < low), (row + 1, quotient > high)].map(|(row, flag)| {
            let flag = assignment.free(Free::Flag, at::MODEL_FLAG, row, u8::from(flag));
            assignment.write_int(at::MODEL_FLAG, row, flag.clone());
            small(flag)
        });
        // q = activation + low ± (excess + 1): one flag leaves the excess, none the remainder.
        let beyond = quotient - activation - low;
        let rescaled = match over - under {
            0 => Rescaled { activation, excess: 0, remainder: rounded - ((activation + low) << shift) },
            sign => Rescaled {
                activation,
                excess: beyond.div_euclid(sign) - 1,
                remainder: rounded - (quotient << shift),
            },
        };
        (assignment.write_int(at::MODEL_X, row, activation), rescaled)
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

    pub fn write(&mut self, assignment: &mut Assignment, row: usize, place: Place) {
        let (expected, position) = self.order.next().unwrap_or((place, 0));
        assert_eq!(place, expected, "parameters are laid out in the order of their commitment");
        let holds = place.holds(&self.model.shape());
        let limbs = limbs(self.model, place).into_iter().zip(holds);
        let limbs = limbs.fold(LimbRow::default(), |row, (value, holds)| row.limb(value.into(), holds));
        limbs.write_as(assignment, row, true);
        assignment.fix_field(
            assignment.bands().packing_factor(),
            row,
            power_of_two(place.radix() * position),
        );
        assignment.fix(fixed_at::RUN, row, if position == 0 { 2 } else { 1 });
    }
}

pub fn fix_range(assignment: &mut Assignment, row: usize, range: Range) {
    assignment.fix(fixed_at::K, row, range.low);
    assignment.fix(fixed_at::K + 1, row, (1_u32 << range.bits) - 1);
}
