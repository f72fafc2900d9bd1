//! Distances between elements and their comparison with a threshold: what the edges of a graph of nodes are made of.
//!
//! A distance is less than t if its square is less than t², and squares of integers are integers: no root is taken, and nothing
//! is rounded but the elements themselves. With x and y in units of u the comparison is that of Σ(x − y)² with ⌈t²/u²⌉ or
//! ⌊t²/u²⌋, as the operator and ties have it. Of a pair and the same pair turned round the sums are the same: one bit stands for
//! both, and none for a distance from an element to itself, which is 0. Σ(x − y)² is Σx² + Σy² − 2·Σx·y, where the first two
//! are sums of one node.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use foldproof_circuits::graph::{MAX_TERMS, Operand, Requantise, Term};
use foldproof_circuits::model::Range;

use super::attention::moves;
use super::lowering::Lowering;
use super::value::{Body, Element};
use crate::input::InputError;
use crate::model::graph::op::{Compare, Nary, Op, Reduce, Unary};
use crate::model::graph::tensor::strides;
use crate::model::graph::{Node, Wrong};

/// Most values between a difference and its comparison.
const MAX_STEPS: usize = 16;
/// How near units of elements have to be that are subtracted as they are, in parts of a unit.
const NEAR: f64 = 1e-9;
/// Greatest square of a threshold, in squares of units.
const MAX_SQUARE: f64 = 1e15;

/// How far a distance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Differences,
    Squares,
    Distances,
}

/// Differences of elements, sums of their squares, or the roots of those.
#[derive(Clone, Debug)]
pub(super) struct Distances {
    pairs: Vec<Vec<[Element; 2]>>,
    form: Form,
}

/// The elements of one side, one for each dimension of the space.
pub(super) type Side = Vec<(Operand, u32)>;

/// Of each element of a reduction the elements that it is made of, in order.
pub(super) fn reductions(dims: &[usize], axes: &[usize]) -> Vec<Vec<usize>> {
    let steps = strides(dims);
    let walk = |taken: bool| {
        (0..dims.len()).filter(|axis| axes.contains(axis) == taken).fold(vec![0], |places, axis| {
            places
                .iter()
                .flat_map(|at| (0..dims[axis]).map(move |i| (at, i)))
                .map(|(at, i)| at + i * steps[axis])
                .collect()
        })
    };
    let (kept, gone): (Vec<usize>, Vec<usize>) = (walk(false), walk(true));
    kept.iter().map(|at| gone.iter().map(|offset| at + offset).collect()).collect()
}

impl Lowering<'_> {
    /// Whether a value is a difference that only becomes a distance that is compared.
    fn compared(&self, place: usize, steps: usize) -> bool {
        let mut takers = self.takers(place).peekable();
        if steps == 0 || takers.peek().is_none() || self.trace.outputs.contains(&place) {
            return false;
        }
        takers.all(|node| {
            let on = match &node.op {
                Op::Compare(Compare::And | Compare::Or) => return false,
                Op::Compare(_) => return true,
                Op::Unary(Unary::Sqrt | Unary::Abs) => true,
                Op::Reduce { kind: Reduce::Sum | Reduce::SumSquare | Reduce::L2, .. } => {
                    self.only(node).is_some()
                }
                Op::Nary(Nary::Mul) => node.inputs.iter().all(|input| *input == Some(place)),
                Op::Nary(Nary::Pow) => self.only(node).is_some_and(|(index, _)| index == 0),
                op => moves(op) && self.only(node).is_some_and(|(index, _)| index == 0),
            };
            on && node.outputs.iter().flatten().all(|place| self.compared(*place, steps - 1))
        })
    }

    fn is_difference(&self, node: &Node) -> bool {
        let output = node.outputs.first().copied().flatten();
        node.op == Op::Nary(Nary::Sub)
            && self.varies(node, 0)
            && self.varies(node, 1)
            && output.is_some_and(|place| self.compared(place, MAX_STEPS))
    }

    /// Which nodes differences are made by, and all before them: gone through first, so that the input is quantised for them.
    pub(super) fn before_distances(&self) -> Vec<bool> {
        let nodes = &self.trace.nodes;
        let mut wanted = BTreeSet::new();
        let mut before = vec![false; nodes.len()];
        for (node, before) in nodes.iter().zip(&mut before).rev() {
            if self.is_difference(node)
                || matches!(node.op, Op::PairDistances { .. })
                || node.outputs.iter().flatten().any(|place| wanted.contains(place))
            {
                *before = true;
                wanted.extend(node.inputs.iter().flatten().copied());
            }
        }
        before
    }

    fn distances_of(&self, place: Option<usize>) -> Option<Rc<Distances>> {
        match &self.values.get(&place?)?.body {
            Body::Distances(distances) => Some(Rc::clone(distances)),
            _ => None,
        }
    }

    /// Lowers a node of a distance; whether it was one.
    pub(super) fn distance(&mut self, node: &Node) -> Result<bool, InputError> {
        let set = |lowering: &mut Self, pairs, form| {
            lowering.set(node, Body::Distances(Rc::new(Distances { pairs, form })));
            Ok(true)
        };
        if self.is_difference(node) {
            let [Some(a), Some(b)] = node.inputs[..] else { return Ok(false) };
            // What is subtracted has one unit, fine enough for what it is.
            for place in [a, b] {
                if let Some(Body::Raw(raw)) = self.values.get(&place).map(|value| &value.body) {
                    self.level.extend(&raw.places);
                }
            }
            let to =
                node.outputs.first().copied().flatten().map(|place| self.dims(place)).unwrap_or_default();
            let (a, b) = (self.repeated(node, a, &to)?, self.repeated(node, b, &to)?);
            let pairs = a.into_iter().zip(b).map(|(a, b)| vec![[a, b]]).collect();
            return set(self, pairs, Form::Differences);
        }
        if let (Op::PairDistances { root }, Some((_, place))) = (&node.op, self.only(node)) {
            if let Some(Body::Raw(raw)) = self.values.get(&place).map(|value| &value.body) {
                self.level.extend(&raw.places);
            }
            let elements = self.elements(place, &node.path)?;
            let dims = self.dims(place);
            let [.., rows, width] = dims[..] else {
                return self.refuse(node, "distances between rows of something that is not a matrix");
            };
            let mut pairs = Vec::new();
            for matrix in elements.chunks((rows * width).max(1)) {
                for a in matrix.chunks(width.max(1)) {
                    let with = |b: &[Element]| a.iter().zip(b).map(|(a, b)| [*a, *b]).collect();
                    pairs.extend(matrix.chunks(width.max(1)).map(with));
                }
            }
            return set(self, pairs, if *root { Form::Distances } else { Form::Squares });
        }
        if let Op::Compare(compare) = &node.op {
            self.comparison(node, *compare)?;
            return Ok(true);
        }
        let place = node.inputs.first().copied().flatten();
        let (Some(place), Some(found)) = (place, self.distances_of(place)) else { return Ok(false) };
        let power = || self.trace.given(node, 1).and_then(|power| power.single().ok());
        let form = match (&node.op, found.form) {
            (Op::Nary(Nary::Mul), Form::Differences) => Form::Squares,
            (Op::Nary(Nary::Pow), Form::Differences) if power() == Some(2.0) => Form::Squares,
            // Torch's norm writes 1/(2 + 10⁻⁶).
            (Op::Nary(Nary::Pow), Form::Squares) if power().is_some_and(|x| (x - 0.5).abs() < 1e-6) => {
                Form::Distances
            }
            (Op::Unary(Unary::Sqrt), Form::Squares) | (Op::Unary(Unary::Abs), Form::Differences) => {
                Form::Distances
            }
            (Op::Reduce { kind, axes, noop, .. }, form) => {
                let form = match (kind, form) {
                    (Reduce::Sum, Form::Squares) | (Reduce::SumSquare, Form::Differences) => Form::Squares,
                    (Reduce::L2, Form::Differences) => Form::Distances,
                    _ => return self.refuse(node, "a sum of distances that is not a sum of their squares"),
                };
                let axes = self.reduced_axes(node, place, axes.as_deref(), *noop)?;
                let groups = reductions(&self.dims(place), &axes);
                let all = |group: &Vec<usize>| group.iter().flat_map(|at| found.pairs[*at].clone()).collect();
                let pairs = groups.iter().map(all).collect();
                return set(self, pairs, form);
            }
            (op, form) if moves(op) => {
                let places = self.places(node, &[(0, self.dims(place), 0)])?;
                for (output, (dims, places)) in node.outputs.iter().flatten().zip(places) {
                    let pairs = places.iter().map(|at| found.pairs[*at].clone()).collect();
                    let body = Body::Distances(Rc::new(Distances { pairs, form }));
                    self.values.insert(*output, super::value::Value { dims, body });
                }
                return Ok(true);
            }
            _ => return self.refuse(node, "a distance used other than in a square, sum, root or comparison"),
        };
        set(self, found.pairs.clone(), form)
    }

    /// A comparison of distances with a threshold: a bit for each unordered pair.
    fn comparison(&mut self, node: &Node, compare: Compare) -> Result<(), InputError> {
        let expected = "a comparison of distances with one constant: Less, LessOrEqual, Greater or GreaterOrEqual of sums of squares \
                        of differences, or of their roots";
        let advice = "end the graph before the comparison, and compare what is proved";
        let refuse = |found: String| Err(Wrong::with(expected, found, advice).at(&node.path));
        let Some((index, place)) = self.only(node) else {
            return refuse("two values that depend on the data".into());
        };
        let Some(found) = self.distances_of(Some(place)).filter(|found| found.form != Form::Differences)
        else {
            return refuse("a comparison of other values".into());
        };
        let Some(threshold) = self.trace.given(node, 1 - index.min(1)).and_then(|given| given.single().ok())
        else {
            return refuse("several thresholds".into());
        };
        if !threshold.is_finite() || threshold < 0.0 {
            let advice = "a distance is never below 0: correct the threshold";
            let expected = "a threshold that is finite and not negative";
            return Err(Wrong::with(expected, threshold.to_string(), advice).at(&node.path));
        }
        // Whether the bit says that a distance is up to the threshold, and whether a tie counts as that.
        let (within, tie) = match (compare, index) {
            (Compare::Less, 0) | (Compare::Greater, 1) => (true, false),
            (Compare::LessOrEqual, 0) | (Compare::GreaterOrEqual, 1) => (true, true),
            (Compare::Greater, 0) | (Compare::Less, 1) => (false, true),
            (Compare::GreaterOrEqual, 0) | (Compare::LessOrEqual, 1) => (false, false),
            _ => return refuse(format!("{compare:?}")),
        };
        let (unit, pairs) = self.sides(&found.pairs, &node.path)?;
        let square =
            if found.form == Form::Distances { threshold * threshold } else { threshold } / (unit * unit);
        if square > MAX_SQUARE {
            return refuse(format!("a threshold of {threshold}, which is beyond any distance"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        let most = if tie { square.floor() as i64 } else { square.ceil() as i64 - 1 };
        let bits = self.bits_of(&pairs, most, within, &node.path)?;
        self.set(node, Body::Known(bits));
        Ok(())
    }

    /// The two sides of each distance in one unit: without what is the same on both.
    fn sides(
        &mut self,
        pairs: &[Vec<[Element; 2]>],
        path: &str,
    ) -> Result<(f64, Vec<[Side; 2]>), InputError> {
        let differ = |pair: &&[Element; 2]| pair[0] != pair[1];
        let all = || pairs.iter().flatten().filter(differ);
        let unit = all().map(|pair| pair[0].scale).next().unwrap_or(1.0);
        let near = |x: f64| x.abs() <= NEAR * unit.abs();
        let alike = |pair: &[Element; 2]| {
            pair.iter().all(|e| near(e.scale - unit) && !self.b.tensor(e.tensor).wide)
                && near(pair[0].shift - pair[1].shift)
        };
        let key = |e: &Element| (e.tensor, e.place, e.scale.to_bits(), e.shift.to_bits());
        let mut moved = HashMap::new();
        let mut unit = unit;
        if !all().all(alike) {
            let mut known = BTreeMap::new();
            all().flatten().for_each(|e| {
                known.insert(key(e), *e);
            });
            let elements: Vec<Element> = known.values().copied().collect();
            let (made, scale) = self.side(&elements, path)?;
            unit = scale;
            moved = known.into_keys().zip(0..).map(|(key, place)| (key, (made, place))).collect();
        }
        let at = |e: &Element| moved.get(&key(e)).copied().unwrap_or((e.tensor, e.place));
        let sides = pairs.iter().map(|pairs| {
            let each: Vec<[(Operand, u32); 2]> =
                pairs.iter().filter(differ).map(|[a, b]| [at(a), at(b)]).collect();
            [0, 1].map(|side| each.iter().map(|pair| pair[side]).collect())
        });
        Ok((unit, sides.collect()))
    }

    /// Of each distance whether its square is at most `most`, or, if not `within`, more.
    fn bits_of(
        &mut self,
        pairs: &[[Side; 2]],
        most: i64,
        within: bool,
        path: &str,
    ) -> Result<Vec<Element>, InputError> {
        let zero = self.b.zeros(1)?;
        let constant = |shift| Element { tensor: zero, place: 0, scale: 0.0, shift };
        let mut keys: Vec<[Side; 2]> = Vec::with_capacity(pairs.len());
        for [a, b] in pairs {
            // Dimensions in any order, and sides too.
            let turned = |a: &Side, b: &Side| {
                let mut both: Vec<_> = a.iter().copied().zip(b.iter().copied()).collect();
                both.sort_unstable();
                both
            };
            let least = turned(a, b).min(turned(b, a));
            keys.push([least.iter().map(|pair| pair.0).collect(), least.iter().map(|pair| pair.1).collect()]);
        }
        let mut by_width: BTreeMap<usize, BTreeSet<&[Side; 2]>> = BTreeMap::new();
        keys.iter().for_each(|key| {
            by_width.entry(key[0].len()).or_default().insert(key);
        });
        let mut bits: HashMap<&[Side; 2], Element> = HashMap::new();
        for (width, unique) in by_width {
            if width == 0 {
                let said = (0 <= most) == within;
                unique.into_iter().for_each(|key| {
                    bits.insert(key, constant(f64::from(u8::from(said))));
                });
                continue;
            }
            if width + 2 > MAX_TERMS {
                let expected = format!("distances in at most {} dimensions", MAX_TERMS - 2);
                return Err(Wrong::new(expected, format!("{width}")).at(path));
            }
            if within {
                self.bits_by_products(&unique, most, &mut bits)?;
            }
            let unique: BTreeSet<&[Side; 2]> =
                unique.into_iter().filter(|key| !bits.contains_key(*key)).collect();
            if unique.is_empty() {
                continue;
            }
            let sides: BTreeSet<&Side> = unique.iter().flat_map(|key| key.iter()).collect();
            let place: HashMap<&Side, u32> = sides.iter().copied().zip(0..).collect();
            let mut squares = Vec::new();
            for dimension in 0..width {
                let of: Vec<_> = sides.iter().map(|side| side[dimension]).collect();
                let a = self.b.index(super::value::views(&of))?;
                squares.push(Term { coefficient: 1, a, b: Some(a) });
            }
            let norms = self.b.exact(squares, 0, None)?;
            // Σx² + Σy² − 2·Σx·y, at most 2^λ times a half where the quotient is to be 0.
            let sign = if within { 1 } else { -1 };
            let mut terms = Vec::new();
            for side in 0..2 {
                let of: Vec<_> = unique.iter().map(|key| (norms, place[&key[side]])).collect();
                terms.push(Term { coefficient: -sign, a: self.b.index(super::value::views(&of))?, b: None });
            }
            for dimension in 0..width {
                let mut of =
                    [0, 1].map(|side| unique.iter().map(|key| key[side][dimension]).collect::<Vec<_>>());
                let a = self.b.index(super::value::views(&std::mem::take(&mut of[0])))?;
                let b = self.b.index(super::value::views(&of[1]))?;
                terms.push(Term { coefficient: 2 * sign, a, b: Some(b) });
            }
            let divisor = 1_u16 << self.b.limb;
            let constant = if within { most } else { -most - 1 } + i64::from(divisor / 2);
            let then = Requantise { range: Range { low: 0, bits: 1 }, table: None };
            let made = self.b.exact(terms, constant, Some((divisor, then)))?;
            self.bits.insert(made);
            let of = |place| Element { tensor: made, place, scale: 1.0, shift: 0.0 };
            unique.into_iter().zip(0..).for_each(|(key, place)| {
                bits.insert(key, of(place));
            });
        }
        Ok(keys.iter().map(|key| bits.get(key).copied().unwrap_or(constant(0.0))).collect())
    }
}
