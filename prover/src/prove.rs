//! Proving: lay out, commit, open, and verify what was made before anyone else sees it.

use std::time::{Duration, Instant};

use foldproof_circuits::block::Block;
use foldproof_circuits::circuit::{Core, CoreError};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::pipeline::Fingerprint;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Centroids, Oversize, Size, Statement};
use foldproof_verifier::{Bundle, Policy, SetupClaim, verify};
use halo2_proofs::plonk::{Error as PlonkError, create_proof};
use halo2_proofs::poly::commitment::{CommitmentScheme, Prover};
use halo2_proofs::poly::ipa::commitment::IPACommitmentScheme;
use halo2_proofs::poly::ipa::multiopen::ProverIPA;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::transcript::{Blake2bWrite, Challenge255, TranscriptWriterBuffer};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand::rngs::OsRng;

use crate::keys::{KeyError, Keys, Parameters, Workshop};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// No circuit holds the block.
    #[error("{0}; no larger circuit exists")]
    Oversize(Oversize),
    /// The pipeline refuses the block.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// No keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The proof system failed.
    #[error("proving: {0}")]
    Plonk(String),
    /// The proof does not verify: nothing was written. This is a defect of the program or the machine.
    #[error("the proof that was made does not verify ({0}); nothing was written")]
    SelfCheck(#[from] foldproof_verifier::Error),
}

impl From<PlonkError> for ProveError {
    fn from(error: PlonkError) -> Self {
        Self::Plonk(error.to_string())
    }
}

/// A proof that has been verified.
#[derive(Clone, Debug)]
pub struct Proved {
    /// What to give away.
    pub bundle: Bundle,
    /// What it claims.
    pub fingerprint: Fingerprint,
    /// Laying out, committing and opening; without keys and verification.
    pub prove_time: Duration,
}

/// The statement that proves `block` under a codebook of that shape: the smallest that fits.
///
/// # Errors
/// If none does.
pub fn statement_for(block: &Block, codebook: &Codebook) -> Result<Statement, ProveError> {
    let size = Size::for_block(block).map_err(ProveError::Oversize)?;
    // A codebook has 64 or 256 centroids by construction.
    let centroids = Centroids::from_count(codebook.len()).unwrap_or(Centroids::K256);
    Ok(Statement { size, centroids })
}

/// Proves `statement` about `block` under `codebook`, committed to with `salts`, and verifies the proof.
///
/// # Errors
/// If the statement does not fit, keys cannot be had, or anything fails on the way.
pub fn prove(
    workshop: &mut Workshop<'_>,
    statement: Statement,
    block: &Block,
    codebook: &Codebook,
    salts: &Salts,
) -> Result<Proved, ProveError> {
    workshop.keys(statement)?;
    let started = Instant::now();
    let (core, fingerprint) = Core::new(statement, block, codebook, salts)?;
    let rows = fingerprint.instance.rows().map(|row| *row);
    let proof = prove_core(workshop.keys(statement)?, core, &rows)?;
    let prove_time = started.elapsed();
    let setup =
        workshop.setup().map(|setup| SetupClaim { id: setup.id().digest.0, insecure: setup.is_insecure() });
    let digest = workshop.keys(statement)?.verifying.digest();
    let bundle = Bundle::new(statement, setup, digest, fingerprint.instance, proof)?;
    let policy = Policy::codebooks([fingerprint.instance.codebook_root])
        .statements([statement])
        .expect_salted_block(block.clone(), salts.block);
    let policy = match workshop.trusted() {
        Some(trusted) => policy.trust_setup(trusted).allow_insecure_setup(),
        None => policy,
    };
    verify(&bundle, &policy)?;
    Ok(Proved { bundle, fingerprint, prove_time })
}

/// The proof itself.
fn prove_core(keys: &Keys, core: Core, rows: &[Fr]) -> Result<Vec<u8>, ProveError> {
    match &keys.parameters {
        Parameters::Transparent(params) => {
            commit_and_open::<IPACommitmentScheme<G1Affine>, ProverIPA<'_, _>>(params, keys, core, rows)
        }
        Parameters::Kzg(params) => {
            commit_and_open::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, _>>(params, keys, core, rows)
        }
    }
}

fn commit_and_open<'p, S, P>(
    params: &'p S::ParamsProver,
    keys: &Keys,
    core: Core,
    rows: &[Fr],
) -> Result<Vec<u8>, ProveError>
where
    S: CommitmentScheme<Scalar = Fr, Curve = G1Affine>,
    S::ParamsProver: Sync,
    P: Prover<'p, S>,
{
    let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(Vec::new());
    create_proof::<S, P, _, _, _, _>(params, &keys.proving, &[core], &[&[rows]], OsRng, &mut transcript)?;
    Ok(transcript.finalize())
}
