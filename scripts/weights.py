"""Prints the table of circuits/src/stages/fold/weights.rs: W_mj = floor(2^32 a_m cos(pi (2j+1) m / 32) + 1/2)."""

import math
from decimal import Decimal, getcontext

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def cosine(x):
    x %= 2 * PI
    term = total = Decimal(1)
    n = 0
    while abs(term) > Decimal(10) ** -55:
        n += 2
        term = -term * x * x / (n * (n - 1))
        total += term
    return total


for m in range(4):
    amplitude = (Decimal(1 if m == 0 else 2) / 16).sqrt()
    row = [math.floor(2**32 * amplitude * cosine(PI * (2 * j + 1) * m / 32) + Decimal("0.5")) for j in range(16)]
    print("    [" + ", ".join(map(str, row)) + "],")
