//! The heuristic anomaly: how far a block is from the usual, in hundredths.
//!
//! Parts at 2⁻³², with the baseline and the scale of a [`ZoneConfig`](crate::zone_config::ZoneConfig):
//!
//! * density D = 2³² − min(2³², ⌊S·baseline / 2⁶⁰⌉) with S of the first zone, 103 bits; ⌊.85·2³²⌉ without zones
//! * residual R = min(2³², ⌊P·2³⁰ / scale⌉) with P of [`residuals`](crate::stages::residuals)
//! * tags, in sixtieths: U = min(60, Σ priors) over the tags of the block ([`tags`](crate::stages::tags)); variant z takes tags of zones, too
//!
//! Of blocks without a forest raw = 200·D + 140·R + U·2³², 41 bits, and score = ⌊(raw + 2³³ − 1) / 2³⁴⌋. With a forest's F raw = 600·F +
//! 360·D + 180·R + U·2³², 43 bits, and score = ⌊(raw + 6·2³² − 1) / (12·2³²)⌋. Both round half **down**, as nothing else does. The label is rare
//! from 75 hundredths on, unusual from 45, else typical.
//!
//! F comes from the sum E that an isolation forest gives ([`graph`](crate::stages::graph)): with n trees of ψ samples e = ⌊2²⁴·E / (n·C\[ψ\])⌉,
//! s = ⌊E(e)/2²⁰⌉ and F = clamp(2s − 2³²; 0, 2³²). C\[n\] = ⌊2²⁴·c(n)⌉ is the mean depth of a path among n samples: c(0) = c(1) = 0, c(2) = 1,
//! c(n) = 2(ln(n − 1) + γ) − 2(n − 1)/n.

pub(crate) mod circuit;
mod isolation;
mod native;

pub use isolation::{Isolation, SAMPLES, mean_depth, mean_depths};
pub use native::{
    Anomaly, DIVISOR, Density, HYBRID_DIVISOR, LABELS, NO_ZONES, PRIORS, Parts, Residual, Verdict,
    ZONE_CRUSH, ZONE_PRIORS, tag_units,
};
