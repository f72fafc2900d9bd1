//! Parts of transformers made here: spellings of one operator, masks, what is refused.

use foldproof_circuits::graph::{Function, Node};
use foldproof_circuits::stages::graph::evaluate;
use foldproof_prover::model::lower::{HeadKind, Imported};
use foldproof_prover::model::onnx::schema::{NodeProto, TensorProto};
use foldproof_prover::model::samples::read_scaled;

use crate::make::{FLOAT, file, float, int, ints, node, single, tensor, text, value, whole};
use crate::small::{between, lowered, random, rng, vectors};

fn error_of(found: &Imported) -> f64 {
    found.agreement.heads[0].relative_error
}

fn count(found: &Imported, of: fn(&Node) -> bool) -> usize {
    found.model.graph().nodes().iter().filter(|node| of(node)).count()
}

/// The same graph, and outputs that are those of the first up to the rounding of a weight.
fn all_alike(spellings: Vec<(&str, Vec<u8>)>, width: usize, bar: f64) -> Imported {
    let mut first: Option<Imported> = None;
    for (name, bytes) in spellings {
        let found = lowered(&bytes, vectors(width, 300), HeadKind::Values);
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}: relative error {:.5}", error_of(&found));
        assert!(error_of(&found) < bar, "{name}: {}", error_of(&found));
        let Some(first) = &first else {
            first = Some(found);
            continue;
        };
        assert_eq!(first.model.graph().nodes(), found.model.graph().nodes(), "{name}");
        for sample in vectors(width, 20) {
            let [a, b] = [first, &found].map(|found| evaluate(&found.model, &sample.integers, &[]));
            let [a, b] = [a, b].map(|made| made.tensors.last().cloned().unwrap());
            assert!(a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= 4), "{name}: {a:?} {b:?}");
        }
    }
    first.unwrap()
}

fn step(op: &str, inputs: &[&str], output: &str) -> NodeProto {
    node(op, inputs, &[output], vec![])
}

fn constants() -> Vec<TensorProto> {
    let scalar = |name: &str, x: f32| single(name, &[], vec![x]);
    vec![
        scalar("one", 1.0),
        scalar("two", 2.0),
        scalar("three", 3.0),
        scalar("h", 0.5),
        scalar("root", std::f32::consts::SQRT_2),
        scalar("inverse", std::f32::consts::FRAC_1_SQRT_2),
        scalar("cubic", 0.044715),
        scalar("wide", (2.0 / std::f32::consts::PI).sqrt()),
        scalar("minus", -0.5),
        scalar("eps", 1e-5),
        single("gamma", &[8], (0..8).map(|i| 1.0 + 0.1 * i as f32).collect()),
        single("beta", &[8], (0..8).map(|i| 0.05 * i as f32 - 0.2).collect()),
    ]
}

#[test]
fn spellings_of_gelu_are_one() {
    let s = step;
    let spellings = vec![
        ("Gelu", vec![s("Gelu", &["a"], "z")]),
        (
            "x·(1 + erf)·½",
            vec![
                s("Div", &["a", "root"], "d"),
                s("Erf", &["d"], "e"),
                s("Add", &["e", "one"], "f"),
                s("Mul", &["a", "f"], "g"),
                s("Mul", &["g", "h"], "z"),
            ],
        ),
        (
            "½·x·(1 + erf)",
            vec![
                s("Mul", &["h", "a"], "g"),
                s("Mul", &["a", "inverse"], "d"),
                s("Erf", &["d"], "e"),
                s("Add", &["one", "e"], "f"),
                s("Mul", &["g", "f"], "z"),
            ],
        ),
        (
            "x·(½·(1 + erf))",
            vec![
                s("Div", &["a", "root"], "d"),
                s("Erf", &["d"], "e"),
                s("Add", &["e", "one"], "f"),
                s("Mul", &["f", "h"], "g"),
                s("Mul", &["g", "a"], "z"),
            ],
        ),
    ];
    let spellings = spellings.into_iter().map(|(name, nodes)| (name, between(nodes, constants()))).collect();
    let found = all_alike(spellings, 6, 0.02);
    assert_eq!(found.model.graph().tables()[0].function, Function::Gelu);
}

#[test]
fn spellings_of_gelu_by_tanh_are_one() {
    let s = step;
    let end = |mut nodes: Vec<NodeProto>| {
        nodes.extend([
            s("Mul", &["cube", "cubic"], "d"),
            s("Add", &["a", "d"], "e"),
            s("Mul", &["e", "wide"], "f"),
            s("Tanh", &["f"], "g"),
            s("Add", &["g", "one"], "i"),
            s("Mul", &["a", "h"], "j"),
            s("Mul", &["j", "i"], "z"),
        ]);
        nodes
    };
    let spellings = vec![
        ("Gelu", vec![node("Gelu", &["a"], &["z"], vec![text("approximate", "tanh")])]),
        ("x³ by Pow", end(vec![s("Pow", &["a", "three"], "cube")])),
        ("x³ by Mul", end(vec![s("Mul", &["a", "a"], "aa"), s("Mul", &["aa", "a"], "cube")])),
    ];
    let spellings = spellings.into_iter().map(|(name, nodes)| (name, between(nodes, constants()))).collect();
    let found = all_alike(spellings, 6, 0.02);
    assert_eq!(found.model.graph().tables()[0].function, Function::GeluTanh);
}

#[test]
fn spellings_of_silu_are_one() {
    let s = step;
    let spellings = vec![
        ("x·σ", vec![s("Sigmoid", &["a"], "e"), s("Mul", &["a", "e"], "z")]),
        ("σ·x", vec![s("Sigmoid", &["a"], "e"), s("Mul", &["e", "a"], "z")]),
        (
            "x/(1 + exp −x)",
            vec![
                s("Neg", &["a"], "d"),
                s("Exp", &["d"], "e"),
                s("Add", &["e", "one"], "f"),
                s("Div", &["a", "f"], "z"),
            ],
        ),
    ];
    let spellings = spellings.into_iter().map(|(name, nodes)| (name, between(nodes, constants()))).collect();
    let found = all_alike(spellings, 6, 0.02);
    assert_eq!(found.model.graph().tables()[0].function, Function::Silu);
}

#[test]
fn spellings_of_layer_normalisation_are_one() {
    let s = step;
    let mean = |of: &str, to: &str| node("ReduceMean", &[of], &[to], vec![ints("axes", &[-1])]);
    let affine = |mut nodes: Vec<NodeProto>| {
        nodes.extend([s("Mul", &["n", "gamma"], "p"), s("Add", &["p", "beta"], "z")]);
        nodes
    };
    let spellings = vec![
        (
            "LayerNormalization",
            vec![node("LayerNormalization", &["a", "gamma", "beta"], &["z"], vec![float("epsilon", 1e-5)])],
        ),
        (
            "Pow and Sqrt",
            affine(vec![
                mean("a", "m"),
                s("Sub", &["a", "m"], "d"),
                s("Pow", &["d", "two"], "q"),
                mean("q", "variance"),
                s("Add", &["variance", "eps"], "raised"),
                s("Sqrt", &["raised"], "r"),
                s("Div", &["d", "r"], "n"),
            ]),
        ),
        (
            "Mul and Reciprocal",
            affine(vec![
                mean("a", "m"),
                s("Sub", &["a", "m"], "d"),
                s("Mul", &["d", "d"], "q"),
                mean("q", "variance"),
                s("Add", &["eps", "variance"], "raised"),
                s("Sqrt", &["raised"], "r"),
                s("Reciprocal", &["r"], "i"),
                s("Mul", &["d", "i"], "n"),
            ]),
        ),
        (
            "a power of −½, scale first, as Keras",
            vec![
                mean("a", "m"),
                s("Sub", &["a", "m"], "d"),
                s("Mul", &["d", "d"], "q"),
                mean("q", "variance"),
                s("Add", &["variance", "eps"], "raised"),
                s("Pow", &["raised", "minus"], "i"),
                s("Mul", &["i", "gamma"], "slope"),
                s("Mul", &["a", "slope"], "l"),
                s("Mul", &["m", "slope"], "o"),
                s("Sub", &["beta", "o"], "p"),
                s("Add", &["l", "p"], "z"),
            ],
        ),
        (
            "mean of squares, as Flax",
            affine(vec![
                mean("a", "m"),
                s("Mul", &["a", "a"], "aa"),
                mean("aa", "ma"),
                s("Mul", &["m", "m"], "mm"),
                s("Sub", &["ma", "mm"], "variance"),
                s("Add", &["variance", "eps"], "raised"),
                s("Sqrt", &["raised"], "r"),
                s("Sub", &["a", "m"], "d"),
                s("Div", &["d", "r"], "n"),
            ]),
        ),
    ];
    let spellings = spellings.into_iter().map(|(name, nodes)| (name, between(nodes, constants()))).collect();
    let found = all_alike(spellings, 6, 0.02);
    assert_eq!(count(&found, |node| matches!(node, Node::Norm { width: 8, .. })), 1);
}

/// One layer of attention over four positions of six numbers, two heads; `masked` makes masked scores of the scaled ones.
fn attention(scale: Vec<NodeProto>, masked: Vec<NodeProto>, more: Vec<TensorProto>) -> Vec<u8> {
    let mut rng = rng();
    let mut all = vec![
        single("w", &[6, 24], random(&mut rng, 144, 0.8)),
        single("b", &[24], random(&mut rng, 24, 0.3)),
        single("o", &[8, 5], random(&mut rng, 40, 0.6)),
        single("scale", &[], vec![0.5]),
        single("split", &[], vec![0.5_f32.sqrt()]),
        single("inverse", &[], vec![2.0]),
        whole("sizes", &[3], vec![8, 8, 8]),
        whole("heads", &[4], vec![1, 4, 2, 4]),
        whole("merged", &[3], vec![1, 4, 8]),
        whole("last", &[], vec![3]),
    ];
    all.extend(more);
    let moved = |from: &str, to: &str, perm: [i64; 4]| {
        let shaped = format!("{to}s");
        vec![
            node("Reshape", &[from, "heads"], &[&shaped], vec![]),
            node("Transpose", &[&shaped], &[to], vec![ints("perm", &perm)]),
        ]
    };
    let mut nodes = vec![
        node("MatMul", &["x", "w"], &["l"], vec![]),
        node("Add", &["l", "b"], &["qkv"], vec![]),
        node("Split", &["qkv", "sizes"], &["q0", "k0", "v0"], vec![int("axis", 2)]),
    ];
    nodes.extend(moved("q0", "q", [0, 2, 1, 3]));
    nodes.extend(moved("k0", "k", [0, 2, 3, 1]));
    nodes.extend(moved("v0", "v", [0, 2, 1, 3]));
    nodes.extend(scale);
    nodes.extend(masked);
    nodes.extend([
        node("Softmax", &["m"], &["p"], vec![int("axis", -1)]),
        node("MatMul", &["p", "v"], &["c"], vec![]),
        node("Transpose", &["c"], &["ct"], vec![ints("perm", &[0, 2, 1, 3])]),
        node("Reshape", &["ct", "merged"], &["cm"], vec![]),
        node("MatMul", &["cm", "o"], &["all"], vec![]),
        node("Gather", &["all", "last"], &["y"], vec![int("axis", 1)]),
    ]);
    file(value("x", FLOAT, &[1, 4, 6]), nodes, all)
}

fn scaled() -> Vec<NodeProto> {
    vec![step("MatMul", &["q", "k"], "s0"), step("Mul", &["s0", "scale"], "s")]
}

fn unmasked() -> Vec<NodeProto> {
    vec![step("Identity", &["s"], "m")]
}

#[test]
fn scales_of_scores_are_one() {
    let both = vec![
        step("Mul", &["q", "split"], "q1"),
        step("Mul", &["k", "split"], "k1"),
        step("MatMul", &["q1", "k1"], "s"),
    ];
    let divided = vec![step("MatMul", &["q", "k"], "s0"), step("Div", &["s0", "inverse"], "s")];
    let named = vec![
        node("Transpose", &["k"], &["kt"], vec![ints("perm", &[0, 1, 3, 2])]),
        node("Einsum", &["q", "kt"], &["s0"], vec![text("equation", "bhqd,bhkd->bhqk")]),
        step("Mul", &["s0", "scale"], "s"),
    ];
    let spellings = [("scores", scaled()), ("both factors", both), ("a divisor", divided), ("Einsum", named)];
    let spellings = spellings.map(|(name, scale)| (name, attention(scale, unmasked(), vec![])));
    let found = all_alike(spellings.into(), 24, 0.01);
    // Of each head two products and no combine between: the units of the layer make M whole.
    assert_eq!(count(&found, |node| matches!(node, Node::Product { .. })), 4);
    assert_eq!(count(&found, |node| matches!(node, Node::Softmax { width: 4, .. })), 1);
}

fn triangle(seen: f32, gone: f32) -> TensorProto {
    let at = |i: usize| if i % 4 <= i / 4 { seen } else { gone };
    single("mask", &[1, 1, 4, 4], (0..16).map(at).collect())
}

#[test]
fn causal_masks_leave_scores_out() {
    let added = || vec![step("Add", &["s", "mask"], "m")];
    let by_condition = |gone: f32| {
        let zero = tensor("value", single("", &[], vec![0.0]));
        let nodes = vec![
            node("Constant", &[], &["zero"], vec![zero]),
            step("Equal", &["mask", "zero"], "is"),
            step("Where", &["is", "low", "s"], "m"),
        ];
        (nodes, vec![triangle(1.0, 0.0), single("low", &[], vec![gone])])
    };
    let mut spellings = Vec::new();
    for (name, gone) in [("−∞", f32::NEG_INFINITY), ("−3.4e38", f32::MIN), ("−10⁴", -1e4)] {
        spellings.push((name, attention(scaled(), added(), vec![triangle(0.0, gone)])));
        let (nodes, more) = by_condition(gone);
        spellings.push((name, attention(scaled(), nodes, more)));
    }
    let found = all_alike(spellings, 24, 0.01);
    // What is taken is at the last position, which sees all.
    assert_eq!(count(&found, |node| matches!(node, Node::Softmax { width: 4, .. })), 1);
    assert_eq!(count(&found, |node| matches!(node, Node::Softmax { .. })), 1);
}

#[test]
fn soft_masks_are_added() {
    let added = attention(scaled(), vec![step("Add", &["s", "mask"], "m")], vec![triangle(0.0, -2.0)]);
    let condition = vec![
        node("Constant", &[], &["zero"], vec![tensor("value", single("", &[], vec![0.0]))]),
        step("Equal", &["mask", "zero"], "is"),
        step("Where", &["is", "low", "s"], "m"),
    ];
    let more = vec![triangle(1.0, 0.0), single("low", &[], vec![-10.0])];
    for (name, bytes) in [("added", added), ("in place", attention(scaled(), condition, more))] {
        let found = lowered(&bytes, vectors(24, 300), HeadKind::Values);
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(error_of(&found) < 0.01, "{name}: {}", error_of(&found));
    }
}

/// A mask of its own for each position, and all positions asked for: rows of each width by themselves.
#[test]
fn rows_of_each_width_are_a_softmax() {
    let bytes = attention_with(triangle(0.0, -1e9));
    let whole = lowered(&bytes, vectors(24, 300), HeadKind::Values).unwrap().model.graph().rows();
    let bytes = attention_all();
    let found = lowered(&bytes, vectors(24, 300), HeadKind::Values).unwrap();
    assert!(error_of(&found) < 0.01, "{}", error_of(&found));
    for width in 1..=4 {
        let has = |node: &&Node| matches!(node, Node::Softmax { width: own, .. } if *own == width);
        assert_eq!(found.model.graph().nodes().iter().filter(has).count(), 1, "{width}");
    }
    assert!(found.model.graph().rows() > whole);
}

fn attention_all() -> Vec<u8> {
    use foldproof_prover::model::onnx::schema::ModelProto;
    use prost::Message;
    let mut model = ModelProto::decode(&attention_with(triangle(0.0, -1e9))[..]).unwrap();
    let graph = model.graph.as_mut().unwrap();
    graph.node.pop();
    graph.output = vec![value("all", FLOAT, &[])];
    model.encode_to_vec()
}

#[test]
fn what_is_not_attention_is_named() {
    let refused =
        |bytes: &[u8], width: usize| lowered(bytes, vectors(width, 300), HeadKind::Values).unwrap_err();
    let blind = single("mask", &[1, 1, 4, 4], (0..16).map(|i| if i < 4 { -1e9 } else { 0.0 }).collect());
    let bytes = attention_with(blind);
    let error = refused(&bytes, 24);
    assert!(error.contains("Softmax") && error.contains("every score is masked"), "{error}");
    // Tokens that are none: the second row of a table of three is chosen by numbers up to 2 alone.
    let nodes = vec![
        node("Cast", &["x"], &["i"], vec![int("to", 7)]),
        node("Gather", &["table", "i"], &["g"], vec![int("axis", 0)]),
        node("ReduceSum", &["g"], &["y"], vec![ints("axes", &[1])]),
    ];
    let bytes = file(value("x", FLOAT, &[1, 2]), nodes, vec![single("table", &[3, 2], vec![0.5; 6])]);
    let error = refused(&bytes, 2);
    assert!(error.contains("integers, which index a table"), "{error}");
}

/// A padding of −1 has no row that would tell it; one from 0 on is compared like any other token.
#[test]
fn tokens_are_compared_with_tokens() {
    let compared = |padding: i64| {
        let nodes = vec![
            node("Cast", &["x"], &["i"], vec![int("to", 7)]),
            node("Equal", &["i", "padding"], &["e"], vec![]),
            node("Cast", &["e"], &["f"], vec![int("to", 1)]),
            node("MatMul", &["f", "w"], &["y"], vec![]),
        ];
        let constants = vec![whole("padding", &[1], vec![padding]), single("w", &[2, 1], vec![1.0, 0.5])];
        let lines: Vec<String> =
            (0..60).map(|at| format!("{{\"input\": [{}, {}]}}", at % 3, at % 5)).collect();
        let samples = read_scaled(lines.join("\n").as_bytes()).unwrap();
        lowered(&file(value("x", FLOAT, &[1, 2]), nodes, constants), samples, HeadKind::Values)
    };
    let found = compared(2).unwrap();
    assert!(error_of(&found) < 0.01, "{}", error_of(&found));
    let error = compared(-1).unwrap_err();
    assert!(error.contains("a comparison with -1") && error.contains("tokens from 0 on"), "{error}");
}

fn attention_with(mask: TensorProto) -> Vec<u8> {
    attention(scaled(), vec![step("Add", &["s", "mask"], "m")], vec![mask])
}
