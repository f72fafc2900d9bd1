//! PQ encoding: each folded vector is normalised and each of its four parts becomes the index of the nearest
//! centroid, the lowest one on a tie.
//!
//! * z = ⌊(f − μ)·inv / 2⁴⁰⌉, saturated to ±(2³⁰ − 1), at 2⁻²⁴
//! * the nearest centroid is the least (distance², index) in lexicographic order, i.e. the least 256·D_k + k
//! * r² = Σ of the four least squared distances, at 2⁻⁴⁸; within bound ⇔ r² ≤ ε²

pub(crate) mod circuit;
mod native;

pub use native::{NORMALISED_LIMIT, PqCode, encode, normalise};
