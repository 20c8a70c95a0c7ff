"""The bus: what happened, told to whoever listens: logs, hooks, metrics, tests. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from trio_srs.errors import EndReason
from trio_srs.hub.supervisor import Supervisor

__all__ = [
    "Bus",
    "Event",
    "FaultTaken",
    "FilesFailed",
    "FilesWritten",
    "FirstKeyframe",
    "FirstMedia",
    "HeaderChanged",
    "PlayBegan",
    "PlayEnded",
    "PublishBegan",
    "PublishEnded",
    "PublishResumed",
    "PublishStalled",
    "RequestRefused",
    "SessionBegan",
    "SessionConnected",
    "SessionEnded",
]


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened to a session."""

    session: str
    """The session's id."""
    peer: str
    """The peer's address."""


@attrs.frozen(kw_only=True)
class SessionBegan(Event):
    """A connection was accepted."""

    protocol: str


@attrs.frozen(kw_only=True)
class SessionConnected(Event):
    """The peer's ``connect`` was accepted."""

    vhost: str
    app: str
    client: str
    """What the peer calls itself (``flashVer``)."""
    handshake: str
    """Its kind; empty where there is none."""
    handshake_s: float
    """Seconds from the beginning of the session to the end of the handshake."""
    protocol: str = ""
    """As in :class:`SessionBegan`: over HTTP it says the form, as in ``http-ts``."""


@attrs.frozen(kw_only=True)
class RequestRefused(Event):
    """The peer asked for something and was told no."""

    request: str
    """``connect``, ``publish`` or ``play``."""
    stream: str
    code: str
    detail: str


@attrs.frozen(kw_only=True)
class PublishBegan(Event):
    """The session holds the name now."""

    stream: str
    flow: str


@attrs.frozen(kw_only=True)
class FirstMedia(Event):
    """The first audio or video of a publish came, be it only a header."""

    stream: str
    kind: str
    """``audio`` or ``video``."""
    seconds: float
    """Since the publish was accepted."""


@attrs.frozen(kw_only=True)
class FirstKeyframe(Event):
    """The first keyframe of a publish came."""

    stream: str
    timestamp_ms: int
    """As it was sent."""
    seconds: float
    """Since the publish was accepted."""


@attrs.frozen(kw_only=True)
class HeaderChanged(Event):
    """A sequence header came that differs from the one before."""

    stream: str
    kind: str
    """``audio`` or ``video``."""
    timestamp_ms: int
    """As it was sent."""


@attrs.frozen(kw_only=True)
class PublishStalled(Event):
    """A publisher has sent nothing for longer than ``stall_after``."""

    stream: str
    seconds: float
    """How long it has been silent so far."""


@attrs.frozen(kw_only=True)
class PublishResumed(Event):
    """It sends again. A publish that ends while it is stalled does not."""

    stream: str
    seconds: float
    """How long it was silent."""


@attrs.frozen(kw_only=True)
class PublishEnded(Event):
    """The name is free again. Comes exactly once for each :class:`PublishBegan`."""

    stream: str
    reason: EndReason
    detail: str
    messages: int
    bytes: int


@attrs.frozen(kw_only=True)
class PlayBegan(Event):
    """The session reads the stream, published or not."""

    stream: str


@attrs.frozen(kw_only=True)
class PlayEnded(Event):
    """It reads no more. Comes exactly once for each :class:`PlayBegan`."""

    stream: str
    reason: EndReason
    detail: str
    bytes: int
    skipped: int
    """Messages it missed because it was too slow."""


@attrs.frozen(kw_only=True)
class SessionEnded(Event):
    """The connection is closed. Comes exactly once for each :class:`SessionBegan`."""

    reason: EndReason
    detail: str
    seconds: float
    bytes_in: int
    bytes_out: int


@attrs.frozen(kw_only=True)
class FaultTaken(Event):
    """A fault that was asked for was done to the session."""

    fault: str
    """Its name."""
    what: str
    """It, as text."""
    stream: str
    """The stream, as ``live/cam1``; empty where there is none yet."""
    detail: str
    """What else there is to say."""


@attrs.frozen(kw_only=True)
class FilesFailed(Event):
    """A stream that the session publishes cannot be written as files: the disk is full, or may not
    be written to. It is tried again; nobody else notices."""

    stream: str
    detail: str
    """What the system said."""


@attrs.frozen(kw_only=True)
class FilesWritten(Event):
    """It can be again."""

    stream: str
    failures: int
    """How often it was tried in vain."""
    lost: int
    """Segments that were listed no more before they could be written."""


Listener = Callable[[Event], None]


class Bus:
    """Tells every listener, at once and in order. A listener must not wait.

    A listener that raises is a bug; it is reported, and neither the others nor the session that
    spoke notice.
    """

    def __init__(self, supervisor: Supervisor | None = None) -> None:
        """
        Args:
            supervisor: is told of bugs in listeners.
        """
        self._supervisor = supervisor or Supervisor()
        self._listeners: list[Listener] = []
        self._of_streams: dict[str, list[Listener]] = {}

    def tell(self, event: Event) -> None:
        """Tell everybody who listens, one after the other, before this returns."""
        listeners = tuple(self._listeners)
        if self._of_streams:
            listeners += tuple(self._of_streams.get(getattr(event, "stream", ""), ()))
        for listener in listeners:
            try:
                listener(event)
            except Exception as bug:  # it must not end the session that spoke
                self._supervisor.report(f"a listener's turn at {type(event).__name__}", bug)

    def add(self, listener: Listener) -> None:
        """Tell ``listener`` everything that happens from now on, as long as there is this bus."""
        self._listeners.append(listener)

    @contextmanager
    def listening(self, listener: Listener, stream: str | None = None) -> Iterator[None]:
        """Tell ``listener`` everything that happens in the meantime.

        Args:
            stream: only what happens to this one. What happens to others then costs nothing,
                however many listen.
        """
        of_streams = self._of_streams
        listeners = self._listeners if stream is None else of_streams.setdefault(stream, [])
        listeners.append(listener)
        try:
            yield
        finally:
            listeners.remove(listener)
            if stream is not None and not listeners:
                del of_streams[stream]
