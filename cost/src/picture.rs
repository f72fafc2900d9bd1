//! A layout as a PNG: columns side by side, rows from the top, each cell in the colour of its stage. Backgrounds are those
//! of halo2's own pictures: advice reddish, fixed and selectors bluish, rows that cannot be used red.

mod canvas;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;

use super::map::{Kind, Map, colour};
use super::markdown::thousands;
use super::{Cost, Rows};
use canvas::{Canvas, Colour};

/// Pixels of all rows.
const HEIGHT: usize = 1024;
/// Pixels around the layout.
const LEFT: usize = 312;
const TOP: usize = 96;
const RIGHT: usize = 24;
/// Pixels between kinds of columns.
const GAP: usize = 12;
/// Pixels of a line of the legend, in which two entries stand side by side.
const LINE: usize = 22;
/// Pixels from one entry to that beside it.
const COLUMN: usize = 520;
/// Entries of the legend beside those of stages.
const MARKS: usize = 7;
/// Colour of rows that are halo2's own.
const UNUSABLE: Colour = (0xd9, 0x4a, 0x5c);
/// Pixels of a line of text.
const TEXT: usize = 12;

const INK: Colour = (0x1b, 0x24, 0x30);
const QUIET: Colour = (0x66, 0x70, 0x85);

/// The PNG of a statement's layout.
///
/// # Errors
/// None that a statement could cause.
pub fn png(statement: &Statement, cost: &Cost) -> Result<Vec<u8>, png::EncodingError> {
    let second_phase = cost.advice.iter().skip(1).sum();
    let map = Map::new(&Layout::blank(statement), second_phase, HEIGHT);
    draw(&map, cost).png()
}

fn draw(map: &Map, cost: &Cost) -> Canvas {
    let kinds = map.kinds();
    let column_width = (1120 / map.columns.len()).clamp(8, 16);
    let right = LEFT + map.columns.len() * column_width + (kinds.len() - 1) * GAP;
    let bottom = TOP + HEIGHT;
    let legend_lines = (cost.stages.len() + 1 + MARKS).div_ceil(2);
    let mut canvas = Canvas::new((right + RIGHT).max(2 * COLUMN), bottom + 44 + legend_lines * LINE);
    let summary = format!(
        "2^{}: {} of {} rows, {} advice + {} fixed columns, {} of them for {} selectors",
        cost.k,
        thousands(cost.rows()),
        thousands(cost.usable_rows),
        cost.advice.iter().sum::<usize>(),
        cost.fixed + cost.selector_columns,
        cost.selector_columns,
        cost.selectors
    );
    let more =
        format!("{}, degree {}, {} columns permuted", cost.gates_in_words(), cost.degree, cost.permuted);
    // The title in the largest letters that fit.
    let scale = ((right - 16) / (8 * cost.statement.len())).clamp(1, 2);
    canvas.text(&cost.statement, [16, 14], scale, INK);
    canvas.text(&summary, [16, 36], 1, QUIET);
    canvas.text(&more, [16, 50], 1, QUIET);
    let y = |row: usize| TOP + row * HEIGHT / map.rows;
    for (place, (kind, first, count)) in kinds.into_iter().enumerate() {
        let x = |column: usize| LEFT + column * column_width + place * GAP;
        let (left, width) = (x(first), count * column_width);
        // Alternately higher: names are wider than some kinds.
        let name = format!("{count} {}", kind.name());
        canvas.text(&name, [left, TOP - if place % 2 == 0 { 14 } else { 26 }], 1, INK);
        canvas.fill([left, TOP, width, HEIGHT], background(kind), 1.0);
        for (index, column) in map.columns.iter().enumerate().skip(first).take(count) {
            for (bin, cell) in column.bins.iter().enumerate().filter(|(_, cell)| cell.used > 0.0) {
                let stage = cell.stage.and_then(|stage| cost.stages.get(stage));
                let top = TOP + bin * HEIGHT / map.bins;
                let end = TOP + (bin + 1) * HEIGHT / map.bins;
                // The more rows, the darker; even one is seen.
                let opacity = 0.3 + 0.7 * cell.used;
                let colour = colour(stage.map(|rows| rows.stage.as_str()));
                canvas.fill([x(index), top, column_width - 1, end - top], colour, opacity);
            }
        }
        let unusable = y(cost.usable_rows);
        canvas.fill([left, unusable, width, bottom - unusable], UNUSABLE, 0.6);
        canvas.frame([left - 1, TOP - 1, width + 1, HEIGHT + 2], QUIET);
    }
    rulers(&mut canvas, cost, &y);
    legend(&mut canvas, cost, bottom + 30);
    canvas
}

/// Stages to the left of the rows they have: those of a block, of its models, and the sponges that stand beside them.
fn rulers(canvas: &mut Canvas, cost: &Cost, y: &impl Fn(usize) -> usize) {
    let mut free = 0;
    let mut starts: Vec<&Rows> = cost.stages.iter().collect();
    starts.sort_by_key(|rows| rows.start);
    for rows in starts {
        let lane = lane(rows);
        let (top, end) = (y(rows.start), y(rows.start + rows.rows).max(y(rows.start) + 2));
        let x = LEFT - 44 + lane * 9;
        canvas.fill([x, top, 7, end - top], colour(Some(&rows.stage)), 1.0);
        let label = format!("{} {}", name(rows), thousands(rows.rows));
        // Where labels would cover each other, the later one moves down.
        let at = top.max(free);
        free = at + TEXT;
        let width = label.chars().count() * 8;
        canvas.text(&label, [(LEFT - 54).saturating_sub(width), at], 1, INK);
    }
    let label = format!("{} usable", thousands(cost.usable_rows));
    canvas.text(&label, [LEFT - 54 - label.chars().count() * 8, y(cost.usable_rows) - 4], 1, QUIET);
}

fn lane(rows: &Rows) -> usize {
    2 * usize::from(rows.stage.starts_with("models")) + usize::from(rows.stage.contains("sponge"))
}

fn name(rows: &Rows) -> &str {
    rows.stage.strip_suffix(" (beside the others)").unwrap_or(&rows.stage)
}

fn background(kind: Kind) -> Colour {
    match kind {
        Kind::Advice => (0xfd, 0xf0, 0xee),
        Kind::SecondPhase => (0xfb, 0xe6, 0xe3),
        Kind::Fixed => (0xea, 0xf0, 0xfb),
        Kind::Gate => (0xf2, 0xf6, 0xfd),
    }
}

/// What else is drawn: colour, opacity, name.
fn marks() -> [(Colour, f64, &'static str); MARKS] {
    let stage = colour(Some("records"));
    [
        (stage, 0.3, "pale: few of the rows in use"),
        (stage, 1.0, "full colour: all of the rows in use"),
        (background(Kind::Advice), 1.0, "advice, no rows in use"),
        (background(Kind::SecondPhase), 1.0, "second phase, no rows in use"),
        (background(Kind::Fixed), 1.0, "fixed, no rows in use"),
        (background(Kind::Gate), 1.0, "selectors before they are combined, no rows in use"),
        (UNUSABLE, 0.6, "rows that cannot be used"),
    ]
}

fn legend(canvas: &mut Canvas, cost: &Cost, top: usize) {
    let stages = cost.stages.iter().map(|rows| {
        let counts = format!("{} rows, {} cells", thousands(rows.rows), thousands(rows.cells));
        (colour(Some(&rows.stage)), 1.0, format!("{}: {counts}", name(rows)))
    });
    let all_rows = format!("look-ups, tables, second phase: all {} rows", thousands(cost.usable_rows));
    let marks = marks().map(|(colour, opacity, name)| (colour, opacity, name.to_owned()));
    let entries = stages.chain([(colour(None), 1.0, all_rows)]).chain(marks);
    for (index, (colour, opacity, line)) in entries.enumerate() {
        let (x, y) = (16 + index % 2 * COLUMN, top + index / 2 * LINE);
        canvas.fill([x, y, 12, 12], colour, opacity);
        canvas.frame([x, y, 12, 12], QUIET);
        canvas.text(&line, [x + 20, y + 2], 1, INK);
    }
}
