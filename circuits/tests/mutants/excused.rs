//! Mutants that nobody notices, because the circuit without the part accepts the same witnesses, or others that say the same.

use crate::record::Entry;

/// A part that is not needed, and why.
pub struct Excused {
    /// Its name, or that of its kind.
    pub mutant: &'static str,
    /// What the names of its statements contain.
    pub statements: &'static str,
    /// The argument.
    pub reason: &'static str,
}

impl Excused {
    /// Whether it is about this mutant of a statement.
    pub fn is_for(&self, entry: &Entry) -> bool {
        [&entry.kind, &entry.mutant].iter().any(|name| *name == self.mutant)
            && entry.statement.contains(self.statements)
    }
}

/// All of them. An entry that no mutant needs any more makes the long run fail.
pub const EXCUSED: [Excused; 82] = [
    Excused {
        mutant: "LongFirst / first place empty",
        statements: "core",
        reason: "Its twin is enough: a first symbol that is not 0 needs a pad of 0, and with that pad the second is at least 1, \
                 which the twin forbids.",
    },
    Excused {
        mutant: "Input / not both",
        statements: "",
        reason: "Both flags at once would need an activation of 0 (under: the least) that is the greatest as well (over: the \
                 greatest), and no range has one value only. Flags are bits by constraints of their own.",
    },
    Excused { mutant: "Neuron / not both", statements: "", reason: "As for inputs." },
    Excused {
        mutant: "ClassRow / met is a bit",
        statements: "class",
        reason: "Each step of the flag is 0 where the distance is not 0, and keys are distinct, so that one distance at most is 0. \
                 The flag starts at 0 and ends at 1, so that the only step is 1.",
    },
    Excused {
        mutant: "LayerEdge, off in one row",
        statements: "",
        reason: "Between two layers. Without it both are one polynomial in rho, where the accumulators of each have powers of \
                 their own: limbs that pad a row of weights stand for 0, so that no power of one layer reaches those of the \
                 other. Its coefficients are all 0 if and only if those of both are. (Off at the first or the last edge it is \
                 noticed.) So it is between a block of a graph and a product after it, whose rows are filled by wires that count 0 \
                 times.",
    },
    Excused {
        mutant: "tag widened: 4 bits",
        statements: "class",
        reason: "The top limb of the distance between two keys. Keys are below 2^24 by the ranges of logits and indices, so that a \
                 distance is below 2^24 or negative, and a negative one is not below 2^30 either. (That the tag is there at all is \
                 noticed.)",
    },
    Excused {
        mutant: "GraphInput / f is -1, 0 or 1",
        statements: "graph",
        reason: "Any other f needs a y that is the least and the greatest of its range: f (f - 1) y = 0 and f (f + 1) (y - greatest) \
                 = 0. No range has one value only.",
    },
    Excused {
        mutant: "GraphPositions / f is -1, 0 or 1 (1)",
        statements: "graph",
        reason: "As for inputs of graphs.",
    },
    Excused { mutant: "GraphPositions / f is -1, 0 or 1 (2)", statements: "graph", reason: "Likewise." },
    Excused { mutant: "GraphQuotient / f is -1, 0 or 1", statements: "graph", reason: "Likewise." },
    Excused {
        mutant: "GraphProduct / f is -1, 0 or 1 (1)",
        statements: "4x3-tags",
        reason: "As for inputs of graphs.",
    },
    Excused { mutant: "GraphProduct / f is -1, 0 or 1 (2)", statements: "4x3-tags", reason: "Likewise." },
    Excused {
        mutant: "GraphProduct / f is -1, 0 or 1 (1)",
        statements: "4x3-values",
        reason: "Likewise, of what aggregates read.",
    },
    Excused { mutant: "GraphProduct / f is -1, 0 or 1 (2)", statements: "4x3-values", reason: "Likewise." },
    Excused {
        mutant: "tag widened: 2 bits",
        statements: "4x3-values",
        reason: "An entry of the adjacency above its range, told without the clamp: it takes entry, flag and all that follows at once, which is told \
                 in `circuits/tests/graph_forgeries/aggregates.rs`, where nothing but the limb objects.",
    },
    Excused {
        mutant: "tag widened: 500",
        statements: "4x3-values",
        reason: "Likewise, an argument above the last of a table, with any value: told there, too.",
    },
    Excused {
        mutant: "tag widened: only 128",
        statements: "4x3-values",
        reason: "A weight in front of the first output, as of groups.",
    },
    Excused {
        mutant: "tag of limb 1 in row 140",
        statements: "4x3-values",
        reason: "The remainder r of a tag's sign, a quotient by a full limb: 2^12 - 1 - r is a limb as well, so that r has no other range.",
    },
    Excused { mutant: "GraphNorm / f is -1, 0 or 1", statements: "4x3-tags", reason: "Likewise." },
    Excused {
        mutant: "GraphSoftmaxEnd / some d is 0",
        statements: "4x3-tags",
        reason: "What it forbids, a greatest one that no element is, changes every row of its group, and what reads them: in \
                 `circuits/tests/graph_forgeries/groups.rs` all that follows is computed, and nothing but this product objects.",
    },
    Excused {
        mutant: "tag widened: only 128",
        statements: "4x3-tags",
        reason: "A weight in front of the first output, of which nothing is said: another one adds a power of rho to the sum of the block that no \
                 accumulator has, so that the sum tells as well.",
    },
    Excused { mutant: "tag of limb 2 in row 52", statements: "4x3-tags", reason: "Such a weight." },
    Excused {
        mutant: "tag widened: 500",
        statements: "4x3-tags",
        reason: "One distance more in a table of decays, as an alternative to the clamp: it takes distance, flag and all that follows at once, which is \
                 told in `circuits/tests/graph_forgeries/groups.rs`, where nothing but the limb objects.",
    },
    Excused {
        mutant: "GraphSign / bit",
        statements: "4x3-tags",
        reason: "Of a class alone, as of the forests'.",
    },
    Excused {
        mutant: "GraphSumZero, off in row 110",
        statements: "4x3-tags",
        reason: "The same of a maximum, in the same place.",
    },
    Excused {
        mutant: "GraphCount / as many bits",
        statements: "graph",
        reason: "The product over the candidates with bit 1 is that over the chosen, as polynomials in rho, so that there are as many \
                 of either: of each product the degree is the number.",
    },
    Excused { mutant: "GraphCount, off in all rows", statements: "graph", reason: "Likewise." },
    Excused { mutant: "GraphCount, off in one row", statements: "graph", reason: "Likewise." },
    Excused {
        mutant: "tag widened: 1 bits",
        statements: "graph",
        reason: "The bit [y >= 0] of a tag, a quotient by a full limb. The activations of this graph that have tags have 8 bits, so \
                 that the quotient is 0 or 1 by itself. (Of one that may be 2^lambda it would be 2; that the tag is there at all is \
                 noticed.)",
    },
    Excused {
        mutant: "GraphSign / bit",
        statements: "vector-3+graph",
        reason: "Of a class alone: one candidate has a bit that is not 0, and bit (rho - key) + 1 - bit is rho less the key of the \
                 chosen, so that the bit is 1. (Of the other statement, which has a flag, it is noticed.)",
    },
    Excused {
        mutant: "GraphStep / at a leaf for good",
        statements: "graph",
        reason: "What it forbids takes two flags at once, to rest at a split in one step and to be at none in a later one: all flags of a \
                 path together are tried in `circuits/tests/graph_forgeries/paths.rs`, which fails without it.",
    },
    Excused {
        mutant: "copy from a 3516 to a 7491",
        statements: "core",
        reason: "Of the sum of a bundle's fifth row, which has neither a number nor a text. Nothing is added there, and the gate that \
                 takes the sum apart has no parts: it says by itself that its cell is 0.",
    },
    Excused {
        mutant: "copy from a 142 to a 1875",
        statements: "x2",
        reason: "Likewise, in the first of two blocks.",
    },
    Excused {
        mutant: "copy from a 142 to a 1875",
        statements: "analytics.",
        reason: "Likewise, in a block with analytics.",
    },
    Excused {
        mutant: "tag widened: 4 bits",
        statements: "analytics.",
        reason: "The remainder of the mean residual and what it lacks to 12, the number of zones and what it lacks to 7: of either sum \
                 both parts are not negative, and so below the sum. The others are numbers of tags that a zone has not, of which the \
                 wrong sign is as little in a full limb. (That the tag is there at all is noticed.)",
    },
    Excused {
        mutant: "tag widened: 440",
        statements: "analytics.",
        reason: "A digit of an exponent has the bits of a full limb, beside which the table has the limb itself. A prover would have to \
                 take the digit for its entry and all that follows from that, which is tried in `circuits/tests/analytics.rs`.",
    },
    Excused { mutant: "tag widened: 460", statements: "analytics.", reason: "Likewise." },
    Excused {
        mutant: "copy from a 3058 to c 3062",
        statements: "analytics.",
        reason: "One of the bits that count zones, in their sum. What it forbids takes several bits at once: all of them are tried in \
                 `circuits/tests/analytics.rs`.",
    },
    Excused {
        mutant: "copy from a 2723 to d 2725",
        statements: "analytics.",
        reason: "One of the bits that choose the greatest residual, in their sum. Likewise: two residuals at once are tried there.",
    },
    Excused {
        mutant: "SameRecord, off in row 27",
        statements: "analytics.",
        reason: "A gate of the block, noticed in `core-small-64`, whose witnesses have records that differ more: those with analytics are \
                 drawn for their zones.",
    },
    Excused { mutant: "SameRecord, off in row 76", statements: "analytics.", reason: "Likewise." },
    Excused { mutant: "PadChain, off in row 197", statements: "analytics.", reason: "Likewise." },
    Excused { mutant: "LongFirst, off in row 213", statements: "analytics.", reason: "Likewise." },
    Excused {
        mutant: "Arith, off in row 3218",
        statements: "zones-graph",
        reason: "The row of the salt, which is a free witness: all its coefficients are 0.",
    },
    Excused {
        mutant: "Arith, off in row 59",
        statements: "criteria",
        reason: "The row of a salt, which is a free witness: all its coefficients are 0.",
    },
    Excused {
        mutant: "copy from d 67 to d 68",
        statements: "criteria",
        reason: "How many keys are up to the lower middle one, in the sum of the bits that say which. What it forbids takes several bits at \
                 once, and both of the chosen: every other number is tried in `circuits/tests/decisions/forged_scores.rs`, where nothing \
                 but this sum objects.",
    },
    Excused { mutant: "copies from column d to d", statements: "criteria", reason: "There is no other." },
    Excused {
        mutant: "tag widened: 160",
        statements: "criteria",
        reason: "The top limb of a quotient of 33 bits. Its remainder is bounded by the divisor on both sides, so that one quotient is left \
                 whatever its bits, as long as no product comes near the field's size: seven more bits do not bring it there. (That the \
                 tag is there at all is noticed.)",
    },
    Excused {
        mutant: "tag widened: 4 bits",
        statements: "criteria",
        reason: "The top limb of a remainder of a division, and of what it lacks to the divisor. Neither is negative, so that both are below \
                 the divisor, however wide.",
    },
    Excused {
        mutant: "tag widened: 280",
        statements: "criteria",
        reason: "The top limb of such remainders, too, and of differences whose sign a bit tells: the wrong sign is as little in a full \
                 limb.",
    },
    Excused {
        mutant: "tag widened: only 0",
        statements: "drift",
        reason: "Limbs above a value of a fingerprint: with them an element has two readings. It takes two values at once, which are told in \
                 `circuits/tests/decisions/limbs.rs`, where nothing but the limb objects.",
    },
    Excused {
        mutant: "tag widened: 6 bits",
        statements: "drift",
        reason: "The top limb of such a value: likewise.",
    },
    Excused { mutant: "tag widened: 6 bits", statements: "departure", reason: "Likewise." },
    Excused {
        mutant: "tag widened: 2 bits",
        statements: "drift",
        reason: "The top limb of what a root leaves, x - r^2, and of what that lacks to 2 r: neither is negative, so that both are at most \
                 2 r, however wide.",
    },
    Excused {
        mutant: "tag widened: 4 bits",
        statements: "drift",
        reason: "The top limb of a difference whose sign a bit tells: the wrong sign is as little in a full limb.",
    },
    Excused {
        mutant: "tag widened: 2 bits",
        statements: "departure",
        reason: "The top limb of such a difference, and of what squares of distances are above that of the told one, below 2^101 or negative: \
                 likewise.",
    },
    Excused {
        mutant: "tag widened: 160",
        statements: "departure",
        reason: "The top limb of (r + 1)^2 - 1 - s. The square s is not below r^2, so that this is at most 2 r, or negative.",
    },
    Excused {
        mutant: "copy from a 753 to b 760",
        statements: "departure",
        reason: "The bit of the first centre, where bits are counted. Without it no centre need be the nearest: all bits are told together in \
                 `circuits/tests/decisions/limbs.rs`.",
    },
    Excused {
        mutant: "copy from d 1919 to a 1920",
        statements: "nearest",
        reason: "The product of differences to the least key, where it is said to be 0. What it forbids is a key below all, with all that follows \
                 from it: told in `circuits/tests/decisions/nearest.rs`, where nothing else objects.",
    },
    Excused {
        mutant: "tag widened: 1 bits",
        statements: "nearest",
        reason: "A bit that tells a sign: of what is positive it may then be 2. In a signature, that is another query, to which every limb beside \
                 it has to be changed: told in `circuits/tests/decisions/limbs.rs`, where nothing but the limb objects.",
    },
    Excused {
        mutant: "tag widened: 7 bits",
        statements: "nearest",
        reason: "The top limb of a key less the least one: with 20 bits an entry below that, beside a query that is one more, is past all keys. \
                 Limbs and key are told together in the same place. (More bits change nothing in a value before its limits, which is a quotient \
                 with a remainder in exactly 40 bits, in differences to its limits, whose sign a bit tells, and in a distance, since the key \
                 it is in is one of the index.)",
    },
    Excused {
        mutant: "tag widened: 8 bits",
        statements: "nearest",
        reason: "The top limb of a sum whose sign a bit tells: the wrong sign is as little in a full limb.",
    },
    Excused {
        mutant: "copy from d 407 to d 503",
        statements: "consensus",
        reason: "How many keys are up to the lower middle one, in the sum of the bits that say which: as of criteria, every other number is \
                 tried in `circuits/tests/decisions/forged_scores.rs`, where nothing but this sum objects.",
    },
    Excused {
        mutant: "copy from d 407 to d 1115",
        statements: "consensus",
        reason: "The same of deviations, tried there too.",
    },
    Excused { mutant: "copies from column d to d", statements: "consensus", reason: "There is no other." },
    Excused {
        mutant: "copy from e 404 to d 403",
        statements: "consensus",
        reason: "Whether the method is the last one, in the sum that is 1. What it forbids is that and the first, number 0, at once: told in \
                 `circuits/tests/decisions/forged_scores.rs`, where nothing but this sum objects.",
    },
    Excused {
        mutant: "tag widened: 2 bits",
        statements: "consensus",
        reason: "The top limb of differences whose sign a bit tells, or which are not to be negative: the wrong sign is as little in a full limb. \
                 And that of the root of a variance, which is bounded by what it leaves, r^2 <= x <= r^2 + 2 r, as long as no square comes near \
                 the field's size: eight more bits do not bring it there.",
    },
    Excused {
        mutant: "tag widened: 160",
        statements: "consensus",
        reason: "The top limb of differences, likewise; of remainders and what they lack to the divisor, neither of which is negative, so that \
                 both are below it; and of quotients, which have such remainders: seven more bits bring no product near the field's size.",
    },
    Excused {
        mutant: "tag widened: 4 bits",
        statements: "consensus",
        reason: "The top limb of such differences and remainders, and of a stake: one of 2^64 or more has no root of 56 bits, as \
                 2^48 s - r^2 would be above 2 r. (An element has a second reading then, and limbs of root and stake object: told in \
                 `circuits/tests/decisions/limbs.rs`.)",
    },
    Excused {
        mutant: "tag widened: 5 bits",
        statements: "consensus",
        reason: "The top limb of a score or a confidence, and of what that lacks to 2^24. Neither is negative, so that both are at most 2^24.",
    },
    Excused {
        mutant: "tag widened: 7 bits",
        statements: "consensus",
        reason: "The top limb of the value in a key, whose place has exactly six bits, so that value and place are its digits; and of differences \
                 and remainders as above.",
    },
    Excused {
        mutant: "tag widened: 8 bits",
        statements: "consensus",
        reason: "The top limb of such differences, and of what a root leaves and lacks to 2 r.",
    },
    Excused {
        mutant: "tag of limb 0 in row 15",
        statements: "consensus",
        reason: "Whether there is a first validator. Any other number x than 0 or 1 would be that of all, none of whom is there, with \
                 h + o + 1 - x keys up to the lower middle one, where x = 2 h + o, o is a bit and h is not negative: so many, 1 - h, have to be \
                 at least one, as that key is one of them, and h is 0.",
    },
    Excused {
        mutant: "RuleAddress / equal is 0 or 1 (2)",
        statements: "rules",
        reason: "Without it a difference d that is not 0 leaves one bit more: 1 + d^2, with the inverse -d. It is tried in \
                 `circuits/tests/rules.rs`.",
    },
    Excused { mutant: "RuleSelector / equal is 0 or 1", statements: "rules", reason: "Likewise." },
    Excused { mutant: "RuleText / equal is 0 or 1 (1)", statements: "rules", reason: "Likewise." },
    Excused { mutant: "RuleText / equal is 0 or 1 (2)", statements: "rules", reason: "Likewise." },
    Excused {
        mutant: "RuleValue / neither unless there",
        statements: "rules",
        reason: "It is about records that are not there: prices and values of all of these are tried in `circuits/tests/rules.rs`.",
    },
    Excused {
        mutant: "copy from a 142 to a 1875",
        statements: "rules",
        reason: "The sum of a bundle's fifth row again, in a block with rules.",
    },
    Excused {
        mutant: "Arith, off in row 2887",
        statements: "rules",
        reason: "The row of the salt of the tag commitment, a free witness: all its coefficients are 0.",
    },
    Excused {
        mutant: "tag widened: only 0",
        statements: "rules",
        reason: "It takes two digits of a sum at once, and a bit that follows: with one limb past 0 a count of one category makes up for that of \
                 another, which loses its tag. `circuits/tests/rules_forgeries.rs` tries it, where nothing but this tag objects.",
    },
    Excused {
        mutant: "tag widened: 4 bits",
        statements: "rules",
        reason: "Likewise: a count past its 16 bits makes up for gas, as one more high price. Tried there, too.",
    },
];
