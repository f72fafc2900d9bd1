"""Blocks, codebooks, fingerprints and models, from everything that they are made from."""

import array
import json

import numpy as np
import pytest

import foldproof as fp


def test_a_block_is_read_from_everything(root, block):
    path = root / "prover/tests/vectors/blocks/mock-1tx.json"
    text = path.read_text()
    found = fp.fingerprint(block)
    for source in (path, str(path), path.read_bytes(), text, json.loads(text)):
        assert fp.fingerprint(fp.Block(source)) == found
    assert (block.transactions, block.mapping, block.block_hash) == (1, None, None)
    assert block.unchecked and block.height >= 0 and block.timestamp >= 0


def test_what_is_no_block_is_named(tmp_path):
    with pytest.raises(fp.InputError) as caught:
        fp.Block({"header": {}})
    assert caught.value.path.startswith("block") and caught.value.advice
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, fp.FoldproofError)
    (tmp_path / "b.json").write_text("[")
    with pytest.raises(fp.InputError, match="b.json"):
        fp.Block(tmp_path / "b.json")
    with pytest.raises(FileNotFoundError):
        fp.Block(tmp_path / "none.json")
    with pytest.raises(TypeError):
        fp.Block(7)
    with pytest.raises(fp.InputError, match="indexer or full"):
        fp.Block({"header": {}}, mapping="other")
    with pytest.raises(fp.InputError, match="what-is-known"):
        fp.Block({"header": {}}, checks="other")


def test_a_fingerprint_is_an_array(block, learned):
    found = fp.fingerprint(block, learned)
    array_of = np.asarray(found)
    assert array_of.shape == (96,) and array_of.dtype == np.float64 and len(found) == 96
    assert array_of.tolist() == found.values == [value / 2**32 for value in found.integers]
    assert [len(row) for row in found.indices] == [4] * 6 and [len(row) for row in found.folded] == [16] * 6
    assert len(found.residuals) == len(found.within_bound) == 6 and found[0] == found.values[0]
    for commitment in (found.fold_commitment, found.pq_commitment, found.codebook_root, found.block_commitment):
        assert len(commitment) == 66 and commitment.startswith("0x")
    assert found.codebook_root == learned.root != fp.fingerprint(block).codebook_root
    assert found.statement == "core-small-64" and found.to_dict()["statement"] == found.statement


def test_the_codebook_that_ships():
    codebook = fp.Codebook()
    assert (codebook.centroids, codebook.mapping) == (256, "indexer") and len(codebook.root) == 66
    with pytest.raises(fp.InputError):
        fp.Codebook({})


def test_sample_blocks_are_the_same_for_the_same_seed():
    first, again, other = (fp.fingerprint(fp.sample_block(5, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert fp.sample_block(3, style="solana").transactions == 3
    with pytest.raises(fp.InputError):
        fp.sample_block(3, style="other")


def test_models_are_files(tmp_path, demo):
    demo.save(tmp_path / "m.fpm")
    again = fp.Model.load(tmp_path / "m.fpm")
    assert again.commitment == demo.commitment and again.to_bytes() == demo.to_bytes()
    assert demo.dimensions == (1, 96) and demo.shape.startswith("tags-96")
    assert demo.inspect()["commitment"] == demo.commitment == demo.entry("demo", "2")["commitment"]
    assert (demo.entry("demo", "2")["name"], demo.entry("demo", "2")["version"]) == ("demo", "2")
    with pytest.raises(fp.InputError, match="no.fpm"):
        (tmp_path / "no.fpm").write_text("{}")
        fp.Model.load(tmp_path / "no.fpm")
    with pytest.raises(FileNotFoundError):
        fp.Model.load(tmp_path / "none.fpm")


def test_lists_arrays_and_files_say_the_same(tmp_path, demo, values):
    rows = np.asarray(values)
    expected = demo.evaluate([values.values])
    assert expected == demo.evaluate(rows) == demo.evaluate(rows[None, :]) == demo.evaluate([values])
    assert expected == demo.evaluate(array.array("d", values.values))
    (tmp_path / "s.jsonl").write_text(json.dumps({"fingerprint": values.values}) + "\n")
    assert expected == demo.evaluate(tmp_path / "s.jsonl")
    assert set(expected[0]) == {"outputs", "decision"} and len(expected[0]["outputs"]) == len(demo.inspect()["labels"])


def test_samples_that_do_not_suit_are_named(demo):
    with pytest.raises(fp.InputError, match="96 numbers"):
        demo.evaluate([[1.0, 2.0]])
    with pytest.raises(fp.InputError, match="one length"):
        demo.evaluate([[1.0, 2.0], [1.0]])
    with pytest.raises(fp.InputError, match="finite"):
        demo.evaluate([[float("nan")] * 96])
    with pytest.raises(TypeError):
        demo.evaluate([["a"] * 96])


def network(path, width=4, classes=3):
    """A dense network in ONNX, with numbers drawn once."""
    import onnx
    from onnx import helper, numpy_helper

    rng = np.random.default_rng(1)
    weights = [("w0", (width, 8)), ("b0", (8,)), ("w1", (8, classes)), ("b1", (classes,))]
    tensors = [numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name) for name, shape in weights]
    nodes = [
        helper.make_node("Gemm", ["x", "w0", "b0"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w1", "b1"], ["y"]),
    ]
    info = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, n]) for name, n in (("x", width), ("y", classes))]
    graph = helper.make_graph(nodes, "g", info[:1], info[1:], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(made, path)
    return made


def test_an_import_reports_agreement(tmp_path):
    made = network(tmp_path / "m.onnx")
    samples = np.random.default_rng(2).normal(size=(200, 4))
    model = fp.Model.import_onnx(tmp_path / "m.onnx", samples, head="class", labels=["a", "b", "c"])
    agreement = model.agreement
    assert agreement.samples == 40 and agreement.decisions >= 0.95 and agreement.max_error < 0.1
    assert agreement.mean_error <= agreement.max_error and agreement.to_dict()["held_out_samples"] == 40
    assert isinstance(agreement.notes, list) and isinstance(agreement.warnings, list)
    for source in (made, made.SerializeToString(), str(tmp_path / "m.onnx")):
        again = fp.Model.import_onnx(source, samples.tolist(), head="class", labels=["a", "b", "c"])
        assert again.commitment == model.commitment
    assert {said["decision"] for said in model.evaluate(samples)} <= {"a", "b", "c"}
    hidden = fp.Model.import_onnx(made, samples, head="class", hide=True)
    hidden.save(tmp_path / "hidden.fpm")
    assert (tmp_path / "hidden.fpm").stat().st_mode & 0o077 == 0 and hidden.commitment != model.commitment
    tags = fp.Model.import_onnx(made, samples, head="tags", labels=["a", "b", "c"], thresholds={"b": 0.25})
    assert abs(tags.inspect()["thresholds"][1] - 0.25) < 0.01


def test_what_cannot_be_imported_is_named(tmp_path):
    made = network(tmp_path / "m.onnx")
    samples = np.zeros((20, 4))
    with pytest.raises(fp.InputError, match="^head"):
        fp.Model.import_onnx(made, samples, head="other")
    with pytest.raises(fp.InputError, match="^activations"):
        fp.Model.import_onnx(made, samples, head="class", activations=9)
    with pytest.raises(fp.InputError, match="^weights"):
        fp.Model.import_onnx(made, samples, head="class", weights=9)
    with pytest.raises(fp.InputError, match="samples"):
        fp.Model.import_onnx(made, samples[:3], head="class")
    with pytest.raises(fp.InputError):
        fp.Model.import_onnx(made, np.zeros((20, 5)), head="class")
    with pytest.raises(fp.InputError, match="^onnx"):
        fp.Model.import_onnx(b"no model", samples, head="class")
    with pytest.raises(FileNotFoundError):
        fp.Model.import_onnx(tmp_path / "none.onnx", samples)
