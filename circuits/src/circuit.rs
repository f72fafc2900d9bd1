//! The circuit of the core statement.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::block::{Block, WitnessBundle};
use crate::chips::arith::Arith;
use crate::chips::{ChipSet, UNUSABLE_ROWS, lookup};
use crate::codebook::{Codebook, SUBSPACE_DIM, SUBSPACES};
use crate::fixed::to_integer;
use crate::pipeline::{EvaluateError, Fingerprint, evaluate_at};
use crate::public;
use crate::sheet::{Cell, Sheet};
use crate::stages::commit::Salts;
use crate::stages::commit::circuit::Committer;
use crate::stages::commit::texts::TextTable;
use crate::stages::features::circuit::{Records, assign_records, header, record_rows, text_rows};
use crate::stages::features::text_circuit::{assign_texts, forbid_pads};
use crate::stages::fold::VECTORS;
use crate::stages::fold::circuit::fold;
use crate::stages::pq;
use crate::statement::Statement;

/// Row of the first record: gates look up to seven rows back.
const FIRST_ROW: usize = crate::chips::record::ROWS;

/// The core statement about a block, laid out.
#[derive(Clone, Debug)]
pub struct Core {
    statement: Statement,
    sheet: Sheet,
    stages: Vec<Stage>,
}

/// The rows a stage takes, for tables of costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Name.
    pub name: &'static str,
    /// First row.
    pub start: usize,
    /// Rows.
    pub rows: usize,
}

impl Core {
    /// Lays out the proof that `block` has the fingerprint it has under `codebook`; returns it with the fingerprint.
    ///
    /// # Errors
    /// If the block has no record or does not fit, or the codebook has another shape than the statement says.
    pub fn new(
        statement: Statement,
        block: &Block,
        codebook: &Codebook,
        salts: &Salts,
    ) -> Result<(Self, Fingerprint), CoreError> {
        if codebook.len() != statement.centroids.count() {
            return Err(CoreError::Centroids {
                expected: statement.centroids.count(),
                found: codebook.len(),
            });
        }
        let fingerprint = evaluate_at(statement.size, block, codebook, salts).map_err(CoreError::Evaluate)?;
        let texts = TextTable::new(statement.size, block)
            .map_err(|oversize| CoreError::Evaluate(EvaluateError::Oversize(oversize)))?;
        let (sheet, stages) = lay_out(statement, block, &texts, codebook, salts, &fingerprint);
        Ok((Self { statement, sheet, stages }, fingerprint))
    }

    /// The circuit on an empty block: what keys are made from.
    pub fn blank(statement: Statement) -> Self {
        let block = Block { bundles: vec![WitnessBundle::default()], ..Block::default() };
        let centroids = vec![[[0; SUBSPACE_DIM]; SUBSPACES]; statement.centroids.count()];
        let codebook = Codebook::new([0; 16], [0; 16], centroids, 0).expect("zeros are a codebook");
        Self::new(statement, &block, &codebook, &Salts::none()).expect("one record fits every size").0
    }

    /// A circuit with a sheet of the caller's: what a malicious prover could do.
    #[cfg(feature = "testing")]
    pub fn forged(&self, sheet: Sheet) -> Self {
        Self { sheet, ..self.clone() }
    }

    /// The statement.
    pub fn statement(&self) -> Statement {
        self.statement
    }

    /// The sheet.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Rows by stage. The sponge stands beside the others and starts at row 0.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }
}

/// Why a circuit cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are what was expected and found")]
pub enum CoreError {
    /// The codebook has another number of centroids than the statement.
    Centroids { expected: usize, found: usize },
    /// The pipeline refuses the block.
    Evaluate(EvaluateError),
}

impl std::fmt::Display for CoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Centroids { expected, found } => {
                write!(
                    f,
                    "the statement is about {expected} centroids per subspace, the codebook has {found}"
                )
            }
            Self::Evaluate(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CoreError {}

/// Features, fold, PQ code, commitments, public inputs: the same steps as [`crate::pipeline::evaluate_at`].
fn lay_out(
    statement: Statement,
    block: &Block,
    texts: &TextTable,
    codebook: &Codebook,
    salts: &Salts,
    fingerprint: &Fingerprint,
) -> (Sheet, Vec<Stage>) {
    let capacity = statement.size.capacity();
    let rows = (1 << statement.k()) - UNUSABLE_ROWS;
    let mut sheet = Sheet::new(rows);
    let text_start = FIRST_ROW + record_rows(capacity);
    let search_start = text_start + text_rows(capacity);
    let arith_start = search_start + pq::circuit::search_rows(statement.centroids);

    let records = assign_records(&mut sheet, FIRST_ROW, capacity, block, texts);
    let text_elements = assign_texts(&mut sheet, text_start, texts);

    let sums = sum_values(&sheet, &records);
    let mut arith = Arith::new(&mut sheet, arith_start, rows - 1);
    let normalise_rows: Vec<usize> = (0..VECTORS * 16).map(|_| arith.normalise_rows()).collect();
    let header = header(&mut arith, &block.header);
    let folded = fold(&mut arith, capacity, &records, &sums, &header);
    let code_book = pq::circuit::codebook(&mut arith, codebook);
    let parts = pq::circuit::normalise_all(&mut arith, &normalise_rows, &folded.folded, &code_book);
    let searches = pq::circuit::search(arith.sheet, search_start, codebook, &parts);
    let code = pq::circuit::code(&mut arith, &searches, &fingerprint.code, &code_book.bound);

    let mut committer = Committer::new(&mut arith, [salts.block, salts.fold, salts.pq].map(to_integer));
    let (size, centroids) = (statement.size, statement.centroids);
    let public = public::PublicInputs {
        statement: arith.constant(statement.number()).cell,
        block_commitment: committer.block(
            &mut arith,
            size,
            &header,
            &folded.counts,
            &records.elements,
            &text_elements,
        ),
        fold_commitment: committer.folded(&mut arith, &folded.folded),
        pq_commitment: committer.pq(&mut arith, &code.indices),
        codebook_root: committer.codebook(&mut arith, centroids, &code_book, &searches.elements),
        height: header.height.cell,
        timestamp: header.timestamp.cell,
        prev_state_root: header.roots[0].clone().map(|wire| wire.cell),
        new_state_root: header.roots[1].clone().map(|wire| wire.cell),
        tx_root: header.roots[2].clone().map(|wire| wire.cell),
        within_bound: code.within_mask.cell,
    };
    let arith_end = arith.used_to();
    public.rows().into_iter().for_each(|cell| sheet.expose(*cell));
    forbid_pads(&mut sheet);
    lookup::lay_out(&mut sheet);
    lookup::count(&mut sheet);
    let stage = |name, start, end: usize| Stage { name, start, rows: end - start };
    let stages = vec![
        stage("features: records", FIRST_ROW, text_start),
        stage("features: texts", text_start, search_start),
        stage("pq: searches", search_start, arith_start),
        stage("fold, pq, packing", arith_start, arith_end),
        stage("commit: sponge (beside the others)", 0, committer.rows()),
    ];
    (sheet, stages)
}

/// The running sums as integers: they stay far below p/2 in magnitude.
fn sum_values(sheet: &Sheet, records: &Records) -> Vec<[BigInt; crate::chips::record::ROWS]> {
    let signed = |cell: &Cell| {
        let value = sheet.read(*cell);
        let (plus, minus) = (to_integer(value), to_integer(-value));
        if plus <= minus { plus } else { -minus }
    };
    records.sums.iter().map(|cells| std::array::from_fn(|j| signed(&cells[j]))).collect()
}

impl Circuit<Fr> for Core {
    type Config = ChipSet;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Statement;

    fn without_witnesses(&self) -> Self {
        Self::blank(self.statement)
    }

    fn params(&self) -> Statement {
        self.statement
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> ChipSet {
        ChipSet::configure(meta)
    }

    fn synthesize(&self, chips: ChipSet, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let sheet = &self.sheet;
        layouter.assign_region(
            || "core",
            |mut region| {
                for (column, values) in chips.fixed.iter().zip(sheet.fixed()) {
                    for (row, value) in values.iter().enumerate().filter(|(_, value)| **value != Fr::zero()) {
                        region.assign_fixed(*column, row, *value);
                    }
                }
                for (selector, rows) in chips.selectors.iter().zip(sheet.enabled()) {
                    for (row, _) in rows.iter().enumerate().filter(|(_, on)| **on) {
                        selector.enable(&mut region, row)?;
                    }
                }
                for (column, values) in chips.advice.iter().zip(sheet.advice()) {
                    for (row, value) in values.iter().enumerate() {
                        region.assign_advice(*column, row, Value::known(*value));
                    }
                }
                let cell = |cell: Cell| halo2_proofs::circuit::Cell {
                    row_offset: cell.row,
                    column: chips.advice[cell.column].into(),
                };
                for (from, to) in sheet.copies() {
                    region.constrain_equal(cell(*from), cell(*to));
                }
                Ok(())
            },
        )?;
        for (row, cell) in sheet.instance().iter().enumerate() {
            let cell = halo2_proofs::circuit::Cell {
                row_offset: cell.row,
                column: chips.advice[cell.column].into(),
            };
            layouter.constrain_instance(cell, chips.instance, row);
        }
        layouter.next_phase();
        let [alpha, beta] = chips.challenges.map(|challenge| layouter.get_challenge(challenge));
        let columns = alpha.zip(beta).map(|(alpha, beta)| lookup::second_phase(sheet, alpha, beta));
        layouter.assign_region(
            || "look-ups",
            |mut region| {
                let columns = columns.clone().transpose_vec(chips.lookup.len());
                for (column, values) in chips.lookup.iter().zip(columns) {
                    let rows = values.transpose_vec(sheet.rows());
                    for (row, value) in rows.into_iter().enumerate() {
                        region.assign_advice(*column, row, value);
                    }
                }
                Ok(())
            },
        )
    }
}

/// Which rows each selector is on in, over all 2^k rows: what a verifying key needs besides its commitments.
pub fn selectors(statement: Statement) -> Vec<Vec<bool>> {
    let rows = 1 << statement.k();
    let core = Core::blank(statement);
    let extend = |rows_on: &Vec<bool>| {
        let mut on = rows_on.clone();
        on.resize(rows, false);
        on
    };
    core.sheet.enabled().iter().map(extend).collect()
}
