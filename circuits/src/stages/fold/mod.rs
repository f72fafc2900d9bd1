//! Fold: N vectors become 6 × 16 values at 2⁻³², each rounded once.
//!
//! For column j all features have a common constant denominator D. With P = D·S1 and Q = D²·S2 (integers but for
//! the positions, whose squares also carry 6(n−1), collected in λ):
//!
//! * mean = ⌊2³²·P / (N·D)⌉
//! * deviation = ⌊√(X / Y)⌋, X = 2⁶⁴·(N·λQ − λ·P²), Y = λ·D²·N·max(N−1, 1). For N = 1, X = 0.
//! * component m: c_mj = mean_j·W_mj, n_m = ⌊√Σ c²⌋ + E, ĉ_mj = ⌊2³²·c_mj / n_m⌉
//!
//! Positions are summed in closed form: Σ i/(n−1) = n/2 and Σ (i/(n−1))² = n(2n−1)/(6(n−1)) for n ≥ 2, else 0.

pub(crate) mod circuit;
pub(crate) mod columns;
mod native;
mod weights;

pub use native::{NORM_OFFSET, fold};
pub use weights::WEIGHTS;

pub use crate::fingerprint::{COMPONENTS, Folded, VECTORS};
