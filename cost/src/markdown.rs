//! Costs as tables in Markdown.

use std::fmt::Write as _;

use super::{Cost, Proof, Rows};

/// Costs as tables in Markdown: rows, columns, proofs, then what proving computes.
pub fn to_markdown(costs: &[Cost]) -> String {
    let mut text = String::from(
        "| statement | k | rows of the block | rows of models | used | usable |\n|---|---|---|---|---|---|\n",
    );
    for cost in costs {
        let (models, block): (Vec<_>, Vec<_>) =
            cost.stages.iter().partition(|rows| rows.stage.starts_with("models: "));
        let show = |stages: Vec<(&str, usize)>| {
            let show = |(stage, rows)| format!("{} {}", short(stage), thousands(rows));
            stages.into_iter().map(show).collect::<Vec<_>>().join(" · ")
        };
        let models = models.into_iter().map(|rows| (rows.stage.as_str(), rows.rows)).collect();
        row(
            &mut text,
            &[
                cost.statement.clone(),
                cost.k.to_string(),
                show(of_all_blocks(&block)),
                show(models),
                thousands(cost.rows()),
                thousands(cost.usable_rows),
            ],
        );
    }
    text += "\n| statement | advice, by phase | fixed + selectors | permuted | look-ups a row | gates | constraints | copies | public |\n\
             |---|---|---|---|---|---|---|---|---|\n";
    for cost in costs {
        let advice: Vec<String> = cost.advice.iter().map(usize::to_string).collect();
        row(
            &mut text,
            &[
                cost.statement.clone(),
                advice.join(" + "),
                format!("{} + {}", cost.fixed, cost.selector_columns),
                cost.permuted.to_string(),
                cost.lookups_per_row.to_string(),
                cost.gates.len().to_string(),
                cost.constraints().to_string(),
                thousands(cost.copies),
                cost.public_inputs.to_string(),
            ],
        );
    }
    text += "\n| statement | commitments: advice, permutation, quotient | evaluations | sets of points | kzg proof | transparent proof |\n\
             |---|---|---|---|---|---|\n";
    for cost in costs {
        let Proof { advice, permutation, quotient, evaluations, point_sets, .. } = cost.kzg;
        row(
            &mut text,
            &[
                cost.statement.clone(),
                format!("{advice} + {permutation} + {quotient}"),
                evaluations.to_string(),
                point_sets.to_string(),
                format!("{} B", thousands(cost.kzg.bytes)),
                format!("{} B", thousands(cost.transparent.bytes)),
            ],
        );
    }
    text += "\n| statement | cells of stages | of look-ups | of models' second phase | assigned | MSMs | FFTs | multiplications a point |\n\
             |---|---|---|---|---|---|---|---|\n";
    for cost in costs {
        let cells = &cost.cells;
        row(
            &mut text,
            &[
                cost.statement.clone(),
                thousands(cells.stages),
                thousands(cells.lookups),
                thousands(cells.second_phase),
                format!("{:.1} %", 100.0 * cells.assigned() as f64 / cells.available as f64),
                cost.msms.full().to_string(),
                cost.ffts.total().to_string(),
                thousands(cost.multiplications),
            ],
        );
    }
    text
}

pub(super) fn row(text: &mut String, cells: &[String]) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Rows of each stage, those of all blocks together.
fn of_all_blocks<'c>(stages: &[&'c Rows]) -> Vec<(&'c str, usize)> {
    let mut all: Vec<(&str, usize)> = Vec::new();
    for Rows { stage, rows, .. } in stages.iter().copied() {
        match all.iter_mut().find(|(name, _)| name == stage) {
            Some((_, sum)) => *sum += rows,
            None => all.push((stage, *rows)),
        }
    }
    all
}

/// The name of a stage without that of its band. Sponges are always beside the others.
pub(super) fn short(stage: &str) -> &str {
    let stage = stage.split_once(": ").map_or(stage, |(_, name)| name);
    stage.strip_suffix(" (beside the others)").unwrap_or(stage)
}

/// With commas.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}
