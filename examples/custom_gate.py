"""A gate of one's own: who publishes needs ``?token=`` in the URL, everybody may play.

    python examples/custom_gate.py

Without the token an encoder is told ``NetStream.Publish.Denied`` and why:

    ffmpeg -re -i in.flv -c copy -f flv rtmp://127.0.0.1:PORT/live/a
    ffmpeg -re -i in.flv -c copy -f flv 'rtmp://127.0.0.1:PORT/live/a?token=secret'
"""

from __future__ import annotations

import hmac

import trio

import trio_srs
from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessRequest, AllowAll, Grant
from trio_srs.wire.rtmp.status import StatusCode

CONFIG = trio_srs.load_config(overrides=['rtmp.listen=["127.0.0.1:0"]'])


class BadTokenError(RefusedError):
    """The publisher has no token, or a wrong one."""

    code = "bad_token"  # a word of its own: it is in the log, and no other error has it
    rtmp_status = StatusCode.PUBLISH_DENIED


class TokenGate(AllowAll):
    """Refuses publishers without the token. May wait for others, a database for example."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def publish(self, request: AccessRequest, /) -> Grant:
        if not hmac.compare_digest(request.params.get("token", ""), self._token):
            raise BadTokenError(f"publishing {request.app}/{request.name} needs a token")
        return Grant(account="studio")  # None would do, and so would another name for the stream


async def main() -> None:
    async with trio_srs.serve(CONFIG, gate=TokenGate("secret")) as server:
        print("publish to", server.rtmp_url("live/a?token=secret"))
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main)
