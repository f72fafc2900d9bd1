//! Consensus and scores over criteria told otherwise: hints that go together, and public inputs.

use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::at;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::public::SubjectInputs;
use foldproof_circuits::stages::consensus::{Consensus, Method, Threshold, Validators};
use foldproof_circuits::stages::criteria::{self, Score};
use foldproof_circuits::testing::samples::scores::{all, consensus, criteria};
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::testing::{Examiner, Forger};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

const PLACES: usize = 64;

/// Cells of one kind in the order in which they were made: all of these stand in one column.
fn in_order(forger: &Forger, kind: Free) -> Vec<Cell> {
    let mut cells = forger.free(kind);
    cells.sort_by_key(|cell| cell.row);
    assert!(cells.iter().all(|cell| cell.column == cells[0].column));
    cells
}

fn bits(set: impl Fn(usize) -> bool) -> Vec<bool> {
    (0..PLACES).map(set).collect()
}

/// Whether somebody objects to these bits in these cells.
fn refused(examiner: &Examiner<'_>, forger: &Forger, lists: &[(&[Cell], Vec<bool>)]) -> bool {
    let pairs = lists.iter().flat_map(|(cells, bits)| cells.iter().copied().zip(bits.iter().copied()));
    let lies: Lies = pairs.map(|(cell, bit)| (cell, BigInt::from(u8::from(bit)))).collect();
    !examiner.judge(forger, lies).killers.is_empty()
}

/// The order of all places, those without a validator last.
fn order(of: &[usize]) -> Vec<usize> {
    of.iter().copied().chain(of.len()..PLACES).collect()
}

/// Ten validators with equal scores beside the middle.
fn evidence() -> (Evidence, Consensus) {
    let rows = [4, 9, 4, 30, 7, 7, 1, 9, 12, 7].map(|score| (score * 1000, 5 + score % 4, 3));
    let evidence = consensus(&rows, Method::WeightedMedian, (2, 1));
    let Evidence::Consensus { validators, method, threshold } = &evidence else { panic!("a consensus") };
    let found = of(validators, *method, *threshold);
    (evidence, found)
}

fn of(validators: &Validators, method: Method, threshold: Threshold) -> Consensus {
    Consensus::new(validators, method, threshold)
}

/// Which keys are below, which is the lower and which the upper one: all of them changed together.
#[test]
fn no_other_keys_are_the_middle_ones() {
    let (evidence, found) = evidence();
    let forger = Forger::of_decision(evidence);
    let examiner = Examiner::new(forger.honest());
    let cells = in_order(&forger, Free::Order);
    let lists: Vec<&[Cell]> = cells.chunks(PLACES).collect();
    let [low, lower, upper, far_low, far_lower, far_upper, _] = lists[..] else { panic!("{}", lists.len()) };
    let both = [
        ([low, lower, upper], order(&found.order)),
        ([far_low, far_lower, far_upper], order(&found.deviation_order)),
    ];
    for ([low, lower, upper], order) in both {
        let honest = found.order.len() / 2;
        let told = |order: &[usize], count: usize| {
            let below = bits(|i| order[..count].contains(&i));
            let [one, next] = [order[count - 1], order[count]].map(|place| bits(|i| i == place));
            refused(&examiner, &forger, &[(low, below), (lower, one), (upper, next)])
        };
        assert!(!told(&order, honest));
        for count in (1..PLACES).filter(|count| *count != honest) {
            assert!(told(&order, count), "{count} of {PLACES} below");
        }
        // So many below, but others, in any order of some.
        for (a, b) in (0..12).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let mut other = order.clone();
            other.swap(a, b);
            let same =
                [0..honest - 1, honest + 1..PLACES].iter().any(|part| part.contains(&a) && part.contains(&b));
            assert_eq!(told(&other, honest), !same, "{a} for {b}");
        }
        // Two of the chosen, or none, and one key twice.
        let below = bits(|i| order[..honest].contains(&i));
        for (one, next) in [(honest - 1, honest - 1), (honest, honest), (honest, honest - 1), (0, honest)] {
            let [one, next] = [one, next].map(|place| bits(|i| i == order[place]));
            assert!(refused(&examiner, &forger, &[(low, below.clone()), (lower, one), (upper, next)]));
        }
        assert!(refused(&examiner, &forger, &[(lower, bits(|_| false))]));
        assert!(refused(
            &examiner,
            &forger,
            &[(upper, bits(|i| i == order[honest] || i == order[honest + 1]))]
        ));
    }
}

/// Of criteria and of validators: any other number of keys below, with the bits that fit. What follows from that is computed, so that nothing but the
/// sum of the bits objects.
#[test]
fn only_the_number_of_keys_below_says_which_are_in_the_middle() {
    let rows = [(-5, 0, 40, 7), (13, -3, 40, 2), (90, 50, 70, 5), (1, 0, 2, 1), (1, 0, 2, 1)];
    let of_criteria = criteria(&rows, criteria::Method::Ensemble);
    let Evidence::Criteria { criteria: list, method } = &of_criteria else { panic!("criteria") };
    let by_score = Score::new(list, *method).order;
    let (of_validators, found) = evidence();
    for (evidence, order, places, skipped) in [
        (of_criteria, by_score, rows.len(), 0),
        (of_validators.clone(), found.order, PLACES, 0),
        (of_validators, found.deviation_order, PLACES, 3),
    ] {
        let forger = Forger::of_decision(evidence);
        let examiner = Examiner::new(forger.honest());
        let cells = in_order(&forger, Free::Order);
        let lists: Vec<&[Cell]> = cells.chunks(places).skip(skipped).take(3).collect();
        let honest = order.len().div_ceil(2);
        for count in 1..order.len() {
            let bits = |set: &dyn Fn(usize) -> bool| (0..places).map(set).collect::<Vec<_>>();
            let told = [
                bits(&|i| order[..count].contains(&i)),
                bits(&|i| order[count - 1] == i),
                bits(&|i| order[count] == i),
            ];
            let lies: Lies = lists
                .iter()
                .zip(&told)
                .flat_map(|(cells, bits)| cells.iter().zip(bits))
                .map(|(cell, bit)| (*cell, BigInt::from(u8::from(*bit))))
                .collect();
            let breaches = examiner.breaches(&forger.lie(lies));
            assert_eq!(breaches.len(), usize::from(count != honest), "{count} of {places}: {breaches:?}");
        }
    }
}

/// Any other validator at whom half of the confidence would be reached, with bits that fit.
#[test]
fn half_is_reached_at_one_validator() {
    let (evidence, found) = evidence();
    let forger = Forger::of_decision(evidence);
    let examiner = Examiner::new(forger.honest());
    let cells = in_order(&forger, Free::Order);
    let signs = in_order(&forger, Free::NotNegative);
    let chosen = &cells[cells.len() - PLACES..];
    let up_to = &signs[signs.len() - PLACES..];
    let order = order(&found.order);
    let taken: Vec<usize> = (0..PLACES)
        .filter(|rank| {
            let at = bits(|i| i == order[*rank]);
            let before = bits(|i| order[..=*rank].contains(&i));
            !refused(&examiner, &forger, &[(chosen, at), (up_to, before)])
        })
        .collect();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let assignment = forger.honest().assignment();
    let honest = chosen.iter().position(|cell| assignment.read(*cell) == Fr::one());
    assert_eq!(Some(order[taken[0]]), honest);
}

/// Any of the methods, or none, or several whose numbers add up to the public one.
#[test]
fn methods_are_one() {
    // Of each place four numbers in front; behind them, of a consensus, both parts of its threshold.
    for (forger, (first, count)) in all().into_iter().zip([(256, 6), (256, 6), (24, 3), (4, 3)]) {
        let examiner = Examiner::new(forger.honest());
        let inputs = checked(&forger);
        let methods = &inputs[first..first + count];
        for set in 0..1_usize << count {
            let told: Lies = (0..).zip(methods).map(|(i, cell)| (*cell, (set >> i & 1).into())).collect();
            let verdict = examiner.judge(&forger, told);
            let taken = verdict.killers.is_empty();
            assert_eq!(taken, set.is_power_of_two(), "{set:b}: {:?}", verdict.killers);
            // Another method is another claim.
            assert!(!taken || verdict.public == verdict.changed, "{set:b}");
        }
    }
}

/// Of two methods whose numbers add up to that of one the values add up, too, and nothing but the number of methods objects.
#[test]
fn only_the_number_of_methods_says_that_there_is_one() {
    let rows = [4, 9, 4, 30, 7].map(|score| (score * 1000, 5 + score % 4, 3));
    let forger = Forger::of_decision(consensus(&rows, Method::Robust, (2, 1)));
    let examiner = Examiner::new(forger.honest());
    let median = checked(&forger)[256 + usize::from(Method::Median.number())];
    let lied = forger.lie(Lies::from([(median, 1.into())]));
    let outputs = |layout: &Layout| match &layout.instance().subject {
        SubjectInputs::Decision(inputs) => inputs.outputs.clone(),
        _ => panic!("a decision"),
    };
    let (honest, lie) = (outputs(forger.honest()), outputs(&lied));
    assert_eq!(honest[0], lie[0], "the method that is told");
    assert_ne!(honest[1], lie[1], "the value");
    let breaches = examiner.breaches(&lied);
    assert_eq!(breaches.len(), 1, "{breaches:?}");
}

/// What is committed to or public, but for salts, in the order in which it was made.
fn checked(forger: &Forger) -> Vec<Cell> {
    let mut cells = forger.free(Free::Input);
    cells.retain(|cell| cell.column == at::E);
    cells.sort_by_key(|cell| cell.row);
    cells
}

/// Numbers of the witness itself: with others something else is public, or somebody objects.
#[test]
fn numbers_are_committed_to_or_public() {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    for forger in all() {
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        let cells = forger.free(Free::Input);
        for _ in 0..24 {
            let cell = cells[dice.roll(cells.len() as u64) as usize];
            let honest = to_integer(assignment.read(cell));
            let others = [&honest + 1, 1 - &honest, BigInt::from(0), BigInt::from(1) << 79];
            for value in others.into_iter().filter(|value| to_field(value) != assignment.read(cell)) {
                let verdict = examiner.judge(&forger, Lies::from([(cell, value.clone())]));
                assert!(
                    verdict.public || !verdict.killers.is_empty(),
                    "{cell:?}: {value} for {honest}; FOLDPROOF_SEED={seed}"
                );
            }
        }
    }
}

/// A quotient, a root or a bit together with a few others: never without somebody who objects.
#[test]
fn hints_changed_together_are_noticed() {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    for forger in all() {
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        let kinds = [Free::Mean, Free::Root, Free::NotNegative, Free::Order];
        let cells: Vec<Cell> = kinds.into_iter().flat_map(|kind| forger.free(kind)).collect();
        for _ in 0..60 {
            let lies: Lies = (0..2 + dice.roll(3))
                .map(|_| {
                    let cell = cells[dice.roll(cells.len() as u64) as usize];
                    let honest = to_integer(assignment.read(cell));
                    let value =
                        if honest <= BigInt::from(1) { 1 - honest } else { honest + dice.roll(5) + 1 };
                    (cell, value)
                })
                .collect();
            let verdict = examiner.judge(&forger, lies.clone());
            assert!(!verdict.killers.is_empty(), "{lies:?}; FOLDPROOF_SEED={seed}");
        }
    }
}

#[test]
fn no_public_input_may_be_another() {
    for forger in all().into_iter().skip(1).step_by(2).chain(all().into_iter().take(1)) {
        let layout = forger.honest();
        let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
        let verdict = |rows: &[Fr]| {
            MockProver::run(layout.statement().k(), layout, vec![rows.to_vec()]).unwrap().verify()
        };
        assert_eq!(verdict(&rows), Ok(()));
        for row in 0..rows.len() {
            let mut other = rows.clone();
            other[row] += Fr::one();
            assert!(verdict(&other).is_err(), "{}: row {row}", layout.statement());
        }
    }
}
