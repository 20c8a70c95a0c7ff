"""One play: the gate, the reader, and what a player may wait for. Floor 3."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import trio

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import PlayBegan, PlayEnded
from trio_srs.hub.dealings import ACCEPTED, Got
from trio_srs.hub.end import End
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.reader import Reader
from trio_srs.hub.settings import MissingPolicy
from trio_srs.hub.stream import Stream
from trio_srs.service.rtmp.activity import Activity
from trio_srs.service.rtmp.deadlines import NoPublisherError
from trio_srs.session.rtmp_events import AudioSwitched, Paused, PlayRequested, VideoSwitched
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Play", "StreamNotFoundError"]


class StreamNotFoundError(RefusedError):
    """Nobody publishes this name, and players may not wait for it."""

    code = "stream_not_found"
    srs_code = 2048
    rtmp_status = StatusCode.PLAY_STREAM_NOT_FOUND
    http_status = 404


class Play(Activity):
    """A peer's request to play on one message stream, and what came of it."""

    word: ClassVar[str] = "play"

    def __init__(self, connection: Connection, request: PlayRequested) -> None:
        super().__init__(connection, request.stream_id, request.name)
        self._duration_s = request.duration_s
        self._reader: Reader | None = None
        self._playing = ""
        self._audio = self._video = True
        self._total = Got()

    async def _run(self) -> None:
        """Decide, and read until the peer is done with it."""
        connection, context = self._connection, self._connection.context
        asked = connection.resolve(self.name)
        await context.gate.play(connection.asked(asked.said, asked.said.name))
        stream = context.hub.find(asked.key)
        if asked.settings.play_missing is MissingPolicy.REFUSE and (
            stream is None or not stream.publishing
        ):
            raise StreamNotFoundError(f"nobody publishes {asked.key}")
        connection.bear(self, asked.settings.stalled_timeout)
        connection.accept()  # before the reader is attached: the answers go before any media
        with context.hub.subscribe(
            asked.key, asked.settings, self._form(), connection.link
        ) as reader:
            try:
                self._begin(reader)
                connection.go_on()  # what lies behind the request may be about this reader
                stream = context.hub.find(asked.key)
                assert stream is not None  # it is there as long as anybody reads it
                await self._last(stream, asked.settings.play_missing_timeout)
            finally:
                self._detach()

    def _form(self) -> RtmpForm:
        size = self._connection.config.chunk_size
        return RtmpForm.of(size, self.stream_id, self._audio, self._video)

    def _begin(self, reader: Reader) -> None:
        connection, name = self._connection, reader.feed.name
        self._reader, self._playing = reader, name
        connection.began(self)
        connection.outgoing.readers.append(reader)
        self.request.stream, self.request.outcome = name, ACCEPTED
        self.request.measure = self._got
        connection.context.bus.tell(
            PlayBegan(session=connection.entry.id, peer=connection.entry.peer, stream=name)
        )

    def finish(self, end: End) -> None:
        """Read no more and tell the bus how the play ended."""
        name, self._playing = self._playing, ""
        if not name:
            return
        connection = self._connection
        self._detach()
        self.request.finish(end.reason, end.detail, self._total)
        connection.context.bus.tell(
            PlayEnded(
                session=connection.entry.id,
                peer=connection.entry.peer,
                stream=name,
                reason=end.reason,
                detail=end.detail,
                bytes=self._total.bytes,
                skipped=self._total.skipped,
            )
        )

    async def _last(self, stream: Stream, missing_s: float) -> None:
        """Wait for what ends a play: its duration, or a publisher that does not come."""
        duration_s = self._duration_s
        with trio.move_on_after(duration_s if duration_s > 0 else math.inf):
            await self._patience(stream, missing_s)
        connection = self._connection
        connection.session.end_stream(
            self.stream_id, StatusCode.PLAY_STOP, f"{self.name}: played {duration_s:g} s"
        )
        connection.link.flush()
        self.finish(End(EndReason.STREAM_CLOSED, "duration"))

    async def _patience(self, stream: Stream, missing_s: float) -> None:
        """Sleep until there has truly been no publisher for too long."""
        began = trio.current_time()
        while True:
            until = max(stream.idle_since, began) + missing_s
            with trio.CancelScope(deadline=math.inf if stream.publishing else until):
                await stream.changed.wait()
                continue
            if not stream.publishing:
                why = f"nobody published {stream.name} within {missing_s:g} s"
                self._connection.session.notify(
                    self.stream_id, StatusCode.PLAY_STREAM_NOT_FOUND, why
                )
                raise NoPublisherError(why)

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
        readers = self._connection.outgoing.readers
        changed = reader.feed.reform(reader, self._form(), keep_position=keep_position)
        if reader.paused:
            changed.pause()
        self._count(reader)
        readers[readers.index(reader)] = self._reader = changed

    def _detach(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            self._connection.outgoing.readers.remove(reader)
            reader.detach()
            self._count(reader)

    def _count(self, reader: Reader) -> None:
        """Add up what a reader that is detached was sent."""
        self._total = _with(self._total, reader)
        self._connection.bytes_played += reader.bytes_sent

    def _got(self) -> Got:
        """What it was sent so far."""
        return self._total if self._reader is None else _with(self._total, self._reader)


def _with(total: Got, reader: Reader) -> Got:
    return Got(
        bytes=total.bytes + reader.bytes_sent,
        stalls=total.stalls + reader.stalls,
        skips=total.skips + reader.skips,
        skipped=total.skipped + reader.skipped,
    )
