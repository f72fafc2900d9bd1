//! What a circuit's keys are made from, as 32 bytes: whoever keeps a key can tell by them whether it is this circuit's.
//!
//! Constraints are those of halo2's constraint system after configuration. Fixed cells, selectors and copies are recorded as
//! halo2's key generation is handed them, not as an assignment holds them: a build that forgets to hand over some copies has another
//! digest.

use blake2b_simd::{Params, State};
use ff::PrimeField;
use halo2_proofs::circuit::{SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    Advice, Any, Assigned, Assignment as CircuitAssignment, Challenge, Circuit, Column, ConstraintSystem,
    Error, Fixed, FloorPlanner, Instance, Selector,
};
use halo2curves::bn256::Fr;

use super::Layout;

/// Told apart from other hashes.
const DOMAIN: &[u8; 16] = b"foldproof-circui";

/// Bytes of a column's kind, and of what is recorded.
const FIXED: u8 = 0;
const ADVICE: u8 = 1;
const INSTANCE: u8 = 2;
const SELECTOR: u8 = 3;
const COPY: u8 = 4;
const FILL: u8 = 5;

impl Layout {
    /// BLAKE2b-256 of constraint system, fixed cells, selectors and copies. A witness makes no difference.
    ///
    /// # Panics
    /// If the layout cannot be handed to halo2, which is a mistake of the circuit.
    pub fn digest(&self) -> [u8; 32] {
        let mut cs = ConstraintSystem::default();
        let chips = Self::configure_with_params(&mut cs, self.statement.clone());
        let mut state = Params::new().hash_length(32).personal(DOMAIN).to_state();
        // What halo2's own digest of a key is made from; names are not in it.
        let constraints = format!("{:?}", cs.pinned());
        state.update(&self.statement.k().to_le_bytes());
        state.update(&(constraints.len() as u64).to_le_bytes());
        state.update(constraints.as_bytes());
        let mut recorder = Recorder { state };
        let constants = cs.constants().clone();
        SimpleFloorPlanner::synthesize(&mut recorder, self, chips, constants)
            .expect("a layout is handed over without an error");
        let mut digest = [0; 32];
        digest.copy_from_slice(recorder.state.finalize().as_bytes());
        digest
    }
}

/// Hashes what makes a key, in the order it comes. Each record has a length that follows from its first byte.
struct Recorder {
    state: State,
}

impl Recorder {
    fn record(&mut self, kind: u8, column: usize, row: usize) {
        self.state.update(&[kind]);
        self.state.update(&(column as u32).to_le_bytes());
        self.state.update(&(row as u32).to_le_bytes());
    }
}

fn kind(column: &Column<Any>) -> u8 {
    match column.column_type() {
        Any::Advice(_) => ADVICE,
        Any::Fixed => FIXED,
        Any::Instance => INSTANCE,
    }
}

impl CircuitAssignment<Fr> for Recorder {
    fn enter_region<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn annotate_column<A: FnOnce() -> AR, AR: Into<String>>(&mut self, _: A, _: Column<Any>) {}

    fn exit_region(&mut self) {}

    fn enable_selector<A: FnOnce() -> AR, AR: Into<String>>(
        &mut self,
        _: A,
        selector: &Selector,
        row: usize,
    ) -> Result<(), Error> {
        self.record(SELECTOR, selector.index(), row);
        Ok(())
    }

    fn query_instance(&self, _: Column<Instance>, _: usize) -> Result<Value<Fr>, Error> {
        Ok(Value::unknown())
    }

    fn assign_advice<'v>(
        &mut self,
        _: Column<Advice>,
        _: usize,
        _: Value<Assigned<Fr>>,
    ) -> Value<&'v Assigned<Fr>> {
        Value::unknown()
    }

    fn assign_fixed(&mut self, column: Column<Fixed>, row: usize, to: Assigned<Fr>) {
        self.record(FIXED, column.index(), row);
        self.state.update(to.evaluate().to_repr().as_ref());
    }

    fn copy(&mut self, left: Column<Any>, left_row: usize, right: Column<Any>, right_row: usize) {
        self.state.update(&[COPY]);
        self.record(kind(&left), left.index(), left_row);
        self.record(kind(&right), right.index(), right_row);
    }

    fn fill_from_row(
        &mut self,
        column: Column<Fixed>,
        row: usize,
        to: Value<Assigned<Fr>>,
    ) -> Result<(), Error> {
        self.record(FILL, column.index(), row);
        // An unknown value counts as 0, as it does for key generation.
        let mut value = Fr::zero();
        to.map(|to| value = to.evaluate());
        self.state.update(value.to_repr().as_ref());
        Ok(())
    }

    fn get_challenge(&self, _: Challenge) -> Value<Fr> {
        Value::unknown()
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self, _: Option<String>) {}
}
