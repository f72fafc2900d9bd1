//! The layout of a statement's circuit: every stage in its rows of one assignment, which is replayed to halo2.

mod analytics;
mod block;
mod decision;
mod digest;
mod error;
mod synthesis;
mod witness;

use halo2curves::bn256::Fr;

pub use error::LayoutError;

pub use crate::columns::Stage;

#[cfg(feature = "testing")]
use crate::assignment::Lies;
use crate::assignment::{Assignment, Cell};
use crate::block::{Block, WitnessBundle};
use crate::chips::arith::{FOLDED_OFFSET, Wire};
use crate::chips::{ORDER, UNUSABLE_ROWS, lookup, models, packing};
use crate::codebook::{Codebook, SUBSPACE_DIM, SUBSPACES};
use crate::evidence::Evidence;
use crate::fixed::to_integer;
use crate::model::INPUT_BITS;
use crate::models::ModelRef;
use crate::pipeline::{EvaluateError, Fingerprint, evaluate_at};
use crate::poseidon::Domain;
use crate::public::{Instance, ModelInputs, PublicInputs, SubjectInputs};
use crate::rows::first_record;
use crate::stages::commit::texts::TextTable;
use crate::stages::commit::{Salts, folded_shape, matrix_shape, vector_shape};
use crate::stages::features::text_circuit::assert_pads;
use crate::stages::graph;
use crate::stages::values::circuit::ModelBand;
use crate::statement::{ModelShape, Statement, Subject};
use crate::zone_config::ZoneConfig;

use analytics::Given;
use block::BlockBand;
use witness::{Blank, Witness, check_config, check_models};

/// A statement and the assignment of its circuit, with a witness or blank.
#[derive(Clone, Debug)]
pub struct Layout {
    statement: Statement,
    assignment: Assignment,
    stages: Vec<Stage>,
}

impl Layout {
    /// Lays out the proof that `block` has the fingerprint it has under `codebook`, and that `models` say of it what
    /// they say; returns it with the fingerprint.
    ///
    /// # Errors
    /// If the block has no record or does not fit, or codebook or models have other shapes than the statement says.
    pub fn of_block<'m>(
        statement: &Statement,
        block: &Block,
        codebook: &Codebook,
        salts: &Salts,
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<(Self, Fingerprint), LayoutError> {
        Self::of_block_under(statement, block, codebook, None, salts, models)
    }

    /// As [`of_block`](Self::of_block), with analytics under the configuration that the statement commits to.
    ///
    /// # Errors
    /// Likewise, and if there is no configuration where the statement commits to one, or there is where it does not.
    pub fn of_block_under<'m>(
        statement: &Statement,
        block: &Block,
        codebook: &Codebook,
        config: Option<&ZoneConfig>,
        salts: &Salts,
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<(Self, Fingerprint), LayoutError> {
        let given = Witness { blocks: &[(block, salts)], codebook, config, models: &refs(models) };
        let (layout, mut fingerprints) = Self::blocks_on(new_assignment(statement), statement, &given)?;
        Ok((layout, fingerprints.remove(0)))
    }

    /// Lays out the proof that each of these blocks, in this order and with these salts, has the fingerprint it has under
    /// `codebook`; returns it with the fingerprints.
    ///
    /// # Errors
    /// If there are more or fewer than the statement is about, and as [`of_block`](Self::of_block).
    pub fn of_blocks(
        statement: &Statement,
        blocks: &[(&Block, &Salts)],
        codebook: &Codebook,
    ) -> Result<(Self, Vec<Fingerprint>), LayoutError> {
        let given = Witness { blocks, codebook, config: None, models: &[] };
        Self::blocks_on(new_assignment(statement), statement, &given)
    }

    fn blocks_on(
        mut assignment: Assignment,
        statement: &Statement,
        given: &Witness<'_>,
    ) -> Result<(Self, Vec<Fingerprint>), LayoutError> {
        let Witness { blocks, codebook, models, .. } = *given;
        let subject = || LayoutError::Subject { expected: statement.name(), found: "a block" };
        let (core, count) = statement.blocks().ok_or_else(subject)?;
        if blocks.len() != count {
            return Err(LayoutError::Blocks { expected: count, found: blocks.len() });
        }
        check_models(statement, models)?;
        let config = check_config(statement, given.config)?;
        if codebook.len() != core.centroids.count() {
            let (expected, found) = (core.centroids.count(), codebook.len());
            return Err(LayoutError::Centroids { expected, found });
        }
        let mut fingerprints = Vec::with_capacity(count);
        for (place, (block, salts)) in blocks.iter().enumerate() {
            fingerprints.push(evaluate_at(core.size, block, codebook, salts).map_err(
                |error| match count {
                    1 => LayoutError::Evaluate(error),
                    _ => LayoutError::EvaluateOne { place, error },
                },
            )?);
        }
        let element = to_integer(statement.element());
        let mut band = BlockBand::new(&mut assignment, core, codebook, first_record(statement.rows()));
        let mut laid_out = Vec::with_capacity(count);
        for (block, salts) in blocks {
            let texts = TextTable::new(core.size, block)
                .map_err(|oversize| LayoutError::Evaluate(EvaluateError::Oversize(oversize)))?;
            laid_out.push(band.lay_out(&element, block, &texts, salts));
        }
        let (shared, mut next, mut sponge, mut stages) = band.finish();
        let (mut analytics, mut unblended) = (None, None);
        if let Some(parts) = statement.analytics() {
            // Only a statement about one block has them.
            let (block, salts) = blocks[0];
            let given = Given { block, size: core.size, codebook, config, salts };
            let found = analytics::lay_out(
                &mut assignment,
                &mut sponge,
                next,
                statement,
                parts,
                &laid_out[0],
                &given,
            );
            (analytics, unblended, next) = (Some(found.inputs), found.unblended, found.next);
            stages.extend(found.stages);
        }
        let mut band = ModelBand::below(next, sponge);
        let offset_cell = |wire: &Wire| {
            assert_eq!(
                wire.offset,
                FOLDED_OFFSET.into(),
                "models read folded values with half their range on top"
            );
            wire.cell
        };
        // Models speak about the only block: a statement about several has none.
        let values: Vec<Cell> = laid_out[0].folded.iter().map(offset_cell).collect();
        let models = lay_out_models(&mut band, &mut assignment, models, &values);
        let mut blended = None;
        if let (Some(analytics), Some(unblended)) = (&mut analytics, unblended) {
            // Its threshold stands before the score of the first head.
            let (score, stage) = unblended.blend(&mut assignment, band.next, models[0].outputs[1]);
            (analytics.hybrid, blended) = (Some(score), Some(stage));
        }
        let inputs: Vec<_> = laid_out.into_iter().map(|block| block.inputs).collect();
        let subject = match (statement.subject(), &inputs[..]) {
            (Subject::Block(_), [inputs]) => SubjectInputs::Block(*inputs),
            _ => SubjectInputs::Blocks(inputs),
        };
        let public = PublicInputs { statement: shared.statement, subject, analytics, models };
        public.rows().into_iter().for_each(|cell| assignment.expose(*cell));
        assert_pads(&assignment);
        stages.extend(band.stages().into_iter().chain(blended));
        Ok((Self::finish(statement.clone(), assignment, stages), fingerprints))
    }

    /// Lays out the proof that `models` say of the committed `values` what they say.
    ///
    /// # Errors
    /// If values or models have other shapes than the statement says, or a value has more than 36 bits; if the statement is about a
    /// sequence, whose fingerprints have a salt each: see [`of_sequence`](Self::of_sequence).
    pub fn of_values<'m>(
        statement: &Statement,
        values: &[i64],
        salt: Fr,
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<Self, LayoutError> {
        Self::of_sequence(statement, values, &[salt], models)
    }

    /// As [`of_values`](Self::of_values), position by position and with a salt for each commitment.
    ///
    /// # Errors
    /// Likewise, and if there is another number of salts.
    pub fn of_sequence<'m>(
        statement: &Statement,
        values: &[i64],
        salts: &[Fr],
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<Self, LayoutError> {
        Self::values_on(new_assignment(statement), statement, values, salts, &refs(models))
    }

    fn values_on(
        mut assignment: Assignment,
        statement: &Statement,
        values: &[i64],
        salts: &[Fr],
        models: &[ModelRef<'_>],
    ) -> Result<Self, LayoutError> {
        if statement.blocks().is_some() || statement.subject().decision().is_some() {
            return Err(LayoutError::Subject { expected: statement.name(), found: "values" });
        }
        check_models(statement, models)?;
        let expected = statement.models().next().map_or(0, ModelShape::inputs);
        if values.len() != expected {
            return Err(LayoutError::Values { expected, found: values.len() });
        }
        let half = 1_i64 << (INPUT_BITS - 1);
        if let Some((index, found)) = values.iter().enumerate().find(|(_, v)| !(-half..half).contains(*v)) {
            return Err(LayoutError::Value { index, found: *found });
        }
        let mut band = ModelBand::new(statement);
        let number = band.constant(&mut assignment, statement);
        let (domain, shape) = match statement.subject() {
            Subject::Fingerprint
            | Subject::Block(_)
            | Subject::Blocks { .. }
            | Subject::Sequence { .. }
            | Subject::Decision(_) => (Domain::Fold, folded_shape()),
            Subject::Vector(length) => (Domain::Vector, vector_shape(length.into())),
            Subject::Matrix { positions, channels } => (Domain::Vector, matrix_shape(positions, channels)),
        };
        let commitments = statement.subject().commitments();
        if salts.len() != commitments {
            return Err(LayoutError::Salts { expected: commitments, found: salts.len() });
        }
        let (mut committed, mut cells) = (Vec::new(), Vec::new());
        for (values, salt) in values.chunks(values.len() / commitments).zip(salts) {
            let (commitment, values) = band.values(&mut assignment, values, *salt, domain, shape);
            committed.push(commitment);
            cells.extend(values);
        }
        let subject = match (statement.subject(), &committed[..]) {
            (Subject::Sequence { .. }, _) => SubjectInputs::Sequence(committed),
            (_, commitments) => SubjectInputs::Values(commitments[0]),
        };
        let models = lay_out_models(&mut band, &mut assignment, models, &cells);
        let public = PublicInputs { statement: number, subject, analytics: None, models };
        public.rows().into_iter().for_each(|cell| assignment.expose(*cell));
        Ok(Self::finish(statement.clone(), assignment, band.stages()))
    }

    /// The circuit on an empty block or zeros, and models of zeros: what keys are made from.
    pub fn blank(statement: &Statement) -> Self {
        if let Some(decision) = statement.subject().decision() {
            let salts = vec![Fr::zero(); statement.subject().commitments()];
            return Self::of_decision(statement, &Evidence::blank(decision), &salts)
                .expect("zeros fit every decision");
        }
        let models: Vec<Blank> = statement.models().map(Blank::of).collect();
        let models: Vec<ModelRef<'_>> = models.iter().map(Blank::as_ref).collect();
        let Some((core, count)) = statement.blocks() else {
            let values = vec![0; statement.models().next().map_or(0, ModelShape::inputs)];
            let salts = vec![Fr::zero(); statement.subject().commitments()];
            return Self::of_sequence(statement, &values, &salts, &models)
                .expect("zeros fit every statement");
        };
        let block = Block { bundles: vec![WitnessBundle::default()], ..Block::default() };
        let centroids = vec![[[0; SUBSPACE_DIM]; SUBSPACES]; core.centroids.count()];
        let codebook = Codebook::new([0; 16], [0; 16], centroids, 0).expect("zeros are a codebook");
        let salts = Salts::none();
        let blocks = vec![(&block, &salts); count];
        let config = statement.analytics().and_then(|analytics| analytics.any_config());
        let given =
            Witness { blocks: &blocks, codebook: &codebook, config: config.as_ref(), models: &models };
        let (layout, _) = Self::blocks_on(new_assignment(statement), statement, &given)
            .expect("one record fits every size");
        layout
    }

    fn finish(statement: Statement, mut assignment: Assignment, stages: Vec<Stage>) -> Self {
        lookup::lay_out(&mut assignment);
        lookup::count(&mut assignment);
        packing::assert_streams(&assignment);
        assert!(
            assignment.instance().len() < assignment.rows(),
            "a context has its row after the public inputs"
        );
        Self { statement, assignment, stages }
    }

    /// What a malicious prover lays out who writes `lies` into cells and computes all that follows from them.
    ///
    /// # Errors
    /// As [`Self::of_block`].
    #[cfg(feature = "testing")]
    pub fn of_block_with<'m>(
        lies: Lies,
        statement: &Statement,
        block: &Block,
        codebook: &Codebook,
        salts: &Salts,
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<Self, LayoutError> {
        let assignment = new_assignment(statement).with_lies(lies);
        let config = statement.analytics().and_then(|analytics| analytics.any_config());
        let models = &refs(models);
        let given = Witness { blocks: &[(block, salts)], codebook, config: config.as_ref(), models };
        Ok(Self::blocks_on(assignment, statement, &given)?.0)
    }

    /// As [`Self::of_block_with`], for several blocks.
    ///
    /// # Errors
    /// As [`Self::of_blocks`].
    #[cfg(feature = "testing")]
    pub fn of_blocks_with(
        lies: Lies,
        statement: &Statement,
        blocks: &[(&Block, &Salts)],
        codebook: &Codebook,
    ) -> Result<Self, LayoutError> {
        let assignment = new_assignment(statement).with_lies(lies);
        let given = Witness { blocks, codebook, config: None, models: &[] };
        Ok(Self::blocks_on(assignment, statement, &given)?.0)
    }

    /// As [`Self::of_block_with`], for values.
    ///
    /// # Errors
    /// As [`Self::of_values`].
    #[cfg(feature = "testing")]
    pub fn of_values_with<'m>(
        lies: Lies,
        statement: &Statement,
        values: &[i64],
        salt: Fr,
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<Self, LayoutError> {
        Self::of_sequence_with(lies, statement, values, &[salt], models)
    }

    /// As [`Self::of_block_with`], for values with a salt for each commitment.
    ///
    /// # Errors
    /// As [`Self::of_sequence`].
    #[cfg(feature = "testing")]
    pub fn of_sequence_with<'m>(
        lies: Lies,
        statement: &Statement,
        values: &[i64],
        salts: &[Fr],
        models: &[impl Copy + Into<ModelRef<'m>>],
    ) -> Result<Self, LayoutError> {
        Self::values_on(new_assignment(statement).with_lies(lies), statement, values, salts, &refs(models))
    }

    /// As [`Self::of_block_with`], for a decision.
    ///
    /// # Errors
    /// As [`Self::of_decision`].
    #[cfg(feature = "testing")]
    pub fn of_decision_with(
        lies: Lies,
        statement: &Statement,
        evidence: &Evidence,
        salts: &[Fr],
    ) -> Result<Self, LayoutError> {
        Self::decision_on(new_assignment(statement).with_lies(lies), statement, evidence, salts)
    }

    /// A circuit with an assignment of the caller's: what a malicious prover could do.
    #[cfg(feature = "testing")]
    pub fn forged(&self, assignment: Assignment) -> Self {
        Self { assignment, ..self.clone() }
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The assignment.
    pub fn assignment(&self) -> &Assignment {
        &self.assignment
    }

    /// Columns of the first phase, by number, down to the last usable row.
    pub fn first_phase(&self) -> Vec<&[Fr]> {
        let bands = self.statement.bands();
        let columns = self.assignment.advice().iter().enumerate();
        columns.filter(|(index, _)| bands.advice(*index)).map(|(_, column)| &column[..]).collect()
    }

    /// Columns of the second phase, whose numbers follow, after the challenges.
    pub fn second_phase(&self, challenges: &[Fr]) -> Vec<Vec<Fr>> {
        second_phase(&self.assignment, challenges)
    }

    /// Rows by stage. The sponges stand beside the others and start at row 0.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The public inputs, read where the circuit exposes them.
    pub fn instance(&self) -> Instance {
        let rows = self.assignment.instance().iter().map(|cell| self.assignment.read(*cell));
        PublicInputs::from_rows(&self.statement, rows).expect("a layout exposes the rows of its statement")
    }
}

fn new_assignment(statement: &Statement) -> Assignment {
    Assignment::new(statement.bands(), (1 << statement.k()) - UNUSABLE_ROWS)
}

fn refs<'m>(models: &[impl Copy + Into<ModelRef<'m>>]) -> Vec<ModelRef<'m>> {
    models.iter().map(|model| (*model).into()).collect()
}

/// What models say of values, whose cells have half their range on top.
fn lay_out_models(
    band: &mut ModelBand,
    assignment: &mut Assignment,
    models: &[ModelRef<'_>],
    values: &[Cell],
) -> Vec<ModelInputs<Cell>> {
    let lay_out = |(index, model): (usize, &ModelRef<'_>)| match model {
        ModelRef::Dense(model) => band.model(assignment, model, values),
        ModelRef::Graph(model, salts) => {
            graph::circuit::lay_out(band, assignment, model, index, values, salts)
        }
    };
    models.iter().enumerate().map(lay_out).collect()
}

/// Columns of the second phase, which follow from the challenges.
fn second_phase(assignment: &Assignment, challenges: &[Fr]) -> Vec<Vec<Fr>> {
    let mut columns = Vec::new();
    if let [alpha, beta, ..] = challenges {
        columns.extend(lookup::second_phase(assignment, *alpha, *beta));
    }
    columns.extend(models::second_phase(assignment, challenges.get(2..).unwrap_or_default()));
    columns
}

/// Which rows each selector is on in, in their order, over all 2^k rows: what a verifying key needs besides its commitments.
pub fn selectors(statement: &Statement) -> Vec<Vec<bool>> {
    let rows = 1 << statement.k();
    let layout = Layout::blank(statement);
    let bands = statement.bands();
    let gates = ORDER.iter().filter(|gate| bands.gate(**gate));
    gates
        .map(|gate| {
            let mut on = layout.assignment.enabled()[*gate as usize].clone();
            on.resize(rows, false);
            on
        })
        .collect()
}
