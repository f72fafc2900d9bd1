//! The key codec.

use super::*;
use crate::key::KeyError;

fn encoded(scheme: Scheme, statement: &Statement) -> Vec<u8> {
    VerifierKey::encode::<Toy>(statement, scheme, Fixture::of(statement).made(scheme)).unwrap()
}

fn decode(scheme: Scheme, statement: &Statement, bytes: &[u8]) -> Result<VerifierKey, KeyError> {
    VerifierKey::decode::<Toy>(statement, scheme, bytes)
}

#[test]
fn keys_are_rebuilt() {
    for (scheme, statement) in everything() {
        let key = decode(scheme, statement, &encoded(scheme, statement)).unwrap();
        let made = Fixture::of(statement).made(scheme);
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
    assert_eq!(digests.len(), everything().count());
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

/// Where the scheme stands: after magic, version, length and bytes of the statement.
fn scheme_offset(statement: &Statement) -> usize {
    12 + statement.to_bytes().len()
}

#[test]
fn each_fault_has_its_error() {
    for statement in [WIDE, *SEVERAL, *VECTOR] {
        let scheme = Scheme::Kzg;
        let good = encoded(scheme, statement);
        let with = |at: usize, bytes: &[u8]| {
            let mut changed = good.clone();
            changed[at..at + bytes.len()].copy_from_slice(bytes);
            decode(scheme, statement, &changed).unwrap_err()
        };
        assert_eq!(with(0, b"F"), KeyError::Magic { found: *b"Foldpkey" });
        for found in [1, 3] {
            assert_eq!(with(8, &[found]), KeyError::FormatVersion { expected: 2, found: found.into() });
        }
        let at = scheme_offset(statement);
        for found in [0, 1, 3, 4] {
            assert_eq!(with(at, &[found]), KeyError::Scheme { expected: scheme, found });
        }
        assert_eq!(with(at + 1, &[31]), KeyError::Size { expected: 6, found: 31 });
        let field = "fixed commitments";
        let (expected, found) = (32 * 0xffff, good.len() - at - 4);
        assert_eq!(with(at + 2, &[0xff, 0xff]), KeyError::Truncated { field, expected, found });
        let points = at + 4;
        assert_eq!(with(points, &[0xff; 32]), KeyError::Point { field, index: 0 });
        // The infinity bit on an ordinary point, and the sign bit on infinity.
        assert_eq!(with(points + 31, &[good[points + 31] | 0x80]), KeyError::Point { field, index: 0 });
        assert_eq!(good[points + 63], 0x80);
        assert_eq!(with(points + 63, &[0xc0]), KeyError::Point { field, index: 1 });
    }
}

#[test]
fn every_byte_of_the_statement_counts() {
    for (scheme, statement) in everything() {
        let good = encoded(scheme, statement);
        let bytes = statement.to_bytes();
        for at in 0..bytes.len() {
            for change in 1..=u8::MAX {
                let mut found = bytes.clone();
                found[at] ^= change;
                let mut key = good.clone();
                key[12 + at] ^= change;
                let error = KeyError::Statement { expected: statement.clone(), found };
                assert!(!error.to_string().is_empty());
                assert_eq!(decode(scheme, statement, &key).unwrap_err(), error);
            }
        }
        for other in statements().into_iter().filter(|other| *other != statement) {
            let error = KeyError::Statement { expected: other.clone(), found: bytes.clone() };
            assert_eq!(decode(scheme, other, &good).unwrap_err(), error);
        }
    }
}

#[test]
fn the_length_of_the_statement_counts() {
    for (scheme, statement) in everything() {
        let good = encoded(scheme, statement);
        let bytes = statement.to_bytes();
        for length in (0..bytes.len() + 9).filter(|length| *length != bytes.len()) {
            let mut key = good.clone();
            key[10] = u8::try_from(length).unwrap();
            let error = decode(scheme, statement, &key).unwrap_err();
            let found = good[12..12 + length].to_vec();
            assert_eq!(error, KeyError::Statement { expected: statement.clone(), found });
        }
        let mut key = good.clone();
        key[10..12].copy_from_slice(&[0xfe, 0xff]);
        let error = KeyError::Truncated { field: "statement", expected: 0xfffe, found: good.len() - 12 };
        assert_eq!(decode(scheme, statement, &key).unwrap_err(), error);
    }
}

#[test]
fn columns_are_counted() {
    for statement in [WIDE, *SEVERAL, *VECTOR] {
        let scheme = Scheme::Transparent;
        let good = encoded(scheme, statement);
        let count = scheme_offset(statement) + 2;
        let points = count + 2;
        let fixed = usize::from(good[count]);
        let permuted = usize::from(good[points + 32 * fixed]);
        // One commitment less in one place, one more in the other.
        let mut moved = good.clone();
        moved[count] -= 1;
        let end = points + 32 * fixed;
        let number = moved.splice(end..end + 2, []).collect::<Vec<_>>();
        moved.splice(end - 32..end - 32, [number[0] + 1, 0]);
        let error = decode(scheme, statement, &moved).unwrap_err();
        assert_eq!(error, KeyError::FixedColumns { expected: fixed, found: fixed - 1 });
        let mut less = good.clone();
        less[end] -= 1;
        less.truncate(good.len() - 32);
        let error = decode(scheme, statement, &less).unwrap_err();
        assert_eq!(error, KeyError::PermutedColumns { expected: permuted, found: permuted - 1 });
    }
}

#[test]
fn keys_of_other_shapes_are_not_written() {
    let key = Fixture::of(WIDE).ipa_key.get_vk();
    for narrow in [NARROW, *FINGERPRINT] {
        let error = VerifierKey::encode::<Toy>(narrow, Scheme::Transparent, key).unwrap_err();
        assert_eq!(error, KeyError::Size { expected: 5, found: 6 });
    }
    let fixture = Fixture::of(WIDE);
    let key = keygen_vk_custom(&fixture.ipa, &Toy::empty(WIDE), false).unwrap();
    let error = VerifierKey::encode::<Toy>(WIDE, Scheme::Transparent, &key).unwrap_err();
    assert_eq!(error, KeyError::Circuit("its selectors are not compressed"));
}
