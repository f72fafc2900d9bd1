//! The graph of zones: its commitment is that of the matrix that native arithmetic makes, and of no other: each clause of it broken
//! alone, by a prover who computes everything else by the definition.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::assignment::{Cell, Free, Lies, Role};
use foldproof_circuits::chips::{Gate, at, fixed_at};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::public::CORE_ROWS;
use foldproof_circuits::stages::commit::{Salts, matrix};
use foldproof_circuits::stages::zone_graph::{CHANNELS, POSITIONS, commitment, nodes};
use foldproof_circuits::stages::zones::{Zones, centres};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{Dice, block, close_codebook, seed};
use foldproof_circuits::testing::{Examiner, Forger, Killer, Subject};
use foldproof_circuits::zone_config::{FIELDS, ZoneConfig};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

/// Range checks of a position: of each number but the last a quotient and a remainder.
const CHECKS: usize = 2 * (CHANNELS as usize - 1);
/// Rows of the public inputs of analytics: configuration, list of zones, and then the graph's commitment.
const PUBLIC: usize = CORE_ROWS + 1 + 3;

/// A block under a codebook with zones at six places, and what is told of it.
struct Scene {
    forger: Forger,
    codebook: Codebook,
    /// What the integers of the configuration stand in.
    config: Vec<Cell>,
    /// Quotients and remainders of the graph, by position and channel.
    numbers: Vec<Vec<[Cell; 2]>>,
}

fn statement(configuration: Configuration) -> Statement {
    let analytics = Analytics::new(&[Part::Zones, Part::Graph], configuration, false).unwrap();
    Statement::core(Size::Toy, Centroids::K64).with_analytics(analytics).unwrap()
}

fn config(changes: &[(&str, u64)]) -> ZoneConfig {
    let mut integers = *Preset::default().config().integers();
    for (name, value) in changes {
        integers[FIELDS.iter().position(|field| field.name == *name).unwrap()] = *value;
    }
    ZoneConfig::new(integers).unwrap()
}

impl Scene {
    fn new(codebook: Codebook) -> Self {
        let subject = Subject::Block(Box::new(block(1, 3, 2, 1)), Box::new(codebook.clone()));
        let forger = Forger::new(statement(Configuration::Committed), subject, Vec::new());
        let assignment = forger.honest().assignment();
        let stages = forger.honest().stages().iter().filter(|stage| stage.name.starts_with("analytics"));
        let rows = stages.flat_map(|stage| stage.start..stage.start + stage.rows);
        let on = |gate: Gate, row: usize| assignment.is_enabled(gate, row);
        let starts: Vec<Cell> = rows
            .filter(|row| {
                (on(Gate::Range, *row) || on(Gate::RangeWide, *row)) && !on(Gate::RangeWide, row - 1)
            })
            .map(|row| Cell { column: at::E, row })
            .collect();
        let mut next = starts.iter().copied();
        let config = FIELDS.iter().map(|field| {
            let cell = next.next().unwrap();
            let whole = field.most + 1 == 1 << field.bits;
            (0..usize::from(field.least > 0) + usize::from(!whole)).for_each(|_| _ = next.next());
            cell
        });
        let config = config.collect();
        // Those of the graph come last.
        let own = &starts[starts.len() - CHECKS * usize::from(POSITIONS)..];
        let numbers =
            own.chunks(CHECKS).map(|position| position.chunks(2).map(|two| [two[0], two[1]]).collect());
        Self { numbers: numbers.collect(), forger, codebook, config }
    }

    /// What makes the honest witness one under another configuration.
    fn under(&self, config: &ZoneConfig) -> Lies {
        let cells = self.config.iter().copied().zip(config.integers());
        let honest = Preset::default().config();
        let lies = cells.zip(honest.integers()).filter(|((_, value), honest)| value != honest);
        lies.map(|((cell, value), _)| (cell, BigInt::from(*value))).collect()
    }

    fn zones(&self, config: &ZoneConfig) -> Zones {
        let salts = Salts::from_secret(Fr::from(5));
        let (statement, block) = (statement(Configuration::Committed), block(1, 3, 2, 1));
        let (_, fingerprint) =
            Layout::of_block_under(&statement, &block, &self.codebook, Some(config), &salts, NONE).unwrap();
        Zones::new(centres(&fingerprint.code.indices, &self.codebook), config)
    }
}

fn salt() -> Fr {
    Salts::from_secret(Fr::from(5)).zone_graph
}

fn graph_commitment(layout: &Layout) -> Fr {
    layout.instance().analytics.unwrap().zone_graph.unwrap()
}

/// A case of a scene under a configuration, which holds.
struct Case<'s> {
    scene: &'s Scene,
    examiner: Examiner<'s>,
    base: Lies,
    layout: Layout,
    zones: Zones,
}

impl<'s> Case<'s> {
    fn new(scene: &'s Scene, config: &ZoneConfig) -> Self {
        let examiner = Examiner::new(scene.forger.honest());
        let base = scene.under(config);
        let layout = scene.forger.lie(base.clone());
        assert_eq!(examiner.refusals(&layout), BTreeSet::new(), "{config:?}");
        let zones = scene.zones(config);
        assert_eq!(graph_commitment(&layout), commitment(&zones, salt()));
        Self { scene, examiner, base, layout, zones }
    }

    fn read(&self, cell: Cell) -> BigInt {
        to_integer(self.layout.assignment().read(cell))
    }

    /// With lies: whoever holds the commitment against the graph sees it, and the circuit refuses.
    fn refused(&self, clause: &str, lies: impl IntoIterator<Item = (Cell, BigInt)>) -> BTreeSet<Killer> {
        let mut all = self.base.clone();
        all.extend(lies);
        let forged = self.scene.forger.lie(all);
        assert!(graph_commitment(&forged) != commitment(&self.zones, salt()), "{clause}: nothing changes");
        let killers = self.examiner.refusals(&forged);
        assert!(!killers.is_empty(), "{clause}: the circuit takes it");
        killers
    }

    /// Products below the zones that have a bit of theirs as their first factor: the bits, each with the cells of its products.
    fn all_products(&self) -> Vec<(Cell, Vec<Cell>)> {
        let assignment = self.layout.assignment();
        // Range checks and multiply-adds of the graph start in the same row.
        let first = self.scene.numbers[0][0][0].row;
        let mut all: Vec<(Cell, Vec<Cell>)> = Vec::new();
        for (bit, to) in assignment.copies() {
            let below = bit.column == at::D && bit.row < first && to.column == at::A && to.row >= first;
            let cell = Cell { column: at::D, row: to.row };
            let product = assignment.fixed_at(fixed_at::K, to.row) == Fr::one();
            if !below || !product || assignment.role(cell) != Role::Derived {
                continue;
            }
            match all.iter_mut().find(|(known, _)| known == bit) {
                Some((_, cells)) => cells.push(cell),
                None => all.push((*bit, vec![cell])),
            }
        }
        assert_eq!(all.len(), usize::from(POSITIONS), "{all:?}");
        all
    }
}

/// Six sums that differ, and tags.
fn tagged() -> Scene {
    Scene::new(close_codebook(5, 64))
}

/// Range checks, and nothing else, refuse a value that has limbs only as an integer beyond them.
fn by_a_range(killers: &BTreeSet<Killer>) -> bool {
    let range = |killer: &Killer| match killer {
        Killer::Gate(name) => name.contains("e = limbs"),
        killer => matches!(killer, Killer::Limb(_)),
    };
    killers.iter().any(range)
}

/// What stands in the cells are the numbers of the matrix, which is committed to as a model's input is.
#[test]
fn the_graph_is_the_matrix_of_native_arithmetic() {
    let scene = tagged();
    let case = Case::new(&scene, &config(&[]));
    let values = nodes(&case.zones);
    assert_eq!(commitment(&case.zones, salt()), matrix(&values, POSITIONS, salt()));
    assert!(values.chunks(18).all(|position| position[17] == 1 << 20 && position[16] >= 1 << 20));
    assert!(values.iter().any(|value| *value < 0));
    for (position, cells) in values.chunks(18).zip(&scene.numbers) {
        for (channel, ([quotient, _], value)) in cells.iter().zip(position).enumerate() {
            let offset = if channel < 16 { 1 << 26 } else { 0 };
            assert_eq!(case.read(*quotient), BigInt::from(value + offset));
        }
    }
}

/// Drawn coordinates and those at both ends of their range, as many zones as there are numbers of them.
#[test]
fn coordinates_at_both_ends_and_any_number_of_zones() {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let ends = [(1 << 30) - 1, -(1 << 30), 0, 7, 8, -8, -9];
    for round in 0..4 {
        let mut drawn = |_| match round {
            0 => 0,
            1 => ends[dice.roll(ends.len() as u64) as usize],
            _ => dice.signed(31) as i32,
        };
        let mut rows = vec![[[0_i32; 4]; 4]; 64];
        rows.iter_mut().flatten().flatten().enumerate().for_each(|(i, y)| *y = drawn(i));
        let scene = Scene::new(Codebook::new([0; 16], [0; 16], rows, 1 << 50).unwrap());
        for zones in 0..=6 {
            Case::new(&scene, &config(&[("zones", zones)]));
        }
    }
    println!("FOLDPROOF_SEED={seed}");
}

#[test]
fn clauses_of_numbers() {
    let scene = tagged();
    let case = Case::new(&scene, &config(&[]));
    for (place, cells) in scene.numbers.iter().enumerate() {
        for (channel, [quotient, remainder]) in cells.iter().enumerate() {
            let (q, r) = (case.read(*quotient), case.read(*remainder));
            let one = |value: BigInt| [(*quotient, value)];
            let name = |what: &str| format!("{what}: channel {channel} of place {place}");
            case.refused(&name("rounded down"), one(&q - 1));
            case.refused(&name("rounded up"), one(&q + 1));
            let offset = BigInt::from(if channel < 16 { 1 << 26 } else { 0 });
            if q != offset {
                case.refused(&name("the other sign"), one(&offset * 2 - &q));
                case.refused(&name("nothing"), one(offset.clone()));
            }
            let scale: BigInt = BigInt::from(1) << if channel < 16 { 4 } else { 32 };
            let n: BigInt = &q * &scale + &r;
            case.refused(&name("not rounded"), one(n.clone()));
            // The same sum modulo the field with another remainder, which the quotient's range refuses.
            for other in [BigInt::from(0), &r + 1, &scale - 1, scale.clone()] {
                if other != r {
                    let wrapped = to_field(&(&n - &other)) * to_field(&scale).invert().unwrap();
                    let lies = [(*quotient, to_integer(wrapped)), (*remainder, other)];
                    assert!(by_a_range(&case.refused(&name("wrapped"), lies)));
                }
            }
        }
    }
}

/// Positions are places: what stands at one is of the zone there.
#[test]
fn clauses_of_order() {
    let scene = tagged();
    let case = Case::new(&scene, &config(&[]));
    for (a, b) in (0..6).flat_map(|b| (0..b).map(move |a| (a, b))) {
        let pairs = scene.numbers[a].iter().zip(&scene.numbers[b]);
        let lies = pairs.flat_map(|(a, b)| {
            (0..2).flat_map(|i| [(a[i], case.read(b[i])), (b[i], case.read(a[i]))]).collect::<Vec<_>>()
        });
        case.refused("two positions changed for each other", lies);
        let pairs = scene.numbers[a].iter().zip(&scene.numbers[b]);
        let lies = pairs.flat_map(|(a, b)| [(a[0], case.read(b[0])), (a[1], case.read(b[1]))]);
        case.refused("a zone that comes twice", lies);
    }
    let [x, y] = [&scene.numbers[2][3], &scene.numbers[2][4]];
    let lies =
        [(x[0], case.read(y[0])), (y[0], case.read(x[0])), (x[1], case.read(y[1])), (y[1], case.read(x[1]))];
    case.refused("two coordinates changed for each other", lies);
}

/// Of a place without a zone nothing is committed to but zeros; of one with a zone nothing is left out.
#[test]
fn clauses_of_absent_zones() {
    let scene = tagged();
    for (changes, zones) in [(config(&[("zones", 4)]), 4), (config(&[("zones", 0)]), 0), (config(&[]), 6)] {
        let case = Case::new(&scene, &changes);
        assert!(nodes(&case.zones)[18 * zones..].iter().all(|value| *value == 0));
        let all = case.all_products();
        for (place, (bit, products)) in all.iter().enumerate() {
            // 17 numbers and a bit stand in three or four elements, of which one may have the bit alone.
            assert!((3..=4).contains(&products.len()), "{products:?}");
            for cell in products {
                let row = cell.row;
                let part = case.read(Cell { column: at::B, row });
                let own = case.read(*cell);
                assert_eq!(own, if place < zones { part.clone() } else { BigInt::from(0) });
                let other = if place < zones { BigInt::from(0) } else { part };
                case.refused("a part of a position that is there, or not", [(*cell, other)]);
                case.refused("another part", [(*cell, own + 1)]);
            }
            let told = BigInt::from(u8::from(place >= zones));
            case.refused("a zone that is there, or not", [(*bit, told)]);
        }
    }
}

/// What is committed to are the elements, behind a salt that is the prover's to choose, and nothing else is public.
#[test]
fn clauses_of_the_commitment() {
    let scene = tagged();
    let case = Case::new(&scene, &config(&[]));
    let assignment = case.layout.assignment();
    let values = nodes(&case.zones);
    let mut absorbed = 0;
    for part in values.chunks(7) {
        let digits = part.iter().rev().map(|value| BigInt::from(value + (1_i64 << 35)));
        let element = digits.fold(BigInt::from(0), |sum: BigInt, digit| (sum << 36) + digit);
        let cells = (0..assignment.rows()).map(|row| Cell { column: at::MESSAGE, row });
        let cells: Vec<Cell> = cells.filter(|cell| case.read(*cell) == element).collect();
        for cell in &cells {
            case.refused("another element", [(*cell, &element + 1)]);
            case.refused("another number", [(*cell, &element + (BigInt::from(1) << 36))]);
        }
        absorbed += cells.len();
    }
    assert_eq!(absorbed, 16, "elements of 108 numbers, seven each");
    // The salt is free: with another one the circuit says what native arithmetic does.
    let salts: Vec<Cell> = scene.forger.free(Free::Input);
    let salts: Vec<Cell> = salts.into_iter().filter(|cell| assignment.read(*cell) == salt()).collect();
    assert_eq!(salts.len(), 1);
    let mut lies = case.base.clone();
    lies.insert(salts[0], to_integer(salt() + Fr::one()));
    let other = scene.forger.lie(lies);
    assert_eq!(case.examiner.refusals(&other), BTreeSet::new());
    assert_eq!(graph_commitment(&other), commitment(&case.zones, salt() + Fr::one()));
    assert!(graph_commitment(&other) != graph_commitment(&case.layout));
    let instance = case.layout.assignment().instance();
    assert_eq!(instance.len(), PUBLIC + 1);
    // Where it is shown, it is the digest.
    let shown = Cell { column: at::PUBLIC, row: PUBLIC };
    let mut assignment = assignment.clone();
    assignment.write(at::PUBLIC, PUBLIC, case.layout.assignment().read(shown) + Fr::one());
    assert!(!case.examiner.refusals(&case.layout.forged(assignment)).is_empty());
}

/// Salts of one secret: that of the graph is none of the others, nor the secret.
#[test]
fn salts_differ() {
    let Salts { block, fold, pq, zones, tags, zone_graph } = Salts::from_secret(Fr::from(5));
    let all: BTreeSet<Fr> = [block, fold, pq, zones, tags, zone_graph, Fr::from(5), Fr::zero()].into();
    assert_eq!(all.len(), 8);
    let other = Salts::of_place(Fr::from(5), 0).zone_graph;
    assert!(!all.contains(&other));
}

/// Asked for by its name, with the zones it is of, and part of no name that stands for several parts.
#[test]
fn statements_have_a_graph_by_its_name() {
    let whole = "core-small-64+analytics-residuals-zones-hypergraph-anomaly-rules-graph";
    for (name, graph) in [
        ("core-small-64+analytics", false),
        ("core-small-64+analytics-all", false),
        ("core-small-64+analytics-zones-graph", true),
        ("core-small-64+analytics-zones-graph.committed", true),
        ("core-small-256+analytics-zones-hypergraph-graph.normalised", true),
        (whole, true),
    ] {
        let statement = Statement::from_name(name).unwrap();
        assert_eq!(statement.name(), name);
        assert_eq!(Statement::from_bytes(&statement.to_bytes()).as_ref(), Some(&statement));
        assert_eq!(statement.analytics().unwrap().has(Part::Graph), graph, "{name}");
        assert_eq!(statement.k(), 14);
    }
    for name in ["graph", "graph-zones", "residuals-graph", "all-graph", "zones-graph-graph"] {
        assert_eq!(Statement::from_name(&format!("core-small-64+analytics-{name}")), None, "{name}");
    }
    let elements: BTreeSet<Fr> = ["", "-all", "-zones", "-zones-graph"]
        .map(|parts| Statement::from_name(&format!("core-small-64+analytics{parts}")).unwrap().element())
        .into();
    assert_eq!(elements.len(), 4);
}

/// Whatever other parts stand above it, rows are as many as are counted: a layout asserts it.
#[test]
fn a_graph_stands_below_any_other_parts() {
    let others = [Part::Residuals, Part::Hypergraph, Part::Anomaly, Part::Rules];
    let mut laid_out = 0;
    for mask in 0..16_usize {
        let chosen = (0..4).filter(|i| mask >> i & 1 == 1).map(|i| others[i]);
        let parts: Vec<Part> = [Part::Zones, Part::Graph].into_iter().chain(chosen).collect();
        for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
            for (zone_tags, adapter) in [(false, false), (true, false), (false, true), (true, true)] {
                let Ok(analytics) = Analytics::new(&parts, configuration, zone_tags) else { continue };
                let analytics = if adapter { analytics.with_adapter() } else { Ok(analytics) };
                let Ok(analytics) = analytics else { continue };
                let statement = Statement::core(Size::Toy, Centroids::K64).with_analytics(analytics).unwrap();
                let layout = Layout::blank(&statement);
                let own = layout.stages().iter().find(|stage| stage.name == "analytics: graph of zones");
                assert_eq!(own.unwrap().rows, 204, "{statement}");
                laid_out += 1;
            }
        }
    }
    // Four sets without a score, each with and without rules, which may have fields of adapters; two with one, which may count tags of zones.
    assert_eq!(laid_out, 2 * (4 * (1 + 2) + 2 * 2 * (1 + 2)));
}
