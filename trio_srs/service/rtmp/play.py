"""One play: the gate, and what it means for its connection. Floor 3."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.end import End, told_later
from trio_srs.hub.forms import Form, RtmpForm
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.playing import NoPublisherError, Playing
from trio_srs.hub.publishing import Publishing
from trio_srs.hub.reader import Reader
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.service.rtmp.activity import Activity
from trio_srs.session.rtmp_events import AudioSwitched, Paused, PlayRequested, VideoSwitched
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Play"]


class Play(Activity):
    """A peer's request to play on one message stream, and what came of it."""

    word: ClassVar[str] = "play"

    __slots__ = ("_audio", "_duration_s", "_over_at", "_playing", "_reader", "_video", "_wraps")

    def __init__(self, connection: Connection, request: PlayRequested) -> None:
        super().__init__(connection, request.stream_id, request.name)
        self._duration_s = request.duration_s
        self._over_at = math.inf
        self._playing: Playing | None = None
        self._reader: Reader | None = None
        self._audio = self._video = True
        self._wraps: tuple[Callable[[Form], Form], ...] = ()

    async def _ask(self, request: AccessRequest) -> ResolvedStream:
        return await self._connection.context.access.play(request)

    def _hold(self, stream: ResolvedStream) -> Playing:
        connection = self._connection
        return connection.context.hub.playing(
            stream.key,
            stream.settings,
            self._form(),
            connection.link,
            connection.participant(),
            request=self.request,
            end_of=told_later,
        )

    def _form(self) -> Form:
        size = self._connection.session.core.chunk_size_out
        form: Form = RtmpForm.of(size, self.stream_id, self._audio, self._video)
        for wrap in self._wraps:
            form = wrap(form)
        return form

    def wrap_form(self, wrap: Callable[[Form], Form]) -> None:
        """Read in another form from here on, which is made of its own: a fault wants it."""
        self._wraps += (wrap,)
        if self._reader is not None:
            self._reform(self._reader, keep_position=True)

    def _began(self, held: Playing | Publishing) -> None:
        assert isinstance(held, Playing)  # what _hold() made
        connection = self._connection
        self._playing, self._reader = held, held.reader
        if self._duration_s > 0:
            self._over_at = trio.current_time() + self._duration_s
        connection.bear(self, held.settings.stalled_timeout)
        connection.accept()
        if self._reader is not None:  # nobody who heard of it has ended it
            connection.outgoing.readers.append(self._reader)
            if self._wraps:  # since who heard that it began
                self._reform(self._reader, keep_position=True)
        connection.began(self)
        held.tell_changes(connection.check_soon)
        connection.send_beginning_soon()

    def finish(self, end: End) -> None:
        """Read no more and tell how the play ended."""
        playing, self._playing = self._playing, None
        if playing is None:
            return
        connection, reader = self._connection, self._reader
        self._reader = None
        if reader is not None:  # nothing is sent for it any more
            connection.outgoing.readers.remove(reader)
        playing.finish(end)
        playing.let_go()
        connection.bytes_played += playing.counters().bytes
        connection.over(self)

    def check(self, now: float) -> float:
        """Look for what ends a play: its duration, or a publisher that does not come."""
        connection, playing = self._connection, self._playing
        if playing is None:
            return math.inf
        if now >= self._over_at:
            connection.session.end_stream(
                self.stream_id, StatusCode.PLAY_STOP, f"{self.name}: played {self._duration_s:g} s"
            )
            connection.link.flush()
            self.finish(End(EndReason.STREAM_CLOSED, "duration"))
            return math.inf
        try:
            return min(self._over_at, playing.check(now))
        except NoPublisherError as error:
            code = StatusCode.PLAY_STREAM_NOT_FOUND
            connection.session.notify(self.stream_id, code, str(error))
            raise

    # ---------------------------------------------------------------- changes

    def switch(self, event: Paused | AudioSwitched | VideoSwitched) -> None:
        """The player paused, went on, or wants more or less; it has been answered."""
        reader = self._reader
        if reader is None:
            return
        match event:
            case Paused(_, True):
                reader.pause()
            case Paused():
                reader.resume()
            case AudioSwitched(_, wanted):
                self._audio = wanted
                self._reform(reader, keep_position=True)
            case VideoSwitched(_, wanted):
                # Without the frames before, a picture can only begin at the next keyframe.
                keep = self._video or not wanted
                self._video = wanted
                self._reform(reader, keep_position=keep)

    def _reform(self, reader: Reader, *, keep_position: bool) -> None:
        readers, playing = self._connection.outgoing.readers, self._playing
        assert playing is not None  # it has a reader
        changed = playing.reform(self._form(), keep_position=keep_position)
        readers[readers.index(reader)] = self._reader = changed
