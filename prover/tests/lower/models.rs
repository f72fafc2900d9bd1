//! Recurrent models of `/work/shared/models`.

use foldproof_prover::model::lower::{HeadKind, Output};
use foldproof_prover::model::samples::{Sample, read};
use rand::{Rng, SeedableRng};

use crate::shared::{folder, imported, request, samples};

/// Fingerprints in order: windows are made of them.
fn fingerprints() -> Vec<Sample> {
    samples("data/fingerprints-train.jsonl")
}

/// The shared streams, each after four made the same way: strides, loops, two of them interleaved, noise. So all that is held out
/// is the shared ones.
fn streams() -> Vec<Sample> {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(5);
    let shared = samples("models/prefetch_lstm.inputs.jsonl");
    let mut all = Vec::new();
    for sample in shared.iter().cycle().take(4 * shared.len()) {
        for _ in 0..4 {
            let line = serde_json::json!({ "input": stream(&mut rng) }).to_string();
            all.extend(read(line.as_bytes()).unwrap());
        }
        all.push(sample.clone());
    }
    all
}

/// Ten steps of a block's bits, the distance in sixteenths, its sign, whether it is the first, a flag, a time and a kind.
fn stream(rng: &mut impl Rng) -> Vec<f64> {
    let kind = rng.gen_range(0..4);
    let (start, other): ([i64; 4], [i64; 4]) =
        (rng.r#gen::<[u8; 4]>().map(i64::from), rng.r#gen::<[u8; 4]>().map(i64::from));
    let (step, length) = (rng.gen_range(-4..=16), rng.gen_range(2..=4));
    let mut out = Vec::new();
    let mut before: Option<i64> = None;
    for i in 0..10_i64 {
        let noisy = kind == 3 || rng.gen_bool(0.05);
        let block = match kind {
            _ if noisy => rng.gen_range(0..256),
            0 => start[0] + step * i,
            1 => start[(i % length) as usize],
            _ if i % 2 == 0 => start[0] + step * (i / 2),
            _ => other[0] + length * (i / 2),
        }
        .rem_euclid(256);
        let distance = before.map_or(0, |before| (block - before + 128).rem_euclid(256) - 128);
        out.extend((0..8).map(|bit| if block >> bit & 1 == 1 { 1.0 } else { -1.0 }));
        out.push((distance as f64 / 16.0).clamp(-4.0, 4.0));
        out.push(distance.signum() as f64);
        out.push(f64::from(u8::from(before.is_none())));
        out.push(f64::from(u8::from(rng.gen_bool(0.35))));
        out.push(0.1 - rng.gen_range(0.01..1.0_f64).ln() * 0.7);
        let hot = rng.gen_range(0..4);
        out.extend((0..3).map(|place| f64::from(u8::from(place == hot))));
        before = Some(block);
    }
    out
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
    assert!(top.decisions >= 0.99, "{}", top.decisions);
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
