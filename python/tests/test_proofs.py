"""Proofs: made, kept, verified, rejected; at once, interrupted, with progress."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest

import foldproof as fp


def test_a_proof_of_values(proof, policy, values, demo):
    verified = fp.verify(proof, policy)
    assert verified.subject == "fingerprint" and verified["values_matched"] is True and verified.blocks == []
    assert verified["values_commitment"] == values.fold_commitment
    assert verified.hints[0]["tags"] == demo.evaluate([values])[0]["decision"]
    assert json.loads(verified.to_json()) == verified.to_dict() and "error" not in verified
    assert verified.scheme == "transparent" and not verified.insecure_setup
    assert set(proof.profile) >= {"layout", "opening"} and all(seconds >= 0 for seconds in proof.profile.values())
    assert proof.seconds["total"] >= proof.seconds["prove"] > 0 and proof.k >= 10
    assert proof.claims["hints"][0]["tags"] == verified.hints[0]["tags"]
    assert all("calibrated" in warning for warning in proof.warnings)  # a block of one transaction is unlike what it was calibrated on


def test_a_proof_is_kept(tmp_path, proof, policy):
    proof.save(tmp_path / "p.proof")
    loaded = fp.Proof.load(tmp_path / "p.proof")
    assert loaded == proof == fp.Proof.from_json(proof.to_json()) == fp.Proof.from_json(proof.to_dict())
    assert hash(loaded) == hash(proof) and len(loaded) == len(bytes(proof))
    assert fp.verify(tmp_path / "p.proof", policy).statement == proof.statement
    assert loaded.to_dict()["statement"] == proof.statement and loaded.to_dict()["verified"] is False
    with pytest.raises(fp.FoldproofError, match="made only"):
        loaded.profile
    with pytest.raises(fp.InputError):
        fp.Proof.from_json({"bundle": "0xzz"})


def test_arrays_and_lists_are_proved_alike(proof, values, demo):
    """Every proof differs, its claims do not."""
    again = fp.prove(np.asarray(values), models=demo, progress=False)
    assert again != proof and again.claims == proof.claims
    asked = [fp.Policy(models=[demo], values=given, at=1_800_000_000) for given in (np.asarray(values), values.values, values)]
    assert fp.verify(again, asked[0]).to_dict() == fp.verify(proof, asked[1]).to_dict() == fp.verify(proof, asked[2]).to_dict()


def test_what_is_rejected_says_why(proof, policy, values, demo, block):
    other = fp.Policy(models=[demo], values=[0.5] * 96)
    cases = {
        "ValuesCommitment": (proof, other),
        "ModelNotRegistered": (proof, fp.Policy(values=values)),
        "Subject": (proof, fp.Policy(models=[demo])),
        "Context": (proof, fp.Policy(models=[demo], values=values, context="0x" + "00" * 31 + "07")),
        "SchemeNotAccepted": (proof, fp.Policy(models=[demo], values=values, schemes=["kzg"])),
        "Magic": (b"no bundle", policy),
    }
    for kind, (bundle, asked) in cases.items():
        with pytest.raises(fp.Rejected) as caught:
            fp.verify(bundle, asked)
        assert caught.value.kind == kind and caught.value.cause == str(caught.value)
        assert caught.value.to_dict() == {"verdict": "rejected", "verified": False, "error": caught.value.cause}
        assert not isinstance(caught.value, (ValueError, fp.Undecided))
    forged = bytearray(bytes(proof))
    forged[-40] ^= 1
    with pytest.raises(fp.Rejected):
        fp.verify(bytes(forged), policy)


def test_what_cannot_be_told_is_no_rejection(tmp_path, proof, demo, values, root):
    golden = (root / "tests/golden/core-small-64.kzg.proof").read_bytes()
    empty = tmp_path / "cache"
    with pytest.raises(fp.Undecided) as caught:  # no setup
        fp.verify(golden, fp.Policy(codebooks="any", allow_insecure_setup=True), cache=empty)
    assert caught.value.to_dict()["verdict"] == "unknown" and not isinstance(caught.value, fp.Rejected)
    setup = (root / "tests/golden/setup.bin").read_bytes()
    with pytest.raises(fp.Undecided):  # no key
        fp.verify(golden, fp.Policy(codebooks="any", allow_insecure_setup=True, setup=setup), cache=empty)
    with pytest.raises(fp.Undecided):  # a policy that contradicts itself: both at most once
        fp.verify(proof, fp.Policy(models=[demo], values=values, values_commitment=values.fold_commitment))
    with pytest.raises(FileNotFoundError):
        fp.verify(tmp_path / "none.proof")
    with pytest.raises(fp.InputError, match="policy"):
        fp.verify(proof, fp.Policy(document={"no_such_member": 1}))
    with pytest.raises(fp.InputError, match="values_commitments"):
        fp.verify(proof, fp.Policy(values_commitment="0x12"))
    with pytest.raises(TypeError):
        fp.verify(proof, {"values": True})
    with pytest.raises(TypeError):
        fp.verify(7)


def test_a_block_is_proved_and_hidden(tmp_path, block, learned):
    context = "0x" + "00" * 31 + "09"
    proof = fp.prove(block, codebook=learned, hide=True, context=context, progress=False)
    assert proof.secret is not None and proof.statement == "core-small-64"
    asked = fp.Policy(codebooks=learned, block=block, secret=proof.secret, context=context)
    verified = fp.verify(proof, asked)
    assert verified["block_matched"] is True and verified["context"] == context and len(verified.blocks) == 1
    assert verified.blocks[0]["height"] == block.height
    with pytest.raises(fp.Rejected) as caught:
        fp.verify(proof, fp.Policy(codebooks=[learned.root], block=block, context=context))
    assert caught.value.kind == "BlockCommitment"
    with pytest.raises(fp.Rejected) as caught:
        fp.verify(proof)
    assert caught.value.kind == "CodebookRoot"
    assert "Secret" not in repr(proof) and proof.secret.strip() not in repr(proof)
    proof.save(tmp_path / "h.proof")
    assert (tmp_path / "h.proof.salt").stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        proof.save(tmp_path / "h.proof")


@pytest.mark.parametrize("name", ["core-small-64", "consensus-64", "core-small-64+analytics"])
@pytest.mark.parametrize("scheme", ["transparent", "kzg", "evm"])
def test_golden_bundles_are_verified(root, learned, name, scheme):
    """The bundles of tests/golden, under the keys and the setup beside them, with the claims that are written there."""
    folder = root / "tests/golden"
    bundle = folder / f"{name}.{scheme}.proof"
    if not bundle.exists():
        pytest.skip("not among the golden bundles")
    expected = json.loads((folder / f"{name}.{scheme}.json").read_text())
    key = folder / f"{name}.{scheme}.vk"
    asked = fp.Policy(
        codebooks=learned,
        allow_values=True,
        statements=[name],
        schemes=[scheme],
        setup=(folder / "setup.bin").read_bytes() if key.exists() else None,
        allow_insecure_setup=key.exists(),
        keys=[key] if key.exists() else [],
    )
    verified = fp.verify(bundle, asked)
    assert (verified.statement, verified.scheme) == (expected["statement"], expected["scheme"])
    assert verified.insecure_setup == expected["insecure_setup"]
    for name in ("height", "timestamp", "within_bound"):
        if name in expected["facts"]:
            assert verified[name] == expected["facts"][name]
    for name in ("block_commitment", "fold_commitment", "pq_commitment", "codebook_root"):
        if name in expected["facts"]:
            assert verified[name] == "0x" + expected["facts"][name]


def test_the_command_line_says_the_same(tmp_path, root, proof, policy, values, demo):
    binary = os.environ.get("FOLDPROOF_BINARY", "")
    if not os.path.exists(binary):
        pytest.skip("the command line is not built: FOLDPROOF_BINARY")
    proof.save(tmp_path / "p.proof")
    (tmp_path / "v.json").write_text(json.dumps({"fingerprint": values.values}))
    (tmp_path / "r.json").write_text(json.dumps({"models": [demo.entry("model")]}))
    told = subprocess.run(
        [binary, "verify", "p.proof", "--values", "v.json", "--registry", "r.json", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )
    expected = json.loads(told.stdout)
    expected.pop("bundle")
    found = fp.verify(proof, policy).to_dict()
    for members in (expected, found):
        members["models_valid_at"].pop("seconds")
    assert found == expected


def test_threads_prove_at_once_and_others_go_on(values, demo, policy):
    proofs, ticks, stop = [], 0, threading.Event()

    def count():
        nonlocal ticks
        while not stop.wait(0.01):
            ticks += 1

    counting = threading.Thread(target=count)
    counting.start()
    threads = [threading.Thread(target=lambda: proofs.append(fp.prove(values, models=[demo], progress=False))) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    stop.set()
    counting.join()
    assert len(proofs) == 2 and proofs[0] != proofs[1] and ticks >= 5
    assert all(fp.verify(proof, policy) for proof in proofs)


def test_ctrl_c_stops_a_proof(values, demo, proof, policy):
    """From the callable's first call on, the signal is on its way; the process goes on as before."""
    heard = []

    def at_first(stage, done, total):
        heard.append(stage)
        if len(heard) == 1:
            threading.Timer(0.01, signal.raise_signal, [signal.SIGINT]).start()

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        while time.monotonic() - started < 60:  # a machine may prove before the signal is there
            heard.clear()
            fp.prove(values, models=[demo], progress=at_first)
            time.sleep(0.1)
    assert fp.verify(proof, policy).statement == proof.statement


def test_progress_is_told_and_may_stop_the_work(values, demo, capsys):
    stages = []
    fp.prove(values, models=[demo], progress=lambda *told: stages.append(told))
    assert any(stage.startswith("proving: ") and done == total for stage, done, total in stages)

    def refuse(*_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fp.prove(values, models=[demo], progress=refuse)
    assert capsys.readouterr() == ("", "")


def test_progress_writes_over_its_line_on_a_terminal():
    class Terminal(list):
        write = list.append
        isatty = staticmethod(lambda: True)
        flush = staticmethod(lambda: None)

    stream = Terminal()
    shown = fp.progress(stream)
    shown("proving: opening", 1, 2)
    shown("keys", 0, 0)
    shown.close()
    assert stream[0].startswith("\rproving: opening 50 %") and stream[-1].endswith("\r")


def test_progress_updates_the_display_of_a_notebook(monkeypatch):
    class Shell:  # of a notebook: that of a terminal has it in its name
        pass

    shown = []
    handle = types.SimpleNamespace(update=shown.append)
    ipython = types.SimpleNamespace(get_ipython=Shell, display=types.SimpleNamespace(display=lambda *_, **__: handle))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    told = fp.progress()
    told("proving: layout", 1, 9)
    told.close()
    assert len(shown) == 1 and shown[0].startswith("proving: layout 11 %")


def test_what_cannot_be_proved_is_named(tmp_path, values, demo, block):
    with pytest.raises(fp.InputError, match="^models"):
        fp.prove([1.0, 2.0])
    with pytest.raises(fp.InputError):
        fp.prove([1.0, 2.0], models=[demo], progress=False)
    with pytest.raises(fp.InputError, match="^scheme"):
        fp.prove(values, models=[demo], scheme="other", progress=False)
    with pytest.raises(fp.InputError, match="^params"):
        fp.prove(values, models=[demo], params="setup.kzg", progress=False)
    with pytest.raises(fp.InputError, match="^context"):
        fp.prove(values, models=[demo], context="0", progress=False)
    with pytest.raises(fp.FoldproofError, match="none.kzg"):
        fp.prove(values, models=[demo], scheme="kzg", params=tmp_path / "none.kzg", progress=False)
    with pytest.raises(fp.InputError, match="analytics"):
        fp.prove(block, analytics="nothing", progress=False)
    with pytest.raises(fp.InputError, match="one of them again"):
        fp.prove([block, block], progress=False)


def test_kzg_with_a_setup_for_tests(tmp_path, values, demo, proof):
    fp.insecure_setup(proof.k, tmp_path / "setup.kzg")
    cache = tmp_path / "cache"
    made = fp.prove(values, models=[demo], scheme="kzg", params=tmp_path / "setup.kzg", cache=cache, progress=False)
    asked = {"models": [demo], "values": values, "params": tmp_path / "setup.kzg"}
    verified = fp.verify(made, fp.Policy(**asked, allow_insecure_setup=True), cache=cache)
    assert verified.scheme == "kzg" and verified.insecure_setup
    with pytest.raises(fp.Rejected) as caught:
        fp.verify(made, fp.Policy(**asked), cache=cache)
    assert caught.value.kind == "SetupInsecure"
