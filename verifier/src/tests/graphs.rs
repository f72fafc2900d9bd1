//! Models that are graphs, and sequences: what the verifier makes of their public inputs.

use std::sync::Arc;

use foldproof_circuits::graph::{Graph, GraphModel, Head, HeadMeaning, Node, Term, View};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::InputQuantiser;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::commit;
use foldproof_circuits::stages::graph::{commitment, evaluate, meaning_digest};
use foldproof_circuits::statement::Subject;

use super::*;
use crate::key::KeyError;
use crate::{Facts, HeadOpinion, HeadSays, RegisteredGraph, RegisteredShape};

/// Thresholds of score and flag.
const THRESHOLDS: [u64; 2] = [25, 1000];

/// Heads of every kind over the values themselves, and over a square of the first.
fn graph(channels: u16, positions: u16, more: Vec<Node>) -> Arc<Graph> {
    let square = vec![Term { coefficient: 1, a: 0, b: Some(0) }];
    let mut nodes = vec![
        Node::Input,
        Node::Combine { terms: square, constant: 0, then: None },
        Node::Index { views: vec![View::slice(1, 0, 1)] },
        Node::Index { views: vec![View::slice(0, 0, 4)] },
    ];
    nodes.extend(more);
    let heads = vec![
        Head::Tags { of: 3 },
        Head::Class { of: 3 },
        Head::Top { of: 3, count: 3 },
        Head::Score { of: 2, low: true },
        Head::Flag { of: 2, low: false },
        Head::Values { of: 3 },
        Head::Commitment { of: 3 },
    ];
    Arc::new(Graph::new(12, channels, positions, vec![], nodes, heads).unwrap())
}

fn model(graph: Arc<Graph>) -> GraphModel {
    let labels = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let meaning = |labels: &[String], fraction_bits, threshold| HeadMeaning {
        labels: labels.to_vec(),
        fraction_bits,
        threshold,
    };
    let [low, high] = THRESHOLDS;
    let heads = vec![
        meaning(&labels, 0, 0),
        meaning(&labels, 0, 0),
        meaning(&labels, 0, 0),
        meaning(&[], 4, low),
        meaning(&[], 5, high),
        meaning(&labels, 6, 0),
        meaning(&[], 0, 0),
    ];
    // Values as they are.
    let inputs = vec![InputQuantiser { mean: 0, multiplier: (1 << 40) - 1 }; graph.channels()];
    GraphModel::new(graph, inputs, vec![], heads, Fr::from(3)).unwrap()
}

static MATRIX: LazyLock<Known> = LazyLock::new(|| about(Subject::Matrix { positions: 2, channels: 3 }));
static SEQUENCE: LazyLock<Known> = LazyLock::new(|| about(Subject::Sequence { positions: 3 }));

pub(super) fn about(subject: Subject) -> Known {
    let (positions, channels) = subject.dimensions();
    let graph = graph(channels as u16, positions as u16, vec![]);
    Box::leak(Box::new(Statement::new(subject, [graph]).unwrap()))
}

/// Those with a graph that have a toy circuit.
pub(super) fn statements() -> [Known; 2] {
    [*MATRIX, *SEQUENCE]
}

fn model_of(statement: &Statement) -> GraphModel {
    model(Arc::clone(statement.graphs().next().unwrap()))
}

fn values(statement: &Statement) -> Vec<i64> {
    let graph = model_of(statement);
    (0..graph.graph().inputs() as i64).map(|i| [5, -7, 9, 9][i as usize % 4]).collect()
}

pub(super) fn instance(statement: &Statement) -> Instance {
    let model = model_of(statement);
    let evaluation = evaluate(&model, &values(statement), &[Fr::from(8)]);
    let heads = model.graph().outputs().zip(model.heads()).zip(&evaluation.outputs);
    let outputs =
        heads.flat_map(|(((_, tensor), meaning), output)| output.elements(tensor, meaning.threshold));
    let inputs = ModelInputs {
        commitment: commitment(&model),
        head: meaning_digest(&model),
        outputs: outputs.collect(),
    };
    let subject = match statement.subject() {
        Subject::Sequence { positions } => {
            SubjectInputs::Sequence((0..positions).map(|n| -Fr::from(u64::from(n))).collect())
        }
        _ => SubjectInputs::Values(-Fr::one()),
    };
    PublicInputs { statement: statement.element(), subject, analytics: None, models: vec![inputs] }
}

fn registered(model: &GraphModel) -> RegisteredModel {
    RegisteredModel {
        name: "graph".into(),
        version: "1".into(),
        shape: RegisteredShape::Graph(RegisteredGraph::new(model.graph(), model.heads().to_vec())),
        commitment: commitment(model),
        labels: vec![],
        fraction_bits: None,
        status: Status::Active,
        valid_from: None,
        valid_until: None,
    }
}

/// The policy that knows the model of a statement, its entry changed.
pub(super) fn knowing(statement: &Statement, change: impl FnOnce(&mut RegisteredGraph)) -> Policy {
    let mut entry = registered(&model_of(statement));
    let RegisteredShape::Graph(graph) = &mut entry.shape else { panic!("a graph") };
    change(graph);
    let policy = Policy::without_codebook().models([entry]);
    policy.trust_setup(setup(Fixture::of(statement).trusted())).allow_insecure_setup()
}

/// A bundle whose model says something else.
fn saying(statement: &Statement, place: usize, element: Fr) -> Bundle {
    let mut instance = instance(statement);
    instance.models[0].outputs[place] = element;
    unproved(Scheme::Transparent, statement, instance)
}

#[test]
fn heads_are_told_one_by_one() {
    for (scheme, statement) in under_all_schemes(statements()) {
        let bundle = bundle_of(scheme, statement, instance(statement));
        assert_eq!(Bundle::from_bytes(&bundle.to_bytes()).as_ref(), Ok(&bundle));
        let verified = verify(&bundle, &knowing(statement, |_| {})).unwrap();
        let [hint] = verified.hints() else { panic!("one hint") };
        assert_eq!(Some(hint.shape()), statement.models().next());
        let Opinion::Graph(heads) = hint.opinion() else { panic!("a graph") };
        let label = |index: usize| ["a", "b", "c", "d"][index].to_owned();
        let numbers = values(statement).into_iter().take(4);
        let says = [
            HeadSays::Tags(vec![label(0), label(2), label(3)]),
            HeadSays::Class { index: 2, label: label(2) },
            HeadSays::Top([2, 3, 0].map(|index| (index, label(index))).to_vec()),
            HeadSays::Score { score: 25, threshold: 25, low: true },
            HeadSays::Flag { flagged: false, threshold: 1000, low: false },
            HeadSays::Values((0..4).map(label).zip(numbers).collect()),
        ];
        assert_eq!(heads.len(), says.len() + 1);
        for (head, says) in heads.iter().zip(&says) {
            assert_eq!(head.says(), says);
        }
        let bits: Vec<u8> = heads.iter().map(HeadOpinion::fraction_bits).collect();
        assert_eq!(bits, [0, 0, 0, 4, 5, 6, 0]);
        assert!(matches!(heads[6].says(), HeadSays::Commitment(_)));
        let flagged: Vec<Option<bool>> = heads.iter().map(HeadOpinion::flagged).collect();
        assert_eq!(flagged, [None, None, None, Some(true), Some(false), None, None]);
        assert_eq!(hint.opinion().flagged(), Some(true));
    }
}

#[test]
fn entries_have_the_words_of_the_commitment() {
    type Change = fn(&mut RegisteredGraph);
    let statement = *MATRIX;
    let bundle = bundle_of(Scheme::Transparent, statement, instance(statement));
    let changes: [(Change, bool); 8] = [
        (|graph| graph.heads[0].labels[1] = "x".into(), true),
        (|graph| graph.heads[0].labels.swap(0, 1), true),
        (|graph| graph.heads[1].labels = vec![], true),
        (|graph| graph.heads[5].fraction_bits = 7, true),
        (|graph| graph.heads.truncate(6), true),
        (|graph| graph.heads[3].threshold += 1, true),
        (|graph| graph.digest += Fr::one(), false),
        (|graph| graph.name.push('0'), false),
    ];
    for (place, (change, entry)) in changes.into_iter().enumerate() {
        let error = refused(&bundle, &knowing(statement, change));
        match error {
            Error::ModelEntry { .. } => assert!(entry, "{place}"),
            Error::ModelShape { .. } => assert!(!entry, "{place}"),
            other => panic!("{place}: {other}"),
        }
    }
    // A dense entry for the commitment of a graph.
    let mut entry = registered(&model_of(statement));
    entry.shape = foldproof_circuits::model::Shape::from_name("tags-6-3").unwrap().into();
    let policy = Policy::without_codebook().models([entry]);
    assert!(matches!(refused(&bundle, &policy), Error::ModelShape { .. }));
}

#[test]
fn what_no_head_says_is_refused() {
    let statement = *MATRIX;
    // Tags, class, top, threshold and score, threshold and flag, values, commitment.
    for (place, element) in [
        (0, Fr::from(16)),
        (1, Fr::from(4)),
        (1, -Fr::one()),
        (2, Fr::from(4)),
        (2, Fr::from_u128(1 << 48)),
        (4, Fr::from_u128(1 << 64)),
        (6, Fr::from(2)),
        (7, Fr::from_u128(1 << 48)),
    ] {
        let error = refused(&saying(statement, place, element), &knowing(statement, |_| {}));
        assert!(matches!(error, Error::ClaimRange { .. } | Error::Class { .. }), "{place}: {error}");
    }
    // Another threshold than the entry has: the entry is at fault, or the proof.
    for place in [3, 5] {
        let error = refused(&saying(statement, place, Fr::from(1)), &knowing(statement, |_| {}));
        assert!(!matches!(error, Error::NoKey { .. }), "{place}: {error}");
    }
}

#[test]
fn sequences_are_those_expected() {
    let statement = *SEQUENCE;
    let made = instance(statement);
    let SubjectInputs::Sequence(commitments) = made.subject.clone() else { panic!("a sequence") };
    let bundle = bundle_of(Scheme::Transparent, statement, made);
    let policy = || knowing(statement, |_| {});
    let told = |policy: Policy| match verify(&bundle, &policy).unwrap().facts() {
        Facts::Sequence(facts) => (facts.commitments().to_vec(), facts.matched()),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(policy()), (commitments.clone(), false));
    assert_eq!(told(policy().expect_commitments(commitments.clone())), (commitments.clone(), true));
    let mut turned = commitments.clone();
    turned.reverse();
    for other in [turned, commitments[1..].to_vec(), vec![]] {
        let error = refused(&bundle, &policy().expect_commitments(other.clone()));
        assert_eq!(error, Error::SequenceCommitments { expected: other, found: commitments.clone() });
    }
    // Nothing else that can be expected is a sequence.
    for policy in [
        policy().expect_commitment(commitments[0]),
        policy().expect_values(values(statement), Fr::zero()),
        policy().expect_block(crate::Block::default()),
        policy().expect_height(1),
        Policy::any_codebook(),
    ] {
        assert!(matches!(refused(&bundle, &policy), Error::Subject { .. }));
    }
    let vector = bundle_of(Scheme::Transparent, *MATRIX, instance(*MATRIX));
    let error = refused(&vector, &knowing(*MATRIX, |_| {}).expect_commitments([-Fr::one()]));
    assert!(matches!(error, Error::Subject { .. }), "{error}");
}

#[test]
fn graphs_are_proved_and_verified() {
    for statement in statements() {
        let (model, values) = (model_of(statement), values(statement));
        let salts: Vec<Fr> = match statement.subject() {
            Subject::Sequence { positions } => (0..u64::from(positions)).map(Fr::from).collect(),
            _ => vec![Fr::from(5)],
        };
        let proves = [ModelRef::Graph(&model, &[Fr::from(8)])];
        let layout = Layout::of_sequence(statement, &values, &salts, &proves).unwrap();
        assert_eq!(layout.instance().models, instance(statement).models);
        let (bundle, key) = core::proved(layout);
        let policy = Policy::without_codebook().models([registered(&model)]);
        let policy = policy.trust_setup(setup([key])).allow_insecure_setup();
        let policy = match statement.subject() {
            Subject::Sequence { .. } => {
                let each = values.chunks(96).zip(&salts);
                policy.expect_commitments(each.map(|(values, salt)| commit::fingerprint(values, *salt)))
            }
            _ => policy.expect_values(values.clone(), salts[0]),
        };
        let verified = crate::verify(&bundle, &policy).unwrap();
        assert!(
            matches!(verified.facts(), Facts::Sequence(facts) if facts.matched())
                || matches!(verified.facts(), Facts::Values(facts) if facts.matched())
        );
        let Opinion::Graph(heads) = verified.hints()[0].opinion() else { panic!("a graph") };
        assert_eq!(heads[1].says(), &HeadSays::Class { index: 2, label: "c".into() });
        // The same proof of other words.
        let mut other = bundle.unverified_instance().clone();
        other.models[0].outputs[1] = Fr::one();
        let proof = bundle.proof().to_vec();
        let other =
            Bundle::new(statement.clone(), bundle.setup(), bundle.key_digest(), other, proof).unwrap();
        assert_eq!(crate::verify(&other, &policy), Err(Error::ProofRejected));
    }
}

#[test]
fn keys_of_graphs_are_those_of_their_statement() {
    for (scheme, statement) in under_all_schemes(statements()) {
        let key = Fixture::of(statement).key(scheme);
        let bytes = VerifierKey::encode::<Toy>(statement, scheme, key.halo2()).unwrap();
        assert_eq!(VerifierKey::decode::<Toy>(statement, scheme, &bytes).unwrap().digest(), key.digest());
        let [one, other] = statements();
        let other = if *statement == *one { other } else { one };
        let told = VerifierKey::decode::<Toy>(other, scheme, &bytes).unwrap_err();
        assert_eq!(told, KeyError::Statement { expected: other.clone(), found: statement.to_bytes() });
    }
    // One that nobody gave.
    let statement = *MATRIX;
    let bundle = bundle_of(Scheme::Transparent, statement, instance(statement));
    let told = crate::verify(&bundle, &knowing(statement, |_| {}));
    assert_eq!(told, Err(Error::NoKey { statement: statement.clone(), scheme: Scheme::Transparent }));
}

#[test]
fn long_statements_have_their_length_in_four_bytes() {
    let views = || Node::Index { views: vec![View::slice(0, 0, 1); 4096] };
    let graph = graph(4, 1, vec![views(), views()]);
    let statement = Statement::new(Subject::Vector(4), [graph]).unwrap();
    let bytes = statement.to_bytes();
    assert!(bytes.len() > usize::from(u16::MAX));
    let instance = instance(&statement);
    let bundle = Bundle::new(statement, None, [1; 32], instance, vec![]).unwrap();
    let encoded = bundle.to_bytes();
    assert_eq!(encoded[10..12], [255, 255]);
    assert_eq!(Bundle::from_bytes(&encoded), Ok(bundle));
    // A length that is said in more bytes than it takes.
    let short = bundle_with(Scheme::Transparent, *MATRIX, self::instance(*MATRIX), vec![]).to_bytes();
    let length = u16::from_le_bytes([short[10], short[11]]);
    let long = [&short[..10], &[255, 255], &u32::from(length).to_le_bytes(), &short[12..]].concat();
    assert_eq!(Bundle::from_bytes(&long), Err(Error::StatementLength { found: length.into() }));
    // Nor is more allocated than there is.
    let far = [&short[..10], &[255; 6], &short[12..]].concat();
    let told = Bundle::from_bytes(&far);
    assert!(matches!(told, Err(Error::Truncated { field: "statement", .. })), "{told:?}");
}
