//! Zones: rows of a PQ code that lie densely, their tags, and the regime these make.
//!
//! Row i has the centre y_i, the 16 quantised coordinates (signed 31 bits at 2⁻²⁴) of its four centroids. With the integers of a
//! [`ZoneConfig`], for rows i and j:
//!
//! * D_ij = Σ_t (y_it − y_jt)², 67 bits; v_ij = ⌊D_ij·kernel / 2⁵⁶⌉ at 2⁻²⁴, 60 bits; k_ij = E(v_ij) ([`exponential`](crate::exponential))
//! * S_i = Σ_j k_ij with k_ii = 2⁵²: between 2⁵² and 6·2⁵², 55 bits at 2⁻⁵²
//! * zones are the rows with S_i ≥ min_sum by falling keys 8·S_i + 7 − i, so that the lower row is first among equals, at most as many as the
//!   configuration lets
//! * a zone's tags compare coordinates of its centre: bit t < 9 is \[100·y_t > limit_t·2²⁴\], bit 9 \[100·y_9 < −45·2²⁴\], bit 10 none of them
//! * score_t = Σ S over the zones with bit t, for t < 9, 58 bits; the regime is the two greatest that are not 0, the lower bit first among equals
//!
//! A list of zones is packed into two elements: the number of zones in 3 bits, then row, S and mask of each of six places in 3 + 55 + 11
//! bits, three places to an element. Absent zones are 0.

pub(crate) mod circuit;
mod native;

pub use native::{
    EXPONENT_BITS, MASK_BITS, PLACES, REGIME, SCORED, SUM_BITS, TAG_LIMITS, TAG_NAMES, Zone, Zones, centres,
    mask, packed, regime, tag_names, unpack,
};

pub use crate::zone_config::{PRESETS, ZoneConfig, ZoneConfigError};
