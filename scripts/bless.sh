#!/usr/bin/env bash
# Writes every pin anew: transparent parameters, demo model, contracts, keys, costs, golden bundles (those that no longer verify).
# Some minutes. Look at `git diff` afterwards; the last test fails until CHANGELOG.md names the new pins, and says how.
set -euo pipefail
cd "$(dirname "$0")/.."
export BLESS=1
cargo test --release --locked -p foldproof-params pins
cargo test --release --locked -p foldproof-prover --test demo_model
cargo test --release --locked -p foldproof-evm --test contracts pins
cargo run --release --locked -p foldproof-cli -- keys pin
# Built again, with the new keys in it.
cargo test --release --locked -p foldproof-cli --test pinned
scripts/growth.sh
unset BLESS
cargo test --release --locked -p foldproof-cli --test pinned
