#!/usr/bin/env bash
# Builds the verifier for browsers and node: web/dist has the module and the generators of the package, web/dist/site the page with
# all that it loads. With --pack also the package, web/foldproof-verifier-VERSION.tgz. Needs rustup, node 20 and, with --pack, npm.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
pack=${1:-}
if [ -n "$pack" ] && [ "$pack" != --pack ]; then
  echo "usage: scripts/web.sh [--pack]" >&2
  exit 2
fi
# Apart from native builds, whose compiler has no wrapper.
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/web
export CARGO_TARGET_DIR=$target
# The same bytes wherever it is built: messages of panics name files.
export RUSTFLAGS="--remap-path-prefix=$root=/foldproof --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
# Another wrapper would take the place of the one that leaves the table out.
unset RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER
cd web
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
  rustup target add wasm32-unknown-unknown || {
    echo "web: the compiler has no target wasm32-unknown-unknown, and rustup could not add it; go online, or install it" >&2
    exit 1
  }
fi
cargo build --release --locked
mkdir -p dist
cp "$target/wasm32-unknown-unknown/release/foldproof_web.wasm" dist/foldproof.wasm
node make-generators.mjs dist/foldproof.wasm 13 dist/generators-13.bin
rm -rf dist/site
mkdir -p dist/site/verifier/dist
cp page/* dist/site/
cp index.js dist/site/verifier/
cp dist/foldproof.wasm dist/generators-13.bin dist/site/verifier/dist/
most=2097152
gzip=$(gzip -9c dist/foldproof.wasm | wc -c)
echo "web/dist/foldproof.wasm: $(stat -c %s dist/foldproof.wasm) bytes, gzip $gzip of at most $most"
if [ "$gzip" -gt "$most" ]; then
  echo "web: the module has grown beyond what a page should load; look for what it holds that a verifier does not need" >&2
  exit 1
fi
if [ -n "$pack" ]; then npm pack --silent; fi
