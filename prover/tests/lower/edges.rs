//! Graph networks: those of `/work/shared/models`, and small ones in the spellings of exporters.

use foldproof_circuits::graph::{Function, Node};
use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::keys::KeyStore;
use foldproof_prover::model::lower::{HeadKind, Imported, Output};
use foldproof_prover::model::onnx::schema::{NodeProto, TensorProto};
use foldproof_prover::model::samples::{self, Sample};
use foldproof_prover::prove::{Witness, entry, prove};
use foldproof_verifier::{Policy, verify};
use halo2curves::bn256::Fr;
use rand::Rng;

use crate::make::{FLOAT, file, int, ints, node, single, value, whole};
use crate::shared::{folder, imported, lines, request, samples as shared};
use crate::small::{lowered, random, rng};

/// Nodes of the small graphs, and numbers of each, the first two of which are where it is.
const NODES: i64 = 6;
pub const WIDTH: i64 = 4;

fn bits(node: &Node) -> bool {
    matches!(node, Node::Combine { then: Some((_, then)), .. } if then.range.bits == 1)
}

/// Elements of the nodes of one kind.
pub fn elements(found: &Imported, of: fn(&Node) -> bool) -> Vec<usize> {
    let graph = found.model.graph();
    let all = graph.nodes().iter().zip(graph.tensors());
    all.filter(|(node, _)| of(node)).map(|(_, tensor)| tensor.count).collect()
}

#[test]
fn hot_zones_agree() {
    if folder().is_none() {
        println!("skipped: there are no shared models");
        return;
    }
    let mut first: Option<Imported> = None;
    for model in ["gcn_hotzones", "gcn_hotzones_jax2onnx"] {
        let outputs = ["node_scores", "graph_score"].map(|name| Output::named(name, HeadKind::Tags));
        let given = shared("models/gcn_hotzones.inputs.jsonl");
        let found = imported(model, given.clone(), &request(outputs.to_vec(), None));
        found.agreement.heads.iter().for_each(|head| assert!(head.decisions >= 0.995, "{}", head.decisions));
        // A bit for each unordered pair, and a circuit of 2^13 rows, of which the subject takes some.
        assert_eq!(elements(&found, bits), [24 * 23 / 2]);
        assert_eq!((found.model.graph().limb_bits(), found.model.graph().rows() < 7_700), (12, true));
        let tables = found.model.graph().tables();
        assert_eq!(
            tables.iter().map(|table| (table.function, table.bits)).collect::<Vec<_>>(),
            [(Function::InverseRoot, 5)]
        );
        let (mut wrong, mut all) = (0, 0);
        for (sample, line) in given.iter().zip(lines(&format!("models/{model}.outputs.jsonl"))) {
            let made = evaluate(&found.model, &sample.integers, &[]);
            for (said, name) in made.outputs.iter().zip(&found.outputs) {
                let Said::Tags(said) = said else { panic!("tags") };
                let expected: Vec<f64> =
                    line[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
                assert_eq!(said.len(), expected.len());
                wrong += said.iter().zip(&expected).filter(|(bit, x)| **bit != (**x > 0.0)).count();
                all += said.len();
            }
        }
        println!("  {model}: {wrong} of {all} decisions differ from the shared outputs");
        assert!(wrong * 200 <= all, "{wrong} of {all}");
        match &first {
            Some(first) => assert_eq!(first.model.graph(), found.model.graph()),
            None => first = Some(found),
        }
    }
}

pub fn step(op: &str, inputs: &[&str], output: &str) -> NodeProto {
    node(op, inputs, &[output], vec![])
}

pub fn over(op: &str, of: &str, to: &str, axis: i64, keep: i64) -> NodeProto {
    node(op, &[of], &[to], vec![ints("axes", &[axis]), int("keepdims", keep)])
}

fn graphs(count: usize) -> Vec<Sample> {
    graphs_of(NODES, count)
}

/// Samples of so many nodes.
pub fn graphs_of(nodes: i64, count: usize) -> Vec<Sample> {
    let mut rng = rng();
    let mut line = |_| {
        let rows: Vec<f64> = (0..nodes * WIDTH).map(|_| rng.gen_range(0.0..1.0)).collect();
        serde_json::json!({ "input": rows }).to_string()
    };
    let text: Vec<String> = (0..count).map(&mut line).collect();
    samples::read(text.join("\n").as_bytes()).unwrap()
}

fn constants() -> Vec<TensorProto> {
    constants_of(NODES)
}

/// Thresholds, masks and weights for so many nodes.
pub fn constants_of(nodes: i64) -> Vec<TensorProto> {
    let mut rng = rng();
    let n = nodes as usize;
    let eye: Vec<f32> = (0..n * n).map(|at| f32::from(u8::from(at % (n + 1) == 0))).collect();
    let other = eye.iter().map(|x| 1.0 - x).collect();
    let scalar = |name: &str, x: f32| single(name, &[], vec![x]);
    vec![
        whole("start", &[1], vec![0]),
        whole("end", &[1], vec![2]),
        whole("axis0", &[1], vec![0]),
        whole("axis1", &[1], vec![1]),
        scalar("t", 0.5),
        scalar("tt", 0.25),
        scalar("below", -0.5),
        scalar("one", 1.0),
        scalar("zero", 0.0),
        scalar("two", 2.0),
        scalar("minus", -0.5),
        single("eye", &[nodes, nodes], eye),
        single("other", &[nodes, nodes], other),
        single("w", &[WIDTH, 5], random(&mut rng, 20, 0.8)),
        single("b", &[5], random(&mut rng, 5, 0.3)),
        single("v", &[5, 2], random(&mut rng, 10, 0.8)),
        single("c", &[2], random(&mut rng, 2, 0.3)),
    ]
}

/// Differences `d` of all pairs of nodes, [n, n, 2].
pub fn differences() -> Vec<NodeProto> {
    vec![
        step("Slice", &["x", "start", "end", "axis1"], "p"),
        step("Unsqueeze", &["p", "axis1"], "left"),
        step("Unsqueeze", &["p", "axis0"], "right"),
        step("Sub", &["left", "right"], "d"),
    ]
}

/// A layer of a network over the adjacency `m`, with a head for each node.
fn layer() -> Vec<NodeProto> {
    vec![
        step("MatMul", &["x", "w"], "h"),
        step("MatMul", &["m", "h"], "g"),
        step("Add", &["g", "b"], "i"),
        step("Relu", &["i"], "r"),
        node("Gemm", &["r", "v", "c"], &["y"], vec![]),
    ]
}

fn network(parts: &[Vec<NodeProto>]) -> Vec<u8> {
    file(value("x", FLOAT, &[NODES, WIDTH]), parts.concat(), constants())
}

fn cast(of: &str, to: &str) -> NodeProto {
    node("Cast", &[of], &[to], vec![int("to", i64::from(FLOAT))])
}

/// Adjacencies `a`, with loops, from the differences.
pub fn adjacencies() -> Vec<(&'static str, Vec<NodeProto>)> {
    let s = step;
    let square = || s("Mul", &["d", "d"], "q");
    vec![
        (
            "Sqrt and Less",
            vec![
                square(),
                over("ReduceSum", "q", "s", -1, 0),
                s("Sqrt", &["s"], "e"),
                s("Less", &["e", "t"], "l"),
                cast("l", "a"),
            ],
        ),
        (
            "Less of squares",
            vec![
                s("Pow", &["d", "two"], "q"),
                over("ReduceSum", "q", "s", 2, 0),
                s("Less", &["s", "tt"], "l"),
                cast("l", "a"),
            ],
        ),
        (
            "ReduceL2 and Greater, turned",
            vec![over("ReduceL2", "d", "e", 2, 0), s("Greater", &["t", "e"], "l"), cast("l", "a")],
        ),
        (
            "ReduceSumSquare and Where",
            vec![
                over("ReduceSumSquare", "d", "s", 2, 0),
                s("LessOrEqual", &["s", "tt"], "l"),
                s("Where", &["l", "one", "zero"], "a"),
            ],
        ),
        (
            "loops taken away and added",
            vec![
                over("ReduceL2", "d", "e", 2, 0),
                s("Less", &["e", "t"], "l"),
                cast("l", "k"),
                s("Mul", &["k", "other"], "o"),
                s("Add", &["o", "eye"], "a"),
            ],
        ),
        (
            "what is far taken from one",
            vec![
                over("ReduceL2", "d", "e", 2, 0),
                s("GreaterOrEqual", &["e", "t"], "l"),
                s("Where", &["l", "zero", "one"], "a"),
            ],
        ),
    ]
}

/// Normalised adjacencies `m`.
pub fn normalised() -> Vec<(&'static str, Vec<NodeProto>)> {
    let s = step;
    let both = |mut nodes: Vec<NodeProto>| {
        nodes.extend([
            s("Mul", &["a", "r"], "n"),
            node("Transpose", &["r"], &["u"], vec![ints("perm", &[1, 0])]),
            s("Mul", &["n", "u"], "m"),
        ]);
        nodes
    };
    let degree = || over("ReduceSum", "a", "deg", -1, 1);
    let mut all = vec![
        ("Pow", both(vec![degree(), s("Pow", &["deg", "minus"], "r")])),
        ("Sqrt and Div", both(vec![degree(), s("Sqrt", &["deg"], "root"), s("Div", &["one", "root"], "r")])),
        (
            "Sqrt and Reciprocal",
            both(vec![
                degree(),
                s("Max", &["deg", "one"], "most"),
                s("Sqrt", &["most"], "root"),
                s("Reciprocal", &["root"], "r"),
            ]),
        ),
    ];
    all.push((
        "both roots by Div",
        vec![
            degree(),
            over("ReduceSum", "a", "columns", 0, 1),
            s("Sqrt", &["deg"], "root"),
            s("Sqrt", &["columns"], "other_root"),
            s("Div", &["a", "root"], "n"),
            s("Div", &["n", "other_root"], "m"),
        ],
    ));
    all
}

pub fn rename(nodes: Vec<NodeProto>) -> Vec<NodeProto> {
    // Names of the layer, so that those of the normalisation are free.
    let name = |name: String| if name == "r" { "power".into() } else { name };
    let each = |node: NodeProto| NodeProto {
        input: node.input.into_iter().map(name).collect(),
        output: node.output.into_iter().map(name).collect(),
        ..node
    };
    nodes.into_iter().map(each).collect()
}

#[test]
fn spellings_are_one() {
    let mut rows = Vec::new();
    let first = adjacencies().remove(0).1;
    let of_adjacency = adjacencies().into_iter().map(|(name, nodes)| (name, nodes, normalised().remove(0).1));
    let of_powers = normalised().into_iter().map(|(name, nodes)| (name, first.clone(), nodes));
    for (name, adjacency, powers) in of_adjacency.chain(of_powers) {
        let bytes = network(&[differences(), adjacency, rename(powers), layer()]);
        let found =
            lowered(&bytes, graphs(300), HeadKind::Values).unwrap_or_else(|error| panic!("{name}: {error}"));
        let head = &found.agreement.heads[0];
        println!("{name}: relative error {:.5}, {} rows", head.relative_error, found.model.graph().rows());
        assert!(head.relative_error < 0.02, "{name}: {}", head.relative_error);
        assert_eq!(elements(&found, bits), [15], "{name}");
        // The layer with its bias and its ReLU is one product.
        let products =
            |node: &Node| matches!(node, Node::Product { inner: 7, then, .. } if then.range.low == 0);
        assert_eq!(elements(&found, products), [30], "{name}");
        // Bits that are taken from 1 are numbers of their own.
        let flipped = if name.contains("from one") { 15 } else { 0 };
        rows.push(found.model.graph().rows() - flipped);
    }
    assert!(rows.iter().all(|count| *count == rows[0]), "{rows:?}");
}

/// A mean over neighbours, which divides by degrees; features that are multiplied by roots; sums without a bias.
#[test]
fn other_normalisations_agree() {
    let s = step;
    let degree = || over("ReduceSum", "a", "deg", -1, 1);
    let cases = [
        ("mean", vec![degree(), s("Div", &["a", "deg"], "m")]),
        ("mean by Reciprocal", vec![degree(), s("Reciprocal", &["deg"], "f"), s("Mul", &["f", "a"], "m")]),
        ("sum", vec![s("Identity", &["a"], "m")]),
    ];
    for (name, nodes) in cases {
        let bytes = network(&[differences(), adjacencies().remove(0).1, nodes, layer()]);
        let found =
            lowered(&bytes, graphs(300), HeadKind::Values).unwrap_or_else(|error| panic!("{name}: {error}"));
        let head = &found.agreement.heads[0];
        println!("{name}: relative error {:.5}, {} rows", head.relative_error, found.model.graph().rows());
        assert!(head.relative_error < 0.02, "{name}: {}", head.relative_error);
    }
    let scaled = vec![
        degree(),
        s("Pow", &["deg", "minus"], "f"),
        s("MatMul", &["x", "w"], "h"),
        s("Mul", &["h", "f"], "k"),
        s("MatMul", &["a", "k"], "g"),
        s("Mul", &["g", "f"], "i"),
        s("Relu", &["i"], "r"),
        node("Gemm", &["r", "v", "c"], &["y"], vec![]),
    ];
    let bytes = network(&[differences(), adjacencies().remove(0).1, scaled]);
    let found = lowered(&bytes, graphs(300), HeadKind::Values).unwrap();
    assert!(found.agreement.heads[0].relative_error < 0.02, "{}", found.agreement.heads[0].relative_error);
}

/// Nodes on a line of which neighbours are exactly as far apart as the threshold.
#[test]
fn ties_are_as_the_operator_says() {
    for (op, turned, ends, middle) in [
        ("Less", false, 1, 1),
        ("LessOrEqual", false, 2, 3),
        ("Greater", false, 4, 3),
        ("GreaterOrEqual", false, 5, 5),
        ("Less", true, 4, 3),
        ("GreaterOrEqual", true, 2, 3),
    ] {
        let compared = if turned { step(op, &["t", "e"], "l") } else { step(op, &["e", "t"], "l") };
        // What the graph normalises itself has units of a power of two, in which 1/2 is whole.
        let mut nodes = vec![step("Mul", &["x0", "two"], "x")];
        nodes.extend(differences());
        nodes.extend([
            over("ReduceL2", "d", "e", 2, 0),
            compared,
            cast("l", "a"),
            over("ReduceSum", "a", "y", 1, 0),
        ]);
        let bytes = file(value("x0", FLOAT, &[NODES, WIDTH]), nodes, constants());
        let found =
            lowered(&bytes, graphs(60), HeadKind::Values).unwrap_or_else(|error| panic!("{op}: {error}"));
        let mut values = vec![0_i64; (NODES * WIDTH) as usize];
        (0..NODES as usize).for_each(|at| values[at * WIDTH as usize] = (at as i64) << 18);
        let made = evaluate(&found.model, &values, &[]);
        let unit = 2f64.powi(-i32::from(found.model.heads()[0].fraction_bits));
        let said: Vec<f64> = made.tensors[usize::from(found.model.graph().heads()[0].of())]
            .iter()
            .map(|x| *x as f64 * unit)
            .collect();
        assert_eq!(
            said.iter().map(|x| x.round() as i64).collect::<Vec<_>>(),
            [ends, middle, middle, middle, middle, ends],
            "{op} {turned}"
        );
    }
}

#[test]
fn what_is_no_adjacency_is_named() {
    let s = step;
    let length = || over("ReduceL2", "d", "e", 2, 0);
    let negative = vec![length(), s("Less", &["e", "below"], "l"), cast("l", "m")];
    let features = vec![s("Less", &["x", "t"], "l"), cast("l", "m")];
    let signed = vec![s("Less", &["d", "t"], "l"), cast("l", "m")];
    let equal = vec![length(), s("Equal", &["e", "t"], "l"), cast("l", "m")];
    let two = vec![length(), over("ReduceSum", "x", "z", 1, 1), s("Less", &["e", "z"], "l"), cast("l", "m")];
    let lonely = vec![
        length(),
        s("Less", &["e", "t"], "l"),
        cast("l", "k"),
        s("Mul", &["k", "other"], "a"),
        over("ReduceSum", "a", "deg", -1, 1),
        s("Pow", &["deg", "minus"], "f"),
        s("Mul", &["a", "f"], "m"),
    ];
    for (nodes, part) in [
        (negative, "threshold that is finite and not negative"),
        (features, "a comparison of other values"),
        (signed, "a comparison of other values"),
        (equal, "Equal"),
        (two, "two values that depend on the data"),
        (lonely, "give each node a loop of its own"),
    ] {
        let mut all = differences();
        all.extend(nodes);
        all.push(s("ReduceSum", &["m"], "y"));
        let bytes = file(value("x", FLOAT, &[NODES, WIDTH]), all, constants());
        let error = lowered(&bytes, graphs(50), HeadKind::Values).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

/// From a file to a proof about a committed matrix, and back to the integers.
#[test]
fn a_small_network_is_proved() {
    let bytes =
        network(&[differences(), adjacencies().remove(0).1, rename(normalised().remove(0).1), layer()]);
    let request = request(vec![Output::of(HeadKind::Tags)], Some((12, 11)));
    let given = graphs(300);
    let found = foldproof_prover::model::lower::import(&bytes, None, given.clone(), &request).unwrap();
    let model = &found.model;
    let subject = Subject::Matrix { positions: NODES as u16, channels: WIDTH as u16 };
    let statement = Statement::new(subject, [model.graph()]).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let mut key_store = KeyStore::new(cache.path(), None, |_| {});
    let values = &given[0].integers;
    let witness = Witness::Values { values, salt: Fr::zero() };
    let proved = prove(&mut key_store, &statement, &witness, &[model]).unwrap();
    let key = key_store.verifying_key(proved.bundle.statement()).unwrap().clone();
    let policy = Policy::codebooks([]).models([entry(model, "edges", "1")]).trust_key(key);
    let expect = |values: &[i64]| policy.clone().expect_values(values.to_vec(), Fr::zero());
    let verified = verify(&proved.bundle, &expect(values)).unwrap();
    assert!(verify(&proved.bundle, &expect(&given[1].integers)).is_err());
    assert_eq!(verified.hints().len(), 1);
}
