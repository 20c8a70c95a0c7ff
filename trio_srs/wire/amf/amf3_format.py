"""What reading and writing AMF3 have in common: markers, traits, known classes. Floor 0.

Source: "Action Message Format - AMF 3" (Adobe, 2013), whose clauses are named below.
"""

from __future__ import annotations

import enum
import struct
from typing import Final

import attrs

from trio_srs.wire.amf.values import (
    VectorOf,
)

__all__ = ["EXTERNALIZABLE", "MAX_INT", "NUMBERS", "Amf3Marker", "Traits"]

MAX_INT: Final = (1 << 28) - 1
"""The largest integer; beyond, numbers travel as doubles (3.6)."""

EXTERNALIZABLE: Final = frozenset(
    {"flex.messaging.io.ArrayCollection", "flex.messaging.io.ObjectProxy"}
)
"""Classes that write themselves (3.12) as one AMF3 value, as Flex has it."""


class Amf3Marker(enum.IntEnum):
    """The first byte of a value (3.1)."""

    UNDEFINED = 0x00
    NULL = 0x01
    FALSE = 0x02
    TRUE = 0x03
    INTEGER = 0x04
    DOUBLE = 0x05
    STRING = 0x06
    XML_DOCUMENT = 0x07
    DATE = 0x08
    ARRAY = 0x09
    OBJECT = 0x0A
    XML = 0x0B
    BYTE_ARRAY = 0x0C
    VECTOR_INT = 0x0D
    VECTOR_UINT = 0x0E
    VECTOR_DOUBLE = 0x0F
    VECTOR_OBJECT = 0x10
    DICTIONARY = 0x11


NUMBERS: Final = {
    VectorOf.INT: struct.Struct(">i"),
    VectorOf.UINT: struct.Struct(">I"),
    VectorOf.DOUBLE: struct.Struct(">d"),
}
"""Layouts of the vectors of numbers (3.15)."""


@attrs.frozen
class Traits:
    """What objects of a class have in common (3.12)."""

    class_name: str
    names: tuple[str, ...] = ()
    dynamic: bool = False
    externalizable: bool = False
