#!/usr/bin/env bash
# Installs EZKL and onnxruntime into a folder outside the repository, once, and runs compare.py with them.
# usage: benches/peers/run.sh [options of compare.py]      PEERS_VENV=DIR puts the environment elsewhere
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Named after the pins, so that a change of them makes a new environment.
pins=$(cksum <"$here/requirements.txt" | cut -d' ' -f1)
venv=${PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/foldproof-peers/venv-$pins}
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
exec "$venv/bin/python" "$here/compare.py" "$@"
