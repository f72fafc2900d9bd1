//! Activations that are made of the tables there are.
//!
//! x·σ(a·x) is a SiLU of a·x divided by a. Elu, Celu and Selu are a multiple of max(x, 0) and one of e^(min(x, 0)/b) − 1, which is an entry of a
//! table of decays: their range begins at 0, so that what is above 0 is clamped to it.

use foldproof_circuits::graph::{Function, Requantise, Table};

use super::build::RealTerm;
use super::elementwise::Hinge;
use super::lowering::Lowering;
use super::value::{Body, Element};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::op::{Op, Unary};

/// Bits of real numbers below 0 that an exponential tells apart: beyond them it is less than 0.0004.
const DECAYED: u32 = 3;

impl Lowering<'_> {
    /// Lowers an activation of one of these kinds; whether it was one.
    pub(super) fn curved(&mut self, node: &Node) -> Result<bool, InputError> {
        let (Op::Unary(unary), Some((0, place))) = (&node.op, self.only(node)) else { return Ok(false) };
        match *unary {
            Unary::Swish(steepness) if steepness > 0.0 => {
                if self.input.is_none() {
                    self.elements(place, &node.path)?;
                }
                let table = self.growing(Function::Silu, |op| *op == Op::Unary(Unary::Silu));
                self.looked_up(node, place, table, steepness)?;
            }
            Unary::Elu(a, b, c) => self.exponential_unit(node, place, (a, b, c))?,
            Unary::HardSwish => {
                let elements = self.elements(place, &node.path)?;
                let scaled: Vec<Element> = elements.iter().map(|e| e.then(1.0 / 6.0, 0.5)).collect();
                let gates = self.clip(&scaled, 0.0, 1.0, &node.path)?;
                self.times(node, &elements, &gates)?;
            }
            Unary::Mish | Unary::Softplus | Unary::Softsign | Unary::Swish(_) => {
                let found = format!(
                    "{unary:?}, for which there is no table: train with ReLU, LeakyReLU, ELU, SiLU or GELU"
                );
                return self.refuse(node, &found);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// c·max(x, 0) + a·(e^(min(x, 0)/b) − 1).
    fn exponential_unit(
        &mut self,
        node: &Node,
        place: usize,
        (a, b, c): (f64, f64, f64),
    ) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let Hinge { x, scale, shift, positive, unit } = self.hinge(node, place)?;
        let small = |x: u32| u8::try_from(x).unwrap_or(0);
        let (input, output_bits) = (small(self.table_bits.saturating_sub(DECAYED)), small(self.b.limb));
        let table = Table { function: Function::Decay, bits: self.table_bits, input, output: output_bits };
        let then = Requantise { range: table.range(), table: Some(table) };
        let term = RealTerm { coefficient: -scale / b, a: x, b: None };
        let decayed = self.b.combine(&[term], -shift / b, 2f64.powi(-i32::from(input)), then)?;
        let terms = [
            RealTerm { coefficient: c * unit, a: positive, b: None },
            RealTerm { coefficient: a * 2f64.powi(-i32::from(output_bits)), a: decayed, b: None },
        ];
        let made = self.summed(&terms, -a, output)?;
        self.set(node, Body::Known(made));
        Ok(())
    }
}
