//! Makes the data of the tests of the gate, which need no prover: `evm/tests/gate/data`. Once, and again when the keys of its statement change:
//! `cargo test --release -p foldproof-cli --test gate_data -- --ignored`. `evm/tests/gate/data/README.md` says what is in it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;

use std::fs;
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use foldproof_circuits::model::Model;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::testing::samples::{self, Numbers};
use foldproof_evm::encoding;
use foldproof_evm::gate::context;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_prover::codebook::Document;
use foldproof_prover::input::{Reading, read_block_as};
use foldproof_prover::keys::KeyStore;
use foldproof_prover::prove::{Binding, Prover, Witness, statement_for};
use foldproof_verifier::Context;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Who deploys verifier, gate and alarm, in this order, as its first transactions, on the chain 1; and who reports to the alarm.
const DEPLOYER: Address = Address::repeat_byte(0x07);
const REPORTER: Address = Address::repeat_byte(0x09);

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../evm/tests/gate/data")
}

#[test]
#[ignore = "writes into the tree"]
fn the_data_of_the_gates_tests_is_made() {
    let answer = ethereum::block().to_string();
    let (block, source) = read_block_as(answer.as_bytes(), Reading::default()).unwrap();
    let header = source.header().cloned();
    assert!(header.is_some());
    let document = include_bytes!("../../prover/tests/vectors/learned-64.json");
    let codebook = Document::parse(document).unwrap().quantise().unwrap();
    let model: Model = samples::model(samples::shape("tags-96-64-32-15"), 1, Numbers::Random);
    let models = [&model];

    let statement = statement_for(&block, &codebook, &models).unwrap();
    let setup = insecure_test_setup(statement.k(), ChaCha20Rng::seed_from_u64(0)).unwrap();
    let verifier = setup.verifier();
    let cache = tempfile::tempdir().unwrap();
    let mut key_store = KeyStore::evm(cache.path(), setup, |_| {});
    let keys = key_store.keys(&statement).unwrap().verifying_bytes.clone();
    let prover = Prover::new(&mut key_store, &statement).unwrap();
    let salts = Salts::none();
    let witness = Witness::Block { block: &block, codebook: &codebook, config: None, salts: &salts };

    let (gate, alarm) = (DEPLOYER.create(1), DEPLOYER.create(2));
    let nonce = encoding::address(REPORTER.into());
    let reporters = Context::new(context(1, gate.into(), alarm.into(), &nonce));
    fs::create_dir_all(data()).unwrap();
    fs::write(data().join(format!("{statement}.vk")), keys).unwrap();
    fs::write(data().join("setup.bin"), verifier.to_bytes()).unwrap();
    for (name, context) in [("block", None), ("block-for-reporter", reporters)] {
        let binding = Binding { context, headers: header.iter().cloned().collect() };
        let proved = prover.prove(&witness, &models, &binding).unwrap();
        println!(
            "{name}: {:?} {:?}",
            proved.verified.block().unwrap().within_bound(),
            proved.verified.hints()
        );
        fs::write(data().join(format!("{name}.proof")), proved.bundle.to_bytes()).unwrap();
    }
}
