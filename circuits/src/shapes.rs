//! What of a model its statement fixes.

use std::fmt;
use std::sync::Arc;

use crate::fingerprint::FINGERPRINT;
use crate::graph::Graph;
use crate::model::Shape;
use crate::subject::Subject;

/// First byte of a graph in the encoding of a statement; those of dense shapes, the numbers of heads, are small.
const GRAPH: u8 = 0x80;

/// What of a model circuit and key depend on. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelShape {
    /// Dense layers, one after another.
    Dense(Shape),
    /// Any operators: all of the model but its parameters.
    Graph(Arc<Graph>),
}

impl From<Shape> for ModelShape {
    fn from(shape: Shape) -> Self {
        Self::Dense(shape)
    }
}

impl From<&Shape> for ModelShape {
    fn from(shape: &Shape) -> Self {
        Self::Dense(*shape)
    }
}

impl From<Arc<Graph>> for ModelShape {
    fn from(graph: Arc<Graph>) -> Self {
        Self::Graph(graph)
    }
}

impl From<&Arc<Graph>> for ModelShape {
    fn from(graph: &Arc<Graph>) -> Self {
        Self::Graph(Arc::clone(graph))
    }
}

impl ModelShape {
    /// The dense shape, if it is one.
    pub fn dense(&self) -> Option<Shape> {
        match self {
            Self::Dense(shape) => Some(*shape),
            Self::Graph(_) => None,
        }
    }

    /// The graph, if it is one.
    pub fn graph(&self) -> Option<&Arc<Graph>> {
        match self {
            Self::Dense(_) => None,
            Self::Graph(graph) => Some(graph),
        }
    }

    /// How many values it takes, over all positions.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Dense(shape) => shape.inputs(),
            Self::Graph(graph) => graph.inputs(),
        }
    }

    /// Positions, and values at each: dense layers know of one position.
    pub fn dimensions(&self) -> (usize, usize) {
        match self {
            Self::Dense(shape) => (1, shape.inputs()),
            Self::Graph(graph) => (graph.positions(), graph.channels()),
        }
    }

    /// What a proof of it alone is about: a fingerprint or several, a vector or a matrix, by its dimensions.
    pub fn subject(&self) -> Subject {
        let narrow = |count| u16::try_from(count).unwrap_or(u16::MAX);
        match self.dimensions() {
            (1, FINGERPRINT) => Subject::Fingerprint,
            (1, length) => Subject::Vector(narrow(length)),
            (positions, FINGERPRINT) => Subject::Sequence { positions: narrow(positions) },
            (positions, channels) => {
                Subject::Matrix { positions: narrow(positions), channels: narrow(channels) }
            }
        }
    }

    /// How many public inputs its outputs are.
    pub fn published(&self) -> usize {
        match self {
            Self::Dense(shape) => shape.published(),
            Self::Graph(graph) => graph.published(),
        }
    }

    /// The encoding: a dense shape's own, a graph's after a byte that no dense shape starts with.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Dense(shape) => shape.to_bytes(),
            Self::Graph(graph) => [&[GRAPH][..], &graph.to_bytes()].concat(),
        }
    }

    /// Reads one shape off the front of `bytes`, which is left with the rest.
    pub fn take(bytes: &mut &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&GRAPH, rest) => {
                *bytes = rest;
                Graph::take(bytes).map(|graph| Self::Graph(Arc::new(graph)))
            }
            _ => Shape::take(bytes).map(Self::Dense),
        }
    }
}

impl fmt::Display for ModelShape {
    /// A dense shape's name gives it back. Of a graph it says what fits a line: values at each position, positions if there are
    /// several, heads, and where its digest starts, e.g. `graph-96x10-class-score-0a1b2c3d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = match self {
            Self::Dense(shape) => return shape.fmt(f),
            Self::Graph(graph) => graph,
        };
        write!(f, "graph-{}", graph.channels())?;
        if graph.positions() > 1 {
            write!(f, "x{}", graph.positions())?;
        }
        for head in graph.heads() {
            write!(f, "-{}", head.name())?;
        }
        write!(f, "-{}", graph.short_digest())
    }
}
