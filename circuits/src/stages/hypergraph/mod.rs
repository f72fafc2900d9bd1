//! The hypergraph of hotzones: which of them overlap.
//!
//! Of zones a < b, in the order of the zones:
//!
//! * d = ⌊√D⌋ at 2⁻²⁴; o = max(0, reach − d); g = ⌊√(S_a·S_b)⌋ at 2⁻⁵²
//! * weight w = ⌊o·g / 2⁴⁴⌉, 44 bits, at 2⁻³² in units of the density of a kernel sum of 1
//!
//! A set of two, three or four zones is a hyperedge if the sum of the weights of its pairs reaches the threshold of its size. Sets are
//! numbered by size, then in lexicographic order: 15, 20 and 15.

pub(crate) mod circuit;
