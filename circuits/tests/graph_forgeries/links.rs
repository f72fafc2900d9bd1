//! Links and tables that could be taken for each other.

use foldproof_circuits::assignment::{Cell, Role};
use foldproof_circuits::chips::table::RangeTable;
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at, lookup};
use foldproof_circuits::fixed::{to_field, to_u64};
use foldproof_circuits::testing::Killer;
use foldproof_circuits::testing::samples::graphs::{of_block, of_forests, of_operators};
use halo2curves::bn256::Fr;

use crate::{MATRIX, cell, one, refusals};

/// A link of one forest that takes what stands at its place in another table: of another kind, or of another model.
#[test]
fn a_link_takes_nothing_from_another_table() {
    for forger in [of_forests(&[10, 1, -4]), of_block()] {
        let assignment = forger.honest().assignment();
        let flagged = |flag: u64| {
            let rows = 0..assignment.rows();
            rows.filter(move |row| assignment.fixed_at(fixed_at::LINKS, *row) == Fr::from(flag))
                .collect::<Vec<_>>()
        };
        let kind = |row: usize| to_u64(assignment.fixed_at(fixed_at::KIND, row)).unwrap();
        let wires = |row: usize| [at::B, at::C].map(|column| assignment.read(cell(column, row)));
        let texts = flagged(fixed_at::TEXT);
        let mut links = flagged(fixed_at::LINK);
        links.retain(|row| kind(*row) >= 8);
        links.truncate(if assignment.bands().core { 2 } else { 14 });
        let mut tried = 0;
        for link in &links {
            let place = assignment.read(cell(at::A, *link));
            let mut kinds: Vec<u64> = Vec::new();
            for text in &texts {
                let there =
                    assignment.fixed_at(fixed_at::INDEX, *text) == place && kind(*text) != kind(*link);
                if !there || kinds.contains(&kind(*text)) || wires(*text) == wires(*link) {
                    continue;
                }
                kinds.push(kind(*text));
                let killers = refusals(&forger, |assignment| {
                    for (column, value) in [at::B, at::C].into_iter().zip(wires(*text)) {
                        assignment.write(column, *link, value);
                    }
                    lookup::count(assignment);
                });
                assert!(killers.contains(&Killer::Link), "row {link}, kind {}: {killers:?}", kind(*text));
                tried += 1;
            }
        }
        assert!(tried >= links.len(), "{tried} tables tried by {} links", links.len());
    }
}

/// Every limb that has a cell for what stands beside it, in blocks, values and graphs: neither the entry of another function nor the
/// limb itself will do where a function is asked for, and nothing but the limb where none is.
#[test]
fn what_stands_beside_a_limb_is_what_its_table_has_there() {
    for forger in [of_operators(12, &MATRIX), of_operators(13, &MATRIX), of_block()] {
        let assignment = forger.honest().assignment();
        let table = RangeTable::new(assignment.bands());
        let examiner = foldproof_circuits::testing::Examiner::new(forger.honest());
        let mut functions: Vec<u64> = table.rows().iter().map(|(tag, _)| *tag).collect();
        functions.retain(|tag| foldproof_circuits::chips::table::is_function(*tag));
        functions.dedup();
        assert!(!functions.is_empty());
        let mut tried = [0; 2];
        for limb in (0..LIMBS).filter(|limb| lookup::out_of(assignment.bands(), *limb).is_some()) {
            let half = lookup::out_of(assignment.bands(), limb).unwrap();
            for row in 0..assignment.rows() - 1 {
                let (place, out) = (cell(at::LIMB + limb, row), cell(at::OUT[half], row));
                if assignment.role(place) == Role::Blank {
                    continue;
                }
                let value = assignment.read(place);
                let tag = to_u64(assignment.fixed_at(fixed_at::TAG + limb, row)).unwrap();
                let mut others: Vec<Fr> = functions
                    .iter()
                    .filter_map(|other| table.find(*other, to_u64(value)?))
                    .map(|found| to_field(&table.out(found)))
                    .chain([value, value + one()])
                    .collect();
                others.retain(|other| *other != assignment.read(out));
                // In a block all rows are alike: some of them.
                if assignment.bands().core && row % 50 != 0 && !functions.contains(&tag) {
                    continue;
                }
                for other in others {
                    let place = foldproof_circuits::testing::Place::First(Cell { ..out });
                    assert!(examiner.killer(place, other).is_some(), "row {row}, limb {limb}: {other:?}");
                    tried[usize::from(functions.contains(&tag))] += 1;
                }
            }
        }
        println!("{}: {tried:?} entries told beside plain limbs and inputs", forger.honest().statement());
        assert!(tried.iter().all(|count| *count > 2));
        let tagged = |row: &usize| assignment.is_enabled(Gate::GraphPositions, *row);
        assert!((0..assignment.rows()).any(|row| tagged(&row)));
    }
}
