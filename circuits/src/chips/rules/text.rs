//! Texts: folded bytes, and the mask of every slot.
//!
//! *Rows of bytes*, of short and of long slots. Beside each byte stands the folded one. With R the eight folded bytes of a row in base 2⁷, the
//! first on top, and p its pad:
//!
//! * m says whether the text has started: a bit, never 0 after 1; m = 0 only where p = 8. m₁, m₂ are m one and two rows above, so that
//!   f = m − m₋₁, f₁ = m₁ − m₁₋₁ and f₂ = m₂ − m₂₋₁ are 1 in the row in which it starts, in the next and in the one after
//! * W = W₋₁ + f·2⁶³·R + f₁·2⁷·R + f₂·(first byte): 17 bytes, with those of the pad, which are 0. W < 2¹¹⁹
//! * N = N₋₁ + Σ w_j·byte_j + f·2³²·p: the form of the bytes, below 2³², and the pad of the row in which it starts
//! * V = 2⁵⁶·V₋₁ + R, from the first row on, and from the fifth of a long slot anew: 4 rows, 224 bits
//!
//! A text that started in an empty row has a pad of 8 in N, which is in no table. So m follows from the text, as long as it is a bit: with
//! m = t in the empty row above, N has 8·t + (1 − t)·p, which is another pad for some t (−1 with p = 6 makes 4), and W is another front.
//!
//! *Three rows* say which masks it has: in the last of them N is taken apart, once by each modulus, and 128ᵖ looked up; in the first
//! W·128ᵖ = 2⁴⁹·S + rest with rest in 49 bits and S, the first ten bytes of the text with zeros behind, in the second, in 70 bits. The left
//! side is below 2¹¹⁹ as the empty places are in front.
//! A class is equal to that of its place if (V_low − class)² − η·V_high² = 0, an address if (V_high − high)² − η·(V_low − low)² = 0: η is no
//! square, so that both squares are 0.
//!
//! *Addresses* in slots of their own have forms over their symbols, and one row.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::super::set::{ChipSet, Query, boolean, constant, digits};
use super::zero::{beside, is_zero};
use crate::columns::{Gate, LIMB_BITS, LIMBS, at};
use crate::fixed::power_of_two;
use crate::sets::places::{
    ADDRESS_FORM, CLASS_FORM, FOLDED_BYTE_BITS, Form, LONG_FORM, PREFIX_FORM, SELECTOR_BYTES, SELECTOR_LIMBS,
    SELECTOR_SYMBOLS, SYMBOLS_FORM,
};
use crate::slots::{ROW_SYMBOLS, SYMBOL_BITS};

/// Columns of rows of bytes: m, m₁, m₂, N, W, V.
pub const STARTED: [usize; 3] = [at::SIGN, at::OVER, at::INVERSE];
/// N.
pub const FORM: usize = at::NUMBER;
/// W.
pub const FRONT: usize = at::SUM;
/// V, and what is handed down below.
pub const VALUE: usize = at::D;

/// Bits of a row of folded bytes.
pub const ROW_BITS: u32 = FOLDED_BYTE_BITS * ROW_SYMBOLS as u32;
/// Lowest bit of the pad behind a form.
pub const PAD_LOW: u32 = 32;
/// Bytes of W behind the first ten.
const REST_BYTES: u32 = (2 * ROW_SYMBOLS + 1 - SELECTOR_BYTES) as u32;
/// Their bits.
pub const REST_BITS: u32 = FOLDED_BYTE_BITS * REST_BYTES;
/// Limbs of them.
pub const REST_LIMBS: usize = REST_BITS.div_ceil(LIMB_BITS) as usize;
/// Of the first row: the limb that repeats the place of the selector.
pub const MASK_LIMB: usize = 6;
/// Of the second: place and quotient of the selector.
pub const SELECTOR_LIMB: [usize; 2] = [SELECTOR_LIMBS, SELECTOR_LIMBS + 1];
/// Of the third: places of class, its quotient; places of address, its quotient; pad.
pub const CLASS_LIMBS: [usize; 3] = [0, 1, 2];
/// Likewise.
pub const LONG_LIMBS: [usize; 4] = [3, 4, 5, 6];
/// Likewise.
pub const SHIFT_LIMB: usize = LIMBS - 1;
/// Of an address: places of itself and of its selector, and the quotients of both.
pub const ADDRESS_LIMBS: [[usize; 3]; 2] = [[0, 1, 5], [2, 3, 4]];
/// Zero tests of a row: inverse and bit.
pub const TESTS: [[usize; 2]; 2] = [[at::SIGN, at::OVER], [at::INVERSE, at::NUMBER]];

/// No square: the generator of the field's units.
pub const NO_SQUARE: u64 = 7;

fn folded(q: &mut Query<'_, '_>) -> Vec<Expression<Fr>> {
    (0..LIMBS).map(|i| beside(q, i)).collect()
}

fn form<const N: usize>(form: Form<N>, values: &[Expression<Fr>]) -> Expression<Fr> {
    let terms = form.coefficients.iter().zip(values);
    terms
        .map(|(k, value)| value.clone() * Fr::from(u64::from(*k)))
        .reduce(|sum, term| sum + term)
        .unwrap_or(constant(0))
}

/// Whether the row above is one of the text.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    First,
    Next,
    Again,
}

fn bytes(q: &mut Query<'_, '_>, turn: Turn) -> Vec<(&'static str, Expression<Fr>)> {
    let bytes = folded(q);
    let row = digits(bytes.iter().rev().cloned(), FOLDED_BYTE_BITS);
    let weighted = form(CLASS_FORM, &bytes);
    let above = |q: &mut Query<'_, '_>, column: usize| match turn {
        Turn::First => constant(0),
        Turn::Next | Turn::Again => q.advice(column, -1),
    };
    let here = STARTED.map(|column| q.advice(column, 0));
    let before = STARTED.map(|column| above(q, column));
    let [starts, next, after] = [0, 1, 2].map(|i| here[i].clone() - before[i].clone());
    let [started, one, two] = here;
    let pad = q.advice(at::PAD, 0);
    let front = starts.clone() * row.clone() * power_of_two(ROW_BITS + FOLDED_BYTE_BITS)
        + next * row.clone() * power_of_two(FOLDED_BYTE_BITS)
        + after * bytes[0].clone();
    let empty = constant(ROW_SYMBOLS) - pad.clone();
    let mut constraints = vec![
        ("m is 0 or 1", boolean(started.clone())),
        ("empty before the start", (constant(1) - started.clone()) * empty),
        ("m1 = m above", one - before[0].clone()),
        ("m2 = m1 above", two - before[1].clone()),
        ("W = W' + first bytes", q.advice(FRONT, 0) - above(q, FRONT) - front),
        (
            "N = N' + form + pad",
            q.advice(FORM, 0) - above(q, FORM) - weighted - starts * pad * power_of_two(PAD_LOW),
        ),
    ];
    let value = q.advice(VALUE, 0) - row;
    if turn != Turn::First {
        constraints.push(("m stays", before[0].clone() * (constant(1) - started)));
    }
    constraints.push(match turn {
        Turn::Next => ("V = 2^56 V' + bytes", value - q.advice(VALUE, -1) * power_of_two(ROW_BITS)),
        Turn::First | Turn::Again => ("V = bytes", value),
    });
    constraints
}

/// Places and quotient of a form: value = places·quotient + place, for each of the limbs that hold the place.
fn placed<const N: usize>(
    value: &Expression<Fr>,
    form: Form<N>,
    limbs: &[Expression<Fr>; LIMBS],
    places: &[usize],
    quotient: usize,
) -> Vec<(&'static str, Expression<Fr>)> {
    let multiple = limbs[quotient].clone() * Fr::from(u64::from(form.places));
    let rest = value.clone() - multiple;
    places
        .iter()
        .map(|place| ("form = places * quotient + place", rest.clone() - limbs[*place].clone()))
        .collect()
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    for (gate, turn) in
        [(Gate::FoldFirst, Turn::First), (Gate::FoldNext, Turn::Next), (Gate::FoldAgain, Turn::Again)]
    {
        chips.gate(meta, gate, |q| bytes(q, turn));
    }
    chips.gate(meta, Gate::FoldFront, |q| {
        vec![
            ("d = W'", q.advice(VALUE, 0) - q.advice(FRONT, -1)),
            ("N = N'", q.advice(FORM, 0) - q.advice(FORM, -1)),
        ]
    });
    chips.gate(meta, Gate::FoldForm, |q| vec![("d = N'", q.advice(VALUE, 0) - q.advice(FORM, -1))]);
    chips.gate(meta, Gate::SymbolsFirst, |q| {
        let symbols = &q.limbs()[..SELECTOR_SYMBOLS];
        vec![
            ("b = selector", q.advice(at::B, 0) - digits(symbols.iter().cloned(), SYMBOL_BITS)),
            ("c = its form", q.advice(at::C, 0) - form(SYMBOLS_FORM, symbols)),
        ]
    });
    chips.gate(meta, Gate::SymbolsNext, |q| {
        vec![("d = form of the address", q.advice(at::D, 0) - form(ADDRESS_FORM, &q.limbs()))]
    });
    chips.gate(meta, Gate::RuleAddress, address);
    chips.gate(meta, Gate::RuleFront, |q| {
        let limbs = q.limbs();
        let [a, b, c, d, e] = [at::A, at::B, at::C, at::D, at::E].map(|column| q.advice(column, 0));
        let rest = digits(limbs[..REST_LIMBS].iter().cloned(), LIMB_BITS);
        let mask = beside(q, MASK_LIMB);
        vec![
            ("W 128^p = 2^49 S + rest", a * b - c * power_of_two(REST_BITS) - rest),
            ("limb = place", limbs[MASK_LIMB].clone() - d),
            ("mask of the selector, if equal", q.advice(at::MASK, 0) - e * mask),
        ]
    });
    chips.gate(meta, Gate::RuleSelector, |q| {
        let limbs = q.limbs();
        let [c, d, equal] = [at::C, at::D, at::E].map(|column| q.advice(column, 0));
        let [place, quotient] = SELECTOR_LIMB;
        let weighted = form(PREFIX_FORM, &limbs[..SELECTOR_LIMBS]);
        let mut constraints = vec![
            ("S = limbs", c.clone() - digits(limbs[..SELECTOR_LIMBS].iter().cloned(), LIMB_BITS)),
            ("d = place", d - limbs[place].clone()),
        ];
        constraints.extend(placed(&weighted, PREFIX_FORM, &limbs, &[place], quotient));
        let (difference, inverse) = (c - beside(q, place), q.advice(TESTS[0][0], 0));
        constraints.extend(is_zero(difference, inverse, equal));
        constraints
    });
    chips.gate(meta, Gate::RuleText, text);
}

fn address(q: &mut Query<'_, '_>) -> Vec<(&'static str, Expression<Fr>)> {
    let limbs = q.limbs();
    let [a, b, c, d, e] = [at::A, at::B, at::C, at::D, at::E].map(|column| q.advice(column, 0));
    let mut constraints = Vec::new();
    let [[text, mask, quotient], [selector, selector_mask, selector_quotient]] = ADDRESS_LIMBS;
    constraints.extend(placed(&d, ADDRESS_FORM, &limbs, &[text, mask], quotient));
    constraints.extend(placed(&c, SYMBOLS_FORM, &limbs, &[selector, selector_mask], selector_quotient));
    let cells = TESTS.map(|test| test.map(|column| q.advice(column, 0)));
    let [[inverse, equal], [selector_inverse, selector_equal]] = cells;
    constraints.extend(is_zero(a - beside(q, text), inverse, equal.clone()));
    constraints.extend(is_zero(b - beside(q, selector), selector_inverse, selector_equal.clone()));
    constraints.push(("mask of the address, if equal", q.advice(at::MASK, 0) - equal * beside(q, mask)));
    constraints.push(("e = mask of the selector, if equal", e - selector_equal * beside(q, selector_mask)));
    constraints
}

fn text(q: &mut Query<'_, '_>) -> Vec<(&'static str, Expression<Fr>)> {
    let limbs = q.limbs();
    let [low, form, high, d, e] = [at::A, at::B, at::C, at::D, at::E].map(|column| q.advice(column, 0));
    let mut constraints = Vec::new();
    let weighted = form - limbs[SHIFT_LIMB].clone() * power_of_two(PAD_LOW);
    let [class_text, class_mask, class_quotient] = CLASS_LIMBS;
    let [long_high, long_low, long_mask, long_quotient] = LONG_LIMBS;
    constraints.extend(placed(&weighted, CLASS_FORM, &limbs, &[class_text, class_mask], class_quotient));
    constraints.extend(placed(
        &weighted,
        LONG_FORM,
        &limbs,
        &[long_high, long_low, long_mask],
        long_quotient,
    ));
    constraints.push(("e = 128^p", e - beside(q, SHIFT_LIMB)));
    let cells = TESTS.map(|test| test.map(|column| q.advice(column, 0)));
    let [[class_inverse, class_equal], [long_inverse, long_equal]] = cells;
    let both = |one: Expression<Fr>, other: Expression<Fr>| {
        one.clone() * one - other.clone() * other * Fr::from(NO_SQUARE)
    };
    let class = both(low.clone() - beside(q, class_text), high.clone());
    constraints.extend(is_zero(class, class_inverse, class_equal.clone()));
    let long = both(high - beside(q, long_high), low - beside(q, long_low));
    constraints.extend(is_zero(long, long_inverse, long_equal.clone()));
    let other = constant(crate::sets::places::class_mask(crate::sets::Tag::AssetOther));
    let class = class_equal.clone() * beside(q, class_mask) + (constant(1) - class_equal) * other;
    constraints.push(("mask of the class, or of others", q.advice(at::MASK, 0) - class));
    constraints.push(("d = mask of the address, if equal", d - long_equal * beside(q, long_mask)));
    constraints
}

const _: () =
    assert!(SELECTOR_BYTES * FOLDED_BYTE_BITS as usize == 70 && REST_BITS == 49 && REST_LIMBS < MASK_LIMB);

#[cfg(test)]
mod tests {
    use ff::{Field, PrimeField};

    use super::*;

    #[test]
    fn the_generator_is_no_square() {
        assert_eq!(Fr::from(NO_SQUARE), Fr::MULTIPLICATIVE_GENERATOR);
        assert!(bool::from(Fr::from(NO_SQUARE).sqrt().is_none()));
    }
}
