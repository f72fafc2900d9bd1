//! Ensembles of trees. What is expected is onnxruntime 1.32's.

use crate::make::{
    DOUBLE, FLOAT, bytes, double, file, floats, int, ints, learning, near, node, numbers, output, single,
    tensor, text, texts, value,
};
use foldproof_prover::model::graph::Graph;
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::onnx::schema::{AttributeProto, TensorProto};

/// A split at `threshold` of feature 0, with leaves 1 and 2.
fn stump(mode: &str, threshold: f32, missing: i64) -> Vec<AttributeProto> {
    vec![
        ints("nodes_treeids", &[0, 0, 0]),
        ints("nodes_nodeids", &[0, 1, 2]),
        ints("nodes_featureids", &[0, 0, 0]),
        floats("nodes_values", &[threshold, 0.0, 0.0]),
        texts("nodes_modes", &[mode, "LEAF", "LEAF"]),
        ints("nodes_truenodeids", &[1, 0, 0]),
        ints("nodes_falsenodeids", &[2, 0, 0]),
        ints("nodes_missing_value_tracks_true", &[missing, 0, 0]),
    ]
}

fn leaves(stem: &str, rows: &[(i64, i64, f32)]) -> Vec<AttributeProto> {
    let column = |of: fn(&(i64, i64, f32)) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
    vec![
        ints(&format!("{stem}_treeids"), &column(|_| 0)),
        ints(&format!("{stem}_nodeids"), &column(|row| row.0)),
        ints(&format!("{stem}_ids"), &column(|row| row.1)),
        floats(&format!("{stem}_weights"), &rows.iter().map(|row| row.2).collect::<Vec<f32>>()),
    ]
}

fn regress(
    tree: Vec<AttributeProto>,
    more: Vec<AttributeProto>,
    input: i32,
    x: &[f64],
) -> Result<Vec<f64>, String> {
    let node = learning("TreeEnsembleRegressor", &["x"], &["y"], [tree, more].concat());
    let bytes = file(value("x", input, &[0, 1]), vec![node], vec![]);
    output(&bytes, "y", &[x.len(), 1], x).map(|tensor| numbers(&tensor))
}

#[test]
fn splits_are_taken_as_in_onnxruntime() {
    let weights = || leaves("target", &[(1, 0, 1.0), (2, 0, 2.0)]);
    for (mode, expected) in [
        ("BRANCH_LEQ", [1.0, 1.0, 2.0, 2.0]),
        ("BRANCH_LT", [1.0, 2.0, 2.0, 2.0]),
        ("BRANCH_GTE", [2.0, 1.0, 1.0, 2.0]),
        ("BRANCH_GT", [2.0, 2.0, 1.0, 2.0]),
        ("BRANCH_EQ", [2.0, 1.0, 2.0, 2.0]),
        ("BRANCH_NEQ", [1.0, 2.0, 1.0, 1.0]),
    ] {
        // 0.1 is the threshold only as float32. What is no number is where it is sent, besides what the comparison says.
        let x = [0.05, 0.1, 0.2, f64::NAN];
        assert_eq!(regress(stump(mode, 0.1, 0), weights(), FLOAT, &x).unwrap(), expected, "{mode}");
        let sent = [&expected[..3], &[1.0]].concat();
        assert_eq!(regress(stump(mode, 0.1, 1), weights(), FLOAT, &x).unwrap(), sent, "{mode}");
    }
    let error = regress(stump("BRANCH_MEMBER", 0.1, 0), weights(), FLOAT, &[0.0]).unwrap_err();
    assert!(error.contains("tree 0, node 0") && error.contains("BRANCH_MEMBER"), "{error}");
}

#[test]
fn doubles_are_compared_as_such() {
    let weights = || leaves("target", &[(1, 0, 1.0), (2, 0, 2.0)]);
    let x = [0.1, f64::from(0.1_f32), 0.1 + 1e-12, 0.1 + 2e-9];
    // Thresholds of float32, an input of float64: not rounded.
    let found = regress(stump("BRANCH_LEQ", 0.1, 0), weights(), DOUBLE, &x).unwrap();
    assert_eq!(found, [1.0, 1.0, 1.0, 2.0]);
    // Both of float64.
    let mut tree = stump("BRANCH_LEQ", 0.1, 0);
    tree[3] = tensor("nodes_values_as_tensor", double(&[3], vec![0.1, 0.0, 0.0]));
    assert_eq!(regress(tree, weights(), DOUBLE, &x).unwrap(), [1.0, 2.0, 2.0, 2.0]);
    // An input of float64 that is cast first.
    let ensemble = [stump("BRANCH_LEQ", 0.1, 0), weights()].concat();
    let nodes = vec![
        node("Cast", &["x"], &["single"], vec![int("to", 1)]),
        learning("TreeEnsembleRegressor", &["single"], &["y"], ensemble),
    ];
    let found = output(&file(value("x", DOUBLE, &[0, 1]), nodes, vec![]), "y", &[4, 1], &x).unwrap();
    assert_eq!(numbers(&found), [1.0; 4]);
}

#[test]
fn targets_bases_and_aggregates() {
    let sparse = [(1, 0, 1.5), (1, 1, 0.5), (2, 0, -2.0)];
    let full = [(1, 0, 1.5), (1, 1, 0.5), (2, 0, -2.0), (2, 1, 0.0)];
    let run = |rows: &[(i64, i64, f32)], post: &str, aggregate: &str, base: &[f32]| {
        let more = vec![
            int("n_targets", 2),
            text("post_transform", post),
            text("aggregate_function", aggregate),
            floats("base_values", base),
        ];
        regress(stump("BRANCH_LEQ", 0.5, 0), [leaves("target", rows), more].concat(), FLOAT, &[0.25, 0.75])
    };
    let found = |post: &str, aggregate: &str, base: &[f32]| run(&sparse, post, aggregate, base);
    for aggregate in ["SUM", "AVERAGE", "MIN", "MAX"] {
        near(&found("NONE", aggregate, &[]).unwrap(), &[1.5, 0.5, -2.0, 0.0]);
        near(&run(&full, "NONE", aggregate, &[0.25, -1.0]).unwrap(), &[1.75, -0.5, -1.75, -1.0]);
    }
    near(&found("LOGISTIC", "SUM", &[]).unwrap(), &[0.817574, 0.622459, 0.119203, 0.5]);
    near(&found("SOFTMAX", "SUM", &[]).unwrap(), &[0.731059, 0.268941, 0.119203, 0.880797]);
    near(&found("SOFTMAX_ZERO", "SUM", &[]).unwrap(), &[0.731059, 0.268941, 1.0, 0.0]);
    assert!(found("NONE", "SUM", &[0.25]).unwrap_err().contains("2 numbers in base_values"));
    // Where no leaf says anything, onnxruntime leaves the base out.
    assert!(found("NONE", "SUM", &[0.25, -1.0]).unwrap_err().contains("none for target 1"));
    assert!(found("PROBIT", "SUM", &[]).unwrap_err().contains("PROBIT"));
    // Of one target onnxruntime drops what follows.
    let one =
        [leaves("target", &[(1, 0, 1.5), (2, 0, -2.0)]), vec![text("post_transform", "LOGISTIC")]].concat();
    assert!(regress(stump("BRANCH_LEQ", 0.5, 0), one, FLOAT, &[0.0]).unwrap_err().contains("one target"));
}

fn classify(
    rows: &[(i64, i64, f32)],
    labels: &[i64],
    post: &str,
    base: &[f32],
) -> Result<(Vec<f64>, Vec<f64>), String> {
    let more =
        vec![ints("classlabels_int64s", labels), text("post_transform", post), floats("base_values", base)];
    let all = [stump("BRANCH_LEQ", 0.5, 0), leaves("class", rows), more].concat();
    let node = learning("TreeEnsembleClassifier", &["x"], &["l", "y"], all);
    let bytes = file(value("x", FLOAT, &[0, 1]), vec![node], vec![]);
    let run = |name| output(&bytes, name, &[2, 1], &[0.25, 0.75]).map(|tensor| numbers(&tensor));
    Ok((run("l")?, run("y")?))
}

#[test]
fn classes_are_chosen_as_in_onnxruntime() {
    let one = |class| [(1, class, 0.75), (2, class, 0.25)];
    let signed = |class| [(1, class, 1.5), (2, class, -2.0)];
    let three = [(1, 0, -0.25), (1, 2, -0.75), (2, 1, 0.625), (2, 2, 0.375)];
    let (two, all) = (&[7, 9][..], &[7, 9, 4][..]);
    type Row<'a> = (&'a [(i64, i64, f32)], &'a [i64], &'a str, &'a [f32], &'a [f64], &'a [f64]);
    let rows: [Row<'_>; 14] = [
        (&one(0), two, "NONE", &[], &[9.0, 7.0], &[0.25, 0.75, 0.75, 0.25]),
        (&signed(0), two, "NONE", &[], &[9.0, 7.0], &[-1.5, 1.5, 2.0, -2.0]),
        (&one(1), two, "NONE", &[], &[9.0, 7.0], &[0.0, 0.75, 0.0, 0.25]),
        (&signed(1), two, "NONE", &[], &[9.0, 7.0], &[0.0, 1.5, 0.0, -2.0]),
        (&one(0), two, "NONE", &[0.125], &[9.0, 7.0], &[0.125, 0.875, 0.625, 0.375]),
        (&signed(0), two, "NONE", &[0.125], &[9.0, 7.0], &[-1.625, 1.625, 1.875, -1.875]),
        (&one(0), two, "LOGISTIC", &[], &[9.0, 7.0], &[0.320821, 0.679179, 0.437823, 0.562177]),
        (&signed(0), two, "LOGISTIC", &[0.125], &[9.0, 7.0], &[0.164516, 0.835484, 0.867036, 0.132964]),
        (&one(1), two, "LOGISTIC", &[], &[9.0, 7.0], &[0.5, 0.679179, 0.5, 0.562177]),
        (&signed(1), two, "SOFTMAX", &[], &[9.0, 7.0], &[0.182426, 0.817574, 0.880797, 0.119203]),
        (&three, all, "NONE", &[], &[7.0, 9.0], &[-0.25, 0.0, -0.75, 0.0, 0.625, 0.375]),
        (&three, all, "NONE", &[0.125, -0.5, 0.25], &[7.0, 4.0], &[-0.125, -0.5, -0.5, 0.125, 0.125, 0.625]),
        (&three, all, "LOGISTIC", &[], &[7.0, 9.0], &[0.437823, 0.5, 0.320821, 0.5, 0.651355, 0.592667]),
        (&three, all, "SOFTMAX_ZERO", &[], &[7.0, 9.0], &[0.622459, 0.0, 0.377541, 0.0, 0.562177, 0.437823]),
    ];
    for (weights, labels, post, base, chosen, scores) in rows {
        let (found, given) = classify(weights, labels, post, base).unwrap();
        assert_eq!(found, chosen, "{weights:?} {post} {base:?}");
        near(&given, scores);
    }
    // What runtimes do not agree on.
    for (weights, labels, post, base, message) in [
        (&[(1, 0, 0.25), (1, 1, 0.75), (2, 0, 0.5)][..], two, "NONE", &[][..], "one of two classes"),
        (&one(0), two, "SOFTMAX", &[], "post_transform"),
        (&one(0), two, "NONE", &[0.1, 0.2], "base_values"),
        (&one(1), two, "NONE", &[0.1], "base_values"),
        (&three, all, "NONE", &[0.1], "base_values"),
        (&one(0), &[7], "NONE", &[], "class labels"),
    ] {
        let error = classify(weights, labels, post, base).unwrap_err();
        assert!(
            error.contains(message) && error.contains("(TreeEnsembleClassifier)"),
            "{message:?}: {error}"
        );
    }
}

/// Two trees: one of two splits, and one of a split.
pub fn five(more: Vec<AttributeProto>, element: i32) -> Vec<u8> {
    let of = |values: &[f64]| -> TensorProto {
        let dims = [values.len() as i64];
        match element {
            DOUBLE => double(&dims, values.to_vec()),
            _ => single("", &dims, values.iter().map(|x| *x as f32).collect()),
        }
    };
    let mut all = vec![
        ints("tree_roots", &[0, 2]),
        ints("nodes_featureids", &[0, 1, 0]),
        tensor("nodes_splits", of(&[0.1, 0.5, 0.3])),
        tensor("nodes_modes", bytes(&[3], vec![0, 3, 1])),
        ints("nodes_truenodeids", &[1, 0, 1]),
        ints("nodes_falsenodeids", &[2, 1, 0]),
        ints("nodes_trueleafs", &[0, 1, 1]),
        ints("nodes_falseleafs", &[1, 1, 1]),
        ints("nodes_missing_value_tracks_true", &[0, 1, 0]),
        ints("leaf_targetids", &[0, 0, 0]),
        tensor("leaf_weights", of(&[1.5, -2.0, 0.25])),
    ];
    for attribute in more {
        all.retain(|other| other.name != attribute.name);
        all.push(attribute);
    }
    file(value("x", element, &[0, 2]), vec![learning("TreeEnsemble", &["x"], &["y"], all)], vec![])
}

#[test]
fn version_five_is_the_same_function() {
    let x = [0.1, 0.75, 0.2, 0.2, 0.05, 0.25, 0.05, f64::NAN, f64::NAN, 0.0];
    for element in [FLOAT, DOUBLE] {
        let run = |more| numbers(&output(&five(more, element), "y", &[5, 2], &x).unwrap());
        near(&run(vec![]), &[-0.5, -1.75, -4.0, -0.5, 1.75]);
        near(&run(vec![int("aggregate_function", 0)]), &[-0.25, -0.875, -2.0, -0.25, 0.875]);
        near(&run(vec![int("aggregate_function", 2)]), &[-2.0, -2.0, -2.0, -2.0, 0.25]);
        near(&run(vec![int("aggregate_function", 3)]), &[1.5, 0.25, -2.0, 1.5, 1.5]);
        let two = || vec![int("n_targets", 2), ints("leaf_targetids", &[0, 1, 0])];
        let with = |post| run([two(), vec![int("post_transform", post)]].concat());
        near(&with(0), &[1.5, -2.0, 0.25, -2.0, 0.0, -4.0, 1.5, -2.0, 1.75, 0.0]);
        near(&with(1)[..4], &[0.970688, 0.029312, 0.904651, 0.095349]);
        near(&with(2)[..4], &[0.817574, 0.119203, 0.562177, 0.119203]);
        near(&with(3)[..6], &[0.970688, 0.029312, 0.904651, 0.095349, 0.0, 1.0]);
    }
}

/// Trees are in preorder however the file numbers them, and what is folded is what was read.
#[test]
fn trees_are_in_preorder() {
    let bytes = five(vec![], FLOAT);
    let file = File::read(&bytes, None).unwrap();
    let trace = Graph::of(&file, "y").unwrap().trace(vec![1, 2]).unwrap();
    let [node] = &trace.nodes[..] else { panic!("one node") };
    let foldproof_prover::model::graph::op::Op::Trees(ensemble) = &node.op else { panic!("trees") };
    use foldproof_prover::model::graph::trees::Node;
    let shape = |node: &Node| match node {
        Node::Split(split) => (split.yes, split.no),
        Node::Leaf(_) => (0, 0),
    };
    let shapes: Vec<Vec<(usize, usize)>> =
        ensemble.trees.iter().map(|tree| tree.nodes.iter().map(shape).collect()).collect();
    assert_eq!(shapes, [vec![(1, 4), (2, 3), (0, 0), (0, 0), (0, 0)], vec![(1, 2), (0, 0), (0, 0)]]);
    assert_eq!((ensemble.trees[0].depth, ensemble.nodes(), ensemble.features), (2, 8, 2));
}
