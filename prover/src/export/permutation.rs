//! Copies, decoded from the polynomials of the permutation: the value δ^i·ω^j of a cell names the cell that follows it in its cycle,
//! row j of the i-th permuted column.

use std::collections::HashMap;

use ff::PrimeField;
use halo2_proofs::poly::{LagrangeCoeff, Polynomial};
use halo2curves::bn256::Fr;

use super::ExportError;

/// Cycles of more than one cell: column and row of each cell in turn.
pub(super) fn cycles(
    polynomials: &[Polynomial<Fr, LagrangeCoeff>],
    omega: Fr,
) -> Result<Vec<Vec<usize>>, ExportError> {
    let rows = polynomials.first().map_or(0, |polynomial| polynomial.len());
    let powers = std::iter::successors(Some(Fr::one()), |power| Some(power * omega)).take(rows);
    let row: HashMap<[u8; 32], usize> = powers.zip(0..).map(|(power, row)| (power.to_bytes(), row)).collect();
    let shifts: Vec<Fr> = std::iter::successors(Some(Fr::one()), |shift| Some(shift * Fr::DELTA))
        .take(polynomials.len())
        .collect();
    let inverses: Vec<Fr> = shifts.iter().filter_map(|shift| Option::from(shift.invert())).collect();
    let mut next = vec![vec![(0, 0); rows]; polynomials.len()];
    for (column, polynomial) in polynomials.iter().enumerate() {
        for (at, value) in polynomial.iter().enumerate() {
            // Most cells are followed by themselves.
            let own = std::iter::once(column).chain(0..polynomials.len());
            let found = own.filter_map(|to| Some((to, *row.get(&(inverses.get(to)? * value).to_bytes())?)));
            next[column][at] = found.take(1).next().ok_or(ExportError::Permutation { column, row: at })?;
        }
    }
    follow(&next)
}

/// Walks along; a permutation comes back to where it started, anything else is no key's.
fn follow(next: &[Vec<(usize, usize)>]) -> Result<Vec<Vec<usize>>, ExportError> {
    let mut seen: Vec<Vec<bool>> = next.iter().map(|column| vec![false; column.len()]).collect();
    let mut cycles = Vec::new();
    for column in 0..next.len() {
        for row in 0..next[column].len() {
            let (start, mut cell, mut cycle) = ((column, row), (column, row), Vec::new());
            while !std::mem::replace(&mut seen[cell.0][cell.1], true) {
                cycle.extend([cell.0, cell.1]);
                cell = next[cell.0][cell.1];
            }
            if !cycle.is_empty() && cell != start {
                return Err(ExportError::Permutation { column: cell.0, row: cell.1 });
            }
            if cycle.len() > 2 {
                cycles.push(cycle);
            }
        }
    }
    Ok(cycles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_walked_once_and_must_close() {
        let swapped = vec![vec![(1, 1), (0, 1)], vec![(1, 0), (0, 0)]];
        assert_eq!(follow(&swapped), Ok(vec![vec![0, 0, 1, 1]]));
        let joined = vec![vec![(0, 1), (0, 1)]];
        assert_eq!(follow(&joined), Err(ExportError::Permutation { column: 0, row: 1 }));
    }
}
