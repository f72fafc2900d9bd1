//! The layout as SVG: columns side by side, rows from the top.

use std::fmt::Write as _;

use super::super::map::{Bin, Map};
use super::super::{Cost, Estimate};
use super::charts::legend;
use super::tables::label;
use super::{escape, fill, thousands};

/// Units of a column, and between kinds of columns.
const COLUMN: f64 = 10.0;
const GAP: f64 = 16.0;
/// Units of all rows.
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 40.0;
/// Colour of rows that are halo2's own.
const UNUSABLE: &str = "#98a2b3";
/// Shades of a colour, by the share of rows in use.
const SHADES: f64 = 6.0;

pub(super) fn svg(map: &Map, cost: &Cost, estimate: &Estimate) -> String {
    let kinds = map.kinds();
    let width = LEFT + map.columns.len() as f64 * COLUMN + kinds.len() as f64 * GAP;
    let (bottom, bin) = (TOP + HEIGHT, HEIGHT / map.bins as f64);
    let mut svg = format!(
        "<div class=\"scroll\"><svg viewBox=\"0 0 {width:.0} {:.0}\" style=\"min-width:{:.0}px\" font-family=\"sans-serif\" font-size=\"12.5\" role=\"img\" \
         aria-label=\"Layout\">",
        bottom + 30.0,
        // Narrow screens scroll: letters are never smaller than this.
        width
    );
    for eighths in 0..=8 {
        let row = map.rows / 8 * eighths;
        let y = TOP + HEIGHT / 8.0 * f64::from(u8::try_from(eighths).unwrap_or(u8::MAX));
        let _ = write!(
            svg,
            "<line class=\"rule\" stroke=\"#e2e6ec\" x1=\"{:.0}\" y1=\"{y:.1}\" x2=\"{width:.0}\" y2=\"{y:.1}\"/>\
             <text class=\"quiet\" fill=\"#667085\" text-anchor=\"end\" x=\"{:.0}\" y=\"{:.1}\">{}</text>",
            LEFT - 4.0,
            LEFT - 8.0,
            y + 4.0,
            thousands(row)
        );
    }
    for (place, (kind, first, count)) in kinds.iter().enumerate() {
        let x = LEFT + *first as f64 * COLUMN + place as f64 * GAP;
        let wide = *count as f64 * COLUMN;
        let _ = write!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.0}\">{count} {}</text>\
             <rect class=\"frame\" fill=\"none\" stroke=\"#98a2b3\" x=\"{:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{HEIGHT}\"/>",
            // Names are wider than some kinds.
            if place % 2 == 0 { TOP - 9.0 } else { TOP - 25.0 },
            kind.name(),
            x - 1.0,
            wide + 1.0
        );
        for (offset, column) in map.columns.iter().skip(*first).take(*count).enumerate() {
            let x = x + offset as f64 * COLUMN;
            let _ = write!(svg, "<g><title>{}</title>", escape(&column.name));
            for (from, to, drawn) in runs(&column.bins) {
                let stage = drawn.stage.map(|stage| cost.stages[stage].stage.as_str());
                let opacity = 0.25 + 0.75 * f64::from(drawn.shade) / SHADES;
                let _ = write!(
                    svg,
                    "<rect x=\"{x:.0}\" y=\"{:.1}\" width=\"{:.0}\" height=\"{:.1}\" fill=\"{}\" opacity=\"{opacity:.2}\"/>",
                    TOP + from as f64 * bin,
                    COLUMN - 1.0,
                    (to - from) as f64 * bin,
                    fill(stage)
                );
            }
            svg += "</g>";
        }
    }
    let usable = TOP + HEIGHT * cost.usable_rows as f64 / map.rows as f64;
    let _ = write!(
        svg,
        "<rect x=\"{LEFT:.0}\" y=\"{usable:.1}\" width=\"{:.0}\" height=\"{:.1}\" fill=\"{UNUSABLE}\"><title>{} rows that cannot be \
         used</title></rect>",
        width - LEFT - GAP,
        (bottom - usable).max(1.0),
        map.rows - cost.usable_rows
    );
    // First-phase columns come first, in the order in which widths were counted.
    for (column, wide) in estimate.wide_by_column.iter().enumerate() {
        let high = 18.0 * *wide as f64 / cost.usable_rows as f64;
        let _ = write!(
            svg,
            "<rect x=\"{:.0}\" y=\"{:.1}\" width=\"{:.0}\" height=\"{high:.1}\" fill=\"{}\"><title>{} of {} rows are full-width</title></rect>",
            LEFT + column as f64 * COLUMN,
            bottom + 5.0,
            COLUMN - 1.0,
            fill(Some("fold, pq, packing")),
            thousands(*wide),
            thousands(cost.usable_rows)
        );
    }
    svg + "</svg></div>\n" + &marks(cost)
}

fn marks(cost: &Cost) -> String {
    let mut seen = Vec::new();
    let stages = cost.stages.iter().map(|rows| (Some(rows.stage.as_str()), label(&rows.stage)));
    let stages = stages.chain([(None, "look-ups, tables, second phase")]);
    let stages: Vec<(String, String)> = stages
        .filter(|(_, name)| {
            !seen.contains(name) && {
                seen.push(name);
                true
            }
        })
        .map(|(stage, name)| (fill(stage), name.to_owned()))
        .collect();
    let shades = format!("linear-gradient(90deg,{0}40,{0})", fill(Some("records")));
    let others = [
        (shades, "pale to full: few to all of the rows in use".to_owned()),
        (UNUSABLE.to_owned(), "across the foot: rows that cannot be used".to_owned()),
        (
            fill(Some("fold, pq, packing")),
            "ticks below: full-width values of a column in the synthetic witness, the longest a full column"
                .to_owned(),
        ),
    ];
    legend(stages.into_iter().chain(others))
}

/// What is drawn of a bin.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Drawn {
    stage: Option<usize>,
    shade: u8,
}

/// Runs of bins that look the same, without those that are empty.
fn runs(bins: &[Bin]) -> Vec<(usize, usize, Drawn)> {
    let mut runs: Vec<(usize, usize, Drawn)> = Vec::new();
    for (index, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.used > 0.0) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to SHADES")]
        let drawn = Drawn { stage: bin.stage, shade: (bin.used * SHADES).round() as u8 };
        match runs.last_mut() {
            Some((_, to, last)) if *to == index && *last == drawn => *to += 1,
            _ => runs.push((index, index + 1, drawn)),
        }
    }
    runs
}
