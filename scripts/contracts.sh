#!/usr/bin/env bash
# Compiles the Solidity contracts of evm/contracts: bytecode, ABI and digests into evm/contracts/out. Needs Node and npm, which takes
# the compiler from its registry, once. Tests need neither: they compare the digests with the files.
# usage: scripts/contracts.sh [--check]     (--check compares instead of writing; exit status 1 if anything differs)
set -euo pipefail
export LC_ALL=C # the order of names
cd "$(dirname "$0")/../evm/contracts"
version=0.8.34
# Of the compiler itself: what the registry has under this version must be what the bytecode in the tree was made with.
compiler=4d847e9615868981cd44a5d7b1896779e6dda323b88e9c693099e0aa8320f70d
cache=${FOLDPROOF_SOLC:-${XDG_CACHE_HOME:-$HOME/.cache}/foldproof/solc-$version}
[ -f "$cache/node_modules/solc/soljson.js" ] ||
  npm install --silent --no-save --ignore-scripts --prefix "$cache" "solc@$version" >&2
echo "$compiler  $cache/node_modules/solc/soljson.js" | sha256sum --check --quiet --strict ||
  { echo "$cache: not solc $version as pinned in scripts/contracts.sh; remove the folder and try again" >&2; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
NODE_PATH=$cache/node_modules node compile.js "$scratch"
# Of sources, settings and results, in the format of sha256sum, names from this folder on.
names=(*.sol examples/*.sol compile.js)
sha256sum "${names[@]}" >"$scratch/digests.sha256"
(cd "$scratch" && sha256sum -- *.abi.json *.bin) | sed 's|  |  out/|' >>"$scratch/digests.sha256"
if [ "${1:-}" = --check ]; then
  diff -r "$scratch" out >&2 || { echo "evm/contracts/out is not what the sources give: run scripts/contracts.sh" >&2; exit 1; }
  echo "bytecode, ABI and digests are those of the sources, by solc $version"
else
  mkdir -p out
  rm -f out/*
  cp "$scratch"/* out/
  wc -c out/*.bin
fi
