"""What happened to a publish, and how its encoder behaved, beside the media. Floor 1.

Apart from :mod:`trio_srs.media.report`, so that a server need not import all that reports are made
of before anybody publishes.
"""

from __future__ import annotations

import enum

import attrs

__all__ = ["Conduct", "Oddity", "Step", "StepKind"]


class StepKind(enum.StrEnum):
    """What happened to a publish or to the session that made it."""

    ACCEPTED = "accepted"
    """The connection was taken; times count from here."""
    HANDSHAKE = "handshake"
    """The handshake was done."""
    CONNECT = "connect"
    """``connect`` was accepted."""
    PUBLISH = "publish"
    """The publish was accepted."""
    FIRST_MEDIA = "first_media"
    """The first audio or video came, be it only a header."""
    FIRST_KEYFRAME = "first_keyframe"
    """The first keyframe came."""
    HEADER_CHANGE = "header_change"
    """A sequence header came that differs from the one before; the detail says which."""
    STALL = "stall"
    """Nothing came for longer than usual; the detail says for how long."""
    FAULT = "fault"
    """A fault that was asked for was done to the session; the detail says which."""
    TRACK_END = "track_end"
    """The last frame of a track came, long before the last of the others; the detail says which
    track, and by how much."""
    END = "end"
    """The publish ended; the detail is the reason, and what else there is to say."""


@attrs.frozen(kw_only=True)
class Step:
    """One thing that happened."""

    at_s: float
    """Seconds since the session was accepted."""
    what: StepKind
    """What happened."""
    detail: str = ""
    """What else there is to say."""


@attrs.frozen(kw_only=True)
class Oddity:
    """Something a publisher did that is odd, or not allowed but let pass."""

    code: str
    """A word that never changes once released."""
    detail: str = ""
    """What it was, the first time."""
    offset: int | None = None
    """The byte of the connection's input at which it was first seen."""
    count: int = 1
    """How many times it was seen."""


@attrs.frozen(kw_only=True)
class Conduct:
    """How an encoder behaves, beside the media it sends. None is what was not said."""

    handshake: str | None = None
    """The kind of handshake."""
    flow: str | None = None
    """Whose way of asking to publish it follows: FMLE, Flash or Haivision."""
    client: str | None = None
    """The name it gives in ``connect`` (``flashVer``)."""
    encoder: str | None = None
    """The name that the metadata give."""
    chunk_sizes: tuple[int, ...] = ()
    """The chunk sizes that it announced, in order."""
    acknowledgements: int = 0
    """How many of our bytes it acknowledged, in messages."""
    oddities: tuple[Oddity, ...] = ()
    """What was odd, in the order it was first seen."""
