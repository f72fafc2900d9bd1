//! Headers of Ethereum's blocks: what a proof's public inputs are held against.
//!
//! Height, timestamp, parent hash, state root and transactions root are public inputs, and a header is public, so nothing has to
//! be proved to bind one to the other: the verifier hashes the header and compares.

mod rlp;
#[cfg(test)]
pub(crate) mod tests;

use crate::error::Error;
use crate::keccak::keccak256;
use crate::verified::BlockFacts;

/// Most bytes of a header; those of all forks so far take less than 720.
pub const MAX_HEADER_BYTES: usize = 1024;

/// Names of the five fields that are compared, as public inputs are named.
pub const BOUND_FIELDS: [&str; 5] = ["height", "timestamp", "prev_state_root", "new_state_root", "tx_root"];

/// The header of a block: bytes that are one by form, and what of it is compared. Anybody can make one up; that it is a
/// block's is told by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    rlp: Vec<u8>,
    hash: [u8; 32],
    parent_hash: [u8; 32],
    state_root: [u8; 32],
    transactions_root: [u8; 32],
    number: u64,
    timestamp: u64,
}

/// What a field of a header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderField {
    /// So many bytes.
    Data(usize),
    /// At most so many.
    Bytes(usize),
    /// A number of at most so many bytes, without leading zeros.
    Number(usize),
}
use HeaderField::{Bytes, Data, Number};

/// The fields of the newest header, in order, as the standard's RPC names them.
pub const HEADER_FIELDS: [(&str, HeaderField); 23] = [
    ("parentHash", Data(32)),
    ("sha3Uncles", Data(32)),
    ("miner", Data(20)),
    ("stateRoot", Data(32)),
    ("transactionsRoot", Data(32)),
    ("receiptsRoot", Data(32)),
    ("logsBloom", Data(256)),
    ("difficulty", Number(32)),
    ("number", Number(8)),
    ("gasLimit", Number(8)),
    ("gasUsed", Number(8)),
    ("timestamp", Number(8)),
    ("extraData", Bytes(32)),
    ("mixHash", Data(32)),
    ("nonce", Data(8)),
    ("baseFeePerGas", Number(32)),
    ("withdrawalsRoot", Data(32)),
    ("blobGasUsed", Number(8)),
    ("excessBlobGas", Number(8)),
    ("parentBeaconBlockRoot", Data(32)),
    ("requestsHash", Data(32)),
    ("blockAccessListHash", Data(32)),
    ("slotNumber", Number(8)),
];

/// How many fields headers have: Frontier, London, Shanghai, Cancun, Prague, and Amsterdam's two one after the other. Cancun added
/// three at once.
const COUNTS: [usize; 7] = [15, 16, 17, 20, 21, 22, 23];

impl BlockHeader {
    /// The header of these bytes, RLP.
    ///
    /// # Errors
    /// If they are anything but the encoding of a header, by the field that is at fault.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_HEADER_BYTES {
            return Err(Error::HeaderBytes { most: MAX_HEADER_BYTES, found: bytes.len() });
        }
        let mut items = rlp::list(bytes).map_err(|fault| fault_of("header", fault))?;
        let mut header = Self {
            rlp: bytes.to_vec(),
            hash: keccak256(&[bytes]),
            parent_hash: [0; 32],
            state_root: [0; 32],
            transactions_root: [0; 32],
            number: 0,
            timestamp: 0,
        };
        let mut count = 0_usize;
        for (field, form) in HEADER_FIELDS {
            let Some(payload) = items.next().map_err(|fault| fault_of(field, fault))? else { break };
            form.check(field, payload)?;
            header.keep(field, payload);
            count = count.saturating_add(1);
        }
        match items.next().map_err(|fault| fault_of("header", fault))? {
            None if COUNTS.contains(&count) => Ok(header),
            None => Err(wrong("header", "15, 16, 17 or 20 to 23 fields", format!("{count}"))),
            Some(_) => Err(wrong("header", "at most 23 fields", "more".to_owned())),
        }
    }

    /// Keeps a field that is compared.
    fn keep(&mut self, field: &str, payload: &[u8]) {
        match field {
            "parentHash" => self.parent_hash = root(payload),
            "stateRoot" => self.state_root = root(payload),
            "transactionsRoot" => self.transactions_root = root(payload),
            "number" => self.number = number(payload),
            "timestamp" => self.timestamp = number(payload),
            _ => {}
        }
    }

    /// The encoding.
    pub fn rlp(&self) -> &[u8] {
        &self.rlp
    }

    /// Keccak-256 of the encoding: the hash of the block.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Whether the public inputs are those of the block with this header.
    pub(crate) fn check(&self, facts: &BlockFacts) -> Result<(), Error> {
        let [parent, state, transactions] = facts.roots.map(hex::encode);
        let fields = [
            ("height", self.number.to_string(), facts.height.to_string()),
            ("timestamp", self.timestamp.to_string(), facts.timestamp.to_string()),
            ("new state root", hex::encode(self.state_root), state),
            ("transactions root", hex::encode(self.transactions_root), transactions),
        ];
        if let Some((field, expected, found)) =
            fields.into_iter().find(|(_, expected, found)| expected != found)
        {
            return Err(Error::HeaderField { field, expected, found });
        }
        // Last and apart: who writes a block by hand may have put there what its name says.
        let expected = hex::encode(self.parent_hash);
        if expected != parent {
            return Err(Error::HeaderParent { expected, found: parent });
        }
        Ok(())
    }
}

impl HeaderField {
    fn check(self, field: &'static str, payload: &[u8]) -> Result<(), Error> {
        let found = payload.len();
        let bytes = |count| format!("{count} bytes");
        match self {
            Data(expected) if found != expected => Err(wrong(field, bytes(expected), bytes(found))),
            Bytes(most) | Number(most) if found > most => {
                Err(wrong(field, format!("at most {most} bytes"), bytes(found)))
            }
            Number(_) if payload.first() == Some(&0) => {
                Err(wrong(field, "a number without leading zeros", "one with them".to_owned()))
            }
            Data(_) | Bytes(_) | Number(_) => Ok(()),
        }
    }
}

fn wrong(field: &'static str, expected: impl Into<String>, found: String) -> Error {
    Error::HeaderEncoding { field, expected: expected.into(), found }
}

fn fault_of(field: &'static str, fault: rlp::Fault) -> Error {
    let [expected, found] = fault.words();
    wrong(field, expected, found.to_owned())
}

/// 32 bytes; their number has been checked.
fn root(payload: &[u8]) -> [u8; 32] {
    payload.try_into().unwrap_or_default()
}

/// A number of at most 8 bytes; that has been checked.
fn number(payload: &[u8]) -> u64 {
    payload.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
