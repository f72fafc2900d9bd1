//! `--history`: proofs about blocks, verified first; a sequence is then held against their fingerprints.

use std::path::PathBuf;

use foldproof_verifier::{History, Verified};

use super::asked::Asked;
use super::judge;
use super::report::{self, Among, Finding, Why};
use crate::Verdict;
use crate::shared::{self, Cache};
use crate::why::why;

/// Verifies the history that is given, if one is, and has the policy expect its fingerprints. What is wrong with the history is told,
/// and is the verdict: nothing is held against blocks that are not verified.
pub fn hold_against(asked: &mut Asked<'_>, cache: &Cache) -> anyhow::Result<Option<Verdict>> {
    let files = &asked.args.history;
    if files.is_empty() {
        return Ok(None);
    }
    let mut findings: Vec<Option<Finding>> = Vec::new();
    let mut bundles = Vec::new();
    for file in files {
        findings.push(match shared::bundle(file) {
            Ok(Ok(bundle)) => {
                bundles.push((findings.len(), bundle));
                None
            }
            Ok(Err(error)) => Some(asked.finding(Err(error))),
            Err(error) => Some(Finding::Unknown(Why::new(&why(&error)))),
        });
    }
    for (place, finding) in judge::judge(asked, cache, bundles) {
        findings[place] = Some(finding);
    }
    let findings: Vec<(&PathBuf, Finding)> = files.iter().zip(findings.into_iter().flatten()).collect();
    let among = Among { several: true, repeats: None };
    let worst = findings.iter().map(|(_, finding)| finding.verdict()).max().unwrap_or(Verdict::Unknown);
    for (file, finding) in &findings {
        report::show(asked, file, finding, &among)?;
    }
    if worst != Verdict::Success {
        return Ok(Some(worst));
    }
    let verified: Vec<&Verified> = findings.iter().filter_map(|(_, finding)| finding.verified()).collect();
    match History::of(verified.iter().copied(), asked.gaps) {
        Ok(history) => {
            asked.policy = history.expect(asked.policy.clone());
            asked.heights = history.heights().to_vec();
            asked.hashes = history.block_hashes().to_vec();
            Ok(None)
        }
        Err(error) => {
            let finding = asked.finding(Err(error));
            for file in &asked.args.bundles {
                report::show(asked, file, &finding, &Among { several: false, repeats: None })?;
            }
            Ok(Some(finding.verdict()))
        }
    }
}
