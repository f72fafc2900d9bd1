//! What contracts cost and are, to the byte: `data/pins.json`, which `BLESS=1` writes.

use foldproof_evm::machine::{FORK, Machine, Outcome};
use foldproof_evm::{MAX_CODE, MAX_INIT_CODE, Refusal};
use foldproof_params::Digest;

use crate::fixture::{Answer, BOTH, CORE, Deployed, Fixture, SENDER, TAGS, data, fixtures, many};

/// Gas that a contract may take.
const MOST_GAS: [(usize, u64); 3] = [(TAGS, 770_000), (CORE, 950_000), (BOTH, 1_050_000)];
const MOST_DEPLOYMENT: u64 = 8_000_000;

/// What is pinned of a contract.
struct Pin {
    call: u64,
    deployment: u64,
    json: String,
}

fn pin(fixture: &Fixture) -> Pin {
    let contract = &fixture.contract;
    let deployment = Machine::default().create(SENDER, &contract.init_code).unwrap().1.gas();
    let mut deployed = Deployed::new(contract);
    let mut gas = |data: &[u8]| match deployed.call(data) {
        Outcome::Success { gas, .. } => gas,
        outcome => panic!("{outcome:?}"),
    };
    let call = gas(&fixture.claims[0].calldata());
    let [two, five] = [&[0, 1][..], &[0, 1, 0, 1, 0]].map(|which| gas(&fixture.batch(which)));
    let digest = |bytes: &[u8]| Digest::of(bytes).to_string();
    let entries = [
        ("code_sha256", format!("\"{}\"", digest(&contract.code))),
        ("key_sha256", format!("\"{}\"", digest(&contract.key_code))),
        ("init_sha256", format!("\"{}\"", digest(&contract.init_code))),
        ("code_bytes", contract.code.len().to_string()),
        ("key_bytes", contract.key_code.len().to_string()),
        ("init_bytes", contract.init_code.len().to_string()),
        ("calldata_bytes", fixture.claims[0].calldata().len().to_string()),
        ("call_gas", call.to_string()),
        ("batch_of_2_gas", two.to_string()),
        ("batch_of_5_gas", five.to_string()),
        ("deployment_gas", deployment.to_string()),
    ];
    let lines = entries.map(|(name, value)| format!("      \"{name}\": {value}"));
    Pin { call, deployment, json: format!("    \"{}\": {{\n{}\n    }}", fixture.name, lines.join(",\n")) }
}

#[test]
fn contracts_are_what_is_pinned() {
    let pins: Vec<Pin> = fixtures().iter().chain([many()]).map(pin).collect();
    let contracts: Vec<&str> = pins.iter().map(|pin| &pin.json[..]).collect();
    let json =
        format!("{{\n  \"fork\": \"{FORK:?}\",\n  \"contracts\": {{\n{}\n  }}\n}}\n", contracts.join(",\n"));
    let file = data("pins.json");
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(file, json).unwrap();
    } else {
        let pinned = std::fs::read_to_string(file).unwrap();
        assert_eq!(pinned, json, "if this change is meant, run scripts/bless.sh");
    }
    for (which, most) in MOST_GAS {
        assert!(pins[which].call <= most, "{} gas", pins[which].call);
        assert!(pins[which].deployment <= MOST_DEPLOYMENT, "{} gas", pins[which].deployment);
    }
    for fixture in fixtures().iter().chain([many()]) {
        assert!(fixture.contract.code.len() <= MAX_CODE);
        assert!(fixture.contract.key_code.len() <= MAX_CODE);
        assert!(fixture.contract.init_code.len() <= MAX_INIT_CODE);
    }
}

/// A block of many costs a fraction of one alone.
#[test]
fn a_block_of_many_is_cheap() {
    let (one, many) = (pin(&fixtures()[CORE]), pin(many()));
    assert!(many.call / 8 < one.call / 6, "{} and {} gas", many.call, one.call);
    assert!(many.deployment <= MOST_DEPLOYMENT, "{} gas", many.deployment);
}

/// The inputs of every block are bound.
#[test]
fn inputs_of_many_blocks_are_bound() {
    let fixture = many();
    let mut deployed = Deployed::new(&fixture.contract);
    let [claim, other] = &fixture.claims;
    assert_eq!(deployed.ask(&claim.calldata()), Answer::Accepted);
    // Of every block its commitment, from the other proof; two blocks swapped.
    for block in 0..8 {
        let mut mixed = claim.clone();
        mixed.inputs[2 + 12 * block] = other.inputs[2 + 12 * block];
        assert_eq!(deployed.ask(&mixed.calldata()), Answer::Refused(Refusal::ProofRejected), "block {block}");
    }
    let mut swapped = claim.clone();
    (0..12).for_each(|row| swapped.inputs.swap(2 + row, 14 + row));
    assert_eq!(deployed.ask(&swapped.calldata()), Answer::Refused(Refusal::ProofRejected));
}
