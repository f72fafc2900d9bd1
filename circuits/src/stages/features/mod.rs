//! Features: every record becomes a vector of exact rationals in [−1, 1] with constant denominators.
//!
//! | class | numbers (canonical, clamped) | links (text buckets) | tri-state | time | position | height |
//! |---|---|---|---|---|---|---|
//!
//! is the table of `spec/pipeline.md` section 1, as [`CLASSES`]. A record contributes *numerators* only; the
//! stage's output is the sum and the sum of squares of each numerator ([`Sums`]), so nothing is rounded here.

pub(crate) mod circuit;
mod native;
pub(crate) mod text_circuit;

pub use native::{ClassSums, Sum, Sums, bucket_residue, byte_hash, clamp_number, sums, text_hash};

pub use crate::records::{
    CLASSES, Class, ClassFeatures, HEIGHT_SCALE, LINKS, NUMBERS, NumberFeature, Record, TEXTS, TIME_PERIOD,
    TextFeature, records,
};
