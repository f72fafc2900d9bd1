//! Gates by name.

macro_rules! gates {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Gates that are switched on row by row, each with a selector of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Gate { $($(#[$doc])* $name),* }

        impl Gate {
            /// Every gate.
            pub const ALL: &'static [Gate] = &[$(Gate::$name),*];
        }
    };
}

gates! {
    /// A signed number, its magnitude in limbs, and its clamp.
    Number,
    /// A row of a record: presence and running sums.
    Record,
    /// The row above belongs to the same record.
    SameRecord,
    /// The row above belongs to the record before.
    NextRecord,
    /// The link is a tri-state.
    TriState,
    /// A number is packed in front of those below.
    Element,
    /// The last number of a record's first packed element.
    ElementNumber,
    /// The last number of a record's second packed element, and the links.
    ElementLinks,
    /// Takes the running sums over from the last record.
    Take,
    /// Text hash: first row.
    HashFirst,
    /// Text hash: further rows.
    HashNext,
    /// Packed symbols: first row.
    PackFirst,
    /// Packed symbols: second row.
    PackNext,
    /// Last symbols of a text.
    Tail,
    /// Hash and residues of a text.
    Residues,
    /// Row of bytes followed by another one.
    PadChain,
    /// First row of a long text.
    LongFirst,
    /// First row of a search.
    SearchStart,
    /// Distance to a centroid.
    Distance,
    /// A coordinate of centroid 0 is in range.
    CentroidRange,
    /// Two coordinates of the centroid two rows above are in range.
    CentroidRangeFirst,
    /// Two coordinates of the centroid above are in range.
    CentroidRangeSecond,
    /// Two coordinates of this centroid are in range.
    CentroidRangeThird,
    /// Two centroids packed.
    CentroidElement,
    /// End of a search.
    SearchEnd,
    /// Multiply-add over the wires.
    Arith,
    /// The wire e is its limbs.
    Range,
    /// The wire e is its limbs and, above them, the wire e of the next row.
    RangeWide,
    /// Normalisation of a folded value.
    Normalise,
    /// First row of a chain.
    SpongeStart,
    /// First row of a further link of a chain.
    SpongeChain,
    /// The second half of a state is loaded.
    SpongeLoad,
    /// From a full round to the first row of the next.
    SpongeFullFirst,
    /// From a full round to the second row of the next.
    SpongeFullSecond,
    /// From the full rounds into the first row of the partial ones.
    SpongeEntryFirst,
    /// From the full rounds into the second row of the partial ones.
    SpongeEntrySecond,
    /// Partial rounds.
    SpongePartial,
    /// From the partial rounds into the first row of the full ones.
    SpongeExitFirst,
    /// From the partial rounds into the second row of the full ones.
    SpongeExitSecond,
    /// The digest.
    SpongeEnd,
    /// Look-ups are counted.
    LookupActive,
    /// Ends of the running sum of the look-ups; models: all that is packed has been absorbed.
    LookupEdge,
    /// A cell is the public input of its row.
    Public,
    /// Models: a value is its limbs.
    Value,
    /// Models: a value is a constant.
    Constant,
    /// Models: the excess of an input.
    Excess,
    /// Models: an input after its quantiser.
    Input,
    /// Models: an accumulator is added to the sum of its layer.
    Accumulator,
    /// Models: a neuron after requantisation.
    Neuron,
    /// Models: an output is its limbs.
    Plain,
    /// Models: an output is its limbs and the bit of a tag.
    Tag,
    /// Models: squared error so far.
    Error,
    /// Models: weights, or a row that takes the sums over.
    Weights,
    /// Models: ends of a layer.
    LayerEdge,
    /// Models: what the head made of all outputs.
    Output,
    /// Models: the greatest logit.
    ClassFirst,
    /// Models: a logit and its distance to the greatest.
    ClassRow,
    /// Models: the greatest logit has been met.
    ClassLast,
    /// Models: a message is 0.
    MessageZero,
    /// Graphs: mean and multiplier of a channel are the row's limbs.
    GraphQuantiser,
    /// Graphs: bias and multiplier of an output are the row's limbs.
    GraphChannel,
    /// Graphs: they are those of the row above.
    GraphStay,
    /// Graphs: an input after its quantiser.
    GraphInput,
    /// Graphs: two sums after requantisation, and their part in the sum of their block.
    GraphPositions,
    /// Graphs: weights, and the positions of their input.
    GraphWeights,
    /// Graphs: a sum of products starts.
    GraphSum,
    /// Graphs: a sum of products goes on.
    GraphSumOn,
    /// Graphs: a sum is 0: the last wire holds the others'.
    GraphSumZero,
    /// Graphs: a sum after division and clamping.
    GraphQuotient,
    /// Graphs: a sum is four limbs.
    GraphDigits,
    /// Graphs: a bit says whether a sum is negative, in four limbs either way.
    GraphSign,
    /// Graphs: as many bits have been 1 as there should.
    GraphCount,
    /// Graphs: a candidate, if its bit is 1, is in the product of the chosen.
    GraphCandidate,
    /// Graphs: one of the chosen, with its index.
    GraphChosen,
    /// Graphs: a product starts or ends with 1.
    GraphOne,
    /// Graphs: a split of a forest, packed.
    GraphSplit,
    /// Graphs: two leaves, or one of several targets, packed.
    GraphLeaf,
    /// Graphs: a path starts.
    GraphRoot,
    /// Graphs: a step of a path.
    GraphStep,
    /// Graphs: the end of a path at a leaf of one target.
    GraphEnd,
    /// Graphs: the end of a path at a leaf of several targets.
    GraphEnds,
    /// Graphs: sums of several targets, unpacked.
    GraphTargets,
    /// Graphs: two sums of a product of activations after requantisation, and their part in the sum of their product.
    GraphProduct,
    /// Graphs: elements of the second factor of a product.
    GraphLeft,
    /// Graphs: elements of the first factor of a product.
    GraphRight,
    /// Graphs: four elements of a group, and the greatest of it.
    GraphMaximum,
    /// Graphs: an element of a softmax.
    GraphSoftmax,
    /// Graphs: the last element of a group of a softmax.
    GraphSoftmaxEnd,
    /// Graphs: four elements of a group of a norm.
    GraphMoments,
    /// Graphs: the root of a group of a norm.
    GraphDeviation,
    /// Graphs: an element of a norm.
    GraphNorm,
    /// Analytics: squared distance of two centres so far.
    Difference,
    /// Decisions: an entry of a list, and the greatest keys so far.
    Entry,
    /// Rules: first row of bytes of a text, folded.
    FoldFirst,
    /// Rules: a further row of bytes.
    FoldNext,
    /// Rules: a further one, with which the second half of a text starts.
    FoldAgain,
    /// Rules: the first bytes of a text are handed down.
    FoldFront,
    /// Rules: form and start of a text are handed down.
    FoldForm,
    /// Rules: selector of an address, with its form.
    SymbolsFirst,
    /// Rules: form of an address.
    SymbolsNext,
    /// Rules: masks of an address.
    RuleAddress,
    /// Rules: the first bytes of a text are a selector and the rest; its mask.
    RuleFront,
    /// Rules: whether they are a selector of the sets.
    RuleSelector,
    /// Rules: masks of a text as a class and as an address.
    RuleText,
    /// Rules: gas of a record.
    RuleGas,
    /// Rules: classes of records so far.
    RuleClass,
    /// Rules: whether a quantity is above a limit, and how many are so far.
    RuleAbove,
    /// Rules: categories of a record, with the numbers and the gas of each so far.
    RuleCategory,
    /// Rules: price and value packed; volumes so far.
    RuleValue,
    /// Rules: a sum over all records.
    RuleTake,
    /// Signatures: the wire e is the sum of the limbs.
    LimbSum,
    /// Signatures: the wire e is the sum of the limbs and of the wire e of the next row.
    LimbSumOn,
}
