//! Forests: paths by look-ups.
//!
//! Splits, leaves and values of the subject are rows of the table that links of records look up in texts (see
//! [`lookup`](crate::chips::lookup)), under kinds of their own: a row's place is fixed, and what stands there are the wires b
//! and c.
//!
//! | row | b | c |
//! |---|---|---|
//! | value | value | value |
//! | split | feature + 2¹⁴·left + 2³²·right | threshold |
//! | two leaves | the first | the second |
//! | leaf of several targets | values 0 and 1, 2⁴⁰ apart | values 2 and 3 |
//!
//! A step takes two rows. The pointer p stands in s₀: the place of a split, or 2¹⁶ and the place of a leaf. f₀ says whether it is a leaf;
//! the first row looks up split p, or split 0 if there is nothing to look up any more, the second the value of its feature. f₁ is the
//! direction: threshold − value, or value − threshold − 1, in three limbs. So a path is a function of the table, whatever that
//! holds: f₀ = 0 with the pointer of a leaf finds no split, since places of splits are below 2¹⁶. Once f₀ is 1 it stays 1, so that
//! f₀ = 1 with the place of a split keeps that to the end, where it finds no leaf; else a path shorter than others could rest at
//! a split on its way.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use crate::chips::set::{ChipSet, Query, boolean, constant, digits};
use crate::columns::{Gate, at};
use crate::fixed::power_of_two;
use crate::graph::MAX_SPLITS;

/// Lowest bit of the left pointer in a packed split, and of the right one.
pub const LEFT: u32 = 14;
/// See [`LEFT`].
pub const RIGHT: u32 = 32;
/// Bits between packed targets: sums over all trees have room.
pub const TARGET_BITS: u32 = 40;
/// Coefficient of a step: whether another one follows.
pub const GOES_ON: usize = 1;
/// Bits of a limb of a target.
const TARGET_LIMB: u32 = 12;

/// A pointer in two limbs.
fn pointer(q: &mut Query<'_, '_>, first: usize) -> Expression<Fr> {
    let bits = q.chips.limb_bits();
    digits(q.limbs().into_iter().skip(first).take(2), bits)
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    if !chips.bands.has_forest() {
        return;
    }
    let several = |value: usize| {
        move |q: &mut Query<'_, '_>| digits(q.limbs().into_iter().skip(2 * value).take(2), TARGET_LIMB)
    };
    chips.gate(meta, Gate::GraphSplit, |q| {
        let limbs = q.limbs();
        let packed =
            limbs[0].clone() + pointer(q, 4) * power_of_two(LEFT) + pointer(q, 6) * power_of_two(RIGHT);
        let bits = q.chips.limb_bits();
        let threshold = digits(limbs.into_iter().skip(1).take(3), bits);
        vec![("b = split", q.advice(at::B, 0) - packed), ("c = threshold", q.advice(at::C, 0) - threshold)]
    });
    // K0 is 1 for leaves of several targets.
    chips.gate(meta, Gate::GraphLeaf, |q| {
        let bits = q.chips.limb_bits();
        let limbs = q.limbs();
        let one = |first: usize| digits(limbs.iter().skip(first).take(3).cloned(), bits);
        let (one, other) = ([one(0), one(4)], [[0, 1], [2, 3]]);
        let targets = other.map(|pair| pair.map(|value| several(value)(q)));
        let several = q.k(0);
        let wires = [at::B, at::C].map(|column| q.advice(column, 0));
        let parts = wires.into_iter().zip(one).zip(targets);
        parts
            .map(|((wire, single), [low, high])| {
                let packed = low + high * power_of_two(TARGET_BITS);
                let value = single.clone() + several.clone() * (packed - single);
                ("wire = leaf", wire - value)
            })
            .collect()
    });
    chips.gate(meta, Gate::GraphRoot, |q| vec![("p = root", q.advice(at::ACC[0], 0) - q.k(0))]);
    chips.gate(meta, Gate::GraphStep, |q| {
        let [here, next] = [0, 2].map(|rotation| q.advice(at::ACC[0], rotation));
        let [leaf, right] = at::END.map(|column| q.advice(column, 0));
        let leaf_next = q.advice(at::END[0], 2);
        let goes_on = q.k(GOES_ON);
        let [split, feature] = [0, 1].map(|rotation| q.advice(at::A, rotation));
        let [packed, value] = [0, 1].map(|rotation| q.advice(at::B, rotation));
        let threshold = q.advice(at::C, 0);
        let limbs = q.limbs();
        let [to_left, to_right] = [4, 6].map(|first| pointer(q, first));
        let bits = q.chips.limb_bits();
        let distance = digits(limbs.iter().skip(1).take(3).cloned(), bits);
        let one = constant(1);
        let taken = to_left.clone() + right.clone() * (to_right.clone() - to_left.clone());
        let side = (right.clone() + right.clone() - one.clone()) * (value - threshold) - right.clone();
        vec![
            ("leaf is a bit", boolean(leaf.clone())),
            ("right is a bit", boolean(right)),
            ("at a leaf for good", goes_on * leaf.clone() * (one.clone() - leaf_next)),
            ("split looked up", split - (one.clone() - leaf.clone()) * here.clone()),
            (
                "split = its parts",
                packed - limbs[0].clone() - to_left * power_of_two(LEFT) - to_right * power_of_two(RIGHT),
            ),
            ("feature looked up", feature - limbs[0].clone()),
            ("threshold - value, or value - threshold - 1", side - distance),
            ("next pointer", next - leaf.clone() * here - (one - leaf) * taken),
        ]
    });
    let place = |q: &mut Query<'_, '_>| q.advice(at::ACC[0], 0) - constant(MAX_SPLITS);
    chips.gate(meta, Gate::GraphEnd, |q| {
        let carry = q.k(0);
        let second = q.advice(at::END[0], 0);
        let pair = q.advice(at::A, 0);
        let [b, c, before, sum] = [at::B, at::C, at::D, at::E].map(|column| q.advice(column, 0));
        let value = b.clone() + second.clone() * (c - b);
        vec![
            ("second is a bit", boolean(second.clone())),
            ("leaf = 2 a + second", place(q) - pair.clone() - pair - second),
            ("sum so far", sum - carry * before - value),
        ]
    });
    chips.gate(meta, Gate::GraphEnds, |q| {
        let leaf = q.advice(at::A, 0);
        let carry = q.k(0);
        let mut so_far = |row: i32, wire: usize| {
            q.advice(at::E, row) - carry.clone() * q.advice(at::D, row) - q.advice(wire, 0)
        };
        let [first, second] = [so_far(0, at::B), so_far(1, at::C)];
        vec![("leaf = a", place(q) - leaf), ("first sum so far", first), ("second sum so far", second)]
    });
    chips.gate(meta, Gate::GraphTargets, |q| {
        let bits = q.chips.limb_bits();
        let limbs = q.limbs();
        let [sum, first, second, _] = at::WIRE.map(|column| q.advice(column, 0));
        let half = |from: usize| digits(limbs.iter().skip(from).take(4).cloned(), bits);
        vec![
            ("sum = both", sum - first.clone() - second.clone() * power_of_two(TARGET_BITS)),
            ("first = limbs", first - half(0)),
            ("second = limbs", second - half(4)),
        ]
    });
}
