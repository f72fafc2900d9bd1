//! Networks of many nodes: edges by products, and an adjacency that is read once.

use foldproof_circuits::graph::Node;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::model::lower::{HeadKind, Imported, Output, import};
use foldproof_prover::model::onnx::schema::{ModelProto, NodeProto};
use foldproof_prover::model::samples::{self, Sample};
use prost::Message;
use rand::Rng;

use crate::edges::{
    WIDTH, adjacencies, constants_of, differences, elements, graphs_of, normalised, over, rename, step,
};
use crate::make::{FLOAT, file, node, single, value};
use crate::shared::{folder, request};
use crate::small::{random, rng};

const MANY: i64 = 36;

fn aggregates(found: &Imported) -> Vec<usize> {
    elements(found, |node| matches!(node, Node::Aggregate { .. }))
}

fn pairs_by_products(found: &Imported) -> usize {
    let bits = |node: &Node| matches!(node, Node::Product { then, .. } if then.range.bits == 1);
    elements(found, bits).iter().sum()
}

fn network(parts: &[Vec<NodeProto>]) -> Vec<u8> {
    let mut constants = constants_of(MANY);
    let mut rng = rng();
    constants.push(single("w2", &[5, 6], random(&mut rng, 30, 0.8)));
    constants.push(single("b2", &[6], random(&mut rng, 6, 0.3)));
    constants.push(single("v2", &[6, 2], random(&mut rng, 12, 0.8)));
    file(value("x", FLOAT, &[MANY, WIDTH]), parts.concat(), constants)
}

/// Two layers with a head for each node.
fn layers() -> Vec<NodeProto> {
    let s = step;
    vec![
        s("MatMul", &["x", "w"], "h"),
        s("MatMul", &["m", "h"], "g"),
        s("Add", &["g", "b"], "i"),
        s("Relu", &["i"], "r"),
        s("MatMul", &["r", "w2"], "h2"),
        s("MatMul", &["m", "h2"], "g2"),
        s("Add", &["g2", "b2"], "i2"),
        s("Relu", &["i2"], "r2"),
        node("Gemm", &["r2", "v2", "c"], &["y"], vec![]),
    ]
}

fn lowered(bytes: &[u8], samples: Vec<Sample>) -> Imported {
    let request = request(vec![Output::of(HeadKind::Values)], Some((14, 12)));
    import(bytes, None, samples, &request).unwrap()
}

#[test]
fn an_adjacency_is_read_once() {
    let n = MANY as usize;
    for (name, powers) in normalised() {
        let bytes = network(&[differences(), adjacencies().remove(4).1, rename(powers), layers()]);
        let found = lowered(&bytes, graphs_of(MANY, 120));
        let head = &found.agreement.heads[0];
        println!("{name}: relative error {:.5}, {} rows", head.relative_error, found.model.graph().rows());
        assert!(head.relative_error < 0.02, "{name}: {}", head.relative_error);
        // Degrees, four numbers of each node, five of the layer between.
        assert_eq!(aggregates(&found), [n, n * WIDTH as usize, n * 5], "{name}");
        assert_eq!(found.model.graph().aggregated().len(), 1, "{name}");
        assert!(pairs_by_products(&found) >= n * n / 4, "{name}");
    }
}

/// What is no chain of such layers is laid out as before, or in part.
#[test]
fn other_uses_of_neighbours_agree() {
    let s = step;
    let powers = || rename(normalised().remove(0).1);
    let mut twice = layers();
    // The activations of the first layer go to a head, too.
    twice.truncate(8);
    twice.extend([
        over("ReduceMean", "r", "mean", 1, 1),
        s("MatMul", &["r2", "v2"], "z"),
        s("Add", &["z", "mean"], "y"),
    ]);
    let mut without = layers();
    without.retain(|node| !node.output.contains(&"r".to_owned()));
    without.iter_mut().flat_map(|node| &mut node.input).filter(|name| *name == "r").for_each(|name| {
        *name = "i".into();
    });
    let first = vec![
        s("MatMul", &["m", "x"], "g"),
        s("MatMul", &["g", "w"], "i"),
        s("Relu", &["i"], "r"),
        node("Gemm", &["r", "v", "c"], &["y"], vec![]),
    ];
    for (name, nodes) in [("read twice", twice), ("no ReLU", without), ("neighbours first", first)] {
        let bytes = network(&[differences(), adjacencies().remove(0).1, powers(), nodes]);
        let found = lowered(&bytes, graphs_of(MANY, 120));
        let head = &found.agreement.heads[0];
        println!(
            "{name}: relative error {:.5}, {} rows, aggregates {:?}",
            head.relative_error,
            found.model.graph().rows(),
            aggregates(&found)
        );
        assert!(head.relative_error < 0.02, "{name}: {}", head.relative_error);
    }
}

/// Three clusters in a unit cube, as the shared network was trained on: places, then features.
fn clusters(nodes: usize, count: usize) -> Vec<Sample> {
    let mut rng = rng();
    let mut line = || {
        let mut point = || -> Vec<f64> { (0..3).map(|_| rng.gen_range(0.2..0.8)).collect() };
        let centres = [point(), point(), point()];
        let mut rows = Vec::new();
        for _ in 0..nodes {
            let centre = &centres[rng.gen_range(0..3)];
            let mut normal = |size: f64| (0..6).map(|_| rng.gen_range(-0.5..0.5)).sum::<f64>() * size;
            rows.extend(centre.iter().map(|x| (x + normal(0.15)).clamp(0.0, 1.0)).collect::<Vec<_>>());
            let heat: f64 = 0.5 + normal(0.3);
            rows.push(heat.clamp(0.0, 1.0));
            rows.extend((0..12).map(|_| normal(0.6)).collect::<Vec<_>>());
        }
        serde_json::json!({ "input": rows }).to_string()
    };
    let text: Vec<String> = (0..count).map(|_| line()).collect();
    samples::read(text.join("\n").as_bytes()).unwrap()
}

/// The shared network with 64 nodes has a proof of k = 14.
#[test]
fn hot_zones_of_64_nodes_take_k_14() {
    let Some(folder) = folder() else {
        println!("skipped: there are no shared models");
        return;
    };
    let bytes = std::fs::read(folder.join("models/gcn_hotzones.onnx")).unwrap();
    let mut model = ModelProto::decode(&bytes[..]).unwrap();
    let input = &mut model.graph.as_mut().unwrap().input[0];
    let shape = input.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape.as_mut().unwrap();
    assert_eq!(shape.dim[0].dim_value, 24);
    shape.dim[0].dim_value = 64;
    let outputs = ["node_scores", "graph_score"].map(|name| Output::named(name, HeadKind::Tags));
    let request = request(outputs.to_vec(), None);
    let found = import(&model.encode_to_vec(), None, clusters(64, 300), &request).unwrap();
    let graph = found.model.graph();
    let statement = Statement::new(Subject::Matrix { positions: 64, channels: 16 }, [graph]).unwrap();
    let decisions: Vec<f64> = found.agreement.heads.iter().map(|head| head.decisions).collect();
    println!("{} rows, k = {}, decisions {decisions:?}", graph.rows(), statement.k());
    assert_eq!((graph.limb_bits(), statement.k()), (12, 14));
    assert!(decisions.iter().all(|share| *share >= 0.995), "{decisions:?}");
}
