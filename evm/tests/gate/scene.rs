//! A chain with verifier, gate and alarm, and a gate that takes the kept proof.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use foldproof_circuits::statement::Statement;
use foldproof_evm::encoding::{Address, Value, Word, address, arguments, call};
use foldproof_evm::gate::{Claims, Edit, Head, Question, Refused, Submission, Validity, init_code};
use foldproof_evm::machine::{Machine, Outcome};
use foldproof_evm::{Contract, Trust, VerifierKey, VerifierSetup};
use foldproof_verifier::{BlockHeader, Bundle, Scheme, keccak256};

/// Deploys verifier, gate and alarm, in this order, as its first transactions: the kept proof for a context is for these addresses.
pub const DEPLOYER: Address = [0x07; 20];
pub const REPORTER: Address = [0x09; 20];
pub const STRANGER: Address = [0x0b; 20];
pub const STATEMENT: &str = "core-small-64+tags-96-64-32-15";
/// Rows of public inputs, as the gate reads them.
pub const CODEBOOK: usize = 4;
pub const WITHIN_BOUND: usize = 13;
pub const MODEL: usize = 14;
pub const TAGS: usize = 16;
/// Rows of the statement.
pub const ROWS: usize = 17;

pub fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gate/data").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn submission(name: &str) -> Submission {
    Submission::of(&Bundle::from_bytes(&file(name)).unwrap()).unwrap()
}

/// The verifier of the statement.
pub fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let statement = Statement::from_name(STATEMENT).unwrap();
        let key = file(&format!("{STATEMENT}.vk"));
        let key = VerifierKey::from_bytes(&statement, Scheme::Evm, &key).unwrap();
        let setup = VerifierSetup::from_bytes(&file("setup.bin")).unwrap();
        Contract::new(&key, &setup, Trust::Insecure).unwrap()
    })
}

/// What creates an alarm.
pub fn alarm_code(gate: Address, model: Word, tags: Word) -> Vec<u8> {
    let code = include_str!("../../contracts/out/BlockAlarm.bin").trim_end();
    let values = [Value::Word(address(gate)), Value::Word(model), Value::Word(tags)];
    [hex::decode(code).unwrap(), arguments(&values)].concat()
}

#[derive(Clone)]
pub struct Scene {
    pub machine: Machine,
    pub verifier: Address,
    pub gate: Address,
    pub alarm: Address,
    /// Made for nobody.
    pub open: Submission,
    /// Made for the alarm and the reporter.
    pub reporters: Submission,
}

impl Scene {
    /// Everything is registered, and the block is the last one before now.
    pub fn new() -> Self {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        SCENE
            .get_or_init(|| {
                let mut scene = Self::deployed();
                scene.edits().iter().for_each(|edit| scene.edit(edit));
                scene
            })
            .clone()
    }

    /// Nothing is registered.
    pub fn deployed() -> Self {
        let mut machine = Machine::default();
        let open = submission("block.proof");
        let verifier = create(&mut machine, &contract().init_code);
        let gate = create(&mut machine, &init_code(DEPLOYER));
        let alarm = create(&mut machine, &alarm_code(gate, open.inputs[MODEL], open.inputs[TAGS]));
        let mut scene =
            Self { machine, verifier, gate, alarm, open, reporters: submission("block-for-reporter.proof") };
        let (height, time) = (scene.height(), scene.time());
        scene.machine.set_block(height + 1, time + 12);
        scene.machine.set_block_hash(height, scene.hash());
        scene
    }

    /// What it takes to take the kept proof.
    pub fn edits(&self) -> [Edit; 3] {
        let [statement, model, head] = [0, MODEL, MODEL + 1].map(|row| self.open.inputs[row]);
        [
            self.registration(statement, self.verifier, false),
            Edit::AcceptCodebook { root: self.open.inputs[CODEBOOK], accepted: true },
            Edit::RegisterModel { commitment: model, kind: Head::Tags, head, validity: Validity::ALWAYS },
        ]
    }

    /// A verifier with the code that it has now.
    pub fn registration(&self, statement: Word, verifier: Address, require_within_bound: bool) -> Edit {
        let code_hash = keccak256(&[&self.machine.clone().code(verifier)]);
        Edit::RegisterStatement { statement, verifier, code_hash, outputs: vec![1], require_within_bound }
    }

    /// Statement of the kept proof, with another verifier: code that this is.
    pub fn replace_verifier(&mut self, code: &[u8]) -> Address {
        let verifier = [0xcc; 20];
        self.machine.set_code(verifier, code);
        self.edit(&self.registration(self.open.inputs[0], verifier, false));
        verifier
    }

    pub fn header(&self) -> BlockHeader {
        BlockHeader::decode(&self.open.header).unwrap()
    }

    pub fn hash(&self) -> Word {
        self.header().hash()
    }

    pub fn height(&self) -> u64 {
        low(&self.open.inputs[5])
    }

    pub fn time(&self) -> u64 {
        low(&self.open.inputs[6])
    }

    /// Proposes and enacts, without delay.
    pub fn edit(&mut self, edit: &Edit) {
        assert_eq!(self.try_edit(edit), Ok(()), "{edit:?}");
    }

    pub fn try_edit(&mut self, edit: &Edit) -> Result<(), Refused> {
        self.send(DEPLOYER, &edit.propose())?;
        self.send(DEPLOYER, &edit.enact()).map(drop)
    }

    /// Calls the gate.
    pub fn send(&mut self, from: Address, data: &[u8]) -> Result<Vec<u8>, Refused> {
        answer(self.machine.call(from, self.gate, data).unwrap())
    }

    pub fn ask(&self, from: Address, asked: &Submission, question: Question) -> Result<Claims, Refused> {
        let output = self.clone().send(from, &asked.calldata(question))?;
        Ok(Claims::from_output(&output).expect("claims"))
    }

    /// A stranger asks about a block of this chain.
    pub fn own(&self, asked: &Submission) -> Result<Claims, Refused> {
        self.ask(STRANGER, asked, Question::Own)
    }

    /// A stranger asks about a header whose hash he trusts, whatever it is.
    pub fn trusted(&self, asked: &Submission) -> Result<Claims, Refused> {
        self.ask(STRANGER, asked, Question::Trusted(keccak256(&[&asked.header])))
    }

    /// The kept proof with one input changed.
    pub fn with(&self, row: usize, word: Word) -> Submission {
        let mut other = self.open.clone();
        other.inputs[row] = word;
        other
    }

    /// Reads a function of a contract that takes one word, or none.
    pub fn read(&mut self, contract: Address, signature: &str, argument: Option<Word>) -> Word {
        let argument: Vec<Value<'_>> = argument.map(Value::Word).into_iter().collect();
        match self.machine.call(STRANGER, contract, &call(signature, &argument)).unwrap() {
            Outcome::Success { output, .. } => output.try_into().unwrap(),
            other => panic!("{signature}: {other:?}"),
        }
    }
}

/// Creates a contract by the deployer's next transaction.
pub fn create(machine: &mut Machine, code: &[u8]) -> Address {
    match machine.create(DEPLOYER, code).unwrap() {
        (Some(address), Outcome::Success { .. }) => address,
        other => panic!("{other:?}"),
    }
}

/// What a call gave back, or why it was taken back.
pub fn answer(outcome: Outcome) -> Result<Vec<u8>, Refused> {
    match outcome {
        Outcome::Success { output, .. } => Ok(output),
        Outcome::Revert { output, .. } => {
            Err(Refused::from_output(&output).unwrap_or_else(|| panic!("{}", hex::encode(output))))
        }
        Outcome::Halt { reason, .. } => panic!("{reason}"),
    }
}

/// Name of an error.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Refused>) -> &'static str {
    result.expect_err("it was taken").name
}

/// The last eight bytes.
pub fn low(word: &Word) -> u64 {
    u64::from_be_bytes(word[24..].try_into().unwrap())
}

/// A word that differs in its last bit.
pub fn flipped(mut word: Word) -> Word {
    word[31] ^= 1;
    word
}
