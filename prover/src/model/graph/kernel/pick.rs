//! Operators that choose elements, by indices or by where they stand, and what masks are made of.

use super::Inputs;
use crate::model::graph::Wrong;
use crate::model::graph::op::Op;
use crate::model::graph::tensor::{Data, Kind, MAX_ELEMENTS, Tensor, axis, count, strides, walk};

/// An index that may count from the end.
fn within(index: i64, size: usize) -> Result<usize, Wrong> {
    let signed = i64::try_from(size).unwrap_or(i64::MAX);
    let at = if index < 0 { index.saturating_add(signed) } else { index };
    let at = usize::try_from(at).ok().filter(|at| *at < size);
    at.ok_or_else(|| Wrong::new(format!("indices within {size}"), index.to_string()))
}

fn small(x: i64, what: &str) -> Result<usize, Wrong> {
    let found = usize::try_from(x).ok().filter(|x| (1..=MAX_ELEMENTS).contains(x));
    found.ok_or_else(|| Wrong::new(format!("{what} of 1 or more"), x.to_string()))
}

pub(super) fn evaluate(op: &Op, inputs: &Inputs<'_>) -> Result<Tensor, Wrong> {
    let x = inputs.get(0)?;
    let rank = x.dims().len();
    match op {
        Op::Tile => tile(x, &inputs.get(1)?.integers()?),
        Op::GatherElements { axis: along } => {
            let (place, indices) = (axis(*along, rank)?, inputs.get(1)?);
            let fits = indices.dims().len() == rank
                && indices.dims().iter().zip(x.dims()).enumerate().all(|(i, (a, b))| i == place || a <= b);
            if !fits {
                let found = format!("{:?} for {:?}", indices.dims(), x.dims());
                return Err(Wrong::new("indices of as many dimensions, none greater", found));
            }
            let steps: Vec<isize> = strides(x.dims())
                .iter()
                .enumerate()
                .map(|(i, step)| if i == place { 0 } else { step.cast_signed() })
                .collect();
            let step = strides(x.dims())[place];
            let starts = walk(indices.dims(), 0, &steps);
            let numbers = indices.integers()?;
            let places = starts
                .into_iter()
                .zip(numbers.iter())
                .map(|(start, i)| Ok(start + step * within(*i, x.dims()[place])?));
            x.pick(indices.dims().to_vec(), &places.collect::<Result<Vec<_>, Wrong>>()?)
        }
        Op::GatherNd { batch } => gather_nd(x, inputs.get(1)?, *batch),
        Op::DepthToSpace { block, turned } => {
            let ([n, c, h, w], block) = (image(x)?, small(*block, "a block")?);
            let channels = c.checked_div(block * block).filter(|channels| channels * block * block == c);
            let channels =
                channels.ok_or_else(|| Wrong::new(format!("channels of {block}² each"), c.to_string()))?;
            // [n, b, b, c, h, w] or [n, c, b, b, h, w] to [n, c, h, b, w, b].
            let (dims, perm) = if *turned {
                ([n, block, block, channels, h, w], [0, 3, 4, 1, 5, 2])
            } else {
                ([n, channels, block, block, h, w], [0, 1, 4, 2, 5, 3])
            };
            turn(x, &dims, &perm, vec![n, channels, h * block, w * block])
        }
        Op::SpaceToDepth { block } => {
            let ([n, c, h, w], block) = (image(x)?, small(*block, "a block")?);
            if !h.is_multiple_of(block) || !w.is_multiple_of(block) {
                return Err(Wrong::new(
                    format!("lengths of whole blocks of {block}"),
                    format!("{h} and {w}"),
                ));
            }
            let dims = [n, c, h / block, block, w / block, block];
            let made = vec![n, c * block * block, h / block, w / block];
            turn(x, &dims, &[0, 3, 5, 1, 2, 4], made)
        }
        Op::Trilu { upper } => {
            let [.., rows, columns] = x.dims()[..] else {
                return Err(Wrong::new("matrices", format!("dimensions {:?}", x.dims())));
            };
            let diagonal =
                inputs.optional(1).map(|k| k.integers().map(|k| k.first().copied())).transpose()?;
            let diagonal = diagonal.flatten().unwrap_or(0);
            let kept = |at: usize| {
                let (row, column) = (at / columns % rows, at % columns);
                let ahead = i64::try_from(column).unwrap_or(0) - i64::try_from(row).unwrap_or(0);
                if *upper { ahead >= diagonal } else { ahead <= diagonal }
            };
            let data = match x.data() {
                Data::Whole(values) => Data::Whole(
                    values.iter().enumerate().map(|(at, x)| if kept(at) { *x } else { 0 }).collect(),
                ),
                Data::Bool(values) => {
                    Data::Bool(values.iter().enumerate().map(|(at, x)| kept(at) && *x).collect())
                }
                _ => {
                    let values = x.reals()?;
                    Data::Real(
                        values.iter().enumerate().map(|(at, x)| if kept(at) { *x } else { 0.0 }).collect(),
                    )
                }
            };
            Tensor::new(x.dims().to_vec(), data)
        }
        Op::OneHot { axis: along } => one_hot(x, inputs, *along),
        Op::CumSum { exclusive, reverse } => {
            let place = axis(inputs.get(1)?.integers()?.first().copied().unwrap_or(0), rank)?;
            let (size, step) = (x.dims()[place], strides(x.dims())[place]);
            let values = x.reals()?;
            let sum = |at: usize| -> f64 {
                let own = at / step % size;
                let start = at - own * step;
                let last = usize::from(!exclusive);
                let range = if *reverse { own + 1 - last..size } else { 0..own + last };
                range.map(|i| values[start + i * step]).sum()
            };
            let sums: Vec<f64> = (0..values.len()).map(sum).collect();
            #[expect(clippy::cast_possible_truncation, reason = "sums of integers")]
            let data = match x.kind() {
                Kind::Whole => Data::Whole(sums.iter().map(|x| *x as i64).collect()),
                _ => Data::Real(sums),
            };
            Tensor::new(x.dims().to_vec(), data)
        }
        Op::EyeLike { diagonal, kind } => {
            let [rows, columns] = x.dims()[..] else {
                return Err(Wrong::new("a matrix", format!("dimensions {:?}", x.dims())));
            };
            let one = |at: usize| {
                let ahead =
                    i64::try_from(at % columns).unwrap_or(0) - i64::try_from(at / columns).unwrap_or(0);
                ahead == *diagonal
            };
            let ones = (0..rows * columns).map(one);
            let data = match kind.unwrap_or(x.kind()) {
                Kind::Whole => Data::Whole(ones.map(i64::from).collect()),
                Kind::Bool => Data::Bool(ones.collect()),
                _ => Data::Real(ones.map(|one| f64::from(u8::from(one))).collect()),
            };
            Tensor::new(x.dims().to_vec(), data)
        }
        Op::IsNan => {
            let values = x.reals()?.iter().map(|x| x.is_nan()).collect();
            Tensor::new(x.dims().to_vec(), Data::Bool(values))
        }
        Op::IsInf { negative, positive } => {
            let of = |x: &f64| (*negative && *x == f64::NEG_INFINITY) || (*positive && *x == f64::INFINITY);
            Tensor::new(x.dims().to_vec(), Data::Bool(x.reals()?.iter().map(of).collect()))
        }
        _ => Err(Wrong::new("an operator that chooses elements", format!("{op:?}"))),
    }
}

fn image(x: &Tensor) -> Result<[usize; 4], Wrong> {
    x.dims()
        .try_into()
        .map_err(|_| Wrong::new("a batch, channels and two axes", format!("dimensions {:?}", x.dims())))
}

/// Dimensions in another order, then other ones.
fn turn(x: &Tensor, dims: &[usize], perm: &[usize], to: Vec<usize>) -> Result<Tensor, Wrong> {
    let steps = strides(dims);
    let out: Vec<usize> = perm.iter().map(|i| dims[*i]).collect();
    let steps: Vec<isize> = perm.iter().map(|i| steps[*i].cast_signed()).collect();
    x.pick(to, &walk(&out, 0, &steps))
}

fn tile(x: &Tensor, repeats: &[i64]) -> Result<Tensor, Wrong> {
    if repeats.len() != x.dims().len() {
        return Err(Wrong::new(format!("{} repeats", x.dims().len()), repeats.len().to_string()));
    }
    let repeats: Vec<usize> = repeats.iter().map(|n| small(*n, "repeats")).collect::<Result<_, _>>()?;
    let dims: Vec<usize> = x.dims().iter().zip(&repeats).map(|(size, n)| size.saturating_mul(*n)).collect();
    count(&dims)?;
    let (own, wide) = (strides(x.dims()), strides(&dims));
    let place = |at: usize| -> usize {
        (0..dims.len()).map(|axis| at / wide[axis] % dims[axis] % x.dims()[axis] * own[axis]).sum()
    };
    x.pick(dims.clone(), &(0..dims.iter().product()).map(place).collect::<Vec<_>>())
}

fn gather_nd(x: &Tensor, indices: &Tensor, batch: i64) -> Result<Tensor, Wrong> {
    let batch = usize::try_from(batch).unwrap_or(usize::MAX);
    let depth = indices.dims().last().copied().unwrap_or(0);
    let rank = x.dims().len();
    let fits = batch < indices.dims().len()
        && batch.checked_add(depth).is_some_and(|all| all <= rank)
        && indices.dims().get(..batch) == x.dims().get(..batch);
    if !fits || depth == 0 {
        let found = format!("{:?} for {:?}", indices.dims(), x.dims());
        return Err(Wrong::new("tuples of indices that fit the dimensions", found));
    }
    let steps = strides(x.dims());
    let inner: usize = x.dims()[batch + depth..].iter().product();
    let dims = [&indices.dims()[..indices.dims().len() - 1], &x.dims()[batch + depth..]].concat();
    count(&dims)?;
    let numbers = indices.integers()?;
    let batches: usize = x.dims()[..batch].iter().product();
    let per = numbers.len() / depth / batches.max(1);
    let size = x.len() / batches.max(1);
    let mut places = Vec::new();
    for (row, tuple) in numbers.chunks(depth).enumerate() {
        let mut start = row / per.max(1) * size;
        for (i, index) in tuple.iter().enumerate() {
            start += within(*index, x.dims()[batch + i])? * steps[batch + i];
        }
        places.extend(start..start + inner);
    }
    x.pick(dims, &places)
}

fn one_hot(x: &Tensor, inputs: &Inputs<'_>, along: i64) -> Result<Tensor, Wrong> {
    #[expect(clippy::cast_possible_truncation, reason = "checked by the number of elements")]
    let depth = small(inputs.get(1)?.single()? as i64, "a depth")?;
    let values = inputs.get(2)?;
    if values.len() != 2 {
        return Err(Wrong::new("two values, off and on", values.len().to_string()));
    }
    let place = axis(along, x.dims().len() + 1)?;
    let mut dims = x.dims().to_vec();
    dims.insert(place, depth);
    count(&dims)?;
    let inner: usize = x.dims()[place..].iter().product();
    let numbers = x.reals()?;
    #[expect(clippy::cast_precision_loss, reason = "a depth")]
    let on = |at: usize| {
        let x = numbers[at / (inner * depth) * inner + at % inner];
        let x = if x < 0.0 { x + depth as f64 } else { x };
        usize::from(x == (at / inner % depth) as f64)
    };
    let places: Vec<usize> = (0..dims.iter().product()).map(on).collect();
    values.pick(dims, &places)
}
