//! What a statement costs: rows, columns, gates, commitments and bytes, from its circuit alone. No keys are made.

use std::fmt::Write as _;
use std::io;

use foldproof_circuits::chips::LIMBS;
use foldproof_circuits::layout::{self, Layout, Stage};
use foldproof_circuits::statement::Statement;
use foldproof_verifier::{ProofShape, Scheme};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Expression};
use halo2curves::bn256::Fr;
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;

/// What a statement costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Name.
    pub statement: String,
    /// log₂ of the rows.
    pub k: u32,
    /// Rows that can be used: halo2 fills the others with randomness.
    pub usable_rows: usize,
    /// Rows by stage. Sponges stand beside the others.
    pub stages: Vec<Rows>,
    /// Advice columns by phase.
    pub advice: Vec<usize>,
    /// Fixed columns of our own.
    pub fixed: usize,
    /// Selectors, one per gate that is switched on row by row.
    pub selectors: usize,
    /// Fixed columns the selectors are combined into.
    pub selector_columns: usize,
    /// Columns in the copy constraints, that of the public inputs included.
    pub permuted: usize,
    /// Look-ups of halo2's own argument.
    pub built_in_lookups: usize,
    /// Fractions a row adds to the sum of our own argument: what it looks up, and rows of tables.
    pub lookups_per_row: usize,
    /// Gates by name.
    pub gates: Vec<GateCost>,
    /// Degree of the constraint system.
    pub degree: usize,
    /// Copy constraints, those to public inputs included.
    pub copies: usize,
    /// Public inputs.
    pub public_inputs: usize,
    /// Parts of a proof under the transparent scheme.
    pub transparent: Proof,
    /// Parts of a proof under the kzg scheme.
    pub kzg: Proof,
}

/// The rows of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Name.
    pub stage: String,
    /// First row.
    pub start: usize,
    /// Rows.
    pub rows: usize,
}

/// A gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateCost {
    /// Name.
    pub gate: String,
    /// Constraints.
    pub constraints: usize,
    /// The highest degree among them.
    pub degree: usize,
}

/// The parts of a proof, 32 bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Commitments to advice columns.
    pub advice: usize,
    /// Commitments of built-in look-ups.
    pub lookups: usize,
    /// Commitments of the permutation.
    pub permutation: usize,
    /// Commitments to the quotient and a random polynomial.
    pub quotient: usize,
    /// Evaluations.
    pub evaluations: usize,
    /// Sets of points that polynomials are opened at.
    pub point_sets: usize,
    /// Elements of the opening.
    pub opening: usize,
    /// Bytes.
    pub bytes: usize,
}

impl From<ProofShape> for Proof {
    fn from(shape: ProofShape) -> Self {
        let ProofShape { advice, lookups, permutation, quotient, evaluations, point_sets, opening } = shape;
        let bytes = shape.bytes();
        Self { advice, lookups, permutation, quotient, evaluations, point_sets, opening, bytes }
    }
}

impl Cost {
    /// Of a statement. Its circuit is laid out on the way: a second or two for the largest.
    ///
    /// # Panics
    /// If `MAX_DEGREE` in the environment is no number, on which halo2 insists.
    pub fn of(statement: Statement) -> Self {
        let mut own = ConstraintSystem::<Fr>::default();
        Layout::configure_with_params(&mut own, statement);
        let (fixed, selectors) = (own.num_fixed_columns(), own.num_selectors());
        let phases = own.advice_column_phase();
        let last = phases.iter().copied().max().unwrap_or(0);
        let advice = (0..=last).map(|phase| phases.iter().filter(|p| **p == phase).count()).collect();
        let layout = Layout::blank(statement);
        let (cs, _) = own.compress_selectors(layout::selectors(statement));
        let gates = cs.gates().iter().map(|gate| GateCost {
            gate: gate.name().to_owned(),
            constraints: gate.polynomials().len(),
            degree: gate.polynomials().iter().map(Expression::degree).max().unwrap_or_default(),
        });
        let stages = layout.stages().iter();
        let rows =
            |stage: &Stage| Rows { stage: stage.name.to_owned(), start: stage.start, rows: stage.rows };
        let (sheet, bands) = (layout.sheet(), statement.bands());
        // Limbs, one link, and the rows of the two tables.
        let lookups_per_row = LIMBS + if bands.core { 3 } else { 1 };
        let proof = |scheme| ProofShape::new(&cs, statement.k(), cs.degree() - 1, scheme).into();
        Self {
            statement: statement.name(),
            k: statement.k(),
            usable_rows: sheet.rows(),
            stages: stages.map(rows).collect(),
            advice,
            fixed,
            selectors,
            selector_columns: cs.num_fixed_columns() - fixed,
            permuted: cs.permutation().get_columns().len(),
            built_in_lookups: cs.lookups().len(),
            lookups_per_row,
            gates: gates.collect(),
            degree: cs.degree(),
            copies: sheet.copies().len() + sheet.instance().len(),
            public_inputs: sheet.instance().len(),
            transparent: proof(Scheme::Transparent),
            kzg: proof(Scheme::Kzg),
        }
    }

    /// Rows down to the last one of any stage: bands, and a sponge and what it stands beside, share rows.
    pub fn rows(&self) -> usize {
        self.stages.iter().map(|stage| stage.start + stage.rows).max().unwrap_or(0)
    }
}

/// Costs as JSON: a line to a member, to a stage and to a gate.
///
/// # Errors
/// None that integers and names could cause.
pub fn to_json(costs: &[Cost]) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    costs.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Lines::default()))?;
    text.push(b'\n');
    Ok(text)
}

/// Breaks lines between the members of a statement and before every object in an array.
#[derive(Default)]
struct Lines {
    /// How many arrays and objects are open.
    depth: usize,
}

impl Lines {
    /// Depth of a statement's members.
    const MEMBERS: usize = 2;

    fn line<W: ?Sized + io::Write>(&self, out: &mut W) -> io::Result<()> {
        write!(out, "\n{}", " ".repeat(self.depth))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth == 0 {
            self.line(out)?;
        }
        out.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        if self.depth != Self::MEMBERS {
            self.line(out)?;
        }
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < Self::MEMBERS {
            self.line(out)?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b"," })?;
        match self.depth {
            Self::MEMBERS => self.line(out),
            _ if first => Ok(()),
            _ => out.write_all(b" "),
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// Costs as tables in Markdown: rows, then columns, then proofs.
pub fn to_markdown(costs: &[Cost]) -> String {
    let mut text = String::from(
        "| statement | k | rows of the block | rows of models | used | usable |\n|---|---|---|---|---|---|\n",
    );
    for cost in costs {
        let (models, block): (Vec<_>, Vec<_>) =
            cost.stages.iter().partition(|rows| rows.stage.starts_with("models: "));
        let show = |stages: Vec<&Rows>| {
            let show = |rows: &Rows| format!("{} {}", short(&rows.stage), thousands(rows.rows));
            stages.into_iter().map(show).collect::<Vec<_>>().join(" · ")
        };
        row(
            &mut text,
            &[
                cost.statement.clone(),
                cost.k.to_string(),
                show(block),
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
                cost.gates.iter().map(|gate| gate.constraints).sum::<usize>().to_string(),
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
    text
}

fn row(text: &mut String, cells: &[String]) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// The name of a stage without what it belongs to. Sponges are always beside the others.
fn short(stage: &str) -> &str {
    let stage = stage.split_once(": ").map_or(stage, |(_, name)| name);
    stage.strip_suffix(" (beside the others)").unwrap_or(stage)
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}
