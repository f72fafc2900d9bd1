//! The verifier of batches says of every proof what halo2's says.

mod mutants;

use ff::Field;
use group::prime::PrimeCurveAffine;

use super::contexts::{bundle_for, context};
use super::proofs::elements;
use super::*;
use crate::backend::{self, Claim};
use crate::plonk::{Program, Rows, all_hold, random_weight};

/// A proof, and what it is checked against.
#[derive(Clone)]
struct Case {
    setup: &'static VerifierSetup,
    key: VerifierKey,
    rows: Vec<Fr>,
    proof: Vec<u8>,
}

impl Case {
    fn claim(&self) -> Claim<'_> {
        Claim { key: &self.key, rows: &self.rows, proof: &self.proof }
    }

    /// What halo2's verifier says.
    fn holds_for_halo2(&self) -> bool {
        backend::kzg(&self.setup.verifier_params(self.key.k()).unwrap(), self.claim()).is_ok()
    }

    /// What that of batches says.
    fn holds(&self) -> bool {
        hold(std::slice::from_ref(self))
    }

    /// Whether it holds, if the two agree.
    fn verdict(&self) -> bool {
        let holds = self.holds();
        assert_eq!(holds, self.holds_for_halo2(), "{} {}", self.key.statement(), self.key.scheme());
        holds
    }

    /// With a program of its own.
    fn with_program(&self, program: Program) -> Self {
        Self { key: self.key.with_program(program), ..self.clone() }
    }

    fn program(&self) -> Program {
        self.key.program().unwrap().clone()
    }
}

fn hold_with(cases: &[Case], weight: impl FnMut() -> Option<Fr>) -> bool {
    let claims: Vec<Claim<'_>> = cases.iter().map(Case::claim).collect();
    assert!(cases.iter().all(|case| case.setup == cases[0].setup));
    all_hold(&cases[0].setup.verifier_params(1).unwrap(), &claims, weight)
}

fn hold(cases: &[Case]) -> bool {
    hold_with(cases, random_weight)
}

static SETUP: LazyLock<VerifierSetup> = LazyLock::new(verifier_setup);

/// A good proof of every kind of statement, with and without a context.
fn good(scheme: Scheme) -> Vec<Case> {
    let case = |statement: Known, bundle: &Bundle, context: &[Fr]| Case {
        setup: &SETUP,
        key: Fixture::of(statement).key(scheme).clone(),
        rows: [&rows(bundle.unverified_instance()), context].concat(),
        proof: bundle.proof().to_vec(),
    };
    let free = |statement, instance| case(statement, &bundle_of(scheme, statement, instance), &[]);
    let mut cases: Vec<Case> =
        statements().into_iter().map(|statement| free(statement, instance(statement, 1))).collect();
    cases.extend(graphs::statements().map(|statement| free(statement, graphs::instance(statement))));
    for statement in [NARROW, *SEVERAL] {
        let bound = bundle_for(scheme, statement, instance(statement, 1), context(5));
        cases.push(case(statement, &bound, &[context(5).number()]));
    }
    cases
}

fn everywhere() -> impl Iterator<Item = Case> {
    with_setup().flat_map(good)
}

#[test]
fn good_proofs_hold_alone_and_together() {
    let cases: Vec<Case> = everywhere().collect();
    assert_eq!(cases.len(), 2 * 11);
    assert!(cases.iter().all(Case::verdict));
    assert!(hold(&cases));
    assert!(hold(&[&cases[..], &cases[..]].concat()));
}

/// Proofs of the circuits themselves, not of toys.
fn golden() -> Vec<Case> {
    static GOLDEN: LazyLock<VerifierSetup> =
        LazyLock::new(|| VerifierSetup::from_bytes(&read("setup.bin")).unwrap());
    fn read(file: &str) -> Vec<u8> {
        std::fs::read(format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/{}"), file)).unwrap()
    }
    let names =
        ["core-small-64", "fingerprint+tags-96-64-32-15", "sequence-2+graph-96x2-class-score-1b7b1307"];
    let case = |scheme: Scheme, name: &str| {
        let bundle = Bundle::from_bytes(&read(&format!("{name}.{scheme}.proof"))).unwrap();
        let key = VerifierKey::from_bytes(bundle.statement(), scheme, &read(&format!("{name}.{scheme}.vk")));
        let (rows, proof) = (rows(bundle.unverified_instance()), bundle.proof().to_vec());
        Case { setup: &GOLDEN, key: key.unwrap(), rows, proof }
    };
    with_setup().flat_map(|scheme| names.map(|name| case(scheme, name))).collect()
}

#[test]
fn golden_proofs_hold_alone_and_together() {
    let cases = golden();
    assert_eq!(cases.len(), 6);
    assert!(hold(&cases));
    for case in &cases {
        assert!(case.verdict());
        // A byte of every element, and of both words of points; every public input.
        for place in (0..case.proof.len()).step_by(32) {
            let mut changed = case.clone();
            changed.proof[place] ^= 1;
            assert!(!changed.verdict(), "{place}");
        }
        for row in 0..case.rows.len() {
            let mut changed = case.clone();
            changed.rows[row] += Fr::ONE;
            assert!(!changed.verdict(), "{row}");
        }
    }
}

/// Another point or number in place of each element: one that is well-formed, so that the equation tells.
#[test]
fn no_proof_holds_with_an_element_changed() {
    for case in everywhere() {
        let (scheme, statement) = (case.key.scheme(), case.key.statement());
        let elements = elements(scheme, statement);
        assert!(elements.len() > 10);
        for (index, element) in elements.iter().enumerate() {
            let with = |bytes: &[u8]| {
                let mut changed = case.clone();
                changed.proof[element.clone()].copy_from_slice(bytes);
                changed
            };
            // That of the element behind it, of a point for a point and of a number for a number: the last is as the first.
            let others = elements.iter().cycle().skip(index + 1).take(elements.len() - 1);
            let other = others
                .map(|other| &case.proof[other.clone()])
                .find(|other| other.len() == element.len() && **other != case.proof[element.clone()]);
            assert!(!with(other.unwrap()).verdict(), "{index}");
            let mut zero = vec![0; element.len()];
            assert!(!with(&zero).verdict() || case.proof[element.clone()] == zero, "{index}: zero");
            zero[0] = 1;
            assert!(!with(&zero).verdict(), "{index}: one");
        }
    }
}

#[test]
fn no_proof_holds_for_other_public_inputs() {
    for case in everywhere() {
        for row in 0..case.rows.len() {
            for change in [Fr::ONE, -Fr::ONE, Fr::from(1 << 40)] {
                let mut changed = case.clone();
                changed.rows[row] += change;
                assert!(!changed.verdict(), "{row}");
            }
        }
        let mut fewer = case.clone();
        fewer.rows.pop();
        assert!(!fewer.verdict());
        // One more, 0 as well, which a polynomial would not tell from none.
        for more in [Fr::ZERO, Fr::ONE] {
            let mut changed = case.clone();
            changed.rows.push(more);
            assert!(!changed.verdict());
        }
        let none = Case { rows: vec![], ..case };
        assert!(!none.verdict());
    }
}

#[test]
fn proofs_have_one_length() {
    for case in everywhere() {
        let length = case.proof.len();
        let step = if *case.key.statement() == *NARROW { 1 } else { 31 };
        for shorter in (0..length).step_by(step) {
            let cut = Case { proof: case.proof[..shorter].to_vec(), ..case.clone() };
            assert!(!cut.verdict(), "{shorter}");
        }
        for more in [1, 31, 32, 33, 64] {
            let mut longer = case.clone();
            longer.proof.resize(length + more, 0);
            assert!(!longer.verdict(), "{more} more");
        }
    }
}

/// Bytes at random and all alike: nothing panics.
#[test]
fn other_bytes_are_no_proof() {
    use rand_core::RngCore;
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    for case in everywhere() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            assert!(!Case { proof: vec![byte; case.proof.len()], ..case.clone() }.verdict());
        }
        for _ in 0..20 {
            let mut changed = case.clone();
            rng.fill_bytes(&mut changed.proof);
            assert!(!changed.verdict());
            // Well-formed as far as a place that is drawn.
            let mut changed = case.clone();
            let place = rng.next_u32() as usize % changed.proof.len();
            rng.fill_bytes(&mut changed.proof[place..]);
            assert!(!changed.verdict());
        }
    }
}

/// A proof under another key, of the same length or not.
#[test]
fn no_proof_holds_under_another_key() {
    for scheme in with_setup() {
        let cases = good(scheme);
        for (one, proof) in cases.iter().enumerate() {
            for (other, key) in cases.iter().enumerate().filter(|(other, _)| *other != one) {
                let under = Case { key: key.key.clone(), ..proof.clone() };
                // Toys of some statements are one circuit, and contexts are in the public inputs.
                let same = proof.key.transcript_repr() == key.key.transcript_repr();
                assert_eq!(under.verdict(), same, "{one} under {other}");
            }
        }
        // Of the other scheme, whose key has the same points.
        let other = with_setup().find(|other| *other != scheme).unwrap();
        for (case, under) in cases.into_iter().zip(good(other)) {
            assert!(!Case { key: under.key, ..case }.verdict());
        }
    }
}

/// A good proof with `delta` times the generator added to its last point, which no challenge depends on.
fn with_fault(case: &Case, delta: Fr) -> Case {
    let mut faulty = case.clone();
    let at = *elements(case.key.scheme(), case.key.statement()).last().map(|e| &e.start).unwrap();
    let (scheme, bytes) = (case.key.scheme(), &case.proof[at..]);
    let point = match scheme {
        Scheme::Evm => proofs::point_of_words(bytes),
        Scheme::Kzg | Scheme::Transparent => proofs::point_of_bytes(bytes),
    };
    let moved = G1Affine::from(point + G1Affine::generator() * delta);
    let bytes = match scheme {
        Scheme::Evm => crate::point_words(&moved).unwrap().concat(),
        Scheme::Kzg | Scheme::Transparent => crate::key::encode_point(&moved).to_vec(),
    };
    faulty.proof[at..].copy_from_slice(&bytes);
    faulty
}

/// Proofs whose faults cancel in a plain sum: weights that one can foresee would take them.
#[test]
fn weights_keep_faults_from_cancelling() {
    for case in everywhere() {
        let pair = [Fr::from(7), -Fr::from(7)].map(|delta| with_fault(&case, delta));
        assert!(pair.iter().all(|faulty| !faulty.verdict()));
        assert!(hold_with(&pair, || Some(Fr::ONE)), "the faults would cancel");
        assert!(!hold(&pair));
        // Any weights will do if they are known before: faults that are made for them cancel.
        let known = [Fr::from(3), Fr::from(5)];
        let made = [Fr::from(5), -Fr::from(3)].map(|delta| with_fault(&case, delta));
        let mut weights = known.into_iter();
        assert!(hold_with(&made, || weights.next()));
        assert!(!hold(&made));
        // A weight of 0 would say nothing of its proof; without weights nothing is said.
        assert!(hold_with(&pair[..1], || Some(Fr::ZERO)));
        assert!(!hold_with(std::slice::from_ref(&case), || None));
    }
}

#[test]
fn weights_differ() {
    let mut drawn: Vec<_> = (0..1000).map(|_| random_weight().unwrap().to_repr()).collect();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 1000);
    // Of full length: a short one would be one of fewer.
    assert!(drawn.iter().filter(|weight| weight[31] >= 0x10).count() > 500);
}

/// One bad proof among many good ones, at each place.
#[test]
fn one_bad_proof_spoils_all() {
    for scheme in with_setup() {
        let cases = good(scheme);
        for place in 0..cases.len() {
            let mut spoilt = cases.clone();
            spoilt[place] = with_fault(&spoilt[place], Fr::ONE);
            assert!(!hold(&spoilt), "{place}");
            let mut spoilt = cases.clone();
            spoilt[place].rows[0] += Fr::ONE;
            assert!(!hold(&spoilt), "{place}");
        }
    }
}

/// More points than the curve library's algorithm for large sums begins at, and a key with infinity among its points, which that
/// algorithm does not know.
#[test]
fn large_sums_hold_with_infinity_in_the_key() {
    for scheme in with_setup() {
        let case = good(scheme).swap_remove(1);
        assert_eq!(case.key.statement(), WIDE);
        let infinities = Program::key_points(case.key.halo2()).filter(|point| point.is_identity().into());
        assert_eq!(infinities.count(), 1);
        let segments = case.program().protocol.segments;
        let points: usize = segments.iter().filter(|segment| segment.points).map(|points| points.count).sum();
        let count = 9000_usize.div_ceil(points);
        let cases = vec![case; count];
        assert!(hold(&cases));
        let mut spoilt = cases.clone();
        spoilt[count / 2] = with_fault(&spoilt[count / 2], Fr::ONE);
        assert!(!hold(&spoilt));
    }
}

/// Polynomials of rows are halo2's, and have no value at a row or at 0, where one would divide by 0.
#[test]
fn rows_have_values_everywhere_but_at_rows() {
    let case = good(Scheme::Kzg).swap_remove(1);
    let (key, last_row) = (case.key.halo2(), case.program().protocol.last_row);
    let domain = key.get_domain();
    let x = -Fr::from(9);
    let power = x.pow_vartime([1 << domain.k]);
    for instance in [&case.rows[..], &case.rows[..1], &[]] {
        let found = Rows::new(key, last_row, x, instance).unwrap();
        let of = |rows: std::ops::Range<i32>| domain.l_i_range(x, power, rows);
        assert_eq!((found.power, found.vanishing), (power, (power - Fr::ONE).invert().unwrap()));
        assert_eq!(found.x_inverse, x.invert().unwrap());
        assert_eq!((found.first, found.last), (of(0..1)[0], of(last_row..last_row + 1)[0]));
        assert_eq!(found.random, of(last_row + 1..0).iter().sum::<Fr>());
        let public = of(0..instance.len() as i32);
        assert_eq!(found.instance, public.iter().zip(instance).map(|(l, input)| l * input).sum::<Fr>());
    }
    let rows = (0..1 << domain.k).map(|row| domain.get_omega().pow_vartime([row]));
    for x in rows.chain([Fr::ZERO]) {
        assert!(Rows::new(key, last_row, x, &case.rows).is_none());
    }
}
