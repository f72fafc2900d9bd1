//! The key codec.

use super::*;
use crate::key::KeyError;

fn encoded(scheme: Scheme, statement: Statement) -> Vec<u8> {
    let fixture = Fixture::of(statement);
    let key = match scheme {
        Scheme::Transparent => fixture.ipa_key.get_vk(),
        Scheme::Kzg => fixture.kzg_key.get_vk(),
    };
    VerifierKey::encode::<Toy>(statement, scheme, key).unwrap()
}

fn decode(scheme: Scheme, statement: Statement, bytes: &[u8]) -> Result<VerifierKey, KeyError> {
    VerifierKey::decode::<Toy>(statement, scheme, bytes)
}

#[test]
fn keys_are_rebuilt() {
    for (scheme, statement) in everything() {
        let key = decode(scheme, statement, &encoded(scheme, statement)).unwrap();
        let made = match scheme {
            Scheme::Transparent => Fixture::of(statement).ipa_key.get_vk(),
            Scheme::Kzg => Fixture::of(statement).kzg_key.get_vk(),
        };
        assert_eq!(key.transcript_repr(), made.transcript_repr());
        assert_eq!(format!("{:?}", key.halo2().pinned()), format!("{:?}", made.pinned()));
        assert_eq!(
            VerifierKey::encode::<Toy>(statement, scheme, key.halo2()).unwrap(),
            encoded(scheme, statement)
        );
        assert_eq!((key.statement(), key.scheme()), (statement, scheme));
    }
}

#[test]
fn digests_differ() {
    let mut digests: Vec<_> = everything().map(|(s, t)| Fixture::of(t).key(s).digest()).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 4);
}

#[test]
fn every_truncation_is_an_error() {
    for (scheme, statement) in everything() {
        let bytes = encoded(scheme, statement);
        for length in 0..bytes.len() {
            let error = decode(scheme, statement, &bytes[..length]).unwrap_err();
            assert!(matches!(error, KeyError::Truncated { .. }), "{length}: {error}");
        }
        let mut trailing = bytes;
        trailing.push(0);
        assert_eq!(decode(scheme, statement, &trailing).unwrap_err(), KeyError::TrailingBytes { found: 1 });
    }
}

#[test]
fn every_change_is_an_error_or_another_key() {
    for (scheme, statement) in everything() {
        let bytes = encoded(scheme, statement);
        let digest = Fixture::of(statement).key(scheme).digest();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            if let Ok(key) = decode(scheme, statement, &changed) {
                assert_ne!(key.digest(), digest);
            }
        }
    }
}

#[test]
fn each_fault_has_its_error() {
    let (scheme, statement) = (Scheme::Kzg, WIDE);
    let good = encoded(scheme, statement);
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        decode(scheme, statement, &changed).unwrap_err()
    };
    assert_eq!(with(0, b"F"), KeyError::Magic { found: *b"Foldpkey" });
    assert_eq!(with(8, &[2]), KeyError::FormatVersion { expected: 1, found: 2 });
    assert_eq!(with(10, &[0x11]), KeyError::Statement { expected: statement, found: 0x0111 });
    assert_eq!(with(12, &[1]), KeyError::Scheme { expected: scheme, found: 1 });
    assert_eq!(with(13, &[31]), KeyError::Size { expected: 6, found: 31 });
    let field = "fixed commitments";
    let bytes = 32 * 0xffff;
    assert_eq!(
        with(14, &[0xff, 0xff]),
        KeyError::Truncated { field, expected: bytes, found: good.len() - 16 }
    );
    assert_eq!(with(16, &[0xff; 32]), KeyError::Point { field, index: 0 });
    // The infinity bit on an ordinary point, and the sign bit on infinity.
    assert_eq!(with(16 + 31, &[good[16 + 31] | 0x80]), KeyError::Point { field, index: 0 });
    assert_eq!(good[16 + 63], 0x80);
    assert_eq!(with(16 + 63, &[0xc0]), KeyError::Point { field, index: 1 });
}

#[test]
fn columns_are_counted() {
    let (scheme, statement) = (Scheme::Transparent, WIDE);
    let good = encoded(scheme, statement);
    let fixed = usize::from(good[14]);
    let permuted = usize::from(good[16 + 32 * fixed]);
    // One commitment less in one place, one more in the other.
    let mut moved = good.clone();
    moved[14] -= 1;
    let count = moved.splice(16 + 32 * fixed..18 + 32 * fixed, []).collect::<Vec<_>>();
    moved.splice(16 + 32 * (fixed - 1)..16 + 32 * (fixed - 1), [count[0] + 1, 0]);
    let error = decode(scheme, statement, &moved).unwrap_err();
    assert_eq!(error, KeyError::FixedColumns { expected: fixed, found: fixed - 1 });
    let mut less = good.clone();
    less[16 + 32 * fixed] -= 1;
    less.truncate(good.len() - 32);
    let error = decode(scheme, statement, &less).unwrap_err();
    assert_eq!(error, KeyError::PermutedColumns { expected: permuted, found: permuted - 1 });
}

#[test]
fn keys_of_other_shapes_are_not_written() {
    let key = Fixture::of(WIDE).ipa_key.get_vk();
    let error = VerifierKey::encode::<Toy>(NARROW, Scheme::Transparent, key).unwrap_err();
    assert_eq!(error, KeyError::Size { expected: 5, found: 6 });
    let fixture = Fixture::of(WIDE);
    let key = keygen_vk_custom(&fixture.ipa, &Toy::empty(WIDE), false).unwrap();
    let error = VerifierKey::encode::<Toy>(WIDE, Scheme::Transparent, &key).unwrap_err();
    assert_eq!(error, KeyError::Circuit("its selectors are not compressed"));
}
