#!/usr/bin/env bash
# Builds Foldproof and the Groth16 beside it, installs EZKL and onnxruntime into a folder outside the repository, once, and runs
# compare.py with them: everything from a fresh checkout to the tables.
# usage: benches/peers/run.sh [options of compare.py]      PEERS_CACHE=DIR puts what is installed and built elsewhere
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/foldproof-peers}
# Named after the pins, so that a change of them makes a new environment.
pins=$(cksum <"$here/requirements.txt" | cut -d' ' -f1)
venv=$cache/venv-$pins
if [ ! -f "$venv/installed" ]; then
  python=${PYTHON:-python3}
  if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    echo "run.sh: $python is not Python 3.11 to 3.13; name one with PYTHON=..." >&2
    exit 2
  fi
  if ! { "$python" -m venv "$venv" && "$venv/bin/pip" install --quiet --require-hashes --only-binary :all: -r "$here/requirements.txt"; } >&2; then
    echo "run.sh: could not install $here/requirements.txt into $venv: see above; PyPI has to be reachable" >&2
    exit 2
  fi
  touch "$venv/installed"
fi
binaries=()
for word in "$@"; do
  case $word in
  -h | --help) exec "$venv/bin/python" -B "$here/compare.py" --help ;;
  --foldproof | --foldproof=*) foldproof=given ;;
  --groth16 | --groth16=*) groth16=given ;;
  esac
done
if [ -z "${foldproof:-}" ]; then
  # Not one of an older build, if this one fails.
  cargo build --release --locked --manifest-path "$root/Cargo.toml" -p foldproof-cli >&2
  binaries+=(--foldproof "${CARGO_TARGET_DIR:-$root/target}/release/foldproof")
fi
if [ -z "${groth16:-}" ]; then
  built=$cache/groth16/release/foldproof-peers-groth16
  # What is not there is skipped by compare.py, which says so.
  cargo build --release --locked --manifest-path "$here/groth16/Cargo.toml" --target-dir "$cache/groth16" >&2 || rm -f "$built"
  binaries+=(--groth16 "$built")
fi
exec "$venv/bin/python" -B "$here/compare.py" ${binaries[@]+"${binaries[@]}"} "$@"
