//! The opening, as code: what SHPLONK adds up, <https://eprint.iacr.org/2020/081>, section 4.

use foldproof_verifier::plonk::{Challenge, Opened, Polynomial};

use super::arithmetic::{Bounded, Writer};
use super::code::{load, minus, modulus, named, plus, store, times};
use super::memory::{COMBINER, WEIGHT, WORD};
use super::verifier::Verifier;
use crate::yul::{Statement, call, run};

/// Adds the points of the proof to the sum, and counts those of the key.
#[expect(clippy::arithmetic_side_effects, reason = "places in memory")]
pub fn write(verifier: &Verifier<'_>, writer: &mut Writer<'_>) -> Vec<Statement> {
    let protocol = verifier.protocol();
    let (opening, sets) = (&protocol.program.opening, &protocol.program.protocol.sets);
    let mu = named(COMBINER, "μ");
    let mut code = vec![
        Statement::Comment(
            "the opening: Σ vⁱ·Z_{T∖Sᵢ}(u)/Z_{T∖S₀}(u)·Σ μʲ·(C_{ij} − r_{ij}(u)), times the proof's weight"
                .into(),
        ),
        store(COMBINER, load(verifier.challenge(Challenge::Mu))),
        Statement::Let("factor", named(WEIGHT, "weight")),
    ];
    let generator = verifier.places().factors + WORD * protocol.key_points();
    for (index, (set, basis)) in sets.iter().zip(&opening.bases).enumerate() {
        code.push(Statement::Comment(format!(
            "set {index}: {} polynomials at rows {:?} from x",
            set.members.len(),
            set.rotations
        )));
        if let Some(factor) = index.checked_sub(1).and_then(|index| opening.factors.get(index)) {
            let factor = writer.write(*factor, &mut code).reduce();
            code.push(Statement::Assign("factor", factor));
        }
        let mut remainder: Option<Bounded> = None;
        for (point, basis) in basis.iter().enumerate() {
            let values = set.members.iter().filter_map(|(_, values)| values.get(point));
            let mut combined: Option<Bounded> = None;
            for value in values.rev() {
                let value = Bounded::reduced(match value {
                    Opened::Proof(number) => load(protocol.number(*number)),
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
                    code.push(run("add_point", [protocol.point(*point).into(), "factor".into()]))
                }
                Polynomial::Key(index) => {
                    let counted = verifier.places().factors + WORD * index;
                    code.push(store(counted, plus("factor", load(counted))));
                }
                Polynomial::Quotient => {
                    code.push(Statement::Comment("the quotient's pieces".into()));
                    code.push(Statement::Let("piece", "factor".into()));
                    for (index, point) in protocol.program.protocol.pieces.iter().enumerate() {
                        if index > 0 {
                            code.push(Statement::Assign(
                                "piece",
                                times("piece", named(verifier.places().power, "xⁿ")),
                            ));
                        }
                        code.push(run("add_point", [protocol.point(*point).into(), "piece".into()]));
                    }
                }
            }
        }
    }
    let [first, second] = protocol.program.protocol.opening.map(|point| protocol.point(point));
    let of_first = writer.write(opening.of_first, &mut code).reduce();
    let weight = || named(WEIGHT, "weight");
    code.push(Statement::Comment("less Z_{S₀}(u)·W, and u·W′".into()));
    code.push(run("add_point", [first.into(), times(minus(of_first), weight())]));
    let u = named(verifier.challenge(Challenge::U), "u");
    code.push(run("add_point", [second.into(), times(u, weight())]));
    code.push(run("add_witness", [second.into(), weight()]));
    code
}
