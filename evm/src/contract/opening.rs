//! The opening, as code: what SHPLONK adds up, <https://eprint.iacr.org/2020/081>, section 4.

use std::collections::{BTreeMap, BTreeSet};

use ff::Field;
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::arithmetic::{Bounded, Value, Values, Writer};
use super::code::{load, minus, modulus, named, plus, store, times};
use super::memory::{COMBINER, WEIGHT, WORD};
use super::places::{FIRST_SET, X};
use super::protocol::{Challenge, Opened, PointSet, Polynomial};
use super::verifier::Verifier;
use crate::yul::{Statement, call, run};

/// SHPLONK's sum: each set of points with its polynomials.
pub struct Opening<'v> {
    verifier: &'v Verifier<'v>,
    sets: &'v [PointSet],
    /// Factors of all sets but the first, which has the proof's weight.
    factors: Vec<Value>,
    /// For each set, what a value at each of its points adds to the interpolation at u.
    bases: Vec<Vec<Value>>,
    /// Π (u − point) over points that the first set lacks, and over those it has.
    pub lacking_first: Value,
    of_first: Value,
}

#[expect(clippy::arithmetic_side_effects, reason = "a prime field, and places in memory")]
impl<'v> Opening<'v> {
    /// The values that the sum is made of.
    pub fn new(verifier: &'v Verifier<'v>, sets: &'v [PointSet], values: &mut Values) -> Self {
        let domain = verifier.protocol().key.get_domain();
        let omega = |rotation: i32| domain.rotate_omega(Fr::ONE, Rotation(rotation));
        let [x, u, v] = [Challenge::X, Challenge::U, Challenge::V].map(|challenge| {
            values.loaded(verifier.challenge(challenge), format!("{challenge:?}").to_lowercase())
        });
        let places = verifier.places();
        let x_inverse = values.loaded(places.inverse(X), "1 / x");
        let first_inverse = values.loaded(places.inverse(FIRST_SET), "1 / Z of the others");
        let weight = values.loaded(WEIGHT, "weight");
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
        Self { verifier, sets, factors, bases, lacking_first, of_first }
    }

    /// All that is written.
    pub fn roots(&self) -> Vec<Value> {
        let bases = self.bases.iter().flatten();
        self.factors.iter().chain(bases).chain([&self.lacking_first, &self.of_first]).copied().collect()
    }

    /// Adds the points of the proof to the sum, and counts those of the key.
    pub fn write(&self, writer: &mut Writer<'_>) -> Vec<Statement> {
        let verifier = self.verifier;
        let mu = named(COMBINER, "μ");
        let mut code = vec![
            Statement::Comment("the opening: Σ vⁱ·Z_{T∖Sᵢ}(u)/Z_{T∖S₀}(u)·Σ μʲ·(C_{ij} − r_{ij}(u)), times the proof's weight".into()),
            store(COMBINER, load(verifier.challenge(Challenge::Mu))),
            Statement::Let("factor", named(WEIGHT, "weight")),
        ];
        let generator = verifier.places().factors + WORD * verifier.protocol().key_points();
        for (index, (set, basis)) in self.sets.iter().zip(&self.bases).enumerate() {
            code.push(Statement::Comment(format!(
                "set {index}: {} polynomials at rows {:?} from x",
                set.members.len(),
                set.rotations
            )));
            if let Some(factor) = index.checked_sub(1).and_then(|index| self.factors.get(index)) {
                let factor = writer.write(*factor, &mut code).reduce();
                code.push(Statement::Assign("factor", factor));
            }
            let mut remainder: Option<Bounded> = None;
            for (point, basis) in basis.iter().enumerate() {
                let values = set.members.iter().filter_map(|(_, values)| values.get(point));
                let mut combined: Option<Bounded> = None;
                for value in values.rev() {
                    let value = Bounded::reduced(match value {
                        Opened::Proof(place) => load(*place),
                        Opened::Quotient => named(verifier.places().quotient, "quotient"),
                    });
                    combined = Some(match combined {
                        Some(sum) => value.plus(sum.times(Bounded::reduced(mu.clone()))),
                        None => value,
                    });
                }
                let basis = writer.write(*basis, &mut code);
                let term = combined.map(|combined| combined.times(basis));
                remainder = match (remainder, term) {
                    (Some(sum), Some(term)) => Some(sum.plus(term)),
                    (sum, term) => sum.or(term),
                };
            }
            if let Some(remainder) = remainder {
                let taken = call("sub", [modulus(), times("factor", remainder.expr)]);
                code.push(store(generator, plus(load(generator), taken)));
            }
            for (place, (polynomial, _)) in set.members.iter().enumerate() {
                if place > 0 {
                    code.push(Statement::Assign("factor", times("factor", mu.clone())));
                }
                match polynomial {
                    Polynomial::Proof(point) => {
                        code.push(run("add_point", [(*point).into(), "factor".into()]))
                    }
                    Polynomial::Key(index) => {
                        let counted = verifier.places().factors + WORD * index;
                        code.push(store(counted, plus("factor", load(counted))));
                    }
                    Polynomial::Quotient => {
                        code.push(Statement::Comment("the quotient's pieces".into()));
                        code.push(Statement::Let("piece", "factor".into()));
                        for (index, point) in verifier.protocol().pieces.iter().enumerate() {
                            if index > 0 {
                                code.push(Statement::Assign(
                                    "piece",
                                    times("piece", named(verifier.places().power, "xⁿ")),
                                ));
                            }
                            code.push(run("add_point", [(*point).into(), "piece".into()]));
                        }
                    }
                }
            }
        }
        let [first, second] = verifier.protocol().opening;
        let of_first = writer.write(self.of_first, &mut code).reduce();
        let weight = || named(WEIGHT, "weight");
        code.push(Statement::Comment("less Z_{S₀}(u)·W, and u·W′".into()));
        code.push(run("add_point", [first.into(), times(minus(of_first), weight())]));
        let u = named(verifier.challenge(Challenge::U), "u");
        code.push(run("add_point", [second.into(), times(u, weight())]));
        code.push(run("add_witness", [second.into(), weight()]));
        code
    }
}
