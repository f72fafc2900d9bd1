//! Forests of `/work/shared/models`: decisions are those of the files.

use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Output};

use crate::shared::{folder, imported, lines, request, samples};

#[test]
fn isolation_forests_flag_what_scikit_learn_flags() {
    if folder().is_none() {
        return;
    }
    for model in ["isolation_forest_100", "isolation_forest_200"] {
        let inputs = samples(&format!("models/{model}.inputs.jsonl"));
        let expected = lines(&format!("models/{model}.outputs.jsonl"));
        for head in [HeadKind::Anomaly, HeadKind::Flag] {
            let found = imported(model, inputs.clone(), &request(vec![Output::named("label", head)], None));
            assert_eq!(found.agreement.heads[0].decisions, 1.0);
            let threshold = found.model.heads()[0].threshold;
            let mut flagged = 0;
            for (sample, line) in inputs.iter().zip(&expected) {
                let flag = match evaluate(&found.model, &sample.integers, &[]).outputs[0] {
                    Said::Flag(flag) => flag,
                    Said::Score(score) => score <= threshold,
                    ref other => panic!("{other:?}"),
                };
                assert_eq!(flag, line["sklearn_label"].as_f64().unwrap() < 0.0, "{model}");
                flagged += u32::from(flag);
            }
            println!("  {flagged} of {} flagged", inputs.len());
        }
    }
}

#[test]
fn classes_of_trees_are_those_of_the_files() {
    if folder().is_none() {
        return;
    }
    let inputs = samples("models/fingerprints-50.inputs.jsonl");
    let train = samples("data/fingerprints-train.jsonl");
    for model in ["random_forest_tags", "gradient_boosting_classifier"] {
        let found = imported(model, train.clone(), &request(vec![Output::of(HeadKind::Class)], None));
        assert!(found.agreement.heads[0].decisions >= 0.999, "{model}");
        let expected = lines(&format!("models/{model}.outputs.jsonl"));
        for (sample, line) in inputs.iter().zip(&expected) {
            let said = &evaluate(&found.model, &sample.integers, &[]).outputs[0];
            let label = &line["output_label"];
            let class = label.as_f64().or_else(|| label[0].as_f64()).unwrap() as usize;
            assert_eq!(*said, Said::Class(class), "{model}");
        }
    }
    let tags = Output::of(HeadKind::Tags);
    let found = imported("gradient_boosting_classifier", train, &request(vec![tags], None));
    assert!(found.agreement.heads[0].decisions >= 0.999);
}

#[test]
fn values_of_trees_are_near() {
    if folder().is_none() {
        return;
    }
    let train = samples("data/fingerprints-train.jsonl");
    for bits in [None, Some((14, 12))] {
        let found =
            imported("gradient_boosting", train.clone(), &request(vec![Output::of(HeadKind::Values)], bits));
        assert!(found.agreement.heads[0].relative_error <= 0.005);
    }
}
