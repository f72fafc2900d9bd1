#!/usr/bin/env bash
# The verifier's dependencies: nothing on top of the proof system, and no more crates than are pinned here.
set -euo pipefail
cd "$(dirname "$0")/.."
most=71
crates=$(cargo tree --locked -p foldproof-verifier -e normal --prefix none | sed 's/ (.*//' | sort -u)
for banned in clap serde_json anyhow indicatif foldproof-prover tempfile; do
  if grep -q "^$banned " <<<"$crates"; then
    echo "foldproof-verifier depends on $banned" >&2
    exit 1
  fi
done
count=$(wc -l <<<"$crates")
if [ "$count" -gt "$most" ]; then
  echo "foldproof-verifier's tree has $count crates; at most $most were expected" >&2
  exit 1
fi
echo "foldproof-verifier's tree: $count crates of at most $most"
