//! Elements that no head depends on, left out: positions of layers, groups, rows of products.
//!
//! A transformer that answers at one position computes its last layer at all of them; what is taken of the result tells which
//! positions are needed. Parameters stay as they are.

use foldproof_circuits::graph::{Block, Head, Node, Operand, Term};

use super::value::views;

/// What becomes of a tensor's elements: their new places.
type Places = Vec<Option<u32>>;

struct Pruning<'a> {
    blocks: &'a [Block],
    nodes: Vec<Node>,
    /// Of each old node the new one, and the places of its elements.
    new: Vec<(Operand, Places)>,
    counts: Vec<usize>,
}

/// Nodes and heads without what is not needed; `counts` are the elements of the nodes.
pub(super) fn prune(
    blocks: &[Block],
    nodes: &[Node],
    counts: &[usize],
    heads: &[Head],
) -> Option<(Vec<Node>, Vec<Head>)> {
    let needed = needed(blocks, nodes, counts, heads);
    let all = |needed: &Vec<bool>| needed.iter().all(|needed| *needed);
    if needed.iter().all(all) {
        return None;
    }
    let mut pruning = Pruning { blocks, nodes: Vec::new(), new: Vec::new(), counts: Vec::new() };
    for ((node, needed), count) in nodes.iter().zip(&needed).zip(counts) {
        pruning.node(node, needed, *count)?;
    }
    let heads = heads.iter().map(|head| {
        let mut head = head.clone();
        let of = match &mut head {
            Head::Tags { of }
            | Head::Class { of }
            | Head::Top { of, .. }
            | Head::Score { of, .. }
            | Head::Flag { of, .. }
            | Head::Values { of }
            | Head::Commitment { of } => of,
        };
        *of = pruning.new[usize::from(*of)].0;
        head
    });
    let heads = heads.collect();
    Some((pruning.nodes, heads))
}

/// Inputs at each position of each operand of a linear block, and outputs.
fn shape(blocks: &[Block], block: u16) -> (Vec<usize>, usize) {
    match blocks.get(usize::from(block)) {
        Some(Block::Linear { outputs, operands }) => {
            (operands.iter().map(|(inputs, _)| usize::from(*inputs)).collect(), usize::from(*outputs))
        }
        _ => (Vec::new(), 1),
    }
}

/// Groups of so many elements of which one at least is needed.
fn groups(needed: &[bool], width: usize) -> Vec<usize> {
    let groups = needed.chunks(width.max(1)).enumerate();
    groups.filter(|(_, group)| group.contains(&true)).map(|(index, _)| index).collect()
}

/// Outputs of a product that one of its rows needs.
fn columns(needed: &[bool], outputs: usize) -> Vec<usize> {
    (0..outputs).filter(|o| needed.iter().skip(*o).step_by(outputs.max(1)).any(|needed| *needed)).collect()
}

fn elements(groups: &[usize], width: usize) -> Vec<usize> {
    groups.iter().flat_map(|group| group * width..(group + 1) * width).collect()
}

fn needed(blocks: &[Block], nodes: &[Node], counts: &[usize], heads: &[Head]) -> Vec<Vec<bool>> {
    let mut needed: Vec<Vec<bool>> = counts.iter().map(|count| vec![false; *count]).collect();
    for head in heads {
        needed[usize::from(head.of())].fill(true);
    }
    for (index, node) in nodes.iter().enumerate().rev() {
        let own = needed[index].clone();
        if !own.contains(&true) && !matches!(node, Node::Input) {
            continue;
        }
        let mut need = |of: Operand, places: &[usize]| {
            places.iter().for_each(|place| needed[usize::from(of)][*place] = true);
        };
        match node {
            Node::Input | Node::Constant { .. } | Node::Forest { .. } => needed[index].fill(true),
            Node::Linear { block, operands, .. } => {
                let (widths, outputs) = shape(blocks, *block);
                let positions = groups(&own, outputs);
                for (operand, width) in operands.iter().zip(widths) {
                    need(*operand, &elements(&positions, width));
                }
            }
            Node::Combine { terms, .. } => {
                let places: Vec<usize> = (0..own.len()).filter(|place| own[*place]).collect();
                for Term { a, b, .. } in terms {
                    need(*a, &places);
                    b.iter().for_each(|b| need(*b, &places));
                }
            }
            Node::Index { views } => {
                let places = views.iter().flat_map(|view| view.places().map(|place| (view.of, place)));
                let places: Vec<(Operand, usize)> = places.collect();
                for ((of, place), _) in places.iter().zip(&own).filter(|(_, own)| **own) {
                    need(*of, &[*place]);
                }
            }
            Node::Product { a, b, inner, .. } => {
                let inner = usize::from(*inner);
                let outputs = counts[usize::from(*b)] / inner.max(1);
                need(*a, &elements(&groups(&own, outputs), inner));
                need(*b, &elements(&columns(&own, outputs), inner));
            }
            // All rows of a tensor are read by all of its aggregates.
            Node::Aggregate { a, b, inner, scale, .. } => {
                let inner = usize::from(*inner);
                let channels = counts[usize::from(*b)] / inner.max(1);
                need(*a, &(0..counts[usize::from(*a)]).collect::<Vec<_>>());
                need(*scale, &(0..counts[usize::from(*scale)]).collect::<Vec<_>>());
                need(*b, &elements(&columns(&own, channels), inner));
            }
            Node::Maximum { of, width } => {
                let places: Vec<usize> = (0..own.len()).filter(|place| own[*place]).collect();
                need(*of, &elements(&places, usize::from(*width)));
            }
            Node::Softmax { of, width, .. } | Node::Norm { of, width, .. } => {
                let width = usize::from(*width);
                need(*of, &elements(&groups(&own, width), width));
            }
        }
    }
    needed
}

impl Pruning<'_> {
    fn push(&mut self, node: Node, count: usize) -> Option<Operand> {
        let place = u16::try_from(self.nodes.len()).ok()?;
        self.nodes.push(node);
        self.counts.push(count);
        Some(place)
    }

    /// A node with just these elements of an old one, in this order.
    fn take(&mut self, of: Operand, elements: &[usize]) -> Option<Operand> {
        let (node, places) = &self.new[usize::from(of)];
        let found: Vec<(Operand, u32)> =
            elements.iter().map(|element| Some((*node, places[*element]?))).collect::<Option<_>>()?;
        let whole = found.iter().map(|(_, place)| *place as usize).eq(0..self.counts[usize::from(*node)]);
        if whole {
            return Some(*node);
        }
        let node = Node::Index { views: views(&found) };
        let known = self.nodes.iter().position(|known| *known == node);
        match known {
            Some(known) => u16::try_from(known).ok(),
            None => self.push(node, found.len()),
        }
    }

    fn node(&mut self, node: &Node, needed: &[bool], count: usize) -> Option<()> {
        if !needed.contains(&true) {
            self.new.push((0, vec![None; count]));
            return Some(());
        }
        let single = |needed: &[bool]| (0..needed.len()).filter(|place| needed[*place]).collect::<Vec<_>>();
        // The elements that the new node has, in order, and the node.
        let (kept, made) = match node {
            Node::Input | Node::Constant { .. } | Node::Forest { .. } => ((0..count).collect(), node.clone()),
            Node::Linear { block, operands, then } => {
                let (widths, outputs) = shape(self.blocks, *block);
                let positions = groups(needed, outputs);
                let operands = operands.iter().zip(widths);
                let operands: Option<Vec<Operand>> =
                    operands.map(|(of, width)| self.take(*of, &elements(&positions, width))).collect();
                (
                    elements(&positions, outputs),
                    Node::Linear { block: *block, operands: operands?, then: *then },
                )
            }
            Node::Combine { terms, constant, then } => {
                let places = single(needed);
                let mut term = |term: &Term| {
                    let a = self.take(term.a, &places)?;
                    let b = term.b.map(|b| self.take(b, &places));
                    let b = if let Some(b) = b { Some(b?) } else { None };
                    Some(Term { coefficient: term.coefficient, a, b })
                };
                let terms: Option<Vec<Term>> = terms.iter().map(&mut term).collect();
                (places, Node::Combine { terms: terms?, constant: *constant, then: *then })
            }
            Node::Index { views: old } => {
                let all: Vec<(Operand, usize)> =
                    old.iter().flat_map(|view| view.places().map(|place| (view.of, place))).collect();
                let places = single(needed);
                let found: Option<Vec<(Operand, u32)>> = places
                    .iter()
                    .map(|place| {
                        let (of, element) = all[*place];
                        let (node, places) = &self.new[usize::from(of)];
                        Some((*node, places[element]?))
                    })
                    .collect();
                (places, Node::Index { views: views(&found?) })
            }
            Node::Product { a, b, inner, multiplier, then } => {
                let width = usize::from(*inner);
                let outputs = self.old_rows(*b, width);
                let (rows, columns) = (groups(needed, outputs), columns(needed, outputs));
                let a = self.take(*a, &elements(&rows, width))?;
                let b = self.take(*b, &elements(&columns, width))?;
                let kept = rows.iter().flat_map(|row| columns.iter().map(move |o| row * outputs + o));
                let made = Node::Product { a, b, inner: *inner, multiplier: *multiplier, then: *then };
                (kept.collect(), made)
            }
            Node::Aggregate { a, b, inner, scale, then } => {
                let width = usize::from(*inner);
                let channels = self.old_rows(*b, width);
                let columns = columns(needed, channels);
                let [a, scale] =
                    [a, scale].map(|of| self.take(*of, &(0..self.old_rows(*of, 1)).collect::<Vec<_>>()));
                let (a, scale) = (a?, scale?);
                let b = self.take(*b, &elements(&columns, width))?;
                let rows = 0..count / channels.max(1);
                let kept = rows.flat_map(|row| columns.iter().map(move |c| row * channels + c));
                let made = Node::Aggregate { a, b, inner: *inner, scale, then: *then };
                (kept.collect(), made)
            }
            Node::Maximum { of, width } => {
                let places = single(needed);
                let of = self.take(*of, &elements(&places, usize::from(*width)))?;
                (places, Node::Maximum { of, width: *width })
            }
            Node::Softmax { of, width, table, power } => {
                let own = elements(&groups(needed, usize::from(*width)), usize::from(*width));
                let of = self.take(*of, &own)?;
                (own, Node::Softmax { of, width: *width, table: *table, power: *power })
            }
            Node::Norm { of, width, epsilon, power } => {
                let own = elements(&groups(needed, usize::from(*width)), usize::from(*width));
                let of = self.take(*of, &own)?;
                (own, Node::Norm { of, width: *width, epsilon: *epsilon, power: *power })
            }
        };
        let mut places: Places = vec![None; count];
        for (new, old) in (0..).zip(&kept) {
            places[*old] = Some(new);
        }
        let new = self.push(made, kept.len())?;
        self.new.push((new, places));
        Some(())
    }

    fn old_rows(&self, of: Operand, inner: usize) -> usize {
        self.new[usize::from(of)].1.len() / inner.max(1)
    }
}
