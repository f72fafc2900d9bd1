//! What the heads of a graph say.

use ff::PrimeField;
use foldproof_circuits::graph::{Graph, Head, HeadMeaning, Tensor};
use foldproof_circuits::stages::graph::flagged;
use halo2curves::bn256::Fr;

use crate::error::Error;
use crate::registry::are_labels;
use crate::verified::integer;

/// Bits of an index of a top head.
const INDEX_BITS: u32 = 16;

/// What a head of a graph says: proved to be its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadOpinion {
    pub(crate) head: &'static str,
    pub(crate) fraction_bits: u8,
    pub(crate) says: HeadSays,
}

/// The output of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadSays {
    /// The labels it gives.
    Tags(Vec<String>),
    /// The class it chooses.
    Class {
        /// Which one.
        index: usize,
        /// Its name.
        label: String,
    },
    /// Indices and labels of the greatest, greatest first.
    Top(Vec<(usize, String)>),
    /// A score.
    Score {
        /// In units of 2^−[fraction_bits](HeadOpinion::fraction_bits).
        score: u64,
        /// Where it is flagged.
        threshold: u64,
        /// Whether up to the threshold, and not from it on.
        low: bool,
    },
    /// Whether a score is flagged that is not told.
    Flag {
        /// Whether it is.
        flagged: bool,
        /// Where.
        threshold: u64,
        /// Whether up to the threshold, and not from it on.
        low: bool,
    },
    /// Each element with its name, in units of 2^−[fraction_bits](HeadOpinion::fraction_bits).
    Values(Vec<(String, i64)>),
    /// Commitment to the elements: the same as to a vector of them.
    Commitment(Fr),
}

impl HeadOpinion {
    /// Name of the kind of head.
    pub fn head(&self) -> &'static str {
        self.head
    }

    /// Fraction bits of scores and values: the commitment binds them.
    pub fn fraction_bits(&self) -> u8 {
        self.fraction_bits
    }

    /// What it says.
    pub fn says(&self) -> &HeadSays {
        &self.says
    }

    /// Whether it flags something; of what flags nothing, `None`.
    pub fn flagged(&self) -> Option<bool> {
        match self.says {
            HeadSays::Score { score, threshold, low } => Some(flagged(score, threshold, low)),
            HeadSays::Flag { flagged, .. } => Some(flagged),
            HeadSays::Tags(_)
            | HeadSays::Class { .. }
            | HeadSays::Top(_)
            | HeadSays::Values(_)
            | HeadSays::Commitment(_) => None,
        }
    }
}

/// Whether meanings suit the heads: as many labels as elements, which are labels.
pub(crate) fn suit(graph: &Graph, meanings: &[HeadMeaning]) -> bool {
    let suits = |((head, tensor), meaning): ((&Head, &Tensor), &HeadMeaning)| {
        let labels = if head.has_labels() { tensor.count } else { 0 };
        meaning.labels.len() == labels && are_labels(&meaning.labels)
    };
    graph.heads().len() == meanings.len() && graph.outputs().zip(meanings).all(suits)
}

/// Whether the thresholds that are public are those of the meanings.
pub(crate) fn same_thresholds(graph: &Graph, meanings: &[HeadMeaning], outputs: &[Fr]) -> bool {
    let mut rest = outputs.iter();
    graph.outputs().zip(meanings).all(|((head, tensor), meaning)| {
        let own: Vec<&Fr> = rest.by_ref().take(head.published(tensor)).collect();
        !head.has_threshold() || own.first() == Some(&&Fr::from(meaning.threshold))
    })
}

/// What the heads say whose public inputs these are, in the words of meanings that [`suit`] them.
pub(crate) fn opinions(
    graph: &Graph,
    meanings: &[HeadMeaning],
    outputs: &[Fr],
) -> Result<Vec<HeadOpinion>, Error> {
    let mut rest = outputs;
    let mut opinions = Vec::with_capacity(graph.heads().len());
    for ((head, tensor), meaning) in graph.outputs().zip(meanings) {
        let (own, after) = rest
            .split_at_checked(head.published(tensor))
            .ok_or(Error::RowCount { expected: graph.published(), found: outputs.len() })?;
        rest = after;
        let says = says(head, tensor, meaning, own)?;
        opinions.push(HeadOpinion { head: head.name(), fraction_bits: meaning.fraction_bits, says });
    }
    Ok(opinions)
}

fn says(head: &Head, tensor: &Tensor, meaning: &HeadMeaning, own: &[Fr]) -> Result<HeadSays, Error> {
    let labels = &meaning.labels;
    let first = own.first().copied().unwrap_or_default();
    let second = own.get(1).copied().unwrap_or_default();
    let label = |index: usize| {
        let label = labels.get(index).cloned();
        label.ok_or(Error::Class { classes: labels.len(), found: index })
    };
    Ok(match head {
        Head::Tags { .. } => {
            let bits = u32::try_from(tensor.count).unwrap_or(u32::MAX);
            let mask: u128 = integer("tags", &first, bits)?;
            let on = |index: u32| mask.checked_shr(index).is_some_and(|rest| rest & 1 == 1);
            let given = (0..).zip(labels).filter(|(index, _)| on(*index));
            HeadSays::Tags(given.map(|(_, label)| label.clone()).collect())
        }
        Head::Class { .. } => {
            let index = integer("class", &first, INDEX_BITS)?;
            HeadSays::Class { index, label: label(index)? }
        }
        Head::Top { count, .. } => {
            let indices = digits("top", &first, INDEX_BITS, (*count).into())?;
            let named = indices.into_iter().map(|index| {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                Ok((index, label(index)?))
            });
            HeadSays::Top(named.collect::<Result<_, Error>>()?)
        }
        Head::Score { low, .. } => HeadSays::Score {
            threshold: integer("threshold", &first, 64)?,
            score: integer("score", &second, 64)?,
            low: *low,
        },
        Head::Flag { low, .. } => {
            let flag: u8 = integer("flag", &second, 1)?;
            HeadSays::Flag { threshold: integer("threshold", &first, 64)?, flagged: flag == 1, low: *low }
        }
        Head::Values { .. } => {
            let mut values = Vec::with_capacity(tensor.count);
            for (names, element) in labels.chunks(tensor.per_element().max(1)).zip(own) {
                let packed = digits("value", element, tensor.bits(), names.len())?;
                for (name, offset) in names.iter().zip(packed) {
                    let value = tensor.low.checked_add_unsigned(offset).filter(|value| *value <= tensor.high);
                    let beyond = Error::ClaimRange { claim: "value", bits: tensor.bits(), found: *element };
                    values.push((name.clone(), value.ok_or(beyond)?));
                }
            }
            HeadSays::Values(values)
        }
        Head::Commitment { .. } => HeadSays::Commitment(first),
    })
}

/// The `count` digits of `bits` bits of an element, least significant first; there is nothing above them.
fn digits(claim: &'static str, element: &Fr, bits: u32, count: usize) -> Result<Vec<u64>, Error> {
    let repr = element.to_repr();
    let mut rest = repr.iter().flat_map(|byte| (0..8).map(move |place: u32| (byte >> place) & 1));
    let digits = (0..count).map(|_| {
        let own = rest.by_ref().take(usize::try_from(bits).unwrap_or(usize::MAX));
        (0..).zip(own).fold(0, |digit, (place, bit)| digit | u64::from(bit).checked_shl(place).unwrap_or(0))
    });
    let digits = digits.collect();
    if rest.any(|bit| bit == 1) {
        let bits = u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(bits);
        return Err(Error::ClaimRange { claim, bits, found: *element });
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_nothing_above_them() {
        let element = Fr::from(5 + (7 << 4) + (1 << 8));
        assert_eq!(digits("x", &element, 4, 3).unwrap(), [5, 7, 1]);
        assert_eq!(digits("x", &element, 4, 4).unwrap(), [5, 7, 1, 0]);
        let error = Error::ClaimRange { claim: "x", bits: 8, found: element };
        assert_eq!(digits("x", &element, 4, 2), Err(error));
        assert!(digits("x", &-Fr::one(), 16, 15).is_err());
    }
}
