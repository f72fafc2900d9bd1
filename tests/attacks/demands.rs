//! Every bundle under policies that ask for something else.

use foldproof_circuits::block::Block;
use foldproof_circuits::model::Shape;
use foldproof_circuits::stages::commit::{Salts, fingerprint};
use foldproof_circuits::statement::FINGERPRINT;
use foldproof_circuits::testing::samples;
use foldproof_verifier::{Policy, RegisteredModel, RegisteredShape, Scheme, Status, verify};
use halo2curves::bn256::Fr;

use crate::exhibits::{
    ANALYTICS, BLOCK, Exhibit, Subject, TOGETHER, VALUES, exhibit, graphs, named, statement, trusting,
};
use crate::tally::{each, refused};

/// A block with one more or other member.
fn other_block(block: &Block, change: impl Fn(&mut Block)) -> Block {
    let mut block = block.clone();
    change(&mut block);
    block
}

/// Policies that ask for something else, and what they are told.
fn demands(exhibit: &Exhibit) -> Vec<(Policy, &'static str)> {
    let stranger = -Fr::from(77);
    let base = exhibit.policy();
    // Without a word on what it is about, which each demand adds.
    let open = exhibit.lenient(&exhibit.bundle);
    let other_scheme = Scheme::ALL.into_iter().filter(|scheme| *scheme != exhibit.scheme);
    let mut demands = vec![
        (base.clone().schemes(other_scheme), "SchemeNotAccepted"),
        (base.clone().statements([statement("core-medium-64")]), "StatementNotAccepted"),
        (open.clone().expect_commitment(stranger), "Subject"),
    ];
    let small = [1; 96];
    match &exhibit.witness.subject {
        Subject::Block(block, _, salts) => {
            let expect = |change: &dyn Fn(&mut Block)| {
                open.clone().expect_salted_block(other_block(block, change), salts.block)
            };
            let root = [3; 32];
            demands.extend([
                (expect(&|block| block.header.height += 1), "BlockHeader"),
                (expect(&|block| block.header.timestamp -= 1), "BlockHeader"),
                (expect(&|block| block.header.prev_state_root = root), "BlockHeader"),
                (expect(&|block| block.header.new_state_root = root), "BlockHeader"),
                (expect(&|block| block.header.tx_root = root), "BlockHeader"),
                (expect(&|block| drop(block.transactions.pop())), "BlockCommitment"),
                (expect(&|block| block.traces.swap(0, 1)), "BlockCommitment"),
                (
                    expect(&|block| {
                        block.transactions[0].amount = samples::block(9, 1, 0, 0).transactions[0].amount
                    }),
                    "BlockCommitment",
                ),
                (expect(&|block| block.traces = samples::block(3, 0, 241, 0).traces), "BlockSize"),
                (open.clone().expect_block((**block).clone()), "BlockCommitment"),
                (base.clone().expect_height(block.header.height + 1), "Height"),
                (open.clone().expect_values(small.to_vec(), Fr::zero()), "Subject"),
                (trusting(Policy::codebooks([stranger]), [exhibit.keys.verifying.clone()]), "CodebookRoot"),
                (trusting(Policy::without_codebook(), [exhibit.keys.verifying.clone()]), "CodebookRoot"),
            ]);
        }
        Subject::Blocks(blocks, _) => demands.extend(demands_of_several(exhibit, blocks)),
        Subject::Sequence(values, salts) => {
            let commitments: Vec<Fr> = values
                .chunks(FINGERPRINT)
                .zip(salts)
                .map(|(values, salt)| fingerprint(values, *salt))
                .collect();
            let swapped = commitments.iter().rev().copied();
            demands.extend([
                (open.clone().expect_commitments(swapped), "SequenceCommitments"),
                (open.clone().expect_commitments(commitments[1..].to_vec()), "SequenceCommitments"),
                (open.clone().expect_block(samples::block(1, 1, 0, 0)), "Subject"),
                (open.clone().expect_values(small.to_vec(), Fr::zero()), "Subject"),
                (base.clone().expect_height(1), "Subject"),
            ]);
        }
        Subject::Values(values, salt) => {
            let changed = |index: usize, by: i64| {
                let mut values = values.clone();
                values[index] += by;
                open.clone().expect_values(values, *salt)
            };
            let block = samples::block(1, 1, 0, 0);
            let any_block = Policy::codebooks([stranger]).models(exhibit.witness.entries());
            demands[2].1 = "ValuesCommitment";
            demands.extend([
                (changed(0, 1), "ValuesCommitment"),
                (changed(values.len() - 1, -1), "ValuesCommitment"),
                (changed(0, 1 << 36), "ValueRange"),
                (open.clone().expect_values(values.clone(), Fr::zero()), "ValuesCommitment"),
                (open.clone().expect_values(values[1..].to_vec(), *salt), "ValuesLength"),
                (open.clone().expect_block(block), "Subject"),
                (base.clone().expect_height(1), "Subject"),
                (base.clone().require_within_bound(), "Subject"),
                (trusting(any_block, [exhibit.keys.verifying.clone()]), "Subject"),
            ]);
        }
    }
    if let [entry, ..] = &exhibit.witness.entries()[..] {
        let subject = exhibit.witness.policy();
        let registered = |entries: Vec<RegisteredModel>| {
            trusting(subject.clone().models(entries), [exhibit.keys.verifying.clone()])
        };
        let with = |change: &dyn Fn(&mut RegisteredModel)| {
            let mut entry = entry.clone();
            change(&mut entry);
            registered(vec![entry])
        };
        demands.extend([
            (registered(vec![]), "ModelNotRegistered"),
            (with(&|entry| entry.commitment = stranger), "ModelNotRegistered"),
            (with(&|entry| entry.status = Status::Retired), "ModelStatus"),
            (with(&|entry| entry.status = Status::Revoked), "ModelStatus"),
            (with(&|entry| entry.valid_from = Some(u64::MAX)), "ModelValidity"),
            (with(&|entry| entry.valid_until = Some(0)), "ModelValidity"),
            (with(&|entry| entry.shape = other_shape(&entry.shape)), "ModelShape"),
        ]);
        if labels(&mut entry.clone()).is_some_and(|labels| labels.len() > 1) {
            let relabelled =
                |change: &dyn Fn(&mut Vec<String>)| with(&|entry| change(labels(entry).unwrap()));
            demands.extend([
                (relabelled(&|labels| labels.swap(0, 1)), "ModelEntry"),
                (relabelled(&|labels| drop(labels.pop())), "ModelEntry"),
            ]);
        }
        let mut second = entry.clone();
        second.status = Status::Revoked;
        demands.push((registered(vec![entry.clone(), second]), "ModelStatus"));
    }
    demands
}

/// Of several blocks, each in its place and no others.
fn demands_of_several(exhibit: &Exhibit, blocks: &[(Block, Salts)]) -> Vec<(Policy, &'static str)> {
    let open = exhibit.lenient(&exhibit.bundle);
    let expect = |places: &[usize]| {
        let blocks = places.iter().map(|place| &blocks[*place]);
        open.clone().expect_salted_blocks(blocks.map(|(block, salts)| (block.clone(), salts.block)))
    };
    let heights: Vec<u64> = blocks.iter().map(|(block, _)| block.header.height).collect();
    let other = blocks.iter().enumerate().map(|(place, (block, salts))| {
        (other_block(block, |block| block.traces.truncate(20 - place)), salts.block)
    });
    vec![
        (expect(&[1, 0]), "InBlock"),
        (expect(&[0, 0]), "InBlock"),
        (expect(&[0]), "BlockCount"),
        (expect(&[0, 1, 1]), "BlockCount"),
        (open.clone().expect_salted_blocks(other), "InBlock"),
        (open.clone().expect_blocks(blocks.iter().map(|(block, _)| block.clone())), "InBlock"),
        (open.clone().expect_height(heights[0]), "BlockCount"),
        (open.clone().expect_heights([heights[0], heights[1] + 1]), "InBlock"),
        (open.clone().expect_block_hash([1; 32]), "BlockCount"),
        (open.clone().expect_block_hashes([[1; 32]; 2]), "InBlock"),
        (open.expect_values(vec![1; 96], Fr::zero()), "Subject"),
        (trusting(Policy::codebooks([-Fr::from(77)]), [exhibit.keys.verifying.clone()]), "InBlock"),
    ]
}

/// Labels of an entry's outputs, or of a graph's first head.
fn labels(entry: &mut RegisteredModel) -> Option<&mut Vec<String>> {
    match &mut entry.shape {
        RegisteredShape::Dense(_) => Some(&mut entry.labels),
        RegisteredShape::Graph(graph) => graph.heads.first_mut().map(|head| &mut head.labels),
    }
}

/// One layer more, or another graph of the same name.
fn other_shape(shape: &RegisteredShape) -> RegisteredShape {
    let shape = match shape {
        RegisteredShape::Dense(shape) => shape,
        RegisteredShape::Graph(graph) => {
            let mut graph = graph.clone();
            graph.digest += Fr::one();
            return RegisteredShape::Graph(graph);
        }
    };
    let layers: Vec<(usize, bool)> =
        shape.layers().iter().map(|layer| (layer.outputs.into(), layer.relu)).collect();
    let layers = [&[(2, true)], &layers[..]].concat();
    Shape::new(shape.head(), shape.weights(), shape.activations(), shape.inputs(), &layers).unwrap().into()
}

#[test]
fn demands_are_met_or_refused_by_name() {
    let of_kzg = [TOGETHER, ANALYTICS].map(|name| exhibit(name, Scheme::Kzg)).to_vec();
    for exhibit in [named(&VALUES), graphs(), named(&[BLOCK]), of_kzg].concat() {
        let demands = demands(&exhibit);
        let indices: Vec<usize> = (0..demands.len()).collect();
        each(
            &format!("other demands: {}", exhibit.title()),
            &indices,
            |index| {
                let (policy, expected) = &demands[*index];
                let error = refused(|| verify(&exhibit.bundle, policy).map(drop));
                error.map_err(|what| format!("{expected} was expected: {what}"))
            },
            |index, error| crate::tally::kind(error) == demands[*index].1,
        );
    }
    // The same demands, met.
    let block = exhibit(BLOCK, Scheme::Transparent);
    let height = block.bundle.unverified_instance().block().unwrap().height;
    assert_eq!(height, Fr::from(samples::block(1, 0, 0, 0).header.height));
}
