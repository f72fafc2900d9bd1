"""Divisions and roots of the fold, found in a circuit file by the coefficients of their rows and followed by their copies."""

from cvc5 import Kind

COLUMNS = range(14, 18)
RANGED = 18


class Wires:
    """Rows of the gate of multiply-adds, with their coefficients."""

    def __init__(self, gates):
        self.gates = gates
        (self.constraint,) = [c for c in gates.constraints if c.gate == "Arith"]
        self.rows = {row: gates.polynomial(self.constraint, row) for row in gates.gate("Arith")}
        self.by_twin = {}
        for row, polynomial in self.rows.items():
            for place in {v for m in polynomial for v in m}:
                self.by_twin.setdefault(min(gates.twins(place)), []).append(row)

    def name(self, place):
        """One name for a cell and its copies."""
        return min(self.gates.twins(place))

    def polynomial(self, row):
        out = {}
        for m, c in self.rows[row].items():
            key = tuple(sorted(self.name(v) for v in m))
            out[key] = out.get(key, 0) + c
        return out

    def coefficient(self, row, *columns):
        return self.rows[row].get(tuple(("a", c, row) for c in columns), 0)

    def bits(self, name):
        """Range of a wire by the limbs it is made of: none unless it stands where it is checked."""
        gates = self.gates
        for _, column, row in gates.twins(name):
            if column == RANGED:
                bound, shift = 0, 0
                while row in self.wide or row in self.narrow:
                    for limb in range(8):
                        _, most = gates.range_of(("a", limb, row))
                        bound += most << shift
                        shift += 12
                    if row in self.narrow:
                        return 0, bound
                    row += 1
        return None

    def with_ranges(self):
        self.narrow, self.wide = set(self.gates.gate("Range")), set(self.gates.gate("RangeWide"))
        return self

    def ranged_in(self, row):
        return [v for v in {self.name(v) for m in self.rows[row] for v in m} if self.bits(v)]


def steps(question, gates):
    """Name, question and what the control leaves out of mean, component, norm and deviation."""
    wires = Wires(gates).with_ranges()
    rows = sorted(wires.rows)
    k0 = lambda r: wires.coefficient(r, 14, 15)
    last = lambda r: wires.coefficient(r, 17)
    third = lambda r: wires.coefficient(r, 16)
    products = [r for r in rows if k0(r) < 0 and last(r) == -1]
    same = lambda r: wires.name(("a", 14, r)) == wires.name(("a", 15, r))
    mean = next(r for r in products if third(r) == 1 << 33 and k0(r) < -2)
    norm = next(r for r in products if same(r) and k0(r) == -1 and third(r) == 1)
    component = next(r for r in products if r > norm and k0(r) == -2)
    deviation = next(r for r in products if k0(r) == -1 and third(r) == 1 << 64)
    yield from division("mean", question, wires, mean, (1, 1 << 12))
    yield from division("component", question, wires, component, (1, 1 << 75))
    yield from root("norm", question, wires, norm, None)
    yield from root("deviation", question, wires, deviation, 14)


def below(wires, remainder, exclude):
    """The row that says that a remainder is below its bound: the other one it stands in."""
    return next(r for r in wires.by_twin[remainder] if r not in exclude)


def ask(question, wires, rows, known, goals, bounds, inner=(), offset=0):
    polynomials = [(name, wires.polynomial(row)) for name, row in rows]
    for cell in inner:
        polynomials = eliminate(polynomials, cell)
    cells = {v for _, q in polynomials for m in q for v in m}
    bounds = {v: wires.bits(v) for v in cells if wires.bits(v)} | bounds
    if offset:
        polynomials = shifted(polynomials, goals[0], offset)
        bounds[goals[0]] = tuple(end - offset for end in bounds[goals[0]])
    return products(question, wires.gates, polynomials, known, goals, bounds)


def division(name, question, wires, row, divisor):
    quotient, remainder, n = (wires.name(("a", c, row)) for c in (15, 17, 14))
    rows = [("division", row), ("remainder < divisor", below(wires, remainder, {row}))]
    dividend = {wires.name(("a", 16, row))}
    asked = ask(question, wires, rows, {n} | dividend, [quotient], {n: divisor})
    yield f"{name}: dividend, divisor → quotient", asked, "remainder < divisor"


def root(name, question, wires, row, square_column):
    remainder = wires.name(("a", 17, row))
    below_row = below(wires, remainder, {row})
    rows = [("root", row), ("remainder < bound", below_row)]
    known, inner, offset = {wires.name(("a", 16, row))}, (), 0
    bounds = {}
    if square_column is None:
        s = wires.name(("a", 14, row))
    else:
        square, y = wires.name(("a", 14, row)), wires.name(("a", 15, row))
        made = next(r for r in wires.by_twin[square] if wires.name(("a", 17, r)) == square)
        s = wires.name(("a", 14, made))
        bound = next(
            r for r in wires.by_twin[s] if r != made and y in {wires.name(("a", c, r)) for c in (14, 15)}
        )
        rows += [("square", made), ("bound", bound)]
        known |= {y}
        inner = (square, wires.name(("a", 17, bound)))
        # Half of its range, as any signed wire.
        offset = (wires.bits(s)[1] + 1) // 2
        bounds = {y: (1, 1 << 110)}
    yield f"{name}: square → root", ask(question, wires, rows, known, [s], bounds, inner, offset), "remainder < bound"


def eliminate(polynomials, cell):
    """Puts what a cell is, by the one row that has it with the coefficient −1 and in no product, in its place everywhere else."""
    index = next(i for i, (_, q) in enumerate(polynomials) if q.get((cell,)) == -1 and sum(cell in m for m in q) == 1)
    value = {m: c for m, c in polynomials[index][1].items() if m != (cell,)}
    out = []
    for name, q in polynomials[:index] + polynomials[index + 1 :]:
        replaced = {}
        for m, c in q.items():
            rest, times = tuple(v for v in m if v != cell), m.count(cell)
            parts = {rest: c}
            for _ in range(times):
                grown = {}
                for n, d in parts.items():
                    for o, e in value.items():
                        key = tuple(sorted(n + o, key=str))
                        grown[key] = grown.get(key, 0) + d * e
                parts = grown
            for key, d in parts.items():
                replaced[key] = replaced.get(key, 0) + d
        out.append((name, {m: c for m, c in replaced.items() if c}))
    return out


def shifted(polynomials, cell, offset):
    """Writes what a cell stands for in its place: it has an offset on top."""
    row = ("offset", {(cell,): 1, (): offset, ("raw",): -1})
    renamed = [(n, {tuple("raw" if v == cell else v for v in m): c for m, c in q.items()}) for n, q in polynomials]
    return eliminate(renamed + [row], "raw")


def products(question, gates, polynomials, known, goals, bounds):
    """A question in which products of unknowns stay, over the integers: the budgets that the layout asserts say that nothing reaches p.
    Both witnesses play the same part, so the second has the greater goal: by 1 and something that is not negative."""

    class Integers(question):
        LOGIC = "QF_NIA"

        def read(self, v, copy):
            if v == self.goals[0] and copy == 1:
                low, high = self.range(v)
                more, _, _ = self.variable("more", 0, high - low)
                one = self.s.mkTerm(Kind.ADD, super().read(v, 0)[0], self.integer(1), more)
                return one, low, high
            return super().read(v, copy)

        def linear(self, q, copy):
            terms = []
            for m, c in q.items():
                factors = [self.integer(c)] + [self.read(v, copy)[0] for v in m]
                terms.append(factors[0] if len(factors) == 1 else self.s.mkTerm(Kind.MULT, *factors))
            return (terms[0] if len(terms) == 1 else self.s.mkTerm(Kind.ADD, *terms)), 0, 0

        def zero(self, linear):
            return self.s.mkTerm(Kind.EQUAL, linear[0], self.integer(0))

    return Integers(gates, polynomials, known, goals, bounds)
