"""Frames of a WebSocket server: the bytes of RFC 6455 5.2, and what a library makes of them."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from trio_srs.wire.websocket import binary_head


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, b"\x82\x00"),
        (1, b"\x82\x01"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65535, b"\x82\x7e\xff\xff"),
        (65536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_head_is_as_short_as_its_length_allows(length: int, head: bytes) -> None:
    assert binary_head(length) == head
    assert head + bytes(length) == Frame(Opcode.BINARY, bytes(length)).serialize(mask=False)
