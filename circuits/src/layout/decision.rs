//! Decisions on an assignment.

use halo2curves::bn256::Fr;

use super::{Layout, LayoutError, new_assignment};
use crate::assignment::Assignment;
use crate::chips::arith::Arith;
use crate::columns::{Area, SPONGE_ROWS, Stage};
use crate::evidence::{Evidence, Pending};
use crate::fixed::to_integer;
use crate::packing::FOLDED_BITS;
use crate::pipeline::EvaluateError;
use crate::public::{PublicInputs, SubjectInputs};
use crate::rows::{decision_permutations, decision_rows, first_row};
use crate::ruling::Ruling;
use crate::stages::choice::Kind;
use crate::stages::choice::circuit::{bandit, contextual, q_table, top};
use crate::stages::commit::circuit::Chains;
use crate::stages::consensus::circuit::consensus;
use crate::stages::criteria::circuit::criteria;
use crate::stages::mempool::TIME_BITS;
use crate::stages::mempool::circuit::{Given, mempool};
use crate::stages::signals::USUAL_BITS;
use crate::stages::signals::circuit::{departure, drift};
use crate::stages::simhash::circuit::nearest;
use crate::statement::{Statement, Subject};

impl Layout {
    /// Lays out the proof that what is decided follows from `evidence`, behind commitments with these salts, one each; that of a
    /// codebook is not read.
    ///
    /// # Errors
    /// If evidence or salts are not those of the statement.
    pub fn of_decision(
        statement: &Statement,
        evidence: &Evidence,
        salts: &[Fr],
    ) -> Result<Self, LayoutError> {
        Self::decision_on(new_assignment(statement), statement, evidence, salts)
    }

    pub(super) fn decision_on(
        mut assignment: Assignment,
        statement: &Statement,
        evidence: &Evidence,
        salts: &[Fr],
    ) -> Result<Self, LayoutError> {
        let decision = evidence.decision();
        if statement.subject() != Subject::Decision(decision) {
            let found = "evidence for another decision";
            return Err(LayoutError::Subject { expected: statement.name(), found });
        }
        let expected = decision.commitments().len();
        if salts.len() != expected {
            return Err(LayoutError::Salts { expected, found: salts.len() });
        }
        check(evidence)?;
        // Of a table of another kind, or a number out of its range, nothing is laid out.
        if Ruling::new(evidence).is_none() {
            let found = "evidence from which it does not follow";
            return Err(LayoutError::Subject { expected: statement.name(), found });
        }
        let (start, end) = (first_row(statement.rows()), assignment.rows() - 1);
        let mut arith = Arith::new(&mut assignment, start, end);
        let number = arith.constant(to_integer(statement.element()));
        let mut chains = Chains::new(&mut arith);
        let inputs = match evidence {
            Evidence::Bandit { table } => bandit(&mut arith, &mut chains, table, salts[0]),
            Evidence::Consensus { validators, method, threshold } => {
                consensus(&mut arith, &mut chains, validators, (*method, *threshold), salts[0])
            }
            Evidence::Criteria { criteria: list, method } => {
                criteria(&mut arith, &mut chains, list, *method, salts[0])
            }
            Evidence::Top { table, count } => {
                top(&mut arith, &mut chains, table, usize::from(*count), salts[0])
            }
            Evidence::QTable { table, state } => q_table(&mut arith, &mut chains, table, *state, salts[0]),
            Evidence::Contextual { table, features } => {
                contextual(&mut arith, &mut chains, table, features, salts[0])
            }
            Evidence::Nearest { values, codebook, index } => {
                nearest(&mut arith, &mut chains, values, codebook, index, [salts[0], salts[2]])
            }
            Evidence::Drift { fingerprints, distances } => {
                drift(&mut arith, &mut chains, fingerprints, *distances, salts)
            }
            Evidence::Departure { values, centres, usual, distances } => {
                let salts = [salts[0], salts[1]];
                departure(&mut arith, &mut chains, values, centres, *usual, *distances, salts)
            }
            Evidence::Mempool { size, now, before } => {
                let mask = now.tags();
                let before = before.as_ref().map(|before| given(before, salts[1]));
                mempool(&mut arith, &mut chains, *size, mask, given(now, salts[0]), before)
            }
        };
        let rows = arith.used_to() - start;
        let permutations = chains.permutations();
        assert_eq!(
            (rows, permutations),
            (decision_rows(decision), decision_permutations(decision)),
            "rows of {}",
            statement.name()
        );
        let public = PublicInputs {
            statement: number.cell,
            subject: SubjectInputs::Decision(inputs),
            analytics: None,
            models: Vec::new(),
        };
        public.rows().into_iter().for_each(|cell| assignment.expose(*cell));
        let stages = vec![
            Stage { name: "decision", area: Area::Shared, start, rows },
            Stage { name: "sponge", area: Area::Sponge, start: 0, rows: permutations * SPONGE_ROWS },
        ];
        Ok(Self::finish(statement.clone(), assignment, stages))
    }
}

/// Whether numbers are in the ranges that circuits have for them, where their types do not say so.
fn check(evidence: &Evidence) -> Result<(), LayoutError> {
    let narrow = |of, bits: u32, found: u64| {
        if found >> bits == 0 { Ok(()) } else { Err(LayoutError::Number { of, bits, found }) }
    };
    match evidence {
        Evidence::Nearest { values, .. } => check_values(&values[..]),
        Evidence::Drift { fingerprints, .. } => {
            fingerprints.iter().try_for_each(|values| check_values(values))
        }
        Evidence::Departure { values, usual, centres, .. } => {
            if centres.kind() != Kind::Centres {
                let expected = "about centres".to_owned();
                return Err(LayoutError::Subject { expected, found: "has a table of another kind" });
            }
            narrow("usual distance", USUAL_BITS, usual[0])?;
            narrow("usual deviation", USUAL_BITS, usual[1])?;
            check_values(&values[..])
        }
        Evidence::Mempool { size, now, before } => {
            std::iter::once(now).chain(before).try_for_each(|pending| {
                narrow("time", TIME_BITS, pending.time)?;
                let fits = size.check_records(&pending.block);
                fits.map_err(|oversize| LayoutError::Evaluate(EvaluateError::Oversize(oversize)))
            })
        }
        _ => Ok(()),
    }
}

/// Whether values of a fingerprint have 36 bits.
fn check_values(values: &[i64]) -> Result<(), LayoutError> {
    let half = 1 << (FOLDED_BITS - 1);
    match values.iter().enumerate().find(|(_, value)| !(-half..half).contains(*value)) {
        Some((index, found)) => Err(LayoutError::Value { index, found: *found }),
        None => Ok(()),
    }
}

fn given(pending: &Pending, salt: Fr) -> Given<'_> {
    Given { block: &pending.block, time: pending.time, salt }
}
