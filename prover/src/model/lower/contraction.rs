//! Products with constant matrices: Gemm, MatMul, Einsum, and the linear models of ai.onnx.ml, by the names of their axes.
//!
//! Of two factors one is constant. Axes that the result lacks are summed over; those that the data alone brings are positions,
//! those that the matrix alone brings are outputs. That makes a layer whichever factor stands on the left.

use std::rc::Rc;

use super::lowering::Lowering;
use super::value::{Body, Sums, Value};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::kernel::spelt_out;
use crate::model::graph::op::{Linear, Op, Post};
use crate::model::graph::tensor::{Tensor, strides};

/// An axis by its name: letters for those of equations, numbers for the others.
pub(super) type Axis = u32;

/// A product: names of the axes of both factors and of the result, and which of the factors is the constant one.
struct Product {
    factors: [Vec<Axis>; 2],
    result: Vec<Axis>,
    varying: usize,
    matrix: Vec<f64>,
    matrix_dims: Vec<usize>,
    /// Added to the result.
    bias: Option<Tensor>,
}

/// Axes of an equation of two factors.
pub(super) fn equation_axes(equation: &str) -> Option<([Vec<Axis>; 2], Vec<Axis>)> {
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let axes = |text: &str| text.chars().map(Axis::from).collect::<Vec<_>>();
    let (from, to) = equation.split_once("->")?;
    let (a, b) = from.split_once(',').filter(|(_, b)| !b.contains(','))?;
    Some(([axes(a), axes(b)], axes(to)))
}

/// Axes of a matrix product of tensors of any ranks. One of size 1 that is repeated over positions has a name of its own.
pub(super) fn matrix_axes(dims: [&[usize]; 2]) -> ([Vec<Axis>; 2], Vec<Axis>) {
    const ROW: Axis = 1000;
    const INNER: Axis = 1001;
    const COLUMN: Axis = 1002;
    /// Of either factor.
    const REPEATED: [Axis; 2] = [2000, 3000];
    let outer = dims.map(|dims| dims.len().saturating_sub(2));
    let ranks = outer[0].max(outer[1]);
    let mut result = Vec::new();
    let mut factors = [Vec::new(), Vec::new()];
    for axis in 0..ranks {
        let name = Axis::try_from(axis).unwrap_or(0);
        for ((factor, dims), (outer, repeated)) in
            factors.iter_mut().zip(dims).zip(outer.into_iter().zip(REPEATED))
        {
            let Some(own) = (axis + outer).checked_sub(ranks) else { continue };
            factor.push(if dims[own] == 1 { repeated + name } else { name });
        }
        result.push(name);
    }
    for (factor, (dims, own)) in factors.iter_mut().zip(dims.iter().zip([[ROW, INNER], [INNER, COLUMN]])) {
        match dims.len() {
            0 => {}
            1 => factor.push(INNER),
            _ => factor.extend(own),
        }
    }
    result.extend(
        [(dims[0], ROW), (dims[1], COLUMN)].iter().filter(|(dims, _)| dims.len() > 1).map(|(_, axis)| *axis),
    );
    (factors, result)
}

impl Lowering<'_> {
    /// A product with a constant matrix: a linear layer.
    pub(super) fn product(&mut self, node: &Node) -> Result<(), InputError> {
        let Some((varying, place)) = self.only(node) else {
            return self.activations(node);
        };
        let product = match &node.op {
            Op::LinearClassifier(linear, labels) => self.scores(node, linear, labels.len(), place)?,
            Op::LinearRegressor(linear) => self.scores(node, linear, 0, place)?,
            _ => self.factors(node, varying, place)?,
        };
        // What a LinearClassifier gives out first is the label.
        let output = node.outputs.get(usize::from(matches!(node.op, Op::LinearClassifier(..))));
        let Some(output) = output.copied().flatten() else { return Ok(()) };
        self.layer(node, &product, place, output)
    }

    fn factors(&self, node: &Node, varying: usize, place: usize) -> Result<Product, InputError> {
        let given = self.trace.given(node, 1 - varying.min(1));
        let Some(given) = given.filter(|_| varying < 2) else {
            return self.refuse(node, "a bias that depends on the data: write it as an Add");
        };
        let own = self.dims(place);
        let mut dims = [&own[..], given.dims()];
        if varying == 1 {
            dims.reverse();
        }
        let (mut factor, mut bias) = (1.0, None);
        let (factors, result) = match &node.op {
            Op::Gemm { alpha, beta, trans_a, trans_b } => {
                let c = self.trace.given(node, 2).map(|c| (c, c.reals()));
                if let Some((c, reals)) = c {
                    let reals = reals.map_err(|wrong| wrong.at(&node.path))?;
                    let scaled = Tensor::real(c.dims().to_vec(), reals.iter().map(|x| x * beta).collect());
                    bias = Some(scaled.map_err(|wrong| wrong.at(&node.path))?);
                }
                factor = *alpha;
                let [a, b] = [(trans_a, [0, 1]), (trans_b, [1, 2])]
                    .map(|(turned, axes)| if *turned { vec![axes[1], axes[0]] } else { axes.to_vec() });
                ([a, b], vec![0, 2])
            }
            Op::Einsum(equation) => match equation_axes(&spelt_out(equation, &dims.map(<[usize]>::len))) {
                Some(axes) => axes,
                None => return self.refuse(node, "an Einsum of other than two factors"),
            },
            _ => matrix_axes(dims),
        };
        let reals = given.reals().map_err(|wrong| wrong.at(&node.path))?;
        let matrix = reals.iter().map(|x| x * factor).collect();
        Ok(Product { factors, result, varying, matrix, matrix_dims: given.dims().to_vec(), bias })
    }

    /// The scores of a linear model of ai.onnx.ml, before what follows them.
    fn scores(
        &self,
        node: &Node,
        linear: &Linear,
        labels: usize,
        place: usize,
    ) -> Result<Product, InputError> {
        if linear.post != Post::None {
            let found =
                "a linear model whose scores a Logistic or Softmax follows: export it with its raw scores";
            return self.refuse(node, found);
        }
        let inputs = self.dims(place).last().copied().unwrap_or(1);
        let (mut matrix, mut bias) = (linear.coefficients.clone(), linear.intercepts.clone());
        // One row for two classes: what speaks for the second speaks against the first.
        if (bias.len(), labels) == (1, 2) {
            let both = |row: &[f64]| row.iter().map(|x| -x).chain(row.iter().copied()).collect();
            (matrix, bias) = (both(&matrix), both(&bias));
        }
        let outputs = bias.len();
        if self.dims(place).len() != 2 || matrix.len() != outputs * inputs {
            return self.refuse(node, "a linear model with another number of inputs than coefficients");
        }
        let bias = Tensor::real(vec![1, outputs], bias).map_err(|wrong| wrong.at(&node.path))?;
        let (factors, result) = ([vec![0, 1], vec![2, 1]], vec![0, 2]);
        let matrix_dims = vec![outputs, inputs];
        Ok(Product { factors, result, varying: 0, matrix, matrix_dims, bias: Some(bias) })
    }

    fn layer(
        &mut self,
        node: &Node,
        product: &Product,
        place: usize,
        output: usize,
    ) -> Result<(), InputError> {
        let (x, matrix) = (&product.factors[product.varying], &product.factors[1 - product.varying]);
        let (x_dims, out_dims) = (self.dims(place), self.dims(output));
        let once = |axes: &[Axis]| axes.iter().enumerate().all(|(i, axis)| !axes[..i].contains(axis));
        let fits = (x.len(), matrix.len(), product.result.len())
            == (x_dims.len(), product.matrix_dims.len(), out_dims.len());
        if !fits || ![x, matrix, &product.result].into_iter().all(|axes| once(axes)) {
            return self.refuse(node, "an axis that is named twice in one factor");
        }
        let size = |axis: Axis| {
            let of =
                |axes: &[Axis], dims: &[usize]| axes.iter().position(|own| *own == axis).map(|at| dims[at]);
            of(x, &x_dims).or_else(|| of(matrix, &product.matrix_dims)).unwrap_or(1)
        };
        let shared = |axis: &&Axis| x.contains(axis) && matrix.contains(axis) && size(**axis) > 1;
        if product.result.iter().any(|axis| shared(&axis)) {
            return self.refuse(node, "another matrix for each of several positions");
        }
        let kept = |axes: &[Axis]| -> Vec<Axis> {
            product.result.iter().copied().filter(|axis| axes.contains(axis)).collect()
        };
        let positions = kept(x);
        let outputs: Vec<Axis> = kept(matrix).into_iter().filter(|axis| !x.contains(axis)).collect();
        let gone = |axes: &[Axis]| -> Vec<Axis> {
            axes.iter().copied().filter(|axis| !product.result.contains(axis)).collect()
        };
        let inner = gone(x);
        // Of the matrix alone: its sums are known.
        let alone: Vec<Axis> = gone(matrix).into_iter().filter(|axis| !x.contains(axis)).collect();
        let walk = |axes: &[Axis], own: &[Axis], dims: &[usize]| -> Vec<usize> {
            let steps = strides(dims);
            let step = |axis: &Axis| own.iter().position(|own| own == axis).map_or(0, |at| steps[at]);
            axes.iter().fold(vec![0], |places, axis| {
                let each = places.iter().flat_map(|at| (0..size(*axis)).map(move |i| at + i * step(axis)));
                each.collect()
            })
        };
        let elements = self.elements(place, &node.path)?;
        let (at, of) = (walk(&positions, x, &x_dims), walk(&inner, x, &x_dims));
        let element = |p: &usize| of.iter().map(|i| elements[p + i]).collect::<Vec<_>>();
        let operand = at.iter().flat_map(element).collect();
        let matrix_at = |axes: &[Axis]| walk(axes, matrix, &product.matrix_dims);
        let (rows, columns, summed) = (matrix_at(&outputs), matrix_at(&inner), matrix_at(&alone));
        let weight = |o: usize, i: usize| summed.iter().map(|s| product.matrix[o + i + s]).sum::<f64>();
        let weights = rows.iter().map(|o| columns.iter().map(|i| weight(*o, *i)).collect()).collect();
        let all: Vec<Axis> = positions.iter().chain(&outputs).copied().collect();
        let order = walk(&all, &product.result, &out_dims);
        let bias = self.bias(node, product, &order, &out_dims, rows.len())?;
        let in_order = order.iter().copied().eq(0..order.len());
        let sums = Sums {
            operands: vec![(operand, of.len())],
            weights: vec![weights],
            bias,
            offsets: Vec::new(),
            positions: at.len(),
            place: output,
            order: (!in_order).then_some(order),
            path: node.path.clone(),
            scaled: self.scaled.contains(&place),
            roots: None,
        };
        self.values.insert(output, Value { dims: out_dims, body: Body::Sums(Rc::new(sums)) });
        Ok(())
    }

    /// What is added to each output, the same at every position.
    fn bias(
        &self,
        node: &Node,
        product: &Product,
        order: &[usize],
        dims: &[usize],
        outputs: usize,
    ) -> Result<Vec<f64>, InputError> {
        let Some(bias) = &product.bias else { return Ok(vec![0.0; outputs]) };
        let all = bias.broadcast(dims).and_then(|all| all.reals().map(|reals| reals.into_owned()));
        let all = all.map_err(|wrong| wrong.at(&node.path))?;
        let at = |index: usize| all[order[index]];
        let first: Vec<f64> = (0..outputs).map(at).collect();
        if (0..order.len()).any(|index| at(index) != first[index % outputs.max(1)]) {
            return self.refuse(node, "a bias that differs between positions");
        }
        Ok(first)
    }
}
