//! Products of matrices.

use std::borrow::Cow;

use super::Inputs;
use crate::model::graph::Wrong;
use crate::model::graph::op::Op;
use crate::model::graph::tensor::{Tensor, axis, broadcast, count, strides, walk};

/// Most multiplications of a node.
const MAX_PRODUCTS: usize = 1 << 30;

/// Refuses what would take minutes.
pub(super) fn check(products: &[usize]) -> Result<(), Wrong> {
    let all = products.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
    if all.is_some_and(|all| all <= MAX_PRODUCTS) {
        return Ok(());
    }
    Err(Wrong::new(format!("at most {MAX_PRODUCTS} multiplications"), format!("{products:?} of them")))
}

/// A matrix, row by row or column by column.
struct Matrix<'a> {
    values: Cow<'a, [f64]>,
    rows: usize,
    columns: usize,
    transposed: bool,
}

impl<'a> Matrix<'a> {
    fn new(tensor: &'a Tensor, transposed: bool) -> Result<Self, Wrong> {
        let [rows, columns] = *tensor.dims() else {
            return Err(Wrong::new("matrices", format!("dimensions {:?}", tensor.dims())));
        };
        let (rows, columns) = if transposed { (columns, rows) } else { (rows, columns) };
        Ok(Self { values: tensor.reals()?, rows, columns, transposed })
    }

    fn row(&self, i: usize) -> impl Iterator<Item = f64> {
        let (start, step) = if self.transposed { (i, self.rows) } else { (i * self.columns, 1) };
        self.values.iter().skip(start).step_by(step.max(1)).take(self.columns).copied()
    }
}

/// a·b, row by row. Rows of a that are mostly 0 cost little.
fn product(a: &Matrix<'_>, b: &Matrix<'_>) -> Vec<f64> {
    // 0 times infinity is no number, and has to stay so.
    let finite = b.values.iter().all(|x| x.is_finite());
    let mut out = Vec::with_capacity(a.rows * b.columns);
    for i in 0..a.rows {
        let row: Vec<(usize, f64)> = a.row(i).enumerate().filter(|(_, x)| *x != 0.0 || !finite).collect();
        let mut sums = vec![0.0; b.columns];
        if b.transposed && row.len() > 1 {
            for (sum, own) in sums.iter_mut().zip(b.values.chunks_exact(b.rows)) {
                *sum = row.iter().map(|(k, x)| x * own[*k]).sum();
            }
        } else {
            for (k, x) in row {
                sums.iter_mut().zip(b.row(k)).for_each(|(sum, b)| *sum += x * b);
            }
        }
        out.append(&mut sums);
    }
    out
}

pub(super) fn gemm(op: &Op, inputs: &Inputs<'_>) -> Result<Tensor, Wrong> {
    let Op::Gemm { alpha, beta, trans_a, trans_b } = *op else { return Err(Wrong::new("Gemm", "another")) };
    let (a, b) = (inputs.get(0)?, inputs.get(1)?);
    let (left, right) = (Matrix::new(a, trans_a)?, Matrix::new(b, trans_b)?);
    let (n, k, m) = (left.rows, left.columns, right.columns);
    if right.rows != k {
        let (flag, other) = (u8::from(trans_a), u8::from(trans_b));
        let found = format!("{:?} with transA = {flag} and {:?} with transB = {other}", a.dims(), b.dims());
        return Err(Wrong::new("matrices that go together", found));
    }
    check(&[n, k, m])?;
    count(&[n, m])?;
    let mut out = product(&left, &right);
    if alpha != 1.0 {
        out.iter_mut().for_each(|y| *y *= alpha);
    }
    // JAX gives a C of no number's worth with beta = 0.
    if let Some(c) = inputs.optional(2).filter(|_| beta != 0.0) {
        let c = c.broadcast(&[n, m])?;
        out.iter_mut().zip(c.reals()?.iter()).for_each(|(y, c)| *y += beta * c);
    }
    Tensor::real(vec![n, m], out)
}

pub(super) fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor, Wrong> {
    let wrong =
        || Wrong::new("matrices that go together", format!("dimensions {:?} and {:?}", a.dims(), b.dims()));
    let left = if a.dims().len() == 1 { [&[1], a.dims()].concat() } else { a.dims().to_vec() };
    let right = if b.dims().len() == 1 { [b.dims(), &[1]].concat() } else { b.dims().to_vec() };
    let ([batch_a @ .., n, k], [batch_b @ .., rows, m]) = (&left[..], &right[..]) else {
        return Err(wrong());
    };
    if rows != k {
        return Err(wrong());
    }
    let batch = broadcast(batch_a, batch_b)?;
    let full = |tail: [usize; 2]| [&batch[..], &tail].concat();
    check(&[count(&batch)?, *n, *k, *m])?;
    count(&full([*n, *m]))?;
    let stretched = |tensor: &'_ Tensor, own: &[usize], to: Vec<usize>| -> Result<Vec<f64>, Wrong> {
        Ok(tensor.with_dims(own.to_vec())?.broadcast(&to)?.reals()?.into_owned())
    };
    let (x, y) = if batch.iter().product::<usize>() == 1 {
        (a.reals()?, b.reals()?)
    } else {
        (stretched(a, &left, full([*n, *k]))?.into(), stretched(b, &right, full([*k, *m]))?.into())
    };
    let mut out = Vec::new();
    for i in 0..batch.iter().product() {
        let part = |values: &'_ [f64], rows: usize, columns: usize| {
            let values = Cow::Owned(values[i * rows * columns..(i + 1) * rows * columns].to_vec());
            Matrix { values, rows, columns, transposed: false }
        };
        out.extend(if batch.is_empty() {
            let whole = |values, rows, columns| Matrix {
                values: Cow::Borrowed(values),
                rows,
                columns,
                transposed: false,
            };
            product(&whole(&x, *n, *k), &whole(&y, *k, *m))
        } else {
            product(&part(&x, *n, *k), &part(&y, *k, *m))
        });
    }
    let mut dims = batch;
    dims.extend((a.dims().len() > 1).then_some(*n));
    dims.extend((b.dims().len() > 1).then_some(*m));
    Tensor::real(dims, out)
}

/// An equation of factors of so many dimensions without blanks, with letters for the dimensions that an ellipsis stands for.
pub fn spelt_out(equation: &str, ranks: &[usize]) -> String {
    let plain: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((from, to)) = plain.split_once("->").filter(|_| plain.contains("...")) else { return plain };
    let free: Vec<char> = ('A'..='Z').chain('a'..='z').filter(|c| !plain.contains(*c)).collect();
    let length = |(term, rank): (&str, &usize)| (rank + 3).saturating_sub(term.len());
    let of = |(term, rank): (&str, &usize)| if term.contains("...") { length((term, rank)) } else { 0 };
    let most = from.split(',').zip(ranks).map(of).max().unwrap_or(0).min(free.len());
    // Dimensions are counted from the last.
    let letters = |count: usize| free[most - count.min(most)..most].iter().collect::<String>();
    let terms: Vec<String> =
        from.split(',').zip(ranks).map(|x| x.0.replace("...", &letters(of(x)))).collect();
    format!("{}->{}", terms.join(","), to.replace("...", &letters(most)))
}

/// Sums of products over named indices, without an ellipsis.
pub(super) fn einsum(equation: &str, inputs: &[&Tensor]) -> Result<Tensor, Wrong> {
    let wrong = || Wrong::new("an equation such as \"ij,jk->ik\"", crate::model::onnx::short(equation));
    let equation = spelt_out(equation, &inputs.iter().map(|x| x.dims().len()).collect::<Vec<_>>());
    let (from, to) = equation.split_once("->").ok_or_else(wrong)?;
    let terms: Vec<&str> = from.split(',').collect();
    if terms.len() != inputs.len()
        || !from.chars().chain(to.chars()).all(|c| c == ',' || c.is_ascii_alphabetic())
    {
        return Err(wrong());
    }
    // Indices of the output first, then those that are summed over.
    let mut names: Vec<char> = to.chars().collect();
    let mut sizes: Vec<Option<usize>> = vec![None; names.len()];
    for (term, tensor) in terms.iter().zip(inputs) {
        if term.len() != tensor.dims().len() {
            return Err(wrong());
        }
        for (name, dim) in term.chars().zip(tensor.dims()) {
            let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                sizes.push(None);
                names.len() - 1
            });
            if sizes[place].is_some_and(|size| size != *dim) {
                return Err(Wrong::new("dimensions that go together", format!("{:?}", tensor.dims())));
            }
            sizes[place] = Some(*dim);
        }
    }
    let sizes: Vec<usize> = sizes.into_iter().collect::<Option<_>>().ok_or_else(wrong)?;
    check(&sizes)?;
    count(&sizes)?;
    let mut products = vec![1.0; sizes.iter().product()];
    for (term, tensor) in terms.iter().zip(inputs) {
        let own = strides(tensor.dims());
        let steps: Vec<isize> = names
            .iter()
            .map(|name| {
                let of = term.chars().zip(&own).filter(|(other, _)| other == name);
                of.map(|(_, stride)| *stride as isize).sum()
            })
            .collect();
        let values = tensor.reals()?;
        let places = walk(&sizes, 0, &steps);
        products.iter_mut().zip(places).for_each(|(product, place)| *product *= values[place]);
    }
    let dims = sizes[..to.len()].to_vec();
    let kept: usize = dims.iter().product();
    let inner = products.len() / kept.max(1);
    let sums = (0..kept).map(|i| products[i * inner..(i + 1) * inner].iter().sum()).collect();
    Tensor::real(dims, sums)
}

pub(super) fn batch_normalization(inputs: &Inputs<'_>, epsilon: f64) -> Result<Tensor, Wrong> {
    let x = inputs.get(0)?;
    let channels = axis(if x.dims().len() < 2 { 0 } else { 1 }, x.dims().len())?;
    let width = x.dims()[channels];
    let mut parameters = Vec::new();
    for index in 1..5 {
        let parameter = inputs.get(index)?;
        if parameter.len() != width {
            let found = format!("dimensions {:?}", parameter.dims());
            return Err(Wrong::new(format!("{width} parameters"), found));
        }
        parameters.push(parameter.reals()?);
    }
    let inner: usize = x.dims()[channels + 1..].iter().product();
    let values = x.reals()?;
    let of = |(place, x): (usize, &f64)| {
        let channel = place / inner.max(1) % width.max(1);
        let [scale, bias, mean, variance] = [0, 1, 2, 3].map(|i: usize| parameters[i][channel]);
        (x - mean) / (variance + epsilon).sqrt() * scale + bias
    };
    Tensor::real(x.dims().to_vec(), values.iter().enumerate().map(of).collect())
}
