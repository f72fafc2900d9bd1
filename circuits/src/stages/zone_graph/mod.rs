//! The graph of a block's zones: what models over zones are proved about, as a matrix behind the commitment that a statement about a matrix
//! has, too ([`commit::matrix`](super::commit::matrix)). A proof of the block and one of a model are about the same graph if the commitments are
//! equal.
//!
//! The matrix has a position for each place of the zones, in their order, and at each so many numbers at 2⁻²⁰:
//!
//! | channels | number | value |
//! |---|---|---|
//! | 0 to 15 | ⌊y_t / 2⁴⌉ | coordinate t of the zone's centre, at most 2²⁶ on either side |
//! | 16 | ⌊S / 2³²⌉ | the zone's kernel sum, at most 6·2²⁰: 1 is a row alone |
//! | 17 | 2²⁰ | 1: there is a zone |
//!
//! Roundings are halves up. A place without a zone is a position of zeros, so that nothing of a row that is no zone gets into the graph,
//! and a model tells by channel 17, or by the densities, of which a zone has at least 1. Tags of zones are not among the channels: they
//! compare coordinates that are. Edges are none either: a model makes them of the centres as it was trained to.

pub(crate) mod circuit;
mod native;

pub use native::{CHANNELS, POSITIONS, commitment, nodes};
