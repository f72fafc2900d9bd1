"""Divisions and roots of the fold, found in a circuit file by the coefficients of their rows and followed by their copies."""

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


def ask(question, wires, rows, known, goals, bounds):
    polynomials = [(name, wires.polynomial(row)) for name, row in rows]
    cells = {v for _, q in polynomials for m in q for v in m}
    bounds = {v: wires.bits(v) for v in cells if wires.bits(v)} | bounds
    return Products(question, wires.gates, polynomials, known, goals, bounds)


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
    known = {wires.name(("a", 16, row))}
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
        bounds = {y: (1, 1 << 110)}
    yield f"{name}: square → root", ask(question, wires, rows, known, [s], bounds), "remainder < bound"


def Products(question, gates, polynomials, known, goals, bounds):
    """A question in which products of unknowns stay: the budgets that the layout asserts say that nothing reaches p."""

    class Integers(question):
        LOGIC = "QF_NIA"

        def linear(self, q, copy):
            terms = []
            for m, c in q.items():
                factors = [self.integer(c)] + [self.read(v, copy)[0] for v in m]
                terms.append(factors[0] if len(factors) == 1 else self.s.mkTerm(self.kind.MULT, *factors))
            return (terms[0] if len(terms) == 1 else self.s.mkTerm(self.kind.ADD, *terms)), 0, 0

        def zero(self, linear):
            return self.s.mkTerm(self.kind.EQUAL, linear[0], self.integer(0))

    from cvc5 import Kind

    Integers.kind = Kind
    return Integers(gates, polynomials, known, goals, bounds)
