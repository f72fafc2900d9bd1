#!/usr/bin/env python3
"""Writes prover/tests/vectors/analytics: what the plain reference of the analytics computes, in integers, from drawn cases with ties
on both sides, and from the blocks of the data folder with the 64-centroid codebook.

usage: scripts/analytics_vectors.py [SHARED]     (default: ../shared; takes a few minutes)

Where reference and text of the specification differ, the text is right, and so are these vectors: T1[53·64] is exactly 1/2, which
rounds up, and which the decimals of the reference end just below."""

import hashlib
import json
import pathlib
import random
import sys

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
shared = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent.parent / "shared"
sys.path.insert(0, str(shared / "spec"))
import analytics  # noqa: E402
import reference  # noqa: E402

analytics.T1[53 * 64] = 1
out = here.parent / "prover/tests/vectors/analytics"
PRESETS = {
    **analytics.PRESETS,
    # docs/analytics.md
    "normalised": dict(kernel=3098164009, reach=4 << 24, min_sum=1 << 52, zones=6, edge2=1 << 31, edge3=9 << 30, edge4=6 << 32, baseline=1 << 39),
}
SCALE = 1 << 23
dice = random.Random(20)


def text(value):
    return json.dumps(value, separators=(",", ":"))


def write(name, cases):
    (out / f"{name}.json").write_text("[\n" + ",\n".join(text(case) for case in cases) + "\n]\n")
    print(f"{name}: {len(cases)} cases")


def exponentials():
    edges = [a << 18 for a in (0, 1, 64, 3391, 3392, 3393, 4095)] + [b << 6 for b in (1, 2, 4095)] + [1 << 30, 1 << 60]
    near = [max(0, edge + by) for edge in edges for by in (-1, 0, 1, 63)]
    drawn = [dice.randrange(1 << dice.choice((8, 20, 26, 30, 31))) for _ in range(200)]
    return [[v, analytics.exp2neg(v)] for v in near + drawn]


def residuals():
    squares = [[dice.randrange(1 << dice.choice((4, 40, 60, 67))) for _ in range(6)] for _ in range(60)]
    # Equal ones, squares and their neighbours.
    squares += [[s * s + dice.choice((-1, 0, 1)) for s in dice.choices((1, 2, 3, 1 << 33), k=6)] for _ in range(40)]
    return [{"squares": [str(s) for s in r2], **analytics.residual_stats(r2)} for r2 in squares]


def zones():
    cases = []
    for i in range(120):
        name = list(PRESETS)[i % len(PRESETS)]
        spread = dice.choice((1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 29))
        centre = lambda: [dice.randrange(-spread, spread) for _ in range(16)]
        centres = [centre() for _ in range(6)]
        for row in range(1, 6):
            # The same row again, or one near it: equal and nearly equal sums.
            if dice.random() < 0.5:
                by = dice.choice((0, 0, 1, 1 << 10, 1 << 20))
                centres[row] = [y + dice.randint(-by, by) for y in centres[dice.randrange(row)]]
        for row in centres:
            # Tags on both sides of their limits.
            t = dice.randrange(10)
            limit = analytics.ZONE_LIMITS[t] if t < 9 else -45
            row[t] = (limit << 24) // 100 + dice.choice((-1, 0, 1))
        preset = dict(PRESETS[name], zones=min(PRESETS[name]["zones"], 6), scale=SCALE)
        if i % 3 == 0:
            # Thresholds that sums meet exactly, and miss by one.
            found, d2 = analytics.hotzones(centres, dict(preset, min_sum=0))
            preset["min_sum"] = dice.choice(found)["sum"] + dice.choice((0, 0, 1))
            preset["zones"] = dice.choice((0, 3, 6, 6, 6))
            found, d2 = analytics.hotzones(centres, preset)
            sums = [edge["sum"] for edge in analytics.hypergraph(found, d2, preset)] or [1]
            for edge in ("edge2", "edge3", "edge4"):
                preset[edge] = min(dice.choice(sums) + dice.choice((0, 0, 1)), (1 << 48) - 1)
        found, d2 = analytics.hotzones(centres, preset)
        rank, score = analytics.regime(found)
        cases.append({
            "config": [preset[key] for key in ("kernel", "reach", "min_sum", "zones", "edge2", "edge3", "edge4", "baseline", "scale")],
            "centres": centres,
            "zones": found,
            "regime": rank,
            "scores": score,
            "hyperedges": analytics.hypergraph(found, d2, preset),
            "density": analytics.density_part(found, preset),
        })
    return cases


def raw_blocks():
    picks = lambda sets: [x for group in sets.values() for x in sorted(group)]
    selectors, addresses, classes = picks(analytics.SELECTORS), picks(analytics.ADDRESSES), list(analytics.CLASSES)
    odd = lambda x: "".join(c.upper() if dice.random() < 0.3 else c for c in x)
    prices = [5 * 10**10, 5 * 10**10 + 1, 50000000000.5, "50000000001", "0xba43b7400", "0xba43b7401", True, "1e11", -4, 10**30, "9" * 78]
    values = [10**21, 10**21 + 1, 10**21 + 131072, "1000000000000000000001", "0x3635c9adc5dea00000", "0x3635c9adc5dea20000", 0.25, "", [], 10**40]
    numbers = [19.99999, 20, 49.99999, 50, 79.99999, 80, 0.3, 0.30000001, 0.3000153, 0.7, 0.69999, 1, 1.00002, 5, 4.99999, -3, "7", None, False]
    some = lambda d, key, list_, p=0.5: d.__setitem__(key, dice.choice(list_)) if dice.random() < p else None
    cases = []
    for count in [0, 1, 1, 2, 5, 20, 400, 401] + [3] * 60:
        transactions = []
        for _ in range(count):
            t = {}
            some(t, "functionSelector", [odd(dice.choice(selectors)) + dice.choice(["", "", "00", "ff" * 20]), None, "0x23b872de", ""])
            some(t, "method", [dice.choice(selectors), "transfer"])
            for key in ("receiver", "to", "sender", "from"):
                some(t, key, [dice.choice(addresses), odd(dice.choice(addresses)), "0x" + odd(dice.choice(addresses)[2:]), None, "0x12", 7], 0.3)
            some(t, "gasPrice", prices)
            some(t, "amountWei", values + [None])
            some(t, "amount", values)
            some(t, "contractType", [odd(dice.choice(classes)), "other", "", None, 2])
            some(t, "type", ["0x2", 0, "dex"])
            some(t, "gasUsed", [21000, -5, 1.5, 2**40, "3", None])
            some(t, "gas", [7])
            if count <= 5:
                for key in ("riskScore", "liquidityScore", "spreadPips"):
                    some(t, key, numbers, 0.3)
                some(t, "side", ["buy", "BUY", "Sell", "hold", 1, None], 0.3)
                some(t, "alertType", ["", "x", 3, None], 0.2)
                some(t, "triggeredRule", ["", "rule", True], 0.2)
            transactions.append(t)
        raw = {"header": {"height": 1}, "transactions": transactions, "executionTraces": []}
        mask, behaviour = analytics.tags_and_behaviour(reference, raw)
        cases.append({"block": text(raw), "mask": mask, "tags": analytics.names(mask, analytics.TAGS), "behaviour": text(behaviour)})
    return cases


def verdicts():
    parts = lambda: (dice.choice((0, 1, 2**31, 2**32 - 1, 2**32, dice.randrange(2**32))) for _ in range(3))
    cases = []
    for _ in range(150):
        forest, density, residual = parts()
        units = dice.randrange(61)
        cases.append({
            "parts": [forest, density, residual, units],
            "plain": analytics.anomaly(density, residual, units),
            "hybrid": analytics.hybrid(forest, density, residual, units),
        })
    units = [[mask, zones, analytics.tag_units(mask), analytics.tag_units(mask, [{"mask": zones}])]
             for mask, zones in ((dice.randrange(512), dice.randrange(2048)) for _ in range(150))]
    return [{"verdicts": cases, "units": units}]


def forests():
    def tree(depth):
        # In preorder; the right of a split is filled in when it is known how far it is.
        splits = [[dice.randrange(96), dice.choice((0, -(2**33), 2**33 - 1, dice.randrange(-(2**33), 2**33))), dice.randint(1, 255), dice.randint(1, 255)]]
        if depth < 8 and dice.random() < 0.75:
            splits[0][2] = 0
            splits += tree(depth + 1)
        if depth < 8 and dice.random() < 0.75 and len(splits) < 120:
            right = tree(depth + 1)
            if len(splits) + len(right) <= 255:
                splits[0][3] = 255 + len(splits)
                splits += right
        return splits

    cases = []
    for count, psi in ((1, 3), (2, 4), (7, 100), (12, 256)):
        forest = {"psi": psi, "threshold": dice.choice((0, 2**31, 2349726325)), "trees": [tree(1) for _ in range(count)]}
        analytics.check_forest(forest)
        thresholds = [split[1] for tree_ in forest["trees"] for split in tree_]
        vectors = [[min(max(dice.choice(thresholds) + dice.choice((0, 0, 1, dice.randrange(-(2**31), 2**31))), -(2**33)), 2**33 - 1)
                    for _ in range(96)] for _ in range(12)]
        cases.append({"forest": forest, "vectors": vectors, "scores": [analytics.forest_score(forest, v) for v in vectors]})
    return cases


def criteria():
    cases = []
    for i in range(120):
        rows = []
        for _ in range(dice.choice((0, 1, 2, 3, 4, 5, 16, 64))):
            scale = 1 << dice.choice((2, 8, 46))
            low, high = sorted((dice.randint(-scale, scale), dice.randint(-scale, scale)))
            weight = dice.choice((0, 1, 3, 2**32 - 1, dice.randrange(2**32))) if i % 5 else 0
            rows.append({"raw": dice.randint(-scale, scale), "min": low, "max": high, "weight": weight})
        case = {"method": dice.choice(("simple", "weighted", "ensemble")), "criteria": rows}
        cases.append({**case, "expected": analytics.criteria(case)})
    return cases


def consensus():
    cases = []
    for i in range(240):
        n = dice.choice((0, 2, 3, 4, 5, 8, 9, 33, 64))
        base, spread = dice.randrange(2**24), dice.choice((1, 3, 20, 2**16, 2**24))
        unit = lambda x: min(max(x, 0), 2**24)
        row = lambda: {
            "score": unit(base + dice.randint(-spread, spread)),
            "confidence": dice.choice((0, 1, 2**23, 2**24, dice.randrange(2**24))) if i % 7 else 0,
            "stake": dice.choice((0, 1, 2**64 - 1, dice.randrange(2**64), 32 * 10**9)) if i % 11 else 0,
        }
        case = {"method": dice.choice(analytics.METHODS), "threshold": dice.choice(([2, 1], [1349, 1000], [1, 65535], [65535, 1], [3, 2])),
                "validators": [row() for _ in range(n)]}
        cases.append({**case, "expected": analytics.consensus(case)})
    return cases


def signatures():
    vectors = [[dice.randint(-(2**dice.choice((1, 10, 30))) + 1, 2**10) for _ in range(96)] for _ in range(20)] + [[0] * 96]
    contents = ["", "abc", "abcd", "abcde", "a" * 40, "the quick brown fox"]
    searches = []
    for _ in range(60):
        query = dice.randrange(2**64)
        flip = lambda bits: query ^ sum(1 << b for b in dice.sample(range(64), bits))
        index = [flip(dice.choice((0, 8, 9, 9, 10, 10, 11, 32))) for _ in range(dice.choice((0, 1, 2, 8)))]
        searches.append({"query": str(query), "index": [str(x) for x in index], "distances": [analytics.distance(query, x) for x in index],
                         "match": analytics.nearest(query, index)})
    return [{"vectors": [[v, str(analytics.simhash_vector(v))] for v in vectors],
             "contents": [[c, str(analytics.simhash_bytes(c.encode()))] for c in contents], "searches": searches}]


def tables():
    cases = []
    wide = lambda: dice.choice((0, 1, -1, 2**47 - 1, -(2**47) + 1, dice.randrange(-(2**47) + 1, 2**47)))
    for i in range(40):
        cases.append({"kind": "top", "values": [wide() for _ in range(dice.choice((1, 3, 50)))], "k": dice.randint(1, 8)})
        state = [dice.choice((49, 50, 199, 200)), dice.choice((99999, 100000, 499999, 500000)), dice.randint(0, 1), dice.choice((49999, 50000, 149999, 150000))]
        if i < 12:
            cases.append({"kind": "q", "table": [dice.choice((0, 1, wide())) for _ in range(486)], "state": state})
        ratio = [dice.randint(1, 9), dice.randint(1, 9)]
        arm = lambda: [ratio[0] * dice.randint(1, 400), ratio[1] * 7] if dice.random() < 0.3 else [r * dice.choice((1, 2, 2**28)) for r in ratio]
        cases.append({"kind": "bandit", "arms": [arm() for _ in range(dice.choice((1, 2, 7)))]})
        contextual = lambda: {"w": [wide() for _ in range(4)], "C": [[wide() for _ in range(4)] for _ in range(4)]}
        arms = [contextual() for _ in range(dice.choice((1, 2, 5)))]
        cases.append({"kind": "contextual", "arms": arms + [dict(dice.choice(arms))], "x": [wide() for _ in range(4)]})
    cases += [{"kind": "size", "size": size} for size in (0, 1023, 1024, 102399, 102400, 10**9)]
    # Bounds may be beyond 2^64: as text, because not every JSON reader keeps such integers.
    expected = lambda found: {**found, "bounds": [str(b) for b in found["bounds"]]} if "bounds" in found else found
    return [{**case, "expected": expected(analytics.table(case))} for case in cases]


def mempools():
    cases = []
    snapshot = lambda: {"tx": dice.choice((0, 2, 5, 149, 150, 151, 400)), "gwei": dice.choice((0, 1, 8, 9, 60, 61, 79, 80, 81)),
                        "value": dice.choice((0, 37500000000000000000, 37499999999999999999, 1500 * 10**18, 1500 * 10**18 + 1, 10**30, dice.randrange(10**21))),
                        "mask": dice.choice((0, 1 << dice.randrange(34), dice.randrange(2**34))), "time": 1000 + dice.choice((0, 1, 2, 3, 12, 20, 21, 99))}
    for i in range(200):
        now, before = snapshot(), snapshot() if i % 3 else None
        found = analytics.mempool(now, before)
        wide = lambda s: s and {**s, "value": str(s["value"])}
        cases.append({"now": wide(now), "before": wide(before), "expected": found})
    return cases


def signals():
    cases = []
    for i in range(60):
        spread = 1 << dice.choice((3, 20, 29, 33))
        vector = lambda: [dice.randrange(-spread, spread) for _ in range(96)]
        near = lambda v, by: [x + dice.randint(-by, by) for x in v]
        now = vector()
        before, older = near(now, dice.choice((1, 1 << 25, 1 << 28))), near(now, 1 << 25)
        centres = [near(now, dice.choice((1, 1 << 20, 1 << 28, 1 << 29))) for _ in range(dice.choice((1, 3)))]
        centres.append(list(dice.choice(centres)))
        counts = [dice.randint(0, 4) for _ in range(dice.choice((3, 4, 5, 9)))]
        cases.append({"fingerprints": [now, before, older], "drift": analytics.drift(now, before, older if i % 4 else None), "older": bool(i % 4),
                      "centres": centres, "departure": analytics.departure(now, centres), "counts": counts, "trend": analytics.tag_trend(counts)})
    return cases


def blocks():
    codebook = json.loads((shared / "data/codebook/learned-64.json").read_text())
    forest = json.loads((shared / "spec/forest-200.json").read_text())
    analytics.check_forest(forest)
    cases = {}
    for path in sorted((shared / "data/blocks").glob("*.json")):
        raw = json.loads(path.read_text())
        pipeline = reference.run(raw, codebook)
        run = lambda name, trees=None: analytics.analyse(reference, raw, codebook, PRESETS[name], trees, pipeline)
        digests = {name: hashlib.sha256(text(run(name)).encode()).hexdigest() for name in PRESETS if name != "default"}
        cases[path.stem] = {"default": run("default", forest), **digests}
    lines = [f"{text(name)}:{text(case)}" for name, case in cases.items()]
    (out / "blocks.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"blocks: {len(cases)}")


out.mkdir(parents=True, exist_ok=True)
for made in (exponentials, residuals, zones, raw_blocks, verdicts, forests, criteria, consensus, signatures, tables, mempools, signals):
    write(made.__name__, made())
blocks()
