//! The bundle format: one encoding, and an error for everything else.

use super::contexts::context;
use super::*;
use crate::MAX_PROOF_BYTES;
use crate::header::tests::fixtures;

/// A bundle of 200 bytes that are no proof, with public inputs all over the field.
fn sample(statement: &Statement, scheme: SchemeClaim) -> Bundle {
    let rows = (0..statement.rows()).map(|row| -Fr::from(row as u64));
    let instance = PublicInputs::from_rows(statement, rows).unwrap();
    Bundle::new(statement.clone(), scheme, [7; 32], instance, (0..200).collect()).unwrap()
}

/// Every statement, and some without a toy, under all schemes.
fn samples() -> Vec<Bundle> {
    let large = "core-full-256+class-96-8l-256-w16+anomaly-96-96-a8+tags-96-1-2-3-4-5-6-7-8-w12+tags-96-1";
    let further = [
        large,
        "fingerprint+anomaly-96-4-96",
        "vector-1024+tags-1024-1",
        "vector-1+anomaly-1-1",
        "core-small-256x8",
    ];
    let further = further.map(|name| Statement::from_name(name).unwrap());
    let all = statements().into_iter().cloned().chain(Statement::cores()).chain(further);
    let setup = SetupClaim { id: [9; 32], insecure: true };
    let schemes = [SchemeClaim::Transparent, SchemeClaim::Kzg(setup), SchemeClaim::Evm(setup)];
    assert_eq!(schemes.map(SchemeClaim::scheme), Scheme::ALL);
    all.flat_map(|statement| schemes.map(|scheme| sample(&statement, scheme))).collect()
}

/// Where `field` starts, by the table in `bundle.rs`.
fn offset(bundle: &Bundle, field: &str) -> usize {
    let scheme = 12 + bundle.statement().to_bytes().len();
    let digest = scheme + 1 + if bundle.setup().is_some() { 33 } else { 0 };
    match field {
        "version" => 8,
        "statement length" => 10,
        "statement" => 12,
        "scheme" => scheme,
        "insecure" => scheme + 1 + 32,
        "rows" => digest + 32,
        "inputs" => digest + 34,
        "length" => digest + 34 + 32 * bundle.statement().rows(),
        other => panic!("{other}"),
    }
}

fn patched(bundle: &Bundle, field: &str, bytes: &[u8]) -> Result<Bundle, Error> {
    let mut out = bundle.to_bytes();
    let at = offset(bundle, field);
    out[at..at + bytes.len()].copy_from_slice(bytes);
    Bundle::from_bytes(&out)
}

#[test]
fn reads_what_it_writes() {
    for bundle in samples() {
        assert_eq!(Bundle::from_bytes(&bundle.to_bytes()), Ok(bundle.clone()));
        assert_eq!(bundle.to_bytes().len(), offset(&bundle, "length") + 4 + 200);
    }
}

#[test]
fn every_truncation_is_an_error() {
    for bundle in samples() {
        let bytes = bundle.to_bytes();
        for length in 0..bytes.len() {
            let error = Bundle::from_bytes(&bytes[..length]).unwrap_err();
            assert!(matches!(error, Error::Truncated { expected, found, .. } if found < expected), "{error}");
        }
    }
}

#[test]
fn every_change_is_an_error_or_another_bundle_of_the_same_bytes() {
    for bundle in samples() {
        let bytes = bundle.to_bytes();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                if let Ok(other) = Bundle::from_bytes(&changed) {
                    assert_ne!(other, bundle);
                    assert_eq!(other.to_bytes(), changed);
                }
            }
        }
    }
}

#[test]
fn each_fault_has_its_error() {
    for bundle in samples() {
        let with = |field, bytes: &[u8]| patched(&bundle, field, bytes).unwrap_err();
        let mut magic = bundle.to_bytes();
        magic[0] = b'F';
        assert_eq!(Bundle::from_bytes(&magic), Err(Error::Magic { found: *b"Foldprf\0" }));
        for found in [0_u16, 1, 4, 0x102, 0x103] {
            assert_eq!(with("version", &found.to_le_bytes()), Error::FormatVersion { found });
        }
        // The length of the proof, read as what the bundle is bound to.
        assert_eq!(with("version", &[3, 0]), Error::BoundTo { found: 200 });
        for found in [0, 4, 0x81] {
            assert_eq!(with("scheme", &[found]), Error::UnknownScheme { found });
        }
        let expected = bundle.statement().rows();
        for found in [0, 1, expected - 1, expected + 1, expected + 3, 0xffff] {
            let bytes = u16::try_from(found).unwrap().to_le_bytes();
            assert_eq!(with("rows", &bytes), Error::RowCount { expected, found });
        }
        let most = MAX_PROOF_BYTES;
        let long = u32::try_from(most + 1).unwrap();
        assert_eq!(with("length", &long.to_le_bytes()), Error::ProofBytes { most, found: most + 1 });
        assert!(matches!(with("length", &[0xff; 4]), Error::ProofBytes { .. }));
        assert_eq!(with("length", &[199, 0, 0, 0]), Error::TrailingBytes { found: 1 });
        let truncated = Error::Truncated { field: "proof", expected: 201, found: 200 };
        assert_eq!(with("length", &[201, 0, 0, 0]), truncated);
        let mut trailing = bundle.to_bytes();
        trailing.extend([0; 3]);
        assert_eq!(Bundle::from_bytes(&trailing), Err(Error::TrailingBytes { found: 3 }));
        if bundle.setup().is_some() {
            let flag = Error::Flag { field: "insecure setup", found: 2 };
            assert_eq!(with("insecure", &[2]), flag);
        }
        let (statement, instance) = (bundle.statement(), bundle.unverified_instance().clone());
        let proof = vec![0; MAX_PROOF_BYTES + 1];
        assert!(Bundle::new(statement.clone(), None, [0; 32], instance, proof).is_err());
    }
}

#[test]
fn every_other_byte_in_a_statement_is_no_statement_or_another_one() {
    let mut others = 0;
    for bundle in samples() {
        let bytes = bundle.statement().to_bytes();
        for at in 0..bytes.len() {
            for change in 1..=u8::MAX {
                let mut found = bytes.clone();
                found[at] ^= change;
                match (Statement::from_bytes(&found), patched(&bundle, "statement", &found)) {
                    (None, error) => assert_eq!(error, Err(Error::UnknownStatement { found })),
                    (Some(other), Ok(changed)) => {
                        assert_ne!(&other, bundle.statement());
                        assert_eq!((changed.statement(), other.to_bytes()), (&other, found));
                        assert_ne!(other.element(), bundle.statement().element());
                        others += 1;
                    }
                    (Some(other), Err(error)) => {
                        let (expected, found) = (other.rows(), bundle.statement().rows());
                        assert_eq!(error, Error::RowCount { expected, found });
                        assert_ne!(expected, found);
                    }
                }
            }
        }
    }
    assert!(others > 1000, "{others}");
}

#[test]
fn a_proof_under_every_other_statement_is_refused() {
    // Bundles that parse, with a proof that holds for the statement they were made for.
    for (scheme, statement) in everything() {
        let made = bundle(scheme, statement, 1);
        let mut parsed = 0;
        let bytes = statement.to_bytes();
        for at in 0..bytes.len() {
            for change in 1..=u8::MAX {
                let mut found = bytes.clone();
                found[at] ^= change;
                let Ok(changed) = patched(&made, "statement", &found) else { continue };
                parsed += 1;
                let error = refused(&changed, &policy());
                assert!(matches!(error, Error::StatementRow { .. }), "{error}");
                assert!(error.is_rejection());
            }
        }
        assert!(parsed > 0);
    }
}

#[test]
fn other_lengths_of_a_statement_are_errors() {
    for bundle in samples() {
        let bytes = bundle.to_bytes();
        let right = bundle.statement().to_bytes().len();
        for length in (0..right + 40).filter(|length| *length != right) {
            let prefix = u16::try_from(length).unwrap().to_le_bytes();
            let found = bytes[12..12 + length].to_vec();
            let error = patched(&bundle, "statement length", &prefix).unwrap_err();
            assert_eq!(error, Error::UnknownStatement { found });
        }
        let error = Error::Truncated { field: "statement", expected: 0xfffe, found: bytes.len() - 12 };
        assert_eq!(patched(&bundle, "statement length", &[0xfe, 0xff]), Err(error));
    }
}

#[test]
fn statements_are_spelt_in_one_way() {
    // No models beside values, more than four, too many rows, a vector of another length, an unused ReLU.
    let shape = |name: &str| ModelShape::from_name(name).unwrap().to_bytes();
    let models = |subject: &[u8], shapes: &[&str]| {
        let count = u8::try_from(shapes.len()).unwrap();
        let shapes: Vec<u8> = shapes.iter().flat_map(|name| shape(name)).collect();
        [subject, &[count], &shapes].concat()
    };
    let small = "tags-96-3";
    let huge = "tags-96-1024-1024-1024-1024-1024-1024-1024-3-w16";
    let mut relu = models(&[2], &[small]);
    *relu.last_mut().unwrap() = 1;
    let cases = [
        vec![],
        vec![2],
        models(&[2], &[]),
        models(&[3, 12, 0], &[]),
        models(&[3, 0, 0], &[]),
        models(&[4], &[small]),
        models(&[0], &[small]),
        models(&[1, 0, 1], &[]),
        models(&[1, 6, 1], &[]),
        models(&[1, 1, 0], &[]),
        models(&[1, 1, 3], &[]),
        models(&[2], &[small; 5]),
        models(&[2], &["tags-95-3"]),
        models(&[3, 96, 0], &[small]),
        models(&[3, 96, 1], &[small]),
        models(&[1, 1, 1], &["class-12-4"]),
        models(&[2], &[huge]),
        [models(&[2], &[small]), vec![0]].concat(),
        relu,
    ];
    let good = sample(*FINGERPRINT, SchemeClaim::Transparent).to_bytes();
    let rest = &good[12 + FINGERPRINT.to_bytes().len()..];
    for found in cases {
        let length = u16::try_from(found.len()).unwrap().to_le_bytes();
        let bytes = [&good[..10], &length, &found, rest].concat();
        assert_eq!(Bundle::from_bytes(&bytes), Err(Error::UnknownStatement { found }));
    }
}

#[test]
fn public_inputs_are_those_of_the_statement() {
    for statement in statements() {
        for other in statements().into_iter().filter(|other| other.rows() != statement.rows()) {
            let rows = instance(other, 1);
            let error = Error::RowCount { expected: statement.rows(), found: other.rows() };
            assert_eq!(Bundle::new(statement.clone(), None, [0; 32], rows, vec![]), Err(error));
        }
    }
    // Fourteen rows, but not of a block alone: a commitment and four models.
    let four = statement("fingerprint+tags-96-3+tags-96-3+tags-96-3+tags-96-3");
    assert_eq!(four.rows(), NARROW.rows());
    let rows = (0..14).map(Fr::from);
    let values = PublicInputs::from_rows(four, rows.clone()).unwrap();
    let block = PublicInputs::from_rows(NARROW, rows).unwrap();
    assert!(Bundle::new(NARROW.clone(), None, [0; 32], values.clone(), vec![]).is_err());
    assert!(Bundle::new(four.clone(), None, [0; 32], block.clone(), vec![]).is_err());
    assert!(Bundle::new(four.clone(), None, [0; 32], values, vec![]).is_ok());
    assert!(Bundle::new(NARROW.clone(), None, [0; 32], block, vec![]).is_ok());
}

#[test]
fn every_public_input_is_canonical() {
    let modulus = {
        let mut bytes = (-Fr::one()).to_repr();
        bytes[0] += 1;
        bytes
    };
    for bundle in samples() {
        for row in 0..bundle.statement().rows() {
            for found in [modulus, [0xff; 32]] {
                let mut bytes = bundle.to_bytes();
                let at = offset(&bundle, "inputs") + 32 * row;
                bytes[at..at + 32].copy_from_slice(&found);
                assert_eq!(Bundle::from_bytes(&bytes), Err(Error::NotCanonical { row, found }));
            }
        }
    }
}

#[test]
fn a_scheme_has_a_setup_or_none() {
    let setup = SetupClaim { id: [9; 32], insecure: true };
    for scheme in Scheme::ALL {
        for setup in [None, Some(setup)] {
            let made = SchemeClaim::new(scheme, setup);
            assert_eq!(made.is_some(), scheme.has_setup() == setup.is_some());
            let Some(made) = made else { continue };
            assert_eq!((made.scheme(), made.setup()), (scheme, setup));
        }
    }
    assert_eq!(SchemeClaim::from(None), SchemeClaim::Transparent);
    assert_eq!(SchemeClaim::from(Some(setup)), SchemeClaim::Kzg(setup));
}

#[test]
fn a_bundle_of_one_scheme_is_read_as_one_of_another_and_refused() {
    // kzg and evm have the same encoding but for the number of the scheme.
    for statement in statements() {
        for (scheme, other) in [(Scheme::Kzg, Scheme::Evm), (Scheme::Evm, Scheme::Kzg)] {
            let made = bundle(scheme, statement, 1);
            let renamed = patched(&made, "scheme", &[other.number()]).unwrap();
            assert_eq!((renamed.scheme(), renamed.setup()), (other, made.setup()));
            let expected = Fixture::of(statement).key(other).digest();
            assert_eq!(refused(&renamed, &policy()), Error::KeyDigest { expected, found: made.key_digest() });
        }
    }
}

#[test]
fn what_a_bundle_is_bound_to_has_one_encoding() {
    let [.., header] = fixtures().map(|fixture| fixture.header);
    for scheme in Scheme::ALL {
        let free = unproved(scheme, NARROW, instance(NARROW, 1));
        let start = offset(&free, "length");
        assert_eq!(free.to_bytes()[8..10], [2, 0]);
        let with_header = free.clone().with_headers([header.clone()]).unwrap();
        let context = context(5);
        let bound = [
            (1, 32, free.clone().with_context(context)),
            (2, 2 + header.rlp().len(), with_header.clone()),
            (3, 34 + header.rlp().len(), with_header.with_context(context)),
        ];
        for (flags, length, bundle) in bound {
            let bytes = bundle.to_bytes();
            assert_eq!(Bundle::from_bytes(&bytes), Ok(bundle.clone()));
            assert_ne!(bundle, free);
            // All else is as without.
            let rest = [&bytes[..8], &[2, 0], &bytes[10..start], &bytes[start + 1 + length..]].concat();
            assert_eq!((&bytes[8..10], bytes[start], rest), (&[3, 0][..], flags, free.to_bytes()));
            for cut in 0..bytes.len() {
                let error = Bundle::from_bytes(&bytes[..cut]).unwrap_err();
                assert!(matches!(error, Error::Truncated { .. }), "{error}");
            }
            for found in (0..=u8::MAX).filter(|found| !(1..=3).contains(found)) {
                let mut bytes = bytes.clone();
                bytes[start] = found;
                assert_eq!(Bundle::from_bytes(&bytes), Err(Error::BoundTo { found }));
            }
        }
        // Format 3 with neither.
        let bytes = free.to_bytes();
        let neither = [&bytes[..8], &[3, 0], &bytes[10..start], &[0], &bytes[start..]].concat();
        assert_eq!(Bundle::from_bytes(&neither), Err(Error::BoundTo { found: 0 }));
    }
}
