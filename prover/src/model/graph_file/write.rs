//! From a model to a file.

use foldproof_circuits::graph::{
    Block, Child, GraphModel, Head, HeadMeaning, Node, ParameterBlock, Requantise, Split, Table, View,
};
use foldproof_verifier::scalar;
use serde::Serialize;

use super::document::{self, List};
use super::{FORMAT, KIND};
use crate::model::file::Meaning;

/// The file of a model, as [`read`](super::read) takes it.
pub fn to_json(model: &GraphModel) -> String {
    to_json_with_meaning(model, &Meaning::default())
}

/// The file of a model, as [`read_with_meaning`](super::read_with_meaning) takes it.
pub fn to_json_with_meaning(model: &GraphModel, meaning: &Meaning) -> String {
    let Meaning { mapping, units } = meaning;
    let graph = model.graph();
    let mut members = vec![("format", to_text(&FORMAT)), ("kind", to_text(&KIND))];
    members.extend(mapping.map(|mapping| ("mapping", to_text(&mapping.name()))));
    if !units.exponents().is_empty() {
        members.push(("units", to_text(&units.exponents())));
    }
    let quantisers = model
        .inputs()
        .iter()
        .map(|input| to_text(&document::Quantiser { mean: input.mean, multiplier: input.multiplier }));
    let heads = graph.heads().iter().zip(model.heads()).map(|(of, meaning)| to_text(&head(of, meaning)));
    members.extend([
        ("limb_bits", to_text(&graph.limb_bits())),
        ("channels", to_text(&graph.channels())),
        ("positions", to_text(&graph.positions())),
        ("salt", to_text(&format!("0x{}", scalar::to_hex(&model.salt())))),
        ("inputs", lines(quantisers, 2)),
        ("blocks", lines(graph.blocks().iter().map(|shape| to_text(&block(shape))), 2)),
        ("nodes", lines(graph.nodes().iter().map(|operator| to_text(&node(operator))), 2)),
        ("heads", lines(heads, 2)),
        ("parameters", lines(model.blocks().iter().map(parameters), 2)),
    ]);
    object(members, 1) + "\n"
}

fn to_text(value: &impl Serialize) -> String {
    // Texts and integers always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

/// An array with an item to a line.
fn lines(items: impl Iterator<Item = String>, indent: usize) -> String {
    let items: Vec<String> = items.map(|item| format!("{:indent$}{item}", "")).collect();
    if items.is_empty() {
        return "[]".to_owned();
    }
    format!("[\n{}\n{:less$}]", items.join(",\n"), "", less = indent - 1)
}

/// An object with a member to a line.
fn object(members: Vec<(&str, String)>, indent: usize) -> String {
    let members: Vec<String> =
        members.into_iter().map(|(name, value)| format!("{:indent$}\"{name}\": {value}", "")).collect();
    format!("{{\n{}\n{:less$}}}", members.join(",\n"), "", less = indent - 1)
}

fn block(block: &Block) -> document::Block {
    match block {
        Block::Linear { outputs, operands } => document::Block {
            kind: "linear".to_owned(),
            outputs: Some(*outputs),
            operands: Some(List(operands.clone())),
            ..document::Block::default()
        },
        Block::Forest { trees, depth, splits, leaves, targets } => document::Block {
            kind: "forest".to_owned(),
            trees: Some(*trees),
            depth: Some(*depth),
            splits: Some(*splits),
            leaves: Some(*leaves),
            targets: Some(*targets),
            ..document::Block::default()
        },
    }
}

fn requantise(then: &Requantise, node: document::Node) -> document::Node {
    let table = |table: Table| document::Table {
        function: Some(table.function.name().to_owned()),
        input: table.input,
        output: table.output,
        bits: None,
    };
    document::Node { range: Some((then.range.low, then.range.bits)), table: then.table.map(table), ..node }
}

fn node(node: &Node) -> document::Node {
    let named = |op: &str| document::Node { op: op.to_owned(), ..document::Node::default() };
    match node {
        Node::Input => named("input"),
        Node::Constant { count, value } => {
            document::Node { count: Some(*count), value: Some(*value), ..named("constant") }
        }
        Node::Linear { block, operands, then } => {
            let operands = Some(List(operands.clone()));
            requantise(then, document::Node { block: Some(*block), operands, ..named("linear") })
        }
        Node::Combine { terms, constant, then } => {
            let terms = terms.iter().map(|term| {
                let operands = [Some(term.a), term.b].into_iter().flatten().map(i32::from);
                List(std::iter::once(term.coefficient).chain(operands).collect())
            });
            let terms = Some(List(terms.collect()));
            let wide = document::Node { terms, constant: Some(*constant), ..named("combine") };
            match then {
                None => wide,
                Some((divisor, then)) => requantise(then, document::Node { divisor: Some(*divisor), ..wide }),
            }
        }
        Node::Index { views } => {
            let view = |view: &View| document::View {
                of: view.of,
                offset: view.offset,
                dims: List(view.dims.clone()),
            };
            document::Node { views: Some(List(views.iter().map(view).collect())), ..named("index") }
        }
        Node::Forest { block } => document::Node { block: Some(*block), ..named("forest") },
        Node::Product { a, b, inner, multiplier, then } => {
            let (a, b) = (Some(*a), Some(*b));
            let (inner, multiplier) = (Some(*inner), Some(*multiplier));
            requantise(then, document::Node { a, b, inner, multiplier, ..named("product") })
        }
        Node::Aggregate { a, b, inner, scale, then } => {
            let (a, b) = (Some(*a), Some(*b));
            let (inner, scale) = (Some(*inner), Some(*scale));
            requantise(then, document::Node { a, b, inner, scale, ..named("aggregate") })
        }
        Node::Maximum { of, width } => {
            document::Node { of: Some(*of), width: Some(*width), ..named("maximum") }
        }
        Node::Softmax { of, width, table, power } => {
            let Table { input, output, bits, .. } = *table;
            let table = document::Table { function: None, input, output, bits: Some(bits) };
            let (of, width, power) = (Some(*of), Some(*width), Some(*power));
            document::Node { of, width, table: Some(table), power, ..named("softmax") }
        }
        Node::Norm { of, width, epsilon, power } => {
            let (of, width) = (Some(*of), Some(*width));
            document::Node { of, width, epsilon: Some(*epsilon), power: Some(*power), ..named("norm") }
        }
    }
}

fn head(head: &Head, meaning: &HeadMeaning) -> document::Head {
    let flagged = match head {
        Head::Score { low, .. } | Head::Flag { low, .. } => {
            Some(if *low { "low" } else { "high" }.to_owned())
        }
        _ => None,
    };
    document::Head {
        head: head.name().to_owned(),
        of: Some(head.of()),
        count: if let Head::Top { count, .. } = head { Some(*count) } else { None },
        flagged,
        threshold: head.has_threshold().then_some(meaning.threshold),
        fraction_bits: Some(meaning.fraction_bits),
        labels: head.has_labels().then(|| List(meaning.labels.clone())),
    }
}

fn child(child: Child) -> i32 {
    match child {
        Child::Split(split) => split.into(),
        Child::Leaf(leaf) => -1 - i32::from(leaf),
    }
}

fn parameters(block: &ParameterBlock) -> String {
    let members = match block {
        ParameterBlock::Linear(block) => {
            let bias: Vec<i32> = block.channels.iter().map(|channel| channel.bias).collect();
            let multiplier: Vec<u16> = block.channels.iter().map(|channel| channel.multiplier).collect();
            let operand = |rows: &Vec<Vec<i8>>| lines(rows.iter().map(to_text), 5);
            vec![
                ("kind", to_text(&"linear")),
                ("bias", to_text(&bias)),
                ("multiplier", to_text(&multiplier)),
                ("weights", lines(block.weights.iter().map(operand), 4)),
            ]
        }
        ParameterBlock::Forest(forest) => {
            let split = |split: &Split| {
                let Split { feature, threshold, left, right } = *split;
                to_text(&document::Split { feature, threshold, left: child(left), right: child(right) })
            };
            vec![
                ("kind", to_text(&"forest")),
                ("splits", lines(forest.splits.iter().map(split), 4)),
                ("leaves", lines(forest.leaves.iter().map(to_text), 4)),
            ]
        }
    };
    object(members, 3)
}
