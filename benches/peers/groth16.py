"""Groth16 by hand, with public weights: the crate in groth16/, which run.sh builds."""

import json
from pathlib import Path
from typing import Any

from contenders import Foldproof, Prepared, Round, Task
from measure import Step, StepFailed, run


class Groth16:
    """A circuit of this one model, with input and outputs public; in Foldproof's arithmetic, from Foldproof's model file."""

    name, weights, input, hiding = "groth16 by hand", "public, in the circuit", "public", "nothing: weights are public"
    # Its trusted setup is of this one circuit, so it is part of making keys.
    preparation, phases = ("quantise",), ("setup", "prove", "verify")

    # Proofs verified after the first in one process, enough for their share of its time to be seen.
    MORE = 100

    def __init__(self, binary: Path, foldproof: Path, task: Task) -> None:
        self._binary, self._foldproof, self._task = binary, foldproof, task
        self._folder = task.folder("groth16")

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _run(self, *words: str | Path) -> Step:
        return run(words, self._task.log("groth16"), self._task.limits)

    def prepare(self, prepared: Prepared) -> None:
        task, model = self._task, self._path("model.fpm")
        prepared.quantise = self._run(
            *(self._foldproof, "model", "import", task.onnx, "--calibrate", task.samples, "--head", "tags"),
            *("--labels", task.labels, "-o", model, "--json"),
        )
        self._path("input.json").write_text(json.dumps({task.member: task.held_out[0]}))

    def round(self, round: Round) -> None:
        model, pk, vk, proof, public = (self._path(name) for name in ("model.fpm", "pk", "vk", "proof", "public.json"))
        round.setup = self._run(self._binary, "setup", model, pk, vk)
        round.key_bytes = round.setup.said["key_bytes"]
        round.prove = self._run(self._binary, "prove", model, self._path("input.json"), pk, proof, public)
        said = round.prove.said
        round.prove_call_seconds, round.proof_bytes = said["prove_seconds"], said["proof_bytes"]
        round.statement_bytes = said["proof_bytes"] + 32 * said["public_values"]
        round.verify = self._run(self._binary, "verify", vk, proof, public)
        round.verify_more_seconds = self._run(self._binary, "verify", vk, proof, public, str(self.MORE)).said["verify_more_seconds"]
        self._check(round.verify.said["outputs"])

    def _check(self, outputs: list[int]) -> None:
        """The proved outputs are those of `foldproof model eval`: another arithmetic would be another contest."""
        evaluated = self._run(self._foldproof, "model", "eval", self._path("model.fpm"), self._path("input.json"), "--json")
        model = json.loads(self._path("model.fpm").read_text())
        found = [(y + offset) * 2.0 ** -model["fraction_bits"] for y, offset in zip(outputs, model["offsets"], strict=True)]
        if found != evaluated.said["outputs"]:
            raise StepFailed(f"the proved outputs are {found}, and those of `foldproof model eval` {evaluated.said['outputs']}")

    @property
    def arithmetic(self) -> tuple[Any, ...]:
        return ("foldproof",)

    def decisions(self) -> list[list[bool]]:
        same = Foldproof("transparent", self._foldproof, self._task)
        same.prepare(Prepared())
        return same.decisions()
