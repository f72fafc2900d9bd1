//! Operators of ai.onnx.ml, which scikit-learn's exporter writes.

use super::{Inputs, elementwise, reduce};
use crate::model::graph::Wrong;
use crate::model::graph::op::{Labels, Linear, Norm, Op, Post, Unary};
use crate::model::graph::tensor::{Data, Tensor};

pub(super) fn evaluate(op: &Op, inputs: &Inputs<'_>) -> Result<Vec<Tensor>, Wrong> {
    let x = inputs.get(0)?;
    let one = |tensor: Result<Tensor, Wrong>| tensor.map(|tensor| vec![tensor]);
    match op {
        Op::Scaler { offset, scale } => one(scaler(x, offset, scale)),
        Op::Normalizer(norm) => one(normalizer(x, *norm)),
        Op::Binarizer(threshold) => {
            let bit = |x: &f64| f64::from(u8::from(x > threshold));
            one(Tensor::real(x.dims().to_vec(), x.reals()?.iter().map(bit).collect()))
        }
        Op::LinearClassifier(linear, labels) => {
            let scores = classify(x, linear, labels)?;
            let best = reduce::arg(&scores, -1, false, false, false)?;
            Ok(vec![label(labels, &best)?, scores])
        }
        Op::LinearRegressor(linear) => one(post(affine(x, linear)?, linear.post)),
        Op::ArrayFeatureExtractor => {
            let indices = inputs.get(1)?.integers()?;
            let width = x.dims().last().copied().unwrap_or(1);
            let rows = x.len() / width.max(1);
            let chosen: Option<Vec<usize>> = indices.iter().map(|i| usize::try_from(*i).ok()).collect();
            let chosen = chosen.filter(|chosen| chosen.iter().all(|i| *i < width));
            let chosen =
                chosen.ok_or_else(|| Wrong::new(format!("indices within {width}"), "one outside"))?;
            let places: Vec<usize> =
                (0..rows).flat_map(|row| chosen.iter().map(move |i| row * width + i)).collect();
            one(x.pick(vec![rows, chosen.len()], &places))
        }
        // A map from names to the values of a row; here the row.
        Op::ZipMap(_) => Ok(vec![x.clone()]),
        _ => Err(Wrong::new("an operator of ai.onnx.ml", format!("{op:?}"))),
    }
}

fn rows(x: &Tensor) -> Result<(usize, usize), Wrong> {
    match x.dims() {
        [width] => Ok((1, *width)),
        [rows, width] => Ok((*rows, *width)),
        dims => Err(Wrong::new("two dimensions, samples and features", format!("{dims:?}"))),
    }
}

fn scaler(x: &Tensor, offset: &[f64], scale: &[f64]) -> Result<Tensor, Wrong> {
    let (_, width) = rows(x)?;
    let of = |values: &[f64]| match values {
        [value] => Ok(vec![*value; width]),
        values if values.len() == width => Ok(values.to_vec()),
        values => Err(Wrong::new(format!("one value or {width}"), values.len().to_string())),
    };
    let (offset, scale) = (of(offset)?, of(scale)?);
    let values = x.reals()?;
    let each = values.iter().enumerate().map(|(i, x)| {
        let i = i % width.max(1);
        (x - offset[i]) * scale[i]
    });
    Tensor::real(x.dims().to_vec(), each.collect())
}

fn normalizer(x: &Tensor, norm: Norm) -> Result<Tensor, Wrong> {
    let (_, width) = rows(x)?;
    let values = x.reals()?;
    let mut out = Vec::with_capacity(values.len());
    for row in values.chunks(width.max(1)) {
        let size = match norm {
            Norm::L1 => row.iter().map(|x| x.abs()).sum::<f64>(),
            Norm::L2 => row.iter().map(|x| x * x).sum::<f64>().sqrt(),
            Norm::Max => row.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        out.extend(row.iter().map(|x| if size == 0.0 { *x } else { x / size }));
    }
    Tensor::real(x.dims().to_vec(), out)
}

/// x·Cᵀ + intercepts.
fn affine(x: &Tensor, linear: &Linear) -> Result<Tensor, Wrong> {
    let (count, width) = rows(x)?;
    let outputs = linear.intercepts.len();
    if outputs == 0 || linear.coefficients.len() != outputs * width {
        let found = format!("{} for {outputs} outputs", linear.coefficients.len());
        return Err(Wrong::new(format!("{width} coefficients for each output"), found));
    }
    let values = x.reals()?;
    let mut out = Vec::with_capacity(count * outputs);
    for row in values.chunks(width.max(1)) {
        for (coefficients, intercept) in linear.coefficients.chunks(width.max(1)).zip(&linear.intercepts) {
            out.push(coefficients.iter().zip(row).map(|(c, x)| c * x).sum::<f64>() + intercept);
        }
    }
    Tensor::real(vec![count, outputs], out)
}

fn post(scores: Tensor, post: Post) -> Result<Tensor, Wrong> {
    match post {
        Post::None => Ok(scores),
        Post::Logistic => elementwise::map(Unary::Sigmoid, &scores),
        Post::Softmax => reduce::softmax(&scores, -1, false, false),
    }
}

fn classify(x: &Tensor, linear: &Linear, labels: &Labels) -> Result<Tensor, Wrong> {
    let scores = affine(x, linear)?;
    // One row for two classes: what speaks for the second speaks against the first.
    let scores = match (scores.dims(), labels.len()) {
        ([rows, 1], 2) => {
            let both = scores.reals()?.iter().flat_map(|s| [-s, *s]).collect();
            Tensor::real(vec![*rows, 2], both)?
        }
        _ => scores,
    };
    post(scores, linear.post)
}

fn label(labels: &Labels, best: &Tensor) -> Result<Tensor, Wrong> {
    let places: Vec<usize> =
        best.integers()?.iter().map(|i| usize::try_from(*i).unwrap_or_default()).collect();
    let (dims, all) = (vec![labels.len()], best.dims().to_vec());
    let names = match labels {
        Labels::Text(names) => Tensor::new(dims, Data::Text(names.clone()))?,
        Labels::Whole(names) => Tensor::new(dims, Data::Whole(names.clone()))?,
    };
    names.pick(all, &places)
}
