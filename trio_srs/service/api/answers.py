"""What the API says of the server, its sessions and streams. Floor 3.

What it says of the media of a stream is the report: :mod:`trio_srs.media.report`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from trio_srs.service.api.counters import Counters

__all__ = ["ServerAnswer", "SessionAnswer", "SessionsAnswer", "StreamAnswer", "StreamsAnswer"]


@attrs.frozen(kw_only=True)
class ServerAnswer:
    """The server as a whole."""

    version: str
    """Of trio-srs."""
    pid: int
    """The process."""
    began_at: float
    """When it was made: seconds since 1970 (Unix time)."""
    uptime_s: float
    """Seconds since then."""
    addresses: Mapping[str, Sequence[str]]
    """The URLs it listens on, by protocol, with the real ports."""
    sessions: int
    """Connections open now, without those to the API."""
    streams: int
    """Streams that are published, played or waited for now."""
    publishers: int
    """Streams that are published now."""
    players: int
    """Plays that go on now."""
    totals: Counters
    """What was counted since it began."""


@attrs.frozen(kw_only=True)
class StreamAnswer:
    """One stream, now."""

    name: str
    """As `live/cam1`; `vhost/app/name` where the virtual host is not the default one."""
    publishing: bool
    """Whether somebody publishes it now."""
    session: str | None
    """The id of the session that publishes it."""
    peer: str | None
    """The address of who publishes it."""
    seconds: float | None
    """Seconds since that publish was accepted."""
    silent_s: float | None
    """Seconds since that publisher's last message; null before its first."""
    publishes: int
    """Publishes of the name since somebody first used it, this one included."""
    messages: int
    """Messages since then, of audio, video and data."""
    bytes: int
    """Bytes in them."""
    keyframes: int
    """Keyframes among them; audio frames where there is no video."""
    players: int
    """Plays of it now."""


@attrs.frozen(kw_only=True)
class StreamsAnswer:
    """All streams."""

    streams: tuple[StreamAnswer, ...]
    """By name."""


@attrs.frozen(kw_only=True)
class SessionAnswer:
    """One session that is open now."""

    id: str
    """Unique for as long as the server runs."""
    protocol: str
    """`rtmp` or `rtmps`."""
    peer: str
    """The address of the other end."""
    began_at: float
    """When it was accepted: seconds since 1970 (Unix time)."""
    seconds: float
    """Seconds since then."""
    publishes: tuple[str, ...]
    """The streams that it publishes now."""
    plays: tuple[str, ...]
    """The streams that it plays now."""


@attrs.frozen(kw_only=True)
class SessionsAnswer:
    """All sessions."""

    sessions: tuple[SessionAnswer, ...]
    """In the order they were accepted."""
