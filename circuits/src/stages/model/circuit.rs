//! Models in the circuit: the same integers in the same order as in `native.rs`, in rows below a block's or from the top.
//!
//! | rows | limbs | value, flag, sum |
//! |---|---|---|
//! | one per committed value | the value in four | the value |
//! | three per input | – and excess; remainder and activation; mean and multiplier | –; activation, under, excess; value, over |
//! | two per neuron | activation, remainder, excess; bias and multiplier | activation, under, accumulator; head's part, over, head so far |
//! | one after the last neurons | – | what the head made, for the public input |
//! | per input and limb, one for eight neurons | weights | the activation, in the last of them |
//! | for a class head one, and one per class | index and greatest logit; distance | index; logit, met, greatest key |
//!
//! The gates are in [`chips::dense`](crate::chips::dense).

use halo2curves::bn256::Fr;

use super::assign::{Parameters, Rescaling, activation_limbs, fix_range};
use super::native::{initial, parameter_elements, prefix};
use crate::assignment::{Assignment, Cell, Free};
use crate::chips::dense::{CLASS_RADIX, MODEL_LIMB_BITS};
use crate::chips::sponge::Message;
use crate::columns::{Gate, at, fixed_at};
use crate::fixed::power_of_two;
use crate::model::parameters::{INPUT_MULTIPLIER_LIMBS, Place, groups};
use crate::model::{Head, INPUT_BITS, INPUT_SHIFT, Layer, Model, OUTPUT_BITS, SHIFT};
use crate::public::ModelInputs;
use crate::stages::values::assign::LimbRow;
use crate::stages::values::circuit::{ModelBand, integer};

impl ModelBand {
    /// What `model` says of values, whose cells have half their range on top.
    pub fn model(
        &mut self,
        assignment: &mut Assignment,
        model: &Model,
        values: &[Cell],
    ) -> ModelInputs<Cell> {
        let shape = model.shape();
        let elements = parameter_elements(model);
        let messages: Vec<Message> = prefix(model)
            .map(Message::Free)
            .into_iter()
            .chain(elements.into_iter().map(Message::Stream))
            .collect();
        let initial = initial(&shape, messages.len());
        let absorbed = self.sponge.chain(assignment, initial, &messages, Message::Zero);
        let mut parameters = Parameters::new(model);
        let start = self.next;
        let normalised = self.inputs(assignment, &mut parameters, values);
        self.stage("models: inputs", start);
        let start = self.next;
        let mut activations = normalised.clone();
        let mut output = None;
        for layer in 0..shape.layers().len() {
            let last = layer + 1 == shape.layers().len();
            let before = std::mem::take(&mut activations);
            let head = last.then_some(&normalised[..]);
            activations = self.neurons(assignment, &mut parameters, layer, &before, head);
            if last && matches!(shape.head(), Head::Tags | Head::Anomaly) {
                output = Some(self.output(assignment));
            }
            self.weights(assignment, &mut parameters, layer, &before);
        }
        self.stage("models: layers", start);
        let start = self.next;
        let outputs = match (shape.head(), output) {
            // The cells hold what is proved to lie in its range, with half of that on top.
            (Head::Values, _) => activations,
            (_, Some(output)) => vec![output],
            (_, None) => vec![self.class(assignment, &activations)],
        };
        if self.next > start {
            self.stage("models: class", start);
        }
        ModelInputs { commitment: absorbed.digest, head: absorbed.messages[1], outputs }
    }

    /// The cells of the normalised inputs.
    fn inputs(
        &mut self,
        assignment: &mut Assignment,
        parameters: &mut Parameters<'_>,
        values: &[Cell],
    ) -> Vec<Cell> {
        let model = parameters.model;
        let range = model.shape().input_range(0);
        let mut cells = Vec::with_capacity(values.len());
        for (j, (cell, quantiser)) in values.iter().zip(model.inputs()).enumerate() {
            let value = integer(assignment, *cell) - (1 << (INPUT_BITS - 1)) - i128::from(quantiser.mean);
            let [above, here, below] = [self.row(assignment), self.row(assignment), self.row(assignment)];
            let rescaling = Rescaling { value, multiplier: quantiser.multiplier, shift: INPUT_SHIFT, range };
            let (activation, rescaled) = rescaling.write(assignment, here);
            cells.push(activation);
            LimbRow::default()
                .put(0, &[0; 4])
                .put(rescaled.excess, &[MODEL_LIMB_BITS; 4])
                .write(assignment, above);
            assignment.write_int(at::MODEL_SUM, here, rescaled.excess);
            assignment.enable(Gate::Excess, here);
            assignment.copy_to(*cell, at::MODEL_X, below);
            LimbRow::default()
                .put(rescaled.remainder, &INPUT_MULTIPLIER_LIMBS)
                .put(rescaled.activation, &activation_limbs(range.bits))
                .write(assignment, here);
            fix_range(assignment, below, range);
            assignment.enable(Gate::Input, below);
            parameters.write(assignment, below, Place::Input(j));
        }
        cells
    }

    /// The cells of a layer's outputs. The last layer has the cells of the normalised inputs for its head.
    fn neurons(
        &mut self,
        assignment: &mut Assignment,
        parameters: &mut Parameters<'_>,
        layer: usize,
        before: &[Cell],
        head: Option<&[Cell]>,
    ) -> Vec<Cell> {
        let model = parameters.model;
        let shape = model.shape();
        let range = shape.output_range(layer);
        let low = i128::from(shape.input_range(layer).low);
        let before: Vec<i128> = before.iter().map(|cell| integer(assignment, *cell) + low).collect();
        let Layer { weights, bias, multiplier } = &model.layers()[layer];
        let mut cells = Vec::with_capacity(weights.len());
        let mut so_far = Fr::zero();
        assignment.enable(Gate::LayerEdge, self.next);
        for (i, ((row, bias), multiplier)) in weights.iter().zip(bias).zip(multiplier).enumerate() {
            let [above, here] = [self.row(assignment), self.row(assignment)];
            let accumulator: i128 = row.iter().zip(&before).map(|(w, x)| i128::from(*w) * x).sum();
            let accumulator = assignment.free(Free::Accumulator, at::MODEL_SUM, above, accumulator);
            assignment.write_int(at::MODEL_SUM, above, accumulator.clone());
            assignment.enable(Gate::Accumulator, above);
            let value = i128::try_from(accumulator).unwrap_or_default() + i128::from(*bias);
            let rescaling = Rescaling { value, multiplier: (*multiplier).into(), shift: SHIFT, range };
            let (activation, rescaled) = rescaling.write(assignment, above);
            cells.push(activation);
            let tag = head.is_some() && shape.head() == Head::Tags;
            let bit = tag && rescaled.activation >> (OUTPUT_BITS - 1) == 1;
            let low = rescaled.activation - (i128::from(bit) << (OUTPUT_BITS - 1));
            LimbRow::default()
                .put(low, &activation_limbs(range.bits - u32::from(tag)))
                .put(rescaled.remainder, &[MODEL_LIMB_BITS; 3])
                .put(rescaled.excess, &[MODEL_LIMB_BITS; 3])
                .write(assignment, above);
            fix_range(assignment, here, range);
            assignment.enable(Gate::Neuron, here);
            assignment.enable(if tag { Gate::Tag } else { Gate::Plain }, here);
            parameters.write(assignment, here, Place::Neuron { layer, neuron: i });
            let Some(normalised) = head else { continue };
            let half = Fr::from(1 << (OUTPUT_BITS - 1));
            match shape.head() {
                Head::Class | Head::Values => continue,
                Head::Tags => {
                    let bit = assignment.write_int(at::MODEL_X, here, u8::from(bit));
                    let weight = power_of_two(i as u32);
                    assignment.fix_field(fixed_at::K + 2, here, weight);
                    so_far += weight * assignment.read(bit);
                }
                Head::Anomaly => {
                    let unit = Fr::from(1 << (OUTPUT_BITS - shape.activations().count()));
                    let x = assignment.copy_to(normalised[i], at::MODEL_X, here);
                    assignment.fix_field(fixed_at::K + 2, here, unit);
                    assignment.enable(Gate::Error, here);
                    let y = assignment.read(activation) - half;
                    so_far += (unit * assignment.read(x) - half - y).square();
                }
            }
            assignment.fix(fixed_at::K + 3, here, u8::from(i > 0));
            let sum = assignment.write(at::MODEL_SUM, here, so_far);
            so_far = assignment.read(sum);
        }
        cells
    }

    /// What the head made of the neurons above, where it can be copied from. Sums of the second phase pass through.
    fn output(&mut self, assignment: &mut Assignment) -> Cell {
        let row = self.row(assignment);
        LimbRow::default().write(assignment, row);
        assignment.enable(Gate::Output, row);
        assignment.enable(Gate::Weights, row);
        let made = assignment.read(Cell { column: at::MODEL_SUM, row: row - 1 });
        assignment.write(at::MODEL_X, row, made)
    }

    fn weights(
        &mut self,
        assignment: &mut Assignment,
        parameters: &mut Parameters<'_>,
        layer: usize,
        inputs: &[Cell],
    ) {
        let shape = parameters.model.shape();
        let low = shape.input_range(layer).low;
        let groups = groups(&shape, layer);
        for (limb, (_, offset)) in shape.weights().limbs().iter().enumerate() {
            for (input, cell) in inputs.iter().enumerate() {
                for group in 0..groups {
                    let row = self.row(assignment);
                    let last = group + 1 == groups;
                    parameters.write(assignment, row, Place::Weights { layer, limb, input, group });
                    let factor = if last { 1_u32 << (8 * limb) } else { 0 };
                    assignment.fix(fixed_at::K, row, u8::from(group > 0));
                    assignment.fix(fixed_at::K + 1, row, *offset);
                    assignment.fix(fixed_at::K + 2, row, factor);
                    assignment.fix(fixed_at::K + 3, row, low);
                    assignment.enable(Gate::Weights, row);
                    if last {
                        assignment.copy_to(*cell, at::MODEL_X, row);
                    }
                }
            }
        }
        assignment.enable(Gate::LayerEdge, self.next);
    }

    /// The index of the first greatest logit.
    fn class(&mut self, assignment: &mut Assignment, logits: &[Cell]) -> Cell {
        let keys: Vec<i128> = (0..)
            .zip(logits)
            .map(|(i, logit)| {
                i128::from(CLASS_RADIX) * integer(assignment, *logit) + i128::from(CLASS_RADIX) - 1 - i
            })
            .collect();
        let greatest = (0..keys.len()).max_by_key(|i| keys[*i]).unwrap_or_default();
        let row = self.row(assignment);
        let index = assignment.free(Free::Class, at::MODEL_X, row, greatest);
        let index = usize::try_from(index).unwrap_or_default();
        let best = keys.get(index).copied().unwrap_or_default();
        let best = assignment.free(Free::Class, at::MODEL_SUM, row, best);
        let best = i128::try_from(best).unwrap_or_default();
        LimbRow::default()
            .put(index as i128, &[8])
            .put(best >> CLASS_RADIX.ilog2(), &activation_limbs(OUTPUT_BITS))
            .write(assignment, row);
        let output = assignment.write_int(at::MODEL_X, row, index);
        assignment.write_int(at::MODEL_SUM, row, best);
        assignment.write_int(at::MODEL_FLAG, row, 0);
        assignment.enable(Gate::ClassFirst, row);
        for (i, logit) in logits.iter().enumerate() {
            let row = self.row(assignment);
            LimbRow::default()
                .put(
                    best - keys[i],
                    &[MODEL_LIMB_BITS, MODEL_LIMB_BITS, OUTPUT_BITS + 8 - 2 * MODEL_LIMB_BITS],
                )
                .write(assignment, row);
            assignment.copy_to(*logit, at::MODEL_X, row);
            assignment.write_int(at::MODEL_SUM, row, best);
            assignment.write_int(at::MODEL_FLAG, row, u8::from(i >= index));
            assignment.fix(fixed_at::K, row, i);
            assignment.enable(Gate::ClassRow, row);
            if i + 1 == logits.len() {
                assignment.enable(Gate::ClassLast, row);
            }
        }
        output
    }
}
