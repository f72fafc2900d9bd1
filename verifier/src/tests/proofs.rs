//! Proofs: their length, and everything that is no proof.

use std::ops::Range;

use group::GroupEncoding;
use halo2curves::CurveAffine;
use halo2curves::bn256::Fq;

use super::*;
use crate::backend::{self, Claim};
use crate::verify::{kzg_params, transparent_params};
use crate::{Facts, ProofShape, big_endian, point_words};

/// Where the elements of a proof are. Those of 64 bytes are points of the evm scheme; other schemes have none.
pub fn elements(scheme: Scheme, statement: &Statement) -> Vec<Range<usize>> {
    let key = Fixture::of(statement).key(scheme).halo2();
    let domain = key.get_domain();
    let shape = ProofShape::new(key.cs(), domain.k, domain.get_quotient_poly_degree(), scheme);
    let mut end = 0;
    [(shape.commitments(), shape.point_bytes), (shape.evaluations, 32), (shape.opening, shape.point_bytes)]
        .into_iter()
        .flat_map(|(count, bytes)| vec![bytes; count])
        .map(|bytes| {
            end += bytes;
            end - bytes..end
        })
        .collect()
}

/// What becomes of a good proof with these bytes in place of an element.
fn replaced(good: &Bundle, element: &Range<usize>, bytes: &[u8]) -> Error {
    let mut proof = good.proof().to_vec();
    proof[element.clone()].copy_from_slice(bytes);
    let instance = good.unverified_instance().clone();
    verify(&bundle_with(good.scheme(), good.statement(), instance, proof), &policy()).unwrap_err()
}

/// The big-endian sum of a number and a modulus that is one more than this.
fn plus_modulus(word: &[u8], less_one: [u8; 32]) -> Vec<u8> {
    let mut carry = 1;
    let mut sum: Vec<u8> = word.to_vec();
    for (byte, other) in sum.iter_mut().zip(less_one).rev() {
        let total = u16::from(*byte) + u16::from(other) + carry;
        (*byte, carry) = (total.to_le_bytes()[0], total >> 8);
    }
    assert_eq!(carry, 0, "below five times the modulus");
    sum
}

#[test]
fn proofs_have_the_computed_length() {
    for (scheme, statement) in everything() {
        let bundle = bundle(scheme, statement, 1);
        assert_eq!(bundle.proof().len(), Fixture::of(statement).key(scheme).proof_length());
    }
}

#[test]
fn proofs_are_verified() {
    for (scheme, statement) in everything() {
        let claims = verify(&bundle(scheme, statement, 77), &policy()).unwrap();
        assert_eq!((claims.statement(), claims.scheme()), (statement, scheme));
        assert_eq!(claims.instance(), &instance(statement, 77));
        assert_eq!(claims.insecure_setup(), scheme.has_setup());
        let claims = match claims.facts() {
            Facts::Block(facts) => {
                assert_eq!((claims.block(), claims.blocks()), (Some(facts), std::slice::from_ref(facts)));
                facts
            }
            Facts::Blocks(facts) => {
                let heights: Vec<u64> = facts.iter().map(|facts| facts.height()).collect();
                assert_eq!(heights, [77, 78]);
                assert_eq!((claims.block(), claims.blocks()), (None, &facts[..]));
                &facts[0]
            }
            Facts::Values(facts) => {
                assert_eq!((facts.commitment(), facts.matched()), (-Fr::from(77), false));
                assert_eq!((claims.block(), claims.blocks()), (None, &[][..]));
                assert!(statement.block().is_none());
                continue;
            }
            Facts::Decision(_) => panic!("no toy decides"),
            Facts::Sequence(facts) => {
                let commitments: Vec<Fr> =
                    (77..).take(facts.commitments().len()).map(|n| -Fr::from(n)).collect();
                assert_eq!((facts.commitments(), facts.matched()), (&commitments[..], false));
                assert_eq!((claims.block(), claims.blocks()), (None, &[][..]));
                continue;
            }
        };
        assert_eq!((claims.height(), claims.timestamp()), (77, TIMESTAMP));
        let root = |n: u128| Root { high: n << 100, low: u128::MAX - n }.to_bytes();
        let roots = [claims.prev_state_root(), claims.new_state_root(), claims.tx_root()];
        assert_eq!(roots, [root(1), root(2), root(3)]);
        assert_eq!(claims.block_commitment(), -Fr::from(77));
        assert_eq!(claims.fold_commitment(), -Fr::from(1000));
        assert_eq!(claims.pq_commitment(), -Fr::from(2000));
        assert_eq!(claims.codebook_root(), codebook());
        assert_eq!(claims.within_bound(), [true, false, true, true, true, true]);
        assert!(!claims.matched());
    }
}

#[test]
fn every_changed_byte_of_a_proof_is_an_error() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        // Every byte of one small proof, one byte of every element of the others.
        let every = if statement == NARROW { 1 } else { 33 };
        for at in (0..good.proof().len()).step_by(every) {
            let mut proof = good.proof().to_vec();
            proof[at] ^= 1 << (at % 8);
            let changed = bundle_with(scheme, statement, good.unverified_instance().clone(), proof);
            let error = verify(&changed, &policy()).unwrap_err();
            assert!(matches!(error, Error::ProofRejected | Error::ProofEncoding { .. }), "{at}: {error}");
        }
    }
}

#[test]
fn every_element_of_a_proof_has_one_encoding() {
    // The two spare bits of a compressed point: halo2's own reader ignores the upper one.
    for (scheme, statement) in everything().filter(|(scheme, _)| *scheme != Scheme::Evm) {
        let good = bundle(scheme, statement, 1);
        for element in elements(scheme, statement) {
            for bit in [0x80, 0x40] {
                let mut bytes = good.proof()[element.clone()].to_vec();
                bytes[31] ^= bit;
                let error = replaced(&good, &element, &bytes);
                let position = element.start;
                // A point with its other sign bit is another point, and its negative.
                assert!(bit == 0x40 || error == Error::ProofEncoding { position }, "{position}: {error}");
            }
        }
    }
}

#[test]
fn every_word_of_a_proof_has_one_encoding() {
    // The same number, not reduced: as a contract would take it that does not look.
    for statement in statements() {
        let good = bundle(Scheme::Evm, statement, 1);
        for element in elements(Scheme::Evm, statement) {
            let position = element.start;
            let is_point = element.len() == 64;
            let less_one = if is_point { big_endian(&-Fq::one()) } else { big_endian(&-Fr::one()) };
            for word in (0..element.len()).step_by(32) {
                let mut bytes = good.proof()[element.clone()].to_vec();
                let unreduced = plus_modulus(&bytes[word..word + 32], less_one);
                bytes[word..word + 32].copy_from_slice(&unreduced);
                assert_eq!(replaced(&good, &element, &bytes), Error::ProofEncoding { position });
            }
        }
    }
}

#[test]
fn infinity_is_no_element_of_a_proof() {
    let mut compressed = [0; 32];
    compressed[31] = 0x80;
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        let elements = elements(scheme, statement);
        assert_eq!(elements.last().unwrap().end, good.proof().len());
        // A number of the evm scheme may be any below r: nothing in it is infinity's.
        for element in elements.into_iter().filter(|element| scheme != Scheme::Evm || element.len() == 64) {
            let infinity: &[u8] = if element.len() == 64 { &[0; 64] } else { &compressed };
            let position = element.start;
            assert_eq!(replaced(&good, &element, infinity), Error::ProofEncoding { position });
        }
    }
}

#[test]
fn a_proof_of_one_scheme_is_none_of_another() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        for other in Scheme::ALL.into_iter().filter(|other| *other != scheme) {
            let under = |proof| {
                let instance = good.unverified_instance().clone();
                verify(&bundle_with(other, statement, instance, proof), &policy()).unwrap_err()
            };
            let expected = Fixture::of(statement).key(other).proof_length();
            let found = good.proof().len();
            assert_eq!(under(good.proof().to_vec()), Error::ProofLength { expected, found });
            // The same elements in the other's encoding: its challenges are others.
            if [scheme, other].iter().all(|scheme| scheme.has_setup()) {
                let [from, to] = [scheme, other].map(|scheme| elements(scheme, statement));
                let element = |(from, to): (Range<usize>, Range<usize>)| {
                    translated(&good.proof()[from.clone()], from.len().max(to.len()) == 64, other)
                };
                let proof: Vec<u8> = from.into_iter().zip(to).flat_map(element).collect();
                assert_eq!(proof.len(), expected);
                assert_eq!(under(proof), Error::ProofRejected);
            }
        }
    }
}

/// An element of kzg as one of evm, or the other way round.
fn translated(bytes: &[u8], is_point: bool, to: Scheme) -> Vec<u8> {
    let reversed = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
    match (is_point, to) {
        (false, _) => reversed(bytes),
        (true, Scheme::Evm) => point_words(&point_of_bytes(bytes)).unwrap().concat(),
        (true, _) => point_of_words(bytes).to_bytes().as_ref().to_vec(),
    }
}

/// The point of a compressed encoding.
pub fn point_of_bytes(bytes: &[u8]) -> G1Affine {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    encoding.as_mut().copy_from_slice(bytes);
    G1Affine::from_bytes(&encoding).unwrap()
}

/// The point of two words.
pub fn point_of_words(bytes: &[u8]) -> G1Affine {
    let coordinates = bytes.chunks(32).map(|word| {
        let word: Vec<u8> = word.iter().rev().copied().collect();
        Fq::from_repr(word.try_into().unwrap()).unwrap()
    });
    let [x, y] = coordinates.collect::<Vec<_>>().try_into().unwrap();
    G1Affine::from_xy(x, y).unwrap()
}

#[test]
fn lengths_are_exact() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        let expected = good.proof().len();
        for found in [0, 31, expected - 32, expected - 1, expected + 1, expected + 32] {
            let mut proof = good.proof().to_vec();
            proof.resize(found, 0);
            let changed = bundle_with(scheme, statement, good.unverified_instance().clone(), proof);
            assert_eq!(verify(&changed, &policy()), Err(Error::ProofLength { expected, found }));
        }
        let zeros = bundle_with(scheme, statement, good.unverified_instance().clone(), vec![0; expected]);
        assert_eq!(verify(&zeros, &policy()), Err(Error::ProofEncoding { position: 0 }));
    }
}

#[test]
fn a_proof_is_about_its_public_inputs_only() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        let rows = rows(good.unverified_instance());
        let with = |rows: Vec<Fr>| {
            let instance = PublicInputs::from_rows(statement, rows).unwrap();
            verify(&bundle_with(scheme, statement, instance, good.proof().to_vec()), &policy())
        };
        for row in 0..statement.rows() {
            // Out of range or not, and whether or not the policy looks at the row.
            for change in [Fr::one(), -Fr::one()] {
                let mut changed = rows.clone();
                changed[row] += change;
                let error = match with(changed).unwrap_err() {
                    Error::InBlock { error, .. } => *error,
                    error => error,
                };
                let seen = matches!(
                    error,
                    Error::StatementRow { .. }
                        | Error::ClaimRange { .. }
                        | Error::CodebookRoot { .. }
                        | Error::BlockRepeated { .. }
                        | Error::ModelNotRegistered { .. }
                        | Error::ModelShape { .. }
                        | Error::ModelEntry { .. }
                );
                assert!(seen || error == Error::ProofRejected, "{row}: {error}");
            }
        }
        for (one, other) in [(1, 2), (2, 3), (7, 9)] {
            let mut swapped = rows.clone();
            if statement.block().is_some() {
                swapped.swap(one, other);
                assert_eq!(with(swapped), Err(Error::ProofRejected));
            }
        }
    }
}

#[test]
fn a_proof_is_about_no_other_public_inputs_whatever_the_policy() {
    // The backend alone, where no policy could have refused first.
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        let key = Fixture::of(statement).key(scheme);
        let check = |rows: &[Fr]| {
            let claim = Claim { key, rows, proof: good.proof() };
            match scheme {
                Scheme::Transparent => {
                    backend::transparent(transparent_params(key.k(), rows.len()).unwrap(), claim)
                }
                Scheme::Kzg | Scheme::Evm => backend::kzg(&kzg_params(&setup([]), key.k()).unwrap(), claim),
            }
        };
        let rows = rows(good.unverified_instance());
        assert_eq!(check(&rows), Ok(()));
        for row in 0..rows.len() {
            for change in [Fr::one(), -Fr::one(), Fr::from(1 << 40)] {
                let mut changed = rows.clone();
                changed[row] += change;
                assert_eq!(check(&changed), Err(Error::ProofRejected));
            }
        }
    }
}

#[test]
fn a_proof_of_two_models_is_none_of_them_swapped() {
    for scheme in Scheme::ALL {
        let good = bundle(scheme, *SEVERAL, 1);
        let swapped = |one: usize, other: usize| {
            let mut instance = good.unverified_instance().clone();
            instance.models.swap(one, other);
            verify(&bundle_with(scheme, *SEVERAL, instance, good.proof().to_vec()), &policy())
        };
        // Of one shape; of others, the registry tells before the proof is looked at.
        assert_eq!(swapped(0, 3), Err(Error::ProofRejected));
        for (one, other) in [(0, 1), (1, 2), (2, 3)] {
            let told = swapped(one, other);
            assert!(matches!(told, Err(Error::ModelShape { .. })), "{told:?}");
        }
    }
}

#[test]
fn no_part_of_a_model_can_be_that_of_another() {
    // Commitment, head or output of the twin: both are registered.
    for scheme in Scheme::ALL {
        let good = bundle(scheme, *SEVERAL, 1);
        let twins = [0, 3].map(|place| good.unverified_instance().models[place].clone());
        let with = |model| {
            let mut instance = good.unverified_instance().clone();
            instance.models[0] = model;
            verify(&bundle_with(scheme, *SEVERAL, instance, good.proof().to_vec()), &policy())
        };
        assert!(with(twins[0].clone()).is_ok());
        assert_eq!(with(twins[1].clone()), Err(Error::ProofRejected));
        for model in [
            ModelInputs { commitment: twins[1].commitment, ..twins[0].clone() },
            ModelInputs { head: twins[1].head, ..twins[0].clone() },
        ] {
            assert_eq!(with(model), Err(Error::ProofRejected));
        }
        let output = ModelInputs { outputs: vec![Fr::from(0b010)], ..twins[0].clone() };
        assert_eq!(with(output), Err(Error::ProofRejected));
    }
}

#[test]
fn halo2_itself_takes_what_is_refused_here() {
    // Why the transcript is strict. If this fails, halo2 has become stricter.
    use halo2_proofs::transcript::{Blake2bRead, TranscriptRead, TranscriptReadBuffer};
    let mut infinity = [0; 32];
    infinity[31] = 0x80;
    let mut transcript = Blake2bRead::<_, G1Affine, Challenge255<_>>::init(&infinity[..]);
    assert!(transcript.read_point().is_ok());
}

#[test]
fn large_sums_know_repeated_and_opposite_points() {
    // What a proof can put into the sum over all generators: anything but infinity, those very generators included.
    use ff::Field;
    use halo2_proofs::arithmetic::best_multiexp;
    use halo2curves::bn256::G1;
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let [one, other] = [5, 7].map(|n| G1Affine::generator() * Fr::from(n));
    let points = [one, -one, other, -other].map(G1Affine::from);
    let sum = |scalars: &[Fr]| {
        let bases: Vec<_> = points.iter().copied().cycle().take(scalars.len()).collect();
        let factors = [Fr::from(5), -Fr::from(5), Fr::from(7), -Fr::from(7)];
        let expected: Fr = factors.iter().cycle().zip(scalars).map(|(factor, scalar)| factor * scalar).sum();
        assert_eq!(best_multiexp(scalars, &bases), G1::generator() * expected);
    };
    sum(&(0..9000).map(|_| Fr::random(&mut rng)).collect::<Vec<_>>());
    sum(&(0..9000).map(|n| Fr::from(n % 17)).collect::<Vec<_>>());
    sum(&[Fr::one(); 9000]);
}
