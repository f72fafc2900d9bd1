//! Statements about several blocks: the circuit of each is that of a block alone, none reaches into another, and what they share is
//! the same for all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod isolation;

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::assignment::{Assignment, Cell, Free, Lies, Role};
use foldproof_circuits::block::Block;
use foldproof_circuits::chips::search::CENTROID;
use foldproof_circuits::chips::{Gate, at, fixed_at, table};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::pipeline::EvaluateError;
use foldproof_circuits::public::{BLOCK_ROWS, SHARED_ROWS};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::commit::texts::SlotKind;
use foldproof_circuits::statement::{Centroids, Core, Size, Statement};
use foldproof_circuits::testing::samples::{codebook, toys, two_blocks};
use foldproof_circuits::testing::slots::{self, Slot};
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2_proofs::dev::MockProver;
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::Fr;

const TOY: Core = Core { size: Size::Toy, centroids: Centroids::K64 };

fn cell(column: usize, row: usize) -> Cell {
    Cell { column, row }
}

fn salts(count: usize) -> Vec<Salts> {
    (5..).map(Fr::from).map(Salts::from_secret).take(count).collect()
}

fn lay_out(blocks: &[Block]) -> Layout {
    let statement = Statement::of_blocks(TOY, blocks.len()).unwrap();
    let salts = salts(blocks.len());
    let blocks: Vec<_> = blocks.iter().zip(&salts).collect();
    Layout::of_blocks(&statement, &blocks, &codebook(2, 64)).unwrap().0
}

fn rows(layout: &Layout) -> Vec<Fr> {
    layout.instance().rows().into_iter().copied().collect()
}

/// First row of the second block: that of the first record there.
fn second(assignment: &Assignment) -> usize {
    let starts = |row: &usize| {
        let goes_on = assignment.fixed_at(fixed_at::K + 7, *row) == Fr::one();
        assignment.is_enabled(Gate::Record, *row)
            && !assignment.is_enabled(Gate::SameRecord, *row)
            && !goes_on
    };
    // Three classes each.
    (0..assignment.rows()).filter(starts).nth(3).unwrap()
}

/// Each block has the public inputs that a statement about it alone has, and one row for the codebook.
#[test]
fn the_circuit_computes_what_the_pipeline_does_for_each() {
    let (blocks, salts) = (toys(1, 3), salts(3));
    let statement = Statement::of_blocks(TOY, 3).unwrap();
    let given: Vec<_> = blocks.iter().zip(&salts).collect();
    let (layout, fingerprints) = Layout::of_blocks(&statement, &given, &codebook(2, 64)).unwrap();
    let alone = Statement::core(TOY.size, TOY.centroids);
    for (place, ((block, salts), fingerprint)) in given.iter().zip(&fingerprints).enumerate() {
        let (one, by_itself) =
            Layout::of_block(&alone, block, &codebook(2, 64), salts, foldproof_circuits::models::NONE)
                .unwrap();
        assert_eq!((one.instance().block(), &by_itself), (Some(&fingerprint.inputs), fingerprint));
        assert_eq!(layout.instance().blocks()[place], fingerprint.inputs);
    }
    let instance = rows(&layout);
    assert_eq!(instance.len(), SHARED_ROWS + 3 * BLOCK_ROWS);
    assert_eq!(instance[..2], [statement.element(), fingerprints[0].inputs.codebook_root]);
    let examiner = Examiner::new(&layout);
    assert_eq!(examiner.breaches(&layout).into_iter().collect::<Vec<_>>(), []);
    MockProver::run(statement.k(), &layout, vec![instance]).unwrap().assert_satisfied();
}

/// A proof has as many commitments and evaluations: the gates are the same, and so are the columns.
#[test]
fn columns_and_gates_are_those_of_a_block_alone() {
    let system = |name: &str| {
        let mut cs = ConstraintSystem::default();
        Layout::configure_with_params(&mut cs, Statement::from_name(name).unwrap());
        format!("{:?}", cs.pinned())
    };
    for (one, several) in [
        ("core-small-64", "core-small-64x8"),
        ("core-small-256", "core-small-256x8"),
        ("core-medium-64", "core-medium-64x4"),
    ] {
        assert!(system(one) == system(several), "{several}");
    }
}

/// Rows, permutations, and where everything stands are counted without a circuit: the layout asserts them.
#[test]
fn statements_about_several_blocks_can_be_laid_out() {
    for name in ["core-small-64x2", "core-small-64x8", "core-medium-64x2", "core-small-256x4"] {
        let statement = Statement::from_name(name).unwrap();
        let layout = Layout::blank(&statement);
        let last = layout.stages().iter().map(|stage| stage.start + stage.rows).max();
        assert!(last < Some(layout.assignment().rows()), "{name}");
        // No smaller circuit would do.
        assert!(last > Some(layout.assignment().rows() / 2), "{name}");
    }
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let (blank, sample) = (Layout::blank(&two_blocks()), lay_out(&toys(1, 2)));
    let (a, b) = (blank.assignment(), sample.assignment());
    assert!(a.fixed() == b.fixed() && a.enabled() == b.enabled(), "fixed cells and selectors");
    assert!(a.copies() == b.copies() && a.instance() == b.instance(), "copies and public inputs");
}

#[test]
fn other_numbers_of_blocks_are_refused() {
    let (blocks, salts) = (toys(1, 3), salts(3));
    let given: Vec<_> = blocks.iter().zip(&salts).collect();
    let of = |count: usize, given: &[(&Block, &Salts)]| {
        let statement = match count {
            1 => Statement::core(TOY.size, TOY.centroids),
            _ => Statement::of_blocks(TOY, count).unwrap(),
        };
        Layout::of_blocks(&statement, given, &codebook(2, 64)).map(|_| ()).unwrap_err()
    };
    assert_eq!(of(2, &given), LayoutError::Blocks { expected: 2, found: 3 });
    assert_eq!(of(3, &given[..2]), LayoutError::Blocks { expected: 3, found: 2 });
    assert_eq!(of(1, &given), LayoutError::Blocks { expected: 1, found: 3 });
    // Which of them is at fault.
    let empty = Block::default();
    let error = EvaluateError::NoRecords;
    let told = of(2, &[given[0], (&empty, &salts[1])]);
    assert_eq!(told, LayoutError::EvaluateOne { place: 1, error });
    assert!(told.to_string().starts_with("block 1: "), "{told}");
}

/// Everybody who tells another public input is refused, be it that of another block: the first rows hold them.
#[test]
fn every_public_input_is_constrained() {
    let layout = lay_out(&toys(1, 2));
    let instance = rows(&layout);
    assert_eq!(instance.len(), SHARED_ROWS + 2 * BLOCK_ROWS);
    let accepted = |instance: Vec<Fr>| {
        let rows = 0..instance.len();
        let prover = MockProver::run(two_blocks().k(), &layout, vec![instance]).unwrap();
        prover.verify_at_rows(rows.clone(), rows).is_ok()
    };
    assert!(accepted(instance.clone()));
    for row in [0, 1, 2, 13, 14, 25] {
        let mut other = instance.clone();
        other[row] += Fr::one();
        assert!(!accepted(other), "public input {row}");
    }
    let (shared, blocks) = instance.split_at(SHARED_ROWS);
    let (first, second) = blocks.split_at(BLOCK_ROWS);
    assert!(!accepted([shared, second, first].concat()), "the blocks in another order");
    assert!(!accepted([shared, first, first].concat()), "one block twice");
}

/// The claims of blocks in another order are those of another witness, block by block: no cell of one stands for another's.
#[test]
fn blocks_in_another_order_are_other_claims() {
    let blocks = toys(1, 2);
    let (honest, mut turned) = (lay_out(&blocks), blocks.clone());
    turned.reverse();
    // With the salts of their places.
    let turned = lay_out(&turned);
    let fields = |layout: &Layout| {
        layout
            .instance()
            .blocks()
            .iter()
            .map(|block| (block.height, block.tx_root, block.within_bound))
            .collect::<Vec<_>>()
    };
    let mut expected = fields(&honest);
    expected.reverse();
    assert_eq!(fields(&turned), expected);
    let commitments: BTreeSet<_> = [&honest, &turned]
        .iter()
        .flat_map(|layout| layout.instance().blocks().to_vec())
        .map(|block| block.block_commitment)
        .collect();
    assert_eq!(commitments.len(), 4, "salts are those of places");
    // What a cell is equal to is the same, whatever the blocks are.
    assert!(honest.assignment().copies() == turned.assignment().copies());
}

/// Copies across blocks are those of what is shared, and no others: centroids, normalisation, bound and statement.
#[test]
fn copies_between_blocks_are_those_of_the_codebook() {
    let layout = lay_out(&toys(1, 2));
    let assignment = layout.assignment();
    let border = second(assignment);
    let shared_rows = |cell: &Cell| cell.row < border;
    let crossing: Vec<_> = (assignment.copies().iter())
        .filter(|(from, to)| ![from.column, to.column].contains(&at::MESSAGE))
        // Those of public inputs come first.
        .filter(|(_, to)| to.row >= assignment.instance().len())
        .filter(|(from, to)| shared_rows(from) != shared_rows(to))
        .collect();
    let searched =
        crossing.iter().filter(|(from, _)| assignment.is_enabled(Gate::Distance, from.row)).count();
    assert_eq!(searched, 24 * 64 * 4, "centroids of every search");
    let roles: BTreeSet<Role> = crossing.iter().map(|(from, _)| assignment.role(*from)).collect();
    assert_eq!(roles, BTreeSet::from([Role::Derived, Role::Free(Free::Input)]));
    // Inverses and products with means in each of 96 normalisations, the bound in each of six comparisons.
    assert_eq!(crossing.len() - searched, 96 * 2 + 6);
    assert!(
        crossing.iter().all(|(from, to)| shared_rows(from) && !shared_rows(to)),
        "what comes later follows"
    );
}

/// Counts what links ask for, whichever block's row of the text table it is: index, kind and residues.
fn count_links(assignment: &mut Assignment) {
    let flagged = |assignment: &Assignment, flag: u64| -> Vec<usize> {
        (0..assignment.rows())
            .filter(|row| assignment.fixed_at(fixed_at::LINKS, *row) == Fr::from(flag))
            .collect()
    };
    let residues =
        |assignment: &Assignment, row: usize| [at::B, at::C].map(|column| assignment.read(cell(column, row)));
    let mut asked = BTreeMap::new();
    for row in flagged(assignment, fixed_at::LINK) {
        let (index, kind) = (assignment.read(cell(at::A, row)), assignment.fixed_at(fixed_at::KIND, row));
        *asked.entry((index, kind, residues(assignment, row))).or_insert(0_u64) += 1;
    }
    for row in flagged(assignment, fixed_at::TEXT) {
        let [index, kind] = [fixed_at::INDEX, fixed_at::KIND].map(|column| assignment.fixed_at(column, row));
        let count = asked.remove(&(index, kind, residues(assignment, row))).unwrap_or_default();
        assignment.write_int(at::A, row, count);
    }
}

/// A record of the second block that asks for the text of the first: index and residues are those of a row of the text table, of the
/// other block. Refused by the kind alone: were the kinds of both blocks the same, nobody would object.
#[test]
fn links_reach_no_text_of_another_block() {
    let forger = Forger::of_two_blocks();
    let honest = forger.honest();
    let (examiner, assignment) = (Examiner::new(honest), honest.assignment());
    let short = slots::slots(assignment).into_iter().filter(|slot| slot.kind == SlotKind::Short);
    let (upper, lower): (Vec<Slot>, Vec<Slot>) = short.partition(|slot| slot.block == 0);
    assert_eq!((upper.len(), lower.len()), (4, 4));
    let text = |slot: &Slot| -> Vec<_> {
        slot.symbols().into_iter().map(|cell| to_integer(assignment.read(cell))).collect()
    };
    // A text of the second block, and another one in the same place of the first: the link stays what it is.
    let differ = |(theirs, ours): &(&Slot, &Slot)| {
        theirs.index == ours.index
            && text(theirs) != text(ours)
            && !slots::links_to(assignment, **ours).is_empty()
    };
    let (theirs, ours) = upper.iter().zip(&lower).find(differ).unwrap();
    let row = slots::links_to(assignment, *ours)[0];
    let kind = assignment.fixed_at(fixed_at::KIND, row);
    let offset = to_integer(kind) % 4;
    // The residues of the kind asked for, at the first block's slot.
    let place = (theirs.first..theirs.first + theirs.kind.rows())
        .find(|place| {
            let flag = assignment.fixed_at(fixed_at::LINKS, *place);
            flag == Fr::from(fixed_at::TEXT)
                && to_integer(assignment.fixed_at(fixed_at::KIND, *place)) % 4 == offset
        })
        .unwrap();
    let lies: Lies = [at::B, at::C]
        .into_iter()
        .map(|column| (cell(column, row), to_integer(assignment.read(cell(column, place)))))
        .collect();
    let forged = forger.lie(lies);
    assert_eq!(examiner.refusals(&forged).into_iter().collect::<Vec<_>>(), [Killer::Link]);
    // With one kind for both blocks.
    let mut merged = forged.assignment().clone();
    for row in 0..merged.rows() {
        let kind = to_integer(merged.fixed_at(fixed_at::KIND, row)) % 4;
        merged.fix(fixed_at::KIND, row, kind);
    }
    count_links(&mut merged);
    let merged = forged.forged(merged);
    assert_eq!(Examiner::new(&merged).refusals(&merged).into_iter().collect::<Vec<_>>(), []);
}

/// Kinds of blocks are disjoint, and the three of a block stand in each of its records and slots.
#[test]
fn kinds_of_blocks_are_disjoint() {
    let layout = lay_out(&toys(1, 2));
    let assignment = layout.assignment();
    let border = second(assignment);
    let kinds = |flag: u64, rows: std::ops::Range<usize>| -> BTreeSet<u64> {
        let rows = rows.filter(|row| assignment.fixed_at(fixed_at::LINKS, *row) == Fr::from(flag));
        rows.map(|row| u64::try_from(to_integer(assignment.fixed_at(fixed_at::KIND, row))).unwrap()).collect()
    };
    for flag in [fixed_at::LINK, fixed_at::TEXT] {
        assert_eq!(kinds(flag, 0..border), BTreeSet::from([0, 1, 2]));
        assert_eq!(kinds(flag, border..assignment.rows()), BTreeSet::from([4, 5, 6]));
    }
}

/// A codebook of the second block's own: one centroid is another one, from the copy on.
#[test]
fn blocks_are_under_one_codebook() {
    let forger = Forger::of_two_blocks();
    let (examiner, assignment) = (Examiner::new(forger.honest()), forger.honest().assignment());
    let border = second(assignment);
    let row = (border..assignment.rows()).find(|row| assignment.is_enabled(Gate::Distance, *row)).unwrap();
    let copied = |cell: &Cell| assignment.role(*cell) == Role::Copied;
    assert!(CENTROID.into_iter().all(|column| copied(&cell(column, row))));
    let other = to_integer(assignment.read(cell(CENTROID[0], row))) + 1;
    let verdict = examiner.judge(&forger, Lies::from([(cell(CENTROID[0], row), other)]));
    assert!(verdict.killers.contains(&Killer::Copy), "{:?}", verdict.killers);
    // In the first search of all it is another codebook, of both blocks: both may be coded otherwise, and the root is another one.
    let row = (0..assignment.rows()).find(|row| assignment.is_enabled(Gate::Distance, *row)).unwrap();
    assert!(!copied(&cell(CENTROID[0], row)));
}

/// One count of the range table is for both blocks.
#[test]
fn limbs_of_all_blocks_are_counted_together() {
    let layout = lay_out(&toys(1, 2));
    let assignment = layout.assignment();
    let last = assignment.rows() - 1;
    let total: Fr = (0..last).map(|row| assignment.read(cell(at::COUNT, row))).sum();
    assert_eq!(total, Fr::from(8 * last as u64), "each limb of each row once");
    let border = second(assignment);
    // A limb of the second block, looked up once less.
    let row = (border..last)
        .find(|row| assignment.fixed_at(fixed_at::TAG, *row) == Fr::from(table::HEX_PAIR))
        .unwrap();
    let (tag, value) = (table::HEX_PAIR, assignment.read(cell(at::LIMB, row)));
    let entry = (0..last)
        .find(|row| {
            assignment.fixed_at(fixed_at::TABLE_TAG, *row) == Fr::from(tag)
                && assignment.fixed_at(fixed_at::TABLE_VALUE, *row) == value
        })
        .unwrap();
    let mut fewer = assignment.clone();
    fewer.write(at::COUNT, entry, assignment.read(cell(at::COUNT, entry)) - Fr::one());
    let refusals = Examiner::new(&layout).refusals(&layout.forged(fewer));
    assert_eq!(refusals.into_iter().collect::<Vec<_>>(), [Killer::LookUp]);
}
