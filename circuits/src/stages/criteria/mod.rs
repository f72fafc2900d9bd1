//! A score over several criteria, from committed values.
//!
//! Of k ≤ 64 criteria: raw and min ≤ max, signed 48 bits on one scale, and a weight of 32 bits. With 1 at 2⁻³², that is 2³²:
//!
//! * x_i = ⌊(clamp(raw_i; min_i, max_i) − min_i)·2³² / (max_i − min_i)⌉, 2³¹ if min = max; 80 bits before the division
//! * N = Σ x_i·w_i, 71 bits; W = Σ w_i; m₂ is the sum of the two middle ones of the sorted x, twice the middle one if k is odd. The order is
//!   that of the keys 64·x_i + i.
//! * *simple* ⌊Σ x / k⌉; *weighted* ⌊N/W⌉, 0 if W = 0; *ensemble* ⌊(14·N + 3·m₂·W) / (20·W)⌉, 75 bits, ⌊3·m₂/20⌉ if W = 0
//! * confidence = 2³² − min(2³¹, ⌊2·V / (k²·2³²)⌉) with V = k·Σ x² − (Σ x)², 78 bits; ⌊.8·2³²⌉ of one criterion
//!
//! Value and confidence of no criteria are 2³¹. Committed to is one element for each criterion: raw, min and max + 2⁴⁷ in 48 bits, then the weight.

pub mod circuit;
mod native;

pub use native::{Criteria, CriteriaError, Criterion, Method, Score};
