//! Tables of a report.

use super::super::{Cost, Estimate, Proof};
use super::{escape, fill, seconds, thousands};

/// The name of a stage with that of its band.
pub(super) fn label(stage: &str) -> &str {
    stage.strip_suffix(" (beside the others)").unwrap_or(stage)
}

/// A table. Columns whose heading starts with # hold numbers; cells are HTML.
pub(super) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let is_number = |column: usize| headings.get(column).is_some_and(|heading| heading.starts_with('#'));
    let cell = |tag: &str, (column, text): (usize, &str)| {
        let class = if is_number(column) { " class=\"number\"" } else { "" };
        format!("<{tag}{class}>{text}</{tag}>")
    };
    let head: String = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| cell("th", (column, heading.trim_start_matches('#'))))
        .collect();
    let rows: String = rows
        .into_iter()
        .map(|row| {
            let cells: String =
                row.iter().enumerate().map(|(column, text)| cell("td", (column, text))).collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

pub(super) fn stages(estimate: &Estimate) -> String {
    let rows = estimate.stages.iter().map(|stage| {
        vec![
            format!(
                "<i class=\"dot\" style=\"background:{}\"></i>{}",
                fill(Some(&stage.stage)),
                escape(label(&stage.stage))
            ),
            thousands(stage.cells.wide),
            thousands(stage.cells.narrow),
            thousands(stage.cells.zero),
            seconds(stage.seconds),
        ]
    });
    table(&["stage", "#more than 16 bits", "#1 to 16 bits", "#zero", "#commitments, estimated"], rows)
}

pub(super) fn work(cost: &Cost, estimate: &Estimate) -> String {
    let (msms, ffts, on) = (&cost.msms, &cost.ffts, &estimate.primitives);
    let count = |name: &str, count: usize| vec![name.to_owned(), thousands(count)];
    let commitments = table(
        &[&format!("MSMs of {} scalars", thousands(msms.size)), "#a proof"],
        [
            count("advice columns", msms.advice),
            count("products of the permutation", msms.permutation),
            count("random polynomial", msms.random),
            count("pieces of the quotient", msms.quotient),
            count("opening", msms.opening),
            count("all of full length", msms.full()),
            count("transparent: rounds of two, half the scalars each", msms.transparent_rounds),
        ],
    );
    let transforms = table(
        &[&format!("FFTs of {} values, {} cosets", thousands(ffts.size), ffts.cosets), "#a proof"],
        [
            count("advice columns", ffts.advice),
            count("fixed columns, images, marks", ffts.keys),
            count("products of the permutation", ffts.products),
            count("public inputs", ffts.instance),
            count("quotient", ffts.quotient),
            count("all", ffts.total()),
        ],
    );
    let measured = |name: &str, value: f64| vec![name.to_owned(), seconds(value)];
    let primitives = table(
        &["measured here", "#best of three"],
        [
            measured("MSM, full-width scalars, all cores", on.wide_msm),
            measured("MSM, 16-bit scalars, all cores", on.narrow_msm),
            measured("multiples of a basis, all cores", on.multiples),
            measured("FFT, a column on each core", on.fft),
            measured("field multiplication, one core", on.multiplication),
            measured("the same after another", on.waiting_multiplication),
        ],
    );
    let other = table(
        &["else", "#"],
        [
            count("multiplications a point, for all constraints", cost.multiplications),
            count("copies", cost.copies),
            count("public inputs", cost.public_inputs),
            count("built-in look-ups", cost.built_in_lookups),
        ],
    );
    format!(
        "<div class=\"pair\"><div>{commitments}</div><div>{transforms}</div><div>{primitives}</div><div>{other}</div></div>\n"
    )
}

pub(super) fn proof(cost: &Cost) -> String {
    let part = |name: &str, of: fn(&Proof) -> usize| {
        let show = |proof: &Proof| thousands(of(proof));
        vec![name.to_owned(), show(&cost.kzg), show(&cost.transparent)]
    };
    table(
        &["elements of 32 bytes", "#kzg", "#transparent"],
        [
            part("commitments to advice", |proof| proof.advice),
            part("commitments of the permutation", |proof| proof.permutation),
            part("commitments to the quotient", |proof| proof.quotient),
            part("evaluations", |proof| proof.evaluations),
            part("opening", |proof| proof.opening),
            part("bytes", |proof| proof.bytes),
        ],
    )
}

pub(super) fn gates(cost: &Cost) -> String {
    let half = cost.gates.len().div_ceil(2);
    let tables: String = cost
        .gates
        .chunks(half.max(1))
        .map(|gates| {
            let rows = gates
                .iter()
                .map(|gate| vec![escape(&gate.gate), gate.constraints.to_string(), gate.degree.to_string()]);
            format!("<div>{}</div>", table(&["gate", "#constraints", "#degree"], rows))
        })
        .collect();
    format!("<div class=\"pair\">{tables}</div>\n")
}
