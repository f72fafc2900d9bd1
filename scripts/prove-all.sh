#!/usr/bin/env bash
# Proves and verifies every block of a folder under both schemes, and compares the PQ codes with the reference's.
# usage: scripts/prove-all.sh BLOCKS_DIR EXPECTED_DIR CODEBOOK OUT_DIR [scheme ...]
set -euo pipefail
blocks=$1 expected=$2 codebook=$3 out=$4
shift 4
schemes=${*:-transparent kzg}
cargo build --release --locked -p foldproof-cli
foldproof=${CARGO_TARGET_DIR:-target}/release/foldproof
mkdir -p "$out"
setup="$out/insecure.kzg"
[ -f "$setup" ] || "$foldproof" params insecure-test-setup -k 16 -o "$setup" 2>/dev/null >/dev/null
for scheme in $schemes; do
  prove=(--scheme "$scheme") verify=()
  [ "$scheme" = kzg ] && prove+=(--params "$setup") && verify+=(--params "$setup" --allow-insecure-setup)
  "$foldproof" prove "$blocks" --codebook "$codebook" "${prove[@]}" -o "$out/$scheme" --json >"$out/$scheme.jsonl"
  "$foldproof" verify "$out/$scheme"/*.proof --codebook "$codebook" "${verify[@]}" --json >"$out/$scheme.verified.jsonl"
  for block in "$blocks"/*.json; do
    name=$(basename "$block" .json)
    "$foldproof" verify "$out/$scheme/$name.proof" --codebook "$codebook" --block "$block" "${verify[@]}" >/dev/null
    "$foldproof" fingerprint "$block" --codebook "$codebook" --json |
      python3 scripts/compare-code.py "$name" "$expected/$name.json"
  done
done
