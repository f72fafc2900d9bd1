//! The stages, in the order data flows through them.

pub mod anomaly;
pub mod choice;
pub mod commit;
pub mod consensus;
pub mod criteria;
pub mod features;
pub mod fold;
pub mod graph;
pub mod hypergraph;
pub mod mempool;
pub mod model;
pub mod pq;
pub mod residuals;
pub mod signals;
pub mod simhash;
pub mod tags;
pub(crate) mod values;
pub mod zone_graph;
pub mod zones;
