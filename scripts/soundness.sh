#!/usr/bin/env bash
# The long part of the soundness harness (docs/soundness.md): every cell, every hint, every size, every mutant, every attack, a minute of
# mutated input for each parser, every pinned key made anew in every way, and a second program's verdict. Two to two and a half hours on two
# cores; scripts/uniqueness.py, which needs a solver, is apart.
# usage: scripts/soundness.sh [SECONDS_PER_PARSER]
set -euo pipefail
cd "$(dirname "$0")/.."
long() { cargo test --release --locked "$@" -- --ignored --nocapture --test-threads=1; }
long -p foldproof-circuits --test cells
long -p foldproof-circuits --test second_witnesses
long -p foldproof-circuits --test aggregates
long -p foldproof-circuits --test analysis
long -p foldproof-circuits --test analytics_forgeries
long -p foldproof-circuits --test decisions
long -p foldproof-circuits --test harness
long -p foldproof-circuits --test mutants
long -p foldproof-cli --test attacks
FOLDPROOF_FUZZ_SECONDS=${1:-60} cargo test --release --locked -p foldproof-prover --test fuzz -- --nocapture --test-threads=1
cargo run --release --locked -p foldproof-cli -- keys pin --check
scripts/same-keys.sh
scripts/second-eyes.sh
