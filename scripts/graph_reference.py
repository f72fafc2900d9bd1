#!/usr/bin/env python3
"""A second implementation of docs/graph.md: integers only, Python 3 and its standard library only, nothing shared with the Rust.

    graph_reference.py MODEL.fpm [--tensors] < inputs.jsonl     what the heads say, a line of JSON for each line of input
    graph_reference.py MODEL.fpm --encoding                     the encoding of the graph, in hexadecimal
    graph_reference.py MODEL.fpm --commitment                   the commitment to the model
    graph_reference.py --table FUNCTION BITS INPUT OUTPUT       SHA-256 of a table's entries, four bytes each, low byte first

An input is an array of the subject's values, position by position, as integers at 2^-32 (fingerprints) or 2^-20, or an object
{"values": [...], "salts": ["0x..", ...]} with salts for the heads that are commitments; salts that are missing are 0."""

import argparse
import hashlib
import json
import math
import operator
import struct
import sys

P = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001


def nearest(numerator, denominator):
    """numerator / denominator rounded to the nearest integer, halves up. Python's // is a floor."""
    return (2 * numerator + denominator) // (2 * denominator)


# Tables (docs/graph.md, section 4).

ONE = 1 << 192


def exponentials(fraction, most):
    """2^192·e^(-n·2^-fraction) for n up to `most`."""
    q, term, i = 0, ONE, 0
    while term:
        q += -term if i & 1 else term
        i += 1
        term = (term >> fraction) // i
    powers = [ONE]
    while len(powers) <= most:
        powers.append(powers[-1] * q >> 192)
    return powers


WIDE = 448


def pi():
    """2^448·π."""

    def arctan(n):
        power, total, index = (1 << WIDE + 32) // n, 0, 1
        while power:
            total += power // index if index % 4 == 1 else -(power // index)
            power, index = power // (n * n), index + 2
        return total

    return (16 * arctan(5) - 4 * arctan(239)) >> 32


def decay(x):
    """2^448·e^(-x) of 2^448·x."""
    part = x >> 8
    if part >> WIDE:
        return 0
    total, term, index = 0, 1 << WIDE, 0
    while term:
        total += -term if index & 1 else term
        index += 1
        term = (term * part >> WIDE) // index
    for _ in range(8):
        total = total * total >> WIDE
    return total


def shares(function, fraction, most):
    """Of x = n·2^-fraction, 2^192 times the share of x that a gated unit lets pass."""
    if function == "silu":
        return [ONE * ONE // (ONE + e) for e in exponentials(fraction, most)]
    root, factor = math.isqrt(pi() << (WIDE + 1)), math.isqrt((8 << 3 * WIDE) // pi())
    found = []
    for n in range(most + 1):
        if n >= 16 << fraction:
            found.append(ONE)
        elif function == "gelu":
            density = (decay((n * n << WIDE) >> (2 * fraction + 1)) << WIDE) // root
            total, term, odd = 0, (n << 192) >> fraction, 1
            while term:
                total += term
                odd += 2
                term = ((term * n * n) >> 2 * fraction) // odd
            found.append((density * total >> WIDE) + ONE // 2)
        else:
            cubic = n * 10**6 * 4**fraction + 44715 * n**3
            e = decay((factor * cubic >> 3 * fraction) // 10**6)
            found.append((ONE << WIDE) // ((1 << WIDE) + e))
    return found


def inverse_root(y, fraction, output):
    return (math.isqrt((4 << (2 * output + fraction)) // y) + 1) // 2 if y else 0


def table(function, bits, fraction, output):
    size = 1 << bits
    if function == "inverse-root":
        return [inverse_root(y, fraction, output) for y in range(size)]
    if function in ("gelu", "gelu-tanh", "silu"):
        share = shares(function, fraction, size // 2)
        whole = [(y, share[y] if y >= 0 else ONE - share[-y]) for y in range(-size // 2, size // 2)]
        return [nearest(y * v << output, ONE << fraction) for y, v in whole]
    if function == "decay":
        values = exponentials(fraction, size - 1)[:size]
    elif function == "sigmoid":
        e = exponentials(fraction, size // 2)
        values = [(e[-y] if y < 0 else ONE) * ONE // (ONE + e[abs(y)]) for y in range(-size // 2, size // 2)]
    elif function == "tanh":
        e = exponentials(fraction, size)
        values = []
        for y in range(-size // 2, size // 2):
            d = e[2 * abs(y)]
            magnitude = (ONE - d) * ONE // (ONE + d)
            values.append(-magnitude if y < 0 else magnitude)
    else:
        raise ValueError(f"a table of {function}")
    return [nearest(value << output, ONE) for value in values]


def digest_of_table(*which):
    entries = table(*which)
    return hashlib.sha256(struct.pack(f"<{len(entries)}i", *entries)).hexdigest()


# Poseidon of width 8 with circomlib's parameters.


class Poseidon:
    """The permutation as its paper states it: all constants from the Grain generator, one dense matrix."""

    WIDTH, FULL, PARTIAL = 8, 8, 64

    def __init__(self):
        fields = [(1, 2), (0, 4), (254, 12), (self.WIDTH, 12), (self.FULL, 10), (self.PARTIAL, 10), ((1 << 30) - 1, 30)]
        self.state = [int(bit) for value, width in fields for bit in f"{value:0{width}b}"]
        for _ in range(160):
            self.clock()
        rounds = self.FULL + self.PARTIAL
        self.constants = [[self.below_p() for _ in range(self.WIDTH)] for _ in range(rounds)]
        x = [self.draw() % P for _ in range(self.WIDTH)]
        y = [self.draw() % P for _ in range(self.WIDTH)]
        self.matrix = [[pow(a + b, -1, P) for b in y] for a in x]

    def clock(self):
        s = self.state
        bit = s[62] ^ s[51] ^ s[38] ^ s[23] ^ s[13] ^ s[0]
        self.state = s[1:] + [bit]
        return bit

    def draw(self):
        """254 bits, the first one highest; of each pair of bits the second counts if the first is 1."""
        number, bits = 0, 0
        while bits < 254:
            keep, bit = self.clock(), self.clock()
            if keep:
                number, bits = number << 1 | bit, bits + 1
        return number

    def below_p(self):
        while True:
            number = self.draw()
            if number < P:
                return number

    def permute(self, state):
        first, last = self.FULL // 2, self.FULL // 2 + self.PARTIAL
        for index, constants in enumerate(self.constants):
            state = [(s + c) % P for s, c in zip(state, constants)]
            boxes = 1 if first <= index < last else self.WIDTH
            state = [pow(s, 5, P) if i < boxes else s for i, s in enumerate(state)]
            state = [sum(m * s for m, s in zip(row, state)) % P for row in self.matrix]
        return state

    def chain(self, start, elements):
        for at in range(0, len(elements), 7):
            chunk = elements[at : at + 7]
            start = self.permute([start] + chunk + [0] * (7 - len(chunk)))[0]
        return start


POSEIDON = None


def chain(start, elements):
    global POSEIDON
    POSEIDON = POSEIDON or Poseidon()
    return POSEIDON.chain(start, elements)


def packed(digits, width):
    """Σ digit_i·2^(width·i)."""
    return sum(digit << (width * i) for i, digit in enumerate(digits))


def commit(tag, shape, elements):
    assert len(tag) == 8
    return chain(len(elements) + (shape << 32) + (int.from_bytes(tag, "big") << 96), elements)


def digest(tag, shape, data):
    return commit(tag, shape, [len(data)] + [int.from_bytes(data[i : i + 31], "little") for i in range(0, len(data), 31)])


# The graph.

FUNCTIONS = {"sigmoid": 1, "tanh": 2, "decay": 3, "gelu": 4, "gelu-tanh": 5, "silu": 6, "inverse-root": 7}
OPERATORS = {"input": 1, "constant": 2, "linear": 3, "combine": 4, "index": 5, "forest": 6}
OPERATORS |= {"product": 7, "maximum": 8, "softmax": 9, "norm": 10, "aggregate": 11}
HEADS = {"tags": 1, "class": 2, "top": 3, "score": 4, "flag": 5, "values": 6, "commitment": 7}


class Model:
    def __init__(self, file):
        if (file["format"], file["kind"]) != (2, "graph"):
            raise ValueError("a graph's model file of format 2 was expected")
        self.file, self.limb = file, file["limb_bits"]
        self.blocks, self.nodes, self.heads = file["blocks"], file["nodes"], file["heads"]
        self.parameters = file["parameters"]
        self.tables = {}
        self.intervals = []
        for node in self.nodes:
            self.intervals.append(self.interval(node))

    def table(self, node):
        given = node["table"]
        return self.entries(given["function"], node["range"][1], given["input"], given["output"])

    def entries(self, *key):
        if key not in self.tables:
            self.tables[key] = table(*key)
        return self.tables[key]

    # Values.

    def bounded(self, total):
        """What section 5 promises of sums."""
        if abs(total) >= 1 << 60:
            raise ValueError(f"a sum of {total}")
        return total

    def activation(self, quotient, node):
        low, bits = node["range"]
        room = 1 << 2 * self.limb
        if not low - room <= quotient <= low + (1 << bits) - 1 + room:
            raise ValueError(f"a quotient of {quotient}, for which no circuit has room")
        y = min(max(quotient, low), low + (1 << bits) - 1)
        return self.table(node)[y - low] if "table" in node else y

    def evaluate(self, values):
        if len(values) != self.file["channels"] * self.file["positions"]:
            raise ValueError("another number of values than the graph has inputs")
        if not all(-(1 << 35) <= value < 1 << 35 for value in values):
            raise ValueError("a value of more than 36 bits")
        tensors = []
        for node in self.nodes:
            tensors.append(getattr(self, f"op_{node['op']}")(node, tensors, values))
        return tensors

    def op_input(self, node, tensors, values):
        half = 1 << (self.limb - 1)
        quantisers = self.file["inputs"]
        out = []
        for i, value in enumerate(values):
            quantiser = quantisers[i % len(quantisers)]
            x = nearest((value - quantiser["mean"]) * quantiser["multiplier"], 1 << 40)
            out.append(min(max(x, -half), half - 1))
        return out

    def op_constant(self, node, tensors, values):
        return [node["value"]] * node["count"]

    def op_linear(self, node, tensors, values):
        shape, given = self.blocks[node["block"]], self.parameters[node["block"]]
        positions = len(tensors[node["operands"][0]]) // shape["operands"][0][0]
        out = []
        for p in range(positions):
            for o in range(shape["outputs"]):
                total = given["bias"][o]
                for operand, (inputs, power), weights in zip(node["operands"], shape["operands"], given["weights"]):
                    x = tensors[operand][p * inputs : (p + 1) * inputs]
                    total += sum(map(operator.mul, weights[o], x)) * 2**power
                quotient = nearest(self.bounded(total) * given["multiplier"][o], 1 << self.limb)
                out.append(self.activation(quotient, node))
        return out

    def op_combine(self, node, tensors, values):
        out = []
        for e in range(len(tensors[node["terms"][0][1]])):
            total = node["constant"]
            for coefficient, *factors in node["terms"]:
                for factor in factors:
                    coefficient *= tensors[factor][e]
                total += coefficient
            total = self.bounded(total)
            out.append(self.activation(nearest(total, node["divisor"]), node) if "divisor" in node else total)
        return out

    def op_index(self, node, tensors, values):
        out = []
        for view in node["views"]:
            places = [view["offset"]]
            for count, stride in view["dims"]:
                places = [place + i * stride for place in places for i in range(count)]
            out += [tensors[view["of"]][place] for place in places]
        return out

    def op_forest(self, node, tensors, values):
        shape, given = self.blocks[node["block"]], self.parameters[node["block"]]
        sums = [0] * shape["targets"]
        for at in range(shape["trees"]):
            while at >= 0:
                split = given["splits"][at]
                at = split["left"] if values[split["feature"]] <= split["threshold"] else split["right"]
            sums = [a + b for a, b in zip(sums, given["leaves"][-1 - at])]
        return sums

    def op_product(self, node, tensors, values):
        k = node["inner"]
        rows = lambda x: [x[i : i + k] for i in range(0, len(x), k)]
        out = []
        for a in rows(tensors[node["a"]]):
            for b in rows(tensors[node["b"]]):
                total = self.bounded(sum(map(operator.mul, a, b)))
                out.append(self.activation(nearest(total * node["multiplier"], 1 << self.limb), node))
        return out

    def op_aggregate(self, node, tensors, values):
        k = node["inner"]
        rows = lambda x: [x[i : i + k] for i in range(0, len(x), k)]
        out = []
        for a, scale in zip(rows(tensors[node["a"]]), tensors[node["scale"]], strict=True):
            for b in rows(tensors[node["b"]]):
                total = self.bounded(sum(map(operator.mul, a, b)))
                out.append(self.activation(nearest(total * scale, 1 << self.limb), node))
        return out

    def groups(self, node, tensors):
        x, n = tensors[node["of"]], node["width"]
        return [x[i : i + n] for i in range(0, len(x), n)]

    def op_maximum(self, node, tensors, values):
        return list(map(max, self.groups(node, tensors)))

    def op_softmax(self, node, tensors, values):
        given = node["table"]
        entries = self.entries("decay", given["bits"], given["input"], given["output"])
        out = []
        for x in self.groups(node, tensors):
            e = [entries[min(max(x) - y, len(entries) - 1)] for y in x]
            out += [nearest(y << node["power"], sum(e)) for y in e]
        return out

    def op_norm(self, node, tensors, values):
        half, n = 1 << (self.limb - 1), node["width"]
        out = []
        for x in self.groups(node, tensors):
            root = math.isqrt(n * sum(y * y for y in x) - sum(x) ** 2 + node["epsilon"])
            if root >> (2 * self.limb - 1):
                raise ValueError(f"a root of {root}, for which no circuit has room")
            quotients = [nearest((n * y - sum(x)) << node["power"], root) for y in x]
            out += [min(max(q, -half), half - 1) for q in quotients]
        return out

    # Intervals: what Values heads are packed by.

    def interval(self, node):
        op = node["op"]
        if op == "input":
            return -(1 << (self.limb - 1)), (1 << (self.limb - 1)) - 1
        if op == "constant":
            return node["value"], node["value"]
        if op == "index":
            lows, highs = zip(*(self.intervals[view["of"]] for view in node["views"]))
            return min(lows), max(highs)
        if op == "forest":
            shape = self.blocks[node["block"]]
            half = shape["trees"] << (35 if shape["targets"] == 1 else 23)
            return -half, half
        if op == "maximum":
            return self.intervals[node["of"]]
        if op == "softmax":
            return 0, 1 << node["power"]
        if op == "norm":
            return -(1 << (self.limb - 1)), (1 << (self.limb - 1)) - 1
        if op == "product":
            ends = [a * b * node["inner"] for a in self.intervals[node["a"]] for b in self.intervals[node["b"]]]
            ends = [nearest(end * node["multiplier"], 1 << self.limb) for end in (min(ends), max(ends))]
        if op == "aggregate":
            ends = [a * b * node["inner"] for a in self.intervals[node["a"]] for b in self.intervals[node["b"]]]
            scales = self.intervals[node["scale"]]
            ends = [nearest(end * scale, 1 << self.limb) for end in (min(ends), max(ends)) for scale in scales]
            ends = [min(ends), max(ends)]
        if op == "combine":
            low = high = node["constant"]
            for coefficient, *factors in node["terms"]:
                ends = self.intervals[factors[0]]
                if len(factors) == 2 and factors[0] == factors[1]:
                    squares = [end * end for end in ends]
                    ends = (0 if ends[0] <= 0 <= ends[1] else min(squares), max(squares))
                elif len(factors) == 2:
                    ends = [a * b for a in ends for b in self.intervals[factors[1]]]
                ends = [coefficient * end for end in ends]
                low, high = low + min(ends), high + max(ends)
            if "divisor" not in node:
                return low, high
        if "table" in node:
            return self.bounds(node["table"], node["range"])
        low_end, bits = node["range"]
        clamp = lambda y: min(max(y, low_end), low_end + (1 << bits) - 1)
        if op in ("product", "aggregate"):
            return clamp(ends[0]), clamp(ends[1])
        if op == "combine":
            return clamp(nearest(low, node["divisor"])), clamp(nearest(high, node["divisor"]))
        return low_end, low_end + (1 << bits) - 1

    @staticmethod
    def bounds(given, range):
        function, one = given["function"], 1 << given["output"]
        if function in ("gelu", "gelu-tanh", "silu"):
            greatest = (range[0] + (1 << range[1]) - 1) * one
            return -(9 * one // 32) - 1, (greatest - 1 >> given["input"]) + 1
        if function == "inverse-root":
            return 0, inverse_root(1, given["input"], given["output"])
        return (-one if function == "tanh" else 0), one

    # Heads: what they say, and its public inputs.

    def says(self, head, elements, salts):
        kind = head["head"]
        falling = sorted(range(len(elements)), key=lambda i: (-elements[i], i))
        if kind == "tags":
            bits = [y >= 0 for y in elements]
            return bits, [packed(bits, 1)]
        if kind == "class":
            return falling[0], [falling[0]]
        if kind == "top":
            return falling[: head["count"]], [packed(falling[: head["count"]], 16)]
        if kind in ("score", "flag"):
            score, threshold = elements[0], head["threshold"]
            flag = score <= threshold if head["flagged"] == "low" else score >= threshold
            said = score if kind == "score" else flag
            return said, [threshold, int(said)]
        if kind == "values":
            low, high = self.intervals[head["of"]]
            width = max(1, (high - low).bit_length())
            each = 253 // width
            offset = [y - low for y in elements]
            return elements, [packed(offset[i : i + each], width) for i in range(0, len(offset), each)]
        salt = salts.pop(0) if salts else 0
        values = [y + (1 << 35) for y in elements]
        sevens = [packed(values[i : i + 7], 36) for i in range(0, len(values), 7)]
        found = commit(b"fp.vectr", len(values), [salt] + sevens)
        return field(found), [found]

    # Encoding.

    def encoding(self):
        file = self.file
        out = bytes([1, self.limb]) + struct.pack("<HH", file["channels"], file["positions"])
        for items, encode in ((self.blocks, self.block_bytes), (self.nodes, self.node_bytes), (self.heads, self.head_bytes)):
            out += struct.pack("<H", len(items)) + b"".join(map(encode, items))
        return out

    def block_bytes(self, block):
        if block["kind"] == "linear":
            out = struct.pack("<BHB", 1, block["outputs"], len(block["operands"]))
            return out + b"".join(struct.pack("<HB", *operand) for operand in block["operands"])
        keys = ("trees", "depth", "splits", "leaves", "targets")
        return struct.pack("<BHBIIB", 2, *(block[key] for key in keys))

    def node_bytes(self, node):
        op = node["op"]
        out = bytes([OPERATORS[op]])
        if op == "constant":
            out += struct.pack("<Ii", node["count"], node["value"])
        elif op == "linear":
            out += struct.pack("<HB", node["block"], len(node["operands"]))
            out += b"".join(struct.pack("<H", operand) for operand in node["operands"])
        elif op == "combine":
            out += struct.pack("<H", len(node["terms"]))
            for coefficient, a, *b in node["terms"]:
                out += struct.pack("<iHH", coefficient, a, *(b or [0xFFFF]))
            out += struct.pack("<qH", node["constant"], node.get("divisor", 0))
        elif op == "index":
            out += struct.pack("<H", len(node["views"]))
            for view in node["views"]:
                out += struct.pack("<HIB", view["of"], view["offset"], len(view["dims"]))
                out += b"".join(struct.pack("<Ii", *dim) for dim in view["dims"])
        elif op == "forest":
            out += struct.pack("<H", node["block"])
        elif op == "product":
            out += struct.pack("<HHHH", node["a"], node["b"], node["inner"], node["multiplier"])
        elif op == "aggregate":
            out += struct.pack("<HHHH", node["a"], node["b"], node["inner"], node["scale"])
        elif op == "maximum":
            out += struct.pack("<HH", node["of"], node["width"])
        elif op == "softmax":
            given = node["table"]
            numbers = (given["bits"], given["input"], given["output"], node["power"])
            out += struct.pack("<HHBBBB", node["of"], node["width"], *numbers)
        elif op == "norm":
            out += struct.pack("<HHQB", node["of"], node["width"], node["epsilon"], node["power"])
        if "range" in node:
            out += struct.pack("<iB", *node["range"])
            given = node.get("table")
            out += bytes([FUNCTIONS[given["function"]], given["input"], given["output"]]) if given else b"\0"
        return out

    def head_bytes(self, head):
        out = struct.pack("<BH", HEADS[head["head"]], head["of"])
        if head["head"] == "top":
            out += bytes([head["count"]])
        if "flagged" in head:
            out += bytes([head["flagged"] == "low"])
        return out

    # Commitment.

    def rows(self):
        """Rows of eight limbs, each with the bits its limbs take in an element."""
        limb = self.limb

        def limbs(value, bits, count):
            cut = []
            while bits > 0:
                cut.append(value & ((1 << min(bits, limb)) - 1))
                value, bits = value >> limb, bits - limb
            return cut + [0] * (count - len(cut))

        for quantiser in self.file["inputs"]:
            yield limb, limbs(quantiser["mean"] + (1 << 35), 36, 4) + limbs(quantiser["multiplier"], 40, 4)
        for shape, given in zip(self.blocks, self.parameters):
            if shape["kind"] == "linear":
                outputs = shape["outputs"]
                for bias, multiplier in zip(given["bias"], given["multiplier"]):
                    yield limb, limbs(bias + (1 << 31), 32, 3) + [multiplier] + [0] * 4
                front = -outputs % 8
                for (inputs, _), weights in zip(shape["operands"], given["weights"]):
                    for i in range(inputs):
                        column = [0] * front + [weights[o][i] for o in range(outputs)]
                        for at in range(0, len(column), 8):
                            yield 8, [weight + 128 for weight in column[at : at + 8]]
                continue
            for split in given["splits"]:
                row = [split["feature"]] + limbs(split["threshold"] + (1 << 35), 36, 3)
                for child in (split["left"], split["right"]):
                    pointer = child if child >= 0 else (1 << 16) - 1 - child
                    row += [pointer % (1 << limb), pointer >> limb]
                yield limb, row
            if shape["targets"] == 1:
                leaves = [limbs(leaf[0] + (1 << 35), 36, 4) for leaf in given["leaves"]]
                leaves += [[0] * 4] * (len(leaves) % 2)
                for first, second in zip(leaves[::2], leaves[1::2]):
                    yield limb, first + second
            else:
                for leaf in given["leaves"]:
                    row = [part for v in leaf for part in ((v + (1 << 23)) & 0xFFF, (v + (1 << 23)) >> 12)]
                    yield limb, row + [0] * (8 - len(row))

    def commitment(self):
        meaning = b""
        for head in self.heads:
            labels = [label.encode() for label in head.get("labels", [])]
            meaning += struct.pack("<H", len(labels)) + b"".join(bytes([len(label)]) + label for label in labels)
            meaning += bytes([head["fraction_bits"]])
        elements = [int(self.file["salt"], 16), digest(b"fp.heads", len(self.heads), meaning)]
        elements += [head["threshold"] for head in self.heads if "threshold" in head]
        run, width = [], None
        for radix, row in list(self.rows()) + [(None, None)]:
            if run and (radix != width or len(run) == 253 // width):
                elements += [packed(column, width) for column in zip(*run)]
                run = []
            width = radix
            run.append(row)
        tag = int.from_bytes(b"fp.graph", "big") << 96
        return chain(chain(len(elements) + tag, [digest(b"fp.graph", 1, self.encoding())]), elements)


def field(element):
    return f"0x{element:064x}"


def main():
    parser = argparse.ArgumentParser(description="evaluates models that are graphs")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--tensors", action="store_true", help="also what every node computes")
    parser.add_argument("--encoding", action="store_true")
    parser.add_argument("--commitment", action="store_true")
    parser.add_argument("--table", nargs=4, metavar=("FUNCTION", "BITS", "INPUT", "OUTPUT"))
    args = parser.parse_args()
    if args.table:
        print(digest_of_table(args.table[0], *map(int, args.table[1:])))
    if args.model is None:
        return
    with open(args.model, encoding="utf-8") as file:
        model = Model(json.load(file))
    if args.encoding:
        print(model.encoding().hex())
    if args.commitment:
        print(field(model.commitment()))
    if args.encoding or args.commitment:
        return
    for line in sys.stdin:
        given = json.loads(line)
        given = given if isinstance(given, dict) else {"values": given}
        salts = [int(salt, 16) for salt in given.get("salts", [])]
        tensors = model.evaluate(given["values"])
        said = [model.says(head, tensors[head["of"]], salts) for head in model.heads]
        out = {
            "outputs": [{head["head"]: what} for head, (what, _) in zip(model.heads, said)],
            "public": [[field(element) for element in elements] for _, elements in said],
        }
        if args.tensors:
            out["tensors"] = tensors
        print(json.dumps(out))


if __name__ == "__main__":
    main()
