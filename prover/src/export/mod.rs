//! A statement's circuit as halo2's keys have it, in a neutral file: for auditors, and for checks that share no code with ours.
//!
//! Constraints and columns come from the constraint system of the verifying key, after its selectors were combined; fixed
//! values and copies from the polynomials of the proving key. Nothing is taken from the [`Assignment`](foldproof_circuits::assignment::Assignment).
//! Only the last member, what look-ups and sums of the second phase are *for*, is a declaration of ours, for a reader to check
//! against the constraints. `docs/circuit-file.md` describes the file.

mod columns;
mod declared;
mod expression;
mod permutation;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use foldproof_verifier::scalar::to_hex;
use halo2_proofs::plonk::{Circuit, ConstraintSystem, ProvingKey};
use halo2curves::bn256::{Fr, G1Affine};
use serde::Serialize;

use columns::Dictionary;
pub use declared::Declared;

/// Version of the file.
pub const VERSION: u32 = 1;
/// What the file says it is.
pub const FORMAT: &str = "foldproof-circuit";

/// Why a key is not written down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The file has no place for halo2's own look-ups, which no circuit of ours has.
    #[error("the key has {found} of halo2's own look-ups, and the file has no place for them")]
    BuiltInLookups {
        /// How many.
        found: usize,
    },
    /// A value of a permutation polynomial names no cell.
    #[error(
        "permuted column {column}, row {row}: a cell of the permutation was expected, found another value"
    )]
    Permutation {
        /// Position among the permuted columns.
        column: usize,
        /// Row.
        row: usize,
    },
    /// The key is of another statement.
    #[error("{expected} has {columns} columns and 2^{k} rows, the key has others")]
    Shape {
        /// Statement that was asked for.
        expected: String,
        /// Its advice columns.
        columns: usize,
        /// Its size.
        k: u32,
    },
}

/// A circuit. Cells of columns are named `a3` (advice), `f3` (fixed), `i0` (instance), `c1` is a challenge.
#[derive(Debug, Serialize)]
pub struct Export {
    format: &'static str,
    version: u32,
    statement: String,
    scheme: String,
    /// SHA-256 of the verifying key.
    key_digest: String,
    /// Order of the field.
    modulus: String,
    k: u32,
    /// Rows in which prover's values count; those below are random.
    usable_rows: usize,
    blinding_factors: usize,
    degree: usize,
    /// Phase of each advice column.
    advice: Vec<u8>,
    /// Phase after which each challenge is drawn.
    challenges: Vec<u8>,
    instance: usize,
    constraints: Vec<Constraint>,
    /// Values that fixed cells have, in hexadecimal.
    values: Vec<String>,
    /// Of each fixed column runs of equal values from row 0 on: length, index in `values`.
    fixed: Vec<Vec<(usize, usize)>>,
    /// Columns in the copy constraints.
    permuted: Vec<String>,
    /// Cells that must be equal: position in `permuted` and row, one cell after the other.
    cycles: Vec<Vec<usize>>,
    declared: Declared,
}

/// A polynomial that is 0 in every row.
#[derive(Debug, Serialize)]
struct Constraint {
    gate: String,
    name: String,
    polynomial: String,
}

impl Export {
    /// Of a proving key, and the digest of its verifying key.
    ///
    /// # Errors
    /// If the key is not the statement's, or has what the file has no place for.
    pub fn new(
        statement: &Statement,
        scheme: &str,
        key_digest: &[u8],
        key: &ProvingKey<G1Affine>,
    ) -> Result<Self, ExportError> {
        let cs = key.get_vk().cs();
        let domain = key.get_vk().get_domain();
        let mut ours = ConstraintSystem::default();
        let chips = Layout::configure_with_params(&mut ours, statement.clone());
        let (columns, k) = (ours.num_advice_columns(), statement.k());
        if cs.num_advice_columns() != columns || domain.k() != k {
            return Err(ExportError::Shape { expected: statement.name(), columns, k });
        }
        if !cs.lookups().is_empty() {
            return Err(ExportError::BuiltInLookups { found: cs.lookups().len() });
        }
        let mut dictionary = Dictionary::default();
        let fixed =
            key.fixed_polys().iter().map(|polynomial| dictionary.runs(&columns::values(polynomial, domain)));
        let fixed = fixed.collect();
        Ok(Self {
            format: FORMAT,
            version: VERSION,
            statement: statement.name(),
            scheme: scheme.to_owned(),
            key_digest: hex::encode(key_digest),
            modulus: hexadecimal(&-Fr::one(), true),
            k,
            usable_rows: (1 << k) - cs.blinding_factors() - 1,
            blinding_factors: cs.blinding_factors(),
            degree: cs.degree(),
            advice: cs.advice_column_phase(),
            challenges: cs.challenge_phase(),
            instance: cs.num_instance_columns(),
            constraints: constraints(cs),
            values: dictionary.values(),
            fixed,
            permuted: cs.permutation().get_columns().iter().map(|c| columns::name(*c)).collect(),
            cycles: permutation::cycles(key.permutation().permutations(), domain.get_omega())?,
            declared: Declared::new(statement, &chips),
        })
    }

    /// Constraints in the file.
    pub fn constraints(&self) -> usize {
        self.constraints.len()
    }

    /// Fixed columns in the file, combined selectors among them.
    pub fn fixed_columns(&self) -> usize {
        self.fixed.len()
    }

    /// Sets of cells that must be equal.
    pub fn cycles(&self) -> usize {
        self.cycles.len()
    }

    /// The file: JSON, a member a line, long lists an item a line.
    ///
    /// # Errors
    /// None that an export could cause.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let whole = serde_json::to_string(self)?;
        // Line breaks after long members, so that tools that work by lines show where files differ.
        Ok(whole.replace("],\"", "],\n\"").replace("},{\"gate\"", "},\n{\"gate\"") + "\n")
    }
}

fn constraints(cs: &ConstraintSystem<Fr>) -> Vec<Constraint> {
    let gates = cs.gates().iter();
    let all = gates.flat_map(|gate| {
        gate.polynomials().iter().enumerate().map(|(index, polynomial)| Constraint {
            gate: gate.name().to_owned(),
            name: gate.constraint_name(index).to_owned(),
            polynomial: expression::postfix(polynomial),
        })
    });
    all.collect()
}

/// Without leading zeros; `beyond` adds one, for the order of the field, whose last digit is below f.
fn hexadecimal(value: &Fr, beyond: bool) -> String {
    let mut digits = to_hex(value).trim_start_matches("0x").trim_start_matches('0').to_owned();
    if beyond {
        // p − 1 is even, so no digit but the last changes.
        if let Some(last) = digits.pop().and_then(|digit| digit.to_digit(16)) {
            digits += &format!("{:x}", last + 1);
        }
    }
    if digits.is_empty() { "0".to_owned() } else { digits }
}
