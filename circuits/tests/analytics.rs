//! Analytics beside a block: the circuit against native arithmetic, and whether it lets anything else through.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::analytics::{Configuration, Preset};
use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::block::Block;
use foldproof_circuits::chips::{at, fixed_at, table};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::findings::{Analysed, Findings};
use foldproof_circuits::fixed::{to_integer, to_u64};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{block, close_codebook};
use foldproof_circuits::testing::{Examiner, Forger};
use foldproof_circuits::zone_config::ZoneConfig;
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

fn statement(name: &str) -> Statement {
    let statement = Statement::from_name(name).unwrap();
    assert_eq!(Statement::from_bytes(&statement.to_bytes()).as_ref(), Some(&statement));
    statement
}

fn salts() -> Salts {
    Salts::from_secret(Fr::from(5))
}

/// Lays a block out and compares what is public with native arithmetic.
fn lay_out(
    name: &str,
    block: &Block,
    codebook: &Codebook,
    config: Option<&ZoneConfig>,
) -> (Layout, Findings) {
    let statement = statement(name);
    let (layout, fingerprint) =
        Layout::of_block_under(&statement, block, codebook, config, &salts(), NONE).unwrap();
    let config = config.copied().unwrap_or_else(|| {
        let preset = Preset::all().find(|preset| name.contains(&format!(".{}", preset.name())));
        preset.unwrap_or_default().config()
    });
    let analytics = statement.analytics().unwrap();
    let size = statement.block().unwrap().size;
    let (code, salts) = (&fingerprint.code, &salts());
    let analysed = Analysed { size, block, code, codebook, config: &config, salts, forest: None };
    let findings = Findings::new(analytics, &analysed).unwrap();
    let inputs = layout.instance().analytics.unwrap();
    assert_eq!(inputs, findings.inputs(), "{name}");
    assert_eq!(Findings::from_inputs(&inputs).as_ref(), Some(&findings), "{name}");
    (layout, findings)
}

fn holds(layout: &Layout) {
    let examiner = Examiner::new(layout);
    assert_eq!(examiner.refusals(layout).into_iter().collect::<Vec<_>>(), []);
}

#[test]
fn circuits_find_what_native_arithmetic_does() {
    for name in [
        "core-small-64+analytics",
        "core-small-64+analytics.eth.zonetags",
        "core-small-64+analytics.avax",
        "core-small-64+analytics-residuals",
        "core-small-64+analytics-zones",
        "core-small-64+analytics-residuals-zones",
        "core-small-64+analytics-zones-hypergraph",
        "core-small-64+analytics-zones-graph",
        "core-small-64+analytics-residuals-zones-hypergraph-anomaly-rules-graph.zonetags",
        "core-small-64+analytics-residuals-zones-anomaly",
        "core-small-64+analytics-residuals-zones-anomaly.zonetags",
    ] {
        for seed in 0..3 {
            let (layout, _) = lay_out(name, &block(seed, 30, 20, 3), &close_codebook(seed, 64), None);
            holds(&layout);
        }
    }
}

/// Thresholds that cut zones off, and none.
#[test]
fn committed_configurations_bind() {
    let one = 1 << 52;
    for (min_sum, zones) in
        [(0, 6), (one + 1, 6), (2 * one, 3), (6 * one + 1, 6), (one, 0), (one, 1), (one, 5)]
    {
        let mut integers = *Preset::default().config().integers();
        (integers[2], integers[3]) = (min_sum, zones);
        let config = ZoneConfig::new(integers).unwrap();
        for name in [
            "core-small-64+analytics.committed",
            "core-small-64+analytics.committed.zonetags",
            "core-small-64+analytics-zones.committed",
            "core-small-64+analytics-zones-hypergraph.committed",
            "core-small-64+analytics-zones-graph.committed",
            "core-small-64+analytics-residuals-zones-anomaly.committed.zonetags",
        ] {
            let (layout, findings) =
                lay_out(name, &block(1, 30, 20, 3), &close_codebook(1, 64), Some(&config));
            holds(&layout);
            assert_eq!(findings.configuration, Some(config.commitment()));
            assert!(findings.zones.unwrap().zones.len() <= zones as usize);
        }
    }
}

/// The mock prover sees what halo2 is handed.
#[test]
fn the_mock_prover_agrees() {
    let (layout, _) =
        lay_out("core-small-64+analytics.zonetags", &block(1, 30, 20, 3), &close_codebook(2, 64), None);
    let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    assert_eq!(MockProver::run(layout.statement().k(), &layout, vec![rows]).unwrap().verify(), Ok(()));
}

/// Bits and rows of an order go together: a prover lies about several of them, and computes all that follows.
#[test]
fn orders_are_refused_whatever_goes_together() {
    let forger = Forger::of_analytics(Configuration::Committed);
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let refused = |cells: &[Cell], values: &[usize]| {
        let honest =
            cells.iter().zip(values).all(|(cell, value)| assignment.read(*cell) == Fr::from(*value as u64));
        let lies: Lies = cells.iter().copied().zip(values.iter().map(|value| BigInt::from(*value))).collect();
        let verdict = examiner.judge(&forger, lies);
        assert_eq!(verdict.killers.is_empty(), honest, "{cells:?} {values:?}");
    };
    let mut cells = forger.free(Free::Order);
    cells.sort_by_key(|cell| cell.row);
    let [rows, greatest, second, counted] = &cells.chunks(6).collect::<Vec<_>>()[..] else {
        panic!("rows of places, two choices, zones that count: {} cells", cells.len())
    };
    // Two places changed for each other, and a row that comes twice.
    let order: Vec<usize> =
        rows.iter().map(|cell| to_u64(assignment.read(*cell)).unwrap() as usize).collect();
    refused(rows, &order);
    for (a, b) in (0..6).flat_map(|a| (0..a).map(move |b| (a, b))) {
        let mut other = order.clone();
        other.swap(a, b);
        refused(rows, &other);
        other = order.clone();
        other[a] = order[b];
        refused(rows, &other);
    }
    // No residual, each and every two, and some zones whichever they are.
    for set in (0..1_usize << 6).filter(|set| set.count_ones() <= 2) {
        let bits: Vec<usize> = (0..6).map(|i| set >> i & 1).collect();
        for cells in [greatest, second, counted] {
            refused(cells, &bits);
        }
    }
    for count in 0..=6 {
        refused(counted, &std::array::from_fn::<usize, 6, _>(|place| usize::from(place < count)));
    }
}

/// Beside a digit of an exponent stands its entry, and nothing else that the table has beside another limb.
#[test]
fn entries_of_exponents_are_the_tables() {
    let forger = Forger::of_analytics(Configuration::Named(Preset::default()));
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let digits: Vec<usize> = (0..assignment.rows())
        .filter(|row| {
            table::EXPONENT.iter().any(|tag| assignment.fixed_at(fixed_at::TAG, *row) == Fr::from(*tag))
        })
        .collect();
    assert_eq!(digits.len(), 2 * 15);
    for row in digits {
        let digit = to_integer(assignment.read(Cell { column: at::E, row }));
        for lie in [digit.clone(), digit + 1, BigInt::from(0), BigInt::from(1u64 << 52)] {
            let cell = Cell { column: at::OUT[0], row };
            if to_integer(assignment.read(cell)) != lie {
                let verdict = examiner.judge(&forger, Lies::from([(cell, lie.clone())]));
                assert!(!verdict.killers.is_empty(), "row {row}: {lie}");
            }
        }
    }
}

#[test]
fn sizes_are_what_the_figures_say() {
    for (name, k) in [
        ("core-small-64+analytics-residuals", 14),
        ("core-small-64+analytics", 14),
        ("core-small-256+analytics", 14),
        ("core-small-256+analytics.committed.zonetags", 14),
        ("core-small-256+analytics-zones-graph", 14),
        (
            "core-small-256+analytics-residuals-zones-hypergraph-anomaly-rules-graph.committed.zonetags.adapter",
            15,
        ),
    ] {
        assert_eq!(statement(name).k(), k, "{name}");
    }
}
