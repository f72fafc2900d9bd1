//! The order in which gates get their selectors.
//!
//! Halo2 combines selectors of gates that are never on together into fixed columns, first come, first served, as far as
//! the degree allows. How many columns there are depends on the order, and nothing else does: this one was found by trying
//! exchanges for the statements that are used most. Gates of high degree, which share a column with one other at most, come
//! first.

use crate::columns::Gate::{self, *};

/// Every gate, once.
pub const ORDER: [Gate; Gate::ALL.len()] = [
    SpongePartial,
    SpongeEntryFirst,
    SpongeFullFirst,
    SpongeExitFirst,
    SpongeExitSecond,
    SpongeEnd,
    SpongeEntrySecond,
    Record,
    TriState,
    Number,
    SpongeFullSecond,
    Arith,
    Neuron,
    Weights,
    Distance,
    PadChain,
    NextRecord,
    SearchEnd,
    HashNext,
    Input,
    Normalise,
    Tail,
    PackFirst,
    CentroidRangeSecond,
    ClassLast,
    ElementLinks,
    LookupEdge,
    CentroidRangeThird,
    SpongeChain,
    SameRecord,
    Element,
    LookupActive,
    CentroidRangeFirst,
    CentroidElement,
    Tag,
    Excess,
    SpongeLoad,
    LongFirst,
    ClassRow,
    Take,
    RangeWide,
    SpongeStart,
    MessageZero,
    SearchStart,
    Public,
    PackNext,
    CentroidRange,
    Accumulator,
    LayerEdge,
    Range,
    ElementNumber,
    Output,
    Plain,
    Residues,
    ClassFirst,
    Value,
    Constant,
    HashFirst,
    Error,
    GraphQuantiser,
    GraphChannel,
    GraphStay,
    GraphInput,
    GraphPositions,
    GraphWeights,
    GraphSum,
    GraphSumOn,
    GraphSumZero,
    GraphQuotient,
    GraphDigits,
    GraphSign,
    GraphCount,
    GraphCandidate,
    GraphChosen,
    GraphOne,
    GraphSplit,
    GraphLeaf,
    GraphRoot,
    GraphStep,
    GraphEnd,
    GraphEnds,
    GraphTargets,
    Difference,
    LimbSum,
    LimbSumOn,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_has_its_place() {
        let mut gates = ORDER;
        gates.sort_unstable();
        assert_eq!(gates, *Gate::ALL);
    }
}
