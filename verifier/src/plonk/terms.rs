//! What one proof adds to the final equation e(left, τ·g₂) = e(right, g₂).

use std::collections::BTreeMap;

use ff::{BatchInverter, Field};
use halo2_proofs::plonk::VerifyingKey;
use halo2_proofs::poly::Rotation;
use halo2_proofs::transcript::EncodedChallenge;
use halo2curves::bn256::{Fr, G1Affine};

use super::Program;
use super::protocol::{Challenge, Opened, Polynomial, Protocol};
use super::values::{Evaluated, Input};
use crate::backend::Claim;
use crate::scheme::Scheme;
use crate::transcript::{Blake2bRead, KeccakRead, StrictRead};

/// Points and their factors. Points of the key and the generator, which all proofs share, have factors only.
#[derive(Debug)]
pub struct Terms {
    /// On the right, of each point of the key.
    pub key: Vec<Fr>,
    /// On the right.
    pub generator: Fr,
    /// On the right, of the proof.
    pub points: Vec<(G1Affine, Fr)>,
    /// On the left.
    pub witness: (G1Affine, Fr),
}

/// A proof as it is read.
struct Proof {
    points: Vec<G1Affine>,
    numbers: Vec<Fr>,
    challenges: BTreeMap<Challenge, Fr>,
}

impl Proof {
    /// All bytes of it, and no more or fewer.
    fn read(claim: Claim<'_>, protocol: &Protocol) -> Option<Self> {
        match claim.key.scheme() {
            Scheme::Transparent => None,
            Scheme::Kzg => Self::read_in::<Blake2bRead<'_>>(claim, protocol),
            Scheme::Evm => Self::read_in::<KeccakRead<'_>>(claim, protocol),
        }
    }

    fn read_in<'p, R: StrictRead<'p>>(claim: Claim<'p>, protocol: &Protocol) -> Option<Self> {
        let mut transcript = R::new(claim.proof);
        claim.key.halo2().hash_into(&mut transcript).ok()?;
        for row in claim.rows {
            transcript.common_scalar(*row).ok()?;
        }
        let mut proof = Self { points: Vec::new(), numbers: Vec::new(), challenges: BTreeMap::new() };
        for segment in &protocol.segments {
            for _ in 0..segment.count {
                if segment.points {
                    proof.points.push(transcript.read_point().ok()?);
                } else {
                    proof.numbers.push(transcript.read_scalar().ok()?);
                }
            }
            for challenge in &segment.draws {
                proof.challenges.insert(*challenge, transcript.squeeze_challenge().get_scalar());
            }
        }
        (transcript.malformed().is_none() && transcript.is_finished()).then_some(proof)
    }

    fn point(&self, point: usize) -> Option<G1Affine> {
        self.points.get(point).copied()
    }

    fn challenge(&self, challenge: Challenge) -> Option<Fr> {
        self.challenges.get(&challenge).copied()
    }
}

/// Polynomials at x that depend on the rows and the public inputs.
pub struct Rows {
    /// xⁿ.
    pub power: Fr,
    /// 1 / (xⁿ − 1).
    pub vanishing: Fr,
    pub x_inverse: Fr,
    pub first: Fr,
    pub last: Fr,
    pub random: Fr,
    pub instance: Fr,
}

impl Rows {
    /// `None` if x is 0 or a row.
    pub fn new(key: &VerifyingKey<G1Affine>, last_row: i32, x: Fr, instance: &[Fr]) -> Option<Self> {
        let domain = key.get_domain();
        let power = (0..domain.k).fold(x, |power, _| power.square());
        // Rows from the last that copies reach to the first, and those of public inputs.
        let before = usize::try_from(last_row.unsigned_abs()).ok()?;
        let count = before.checked_add(instance.len().max(1))?;
        let start = domain.rotate_omega(Fr::ONE, Rotation(last_row));
        let omega = domain.get_omega();
        let rows: Vec<Fr> = std::iter::successors(Some(start), |row| Some(omega * row)).take(count).collect();
        let mut inverses: Vec<Fr> = rows.iter().map(|row| x - row).collect();
        inverses.extend([power - Fr::ONE, x, Fr::from(1_u64.checked_shl(domain.k)?)]);
        // What is 0 would stay 0.
        if inverses.contains(&Fr::ZERO) {
            return None;
        }
        let mut scratch = vec![Fr::ZERO; inverses.len()];
        BatchInverter::invert_with_external_scratch(&mut inverses, &mut scratch);
        let (lagrange, rest) = inverses.split_at_checked(count)?;
        let [vanishing, x_inverse, n_inverse] = rest.try_into().ok()?;
        let scale = (power - Fr::ONE) * n_inverse;
        let lagrange: Vec<Fr> =
            rows.iter().zip(lagrange).map(|(row, inverse)| scale * row * inverse).collect();
        let (outside, inside) = lagrange.split_at_checked(before)?;
        let (last, random) = outside.split_first()?;
        Some(Self {
            power,
            vanishing,
            x_inverse,
            first: *inside.first()?,
            last: *last,
            random: random.iter().sum(),
            instance: inside.iter().zip(instance).map(|(lagrange, input)| lagrange * input).sum(),
        })
    }
}

impl Program {
    /// What a proof adds to the final equation with a weight; `None` if its bytes are not of the form that proofs have, or one of
    /// its challenges is among the few that nothing can be said for.
    pub(crate) fn terms(&self, claim: Claim<'_>, weight: Fr) -> Option<Terms> {
        let key = claim.key.halo2();
        let proof = Proof::read(claim, &self.protocol)?;
        let x = proof.challenge(Challenge::X)?;
        let rows = Rows::new(key, self.protocol.last_row, x, claim.rows)?;
        let values = self.values.evaluate(|input, before| match input {
            Input::Number(number) => proof.numbers.get(number).copied(),
            Input::Challenge(challenge) => proof.challenge(challenge),
            Input::Instance => Some(rows.instance),
            Input::FirstRow => Some(rows.first),
            Input::LastRow => Some(rows.last),
            Input::RandomRows => Some(rows.random),
            Input::InverseOfX => Some(rows.x_inverse),
            Input::InverseOfLacking => before.get(self.opening.lacking_first)?.invert().into(),
            Input::Weight => Some(weight),
        })?;
        let y = proof.challenge(Challenge::Y)?;
        let mut all = Fr::ZERO;
        for constraint in &self.constraints {
            all = all * y + values.get(*constraint)?;
        }
        self.open(key, &proof, &rows, all * rows.vanishing, &values, weight)
    }

    /// Adds up what is opened.
    fn open(
        &self,
        key: &VerifyingKey<G1Affine>,
        proof: &Proof,
        rows: &Rows,
        quotient: Fr,
        values: &Evaluated,
        weight: Fr,
    ) -> Option<Terms> {
        let (mu, u) = (proof.challenge(Challenge::Mu)?, proof.challenge(Challenge::U)?);
        let mut of_key = vec![Fr::ZERO; Self::key_points(key).count()];
        let mut points = Vec::with_capacity(proof.points.len());
        let mut generator = Fr::ZERO;
        for (index, (set, bases)) in self.protocol.sets.iter().zip(&self.opening.bases).enumerate() {
            let mut factor = match index.checked_sub(1) {
                None => weight,
                Some(index) => values.get(*self.opening.factors.get(index)?)?,
            };
            let bases: Option<Vec<Fr>> = bases.iter().map(|basis| values.get(*basis)).collect();
            let bases = bases?;
            for (polynomial, opened) in &set.members {
                for (basis, opened) in bases.iter().zip(opened) {
                    let value = match opened {
                        Opened::Proof(number) => *proof.numbers.get(*number)?,
                        Opened::Quotient => quotient,
                    };
                    generator -= factor * basis * value;
                }
                match polynomial {
                    Polynomial::Proof(point) => points.push((proof.point(*point)?, factor)),
                    Polynomial::Key(index) => *of_key.get_mut(*index)? += factor,
                    Polynomial::Quotient => {
                        let mut piece = factor;
                        for point in &self.protocol.pieces {
                            points.push((proof.point(*point)?, piece));
                            piece *= rows.power;
                        }
                    }
                }
                factor *= mu;
            }
        }
        let [first, second] = self.protocol.opening;
        let (first, second) = (proof.point(first)?, proof.point(second)?);
        points.push((first, -weight * values.get(self.opening.of_first)?));
        points.push((second, weight * u));
        Some(Terms { key: of_key, generator, points, witness: (second, weight) })
    }
}
