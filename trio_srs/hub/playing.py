"""One play from its beginning to its end, whoever it is by: all that belongs to it. Floor 2."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from trio_srs.errors import EndReason, PeerError, RefusedError
from trio_srs.hub.bus import Bus, PlayBegan, PlayEnded
from trio_srs.hub.derived import DerivedForm
from trio_srs.hub.end import End, EndOfBlock, end_of_block
from trio_srs.hub.forms import Form
from trio_srs.hub.participant import Participant
from trio_srs.hub.policy import Drop, Skip
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.session_requests import ACCEPTED, Request, RequestCounters
from trio_srs.hub.settings import MissingPolicy, StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.hub.hub import Hub

__all__ = ["NoPublisherError", "Playing", "StreamNotFoundError", "playing"]


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
    """One play that goes on. Made by :meth:`Hub.playing <trio_srs.hub.hub.Hub.playing>`.

    Attributes:
        name: the stream's.
        request: what is told of it to those who ask about its session.
        reader: what is read with; None once it reads no more.
    """

    def __init__(
        self,
        bus: Bus,
        stream: Stream,
        reader: Reader,
        player: Participant,
        request: Request,
        missing_s: float,
    ) -> None:
        self.name = request.stream = stream.name
        self.request = request
        self.reader: Reader | None = reader
        self._bus = bus
        self._stream: Stream | None = stream
        self._player = player
        self._missing_s = missing_s
        self._before = RequestCounters()
        request.outcome = ACCEPTED
        request.measure = self.counters

    def begin(self) -> None:
        """Tell everybody; one who hears of it may end it."""
        player = self._player
        self._bus.tell(PlayBegan(session=player.session, peer=player.peer, stream=self.name))

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
        """Wait until there has truly been no publisher for too long.

        Raises:
            NoPublisherError: there was none for ``play_missing_timeout``.
        """
        stream, missing_s, began = self._stream, self._missing_s, trio.current_time()
        assert stream is not None  # it still reads
        while True:
            until = max(stream.idle_since, began) + missing_s
            with trio.CancelScope(deadline=math.inf if stream.publishing else until):
                await stream.changed.wait()
                continue
            if not stream.publishing:
                raise NoPublisherError(f"nobody published {stream.name} within {missing_s:g} s")

    def leave(self, end: End | None) -> None:
        """Read no more; tell how it ended if that is known already."""
        reader, self.reader, self._stream = self.reader, None, None
        if reader is not None:
            reader.detach()
            self._before = _with(self._before, reader)
        if end is not None:
            self.finish(end)

    def finish(self, end: End) -> None:
        """It is over: it reads no more, and everybody is told. The first end holds."""
        if self.request.end is not None:
            return
        self.leave(None)
        counters = self._before
        self.request.finish(end.reason, end.detail, counters)
        self._bus.tell(
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


@asynccontextmanager
async def playing(
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
) -> AsyncIterator[Playing]:
    """What :meth:`Hub.playing <trio_srs.hub.hub.Hub.playing>` promises."""
    if settings.play_missing is MissingPolicy.REFUSE and not await hub.is_there(name, settings):
        raise StreamNotFoundError(f"nobody publishes {name}")
    with hub.subscribe(name, settings, form, outlet, policy, derived) as reader:
        stream = hub.find(name)
        assert stream is not None  # it is there as long as anybody reads it
        request = request or Request("play", name, 0, trio.current_time())
        missing_s = settings.play_missing_timeout
        play = Playing(hub.bus, stream, reader, player, request, missing_s)
        play.begin()
        try:
            yield play
        except BaseException as error:
            play.leave(end_of(error))
            raise
        else:
            play.leave(end_of(None))


def _with(before: RequestCounters, reader: Reader) -> RequestCounters:
    return RequestCounters(
        bytes=before.bytes + reader.bytes_sent,
        stalls=before.stalls + reader.stalls,
        skips=before.skips + reader.skips,
        skipped=before.skipped + reader.skipped,
    )
