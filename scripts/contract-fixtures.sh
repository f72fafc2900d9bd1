#!/usr/bin/env bash
# Makes the fixtures of evm/tests/contracts anew, after a change of circuits: contract-fixtures.sh MODEL.fpm, a model with the shape
# tags-96-64-32-15. Setup, keys and proofs are others each time; scripts/bless.sh pins what follows from them.
set -euo pipefail
model=$(realpath "$1")
cd "$(dirname "$0")/.."
cargo build --release --locked -p foldproof-cli
foldproof=$(realpath "${CARGO_TARGET_DIR:-target}/release/foldproof")
data=$PWD/evm/tests/data
tags=tags-96-64-32-15
cd "$(mktemp -d)"
evm=(--scheme evm --params setup.kzg --cache cache)

# What a verifier needs of a setup: the first power, behind a header and a line of text, and the last two points.
verifiers_part() {
    local text
    text=$(od -An -tu2 -j10 -N2 "$1")
    { tail -c +$((12 + text + 32 + 1)) "$1" | head -c 64 || true; tail -c 256 "$1"; } >"$2"
}
"$foldproof" params insecure-test-setup -k 14 -o setup.kzg
verifiers_part setup.kzg "$data/setup.bin"

for seed in $(seq 100 180); do
    "$foldproof" sample --seed "$seed" --transactions 40 -o block.json
    "$foldproof" fingerprint block.json --json >>fingerprints.jsonl
done
"$foldproof" codebook train --centroids 64 --error-bound 1.0 fingerprints.jsonl -o codebook.json
for statement in "fingerprint+$tags" core-small-64 "core-small-64+$tags"; do
    "$foldproof" keys make "$statement" "${evm[@]}" -o "$data/$statement.vk"
done
for number in 1 2; do
    "$foldproof" sample --seed $((20 + number)) --transactions 40 -o block.json
    "$foldproof" fingerprint block.json --json >fingerprint.json
    prove=("$foldproof" prove block.json --codebook codebook.json "${evm[@]}")
    "$foldproof" prove-model fingerprint.json --model "$model" "${evm[@]}" -o "$data/fingerprint+$tags.$number.proof"
    "${prove[@]}" -o "$data/core-small-64.$number.proof"
    "${prove[@]}" --model "$model" -o "$data/core-small-64+$tags.$number.proof"
done

# Of many blocks, under a larger setup.
many=(--scheme evm --params setup-16.kzg --cache cache)
"$foldproof" params insecure-test-setup -k 16 -o setup-16.kzg
verifiers_part setup-16.kzg "$data/setup-16.bin"
"$foldproof" keys make core-small-64x8 "${many[@]}" -o "$data/core-small-64x8.vk"
for number in 1 2; do
    blocks=()
    for place in $(seq 8); do
        "$foldproof" sample --seed $((100 * number + place)) --transactions 40 -o "$place.json"
        blocks+=("$place.json")
    done
    "$foldproof" prove "${blocks[@]}" --together 8 --codebook codebook.json "${many[@]}" -o "many-$number"
    mv "many-$number/1-to-8.proof" "$data/core-small-64x8.$number.proof"
done
