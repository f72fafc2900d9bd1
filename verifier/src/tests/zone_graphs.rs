//! Proofs about a matrix, held against the graph of zones that is proved of a block.

use foldproof_circuits::findings::Findings;
use foldproof_circuits::stages::zone_graph::{CHANNELS, POSITIONS};
use foldproof_circuits::statement::Subject;

use super::*;
use crate::{Facts, History};

static ZONES: LazyLock<Known> =
    LazyLock::new(|| graphs::about(Subject::Matrix { positions: POSITIONS, channels: CHANNELS }));

/// About the graph of zones: it has a toy circuit.
pub(super) fn statement() -> Known {
    *ZONES
}

/// A verified block whose proof has this commitment, or none.
fn block(height: u64, zone_graph: Option<Fr>) -> Verified {
    let mut verified = verify(&bundle(Scheme::Transparent, NARROW, height), &policy()).unwrap();
    let Facts::Block(facts) = &mut verified.facts else { panic!("a block") };
    facts.findings = Some(Findings {
        configuration: None,
        residuals: None,
        zones: None,
        hypergraph: None,
        anomaly: None,
        rules: None,
        zone_graph,
        hybrid: None,
    });
    verified
}

fn held(statement: &Statement, blocks: &[&Verified]) -> Policy {
    History::of(blocks.iter().copied(), true).unwrap().expect(graphs::knowing(statement, |_| {}))
}

#[test]
fn matrices_are_held_against_the_graph_of_a_block() {
    let statement = statement();
    // What the toy's matrix is committed to.
    let own = -Fr::one();
    let block = |height, graph| block(height, graph);
    let (first, none) = (block(9, Some(own)), block(10, None));
    assert_eq!(first.block().unwrap().zone_graph_commitment(), Some(own));
    for scheme in Scheme::ALL {
        let bundle = bundle_of(scheme, statement, graphs::instance(statement));
        let verified = verify(&bundle, &held(statement, &[&first])).unwrap();
        let Facts::Values(facts) = verified.facts() else { panic!("values") };
        assert!(facts.matched() && facts.commitment() == own);
        // Nothing is compared under a policy that takes any values, and nothing said to be.
        let any = verify(&bundle, &graphs::knowing(statement, |_| {})).unwrap();
        assert!(matches!(any.facts(), Facts::Values(facts) if !facts.matched()));
        let other = block(9, Some(Fr::from(3)));
        let error = Error::ZoneGraphCommitment { expected: Fr::from(3), found: own };
        assert!(error.is_rejection() && error.to_string().contains("another salt"));
        assert_eq!(refused(&bundle, &held(statement, &[&other])), error);
        let error = Error::HistoryZoneGraph { place: 0 };
        assert!(error.is_rejection() && error.to_string().contains("--analytics=zones,graph"));
        assert_eq!(refused(&bundle, &held(statement, &[&none])), error);
        // Of two blocks it is neither's.
        let error = Error::BlockCount { expected: 2, found: 1 };
        assert_eq!(refused(&bundle, &held(statement, &[&first, &none])), error);
        assert_eq!(refused(&bundle, &held(statement, &[])), subject("a sequence of fingerprints", statement));
        // The graph's commitment in the place of a fingerprint's is no graph's.
        let policy = graphs::knowing(statement, |_| {}).expect_commitments([own]);
        assert_eq!(refused(&bundle, &policy), subject("a sequence of fingerprints", statement));
    }
}

fn subject(expected: &'static str, found: &Statement) -> Error {
    Error::Subject { expected, found: found.clone() }
}

/// Other matrices than graphs of zones, and a fingerprint, which the block has a commitment to as well.
#[test]
fn what_is_no_graph_of_zones_is_not_held_against_one() {
    let first = block(9, Some(-Fr::one()));
    let [matrix, sequence] = graphs::statements();
    let bundle = bundle_of(Scheme::Transparent, matrix, graphs::instance(matrix));
    let error = subject("the graph of a block's zones, matrix-6x18", matrix);
    assert_eq!(refused(&bundle, &held(matrix, &[&first])), error);
    let bundle = bundle_of(Scheme::Transparent, sequence, graphs::instance(sequence));
    let error = refused(&bundle, &held(sequence, &[&first]));
    assert!(matches!(error, Error::SequenceCommitments { .. }), "{error}");
    let history = History::of([&first], false).unwrap();
    let error = refused(&super::bundle(Scheme::Transparent, *FINGERPRINT, 1), &history.expect(policy()));
    assert_eq!(error, subject("a sequence of fingerprints", *FINGERPRINT));
}
