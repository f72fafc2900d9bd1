//! One value of many.

use crate::model::graph::Wrong;
use crate::model::graph::op::Reduce;
use crate::model::graph::tensor::{Data, Tensor, axis, strides, walk};

/// Places of a tensor in groups, one for each place of the result; dimensions of the result.
fn groups(x: &Tensor, axes: &[usize], keep: bool) -> (Vec<usize>, Vec<Vec<usize>>) {
    let (dims, strides) = (x.dims(), strides(x.dims()));
    let part = |inside: bool| -> (Vec<usize>, Vec<isize>) {
        let chosen = (0..dims.len()).filter(|i| axes.contains(i) == inside);
        chosen.map(|i| (dims[i], strides[i] as isize)).unzip()
    };
    let ((inner, inner_steps), (outer, outer_steps)) = (part(true), part(false));
    let groups = walk(&outer, 0, &outer_steps).into_iter().map(|start| walk(&inner, start, &inner_steps));
    let kept = (0..dims.len()).filter(|i| keep || !axes.contains(i));
    (kept.map(|i| if axes.contains(&i) { 1 } else { dims[i] }).collect(), groups.collect())
}

/// Axes as places, all if there are none.
fn places(axes: Option<&[i64]>, rank: usize) -> Result<Vec<usize>, Wrong> {
    match axes {
        None | Some([]) => Ok((0..rank).collect()),
        Some(axes) => axes.iter().map(|found| axis(*found, rank)).collect(),
    }
}

pub(super) fn reduce(
    kind: Reduce,
    x: &Tensor,
    axes: Option<&[i64]>,
    keep: bool,
    noop: bool,
) -> Result<Tensor, Wrong> {
    if noop && axes.is_none_or(<[i64]>::is_empty) {
        return Ok(x.clone());
    }
    let (dims, groups) = groups(x, &places(axes, x.dims().len())?, keep);
    if let (Data::Whole(values), Reduce::Sum | Reduce::Prod | Reduce::Max | Reduce::Min) = (x.data(), kind) {
        let of = |group: &Vec<usize>| {
            let mut values = group.iter().map(|place| values[*place]);
            match kind {
                Reduce::Sum => values.try_fold(0i64, i64::checked_add),
                Reduce::Prod => values.try_fold(1i64, i64::checked_mul),
                Reduce::Max => values.max(),
                _ => values.min(),
            }
        };
        let values: Option<Vec<i64>> = groups.iter().map(of).collect();
        let values = values.ok_or_else(|| Wrong::new("integers of 64 bits", "an overflow, or no element"))?;
        return Tensor::new(dims, Data::Whole(values));
    }
    let values = x.reals()?;
    let of = |group: &Vec<usize>| {
        let each = group.iter().map(|place| values[*place]);
        #[expect(clippy::cast_precision_loss, reason = "a count of elements")]
        let count = group.len() as f64;
        match kind {
            Reduce::Sum => each.sum(),
            Reduce::Mean => each.sum::<f64>() / count,
            Reduce::Max => each.fold(f64::NEG_INFINITY, f64::max),
            Reduce::Min => each.fold(f64::INFINITY, f64::min),
            Reduce::Prod => each.product(),
            Reduce::L1 => each.map(f64::abs).sum(),
            Reduce::L2 => each.map(|x| x * x).sum::<f64>().sqrt(),
            Reduce::SumSquare => each.map(|x| x * x).sum(),
        }
    };
    Tensor::real(dims, groups.iter().map(of).collect())
}

pub(super) fn arg(x: &Tensor, along: i64, keep: bool, last: bool, least: bool) -> Result<Tensor, Wrong> {
    let (dims, groups) = groups(x, &[axis(along, x.dims().len())?], keep);
    let values = x.reals()?;
    let of = |group: &Vec<usize>| {
        let mut best = 0;
        for (index, place) in group.iter().enumerate() {
            let (found, known) = (values[*place], values[group[best]]);
            let better = if least { found < known } else { found > known };
            if better || (last && found == known) {
                best = index;
            }
        }
        i64::try_from(best).unwrap_or_default()
    };
    Tensor::new(dims, Data::Whole(groups.iter().map(of).collect()))
}

pub(super) fn softmax(x: &Tensor, along: i64, log: bool, flat: bool) -> Result<Tensor, Wrong> {
    let rank = x.dims().len();
    let first = axis(along, rank)?;
    let axes: Vec<usize> = if flat { (first..rank).collect() } else { vec![first] };
    let (_, groups) = groups(x, &axes, true);
    let values = x.reals()?;
    let mut out = vec![0.0; values.len()];
    for group in groups {
        let greatest = group.iter().map(|place| values[*place]).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = group.iter().map(|place| (values[*place] - greatest).exp()).sum();
        for place in group {
            let x = values[place] - greatest;
            out[place] = if log { x - sum.ln() } else { x.exp() / sum };
        }
    }
    Tensor::real(x.dims().to_vec(), out)
}
