//! Charts of a report, as SVG in the page.

use std::fmt::Write as _;

use super::super::map::colour;
use super::super::markdown::short;
use super::super::{Cost, Estimate, Rows};
use super::tables::label;
use super::{escape, fill, seconds, thousands};

/// Width of every chart.
const WIDTH: f64 = 1072.0;
/// Where bars begin: names stand before them.
const LEFT: f64 = 190.0;

/// Lanes of stages from the first row to the last.
pub(super) fn rows(cost: &Cost) -> String {
    const LANE: f64 = 46.0;
    let all = 1_usize << cost.k;
    let width = WIDTH - LEFT;
    let x = |row: usize| LEFT + row as f64 / all as f64 * width;
    let lanes = lanes(cost);
    let bottom = LANE * lanes.len() as f64 + 8.0;
    let mut svg = open(bottom + 22.0, "Rows by stage");
    for eighths in 0..=8 {
        let row = all / 8 * eighths;
        let anchor = match eighths {
            0 => "start",
            8 => "end",
            _ => "middle",
        };
        let _ = write!(
            svg,
            "<line class=\"rule\" stroke=\"#e2e6ec\" x1=\"{0:.1}\" y1=\"0\" x2=\"{0:.1}\" y2=\"{bottom:.1}\"/>\
             <text class=\"quiet\" fill=\"#667085\" text-anchor=\"{anchor}\" x=\"{0:.1}\" y=\"{1:.1}\">{2}</text>",
            x(row),
            bottom + 16.0,
            thousands(row)
        );
    }
    for (index, (name, stages)) in lanes.iter().enumerate() {
        let y = index as f64 * LANE + 6.0;
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{:.1}\">{}</text><rect class=\"track\" fill=\"#eef1f5\" x=\"{LEFT}\" y=\"{y}\" width=\"{width}\" height=\"30\" rx=\"4\"/>",
            y + 19.5,
            escape(name)
        );
        for stage in stages {
            let (left, right) = (x(stage.start), x(stage.start + stage.rows));
            let wide = (right - left - 1.0).max(1.5);
            let name = label(&stage.stage);
            let counts = format!("{} rows from {}", thousands(stage.rows), thousands(stage.start));
            let _ = write!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{y}\" width=\"{wide:.1}\" height=\"30\" rx=\"3\" fill=\"{}\"><title>{}: {counts}</title></rect>",
                fill(stage.colour()),
                escape(name)
            );
            // With the name of its band, without it, or not at all.
            let insides = [name, short(&stage.stage)].map(|name| format!("{name} {}", thousands(stage.rows)));
            if let Some(inside) = insides.iter().find(|inside| fits(inside, wide)) {
                let _ = write!(
                    svg,
                    "<text class=\"light\" fill=\"#ffffff\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    left + 8.0,
                    y + 19.5,
                    escape(inside)
                );
            }
        }
    }
    svg + "</svg>\n"
}

/// Whether a label has room in a bar: fonts differ, so with some to spare.
fn fits(label: &str, wide: f64) -> bool {
    label.chars().count() as f64 * 7.8 + 14.0 < wide
}

/// Rows that are drawn in a lane.
struct Stretch {
    stage: String,
    start: usize,
    rows: usize,
    in_all_rows: bool,
}

impl Stretch {
    fn colour(&self) -> Option<&str> {
        (!self.in_all_rows).then_some(self.stage.as_str())
    }
}

fn lanes(cost: &Cost) -> Vec<(&'static str, Vec<Stretch>)> {
    let stretch = |rows: &Rows| Stretch {
        stage: rows.stage.clone(),
        start: rows.start,
        rows: rows.rows,
        in_all_rows: false,
    };
    let pick = |models: bool, sponge: bool| -> Vec<Stretch> {
        let of = |rows: &&Rows| {
            rows.stage.starts_with("models") == models && rows.stage.contains("sponge") == sponge
        };
        cost.stages.iter().filter(of).map(stretch).collect()
    };
    let all = Stretch { stage: "look-ups".to_owned(), start: 0, rows: cost.usable_rows, in_all_rows: true };
    let lanes = [
        ("block", pick(false, false)),
        ("block: sponge", pick(false, true)),
        ("models", pick(true, false)),
        ("models: sponge", pick(true, true)),
        ("all columns", vec![all]),
    ];
    lanes.into_iter().filter(|(_, stages)| !stages.is_empty()).collect()
}

/// Bars of assigned cells.
pub(super) fn cells(cost: &Cost) -> String {
    let cells = &cost.cells;
    let stages = cost.stages.iter().map(|rows| (label(&rows.stage), fill(Some(&rows.stage)), rows.cells));
    let rest = [
        ("look-ups", fill(None), cells.lookups),
        ("second phase of models", fill(None), cells.second_phase),
        ("constants", fill(None), cells.constants),
        ("not assigned", "rgba(140,150,165,.4)".to_owned(), cells.available - cells.assigned()),
    ];
    let bars: Vec<Bar> = stages
        .chain(rest)
        .filter(|(.., cells)| *cells > 0)
        .map(|(name, fill, count)| Bar {
            name: name.to_owned(),
            fill,
            value: count as f64,
            shown: format!("{}  ({:.1} %)", thousands(count), 100.0 * count as f64 / cells.available as f64),
            more: String::new(),
        })
        .collect();
    bars_of(&bars, "Advice cells by stage")
}

/// Bars of the parts of a proof's time.
pub(super) fn time(estimate: &Estimate) -> String {
    let bars: Vec<Bar> = estimate
        .parts
        .iter()
        .map(|part| Bar {
            name: part.name.to_owned(),
            fill: part_fill(part.name),
            value: part.seconds,
            shown: format!("{}  ({:.0} %)", seconds(part.seconds), 100.0 * part.seconds / estimate.seconds),
            more: part.made_of.clone(),
        })
        .collect();
    let mut svg = open(44.0, "Estimated time in one bar");
    let mut x = 0.0;
    for bar in &bars {
        let wide = bar.value / estimate.seconds * WIDTH;
        let _ = write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"0\" width=\"{:.1}\" height=\"30\" rx=\"3\" fill=\"{}\"><title>{}: {}</title></rect>",
            (wide - 1.0).max(0.5),
            bar.fill,
            escape(&bar.name),
            escape(&bar.shown)
        );
        if fits(&bar.name, wide) {
            let _ = write!(
                svg,
                "<text class=\"light\" fill=\"#ffffff\" x=\"{:.1}\" y=\"19.5\">{}</text>",
                x + 8.0,
                escape(&bar.name)
            );
        }
        x += wide;
    }
    svg + "</svg>\n" + &bars_of(&bars, "Estimated time by part")
}

/// Commitments are blue, transforms and arithmetic green, what is measured grey.
fn part_fill(name: &str) -> String {
    let stage = match name {
        "layout" => None,
        "advice commitments" => Some("records"),
        "look-ups" => Some("sponge"),
        "permutation" => Some("values"),
        "quotient transforms" => Some("searches"),
        "quotient constraints" => Some("inputs"),
        "quotient commitments" => Some("texts"),
        "evaluations" => Some("layers"),
        _ => Some("fold, pq, packing"),
    };
    let (r, g, b) = colour(stage);
    format!("#{r:02x}{g:02x}{b:02x}")
}

struct Bar {
    name: String,
    fill: String,
    value: f64,
    shown: String,
    /// Under the bar.
    more: String,
}

fn bars_of(bars: &[Bar], title: &str) -> String {
    let line = |bar: &Bar| if bar.more.is_empty() { 29.0 } else { 45.0 };
    let height: f64 = bars.iter().map(line).sum();
    let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    // The longest leaves room for its number.
    let width = WIDTH - LEFT - 170.0;
    let mut svg = open(height + 4.0, title);
    let mut y = 0.0;
    for bar in bars {
        let wide = (bar.value / longest * width).max(1.5);
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{0:.1}\">{1}</text>\
             <rect x=\"{LEFT}\" y=\"{2:.1}\" width=\"{wide:.1}\" height=\"19\" rx=\"3\" fill=\"{3}\"/>\
             <text x=\"{4:.1}\" y=\"{0:.1}\">{5}</text>",
            y + 17.0,
            escape(&bar.name),
            y + 3.0,
            bar.fill,
            LEFT + wide + 9.0,
            escape(&bar.shown)
        );
        if !bar.more.is_empty() {
            let _ = write!(
                svg,
                "<text class=\"quiet\" fill=\"#667085\" x=\"{LEFT}\" y=\"{:.1}\">{}</text>",
                y + 36.5,
                escape(&bar.more)
            );
        }
        y += line(bar);
    }
    svg + "</svg>\n"
}

fn open(height: f64, title: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" font-family=\"sans-serif\" font-size=\"12.5\" role=\"img\" aria-label=\"{}\">",
        escape(title)
    )
}
