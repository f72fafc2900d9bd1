//! A prover for halo2's proof system: the proofs that `halo2_proofs::plonk::create_proof` makes, sooner. Keys are halo2's, and
//! so is the verifier: a mistake in here costs a proof, not soundness.
//!
//! What is different:
//!
//! * witnesses are taken from the layout's columns, with no pass through a floor planner;
//! * constraints are compiled with the challenges filled in (`constraints`, `program`), and run on blocks of rows, a coset of the domain at a
//!   time (`quotient`);
//! * transforms run side by side instead of being split over cores (`domain`);
//! * both compute on eight field elements at a time where the processor can (`lanes`);
//! * what is opened is combined once and not once for each step, and the inner-product argument leaves its generators as they
//!   are (`opening`);
//! * pieces of the quotient are blinded where commitments do not do it (`blinding`);
//! * all randomness comes from the generator that is passed in.
//!
//! It knows no look-ups of halo2's own, one column of public inputs, and two phases: what our circuits have.

mod blinding;
mod constraints;
mod domain;
#[cfg(test)]
mod hiding;
mod opened;
mod opening;
mod permutation;
mod profile;
mod program;
mod quotient;
mod sample;
#[cfg(test)]
mod tests;
mod transcript;
mod witness;

use std::io;

use ff::Field;
use foldproof_circuits::layout::Layout;
#[cfg(target_arch = "x86_64")]
use foldproof_params::lanes::Wide;
use foldproof_params::lanes::{self, Lanes};
use foldproof_params::tuned::{Blinded, Tuned};
use group::Curve;
use halo2_proofs::plonk::{Any, ProvingKey};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;

use blinding::RandomRows;
use domain::Domain;
use opened::Opened;
use opening::{Committed, Opening};
pub use profile::{Phase, Profile, Watch};
pub use quotient::multiplications;
use quotient::{Challenges, Polynomials};
pub use sample::Sample;
pub(crate) use transcript::Transcript;
use witness::{Witness, commit_witness};

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

/// The proof that `layout` satisfies the circuit of `key`, `rows` being what it exposes, in a transcript that nothing is written
/// to yet.
///
/// # Errors
/// If the circuit is not of the kind the module is for; if the parameters cannot blind the quotient; if the last challenge is a
/// row of the domain, or a commitment the point at infinity, which has no encoding.
pub(crate) fn create_proof<P>(
    params: &Tuned<P>,
    key: &ProvingKey<G1Affine>,
    layout: Layout,
    rows: &[Fr],
    transcript: Transcript,
    rng: &mut (impl RngCore + CryptoRng),
    profile: &mut Profile,
) -> io::Result<Vec<u8>>
where
    P: for<'p> ParamsProver<'p, G1Affine> + Blinded + Sync,
    Tuned<P>: Opening,
{
    #[cfg(target_arch = "x86_64")]
    if lanes::vectors() {
        return create_proof_with::<Wide<Fr>, P>(params, key, layout, rows, transcript, rng, profile);
    }
    create_proof_with::<Fr, P>(params, key, layout, rows, transcript, rng, profile)
}

fn create_proof_with<V: Lanes<Field = Fr>, P>(
    params: &Tuned<P>,
    key: &ProvingKey<G1Affine>,
    layout: Layout,
    rows: &[Fr],
    mut transcript: Transcript,
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
    let random_rows = RandomRows::of(cs, n);
    let usable = random_rows.start;
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
    if !<Tuned<P> as Opening>::COMMITMENTS_HIDE && params.most_coefficients() <= n {
        return Err(io::Error::other(format!(
            "the setup has {n} powers, and proofs of {n} rows are blinded with one more: import the ceremony file again, or take a \
             larger setup"
        )));
    }
    transcript.common_scalar(key.get_vk().transcript_repr())?;

    let mut instance = rows.to_vec();
    instance.resize(n, Fr::ZERO);
    if <Tuned<P> as Opening>::COMMITS_TO_INSTANCE {
        transcript.common_point(params.commit_values(&instance, Fr::ONE).to_affine())?;
    } else {
        rows.iter().try_for_each(|row| transcript.common_scalar(*row))?;
    }

    let Witness { values, blinds, challenges } =
        commit_witness(params, cs, layout, &random_rows, &mut transcript, rng, profile)?;

    // Drawn for look-ups of halo2's own kind, of which there are none.
    let _theta = transcript.squeeze();
    let [beta, gamma] = [transcript.squeeze(), transcript.squeeze()];
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
    let commit = |(values, blind): &(Vec<Fr>, Fr)| params.commit_values(values, *blind);
    write_points(&mut transcript, products.par_iter().map(commit).collect())?;
    profile.end(Phase::Permutation);
    profile.go_on()?;

    let random = Column {
        coefficients: (0..n).map(|_| Fr::random(&mut *rng)).collect(),
        blind: Fr::random(&mut *rng),
    };
    write_point(&mut transcript, params.commit_coefficients(&random.coefficients, random.blind))?;
    let y = transcript.squeeze();
    profile.end(Phase::Commitments);
    profile.go_on()?;
    let interpolate = |(values, blind): (Vec<Fr>, Fr)| (domain.coefficients(&values), blind);
    let (advice, blinds): (Vec<_>, Vec<_>) = values.into_par_iter().zip(blinds).map(interpolate).unzip();
    let (products, product_blinds): (Vec<_>, Vec<_>) = products.into_par_iter().map(interpolate).unzip();
    let (fixed, sigma) = (key.fixed_polys(), key.permutation().polys());
    let instance = domain.coefficients(&instance);
    let polynomials = Polynomials { advice, fixed, instance, sigma, products };
    let challenges = Challenges { circuit: &challenges, beta, gamma, y };
    let mut pieces = quotient::pieces(cs, &domain, &polynomials, &challenges, profile);
    profile.go_on()?;
    if !<Tuned<P> as Opening>::COMMITMENTS_HIDE {
        blinding::blind(&mut pieces, rng);
    }
    let Polynomials { advice, instance, products, .. } = polynomials;
    let unpack = |(vectors, blind): (Vec<V>, Fr)| Column { coefficients: domain.unpack(&vectors), blind };
    let advice: Vec<Column> = advice.into_par_iter().zip(blinds).map(unpack).collect();
    let products: Vec<Column> = products.into_par_iter().zip(product_blinds).map(unpack).collect();
    let instance = unpack((instance, Fr::ONE));
    let pieces: Vec<Column> = pieces
        .into_iter()
        .map(|coefficients| Column { coefficients, blind: Fr::random(&mut *rng) })
        .collect();
    let commit = |piece: &Column| params.commit_coefficients(&piece.coefficients, piece.blind);
    write_points(&mut transcript, pieces.par_iter().map(commit).collect())?;
    profile.end(Phase::Commitments);
    profile.go_on()?;

    let x = transcript.squeeze();
    let x_n = x.pow_vartime([n as u64]);
    if x_n == Fr::ONE {
        // Values there are the witness's, and the verifier divides by X^n − 1.
        return Err(io::Error::other("the last challenge is a row of the domain: prove again"));
    }
    let quotient = collapse(&pieces, x_n);
    let opened = Opened {
        advice: advice.iter().map(Column::committed).collect(),
        products: products.iter().map(Column::committed).collect(),
        fixed: fixed.iter().map(|polynomial| Committed::public(polynomial)).collect(),
        sigma: sigma.iter().map(|polynomial| Committed::public(polynomial)).collect(),
        instance: <Tuned<P> as Opening>::COMMITS_TO_INSTANCE.then(|| instance.committed()),
        quotient: quotient.committed(),
        random: random.committed(),
    };
    let queries = opened.write_values(cs, &domain, x, &mut transcript)?;
    profile.end(Phase::Evaluations);
    profile.go_on()?;
    params.open(&mut transcript, rng, &queries)?;
    profile.end(Phase::Opening);
    Ok(transcript.finalize())
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

/// With one inversion for all.
fn write_points(transcript: &mut Transcript, points: Vec<G1>) -> io::Result<()> {
    let mut affine = vec![G1Affine::default(); points.len()];
    G1::batch_normalize(&points, &mut affine);
    affine.into_iter().try_for_each(|point| transcript.write_point(point))
}

fn write_point(transcript: &mut Transcript, point: G1) -> io::Result<()> {
    transcript.write_point(point.to_affine())
}
