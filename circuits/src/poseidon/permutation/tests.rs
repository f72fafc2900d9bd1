//! Known answers. The project uses one width, 8; the generator of constants is also tried at others, for which more has
//! been published.

use ark_bn254_for_tests::Fr as ArkFr;
use ark_ff_for_tests::PrimeField as _;
use light_poseidon::{Poseidon, PoseidonBytesHasher};
use proptest::prelude::*;

use ff::{Field as _, FromUniformBytes as _};

use super::*;
use crate::poseidon::{Domain, initial_value};

fn decimal(digits: &str) -> Fr {
    digits.bytes().fold(Fr::zero(), |sum, digit| sum * Fr::from(10) + Fr::from(u64::from(digit - b'0')))
}

fn hexadecimal(element: Fr) -> String {
    element.to_repr().as_ref().iter().rev().map(|byte| format!("{byte:02x}")).collect()
}

fn counting(inputs: u64) -> Vec<Fr> {
    (1..=inputs).map(Fr::from).collect()
}

/// Circomlib's number of partial rounds, by inputs.
const PARTIAL: [usize; 16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

/// The hash of any number of inputs, by the definition of the permutation.
fn hash(inputs: &[Fr]) -> Fr {
    let (width, partial) = (inputs.len() + 1, PARTIAL[inputs.len() - 1]);
    let mut grain = Grain::new(width, partial);
    let rounds = FULL_ROUNDS + partial;
    let constants: Vec<Fr> = (0..rounds * width).map(|_| grain.element()).collect();
    let points: Vec<Fr> = (0..2 * width).map(|_| grain.element_mod_p()).collect();
    let mut state = [&[Fr::zero()], inputs].concat();
    for (round, constants) in constants.chunks(width).enumerate() {
        let full = round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + partial;
        for (i, (x, constant)) in state.iter_mut().zip(constants).enumerate() {
            *x += constant;
            if full || i == 0 {
                *x = x.pow([5]);
            }
        }
        let entry = |i: usize, j: usize| (points[i] + points[width + j]).invert().unwrap();
        state = (0..width).map(|i| (0..width).map(|j| entry(i, j) * state[j]).sum()).collect();
    }
    state[0]
}

/// h₀ = `initial`, then seven elements a link, by `light-poseidon`.
fn light_chain(initial: Fr, elements: &[Fr]) -> Fr {
    elements.chunks(RATE).fold(initial, |h, chunk| {
        let tag = ArkFr::from_le_bytes_mod_order(h.to_repr().as_ref());
        let mut hasher = Poseidon::<ArkFr>::with_domain_tag_circom(RATE, tag).unwrap();
        let mut chunk = chunk.to_vec();
        chunk.resize(RATE, Fr::zero());
        let bytes: Vec<Vec<u8>> = chunk.iter().map(|x| x.to_repr().as_ref().to_vec()).collect();
        let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        Fr::from_repr(hasher.hash_bytes_le(&slices).unwrap()).unwrap()
    })
}

/// What circomlib and circomlibjs give.
#[test]
fn published_vectors() {
    // At the width that is used.
    for (inputs, expected) in [
        (counting(7), "12748163991115452309045839028154629052133952896122405799815156419278439301912"),
        (vec![Fr::zero(); 7], "4650195440642623795323580690232682597343117209016245979902989581920340875814"),
    ] {
        assert_eq!(chain(Fr::zero(), &inputs), decimal(expected));
        assert_eq!(hash(&inputs), decimal(expected));
    }
    // Generator, rounds and matrix at others.
    let of_two = hash(&counting(2));
    assert_eq!(hexadecimal(of_two), "115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a");
    let of_four = hash(&counting(4));
    assert_eq!(hexadecimal(of_four), "299c867db6c1fdd79dcefa40e4510b9837e60ebb1ce0663dbaa525df65250465");
    for (inputs, expected) in [
        (1, "18586133768512220936620570745912940619677854269274689475585506675881198879027"),
        (5, "6183221330272524995739186171720101788151706631170188140075976616310159254464"),
        (6, "20400040500897583745843009878988256314335038853985262692600694741116813247201"),
        (8, "18604317144381847857886385684060986177838410221561136253933256952257712543953"),
    ] {
        assert_eq!(hash(&counting(inputs)), decimal(expected), "{inputs} inputs");
    }
}

/// Chains of several links, frozen; a program apart from this one and `light-poseidon` give the same.
#[test]
fn known_chains() {
    for (length, expected) in [
        (1, "262e151f5982173a2f4c83b74606561df9393308b6db642eb115e1d93f7ffdcb"),
        (7, "089cd2b490e1aa8df9ac083baa52988cf84d8cd82e2faf13f0de7c06b4c396f3"),
        (8, "117f6676fbb624bd8e7f20e00b479e0948373518f49193fd545c5f3f0a8d8495"),
        (15, "15cd529d61515169311bd1a5810906683c73ffabe0398ba0c126fbbbf0700fc2"),
    ] {
        let (initial, elements) = (initial_value(Domain::Block, 1, length), counting(length as u64));
        assert_eq!(chain(initial, &elements), light_chain(initial, &elements), "{length} elements");
        assert_eq!(hexadecimal(chain(initial, &elements)), expected, "{length} elements");
    }
    let nothing = initial_value(Domain::Block, 1, 0);
    assert_eq!(chain(nothing, &[]), nothing);
    // "fp.block", shape and length: 64, 64 and 32 bits.
    assert_eq!(hexadecimal(nothing), format!("{:0>64}", "66702e626c6f636b000000000000000100000000"));
}

fn element() -> impl Strategy<Value = Fr> {
    prop_oneof![
        any::<[u8; 64]>().prop_map(|bytes| Fr::from_uniform_bytes(&bytes)),
        any::<u64>().prop_map(Fr::from),
        Just(Fr::zero()),
        Just(-Fr::one()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chains_are_those_of_a_second_implementation(
        initial in element(),
        elements in prop::collection::vec(element(), 0..30),
    ) {
        prop_assert_eq!(chain(initial, &elements), light_chain(initial, &elements));
    }
}
