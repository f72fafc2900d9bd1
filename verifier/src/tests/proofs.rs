//! Proofs: their length, and everything that is no proof.

use halo2curves::bn256::Fr;

use super::*;
use foldproof_circuits::public::CORE_ROWS;

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
        assert_eq!((claims.height(), claims.timestamp()), (77, 1_700_000_000));
        let root = |n: u128| Root { high: n << 100, low: u128::MAX - n }.to_bytes();
        let roots = [claims.prev_state_root(), claims.new_state_root(), claims.tx_root()];
        assert_eq!(roots, [root(1), root(2), root(3)]);
        assert_eq!(claims.block_commitment(), -Fr::from(77));
        assert_eq!(claims.fold_commitment(), -Fr::from(1000));
        assert_eq!(claims.pq_commitment(), -Fr::from(2000));
        assert_eq!(claims.codebook_root(), codebook());
        assert_eq!(claims.within_bound(), [true, false, true, true, true, true]);
        assert_eq!(claims.insecure_setup(), scheme == Scheme::Kzg);
        assert!(!claims.block_matched());
    }
}

#[test]
fn every_changed_byte_of_a_proof_is_an_error() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        // Every byte of the small proof, one byte of every element of the large one.
        let every = if statement == NARROW { 1 } else { 33 };
        for at in (0..good.proof().len()).step_by(every) {
            let mut proof = good.proof().to_vec();
            proof[at] ^= 1 << (at % 8);
            let changed = bundle_with(scheme, statement, *good.unverified_instance(), proof);
            let error = verify(&changed, &policy()).unwrap_err();
            assert!(matches!(error, Error::ProofRejected | Error::ProofEncoding { .. }), "{at}: {error}");
        }
    }
}

#[test]
fn every_element_of_a_proof_has_one_encoding() {
    // The two spare bits of a point: halo2's own reader ignores the upper one.
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        for element in 0..good.proof().len() / 32 {
            for bit in [0x80, 0x40] {
                let mut proof = good.proof().to_vec();
                proof[32 * element + 31] ^= bit;
                let changed = bundle_with(scheme, statement, *good.unverified_instance(), proof);
                let error = verify(&changed, &policy()).unwrap_err();
                let position = 32 * element;
                // A point with its other sign bit is another point, and its negative.
                assert!(bit == 0x40 || error == Error::ProofEncoding { position }, "{position}: {error}");
            }
        }
    }
}

#[test]
fn infinity_is_no_element_of_a_proof() {
    let mut infinity = [0; 32];
    infinity[31] = 0x80;
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        for element in 0..good.proof().len() / 32 {
            let position = 32 * element;
            let mut proof = good.proof().to_vec();
            proof[position..position + 32].copy_from_slice(&infinity);
            let changed = bundle_with(scheme, statement, *good.unverified_instance(), proof);
            assert_eq!(verify(&changed, &policy()), Err(Error::ProofEncoding { position }));
        }
    }
}

#[test]
fn lengths_are_exact() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        let expected = good.proof().len();
        for found in [0, 31, expected - 32, expected - 1, expected + 1, expected + 32] {
            let mut proof = good.proof().to_vec();
            proof.resize(found, 0);
            let changed = bundle_with(scheme, statement, *good.unverified_instance(), proof);
            assert_eq!(verify(&changed, &policy()), Err(Error::ProofLength { expected, found }));
        }
        let zeros = bundle_with(scheme, statement, *good.unverified_instance(), vec![0; expected]);
        assert_eq!(verify(&zeros, &policy()), Err(Error::ProofEncoding { position: 0 }));
    }
}

#[test]
fn a_proof_is_about_its_public_inputs_only() {
    for (scheme, statement) in everything() {
        let good = bundle(scheme, statement, 1);
        let rows = good.unverified_instance().rows().map(|row| *row);
        // Row 0 is the number of the statement and 4 the codebook, which the policy checks.
        for row in (1..CORE_ROWS).filter(|row| *row != 4) {
            let mut changed = rows;
            changed[row] += if row == CORE_ROWS - 1 { -Fr::one() } else { Fr::one() };
            let changed = PublicInputs::from_rows(changed);
            let changed = bundle_with(scheme, statement, changed, good.proof().to_vec());
            let error = verify(&changed, &policy()).unwrap_err();
            let out_of_range = matches!(error, Error::ClaimRange { .. });
            assert!(out_of_range || error == Error::ProofRejected, "{row}: {error}");
        }
        for (one, other) in [(1, 2), (2, 3), (7, 9)] {
            let mut swapped = rows;
            swapped.swap(one, other);
            let swapped = PublicInputs::from_rows(swapped);
            let swapped = bundle_with(scheme, statement, swapped, good.proof().to_vec());
            assert_eq!(verify(&swapped, &policy()), Err(Error::ProofRejected));
        }
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
