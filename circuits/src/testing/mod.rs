//! For tests: whether circuits let anything through.
//!
//! * [`Examiner`]: a layout is synthesised once. Then each cell is changed alone, while everything else keeps its honest value,
//!   and what reads the cell is asked: copies, public inputs, look-ups, the gates of nearby rows, and, if all of these are
//!   content, the sums of the second phase, computed anew from the changed assignment as a prover would.
//! * [`Forger`]: a layout with lies told in some cells and everything after them computed from the lies; the examiner judges it.
//! * [`Analysis`]: from the gates alone, without a witness: bounds of every integer, and that the cells declared free determine
//!   all others.
//! * [`Recorder`]: witnesses and forgeries in files, for a second program to judge.
//! * [`mutation`]: parts of a circuit left out, and who notices.
//!
//! A stage gets all of them by writing its cells through [`Assignment`](crate::assignment::Assignment): values that other cells are computed from
//! go through [`told`](crate::assignment::Assignment::told), hints through [`free`](crate::assignment::Assignment::free).

mod analysis;
mod determined;
mod dropped;
mod examiner;
mod forger;
mod given;
pub mod graphs;
pub mod mutation;
mod oracle;
mod polynomial;
mod recorder;
pub mod samples;
mod second;
pub mod slots;
mod system;

use std::fmt;

pub use analysis::{Analysis, Budget};
pub use dropped::Copies;
pub use examiner::Examiner;
pub use forger::{Forger, Owned, Subject, Verdict};
pub use given::given;
pub use oracle::{Breach, mock_breaches};
pub use polynomial::Interval;
pub use recorder::{Case, Recorder};
pub use system::Place;

/// What noticed a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Killer {
    /// A cell that must be equal.
    Copy,
    /// A public input.
    Public,
    /// The sum of all that is looked up, without a term at fault: a count is another one.
    LookUp,
    /// That sum, by a limb that the range table does not have under its tag.
    Limb(u64),
    /// That sum, by a link whose text is not there, or has other residues.
    Link,
    /// A gate, by its name.
    Gate(String),
    /// A sum of the second phase that no longer ends where it must.
    Sum(&'static str),
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy => f.write_str("copy"),
            Self::Public => f.write_str("public input"),
            Self::LookUp => f.write_str("look-up"),
            Self::Limb(tag) => write!(f, "look-up of a limb, tag {tag}"),
            Self::Link => f.write_str("look-up of a link"),
            Self::Gate(name) => write!(f, "gate {name}"),
            Self::Sum(name) => write!(f, "sum {name}"),
        }
    }
}
