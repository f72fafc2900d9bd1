//! Costs are those of `benches/cost.json`, and the tables in `benches/COST.md` are made from it; those of the growth, and its
//! picture, have the counts that the program has.

use std::fs;
use std::sync::OnceLock;

use foldproof_cost::growth::{self, Series};
use foldproof_cost::{Cost, to_json, to_markdown};
use foldproof_params::keys;
use foldproof_prover::pins;

use super::{ADVICE, bless, root};

/// Statements without a pinned key that the tables of times speak of.
const FURTHER: [&str; 8] = [
    "core-small-64+tags-96-64-32-15",
    "core-small-64+tags-96-64-32-15+anomaly-96-64-32-16-32-64-96",
    "criteria-16",
    "top-5-10000",
    "q-table",
    "nearest-1024-256",
    "mempool-small-before",
    "departure-16",
];
/// What stands around the tables.
const MARKERS: [&str; 2] = ["<!-- counts, made by scripts/bless.sh -->\n", "<!-- end of counts -->\n"];

/// Of every statement with a pinned key and of those above.
pub fn all() -> &'static [Cost] {
    static ALL: OnceLock<Vec<Cost>> = OnceLock::new();
    ALL.get_or_init(|| {
        let names = keys::PINNED.iter().map(|key| key.statement).chain(FURTHER);
        names.map(|name| Cost::of(&pins::named(name).unwrap())).collect()
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

/// What stands around the tables of the growth.
const GROWTH: [&str; 2] = ["<!-- growth, made by scripts/growth.sh -->\n", "<!-- end of growth -->"];

fn grown() -> &'static [Series] {
    static GROWN: OnceLock<Vec<Series>> = OnceLock::new();
    GROWN.get_or_init(|| growth::growth(None, |_| {}).unwrap())
}

/// Tables without their last column, which has times.
fn counts(tables: &str) -> Vec<&str> {
    tables
        .lines()
        .map(|line| line.trim_end_matches('|').rsplit_once('|').map_or(line, |(counts, _)| counts))
        .collect()
}

#[test]
fn the_growth_is_what_the_program_counts() {
    if bless() {
        println!("skipped: scripts/bless.sh makes page and picture after this");
        return;
    }
    let series = grown();
    let advice = "if this change is meant, run scripts/growth.sh";
    let page = fs::read_to_string(root().join("benches/COST.md")).unwrap();
    let (_, rest) = page.split_once(GROWTH[0]).unwrap();
    let (tables, _) = rest.split_once(GROWTH[1]).unwrap();
    assert_eq!(
        counts(tables.trim()),
        counts(growth::to_markdown(series).trim()),
        "benches/COST.md: {advice}"
    );
    // Marks have the counts as titles; where they stand in the panels of times is not compared.
    let picture = fs::read_to_string(root().join("benches/growth.svg")).unwrap();
    let titles = |svg: &str| -> Vec<String> {
        let marks = svg.lines().filter(|line| line.starts_with("<circle") && line.contains("<title>"));
        marks.map(|mark| mark.split_once("<title>").unwrap().1.to_owned()).collect()
    };
    let steps: usize = series.iter().map(|one| one.points.len()).sum();
    let found = titles(&picture);
    assert_eq!(found.len(), 3 * steps, "benches/growth.svg: {advice}");
    for title in titles(&growth::svg(series, "kzg")) {
        assert_eq!(
            found.iter().filter(|other| **other == title).count(),
            3,
            "benches/growth.svg: {title}: {advice}"
        );
    }
}

/// From none to 3,000 transactions, and from a thousand weights to a quarter of a million, as the page says.
#[test]
fn the_growth_goes_all_the_way() {
    let series = grown();
    let ends = |one: &Series| (one.points.first().unwrap().size, one.points.last().unwrap().size);
    let ends: Vec<(usize, usize)> = series.iter().map(ends).collect();
    assert_eq!(ends, [(0, 3000), (0, 3000), (1080, 250_432)]);
    for one in series {
        let rising = one.points.windows(2).all(|pair| pair[0].size < pair[1].size && pair[0].k <= pair[1].k);
        assert!(rising, "{}", one.name);
    }
}
