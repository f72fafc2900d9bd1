//! A block on a sheet.

use num_bigint::BigInt;

use crate::block::Block;
use crate::chips::arith::{Arith, Wire};
use crate::chips::sponge::{self, Sponge};
use crate::codebook::Codebook;
use crate::columns::{Area, RECORD_ROWS, Stage};
use crate::fingerprint::VECTORS;
use crate::fixed::to_integer;
use crate::public::BlockInputs;
use crate::rows::{FIRST_RECORD, block_permutations, block_rows, record_rows, search_rows, text_rows};
use crate::sheet::{Cell, Sheet};
use crate::stages::commit::Salts;
use crate::stages::commit::circuit::Committer;
use crate::stages::commit::texts::TextTable;
use crate::stages::features::circuit::{Records, assign_records, header};
use crate::stages::features::text_circuit::assign_texts;
use crate::stages::fold::circuit::fold;
use crate::stages::pq;
use crate::statement::Core;

fn stage(name: &'static str, start: usize, end: usize) -> Stage {
    Stage { name, area: Area::Shared, start, rows: end - start }
}

/// What a block leaves on the sheet.
pub(super) struct BlockCells {
    pub inputs: BlockInputs<Cell>,
    pub statement: Cell,
    pub folded: Vec<Wire>,
    pub stages: Vec<Stage>,
    pub sponge: Sponge,
}

/// Features, fold, PQ code, commitments: the same steps as [`crate::pipeline::evaluate_at`].
pub(super) fn lay_out_block(
    sheet: &mut Sheet,
    core: Core,
    statement: &BigInt,
    block: &Block,
    texts: &TextTable,
    codebook: &Codebook,
    salts: &Salts,
) -> BlockCells {
    let Core { size, centroids } = core;
    let capacity = size.capacity();
    let rows = sheet.rows();
    let text_start = FIRST_RECORD + record_rows(capacity);
    let search_start = text_start + text_rows(capacity);
    let arith_start = search_start + search_rows(centroids);

    let records = assign_records(sheet, FIRST_RECORD, capacity, block, texts);
    let text_elements = assign_texts(sheet, text_start, texts);

    let sums = sum_values(sheet, &records);
    let mut arith = Arith::new(sheet, arith_start, rows - 1);
    let normalise_rows: Vec<usize> = (0..VECTORS * 16).map(|_| arith.normalise_rows()).collect();
    let header = header(&mut arith, &block.header);
    let folded = fold(&mut arith, capacity, &records, &sums, &header);
    let code_book = pq::circuit::codebook(&mut arith, codebook);
    let parts = pq::circuit::normalise_all(&mut arith, &normalise_rows, &folded.folded, &code_book);
    let searches = pq::circuit::search(arith.sheet, search_start, codebook, &parts);
    let code = pq::circuit::code(&mut arith, &searches, &code_book.bound);

    let mut committer = Committer::new(&mut arith, [salts.block, salts.fold, salts.pq].map(to_integer));
    let statement = arith.constant(statement.clone()).cell;
    let inputs = BlockInputs {
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
    assert_eq!(
        (arith_end, committer.rows()),
        (block_rows(core), block_permutations(core) * sponge::ROWS),
        "rows of a block"
    );
    let stages = vec![
        stage("features: records", FIRST_RECORD, text_start),
        stage("features: texts", text_start, search_start),
        stage("pq: searches", search_start, arith_start),
        stage("fold, pq, packing", arith_start, arith_end),
        Stage {
            name: "commit: sponge (beside the others)",
            area: Area::Sponge,
            start: 0,
            rows: committer.rows(),
        },
    ];
    let folded = folded.folded.into_iter().flatten().collect();
    BlockCells { inputs, statement, folded, stages, sponge: committer.into_sponge() }
}

/// The running sums as integers: they stay far below p/2 in magnitude.
fn sum_values(sheet: &Sheet, records: &Records) -> Vec<[BigInt; RECORD_ROWS]> {
    let signed = |cell: &Cell| {
        let value = sheet.read(*cell);
        let (plus, minus) = (to_integer(value), to_integer(-value));
        if plus <= minus { plus } else { -minus }
    };
    records.sums.iter().map(|cells| std::array::from_fn(|j| signed(&cells[j]))).collect()
}
