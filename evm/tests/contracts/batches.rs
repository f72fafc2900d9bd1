//! Batches hold if all their proofs do.

use foldproof_evm::abi::Entry;
use foldproof_evm::{Refusal, batch_calldata};
use foldproof_verifier::{Fr, keccak256};
use halo2curves::bn256::G1Affine;
use halo2curves::ff::PrimeField as _;
use halo2curves::group::Curve as _;

use num_bigint::BigUint;

use crate::elements::{point_at, with_point};
use crate::fixture::{
    Case, Claim, Fixture, TAGS, WORD, batch, check, fixture, fixtures, largest, power_of_two, r, with_word,
    word, word_at,
};

/// Where the places of proofs and inputs, and the number of proofs are; behind it, where each proof begins.
const PROOFS_AT: usize = 4;
const INPUTS_AT: usize = PROOFS_AT + WORD;
const COUNT: usize = INPUTS_AT + WORD;
const HEADS: usize = COUNT + WORD;

/// The selector and words.
fn raw(words: &[BigUint]) -> Vec<u8> {
    let words = words.iter().flat_map(|number| word(number.clone()));
    Entry::VerifyBatch.selector().into_iter().chain(words).collect()
}

/// Batches whose form is not the one that is taken.
pub fn forms(fixture: &Fixture) -> Vec<Case> {
    let good = fixture.batch(&[0, 1]);
    let length = fixture.contract.proof_length;
    let wrong = |name: &str, data: Vec<u8>| Case::refused(name, data, Refusal::Calldata);
    let set = |place: usize, number: BigUint| with_word(&good, place, number);
    let first = HEADS + 2 * WORD;
    let second = first + WORD + length;
    let inputs = second + WORD + length;
    let numbers = inputs + 3 * WORD;
    let more = numbers + WORD * (1 + fixture.contract.inputs);
    let mut cases = vec![
        Case::accepted("two", good.clone()),
        Case { value: 1, ..wrong("value sent", good.clone()) },
        wrong("a selector", good[..4].to_vec()),
        wrong("cut by a byte", good[..good.len() - 1].to_vec()),
        wrong("cut by a word", good[..good.len() - WORD].to_vec()),
        wrong("a byte more", [&good[..], &[0]].concat()),
        wrong("a word more", [&good[..], &[0; WORD]].concat()),
        wrong("for one", [&Entry::Verify.selector(), &good[4..]].concat()),
        wrong("none", batch_calldata(&[])),
        // 2²⁵¹ words are 0 bytes, and so many proofs none, if what is computed of them wraps.
        wrong("2²⁵¹ and no more", {
            let count = power_of_two(251);
            raw(&[(2 * WORD).into(), (3 * WORD).into(), count.clone(), count])
        }),
        wrong("2²⁵¹ more than there are", {
            let count = power_of_two(251) + 2_u64;
            with_word(&set(COUNT, count.clone()), inputs, count)
        }),
        wrong("1,025", {
            // Nothing but the number: as many would be more than a transaction holds.
            let apart = 1025 * (2 * WORD + length) + WORD;
            raw(&[(2 * WORD).into(), (apart + 2 * WORD).into(), 1025_u64.into()])
        }),
    ];
    let fields = [
        ("proofs", PROOFS_AT),
        ("inputs", INPUTS_AT),
        ("number of proofs", COUNT),
        ("first proof", HEADS),
        ("second proof", HEADS + WORD),
        ("first length", first),
        ("second length", second),
        ("number of lists", inputs),
        ("first list", inputs + WORD),
        ("second list", inputs + 2 * WORD),
        ("first count", numbers),
        ("second count", more),
    ];
    for (name, place) in fields {
        let known = word_at(&good, place);
        let numbers = [
            &known + 1_u64,
            &known - 1_u64,
            &known + WORD,
            &known + power_of_two(251),
            &known + power_of_two(255),
            largest() - 31_u64,
        ];
        cases.extend(numbers.map(|number| wrong(&format!("{name} {number:#x}"), set(place, number))));
    }
    // Both places the same: one proof for two.
    cases.push(wrong("the first proof twice", set(HEADS + WORD, word_at(&good, HEADS))));
    cases.push(wrong("the first list twice", set(inputs + 2 * WORD, word_at(&good, inputs + WORD))));
    let turned = with_word(&set(HEADS, word_at(&good, HEADS + WORD)), HEADS + WORD, word_at(&good, HEADS));
    cases.push(wrong("places changed about", turned));
    // Another number of proofs than of lists, where sizes agree.
    let one = fixture.batch(&[0]);
    let lists = HEADS + WORD + WORD + length;
    cases.push(wrong("a list too many", [&one[..lists], &good[inputs..]].concat()));
    cases
}

/// Batches of the right form with a proof that does not hold, and what holds them together.
pub fn claims(fixture: &Fixture) -> Vec<Case> {
    let [one, two] = &fixture.claims;
    let scalar = |claim: &Claim| {
        // The last scalar, before the two points at the end.
        let place = claim.proof.len() - 5 * WORD;
        let proof = with_word(&claim.proof, place, word_at(&claim.proof, place) ^ BigUint::from(1_u64));
        Claim { proof, inputs: claim.inputs.clone() }
    };
    let with = |claim: &Claim, place: usize, number: BigUint| Claim {
        proof: with_word(&claim.proof, place, number),
        inputs: claim.inputs.clone(),
    };
    let last = one.proof.len() - 2 * WORD;
    let moved = |by: &G1Affine| {
        let point = (point_at(&one.proof, last) + by).to_affine();
        Claim { proof: with_point(&one.proof, last, &point), inputs: one.inputs.clone() }
    };
    let generator = G1Affine::generator();
    let [given, taken] = [moved(&generator), moved(&-generator)];
    // What a hash of zeros would weigh the second with.
    let known = BigUint::from_bytes_be(&keccak256(&[&vec![0; fixture.batch(&[0, 0]).len()]])) % r();
    let known = Fr::from_str_vartime(&known.to_string()).unwrap();
    let weighed = moved(&(generator * -known.invert().unwrap()).to_affine());
    let swapped = [
        Claim { proof: one.proof.clone(), inputs: two.inputs.clone() },
        Claim { proof: two.proof.clone(), inputs: one.inputs.clone() },
    ];
    let mut context = one.clone();
    context.inputs.push(0.into());
    let rejected = |name: &str, list: &[&Claim]| {
        let list: Vec<Claim> = list.iter().map(|claim| (*claim).clone()).collect();
        Case::refused(name, batch(&list), Refusal::ProofRejected)
    };
    let other =
        |name: &str, list: [&Claim; 2], refusal| Case::refused(name, batch(&list.map(Clone::clone)), refusal);
    let mut cases = vec![
        Case::accepted("one", fixture.batch(&[0])),
        Case::accepted("the same twice", fixture.batch(&[1, 1])),
        Case::accepted("five", fixture.batch(&[0, 1, 0, 1, 0])),
        rejected("a bad one", &[&scalar(one)]),
        rejected("first bad", &[&scalar(one), two]),
        rejected("second bad", &[one, &scalar(two)]),
        rejected("the same bad one twice", &[&scalar(one), &scalar(one)]),
        rejected("inputs of each other", &[&swapped[0], &swapped[1]]),
        rejected("one bad among five", &[one, two, &scalar(one), two, one]),
        rejected("the last bad of five", &[one, two, one, two, &scalar(one)]),
        // Errors whose sum is none: what weights are for.
        rejected("errors that cancel", &[&given, &taken]),
        rejected("errors that cancel if the calldata is not in the weights", &[&given, &weighed]),
        rejected("errors that cancel, among good ones", &[two, &given, two, &taken]),
        rejected("a context in one of two", &[&context, one]),
        rejected("a context in the last", &[one, &context]),
        other(
            "infinity",
            [one, &with(&with(two, last, 0_u64.into()), last + WORD, 0_u64.into())],
            Refusal::Infinity,
        ),
        other("off the curve", [&with(one, 0, 1_u64.into()), two], Refusal::Precompile),
        other("not canonical", [one, &with(two, two.proof.len() - 5 * WORD, r())], Refusal::NotCanonical),
    ];
    // Inputs of the second that are not below r.
    let good = fixture.batch(&[0, 1]);
    let place = good.len() - WORD;
    let data = with_word(&good, place, word_at(&good, place) + r());
    cases.push(Case::refused("an input + r", data, Refusal::NotCanonical));
    cases
}

#[test]
fn one_form_of_batches_is_taken() {
    for fixture in fixtures() {
        check(fixture, &forms(fixture));
    }
}

#[test]
fn batches_hold_if_all_do() {
    for fixture in fixtures() {
        check(fixture, &claims(fixture));
    }
}

/// The errors that cancel do so: without weights, both equations added hold. Each alone does not.
#[test]
fn a_moved_point_is_refused_alone() {
    let fixture = fixture(TAGS);
    let claim = &fixture.claims[0];
    let last = claim.proof.len() - 2 * WORD;
    for by in [G1Affine::generator(), -G1Affine::generator()] {
        let point = (point_at(&claim.proof, last) + by).to_affine();
        let moved = Claim { proof: with_point(&claim.proof, last, &point), inputs: claim.inputs.clone() };
        check(fixture, &[Case::refused("moved", moved.calldata(), Refusal::ProofRejected)]);
    }
}

/// Every bit of the calldata of a batch counts, whichever proof it is in.
#[test]
fn a_flipped_bit_of_a_batch_is_refused() {
    let fixture = fixture(TAGS);
    let good = fixture.batch(&[0, 1]);
    let mut deployed = crate::fixture::Deployed::new(&fixture.contract);
    for byte in (4..good.len()).step_by(61) {
        let mut data = good.clone();
        data[byte] ^= 1 << (byte % 8);
        let answer = deployed.ask(&data);
        assert!(matches!(answer, crate::fixture::Answer::Refused(_)), "byte {byte}: {answer:?}");
    }
}
