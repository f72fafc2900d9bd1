//! Every byte of a bundle, every prefix, and bytes behind its end.

use foldproof_circuits::public::{BLOCK_ROWS, CORE_ROWS, SHARED_ROWS};
use foldproof_circuits::testing::samples::Dice;
use foldproof_verifier::{Error, Scheme};

use crate::encoding::bytes_of;
use crate::exhibits::{Exhibit, VALUES, all, some};
use crate::tally::{each, refused_bytes, sample, seed};

/// What a byte of a bundle belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Magic,
    Version,
    StatementLength,
    Statement,
    Scheme,
    SetupId,
    Insecure,
    KeyDigest,
    RowCount,
    Row(usize),
    ProofLength,
    Proof(usize),
}

/// The fields of a bundle, byte by byte.
pub fn fields(exhibit: &Exhibit) -> Vec<Field> {
    let statement = exhibit.statement.to_bytes().len();
    let setup = exhibit.bundle.setup().map_or(0, |setup| setup.id.len());
    let mut fields = Vec::new();
    for (field, bytes) in [
        (Field::Magic, 8),
        (Field::Version, 2),
        (Field::StatementLength, 2),
        (Field::Statement, statement),
        (Field::Scheme, 1),
        (Field::SetupId, setup),
        (Field::Insecure, setup / 32),
        (Field::KeyDigest, 32),
        (Field::RowCount, 2),
    ] {
        fields.extend(vec![field; bytes]);
    }
    fields.extend((0..exhibit.statement.rows()).flat_map(|row| [Field::Row(row); 32]));
    fields.extend([Field::ProofLength; 4]);
    let mut start = 0;
    for kind in &exhibit.proof.kinds {
        let bytes = bytes_of(exhibit.scheme, *kind);
        fields.extend(vec![Field::Proof(start); bytes]);
        start += bytes;
    }
    assert_eq!(fields.len(), exhibit.bundle.to_bytes().len());
    fields
}

/// The first byte of a field.
pub fn start(exhibit: &Exhibit, field: Field) -> usize {
    fields(exhibit).iter().position(|found| *found == field).unwrap()
}

/// Of several blocks, the row that one alone has in place of this, and the error that it would have with it. The codebook is the
/// first's to complain about.
fn alone(row: usize, error: &Error) -> Option<(usize, &Error)> {
    let (place, row) = match row.checked_sub(SHARED_ROWS) {
        None if row == 0 => return Some((0, error)),
        None => (0, 4),
        // The codebook stands behind the three commitments of a block alone.
        Some(row) => (row / BLOCK_ROWS, row % BLOCK_ROWS + if row % BLOCK_ROWS < 3 { 1 } else { 2 }),
    };
    match error {
        Error::InBlock { place: found, error } => (*found == place).then_some((row, error)),
        Error::NotCanonical { .. } | Error::ProofRejected => Some((row, error)),
        _ => None,
    }
}

/// Whether this is what a user should be told of a changed byte in a field.
fn suits(exhibit: &Exhibit, field: Field, error: &Error) -> bool {
    use Error as E;
    if let (Field::Row(at), Some((_, 2..))) = (field, exhibit.statement.blocks()) {
        return match (alone(at, error), error) {
            (_, E::NotCanonical { row, .. }) => *row == at,
            (Some((row, error)), _) => suits_block(row, error),
            (None, _) => false,
        };
    }
    let subject = exhibit.statement.subject();
    // With analytics there are no models here.
    let models = match exhibit.statement.block() {
        Some(_) if exhibit.statement.analytics().is_some() => exhibit.statement.rows(),
        Some(_) => CORE_ROWS,
        None => 1 + subject.commitments(),
    };
    match field {
        Field::Magic => matches!(error, E::Magic { .. }),
        // Of format 3 the length of the proof is read as what the bundle is bound to.
        Field::Version => matches!(error, E::FormatVersion { .. } | E::BoundTo { .. }),
        Field::StatementLength => matches!(error, E::UnknownStatement { .. } | E::Truncated { .. }),
        Field::Statement => {
            matches!(
                error,
                E::UnknownStatement { .. } | E::RowCount { .. } | E::StatementRow { .. } | E::Subject { .. }
            )
        }
        Field::Scheme => match error {
            // Of the two schemes under a setup one is read as the other, of which the policy has no key.
            E::NoKey { scheme, .. } => exhibit.scheme.has_setup() && *scheme != exhibit.scheme,
            // Otherwise what follows is read as something else.
            error => matches!(error, E::UnknownScheme { .. } | E::Flag { .. } | E::RowCount { .. }),
        },
        Field::SetupId => matches!(error, E::SetupNotTrusted { .. }),
        Field::Insecure => matches!(error, E::Flag { .. } | E::SetupFlag { .. }),
        Field::KeyDigest => matches!(error, E::KeyDigest { .. }),
        Field::RowCount => matches!(error, E::RowCount { .. }),
        Field::ProofLength => {
            matches!(error, E::ProofBytes { .. } | E::Truncated { .. } | E::TrailingBytes { .. })
        }
        Field::Proof(element) => match error {
            E::ProofEncoding { position } => *position == element,
            other => *other == E::ProofRejected,
        },
        Field::Row(row) => match (row, error) {
            (_, E::NotCanonical { row: found, .. }) => *found == row,
            (0, error) => matches!(error, E::StatementRow { .. }),
            (row, error) if row == models => matches!(error, E::ModelNotRegistered { .. }),
            // Thresholds of a graph are public by themselves.
            (row, E::ModelEntry { .. }) if row > models => exhibit.statement.graphs().next().is_some(),
            (row, error) if row > models => {
                matches!(error, E::ProofRejected | E::ClaimRange { .. } | E::Class { .. })
            }
            (1, E::ValuesCommitment { .. }) => subject.blocks().is_none() && subject.commitments() == 1,
            (_, E::SequenceCommitments { .. }) => subject.commitments() > 1,
            (row, error) => subject.blocks().is_some() && suits_block(row, error),
        },
    }
}

/// The same of a row of a block alone.
fn suits_block(row: usize, error: &Error) -> bool {
    use Error as E;
    match (row, error) {
        (0, error) => matches!(error, E::StatementRow { .. }),
        (1, error) => matches!(error, E::BlockCommitment { .. }),
        (2 | 3, error) => *error == E::ProofRejected,
        (4, error) => matches!(error, E::CodebookRoot { .. }),
        (5..=12, error) => matches!(error, E::ClaimRange { .. } | E::BlockHeader { .. }),
        (CORE_ROWS.., error) => matches!(error, E::Findings | E::ProofRejected),
        (_, error) => matches!(error, E::ClaimRange { .. } | E::ProofRejected),
    }
}

/// Changes every `step`-th byte so many times.
fn change_bytes(exhibit: &Exhibit, step: usize, changes: usize, count: Option<usize>) {
    let bytes = exhibit.bundle.to_bytes();
    let fields = fields(exhibit);
    let mut dice = Dice::new(seed());
    let mut cases = Vec::new();
    for at in (0..bytes.len()).filter(|at| at % step == 0 || !matches!(fields[*at], Field::Proof(_))) {
        // One bit, the top bit, anything.
        let others = [1 << (at % 8), 0x80, 1 + dice.roll(255) as u8];
        cases.extend((0..changes).map(|change| (at, bytes[at] ^ others[(change + at) % 3])));
    }
    let policy = exhibit.policy();
    each(
        &format!("bytes changed: {}", exhibit.title()),
        &sample(cases, count),
        |(at, byte)| {
            let mut bytes = bytes.clone();
            bytes[*at] = *byte;
            refused_bytes(&bytes, &policy)
        },
        |(at, _), error| suits(exhibit, fields[*at], error),
    );
}

#[test]
fn some_bytes() {
    for exhibit in some() {
        change_bytes(&exhibit, 1, 1, Some(if exhibit.scheme.has_setup() { 100 } else { 30 }));
    }
}

#[test]
#[ignore = "minutes"]
fn all_bytes() {
    for exhibit in all() {
        let least = exhibit.statement.name() == VALUES[0];
        match exhibit.scheme {
            Scheme::Kzg | Scheme::Evm => change_bytes(&exhibit, 1, if least { 3 } else { 1 }, None),
            Scheme::Transparent if least => change_bytes(&exhibit, 1, 1, None),
            // These take up to a tenth of a second each: three or four bytes of every element.
            Scheme::Transparent => change_bytes(&exhibit, 9, 1, None),
        }
    }
}

#[test]
fn every_prefix_and_every_tail() {
    for exhibit in some() {
        // Without the block, whose commitment would be computed thousands of times.
        let (bytes, policy) = (exhibit.bundle.to_bytes(), exhibit.lenient(&exhibit.bundle));
        let cuts: Vec<usize> = (0..bytes.len()).collect();
        each(
            &format!("prefixes: {}", exhibit.title()),
            &cuts,
            |cut| refused_bytes(&bytes[..*cut], &policy),
            |_, error| matches!(error, Error::Truncated { .. }),
        );

        let mut tails: Vec<Vec<u8>> = [1, 2, 4, 31, 32, 33, 64, 1000].map(|length| vec![0; length]).to_vec();
        tails.extend([vec![0xff; 32], bytes.clone(), bytes[bytes.len() - 32..].to_vec()]);
        each(
            &format!("tails: {}", exhibit.title()),
            &tails,
            |tail| refused_bytes(&[&bytes[..], tail].concat(), &policy),
            |tail, error| *error == Error::TrailingBytes { found: tail.len() },
        );

        // The same with a proof length that says so.
        let length = exhibit.bundle.proof().len();
        let at = start(&exhibit, Field::ProofLength);
        let claim = |found: usize| {
            let mut bytes = [&bytes[..], &[0; 99]].concat();
            bytes[at..at + 4].copy_from_slice(&(found as u32).to_le_bytes());
            bytes.truncate(at + 4 + found);
            bytes
        };
        let lengths: Vec<usize> = (0..length + 99).filter(|found| *found != length).collect();
        each(
            &format!("proofs of other lengths: {}", exhibit.title()),
            &lengths,
            |found| refused_bytes(&claim(*found), &policy),
            |found, error| *error == Error::ProofLength { expected: length, found: *found },
        );
    }
}
