#!/usr/bin/env bash
# Makes verifying keys in every way that must give the same ones and compares them with the pinned ones: release and debug,
# with and without `asm`, 1 and 2 threads, several values of MAX_DEGREE. Builds everything three times: a quarter of an hour.
# usage: scripts/same-keys.sh [STATEMENT ...]
set -euo pipefail
cd "$(dirname "$0")/.."
statements=("$@")
[ $# -gt 0 ] || statements=(fingerprint+tags-96-64-32-15 core-small-64)
target=${CARGO_TARGET_DIR:-target}
check() { # BUILD BINARY SETTING...
  local build=$1 binary=$2
  shift 2
  echo "$build, $*"
  env "$@" "$binary" keys pin --check "${statements[@]}" | sed 's/^/  /'
}
all() { # BUILD BINARY
  check "$@" RAYON_NUM_THREADS=1
  check "$@" RAYON_NUM_THREADS=2
}
cargo build --locked -p foldproof-cli
all "debug, asm" "$target/debug/foldproof"
cargo build --locked --release -p foldproof-cli --no-default-features
all "release, no asm" "$target/release/foldproof"
# Last, so that it is what stays in the folder.
cargo build --locked --release -p foldproof-cli
all "release, asm" "$target/release/foldproof"
for degree in 1 3 9; do check "release, asm" "$target/release/foldproof" MAX_DEGREE=$degree; done
echo "all keys are the pinned ones"
