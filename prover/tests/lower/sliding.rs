//! Small convolutional nets in the spellings of exporters: the integers are like the float graph.

use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Imported};
use foldproof_prover::model::onnx::schema::{AttributeProto, NodeProto, TensorProto};
use foldproof_prover::model::samples::{self, Sample};
use rand::Rng;

use crate::make::{FLOAT, file, int, ints, node, single, text, value, whole};
use crate::small::{lowered, random, rng};

/// Images of so many planes: a blot somewhere on a slope.
pub fn images(planes: usize, height: usize, width: usize, count: usize) -> Vec<Sample> {
    let mut rng = rng();
    let mut line = |_| {
        let mut image = Vec::new();
        for _ in 0..planes {
            let [y, x, s, t] = [0; 4].map(|_: i32| rng.gen_range(0.0..1.0_f64));
            for i in 0..height {
                for j in 0..width {
                    let (dy, dx) = (i as f64 / height as f64 - y, j as f64 / width as f64 - x);
                    image.push(0.7 * (-(dy * dy + dx * dx) * 12.0).exp() + 0.3 * (s * dy + t * dx).abs());
                }
            }
        }
        serde_json::json!({ "input": image }).to_string()
    };
    let text: Vec<String> = (0..count).map(&mut line).collect();
    samples::read(text.join("\n").as_bytes()).unwrap()
}

pub struct Net {
    pub name: &'static str,
    pub dims: [i64; 4],
    pub nodes: Vec<NodeProto>,
    /// Elements before the last matrix.
    pub wide: i64,
}

/// Weights that the nets use: `w` and `v` of two and of four channels, a vector for each of four.
fn constants(wide: i64) -> Vec<TensorProto> {
    let mut rng = rng();
    let mut one = |name: &str, dims: &[i64], size: f32| {
        let count = dims.iter().product::<i64>() as usize;
        single(name, dims, random(&mut rng, count, size))
    };
    let mut all = vec![
        one("w", &[4, 2, 3, 3], 0.5),
        one("w1", &[4, 2, 1, 1], 0.8),
        one("g", &[4, 1, 3, 3], 0.6),
        one("v", &[4, 4, 3, 3], 0.3),
        one("b", &[4], 0.2),
        one("scale", &[4], 0.9),
        one("shift", &[4], 0.5),
        one("mean", &[4], 0.2),
        one("bias", &[1, 4, 1, 1], 0.2),
        one("m", &[wide, 3], 0.6),
        one("c", &[3], 0.2),
    ];
    all.extend([
        single("variance", &[4], vec![0.3, 0.5, 0.2, 0.7]),
        single("planes", &[1, 2, 1, 1], vec![0.4, 0.2]),
        single("spread", &[1, 2, 1, 1], vec![0.25, 0.5]),
        single("low", &[], vec![f32::NEG_INFINITY]),
        single("one", &[], vec![1.0]),
        whole("flat", &[2], vec![1, -1]),
        whole("around", &[8], vec![0, 0, 1, 1, 0, 0, 1, 1]),
        whole("behind", &[8], vec![0, 0, 0, 0, 0, 0, 1, 1]),
        whole("axis1", &[1], vec![1]),
        whole("axis2", &[1], vec![2]),
        whole("spatial", &[2], vec![2, 3]),
        whole("steps", &[4], vec![2, 2, 4, 6]),
    ]);
    all
}

fn bytes(net: &Net) -> Vec<u8> {
    let mut nodes = net.nodes.clone();
    nodes.push(node("Reshape", &["z", "flat"], &["flattened"], vec![]));
    nodes.push(node("MatMul", &["flattened", "m"], &["product"], vec![]));
    nodes.push(node("Add", &["product", "c"], &["y"], vec![]));
    file(value("x", FLOAT, &net.dims), nodes, constants(net.wide))
}

pub fn imported(net: &Net, samples: &[Sample]) -> Imported {
    let found = lowered(&bytes(net), samples.to_vec(), HeadKind::Values);
    let found = found.unwrap_or_else(|error| panic!("{}: {error}", net.name));
    let head = &found.agreement.heads[0];
    let graph = found.model.graph();
    println!(
        "{}: relative error {:.5}, {} rows, {} nodes, {} bytes",
        net.name,
        head.relative_error,
        graph.rows(),
        graph.nodes().len(),
        graph.to_bytes().len()
    );
    assert!(head.relative_error < 0.02, "{}: {}", net.name, head.relative_error);
    found
}

pub fn conv(from: &str, weights: &[&str], to: &str, more: Vec<AttributeProto>) -> NodeProto {
    node("Conv", &[&[from], weights].concat(), &[to], more)
}

pub fn pool(op: &str, from: &str, to: &str, more: Vec<AttributeProto>) -> NodeProto {
    let square = ints("kernel_shape", &[2, 2]);
    node(op, &[from], &[to], [vec![square, ints("strides", &[2, 2])], more].concat())
}

pub fn relu(from: &str, to: &str) -> NodeProto {
    node("Relu", &[from], &[to], vec![])
}

pub fn normalised(from: &str, to: &str) -> NodeProto {
    node("BatchNormalization", &[from, "scale", "shift", "mean", "variance"], &[to], vec![])
}

pub fn same() -> AttributeProto {
    ints("pads", &[1, 1, 1, 1])
}

#[test]
fn convolutions_in_every_form() {
    let samples = images(2, 6, 6, 300);
    let net = |name, nodes, wide| Net { name, dims: [1, 2, 6, 6], nodes, wide };
    let after = |first: NodeProto| vec![first, relu("a", "z")];
    let nets = [
        net("no padding", after(conv("x", &["w", "b"], "a", vec![])), 64),
        net("zeros around", after(conv("x", &["w", "b"], "a", vec![same()])), 144),
        net("1 by 1", after(conv("x", &["w1"], "a", vec![])), 144),
        net("strides", after(conv("x", &["w"], "a", vec![ints("strides", &[2, 1]), same()])), 72),
        net(
            "SAME_UPPER",
            after(conv("x", &["w"], "a", vec![text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])])),
            36,
        ),
        net(
            "SAME_LOWER",
            after(conv("x", &["w"], "a", vec![text("auto_pad", "SAME_LOWER"), ints("strides", &[2, 2])])),
            36,
        ),
        net("VALID", after(conv("x", &["w"], "a", vec![text("auto_pad", "VALID")])), 64),
        net("more in front", after(conv("x", &["w"], "a", vec![ints("pads", &[2, 0, 0, 1])])), 4 * 6 * 5),
        net("dilations", after(conv("x", &["w"], "a", vec![ints("dilations", &[2, 1])])), 32),
        net("groups", after(conv("x", &["g"], "a", vec![int("group", 2)])), 64),
        net("no activation", vec![conv("x", &["w", "b"], "z", vec![same()])], 144),
        net(
            "BatchNormalization before the ReLU",
            vec![conv("x", &["w", "b"], "a", vec![same()]), normalised("a", "n"), relu("n", "z")],
            144,
        ),
        net(
            "a bias beside it",
            vec![
                conv("x", &["w"], "a", vec![same()]),
                node("Add", &["a", "bias"], &["n"], vec![]),
                relu("n", "z"),
            ],
            144,
        ),
        net(
            "one after another, each channel with a zero of its own",
            vec![
                conv("x", &["w", "b"], "a", vec![same()]),
                relu("a", "r"),
                normalised("r", "n"),
                conv("n", &["v", "b"], "d", vec![same(), ints("strides", &[2, 2])]),
                relu("d", "z"),
            ],
            36,
        ),
        net(
            "of a normalised image",
            vec![
                node("Sub", &["x", "planes"], &["s"], vec![]),
                node("Div", &["s", "spread"], &["d"], vec![]),
                conv("d", &["w", "b"], "a", vec![same()]),
                relu("a", "z"),
            ],
            144,
        ),
        net(
            "a Pad before it",
            vec![
                node("Pad", &["x", "around"], &["p"], vec![]),
                conv("p", &["w", "b"], "a", vec![]),
                relu("a", "z"),
            ],
            144,
        ),
        net(
            "a Pad of ones before it",
            vec![
                node("Pad", &["x", "around", "one"], &["p"], vec![]),
                conv("p", &["w", "b"], "a", vec![]),
                relu("a", "z"),
            ],
            144,
        ),
        net(
            "a Pad inside, and after a pool",
            vec![
                conv("x", &["w", "b"], "a", vec![same()]),
                relu("a", "r"),
                pool("MaxPool", "r", "q", vec![]),
                node("Pad", &["q", "around"], &["p"], vec![]),
                node("Transpose", &["p"], &["t"], vec![ints("perm", &[0, 1, 3, 2])]),
                conv("t", &["v"], "z", vec![]),
            ],
            36,
        ),
        net(
            "beside what it skips",
            vec![
                conv("x", &["w", "b"], "a", vec![same()]),
                relu("a", "r"),
                conv("r", &["v", "b"], "d", vec![same()]),
                node("Add", &["d", "r"], &["n"], vec![]),
                relu("n", "z"),
            ],
            144,
        ),
        net(
            "two added",
            vec![
                conv("x", &["w", "b"], "a", vec![same()]),
                conv("x", &["w1"], "d", vec![]),
                node("Add", &["a", "d"], &["n"], vec![]),
                node("Tanh", &["n"], &["z"], vec![]),
            ],
            144,
        ),
        net(
            "channels last, as Keras has it",
            vec![
                conv("x", &["w", "b"], "a", vec![same()]),
                node("Transpose", &["a"], &["t"], vec![ints("perm", &[0, 2, 3, 1])]),
                node("Add", &["t", "shift"], &["n"], vec![]),
                relu("n", "z"),
            ],
            144,
        ),
    ];
    for net in nets {
        let found = imported(&net, &samples);
        assert!(found.model.graph().to_bytes().len() < 8192, "{}", net.name);
    }
}

/// As tf2onnx writes Keras: channels last outside, first inside; a convolution over a sequence is one over an image of one row.
#[test]
fn layers_of_keras() {
    let images = images(1, 8, 12, 300);
    let nets = [
        Net {
            name: "Conv2D and MaxPool2D",
            dims: [1, 6, 8, 2],
            nodes: vec![
                node("Transpose", &["x"], &["t"], vec![ints("perm", &[0, 3, 1, 2])]),
                conv("t", &["w", "b"], "a", vec![text("auto_pad", "SAME_UPPER")]),
                relu("a", "r"),
                pool("MaxPool", "r", "p", vec![]),
                node("Transpose", &["p"], &["z"], vec![ints("perm", &[0, 2, 3, 1])]),
            ],
            wide: 48,
        },
        Net {
            name: "GlobalAveragePooling2D",
            dims: [1, 6, 8, 2],
            nodes: vec![
                node("Transpose", &["x"], &["t"], vec![ints("perm", &[0, 3, 1, 2])]),
                conv("t", &["w", "b"], "a", vec![]),
                node("Transpose", &["a"], &["u"], vec![ints("perm", &[0, 2, 3, 1])]),
                relu("u", "r"),
                node("ReduceMean", &["r"], &["z"], vec![ints("axes", &[1, 2]), int("keepdims", 0)]),
            ],
            wide: 4,
        },
        Net {
            name: "Conv1D",
            dims: [1, 1, 48, 2],
            nodes: vec![
                node("Squeeze", &["x", "axis1"], &["s"], vec![]),
                node("Transpose", &["s"], &["t"], vec![ints("perm", &[0, 2, 1])]),
                node("Unsqueeze", &["t", "axis2"], &["u"], vec![]),
                conv("u", &["row"], "a", vec![ints("kernel_shape", &[1, 3]), ints("strides", &[1, 3])]),
                node("Squeeze", &["a", "axis2"], &["q"], vec![]),
                node("Transpose", &["q"], &["k"], vec![ints("perm", &[0, 2, 1])]),
                node("Add", &["k", "shift"], &["n"], vec![]),
                relu("n", "z"),
            ],
            wide: 64,
        },
        Net {
            name: "TimeDistributed",
            dims: [1, 2, 6, 8],
            nodes: vec![
                node("Reshape", &["x", "steps"], &["s"], vec![]),
                conv("s", &["w1", "b"], "a", vec![same()]),
                relu("a", "z"),
            ],
            wide: 4 * 6 * 8,
        },
    ];
    for net in nets {
        let row = single("row", &[4, 2, 1, 3], random(&mut rng(), 24, 0.5));
        let mut nodes = net.nodes.clone();
        let batched = net.name == "TimeDistributed";
        let flat = if batched { whole("to", &[2], vec![2, -1]) } else { whole("to", &[2], vec![1, -1]) };
        nodes.push(node("Reshape", &["z", "to"], &["flattened"], vec![]));
        nodes.push(node("MatMul", &["flattened", "m"], &["product"], vec![]));
        nodes.push(node("Add", &["product", "c"], &["y"], vec![]));
        let all = [constants(net.wide), vec![row, flat]].concat();
        let bytes = file(value("x", FLOAT, &net.dims), nodes, all);
        let found = lowered(&bytes, images.clone(), HeadKind::Values);
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", net.name));
        let head = &found.agreement.heads[0];
        println!(
            "{}: relative error {:.5}, {} rows",
            net.name,
            head.relative_error,
            found.model.graph().rows()
        );
        assert!(head.relative_error < 0.02, "{}: {}", net.name, head.relative_error);
    }
}

#[test]
fn what_is_not_proved_is_named() {
    let samples = images(2, 6, 6, 60);
    let error = |nodes: Vec<NodeProto>, wide: i64| {
        let net = Net { name: "", dims: [1, 2, 6, 6], nodes, wide };
        lowered(&bytes(&net), samples.clone(), HeadKind::Values).unwrap_err()
    };
    let found = error(vec![node("Conv", &["x", "x"], &["z"], vec![])], 1);
    assert!(found.contains("weights that depend on the data"), "{found}");
    let low = vec![node("Pad", &["x", "around", "low"], &["p"], vec![]), conv("p", &["w"], "z", vec![])];
    let found = error(low, 144);
    assert!(found.contains("a finite number around"), "{found}");
    let found = error(vec![conv("x", &["w"], "z", vec![ints("strides", &[0, 1])])], 144);
    assert!(found.contains("strides of 1"), "{found}");
    // Windows of more numbers than a tensor has.
    let large = Net {
        name: "",
        dims: [1, 2, 6, 6],
        nodes: vec![conv("x", &["w"], "z", vec![ints("pads", &[80, 80, 80, 80])])],
        wide: 4 * 164 * 164,
    };
    let found = lowered(&bytes(&large), samples, HeadKind::Values).unwrap_err();
    assert!(found.contains("131072 numbers under all windows"), "{found}");
}

/// Classes of a net with a pool are told as they are by the float graph, and other heads see the order of the file.
#[test]
fn outputs_stand_in_the_order_of_the_file() {
    let nodes = vec![conv("x", &["w", "b"], "y", vec![ints("strides", &[3, 3])])];
    let bytes = file(value("x", FLOAT, &[1, 2, 6, 6]), nodes, constants(1));
    let samples = images(2, 6, 6, 100);
    let found = lowered(&bytes, samples.clone(), HeadKind::Values).unwrap();
    assert!(found.agreement.heads[0].relative_error < 0.02);
    assert_eq!(found.model.heads()[0].labels.len(), 16);
    let found = lowered(&bytes, samples, HeadKind::Class).unwrap();
    assert!(found.agreement.heads[0].decisions >= 0.95);
    let Said::Class(class) = evaluate(&found.model, &[0; 72], &[]).outputs[0] else { panic!("a class") };
    assert!(class < 16);
}
