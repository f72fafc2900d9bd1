//! The stages, in the order data flows through them.

pub mod commit;
pub mod features;
pub mod fold;
pub mod graph;
pub mod model;
pub mod pq;
pub(crate) mod values;
