//! Operators with their attributes, as ONNX names them.

use std::sync::Arc;

use super::encoder::Encoder;
use super::recurrent::Recurrent;
use super::tensor::{Kind, Tensor};
use super::trees::TreeEnsemble;
use super::window::Window;

/// One value of each element.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Unary {
    Neg,
    Abs,
    Sqrt,
    Reciprocal,
    Exp,
    Log,
    Floor,
    Ceil,
    Round,
    Sign,
    Relu,
    Sigmoid,
    Tanh,
    Erf,
    LeakyRelu(f64),
    HardSigmoid(f64, f64),
    Gelu,
    GeluTanh,
    Silu,
    HardSwish,
    Mish,
    Softplus,
    Softsign,
    Sin,
    Cos,
    /// x·σ(a·x).
    Swish(f64),
    /// c·max(x, 0) + a·(e^(min(x, 0)/b) − 1), with a, b and c in this order: Elu, Celu and Selu.
    Elu(f64, f64, f64),
}

/// One value of the elements of several tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Nary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
    Mean,
    PRelu,
    /// The remainder with the sign of the divisor.
    Mod,
}

/// A truth value of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
}

/// One value of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Reduce {
    Sum,
    Mean,
    Max,
    Min,
    Prod,
    L1,
    L2,
    SumSquare,
}

/// What a classifier of scikit-learn does to its scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Post {
    None,
    Logistic,
    Softmax,
}

/// What a Normalizer divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Norm {
    Max,
    L1,
    L2,
}

/// What a window is made one number by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Its greatest element.
    Max,
    /// The mean of its elements.
    Average {
        /// Whether what stands around counts, as zeros.
        padding: bool,
    },
}

/// Rows of coefficients, a row for each output.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Row by row.
    pub coefficients: Vec<f64>,
    /// One for each output.
    pub intercepts: Vec<f64>,
    /// What follows.
    pub post: Post,
}

/// An operator with its attributes. Attributes that may also be inputs are options.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Op {
    Unary(Unary),
    Nary(Nary),
    Compare(Compare),
    Not,
    Where,
    Clip {
        min: Option<f64>,
        max: Option<f64>,
    },
    Cast(Kind),
    Gemm {
        alpha: f64,
        beta: f64,
        trans_a: bool,
        trans_b: bool,
    },
    MatMul,
    Einsum(String),
    BatchNormalization {
        epsilon: f64,
    },
    Conv {
        window: Window,
        groups: i64,
    },
    /// MaxPool and AveragePool.
    Pool {
        window: Window,
        pool: Pool,
    },
    /// GlobalMaxPool and GlobalAveragePool.
    Global(Reduce),
    /// With one number around.
    Pad {
        pads: Option<Vec<i64>>,
        value: f64,
    },
    Reduce {
        kind: Reduce,
        axes: Option<Vec<i64>>,
        keep: bool,
        noop: bool,
    },
    ArgMax {
        axis: i64,
        keep: bool,
        last: bool,
        least: bool,
    },
    /// Over all dimensions from the axis on.
    LayerNormalization {
        axis: i64,
        epsilon: f64,
    },
    /// Over these axes; scale and bias repeat to the dimensions of all. `mean`: whether it is taken off.
    Normalization {
        axes: Vec<usize>,
        epsilon: f64,
        mean: bool,
    },
    RmsNormalization {
        axis: i64,
        epsilon: f64,
    },
    /// InstanceNormalization, for which there are as many groups as channels, and GroupNormalization. `each`: whether scale and bias
    /// are those of a channel, not of a group.
    GroupNormalization {
        groups: Option<usize>,
        epsilon: f64,
        each: bool,
    },
    /// Distances between the rows of a matrix, each with each, or their squares: no operator of ONNX, but what many nodes spell.
    PairDistances {
        root: bool,
    },
    /// Numbers of neighbours to a power of so many halves; of 0 it is 0 with `zero`, else 1.
    DegreePower {
        halves: i32,
        zero: bool,
    },
    /// By the root of the sum of squares along an axis.
    LpNormalization {
        axis: i64,
    },
    /// The first input as the type of the second.
    CastLike,
    /// `flat`: over all dimensions from the axis on, as before version 13.
    Softmax {
        axis: i64,
        log: bool,
        flat: bool,
    },
    /// Gives its first input on: Identity, and Dropout when not training. `training`: its input that must not be true.
    Identity {
        training: Option<usize>,
    },
    Reshape {
        allow_zero: bool,
    },
    Flatten {
        axis: i64,
    },
    Squeeze {
        axes: Option<Vec<i64>>,
    },
    Unsqueeze {
        axes: Option<Vec<i64>>,
    },
    Transpose {
        perm: Option<Vec<i64>>,
    },
    Concat {
        axis: i64,
    },
    Slice {
        attributes: Option<[Vec<i64>; 3]>,
    },
    Gather {
        axis: i64,
    },
    Split {
        axis: i64,
        sizes: Option<Vec<i64>>,
    },
    Expand,
    Tile,
    GatherElements {
        axis: i64,
    },
    GatherNd {
        batch: i64,
    },
    /// `turned`: blocks before channels, as DCR has them.
    DepthToSpace {
        block: i64,
        turned: bool,
    },
    SpaceToDepth {
        block: i64,
    },
    /// The upper or lower triangle of matrices, zeros elsewhere.
    Trilu {
        upper: bool,
    },
    OneHot {
        axis: i64,
    },
    CumSum {
        exclusive: bool,
        reverse: bool,
    },
    EyeLike {
        diagonal: i64,
        kind: Option<Kind>,
    },
    IsNan,
    IsInf {
        negative: bool,
        positive: bool,
    },
    Shape {
        start: i64,
        end: Option<i64>,
    },
    Size,
    ConstantOfShape(Tensor),
    Range,
    Constant(Tensor),
    Scaler {
        offset: Vec<f64>,
        scale: Vec<f64>,
    },
    Normalizer(Norm),
    Binarizer(f64),
    LinearClassifier(Linear, Labels),
    LinearRegressor(Linear),
    ArrayFeatureExtractor,
    ZipMap(Labels),
    LabelEncoder(Arc<Encoder>),
    /// LSTM and GRU.
    Recurrent(Recurrent),
    /// TreeEnsembleRegressor, TreeEnsembleClassifier and TreeEnsemble.
    Trees(Arc<TreeEnsemble>),
}

/// Names of classes.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Texts.
    Text(Vec<String>),
    /// Numbers.
    Whole(Vec<i64>),
}

impl Labels {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(labels) => labels.len(),
            Self::Whole(labels) => labels.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Op {
    /// Whether the operator multiplies by a matrix, and so makes a layer.
    pub fn is_product(&self) -> bool {
        matches!(
            self,
            Self::Gemm { .. }
                | Self::MatMul
                | Self::Einsum(_)
                | Self::LinearClassifier(..)
                | Self::LinearRegressor(_)
        )
    }

    /// Whether the output is an affine function of the inputs that `depends` says are no constants, the others given.
    pub fn is_affine(&self, depends: &[bool]) -> bool {
        let only = |index: usize| depends.iter().enumerate().all(|(i, depends)| !depends || i == index);
        let one = depends.iter().filter(|depends| **depends).count() <= 1;
        match self {
            Self::Unary(Unary::Neg)
            | Self::Nary(Nary::Add | Nary::Sub | Nary::Mean)
            | Self::Cast(Kind::Real)
            | Self::Scaler { .. }
            | Self::Concat { .. }
            | Self::ZipMap(_) => true,
            Self::Nary(Nary::Mul) | Self::MatMul | Self::Einsum(_) => one,
            // alpha·A·B, with C beside it.
            Self::Gemm { .. } => !(depends.first() == Some(&true) && depends.get(1) == Some(&true)),
            Self::Nary(Nary::Div)
            | Self::BatchNormalization { .. }
            | Self::Identity { .. }
            | Self::Reshape { .. }
            | Self::Flatten { .. }
            | Self::Squeeze { .. }
            | Self::Unsqueeze { .. }
            | Self::Transpose { .. }
            | Self::Slice { .. }
            | Self::Gather { .. }
            | Self::Split { .. }
            | Self::Expand
            | Self::ArrayFeatureExtractor
            | Self::Reduce { kind: Reduce::Sum | Reduce::Mean, .. } => only(0),
            // The first output of a LinearClassifier is a label, which is no affine map of anything.
            Self::LinearRegressor(linear) => linear.post == Post::None,
            _ => false,
        }
    }
}
