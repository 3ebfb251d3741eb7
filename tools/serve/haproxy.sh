#!/bin/bash
# Three servers behind HAProxy under load: one is killed with -9, one is told to
# end and started anew. Every request must be answered, and rightly: the load
# (load.py) ends with status 1 at the first that is not. All on the loopback
# interface, for SECONDS (default 12). Usage: haproxy.sh PYTHON
set -eu
cd "$(dirname "$0")/../.."
seconds=${SECONDS_OF_LOAD:-12}
folder=$(mktemp -d)
pids=()
stop() {
	disown -a
	for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null || true; done
	rm -rf "$folder"
}
trap stop EXIT
read -r PROXY A B C < <("$1" -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(x.getsockname()[1] for x in s))')
export PROXY A B C

start() { # NAME PORT; sets pid
	bin/vkeras serve --listen "127.0.0.1:$2" --batch 4 --drain-delay 2s 2>>"$folder/$1.log" &
	pid=$!
	pids+=("$pid")
}
ready() { # PORT
	for _ in $(seq 300); do
		if curl -fs -o /dev/null "http://127.0.0.1:$1/v2/health/ready"; then return; fi
		sleep 0.1
	done
	echo "the server on port $1 is not ready" >&2
	return 1
}

start a "$A"; a=$pid
start b "$B"; b=$pid
start c "$C"
for port in $A $B $C; do ready "$port"; done
haproxy -db -f tools/serve/haproxy.cfg >"$folder/haproxy.log" 2>&1 &
pids+=($!)
ready "$PROXY"

timeout $((seconds + 120)) "$1" tools/serve/load.py "127.0.0.1:$PROXY" "$seconds" &
load=$!
sleep $((seconds / 4))
echo "kill -9 one server"
disown "$a" # so that the shell does not report it
kill -9 "$a"
sleep $((seconds / 4))
echo "kill -TERM another, wait until it has drained, and start it again"
kill -TERM "$b"
wait "$b"
start b "$B"
ready "$B"
wait "$load"
echo "the drained server's log:"
grep -E 'msg=(draining|ended)' "$folder/b.log" | sed 's/^time=[^ ]* //'
