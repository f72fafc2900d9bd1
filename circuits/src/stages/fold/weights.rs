//! The baked weights of the four components: W_mj = ⌊2³²·a_m·cos(π(2j+1)m/32)⌉ with a_0 = √(1/16), a_m = √(2/16).
//!
//! Made by `scripts/weights.py`; a test recomputes them.

use crate::codebook::DIM;
use crate::fingerprint::COMPONENTS;

/// W at 2⁻³², one row per component.
pub const WEIGHTS: [[i64; DIM]; COMPONENTS] = [
    [
        1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824,
        1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824,
    ],
    [
        1511188256,
        1453114139,
        1339197660,
        1173816567,
        963326361,
        715816063,
        440797355,
        148839052,
        -148839052,
        -440797355,
        -715816063,
        -963326361,
        -1173816567,
        -1339197660,
        -1453114139,
        -1511188256,
    ],
    [
        1489322693,
        1262586814,
        843633538,
        296244703,
        -296244703,
        -843633538,
        -1262586814,
        -1489322693,
        -1489322693,
        -1262586814,
        -843633538,
        -296244703,
        296244703,
        843633538,
        1262586814,
        1489322693,
    ],
    [
        1453114139,
        963326361,
        148839052,
        -715816063,
        -1339197660,
        -1511188256,
        -1173816567,
        -440797355,
        440797355,
        1173816567,
        1511188256,
        1339197660,
        715816063,
        -148839052,
        -963326361,
        -1453114139,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Doubles are 2⁻²⁰ apart here, and no weight is that close to a half.
    #[test]
    fn weights_are_rounded_cosines() {
        for (m, row) in WEIGHTS.iter().enumerate() {
            let amplitude = if m == 0 { 0.25 } else { 0.125f64.sqrt() };
            for (j, weight) in row.iter().enumerate() {
                let angle = std::f64::consts::PI * ((2 * j + 1) * m) as f64 / 32.0;
                let exact = 2f64.powi(32) * amplitude * angle.cos();
                assert_eq!(*weight, (exact + 0.5).floor() as i64, "m = {m}, j = {j}");
            }
        }
    }
}
