//! Signals over a sequence of fingerprints, and over counts of a tag.
//!
//! With fingerprints at 2⁻³² and |f − g| = ⌊√Σ (f_j − g_j)²⌋. Folded values are within ±2, which makes 38 bits of 75; committed are 36 bits of
//! each, which make 40 of 79; a centre from a table has 48 bits, which makes 51 of 101. Circuits hold the widest:
//!
//! * **Drift**: velocity |f_t − f_(t−1)|; acceleration = velocity − the velocity before; accelerating = \[10·acceleration > 2³²\];
//!   confidence = min(2³², ⌊velocity/2⌉)
//! * **Departure** from centres: the nearest, of the lowest index; outlier = \[distance − typical > 2·deviation\], with 1 and 1/2 unless told otherwise
//! * **Trend** of counts c_1 … c_n, n ≥ 3: v = c_n − c_1 and a = (c_n − c_(n−1)) − (c_2 − c_1), sums of differences that telescope; emerging if
//!   2a > n − 2 and v > 0, declining if 2a < −(n − 2) and v < 0

pub mod circuit;
mod native;

pub use native::{Departure, Drift, Trend, USUAL_BITS, distance};
