//! Bounds that no single gate shows, for the analysis.

use super::Interval;
use crate::assignment::{Cell, Free, Role};
use crate::chips::entry;
use crate::graph::SUM_BITS;
use crate::layout::Layout;
use crate::model::MAX_WIDTH;
use crate::rows::public_rows;
use crate::statement::ModelShape;

/// Bits of a threshold, which the verifier asks for.
const THRESHOLD_BITS: u32 = 64;

/// Accumulators are sums of weights times activations, which the second phase constrains; thresholds are public, and a verifier
/// refuses those of more than 64 bits. What is carried from entry to entry is 0, a key, or what the entry before has.
pub fn given(layout: &Layout) -> Vec<(Cell, Interval)> {
    let assignment = layout.assignment();
    let bound = match assignment.bands().graph {
        Some(_) => 1 << SUM_BITS,
        None => (MAX_WIDTH as i64) << (15 + 16),
    };
    let interval = Interval::new(-bound, bound);
    let cells = assignment
        .assigned()
        .into_iter()
        .filter(|cell| assignment.role(*cell) == Role::Free(Free::Accumulator));
    let sums = cells.map(|cell| (cell, interval.clone()));
    let threshold = Interval::new(0, 1_i128 << THRESHOLD_BITS);
    let thresholds = thresholds(layout).into_iter().map(|cell| (cell, threshold.clone()));
    let key = Interval::new(0, (1_i128 << entry::KEY_BITS) - 1);
    let carried = entry::carried(assignment).into_iter().map(|cell| (cell, key.clone()));
    sums.chain(thresholds).chain(carried).collect()
}

/// Cells of the thresholds among the public inputs of graphs.
fn thresholds(layout: &Layout) -> Vec<Cell> {
    let statement = layout.statement();
    let mut cells = Vec::new();
    let mut row = public_rows(statement.subject(), statement.analytics(), &[]);
    for shape in statement.models() {
        row += crate::columns::MODEL_HEAD_ROWS;
        let ModelShape::Graph(graph) = shape else {
            row += shape.published();
            continue;
        };
        for (head, tensor) in graph.outputs() {
            if head.has_threshold() {
                cells.push(layout.assignment().instance()[row]);
            }
            row += head.published(tensor);
        }
    }
    cells
}
