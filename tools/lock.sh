#!/bin/sh
# Resolve pyproject.toml again and write the lock files (versions and hashes, no hosts).
# Usage: make lock
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
        --no-annotate --no-header --override requirements/overrides.txt "$@"
}
printf 'uv\n' | compile - -o requirements/uv.txt
compile --extra dask --extra demo --extra export --extra remote --extra video --group dev pyproject.toml -o requirements/dev.txt
compile --group bench pyproject.toml -o requirements/bench.txt
