//! What a pending block says of the next one: a score, tags, a confidence, a time.
//!
//! A snapshot is n, gwei = ⌊Σ price / (10⁹·n)⌋ (0 if n = 0), value = Σ value in wei, the mask of [`tags`](crate::stages::tags) and a time in seconds. dt and
//! dg are the differences of n and gwei from the snapshot before, 0 without one. With K = 2¹⁶:
//!
//! * raw = K·(120·min(n, 150) + 225·min(gwei, 80)) + ⌊8·K·min(value, 1500·10¹⁸) / 10¹⁸⌉ + K·(12000·\[a high or bridge tag\] + clamp(2000·dg; 0, 9000)
//!   + clamp(1200·dt; 0, 9000)), at most 60000·K
//! * score = ⌊raw / (600·K)⌉ in hundredths
//! * tags: high fee if gwei > 60 or dg > 8; exchange, lending, bridge, tokens if the block has that activity or that asset; else mixed
//! * confidence = ⌊clamp(200 + 6·score + 10·max(0, dg); 0, 1000) / 10⌉ hundredths
//! * eta = max(3, ⌊cadence·(200 − score) / 200⌉) seconds, with cadence = clamp(time − before; 2, 20), 10 without a snapshot of another time

pub mod circuit;
mod native;

pub use native::{HIGH_TAGS, PREDICTED_TAGS, Prediction, Snapshot, TIME_BITS};
