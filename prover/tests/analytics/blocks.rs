//! Whole blocks: JSON that is equal byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::pipeline::fold_and_encode;
use foldproof_circuits::stages::tags::{Behaviour, Tags};
use foldproof_circuits::stages::zones::{PRESETS, ZoneConfig};
use foldproof_prover::analytics::{Analytics, IsolationForest, Report};
use foldproof_prover::codebook::Document;
use foldproof_prover::input::read_block;
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
