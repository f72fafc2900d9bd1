//! The analytics of a block, all of them: what the stages of the circuits compute natively, side by side.
//!
//! [`Analytics`] holds the results, [`Report`] their names and integers as JSON, [`IsolationForest`] reads a forest.

mod forest;
mod report;

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::stages::anomaly::{Anomaly, Isolation, Verdict};
use foldproof_circuits::stages::fold::Folded;
use foldproof_circuits::stages::hypergraph::Hypergraph;
use foldproof_circuits::stages::pq::PqCode;
use foldproof_circuits::stages::residuals::Residuals;
use foldproof_circuits::stages::tags::{Behaviour, Tags};
use foldproof_circuits::stages::zone_graph;
use foldproof_circuits::stages::zones::{ZoneConfig, Zones, centres};

pub use forest::IsolationForest;
pub use report::Report;

/// What a forest says of a block, and what it makes of the anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hybrid {
    /// What the forest says.
    pub forest: Isolation,
    /// The anomaly with it.
    pub verdict: Verdict,
}

/// The analytics of a block.
#[derive(Clone, Debug)]
pub struct Analytics {
    /// The code they start from.
    pub code: PqCode,
    /// Transactions.
    pub transactions: usize,
    /// Statistics of residuals.
    pub residuals: Residuals,
    /// Zones.
    pub zones: Zones,
    /// Hyperedges.
    pub hypergraph: Hypergraph,
    /// Tags.
    pub tags: Tags,
    /// Behaviour.
    pub behaviour: Behaviour,
    /// Anomaly.
    pub anomaly: Anomaly,
    /// With a forest.
    pub hybrid: Option<Hybrid>,
}

impl Analytics {
    /// Of a block and its folded values and code under `codebook`.
    pub fn new(
        block: &Block,
        (folded, code): (&Folded, &PqCode),
        codebook: &Codebook,
        config: &ZoneConfig,
        forest: Option<&IsolationForest>,
    ) -> Self {
        let residuals = Residuals::new(&code.residual_squared);
        let zones = Zones::new(centres(&code.indices, codebook), config);
        let hypergraph = Hypergraph::new(&zones, config);
        let tags = Tags::new(block);
        let behaviour = Behaviour::new(block, &tags);
        let anomaly = Anomaly::new(&zones, &residuals, tags.mask, config);
        let hybrid = forest.map(|forest| {
            let forest = forest.evaluate(folded);
            Hybrid { forest, verdict: anomaly.plain.hybrid(forest.normalised) }
        });
        let (code, transactions) = (code.clone(), block.transactions.len());
        Self { code, transactions, residuals, zones, hypergraph, tags, behaviour, anomaly, hybrid }
    }

    /// The graph of the zones as a sample of a model over it: `{"input": […], "units": […]}`, six positions of 18 numbers at 2⁻²⁰, all of
    /// whose digits are there (see [`zone_graph`]). The units say that a calibration is to choose no others: the block's proof has none.
    pub fn zone_graph_sample(&self) -> String {
        // At most 27 bits, of which a double tells every one.
        #[expect(clippy::cast_precision_loss, reason = "27 bits")]
        let numbers: Vec<f64> =
            zone_graph::nodes(&self.zones).into_iter().map(|x| x as f64 / 2f64.powi(20)).collect();
        serde_json::json!({ "input": numbers, "units": vec![0; numbers.len()] }).to_string()
    }
}
