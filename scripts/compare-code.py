"""Compares the PQ code of `foldproof fingerprint --json` (stdin) with a reference file; tells ties apart by eye."""

import json
import sys

name, reference = sys.argv[1:]
found = json.load(sys.stdin)
expected = json.load(open(reference))
wrong = [i for i in range(6) if found["pq"][i] != expected["pqIndices"][i]]
error = max(abs(a - b) for x, y in zip(found["folded"], expected["folded"]) for a, b in zip(x, y))
print(f"{name}: fold error {error:.2e}, vectors with another code: {wrong or 'none'}")
