//! Blocks on an assignment, one below the other, under one codebook.

use num_bigint::BigInt;

use crate::assignment::{Assignment, Cell};
use crate::block::Block;
use crate::chips::arith::{Arith, Wire};
use crate::chips::sponge::{self, Sponge};
use crate::codebook::Codebook;
use crate::columns::{Area, RECORD_ROWS, Stage};
use crate::fingerprint::VECTORS;
use crate::fixed::to_integer;
use crate::public::BlockInputs;
use crate::rows::{Turn, block_permutations, block_rows, record_rows, search_rows, text_rows};
use crate::slots::TEXT_KINDS;
use crate::stages::commit::Salts;
use crate::stages::commit::circuit::Committer;
use crate::stages::commit::texts::TextTable;
use crate::stages::features::circuit::{Records, assign_records, header};
use crate::stages::features::text_circuit::assign_texts;
use crate::stages::fold::circuit::fold;
use crate::stages::pq;
use crate::stages::pq::circuit::{CodeWires, CodebookWires};
use crate::statement::Core;

fn stage(name: &'static str, start: usize, end: usize) -> Stage {
    Stage { name, area: Area::Shared, start, rows: end - start }
}

/// What all blocks share: the first leaves it on the assignment.
pub(super) struct Shared {
    pub statement: Cell,
    codebook: CodebookWires,
    root: Cell,
    /// Row of the first searches.
    searches: usize,
}

/// Blocks down an assignment.
pub(super) struct BlockBand<'s> {
    assignment: &'s mut Assignment,
    core: Core,
    codebook: &'s Codebook,
    next: usize,
    sponge: Sponge,
    stages: Vec<Stage>,
    blocks: u64,
    shared: Option<Shared>,
}

/// What a block leaves on the assignment.
pub(super) struct BlockCells {
    pub inputs: BlockInputs<Cell>,
    pub folded: Vec<Wire>,
    pub code: CodeWires,
    /// Row of its first record, of its text table, and of its first search.
    pub records: usize,
    /// Likewise.
    pub texts: usize,
    /// Likewise.
    pub searches: usize,
    /// Number of its transactions.
    pub transactions: Wire,
}

impl<'s> BlockBand<'s> {
    /// From row `start` on.
    pub fn new(assignment: &'s mut Assignment, core: Core, codebook: &'s Codebook, start: usize) -> Self {
        let (sponge, stages) = (Sponge::default(), Vec::new());
        Self { assignment, core, codebook, next: start, sponge, stages, blocks: 0, shared: None }
    }

    /// What all blocks share, the next row, the sponge, and rows by stage.
    ///
    /// # Panics
    /// If there is no block.
    pub fn finish(self) -> (Shared, usize, Sponge, Vec<Stage>) {
        (self.shared.expect("a block"), self.next, self.sponge, self.stages)
    }

    /// Features, fold, PQ code, commitments: the same steps as [`crate::pipeline::evaluate_at`]. The first block has the number
    /// of the statement with it, and the codebook.
    pub fn lay_out(
        &mut self,
        statement: &BigInt,
        block: &Block,
        texts: &TextTable,
        salts: &Salts,
    ) -> BlockCells {
        let Core { size, centroids } = self.core;
        let (capacity, turn) = (size.capacity(), if self.blocks == 0 { Turn::First } else { Turn::Further });
        let (start, kinds, first_sponge) = (self.next, TEXT_KINDS * self.blocks, self.sponge.permutations());
        let text_start = start + record_rows(capacity);
        let search_start = text_start + text_rows(capacity);
        let arith_start = search_start + search_rows(centroids);
        let assignment = &mut *self.assignment;
        let end = assignment.rows() - 1;

        let records = assign_records(assignment, start, capacity, block, texts, kinds);
        let text_elements = assign_texts(assignment, text_start, texts, kinds);

        let sums = sum_values(assignment, &records);
        let mut arith = Arith::new(assignment, arith_start, end);
        let normalise_rows: Vec<usize> = (0..VECTORS * 16).map(|_| arith.normalise_rows()).collect();
        let header = header(&mut arith, &block.header);
        let folded = fold(&mut arith, capacity, &records, &sums, &header);
        let (code_book, origin) = match &self.shared {
            Some(shared) => (shared.codebook.clone(), shared.searches),
            None => (pq::circuit::codebook(&mut arith, self.codebook), search_start),
        };
        let parts = pq::circuit::normalise_all(arith.assignment, &normalise_rows, &folded.folded, &code_book);
        let searches = pq::circuit::search(arith.assignment, search_start, origin, self.codebook, &parts);
        let code = pq::circuit::code(&mut arith, &searches, &code_book.bound);

        let sponge = std::mem::take(&mut self.sponge);
        let salts = [salts.block, salts.fold, salts.pq].map(to_integer);
        let mut committer = Committer::new(&mut arith, sponge, salts);
        let statement = match &self.shared {
            Some(shared) => shared.statement,
            None => arith.constant(statement.clone()).cell,
        };
        let block_commitment =
            committer.block(&mut arith, size, &header, &folded.counts, &records.elements, &text_elements);
        let fold_commitment = committer.folded(&mut arith, &folded.folded);
        let pq_commitment = committer.pq(&mut arith, &code.indices);
        let root = match &self.shared {
            Some(shared) => shared.root,
            None => committer.codebook(&mut arith, centroids, &code_book, &searches.elements),
        };
        let inputs = BlockInputs {
            block_commitment,
            fold_commitment,
            pq_commitment,
            codebook_root: root,
            height: header.height.cell,
            timestamp: header.timestamp.cell,
            prev_state_root: header.roots[0].clone().map(|wire| wire.cell),
            new_state_root: header.roots[1].clone().map(|wire| wire.cell),
            tx_root: header.roots[2].clone().map(|wire| wire.cell),
            within_bound: code.within_mask.cell,
        };
        self.next = arith.used_to();
        self.sponge = committer.into_sponge();
        let permutations = self.sponge.permutations() - first_sponge;
        assert_eq!(
            (self.next - start, permutations),
            (block_rows(self.core, turn), block_permutations(self.core, turn)),
            "rows of a block"
        );
        self.stages.extend([
            stage("features: records", start, text_start),
            stage("features: texts", text_start, search_start),
            stage("pq: searches", search_start, arith_start),
            stage("fold, pq, packing", arith_start, self.next),
            Stage {
                name: "commit: sponge (beside the others)",
                area: Area::Sponge,
                start: first_sponge * sponge::ROWS,
                rows: permutations * sponge::ROWS,
            },
        ]);
        self.blocks += 1;
        self.shared.get_or_insert(Shared { statement, codebook: code_book, root, searches: origin });
        BlockCells {
            inputs,
            folded: folded.folded.into_iter().flatten().collect(),
            code,
            records: start,
            texts: text_start,
            searches: search_start,
            transactions: folded.counts[0].clone(),
        }
    }
}

/// The running sums as integers: they stay far below p/2 in magnitude.
fn sum_values(assignment: &Assignment, records: &Records) -> Vec<[BigInt; RECORD_ROWS]> {
    let signed = |cell: &Cell| {
        let value = assignment.read(*cell);
        let (plus, minus) = (to_integer(value), to_integer(-value));
        if plus <= minus { plus } else { -minus }
    };
    records.sums.iter().map(|cells| std::array::from_fn(|j| signed(&cells[j]))).collect()
}
