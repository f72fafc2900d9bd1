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

pub use native::{Folded, fold};
pub use weights::WEIGHTS;

/// Components.
pub const COMPONENTS: usize = 4;
/// Vectors of a folded block: mean, deviation, components.
pub const VECTORS: usize = 2 + COMPONENTS;
/// E = ⌊2⁶⁴·10⁻⁶⌉: keeps the norm of a component above 0.
pub const NORM_OFFSET: u64 = 18_446_744_073_710;
