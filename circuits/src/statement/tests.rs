use super::*;
use crate::columns::{BLOCK_ROWS, SHARED_ROWS};
use crate::graph::{Block, Function, GraphModel, Head as GraphHead, Node, Requantise, Term, View};
use crate::public::{PublicInputs, Root};
use crate::stages::graph::evaluate;

#[test]
fn names_and_bytes_give_the_statement_back() {
    let names = [
        "core-small-64",
        "core-small-64x2",
        "core-small-64x16",
        "core-medium-256x4",
        "core-full-256+tags-96-64-32-15+anomaly-96-16-96-w16",
        "fingerprint+tags-96-8-3-a8",
        "vector-12+class-12-128-64-32-4",
        "vector-12+values-12-64-8+tags-12-3",
        "core-small-64+values-96-10",
        "vector-12+values-12-28",
    ];
    let cores = Statement::cores().map(|core| core.name()).collect::<Vec<_>>();
    for name in names.iter().copied().chain(cores.iter().map(String::as_str)) {
        let statement = Statement::from_name(name).unwrap();
        assert_eq!(statement.name(), name);
        let bytes = statement.to_bytes();
        assert_eq!(Statement::from_bytes(&bytes), Some(statement));
        for cut in 0..bytes.len() {
            assert_eq!(Statement::from_bytes(&bytes[..cut]), None);
        }
        assert_eq!(Statement::from_bytes(&[bytes, vec![0]].concat()), None);
    }
    for name in [
        "core",
        "fingerprint",
        "vector-12",
        "vector-012+class-12-4",
        "fingerprint+class-12-4",
        "vector-96+tags-96-3",
        "core-small-64+values-96-11",
        "vector-12+values-12-29",
        "sequence-2",
        "sequence-2+tags-192-3",
        "matrix-2x6+tags-12-3",
        "matrix-2+tags-12-3",
        "core-small-64x",
        "core-small-64x0",
        "core-small-64x1",
        "core-small-64x02",
        "core-small-64x+2",
        "core-small-64x17",
        "core-small-64x256",
        "core-small-64x2x2",
        "core-smallx2",
        "core-toy-64x2",
        "core-small-64x2+tags-96-3",
        "core-huge-64x2",
    ] {
        assert_eq!(Statement::from_name(name), None, "{name}");
    }
}

/// Squares of the values, and heads of every kind.
fn graph(limb_bits: u32, channels: u16, positions: u16, heads: usize) -> Arc<Graph> {
    let nodes = vec![
        Node::Input,
        Node::Combine { terms: vec![Term { coefficient: 1, a: 0, b: Some(0) }], constant: 0, then: None },
        Node::Index { views: vec![View::slice(1, 0, 1)] },
        Node::Index { views: vec![View::slice(0, 0, 3)] },
    ];
    let all = [
        GraphHead::Class { of: 3 },
        GraphHead::Score { of: 2, low: true },
        GraphHead::Top { of: 1, count: 1 },
        GraphHead::Values { of: 0 },
        GraphHead::Flag { of: 2, low: false },
        GraphHead::Commitment { of: 0 },
        GraphHead::Tags { of: 3 },
    ];
    Arc::new(Graph::new(limb_bits, channels, positions, vec![], nodes, all[..heads].to_vec()).unwrap())
}

/// One activation through so many different tables.
fn tables(functions: &[(Function, u8)]) -> Arc<Graph> {
    let then = |(function, output): &(Function, u8)| {
        let table = Table { function: *function, bits: 8, input: 4, output: *output };
        let then = Requantise { range: table.range(), table: Some(table) };
        let terms = vec![Term { coefficient: 1, a: 0, b: None }];
        Node::Combine { terms, constant: 0, then: Some((2, then)) }
    };
    let nodes = std::iter::once(Node::Input).chain(functions.iter().map(then)).collect();
    Arc::new(Graph::new(12, 3, 1, vec![], nodes, vec![GraphHead::Values { of: 1 }]).unwrap())
}

/// log₂ of the rows of statements about blocks alone, and how many there are room for in the largest circuit.
#[test]
fn sizes_of_statements_about_blocks_are_as_they_were() {
    let expected = [13, 14, 14, 15, 15, 16, 16, 16, 17, 17];
    assert_eq!(Statement::cores().map(|core| core.k()).collect::<Vec<_>>(), expected);
    let most = |core: Statement| {
        let (core, _) = core.blocks().unwrap();
        (2..=MAX_BLOCKS).rev().find_map(|count| Statement::of_blocks(core, count).ok()).map(|all| all.rows())
    };
    let rows = |count: usize| Some(SHARED_ROWS + BLOCK_ROWS * count);
    let expected = [16, 10, 8, 6, 4, 4, 2, 2, 0, 0].map(|count| (count > 0).then(|| rows(count)).flatten());
    assert_eq!(Statement::cores().map(most).collect::<Vec<_>>(), expected);
    for (name, k) in
        [("core-small-64x2", 14), ("core-small-64x4", 15), ("core-small-64x8", 16), ("core-medium-64x4", 16)]
    {
        assert_eq!(Statement::from_name(name).unwrap().k(), k, "{name}");
    }
}

#[test]
fn blocks_are_counted_and_have_no_models() {
    let core = Core { size: Size::Small, centroids: Centroids::K64 };
    for found in [0, 1, 17, 255] {
        assert_eq!(Statement::of_blocks(core, found.into()), Err(StatementError::Blocks { found }));
    }
    assert_eq!(Statement::of_blocks(core, 1000), Err(StatementError::Blocks { found: 255 }));
    let model = Shape::from_name("tags-96-3").unwrap();
    let beside = Statement::new(Subject::Blocks { core, count: 2 }, [model]);
    assert_eq!(beside, Err(StatementError::ModelsBesideBlocks { found: 1 }));
    let huge = Core { size: Size::Huge, ..core };
    assert_eq!(Statement::of_blocks(huge, 2), Err(StatementError::Rows { k: 18, most: MAX_BLOCKS_K }));
    // Whoever asks for the block of several is told that there is none.
    let eight = Statement::of_blocks(core, 8).unwrap();
    assert_eq!((eight.block(), eight.blocks()), (None, Some((core, 8))));
    let one = Statement::core(core.size, core.centroids);
    assert_eq!((one.block(), one.blocks()), (Some(core), Some((core, 1))));
    // A size for tests has no encoding.
    let toy = Statement::of_blocks(Core { size: Size::Toy, ..core }, 2).unwrap();
    assert_eq!(Statement::from_bytes(&toy.to_bytes()), None);
}

#[test]
fn public_inputs_of_blocks_share_a_codebook_root() {
    let statement = Statement::from_name("core-small-64x3").unwrap();
    let rows: Vec<usize> = (0..2 + 3 * 12).collect();
    let inputs = PublicInputs::from_rows(&statement, rows.clone()).unwrap();
    assert_eq!(inputs.rows().into_iter().copied().collect::<Vec<_>>(), rows);
    assert_eq!((inputs.block(), inputs.blocks().len()), (None, 3));
    for (place, block) in inputs.blocks().iter().enumerate() {
        let first = 2 + 12 * place;
        assert_eq!((block.codebook_root, block.block_commitment, block.height), (1, first, first + 3));
        assert_eq!(
            (block.tx_root, block.within_bound),
            (Root { high: first + 9, low: first + 10 }, first + 11)
        );
    }
    for wrong in [14, 37, 39] {
        assert_eq!(PublicInputs::from_rows(&statement, 0..wrong), None);
    }
}

const CORE: Subject = Subject::Block(Core { size: Size::Small, centroids: Centroids::K64 });

/// Every subject with a graph that suits it.
fn with_graphs() -> Vec<Statement> {
    let matrix = Subject::Matrix { positions: 10, channels: 16 };
    let sequence = |positions| Subject::Sequence { positions };
    [
        (CORE, vec![graph(12, 96, 1, 3)]),
        (Subject::Fingerprint, vec![graph(12, 96, 1, 7)]),
        (Subject::Vector(3), vec![graph(12, 3, 1, 2), tables(&[(Function::Tanh, 3)])]),
        (sequence(2), vec![graph(13, 96, 2, 2)]),
        (sequence(16), vec![graph(13, 96, 16, 2)]),
        (matrix, vec![graph(14, 16, 10, 2)]),
    ]
    .into_iter()
    .map(|(subject, graphs)| Statement::new(subject, graphs).unwrap())
    .collect()
}

#[test]
fn names_of_graphs_say_what_they_take_and_make() {
    let starts = [
        "core-small-64+graph-96-class-score-top-",
        "fingerprint+graph-96-class-score-top-values-flag-commitment-tags-",
        "vector-3+graph-3-class-score-",
        "sequence-2+graph-96x2-class-score-",
        "sequence-16+graph-96x16-class-score-",
        "matrix-10x16+graph-16x10-class-score-",
    ];
    for (statement, start) in with_graphs().into_iter().zip(starts) {
        let name = statement.name();
        assert!(name.starts_with(start), "{name}");
        let digest = &name[start.len()..][..8];
        assert!(digest.chars().all(|digit| digit.is_ascii_hexdigit()), "{name}");
        // They give nothing back, but tell apart.
        assert_eq!(Statement::from_name(&name), None);
    }
    let dense = Shape::from_name("tags-96-3").unwrap();
    let mixed = [ModelShape::from(dense), ModelShape::from(graph(12, 96, 1, 1))];
    let mixed = Statement::new(Subject::Fingerprint, mixed).unwrap();
    assert!(mixed.name().starts_with("fingerprint+tags-96-3+graph-96-class-"), "{mixed}");
}

#[test]
fn bytes_give_graphs_back() {
    for statement in with_graphs() {
        let bytes = statement.to_bytes();
        assert_eq!(Statement::from_bytes(&bytes).as_ref(), Some(&statement));
        assert_eq!(statement.element(), digest(Domain::Statement, 0, &bytes));
        for cut in 0..bytes.len() {
            assert_eq!(Statement::from_bytes(&bytes[..cut]), None);
        }
        assert_eq!(Statement::from_bytes(&[&bytes[..], &[0]].concat()), None);
        // Whatever a byte is changed to: another statement whose encoding is these bytes, or none.
        for at in 0..bytes.len() {
            for value in [0, 1, 2, 4, 127, 128, 255] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Some(other) = Statement::from_bytes(&changed) {
                    assert_eq!(other.to_bytes(), changed, "byte {at} as {value}");
                }
            }
        }
    }
    // Counts of models and of parts of a graph that nothing stands behind.
    for hostile in [
        &[2, 255][..],
        &[2, 4, 0x80],
        &[2, 1, 0x80, 1, 12, 96, 0, 1, 0, 255, 255],
        &[5, 255, 255, 255, 255, 1],
    ] {
        assert_eq!(Statement::from_bytes(hostile), None);
    }
}

#[test]
fn a_short_encoding_of_a_huge_graph_is_refused() {
    let forest = Block::Forest { trees: 1, depth: 1, splits: 1 << 16, leaves: 1 << 16, targets: 1 };
    let nodes = (0..12).map(|block| Node::Forest { block }).collect();
    let heads = vec![GraphHead::Class { of: 0 }];
    let graph = Graph::new(12, 3, 1, vec![forest; 12], nodes, heads).unwrap();
    let found = Statement::new(Subject::Vector(3), [Arc::new(graph)]);
    assert_eq!(found, Err(StatementError::Rows { k: 21, most: MAX_K }));
}

#[test]
fn public_inputs_are_counted_head_by_head() {
    // Statement and commitments; commitment and digest of the heads; heads.
    let expected =
        [14 + 2 + 4, 2 + 2 + 4 + 5 + 2 + 1 + 1, 2 + (2 + 3) + (2 + 1), 3 + 2 + 3, 17 + 2 + 3, 2 + 2 + 3];
    for (statement, expected) in with_graphs().into_iter().zip(expected) {
        assert_eq!(statement.rows(), expected, "{statement}");
        let rows: Vec<usize> = (0..expected).collect();
        let inputs = PublicInputs::from_rows(&statement, rows.clone()).unwrap();
        assert_eq!(inputs.rows().into_iter().copied().collect::<Vec<_>>(), rows);
        for (shape, model) in statement.models().zip(&inputs.models) {
            assert_eq!(model.outputs.len(), shape.published());
        }
        for wrong in [expected - 1, expected + 1] {
            assert_eq!(PublicInputs::from_rows(&statement, 0..wrong), None);
        }
    }
    // As many as native code makes.
    let graph = graph(12, 96, 1, 7);
    let evaluation = evaluate(&GraphModel::blank(Arc::clone(&graph)), &[0; 96], &[]);
    for ((head, tensor), output) in graph.outputs().zip(&evaluation.outputs) {
        assert_eq!(output.elements(tensor, 0).len(), head.published(tensor), "{head:?}");
    }
}

#[test]
fn graphs_that_do_not_go_together_are_refused() {
    let new = |subject, graphs: &[Arc<Graph>]| Statement::new(subject, graphs).unwrap_err();
    let one = [graph(12, 96, 1, 1)];
    let dense = Shape::from_name("tags-192-3").unwrap();
    let sequence = |positions| Subject::Sequence { positions };
    let matrix = |positions, channels| Subject::Matrix { positions, channels };
    let positions = |expected, found| StatementError::Positions { model: 0, expected, found };
    for (told, expected) in [
        (new(Subject::Vector(96), &one), StatementError::Vector),
        (new(Subject::Vector(95), &one), StatementError::Inputs { model: 0, expected: 95, found: 96 }),
        (new(sequence(2), &one), positions((2, 96), (1, 96))),
        (new(Subject::Fingerprint, &[graph(12, 96, 2, 1)]), positions((1, 96), (2, 96))),
        (new(CORE, &[graph(12, 96, 2, 1)]), positions((1, 96), (2, 96))),
        (Statement::new(sequence(2), [dense]).unwrap_err(), positions((2, 96), (1, 192))),
        (Statement::new(matrix(12, 16), [dense]).unwrap_err(), positions((12, 16), (1, 192))),
        (new(matrix(16, 12), &[graph(12, 16, 12, 1)]), positions((16, 12), (12, 16))),
        (new(sequence(1), &one), StatementError::Sequence { found: 1 }),
        (new(sequence(17), &one), StatementError::Sequence { found: 17 }),
        (new(matrix(2, 96), &[graph(12, 96, 2, 1)]), StatementError::Matrix { positions: 2, channels: 96 }),
        (new(matrix(1, 12), &[graph(12, 12, 1, 1)]), StatementError::Matrix { positions: 1, channels: 12 }),
        (new(matrix(4096, 2), &one), StatementError::Matrix { positions: 4096, channels: 2 }),
        (new(sequence(2), &[]), StatementError::Models { found: 0 }),
        (
            new(Subject::Vector(3), &[graph(12, 3, 1, 1), graph(13, 3, 1, 1)]),
            StatementError::LimbBits { model: 1, expected: 12, found: 13 },
        ),
        (
            new(
                Subject::Vector(3),
                &[
                    tables(&[(Function::Tanh, 3), (Function::Tanh, 4), (Function::Decay, 3)]),
                    tables(&[(Function::Decay, 4), (Function::Sigmoid, 3)]),
                ],
            ),
            StatementError::Tables { most: 4, found: 5 },
        ),
        (
            new(
                Subject::Vector(3),
                &[graph(12, 3, 1, 7), graph(12, 3, 1, 7), graph(12, 3, 1, 7), graph(12, 3, 1, 7)],
            ),
            StatementError::Public { most: 32, found: 2 + 4 * (2 + 9) },
        ),
    ] {
        assert_eq!(told, expected);
        assert!(!told.to_string().is_empty());
    }
}
