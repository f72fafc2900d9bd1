//! Field elements as 64 hexadecimal digits, big-endian: how commitments and roots are written for people.

use ff::PrimeField;
use halo2curves::bn256::Fr;

/// 32 bytes, most significant first.
pub fn to_be_bytes(element: &Fr) -> [u8; 32] {
    let mut bytes = element.to_repr();
    bytes.reverse();
    bytes
}

/// 64 lower-case digits.
pub fn to_hex(element: &Fr) -> String {
    hex::encode(to_be_bytes(element))
}

/// The inverse of [`to_hex`]; `0x` may stand before it. Nothing if these are not 64 digits or not below the modulus.
pub fn from_hex(text: &str) -> Option<Fr> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
    bytes.reverse();
    from_le_bytes(bytes)
}

/// The element of 32 little-endian bytes, if they are below the modulus.
pub(crate) fn from_le_bytes(bytes: [u8; 32]) -> Option<Fr> {
    Fr::from_repr(bytes).into()
}

/// The integer an element is, if it has at most 128 bits.
pub(crate) fn to_u128(element: &Fr) -> Option<u128> {
    let bytes = element.to_repr();
    let (low, high) = bytes.split_first_chunk::<16>()?;
    high.iter().all(|b| *b == 0).then(|| u128::from_le_bytes(*low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_big_endian_and_canonical() {
        let text = to_hex(&Fr::from(0x1234));
        assert_eq!(text, format!("{:0>64}", "1234"));
        assert_eq!(from_hex(&text), Some(Fr::from(0x1234)));
        assert_eq!(from_hex(&format!("0x{text}")), Some(Fr::from(0x1234)));
        assert_eq!(from_hex(&text[1..]), None);
        assert_eq!(from_hex(&"f".repeat(64)), None);
        let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
        assert_eq!(from_hex(modulus), None);
        assert_eq!(from_hex(&modulus.replace("0001", "0000")), Some(-Fr::one()));
    }

    #[test]
    fn integers_have_128_bits() {
        assert_eq!(to_u128(&Fr::from_u128(u128::MAX)), Some(u128::MAX));
        assert_eq!(to_u128(&(Fr::from_u128(u128::MAX) + Fr::one())), None);
        assert_eq!(to_u128(&-Fr::one()), None);
    }
}
