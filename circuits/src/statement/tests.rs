use super::*;

#[test]
fn names_and_bytes_give_the_statement_back() {
    let names = [
        "core-small-64",
        "core-full-256+tags-96-64-32-15+anomaly-96-16-96-w16",
        "fingerprint+tags-96-8-3-a8",
        "vector-12+class-12-128-64-32-4",
        "vector-12+values-12-64-8+tags-12-3",
        "core-small-64+values-96-10",
        "vector-12+values-12-28",
    ];
    let cores = Statement::cores().map(|core| core.name()).collect::<Vec<_>>();
    for name in names.iter().copied().chain(cores.iter().map(String::as_str)) {
        let statement = Statement::from_name(name).unwrap();
        assert_eq!(statement.name(), name);
        let bytes = statement.to_bytes();
        assert_eq!(Statement::from_bytes(&bytes), Some(statement));
        for cut in 0..bytes.len() {
            assert_eq!(Statement::from_bytes(&bytes[..cut]), None);
        }
        assert_eq!(Statement::from_bytes(&[bytes, vec![0]].concat()), None);
    }
    for name in [
        "core",
        "fingerprint",
        "vector-12",
        "vector-012+class-12-4",
        "fingerprint+class-12-4",
        "vector-96+tags-96-3",
        "core-small-64+values-96-11",
        "vector-12+values-12-29",
    ] {
        assert_eq!(Statement::from_name(name), None, "{name}");
    }
}
