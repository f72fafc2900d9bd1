use std::fs;
use std::path::Path;

use ff::{Field, PrimeField};
use group::Curve;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2curves::CurveAffine;
use halo2curves::bn256::{Fq, Fq2, Fr};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::Warning;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn setup(k: u32) -> Setup {
    insecure_test_setup(k, rng(7)).unwrap()
}

fn written<'p>(params: &impl Params<'p, G1Affine>) -> Vec<u8> {
    let mut bytes = Vec::new();
    params.write(&mut bytes).unwrap();
    bytes
}

/// A point of the twist that is not in the group of prime order: almost any point is.
pub(super) fn outside_the_subgroup() -> G2Affine {
    (1u64..)
        .find_map(|x| {
            let x = Fq2 { c0: Fq::from(x), c1: Fq::ONE };
            let y = Option::<Fq2>::from((x.square() * x + G2Affine::b()).sqrt())?;
            Option::from(G2Affine::from_xy(x, y))
        })
        .unwrap()
}

/// The positions of a setup file's parts.
struct Layout {
    digest: usize,
    powers: usize,
    g2: usize,
    s_g2: usize,
}

fn layout(setup: &Setup) -> Layout {
    let digest = 12 + setup.provenance().len();
    let powers = digest + 32;
    let g2 = powers + 64 * setup.powers.len();
    Layout { digest, powers, g2, s_g2: g2 + 128 }
}

/// Puts `change` into a setup file at `at` and makes the digest right again.
fn forged(setup: &Setup, at: usize, change: &[u8]) -> Vec<u8> {
    let mut bytes = setup.to_bytes();
    bytes[at..at + change.len()].copy_from_slice(change);
    let digest = layout(setup).digest;
    let fixed = Digest::of_parts(&[&bytes[..digest], &bytes[digest + 32..]]);
    bytes[digest..digest + 32].copy_from_slice(&fixed.0);
    bytes
}

/// The setup as it was written before files had the last power.
fn old(setup: &Setup) -> Vec<u8> {
    let Layout { digest, g2, .. } = layout(setup);
    let mut bytes = setup.to_bytes();
    bytes.drain(g2 - 64..g2);
    bytes[6] = 1;
    let fixed = Digest::of_parts(&[&bytes[..digest], &bytes[digest + 32..]]);
    bytes[digest..digest + 32].copy_from_slice(&fixed.0);
    bytes
}

/// The prime of the coordinates, plus `value`, little-endian: not canonical.
fn above_the_prime(value: u8) -> [u8; 32] {
    let mut bytes = (-Fq::ONE).to_repr();
    bytes[0] += 1 + value; // ends in 0x46
    bytes
}

#[test]
fn written_files_are_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.fpkzg");
    for k in [1, 2, 6] {
        let setup = setup(k);
        setup.write(&file).unwrap();
        let read = Setup::read(&file).unwrap();
        assert_eq!((read.k(), read.id(), read.digest()), (k, setup.id(), setup.digest()));
        assert_eq!((read.powers.len(), &read.powers), ((1 << k) + 1, &setup.powers));
        assert_eq!(read.proves_up_to(), k);
        assert_eq!((read.provenance(), read.verifier()), (setup.provenance(), setup.verifier()));
        assert!(read.is_insecure() && read.provenance().starts_with("INSECURE"));
        assert!(read.id().to_string().starts_with("INSECURE "));
        assert_eq!(read.to_bytes(), fs::read(&file).unwrap());
        read.check_powers().unwrap();
    }
    let missing = Setup::read(&folder.path().join("none")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert!(missing.to_string().contains("none"), "{missing}");
}

#[test]
fn every_flip_and_every_cut_is_noticed() {
    let good = setup(2).to_bytes();
    Setup::from_bytes(&good).unwrap();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert!(Setup::from_bytes(&bad).is_err(), "byte {at}, bit {bit}");
        }
        assert!(Setup::from_bytes(&good[..at]).is_err(), "cut to {at}");
    }
    assert_eq!(Setup::from_bytes(&[&good[..], &[0]].concat()).unwrap_err().kind(), ErrorKind::Length);
}

#[test]
fn forged_files_are_refused() {
    use ErrorKind::*;
    let setup = setup(3);
    let Layout { powers, g2, s_g2, .. } = layout(&setup);
    let other = write_g1(&(G1Affine::generator() * Fr::from(5)).to_affine());
    let other2 = write_g2(&(G2Affine::generator() * Fr::from(5)).to_affine());
    let mut off = other2;
    off[64] ^= 1;
    let cases: &[(&str, usize, &[u8], ErrorKind)] = &[
        ("magic", 0, b"FPKZH", Magic),
        ("version 0", 6, &[0, 0], Version),
        ("version 3", 6, &[3, 0], Version),
        ("version 1 of a file with the last power", 6, &[1, 0], Length),
        ("k = 0", 8, &[0], Range),
        ("k = 23", 8, &[23], Range),
        ("k = 255", 8, &[255], Range),
        ("k = 22 of a small file", 8, &[22], Length),
        ("k = 2 of a larger file", 8, &[2], Length),
        ("an unknown flag", 9, &[3], Flags),
        ("the insecure flag taken off", 9, &[0], Flags),
        ("a long provenance", 10, &[0xff, 0xff], Text),
        ("another length of the provenance", 10, &[1, 0], Length),
        ("a provenance that is not UTF-8", 12 + 9, &[0xff], Text),
        ("a provenance of two lines", 12 + 9, b"\n", Text),
        ("a provenance that hides the flag", 12, b"OPEN", Flags),
        ("x not canonical", powers, &above_the_prime(1), Coordinate),
        ("y not canonical", powers + 64 * 3 + 32, &above_the_prime(0), Coordinate),
        ("x above every prime", powers + 64, &[0xff; 32], Coordinate),
        ("a point off the curve", powers + 64 * 4, &[9], OffCurve),
        ("zero among the powers", powers + 64 * 7, &[0; 64], Identity),
        ("another g", powers, &other, Generator),
        ("another first power", powers + 64, &other, Pairing),
        ("g2 not canonical", g2 + 32, &above_the_prime(1), Coordinate),
        ("g2 off the curve", g2, &off, OffCurve),
        ("zero for s_g2", s_g2, &[0; 128], Identity),
        ("s_g2 outside the subgroup", s_g2, &write_g2(&outside_the_subgroup()), Subgroup),
        ("another g2", g2, &other2, Generator),
        ("another s_g2", s_g2, &other2, Pairing),
        ("the secret 1", s_g2, &write_g2(&G2Affine::generator()), KnownSecret),
    ];
    for (what, at, change, kind) in cases {
        let error = Setup::from_bytes(&forged(&setup, *at, change)).unwrap_err();
        assert_eq!(error.kind(), *kind, "{what}: {error}");
    }
}

#[test]
fn a_wrong_power_is_found_before_use() {
    let folder = tempfile::tempdir().unwrap();
    let good = setup(4);
    let Layout { powers, .. } = layout(&good);
    let other = write_g1(&(G1Affine::generator() * Fr::from(5)).to_affine());
    for i in 2..=16 {
        let bad = Setup::from_bytes(&forged(&good, powers + 64 * i, &other)).unwrap();
        assert_eq!(bad.check_powers().unwrap_err().kind(), ErrorKind::Powers, "power {i}");
        assert_eq!(bad.prover_params(4, folder.path(), &mut |_| {}).unwrap_err().kind(), ErrorKind::Powers);
    }
    // The last power is looked at even if the others have been.
    good.prover_params(4, folder.path(), &mut |_| {}).unwrap();
    let bad = Setup::from_bytes(&forged(&good, powers + 64 * 16, &other)).unwrap();
    assert_eq!(bad.prover_params(4, folder.path(), &mut |_| {}).unwrap_err().field(), "g1[16]");
    fs::remove_file(good.cache_file(4, folder.path()).unwrap()).unwrap();
    // Two good powers in each other's place.
    let (third, fourth) = (write_g1(&good.powers[3]), write_g1(&good.powers[4]));
    let swapped = forged(&good, powers + 64 * 3, &[fourth, third].concat());
    assert_eq!(Setup::from_bytes(&swapped).unwrap().check_powers().unwrap_err().kind(), ErrorKind::Powers);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was kept");
}

#[test]
fn equals_halo2_and_caches_the_lagrange_basis() {
    let folder = tempfile::tempdir().unwrap();
    // halo2's own setup draws the same secret from the same generator.
    let halo2 = ParamsKZG::<Bn256>::setup(6, rng(7));
    let setup = setup(6);
    assert_eq!(&setup.powers[..64], halo2.get_g());
    let load = |k| setup.prover_params(k, folder.path(), &mut |_| {}).unwrap();
    let made = load(6);
    assert!(written(&made.params) == written(&halo2));
    assert_eq!((made.from_cache, made.warnings), (false, vec![]));
    let read = load(6);
    assert!(written(&read.params) == written(&halo2));
    assert_eq!((read.from_cache, read.warnings), (true, vec![]));

    // Smaller sizes, also through a trimmed setup, which finds what the large one kept.
    let mut smaller = halo2.clone();
    smaller.downsize(4);
    assert!(written(&load(4).params) == written(&smaller));
    let trimmed = setup.trim(4).unwrap();
    assert_eq!((trimmed.k(), trimmed.id()), (4, setup.id()));
    assert_ne!(trimmed.digest(), setup.digest());
    assert!(trimmed.prover_params(4, folder.path(), &mut |_| {}).unwrap().from_cache);
    for k in [0, 5, 23, 64] {
        assert_eq!(trimmed.trim(k).unwrap_err().kind(), ErrorKind::Range, "k = {k}");
        assert!(trimmed.prover_params(k, folder.path(), &mut |_| {}).is_err());
    }

    // Damage, and the file of another setup under this name.
    let file = setup.cache_file(6, folder.path()).unwrap();
    let good = fs::read(&file).unwrap();
    let stranger = insecure_test_setup(6, rng(8)).unwrap();
    stranger.prover_params(6, folder.path(), &mut |_| {}).unwrap();
    let strange = fs::read(stranger.cache_file(6, folder.path()).unwrap()).unwrap();
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    for bad in [&flipped, &good[..good.len() / 2], &strange] {
        fs::write(&file, bad).unwrap();
        let repaired = load(6);
        assert!(matches!(&repaired.warnings[..], [Warning::Remade { .. }]), "{:?}", repaired.warnings);
        assert!(written(&repaired.params) == written(&halo2));
        assert!(fs::read(&file).unwrap() == good);
    }
    let nowhere = setup.prover_params(6, Path::new("/dev/null/cache"), &mut |_| {}).unwrap();
    assert!(matches!(nowhere.warnings.last(), Some(Warning::NotKept { .. })), "{:?}", nowhere.warnings);
}

#[test]
fn verifier_setups_are_strict() {
    let good = setup(2).verifier();
    let bytes = good.to_bytes();
    assert_eq!(VerifierSetup::from_bytes(&bytes).unwrap(), good);
    assert_eq!(VerifierSetup::from_bytes(&bytes).unwrap().digest(), setup(5).id().digest);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bad = bytes;
            bad[at] ^= 1 << bit;
            assert!(VerifierSetup::from_bytes(&bad).is_err(), "byte {at}, bit {bit}");
        }
        assert_eq!(VerifierSetup::from_bytes(&bytes[..at]).unwrap_err().kind(), ErrorKind::Length);
    }
    assert!(VerifierSetup::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    let mut outside = bytes;
    outside[192..].copy_from_slice(&write_g2(&outside_the_subgroup()));
    assert_eq!(VerifierSetup::from_bytes(&outside).unwrap_err().kind(), ErrorKind::Subgroup);
    assert_ne!(good.digest(), insecure_test_setup(2, rng(9)).unwrap().id().digest);

    let params = good.verifier_params(13).unwrap();
    assert_eq!((params.k(), params.n(), params.get_g()), (13, 1 << 13, &[good.g][..]));
    assert_eq!((params.g2(), params.s_g2()), (good.g2, good.s_g2));
    for k in [0, 23, 64, u32::MAX] {
        assert_eq!(good.verifier_params(k).unwrap_err().kind(), ErrorKind::Range);
    }
}

/// Files that were written before they had the last power are what they were: digest, identity, parameters, verifiers' bytes; they
/// prove half as many rows, and say so.
#[test]
fn old_files_verify_and_prove_a_size_less() {
    let folder = tempfile::tempdir().unwrap();
    let new = setup(4);
    let bytes = old(&new);
    let file = folder.path().join("old.kzg");
    fs::write(&file, &bytes).unwrap();
    let read = Setup::read(&file).unwrap();
    assert_eq!((read.k(), read.powers.len(), read.proves_up_to()), (4, 16, 3));
    assert_eq!((read.id(), read.verifier()), (new.id(), new.verifier()));
    assert_eq!(read.to_bytes(), bytes);
    assert_ne!(read.digest(), new.digest(), "the digest is that of the file");
    read.check_powers().unwrap();
    let load = |setup: &Setup, k| setup.prover_params(k, folder.path(), &mut |_| {}).unwrap();
    let made = load(&new, 4);
    let again = load(&read, 4);
    assert!(again.from_cache && written(&again.params) == written(&made.params));
    assert_eq!((made.params.most_coefficients(), again.params.most_coefficients()), (17, 16));
    assert_eq!(load(&read, 3).params.most_coefficients(), 9);

    new.check_proves(4).unwrap();
    read.check_proves(3).unwrap();
    let error = read.check_proves(4).unwrap_err();
    assert_eq!((error.kind(), error.field(), error.file()), (ErrorKind::Length, "g1", Some(&*file)));
    assert!(
        error.to_string().contains("expected 17 powers") && error.to_string().contains("import"),
        "{error}"
    );
    for k in [0, 5, 64] {
        assert_eq!(new.check_proves(k).unwrap_err().kind(), ErrorKind::Range);
    }
    // What is cut from a setup has the last power whenever there is one.
    assert_eq!(
        (new.trim(4).unwrap().digest(), read.trim(4).unwrap().digest()),
        (new.digest(), read.digest())
    );
    assert_eq!(
        (new.trim(2).unwrap().digest(), read.trim(2).unwrap().proves_up_to()),
        (read.trim(2).unwrap().digest(), 2)
    );
    // Flips and cuts are noticed as in new files.
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert!(Setup::from_bytes(&bad).is_err(), "byte {at}");
        assert!(Setup::from_bytes(&bytes[..at]).is_err(), "cut to {at}");
    }
}

#[test]
fn the_last_power_commits_to_a_coefficient_more() {
    let folder = tempfile::tempdir().unwrap();
    let setup = setup(4);
    let load = |k| setup.prover_params(k, folder.path(), &mut |_| {}).unwrap().params;
    let (small, large) = (load(3), load(4));
    let mut rng = rng(1);
    for count in 0..=9 {
        let coefficients: Vec<Fr> = (0..count).map(|_| Fr::random(&mut rng)).collect();
        let expected = large.commit_coefficients(&coefficients, Fr::ZERO);
        assert_eq!(small.commit_coefficients(&coefficients, Fr::ONE), expected, "{count}");
    }
}

/// Commitments to columns would be commitments to their values in a row.
#[test]
fn a_secret_that_is_a_row_of_the_domain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for k in 1..=3 {
        let root = Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - k)]);
        let setup = insecure::of_secret(3, root).unwrap();
        setup.check_powers().unwrap();
        for size in 1..=3 {
            let made = setup.prover_params(size, folder.path(), &mut |_| {});
            assert_eq!(
                made.err().map(|error| error.kind()),
                (size >= k).then_some(ErrorKind::KnownSecret),
                "{k} {size}"
            );
        }
    }
}
