//! A prover for halo2's proof system: the proofs that `halo2_proofs::plonk::create_proof` makes, sooner. Keys are halo2's, and
//! so is the verifier: a mistake in here costs a proof, not soundness.
//!
//! What is different:
//!
//! * witnesses are taken from the layout's columns, with no pass through a floor planner;
//! * constraints are compiled with the challenges filled in (`program`), and run on blocks of rows, a coset of the domain at a
//!   time (`quotient`);
//! * transforms run side by side instead of being split over cores (`domain`);
//! * both compute on eight field elements at a time where the processor can (`lanes`);
//! * what is opened is combined once and not once for each step, and the inner-product argument leaves its generators as they
//!   are (`opening`);
//! * all randomness comes from the generator that is passed in.
//!
//! It knows no look-ups of halo2's own, one column of public inputs, and two phases: what our circuits have.

mod domain;
mod opening;
mod permutation;
mod profile;
mod program;
mod quotient;
mod sample;

use std::io;

use ff::Field;
use foldproof_circuits::layout::Layout;
use foldproof_params::lanes::Lanes;
#[cfg(target_arch = "x86_64")]
use foldproof_params::lanes::Wide;
use foldproof_params::tuned::{Blinded, Tuned};
use group::Curve;
use halo2_proofs::plonk::{Any, ProvingKey};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::transcript::{
    Blake2bWrite, Challenge255, Transcript as _, TranscriptWrite as _, TranscriptWriterBuffer as _,
};
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;

use domain::{Domain, evaluate};
use opening::{Committed, Opening, Query};
pub use profile::{Phase, Profile};
pub(crate) use quotient::multiplications;
use quotient::{Challenges, Polynomials};
pub(crate) use sample::Sample;

pub(crate) type Transcript = Blake2bWrite<Vec<u8>, G1Affine, Challenge255<G1Affine>>;

/// A committed column of values, and its polynomial.
struct Column {
    coefficients: Vec<Fr>,
    blind: Fr,
}

impl Column {
    fn committed(&self) -> Committed<'_> {
        Committed { coefficients: &self.coefficients, blind: self.blind }
    }
}

/// The proof that `layout` satisfies the circuit of `key`, `rows` being what it exposes.
///
/// # Errors
/// If the circuit is not of the kind the module is for, or a commitment is the point at infinity, which has no encoding.
pub(crate) fn create_proof<P>(
    params: &Tuned<P>,
    key: &ProvingKey<G1Affine>,
    layout: Layout,
    rows: &[Fr],
    rng: &mut (impl RngCore + CryptoRng),
    profile: &mut Profile,
) -> io::Result<Vec<u8>>
where
    P: for<'p> ParamsProver<'p, G1Affine> + Blinded + Sync,
    Tuned<P>: Opening,
{
    #[cfg(target_arch = "x86_64")]
    if Wide::<Fr>::available() {
        return create_proof_with::<Wide<Fr>, P>(params, key, layout, rows, rng, profile);
    }
    create_proof_with::<Fr, P>(params, key, layout, rows, rng, profile)
}

fn create_proof_with<V: Lanes<Field = Fr>, P>(
    params: &Tuned<P>,
    key: &ProvingKey<G1Affine>,
    layout: Layout,
    rows: &[Fr],
    rng: &mut (impl RngCore + CryptoRng),
    profile: &mut Profile,
) -> io::Result<Vec<u8>>
where
    P: for<'p> ParamsProver<'p, G1Affine> + Blinded + Sync,
    Tuned<P>: Opening,
{
    let cs = key.get_vk().cs();
    let domain = Domain::<V>::new(layout.statement().k());
    let n = domain.size();
    let usable = n - cs.blinding_factors() - 1;
    let permuted = cs.permutation().get_columns();
    let is_ours = cs.lookups().is_empty()
        && cs.num_instance_columns() == 1
        && permuted.iter().all(|column| *column.column_type() != Any::Fixed)
        && rows.len() <= usable;
    if !is_ours {
        return Err(io::Error::other(
            "a circuit with look-ups of halo2's own, or columns that are not for it",
        ));
    }
    let mut transcript = Transcript::init(Vec::new());
    key.get_vk().hash_into(&mut transcript)?;

    let mut instance = rows.to_vec();
    instance.resize(n, Fr::ZERO);
    if <Tuned<P> as Opening>::COMMITS_TO_INSTANCE {
        transcript.common_point(params.commit_values(&instance, Fr::ONE).to_affine())?;
    } else {
        rows.iter().try_for_each(|row| transcript.common_scalar(*row))?;
    }

    // Values are needed until the permutation has its products.
    let mut values: Vec<Vec<Fr>> = Vec::with_capacity(cs.num_advice_columns());
    let mut blinds: Vec<Fr> = Vec::with_capacity(cs.num_advice_columns());
    let mut commit_phase = |columns: Vec<Vec<Fr>>,
                            transcript: &mut Transcript,
                            rng: &mut _|
     -> io::Result<()> {
        let padded = columns.into_iter().map(|column| pad(column, usable, n, rng)).collect::<Vec<_>>();
        let own: Vec<Fr> = padded.iter().map(|_| Fr::random(&mut *rng)).collect();
        let commitments: Vec<G1> =
            padded.par_iter().zip(&own).map(|(values, blind)| params.commit_values(values, *blind)).collect();
        commitments.into_iter().try_for_each(|commitment| write_point(transcript, commitment))?;
        values.extend(padded);
        blinds.extend(own);
        Ok(())
    };
    let first = layout.first_phase().into_iter().map(<[Fr]>::to_vec).collect();
    commit_phase(first, &mut transcript, rng)?;
    let circuit: Vec<Fr> = (0..cs.num_challenges()).map(|_| squeeze(&mut transcript)).collect();
    profile.end(Phase::Advice);
    let second = layout.second_phase(&circuit);
    drop(layout);
    commit_phase(second, &mut transcript, rng)?;
    if values.len() != cs.num_advice_columns() {
        return Err(io::Error::other(format!("{} columns for {}", values.len(), cs.num_advice_columns())));
    }
    profile.end(Phase::Lookups);

    // Drawn for look-ups of halo2's own kind, of which there are none.
    let _theta = squeeze(&mut transcript);
    let [beta, gamma] = [squeeze(&mut transcript), squeeze(&mut transcript)];
    let permuted = permuted.iter().map(|column| match column.column_type() {
        Any::Instance => &instance[..],
        _ => &values[column.index()],
    });
    let images = key.permutation().permutations().iter().map(|images| &images.backing()[..]);
    let pairs: Vec<(&[Fr], &[Fr])> = permuted.zip(images).collect();
    let sets: Vec<_> = pairs.chunks(cs.degree() - 2).map(<[_]>::to_vec).collect();
    let products = permutation::products(&domain, &sets, [beta, gamma], usable, || Fr::random(&mut *rng));
    let products: Vec<(Vec<Fr>, Fr)> =
        products.into_iter().map(|values| (values, Fr::random(&mut *rng))).collect();
    for (values, blind) in &products {
        write_point(&mut transcript, params.commit_values(values, *blind))?;
    }
    profile.end(Phase::Permutation);

    let random = Column {
        coefficients: (0..n).map(|_| Fr::random(&mut *rng)).collect(),
        blind: Fr::random(&mut *rng),
    };
    write_point(&mut transcript, params.commit_coefficients(&random.coefficients, random.blind))?;
    let y = squeeze(&mut transcript);
    profile.end(Phase::Commitments);
    let interpolate = |(values, blind): (Vec<Fr>, Fr)| (domain.coefficients(&values), blind);
    let (advice, blinds): (Vec<_>, Vec<_>) = values.into_par_iter().zip(blinds).map(interpolate).unzip();
    let (products, product_blinds): (Vec<_>, Vec<_>) = products.into_par_iter().map(interpolate).unzip();
    let (fixed, sigma) = (key.fixed_polys(), key.permutation().polys());
    let instance = domain.coefficients(&instance);
    let polynomials = Polynomials { advice, fixed, instance, sigma, products };
    let challenges = Challenges { circuit: &circuit, beta, gamma, y };
    let pieces = quotient::pieces(cs, &domain, &polynomials, &challenges, profile);
    let Polynomials { advice, instance, products, .. } = polynomials;
    let unpack = |(vectors, blind): (Vec<V>, Fr)| Column { coefficients: domain.unpack(&vectors), blind };
    let advice: Vec<Column> = advice.into_par_iter().zip(blinds).map(unpack).collect();
    let products: Vec<Column> = products.into_par_iter().zip(product_blinds).map(unpack).collect();
    let instance = unpack((instance, Fr::ONE));
    let pieces: Vec<Column> = pieces
        .into_iter()
        .map(|coefficients| Column { coefficients, blind: Fr::random(&mut *rng) })
        .collect();
    for piece in &pieces {
        write_point(&mut transcript, params.commit_coefficients(&piece.coefficients, piece.blind))?;
    }
    profile.end(Phase::Commitments);

    let x = squeeze(&mut transcript);
    let quotient = collapse(&pieces, x.pow_vartime([n as u64]));
    let advice: Vec<Committed<'_>> = advice.iter().map(Column::committed).collect();
    let products: Vec<Committed<'_>> = products.iter().map(Column::committed).collect();
    let fixed: Vec<Committed<'_>> = fixed.iter().map(|polynomial| Committed::public(polynomial)).collect();
    let sigma: Vec<Committed<'_>> = sigma.iter().map(|polynomial| Committed::public(polynomial)).collect();
    let open = |points| query(&domain, x, points);
    let last_row = usable as i32 - n as i32;
    let instance = cs.instance_queries().iter().map(|(_, rotation)| (instance.committed(), rotation.0));
    let instance = open(instance.filter(|_| <Tuned<P> as Opening>::COMMITS_TO_INSTANCE).collect());
    let advice =
        open(cs.advice_queries().iter().map(|(c, rotation)| (advice[c.index()], rotation.0)).collect());
    let fixed = open(cs.fixed_queries().iter().map(|(c, rotation)| (fixed[c.index()], rotation.0)).collect());
    let sigma = open(sigma.into_iter().map(|polynomial| (polynomial, 0)).collect());
    let running = open(products.iter().flat_map(|product| [(*product, 0), (*product, 1)]).collect());
    let ends = open(products.iter().rev().skip(1).map(|product| (*product, last_row)).collect());
    let vanishing = open(vec![(quotient.committed(), 0), (random.committed(), 0)]);

    // The verifier reads values in one order and opens them in another.
    let write = |transcript: &mut Transcript, queries: &[Query<'_>]| {
        queries.iter().try_for_each(|query| transcript.write_scalar(query.value))
    };
    profile.end(Phase::Evaluations);
    for queries in [&instance[..], &advice, &fixed, &vanishing[1..], &sigma] {
        write(&mut transcript, queries)?;
    }
    let mut ends_in_order = ends.iter().rev();
    for pair in running.chunks(2) {
        write(&mut transcript, pair)?;
        write(&mut transcript, ends_in_order.next().map_or(&[], std::slice::from_ref))?;
    }
    let queries = [instance, advice, running, ends, fixed, sigma, vanishing];
    let queries: Vec<Query<'_>> = queries.into_iter().flatten().collect();
    params.open(&mut transcript, rng, &queries)?;
    profile.end(Phase::Opening);
    Ok(transcript.finalize())
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

/// A column with randomness below its usable rows.
fn pad(mut column: Vec<Fr>, usable: usize, rows: usize, rng: &mut impl RngCore) -> Vec<Fr> {
    column.resize(usable, Fr::ZERO);
    column.extend((usable..rows).map(|_| Fr::random(&mut *rng)));
    column
}

/// Σ factor^i·piece_i.
fn collapse(pieces: &[Column], factor: Fr) -> Column {
    let mut sum = Column { coefficients: vec![Fr::ZERO; pieces[0].coefficients.len()], blind: Fr::ZERO };
    for piece in pieces.iter().rev() {
        sum.blind = sum.blind * factor + piece.blind;
        for (sum, coefficient) in sum.coefficients.iter_mut().zip(&piece.coefficients) {
            *sum = *sum * factor + coefficient;
        }
    }
    sum
}

fn squeeze(transcript: &mut Transcript) -> Fr {
    *transcript.squeeze_challenge_scalar::<()>()
}

fn write_point(transcript: &mut Transcript, point: G1) -> io::Result<()> {
    transcript.write_point(point.to_affine())
}
