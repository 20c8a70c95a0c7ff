"""Video usability information: where it is, and past what."""

from __future__ import annotations

import pytest

from trio_srs.wire.bits import BitReader, BitsError
from trio_srs.wire.codec.vui import Vui, read_vui_start


def read(text: str) -> tuple[Vui, int]:
    """Read ``text`` of bits; return what is left unread, too."""
    text = text.replace(" ", "")
    padded = text + "0" * (-len(text) % 8)
    bits = BitReader(int("1" + padded, 2).to_bytes(1 + len(padded) // 8, "big")[1:])
    vui = Vui()
    read_vui_start(bits, vui)
    return vui, len(text) - bits.pos


@pytest.mark.parametrize(
    ("text", "sar"),
    [
        ("0 0 0 0", (1, 1)),
        ("1 00000001 0 0 0", (1, 1)),
        ("1 00001110 0 0 0", (4, 3)),
        ("1 00010001 0 0 0", (1, 1)),  # 17 is reserved
        ("1 11111111 0000000000010000 0000000000001111 0 0 0", (16, 15)),
        ("1 11111111 0000000000000000 0000000000001111 0 0 0", (1, 1)),
        ("0 1 1 0 0", (1, 1)),  # overscan
        ("0 0 1 1010 0 0", (1, 1)),  # video signal type
        ("0 0 0 1 1 010", (1, 1)),  # chroma location
    ],
)
def test_the_aspect_ratio_is_read_and_the_rest_passed(text: str, sar: tuple[int, int]) -> None:
    assert read(text) == (Vui(sar), 0)


def test_the_transfer_of_colours_is_read() -> None:
    assert read("0 0 1 1010 1 00001001 00010000 00001001 0") == (Vui(transfer=16), 0)


def test_a_cut_is_noticed() -> None:
    with pytest.raises(BitsError):
        read("1 0000000")
