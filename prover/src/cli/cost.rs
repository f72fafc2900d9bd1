//! `foldproof cost`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use foldproof_circuits::statement::Statement;
use foldproof_params::keys;
use foldproof_prover::cost::{Cost, Estimate, Primitives, picture, report};
use foldproof_verifier::Scheme;
use indicatif::ProgressBar;
use serde_json::Value;

use super::files::{self, Readers};
use super::{Verdict, keys as keys_command, output, shared};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Statement, e.g. core-small-64, in detail [default: a table of those with pinned keys]
    #[arg(value_parser = keys_command::statement)]
    statement: Option<Statement>,
    /// Proof system whose times are estimated: transparent or kzg
    #[arg(long, default_value = "transparent", value_parser = shared::scheme)]
    scheme: Scheme,
    /// Draw the layout
    #[arg(long, value_name = "FILE", requires = "statement")]
    png: Option<PathBuf>,
    /// Write a report with charts, in one file
    #[arg(long, value_name = "FILE", requires = "statement")]
    html: Option<PathBuf>,
    /// Print JSON, a line per statement
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    for out in [&args.png, &args.html].into_iter().flatten() {
        files::check_out(out, &[])?;
    }
    let pinned = || keys::PINNED.iter().filter_map(|key| Statement::from_name(key.statement)).collect();
    let statements: Vec<Statement> = args.statement.map_or_else(pinned, |statement| vec![statement]);
    let mut primitives = BTreeMap::new();
    let spinner = shared::spinner(String::new());
    let mut costs = Vec::new();
    for statement in statements {
        let (cost, estimate) = count(statement, args.scheme, &mut primitives, &spinner)?;
        if let Some(file) = &args.png {
            spinner.set_message("drawing the layout");
            let png = picture::png(statement, &cost).with_context(|| statement.name())?;
            files::write(file, &png, Readers::Usual)?;
        }
        if let Some(file) = &args.html {
            let page = report::html(statement, &cost, &estimate);
            files::write(file, page.as_bytes(), Readers::Usual)?;
        }
        costs.push((cost, estimate));
    }
    spinner.finish_and_clear();
    if args.json {
        costs.iter().try_for_each(|(cost, estimate)| output::line(members(cost, estimate)?))?;
    } else if let (Some(_), [(cost, estimate)]) = (args.statement, &costs[..]) {
        output::line(details(cost, estimate))?;
    } else {
        output::line(table(&costs))?;
    }
    Ok(Verdict::Success)
}

fn count(
    statement: Statement,
    scheme: Scheme,
    primitives: &mut BTreeMap<u32, Primitives>,
    spinner: &ProgressBar,
) -> anyhow::Result<(Cost, Estimate)> {
    spinner.set_message(format!("measuring this machine, for 2^{} rows", statement.k()));
    let primitives = primitives.entry(statement.k()).or_insert_with(|| Primitives::measure(statement.k()));
    spinner.set_message(format!("laying out {statement}"));
    let cost = Cost::of(statement);
    let estimate = Estimate::new(statement, &cost, scheme, primitives)
        .with_context(|| format!("{statement}: estimate"))?;
    Ok((cost, estimate))
}

/// The members of `benches/cost.json`, and the estimate.
fn members(cost: &Cost, estimate: &Estimate) -> serde_json::Result<Value> {
    let mut members = output::object(serde_json::to_value(cost)?);
    members.insert("estimate".to_owned(), serde_json::to_value(estimate)?);
    Ok(Value::Object(members))
}

fn table(costs: &[(Cost, Estimate)]) -> String {
    let headings = [
        "statement",
        "k",
        "rows used",
        "of",
        "advice",
        "fixed",
        "permuted",
        "look-ups",
        "degree",
        "cells",
        "MSMs",
    ];
    let headings = headings.into_iter().chain(["FFTs", "kzg B", "transparent B", "estimate"]);
    let mut rows = vec![headings.map(str::to_owned).collect::<Vec<_>>()];
    for (cost, estimate) in costs {
        rows.push(vec![
            cost.statement.clone(),
            cost.k.to_string(),
            cost.rows().to_string(),
            cost.usable_rows.to_string(),
            cost.advice.iter().sum::<usize>().to_string(),
            (cost.fixed + cost.selector_columns).to_string(),
            cost.permuted.to_string(),
            cost.lookups_per_row.to_string(),
            cost.degree.to_string(),
            format!("{:.0} %", 100.0 * cost.cells.assigned() as f64 / cost.cells.available as f64),
            cost.msms.full().to_string(),
            cost.ffts.total().to_string(),
            cost.kzg.bytes.to_string(),
            cost.transparent.bytes.to_string(),
            time(estimate.seconds),
        ]);
    }
    let scheme = costs.first().map_or("", |(_, estimate)| estimate.scheme);
    format!(
        "{}\n\nlook-ups are per row; cells are advice cells that are assigned; MSMs and FFTs are those of a proof, of 2^k \
         scalars or values.\nThe time of a {scheme} proof is an estimate from primitives measured on this machine just \
         now; `foldproof cost STATEMENT` says what it is made of.",
        aligned(&rows)
    )
}

fn details(cost: &Cost, estimate: &Estimate) -> String {
    let line = |name: &str, value: String| vec![name.to_owned(), value];
    let advice: Vec<String> = cost.advice.iter().map(usize::to_string).collect();
    let constraints: usize = cost.gates.iter().map(|gate| gate.constraints).sum();
    let (msms, ffts, cells) = (&cost.msms, &cost.ffts, &cost.cells);
    let counts = [
        line("statement", cost.statement.clone()),
        line("rows", format!("{} used of {} usable, of 2^{}", cost.rows(), cost.usable_rows, cost.k)),
        line(
            "columns",
            format!(
                "{} advice by phase, {} fixed + {} for selectors, {} permuted",
                advice.join(" + "),
                cost.fixed,
                cost.selector_columns,
                cost.permuted
            ),
        ),
        line(
            "look-ups",
            format!("{} a row, in one argument; built-in: {}", cost.lookups_per_row, cost.built_in_lookups),
        ),
        line("gates", format!("{}, {constraints} constraints, degree {}", cost.gates.len(), cost.degree)),
        line("copies", format!("{}, {} public inputs", cost.copies, cost.public_inputs)),
        line("proof", format!("{} B kzg, {} B transparent", cost.kzg.bytes, cost.transparent.bytes)),
        line(
            "MSMs",
            format!(
                "{} of {} scalars: {} advice, {} permutation, {} random, {} quotient, {} opening; transparent: {} rounds \
                 of 2 with half the scalars",
                msms.full(),
                msms.size,
                msms.advice,
                msms.permutation,
                msms.random,
                msms.quotient,
                msms.opening,
                msms.transparent_rounds
            ),
        ),
        line(
            "FFTs",
            format!(
                "{} of {} values, {} cosets: {} advice, {} keys, {} products, {} instance, {} quotient",
                ffts.total(),
                ffts.size,
                ffts.cosets,
                ffts.advice,
                ffts.keys,
                ffts.products,
                ffts.instance,
                ffts.quotient
            ),
        ),
        line("constraints", format!("{} multiplications a point", cost.multiplications)),
    ];
    let share = |cells_of: usize| format!("{:.1} %", 100.0 * cells_of as f64 / cells.available as f64);
    let words = |words: [&str; 8]| words.map(str::to_owned).to_vec();
    let mut stages =
        vec![words(["stage", "from row", "rows", "cells", "of all", "wide", "narrow", "commitments"])];
    for (rows, time_of) in cost.stages.iter().zip(&estimate.stages) {
        stages.push(vec![
            rows.stage.clone(),
            rows.start.to_string(),
            rows.rows.to_string(),
            rows.cells.to_string(),
            share(rows.cells),
            time_of.cells.wide.to_string(),
            time_of.cells.narrow.to_string(),
            time(time_of.seconds),
        ]);
    }
    let rest =
        [("look-ups", cells.lookups), ("second phase", cells.second_phase), ("constants", cells.constants)];
    for (name, count) in rest.into_iter().filter(|(_, count)| *count > 0) {
        let cells = [name, "", "", &count.to_string(), &share(count), "", "", ""].map(str::to_owned);
        stages.push(cells.to_vec());
    }
    let mut parts = vec![["part", "seconds", "share", "made of"].map(str::to_owned).to_vec()];
    for part in &estimate.parts {
        let percent = format!("{:.0} %", 100.0 * part.seconds / estimate.seconds);
        parts.push(vec![part.name.to_owned(), time(part.seconds), percent, part.made_of.clone()]);
    }
    parts.push(vec!["all".to_owned(), time(estimate.seconds), String::new(), String::new()]);
    let on = &estimate.primitives;
    format!(
        "{}\n\n{}\n\nestimate of a {} proof: counts times primitives measured on this machine just now, about a synthetic \
         witness\n\n{}\n\nmeasured at 2^{}, {} cores: MSM {} full-width, {} 16-bit; FFT {}; multiplication {:.1} ns",
        aligned(&counts),
        aligned(&stages),
        estimate.scheme,
        aligned(&parts),
        on.k,
        on.cores,
        time(on.wide_msm),
        time(on.narrow_msm),
        time(on.fft),
        on.multiplication * 1e9
    )
}

fn time(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// Numbers to the right, words to the left.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| cell(row, column)).max().unwrap_or_default())
        .collect();
    let is_number = |column: usize| {
        let mut cells = rows.iter().skip(1).filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
        column > 0 && cells.all(|cell| cell.len() < 10 && cell.starts_with(|c: char| c.is_ascii_digit()))
    };
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let width = widths[column];
                if is_number(column) { format!("{cell:>width$}") } else { format!("{cell:width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}
