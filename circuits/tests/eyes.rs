//! Witnesses of every statement whose cost is pinned, and changes of them, for a second program: `scripts/second-eyes.sh`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::Model;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{
    Dice, Numbers, block_layout, graphs, model, model_layout, seed, values,
};
use foldproof_circuits::testing::{Case, Examiner, Forger, Recorder};
use halo2curves::bn256::Fr;

fn pinned() -> Vec<String> {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/cost.json"));
    let text = fs::read_to_string(file).unwrap();
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("\"statement\": \""));
    names.map(|name| name.trim_end_matches("\",").to_owned()).collect()
}

fn lay_out(name: &str) -> Layout {
    if name.contains("+graph-") {
        let drawn = [graphs::of_gru(), graphs::of_forest()];
        let own = drawn.iter().map(Forger::honest).find(|layout| layout.statement().name() == name);
        return own.unwrap().clone();
    }
    let statement = Statement::from_name(name).unwrap();
    let models: Vec<Model> =
        statement.dense().zip(1..).map(|(shape, seed)| model(shape, seed, Numbers::Random)).collect();
    match models.first() {
        Some(first) if statement.block().is_none() => {
            model_layout(&models, &values(first.shape().inputs(), 7, Numbers::Random))
        }
        _ => block_layout(name, &models),
    }
}

#[test]
#[ignore = "minutes, and only of use where FOLDPROOF_EYES names a folder"]
fn witnesses_of_every_statement_are_written_down() {
    let recorder = Recorder::of_environment().expect("FOLDPROOF_EYES names a folder");
    let names = pinned();
    assert!(names.len() >= 17, "{names:?}");
    for name in names {
        let layout = lay_out(&name);
        let examiner = Examiner::new(&layout);
        let public: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
        recorder.keep(
            &layout,
            &Case { assignment: layout.assignment(), second: None, public: &public, killers: &[] },
        );
        // Kept by the examiner, some for each who notices.
        let mut dice = Dice::new(seed());
        let places = examiner.places();
        for _ in 0..400 {
            let place = places[dice.roll(places.len() as u64) as usize];
            examiner.killer(place, examiner.read(place) + Fr::from(1 + dice.roll(3)));
        }
    }
}
