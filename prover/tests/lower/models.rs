//! Recurrent models of `/work/shared/models`.

use foldproof_prover::model::lower::{HeadKind, Output};
use foldproof_prover::model::samples::{Sample, Units, read};

use crate::shared::{folder, imported, request, samples};

/// Fingerprints in order: windows are made of them.
fn fingerprints() -> Vec<Sample> {
    samples("data/fingerprints-train.jsonl")
}

/// Streams like those of the shared inputs: their steps in other orders, and those of several streams one after the other.
fn streams() -> Vec<Sample> {
    let shared = samples("models/prefetch_lstm.inputs.jsonl");
    let mut all = shared.clone();
    for (place, sample) in shared.iter().enumerate() {
        for turn in 1..8 {
            let other = &shared[(place + 7 * turn) % shared.len()];
            let cut = 16 * turn;
            let join = |a: &[f64], b: &[f64]| [&a[cut..], &b[..cut]].concat();
            let values = join(&other.values, &sample.values);
            let integers = [&other.integers[cut..], &sample.integers[..cut]].concat();
            all.push(Sample { kind: sample.kind, values, integers, units: Units::default() });
        }
    }
    all
}

#[test]
fn the_lstm_predictor_agrees() {
    if folder().is_none() {
        return;
    }
    let outputs = vec![
        Output::named("fingerprint", HeadKind::Commitment),
        Output::named("tag_logits", HeadKind::Tags),
        Output::named("confidence_logit", HeadKind::Tags),
    ];
    let found = imported("lstm_predictor", fingerprints(), &request(outputs, None));
    let [fingerprint, tags, confidence] = &found.agreement.heads[..] else { panic!("three heads") };
    assert!(fingerprint.relative_error <= 0.005, "{}", fingerprint.relative_error);
    assert!(tags.decisions >= 0.9995, "{}", tags.decisions);
    assert!(confidence.decisions >= 0.99, "{}", confidence.decisions);
}

#[test]
fn the_prefetching_lstm_agrees() {
    if folder().is_none() {
        return;
    }
    let found = imported("prefetch_lstm", streams(), &request(vec![Output::of(HeadKind::Top(5))], None));
    let [top] = &found.agreement.heads[..] else { panic!("one head") };
    assert!(top.decisions >= 0.985, "{}", top.decisions);
    assert!(top.sets.unwrap() >= 0.95, "{:?}", top.sets);
}

#[test]
fn gru_tags_agree() {
    if folder().is_none() {
        return;
    }
    for model in ["gru_tags", "keras_gru_32_tags"] {
        let found = imported(model, fingerprints(), &request(vec![Output::of(HeadKind::Tags)], None));
        let [tags] = &found.agreement.heads[..] else { panic!("one head") };
        assert!(tags.decisions >= 0.999, "{model}: {}", tags.decisions);
    }
}

#[test]
fn keras_classes_agree() {
    if folder().is_none() {
        return;
    }
    let found =
        imported("keras_lstm_24x2_class", fingerprints(), &request(vec![Output::of(HeadKind::Class)], None));
    assert!(found.agreement.heads[0].decisions >= 0.99);
}

/// Any model with other bits, by the environment: `MODEL=gru_tags OUTPUT=tag_logits=tags BITS=13,12`.
#[test]
#[ignore = "a measurement"]
fn measure() {
    let get = |name: &str| std::env::var(name).unwrap_or_default();
    for model in get("MODEL").split(';') {
        let outputs: Vec<Output> = get("OUTPUT")
            .split(';')
            .map(|pair| match pair.rsplit_once('=') {
                Some((name, head)) => Output::named(name, HeadKind::from_name(head).unwrap()),
                None => Output::of(HeadKind::from_name(pair).unwrap()),
            })
            .collect();
        for bits in get("BITS").split(';') {
            let bits = bits.split_once(',').map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
            let samples = match get("SAMPLES").as_str() {
                "" if model.contains("prefetch") => streams(),
                "" => fingerprints(),
                path => samples(path),
            };
            imported(model, samples, &request(outputs.clone(), bits));
        }
    }
}

/// Sequences may also be written one to a line.
#[test]
fn sequences_are_read() {
    let row: Vec<f64> = (0..96).map(f64::from).map(|x| x / 128.0).collect();
    let text = serde_json::json!({ "fingerprints": [row, row] }).to_string();
    let found = read(text.as_bytes()).unwrap();
    assert_eq!((found.len(), found[0].values.len()), (1, 192));
    assert_eq!(found[0].integers[97], 1 << 25);
    let wrong = serde_json::json!({ "fingerprints": [row, [1.0]] }).to_string();
    assert!(read(wrong.as_bytes()).unwrap_err().to_string().contains("fingerprints[1]"));
}
