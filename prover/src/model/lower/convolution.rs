//! Convolutions: a linear block that all positions share, over views of what lies under the window at each.
//!
//! Sums of a block stand position by position, [position][channel], where ONNX has [channel][position]. Nothing is moved for
//! that: what a value's elements are is known by tensor and place, and views read them in the order that is wanted. What stands
//! around is zeros of a constant, which have no cells. Around a padded input there is one index, and one more has the windows:
//! so its views are few, since all windows then look alike.

use std::rc::Rc;

use foldproof_circuits::graph::{Base, MAX_ELEMENTS, MAX_WIDTH, Operand, Requantise, Term};
use foldproof_circuits::model::Range;

use super::build::{RealTerm, limits};
use super::input::count;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Padded, Raw, Sums, Value, uniform};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::kernel::{Inputs, window};
use crate::model::graph::tensor::Tensor;
use crate::model::graph::window::{Padding, Window, Windows};

/// Part of a unit that what stands for 0 may be off by at a border.
const OFF: f64 = 1.0 / 64.0;
/// What a convolution is of.
struct Layer {
    windows: Windows,
    batch: usize,
    channels: usize,
    /// Elements of a channel.
    plane: usize,
    outputs: usize,
    /// A row for each output, window element by window element and of each channel by channel.
    rows: Vec<Vec<f64>>,
}

/// The input of a layer: elements, of each channel scale and shift, of each place of a channel whether it is outside, and whether
/// zeros of a constant stand for something else than 0.
struct Planes {
    elements: Vec<Element>,
    units: Vec<(f64, f64)>,
    outside: Vec<bool>,
    off: bool,
}

impl Lowering<'_> {
    /// A value that only has zeros, or another number, around.
    pub(super) fn padded(
        &mut self,
        node: &Node,
        attribute: Option<&[i64]>,
        value: f64,
    ) -> Result<(), InputError> {
        let Some((0, place)) = self.only(node) else {
            return self.refuse(node, "a Pad by numbers that depend on the data");
        };
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let given: Vec<Option<&Tensor>> = (0..node.inputs.len()).map(|i| self.trace.given(node, i)).collect();
        let found = window::pads(attribute, &Inputs(&given), self.dims(place).len()).and_then(|around| {
            let value = given.get(2).copied().flatten().map_or(Ok(value), Tensor::single)?;
            Ok(Padded { place, around, value })
        });
        let padded = found.map_err(|wrong| wrong.at(&node.path))?;
        let dims = self.dims(output);
        self.values.insert(output, Value { dims, body: Body::Padded(Rc::new(padded)) });
        Ok(())
    }

    /// The elements of such a value.
    pub(super) fn surrounded(&mut self, padded: &Padded, path: &str) -> Result<Vec<Element>, InputError> {
        if !padded.value.is_finite() {
            let advice = "pad with 0, or only what a MaxPool follows";
            return Err(InputError::new(path, "a finite number around", padded.value.to_string(), advice));
        }
        let inner = self.elements(padded.place, path)?;
        let tensor = self.b.zeros(1)?;
        let outside = Element { tensor, place: 0, scale: 0.0, shift: padded.value };
        let places = padded.places(&self.dims(padded.place));
        Ok(places.into_iter().map(|place| place.map_or(outside, |place| inner[place])).collect())
    }

    /// The input's quantisers for a value [batch, channels, length, …] of it: elements of one channel get one unit.
    pub(super) fn quantise_planes(&mut self, place: usize) -> Result<(), InputError> {
        let Some(Body::Raw(raw)) = self.values.get(&place).map(|value| value.body.clone()) else {
            return Ok(());
        };
        let dims = self.dims(place);
        let channels = dims.get(1).copied().unwrap_or(1).max(1);
        if self.input.is_some() {
            return Ok(());
        }
        let plane = dims.iter().skip(2).product::<usize>().max(1);
        let last = self.dims.last().copied().unwrap_or(1).max(1);
        let mut known = vec![None; channels];
        let own = raw.places.iter().enumerate().all(|(index, place)| {
            let quantiser = place % last;
            known
                .get_mut(index / plane % channels)
                .is_some_and(|of| *of.get_or_insert(quantiser) == quantiser)
        });
        if own || raw.is_clipped() || count(&raw, &self.dims) == last {
            return self.quantise_input(&raw, own);
        }
        // Quantisers of the input as it is, one for all; what normalises it becomes part of the layer.
        let plain = Raw { scale: vec![1.0; raw.scale.len()], shift: vec![0.0; raw.shift.len()], ..raw };
        let notes = self.notes.len();
        self.quantise_input(&plain, false)?;
        self.notes.truncate(notes);
        self.notes.push(
            "the input's normalisation differs between planes: it becomes part of the first layer".into(),
        );
        Ok(())
    }

    pub(super) fn convolution(
        &mut self,
        node: &Node,
        window: &Window,
        groups: i64,
    ) -> Result<(), InputError> {
        let Some((0, place)) = self.only(node) else {
            return self.refuse(node, "a convolution by weights that depend on the data");
        };
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let (place, window) = self.unpadded(place, window);
        let layer = self.layer_of(node, place, &window, groups)?;
        let bias = self.trace.given(node, 2).map(|bias| bias.reals().map(|reals| reals.into_owned()));
        let bias = bias.transpose().map_err(|wrong| wrong.at(&node.path))?;
        let bias = bias.unwrap_or_else(|| vec![0.0; layer.outputs]);
        self.quantise_planes(place)?;
        let elements = self.elements(place, &node.path)?;
        let (operands, weights) = self.windowed(&layer, &elements, &node.path)?;
        let (count, outputs) = (layer.windows.count(), layer.outputs);
        let of = |index: usize| {
            let (position, o) = (index / outputs, index % outputs);
            (position / count * outputs + o) * count + position % count
        };
        let order: Vec<usize> = (0..layer.batch * count * outputs).map(of).collect();
        let in_order = order.iter().copied().eq(0..order.len());
        let sums = Sums {
            operands,
            weights,
            bias,
            offsets: Vec::new(),
            positions: layer.batch * count,
            place: output,
            order: (!in_order).then_some(order),
            path: node.path.clone(),
            scaled: false,
            roots: None,
        };
        self.set(node, Body::Sums(Rc::new(sums)));
        Ok(())
    }

    /// A window on the value inside a Pad, where zeros around spatial axes are all there is of it.
    fn unpadded(&self, place: usize, window: &Window) -> (usize, Window) {
        let same = (place, window.clone());
        let Some(Body::Padded(padded)) = self.values.get(&place).map(|value| &value.body) else {
            return same;
        };
        let Padding::Explicit(own) = &window.padding else { return same };
        let outer = padded.around.iter().take(2).any(|around| *around != (0, 0));
        if padded.value != 0.0 || outer || padded.around.len() < 3 {
            return same;
        }
        let rank = padded.around.len() - 2;
        let mut pads = if own.is_empty() { vec![0; 2 * rank] } else { own.clone() };
        for (axis, (before, after)) in padded.around.iter().skip(2).enumerate() {
            for (place, more) in [(axis, before), (rank + axis, after)] {
                pads[place] = pads[place].saturating_add(i64::try_from(*more).unwrap_or(i64::MAX));
            }
        }
        (padded.place, Window { padding: Padding::Explicit(pads), ..window.clone() })
    }

    fn layer_of(&self, node: &Node, place: usize, window: &Window, groups: i64) -> Result<Layer, InputError> {
        let Some(weights) = self.trace.given(node, 1) else {
            return self.refuse(node, "a convolution by weights that depend on the data");
        };
        let dims = self.dims(place);
        let found = window::convolved(window, groups, &dims, weights.dims());
        let (windows, groups) = found.map_err(|wrong| wrong.at(&node.path))?;
        let (batch, channels, axes) = window::split(&dims).map_err(|wrong| wrong.at(&node.path))?;
        let (outputs, width) = (weights.dims()[0], channels.saturating_mul(windows.size));
        let most = MAX_WIDTH as usize;
        if width > most || outputs > most {
            let expected = format!("at most {most} numbers under a window, and as many channels out");
            return Err(limits(&node.path, expected, format!("{width} and {outputs}")));
        }
        let padded = windows.inside.len().saturating_mul(channels).saturating_mul(batch);
        let read = windows.count().saturating_mul(width).saturating_mul(batch);
        if read.max(padded) > MAX_ELEMENTS {
            let expected = format!("at most {MAX_ELEMENTS} numbers under all windows together");
            return Err(limits(&node.path, expected, read.max(padded).to_string()));
        }
        let given = weights.reals().map_err(|wrong| wrong.at(&node.path))?;
        if given.iter().any(|w| !w.is_finite()) {
            return self.refuse(node, "a weight that is not finite");
        }
        // Channels of other groups have weights of 0: a row costs the same with them as without.
        let each = channels / groups;
        let row = |o: usize| {
            let mut row = vec![0.0; width];
            let first = o / (outputs / groups) * each;
            for c in 0..each {
                for k in 0..windows.size {
                    row[k * channels + first + c] = given[(o * each + c) * windows.size + k];
                }
            }
            row
        };
        let rows = (0..outputs).map(row).collect();
        Ok(Layer { batch, channels, plane: axes.iter().product(), outputs, rows, windows })
    }

    /// What lies under the windows, position by position: the input, and where it does not stand for 0 by itself, what is outside.
    #[expect(clippy::type_complexity, reason = "operands and their weights, as `Sums` has them")]
    fn windowed(
        &mut self,
        layer: &Layer,
        elements: &[Element],
        path: &str,
    ) -> Result<(Vec<(Vec<Element>, usize)>, Vec<Vec<Vec<f64>>>), InputError> {
        let Layer { windows, channels, plane, batch, .. } = layer;
        let (channels, plane, batch) = (*channels, *plane, *batch);
        let Planes { elements, units, outside, off } = self.planes(layer, elements, path)?;
        let zeros = self.b.zeros(1)?;
        let around = windows.inside.iter().any(Option::is_none);
        let outside = |n: usize, place: usize| windows.inside[place].is_none_or(|at| outside[n * plane + at]);
        // [place][channel], with what stands around.
        let whole = windows.inside.len();
        let mut all = Vec::with_capacity(batch * whole * channels);
        for n in 0..batch {
            for at in &windows.inside {
                all.extend((0..channels).map(|c| {
                    let (scale, shift) = units[c];
                    let pad = Element { tensor: zeros, place: 0, scale, shift };
                    let own = at.map_or(pad, |at| elements[(n * channels + c) * plane + at]);
                    Element { scale, shift, ..own }
                }));
            }
        }
        if around {
            let node = self.node_of(&all)?;
            for (place, element) in (0..).zip(&mut all) {
                (element.tensor, element.place) = (node, place);
            }
        }
        let mut under = Vec::with_capacity(batch * windows.places.len() * channels);
        for n in 0..batch {
            for place in &windows.places {
                let first = (n * whole + place) * channels;
                under.extend_from_slice(&all[first..first + channels]);
            }
        }
        let mut operands = vec![(under, channels * windows.size)];
        let mut weights = vec![layer.rows.clone()];
        let pads = (0..batch).any(|n| windows.places.iter().any(|place| outside(n, *place)));
        if pads && off {
            // An input that is 1 outside takes back what zeros of the channels stand for there.
            let limb = self.b.limb;
            let scale = 2f64.powi(2 - limb as i32);
            let one = self.cell(1 << (limb - 2), 0)?;
            let mut marks = Vec::with_capacity(batch * windows.places.len());
            for n in 0..batch {
                marks.extend(windows.places.iter().map(|place| {
                    let tensor = if outside(n, *place) { one } else { zeros };
                    Element { tensor, place: 0, scale, shift: 0.0 }
                }));
            }
            let back = |row: &Vec<f64>| -> Vec<f64> {
                let of =
                    |part: &[f64]| -part.iter().zip(&units).map(|(w, (_, shift))| w * shift).sum::<f64>();
                row.chunks(channels).map(of).collect()
            };
            operands.push((marks, windows.size));
            weights.push(layer.rows.iter().map(back).collect());
        }
        Ok((operands, weights))
    }

    /// Elements [batch][channel][place] with one unit for each channel, activations whose cells have one base.
    fn planes(&mut self, layer: &Layer, elements: &[Element], path: &str) -> Result<Planes, InputError> {
        let zeros = self.b.zeros(1)?;
        let (channels, plane) = (layer.channels, layer.plane);
        let at = |n: usize, c: usize, place: usize| (n * channels + c) * plane + place;
        // Zeros that stand around are of any unit, unless they stand beside what is none.
        for around in [true, false] {
            let is_pad = |e: &Element| around && e.tensor == zeros && e.shift == 0.0;
            let own = |e: &&Element| !is_pad(e);
            let of_channel = |c: usize| -> Vec<Element> {
                let all = (0..layer.batch).flat_map(|n| &elements[at(n, c, 0)..at(n, c, plane)]);
                all.filter(own).copied().collect()
            };
            let unit = |own: Vec<Element>| if own.is_empty() { Some((1.0, 0.0)) } else { uniform(&own) };
            let units: Option<Vec<(f64, f64)>> = (0..channels).map(|c| unit(of_channel(c))).collect();
            let inner: Vec<Element> = elements.iter().filter(own).copied().collect();
            let wide = inner.iter().any(|e| self.b.tensor(e.tensor).wide);
            let made = match units.filter(|_| !wide && self.base_of(&inner) != Base::Mixed) {
                Some(units) => (elements.to_vec(), units),
                None => {
                    let (node, unit, shift) = self.one_base(&inner, path)?;
                    let mut made = self.all(node, unit, shift).into_iter();
                    let next = |e: &Element| if is_pad(e) { *e } else { made.next().unwrap_or(*e) };
                    (elements.iter().map(next).collect(), vec![(unit, shift); channels])
                }
            };
            let off = |(scale, shift): &(f64, f64)| shift.abs() > OFF * scale.abs();
            let off: Vec<usize> = (0..channels).filter(|c| off(&made.1[*c])).collect();
            let mut outside = Vec::with_capacity(layer.batch * plane);
            let mut alike = true;
            for (n, place) in (0..layer.batch).flat_map(|n| (0..plane).map(move |place| (n, place))) {
                let mut pads = off.iter().map(|c| is_pad(&elements[at(n, *c, place)]));
                let first = pads.next().unwrap_or(false);
                alike &= pads.all(|pad| pad == first);
                outside.push(first);
            }
            if alike {
                return Ok(Planes { elements: made.0, units: made.1, outside, off: !off.is_empty() });
            }
        }
        self.refuse_at(path, "channels of which one has numbers where another has none")
    }

    /// Elements as one activation of one unit, whose cells have one base.
    fn one_base(&mut self, elements: &[Element], path: &str) -> Result<(Operand, f64, f64), InputError> {
        let (node, scale, shift) = self.same_unit(elements, path)?;
        if self.b.tensor(node).base != Base::Mixed && !self.b.tensor(node).wide {
            return Ok((node, scale, shift));
        }
        let term = RealTerm { coefficient: scale, a: node, b: None };
        let made = self.summed_within(&[term], 0.0, scale.abs() * self.b.reach(node) * HEADROOM)?;
        Ok(made.first().map_or((node, scale, shift), |e| (e.tensor, e.scale, shift)))
    }

    /// The base of elements of any tensors.
    pub(super) fn base_of(&self, elements: &[Element]) -> Base {
        let bases = elements.chunk_by(|a, b| a.tensor == b.tensor).filter_map(|run| run.first());
        bases.map(|e| self.b.tensor(e.tensor).base).fold(Base::Zeros, Base::and)
    }

    /// An integer as an activation from `low` on.
    pub(super) fn cell(&mut self, value: i64, low: i32) -> Result<Operand, InputError> {
        let a = self.b.constants(&[value])?;
        let then = Requantise { range: Range { low, bits: self.b.limb }, table: None };
        self.b.exact(vec![Term { coefficient: 2, a, b: None }], 0, Some((2, then)))
    }
}
