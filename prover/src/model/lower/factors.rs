//! Products of bits, powers of degrees and other values, and the layers that take them.
//!
//! A product waits until something takes it, as the list of its factors. So an entry of D^(−1/2)·A·D^(−1/2) has the same factors
//! as the one across the diagonal, and is computed once for both. Roots of degrees are entries of a table over the integer
//! degrees. Factors of a bit are exact; all others but one are rounded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldproof_circuits::graph::{Channel, Function, LinearBlock, Operand, Requantise, Table, Term};

use foldproof_circuits::model::Range;

use super::build::RealTerm;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Scores, uniform, unit_of, views};
use crate::input::InputError;
use crate::model::graph::tensor::strides;
use crate::model::graph::{Node, Wrong};

/// Fewest bits of a table.
const MIN_TABLE: u32 = 4;
/// Bits that a range may have, but those of a limb.
pub(super) const RANGES: [u32; 8] = [1, 2, 4, 5, 6, 8, 10, 12];
/// Greatest power of a degree, in halves.
const MAX_HALVES: f64 = 8.0;

/// A tensor's element to a power of so many halves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor {
    pub element: Element,
    pub halves: i32,
}

/// A constant times factors.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub scale: f64,
    pub factors: Vec<Factor>,
}

/// Products that wait to be rounded.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    pub products: Vec<Product>,
    /// The place of the same numbers in the float graph.
    pub place: usize,
}

/// What tells factors apart, in the order in which they are multiplied.
type Key = (u8, Operand, u32);

/// Elements of `from` at each place of `to`, to which they are repeated.
pub(super) fn spread<T: Clone>(all: &[T], from: &[usize], to: &[usize]) -> Option<Vec<T>> {
    let missing = to.len().checked_sub(from.len())?;
    let (own, wide) = (strides(from), strides(to));
    let pick = |index: usize| {
        let of = |(axis, size): (usize, &usize)| {
            let at = index / wide[axis + missing] % to[axis + missing];
            if *size == 1 { 0 } else { at * own[axis] }
        };
        from.iter().enumerate().map(of).sum::<usize>()
    };
    (0..to.iter().product()).map(|index| all.get(pick(index)).cloned()).collect()
}

impl Lowering<'_> {
    /// A value as products, repeated to these dimensions.
    pub(super) fn products(
        &mut self,
        node: &Node,
        place: usize,
        to: &[usize],
    ) -> Result<Vec<Product>, InputError> {
        let from = self.dims(place);
        let misfit = || Wrong::new("dimensions that go together", "others").at(&node.path);
        if let Some(given) = self.trace.constant(place) {
            let reals = given.broadcast(to).and_then(|given| Ok(given.reals()?.into_owned()));
            let reals = reals.map_err(|wrong| wrong.at(&node.path))?;
            return Ok(reals.into_iter().map(|scale| Product { scale, factors: Vec::new() }).collect());
        }
        if let Some(Body::Factors(factors)) = self.values.get(&place).map(|value| &value.body) {
            return spread(&factors.products, &from, to).ok_or_else(misfit);
        }
        let mut elements = self.elements(place, &node.path)?;
        if elements.iter().any(|e| e.scale != 0.0 && e.shift != 0.0) {
            let (made, unit) = self.side(&elements, &node.path)?;
            elements = self.all(made, unit, 0.0);
        }
        let of = |e: &Element| {
            if e.scale == 0.0 {
                return Product { scale: e.shift, factors: Vec::new() };
            }
            let element = Element { scale: 1.0, ..*e };
            let counted = self.bits.contains(&e.tensor) || self.counts.contains_key(&e.tensor);
            let (scale, element) = if counted { (e.scale, element) } else { (1.0, *e) };
            Product { scale, factors: vec![Factor { element, halves: 2 }] }
        };
        spread(&elements.iter().map(of).collect::<Vec<_>>(), &from, to).ok_or_else(misfit)
    }

    /// Products of degrees to a power.
    pub(super) fn raised(
        &self,
        node: &Node,
        products: Vec<Product>,
        exponent: f64,
    ) -> Result<Vec<Product>, InputError> {
        let raise = |product: Product| {
            let scale = product.scale.powf(exponent);
            let factors = product.factors.into_iter().map(|factor| {
                let halves = f64::from(factor.halves) * exponent;
                let ends = self.counts.get(&factor.element.tensor);
                let found = match ends {
                    None => "a power of a value that is no degree",
                    Some((least, _)) if exponent < 0.0 && *least < 1 => {
                        "a power of the degree of a node that may have no neighbour: give each node a loop of its own"
                    }
                    _ if halves.fract() != 0.0 || halves.abs() > MAX_HALVES => "a power of a degree that is not a multiple of 1/2",
                    #[expect(clippy::cast_possible_truncation, reason = "checked")]
                    _ => return Ok(Factor { halves: halves as i32, ..factor }),
                };
                self.refuse(node, found)
            });
            let factors = factors.collect::<Result<_, _>>()?;
            if !scale.is_finite() {
                return self.refuse(node, "a power of 0");
            }
            Ok(Product { scale, factors })
        };
        products.into_iter().map(raise).collect()
    }

    /// Powers of degrees that may be 0, of which the power is 0 with `zero`, as the table has it, and 1 else.
    pub(super) fn guarded(
        &mut self,
        node: &Node,
        place: usize,
        halves: i32,
        zero: bool,
    ) -> Result<Vec<Product>, InputError> {
        let elements = self.elements(place, &node.path)?;
        let mut products = Vec::with_capacity(elements.len());
        for e in elements {
            if e.scale == 0.0 {
                let power = e.shift.powf(f64::from(halves) / 2.0);
                let scale = if e.shift == 0.0 { f64::from(u8::from(!zero)) } else { power };
                products.push(Product { scale, factors: Vec::new() });
                continue;
            }
            let Some((least, most)) = self.counts.get(&e.tensor).copied().filter(|(least, _)| *least >= 0)
            else {
                return self.refuse(node, "a power of a value that is no degree");
            };
            let mut element = e;
            if least < 1 && !zero {
                // What is 0 becomes 1.
                let bits = RANGES.into_iter().find(|bits| most <= 1 << bits);
                let then =
                    Requantise { range: Range { low: 1, bits: bits.unwrap_or(self.b.limb) }, table: None };
                let term = Term { coefficient: 2, a: e.tensor, b: None };
                element.tensor = self.b.exact(vec![term], 0, Some((2, then)))?;
                self.counts.insert(element.tensor, (1, most.max(1)));
            }
            products.push(Product { scale: 1.0, factors: vec![Factor { element, halves }] });
        }
        Ok(products)
    }

    /// 1/√ of each count of a tensor, and its unit.
    fn roots(&mut self, count: Operand, path: &str) -> Result<(Operand, f64), InputError> {
        let (_, most) = self.counts.get(&count).copied().unwrap_or((1, 1));
        let output = u8::try_from(self.b.limb).unwrap_or(12);
        let bits = (u64::BITS - most.unsigned_abs().leading_zeros()).max(MIN_TABLE);
        if bits > self.b.limb {
            let expected = format!("at most {} neighbours", (1_u64 << self.b.limb) - 1);
            return Err(Wrong::new(expected, most.to_string()).at(path));
        }
        let table = Table { function: Function::InverseRoot, bits, input: 0, output };
        let then = Requantise { range: table.range(), table: Some(table) };
        let made = self.b.exact(vec![Term { coefficient: 2, a: count, b: None }], 0, Some((2, then)))?;
        Ok((made, 2f64.powi(-i32::from(output))))
    }

    /// Rounds products, once each.
    pub(super) fn finish_factors(
        &mut self,
        waiting: &Factors,
        path: &str,
    ) -> Result<Vec<Element>, InputError> {
        let zero = self.b.zeros(1)?;
        let mut units: HashMap<Operand, f64> = HashMap::new();
        let mut keys: Vec<(Vec<Key>, f64)> = Vec::with_capacity(waiting.products.len());
        for product in &waiting.products {
            let mut powers: BTreeMap<Key, i32> = BTreeMap::new();
            for Factor { element, halves } in &product.factors {
                let kind = if self.bits.contains(&element.tensor) { 0 } else { 2 };
                *powers.entry((kind, element.tensor, element.place)).or_default() += halves;
                let unit = *units.entry(element.tensor).or_insert(element.scale);
                if (unit - element.scale).abs() > 1e-6 * unit.abs() {
                    return Err(Wrong::new("factors of one unit", "several").at(path));
                }
            }
            let mut key = Vec::new();
            for ((kind, tensor, place), halves) in powers {
                // A bit is its own square.
                let (tensor, kind, times) = match (kind, halves) {
                    (_, 0) => continue,
                    (0, 1..) => (tensor, 0, 1),
                    (_, 1..) if halves % 2 == 0 => (tensor, kind, halves / 2),
                    (_, ..0) => {
                        let (root, unit) = self.roots(tensor, path)?;
                        units.insert(root, unit);
                        (root, 1, -halves)
                    }
                    _ => {
                        return Err(Wrong::with(
                            "powers of degrees of −1/2, −1, 1 and so on",
                            "a root of a degree",
                            super::ADVICE,
                        )
                        .at(path));
                    }
                };
                key.extend((0..times).map(|_| (kind, tensor, place)));
            }
            key.sort_unstable();
            keys.push((key, product.scale));
        }
        // Products of the same tensors go through the same nodes.
        let mut alike: BTreeMap<Vec<(u8, Operand)>, BTreeSet<&Vec<Key>>> = BTreeMap::new();
        for (key, _) in &keys {
            alike
                .entry(key.iter().map(|(kind, tensor, _)| (*kind, *tensor)).collect())
                .or_default()
                .insert(key);
        }
        let counted = |kinds: &[(u8, Operand)]| kinds.iter().all(|(kind, _)| *kind < 2);
        let roots = alike.keys().all(|kinds| counted(kinds));
        let greatest = self.greatest(waiting.place, 0.0);
        // Roots of degrees and bits are at most 1, which is clamped by one unit.
        let (unit, then) = if roots {
            (2f64.powi(-(self.b.limb as i32)), self.b.unsigned())
        } else {
            (unit_of(greatest * HEADROOM, self.b.limb - 1), self.b.signed())
        };
        let mut made: HashMap<&Vec<Key>, Element> = HashMap::new();
        for (kinds, unique) in &alike {
            if kinds.is_empty() {
                continue;
            }
            let (node, scale) = self.multiplied_out(kinds, unique, &units, (unit, then))?;
            let of = |place| Element { tensor: node, place, scale, shift: 0.0 };
            unique.iter().zip(0..).for_each(|(key, place)| {
                made.insert(key, of(place));
            });
        }
        let of = |(key, scale): &(Vec<Key>, f64)| match made.get(key) {
            Some(element) if *scale != 0.0 => element.then(*scale, 0.0),
            // Zeros have any unit.
            _ if *scale == 0.0 => Element { tensor: zero, place: 0, scale: unit, shift: 0.0 },
            _ => Element { tensor: zero, place: 0, scale: 0.0, shift: *scale },
        };
        Ok(keys.iter().map(of).collect())
    }

    /// The products of these factors, which are of these tensors, and their unit.
    fn multiplied_out(
        &mut self,
        kinds: &[(u8, Operand)],
        unique: &BTreeSet<&Vec<Key>>,
        units: &HashMap<Operand, f64>,
        (unit, then): (f64, Requantise),
    ) -> Result<(Operand, f64), InputError> {
        let mut columns = Vec::new();
        for (index, (kind, tensor)) in kinds.iter().enumerate() {
            let of: Vec<_> = unique.iter().map(|key| (key[index].1, key[index].2)).collect();
            columns.push((*kind, self.b.index(views(&of))?, units.get(tensor).copied().unwrap_or(1.0)));
        }
        if let Some(made) = self.multiplied_if(&columns, (unit, then))? {
            return Ok((made, unit));
        }
        let mut columns = columns.into_iter();
        let Some((mut kind, mut node, mut scale)) = columns.next() else { return Ok((0, unit)) };
        let mut rest = columns.peekable();
        while let Some((next, other, own)) = rest.next() {
            let exact = kind == 0 && (next == 0 || rest.peek().is_some());
            if exact {
                node = self.b.exact(vec![Term { coefficient: 1, a: node, b: Some(other) }], 0, None)?;
                scale *= own;
                kind = next;
                continue;
            }
            let term = RealTerm { coefficient: scale * own, a: node, b: Some(other) };
            node = self.b.combine(&[term], 0.0, unit, then)?;
            (scale, kind) = (unit, 2);
        }
        Ok((node, scale))
    }

    /// A bit times two factors that are not negative, in one node: without the bit, the greatest product is taken off, and what is left is
    /// clamped to 0. Nothing where the factors are others.
    fn multiplied_if(
        &mut self,
        columns: &[(u8, Operand, f64)],
        (unit, then): (f64, Requantise),
    ) -> Result<Option<Operand>, InputError> {
        let &[(0, bit, 1.0), (1, a, of_a), (1, b, of_b)] = columns else { return Ok(None) };
        let ends = [a, b].map(|of| self.b.ends(of));
        if then.range.low != 0 || then.table.is_some() || ends.iter().any(|(low, _)| *low < 0) {
            return Ok(None);
        }
        #[expect(clippy::cast_precision_loss, reason = "λ bits")]
        let greatest = of_a * of_b * ends[0].1 as f64 * ends[1].1 as f64;
        let terms = [
            RealTerm { coefficient: of_a * of_b, a, b: Some(b) },
            RealTerm { coefficient: greatest, a: bit, b: None },
        ];
        self.b.combine(&terms, -greatest, unit, then).map(Some)
    }

    /// A product of an adjacency and features with a bias for each feature, from 0 up, in one node: the bias is one more neighbour, of
    /// which every node has as much. Nothing where the factors are others.
    pub(super) fn activated(
        &mut self,
        scores: &Scores,
        high: f64,
    ) -> Result<Option<Vec<Element>>, InputError> {
        let [[a, b]] = &scores.groups[..] else { return Ok(None) };
        let inner = scores.inner;
        let outputs = b.len() / inner.max(1);
        let bias = scores.mask.get(..outputs).map_or_else(|| vec![0.0; outputs], <[f64]>::to_vec);
        let same = scores
            .mask
            .iter()
            .enumerate()
            .all(|(index, x)| (x - bias[index % outputs.max(1)]).abs() <= 1e-12 * x.abs());
        if scores.order.is_some()
            || !same
            || high.is_finite()
            || scores.scale <= 0.0
            || bias.iter().any(|x| x.abs() > 1e6)
        {
            return Ok(None);
        }
        let (Some((of_a, 0.0)), Some(_)) = (uniform(a), uniform(b)) else { return Ok(None) };
        if of_a <= 0.0 || a.iter().any(|e| self.b.ends(e.tensor).0 != 0) {
            return Ok(None);
        }
        let (side, mut of_b) = self.side(b, &scores.path)?;
        let half = 2f64.powi(self.b.limb as i32 - 1);
        let power = 2.0 * half;
        // One of all bits.
        let loops = power - 1.0;
        let mut b = self.all(side, of_b, 0.0);
        let of = |s: usize| self.floats(s, scores.place).iter().copied().fold(0.0, f64::max);
        let greatest = (0..self.samples.len()).map(of).fold(0.0, f64::max);
        let then = self.b.unsigned();
        let unit = unit_of(greatest * HEADROOM, self.b.limb);
        let found = of_a * of_b * scores.scale * power / unit;
        let multiplier = found.floor();
        if !(1.0..power).contains(&multiplier) {
            return Ok(None);
        }
        let mut a = a.clone();
        let mut inner = inner;
        if bias.iter().any(|x| *x != 0.0) {
            let per = of_a * of_b * scores.scale * loops;
            let rows: Vec<f64> = bias.iter().map(|x| (x / per).round()).collect();
            if rows.iter().any(|x| x.abs() >= half) {
                return Ok(None);
            }
            let zeros = self.b.zeros(1)?;
            #[expect(clippy::cast_possible_truncation, reason = "λ bits")]
            let one = self.b.exact(
                vec![Term { coefficient: 1, a: zeros, b: None }],
                2 * loops as i64,
                Some((2, then)),
            )?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "λ bits")]
            let channel = |x: &f64| Channel { bias: 2 * *x as i32, multiplier: half as u16 };
            let channels: Vec<Channel> = rows.iter().map(channel).collect();
            let weights = vec![vec![vec![0]; channels.len()]];
            let block = self.b.linear_block(&[1], &[0], LinearBlock { channels, weights })?;
            let signed = self.b.signed();
            let row = self.b.linear(block, vec![zeros], signed)?;
            let row = self.all(row, of_b, 0.0);
            let neighbour = Element { tensor: one, place: 0, scale: of_a, shift: 0.0 };
            a = a.chunks(inner).flat_map(|row| row.iter().copied().chain([neighbour])).collect();
            b = b.chunks(inner).zip(row).flat_map(|(own, bias)| own.iter().copied().chain([bias])).collect();
            inner += 1;
        }
        let (a, b) = (self.node_of(&a)?, self.node_of(&b)?);
        of_b *= of_a * scores.scale * power / multiplier;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "λ bits")]
        let node = self.b.product([a, b], inner, multiplier as u16, then)?;
        Ok(Some(self.all(node, of_b, 0.0)))
    }
}
