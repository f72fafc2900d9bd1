//! Anomaly scores blended with a forest: the circuit against native arithmetic, and whether it lets anything else through.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::analytics::Analytics;
use foldproof_circuits::assignment::{Cell, Lies, Role};
use foldproof_circuits::findings::{Analysed, Findings};
use foldproof_circuits::graph::GraphModel;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::anomaly::{Isolation, mean_depth};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::graph::{Output, evaluate};
use foldproof_circuits::statement::{Centroids, Core, Size, Statement, StatementError, Subject};
use foldproof_circuits::testing::samples::graphs::{forest, isolation};
use foldproof_circuits::testing::samples::{close_codebook, toys};
use foldproof_circuits::testing::{Examiner, Forger, Owned, Subject as About};
use halo2curves::bn256::Fr;

/// A small block's statement with all parts that are computed from its code, and this forest.
fn statement(model: &GraphModel, samples: usize, zone_tags: bool) -> Statement {
    let name = if zone_tags { "analytics.zonetags" } else { "analytics" };
    let named = Statement::from_name(&format!("core-small-64+{name}")).unwrap();
    let analytics: Analytics = named.analytics().unwrap().with_forest(samples).unwrap();
    let core = Core { size: Size::Toy, centroids: Centroids::K64 };
    let shape = ModelRef::Graph(model, &[]).shape();
    Statement::new(Subject::Block(core), [shape]).unwrap().with_analytics(analytics).unwrap()
}

fn forger(model: &GraphModel, samples: usize, zone_tags: bool) -> Forger {
    let subject = About::Block(Box::new(toys(1, 1).remove(0)), Box::new(close_codebook(1, 64)));
    Forger::of_any(
        statement(model, samples, zone_tags),
        subject,
        vec![Owned::Graph(Box::new(model.clone()), Vec::new())],
    )
}

/// Paths that all count the same, so that their sum is known.
fn paths(each: i64, trees: usize) -> GraphModel {
    isolation(&vec![(3, 0, [each; 2]); trees])
}

#[test]
fn scores_with_a_forest_are_what_native_arithmetic_says() {
    let usual = i64::try_from(mean_depth(256).unwrap()).unwrap();
    let one = 1 << 24;
    let mut found = Vec::new();
    // Paths of no length, short, usual and long ones; beyond 2⁻⁵²; ends of a leaf that is no depth.
    for (place, (each, trees, samples)) in [
        (0, 1, 256),
        (1, 1, 3),
        (5 * one, 2, 256),
        (usual, 3, 256),
        (usual - 1, 3, 256),
        (usual + 1, 3, 256),
        (9 * usual, 1, 256),
        (64 * one, 4, 3),
        ((1 << 35) - 1, 2, 3),
    ]
    .into_iter()
    .enumerate()
    {
        // In turn without tags of zones and with them.
        let zone_tags = place % 2 == 1;
        let model = paths(each, trees);
        let forger = forger(&model, samples, zone_tags);
        let layout = forger.honest();
        let examiner = Examiner::new(layout);
        assert_eq!(examiner.refusals(layout).into_iter().collect::<Vec<_>>(), [], "{each}");
        let block = toys(1, 1).remove(0);
        let (codebook, salts) = (close_codebook(1, 64), Salts::from_secret(Fr::from(5)));
        let fingerprint =
            foldproof_circuits::pipeline::evaluate_at(Size::Toy, &block, &codebook, &salts).unwrap();
        let evaluated = evaluate(&model, fingerprint.folded.as_flattened(), &[]);
        let Some(Output::Score(sum)) = evaluated.outputs.first() else { panic!("a score") };
        assert_eq!(i64::try_from(*sum).unwrap(), each * trees as i64);
        let isolation = Isolation::new(*sum, trees, samples, 0).unwrap();
        let analytics = layout.statement().analytics().unwrap();
        let config = foldproof_circuits::analytics::Preset::default().config();
        let analysed = Analysed {
            size: Size::Toy,
            block: &block,
            code: &fingerprint.code,
            codebook: &codebook,
            config: &config,
            salts: &salts,
            forest: Some(&isolation),
        };
        let findings = Findings::new(analytics, &analysed).unwrap();
        let inputs = layout.instance().analytics.unwrap();
        assert_eq!(inputs, findings.inputs(), "{each}");
        assert_eq!(Findings::from_inputs(&inputs).as_ref(), Some(&findings));
        found.push(findings.hybrid.unwrap().verdict.score);
    }
    // Half the score is the forest's: all of it, some of it, nothing.
    assert_eq!([found[0] - 50, found[2] - 21], [found[4]; 2], "{found:?}");
}

/// Every cell of the score, one more or one less in turn.
#[test]
fn lies_about_the_score_are_noticed() {
    let model = isolation(&[(3, 0, [5 << 24, 6 << 24]), (17, 1 << 30, [3 << 24, 7 << 24])]);
    let forger = forger(&model, 256, true);
    let layout = forger.honest();
    let (assignment, examiner) = (layout.assignment(), Examiner::new(layout));
    assert_eq!(examiner.idle().1, [0; 0]);
    let stage = layout.stages().iter().find(|stage| stage.name == "analytics: forest").unwrap();
    let rows = stage.start..stage.start + stage.rows;
    let cells: Vec<Cell> =
        assignment.assigned().into_iter().filter(|cell| rows.contains(&cell.row)).collect();
    let mut told = 0;
    for (place, cell) in cells.into_iter().enumerate() {
        if assignment.role(cell) == Role::Copied {
            continue;
        }
        let by = if place % 2 == 0 { 1 } else { -1 };
        let lie = foldproof_circuits::fixed::to_integer(assignment.read(cell)) + by;
        let verdict = examiner.judge(&forger, Lies::from([(cell, lie)]));
        assert!(!verdict.changed || !verdict.killers.is_empty(), "{cell:?} {by}");
        told += usize::from(verdict.changed);
    }
    assert!(told > 100, "{told}");
}

#[test]
fn a_score_is_blended_with_a_forest_that_tells_its_sum() {
    let named = Statement::from_name("core-small-64+analytics").unwrap();
    let blended = named.analytics().unwrap().with_forest(256).unwrap();
    let core = Subject::Block(named.block().unwrap());
    assert_eq!(named.with_analytics(blended).unwrap_err(), StatementError::Forest);
    // One over other values, whose first head is another.
    let other = ModelRef::Graph(&forest(1), &[]).shape();
    assert!(Statement::new(core, [other]).is_err());
    let of = |samples| {
        Statement::from_name("core-small-64+analytics").unwrap().analytics().unwrap().with_forest(samples)
    };
    assert!(of(2).is_err() && of(257).is_err() && of(3).is_ok());
    let zones = Statement::from_name("core-small-64+analytics-zones").unwrap();
    assert!(zones.analytics().unwrap().with_forest(256).is_err());

    let model = paths(1 << 24, 2);
    let made = statement(&model, 256, true);
    let large = Statement::new(core, [ModelRef::Graph(&model, &[]).shape()]).unwrap();
    let large = large.with_analytics(made.analytics().unwrap()).unwrap();
    assert!(
        large.name().starts_with("core-small-64+analytics.zonetags.forest256+graph-96-score-"),
        "{}",
        large.name()
    );
    assert_eq!(Statement::from_bytes(&large.to_bytes()), Some(large.clone()));
    assert_eq!(Layout::blank(&large).digest(), Layout::blank(&large).digest());
}
