//! Slots of the text table.
//!
//! A slot is two or eight rows of eight symbols, a row with the last five symbols and three limbs, and a row of
//! eight limbs:
//!
//! * the hash runs down the column H: H = H₋₁ + Σ K_j·L_j over all symbols, plus the slot's constant. The weights
//!   are reduced modulo 2³², so H < 2⁴⁸
//! * h = H − 2³²·Q, Q two limbs, and h = a + 2⁶·b₆ + 2⁷·b₇ + 2⁸·c + 2¹⁰·t with a < 2⁶, b bits, c < 2²,
//!   t = t₀ + 2¹²·t₁ < 2²²: so 0 ≤ h < 2³² is H mod 2³², and its low bits are the residues modulo 64, 128, 256, 1024
//! * h = 50000·q + 10000·e + 100·r₁ + r₀ with q two limbs, e < 5, r₁, r₀ < 100: one such q, e, r exists, and
//!   100·r₁ + r₀ is the residue modulo 10000, with 10000·e the one modulo 50000
//! * six residues stand in the wires b, c of the last three rows, where links look them up
//!
//! Bytes are looked up with a tag that depends on the row's pad p (how many places in front are empty): place j is
//! 0 if j < p, else 1 to 127. Only 0 ≤ p ≤ 8 gives eight tags that exist. A row after one that is not empty has
//! p = 0, so zeros stand in front only.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::set::{ChipSet, Query, boolean, constant, digits};
use crate::columns::{Gate, LIMB_BITS, at, fixed_at, table};
use crate::fixed::power_of_two;
use crate::slots::{ROW_SYMBOLS, SYMBOL_BITS, TAIL_SYMBOLS};

/// Column of the running hash.
const HASH: usize = at::CLAMPED;

fn weighted(q: &mut Query<'_, '_>, symbols: usize) -> Expression<Fr> {
    let limbs = q.limbs();
    (0..symbols).map(|j| q.k(j) * limbs[j].clone()).reduce(|s, t| s + t).unwrap_or(constant(0))
}

fn packed(q: &mut Query<'_, '_>, symbols: usize) -> Expression<Fr> {
    digits(q.limbs().into_iter().take(symbols), SYMBOL_BITS)
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let row_bits = SYMBOL_BITS * ROW_SYMBOLS as u32;
    chips
        .gate(meta, Gate::HashFirst, |q| vec![("H = sum K L", q.advice(HASH, 0) - weighted(q, ROW_SYMBOLS))]);
    chips.gate(meta, Gate::HashNext, |q| {
        vec![("H = H' + sum K L", q.advice(HASH, 0) - q.advice(HASH, -1) - weighted(q, ROW_SYMBOLS))]
    });
    chips.gate(meta, Gate::PackFirst, |q| vec![("e = symbols", q.advice(at::E, 0) - packed(q, ROW_SYMBOLS))]);
    chips.gate(meta, Gate::PackNext, |q| {
        let above = q.advice(at::E, -1) * power_of_two(row_bits);
        vec![("e = 2^88 e' + symbols", q.advice(at::E, 0) - above - packed(q, ROW_SYMBOLS))]
    });
    chips.gate(meta, Gate::Tail, |q| {
        let above = q.advice(at::E, -1) * power_of_two(SYMBOL_BITS * TAIL_SYMBOLS as u32);
        vec![
            (
                "H = H' + sum K L + constant",
                q.advice(HASH, 0) - q.advice(HASH, -1) - weighted(q, TAIL_SYMBOLS) - q.k(TAIL_SYMBOLS),
            ),
            ("e = 2^55 e' + symbols", q.advice(at::E, 0) - above - packed(q, TAIL_SYMBOLS)),
        ]
    });
    chips.gate(meta, Gate::Residues, |q| {
        let quotient = digits([5, 6].map(|i| q.advice(at::LIMB + i, -1)), LIMB_BITS);
        let fifth = q.advice(at::LIMB + 7, -1);
        let [low, bits8, top0, top1, q0, q1, r1, r0] = q.limbs();
        let (bit6, bit7) = (q.advice(at::SIGN, 0), q.advice(at::OVER, 0));
        let hash = q.advice(HASH, -1) - quotient * power_of_two(32);
        let mod128 = low.clone() + bit6.clone() * power_of_two(6);
        let mod256 = mod128.clone() + bit7.clone() * power_of_two(7);
        let mod1024 = mod256.clone() + bits8 * power_of_two(8);
        let top = digits([top0, top1], LIMB_BITS) * power_of_two(10);
        let mod10000 = r1 * Fr::from(100) + r0;
        let mod50000 = mod10000.clone() + fifth * Fr::from(10_000);
        let multiple = digits([q0, q1], LIMB_BITS) * Fr::from(50_000);
        let mut wires = |rotation| [q.advice(at::B, rotation), q.advice(at::C, rotation)];
        let ([b0, c0], [b1, c1], [b2, c2]) = (wires(0), wires(-1), wires(-2));
        vec![
            ("bit 6 is 0 or 1", boolean(bit6)),
            ("bit 7 is 0 or 1", boolean(bit7)),
            ("h = low bits + 2^10 top", hash.clone() - mod1024.clone() - top),
            ("h = 50000 q + residue", hash - multiple - mod50000.clone()),
            ("b = h mod 64", b0 - low),
            ("c = h mod 128", c0 - mod128),
            ("b' = h mod 256", b1 - mod256),
            ("c' = h mod 1024", c1 - mod1024),
            ("b'' = h mod 10000", b2 - mod10000),
            ("c'' = h mod 50000", c2 - mod50000),
        ]
    });
    chips.gate(meta, Gate::PadChain, |q| {
        let next = q.advice(at::PAD, 1);
        vec![("empty places in front only", next * (q.advice(at::PAD, 0) - constant(ROW_SYMBOLS)))]
    });
    // In every row: the first tag of a row of bytes is that of the first byte, and no other row has it there.
    meta.create_gate("Pad", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupActive));
        let mut q = Query { chips, cells };
        let other = q.fixed(fixed_at::TAG, 0) - constant(table::BYTE);
        vec![("no bytes, no pad", selector * q.advice(at::PAD, 0) * other)]
    });
    chips.gate(meta, Gate::LongFirst, |q| {
        let [first, second, ..] = q.limbs();
        vec![("first place empty", first), ("second place empty", second)]
    });
}
