//! A malicious prover: the real one, with any trace, any public inputs and any transcript.
//!
//! A [`Forgery`] starts from an honest layout. Its assignment may be altered in any cell of the first phase before it is proved,
//! by stage, gate and column; the second phase is then computed from it as an honest prover would, from the challenges
//! the transcript gives, and may be altered too. Halo2's prover checks no constraint: it makes a proof of anything.

use std::io;
use std::sync::Arc;

use foldproof_circuits::assignment::{Assignment, Cell};
use foldproof_circuits::chips::{Area, ChipSet, Gate, at, lookup, models};
use foldproof_circuits::layout::{Layout, Stage};
use foldproof_circuits::statement::Statement;
use foldproof_prover::keys::Parameters;
use foldproof_verifier::{KeccakChallenge, KeccakWrite, Scheme};
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    Circuit, ConstraintSystem, Error, ProvingKey, create_proof, keygen_pk, keygen_vk_custom,
};
use halo2_proofs::poly::commitment::{CommitmentScheme, Prover};
use halo2_proofs::poly::ipa::commitment::IPACommitmentScheme;
use halo2_proofs::poly::ipa::multiopen::ProverIPA;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::transcript::{
    Blake2bWrite, Challenge255, EncodedChallenge, Transcript, TranscriptWrite, TranscriptWriterBuffer,
};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand::rngs::OsRng;

use crate::encoding::{Element, Kind};

/// A proof, and what is in it.
pub struct Proof {
    pub bytes: Vec<u8>,
    /// What its elements are.
    pub kinds: Vec<Kind>,
    /// How many inputs were absorbed that are not in it.
    pub inputs: usize,
    /// How many challenges were drawn.
    pub challenges: usize,
}

/// What the prover does to its transcript. Inputs, elements and challenges are counted from 0.
#[derive(Clone, Copy, Debug, Default)]
pub enum Rig {
    #[default]
    Honest,
    /// Absorbs the digest of another key than its own.
    Key(Fr),
    /// Does not absorb an input that is not in the proof: the key, a public input, their commitment.
    Skip(usize),
    /// Takes a challenge of its own choice.
    Choose(usize),
    /// Takes two challenges in the other order.
    Swap(usize),
    /// Writes a point into the proof without absorbing it, so that no challenge depends on it.
    Unbound(usize),
}

/// The second phase's cells to overwrite, from the assignment and the challenges: column, row, value.
pub type Second = Arc<dyn Fn(&Assignment, &[Fr]) -> Vec<(usize, usize, Fr)> + Send + Sync>;

/// A trace to be proved, and public inputs to be claimed.
#[derive(Clone)]
pub struct Forgery {
    layout: Layout,
    pub assignment: Assignment,
    pub rows: Vec<Fr>,
    pub rig: Rig,
    second: Option<Second>,
}

impl Forgery {
    /// Honest so far.
    pub fn of(layout: &Layout) -> Self {
        let rows = layout.instance().rows().into_iter().copied().collect();
        Self {
            layout: layout.clone(),
            assignment: layout.assignment().clone(),
            rows,
            rig: Rig::Honest,
            second: None,
        }
    }

    /// Rows in which a gate is on.
    pub fn gate(&self, gate: Gate) -> Vec<usize> {
        (0..self.assignment.rows()).filter(|row| self.assignment.is_enabled(gate, *row)).collect()
    }

    pub fn get(&self, column: usize, row: usize) -> Fr {
        self.assignment.read(Cell { column, row })
    }

    /// Adds to a cell and to nothing that is copied from it.
    pub fn add(&mut self, column: usize, row: usize, value: Fr) {
        self.assignment.write(column, row, self.get(column, row) + value);
    }

    /// Takes a stage's cells from another trace of the statement. Sponges stand beside the other stages.
    pub fn graft(&mut self, stage: &Stage, from: &Layout) {
        let rows = stage.start..stage.start + stage.rows;
        let columns = if stage.area == Area::Sponge { at::SBOX..at::COUNT } else { 0..at::SBOX };
        let bands = self.assignment.bands();
        let columns = columns.filter(|column| bands.advice(*column));
        for (column, row) in columns.flat_map(|column| rows.clone().map(move |row| (column, row))) {
            self.assignment.write(column, row, from.assignment().read(Cell { column, row }));
        }
    }

    /// Copies that do not hold.
    pub fn torn(&self) -> Vec<(Cell, Cell)> {
        let differ = |(from, to): &&(Cell, Cell)| self.assignment.read(*from) != self.assignment.read(*to);
        self.assignment.copies().iter().filter(differ).copied().collect()
    }

    /// Makes copies hold, so that gates have to notice.
    pub fn mend_copies(&mut self) {
        // A cell may be reached over several copies.
        for _ in 0..4 {
            for (from, to) in self.torn() {
                self.assignment.write(to.column, to.row, self.assignment.read(from));
            }
        }
    }

    /// Counts look-ups anew, as whoever wants them to add up does.
    pub fn count(&mut self) {
        lookup::count(&mut self.assignment);
    }

    /// Claims what the assignment exposes, and copies it to where a gate compares it with the claim, as a layout does.
    pub fn claim_exposed(&mut self) {
        let public: Vec<(Cell, Cell)> = self.assignment.public().collect();
        for (cell, copy) in public {
            self.assignment.write(copy.column, copy.row, self.assignment.read(cell));
        }
        self.rows = self.assignment.instance().iter().map(|cell| self.assignment.read(*cell)).collect();
    }

    /// Overwrites cells of the second phase.
    pub fn second(
        &mut self,
        second: impl Fn(&Assignment, &[Fr]) -> Vec<(usize, usize, Fr)> + Send + Sync + 'static,
    ) {
        self.second = Some(Arc::new(second));
    }

    fn circuit(&self) -> Altered {
        Altered { layout: self.layout.forged(self.assignment.clone()), second: self.second.clone() }
    }

    /// A key of the assignment's own circuit: selectors, copies, constants and exposed cells as they are on it.
    pub fn own_key(&self, parameters: &Parameters) -> ProvingKey<G1Affine> {
        let circuit = self.circuit();
        match parameters {
            Parameters::Transparent(params) => {
                keygen_pk(params, keygen_vk_custom(params, &circuit, true).unwrap(), &circuit).unwrap()
            }
            Parameters::Kzg(params) => {
                keygen_pk(params, keygen_vk_custom(params, &circuit, true).unwrap(), &circuit).unwrap()
            }
        }
    }

    /// What halo2's prover makes of it.
    pub fn prove(&self, scheme: Scheme, parameters: &Parameters, key: &ProvingKey<G1Affine>) -> Proof {
        type Kzg = KZGCommitmentScheme<Bn256>;
        match (scheme, parameters) {
            (Scheme::Transparent, Parameters::Transparent(params)) => self
                .run::<IPACommitmentScheme<G1Affine>, ProverIPA<'_, _>, Blake2b>(scheme, params.halo2(), key),
            (Scheme::Kzg, Parameters::Kzg(params)) => {
                self.run::<Kzg, ProverSHPLONK<'_, _>, Blake2b>(scheme, params.halo2(), key)
            }
            (Scheme::Evm, Parameters::Kzg(params)) => {
                self.run::<Kzg, ProverSHPLONK<'_, _>, KeccakWrite>(scheme, params.halo2(), key)
            }
            _ => unreachable!("parameters of another scheme"),
        }
    }

    fn run<'p, S, P, O>(
        &self,
        scheme: Scheme,
        params: &'p S::ParamsProver,
        key: &ProvingKey<G1Affine>,
    ) -> Proof
    where
        S: CommitmentScheme<Scalar = Fr, Curve = G1Affine>,
        S::ParamsProver: Sync,
        P: Prover<'p, S>,
        O: Oracle,
    {
        let mut transcript = Rigged::<O>::new(scheme, self.rig);
        let circuits = [self.circuit()];
        create_proof::<S, P, _, _, _, _>(params, key, &circuits, &[&[&self.rows]], OsRng, &mut transcript)
            .unwrap();
        let Rigged { proof: bytes, kinds, inputs, challenges, .. } = transcript;
        Proof { bytes, kinds, inputs, challenges }
    }
}

/// A layout, and cells of the second phase that are written over what follows from it.
struct Altered {
    layout: Layout,
    second: Option<Second>,
}

impl Circuit<Fr> for Altered {
    type Config = ChipSet;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Statement;

    fn without_witnesses(&self) -> Self {
        Self { layout: self.layout.without_witnesses(), second: None }
    }

    fn params(&self) -> Statement {
        self.layout.statement().clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, statement: Statement) -> ChipSet {
        Layout::configure_with_params(meta, statement)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> ChipSet {
        Layout::configure(meta)
    }

    fn synthesize(&self, chips: ChipSet, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        self.layout.synthesize(chips.clone(), layouter.namespace(|| "layout"))?;
        let Some(second) = &self.second else { return Ok(()) };
        let challenges: Value<Vec<Fr>> =
            chips.challenges.iter().map(|challenge| layouter.get_challenge(*challenge)).collect();
        let mut changes = Vec::new();
        challenges.map(|challenges| changes = second(self.layout.assignment(), &challenges));
        // Regions overlap: they all start at row 0.
        layouter.assign_region(
            || "altered",
            |mut region| {
                for (column, row, value) in &changes {
                    region.assign_advice(chips.second[*column], *row, Value::known(*value));
                }
                Ok(())
            },
        )
    }
}

/// The second phase as it follows from an assignment.
pub fn second_phase(assignment: &Assignment, challenges: &[Fr]) -> Vec<Vec<Fr>> {
    let mut columns = lookup::second_phase(assignment, challenges[0], challenges[1]);
    columns.extend(models::second_phase(assignment, challenges.get(2..).unwrap_or_default()));
    columns
}

/// What challenges are drawn from.
trait Oracle: Transcript<G1Affine, Self::Challenge> {
    type Challenge: EncodedChallenge<G1Affine>;

    fn start() -> Self;

    /// A challenge of the prover's choice.
    fn chosen() -> Self::Challenge;
}

type Blake2b = Blake2bWrite<io::Sink, G1Affine, Challenge255<G1Affine>>;

impl Oracle for Blake2b {
    type Challenge = Challenge255<G1Affine>;

    fn start() -> Self {
        Blake2bWrite::init(io::sink())
    }

    fn chosen() -> Self::Challenge {
        Challenge255::new(&[7; 64])
    }
}

impl Oracle for KeccakWrite {
    type Challenge = KeccakChallenge;

    fn start() -> Self {
        Self::default()
    }

    fn chosen() -> KeccakChallenge {
        KeccakChallenge::new(&[7; 32])
    }
}

/// A prover's transcript that is not as it should be, and keeps a record of what is written.
struct Rigged<O: Oracle> {
    hash: O,
    scheme: Scheme,
    proof: Vec<u8>,
    kinds: Vec<Kind>,
    rig: Rig,
    inputs: usize,
    challenges: usize,
    held: Option<O::Challenge>,
}

impl<O: Oracle> Rigged<O> {
    fn new(scheme: Scheme, rig: Rig) -> Self {
        let hash = O::start();
        Self { hash, scheme, proof: Vec::new(), kinds: Vec::new(), rig, inputs: 0, challenges: 0, held: None }
    }

    /// Whether an input is to be left out.
    fn skips(&mut self) -> bool {
        self.inputs += 1;
        matches!(self.rig, Rig::Skip(input) if input + 1 == self.inputs)
    }
}

impl<O: Oracle> Transcript<G1Affine, O::Challenge> for Rigged<O> {
    fn squeeze_challenge(&mut self) -> O::Challenge {
        let index = self.challenges;
        self.challenges += 1;
        if let Some(held) = self.held.take() {
            return held;
        }
        let challenge = self.hash.squeeze_challenge();
        match self.rig {
            Rig::Choose(chosen) if chosen == index => O::chosen(),
            Rig::Swap(first) if first == index => {
                self.held = Some(challenge);
                self.hash.squeeze_challenge()
            }
            _ => challenge,
        }
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        if self.skips() { Ok(()) } else { self.hash.common_point(point) }
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        let first = self.inputs == 0;
        if self.skips() {
            return Ok(());
        }
        match self.rig {
            Rig::Key(other) if first => self.hash.common_scalar(other),
            _ => self.hash.common_scalar(scalar),
        }
    }
}

impl<O: Oracle> TranscriptWrite<G1Affine, O::Challenge> for Rigged<O> {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        let unbound = matches!(self.rig, Rig::Unbound(index) if index == self.kinds.len());
        self.kinds.push(Kind::Point);
        self.proof.extend(Element::Point(point).write(self.scheme));
        if unbound { Ok(()) } else { self.hash.common_point(point) }
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.kinds.push(Kind::Scalar);
        self.proof.extend(Element::Scalar(scalar).write(self.scheme));
        self.hash.common_scalar(scalar)
    }
}
