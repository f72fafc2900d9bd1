//! Ceremony files made by `tests/data/make-ptau.sh`, whole and broken in every way.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use halo2curves::bn256::{Fq2, G2Affine};
use halo2curves::serde::SerdeObject;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::tests::outside_the_subgroup;
use super::*;

/// `b2sum tests/data/toy-06.ptau`
const TOY_06_BLAKE2B: &str = "f6d2d50171b22470c918a589e15ec71b36cb30646f083649ffa4cfbb53a184d06d8e8f6dc59fbd5203f976161b1dc624a8b102803b95e179653f0b639e17df97";

/// Where the sections of toy-06.ptau lie: contents, not the 12 bytes before each.
const HEADER: usize = 24;
const TAU_G1: usize = HEADER + 44 + 12;
const TAU_G2: usize = TAU_G1 + 127 * 64 + 12;
const ALPHA: usize = TAU_G2 + 64 * 128 + 12;
const BETA: usize = ALPHA + 64 * 64 + 12;
const BETA_G2: usize = BETA + 64 * 64 + 12;
const CONTRIBUTIONS: usize = BETA_G2 + 128 + 12;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn toy() -> Vec<u8> {
    std::fs::read(path("toy-06.ptau")).unwrap()
}

fn options(k: u32) -> PtauImport<'static> {
    PtauImport { k, note: "toy", insecure: true, blake2b: None }
}

fn import(bytes: &[u8], k: u32) -> Result<Setup, Error> {
    import_ptau_from(Cursor::new(bytes), Path::new("test.ptau"), options(k), &mut |_| {})
}

fn refused(what: &str, bytes: &[u8], kind: ErrorKind) {
    let error = import(bytes, 4).unwrap_err();
    assert_eq!(error.kind(), kind, "{what}: {error}");
    assert!(error.to_string().starts_with("test.ptau: "), "{error}");
}

/// The toy with `change` written at `at`.
fn with(at: usize, change: &[u8]) -> Vec<u8> {
    let mut bytes = toy();
    bytes[at..at + change.len()].copy_from_slice(change);
    bytes
}

#[test]
fn imports_every_size_and_both_kinds() {
    let mut stages = Vec::new();
    let full = import_ptau(&path("toy-06.ptau"), options(6), &mut |progress| stages.push(progress)).unwrap();
    assert!(stages.iter().all(|progress| progress.done <= progress.total) && !stages.is_empty());
    assert_eq!(
        full.provenance(),
        "INSECURE: snarkjs powers of tau, 2^6 of 2^6 (ceremony 2^6), 3 contributions; toy"
    );
    for k in 1..=6 {
        let setup = import(&toy(), k).unwrap();
        assert_eq!((setup.k(), setup.id(), &setup.powers[..]), (k, full.id(), &full.powers[..(1 << k) + 1]));
        assert_eq!(Setup::from_bytes(&setup.to_bytes()).unwrap().digest(), setup.digest());
    }
    let prepared = import_ptau(&path("toy-04-prepared.ptau"), options(4), &mut |_| {}).unwrap();
    assert_eq!((prepared.id(), &prepared.powers[..]), (full.id(), &full.powers[..17]));
    assert!(prepared.provenance().contains("2^4 of 2^4 (ceremony 2^6), 3 contributions"));

    let claimed = PtauImport { insecure: false, ..options(6) };
    let claimed = import_ptau(&path("toy-06.ptau"), claimed, &mut |_| {}).unwrap();
    assert_eq!((claimed.is_insecure(), claimed.id().digest), (false, full.id().digest));
    let posing = PtauImport { note: "INSECURE", insecure: false, ..options(6) };
    assert!(!import_ptau(&path("toy-06.ptau"), posing, &mut |_| {}).unwrap().is_insecure());
}

/// `toy-02-v1.fpkzg` was imported from `toy-06.ptau` by the program as it was before setups had the last power.
#[test]
fn what_was_imported_before_is_the_same_setup() {
    let old = Setup::read(&path("toy-02-v1.fpkzg")).unwrap();
    assert_eq!(old.digest().to_string(), "b49eaec6bed82531f0de2827113609ae7dca4e19ed67bc2951b0cc00c9cf54dc");
    assert_eq!(
        old.id().digest.to_string(),
        "cb42a96a1356bf8e25c334fa5ad7657428c9099e7b971a47380de55835d18f58"
    );
    let new = import(&toy(), 2).unwrap();
    assert_eq!((new.id(), new.verifier().to_bytes()), (old.id(), old.verifier().to_bytes()));
    assert_eq!((&new.powers[..4], new.powers.len()), (&old.powers[..], 5));
    assert_eq!((new.provenance(), new.proves_up_to(), old.proves_up_to()), (old.provenance(), 2, 1));
}

#[test]
fn options_are_checked() {
    for k in [0, 7, 22, 23, 64] {
        assert_eq!(import(&toy(), k).unwrap_err().kind(), ErrorKind::Range, "k = {k}");
    }
    let long = "x".repeat(MAX_PROVENANCE);
    for note in [&long, "two\nlines"] {
        let options = PtauImport { note, ..options(3) };
        let error = import_ptau(&path("toy-06.ptau"), options, &mut |_| {}).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Text);
    }
    let mut published = [0; 64];
    hex::decode_to_slice(TOY_06_BLAKE2B, &mut published).unwrap();
    let right = PtauImport { blake2b: Some(published), ..options(6) };
    let right = import_ptau(&path("toy-06.ptau"), right, &mut |_| {}).unwrap();
    assert!(right.provenance().ends_with(&format!("BLAKE2b-512 {TOY_06_BLAKE2B}; toy")));
    published[63] ^= 1;
    let wrong = PtauImport { blake2b: Some(published), ..options(6) };
    let error = import_ptau(&path("toy-06.ptau"), wrong, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Digest, "{error}");
    assert_eq!(import_ptau(&path("none"), options(6), &mut |_| {}).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(import_ptau(&path("."), options(6), &mut |_| {}).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn a_name_that_was_published_stands_for_its_hash() {
    for name in ["powersOfTau28_hez_final_08.ptau", "folder/ppot_0080_17.ptau"] {
        let error =
            import_ptau_from(Cursor::new(toy()), Path::new(name), options(4), &mut |_| {}).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Digest, "{name}: {error}");
        assert!(error.to_string().contains("not the file that was published"), "{error}");
    }
    // So does its length, whatever the name.
    let mut long = toy();
    long.resize(378_008, 0);
    let error =
        import_ptau_from(Cursor::new(&long), Path::new("pot.ptau"), options(4), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Digest, "{error}");
    assert!(error.to_string().contains("--blake2b"), "{error}");
    // A hash of one's own goes before the table.
    let mut own = [0; 64];
    hex::decode_to_slice(TOY_06_BLAKE2B, &mut own).unwrap();
    let options = PtauImport { blake2b: Some(own), ..options(4) };
    let name = Path::new("powersOfTau28_hez_final_08.ptau");
    assert!(import_ptau_from(Cursor::new(toy()), name, options, &mut |_| {}).is_ok());
}

#[test]
fn a_ceremony_without_contributions_is_refused() {
    let untouched = std::fs::read(path("untouched-02.ptau")).unwrap();
    assert_eq!(import(&untouched, 2).unwrap_err().kind(), ErrorKind::KnownSecret);
    // Claiming a contribution does not help: the secret is still 1.
    let mut claiming = untouched.clone();
    let count = claiming.len() - 4;
    claiming[count] = 1;
    assert_eq!(import(&claiming, 2).unwrap_err().kind(), ErrorKind::KnownSecret);
    refused("no contributions", &with(CONTRIBUTIONS, &[0; 4]), ErrorKind::KnownSecret);
}

#[test]
fn broken_containers_are_refused() {
    use ErrorKind::*;
    refused("magic", &with(0, b"zkey"), Magic);
    refused("version", &with(4, &[2]), Version);
    refused("no sections", &with(8, &[0]), Length);
    refused("more sections than there are", &with(8, &[8]), Length);
    refused("fewer sections than there are", &with(8, &[6]), Length);
    refused("very many sections", &with(8, &[0xff; 4]), Section);
    for (what, contents) in [("header", HEADER), ("tauG1", TAU_G1), ("betaG2", BETA_G2)] {
        refused(what, &with(contents - 8, &[0xff; 8]), Section);
        refused(what, &with(contents - 8, &(1u64 << 40).to_le_bytes()), Section);
        refused(what, &with(contents - 8, &(u64::MAX - contents as u64).to_le_bytes()), Section);
    }
    refused("no header", &with(HEADER - 12, &[99]), Section);
    refused("no tauG1", &with(TAU_G1 - 12, &[99]), Section);
    refused("tauG1 twice", &with(TAU_G2 - 12, &[2]), Section);
    refused("no contributions", &with(CONTRIBUTIONS - 12, &[8]), Section);
    refused("bytes behind the end", &[&toy()[..], &[0; 12]].concat(), Length);
    refused("width", &with(HEADER, &[48]), Prime);
    refused("prime", &with(HEADER + 4, &[0]), Prime);
    refused("power 0", &with(HEADER + 36, &[0]), Range);
    refused("power above the ceremony's", &with(HEADER + 36, &[7]), Range);
    refused("power that shifts out", &with(HEADER + 36, &[0xff; 8]), Range);
    refused("power 28 of a small file", &with(HEADER + 36, &[28, 0, 0, 0, 28]), Length);
    refused("a power below the file's", &with(HEADER + 36, &[5]), Length);
    let bytes = toy();
    for len in (0..bytes.len()).step_by(101).chain([3, 4, 8, 11, 12, 23, 24, 67, bytes.len() - 1]) {
        assert!(import(&bytes[..len], 4).is_err(), "cut to {len}");
    }
}

#[test]
fn sections_may_come_in_any_order() {
    let bytes = toy();
    let bounds = [HEADER, TAU_G1, TAU_G2, ALPHA, BETA, BETA_G2, CONTRIBUTIONS, bytes.len() + 12];
    let mut turned = bytes[..12].to_vec();
    for pair in bounds.windows(2).rev() {
        turned.extend(&bytes[pair[0] - 12..pair[1] - 12]);
    }
    assert_eq!(import(&turned, 6).unwrap().digest(), import(&bytes, 6).unwrap().digest());
}

#[test]
fn bad_points_are_refused() {
    use ErrorKind::*;
    let raw2 = |point: G2Affine| point.to_raw_bytes();
    let g1 = |i: usize| TAU_G1 + 64 * i;
    let bytes = toy();
    refused("a coordinate above the prime", &with(g1(9), &[0xff; 32]), Coordinate);
    refused("a point off the curve", &with(g1(9), &[1]), OffCurve);
    refused("zero", &with(g1(15), &[0; 64]), Identity);
    refused("another generator", &with(g1(0), &bytes[g1(3)..g1(4)]), Generator);
    refused("another first power", &with(g1(1), &bytes[g1(3)..g1(4)]), Pairing);
    refused("another power", &with(g1(15), &bytes[g1(3)..g1(4)]), Powers);
    refused("another last power", &with(g1(16), &bytes[g1(3)..g1(4)]), Powers);
    refused("alpha's powers", &with(g1(1), &bytes[ALPHA + 64..ALPHA + 64 * 63]), Pairing);
    refused("G2 off the curve", &with(TAU_G2 + 128, &[1, 2, 3]), OffCurve);
    refused("G2 coordinate", &with(TAU_G2 + 128, &[0xff; 32]), Coordinate);
    refused("G2 zero", &with(TAU_G2 + 128, &[0; 128]), Identity);
    refused("G2 outside the subgroup", &with(TAU_G2 + 128, &raw2(outside_the_subgroup())), Subgroup);
    refused("G2 generator", &with(TAU_G2, &bytes[TAU_G2 + 128..TAU_G2 + 256]), Generator);
    refused("the secret 1", &with(TAU_G2 + 128, &raw2(G2Affine::generator())), KnownSecret);
    refused("beta for tau", &with(TAU_G2 + 128, &bytes[BETA_G2..BETA_G2 + 128]), Pairing);
    let swapped = Fq2 { c0: G2Affine::generator().x.c1, c1: G2Affine::generator().x.c0 };
    let swapped = [swapped.c0, swapped.c1].map(|part| part.to_raw_bytes()).concat();
    refused("parts of a coordinate swapped", &with(TAU_G2, &swapped), OffCurve);
    // Powers beyond the imported size are not read.
    import(&with(g1(17), &[0; 64]), 4).unwrap();
    assert_eq!(import(&with(g1(16), &[0; 64]), 4).unwrap_err().field(), "tauG1[16]");
    assert_eq!(import(&with(g1(16), &[0; 64]), 5).unwrap_err().field(), "tauG1[16]");
}

#[test]
fn flips_of_used_bytes_are_noticed_and_nothing_panics() {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let bytes = toy();
    let used = (0..HEADER + 40).chain(TAU_G1..TAU_G1 + 64 * 4).chain(TAU_G2..TAU_G2 + 256);
    for at in used {
        let flip = 1 << (rng.next_u32() % 8);
        assert!(import(&with(at, &[bytes[at] ^ flip]), 2).is_err(), "byte {at}, flip {flip}");
    }
    for _ in 0..300 {
        let mut bad = bytes.clone();
        for _ in 0..1 + rng.next_u32() % 4 {
            let within = if rng.next_u32() % 2 == 0 { bad.len() } else { 90 };
            let at = rng.next_u64() as usize % within;
            bad[at] = rng.next_u32() as u8;
        }
        bad.truncate(bytes.len() - (rng.next_u32() % 3) as usize * 17);
        drop(import(&bad, 2));
    }
}
