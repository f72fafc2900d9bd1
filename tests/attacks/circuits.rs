//! Altered circuits: proofs that hold under a key of the attacker's, presented under the genuine statement's name.

use foldproof_circuits::assignment::{Assignment, Cell};
use foldproof_circuits::chips::{Gate, at, fixed_at};
use foldproof_verifier::{Bundle, Error, Scheme, VerifierKey, verify};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

use crate::exhibits::{Exhibit, VALUES, Witness, exhibit, named, statement};
use crate::malicious::{Forgery, Rig};
use crate::tally::refused;

/// What of a circuit is altered.
struct Alteration<'a> {
    gate: &'a dyn Fn(Gate, usize) -> bool,
    copy: &'a dyn Fn(&(Cell, Cell)) -> bool,
    fixed: &'a dyn Fn(usize, usize, Fr) -> Fr,
    exposed: &'a dyn Fn(usize, Cell) -> Cell,
}

impl Alteration<'_> {
    const NONE: Alteration<'static> = Alteration {
        gate: &|_, _| true,
        copy: &|_| true,
        fixed: &|_, _, value| value,
        exposed: &|_, cell| cell,
    };

    /// The same cells in the altered circuit.
    fn apply(&self, assignment: &Assignment) -> Assignment {
        let mut altered = Assignment::new(assignment.bands(), assignment.rows());
        for cell in assignment.assigned() {
            altered.write(cell.column, cell.row, assignment.read(cell));
        }
        for (column, values) in assignment.fixed().iter().enumerate() {
            for (row, value) in values.iter().enumerate() {
                altered.fix_field(column, row, (self.fixed)(column, row, *value));
            }
        }
        for gate in Gate::ALL.iter().filter(|gate| assignment.bands().gate(**gate)) {
            let on = |row: &usize| assignment.is_enabled(*gate, *row) && (self.gate)(*gate, *row);
            (0..assignment.rows()).filter(on).for_each(|row| altered.enable(*gate, row));
        }
        assignment
            .copies()
            .iter()
            // Those of public inputs come with what is exposed.
            .skip(assignment.instance().len())
            .filter(|copy| (self.copy)(copy))
            .for_each(|(from, to)| altered.copy(*from, *to));
        let exposed = assignment.instance().iter().enumerate();
        exposed.for_each(|(row, cell)| altered.expose((self.exposed)(row, *cell)));
        altered
    }
}

/// A lie and the circuit in which it is none: what the fingerprint's tags are.
fn lies(exhibit: &Exhibit) -> Vec<(&'static str, Forgery)> {
    let honest = Forgery::of(&exhibit.layout);
    let output = exhibit.rows().len() - 1;
    let cell = honest.assignment.instance()[output];
    let claimed = honest.rows[output] + Fr::one();
    // No model uses the last usable row.
    let free = Cell { column: at::MODEL_X, row: honest.assignment.rows() - 1 };
    let lie = |alteration: Alteration<'_>, alter: &dyn Fn(&mut Forgery)| {
        let mut forgery = honest.clone();
        alter(&mut forgery);
        forgery.assignment = alteration.apply(&forgery.assignment);
        forgery.count();
        forgery.claim_exposed();
        forgery
    };
    let write = |cell: Cell, value: Fr| {
        move |forgery: &mut Forgery| {
            forgery.assignment.write(cell.column, cell.row, value);
        }
    };
    let stranger = -Fr::from(3);
    let another = statement("fingerprint+tags-96-6-3-a8").element();
    let statement_row = honest.assignment.instance()[0].row;
    // One fingerprint is committed to, another one is what the model sees.
    let other = Witness::new(&exhibit.statement, true).layout(&exhibit.statement);
    let mut two = honest.clone();
    let seen = |name| ["models: inputs", "models: layers"].contains(&name);
    exhibit
        .layout
        .stages()
        .iter()
        .filter(|stage| seen(stage.name))
        .for_each(|stage| two.graft(stage, &other));
    let torn = two.torn();
    assert!(!torn.is_empty());
    let all = Alteration::NONE;
    vec![
        (
            "the gates of the output are off",
            lie(
                Alteration { gate: &|gate, row| gate != Gate::Output || row.abs_diff(cell.row) > 1, ..all },
                &write(cell, claimed),
            ),
        ),
        (
            "another cell is exposed",
            lie(
                Alteration { exposed: &|row, cell| if row == output { free } else { cell }, ..all },
                &write(free, claimed),
            ),
        ),
        (
            "another commitment is exposed",
            lie(
                Alteration { exposed: &|row, cell| if row == 1 { free } else { cell }, ..all },
                &write(free, stranger),
            ),
        ),
        (
            "copies are dropped",
            lie(Alteration { copy: &|copy| !torn.contains(copy), ..all }, &|forgery| *forgery = two.clone()),
        ),
        (
            "the statement's constant is another's",
            lie(
                Alteration {
                    fixed: &|column, row, value| {
                        if column == fixed_at::K && row == statement_row { another } else { value }
                    },
                    ..all
                },
                &write(honest.assignment.instance()[0], another),
            ),
        ),
    ]
}

/// The mock prover finds nothing in the altered circuit, so a proof of it holds, and the lie is told by the circuit alone.
fn holds_in_its_circuit(exhibit: &Exhibit, forgery: &Forgery, what: &str) {
    let layout = exhibit.layout.forged(forgery.assignment.clone());
    let mock = MockProver::run(exhibit.statement.k(), &layout, vec![forgery.rows.clone()]).unwrap();
    assert!(mock.verify().is_ok(), "{what}");
}

fn altered_circuits(exhibit: &Exhibit) {
    let (parameters, genuine) = (&exhibit.keys.parameters, &exhibit.keys.verifying);
    for (what, mut forgery) in lies(exhibit) {
        holds_in_its_circuit(exhibit, &forgery, what);
        let own = forgery.own_key(parameters);
        let proof = forgery.prove(exhibit.scheme, parameters, &own).bytes;
        // The row that says which statement it is is compared first.
        forgery.rows[0] = exhibit.rows()[0];
        let bundle = exhibit.bundle(forgery.rows.clone(), proof.clone());
        let bytes = VerifierKey::to_bytes(&exhibit.statement, exhibit.scheme, &own.get_vk().clone()).unwrap();
        let altered = VerifierKey::from_bytes(&exhibit.statement, exhibit.scheme, &bytes).ok();
        let told = |bundle: &Bundle| refused(|| exhibit.check(bundle)).unwrap();
        if let Some(altered) = altered.filter(|_| !what.contains("gates") && !what.contains("constant")) {
            assert_ne!(altered.digest(), genuine.digest(), "{what}");
            let named = with_digest(&bundle, altered.digest());
            // The attacker's own verifier is content: the lie is proved, of another circuit.
            let content = crate::exhibits::trusting(
                foldproof_verifier::Policy::any_codebook().and_values().models(exhibit.witness.entries()),
                [altered],
            );
            verify(&named, &content).unwrap();
            let error = told(&named);
            assert!(matches!(error, Error::KeyDigest { .. }), "{what}: {error}");
        }
        assert_eq!(told(&bundle), Error::ProofRejected, "{what}");
        // Challenges as the genuine key gives them, from the altered key or from the genuine one.
        forgery.rig = Rig::Key(genuine.transcript_repr());
        let proof = forgery.prove(exhibit.scheme, parameters, &own).bytes;
        let error = told(&exhibit.bundle(forgery.rows.clone(), proof));
        assert_eq!(error, Error::ProofRejected, "{what}");
        forgery.rig = Rig::Honest;
        let error = told(&exhibit.bundle(forgery.rows.clone(), exhibit.prove(&forgery)));
        assert_eq!(error, Error::ProofRejected, "{what}");
    }
}

fn with_digest(bundle: &Bundle, digest: [u8; 32]) -> Bundle {
    let (instance, proof) = (bundle.unverified_instance().clone(), bundle.proof().to_vec());
    Bundle::new(bundle.statement().clone(), bundle.scheme_claim(), digest, instance, proof).unwrap()
}

#[test]
fn altered_circuits_are_other_circuits() {
    altered_circuits(&exhibit(VALUES[0], Scheme::Kzg));
}

#[test]
#[ignore = "a minute"]
fn altered_circuits_are_other_circuits_all() {
    named(&VALUES[..1]).iter().for_each(|exhibit| altered_circuits(exhibit));
}
