"""A bounded walk over values to be written as AMF, the part that both versions share. Floor 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from trio_srs.errors import InternalError
from trio_srs.wire.amf.values import MAX_DEPTH

__all__ = ["AmfEncodeError", "AmfWriter", "utf8", "writer_of"]

_Write = TypeVar("_Write", bound=Callable[..., None])


class AmfEncodeError(InternalError):
    """A value that AMF has no form for: whoever made it should not have."""

    code: ClassVar[str] = "amf_encode_error"
    srs_code: ClassVar[int | None] = 2004


class AmfWriter:
    """Collects the bytes, and knows which objects were written before.

    The same instance again is written as a reference, as AMF0 2.9 and AMF3 2.2 ask for; it is
    also what keeps values finite that contain themselves.
    """

    __slots__ = ("_depth", "out", "seen")

    def __init__(self, out: bytearray) -> None:
        self.out = out
        self._depth = 0
        self.seen: dict[int, int] = {}
        """``id`` of an object, and its index in the table of references."""

    def remember(self, value: object) -> None:
        """Give ``value`` the next index in the table of references."""
        self.seen[id(value)] = len(self.seen)

    def enter(self) -> None:
        """Account for the inside of a container."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise AmfEncodeError(f"values nested more than {MAX_DEPTH} deep")

    def leave(self) -> None:
        """The end of what :meth:`enter` began."""
        self._depth -= 1


def utf8(text: str) -> bytes:
    """The bytes of a text, those that were read as lone surrogates included."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise AmfEncodeError(
            f"{text[exc.start]!r} at character {exc.start} of a text has no bytes"
        ) from exc


def writer_of(table: Mapping[type[Any], _Write], value: object, version: str) -> _Write:
    """The table's entry for the type of ``value`` or its nearest base: an enum member of
    strings is a string."""
    for kind in type(value).__mro__:
        if kind in table:
            return table[kind]
    raise AmfEncodeError(f"{version} has no form for {type(value).__name__}")
