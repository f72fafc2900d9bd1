#!/bin/sh
# Writes prover/tests/vectors/reference.json: what the plain reference of the specification computes, in integers,
# from every block of the data folder with the 64-centroid codebook. Also refreshes the copies of the codebook
# and of the three small blocks that tests run on without that folder.
#
# usage: scripts/reference-vectors.sh [SHARED]     (default: ../shared; needs python3, takes a few minutes)
set -eu
cd "$(dirname "$0")/.."
shared=${1:-../shared}
vectors=prover/tests/vectors

mkdir -p "$vectors/blocks"
cp "$shared/data/codebook/learned-64.json" "$vectors/"
for block in eth-23850710 eth-23853458 mock-1tx; do
    cp "$shared/data/blocks/$block.json" "$vectors/blocks/"
done
chmod u+w "$vectors"/*.json "$vectors"/blocks/*.json

python3 - "$shared" >"$vectors/reference.json.new" <<'EOF'
import json, pathlib, sys

shared = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(shared / "spec"))
sys.dont_write_bytecode = True
import reference

codebook = json.loads((shared / "data/codebook/learned-64.json").read_text())
lines = []
for path in sorted((shared / "data/blocks").glob("*.json")):
    result = reference.run(json.loads(path.read_text()), codebook)
    vector = {
        "folded": result["folded_int"],
        "pq": result["pq"],
        # Above 2^53, so as text: not every JSON reader keeps such integers.
        "residual2": [str(r) for r in result["residual2_int"]],
        "within_bound": result["within_bound"],
    }
    lines.append(f"{json.dumps(path.stem)}: {json.dumps(vector, separators=(',', ':'))}")
print("{\n" + ",\n".join(lines) + "\n}")
EOF
mv "$vectors/reference.json.new" "$vectors/reference.json"
