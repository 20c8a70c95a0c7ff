"""Plain requests to read something, answered without the application: at a fraction of its cost.

Floor 3. A platform asks for streams and clients again and again, and most of what that costs is an
application's work to find out which function is meant, and with what. Here that is known before.

What is out of the ordinary in any way is left to the application: another method or path, a page of
another site, a parameter that is unknown, said twice, percent-encoded or not what its type says. So
there is one place that says what is wrong with a request. Both answer alike: a test compares them.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import attrs
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from trio_srs.errors import RefusedError
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.turns import WouldWaitError
from trio_srs.service.api.admission import admit
from trio_srs.service.api.beginning import begin
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import encode
from trio_srs.service.api.error_answers import Located, bug_answer, refusal_answer
from trio_srs.service.api.names import Asgi, asked_stream
from trio_srs.service.api.openness import has_rules
from trio_srs.service.api.plain_requests import PlainAnswer, PlainRequest
from trio_srs.wire.url import StreamName

__all__ = ["Shortened"]

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


class Shortened:
    """An application that answers plain requests to some functions without another one.

    Args:
        app: the other one: it answers everything else.
        functions: those; none of them is about what follows its answer, or may be asked by a page
            of another site.
    """

    def __init__(
        self, app: Asgi, context: ApiContext, functions: Iterable[HTTPRouteHandler]
    ) -> None:
        self._app, self._context = app, context
        self._ways = {way.pattern: way for way in map(_ShortWay.to, functions)}
        self._longest = max(pattern.count(_ANY) for pattern in self._ways)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, as ASGI has it."""
        asked = _read_scope(scope)
        doing = None if asked is None else self._find(asked)
        if doing is None:
            await self._app(scope, receive, send)
            return
        said = await doing()
        length = (b"content-length", str(len(said.body)).encode())
        headers = [(name.encode(), value.encode("latin-1")) for name, value in said.fields.items()]
        await send(
            {"type": "http.response.start", "status": said.status, "headers": [*headers, length]}
        )
        await send({"type": "http.response.body", "body": said.body})

    def answer_at_once(self, asked: PlainRequest) -> PlainAnswer | None:
        """Answer a GET, if that takes next to no time; nothing where it may take some, or it is to
        be asked of the application."""
        if "origin" in asked.headers or has_rules(self._context.access):
            return None
        doing = self._find(asked)
        if doing is None:
            return None
        try:
            return self._context.turns.at_once(doing)
        except WouldWaitError:
            return None

    def _find(self, asked: PlainRequest) -> Callable[[], Coroutine[Any, Any, PlainAnswer]] | None:
        """What answers a request, if it is plain."""
        for segments in range(self._longest + 1):
            before, *values = asked.path.removesuffix("/").rsplit("/", segments)
            way = self._ways.get(before + f"/{_ANY}" * segments)
            if way is not None:
                try:
                    arguments = way.arguments(values, asked.query)
                except _NotPlainError:
                    return None
                return functools.partial(_answer, self._context, way, asked, arguments)
        return None


def _read_scope(scope: Mapping[str, Any]) -> PlainRequest | None:
    """The request of a scope; nothing where it cannot be plain."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if "origin" in headers:
        return None
    query = scope["query_string"].decode("latin-1")
    return PlainRequest(scope["path"], query, headers, scope)


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

    def asked_stream(self, arguments: Mapping[str, Any], context: ApiContext) -> StreamName | None:
        """The one stream that its function is about, if it is."""
        if "app" not in self.names:
            return None
        return asked_stream(arguments, arguments.get("vhost", ""), context.hosts.vhost_of)


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
    context: ApiContext, way: _ShortWay, asked: PlainRequest, arguments: dict[str, Any]
) -> PlainAnswer:
    await begin(context, _BEGINNING_S)
    try:
        about, vhost = way.asked_stream(arguments, context), arguments.get("vhost")
        await admit(
            asked,
            Permission.READ,
            context.config,
            context.access,
            is_reached=context.is_reached,
            about=about,
            token=context.namespace_token(asked.path, about, (vhost,) if vhost else ()),
        )
        context.note_asked(f"{asked.path}?{asked.query}")
        said = way.function(context, **arguments)
        if isinstance(said, Awaitable):
            said = await said
    except WouldWaitError:
        raise
    except Located as error:
        said = refusal_answer(error.refusal, error.where)
    except RefusedError as refusal:
        said = refusal_answer(refusal)
    except Exception as bug:
        said = bug_answer(context.hub.supervisor, f"GET {asked.path}", bug)
    return _plain(said)


def _plain(said: Any) -> PlainAnswer:
    status, fields = 200, {"content-type": "application/json"}
    if isinstance(said, Response):
        fields |= {name.lower(): value for name, value in said.headers.items()}
        status, said = said.status_code or 200, said.content
    return PlainAnswer(status, fields, said if isinstance(said, bytes) else encode(said))
