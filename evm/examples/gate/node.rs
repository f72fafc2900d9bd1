//! A node as a chain: JSON-RPC over HTTP, with an account that the node signs for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use foldproof_evm::encoding::Address;
use serde_json::{Value, json};

use super::deploy::{Chain, Fault, reason};

/// Most gas of a transaction: EIP-7825 allows little more.
const GAS: &str = "0xf42400";
/// How often, and how long apart, a node is asked what became of a transaction.
const PATIENCE: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

pub struct Node {
    /// Host and port.
    host: String,
    sender: Address,
}

impl Node {
    pub fn new(url: &str, from: &str) -> Result<Self, Fault> {
        let host = url.strip_prefix("http://").map(|host| host.trim_end_matches('/'));
        let host = host.filter(|host| host.contains(':') && !host.contains('/'));
        let host = host.ok_or_else(|| Fault(format!("--rpc: expected http://HOST:PORT, found {url}")))?;
        let sender = address(&json!(from))
            .map_err(|_| Fault(format!("--from: expected 0x and 40 digits, found {from}")))?;
        Ok(Self { host: host.to_owned(), sender })
    }

    /// Number of the chain.
    pub fn number(&self) -> Result<u64, Fault> {
        let told = self.ask("eth_chainId", json!([]))?;
        let digits = told.as_str().and_then(|text| text.strip_prefix("0x"));
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.ok_or_else(|| Fault(format!("eth_chainId: expected a quantity, found {told}")))
    }

    /// Asks the node. What it takes back is a fault, with the reason where it tells one.
    fn ask(&self, method: &str, parameters: Value) -> Result<Value, Fault> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters }).to_string();
        let answer = self.post(&body).map_err(|error| Fault(format!("{}: {method}: {error}", self.host)))?;
        let mut answer: Value = serde_json::from_str(&answer)
            .map_err(|error| Fault(format!("{method}: no JSON ({error}): {answer}")))?;
        match answer.get("error") {
            None => Ok(answer["result"].take()),
            Some(error) => Err(match error["data"].as_str().map(bytes) {
                Some(Ok(output)) => reason(&output),
                _ => Fault(format!("{method}: {error}")),
            }),
        }
    }

    /// HTTP 1.0, whose answers end with the connection.
    fn post(&self, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.host)?;
        write!(
            stream,
            "POST / HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Sends a transaction and waits for its receipt.
    fn transact(&self, to: Option<Address>, data: &[u8]) -> Result<Value, Fault> {
        let mut transaction = json!({ "from": digits(&self.sender), "data": digits(data), "gas": GAS });
        if let Some(to) = to {
            transaction["to"] = json!(digits(&to));
        }
        let hash = self.ask("eth_sendTransaction", json!([transaction]))?;
        for _ in 0..PATIENCE {
            let receipt = self.ask("eth_getTransactionReceipt", json!([hash]))?;
            match receipt["status"].as_str() {
                Some("0x1") => return Ok(receipt),
                Some(status) => return Err(Fault(format!("transaction {hash}: status {status}"))),
                None => sleep(PAUSE),
            }
        }
        Err(Fault(format!("transaction {hash}: there is no receipt yet; does the node make blocks?")))
    }
}

fn digits(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    let digits = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
    digits.ok_or_else(|| Fault(format!("expected 0x and digits, found {text}")))
}

fn address(value: &Value) -> Result<Address, Fault> {
    let bytes = value.as_str().map(bytes).transpose()?.and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Fault(format!("expected an address, found {value}")))
}

impl Chain for Node {
    fn sender(&self) -> Address {
        self.sender
    }

    fn create(&mut self, code: &[u8]) -> Result<Address, Fault> {
        address(&self.transact(None, code)?["contractAddress"])
    }

    fn send(&mut self, to: Address, data: &[u8]) -> Result<(), Fault> {
        self.transact(Some(to), data).map(drop)
    }

    fn read(&mut self, to: Address, data: &[u8]) -> Result<Vec<u8>, Fault> {
        let call =
            json!({ "from": digits(&self.sender), "to": digits(&to), "data": digits(data), "gas": GAS });
        let told = self.ask("eth_call", json!([call, "latest"]))?;
        bytes(told.as_str().unwrap_or_default())
    }

    fn code(&mut self, of: Address) -> Result<Vec<u8>, Fault> {
        let told = self.ask("eth_getCode", json!([digits(&of), "latest"]))?;
        bytes(told.as_str().unwrap_or_default())
    }
}
