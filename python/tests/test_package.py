"""The package as a whole: stubs, documentation, the adapter, the example."""

import ast
import inspect
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import foldproof as fp
from foldproof import _foldproof as native
from foldproof import zkml

from test_inputs import network


def test_stubs_and_module_have_the_same_names():
    stubs = ast.parse((pathlib.Path(fp.__file__).parent / "_foldproof.pyi").read_text())
    public = lambda names: {name for name in names if not name.startswith("_")}
    stated = {node.name: node for node in stubs.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert public(stated) == public(vars(native))
    for name, node in stated.items():
        found = getattr(native, name)
        if isinstance(node, ast.ClassDef):
            assert public(item.name for item in node.body) == public(vars(found)), name
            continue
        parameters = [argument.arg for argument in node.args.args]
        assert parameters == list(inspect.signature(found).parameters), name


def test_types_are_sound():
    folder = pathlib.Path(fp.__file__).parent
    assert (folder / "py.typed").exists()
    told = subprocess.run([sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", os.devnull, "-p", "foldproof"], capture_output=True, text=True, cwd="/")
    assert told.returncode == 0, told.stdout + told.stderr


def test_everything_public_is_documented():
    for name in fp.__all__:
        item = getattr(fp, name)
        assert inspect.getdoc(item), name
        if inspect.isclass(item):
            own = {key: value for key, value in vars(item).items() if not key.startswith("_")}
            missing = [key for key, value in own.items() if not inspect.getdoc(getattr(item, key))]
            assert not missing, (name, missing)


def test_the_package_needs_no_numpy():
    code = "import sys; sys.modules['numpy'] = None; import foldproof as fp; print(fp.fingerprint(fp.sample_block(3)).values[0])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def test_the_steps_of_zkml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network("network.onnx")
    samples = np.random.default_rng(2).normal(size=(50, 4)).tolist()
    pathlib.Path("data.jsonl").write_text("".join(json.dumps({"input": row}) + "\n" for row in samples))
    assert zkml.gen_settings(head="class")
    with pytest.raises(fp.FoldproofError, match="calibrate_settings"):
        zkml.compile_circuit()
    assert zkml.calibrate_settings("data.jsonl") and zkml.compile_circuit() and zkml.get_srs() and zkml.setup()
    assert json.loads(pathlib.Path("settings.json").read_text())["agreement"]["decisions"] >= 0.9
    witness = zkml.gen_witness({"input_data": [samples[0]]}, output="witness.json")
    proof = zkml.prove()
    assert zkml.verify() is True and zkml.verify(proof) is True
    said = fp.verify(bytes.fromhex(proof["bundle"][2:]), fp.Policy(models=[fp.Model.load("network.fpm")], allow_values=True))
    assert said.hints[0]["class"] == witness["output"]["decision"]
    settings = json.loads(pathlib.Path("settings.json").read_text())
    settings["model"]["commitment"] = "0x" + "00" * 31 + "05"
    pathlib.Path("other.json").write_text(json.dumps(settings))
    with pytest.raises(fp.Rejected):
        zkml.verify(settings="other.json")


def test_the_example_runs(root, tmp_path):
    example = root / "examples/python/own_model.py"
    lines = [line for line in example.read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) < 30
    told = subprocess.run([sys.executable, example], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "MPLBACKEND": "Agg"})
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "own_model.png").stat().st_size > 1000 and "'class': '" in told.stdout
