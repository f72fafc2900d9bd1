//! The two encodings of Ethereum's JSON-RPC: quantities and data.

use super::super::InputError;
use super::super::json::Json;
use super::super::record::Record;

/// Most hex digits of a quantity: 256 bits.
const QUANTITY_DIGITS: usize = 64;

/// A quantity: `0x` and hex digits in lower case, the first of them not 0 unless it is the only one. None if missing
/// or null. Saturated at 2¹²⁸ − 1, far beyond all a canonical number holds.
pub(super) fn quantity(record: &Record<'_>, key: &'static str) -> Result<Option<u128>, InputError> {
    let Some(value) = record.get(key) else {
        return Ok(None);
    };
    let digits = match value {
        Json::Text(text) => text.strip_prefix("0x").filter(|digits| canonical(digits)),
        _ => None,
    };
    match digits {
        // Valid digits fail to parse only by overflowing.
        Some(digits) => Ok(Some(u128::from_str_radix(digits, 16).unwrap_or(u128::MAX))),
        None => Err(record.wrong(
            key,
            "a quantity: \"0x\", then lower-case hex digits without leading zeros, at most 64",
            value.describe(),
            "use the answer of the node as it is",
        )),
    }
}

fn canonical(digits: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    !digits.is_empty()
        && digits.len() <= QUANTITY_DIGITS
        && digits.bytes().all(hex)
        && (digits == "0" || !digits.starts_with('0'))
}

/// Data: `0x` and two hex digits, of either case, for each byte; `bytes` of them if that is given. None if missing
/// or null.
pub(super) fn data<'a>(
    record: &Record<'a>,
    key: &'static str,
    bytes: Option<usize>,
) -> Result<Option<&'a str>, InputError> {
    let Some(value) = record.get(key) else {
        return Ok(None);
    };
    if let Json::Text(text) = value {
        let digits = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let fits =
            |digits: &str| bytes.map_or(digits.len().is_multiple_of(2), |bytes| digits.len() == 2 * bytes);
        if digits.is_some_and(fits) {
            return Ok(Some(text));
        }
    }
    let expected = match bytes {
        Some(bytes) => format!("\"0x\" and {} hex digits", 2 * bytes),
        None => "\"0x\" and an even number of hex digits".into(),
    };
    Err(record.wrong(key, expected, value.describe(), "use the answer of the node as it is"))
}
