//! The affine map that a node is, found out by evaluating it: at 0 for the shift, at each unit vector for a column.
//!
//! So a product, a normalisation, a scaler, a sum over features or a choice of elements needs no reading of its own, and what
//! is read is what the kernel computes.

use super::linear::Linear;
use crate::model::graph::Wrong;
use crate::model::graph::kernel::{Inputs, evaluate};
use crate::model::graph::op::Op;
use crate::model::graph::tensor::Tensor;

/// Length of the unit vectors. A large one leaves little of the shift's rounding in a column: exact for weights and biases of
/// float32 that are within 2²⁹ of each other.
const STEP: f64 = (1u64 << 30) as f64;

/// An input of a node.
pub enum Operand<'a> {
    /// Left out.
    Missing,
    /// A constant.
    Constant(&'a Tensor),
    /// A map of the common vector, in dimensions.
    Map(&'a Linear, &'a [usize]),
}

/// The maps from a vector of `width` to each output of a node of which `Op::is_affine` says it is one.
pub fn maps(op: &Op, operands: &[Operand<'_>], width: usize, outputs: usize) -> Result<Vec<Linear>, Wrong> {
    // Column by column, what each operand has of it.
    let columns: Vec<Vec<Vec<(usize, f64)>>> = operands
        .iter()
        .map(|operand| {
            let mut columns = vec![Vec::new(); width];
            if let Operand::Map(map, _) = operand {
                for (i, row) in map.rows.iter().enumerate() {
                    row.iter().for_each(|(j, factor)| columns[*j].push((i, *factor)));
                }
            }
            columns
        })
        .collect();
    let at = |column: Option<usize>| -> Result<Vec<Tensor>, Wrong> {
        let mut made = Vec::new();
        for (operand, columns) in operands.iter().zip(&columns) {
            made.push(match operand {
                Operand::Map(map, dims) => {
                    let mut values = map.shift.clone();
                    if let Some(column) = column {
                        columns[column].iter().for_each(|(i, factor)| values[*i] += factor * STEP);
                    }
                    Some(Tensor::real(dims.to_vec(), values)?)
                }
                Operand::Missing | Operand::Constant(_) => None,
            });
        }
        let inputs: Vec<Option<&Tensor>> = operands
            .iter()
            .zip(&made)
            .map(|(operand, made)| match operand {
                Operand::Missing => None,
                Operand::Constant(tensor) => Some(*tensor),
                Operand::Map(..) => made.as_ref(),
            })
            .collect();
        evaluate(op, &Inputs(&inputs), outputs)
    };
    let mut maps = Vec::new();
    for tensor in at(None)? {
        // A label beside the scores is nobody's map; its place is kept.
        let shift = tensor.reals().map(|values| values.into_owned()).unwrap_or_default();
        maps.push(Linear { rows: vec![Vec::new(); shift.len()], shift });
    }
    for column in 0..width {
        if columns.iter().all(|columns| columns[column].is_empty()) {
            continue;
        }
        for (map, tensor) in maps.iter_mut().zip(at(Some(column))?) {
            let Ok(values) = tensor.reals() else { continue };
            for ((row, shift), value) in map.rows.iter_mut().zip(&map.shift).zip(values.iter()) {
                let factor = (value - shift) / STEP;
                if factor != 0.0 {
                    row.push((column, factor));
                }
            }
        }
    }
    Ok(maps)
}
