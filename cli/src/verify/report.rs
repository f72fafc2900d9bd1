//! Verdicts, and how they look: a line of JSON for each file, or for people a line, and under that of a single file its claims.

use std::path::Path;

use foldproof_circuits::statement::Subject;
use foldproof_verifier::json::report::{self, Time};
use foldproof_verifier::{BlockFacts, Error, Facts, Verified};
use serde_json::{Map, Value, json};

use super::Args;
use super::asked::Asked;
use crate::{Verdict, output, printable};

/// The verdict on a file.
pub enum Finding {
    /// It is a proof, of what the user asks for.
    Verified(Box<Verified>),
    /// It is not.
    Rejected(Why),
    /// That could not be told.
    Unknown(Why),
}

/// Why a file is not verified, and what may help.
#[derive(Clone, Debug)]
pub struct Why {
    text: String,
    advice: Option<String>,
}

impl Why {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), advice: None }
    }

    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

impl Finding {
    /// The words for the three verdicts, for programs and for people. There are no others.
    fn words(&self) -> [&'static str; 2] {
        match self {
            Self::Verified(_) => [report::VERIFIED, "verified"],
            Self::Rejected(_) => [report::REJECTED, "rejected"],
            Self::Unknown(_) => [report::UNKNOWN, "could not tell"],
        }
    }

    /// What is verified.
    pub fn verified(&self) -> Option<&Verified> {
        match self {
            Self::Verified(verified) => Some(verified),
            Self::Rejected(_) | Self::Unknown(_) => None,
        }
    }

    /// What the exit status says of it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Verified(_) => Verdict::Success,
            Self::Rejected(_) => Verdict::Rejected,
            Self::Unknown(_) => Verdict::Unknown,
        }
    }
}

impl Asked<'_> {
    /// The verdict that follows from what the verifier says.
    pub fn finding(&self, told: Result<Verified, Error>) -> Finding {
        let error = match told {
            Ok(verified) => return Finding::Verified(Box::new(verified)),
            Err(error) => error,
        };
        let why = Why { text: error.to_string(), advice: self.advice(&error).map(str::to_owned) };
        if error.is_rejection() { Finding::Rejected(why) } else { Finding::Unknown(why) }
    }

    /// The option that helps where the user may not have asked for what he wanted.
    fn advice(&self, error: &Error) -> Option<&'static str> {
        let Args { blocks, values, values_commitment, salt, registry, .. } = self.args;
        let any_values = values.is_some() || values_commitment.is_some();
        Some(match error {
            Error::InBlock { error, .. } => return self.advice(error),
            Error::BlockCount { .. } if !blocks.is_empty() => {
                "--block names each block of the proof once, in its order"
            }
            Error::BlockCount { .. } if !self.args.block_hashes.is_empty() => {
                "--block-hash names each block of the proof once, in its order"
            }
            Error::Subject { .. } if blocks.is_empty() && !any_values && self.args.history.is_empty() => {
                "--values FILE or --values-commitment 0x… say what a proof about no block must be about; --allow-values takes any"
            }
            Error::CodebookRoot { .. } if self.args.codebook.is_none() => {
                "--codebook FILE names the codebook it must be under; --any-codebook takes any"
            }
            Error::BlockCommitment { .. } | Error::TagCommitment { .. } | Error::ValuesCommitment { .. }
                if salt.is_none() && values_commitment.is_none() =>
            {
                "a proof made with --hide needs its secret: --salt FILE; one made from a node's answer needs its --mapping"
            }
            Error::HistoryHeight { gaps: false, .. } => {
                "--allow-gaps takes blocks that do not follow each other"
            }
            Error::ModelNotRegistered { .. } if !self.registry => {
                "--registry FILE names the models you know; see docs/registry.md"
            }
            Error::ModelNotRegistered { .. } if registry.is_some() => {
                "`foldproof registry add REGISTRY MODEL NAME VERSION` adds a model that you know"
            }
            Error::ModelShape { .. } => {
                "one of the two is wrong: `foldproof model commit MODEL --entry NAME VERSION` prints the right shape"
            }
            Error::ModelEntry { .. } => "correct the registry: `foldproof model commit` prints what is right",
            Error::ModelValidity { .. } if blocks.is_empty() && self.args.at.is_none() => {
                "--at TIME says when models must be valid"
            }
            Error::SetupNotTrusted { .. } if self.setups.is_none() => {
                "--params FILE names the setup you trust; `foldproof params info` shows its identity"
            }
            Error::HeaderMissing { .. } => {
                "`foldproof prove` adds headers if blocks are a node's answers (eth_getBlockByNumber): ask for a proof made from these"
            }
            Error::Context { .. } => {
                "`foldproof prove --context 0x…` makes a proof for a context: ask for one"
            }
            Error::SetupInsecure { .. } => "--allow-insecure-setup takes it, for tests",
            _ => return None,
        })
    }
}

/// The other files.
pub struct Among<'a> {
    /// Whether there are any.
    pub several: bool,
    /// An earlier one that claims the same.
    pub repeats: Option<&'a Path>,
}

/// Shows a verdict: of one file among several in a line.
pub fn show(asked: &Asked<'_>, file: &Path, finding: &Finding, among: &Among<'_>) -> anyhow::Result<()> {
    let [word, words] = finding.words();
    let name = file.display().to_string();
    if asked.args.json {
        let mut members = output::object(json!({ "bundle": name, "verdict": word }));
        members.insert("verified".to_owned(), json!(matches!(finding, Finding::Verified(_))));
        match finding {
            Finding::Verified(verified) => {
                let repeats = among.repeats.map(|first| first.display().to_string());
                members.extend(repeats.map(|first| ("same_claims_as".to_owned(), json!(first))));
                members.append(&mut told(asked, verified));
            }
            Finding::Rejected(why) | Finding::Unknown(why) => {
                members.insert("error".to_owned(), json!(why.text));
                members.extend(why.advice.iter().map(|advice| ("advice".to_owned(), json!(advice))));
            }
        }
        return output::line(Value::Object(members));
    }
    // The word comes first: no name of a file can forge it.
    let about = match finding {
        Finding::Verified(verified) => about(asked, verified),
        Finding::Rejected(why) | Finding::Unknown(why) => {
            let text = why.text.strip_prefix(&format!("{name}: ")).unwrap_or(&why.text);
            let advice = why.advice.iter().map(|advice| format!("; {advice}"));
            printable::shown(text).into_owned() + &advice.collect::<String>()
        }
    };
    let mut line = format!("{words}: {}: {about}", printable::name(file));
    if let Finding::Verified(verified) = finding {
        if let Some(first) = among.repeats {
            line += &format!(", the same claims as {}", printable::name(first));
        }
        line += &match among.several {
            true => opinions(verified),
            false => format!("\n\n{}", output::facts_and_hints(told(asked, verified))),
        };
    }
    output::line(line)
}

/// The claims, and what they rest on.
fn told(asked: &Asked<'_>, verified: &Verified) -> Map<String, Value> {
    let mut members = output::object(json!({ "subject": report::subject(verified) }));
    members.append(&mut output::claims(verified));
    if let (Facts::Sequence(_) | Facts::Decision(_) | Facts::Values(_), false) =
        (verified.facts(), asked.heights.is_empty())
    {
        members.insert("history_heights".to_owned(), json!(asked.heights));
        let hashes = asked.hashes.iter().map(|hash| hash.map(|hash| format!("0x{}", hex::encode(hash))));
        members.insert("history_block_hashes".to_owned(), json!(hashes.collect::<Vec<_>>()));
    }
    if !verified.hints().is_empty() {
        let hints = members.remove("hints");
        members
            .insert("models_valid_at".to_owned(), valid_at(asked.time_of_models(verified), asked.args.json));
        members.extend(hints.map(|hints| ("hints".to_owned(), hints)));
    }
    members
}

fn valid_at(time: Time, as_json: bool) -> Value {
    if as_json {
        return time.members();
    }
    let (seconds, words) = match time {
        Time::Block(seconds) => (seconds, "timestamp of the block given or named by its hash"),
        Time::Prover(seconds) => (
            seconds,
            "timestamp in the proof, which is its prover's word: --block FILE or --at TIME say more",
        ),
        Time::Verifier(seconds) => (seconds, "time of the verifier"),
    };
    json!(format!("{seconds}, {words}"))
}

/// What the proof is about, in a line.
fn about(asked: &Asked<'_>, verified: &Verified) -> String {
    match (verified.facts(), verified.statement().subject()) {
        (Facts::Block(block), _) => about_block(block),
        (Facts::Blocks(blocks), _) => {
            let heights: Vec<String> = blocks.iter().map(|block| block.height().to_string()).collect();
            let (count, heights) = (heights.len(), heights.join(", "));
            let given = blocks.iter().all(BlockFacts::matched);
            let by_hash = blocks.iter().all(BlockFacts::block_hash_matched);
            match (given, by_hash) {
                (true, true) => {
                    format!("about {count} blocks, those given and of the hashes given: {heights}")
                }
                (true, false) => format!("about {count} blocks, those given: {heights}"),
                (false, true) => format!(
                    "about {count} blocks by the hashes given: {heights}; that their records are the blocks' was not checked (--block)"
                ),
                (false, false) => {
                    format!("about {count} blocks that were not compared with any (--block): {heights}")
                }
            }
        }
        (Facts::Values(values), subject) => {
            if let (true, [height]) = (values.matched(), &asked.heights[..]) {
                return format!("about the graph of zones of a verified block, height {height}");
            }
            let what = match subject {
                Subject::Vector(length) => format!("a vector of {length}"),
                Subject::Matrix { positions, channels } => format!("a matrix of {positions} x {channels}"),
                Subject::Fingerprint
                | Subject::Block(_)
                | Subject::Blocks { .. }
                | Subject::Sequence { .. }
                | Subject::Decision(_) => "a committed fingerprint".to_owned(),
            };
            let given = if values.matched() { "the one given" } else { "whichever it is" };
            format!("about {what}, {given}, NOT about a block")
        }
        (Facts::Decision(decision), _) => {
            let names: Vec<&str> = decision.commitments().map(|(name, ..)| name).collect();
            let rest: Vec<&str> =
                decision.commitments().filter(|(.., matched)| !matched).map(|(name, ..)| name).collect();
            let given = match (rest.is_empty(), asked.heights.len()) {
                (true, 0) => "those given".to_owned(),
                (true, count) => format!("those given and of {count} verified blocks"),
                (false, _) => format!("{} whichever they are (--evidence)", rest.join(", ")),
            };
            format!("a decision from committed {}: {given}, NOT about a block", names.join(", "))
        }
        (Facts::Sequence(sequence), _) => {
            let count = sequence.commitments().len();
            if let (true, [first, .., last]) = (sequence.matched(), &asked.heights[..]) {
                return format!(
                    "about the fingerprints of {count} verified blocks, heights {first} to {last}"
                );
            }
            let given = if sequence.matched() { "those given" } else { "whichever they are" };
            format!("about {count} committed fingerprints, {given}, NOT about blocks")
        }
    }
}

fn about_block(block: &BlockFacts) -> String {
    let height = block.height();
    let hash = block.block_hash().map(hex::encode);
    match (block.matched(), block.block_hash_matched(), hash) {
        (true, true, _) => format!("about block {height}, the one given and of the hash given"),
        (true, false, _) => format!("about block {height}, the one given"),
        (false, true, _) => format!(
            "about block {height} by the hash given; that its records are the block's was not checked (--block)"
        ),
        (false, false, None) => format!("about a block {height} that was not compared with any (--block)"),
        (false, false, Some(hash)) => format!(
            "about a block {height} that was not compared with any (--block); its header has the hash 0x{hash} (--block-hash)"
        ),
    }
}

/// What models say, in the same line.
fn opinions(verified: &Verified) -> String {
    let said = verified.hints().iter().map(|hint| {
        let title = format!("{} {}", hint.name(), hint.version());
        format!("; {}: {}", printable::shown(&title), printable::shown(&output::opinion(hint)))
    });
    said.collect()
}
