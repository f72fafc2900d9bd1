//! The report of one statement against another.

use super::super::compare::{Comparison, Pair, change, change_of_count};
use super::charts::{legend, pairs};
use super::tables::table;
use super::{escape, foot, head, seconds, section, thousands};

const TIME: &str = "Estimates for this machine: counts times primitives that were measured one after the other when this was made. \
    Read parts: a change that moves one should move the part that was meant to move.";
const COUNTS: &str = "Exact, and the same everywhere. Changes are to what the statement is held against.";

/// The report of a statement against another, as one HTML file that needs nothing else.
pub fn against(comparison: &Comparison) -> String {
    let Comparison { statement, against, scheme, counts, rows, cells, seconds: times } = comparison;
    let title = format!("{statement} against {against}");
    let about = format!("What one statement costs beside another; times are those of a {scheme} proof.");
    let key = || {
        legend(
            [("var(--accent)", statement), ("var(--second)", against)]
                .map(|(f, n)| (f.to_owned(), n.clone())),
        )
    };
    let size = |count: usize| count as f64;
    let mut page = head("two statements", &title, &about);
    section(
        &mut page,
        "Time",
        TIME,
        &(key() + &pairs(times, |time| time, seconds) + &changes(comparison, times, change, seconds)),
    );
    section(&mut page, "Rows by stage", "", &(key() + &pairs(rows, size, thousands)));
    section(&mut page, "Advice cells by stage", "", &(key() + &pairs(cells, size, thousands)));
    section(&mut page, "Counts", COUNTS, &changes(comparison, counts, change_of_count, thousands));
    page + &foot(
        "Counts are exact and the same everywhere. Times are estimates, and the speed of shared machines drifts.",
    )
}

fn changes<T: Copy>(
    comparison: &Comparison,
    pairs: &[Pair<T>],
    change: impl Fn(T, T) -> String,
    show: impl Fn(T) -> String,
) -> String {
    let headings = [
        "",
        &format!("#{}", escape(&comparison.statement)),
        &format!("#{}", escape(&comparison.against)),
        "#change",
    ];
    let rows = pairs.iter().map(|pair| {
        let change = change(pair.statement, pair.against);
        vec![escape(&pair.name), show(pair.statement), show(pair.against), change]
    });
    table(&headings, rows)
}
