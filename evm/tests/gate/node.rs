//! The example of a deployment, in the embedded EVM and at a node that answers as nodes do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use foldproof_evm::encoding::address;
use foldproof_evm::gate::{Question, context};
use foldproof_evm::machine::{Machine, Outcome};
use foldproof_verifier::big_endian;
use serde_json::{Value, json};

#[path = "../../examples/gate/deploy.rs"]
mod deploy;
#[path = "../../examples/gate/embedded.rs"]
mod embedded;
#[path = "../../examples/gate/node.rs"]
mod example;

use super::scene::*;
use deploy::Chain;
use example::Node;

#[test]
fn the_example_runs_in_the_embedded_evm() {
    let scene = Scene::new();
    let mut chain = embedded::Embedded::after(DEPLOYER, scene.hash(), scene.height(), scene.time());
    let deployed = deploy::deploy(&mut chain, contract(), &scene.open).unwrap();
    assert_eq!((deployed.verifier, deployed.gate, deployed.alarm), (scene.verifier, scene.gate, scene.alarm));
    let claims = deploy::ask(&mut chain, deployed.gate, &scene.open, Question::Own).unwrap();
    assert_eq!(claims, scene.own(&scene.open).unwrap());
    deploy::show(&claims);
    let copied = deploy::report(&mut chain, deployed.alarm, &scene.reporters).unwrap_err();
    assert!(copied.to_string().contains("Context"), "{copied}");
    chain.sender = REPORTER;
    deploy::report(&mut chain, deployed.alarm, &scene.reporters).unwrap();
}

#[test]
fn the_example_runs_at_a_node() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || serve(&listener));
    let scene = Scene::new();
    let from = format!("0x{}", hex::encode(DEPLOYER));
    let mut chain = Node::new(&url, &from).unwrap();
    assert_eq!(chain.number(), Ok(31_337));
    let deployed = deploy::deploy(&mut chain, contract(), &scene.open).unwrap();
    let trusted = Question::Trusted(scene.hash());
    let claims = deploy::ask(&mut chain, deployed.gate, &scene.open, trusted).unwrap();
    assert_eq!(claims, scene.trusted(&scene.open).unwrap());
    // The node's chain has no such block.
    let unknown = deploy::ask(&mut chain, deployed.gate, &scene.open, Question::Own).unwrap_err();
    assert!(unknown.to_string().contains("BlockHashUnknown"), "{unknown}");
    let failed = chain.send(deployed.gate, &[]).unwrap_err();
    assert!(failed.to_string().contains("status 0x0"), "{failed}");
    let nonce = address(chain.sender());
    assert_ne!(big_endian(&context(31_337, deployed.gate, deployed.alarm, &nonce)), [0; 32]);
}

#[test]
fn wrong_addresses_of_nodes_are_told() {
    let from = "0x0707070707070707070707070707070707070707";
    for url in ["https://127.0.0.1:8545", "127.0.0.1:8545", "http://localhost", "http://localhost:1/path"] {
        assert!(Node::new(url, from).is_err(), "{url}");
    }
    for from in ["", "0x07", "07070707070707070707070707070707070707070707"] {
        assert!(Node::new("http://127.0.0.1:8545", from).is_err(), "{from}");
    }
}

/// A node with a machine for its chain.
fn serve(listener: &TcpListener) {
    let mut machine = Machine::default();
    machine.set_chain(31_337);
    machine.set_block(1000, 1_700_000_000);
    let mut receipts = Vec::new();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let asked = request(&stream);
        let answer = match respond(&mut machine, &mut receipts, &asked) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }),
            Err(output) => {
                let error = json!({ "code": 3, "message": "execution reverted", "data": digits(&output) });
                json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error })
            }
        };
        write!(stream, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{answer}").unwrap();
    }
}

fn request(stream: &TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn digits(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().strip_prefix("0x").unwrap()).unwrap()
}

fn respond(machine: &mut Machine, receipts: &mut Vec<Value>, asked: &Value) -> Result<Value, Vec<u8>> {
    let account = |value: &Value| -> [u8; 20] { bytes(value).try_into().unwrap() };
    let first = &asked["params"][0];
    match asked["method"].as_str().unwrap() {
        "eth_chainId" => Ok(json!("0x7a69")),
        "eth_getCode" => Ok(json!(digits(&machine.code(account(first))))),
        "eth_call" => {
            let called =
                machine.clone().call(account(&first["from"]), account(&first["to"]), &bytes(&first["data"]));
            match called.unwrap() {
                Outcome::Success { output, .. } => Ok(json!(digits(&output))),
                Outcome::Revert { output, .. } => Err(output),
                Outcome::Halt { reason, .. } => panic!("{reason}"),
            }
        }
        "eth_sendTransaction" => {
            let (from, data) = (account(&first["from"]), bytes(&first["data"]));
            let (created, outcome) = match first.get("to") {
                None => machine.create(from, &data).unwrap(),
                Some(to) => (None, machine.call(from, account(to), &data).unwrap()),
            };
            let status = if matches!(outcome, Outcome::Success { .. }) { "0x1" } else { "0x0" };
            receipts.push(
                json!({ "status": status, "contractAddress": created.map(|address| digits(&address)) }),
            );
            Ok(json!(format!("0x{:064x}", receipts.len() - 1)))
        }
        // Once without: blocks take their time.
        "eth_getTransactionReceipt" => {
            let place = usize::from_str_radix(first.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
            match receipts[place].get("seen") {
                Some(_) => Ok(receipts[place].clone()),
                None => {
                    receipts[place]["seen"] = json!(true);
                    Ok(Value::Null)
                }
            }
        }
        other => panic!("{other}"),
    }
}
