//! The protocol itself: transcripts, splices of valid proofs, batches.

use std::sync::Arc;

use foldproof_circuits::layout::Layout;
use foldproof_verifier::{BatchError, Bundle, Error, Policy, Scheme, verify_batch};
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::{Fr, G1Affine};

use crate::encoding::{Element, Kind};
use crate::exhibits::{BLOCK, Exhibit, GRAPHS, VALUES, Witness, all, exhibit, graphs, named, some, trusting};
use crate::malicious::{Forgery, Rig};
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
    one: Vec<Element>,
    again: Vec<Element>,
    other: Vec<Element>,
    rows: Vec<Fr>,
    other_rows: Vec<Fr>,
}

impl Proofs {
    fn new(exhibit: &Exhibit) -> Self {
        let prove = |forgery: &Forgery| exhibit.elements(&exhibit.prove(forgery));
        let other = Forgery::of(&Witness::new(&exhibit.statement, true).layout(&exhibit.statement));
        Self {
            one: exhibit.elements(exhibit.bundle.proof()),
            again: prove(&Forgery::of(&exhibit.layout)),
            other: prove(&other),
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
    let check = |rows: &[Fr], proof: &[Element]| {
        exhibit.check(&exhibit.bundle(rows.to_vec(), exhibit.write(proof.iter().copied())))
    };
    check(&proofs.rows, &proofs.again).unwrap();
    check(&proofs.other_rows, &proofs.other).unwrap();
    let splices = Splice::all(&exhibit.proof.kinds);
    let mut pairs = vec![
        ("of one claim", &proofs.again, &proofs.rows),
        ("of two claims, under the first", &proofs.other, &proofs.rows),
        ("of two claims, under the second", &proofs.other, &proofs.other_rows),
    ];
    let translated = of_the_other_transcript(exhibit);
    pairs.extend(translated.iter().map(|proof| ("of two transcripts", proof, &proofs.rows)));
    for (what, second, rows) in pairs {
        let spliced = |splice: &Splice| -> Vec<Element> {
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
            |splice| refused(|| check(rows, &spliced(splice))),
            |_, error| *error == Error::ProofRejected,
        );
    }
    // A whole proof under the other claim, and one of the other transcript.
    let whole = [(&proofs.one, &proofs.other_rows), (&proofs.other, &proofs.rows)];
    for (proof, rows) in whole.into_iter().chain(translated.iter().map(|proof| (proof, &proofs.rows))) {
        assert_eq!(check(rows, proof).unwrap_err(), Error::ProofRejected);
    }
}

/// Of the two schemes under a setup, a proof of the same claim under the other, which differs in how challenges are drawn alone.
fn of_the_other_transcript(exhibit: &Exhibit) -> Option<Vec<Element>> {
    let other = match exhibit.scheme {
        Scheme::Transparent => return None,
        Scheme::Kzg => Scheme::Evm,
        Scheme::Evm => Scheme::Kzg,
    };
    let other = self::exhibit(&exhibit.statement.name(), other);
    assert_eq!((&other.proof.kinds, other.rows()), (&exhibit.proof.kinds, exhibit.rows()));
    // As its bytes are, it has not even the length.
    let (expected, found) = (exhibit.bundle.proof().len(), other.bundle.proof().len());
    let told = exhibit.check(&exhibit.bundle(exhibit.rows(), other.bundle.proof().to_vec()));
    assert_eq!(told, Err(Error::ProofLength { expected, found }));
    Some(other.elements(other.bundle.proof()))
}

/// Takes every exhibit's bundle.
fn policy_of_all(exhibits: &[Arc<Exhibit>]) -> Policy {
    let entries = exhibits.iter().flat_map(|exhibit| exhibit.witness.entries());
    let policy = Policy::any_codebook().and_values().models(entries);
    trusting(policy, exhibits.iter().map(|exhibit| exhibit.keys.verifying.clone()))
}

fn moved(element: Element, by: i64) -> Element {
    let factor = if by < 0 { -Fr::from(by.unsigned_abs()) } else { Fr::from(by.unsigned_abs()) };
    match element {
        Element::Scalar(scalar) => Element::Scalar(scalar + factor),
        Element::Point(point) => Element::Point((point + G1Affine::generator() * factor).into()),
    }
}

/// A bundle whose last elements are off by multiples of something: no challenge depends on them, so that in a plain sum of
/// what is to be checked, faults of opposite sign cancel.
fn off(exhibit: &Exhibit, bundle: &Bundle, from_end: usize, by: i64) -> Bundle {
    let mut elements = exhibit.elements(bundle.proof());
    let index = elements.len() - from_end;
    elements[index] = moved(elements[index], by);
    let rows = bundle.unverified_instance().rows().into_iter().copied().collect();
    exhibit.bundle(rows, exhibit.write(elements))
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
