//! What a head makes of an output.

use foldproof_circuits::graph::{Head, HeadMeaning, LEAF_BITS, Operand, Term};
use foldproof_circuits::model::MAX_FRACTION_BITS;

use super::build::RealTerm;
use super::forest::Sums as ForestSums;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Sums, uniform};
use super::{HeadKind, Output};
use crate::input::InputError;
use crate::model::graph::op::{Labels, Op, Unary};
use crate::model::graph::trace::Trace;
use crate::model::graph::trees::{Post, Scheme};
use crate::model::network::Tail;

/// What is dropped at the end of a graph, since it changes no decision.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// The value before it.
    pub place: usize,
    pub tail: Tail,
    /// Names of classes that the end has.
    pub labels: Option<Labels>,
}

/// A head with what compares it with the float graph.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub head: Head,
    pub meaning: HeadMeaning,
    /// What an integer of the head's tensor stands for, and of each element what 0 does.
    pub scale: f64,
    pub shift: Vec<f64>,
    /// Least outputs that set a tag, or the score that is flagged, in the graph's units.
    pub thresholds: Vec<f64>,
}

/// Goes back from an output over what changes no decision of this head.
pub(super) fn end(trace: &Trace, output: usize, kind: HeadKind) -> End {
    let mut end = End { place: output, tail: Tail::None, labels: None };
    let decides = !matches!(kind, HeadKind::Values | HeadKind::Commitment | HeadKind::Score | HeadKind::Flag);
    while let Some(node) = trace.nodes.iter().find(|node| node.outputs.contains(&Some(end.place))) {
        let Some(Some(input)) = node.inputs.first().copied() else { break };
        match &node.op {
            Op::ZipMap(labels) => end.labels = Some(labels.clone()),
            Op::Unary(Unary::Sigmoid) if decides && end.tail == Tail::None => end.tail = Tail::Sigmoid,
            Op::Softmax { log, .. } if decides && end.tail == Tail::None => {
                end.tail = if *log { Tail::LogSoftmax } else { Tail::Softmax };
            }
            Op::Identity { .. } | Op::Reshape { .. } | Op::Flatten { .. } | Op::Squeeze { .. }
                if end.tail == Tail::None => {}
            _ => break,
        }
        end.place = input;
    }
    end
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|x| x.is_finite())
}

impl Lowering<'_> {
    /// Makes a head of the value before the end of an output.
    pub(super) fn head(&mut self, output: &Output, end: &End, path: &str) -> Result<Made, InputError> {
        let count = self.dims(end.place).iter().product::<usize>();
        let body = self.values.get(&end.place).map(|value| value.body.clone());
        if let Some(Body::Forest(sums)) = body {
            return self.forest_head(output, &sums, path);
        }
        if output.head == HeadKind::Class && count == 1 {
            let expected = "an output per class, since one output has no greatest";
            return Err(InputError::new(path, expected, "one output", "use --head tags"));
        }
        if end.tail != Tail::None {
            self.notes.push(match end.tail {
                Tail::Sigmoid => {
                    "the final Sigmoid is dropped: a threshold p becomes ln(p/(1−p)) on the logit, 0 for 1/2"
                        .into()
                }
                tail => format!(
                    "the final {} is dropped: it does not change which output is greatest",
                    tail.name()
                ),
            });
            if output.head == HeadKind::Tags && end.tail != Tail::Sigmoid {
                let advice = "use the head the model was trained for, or choose another output";
                return Err(InputError::new(path, "logits or Sigmoid", end.tail.name(), advice));
            }
        }
        let labels = self.labels(output, end.labels.as_ref(), count)?;
        let thresholds = thresholds(output, &labels, end.tail)?;
        match output.head {
            HeadKind::Score | HeadKind::Flag | HeadKind::Anomaly => {
                self.score_head(output, end.place, path, &thresholds)
            }
            HeadKind::Values | HeadKind::Commitment => {
                let (of, bits) = self.head_activation(end.place, &[], path)?;
                let values = output.head == HeadKind::Values;
                let head = if values { Head::Values { of } } else { Head::Commitment { of } };
                let labels = if values { labels } else { Vec::new() };
                Ok(made(head, labels, bits, vec![0.0; count], Vec::new()))
            }
            HeadKind::Tags => {
                let (of, bits) = self.head_activation(end.place, &thresholds, path)?;
                Ok(made(Head::Tags { of }, labels, bits, thresholds.clone(), thresholds))
            }
            HeadKind::Class | HeadKind::Top(_) => {
                let (of, bits) = self.head_activation(end.place, &[], path)?;
                let head = match output.head {
                    HeadKind::Top(count) => Head::Top { of, count },
                    _ => Head::Class { of },
                };
                Ok(made(head, labels, bits, vec![0.0; count], Vec::new()))
            }
        }
    }

    fn labels(
        &mut self,
        output: &Output,
        own: Option<&Labels>,
        count: usize,
    ) -> Result<Vec<String>, InputError> {
        let stem = match output.head {
            HeadKind::Tags => "tag",
            HeadKind::Class => "class",
            HeadKind::Top(_) => "candidate",
            HeadKind::Values => "value",
            _ => return Ok(Vec::new()),
        };
        match &output.labels {
            Some(labels) if labels.len() == count => return Ok(labels.clone()),
            Some(labels) => {
                let (expected, found) = (format!("{count}, one per output"), labels.len().to_string());
                let advice = "give the labels the model was trained with";
                return Err(InputError::new("labels", expected, found, advice));
            }
            None => {}
        }
        if let Some(labels) = own.filter(|labels| labels.len() == count) {
            let labels: Vec<String> = match labels {
                Labels::Text(names) => names.clone(),
                Labels::Whole(names) => names.iter().map(|name| format!("{stem}-{name}")).collect(),
            };
            self.notes.push(format!("labels of the graph: {}", labels.join(", ")));
            return Ok(labels);
        }
        self.notes.push(format!("no labels given: {stem}-0 to {stem}-{}", count.saturating_sub(1)));
        Ok((0..count).map(|i| format!("{stem}-{i}")).collect())
    }

    /// An activation in units of a power of two, less thresholds of tags.
    fn head_activation(
        &mut self,
        place: usize,
        thresholds: &[f64],
        path: &str,
    ) -> Result<(Operand, u8), InputError> {
        if self.input.is_none() {
            self.elements(place, path)?;
        }
        let least = thresholds.iter().copied().fold(f64::INFINITY, f64::min);
        let most = thresholds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let around = |x: f64| if x.is_finite() { self.greatest(place, x) } else { 0.0 };
        let greatest =
            around(least).max(around(most)).max(if thresholds.is_empty() { around(0.0) } else { 0.0 });
        let reach = 2f64.powi(self.b.limb as i32 - 1);
        let bits = (reach / (greatest * HEADROOM).max(f64::MIN_POSITIVE)).log2().floor();
        if bits < 0.0 && thresholds.is_empty() {
            let expected = format!("values of calibration within ±{reach}");
            let advice =
                "train on a scaled target, or end the graph with a Mul, and scale what is proved back";
            return Err(InputError::new(path, expected, format!("{greatest:.6}"), advice));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let bits = bits.clamp(0.0, MAX_FRACTION_BITS.into()) as u8;
        let unit = 2f64.powi(-i32::from(bits));
        let then = self.b.signed();
        // Results are rounded to nearest, and tags from −1/2 up count as set: half a unit less.
        let shifts: Vec<f64> = thresholds.iter().map(|threshold| threshold + unit / 2.0).collect();
        let body = self.values.get(&place).map(|value| value.body.clone());
        // Sums are of an output at each position: thresholds are then one for all.
        let alike =
            |sums: &Sums| sums.positions == 1 || shifts.iter().all(|shift| Some(shift) == shifts.first());
        if let Some(Body::Sums(sums)) = body
            && alike(&sums)
        {
            let shifts = if shifts.is_empty() { vec![0.0] } else { shifts };
            let shifts = if sums.positions > 1 { vec![shifts[0]] } else { shifts };
            let elements = self.finish(&sums, unit, &shifts, then)?;
            return Ok((self.node_of(&elements)?, bits));
        }
        let elements = self.elements(place, path)?;
        let shifts = if shifts.is_empty() { vec![0.0; elements.len()] } else { shifts };
        let moved: Vec<Element> =
            elements.iter().zip(&shifts).map(|(e, shift)| e.then(1.0, -shift)).collect();
        if let Some((scale, shift)) = uniform(&moved)
            && scale > 0.0
            && shift == 0.0
            && scale.log2().fract() == 0.0
            && (-f64::from(MAX_FRACTION_BITS)..=0.0).contains(&scale.log2())
        {
            let node = self.node_of(&moved)?;
            if !self.b.tensor(node).wide {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
                return Ok((node, -scale.log2() as u8));
            }
        }
        let (a, scale, shift) = self.same_unit(&moved, path)?;
        let node = self.b.combine(&[RealTerm { coefficient: scale, a, b: None }], shift, unit, then)?;
        Ok((node, bits))
    }

    /// A score that is flagged from its threshold on.
    fn score_head(
        &mut self,
        output: &Output,
        place: usize,
        path: &str,
        thresholds: &[f64],
    ) -> Result<Made, InputError> {
        if self.dims(place).iter().product::<usize>() != 1 {
            let found = format!("dimensions {:?}", self.dims(place));
            return Err(InputError::new(
                path,
                "one number as a score",
                found,
                "choose another output or head",
            ));
        }
        let elements = self.elements(place, path)?;
        let greatest = self.greatest(place, 0.0) * 2.0;
        let (a, scale, shift) = self.same_unit(&elements, path)?;
        let bits = (2f64.powi(self.b.limb as i32) / greatest.max(f64::MIN_POSITIVE)).log2().floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let bits = bits.clamp(0.0, MAX_FRACTION_BITS.into()) as u8;
        let unit = 2f64.powi(-i32::from(bits));
        let then = self.b.unsigned();
        let of = self.b.combine(&[RealTerm { coefficient: scale, a, b: None }], shift, unit, then)?;
        let threshold = match thresholds {
            [threshold, ..] => *threshold,
            [] => {
                let scores: Vec<f64> =
                    (0..self.samples.len()).filter_map(|s| self.floats(s, place).first().copied()).collect();
                let found = crate::model::quantise::percentile(&scores, 0.95);
                self.notes
                    .push(format!("threshold: the 95th percentile of the calibration scores, {found:.6}"));
                found
            }
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates at 0")]
        let integer = (threshold / unit).ceil() as u64;
        let head = match output.head {
            HeadKind::Flag => Head::Flag { of, low: false },
            _ => Head::Score { of, low: false },
        };
        let mut made = made(head, Vec::new(), bits, vec![0.0], vec![threshold]);
        made.meaning.threshold = integer.min(u64::from(then.range.high().unsigned_abs()));
        Ok(made)
    }

    fn forest_head(&mut self, output: &Output, sums: &ForestSums, path: &str) -> Result<Made, InputError> {
        let unit = 2f64.powi(-i32::from(sums.bits));
        let classes = sums.trees.classes.clone();
        let names = classes.as_ref().map(|classes| classes.labels.clone());
        let scheme = classes.map_or(Scheme::Greatest, |classes| classes.scheme);
        let term = |coefficient| Term { coefficient, a: sums.node, b: None };
        let wrong = |expected: &str, found: &str, advice: &str| {
            Err(InputError::new(
                path,
                expected,
                format!("{found} with --head {}", output.head.name()),
                advice,
            ))
        };
        #[expect(clippy::cast_possible_truncation, reason = "of so many bits")]
        let integer = |x: f64| (x / unit).round() as i64;
        match (output.head, scheme) {
            (HeadKind::Class, Scheme::One { threshold, .. } | Scheme::Second { threshold }) => {
                // The second class if the sum is above the threshold: −z and z, of which the first is taken if they are equal.
                let threshold = integer(threshold);
                let first = self.b.exact(vec![term(-1)], threshold, None)?;
                let second = self.b.exact(vec![term(1)], -threshold, None)?;
                let pair = [self.all(first, -unit, 0.0)[0], self.all(second, unit, 0.0)[0]];
                let of = self.node_of(&pair)?;
                let labels = self.labels(output, names.as_ref(), 2)?;
                Ok(made(Head::Class { of }, labels, sums.bits, vec![0.0; 2], Vec::new()))
            }
            (HeadKind::Class, Scheme::Greatest) if sums.targets > 1 => {
                let labels = self.labels(output, names.as_ref(), sums.targets)?;
                let head = Head::Class { of: sums.node };
                Ok(made(head, labels, sums.bits, vec![0.0; sums.targets], Vec::new()))
            }
            (HeadKind::Class, _) => wrong("an output per class", "one output", "use --head tags or values"),
            (HeadKind::Tags, scheme) if sums.targets == 1 => {
                let usual = match scheme {
                    Scheme::One { threshold, .. } | Scheme::Second { threshold } => threshold,
                    Scheme::Greatest => 0.0,
                };
                let labels = match &output.labels {
                    Some(_) => self.labels(output, None, 1)?,
                    // Of two classes, the tag is the second.
                    None => match &names {
                        Some(Labels::Text(names)) => names.last().cloned().into_iter().collect(),
                        _ => self.labels(output, None, 1)?,
                    },
                };
                let own = thresholds(output, &labels, Tail::None)?;
                let strict = output.thresholds.is_empty() && names.is_some();
                let threshold = if strict { usual } else { own.first().copied().unwrap_or(0.0) };
                let pick = self.all(sums.node, unit, 0.0)[0];
                let a = self.node_of(&[pick])?;
                let divisor = 1_u16 << self.b.limb;
                // y ≥ 0 exactly from the threshold on, or above it.
                let constant = -integer(threshold) - i64::from(divisor) / 2 - i64::from(strict);
                let then = self.b.signed();
                let of = self.b.exact(
                    vec![Term { coefficient: 1, a, b: None }],
                    constant,
                    Some((divisor, then)),
                )?;
                let bits = sums.bits.saturating_sub(u8::try_from(self.b.limb).unwrap_or(0));
                Ok(made(Head::Tags { of }, labels, bits, vec![threshold], vec![threshold]))
            }
            (HeadKind::Values | HeadKind::Commitment, Scheme::Greatest) if sums.trees.post == Post::None => {
                let mut elements = self.all(sums.node, unit, 0.0);
                elements.truncate(sums.targets);
                let a = self.node_of(&elements)?;
                let most = self.b.tensor(a).values.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
                #[expect(clippy::cast_precision_loss, reason = "a range")]
                let greatest = most as f64 * unit * HEADROOM;
                let reach = 2f64.powi(self.b.limb as i32 - 1);
                let bits = (reach / greatest.max(f64::MIN_POSITIVE)).log2().floor();
                // No finer than a division by 2^λ allows for, and by 2, and by what brings any leaves' sums into reach.
                #[expect(clippy::cast_precision_loss, reason = "a count")]
                let trees = sums.trees.trees.len() as f64;
                let far = trees.log2().ceil() + f64::from(LEAF_BITS[1]) - 1.0 - 2.0 * f64::from(self.b.limb);
                let most = f64::from(sums.bits) - far.max(1.0);
                let least = f64::from(sums.bits) - f64::from(self.b.limb);
                if bits < least.max(0.0) {
                    let advice = "train on a scaled target, or import with more bits of activations";
                    return wrong("smaller values", &greatest.to_string(), advice);
                }
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
                let bits = bits.clamp(0.0, most.max(0.0)) as u8;
                let divisor = 1_u16 << (sums.bits - bits);
                let then = self.b.signed();
                let of = self.b.exact(vec![Term { coefficient: 1, a, b: None }], 0, Some((divisor, then)))?;
                let labels = self.labels(output, None, sums.targets)?;
                let values = output.head == HeadKind::Values;
                let head = if values { Head::Values { of } } else { Head::Commitment { of } };
                let labels = if values { labels } else { Vec::new() };
                Ok(made(head, labels, bits, vec![0.0; sums.targets], Vec::new()))
            }
            _ => {
                wrong("a class, a tag or values", "an ensemble of trees", "use --head class, tags or values")
            }
        }
    }
}

fn made(head: Head, labels: Vec<String>, bits: u8, shift: Vec<f64>, thresholds: Vec<f64>) -> Made {
    let scale = 2f64.powi(-i32::from(bits));
    let meaning = HeadMeaning { labels, fraction_bits: bits, threshold: 0 };
    Made { head, meaning, scale, shift, thresholds }
}

/// Thresholds of tags as logits, one for each label; of a score, one or none.
fn thresholds(output: &Output, labels: &[String], tail: Tail) -> Result<Vec<f64>, InputError> {
    let wrong = |expected: String, found: &str| {
        InputError::new("--threshold", expected, format!("{found:?}"), "correct it, or leave it out")
    };
    match output.head {
        HeadKind::Tags => {
            let mut all = vec![0.0; labels.len()];
            for text in &output.thresholds {
                // A label may contain "="; a number does not.
                let pair = text.rsplit_once('=');
                let (name, value) = pair.ok_or_else(|| wrong("NAME=NUMBER".into(), text))?;
                let place = labels.iter().position(|label| label == name);
                let place = place.ok_or_else(|| wrong(format!("a label of {labels:?}"), name))?;
                all[place] = match (tail, number(value)) {
                    (Tail::Sigmoid, Some(p)) if p > 0.0 && p < 1.0 => (p / (1.0 - p)).ln(),
                    (Tail::Sigmoid, _) => return Err(wrong("a probability between 0 and 1".into(), text)),
                    (_, Some(logit)) => logit,
                    (_, None) => return Err(wrong("a logit".into(), text)),
                };
            }
            Ok(all)
        }
        HeadKind::Score | HeadKind::Flag | HeadKind::Anomaly => match &output.thresholds[..] {
            [] => Ok(Vec::new()),
            [one] => match number(one).filter(|score| *score >= 0.0) {
                Some(score) => Ok(vec![score]),
                None => Err(wrong("a score of 0 or more".into(), one)),
            },
            [_, second, ..] => Err(wrong("one score".into(), second)),
        },
        _ => match output.thresholds.first() {
            Some(found) => Err(wrong(format!("none for --head {}", output.head.name()), found)),
            None => Ok(Vec::new()),
        },
    }
}
