#!/usr/bin/env python3
"""Whether gates leave their cells one value: each is handed to a solver twice, with the same inputs and different outputs. What it
calls impossible is proved for the field and the ranges as they are. Gates are read from circuit files (`foldproof keys export`).

    pip install cvc5-gpl
    scripts/uniqueness.py BLOCK.circuit.json MODEL.circuit.json

Each proof has its control: with one constraint left out the solver must find two witnesses. Exit status: 0 all is as expected, 1 it
is not, 2 could not tell."""

import sys
from itertools import product
from pathlib import Path

import cvc5
from cvc5 import Kind

sys.path.insert(0, str(Path(__file__).parent / "second_eyes"))
from gates import Gates  # noqa: E402

# By the clock, for each question: none takes more than a few seconds of a processor, which a busy machine may be slow to give.
SECONDS = 120


class Question:
    """Two witnesses of some polynomials that share `known` and differ in one of `goals`."""

    LOGIC = "QF_LIA"

    def __init__(self, gates, polynomials, known, goals, bounds=None):
        self.gates, self.p, self.polynomials = gates, gates.p, polynomials
        cells = {v for _, q in polynomials for m in q for v in m}
        self.known, self.goals, self.bounds = set(known), [g for g in goals], bounds or {}
        self.unknown = sorted(cells - self.known)
        self.bits = [v for v in self.unknown if any(self.is_bit(q, v) for _, q in polynomials)]

    def only(self, label):
        """The same about those of its polynomials that are called so."""
        some = [(name, q) for name, q in self.polynomials if label in name]
        return Question(self.gates, some, self.known, self.goals, self.bounds)

    @staticmethod
    def is_bit(q, v):
        return set(q) == {(v,), (v, v)} and q[(v,)] == -q[(v, v)]

    def answer(self, without=None):
        """`unsat`, `sat` or `unknown`; every choice of bits is a question of its own."""
        polynomials = [q for i, (_, q) in enumerate(self.polynomials) if i != without]
        bits = [v for v in self.bits if any(self.is_bit(q, v) for q in polynomials)]
        verdict = "unsat"
        for one in product((0, 1), repeat=len(bits)):
            for other in product((0, 1), repeat=len(bits)):
                found = self.ask(polynomials, dict(zip(bits, one)), dict(zip(bits, other)))
                if found == "sat":
                    return found
                verdict = found if found != "unsat" else verdict
        return verdict

    def ask(self, polynomials, one, other):
        s = cvc5.Solver()
        s.setLogic(self.LOGIC)
        s.setOption("tlimit-per", str(1000 * SECONDS))
        self.s, self.terms, self.lumps, self.fresh = s, {}, {}, 0
        for copy, bits in enumerate((one, other)):
            for q in polynomials:
                formula = self.formula(q, copy, bits)
                if formula is not None:
                    s.assertFormula(formula)
        differ = [
            s.mkTerm(Kind.DISTINCT, self.value(g, 0, one), self.value(g, 1, other)) for g in self.goals
        ]
        s.assertFormula(differ[0] if len(differ) == 1 else s.mkTerm(Kind.OR, *differ))
        result = s.checkSat()
        return "unsat" if result.isUnsat() else "sat" if result.isSat() else "unknown"

    def integer(self, n):
        return self.s.mkInteger(str(n))

    def variable(self, name, low, high):
        if name not in self.terms:
            term = self.s.mkConst(self.s.getIntegerSort(), str(name))
            self.s.assertFormula(self.s.mkTerm(Kind.LEQ, self.integer(low), term))
            self.s.assertFormula(self.s.mkTerm(Kind.LEQ, term, self.integer(high)))
            self.terms[name] = (term, low, high)
        return self.terms[name]

    def range(self, v):
        return self.bounds.get(v) or self.gates.range_of(v) or (-(self.p // 2), self.p // 2)

    def read(self, v, copy):
        return self.variable((v, 0 if v in self.known else copy), *self.range(v))

    def value(self, v, copy, bits):
        return self.integer(bits[v]) if v in bits else self.read(v, copy)[0]

    def linear(self, q, copy):
        """Σ c·x as a term with its bounds; None where a product has an unknown in it. Products of inputs, and sums of inputs that
        may reach p, are lumped together: whatever they are, they are the same in both."""
        terms, low, high = [], 0, 0
        inputs = {(m, c) for m, c in q.items() if m and set(m) <= self.known}
        wide = sum(abs(c) * max(map(abs, self.range(m[0]))) for m, c in inputs) >= self.p
        lump = frozenset(inputs if wide else {(m, c) for m, c in inputs if len(m) > 1})
        if lump:
            self.lumps.setdefault(lump, len(self.lumps))
            term, low, high = self.variable(("lump", self.lumps[lump]), -(self.p // 2), self.p // 2)
            terms.append(term)
        for m, c in q.items():
            if (m, c) in lump:
                continue
            if len(m) > 1:
                return None
            term, a, b = (self.integer(c), c, c) if not m else self.read(m[0], copy)
            if m:
                term, (a, b) = self.s.mkTerm(Kind.MULT, self.integer(c), term), sorted((c * a, c * b))
            terms.append(term)
            low, high = low + a, high + b
        term = self.integer(0) if not terms else terms[0] if len(terms) == 1 else self.s.mkTerm(Kind.ADD, *terms)
        return term, low, high

    def zero(self, linear):
        """A sum is 0 in the field: over the integers a multiple of p, mostly 0 itself."""
        term, low, high = linear
        least, most = -(-low // self.p), high // self.p
        if least > most:
            return self.s.mkFalse()
        if least == most:
            return self.s.mkTerm(Kind.EQUAL, term, self.integer(least * self.p))
        self.fresh += 1
        times, _, _ = self.variable(("times", self.fresh), least, most)
        return self.s.mkTerm(Kind.EQUAL, term, self.s.mkTerm(Kind.MULT, times, self.integer(self.p)))

    def formula(self, q, copy, bits):
        q = substitute(q, bits)
        if not q:
            return None
        linear = self.linear(q, copy)
        if linear:
            return self.zero(linear)
        # v·L + C, with C a constant: L is not 0, or, if C is 0, v or L is.
        for v in {v for m in q for v in m if v not in self.known}:
            rest = {m: c for m, c in q.items() if v not in m}
            factor = {tuple(sorted_without(m, v)): c for m, c in q.items() if v in m}
            if set(rest) <= {()} and all(v not in m for m in factor):
                factor = self.linear(factor, copy)
                if factor:
                    zero = self.zero(factor)
                    if rest:
                        return self.s.mkTerm(Kind.NOT, self.nonzero(factor))
                    own = self.zero(self.linear({(v,): 1}, copy))
                    return self.s.mkTerm(Kind.OR, zero, own)
        # Two differences whose product is 0.
        parts = self.split(q)
        if parts and all(linear := [self.linear(part, copy) for part in parts]):
            return self.s.mkTerm(Kind.OR, *(self.zero(part) for part in linear))
        # Saying nothing leaves more witnesses, so a proof stays one.
        return None

    def nonzero(self, linear):
        """For a sum that no witness lets reach p: that it is 0."""
        term, low, high = linear
        if not -self.p < low <= high < self.p:
            return self.s.mkFalse()
        return self.s.mkTerm(Kind.EQUAL, term, self.integer(0))

    def split(self, q):
        """(x − x')·L, as gates of flags that go down a column have it."""
        pairs = sorted({v for m in q for v in m if v not in self.known})
        for a in pairs:
            for b in pairs:
                if a < b:
                    factor = {sorted_without(m, a): c for m, c in q.items() if a in m}
                    opposite = {sorted_without(m, b): -c for m, c in q.items() if b in m}
                    if factor == opposite and all((a in m) != (b in m) for m in q):
                        return {(a,): 1, (b,): -1}, factor
        return None


def sorted_without(m, v):
    rest = list(m)
    rest.remove(v)
    return tuple(rest)


def substitute(q, bits):
    out = {}
    for m, c in q.items():
        for v in m:
            if v in bits:
                c *= bits[v]
        m = tuple(v for v in m if v not in bits)
        out[m] = out.get(m, 0) + c
    return {m: c for m, c in out.items() if c}


class Report:
    def __init__(self):
        self.failed = self.unsettled = False

    def row(self, name, question, control=None):
        """Asks, then asks again with each constraint left out until two witnesses are found."""
        found = question.answer()
        names = [label for label, _ in question.polynomials]
        order = range(len(names)) if control is None else [i for i, label in enumerate(names) if control in label]
        witness = next((names[i] for i in order if question.answer(i) == "sat"), None)
        settled = {"unsat": "one", "sat": "**TWO**", "unknown": "not settled"}[found]
        print(f"| {name} | {settled} | {'two without `' + witness + '`' if witness else 'none found'} |", flush=True)
        self.failed |= found == "sat" or (found == "unsat" and witness is None)
        self.unsettled |= found == "unknown"


def single(gates, names, goals, known=(), row=None, bounds=None):
    """A question about gates that are on in one row, or `(gate, distance)` in rows near it; every unknown is a goal unless told."""
    named = [name if isinstance(name, tuple) else (name, 0) for name in names]
    rows = [set(r - d for r in gates.gate(gate)) for gate, d in named]
    # Where the limbs that are asked for are widest: a row whose limbs may only be 0 shows nothing.
    width = lambda r: sum(high - low for low, high in (gates.range_of(("a", c, r + d)) or (0, 0) for c, d in goals))
    row = max(sorted(set.intersection(*rows)), key=width) if row is None else row
    polynomials = gates.instances([gate for gate, _ in named], [row + d for _, d in named])
    at = lambda places: {("a", column, row + rotation) for column, rotation in places}
    question = Question(gates, polynomials, at(known), [], {("a", c, row + d): b for (c, d), b in (bounds or {}).items()})
    question.goals = sorted(at(goals)) if goals else question.unknown
    return question


def block(report, gates):
    from euclid import steps

    limbs = [(i, 0) for i in range(8)]
    report.row("`Number`: number → limbs, sign, flag, clamped", number(gates))
    report.row("`Range`: e → limbs", single(gates, ["Range"], limbs, [(18, 0)]))
    committed(report, gates)
    hashed = [("HashFirst", [(12, 0)], limbs), ("HashNext", [(12, 0)], limbs + [(12, -1)])]
    hashed.append(("Tail", [(12, 0), (18, 0)], limbs + [(12, -1), (18, -1)]))
    for gate, goals, known in hashed:
        report.row(f"`{gate}`: symbols → hash", single(gates, [gate], goals, known))
    wires = [(c, r) for c in (15, 16) for r in (0, -1, -2)]
    report.row(
        "`Residues`: hash → residues, quotients, bits",
        single(gates, ["Residues"], limbs + [(8, 0), (9, 0)] + wires, [(12, -1)]),
    )
    parts = [(c, 0) for c in (8, 9, 10, 11, 14, 15, 16, 17)]
    report.row("`Distance`: keys → difference", single(gates, ["Distance"], limbs[:6], parts + [(13, 0)]))
    rounded = limbs + [(i, -1) for i in range(8)] + [(18, 0), (17, 0), (11, -1), (12, -1), (8, -1), (9, -1)]
    report.row(
        "`Normalise` with `Range`, `Number`: value, inverse, shift → z, remainder",
        single(gates, ["Normalise", "Range", ("Number", -1)], rounded, [(14, 0), (15, 0), (16, 0)]),
    )
    report.row("search of four: keys → least", search(gates, 4), "met")
    for name, question, control in steps(Question, gates):
        report.row(name, question, control)
    sponge(report, gates)


def committed(report, gates):
    """From an element that is committed to, to what it is made of: rows of symbols below each other, and centroids, whose coordinates
    have their ranges from rows elsewhere."""
    limbs = lambda row, count=8: [(i, row) for i in range(count)]
    report.row("`PackFirst`: e → symbols", single(gates, ["PackFirst"], limbs(0), [(18, 0)]))
    two = single(gates, ["PackNext", ("PackFirst", -1)], limbs(0) + limbs(-1) + [(18, -1)], [(18, 0)])
    report.row("`PackFirst`, `PackNext`: e → symbols of two rows", two, "Pack")
    slot = ["Tail", ("PackNext", -1), ("PackFirst", -2)]
    three = single(gates, slot, limbs(0, 5) + limbs(-1) + limbs(-2), [(18, 0)])
    # The hash of the same row has a question of its own.
    three = three.only("e = ")
    report.row("`PackFirst`, `PackNext`, `Tail`: e → symbols of a slot", three, "e = ")
    coordinates = [(column, row) for row in (-1, 0) for column in range(14, 18)]
    bounds = {place: (0, (1 << 31) - 1) for place in coordinates}
    packed = single(gates, ["CentroidElement"], coordinates, [(18, 0)], bounds=bounds)
    report.row("`CentroidElement`: e → coordinates of two centroids", packed)
    # Numbers by what `Number` leaves of them, links by the indices of the text table; below a number the rest of its element.
    number, link = (1 - (1 << 47), (1 << 47) - 1), (0, (1 << 12) - 1)
    links = [(14, row) for row in range(-6, 0)]
    bounds = {place: link for place in links} | {(11, 0): number}
    linked = single(gates, ["ElementLinks"], links + [(11, 0)], [(18, 0)], bounds=bounds)
    report.row("`ElementLinks`: e → number, links", linked)
    row, bits = max(((row, record_bits(gates, row + 1)) for row in gates.gate("Element")), key=lambda found: found[1])
    bounds = {(11, 0): number, (18, 1): (0, (1 << bits) - 1)}
    report.row("`Element`: e → number, e'", single(gates, ["Element"], [(11, 0), (18, 1)], [(18, 0)], row, bounds))


def record_bits(gates, row):
    """Bits of the element of a record from a row down."""
    ends = {"ElementNumber": 48, "ElementLinks": 48 + 6 * 12}
    found = next((bits for name, bits in ends.items() if gates.gate(name).count(row)), None)
    return found or 48 + record_bits(gates, row + 1)


def number(gates):
    """Without the inverse as a goal: given the sign, it is 0 or the one inverse that there is in a field."""
    limbs = [(i, 0) for i in range(8)] + [(8, 0), (9, 0), (12, 0)]
    return single(gates, ["Number"], limbs, [(11, 0)])


def search(gates, rows):
    """A search cut down to so many centroids."""
    start = next(r for r in gates.gate("SearchStart") if gates.gate("Distance").count(r + 1))
    end = min(r for r in gates.gate("SearchEnd") if r > start)
    polynomials = gates.instances(["SearchStart"] + ["Distance"] * rows, range(start, start + rows + 1))
    # The end as it stands, in the last of the rows that are left.
    moved = lambda m: tuple((letter, column, start + rows) for letter, column, _ in m)
    ends = gates.instances(["SearchEnd"], [end])
    polynomials += [(name, {moved(m): c for m, c in q.items()}) for name, q in ends]
    known = {("a", c, r) for c in (8, 9, 10, 11, 14, 15, 16, 17) for r in range(start, start + rows + 1)}
    polynomials = [(n, q) for n, q in polynomials if any(v not in known for m in q for v in m)]
    return Question(gates, polynomials, known, [("a", 13, start)])


def sponge(report, gates):
    """Each cell of a row from those before it: linear in it, whatever the others are."""
    names = ["Start", "Chain", "Load", "FullFirst", "FullSecond", "EntryFirst", "EntrySecond", "Partial"]
    for name in names + ["ExitFirst", "ExitSecond", "End"]:
        gate = f"Sponge{name}"
        if not gates.gate(gate):
            continue
        row, ok = gates.gate(gate)[0], True
        polynomials = gates.instances([gate], [row])
        targets = [("a", 20 + i, row - 2 if name == "Load" else row) for i in range(4)]
        targets = [("a", 28, row)] if name == "End" else targets
        cells = {v for _, q in polynomials for m in q for v in m}
        # Squares of the row's own inputs follow from them.
        known = cells - set(targets)
        for (label, q), target in zip(polynomials, targets):
            if name == "End":
                target = next(v for v in sorted(cells) if v[1] == 28)
                known = cells - {target}
            question = Question(gates, [(label, q)], known, [target])
            ok &= question.answer() == "unsat" and question.answer(0) == "sat"
            known = known | {target}
        report.failed |= not ok
        print(f"| `{gate}`: cells before → each cell of the row | {'one' if ok else '**TWO**'} | two without it |", flush=True)


def model(report, gates):
    limbs = lambda r: [(i, r) for i in range(8)]
    names = gates.declared["models"]
    # Without a block the flag stands behind the eight limbs.
    flag = 8
    x, total = int(names["value"][1:]), int(names["sum"][1:])
    report.row("`Value`: x → limbs", single(gates, ["Value"], limbs(0)[:4], [(x, 0)]))
    out = limbs(-1) + [(x, -1), (flag, -1), (flag, 0)]
    known = limbs(0) + [(total, -1)]
    report.row("rescaling of `Neuron`, output by limbs", single(gates, ["Neuron", "Plain"], out, known))
    out = limbs(-1)[:6] + limbs(-2)[4:] + [(x, -1), (flag, -1), (flag, 0), (total, -1)]
    report.row(
        "rescaling of `Input`, excess by limbs",
        single(gates, ["Input", ("Excess", -1)], out, limbs(0) + [(x, 0)]),
    )
    report.row("`ClassRow`: key → distance", single(gates, ["ClassRow"], limbs(0)[:3], [(x, 0), (total, 0), (total, -1)]))


def main():
    if len(sys.argv) != 3:
        raise ValueError("two circuit files were expected: of a block, and of a model with a class head")
    report = Report()
    print("| gate | witnesses | control |\n|---|---|---|")
    block(report, Gates(sys.argv[1]))
    model(report, Gates(sys.argv[2]))
    return 1 if report.failed else 2 if report.unsettled else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
