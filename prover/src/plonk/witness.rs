//! Advice columns, phase by phase.

use std::io;

use ff::Field;
use foldproof_circuits::layout::Layout;
use foldproof_params::tuned::{Blinded, Tuned};
use halo2_proofs::plonk::ConstraintSystem;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::{Fr, G1Affine};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;

use super::blinding::RandomRows;
use super::profile::{Phase, Profile};
use super::transcript::Transcript;
use super::write_points;

/// Advice columns, committed to: values are needed until the permutation has its products.
pub(super) struct Witness {
    pub values: Vec<Vec<Fr>>,
    pub blinds: Vec<Fr>,
    /// Those of the circuit, drawn between its phases.
    pub challenges: Vec<Fr>,
}

/// Commits to both phases, and draws the challenges between them.
pub(super) fn commit_witness<P>(
    params: &Tuned<P>,
    cs: &ConstraintSystem<Fr>,
    layout: Layout,
    random_rows: &RandomRows,
    transcript: &mut Transcript,
    rng: &mut (impl RngCore + CryptoRng),
    profile: &mut Profile,
) -> io::Result<Witness>
where
    P: for<'p> ParamsProver<'p, G1Affine> + Blinded + Sync,
{
    let mut witness = Witness { values: Vec::new(), blinds: Vec::new(), challenges: Vec::new() };
    let first: Vec<Vec<Fr>> =
        layout.first_phase().into_iter().map(|column| random_rows.fill(column.to_vec(), rng)).collect();
    witness.commit(params, first, transcript, rng)?;
    witness.challenges = (0..cs.num_challenges()).map(|_| transcript.squeeze()).collect();
    profile.end(Phase::Advice);
    profile.go_on()?;
    let second = layout.second_phase(&witness.challenges);
    // For its memory.
    drop(layout);
    let second = second.into_iter().map(|column| random_rows.fill(column, rng)).collect();
    witness.commit(params, second, transcript, rng)?;
    profile.end(Phase::Lookups);
    profile.go_on()?;
    let (found, expected) = (witness.values.len(), cs.num_advice_columns());
    if found == expected {
        Ok(witness)
    } else {
        Err(io::Error::other(format!("a layout of {found} columns for a circuit of {expected}")))
    }
}

impl Witness {
    fn commit<P>(
        &mut self,
        params: &Tuned<P>,
        columns: Vec<Vec<Fr>>,
        transcript: &mut Transcript,
        rng: &mut impl RngCore,
    ) -> io::Result<()>
    where
        P: for<'p> ParamsProver<'p, G1Affine> + Blinded + Sync,
    {
        let blinds: Vec<Fr> = columns.iter().map(|_| Fr::random(&mut *rng)).collect();
        let pairs = columns.par_iter().zip(&blinds);
        let commitments = pairs.map(|(values, blind)| params.commit_values(values, *blind)).collect();
        self.values.extend(columns);
        self.blinds.extend(blinds);
        write_points(transcript, commitments)
    }
}
