"""Foldproof beside EZKL and Groth16: the same networks, machine and run. See README.md; run.sh starts this.

Exit status: 0 if every contender that is there ran, 2 if one failed or there is nothing to compare.
"""

import argparse
import json
import math
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import networks
from contenders import Contender, Ezkl, FloatModel, Foldproof, Round, SharedSrs, Task, agreement, ezkl_step, variants
from groth16 import Groth16
from measure import Limits, Step, StepFailed, Stopped, available_gib, run
from network import BASELINE, Network, digest
from report import Result, foreign_share, seconds, summary

NETWORKS = ["given", *networks.HIDDEN]
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
    add(
        "--networks",
        default=",".join(NETWORKS),
        metavar="NAME,...",
        help="which: given is that of --onnx, others are made for its samples and labels [%(default)s]",
    )
    add("--foldproof", type=Path, default=checkout / "target/release/foldproof", help="binary [%(default)s]")
    add(
        "--groth16",
        type=Path,
        default=checkout / "benches/peers/groth16/target/release/foldproof-peers-groth16",
        help="binary [%(default)s]",
    )
    add("--contenders", default="", metavar="NAME,...", help="only these, of: " + "; ".join(names()) + " (any part of a name does)")
    add("--rounds", type=positive, default=3, help="interleaved rounds, of which medians are shown [%(default)s]")
    add("--hashed-rounds", type=int, default=1, help="rounds of `ezkl hashed`, which takes minutes; 0 leaves it out [%(default)s]")
    add("--once-above", type=float, default=120, metavar="S", help="a contender whose round takes longer gets no other [%(default)s]")
    add(
        "--time-limit",
        type=float,
        default=900,
        metavar="S",
        help="a step that takes longer is stopped; the table says `more than` [%(default)s]",
    )
    add("--memory-limit", type=float, metavar="GIB", help="so is one that takes more memory [four fifths of what is free at the start]")
    add("--ezkl-input", default="public", choices=["public", "private", "hashed", "polycommit"], help="visibility of input [%(default)s]")
    add("--ezkl-target", default="resources", choices=["resources", "accuracy"], help="what EZKL calibrates for [%(default)s]")
    add("--ezkl-calibration", type=positive, default=4, metavar="N", help="samples EZKL calibrates with [%(default)s]")
    add("--held-out", type=positive, metavar="N", help="compare decisions on N of the held-out samples [all]")
    add("--threshold", type=float, default=0.0, help="a tag is set above this output: 0 for logits, 0.5 after a Sigmoid [%(default)s]")
    add("--work", type=Path, metavar="DIR", help="folder for keys, proofs and logs, kept [a temporary one, removed]")
    add("--json", type=Path, metavar="FILE", help="write every measurement")
    return parser.parse_args()


def names() -> list[str]:
    return [BASELINE, "foldproof transparent", Groth16.name] + [f"ezkl {variant.name}" for variant in variants()]


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
        limits=Limits(args.time_limit, memory_limit(args) * 1024),
        work=folder(work, "given"),
    )


def folder(work: Path, name: str) -> Path:
    """Each network has its own, so that logs keep their names."""
    path = work / name
    path.mkdir(exist_ok=True)
    return path


def memory_limit(args: argparse.Namespace) -> float:
    """GiB; without end where none is asked for and the system does not tell what is free."""
    free = available_gib()
    return args.memory_limit or (math.inf if free is None else 0.8 * free)


def made(given: Task, work: Path, name: str) -> tuple[Task, list[int]]:
    """The task of a network that is made for the samples and labels of the given one, and its widths."""
    try:
        labels = json.loads(given.labels.read_text())
    except ValueError as error:
        raise Unusable(f"{given.labels}: a JSON array of names was expected ({error})") from error
    own = folder(work, name)
    onnx = own / f"dense-{name}.onnx"
    widths = networks.make(onnx, given.calibration, networks.HIDDEN[name], len(labels))
    return replace(given, onnx=onnx, work=own), widths


def asked_networks(args: argparse.Namespace) -> list[str]:
    asked = [part.strip() for part in args.networks.split(",") if part.strip()]
    unknown = [part for part in asked if part not in NETWORKS]
    if unknown or not asked:
        raise Unusable(f"--networks: some of {', '.join(NETWORKS)} were expected, found {args.networks!r}")
    return asked


def pick(args: argparse.Namespace, task: Task, srs: SharedSrs, skipped: dict[str, str]) -> tuple[list[Contender], Step | None]:
    """The contenders that are there, and what it takes to start one step of EZKL."""
    asked = [part.strip() for part in args.contenders.split(",") if part.strip()]
    unknown = [part for part in asked if not any(part in name for name in names())]
    if unknown:
        raise Unusable(f"no contender is called {', '.join(unknown)}: there are {'; '.join(names())}")
    binary, groth16 = args.foldproof.resolve(), args.groth16.resolve()
    contenders: list[Contender] = [Foldproof(scheme, binary, task) for scheme in ("kzg", "transparent")]
    contenders.append(Groth16(groth16, binary, task))
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
        reason = f"{args.foldproof} is not there: benches/peers/run.sh builds it, or --foldproof FILE"
        skip(contenders, skipped, lambda c: isinstance(c, Foldproof | Groth16), reason)
    if not groth16.is_file():
        reason = f"{args.groth16} is not there: benches/peers/run.sh builds it, or --groth16 FILE"
        skip(contenders, skipped, lambda c: isinstance(c, Groth16), reason)
    if args.hashed_rounds < 1:
        skip(contenders, skipped, lambda c: c.name == HASHED, "--hashed-rounds is 0")
    return contenders, start


def skip(contenders: list[Contender], skipped: dict[str, str], which: Callable[[Contender], bool], reason: str) -> None:
    for contender in [c for c in contenders if which(c)]:
        contenders.remove(contender)
        skipped[contender.name] = reason
        say(f"SKIPPED {contender.name}: {reason}")


def measure(contenders: list[Contender], args: argparse.Namespace, network: Network) -> None:
    """Prepares all, then goes round: every contender's every step, before the next round."""
    results, failed, long = network.results, network.failed, set()

    def attempt(result: Result, what: str, action: Callable[[], None]) -> None:
        name = result.contender.name
        say(f"{network.name}: {name}: {what}")
        try:
            action()
        except Stopped as stopped:
            network.stopped[name] = f"{result.stop(stopped.step)}: {stopped}"
            say(f"STOPPED {name}: {network.stopped[name]}")
        except (StepFailed, KeyError, ValueError) as error:
            failed[name] = f"{what}: {error}"
            say(f"FAILED {name}: {what}: {error}")

    def round_of(result: Result) -> None:
        result.rounds.append(Round())
        started = time.monotonic()
        result.contender.round(result.rounds[-1])
        if time.monotonic() - started > args.once_above:
            long.add(result.contender.name)

    results += [Result(contender) for contender in contenders]
    for result in results:
        attempt(result, "quantisation and test setup", lambda r=result: r.contender.prepare(r.prepared))
    for number in range(1, max(args.rounds, args.hashed_rounds) + 1):
        for result in results:
            name = result.contender.name
            own = args.hashed_rounds if name == HASHED else args.rounds
            if number <= own and name not in failed and name not in long and not result.stopped:
                attempt(result, f"round {number} of {own}", lambda r=result: round_of(r))
    # Of one that failed there is nothing to show.
    results[:] = [result for result in results if result.contender.name not in failed]
    expected, known = FloatModel(network.task), {}
    for result in [result for result in results if result.stopped is None]:

        def compare(result: Result = result) -> None:
            arithmetic = result.contender.arithmetic
            if arithmetic not in known:
                known[arithmetic] = agreement(result.contender.decisions(), expected.decisions)
            result.agreement = known[arithmetic]

        # What is stopped or fails here has been measured all the same.
        try:
            say(f"{network.name}: {result.contender.name}: decisions on {len(network.task.held_out)} samples")
            compare()
        except Stopped as stopped:
            network.stopped[result.contender.name] = f"decisions: {stopped}"
        except (StepFailed, KeyError, ValueError) as error:
            failed[result.contender.name] = f"decisions: {error}"
            say(f"FAILED {result.contender.name}: decisions: {error}")


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
        found["foldproof"] = run([args.foldproof.resolve(), "--version"], task.log("version"), task.limits).printed.strip()
        found["foldproof sha256"] = digest(args.foldproof)
    found["samples sha256"] = digest(args.samples)
    return found


def header(about: dict[str, Any], limits: Limits, start: Step | None) -> str:
    """What the tables were taken from."""
    host, version = about["machine"], about["versions"]
    share = about["foreign_share"]
    load = "the load of other processes is not known here" if share is None else f"other processes had {100 * share:.0f} % of it"
    if share is not None and share > QUIET:
        load = f"**LOADED: {load}; times are too long, CPU times less so**"
    lines = [
        f"Taken {about['date']} on {host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, {host['system']}; "
        f"{load} (load average {about['load_average'][0]:.1f} at the start).",
        f"{version.get('foldproof', 'no foldproof')} (binary {version.get('foldproof sha256', '')[:12]}), EZKL {version['ezkl']}, "
        f"onnxruntime {version['onnxruntime']}, Python {version['python']}; decisions on {about['held_out']} held-out samples.",
        f"Medians of rounds; every step is a process of its own, timed whole; memory is its peak; in brackets the ratio to {BASELINE}. "
        f"A step is stopped after {limits.seconds:,.0f} s or beyond {limits.mib / 1024:.1f} GiB.",
    ]
    if start:
        lines.append(f"Of each step of EZKL, {seconds(start.wall_seconds)} is Python starting and loading it.")
    return "\n".join(lines)


def compare(args: argparse.Namespace, work: Path) -> int:
    about: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "load_average": os.getloadavg(), "machine": machine()}
    given, srs, start = read_task(args, work), SharedSrs(work / "ezkl-srs"), None
    done: list[Network] = []
    for name in asked_networks(args):
        network = Network(name, given) if name == "given" else Network(name, *made(given, work, name))
        contenders, start = pick(args, network.task, srs, network.skipped)
        if not contenders:
            raise Unusable("no contender is there")
        about |= {"held_out": len(given.held_out), "versions": versions(args, network.task)}
        measure(contenders, args, network)
        shape = next((r.prepared.quantise.said.get("shape") for r in network.results if r.prepared.quantise), None)
        if network.widths is None and shape:
            network.widths = [int(number) for number in re.findall(r"-(\d+)", shape)]
        done.append(network)
        # Gigabytes of keys, which the next network has no use for.
        clear(network.task.work, keep_logs=True)
        # As they come, with all that was measured so far: the next one may take an hour.
        say(network.page())
        about["foreign_share"] = foreign_share([result for each in done for result in each.results], about["machine"]["cores"])
        if args.json:
            options = {option: str(value) if isinstance(value, Path) else value for option, value in vars(args).items()}
            document = {**about, "options": options, "networks": [each.to_json() for each in done]}
            args.json.write_text(json.dumps(document, indent=1) + "\n")
    print(header(about, given.limits, start), end="\n\n")
    print(summary([(each.title, each.results) for each in done], BASELINE), *(each.page() for each in done), sep="\n\n")
    return 2 if any(each.failed or not each.results for each in done) else 0


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
    # Backwards, so that folders come after what is in them.
    for path in sorted(work.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not (keep_logs and path.suffix == ".log"):
            path.unlink()
    if not any(work.iterdir()):
        work.rmdir()


if __name__ == "__main__":
    sys.exit(main())
