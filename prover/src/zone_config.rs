//! Files of configurations of the analytics: an object with the nine integers of [`FIELDS`].

use foldproof_circuits::zone_config::{FIELDS, ZoneConfig, ZoneConfigError};

use crate::input::InputError;
use crate::input::json::parse;
use crate::input::record::{Path, Record};

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 1 << 16;
const ADVICE: &str = "docs/analytics.md has the members of a configuration";

/// Reads a configuration.
///
/// # Errors
/// What is none, with the member.
pub fn read(bytes: &[u8]) -> Result<ZoneConfig, InputError> {
    let json = parse(bytes)?;
    let record = Record::new(&json, Path::Root)?;
    let range =
        |field: usize| format!("a whole number from {} to {}", FIELDS[field].least, FIELDS[field].most);
    let mut integers = [0; FIELDS.len()];
    for (place, (field, integer)) in FIELDS.iter().zip(&mut integers).enumerate() {
        *integer = match record.whole(field.name)? {
            Some(found) => found,
            None => return Err(record.wrong(field.name, range(place), "nothing", ADVICE)),
        };
    }
    let known = |key: &str| FIELDS.iter().any(|field| field.name == key);
    if let Some(key) = record.object().iter().map(|(key, _)| key).find(|key| !known(key)) {
        return Err(record.wrong(key, "no such member", "one", ADVICE));
    }
    ZoneConfig::new(integers).map_err(|ZoneConfigError { field, found }| {
        record.wrong(FIELDS[field].name, range(field), found.to_string(), ADVICE)
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
        // Beyond what a double holds.
        let odd = read(&file(|members| drop(members.insert("min_sum".into(), ((1u64 << 56) - 1).into()))));
        assert_eq!(odd.unwrap().min_sum(), (1 << 56) - 1);
    }

    #[test]
    fn errors_name_the_member() {
        for (key, value, told) in [
            (
                "scale",
                serde_json::json!(1),
                "scale: a whole number from 2 to 4294967295 was expected, found 1",
            ),
            ("zones", serde_json::json!(7), "zones: a whole number from 0 to 6 was expected, found 7"),
            ("kernel", serde_json::json!("1"), "kernel: "),
            ("bandwidth", serde_json::json!(1), "bandwidth: no such member was expected, found one"),
        ] {
            let error = read(&file(|members| drop(members.insert(key.into(), value.clone())))).unwrap_err();
            assert!(error.to_string().starts_with(told), "{error}");
        }
        let error = read(&file(|members| drop(members.remove("reach")))).unwrap_err();
        assert!(error.to_string().starts_with("reach: a whole number from 1"), "{error}");
        assert!(read(b"[]").is_err() && read(b"").is_err());
    }
}
