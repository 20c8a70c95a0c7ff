"""All about one publish of a stream, as one value. Floor 1.

A report is made at any moment, also while the publish goes on; what is not known yet is None.
"""

from __future__ import annotations

import enum

import attrs

from trio_srs.errors import EndReason
from trio_srs.media.facts import StreamFacts
from trio_srs.media.trace import Trace

__all__ = ["Conduct", "Oddity", "Step", "StepKind", "StreamReport"]


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


@attrs.frozen(kw_only=True)
class StreamReport:
    """All about one publish of a stream."""

    stream: str
    """The name, as ``live/cam1``."""
    session: str
    """The id of the session."""
    peer: str
    """The publisher's address."""
    began_at: float
    """When the session was accepted: seconds since 1970 (Unix time)."""
    facts: StreamFacts
    """What was seen of the media, from the first message on."""
    timeline: tuple[Step, ...] = ()
    """What happened when."""
    conduct: Conduct = Conduct()
    """How the encoder behaved."""
    trace: Trace = attrs.field(factory=Trace)
    """Every frame, if everything was looked at; otherwise empty."""
    end: EndReason | None = None
    """Why the publish ended; None while it goes on."""
    end_detail: str = ""
    """What else there is to say of the end."""
    captured: str | None = None
    """The path of a file (FLV) with all that was published."""

    def at_s(self, what: StepKind) -> float | None:
        """When something first happened, in seconds since the session was accepted."""
        return next((step.at_s for step in self.timeline if step.what is what), None)
