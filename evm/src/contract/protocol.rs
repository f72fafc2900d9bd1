//! Where what a proof consists of lies in calldata and memory.

use foldproof_verifier::plonk::{self, Challenge, Input, Program};
use halo2_proofs::plonk::{Any, VerifyingKey};
use halo2curves::bn256::G1Affine;

use super::memory::{Memory, POINT, WORD};

/// A stretch of a proof that is absorbed at once, and the challenges that are drawn after it.
#[derive(Debug)]
pub struct Segment {
    /// Where it begins in the proof.
    pub offset: usize,
    /// Bytes.
    pub length: usize,
    /// Where it lies in memory; the word before it is for the hash.
    pub place: usize,
    /// Whether it is points, and not scalars.
    pub points: bool,
    pub draws: Vec<Challenge>,
}

/// Proofs under a key.
#[derive(Debug)]
pub struct Protocol<'k> {
    pub key: &'k VerifyingKey<G1Affine>,
    pub program: Program,
    /// Public inputs, without a context.
    pub inputs: usize,
    pub segments: Vec<Segment>,
    /// Places of the proof's points and numbers, in the order they are read.
    points: Vec<usize>,
    numbers: Vec<usize>,
    /// Bytes of a proof.
    pub length: usize,
}

impl<'k> Protocol<'k> {
    /// That of a key, for proofs with so many public inputs; `None` if the key is of a circuit that is not of the kind ours are:
    /// with look-ups of halo2's own, no permutation or one of fixed columns, not one column of public inputs or one that is read
    /// in other rows, or a column of which nothing is opened, whose commitment no step here would find to be off the curve.
    pub fn new(key: &'k VerifyingKey<G1Affine>, inputs: usize, memory: &mut Memory) -> Option<Self> {
        let cs = key.cs();
        let permuted = cs.permutation().get_columns();
        let opened = |index: usize| cs.advice_queries().iter().any(|(column, _)| column.index() == index);
        if !cs.lookups().is_empty()
            || permuted.is_empty()
            || permuted.iter().any(|column| *column.column_type() == Any::Fixed)
            || !(0..cs.num_advice_columns()).all(opened)
        {
            return None;
        }
        let program = Program::new(key)?;
        // One more, for a context.
        memory.words(inputs.saturating_add(1));
        let (mut segments, mut points, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let mut offset = 0_usize;
        for plonk::Segment { points: are_points, count, draws } in &program.protocol.segments {
            let (size, places) = if *are_points { (POINT, &mut points) } else { (WORD, &mut numbers) };
            let length = size.saturating_mul(*count);
            // For the hash, and in front of it, of the first, for public inputs.
            memory.words(1);
            let place = memory.take(length);
            places.extend((0..*count).map(|index| place.saturating_add(index.saturating_mul(size))));
            segments.push(Segment { offset, length, place, points: *are_points, draws: draws.clone() });
            offset = offset.saturating_add(length);
        }
        Some(Self { key, program, inputs, segments, points, numbers, length: offset })
    }

    /// Where a point of the proof lies.
    pub fn point(&self, point: usize) -> usize {
        // All that the program names are read.
        self.points.get(point).copied().unwrap_or(0)
    }

    /// Where a number of the proof lies.
    pub fn number(&self, number: usize) -> usize {
        self.numbers.get(number).copied().unwrap_or(0)
    }

    /// What a number of the proof is, for whoever reads the code.
    pub fn name(&self, number: usize) -> String {
        let (cs, protocol) = (self.key.cs(), &self.program.protocol);
        let place = |numbers: &[usize]| numbers.iter().position(|other| *other == number);
        if let Some((column, at)) = place(&protocol.advice).and_then(|index| cs.advice_queries().get(index)) {
            return format!("advice {} at {}", column.index(), at.0);
        }
        if let Some((column, at)) = place(&protocol.fixed).and_then(|index| cs.fixed_queries().get(index)) {
            return format!("fixed {} at {}", column.index(), at.0);
        }
        let product = |name: &str, of: fn(&plonk::Product) -> Option<usize>| {
            protocol.products.iter().any(|product| of(product) == Some(number)).then(|| name.to_owned())
        };
        let sigma = || place(&protocol.sigma).map(|_| "σ".to_owned());
        sigma()
            .or_else(|| product("z(x)", |product| Some(product.here)))
            .or_else(|| product("z(ωx)", |product| Some(product.next)))
            .or_else(|| product("z(ω^last x)", |product| product.last))
            .unwrap_or_default()
    }

    /// Points of the key, the generator not among them.
    pub fn key_points(&self) -> usize {
        Program::key_points(self.key).count()
    }

    /// The last row of the permutation, before those that are random, counted from the first.
    pub fn last_row(&self) -> i32 {
        self.program.protocol.last_row
    }

    /// How the code calls what values begin with.
    pub fn input_name(&self, input: Input) -> String {
        match input {
            Input::Number(number) => self.name(number),
            Input::Challenge(Challenge::Circuit(index)) => format!("challenge {index}"),
            Input::Challenge(challenge) => format!("{challenge:?}").to_lowercase(),
            Input::Instance => "public inputs".into(),
            Input::FirstRow => "l_0".into(),
            Input::LastRow => "l_last".into(),
            Input::RandomRows => "l_blind".into(),
            Input::InverseOfX => "1 / x".into(),
            Input::InverseOfLacking => "1 / Z of the others".into(),
            Input::Weight => "weight".into(),
        }
    }
}
