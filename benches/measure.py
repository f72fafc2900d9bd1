#!/usr/bin/env python3
"""Times of `foldproof` on a folder of real blocks and models, as the table in COST.md.

usage: benches/measure.py [--rounds N] [--data DIR] [--models DIR] [--work DIR] [BINARY ...]

Several binaries take turns, so that a machine whose speed drifts is the same for all. The first round fills caches and is
not counted. Every run is a process of its own; medians are printed as a Markdown table.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = "eth-23851220"
LARGEST = "eth-23852613"


@dataclass
class Work:
    """What is proved: a name, and the arguments that say it."""

    name: str
    arguments: list[str]
    verify: list[str]
    runs: dict[str, list[dict]] = field(default_factory=dict)


def run(command: list[str], cache: Path) -> tuple[dict, str]:
    """Wall time, CPU time and peak memory of a process, and what it printed."""
    started = time.monotonic()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"FOLDPROOF_CACHE": str(cache)}
    )
    output = child.stdout.read().decode()
    errors = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {child.returncode}\n{errors}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": time.monotonic() - started, "cpu": cpu, "memory": usage.ru_maxrss / 1024}, output


def prepare(binary: str, data: Path, models: Path, work: Path) -> tuple[list[str], dict[str, Path]]:
    """A test setup, and models imported."""
    setup = work / "insecure.kzg"
    if not setup.exists():
        run([binary, "params", "insecure-test-setup", "-k", "16", "-o", str(setup)], work)
    samples = {"tags": data / "fingerprints-train.jsonl", "anomaly": data / "fingerprints-train.jsonl",
               "class": models / "compression-samples.jsonl"}
    sources = {"tags": ("tag_classifier.onnx", "tag-labels.json"), "anomaly": ("anomaly_autoencoder.onnx", None),
               "class": ("compression_predictor.onnx", "compression-labels.json")}
    imported = {}
    for head, (source, labels) in sources.items():
        imported[head] = work / f"{head}.fpm"
        if not imported[head].exists():
            command = [binary, "model", "import", str(models / source), "--calibrate", str(samples[head]),
                       "--head", head, "-o", str(imported[head])]
            run(command + (["--labels", str(models / labels)] if labels else []), work)
        with open(samples[head]) as lines:
            (work / f"{head}.json").write_text(lines.readline())
    commit = [[binary, "model", "commit", str(file), "--entry", head, "1"] for head, file in imported.items()]
    entries = ", ".join(run(command, work)[1] for command in commit)
    (work / "registry.json").write_text(f'{{"models": [{entries}]}}')
    return ["--scheme", "kzg", "--params", str(setup)], imported


def works(data: Path, codebook: Path, imported: dict[str, Path], work: Path) -> list[Work]:
    """What COST.md has a row for."""
    block, largest = data / "blocks" / f"{BLOCK}.json", data / "blocks" / f"{LARGEST}.json"
    learned = ["--codebook", str(codebook)]
    tags = ["--model", str(imported["tags"])]
    rows = [
        Work("block of 187 transactions, K = 64", ["prove", str(block), *learned], learned),
        Work("the same, K = 256", ["prove", str(block)], []),
        Work("K = 64, with tags", ["prove", str(block), *learned, *tags], learned),
        Work("block of 1,176 transactions, K = 64", ["prove", str(largest), *learned], learned),
    ]
    for head, model in imported.items():
        rows.append(Work(f"{head} alone", ["prove-model", str(work / f"{head}.json"), "--model", str(model)], ["--allow-values"]))
    return rows


def measure(binary: str, row: Work, scheme: str, kzg: list[str], work: Path) -> dict:
    """One proof, and its verification."""
    bundle = work / "measured.proof"
    bundle.unlink(missing_ok=True)
    proving = kzg if scheme == "kzg" else []
    used, output = run([binary, *row.arguments, *proving, "-o", str(bundle), "--json"], work)
    told = json.loads(output.splitlines()[0])
    trust = [*kzg[2:], "--allow-insecure-setup"] if scheme == "kzg" else []
    trust += ["--registry", str(work / "registry.json")]
    verified, _ = run([binary, "verify", str(bundle), *row.verify, *trust], work)
    return {"prove": told["prove_seconds"], "total": used["wall"], "cpu": used["cpu"], "memory": used["memory"],
            "bytes": told["proof_bytes"], "verify": verified["wall"], "statement": told["statement"]}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", nargs="*", default=[str(ROOT / "target/release/foldproof")], metavar="BINARY")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared/models")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache/foldproof-measure")
    given = parser.parse_args()
    for needed in [given.data, given.models, *map(Path, given.binaries)]:
        if not needed.exists():
            sys.exit(f"{needed}: not there; see --help")
    given.work.mkdir(parents=True, exist_ok=True)
    kzg, imported = prepare(given.binaries[0], given.data, given.models, given.work)
    rows = works(given.data, given.data / "codebook/learned-64.json", imported, given.work)
    for turn in range(given.rounds + 1):
        for row in rows:
            for scheme in ["kzg", "transparent"]:
                for binary in given.binaries:
                    result = measure(binary, row, scheme, kzg, given.work)
                    if turn > 0:
                        row.runs.setdefault(f"{scheme} {binary}", []).append(result)
                    if sys.stderr.isatty():
                        print(f"{turn} {row.name} {scheme}: {result['prove']:.2f} s", file=sys.stderr)
    print("| | statement | scheme | prove | process | CPU | verify, process | proof | memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        for run_of, results in row.runs.items():
            scheme, binary = run_of.split(" ", 1)
            middle = {key: statistics.median(result[key] for result in results) for key in results[0] if key != "statement"}
            name = row.name if len(given.binaries) == 1 else f"{row.name} ({Path(binary).name})"
            print(f"| {name} | {results[0]['statement']} | {scheme} | {middle['prove']:.2f} s | {middle['total']:.2f} s | "
                  f"{middle['cpu']:.2f} s | {middle['verify']:.2f} s | {middle['bytes']:,} B | {middle['memory']:.0f} MiB |")


if __name__ == "__main__":
    main()
