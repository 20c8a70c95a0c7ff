#!/bin/sh
# A test of an encoder in any POSIX shell, with curl and nothing else.
#
#     contrib/shell/encoder_test.sh ffmpeg -re -i in.mp4 -c copy -f flv '{url}'
#
# runs the command twice, with {url} replaced: once judged by `trio-srs expect`, and once against a
# server that is asked over HTTP. RULES has the rules, one a line, without quotes and backslashes.
# It ends with 0 if both go well. PYTHON is a Python with trio-srs[api] installed.
set -eu

python=${PYTHON:-python3}
stream=live/cam1
rules=${RULES:-healthy
video.codec == h264}

# ------------------------------------------------------------------ in one command

options=
IFS='
'
for rule in $rules; do options="$options--expect
$rule
"; done
# shellcheck disable=SC2086 # each line of it is a word
"$python" -m trio_srs expect --quiet $options -- "$@"
unset IFS

# ----------------------------------------------------------------- over the HTTP API

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
mkfifo "$folder/ready"
"$python" -m trio_srs serve --listen 127.0.0.1:0 --api 127.0.0.1:0 \
    --set 'stream.inspect="full"' --die-with-parent >"$folder/ready" 2>"$folder/log" &
server=$!
# One line of JSON says that all ports are open; where the server gives up there is none.
if ! read -r line <"$folder/ready"; then
    cat "$folder/log" >&2
    exit 1
fi
rtmp=$(printf '%s' "$line" | sed -E 's/.*"rtmp": \["([^"]*)".*/\1/')
api=$(printf '%s' "$line" | sed -E 's/.*"api": \["([^"]*)".*/\1/')/api/v2

# ask PATH [CURL OPTION ...]: the answer. If that is an error, what the server says of it.
ask() {
    path=$1
    shift
    status=$(curl -sS -o "$folder/answer" -w '%{http_code}' "$@" "$api$path")
    if [ "$status" -ge 400 ]; then
        { sed -E 's/.*"message":"(([^"\\]|\\.)*)".*/\1/' "$folder/answer" && echo; } >&2
        return 1
    fi
    cat "$folder/answer"
}

# "$@" with {url} replaced.
for word in "$@"; do
    shift
    case $word in
    *'{url}'*) word=${word%%'{url}'*}$rtmp/$stream${word#*'{url}'} ;;
    esac
    set -- "$@" "$word"
done
"$@" &
encoder=$!
# Answered when it happens; if it does not, with what did.
ask "/wait?stream=$stream&until=first_keyframe&timeout=${TIMEOUT:-20}" >/dev/null
wait "$encoder"
ask "/wait?stream=$stream&until=unpublished" >/dev/null

list=$(printf '%s\n' "$rules" | sed 's/.*/"&"/' | paste -sd, -)
ask "/streams/$stream/expect" -H 'Content-Type: application/json' --data "{\"rules\": [$list]}" \
    >"$folder/verdicts"
case $(cat "$folder/verdicts") in
'{"met":true'*) echo "$stream is as it should be" ;;
*)
    # Of each verdict that is not met, its sentence.
    tr '{' '\n' <"$folder/verdicts" |
        sed -nE '/"met":false.*"rule"|"rule".*"met":false/s/.*"message":"(([^"\\]|\\.)*)".*/\1/p' >&2
    exit 1
    ;;
esac
