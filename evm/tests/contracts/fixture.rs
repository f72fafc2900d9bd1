//! Statements with a key, two proofs and a contract, and how contracts are asked.

use std::sync::LazyLock;

use foldproof_circuits::statement::Statement;
use foldproof_evm::machine::{Machine, Outcome};
use foldproof_evm::{Contract, Refusal, Trust, VerifierKey, VerifierSetup, batch_calldata, calldata};
use foldproof_verifier::{Bundle, Fr, Scheme, keccak256};
use num_bigint::BigUint;

/// Bytes of a word.
pub const WORD: usize = 32;
/// Who sends transactions.
pub const SENDER: [u8; 20] = [7; 20];

pub const TAGS: usize = 0;
pub const CORE: usize = 1;
pub const BOTH: usize = 2;

/// A proof and what it proves.
#[derive(Clone)]
pub struct Claim {
    pub proof: Vec<u8>,
    pub inputs: Vec<Fr>,
}

impl Claim {
    pub fn calldata(&self) -> Vec<u8> {
        calldata(&self.proof, &self.inputs)
    }
}

/// A statement.
pub struct Fixture {
    pub name: &'static str,
    pub key: VerifierKey,
    pub setup: VerifierSetup,
    pub contract: Contract,
    pub claims: [Claim; 2],
}

static FIXTURES: LazyLock<[Fixture; 3]> = LazyLock::new(|| {
    let names = ["fingerprint+tags-96-64-32-15", "core-small-64", "core-small-64+tags-96-64-32-15"];
    names.map(|name| Fixture::read(name, "setup.bin"))
});

/// Eight blocks, under a larger setup.
static MANY: LazyLock<Fixture> = LazyLock::new(|| Fixture::read("core-small-64x8", "setup-16.bin"));

/// A fixture by its number.
pub fn fixture(which: usize) -> &'static Fixture {
    &FIXTURES[which]
}

/// All of them.
pub fn fixtures() -> &'static [Fixture; 3] {
    &FIXTURES
}

/// A statement about many blocks, whose contract is pinned and asked about little: its code is that of one block, with other numbers.
pub fn many() -> &'static Fixture {
    &MANY
}

pub fn data(file: &str) -> String {
    format!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/{}"), file)
}

impl Fixture {
    fn read(name: &'static str, setup: &str) -> Self {
        let read = |file: &str| std::fs::read(data(file)).unwrap();
        let statement = Statement::from_name(name).unwrap();
        let key = VerifierKey::from_bytes(&statement, Scheme::Evm, &read(&format!("{name}.vk"))).unwrap();
        let setup = VerifierSetup::from_bytes(&read(setup)).unwrap();
        let contract = Contract::new(&key, &setup, Trust::Insecure).unwrap();
        let claims = [1, 2].map(|number| {
            let bundle = Bundle::from_bytes(&read(&format!("{name}.{number}.proof"))).unwrap();
            let inputs = bundle.unverified_instance().rows().into_iter().copied().collect();
            Claim { proof: bundle.proof().to_vec(), inputs }
        });
        Self { name, key, setup, contract, claims }
    }

    /// The calldata of a batch of these claims.
    pub fn batch(&self, which: &[usize]) -> Vec<u8> {
        let claims: Vec<Claim> = which.iter().map(|index| self.claims[*index].clone()).collect();
        batch(&claims)
    }
}

pub fn batch(claims: &[Claim]) -> Vec<u8> {
    let claims: Vec<(&[u8], &[Fr])> =
        claims.iter().map(|claim| (&claim.proof[..], &claim.inputs[..])).collect();
    batch_calldata(&claims)
}

/// What a contract says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted,
    Refused(Refusal),
    /// Neither: another output, or no gas.
    Other(Outcome),
}

impl Answer {
    pub fn of(outcome: Outcome) -> Self {
        match &outcome {
            Outcome::Success { output, .. } if *output == word(1_u64) => Self::Accepted,
            Outcome::Revert { output, .. } => {
                Refusal::from_output(output).map_or_else(|| Self::Other(outcome.clone()), Self::Refused)
            }
            _ => Self::Other(outcome),
        }
    }
}

/// A contract on a chain.
pub struct Deployed {
    pub machine: Machine,
    pub address: [u8; 20],
}

impl Deployed {
    /// As a transaction creates it.
    pub fn new(contract: &Contract) -> Self {
        Self::on(Machine::default(), &contract.init_code)
    }

    /// The same on a chain that is there.
    pub fn on(mut machine: Machine, init_code: &[u8]) -> Self {
        let (address, outcome) = machine.create(SENDER, init_code).unwrap();
        Self { machine, address: address.unwrap_or_else(|| panic!("{outcome:?}")) }
    }

    /// Other code in the place of a contract, with the same key beside it.
    pub fn with_code(contract: &Contract, code: &[u8]) -> Self {
        let (mut machine, address) = (Machine::default(), [9; 20]);
        machine.set_code(address, code);
        machine.set_code(first_child(address), &contract.key_code);
        Self { machine, address }
    }

    pub fn call(&mut self, data: &[u8]) -> Outcome {
        self.machine.call(SENDER, self.address, data).unwrap()
    }

    pub fn ask(&mut self, data: &[u8]) -> Answer {
        Answer::of(self.call(data))
    }

    /// What it says of a case.
    pub fn answer(&mut self, case: &Case) -> Answer {
        let gas = foldproof_evm::machine::MAX_GAS;
        Answer::of(self.machine.call_with(SENDER, self.address, &case.data, case.value, gas).unwrap())
    }
}

/// The address of the first contract that one creates: keccak256(rlp(address, 1)).
pub fn first_child(address: [u8; 20]) -> [u8; 20] {
    let hash = keccak256(&[&[0xd6, 0x94], &address, &[1]]);
    *hash.last_chunk().unwrap()
}

/// A call, and what has to come of it.
pub struct Case {
    pub name: String,
    pub data: Vec<u8>,
    pub value: u64,
    pub expected: Answer,
}

impl Case {
    pub fn refused(name: impl Into<String>, data: Vec<u8>, refusal: Refusal) -> Self {
        Self { name: name.into(), data, value: 0, expected: Answer::Refused(refusal) }
    }

    pub fn accepted(name: impl Into<String>, data: Vec<u8>) -> Self {
        Self { name: name.into(), data, value: 0, expected: Answer::Accepted }
    }
}

/// Asks a contract about all cases.
pub fn check(fixture: &Fixture, cases: &[Case]) {
    let mut deployed = Deployed::new(&fixture.contract);
    for case in cases {
        assert_eq!(deployed.answer(case), case.expected, "{}: {}", fixture.name, case.name);
    }
}

/// A number of up to 256 bits, in 32 bytes.
pub fn word(number: impl Into<BigUint>) -> [u8; WORD] {
    let mut word = [0; WORD];
    let bytes = number.into().to_bytes_be();
    word[WORD - bytes.len()..].copy_from_slice(&bytes);
    word
}

/// The word at a place.
pub fn word_at(data: &[u8], place: usize) -> BigUint {
    BigUint::from_bytes_be(&data[place..place + WORD])
}

/// The same bytes with another word at a place.
pub fn with_word(data: &[u8], place: usize, number: impl Into<BigUint>) -> Vec<u8> {
    let mut data = data.to_vec();
    data[place..place + WORD].copy_from_slice(&word(number));
    data
}

/// The number of elements of the field.
pub fn r() -> BigUint {
    number("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001")
}

/// The number of elements of the field that coordinates are of.
pub fn p() -> BigUint {
    number("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47")
}

/// 2 to a power.
pub fn power_of_two(exponent: u32) -> BigUint {
    BigUint::from(1_u64) << exponent
}

/// The largest word.
pub fn largest() -> BigUint {
    power_of_two(256) - 1_u64
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}
