//! The two encodings of Ethereum's JSON-RPC: quantities and data.
//!
//! The standard has one spelling for each quantity; nodes have several. Digits of either case and leading zeros leave no
//! doubt about the value and are read everywhere alike. What could be meant in two ways, such as `10` without `0x`, is
//! not.

use super::super::InputError;
use super::super::json::Json;
use super::super::record::Record;

/// Most significant hex digits of a quantity: 256 bits.
const QUANTITY_DIGITS: usize = 64;

/// A quantity: `0x` and hex digits. None if missing or null. Saturated at 2¹²⁸ − 1, far beyond all a canonical number
/// holds.
pub(super) fn quantity(record: &Record<'_>, key: &'static str) -> Result<Option<u128>, InputError> {
    let Some(value) = record.get(key) else {
        return Ok(None);
    };
    match standard(value) {
        // Valid digits fail to parse only by overflowing.
        Some(text) => Ok(Some(text.get(2..).map_or(0, |d| u128::from_str_radix(d, 16).unwrap_or(u128::MAX)))),
        None => {
            let advice = match value {
                // Libraries such as web3.py and viem turn quantities into numbers of their language.
                Json::Number(_) => "write the answer of the node itself, before a library made numbers of it",
                Json::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
                    "write the answer of the node itself, before a library made decimals of it"
                }
                _ => "correct the field, or ask the node again",
            };
            Err(record.wrong(
                key,
                "a quantity: \"0x\" and hex digits, at most 64 without leading zeros",
                value.describe(),
                advice,
            ))
        }
    }
}

/// A quantity the way the standard spells it: lower case, without leading zeros. None if it is no quantity.
pub(super) fn standard(value: &Json) -> Option<String> {
    let Json::Text(text) = value else { return None };
    let digits = digits(text)?;
    if digits.is_empty() {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    match significant.len() {
        0 => Some("0x0".to_owned()),
        1..=QUANTITY_DIGITS => Some(format!("0x{}", significant.to_ascii_lowercase())),
        _ => None,
    }
}

/// The hex digits after `0x`, if there is nothing else.
pub(super) fn digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(digits)
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
        let fits =
            |digits: &str| bytes.map_or(digits.len().is_multiple_of(2), |bytes| digits.len() == 2 * bytes);
        if digits(text).is_some_and(fits) {
            return Ok(Some(text));
        }
    }
    let expected = match bytes {
        Some(bytes) => format!("\"0x\" and {} hex digits", 2 * bytes),
        None => "\"0x\" and an even number of hex digits".into(),
    };
    Err(record.wrong(key, expected, value.describe(), "correct the field, or ask the node again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_value() {
        for (text, expected) in [
            ("0x0", "0x0"),
            ("0x00", "0x0"),
            ("0x05", "0x5"),
            ("0x16BEC10", "0x16bec10"),
            ("0X16bec10", "0x16bec10"),
            (&format!("0x{}1", "0".repeat(90)), "0x1"),
        ] {
            assert_eq!(standard(&Json::text(text)).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "0x", "5", "0x-1", "0x+1", "0xg", " 0x1", &format!("0x1{}", "0".repeat(64))] {
            assert_eq!(standard(&Json::text(text)), None, "{text}");
        }
        assert_eq!(standard(&Json::Number(5.0)), None);
    }
}
