"""One play from its beginning to its end, whoever it is by: all that belongs to it. Floor 2."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import trio

from trio_srs.errors import EndReason, PeerError, RefusedError
from trio_srs.hub.bus import PlayBegan, PlayEnded
from trio_srs.hub.derived import DerivedForm, derived_feed
from trio_srs.hub.end import End, EndOfBlock, end_of_block
from trio_srs.hub.forms import Form
from trio_srs.hub.participant import Participant
from trio_srs.hub.policy import Drop, Skip
from trio_srs.hub.quota import Place, TimeLimitError
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.session_requests import ACCEPTED, Request, RequestCounters
from trio_srs.hub.settings import MissingPolicy, StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.units import NEVER
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed
    from trio_srs.hub.hub import Hub

__all__ = ["NoPublisherError", "Playing", "StreamNotFoundError"]

_NOTHING: Final = RequestCounters()
"""What was sent before anything was."""


class StreamNotFoundError(RefusedError):
    """Nobody publishes this name, and players may not wait for it."""

    code = "stream_not_found"
    srs_code = 2048
    rtmp_status = StatusCode.PLAY_STREAM_NOT_FOUND
    http_status = 404


class NoPublisherError(PeerError):
    """Nobody came to publish what a player waits for."""

    code = "no_publisher"
    end = EndReason.NO_PUBLISHER


class Playing:
    """One play, for as long as its block lasts; see
    :meth:`Hub.playing <trio_srs.hub.hub.Hub.playing>`.

    Attributes:
        name: the stream's.
        settings: of the stream, when it began.
        request: what is told of it to those who ask about its session.
        reader: what is read with; None once it reads no more.
    """

    __slots__ = (
        "_before",
        "_began_at",
        "_derived",
        "_deriving",
        "_end_of",
        "_form",
        "_hub",
        "_outlet",
        "_place",
        "_player",
        "_policy",
        "_stream",
        "_tell",
        "name",
        "reader",
        "request",
        "settings",
    )

    def __init__(
        self,
        hub: Hub,
        name: str,
        settings: StreamSettings,
        form: Form,
        outlet: Outlet,
        player: Participant,
        *,
        policy: Skip | Drop | None = None,
        derived: DerivedForm | None = None,
        request: Request | None = None,
        end_of: EndOfBlock = end_of_block,
    ) -> None:
        self.name = name
        self.request = request or Request("play", name, 0, trio.current_time())
        self.reader: Reader | None = None
        self._hub, self.settings, self._player = hub, settings, player
        self._form, self._outlet, self._policy, self._derived = form, outlet, policy, derived
        self._end_of = end_of
        self._stream: Stream | None = None
        self._place: Place | None = None
        self._deriving: AbstractContextManager[Feed] | None = None
        self._before = _NOTHING
        self._began_at = 0.0
        self._tell: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        await self.enter()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end = self._end_of(error)
        if end is not None:
            self.finish(end)
        self.let_go()

    async def enter(self) -> None:
        """Begin, once it is known that there is a stream; see :meth:`begin`."""
        if not (self.can_begin or await self._hub.is_there(self.name, self.settings)):
            raise StreamNotFoundError(f"nobody publishes {self.name}")
        self.begin()

    @property
    def can_begin(self) -> bool:
        """Whether nobody has to be asked for the stream: :meth:`begin` may be called."""
        may_wait = self.settings.play_missing is MissingPolicy.WAIT
        return may_wait or self._hub.is_published(self.name)

    def begin(self) -> None:
        """What entering the block does, without waiting, for who calls :meth:`finish` and
        :meth:`let_go` by itself on every way out."""
        hub, name, settings, request = self._hub, self.name, self.settings, self.request
        self._place = hub.quotas.take(
            "play", name, user=request.account, peer=self._player.peer, settings=settings
        )
        self._began_at = trio.current_time()
        self._stream = stream = hub.want(name, settings)
        try:
            feed = stream.feed if self._derived is None else self._derive(stream, self._derived)
            self.reader = feed.attach(self._form, self._outlet, self._policy)
        except BaseException:
            self.let_go()
            raise
        request.stream, request.outcome, request.measure = name, ACCEPTED, self.counters
        player = self._player  # one who hears of it may end it
        hub.bus.tell(PlayBegan(session=player.session, peer=player.peer, stream=name))

    def _derive(self, stream: Stream, form: DerivedForm) -> Feed:
        """The form that is read in place of the stream itself, until :meth:`let_go`."""
        deriving = derived_feed(self._hub.streams, stream, form).using()
        feed = deriving.__enter__()
        self._deriving = deriving
        return feed

    def let_go(self) -> None:
        """It reads no more; how it ended may be told later. Idempotent."""
        self.detach()
        deriving, self._deriving = self._deriving, None
        if deriving is not None:
            deriving.__exit__(None, None, None)
        place, self._place = self._place, None
        if place is not None:
            place.give_back()
        stream, self._stream = self._stream, None
        if stream is not None:
            if self._tell is not None:
                stream.on_changed.pop(self._tell, None)
            self._hub.want_no_more(stream)

    def detach(self) -> None:
        """Read no more. Idempotent; the play goes on for those who are told of it."""
        reader, self.reader = self.reader, None
        if reader is not None:
            reader.detach()
            self._before = _with(self._before, reader)

    def counters(self) -> RequestCounters:
        """What was sent so far."""
        return self._before if self.reader is None else _with(self._before, self.reader)

    def reform(self, form: Form, *, keep_position: bool) -> Reader:
        """Go on with another form.

        Args:
            keep_position: see :meth:`.Feed.reform`.

        Returns:
            the reader from now on; the one before is detached.
        """
        old = self.reader
        assert old is not None  # it still reads
        changed = old.feed.reform(old, form, keep_position=keep_position)
        self._before = _with(self._before, old)
        self.reader = changed
        return changed

    async def watch(self) -> None:
        """Wait until there has truly been no publisher for too long, or the play lasted too long.

        Raises:
            NoPublisherError, TimeLimitError: see :meth:`check`.
        """
        stream = self._stream
        assert stream is not None  # it still reads
        while True:
            changed = stream.changed
            with trio.CancelScope(deadline=self.check(trio.current_time())):
                await changed.wait()

    def check(self, now: float) -> float:
        """Whether it may go on, for who has turns of its own.

        Returns:
            when to ask again, if the stream does not change before; see :meth:`tell_changes`.

        Raises:
            NoPublisherError: there was none for ``play_missing_timeout``.
            TimeLimitError: it has lasted for ``max_play_time``.
        """
        settings, stream = self.settings, self._stream
        most_s, missing_s = settings.max_play_time, settings.play_missing_timeout
        over_at = self._began_at + most_s
        if now >= over_at:
            raise TimeLimitError(f"{self.name}: a play may last {most_s:g} s")
        if stream is None or stream.publishing:
            return over_at
        missed_at = max(stream.idle_since, self._began_at) + missing_s
        if now >= missed_at:
            raise NoPublisherError(f"nobody published {stream.name} within {missing_s:g} s")
        return min(over_at, missed_at)

    def tell_changes(self, tell: Callable[[], None]) -> None:
        """Have it called when the publisher has left, if that matters, while the play goes on."""
        if self._stream is not None and self.settings.play_missing_timeout < NEVER:
            self._stream.on_changed[tell] = None
            self._tell = tell

    def finish(self, end: End) -> None:
        """It is over: it reads no more, and everybody is told. The first end holds."""
        if self.request.end is not None:
            return
        self.detach()
        counters = self._before
        self.request.finish(end.reason, end.detail, counters)
        self._hub.bus.tell(
            PlayEnded(
                session=self._player.session,
                peer=self._player.peer,
                stream=self.name,
                reason=end.reason,
                detail=end.detail,
                bytes=counters.bytes,
                skipped=counters.skipped,
            )
        )


def _with(before: RequestCounters, reader: Reader) -> RequestCounters:
    return RequestCounters(
        bytes=before.bytes + reader.bytes_sent,
        stalls=before.stalls + reader.stalls,
        skips=before.skips + reader.skips,
        skipped=before.skipped + reader.skipped,
    )
