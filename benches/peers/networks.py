"""Networks of other sizes than the given one, made on the spot: the same to the bit on every machine.

Dense ReLU networks of random weights over the given samples, normalised by their means and deviations, with as many outputs as
there are labels. What a proof costs does not depend on what a network has learnt. Nothing here rounds differently elsewhere:
`fsum` and square roots are exact to the last bit, and `random()` is the one draw that Python keeps the same between versions.
"""

import math
import random
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

# Hidden widths by name. Of 96 inputs and 15 outputs, as the given network has, that is 30,592 and 250,432 weights.
HIDDEN = {"30k": [128, 128], "250k": [448, 448]}
SEED = 1
FLOAT = 1


def weights_of(widths: Sequence[int]) -> int:
    """Weights of a dense network, without biases."""
    return sum(a * b for a, b in zip(widths, widths[1:]))


def make(path: Path, samples: Sequence[Sequence[float]], hidden: Sequence[int], outputs: int) -> list[int]:
    """Writes a network for `samples` as ONNX and returns its widths."""
    columns = list(zip(*samples))
    means = [math.fsum(column) / len(column) for column in columns]
    variances = [math.fsum((x - mean) ** 2 for x in column) / len(column) for column, mean in zip(columns, means)]
    widths = [len(columns), *hidden, outputs]
    draw = random.Random(SEED)
    tensors = [
        tensor("norm_scale", [1.0] * widths[0]),
        tensor("norm_bias", [0.0] * widths[0]),
        tensor("norm_mean", means),
        # What never varies is no feature: divided by 1, it stays 0.
        tensor("norm_var", [variance or 1.0 for variance in variances]),
    ]
    statistics = ["norm_scale", "norm_bias", "norm_mean", "norm_var"]
    nodes = [node("BatchNormalization", ["input", *statistics], "x0", number("epsilon", 0.0))]
    for layer, (rows, before) in enumerate(zip(widths[1:], widths), 1):
        # He's bound: values keep their size from layer to layer.
        bound = math.sqrt(6.0 / before)
        matrix = [bound * (2 * draw.random() - 1) for _ in range(rows * before)]
        # Outputs are about as often above 0 as below only if what all of them share is taken off.
        matrix = centred(matrix, before) if layer == len(widths) - 1 else matrix
        tensors += [tensor(f"w{layer}", matrix, rows), tensor(f"b{layer}", [0.1 * (2 * draw.random() - 1) for _ in range(rows)])]
        last = layer == len(widths) - 1
        gemm = "logits" if last else f"z{layer}"
        nodes.append(node("Gemm", [f"x{layer - 1}", f"w{layer}", f"b{layer}"], gemm, integer("transB", 1)))
        if not last:
            nodes.append(node("Relu", [gemm], f"x{layer}"))
    graph = fields(
        *((1, each) for each in nodes),
        (2, b"dense"),
        *((5, each) for each in tensors),
        (11, value("input", widths[0])),
        (12, value("logits", outputs)),
    )
    # IR 8 and operators of version 13, as the other graphs of this project.
    path.write_bytes(fields((1, 8), (2, b"foldproof benches/peers"), (7, graph), (8, fields((2, 13)))))
    return widths


def centred(matrix: list[float], columns: int) -> list[float]:
    """Rows whose sum is 0: activations after a ReLU have a mean, which would decide most signs."""
    rows = [matrix[start : start + columns] for start in range(0, len(matrix), columns)]
    return [weight - math.fsum(row) / columns for row in rows for weight in row]


# ONNX is protocol buffers: fields of a number and a varint, bytes after their length, or four bytes of a float.


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def fields(*content: tuple[int, int | float | bytes]) -> bytes:
    out = bytearray()
    for key, value in content:
        if isinstance(value, int):
            out += varint(key << 3) + varint(value)
        elif isinstance(value, float):
            out += varint(key << 3 | 5) + struct.pack("<f", value)
        else:
            out += varint(key << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def tensor(name: str, values: Iterable[float], rows: int | None = None) -> bytes:
    numbers = list(values)
    dimensions = [len(numbers)] if rows is None else [rows, len(numbers) // rows]
    raw = struct.pack(f"<{len(numbers)}f", *numbers)
    return fields(*((1, dimension) for dimension in dimensions), (2, FLOAT), (8, name.encode()), (9, raw))


def node(operator: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    names = [(1, name.encode()) for name in inputs]
    return fields(*names, (2, output.encode()), (3, output.encode()), (4, operator.encode()), *((5, each) for each in attributes))


def number(name: str, value: float) -> bytes:
    return fields((1, name.encode()), (2, value), (20, 1))


def integer(name: str, value: int) -> bytes:
    return fields((1, name.encode()), (3, value), (20, 2))


def value(name: str, width: int) -> bytes:
    shape = fields((1, fields((1, 1))), (1, fields((1, width))))
    return fields((1, name.encode()), (2, fields((1, fields((1, FLOAT), (2, shape))))))
