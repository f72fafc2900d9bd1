//! Graphs in native arithmetic.

pub mod activations;

use std::sync::Arc;

use ff::PrimeField;
use halo2curves::bn256::Fr;

use crate::columns::LIMBS;
use crate::fixed::{power_of_two, round_shift};
pub use crate::graph::graph_digest;
use crate::graph::parameters::{places, runs};
use crate::graph::{
    Block, Child, Forest, Graph, GraphModel, Head, HeadMeaning, Node, ParameterBlock, Requantise, Tensor,
};
use crate::model::{INPUT_SHIFT, InputQuantiser, Range};
use crate::poseidon::{self, Domain, bytes, initial_value};
use crate::stages::commit;

/// What a model makes of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Of each node, the elements.
    pub tensors: Vec<Vec<i64>>,
    /// Of each head, what it says.
    pub outputs: Vec<Output>,
}

/// What a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// One bit per label.
    Tags(Vec<bool>),
    /// Index of a class.
    Class(usize),
    /// Indices, greatest first.
    Top(Vec<usize>),
    /// The score.
    Score(u64),
    /// Whether it is flagged.
    Flag(bool),
    /// The elements.
    Values(Vec<i64>),
    /// Commitment to the elements.
    Commitment(Fr),
}

/// Runs `model` on the values of a subject, position by position: signed integers of 36 bits. `salts` are those of the
/// commitments among the heads, in order.
///
/// # Panics
/// If there are not as many values as the graph has inputs.
pub fn evaluate(model: &GraphModel, input: &[i64], salts: &[Fr]) -> Evaluation {
    let graph = model.graph();
    assert_eq!(input.len(), graph.inputs(), "a value for each input");
    let tables: Vec<Arc<[i32]>> = graph.tables().iter().map(|table| table.entries()).collect();
    let mut tensors: Vec<Vec<i64>> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let tensor = |operand: &u16| &tensors[usize::from(*operand)];
        let finish = |quotient: i128, then: &Requantise| -> i64 {
            let y = then.range.clamp(quotient);
            let table = then.table.and_then(|table| graph.tables().iter().position(|known| *known == table));
            let entry = |table: usize| tables[table][y.abs_diff(then.range.low) as usize];
            table.map_or(y, entry).into()
        };
        let computed = match node {
            Node::Input => {
                let range = Range::signed(graph.limb_bits());
                let quantisers = model.inputs().iter().cycle();
                let quotients = input.iter().zip(quantisers).map(|(f, quantiser)| quantised(*f, quantiser));
                quotients.map(|quotient| range.clamp(quotient).into()).collect()
            }
            Node::Constant { count, value } => vec![(*value).into(); *count as usize],
            Node::Linear { block, operands, then } => {
                let operands: Vec<&[i64]> = operands.iter().map(|operand| &tensor(operand)[..]).collect();
                let quotients = linear(model, (*block).into(), &operands);
                quotients.into_iter().map(|quotient| finish(quotient, then)).collect()
            }
            Node::Combine { terms, constant, then } => {
                let count = tensor(&terms[0].a).len();
                let sum = |element: usize| {
                    let terms = terms.iter().map(|term| {
                        let a = i128::from(tensor(&term.a)[element]);
                        let b = term.b.map_or(1, |b| i128::from(tensor(&b)[element]));
                        i128::from(term.coefficient) * a * b
                    });
                    terms.sum::<i128>() + i128::from(*constant)
                };
                let element = |element: usize| match then {
                    None => i64::try_from(sum(element)).unwrap_or_default(),
                    Some((divisor, then)) => {
                        let divisor = i128::from(*divisor);
                        finish((sum(element) + divisor / 2).div_euclid(divisor), then)
                    }
                };
                (0..count).map(element).collect()
            }
            Node::Index { views } => {
                let view = |view: &crate::graph::View| -> Vec<i64> {
                    let source = tensor(&view.of);
                    view.places().map(|place| source[place]).collect()
                };
                views.iter().flat_map(view).collect()
            }
            Node::Forest { block } => match &model.blocks()[usize::from(*block)] {
                ParameterBlock::Forest(forest) => sums(graph, (*block).into(), forest, input),
                ParameterBlock::Linear(_) => Vec::new(),
            },
            Node::Product { a, b, inner, multiplier, then } => {
                let (a, b) = (tensor(a), tensor(b));
                let quotients = activations::product(a, b, (*inner).into(), *multiplier, graph.limb_bits());
                quotients.into_iter().map(|quotient| finish(quotient, then)).collect()
            }
            Node::Aggregate { a, b, inner, scale, then } => {
                let [a, b, scale] = [a, b, scale].map(|of| &tensor(of)[..]);
                let quotients = activations::aggregate(a, b, (*inner).into(), scale, graph.limb_bits());
                quotients.into_iter().map(|quotient| finish(quotient, then)).collect()
            }
            Node::Maximum { of, width } => activations::maximum(tensor(of), (*width).into()),
            Node::Softmax { of, width, table, power } => {
                let entries =
                    graph.tables().iter().position(|known| known == table).map(|at| &tables[at][..]);
                activations::softmax(tensor(of), (*width).into(), entries.unwrap_or(&[0]), *power)
            }
            Node::Norm { of, width, epsilon, power } => {
                let range = Range::signed(graph.limb_bits());
                let quotients = activations::norm(tensor(of), (*width).into(), *epsilon, *power);
                quotients.into_iter().map(|quotient| range.clamp(quotient).into()).collect()
            }
        };
        tensors.push(computed);
    }
    let mut salts = salts.iter();
    let outputs = graph.heads().iter().zip(model.heads()).map(|(head, meaning)| {
        let elements = &tensors[usize::from(head.of())];
        match head {
            Head::Tags { .. } => Output::Tags(elements.iter().map(|y| *y >= 0).collect()),
            Head::Class { .. } => Output::Class(top(elements, 1).first().copied().unwrap_or(0)),
            Head::Top { count, .. } => Output::Top(top(elements, (*count).into())),
            Head::Score { .. } => Output::Score(elements[0].unsigned_abs()),
            Head::Flag { low, .. } => {
                Output::Flag(flagged(elements[0].unsigned_abs(), meaning.threshold, *low))
            }
            Head::Values { .. } => Output::Values(elements.clone()),
            Head::Commitment { .. } => {
                Output::Commitment(commit::vector(elements, salts.next().copied().unwrap_or_default()))
            }
        }
    });
    let outputs = outputs.collect();
    Evaluation { tensors, outputs }
}

/// How many of the values lie beyond their quantisers' range.
pub fn saturated(model: &GraphModel, input: &[i64]) -> usize {
    let range = Range::signed(model.graph().limb_bits());
    let beyond = |(f, quantiser): &(&i64, &InputQuantiser)| {
        let quotient = quantised(**f, quantiser);
        quotient != i128::from(range.clamp(quotient))
    };
    input.iter().zip(model.inputs().iter().cycle()).filter(beyond).count()
}

/// A value after its quantiser, before it is clamped.
fn quantised(value: i64, quantiser: &InputQuantiser) -> i128 {
    let difference = i128::from(value) - i128::from(quantiser.mean);
    round_shift(difference * i128::from(quantiser.multiplier), INPUT_SHIFT)
}

/// Whether a score is flagged: up to the threshold if `low`, else from it on.
pub fn flagged(score: u64, threshold: u64, low: bool) -> bool {
    if low { score <= threshold } else { score >= threshold }
}

/// The indices of the `count` greatest; of equal ones the first comes first.
fn top(elements: &[i64], count: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..elements.len()).collect();
    indices.sort_by_key(|index| (std::cmp::Reverse(elements[*index]), *index));
    indices.truncate(count);
    indices
}

/// ⌊(W·x + bias)·multiplier / 2^λ⌉ at every position.
fn linear(model: &GraphModel, block: usize, operands: &[&[i64]]) -> Vec<i128> {
    let graph = model.graph();
    let (Block::Linear { outputs, operands: shapes }, ParameterBlock::Linear(parameters)) =
        (&graph.blocks()[block], &model.blocks()[block])
    else {
        return Vec::new();
    };
    let positions = operands[0].len() / usize::from(shapes[0].0);
    let mut quotients = Vec::with_capacity(positions * usize::from(*outputs));
    for position in 0..positions {
        for (output, channel) in parameters.channels.iter().enumerate() {
            let mut sum = i64::from(channel.bias);
            for ((weights, x), (inputs, power)) in parameters.weights.iter().zip(operands).zip(shapes) {
                let inputs = usize::from(*inputs);
                let x = &x[position * inputs..(position + 1) * inputs];
                // Below 2⁶⁰, as the graph has been checked for.
                let products = weights[output].iter().zip(x).map(|(w, x)| i64::from(*w) * x);
                sum += products.sum::<i64>() << power;
            }
            quotients.push(round_shift(i128::from(sum) * i128::from(channel.multiplier), graph.limb_bits()));
        }
    }
    quotients
}

/// Sums over all trees of the leaves' values.
fn sums(graph: &Graph, block: usize, forest: &Forest, input: &[i64]) -> Vec<i64> {
    let Block::Forest { trees, depth, targets, .. } = graph.blocks()[block] else { return Vec::new() };
    let mut sums = vec![0; targets.into()];
    for tree in 0..trees {
        let mut child = Child::Split(tree);
        for _ in 0..depth {
            let Child::Split(split) = child else { break };
            let split = &forest.splits[usize::from(split)];
            let left = input[usize::from(split.feature)] <= split.threshold;
            child = if left { split.left } else { split.right };
        }
        // A path that is no longer than the depth ends at a leaf, which is checked when the model is made.
        if let Child::Leaf(leaf) = child {
            let values = &forest.leaves[usize::from(leaf)];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
    sums
}

impl Output {
    /// As the public inputs of a proof; `threshold` is the head's.
    pub fn elements(&self, tensor: &Tensor, threshold: u64) -> Vec<Fr> {
        match self {
            Self::Tags(bits) => {
                vec![Fr::from_u128(bits.iter().rev().fold(0, |mask, bit| mask << 1 | u128::from(*bit)))]
            }
            Self::Class(index) => vec![Fr::from(*index as u64)],
            Self::Top(indices) => {
                let radix = Fr::from(1 << 16);
                vec![
                    indices.iter().rev().fold(Fr::zero(), |sum, index| sum * radix + Fr::from(*index as u64)),
                ]
            }
            Self::Score(score) => vec![Fr::from(threshold), Fr::from(*score)],
            Self::Flag(flag) => vec![Fr::from(threshold), Fr::from(u64::from(*flag))],
            Self::Values(values) => {
                let bits = tensor.bits();
                let pack = |values: &[i64]| {
                    values.iter().rev().fold(Fr::zero(), |sum, value| {
                        sum * power_of_two(bits) + Fr::from(value.abs_diff(tensor.low))
                    })
                };
                values.chunks(tensor.per_element()).map(pack).collect()
            }
            Self::Commitment(commitment) => vec![*commitment],
        }
    }
}

/// h₀ of a model's commitment: the graph, and how many elements there are.
pub(crate) fn initial(graph: &Graph, length: usize) -> Fr {
    poseidon::chain(initial_value(Domain::Graph, 0, length), &[graph_digest(graph)])
}

/// Digest of what the heads of a model mean, the element of a commitment that a proof opens.
pub fn meaning_digest(model: &GraphModel) -> Fr {
    meanings_digest(model.heads())
}

/// Digest of what heads mean: of each its labels, how many in two bytes and each after its length in one, and the fraction bits.
/// Thresholds are not in it. Heads of models alone have one of their own: labels are at most 255 bytes long, and not too many.
pub fn meanings_digest(heads: &[HeadMeaning]) -> Fr {
    let mut encoded = Vec::new();
    for meaning in heads {
        // Numbers and lengths in range, because the model was checked when it was made.
        encoded.extend(u16::try_from(meaning.labels.len()).unwrap_or(0).to_le_bytes());
        for label in &meaning.labels {
            encoded.push(u8::try_from(label.len()).unwrap_or(0));
            encoded.extend(label.as_bytes());
        }
        encoded.push(meaning.fraction_bits);
    }
    bytes(Domain::Heads, heads.len() as u64, &encoded)
}

/// Salt, meaning, thresholds: what stands before the parameters.
pub(crate) fn prefix(model: &GraphModel) -> Vec<Fr> {
    let heads = model.graph().heads().iter().zip(model.heads());
    let thresholds =
        heads.filter(|(head, _)| head.has_threshold()).map(|(_, meaning)| Fr::from(meaning.threshold));
    [model.salt(), meaning_digest(model)].into_iter().chain(thresholds).collect()
}

/// The parameters, packed: eight elements for each run of rows.
pub(crate) fn parameter_elements(model: &GraphModel) -> Vec<Fr> {
    let graph = model.graph();
    let places = places(graph);
    let mut elements = Vec::new();
    for run in runs(graph, &places) {
        let radix = power_of_two(places[run.start].radix(graph));
        let rows: Vec<[u16; LIMBS]> = places[run].iter().map(|place| place.limbs(model)).collect();
        elements.extend((0..LIMBS).map(|c| {
            rows.iter().rev().fold(Fr::zero(), |sum, row| sum * radix + Fr::from(u64::from(row[c])))
        }));
    }
    elements
}

/// Commitment to a model.
pub fn commitment(model: &GraphModel) -> Fr {
    let elements = [&prefix(model)[..], &parameter_elements(model)].concat();
    poseidon::chain(initial(model.graph(), elements.len()), &elements)
}
