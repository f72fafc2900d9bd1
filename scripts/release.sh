#!/usr/bin/env bash
# Everything a release consists of, from a clean clone of the commit that is checked out, into a folder that must not exist:
# crates, the wheel, the npm package, programs for glibc and, where its target can be had, for musl, an SBOM, and SHA-256 of all.
# usage: scripts/release.sh DIR
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# = 1 ] && [ ! -e "$1" ] || { echo "usage: scripts/release.sh DIR, a folder that is not there yet" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
tools=${FOLDPROOF_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/foldproof-tools}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet . "$work/foldproof"
cd "$work/foldproof"
version=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["packages"][0]["version"])')
target=${CARGO_TARGET_DIR:-$work/target}
export CARGO_TARGET_DIR=$target FOLDPROOF_COMMIT
FOLDPROOF_COMMIT=$(git rev-parse HEAD)

# Crates, each built from what is in its package.
cargo package --workspace --locked
cp "$target"/package/foldproof-*"-$version.crate" "$out/"

# Programs.
program() {
  local triple=$1 name="foldproof-$version-$1"
  shift
  cargo build --release --locked -p foldproof-cli --target "$triple" "$@"
  mkdir -p "$work/$name/man1"
  cp "$target/$triple/release/foldproof" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$work/$name/"
  "$work/$name/foldproof" man --out "$work/$name/man1" >/dev/null
  tar -C "$work" --sort=name --owner=0 --group=0 --mtime="@$(git log -1 --format=%ct)" -czf "$out/$name.tar.gz" "$name"
}
host=$(rustc -vV | sed -n 's/^host: //p')
program "$host"
musl=${host%-gnu}-musl
if [ "$musl" != "$host" ] && rustup target add "$musl" 2>/dev/null && command -v musl-gcc >/dev/null; then
  program "$musl"
else
  echo "release.sh: no program for $musl: it takes 'rustup target add $musl' and musl-gcc (Debian: musl-tools)" >&2
fi

# The wheel and the npm package.
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet maturin
"$work/venv/bin/maturin" build --release --manifest-path python/Cargo.toml --out "$out"
scripts/web.sh
(cd web && npm pack --silent --pack-destination "$out")

# What is inside.
cyclonedx=$tools/cyclonedx/bin/cargo-cyclonedx
[ -x "$cyclonedx" ] || cargo install cargo-cyclonedx --locked --root "$tools/cyclonedx" --quiet
"$cyclonedx" cyclonedx --manifest-path cli/Cargo.toml --format json --override-filename "sbom"
cp cli/sbom.json "$out/foldproof-$version.cdx.json"

cd "$out"
sha256sum -- * >SHA256SUMS
cat SHA256SUMS
