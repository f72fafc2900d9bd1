//! Both bases, for proving: the powers from the setup, the Lagrange basis made once per size and kept in a file.

use std::path::{Path, PathBuf};

use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G1Affine};

use super::{Setup, check};
use crate::cache::{self, Cached, Loaded, Warning};
use crate::points::{G1_BYTES, read_all_g1, read_g1, write_all_g1};
use crate::tuned::Tuned;
use crate::{Digest, Error, Progress, fft};

impl Setup {
    /// The file of this setup's Lagrange basis of size `k` in the folder `cache`.
    ///
    /// Named by a digest of the powers that it belongs to; holds that digest, the points in canonical form, and the
    /// SHA-256 of both.
    ///
    /// # Errors
    /// If `k` is zero or larger than this setup's.
    pub fn cache_file(&self, k: u32, cache: &Path) -> Result<PathBuf, Error> {
        Ok(path(k, cache, &key(self.first_powers(k)?)))
    }

    /// Parameters for proving with 2^`k` rows. The Lagrange basis comes from the folder `cache`, or is made and kept
    /// there, after the powers have been checked in full.
    ///
    /// # Errors
    /// If `k` is zero or larger than this setup's, or the powers are not powers, or those of a root of unity.
    pub fn prover_params(
        &self,
        k: u32,
        cache: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Loaded<Tuned<ParamsKZG<Bn256>>>, Error> {
        let powers = self.first_powers(k)?;
        let next = self.power_after(k).copied();
        if let Some(next) = &next {
            check::power_after(powers, next, &self.verifier)?;
        }
        let key = key(powers);
        let file = path(k, cache, &key);
        let mut warnings = Vec::new();
        let kept = match cache::load(&file, 32 + G1_BYTES * powers.len(), None) {
            Cached::Missing => None,
            Cached::Damaged(reason) => {
                warnings.push(Warning::Remade { file: file.clone(), reason });
                None
            }
            Cached::Body(body) => {
                let points = parse(&body, &key);
                if points.is_none() {
                    let reason = "points of another setup".to_owned();
                    warnings.push(Warning::Remade { file: file.clone(), reason });
                }
                points
            }
        };
        let from_cache = kept.is_some();
        let lagrange = match kept {
            Some(lagrange) => lagrange,
            None => {
                progress(Progress { stage: "checking the powers", done: 0, total: 1 });
                check::all_steps(powers, &self.verifier)?;
                progress(Progress { stage: "checking the powers", done: 1, total: 1 });
                let lagrange = fft::to_lagrange(powers, k, "changing to the Lagrange basis", progress);
                cache::store(&file, &[&key.0[..], &write_all_g1(&lagrange)].concat(), &mut warnings);
                lagrange
            }
        };
        let params = self.verifier.halo2_params(k, powers.to_vec(), lagrange.clone())?;
        let params = Tuned::new(params, lagrange, next);
        Ok(Loaded { params, from_cache, warnings })
    }
}

/// What a Lagrange basis is computed from.
fn key(powers: &[G1Affine]) -> Digest {
    Digest::of_parts(&[b"Foldproof KZG Lagrange basis v1\0", &write_all_g1(powers)])
}

fn path(k: u32, cache: &Path, key: &Digest) -> PathBuf {
    let name = key.to_string();
    cache.join(format!("kzg-lagrange-{}-k{k}.bin", name.get(..16).unwrap_or(&name)))
}

fn parse(body: &[u8], key: &Digest) -> Option<Vec<G1Affine>> {
    let points = body.strip_prefix(&key.0)?;
    read_all_g1(points, read_g1).ok()
}
