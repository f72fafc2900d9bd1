//! Softmax, masks, and the tables that nodes share.

use std::collections::BTreeMap;
use std::rc::Rc;

use foldproof_circuits::graph::{Base, Function, Operand, Table};

use super::attention::LEFT_OUT;
use super::build::RealTerm;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::op::{Op, Unary};
use crate::model::graph::tensor::axis;

/// Bits of real numbers that scores have left and right of 0.
const SCORES: u32 = 5;
/// Bits of distances from the greatest score that have entries of their own.
const DISTANCES: u8 = 4;
/// Least and most bits of real numbers that an activation's table has on either side of 0.
const ACTIVATION: (f64, f64) = (2.0, 6.0);

/// How far below 0 an activation that grows is worth a table: at its end, the next power of two, GELU is −0.0001 and SiLU −0.003.
const FAR: [f64; 2] = [3.5, 7.0];

/// What tells nodes of one kind.
type Is = fn(&Op) -> bool;

impl Lowering<'_> {
    /// Floats that go into nodes of one kind.
    fn all_taken_by(&self, of: Is) -> impl Iterator<Item = f64> {
        let places = self.trace.nodes.iter().filter(move |node| of(&node.op) && self.is_taken(node));
        let places: Vec<usize> = places.filter_map(|node| node.inputs.first().copied().flatten()).collect();
        (0..self.samples.len())
            .flat_map(move |s| places.clone().into_iter().flat_map(move |place| self.floats(s, place)))
    }

    /// What goes into SiLU where x·σ(a·x) is a SiLU of a·x.
    fn steepened(&self) -> impl Iterator<Item = f64> {
        let steep = |node: &Node| match node.op {
            Op::Unary(Unary::Swish(steepness)) => Some((node.inputs.first().copied().flatten()?, steepness)),
            _ => None,
        };
        let places: Vec<(usize, f64)> = self.trace.nodes.iter().filter_map(steep).collect();
        (0..self.samples.len()).flat_map(move |s| {
            let of = move |(place, a): (usize, f64)| self.floats(s, place).into_iter().map(move |x| a * x);
            places.clone().into_iter().flat_map(of)
        })
    }

    fn is_taken(&self, node: &Node) -> bool {
        let taken = |place: &usize| self.trace.nodes.iter().any(|node| node.inputs.contains(&Some(*place)));
        node.outputs.iter().flatten().any(taken)
    }

    /// The table of all softmaxes: units such that the greatest scores of calibration are not clamped.
    pub(super) fn decay(&mut self) -> Table {
        if let Some(known) = self.shared.get(&Function::Decay) {
            return *known;
        }
        let scores = self.all_taken_by(|op| matches!(op, Op::Softmax { .. })).filter(|x| *x > -LEFT_OUT);
        let greatest = scores.map(f64::abs).fold(0.0, f64::max) * HEADROOM;
        let most = f64::from(self.b.limb - 1 - SCORES);
        let bits = (2f64.powi(self.b.limb as i32 - 1) / greatest.max(1.0)).log2().floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let input = bits.clamp(0.0, most) as u8;
        let bits = u32::from(input + DISTANCES).min(self.b.limb);
        let output = u8::try_from(self.b.limb).unwrap_or(12);
        let table = Table { function: Function::Decay, bits, input, output };
        self.shared.insert(Function::Decay, table);
        table
    }

    /// The table of an activation that grows with its input: as far as calibration goes.
    pub(super) fn growing(&mut self, function: Function, of: Is) -> Table {
        if let Some(known) = self.shared.get(&function) {
            return *known;
        }
        // Far below 0 there is nothing left of any of them.
        let far = if function == Function::Silu { FAR[1] } else { FAR[0] };
        let size = |x: f64| x.max((-x).min(far));
        let mut greatest = self.all_taken_by(of).map(size).fold(0.0, f64::max);
        if function == Function::Silu {
            greatest = self.steepened().map(size).fold(greatest, f64::max);
        }
        let greatest = greatest * HEADROOM.sqrt();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let reach = greatest.max(1.0).log2().ceil().clamp(ACTIVATION.0, ACTIVATION.1) as u32;
        let small = |x: u32| u8::try_from(x).unwrap_or(0);
        let input = small(self.table_bits.saturating_sub(1 + reach));
        let table = Table { function, bits: self.table_bits, input, output: small(self.b.limb - reach) };
        self.shared.insert(function, table);
        table
    }

    /// The function of an activation that grows, and what tells its nodes.
    pub(super) fn function(unary: Unary) -> Option<(Function, Is)> {
        Some(match unary {
            Unary::Gelu => (Function::Gelu, |op| *op == Op::Unary(Unary::Gelu)),
            Unary::GeluTanh => (Function::GeluTanh, |op| *op == Op::Unary(Unary::GeluTanh)),
            Unary::Silu => (Function::Silu, |op| *op == Op::Unary(Unary::Silu)),
            _ => return None,
        })
    }

    /// Elements of constants and others, by a constant condition.
    pub(super) fn chosen(&mut self, node: &Node) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let dims = self.dims(output);
        let Some(condition) = self.trace.given(node, 0) else {
            return self.refuse(node, "a condition that depends on the data");
        };
        let condition = condition.broadcast(&dims).and_then(|all| Ok(all.bools()?.into_owned()));
        let condition = condition.map_err(|wrong| wrong.at(&node.path))?;
        // A mask on scores that a softmax takes.
        let (own, other) = if self.varies(node, 1) { (1, 2) } else { (2, 1) };
        let given = self.trace.given(node, other);
        let given = given.map(|given| given.broadcast(&dims).and_then(|all| Ok(all.reals()?.into_owned())));
        let given = given.transpose().map_err(|wrong| wrong.at(&node.path))?;
        let place = node.inputs.get(own).copied().flatten().unwrap_or_default();
        let body = self.values.get(&place).map(|value| value.body.clone());
        if let (Some(given), Some(Body::Scores(scores))) = (&given, body)
            && self.dims(place) == dims
        {
            let gone = |index: usize| condition[index] != (own == 1);
            if (0..condition.len()).all(|index| !gone(index) || given[index] <= -LEFT_OUT) {
                let mut scores = (*scores).clone();
                scores.mask.resize(condition.len(), 0.0);
                let mask = scores.mask.iter_mut().enumerate().filter(|(index, _)| gone(*index));
                mask.for_each(|(_, mask)| *mask = f64::MIN);
                scores.place = output;
                self.set(node, Body::Scores(Rc::new(scores)));
                return Ok(());
            }
        }
        let mut sides = Vec::new();
        for index in [1, 2] {
            let Some(place) = node.inputs.get(index).copied().flatten() else { return Ok(()) };
            sides.push(match self.trace.given(node, index).map(|given| given.broadcast(&dims)) {
                None => self.repeated(node, place, &dims)?,
                Some(given) => {
                    let values = given.and_then(|given| Ok(given.reals()?.into_owned()));
                    let tensor = self.b.zeros(1)?;
                    let constant = |x: f64| Element { tensor, place: 0, scale: 0.0, shift: x.max(f64::MIN) };
                    values.map_err(|wrong| wrong.at(&node.path))?.into_iter().map(constant).collect()
                }
            });
        }
        let made = condition.iter().enumerate().map(|(i, first)| sides[usize::from(!first)][i]);
        let made = made.collect();
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// Scores in units of the table, shifted by what differs between them.
    fn scored(&mut self, elements: &[Element], unit: f64, path: &str) -> Result<Operand, InputError> {
        let first = elements.iter().find(|e| e.scale != 0.0).copied();
        let scale = first.map_or(unit, |e| e.scale);
        let alike = elements.iter().all(|e| e.scale == 0.0 || (e.scale - scale).abs() <= 1e-6 * scale.abs());
        let (a, scale, shifts) = if alike {
            (self.node_of(elements)?, scale, elements.iter().map(|e| e.shift).collect::<Vec<_>>())
        } else {
            let plain: Vec<Element> = elements.iter().map(|e| Element { shift: 0.0, ..*e }).collect();
            let (a, scale, _) = self.same_unit(&plain, path)?;
            (a, scale, elements.iter().map(|e| e.shift).collect())
        };
        let moved = shifts.iter().any(|shift| (shift - shifts[0]).abs() > unit / 2.0);
        let kept = self.b.tensor(a);
        if !moved && (scale - unit).abs() <= 1e-6 * unit && matches!(kept.base, Base::Of(_)) && !kept.wide {
            return Ok(a);
        }
        let mut terms = vec![RealTerm { coefficient: scale, a, b: None }];
        if moved {
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            let integers: Vec<i64> = shifts.iter().map(|shift| (shift / unit).round() as i64).collect();
            terms.push(RealTerm { coefficient: unit, a: self.b.constants(&integers)?, b: None });
        }
        let then = self.b.signed();
        self.b.combine(&terms, 0.0, unit, then)
    }

    pub(super) fn softmax(&mut self, node: &Node) -> Result<(), InputError> {
        let Op::Softmax { axis: along, flat, .. } = &node.op else { return Ok(()) };
        let place = node.inputs.first().copied().flatten().unwrap_or_default();
        if self.input.is_none() {
            self.elements(place, &node.path)?;
        }
        let table = self.decay();
        let unit = 2f64.powi(-i32::from(table.input));
        let (power, share) = self.share();
        let elements = match self.values.get(&place).map(|value| value.body.clone()) {
            Some(Body::Scores(scores)) => self.rounded_scores(&scores, unit, true)?,
            Some(Body::Sums(sums)) => self.finish(&sums, unit, &[0.0], self.b.signed())?,
            _ => self.elements(place, &node.path)?,
        };
        let dims = self.dims(place);
        let first = axis(*along, dims.len()).map_err(|wrong| wrong.at(&node.path))?;
        let inner: usize = if *flat { 1 } else { dims[first + 1..].iter().product() };
        let width: usize = if *flat { dims[first..].iter().product() } else { dims[first] };
        // Rows without what is left out, by their widths.
        let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let span = (width * inner).max(1);
        for row in 0..elements.len() / width.max(1) {
            let start = row / inner.max(1) * span + row % inner.max(1);
            let places = (0..width).map(|i| start + i * inner);
            let there: Vec<usize> = places.filter(|place| elements[*place].shift > -LEFT_OUT).collect();
            if there.is_empty() {
                return self.refuse(node, "a row of which every score is masked");
            }
            rows.entry(there.len()).or_default().extend(there);
        }
        let tensor = self.b.zeros(1)?;
        let mut made = vec![Element { tensor, place: 0, scale: share, shift: 0.0 }; elements.len()];
        for (width, places) in rows {
            let own: Vec<Element> = places.iter().map(|place| elements[*place]).collect();
            let scores = self.scored(&own, unit, &node.path)?;
            let shares = self.b.softmax(scores, width, table, power)?;
            let shares = self.all(shares, share, 0.0);
            places.iter().zip(shares).for_each(|(place, element)| made[*place] = element);
        }
        self.set(node, Body::Known(made));
        Ok(())
    }
}
