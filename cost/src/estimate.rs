//! How long a proof would take here: counts times primitives. Parts have the names that `prove --profile` gives them.

use std::time::Instant;

use foldproof_circuits::chips::Area;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::statement::Statement;
use foldproof_verifier::Scheme;
use halo2curves::bn256::Fr;
use serde::Serialize;

use super::markdown::thousands;
use super::primitives::NARROW_BITS;
use super::{Cost, Primitives};
use foldproof_prover::dummy::DummyWitness;

/// Multiplications for a fraction of the look-ups: its denominator, an inversion shared with the others, and its term.
const PER_FRACTION: usize = 6;
/// Multiplications for a row of a permuted column: in numerator and denominator, an image by β and a point by β·δ^i.
const PER_PERMUTED: usize = 4;
/// Multiplications for a row of a product: an inversion shared with the others, and the running product.
const PER_PRODUCT: usize = 5;
/// Seed of the witness that is laid out.
const SEED: u64 = 1;

/// Advice cells by the size of what is in them, whatever its sign: it decides what a commitment takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Widths {
    /// More than 16 bits.
    pub wide: usize,
    /// 1 to 16 bits.
    pub narrow: usize,
    /// 0: free of charge.
    pub zero: usize,
}

impl Widths {
    fn add(&mut self, value: &Fr) {
        // The prover's multiplication takes signs off first.
        match Ord::min(bytes_of(value), bytes_of(&-value)) {
            0 => self.zero += 1,
            bytes if bytes <= NARROW_BITS as usize / 8 => self.narrow += 1,
            _ => self.wide += 1,
        }
    }

    /// Seconds of their commitments, as parts of whole ones.
    fn seconds(&self, primitives: &Primitives) -> f64 {
        let part = |cells: usize, whole: f64| cells as f64 / 2f64.powi(primitives.k as i32) * whole;
        part(self.wide, primitives.wide_msm) + part(self.narrow, primitives.narrow_msm)
    }
}

/// Bytes without the zeros on top.
fn bytes_of(value: &Fr) -> usize {
    value.to_bytes().iter().rposition(|byte| *byte != 0).map_or(0, |highest| highest + 1)
}

/// A part of a proof's time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Name.
    pub name: &'static str,
    /// Seconds.
    pub seconds: f64,
    /// What it is made of.
    pub made_of: String,
}

/// A stage's part of the commitments to advice columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageTime {
    /// Name.
    pub stage: String,
    /// Its cells.
    pub cells: Widths,
    /// Seconds.
    pub seconds: f64,
}

/// How long a proof would take on this machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Scheme.
    pub scheme: &'static str,
    /// Seconds of all parts.
    pub seconds: f64,
    /// In the order of the proof.
    pub parts: Vec<Part>,
    /// Commitments to advice by stage.
    pub stages: Vec<StageTime>,
    /// First-phase cells by what is in them.
    pub cells: Widths,
    /// Values of more than 16 bits in each first-phase column.
    pub wide_by_column: Vec<usize>,
    /// What was measured.
    pub primitives: Primitives,
}

impl Estimate {
    /// Of a proof of `statement`, about a synthetic witness that fills it; primitives must be those of its size.
    ///
    /// # Errors
    /// If the witness does not fit, which is a defect.
    pub fn new(
        statement: &Statement,
        cost: &Cost,
        scheme: Scheme,
        primitives: &Primitives,
    ) -> Result<Self, LayoutError> {
        Self::of(&DummyWitness::new(statement, SEED), cost, scheme, primitives)
    }

    /// Of a proof about a witness that need not fill its statement.
    ///
    /// # Errors
    /// If the witness does not fit.
    pub fn of(
        dummy: &DummyWitness,
        cost: &Cost,
        scheme: Scheme,
        primitives: &Primitives,
    ) -> Result<Self, LayoutError> {
        let started = Instant::now();
        let layout = dummy.layout()?;
        let witness = started.elapsed().as_secs_f64();
        let mut cells = Widths::default();
        let mut wide_by_column = Vec::new();
        for column in layout.first_phase() {
            let before = cells.wide;
            column.iter().for_each(|value| cells.add(value));
            wide_by_column.push(cells.wide - before);
        }
        let parts = parts(cost, scheme, primitives, &cells, witness);
        Ok(Self {
            scheme: scheme.name(),
            seconds: parts.iter().map(|part| part.seconds).sum(),
            parts,
            stages: stages(&layout, primitives),
            cells,
            wide_by_column,
            primitives: *primitives,
        })
    }
}

fn stages(layout: &Layout, primitives: &Primitives) -> Vec<StageTime> {
    let assigned = layout.assignment().assigned();
    let stages = layout.stages().iter().map(|stage| {
        let rows = stage.start..stage.start + stage.rows;
        let mut cells = Widths::default();
        let own = assigned.iter().filter(|cell| Area::of_advice(cell.column) == stage.area);
        own.filter(|cell| rows.contains(&cell.row))
            .for_each(|cell| cells.add(&layout.assignment().read(*cell)));
        StageTime { stage: stage.name.to_owned(), cells, seconds: cells.seconds(primitives) }
    });
    stages.collect()
}

fn parts(cost: &Cost, scheme: Scheme, on: &Primitives, cells: &Widths, witness: f64) -> Vec<Part> {
    let (msms, ffts) = (&cost.msms, &cost.ffts);
    let rows = msms.size;
    let muls = |count: usize| count as f64 * on.multiplication;
    // Outside transforms and constraints, elements are multiplied one at a time.
    let waiting = |count: usize| count as f64 * on.waiting_multiplication;
    let cores = on.cores as f64;
    let proof = match scheme {
        Scheme::Kzg => &cost.kzg,
        Scheme::Evm => &cost.evm,
        Scheme::Transparent => &cost.transparent,
    };
    let second = cost.advice.iter().skip(1).sum::<usize>();
    let products = PER_PERMUTED * cost.permuted + PER_PRODUCT * msms.permutation;
    let opened = cost.advice.iter().sum::<usize>()
        + cost.fixed
        + cost.selector_columns
        + cost.permuted
        + msms.permutation
        + 2;
    let evaluations = proof.evaluations + 1;
    let combined = opened + 2 * proof.point_sets;
    let mut opening = msms.opening as f64 * on.wide_msm + waiting(combined * rows) / cores;
    let mut opened_by = format!("{} full-width MSMs, {combined} multiplications a row", msms.opening);
    if scheme == Scheme::Transparent {
        // The prover keeps the generators of the first round, so that every round takes half the scalars twice.
        opening += msms.transparent_rounds as f64 * on.wide_msm;
        opened_by += &format!(", {} rounds of 2 MSMs with half the scalars", msms.transparent_rounds);
    }
    let part = |name, seconds, made_of| Part { name, seconds, made_of };
    vec![
        part(
            "layout",
            // One core lays out, the others make multiples, and it helps them in the end.
            witness.max(witness / cores + 2.0 * on.multiples),
            "measured: pipeline and layout of a synthetic witness, beside multiples of both bases".to_owned(),
        ),
        part(
            "advice commitments",
            cells.seconds(on),
            format!(
                "{} MSMs over {} scalars of more than {NARROW_BITS} bits and {} of fewer",
                msms.advice - second,
                thousands(cells.wide),
                thousands(cells.narrow)
            ),
        ),
        part(
            "look-ups",
            second as f64 * on.wide_msm + waiting(PER_FRACTION * cost.lookups_per_row * rows) / cores,
            format!(
                "{second} full-width MSMs, {} multiplications a row",
                PER_FRACTION * cost.lookups_per_row
            ),
        ),
        part(
            "permutation",
            msms.permutation as f64 * on.wide_msm + waiting(products * rows) / cores,
            format!("{} full-width MSMs, {products} multiplications a row", msms.permutation),
        ),
        part("quotient transforms", ffts.total() as f64 * on.fft, format!("{} FFTs", ffts.total())),
        part(
            "quotient constraints",
            muls(cost.multiplications * ffts.cosets * rows) / cores,
            format!("{} multiplications at {} points a row", thousands(cost.multiplications), ffts.cosets),
        ),
        part(
            "quotient commitments",
            (msms.random + msms.quotient) as f64 * on.wide_msm,
            format!("{} full-width MSMs", msms.random + msms.quotient),
        ),
        part(
            "evaluations",
            waiting(evaluations * rows) / cores,
            format!("{evaluations} multiplications a row"),
        ),
        part("opening", opening, opened_by),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_do_not_depend_on_signs() {
        let mut widths = Widths::default();
        for value in [0, 1, 0xffff, 0x1_0000, u64::MAX] {
            widths.add(&Fr::from(value));
            widths.add(&-Fr::from(value));
        }
        assert_eq!(widths, Widths { zero: 2, narrow: 4, wide: 4 });
    }
}
