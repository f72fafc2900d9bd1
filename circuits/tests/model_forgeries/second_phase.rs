//! Columns that are filled after the challenges are known.

use foldproof_circuits::chips::{ChipSet, Gate, at, lookup, models, second_at};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_proofs::dev::MockProver;
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;

use crate::forge::{Forge, model};

/// Adds something to cells of the second phase: column, row, what.
struct Second<'l> {
    layout: &'l Layout,
    added: Vec<(usize, usize, Fr)>,
}

impl Circuit<Fr> for Second<'_> {
    type Config = ChipSet;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Statement;

    fn without_witnesses(&self) -> Self {
        Self { layout: self.layout, added: Vec::new() }
    }

    fn params(&self) -> Statement {
        self.layout.statement().clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, statement: Statement) -> ChipSet {
        Layout::configure_with_params(meta, statement)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> ChipSet {
        Layout::configure(meta)
    }

    fn synthesize(&self, chips: ChipSet, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        self.layout.synthesize(chips.clone(), layouter.namespace(|| "honest"))?;
        let [rho, tau] = [2, 3].map(|i| layouter.get_challenge(chips.challenges[i]));
        let honest =
            rho.zip(tau).map(|(rho, tau)| models::second_phase(self.layout.assignment(), &[rho, tau]));
        let first = lookup::columns(chips.bands);
        layouter.assign_region(
            || "forged",
            |mut region| {
                for (column, row, added) in &self.added {
                    let value = honest.as_ref().map(|columns| columns[*column][*row] + added);
                    region.assign_advice(chips.second[first + column], *row, value);
                }
                Ok(())
            },
        )
    }
}

fn accepted(layout: &Layout, added: Vec<(usize, usize, Fr)>) -> bool {
    let public = layout.instance().rows().into_iter().copied().collect();
    let prover = MockProver::run(layout.statement().k(), &Second { layout, added }, vec![public]).unwrap();
    prover.verify().is_ok()
}

fn forge() -> Forge {
    Forge::new(&[model("anomaly-2-1-2-w12", |_, i, j| [3, -2][(i + j) % 2])], &[5, 85])
}

#[test]
fn sums_of_a_layer_are_pinned_where_they_are_read() {
    let f = forge();
    let neurons = f.rows(Gate::Neuron);
    let weights = f.rows(Gate::Weights);
    let (first, last) = (neurons[0] - 1, weights[weights.len() - 1] + 1);
    for row in first..=last {
        assert!(!accepted(&f.layout, vec![(second_at::NEURONS, row, Fr::one())]), "D, row {row}");
    }
    for row in weights {
        assert!(!accepted(&f.layout, vec![(second_at::WEIGHTS, row, Fr::one())]), "u, row {row}");
    }
}

#[test]
fn an_accumulator_has_nowhere_to_hide() {
    let mut f = forge();
    let neurons = f.rows(Gate::Neuron);
    // The last neuron of all is clamped far below, and its multiplier is 2²⁹: two more are one less in the excess.
    let here = neurons[neurons.len() - 1];
    let two = Fr::from(2);
    f.add(at::MODEL_SUM, here - 1, two);
    let excess = f.join(here - 1, 5..8) - Fr::one();
    f.split(here - 1, 5..8, excess);
    lookup::count(&mut f.assignment);
    let layout = f.layout.forged(f.assignment.clone());
    assert!(!accepted(&layout, Vec::new()), "what is left over stands at the end");
    // Taken off from some row of the layer on: only the relation into that row can object.
    let weights = f.rows(Gate::Weights);
    let end = weights[weights.len() - 1] + 1;
    for from in here + 1..=end {
        let added = (from..=end).map(|row| (second_at::NEURONS, row, -two)).collect();
        assert!(!accepted(&layout, added), "taken off from row {from} on");
    }
}

#[test]
fn both_streams_start_anywhere_but_together() {
    let f = forge();
    let rows = f.assignment.rows();
    let one = Fr::one();
    let shift = |column: usize, from: usize| (from..rows).map(move |row| (column, row, one));
    let [packed, messages] = [second_at::PACKED, second_at::MESSAGES];
    for column in [packed, messages] {
        for from in [0, 1, 3, rows - 2, rows - 1] {
            assert!(!accepted(&f.layout, shift(column, from).collect()), "stream {column} from row {from}");
        }
    }
    // Steps multiply by powers of τ, so that a shift does not even survive in both.
    assert!(!accepted(&f.layout, shift(packed, 0).chain(shift(messages, 0)).collect()));
}
