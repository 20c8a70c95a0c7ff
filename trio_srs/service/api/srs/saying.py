"""How answers of SRS's API are said: what each begins with, pages, and numbers. Floor 3."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, Any, Final, TypeVar

import attrs
import msgspec
from litestar import Response
from litestar.params import PathParameter, QueryParameter

from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import PlainResponse
from trio_srs.service.api.routes.parameters import failures
from trio_srs.service.api.srs.stream_answers import SrsAnswer, SrsCode

__all__ = [
    "AT_ONCE",
    "CALLED",
    "V1",
    "Count",
    "Id",
    "Start",
    "bare",
    "code",
    "done",
    "listed",
    "number",
    "page",
    "said",
]

T = TypeVar("T")

V1: Final = "/api/v1"
_DEFAULT_COUNT: Final = 10
_MOST: Final = 2**31 - 1
CALLED: Final[dict[str, Any]] = {
    "tags": ["srs"],
    "opt": {"any_query": True},
    "responses": failures(400),
}
"""How functions are described that may take a while; parameters that they do not know are left out
in silence."""
AT_ONCE: Final[dict[str, Any]] = {**CALLED, "sync_to_thread": False}
"""Likewise, those that take no time."""

Start = Annotated[str, QueryParameter(description="How many to leave out; what is no number is 0.")]
Count = Annotated[
    str, QueryParameter(description="The most to answer with; 10, unless it is a number above 0.")
]
Id = Annotated[str, PathParameter(description="What `id` says in the list.")]


def said(api: ApiContext, name: str, value: object) -> Response[Any]:
    """An answer that is what every answer begins with, and one thing more."""
    return _with(api, name, _encode(value))


def bare(answer: object) -> Response[Any]:
    """An answer that has nothing of what others begin with."""
    content: Any = _encode(answer)
    return PlainResponse(content, media_type="application/json")


def done(api: ApiContext) -> Response[Any]:
    """It is done, and there is nothing more to say."""
    return PlainResponse(_head(api), media_type="application/json")


def code(number: int) -> Response[Any]:
    """Why it is not done, by SRS's number."""
    return PlainResponse(SrsCode(code=number), media_type="application/json")


async def listed(
    api: ApiContext, name: str, make: Callable[[T], object], items: Iterable[T]
) -> Response[Any]:
    """An answer that is a list, of items that are made one by one."""
    made = await api.turns.make(lambda item: _encode(make(item)), items)
    return _with(api, name, b"[%s]" % b",".join(made))


def _encode(value: object) -> bytes:
    return msgspec.json.encode(_ordered(value))


def _ordered(value: Any) -> Any:
    """A value whose attributes stand in JSON as they do in its class: the encoder sorts them."""
    cls: type = type(value)
    names = _names(cls)
    if not names:
        return value
    ordered = {name: getattr(value, name) for name in names}
    for name, each in ordered.items():
        if type(each) not in _PLAIN:
            ordered[name] = _ordered(each)
    return ordered


_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


@functools.cache
def _names(cls: type) -> tuple[str, ...]:
    """Those of its attributes; none of what is no class of ours."""
    return tuple(field.name for field in attrs.fields(cls)) if attrs.has(cls) else ()


def _head(api: ApiContext) -> Any:
    ids = api.srs.ids
    return SrsAnswer(server=ids.server, service=ids.service, pid=str(os.getpid()))


def _with(api: ApiContext, name: str, body: bytes) -> Response[Any]:
    front = _encode(_head(api))[:-1]
    content: Any = b'%s,"%s":%s}' % (front, name.encode(), body)
    return PlainResponse(content, media_type="application/json")


def page(items: Iterable[T], start: str, count: str) -> Iterable[T]:
    """What is asked for of a list."""
    first = number(start)
    return islice(items, first, first + (number(count) or _DEFAULT_COUNT))


def number(text: str) -> int:
    """A number as SRS reads it: the digits in front, or 0."""
    digits = text.strip().removeprefix("+")
    end = next((at for at, each in enumerate(digits) if each not in "0123456789"), len(digits))
    return min(int(digits[: min(end, 10)] or "0"), _MOST)
