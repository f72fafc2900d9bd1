use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use halo2_proofs::poly::EvaluationDomain;
use halo2_proofs::poly::commitment::{Blind, ParamsProver};
use halo2curves::group::GroupEncoding;

use super::prover::make;
use super::*;
use crate::{Progress, Warning};

fn written<'p>(params: &impl Params<'p, G1Affine>) -> Vec<u8> {
    let mut bytes = Vec::new();
    params.write(&mut bytes).unwrap();
    bytes
}

/// halo2's bytes of the full parameters, the size that several tests use made once.
fn quiet(k: u32) -> Vec<u8> {
    static THIRTEEN: LazyLock<Vec<u8>> = LazyLock::new(|| make(13, 1 << 13, &mut |_| {}));
    if k == 13 { THIRTEEN.clone() } else { make(k, 1 << k, &mut |_| {}) }
}

#[test]
fn equals_halo2() {
    for k in [1, 6, 10] {
        let halo2 = ParamsIPA::<G1Affine>::new(k);
        assert!(quiet(k) == written(&halo2), "k = {k}");
        assert!(generator_bytes(k).unwrap() == compress_all_g1(halo2.get_g()));
    }
    let (six, ten) = (generator_bytes(6).unwrap(), generator_bytes(10).unwrap());
    assert!(ten.starts_with(&six), "generators of small k are a prefix");
}

/// A column whose first `rows` values are not zero is committed equally by the verifier's parameters.
#[test]
fn verifier_commits_public_rows_equally() {
    for (k, rows) in [(1, 2), (3, 8), (6, 32), (10, 16), (13, 32)] {
        let body = quiet(k);
        let full = ParamsIPA::<G1Affine>::read(&mut &body[..]).unwrap();
        let bare = verifier_params(k, rows).unwrap();
        assert!(bare.get_g() == full.get_g());
        let domain = EvaluationDomain::new(1, k);
        for used in 0..=rows {
            let mut column = domain.empty_lagrange();
            for (i, value) in column.iter_mut().take(used).enumerate() {
                *value = -Fr::from(1 + 7 * i as u64).square() * Fr::TWO_INV;
            }
            for blind in [Blind::default(), Blind(Fr::from(5))] {
                let (full, bare) =
                    (full.commit_lagrange(&column, blind), bare.commit_lagrange(&column, blind));
                assert_eq!(full, bare, "k = {k}, {used} rows");
            }
        }
    }
}

/// Why callers must count the rows: a value behind the pinned generators leaves no trace.
#[test]
fn a_later_row_is_not_bound() {
    for (k, rows) in [(10, UNPINNED_ROWS), (11, PUBLIC_ROWS)] {
        let params = verifier_params(k, rows).unwrap();
        let empty = EvaluationDomain::<Fr>::new(1, k).empty_lagrange();
        for (row, bound) in [(rows - 1, true), (rows, false)] {
            let mut column = empty.clone();
            column[row] = Fr::from(5);
            let commit = |column| params.commit_lagrange(column, Blind::default());
            assert_eq!(commit(&column) != commit(&empty), bound, "k = {k}, row {row}");
        }
    }
}

#[test]
fn verifier_params_are_made_once_and_bounded() {
    let first = verifier_params(5, 16).unwrap();
    assert!(std::ptr::eq(first, verifier_params(5, 3).unwrap()));
    for (k, rows) in [(0, 0), (MAX_K + 1, 1), (u32::MAX, 1), (5, 33), (3, 9), (10, 34), (11, 196)] {
        assert_eq!(verifier_params(k, rows).unwrap_err().kind(), ErrorKind::Range, "k = {k}, rows = {rows}");
    }
}

#[test]
fn kept_generators_are_checked() {
    let good = generator_bytes(13).unwrap();
    let params = verifier_params_from(13, 16, &good).unwrap();
    assert!(std::ptr::eq(params, verifier_params(13, 16).unwrap()));
    for at in (0..good.len()).step_by(10_007) {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        assert_eq!(verifier_params_from(13, 16, &bad).unwrap_err().kind(), ErrorKind::Digest, "byte {at}");
    }
    for bad in [&[][..], &good[1..], &good[..good.len() - 32], &[&good[..], &[0]].concat()] {
        assert_eq!(verifier_params_from(13, 16, bad).unwrap_err().kind(), ErrorKind::Length);
    }
    assert_eq!(verifier_params_from(10, 16, &good[..32 << 10]).unwrap_err().kind(), ErrorKind::Range);
}

#[test]
fn cache_is_used_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let k = 7;
    let file = cache_file(k, folder.path());
    let mut stages: Vec<&str> = Vec::new();
    let mut load = || {
        stages.clear();
        let loaded = prover_params(k, folder.path(), &mut |Progress { stage, done, total }| {
            assert!(done <= total);
            if stages.last() != Some(&stage) {
                stages.push(stage);
            }
        });
        (loaded.unwrap(), stages.len())
    };
    let (made, made_in) = load();
    assert_eq!((made.from_cache, &made.warnings[..], made_in), (false, &[][..], 3));
    let good = fs::read(&file).unwrap();
    let (read, read_in) = load();
    assert_eq!((read.from_cache, &read.warnings[..], read_in), (true, &[][..], 1));
    assert!(written(&read.params) == written(&made.params));

    let mut flipped = good.clone();
    flipped[1000] ^= 4;
    for bad in [&flipped, &good[..good.len() - 1], &[][..], &[&good[..], b" "].concat()] {
        fs::write(&file, bad).unwrap();
        let (repaired, _) = load();
        assert!(!repaired.from_cache);
        assert!(matches!(&repaired.warnings[..], [Warning::Remade { file: named, .. }] if *named == file));
        assert!(fs::read(&file).unwrap() == good, "the file is good again");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary files");

    // Nowhere to keep it: only a warning.
    let kept_out = prover_params(k, &file, &mut |_| {}).unwrap();
    assert!(matches!(kept_out.warnings.last(), Some(Warning::NotKept { .. })), "{:?}", kept_out.warnings);
    assert!(prover_params(0, folder.path(), &mut |_| {}).is_err());
    assert!(prover_params(40, folder.path(), &mut |_| {}).is_err());
}

/// Recomputes what is pinned: k = 11 to 13 always, all sizes under `BLESS=1`, which writes the pins instead.
#[test]
fn pins() {
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let mut lines = String::new();
    let mut lagrange = Vec::new();
    for pin in &pins::PINS[..if bless { pins::PINS.len() } else { 3 }] {
        let k = pin.k;
        let body = quiet(k);
        let basis = |index: usize| &body[4 + ((index * COMPRESSED) << k)..][..COMPRESSED << k];
        let rows = &basis(1)[..PUBLIC_ROWS * COMPRESSED];
        let (generators, params) = (Digest::of(basis(0)), Digest::of(&body));
        if bless {
            lines += &format!(
                "    Pin {{\n        k: {k},\n        generators: Digest::pinned(\"{generators}\"),\n        \
                 params: Digest::pinned(\"{params}\"),\n    }},\n"
            );
            lagrange.extend(rows);
            continue;
        }
        assert_eq!(generators, pin.generators, "k = {k}");
        assert_eq!(params, pin.params, "k = {k}");
        assert!(pin.lagrange() == rows, "k = {k}");
        // The same rows by another way, one sum per row.
        let points: Vec<G1Affine> = (basis(0).chunks_exact(COMPRESSED))
            .map(|bytes| {
                let mut repr = <G1Affine as GroupEncoding>::Repr::default();
                repr.as_mut().copy_from_slice(bytes);
                G1Affine::from_bytes(&repr).unwrap()
            })
            .collect();
        assert!(compress_all_g1(&lagrange_rows(&points, k, PUBLIC_ROWS)) == rows, "k = {k}");
    }
    if bless {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::write(root.join("pinned/lagrange.bin"), &lagrange).unwrap();
        let source = root.join("src/transparent/pins.rs");
        let text = fs::read_to_string(&source).unwrap();
        let (before, rest) = text.split_once("= [\n").unwrap();
        let (_, after) = rest.split_once("\n];").unwrap();
        fs::write(&source, format!("{before}= [\n{}\n];{after}", lines.trim_end())).unwrap();
    }
}

/// The pins are halo2's own parameters, all sizes. Minutes: `cargo test --release -p foldproof-params -- --ignored`.
#[test]
#[ignore = "halo2 takes minutes to make the large sizes"]
fn pins_are_halo2s() {
    for pin in &pins::PINS {
        let halo2 = ParamsIPA::<G1Affine>::new(pin.k);
        assert_eq!(Digest::of(&written(&halo2)), pin.params, "k = {}", pin.k);
        assert_eq!(Digest::of(&compress_all_g1(halo2.get_g())), pin.generators, "k = {}", pin.k);
        let column = &written(&halo2)[4 + (COMPRESSED << pin.k)..][..PUBLIC_ROWS * COMPRESSED];
        assert!(pin.lagrange() == column, "k = {}", pin.k);
    }
}
