"""What is live, for the page that plays it; and who is told. Floor 3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.resolution import VhostDisabledError
from trio_srs.net.address import Address
from trio_srs.service.http.config import ListedTo
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.networks import is_loopback
from trio_srs.wire.stream_name import key_of
from trio_srs.wire.url import DEFAULT_VHOST

if TYPE_CHECKING:
    from trio_srs.hub.stream import Stream
    from trio_srs.media.facts import TrackFacts
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["StreamList", "is_from_here"]

_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""What proxies add: who asks through one may be anywhere."""
_FIELDS: Final = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ListRefusedError(RefusedError):
    """The names of the streams are not told to this client (`http.list_streams`)."""

    code = "list_refused"
    http_status = 403


class StreamList:
    """The streams of a virtual host that are published now, as JSON.

    Scripts of other pages never get it, whatever :attr:`.HttpConfig.cors_origins` says: a name is
    often all that it takes to watch.
    """

    def __init__(self, connection: HttpConnection, asked: HttpRequest) -> None:
        self._connection, self._asked = connection, asked

    def end(self) -> None:
        """It is answered before anybody could mind."""

    async def handle(self) -> None:
        """Answer. Raises ListRefusedError, VhostDisabledError."""
        connection, asked = self._connection, self._asked
        context = connection.context
        _check_may_list(context.config.list_streams, connection.link.transport.peer, asked)
        rules = context.access.rules
        vhost = rules.vhost_of(asked.target.query.get("vhost") or asked.host)
        if not rules.vhost_enabled(vhost):
            raise VhostDisabledError(f"virtual host {vhost} is not enabled")

        def told(stream: Stream) -> dict[str, object] | None:
            name = _name_in(vhost, stream.name, rules.vhost_of)
            return _told(connection, stream, name) if name and stream.publishing else None

        made = await context.turns.make(told, tuple(context.hub))
        streams = sorted(filter(None, made), key=lambda each: str(each["name"]))
        body = json.dumps({"streams": streams}).encode() + b"\n"
        connection.session.answer(200, _FIELDS, body)


def _check_may_list(to: ListedTo, peer: str, asked: HttpRequest) -> None:
    if to is ListedTo.ALL:
        return
    if to is ListedTo.NOBODY:
        raise ListRefusedError("this server tells nobody the names of its streams")
    if not is_from_here(peer, asked):
        raise ListRefusedError(
            "the names of the streams are told on the server's own machine only, "
            f"and this was asked by {peer}"
        )


def is_from_here(peer: str, asked: HttpRequest) -> bool:
    """Whether somebody on this machine asks, as far as one can tell.

    A page of somebody else may have its own host name point here, and so be of the same origin:
    what was asked for has to be this machine too.

    Args:
        peer: the address that the request came from.
    """
    if any(each in asked.headers for each in _FORWARDED):
        return False
    return is_loopback(_host_of(peer)) and is_loopback(asked.host)


def _host_of(peer: str) -> str:
    try:
        return Address.parse(peer).host
    except ValueError:  # a unix socket has none: a proxy may be behind it
        return ""


def _name_in(vhost: str, key: str, vhost_of: Callable[[str], str]) -> str:
    """The application and name of a stream, if it is one of the virtual host; else empty."""
    first, _, rest = key.partition("/")
    own = vhost_of(first) if "/" in rest else DEFAULT_VHOST
    name = rest if own == first else key
    return name if key == key_of(vhost, name) else ""


def _told(connection: HttpConnection, stream: Stream, name: str) -> dict[str, object]:
    lease = stream.lease
    assert lease is not None  # it is published
    record = connection.context.hub.reports.newest(stream.name)
    inspector = None if record is None else record.inspector
    tracks = () if inspector is None else inspector.facts().tracks
    return {
        "name": name,
        "seconds": round(trio.current_time() - lease.began_at, 3),
        "viewers": stream.player_count,
        "tracks": [_track(each) for each in tracks],
    }


def _track(track: TrackFacts) -> dict[str, object]:
    told: dict[str, object] = {
        "kind": track.kind, "codec": track.codec, "codec_string": track.codec_string
    }  # fmt: skip
    if track.video is not None:
        told |= {"width": track.video.width, "height": track.video.height}
    if track.audio is not None:
        told |= {"sample_rate": track.audio.sample_rate, "channels": track.audio.channels}
    return told
