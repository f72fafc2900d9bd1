//! The growth as a picture: blocks to the left, models to the right; time, memory and proof bytes below each other.

use std::fmt::Write as _;

use super::{Of, Point, Series, mebibytes};
use crate::markdown::thousands;

const WIDTH: f64 = 980.0;
/// A panel's drawing, and the room around it.
const PANEL: (f64, f64) = (390.0, 150.0);
const LEFT: f64 = 76.0;
const TOP: f64 = 94.0;
const BETWEEN: (f64, f64) = (96.0, 64.0);
/// About how many lines a scale has.
const TICKS: f64 = 4.0;
/// Line and mark of each series, and what is written in its colour.
const COLOURS: [&str; 3] = ["#2563a8", "#b4531a", "#2d7d46"];
const INK: &str = "#1b2430";
const QUIET: &str = "#667085";
const GRID: &str = "#e4e7ec";

/// What a row of panels shows.
struct Measure {
    name: &'static str,
    value: fn(&Point) -> Option<f64>,
}

/// A picture of all series, in one file that needs nothing else. Its marks have the counts of the tables as titles. Times are
/// of proofs under `scheme`.
pub fn svg(series: &[Series], scheme: &str) -> String {
    let measures = [
        Measure { name: "seconds to prove, estimated", value: |point| point.seconds },
        Measure { name: "MiB of memory, at most", value: |point| Some(mebibytes(point) as f64) },
        Measure { name: "bytes of a kzg proof", value: |point| Some(point.kzg_bytes as f64) },
    ];
    let height = TOP + measures.len() as f64 * (PANEL.1 + BETWEEN.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"Helvetica, Arial, DejaVu Sans, sans-serif\" font-size=\"12\" fill=\"{INK}\">\n\
         <title>How the cost of a proof grows</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(&mut out, (LEFT, 26.0), "start", INK, &format!("How the cost of a proof grows ({scheme})"), 17);
    let mut x = LEFT;
    for (one, colour) in series.iter().zip(COLOURS) {
        let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"45\" r=\"4\" fill=\"{colour}\"/>", x + 4.0);
        text(&mut out, (x + 14.0, 49.0), "start", INK, &one.name, 12);
        x += 40.0 + 7.0 * one.name.chars().count() as f64;
    }
    for (line, measure) in measures.iter().enumerate() {
        for (column, of) in [Of::Transactions, Of::Weights].into_iter().enumerate() {
            let corner =
                (LEFT + column as f64 * (PANEL.0 + BETWEEN.0), TOP + line as f64 * (PANEL.1 + BETWEEN.1));
            panel(&mut out, corner, series, of, measure);
        }
    }
    out + "</svg>\n"
}

fn panel(out: &mut String, (left, top): (f64, f64), series: &[Series], of: Of, measure: &Measure) {
    let drawn: Vec<(&Series, &str)> = series.iter().zip(COLOURS).filter(|(one, _)| one.of == of).collect();
    let points = || drawn.iter().flat_map(|(one, _)| &one.points);
    let scale_x = Scale::to(points().map(|point| point.size as f64));
    let scale_y = Scale::to(points().filter_map(measure.value));
    let x = |value: f64| left + PANEL.0 * value / scale_x.end;
    let y = |value: f64| top + PANEL.1 * (1.0 - value / scale_y.end);
    text(out, (left, top - 10.0), "start", INK, measure.name, 13);
    for value in scale_y.ticks() {
        line(out, (left, y(value)), (left + PANEL.0, y(value)));
        text(out, (left - 8.0, y(value) + 4.0), "end", QUIET, &scale_y.label(value), 12);
    }
    for value in scale_x.ticks() {
        text(out, (x(value), top + PANEL.1 + 18.0), "middle", QUIET, &scale_x.label(value), 12);
    }
    text(out, (left + PANEL.0, top + PANEL.1 + 34.0), "end", QUIET, of.name(), 12);
    for (one, colour) in drawn {
        let marks: Vec<(f64, f64, &Point)> = one
            .points
            .iter()
            .filter_map(|point| Some((x(point.size as f64), y((measure.value)(point)?), point)))
            .collect();
        let path: Vec<String> = marks.iter().map(|(x, y, _)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for (x, y, point) in marks {
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"><title>{}</title></circle>",
                title(of, point)
            );
        }
    }
}

/// What is counted of a step.
fn title(of: Of, point: &Point) -> String {
    format!(
        "{} {}: {}, 2^{} rows, {} MiB, {} B kzg, {} B transparent",
        thousands(point.size),
        of.name(),
        point.statement,
        point.k,
        thousands(mebibytes(point)),
        thousands(point.kzg_bytes),
        thousands(point.transparent_bytes)
    )
}

/// From 0 to a round number.
struct Scale {
    step: f64,
    end: f64,
}

impl Scale {
    fn to(values: impl Iterator<Item = f64>) -> Self {
        let greatest = values.fold(f64::MIN_POSITIVE, f64::max);
        let power = 10f64.powf((greatest / TICKS).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| greatest / step <= TICKS).unwrap_or(10.0 * power);
        Self { step, end: step * (greatest / step).ceil() }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let count = (self.end / self.step).round() as usize;
        (0..=count).map(|tick| tick as f64 * self.step)
    }

    fn label(&self, value: f64) -> String {
        if self.step < 1.0 { format!("{value:.1}") } else { thousands(value.round() as usize) }
    }
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, words: &str, size: usize) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-size=\"{size}\">{words}</text>"
    );
}

fn line(out: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{GRID}\"/>"
    );
}
