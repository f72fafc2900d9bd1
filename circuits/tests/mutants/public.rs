//! A public input is what the cell says that it is copied from: with halo2's own synthesis, since the sheet has no such copy.

use foldproof_circuits::chips::{ChipSet, at};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::dev::MockProver;
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;

use crate::witnesses::alone;

/// A circuit that says something else in the cell beside a public input.
struct Told<'l> {
    layout: &'l Layout,
    row: usize,
    value: Fr,
}

impl Circuit<Fr> for Told<'_> {
    type Config = ChipSet;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Statement;

    fn without_witnesses(&self) -> Self {
        Self { ..*self }
    }

    fn params(&self) -> Statement {
        self.layout.statement()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, statement: Statement) -> ChipSet {
        Layout::configure_with_params(meta, statement)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> ChipSet {
        Layout::configure(meta)
    }

    fn synthesize(&self, chips: ChipSet, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        self.layout.synthesize(chips.clone(), layouter.namespace(|| "honest"))?;
        layouter.assign_region(
            || "told",
            |mut region| {
                region.assign_advice(chips.advice(at::PUBLIC), self.row, Value::known(self.value));
                Ok(())
            },
        )
    }
}

/// Whether the circuit takes `added` to a public input, in the cell beside it and as what everybody sees.
fn accepted(layout: &Layout, row: usize, added: Fr) -> bool {
    let mut public: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    public[row] += added;
    let told = Told { layout, row, value: public[row] };
    MockProver::run(layout.statement().k(), &told, vec![public]).unwrap().verify().is_ok()
}

#[test]
fn public_inputs_are_those_of_their_cells() {
    for name in ["tags-4-2-3", "class-4-4l-3-a8", "values-4-3"] {
        let layout = alone(name).remove(0);
        for row in 0..layout.sheet().instance().len() {
            // The exposed cell itself may stand in its row: then it is another value that is refused, or none at all.
            assert!(accepted(&layout, row, Fr::zero()), "{name}: row {row} as it is");
            assert!(!accepted(&layout, row, Fr::one()), "{name}: row {row} told otherwise");
        }
    }
}
