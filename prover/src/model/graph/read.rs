//! Operators as a file has them.

use std::sync::Arc;

use super::Wrong;
use super::attributes::Attributes;
use super::encoder::Encoder;
use super::op::{Compare, Labels, Linear, Nary, Norm, Op, Pool, Post, Reduce, Unary};
use super::recurrent::{Cell, Recurrent};
use super::tensor::Tensor;
use super::trees::TreeEnsemble;
use super::window::Window;
use crate::model::onnx::schema::NodeProto;
use crate::model::onnx::{self, type_kind};

/// What [`Op::read`] knows, for messages and `docs/model-import.md`.
pub const SUPPORTED: &str = "one of Gemm, MatMul, Einsum, Conv, MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool, Pad, \
                             BatchNormalization, Add, Sub, Mul, Div, Pow, Min, Max, Sum, \
                             Mean, Neg, Abs, Sqrt, Reciprocal, Exp, Log, Floor, Ceil, Round, Sign, Not, Relu, LeakyRelu, \
                             PRelu, Clip, HardSigmoid, Sigmoid, Tanh, Erf, Softmax, LogSoftmax, comparisons, And, Or, \
                             Where, Gelu, Elu, Celu, Selu, HardSwish, Swish, LayerNormalization, RMSNormalization, GroupNormalization, \
                             InstanceNormalization, reductions, ArgMax, Identity, Dropout, Cast, Reshape, Flatten, Squeeze, Unsqueeze, \
                             Transpose, Concat, Slice, Gather, GatherElements, GatherND, Split, Expand, Tile, Trilu, OneHot, \
                             DepthToSpace, SpaceToDepth, Shape, Size, ConstantOfShape, Range, \
                             Constant, LSTM, GRU, and of ai.onnx.ml Scaler, Normalizer, Binarizer, LabelEncoder, \
                             LinearClassifier, LinearRegressor, TreeEnsembleClassifier, TreeEnsembleRegressor, \
                             TreeEnsemble, ArrayFeatureExtractor, ZipMap";

/// What to do about operators that are asked for and not read.
fn instead(op: &str) -> Option<&'static str> {
    Some(match op {
        "RNN" => "train an LSTM or a GRU instead: a plain RNN is not read",
        "Loop" | "Scan" => {
            "export layers, not loops: with tf2onnx LSTM(unroll=False) with default activations and without masks, so that its \
             rewriter finds the layer; with PyTorch nn.LSTM or nn.GRU, not a loop over a cell"
        }
        "If" => {
            "export for fixed shapes, so that no branch is left: with PyTorch without dynamic axes; onnxsim folds what is \
             decided"
        }
        "ConvTranspose" | "Resize" | "Upsample" => {
            "end the graph before what makes images larger, or train with Conv and pools alone"
        }
        "LpPool" | "GlobalLpPool" | "MaxUnpool" | "MaxRoiPool" => "train with MaxPool or AveragePool instead",
        "LRN" => "train with BatchNormalization, which becomes part of the convolution before it",
        "ThresholdedRelu" | "Shrink" | "Hardmax" => "train with Relu, LeakyRelu, Elu, Gelu or SiLU instead",
        "NonMaxSuppression" | "TopK" | "NonZero" | "Unique" => {
            "end the graph before this node: what depends on the data may not decide a shape; --head top-K has the greatest outputs"
        }
        _ => return None,
    })
}

impl Labels {
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
            "Gelu" => Self::Unary(match a.text("approximate", "none").as_str() {
                "none" => U::Gelu,
                "tanh" => U::GeluTanh,
                other => return Err(Wrong::new("approximate none or tanh", onnx::short(other))),
            }),
            "LayerNormalization" => {
                let (axis, epsilon) = (a.integer("axis", -1), a.real("epsilon", 1e-5_f32));
                if !(epsilon.is_finite() && epsilon >= 0.0) {
                    return Err(Wrong::new("an epsilon of 0 or more", epsilon.to_string()));
                }
                Self::LayerNormalization { axis, epsilon }
            }
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
            "Conv" => Self::Conv { window: Window::read(a)?, groups: a.integer("group", 1) },
            "MaxPool" => {
                if node.output.iter().skip(1).any(|name| !name.is_empty()) {
                    let expected = "a MaxPool of values alone";
                    return Err(Wrong::new(expected, "its second output, the places of the greatest"));
                }
                Self::Pool { window: Window::read(a)?, pool: Pool::Max }
            }
            "AveragePool" => {
                let padding = a.integer("count_include_pad", 0) != 0;
                Self::Pool { window: Window::read(a)?, pool: Pool::Average { padding } }
            }
            "GlobalMaxPool" => Self::Global(Reduce::Max),
            "GlobalAveragePool" => Self::Global(Reduce::Mean),
            "Pad" => match a.text("mode", "constant").as_str() {
                "constant" => {
                    // Version 1 calls them paddings.
                    let pads = a.integers("pads").or_else(|| a.integers("paddings"));
                    Self::Pad { pads, value: a.real("value", 0.0) }
                }
                other => {
                    let found = format!("mode {}", onnx::short(other));
                    let advice = "train with padding_mode=\"zeros\" (Keras: ZeroPadding)";
                    return Err(Wrong::with("mode constant", found, advice));
                }
            },
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
            "LSTM" => Self::Recurrent(Recurrent::read(Cell::Lstm, a, version)?),
            "GRU" => {
                let linear_before_reset = a.integer("linear_before_reset", 0) != 0;
                Self::Recurrent(Recurrent::read(Cell::Gru { linear_before_reset }, a, version)?)
            }
            other => {
                if let Some(op) = Self::rarer(other, a, version)? {
                    return Ok(op);
                }
                let found = onnx::short(other);
                return Err(match instead(other) {
                    Some(advice) => Wrong::with(SUPPORTED, found, advice),
                    None => Wrong::new(SUPPORTED, found),
                });
            }
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
            "LabelEncoder" => Self::LabelEncoder(Arc::new(Encoder::read(a)?)),
            "TreeEnsembleRegressor" => Self::Trees(Arc::new(TreeEnsemble::regressor(a)?)),
            "TreeEnsembleClassifier" => Self::Trees(Arc::new(TreeEnsemble::classifier(a, Labels::read(a))?)),
            "TreeEnsemble" => Self::Trees(Arc::new(TreeEnsemble::version_five(a)?)),
            other => return Err(Wrong::new(SUPPORTED, format!("{} of ai.onnx.ml", onnx::short(other)))),
        })
    }
}
