//! Requantisation: a value has one activation, whatever the flags and the excess.

use foldproof_circuits::chips::{Gate, at, fixed_at};
use foldproof_circuits::fixed::power_of_two;
use halo2curves::bn256::Fr;

use crate::forge::{Forge, model};

/// A rescaling: where its parts stand, and their honest values.
struct Rescaling {
    /// Rows of activation, remainder and excess, with their limbs.
    activation: (usize, std::ops::Range<usize>),
    remainder: (usize, std::ops::Range<usize>),
    excess: (usize, std::ops::Range<usize>),
    here: usize,
    rounded: Fr,
    power: Fr,
}

impl Rescaling {
    fn input(f: &Forge, here: usize) -> Self {
        let value = f.get(at::MODEL_X, here) - f.join(here, 0..4);
        Self {
            activation: (here - 1, 4..6),
            remainder: (here - 1, 0..4),
            excess: (here - 2, 4..8),
            here,
            rounded: value * f.join(here, 4..8) + power_of_two(39),
            power: power_of_two(40),
        }
    }

    fn neuron(f: &Forge, here: usize) -> Self {
        let value = f.get(at::MODEL_SUM, here - 1) + f.join(here, 0..4) - power_of_two(31);
        Self {
            activation: (here - 1, 0..2),
            remainder: (here - 1, 2..5),
            excess: (here - 1, 5..8),
            here,
            rounded: value * f.join(here, 4..7) + power_of_two(29),
            power: power_of_two(30),
        }
    }

    /// Quotient, less the low end of its range, that goes with a remainder.
    fn quotient(&self, f: &Forge, remainder: Fr) -> Fr {
        (self.rounded - remainder) * self.power.invert().unwrap() - f.fixed(fixed_at::K, self.here)
    }

    /// Writes hints; the excess is whatever satisfies the equation, unless neither or both flags are on.
    fn write(&self, f: &mut Forge, activation: Fr, remainder: Fr, flags: [Fr; 2], excess: Option<Fr>) {
        let [under, over] = flags;
        let away = self.quotient(f, remainder) - activation;
        let solved = Option::<Fr>::from((over - under).invert()).map(|inverse| away * inverse - Fr::one());
        let (row, limbs) = &self.activation;
        f.split(*row, limbs.clone(), activation);
        f.set(at::MODEL_X, *row, activation);
        f.split(self.remainder.0, self.remainder.1.clone(), remainder);
        let excess = excess.or(solved).unwrap_or_default();
        f.split(self.excess.0, self.excess.1.clone(), excess);
        // Of an input, the row below has it as well.
        if self.excess.0 + 2 == self.here {
            f.alone(at::MODEL_SUM, self.here - 1, excess);
        }
        f.alone(at::MODEL_FLAG, self.here - 1, under);
        f.alone(at::MODEL_FLAG, self.here, over);
    }

    /// Every second witness there is to think of.
    fn attack(&self, f: &mut Forge, name: &str) {
        let [zero, one] = [Fr::zero(), Fr::one()];
        let honest = f.assignment.clone();
        let remainder = f.join(self.remainder.0, self.remainder.1.clone());
        let activation = f.get(at::MODEL_X, self.activation.0);
        let quotient = self.quotient(f, remainder);
        let width = f.fixed(fixed_at::K + 1, self.here);
        let shifted = |by: Fr| (quotient + by, remainder - by * self.power);
        let (more, less) = (shifted(one), shifted(-one));
        let half = Fr::from(2).invert().unwrap();
        let attempts = [
            ("next quotient", more.0, more.1, [zero, zero], Some(zero)),
            ("quotient before", less.0, less.1, [zero, zero], Some(zero)),
            ("no clamp", quotient, remainder, [zero, zero], Some(zero)),
            ("clamped below", zero, remainder, [one, zero], None),
            ("clamped above", width, remainder, [zero, one], None),
            ("anything below", Fr::from(77), remainder, [one, zero], None),
            ("anything above", Fr::from(77), remainder, [zero, one], None),
            ("both flags", quotient, remainder, [one, one], Some(zero)),
            ("a flag of 2", zero, remainder, [Fr::from(2), zero], None),
            ("a flag of -1", width, remainder, [-one, zero], None),
            ("a flag of 1/2", width, remainder, [zero, half], None),
            ("excess without a flag", activation, remainder, [zero, zero], Some(one)),
            ("any quotient", Fr::from(77), self.rounded, [zero, zero], Some(zero)),
        ];
        for (what, activation, remainder, flags, excess) in attempts {
            self.write(f, activation, remainder, flags, excess);
            assert!(f.assignment == honest || !f.accepted(), "{name}, row {}: {what}", self.here);
            f.assignment.clone_from(&honest);
        }
    }
}

/// No weights, so that an activation changes nothing else; inputs in range, too small and too large.
fn rescalings(name: &str) -> (Forge, Vec<usize>, Vec<usize>) {
    let f = Forge::new(&[model(name, |_, _, _| 0)], &[1000, -(1 << 35), (1 << 35) - 1]);
    assert!(f.accepted());
    let (inputs, neurons) = (f.rows(Gate::Input), f.rows(Gate::Neuron));
    (f, inputs, neurons)
}

#[test]
fn an_input_has_one_activation() {
    let (mut f, inputs, _) = rescalings("class-3-1");
    inputs.into_iter().for_each(|row| Rescaling::input(&f, row).attack(&mut f, "input"));
}

#[test]
fn an_input_of_8_bits_has_one_activation() {
    let (mut f, inputs, _) = rescalings("class-3-1-a8");
    inputs.into_iter().step_by(2).for_each(|row| Rescaling::input(&f, row).attack(&mut f, "input of 8 bits"));
}

#[test]
fn a_neuron_has_one_activation() {
    let (mut f, _, neurons) = rescalings("class-3-3-1-w12");
    neurons.into_iter().take(3).for_each(|row| Rescaling::neuron(&f, row).attack(&mut f, "ReLU"));
}

#[test]
fn a_linear_neuron_of_8_bits_has_one_activation() {
    let (mut f, _, neurons) = rescalings("class-3-3l-1-a8");
    neurons[..2].iter().for_each(|row| Rescaling::neuron(&f, *row).attack(&mut f, "linear"));
}
