//! Batches hold if and only if each of their bundles does.

use super::*;
use crate::BatchError;
use crate::batch::verify_batch_with;

fn verify_batch(bundles: &[Bundle]) -> Result<Vec<Verified>, BatchError> {
    verify_batch_with(bundles, &policy(), &ToyKeys)
}

/// A bundle of each kind at several heights, kinds mixed. What one claims no other claims, be it under another scheme.
fn mixed() -> Vec<Bundle> {
    let height = |scheme: Scheme, round| round + 10 * u64::from(scheme.number());
    (1..3)
        .flat_map(|round| {
            everything().map(move |(scheme, statement)| bundle(scheme, statement, height(scheme, round)))
        })
        .collect()
}

#[test]
fn batches_are_verified() {
    let bundles = mixed();
    let verified = verify_batch(&bundles).unwrap();
    let singly: Vec<_> = bundles.iter().map(|bundle| verify(bundle, &policy()).unwrap()).collect();
    assert_eq!(verified, singly);
}

#[test]
fn the_culprit_is_found() {
    let good = mixed();
    for index in 0..good.len() {
        let mut bundles = good.clone();
        let (scheme, statement) = (good[index].scheme(), good[index].statement());
        // The proof of another height: well-formed, so that only the final sum tells.
        let proof = good[(index + everything().count()) % good.len()].proof().to_vec();
        bundles[index] = bundle_with(scheme, statement, good[index].unverified_instance().clone(), proof);
        assert_eq!(verify_batch(&bundles), Err(BatchError::Bundle { index, error: Error::ProofRejected }));

        let mut proof = good[index].proof().to_vec();
        proof[31] = 0xff;
        bundles[index] = bundle_with(scheme, statement, good[index].unverified_instance().clone(), proof);
        let error = Error::ProofEncoding { position: 0 };
        assert_eq!(verify_batch(&bundles), Err(BatchError::Bundle { index, error }));

        bundles[index] = bundle_with(scheme, statement, good[index].unverified_instance().clone(), vec![]);
        let error = verify_batch(&bundles).unwrap_err();
        assert!(matches!(
            error,
            BatchError::Bundle { index: found, error: Error::ProofLength { found: 0, .. } } if found == index
        ));
    }
}

#[test]
fn faults_do_not_cancel_out() {
    // Two proofs that swapped their public inputs.
    for (scheme, statement) in everything() {
        let [one, other] = [1, 2].map(|height| bundle(scheme, statement, height));
        let swap = |inputs: &Bundle, proof: &Bundle| {
            bundle_with(scheme, statement, inputs.unverified_instance().clone(), proof.proof().to_vec())
        };
        let swapped = [swap(&one, &other), swap(&other, &one)];
        let rejected = Err(BatchError::Bundle { index: 0, error: Error::ProofRejected });
        assert_eq!(verify_batch(&swapped), rejected);
    }
}

#[test]
fn large_batches_are_verified() {
    // More points than the algorithm for large sums starts at.
    let under_setup: Vec<Scheme> = with_setup().collect();
    for (schemes, statement, count) in
        [(&under_setup[..], WIDE, 300), (&[Scheme::Transparent], *FINGERPRINT, 50)]
    {
        let schemes = schemes.iter().cycle();
        let bundles: Vec<Bundle> =
            (1..=count).zip(schemes).map(|(height, scheme)| bundle(*scheme, statement, height)).collect();
        assert_eq!(verify_batch(&bundles).unwrap().len(), bundles.len());
    }
}

#[test]
fn a_batch_of_nothing_says_nothing() {
    assert_eq!(verify_batch(&[]), Err(BatchError::Empty));
}

#[test]
fn a_claim_is_not_made_twice() {
    // Under another scheme it is the same claim still, and a second proof of it another bundle.
    for (scheme, statement) in everything() {
        let [one, other] = [1, 2].map(|height| bundle(scheme, statement, height));
        for same in Scheme::ALL.map(|scheme| bundle(scheme, statement, 1)) {
            let error = BatchError::Repeated { first: 0, second: 2 };
            assert!(error.to_string().contains("bundle 0"));
            assert_eq!(verify_batch(&[one.clone(), other.clone(), same]), Err(error));
        }
        // Whoever copies a claim and has no proof of it is at fault himself.
        let copied =
            bundle_with(scheme, statement, one.unverified_instance().clone(), other.proof().to_vec());
        let error = Err(BatchError::Bundle { index: 0, error: Error::ProofRejected });
        assert_eq!(verify_batch(&[copied, one.clone()]), error);
        assert_eq!(verify_batch(&[one, other]).unwrap().len(), 2);
    }
}
