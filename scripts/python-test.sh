#!/usr/bin/env bash
# The Python package and its tests, in a virtual environment of its own.
#
#   scripts/python-test.sh           builds the wheel as `pip install ./python` does, and tests that
#   scripts/python-test.sh --built   tests the module that `cargo test --release --workspace` has built: compiling the prover once more,
#                                    without the features of its tests, would take CI longer than everything here
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
python=${PYTHON:-python3}
venv=$target/python-venv
if [ ! -x "$venv/bin/python" ]; then
  "$python" -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check -r python/requirements-test.txt
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
if [ "${1:-}" = --built ]; then
  library=$target/${PROFILE:-release}/deps/lib_foldproof.so
  rm -rf "$packages/foldproof"
  cp -r python/foldproof "$packages/foldproof"
  cp "$library" "$packages/foldproof/_foldproof.abi3.so"
else
  rm -rf "$packages/foldproof"
  "$venv/bin/maturin" build --release --locked --manifest-path python/Cargo.toml --out "$target/wheels"
  "$venv/bin/pip" install --quiet --force-reinstall --no-deps "$target"/wheels/foldproof-*.whl
fi
export FOLDPROOF_CACHE=${FOLDPROOF_CACHE:-$target/python-cache} FOLDPROOF_BINARY=${FOLDPROOF_BINARY:-$target/release/foldproof}
"$venv/bin/pytest" python "${@:2}"
