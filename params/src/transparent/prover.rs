//! Both bases, for proving: made once with progress, then read from a file.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::parallelize;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2curves::bn256::G1Affine;
use halo2curves::group::GroupEncoding;

use super::{halo2_bytes, hash_generators, pinned_digest};
use crate::cache::{self, Cached, Loaded, Warning};
use crate::points::{COMPRESSED, compress_all_g1};
use crate::tuned::Tuned;
use crate::{Digest, Error, ErrorKind, Progress, check_k, fft};

/// Points hashed, or read, between two reports.
const BLOCK: usize = 1024;

/// The file of the parameters of size `k` in the folder `cache`.
///
/// It holds what `ParamsIPA::write` writes, followed by the SHA-256 of that; for the sizes of [`pinned_digest`] the
/// digest is the pinned one, so that anybody can check the pin with a few lines of halo2.
pub fn cache_file(k: u32, cache: &Path) -> PathBuf {
    cache.join(format!("ipa-bn256-k{k}.bin"))
}

/// Parameters for proving with 2^`k` rows: from the folder `cache`, or made and kept there.
///
/// Stages reported: hashing generators, changing to the Lagrange basis, loading into halo2. A file that cannot be
/// read, is damaged or cannot be written costs time and is told in [`Loaded::warnings`].
///
/// # Errors
/// If `k` is not in 1..=[`MAX_K`](crate::MAX_K), or if what this machine computed is not what is pinned.
pub fn prover_params(
    k: u32,
    cache: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded<Tuned<ParamsIPA<G1Affine>>>, Error> {
    let n = check_k(k, "k")?;
    let file = cache_file(k, cache);
    let mut warnings = Vec::new();
    match cache::load(&file, 4 + 2 * n * COMPRESSED + 2 * COMPRESSED, pinned_digest(k)) {
        Cached::Body(body) => {
            return Ok(Loaded { params: load(&body, progress)?, from_cache: true, warnings });
        }
        Cached::Damaged(reason) => warnings.push(Warning::Remade { file: file.clone(), reason }),
        Cached::Missing => {}
    }
    let body = make(k, n, progress);
    let found = Digest::of(&body);
    if let Some(pin) = pinned_digest(k).filter(|pin| *pin != found) {
        return Err(Error::new(ErrorKind::Digest, format!("transparent parameters of k = {k}"))
            .expected(pin)
            .found(found)
            .advice("this machine computed wrongly: check its memory and the build, then try again"));
    }
    cache::store(&file, &body, &mut warnings);
    Ok(Loaded { params: load(&body, progress)?, from_cache: false, warnings })
}

/// halo2's bytes of both bases.
pub(super) fn make(k: u32, n: usize, progress: &mut dyn FnMut(Progress)) -> Vec<u8> {
    let stage = "hashing generators to the curve";
    let mut g = vec![G1Affine::identity(); n];
    progress(Progress { stage, done: 0, total: n as u64 });
    let mut first = 0;
    for block in g.chunks_mut(BLOCK) {
        hash_generators(block, first);
        first += block.len() as u32;
        progress(Progress { stage, done: first.into(), total: n as u64 });
    }
    let lagrange = fft::to_lagrange(&g, k, "changing to the Lagrange basis", progress);
    halo2_bytes(k, &compress_all_g1(&g), &compress_all_g1(&lagrange))
}

/// Hands bytes to halo2, which reads point after point on one core.
fn load(body: &[u8], progress: &mut dyn FnMut(Progress)) -> Result<Tuned<ParamsIPA<G1Affine>>, Error> {
    let mut reader = Counted { bytes: body, total: body.len(), next: 0, progress };
    let params: ParamsIPA<G1Affine> =
        ParamsIPA::read(&mut reader).map_err(|e| Error::backend("transparent parameters", e))?;
    // The Lagrange basis comes second; halo2 does not give it away.
    let bytes = body.get(4 + params.get_g().len() * COMPRESSED..).unwrap_or_default();
    let (points, _) = bytes.as_chunks::<COMPRESSED>();
    let mut lagrange = vec![G1Affine::identity(); params.get_g().len()];
    parallelize(&mut lagrange, |lagrange, start| {
        for (point, bytes) in lagrange.iter_mut().zip(points.iter().skip(start)) {
            let mut repr = <G1Affine as GroupEncoding>::Repr::default();
            repr.as_mut().copy_from_slice(bytes);
            *point = Option::from(G1Affine::from_bytes(&repr)).unwrap_or(*point);
        }
    });
    Ok(Tuned::new(params, lagrange, None))
}

/// A reader that says how far it is.
struct Counted<'a> {
    bytes: &'a [u8],
    total: usize,
    next: usize,
    progress: &'a mut dyn FnMut(Progress),
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        let done = self.total - self.bytes.len();
        if done >= self.next {
            self.next = (done + BLOCK * COMPRESSED).min(self.total);
            (self.progress)(Progress {
                stage: "loading the parameters",
                done: done as u64,
                total: self.total as u64,
            });
        }
        Ok(count)
    }
}
