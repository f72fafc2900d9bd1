//! Decisions on a sheet.

use halo2curves::bn256::Fr;

use super::{Layout, LayoutError, new_sheet};
use crate::chips::arith::Arith;
use crate::columns::{Area, SPONGE_ROWS, Stage};
use crate::evidence::Evidence;
use crate::fixed::to_integer;
use crate::public::{PublicInputs, SubjectInputs};
use crate::rows::{decision_permutations, decision_rows, first_row};
use crate::ruling::Ruling;
use crate::sheet::Sheet;
use crate::stages::choice::circuit::{bandit, contextual, q_table, top};
use crate::stages::commit::circuit::Chains;
use crate::stages::consensus::circuit::consensus;
use crate::stages::criteria::circuit::criteria;
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
        Self::decision_on(new_sheet(statement), statement, evidence, salts)
    }

    pub(super) fn decision_on(
        mut sheet: Sheet,
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
        // Of a table of another kind, or a number out of its range, nothing is laid out.
        if Ruling::new(evidence).is_none() {
            let found = "evidence from which it does not follow";
            return Err(LayoutError::Subject { expected: statement.name(), found });
        }
        let (start, end) = (first_row(statement.rows()), sheet.rows() - 1);
        let mut arith = Arith::new(&mut sheet, start, end);
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
            _ => todo!("decisions that are not laid out yet"),
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
        public.rows().into_iter().for_each(|cell| sheet.expose(*cell));
        let stages = vec![
            Stage { name: "decision", area: Area::Shared, start, rows },
            Stage { name: "sponge", area: Area::Sponge, start: 0, rows: permutations * SPONGE_ROWS },
        ];
        Ok(Self::finish(statement.clone(), sheet, stages))
    }
}
