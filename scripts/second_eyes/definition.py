"""Look-ups as multisets, and the sums of the second phase from what they are sums of: by the declaration of the circuit file, and
without the gates that prove them."""

from collections import Counter

from circuit import cell


def batch_inverse(values, p):
    """1/v of all; 0 of 0, which no honest challenge meets."""
    product, products = 1, []
    for value in values:
        products.append(product)
        product = product * value % p if value else product
    inverse, out = pow(product, -1, p), [0] * len(values)
    for i in range(len(values) - 1, -1, -1):
        if values[i]:
            out[i] = inverse * products[i] % p
            inverse = inverse * values[i] % p
    return out


class LookUps:
    """What each row looks up, and what it offers: weights of keys, which must add up to 0 for every key."""

    def __init__(self, circuit):
        d = circuit.declared
        self.p, self.last = circuit.p, d["last_row"]
        advice = lambda name: cell(name)[1]
        self.limbs = [advice(name) for name in d["limbs"]]
        self.tags = [circuit.column(name) for name in d["tags"]]
        self.pad = advice(d["pad"]) if d["pad"] else None
        self.value, self.tag = circuit.column(d["table_value"]), circuit.column(d["table_tag"])
        self.count = advice(d["count"])
        self.texts = d["texts"]
        self.columns = {*self.limbs, self.count} | ({self.pad} if d["pad"] else set())
        if self.texts:
            t = self.texts
            self.link, self.residues = advice(t["link"]), [advice(name) for name in t["residues"]]
            self.index, self.kind, self.flag = (circuit.column(t[name]) for name in ("index", "kind", "flag"))
            self.columns |= {self.link, *self.residues}

    def row(self, advice, row):
        """Keys of a row and their weights: 1 for what is looked up, less the count for what is offered."""
        if row >= self.last:
            return
        pad = advice[self.pad][row] if self.pad is not None else 0
        for column, tags in zip(self.limbs, self.tags):
            yield ("range", (tags[row] + pad) % self.p, advice[column][row]), 1
        yield ("range", self.tag[row], self.value[row]), -advice[self.count][row]
        if self.texts:
            flag, a = self.flag[row], advice[self.link][row]
            residues = tuple(advice[column][row] for column in self.residues)
            if flag == self.texts["flag_of_links"]:
                yield ("text", self.kind[row], a, *residues), 1
            elif flag == self.texts["flag_of_texts"]:
                yield ("text", self.kind[row], self.index[row], *residues), -a
            elif flag:
                raise ValueError(f"row {row}: flag {flag} of the text table is neither of a link nor of a text")

    def balance(self, advice, rows, sign=1):
        total = Counter()
        for row in rows:
            for key, weight in self.row(advice, row):
                total[key] += sign * weight
        return total

    def fractions(self, advice, row, alpha, beta):
        """Numerators and denominators, in groups of up to three; links and texts are a group of their own."""
        ranges, texts = [], []
        for key, weight in self.row(advice, row):
            if key[0] == "range":
                ranges.append((weight, alpha - key[2] - beta * key[1]))
            else:
                _, kind, index, b, c = key
                tag = self.texts["tag"] + kind
                texts.append((weight, alpha - index - beta * tag - beta * beta * b - beta**3 * c))
        groups = [ranges[i : i + 3] for i in range(0, len(ranges), 3)]
        return groups + [texts] if self.texts else groups

    def sums(self, advice, alpha, beta, n):
        """Helpers, and the running sum."""
        groups = [self.fractions(advice, row, alpha, beta) for row in range(self.last)]
        flat = [fraction for row in groups for group in row for fraction in group]
        inverses = iter(batch_inverse([d % self.p for _, d in flat], self.p))
        columns = [[0] * n for _ in groups[0]]
        running = 0
        for row, here in enumerate(groups):
            columns[-1][row] = running
            for i, group in enumerate(here):
                value = sum(weight * next(inverses) for weight, _ in group) % self.p
                running = (running + value) % self.p
                if i < len(here) - 1:
                    columns[i][row] = value
        columns[-1][self.last] = running
        return columns


class Models:
    """W·x and the packing of parameters, as random combinations."""

    def __init__(self, circuit):
        d = circuit.declared
        m = d["models"]
        self.p, self.last, self.n = circuit.p, d["last_row"], circuit.n
        advice = lambda name: cell(name)[1]
        self.limbs = [advice(name) for name in d["limbs"]]
        self.value, self.sum, self.message = (advice(m[name]) for name in ("value", "sum", "message"))
        self.k = [circuit.column(name) for name in m["coefficients"]]
        self.factor, self.run, self.stream = (circuit.column(m[name]) for name in ("factor", "run", "stream"))
        self.element = circuit.column(m["element"]) if m["element"] else [0] * circuit.n
        self.outputs = [advice(m[f"{name}_sum"]) for name in ("weights", "neurons", "packed", "messages")]
        self.columns = {*self.limbs, self.value, self.sum, self.message}
        steps = {row: "weights" for row in circuit.gate("Weights")}
        steps |= {row: "accumulator" for row in circuit.gate("AccumulatorSum")}
        self.layer_steps = sorted(steps.items())
        self.keeps = set(circuit.gate("NeuronSum"))
        self.edges = circuit.gate("LayerEdge")
        self.packs = [row for row in range(self.last) if self.run[row] or self.element[row] or self.stream[row]]

    def layers(self, advice, rho):
        """By row: u after it; the sum D of a layer before and after it."""
        p, powers = self.p, [pow(rho, e, self.p) for e in range(9)]
        u, d = {}, {}
        for row, kind in self.layer_steps:
            before = d.get(row, 0)
            if row in self.keeps:
                raise ValueError(f"row {row} both keeps and changes the sum of a layer")
            if kind == "accumulator":
                after = (before * rho + advice[self.sum][row]) % p
            else:
                goes_on, offset, factor, low = (column[row] for column in self.k)
                own = sum((advice[c][row] - offset) * powers[7 - i] for i, c in enumerate(self.limbs))
                u[row] = (goes_on * u.get(row - 1, 0) * powers[8] + own) % p
                after = (before - factor * (advice[self.value][row] + low) * u[row]) % p
            d[row + 1] = after
            # The lower row of a neuron hands the sum on.
            if row + 1 in self.keeps:
                d[row + 2] = after
        return u, d

    def streams(self, advice, tau):
        """Packed elements and messages, combined: after each row that has some."""
        p, powers = self.p, [pow(tau, e, self.p) for e in range(9)]
        packed = messages = 0
        for row in self.packs:
            run, element = self.run[row], self.element[row]
            if run == 2:
                packed *= powers[8]
            if element == 2:
                packed *= tau
            if run:
                own = sum(advice[c][row] * powers[7 - i] for i, c in enumerate(self.limbs))
                packed += self.factor[row] * own
            if element:
                packed += self.factor[row] * advice[self.value][row]
            packed %= p
            if self.stream[row]:
                messages = (messages * tau + advice[self.message][row]) % p
            yield row, packed, messages

    def broken(self, advice, rho, tau):
        """The first sum that does not end where it must."""
        _, d = self.layers(advice, rho)
        for row in self.edges:
            if d.get(row, 0):
                return "sum neurons", row
        packed = messages = 0
        for _, packed, messages in self.streams(advice, tau):
            pass
        return None if packed == messages else ("sum packed", self.last)

    def sums(self, advice, rho, tau):
        """All four columns."""
        columns = [[0] * self.n for _ in range(4)]
        u, d = self.layers(advice, rho)
        for column, values in zip(columns, (u, d)):
            for row, value in values.items():
                column[row] = value
        steps, packed, messages = self.streams(advice, tau), 0, 0
        step = next(steps, None)
        for row in range(self.last + 1):
            columns[2][row], columns[3][row] = packed, messages
            if step and step[0] == row:
                _, packed, messages = step
                step = next(steps, None)
        return columns
