"""Medians, ratios, and the tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from contenders import Contender, Prepared, Round
from measure import Step


@dataclass
class Result:
    """All that was measured of a contender."""

    contender: Contender
    prepared: Prepared = field(default_factory=Prepared)
    rounds: list[Round] = field(default_factory=list)
    agreement: float | None = None
    # The step that went beyond its limits, with which its measuring ended.
    stopped: str | None = None

    def steps(self) -> list[Step]:
        return [step for r in self.rounds for step in r.steps()]

    @property
    def k(self) -> int | None:
        """The logarithm of the rows of the circuit."""
        setup = self.rounds[0].setup if self.rounds else None
        return self.prepared.k or (setup.said.get("k") if setup else None)

    def stop(self, step: Step) -> str:
        """Puts a step that was stopped in its place, the first that is empty, and says its name."""
        part, order = (self.rounds[-1], self.contender.phases) if self.rounds else (self.prepared, self.contender.preparation)
        self.stopped = next((name for name in order if getattr(part, name) is None), order[-1])
        setattr(part, self.stopped, step)
        return self.stopped

    def to_json(self) -> dict[str, Any]:
        def members(part: Prepared | Round) -> dict[str, Any]:
            return {name: value.to_json() if isinstance(value, Step) else value for name, value in vars(part).items()}

        return {
            "weights": self.contender.weights,
            "input": self.contender.input,
            "hiding": self.contender.hiding,
            **members(self.prepared),
            "k": self.k,
            "rounds": [members(r) for r in self.rounds],
            "stopped": self.stopped,
            "agreement": self.agreement,
        }


@dataclass(frozen=True)
class Row:
    name: str
    # What the row shows of a contender; None where it has no such thing.
    value: Callable[[Result], float | None]
    show: Callable[[float], str]
    # The steps it is about: if one of them was stopped, it is more than the row shows.
    about: tuple[str, ...] = ()
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


def rows() -> list[Row]:
    """The rows of the table, in order."""

    def of(pick: Callable[[Round], float | None]) -> Callable[[Result], float | None]:
        def value(result: Result) -> float | None:
            known = [x for x in map(pick, result.rounds) if x is not None]
            return median(known) if known else None

        return value

    def step(name: str, take: Callable[[Step], float]) -> Callable[[Result], float | None]:
        def value(round: Round) -> float | None:
            found = getattr(round, name)
            return None if found is None else take(found)

        return of(value)

    def proving(take: Callable[[list[Step]], float]) -> Callable[[Result], float | None]:
        def value(round: Round) -> float | None:
            steps = [found for found in (round.witness, round.prove) if found is not None]
            # A witness alone is no proof.
            return take(steps) if round.prove is not None or any(found.stopped for found in steps) else None

        return of(value)

    def once(name: str) -> Callable[[Result], float | None]:
        return lambda result: (found := getattr(result.prepared, name)) and found.wall_seconds

    wall, cpu, peak = (lambda s: s.wall_seconds), (lambda s: s.cpu_seconds), (lambda s: s.peak_mib)
    both = ("witness", "prove")
    return [
        Row("rows of the circuit", lambda r: r.k, lambda k: f"2^{k:.0f}", ratio=False),
        Row("quantise, once", once("quantise"), seconds, ("quantise",)),
        Row("test setup (SRS), once", once("srs"), seconds, ("srs",)),
        Row("setup: keys", step("setup", wall), seconds, ("setup",)),
        Row("setup: CPU", step("setup", cpu), seconds, ("setup",)),
        Row("setup: memory", step("setup", peak), mebibytes, ("setup",)),
        Row("witness", step("witness", wall), seconds, ("witness",)),
        Row("**witness + prove**", proving(lambda steps: sum(map(wall, steps))), seconds, both),
        Row("witness + prove: CPU", proving(lambda steps: sum(map(cpu, steps))), seconds, both),
        Row("prove, the call alone", of(lambda r: r.prove_call_seconds), seconds),
        Row("**prove: memory**", proving(lambda steps: max(map(peak, steps))), mebibytes, both),
        Row("**verify**", step("verify", wall), seconds, ("verify",)),
        Row("verify: CPU", step("verify", cpu), seconds, ("verify",)),
        Row("verify, each further proof", of(lambda r: r.verify_more_seconds), seconds),
        Row("verify: memory", step("verify", peak), mebibytes, ("verify",)),
        Row("verifying key", of(lambda r: r.key_bytes), byte_count),
        Row("**proof**", of(lambda r: r.proof_bytes), byte_count),
        Row("proof with public values", of(lambda r: r.statement_bytes), byte_count),
        Row("**decisions as the float model's**", lambda r: r.agreement, percent, ratio=False),
    ]


def table(results: list[Result], baseline: str) -> str:
    """A Markdown table; ratios are to the contender named `baseline`, if it was run."""
    base = next((result for result in results if result.contender.name == baseline), None)
    lines = [line([""] + [result.contender.name for result in results]), line(["---"] * (len(results) + 1))]
    for name, member in (("weights", "weights"), ("input", "input"), ("the proof hides", "hiding")):
        lines.append(line([name] + [getattr(result.contender, member) for result in results]))
    lines.append(line(["rounds"] + [str(len(result.rounds)) for result in results]))
    for row in rows():
        unit = row.value(base) if base and row.ratio else None
        lines.append(line([row.name] + [cell(row, result, None if result is base else unit) for result in results]))
    return "\n".join(lines)


def cell(row: Row, result: Result, unit: float | None) -> str:
    value = row.value(result)
    if value is None:
        return "–"
    more = "more than " if result.stopped in row.about else ""
    return more + row.show(value) + (f" ({factor(value / unit)})" if unit else "")


# What the summary shows of each network.
SUMMARY = ("**witness + prove**", "**prove: memory**", "verify, each further proof", "**proof**", "**decisions as the float model's**")


def summary(networks: list[tuple[str, list[Result]]], baseline: str) -> str:
    """A Markdown table of how a few rows grow from network to network, contender by contender."""
    shown = [row for row in rows() if row.name in SUMMARY]
    names = dict.fromkeys(result.contender.name for _, results in networks for result in results)
    lines = [line(["", ""] + [name for name, _ in networks]), line(["---"] * (len(networks) + 2))]
    for row in shown:
        for index, name in enumerate(names):
            cells = []
            for _, results in networks:
                found = {result.contender.name: result for result in results}
                base = found.get(baseline)
                unit = row.value(base) if base and row.ratio and name != baseline else None
                cells.append(cell(row, found[name], unit) if name in found else "–")
            lines.append(line([row.name if index == 0 else "", name] + cells))
    return "\n".join(lines)


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def foreign_share(results: list[Result], cores: int) -> float | None:
    """The share of the machine that other processes had while rounds ran; None where the system does not tell."""
    steps = [step for result in results for step in result.steps()]
    wall, foreign = sum(step.wall_seconds for step in steps), sum(step.foreign_seconds for step in steps)
    return foreign / (wall * cores) if foreign and wall else None
