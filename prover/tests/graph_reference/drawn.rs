//! Graphs drawn from a seed, and tables: what every node computes and every head says, encodings, commitments.
//!
//! `FOLDPROOF_SEED` repeats a run; `FOLDPROOF_GRAPHS` says how many graphs, 36 without.

use std::sync::Arc;

use foldproof_circuits::graph::{Function, Table};
use foldproof_circuits::stages::graph::commitment;
use foldproof_circuits::testing::graphs;
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_prover::model::graph_file::to_json;
use halo2curves::bn256::Fr;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::script::{expected, field, python};

/// Digests of tables: of each function with (bits, input, output).
const SHAPES: [(u32, u8, u8); 5] = [(10, 6, 11), (11, 7, 13), (12, 8, 14), (13, 9, 12), (14, 10, 14)];
const DIGESTS: [(Function, [&str; 5]); 7] = [
    (
        Function::Sigmoid,
        [
            "5660c845ae8676e5bdfc1b944881395189b2abba53e97bec03e6a051de4efb19",
            "c0b58c5e61e1feed2d4de7835252096478e94fcfd9048691d1b8f00be297b2e3",
            "8db49be5ee9b429bfd891f2c2e5373eaedf31b8f4297c8b5e0711e5b4bc75931",
            "019132a6d78fa3d281bf3ba79221d399673a139a5ecd98587dd37d30805e8923",
            "e4e20eff778cdff27549ce6ed85f157f8b98e800f092142208e00feb8cfc0364",
        ],
    ),
    (
        Function::Tanh,
        [
            "7150d74188d93b13676e142551441a27e28a660a0809b42f6254ccdbc8006f6c",
            "8ab8cbabc176ce0e22111851d98efd7813dce6ba1ae73c63c2eeea18d3ad891d",
            "ddef5ee8b13b40b01b2a652ec490d1b5de8a447062af3ccc74f379a398ed6e94",
            "800333000f1db4ed3d9c5d286dde9f274cb7123573a42b64d96eda1f9871f6de",
            "a46d224ae489935890da27f95d0479861e39b33c8c64c7e28ba5f0875cb2eb15",
        ],
    ),
    (
        Function::Decay,
        [
            "fab4026e8fcded73f1f5fbcecce2aadfcd1ad51c6fe20c5a501fe6a690b17763",
            "81191686333d6c3cef05687d3622c82620a32b08f98c087a657306bbb92544f6",
            "1dadbb64f64c927139c658a852ae717d88c5c450b2bbf3727fa9654ffc4a80da",
            "22d45f416bd3b6acfe55d54b6eb89c2013225ee4f9fc9bedc6070efc686e9e0c",
            "66e5d5b41563d71dc5158c188c58f0eddb444c11bcce5e5e0341bc9955949a8b",
        ],
    ),
    (
        Function::Gelu,
        [
            "24bfb98679cdd45af7abac8470515b7f6bde57f12664fd10f3cc92259fd50710",
            "bdbf3208d4cc8aed66dbeb1d3cf443f5b9cc35023ebb90780af26e9cd16a0173",
            "0c21c128a48b31aed4e4be47f94dd769af52c05e807a109d4f553184ac18e9ae",
            "08b38ea32929916203a6bde6862b0a1799c6ec1faccfb8e556d43a6f590defbc",
            "e04c9a061b0850506c00dfdebc50e7bf0ce85fbd1b6638993dff9703cdfd8da0",
        ],
    ),
    (
        Function::GeluTanh,
        [
            "7b642e19bf6af6b714a286a4973eb7e9754d79a36d62e1a98634815d3b3a6f97",
            "339adf18382aa8f4b83be278c6ff2f6f4224937defeefde750b269a5ec7ee6e7",
            "78ab4644bdf191b8d30e6d0d98cdb6db98a6b4647800f9ba177a9aa9e7791547",
            "e14104e1f5785f438cbc87852fb81d21f63d2ab09b7d0eae5d3108d4a1cd3f64",
            "5e3b3eb435b53474377f26849367e082d5adfd9bc884342fa6dcd6b2e9c2041c",
        ],
    ),
    (
        Function::Silu,
        [
            "bbd2cbdc711e35d25abbe58c85c9c933537c6e6ce9eaa224cca6c3617b71d5fc",
            "e37176311fe9f4281977a6de079850487d2584ff513c27b73d556e1de0b9d753",
            "1f3b22db333e64db7e3a417253db3a83792430e63fa1fe732e560af02af9dac1",
            "55756dd2ec73b491725042f336f72d69b50ba5e6b0ca23c5ccdb648491a55c99",
            "98462505dde2844155a11617e2a6ebee1d39f9c0ea26cda4a6192add3eba0746",
        ],
    ),
    (
        Function::InverseRoot,
        [
            "a8eb0892465dde69d592b90235da3ade8b5b0278ac4e327f85f03612233e5a7d",
            "10d0d26e6bd0bf0cf78eb13b42982c672a838d06645591f88fa64aabb5cd0e6d",
            "f788754a8bb8ddef30d072a8a47cc11f615b5c6dcb1dbac813b085e690818e69",
            "a0385407abded9d0015e2895505bdaa114ae51ec416b60fb02d51a221e06de05",
            "cc949d8079c0ed276e7660add90da97d4af1041c777a09cf6c18c6e84db80683",
        ],
    ),
];

#[test]
fn random_graphs_are_computed_alike() {
    let seed = seed();
    let count = std::env::var("FOLDPROOF_GRAPHS").map_or(36, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    for case in 0..count {
        let mut dice = Dice::new(seed + case);
        let graph = Arc::new(graphs::graph(&mut dice));
        let model = graphs::model(&mut dice, &graph);
        let path = folder.path().join(format!("{case}.fpm"));
        std::fs::write(&path, to_json(&model)).unwrap();
        let path = path.to_str().unwrap();
        let salts: Vec<Fr> = (0..8).map(|i| if i % 3 == 0 { Fr::zero() } else { -Fr::from(i) }).collect();
        let half = 1_i64 << 35;
        let mut inputs =
            vec![vec![-half; graph.inputs()], vec![half - 1; graph.inputs()], vec![0; graph.inputs()]];
        inputs.extend((0..20).map(|_| graphs::input(&mut dice, &model)));
        let line = |values: &Vec<i64>| {
            json!({ "values": values, "salts": salts.iter().map(field).collect::<Vec<_>>() }).to_string()
                + "\n"
        };
        let lines: String = inputs.iter().map(line).collect();
        let place = format!("seed {}", seed + case);
        let Some(encoding) = python(&[path, "--encoding", "--commitment"], "") else { return };
        let own = format!("{}\n{}\n", hex::encode(graph.to_bytes()), field(&commitment(&model)));
        assert_eq!(encoding, own, "{place}");
        let Some(answers) = python(&[path, "--tensors"], &lines) else { return };
        let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), inputs.len(), "{place}");
        for (input, answer) in inputs.iter().zip(answers) {
            assert_eq!(expected(&model, input, &salts), answer, "{place}, input {input:?}");
        }
    }
}

#[test]
fn tables_have_the_pinned_digests() {
    for (function, digests) in DIGESTS {
        for ((bits, input, output), pinned) in SHAPES.into_iter().zip(digests) {
            let table = Table { function, bits, input, output };
            let bytes: Vec<u8> = table.entries().iter().flat_map(|entry| entry.to_le_bytes()).collect();
            assert_eq!(hex::encode(Sha256::digest(&bytes)), pinned, "{table:?}");
            // A series for each of so many entries takes Python long.
            if bits > 12 && matches!(function, Function::Gelu | Function::GeluTanh) {
                continue;
            }
            let numbers = [bits.to_string(), input.to_string(), output.to_string()];
            let arguments = ["--table", function.name(), &numbers[0], &numbers[1], &numbers[2]];
            if let Some(printed) = python(&arguments, "") {
                assert_eq!(printed.trim(), pinned, "{table:?}");
            }
        }
    }
}
