"""A verdict on a witness: every constraint in every row, every copy, public inputs, look-ups and sums."""

import json
import random

from circuit import cell
from definition import LookUps, Models


class Witness:
    """An honest witness as the recorder writes it, and what follows from it."""

    def __init__(self, path, circuit):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if data["statement"] != circuit.statement:
            raise ValueError(f"{path}: a witness of {circuit.statement} was expected, found {data['statement']}")
        numbers = lambda text: [int(word, 16) for word in text.split()]
        self.circuit = circuit
        self.challenges, self.public = numbers(data["challenges"]), numbers(data["public"])
        self.advice = [numbers(column) for column in data["advice"]]
        if len(self.advice) != len(circuit.phases):
            raise ValueError(f"{path}: {len(circuit.phases)} columns were expected, found {len(self.advice)}")
        # Cells that nobody writes are 0.
        self.advice = [column + [0] * (circuit.n - len(column)) for column in self.advice]
        if any(value >= circuit.p for column in self.advice for value in column):
            raise ValueError(f"{path}: a value is not below the order of the field")
        self.lookups = LookUps(circuit)
        self.models = Models(circuit) if circuit.declared["models"] else None
        # Challenges of the checker's own, which nobody could know who made the witness.
        self.own = [random.SystemRandom().randrange(circuit.p) for _ in range(2)]
        self.functions = circuit.functions(self.advice, self.challenges, self.public)

    def honest(self, without=frozenset()):
        """Everything that is wrong with the witness, from scratch."""
        circuit = self.circuit
        for constraint, function in zip(circuit.constraints, self.functions):
            if constraint.index not in without:
                yield from ((f"gate {constraint.name}", row) for row in constraint.rows if function(row))
        for cycle in circuit.cycles:
            if len({self.advice[column][row] for column, row in cycle}) > 1:
                yield "copy", cycle[0][1]
        balance = self.lookups.balance(self.advice, range(self.lookups.last))
        yield from (("look-up", key) for key, weight in balance.items() if weight % circuit.p)
        yield from self.second_phase()
        yield from self.broken_sums()

    def second_phase(self):
        """Cells of the second phase that are not what their definition makes of the first."""
        d, (alpha, beta, *more) = self.circuit.declared, self.challenges
        columns = dict(zip([*d["helpers"], d["sum"]], self.lookups.sums(self.advice, alpha, beta, self.circuit.n)))
        if self.models:
            names = [d["models"][f"{name}_sum"] for name in ("weights", "neurons", "packed", "messages")]
            columns |= dict(zip(names, self.models.sums(self.advice, *more)))
        for name, column in columns.items():
            found = self.advice[cell(name)[1]]
            yield from ((f"second phase {name}", row) for row, value in enumerate(column) if value != found[row])

    def broken_sums(self):
        if self.models:
            for rho, tau in (self.challenges[2:], self.own):
                broken = self.models.broken(self.advice, rho, tau)
                if broken:
                    yield broken

    def judge(self, case, without=frozenset(), copies=True, lookups=True, sums=True):
        """What is wrong with a forgery of this witness. Constraints of cells that did not change are known to hold."""
        circuit, advice = self.circuit, self.advice
        # A change of the first phase brings the second with it, unless the case says what it is.
        changes = [(column, row, int(value, 16)) for column, row, value in case["first"] + case["second"]]
        public = [int(word, 16) for word in case["public"].split()]
        functions = self.functions
        touched = {row for column, row, _ in changes if column in self.lookups.columns}
        before = self.lookups.balance(advice, touched, -1)
        old = [(column, row, advice[column][row]) for column, row, _ in changes]
        try:
            for column, row, value in changes:
                advice[column][row] = value
            if public != self.public:
                functions = circuit.functions(advice, self.challenges, public)
            asked = set()
            if public != self.public:
                asked |= {(c.index, r) for c in circuit.constraints for r in c.rows if ("i", 0, 0) in c.reads}
            for column, row, _ in changes:
                for constraint, rotation in circuit.readers[column]:
                    # Of the second phase only what a case says is asked by its gates; else by its definition.
                    if constraint.second and not case["second"]:
                        continue
                    if row - rotation in constraint.row_set:
                        asked.add((constraint.index, row - rotation))
            if copies:
                for cycle in {circuit.cycle_of.get((column, row)) for column, row, _ in changes} - {None}:
                    cells = circuit.cycles[cycle]
                    if len({advice[column][row] for column, row in cells}) > 1:
                        yield "copy", cells[0][1]
            for index, row in sorted(asked):
                if index not in without and functions[index](row):
                    yield f"gate {circuit.constraints[index].name}", row
            if lookups and case["first"]:
                balance = self.lookups.balance(advice, touched)
                balance.update(before)
                yield from (("look-up", key) for key, weight in balance.items() if weight % circuit.p)
            if sums and self.models and any(column in self.models.columns for column, _, _ in changes):
                yield from self.broken_sums()
        finally:
            for column, row, value in old:
                advice[column][row] = value
