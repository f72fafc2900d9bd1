#!/usr/bin/env bash
# A second program judges witnesses of every statement with a pinned cost, and what the harness forges of them, by circuits as keys
# have them. Some twenty minutes on a busy machine. Needs python3; FOLDPROOF_EYES_EACH says how many forgeries of a kind (2).
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d "${TMPDIR:-/tmp}/foldproof-eyes.XXXXXX")
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/circuits" "$folder/dumps"

# The tests judge as they always do; the recorder keeps what they judge.
for test in broken_clauses model_forgeries second_witnesses cells; do
    FOLDPROOF_EYES="$folder/dumps" cargo test --release -p foldproof-circuits --test "$test" >&2
done
FOLDPROOF_EYES="$folder/dumps" cargo test --release -p foldproof-circuits --test eyes -- --ignored >&2

cargo build --release -p foldproof-cli >&2
for witness in "$folder"/dumps/*.witness.json; do
    statement=$(head -n 1 "$witness" | cut -d '"' -f 4)
    circuit="$folder/circuits/$statement.circuit.json"
    [ -f "$circuit" ] || target/release/foldproof keys export "$statement" -o "$circuit" >&2
done

python3 -B scripts/second_eyes/check.py "$folder/circuits" "$folder/dumps" --controls --costs benches/cost.json "$@"
