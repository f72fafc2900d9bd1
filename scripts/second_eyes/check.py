#!/usr/bin/env python3
"""A second pair of eyes: judges recorded witnesses and forgeries, by exported circuits alone, and compares its verdicts with the
examiner's. Shares no code with the circuits and needs nothing but Python 3.11.

    check.py CIRCUITS DUMPS [--controls] [--costs FILE] [--at-most N] [--json]

CIRCUITS holds STATEMENT.circuit.json of `foldproof keys export`, DUMPS what the recorder writes. With --costs, every statement of
`benches/cost.json` must be among them. Exit status: 0 all agree, 1 some do not, 2 could not tell."""

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from circuit import Circuit
from verdict import Witness


def say(text):
    print(text, file=sys.stderr, flush=True)


def cases(folder, at_most):
    """Recorded cases by base, at most so many of each."""
    by_base = defaultdict(list)
    for path in sorted(folder.glob("*.cases.jsonl")):
        with open(path, encoding="utf-8") as file:
            for line in file:
                case = json.loads(line)
                by_base[case["base"]].append(case)
    return {base: some[:: max(1, -(-len(some) // at_most))] if at_most else some for base, some in by_base.items()}


class Tally:
    def __init__(self):
        self.honest, self.accepted, self.refused = 0, 0, 0
        self.reasons, self.tests, self.controls = Counter(), Counter(), Counter()
        self.disagreements = []

    def disagree(self, what):
        self.disagreements.append(what)
        say(f"DISAGREEMENT {what}")

    def add(self, witness, case, controls):
        where = f"{witness.circuit.statement} {case['base']} {case['test']}"
        reasons = [reason for reason, _ in witness.judge(case)] if controls else None
        first = next(witness.judge(case), None)
        self.tests[case["test"]] += 1
        if (first is None) != case["accept"]:
            self.disagree(f"{where}: the examiner says {case['by'] or 'nothing'}, this program {first}")
        elif first is None:
            self.accepted += 1
        else:
            self.refused += 1
            self.reasons[first[0]] += 1
            if controls and len(set(reasons)) == 1:
                self.control(witness, case, first[0], where)

    def control(self, witness, case, reason, where):
        """What one thing alone refuses must pass without it: or this program would refuse anything."""
        if self.controls[reason] >= 3:
            return
        without = {c.index for c in witness.circuit.constraints if f"gate {c.name}" == reason}
        switched = {"copies": reason != "copy", "lookups": reason != "look-up", "sums": not reason.startswith("sum ")}
        left = next(witness.judge(case, without=without, **switched), None)
        if left is not None:
            self.disagree(f"{where}: without {reason} this program still says {left}")
        self.controls[reason] += 1


def main():
    parser = argparse.ArgumentParser(description="judges recorded witnesses by exported circuits")
    parser.add_argument("circuits", type=Path)
    parser.add_argument("dumps", type=Path)
    parser.add_argument("--controls", action="store_true", help="what is refused for one reason must pass without it")
    parser.add_argument("--costs", type=Path, metavar="FILE", help="pinned costs: a statement without a witness is a failure")
    parser.add_argument("--at-most", type=int, default=0, metavar="N", help="cases of each witness, spread over all")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    tally, by_base = Tally(), cases(args.dumps, args.at_most)
    by_statement = defaultdict(list)
    for path in sorted(args.dumps.glob("*.witness.json")):
        with open(path, encoding="utf-8") as file:
            by_statement[file.readline().split('"')[3]].append(path)
    if not by_statement:
        raise ValueError(f"{args.dumps}: witnesses were expected, found none")
    if args.costs:
        with open(args.costs, encoding="utf-8") as file:
            pinned = {entry["statement"] for entry in json.load(file)}
        for statement in sorted(pinned - set(by_statement)):
            tally.disagree(f"{statement}: a witness was expected, since its cost is pinned, found none")
    for statement, paths in sorted(by_statement.items()):
        circuit = Circuit(args.circuits / f"{statement}.circuit.json")
        for path in paths:
            base = path.name.split(".")[0]
            witness = Witness(path, circuit)
            wrong = next(witness.honest(), None)
            tally.honest += 1
            if wrong:
                # Its forgeries are judged by what changes, so nothing could be said of them.
                tally.disagree(f"{statement} {base}: the honest witness is refused by {wrong}")
                continue
            for case in by_base.get(base, []):
                tally.add(witness, case, args.controls)
            say(f"{statement} {base}: {len(by_base.get(base, []))} cases")
    report(tally, len(by_statement), args)
    return 1 if tally.disagreements else 0


def report(tally, statements, args):
    found = {
        "statements": statements,
        "honest": tally.honest,
        "accepted": tally.accepted,
        "refused": tally.refused,
        "disagreements": tally.disagreements,
        "controls": dict(sorted(tally.controls.items())),
        "refused_by": dict(sorted(tally.reasons.items())),
        "tests": dict(sorted(tally.tests.items())),
    }
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            print(name)
            for key, count in value.items():
                print(f"  {count:6} {key}")
        else:
            print(f"{name:14} {len(value) if isinstance(value, list) else value}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError) as error:
        say(f"{type(error).__name__}: {error}")
        sys.exit(2)
