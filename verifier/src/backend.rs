//! The calls into halo2's verifier.
//!
//! What of it could panic, and why it does not here:
//!
//! | where | what | held off by |
//! |---|---|---|
//! | key readers | unwrap and assert on bytes | not used, see [`key`](crate::key) |
//! | transcript | takes infinity and second encodings | [`StrictRead`] |
//! | multi-scalar multiplication of 8,104 and more | divides by zero when infinity meets infinity | [`StrictRead`]; one proof is fewer; batches of kzg are [`plonk`](crate::plonk)'s |
//! | instance polynomial, Lagrange commitment, final sum | assert equal numbers of rows | [`run`] compares k |
//! | instance length | underflow when there are fewer rows than blinding factors | `rebuild` in [`key`](crate::key) |
//! | selectors and queries left in gates | panic, unwrap | follows from the circuit, not from bytes |
//! | inverses of xⁿ − 1, x₃ − point, u − point | unwrap | zero for one challenge in 2²³⁰ |
//! | `finalize` of single strategies | unreachable | never called |

use halo2_proofs::plonk::verify_proof;
use halo2_proofs::poly::VerificationStrategy;
use halo2_proofs::poly::commitment::{CommitmentScheme, Params, Verifier};
use halo2_proofs::poly::ipa::commitment::{IPACommitmentScheme, ParamsIPA};
use halo2_proofs::poly::ipa::multiopen::VerifierIPA;
use halo2_proofs::poly::ipa::strategy as ipa;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy as kzg;
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rayon::prelude::*;

use crate::error::Error;
use crate::key::VerifierKey;
use crate::scheme::Scheme;
use crate::transcript::{Blake2bRead, KeccakRead, StrictRead};

/// Parameters of the transparent scheme.
pub type TransparentParams = ParamsIPA<G1Affine>;
/// Parameters of the scheme with a setup.
pub type KzgParams = ParamsKZG<Bn256>;

type Ipa = IPACommitmentScheme<G1Affine>;
type Kzg = KZGCommitmentScheme<Bn256>;

/// One proof and what it is checked against.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    pub key: &'a VerifierKey,
    pub rows: &'a [Fr],
    pub proof: &'a [u8],
}

/// Runs halo2's verifier over one proof, all of which it must read, in the transcript of its scheme.
fn run<'p, S, V, T>(params: &'p S::ParamsVerifier, strategy: T, claim: Claim) -> Result<T::Output, Error>
where
    S: CommitmentScheme<Curve = G1Affine, Scalar = Fr>,
    V: Verifier<'p, S>,
    T: VerificationStrategy<'p, S, V>,
{
    match claim.key.scheme() {
        Scheme::Transparent | Scheme::Kzg => run_in::<S, V, T, Blake2bRead>(params, strategy, claim),
        Scheme::Evm => run_in::<S, V, T, KeccakRead>(params, strategy, claim),
    }
}

fn run_in<'p, 'c, S, V, T, R>(
    params: &'p S::ParamsVerifier,
    strategy: T,
    claim: Claim<'c>,
) -> Result<T::Output, Error>
where
    R: StrictRead<'c>,
    S: CommitmentScheme<Curve = G1Affine, Scalar = Fr>,
    V: Verifier<'p, S>,
    T: VerificationStrategy<'p, S, V>,
{
    let key = claim.key.halo2();
    let (expected, found) = (key.get_domain().k, params.k());
    if expected != found {
        return Err(Error::Params(format!("expected 2^{expected} generators, found 2^{found}")));
    }
    let mut transcript = R::new(claim.proof);
    let result = verify_proof::<S, V, _, _, T>(params, key, strategy, &[&[claim.rows]], &mut transcript);
    match (transcript.malformed(), result) {
        (Some(position), _) => Err(Error::ProofEncoding { position }),
        (None, Ok(output)) if transcript.is_finished() => Ok(output),
        (None, _) => Err(Error::ProofRejected),
    }
}

/// Checks a proof under the transparent scheme.
pub fn transparent(params: &TransparentParams, claim: Claim) -> Result<(), Error> {
    run::<Ipa, VerifierIPA<_>, ipa::SingleStrategy<_>>(params, VerificationStrategy::new(params), claim)
}

/// Checks a proof under kzg, whatever its transcript.
pub fn kzg(params: &KzgParams, claim: Claim) -> Result<(), Error> {
    run::<Kzg, VerifierSHPLONK<_>, _>(params, kzg::SingleStrategy::new(params), claim)
}

/// Whether all these proofs hold, by one sum with random weights on each core. All under the same parameters.
pub fn all_transparent(params: &TransparentParams, claims: &[Claim]) -> bool {
    type Sum<'p> = ipa::AccumulatorStrategy<'p, G1Affine>;
    let share = claims.len().div_ceil(rayon::current_num_threads()).max(1);
    claims.par_chunks(share).all(|claims| {
        let start: Sum = VerificationStrategy::new(params);
        let sum =
            claims.iter().try_fold(start, |sum, claim| run::<Ipa, VerifierIPA<_>, _>(params, sum, *claim));
        sum.is_ok_and(VerificationStrategy::<Ipa, VerifierIPA<_>>::finalize)
    })
}
