//! How a lowered model agrees with the float graph on held-out samples, head by head.

use foldproof_circuits::graph::{GraphModel, Head};
use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use halo2curves::bn256::Fr;

use super::finish::mean;
use crate::model::agreement::{CLASS_BAR, TAGS_BAR, VALUES_BAR};
use crate::model::samples::Sample;

/// Share of first candidates that should agree.
pub const TOP_BAR: f64 = 0.99;
/// Share of sets of candidates that should agree.
pub const SETS_BAR: f64 = 0.95;
/// Mean error of values, in mean deviations, that should not be passed.
pub const RELATIVE_BAR: f64 = 0.02;

/// What the float graph says of a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// Logits, values or the score.
    pub outputs: Vec<f64>,
    /// A class, where outputs do not say it.
    pub class: Option<usize>,
    /// Whether the score is flagged, where outputs do not say it.
    pub flag: Option<bool>,
}

/// Figures of one head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadAgreement {
    /// Name of the output.
    pub output: String,
    /// Name of the head.
    pub head: &'static str,
    /// Share of decisions that agree: (sample, tag) pairs, classes, first candidates, flags. Of values, the least share of a value's
    /// variance that the integers have.
    pub decisions: f64,
    /// Share of top sets that agree, whatever their order.
    pub sets: Option<f64>,
    /// Greatest |integer − float| of an output.
    pub max_error: f64,
    /// Mean |integer − float| of outputs.
    pub mean_error: f64,
    /// The same over the mean distance of outputs from their means.
    pub relative_error: f64,
    /// Of each label the share of its tags that agree, or of the samples of the class; of a value, the share of its variance.
    pub labels: Vec<(String, Option<f64>)>,
}

/// Figures over held-out samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// How many samples.
    pub samples: usize,
    /// Samples with an input beyond the range of its quantiser.
    pub clipped: usize,
    /// Head by head.
    pub heads: Vec<HeadAgreement>,
}

/// How integers of a head are read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub output: String,
    pub scale: f64,
    pub shift: Vec<f64>,
    pub thresholds: Vec<f64>,
}

#[derive(Default)]
struct Tally {
    equal: f64,
    pairs: f64,
    sets: f64,
    found: Vec<Vec<f64>>,
    labels: Vec<(f64, f64)>,
}

fn order(outputs: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..outputs.len()).collect();
    order.sort_by(|a, b| outputs[*b].total_cmp(&outputs[*a]).then(a.cmp(b)));
    order
}

impl Tally {
    fn count(&mut self, label: usize, counted: bool, same: bool) {
        if self.labels.len() <= label {
            self.labels.resize(label + 1, (0.0, 0.0));
        }
        if counted {
            self.labels[label].0 += 1.0;
            self.labels[label].1 += f64::from(u8::from(same));
        }
    }

    fn add(&mut self, said: &Said, threshold: u64, head: &Head, reading: &Reading, expected: &Expected) {
        let outputs = &expected.outputs;
        match (said, head) {
            (Said::Tags(bits), _) => {
                for (i, (bit, (x, least))) in
                    bits.iter().zip(outputs.iter().zip(&reading.thresholds)).enumerate()
                {
                    // Of trees, a sum equal to the threshold is the first class.
                    let set = expected.class.map_or(x >= least, |class| class == 1);
                    let same = *bit == set;
                    self.equal += f64::from(u8::from(same));
                    self.pairs += 1.0;
                    self.count(i, true, same);
                }
            }
            (Said::Class(class), _) => {
                let wanted = expected.class.or_else(|| order(outputs).first().copied()).unwrap_or(0);
                let same = *class == wanted;
                self.equal += f64::from(u8::from(same));
                self.pairs += 1.0;
                self.count(wanted, true, same);
            }
            (Said::Top(found), _) => {
                let mut wanted = order(outputs);
                wanted.truncate(found.len());
                self.equal += f64::from(u8::from(found.first() == wanted.first()));
                self.pairs += 1.0;
                let sorted = |indices: &[usize]| {
                    let mut sorted = indices.to_vec();
                    sorted.sort_unstable();
                    sorted
                };
                self.sets += f64::from(u8::from(sorted(found) == sorted(&wanted)));
            }
            (Said::Score(score), Head::Score { low, .. }) => {
                let flag = if *low { *score <= threshold } else { *score >= threshold };
                self.flag(flag, reading, expected)
            }
            (Said::Flag(flag), _) => self.flag(*flag, reading, expected),
            _ => {}
        }
    }

    fn flag(&mut self, flag: bool, reading: &Reading, expected: &Expected) {
        let score = expected.outputs.first().zip(reading.thresholds.first());
        let wanted = expected.flag.or_else(|| score.map(|(score, least)| score >= least));
        self.equal += f64::from(u8::from(wanted == Some(flag)));
        self.pairs += 1.0;
    }
}

impl Agreement {
    /// Compares `model` with what was expected of each head for each sample.
    pub(super) fn measure(
        model: &GraphModel,
        readings: &[Reading],
        samples: &[Sample],
        expected: &[Vec<Expected>],
    ) -> Self {
        let heads = model.graph().heads();
        let mut tallies: Vec<Tally> = heads.iter().map(|_| Tally::default()).collect();
        let salts = vec![Fr::zero(); heads.len()];
        let half = 1 << (model.graph().limb_bits() - 1);
        let mut clipped = 0;
        for (place, sample) in samples.iter().enumerate() {
            let evaluation = evaluate(model, &sample.integers, &salts);
            let nodes = model.graph().nodes().iter().zip(&evaluation.tensors);
            let mut inputs = nodes.filter(|(node, _)| matches!(node, foldproof_circuits::graph::Node::Input));
            clipped += usize::from(inputs.any(|(_, x)| x.iter().any(|x| *x == -half || *x == half - 1)));
            for (h, tally) in tallies.iter_mut().enumerate() {
                let reading = &readings[h];
                let real = |(i, y): (usize, &i64)| {
                    #[expect(clippy::cast_precision_loss, reason = "for display")]
                    let y = *y as f64;
                    y * reading.scale + reading.shift.get(i).copied().unwrap_or(0.0)
                };
                let tensor = &evaluation.tensors[usize::from(heads[h].of())];
                tally.found.push(tensor.iter().enumerate().map(real).collect());
                let threshold = model.heads()[h].threshold;
                if let Some(expected) = expected.get(h).and_then(|of_head| of_head.get(place)) {
                    tally.add(&evaluation.outputs[h], threshold, &heads[h], reading, expected);
                }
            }
        }
        let figures = tallies.iter().enumerate().map(|(h, tally)| {
            figures(tally, &heads[h], &readings[h].output, &model.heads()[h].labels, &expected[h])
        });
        Self { samples: samples.len(), clipped, heads: figures.collect() }
    }

    /// What falls short, a sentence each.
    pub fn shortcomings(&self) -> Vec<String> {
        let mut out = Vec::new();
        for head in &self.heads {
            let mut below = |what: &str, found: f64, bar: f64| {
                if found < bar {
                    out.push(format!("{}: {what} is {found:.4}, below {bar}", head.output));
                }
            };
            match head.head {
                "tags" => below("agreement of tags", head.decisions, TAGS_BAR),
                "class" => below("agreement of classes", head.decisions, CLASS_BAR),
                "top" => {
                    below("agreement of the first candidate", head.decisions, TOP_BAR);
                    below("agreement of the sets of candidates", head.sets.unwrap_or(1.0), SETS_BAR);
                }
                "values" => below("share of a value's variance", head.decisions, VALUES_BAR),
                "score" | "flag" => below("agreement of flags", head.decisions, CLASS_BAR),
                _ => {}
            }
            if matches!(head.head, "values" | "commitment") && head.relative_error > RELATIVE_BAR {
                let found = head.relative_error;
                out.push(format!(
                    "{}: mean error of values is {found:.4} of their mean deviation, above {RELATIVE_BAR}",
                    head.output
                ));
            }
        }
        out
    }
}

fn figures(
    tally: &Tally,
    head: &Head,
    output: &str,
    labels: &[String],
    expected: &[Expected],
) -> HeadAgreement {
    let width = expected.first().map_or(0, |expected| expected.outputs.len());
    let column = |i: usize| expected.iter().filter_map(move |e| e.outputs.get(i).copied());
    let middles: Vec<f64> = (0..width).map(|i| mean(column(i))).collect();
    let errors: Vec<Vec<f64>> = tally
        .found
        .iter()
        .zip(expected)
        .filter(|(found, expected)| found.len() == expected.outputs.len())
        .map(|(found, expected)| expected.outputs.iter().zip(found).map(|(x, y)| y - x).collect())
        .collect();
    let all = || errors.iter().flatten().map(|e| e.abs());
    let away = expected.iter().flat_map(|e| e.outputs.iter().zip(&middles).map(|(x, m)| (x - m).abs()));
    let deviation = mean(away);
    let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
    let mut made = HeadAgreement {
        output: output.to_owned(),
        head: head.name(),
        decisions: share(tally.equal, tally.pairs).unwrap_or(1.0),
        sets: matches!(head, Head::Top { .. }).then(|| share(tally.sets, tally.pairs).unwrap_or(1.0)),
        max_error: all().fold(0.0, f64::max),
        mean_error: mean(all()),
        relative_error: mean(all()) / deviation.max(f64::MIN_POSITIVE),
        labels: Vec::new(),
    };
    if matches!(head, Head::Values { .. } | Head::Commitment { .. }) {
        let fit = |i: usize| {
            let variance = mean(column(i).map(|x| (x - middles[i]).powi(2)));
            let lost = mean(errors.iter().filter_map(|e| e.get(i)).map(|e| e * e));
            // Of a value that is the same for all samples, errors count against its square.
            let floor = (1e-9 * middles[i].powi(2)).max(1e-12);
            1.0 - lost / if variance > floor { variance } else { middles[i].powi(2).max(1.0) }
        };
        let fits: Vec<f64> = (0..width).map(fit).collect();
        made.decisions = fits.iter().copied().fold(1.0, f64::min);
        made.labels = labels.iter().cloned().zip(fits.into_iter().map(Some)).collect();
    } else {
        let of = |i: usize| tally.labels.get(i).and_then(|(of, part)| share(*part, *of));
        made.labels = labels.iter().enumerate().map(|(i, label)| (label.clone(), of(i))).collect();
    }
    made
}
