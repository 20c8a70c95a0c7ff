"""A bounded walk over the bytes of AMF values, the part that both versions share. Floor 0."""

from __future__ import annotations

import struct
from typing import Any, ClassVar, Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.amf.values import (
    Dictionary,
    Externalized,
    Limits,
    MixedArray,
    TypedObject,
    Value,
    Vector,
)

__all__ = ["AmfError", "AmfReader", "Shared"]

_DOUBLE: Final = struct.Struct(">d")
_CONTAINERS: Final = (dict, list, MixedArray, TypedObject, Vector, Dictionary, Externalized)


class AmfError(ProtocolError):
    """AMF that cannot be read, or would cost too much. Offsets count from the start of the data."""

    code: ClassVar[str] = "amf_error"
    srs_code: ClassVar[int | None] = 2003


@attrs.define
class Shared:
    """What references can refer to, and how much each of them repeats."""

    value: Value
    level: int = 0
    """How deep it stands, from 1, while it is being read; then 0."""
    values: int = 0
    """Values inside; while it is being read, how many had come before."""
    size: int = 0
    """Bytes inside, as ``values``."""
    loops_out: bool = False
    """Whether something inside refers to what it stands in."""


class AmfReader:
    """Takes fields off the front of ``data`` and keeps account of what was taken.

    Nothing is believed before it is checked: lengths and counts against the bytes that are
    left, depth and number of values against the limits. What references repeat counts as if
    it had been sent again, else a few hundred bytes could say 2 to the power of 40 values.
    So whoever walks what was read, and stops at containers he is inside of, as ``repr``
    does, meets no more than the limits allow.
    """

    __slots__ = ("_limits", "_open", "_repeated", "_values_seen", "data", "end", "pos")

    def __init__(self, data: bytes | memoryview, pos: int, limits: Limits) -> None:
        self.end = len(data)
        if self.end - pos > limits.size:
            raise AmfError(
                f"AMF data at byte {pos} is {self.end - pos} bytes long; the limit is {limits.size}"
            )
        self.data = bytes(data)  # no copy of what is bytes already
        self.pos = pos
        self._limits = limits
        self._open: list[Shared] = []
        self._values_seen = 0
        self._repeated = 0

    def marker(self, what: str) -> int:
        """The marker byte of the next value, which is counted."""
        self.count(1, what)
        return self.byte(what)

    def byte(self, what: str) -> int:
        """Read one byte; ``what`` it is of, an error says."""
        pos = self.pos
        if pos >= self.end:
            raise AmfError(f"{what} expected at byte {pos}, where the data ends")
        self.pos = pos + 1
        return self.data[pos]

    def fixed(self, layout: struct.Struct, what: str) -> int:
        """One integer of a fixed layout."""
        number: int = self._unpack(layout, what)
        return number

    def double(self, what: str) -> float:
        """One IEEE double, NaN and the infinities included."""
        number: float = self._unpack(_DOUBLE, what)
        return number

    def _unpack(self, layout: struct.Struct, what: str) -> Any:
        pos = self.pos
        if layout.size > self.end - pos:
            raise AmfError(
                f"{what} at byte {pos} takes {layout.size} bytes, {self.end - pos} are left"
            )
        self.pos = pos + layout.size
        return layout.unpack_from(self.data, pos)[0]

    def take(self, size: int, what: str, at: int) -> bytes:
        """``size`` bytes of a field that began at byte ``at`` by saying so."""
        pos = self.pos
        if size > self.end - pos:
            raise AmfError(f"{what} at byte {at} says {size} bytes, {self.end - pos} are left")
        self.pos = pos + size
        return self.data[pos : self.pos]

    def text(self, size: int, what: str, at: int) -> str:
        """As :meth:`take`, read as UTF-8; other bytes come as lone surrogates."""
        return self.take(size, what, at).decode("utf-8", "surrogateescape")

    def promised(self, count: int, item_size: int, what: str, at: int) -> int:
        """``count`` again, if that many items of at least ``item_size`` bytes can follow."""
        left = self.end - self.pos
        if count * item_size > left:
            raise AmfError(f"{what} at byte {at} says {count} members, {left} bytes are left")
        return count

    def count(self, values: int, what: str) -> None:
        """Account for ``values`` more values."""
        self._values_seen += values
        if self._values_seen > self._limits.count:
            raise AmfError(
                f"{what} at byte {self.pos} is one too many; the limit is"
                f" {self._limits.count} values"
            )

    def repeat(self, size: int, what: str) -> None:
        """Account for ``size`` bytes that a reference says again."""
        self._repeated += size
        if self._repeated > self._limits.size:
            raise AmfError(
                f"{what} at byte {self.pos} repeats too much; the limit is"
                f" {self._limits.size} bytes"
            )

    def open(self, value: Value, what: str) -> Shared:
        """Begin the inside of a container; an error in there ends the reading anyway."""
        if len(self._open) >= self._limits.depth:
            raise AmfError(
                f"{what} at byte {self.pos} is nested too deep; the limit is {self._limits.depth}"
            )
        shared = Shared(value, len(self._open) + 1, self._values_seen, self.pos + self._repeated)
        self._open.append(shared)
        return shared

    def close(self) -> None:
        """End the innermost container."""
        shared = self._open.pop()
        shared.level = 0
        shared.values = self._values_seen - shared.values
        shared.size = self.pos + self._repeated - shared.size

    def again(self, shared: Shared, what: str, at: int) -> Value:
        """The value of a reference that began at byte ``at``.

        It may be a container that is still open: then values loop. It may not be a part of
        such a loop seen from outside, as the ways through loops cannot be accounted for.
        """
        if shared.level:
            for inside in self._open[shared.level :]:
                inside.loops_out = True
            return shared.value
        if shared.loops_out:
            raise AmfError(f"{what} at byte {at} refers to a part of a loop, not to its beginning")
        self.count(shared.values, what)
        self.repeat(shared.size, what)
        return shared.value

    def put(self, fields: dict[str, Value], key: str, value: Value, what: str) -> None:
        """Set a field; of two with one name the last counts, and takes its own place in order.

        A container must not be lost that way: what refers to it later would be read, but
        could not be written again in the same order and depth.
        """
        if key in fields and isinstance(fields.pop(key), _CONTAINERS):
            raise AmfError(f"{what} before byte {self.pos} repeats {key[:64]!r}, a container")
        fields[key] = value
