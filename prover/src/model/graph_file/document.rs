//! What stands in a file, as serde reads it: lists that end at their limits, and keys of which none is null.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize as Derive, Serialize};

use foldproof_circuits::graph::{
    MAX_BLOCKS, MAX_DIMS, MAX_ELEMENTS, MAX_HEADS, MAX_INPUTS, MAX_NODES, MAX_OPERANDS, MAX_SPLITS,
    MAX_TARGETS, MAX_TERMS, MAX_VIEWS, MAX_WIDTH,
};

const WIDTH: usize = MAX_WIDTH as usize;
const SPLITS: usize = MAX_SPLITS as usize;
const TARGETS: usize = MAX_TARGETS as usize;
const _: () = assert!(WIDTH <= MAX_ELEMENTS && MAX_INPUTS <= MAX_ELEMENTS);

/// A list of at most `N`: what is longer is refused before it is read on.
pub(super) struct List<T, const N: usize>(pub Vec<T>);

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const N: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Items<T, N> {
            type Value = List<T, N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an array of at most {N}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    if list.len() == N {
                        return Err(A::Error::invalid_length(N + 1, &self));
                    }
                    list.push(item);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

impl<T: Serialize, const N: usize> Serialize for List<T, N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A key that may be left out, but is not null: there is one way to leave it out.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Derive)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub format: u32,
    pub kind: String,
    #[serde(default, deserialize_with = "present")]
    pub mapping: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub units: Option<List<i32, MAX_INPUTS>>,
    pub limb_bits: u32,
    pub channels: u16,
    pub positions: u16,
    pub salt: String,
    pub inputs: List<Quantiser, MAX_INPUTS>,
    pub blocks: List<Block, MAX_BLOCKS>,
    pub nodes: List<Node, MAX_NODES>,
    pub heads: List<Head, MAX_HEADS>,
    pub parameters: List<Parameters, MAX_BLOCKS>,
}

#[derive(Derive, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quantiser {
    pub mean: i64,
    pub multiplier: u64,
}

/// Declares a struct all of whose keys but the first may be left out, in the order in which they are written.
macro_rules! optional_keys {
    ($(#[$doc:meta])* $name:ident { $first:ident, $($key:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default, Derive, Serialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            pub $first: String,
            $(#[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
            pub $key: Option<$type>,)*
        }

        impl $name {
            /// A key that is there and has not been taken yet.
            pub fn left(&self) -> Option<&'static str> {
                $(if self.$key.is_some() {
                    return Some(stringify!($key));
                })*
                None
            }
        }
    };
}

optional_keys! {
    /// The shape of a block.
    Block {
        kind,
        outputs: u16,
        operands: List<(u16, u8), MAX_OPERANDS>,
        trees: u16,
        depth: u8,
        splits: u32,
        leaves: u32,
        targets: u8,
    }
}

optional_keys! {
    /// A node.
    Node {
        op,
        block: u16,
        operands: List<u16, MAX_OPERANDS>,
        count: u32,
        value: i32,
        terms: List<List<i32, 3>, MAX_TERMS>,
        constant: i64,
        divisor: u16,
        views: List<View, MAX_VIEWS>,
        a: u16,
        b: u16,
        inner: u16,
        multiplier: u16,
        scale: u16,
        of: u16,
        width: u16,
        epsilon: u64,
        power: u8,
        range: (i32, u32),
        table: Table,
    }
}

optional_keys! {
    /// A head and what it means.
    Head {
        head,
        of: u16,
        count: u8,
        flagged: String,
        threshold: u64,
        fraction_bits: u8,
        labels: List<String, WIDTH>,
    }
}

optional_keys! {
    /// Parameters of a block.
    Parameters {
        kind,
        bias: List<i32, WIDTH>,
        multiplier: List<u16, WIDTH>,
        weights: List<List<List<i8, WIDTH>, WIDTH>, MAX_OPERANDS>,
        splits: List<Split, SPLITS>,
        leaves: List<List<i64, TARGETS>, SPLITS>,
    }
}

#[derive(Derive, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// Left out of a softmax, whose tables are of decays.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    pub input: u8,
    pub output: u8,
    /// Of a softmax: others have the bits of their range.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
}

#[derive(Derive, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    pub of: u16,
    pub offset: u32,
    pub dims: List<(u32, i32), MAX_DIMS>,
}

/// A child from 0 on is a split; −1 is leaf 0, −2 leaf 1.
#[derive(Derive, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Split {
    pub feature: u16,
    pub threshold: i64,
    pub left: i32,
    pub right: i32,
}
