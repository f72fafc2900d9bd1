"""Reads what `foldproof keys export` writes (docs/circuit-file.md) and makes of each constraint a function of a row."""

import json


class Node:
    """A polynomial on its way to Python: its text, how tightly that binds, and the factors it is a product of."""

    SUM, PRODUCT, ATOM = 0, 1, 2

    def __init__(self, text, level, reads, factors=None):
        self.text, self.level, self.reads = text, level, reads
        self.factors = factors or [self]

    def at(self, level):
        return self.text if self.level >= level else f"({self.text})"

    def is_fixed(self):
        return all(letter in "f" for letter, _, _ in self.reads)


def cell(word):
    """`a3@-1` is column 3, a row above."""
    column, _, rotation = word[1:].partition("@")
    return word[0], int(column), int(rotation or 0)


def parse(postfix):
    """The tree of a polynomial in postfix. Sums and products stay flat: Python's own parser has a limit on brackets."""
    stack = []
    for word in postfix.split():
        if word == "+":
            b, a = stack.pop(), stack.pop()
            stack.append(Node(f"{a.text}+{b.text}", Node.SUM, a.reads | b.reads))
        elif word == "*":
            b, a = stack.pop(), stack.pop()
            text = f"{a.at(Node.PRODUCT)}*{b.at(Node.PRODUCT)}"
            stack.append(Node(text, Node.PRODUCT, a.reads | b.reads, a.factors + b.factors))
        elif word == "neg":
            a = stack.pop()
            stack.append(Node(f"(-{a.at(Node.ATOM)})", Node.ATOM, a.reads))
        elif word[0] == "#":
            stack.append(Node(str(int(word[1:], 16)), Node.ATOM, frozenset()))
        elif word[0] == "c":
            stack.append(Node(f"C[{int(word[1:])}]", Node.ATOM, frozenset([("c", int(word[1:]), 0)])))
        elif word[0] in "afi":
            letter, column, rotation = cell(word)
            text = f"{letter.upper()}{column}[r{rotation:+d}]" if rotation else f"{letter.upper()}{column}[r]"
            stack.append(Node(text, Node.ATOM, frozenset([(letter, column, rotation)])))
        else:
            raise ValueError(f"word {word!r} of a polynomial: a cell, a constant, a challenge or an operator was expected")
    if len(stack) != 1:
        raise ValueError(f"a polynomial was expected, found {len(stack)} in {postfix[:60]!r}")
    return stack[0]


class Constraint:
    """A polynomial that must be 0 in every row; `rows` are those in which it is not 0 by its selectors alone."""

    def __init__(self, index, entry, circuit):
        self.index, self.name = index, f"{entry['gate']} / {entry['name']}"
        self.gate = entry["gate"]
        self.postfix = entry["polynomial"]
        node = parse(self.postfix)
        fixed = [factor for factor in node.factors if factor.is_fixed()]
        rest = [factor for factor in node.factors if not factor.is_fixed()]
        self.selector = "*".join(sorted(factor.at(Node.PRODUCT) for factor in fixed)) or "1"
        self.text = "*".join(factor.at(Node.PRODUCT) for factor in rest) or "1"
        self.reads = frozenset().union(*(factor.reads for factor in rest)) if rest else frozenset()
        self.rows = circuit.rows_of(self.selector)
        self.second = any(letter == "c" or circuit.is_second(letter, column) for letter, column, _ in self.reads)
        for letter, _, rotation in self.reads:
            # What stands below the usable rows is random, and rows wrap around.
            if letter == "a" and self.rows and not (
                0 <= self.rows[0] + rotation and self.rows[-1] + rotation < circuit.usable
            ):
                raise ValueError(f"{self.name} reads a row that is not usable")
        self.row_set = frozenset(self.rows)


class Circuit:
    """Constraints, fixed values, cycles, and what is declared about look-ups."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if (data.get("format"), data.get("version")) != ("foldproof-circuit", 1):
            raise ValueError(f"{path}: a circuit file of version 1 was expected, found {data.get('format')!r}")
        self.statement = data["statement"]
        self.p = int(data["modulus"], 16)
        self.n = 1 << data["k"]
        self.usable = data["usable_rows"]
        self.phases = data["advice"]
        values = [int(value, 16) for value in data["values"]]
        self.fixed = [[values[i] for length, i in runs for _ in range(length)] for runs in data["fixed"]]
        if any(len(column) != self.n for column in self.fixed):
            raise ValueError(f"{path}: runs of a fixed column do not add up to {self.n} rows")
        self._rows = {}
        self.constraints = [Constraint(i, entry, self) for i, entry in enumerate(data["constraints"])]
        permuted = [cell(name)[:2] for name in data["permuted"]]
        self.cycles = []
        for flat in data["cycles"]:
            cells = [(permuted[flat[i]], flat[i + 1]) for i in range(0, len(flat), 2)]
            if any(row >= self.usable for _, row in cells):
                raise ValueError(f"{path}: a copy of a row that is not usable")
            self.cycles.append([(column, row) for (_, column), row in cells])
        if any(letter != "a" for letter, _ in permuted):
            raise ValueError(f"{path}: only advice columns were expected in the copies")
        self.cycle_of = {place: i for i, cycle in enumerate(self.cycles) for place in cycle}
        self.declared = data["declared"]
        # Constraints that read a column, and how far away.
        self.readers = [[] for _ in self.phases]
        for constraint in self.constraints:
            for letter, column, rotation in constraint.reads:
                if letter == "a":
                    self.readers[column].append((constraint, rotation))

    def is_second(self, letter, column):
        return letter == "a" and self.phases[column] > 0

    def rows_of(self, selector):
        """Rows in which a product of fixed values is not 0."""
        if selector not in self._rows:
            names = {f"F{i}": column for i, column in enumerate(self.fixed)}
            source = f"[r for r in range({self.n}) if ({selector}) % {self.p}]"
            # Comprehensions see globals only. The text is made by `parse`, from cells, numbers and operators.
            self._rows[selector] = eval(source, names)  # noqa: S307
            if self._rows[selector] and self._rows[selector][-1] >= self.usable:
                raise ValueError(f"{selector} is on in a row that is not usable")
        return self._rows[selector]

    def gate(self, name):
        """Rows in which a gate is on."""
        found = [c.rows for c in self.constraints if c.gate == name]
        return found[0] if found else []

    def column(self, name):
        """Fixed column of that name."""
        return self.fixed[cell(name)[1]]

    def functions(self, advice, challenges, public):
        """Of each constraint a function of a row: 0, unless the constraint is broken there."""
        instance = public + [0] * (self.n - len(public))
        names = {f"F{i}": column for i, column in enumerate(self.fixed)}
        names |= {f"A{i}": column for i, column in enumerate(advice)}
        names |= {"C": challenges, "I0": instance}
        body = ",\n".join(f"lambda r: ({c.text}) % {self.p}" for c in self.constraints)
        return eval(f"[{body}]", names)  # noqa: S307
