//! The stages, in the order data flows through them.

pub mod anomaly;
pub mod commit;
pub mod features;
pub mod fold;
pub mod graph;
pub mod hypergraph;
pub mod model;
pub mod pq;
pub mod residuals;
pub mod tags;
pub(crate) mod values;
pub mod zones;
