//! Where hints of analytics stand: range checks come in the order in which circuits ask for them.

use foldproof_circuits::assignment::{Cell, Free, Role};
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::zone_config::FIELDS;

/// A quotient, the remainder beside it and the least bits of the divisor that are constant.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    pub quotient: Cell,
    pub remainder: Cell,
}

/// A root, and what is left of its radicand.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    pub root: Cell,
    pub remainder: Cell,
}

/// A bit that says whether something is not negative, and that or its complement.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    pub bit: Cell,
    pub remainder: Cell,
}

/// A kernel.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Digits of v: above, coarse, fine, last.
    pub digits: [Cell; 4],
    /// What is rounded away from v.
    pub remainder: Cell,
    pub value: Division,
    pub within: Sign,
}

/// A pair of places.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub distance: Root,
    pub touches: Sign,
    pub mean: Root,
    pub weight: Division,
}

/// Of all four parts, with tags of zones.
#[derive(Debug)]
pub struct Places {
    /// Rows of the analytics.
    pub rows: std::ops::Range<usize>,
    pub roots: Vec<Root>,
    pub mean: Division,
    /// By field; none of a configuration that is fixed.
    pub config: Vec<Cell>,
    /// Two pairs of indices for each place.
    pub indices: Vec<[Cell; 4]>,
    pub kernels: Vec<Kernel>,
    /// What keys fall by from place to place.
    pub steps: Vec<Cell>,
    /// By place and bit.
    pub tags: Vec<Vec<Sign>>,
    /// By place; none of a configuration that has all zones.
    pub dense: Vec<Sign>,
    pub pairs: Vec<Pair>,
    pub edges: Vec<Sign>,
    pub density: Division,
    pub density_cut: Sign,
    pub residual: Division,
    pub residual_cut: Sign,
    /// Whether some zone has a tag that counts.
    pub priors: Vec<Sign>,
    pub priors_cut: Sign,
    pub score: Division,
    pub labels: [Sign; 2],
    /// Rows at the places.
    pub order: Vec<Cell>,
    /// Which residual is the greatest, and which the greatest of the others.
    pub greatest: [Vec<Cell>; 2],
    /// Which places may have a zone.
    pub counted: Vec<Cell>,
}

impl Places {
    /// In a layout of all four parts with tags of zones.
    pub fn of(layout: &Layout, committed: bool) -> Self {
        let assignment = layout.assignment();
        let stage = layout.stages().iter().find(|stage| stage.name == "analytics").unwrap();
        let rows = stage.start..stage.start + stage.rows;
        let on = |gate: Gate, row: usize| assignment.is_enabled(gate, row);
        let starts = rows.clone().filter(|row| {
            (on(Gate::Range, *row) || on(Gate::RangeWide, *row)) && !on(Gate::RangeWide, row - 1)
        });
        let mut starts = starts.map(|row| Cell { column: at::E, row });
        let mut next = || starts.next().unwrap();
        let skip = |count: usize, next: &mut dyn FnMut() -> Cell| (0..count).for_each(|_| _ = next());
        let sign = |next: &mut dyn FnMut() -> Cell| Sign { bit: next(), remainder: next() };
        let division = |next: &mut dyn FnMut() -> Cell| Division { quotient: next(), remainder: next() };
        let root = |next: &mut dyn FnMut() -> Cell| {
            let root = Root { root: next(), remainder: next() };
            // What the remainder lacks to twice the root.
            skip(1, next);
            root
        };
        let roots = (0..6).map(|_| root(&mut next)).collect();
        // Distances of keys to the greatest, twice.
        skip(12, &mut next);
        let mean = division(&mut next);
        skip(1, &mut next);
        let mut config = Vec::new();
        for field in FIELDS.iter().filter(|_| committed) {
            config.push(next());
            let whole = field.most + 1 == 1 << field.bits;
            skip(usize::from(field.least > 0) + usize::from(!whole), &mut next);
        }
        let indices = (0..6).map(|_| std::array::from_fn(|_| next())).collect();
        let kernels = (0..15).map(|_| Kernel {
            digits: std::array::from_fn(|_| next()),
            remainder: next(),
            value: division(&mut next),
            within: sign(&mut next),
        });
        let kernels = kernels.collect();
        let steps = (0..5).map(|_| next()).collect();
        let tags = (0..6).map(|_| (0..11).map(|_| sign(&mut next)).collect()).collect();
        let dense = (0..if committed { 6 } else { 0 }).map(|_| sign(&mut next)).collect();
        let pairs = (0..15).map(|_| Pair {
            distance: root(&mut next),
            touches: sign(&mut next),
            mean: root(&mut next),
            weight: division(&mut next),
        });
        let pairs = pairs.collect();
        let edges = (0..50).map(|_| sign(&mut next)).collect();
        let (density, density_cut) = (division(&mut next), sign(&mut next));
        let residual = division(&mut next);
        skip(1, &mut next);
        let residual_cut = sign(&mut next);
        let priors = (0..6).map(|_| sign(&mut next)).collect();
        let (priors_cut, score) = (sign(&mut next), division(&mut next));
        let labels = std::array::from_fn(|_| sign(&mut next));
        assert!(starts.next().is_none(), "range checks of analytics that no place has");

        let free = assignment.assigned().into_iter();
        let mut free: Vec<Cell> =
            free.filter(|cell| assignment.role(*cell) == Role::Free(Free::Order)).collect();
        free.sort_by_key(|cell| cell.row);
        let mut six = free.chunks(6).map(<[_]>::to_vec);
        let order = six.next().unwrap();
        let greatest = [six.next().unwrap(), six.next().unwrap()];
        let counted = six.next().unwrap_or_default();
        assert!(six.next().is_none() && counted.is_empty() != committed);
        Self {
            rows,
            roots,
            mean,
            config,
            indices,
            kernels,
            steps,
            tags,
            dense,
            pairs,
            edges,
            density,
            density_cut,
            residual,
            residual_cut,
            priors,
            priors_cut,
            score,
            labels,
            order,
            greatest,
            counted,
        }
    }
}
