#!/usr/bin/env bash
# A CI job in bash: run the encoder, and judge what it publishes.
#
#     examples/expect.sh ffmpeg -re -i in.flv -c copy -f flv '{url}'
#
# ends with 0 if all that examples/expect.toml asks for is so, with 1 if it is not, with 3 if
# nothing came, and with 4 if the encoder failed all the same. The two files are for the CI system.
set -euo pipefail

exec "${PYTHON:-python3}" -m trio_srs expect \
    --expect-file "$(dirname "$0")/expect.toml" \
    --expect 'duration.seconds >= 1.5' \
    --junit expect.xml --html expect.html \
    -- "$@"
