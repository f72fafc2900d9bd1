//! Quantised models: dense layers over a fingerprint, or over a vector of another kind.
//!
//! `docs/model.md` is the normative text. In short, over integers:
//!
//! * input: x_j = clamp(⌊(f_j − μ_j)·M_j / 2⁴⁰⌉)
//! * layer: y_i = clamp(⌊(Σ_j w_ij·x_j + b_i)·M_i / 2³⁰⌉), with 0 for the least value after a ReLU
//! * head: bits [y_i ≥ 0], Σ (x_j − y_j)², the first greatest y_i, or each y_i
//!
//! The commitment is a Poseidon chain whose initial value holds the shape. Its elements are the salt, the head's
//! digest (of the labels) or threshold, the digest of what outputs stand for, and then every parameter: rows of eight
//! limbs ([`parameters`](crate::model::parameters)), packed downwards, the c-th limbs of 25 rows of 10-bit limbs or of 31 rows of weights to an
//! element.

mod assign;
pub(crate) mod circuit;
mod native;

pub use native::{Evaluation, HeadOutput, commitment, evaluate, head_element, label_digest, value_digest};
