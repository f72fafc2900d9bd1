//! What SHPLONK multiplies values and commitments with, <https://eprint.iacr.org/2020/081>, section 4.

use std::collections::{BTreeMap, BTreeSet};

use ff::Field;
use halo2_proofs::poly::{EvaluationDomain, Rotation};
use halo2curves::bn256::Fr;

use super::protocol::{Challenge, PointSet};
use super::values::{Input, Value, Values};

/// The factors of sets of points: Σ vⁱ·Z_{T∖Sᵢ}(u)/Z_{T∖S₀}(u)·Σ μʲ·(C_{ij} − r_{ij}(u)), times the proof's weight.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Factors of all sets but the first, which has the proof's weight.
    pub factors: Vec<Value>,
    /// For each set, what a value at each of its points adds to the interpolation at u.
    pub bases: Vec<Vec<Value>>,
    /// Π (u − point) over points that the first set lacks. It is divided by.
    pub lacking_first: Value,
    /// The same over those it has.
    pub of_first: Value,
}

impl Opening {
    /// The values that the sum over these sets is made of.
    pub fn new(sets: &[PointSet], domain: &EvaluationDomain<Fr>, values: &mut Values) -> Self {
        let omega = |rotation: i32| domain.rotate_omega(Fr::ONE, Rotation(rotation));
        let [x, u, v] = [Challenge::X, Challenge::U, Challenge::V]
            .map(|challenge| values.input(Input::Challenge(challenge)));
        let x_inverse = values.input(Input::InverseOfX);
        let rotations: BTreeSet<i32> = sets.iter().flat_map(|set| &set.rotations).copied().collect();
        let mut from_u = BTreeMap::new();
        for rotation in &rotations {
            let turn = values.constant(omega(*rotation));
            let point = values.product(x, turn);
            from_u.insert(*rotation, values.difference(u, point));
        }
        let z = |values: &mut Values, keep: &dyn Fn(&i32) -> bool| {
            let kept: Vec<Value> =
                from_u.iter().filter(|(rotation, _)| keep(rotation)).map(|(_, value)| *value).collect();
            values.product_of(kept)
        };
        let empty: &[i32] = &[];
        let first = sets.first().map_or(empty, |set| &set.rotations);
        let lacking_first = z(values, &|rotation| !first.contains(rotation));
        let of_first = z(values, &|rotation| first.contains(rotation));
        // Behind what it is the inverse of.
        let first_inverse = values.input(Input::InverseOfLacking);
        let weight = values.input(Input::Weight);
        let mut power = values.product(weight, first_inverse);
        let mut factors = Vec::new();
        let mut bases = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            if index > 0 {
                power = values.product(power, v);
                let lacking = z(values, &|rotation| !set.rotations.contains(rotation));
                factors.push(values.product(power, lacking));
            }
            let mut basis = Vec::new();
            for own in &set.rotations {
                let others = || set.rotations.iter().filter(|other| *other != own);
                let below: Fr = others().map(|other| omega(*own) - omega(*other)).product();
                let above = z(values, &|rotation| rotation != own && set.rotations.contains(rotation));
                // Rotations of a set differ modulo the number of rows.
                let constant = values.constant(below.invert().unwrap_or(Fr::ZERO));
                let powers = values.product_of(others().map(|_| x_inverse));
                let scale = values.product(constant, powers);
                basis.push(values.product(scale, above));
            }
            bases.push(basis);
        }
        Self { factors, bases, lacking_first, of_first }
    }

    /// All of them.
    pub fn roots(&self) -> Vec<Value> {
        let bases = self.bases.iter().flatten();
        self.factors.iter().chain(bases).chain([&self.lacking_first, &self.of_first]).copied().collect()
    }
}
