//! Integers of the subject that choose rows of a table: tokens, as rows of zeros and a one that a layer multiplies by the table.
//!
//! A token t of the subject is an integer exactly: its quantiser has the unit 1. It is brought into the range of the table first, where −1 and V,
//! V being the number of rows, stand for what is no row. Then for every v in 0 … V − 1 the number 8·(t − v)² is clamped to 0 … 15 and looked up among
//! decays: 2^e for 0, and from 8 on e^−8·2^e < 1/2, which is rounded to 0. So one of the V numbers is 2^e and all others are 0, or all are 0 where
//! t is no row, which then has zeros for its row. All are sums, clamps and entries of the graph's own operators: each has one value.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use foldproof_circuits::graph::{Function, Operand, Requantise, Table, Term};
use foldproof_circuits::model::Range;

use super::attention::moves;
use super::factors::RANGES;
use super::lowering::Lowering;
use super::value::{Body, Element, Sums, Value, views};
use crate::input::InputError;
use crate::model::graph::op::{Compare, Op};
use crate::model::graph::tensor::{Kind, axis};
use crate::model::graph::{Node, Wrong};

/// Most rows of a table: each is a node, and 8·t² has to fit what a quotient may be.
const MAX_ROWS: usize = 1024;
/// What squares of differences are multiplied by.
const STEEP: i64 = 8;
/// Bits of the table of decays.
const BITS: u32 = 4;
/// Fraction bits that ones have less than a limb: weights of 8 bits then have multipliers of many.
const COARSER: u32 = 6;

impl Lowering<'_> {
    /// The input of a node that has integers of which each chooses something.
    fn chooser(&self, node: &Node) -> Option<usize> {
        let index = match node.op {
            Op::Gather { .. } => 1,
            Op::OneHot { .. } => 0,
            Op::GatherNd { batch: 0 } => 1,
            Op::Compare(Compare::Equal) => self.only(node)?.0,
            _ => return None,
        };
        self.varies(node, index).then(|| node.inputs.get(index).copied().flatten()).flatten()
    }

    /// Which nodes tokens are made by, and all before them: gone through first, so that the input is quantised for them. Fills in
    /// which numbers of the input are tokens.
    pub(super) fn before_tokens(&mut self) -> Result<Vec<bool>, InputError> {
        let trace = self.trace;
        let mut origins: HashMap<usize, Vec<usize>> = HashMap::new();
        origins.insert(trace.input, (0..self.dims.iter().product()).collect());
        let mut wanted: BTreeSet<usize> = BTreeSet::new();
        for node in &trace.nodes {
            if let Some(place) = self.chooser(node)
                && let Some(own) = origins.get(&place)
            {
                self.whole.extend(own);
                wanted.insert(place);
            }
            let first = node.inputs.first().copied().flatten();
            let alone = self.only(node).is_some_and(|(index, _)| index == 0);
            if let Some(own) = first.filter(|_| alone).and_then(|place| origins.get(&place)).cloned() {
                if matches!(node.op, Op::Cast(_)) {
                    node.outputs.iter().flatten().for_each(|place| {
                        origins.insert(*place, own.clone());
                    });
                } else if moves(&node.op) {
                    let dims = first.map(|place| self.dims(place)).unwrap_or_default();
                    let Ok(found) = self.places(node, &[(0, dims, 0)]) else { continue };
                    for (place, (_, places)) in node.outputs.iter().flatten().zip(found) {
                        origins.insert(*place, places.iter().map(|at| own[*at]).collect());
                    }
                }
            }
        }
        for place in &self.whole {
            let values = self.samples.iter().map(|sample| sample.values.get(*place).copied().unwrap_or(0.0));
            if let Some(x) = values.into_iter().find(|x| x.fract() != 0.0) {
                let advice = "tokens are integers: leave scaling to the model";
                return Err(InputError::new(
                    "samples",
                    "integers, which index a table",
                    x.to_string(),
                    advice,
                ));
            }
        }
        let mut before = vec![false; trace.nodes.len()];
        for (node, before) in trace.nodes.iter().zip(&mut before).rev() {
            if node.outputs.iter().flatten().any(|place| wanted.contains(place)) {
                *before = true;
                wanted.extend(node.inputs.iter().flatten());
            }
        }
        Ok(before)
    }

    /// Lowers a node that integers of the subject choose by; whether it was one.
    pub(super) fn token(&mut self, node: &Node) -> Result<bool, InputError> {
        let Some(place) = self.chooser(node) else { return Ok(false) };
        if matches!(node.op, Op::Compare(_)) && self.fact(place) != Some(Kind::Whole) {
            return Ok(false);
        }
        if self.trace.constant(node.inputs.first().copied().flatten().unwrap_or_default()).is_none()
            && matches!(node.op, Op::Gather { .. } | Op::GatherNd { .. })
        {
            return self
                .refuse(node, "values selected by the input: only rows of a constant table can be selected");
        }
        let tokens = self.elements(place, &node.path)?;
        if tokens.iter().any(|e| (e.scale - 1.0).abs() > 1e-9 || e.shift.fract() != 0.0) {
            return self
                .refuse(node, "indices computed from the input: arithmetic on tokens is not supported");
        }
        match &node.op {
            Op::OneHot { axis: along } => self.one_hot(node, place, &tokens, *along)?,
            Op::Compare(_) => self.equal(node, place, &tokens)?,
            op => {
                let along = if let Op::Gather { axis } = op { *axis } else { 0 };
                self.embedded(node, &tokens, along)?;
            }
        }
        Ok(true)
    }

    fn fact(&self, place: usize) -> Option<Kind> {
        self.trace.facts.get(place).and_then(Option::as_ref).map(|fact| fact.kind)
    }

    /// Of each v below `rows` and of each token whether they are the same: v by v, and what 1 is.
    fn hits(&mut self, tokens: &[Element], rows: usize, path: &str) -> Result<(Operand, f64), InputError> {
        let most = MAX_ROWS.min(1 << (self.b.limb - 2));
        // −1 and V stand for all that is beyond, and t − v has to fit its square.
        if rows > most - 2 {
            let advice = "give the model one-hot rows, and multiply them by the table: a MatMul is a linear layer; or make the vocabulary smaller";
            return Err(Wrong::with(
                format!("a table of at most {} rows", most - 2),
                rows.to_string(),
                advice,
            )
            .at(path));
        }
        let row = |x: usize| i64::try_from(x).unwrap_or(i64::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
        let shifts: Vec<i64> = tokens.iter().map(|e| e.shift as i64).collect();
        let a = self.b.index(views(&tokens.iter().map(|e| (e.tensor, e.place)).collect::<Vec<_>>()))?;
        let mut terms = vec![Term { coefficient: 2, a, b: None }];
        if shifts.iter().any(|shift| *shift != 0) {
            terms.push(Term { coefficient: 2, a: self.b.constants(&shifts)?, b: None });
        }
        // −1 up to V at least.
        let bits = RANGES.into_iter().find(|bits| rows + 2 <= 1 << bits).unwrap_or(self.b.limb);
        let then = Requantise { range: Range { low: -1, bits }, table: None };
        let t = self.b.exact(terms, 0, Some((2, then)))?;
        let output = u8::try_from(self.b.limb - COARSER).unwrap_or(1);
        let table = Table { function: Function::Decay, bits: BITS, input: 0, output };
        let then = Requantise { range: table.range(), table: Some(table) };
        let coefficient = |x: i64| i32::try_from(2 * STEEP * x).unwrap_or(i32::MAX);
        let mut all = Vec::with_capacity(rows * tokens.len());
        for v in 0..row(rows) {
            let mut terms = vec![Term { coefficient: coefficient(1), a: t, b: Some(t) }];
            if v > 0 {
                terms.push(Term { coefficient: coefficient(-2 * v), a: t, b: None });
            }
            let own = self.b.exact(terms, 2 * STEEP * v * v, Some((2, then)))?;
            all.extend((0..tokens.len()).map(|at| (own, u32::try_from(at).unwrap_or(0))));
        }
        Ok((self.b.index(views(&all))?, 2f64.powi(-i32::from(output))))
    }

    /// Whether every token of calibration is a row, which is what the float graph makes of it.
    fn check(&self, tokens: &[Element], rows: usize, path: &str) -> Result<(), InputError> {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let within = |x: f64| x >= 0.0 && x < rows as f64;
        for e in tokens {
            let kept = self.b.tensor(e.tensor);
            for sample in 0..self.samples.len() {
                #[expect(clippy::cast_precision_loss, reason = "λ bits")]
                let x = kept.values[sample * kept.count + e.place as usize] as f64 + e.shift;
                if !within(x) {
                    let expected = format!("tokens of 0 to {}", rows.saturating_sub(1));
                    let advice = "give samples whose integers are rows of the table";
                    return Err(Wrong::with(expected, format!("{x} in calibration"), advice).at(path));
                }
            }
        }
        Ok(())
    }

    /// Rows of a table: a layer over rows of zeros and a one.
    fn embedded(&mut self, node: &Node, tokens: &[Element], along: i64) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let Some(table) = self.trace.given(node, 0).cloned() else { return Ok(()) };
        let reals = table.reals().map_err(|wrong| wrong.at(&node.path))?.into_owned();
        let along = axis(along, table.dims().len()).map_err(|wrong| wrong.at(&node.path))?;
        if along != 0 || tokens.is_empty() {
            return self.refuse(
                node,
                "tokens that index another axis than the first of a table: transpose the table",
            );
        }
        // Indices of one number each: tuples of one.
        let rows = table.dims()[0];
        let width = reals.len() / rows.max(1);
        let (to, count) = (self.dims(output), tokens.len());
        if to.iter().product::<usize>() != count * width {
            return self.refuse(node, "tuples of tokens that index several axes of a table");
        }
        self.check(tokens, rows, &node.path)?;
        let (hits, scale) = self.hits(tokens, rows, &node.path)?;
        let place = |v: usize, at: usize| u32::try_from(v * count + at).unwrap_or(0);
        let of = |at: usize| {
            (0..rows).map(move |v| Element { tensor: hits, place: place(v, at), scale, shift: 0.0 })
        };
        let operand: Vec<Element> = (0..count).flat_map(of).collect();
        let weights = (0..width).map(|o| (0..rows).map(|v| reals[v * width + o]).collect()).collect();
        let sums = Sums {
            operands: vec![(operand, rows)],
            weights: vec![weights],
            bias: vec![0.0; width],
            offsets: Vec::new(),
            positions: count,
            place: output,
            order: None,
            path: node.path.clone(),
            scaled: false,
            roots: None,
        };
        self.values.insert(output, Value { dims: to, body: Body::Sums(Rc::new(sums)) });
        Ok(())
    }

    fn one_hot(
        &mut self,
        node: &Node,
        place: usize,
        tokens: &[Element],
        along: i64,
    ) -> Result<(), InputError> {
        let given = |index: usize| self.trace.given(node, index).and_then(|given| given.reals().ok());
        let (Some(depth), Some(values)) = (given(1), given(2)) else {
            return self.refuse(node, "a OneHot with a depth or values that are not constant");
        };
        let ([_], [off, on]) = (&depth[..], &values[..]) else {
            return self.refuse(node, "a OneHot of other than one depth and two values");
        };
        let (off, on) = (*off, *on);
        let dims = self.dims(place);
        let along = axis(along, dims.len() + 1).map_err(|wrong| wrong.at(&node.path))?;
        let output = node.outputs.first().copied().flatten().unwrap_or_default();
        let rows = self.dims(output).get(along).copied().unwrap_or(0);
        self.check(tokens, rows, &node.path)?;
        let (hits, scale) = self.hits(tokens, rows, &node.path)?;
        let inner: usize = dims[along..].iter().product();
        let of = |at: usize| {
            let (v, token) = (at / inner % rows, at / (inner * rows) * inner + at % inner);
            let place = u32::try_from(v * tokens.len() + token).unwrap_or(0);
            Element { tensor: hits, place, scale, shift: 0.0 }.then(on - off, off)
        };
        let made = (0..rows * tokens.len()).map(of).collect();
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// Tokens compared with constants.
    fn equal(&mut self, node: &Node, place: usize, tokens: &[Element]) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let (from, to) = (self.dims(place), self.dims(output));
        let index = usize::from(node.inputs.first() == Some(&Some(place)));
        let constants = self.trace.given(node, index).map(|given| given.broadcast(&to));
        let constants = constants.map(|given| given.and_then(|given| Ok(given.reals()?.into_owned())));
        let Some(Ok(constants)) = constants else {
            return self.refuse(node, "a comparison of tokens with values that are not constant");
        };
        // A negative token has no row of its own to be told by.
        if let Some(negative) = constants.iter().find(|c| **c < 0.0 && c.fract() == 0.0) {
            let found = format!("a comparison with {negative}");
            let advice =
                "give tokens from 0 on: padding a number of its own after the vocabulary, and not -1";
            return Err(Wrong::with("tokens compared with 0 or more", found, advice).at(&node.path));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by a limit")]
        let rows = constants.iter().copied().fold(0.0, f64::max).min(1e6) as usize + 1;
        let (hits, scale) = self.hits(tokens, rows, &node.path)?;
        let numbered: Vec<Element> = (0..tokens.len())
            .map(|at| Element { tensor: hits, place: u32::try_from(at).unwrap_or(0), scale, shift: 0.0 })
            .collect();
        let spread = super::factors::spread(&numbered, &from, &to);
        let Some(spread) = spread else { return self.refuse(node, "dimensions that do not match") };
        let count = u32::try_from(tokens.len()).unwrap_or(0);
        let made = spread.into_iter().zip(constants).map(|(e, c)| {
            if c < 0.0 || c.fract() != 0.0 {
                return Element { scale: 0.0, shift: 0.0, ..e };
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "below the number of rows"
            )]
            Element { place: e.place + c as u32 * count, ..e }
        });
        self.set(node, Body::Known(made.collect()));
        Ok(())
    }
}
