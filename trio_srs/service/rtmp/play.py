"""One play: the gate, the reader, and what a player may wait for. Floor 3."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import PlayBegan, PlayEnded
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.reader import Reader
from trio_srs.hub.settings import MissingPolicy, StreamSettings
from trio_srs.service.rtmp.context import Place
from trio_srs.service.rtmp.deadlines import NoPublisherError
from trio_srs.service.rtmp.end import End
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


class Play:
    """A peer's request to play on one message stream, and what came of it."""

    def __init__(self, connection: Connection, request: PlayRequested) -> None:
        self._connection = connection
        self._request = request
        self._scope = trio.CancelScope()
        self._reader: Reader | None = None
        self._audio = self._video = True
        self._sent = 0
        self._skipped = 0
        self._end: End | None = None

    async def run(self) -> None:
        """Decide, and read until the peer is done with it.

        Raises:
            NoPublisherError: nobody came to publish in time.
        """
        connection, request = self._connection, self._request
        try:
            with self._scope:
                await self._play()
        except RefusedError as refusal:
            connection.refuse("play", request.name, refusal)
        finally:
            connection.over(request.stream_id, self)

    async def _play(self) -> None:
        connection, context = self._connection, self._connection.context
        place = connection.find_place(self._request.name)
        await context.gate.play(connection.asked(place.stream, place.stream.name))
        live = context.hub.find(place.key)
        if place.settings.play_missing is MissingPolicy.REFUSE and (
            live is None or not live.publishing
        ):
            raise StreamNotFoundError(f"nobody publishes {place.key}")
        connection.link.stalled_after = place.settings.stalled_timeout
        connection.accept()  # before the reader is attached: the answers go before any media
        with context.hub.subscribe(
            place.key, place.settings, self._form(), connection.link
        ) as reader:
            self._reader = reader
            connection.outgoing.readers.append(reader)
            try:
                await self._told(place)
            finally:
                self._detach()

    def _form(self) -> RtmpForm:
        size = self._connection.config.chunk_size
        return RtmpForm.of(size, self._request.stream_id, self._audio, self._video)

    async def _told(self, place: Place) -> None:
        """Play between two words on the bus."""
        connection, bus = self._connection, self._connection.context.bus
        entry, stream_id = connection.entry, self._request.stream_id
        entry.plays[stream_id] = place.key
        bus.tell(PlayBegan(session=entry.id, peer=entry.peer, stream=place.key))

        def tell(end: End) -> None:
            bus.tell(
                PlayEnded(
                    session=entry.id,
                    peer=entry.peer,
                    stream=place.key,
                    reason=end.reason,
                    detail=end.detail,
                    bytes=self._sent,
                    skipped=self._skipped,
                )
            )

        forget = connection.at_end(tell)
        try:
            await self._last(place.settings)
        finally:
            entry.plays.pop(stream_id, None)
            if self._end is not None:
                self._detach()
                forget()
                tell(self._end)

    async def _last(self, settings: StreamSettings) -> None:
        """Wait for what ends a play: its duration, or a publisher that does not come."""
        duration_s = self._request.duration_s
        with trio.move_on_after(duration_s if duration_s > 0 else math.inf):
            await self._patience(settings)
            return
        name = self._request.name
        self._connection.session.end_stream(
            self._request.stream_id, StatusCode.PLAY_STOP, f"{name}: played {duration_s:g} s"
        )
        self._connection.link.flush()
        self._end = End(EndReason.STREAM_CLOSED, "duration")

    async def _patience(self, settings: StreamSettings) -> None:
        """Sleep until there has truly been no publisher for too long."""
        assert self._reader is not None
        live, began = self._reader.live, trio.current_time()
        patience = settings.play_missing_timeout
        while True:
            waits_since = max(live.idle_since, began)
            with trio.CancelScope(deadline=math.inf if live.publishing else waits_since + patience):
                await live.changed.wait()
                continue
            if not live.publishing:
                error = NoPublisherError(f"nobody published {live.name} within {patience:g} s")
                self._connection.session.notify(
                    self._request.stream_id, StatusCode.PLAY_STREAM_NOT_FOUND, str(error)
                )
                raise error

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
        changed = reader.live.reform(reader, self._form(), keep_position=keep_position)
        self._count(reader)
        readers[readers.index(reader)] = self._reader = changed

    def close(self, end: End) -> None:
        """End it because the peer said so; no media is sent after this returns."""
        self._end = end
        self._detach()
        self._scope.cancel()

    def _detach(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            self._connection.outgoing.readers.remove(reader)
            reader.detach()
            self._count(reader)

    def _count(self, reader: Reader) -> None:
        """Add up what a reader that is detached was sent."""
        self._sent += reader.bytes_sent
        self._skipped += reader.skipped
        self._connection.bytes_played += reader.bytes_sent
