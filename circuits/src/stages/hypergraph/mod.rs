//! The hypergraph of zones: sets of two, three or four zones that overlap.
//!
//! Over the ordered zones a < b, of rows i and j, with the integers of a [`ZoneConfig`](crate::zone_config::ZoneConfig):
//!
//! * d = ⌊√D_ij⌋ at 2⁻²⁴, 34 bits; o = max(0, reach − d), 32 bits; g = ⌊√(S_a·S_b)⌋ at 2⁻⁵², 55 bits
//! * w_ab = ⌊o·g / 2⁴⁴⌉ at 2⁻³², 44 bits
//! * W = Σ w over the 1, 3 or 6 pairs of a set, 47 bits. The set is a hyperedge if W ≥ edge2, edge3 or edge4.
//!
//! Sets stand in the order of their size, those of one size in lexicographic order: 15 pairs, 20 triples, 15 quadruples of six places. A set
//! with an absent zone is no hyperedge.

pub(crate) mod circuit;
mod native;

pub use native::{Edge, Hypergraph, PAIRS, Pair, SETS, WEIGHT_BITS, set_weight, sets};
