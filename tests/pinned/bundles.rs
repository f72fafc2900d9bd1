//! Golden bundles: made once, verified by today's code ever after, with the claims written beside them.
//!
//! Blocks, codebooks and models they are about are read or made anew, so that today's commitments are those of then.

use std::fs;
use std::path::PathBuf;

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::models::{ModelRef, QuantisedModel};
use foldproof_circuits::pipeline::evaluate;
use foldproof_circuits::stages::anomaly::Verdict;
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_circuits::stages::consensus::{Method, Threshold, Validator, Validators};
use foldproof_circuits::statement::{FINGERPRINT, Statement};
use foldproof_circuits::testing::samples::{self, Numbers};
use foldproof_params::kzg::{Setup, VerifierSetup, insecure_test_setup};
use foldproof_prover::codebook::{Document, default_codebook};
use foldproof_prover::input::read_block;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::model::demo;
use foldproof_prover::pins;
use foldproof_prover::prove::{Witness, entry, prove};
use foldproof_verifier::{
    AnomalyFindings, BlockFacts, Bundle, Facts, Findings, HeadOpinion, HeadSays, KzgSetup, Opinion, Policy,
    Scheme, Verified, VerifierKey, scalar, verify,
};
use halo2curves::bn256::Fr;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Map, Value, json};

use super::{ADVICE, bless, cache, root};

/// What a bundle is about.
#[expect(clippy::large_enum_variant, reason = "a handful in all")]
enum Subject {
    Block(Block, Codebook),
    Values(Vec<i64>),
    /// Fingerprints, one after another, without salts.
    Sequence(Vec<i64>),
    /// Without salts.
    Decision(Evidence),
}

/// A bundle that is kept.
struct Golden {
    statement: Statement,
    scheme: Scheme,
    subject: Subject,
    models: Vec<QuantisedModel>,
}

fn block(name: &str) -> Block {
    let file = root().join(format!("prover/tests/vectors/blocks/{name}.json"));
    read_block(&fs::read(file).unwrap()).unwrap().0
}

fn learned() -> Codebook {
    let document = fs::read(root().join("prover/tests/vectors/learned-64.json")).unwrap();
    Document::parse(&document).unwrap().quantise().unwrap()
}

/// Scores of which one is far from the others.
fn scores() -> Evidence {
    let scores = [(12_000_000, 3), (12_500_000, 1), (11_900_000, 1 << 40), (100, 7), (12_100_000, 0)];
    let validator = |(score, stake)| Validator { score, confidence: 1 << 23, stake };
    let validators = Validators::new(scores.into_iter().map(validator).collect()).unwrap();
    Evidence::Consensus { validators, method: Method::Robust, threshold: Threshold::default() }
}

fn all() -> Vec<Golden> {
    let (eth, learned) = (block("eth-23853458"), learned());
    let fingerprint = evaluate(&eth, &learned, &Salts::none()).unwrap().folded.concat();
    let vector = samples::values(12, 1, Numbers::Random);
    let model = |shape| samples::model(samples::shape(shape), 1, Numbers::Random).into();
    let [recurrent, forest] = pins::graphs() else { panic!("two graphs") };
    let sequence = samples::values(recurrent.shape().inputs(), 1, Numbers::Random);
    let on_tree = samples::values(forest.shape().inputs(), 1, Numbers::Random);
    let mut all = Vec::new();
    for scheme in Scheme::ALL {
        let mut put = |statement, subject, models| all.push(Golden { statement, scheme, subject, models });
        let alone =
            |model: &QuantisedModel| Statement::new(model.shape().subject(), [model.shape()]).unwrap();
        put(alone(recurrent), Subject::Sequence(sequence.clone()), vec![recurrent.clone()]);
        let mut add = |name: &str, subject, models| put(Statement::from_name(name).unwrap(), subject, models);
        add("core-small-64", Subject::Block(eth.clone(), learned.clone()), vec![]);
        add("consensus-64", Subject::Decision(scores()), vec![]);
        let tags = vec![model("tags-96-64-32-15")];
        add("fingerprint+tags-96-64-32-15", Subject::Values(fingerprint.clone()), tags);
        if scheme == Scheme::Kzg {
            add("core-small-64+analytics", Subject::Block(eth.clone(), learned.clone()), vec![]);
        }
        if scheme == Scheme::Transparent {
            add("core-small-64+analytics-all", Subject::Block(eth.clone(), learned.clone()), vec![]);
            let made = Subject::Block(block("mock-1tx"), default_codebook().clone());
            add("core-small-256+tags-96-16-4", made, vec![demo().clone().into()]);
            let class = vec![model("class-12-128-64-32-4")];
            add("vector-12+class-12-128-64-32-4", Subject::Values(vector.clone()), class);
            put(alone(forest), Subject::Values(on_tree.clone()), vec![forest.clone()]);
        }
    }
    all
}

/// The setup of the kzg and evm bundles, whose secret everybody knows.
fn setup() -> Setup {
    insecure_test_setup(14, ChaCha20Rng::seed_from_u64(0)).unwrap()
}

impl Golden {
    fn file(&self, extension: &str) -> PathBuf {
        root().join(format!("tests/golden/{}.{}.{extension}", self.statement, self.scheme))
    }

    /// Takes this subject and these models, and nothing else.
    fn policy(&self) -> Policy {
        let registered = self.models.iter().map(|model| entry(model.with_salts(&[]), "golden", "1"));
        match &self.subject {
            Subject::Block(block, codebook) => {
                Policy::codebooks([commit::codebook(codebook)]).expect_block(block.clone())
            }
            Subject::Values(values) => Policy::without_codebook().expect_values(values.clone(), Fr::zero()),
            Subject::Sequence(values) => {
                let fingerprints = values.chunks(FINGERPRINT);
                let commitments = fingerprints.map(|values| commit::fingerprint(values, Fr::zero()));
                Policy::without_codebook().expect_commitments(commitments)
            }
            Subject::Decision(evidence) => {
                let commitments = evidence.commitments(&[]).unwrap();
                let named = evidence.decision().commitments().iter().zip(commitments);
                named.fold(Policy::without_codebook(), |policy, (name, found)| {
                    policy.expect_evidence(*name, found)
                })
            }
        }
        .statements([self.statement.clone()])
        .schemes([self.scheme])
        .models(registered)
    }

    /// The kept setup with the kept key of this statement.
    fn trusted(&self) -> Option<KzgSetup> {
        let setup = fs::read(root().join("tests/golden/setup.bin")).ok()?;
        let key = fs::read(self.file("vk")).ok()?;
        Some(KzgSetup {
            verifier: VerifierSetup::from_bytes(&setup).ok()?,
            insecure: true,
            keys: vec![VerifierKey::from_bytes(&self.statement, self.scheme, &key).ok()?],
        })
    }

    /// The claims of the kept bundle, or why there are none.
    fn claims(&self) -> Result<Value, String> {
        let bytes = fs::read(self.file("proof")).map_err(|error| error.to_string())?;
        let bundle = Bundle::from_bytes(&bytes).map_err(|error| error.to_string())?;
        let mut policy = self.policy();
        if self.scheme.has_setup() {
            policy = policy.trust_setup(self.trusted().ok_or("no setup or key")?);
            assert!(verify(&bundle, &policy).is_err(), "the setup is insecure, and this was not allowed");
            policy = policy.allow_insecure_setup();
        }
        let mut torn = bytes.clone();
        *torn.last_mut().unwrap() ^= 1;
        assert!(Bundle::from_bytes(&torn).is_ok_and(|torn| verify(&torn, &policy).is_err()));
        verify(&bundle, &policy).map(|verified| claims(&verified)).map_err(|error| error.to_string())
    }

    /// Proves it anew.
    fn write(&self) {
        let mut key_store = match self.scheme {
            Scheme::Transparent => KeyStore::new(cache(), None, |_| {}),
            Scheme::Kzg => KeyStore::new(cache(), Some(setup()), |_| {}),
            Scheme::Evm => KeyStore::evm(cache(), setup(), |_| {}),
        };
        if let Some(setup) = key_store.setup() {
            fs::write(root().join("tests/golden/setup.bin"), setup.verifier().to_bytes()).unwrap();
            fs::write(self.file("vk"), &key_store.keys(&self.statement).unwrap().verifying_bytes).unwrap();
        }
        let (salts, none) = (Salts::none(), vec![Fr::zero(); self.statement.subject().commitments()]);
        let witness = match &self.subject {
            Subject::Block(block, codebook) => {
                Witness::Block { block, codebook, config: None, salts: &salts }
            }
            Subject::Values(values) => Witness::Values { values, salt: Fr::zero() },
            Subject::Sequence(values) => Witness::Sequence { values, salts: &none },
            Subject::Decision(evidence) => Witness::Decision { evidence, salts: &none },
        };
        let models: Vec<ModelRef<'_>> = self.models.iter().map(|model| model.with_salts(&[])).collect();
        let proved = prove(&mut key_store, &self.statement, &witness, &models).unwrap();
        fs::write(self.file("proof"), proved.bundle.to_bytes()).unwrap();
        let claims = serde_json::to_string_pretty(&self.claims().unwrap()).unwrap();
        fs::write(self.file("json"), claims + "\n").unwrap();
    }
}

fn block_claims(block: &BlockFacts) -> Value {
    let mut claims = json!({
        "matched": block.matched(),
        "height": block.height(),
        "timestamp": block.timestamp(),
        "prev_state_root": hex::encode(block.prev_state_root()),
        "new_state_root": hex::encode(block.new_state_root()),
        "tx_root": hex::encode(block.tx_root()),
        "within_bound": block.within_bound(),
        "block_commitment": scalar::to_hex(&block.block_commitment()),
        "fold_commitment": scalar::to_hex(&block.fold_commitment()),
        "pq_commitment": scalar::to_hex(&block.pq_commitment()),
        "codebook_root": scalar::to_hex(&block.codebook_root()),
    });
    if let Some(found) = block.findings() {
        claims["analytics"] = analytics(found);
    }
    claims
}

fn analytics(found: &Findings) -> Value {
    let Findings { configuration, residuals, zones, hypergraph, anomaly, rules, zone_graph, hybrid } = found;
    let score = |found: &AnomalyFindings| {
        let Verdict { raw, score, label } = found.verdict;
        json!([score, label, found.variant.number(), raw])
    };
    let mut members = json!({
        "configuration": configuration.as_ref().map(scalar::to_hex),
        "residuals": residuals.map(|found| [found.p95, found.max, found.mean]),
        "zones": zones.as_ref().map(|found| json!({
            "commitment": scalar::to_hex(&found.commitment),
            "zones": found.zones.iter().map(|zone| json!([zone.row, zone.sum, zone.mask])).collect::<Vec<_>>(),
        })),
        "hypergraph": hypergraph.map(|found| json!({ "mask": found.mask, "weights": found.weights })),
        "anomaly": anomaly.as_ref().map(score),
    });
    if let Some(found) = rules {
        members["rules"] = json!({
            "commitment": scalar::to_hex(&found.commitment),
            "mask": found.mask,
            "transactions": found.transactions,
            "counts": found.counts,
            "gas": found.gas,
            "gas_shares": found.gas_shares,
            "volumes": found.volumes.map(|volume| volume.to_string()),
        });
    }
    if let Some(commitment) = zone_graph {
        members["zone_graph"] = json!(scalar::to_hex(commitment));
    }
    if let Some(found) = hybrid {
        members["hybrid"] = score(found);
    }
    members
}

fn claims(verified: &Verified) -> Value {
    let facts = match verified.facts() {
        Facts::Block(block) => block_claims(block),
        Facts::Blocks(blocks) => json!({ "blocks": blocks.iter().map(block_claims).collect::<Vec<_>>() }),
        Facts::Values(values) => {
            json!({ "matched": values.matched(), "values_commitment": scalar::to_hex(&values.commitment()) })
        }
        Facts::Sequence(sequence) => {
            let commitments: Vec<String> = sequence.commitments().iter().map(scalar::to_hex).collect();
            json!({ "matched": sequence.matched(), "values_commitments": commitments })
        }
        Facts::Decision(decision) => {
            let commitments: Map<String, Value> = decision
                .commitments()
                .map(|(name, found, _)| (name.to_owned(), json!(scalar::to_hex(&found))))
                .collect();
            let outputs: Vec<String> = decision.ruling().outputs().iter().map(scalar::to_hex).collect();
            json!({ "matched": decision.matched(), "commitments": commitments, "outputs": outputs })
        }
    };
    let hints = verified.hints().iter().map(|hint| {
        let says = match hint.opinion() {
            Opinion::Tags(tags) => json!({ "tags": tags }),
            Opinion::Anomaly { score, threshold } => json!({ "score": score, "threshold": threshold }),
            Opinion::Class { index, label } => json!({ "class": label, "index": index }),
            Opinion::Values(values) => json!({ "values": values }),
            Opinion::Graph(heads) => json!({ "heads": heads.iter().map(head).collect::<Vec<_>>() }),
        };
        json!({ "model": hint.name(), "commitment": scalar::to_hex(&hint.commitment()), "says": says })
    });
    json!({
        "statement": verified.statement().name(),
        "scheme": verified.scheme().name(),
        "insecure_setup": verified.insecure_setup(),
        "facts": facts,
        "hints": hints.collect::<Vec<_>>(),
    })
}

fn head(head: &HeadOpinion) -> Value {
    let says = match head.says() {
        HeadSays::Tags(tags) => json!(tags),
        HeadSays::Class { index, label } => json!({ "class": label, "index": index }),
        HeadSays::Top(greatest) => json!(greatest),
        HeadSays::Score { score, threshold, low } => {
            json!({ "score": score, "threshold": threshold, "low": low })
        }
        HeadSays::Flag { flagged, threshold, low } => {
            json!({ "flagged": flagged, "threshold": threshold, "low": low })
        }
        HeadSays::Values(values) => json!(values),
        HeadSays::Commitment(commitment) => json!(scalar::to_hex(commitment)),
    };
    json!({ "head": head.head(), "fraction_bits": head.fraction_bits(), "says": says })
}

#[test]
fn todays_code_verifies_the_bundles_of_then() {
    for golden in all() {
        let text = fs::read(golden.file("json")).unwrap_or_default();
        let expected = serde_json::from_slice(&text).map_err(|error| error.to_string());
        let found = golden.claims();
        if bless() && (found.is_err() || found != expected) {
            golden.write();
        } else {
            let name = golden.file("proof");
            let found = found.unwrap_or_else(|error| panic!("{}: {error}; {ADVICE}", name.display()));
            assert_eq!(Ok(found), expected, "{}: {ADVICE}", name.display());
        }
    }
}

/// Nothing lies in the folder that no test looks at.
#[test]
fn every_golden_file_belongs_to_a_bundle() {
    let mut expected = vec![root().join("tests/golden/setup.bin")];
    for golden in all() {
        let key = golden.scheme.has_setup().then_some("vk");
        expected.extend(["proof", "json"].into_iter().chain(key).map(|extension| golden.file(extension)));
    }
    let folder = fs::read_dir(root().join("tests/golden")).unwrap();
    let mut found: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    expected.sort();
    found.sort();
    assert!(bless() || found == expected, "{found:?}");
}
