//! A graph, operator by operator, in double precision: what an imported model is compared with. Nothing is folded or
//! fused here, so that mistakes of the import show.

use std::collections::HashMap;

use super::{Graph, Node, Op, Tensor};
use crate::input::InputError;

impl Graph {
    /// The value named `target` for one row of features.
    ///
    /// # Errors
    /// Shapes that do not go together, with the node.
    pub fn evaluate(&self, input: &[f64], target: &str) -> Result<Vec<f64>, InputError> {
        let mut values: HashMap<&str, Vec<f64>> = HashMap::new();
        values.insert(&self.input, input.to_vec());
        for node in &self.nodes {
            if values.contains_key(target) {
                break;
            }
            let value = self.node(node, &values)?;
            values.insert(&node.output, value);
        }
        values.remove(target).ok_or_else(|| {
            InputError::new(
                "output",
                "the name of a value",
                format!("{target:?}"),
                "check the exported graph",
            )
        })
    }

    fn node(&self, node: &Node, values: &HashMap<&str, Vec<f64>>) -> Result<Vec<f64>, InputError> {
        let value = |index: usize| -> Result<&Vec<f64>, InputError> {
            let name = node.input(index).unwrap_or("");
            values.get(name).ok_or_else(|| node.wrong("a value computed before", format!("{name:?}")))
        };
        let tensor = |index: usize| -> Result<&Tensor, InputError> {
            let name = node.input(index).unwrap_or("");
            self.constants.get(name).ok_or_else(|| node.wrong("a constant", format!("{name:?}")))
        };
        let constant = |index: usize, width: usize| -> Result<Vec<f64>, InputError> {
            let tensor = tensor(index)?;
            let found = || format!("dimensions {:?}", tensor.dims);
            tensor.broadcast(width).ok_or_else(|| node.wrong(format!("one value or {width}"), found()))
        };
        let either = |index: usize, width: usize| match values.get(node.input(index).unwrap_or("")) {
            Some(value) if value.len() == width => Ok(value.clone()),
            Some(value) => Err(node.wrong(format!("{width} values"), value.len().to_string())),
            None => constant(index, width),
        };
        let width = (0..2).find_map(|i| values.get(node.input(i)?)).map_or(0, Vec::len);
        Ok(match &node.op {
            Op::Gemm { alpha, beta, trans_b } => {
                let mut out = product(node, value(0)?, tensor(1)?, *trans_b)?;
                out.iter_mut().for_each(|y| *y *= alpha);
                if node.input(2).is_some() {
                    let c = constant(2, out.len())?;
                    out.iter_mut().zip(c).for_each(|(y, c)| *y += beta * c);
                }
                out
            }
            Op::MatMul => product(node, value(0)?, tensor(1)?, false)?,
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow => {
                let (a, b) = (either(0, width)?, either(1, width)?);
                elementwise(node, &a, &b)?
            }
            Op::Relu => value(0)?.iter().map(|x| x.max(0.0)).collect(),
            Op::Sigmoid => value(0)?.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect(),
            Op::Softmax => {
                let x = value(0)?;
                let greatest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let powers: Vec<f64> = x.iter().map(|x| (x - greatest).exp()).collect();
                let sum: f64 = powers.iter().sum();
                powers.into_iter().map(|power| power / sum).collect()
            }
            Op::BatchNormalization { epsilon } => {
                let x = value(0)?;
                let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|i| constant(i, x.len()));
                let (scale, bias, mean, variance) = (scale?, bias?, mean?, variance?);
                let parameters = scale.iter().zip(&bias).zip(mean.iter().zip(&variance));
                x.iter()
                    .zip(parameters)
                    .map(|(x, ((scale, bias), (mean, variance)))| {
                        (x - mean) / (variance + epsilon).sqrt() * scale + bias
                    })
                    .collect()
            }
            Op::ReduceMean { axes } => {
                let given = if node.input(1).is_some() { tensor(1)?.integers() } else { axes.clone() };
                if !Op::is_features(given.as_deref()) {
                    return Err(node.wrong("the axis of the features, 1 or -1", format!("{given:?}")));
                }
                let x = value(0)?;
                #[expect(clippy::cast_precision_loss, reason = "a width")]
                let count = x.len().max(1) as f64;
                vec![x.iter().sum::<f64>() / count]
            }
            Op::Identity => value(0)?.clone(),
            Op::Reshape => {
                let (x, shape) = (value(0)?, tensor(1)?);
                if !shape.integers().is_some_and(|shape| Op::keeps_rows(&shape, x.len())) {
                    return Err(node.wrong("a shape that keeps the rows", format!("{:?}", shape.values)));
                }
                x.clone()
            }
            Op::Transpose => return Err(node.wrong("a constant matrix", "a value that depends on the input")),
        })
    }
}

/// x·B, or x·Bᵀ.
fn product(node: &Node, x: &[f64], b: &Tensor, transposed: bool) -> Result<Vec<f64>, InputError> {
    let (rows, columns) =
        b.matrix().ok_or_else(|| node.wrong("a constant matrix", format!("dimensions {:?}", b.dims)))?;
    let (inner, outer) = if transposed { (columns, rows) } else { (rows, columns) };
    if inner != x.len() || outer == 0 {
        return Err(
            node.wrong(format!("a matrix for {} inputs", x.len()), format!("dimensions {:?}", b.dims))
        );
    }
    if transposed {
        let dot = |row: &[f64]| row.iter().zip(x).map(|(b, x)| b * x).sum();
        return Ok(b.values.chunks_exact(inner).map(dot).collect());
    }
    let mut out = vec![0.0; outer];
    for (x, row) in x.iter().zip(b.values.chunks_exact(outer)) {
        out.iter_mut().zip(row).for_each(|(y, b)| *y += x * b);
    }
    Ok(out)
}

fn elementwise(node: &Node, a: &[f64], b: &[f64]) -> Result<Vec<f64>, InputError> {
    let op: fn(f64, f64) -> f64 = match node.op {
        Op::Add => |a, b| a + b,
        Op::Sub => |a, b| a - b,
        Op::Mul => |a, b| a * b,
        Op::Div => |a, b| a / b,
        Op::Pow => f64::powf,
        _ => return Err(node.wrong("an operator on two values", format!("{:?}", node.op))),
    };
    Ok(a.iter().zip(b).map(|(a, b)| op(*a, *b)).collect())
}

/// A node whose inputs are all constants.
pub(super) fn constant(node: &Node, inputs: &[&Tensor]) -> Result<Tensor, InputError> {
    let wrong =
        || node.wrong("an input that is no constant, or shapes that agree", "constants it cannot combine");
    let tensor = match (&node.op, inputs) {
        (Op::Identity, [a, ..]) => (*a).clone(),
        (Op::Transpose, [a]) => a.transposed().ok_or_else(wrong)?,
        (Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow, [a, b]) => {
            let dims = if b.values.len() > a.values.len() { &b.dims } else { &a.dims };
            let width = a.values.len().max(b.values.len());
            let side = |t: &Tensor| if t.dims == *dims { Some(t.values.clone()) } else { t.broadcast(width) };
            let values = elementwise(node, &side(a).ok_or_else(wrong)?, &side(b).ok_or_else(wrong)?)?;
            Tensor { dims: dims.clone(), values }
        }
        _ => return Err(wrong()),
    };
    match tensor.values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(node.wrong("finite numbers", value.to_string())),
        None => Ok(tensor),
    }
}
