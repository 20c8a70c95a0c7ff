"""What happens at a server that waits for one stream: who came, who did not, and why. Floor 6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    Event,
    FirstMedia,
    PlayBegan,
    PublishBegan,
    PublishEnded,
    RequestRefused,
    SessionBegan,
    SessionConnected,
    SessionEnded,
)

__all__ = ["ObservedPublish", "RunObserver"]

_MOST_TOLD: Final = 20
_FORM_HINT: Final = (
    "; an encoder that writes another container than FLV sends nothing: ffmpeg needs -f flv"
)
_GOOD_ENDS: Final = (EndReason.PEER_FIN, EndReason.STREAM_CLOSED, EndReason.SHUTDOWN)


@attrs.define(eq=False)
class ObservedPublish:
    """One publish of the stream that is waited for."""

    session: str
    has_media: bool = False
    """Whether audio or video came."""
    media_at: float = 0.0
    """When it did first, on Trio's clock."""
    ended: bool = False


@attrs.define(eq=False)
class _Session:
    """A connection, as far as it matters why nothing was published on it."""

    peer: str
    connected: bool = False
    asked: bool = False
    """Whether it was let publish or play, or refused."""
    is_source: bool = False
    """Whether it publishes what is given to the publisher to pull."""


class RunObserver:
    """Hears what a server's bus tells, and lets one task wait for it.

    Attributes:
        stream: the name that is waited for; None until it is known, which is when somebody
            publishes whatever it may be.
        publishes: those of that name, in order.
        happened: what else happened, a sentence each.
    """

    def __init__(self, stream: str | None, *, source: str | None = None) -> None:
        """
        Args:
            stream: the name to wait for; None for the first that is published.
            source: the name of what is given to the publisher to pull, which does not count.
        """
        self.stream = stream
        self.publishes: list[ObservedPublish] = []
        self.happened: list[str] = []
        self.source_wanted = trio.Event()
        """Set when somebody plays the source."""
        self.on_publish: Callable[[str], None] | None = None
        """Called with the name as soon as a publish of it begins, before its first message."""
        self._source = source
        self._sessions: dict[str, _Session] = {}
        self._news = trio.Event()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is connected who might still publish the stream, or is publishing it."""
        return all(session.is_source for session in self._sessions.values())

    def wake(self) -> None:
        """Let who waits look again."""
        self._news.set()
        self._news = trio.Event()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so; it is looked at whenever something has happened."""
        while not is_so():
            await self._news.wait()

    def hear(self, event: Event) -> None:
        """Take what a server's bus tells, and wake who waits if it matters."""
        match event:
            case SessionBegan():
                self._sessions[event.session] = _Session(event.peer)
            case SessionConnected():
                self._sessions[event.session].connected = True
            case RequestRefused():
                self._refused(event)
            case PublishBegan():
                self._published(event)
            case FirstMedia():
                for publish in self._of(event):
                    publish.has_media, publish.media_at = True, trio.current_time()
            case PublishEnded():
                self._unpublished(event)
            case PlayBegan():
                self._played(event)
            case SessionEnded():
                self._closed(event)
            case _:
                return
        self.wake()

    def _of(self, event: Event) -> list[ObservedPublish]:
        """The publish that is on, if the event is of its session and stream."""
        return [
            publish
            for publish in self.publishes[-1:]
            if not publish.ended
            and publish.session == event.session
            and _stream(event) == self.stream
        ]

    def _tell(self, sentence: str) -> None:
        if len(self.happened) < _MOST_TOLD:
            self.happened.append(sentence)

    def _ask(self, event: Event) -> None:
        if (session := self._sessions.get(event.session)) is not None:
            session.asked = True

    def _refused(self, event: RequestRefused) -> None:
        self._ask(event)
        what = f"{event.request} {event.stream}".rstrip()
        self._tell(f"{what} by {event.peer} was refused: {event.code}: {event.detail}")

    def _published(self, event: PublishBegan) -> None:
        self._ask(event)
        if event.stream == self._source:
            self._sessions[event.session].is_source = True
            return
        if self.stream is None:
            self.stream = event.stream
        if event.stream != self.stream:
            self._tell(f"{event.stream} was published by {event.peer}")
            return
        self.publishes.append(ObservedPublish(event.session))
        if self.on_publish is not None:
            self.on_publish(event.stream)

    def _unpublished(self, event: PublishEnded) -> None:
        for publish in self._of(event):
            publish.ended = True
            if not publish.has_media:
                self._tell(
                    f"{event.stream} was published by {event.peer}, and ended without audio or "
                    f"video: {_why(event.reason, event.detail)}{_FORM_HINT}"
                )

    def _played(self, event: PlayBegan) -> None:
        self._ask(event)
        if event.stream == self._source:
            self.source_wanted.set()
        else:
            self._tell(f"{event.stream} was played by {event.peer}")

    def _closed(self, event: SessionEnded) -> None:
        session = self._sessions.pop(event.session, None)
        if session is None or session.asked:
            return
        done = "connected" if session.connected else "opened a connection"
        why = "" if event.reason in _GOOD_ENDS else f": {_why(event.reason, event.detail)}"
        self._tell(f"{event.peer} {done} and left without publishing{why}")


def _stream(event: Event) -> str:
    name: str = getattr(event, "stream", "")
    return name


def _why(reason: EndReason, detail: str) -> str:
    return f"{reason}: {detail}" if detail else f"{reason}"
