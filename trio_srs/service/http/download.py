"""A file as the answer to a request: whole or in part, or the word that it is the same. Floor 3."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.service.http.files import OpenFile
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_range import (
    RangeNotSatisfiableError,
    is_fresh,
    takes_gzip,
    wanted_range,
)

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["Download"]

_log = logging.getLogger(__name__)

NO_FIELDS: Final[Mapping[str, str]] = {}
_SLICE: Final = 256 * 1024
_GZIP_MOST: Final = 2**20
_GZIP_LEAST: Final = 512
_TEXT: Final = ("text/", "application/json", "application/xml", "application/dash+xml",
                "application/vnd.apple.mpegurl", "image/svg+xml")  # fmt: skip


class Download:
    """One file to one client, at the client's pace."""

    def __init__(
        self,
        connection: HttpConnection,
        asked: HttpRequest,
        file: OpenFile,
        fields: Mapping[str, str] = NO_FIELDS,
    ) -> None:
        """
        Args:
            fields: what else is said with the answer.
        """
        self._connection, self._asked, self._file = connection, asked, file
        self._more_fields = fields

    def end(self) -> None:
        """The server stops: what is begun has until the end of its grace."""

    async def handle(self) -> None:
        """Send it. Raises RangeNotSatisfiableError, and PeerError if the client is gone."""
        with self._file:
            await self._send(self._file)

    async def _send(self, file: OpenFile) -> None:
        connection, asked = self._connection, self._asked
        fields = {
            "Content-Type": file.content_type,
            "ETag": file.etag,
            "Last-Modified": file.last_modified,
            "Cache-Control": self._cache_control,
            "Accept-Ranges": "bytes",
            **dict(connection.context.cors(asked)),
            **self._more_fields,
        }
        if is_fresh(asked.headers, file.etag):
            connection.session.answer(304, fields)
            return
        try:
            part = wanted_range(asked.headers, file.size, file.etag)
        except RangeNotSatisfiableError as refusal:
            unknown = {"Content-Range": f"bytes */{file.size}"}
            connection.answer(asked, 416, unknown, f"{refusal}\n".encode())
            return
        if part is None and _shrinks(asked.headers, file):
            await self._send_packed(file, fields)
            return
        start, end, status = 0, file.size, 200
        if part is not None:
            start, end, status = part.start, part.end, 206
            fields["Content-Range"] = part.content_range
        connection.session.begin(status, fields, end - start)
        await self._send_bytes(file, start, end)
        connection.session.finish()

    @property
    def _cache_control(self) -> str:
        seconds = int(self._connection.context.config.folder_max_age)
        # With "no-cache" it may be kept, and has to be asked about.
        return f"public, max-age={seconds}" if seconds else "no-cache"

    async def _send_bytes(self, file: OpenFile, at: int, end: int) -> None:
        connection, asked = self._connection, self._asked
        while at < end and asked.method != "HEAD":
            data = await trio.to_thread.run_sync(file.read, at, min(_SLICE, end - at))
            if not data:
                _log.warning("%s: a file became shorter while it was sent", asked.line)
                connection.cut()  # the client must not take what follows for the rest of it
                await trio.lowlevel.checkpoint()
            connection.session.send_body(data)
            await connection.flush()
            at += len(data)

    async def _send_packed(self, file: OpenFile, fields: dict[str, str]) -> None:
        data = await trio.to_thread.run_sync(file.read, 0, file.size)
        packed = await trio.to_thread.run_sync(gzip.compress, data, 6)
        fields |= {"Content-Encoding": "gzip", "ETag": f"W/{file.etag}"}
        fields["Vary"] = ", ".join(filter(None, (fields.get("Vary"), "Accept-Encoding")))
        del fields["Accept-Ranges"]
        self._connection.session.answer(200, fields, packed)


def _shrinks(headers: Mapping[str, str], file: OpenFile) -> bool:
    """Whether the client takes gzip, and it is worth it."""
    is_worth_it = _GZIP_LEAST <= file.size <= _GZIP_MOST and file.content_type.startswith(_TEXT)
    return is_worth_it and takes_gzip(headers)
