//! Every bundle under every other statement, key, scheme and setup, as far as an attacker can take it by rewriting what
//! stands around the proof.

use std::sync::Arc;

use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::statement::Statement;
use foldproof_params::keys::transparent;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_verifier::{
    Bundle, Error, KeyError, Policy, Scheme, SchemeClaim, SetupClaim, VerifierKey, verify,
};
use halo2curves::bn256::Fr;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::bytes::{Field, start};
use crate::exhibits::{
    ANALYTICS, BLOCK, Exhibit, OTHER_ANALYTICS, VALUES, Witness, all, claim, exhibit, graphs, key_store,
    named, rows_of, scheme_claim, setup, some, statement, trusted, trusting,
};
use crate::malicious::Forgery;
use crate::tally::{each, refused, refused_bytes};

/// A statement a bundle is passed off as being of, with its key and the public inputs of an honest proof.
struct Guise {
    statement: Statement,
    key: VerifierKey,
    rows: Vec<Fr>,
}

impl Guise {
    fn of(exhibit: &Exhibit) -> Self {
        Self {
            statement: exhibit.statement.clone(),
            key: exhibit.keys.verifying.clone(),
            rows: exhibit.rows(),
        }
    }

    /// Of a statement that is proved nowhere here: another size, another codebook.
    fn unproved(name: &str, scheme: Scheme) -> Self {
        let statement = statement(name);
        let bytes = match scheme {
            Scheme::Transparent => transparent(name).unwrap().bytes.to_vec(),
            Scheme::Kzg | Scheme::Evm => key_store(scheme, setup()).verifying_bytes(&statement).unwrap(),
        };
        let key = VerifierKey::from_bytes(&statement, scheme, &bytes).unwrap();
        let rows = rows_of(&Witness::new(&statement, false).layout(&statement));
        Self { statement, key, rows }
    }

    fn bundle(&self, key_digest: [u8; 32], proof: Vec<u8>) -> Bundle {
        let claim = scheme_claim(self.key.scheme());
        let instance = PublicInputs::from_rows(&self.statement, self.rows.iter().copied()).unwrap();
        Bundle::new(self.statement.clone(), claim, key_digest, instance, proof).unwrap()
    }

    /// Takes the guise's public inputs whatever they are.
    fn policy(&self) -> Policy {
        let witness = Witness::new(&self.statement, false);
        let policy = Policy::any_codebook().and_values().models(witness.entries());
        trusting(policy, [self.key.clone()])
    }
}

/// How much of a bundle is rewritten.
#[derive(Clone, Copy, Debug)]
enum Rewritten {
    /// The statement's name.
    Name,
    /// And the public inputs.
    Inputs,
    /// And the key's digest.
    Key,
    /// And the length of the proof.
    Length,
}

fn pass_off(exhibit: &Exhibit, guise: &Guise, rewritten: Rewritten) -> Result<Error, String> {
    let (own, proof) = (exhibit.keys.verifying.digest(), exhibit.bundle.proof().to_vec());
    let policy = guise.policy();
    let bundle = match rewritten {
        Rewritten::Name => {
            let bytes = exhibit.bundle.to_bytes();
            let (from, to) = (start(exhibit, Field::StatementLength), start(exhibit, Field::Scheme));
            let name = guise.statement.to_bytes();
            let length = (name.len() as u16).to_le_bytes();
            return refused_bytes(&[&bytes[..from], &length, &name, &bytes[to..]].concat(), &policy);
        }
        Rewritten::Inputs => guise.bundle(own, proof),
        Rewritten::Key => guise.bundle(guise.key.digest(), proof),
        Rewritten::Length => {
            let proof = proof.iter().copied().cycle().take(guise.key.proof_length());
            guise.bundle(guise.key.digest(), proof.collect())
        }
    };
    refused(|| verify(&bundle, &policy).map(drop))
}

fn pass_off_all(exhibits: &[Arc<Exhibit>], guises: &[Guise]) {
    use Rewritten::{Inputs, Key, Length, Name};
    for exhibit in exhibits {
        let others = guises
            .iter()
            .filter(|guise| (&guise.statement, guise.key.scheme()) != (&exhibit.statement, exhibit.scheme));
        // Of another scheme, the name alone is no different.
        let cases: Vec<(&Guise, Rewritten)> = others
            .flat_map(|guise| [Name, Inputs, Key, Length].map(|rewritten| (guise, rewritten)))
            .filter(|(guise, rewritten)| !matches!(rewritten, Name) || guise.key.scheme() == exhibit.scheme)
            .collect();
        let named: Vec<_> = cases
            .iter()
            .map(|(guise, rewritten)| (guise.statement.name(), guise.key.scheme(), rewritten))
            .collect();
        let indices: Vec<usize> = (0..cases.len()).collect();
        each(
            &format!("passed off as of other statements and schemes: {}", exhibit.title()),
            &indices,
            |index| {
                pass_off(exhibit, cases[*index].0, cases[*index].1)
                    .map_err(|e| format!("{e}: {:?}", named[*index]))
            },
            |index, error| {
                let (guise, rewritten) = cases[*index];
                let same_length = guise.key.proof_length() == exhibit.bundle.proof().len();
                match rewritten {
                    Name if guise.statement.rows() != exhibit.statement.rows() => {
                        matches!(error, Error::RowCount { .. })
                    }
                    Name => matches!(error, Error::StatementRow { .. }),
                    Inputs => matches!(error, Error::KeyDigest { .. }),
                    Key if !same_length => matches!(error, Error::ProofLength { .. }),
                    Key | Length => matches!(error, Error::ProofRejected | Error::ProofEncoding { .. }),
                }
            },
        );
    }
}

#[test]
fn bundles_are_of_one_statement_and_scheme() {
    let exhibits = some();
    let mut guises: Vec<Guise> = exhibits.iter().map(|exhibit| Guise::of(exhibit)).collect();
    guises.push(Guise::unproved(OTHER_ANALYTICS, Scheme::Kzg));
    pass_off_all(&exhibits, &guises);
}

#[test]
#[ignore = "a minute"]
fn bundles_are_of_one_statement_and_scheme_all() {
    let exhibits = all();
    let mut guises: Vec<Guise> = exhibits.iter().map(|exhibit| Guise::of(exhibit)).collect();
    for name in ["core-small-256", "core-medium-64"] {
        guises.extend(Scheme::ALL.map(|scheme| Guise::unproved(name, scheme)));
    }
    guises.extend([Scheme::Kzg, Scheme::Evm].map(|scheme| Guise::unproved(OTHER_ANALYTICS, scheme)));
    pass_off_all(&exhibits, &guises);
}

/// Every key under the name of every other statement and scheme: refused, or, where circuits have the same columns, of no use.
#[test]
fn keys_are_of_one_statement_and_scheme() {
    let analytics = [ANALYTICS, OTHER_ANALYTICS].map(|name| exhibit(name, Scheme::Kzg)).to_vec();
    let exhibits = [named(&VALUES), graphs(), named(&[BLOCK]), analytics].concat();
    for of in &exhibits {
        let bytes = &of.keys.verifying_bytes;
        for to in exhibits.iter().filter(|to| (&to.statement, to.scheme) != (&of.statement, of.scheme)) {
            let told = VerifierKey::from_bytes(&to.statement, to.scheme, bytes).unwrap_err();
            match of.statement == to.statement {
                true => assert!(matches!(told, KeyError::Scheme { .. }), "{told}"),
                false => assert!(matches!(told, KeyError::Statement { .. }), "{told}"),
            }
            let length = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
            let name = to.statement.to_bytes();
            let mut renamed =
                [&bytes[..10], &(name.len() as u16).to_le_bytes(), &name, &bytes[12 + length..]].concat();
            renamed[12 + name.len()] = to.scheme.number();
            match VerifierKey::from_bytes(&to.statement, to.scheme, &renamed) {
                Err(told) => {
                    // Other columns, or selectors that are compressed into other columns.
                    assert!(matches!(told, KeyError::Size { .. } | KeyError::FixedColumns { .. }), "{told}");
                }
                // A verifier that is tricked into trusting it takes no proof of the other statement for one of this.
                Ok(key) => {
                    let guise = Guise { statement: to.statement.clone(), key, rows: to.rows() };
                    for rewritten in [Rewritten::Inputs, Rewritten::Key, Rewritten::Length] {
                        let error = pass_off(of, &guise, rewritten).unwrap();
                        let pinned =
                            transparent(&to.statement.name()).is_some() && to.scheme == Scheme::Transparent;
                        let suits = match rewritten {
                            Rewritten::Inputs => matches!(error, Error::KeyDigest { .. }),
                            // Nothing takes the place of a pinned key.
                            _ if pinned => matches!(error, Error::KeyDigest { .. }),
                            _ => matches!(
                                error,
                                Error::ProofLength { .. }
                                    | Error::ProofRejected
                                    | Error::ProofEncoding { .. }
                            ),
                        };
                        assert!(suits, "{} as {}: {error}", of.title(), to.title());
                    }
                }
            }
        }
        // Without the key there is no verdict.
        if of.scheme.has_setup() || transparent(&of.statement.name()).is_none() {
            let others = exhibits.iter().filter(|other| other.statement != of.statement);
            let policy = of.witness.policy().models(of.witness.entries());
            let policy = trusting(policy, others.map(|other| other.keys.verifying.clone()));
            let error = verify(&of.bundle, &policy).unwrap_err();
            assert!(matches!(error, Error::NoKey { .. }) && !error.is_rejection(), "{error}");
        }
    }
}

#[test]
fn setups_are_not_interchangeable() {
    let other = insecure_test_setup(11, ChaCha20Rng::seed_from_u64(2)).unwrap();
    let other_claim = SetupClaim { id: other.id().digest.0, insecure: true };
    for exhibit in named(&VALUES[..1]).into_iter().filter(|exhibit| exhibit.scheme.has_setup()) {
        let key = exhibit.keys.verifying.clone();
        let base = || exhibit.witness.policy().models(exhibit.witness.entries());
        let bundle = |claim, digest, proof: &[u8]| {
            let instance = exhibit.bundle.unverified_instance().clone();
            let claim = SchemeClaim::new(exhibit.scheme, Some(claim)).unwrap();
            Bundle::new(exhibit.statement.clone(), claim, digest, instance, proof.to_vec()).unwrap()
        };
        let proof = exhibit.bundle.proof();
        let told = |bundle: &Bundle, policy: Policy| verify(bundle, &policy).unwrap_err();

        let elsewhere = base().trust_setup(trusted(&other, vec![key.clone()])).allow_insecure_setup();
        let error = told(&exhibit.bundle, elsewhere.clone());
        assert!(matches!(error, Error::SetupNotTrusted { .. }), "{error}");
        let both = elsewhere.clone().trust_setup(trusted(setup(), vec![key.clone()]));
        verify(&exhibit.bundle, &both).unwrap();
        for policy in [elsewhere, both] {
            assert_eq!(told(&bundle(other_claim, key.digest(), proof), policy), Error::ProofRejected);
        }

        // A proof under keys of the attacker's setup.
        let mut key_store = key_store(exhibit.scheme, &other);
        let keys = key_store.keys(&exhibit.statement).unwrap();
        let forged = Forgery::of(&exhibit.layout);
        let forged = forged.prove(exhibit.scheme, &keys.parameters, &keys.proving).bytes;
        let own = base().trust_setup(trusted(&other, vec![keys.verifying.clone()])).allow_insecure_setup();
        verify(&bundle(other_claim, keys.verifying.digest(), &forged), &own).unwrap();
        let error = told(&bundle(other_claim, keys.verifying.digest(), &forged), exhibit.policy());
        assert!(matches!(error, Error::SetupNotTrusted { .. }), "{error}");
        let error = told(&bundle(claim(), keys.verifying.digest(), &forged), exhibit.policy());
        assert!(matches!(error, Error::KeyDigest { .. }), "{error}");
        assert_eq!(told(&bundle(claim(), key.digest(), &forged), exhibit.policy()), Error::ProofRejected);

        // The mark of an insecure setup.
        let unmarked = bundle(SetupClaim { insecure: false, ..claim() }, key.digest(), proof);
        assert_eq!(told(&unmarked, exhibit.policy()), Error::SetupFlag { expected: true, found: false });
        let id = claim().id;
        let strict = base().trust_setup(trusted(setup(), vec![key.clone()]));
        assert_eq!(told(&exhibit.bundle, strict.clone()), Error::SetupInsecure { id });
        assert_eq!(told(&unmarked, strict), Error::SetupFlag { expected: true, found: false });
        let none = base().allow_insecure_setup();
        assert_eq!(told(&exhibit.bundle, none), Error::SetupNotTrusted { trusted: vec![], found: id });
    }
}
