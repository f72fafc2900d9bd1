//! How an integer model agrees with the graph it was imported from.

use foldproof_circuits::model::{Head, Model, WeightBits};
use foldproof_circuits::stages::model::{Evaluation, HeadOutput, evaluate};

use super::beyond::clipped;
use super::network::Tail;
use super::quantise::{percentile, scores_per_unit};
use super::samples::Sample;

/// Share of (sample, tag) pairs that should agree.
pub const TAGS_BAR: f64 = 0.995;
/// Share of classes that should agree.
pub const CLASS_BAR: f64 = 0.99;
/// Share of each value's variance that the integers should have.
pub const VALUES_BAR: f64 = 0.999;
/// Rank correlation that scores should have.
pub const SPEARMAN_BAR: f64 = 0.93;
/// Share of the top 5 % of scores that should be preserved.
pub const TOP_BAR: f64 = 0.95;
/// Relative error of scores at the median, with 16-bit weights.
pub const SCORE_BAR: f64 = 0.02;

/// What stands for the head's real numbers: logits, or the mean squared error.
pub fn outputs(model: &Model, evaluation: &Evaluation) -> Vec<f64> {
    let head = model.head();
    let unit = 2f64.powi(-i32::from(head.fraction_bits));
    match &evaluation.output {
        HeadOutput::Tags(_) => {
            let pairs = evaluation.outputs().iter().zip(&head.offsets);
            pairs.map(|(y, offset)| (f64::from(*y) + f64::from(*offset)) * unit).collect()
        }
        HeadOutput::Class(_) | HeadOutput::Values(_) => {
            evaluation.outputs().iter().map(|y| f64::from(*y) * unit).collect()
        }
        #[expect(clippy::cast_precision_loss, reason = "for display; below 2^44")]
        HeadOutput::Anomaly(sum) => vec![*sum as f64 / scores_per_unit(&model.shape(), head.fraction_bits)],
    }
}

/// What is decided: a bit per label, flagged or not, or a bit per class of which one is set. Values decide nothing.
pub fn decisions(model: &Model, output: &HeadOutput) -> Vec<bool> {
    match output {
        HeadOutput::Tags(bits) => bits.clone(),
        HeadOutput::Anomaly(sum) => vec![*sum >= model.head().threshold],
        HeadOutput::Class(index) => (0..model.shape().outputs()).map(|i| i == *index).collect(),
        HeadOutput::Values(_) => Vec::new(),
    }
}

/// Outputs and decisions of the float model for a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Logits, or the score.
    pub outputs: Vec<f64>,
    /// As [`decisions`].
    pub decisions: Vec<bool>,
}

/// Figures over held-out samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// How many samples.
    pub samples: usize,
    /// Greatest |integer − float| of an output.
    pub max_error: f64,
    /// Mean |integer − float| of outputs.
    pub mean_error: f64,
    /// Share of decisions that agree: (sample, tag) pairs, samples by class, samples flagged or not. Of values, the least of
    /// the shares below.
    pub decisions: f64,
    /// Of each label: share of its tags that agree, or of the samples the float model puts in the class; none where
    /// there is no such sample. Of a value: the share of its variance that the integers have.
    pub labels: Vec<(String, Option<f64>)>,
    /// Of an anomaly head.
    pub scores: Option<Scores>,
    /// Samples with an input beyond the range of its quantiser.
    pub clipped: usize,
}

/// Agreement of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Median of |integer/float − 1|.
    pub median_relative: f64,
    /// Greatest of them.
    pub max_relative: f64,
    /// Spearman's rank correlation.
    pub spearman: f64,
    /// Share of the float model's highest 5 % that are among the integer model's.
    pub top: f64,
}

impl Agreement {
    /// Compares `model` with what was expected of each sample, in the units of what the graph gives out: its `tail` is put
    /// on the integers' outputs.
    pub fn measure(model: &Model, tail: Tail, samples: &[Sample], expected: &[Expected]) -> Self {
        let mut agreement = Self {
            samples: samples.len(),
            max_error: 0.0,
            mean_error: 0.0,
            decisions: 0.0,
            labels: Vec::new(),
            scores: None,
            clipped: 0,
        };
        let head = model.shape().head();
        let labels = &model.head().labels;
        let (mut errors, mut equal, mut pairs) = (Vec::new(), 0usize, 0usize);
        let mut by_label = vec![(0usize, 0usize); labels.len()];
        let (mut integer, mut float) = (Vec::new(), Vec::new());
        let mut fits = vec![Fit::default(); if head == Head::Values { labels.len() } else { 0 }];
        for (sample, expected) in samples.iter().zip(expected) {
            let evaluation = evaluate(model, &sample.integers);
            let found = tail.evaluate(&outputs(model, &evaluation));
            errors.extend(found.iter().zip(&expected.outputs).map(|(a, b)| (a - b).abs()));
            let both = found.iter().zip(&expected.outputs);
            fits.iter_mut().zip(both).for_each(|(fit, (found, expected))| fit.add(*found, *expected));
            integer.extend(found.first());
            float.extend(expected.outputs.first());
            agreement.clipped += usize::from(clipped(model, &evaluation) > 0);
            let decided = decisions(model, &evaluation.output);
            let same: Vec<bool> = decided.iter().zip(&expected.decisions).map(|(a, b)| a == b).collect();
            match head {
                Head::Tags | Head::Anomaly => {
                    equal += same.iter().filter(|same| **same).count();
                    pairs += same.len();
                    count(&mut by_label, same.iter().map(|same| (true, *same)));
                }
                Head::Values => {}
                Head::Class => {
                    let all = same.iter().all(|same| *same);
                    equal += usize::from(all);
                    pairs += 1;
                    count(&mut by_label, expected.decisions.iter().map(|of_class| (*of_class, all)));
                }
            }
        }
        let share = |part: usize, of: usize| (of > 0).then(|| real(part) / real(of));
        agreement.max_error = errors.iter().copied().fold(0.0, f64::max);
        agreement.mean_error = errors.iter().sum::<f64>() / real(errors.len().max(1));
        agreement.decisions = share(equal, pairs).unwrap_or(1.0);
        agreement.labels =
            labels.iter().zip(by_label).map(|(label, (of, part))| (label.clone(), share(part, of))).collect();
        if head == Head::Values {
            let fits: Vec<f64> = fits.iter().map(Fit::share).collect();
            agreement.decisions = fits.iter().copied().fold(1.0, f64::min);
            agreement.labels =
                labels.iter().zip(fits).map(|(label, share)| (label.clone(), Some(share))).collect();
        }
        agreement.scores = (head == Head::Anomaly).then(|| Scores::measure(&integer, &float));
        agreement
    }

    /// What falls short, a sentence each.
    pub fn shortcomings(&self, head: Head, weights: WeightBits) -> Vec<String> {
        let mut out = Vec::new();
        let mut below = |what: &str, found: f64, bar: f64| {
            if found < bar {
                out.push(format!("{what} is {found:.4}, below {bar}"));
            }
        };
        match (head, &self.scores) {
            (Head::Tags, _) => below("agreement of tags", self.decisions, TAGS_BAR),
            (Head::Class, _) => below("agreement of classes", self.decisions, CLASS_BAR),
            (Head::Values, _) => below("share of a value's variance", self.decisions, VALUES_BAR),
            (Head::Anomaly, Some(scores)) => {
                below("rank correlation of scores", scores.spearman, SPEARMAN_BAR);
                below("share of the top 5 % preserved", scores.top, TOP_BAR);
                if weights == WeightBits::W16 && scores.median_relative > SCORE_BAR {
                    let found = scores.median_relative;
                    out.push(format!("median relative error of scores is {found:.4}, above {SCORE_BAR}"));
                }
            }
            (Head::Anomaly, None) => {}
        }
        out
    }
}

/// How much of a value's variance the integers have.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    count: f64,
    sum: f64,
    squares: f64,
    errors: f64,
}

impl Fit {
    fn add(&mut self, found: f64, expected: f64) {
        self.count += 1.0;
        self.sum += expected;
        self.squares += expected * expected;
        self.errors += (found - expected).powi(2);
    }

    /// 1 less the errors' part of the variance; of a value that is the same for all samples, of its square, or of 1.
    fn share(&self) -> f64 {
        let variance = self.squares - self.sum * self.sum / self.count.max(1.0);
        let constant = variance <= 1e-9 * self.squares;
        1.0 - self.errors
            / if constant { self.squares.max(self.count) } else { variance }.max(f64::MIN_POSITIVE)
    }
}

fn count(by_label: &mut [(usize, usize)], samples: impl Iterator<Item = (bool, bool)>) {
    for ((of, part), (counted, same)) in by_label.iter_mut().zip(samples) {
        *of += usize::from(counted);
        *part += usize::from(counted && same);
    }
}

impl Scores {
    fn measure(integer: &[f64], float: &[f64]) -> Self {
        let relative: Vec<f64> =
            integer.iter().zip(float).map(|(a, b)| (a - b).abs() / b.abs().max(f64::MIN_POSITIVE)).collect();
        let (a, b) = (ranks(integer), ranks(float));
        let middle = (real(a.len()) - 1.0) / 2.0;
        let product =
            |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum() };
        let norm = (product(&a, &a) * product(&b, &b)).sqrt();
        let top = float.len().div_ceil(20);
        let highest =
            |ranks: &[f64]| -> Vec<bool> { ranks.iter().map(|r| *r >= real(ranks.len() - top)).collect() };
        let both = highest(&a).into_iter().zip(highest(&b)).filter(|(a, b)| *a && *b).count();
        Self {
            median_relative: percentile(&relative, 0.5),
            max_relative: relative.iter().copied().fold(0.0, f64::max),
            spearman: if norm > 0.0 { product(&a, &b) / norm } else { 1.0 },
            top: if top > 0 { real(both) / real(top) } else { 1.0 },
        }
    }
}

/// Ranks from 0; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for run in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = real(start) + (real(run.len()) - 1.0) / 2.0;
        run.iter().for_each(|i| ranks[*i] = rank);
        start += run.len();
    }
    ranks
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn real(x: usize) -> f64 {
    x as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_share_ties() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
    }

    #[test]
    fn scores_that_rank_alike_correlate() {
        let float: Vec<f64> = (0..40).map(f64::from).collect();
        let squares: Vec<f64> = float.iter().map(|x| x * x).collect();
        let scores = Scores::measure(&squares, &float);
        assert_eq!((scores.spearman, scores.top), (1.0, 1.0));
        let reversed: Vec<f64> = float.iter().map(|x| -x).collect();
        let scores = Scores::measure(&reversed, &float);
        assert_eq!((scores.spearman, scores.top), (-1.0, 0.0));
    }
}
