//! What a statement costs as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

mod against;
mod charts;
mod layout;
mod stamp;
mod tables;

use std::fmt::Write as _;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;

use super::map::{Map, colour};
use super::markdown::thousands;
use super::{Cost, Estimate};

pub use against::against;

/// Bins of rows in the picture of the layout.
const BINS: usize = 256;

/// The report of a statement.
pub fn html(statement: &Statement, cost: &Cost, estimate: &Estimate) -> String {
    let second_phase = cost.advice.iter().skip(1).sum();
    let map = Map::new(&Layout::blank(statement), second_phase, BINS);
    let mut page = head("cost of a statement", &cost.statement, &about(cost)) + &tiles(cost, estimate);
    section(&mut page, "Where the rows go", ROWS, &charts::rows(cost));
    section(&mut page, "Where the cells go", CELLS, &charts::cells(cost));
    section(&mut page, "Where the time goes", TIME, &charts::time(estimate));
    section(&mut page, "What stages take of the advice commitments", STAGES, &tables::stages(estimate));
    section(&mut page, "The layout", LAYOUT, &layout::svg(&map, cost, estimate));
    section(&mut page, "What a proof computes", "", &tables::work(cost, estimate));
    section(&mut page, "What a proof consists of", "", &tables::proof(cost));
    section(&mut page, "Gates", &gates(cost), &tables::gates(cost));
    page + &foot(&footer(estimate))
}

/// From the start of a page to its heading.
fn head(over: &str, title: &str, about: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: what it costs</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<div class=\"over\">Foldproof · {over}</div>\n<h1>{title}</h1>\n\
         <p>{about}</p>\n<p class=\"stamp\">{stamp}</p>\n</header>\n",
        title = escape(title),
        style = include_str!("report/style.css"),
        about = escape(about),
        stamp = escape(&stamp::stamp()),
    )
}

fn foot(text: &str) -> String {
    format!("<footer>{}</footer>\n</main>\n</body>\n</html>\n", escape(text))
}

const ROWS: &str = "Stages of a band stand below each other; bands stand side by side and share rows. The longest lane \
    decides how many rows a circuit needs, and the next power of two what it gets.";
const CELLS: &str = "Advice cells that are assigned, of all there are. Cells that nobody assigns are zeros: they cost no \
    commitment, but their columns are transformed, opened and evaluated all the same.";
const TIME: &str = "An estimate for this machine: counts of the circuit times primitives that were measured when this was \
    made. Parts have the names that foldproof prove --profile gives them.";
const STAGES: &str = "A commitment takes time for scalars that are not 0, and several times as much for wide ones. Cells \
    by what is in them, in a synthetic witness that fills the statement.";
const LAYOUT: &str = "Every column from its first row to its last: full where all rows are in use, pale where few are. \
    The last rows hold the prover's randomness and nothing else.";

fn gates(cost: &Cost) -> String {
    format!(
        "{}. {} of the gates are switched on row by row: halo2 combines their selectors into {} fixed columns.",
        cost.gates_in_words(),
        cost.selectors,
        cost.selector_columns
    )
}

fn about(cost: &Cost) -> String {
    let longest = cost.stages.iter().max_by_key(|rows| rows.start + rows.rows);
    let longest = longest.map_or("", |rows| tables::label(rows.stage.as_str()));
    format!(
        "2^{} rows, of which {} can be used and {} are. The lane that reaches furthest is “{longest}”. \
         One argument looks up {} things in every row; {} columns are copied between.",
        cost.k,
        thousands(cost.usable_rows),
        thousands(cost.rows()),
        cost.lookups_per_row,
        cost.permuted,
    )
}

fn footer(estimate: &Estimate) -> String {
    format!(
        "Counts are exact and the same everywhere. Times are an estimate for the {} scheme on {} cores, from the best of a \
         few runs each of multi-scalar multiplications, transforms and field multiplications of this size, and from one \
         layout of a synthetic witness. Caches, allocation and hashing are not in it, and the speed of shared machines \
         drifts: compare designs by counts first, then by interleaved runs of the benches.",
        estimate.scheme, estimate.primitives.cores
    )
}

fn section(page: &mut String, heading: &str, note: &str, body: &str) {
    let note =
        if note.is_empty() { String::new() } else { format!("<p class=\"note\">{}</p>\n", escape(note)) };
    let _ = writeln!(page, "<section>\n<h2>{}</h2>\n{note}{body}</section>", escape(heading));
}

fn tiles(cost: &Cost, estimate: &Estimate) -> String {
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole as f64;
    let meter = |part: usize, whole: usize| {
        format!("<div class=\"meter\"><i style=\"width:{:.1}%\"></i></div>", share(part, whole))
    };
    let advice: usize = cost.advice.iter().sum();
    let tile = |name: &str, value: String, more: String| {
        format!(
            "<div class=\"tile\"><div class=\"name\">{name}</div><div class=\"value\">{value}</div>\
             <div class=\"more\">{more}</div></div>\n"
        )
    };
    let tiles = [
        tile(
            "Rows used",
            thousands(cost.rows()),
            format!("of {} usable", thousands(cost.usable_rows)) + &meter(cost.rows(), cost.usable_rows),
        ),
        tile(
            "Advice cells",
            format!("{:.0} %", share(cost.cells.assigned(), cost.cells.available)),
            "assigned".to_owned() + &meter(cost.cells.assigned(), cost.cells.available),
        ),
        tile(
            "Columns",
            format!("{} <small>+ {} fixed</small>", advice, cost.fixed + cost.selector_columns),
            format!(
                "{} of the fixed for {} selectors; {} permuted, {} look-ups a row",
                cost.selector_columns, cost.selectors, cost.permuted, cost.lookups_per_row
            ),
        ),
        tile("Degree", cost.degree.to_string(), cost.gates_in_words()),
        tile(
            "Proof",
            format!("{} B <small>kzg</small>", thousands(cost.kzg.bytes)),
            format!("{} B transparent", thousands(cost.transparent.bytes)),
        ),
        tile(
            "Proving, estimated",
            seconds(estimate.seconds),
            format!("{}, on {} cores here", estimate.scheme, estimate.primitives.cores),
        ),
    ];
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.concat())
}

/// Milliseconds below a second.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.01 => format!("{:.0} ms", s * 1e3),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s if s >= 1e-6 => format!("{:.1} µs", s * 1e6),
        s => format!("{:.1} ns", s * 1e9),
    }
}

/// The colour of a stage, or of what all rows have.
fn fill(stage: Option<&str>) -> String {
    let (r, g, b) = colour(stage);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text for HTML.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("a<b & \"c\" 'd'>"), "a&lt;b &amp; &quot;c&quot; &#39;d&#39;&gt;");
    }

    #[test]
    fn times_have_the_unit_that_suits() {
        let shown = [2.345, 0.345, 0.002, 4e-5, 2e-8].map(seconds);
        assert_eq!(shown, ["2.35 s", "345 ms", "2.0 ms", "40.0 µs", "20.0 ns"]);
    }
}
