//! The protocol itself: transcripts, splices of valid proofs, batches.

use std::sync::Arc;

use foldproof_circuits::layout::Layout;
use foldproof_verifier::{BatchError, Bundle, Error, Policy, Scheme, verify_batch};
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::{Fr, G1Affine};
use halo2curves::ff::PrimeField;
use halo2curves::group::GroupEncoding;

use crate::elements::point_bytes;
use crate::exhibits::{BLOCK, Exhibit, GRAPHS, VALUES, all, graphs, named, some, trusting};
use crate::malicious::{Forgery, Kind, Rig};
use crate::tally::{each, refused, sample};

/// Everything that can be wrong with one exhibit's transcript.
fn rigs(exhibit: &Exhibit) -> Vec<Rig> {
    let proof = &exhibit.proof;
    let points = (0..proof.kinds.len()).filter(|index| proof.kinds[*index] == Kind::Point);
    let inputs = (0..proof.inputs).map(Rig::Skip);
    // The first challenge after those of the circuit mixes the columns of halo2's own look-ups, of which there are none.
    let mut circuit = ConstraintSystem::<Fr>::default();
    Layout::configure_with_params(&mut circuit, exhibit.statement.clone());
    let unused = circuit.num_challenges();
    let challenges = (0..proof.challenges).filter(|challenge| *challenge != unused).map(Rig::Choose);
    let pairs = (1..proof.challenges).map(|second| Rig::Swap(second - 1));
    // What no challenge depends on need not be bound: the last elements of a proof.
    let squeezed = points.clone().filter(|index| index + 3 < proof.kinds.len()).step_by(7).map(Rig::Unbound);
    inputs.chain([Rig::Key(Fr::from(5))]).chain(challenges).chain(pairs).chain(squeezed).collect()
}

/// An honest trace, proved by a prover who does not follow the transcript.
fn rig(exhibit: &Exhibit, count: Option<usize>) {
    each(
        &format!("transcripts: {}", exhibit.title()),
        &sample(rigs(exhibit), count),
        |rig| {
            let mut forgery = Forgery::of(&exhibit.layout);
            forgery.rig = *rig;
            exhibit.present(&forgery)
        },
        |_, error| *error == Error::ProofRejected,
    );
}

/// Two proofs of one claim, and one of another.
struct Proofs {
    one: Vec<[u8; 32]>,
    again: Vec<[u8; 32]>,
    other: Vec<[u8; 32]>,
    rows: Vec<Fr>,
    other_rows: Vec<Fr>,
}

impl Proofs {
    fn new(exhibit: &Exhibit) -> Self {
        let elements = |bytes: &[u8]| bytes.as_chunks().0.to_vec();
        let prove = |forgery: &Forgery| forgery.prove(&exhibit.keys.parameters, &exhibit.keys.proving).bytes;
        let other =
            Forgery::of(&crate::exhibits::Witness::new(&exhibit.statement, true).layout(&exhibit.statement));
        Self {
            one: elements(exhibit.bundle.proof()),
            again: elements(&prove(&Forgery::of(&exhibit.layout))),
            other: elements(&prove(&other)),
            rows: exhibit.rows(),
            other_rows: other.rows,
        }
    }
}

/// Which elements of the second proof replace those of the first.
#[derive(Clone, Copy, Debug)]
enum Splice {
    One(usize),
    From(usize),
    Until(usize),
    Between(usize, usize),
}

impl Splice {
    fn all(kinds: &[Kind]) -> Vec<Self> {
        let count = kinds.len();
        let mut all: Vec<Self> = (0..count).map(Self::One).collect();
        all.extend((1..count).flat_map(|cut| [Self::From(cut), Self::Until(cut)]));
        // The commitments of a phase with or without what comes of them.
        all.extend((1..count / 8).map(|cut| Self::Between(cut * 4, cut * 8)));
        all
    }

    fn takes(self, index: usize) -> bool {
        match self {
            Self::One(one) => index == one,
            Self::From(cut) => index >= cut,
            Self::Until(cut) => index < cut,
            Self::Between(from, to) => (from..to).contains(&index),
        }
    }
}

fn splice(exhibit: &Exhibit, count: Option<usize>) {
    let proofs = Proofs::new(exhibit);
    exhibit.check(&exhibit.bundle(proofs.rows.clone(), proofs.again.concat())).unwrap();
    exhibit.check(&exhibit.bundle(proofs.other_rows.clone(), proofs.other.concat())).unwrap();
    let splices = Splice::all(&exhibit.proof.kinds);
    let pairs = [
        ("of one claim", &proofs.again, &proofs.rows),
        ("of two claims, under the first", &proofs.other, &proofs.rows),
        ("of two claims, under the second", &proofs.other, &proofs.other_rows),
    ];
    for (what, second, rows) in pairs {
        let spliced = |splice: &Splice| -> Vec<[u8; 32]> {
            let element = |index| if splice.takes(index) { second[index] } else { proofs.one[index] };
            (0..second.len()).map(element).collect()
        };
        let differs = |splice: &Splice| {
            let spliced = spliced(splice);
            spliced != proofs.one && spliced != *second
        };
        let cases: Vec<Splice> = splices.iter().copied().filter(differs).collect();
        each(
            &format!("splices {what}: {}", exhibit.title()),
            &sample(cases, count),
            |splice| refused(|| exhibit.check(&exhibit.bundle(rows.clone(), spliced(splice).concat()))),
            |_, error| *error == Error::ProofRejected,
        );
    }
    // A whole proof under the other claim.
    for (proof, rows) in [(&proofs.one, &proofs.other_rows), (&proofs.other, &proofs.rows)] {
        let error = exhibit.check(&exhibit.bundle(rows.clone(), proof.concat())).unwrap_err();
        assert_eq!(error, Error::ProofRejected);
    }
}

/// Takes every exhibit's bundle.
fn policy_of_all(exhibits: &[Arc<Exhibit>]) -> Policy {
    let entries = exhibits.iter().flat_map(|exhibit| exhibit.witness.entries());
    let policy = Policy::any_codebook().and_values().models(entries);
    trusting(policy, exhibits.iter().map(|exhibit| exhibit.keys.verifying.clone()))
}

fn element_of(bytes: &[u8; 32], kind: Kind, by: i64) -> [u8; 32] {
    let factor = if by < 0 { -Fr::from(by.unsigned_abs()) } else { Fr::from(by.unsigned_abs()) };
    match kind {
        Kind::Scalar => (Fr::from_repr(*bytes).unwrap() + factor).to_repr(),
        Kind::Point => {
            let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
            encoding.as_mut().copy_from_slice(bytes);
            point_bytes(G1Affine::from_bytes(&encoding).unwrap() + G1Affine::generator() * factor)
        }
    }
}

/// A bundle whose last elements are off by multiples of something: no challenge depends on them, so that in a plain sum of
/// what is to be checked, faults of opposite sign cancel.
fn off(exhibit: &Exhibit, bundle: &Bundle, from_end: usize, by: i64) -> Bundle {
    let mut elements: Vec<[u8; 32]> = bundle.proof().as_chunks().0.to_vec();
    let index = elements.len() - from_end;
    elements[index] = element_of(&elements[index], exhibit.proof.kinds[index], by);
    let rows = bundle.unverified_instance().rows().into_iter().copied().collect();
    exhibit.bundle(rows, elements.concat())
}

/// Bundles of each exhibit in a batch of one kind.
const OF_A_KIND: usize = 8;

fn batches(exhibits: &[Arc<Exhibit>]) {
    let policy = policy_of_all(exhibits);
    // No claim is made twice, be it under another scheme.
    let mut salts = 1000..;
    let mut another = |exhibit: &Arc<Exhibit>| exhibit.another(salts.next().unwrap());
    let good: Vec<Bundle> = exhibits.iter().map(&mut another).collect();
    let kinds: Vec<Vec<Bundle>> =
        exhibits.iter().map(|exhibit| (0..OF_A_KIND).map(|_| another(exhibit)).collect()).collect();
    assert_eq!(verify_batch(&good, &policy).unwrap().len(), good.len());
    let rejected = |bundles: &[Bundle], index: usize| {
        let error = verify_batch(bundles, &policy).unwrap_err();
        assert_eq!(error, BatchError::Bundle { index, error: Error::ProofRejected });
    };
    for (index, (exhibit, kind)) in exhibits.iter().zip(&kinds).enumerate() {
        let mut bundles = good.clone();
        bundles[index] = off(exhibit, &good[index], 1, 1);
        rejected(&bundles, index);
        // One bad among many good ones of its kind.
        assert_eq!(verify_batch(kind, &policy).unwrap().len(), kind.len());
        let mut many = kind.clone();
        many[6] = off(exhibit, &kind[6], 1, -1);
        rejected(&many, 6);
        for from_end in [1, 2] {
            for faults in [&[1, -1][..], &[-1, 1], &[1, 1, -2], &[5, -2, -3], &[1; 3]] {
                let off = |(by, bundle): (&i64, &Bundle)| off(exhibit, bundle, from_end, *by);
                let bundles: Vec<Bundle> = faults.iter().zip(kind).map(off).collect();
                rejected(&bundles, 0);
                rejected(&[&good[..], &bundles].concat(), good.len());
            }
        }
    }
}

#[test]
fn the_transcript_binds() {
    named(&[VALUES[0], &GRAPHS[0]]).iter().for_each(|exhibit| rig(exhibit, Some(3)));
}

#[test]
#[ignore = "minutes"]
fn the_transcript_binds_everything() {
    named(&VALUES[..1]).iter().for_each(|exhibit| rig(exhibit, None));
    named(&[BLOCK]).iter().chain(&graphs()).for_each(|exhibit| rig(exhibit, Some(5)));
}

#[test]
fn proofs_cannot_be_spliced() {
    named(&[VALUES[0], &GRAPHS[0]]).iter().for_each(|exhibit| splice(exhibit, Some(15)));
}

#[test]
#[ignore = "minutes"]
fn proofs_cannot_be_spliced_anywhere() {
    for (index, exhibit) in some().iter().enumerate() {
        splice(exhibit, (index > 0 && exhibit.scheme == Scheme::Transparent).then_some(150));
    }
}

#[test]
fn faults_do_not_cancel_in_batches() {
    batches(&named(&[VALUES[0], &GRAPHS[1]]));
}

#[test]
#[ignore = "a minute"]
fn faults_do_not_cancel_in_any_batch() {
    batches(&some());
    assert!(all().len() > some().len());
    batches(&all());
}
