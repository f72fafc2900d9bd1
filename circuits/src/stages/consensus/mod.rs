//! Consensus over the scores of validators, from committed values.
//!
//! Of n ≤ 64 validators in a fixed order: score v and confidence c from 0 to 2²⁴, at 2⁻²⁴, and a stake s below 2⁶⁴. Fewer than three are too few.
//!
//! * median₂ is the sum of the two middle v, twice the middle one if n is odd, 26 bits; a_i = |2·v_i − median₂|; mad₄ is the same sum of the a,
//!   27 bits. The orders are those of the keys 64·v + i and 64·a + i.
//! * outlier_i = \[mad₄ > 0\]·\[13490·den·a_i > 10000·num·mad₄\], 57 bits, with the threshold num/den
//! * M(u) = ⌊256·Σ u_i·v_i / Σ u_i⌉ at 2⁻³²
//!
//! | method | value | if the weights sum to 0 |
//! |---|---|---|
//! | median | 128·median₂ | |
//! | weighted median | 256·v of the first validator, by (v, index), at which 2·Σ c so far ≥ Σ c | the median |
//! | trimmed mean | M(\[not outlier\]) | M(1) |
//! | stake weighted | M(s), 103 bits | M(1) |
//! | confidence weighted | M(c) | M(1) |
//! | robust | M(\[not outlier\]·c·⌊√(2⁴⁸·s)⌋), weights of 81 bits, sums of 119 | M(\[not outlier\]), or M(1) if all are outliers |
//!
//! * σ = ⌊√⌊2¹⁶·V/n²⌋⌋ at 2⁻³² with V = n·Σ v² − (Σ v)², 60 bits; A = 2³² − min(2σ, 2³¹); o = number of outliers
//! * confidence = clamp(⌊(40·n·A + 10240·Σ c + 20·n·2³² − 6·o·2³²) / (100·n)⌉; 2³¹, 2³²)
//!
//! Committed to is n, then of each of 64 places score, confidence and stake in 25 + 25 + 64 bits, two places to an element; absent ones are 0.

pub mod circuit;
mod native;

pub use native::{
    Consensus, ConsensusError, METHODS, MIN_VALIDATORS, Method, SCORE_ONE, Threshold, Validator, Validators,
};
