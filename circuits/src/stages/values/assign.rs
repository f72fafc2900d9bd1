//! Limbs, written into rows.

use crate::assignment::Assignment;
use crate::columns::{LIMBS, at, fixed_at, table};
use crate::model::parameters::Holds;

/// The tag of what a limb may hold.
pub fn tag(holds: Holds) -> u64 {
    let tag = match holds {
        Holds::Bits(bits) => table::width(bits),
        Holds::Only(value) => table::only(value),
    };
    tag.unwrap_or_else(|| panic!("no tag for {holds:?} exists"))
}

/// A row of limbs with their widths, filled from the left.
#[derive(Default)]
pub struct LimbRow {
    values: Vec<i128>,
    holds: Vec<Holds>,
}

impl LimbRow {
    /// Splits `value` into limbs of these widths.
    pub fn put(mut self, value: impl Into<i128>, widths: &[u32]) -> Self {
        let mut value = value.into();
        for width in widths {
            self.values.push(value & ((1 << width) - 1));
            self.holds.push(Holds::Bits(*width));
            value >>= width;
        }
        self
    }

    /// One limb of any kind.
    pub fn limb(mut self, value: u32, holds: Holds) -> Self {
        self.values.push(value.into());
        self.holds.push(holds);
        self
    }

    /// Writes limbs that follow from other cells.
    pub fn write(self, assignment: &mut Assignment, row: usize) {
        self.write_as(assignment, row, false);
    }

    /// Writes limbs, of which `input` says whether they are part of the witness.
    pub fn write_as(self, assignment: &mut Assignment, row: usize, input: bool) {
        let values = self.values.into_iter().chain(std::iter::repeat(0));
        let holds = self.holds.into_iter().chain(std::iter::repeat(Holds::Only(0)));
        for (i, (value, holds)) in values.zip(holds).take(LIMBS).enumerate() {
            assignment.fix(fixed_at::TAG + i, row, tag(holds));
            if input {
                assignment.write_input(at::LIMB + i, row, value);
            } else {
                assignment.write_int(at::LIMB + i, row, value);
            }
        }
    }
}
