//! Statements with pinned keys. Those of graphs, which no name gives back, are known by the models that ship with the project.

use std::sync::LazyLock;

use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::statement::Statement;
use foldproof_params::keys;

use crate::model::graph_file;

/// Files of [`graphs`]: of small models that say nothing real, drawn by nobody. `prover/tests/demo_model.rs` makes them.
pub const GRAPH_FILES: [(&str, &str); 2] = [
    ("sample-gru.fpm", include_str!("../artifacts/sample-gru.fpm")),
    ("sample-forest.fpm", include_str!("../artifacts/sample-forest.fpm")),
];

/// A recurrent layer over two fingerprints, and two trees over a vector.
pub fn graphs() -> &'static [QuantisedModel] {
    static GRAPHS: LazyLock<Vec<QuantisedModel>> = LazyLock::new(|| {
        let read = |(_, file): (&str, &str)| graph_file::read(file.as_bytes()).map(QuantisedModel::from);
        let all: Result<_, _> = GRAPH_FILES.into_iter().map(read).collect();
        all.expect("the models of this crate are valid: a test reads them")
    });
    &GRAPHS
}

/// The statement of that name: any that its name gives back, or about one of [`graphs`] alone.
pub fn named(name: &str) -> Option<Statement> {
    let alone = |model: &QuantisedModel| Statement::new(model.shape().subject(), [model.shape()]).ok();
    Statement::from_name(name)
        .or_else(|| graphs().iter().filter_map(alone).find(|statement| statement.name() == name))
}

/// The statements whose transparent keys are pinned. Others are as good, but their keys have to be made.
pub fn statements() -> impl Iterator<Item = Statement> {
    keys::PINNED.iter().filter_map(|key| named(key.statement))
}
