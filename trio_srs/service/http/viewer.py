"""A viewer: a live stream as the answer to a request, or as WebSocket messages. Floor 3."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

import attrs
import trio

from trio_srs.errors import EndReason, ProtocolError, RefusedError
from trio_srs.hub.cursor import Begin
from trio_srs.hub.end import End, told_later
from trio_srs.hub.outgoing import Outgoing
from trio_srs.hub.playing import NoPublisherError, Playing, StreamNotFoundError
from trio_srs.hub.reader import Reader
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.net.link import PeerClosedError
from trio_srs.net.transport import Transport
from trio_srs.service.http.media_session import MediaSession
from trio_srs.service.http.view import View
from trio_srs.session.base import Need
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.websocket import binary_head

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection
    from trio_srs.session.http_websocket import WebSocketSession

__all__ = ["Viewer"]

_GOING_AWAY: Final = 1001
_CODES: Final = {EndReason.NO_PUBLISHER: 1000, EndReason.PROTOCOL_ERROR: 1002}
"""Why a WebSocket is closed (RFC 6455 7.4.1)."""
_OWED_MOST: Final = 64 * 1024
"""Answers to pings owed to a viewer before we stop listening to it."""


class _NotYet:
    """Where the bytes of a viewer go before the head of its answer is said: nowhere."""

    busy: Final = True

    def offer(self, _data: bytes, /) -> int:
        """Nobody does while it is busy."""
        raise BlockingIOError

    def owe(self, _pieces: Sequence[memoryview]) -> None:
        """Nothing was taken in part."""

    def wake(self) -> None:
        """It is looked at when the head is said."""

    def broke(self, _error: OSError) -> None:
        """Nothing can break here."""


class WebSocketBrokenError(ProtocolError):
    """A viewer sent what is no WebSocket frame, or one that is too long."""

    code = "websocket_broken"


class NotCarriedError(RefusedError):
    """A stream of which nothing can be had in the form that was asked for."""

    code = "not_carried"
    http_status = 406


class Viewer(MediaSession):
    """Gets a stream in one form, from its newest keyframe on, for as long as it goes on."""

    what: ClassVar[str] = "play"

    def __init__(
        self, connection: HttpConnection, asked: HttpRequest, name: str, view: View
    ) -> None:
        scheme = connection.protocol
        if asked.wants_websocket:
            scheme = scheme.replace("http", "ws")
        super().__init__(connection, asked, name, f"{scheme}-{view.name}")
        self._view = view
        self._form = view.in_messages if asked.wants_websocket else view.form
        self._play: Playing | None = None
        self._websocket: WebSocketSession | None = None
        self._outgoing: Outgoing | None = None

    @property
    def bytes_played(self) -> int:
        """Of its play, which is over."""
        return self.request.counters.bytes

    def finish(self, end: End) -> None:
        """Read no more, and tell how the play ended."""
        if self._play is not None:
            self._play.finish(end)
        if self._websocket is not None and end.reason is not EndReason.FAULT:  # without a word
            self._websocket.close(_CODES.get(end.reason, _GOING_AWAY), str(end.reason))
            self.link.flush()

    async def run(self) -> None:
        """Wait for the stream, answer, and last until the viewer or the stream is gone."""
        stream = await self.resolve()
        settings = attrs.evolve(
            stream.settings, play_missing_timeout=self.context.config.republish_timeout
        )
        link = self.link
        stalled_after, link.stalled_after = link.stalled_after, settings.stalled_timeout
        try:
            await self._play_it(stream, settings)
        finally:  # if it is refused the connection goes on, with its own limits and tasks
            self.connection.on_work, link.stalled_after = None, stalled_after

    async def _play_it(self, stream: ResolvedStream, settings: StreamSettings) -> None:
        self._outgoing = outgoing = Outgoing(self.link, self.start_soon)
        self.connection.on_work = outgoing.wake
        self.start_soon(self._listen, outgoing)
        async with self.context.hub.playing(
            stream.key,
            settings,
            self._form,
            _NotYet(),
            self.participant,
            derived=self._view.derived,
            request=self.request,
            end_of=told_later,
        ) as play:
            self._play = play
            try:
                await self._watch(play, outgoing)
            finally:
                outgoing.readers.clear()

    async def _watch(self, play: Playing, outgoing: Outgoing) -> None:
        reader, live = play.reader, self.context.hub.find(play.name)
        assert reader is not None  # it has just begun
        assert live is not None  # it is there as long as anybody reads it
        await self._until_there(live, reader)
        self._answer(live)
        if self._websocket is not None:  # what it has said meanwhile
            self._check_closed(self._websocket)
        if self.asked.method == "HEAD":
            return
        outgoing.readers.append(reader)
        reader.deliver_to(self.link)
        with suppress(NoPublisherError):
            await play.watch()
        await self._until_sent(reader, outgoing, live.settings.send_interval)
        self.conclude(End(EndReason.NO_PUBLISHER, f"{play.name} is no longer published"))

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """Put a transport between it and its own, at any time."""
        super().interpose(wrap)
        for reader in self._outgoing.readers if self._outgoing is not None else ():
            reader.deliver_to(self.link)

    # --------------------------------------------------------- the beginning

    async def _until_there(self, live: Stream, reader: Reader) -> None:
        """Wait until there is something to see, and it is known of what kinds."""
        missing_s = self.context.config.missing_timeout
        with trio.move_on_after(missing_s), reader.feed.cursor(begin=Begin.NOW) as cursor:
            while (settles_at := self._settles_at(live, reader)) > trio.current_time():
                with trio.move_on_at(settles_at):
                    await anext(cursor, None)  # something came, or a publisher went
            return
        if live.publishing and (why := self._view.nothing(live)):
            raise NotCarriedError(f"nothing of {live.name} can be had as {self._view.name}: {why}")
        if math.isinf(self._view.settles_at(live)):
            what = "sends media" if live.publishing else f"publishes {live.name}"
            raise StreamNotFoundError(f"nobody {what}, also after {missing_s:g} s")

    def _settles_at(self, live: Stream, reader: Reader) -> float:
        """When it is known what there is to see; see :attr:`.View.settles_at`."""
        waits = reader.position < reader.feed.log.end
        if waits and not live.publishing and any(live.tracks):
            return trio.current_time()  # a publish came and went meanwhile: that is all of it
        return self._view.settles_at(live)

    def _answer(self, live: Stream) -> None:
        """Say the head: of the answer, and of the file."""
        connection, file_head = self.connection, self._view.head(live)
        if self.asked.wants_websocket:
            if file_head:
                file_head = binary_head(len(file_head)) + file_head
            self._upgrade()
        else:
            fields = {"Content-Type": self._view.content_type, "Cache-Control": "no-store"}
            fields |= self.context.cors(self.asked)
            connection.session.begin_endless(200, fields)
        self.has_answered = True
        head = b"" if self.asked.method == "HEAD" else file_head
        self.link.say(self.link.session.data_to_send() + head)

    def _upgrade(self) -> None:
        """Go on with WebSocket messages. Raises WebSocketError."""
        from trio_srs.session.http_websocket import WebSocketSession  # few viewers need it

        connection = self.connection
        self._websocket = WebSocketSession(
            self.asked, connection.session.hand_over(), server=self.context.server_name
        )
        self.link.hand_to(self._websocket)

    # ---------------------------------------------------------------- the end

    async def _listen(self, outgoing: Outgoing) -> None:
        """Notice that the viewer is gone; what else it says is of no interest."""
        link = self.link
        while await link.receive():
            if self._websocket is not None:
                link.flush()
                self._check_closed(self._websocket)
            if link.busy and link.owed > _OWED_MOST:
                await outgoing.relieved()
        raise PeerClosedError(PeerClosedError.TEXT)

    def _check_closed(self, websocket: WebSocketSession) -> None:
        event = websocket.next_event()
        if isinstance(event, Need):
            return
        if event.by_peer:
            raise PeerClosedError(f"the viewer closed: {event.code} {event.reason}".rstrip())
        raise WebSocketBrokenError(f"{event.reason or 'no WebSocket frames'} ({event.code})")

    async def _until_sent(self, reader: Reader, outgoing: Outgoing, send_interval: float) -> None:
        """What was published at the end is still on its way."""
        with trio.move_on_after(self.context.config.close_timeout):
            await trio.sleep(send_interval)  # for readers that keep up
            while reader.attached and reader.position < reader.feed.log.end:
                await outgoing.relieved()
                await trio.lowlevel.checkpoint()
