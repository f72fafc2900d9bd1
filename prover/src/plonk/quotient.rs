//! The quotient: all constraints, by powers of y, over X^n − 1.
//!
//! It has a degree below d·n, d being the degree of the constraint system less one, so its values on d cosets of the domain
//! determine it. A coset is taken at a time: columns are transformed to it, the constraints' program is run on its rows,
//! and X^n − 1 is the same at each of its points.

use ff::{Field, PrimeField, WithSmallOrderMulGroup};
use foldproof_params::lanes::Lanes;
use halo2_proofs::plonk::{Any, Column, ConstraintSystem};
use halo2_proofs::poly::{Coeff, Polynomial};
use halo2curves::bn256::Fr;
use rayon::prelude::*;

use super::constraints::{Builder, Columns, Linear};
use super::domain::{Domain, multiply, packed, powers, root_of_unity, scale};
use super::profile::{Phase, Profile};
use super::program::Program;

/// Challenges of the argument.
pub(super) struct Challenges<'c> {
    /// Those of the circuit.
    pub circuit: &'c [Fr],
    pub beta: Fr,
    pub gamma: Fr,
    pub y: Fr,
}

/// Coefficients of everything the constraints read: in vectors, or as they are in a key.
pub(super) struct Polynomials<'k, V> {
    pub advice: Vec<Vec<V>>,
    pub fixed: &'k [Polynomial<Fr, Coeff>],
    pub instance: Vec<V>,
    /// Permuted columns' images.
    pub sigma: &'k [Polynomial<Fr, Coeff>],
    /// Products of the permutation.
    pub products: Vec<Vec<V>>,
}

/// The quotient's coefficients, n to a piece.
pub(super) fn pieces<V: Lanes<Field = Fr>>(
    cs: &ConstraintSystem<Fr>,
    domain: &Domain<V>,
    polynomials: &Polynomials<'_, V>,
    challenges: &Challenges<'_>,
    profile: &mut Profile,
) -> Vec<Vec<Fr>> {
    let count = cs.degree() - 1;
    let extended = count.next_power_of_two();
    let root = root_of_unity(domain.size().ilog2() + extended.ilog2());
    let shifts: Vec<Fr> = powers(root).map(|power| power * Fr::ZETA).take(count).collect();
    let (program, reach) = compile(cs, polynomials, challenges);
    profile.end(Phase::Transforms);
    // On a coset X^n is one number s; Σ_q s^q·piece_q has there the values of the quotient.
    let nodes: Vec<Fr> = shifts.iter().map(|shift| shift.pow_vartime([domain.size() as u64])).collect();
    let sources = sources(polynomials);
    // Used again for each coset.
    let zero = packed(|_| Fr::ZERO);
    let blank = || vec![zero; domain.vectors() + 2 * reach];
    let mut columns: Vec<Vec<V>> = sources.par_iter().map(|_| blank()).collect();
    let remainders: Vec<Vec<V>> = shifts
        .iter()
        .zip(&nodes)
        .map(|(shift, node)| {
            on_coset(domain, &sources, reach, *shift, &mut columns);
            profile.end(Phase::Transforms);
            let mut values = run(&program, &columns, reach);
            profile.end(Phase::Constraints);
            domain.interpolate(&mut values);
            multiply(&mut values, &domain.shifts(inverse(*shift)));
            scale(&mut values, &V::constant(inverse(node - Fr::ONE)));
            values
        })
        .collect();
    let pieces = interpolate(&nodes, &remainders);
    let pieces = pieces.par_iter().map(|piece| domain.unpack(piece)).collect();
    profile.end(Phase::Transforms);
    pieces
}

fn inverse(value: Fr) -> Fr {
    Option::from(value.invert()).expect("shifts are no roots of unity of the domain's order, and not 0")
}

/// Pieces p_q with Σ_q node_j^q·p_q = values_j for every j.
fn interpolate<V: Lanes<Field = Fr>>(nodes: &[Fr], values: &[Vec<V>]) -> Vec<Vec<V>> {
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
    let zero = V::constant(Fr::ZERO);
    let piece = |q: usize| {
        let factors: Vec<V::Constant> = basis.iter().map(|basis| V::constant(basis[q])).collect();
        let mut piece = values[0].clone();
        V::run(
            #[inline(always)]
            || {
                for (i, piece) in piece.iter_mut().enumerate() {
                    let mut sum = V::start(&zero);
                    for (factor, values) in factors.iter().zip(values) {
                        sum = V::add_scaled(sum, values[i], factor);
                    }
                    *piece = V::finish(sum);
                }
            },
        );
        piece
    };
    (0..nodes.len()).into_par_iter().map(piece).collect()
}

/// What has values on a coset.
enum Source<'p, V> {
    Own(&'p [V]),
    /// Packed anew for each coset: that takes a fifth of a transform, and keeping it as much memory as the key.
    OfKey(&'p Polynomial<Fr, Coeff>),
    /// The polynomial that is 1 in the first row: its coefficients are 1/n.
    FirstRow,
    /// The coset itself.
    Points,
}

/// In the order in which the program reads columns.
fn sources<'p, V>(polynomials: &'p Polynomials<'_, V>) -> Vec<Source<'p, V>> {
    let Polynomials { advice, fixed, instance, sigma, products } = polynomials;
    let own = |polynomial: &'p Vec<V>| Source::Own(polynomial);
    let (advice, products) = (advice.iter().map(own), products.iter().map(own));
    let (fixed, sigma) = (fixed.iter().map(Source::OfKey), sigma.iter().map(Source::OfKey));
    let columns = advice.chain(fixed).chain([Source::Own(instance)]).chain(sigma).chain(products);
    columns.chain([Source::FirstRow, Source::Points]).collect()
}

/// Fills framed columns with the values of their sources on a coset.
fn on_coset<V: Lanes<Field = Fr>>(
    domain: &Domain<V>,
    sources: &[Source<'_, V>],
    reach: usize,
    shift: Fr,
    columns: &mut [Vec<V>],
) {
    let shifts = domain.shifts(shift);
    columns.par_iter_mut().zip(sources).for_each(|(column, source)| {
        let values = &mut column[reach..][..shifts.len()];
        match source {
            Source::Own(coefficients) => values.copy_from_slice(coefficients),
            Source::OfKey(polynomial) => domain.pack_into(polynomial, values),
            Source::FirstRow => values.fill(packed(|_| inverse(Fr::from(domain.size() as u64)))),
            Source::Points => values.copy_from_slice(&domain.points(shift)),
        }
        if !matches!(source, Source::Points) {
            multiply(values, &shifts);
            domain.evaluate(values);
        }
        frame(column, reach);
    });
}

/// Values of the constraints' sum, from those of framed columns.
fn run<V: Lanes<Field = Fr>>(program: &Program<V>, columns: &[Vec<V>], reach: usize) -> Vec<V> {
    let mut values = columns[0][reach..columns[0].len() - reach].to_vec();
    values.par_chunks_mut(V::BLOCK).enumerate().for_each_init(
        || program.registers(),
        |registers, (block, values)| program.run(registers, columns, block * V::BLOCK + reach, values),
    );
    values
}

/// Fills the first and last vectors with those of the other end, so that no rotation need wrap around: what comes before lane l are the
/// last rows of lane l − 1.
fn frame<V: Lanes<Field = Fr>>(column: &mut [V], reach: usize) {
    let vectors = column.len() - 2 * reach;
    V::run(
        #[inline(always)]
        || {
            for i in 0..reach {
                column[i] = column[vectors + i].turned(-1);
                column[reach + vectors + i] = column[reach + i].turned(1);
            }
        },
    );
}

/// The program for all constraints, in halo2's order, and how many rows it reads away from its own.
fn compile<V: Lanes<Field = Fr>>(
    cs: &ConstraintSystem<Fr>,
    polynomials: &Polynomials<'_, V>,
    challenges: &Challenges<'_>,
) -> (Program<V>, usize) {
    let Polynomials { advice, fixed, sigma, products, .. } = polynomials;
    let columns = Columns { advice: 0, fixed: advice.len(), instance: advice.len() + fixed.len() };
    let first_sigma = columns.instance + 1;
    let first_product = first_sigma + sigma.len();
    let first_row = first_product + products.len();
    let identity = first_row + 1;
    let place = |column: &Column<Any>| match column.column_type() {
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
        let one = Linear::constant(Fr::ONE);
        let first = builder.read(first_row, 0);
        let last = builder.read(first_row, -last_row);
        // Rows that are neither blinding nor the last before them.
        let active = (1..=-last_row).fold(one.clone(), |sum, rows| sum.minus(builder.read(first_row, rows)));
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
        let identity = builder.read(identity, 0);
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

/// Multiplications for the sum of all constraints of a circuit at a point.
pub fn multiplications(cs: &ConstraintSystem<Fr>) -> usize {
    let columns = |count: usize| vec![Vec::new(); count];
    let key = |count: usize| -> Vec<_> { (0..count).map(|_| Polynomial::from_backing(Vec::new())).collect() };
    let permuted = cs.permutation().get_columns().len();
    let (fixed, sigma) = (key(cs.num_fixed_columns()), key(permuted));
    let polynomials = Polynomials::<Fr> {
        advice: columns(cs.num_advice_columns()),
        fixed: &fixed,
        instance: Vec::new(),
        sigma: &sigma,
        products: columns(permuted.div_ceil(cs.degree() - 2)),
    };
    // Any challenges: powers of a generator are neither 1 nor −1, nor opposite, which would save multiplications.
    let mut powers = powers(Fr::MULTIPLICATIVE_GENERATOR).skip(1);
    let mut challenge = || powers.next().unwrap_or_default();
    let circuit: Vec<Fr> = (0..cs.num_challenges()).map(|_| challenge()).collect();
    let challenges = Challenges { circuit: &circuit, beta: challenge(), gamma: challenge(), y: challenge() };
    compile(cs, &polynomials, &challenges).0.multiplications()
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

    const K: u32 = 8;

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
    fn check<V: Lanes<Field = Fr>>() {
        for name in ["core-small-64+tags-96-3-2", "vector-2+anomaly-2-3-2-w12", "vector-3+class-3-4l-3-a8"] {
            let statement = Statement::from_name(name).expect(name);
            let mut cs = ConstraintSystem::default();
            Layout::configure_with_params(&mut cs, statement.clone());
            let (cs, _) = cs.compress_selectors(layout::selectors(&statement));
            let mut rng = ChaCha20Rng::seed_from_u64(4);
            let mut random = |count: usize| -> Vec<Vec<Fr>> {
                (0..count).map(|_| (0..1 << K).map(|_| Fr::random(&mut rng)).collect()).collect()
            };
            let (advice, fixed, instance) =
                (random(cs.num_advice_columns()), random(cs.num_fixed_columns()), random(1));
            let challenges = random(1).remove(0);
            let y = challenges[10];
            let domain = Domain::<V>::new(K);
            // Values as they stand in a column; taken for those on a coset.
            let column = |values: &Vec<Fr>| -> Vec<V> {
                let vectors = values.len() / V::COUNT;
                (0..vectors).map(|j| packed(|lane| values[lane * vectors + j])).collect()
            };
            let key: Vec<_> = fixed.iter().cloned().map(Polynomial::from_backing).collect();
            let polynomials = Polynomials {
                advice: advice.iter().map(column).collect(),
                fixed: &key,
                instance: column(&instance[0]),
                sigma: &[],
                products: Vec::new(),
            };
            let fixed_vectors: Vec<Vec<V>> = fixed.iter().map(column).collect();
            let given = Challenges { circuit: &challenges, beta: Fr::ONE, gamma: Fr::ONE, y };
            let (program, reach) = compile(&cs, &polynomials, &given);
            let Polynomials { advice: a, instance: i, .. } = &polynomials;
            let columns: Vec<Vec<V>> = a
                .iter()
                .chain(&fixed_vectors)
                .chain([i])
                .map(|column| {
                    let mut framed = vec![column[0]; column.len() + 2 * reach];
                    framed[reach..][..column.len()].copy_from_slice(column);
                    frame(&mut framed, reach);
                    framed
                })
                .collect();
            // Interpolation and evaluation leave values as they are, in order.
            let mut found = run(&program, &columns, reach);
            domain.interpolate(&mut found);
            let coefficients = domain.unpack(&found);
            let found = (0..1 << K).map(|row| evaluate(&coefficients, domain.rotate(Fr::ONE, row)));
            for (row, found) in found.enumerate() {
                let gates = cs.gates().iter().flat_map(|gate| gate.polynomials());
                let expected = gates.fold(Fr::ZERO, |sum, polynomial| {
                    sum * y + value(polynomial, [&advice, &fixed, &instance], &challenges, row)
                });
                assert_eq!(found, expected, "{name}, row {row}");
            }
        }
    }

    #[test]
    fn compiled_constraints_are_halo2s() {
        check::<Fr>();
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn so_are_those_in_vectors() {
        use foldproof_params::lanes::Wide;
        if Wide::<Fr>::available() {
            check::<Wide<Fr>>();
        } else {
            eprintln!("skipped: this processor has no AVX-512 IFMA");
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
