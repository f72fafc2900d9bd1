//! Normalisation of groups of elements, and distances between rows.

use super::Inputs;
use crate::model::graph::Wrong;
use crate::model::graph::tensor::{Tensor, axis, broadcast, count, strides};

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

/// The same over any axes, with a scale and a bias that repeat to the dimensions of all, or none. Without `mean` none is taken off.
pub(super) fn over(inputs: &Inputs<'_>, axes: &[usize], epsilon: f64, mean: bool) -> Result<Tensor, Wrong> {
    let x = inputs.get(0)?;
    let dims = x.dims();
    let steps = strides(dims);
    let walk = |taken: bool| -> Vec<usize> {
        (0..dims.len()).filter(|axis| axes.contains(axis) == taken).fold(vec![0], |places, axis| {
            let (size, step) = (dims[axis], steps[axis]);
            places.iter().flat_map(|at| (0..size).map(move |i| at + i * step)).collect()
        })
    };
    let (starts, offsets) = (walk(false), walk(true));
    let parameter = |index: usize, other: f64| match inputs.optional(index) {
        None => Ok(vec![other; x.len()]),
        Some(given) => Ok(given.broadcast(dims)?.reals()?.into_owned()),
    };
    let (scale, bias) = (parameter(1, 1.0)?, parameter(2, 0.0)?);
    let values = x.reals()?;
    let mut y = vec![0.0; values.len()];
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let count = offsets.len().max(1) as f64;
    for start in starts {
        let group = || offsets.iter().map(move |offset| start + offset);
        let middle = if mean { group().map(|at| values[at]).sum::<f64>() / count } else { 0.0 };
        let square = group().map(|at| (values[at] - middle).powi(2)).sum::<f64>() / count;
        let inverse = 1.0 / (square + epsilon).sqrt();
        group().for_each(|at| y[at] = (values[at] - middle) * inverse * scale[at] + bias[at]);
    }
    Tensor::real(dims.to_vec(), y)
}

/// RMSNormalization: over all dimensions from an axis on.
pub(super) fn root_mean_square(inputs: &Inputs<'_>, along: i64, epsilon: f64) -> Result<Tensor, Wrong> {
    let rank = inputs.get(0)?.dims().len();
    over(inputs, &(axis(along, rank)?..rank).collect::<Vec<_>>(), epsilon, false)
}

/// InstanceNormalization and GroupNormalization: dimension 1 is that of channels, in so many groups.
pub(super) fn grouped(
    inputs: &Inputs<'_>,
    groups: Option<usize>,
    epsilon: f64,
    each: bool,
) -> Result<Tensor, Wrong> {
    let x = inputs.get(0)?;
    let [batch, channels, ..] = x.dims()[..] else {
        return Err(Wrong::new("a batch and channels", format!("dimensions {:?}", x.dims())));
    };
    let groups = groups.unwrap_or(channels);
    if groups == 0 || !channels.is_multiple_of(groups) {
        return Err(Wrong::new(format!("groups of {channels} channels"), groups.to_string()));
    }
    let size = x.len() / (batch * groups).max(1);
    let plain = over(&Inputs(&[Some(&x.with_dims(vec![batch * groups, size])?)]), &[1], epsilon, true)?;
    let inner = x.len() / (batch * channels).max(1);
    let parameter = |index: usize, other: f64| -> Result<Vec<f64>, Wrong> {
        let expected = if each { channels } else { groups };
        let Some(given) = inputs.optional(index) else { return Ok(vec![other; channels]) };
        let given = given.reals()?;
        if given.len() != expected {
            return Err(Wrong::new(format!("{expected} parameters"), given.len().to_string()));
        }
        Ok((0..channels).map(|c| given[c * expected / channels]).collect())
    };
    let (scale, bias) = (parameter(1, 1.0)?, parameter(2, 0.0)?);
    count(x.dims())?;
    let of = |(at, z): (usize, &f64)| {
        let channel = at / inner.max(1) % channels;
        z * scale[channel] + bias[channel]
    };
    Tensor::real(x.dims().to_vec(), plain.reals()?.iter().enumerate().map(of).collect())
}

/// Distances between rows of a matrix, or their squares.
pub(super) fn distances(x: &Tensor, root: bool) -> Option<Vec<f64>> {
    let [.., rows, width] = x.dims()[..] else { return None };
    let values = x.reals().ok()?;
    let mut all = Vec::new();
    for matrix in values.chunks((rows * width).max(1)) {
        for a in matrix.chunks(width.max(1)) {
            for b in matrix.chunks(width.max(1)) {
                let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                all.push(if root { square.sqrt() } else { square });
            }
        }
    }
    Some(all)
}
