//! The transparent scheme: IPA over BN254 with generators hashed to the curve, halo2's [`ParamsIPA`].
//!
//! Generator `i` of every size is `hash("Halo2-Parameters", [0, i as u32 LE])`, so the generators of a small `k` are
//! a prefix of those of a large one, and `w = hash([1])` blinds, `u = hash([2])` carries the value of an opening.
//! halo2 also wants their Lagrange combinations, by which columns are committed from their values.
//!
//! A verifier commits to one column only, the public inputs, and only the first rows of that are not zero. So
//! [`verifier_params`] holds all monomial generators, the first [`PUBLIC_ROWS`] Lagrange generators (of sizes that are not pinned
//! [`UNPINNED_ROWS`]), and the identity in place of the rest.
//!
//! **The caller must hold the instance column to the rows it asks for.** A value in a later row is committed with the
//! identity, so the proof would not bind it; with several, halo2's multi-exponentiation divides by zero and panics.

mod pins;
#[cfg(feature = "prover")]
mod prover;

use std::sync::OnceLock;

use ff::{Field, PrimeField};
use group::Curve;
use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::{best_multiexp, parallelize};
use halo2_proofs::poly::commitment::Params;
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2curves::CurveExt;
use halo2curves::bn256::{Fr, G1, G1Affine};

use crate::points::{COMPRESSED, compress_all_g1};
use crate::{Digest, Error, ErrorKind, MAX_K, check_k};

#[cfg(feature = "prover")]
pub use prover::{cache_file, prover_params};

/// Rows of the instance column that [`verifier_params`] can commit to at a size that is pinned.
pub const PUBLIC_ROWS: usize = 195;
/// Rows that it can commit to at another size, where each generator is a sum over all others.
pub const UNPINNED_ROWS: usize = 33;

/// halo2's domain separator.
const DOMAIN: &str = "Halo2-Parameters";

/// Parameters with which a proof of 2^`k` rows and at most `rows` public inputs is verified.
///
/// Made once per process and `k`: the generators are hashed to the curve on all cores (about 0.05 ms of one core
/// each), then halo2 reads them on one (0.03 ms per row). Threads that ask while none has finished each make their own,
/// so ask once before spreading work. The Lagrange generators are pinned in this crate for the sizes that ship and
/// computed for others.
///
/// # Errors
/// If `k` is not in 1..=[`MAX_K`], or `rows` exceeds [`PUBLIC_ROWS`], of a size that is not pinned [`UNPINNED_ROWS`] or 2^`k`.
pub fn verifier_params(k: u32, rows: usize) -> Result<&'static ParamsIPA<G1Affine>, Error> {
    check_rows(k, check_k(k, "k")?, rows)?;
    once(k, || verifier_bytes(k, &generators(k)?))
}

/// Like [`verifier_params`], from bytes that [`generator_bytes`] once returned, which saves hashing them again.
///
/// The bytes need not be trusted: they are used only if their digest is the one pinned for `k`.
///
/// # Errors
/// As [`verifier_params`]; also if `k` has no pinned digest, or the bytes have another length or digest.
pub fn verifier_params_from(
    k: u32,
    rows: usize,
    bytes: &[u8],
) -> Result<&'static ParamsIPA<G1Affine>, Error> {
    let n = check_k(k, "k")?;
    check_rows(k, n, rows)?;
    let pin = pins::find(k).ok_or_else(|| {
        Error::new(ErrorKind::Range, "k")
            .expected("a size whose generators are pinned, 11 to 17")
            .found(k)
            .advice("derive the generators instead")
    })?;
    if bytes.len() != n * COMPRESSED {
        return Err(Error::length("generators", n * COMPRESSED, bytes.len()));
    }
    let found = Digest::of(bytes);
    if found != pin.generators {
        return Err(Error::new(ErrorKind::Digest, "generators")
            .expected(pin.generators)
            .found(found)
            .advice("delete this copy of the generators; they will be derived again"));
    }
    once(k, || Ok(halo2_bytes(k, bytes, &padded(n, &pin.lagrange()))))
}

/// The compressed monomial generators of size `k`, 32 bytes each: what [`verifier_params_from`] takes.
///
/// # Errors
/// If `k` is not in 1..=[`MAX_K`].
pub fn generator_bytes(k: u32) -> Result<Vec<u8>, Error> {
    Ok(compress_all_g1(&generators(k)?))
}

/// The SHA-256 that the complete parameters of size `k` must have, in the form halo2 writes; `None` if not pinned.
pub fn pinned_digest(k: u32) -> Option<Digest> {
    pins::find(k).map(|pin| pin.params)
}

fn check_rows(k: u32, n: usize, rows: usize) -> Result<(), Error> {
    let most = if pins::find(k).is_some() { PUBLIC_ROWS } else { UNPINNED_ROWS.min(n) };
    if rows <= most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Range, "rows of the instance column")
        .expected(format!("at most {most}"))
        .found(rows)
        .advice("a statement with more public inputs needs more pinned generators"))
}

/// The process's verifier parameters of size `k`; `make` gives halo2's bytes of them.
fn once(
    k: u32,
    make: impl FnOnce() -> Result<Vec<u8>, Error>,
) -> Result<&'static ParamsIPA<G1Affine>, Error> {
    static MADE: [OnceLock<ParamsIPA<G1Affine>>; MAX_K as usize + 1] =
        [const { OnceLock::new() }; MAX_K as usize + 1];
    let slot = &MADE[k as usize]; // every caller has checked k
    if let Some(made) = slot.get() {
        return Ok(made);
    }
    // Not made under a lock: this may run on a thread pool whose other threads would wait for the lock, and making
    // needs that pool.
    let made = ParamsIPA::read(&mut &make()?[..]).map_err(|e| Error::backend("transparent parameters", e))?;
    Ok(slot.get_or_init(|| made))
}

/// halo2's bytes of the verifier parameters with monomial generators `g`.
fn verifier_bytes(k: u32, g: &[G1Affine]) -> Result<Vec<u8>, Error> {
    let rows = match pins::find(k) {
        Some(pin) => pin.lagrange(),
        None => compress_all_g1(&lagrange_rows(g, k, UNPINNED_ROWS.min(g.len()))),
    };
    Ok(halo2_bytes(k, &compress_all_g1(g), &padded(g.len(), &rows)))
}

/// Compressed Lagrange generators: `rows`, then the identity.
fn padded(n: usize, rows: &[u8]) -> Vec<u8> {
    let mut bytes = compress_all_g1(&vec![G1Affine::identity(); n]);
    for (to, from) in bytes.iter_mut().zip(rows) {
        *to = *from;
    }
    bytes
}

/// What `ParamsIPA::write` writes: `k`, both bases compressed, `w`, `u`.
fn halo2_bytes(k: u32, g: &[u8], lagrange: &[u8]) -> Vec<u8> {
    let w = G1::hash_to_curve(DOMAIN)(&[1]).to_affine();
    let w_and_u = compress_all_g1(&[w, value_generator()]);
    [&k.to_le_bytes()[..], g, lagrange, &w_and_u].concat()
}

/// `u`, the generator that carries the value of an opening.
pub fn value_generator() -> G1Affine {
    G1::hash_to_curve(DOMAIN)(&[2]).to_affine()
}

/// The 2^`k` monomial generators.
fn generators(k: u32) -> Result<Vec<G1Affine>, Error> {
    let mut g = vec![G1Affine::identity(); check_k(k, "k")?];
    hash_generators(&mut g, 0);
    Ok(g)
}

/// Fills `g` with the generators from index `first` on.
fn hash_generators(g: &mut [G1Affine], first: u32) {
    parallelize(g, |g, start| {
        let hash = G1::hash_to_curve(DOMAIN);
        let mut points = Vec::with_capacity(g.len());
        for (i, _) in (first + start as u32..).zip(g.iter()) {
            let mut message = [0; 5];
            message[1..].copy_from_slice(&i.to_le_bytes());
            points.push(hash(&message));
        }
        G1::batch_normalize(&points, g);
    });
}

/// The first `rows` Lagrange generators of size `k`: row `i` is `Σ_j n⁻¹ ω^(-ij) g[j]`.
fn lagrange_rows(g: &[G1Affine], k: u32, rows: usize) -> Vec<G1Affine> {
    let (omega_inv, n_inv) = inverse_domain(k);
    let mut step = Fr::ONE;
    let mut out = Vec::with_capacity(rows);
    for _ in 0..rows {
        let mut scalars = vec![n_inv; g.len()];
        for j in 1..scalars.len() {
            scalars[j] = scalars[j - 1] * step;
        }
        out.push(best_multiexp(&scalars, g).to_affine());
        step *= omega_inv;
    }
    out
}

/// The inverses of the 2^`k`-th root of unity and of 2^`k`.
pub(crate) fn inverse_domain(k: u32) -> (Fr, Fr) {
    let mut omega_inv = Fr::ROOT_OF_UNITY_INV;
    for _ in k..Fr::S {
        omega_inv = omega_inv.square();
    }
    (omega_inv, Fr::TWO_INV.pow_vartime([u64::from(k)]))
}

#[cfg(test)]
mod tests;
