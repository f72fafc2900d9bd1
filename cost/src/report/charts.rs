//! Charts of a report, as HTML that gives way to narrow screens: letters keep their size, bars shrink.

use std::fmt::Write as _;

use super::super::compare::Pair;
use super::super::map::colour;
use super::super::markdown::short;
use super::super::{Cost, Estimate, Rows};
use super::tables::label;
use super::{escape, fill, seconds, thousands};

/// Pixels of the widest bar. Names that have no room in it are in the legend only.
const WIDEST: f64 = 880.0;

/// Lanes of stages from the first row to the last.
pub(super) fn rows(cost: &Cost) -> String {
    let all = 1_usize << cost.k;
    let percent = |rows: usize| 100.0 * rows as f64 / all as f64;
    let lanes = lanes(cost);
    let mut html = String::from("<div class=\"lanes\">\n");
    for (name, stages) in &lanes {
        let _ = write!(
            html,
            "<div class=\"lane\"><span class=\"name\">{}</span><div class=\"rows\">",
            escape(name)
        );
        for stage in stages {
            let counts = format!("{} rows from {}", thousands(stage.rows), thousands(stage.start));
            // With the name of its band, without it, or not at all.
            let insides = [label(&stage.stage), short(&stage.stage)]
                .map(|name| format!("{name} {}", thousands(stage.rows)));
            let inside = insides.iter().find(|inside| fits(inside, percent(stage.rows)));
            let _ = write!(
                html,
                "<i style=\"left:{:.3}%;width:{:.3}%;background:{}\" title=\"{}: {counts}\">{}</i>",
                percent(stage.start),
                percent(stage.rows),
                fill(stage.colour()),
                escape(label(&stage.stage)),
                inside.map_or(String::new(), |inside| escape(inside)),
            );
        }
        html += "</div></div>\n";
    }
    let quarters = (0..=4).map(|quarter| format!("<span>{}</span>", thousands(all / 4 * quarter)));
    let _ = write!(
        html,
        "<div class=\"lane\"><span class=\"name\">row</span><div class=\"axis\">{}</div></div>\n</div>\n",
        quarters.collect::<String>()
    );
    let stages = lanes.iter().flat_map(|(_, stages)| stages);
    let entries = stages.map(|stage| {
        let counts = format!("{}, from {}", thousands(stage.rows), thousands(stage.start));
        (fill(stage.colour()), format!("{}: {counts}", label(&stage.stage)))
    });
    html + &legend(entries)
}

/// Whether a label has room in a bar of that share: fonts differ, so with some to spare.
fn fits(label: &str, percent: f64) -> bool {
    label.chars().count() as f64 * 7.8 + 14.0 < percent / 100.0 * WIDEST
}

/// What colours stand for.
pub(super) fn legend(entries: impl IntoIterator<Item = (String, String)>) -> String {
    let entry = |(fill, text): (String, String)| {
        format!("<span><i class=\"dot\" style=\"background:{fill}\"></i>{}</span>\n", escape(&text))
    };
    let entries: String = entries.into_iter().map(entry).collect();
    format!("<p class=\"legend\">{entries}</p>\n")
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
            shown: format!("{} ({:.1} %)", thousands(count), 100.0 * count as f64 / cells.available as f64),
            more: String::new(),
        })
        .collect();
    bars_of(&bars)
}

/// Bars of the parts of a proof's time, all of them in one bar first.
pub(super) fn time(estimate: &Estimate) -> String {
    let bars: Vec<Bar> = estimate
        .parts
        .iter()
        .map(|part| Bar {
            name: part.name.to_owned(),
            fill: part_fill(part.name),
            value: part.seconds,
            shown: format!("{} ({:.0} %)", seconds(part.seconds), 100.0 * part.seconds / estimate.seconds),
            more: part.made_of.clone(),
        })
        .collect();
    let mut html = String::from("<div class=\"stack\">");
    for bar in &bars {
        let percent = 100.0 * bar.value / estimate.seconds;
        let _ = write!(
            html,
            "<i style=\"width:{percent:.3}%;background:{}\" title=\"{}: {}\">{}</i>",
            bar.fill,
            escape(&bar.name),
            escape(&bar.shown),
            if fits(&bar.name, percent) { escape(&bar.name) } else { String::new() }
        );
    }
    html + "</div>\n" + &bars_of(&bars)
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

/// Two bars for each thing: that of the statement, and that of the one it is held against.
pub(super) fn pairs<T: Copy>(
    pairs: &[Pair<T>],
    size: impl Fn(T) -> f64,
    show: impl Fn(T) -> String,
) -> String {
    let longest = pairs.iter().flat_map(|pair| [pair.statement, pair.against]).map(&size);
    let longest = longest.fold(f64::MIN_POSITIVE, f64::max);
    let bars = pairs.iter().map(|pair| {
        let bar = |class: &str, value: T| {
            let percent = 100.0 * size(value) / longest;
            let mark = format!("<i class=\"{class}\" style=\"width:{percent:.2}%\"></i>");
            // Of nothing there is no bar, however short.
            let mark = if percent > 0.0 { mark } else { String::new() };
            format!(
                "<span class=\"track\">{mark}</span><span class=\"shown\">{}</span>",
                escape(&show(value))
            )
        };
        format!(
            "<div class=\"bar two\"><span class=\"name\">{}</span>{}{}</div>\n",
            escape(&pair.name),
            bar("first", pair.statement),
            bar("second", pair.against)
        )
    });
    format!("<div class=\"bars\">\n{}</div>\n", bars.collect::<String>())
}

struct Bar {
    name: String,
    fill: String,
    value: f64,
    shown: String,
    /// Under the bar.
    more: String,
}

fn bars_of(bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let mut html = String::from("<div class=\"bars\">\n");
    for bar in bars {
        let _ = write!(
            html,
            "<div class=\"bar\"><span class=\"name\">{}</span>\
             <span class=\"track\"><i style=\"width:{:.2}%;background:{}\"></i></span><span class=\"shown\">{}</span>",
            escape(&bar.name),
            100.0 * bar.value / longest,
            bar.fill,
            escape(&bar.shown)
        );
        if !bar.more.is_empty() {
            let _ = write!(html, "<span class=\"more\">{}</span>", escape(&bar.more));
        }
        html += "</div>\n";
    }
    html + "</div>\n"
}
