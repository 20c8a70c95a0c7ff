"""Heads of WebSocket frames that a server sends (RFC 6455 5.2). Floor 0.

A server does not mask, so a frame is its head and the payload as it is: the payload can be shared
by all who get it.
"""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["binary_head"]

_FINAL_BINARY: Final = 0x82
_TINY: Final = 126
_U8: Final = struct.Struct(">BB")
_U16: Final = struct.Struct(">BBH")
_U64: Final = struct.Struct(">BBQ")


def binary_head(length: int) -> bytes:
    """What goes before ``length`` bytes of payload to make one whole binary message of them."""
    if length < _TINY:
        return _U8.pack(_FINAL_BINARY, length)
    if length < 2**16:
        return _U16.pack(_FINAL_BINARY, 126, length)
    return _U64.pack(_FINAL_BINARY, 127, length)
