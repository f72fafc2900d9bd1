//! Polynomials in postfix: words between spaces, operands before their operator, so that no reader needs a grammar or a deep stack
//! of its own calls.

use halo2_proofs::plonk::{AdviceQuery, Challenge, Expression, FixedQuery, InstanceQuery, Selector};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::hexadecimal;

/// `a3`, `f3@-1`, `i0`: cells in the row, or so many rows below; `c0` a challenge; `#ff` a constant in hexadecimal; `+ *` and `neg`.
pub(super) fn postfix(polynomial: &Expression<Fr>) -> String {
    let constant = |value: Fr| format!("#{}", hexadecimal(&value, false));
    polynomial.evaluate(
        &constant,
        // Keys have none: halo2 replaced them by fixed columns. A word that no reader knows, should one be left.
        &|selector: Selector| format!("s{}", selector.index()),
        &|query: FixedQuery| cell('f', query.column_index(), query.rotation()),
        &|query: AdviceQuery| cell('a', query.column_index(), query.rotation()),
        &|query: InstanceQuery| cell('i', query.column_index(), query.rotation()),
        &|challenge: Challenge| format!("c{}", challenge.index()),
        &|a| a + " neg",
        &|a, b| format!("{a} {b} +"),
        &|a, b| format!("{a} {b} *"),
        &|a, factor| format!("{a} {} *", constant(factor)),
    )
}

fn cell(letter: char, column: usize, rotation: Rotation) -> String {
    match rotation.0 {
        0 => format!("{letter}{column}"),
        rows => format!("{letter}{column}@{rows}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_stand_before_their_operator() {
        let two = Expression::Constant(Fr::from(2));
        let sum = two.clone() + Expression::Constant(Fr::from(255));
        assert_eq!(postfix(&(-sum * two)), "#2 #ff + neg #2 *");
        assert_eq!(cell('a', 3, Rotation(-7)), "a3@-7");
    }
}
