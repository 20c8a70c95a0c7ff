"""Plain requests to read something, answered without the application: at a fraction of its cost.

Floor 3. A platform asks for streams and clients again and again, and most of what that costs is an
application's work to find out which function is meant, and with what. Here that is known before.

What is out of the ordinary in any way is left to the application: another method or path, a page of
another site, a parameter that is unknown, said twice, percent-encoded or not what its type says. So
there is one place that says what is wrong with a request. Both answer alike: a test compares them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import attrs
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from trio_srs.errors import RefusedError
from trio_srs.hub.access_rule import Permission
from trio_srs.service.api.admission import admit
from trio_srs.service.api.beginning import begin
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import encode
from trio_srs.service.api.error_answers import Located, bug_answer, refusal_answer
from trio_srs.service.api.names import Asgi

__all__ = ["shortened"]

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""A part of a path that is what it says, however it is read."""
_VALUE: Final = re.compile(r"[A-Za-z0-9_./:,*-]+")
"""A value in a query of which that is so."""
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
_ANY: Final = "*"
_BEGINNING_S: Final = 0.0002
"""What such a request takes beside what its function says that it takes."""

_Reader = Callable[[str], Any]


class _NotPlainError(Exception):
    """It is for the application to find out what is meant."""


def shortened(app: Asgi, context: ApiContext, functions: Iterable[HTTPRouteHandler]) -> Asgi:
    """Answer plain requests to some functions without the application.

    Args:
        functions: those; none of them is about what follows its answer, or may be asked by a page
            of another site.
    """
    ways = {way.pattern: way for way in map(_ShortWay.to, functions)}
    longest = max(pattern.count(_ANY) for pattern in ways)

    async def front(scope: Any, receive: Any, send: Any) -> None:
        asked = _Asked.of(scope)
        if asked is not None:
            for segments in range(longest + 1):
                before, values = _parted(scope["path"], segments)
                way = ways.get(before + f"/{_ANY}" * segments)
                if way is None:
                    continue
                try:
                    arguments = way.arguments(values, scope["query_string"].decode("latin-1"))
                except _NotPlainError:
                    break
                await _answer(context, way, asked, arguments, send)
                return
        await app(scope, receive, send)

    return front


@attrs.frozen
class _Asked:
    """A request as far as it matters who is let in."""

    scope: Mapping[str, Any]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> _Asked | None:
        """One that may be plain: nothing where it cannot be."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        return None if "origin" in headers else cls(scope, headers)


def _parted(path: str, segments: int) -> tuple[str, list[str]]:
    """The front of a path, and its last segments."""
    before, *values = path.removesuffix("/").rsplit("/", segments)
    return before, values


@attrs.frozen
class _ShortWay:
    """The way to a function."""

    pattern: str
    """Its path, with ``*`` for each parameter: those are at the end."""
    function: Callable[..., Any]
    names: tuple[str, ...]
    """Of the parameters in the path."""
    readers: Mapping[str, _Reader]
    """Of those in the query."""
    takes_any: bool
    """Whether what is unknown in the query is left out in silence."""

    @classmethod
    def to(cls, handler: HTTPRouteHandler) -> _ShortWay:
        """The way to what a handler calls. Raises TypeError: a parameter is of no type that is
        known here."""
        [path] = handler.paths
        function: Callable[..., Any] = handler.fn
        return cls(
            re.sub(r"\{\w+:str\}", _ANY, path),
            function,
            tuple(re.findall(r"\{(\w+):str\}", path)),
            dict(_query_readers(function)),
            bool(handler.opt.get("any_query")),
        )

    def arguments(self, values: Iterable[str], query: str) -> dict[str, Any]:
        """What the function is called with.

        Raises:
            _NotPlainError: that is not plain to see.
        """
        found: dict[str, Any] = dict(zip(self.names, values, strict=True))
        if not all(map(_SEGMENT.fullmatch, found.values())):
            raise _NotPlainError
        for pair in query.split("&") if query else ():
            name, _, value = pair.partition("=")
            reader = self.readers.get(name)
            if not _VALUE.fullmatch(value) or name in found or not (reader or self.takes_any):
                raise _NotPlainError
            if reader is not None:
                found[name] = reader(value)
        return found


def _query_readers(function: Callable[..., Any]) -> Iterable[tuple[str, _Reader]]:
    hints = get_type_hints(function, include_extras=True)
    for name in inspect.signature(function).parameters:
        if get_origin(hints[name]) is Annotated:
            kind, *said = get_args(hints[name])
            for each in said:
                if isinstance(each, QueryParameter):
                    yield name, _reader(kind, each)
                elif isinstance(each, PathParameter) and kind is not str:
                    raise TypeError(f"{name} is of {kind}")


def _reader(kind: Any, said: QueryParameter) -> _Reader:
    """What reads values of a type."""
    if kind is str:
        return str
    if kind is int:
        return lambda text: _number(text, said.ge)
    if get_origin(kind) is Literal:
        return lambda text: _one_of(text, get_args(kind))
    raise TypeError(f"{kind} is not known here")


def _number(text: str, least: Any) -> int:
    if not _NUMBER.fullmatch(text) or (least is not None and int(text) < least):
        raise _NotPlainError
    return int(text)


def _one_of(text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise _NotPlainError
    return text


async def _answer(
    context: ApiContext, way: _ShortWay, asked: _Asked, arguments: dict[str, Any], send: Any
) -> None:
    await begin(context, _BEGINNING_S)
    try:
        await admit(
            asked, Permission.READ, context.config, context.access, is_reached=context.is_reached
        )
        said = way.function(context, **arguments)
        if isinstance(said, Awaitable):
            said = await said
    except Located as error:
        said = refusal_answer(error.refusal, error.where)
    except RefusedError as refusal:
        said = refusal_answer(refusal)
    except Exception as bug:
        said = bug_answer(context.hub.supervisor, f"GET {asked.scope['path']}", bug)
    await _send(said, send)


async def _send(said: Any, send: Any) -> None:
    status, fields = 200, {}
    if isinstance(said, Response):
        status, fields, said = said.status_code or 200, said.headers, said.content
    body = said if isinstance(said, bytes) else encode(said)
    headers = [
        (b"content-type", b"application/json"),
        *((name.lower().encode(), value.encode("latin-1")) for name, value in fields.items()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
