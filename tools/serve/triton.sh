#!/bin/bash
# Starts bin/vkeras serve on free ports of the loopback interface, holds it to
# NVIDIA's clients, and stops it. Usage: triton.sh PYTHON
set -eu
cd "$(dirname "$0")/../.."
log=$(mktemp)
bin/vkeras serve --listen 127.0.0.1:0 --grpc 127.0.0.1:0 --drain-delay 0s 2>"$log" &
server=$!
trap 'kill -9 $server 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 300); do
	read -r web rpc < <(sed -n 's/.*msg=ready address=\([^ ]*\) grpc=/\1 /p' "$log") && break
	kill -0 $server || { cat "$log" >&2; exit 1; }
	sleep 0.1
done
sed -n 's/.*msg=device //p' "$log"
timeout 300 "$1" tools/serve/triton_client.py "$web" "$rpc"
kill -TERM $server
wait $server
echo "the server drained and ended with status 0"
