"""A network of the comparison, and the page about it."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contenders import Task
from networks import weights_of
from report import Result, table

# What ratios are to.
BASELINE = "foldproof kzg"


@dataclass
class Network:
    """A network, and all that was measured of it."""

    name: str
    task: Task
    # Of its layers, if they are known here.
    widths: list[int] | None = None
    results: list[Result] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def __post_init__(self) -> None:
        self.sha256 = digest(self.task.onnx)

    @property
    def title(self) -> str:
        """Its name and size, as the model file of a contender that has one tells."""
        widths = f"{'-'.join(map(str, self.widths))}, {weights_of(self.widths):,} weights" if self.widths else self.task.onnx.name
        return f"{self.name}: {widths}"

    def page(self) -> str:
        """Its table, and what is not in it."""
        parts = [f"### {self.title}", f"{self.task.onnx.name}, sha256 {self.sha256[:12]}."]
        scales = [f"{r.contender.name} 2^{r.prepared.notes['input_scale']}" for r in self.results if "input_scale" in r.prepared.notes]
        if scales:
            parts[1] += f" What EZKL multiplies inputs by: {'; '.join(scales)}."
        if self.results:
            parts.append(table(self.results, BASELINE))
        for kind, why in (("Stopped", self.stopped), ("Skipped", self.skipped), ("Failed", self.failed)):
            parts += [f"{kind}: {name}: {reason}" for name, reason in why.items()]
        return "\n\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "onnx": self.task.onnx.name,
            "sha256": self.sha256,
            "widths": self.widths,
            "contenders": {result.contender.name: result.to_json() for result in self.results},
            "skipped": self.skipped,
            "stopped": self.stopped,
            "failed": self.failed,
        }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
