"""Foldproof beside EZKL: the same ONNX model, the same machine, the same run. See README.md; run.sh starts this.

Exit status: 0 if every contender that is there ran, 2 if one failed or there is nothing to compare.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from contenders import Contender, Ezkl, FloatModel, Foldproof, SharedSrs, Task, agreement, ezkl_step, variants
from measure import Step, StepFailed, available_gib, run
from report import Result, foreign_share, quoted_json, seconds, table

BASELINE = "foldproof kzg"
HASHED = "ezkl hashed"
# Above this share of the machine in other hands, times are not to be believed.
QUIET = 0.05


class Unusable(Exception):
    """Something without which there is nothing to compare; says what to do."""


def arguments() -> argparse.Namespace:
    checkout = Path(__file__).resolve().parents[2]
    shared = checkout.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--onnx", type=Path, default=shared / "models/tag_classifier.onnx", help="model with tags as its outputs [%(default)s]")
    add("--samples", type=Path, default=shared / "data/fingerprints-train.jsonl", help="its samples; every fifth is held out [%(default)s]")
    add("--labels", type=Path, default=shared / "models/tag-labels.json", help="names of its outputs [%(default)s]")
    add("--foldproof", type=Path, default=checkout / "target/release/foldproof", help="binary [%(default)s]")
    add("--contenders", default="", metavar="NAME,...", help="only these, of: " + "; ".join(names()) + " (any part of a name does)")
    add("--rounds", type=positive, default=3, help="interleaved rounds, of which medians are shown [%(default)s]")
    add("--hashed-rounds", type=int, default=1, help="rounds of `ezkl hashed`, which takes minutes; 0 leaves it out [%(default)s]")
    add("--hashed-memory", type=float, default=12, metavar="GIB", help="free memory `ezkl hashed` is not started without [%(default)s]")
    add("--ezkl-input", default="public", choices=["public", "private", "hashed", "polycommit"], help="visibility of input [%(default)s]")
    add("--ezkl-target", default="resources", choices=["resources", "accuracy"], help="what EZKL calibrates for [%(default)s]")
    add("--ezkl-calibration", type=positive, default=4, metavar="N", help="samples EZKL calibrates with [%(default)s]")
    add("--held-out", type=positive, metavar="N", help="compare decisions on N of the held-out samples [all]")
    add("--threshold", type=float, default=0.0, help="a tag is set above this output: 0 for logits, 0.5 after a Sigmoid [%(default)s]")
    add("--timeout", type=float, default=1800, metavar="S", help="seconds after which a step is killed [%(default)s]")
    add("--work", type=Path, metavar="DIR", help="folder for keys, proofs and logs, kept [a temporary one, removed]")
    add("--json", type=Path, metavar="FILE", help="write every measurement")
    return parser.parse_args()


def names() -> list[str]:
    return [BASELINE, "foldproof transparent"] + [f"ezkl {variant.name}" for variant in variants()]


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("has to be 1 or more")
    return value


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_task(args: argparse.Namespace, work: Path) -> Task:
    for option in ("onnx", "samples", "labels"):
        if not getattr(args, option).is_file():
            raise Unusable(f"{getattr(args, option)} is not there: name another file with --{option}")
    rows, member = [], ""
    for number, text in enumerate(args.samples.read_text().splitlines(), 1):
        try:
            sample = json.loads(text)
            member = "fingerprint" if "fingerprint" in sample else "input"
            rows.append([float(value) for value in sample[member]])
        except (ValueError, KeyError, TypeError) as error:
            raise Unusable(f'{args.samples}, line {number}: not a sample with "fingerprint" or "input" ({error})') from error
    # As `foldproof model import` does, which calibrates with the others.
    held_out = [row for index, row in enumerate(rows) if index % 5 == 4][: args.held_out]
    if not held_out:
        raise Unusable(f"{args.samples} has fewer than five samples, so none is held out")
    return Task(
        onnx=args.onnx.resolve(),
        samples=args.samples.resolve(),
        labels=args.labels.resolve(),
        member=member,
        calibration=[row for index, row in enumerate(rows) if index % 5 != 4],
        held_out=held_out,
        threshold=args.threshold,
        timeout=args.timeout,
        work=work,
    )


def pick(args: argparse.Namespace, task: Task, skipped: dict[str, str]) -> tuple[list[Contender], Step | None]:
    """The contenders that are there, and what it takes to start one step of EZKL."""
    asked = [part.strip() for part in args.contenders.split(",") if part.strip()]
    unknown = [part for part in asked if not any(part in name for name in names())]
    if unknown:
        raise Unusable(f"no contender is called {', '.join(unknown)}: there are {'; '.join(names())}")
    srs = SharedSrs(task)
    binary = args.foldproof.resolve()
    contenders: list[Contender] = [Foldproof(scheme, binary, task) for scheme in ("kzg", "transparent")]
    contenders += [Ezkl(variant, srs, task, args.ezkl_input, args.ezkl_calibration, args.ezkl_target) for variant in variants()]
    # A whole name means itself alone, though it is part of another.
    contenders = [c for c in contenders if not asked or c.name in asked or any(part in c.name for part in asked if part not in names())]
    start = None
    if any(isinstance(c, Ezkl) for c in contenders):
        try:
            # Twice: the first reads the library from disk.
            start = [ezkl_step("nothing", {}, task, "ezkl-start") for _ in range(2)][-1]
        except StepFailed as error:
            skip(contenders, skipped, lambda c: isinstance(c, Ezkl), f"EZKL does not start; benches/peers/run.sh installs it ({error})")
    if not binary.is_file():
        reason = f"{args.foldproof} is not there: cargo build --release, or --foldproof FILE"
        skip(contenders, skipped, lambda c: isinstance(c, Foldproof), reason)
    if args.hashed_rounds < 1:
        skip(contenders, skipped, lambda c: c.name == HASHED, "--hashed-rounds is 0")
    free = available_gib()
    if free is not None and free < args.hashed_memory:
        reason = f"{free:.1f} GiB of memory are free, not the {args.hashed_memory:.0f} it is not started without (--hashed-memory)"
        skip(contenders, skipped, lambda c: c.name == HASHED, reason)
    return contenders, start


def skip(contenders: list[Contender], skipped: dict[str, str], which: Callable[[Contender], bool], reason: str) -> None:
    for contender in [c for c in contenders if which(c)]:
        contenders.remove(contender)
        skipped[contender.name] = reason
        say(f"SKIPPED {contender.name}: {reason}")


def measure(contenders: list[Contender], args: argparse.Namespace, task: Task, failed: dict[str, str]) -> list[Result]:
    """Prepares all, then goes round: every contender's every step, before the next round."""
    results: list[Result] = []

    def attempt(contender: Contender, what: str, action: Callable[[], None]) -> None:
        say(f"{contender.name}: {what}")
        try:
            action()
        except (StepFailed, KeyError, ValueError) as error:
            failed[contender.name] = f"{what}: {error}"
            say(f"FAILED {contender.name}: {what}: {error}")

    for contender in contenders:
        attempt(contender, "quantisation and test setup", lambda c=contender: results.append(Result(c, c.prepare())))
    for number in range(1, max(args.rounds, args.hashed_rounds) + 1):
        for result in results:
            own = args.hashed_rounds if result.contender.name == HASHED else args.rounds
            if number <= own and result.contender.name not in failed:
                attempt(result.contender, f"round {number} of {own}", lambda r=result: r.rounds.append(r.contender.round()))
    results = [result for result in results if result.rounds]
    expected, known = FloatModel(task), {}
    for result in results:

        def compare(result: Result = result) -> None:
            arithmetic = result.contender.arithmetic
            if arithmetic not in known:
                known[arithmetic] = agreement(result.contender.decisions(), expected.decisions)
            result.agreement = known[arithmetic]

        attempt(result.contender, f"decisions on {len(task.held_out)} samples", compare)
    return results


def machine() -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((text.split(":", 1)[1].strip() for text in lines if text.startswith("model name")), cpu)
    except OSError:
        pass
    return {"cpu": cpu, "cores": os.cpu_count() or 1, "memory_gib": round(memory), "system": f"{platform.system()} {platform.release()}"}


def versions(args: argparse.Namespace, task: Task) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("ezkl", "onnxruntime", "numpy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    if args.foldproof.is_file():
        found["foldproof"] = run([args.foldproof.resolve(), "--version"], task.log("version"), task.timeout).printed.strip()
        found["foldproof sha256"] = digest(args.foldproof)
    found["model sha256"], found["samples sha256"] = digest(args.onnx), digest(args.samples)
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def header(about: dict[str, Any], results: list[Result], start: Step | None) -> str:
    """What the table was taken from."""
    host, version = about["machine"], about["versions"]
    share = about["foreign_share"]
    load = "the load of other processes is not known here" if share is None else f"other processes had {100 * share:.0f} % of it"
    if share is not None and share > QUIET:
        load = f"**LOADED: {load}; times are too long, CPU times less so**"
    lines = [
        f"Taken {about['date']} on {host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, {host['system']}; "
        f"{load} (load average {about['load_average'][0]:.1f} at the start).",
        f"{version.get('foldproof', 'no foldproof')} (binary {version.get('foldproof sha256', '')[:12]}), EZKL {version['ezkl']}, "
        f"onnxruntime {version['onnxruntime']}, Python {version['python']}; {about['onnx']} (sha256 {version['model sha256'][:12]}), "
        f"decisions on {about['held_out']} held-out samples.",
        f"Medians of rounds; every step is a process of its own, timed whole; memory is its peak; in brackets the ratio to {BASELINE}.",
    ]
    if start:
        lines.append(f"Of each step of EZKL, {seconds(start.wall_seconds)} is Python starting and loading it.")
    scales = [f"{r.contender.name} 2^{r.prepared.notes['input_scale']}" for r in results if "input_scale" in r.prepared.notes]
    if scales:
        lines.append(f"What EZKL multiplies inputs by: {'; '.join(scales)}.")
    return "\n".join(lines)


def compare(args: argparse.Namespace, work: Path) -> int:
    about: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "load_average": os.getloadavg(), "machine": machine()}
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    task = read_task(args, work)
    contenders, start = pick(args, task, skipped)
    if not contenders:
        raise Unusable("no contender is there")
    about |= {"onnx": args.onnx.name, "held_out": len(task.held_out), "versions": versions(args, task)}
    results = measure(contenders, args, task, failed)
    about["foreign_share"] = foreign_share(results, about["machine"]["cores"])
    if results:
        print(header(about, results, start), table(results, BASELINE), sep="\n\n")
    for kind, why in (("Skipped", skipped), ("Failed", failed)):
        for name, reason in why.items():
            print(f"\n{kind}: {name}: {reason}")
    if args.json:
        measured = {result.contender.name: result.to_json() for result in results}
        options = {name: str(value) if isinstance(value, Path) else value for name, value in vars(args).items()}
        document = {**about, "options": options, "contenders": measured, "quoted": quoted_json(), "skipped": skipped, "failed": failed}
        args.json.write_text(json.dumps(document, indent=1) + "\n")
    return 2 if failed or not results else 0


def main() -> int:
    args = arguments()
    work, status = None, 2
    try:
        if args.json and not args.json.resolve().parent.is_dir():
            raise Unusable(f"--json {args.json}: the folder is not there")
        if args.work:
            args.work.mkdir(parents=True, exist_ok=True)
        work = args.work.resolve() if args.work else Path(tempfile.mkdtemp(prefix="foldproof-peers-"))
        status = compare(args, work)
    except (Unusable, StepFailed, OSError) as error:
        say(f"compare.py: {error}")
    except KeyboardInterrupt:
        pass
    finally:
        if work and not args.work:
            clear(work, keep_logs=status != 0)
    return status


def clear(work: Path, keep_logs: bool) -> None:
    """Removes what a run left: keys are large, but errors name logs."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not (keep_logs and path.suffix == ".log"):
            path.unlink()
    if not any(work.iterdir()):
        work.rmdir()


if __name__ == "__main__":
    sys.exit(main())
