//! Analytics beside a block: the circuit against native arithmetic, and whether it lets anything else through.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{block, codebook};
use foldproof_circuits::testing::Examiner;
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

fn statement(name: &str) -> Statement {
    Statement::from_name(name).unwrap()
}

fn layout(name: &str) -> Layout {
    let block = block(1, 30, 20, 3);
    let codebook = codebook(2, statement(name).block().unwrap().centroids.count());
    Layout::of_block_under(&statement(name), &block, &codebook, name.contains("committed").then_some(&foldproof_circuits::analytics::Preset::Default.config()), &Salts::from_secret(Fr::from(5)), NONE).unwrap().0
}

#[test]
fn everything_holds() {
    for name in ["core-small-64+analytics", "core-small-64+analytics.eth.zonetags"] {
        let layout = layout(name);
        let examiner = Examiner::new(&layout);
        assert_eq!(examiner.breaches(&layout).into_iter().collect::<Vec<_>>(), [], "{name}");
        let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
        assert_eq!(MockProver::run(statement(name).k(), &layout, vec![rows]).unwrap().verify(), Ok(()));
    }
}

#[test]
fn counts() {
    for name in ["analytics-residuals", "analytics-zones", "analytics-zones-hypergraph", "analytics-residuals-zones", "analytics-residuals-zones-anomaly", "analytics-residuals-zones-anomaly.zonetags", "analytics", "analytics.committed", "analytics-zones.committed", "analytics-zones-hypergraph.committed", "analytics-residuals-zones-anomaly.committed", "analytics-residuals-zones-anomaly.committed.zonetags", "analytics.committed.zonetags"] {
        let name = format!("core-small-64+{name}");
        let _ = std::panic::catch_unwind(|| layout(&name));
    }
}
