#!/bin/sh
# Times vkeras and its peers on the same weights and inputs, and rewrites
# docs/performance.md with docs/performance.json. bench/README.md says more.
set -eu
cd "$(dirname "$0")/.."
venv=${BENCH_VENV:-bench/.venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
while read -r package; do # one by one: a peer that the index does not serve is reported, the others are timed
	"$venv/bin/pip" install --quiet --disable-pip-version-check "$package" || echo "bench: $package could not be installed" >&2
done < bench/requirements.txt
go build -o bin/ ./cmd/vkeras
exec "$venv/bin/python" bench/peers.py "$@"
