//! The steps of LSTM and GRU: which nodes a step has, and the units of what it keeps.

use foldproof_circuits::graph::{Operand, Requantise};

use super::build::RealTerm;
use super::lowering::Lowering;
use super::recurrent::{Floats, Gate, Of, Part, Units, after, scaled};
use super::value::{Element, unit_of};
use crate::input::InputError;

/// Of each step the state, and the last cell.
pub(super) type Steps = (Vec<Vec<Element>>, Vec<Element>);

impl Lowering<'_> {
    pub(super) fn lstm(
        &mut self,
        gates: &[Gate],
        floats: &Floats,
        xs: &[Operand],
        x_units: &[(f64, f64)],
        units: &Units,
    ) -> Result<Steps, InputError> {
        let limb = self.b.limb;
        let hidden = gates[0].bias.len();
        let state = vec![(units.h, 0.0); hidden];
        let parts = [
            Part {
                integers: self.integers(floats, xs),
                floats: &floats.x,
                units: x_units.to_vec(),
                of: Of::X,
            },
            Part { integers: scaled(&floats.h, units.h, limb), floats: &floats.h, units: state, of: Of::H },
        ];
        let [sigma, tanh] = [units.sigma, units.tanh].map(after);
        let step = 2f64.powi(-i32::from(units.sigma.input));
        let thens = [sigma, sigma, sigma, tanh];
        let all: Vec<(&Gate, f64, Requantise)> =
            gates.iter().zip(thens).map(|(gate, then)| (gate, step, then)).collect();
        let blocks = self.blocks(&all, &parts)?;
        // Cells up to ±8 saturate beyond: tanh is 1 there.
        let range = 2f64.powf((floats.cell * 1.125).clamp(1.0, 8.0).log2().ceil());
        let c_unit = unit_of(range, limb - 1);
        let gate_unit = 2f64.powi(-i32::from(units.sigma.output));
        let signed = self.b.signed();
        let [h, c] = &floats.start;
        let mut h = self.state(h, units.h)?;
        let mut c = if c.iter().any(|x| *x != 0.0) { Some(self.state(c, c_unit)?) } else { None };
        let mut out = Vec::new();
        for x in xs {
            let mut gate = [0; 4];
            for ((gate, block), then) in gate.iter_mut().zip(&blocks).zip(thens) {
                *gate = self.b.linear(*block, vec![*x, h], then)?;
            }
            let [input, output, forget, new] = gate;
            let mut terms = vec![RealTerm { coefficient: gate_unit * gate_unit, a: input, b: Some(new) }];
            terms.extend(c.map(|c| RealTerm { coefficient: gate_unit * c_unit, a: forget, b: Some(c) }));
            let cell = self.b.combine(&terms, 0.0, c_unit, signed)?;
            let of_cell = RealTerm { coefficient: c_unit, a: cell, b: None };
            let bounded = self.b.combine(&[of_cell], 0.0, step, tanh)?;
            let product = RealTerm { coefficient: gate_unit * gate_unit, a: output, b: Some(bounded) };
            h = self.b.combine(&[product], 0.0, units.h, signed)?;
            c = Some(cell);
            out.push(self.all(h, units.h, 0.0));
        }
        let cells = c.map(|c| self.all(c, c_unit, 0.0)).unwrap_or_default();
        Ok((out, cells))
    }

    /// A state before the first step. Where it is none of zeros it is rounded once more, as states are, to have cells of their base.
    fn state(&mut self, values: &[f64], unit: f64) -> Result<Operand, InputError> {
        if values.iter().all(|x| *x == 0.0) {
            return self.b.zeros(values.len());
        }
        #[expect(clippy::cast_possible_truncation, reason = "of λ bits")]
        let integers: Vec<i64> = values.iter().map(|x| (x / unit).round() as i64).collect();
        let (a, signed) = (self.b.constants(&integers)?, self.b.signed());
        self.b.combine(&[RealTerm { coefficient: unit, a, b: None }], 0.0, unit, signed)
    }

    pub(super) fn gru(
        &mut self,
        gates: &[Gate],
        linear_before_reset: bool,
        floats: &Floats,
        xs: &[Operand],
        x_units: &[(f64, f64)],
        units: &Units,
    ) -> Result<Vec<Vec<Element>>, InputError> {
        let limb = self.b.limb;
        let hidden = gates[0].bias.len();
        let state = vec![(units.h, 0.0); hidden];
        let x = || Part {
            integers: self.integers(floats, xs),
            floats: &floats.x,
            units: x_units.to_vec(),
            of: Of::X,
        };
        let h = |of: Of| Part {
            integers: scaled(&floats.h, units.h, limb),
            floats: &floats.h,
            units: state.clone(),
            of,
        };
        let [sigma, tanh] = [units.sigma, units.tanh].map(after);
        let signed = self.b.signed();
        let step = 2f64.powi(-i32::from(units.sigma.input));
        let (both, x_alone, h_alone) = ([x(), h(Of::H)], [Part { of: Of::XAlone, ..x() }], [h(Of::HAlone)]);
        let first = self.blocks(&[(&gates[0], step, sigma), (&gates[1], step, sigma)], &both)?;
        // A part of the sum that the reset gate scales has a unit such that the product divides by at most 2^λ.
        let gate_unit = 2f64.powi(-i32::from(units.sigma.output));
        let finest = step / (gate_unit * 2f64.powi(limb as i32));
        let part_unit =
            |most: f64| unit_of(2f64.powf((most * 1.25).max(1.0).log2().ceil()), limb - 1).max(finest);
        let [unit_x, unit_h] = floats.hidden.map(part_unit);
        let mut new = Vec::new();
        if linear_before_reset {
            new.extend(self.blocks(&[(&gates[2], unit_x, signed)], &x_alone)?);
            new.extend(self.blocks(&[(&gates[2], unit_h, signed)], &h_alone)?);
        } else {
            let left = Part {
                integers: scaled(&floats.reset, units.h, limb),
                floats: &floats.reset,
                units: state.clone(),
                of: Of::H,
            };
            let [of_x, _] = both;
            new.extend(self.blocks(&[(&gates[2], step, tanh)], &[of_x, left])?);
        }
        let mut h = self.state(&floats.start[0], units.h)?;
        let mut out = Vec::new();
        for x in xs {
            let update = self.b.linear(first[0], vec![*x, h], sigma)?;
            let reset = self.b.linear(first[1], vec![*x, h], sigma)?;
            let inner = if linear_before_reset {
                let of_x = self.b.linear(new[0], vec![*x], signed)?;
                let of_h = self.b.linear(new[1], vec![h], signed)?;
                let terms = [
                    RealTerm { coefficient: unit_x, a: of_x, b: None },
                    RealTerm { coefficient: gate_unit * unit_h, a: reset, b: Some(of_h) },
                ];
                self.b.combine(&terms, 0.0, step, tanh)?
            } else {
                let product = RealTerm { coefficient: gate_unit * units.h, a: reset, b: Some(h) };
                let left = self.b.combine(&[product], 0.0, units.h, signed)?;
                self.b.linear(new[0], vec![*x, left], tanh)?
            };
            let terms = [
                RealTerm { coefficient: gate_unit, a: inner, b: None },
                RealTerm { coefficient: -gate_unit * gate_unit, a: update, b: Some(inner) },
                RealTerm { coefficient: gate_unit * units.h, a: update, b: Some(h) },
            ];
            h = self.b.combine(&terms, 0.0, units.h, signed)?;
            out.push(self.all(h, units.h, 0.0));
        }
        Ok(out)
    }
}
