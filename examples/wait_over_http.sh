#!/usr/bin/env bash
# A test of an encoder in bash (4.4 or later) with curl, over the HTTP API.
#
#     examples/wait_over_http.sh ffmpeg -re -i in.flv -c copy -f flv RTMP_URL
#
# runs the command with RTMP_URL replaced, waits for its stream, and judges it by the rules in
# RULES, one a line. It ends with 0 if all are met and the command ended well. PYTHON is a Python
# with trio-srs[api] installed.
set -euo pipefail

stream=live/cam1
rules=${RULES:-"video.codec == h264
video.gop.seconds <= 2.1
timestamps.monotonic"}

exec {ready}< <(exec "${PYTHON:-python3}" -m trio_srs --die-with-parent \
    --set 'rtmp.listen=["127.0.0.1:0"]' --set 'api.listen=["127.0.0.1:0"]' \
    --set 'stream.inspect="full"' 2>server.log)
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
if ! read -r -t 30 line <&"$ready"; then
    cat server.log >&2
    exit 1
fi
rtmp=$(sed -E 's/.*"rtmp": \["([^"]*)".*/\1/' <<<"$line")
api=$(sed -E 's/.*"api": \["([^"]*)".*/\1/' <<<"$line")/api/v2

# The answer, and with it failure if it is an error: `code`, `message` and `where` say which.
ask() { curl --silent --show-error --fail-with-body "$@"; }

"${@//RTMP_URL/$rtmp/$stream}" &
encoder=$!
# Answered when it happens; if it does not, with what did.
if ! ask "$api/wait?stream=$stream&until=first_keyframe&timeout=${TIMEOUT:-20}" >wait.json; then
    cat wait.json >&2
    exit 1
fi
wait "$encoder"
ask "$api/wait?stream=$stream&until=unpublished" >/dev/null

# Rules as a JSON list; they have no quotes or backslashes in them.
list=$(sed 's/.*/"&"/' <<<"$rules" | paste -sd,)
ask -H 'Content-Type: application/json' --data "{\"rules\": [$list]}" \
    "$api/streams/$stream/expect" >verdicts.json
grep -oE '"message":"[^"]*"' verdicts.json | cut -d: -f2-
grep -q '^{"met":true' verdicts.json
