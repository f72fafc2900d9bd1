//! Scores that a mask leaves out, left out of the products too: queries by stretches, each with the keys that one of them sees.
//!
//! A product has all sums of its rows and columns. Under a causal mask half of them are never looked at, so that a few products
//! of a stretch of rows each, with fewer columns, take fewer rows of the circuit, though they read columns more than once.

use foldproof_circuits::graph::size::product_rows;

use super::attention::LEFT_OUT;
use super::value::Scores;

/// Rows that stand on wires together: stretches are multiples of so many.
const TOGETHER: usize = 4;

/// Rows and columns of a product: the first, and the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub rows: (usize, usize),
    pub columns: (usize, usize),
}

/// The chunks of a group of scores whose first score is the one at `start`, with so many rows and columns: stretches of one length, that
/// which takes the fewest rows of the circuit. A row of which nothing is seen counts as one that sees all, for what follows to refuse.
pub(super) fn chunks(scores: &Scores, start: usize, [rows, columns]: [usize; 2]) -> Vec<Chunk> {
    let whole = vec![Chunk { rows: (0, rows), columns: (0, columns) }];
    if scores.mask.is_empty() {
        return whole;
    }
    let seen = |row: usize, column: usize| {
        let index = start + row * columns + column;
        let place = scores.order.as_ref().map_or(Some(index), |order| order.get(index).copied());
        place.and_then(|place| scores.mask.get(place)).is_none_or(|mask| *mask > -LEFT_OUT)
    };
    let ends: Vec<(usize, usize)> = (0..rows)
        .map(|row| {
            let mut all = (0..columns).filter(|column| seen(row, *column));
            all.next().map_or((0, columns), |first| (first, all.next_back().unwrap_or(first) + 1))
        })
        .collect();
    let of = |length: usize| -> Vec<Chunk> {
        let stretch = |(index, ends): (usize, &[(usize, usize)])| {
            let first = ends.iter().map(|(first, _)| *first).min().unwrap_or(0);
            let end = ends.iter().map(|(_, end)| *end).max().unwrap_or(columns);
            Chunk { rows: (index * length, index * length + ends.len()), columns: (first, end) }
        };
        ends.chunks(length).enumerate().map(stretch).collect()
    };
    let cost = |chunks: &[Chunk]| -> usize {
        let one = |chunk: &Chunk| {
            let [rows, columns] = [chunk.rows, chunk.columns].map(|(first, end)| end - first);
            product_rows(rows, columns, scores.inner)
        };
        chunks.iter().map(one).sum()
    };
    let candidates = (TOGETHER..rows).step_by(TOGETHER).map(of);
    candidates.chain([whole]).min_by_key(|chunks| (cost(chunks), chunks.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(rows: usize, mask: impl Fn(usize, usize) -> f64) -> Scores {
        let places = (0..rows * rows).map(|at| mask(at / rows, at % rows));
        Scores {
            groups: Vec::new(),
            inner: 32,
            scale: 1.0,
            mask: places.collect(),
            place: 0,
            order: None,
            path: String::new(),
        }
    }

    #[test]
    fn stretches_have_what_is_seen_and_take_fewer_rows() {
        let causal = scores(64, |row, column| if column > row { f64::MIN } else { 0.0 });
        let found = chunks(&causal, 0, [64, 64]);
        assert!((2..=16).contains(&found.len()), "{found:?}");
        assert_eq!(found.last().map(|chunk| chunk.columns), Some((0, 64)));
        let (mut next, mut cost) = (0, 0);
        for Chunk { rows, columns } in &found {
            assert_eq!((rows.0, *columns), (next, (0, rows.1)));
            next = rows.1;
            cost += product_rows(rows.1 - rows.0, columns.1, 32);
        }
        assert_eq!(next, 64);
        // Keys that are read twice take back much of what is saved.
        assert!(cost < product_rows(64, 64, 32) * 19 / 20, "{cost}");
        // A mask that leaves nothing out, or rows of which nothing is left, have one product.
        let whole = [Chunk { rows: (0, 64), columns: (0, 64) }];
        assert_eq!(chunks(&scores(64, |_, _| -3.0), 0, [64, 64]), whole);
        assert_eq!(chunks(&scores(64, |_, _| f64::MIN), 0, [64, 64]), whole);
    }
}
