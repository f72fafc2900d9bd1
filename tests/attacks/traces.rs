//! Altered traces: proved with the genuine proving key, presented as genuine.
//!
//! Whatever an attacker would do to make the rest fit is done: look-ups are counted anew, the second phase is computed
//! from the altered assignment, the public inputs are those the assignment exposes.

use std::collections::BTreeMap;

use foldproof_circuits::assignment::{Cell, Free, Lies, Role};
use foldproof_circuits::chips::{ADVICE_COLUMNS, Gate, at, lookup, second_at};
use foldproof_circuits::fixed::{to_integer, to_u64};
use foldproof_circuits::testing::samples::Dice;
use foldproof_circuits::testing::{Examiner, Killer, Place};
use foldproof_verifier::{Error, Scheme};
use halo2curves::bn256::Fr;
use halo2curves::ff::PrimeField;

use crate::exhibits::{ANALYTICS, BLOCK, BOTH, Exhibit, GRAPHS, VALUES, Witness, exhibit, named};
use crate::malicious::{Forgery, second_phase};
use crate::tally::{each, sample, seed};

/// A trace and what is wrong with it.
type Attack = (String, Forgery);

fn present_all(title: &str, exhibit: &Exhibit, attacks: Vec<Attack>) {
    let indices: Vec<usize> = (0..attacks.len()).collect();
    each(
        &format!("{title}: {}", exhibit.title()),
        &indices,
        |index| {
            let (what, forgery) = &attacks[*index];
            exhibit.present(forgery).map_err(|told| format!("{told}: {what}"))
        },
        // A cell that is exposed can make a claim that is none.
        |_, error| {
            let claim = matches!(error, Error::StatementRow { .. } | Error::ClaimRange { .. });
            claim || matches!(error, Error::ProofRejected | Error::Findings)
        },
    );
}

/// Every stage taken from another witness: everything is consistent on both sides of the stage's edges. Then either copies
/// do not hold there, or they are mended and gates do not.
fn grafts(exhibit: &Exhibit) -> Vec<Attack> {
    let other = Witness::new(&exhibit.statement, true).layout(&exhibit.statement);
    let mut attacks = Vec::new();
    let mut grafted = Forgery::of(&exhibit.layout);
    for stage in exhibit.layout.stages() {
        let mut alone = Forgery::of(&exhibit.layout);
        alone.graft(stage, &other);
        grafted.graft(stage, &other);
        for (what, forgery) in [("alone", alone), ("with all before it", grafted.clone())] {
            let mut mended = forgery.clone();
            mended.mend_copies();
            for (how, mut forgery) in [("copies torn", forgery), ("copies mended", mended)] {
                forgery.count();
                forgery.claim_exposed();
                // Nothing is altered where the two witnesses agree, or where all of the other is taken.
                let assignment = forgery.assignment.advice();
                if assignment != exhibit.layout.assignment().advice()
                    && assignment != other.assignment().advice()
                {
                    attacks.push((format!("{} of another witness, {what}, {how}", stage.name), forgery));
                }
            }
        }
    }
    attacks
}

/// For every kind of hint one lie, of one unit more or less, and all that follows from it: a wrong number in front, everything
/// behind it right.
fn lies(exhibit: &Exhibit) -> Vec<Attack> {
    let assignment = exhibit.layout.assignment();
    let cells = assignment.assigned();
    let kinds = Free::ALL.into_iter().filter(|kind| *kind != Free::Input);
    kinds
        .filter_map(|kind| {
            let free = |cell: &&Cell| assignment.role(**cell) == Role::Free(kind);
            let cell = cells.iter().filter(free).nth(1).or_else(|| cells.iter().find(free))?;
            let honest = to_integer(assignment.read(*cell));
            // Bits become the other bit, others one more.
            let lie = if honest == 1.into() { honest - 1 } else { honest + 1 };
            let layout = exhibit.witness.lying(&exhibit.statement, Lies::from([(*cell, lie)]));
            let mut forgery = Forgery::of(&layout);
            forgery.claim_exposed();
            Some((format!("a lie about {kind:?} and what follows"), forgery))
        })
        .collect()
}

/// For every gate, and every other way to be noticed, a change of one cell that is noticed in this way first.
fn single_cells(exhibit: &Exhibit) -> Vec<Attack> {
    let examiner = Examiner::new(&exhibit.layout);
    let places = examiner.places();
    let mut dice = Dice::new(seed());
    let mut found = BTreeMap::<String, Place>::new();
    // Copies for the public inputs are written over by what is exposed when it is claimed. Other claims than what is exposed are
    // under `claims`.
    let public: Vec<Place> =
        exhibit.layout.assignment().public().map(|(_, copy)| Place::First(copy)).collect();
    let mut ask = |place: Place| {
        if public.contains(&place) {
            return None;
        }
        let killer = examiner.killer(place, examiner.read(place) + Fr::one())?;
        let phase = if matches!(place, Place::First(_)) { "" } else { " (second phase)" };
        let gate = match killer {
            Killer::Gate(name) => name.split(" / ").next()?.to_owned(),
            other => other.to_string(),
        };
        found.entry(gate.clone() + phase).or_insert(place);
        Some(gate)
    };
    for _ in 0..1000 {
        ask(places[dice.roll(places.len() as u64) as usize]);
    }
    // Most gates are on in few rows: their cells are looked for there.
    let (assignment, honest) = (exhibit.layout.assignment(), Forgery::of(&exhibit.layout));
    for gate in Gate::ALL.iter().filter(|gate| assignment.bands().gate(**gate)) {
        let rows = honest.gate(*gate);
        for _ in 0..if rows.is_empty() { 0 } else { 60 } {
            let row = rows[dice.roll(rows.len() as u64) as usize];
            let column = dice.roll(ADVICE_COLUMNS as u64) as usize;
            let place = Place::First(Cell { column, row });
            if assignment.bands().advice(column)
                && examiner.is_read(place)
                && ask(place) == Some(format!("{gate:?}"))
            {
                break;
            }
        }
    }
    let attack = |(killer, place): (String, Place)| {
        let mut forgery = Forgery::of(&exhibit.layout);
        match place {
            Place::First(Cell { column, row }) => {
                forgery.add(column, row, Fr::one());
                if column != at::COUNT {
                    forgery.count();
                }
                forgery.claim_exposed();
            }
            Place::Second(Cell { column, row }) => forgery.second(move |assignment, challenges| {
                vec![(column, row, second_phase(assignment, challenges)[column][row] + Fr::one())]
            }),
        }
        (format!("{place:?} for {killer}"), forgery)
    };
    found.into_iter().map(attack).collect()
}

/// Public inputs that are not what the trace exposes.
fn claims(exhibit: &Exhibit) -> Vec<Attack> {
    // The statement's own row is compared before the proof is looked at.
    let change = |row: usize| {
        let mut forgery = Forgery::of(&exhibit.layout);
        // The lowest bit: that stays in every range.
        let value = forgery.rows[row];
        let odd = value.to_repr()[0] & 1 == 1;
        forgery.rows[row] = if odd { value - Fr::one() } else { value + Fr::one() };
        (format!("public input {row}"), forgery)
    };
    (1..exhibit.rows().len()).map(change).collect()
}

/// A limb beyond its range with another one that makes up for it, so that only the look-up can tell. The attacker may let
/// the sum of the look-ups end where it ends, or break off the sum, or hide the difference in a helper.
fn beyond_range(exhibit: &Exhibit) -> Vec<Attack> {
    let honest = Forgery::of(&exhibit.layout);
    let limb = at::LIMB;
    let (gate, carry) =
        if exhibit.statement.block().is_some() { (Gate::Range, 1 << 12) } else { (Gate::Value, 1 << 10) };
    let rows = honest.gate(gate);
    let row = *rows.iter().find(|row| honest.get(limb + 1, **row) != Fr::zero()).unwrap();
    let mut forged = honest;
    forged.add(limb, row, Fr::from(carry));
    if exhibit.statement.analytics().is_some() {
        // What the table has beside a limb that is no function's is that limb.
        forged.add(at::OUT[0], row, Fr::from(carry));
    }
    forged.add(limb + 1, row, -Fr::one());
    forged.count();
    let sum = lookup::columns(exhibit.statement.bands()) - 1;
    let last = forged.assignment.rows() - 1;
    let mut broken = forged.clone();
    broken.second(move |_, _| vec![(sum, last, Fr::zero())]);
    let mut hidden = forged.clone();
    hidden.second(move |assignment, challenges| {
        let columns = second_phase(assignment, challenges);
        let excess = columns[sum][last];
        let helper = (0, row, columns[0][row] - excess);
        let sums = (row + 1..=last).map(|row| (sum, row, columns[sum][row] - excess));
        [helper].into_iter().chain(sums).collect()
    });
    let mut miscounted = forged.clone();
    miscounted.add(at::COUNT, 0, Fr::one());
    [
        ("as is", forged),
        ("sum broken off", broken),
        ("hidden in a helper", hidden),
        ("one more count", miscounted),
    ]
    .map(|(what, forgery)| (format!("limb beyond its range, {what}"), forgery))
    .to_vec()
}

/// Sums of the second phase made to end where they must.
fn second_phase_sums(exhibit: &Exhibit) -> Vec<Attack> {
    let Some(layers) = exhibit.layout.stages().iter().find(|stage| stage.name == "models: layers") else {
        return Vec::new();
    };
    let first = lookup::columns(exhibit.statement.bands());
    let row = layers.start;
    let mut forged = Forgery::of(&exhibit.layout);
    let weights = *forged.gate(Gate::Weights).iter().find(|found| **found >= row).unwrap();
    // Another weight in range: the combination of the accumulators and the packing both tell.
    let limb = forged.get(at::LIMB, weights);
    forged.add(at::LIMB, weights, if limb == Fr::zero() { Fr::one() } else { -Fr::one() });
    forged.count();
    let edges = forged.gate(Gate::LayerEdge);
    let last = forged.assignment.rows() - 1;
    let neurons = first + second_at::NEURONS;
    let (packed, messages) = (first + second_at::PACKED, first + second_at::MESSAGES);
    let mut ended = forged.clone();
    ended.second(move |assignment, challenges| {
        let columns = second_phase(assignment, challenges);
        let edges = edges.iter().map(|row| (neurons, *row, Fr::zero()));
        edges.chain([(packed, last, columns[messages][last])]).collect()
    });
    let mut copied = forged.clone();
    copied.second(move |assignment, challenges| {
        let columns = second_phase(assignment, challenges);
        (0..=last).map(|row| (packed, row, columns[messages][row])).collect()
    });
    [("as is", forged), ("sums ended", ended), ("packing copied", copied)]
        .map(|(what, forgery)| (format!("another weight, {what}"), forgery))
        .to_vec()
}

/// A root or a height other than the one that is committed to, with its own limbs and as its own public input: everything is
/// consistent except the copies of that one cell.
fn one_cell_torn(exhibit: &Exhibit) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for row in 5..exhibit.rows().len().min(13) {
        let mut forgery = Forgery::of(&exhibit.layout);
        let cell = forgery.assignment.instance()[row];
        let ranged =
            [Gate::Range, Gate::RangeWide].iter().any(|gate| forgery.assignment.is_enabled(*gate, cell.row));
        assert!(ranged && cell.column == at::E);
        let up = to_u64(forgery.get(at::LIMB, cell.row)).is_some_and(|limb| limb < 7);
        let step = if up { Fr::one() } else { -Fr::one() };
        forgery.add(at::LIMB, cell.row, step);
        if exhibit.statement.analytics().is_some() {
            forgery.add(at::OUT[0], cell.row, step);
        }
        forgery.add(cell.column, cell.row, step);
        forgery.count();
        forgery.claim_exposed();
        let torn = forgery.torn();
        assert!(!torn.is_empty() && torn.iter().all(|(from, to)| *from == cell || *to == cell));
        attacks.push((format!("public input {row} is not what is committed to"), forgery));
    }
    attacks
}

fn attack(exhibit: &Exhibit, count: Option<usize>) {
    present_all("stages of another witness", exhibit, sample(grafts(exhibit), count));
    present_all("lies", exhibit, sample(lies(exhibit), count));
    present_all("one cell", exhibit, sample(single_cells(exhibit), count));
    present_all("claims", exhibit, sample(claims(exhibit), count));
    present_all("look-ups", exhibit, sample(beyond_range(exhibit), count));
    present_all("sums of the second phase", exhibit, sample(second_phase_sums(exhibit), count));
    if exhibit.statement.block().is_some() {
        present_all("all but one cell's copies", exhibit, sample(one_cell_torn(exhibit), count));
    }
}

#[test]
fn some_altered_traces() {
    named(&VALUES[..1]).iter().for_each(|exhibit| attack(exhibit, Some(1)));
    attack(&exhibit(&GRAPHS[0], Scheme::Kzg), Some(1));
    attack(&exhibit(BLOCK, Scheme::Kzg), Some(1));
    attack(&exhibit(ANALYTICS, Scheme::Kzg), Some(1));
}

#[test]
#[ignore = "minutes"]
fn all_altered_traces_about_values() {
    // The circuit is the same under all schemes.
    for name in VALUES.into_iter().chain(GRAPHS.iter().map(String::as_str)) {
        attack(&exhibit(name, Scheme::Kzg), None);
        attack(&exhibit(name, Scheme::Evm), Some(5));
        attack(&exhibit(name, Scheme::Transparent), Some(5));
    }
}

#[test]
#[ignore = "minutes"]
fn all_altered_traces_about_blocks() {
    attack(&exhibit(BLOCK, Scheme::Kzg), None);
    attack(&exhibit(BLOCK, Scheme::Evm), Some(2));
    attack(&exhibit(BLOCK, Scheme::Transparent), Some(2));
    attack(&exhibit(BOTH, Scheme::Kzg), Some(5));
    attack(&exhibit(BOTH, Scheme::Transparent), Some(1));
    attack(&exhibit(ANALYTICS, Scheme::Kzg), None);
    attack(&exhibit(ANALYTICS, Scheme::Transparent), Some(1));
}
