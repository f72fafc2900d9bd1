//! The header of an Ethereum block: its fields in a document, its hash, and the bytes that are hashed.

use alloy_consensus::Header;
use foldproof_verifier::HeaderField::{self, Bytes, Data, Number};
use foldproof_verifier::{BlockHeader, HEADER_FIELDS};
use serde_json::{Map, Value};

use super::super::InputError;
use super::super::json::Json;
use super::super::record::Record;
use super::check::{HASH, agrees, other_rules};
use super::quantity;
use super::rules::Foreign;

/// How many fields every header has; forks added the others.
const OLDEST: usize = 15;
/// Fields of a block that are not in its header.
const BESIDE_HEADER: [&str; 6] = ["hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"];

/// Checks the hash of the header; says why that is not possible.
pub(super) fn check_hash(
    block: &Record<'_>,
    foreign: Option<&Foreign>,
) -> Result<Option<String>, InputError> {
    let missing = |key: &&str| block.object().get(key).is_none_or(|value| *value == Json::Null);
    let keys = HEADER_FIELDS.iter().take(OLDEST).map(|(key, _)| *key).chain(["hash"]);
    if let Some(key) = keys.into_iter().find(missing) {
        return Ok(Some(format!("{key} is missing")));
    }
    let header = match header(block) {
        Ok(header) => header,
        Err(reason) => return Ok(Some(reason)),
    };
    if let Err(reason) = field(block, "hash", Data(HASH)) {
        return Ok(Some(reason));
    }
    let error = match agrees(block, "hash", header.hash_slow()) {
        Ok(_) => return Ok(None),
        Err(error) => error,
    };
    let known = |key: &str| HEADER_FIELDS.iter().any(|(k, _)| *k == key) || BESIDE_HEADER.contains(&key);
    match (block.object().iter().find(|(key, _)| !known(key)), foreign) {
        // Other chains have headers of their own.
        (Some((key, _)), _) => Ok(Some(format!("{key} is not a field of an Ethereum header"))),
        (None, Some(foreign)) => Ok(Some(other_rules(foreign))),
        (None, None) => Err(error),
    }
}

/// The header; or which of its fields is not as Ethereum has it.
fn header(block: &Record<'_>) -> Result<Header, String> {
    let mut map = Map::new();
    for (key, form) in HEADER_FIELDS {
        if let Some(text) = field(block, key, form)? {
            map.insert(key.to_owned(), Value::String(text));
        }
    }
    serde_json::from_value(Value::Object(map)).map_err(|error| format!("its header cannot be read ({error})"))
}

/// A field of the header in its standard spelling; or what is other about it.
fn field(block: &Record<'_>, key: &'static str, form: HeaderField) -> Result<Option<String>, String> {
    let Some(value) = block.get(key) else { return Ok(None) };
    if let Number(_) = form {
        let text = quantity::standard(value);
        return text.map(Some).ok_or_else(|| format!("{key} is no quantity but {}", value.describe()));
    }
    let digits = match value {
        Json::Text(text) => quantity::digits(text).filter(|digits| digits.len().is_multiple_of(2)),
        _ => None,
    };
    let digits = digits.ok_or_else(|| format!("{key} is no data but {}", value.describe()))?;
    match form {
        Data(bytes) if digits.len() != 2 * bytes => {
            Err(format!("{key} has {} bytes, and {bytes} in an Ethereum header", digits.len() / 2))
        }
        _ => Ok(Some(format!("0x{}", digits.to_ascii_lowercase()))),
    }
}

/// The header, if the document has all of its fields, and the hash it states is theirs. It is encoded here: alloy's has a base fee of
/// 64 bits, and there are chains with larger ones.
pub(super) fn sealed(block: &Record<'_>) -> Option<BlockHeader> {
    let mut payload = Vec::new();
    for (key, form) in HEADER_FIELDS {
        let Some(text) = field(block, key, form).ok()? else { continue };
        payload.extend(string(&bytes(&text, form)?));
    }
    let header = BlockHeader::decode(&[prefix(LIST, payload.len()), payload].concat()).ok()?;
    let stated = field(block, "hash", Data(HASH)).ok()??;
    (bytes(&stated, Data(HASH))? == header.hash()).then_some(header)
}

/// The bytes of a field in its standard spelling: of a quantity without leading zeros, so that of 0 there are none.
fn bytes(text: &str, form: HeaderField) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    match form {
        Data(_) | Bytes(_) => hex::decode(digits).ok(),
        Number(_) if digits == "0" => Some(Vec::new()),
        Number(_) if digits.len().is_multiple_of(2) => hex::decode(digits).ok(),
        Number(_) => hex::decode(format!("0{digits}")).ok(),
    }
}

/// First bytes of RLP: of strings, and of lists.
const STRING: u8 = 0x80;
const LIST: u8 = 0xc0;

fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte] if *byte < STRING => vec![*byte],
        _ => [&prefix(STRING, bytes.len()), bytes].concat(),
    }
}

/// What stands before so many bytes: their length, or the length of their length.
fn prefix(base: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short) if short < 56 => vec![base + short],
        _ => {
            let length: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            [vec![base + 55 + length.len() as u8], length].concat()
        }
    }
}
