//! What the arguments rest on and no witness can change: fixed cells, selectors, copies.

use foldproof_circuits::assignment::Assignment;
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at};
use foldproof_circuits::fixed::to_u64;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::Head;
use foldproof_circuits::statement::Statement;
use halo2curves::bn256::Fr;

use crate::forge::{Forge, model};

const STATEMENTS: [&str; 11] = [
    "vector-1+class-1-1",
    "vector-7+tags-7-8-128-w12",
    "vector-8+class-8-256+tags-8-1",
    "vector-5+anomaly-5-3l-5-a8",
    "vector-20+tags-20-9-17l-3-w16-a8+anomaly-20-20+class-20-33+tags-20-25",
    "vector-1024+tags-1024-2",
    "fingerprint+tags-96-64-32-15",
    "core-small-64+tags-96-64-32-15",
    "core-small-64+anomaly-96-4-96-w12+class-96-3",
    "vector-12+values-12-6-20+tags-12-3+values-12-2",
    "core-small-64+values-96-10",
];

fn number(assignment: &Assignment, column: usize, row: usize) -> u64 {
    to_u64(assignment.fixed_at(column, row)).unwrap()
}

/// Rows and limbs that a gate reads, relative to its own.
fn limbs_read(gate: Gate) -> Vec<(i32, std::ops::Range<usize>)> {
    match gate {
        Gate::Value => vec![(0, 0..4)],
        Gate::Excess => vec![(-1, 4..8)],
        Gate::Input => vec![(-1, 0..6), (0, 0..8)],
        Gate::Neuron => vec![(-1, 2..8), (0, 0..7)],
        Gate::Plain | Gate::Tag => vec![(-1, 0..2)],
        Gate::Weights => vec![(0, 0..LIMBS)],
        Gate::ClassFirst | Gate::ClassRow => vec![(0, 0..3)],
        _ => Vec::new(),
    }
}

#[test]
fn streams_have_one_length_and_every_limb_that_is_read_has_a_range() {
    for name in STATEMENTS {
        let layout = Layout::blank(&Statement::from_name(name).unwrap());
        let assignment = layout.assignment();
        let rows = 0..assignment.rows();
        // Columns that are not there hold nothing.
        let count = |column: usize, flag: u64| {
            assignment.fixed()[column].iter().filter(|found| **found == Fr::from(flag)).count()
        };
        assert_eq!(
            LIMBS * count(fixed_at::RUN, 2) + count(fixed_at::ELEMENT, 2),
            count(fixed_at::STREAM, 1),
            "{name}: what the streams start from must cancel"
        );
        let tagged = |row: usize, limb: usize| number(assignment, fixed_at::TAG + limb, row) != 0;
        for row in rows.clone() {
            let packed = assignment.fixed_at(fixed_at::RUN, row) != Fr::zero();
            assert!(!packed || (0..LIMBS).all(|limb| tagged(row, limb)), "{name}: packed row {row}");
            for gate in Gate::ALL.iter().filter(|gate| layout.statement().bands().gate(**gate)) {
                if !assignment.is_enabled(*gate, row) {
                    continue;
                }
                for (rotation, mut limbs) in limbs_read(*gate) {
                    let read = row.checked_add_signed(rotation as isize).unwrap();
                    assert!(
                        read + 1 < assignment.rows(),
                        "{name}: {gate:?} reads row {read}, where nothing is looked up"
                    );
                    assert!(
                        limbs.all(|limb| tagged(read, limb)),
                        "{name}: {gate:?} in row {row} reads row {read}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_shape_does_not_depend_on_model_and_values() {
    for name in ["tags-3-9-5-w12", "class-4-3-7-a8", "anomaly-3-2l-3-w16", "values-3-5-4"] {
        let model = model(name, |l, i, j| (l + 3 * i) as i16 - j as i16);
        let head = model.shape().head();
        let values: Vec<i64> = (0..model.shape().inputs() as i64).map(|i| (i - 1) << 30).collect();
        let f = Forge::new(&[model], &values);
        let blank = Layout::blank(f.layout.statement());
        let (a, b) = (blank.assignment(), &f.assignment);
        assert!(a.fixed() == b.fixed(), "{name}: fixed cells");
        assert!(a.enabled() == b.enabled(), "{name}: selectors");
        assert!(a.copies() == b.copies(), "{name}: copies");
        assert!(a.instance() == b.instance(), "{name}: public inputs");
        // An error reads a copy of the normalised input.
        let copied =
            |row: &usize| b.copies().iter().any(|(_, to)| (to.column, to.row) == (at::MODEL_X, *row));
        assert!(head != Head::Anomaly || f.rows(Gate::Error).iter().all(copied));
    }
}
