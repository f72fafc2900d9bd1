#!/usr/bin/env bash
# Writes how costs grow into benches/COST.md and benches/growth.svg. Counts are pinned by a test; times are estimates from what
# this machine does just now, so it should have nothing else to do. Half a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
tables=$(mktemp)
trap 'rm -f "$tables"' EXIT
cargo run --release --locked -p foldproof-cli -- cost --growth --scheme kzg --markdown --svg benches/growth.svg >"$tables"
awk -v tables="$tables" '
  /^<!-- end of growth -->/ { inside = 0; print "" }
  !inside { print }
  /^<!-- growth, made by/ { inside = 1; print ""; while ((getline line < tables) > 0) print line }
' benches/COST.md >"$tables.page"
mv "$tables.page" benches/COST.md
