//! What is opened, and where.

use std::io;

use foldproof_params::lanes::Lanes;
use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use rayon::prelude::*;

use super::domain::{Domain, evaluate};
use super::opening::{Committed, Query};
use super::transcript::Transcript;

/// Everything that is opened.
pub(super) struct Opened<'p> {
    pub advice: Vec<Committed<'p>>,
    pub products: Vec<Committed<'p>>,
    pub fixed: Vec<Committed<'p>>,
    pub sigma: Vec<Committed<'p>>,
    /// Unless public inputs are hashed.
    pub instance: Option<Committed<'p>>,
    pub quotient: Committed<'p>,
    pub random: Committed<'p>,
}

impl<'p> Opened<'p> {
    /// Writes all values at x and rows around it, in the order the verifier reads them; returns them in the order it opens
    /// them.
    pub fn write_values<V: Lanes<Field = Fr>>(
        &self,
        cs: &ConstraintSystem<Fr>,
        domain: &Domain<V>,
        x: Fr,
        transcript: &mut Transcript,
    ) -> io::Result<Vec<Query<'p>>> {
        let open = |points| query(domain, x, points);
        let last_row = -(cs.blinding_factors() as i32 + 1);
        let instance =
            cs.instance_queries().iter().filter_map(|(_, rotation)| Some((self.instance?, rotation.0)));
        let advice = cs.advice_queries().iter().map(|(c, rotation)| (self.advice[c.index()], rotation.0));
        let fixed = cs.fixed_queries().iter().map(|(c, rotation)| (self.fixed[c.index()], rotation.0));
        let (instance, advice, fixed) =
            (open(instance.collect()), open(advice.collect()), open(fixed.collect()));
        let sigma = open(self.sigma.iter().map(|polynomial| (*polynomial, 0)).collect());
        let running = open(self.products.iter().flat_map(|product| [(*product, 0), (*product, 1)]).collect());
        let ends = open(self.products.iter().rev().skip(1).map(|product| (*product, last_row)).collect());
        let vanishing = open(vec![(self.quotient, 0), (self.random, 0)]);
        let mut write =
            |queries: &[Query<'_>]| queries.iter().try_for_each(|query| transcript.write_scalar(query.value));
        // The quotient's value follows from the others.
        for queries in [&instance[..], &advice, &fixed, &vanishing[1..], &sigma] {
            write(queries)?;
        }
        let mut ends_in_order = ends.iter().rev();
        for pair in running.chunks(2) {
            write(pair)?;
            write(ends_in_order.next().map_or(&[], std::slice::from_ref))?;
        }
        let queries = [instance, advice, running, ends, fixed, sigma, vanishing];
        Ok(queries.into_iter().flatten().collect())
    }
}

/// Values of polynomials, so many rows from x.
fn query<'p, V: Lanes<Field = Fr>>(
    domain: &Domain<V>,
    x: Fr,
    polynomials: Vec<(Committed<'p>, i32)>,
) -> Vec<Query<'p>> {
    let queries = polynomials.into_par_iter().map(|(polynomial, rotation)| {
        let point = domain.rotate(x, rotation);
        Query { polynomial, point, value: evaluate(polynomial.coefficients, point) }
    });
    queries.collect()
}
