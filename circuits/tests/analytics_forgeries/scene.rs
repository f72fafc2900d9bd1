//! A block under a codebook and a configuration, what native arithmetic says of it, and judges of what somebody else says.

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::assignment::{Cell, Lies, Role};
use foldproof_circuits::block::Block;
use foldproof_circuits::chips::{at, fixed_at};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::findings::{Analysed, Findings};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::public::CORE_ROWS;
use foldproof_circuits::stages::anomaly::Anomaly;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::hypergraph::{Hypergraph, sets};
use foldproof_circuits::stages::pq::PqCode;
use foldproof_circuits::stages::residuals::Residuals;
use foldproof_circuits::stages::zones::{Zones, centres};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{block, close_codebook};
use foldproof_circuits::testing::{Examiner, Forger, Killer, Subject};
use foldproof_circuits::zone_config::{FIELDS, ZoneConfig};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::places::Places;

/// The four parts that are computed from a code.
pub const PARTS: [Part; 4] = [Part::Residuals, Part::Zones, Part::Hypergraph, Part::Anomaly];

/// Of these parts, about a block at the size for tests.
pub fn statement(parts: &[Part], configuration: Configuration, zone_tags: bool) -> Statement {
    let analytics = Analytics::new(parts, configuration, zone_tags).unwrap();
    Statement::core(Size::Toy, Centroids::K64).with_analytics(analytics).unwrap()
}

/// The configuration that a forger is given, with some integers changed.
pub fn config(changes: &[(&str, u64)]) -> ZoneConfig {
    let mut integers = *Preset::default().config().integers();
    for (name, value) in changes {
        integers[FIELDS.iter().position(|field| field.name == *name).unwrap()] = *value;
    }
    ZoneConfig::new(integers).unwrap()
}

/// A block under a codebook that normalises all rows to 0, so that all have one code: that of the centroid that is nearest to 0 in each
/// subspace, the first of those that are.
pub fn at_zero(centroids: Vec<[[i32; 4]; 4]>) -> (Block, Codebook) {
    (block(3, 3, 2, 1), Codebook::new([0; 16], [0; 16], centroids, 1 << 50).unwrap())
}

/// The same with one centroid, many times over.
pub fn one_centre(centre: [[i32; 4]; 4]) -> (Block, Codebook) {
    at_zero(vec![centre; 64])
}

/// A small block whose zones are at one place, overlap, have a kernel and no overlap, and are further apart than any kernel reaches.
pub fn spread() -> (Block, Codebook) {
    (block(3, 3, 2, 1), close_codebook(1, 64))
}

/// Others, with six different sums and some tags.
pub fn tagged() -> (Block, Codebook) {
    (block(1, 3, 2, 1), close_codebook(5, 64))
}

/// What native arithmetic finds.
pub struct Native {
    pub residuals: Residuals,
    pub zones: Zones,
    pub graph: Hypergraph,
    pub anomaly: Anomaly,
    pub findings: Findings,
}

/// A block, its honest layout, and where hints stand.
pub struct Scene {
    pub forger: Forger,
    pub places: Places,
    pub code: PqCode,
    pub codebook: Codebook,
    block: Block,
    statement: Statement,
}

impl Scene {
    /// With all four parts and tags of zones.
    pub fn new((block, codebook): (Block, Codebook), configuration: Configuration) -> Self {
        let statement = statement(&PARTS, configuration, true);
        let subject = Subject::Block(Box::new(block.clone()), Box::new(codebook.clone()));
        let forger = Forger::new(statement.clone(), subject, Vec::new());
        let places = Places::of(forger.honest(), configuration == Configuration::Committed);
        let salts = Salts::from_secret(Fr::from(5));
        let given = (configuration == Configuration::Committed).then(|| Preset::default().config());
        let (layout, fingerprint) =
            Layout::of_block_under(&statement, &block, &codebook, given.as_ref(), &salts, NONE).unwrap();
        assert!(layout.assignment().advice() == forger.honest().assignment().advice());
        Self { forger, places, code: fingerprint.code, codebook, block, statement }
    }

    /// Behind a commitment to any configuration.
    pub fn committed(given: (Block, Codebook)) -> Self {
        Self::new(given, Configuration::Committed)
    }

    /// Under the default configuration.
    pub fn named(given: (Block, Codebook)) -> Self {
        Self::new(given, Configuration::Named(Preset::default()))
    }

    /// Natively, under a configuration.
    pub fn native(&self, config: &ZoneConfig) -> Native {
        let salts = Salts::from_secret(Fr::from(5));
        let residuals = Residuals::new(&self.code.residual_squared);
        let zones = Zones::new(centres(&self.code.indices, &self.codebook), config);
        let analytics = self.statement.analytics().unwrap();
        let analysed = Analysed {
            size: self.statement.block().unwrap().size,
            block: &self.block,
            code: &self.code,
            codebook: &self.codebook,
            config,
            salts: &salts,
            forest: None,
        };
        Native {
            graph: Hypergraph::new(&zones, config),
            anomaly: Anomaly::new(&zones, &residuals, 0, config),
            findings: Findings::new(analytics, &analysed).unwrap(),
            residuals,
            zones,
        }
    }

    /// What makes the honest witness one under another configuration: the integers that differ.
    pub fn under(&self, config: &ZoneConfig) -> Lies {
        let cells = self.places.config.iter().zip(config.integers());
        let honest = Preset::default().config();
        let lies = cells.zip(honest.integers()).filter(|((_, value), honest)| value != honest);
        lies.map(|((cell, value), _)| (*cell, BigInt::from(*value))).collect()
    }

    /// The honest layout under another configuration.
    pub fn layout(&self, config: &ZoneConfig) -> Layout {
        let salts = Salts::from_secret(Fr::from(5));
        let given = Some(config).filter(|_| !self.places.config.is_empty());
        Layout::of_block_under(&self.statement, &self.block, &self.codebook, given, &salts, NONE).unwrap().0
    }
}

/// Judges lies about a scene.
pub struct Judge<'s> {
    pub scene: &'s Scene,
    examiner: Examiner<'s>,
}

/// A case: a scene under a configuration, which holds.
pub struct Case<'j> {
    judge: &'j Judge<'j>,
    pub native: Native,
    pub layout: Layout,
    base: Lies,
}

impl<'s> Judge<'s> {
    pub fn new(scene: &'s Scene) -> Self {
        Self { scene, examiner: Examiner::new(scene.forger.honest()) }
    }

    /// Under a configuration: the circuit takes it, and says what native arithmetic does.
    pub fn case(&'s self, config: &ZoneConfig) -> Case<'s> {
        let base = self.scene.under(config);
        let layout = self.scene.forger.lie(base.clone());
        assert!(layout.assignment().advice() == self.scene.layout(config).assignment().advice());
        assert_eq!(self.examiner.refusals(&layout), BTreeSet::new(), "{config:?}");
        let native = self.scene.native(config);
        let inputs = layout.instance().analytics.unwrap();
        assert_eq!(Findings::from_inputs(&inputs).as_ref(), Some(&native.findings));
        Case { judge: self, native, layout, base }
    }

    /// Who objects to a layout.
    pub fn refusals(&self, layout: &Layout) -> BTreeSet<Killer> {
        self.examiner.refusals(layout)
    }
}

impl Case<'_> {
    /// Breaks a clause: something changes, what is public if `public`, so that who recomputes sees it; and the circuit refuses.
    pub fn refused(
        &self,
        clause: &str,
        public: bool,
        lies: impl IntoIterator<Item = (Cell, BigInt)>,
    ) -> BTreeSet<Killer> {
        let (shown, killers) = self.noticed(clause, lies);
        assert_eq!(shown, public, "{clause}: whether what is public is other than native arithmetic's");
        killers
    }

    /// Breaks a clause which what is public shows, or does not: returns whether it does, and who objects.
    pub fn noticed(
        &self,
        clause: &str,
        lies: impl IntoIterator<Item = (Cell, BigInt)>,
    ) -> (bool, BTreeSet<Killer>) {
        let mut all = self.base.clone();
        all.extend(lies);
        let forged = self.judge.scene.forger.lie(all);
        assert!(
            forged.assignment().advice() != self.layout.assignment().advice(),
            "{clause}: nothing changes"
        );
        let inputs = forged.instance().analytics.unwrap();
        let killers = self.judge.refusals(&forged);
        assert!(!killers.is_empty(), "{clause}: the circuit takes it");
        (inputs != self.native.findings.inputs(), killers)
    }

    /// Pairs of zones that overlap, two of them.
    pub fn overlapping(&self) -> [usize; 2] {
        let mut pairs = (0..15).filter(|i| self.native.graph.pairs[*i].weight > 0);
        std::array::from_fn(|_| pairs.next().unwrap())
    }

    /// Pairs of places that are within reach of a kernel, and at two places: two of them.
    pub fn within(&self) -> [usize; 2] {
        let zones = &self.native.zones;
        let set = |i: &usize| sets()[*i].iter().map(|place| zones.order[*place]).collect::<Vec<_>>();
        let near = |i: &usize| {
            let rows = set(i);
            let found = zones.kernels[rows[0]][rows[1]];
            found.high == 0 && zones.exponents[rows[0]][rows[1]] > 0
        };
        let mut pairs = (0..15).filter(near);
        std::array::from_fn(|_| pairs.next().unwrap())
    }

    /// Products of a cell and another.
    pub fn products(&self, cell: Cell) -> Vec<Cell> {
        let assignment = self.layout.assignment();
        let copies = assignment.copies().iter().filter(|(from, _)| *from == cell).map(|(_, to)| *to);
        let is_product = |to: &Cell| {
            let made = assignment.role(Cell { column: at::D, row: to.row }) == Role::Derived;
            made && [at::A, at::B].contains(&to.column)
                && assignment.fixed_at(fixed_at::K, to.row) != Fr::zero()
        };
        copies.filter(is_product).map(|to| Cell { column: at::D, row: to.row }).collect()
    }

    /// What stands in a cell of the case.
    pub fn read(&self, cell: Cell) -> BigInt {
        to_integer(self.layout.assignment().read(cell))
    }

    /// The cell of a public input, counted from the first of the analytics.
    pub fn exposed(&self, row: usize) -> Cell {
        self.layout.assignment().instance()[CORE_ROWS + row]
    }

    /// The cells that a value was written into, in order of rows, and that are no copies.
    pub fn holders(&self, value: impl Into<BigInt>) -> Vec<Cell> {
        let (assignment, value) = (self.layout.assignment(), value.into());
        let cells = assignment.assigned().into_iter().filter(|cell| {
            self.judge.scene.places.rows.contains(&cell.row)
                && assignment.role(*cell) != Role::Copied
                && to_integer(assignment.read(*cell)) == value
        });
        let mut cells: Vec<Cell> = cells.collect();
        cells.sort_by_key(|cell| cell.row);
        cells
    }

    /// The only one of them.
    pub fn only(&self, value: impl Into<BigInt>) -> Cell {
        let cells = self.holders(value);
        assert_eq!(cells.len(), 1, "{cells:?}");
        cells[0]
    }

    /// A bit told the other way.
    pub fn flipped(&self, bit: Cell) -> (Cell, BigInt) {
        (bit, BigInt::from(1) - self.read(bit))
    }
}
