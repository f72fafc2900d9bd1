//! What must be accepted: other witnesses of the same statement.

use foldproof_circuits::assignment::{Assignment, Lies, Role};
use foldproof_circuits::block::Transaction;
use foldproof_circuits::chips::sponge::ROWS;
use foldproof_circuits::chips::table::LIMB;
use foldproof_circuits::chips::{LIMBS, at, fixed_at};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::commit::texts::SlotKind;
use foldproof_circuits::testing::samples::{Numbers, block, codebook, model, model_layout, shape, values};
use foldproof_circuits::testing::slots::{put, relink, slots, used};
use foldproof_circuits::testing::{Examiner, Forger, mock_breaches};
use halo2curves::bn256::Fr;

use crate::{CORE, altered, cell, of_block, texts};

fn accepted(examiner: &Examiner<'_>, layout: &Layout, what: &str) {
    let refusals = examiner.refusals(layout);
    assert!(refusals.is_empty(), "{what}: {refusals:?}");
}

/// Other blocks, codebooks and salts, asked one layout's examiner.
#[test]
fn another_block_codebook_or_salt_is_accepted() {
    let honest = of_block(block(1, 30, 20, 3));
    let examiner = Examiner::new(honest.honest());
    let lay_out = |block, codebook, secret: u64| {
        Layout::of_block(&CORE, &block, &codebook, &Salts::from_secret(Fr::from(secret)), NONE).unwrap().0
    };
    let mut more = block(1, 30, 20, 3);
    more.transactions.extend([Transaction::default(), Transaction::default()]);
    let more = lay_out(more, codebook(2, 64), 5);
    accepted(&examiner, &more, "two more empty transactions");
    assert!(mock_breaches(&more).is_empty());
    accepted(&examiner, &lay_out(block(1, 30, 20, 3), codebook(2, 64), 6), "other salts");
    accepted(&examiner, &lay_out(block(1, 30, 20, 3), codebook(3, 64), 5), "another codebook");
    accepted(&examiner, &lay_out(block(8, 0, 3, 1), codebook(4, 64), 7), "another block");
}

#[test]
fn other_weights_and_values_are_accepted() {
    for name in ["tags-3-2", "tags-2-9l-3-w16", "anomaly-2-3-2-w12", "class-3-4l-3-a8", "values-3-4-2-w12"] {
        let lay_out = |seed: u64, numbers| {
            let model = model(shape(name), seed, numbers);
            model_layout(std::slice::from_ref(&model), &values(model.shape().inputs(), seed + 1, numbers))
        };
        let honest = lay_out(1, Numbers::Random);
        let examiner = Examiner::new(&honest);
        for (seed, numbers) in [(2, Numbers::Random), (3, Numbers::Least), (4, Numbers::Greatest)] {
            let other = lay_out(seed, numbers);
            accepted(&examiner, &other, name);
            assert!(mock_breaches(&other).is_empty(), "{name}");
        }
    }
}

/// Ways to place the same texts.
fn placements(assignment: &Assignment) -> Vec<(&'static str, Lies)> {
    let mut all = Vec::new();
    for kind in [SlotKind::Address, SlotKind::Short] {
        let (full, free) = (used(assignment, kind, true), used(assignment, kind, false));
        let [one, other] = [full[0], full[1]];
        let swapped = [
            put(assignment, one, other),
            put(assignment, other, one),
            relink(assignment, one, other, |_| true),
            relink(assignment, other, one, |_| true),
        ];
        all.push(("two slots swapped", swapped.into_iter().flatten().collect()));
        let twice = [put(assignment, one, free[0]), relink(assignment, one, free[0], |i| i % 2 == 1)];
        all.push(("a text in two slots", twice.into_iter().flatten().collect()));
        all.push(("a text that nothing links to", put(assignment, other, free[1])));
    }
    // The bytes of a short text at the end of a long slot.
    let (short, long) =
        (used(assignment, SlotKind::Short, true)[0], used(assignment, SlotKind::Long, false)[0]);
    let empty = slots(assignment)[0];
    let mut lies = relink(assignment, short, long, |_| true);
    let end = (short.kind.full_rows(), long.kind.full_rows());
    let moved = put(assignment, short, short).into_iter().filter(|(from, _)| from.row < short.first + end.0);
    lies.extend(moved.map(|(from, value)| {
        (cell(from.column, from.row - short.first + long.first + end.1 - end.0), value)
    }));
    all.push(("a short text in a long slot", lies));
    all.push(("what is linked to is the empty text twice", {
        let free = used(assignment, SlotKind::Short, false)[0];
        relink(assignment, empty, free, |i| i % 3 == 0)
    }));
    all
}

#[test]
fn other_placements_of_texts_are_accepted() {
    let forger = of_block(texts());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    for (what, lies) in placements(assignment) {
        let verdict = examiner.judge(&forger, lies);
        assert!(verdict.changed && verdict.killers.is_empty(), "{what}: {:?}", verdict.killers);
    }
    // All that does not get in each other's way at once, asked both.
    let placements = placements(assignment);
    let lies: Lies = [&placements[0], &placements[2], &placements[3]]
        .map(|(_, lies)| lies.clone())
        .into_iter()
        .flatten()
        .collect();
    let forged = forger.lie(lies);
    accepted(&examiner, &forged, "placements");
    assert!(mock_breaches(&forged).is_empty());
}

/// What `docs/security.md` lists as free, filled with something else.
fn filled(forger: &Forger) -> Layout {
    let assignment = forger.honest().assignment();
    let permutations = (0..assignment.rows())
        .filter(|row| {
            use foldproof_circuits::chips::Gate;
            assignment.is_enabled(Gate::SpongeStart, *row) || assignment.is_enabled(Gate::SpongeChain, *row)
        })
        .count();
    let last = assignment.rows() - 1;
    let forged = altered(forger.honest(), |assignment| {
        for permutation in 0..permutations {
            for row in (7..ROWS - 1).map(|row| permutation * ROWS + row) {
                assignment.write(at::MESSAGE, row, -Fr::from(row as u64));
            }
        }
        for row in permutations * ROWS + 8..last {
            for i in 0..4 {
                assignment.write(at::SBOX + i, row, Fr::from(row as u64));
                assignment.write(at::SQUARE + i, row, Fr::from(row as u64).square());
            }
        }
        let free = |assignment: &Assignment, row: usize, i: usize| {
            assignment.role(cell(at::LIMB + i, row)) == Role::Blank
                && assignment.fixed_at(fixed_at::TAG + i, row) == Fr::from(LIMB)
        };
        if assignment.bands().core {
            for (row, i) in (0..last).flat_map(|row| (0..LIMBS).map(move |i| (row, i))) {
                if free(assignment, row, i) {
                    assignment.write(at::LIMB + i, row, Fr::from((row * 31 + i) as u64 & 4095));
                }
            }
        }
    });
    // (0, 0) stands in the table's first row and in all below it.
    let mut assignment = forged.assignment().clone();
    let first = assignment.read(cell(at::COUNT, 0));
    assignment.write(at::COUNT, 0, first - Fr::from(5));
    assignment.write(at::COUNT, last - 1, Fr::from(5));
    forged.forged(assignment)
}

#[test]
fn free_cells_are_free() {
    let mut forgers = crate::models();
    forgers.push(of_block(block(1, 30, 20, 3)));
    for forger in forgers {
        let examiner = Examiner::new(forger.honest());
        let forged = filled(&forger);
        accepted(&examiner, &forged, "filler");
        assert!(mock_breaches(&forged).is_empty(), "{}", forged.statement());
    }
}
