//! Forests: rows that are looked up, and paths.

use halo2curves::bn256::Fr;

use super::{Builder, Element};
use crate::assignment::{Cell, Free};
use crate::chips::graph::forest::{GOES_ON, LEFT, RIGHT, TARGET_BITS};
use crate::columns::{Gate, LIMBS, at, fixed_at};
use crate::graph::parameters::{Place, pointer_widths, widths};
use crate::graph::{Block, LEAF_BITS, MAX_SPLITS};
use crate::model::INPUT_BITS;
use crate::stages::values::circuit::integer;

/// Kinds of links, beyond those to texts: values, splits and leaves of each model.
#[derive(Clone, Copy)]
enum Kind {
    Value,
    Split,
    Leaf,
}

/// First kind of the first model.
const FIRST_KIND: usize = 8;
/// Kinds of a block; a model has no more than [`MAX_BLOCKS`](crate::graph::MAX_BLOCKS) of them.
const KINDS: usize = 4;

impl Builder<'_> {
    fn kind(&self, block: usize, kind: Kind) -> usize {
        let block = if matches!(kind, Kind::Value) { 0 } else { block };
        FIRST_KIND + KINDS * (self.index * crate::graph::MAX_BLOCKS + block) + kind as usize
    }

    fn entry(&mut self, row: usize, place: usize, kind: usize) {
        self.assignment.fix(fixed_at::INDEX, row, place);
        self.assignment.fix(fixed_at::KIND, row, kind);
        self.assignment.fix(fixed_at::LINKS, row, fixed_at::TEXT);
    }

    fn link(&mut self, row: usize, place: i128, kind: usize) {
        self.assignment.write_int(at::A, row, place);
        self.assignment.fix(fixed_at::KIND, row, kind);
        self.assignment.fix(fixed_at::LINKS, row, fixed_at::LINK);
    }

    /// Rows of values, if there is a forest.
    pub(super) fn entries_of_values(&mut self) {
        if !self.graph().has_forest() {
            return;
        }
        for (place, cell) in self.values.iter().copied().enumerate() {
            let row = self.row();
            self.value_rows.get_or_insert(row);
            self.assignment.copy_to(cell, at::B, row);
            // In both places, so that nothing in the table may be anything.
            self.assignment.copy_to(cell, at::C, row);
            self.entry(row, place, self.kind(0, Kind::Value));
        }
    }

    /// Rows of splits and leaves.
    pub(super) fn forest(&mut self, block: usize) {
        let Block::Forest { splits, leaves, targets, .. } = self.graph().blocks()[block] else { return };
        let [pointer, value] = [pointer_widths(self.limb).to_vec(), widths(INPUT_BITS, self.limb)];
        for split in 0..splits as usize {
            let row = self.row();
            self.parameters(row, Place::Split { block, split });
            let feature = integer(self.assignment, Cell { column: at::LIMB, row });
            let [left, right] = [4, 6].map(|first| self.read_digits(row, first, &pointer));
            self.assignment.write_int(at::B, row, feature + (left << LEFT) + (right << RIGHT));
            let threshold = self.read_digits(row, 1, &value);
            self.assignment.write_int(at::C, row, threshold);
            self.entry(row, split, self.kind(block, Kind::Split));
            self.enable(Gate::GraphSplit, row);
        }
        let step = if targets == 1 { 2 } else { 1 };
        for (place, leaf) in (0..leaves as usize).step_by(step).enumerate() {
            let row = self.row();
            self.parameters(row, Place::Leaves { block, leaf });
            let wires = if targets == 1 {
                [0, 4].map(|first| self.read_digits(row, first, &value))
            } else {
                let target = |i: usize| self.read_digits(row, 2 * i, &[12, 12]);
                [0, 2].map(|i| target(i) + (target(i + 1) << TARGET_BITS))
            };
            self.assignment.write_int(at::B, row, wires[0]);
            self.assignment.write_int(at::C, row, wires[1]);
            self.assignment.fix(fixed_at::K, row, u8::from(targets > 1));
            self.entry(row, place, self.kind(block, Kind::Leaf));
            self.enable(Gate::GraphLeaf, row);
        }
    }

    fn wires(&self, row: usize) -> [i128; 2] {
        [at::B, at::C].map(|column| integer(self.assignment, Cell { column, row }))
    }

    /// Reads rows `first` to before `end` of a table at `place`, or zeros where there is none.
    fn read_entry(&self, first: usize, count: usize, place: i128) -> [i128; 2] {
        let place = usize::try_from(place).ok().filter(|place| *place < count);
        place.map_or([0; 2], |place| self.wires(first + place))
    }

    /// The paths through all trees, and the sums of what they end at.
    pub(super) fn paths(&mut self, block: usize) -> Vec<Element> {
        let Block::Forest { trees, depth, splits, leaves, targets } = self.graph().blocks()[block] else {
            return Vec::new();
        };
        let [splits, leaves] = [splits, leaves].map(|count| count as usize);
        let several = targets > 1;
        let first_leaf = self.blocks[block] + splits;
        let leaf_rows = if several { leaves } else { leaves.div_ceil(2) };
        let mut sums: [Option<Cell>; 2] = [None; 2];
        for tree in 0..trees {
            let mut pointer = i128::from(tree);
            let root = self.band.next;
            self.assignment.write_int(at::ACC[0], root, pointer);
            self.assignment.fix(fixed_at::K, root, tree);
            self.enable(Gate::GraphRoot, root);
            for step in 0..depth {
                let goes_on = u8::from(step + 1 < depth);
                self.assignment.fix(fixed_at::K + GOES_ON, self.band.next, goes_on);
                pointer = self.step(block, splits, pointer);
            }
            let row = self.row();
            let place = pointer - i128::from(MAX_SPLITS);
            let kind = self.kind(block, Kind::Leaf);
            let second = if several {
                self.link(row, place, kind);
                0
            } else {
                let second = self.assignment.free(Free::Path, at::END[0], row, place.rem_euclid(2));
                self.assignment.write_int(at::END[0], row, second.clone());
                let second = i128::try_from(second).unwrap_or_default();
                self.link(row, (place - second).div_euclid(2), kind);
                second
            };
            let pair = integer(self.assignment, Cell { column: at::A, row });
            let [b, c] = self.read_entry(first_leaf, leaf_rows, pair);
            self.assignment.write_int(at::B, row, b);
            self.assignment.write_int(at::C, row, c);
            let rows = if several { vec![row, self.row()] } else { vec![row] };
            let parts = if several { vec![b, c] } else { vec![b + second * (c - b)] };
            for ((row, part), sum) in rows.into_iter().zip(parts).zip(&mut sums) {
                let before = sum.map_or(Fr::zero(), |before| {
                    let cell = self.assignment.copy_to(before, at::D, row);
                    self.assignment.read(cell)
                });
                let part = crate::fixed::to_field(&part.into());
                *sum = Some(self.assignment.write(at::E, row, before + part));
            }
            self.assignment.fix(fixed_at::K, row, u8::from(tree > 0));
            self.enable(if several { Gate::GraphEnds } else { Gate::GraphEnd }, row);
        }
        let half = |bits: u32| -(i64::from(trees) << (bits - 1));
        if !several {
            let cell = |cell| Element::Cell { cell, offset: half(LEAF_BITS[0]) };
            return sums[0].into_iter().map(cell).collect();
        }
        let cells: Vec<Cell> = sums.into_iter().flatten().flat_map(|sum| self.unpack(sum)).collect();
        let cell = |cell| Element::Cell { cell, offset: half(LEAF_BITS[1]) };
        cells.into_iter().take(targets.into()).map(cell).collect()
    }

    /// Two rows: from the pointer of a step to the next.
    fn step(&mut self, block: usize, splits: usize, pointer: i128) -> i128 {
        let (first, second) = (self.row(), self.row());
        let leaf =
            self.assignment.free(Free::Path, at::END[0], first, u8::from(pointer >= i128::from(MAX_SPLITS)));
        self.assignment.write_int(at::END[0], first, leaf.clone());
        let leaf = i128::try_from(leaf).unwrap_or_default();
        self.link(first, (1 - leaf) * pointer, self.kind(block, Kind::Split));
        let place = integer(self.assignment, Cell { column: at::A, row: first });
        let [packed, threshold] = self.read_entry(self.blocks[block], splits, place);
        self.assignment.write_int(at::B, first, packed);
        self.assignment.write_int(at::C, first, threshold);
        let feature = packed & ((1 << LEFT) - 1);
        let mask = (1 << (RIGHT - LEFT)) - 1;
        let [left, right] = [LEFT, RIGHT].map(|low| packed >> low & mask);
        self.limb(first, 0, feature, self.limb);
        let pointer_widths = pointer_widths(self.limb);
        self.digits(first, 4, left, &pointer_widths);
        self.digits(first, 6, right, &pointer_widths);
        self.link(second, feature, self.kind(block, Kind::Value));
        let values = self.value_rows.unwrap_or_default();
        let [value, again] = self.read_entry(values, self.values.len(), feature);
        self.assignment.write_int(at::B, second, value);
        self.assignment.write_int(at::C, second, again);
        let [value, threshold] = [(at::B, second), (at::C, first)]
            .map(|(column, row)| integer(self.assignment, Cell { column, row }));
        let side = self.assignment.free(Free::Path, at::END[1], first, u8::from(value > threshold));
        self.assignment.write_int(at::END[1], first, side.clone());
        let side = i128::try_from(side).unwrap_or_default();
        let distance = (2 * side - 1) * (value - threshold) - side;
        self.digits(first, 1, distance, &widths(INPUT_BITS, self.limb));
        self.enable(Gate::GraphStep, first);
        let next = leaf * pointer + (1 - leaf) * (left + side * (right - left));
        let next = self.assignment.write_int(at::ACC[0], second + 1, next);
        integer(self.assignment, next)
    }

    /// Two sums that stand in one cell.
    fn unpack(&mut self, sum: Cell) -> [Cell; 2] {
        let row = self.row();
        let cell = self.assignment.copy_to(sum, at::WIRE[0], row);
        let both = crate::fixed::to_integer(self.assignment.read(cell));
        let mask = (num_bigint::BigInt::from(1) << TARGET_BITS) - 1;
        let parts = [&both & mask, both >> TARGET_BITS];
        let widths = widths(TARGET_BITS, self.limb);
        let mut cells = [cell; 2];
        for (i, part) in parts.into_iter().enumerate() {
            let told = self.assignment.told(at::WIRE[1 + i], row, part);
            cells[i] = self.assignment.write_int(at::WIRE[1 + i], row, told.clone());
            let part = i128::try_from(told).unwrap_or_default();
            self.digits(row, i * LIMBS / 2, part, &widths);
            for rest in widths.len()..LIMBS / 2 {
                self.limb(row, i * LIMBS / 2 + rest, 0, 0);
            }
        }
        self.enable(Gate::GraphTargets, row);
        cells
    }
}

const _: () = assert!(RIGHT - LEFT == 18 && LEFT == 14);
/// In the field, sums of two targets stand apart.
const _: () = assert!(LEAF_BITS[1] + 16 <= TARGET_BITS);
