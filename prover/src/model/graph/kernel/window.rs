//! Convolutions, pools and padding.

use super::{Inputs, linear};
use crate::model::graph::Wrong;
use crate::model::graph::op::{Pool, Reduce};
use crate::model::graph::tensor::{Data, Tensor, axis, count, strides, walk};
use crate::model::graph::window::{Window, Windows};

/// Batch, channels and spatial axes.
pub(in crate::model) fn split(dims: &[usize]) -> Result<(usize, usize, &[usize]), Wrong> {
    match dims {
        [batch, channels, axes @ ..] if !axes.is_empty() && *batch > 0 && *channels > 0 => {
            Ok((*batch, *channels, axes))
        }
        _ => {
            let expected = "a tensor [batch, channels, length, …] that is not empty";
            Err(Wrong::new(expected, format!("dimensions {dims:?}")))
        }
    }
}

/// Where the windows of a convolution lie.
pub(in crate::model) fn convolved(
    window: &Window,
    groups: i64,
    x: &[usize],
    w: &[usize],
) -> Result<(Windows, usize), Wrong> {
    let (_, channels, axes) = split(x)?;
    let [outputs, each, kernel @ ..] = w else {
        return Err(Wrong::new("weights [outputs, channels, length, …]", format!("dimensions {w:?}")));
    };
    if kernel.len() != axes.len() {
        let found = format!("{w:?} on {x:?}");
        return Err(Wrong::new("weights of as many axes as the input has", found));
    }
    let groups = usize::try_from(groups).ok().filter(|groups| *groups > 0 && outputs.is_multiple_of(*groups));
    let groups = groups.filter(|groups| each.checked_mul(*groups) == Some(channels));
    let Some(groups) = groups else {
        let expected = format!("weights of {channels} channels, over all groups, as the input has");
        return Err(Wrong::new(expected, format!("weights {w:?}")));
    };
    if kernel.contains(&0) || *outputs == 0 || channels == 0 {
        return Err(Wrong::new("weights that are not empty", format!("dimensions {w:?}")));
    }
    Ok((window.over(axes, Some(kernel))?, groups))
}

pub(super) fn conv(window: &Window, groups: i64, inputs: &Inputs<'_>) -> Result<Tensor, Wrong> {
    let (x, w) = (inputs.get(0)?, inputs.get(1)?);
    let (windows, groups) = convolved(window, groups, x.dims(), w.dims())?;
    let (batch, channels, axes) = split(x.dims())?;
    let outputs = w.dims()[0];
    let bias = match inputs.optional(2) {
        Some(bias) if bias.dims() == [outputs] => bias.reals()?.into_owned(),
        Some(bias) => {
            let found = format!("dimensions {:?}", bias.dims());
            return Err(Wrong::new(format!("a bias of {outputs} numbers"), found));
        }
        None => vec![0.0; outputs],
    };
    let each = channels / groups;
    linear::check(&[batch, outputs, each, windows.places.len()])?;
    let dims = [&[batch, outputs], &windows.out[..]].concat();
    count(&dims)?;
    let (values, weights) = (x.reals()?, w.reals()?);
    let plane: usize = axes.iter().product();
    let mut out = Vec::with_capacity(dims.iter().product());
    for n in 0..batch {
        for o in 0..outputs {
            let first = o / (outputs / groups) * each;
            let mut sums = vec![bias[o]; windows.count()];
            for c in 0..each {
                let own = &values[(n * channels + first + c) * plane..][..plane];
                let weights = &weights[(o * each + c) * windows.size..][..windows.size];
                for (position, sum) in sums.iter_mut().enumerate() {
                    let taken = windows.at(position).zip(weights);
                    *sum += taken.filter_map(|(place, w)| place.map(|place| own[place] * w)).sum::<f64>();
                }
            }
            out.append(&mut sums);
        }
    }
    Tensor::real(dims, out)
}

pub(super) fn pool(window: &Window, pool: Pool, x: &Tensor) -> Result<Tensor, Wrong> {
    let (batch, channels, axes) = split(x.dims())?;
    let windows = window.over(axes, None)?;
    let dims = [&[batch, channels], &windows.out[..]].concat();
    count(&dims)?;
    linear::check(&[batch, channels, windows.places.len()])?;
    let values = x.reals()?;
    let plane: usize = axes.iter().product();
    let mut out = Vec::with_capacity(dims.iter().product());
    for own in values.chunks(plane.max(1)) {
        for position in 0..windows.count() {
            let taken = || windows.at(position).flatten().map(|place| own[place]);
            let among = taken().count();
            if among == 0 {
                return Err(Wrong::new("windows with an element each", "one in the padding alone"));
            }
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            out.push(match pool {
                Pool::Max => taken().fold(f64::NEG_INFINITY, f64::max),
                Pool::Average { padding: true } => taken().sum::<f64>() / windows.size as f64,
                Pool::Average { padding: false } => taken().sum::<f64>() / among as f64,
            });
        }
    }
    Tensor::real(dims, out)
}

pub(super) fn global(kind: Reduce, x: &Tensor) -> Result<Tensor, Wrong> {
    let (_, _, axes) = split(x.dims())?;
    if axes.contains(&0) {
        return Err(Wrong::new("axes that are not empty", format!("dimensions {:?}", x.dims())));
    }
    let axes: Vec<i64> = (2..).take(axes.len()).collect();
    super::reduce::reduce(kind, x, Some(&axes), true, false)
}

/// Before and after each axis, by the node's attribute or inputs.
pub(in crate::model) fn pads(
    attribute: Option<&[i64]>,
    inputs: &Inputs<'_>,
    rank: usize,
) -> Result<Vec<(usize, usize)>, Wrong> {
    let given = match inputs.optional(1) {
        Some(pads) => pads.integers()?.into_owned(),
        None => attribute.unwrap_or_default().to_vec(),
    };
    let axes: Vec<usize> = match inputs.optional(3) {
        Some(axes) => axes.integers()?.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let shown = given.get(..8).unwrap_or(&given);
    if given.len() != 2 * axes.len() {
        let expected = format!("{} pads, before and after each axis", 2 * axes.len());
        return Err(Wrong::new(expected, format!("{} of them", given.len())));
    }
    let sizes: Option<Vec<usize>> =
        given.iter().map(|x| usize::try_from(*x).ok().filter(|x| *x <= 1 << 20)).collect();
    let sizes = sizes.ok_or_else(|| {
        let advice = "cut with a Slice instead: negative pads are not read";
        Wrong::with("pads of 0 or more", format!("{shown:?}"), advice)
    })?;
    let mut all = vec![(0, 0); rank];
    for (index, place) in axes.iter().enumerate() {
        all[*place] = (sizes[index], sizes[axes.len() + index]);
    }
    Ok(all)
}

pub(super) fn pad(attribute: Option<&[i64]>, value: f64, inputs: &Inputs<'_>) -> Result<Tensor, Wrong> {
    let x = inputs.get(0)?;
    let around = pads(attribute, inputs, x.dims().len())?;
    let dims: Vec<usize> = x
        .dims()
        .iter()
        .zip(&around)
        .map(|(length, (before, after))| length.saturating_add(*before).saturating_add(*after))
        .collect();
    let total = count(&dims)?;
    let own = strides(&dims);
    let start = own.iter().zip(&around).map(|(stride, (before, _))| stride * before).sum();
    let steps: Vec<isize> = own.iter().map(|stride| *stride as isize).collect();
    let places = walk(x.dims(), start, &steps);
    let constant = inputs.optional(2);
    if let Data::Whole(values) = x.data() {
        let fill = match constant {
            Some(constant) => constant.integers()?.first().copied().unwrap_or(0),
            None => 0,
        };
        let mut out = vec![fill; total];
        places.iter().zip(values).for_each(|(place, x)| out[*place] = *x);
        return Tensor::new(dims, Data::Whole(out));
    }
    let fill = match constant {
        Some(constant) => constant.single()?,
        None => value,
    };
    let mut out = vec![fill; total];
    places.iter().zip(x.reals()?.iter()).for_each(|(place, x)| out[*place] = *x);
    Tensor::real(dims, out)
}
