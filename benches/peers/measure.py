"""Runs a step as a child process of its own, and takes its wall time, CPU time and peak memory."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAUNCH = Path(__file__).with_name("launch.py")


class StepFailed(Exception):
    """A child process that did not do what it was started for; says which, how it ended and what it said last."""


class Stopped(StepFailed):
    """A child process that went beyond what it was given."""

    def __init__(self, step: "Step", why: str) -> None:
        super().__init__(why)
        self.step = step


@dataclass(frozen=True)
class Limits:
    """What a step may take before it is stopped."""

    seconds: float
    mib: float


@dataclass(frozen=True)
class Step:
    """What one child process took, and what it printed."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    # CPU time that other processes had meanwhile.
    foreign_seconds: float
    printed: str
    # "time" or "memory": what it had too much of when it was stopped.
    stopped: str | None = None

    @property
    def said(self) -> dict[str, Any]:
        """The last line it printed, if that is a JSON object."""
        lines = self.printed.strip().splitlines()
        try:
            said = json.loads(lines[-1]) if lines else {}
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    def to_json(self) -> dict[str, Any]:
        return {
            "wall_seconds": self.wall_seconds,
            "cpu_seconds": self.cpu_seconds,
            "peak_mib": self.peak_mib,
            "foreign_seconds": self.foreign_seconds,
            "stopped": self.stopped,
        }


def run(command: Sequence[str | Path], log: Path, limits: Limits, env: dict[str, str] | None = None) -> Step:
    """Runs `command`, appends what it prints to `log`, and fails if it does not end with status 0 within its limits."""
    words = [str(word) for word in command]
    out, report = log.with_suffix(".out"), log.with_suffix(".report")
    report.unlink(missing_ok=True)
    with open(out, "wb") as printed, open(log, "ab") as errors:
        errors.write(("\n$ " + " ".join(words) + "\n").encode())
        errors.flush()
        busy = _busy_seconds()
        # Isolated and without site: the launcher has to stay small.
        launcher = [sys.executable, "-I", "-S", "-B", str(LAUNCH), str(report), str(limits.seconds), str(limits.mib)]
        subprocess.run(
            launcher + words, stdin=subprocess.DEVNULL, stdout=printed, stderr=errors, env={**os.environ, **(env or {})}, check=False
        )
        busy = _busy_seconds() - busy
    text = out.read_text(errors="replace")
    with open(log, "a") as errors:
        errors.write(text)
    if not report.is_file():
        raise StepFailed(f"`{' '.join(words)}` could not be watched: {_last_line(log)} (all of it: {log})")
    taken = json.loads(report.read_text())
    cpu, peak = taken["cpu_seconds"], taken["peak_bytes"] / (1 << 20)
    step = Step(taken["wall_seconds"], cpu, peak, max(0.0, busy - cpu), text, taken["stopped"])
    if step.stopped == "time":
        raise Stopped(step, f"stopped when it had not ended within {limits.seconds:,.0f} s")
    if step.stopped == "memory":
        raise Stopped(step, f"stopped after {step.wall_seconds:,.0f} s, when it took more than {limits.mib / 1024:.1f} GiB")
    if taken["status"] != 0:
        end = f"ended with status {taken['status']}"
        raise StepFailed(f"`{' '.join(words)}` {end}: {_last_line(log)} (all of it: {log})")
    return step


def available_gib() -> float | None:
    """Memory that can be had without swapping; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kib = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
    return None if kib is None else kib / (1 << 20)


def _busy_seconds() -> float:
    """CPU time all processes of the machine have had, with what a hypervisor took away; 0 where the system does not tell."""
    try:
        words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(word) for word in words[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it said nothing"
