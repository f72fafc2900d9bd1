#!/usr/bin/env bash
# Builds the documentation as a book into target/book: mdBook from the registry, built once into a cache folder.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.5.4
tools=${FOLDPROOF_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/foldproof-tools}
mdbook=$tools/mdbook-$version/bin/mdbook
if [ ! -x "$mdbook" ]; then
  # Without a server and a watcher: half of its dependencies.
  cargo install mdbook --version "$version" --locked --no-default-features --features search --root "$tools/mdbook-$version" --quiet
fi
rm -rf target/book
"$mdbook" build docs
# A page for each in the summary, and no page outside of it.
for page in docs/*.md; do
  name=$(basename "$page" .md)
  [ "$name" = SUMMARY ] || [ -f "target/book/$name.html" ] || { echo "book.sh: docs/SUMMARY.md lacks $name.md" >&2; exit 1; }
done
echo "book: target/book/index.html"
