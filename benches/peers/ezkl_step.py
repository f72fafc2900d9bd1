"""One step of EZKL in a process of its own: `ezkl_step.py STEP JSON`. Started by compare.py, prints JSON on its last line."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezkl

# The names of the files of a variant, in its folder.
SETTINGS, CIRCUIT, KEY, PROVING_KEY, WITNESS, PROOF = "settings.json", "network.ezkl", "vk", "pk", "witness.json", "proof.json"


def nothing(_: dict[str, Any]) -> dict[str, Any]:
    """What starting Python and loading EZKL takes, which every other step has in it."""
    return {}


def prepare(job: dict[str, Any]) -> dict[str, Any]:
    """Settings, calibration and compiled circuit: EZKL's way from ONNX to integers."""
    folder = Path(job["folder"])
    settings = str(folder / SETTINGS)
    args = ezkl.PyRunArgs()
    args.input_visibility = job["input_visibility"]
    args.param_visibility = job["param_visibility"]
    args.output_visibility = "public"
    args.decomp_legs = job["decomp_legs"]
    check(ezkl.gen_settings(job["onnx"], settings, py_run_args=args), "gen_settings")
    # EZKL takes samples one after another in a single row for each input of the graph.
    samples = folder / "calibration.json"
    samples.write_text(json.dumps({"input_data": [[value for row in job["calibration"] for value in row]]}))
    check(
        ezkl.calibrate_settings(data=str(samples), model=job["onnx"], settings=settings, target=job["target"], scales=job["scales"]),
        "calibrate_settings",
    )
    check(ezkl.compile_circuit(model=job["onnx"], compiled_circuit=str(folder / CIRCUIT), settings_path=settings), "compile_circuit")
    said = json.loads(Path(settings).read_text())
    run_args = said["run_args"]
    return {
        "k": run_args["logrows"],
        "rows": said["num_rows"],
        "output_scale": said["model_output_scales"][0],
        "scales": [run_args["input_scale"], run_args["param_scale"], run_args["scale_rebase_multiplier"], run_args["decomp_legs"]],
    }


def srs(job: dict[str, Any]) -> dict[str, Any]:
    """A setup whose secret this machine could have kept, as `foldproof params insecure-test-setup` makes one."""
    ezkl.gen_srs(job["srs"], job["k"])
    return {}


def setup(job: dict[str, Any]) -> dict[str, Any]:
    """Both keys."""
    folder = Path(job["folder"])
    check(
        ezkl.setup(model=str(folder / CIRCUIT), vk_path=str(folder / KEY), pk_path=str(folder / PROVING_KEY), srs_path=job["srs"]),
        "setup",
    )
    return {"key_bytes": (folder / KEY).stat().st_size}


def witness(job: dict[str, Any]) -> dict[str, Any]:
    """The network on one input."""
    folder = Path(job["folder"])
    data = folder / "input.json"
    data.write_text(json.dumps({"input_data": [job["input"]]}))
    ezkl.gen_witness(data=str(data), model=str(folder / CIRCUIT), output=str(folder / WITNESS), **commitment_key(job))
    return {}


def prove(job: dict[str, Any]) -> dict[str, Any]:
    """A proof, with reading circuit, witness, proving key and SRS from their files."""
    folder = Path(job["folder"])
    ezkl.prove(
        witness=str(folder / WITNESS),
        model=str(folder / CIRCUIT),
        pk_path=str(folder / PROVING_KEY),
        proof_path=str(folder / PROOF),
        srs_path=job["srs"],
    )
    proof = json.loads((folder / PROOF).read_text())
    public = sum(len(column) for column in proof["instances"])
    # Its file is JSON with the proof in it twice: the binary form is what it is compared by.
    proof_bytes = len(proof["hex_proof"].removeprefix("0x")) // 2
    return {"proof_bytes": proof_bytes, "public_values": public, "with_public_bytes": proof_bytes + 32 * public}


def verify(job: dict[str, Any]) -> dict[str, Any]:
    """The verifier's answer; under polycommit about the commitment it knows, which it puts into the proof."""
    folder = Path(job["folder"])
    if commitment_key(job):
        ezkl.swap_proof_commitments(proof_path=str(folder / PROOF), witness_path=str(folder / WITNESS))
    accepted = ezkl.verify(
        proof_path=str(folder / PROOF),
        settings_path=str(folder / SETTINGS),
        vk_path=str(folder / KEY),
        srs_path=job["srs"],
    )
    check(accepted, "verify")
    return {}


def verify_more(job: dict[str, Any]) -> dict[str, Any]:
    """What the call takes after the first in a process. It reads key and SRS each time: there is no other."""
    verify(job)
    start, times = time.monotonic(), 10
    for _ in range(times):
        verify(job)
    return {"verify_more_seconds": (time.monotonic() - start) / times}


def outputs(job: dict[str, Any]) -> dict[str, Any]:
    """What the circuit computes from each sample, as real numbers."""
    folder = Path(job["folder"])
    data, made = folder / "sample.json", folder / "sample-witness.json"
    rows = []
    for sample in job["samples"]:
        data.write_text(json.dumps({"input_data": [sample]}))
        found = ezkl.gen_witness(data=str(data), model=str(folder / CIRCUIT), output=str(made), **commitment_key(job))
        rows.append([ezkl.felt_to_float(value, job["output_scale"]) for value in found["outputs"][0]])
    return {"outputs": rows}


def commitment_key(job: dict[str, Any]) -> dict[str, str]:
    """What gen_witness needs beside the circuit to commit to weights outside of it."""
    if "polycommit" not in (job["param_visibility"], job["input_visibility"]):
        return {}
    return {"vk_path": str(Path(job["folder"]) / KEY), "srs_path": job["srs"]}


def check(answer: object, call: str) -> None:
    if answer is not True:
        raise RuntimeError(f"ezkl.{call} answered {answer!r}")


def main(step: str, job: str) -> None:
    steps: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        f.__name__: f for f in (nothing, prepare, srs, setup, witness, prove, verify, verify_more, outputs)
    }
    start = time.monotonic()
    said = steps[step](json.loads(Path(job).read_text()))
    print()
    print(json.dumps({**said, "call_seconds": time.monotonic() - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
