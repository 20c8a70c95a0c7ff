#!/bin/sh
# Write all that a server knows into a folder, as JSON: reports, sessions, events.
#
#     contrib/shell/failure_report.sh http://127.0.0.1:1985 FOLDER
#
# API_TOKEN is the server's api.token, if it has one.
set -eu

api=$1/api/v2
folder=$2
mkdir -p "$folder"

get() { curl --silent --show-error --fail ${API_TOKEN:+-H "Authorization: Bearer $API_TOKEN"} "$@"; }

get "$api/sessions" >"$folder/sessions.json"
get "$api/events?since=0&follow=false" >"$folder/events.txt"
get "$api/streams" >"$folder/streams.json"
# Names are percent-encoded byte by byte, as they may have anything in them but a quote.
encoded() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }
{ cat "$folder/streams.json" && echo; } | tr '{' '\n' |
    sed -nE 's/^"name":"([^"/]+)\/([^"]+)","publishing".*/\1 \2/p' |
    while read -r app name; do
        file=$(printf '%s-%s' "$app" "$name" | tr -c 'A-Za-z0-9._-' _)
        get "$api/streams/$(encoded "$app")/$(encoded "$name")/reports" >"$folder/reports-$file.json" ||
            rm -f "$folder/reports-$file.json" # it was only played
    done
