//! Analytics on a sheet, below their block.

use halo2curves::bn256::Fr;

use super::block::BlockCells;
use crate::analytics::{Analytics, Part};
use crate::chips::arith::Arith;
use crate::chips::sponge::{Message, Sponge};
use crate::codebook::Codebook;
use crate::columns::{Area, Stage};
use crate::fixed::to_integer;
use crate::poseidon::{Domain, initial_value};
use crate::public::AnalyticsInputs;
use crate::rows::{analytics_permutations, analytics_rows};
use crate::sheet::{Cell, Sheet};
use crate::stages::anomaly::circuit::anomaly;
use crate::stages::commit::circuit::pack;
use crate::stages::hypergraph::circuit::hypergraph;
use crate::stages::residuals::circuit::residuals;
use crate::stages::zones::PLACES;
use crate::stages::zones::circuit::{OWN_ROWS, config, zones};
use crate::zone_config::{FIELDS, ZoneConfig};

/// What analytics are computed with, beside the block.
pub(super) struct Given<'c> {
    pub codebook: &'c Codebook,
    pub config: ZoneConfig,
    /// Of the commitment to the zones; that to the configuration has none, like the root of a codebook.
    pub salt: Fr,
}

/// Lays analytics out from row `start` on; returns what is public about them, and the next row.
pub(super) fn lay_out(
    sheet: &mut Sheet,
    sponge: &mut Sponge,
    start: usize,
    analytics: Analytics,
    block: &BlockCells,
    given: &Given<'_>,
) -> (AnalyticsInputs<Cell>, usize, [Stage; 1]) {
    let (end, first_sponge) = (sheet.rows() - 1, sponge.permutations());
    let mut arith = Arith::new(sheet, start, end);
    let arith = &mut arith;
    // First, so that rows do not depend on how gates and ranges before them are spread.
    let own = if analytics.has(Part::Zones) { arith.reserve(OWN_ROWS) } else { 0 };
    let zero = arith.constant(0).cell;
    let mut commit = |arith: &mut Arith<'_>, domain: Domain, shape: usize, salt: Cell, elements: &[Cell]| {
        let elements: Vec<Message> =
            std::iter::once(salt).chain(elements.iter().copied()).map(Message::Copy).collect();
        sponge
            .chain(
                arith.sheet,
                initial_value(domain, shape as u64, elements.len()),
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
    };
    let statistics = has(Part::Residuals).then(|| residuals(arith, &block.code.distances));
    if has(Part::Zones) {
        let config = config(arith, analytics.configuration(), &given.config);
        if analytics.commits_to_config() {
            let elements = config.packed().map(|numbers| pack(arith, numbers.into_iter()));
            inputs.configuration = Some(commit(arith, Domain::ZoneConfig, FIELDS.len(), zero, &elements));
        }
        let zones = zones(arith, &config, given.codebook, &block.code.indices, block.searches, own);
        let list = [&zones.elements[0], &zones.elements[1]].map(|element| element.cell);
        let salt = arith.witness(to_integer(given.salt)).cell;
        let commitment = commit(arith, Domain::Zones, PLACES, salt, &list);
        inputs.zones = Some([commitment, list[0], list[1]]);
        if has(Part::Hypergraph) {
            inputs.hypergraph = Some(hypergraph(arith, &config, &zones).map(|wire| wire.cell));
        }
        if let Some(statistics) = statistics.as_ref().filter(|_| has(Part::Anomaly)) {
            let score = anomaly(arith, &config, statistics, &zones, analytics.zone_tags());
            inputs.anomaly = Some(score.cell);
        }
    }
    inputs.residuals = statistics.map(|statistics| statistics.packed.cell);
    let next = arith.used_to();
    assert_eq!(
        (next - start, sponge.permutations() - first_sponge),
        (analytics_rows(analytics), analytics_permutations(analytics)),
        "rows of analytics"
    );
    (inputs, next, [Stage { name: "analytics", area: Area::Shared, start, rows: next - start }])
}
