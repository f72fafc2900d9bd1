//! Operators, blocks of parameters, heads.

use crate::model::Range;

use super::table::Table;

/// Bits of a public input that values are packed into: below the field's.
const PACKED_BITS: u32 = 253;

/// A tensor, by the place of the node that computes it.
pub type Operand = u16;

/// The shape of a part of the parameters. Nodes that name the same block share its parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// Weights of 8 bits, and a bias and a multiplier for each output.
    Linear {
        /// Outputs at each position.
        outputs: u16,
        /// Of each operand: inputs at each position, and the power of two its products count.
        operands: Vec<(u16, u8)>,
    },
    /// Trees over the values of the subject.
    Forest {
        /// How many; tree t starts at split t.
        trees: u16,
        /// Steps of a path: at a leaf it stands still.
        depth: u8,
        /// Splits of all trees.
        splits: u32,
        /// Leaves of all trees.
        leaves: u32,
        /// Values of a leaf.
        targets: u8,
    },
}

/// A tensor read in another order: element (i₀, i₁, …) is that at offset + Σ i·stride.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct View {
    /// The tensor.
    pub of: Operand,
    /// Where the first element is.
    pub offset: u32,
    /// Count and stride of each dimension, outermost first.
    pub dims: Vec<(u32, i32)>,
}

impl View {
    /// A stretch of a tensor.
    pub fn slice(of: Operand, offset: u32, count: u32) -> Self {
        Self { of, offset, dims: vec![(count, 1)] }
    }

    /// How many elements.
    pub fn count(&self) -> u64 {
        self.dims.iter().fold(1, |product, (count, _)| u64::saturating_mul(product, (*count).into()))
    }

    /// Places of the elements in the tensor, in order; a graph's views stay inside it.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let count = usize::try_from(self.count()).unwrap_or(0);
        (0..count).map(|index| {
            let mut rest = index;
            let mut place = i64::from(self.offset);
            for (count, stride) in self.dims.iter().rev() {
                let count = *count as usize;
                place += (rest % count) as i64 * i64::from(*stride);
                rest /= count;
            }
            usize::try_from(place).unwrap_or(0)
        })
    }
}

/// coefficient · a, or coefficient · a · b, element by element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    /// The coefficient.
    pub coefficient: i32,
    /// First factor.
    pub a: Operand,
    /// Second factor.
    pub b: Option<Operand>,
}

/// From a sum to an activation: y = clamp(⌊sum / divisor⌉), then a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requantise {
    /// Where y lies.
    pub range: Range,
    /// What is made of y.
    pub table: Option<Table>,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// The values of the subject after their quantisers, λ bits each, signed.
    Input,
    /// One integer, so many times.
    Constant {
        /// Elements.
        count: u32,
        /// Each of them.
        value: i32,
    },
    /// y = clamp(⌊(Σ_n 2^power Σ_i w·x + bias)·multiplier / 2^λ⌉) at every position; operands stand position by position.
    Linear {
        /// Its parameters.
        block: u16,
        /// One tensor for each operand of the block.
        operands: Vec<Operand>,
        /// What becomes of the sums.
        then: Requantise,
    },
    /// Σ of terms and a constant, element by element; wide, or divided by an even number and an activation.
    Combine {
        /// At least one; all of the same length.
        terms: Vec<Term>,
        /// Added to each sum.
        constant: i64,
        /// Divisor, and what becomes of the quotients.
        then: Option<(u16, Requantise)>,
    },
    /// Views one after another.
    Index {
        /// At least one.
        views: Vec<View>,
    },
    /// Sums over all trees of the leaves' values, target by target: wide.
    Forest {
        /// Its parameters.
        block: u16,
    },
    /// y = clamp(⌊Σ_i a·b·multiplier / 2^λ⌉) of rows of two tensors: at every row of the first, one for each row of the second.
    Product {
        /// Rows of `inner` elements: positions.
        a: Operand,
        /// Rows of `inner` elements: outputs.
        b: Operand,
        /// Elements of a row.
        inner: u16,
        /// Of λ bits.
        multiplier: u16,
        /// What becomes of the sums.
        then: Requantise,
    },
    /// y = clamp(⌊Σ_i a·b·scale / 2^λ⌉) of rows of two tensors, as a product, where each row of the first has a multiplier of its own, which is
    /// computed. All aggregates of one tensor read it once.
    Aggregate {
        /// Rows of `inner` elements: those that are summed over, by node of a network of nodes.
        a: Operand,
        /// Rows of `inner` elements: channels.
        b: Operand,
        /// Elements of a row.
        inner: u16,
        /// Of each row of the first an activation that is not negative, and stands in its cell as it is.
        scale: Operand,
        /// What becomes of the sums.
        then: Requantise,
    },
    /// The greatest of each `width` elements.
    Maximum {
        /// An activation.
        of: Operand,
        /// Elements of a group.
        width: u16,
    },
    /// y_i = ⌊2^power·E_i / Σ E⌉ of each `width` elements, E_i = T[clamp(max − x_i)].
    Softmax {
        /// An activation.
        of: Operand,
        /// Elements of a group.
        width: u16,
        /// T, of decays.
        table: Table,
        /// Fraction bits of y.
        power: u8,
    },
    /// y_i = clamp(⌊2^power·(n·x_i − Σx) / ⌊√(n·Σx² − (Σx)² + epsilon)⌋⌉) of each n = `width` elements: λ bits, signed.
    Norm {
        /// An activation.
        of: Operand,
        /// Elements of a group.
        width: u16,
        /// At least 1: in units of the radicand.
        epsilon: u64,
        /// Fraction bits of y.
        power: u8,
    },
}

/// What is said about a tensor, and made public.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Head {
    /// Bit i = [y_i ≥ 0].
    Tags {
        /// An activation.
        of: Operand,
    },
    /// The least i with the greatest y_i.
    Class {
        /// Any tensor.
        of: Operand,
    },
    /// The indices of the `count` greatest, falling; of equal ones the first comes first.
    Top {
        /// Any tensor.
        of: Operand,
        /// How many.
        count: u8,
    },
    /// A sum that is never negative, flagged at a threshold.
    Score {
        /// Of one element.
        of: Operand,
        /// Whether scores up to the threshold are flagged, and not those from it on.
        low: bool,
    },
    /// Only the flag of a score.
    Flag {
        /// Of one element.
        of: Operand,
        /// As for a score.
        low: bool,
    },
    /// Every element.
    Values {
        /// An activation.
        of: Operand,
    },
    /// A salted commitment to every element: the same as to a vector of them.
    Commitment {
        /// An activation.
        of: Operand,
    },
}

impl Head {
    /// The tensor.
    pub fn of(&self) -> Operand {
        match self {
            Self::Tags { of }
            | Self::Class { of }
            | Self::Top { of, .. }
            | Self::Score { of, .. }
            | Self::Flag { of, .. }
            | Self::Values { of }
            | Self::Commitment { of } => *of,
        }
    }

    /// Name in files, statements and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Tags { .. } => "tags",
            Self::Class { .. } => "class",
            Self::Top { .. } => "top",
            Self::Score { .. } => "score",
            Self::Flag { .. } => "flag",
            Self::Values { .. } => "values",
            Self::Commitment { .. } => "commitment",
        }
    }

    /// Whether each element has a label.
    pub fn has_labels(&self) -> bool {
        matches!(self, Self::Tags { .. } | Self::Class { .. } | Self::Top { .. } | Self::Values { .. })
    }

    /// Whether it has a threshold.
    pub fn has_threshold(&self) -> bool {
        matches!(self, Self::Score { .. } | Self::Flag { .. })
    }

    /// How many public inputs it is, made of that tensor: bits of tags, a class, the indices of a top, and a commitment are one;
    /// scores and flags stand below their threshold; values are packed.
    pub fn published(&self, tensor: &Tensor) -> usize {
        match self {
            Self::Tags { .. } | Self::Class { .. } | Self::Top { .. } | Self::Commitment { .. } => 1,
            Self::Score { .. } | Self::Flag { .. } => 2,
            Self::Values { .. } => tensor.count.div_ceil(tensor.per_element()),
        }
    }
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tensor {
    /// Elements.
    pub count: usize,
    /// No element is less.
    pub low: i64,
    /// No element is greater.
    pub high: i64,
    /// What the elements' cells lack.
    pub base: Base,
    /// Whether there may be zeros of constants among the elements, which have no cells.
    pub zeros: bool,
}

/// What stands in the cells of a tensor's elements: each element less the base. Operands of a linear block have one base at all
/// positions, since a row of weights adds it to four of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// Zeros, which have no cells.
    Zeros,
    /// The same for all but zeros.
    Of(i64),
    /// Different ones, or constants.
    Mixed,
}

impl Base {
    /// Of elements of both.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Zeros, base) | (base, Self::Zeros) => base,
            (a, b) if a == b => a,
            _ => Self::Mixed,
        }
    }
}

impl Tensor {
    /// Bits of a packed element: enough for the interval.
    pub fn bits(&self) -> u32 {
        (64 - self.high.abs_diff(self.low).leading_zeros()).max(1)
    }

    /// Packed elements in a field element.
    pub fn per_element(&self) -> usize {
        (PACKED_BITS / self.bits()) as usize
    }

    /// The greatest magnitude of an element.
    pub fn magnitude(&self) -> u64 {
        self.low.unsigned_abs().max(self.high.unsigned_abs())
    }
}
