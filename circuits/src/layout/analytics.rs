//! Analytics on an assignment, below their block.

use std::ops::Range;

use super::block::BlockCells;
use crate::analytics::{Analytics, Part};
use crate::assignment::{Assignment, Cell};
use crate::block::Block;
use crate::chips::arith::{Arith, Wire};
use crate::chips::sponge::{Message, Sponge};
use crate::codebook::Codebook;
use crate::columns::{Area, Stage};
use crate::fixed::to_integer;
use crate::poseidon::{Domain, initial_value};
use crate::public::AnalyticsInputs;
use crate::rows::{HYBRID_ROWS, analytics_permutations, analytics_rows, rule_rows};
use crate::size::Size;
use crate::stages::anomaly::circuit::{AnomalyWires, anomaly, hybrid};
use crate::stages::anomaly::mean_depth;
use crate::stages::commit::Salts;
use crate::stages::commit::circuit::pack;
use crate::stages::commit::matrix_shape;
use crate::stages::hypergraph::circuit::hypergraph;
use crate::stages::residuals::circuit::residuals;
use crate::stages::tags::circuit::{Sources, rules};
use crate::stages::tags::commitment_shape;
use crate::stages::values::circuit::integer;
use crate::stages::zone_graph::circuit::zone_graph;
use crate::stages::zone_graph::{CHANNELS, POSITIONS};
use crate::stages::zones::PLACES;
use crate::stages::zones::circuit::{OWN_ROWS, config, zones};
use crate::statement::{ModelShape, Statement};
use crate::zone_config::{FIELDS, ZoneConfig};

/// What analytics are computed with, beside what the block has left on the assignment.
pub(super) struct Given<'c> {
    pub block: &'c Block,
    pub size: Size,
    pub codebook: &'c Codebook,
    pub config: ZoneConfig,
    /// Those of the commitments to zones, their graph and tag fields count; that to the configuration has none, like the root of a codebook.
    pub salts: &'c Salts,
}

/// Analytics on the assignment.
pub(super) struct LaidOut {
    pub inputs: AnalyticsInputs<Cell>,
    /// What waits for a forest.
    pub unblended: Option<Unblended>,
    /// First row below.
    pub next: usize,
    pub stages: Vec<Stage>,
}

/// An anomaly score that is still to be blended with a forest: with its parts, and the usual sum of a forest's paths.
pub(super) struct Unblended {
    parts: AnomalyWires,
    usual: u64,
}

impl Unblended {
    /// Lays the score out with the sum of the paths, the score of the first head of the first model, from row `start` on.
    pub fn blend(&self, assignment: &mut Assignment, start: usize, sum: Cell) -> (Cell, Stage) {
        let end = assignment.rows() - 1;
        let value = integer(assignment, sum);
        let mut arith = Arith::new(assignment, start, end);
        let score = hybrid(&mut arith, &self.parts, &Wire::new(sum, value.into()), self.usual);
        let rows = arith.used_to() - start;
        assert_eq!(rows, HYBRID_ROWS, "rows of the score with a forest");
        (score.cell, Stage { name: "analytics: forest", area: Area::Shared, start, rows })
    }
}

/// The usual sum of the paths of a forest of so many trees, at 2⁻²⁴.
fn usual(statement: &Statement, samples: usize) -> u64 {
    let graph = statement.models().next().and_then(ModelShape::graph);
    let (_, trees) = graph.and_then(|graph| graph.isolation_forest()).unwrap_or_default();
    trees as u64 * mean_depth(samples).unwrap_or_default()
}

/// Lays analytics out from row `start` on; returns what is public about them, and the next row.
pub(super) fn lay_out(
    assignment: &mut Assignment,
    sponge: &mut Sponge,
    start: usize,
    statement: &Statement,
    analytics: Analytics,
    block: &BlockCells,
    given: &Given<'_>,
) -> LaidOut {
    let capacity = given.size.capacity();
    let (end, first_sponge) = (assignment.rows() - 1, sponge.permutations());
    let mut arith = Arith::new(assignment, start, end);
    let arith = &mut arith;
    // First, so that rows do not depend on how gates and ranges before them are spread.
    let own = if analytics.has(Part::Zones) { arith.reserve(OWN_ROWS) } else { 0 };
    let of_rules = if analytics.has(Part::Rules) { arith.reserve(rule_rows(capacity)) } else { 0 };
    let zero = arith.constant(0).cell;
    let mut commit = |arith: &mut Arith<'_>, domain: Domain, shape: u64, salt: Cell, elements: &[Cell]| {
        let elements: Vec<Message> =
            std::iter::once(salt).chain(elements.iter().copied()).map(Message::Copy).collect();
        sponge
            .chain(
                arith.assignment,
                initial_value(domain, shape, elements.len()),
                &elements,
                Message::Copy(zero),
            )
            .digest
    };
    let has = |part: Part| analytics.has(part);
    let mut inputs = AnalyticsInputs {
        configuration: None,
        residuals: None,
        zones: None,
        hypergraph: None,
        anomaly: None,
        rules: None,
        zone_graph: None,
        hybrid: None,
    };
    let (mut unblended, mut graph) = (None, None);
    let rules = has(Part::Rules).then(|| {
        let sources = Sources {
            block: given.block,
            capacity,
            records: block.records,
            texts: block.texts,
            count: &block.transactions,
            adapter: analytics.adapter(),
        };
        rules(arith, &sources, of_rules)
    });
    let statistics = has(Part::Residuals).then(|| residuals(arith, &block.code.distances));
    if has(Part::Zones) {
        let config = config(arith, analytics.configuration(), &given.config);
        if analytics.commits_to_config() {
            let elements = config.packed().map(|numbers| pack(arith, numbers.into_iter()));
            inputs.configuration =
                Some(commit(arith, Domain::ZoneConfig, FIELDS.len() as u64, zero, &elements));
        }
        let zones = zones(arith, &config, given.codebook, &block.code.indices, block.searches, own);
        let list = [&zones.elements[0], &zones.elements[1]].map(|element| element.cell);
        let salt = arith.witness(to_integer(given.salts.zones)).cell;
        let commitment = commit(arith, Domain::Zones, PLACES as u64, salt, &list);
        inputs.zones = Some([commitment, list[0], list[1]]);
        if has(Part::Hypergraph) {
            inputs.hypergraph = Some(hypergraph(arith, &config, &zones).map(|wire| wire.cell));
        }
        if let Some(statistics) = statistics.as_ref().filter(|_| has(Part::Anomaly)) {
            let tags = rules.as_ref().map(|rules| &rules.tags[..]);
            let score = anomaly(arith, &config, statistics, &zones, analytics.zone_tags(), tags);
            inputs.anomaly = Some(score.packed.cell);
            unblended = analytics
                .forest()
                .map(|samples| Unblended { parts: score, usual: usual(statement, samples) });
        }
        if has(Part::Graph) {
            // It has more range checks than multiply-adds, unlike all else.
            arith.level();
            let first = arith.used_to();
            let elements = zone_graph(arith, &zones);
            let salt = arith.witness(to_integer(given.salts.zone_graph)).cell;
            arith.level();
            graph = Some(first..arith.used_to());
            let shape = matrix_shape(POSITIONS, CHANNELS);
            inputs.zone_graph = Some(commit(arith, Domain::Vector, shape, salt, &elements));
        }
    }
    if let Some(rules) = rules {
        let salt = arith.witness(to_integer(given.salts.tags)).cell;
        let shape = commitment_shape(given.size, analytics.adapter());
        let commitment = commit(arith, Domain::TagFields, shape, salt, &rules.committed);
        let [tags, counts, gas, volumes] = rules.packed.map(|wire| wire.cell);
        inputs.rules = Some([commitment, tags, counts, gas, volumes]);
    }
    inputs.residuals = statistics.map(|statistics| statistics.packed.cell);
    let next = arith.used_to();
    assert_eq!(
        (next - start, sponge.permutations() - first_sponge),
        (analytics_rows(analytics, capacity), analytics_permutations(analytics, capacity)),
        "rows of analytics"
    );
    let stage =
        |name, rows: Range<usize>| Stage { name, area: Area::Shared, start: rows.start, rows: rows.len() };
    let stages = match graph {
        Some(graph) => vec![
            stage("analytics", start..graph.start),
            stage("analytics: graph of zones", graph.clone()),
            stage("analytics", graph.end..next),
        ],
        None => vec![stage("analytics", start..next)],
    };
    let stages = stages.into_iter().filter(|stage| stage.rows > 0).collect();
    LaidOut { inputs, unblended, next, stages }
}
