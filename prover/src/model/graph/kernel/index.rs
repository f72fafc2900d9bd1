//! Operators that move elements and compute shapes.

use super::Inputs;
use crate::model::graph::Wrong;
use crate::model::graph::op::Op;
use crate::model::graph::tensor::{
    Data, MAX_DIMS, MAX_ELEMENTS, Tensor, axis, broadcast, count, strides, walk,
};

fn sizes(values: &[i64]) -> Result<Vec<usize>, Wrong> {
    let size = |x: &i64| usize::try_from(*x).ok();
    values.iter().map(size).collect::<Option<_>>().ok_or_else(|| {
        Wrong::new("dimensions of 0 or more", format!("{:?}", values.get(..8).unwrap_or(values)))
    })
}

#[expect(clippy::cast_possible_wrap, reason = "counts of elements that are in memory")]
fn signed(x: usize) -> i64 {
    x as i64
}

pub(super) fn evaluate(op: &Op, inputs: &Inputs<'_>) -> Result<Tensor, Wrong> {
    if let Op::Range = op {
        return range(inputs);
    }
    let x = inputs.get(0)?;
    let rank = x.dims().len();
    let integers = |index: usize| inputs.get(index)?.integers();
    let axes = |attribute: &Option<Vec<i64>>| match inputs.optional(1) {
        Some(axes) => axes.integers().map(|axes| Some(axes.to_vec())),
        None => Ok(attribute.clone()),
    };
    match op {
        Op::Reshape { allow_zero } => reshape(x, &integers(1)?, *allow_zero),
        Op::Flatten { axis: found } => {
            let place = if *found == signed(rank) { rank } else { axis(*found, rank)? };
            let (rows, columns) = x.dims().split_at(place);
            x.with_dims(vec![rows.iter().product(), columns.iter().product()])
        }
        Op::Squeeze { axes: attribute } => {
            let given = axes(attribute)?;
            let given: Option<Vec<usize>> =
                given.map(|given| given.iter().map(|a| axis(*a, rank)).collect()).transpose()?;
            let dims = x.dims().iter().enumerate();
            let gone = |i: usize, dim: usize| given.as_ref().map_or(dim == 1, |given| given.contains(&i));
            let kept: Vec<usize> = dims.filter(|(i, dim)| !gone(*i, **dim)).map(|(_, dim)| *dim).collect();
            x.with_dims(kept)
        }
        Op::Unsqueeze { axes: attribute } => {
            let given = axes(attribute)?.ok_or_else(|| Wrong::new("axes", "none"))?;
            let rank = rank.saturating_add(given.len());
            if rank > MAX_DIMS {
                return Err(Wrong::new(format!("at most {MAX_DIMS} dimensions"), rank.to_string()));
            }
            let given: Vec<usize> = given.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?;
            let mut rest = x.dims().iter();
            let dims: Option<Vec<usize>> =
                (0..rank).map(|i| if given.contains(&i) { Some(1) } else { rest.next().copied() }).collect();
            x.with_dims(dims.ok_or_else(|| Wrong::new("axes that differ", format!("{given:?}")))?)
        }
        Op::Transpose { perm } => {
            let perm: Vec<usize> = match perm {
                Some(perm) => perm.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?,
                None => (0..rank).rev().collect(),
            };
            let mut seen = perm.clone();
            seen.sort_unstable();
            if seen != (0..rank).collect::<Vec<_>>() {
                return Err(Wrong::new(
                    format!("perm of {rank} axes, such as [1, 0]"),
                    format!("perm = {perm:?}"),
                ));
            }
            let strides = strides(x.dims());
            let dims: Vec<usize> = perm.iter().map(|i| x.dims()[*i]).collect();
            let steps: Vec<isize> = perm.iter().map(|i| strides[*i] as isize).collect();
            let places = walk(&dims, 0, &steps);
            x.pick(dims, &places)
        }
        Op::Concat { axis } => concat(&inputs.all()?, *axis),
        Op::Slice { attributes } => slice(x, inputs, attributes.as_ref()),
        Op::Gather { axis: found } => {
            let place = axis(*found, rank)?;
            let indices = inputs.get(1)?;
            let size = signed(x.dims()[place]);
            let at = |i: &i64| {
                let i = if *i < 0 { i + size } else { *i };
                usize::try_from(i).ok().filter(|_| i < size)
            };
            let chosen: Option<Vec<usize>> = indices.integers()?.iter().map(at).collect();
            let chosen = chosen.ok_or_else(|| Wrong::new(format!("indices within {size}"), "one outside"))?;
            let (before, after) = (&x.dims()[..place], &x.dims()[place + 1..]);
            take(x, place, &chosen, &[before, indices.dims(), after].concat())
        }
        Op::Expand => {
            let dims = sizes(&integers(1)?)?;
            let dims = broadcast(x.dims(), &dims)?;
            Ok(x.broadcast(&dims)?.into_owned())
        }
        Op::Shape { start, end } => {
            let dims: Vec<i64> = x.dims().iter().map(|dim| signed(*dim)).collect();
            let place = |at: i64| {
                let at = if at < 0 { at.saturating_add(signed(rank)) } else { at };
                usize::try_from(at.clamp(0, signed(rank))).unwrap_or_default()
            };
            let (start, end) = (place(*start), end.map_or(rank, place));
            Ok(Tensor::whole(dims.get(start..end).unwrap_or_default().to_vec()))
        }
        Op::Size => Tensor::new(Vec::new(), Data::Whole(vec![signed(x.len())])),
        Op::ConstantOfShape(value) => {
            let dims = sizes(&x.integers()?)?;
            let places = vec![0; count(&dims)?];
            value.pick(dims, &places)
        }
        _ => Err(Wrong::new("an operator on indices", format!("{op:?}"))),
    }
}

fn reshape(x: &Tensor, shape: &[i64], allow_zero: bool) -> Result<Tensor, Wrong> {
    let wrong = || {
        let shown = shape.get(..8).unwrap_or(shape);
        Wrong::new(format!("a shape of {} elements", x.len()), format!("{shown:?} for {:?}", x.dims()))
    };
    let mut dims = Vec::new();
    let mut open = None;
    for (i, size) in shape.iter().enumerate() {
        dims.push(match size {
            -1 if open.is_none() => {
                open = Some(i);
                1
            }
            0 if !allow_zero => *x.dims().get(i).ok_or_else(wrong)?,
            size => usize::try_from(*size).map_err(|_| wrong())?,
        });
    }
    if let Some(open) = open {
        let known = count(&dims)?;
        dims[open] = x.len().checked_div(known).ok_or_else(wrong)?;
    }
    x.with_dims(dims).map_err(|_| wrong())
}

/// Places `chosen` along an axis.
fn take(x: &Tensor, along: usize, chosen: &[usize], dims: &[usize]) -> Result<Tensor, Wrong> {
    count(dims)?;
    let inner: usize = x.dims()[along + 1..].iter().product();
    let outer: usize = x.dims()[..along].iter().product();
    let size = x.dims()[along];
    let places = (0..outer)
        .flat_map(|o| chosen.iter().flat_map(move |c| (0..inner).map(move |i| (o * size + c) * inner + i)));
    x.pick(dims.to_vec(), &places.collect::<Vec<_>>())
}

fn concat(inputs: &[&Tensor], along: i64) -> Result<Tensor, Wrong> {
    let Some(first) = inputs.first() else { return Err(Wrong::new("an input", "none")) };
    let place = axis(along, first.dims().len())?;
    let mut dims = first.dims().to_vec();
    dims[place] = 0;
    for tensor in inputs {
        let fits = tensor.dims().len() == dims.len()
            && tensor.dims().iter().zip(&dims).enumerate().all(|(i, (a, b))| i == place || a == b);
        if !fits {
            let found = format!("{:?} beside {:?}", tensor.dims(), first.dims());
            return Err(Wrong::new("dimensions that differ in the axis alone", found));
        }
        dims[place] = dims[place].saturating_add(tensor.dims()[place]);
    }
    count(&dims)?;
    let outer: usize = dims[..place].iter().product();
    fn join<T: Clone>(parts: &[(&[T], usize)], outer: usize) -> Vec<T> {
        (0..outer).flat_map(|o| parts.iter().flat_map(move |(v, n)| v[o * n..(o + 1) * n].to_vec())).collect()
    }
    let inner = |tensor: &Tensor| tensor.dims()[place..].iter().product::<usize>();
    let data = if inputs.iter().all(|t| matches!(t.data(), Data::Whole(_) | Data::Bool(_))) {
        let parts: Vec<_> = inputs.iter().map(|t| t.integers()).collect::<Result<_, _>>()?;
        let parts: Vec<(&[i64], usize)> = parts.iter().zip(inputs).map(|(v, t)| (&v[..], inner(t))).collect();
        Data::Whole(join(&parts, outer))
    } else {
        let parts: Vec<_> = inputs.iter().map(|t| t.reals()).collect::<Result<_, _>>()?;
        let parts: Vec<(&[f64], usize)> = parts.iter().zip(inputs).map(|(v, t)| (&v[..], inner(t))).collect();
        Data::Real(join(&parts, outer))
    };
    Tensor::new(dims, data)
}

fn slice(x: &Tensor, inputs: &Inputs<'_>, attributes: Option<&[Vec<i64>; 3]>) -> Result<Tensor, Wrong> {
    let rank = x.dims().len();
    let list = |index: usize| inputs.optional(index).map(|t| t.integers().map(|v| v.to_vec())).transpose();
    let (starts, ends, axes, steps) = match attributes {
        Some([starts, ends, axes]) => (starts.clone(), ends.clone(), axes.clone(), vec![1; starts.len()]),
        None => {
            let starts = inputs.get(1)?.integers()?.to_vec();
            let ends = inputs.get(2)?.integers()?.to_vec();
            let axes = list(3)?.unwrap_or_else(|| (0..).take(starts.len()).collect());
            let steps = list(4)?.unwrap_or_else(|| vec![1; starts.len()]);
            (starts, ends, axes, steps)
        }
    };
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(Wrong::new("as many starts as ends, axes and steps", format!("{}", starts.len())));
    }
    let own = strides(x.dims());
    let mut dims = x.dims().to_vec();
    let mut walks: Vec<isize> = own.iter().map(|stride| *stride as isize).collect();
    let mut first = 0usize;
    for (((start, end), along), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let place = axis(*along, rank)?;
        let size = signed(x.dims()[place]);
        if *step == 0 {
            return Err(Wrong::new("steps other than 0", "0"));
        }
        let wrap = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
        let (low, high) = if *step > 0 { (0, size) } else { (-1, size - 1) };
        let (start, end) = (wrap(*start).clamp(low.max(0), high.max(0)), wrap(*end).clamp(low, high));
        let length = if *step > 0 { end - start } else { start - end };
        let taken = length.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
        dims[place] = usize::try_from(taken).unwrap_or(MAX_ELEMENTS);
        first += usize::try_from(start).unwrap_or_default() * own[place];
        walks[place] = (*step).clamp(-size.max(1), size.max(1)) as isize * own[place] as isize;
    }
    count(&dims)?;
    let places = walk(&dims, first, &walks);
    x.pick(dims, &places)
}

pub(super) fn split(op: &Op, inputs: &Inputs<'_>, outputs: usize) -> Result<Vec<Tensor>, Wrong> {
    let Op::Split { axis: along, sizes: attribute } = op else { return Err(Wrong::new("Split", "another")) };
    let x = inputs.get(0)?;
    let place = axis(*along, x.dims().len())?;
    let size = x.dims()[place];
    let lengths = match (inputs.optional(1), attribute) {
        (Some(lengths), _) => sizes(&lengths.integers()?)?,
        (None, Some(lengths)) => sizes(lengths)?,
        (None, None) => {
            let each = size.div_ceil(outputs.max(1));
            (0..outputs).map(|i| each.min(size.saturating_sub(i * each))).collect()
        }
    };
    let mut start = 0usize;
    let mut parts = Vec::new();
    for length in lengths.iter().take(outputs) {
        let end = start.checked_add(*length).filter(|end| *end <= size);
        let end = end.ok_or_else(|| Wrong::new(format!("parts of {size}"), format!("{lengths:?}")))?;
        let mut dims = x.dims().to_vec();
        dims[place] = *length;
        parts.push(take(x, place, &(start..end).collect::<Vec<_>>(), &dims)?);
        start = end;
    }
    Ok(parts)
}

fn range(inputs: &Inputs<'_>) -> Result<Tensor, Wrong> {
    let [start, limit, delta] = [0, 1, 2].map(|index| inputs.get(index));
    let (start, limit, delta) = (start?, limit?, delta?);
    let (a, b, step) = (start.single()?, limit.single()?, delta.single()?);
    let length = ((b - a) / step).ceil().max(0.0);
    #[expect(clippy::cast_precision_loss, reason = "a limit")]
    if !length.is_finite() || length > MAX_ELEMENTS as f64 {
        return Err(Wrong::new(format!("at most {MAX_ELEMENTS} elements"), format!("{length}")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    let length = length as usize;
    match (start.data(), delta.data()) {
        (Data::Whole(start), Data::Whole(step)) => {
            let (start, step) = (start.first().copied().unwrap_or(0), step.first().copied().unwrap_or(0));
            let at = |i: usize| signed(i).checked_mul(step).and_then(|x| x.checked_add(start));
            let values: Option<Vec<i64>> = (0..length).map(at).collect();
            Ok(Tensor::whole(values.ok_or_else(|| Wrong::new("integers of 64 bits", "an overflow"))?))
        }
        #[expect(clippy::cast_precision_loss, reason = "an index")]
        _ => Ok(Tensor::vector((0..length).map(|i| a + i as f64 * step).collect())),
    }
}
