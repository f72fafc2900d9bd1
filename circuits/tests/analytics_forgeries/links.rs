//! Links to rows of a code and to centroids that take what is another's: analytics of another witness below an honest block.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::Cell;
use foldproof_circuits::chips::{ADVICE_COLUMNS, Area, at, lookup};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::samples::block;
use foldproof_circuits::testing::{Examiner, Killer};
use num_bigint::BigInt;

use crate::scene::{Judge, Scene, at_zero, config, one_centre, spread};

/// The honest block of one scene, with the analytics of another, their commitments and what is public of them: who objects.
fn grafted(own: &Scene, other: &Scene) -> BTreeSet<Killer> {
    let (honest, foreign) = (own.forger.honest(), other.forger.honest());
    let mut assignment = honest.assignment().clone();
    let sponge = |layout: &Layout| {
        let stage = layout.stages().iter().find(|stage| stage.area == Area::Sponge).unwrap();
        stage.start + stage.rows
    };
    let (first, public) = (sponge(honest), 14);
    let bands = assignment.bands();
    for column in (0..ADVICE_COLUMNS).filter(|column| bands.advice(*column)) {
        let mut rows: Vec<usize> = match Area::of_advice(column) {
            Area::Shared => own.places.rows.clone().collect(),
            Area::Sponge => (first..assignment.rows()).collect(),
            Area::Lookup => Vec::new(),
        };
        if column == at::PUBLIC {
            rows.extend(public..assignment.instance().len());
        }
        for row in rows {
            assignment.write(column, row, foreign.assignment().read(Cell { column, row }));
        }
    }
    lookup::count(&mut assignment);
    assert!(assignment.advice() != honest.assignment().advice());
    let forged = honest.forged(assignment);
    Examiner::new(honest).refusals(&forged)
}

/// A control: an honest witness's own analytics are no graft.
#[test]
fn what_is_its_own_is_taken() {
    let scene = Scene::named(spread());
    let mut assignment = scene.forger.honest().assignment().clone();
    lookup::count(&mut assignment);
    let same = scene.forger.honest().forged(assignment);
    assert_eq!(Examiner::new(scene.forger.honest()).refusals(&same), BTreeSet::new());
}

/// The first centroid with its coordinates in another order: at the same distance from 0, hence of the same code and residuals.
#[test]
fn coordinates_are_those_of_the_subspace_the_half_and_the_place() {
    let centre = [[1 << 22, 3 << 22, 5 << 21, 1 << 23], [3 << 21, 0, 1, 1 << 20], [0; 4], [5 << 22; 4]];
    let own = Scene::named(one_centre(centre));
    let swapped = |a: usize, b: usize| {
        let mut centre = centre;
        centre[0].swap(a, b);
        centre
    };
    for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        let other = Scene::named(one_centre(swapped(a, b)));
        assert_eq!(own.code, other.code);
        // Tags of coordinates can be the same: what is told then is the same, too.
        if own.native(&config(&[])).findings != other.native(&config(&[])).findings {
            assert_eq!(grafted(&own, &other), BTreeSet::from([Killer::Link]), "{a} and {b}");
        }
    }
    // Two subspaces exchanged: squared distances of the parts are others, too.
    let mut exchanged = centre;
    exchanged.swap(0, 3);
    let killers = grafted(&own, &Scene::named(one_centre(exchanged)));
    assert!(killers.contains(&Killer::Link) && killers.contains(&Killer::Copy), "{killers:?}");
}

/// Another centroid's coordinates under the index of the nearest, at the same distance: one that is in the codebook, and one that is in
/// none.
#[test]
fn coordinates_are_those_of_the_index() {
    let near = [[10_500_000; 4]; 4];
    let mut mirrored = near;
    mirrored.iter_mut().flatten().for_each(|y| *y = -*y);
    let codebook = |first: [[i32; 4]; 4], second: [[i32; 4]; 4]| {
        let mut rows = vec![near; 64];
        (rows[0], rows[1]) = (first, second);
        Scene::named(at_zero(rows))
    };
    let own = codebook(near, mirrored);
    let mut one_sign = near;
    one_sign[1][3] = -near[1][3];
    let mut one_tag = near;
    one_tag[0][2] = -near[0][2];
    for (what, first) in
        [("the second", mirrored), ("one of none", one_tag), ("one of no other tags", one_sign)]
    {
        let other = codebook(first, mirrored);
        assert_eq!(own.code, other.code);
        assert_eq!(grafted(&own, &other), BTreeSet::from([Killer::Link]), "{what}");
    }
}

/// The analytics of another block under the same codebook: its code is another one.
#[test]
fn analytics_are_those_of_the_blocks_code() {
    let own = Scene::committed(spread());
    let other = (4..12).map(|seed| Scene::committed((block(seed, 3, 2, 1), spread().1)));
    let other = { other }.find(|scene| scene.code.indices != own.code.indices).unwrap();
    let killers = grafted(&own, &other);
    assert_eq!(killers, BTreeSet::from([Killer::Copy]), "indices and residuals are copied from the block");
}

/// A place that takes the indices of another row, under its own row's number, with all that follows from them.
#[test]
fn indices_at_a_place_are_those_of_its_row() {
    let scene = Scene::named(spread());
    let judge = Judge::new(&scene);
    let case = judge.case(&config(&[]));
    let (order, code) = (case.native.zones.order, &scene.code.indices);
    let mut tried = 0;
    for (place, cells) in scene.places.indices.iter().enumerate() {
        let row = scene.places.order[place].row;
        for other in (0..6).filter(|other| code[*other] != code[order[place]]) {
            let indices = code[other].map(BigInt::from);
            let pair = |low: usize| &indices[low] + &indices[low + 1] * 256;
            let mut lies: Vec<(Cell, BigInt)> = cells.iter().copied().zip(indices.iter().cloned()).collect();
            lies.extend([(at::B, 0), (at::C, 2)].map(|(column, low)| (Cell { column, row }, pair(low))));
            let (_, killers) = case.noticed("indices of another row", lies);
            assert!(killers.contains(&Killer::Link), "{killers:?}");
            tried += 1;
        }
        // The second index of a pair as 256 of the first.
        let own = code[order[place]];
        if own[1] > 0 {
            let lies =
                [(cells[0], BigInt::from(u16::from(own[0]) + 256)), (cells[1], BigInt::from(own[1] - 1))];
            case.noticed("another reading of a pair", lies);
        }
        // An index that no centroid has.
        let lies = [(cells[0], BigInt::from(64)), (cells[0], BigInt::from(200))];
        for lie in lies {
            case.noticed("an index beyond the codebook", [lie]);
        }
    }
    assert!(tried >= 6, "{tried}");
}
