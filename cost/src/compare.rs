//! Two statements beside each other.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Cost, Estimate, Proof};

/// Something that both statements have, if only none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// What.
    pub name: String,
    /// Of the statement.
    pub statement: T,
    /// Of the one it is held against.
    pub against: T,
}

/// A statement held against another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The statement.
    pub statement: String,
    /// The one it is held against.
    pub against: String,
    /// Scheme of the times.
    pub scheme: &'static str,
    /// What can be counted.
    pub counts: Vec<Pair<usize>>,
    /// Rows by stage; models of several are one stage of each kind.
    pub rows: Vec<Pair<usize>>,
    /// Advice cells by stage.
    pub cells: Vec<Pair<usize>>,
    /// Parts of the time of a proof, and the sum of them.
    pub seconds: Vec<Pair<f64>>,
}

impl Comparison {
    /// Of a statement against another. Times are from primitives of one machine, measured one after the other.
    pub fn new(statement: (&Cost, &Estimate), against: (&Cost, &Estimate)) -> Self {
        let ((this, time), (other, other_time)) = (statement, against);
        let counts = counts(this).into_iter().zip(counts(other));
        let counts = counts.map(|((name, statement), (_, against))| Pair {
            name: name.to_owned(),
            statement,
            against,
        });
        let stages = |of: fn(&super::Rows) -> usize| -> Vec<Pair<usize>> {
            let mut seen = BTreeSet::new();
            let names = this.stages.iter().chain(&other.stages).map(|rows| rows.stage.as_str());
            let names = names.filter(|name| seen.insert(*name));
            let sum = |cost: &Cost, name: &str| {
                cost.stages.iter().filter(|rows| rows.stage == name).map(of).sum::<usize>()
            };
            let pair = |name: &str| Pair {
                name: name.strip_suffix(" (beside the others)").unwrap_or(name).to_owned(),
                statement: sum(this, name),
                against: sum(other, name),
            };
            names.map(pair).collect()
        };
        // Every estimate has the same parts.
        let parts = time.parts.iter().zip(&other_time.parts).map(|(part, other)| Pair {
            name: part.name.to_owned(),
            statement: part.seconds,
            against: other.seconds,
        });
        let all = Pair { name: "all".to_owned(), statement: time.seconds, against: other_time.seconds };
        Self {
            statement: this.statement.clone(),
            against: other.statement.clone(),
            scheme: time.scheme,
            counts: counts.collect(),
            rows: stages(|rows| rows.rows),
            cells: stages(|rows| rows.cells),
            seconds: parts.chain([all]).collect(),
        }
    }
}

/// Counts below this differ by so many, others by so many percent.
const FEW: f64 = 100.0;

/// The difference to what a count is held against.
pub fn change_of_count(statement: usize, against: usize) -> String {
    let (this, that) = (statement as f64, against as f64);
    if this == that || this.max(that) >= FEW { change(this, that) } else { format!("{:+}", this - that) }
}

/// The difference to what something is held against, as a share of that; as a factor where that is easier to read.
pub fn change(statement: f64, against: f64) -> String {
    let percent = 100.0 * (statement / against - 1.0);
    match (statement == against, against == 0.0) {
        (true, _) => "=".to_owned(),
        (false, true) => "new".to_owned(),
        (false, false) if statement == 0.0 => "gone".to_owned(),
        (false, false) if percent >= 100.0 => format!("× {:.2}", statement / against),
        (false, false) => format!("{percent:+.1} %"),
    }
}

fn counts(cost: &Cost) -> Vec<(&'static str, usize)> {
    let bytes = |proof: &Proof| proof.bytes;
    vec![
        ("k", cost.k as usize),
        ("rows used", cost.rows()),
        ("usable rows", cost.usable_rows),
        ("advice columns", cost.advice.iter().sum()),
        ("of these in the second phase", cost.advice.iter().skip(1).sum()),
        ("fixed columns", cost.fixed),
        ("selectors", cost.selectors),
        ("columns for selectors", cost.selector_columns),
        ("permuted columns", cost.permuted),
        ("look-ups a row", cost.lookups_per_row),
        ("gates", cost.gates.len()),
        ("constraints", cost.constraints()),
        ("degree", cost.degree),
        ("copies", cost.copies),
        ("public inputs", cost.public_inputs),
        ("advice cells", cost.cells.available),
        ("of these assigned", cost.cells.assigned()),
        ("MSMs", cost.msms.full()),
        ("FFTs", cost.ffts.total()),
        ("multiplications a point", cost.multiplications),
        ("evaluations", cost.kzg.evaluations),
        ("sets of points", cost.kzg.point_sets),
        ("bytes of a kzg proof", bytes(&cost.kzg)),
        ("bytes of a transparent proof", bytes(&cost.transparent)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{change, change_of_count};

    #[test]
    fn changes_are_read_at_a_glance() {
        for (statement, against, shown) in [
            (5.0, 5.0, "="),
            (0.0, 0.0, "="),
            (5.0, 0.0, "new"),
            (0.0, 5.0, "gone"),
            (15.0, 10.0, "+50.0 %"),
            (5.0, 10.0, "-50.0 %"),
            (32.0, 16.0, "× 2.00"),
        ] {
            assert_eq!(change(statement, against), shown);
        }
        let counts = [(14, 13), (9, 9), (0, 8), (99, 100), (300, 100)];
        let shown = counts.map(|(statement, against)| change_of_count(statement, against));
        assert_eq!(shown, ["+1", "=", "-8", "-1.0 %", "× 3.00"]);
    }
}
