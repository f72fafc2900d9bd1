"""The contenders: how each is prepared, and the steps of its rounds."""

import json
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from measure import Limits, Step, run

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Task:
    """What all contenders are given."""

    onnx: Path
    samples: Path
    labels: Path
    # "fingerprint" or "input": the member of the samples that has the numbers.
    member: str
    calibration: list[list[float]]
    held_out: list[list[float]]
    threshold: float
    limits: Limits
    work: Path

    def folder(self, name: str) -> Path:
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def log(self, name: str) -> Path:
        return self.work / f"{name}.log"


@dataclass
class Prepared:
    """What comes before rounds, once for each contender: quantisation, and the setup others could have shared with it.
    It is filled in step by step, so that what was measured is there when a step is stopped."""

    quantise: Step | None = None
    # None for a contender that needs no ceremony.
    srs: Step | None = None
    # The logarithm of the rows of the circuit; None where setup tells.
    k: int | None = None
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Round:
    """Filled in step by step, likewise."""

    setup: Step | None = None
    # None where proving has it in it.
    witness: Step | None = None
    prove: Step | None = None
    verify: Step | None = None
    # The part of `prove` that the contender itself calls proving, without starting a process.
    prove_call_seconds: float | None = None
    # What another proof takes in a process that has verified one.
    verify_more_seconds: float | None = None
    proof_bytes: int | None = None
    # The proof with the public values it is checked against.
    statement_bytes: int | None = None
    key_bytes: int | None = None

    def steps(self) -> list[Step]:
        return [step for step in (self.setup, self.witness, self.prove, self.verify) if step is not None]


class Contender(Protocol):
    name: str
    # What a verifier is given of weights and input, in two words, and what the proof is to hide from him.
    weights: str
    input: str
    hiding: str
    # The steps it has, in order: of `Prepared`, and of each `Round`.
    preparation: tuple[str, ...]
    phases: tuple[str, ...]

    def prepare(self, prepared: Prepared) -> None: ...

    def round(self, round: Round) -> None: ...

    @property
    def arithmetic(self) -> tuple[Any, ...]:
        """Contenders with the same compute the same integers, so that one of them is asked for its decisions."""
        ...

    def decisions(self) -> list[list[bool]]:
        """A bit for each held-out sample and tag."""
        ...


class Foldproof:
    """Foldproof under one scheme: weights and input committed to by Poseidon inside the circuit, tags public."""

    phases = ("setup", "prove", "verify")
    # The setup serves every statement, so it is made as large as the largest of these networks needs.
    SRS_K = 16
    # Proofs verified after the first in one process, enough for their share of its time to be seen.
    MORE = 100

    def __init__(self, scheme: str, binary: Path, task: Task) -> None:
        self.name, self.weights, self.input = f"foldproof {scheme}", "Poseidon commitment", "Poseidon commitment"
        self.hiding = "weights, input"
        self.preparation = ("quantise", "srs") if scheme == "kzg" else ("quantise",)
        self._scheme, self._binary, self._task = scheme, binary, task
        self._folder = task.folder(f"foldproof-{scheme}")
        self._shape, self._labels = "", []
        self._rounds = 0

    def _run(self, *words: str | Path) -> Step:
        # An empty cache for each round, or setup would find the keys of the one before.
        cache = {"FOLDPROOF_CACHE": str(self._folder / f"cache-{self._rounds}")}
        return run([self._binary, *words], self._task.log(self._folder.name), self._task.limits, cache)

    @property
    def _params(self) -> list[str | Path]:
        return ["--params", self._folder / "insecure.kzg"] if self._scheme == "kzg" else []

    def prepare(self, prepared: Prepared) -> None:
        task, folder = self._task, self._folder
        quantise = self._run(
            *("model", "import", task.onnx, "--calibrate", task.samples, "--head", "tags", "--labels", task.labels),
            *("-o", folder / "model.fpm", "--json"),
        )
        prepared.quantise, prepared.notes = quantise, {"model_commitment": quantise.said["commitment"]}
        self._shape, self._labels = quantise.said["shape"], quantise.said["labels"]
        entry = self._run("model", "commit", folder / "model.fpm", "--entry", "tags", "1")
        (folder / "registry.json").write_text(json.dumps({"models": [entry.said]}))
        (folder / "input.json").write_text(json.dumps({task.member: task.held_out[0]}))
        if self._scheme == "kzg":
            setup = ("params", "insecure-test-setup", "-k", str(self.SRS_K), "-o", folder / "insecure.kzg", "--json")
            prepared.srs = self._run(*setup)

    def round(self, round: Round) -> None:
        self._rounds += 1
        folder, scheme = self._folder, ["--scheme", self._scheme]
        statement = "fingerprint" if self._task.member == "fingerprint" else f"vector-{len(self._task.held_out[0])}"
        key, proof, registry = folder / "vk", folder / "input.proof", folder / "registry.json"
        round.setup = self._run("keys", "make", f"{statement}+{self._shape}", *scheme, *self._params, "-o", key, "--json")
        round.key_bytes = key.stat().st_size
        round.prove = self._run(
            *("prove-model", folder / "input.json", "--model", folder / "model.fpm", *scheme, *self._params),
            *("-o", proof, "--json"),
        )
        round.prove_call_seconds, round.proof_bytes = round.prove.said["prove_seconds"], round.prove.said["proof_bytes"]
        round.statement_bytes = proof.stat().st_size
        insecure = ["--allow-insecure-setup"] if self._params else []
        values = ["--values", folder / "input.json"]
        round.verify = self._run("verify", proof, "--registry", registry, *values, *self._params, *insecure, "--json")
        many = self._run("verify", *[proof] * (1 + self.MORE), "--registry", registry, *values, *self._params, *insecure, "--json")
        round.verify_more_seconds = max(0.0, many.wall_seconds - round.verify.wall_seconds) / self.MORE

    @property
    def arithmetic(self) -> tuple[Any, ...]:
        return ("foldproof",)

    def decisions(self) -> list[list[bool]]:
        path = self._folder / "held-out.jsonl"
        path.write_text("".join(json.dumps({self._task.member: row}) + "\n" for row in self._task.held_out))
        printed = self._run("model", "eval", self._folder / "model.fpm", path, "--json").printed
        said = [json.loads(line) for line in printed.splitlines()]
        return [[label in row["decision"] for label in self._labels] for row in said]


@dataclass(frozen=True)
class Variant:
    """How EZKL is to treat weights, and at which scales."""

    name: str
    param_visibility: str
    weights: str
    # What its proofs are to hide.
    hiding: str
    # Input scales calibration chooses from; None leaves the choice to EZKL.
    scales: list[int] | None = None
    # Digits of 14 bits that a range check has: wider numbers than EZKL's two hold are rejected when a witness is made.
    decomp_legs: int = 2


class SharedSrs:
    """EZKL's setups, one for each size: its variants use the same, for networks of every size."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[int, Step] = {}

    def path(self, k: int) -> Path:
        return self._folder / f"k{k}"

    def make(self, k: int, task: Task) -> Step:
        if k not in self._made:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._made[k] = ezkl_step("srs", {"k": k, "srs": str(self.path(k))}, task, "ezkl-srs")
        return self._made[k]


def ezkl_step(step: str, job: dict[str, Any], task: Task, name: str) -> Step:
    path = task.folder(name) / "job.json"
    path.write_text(json.dumps(job))
    return run([sys.executable, "-B", HERE / "ezkl_step.py", step, path], task.log(name), task.limits)


class Ezkl:
    """EZKL with one kind of weights; output public, input as asked for."""

    preparation, phases = ("quantise", "srs"), ("setup", "witness", "prove", "verify")

    def __init__(self, variant: Variant, srs: SharedSrs, task: Task, input_visibility: str, calibration: int, target: str) -> None:
        self.name, self.weights, self.input = f"ezkl {variant.name}", variant.weights, input_visibility
        self.hiding = variant.hiding
        self._variant, self._srs, self._task = variant, srs, task
        self._folder = task.folder(re.sub("[^a-z0-9]+", "-", self.name))
        self._scales: list[int] = []
        self._job: dict[str, Any] = {
            "folder": str(self._folder),
            "onnx": str(task.onnx),
            "input_visibility": input_visibility,
            "param_visibility": variant.param_visibility,
            "scales": variant.scales,
            "decomp_legs": variant.decomp_legs,
            "target": target,
            "calibration": task.calibration[:calibration],
            "input": task.held_out[0],
        }

    def _run(self, step: str, **more: Any) -> Step:
        return ezkl_step(step, self._job | more, self._task, self._folder.name)

    def prepare(self, prepared: Prepared) -> None:
        prepared.quantise = self._run("prepare")
        said = prepared.quantise.said
        prepared.k = said["k"]
        prepared.notes = {"rows": said["rows"], "input_scale": said["scales"][0], "param_scale": said["scales"][1]}
        self._job |= {"output_scale": said["output_scale"], "srs": str(self._srs.path(said["k"]))}
        self._scales = said["scales"]
        prepared.srs = self._srs.make(said["k"], self._task)

    def round(self, round: Round) -> None:
        round.setup = self._run("setup")
        round.key_bytes = round.setup.said["key_bytes"]
        round.witness = self._run("witness")
        round.prove = self._run("prove")
        said = round.prove.said
        round.prove_call_seconds, round.proof_bytes = said["call_seconds"], said["proof_bytes"]
        round.statement_bytes = said["with_public_bytes"]
        round.verify = self._run("verify")
        round.verify_more_seconds = self._run("verify_more").said["verify_more_seconds"]

    @property
    def arithmetic(self) -> tuple[Any, ...]:
        return ("ezkl", *self._scales)

    def decisions(self) -> list[list[bool]]:
        found = self._run("outputs", samples=self._task.held_out).said["outputs"]
        return [[value > self._task.threshold for value in row] for row in found]


@dataclass(frozen=True)
class FloatModel:
    """The model all others are compared with."""

    task: Task

    @cached_property
    def decisions(self) -> list[list[bool]]:
        path = self.task.folder("float") / "samples.json"
        path.write_text(json.dumps(self.task.held_out))
        step = run([sys.executable, "-B", HERE / "float_step.py", self.task.onnx, path], self.task.log("float"), self.task.limits)
        return [[value > self.task.threshold for value in row] for row in step.said["outputs"]]


def variants() -> list[Variant]:
    return [
        Variant("fixed", "fixed", "public, in the key", "nothing: weights are public"),
        # At the scale it chooses, EZKL loses inputs that a model divides by a small deviation: this one keeps them.
        Variant("fixed at scale 20", "fixed", "public, in the key", "nothing: weights are public", scales=[20], decomp_legs=3),
        Variant("polycommit", "polycommit", "unblinded KZG commitment", "weights; commitment not blinded"),
        Variant("hashed", "hashed", "Poseidon hash", "weights; blinding not looked into"),
    ]


def agreement(found: list[list[bool]], expected: list[list[bool]]) -> float:
    """The share of decisions that are the same."""
    if [len(row) for row in found] != [len(row) for row in expected]:
        raise ValueError("the models do not decide about the same tags")
    pairs = [a == b for row, other in zip(found, expected) for a, b in zip(row, other)]
    return sum(pairs) / len(pairs)
