//! Several blocks in one proof: each stands for itself, under one codebook, in its place.

use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::chips::{Area, Gate, at, fixed_at};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::Stage;
use foldproof_circuits::public::{BLOCK_ROWS, SHARED_ROWS};
use foldproof_circuits::testing::slots;
use foldproof_verifier::{Error, Scheme};
use halo2curves::bn256::Fr;

use crate::exhibits::{Exhibit, TOGETHER, Witness, exhibit, named};
use crate::malicious::Forgery;
use crate::tally::{each, refused, sample};

/// What is done, and a trace of it with all that follows.
type Attack = (String, Forgery);

/// The public inputs of an honest proof as those of other blocks, or of the same in other places.
fn claims(exhibit: &Exhibit) -> Vec<(String, Vec<Fr>)> {
    let rows = exhibit.rows();
    let (shared, blocks) = rows.split_at(SHARED_ROWS);
    let [first, second] = [0, 1].map(|place| blocks[place * BLOCK_ROWS..][..BLOCK_ROWS].to_vec());
    let of = |first: &[Fr], second: &[Fr]| [shared, first, second].concat();
    let mut claims = vec![
        ("in the other order".to_owned(), of(&second, &first)),
        ("the first twice".to_owned(), of(&first, &first)),
        ("the second twice".to_owned(), of(&second, &second)),
    ];
    for row in 0..BLOCK_ROWS {
        let mut mixed = [first.clone(), second.clone()];
        mixed[1][row] = first[row];
        claims.push((format!("row {row} of the second is the first's"), of(&mixed[0], &mixed[1])));
        mixed[0][row] = second[row];
        claims.push((format!("row {row} swapped"), of(&mixed[0], &mixed[1])));
    }
    claims.retain(|(_, claimed)| *claimed != rows);
    claims
}

/// Each stage of the second block from another witness, where that has others, with copies as they are or mended.
fn grafts(exhibit: &Exhibit, count: Option<usize>) -> Vec<Attack> {
    let other = Witness::new(&exhibit.statement, true).layout(&exhibit.statement);
    let [own, theirs] = [&exhibit.layout, &other].map(|layout| layout.assignment().advice());
    let stages = exhibit.layout.stages();
    let differs = |stage: &&Stage| {
        let rows = stage.start..stage.start + stage.rows;
        let columns = own.iter().zip(theirs).enumerate();
        let mut columns = columns.filter(|(column, _)| Area::of_advice(*column) == stage.area);
        columns.any(|(_, (own, theirs))| own.get(rows.clone()) != theirs.get(rows.clone()))
    };
    // Those of the first block stand in front, under the same names.
    let second =
        stages.iter().enumerate().filter(|(i, stage)| stages[..*i].iter().any(|s| s.name == stage.name));
    let second = second.map(|(_, stage)| stage).filter(differs);
    let cases: Vec<(&Stage, bool)> = second.flat_map(|stage| [(stage, false), (stage, true)]).collect();
    assert!(cases.len() >= 6, "records, fold and sponge differ, {} cases", cases.len());
    let graft = |(stage, mended): (&Stage, bool)| {
        let mut forgery = Forgery::of(&exhibit.layout);
        forgery.graft(stage, &other);
        if mended {
            forgery.mend_copies();
        }
        forgery.count();
        forgery.claim_exposed();
        (format!("{} of another witness, copies mended: {mended}", stage.name), forgery)
    };
    sample(cases, count).into_iter().map(graft).collect()
}

/// What one block could take from the other.
fn reaches(exhibit: &Exhibit) -> Vec<Attack> {
    let assignment = exhibit.layout.assignment();
    let read = |column, row| to_integer(assignment.read(Cell { column, row }));
    let starts: Vec<usize> =
        exhibit.layout.stages().iter().filter(|s| s.name == "features: records").map(|s| s.start).collect();
    let [_, border] = starts[..] else { panic!("two blocks") };
    // Sums of the second block go on from those of the first.
    let taken = (0..border).rev().find(|row| assignment.is_enabled(Gate::Take, *row)).unwrap() - 6;
    let sums: Lies = (0..7)
        .map(|j| {
            (Cell { column: at::SUM, row: border + j }, read(at::SUM, border + j) + read(at::A, taken + j))
        })
        .collect();
    // A link to the text that has the same index in the first block.
    let linked = slots::links(assignment).into_iter().filter(|(row, _)| *row > border);
    let texts: Lies = linked
        .filter_map(|(row, index)| {
            let kind = to_integer(assignment.fixed_at(fixed_at::KIND, row)) - 4;
            let theirs = (0..border).find(|theirs| {
                let is = |column, value: &num_bigint::BigInt| {
                    to_integer(assignment.fixed_at(column, *theirs)) == *value
                };
                is(fixed_at::LINKS, &fixed_at::TEXT.into())
                    && is(fixed_at::INDEX, &index.into())
                    && is(fixed_at::KIND, &kind)
            })?;
            let differs = [at::B, at::C].iter().any(|column| read(*column, row) != read(*column, theirs));
            differs.then(|| [at::B, at::C].map(|column| (Cell { column, row }, read(column, theirs))))
        })
        .next()
        .unwrap()
        .into_iter()
        .collect();
    // A codebook of the second block's own, by one coordinate.
    let row = (border..assignment.rows()).find(|row| assignment.is_enabled(Gate::Distance, *row)).unwrap();
    let centroid = Lies::from([(Cell { column: at::A, row }, read(at::A, row) + 1)]);
    [("sums of the block above", sums), ("a text of another block", texts), ("another codebook", centroid)]
        .map(|(what, lies)| {
            let mut forgery = Forgery::of(&exhibit.witness.lying(&exhibit.statement, lies));
            assert!(forgery.assignment.advice() != assignment.advice(), "{what}");
            forgery.claim_exposed();
            (what.to_owned(), forgery)
        })
        .to_vec()
}

fn attack(exhibit: &Exhibit, of_each: Option<usize>) {
    let claims = claims(exhibit);
    each(
        &format!("claims of other blocks: {}", exhibit.title()),
        &claims,
        |(_, rows)| {
            let bundle = exhibit.bundle(rows.clone(), exhibit.bundle.proof().to_vec());
            refused(|| exhibit.check(&bundle))
        },
        |(_, rows), error| match error {
            Error::BlockRepeated { first: 0, second: 1 } => {
                rows[SHARED_ROWS] == rows[SHARED_ROWS + BLOCK_ROWS]
            }
            error => *error == Error::ProofRejected,
        },
    );
    let attacks = [sample(reaches(exhibit), of_each), grafts(exhibit, of_each)].concat();
    each(
        &format!("traces of several blocks: {}", exhibit.title()),
        &(0..attacks.len()).collect::<Vec<_>>(),
        |index| {
            let (what, forgery) = &attacks[*index];
            exhibit.present(forgery).map_err(|told| format!("{told}: {what}"))
        },
        |_, error| matches!(error, Error::ProofRejected | Error::InBlock { .. }),
    );
}

#[test]
fn blocks_of_a_proof_stand_for_themselves() {
    attack(&exhibit(TOGETHER, Scheme::Kzg), Some(1));
}

#[test]
#[ignore = "a minute"]
fn blocks_of_a_proof_stand_for_themselves_all() {
    named(&[TOGETHER]).iter().for_each(|exhibit| attack(exhibit, None));
}
