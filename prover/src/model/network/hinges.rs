//! Activations that are sums of ReLUs, in every spelling: one ReLU, or two where the function bends twice.

use crate::model::graph::Wrong;
use crate::model::graph::op::{Nary, Op, Unary};
use crate::model::graph::tensor::Tensor;

/// coefficient·max(slope·z + offset, 0), value by value.
#[derive(Clone, Debug, PartialEq)]
pub struct Hinge {
    pub slope: Vec<f64>,
    pub offset: Vec<f64>,
    pub coefficient: Vec<f64>,
}

/// A sum of hinges and a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Hinges {
    pub hinges: Vec<Hinge>,
    pub shift: Vec<f64>,
}

/// Bounds of this size and beyond are none: exporters write the greatest float for "no bound".
const NO_BOUND: f64 = 3.0e38;

impl Hinges {
    fn new(width: usize) -> Self {
        Self { hinges: Vec::new(), shift: vec![0.0; width] }
    }

    /// max(z, 0).
    pub fn relu(width: usize) -> Self {
        Self::new(width).with(1.0, &vec![0.0; width], &vec![1.0; width])
    }

    fn with(mut self, slope: f64, offset: &[f64], coefficient: &[f64]) -> Self {
        if coefficient.iter().any(|c| *c != 0.0) {
            self.hinges.push(Hinge {
                slope: vec![slope; self.shift.len()],
                offset: offset.to_vec(),
                coefficient: coefficient.to_vec(),
            });
        }
        self
    }

    /// min(max(z, low), high).
    fn clip(low: Option<Vec<f64>>, high: Option<Vec<f64>>, width: usize) -> Option<Self> {
        let negated = |x: &[f64]| x.iter().map(|x| -x).collect::<Vec<f64>>();
        let ones = vec![1.0; width];
        let minus = vec![-1.0; width];
        let clip = match (low, high) {
            (Some(low), Some(high)) if low.iter().zip(&high).all(|(low, high)| low <= high) => {
                Self::new(width)
                    .with(1.0, &negated(&low), &ones)
                    .with(1.0, &negated(&high), &minus)
                    .from(&low)
            }
            (Some(low), None) => Self::new(width).with(1.0, &negated(&low), &ones).from(&low),
            (None, Some(high)) => Self::new(width).with(-1.0, &high, &minus).from(&high),
            _ => return None,
        };
        Some(clip)
    }

    fn from(mut self, shift: &[f64]) -> Self {
        self.shift = shift.to_vec();
        self
    }
}

/// The hinges of an operator on a value of `dims`; none if it is no such operator. `constants` are its other inputs, in the
/// order of the node, the value's own left out.
pub fn of(op: &Op, constants: &[Option<&Tensor>], dims: &[usize]) -> Result<Option<Hinges>, Wrong> {
    let width: usize = dims.iter().product();
    let zero = vec![0.0; width];
    let one = vec![1.0; width];
    let vector =
        |tensor: &Tensor| -> Result<Vec<f64>, Wrong> { Ok(tensor.broadcast(dims)?.reals()?.into_owned()) };
    let bounded = |bound: Vec<f64>| {
        if bound.iter().any(|x| x.is_nan()) {
            return Err(Wrong::new("bounds that are numbers", "NaN"));
        }
        // Bounds of some elements only would be no bound of the others.
        Ok(Some(bound).filter(|bound| bound.iter().any(|x| x.abs() < NO_BOUND)))
    };
    Ok(match op {
        Op::Unary(Unary::Relu) => Some(Hinges::relu(width)),
        Op::Unary(Unary::Abs) => Some(Hinges::new(width).with(1.0, &zero, &one).with(-1.0, &zero, &one)),
        Op::Unary(Unary::LeakyRelu(alpha)) => {
            Some(Hinges::new(width).with(1.0, &zero, &one).with(-1.0, &zero, &vec![-alpha; width]))
        }
        Op::Unary(Unary::HardSigmoid(alpha, beta)) => {
            let lower = vec![beta - 1.0; width];
            let minus = vec![-1.0; width];
            Some(Hinges::new(width).with(*alpha, &vec![*beta; width], &one).with(*alpha, &lower, &minus))
        }
        Op::Nary(Nary::PRelu) => match constants {
            [Some(slope)] => {
                let slope: Vec<f64> = vector(slope)?.iter().map(|x| -x).collect();
                Some(Hinges::new(width).with(1.0, &zero, &one).with(-1.0, &zero, &slope))
            }
            _ => None,
        },
        Op::Nary(nary @ (Nary::Max | Nary::Min)) => match constants {
            [Some(bound)] => match (nary, bounded(vector(bound)?)?) {
                (Nary::Max, low @ Some(_)) => Hinges::clip(low, None, width),
                (_, high @ Some(_)) => Hinges::clip(None, high, width),
                _ => None,
            },
            _ => None,
        },
        Op::Clip { min, max } => {
            let bound = |index: usize, attribute: &Option<f64>, none: f64| {
                let given = match constants.get(index).copied().flatten() {
                    Some(bound) => Some(bound.single()?),
                    None => *attribute,
                };
                let given = given.filter(|given| given.is_nan() || none.signum() * given < NO_BOUND);
                given.map(|given| bounded(vec![given; width])).transpose().map(Option::flatten)
            };
            Hinges::clip(bound(0, min, -1.0)?, bound(1, max, 1.0)?, width)
        }
        _ => None,
    })
}
