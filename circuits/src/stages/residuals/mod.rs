//! Residual statistics: mean, maximum and 95th percentile of a block's six residuals.
//!
//! * r_i = ⌊√r_i²⌋ at 2⁻²⁴, 34 bits, of r_i² below 2⁶⁷
//! * mean = ⌊2⁸·Σ r_i / 6⌉ at 2⁻³²
//! * with r sorted upwards as s_0 … s_5: maximum = s_5, and p95 = s_4 + 3·s_5 at 2⁻²⁶, 36 bits, because 95 % of the way from the first to
//!   the last of six is place 4.75
//!
//! The order is that of the keys 8·r_i + 7 − i, which are distinct.

pub(crate) mod circuit;
mod native;

pub use native::{MAX_BITS, MEAN_BITS, P95_BITS, ROOT_BITS, Residuals};
