//! Costs for people: tables in text.

use foldproof_cost::growth::{self, Series};
use foldproof_cost::{Comparison, Cost, Estimate, Pair, change, change_of_count, thousands};

use super::Chain;

/// A line for each statement, with what its contract costs where that was asked.
pub fn table(costs: &[(Cost, Estimate)], chains: &[Option<Chain>]) -> String {
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
    let of_contracts = chains.iter().any(Option::is_some);
    let of_contract = ["call gas", "deployment gas", "code B"].into_iter().filter(|_| of_contracts);
    let mut rows = vec![headings.chain(of_contract).map(str::to_owned).collect::<Vec<_>>()];
    for ((cost, estimate), chain) in costs.iter().zip(chains) {
        let mut row = vec![
            cost.statement.clone(),
            cost.k.to_string(),
            thousands(cost.rows()),
            thousands(cost.usable_rows),
            cost.advice.iter().sum::<usize>().to_string(),
            (cost.fixed + cost.selector_columns).to_string(),
            thousands(cost.permuted),
            cost.lookups_per_row.to_string(),
            cost.degree.to_string(),
            format!("{:.0} %", 100.0 * cost.cells.assigned() as f64 / cost.cells.available as f64),
            cost.msms.full().to_string(),
            cost.ffts.total().to_string(),
            thousands(cost.kzg.bytes),
            thousands(cost.transparent.bytes),
            time(estimate.seconds),
        ];
        match chain {
            None => {}
            Some(Ok(chain)) => {
                row.extend([gas(chain.call_gas), gas(chain.deployment_gas), thousands(chain.code_bytes)])
            }
            Some(Err(_)) => row.extend(["none", "", ""].map(str::to_owned)),
        }
        rows.push(row);
    }
    let scheme = costs.first().map_or("", |(_, estimate)| estimate.scheme);
    format!(
        "{}\n\nlook-ups are per row; cells are advice cells that are assigned; MSMs and FFTs are those of a proof, of 2^k \
         scalars or values.\nThe time of a {scheme} proof is an estimate from primitives measured on this machine just \
         now; `foldproof cost STATEMENT` says what it is made of.",
        aligned(&rows)
    )
}

/// What a contract costs, in a line.
fn on_chain(chain: &Chain) -> String {
    match chain {
        Ok(chain) => format!(
            "{} gas a call, {} to deploy, {} B of code, {} B beside it for the key (evm; to 0.5 %)",
            gas(chain.call_gas),
            gas(chain.deployment_gas),
            thousands(chain.code_bytes),
            thousands(chain.key_bytes)
        ),
        Err(why) => format!("none: {why}"),
    }
}

/// A count of gas.
fn gas(gas: u64) -> String {
    usize::try_from(gas).map_or_else(|_| gas.to_string(), thousands)
}

/// All of one.
pub fn details(cost: &Cost, estimate: &Estimate, chain: &Chain) -> String {
    let line = |name: &str, value: String| vec![name.to_owned(), value];
    let advice: Vec<String> = cost.advice.iter().map(usize::to_string).collect();
    let (msms, ffts, cells) = (&cost.msms, &cost.ffts, &cost.cells);
    let counts = [
        line("statement", cost.statement.clone()),
        line(
            "rows",
            format!(
                "{} used of {} usable, of 2^{}",
                thousands(cost.rows()),
                thousands(cost.usable_rows),
                cost.k
            ),
        ),
        line(
            "columns",
            format!(
                "{} advice by phase, {} fixed + {} for {} selectors, {} permuted",
                advice.join(" + "),
                cost.fixed,
                cost.selector_columns,
                cost.selectors,
                cost.permuted
            ),
        ),
        line(
            "look-ups",
            format!("{} a row, in one argument; built-in: {}", cost.lookups_per_row, cost.built_in_lookups),
        ),
        line("gates", format!("{}, degree {}", cost.gates_in_words(), cost.degree)),
        line("copies", format!("{}, {} public inputs", thousands(cost.copies), cost.public_inputs)),
        line(
            "proof",
            format!(
                "{} B kzg, {} B evm, {} B transparent",
                thousands(cost.kzg.bytes),
                thousands(cost.evm.bytes),
                thousands(cost.transparent.bytes)
            ),
        ),
        line(
            "MSMs",
            format!(
                "{} of {} scalars: {} advice, {} permutation, {} random, {} quotient, {} opening; transparent: {} rounds \
                 of 2 with half the scalars",
                msms.full(),
                thousands(msms.size),
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
                thousands(ffts.size),
                ffts.cosets,
                ffts.advice,
                ffts.keys,
                ffts.products,
                ffts.instance,
                ffts.quotient
            ),
        ),
        line("constraints", format!("{} multiplications a point", thousands(cost.multiplications))),
        line("on chain", on_chain(chain)),
    ];
    let share = |cells_of: usize| format!("{:.1} %", 100.0 * cells_of as f64 / cells.available as f64);
    let words = |words: [&str; 8]| words.map(str::to_owned).to_vec();
    let mut stages =
        vec![words(["stage", "from row", "rows", "cells", "of all", "wide", "narrow", "commitments"])];
    for (rows, time_of) in cost.stages.iter().zip(&estimate.stages) {
        stages.push(vec![
            rows.stage.clone(),
            thousands(rows.start),
            thousands(rows.rows),
            thousands(rows.cells),
            share(rows.cells),
            thousands(time_of.cells.wide),
            thousands(time_of.cells.narrow),
            time(time_of.seconds),
        ]);
    }
    let rest =
        [("look-ups", cells.lookups), ("second phase", cells.second_phase), ("constants", cells.constants)];
    for (name, count) in rest.into_iter().filter(|(_, count)| *count > 0) {
        let cells = [name, "", "", &thousands(count), &share(count), "", "", ""].map(str::to_owned);
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
         witness\n\n{}\n\nmeasured at 2^{}, {} cores: MSM {} full-width, {} 16-bit; multiples {}; FFT {}; multiplication {:.1} ns, {:.1} ns \
         after another",
        aligned(&counts),
        aligned(&stages),
        estimate.scheme,
        aligned(&parts),
        on.k,
        on.cores,
        time(on.wide_msm),
        time(on.narrow_msm),
        time(on.multiples),
        time(on.fft),
        on.multiplication * 1e9,
        on.waiting_multiplication * 1e9
    )
}

/// Two statements, in a table of counts and one of times.
pub fn comparison(comparison: &Comparison) -> String {
    let Comparison { statement, against, scheme, counts, rows, cells, seconds } = comparison;
    let counts = lines("count", comparison, counts, change_of_count, thousands);
    let rows = lines("rows of stages", comparison, rows, change_of_count, thousands);
    let cells = lines("advice cells of stages", comparison, cells, change_of_count, thousands);
    let seconds = lines("time", comparison, seconds, change, time);
    format!(
        "{statement} against {against}\n\n{counts}\n\n{rows}\n\n{cells}\n\n{seconds}\n\nTimes are estimates of {scheme} proofs: \
         counts times primitives measured on this machine just now."
    )
}

/// A table for each thing that grows.
pub fn growth(series: &[Series], scheme: &str) -> String {
    let tables = series.iter().map(|one| {
        let rows = std::iter::once(growth::headings(one.of)).chain(one.points.iter().map(growth::cells));
        format!("{}\n\n{}\n\n", one.name, aligned(&rows.collect::<Vec<_>>()))
    });
    format!(
        "{}Each step has the smallest statement that holds it. Memory is what `prove` counts with, which is more than what a \
         proof takes;\nthe file of a setup (kzg, evm) comes on top. The time of a {scheme} proof is an estimate from primitives measured \
         on this machine just now.",
        tables.collect::<String>()
    )
}

fn lines<T: Copy>(
    what: &str,
    comparison: &Comparison,
    pairs: &[Pair<T>],
    change: impl Fn(T, T) -> String,
    show: impl Fn(T) -> String,
) -> String {
    let headings = [what, &comparison.statement, &comparison.against, "change"].map(str::to_owned).to_vec();
    let lines = pairs.iter().map(|pair| {
        let change = change(pair.statement, pair.against);
        vec![pair.name.clone(), show(pair.statement), show(pair.against), change]
    });
    aligned(&std::iter::once(headings).chain(lines).collect::<Vec<_>>())
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

#[cfg(test)]
mod tests {
    use super::on_chain;

    #[test]
    fn what_has_no_contract_says_why() {
        assert_eq!(on_chain(&Err("too much code".to_owned())), "none: too much code");
    }
}
