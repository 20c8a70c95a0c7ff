"""What SRS's API says of streams and clients: its fields, in its order. Floor 3.

Source: ``srs_app_http_api.cpp`` and ``srs_app_statistic.cpp`` of SRS 7.0.18.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = [
    "SrsAnswer",
    "SrsAudio",
    "SrsClient",
    "SrsClientAnswer",
    "SrsClientsAnswer",
    "SrsCode",
    "SrsKbps",
    "SrsPublish",
    "SrsStream",
    "SrsStreamAnswer",
    "SrsStreamsAnswer",
    "SrsVhost",
    "SrsVhostAnswer",
    "SrsVhostsAnswer",
    "SrsVideo",
]


@attrs.frozen(kw_only=True)
class SrsCode:
    """What became of a request, by SRS's number. An error has this and nothing else."""

    code: int
    """0; or 2014, there is no such virtual host; 2048, no such stream; 2049, no such client; 1023,
    the configuration is not valid; 1060, `rpc` is not known; 1061, there is nothing to reload."""


@attrs.frozen(kw_only=True)
class SrsAnswer:
    """What every answer begins with."""

    code: int = 0
    """0."""
    server: str
    """The id of the server: `process.name`, or drawn at each start."""
    service: str
    """The id of the process, drawn at each start."""
    pid: str
    """The process, as text."""


@attrs.frozen(kw_only=True)
class SrsKbps:
    """Kilobits (1000 bits) a second."""

    recv_30s: int
    """Received, over the last 30 seconds, or since the beginning if that was later. Who has just
    begun is measured over a second."""
    send_30s: int
    """Sent, likewise."""


@attrs.frozen(kw_only=True)
class SrsVhost:
    """A virtual host: the default one, and each that is configured."""

    id: str
    """`vid-…`, the same for as long as the server runs."""
    name: str
    """As it is configured."""
    enabled: bool
    """Whether it is served."""
    clients: int
    """Publishers and players now."""
    streams: int
    """Streams that are published now."""
    send_bytes: int
    """Bytes sent to its players, those who have left among them."""
    recv_bytes: int
    """Bytes of media received from its publishers, likewise."""
    kbps: SrsKbps
    """Bit rates of those who are there."""
    hls: Mapping[str, object]
    """How it serves HLS: `enabled`, and if it does `fragment`, the seconds of a segment."""


@attrs.frozen(kw_only=True)
class SrsPublish:
    """Who publishes a stream."""

    active: bool
    """Whether somebody does now."""
    cid: str
    """The id of that client, or of the last one; empty before the first."""


@attrs.frozen(kw_only=True)
class SrsVideo:
    """The video of a stream."""

    codec: str
    """`H264`, `HEVC`, `AV1`, `VP6`; of others our name in capitals."""
    profile: str
    """As `High`, in SRS's words where it has some; `Other` if it is not known."""
    level: str
    """As `3.1`; `Other` if it is not known."""
    width: int
    """Pixels; 0 if it is not known."""
    height: int
    """Pixels; 0 if it is not known."""


@attrs.frozen(kw_only=True)
class SrsAudio:
    """The audio of a stream."""

    codec: str
    """`AAC`, `MP3`, `Opus`; of others our name in capitals."""
    sample_rate: int
    """Hz, as it is played; 0 if it is not known."""
    channel: int
    """How many channels, as they are played; 0 if it is not known."""
    profile: str
    """As `LC`; `Other` if it is not known."""


@attrs.frozen(kw_only=True)
class SrsStream:
    """A stream that is published, played or waited for now."""

    id: str
    """`vid-…`, the same for as long as the server runs: `stream_id` of the callbacks."""
    name: str
    """In its application."""
    vhost: str
    """The id of its virtual host."""
    app: str
    """Its application."""
    tcUrl: str
    """The URL that its publisher, or else its first player, connected to, without parameters."""
    url: str
    """`/app/name`, or `vhost/app/name` where the virtual host is not the default one."""
    live_ms: int
    """The time of this answer: milliseconds since 1970."""
    clients: int
    """Its publisher and its players."""
    frames: int
    """Frames of video in the present publish or else the newest one; of audio, if there was no
    video."""
    send_bytes: int
    """Bytes sent to its players, those who have left among them."""
    recv_bytes: int
    """Bytes of media received from its publishers, likewise."""
    kbps: SrsKbps
    """Bit rates of those who are there."""
    publish: SrsPublish
    """Who publishes it."""
    video: SrsVideo | None
    """Null until it is known, while nobody publishes, and with `inspect = "off"`."""
    audio: SrsAudio | None
    """Likewise."""


@attrs.frozen(kw_only=True)
class SrsClient:
    """A session that publishes or plays now."""

    id: str
    """The session's: `client_id` of the callbacks."""
    vhost: str
    """The id of its virtual host."""
    stream: str
    """The id of its stream."""
    ip: str
    """Its address."""
    pageUrl: str
    """The web page that it says it is on, without parameters."""
    swfUrl: str
    """The player that it says it is, likewise."""
    tcUrl: str
    """The URL that it connected to, likewise."""
    url: str
    """Of its stream: `/app/name`, or `vhost/app/name`."""
    name: str
    """Its stream, in its application."""
    type: str
    """`rtmp-play`, `flv-play` (HTTP and WebSocket, in whatever form), `hls-play`, `dash-play`,
    `fmle-publish`, `haivision-publish`, `flash-publish`, `flv-publish` (HTTP) or `Unknown`."""
    publish: bool
    """Whether it publishes."""
    alive: float
    """Seconds since it came."""
    send_bytes: int
    """Bytes sent to it."""
    recv_bytes: int
    """Bytes received from it."""
    kbps: SrsKbps
    """Its bit rates."""


@attrs.frozen(kw_only=True)
class SrsVhostsAnswer(SrsAnswer):
    """Each virtual host that there is."""

    vhosts: tuple[SrsVhost, ...]
    """The default one first."""


@attrs.frozen(kw_only=True)
class SrsVhostAnswer(SrsAnswer):
    """One virtual host, by its id."""

    vhost: SrsVhost
    """It."""


@attrs.frozen(kw_only=True)
class SrsStreamsAnswer(SrsAnswer):
    """Those that were asked for, of the streams that there are."""

    streams: tuple[SrsStream, ...]
    """In the order in which they came to be."""


@attrs.frozen(kw_only=True)
class SrsStreamAnswer(SrsAnswer):
    """One that was asked for by its id."""

    stream: SrsStream
    """It."""


@attrs.frozen(kw_only=True)
class SrsClientsAnswer(SrsAnswer):
    """Those that were asked for, of the clients that there are."""

    clients: tuple[SrsClient, ...]
    """In the order in which they came."""


@attrs.frozen(kw_only=True)
class SrsClientAnswer(SrsAnswer):
    """One that was asked for by its id."""

    client: SrsClient
    """It."""
