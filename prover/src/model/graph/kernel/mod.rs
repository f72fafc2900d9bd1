//! What operators compute, in double precision. One kernel serves the folding of constants, the shapes of values, the
//! reading of layers and the float model that agreement is measured against.

mod elementwise;
mod index;
mod learning;
mod linear;
mod normal;
mod pick;
mod recurrent;
mod reduce;
pub(in crate::model) mod window;

use super::Wrong;
use super::op::{Compare, Op, Unary};
use super::tensor::{Data, Tensor, axis};

pub use elementwise::unary;
pub use linear::spelt_out;

/// Inputs of a node; none where one is left out.
pub struct Inputs<'a>(pub &'a [Option<&'a Tensor>]);

impl<'a> Inputs<'a> {
    /// An input that has to be there.
    pub fn get(&self, index: usize) -> Result<&'a Tensor, Wrong> {
        self.optional(index).ok_or_else(|| Wrong::new(format!("an input {index}"), "none"))
    }

    /// An input, if it is there.
    pub fn optional(&self, index: usize) -> Option<&'a Tensor> {
        self.0.get(index).copied().flatten()
    }

    /// All inputs, none of them left out.
    fn all(&self) -> Result<Vec<&'a Tensor>, Wrong> {
        (0..self.0.len()).map(|index| self.get(index)).collect()
    }
}

/// The outputs of an operator; `outputs` is how many the node names.
pub fn evaluate(op: &Op, inputs: &Inputs<'_>, outputs: usize) -> Result<Vec<Tensor>, Wrong> {
    let one = |tensor: Result<Tensor, Wrong>| tensor.map(|tensor| vec![tensor]);
    match op {
        Op::Unary(unary) => one(elementwise::map(*unary, inputs.get(0)?)),
        Op::Nary(nary) => one(elementwise::nary(*nary, &inputs.all()?)),
        Op::Compare(compare) => one(elementwise::compare(*compare, inputs.get(0)?, inputs.get(1)?)),
        Op::Not => {
            let x = inputs.get(0)?;
            one(Tensor::new(x.dims().to_vec(), Data::Bool(x.bools()?.iter().map(|x| !x).collect())))
        }
        Op::Where => one(elementwise::choose(inputs.get(0)?, inputs.get(1)?, inputs.get(2)?)),
        Op::Clip { min, max } => {
            let bound = |index: usize, attribute: &Option<f64>| match inputs.optional(index) {
                Some(bound) => bound.single().map(Some),
                None => Ok(*attribute),
            };
            one(elementwise::clip(inputs.get(0)?, bound(1, min)?, bound(2, max)?))
        }
        Op::Cast(kind) => one(elementwise::cast(inputs.get(0)?, *kind)),
        Op::Gemm { .. } => one(linear::gemm(op, inputs)),
        Op::MatMul => one(linear::matmul(inputs.get(0)?, inputs.get(1)?)),
        Op::Einsum(equation) => one(linear::einsum(equation, &inputs.all()?)),
        Op::BatchNormalization { epsilon } => one(linear::batch_normalization(inputs, *epsilon)),
        Op::Conv { window, groups } => one(window::conv(window, *groups, inputs)),
        Op::Pool { window, pool } => one(window::pool(window, *pool, inputs.get(0)?)),
        Op::Global(kind) => one(window::global(*kind, inputs.get(0)?)),
        Op::Pad { pads, value } => one(window::pad(pads.as_deref(), *value, inputs)),
        Op::Reduce { kind, axes, keep, noop } => {
            let axes = match inputs.optional(1) {
                Some(axes) => Some(axes.integers()?.to_vec()),
                None => axes.clone(),
            };
            one(reduce::reduce(*kind, inputs.get(0)?, axes.as_deref(), *keep, *noop))
        }
        Op::ArgMax { axis, keep, last, least } => {
            one(reduce::arg(inputs.get(0)?, *axis, *keep, *last, *least))
        }
        Op::LayerNormalization { axis, epsilon } => normal::layer(inputs, *axis, *epsilon, outputs),
        Op::Normalization { axes, epsilon, mean } => one(normal::over(inputs, axes, *epsilon, *mean)),
        Op::RmsNormalization { axis: along, epsilon } => {
            one(normal::root_mean_square(inputs, *along, *epsilon))
        }
        Op::GroupNormalization { groups, epsilon, each } => {
            one(normal::grouped(inputs, *groups, *epsilon, *each))
        }
        Op::LpNormalization { axis: along } => {
            let x = inputs.get(0)?;
            let place = axis(*along, x.dims().len())?;
            #[expect(clippy::cast_precision_loss, reason = "a dimension")]
            let scale = Tensor::scalar(1.0 / (x.dims()[place] as f64).sqrt());
            one(normal::over(&Inputs(&[Some(x), Some(&scale)]), &[place], 0.0, false))
        }
        Op::CastLike => one(elementwise::cast(inputs.get(0)?, inputs.get(1)?.kind())),
        Op::PairDistances { root } => {
            let x = inputs.get(0)?;
            let wrong = || Wrong::new("a matrix", format!("dimensions {:?}", x.dims()));
            let all = normal::distances(x, *root).ok_or_else(wrong)?;
            let (_, rows) = x.dims().split_last().ok_or_else(wrong)?;
            let rows = rows.to_vec();
            let last = rows.last().copied().unwrap_or(0);
            one(Tensor::real([rows, vec![last]].concat(), all))
        }
        Op::DegreePower { halves, zero } => {
            let of = |x: &f64| {
                let power = x.powf(f64::from(*halves) / 2.0);
                if *x == 0.0 { f64::from(u8::from(!zero)) } else { power }
            };
            let x = inputs.get(0)?;
            one(Tensor::real(x.dims().to_vec(), x.reals()?.iter().map(of).collect()))
        }
        Op::Softmax { axis, log, flat } => one(reduce::softmax(inputs.get(0)?, *axis, *log, *flat)),
        Op::Identity { .. } => {
            let x = inputs.get(0)?.clone();
            // A Dropout may also give out what it left, which is everything.
            let mask = Data::Bool(vec![true; x.len()]);
            let mask = (outputs > 1).then(|| Tensor::new(x.dims().to_vec(), mask)).transpose()?;
            Ok([Some(x), mask].into_iter().flatten().collect())
        }
        Op::Constant(tensor) => Ok(vec![tensor.clone()]),
        Op::Split { .. } => index::split(op, inputs, outputs),
        Op::Reshape { .. }
        | Op::Flatten { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. }
        | Op::Transpose { .. }
        | Op::Concat { .. }
        | Op::Slice { .. }
        | Op::Gather { .. }
        | Op::Expand
        | Op::Shape { .. }
        | Op::Size
        | Op::ConstantOfShape(_)
        | Op::Range => one(index::evaluate(op, inputs)),
        Op::Tile
        | Op::GatherElements { .. }
        | Op::GatherNd { .. }
        | Op::DepthToSpace { .. }
        | Op::SpaceToDepth { .. }
        | Op::Trilu { .. }
        | Op::OneHot { .. }
        | Op::CumSum { .. }
        | Op::EyeLike { .. }
        | Op::IsNan
        | Op::IsInf { .. } => one(pick::evaluate(op, inputs)),
        Op::Scaler { .. }
        | Op::Normalizer(_)
        | Op::Binarizer(_)
        | Op::LinearClassifier(..)
        | Op::LinearRegressor(_)
        | Op::ArrayFeatureExtractor
        | Op::ZipMap(_) => learning::evaluate(op, inputs),
        Op::LabelEncoder(encoder) => one(encoder.encode(inputs.get(0)?)),
        Op::Recurrent(recurrent) => recurrent::evaluate(recurrent, inputs),
        Op::Trees(trees) => trees.evaluate(inputs.get(0)?),
    }
}

impl Compare {
    fn numbers(self, a: f64, b: f64) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::And => a != 0.0 && b != 0.0,
            Self::Or => a != 0.0 || b != 0.0,
            Self::Xor => (a != 0.0) != (b != 0.0),
        }
    }
}

impl Unary {
    /// Of one number.
    pub fn of(self, x: f64) -> f64 {
        elementwise::unary(self, x)
    }
}
