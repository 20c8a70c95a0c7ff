"""The page to watch streams on, at ``/players/``: its files, and what it asks. Floor 3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import trio

from trio_srs.service.http.download import Download
from trio_srs.service.http.files import open_file
from trio_srs.service.http.stream_list import StreamList
from trio_srs.session.http_events import HttpRequest

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection
    from trio_srs.service.web.connection import Handler

__all__ = ["ENGINES", "PAGE_FIELDS", "PLAYERS", "WEB", "find_page"]

PLAYERS: Final = "players"
"""The first segment of its paths."""
WEB: Final = Path(__file__).with_name("web")
ENGINES: Final = ("vendor", "engines.json")
"""Which players of others came with the installation, by name: their versions."""
_LIST: Final = ("streams.json",)

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",  # blob: is how a script hands media to the browser
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
)
PAGE_FIELDS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-cache",  # another version of the server may have another page
    "Content-Security-Policy": "; ".join(_POLICY),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What is said with each of its files: nothing of anybody else has a place on it."""


class _ToFolder:
    """Sends whoever left out the last slash to where the page's own links are right."""

    def __init__(self, connection: HttpConnection, asked: HttpRequest) -> None:
        self._connection, self._asked = connection, asked

    async def handle(self) -> None:
        """Say where it is, from here: a proxy may have put it behind a path of its own."""
        query = urlencode(self._asked.target.query, quote_via=quote)
        fields = {"Location": f"{PLAYERS}/" + (f"?{query}" if query else "")}
        self._connection.answer(self._asked, 307, fields)

    def end(self) -> None:
        """It has ended before anybody could say so."""


class _NoEngines:
    """Says that this installation is without: it was made where there was no npm."""

    def __init__(self, connection: HttpConnection, asked: HttpRequest) -> None:
        self._connection, self._asked = connection, asked

    async def handle(self) -> None:
        """Say that there are none."""
        self._connection.answer_json(self._asked, 200, {})

    def end(self) -> None:
        """It has ended before anybody could say so."""


async def find_page(connection: HttpConnection, asked: HttpRequest) -> Handler | None:
    """Who answers a GET or HEAD below ``/players``; None if it is nothing of the page's."""
    segments = asked.target.segments[1:]
    if not segments and not asked.target.is_folder:
        return _ToFolder(connection, asked)
    if segments == _LIST:
        return StreamList(connection, asked)
    file = await trio.to_thread.run_sync(open_file, WEB, segments)
    if file is not None:
        return Download(connection, asked, file, PAGE_FIELDS)
    return _NoEngines(connection, asked) if segments == ENGINES else None
