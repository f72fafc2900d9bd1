//! Batches hold if and only if each of their bundles does.

use super::*;
use crate::BatchError;
use crate::batch::verify_batch_with;

fn verify_batch(bundles: &[Bundle]) -> Result<Vec<Verified>, BatchError> {
    verify_batch_with(bundles, &policy(), &ToyKeys)
}

/// A bundle of each kind at several heights, kinds mixed.
fn mixed() -> Vec<Bundle> {
    (1..3)
        .flat_map(|height| everything().map(move |(scheme, statement)| bundle(scheme, statement, height)))
        .collect()
}

#[test]
fn batches_are_verified() {
    assert_eq!(verify_batch(&[]), Ok(vec![]));
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
        assert_eq!(verify_batch(&bundles), Err(BatchError { index, error: Error::ProofRejected }));

        let mut proof = good[index].proof().to_vec();
        proof[31] = 0xff;
        bundles[index] = bundle_with(scheme, statement, good[index].unverified_instance().clone(), proof);
        let error = Error::ProofEncoding { position: 0 };
        assert_eq!(verify_batch(&bundles), Err(BatchError { index, error }));

        bundles[index] = bundle_with(scheme, statement, good[index].unverified_instance().clone(), vec![]);
        let error = verify_batch(&bundles).unwrap_err();
        assert_eq!(error.index, index);
        assert!(matches!(error.error, Error::ProofLength { found: 0, .. }));
    }
}

#[test]
fn faults_do_not_cancel_out() {
    // Two proofs that swapped their public inputs, and one bad proof twice.
    for (scheme, statement) in everything() {
        let [one, other] = [1, 2].map(|height| bundle(scheme, statement, height));
        let swap = |inputs: &Bundle, proof: &Bundle| {
            bundle_with(scheme, statement, inputs.unverified_instance().clone(), proof.proof().to_vec())
        };
        let swapped = [swap(&one, &other), swap(&other, &one)];
        let rejected = Err(BatchError { index: 0, error: Error::ProofRejected });
        assert_eq!(verify_batch(&swapped), rejected);
        assert_eq!(verify_batch(&[swapped[0].clone(), swapped[0].clone()]), rejected);
    }
}

#[test]
fn large_batches_are_verified() {
    // More points than the algorithm for large sums starts at: a proof twice is two terms.
    let one = bundle(Scheme::Kzg, WIDE, 1);
    assert_eq!(verify_batch(&vec![one; 300]).unwrap().len(), 300);
    let one = bundle(Scheme::Transparent, *FINGERPRINT, 1);
    assert_eq!(verify_batch(&vec![one; 50]).unwrap().len(), 50);
}
