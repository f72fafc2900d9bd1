#!/usr/bin/env bash
# Builds the verifier for browsers and node, and tests it in both: golden bundles of each scheme, damaged ones, lacking and unknown
# keys, the page's layout on a phone, and that nothing is asked of another place. Pictures are in web/dist/pictures afterwards.
# CHROMIUM and CHROMEDRIVER name other browsers than Debian's.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/web
browser=${CHROMIUM:-/usr/bin/chromium}
driver=${CHROMEDRIVER:-/usr/bin/chromedriver}
fail() {
  echo "web-test: $1" >&2
  exit 1
}
command -v node >/dev/null || fail "node 20 or later was expected, found none; install it"
command -v python3 >/dev/null || fail "python3 was expected, which serves the page, found none; install it"
if [ ! -x "$browser" ] || [ ! -x "$driver" ]; then
  what="$browser and $driver were expected (Debian's packages chromium and chromium-driver), one is missing"
  [ "$(id -u)" = 0 ] || fail "$what, and only root can install it; do, or name others with CHROMIUM and CHROMEDRIVER"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; } >/dev/null 2>&1 ||
    fail "$what, and apt-get could not install it; go online, or name others with CHROMIUM and CHROMEDRIVER"
fi
scripts/web.sh --pack
# What is packed is what is used: the package by itself verifies a bundle.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/node_modules/foldproof-verifier"
tar -xzf web/foldproof-verifier-*.tgz --strip-components=1 -C "$scratch/node_modules/foldproof-verifier"
cat >"$scratch/use.mjs" <<'END'
import { readFileSync } from "node:fs";
import { verify } from "foldproof-verifier";
const { verdict, error } = await verify(new Uint8Array(readFileSync(process.argv[2])), { anyCodebook: true });
if (verdict !== "verified") throw new Error(`${verdict}: ${error}`);
END
node "$scratch/use.mjs" tests/golden/core-small-64.transparent.proof
(cd web && cargo fmt --check && CARGO_TARGET_DIR=$target cargo clippy --release --locked -- -D warnings)
node --test web/test/node.mjs
node --test web/test/browser.mjs
