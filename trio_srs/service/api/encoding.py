"""Answers as JSON; what may be large is made so that others can go on. Floor 3."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import attrs
import msgspec
import trio
from litestar import Response

from trio_srs.media.plain import plain

__all__ = ["PlainResponse", "aside", "encode", "encode_item"]

T = TypeVar("T")

_PIECE: Final = 4096
"""Elements of a list that are encoded in one go."""


def encode(value: object) -> bytes:
    """A value in the form of :func:`plain`, as JSON.

    In pieces: the encoder lets no other thread go on, and a trace may have a million frames.
    """
    return b"".join(_pieces(plain(value)))


def encode_item(value: attrs.AttrsInstance) -> bytes:
    """One of many small values, in a fifth of the time.

    The same, for attributes that are numbers, text, enumerations, and tuples of these.
    """
    return msgspec.json.encode(_item(value))


def _item(value: attrs.AttrsInstance) -> dict[str, Any]:
    item = {name: getattr(value, name) for name in _names(type(value))}
    for name, each in item.items():
        if type(each) is tuple:
            item[name] = [_item(it) if _names(it.__class__) else it for it in each]
    return item


@functools.cache
def _names(cls: type) -> tuple[str, ...]:
    """The names of its attributes; none of what is no such class."""
    return tuple(field.name for field in attrs.fields(cls)) if attrs.has(cls) else ()


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        mark = b"{"
        for key, each in value.items():
            yield mark + msgspec.json.encode(key) + b":"
            yield from _pieces(each)
            mark = b","
        yield b"}" if value else b"{}"
    elif isinstance(value, list) and len(value) > _PIECE:
        for at in range(0, len(value), _PIECE):
            yield b"," if at else b"["
            yield msgspec.json.encode(value[at : at + _PIECE])[1:-1]
        yield b"]"
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        mark = b"["
        for each in value:
            yield mark
            yield from _pieces(each)
            mark = b","
        yield b"]"
    else:
        yield msgspec.json.encode(value)


class PlainResponse(Response[T]):
    """An answer that is a value of ours, or one that was encoded before."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        return content if isinstance(content, bytes) else encode(content)


async def aside(value: T, limiter: trio.CapacityLimiter) -> Response[T]:
    """An answer that is made in a thread: the event loop does not wait for it."""
    body: Any = await trio.to_thread.run_sync(encode, value, limiter=limiter)
    return PlainResponse(body, media_type="application/json")
