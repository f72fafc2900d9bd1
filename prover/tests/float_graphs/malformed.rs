//! Ensembles that are none, each refused with the tree and node.

use crate::make::{FLOAT, bytes, file, floats, int, ints, learning, output, tensor, texts, value};
use crate::trees::five;
use foldproof_prover::model::onnx::schema::AttributeProto;

/// Two trees of five nodes and of one, with some attributes instead of others.
fn changed(more: Vec<AttributeProto>) -> String {
    let mut all = vec![
        int("n_targets", 1),
        ints("nodes_treeids", &[3, 3, 3, 3, 3, 4]),
        ints("nodes_nodeids", &[0, 1, 2, 3, 4, 0]),
        ints("nodes_featureids", &[0, 1, 0, 0, 0, 0]),
        floats("nodes_values", &[0.5, 0.25, 0.0, 0.0, 0.0, 0.0]),
        texts("nodes_modes", &["BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF", "LEAF"]),
        ints("nodes_truenodeids", &[1, 3, 0, 0, 0, 0]),
        ints("nodes_falsenodeids", &[2, 4, 0, 0, 0, 0]),
        ints("target_treeids", &[3, 3, 3, 4]),
        ints("target_nodeids", &[2, 3, 4, 0]),
        ints("target_ids", &[0, 0, 0, 0]),
        floats("target_weights", &[1.0, 2.0, 3.0, 0.5]),
    ];
    for attribute in more {
        all.retain(|other| other.name != attribute.name);
        all.push(attribute);
    }
    let node = learning("TreeEnsembleRegressor", &["x"], &["y"], all);
    let bytes = file(value("x", FLOAT, &[0, 2]), vec![node], vec![]);
    match output(&bytes, "y", &[2, 2], &[0.0, 1.0, 1.0, 0.0]) {
        Ok(tensor) => format!("{:?}", tensor.reals().unwrap()),
        Err(error) => error,
    }
}

#[test]
fn rows() {
    assert_eq!(changed(vec![]), "[3.5, 1.5]");
    let cases: Vec<(Vec<AttributeProto>, &str)> = vec![
        // A cycle that the root does not lead to, and one that it is on.
        (
            vec![
                ints("nodes_truenodeids", &[2, 1, 0, 0, 0, 0]),
                ints("nodes_falsenodeids", &[3, 4, 0, 0, 0, 0]),
            ],
            "tree 3, node 1: a cycle",
        ),
        (vec![ints("nodes_truenodeids", &[0, 3, 0, 0, 0, 0])], "the root first"),
        (vec![ints("nodes_truenodeids", &[9, 3, 0, 0, 0, 0])], "tree 3, node 0: true child 9"),
        (vec![ints("nodes_falsenodeids", &[2, -1, 0, 0, 0, 0])], "tree 3, node 1: false child -1"),
        (vec![ints("nodes_falsenodeids", &[1, 4, 0, 0, 0, 0])], "tree 3, node 1: a child of node 0"),
        (vec![ints("nodes_falsenodeids", &[2, 2, 0, 0, 0, 0])], "tree 3, node 2: a child of node"),
        (vec![ints("nodes_truenodeids", &[3, 3, 0, 0, 0, 0])], "tree 3, node 3: a child of node"),
        (vec![ints("nodes_nodeids", &[0, 1, 2, 3, 3, 0])], "tree 3, node 3 twice"),
        (vec![ints("nodes_treeids", &[3, 3, 3, 3, 4, 4])], "tree 3, node 1: false child 4"),
        (
            vec![texts("nodes_modes", &["LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF", "LEAF"])],
            "node 1: no node leads to it, nor to node 0",
        ),
        (
            vec![
                ints("nodes_nodeids", &[1, 0, 2, 3, 4, 0]),
                ints("nodes_truenodeids", &[2, 1, 0, 0, 0, 0]),
                ints("nodes_falsenodeids", &[3, 4, 0, 0, 0, 0]),
            ],
            "the root first",
        ),
        (vec![ints("nodes_featureids", &[-1, 1, 0, 0, 0, 0])], "tree 3, node 0: -1"),
        (vec![ints("nodes_featureids", &[0, 1 << 40, 0, 0, 0, 0])], "tree 3, node 1: 1099511627776"),
        (vec![ints("nodes_featureids", &[0, 2, 0, 0, 0, 0])], "samples of 3 features"),
        (
            vec![floats("nodes_values", &[f32::NAN, 0.0, 0.0, 0.0, 0.0, 0.0])],
            "tree 3, node 0: what is no number",
        ),
        (vec![floats("nodes_values", &[0.5])], "6 numbers in nodes_values"),
        (vec![ints("nodes_nodeids", &[])], "1 to 1048576 nodes"),
        (vec![texts("nodes_modes", &["BRANCH_LEQ"])], "6 numbers in nodes_modes"),
        (vec![floats("target_weights", &[1.0, f32::INFINITY, 3.0, 0.5])], "tree 3, node 3: inf"),
        (vec![ints("target_nodeids", &[2, 3, 3, 0])], "tree 3, node 3: two for target 0"),
        (vec![ints("target_nodeids", &[2, 3, 9, 0])], "tree 3, node 9: no such node"),
        (vec![ints("target_ids", &[0, 0, 1, 0])], "a target from 0 to 0"),
        (vec![ints("target_nodeids", &[2, 3, 1, 0])], "a leaf of tree 3 without"),
        (vec![int("n_targets", 0)], "n_targets from 1"),
        (vec![int("n_targets", i64::MAX)], "n_targets from 1"),
        (vec![floats("base_values", &[f32::NAN])], "finite base_values"),
    ];
    for (more, message) in cases {
        let error = changed(more);
        assert!(error.contains(message), "{message:?} was expected in {error:?}");
        assert!(error.contains("node[0] \"y\" (TreeEnsembleRegressor)"), "{error}");
    }
}

#[test]
fn a_way_down_is_not_endless() {
    // A chain of splits, each with a leaf: node 2i splits into the leaf 2i + 1 and node 2i + 2.
    let chain = |splits: i64| {
        let count = 2 * splits + 1;
        let all: Vec<i64> = (0..count).collect();
        let split = |i: &i64| i % 2 == 0 && *i < 2 * splits;
        let child = |by: i64| all.iter().map(|i| if split(i) { i + by } else { 0 }).collect::<Vec<i64>>();
        let leaves: Vec<i64> = all.iter().copied().filter(|i| !split(i)).collect();
        let modes: Vec<&str> = all.iter().map(|i| if split(i) { "BRANCH_LEQ" } else { "LEAF" }).collect();
        let zeros = vec![0; count as usize];
        changed(vec![
            ints("nodes_treeids", &zeros),
            ints("nodes_nodeids", &all),
            ints("nodes_featureids", &zeros),
            floats("nodes_values", &vec![-1.0; count as usize]),
            texts("nodes_modes", &modes),
            ints("nodes_truenodeids", &child(1)),
            ints("nodes_falsenodeids", &child(2)),
            ints("target_treeids", &vec![0; leaves.len()]),
            ints("target_nodeids", &leaves),
            ints("target_ids", &vec![0; leaves.len()]),
            floats("target_weights", &vec![1.0; leaves.len()]),
        ])
    };
    assert_eq!(chain(1000), "[1.0, 1.0]");
    assert!(chain(1001).contains("tree 0, node 2000: one more"), "{}", chain(1001));
}

#[test]
fn lists() {
    for (more, message) in [
        (ints("nodes_truenodeids", &[0, 0, 1]), "tree 0, node 0: a second one, or a cycle"),
        (ints("tree_roots", &[0, 1]), "tree 1, node 1: a second one"),
        (ints("tree_roots", &[0]), "none to node 2"),
        (ints("tree_roots", &[]), "tree_roots"),
        (ints("tree_roots", &[0, 7]), "tree 1, node 7"),
        (ints("nodes_truenodeids", &[5, 0, 1]), "tree 0, node 0: 5"),
        (ints("nodes_falsenodeids", &[9, 1, 0]), "leaves from 0 to 2"),
        (ints("nodes_trueleafs", &[0, 1]), "3 numbers in nodes_trueleafs"),
        (ints("leaf_targetids", &[0, 0, 4]), "a target from 0"),
        (tensor("nodes_modes", bytes(&[3], vec![0, 6, 1])), "BRANCH_MEMBER"),
        (tensor("membership_values", bytes(&[1], vec![0])), "sets of values"),
        (int("post_transform", 4), "post_transform"),
        (int("post_transform", 2), "one target"),
        (int("aggregate_function", 9), "aggregate_function"),
    ] {
        let error = output(&five(vec![more], FLOAT), "y", &[1, 2], &[0.0, 0.0]).unwrap_err();
        assert!(error.contains(message) && error.contains("(TreeEnsemble)"), "{message:?}: {error}");
    }
}
