//! What names a graph.

use ff::PrimeField;
use halo2curves::bn256::Fr;

use super::description::Graph;
use crate::poseidon::{Domain, bytes};

/// Bytes of a digest that a name shows.
const SHOWN: usize = 4;

/// D(`fp.graph`, 1, encoding): names the graph.
pub fn graph_digest(graph: &Graph) -> Fr {
    bytes(Domain::Graph, 1, &graph.to_bytes())
}

impl Graph {
    /// The first eight hex digits of its digest, as people read it: most significant first.
    pub fn short_digest(&self) -> String {
        let digest = graph_digest(self).to_repr();
        digest.iter().rev().take(SHOWN).map(|byte| format!("{byte:02x}")).collect()
    }
}
