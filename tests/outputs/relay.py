"""A relay: what brings a stream by itself; here, it is pulled from another RTMP server."""

from __future__ import annotations

import trio

from trio_srs.config.schema import Config
from trio_srs.errors import PeerError
from trio_srs.hub.outputs import StreamSource
from trio_srs.hub.participant import PublisherInfo
from trio_srs.net.rtmp_player import open_player
from trio_srs.server.build import Offer
from trio_srs.service.base import Parts
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["OriginEndedError", "offer", "relayed"]


class OriginEndedError(PeerError):
    """There is no more to pull for now."""

    code = "toy_origin_ended"


def relayed(message: Message) -> Message:
    """What is published of what was pulled."""
    return message


def offer(url: str, app: str, name: str) -> Offer:
    """Pull ``url`` and publish it here, from the start of the server to its end."""

    def make(parts: Parts, config: Config) -> None:
        key, settings = f"{app}/{name}", parts.rules.settings_for(DEFAULT_VHOST, app, name)
        who = PublisherInfo(session="relay", peer=url, protocol="relay")

        async def run() -> None:
            async with open_player(url) as player, parts.hub.publishing(key, settings, who) as it:
                async for message in player:
                    it.append_all((relayed(message),), trio.current_time())
            # What ends is over; what fails begins again, later each time.
            raise OriginEndedError(f"{url} has ended: {player.ended}")

        parts.hub.outputs.add(StreamSource(name="relay", stream=key, settings=settings, run=run))

    return Offer(make)
