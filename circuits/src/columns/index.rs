//! Columns by index, what they are there for, and how many rows and limbs things have in them.

/// Rows at the end of every column that are not ours: at least as many as halo2 fills with randomness.
pub const UNUSABLE_ROWS: usize = 11;
/// Bits of a full limb.
pub const LIMB_BITS: u32 = 12;
/// Bits of a full limb of decisions.
pub const DECISION_LIMB_BITS: u32 = 10;
/// Limbs in a row.
pub const LIMBS: usize = 8;
/// Rows of a record: one for each of its numbers.
pub const RECORD_ROWS: usize = 7;
/// Rows of rules for a transaction.
pub const RULE_RECORD_ROWS: usize = 5;
/// Rows of rules for a text of a short or long slot; one of an address has one.
pub const RULE_TEXT_ROWS: usize = 3;
/// Rows of a permutation.
pub const SPONGE_ROWS: usize = 32;
/// S-boxes in a row.
pub const SPONGE_PER_ROW: usize = 4;

/// How many rows the instance column of a statement about a block alone has.
pub const CORE_ROWS: usize = 14;
/// How many rows of several blocks' instance column are not of one of them: the statement and the codebook that they share.
pub const SHARED_ROWS: usize = 2;
/// How many rows each of several blocks has: those of a block alone without what is shared.
pub const BLOCK_ROWS: usize = CORE_ROWS - SHARED_ROWS;
/// Most blocks of a statement.
pub const MAX_BLOCKS: usize = 16;
/// Most rows of any statement: one fewer than the transparent scheme has generators pinned for, so that a context, which is bound to
/// a proof and read by no gate, has its row after them.
pub const MAX_ROWS: usize = SHARED_ROWS + MAX_BLOCKS * BLOCK_ROWS;
/// Most rows of a statement about values.
pub const MAX_VALUE_ROWS: usize = 32;
/// How many rows a model adds beside its outputs.
pub const MODEL_HEAD_ROWS: usize = 2;
/// How many rows a model of one public output adds.
pub const MODEL_ROWS: usize = MODEL_HEAD_ROWS + 1;

/// Advice columns of the first phase, by index.
pub mod at {
    /// Eight limbs, each looked up in the range table in every row.
    pub const LIMB: usize = 0;
    /// Sign of a number; bit 6 of a text hash; first coordinate of a centroid.
    pub const SIGN: usize = 8;
    /// Whether a number is clamped; bit 7 of a text hash; second coordinate.
    pub const OVER: usize = 9;
    /// Inverse of a negative number's magnitude; third coordinate.
    pub const INVERSE: usize = 10;
    /// A number; fourth coordinate.
    pub const NUMBER: usize = 11;
    /// A clamped number; running text hash; whether the nearest centroid has been met.
    pub const CLAMPED: usize = 12;
    /// Running sums of a record; the least key of a search.
    pub const SUM: usize = 13;
    /// First wire; link of a record; how often a text is linked to.
    pub const A: usize = 14;
    /// Second wire; first residue of a text.
    pub const B: usize = 15;
    /// Third wire; second residue of a text.
    pub const C: usize = 16;
    /// Fourth wire; whether a record is there.
    pub const D: usize = 17;
    /// Range-checked wire; packed elements.
    pub const E: usize = 18;
    /// Zeros in front of the symbols of a row of bytes.
    pub const PAD: usize = 19;
    /// S-box inputs of the sponge, four.
    pub const SBOX: usize = 20;
    /// Their squares.
    pub const SQUARE: usize = 24;
    /// Message and digest of the sponge.
    pub const MESSAGE: usize = 28;
    /// How often each row of the range table is looked up.
    pub const COUNT: usize = 29;
    /// Graphs: what the range table has beside the first limb, and beside the fifth: an entry of a function, or the limb itself.
    /// Analytics have the first. Rules have all, the others beside the limbs that are left.
    pub const OUT: [usize; 8] = [30, 31, 32, 33, 34, 35, 36, 37];
    /// Rules: mask of a text, which links to it take along; gas of a record.
    pub const MASK: usize = 38;

    /// Rows of models: a value, an activation, or what is public.
    pub const MODEL_X: usize = E;
    /// A public input in each of the first rows.
    pub const PUBLIC: usize = E;

    /// Rows of models: which end of a range a value was clamped to; whether the greatest logit has been met.
    pub const MODEL_FLAG: usize = CLAMPED;
    /// Rows of models: an accumulator; what the head makes of the outputs so far.
    pub const MODEL_SUM: usize = B;

    /// Graphs: four wires.
    pub const WIRE: [usize; 4] = [E, B, C, D];
    /// Graphs: sums, one for each half of a row.
    pub const ACC: [usize; 2] = [SUM, CLAMPED];
    /// Graphs: which end of a range each half was clamped to, −1, 0 or 1; or bits.
    pub const END: [usize; 2] = [SIGN, OVER];
}

/// Advice columns of the first phase.
pub const ADVICE_COLUMNS: usize = 39;

/// Second-phase columns of models, by index.
pub mod second_at {
    /// Random combination of the weights of an input so far.
    pub const WEIGHTS: usize = 0;
    /// Random combination of the accumulators of a layer, less what the inputs explain.
    pub const NEURONS: usize = 1;
    /// Random combination of all committed limbs and values so far.
    pub const PACKED: usize = 2;
    /// The same of the messages of the sponge.
    pub const MESSAGES: usize = 3;
    /// Graphs: random combination of the positions of a channel so far.
    pub const POSITIONS: usize = 4;
}

/// Second-phase columns of models; graphs have one more.
pub const MODEL_SECOND_COLUMNS: usize = 4;

/// Fixed columns, by index.
pub mod fixed_at {
    /// Tag of each limb: which part of the range table it must be in.
    pub const TAG: usize = 0;
    /// Eight coefficients; what they mean is the row's business.
    pub const K: usize = 8;
    /// Values of the range table.
    pub const TABLE_VALUE: usize = 16;
    /// Tags of the range table.
    pub const TABLE_TAG: usize = 17;
    /// Index of a text in its rows of the text table; in rows of models, the factor of the row's limbs or value in the
    /// elements they are packed into.
    pub const INDEX: usize = 18;
    /// Kind of residues in a row of the text table, or asked for by a link.
    pub const KIND: usize = 19;
    /// [`LINK`] where a link is looked up, [`TEXT`] where the text table has a row.
    pub const LINKS: usize = 20;
    /// Four constants of the sponge.
    pub const ROUND: usize = 21;

    /// Models: 1 where a row of limbs is packed, 2 where one starts eight elements.
    pub const RUN: usize = 25;
    /// Models: 1 where a message must be a packed element.
    pub const STREAM: usize = 26;
    /// Committed values: 1 where a value is packed, 2 where one starts an element.
    pub const ELEMENT: usize = 27;

    /// Graphs and analytics: what the range table has beside its values.
    pub const TABLE_OUT: usize = 28;

    /// Forests: the factor of a row's limbs in the elements they are packed into, since their rows are those of a table, too, and
    /// have an [`INDEX`] there.
    pub const FACTOR: usize = 29;

    /// Analytics: 1 where a centroid is an entry of the text table, with its index and kind: e is how often it is linked to.
    pub const CENTRES: usize = 30;

    /// A flag of a row that has a link.
    pub const LINK: u64 = 1;
    /// A flag of a row of the text table.
    pub const TEXT: u64 = 2;

    /// Coefficients that rows of models have; what they mean is the row's business.
    pub const MODEL_KS: usize = 4;
}

/// Fixed columns.
pub const FIXED_COLUMNS: usize = 31;
