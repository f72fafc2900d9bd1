//! Import of hand-made graphs, refusals, and model files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use foldproof_circuits::model::{ActivationBits, Head, Model, WeightBits};
use foldproof_circuits::stages::model::evaluate;
use foldproof_prover::model::agreement::outputs;
use foldproof_prover::model::graph::Graph;
use foldproof_prover::model::network::{Network, Tail};
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::onnx::schema::*;
use foldproof_prover::model::samples::{self, Sample};
use foldproof_prover::model::{Imported, Request, import, read, to_json};
use halo2curves::bn256::Fr;
use prost::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

const WIDTH: usize = 6;

fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.gen_range(-1.0..1.0)).collect()
}

fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// The same in raw bytes, as most exporters write it.
fn raw(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    let raw_data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    TensorProto { float_data: Vec::new(), raw_data, ..tensor(name, dims, values) }
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: 7,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn node(op: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        name: format!("{output}_node"),
        input: inputs.iter().map(|s| (*s).to_owned()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    }
}

fn with(mut node: NodeProto, name: &str, attribute: AttributeProto) -> NodeProto {
    node.attribute.push(AttributeProto { name: name.into(), ..attribute });
    node
}

fn real(f: f32) -> AttributeProto {
    AttributeProto { f, ..AttributeProto::default() }
}

fn whole(i: i64) -> AttributeProto {
    AttributeProto { i, ..AttributeProto::default() }
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|n| match n {
            0 => DimensionProto { dim_param: "batch".into(), dim_value: 0 },
            n => DimensionProto { dim_value: *n, ..DimensionProto::default() },
        })
        .collect();
    let tensor = TensorTypeProto { elem_type: 1, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}

fn model(nodes: Vec<NodeProto>, initializer: Vec<TensorProto>) -> ModelProto {
    let output = nodes.last().map_or(String::new(), |node| node.output[0].clone());
    let graph = GraphProto {
        node: nodes,
        initializer,
        input: vec![value("x", &[0, WIDTH as i64])],
        output: vec![value(&output, &[])],
        ..GraphProto::default()
    };
    ModelProto { ir_version: 8, graph: Some(graph), ..ModelProto::default() }
}

/// Four parameters of a normalisation.
fn batch(name: &str, width: usize, seed: u64) -> Vec<TensorProto> {
    let draw = |k: u64| numbers(seed + k, width);
    let dims = [width as i64];
    let variance: Vec<f32> = draw(3).iter().map(|x| x.abs() + 0.1).collect();
    vec![
        tensor(&format!("{name}_s"), &dims, &draw(0)),
        raw(&format!("{name}_b"), &dims, &draw(1)),
        raw(&format!("{name}_m"), &dims, &draw(2)),
        raw(&format!("{name}_v"), &dims, &variance),
    ]
}

fn normalise(name: &str, input: &str, output: &str) -> NodeProto {
    let [s, b, m, v] = ["s", "b", "m", "v"].map(|p| format!("{name}_{p}"));
    node("BatchNormalization", &[input, &s, &b, &m, &v], output)
}

/// x → normalisation → 6×8 → ReLU → normalisation → 8×4 without ReLU → 4×3.
fn classifier() -> ModelProto {
    let nodes = vec![
        normalise("n0", "x", "norm"),
        with(with(node("Gemm", &["norm", "w0", "b0"], "a"), "alpha", real(0.5)), "beta", real(2.0)),
        normalise("n1", "a", "b"),
        node("Relu", &["b"], "c"),
        normalise("n2", "c", "d"),
        node("MatMul", &["d", "w1"], "e"),
        node("Add", &["b1", "e"], "f"),
        node("Dropout", &["f"], "g"),
        with(node("Gemm", &["g", "w2", "b2"], "h"), "transB", whole(1)),
        with(node("Flatten", &["h"], "y"), "axis", whole(1)),
    ];
    let mut constants = [batch("n0", 6, 10), batch("n1", 8, 20), batch("n2", 8, 30)].concat();
    constants.extend([
        raw("w0", &[6, 8], &numbers(1, 48)),
        raw("b0", &[1, 8], &numbers(2, 8)),
        tensor("w1", &[8, 4], &numbers(3, 32)),
        raw("b1", &[4], &numbers(4, 4)),
        raw("w2", &[3, 4], &numbers(5, 12)),
        raw("b2", &[3], &numbers(6, 3)),
    ]);
    model(nodes, constants)
}

/// Sub and Div by constants → 6×3 → ReLU → 3×6 → mean of squares, in the manner `variant` says.
fn autoencoder(variant: usize) -> ModelProto {
    let square = match variant {
        0 => node("Mul", &["d", "d"], "q"),
        _ => node("Pow", &["d", "two"], "q"),
    };
    let axes = AttributeProto { ints: vec![-1], ..AttributeProto::default() };
    let mean = match variant {
        0 => with(node("ReduceMean", &["q"], "score"), "axes", axes),
        _ => node("ReduceMean", &["q", "axes"], "score"),
    };
    let two = AttributeProto { t: Some(Box::new(tensor("", &[], &[2.0]))), ..AttributeProto::default() };
    let (a, b) = if variant == 0 { ("norm", "r") } else { ("r", "norm") };
    let nodes = vec![
        with(node("Constant", &[], "two"), "value", two),
        node("Sub", &["x", "mean"], "centred"),
        node("Div", &["centred", "deviation"], "norm"),
        node("Transpose", &["w0t"], "w0"),
        node("Gemm", &["norm", "w0", "b0"], "h"),
        node("Relu", &["h"], "hr"),
        node("Gemm", &["hr", "w1"], "r"),
        node("Sub", &[a, b], "d"),
        square,
        mean,
    ];
    let constants = vec![
        raw("mean", &[1, 6], &numbers(1, 6)),
        raw("deviation", &[6], &[0.5, 1.0, 0.7, 0.9, 0.25, 2.0]),
        raw("w0t", &[3, 6], &numbers(2, 18)),
        raw("b0", &[3], &numbers(3, 3)),
        raw("w1", &[3, 6], &numbers(4, 18)),
        integers("axes", &[1]),
    ];
    model(nodes, constants)
}

fn vectors(count: usize) -> Vec<Sample> {
    let lines: Vec<String> =
        (0..count).map(|i| format!("{{\"input\": {:?}}}", numbers(100 + i as u64, WIDTH))).collect();
    samples::read(lines.join("\n").as_bytes()).unwrap()
}

fn request(head: Head) -> Request {
    Request::of(head)
}

/// The part of a file that its first output depends on.
fn graph(proto: &ModelProto) -> Graph {
    let bytes = proto.encode_to_vec();
    let file = File::read(&bytes, None).unwrap();
    Graph::of(&file, file.outputs()[0]).unwrap()
}

/// What the graph gives out.
fn evaluate_graph(graph: &Graph, sample: &[f64]) -> Vec<f64> {
    let input = graph.feed(vec![1, sample.len()], sample).unwrap();
    graph.evaluate(input).unwrap().reals().unwrap().into_owned()
}

fn imported(proto: &ModelProto, request: &Request) -> Result<Imported, String> {
    import(&proto.encode_to_vec(), None, vectors(200), request).map_err(|error| error.to_string())
}

#[test]
fn folded_networks_compute_what_the_graph_says() {
    for (proto, relus) in [(classifier(), vec![true, false, false]), (autoencoder(0), vec![true, false])] {
        let graph = graph(&proto);
        let network = Network::from_graph(&graph, WIDTH).unwrap();
        assert_eq!(network.layers.iter().map(|layer| layer.relu).collect::<Vec<_>>(), relus);
        for sample in vectors(20) {
            // The graph gets float32.
            let fed: Vec<f64> = sample.values.iter().map(|x| f64::from(*x as f32)).collect();
            let input = network.input.evaluate(&fed);
            let mut y = network.layers.iter().fold(input.clone(), |x, layer| layer.evaluate(&x));
            if network.tail == Tail::MeanSquare {
                y = vec![input.iter().zip(&y).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / WIDTH as f64];
            }
            let expected = evaluate_graph(&graph, &sample.values);
            assert_eq!(y.len(), expected.len());
            assert!(y.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{y:?} {expected:?}");
        }
    }
}

#[test]
fn autoencoders_import_with_either_tail() {
    for variant in [0, 1] {
        let imported = imported(&autoencoder(variant), &request(Head::Anomaly)).unwrap();
        assert_eq!(imported.model.shape().to_string(), "anomaly-6-3-6");
        assert!(imported.agreement.scores.unwrap().max_relative < 0.02, "{:?}", imported.agreement);
        assert!(imported.notes.iter().any(|note| note.contains("95th")), "{:?}", imported.notes);
    }
    let fixed = Request { thresholds: vec!["0.5".into()], ..request(Head::Anomaly) };
    let model = imported(&autoencoder(0), &fixed).unwrap().model;
    assert_eq!(model.head().threshold, 3 << 22);
}

#[test]
fn tags_and_classes_import() {
    for weights in WeightBits::ALL {
        for activations in ActivationBits::ALL {
            for head in [Head::Tags, Head::Class] {
                let request = Request { weights, activations, ..request(head) };
                let imported = imported(&classifier(), &request).unwrap();
                let name = imported.model.shape().to_string();
                assert!(name.starts_with(&format!("{}-6-8-4l-3", head.name())), "{name}");
                let most = if activations == ActivationBits::A8 { 0.1 } else { 0.02 };
                assert!(imported.agreement.max_error < most, "{name}: {:?}", imported.agreement);
            }
        }
    }
}

#[test]
fn thresholds_come_off_the_bias() {
    let mut proto = classifier();
    let graph = proto.graph.as_mut().unwrap();
    graph.node.push(node("Sigmoid", &["y"], "p"));
    graph.output = vec![value("p", &[])];
    let labels = Some(["a", "b=c", "d"].map(str::to_owned).to_vec());
    let thresholds = vec!["b=c=0.75".to_owned()];
    let request = Request { labels, thresholds, ..request(Head::Tags) };
    let imported_ = imported(&proto, &request).unwrap();
    assert!(imported_.notes.iter().any(|note| note.contains("Sigmoid")));
    let head = imported_.model.head();
    let unit = 2f64.powi(-i32::from(head.fraction_bits));
    assert!((f64::from(head.offsets[1]) * unit - 3f64.ln()).abs() <= unit);
    assert_eq!((head.offsets[0], head.offsets[2]), (0, 0));
    // Outputs are logits all the same.
    let plain = imported(&proto, &Request { thresholds: Vec::new(), ..request.clone() }).unwrap().model;
    let sample = &vectors(1)[0];
    let [a, b] = [&imported_.model, &plain].map(|m| outputs(m, &evaluate(m, &sample.integers)));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 0.01), "{a:?} {b:?}");
    for (threshold, message) in [("e=0.5", "a label of"), ("a=1.5", "probability"), ("a", "NAME=NUMBER")] {
        let request = Request { thresholds: vec![threshold.into()], ..request.clone() };
        assert!(imported(&proto, &request).unwrap_err().contains(message), "{threshold}");
    }
}

#[test]
fn what_is_not_supported_is_named() {
    type Change = fn(&mut GraphProto);
    let cases: [(&str, Change); 19] = [
        ("perm of 2 axes", |g| {
            let perm = AttributeProto { name: "perm".into(), ints: vec![0, 0], ..AttributeProto::default() };
            g.node[0] = NodeProto { attribute: vec![perm], ..node("Transpose", &["x"], "norm") };
        }),
        ("matrices that go together", |g| g.node[0] = node("Transpose", &["x"], "norm")),
        ("training_mode = false", |g| {
            g.initializer.push(TensorProto { data_type: 9, raw_data: vec![1], ..tensor("t", &[], &[]) });
            g.node[7].input = ["f", "", "t"].map(str::to_owned).to_vec();
        }),
        // Batch normalisation in training mode, as it is said since version 14, and before.
        ("training mode", |g| {
            g.node[2].attribute.push(AttributeProto { name: "training_mode".into(), ..whole(1) })
        }),
        ("training mode", |g| g.node[2].output.extend(["m2", "v2"].map(str::to_owned))),
        ("LSTM", |g| g.node[3].op_type = "LSTM".into()),
        ("c_node", |g| g.node[3].op_type = "LSTM".into()),
        ("com.example", |g| g.node[3].domain = "com.example".into()),
        ("transA", |g| g.node[1].attribute.push(AttributeProto { name: "transA".into(), ..whole(1) })),
        ("weights.bin", |g| {
            let entry = StringStringEntryProto { key: "location".into(), value: "weights.bin".into() };
            g.initializer[0].external_data.push(entry);
        }),
        ("float8", |g| g.initializer[0].data_type = 17),
        ("6 elements", |g| g.initializer[0].float_data.truncate(5)),
        ("elements", |g| g.initializer[0].dims = vec![1 << 40, 1 << 40]),
        ("look at the training", |g| g.initializer[0].float_data[0] = f32::NAN),
        ("--output NAME", |g| g.output.push(value("f", &[]))),
        ("[1, 10, 6]", |g| g.input = vec![value("x", &[1, 10, 6])]),
        ("Sigmoid or Softmax at the end", |g| g.node[3].op_type = "Sigmoid".into()),
        ("last layer without ReLU", |g| {
            g.node.push(node("Relu", &["y"], "z"));
            g.output = vec![value("z", &[])];
        }),
        ("7 features", |g| g.input = vec![value("x", &[1, 7])]),
    ];
    for (message, change) in cases {
        let mut proto = classifier();
        change(proto.graph.as_mut().unwrap());
        let error = imported(&proto, &request(Head::Class)).unwrap_err();
        assert!(error.contains(message), "{message}: {error}");
    }
    let error = imported(&classifier(), &request(Head::Anomaly)).unwrap_err();
    assert!(error.contains("as many outputs as inputs"), "{error}");
    let error = imported(&autoencoder(0), &request(Head::Tags)).unwrap_err();
    assert!(error.contains("mean squared error"), "{error}");
    let mut proto = autoencoder(1);
    proto.graph.as_mut().unwrap().initializer[5] = integers("axes", &[0]);
    assert!(imported(&proto, &request(Head::Anomaly)).unwrap_err().contains("axis 1"));
    let mut proto = autoencoder(0);
    proto.graph.as_mut().unwrap().initializer[1].raw_data[..4].copy_from_slice(&1e-5_f32.to_le_bytes());
    assert!(imported(&proto, &request(Head::Anomaly)).unwrap_err().contains("input 0"));
}

#[test]
fn broken_files_are_refused_without_a_panic() {
    let bytes = classifier().encode_to_vec();
    let samples = vectors(10);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for cut in 0..bytes.len() {
        // A prefix that ends between fields may be a graph, but no whole one.
        assert!(import(&bytes[..cut], None, samples.clone(), &request(Head::Class)).is_err(), "{cut}");
    }
    for _ in 0..2000 {
        let mut broken = bytes.clone();
        for _ in 0..rng.gen_range(1..4) {
            let place = rng.gen_range(0..broken.len());
            broken[place] = rng.r#gen();
        }
        let _ = import(&broken, None, samples.clone(), &request(Head::Class));
    }
    for length in 0..200 {
        let garbage: Vec<u8> = (0..length).map(|_| rng.r#gen()).collect();
        assert!(import(&garbage, None, samples.clone(), &request(Head::Class)).is_err());
        assert!(read(&garbage).is_err());
    }
}

fn small() -> Model {
    imported(&classifier(), &request(Head::Tags)).unwrap().model
}

#[test]
fn model_files_give_the_model_back() {
    for proto in [(autoencoder(0), Head::Anomaly), (classifier(), Head::Class), (classifier(), Head::Tags)] {
        let request = Request { salt: Fr::from(7), ..request(proto.1) };
        let model = imported(&proto.0, &request).unwrap().model;
        let text = to_json(&model);
        assert_eq!(read(text.as_bytes()), Ok(model));
    }
}

#[test]
fn model_files_are_read_strictly() {
    let text = to_json(&small());
    for (from, to, message) in [
        ("\"format\": 1", "\"format\": 2", "format"),
        ("\"format\": 1", "\"format\": 1, \"more\": 1", "more"),
        ("\"format\": 1", "\"format\": 1, \"format\": 1", "duplicate"),
        ("\"format\": 1,", "", "missing field `format`"),
        ("\"weight_bits\": 8", "\"weight_bits\": 9", "weight_bits"),
        ("\"activation_bits\": 16", "\"activation_bits\": 16.0", "activation_bits"),
        ("\"head\": \"tags\"", "\"head\": \"tag\"", "head"),
        ("\"head\": \"tags\"", "\"head\": \"class\"", "offsets"),
        ("\"tag-1\"", "\"tag-0\"", "labels[1]"),
        ("\"salt\": \"0x", "\"salt\": \"0xff", "salt"),
        ("{\"mean\":", "{\"mean\":0.5,\"meen\":", "inputs[0].mean"),
        ("{\"mean\":", "{\"mean\":99999999999,\"meen\":", "inputs[0]"),
        ("\"relu\": true", "\"relu\": 1", "layers[0].relu"),
        ("\"weights\": [\n    [", "\"weights\": [\n    [1,", "layers[0].weights[0]"),
        ("\"weights\": [\n    [", "\"weights\": [\n    [300,", "layers[0]"),
        ("\n}\n", "\n} {}", "one JSON object"),
        ("\n}\n", "", "EOF"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = read(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{to}: {error}");
    }
}

#[test]
fn samples_are_read_strictly() {
    for (line, message) in [
        ("{}", "neither"),
        ("{\"input\": [1], \"fingerprint\": []}", "both"),
        ("{\"fingerprint\": [1]}", "96"),
        ("{\"input\": []}", "input"),
        ("{\"input\": [1, \"a\"]}", "input[1]"),
        ("{\"input\": [40000]}", "within ±32768"),
        ("{\"input\": [1]}\n{\"input\": [1, 2]}", "line 2"),
    ] {
        let error = samples::read(line.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{line}: {error}");
    }
    assert_eq!(samples::read(b"{\"input\": [0.5, -0.5]}\n\n").unwrap()[0].integers, [1 << 19, -(1 << 19)]);
}
