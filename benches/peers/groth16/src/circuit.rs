//! The circuit. Weights are constants of it, so a product with a matrix is a linear combination and costs nothing; what costs
//! are the bits of what rounding drops, and those that tell whether a value is clamped. How many there are follows from the
//! bounds of each neuron, which public weights let the circuit's author compute.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, Zero};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};

use crate::model::{INPUT_BITS, INPUT_SHIFT, Model, Range, SHIFT};

/// "The outputs are what the model makes of the input": all three are public, the model as part of the circuit.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    pub model: &'a Model,
    pub input: &'a [i64],
}

/// A variable plus a constant, its value, and what the value can be.
#[derive(Clone, Copy)]
struct Wire {
    variable: Variable,
    offset: i128,
    value: i128,
    low: i128,
    high: i128,
}

/// A linear combination of wires, likewise.
#[derive(Default)]
struct Sum {
    terms: Vec<(Fr, Variable)>,
    constant: i128,
    value: i128,
    low: i128,
    high: i128,
}

impl Sum {
    fn add(&mut self, factor: i128, wire: &Wire) {
        if factor == 0 {
            return;
        }
        self.terms.push((Fr::from(factor), wire.variable));
        self.constant += factor * wire.offset;
        self.value += factor * wire.value;
        let (one, other) = (factor * wire.low, factor * wire.high);
        self.low += one.min(other);
        self.high += one.max(other);
    }

    fn add_constant(&mut self, constant: i128) {
        for place in [&mut self.constant, &mut self.value, &mut self.low, &mut self.high] {
            *place += constant;
        }
    }

    fn combination(mut self) -> LinearCombination<Fr> {
        self.terms.push((Fr::from(self.constant), Variable::One));
        LinearCombination::from_sum_coeff_vars(&self.terms)
    }
}

impl ConstraintSynthesizer<Fr> for Claim<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let Self { model, input } = self;
        let bound = 1 << (INPUT_BITS - 1);
        let mut wires = Vec::new();
        // All inputs first: public values are in the order in which they come up.
        for f in input {
            let variable = cs.new_input_variable(|| Ok(Fr::from(*f)))?;
            wires.push(Wire { variable, offset: 0, value: i128::from(*f), low: -bound, high: bound - 1 });
        }
        for (wire, quantiser) in wires.iter_mut().zip(&model.inputs) {
            let multiplier = i128::from(quantiser.multiplier);
            let mut sum = Sum::default();
            sum.add(multiplier, wire);
            sum.add_constant(-multiplier * i128::from(quantiser.mean));
            *wire = rescale(&cs, sum, INPUT_SHIFT, model.input_range())?;
        }
        for (index, layer) in model.layers.iter().enumerate() {
            let neurons = layer.weights.iter().zip(&layer.bias).zip(&layer.multiplier);
            let outputs = neurons.map(|((weights, bias), multiplier)| {
                let multiplier = i128::from(*multiplier);
                let mut sum = Sum::default();
                weights.iter().zip(&wires).for_each(|(w, x)| sum.add(i128::from(*w) * multiplier, x));
                sum.add_constant(i128::from(*bias) * multiplier);
                rescale(&cs, sum, SHIFT, model.range(index))
            });
            wires = outputs.collect::<Result<_, _>>()?;
        }
        for wire in wires {
            let public = cs.new_input_variable(|| Ok(Fr::from(wire.value)))?;
            let output = [(Fr::ONE, wire.variable), (Fr::from(wire.offset), Variable::One)];
            product(&cs, &output, &ONE, public.into())?;
        }
        Ok(())
    }
}

/// ⌊sum / 2^shift⌉, clamped. With half a unit added, the sum is 2^shift·(low + t) + r for exactly one r of `shift` bits and one
/// t of as many as its bounds need: far fewer than the field has. Where t can be negative, t + 2^n has a bit on top that says
/// that it is not.
fn rescale(
    cs: &ConstraintSystemRef<Fr>,
    mut sum: Sum,
    shift: u32,
    range: Range,
) -> Result<Wire, SynthesisError> {
    sum.add_constant(1 << (shift - 1));
    let [t, least, greatest] = [sum.value, sum.low, sum.high].map(|value| (value >> shift) - range.low);
    let clamped = |t: i128| range.clamp(t + range.low);
    let (low, high) = (clamped(least), clamped(greatest));
    let (below, above) = (least < 0, greatest >> range.bits > 0);
    let n = width(greatest).max(width(-1 - least));
    let rest = bits(cs, sum.value, shift)?;
    let places = bits(cs, if below { t + (1 << n) } else { t }, n + u32::from(below))?;
    let mut whole = [weighted(&rest, 0), weighted(&places, shift)].concat();
    whole.push((Fr::from(range.low) * power(shift), Variable::One));
    if below {
        whole.push((-power(n + shift), Variable::One));
    }
    product(cs, &whole, &ONE, sum.combination())?;

    let (places, positive) = places.split_at(n as usize);
    let (kept, more) = places.split_at(if above { range.bits as usize } else { places.len() });
    let mut magnitude = weighted(kept, 0);
    if above {
        // Where a bit above the range is set, what the others lack of the greatest value is added.
        let over = any(cs, more)?;
        let greatest = Fr::from((1i128 << range.bits) - 1);
        let mut lacking: Vec<_> = magnitude.iter().map(|(weight, bit)| (-*weight, *bit)).collect();
        lacking.push((greatest, Variable::One));
        let number: i128 = kept.iter().rev().fold(0, |number, bit| 2 * number + i128::from(bit.set));
        let added = if over.set { greatest - Fr::from(number) } else { Fr::ZERO };
        let added = cs.new_witness_variable(|| Ok(added))?;
        product(cs, &lacking, &[(Fr::ONE, over.variable)], added.into())?;
        magnitude.push((Fr::ONE, added));
    }
    let positive = positive.first().map_or(Variable::One, |bit| bit.variable);
    let value = clamped(t);
    let variable = cs.new_witness_variable(|| Ok(Fr::from(value - range.low)))?;
    product(cs, &magnitude, &[(Fr::ONE, positive)], variable.into())?;
    Ok(Wire { variable, offset: range.low, value, low, high })
}

/// A variable that is 0 or 1.
#[derive(Clone, Copy)]
struct Bit {
    variable: Variable,
    set: bool,
}

/// The lowest bits of a number, lowest first.
fn bits(cs: &ConstraintSystemRef<Fr>, number: i128, count: u32) -> Result<Vec<Bit>, SynthesisError> {
    let bit = |place: u32| {
        let set = number >> place & 1 == 1;
        let variable = cs.new_witness_variable(|| Ok(Fr::from(set)))?;
        product(cs, &[(Fr::ONE, variable)], &[(Fr::ONE, variable)], variable.into())?;
        Ok(Bit { variable, set })
    };
    (0..count).map(bit).collect()
}

/// Whether one of the bits is set: their sum times something is 1, or it is 0.
fn any(cs: &ConstraintSystemRef<Fr>, bits: &[Bit]) -> Result<Bit, SynthesisError> {
    let sum: Vec<_> = bits.iter().map(|bit| (Fr::ONE, bit.variable)).collect();
    let count = Fr::from(bits.iter().filter(|bit| bit.set).count() as u64);
    let set = !count.is_zero();
    let inverse = cs.new_witness_variable(|| Ok(count.inverse().unwrap_or(Fr::ZERO)))?;
    let variable = cs.new_witness_variable(|| Ok(Fr::from(set)))?;
    product(cs, &sum, &[(Fr::ONE, inverse)], variable.into())?;
    product(cs, &sum, &[(Fr::ONE, Variable::One), (-Fr::ONE, variable)], LinearCombination::zero())?;
    Ok(Bit { variable, set })
}

const ONE: [(Fr, Variable); 1] = [(Fr::ONE, Variable::One)];

fn product(
    cs: &ConstraintSystemRef<Fr>,
    left: &[(Fr, Variable)],
    right: &[(Fr, Variable)],
    result: LinearCombination<Fr>,
) -> Result<(), SynthesisError> {
    let combination = LinearCombination::from_sum_coeff_vars;
    cs.enforce_r1cs_constraint(|| combination(left), || combination(right), || result)
}

/// Bits with the powers of two from 2^shift on.
fn weighted(bits: &[Bit], shift: u32) -> Vec<(Fr, Variable)> {
    (shift..).zip(bits).map(|(place, bit)| (power(place), bit.variable)).collect()
}

fn power(exponent: u32) -> Fr {
    Fr::from(1u128 << exponent)
}

/// Bits of a number, none if it is negative.
fn width(number: i128) -> u32 {
    if number < 0 { 0 } else { i128::BITS - number.leading_zeros() }
}
