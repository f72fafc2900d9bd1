//! Tags and behaviour in the circuit.
//!
//! Every slot of the text table gets a mask for each kind of its rows: as a class, as a selector, as an address; links of records take them
//! along. Five rows for each transaction add up what it has ([`chips::rules`](crate::chips::rules)), and the sums are taken apart once.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | folded byte | 7 bits | the table has one beside each byte |
//! | start of a text | a bit a row | before it rows are empty; an empty row that starts one has a pad that is not looked up |
//! | first ten bytes S | 70 bits | W·128ᵖ = 2⁴⁹·S + rest, with rest of 49 bits; both sides below 2¹¹⁹ |
//! | places | the table's | form = places·q + place, with place below places and q of 12 bits; both sides below 2¹⁸ |
//! | equal | a bit | a difference has an inverse or is 0 |
//! | price, value | 96 bits | what is committed to |
//! | above a limit | a bit | the difference or its complement, in 96 bits |
//! | categories | four bits | the table's, beside the sum of three masks |
//! | classes, counts, gas | 12, 16 and 60 bits | digits of sums that have no others, below 2²⁴⁴ |
//! | tag of the block | a bit | number less 1, or its complement |
//! | G′ = G, 1 if G = 0 | 60 bits | a bit by G − 1 or its complement |
//! | share | 33 bits | 2³³·part + G′ = 2·G′·q + r, with r below 2·G′; both sides below 2⁹⁴ |

mod adapter;
mod records;
mod sources;
mod summary;
mod texts;

use crate::assignment::Cell;
use crate::chips::arith::{Arith, Wire};
use crate::chips::rules::record::ROWS;
use crate::columns::RULE_TEXT_ROWS;
use crate::rows::rule_rows;
use crate::sets::Tag;
use crate::sets::places::class_mask;
use crate::size::Capacity;

pub use sources::Sources;

/// Tags and behaviour on the assignment.
pub struct RuleWires {
    /// Elements of the tag commitment, behind its salt.
    pub committed: Vec<Cell>,
    /// Tags of the block, by bit; none of those that no transaction here can have.
    pub tags: Vec<Option<Wire>>,
    /// What is public: tags with the number of transactions; counts; gas and its shares; volumes.
    pub packed: [Wire; 4],
}

/// Lays tags out in the rows set aside for them from `first` on, [`rule_rows`] of them, and in others.
pub fn rules(arith: &mut Arith<'_>, sources: &Sources<'_>, first: usize) -> RuleWires {
    let Capacity { addresses, short, long, transactions, .. } = sources.capacity;
    let zero = arith.constant(0).cell;
    let other = arith.constant(class_mask(Tag::AssetOther)).cell;
    let entries = texts::texts(arith.assignment, sources, first, [zero, other]);
    let below = first + addresses + RULE_TEXT_ROWS * (short + long);
    let found = records::records(arith.assignment, sources, &entries, below);
    assert_eq!(
        below + ROWS * (transactions + 1),
        first + rule_rows(sources.capacity),
        "rows set aside for rules"
    );
    let adapter = sources.adapter.then(|| adapter::adapter(arith, sources));
    let mut committed = vec![sources.count.cell];
    for (place, element) in found.elements.iter().enumerate() {
        committed.push(*element);
        committed.extend(adapter.as_ref().map(|adapter| adapter.elements[place]));
    }
    let (tags, packed) =
        summary::summary(arith, sources.count, &found.sums, adapter.as_ref().map(|a| &a.sum));
    arith.level();
    RuleWires { committed, tags, packed }
}
