"""Gates of a circuit file as polynomials over named cells, in chosen rows."""

from circuit import Circuit, cell


class Gates(Circuit):
    """A circuit, and what its gates say in a row: monomials (sorted cells) and their coefficients."""

    def __init__(self, path):
        super().__init__(path)
        self.tables = {}
        d = self.declared
        value, tag = self.column(d["table_value"]), self.column(d["table_tag"])
        for row in range(d["last_row"]):
            self.tables.setdefault(tag[row], set()).add(value[row])
        self.limbs = {cell(name)[1]: self.column(tags) for name, tags in zip(d["limbs"], d["tags"])}

    def polynomial(self, constraint, row):
        """Of a constraint in a row, with fixed cells as they are there, divided by its selector."""
        p, stack = self.p, []
        for word in constraint.postfix.split():
            if word in "+*":
                b, a = stack.pop(), stack.pop()
                stack.append(add(a, b, p) if word == "+" else multiply(a, b, p))
            elif word == "neg":
                stack.append({m: -c % p for m, c in stack.pop().items()})
            elif word[0] == "#":
                stack.append(constant(int(word[1:], 16)))
            elif word[0] == "c":
                raise ValueError(f"{constraint.name} reads a challenge")
            else:
                letter, column, rotation = cell(word)
                at = (row + rotation) % self.n
                stack.append(constant(self.fixed[column][at]) if letter == "f" else {((letter, column, at),): 1})
        (result,) = stack
        names = {f"F{i}": column for i, column in enumerate(self.fixed)}
        inverse = pow(eval(constraint.selector, names, {"r": row}), -1, p)  # noqa: S307
        # Coefficients next to 0, so that integers stay small.
        small = lambda c: c if c <= p // 2 else c - p
        return {m: small(c * inverse % p) for m, c in result.items() if c % p}

    def instances(self, gates, rows):
        """All constraints of `gates`, gate and row each, that are on there: name and polynomial."""
        found = []
        for gate, row in zip(gates, rows):
            some = [c for c in self.constraints if c.gate == gate and row in c.row_set]
            if not some:
                raise ValueError(f"{gate} is not on in row {row}")
            found += [(f"{c.name}", self.polynomial(c, row)) for c in some]
        return found

    def range_of(self, place):
        """Least and greatest value that a cell may have by its look-up alone, if it has one."""
        _, column, row = place
        if column not in self.limbs or row >= self.declared["last_row"]:
            return None
        values = self.tables.get(self.limbs[column][row], set())
        # A row of bytes may have any pad, which moves its tag by up to 8.
        if self.limbs[column][row] > 900:
            values = set().union(*(self.tables.get(self.limbs[column][row] + pad, set()) for pad in range(9)))
        return (min(values), max(values)) if values else None

    def twins(self, place):
        """Cells that are copies of one."""
        cycle = self.cycle_of.get(place[1:])
        return {("a", *other) for other in self.cycles[cycle]} if cycle is not None else {place}


def constant(value):
    return {(): value} if value else {}


def add(a, b, p):
    out = dict(a)
    for m, c in b.items():
        out[m] = (out.get(m, 0) + c) % p
    return {m: c for m, c in out.items() if c}


def multiply(a, b, p):
    out = {}
    for m, c in a.items():
        for n, d in b.items():
            key = tuple(sorted(m + n))
            out[key] = (out.get(key, 0) + c * d) % p
    return {m: c for m, c in out.items() if c}
