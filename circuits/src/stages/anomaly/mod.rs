//! The heuristic anomaly score and label.
//!
//! | part, at 2⁻³² | value |
//! |---|---|
//! | density | D = 2³² − min(2³², ⌊S of the first zone · baseline / 2⁶⁰⌉); .85 without zones |
//! | residual | R = min(2³², ⌊P·2³⁰ / scale⌉), P the 95th percentile |
//! | tags, in sixtieths | U = min(60, Σ priors), see [`PRIORS`] |
//!
//! raw = 200·D + 140·R + U·2³²; the score in hundredths is ⌊(raw + 2³³ − 1) / 2³⁴⌋, half down, the one value that is not rounded half up.
//! The label is 2, *Rare*, from 75 on, 1, *Unusual*, from 45 on, else 0, *Typical*.
//!
//! Zone tags count if the variant says so: those of all zones together, each once.

pub(crate) mod circuit;

/// Priors of zone tags, by their bits, in twentieths of a third: DEX, NFT, bridge and lending activity, AML alert, volatility crush.
pub const PRIORS: [(usize, u32); 6] = [(2, 6), (3, 7), (4, 9), (6, 8), (7, 16), (9, 10)];
