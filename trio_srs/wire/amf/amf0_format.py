"""What reading and writing AMF0 have in common: the markers. Floor 0.

Source: "Action Message Format - AMF 0" (Adobe, 2007), whose clauses are named below.
"""

from __future__ import annotations

import enum

__all__ = ["Amf0Marker"]


class Amf0Marker(enum.IntEnum):
    """The first byte of a value (2.1)."""

    NUMBER = 0x00
    BOOLEAN = 0x01
    STRING = 0x02
    OBJECT = 0x03
    MOVIECLIP = 0x04
    NULL = 0x05
    UNDEFINED = 0x06
    REFERENCE = 0x07
    ECMA_ARRAY = 0x08
    OBJECT_END = 0x09
    STRICT_ARRAY = 0x0A
    DATE = 0x0B
    LONG_STRING = 0x0C
    UNSUPPORTED = 0x0D
    RECORDSET = 0x0E
    XML_DOCUMENT = 0x0F
    TYPED_OBJECT = 0x10
    AVMPLUS = 0x11
