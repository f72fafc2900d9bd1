//! The quotient: all constraints, by powers of y, over X^n − 1.
//!
//! It has a degree below d·n, d being the degree of the constraint system less one, so its values on d cosets of the domain
//! determine it. A coset is taken at a time: columns are transformed to it, the constraints' program is run on its rows,
//! and X^n − 1 is the same at each of its points.

use ff::{Field, PrimeField, WithSmallOrderMulGroup};
use halo2_proofs::plonk::{Any, ConstraintSystem};
use halo2curves::bn256::Fr;
use rayon::prelude::*;

use super::domain::{Domain, powers};
use super::profile::{Phase, Profile};
use super::program::{BLOCK, Builder, Columns, Linear, Program};

/// Challenges of the argument.
pub(super) struct Challenges<'c> {
    /// Those of the circuit.
    pub circuit: &'c [Fr],
    pub beta: Fr,
    pub gamma: Fr,
    pub y: Fr,
}

/// Coefficients of everything the constraints read.
pub(super) struct Polynomials<'p> {
    pub advice: Vec<&'p [Fr]>,
    pub fixed: Vec<&'p [Fr]>,
    pub instance: Vec<&'p [Fr]>,
    /// Permuted columns' images.
    pub sigma: Vec<&'p [Fr]>,
    /// Products of the permutation.
    pub products: Vec<&'p [Fr]>,
    /// 1 in the first row; in the last usable one; in all before it.
    pub lagrange: [&'p [Fr]; 3],
}

/// The quotient's coefficients, n to a piece.
///
/// # Panics
/// If the domain has fewer rows than a block.
pub(super) fn pieces(
    cs: &ConstraintSystem<Fr>,
    domain: &Domain,
    polynomials: &Polynomials<'_>,
    challenges: &Challenges<'_>,
    profile: &mut Profile,
) -> Vec<Vec<Fr>> {
    assert!(domain.size() >= BLOCK, "a domain of {} rows", domain.size());
    let count = cs.degree() - 1;
    let extended = count.next_power_of_two();
    let root = Domain::root(domain.size().ilog2() + extended.ilog2());
    let shifts: Vec<Fr> = powers(root).map(|power| power * Fr::ZETA).take(count).collect();
    let (program, reach) = compile(cs, polynomials, challenges);
    profile.end(Phase::Transforms);
    // On a coset X^n is one number s; Σ_q s^q·piece_q has there the values of the quotient.
    let remainders: Vec<Vec<Fr>> = shifts
        .iter()
        .map(|shift| {
            let columns = on_coset(domain, polynomials, reach, *shift);
            profile.end(Phase::Transforms);
            let values = run(&program, &columns, reach, domain.size());
            profile.end(Phase::Constraints);
            let vanishing = shift.pow_vartime([domain.size() as u64]) - Fr::ONE;
            let factor = inverse(vanishing);
            let back: Vec<Fr> =
                powers(inverse(*shift)).map(|power| power * factor).take(domain.size()).collect();
            domain.from_coset(&values, &back)
        })
        .collect();
    let nodes: Vec<Fr> = shifts.iter().map(|shift| shift.pow_vartime([domain.size() as u64])).collect();
    interpolate(&nodes, &remainders)
}

fn inverse(value: Fr) -> Fr {
    Option::from(value.invert()).expect("shifts are no roots of unity of the domain's order, and not 0")
}

/// Pieces p_q with Σ_q node_j^q·p_q = values_j for every j.
fn interpolate(nodes: &[Fr], values: &[Vec<Fr>]) -> Vec<Vec<Fr>> {
    // Coefficients of the polynomial that is 1 at node j and 0 at the others.
    let basis: Vec<Vec<Fr>> = (0..nodes.len())
        .map(|j| {
            let others = nodes.iter().enumerate().filter(|(i, _)| *i != j).map(|(_, node)| *node);
            let mut coefficients = vec![Fr::ONE];
            let mut scale = Fr::ONE;
            for other in others {
                coefficients.insert(0, Fr::ZERO);
                for i in 1..coefficients.len() {
                    let next = coefficients[i];
                    coefficients[i - 1] -= next * other;
                }
                scale *= nodes[j] - other;
            }
            let scale = inverse(scale);
            coefficients.into_iter().map(|coefficient| coefficient * scale).collect()
        })
        .collect();
    (0..nodes.len())
        .into_par_iter()
        .map(|q| {
            let rows = 0..values[0].len();
            rows.map(|i| basis.iter().zip(values).map(|(basis, values)| basis[q] * values[i]).sum()).collect()
        })
        .collect()
}

/// Values of all columns on a coset, and its points.
fn on_coset(domain: &Domain, polynomials: &Polynomials<'_>, reach: usize, shift: Fr) -> Vec<Vec<Fr>> {
    let n = domain.size();
    let shifts: Vec<Fr> = powers(shift).take(n).collect();
    let columns = polynomials.all().into_par_iter();
    let columns = columns.map(|polynomial| framed(domain.on_coset(polynomial, &shifts), reach));
    let points = powers(domain.omega()).map(|power| power * shift).take(n).collect();
    columns.chain([framed(points, reach)]).collect()
}

/// Values of the constraints' sum, from those of framed columns.
fn run(program: &Program, columns: &[Vec<Fr>], reach: usize, rows: usize) -> Vec<Fr> {
    let mut values = vec![Fr::ZERO; rows];
    values.par_chunks_mut(BLOCK).enumerate().for_each_init(
        || program.registers(),
        |registers, (block, values)| {
            let read = |column: usize, rotation: i32| {
                let start = (block * BLOCK + reach).wrapping_add_signed(rotation as isize);
                &columns[column][start..start + BLOCK]
            };
            values.copy_from_slice(&program.run(registers, read));
        },
    );
    values
}

/// With as many rows of the other end before and after it, so that no rotation need wrap around.
fn framed(values: Vec<Fr>, reach: usize) -> Vec<Fr> {
    [&values[values.len() - reach..], &values, &values[..reach]].concat()
}

impl<'p> Polynomials<'p> {
    fn all(&self) -> Vec<&'p [Fr]> {
        let Self { advice, fixed, instance, sigma, products, lagrange } = self;
        [&advice[..], fixed, instance, sigma, products, lagrange].concat()
    }
}

/// The program for all constraints, in halo2's order, and how many rows it reads away from its own.
fn compile(
    cs: &ConstraintSystem<Fr>,
    polynomials: &Polynomials<'_>,
    challenges: &Challenges<'_>,
) -> (Program, usize) {
    let Polynomials { advice, fixed, instance, sigma, products, .. } = polynomials;
    let columns = Columns { advice: 0, fixed: advice.len(), instance: advice.len() + fixed.len() };
    let first_sigma = columns.instance + instance.len();
    let first_product = first_sigma + sigma.len();
    let first_lagrange = first_product + products.len();
    let place = |column: &halo2_proofs::plonk::Column<Any>| match column.column_type() {
        Any::Advice(_) => column.index(),
        Any::Fixed => advice.len() + column.index(),
        Any::Instance => advice.len() + fixed.len() + column.index(),
    };
    let gates: Vec<_> = cs.gates().iter().flat_map(|gate| gate.polynomials()).collect();
    let count = gates.len() + if products.is_empty() { 0 } else { 1 + 2 * products.len() };
    let mut weights: Vec<Fr> = powers(challenges.y).take(count).collect();
    let mut weight = || weights.pop().expect("a weight for each constraint");
    let mut builder = Builder::new(columns, challenges.circuit);
    for polynomial in gates {
        builder.add_expression(polynomial, weight());
    }
    let last_row = -(cs.blinding_factors() as i32 + 1);
    if !products.is_empty() {
        let [first, last, active] = [0, 1, 2].map(|i| builder.read(first_lagrange + i, 0));
        let one = Linear::constant(Fr::ONE);
        let z = |builder: &mut Builder<'_>, set: usize, rotation| builder.read(first_product + set, rotation);
        let start = z(&mut builder, 0, 0);
        builder.add(&first, one.minus(start), weight());
        let end = z(&mut builder, products.len() - 1, 0);
        let square = builder.product(&end, &end);
        builder.add(&last, square.minus(end), weight());
        for set in 1..products.len() {
            let (own, before) = (z(&mut builder, set, 0), z(&mut builder, set - 1, last_row));
            builder.add(&first, own.minus(before), weight());
        }
        let gamma = Linear::constant(challenges.gamma);
        let identity = builder.read(first_lagrange + 3, 0);
        let mut factor = challenges.beta;
        let permuted = cs.permutation().get_columns();
        let chunk = cs.degree() - 2;
        for (set, columns) in permuted.chunks(chunk).enumerate() {
            let (mut left, mut right) = (z(&mut builder, set, 1), z(&mut builder, set, 0));
            for (i, column) in columns.iter().enumerate() {
                let value = builder.read(place(column), 0).plus(&gamma);
                let image = builder.read(first_sigma + set * chunk + i, 0).scaled(challenges.beta);
                left = builder.product(&left, &value.clone().plus(&image));
                right = builder.product(&right, &value.plus(&identity.clone().scaled(factor)));
                factor *= Fr::DELTA;
            }
            builder.add(&active, left.minus(right), weight());
        }
    }
    let rotations = cs.advice_queries().iter().map(|(_, rotation)| rotation.0);
    let rotations = rotations.chain(cs.fixed_queries().iter().map(|(_, rotation)| rotation.0));
    let rotations = rotations.chain(cs.instance_queries().iter().map(|(_, rotation)| rotation.0));
    let reach = rotations.chain([1, last_row]).map(i32::unsigned_abs).max().unwrap_or_default();
    (builder.finish(), reach as usize)
}

#[cfg(test)]
mod tests {
    use foldproof_circuits::layout::{self, Layout};
    use foldproof_circuits::statement::Statement;
    use halo2_proofs::plonk::{Circuit, Expression};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::domain::evaluate;
    use super::*;

    const K: u32 = 6;

    /// halo2's own reading of an expression, over columns in rows of the domain.
    fn value(expression: &Expression<Fr>, columns: [&[Vec<Fr>]; 3], challenges: &[Fr], row: usize) -> Fr {
        let at = |columns: &[Vec<Fr>], index: usize, rotation: i32| {
            columns[index][(row as i32 + rotation).rem_euclid(1 << K) as usize]
        };
        let [advice, fixed, instance] = columns;
        expression.evaluate(
            &|constant| constant,
            &|_| unreachable!("selectors are fixed columns"),
            &|query| at(fixed, query.column_index(), query.rotation().0),
            &|query| at(advice, query.column_index(), query.rotation().0),
            &|query| at(instance, query.column_index(), query.rotation().0),
            &|challenge| challenges[challenge.index()],
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, factor| a * factor,
        )
    }

    /// The quotient of random columns that satisfy nothing is no polynomial; but on each coset, constraints have the values
    /// that halo2's expressions have.
    #[test]
    fn compiled_constraints_are_halo2s() {
        for name in ["core-small-64+tags-96-3-2", "vector-2+anomaly-2-3-2-w12", "vector-3+class-3-4l-3-a8"] {
            let statement = Statement::from_name(name).expect(name);
            let mut cs = ConstraintSystem::default();
            Layout::configure_with_params(&mut cs, statement);
            let (cs, _) = cs.compress_selectors(layout::selectors(statement));
            let mut rng = ChaCha20Rng::seed_from_u64(4);
            let mut random = |count: usize| -> Vec<Vec<Fr>> {
                (0..count).map(|_| (0..1 << K).map(|_| Fr::random(&mut rng)).collect()).collect()
            };
            let (advice, fixed, instance) =
                (random(cs.num_advice_columns()), random(cs.num_fixed_columns()), random(1));
            let challenges = random(1).remove(0);
            let y = challenges[10];
            let polynomials = Polynomials {
                advice: advice.iter().map(|column| &column[..]).collect(),
                fixed: fixed.iter().map(|column| &column[..]).collect(),
                instance: vec![&instance[0]],
                sigma: Vec::new(),
                products: Vec::new(),
                lagrange: [&instance[0]; 3],
            };
            let given = Challenges { circuit: &challenges, beta: Fr::ONE, gamma: Fr::ONE, y };
            let (program, reach) = compile(&cs, &polynomials, &given);
            // Columns are taken for their own values on a coset.
            let columns: Vec<Vec<Fr>> =
                polynomials.all().into_iter().map(|column| framed(column.to_vec(), reach)).collect();
            let found = run(&program, &columns, reach, 1 << K);
            for (row, found) in found.into_iter().enumerate() {
                let gates = cs.gates().iter().flat_map(|gate| gate.polynomials());
                let expected = gates.fold(Fr::ZERO, |sum, polynomial| {
                    sum * y + value(polynomial, [&advice, &fixed, &instance], &challenges, row)
                });
                assert_eq!(found, expected, "{name}, row {row}");
            }
        }
    }

    #[test]
    fn pieces_are_interpolated() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let pieces: Vec<Vec<Fr>> = (0..4).map(|_| (0..3).map(|_| Fr::random(&mut rng)).collect()).collect();
        let nodes: Vec<Fr> = (0..4).map(|_| Fr::random(&mut rng)).collect();
        let values: Vec<Vec<Fr>> = nodes
            .iter()
            .map(|node| {
                (0..3)
                    .map(|i| evaluate(&pieces.iter().map(|piece| piece[i]).collect::<Vec<_>>(), *node))
                    .collect()
            })
            .collect();
        assert_eq!(interpolate(&nodes, &values), pieces);
    }
}
