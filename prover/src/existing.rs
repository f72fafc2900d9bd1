//! Knowing a proof that is there already: a run that was interrupted goes on after the blocks it has proved.

use foldproof_circuits::models::ModelRef;
use foldproof_circuits::pipeline::evaluate_at;
use foldproof_verifier::{Bundle, Context, Verified, verify};

use crate::prove::{Binding, Prover, Witness};

impl Prover {
    /// Verifies that `bundle` proves what [`prove`](Self::prove) would: the same statement by the same scheme, key and setup,
    /// about this witness with these salts, for this context, and with these models in this order. Headers are no part of what is
    /// proved: they may lack, but must not be others.
    ///
    /// # Errors
    /// What is wrong with it, or different about it.
    pub fn verify_existing<'m>(
        &self,
        bundle: &Bundle,
        witness: &Witness<'_>,
        models: &[impl Copy + Into<ModelRef<'m>>],
        binding: &Binding,
    ) -> Result<Verified, Mismatch> {
        let models: Vec<ModelRef<'m>> = models.iter().map(|model| (*model).into()).collect();
        let scheme = self.scheme.scheme();
        // First what takes no time to tell, and is told apart best.
        // Names do not tell all graphs apart.
        let (expected, found) = ((scheme, &self.keys.statement), (bundle.scheme(), bundle.statement()));
        if expected != found {
            let [expected, found] =
                [expected, found].map(|(scheme, statement)| format!("{statement} ({scheme})"));
            return Err(Mismatch::Shape { expected, found });
        }
        if bundle.scheme_claim() != self.scheme {
            return Err(Mismatch::Setup);
        }
        if bundle.unverified_context() != binding.context {
            return Err(Mismatch::Context { expected: binding.context, found: bundle.unverified_context() });
        }
        let instance = bundle.unverified_instance();
        if let (Some((core, _)), Some((blocks, codebook))) = (self.keys.statement.blocks(), witness.blocks())
        {
            for ((block, salts), inputs) in blocks.into_iter().zip(instance.blocks()) {
                let own = evaluate_at(core.size, block, codebook, salts);
                let own = own.map_err(|error| Mismatch::Block(error.to_string()))?.inputs;
                if own.codebook_root != inputs.codebook_root {
                    return Err(Mismatch::Codebook);
                }
                if own != *inputs {
                    return Err(Mismatch::Subject);
                }
            }
        }
        let found = instance.models.iter().map(|model| model.commitment);
        if !found.eq(models.iter().map(|model| model.commitment())) {
            return Err(Mismatch::Models);
        }
        let headers = bundle.unverified_headers();
        if !headers.is_empty() && headers != binding.headers {
            return Err(Mismatch::Header);
        }
        Ok(verify(bundle, &self.own_policy(witness, &models))?)
    }
}

fn words(context: Option<Context>) -> String {
    context.map_or_else(|| "no context".to_owned(), |context| format!("the context {context}"))
}

/// Why a bundle is not the one that would be made.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// Another statement or scheme.
    #[error("a proof of {expected} was expected, found one of {found}")]
    Shape {
        /// Statement and scheme of the proof that would be made.
        expected: String,
        /// Those of the bundle.
        found: String,
    },
    /// Another trusted setup.
    #[error("it was made under another setup than the one given")]
    Setup,
    /// Another context, or one where there should be none.
    #[error("it was made for {}, and a proof for {} was expected", words(*found), words(*expected))]
    Context {
        /// That of the proof that would be made.
        expected: Option<Context>,
        /// That of the bundle.
        found: Option<Context>,
    },
    /// Other headers.
    #[error("a header beside it is not that of its block")]
    Header,
    /// The block has no fingerprint.
    #[error("{0}")]
    Block(String),
    /// Another codebook.
    #[error("it was made under another codebook than the one given")]
    Codebook,
    /// Other values, or other salts.
    #[error("it is about another block, or its commitments have another salt")]
    Subject,
    /// Other models, or in another order.
    #[error("it has the word of other models than those given, or in another order")]
    Models,
    /// No proof of what it says.
    #[error("it does not verify ({0})")]
    Proof(#[from] foldproof_verifier::Error),
}
