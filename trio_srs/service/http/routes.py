"""Which request is whose: streams by the ending of their name, files, and all that is neither.

Floor 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.access import RedirectError
from trio_srs.service.http.context import HttpContext
from trio_srs.service.http.download import Download
from trio_srs.service.http.files import OpenFile, open_file
from trio_srs.service.http.ingest import HttpPublisher
from trio_srs.service.http.routed import RoutedAnswer
from trio_srs.service.http.view import VIEWS, find_view
from trio_srs.service.http.viewer import Viewer
from trio_srs.service.web.connection import Handler
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_target import HttpTarget

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["find_handler", "find_ready"]

_READS: Final = frozenset({"GET", "HEAD"})
_PLAYERS: Final = ("players",)
_WRITES: Final = frozenset({"POST", "PUT"})


class NoSuchPathError(RefusedError):
    """Nothing is served under this path."""

    code = "no_such_path"
    http_status = 404


class MethodNotAllowedError(RefusedError):
    """What is there cannot be done that with."""

    code = "method_not_allowed"
    http_status = 405


Make = Callable[["HttpConnection", HttpRequest, str], Handler]

PUBLISHES: Final[Mapping[str, Make]] = {".flv": HttpPublisher}
"""Forms in which a stream may be published."""


class _Options:
    """The answer to OPTIONS, whatever is there."""

    def __init__(self, connection: HttpConnection, asked: HttpRequest) -> None:
        self._connection, self._asked = connection, asked

    async def handle(self) -> None:
        """Say what may be asked."""
        context = self._connection.context
        self._connection.session.answer(204, context.preflight(self._asked))

    def end(self) -> None:
        """It has ended before anybody could say so."""


async def find_handler(connection: HttpConnection, asked: HttpRequest) -> Handler:
    """Who answers a request.

    A file wins over the page to watch on, and over a stream of the same name.

    Raises:
        RefusedError: nobody does.
    """
    method, config = asked.method, connection.context.config
    if method == "OPTIONS":
        return _Options(connection, asked)
    if method in _READS and config.folder is not None:
        file = await _find_file(config.folder, asked.target)
        if file is not None:
            return Download(connection, asked, file)
    if method in _READS and config.players and asked.target.segments[:1] == _PLAYERS:
        from trio_srs.service.http.players import find_page  # when somebody wants to look

        page = await find_page(connection, asked)
        if page is not None:
            return page
    if method in _READS and (answer := _find_route(connection, asked)) is not None:
        return answer
    name, ending = _named(asked)
    view = find_view(ending, config)
    if method in _READS and view is not None:
        return Viewer(connection, asked, name, view)
    if method in _WRITES and ending in PUBLISHES and config.publish:
        return PUBLISHES[ending](connection, asked, name)
    raise _nobody(method, asked.target.path[:200], connection.context)


def find_ready(connection: HttpConnection, asked: HttpRequest) -> RoutedAnswer | None:
    """What another service answers to GET or HEAD, if that is known without a look at any file.

    Raises:
        RefusedError: it says no.
    """
    segments = asked.target.segments
    if (segments and segments[0] == _PLAYERS[0]) or connection.context.config.folder is not None:
        return None
    return _find_route(connection, asked)


def _nobody(method: str, path: str, context: HttpContext) -> RefusedError:
    """Why nobody answers, and what could have been meant."""
    config = context.config
    if method in _READS:
        page = ", and a page that plays them at /players/" if config.players else ""
        forms = (*VIEWS, *(each.stream_ending for each in context.routes if each.stream_ending))
        return NoSuchPathError(
            f"nothing is served at {path}: streams are at /app/stream with one of "
            f"{', '.join(forms)} behind{page}"
        )
    why = ""
    if method in _WRITES:
        endings = f"streams are published to /app/stream with {', '.join(PUBLISHES)} behind"
        why = f": {endings if config.publish else 'http.publish is off'}"
    return MethodNotAllowedError(f"{method[:20]} is not for {path}{why}")


def _find_route(connection: HttpConnection, asked: HttpRequest) -> RoutedAnswer | None:
    """What another service serves under that path, if one does. Raises RefusedError: it is not
    for this client."""
    client = connection.web_client(asked)
    for route in connection.context.routes:
        answer = route.answer(asked, client)
        if answer is not None:
            return RoutedAnswer(connection, asked, answer)
    return None


async def _find_file(folder: Path, target: HttpTarget) -> OpenFile | None:
    """The file that is meant, open. Raises RedirectError: it is the index of a folder, and links
    in it would mean something else without the slash."""
    file = await trio.to_thread.run_sync(open_file, folder, target.segments)
    if file is None or file.is_index == target.is_folder or not target.segments:
        return file
    file.close()
    if not file.is_index:
        return None
    query = urlencode(target.query)
    raise RedirectError(quote(target.path) + "/" + (f"?{query}" if query else ""))


def _named(asked: HttpRequest) -> tuple[str, str]:
    """The name of the stream that a path may mean, and its ending; empty for other paths."""
    segments = asked.target.segments
    if len(segments) < 2 or asked.target.is_folder:
        return "", ""
    name, dot, ending = segments[-1].rpartition(".")
    return (name, dot + ending.lower()) if name else ("", "")
