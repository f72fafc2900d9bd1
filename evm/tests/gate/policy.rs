//! Statements, codebooks and models that count, and those that do not.

use foldproof_evm::encoding::{Value, call, number};
use foldproof_evm::gate::{Edit, Head, Question, Refused, Validity};

use super::accepted::ALWAYS_TRUE;
use super::scene::*;

#[test]
fn only_registered_statements_count() {
    let mut scene = Scene::new();
    let statement = scene.open.inputs[0];
    assert_eq!(refused(scene.own(&scene.with(0, flipped(statement)))), "StatementUnknown");
    scene.edit(&Edit::RemoveStatement(statement));
    assert_eq!(refused(scene.own(&scene.open)), "StatementUnknown");
    scene.edit(&scene.registration(statement, scene.verifier, false));
    assert!(scene.own(&scene.open).is_ok());
}

#[test]
fn only_accepted_codebooks_count() {
    let mut scene = Scene::new();
    let root = scene.open.inputs[CODEBOOK];
    assert_eq!(refused(scene.own(&scene.with(CODEBOOK, flipped(root)))), "CodebookNotAccepted");
    scene.edit(&Edit::AcceptCodebook { root, accepted: false });
    assert_eq!(refused(scene.own(&scene.open)), "CodebookNotAccepted");
    scene.edit(&Edit::AcceptCodebook { root, accepted: true });
    assert!(scene.own(&scene.open).is_ok());
}

#[test]
fn all_vectors_are_within_bound_where_that_is_asked_for() {
    let mut scene = Scene::new();
    let verifier = scene.replace_verifier(ALWAYS_TRUE);
    let statement = scene.open.inputs[0];
    for required in [false, true] {
        scene.edit(&scene.registration(statement, verifier, required));
        for bits in [0, 1, 31, 62, 63, 64, 127] {
            let told = scene.own(&scene.with(WITHIN_BOUND, number(bits)));
            match required && bits != 63 {
                true => assert_eq!(refused(told), "OutsideBound", "{bits}"),
                false => assert_eq!(told.unwrap().within_bound, bits),
            }
        }
    }
}

/// The kept proof itself, one way or the other.
#[test]
fn the_bound_of_a_real_proof_is_read() {
    let mut scene = Scene::new();
    scene.edit(&scene.registration(scene.open.inputs[0], scene.verifier, true));
    match low(&scene.open.inputs[WITHIN_BOUND]) {
        63 => assert!(scene.own(&scene.open).is_ok()),
        _ => assert_eq!(refused(scene.own(&scene.open)), "OutsideBound"),
    }
}

fn model(scene: &Scene, validity: Validity) -> Edit {
    let (commitment, head) = (scene.open.inputs[MODEL], scene.open.inputs[MODEL + 1]);
    Edit::RegisterModel { commitment, kind: Head::Tags, head, validity }
}

#[test]
fn only_registered_models_count() {
    let mut scene = Scene::deployed();
    let [statement, codebook, registration] = scene.edits();
    scene.edit(&statement);
    scene.edit(&codebook);
    assert_eq!(refused(scene.own(&scene.open)), "ModelNotActive");
    scene.edit(&registration);
    assert!(scene.own(&scene.open).is_ok());
    let (commitment, head) = (scene.open.inputs[MODEL], scene.open.inputs[MODEL + 1]);
    assert_eq!(refused(scene.own(&scene.with(MODEL, flipped(commitment)))), "ModelNotActive");
    // The row of the head is the entry's.
    assert_eq!(refused(scene.own(&scene.with(MODEL + 1, flipped(head)))), "ModelHead");
    let other =
        Edit::RegisterModel { commitment, kind: Head::Tags, head: flipped(head), validity: Validity::ALWAYS };
    scene.edit(&other);
    assert_eq!(refused(scene.own(&scene.open)), "ModelHead");
}

#[test]
fn a_revoked_model_stays_revoked() {
    let mut scene = Scene::new();
    scene.edit(&Edit::RevokeModel(scene.open.inputs[MODEL]));
    assert_eq!(refused(scene.own(&scene.open)), "ModelNotActive");
    assert_eq!(refused(scene.try_edit(&model(&scene, Validity::ALWAYS))), "ModelNotActive");
    assert_eq!(refused(scene.own(&scene.open)), "ModelNotActive");
}

/// It is the block's time that counts, not that of the transaction.
#[test]
fn models_are_valid_at_the_time_of_the_block() {
    let mut scene = Scene::new();
    let time = scene.time();
    let years_later = time + 100_000_000;
    let cases = [
        (Validity { from: time, until: time + 1 }, true),
        (Validity { from: 0, until: time + 1 }, true),
        (Validity { from: time, until: u64::MAX }, true),
        (Validity { from: 0, until: time }, false),
        // Valid now, and not then.
        (Validity { from: time + 1, until: u64::MAX }, false),
    ];
    for (validity, taken) in cases {
        scene.edit(&model(&scene, validity));
        for now in [time + 12, years_later] {
            scene.machine.set_block(scene.height() + 1, now);
            let told = scene.own(&scene.open);
            match taken {
                true => assert!(told.is_ok(), "{validity:?} {told:?}"),
                false => assert_eq!(refused(told), "ModelNotValid", "{validity:?}"),
            }
        }
    }
}

#[test]
fn a_statement_has_as_many_inputs_as_it_is_registered_with() {
    let mut scene = Scene::new();
    // Of a verifier that would take any number.
    let verifier = scene.replace_verifier(ALWAYS_TRUE);
    let statement = scene.open.inputs[0];
    for rows in 0..=ROWS + 3 {
        let mut other = scene.open.clone();
        other.inputs.resize(rows, [0x22; 32]);
        match rows {
            ROWS => assert!(scene.own(&other).is_ok()),
            _ => assert_eq!(refused(scene.own(&other)), "InputCount", "{rows} inputs"),
        }
    }
    let mut register = |outputs: &[u8]| {
        let Edit::RegisterStatement { code_hash, .. } = scene.registration(statement, verifier, false) else {
            panic!("a registration")
        };
        let outputs = outputs.to_vec();
        let edit =
            Edit::RegisterStatement { statement, verifier, code_hash, outputs, require_within_bound: false };
        scene.try_edit(&edit)?;
        Ok::<_, Refused>(refused(scene.own(&scene.open)))
    };
    assert_eq!(register(&[]), Ok("InputCount"));
    assert_eq!(register(&[2]), Ok("InputCount"));
    assert_eq!(register(&[1, 1]), Ok("InputCount"));
    assert_eq!(register(&[1; 4]), Ok("InputCount"));
    assert_eq!(register(&[1; 5]).map_err(|refused| refused.name), Err("WrongEntry"));
    assert_eq!(register(&[1, 0]).map_err(|refused| refused.name), Err("WrongEntry"));
}

#[test]
fn entries_say_something() {
    let mut scene = Scene::deployed();
    for validity in [Validity { from: 5, until: 5 }, Validity { from: 6, until: 5 }] {
        assert_eq!(refused(scene.try_edit(&model(&scene, validity))), "WrongEntry");
    }
    // A model without a head: the word after the commitment is 0.
    let mut headless = model(&scene, Validity::ALWAYS).calldata();
    headless[4 + 32..4 + 64].fill(0);
    for (name, expected) in [("propose(bytes)", Ok(())), ("enact(bytes)", Err("WrongEntry"))] {
        let told = scene.send(DEPLOYER, &call(name, &[Value::Bytes(&headless)]));
        assert_eq!(told.map(drop).map_err(|refused| refused.name), expected);
    }
    assert_eq!(refused(scene.try_edit(&scene.registration([0; 32], scene.verifier, false))), "WrongEntry");
}

/// Two models in one proof are two claims, in order.
#[test]
fn models_are_read_one_after_another() {
    let mut scene = Scene::new();
    let verifier = scene.replace_verifier(ALWAYS_TRUE);
    let second = [0x33; 32];
    let code_hash = foldproof_verifier::keccak256(&[ALWAYS_TRUE]);
    let statement = scene.open.inputs[0];
    scene.edit(&Edit::RegisterStatement {
        statement,
        verifier,
        code_hash,
        outputs: vec![1, 3],
        require_within_bound: false,
    });
    let both = scene.clone();
    scene.edit(&Edit::RegisterModel {
        commitment: second,
        kind: Head::Values,
        head: number(7),
        validity: Validity::ALWAYS,
    });
    let mut two = scene.open.clone();
    two.inputs.extend([second, number(7), number(1), number(2), number(3)]);
    let claims = scene.own(&two).unwrap();
    assert_eq!(claims.models.len(), 2);
    assert_eq!((claims.models[1].commitment, claims.models[1].kind), (second, Head::Values));
    assert_eq!(claims.models[1].outputs, [1, 2, 3].map(number));
    assert_ne!(claims.key, Scene::new().own(&scene.open).unwrap().key);
    // The second has to be known as well.
    assert_eq!(refused(both.ask(STRANGER, &two, Question::Own)), "ModelNotActive");
}
