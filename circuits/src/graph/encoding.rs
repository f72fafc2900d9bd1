//! The encoding of a graph: what its circuit and key depend on, and nothing else.
//!
//! Numbers are little-endian. `docs/graph.md` has the table.

use crate::model::Range;

use super::description::Graph;
use super::limits::{
    MAX_BLOCKS, MAX_DIMS, MAX_ENCODING, MAX_HEADS, MAX_NODES, MAX_OPERANDS, MAX_TERMS, MAX_VIEWS,
};
use super::node::{Block, Head, Node, Requantise, Term, View};
use super::table::{Function, Table};

/// Version of the encoding.
const VERSION: u8 = 1;
/// Stands for an operand that is not there; no node has this place.
const NONE: u16 = u16::MAX;
const _: () = assert!(MAX_NODES < NONE as usize);

fn length(n: usize) -> u16 {
    // Within the limits of a graph.
    u16::try_from(n).unwrap_or(u16::MAX)
}

impl Graph {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION, u8::try_from(self.limb_bits).unwrap_or(0)];
        out.extend(self.channels.to_le_bytes());
        out.extend(self.positions.to_le_bytes());
        out.extend(length(self.blocks.len()).to_le_bytes());
        self.blocks.iter().for_each(|block| put_block(&mut out, block));
        out.extend(length(self.nodes.len()).to_le_bytes());
        self.nodes.iter().for_each(|node| put_node(&mut out, node));
        out.extend(length(self.heads.len()).to_le_bytes());
        self.heads.iter().for_each(|head| put_head(&mut out, head));
        out
    }

    /// Reads one graph off the front of `bytes`, which is left with the rest. No more is allocated than the bytes say, and those
    /// are few.
    pub fn take(bytes: &mut &[u8]) -> Option<Self> {
        let whole = *bytes;
        let mut reader = Reader(whole.get(..MAX_ENCODING).unwrap_or(whole));
        let start = reader.0.len();
        if reader.u8()? != VERSION {
            return None;
        }
        let limb_bits = reader.u8()?.into();
        let [channels, positions] = [reader.u16()?, reader.u16()?];
        let blocks = reader.list(MAX_BLOCKS, Reader::block)?;
        let nodes = reader.list(MAX_NODES, Reader::node)?;
        let heads = reader.list(MAX_HEADS, Reader::head)?;
        let used = start - reader.0.len();
        let graph = Self::new(limb_bits, channels, positions, blocks, nodes, heads).ok()?;
        *bytes = whole.get(used..)?;
        Some(graph)
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let graph = Self::take(&mut bytes)?;
        bytes.is_empty().then_some(graph)
    }
}

/// Bytes that a node takes in an encoding.
pub(super) fn node_length(node: &Node) -> usize {
    let mut out = Vec::new();
    put_node(&mut out, node);
    out.len()
}

fn put_block(out: &mut Vec<u8>, block: &Block) {
    match block {
        Block::Linear { outputs, operands } => {
            out.push(1);
            out.extend(outputs.to_le_bytes());
            out.push(u8::try_from(operands.len()).unwrap_or(0));
            for (inputs, power) in operands {
                out.extend(inputs.to_le_bytes());
                out.push(*power);
            }
        }
        Block::Forest { trees, depth, splits, leaves, targets } => {
            out.push(2);
            out.extend(trees.to_le_bytes());
            out.push(*depth);
            out.extend(splits.to_le_bytes());
            out.extend(leaves.to_le_bytes());
            out.push(*targets);
        }
    }
}

fn put_requantise(out: &mut Vec<u8>, then: &Requantise) {
    let Requantise { range, table } = then;
    out.extend(range.low.to_le_bytes());
    out.push(u8::try_from(range.bits).unwrap_or(0));
    match table {
        None => out.push(0),
        Some(Table { function, bits: _, input, output }) => {
            out.extend([function.number(), *input, *output]);
        }
    }
}

fn put_node(out: &mut Vec<u8>, node: &Node) {
    match node {
        Node::Input => out.push(1),
        Node::Constant { count, value } => {
            out.push(2);
            out.extend(count.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        Node::Linear { block, operands, then } => {
            out.push(3);
            out.extend(block.to_le_bytes());
            out.push(u8::try_from(operands.len()).unwrap_or(0));
            operands.iter().for_each(|operand| out.extend(operand.to_le_bytes()));
            put_requantise(out, then);
        }
        Node::Combine { terms, constant, then } => {
            out.push(4);
            out.extend(length(terms.len()).to_le_bytes());
            for Term { coefficient, a, b } in terms {
                out.extend(coefficient.to_le_bytes());
                out.extend(a.to_le_bytes());
                out.extend(b.unwrap_or(NONE).to_le_bytes());
            }
            out.extend(constant.to_le_bytes());
            out.extend(then.as_ref().map_or(0, |(divisor, _)| *divisor).to_le_bytes());
            then.iter().for_each(|(_, then)| put_requantise(out, then));
        }
        Node::Index { views } => {
            out.push(5);
            out.extend(length(views.len()).to_le_bytes());
            for View { of, offset, dims } in views {
                out.extend(of.to_le_bytes());
                out.extend(offset.to_le_bytes());
                out.push(u8::try_from(dims.len()).unwrap_or(0));
                for (count, stride) in dims {
                    out.extend(count.to_le_bytes());
                    out.extend(stride.to_le_bytes());
                }
            }
        }
        Node::Forest { block } => {
            out.push(6);
            out.extend(block.to_le_bytes());
        }
        Node::Product { a, b, inner, multiplier, then } => {
            out.push(7);
            [a, b, inner, multiplier].iter().for_each(|number| out.extend(number.to_le_bytes()));
            put_requantise(out, then);
        }
        Node::Maximum { of, width } => {
            out.push(8);
            [of, width].iter().for_each(|number| out.extend(number.to_le_bytes()));
        }
        Node::Softmax { of, width, table: Table { function: _, bits, input, output }, power } => {
            out.push(9);
            [of, width].iter().for_each(|number| out.extend(number.to_le_bytes()));
            out.extend([u8::try_from(*bits).unwrap_or(0), *input, *output, *power]);
        }
        Node::Norm { of, width, epsilon, power } => {
            out.push(10);
            [of, width].iter().for_each(|number| out.extend(number.to_le_bytes()));
            out.extend(epsilon.to_le_bytes());
            out.push(*power);
        }
        Node::Aggregate { a, b, inner, scale, then } => {
            out.push(11);
            [a, b, inner, scale].iter().for_each(|number| out.extend(number.to_le_bytes()));
            put_requantise(out, then);
        }
    }
}

fn put_head(out: &mut Vec<u8>, head: &Head) {
    let (number, extra) = match head {
        Head::Tags { .. } => (1, None),
        Head::Class { .. } => (2, None),
        Head::Top { count, .. } => (3, Some(*count)),
        Head::Score { low, .. } => (4, Some((*low).into())),
        Head::Flag { low, .. } => (5, Some((*low).into())),
        Head::Values { .. } => (6, None),
        Head::Commitment { .. } => (7, None),
    };
    out.push(number);
    out.extend(head.of().to_le_bytes());
    out.extend(extra);
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn u8(&mut self) -> Option<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.bytes().map(i32::from_le_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A list of at most so many elements, with its length in two bytes; every element takes at least one.
    fn list<T>(&mut self, most: usize, mut element: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u16()?;
        if usize::from(count) > most {
            return None;
        }
        (0..count).map(|_| element(self)).collect()
    }

    fn block(&mut self) -> Option<Block> {
        match self.u8()? {
            1 => {
                let outputs = self.u16()?;
                let count = usize::from(self.u8()?);
                if count > MAX_OPERANDS {
                    return None;
                }
                let operands = (0..count).map(|_| Some((self.u16()?, self.u8()?))).collect::<Option<_>>()?;
                Some(Block::Linear { outputs, operands })
            }
            2 => Some(Block::Forest {
                trees: self.u16()?,
                depth: self.u8()?,
                splits: self.u32()?,
                leaves: self.u32()?,
                targets: self.u8()?,
            }),
            _ => None,
        }
    }

    fn requantise(&mut self) -> Option<Requantise> {
        let range = Range { low: self.i32()?, bits: self.u8()?.into() };
        // Ranges of more bits than any limb belong to no graph, and have no end to speak of.
        if range.bits > 16 {
            return None;
        }
        let table = match self.u8()? {
            0 => None,
            number => {
                let function = Function::ALL.into_iter().find(|known| known.number() == number)?;
                Some(Table { function, bits: range.bits, input: self.u8()?, output: self.u8()? })
            }
        };
        Some(Requantise { range, table })
    }

    fn node(&mut self) -> Option<Node> {
        match self.u8()? {
            1 => Some(Node::Input),
            2 => Some(Node::Constant { count: self.u32()?, value: self.i32()? }),
            3 => {
                let block = self.u16()?;
                let count = usize::from(self.u8()?);
                if count > MAX_OPERANDS {
                    return None;
                }
                let operands = (0..count).map(|_| self.u16()).collect::<Option<_>>()?;
                Some(Node::Linear { block, operands, then: self.requantise()? })
            }
            4 => {
                let terms = self.list(MAX_TERMS, |reader| {
                    let (coefficient, a, b) = (reader.i32()?, reader.u16()?, reader.u16()?);
                    Some(Term { coefficient, a, b: (b != NONE).then_some(b) })
                })?;
                let constant = self.bytes().map(i64::from_le_bytes)?;
                let then = match self.u16()? {
                    0 => None,
                    divisor => Some((divisor, self.requantise()?)),
                };
                Some(Node::Combine { terms, constant, then })
            }
            5 => {
                let views = self.list(MAX_VIEWS, |reader| {
                    let (of, offset, dims) = (reader.u16()?, reader.u32()?, usize::from(reader.u8()?));
                    if dims > MAX_DIMS {
                        return None;
                    }
                    let dims =
                        (0..dims).map(|_| Some((reader.u32()?, reader.i32()?))).collect::<Option<_>>()?;
                    Some(View { of, offset, dims })
                })?;
                Some(Node::Index { views })
            }
            6 => Some(Node::Forest { block: self.u16()? }),
            7 => {
                let [a, b, inner, multiplier] = [self.u16()?, self.u16()?, self.u16()?, self.u16()?];
                Some(Node::Product { a, b, inner, multiplier, then: self.requantise()? })
            }
            8 => Some(Node::Maximum { of: self.u16()?, width: self.u16()? }),
            9 => {
                let [of, width] = [self.u16()?, self.u16()?];
                let [bits, input, output, power] = self.bytes()?;
                let table = Table { function: Function::Decay, bits: bits.into(), input, output };
                Some(Node::Softmax { of, width, table, power })
            }
            10 => {
                let [of, width] = [self.u16()?, self.u16()?];
                Some(Node::Norm {
                    of,
                    width,
                    epsilon: self.bytes().map(u64::from_le_bytes)?,
                    power: self.u8()?,
                })
            }
            11 => {
                let [a, b, inner, scale] = [self.u16()?, self.u16()?, self.u16()?, self.u16()?];
                Some(Node::Aggregate { a, b, inner, scale, then: self.requantise()? })
            }
            _ => None,
        }
    }

    fn head(&mut self) -> Option<Head> {
        let (number, of) = (self.u8()?, self.u16()?);
        Some(match number {
            1 => Head::Tags { of },
            2 => Head::Class { of },
            3 => Head::Top { of, count: self.u8()? },
            4 => Head::Score { of, low: self.flag()? },
            5 => Head::Flag { of, low: self.flag()? },
            6 => Head::Values { of },
            7 => Head::Commitment { of },
            _ => return None,
        })
    }
}
