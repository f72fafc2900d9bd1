//! Normalisation of groups of elements.

use super::Inputs;
use crate::model::graph::Wrong;
use crate::model::graph::tensor::{Tensor, axis, broadcast};

/// (x − mean) / √(variance + epsilon)·scale + bias over all dimensions from an axis on; then the means, and the inverses of the roots.
pub(super) fn layer(
    inputs: &Inputs<'_>,
    along: i64,
    epsilon: f64,
    outputs: usize,
) -> Result<Vec<Tensor>, Wrong> {
    let x = inputs.get(0)?;
    let first = axis(along, x.dims().len())?;
    let (outer, inner) = x.dims().split_at(first);
    let width: usize = inner.iter().product();
    let parameter = |index: usize, other: f64| -> Result<Vec<f64>, Wrong> {
        let Some(given) = inputs.optional(index) else { return Ok(vec![other; width]) };
        if broadcast(given.dims(), inner)? != inner {
            let found = format!("dimensions {:?}", given.dims());
            return Err(Wrong::new(format!("parameters for dimensions {inner:?}"), found));
        }
        Ok(given.broadcast(inner)?.reals()?.into_owned())
    };
    let (scale, bias) = (parameter(1, 1.0)?, parameter(2, 0.0)?);
    let values = x.reals()?;
    let (mut y, mut means, mut inverses) = (Vec::with_capacity(values.len()), Vec::new(), Vec::new());
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let count = width.max(1) as f64;
    for group in values.chunks(width.max(1)) {
        let mean = group.iter().sum::<f64>() / count;
        let variance = group.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        let of = |((x, scale), bias): ((&f64, &f64), &f64)| (x - mean) * inverse * scale + bias;
        y.extend(group.iter().zip(&scale).zip(&bias).map(of));
        means.push(mean);
        inverses.push(inverse);
    }
    let ones = std::iter::repeat_n(1, inner.len());
    let dims: Vec<usize> = outer.iter().copied().chain(ones).collect();
    let all = [
        Tensor::real(x.dims().to_vec(), y)?,
        Tensor::real(dims.clone(), means)?,
        Tensor::real(dims, inverses)?,
    ];
    Ok(all.into_iter().take(outputs.max(1)).collect())
}
