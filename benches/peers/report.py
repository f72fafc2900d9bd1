"""Medians, ratios, and the table."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from contenders import Contender, Prepared, Round
from measure import Step


@dataclass
class Result:
    """All that was measured of a contender."""

    contender: Contender
    prepared: Prepared
    rounds: list[Round] = field(default_factory=list)
    agreement: float | None = None

    def steps(self) -> list[Step]:
        rounds = [step for r in self.rounds for step in (r.setup, r.witness, r.prove, r.verify)]
        return [step for step in rounds if step is not None]

    @property
    def k(self) -> int:
        """The logarithm of the rows of the circuit."""
        return self.prepared.k or self.rounds[0].setup.said["k"]

    def to_json(self) -> dict[str, Any]:
        return {
            "weights": self.contender.weights,
            "input": self.contender.input,
            "k": self.k,
            "notes": self.prepared.notes,
            "quantise": self.prepared.quantise.to_json(),
            "srs": self.prepared.srs and self.prepared.srs.to_json(),
            "rounds": [
                {name: value.to_json() if isinstance(value, Step) else value for name, value in vars(r).items()}
                for r in self.rounds
            ],
            "agreement": self.agreement,
        }


@dataclass(frozen=True)
class Quoted:
    """Figures of a contender that this script does not run."""

    name: str = "Groth16, hand-written (quoted)"
    weights: str = "Poseidon commitment"
    input: str = "8-bit activations"
    k: int = 17
    prove_call_seconds: float = 1.15
    cpu_seconds: float = 2.1
    prove_peak_mib: float = 226
    proof_bytes: int = 128


@dataclass(frozen=True)
class Row:
    name: str
    # What the row shows of a contender; None where it has no such thing.
    value: Callable[[Result], float | None]
    show: Callable[[float], str]
    # The same of the quoted baseline.
    quoted: float | None = None
    ratio: bool = True


def seconds(value: float) -> str:
    if value < 0.01:
        return f"{value * 1000:.1f} ms"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def mebibytes(value: float) -> str:
    return f"{value:,.0f} MiB"


def byte_count(value: float) -> str:
    return f"{value:,.0f} B"


def percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def factor(value: float) -> str:
    return f"×{value:.2f}" if value < 10 else f"×{value:,.0f}"


def rows(quoted: Quoted) -> list[Row]:
    """The rows of the table, in order."""

    def of(pick: Callable[[Round], float | None]) -> Callable[[Result], float | None]:
        def value(result: Result) -> float | None:
            picked = [pick(r) for r in result.rounds]
            known = [x for x in picked if x is not None]
            return median(known) if known else None

        return value

    def proving(r: Round) -> list[Step]:
        return [step for step in (r.witness, r.prove) if step is not None]

    return [
        Row("rows of the circuit", lambda r: r.k, lambda k: f"2^{k:.0f}", quoted.k, ratio=False),
        Row("quantise, once", lambda r: r.prepared.quantise.wall_seconds, seconds),
        Row("test setup (SRS), once", lambda r: r.prepared.srs and r.prepared.srs.wall_seconds, seconds),
        Row("setup: keys", of(lambda r: r.setup.wall_seconds), seconds),
        Row("setup: CPU", of(lambda r: r.setup.cpu_seconds), seconds),
        Row("setup: memory", of(lambda r: r.setup.peak_mib), mebibytes),
        Row("witness", of(lambda r: r.witness and r.witness.wall_seconds), seconds),
        Row("**witness + prove**", of(lambda r: sum(step.wall_seconds for step in proving(r))), seconds),
        Row("witness + prove: CPU", of(lambda r: sum(step.cpu_seconds for step in proving(r))), seconds, quoted.cpu_seconds),
        Row("prove, the call alone", of(lambda r: r.prove_call_seconds), seconds, quoted.prove_call_seconds),
        Row("**prove: memory**", of(lambda r: max(step.peak_mib for step in proving(r))), mebibytes, quoted.prove_peak_mib),
        Row("**verify**", of(lambda r: r.verify.wall_seconds), seconds),
        Row("verify: CPU", of(lambda r: r.verify.cpu_seconds), seconds),
        Row("verify, each further proof", of(lambda r: r.verify_more_seconds), seconds),
        Row("verify: memory", of(lambda r: r.verify.peak_mib), mebibytes),
        Row("verifying key", of(lambda r: r.key_bytes), byte_count),
        Row("**proof**", of(lambda r: r.proof_bytes), byte_count, quoted.proof_bytes),
        Row("proof with public values", of(lambda r: r.statement_bytes), byte_count),
        Row("**decisions as the float model's**", lambda r: r.agreement, percent, ratio=False),
    ]


def table(results: list[Result], baseline: str) -> str:
    """A Markdown table; ratios are to the contender named `baseline`, if it was run."""
    quoted = Quoted()
    base = next((result for result in results if result.contender.name == baseline), None)
    heads = [result.contender.name for result in results] + [quoted.name]
    lines = [line([""] + heads), line(["---"] * (len(heads) + 1))]
    for name in ("weights", "input"):
        lines.append(line([name] + [getattr(result.contender, name) for result in results] + [getattr(quoted, name)]))
    lines.append(line(["rounds"] + [str(len(result.rounds)) for result in results] + ["not run"]))
    for row in rows(quoted):
        unit = row.value(base) if base and row.ratio else None
        cells = [cell(row, row.value(result), None if result is base else unit) for result in results]
        lines.append(line([row.name] + cells + [cell(row, row.quoted, unit)]))
    return "\n".join(lines)


def cell(row: Row, value: float | None, unit: float | None) -> str:
    if value is None:
        return "–"
    return row.show(value) + (f" ({factor(value / unit)})" if unit else "")


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def foreign_share(results: list[Result], cores: int) -> float | None:
    """The share of the machine that other processes had while rounds ran; None where the system does not tell."""
    steps = [step for result in results for step in result.steps()]
    wall, foreign = sum(step.wall_seconds for step in steps), sum(step.foreign_seconds for step in steps)
    return foreign / (wall * cores) if foreign and wall else None


def quoted_json() -> dict[str, Any]:
    return asdict(Quoted())
