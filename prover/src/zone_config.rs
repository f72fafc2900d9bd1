//! Files of configurations of the analytics: an object with the nine integers of [`FIELDS`], none of which a double must hold.

use foldproof_circuits::zone_config::{FIELDS, ZoneConfig, ZoneConfigError};
use foldproof_verifier::json::{InputError, typed};
use serde::Deserialize;

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 1 << 16;
const ADVICE: &str = "docs/analytics.md has the members of a configuration";

/// The members, named as [`FIELDS`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    kernel: u64,
    reach: u64,
    min_sum: u64,
    zones: u64,
    edge2: u64,
    edge3: u64,
    edge4: u64,
    baseline: u64,
    scale: u64,
}

/// Reads a configuration.
///
/// # Errors
/// What is none, with the member.
pub fn read(bytes: &[u8]) -> Result<ZoneConfig, InputError> {
    let Document { kernel, reach, min_sum, zones, edge2, edge3, edge4, baseline, scale } =
        typed(bytes, MAX_BYTES, "a configuration of the analytics", ADVICE)?;
    let integers = [kernel, reach, min_sum, zones, edge2, edge3, edge4, baseline, scale];
    ZoneConfig::new(integers).map_err(|ZoneConfigError { field, found }| {
        let field = &FIELDS[field];
        let expected = format!("a whole number from {} to {}", field.least, field.most);
        InputError::new(field.name, expected, found.to_string(), ADVICE)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn file(change: impl Fn(&mut serde_json::Map<String, serde_json::Value>)) -> Vec<u8> {
        let config = ZoneConfig::preset("eth").unwrap();
        let members = FIELDS.iter().zip(config.integers());
        let mut members = members.map(|(field, value)| (field.name.to_owned(), (*value).into())).collect();
        change(&mut members);
        serde_json::to_vec(&members).unwrap()
    }

    #[test]
    fn a_configuration_is_what_its_file_says() {
        assert_eq!(read(&file(|_| ())).unwrap(), ZoneConfig::preset("eth").unwrap());
        // Each member is its own.
        for field in FIELDS {
            let changed = read(&file(|members| drop(members.insert(field.name.into(), 5.into())))).unwrap();
            let place = FIELDS.iter().position(|other| other.name == field.name).unwrap();
            assert_eq!(changed.integers()[place], 5, "{}", field.name);
        }
        // Beyond what a double holds.
        let odd = read(&file(|members| drop(members.insert("min_sum".into(), ((1u64 << 56) - 1).into()))));
        assert_eq!(odd.unwrap().min_sum(), (1 << 56) - 1);
    }

    #[test]
    fn errors_name_the_member() {
        for (key, value, told) in [
            ("scale", serde_json::json!(1), "scale: expected a whole number from 2 to 4294967295, found 1;"),
            ("zones", serde_json::json!(7), "zones: expected a whole number from 0 to 6, found 7;"),
            ("kernel", serde_json::json!("1"), "kernel: expected a configuration of the analytics, found "),
            ("reach", serde_json::json!(1.5), "reach: expected a configuration of the analytics, found "),
            ("bandwidth", serde_json::json!(1), "bandwidth: expected a configuration"),
        ] {
            let error = read(&file(|members| drop(members.insert(key.into(), value.clone())))).unwrap_err();
            assert!(error.to_string().starts_with(told), "{error}");
        }
        let error = read(&file(|members| drop(members.remove("reach")))).unwrap_err();
        assert!(error.to_string().contains("missing field `reach`"), "{error}");
        assert!(read(b"[]").is_err() && read(b"").is_err());
    }
}
