//! The contract of a statement: its program, in Yul and as bytecode, and the data contract with its key.

mod arithmetic;
mod calls;
mod code;
mod library;
mod memory;
mod opening;
mod places;
mod protocol;
mod refusal;
#[cfg(test)]
mod tests;
mod verifier;

use ff::PrimeField;
use foldproof_verifier::{Scheme, VerifierKey, VerifierSetup, keccak256, point_words};
use halo2curves::bn256::{Fq, Fr, G1Affine};
use num_bigint::BigUint;

pub use refusal::Refusal;

use crate::abi::{self, Entry};
use crate::error::Error;
use crate::yul::{Expr, Statement, call, compile, object_text, run};
use arithmetic::Constants;
use calls::{give_text, give_word, verify_one, verify_several};
use code::{for_each, refuse, refuse_if, store};
use memory::{ARGUMENTS, KeyPlaces, MODULUS, Memory, POINT, TWICE_MODULUS, WORD};
use protocol::Protocol;
use verifier::{Verifier, number};

/// Most bytes of code that a contract may have: EIP-170.
pub const MAX_CODE: usize = 24_576;
/// Most bytes of the code that creates one: EIP-3860.
pub const MAX_INIT_CODE: usize = 49_152;

/// Who may know the secret of a setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Nobody, if one contributor of its ceremony was honest.
    Ceremony,
    /// Whoever made it, who can prove anything. The contract says so in its name.
    Insecure,
}

/// A contract that verifies the proofs of one statement.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its name, of letters, digits and underscores.
    pub name: String,
    /// Its program.
    pub program: Vec<Statement>,
    /// The program, and that which creates it, as text with comments.
    pub yul: String,
    /// What a transaction that creates it has for data.
    pub init_code: Vec<u8>,
    /// Its bytecode.
    pub code: Vec<u8>,
    /// Code of the contract that holds the key: a zero byte and data.
    pub key_code: Vec<u8>,
    /// Its functions and errors, as JSON.
    pub abi: String,
    /// SHA-256 of the key it verifies with, as bundles name it.
    pub key_digest: [u8; 32],
    /// Public inputs of a proof, without a context.
    pub inputs: usize,
    /// Bytes of a proof.
    pub proof_length: usize,
}

impl Contract {
    /// The contract for a key of the scheme evm under a setup.
    ///
    /// # Errors
    /// If the key is of another scheme, or the contract would be larger than contracts may be.
    pub fn new(key: &VerifierKey, setup: &VerifierSetup, trust: Trust) -> Result<Self, Error> {
        if key.scheme() != Scheme::Evm {
            return Err(Error::Scheme { found: key.scheme() });
        }
        let inputs = key.statement().rows();
        // Where numbers that are kept come to lie depends on how many constants there are, which writing the code tells.
        let counted = Draft::new(key, setup, inputs, trust, 0)?.constants.numbers.len();
        let draft = Draft::new(key, setup, inputs, trust, counted)?;
        let (found, expected) = (draft.length, key.proof_length());
        if found != expected {
            return Err(Error::Circuit("its proofs are not of the length that this generator expects"));
        }
        draft.contract(key, trust)
    }
}

/// What a proof under a key is made of, in order: points or numbers, and how many.
#[cfg(feature = "machine")]
pub(crate) fn pattern(key: &VerifierKey) -> Result<Vec<(bool, usize)>, Error> {
    let mut memory = Memory::default();
    let protocol = Protocol::new(key.halo2(), key.statement().rows(), &mut memory);
    let protocol = protocol.ok_or(Error::Circuit("it is not of the kind this generator is for"))?;
    let count = |segment: &protocol::Segment| segment.length / if segment.points { POINT } else { WORD };
    Ok(protocol.segments.iter().map(|segment| (segment.points, count(segment))).collect())
}

/// The code of a contract before it is put together.
struct Draft {
    runtime: Vec<Statement>,
    constants: Constants,
    key_code: Vec<u8>,
    length: usize,
    inputs: usize,
}

#[expect(clippy::arithmetic_side_effects, reason = "places in memory and lengths of our own circuits")]
impl Draft {
    fn new(
        key: &VerifierKey,
        setup: &VerifierSetup,
        inputs: usize,
        trust: Trust,
        constants: usize,
    ) -> Result<Self, Error> {
        let mut memory = Memory::default();
        let protocol = Protocol::new(key.halo2(), inputs, &mut memory);
        let protocol = protocol.ok_or(Error::Circuit("it is not of the kind this generator is for"))?;
        let verifier = Verifier::new(&protocol, &mut memory);
        let points = protocol.key_points() + 1;
        let places = KeyPlaces::new(&mut memory, points, constants);
        let mut constants = Constants::starting_at(places.constants);
        let mut free = places.free;
        let mut body = vec![Statement::Comment("the transcript".into())];
        body.extend(verifier.read());
        body.extend(verifier.check(&mut free, &mut constants));
        let key_code = key_code(key, setup, &constants)?;
        let hash = BigUint::from_bytes_be(&keccak256(&[&key_code]));

        let mut runtime = vec![
            Statement::Comment("r and 2 r".into()),
            store(MODULUS, modulus()),
            store(TWICE_MODULUS, modulus() * 2_u64),
            refuse_if(call("callvalue", []), Refusal::Calldata),
            Statement::Comment("no selector ends with a zero, so that less than one is none".into()),
            Statement::Let("selector", call("shr", [224_u64.into(), call("calldataload", [0_u64.into()])])),
        ];
        let mut finish = vec![Statement::Comment("the points of the key".into())];
        let counted = verifier.places().factors;
        finish.push(Statement::Let("counted", counted.into()));
        finish.push(for_each(
            places.points,
            places.pairing,
            POINT,
            vec![
                run("add_point", ["at".into(), call("mload", ["counted".into()])]),
                Statement::Assign("counted", call("add", ["counted".into(), WORD.into()])),
            ],
        ));
        finish.extend(library::pairing(places.pairing));
        finish.push(store(0, 1_u64));
        finish.push(run("return", [0_u64.into(), WORD.into()]));

        let on = |entry: Entry, code: Vec<Statement>| {
            let selector = BigUint::from_bytes_be(&entry.selector());
            Statement::If(call("eq", ["selector".into(), selector.into()]), code)
        };
        runtime.push(on(Entry::Verify, verify_one(protocol.length, inputs)));
        runtime.push(on(Entry::VerifyBatch, verify_several(protocol.length, inputs, free)));
        runtime.push(on(Entry::KeyDigest, give_word(&key.digest())));
        runtime.push(on(Entry::SetupId, give_word(&setup.digest().0)));
        runtime.push(on(Entry::Name, give_text(&title(key, trust))));
        runtime.push(refuse(Refusal::Calldata));
        runtime.extend([
            Statement::Comment("one proof: `proof` and `inputs` are where they begin in the calldata".into()),
            Statement::Function {
                name: "verify",
                parameters: vec!["proof", "inputs", "count"],
                result: None,
                body,
            },
            Statement::Comment("gives back 1 if the sum is right".into()),
            Statement::Function { name: "finish", parameters: vec![], result: None, body: finish },
            Statement::Comment(
                "the key, from the first contract that this one's creator made under its address".into(),
            ),
            Statement::Function {
                name: "load_key",
                parameters: vec![],
                result: None,
                body: load_key(places.points, key_code.len() - 1, hash),
            },
        ]);
        runtime.extend(library::library());
        Ok(Self { runtime, constants, key_code, length: protocol.length, inputs })
    }

    fn contract(self, key: &VerifierKey, trust: Trust) -> Result<Contract, Error> {
        let code = compile(&self.runtime, &[])?.code;
        if code.len() > MAX_CODE {
            return Err(Error::Code { most: MAX_CODE, found: code.len() });
        }
        let creation = creation_code(&self.key_code)?;
        let init = init();
        let linked = compile(&init, &[("runtime", &code), ("key", &creation)])?;
        if linked.bytes.len() > MAX_INIT_CODE {
            return Err(Error::InitCode { most: MAX_INIT_CODE, found: linked.bytes.len() });
        }
        let name = identifier(&title(key, trust));
        let runtime = object_text("runtime", &self.runtime, 1, "");
        let data = format!("    data \"key\" hex\"{}\"\n", hex::encode(&creation));
        let yul = object_text(&name, &init, 0, &(runtime + &data));
        let header = format!("// {}\n// key {}\n", title(key, trust), hex::encode(key.digest()));
        Ok(Contract {
            name,
            program: self.runtime,
            yul: header + &yul,
            init_code: linked.bytes,
            code,
            key_code: self.key_code,
            abi: abi::json(),
            key_digest: key.digest(),
            inputs: self.inputs,
            proof_length: self.length,
        })
    }
}

/// What the contract is called.
fn title(key: &VerifierKey, trust: Trust) -> String {
    let warning = match trust {
        Trust::Ceremony => "",
        Trust::Insecure => "INSECURE SETUP ",
    };
    format!("{warning}Foldproof {}", key.statement())
}

/// A title as an identifier.
fn identifier(title: &str) -> String {
    let mut name = String::new();
    for part in title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('_');
        }
        name += part;
    }
    name
}

/// r.
fn modulus() -> BigUint {
    number(&-Fr::from(1)) + 1_u64
}

/// Code of the data contract: a zero byte, so that nobody can call it; the key's points and the generator; the two points of the
/// pairing; constants.
fn key_code(key: &VerifierKey, setup: &VerifierSetup, constants: &Constants) -> Result<Vec<u8>, Error> {
    let halo2 = key.halo2();
    let generator = G1Affine::generator();
    let points =
        halo2.fixed_commitments().iter().chain(halo2.permutation().commitments()).chain([&generator]);
    let mut code = vec![0];
    for point in points {
        // A column of zeros has infinity for its commitment, which precompiles write as (0, 0).
        let words = point_words(point).unwrap_or_default();
        code.extend(words.as_flattened());
    }
    let bytes = setup.to_bytes();
    let (_, points) = bytes.split_at_checked(64).ok_or(Error::Circuit("its setup has no points"))?;
    let (words, _) = points.as_chunks::<WORD>();
    for (place, point) in words.chunks_exact(4).enumerate() {
        code.extend(pairing_words(point, place == 1));
    }
    for constant in &constants.numbers {
        code.extend(foldproof_verifier::big_endian(constant));
    }
    Ok(code)
}

/// A point of the second group as precompiles read it: imaginary parts first, and big-endian. The bytes are x and y, real parts
/// first, little-endian.
fn pairing_words(point: &[[u8; WORD]], negative: bool) -> Vec<u8> {
    let modulus = BigUint::from_bytes_le((-Fq::from(1)).to_repr().as_ref()) + 1_u64;
    let mut words = Vec::new();
    for (place, order) in [1, 0, 3, 2].into_iter().enumerate() {
        let number = point.get(order).map(|word| BigUint::from_bytes_le(word)).unwrap_or_default();
        let opposite = negative && place >= 2 && number > BigUint::ZERO;
        words.extend(word(&if opposite { &modulus - number } else { number }));
    }
    words
}

/// A number of 256 bits at most, in 32 bytes.
fn word(number: &BigUint) -> [u8; WORD] {
    let mut word = [0; WORD];
    for (to, from) in word.iter_mut().rev().zip(number.to_bytes_le()) {
        *to = from;
    }
    word
}

/// Code that creates a contract whose code are these bytes.
fn creation_code(code: &[u8]) -> Result<Vec<u8>, Error> {
    let length = u16::try_from(code.len()).ok().filter(|length| usize::from(*length) <= MAX_CODE);
    let [high, low] = length.ok_or(Error::Code { most: MAX_CODE, found: code.len() })?.to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    let mut creation = vec![0x61, high, low, 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3];
    creation.extend(code);
    Ok(creation)
}

/// Creates the contract with the key, and gives back the code.
fn init() -> Vec<Statement> {
    let size = |name| Expr::DataSize(name);
    let copy = |name| run("codecopy", [0_u64.into(), Expr::DataOffset(name), size(name)]);
    vec![
        Statement::If(call("callvalue", []), vec![run("revert", [0_u64.into(), 0_u64.into()])]),
        Statement::Comment(
            "the contract with the key: the first that this one creates, which determines its address".into(),
        ),
        copy("key"),
        Statement::If(
            call("iszero", [call("create", [0_u64.into(), 0_u64.into(), size("key")])]),
            vec![run("revert", [0_u64.into(), 0_u64.into()])],
        ),
        copy("runtime"),
        run("return", [0_u64.into(), size("runtime")]),
    ]
}

/// Reads the key. Its address follows from this contract's own: keccak256(rlp(address, 1)). Anybody can create a contract with this
/// one's code and another key beside it, so the key's hash is part of the code.
fn load_key(place: usize, length: usize, hash: BigUint) -> Vec<Statement> {
    let prefix = BigUint::from(0xd694_u64) << 240_u32;
    let one = BigUint::from(1_u64) << 72_u32;
    let list = call(
        "or",
        [prefix.into(), call("or", [call("shl", [80_u64.into(), call("address", [])]), one.into()])],
    );
    let mask = (BigUint::from(1_u64) << 160_u32) - 1_u64;
    vec![
        store(ARGUMENTS, list),
        Statement::Let(
            "home",
            call("and", [call("keccak256", [ARGUMENTS.into(), 23_u64.into()]), mask.into()]),
        ),
        refuse_if(call("sub", [call("extcodehash", ["home".into()]), hash.into()]), Refusal::Key),
        run("extcodecopy", ["home".into(), place.into(), 1_u64.into(), length.into()]),
    ]
}
