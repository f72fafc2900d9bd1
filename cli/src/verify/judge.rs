//! From bundles to verdicts. A bundle names its statement, and with it how much work its key is: everything that needs no key is
//! asked first, setup included, and whatever is refused then costs nothing. What is lacking for a bundle is its own verdict.

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::Setup;
use foldproof_prover::keys::{KeyError, KeyStore};
use foldproof_verifier::{Bundle, Error, KzgSetup, Policy, Scheme, pinned_key, verify, verify_batch};

use super::asked::Asked;
use super::report::{Finding, Why};
use crate::shared::Cache;
use crate::why::why;

/// Bundles without a verdict yet, by their place among the files.
type Open = BTreeMap<usize, Bundle>;
/// A bundle's place, and its verdict.
type Judged = Vec<(usize, Finding)>;

/// Verdicts on bundles.
pub fn judge(asked: &Asked<'_>, cache: &Cache, bundles: Vec<(usize, Bundle)>) -> Judged {
    let mut judge = Judge { asked, cache, open: bundles.into_iter().collect(), judged: Vec::new() };
    let setup = judge.find_setup();
    judge.find_keys(setup)
}

/// Makers of keys, by scheme.
type Makers = BTreeMap<Scheme, KeyStore<'static>>;

struct Judge<'a> {
    asked: &'a Asked<'a>,
    cache: &'a Cache,
    open: Open,
    judged: Judged,
}

impl Judge<'_> {
    fn close(&mut self, place: usize, finding: Finding) {
        if self.open.remove(&place).is_some() {
            self.judged.push((place, finding));
        }
    }

    /// Gives bundles their verdicts; `None` leaves one open.
    fn close_each(&mut self, mut finding: impl FnMut(&Bundle) -> Option<Finding>) {
        let found: Judged =
            self.open.iter().filter_map(|(place, bundle)| Some((*place, finding(bundle)?))).collect();
        found.into_iter().for_each(|(place, finding)| self.close(place, finding));
    }

    /// The setup, if there is a bundle that lacks nothing else so far.
    fn find_setup(&mut self) -> Option<Setup> {
        let asked = self.asked;
        self.close_each(|bundle| {
            if !bundle.scheme().has_setup() {
                return None;
            }
            match verify(bundle, &asked.policy) {
                Err(Error::SetupNotTrusted { found, .. }) => {
                    let trusted = asked.setups.clone().filter(|trusted| !trusted.contains(&found))?;
                    Some(asked.finding(Err(Error::SetupNotTrusted { trusted, found })))
                }
                told => Some(asked.finding(told)),
            }
        });
        if !self.open.values().any(|bundle| bundle.scheme().has_setup()) {
            return None;
        }
        let setup = self.cache.setup(asked.args.params.as_deref());
        let (setup, lacking) = match setup {
            Ok(setup) => (Some(setup), None),
            Err(error) => (None, Some(why(&error))),
        };
        let given = setup.as_ref().map(|setup| setup.id().digest.0);
        self.close_each(|bundle| {
            let claimed = bundle.setup()?.id;
            if let Some(lacking) = &lacking {
                return Some(Finding::Unknown(Why::new(lacking)));
            }
            let listed = asked.setups.as_ref().is_some_and(|trusted| trusted.contains(&claimed));
            (listed && given != Some(claimed)).then(|| {
                let [claimed, given] = [claimed, given.unwrap_or_default()].map(hex::encode);
                let text = format!("setup: the policy trusts {claimed}, the one at hand is {given}");
                Finding::Unknown(Why::new(&text).advise("name the file of the bundle's setup with --params"))
            })
        });
        setup
    }

    /// Verdicts on the rest: keys are made for what the policy would take if its proof holds.
    fn find_keys(mut self, setup: Option<Setup>) -> Judged {
        let asked = self.asked;
        let trusted = setup.as_ref().map(|setup| KzgSetup {
            verifier: setup.verifier(),
            insecure: setup.is_insecure(),
            keys: Vec::new(),
        });
        let policy = trusted.into_iter().fold(asked.policy.clone(), Policy::trust_setup);
        let mut lacking: BTreeSet<(Scheme, Statement)> = BTreeSet::new();
        self.close_each(|bundle| {
            let (scheme, statement) = (bundle.scheme(), bundle.statement());
            if scheme == Scheme::Transparent && pinned_key(statement).is_some() {
                return None;
            }
            match verify(bundle, &policy) {
                Err(Error::NoKey { .. }) => {
                    lacking.insert((scheme, statement.clone()));
                    None
                }
                told => Some(asked.finding(told)),
            }
        });
        let mut makers = Makers::new();
        let schemes: BTreeSet<Scheme> = lacking.iter().map(|(scheme, _)| *scheme).collect();
        for scheme in schemes {
            let setup = setup.clone().filter(|_| scheme.has_setup());
            let key_store = self.cache.reporting(scheme, setup);
            makers.insert(scheme, key_store.unasked_up_to(asked.args.max_k));
        }
        let policy = self.make_keys(&mut makers, &lacking);
        self.check_proofs(&policy);
        // Nothing that was made for a rejected bundle stays.
        for (_, finding) in &self.judged {
            if let Finding::Verified(verified) = finding
                && let Some(key_store) = makers.get_mut(&verified.scheme())
            {
                key_store.keep(verified.statement());
            }
        }
        self.judged
    }

    /// The policy with the keys of these statements, as far as they can be made.
    fn make_keys(&mut self, makers: &mut Makers, lacking: &BTreeSet<(Scheme, Statement)>) -> Policy {
        let mut policy = self.asked.policy.clone();
        for (scheme, statement) in lacking {
            let Some(key_store) = makers.get_mut(scheme) else { continue };
            match key_store.verifying_key(statement) {
                Ok(key) if *scheme == Scheme::Transparent => policy = policy.trust_key(key.clone()),
                Ok(_) => {}
                Err(error) => {
                    let unasked = matches!(error, KeyError::Unasked { .. });
                    let mut told = Why::new(&why(&anyhow::Error::new(error)));
                    if unasked {
                        let k = statement.k();
                        told = told.advise(format!("if you trust the statement, --max-k {k} makes its key"));
                    }
                    let concerns =
                        |bundle: &Bundle| (bundle.scheme(), bundle.statement()) == (*scheme, statement);
                    self.close_each(|bundle| concerns(bundle).then(|| Finding::Unknown(told.clone())));
                }
            }
        }
        let trusted = makers.values().filter_map(KeyStore::trusted).reduce(|mut trusted, other| {
            trusted.keys.extend(other.keys);
            trusted
        });
        trusted.into_iter().fold(policy, Policy::trust_setup)
    }

    /// All at once, and one by one where that does not hold, so that each gets its own verdict.
    fn check_proofs(&mut self, policy: &Policy) {
        let asked = self.asked;
        // What a second bundle claims again is no part of the batch.
        let mut claimed = BTreeSet::new();
        let distinct = self.open.iter().filter(|(_, bundle)| claimed.insert(bundle.unverified_instance()));
        let (places, bundles): (Vec<usize>, Vec<Bundle>) =
            distinct.map(|(place, bundle)| (*place, bundle.clone())).unzip();
        if bundles.len() > 1
            && let Ok(verified) = verify_batch(&bundles, policy)
        {
            for (place, verified) in places.into_iter().zip(verified) {
                self.close(place, asked.finding(Ok(verified)));
            }
        }
        self.close_each(|bundle| Some(asked.finding(verify(bundle, policy))));
    }
}
