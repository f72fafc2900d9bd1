#!/usr/bin/env bash
# Dependencies of the libraries: nothing of the command line in them, and no more crates than are pinned here.
set -euo pipefail
cd "$(dirname "$0")/.."
# usage: check PACKAGE MOST BANNED FEATURES…
check() {
  local package=$1 most=$2 banned=$3 crates count name
  shift 3
  crates=$(cargo tree --locked -p "$package" -e normal --prefix none "$@" | sed 's/ (.*//' | sort -u)
  for name in $banned; do
    if grep -q "^$name " <<<"$crates"; then
      echo "$package depends on $name" >&2
      exit 1
    fi
  done
  count=$(wc -l <<<"$crates")
  if [ "$count" -gt "$most" ]; then
    echo "$package's tree has $count crates; at most $most were expected" >&2
    exit 1
  fi
  echo "$package's tree ($*): $count crates of at most $most"
}
command_line="clap indicatif png font8x8 revm signal-hook"
check foldproof-verifier 71 "$command_line anyhow serde_json tempfile foldproof-prover"
check foldproof-prover 86 "$command_line anyhow prost alloy-consensus foldproof-cost foldproof-evm" --no-default-features --features asm
check foldproof-prover 150 "$command_line foldproof-cost foldproof-evm"
