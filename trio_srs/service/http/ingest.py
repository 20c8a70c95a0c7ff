"""A publisher over HTTP: FLV as the body of a POST or PUT. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.end import End, told_later
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.publishing import Publishing
from trio_srs.service.http.media_session import MediaSession
from trio_srs.session.http_events import HttpBody, HttpRequest
from trio_srs.wire.flv.tag import FlvError, FlvReader
from trio_srs.wire.flv.tag_messages import TAG_TYPES, message_of
from trio_srs.wire.rtmp.message import Message

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["BadFlvBodyError", "HttpPublisher"]


class BadFlvBodyError(RefusedError):
    """What was posted to be published is no FLV, or ends within a tag."""

    code = "bad_flv_body"
    http_status = 400


class HttpPublisher(MediaSession):
    """Publishes a stream for as long as the body of a request lasts."""

    what: ClassVar[str] = "publish"

    def __init__(self, connection: HttpConnection, asked: HttpRequest, name: str) -> None:
        super().__init__(connection, asked, name, f"{connection.protocol}-flv")
        self._publish: Publishing | None = None

    def finish(self, end: End) -> None:
        """Give the name back, and tell how the publish ended."""
        if self._publish is not None:
            self._publish.finish(end)

    async def run(self) -> None:
        """Take the name, and what comes, until the body ends."""
        stream = await self.resolve()
        publisher = PublisherInfo(
            **attrs.asdict(self.participant), accepted_at=self.entry.began_at, flow="flv"
        )
        async with self.context.hub.publishing(
            stream.key,
            stream.settings,
            publisher,
            request=self.request,
            revoke=self.entry.end,
            end_of=told_later,
        ) as publish:
            self._publish = publish
            self.connection.session.proceed()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(publish.watch)
                await self._take(publish)
                nursery.cancel_scope.cancel()
        counters = publish.counters()
        self.connection.answer_json(
            self.asked,
            200,
            {"stream": stream.key, "messages": counters.messages, "bytes": counters.bytes},
        )
        self.has_answered = True

    async def _take(self, publish: Publishing) -> None:
        """Append each tag as soon as it is whole."""
        reader = FlvReader()
        try:
            while isinstance(event := await self.connection.next_event(), HttpBody):
                reader.feed(event.data)
                publish.append_all(_messages(reader), trio.current_time())
                await trio.lowlevel.checkpoint()
            if reader.header is None and not reader.pending:
                raise BadFlvBodyError("the body is empty: no FLV came")
            if reader.pending:
                raise BadFlvBodyError(f"the body ends within a tag, {reader.pending} bytes in")
        except FlvError as error:
            raise BadFlvBodyError(str(error)) from error


def _messages(reader: FlvReader) -> list[Message]:
    """The media of the tags that are whole; what FLV reserves is passed over."""
    tags = iter(reader.next_tag, None)
    return [message_of(tag) for tag in tags if tag.type_id in TAG_TYPES]
