#!/usr/bin/env bash
# A CI job in bash (4.4 or later): a server on a free port, and its URL as soon as it is ready.
#
#     examples/ci_endpoint.sh ffmpeg -re -i in.flv -c copy -f flv RTMP_URL/live/a
#
# runs the command with RTMP_URL replaced, and ends with the command's exit code.
set -euo pipefail

exec {ready}< <(exec "${PYTHON:-python3}" -m trio_srs --die-with-parent \
    --set 'rtmp.listen=["127.0.0.1:0"]' 2>server.log)
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT

# Waits for the line, or for the server to give up: no sleeping, no polling.
if ! read -r -t 30 line <&"$ready"; then
    cat server.log >&2
    exit 1
fi
url=$(sed -E 's/.*"rtmp": \["([^"]*)".*/\1/' <<<"$line")

"${@//RTMP_URL/$url}"
