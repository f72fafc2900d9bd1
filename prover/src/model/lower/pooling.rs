//! Pools: the greatest or the mean of groups of elements, and reductions that are the same.
//!
//! Elements of a group have one unit, those of another may have another: channels keep theirs. The greatest is exact in
//! integers, whatever the unit. A mean is a sum without rounding, of up to 64 terms at once and of sums of them above, that is
//! divided once: a layer of ones would take as many rows, and parameters and their rounding besides.

use std::collections::BTreeMap;

use foldproof_circuits::graph::{MAX_TERMS, Operand, Requantise, Term};

use super::build::RealTerm;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Value, uniform};
use crate::input::InputError;
use crate::model::graph::kernel::window;
use crate::model::graph::op::{Pool, Reduce};
use crate::model::graph::tensor::{axis, strides, walk};
use crate::model::graph::window::Window;
use crate::model::graph::{Node, Wrong};

/// Numbers around that are below all others.
const BELOW_ALL: f64 = -1e30;
/// Candidates whose greatest takes as many rows as they are: sums of four terms are one row.
const AT_ONCE: usize = 4;

/// Places of elements, of which each group makes one, in the order that their results stand in.
struct Groups {
    all: Vec<Vec<usize>>,
    /// Where each result stands in the float graph.
    to: Vec<usize>,
    /// What each sum is divided by.
    divisors: Vec<f64>,
}

impl Lowering<'_> {
    /// MaxPool and AveragePool.
    pub(super) fn pooled(&mut self, node: &Node, window: &Window, pool: Pool) -> Result<(), InputError> {
        let Some((0, place)) = self.only(node) else { return self.refuse(node, "a pool of nothing") };
        let dims = self.dims(place);
        let windows = window::split(&dims).and_then(|(_, _, axes)| window.over(axes, None));
        let windows = windows.map_err(|wrong| wrong.at(&node.path))?;
        let planes: usize = dims.iter().take(2).product();
        let channels = dims.get(1).copied().unwrap_or(1).max(1);
        let plane: usize = dims.iter().skip(2).product();
        let count = windows.count();
        let mut groups = Groups { all: Vec::new(), to: Vec::new(), divisors: Vec::new() };
        // Position by position, as sums of layers stand.
        for n in 0..planes / channels {
            for position in 0..count {
                for c in 0..channels {
                    let first = n * channels + c;
                    let taken = windows.at(position).flatten().map(|place| first * plane + place);
                    let taken: Vec<usize> = taken.collect();
                    let whole = matches!(pool, Pool::Average { padding: true });
                    #[expect(clippy::cast_precision_loss, reason = "a count")]
                    groups.divisors.push(if whole { windows.size } else { taken.len() } as f64);
                    groups.all.push(taken);
                    groups.to.push(first * count + position);
                }
            }
        }
        self.quantise_planes(place)?;
        self.grouped(node, place, groups, (pool == Pool::Max).then_some(1))
    }

    /// GlobalMaxPool, GlobalAveragePool, ReduceMax, ReduceMin, and sums and means of several units.
    pub(super) fn grouped_over(
        &mut self,
        node: &Node,
        place: usize,
        axes: &[usize],
        kind: Reduce,
    ) -> Result<(), InputError> {
        let dims = self.dims(place);
        let steps = strides(&dims);
        let part = |inside: bool| -> (Vec<usize>, Vec<isize>) {
            let chosen = (0..dims.len()).filter(|i| axes.contains(i) == inside);
            chosen.map(|i| (dims[i], steps[i] as isize)).unzip()
        };
        let ((inner, inner_steps), (outer, outer_steps)) = (part(true), part(false));
        let starts = walk(&outer, 0, &outer_steps);
        let all: Vec<Vec<usize>> = starts.iter().map(|start| walk(&inner, *start, &inner_steps)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let divisor = if kind == Reduce::Mean { inner.iter().product::<usize>() as f64 } else { 1.0 };
        let (to, divisors) = ((0..all.len()).collect(), vec![divisor; all.len()]);
        let sign = match kind {
            Reduce::Max => Some(1),
            Reduce::Min => Some(-1),
            _ => None,
        };
        self.grouped(node, place, Groups { all, to, divisors }, sign)
    }

    /// All spatial axes.
    pub(super) fn global(&mut self, node: &Node, kind: Reduce) -> Result<(), InputError> {
        let Some((0, place)) = self.only(node) else { return self.refuse(node, "a pool of nothing") };
        let axes: Vec<usize> = (2..self.dims(place).len()).collect();
        self.quantise_planes(place)?;
        self.grouped_over(node, place, &axes, kind)
    }

    /// The axes of a reduction.
    pub(super) fn reduced_axes(
        &self,
        node: &Node,
        place: usize,
        axes: Option<&[i64]>,
        noop: bool,
    ) -> Result<Vec<usize>, InputError> {
        let rank = self.dims(place).len();
        let given = self.trace.given(node, 1).map(|axes| axes.integers().map(|axes| axes.to_vec()));
        let given = given.transpose().map_err(|wrong| wrong.at(&node.path))?;
        let given = given.or_else(|| axes.map(<[i64]>::to_vec)).filter(|axes| !axes.is_empty());
        let axes = match given {
            Some(axes) => axes.iter().map(|a| axis(*a, rank)).collect::<Result<Vec<_>, _>>(),
            None if noop => Ok(Vec::new()),
            None => Ok((0..rank).collect()),
        };
        axes.map_err(|wrong: Wrong| wrong.at(&node.path))
    }

    fn grouped(
        &mut self,
        node: &Node,
        place: usize,
        mut groups: Groups,
        sign: Option<i32>,
    ) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let longest = groups.all.iter().map(Vec::len).max().unwrap_or(0);
        let total: usize = groups.all.iter().map(Vec::len).sum();
        let most = foldproof_circuits::graph::MAX_ELEMENTS;
        if groups.all.iter().any(Vec::is_empty) || longest > MAX_TERMS * MAX_TERMS || total > most {
            let found = format!(
                "{longest} numbers in one group and {total} in all: at most {} and {most}",
                MAX_TERMS * MAX_TERMS
            );
            return self.refuse(node, &found);
        }
        let elements = self.kept(place, sign, &mut groups, &node.path)?;
        let elements = self.comparable(elements, &groups.all, &node.path)?;
        let made = match sign {
            Some(sign) => self.extremes(&elements, &groups.all, sign, &node.path)?,
            None => self.means(&elements, &groups)?,
        };
        let mut turned = made.clone();
        groups.to.iter().zip(made).for_each(|(to, element)| turned[*to] = element);
        let dims = self.dims(output);
        self.values.insert(output, Value { dims, body: Body::Known(turned) });
        Ok(())
    }

    /// The elements of a value. Of one that has numbers below all others around, those are left out of every group.
    fn kept(
        &mut self,
        place: usize,
        sign: Option<i32>,
        groups: &mut Groups,
        path: &str,
    ) -> Result<Vec<Element>, InputError> {
        let padded = match self.values.get(&place).map(|value| &value.body) {
            Some(Body::Padded(padded)) if sign == Some(1) && padded.value <= BELOW_ALL => padded.clone(),
            _ => return self.elements(place, path),
        };
        let places = padded.places(&self.dims(padded.place));
        for group in &mut groups.all {
            *group = group.iter().filter_map(|place| places[*place]).collect();
            if group.is_empty() {
                let advice = "pad less";
                return Err(
                    Wrong::with("windows with an element each", "one in the padding alone", advice).at(path)
                );
            }
        }
        self.elements(padded.place, path)
    }

    /// Activations with one unit in each group. Zeros of a constant are of any unit in which they stand for the same.
    fn comparable(
        &mut self,
        mut elements: Vec<Element>,
        groups: &[Vec<usize>],
        path: &str,
    ) -> Result<Vec<Element>, InputError> {
        let zeros = self.b.zeros(1)?;
        for group in groups {
            let Some(first) = group.iter().map(|i| elements[*i]).find(|e| e.tensor != zeros) else {
                continue;
            };
            for place in group {
                let element = &mut elements[*place];
                if element.tensor == zeros && (element.shift - first.shift).abs() <= 1e-2 * first.scale.abs()
                {
                    (element.scale, element.shift) = (first.scale, first.shift);
                }
            }
        }
        let own = |group: &Vec<usize>| {
            let own: Vec<Element> = group.iter().map(|i| elements[*i]).collect();
            uniform(&own).is_some_and(|(scale, _)| scale != 0.0)
        };
        let wide = elements.iter().any(|e| self.b.tensor(e.tensor).wide);
        if groups.iter().all(own) && !wide {
            return Ok(elements);
        }
        let (a, scale, shift) = self.same_unit(&elements, path)?;
        if !self.b.tensor(a).wide && scale != 0.0 {
            return Ok(self.all(a, scale, shift));
        }
        let reach = self.b.reach(a) * scale.abs() + shift.abs();
        let term = RealTerm { coefficient: scale, a, b: None };
        self.summed_within(&[term], shift, reach * HEADROOM)
    }

    /// The greatest element of each group, or the least.
    fn extremes(
        &mut self,
        elements: &[Element],
        groups: &[Vec<usize>],
        sign: i32,
        path: &str,
    ) -> Result<Vec<Element>, InputError> {
        let tensors: std::collections::BTreeSet<Operand> = elements.iter().map(|e| e.tensor).collect();
        let ends: Vec<(i64, i64)> = tensors.iter().map(|of| self.b.ends(*of)).collect();
        let low = ends.iter().map(|(low, _)| *low).min().unwrap_or(0);
        let high = ends.iter().map(|(_, high)| *high).max().unwrap_or(0);
        let holds = |then: &Requantise| low >= then.range.low.into() && high <= then.range.high().into();
        let Some(then) = [self.b.unsigned(), self.b.signed()].into_iter().find(holds) else {
            // Of tensors of several ranges: twice the unit holds them all.
            let (a, scale, shift) = self.same_unit(elements, path)?;
            let (term, then) = (RealTerm { coefficient: scale, a, b: None }, self.b.signed());
            let unit = 2.0 * scale.abs();
            let a = self.b.combine(&[term], 0.0, unit, then)?;
            let made = self.all(a, unit, shift);
            return self.extremes(&made, groups, sign, path);
        };
        let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
        let mut made: Vec<Option<Element>> = vec![None; groups.len()];
        // Integers that fall where what they stand for rises: of those the least.
        for turned in [false, true] {
            let own = |group: &Vec<usize>| (elements[group[0]].scale < 0.0) == turned;
            let chosen: Vec<usize> = (0..groups.len()).filter(|g| own(&groups[*g])).collect();
            if chosen.is_empty() {
                continue;
            }
            let falls = if turned { -sign } else { sign };
            if falls == 1
                && let Some(best) = self.greatest_of_groups(elements, groups, &chosen, longest)?
            {
                for (g, place) in chosen.iter().zip(0..) {
                    made[*g] = Some(Element { tensor: best, place, ..elements[groups[*g][0]] });
                }
                continue;
            }
            let mut columns = Vec::with_capacity(longest);
            for at in 0..longest {
                // What comes twice changes nothing.
                let pick = |g: &usize| {
                    let group = &groups[*g];
                    elements[group.get(at).copied().unwrap_or(group[0])]
                };
                let column: Vec<Element> = chosen.iter().map(pick).collect();
                columns.push(self.node_of(&column)?);
            }
            let best = self.greatest_of(columns, falls, then)?;
            for (g, place) in chosen.iter().zip(0..) {
                made[*g] = Some(Element { tensor: best, place, ..elements[groups[*g][0]] });
            }
        }
        Ok(made.into_iter().flatten().collect())
    }

    /// The greatest integer of each of some groups, by a node for maxima, if their elements suit one.
    fn greatest_of_groups(
        &mut self,
        elements: &[Element],
        groups: &[Vec<usize>],
        chosen: &[usize],
        longest: usize,
    ) -> Result<Option<Operand>, InputError> {
        let own = |g: &usize| {
            let group = &groups[*g];
            // What comes twice changes nothing.
            (0..longest).map(|at| elements[group.get(at).copied().unwrap_or(group[0])]).collect::<Vec<_>>()
        };
        let flat: Vec<Element> = chosen.iter().flat_map(own).collect();
        let of = self.node_of(&flat)?;
        self.b.maximum(of, longest)
    }

    /// Element by element the greatest (`sign` 1) or the least (−1) of tensors of one length, in their own integers:
    /// r = max(x − m, 0), m + r, exactly, since both lie within `then`: for least ones, and for those of several ranges.
    fn greatest_of(
        &mut self,
        mut columns: Vec<Operand>,
        sign: i32,
        then: Requantise,
    ) -> Result<Operand, InputError> {
        let unsigned = self.b.unsigned();
        // Halves of twice a sum: the sum.
        let term = |coefficient: i32, a: Operand| Term { coefficient: 2 * coefficient, a, b: None };
        while columns.len() > 1 {
            let mut next = Vec::with_capacity(columns.len().div_ceil(AT_ONCE));
            for chunk in columns.chunks(AT_ONCE) {
                let [first, rest @ ..] = chunk else { continue };
                let mut best = vec![(1, *first)];
                for x in rest {
                    let less = best.iter().map(|(c, a)| term(-sign * c, *a));
                    let terms = std::iter::once(term(sign, *x)).chain(less).collect();
                    best.push((sign, self.b.exact(terms, 0, Some((2, unsigned)))?));
                }
                next.push(if rest.is_empty() {
                    *first
                } else {
                    let terms = best.iter().map(|(c, a)| term(*c, *a)).collect();
                    self.b.exact(terms, 0, Some((2, then)))?
                });
            }
            columns = next;
        }
        columns.first().copied().map_or_else(|| self.b.zeros(1), Ok)
    }

    /// The sum of each group over its divisor, in integers of one unit, whatever those of the groups.
    fn means(&mut self, elements: &[Element], groups: &Groups) -> Result<Vec<Element>, InputError> {
        let mut alike: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
        for (g, (group, divisor)) in groups.all.iter().zip(&groups.divisors).enumerate() {
            alike.entry((group.len(), divisor.to_bits())).or_default().push(g);
        }
        let mut sums: Vec<(Vec<Operand>, f64, Vec<usize>)> = Vec::new();
        let (mut greatest, mut signed) = (0.0_f64, false);
        for ((length, divisor), chosen) in alike {
            let mut parts = Vec::with_capacity(length);
            for at in 0..length {
                let column: Vec<Element> = chosen.iter().map(|g| elements[groups.all[*g][at]]).collect();
                parts.push(self.node_of(&column)?);
            }
            let divisor = f64::from_bits(divisor);
            for at in 0..chosen.len() * self.b.samples {
                let sum: i64 = parts.iter().map(|part| self.b.tensor(*part).values[at]).sum();
                #[expect(clippy::cast_precision_loss, reason = "a range")]
                let sum = sum as f64 / divisor;
                greatest = greatest.max(sum.abs());
            }
            signed |= parts.iter().any(|part| self.b.ends(*part).0 < 0);
            sums.push((self.b.total(&parts)?, divisor, chosen));
        }
        let (then, bits) =
            if signed { (self.b.signed(), self.b.limb - 1) } else { (self.b.unsigned(), self.b.limb) };
        let power = 2f64.powi(self.b.limb as i32);
        let most = sums.iter().map(|(_, divisor, _)| *divisor).fold(1.0, f64::max);
        let wanted = (greatest.max(1.0) * HEADROOM) / 2f64.powi(bits as i32);
        // A unit in which the division by `most` is one of whole numbers.
        let unit = power / most / (power / most / wanted).floor().max(1.0);
        let mut made: Vec<Option<Element>> = vec![None; groups.all.len()];
        for (parts, divisor, chosen) in sums {
            let term = |a: &Operand| RealTerm { coefficient: 1.0 / divisor, a: *a, b: None };
            let terms: Vec<RealTerm> = parts.iter().map(term).collect();
            let tensor = self.b.combine(&terms, 0.0, unit, then)?;
            for (g, place) in chosen.iter().zip(0..) {
                let group = &groups.all[*g];
                let first = elements[group[0]];
                #[expect(clippy::cast_precision_loss, reason = "a count")]
                let shift = first.shift * group.len() as f64 / divisor;
                made[*g] = Some(Element { tensor, place, scale: first.scale * unit, shift });
            }
        }
        Ok(made.into_iter().flatten().collect())
    }
}
