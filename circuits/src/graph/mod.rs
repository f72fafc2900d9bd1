//! Models as graphs: typed integer tensors and a few operators that prove all of them.
//!
//! `docs/graph.md` is the normative text. A [`Graph`] says what is computed, and its encoding alone determines circuit and
//! key; a [`GraphModel`] has the parameters, which a proof keeps to itself behind one commitment.
//!
//! Tensors are flat lists of integers; each knows the interval its elements lie in, whatever the input and the parameters
//! are. Operators read them in the order that suits them, and [`Node::Index`] rearranges: wiring, which costs no row.

mod check;
mod description;
mod digest;
mod encoding;
mod error;
mod intervals;
pub(crate) mod limits;
mod model;
mod node;
pub mod parameters;
pub mod size;
pub(crate) mod table;

pub use description::Graph;
pub use digest::graph_digest;
pub use error::GraphError;
pub use limits::{
    BIAS_BITS, KEY_LIMBS, LEAF_BITS, LIMB_BITS, MAX_BLOCKS, MAX_DEPTH, MAX_DIMS, MAX_ELEMENTS, MAX_ENCODING,
    MAX_HEADS, MAX_INPUTS, MAX_NODES, MAX_OPERANDS, MAX_PARAMETERS, MAX_POWER, MAX_SPLITS, MAX_TABLES,
    MAX_TARGETS, MAX_TERMS, MAX_TOP, MAX_TOTAL, MAX_VIEWS, MAX_WIDTH, MAX_WORK, SUM_BITS, SUM_WIRES,
    WEIGHT_BITS,
};
pub use model::{Channel, Child, Forest, GraphModel, HeadMeaning, LinearBlock, ParameterBlock, Split};
pub use node::{Base, Block, Head, Node, Operand, Requantise, Tensor, Term, View};
pub use table::{Function, Table};
