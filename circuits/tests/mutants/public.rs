//! A public input is what the cell says that it is copied from, asked of halo2's own synthesis: the copies of the assignment are parts that
//! mutants leave out, and nobody else tells whether the circuit that halo2 sees has them.

use foldproof_circuits::chips::at;
use foldproof_circuits::layout::Layout;
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

use crate::witnesses::alone;

/// Whether the circuit takes `added` to a public input, in the cell beside it and as what everybody sees.
fn accepted(layout: &Layout, row: usize, added: Fr) -> bool {
    let mut public: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    public[row] += added;
    let mut assignment = layout.assignment().clone();
    assignment.write(at::PUBLIC, row, public[row]);
    let told = layout.forged(assignment);
    MockProver::run(layout.statement().k(), &told, vec![public]).unwrap().verify().is_ok()
}

#[test]
fn public_inputs_are_those_of_their_cells() {
    for name in ["tags-4-2-3", "class-4-4l-3-a8", "values-4-3"] {
        let layout = alone(name).remove(0);
        for row in 0..layout.assignment().instance().len() {
            assert!(accepted(&layout, row, Fr::zero()), "{name}: row {row} as it is");
            assert!(!accepted(&layout, row, Fr::one()), "{name}: row {row} told otherwise");
        }
    }
}
