//! In which type an ensemble's thresholds are compared: float32, unless what is compared is of type double.
//!
//! Values are doubles here whatever their type in the file. Only trees tell the difference, so types are followed to them: from
//! the input and from casts, through standard operators, whose floats are all of one type.

use std::sync::Arc;

use super::Node;
use super::attributes::Attributes;
use super::op::Op;
use super::trees::Precision;
use crate::model::onnx::DOUBLE;
use crate::model::onnx::schema::NodeProto;

/// Makes ensembles compare in float64 whose input is of that type. `protos` are the nodes as the file has them.
pub(super) fn widen(nodes: &mut [Node], protos: &[(usize, &NodeProto)], input: (usize, i32), values: usize) {
    let mut wide = vec![false; values];
    if let Some(wide) = wide.get_mut(input.0) {
        *wide = input.1 == DOUBLE;
    }
    for (node, (_, proto)) in nodes.iter_mut().zip(protos) {
        let any = node.inputs.iter().flatten().any(|place| wide.get(*place) == Some(&true));
        if let Op::Trees(trees) = &mut node.op
            && any
            && trees.precision == Precision::Single
        {
            Arc::make_mut(trees).precision = Precision::Double;
        }
        let made = match &node.op {
            Op::Cast(_) => Attributes(proto).integer("to", 0) == i64::from(DOUBLE),
            // What ai.onnx.ml gives out is float32, but for its last tree operator.
            _ => any && (proto.domain != "ai.onnx.ml" || proto.op_type == "TreeEnsemble"),
        };
        for place in node.outputs.iter().flatten() {
            if let Some(wide) = wide.get_mut(*place) {
                *wide = made;
            }
        }
    }
}
