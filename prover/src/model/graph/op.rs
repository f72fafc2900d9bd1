//! Operators with their attributes, as ONNX names them.

use super::Wrong;
use super::tensor::{Kind, Tensor};
use crate::model::graph::attributes::Attributes;
use crate::model::onnx::schema::NodeProto;
use crate::model::onnx::{self, type_kind};

/// What [`Op::read`] knows, for messages and `docs/model-import.md`.
pub const SUPPORTED: &str = "one of Gemm, MatMul, Einsum, BatchNormalization, Add, Sub, Mul, Div, Pow, Min, Max, Sum, \
                             Mean, Neg, Abs, Sqrt, Reciprocal, Exp, Log, Floor, Ceil, Round, Sign, Not, Relu, LeakyRelu, \
                             PRelu, Clip, HardSigmoid, Sigmoid, Tanh, Erf, Softmax, LogSoftmax, comparisons, And, Or, \
                             Where, reductions, ArgMax, Identity, Dropout, Cast, Reshape, Flatten, Squeeze, Unsqueeze, \
                             Transpose, Concat, Slice, Gather, Split, Expand, Shape, Size, ConstantOfShape, Range, \
                             Constant, and of ai.onnx.ml Scaler, Normalizer, Binarizer, LinearClassifier, \
                             LinearRegressor, ArrayFeatureExtractor, ZipMap";

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

    fn read(attributes: &Attributes<'_>) -> Self {
        let texts = attributes.texts("classlabels_strings");
        if !texts.is_empty() {
            return Self::Text(texts);
        }
        let whole = attributes.integers("classlabels_int64s");
        Self::Whole(whole.or_else(|| attributes.integers("classlabels_ints")).unwrap_or_default())
    }
}

impl Op {
    /// The operator of a node. `version` is that of the operators of ONNX that the file asks for.
    pub fn read(node: &NodeProto, version: i64) -> Result<Self, Wrong> {
        let attributes = Attributes(node);
        match node.domain.as_str() {
            "" | "ai.onnx" => Self::standard(node, &attributes, version),
            "ai.onnx.ml" => Self::learning(node, &attributes),
            domain => Err(Wrong::new(
                SUPPORTED,
                format!("{} of {}", onnx::short(&node.op_type), onnx::short(domain)),
            )),
        }
    }

    fn standard(node: &NodeProto, a: &Attributes<'_>, version: i64) -> Result<Self, Wrong> {
        let reduce = |kind| Self::Reduce {
            kind,
            axes: a.integers("axes"),
            keep: a.integer("keepdims", 1) != 0,
            noop: a.integer("noop_with_empty_axes", 0) != 0,
        };
        let arg = |least| Self::ArgMax {
            axis: a.integer("axis", 0),
            keep: a.integer("keepdims", 1) != 0,
            last: a.integer("select_last_index", 0) != 0,
            least,
        };
        let softmax = |log| Self::Softmax {
            axis: a.integer("axis", if version < 13 { 1 } else { -1 }),
            log,
            flat: version < 13,
        };
        use self::{Compare as C, Nary as N, Unary as U};
        Ok(match node.op_type.as_str() {
            "Neg" => Self::Unary(U::Neg),
            "Abs" => Self::Unary(U::Abs),
            "Sqrt" => Self::Unary(U::Sqrt),
            "Reciprocal" => Self::Unary(U::Reciprocal),
            "Exp" => Self::Unary(U::Exp),
            "Log" => Self::Unary(U::Log),
            "Floor" => Self::Unary(U::Floor),
            "Ceil" => Self::Unary(U::Ceil),
            "Round" => Self::Unary(U::Round),
            "Sign" => Self::Unary(U::Sign),
            "Relu" => Self::Unary(U::Relu),
            "Sigmoid" => Self::Unary(U::Sigmoid),
            "Tanh" => Self::Unary(U::Tanh),
            "Erf" => Self::Unary(U::Erf),
            "LeakyRelu" => Self::Unary(U::LeakyRelu(a.real("alpha", 0.01_f32))),
            "HardSigmoid" => Self::Unary(U::HardSigmoid(a.real("alpha", 0.2_f32), a.real("beta", 0.5_f32))),
            "Add" | "Sum" => Self::Nary(N::Add),
            "Sub" => Self::Nary(N::Sub),
            "Mul" => Self::Nary(N::Mul),
            "Div" => Self::Nary(N::Div),
            "Pow" => Self::Nary(N::Pow),
            "Min" => Self::Nary(N::Min),
            "Max" => Self::Nary(N::Max),
            "Mean" => Self::Nary(N::Mean),
            "PRelu" => Self::Nary(N::PRelu),
            "Equal" => Self::Compare(C::Equal),
            "Less" => Self::Compare(C::Less),
            "LessOrEqual" => Self::Compare(C::LessOrEqual),
            "Greater" => Self::Compare(C::Greater),
            "GreaterOrEqual" => Self::Compare(C::GreaterOrEqual),
            "And" => Self::Compare(C::And),
            "Or" => Self::Compare(C::Or),
            "Not" => Self::Not,
            "Where" => Self::Where,
            "Clip" => Self::Clip { min: a.optional("min"), max: a.optional("max") },
            "Cast" => Self::Cast(type_kind(i32::try_from(a.integer("to", 0)).unwrap_or_default())?),
            "Gemm" => Self::Gemm {
                alpha: a.real("alpha", 1.0),
                beta: a.real("beta", 1.0),
                trans_a: a.integer("transA", 0) != 0,
                trans_b: a.integer("transB", 0) != 0,
            },
            "MatMul" => Self::MatMul,
            "Einsum" => Self::Einsum(a.text("equation", "")),
            "BatchNormalization" => {
                // Version 14 says so in an attribute, those before by giving out the statistics, the oldest by not
                // saying "test".
                let others = node.output.iter().skip(1).filter(|name| !name.is_empty()).count();
                let training = a.integer("training_mode", 0) != 0
                    || others > 0
                    || (version < 7 && a.integer("is_test", 0) == 0);
                if training {
                    return Err(Wrong::with(
                        "training_mode = false",
                        "BatchNormalization in training mode, which depends on the other samples of a batch",
                        "export the model in evaluation mode, e.g. after model.eval()",
                    ));
                }
                Self::BatchNormalization { epsilon: a.real("epsilon", 1e-5_f32) }
            }
            "ReduceSum" => reduce(Reduce::Sum),
            "ReduceMean" => reduce(Reduce::Mean),
            "ReduceMax" => reduce(Reduce::Max),
            "ReduceMin" => reduce(Reduce::Min),
            "ReduceProd" => reduce(Reduce::Prod),
            "ReduceL1" => reduce(Reduce::L1),
            "ReduceL2" => reduce(Reduce::L2),
            "ReduceSumSquare" => reduce(Reduce::SumSquare),
            "ArgMax" => arg(false),
            "ArgMin" => arg(true),
            "Softmax" => softmax(false),
            "LogSoftmax" => softmax(true),
            "Identity" => Self::Identity { training: None },
            "Dropout" => {
                let drops = a.real("ratio", 0.5) != 0.0;
                if version < 7 && a.integer("is_test", 0) == 0 && drops {
                    return Err(Wrong::new("is_test = 1", "Dropout in training mode"));
                }
                Self::Identity { training: Some(2) }
            }
            "Reshape" => Self::Reshape { allow_zero: a.integer("allowzero", 0) != 0 },
            "Flatten" => Self::Flatten { axis: a.integer("axis", 1) },
            "Squeeze" => Self::Squeeze { axes: a.integers("axes") },
            "Unsqueeze" => Self::Unsqueeze { axes: a.integers("axes") },
            "Transpose" => Self::Transpose { perm: a.integers("perm") },
            "Concat" => Self::Concat { axis: a.integer("axis", 0) },
            "Slice" => Self::Slice {
                attributes: a.integers("starts").map(|starts| {
                    let axes = (0..).take(starts.len()).collect();
                    let ends = a.integers("ends").unwrap_or_default();
                    [starts, ends, a.integers("axes").unwrap_or(axes)]
                }),
            },
            "Gather" => Self::Gather { axis: a.integer("axis", 0) },
            "Split" => Self::Split { axis: a.integer("axis", 0), sizes: a.integers("split") },
            "Expand" => Self::Expand,
            "Shape" => Self::Shape { start: a.integer("start", 0), end: a.integers_or_one("end") },
            "Size" => Self::Size,
            "ConstantOfShape" => Self::ConstantOfShape(match a.tensor("value") {
                Some(tensor) => tensor?,
                None => Tensor::vector(vec![0.0]),
            }),
            "Range" => Self::Range,
            "Constant" => Self::Constant(a.constant()?),
            other => return Err(Wrong::new(SUPPORTED, onnx::short(other))),
        })
    }

    fn learning(node: &NodeProto, a: &Attributes<'_>) -> Result<Self, Wrong> {
        let linear = |intercepts: Vec<f64>| -> Result<Linear, Wrong> {
            Ok(Linear {
                coefficients: a.reals("coefficients"),
                intercepts,
                post: match a.text("post_transform", "NONE").as_str() {
                    "NONE" => Post::None,
                    "LOGISTIC" => Post::Logistic,
                    "SOFTMAX" => Post::Softmax,
                    other => {
                        return Err(Wrong::new(
                            "post_transform NONE, LOGISTIC or SOFTMAX",
                            onnx::short(other),
                        ));
                    }
                },
            })
        };
        Ok(match node.op_type.as_str() {
            "Scaler" => Self::Scaler { offset: a.reals("offset"), scale: a.reals("scale") },
            "Normalizer" => Self::Normalizer(match a.text("norm", "MAX").as_str() {
                "L1" => Norm::L1,
                "L2" => Norm::L2,
                "MAX" => Norm::Max,
                other => return Err(Wrong::new("norm MAX, L1 or L2", onnx::short(other))),
            }),
            "Binarizer" => Self::Binarizer(a.real("threshold", 0.0)),
            "LinearClassifier" => {
                let labels = Labels::read(a);
                Self::LinearClassifier(linear(a.reals("intercepts"))?, labels)
            }
            "LinearRegressor" => {
                let targets = usize::try_from(a.integer("targets", 1)).unwrap_or(0).min(1 << 10);
                let mut intercepts = a.reals("intercepts");
                if intercepts.is_empty() {
                    intercepts = vec![0.0; targets];
                }
                Self::LinearRegressor(linear(intercepts)?)
            }
            "ArrayFeatureExtractor" => Self::ArrayFeatureExtractor,
            "ZipMap" => Self::ZipMap(Labels::read(a)),
            other => return Err(Wrong::new(SUPPORTED, format!("{} of ai.onnx.ml", onnx::short(other)))),
        })
    }

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
            | Self::Reduce { kind: Reduce::Sum | Reduce::Mean, .. } => only(0),
            Self::LinearRegressor(linear) | Self::LinearClassifier(linear, _) => linear.post == Post::None,
            _ => false,
        }
    }
}
