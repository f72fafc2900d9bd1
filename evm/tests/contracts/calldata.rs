//! One encoding of a call is taken, and no other; public inputs are those that were proved.

use foldproof_evm::abi::Entry;
use foldproof_evm::{Refusal, calldata};
use foldproof_verifier::Fr;

use crate::fixture::{
    Case, Fixture, WORD, check, fixtures, largest, power_of_two, r, with_word, word, word_at,
};

/// Where the places of proof and inputs, the proof's length and the proof itself are.
const PROOF_AT: usize = 4;
const INPUTS_AT: usize = PROOF_AT + WORD;
const LENGTH: usize = INPUTS_AT + WORD;
const PROOF: usize = LENGTH + WORD;

/// Calls that are not of the form that is taken, and a good one.
pub fn forms(fixture: &Fixture) -> Vec<Case> {
    let [claim, other] = &fixture.claims;
    let good = claim.calldata();
    let length = claim.proof.len();
    let count = PROOF + length;
    let first = count + WORD;
    let inputs = claim.inputs.len();
    let wrong = |name: &str, data: Vec<u8>| Case::refused(name, data, Refusal::Calldata);
    let set = |place: usize, number: num_bigint::BigUint| with_word(&good, place, number);
    let mut cases = vec![
        Case::accepted("good", good.clone()),
        Case { value: 1, ..wrong("value sent", good.clone()) },
        wrong("nothing", Vec::new()),
        wrong("three bytes", good[..3].to_vec()),
        wrong("a selector", good[..4].to_vec()),
        wrong("cut by a byte", good[..good.len() - 1].to_vec()),
        wrong("cut by a word", good[..good.len() - WORD].to_vec()),
        wrong("cut in the proof", good[..count - WORD].to_vec()),
        wrong("cut before the count", good[..count].to_vec()),
        wrong("a byte more", [&good[..], &[0]].concat()),
        wrong("a word more", [&good[..], &[0; WORD]].concat()),
        wrong("for batches", [&Entry::VerifyBatch.selector(), &good[4..]].concat()),
    ];
    for bit in 0..32 {
        let mut data = good.clone();
        data[bit / 8] ^= 1 << (bit % 8);
        cases.push(wrong(&format!("selector, bit {bit}"), data));
    }
    for (name, place) in [("proof", PROOF_AT), ("inputs", INPUTS_AT), ("length", LENGTH), ("count", count)] {
        let known = word_at(&good, place);
        let numbers = [
            &known + 1_u64,
            &known - 1_u64,
            &known + WORD,
            &known - WORD.min(usize::try_from(&known).unwrap()),
            // What is the same after additions or shifts that wrap.
            &known + power_of_two(255),
            &known + power_of_two(251),
            &known + power_of_two(32),
            largest() - 31_u64,
            largest(),
        ];
        // A count of one more is that of a proof with a context: the calldata is too short for it.
        cases.extend(numbers.map(|number| wrong(&format!("{name} {number:#x}"), set(place, number))));
    }
    // Places that are each other's, and gaps that other readers of the ABI take.
    cases.push(wrong("inputs in the proof's place", set(INPUTS_AT, word_at(&good, PROOF_AT))));
    cases.push(wrong("proof in the inputs' place", set(PROOF_AT, word_at(&good, INPUTS_AT))));
    let gap = |at: usize, moved: &[usize]| {
        let mut data = good.clone();
        for place in moved {
            data = with_word(&data, *place, word_at(&data, *place) + WORD);
        }
        data.splice(at..at, [0; WORD]);
        data
    };
    cases.push(wrong("gap before the proof", gap(LENGTH, &[PROOF_AT, INPUTS_AT])));
    cases.push(wrong("gap before the inputs", gap(count, &[INPUTS_AT])));
    let swapped =
        [&good[..4], &word(3 * WORD + WORD * inputs), &word(2 * WORD), &good[count..], &good[LENGTH..count]];
    cases.push(wrong("inputs before the proof", swapped.concat()));
    // Counts that agree with the size. One more is taken, for a context: the proof was made without one.
    let counted = |numbers: &[Fr]| calldata(&claim.proof, numbers);
    let more: Vec<Fr> = claim.inputs.iter().copied().chain([Fr::from(0); 2]).collect();
    cases.push(wrong("an input too few", counted(&claim.inputs[1..])));
    cases.push(wrong("no inputs", counted(&[])));
    cases.push(wrong("two inputs too many", counted(&more)));
    let context = counted(&more[..=inputs]);
    cases.push(Case::refused("a context of 0", context.clone(), Refusal::ProofRejected));
    let last = first + WORD * inputs;
    cases.push(Case::refused("a context of r", with_word(&context, last, r()), Refusal::NotCanonical));
    // A proof of another length, where all else agrees.
    for (name, length) in [("too few", length - WORD), ("too many", length + WORD)] {
        let mut proof = claim.proof.clone();
        proof.resize(length, 0);
        let data = calldata(&proof, &claim.inputs);
        cases.push(wrong(&format!("a word of the proof {name}"), data));
    }
    for (index, element) in claim.inputs.iter().enumerate() {
        let place = first + WORD * index;
        let known = word_at(&good, place);
        for times in 1_u64..=4 {
            let data = set(place, &known + r() * times);
            cases.push(Case::refused(format!("input {index} + {times} r"), data, Refusal::NotCanonical));
        }
        let changed: [(&str, Fr); 3] =
            [("+ 1", *element + Fr::from(1)), ("negative", -*element), ("of the other", other.inputs[index])];
        for (name, changed) in changed.into_iter().filter(|(_, changed)| changed != element) {
            let mut numbers = claim.inputs.clone();
            numbers[index] = changed;
            let name = format!("input {index}, {name}");
            cases.push(Case::refused(name, counted(&numbers), Refusal::ProofRejected));
        }
    }
    let mut turned = claim.inputs.clone();
    turned.swap(0, 1);
    cases.push(Case::refused("two inputs changed about", counted(&turned), Refusal::ProofRejected));
    cases
}

#[test]
fn one_encoding_is_taken() {
    for fixture in fixtures() {
        let cases = forms(fixture);
        assert_eq!(cases.iter().filter(|case| case.expected == crate::fixture::Answer::Accepted).count(), 1);
        assert!(cases.len() > 90 + 5 * fixture.contract.inputs, "{}", cases.len());
        check(fixture, &cases);
    }
}

/// What the two sides of a proof say of it: calldata is as the ABI has it.
#[test]
fn calldata_is_what_the_abi_says() {
    for fixture in fixtures() {
        let claim = &fixture.claims[0];
        let data = claim.calldata();
        let read = |place: usize| usize::try_from(word_at(&data, place)).unwrap();
        let proof = 4 + read(PROOF_AT);
        let inputs = 4 + read(INPUTS_AT);
        assert_eq!(&data[proof + WORD..proof + WORD + read(proof)], claim.proof);
        assert_eq!(read(inputs), claim.inputs.len());
        assert_eq!(data.len(), inputs + WORD * (1 + claim.inputs.len()));
        for (index, element) in claim.inputs.iter().enumerate() {
            let place = inputs + WORD * (1 + index);
            assert_eq!(data[place..place + WORD], foldproof_verifier::big_endian(element));
        }
    }
}
