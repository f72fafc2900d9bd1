//! Whole blocks: JSON that is equal byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::pipeline::fold_and_encode;
use foldproof_circuits::stages::tags::{Behaviour, Tags};
use foldproof_circuits::stages::zones::{PRESETS, ZoneConfig};
use foldproof_prover::analytics::{Analytics, IsolationForest, Report};
use foldproof_prover::codebook::Document;
use foldproof_prover::input::{Checking, Mapping, Reading, read_block, read_block_as};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{cases, vectors};

pub fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    shared.join("data/blocks").is_dir().then_some(shared)
}

#[test]
fn tags_and_behaviour_of_made_blocks() {
    let mut tags_seen = 0;
    for case in cases("raw_blocks", 68) {
        let (block, _) = read_block(case["block"].as_str().unwrap().as_bytes()).unwrap();
        let tags = Tags::new(&block);
        assert_eq!(serde_json::json!(tags.mask), case["mask"], "{}", case["block"]);
        assert_eq!(serde_json::json!(tags.names().collect::<Vec<_>>()), case["tags"]);
        let behaviour = Report::behaviour(block.transactions.len(), &Behaviour::new(&block, &tags));
        assert_eq!(behaviour, case["behaviour"].as_str().unwrap(), "{}", case["block"]);
        tags_seen |= tags.mask;
    }
    assert_eq!(tags_seen, (1 << 34) - 1, "every tag is tried");
}

/// Of an answer of a node prices and values are read as they stand, under either mapping.
#[test]
fn tags_of_an_answer_of_a_node() {
    let transaction = |price: &str, value: &str| serde_json::json!({ "from": format!("0x{}", "11".repeat(20)), "gas": "0x5208", "gasPrice": price, "value": value, "input": "0x" });
    let answer = |price: &str, value: &str| {
        serde_json::json!({ "number": "0x1", "transactions": [transaction(price, value)] }).to_string()
    };
    for mapping in Mapping::ALL {
        let fields = |answer: String| {
            let reading = Reading { mapping, checks: Checking::Off };
            let (block, _) = read_block_as(answer.as_bytes(), reading).unwrap();
            let fields = &block.transactions[0].tag_fields;
            (fields.price.get(), fields.value.get(), Tags::new(&block).mask & (1 << 4 | 1 << 5))
        };
        // 5·10¹⁰ and 10²¹, and the next that doubles tell apart.
        let limits = (50_000_000_000, 1_000_000_000_000_000_000_000);
        assert_eq!(fields(answer("0xba43b7400", "0x3635c9adc5dea00000")), (limits.0, limits.1, 0));
        let above = (limits.0 + 1, limits.1 + 131_072, 1 << 4 | 1 << 5);
        assert_eq!(fields(answer("0xba43b7401", "0x3635c9adc5dea1ffff")), above);
        let greatest = (1 << 96) - 1;
        let most = format!("0x{}", "f".repeat(64));
        assert_eq!(fields(answer(&most, &most)), (greatest, greatest, 1 << 4 | 1 << 5));
    }
}

/// The analytics of a block under a preset, as text.
fn report(path: &Path, config: &ZoneConfig, forest: Option<&IsolationForest>) -> String {
    let document = Document::parse(&fs::read(vectors().join("learned-64.json")).unwrap()).unwrap();
    let codebook = document.quantise().unwrap();
    let (block, _) = read_block(&fs::read(path).unwrap()).unwrap();
    let (folded, code) = fold_and_encode(&block, &codebook).unwrap();
    let analytics = Analytics::new(&block, (&folded, &code), &codebook, config, forest);
    serde_json::to_string(&Report::from(&analytics)).unwrap()
}

/// What the file has of a block: the text of its analytics by default, with a forest, and digests of those under other presets.
pub fn expected() -> Vec<(String, String, Value)> {
    let text = fs::read_to_string(vectors().join("analytics/blocks.json")).unwrap();
    let blocks: BTreeMap<String, BTreeMap<String, &RawValue>> = serde_json::from_str(&text).unwrap();
    let block = |(name, mut texts): (String, BTreeMap<String, &RawValue>)| {
        let default = texts.remove("default").unwrap().get().to_owned();
        (name, default, serde_json::json!(texts))
    };
    let blocks: Vec<_> = blocks.into_iter().map(block).collect();
    assert_eq!(blocks.len(), 48);
    blocks
}

/// The members before that of the forest, which the last two are.
pub fn without_forest(report: &str) -> String {
    format!("{}}}", report.split(",\"forest\":").next().unwrap())
}

fn digests_agree(path: &Path, digests: &Value) {
    let digests = digests.as_object().unwrap();
    assert_eq!(digests.len() + 1, PRESETS.len());
    for (preset, digest) in digests {
        let found = report(path, &ZoneConfig::preset(preset).unwrap(), None);
        let found = hex::encode(Sha256::digest(&found));
        assert_eq!(&Value::from(found), digest, "{}: {preset}", path.display());
    }
}

#[test]
fn the_blocks_that_are_here() {
    let mut compared = 0;
    for (name, default, digests) in expected() {
        let path = vectors().join("blocks").join(format!("{name}.json"));
        if !path.exists() {
            continue;
        }
        let config = ZoneConfig::preset("default").unwrap();
        assert_eq!(report(&path, &config, None), without_forest(&default), "{name}");
        digests_agree(&path, &digests);
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[test]
fn all_blocks_with_a_forest() {
    let Some(shared) = shared() else {
        println!("skipped: there is no ../shared beside the workspace");
        return;
    };
    let forest = IsolationForest::parse(&fs::read(shared.join("spec/forest-200.json")).unwrap()).unwrap();
    for (name, default, digests) in expected() {
        let path = shared.join("data/blocks").join(format!("{name}.json"));
        let config = ZoneConfig::preset("default").unwrap();
        assert_eq!(report(&path, &config, Some(&forest)), default, "{name}");
        digests_agree(&path, &digests);
    }
}
