//! Kinds of decisions.

/// What is to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Consensus of validators.
    Consensus,
    /// A score over criteria.
    Criteria,
    /// The nearest to a fingerprint in an index of signatures.
    Nearest,
    /// The greatest of a list.
    Top,
    /// An action of a Q table.
    QTable,
    /// An arm by its mean.
    Bandit,
    /// An arm by its bound in a context.
    Contextual,
    /// Score and prediction of a pending block.
    Mempool,
    /// How fast fingerprints move.
    Drift,
    /// How far a fingerprint is from centres.
    Departure,
}

impl Kind {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Consensus, "consensus"),
        (Self::Criteria, "criteria"),
        (Self::Nearest, "nearest"),
        (Self::Top, "top"),
        (Self::QTable, "q-table"),
        (Self::Bandit, "bandit"),
        (Self::Contextual, "contextual"),
        (Self::Mempool, "mempool"),
        (Self::Drift, "drift"),
        (Self::Departure, "departure"),
    ];

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(kind, _)| kind)
    }
}
