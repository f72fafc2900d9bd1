//! `--trend`: where counts of tags go over verified blocks.

use foldproof_verifier::{History, Tag, Trend, Verified};
use serde_json::{Map, Value, json};

use super::asked::Asked;
use crate::{Verdict, output};

/// Says where counts go, or why that cannot be told, which is the verdict.
pub fn show<'v>(asked: &Asked<'_>, verified: impl Iterator<Item = &'v Verified>) -> anyhow::Result<Verdict> {
    let found = History::of(verified, asked.gaps).and_then(|history| history.trends());
    let (verdict, json, words) = match found {
        Ok(trends) => {
            let members: Map<String, Value> =
                trends.iter().map(|(tag, counts, trend)| member(*tag, counts, *trend)).collect();
            let words = format!("\ntrends, over blocks in the order given\n\n{}", output::table(&members));
            (Verdict::Success, json!({ "trend": members }), words)
        }
        Err(error) => {
            let error = error.to_string();
            (Verdict::Rejected, json!({ "error": error }), format!("rejected: trend: {error}"))
        }
    };
    output::line(if asked.args.json { json.to_string() } else { words })?;
    Ok(verdict)
}

fn member(tag: Tag, counts: &[u64], trend: Trend) -> (String, Value) {
    let words = match trend {
        Trend::Emerging => "emerging",
        Trend::Steady => "steady",
        Trend::Declining => "declining",
    };
    (tag.name().to_owned(), json!({ "counts": counts, "trend": words, "sign": trend.sign() }))
}
