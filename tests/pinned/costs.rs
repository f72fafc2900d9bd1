//! Costs are those of `benches/cost.json`, and the tables in `benches/COST.md` are made from it.

use std::fs;
use std::sync::OnceLock;

use foldproof_circuits::statement::Statement;
use foldproof_params::keys;
use foldproof_prover::cost::{Cost, to_json, to_markdown};

use super::{ADVICE, bless, root};

/// Statements without a pinned key that the tables of times speak of.
const FURTHER: [&str; 2] =
    ["core-small-64+tags-96-64-32-15", "core-small-64+tags-96-64-32-15+anomaly-96-64-32-16-32-64-96"];
/// What stands around the tables.
const MARKERS: [&str; 2] = ["<!-- counts, made by scripts/bless.sh -->\n", "<!-- end of counts -->\n"];

/// Of every statement with a pinned key and of those above.
pub fn all() -> &'static [Cost] {
    static ALL: OnceLock<Vec<Cost>> = OnceLock::new();
    ALL.get_or_init(|| {
        let names = keys::PINNED.iter().map(|key| key.statement).chain(FURTHER);
        names.map(|name| Cost::of(Statement::from_name(name).unwrap())).collect()
    })
}

#[test]
fn costs_are_those_in_the_file_and_in_the_tables() {
    let json = String::from_utf8(to_json(all()).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Cost>>(&json).unwrap(), all());
    let (file, page) = (root().join("benches/cost.json"), root().join("benches/COST.md"));
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(MARKERS[0]).unwrap();
    let (tables, after) = rest.split_once(MARKERS[1]).unwrap();
    let expected = format!("\n{}\n", to_markdown(all()));
    if bless() {
        fs::write(file, json).unwrap();
        fs::write(page, [before, MARKERS[0], &expected, MARKERS[1], after].concat()).unwrap();
        return;
    }
    assert_eq!(fs::read_to_string(file).unwrap(), json, "benches/cost.json: {ADVICE}");
    assert_eq!(tables, expected, "benches/COST.md: {ADVICE}");
}
