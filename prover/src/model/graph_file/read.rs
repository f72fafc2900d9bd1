//! From a file to a model.

use std::sync::Arc;

use foldproof_circuits::graph::{
    Block, Channel, Child, Forest, Function, Graph, GraphError, GraphModel, Head, HeadMeaning, LinearBlock,
    Node, ParameterBlock, Requantise, Split, Table, Term, View,
};
use foldproof_circuits::model::{InputQuantiser, Range};
use foldproof_verifier::json::{shorten, typed};
use foldproof_verifier::scalar;

use super::document::{self, Document, List};
use super::{ADVICE, FORMAT, KIND, MAX_BYTES};
use crate::codebook::train::FINGERPRINT;
use crate::input::{InputError, Mapping};
use crate::model::file::Meaning;
use crate::model::samples::Units;

/// Reads a model file of a graph.
///
/// # Errors
/// Unknown, missing or repeated keys, numbers that are not integers or out of range, counts that do not agree, with the
/// path of the field; graphs and models that `docs/graph.md` does not allow.
pub fn read(bytes: &[u8]) -> Result<GraphModel, InputError> {
    Ok(read_with_meaning(bytes)?.0)
}

/// Reads a model file of a graph, with what the numbers that the model takes mean.
///
/// # Errors
/// As [`read`].
pub fn read_with_meaning(bytes: &[u8]) -> Result<(GraphModel, Meaning), InputError> {
    let document = typed::<Document>(bytes, MAX_BYTES, "a model file of a graph", ADVICE)?;
    if document.format != FORMAT {
        let advice = "use a foldproof that knows this format";
        return Err(InputError::new("format", FORMAT.to_string(), document.format.to_string(), advice));
    }
    if document.kind != KIND {
        return Err(wrong("kind", KIND, format!("{:?}", shorten(&document.kind))));
    }
    let mapping = document.mapping.as_deref().map(|name| {
        Mapping::from_name(name)
            .ok_or_else(|| wrong("mapping", "indexer or full", format!("{:?}", shorten(name))))
    });
    let mapping = mapping.transpose()?;
    let channels = usize::from(document.channels);
    let units = match &document.units {
        None => Units::default(),
        Some(List(exponents)) => {
            let units = Units::new(exponents.clone());
            let units = units.filter(|units| *units != Units::default() && channels != FINGERPRINT);
            units.filter(|_| exponents.len() == channels).ok_or_else(|| {
                let expected =
                    format!("{channels} exponents within ±100, and none for fingerprints or where all are 0");
                wrong("units", expected, format!("{} of them, or others", exponents.len()))
            })?
        }
    };
    Ok((model(document)?, Meaning { mapping, units }))
}

fn wrong(path: impl ToString, expected: impl Into<String>, found: impl Into<String>) -> InputError {
    InputError::new(path, expected, found, ADVICE)
}

fn refused(error: GraphError) -> InputError {
    let GraphError { place, expected, found } = error;
    wrong(place, expected, found)
}

/// A key that this kind of thing must have.
fn take<T>(place: &str, key: &str, value: &mut Option<T>) -> Result<T, InputError> {
    value.take().ok_or_else(|| wrong(format!("{place}.{key}"), "a value", "nothing"))
}

/// Whatever has not been taken does not belong there.
fn nothing_left(place: &str, name: &str, left: Option<&'static str>) -> Result<(), InputError> {
    match left {
        None => Ok(()),
        Some(key) => Err(wrong(format!("{place}.{key}"), format!("no such key of {name:?}"), "one")),
    }
}

fn unknown(place: &str, key: &str, expected: &str, found: &str) -> InputError {
    wrong(format!("{place}.{key}"), expected, format!("{:?}", shorten(found)))
}

fn each<T, U>(
    name: &str,
    items: Vec<T>,
    convert: impl Fn(&str, T) -> Result<U, InputError>,
) -> Result<Vec<U>, InputError> {
    items.into_iter().enumerate().map(|(index, item)| convert(&format!("{name}[{index}]"), item)).collect()
}

fn model(document: Document) -> Result<GraphModel, InputError> {
    let blocks = each("blocks", document.blocks.0, block)?;
    let nodes = each("nodes", document.nodes.0, node)?;
    let (heads, meanings) = each("heads", document.heads.0, head)?.into_iter().unzip();
    let Document { limb_bits, channels, positions, .. } = document;
    let graph = Graph::new(limb_bits, channels, positions, blocks, nodes, heads).map_err(refused)?;
    let salt = document.salt.strip_prefix("0x").and_then(scalar::from_hex).ok_or_else(|| {
        // Most of a salt that is written wrongly may still be right.
        let found = format!("{} characters of another kind", document.salt.len());
        wrong("salt", "0x and 64 hex digits, below the field's order", found)
    })?;
    let quantiser =
        |input: document::Quantiser| InputQuantiser { mean: input.mean, multiplier: input.multiplier };
    let inputs = document.inputs.0.into_iter().map(quantiser).collect();
    let parameters = each("parameters", document.parameters.0, parameters)?;
    GraphModel::new(Arc::new(graph), inputs, parameters, meanings, salt).map_err(refused)
}

fn block(place: &str, mut block: document::Block) -> Result<Block, InputError> {
    let found = match block.kind.as_str() {
        "linear" => Block::Linear {
            outputs: take(place, "outputs", &mut block.outputs)?,
            operands: take(place, "operands", &mut block.operands)?.0,
        },
        "forest" => Block::Forest {
            trees: take(place, "trees", &mut block.trees)?,
            depth: take(place, "depth", &mut block.depth)?,
            splits: take(place, "splits", &mut block.splits)?,
            leaves: take(place, "leaves", &mut block.leaves)?,
            targets: take(place, "targets", &mut block.targets)?,
        },
        other => return Err(unknown(place, "kind", "linear or forest", other)),
    };
    nothing_left(place, &block.kind, block.left())?;
    Ok(found)
}

fn requantise(place: &str, node: &mut document::Node) -> Result<Requantise, InputError> {
    let (low, bits) = take(place, "range", &mut node.range)?;
    let table = node.table.take().map(|mut table| {
        let place = format!("{place}.table");
        let name = take(&place, "function", &mut table.function)?;
        let function = Function::ALL.into_iter().find(|known| known.name() == name);
        let function = function.ok_or_else(|| {
            let names: Vec<&str> = Function::ALL.iter().map(|known| known.name()).collect();
            unknown(&place, "function", &names.join(", "), &name)
        })?;
        nothing_left(&place, &name, table.bits.map(|_| "bits"))?;
        Ok(Table { function, bits, input: table.input, output: table.output })
    });
    Ok(Requantise { range: Range { low, bits }, table: table.transpose()? })
}

/// The table of a softmax.
fn decays(place: &str, mut table: document::Table) -> Result<Table, InputError> {
    let bits = take(place, "bits", &mut table.bits)?;
    nothing_left(place, "softmax", table.function.map(|_| "function"))?;
    Ok(Table { function: Function::Decay, bits, input: table.input, output: table.output })
}

/// Elements of a row or group: at least one.
fn row(place: &str, key: &str, value: &mut Option<u16>) -> Result<u16, InputError> {
    let found = take(place, key, value)?;
    let wrong = || wrong(format!("{place}.{key}"), "1 or more", "0");
    Some(found).filter(|found| *found > 0).ok_or_else(wrong)
}

fn term(place: &str, List(numbers): List<i32, 3>) -> Result<Term, InputError> {
    let wrong = || wrong(place, "[coefficient, node] or [coefficient, node, node]", format!("{numbers:?}"));
    let operand = |number: i32| u16::try_from(number).map_err(|_| wrong());
    let (coefficient, a, b) = match numbers[..] {
        [coefficient, a] => (coefficient, a, None),
        [coefficient, a, b] => (coefficient, a, Some(b)),
        _ => return Err(wrong()),
    };
    Ok(Term { coefficient, a: operand(a)?, b: b.map(operand).transpose()? })
}

fn node(place: &str, mut node: document::Node) -> Result<Node, InputError> {
    let found = match node.op.as_str() {
        "input" => Node::Input,
        "constant" => Node::Constant {
            count: take(place, "count", &mut node.count)?,
            value: take(place, "value", &mut node.value)?,
        },
        "linear" => Node::Linear {
            block: take(place, "block", &mut node.block)?,
            operands: take(place, "operands", &mut node.operands)?.0,
            then: requantise(place, &mut node)?,
        },
        "combine" => {
            let terms = take(place, "terms", &mut node.terms)?.0;
            let constant = take(place, "constant", &mut node.constant)?;
            let then = match node.divisor.take() {
                None => None,
                Some(divisor) => Some((divisor, requantise(place, &mut node)?)),
            };
            Node::Combine { terms: each(&format!("{place}.terms"), terms, term)?, constant, then }
        }
        "index" => {
            let view = |view: document::View| View { of: view.of, offset: view.offset, dims: view.dims.0 };
            Node::Index { views: take(place, "views", &mut node.views)?.0.into_iter().map(view).collect() }
        }
        "forest" => Node::Forest { block: take(place, "block", &mut node.block)? },
        "product" => Node::Product {
            a: take(place, "a", &mut node.a)?,
            b: take(place, "b", &mut node.b)?,
            inner: row(place, "inner", &mut node.inner)?,
            multiplier: take(place, "multiplier", &mut node.multiplier)?,
            then: requantise(place, &mut node)?,
        },
        "aggregate" => Node::Aggregate {
            a: take(place, "a", &mut node.a)?,
            b: take(place, "b", &mut node.b)?,
            inner: row(place, "inner", &mut node.inner)?,
            scale: take(place, "scale", &mut node.scale)?,
            then: requantise(place, &mut node)?,
        },
        "maximum" => Node::Maximum {
            of: take(place, "of", &mut node.of)?,
            width: row(place, "width", &mut node.width)?,
        },
        "softmax" => Node::Softmax {
            of: take(place, "of", &mut node.of)?,
            width: row(place, "width", &mut node.width)?,
            table: decays(&format!("{place}.table"), take(place, "table", &mut node.table)?)?,
            power: take(place, "power", &mut node.power)?,
        },
        "norm" => Node::Norm {
            of: take(place, "of", &mut node.of)?,
            width: row(place, "width", &mut node.width)?,
            epsilon: take(place, "epsilon", &mut node.epsilon)?,
            power: take(place, "power", &mut node.power)?,
        },
        other => {
            let expected = "input, constant, linear, combine, index, forest, product, aggregate, maximum, softmax or norm";
            return Err(unknown(place, "op", expected, other));
        }
    };
    nothing_left(place, &node.op, node.left())?;
    Ok(found)
}

fn head(place: &str, mut head: document::Head) -> Result<(Head, HeadMeaning), InputError> {
    let of = take(place, "of", &mut head.of)?;
    let low = |head: &mut document::Head| {
        let flagged = take(place, "flagged", &mut head.flagged)?;
        match flagged.as_str() {
            "low" => Ok(true),
            "high" => Ok(false),
            other => Err(unknown(place, "flagged", "low or high", other)),
        }
    };
    let found = match head.head.as_str() {
        "tags" => Head::Tags { of },
        "class" => Head::Class { of },
        "top" => Head::Top { of, count: take(place, "count", &mut head.count)? },
        "score" => Head::Score { of, low: low(&mut head)? },
        "flag" => Head::Flag { of, low: low(&mut head)? },
        "values" => Head::Values { of },
        "commitment" => Head::Commitment { of },
        other => {
            let expected = "tags, class, top, score, flag, values or commitment";
            return Err(unknown(place, "head", expected, other));
        }
    };
    let fraction_bits = take(place, "fraction_bits", &mut head.fraction_bits)?;
    let labels = if found.has_labels() { take(place, "labels", &mut head.labels)?.0 } else { Vec::new() };
    let threshold = if found.has_threshold() { take(place, "threshold", &mut head.threshold)? } else { 0 };
    nothing_left(place, &head.head, head.left())?;
    Ok((found, HeadMeaning { labels, fraction_bits, threshold }))
}

fn child(place: &str, number: i32) -> Result<Child, InputError> {
    let found = match u32::try_from(number) {
        Ok(split) => u16::try_from(split).map(Child::Split),
        // -1 is leaf 0.
        Err(_) => u16::try_from(-1 - i64::from(number)).map(Child::Leaf),
    };
    found.map_err(|_| wrong(place, "a split from 0 on, or -1 - leaf", number.to_string()))
}

fn parameters(place: &str, mut block: document::Parameters) -> Result<ParameterBlock, InputError> {
    let found = match block.kind.as_str() {
        "linear" => {
            let bias = take(place, "bias", &mut block.bias)?.0;
            let multiplier = take(place, "multiplier", &mut block.multiplier)?.0;
            if bias.len() != multiplier.len() {
                let expected = format!("{}, one for each bias", bias.len());
                return Err(wrong(format!("{place}.multiplier"), expected, multiplier.len().to_string()));
            }
            let channels = bias.into_iter().zip(multiplier);
            let channels = channels.map(|(bias, multiplier)| Channel { bias, multiplier }).collect();
            let weights = take(place, "weights", &mut block.weights)?.0;
            let rows = |operand: List<List<i8, _>, _>| operand.0.into_iter().map(|row| row.0).collect();
            ParameterBlock::Linear(LinearBlock { channels, weights: weights.into_iter().map(rows).collect() })
        }
        "forest" => {
            let splits = take(place, "splits", &mut block.splits)?.0;
            let splits = each(&format!("{place}.splits"), splits, |place, split| {
                let document::Split { feature, threshold, left, right } = split;
                let left = child(&format!("{place}.left"), left)?;
                let right = child(&format!("{place}.right"), right)?;
                Ok(Split { feature, threshold, left, right })
            })?;
            let leaves = take(place, "leaves", &mut block.leaves)?.0;
            let leaves = leaves.into_iter().map(|leaf| leaf.0).collect();
            ParameterBlock::Forest(Forest { splits, leaves })
        }
        other => return Err(unknown(place, "kind", "linear or forest", other)),
    };
    nothing_left(place, &block.kind, block.left())?;
    Ok(found)
}
